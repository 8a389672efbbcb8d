//! Synthetic studies with known truth, in the designs of Shukor et al. 2025.

use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::fit::{Fit, FitConfig, FitReport, Score, Termination, fit};
use mixlaw::law::{Law, Mixture, Scale, Shape, loss};
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Loss, Params, Tokens};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Model sizes with their numbers of mixtures, the tokens at which every run is looked at, and larger scales.
pub struct Plan {
    pub name: &'static str,
    pub k: usize,
    pub ladder: [(f64, usize); 4],
    pub tokens: [f64; 4],
    pub larger: [(f64, f64); 3],
}

/// Text, interleaved, image-caption.
pub const NMM: Plan = Plan {
    name: "NMM, k = 3",
    k: 3,
    ladder: [(106e6, 32), (275e6, 31), (616e6, 30), (932e6, 34)],
    tokens: [20e9, 45e9, 70e9, 100e9],
    larger: [(2.3e9, 100e9), (2.3e9, 160e9), (8e9, 160e9)],
};
/// Noisy, synthetic, high-quality 1 and 2.
pub const LVM: Plan = Plan {
    name: "LVM, k = 4",
    k: 4,
    ladder: [(89e6, 32), (157e6, 32), (306e6, 15), (531e6, 16)],
    tokens: [17e9, 50e9, 100e9, 170e9],
    larger: [(1.1e9, 17e9), (1.1e9, 170e9), (1.1e9, 334e9)],
};
/// As many mixtures as the SlimPajama runs have domains for.
pub const LLM: Plan = Plan {
    name: "LLM, k = 7",
    k: 7,
    ladder: [(200e6, 60), (400e6, 60), (800e6, 30), (1.6e9, 15)],
    tokens: [8e9, 16e9, 24e9, 32e9],
    larger: [(3e9, 50e9), (3e9, 100e9), (7e9, 150e9)],
};

/// Every domain has at least this weight.
const FLOOR: f64 = 0.04;

/// Noise of ln loss: what the checkpoints of a run share, and what each has for itself.
#[derive(Clone, Copy)]
pub struct Noise {
    pub run: f64,
    pub checkpoint: f64,
}

pub fn shape(k: usize) -> Shape {
    Shape { n_domains: k, n_term: true, d_term: true, own_domains: vec![None], stocks: Vec::new(), repeats: false }
}

/// A standard normal deviate (Box & Muller 1958).
pub fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

/// A mixture, uniform where every domain has its least weight.
pub fn mixture(plan: &Plan, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let draws: Vec<f64> = (0..plan.k).map(|_| -(1.0 - random.random::<f64>()).ln()).collect();
    let sum: f64 = draws.iter().sum();
    draws.iter().map(|draw| FLOOR + (1.0 - FLOOR * plan.k as f64) * draw / sum).collect()
}

/// The plan's runs, with a loss of each of the true laws.
pub fn drawn(
    plan: &Plan,
    law: &dyn Law,
    truths: &[Vec<f64>],
    noise: Noise,
    random: &mut Xoshiro256PlusPlus,
) -> Dataset {
    let shape = shape(plan.k);
    let most = plan.ladder.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let mixtures: Vec<Vec<f64>> = (0..most).map(|_| mixture(plan, random)).collect();
    let mut observations = Vec::new();
    for (n, n_mixtures) in plan.ladder {
        for h in &mixtures[..n_mixtures] {
            let of_run: Vec<f64> = truths.iter().map(|_| noise.run * normal(random)).collect();
            for d in plan.tokens {
                let scale = Scale::new(Some(Params(n)), Some(Tokens(d)));
                let losses = truths.iter().zip(&of_run).map(|(theta, of_run)| {
                    let exact = loss(law, &shape, theta, 0, scale, &Mixture::new(h));
                    Some(Loss(exact * (of_run + noise.checkpoint * normal(random)).exp()))
                });
                observations.push(Observation {
                    line: observations.len() + 2,
                    n: Some(Params(n)),
                    d: Some(Tokens(d)),
                    mixture: h.clone(),
                    losses: losses.collect(),
                    weight: 1.0,
                    split: Split::Fit,
                });
            }
        }
    }
    let names = |prefix: &str, n: usize| (0..n).map(|i| format!("{prefix}{i}")).collect();
    Dataset::new(names("domain", plan.k), names("target", truths.len()), observations).expect("a study")
}

/// The true laws as if they had been fitted.
pub fn as_fitted(plan: &Plan, law: &'static dyn Law, truths: &[Vec<f64>], data: &Dataset) -> FittedStudy {
    let fits = truths.iter().zip(data.targets()).map(|(theta, target)| Fit {
        law,
        shape: shape(plan.k),
        targets: vec![target.clone()],
        theta: theta.clone(),
        report: FitReport {
            objective: 0.0,
            termination: Termination::Converged,
            agreeing_starts: 1,
            config: FitConfig::of_the_paper(),
            scores: vec![Score { n_fit: 0, n_holdout: 0, fit_mre_percent: 0.0, holdout_mre_percent: None }],
            condition: 1.0,
            flags: Vec::new(),
            seconds: None,
        },
    });
    FittedStudy::of(data, fits.collect())
}

/// Fits the law to every target, with default settings.
pub fn fitted(law: &'static dyn Law, data: &Dataset) -> FittedStudy {
    let fits = (0..data.targets().len()).map(|target_idx| {
        fit(law, data, &[target_idx], &FitConfig::of_the_paper(), &mut |_| {}).expect("a sound study")
    });
    FittedStudy::of(data, fits.collect())
}
