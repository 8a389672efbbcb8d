//! What a plan would teach, from simulation: laws like those of real studies are drawn, the planned runs are given their
//! losses with noise, fitted and validated as any study is, and what is predicted is held against the law.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::candidates::drawn;
use super::plan::PlannedRun;
use crate::dataset::{Dataset, Observation, Split};
use crate::fit::{Fit, FitConfig, FitReport, Score, Termination};
use crate::law::{self, Law, Mixture, Scale, Shape};
use crate::mixture::{Allowed, Limits, Scenario, optimum};
use crate::order::sort;
use crate::predict::{self, DataSummary, FittedStudy, OneByOne, Workers};
use crate::units::{Loss, Params, Tokens};

/// Laws that are drawn.
const LAWS_DRAWN: usize = 6;
/// Mixtures whose losses are predicted.
const TESTED: usize = 32;
/// Standard deviation of ln L among runs of one mixture, about that of the residuals of fits to real studies.
pub(super) const NOISE: f64 = 0.002;

/// The middle and the ends of what several laws gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Least.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// Largest.
    pub high: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        sort(&mut values);
        let (low, high) = (*values.first()?, *values.last()?);
        Some(Self { low, median: 0.5 * (values[(values.len() - 1) / 2] + values[values.len() / 2]), high })
    }
}

/// The accuracy to expect of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Laws that it was simulated with.
    pub laws: usize,
    /// Mean relative error of the losses of unseen mixtures at the target's scale, in percent.
    pub error_percent: Spread,
    /// What the recommended mixture loses there against the best that the limits allow, nats.
    pub regret: Spread,
}

/// Simulates runs under limits, for a model of that scale; nothing where no law could be fitted to them.
pub(super) fn accuracy(
    domains: &[String],
    runs: &[PlannedRun],
    limits: &Limits,
    (n, d): (Params, Tokens),
    seed: u64,
    workers: &impl Workers,
) -> Option<Accuracy> {
    let outcomes = workers.map(LAWS_DRAWN, |at| one(domains, runs, limits, (n, d), seed.wrapping_add(at as u64)));
    let outcomes: Vec<(f64, f64)> = outcomes.into_iter().flatten().collect();
    Some(Accuracy {
        laws: outcomes.len(),
        error_percent: Spread::of(outcomes.iter().map(|outcome| outcome.0).collect())?,
        regret: Spread::of(outcomes.iter().map(|outcome| outcome.1).collect())?,
    })
}

/// The error in percent, and the regret.
fn one(
    domains: &[String],
    runs: &[PlannedRun],
    limits: &Limits,
    (n, d): (Params, Tokens),
    seed: u64,
) -> Option<(f64, f64)> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let law = law::by_id("additive")?;
    let shape = Shape::whole(domains.len());
    let theta = plausible(law, domains.len(), &mut random);
    let exact = |n: Params, d: Tokens, h: &[f64]| {
        law::loss(law, &shape, &theta, 0, Scale::new(Some(n), Some(d)), &Mixture::new(h))
    };
    let observations = runs.iter().enumerate().map(|(at, run)| Observation {
        line: at + 2,
        n: Some(run.n),
        d: Some(run.d),
        mixture: run.mixture.clone(),
        losses: vec![Some(Loss(exact(run.n, run.d, &run.mixture) * libm::exp(NOISE * normal(&mut random))))],
        weight: 1.0,
        split: Split::Fit,
    });
    let data = Dataset::new(domains.to_vec(), vec!["loss".into()], observations.collect()).ok()?;
    let config = FitConfig { starts: 4, seed, ..FitConfig::default() };
    let study = predict::auto(&data, &[0], &config, &OneByOne, &|_, _| {}).ok()?;

    let free = Limits { inside_data: false, ..limits.clone() };
    let allowed = Allowed::new(&free, domains, &DataSummary::new(&data), d).ok()?;
    let target = study.targets().next()?;
    let error: f64 = (0..TESTED)
        .map(|_| {
            let h = allowed.toward(&drawn(&mut random, domains.len(), false));
            (target.loss(Some(n), Some(d), &h).0 / exact(n, d, &h) - 1.0).abs()
        })
        .sum();
    let supported = Limits { inside_data: true, ..limits.clone() };
    let found = optimum(&study, &Scenario { limits: supported, ..Scenario::new(n, d) }).ok()?;
    let truth =
        FittedStudy::new(domains.to_vec(), DataSummary::new(&data), vec![known(law, shape.clone(), theta.clone())]);
    let best = optimum(&truth, &Scenario { limits: free, ..Scenario::new(n, d) }).ok()?;
    let regret = exact(n, d, &found.mixture) - exact(n, d, &best.mixture);
    Some((100.0 * error / TESTED as f64, regret.max(0.0)))
}

/// A law as if it had been fitted.
fn known(law: &'static dyn Law, shape: Shape, theta: Vec<f64>) -> Fit {
    let score = Score { n_fit: 0, n_holdout: 0, fit_mre_percent: 0.0, holdout_mre_percent: None };
    let report = FitReport {
        objective: 0.0,
        termination: Termination::Converged,
        agreeing_starts: 1,
        config: FitConfig::default(),
        scores: vec![score],
        condition: 1.0,
        flags: Vec::new(),
        seconds: None,
    };
    Fit { law, shape, targets: vec!["loss".into()], theta, report }
}

/// θ from the law's start box with losses of 1 to 5 nats in which the mixture, N and D matter: a law that a study of k
/// domains might have.
pub fn plausible(law: &dyn Law, k: usize, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    plausible_of(law, &Shape::whole(k), random)
}

/// The same for a law of those dimensions.
pub fn plausible_of(law: &dyn Law, shape: &Shape, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let k = shape.n_domains;
    loop {
        let parameters = law.parameters(shape);
        let between =
            |(low, high): (f64, f64), random: &mut Xoshiro256PlusPlus| low + (high - low) * random.random::<f64>();
        let theta: Vec<f64> = parameters.iter().map(|parameter| between(parameter.start, random)).collect();
        let at = |n: f64, d: f64, h: &[f64]| {
            law::loss(law, shape, &theta, 0, Scale::new(Some(Params(n)), Some(Tokens(d))), &Mixture::new(h))
        };
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

/// A standard normal deviate (Box & Muller 1958).
pub fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - random.random::<f64>()));
    radius * libm::cos(std::f64::consts::TAU * random.random::<f64>())
}
