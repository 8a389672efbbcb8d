//! The optimum with its certificate.

use serde::{Deserialize, Serialize};

use super::interior::{self, Constraint, Minimum};
use super::scenario::{Scenario, ScenarioError};
use crate::fit::{FittedStudy, FittedTarget};
use crate::law::{MixtureDerivatives, Scale};
use crate::units::Loss;

/// Why an optimum is the best there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certificate {
    /// The weighted loss is convex in h, so its only minimum is the global one.
    Convex,
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
    /// There is nothing to mix.
    #[error("the fit has no domains, so there is no mixture to optimise")]
    NoDomains,
}

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
    let scale = Scale::new(Some(scenario.n), Some(scenario.d));
    let constraints: Vec<Constraint> = (0..k)
        .map(|i| Constraint { coefficients: (0..k).map(|j| f64::from(u8::from(i == j))).collect(), bound: 0.0 })
        .collect();
    let function = |h: &[f64]| weighted(&targets, scale, h);
    let convex = targets.iter().all(|(target, _)| target.fit.law.is_convex(&target.fit.shape, &target.fit.theta));
    let uniform = vec![1.0 / k as f64; k];
    let starts = if convex { vec![uniform] } else { spread_starts(k, &study.summary.mean_mixture) };
    let minima: Vec<Minimum> = starts.iter().map(|start| interior::minimise(&function, &constraints, start)).collect();
    let best = minima
        .iter()
        .min_by(|a, b| {
            // Of minima of the same value the one that is best certified.
            if (a.value - b.value).abs() <= SAME_VALUE * a.value.abs() {
                a.kkt_residual.total_cmp(&b.kkt_residual)
            } else {
                a.value.total_cmp(&b.value)
            }
        })
        .expect("there is at least one start");
    let agreeing = minima.iter().filter(|minimum| minimum.value <= best.value + SAME_VALUE * best.value.abs()).count();
    let losses = targets.iter().map(|(target, weight)| {
        (target.name.to_string(), *weight, target.loss(Some(scenario.n), Some(scenario.d), &best.h))
    });
    Ok(Optimum {
        mixture: best.h.clone(),
        weighted_loss: Loss(best.value),
        targets: losses.collect(),
        kkt_residual: best.kkt_residual,
        certificate: if convex { Certificate::Convex } else { Certificate::BestOf { agreeing, starts: starts.len() } },
    })
}

/// Σ_j w_j L_j with its derivatives in h.
fn weighted(targets: &[(FittedTarget, f64)], scale: Scale, h: &[f64]) -> MixtureDerivatives {
    let mut sum = MixtureDerivatives::zero(h.len());
    for (target, weight) in targets {
        let fit = target.fit;
        fit.law.add_mixture_derivatives(&fit.shape, &fit.theta, target.target_pos, scale, h, *weight, &mut sum);
    }
    sum
}

/// The middle, the data's mean mixture, and points near each corner and each edge's middle.
fn spread_starts(k: usize, mean_mixture: &[f64]) -> Vec<Vec<f64>> {
    let inside = |h: &[f64]| -> Vec<f64> { h.iter().map(|h| 0.9 * h + 0.1 / k as f64).collect() };
    let corner = |i: usize| -> Vec<f64> { (0..k).map(|j| f64::from(u8::from(i == j))).collect() };
    let mut starts = vec![vec![1.0 / k as f64; k], inside(mean_mixture)];
    starts.extend((0..k).map(|i| inside(&corner(i))));
    // Edges are k² many; past a dozen domains the corners must do.
    if k <= 12 {
        for i in 0..k {
            for j in 0..i {
                let edge: Vec<f64> = corner(i).iter().zip(corner(j)).map(|(a, b)| (a + b) / 2.0).collect();
                starts.push(inside(&edge));
            }
        }
    }
    starts
}
