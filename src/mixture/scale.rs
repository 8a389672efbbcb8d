//! The scale to train at, where nothing depends on the mixture: N* and D* of least loss with 6 N D = C, or the loss at a
//! given N and D.

use serde::{Deserialize, Serialize};

use super::optimum::{OptimumError, least_along};
use super::scenario::{Aim, Budget, LEAST_SIZE, Scenario};
use super::verdict::{Finding, larger, unseen_runs};
use crate::fit::Interval;
use crate::predict::{FittedStudy, FittedTarget, Replicate, bootstrap};
use crate::units::{Flops, Loss, Params, Tokens};

/// A scale with its losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtScale {
    /// Model size N: the scenario's, or the one found.
    pub n: Params,
    /// Training tokens D: the scenario's, or those found.
    pub d: Tokens,
    /// The targets with their weights, normalised, and their losses.
    pub targets: Vec<(String, f64, Loss)>,
    /// Their 90 % prediction intervals; nothing where none is known.
    pub intervals: Vec<Option<Interval>>,
    /// Σ_j w_j L_j.
    pub weighted_loss: Loss,
    /// Its 90 % prediction interval.
    pub weighted_interval: Option<Interval>,
    /// How well unseen runs are predicted, and how far the scale lies beyond the runs.
    pub findings: Vec<Finding>,
}

/// What the replicates of a bootstrap make of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScaleIntervals {
    /// Replicates that it is made of.
    pub replicates: usize,
    /// N of the replicates' own optima; one point where it is given.
    pub n: Interval,
    /// The same of D.
    pub d: Interval,
    /// Each target's loss at the scale found.
    pub losses: Vec<Interval>,
    /// Their weighted mean.
    pub weighted_loss: Interval,
}

/// Whether the study's answer is a scale: it has no domains to mix.
pub fn is_of_scale_alone(study: &FittedStudy) -> bool {
    study.domains.is_empty()
}

/// The best scale of a study without domains.
///
/// # Errors
/// The scenario asks for what has to do with a mixture, makes no sense, or asks for N and D that the fits do not depend on.
pub fn best_scale(study: &FittedStudy, scenario: &Scenario) -> Result<AtScale, OptimumError> {
    let Scenario { limits, prior, aim, .. } = scenario;
    let is_limited = !(limits.weights.is_empty()
        && limits.stocks.is_empty()
        && limits.groups.is_empty()
        && limits.present.is_empty());
    if is_limited || prior.is_some() || *aim == Aim::Worst || scenario.budget == Budget::Stocks {
        return Err(OptimumError::NoDomains);
    }
    scenario.check_scale(&study.summary)?;
    match scenario.budget {
        Budget::Compute(compute) => {
            super::optimum::check_budget(study, scenario)?;
            let at = |ln_n: f64| {
                let n = Params(libm::exp(ln_n));
                at_scale(study, scenario, n, compute.tokens(n))
            };
            let range = [LEAST_SIZE, compute.0 / (6.0 * LEAST_SIZE)].map(libm::log);
            least_along(at, |at| at.weighted_loss.0, range)
        }
        _ => at_scale(study, scenario, scenario.n, scenario.d),
    }
}

/// The best scale of each of some budgets: by factors of √10 from the compute of the smallest run to a hundred times that
/// of the largest, or of the scenario. None where the fits do not depend on both N and D.
pub fn frontier(study: &FittedStudy, scenario: &Scenario) -> Vec<AtScale> {
    let summary = &study.summary;
    let (Some(least), Some((low, _))) = (summary.sizes.first(), summary.token_range) else { return Vec::new() };
    let asked = match scenario.budget {
        Budget::Compute(compute) => compute.0,
        _ => 6.0 * scenario.n.0 * scenario.d.0,
    };
    let largest = summary.largest.map_or(0.0, |(n, d)| 6.0 * n.0 * d.0);
    let ends = [6.0 * least.0 * low.0, 100.0 * largest.max(asked)].map(|compute| 2.0 * libm::log10(compute));
    let steps = (libm::ceil(ends[0]) as i32)..=(libm::floor(ends[1]) as i32);
    let at = |step: i32| {
        let budget = Budget::Compute(Flops(libm::pow(10.0, f64::from(step) / 2.0)));
        best_scale(study, &Scenario { budget, ..scenario.clone() }).ok()
    };
    steps.filter_map(at).collect()
}

/// The weighted mean of the predicted losses (nats) at a scale.
///
/// # Errors
/// The scenario weights targets that the study has not.
pub fn loss_at(study: &FittedStudy, scenario: &Scenario) -> Result<impl Fn(f64, f64) -> f64, OptimumError> {
    let weighted = scenario.weighted_targets(study)?;
    Ok(move |n, d| {
        weighted.iter().map(|(target, weight)| weight * target.loss(Some(Params(n)), Some(Tokens(d)), &[]).0).sum()
    })
}

/// The same under each replicate; `None` where there are none.
pub fn scale_intervals(
    study: &FittedStudy,
    replicates: &[Replicate],
    scenario: &Scenario,
    found: &AtScale,
) -> Option<ScaleIntervals> {
    let one = |replicate: &Replicate| {
        let study = bootstrap::with_thetas(study, replicate);
        let own = best_scale(&study, scenario).ok()?;
        Some((own, at_scale(&study, scenario, found.n, found.d).ok()?))
    };
    let all: Vec<(AtScale, AtScale)> = replicates.iter().filter_map(one).collect();
    let of = |value: &dyn Fn(&(AtScale, AtScale)) -> f64| Interval::of(all.iter().map(value));
    Some(ScaleIntervals {
        replicates: all.len(),
        n: of(&|(own, _)| own.n.0)?,
        d: of(&|(own, _)| own.d.0)?,
        losses: (0..found.targets.len()).map(|j| of(&|(_, there)| there.targets[j].2.0)).collect::<Option<_>>()?,
        weighted_loss: of(&|(_, there)| there.weighted_loss.0)?,
    })
}

fn at_scale(study: &FittedStudy, scenario: &Scenario, n: Params, d: Tokens) -> Result<AtScale, OptimumError> {
    let weighted: Vec<(FittedTarget, f64)> = scenario.weighted_targets(study)?;
    let targets: Vec<(String, f64, Loss)> = weighted
        .iter()
        .map(|(target, weight)| (target.name.to_string(), *weight, target.loss(Some(n), Some(d), &[])))
        .collect();
    let weighted_loss = Loss(targets.iter().map(|(_, weight, loss)| weight * loss.0).sum());
    if !weighted_loss.0.is_finite() {
        return Err(OptimumError::NotFinite);
    }
    let position = |name: &str| study.targets().position(|target| target.name == name);
    let weights: Vec<(usize, f64)> =
        targets.iter().filter_map(|(name, weight, _)| Some((position(name)?, *weight))).collect();
    // Nothing depends on the mixture; a process wants one all the same.
    let h = &study.summary.mean_mixture;
    Ok(AtScale {
        n,
        d,
        intervals: weights.iter().map(|&(target, _)| study.interval(target, Some(n), Some(d), h)).collect(),
        weighted_interval: study.mean_interval(&weights, Some(n), Some(d), h),
        findings: vec![unseen_runs(study), larger(study, n, d)],
        targets,
        weighted_loss,
    })
}
