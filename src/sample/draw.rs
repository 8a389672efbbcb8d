//! Runs drawn from a law.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::law::{Law, Mixture, Scale, Shape};
use crate::order::descending;
use crate::units::{Params, Tokens};

/// Runs of one size: so many mixtures, with a checkpoint at each number of tokens.
pub(super) struct Rung {
    /// Model size; the study has no such column without it.
    pub n: Option<f64>,
    pub mixtures: usize,
    /// Likewise.
    pub tokens: &'static [f64],
    /// What the `split` column says.
    pub split: &'static str,
}

/// Standard deviations of ln loss: what the checkpoints of a run share, and what each has for itself.
#[derive(Clone, Copy)]
pub(super) struct Noise {
    pub run: f64,
    pub checkpoint: f64,
}

/// A target's name and its law.
type Target<'a> = (&'a str, &'a Shape, &'a Vec<f64>);

/// Weights are whole numbers of this part, so that they sum to 1 as written.
const PARTS: usize = 1000;

/// The runs as a CSV text. Rungs share their mixtures, the first of each; every domain has at least the weight `floor`.
pub(super) fn table(
    domains: &[&str],
    law: &dyn Law,
    targets: &[Target],
    ladder: &[Rung],
    noise: Noise,
    floor: f64,
    random: &mut Xoshiro256PlusPlus,
) -> String {
    let n_mixtures = ladder.iter().map(|rung| rung.mixtures).max().unwrap_or(0);
    let mixtures: Vec<Vec<usize>> = (0..n_mixtures).map(|_| mixture(domains.len(), floor, random)).collect();
    let has_scale = ladder.iter().any(|rung| rung.n.is_some());
    let mut header: Vec<String> = domains.iter().map(|domain| format!("weight_{domain}")).collect();
    if has_scale {
        header.extend(["model_size".into(), "n_tokens".into()]);
    }
    header.extend(targets.iter().map(|(name, ..)| name.to_string()));
    header.push("split".into());
    let mut lines = vec![header.join(",")];
    for Rung { n, mixtures: n_mixtures, tokens, split } in ladder {
        // Runs without a scale have mixtures of their own: the same ones again would be no hold-out.
        let own: Vec<Vec<usize>> = match n {
            None => (0..*n_mixtures).map(|_| mixture(domains.len(), floor, random)).collect(),
            Some(_) => mixtures[..*n_mixtures].to_vec(),
        };
        for parts in own {
            let weights: Vec<f64> = parts.iter().map(|&part| part as f64 / PARTS as f64).collect();
            let of_run: Vec<f64> = targets.iter().map(|_| noise.run * normal(random)).collect();
            let checkpoints: Vec<Option<f64>> =
                if tokens.is_empty() { vec![None] } else { tokens.iter().copied().map(Some).collect() };
            for d in checkpoints {
                let mut cells: Vec<String> = weights.iter().map(f64::to_string).collect();
                cells.extend([*n, d].into_iter().flatten().map(|count| format!("{count:.0}")));
                for ((_, shape, theta), of_run) in targets.iter().zip(&of_run) {
                    let exact = loss(law, shape, theta, *n, d, &weights);
                    let noise = of_run + noise.checkpoint * normal(random);
                    cells.push(format!("{:.4}", exact * libm::exp(noise)));
                }
                cells.push(split.to_string());
                lines.push(cells.join(","));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The loss without noise.
pub(super) fn loss(law: &dyn Law, shape: &Shape, theta: &[f64], n: Option<f64>, d: Option<f64>, h: &[f64]) -> f64 {
    crate::law::loss(law, shape, theta, 0, Scale::new(n.map(Params), d.map(Tokens)), &Mixture::new(h))
}

/// What noise of this size multiplies a loss by.
pub(super) fn factor(deviation: f64, random: &mut Xoshiro256PlusPlus) -> f64 {
    libm::exp(deviation * normal(random))
}

/// θ from the law's start box with losses of 1 to 5 nats in which the mixture, N and D matter: a law that a study of k
/// domains might have.
pub fn plausible(law: &dyn Law, k: usize, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    plausible_of(law, &Shape::whole(k), random)
}

pub(super) fn plausible_of(law: &dyn Law, shape: &Shape, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let k = shape.n_domains;
    loop {
        let parameters = law.parameters(shape);
        let between =
            |(low, high): (f64, f64), random: &mut Xoshiro256PlusPlus| low + (high - low) * random.random::<f64>();
        let theta: Vec<f64> = parameters.iter().map(|parameter| between(parameter.start, random)).collect();
        let at = |n: f64, d: f64, h: &[f64]| loss(law, shape, &theta, Some(n), Some(d), h);
        let middle = vec![1.0 / k as f64; k];
        let corners = (0..k).map(|i| {
            let h: Vec<f64> = (0..k).map(|j| if i == j { 0.8 } else { 0.2 / (k as f64 - 1.0) }).collect();
            at(5e8, 5e10, &h)
        });
        let (low, high) = corners.fold((f64::INFINITY, 0.0_f64), |(low, high), l| (low.min(l), high.max(l)));
        let here = at(5e8, 5e10, &middle);
        let of_n = at(1e8, 5e10, &middle) / at(1e9, 5e10, &middle);
        let of_d = at(5e8, 2e10, &middle) / at(5e8, 1.5e11, &middle);
        let mixes = k < 2 || high > 1.05 * low;
        if (1.0..5.0).contains(&here) && mixes && (of_n > 1.02 || !shape.n_term) && (of_d > 1.02 || !shape.d_term) {
            return theta;
        }
    }
}

/// A mixture drawn evenly from the simplex above the floor (Dirichlet with all ones), in whole parts.
fn mixture(k: usize, floor: f64, random: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let draws: Vec<f64> = (0..k).map(|_| -libm::log(1.0 - random.random::<f64>())).collect();
    let sum: f64 = draws.iter().sum();
    let exact: Vec<f64> =
        draws.iter().map(|draw| PARTS as f64 * (floor + (1.0 - floor * k as f64) * draw / sum)).collect();
    let mut parts: Vec<usize> = exact.iter().map(|exact| *exact as usize).collect();
    // What rounding down leaves goes to the largest remainders.
    let order = descending(&exact.iter().map(|exact| exact.fract()).collect::<Vec<_>>());
    let missing = PARTS - parts.iter().sum::<usize>();
    for &i in order.iter().cycle().take(missing) {
        parts[i] += 1;
    }
    parts
}

/// A standard normal deviate (Box & Muller 1958).
fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - random.random::<f64>()));
    radius * libm::cos(std::f64::consts::TAU * random.random::<f64>())
}
