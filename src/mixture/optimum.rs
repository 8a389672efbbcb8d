//! The optimum with its certificate.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::interior::{self, Constraint, Minimum};
use super::scenario::{Scenario, ScenarioError};
use crate::fit::{FittedStudy, FittedTarget};
use crate::law::{MixtureDerivatives, Place, Scale};
use crate::units::Loss;

/// Why an optimum is the best there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certificate {
    /// The weighted loss is convex in h, so its only minimum is the global one.
    Convex,
    /// None: the conditions of a minimum do not hold closely enough to say that this is one.
    None,
    /// It is not; of several descents this many ended at the best value.
    BestOf {
        /// Descents that ended there.
        agreeing: usize,
        /// Descents in all.
        starts: usize,
    },
}

/// The mixture of least weighted loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Optimum {
    /// h*, in the order of the study's domains; Σ h* = 1.
    pub mixture: Vec<f64>,
    /// Σ_j w_j L_j(N, D, h*).
    pub weighted_loss: Loss,
    /// The targets with their weights, normalised, and their losses at h*.
    pub targets: Vec<(String, f64, Loss)>,
    /// How far the conditions of a minimum (Karush, Kuhn, Tucker) are from holding, in nats per unit of weight.
    pub kkt_residual: f64,
    /// Why it is the best.
    pub certificate: Certificate,
}

/// Why there is no optimum.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OptimumError {
    /// The scenario makes no sense.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The laws give no number.
    #[error("the fits give no finite loss at this N and D; they are too far from the data for the formula")]
    NotFinite,
    /// The laws know no mixture.
    #[error("the {law} law does not depend on the mixture: every mixture is as good; choose a law of the mixture")]
    NoMixture {
        /// The law.
        law: &'static str,
    },
    /// There is nothing to mix.
    #[error("the fit has no domains, so there is no mixture to optimise")]
    NoDomains,
}

/// A KKT residual up to this certifies a minimum.
const CERTIFIED: f64 = 1e-8;
/// Values this close are one minimum, as a share of the value.
const SAME_VALUE: f64 = 1e-9;

/// Finds the mixture of least weighted loss.
///
/// # Errors
/// The scenario makes no sense, or the study has no domains.
pub fn optimum(study: &FittedStudy, scenario: &Scenario) -> Result<Optimum, OptimumError> {
    let k = study.domains.len();
    if k == 0 {
        return Err(OptimumError::NoDomains);
    }
    let targets = scenario.weighted_targets(study)?;
    if targets.iter().all(|(target, _)| target.fit.law.needs().min_domains == 0) {
        return Err(OptimumError::NoMixture { law: targets[0].0.fit.law.name() });
    }
    let scale = Scale::new(Some(scenario.n), Some(scenario.d));
    let constraints: Vec<Constraint> = (0..k)
        .map(|i| Constraint { coefficients: (0..k).map(|j| f64::from(u8::from(i == j))).collect(), bound: 0.0 })
        .collect();
    let function = |h: &[f64]| weighted(&targets, scale, h);
    let convex = targets.iter().all(|(target, _)| target.fit.law.is_convex(&target.fit.shape, &target.fit.theta));
    let uniform = vec![1.0 / k as f64; k];
    let starts =
        if convex { vec![uniform] } else { spread_starts(k, &study.summary.mean_mixture, |h| function(h).value) };
    let descend = |start: &Vec<f64>| interior::minimise(&function, &constraints, start);
    let mut minima: Vec<Minimum> = starts.iter().map(descend).collect();
    let mut best = best_of(&minima).clone();
    if !convex {
        for _ in 0..MOST_ROUNDS {
            minima.extend(neighbours(&best.h).iter().map(descend));
            let next = best_of(&minima);
            let improved = next.value < best.value - SAME_VALUE * best.value.abs();
            best = next.clone();
            if !improved {
                break;
            }
        }
    }
    if !best.value.is_finite() || best.h.iter().any(|h| !h.is_finite()) {
        return Err(OptimumError::NotFinite);
    }
    let agreeing = minima.iter().filter(|minimum| minimum.value <= best.value + SAME_VALUE * best.value.abs()).count();
    let losses = targets.iter().map(|(target, weight)| {
        (target.name.to_string(), *weight, target.loss(Some(scenario.n), Some(scenario.d), &best.h))
    });
    Ok(Optimum {
        mixture: best.h.clone(),
        weighted_loss: Loss(best.value),
        targets: losses.collect(),
        kkt_residual: best.kkt_residual,
        certificate: if best.kkt_residual > CERTIFIED {
            Certificate::None
        } else if convex {
            Certificate::Convex
        } else {
            Certificate::BestOf { agreeing, starts: minima.len() }
        },
    })
}

