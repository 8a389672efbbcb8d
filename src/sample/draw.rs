//! Runs drawn from a law.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::design::normal;
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