/// The minimum of least value, and of those of the same value the one that is best certified.
fn best_of(minima: &[Minimum]) -> &Minimum {
    minima
        .iter()
        .min_by(|a, b| {
            if (a.value - b.value).abs() <= SAME_VALUE * a.value.abs() {
                a.kkt_residual.total_cmp(&b.kkt_residual)
            } else {
                a.value.total_cmp(&b.value)
            }
        })
        .expect("there is at least one start")
}

/// Σ_j w_j L_j with its derivatives in h.
fn weighted(targets: &[(FittedTarget, f64)], scale: Scale, h: &[f64]) -> MixtureDerivatives {
    let mut sum = MixtureDerivatives::zero(h.len());
    for (target, weight) in targets {
        let fit = target.fit;
        let place = Place { target_pos: target.target_pos, scale, h };
        fit.law.add_mixture_derivatives(&fit.shape, &fit.theta, place, *weight, &mut sum);
    }
    sum
}

/// Rounds of descents from the neighbours of the best.
const MOST_ROUNDS: usize = 4;
/// A domain of less weight than this has none to take away.
const SOME_WEIGHT: f64 = 1e-3;
/// With more domains than this, corners are left to chance and giving is not tried.
const FEW_DOMAINS: usize = 16;

/// Mixtures that differ from h in one domain: taken away, or given half of everything.
fn neighbours(h: &[f64]) -> Vec<Vec<f64>> {
    let k = h.len();
    let with = |i: usize, weight: f64| -> Vec<f64> {
        let rest = (1.0 - h[i]).max(INSIDE);
        let mixed: Vec<f64> = (0..k).map(|j| if j == i { weight } else { (1.0 - weight) * h[j] / rest }).collect();
        let sum: f64 = mixed.iter().sum();
        mixed.iter().map(|h| (1.0 - INSIDE) * h / sum + INSIDE / k as f64).collect()
    };
    let taken_away = (0..k).filter(|&i| h[i] > SOME_WEIGHT && h[i] < 1.0 - SOME_WEIGHT).map(|i| with(i, 0.0));
    let given = (0..k).filter(|_| k <= FEW_DOMAINS).map(|i| with(i, 0.5));
    taken_away.chain(given).collect()
}

/// Mixtures looked at for good places to start from, and how many of them are.
const LOOKED_AT: usize = 400;
const SPREAD_STARTS: usize = 12;
/// The share of the uniform mixture in each start, so that it lies inside.
const INSIDE: f64 = 1e-3;

/// Where to go downhill from when there may be several minima: the middle, the data's mean mixture, near each
/// corner, and the best of many mixtures of few domains, where minima that are easily missed lie.
fn spread_starts(k: usize, mean_mixture: &[f64], value: impl Fn(&[f64]) -> f64) -> Vec<Vec<f64>> {
    let inside = |h: &[f64]| -> Vec<f64> { h.iter().map(|h| (1.0 - INSIDE) * h + INSIDE / k as f64).collect() };
    let mut starts = vec![vec![1.0 / k as f64; k], inside(mean_mixture)];
    starts.extend(
        (0..k)
            .filter(|_| k <= FEW_DOMAINS)
            .map(|i| inside(&(0..k).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>())),
    );
    let mut random = Xoshiro256PlusPlus::seed_from_u64(k as u64);
    let mut looked_at: Vec<(f64, Vec<f64>)> = (0..LOOKED_AT)
        .map(|_| {
            // A high power of a uniform number is small for most domains and large for a few.
            let draws: Vec<f64> = (0..k).map(|_| libm::pow(random.random::<f64>(), 6.0)).collect();
            let sum: f64 = draws.iter().sum();
            let h = inside(&draws.iter().map(|draw| draw / sum).collect::<Vec<_>>());
            (value(&h), h)
        })
        .collect();
    looked_at.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Not two from the same place.
    let mut kept: Vec<Vec<f64>> = Vec::new();
    for (_, h) in looked_at {
        let near = |other: &Vec<f64>| other.iter().zip(&h).map(|(a, b)| (a - b).abs()).sum::<f64>() < 0.1;
        if kept.len() < SPREAD_STARTS && !kept.iter().any(near) {
            kept.push(h);
        }
    }
    starts.extend(kept);
    starts
}
