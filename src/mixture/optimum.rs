//! The optimum with its certificate.

use serde::{Deserialize, Serialize};

use super::limits::{Bound, Limit, Limits};
use super::posed::Posed;
use super::scenario::{Aim, Budget, LEAST_SIZE, Scenario, ScenarioError};
use super::solver::feasible::ROUNDING;
use super::solver::region::Found;
use crate::law::Shape;
use crate::order::sort_by_number;
use crate::predict::FittedStudy;
use crate::units::{Loss, MOST_TOKENS, Params, Tokens, write_number};

/// Why an optimum is the best there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certificate {
    /// The weighted loss is convex in h, so its only minimum is the global one.
    Convex,
    /// The limits leave no other mixture.
    Only,
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
    /// Model size N: the scenario's, or the one found.
    pub n: Params,
    /// Training tokens D: the scenario's, or those found.
    pub d: Tokens,
    /// h*, in the order of the study's domains; Σ h* = 1.
    pub mixture: Vec<f64>,
    /// Σ_j w_j L_j(N, D, h*).
    pub weighted_loss: Loss,
    /// What was made least, in nats: the weighted loss or the worst excess, with the prior's part.
    pub objective: f64,
    /// The limits that hold the mixture, with what they cost, the dearest first.
    pub prices: Vec<Price>,
    /// The targets with their weights, normalised, and their losses at h*.
    pub targets: Vec<(String, f64, Loss)>,
    /// The least that each of them can be, where the worst excess over it was made least; empty otherwise.
    pub least: Vec<f64>,
    /// How far the conditions of a minimum (Karush, Kuhn, Tucker) are from holding, in nats per unit of weight.
    pub kkt_residual: f64,
    /// Why it is the best.
    pub certificate: Certificate,
}

/// A weight below this is nothing to those who mix: it is written as 0.
const LEAST_WEIGHT: f64 = 1e-6;

/// The mixture to write down: weights below 10⁻⁶ are 0, and what they had goes to the largest weight that the limits let
/// have it, so that the sum stays 1.
pub fn practical(study: &FittedStudy, scenario: &Scenario, optimum: &Optimum) -> Vec<f64> {
    let kept: Vec<f64> = optimum.mixture.iter().map(|&h| if h < LEAST_WEIGHT { 0.0 } else { h }).collect();
    let rest: f64 = optimum.mixture.iter().filter(|h| **h < LEAST_WEIGHT).sum();
    let Ok(bounds) = scenario.limits.bounds(&study.domains, &study.summary, optimum.d) else { return kept };
    let mut receivers: Vec<usize> = (0..kept.len()).filter(|&i| kept[i] > 0.0).collect();
    sort_by_number(&mut receivers, |&i| -kept[i]);
    let with = |receiver: usize| {
        let mut mixture = kept.clone();
        mixture[receiver] += rest;
        mixture
    };
    let breaks = |h: &[f64], bound: &Bound| {
        bound.constraint.slack(h) < -KEPT && bound.constraint.slack(&optimum.mixture) >= -KEPT
    };
    let keeps = |h: &Vec<f64>| !bounds.iter().any(|bound| breaks(h, bound));
    receivers.into_iter().map(with).find(keeps).unwrap_or_else(|| optimum.mixture.clone())
}

/// What a limit costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The limit.
    pub limit: Limit,
    /// By how much the objective would fall with one more unit of it, in nats: an epoch of a stock, or the whole of
    /// a weight (a hundredth of it is what one more point would be worth), to first order.
    pub nats: f64,
}

impl Price {
    /// The price in words: "one more epoch of wikipedia would lower the loss by 0.0041 nats".
    pub fn sentence(&self) -> String {
        let point = self.nats / 100.0;
        let (change, nats) = match &self.limit {
            Limit::Stock { domain, .. } => (format!("one more epoch of {domain}"), self.nats),
            Limit::Max(domain, _) => (format!("raising {domain} by 1 point"), point),
            Limit::Min(domain, _) => (format!("lowering {domain} by 1 point"), point),
            Limit::GroupMax(domains, _) => (format!("raising {} together by 1 point", domains.join(" + ")), point),
            Limit::GroupMin(domains, _) => (format!("lowering {} together by 1 point", domains.join(" + ")), point),
            Limit::Fixed { domain, .. } => (format!("moving {domain} by 1 point from its weight in every run"), point),
            Limit::Data { domain, least, .. } => {
                let (direction, edge) = if *least { ("lowering", "below") } else { ("raising", "beyond") };
                (format!("{direction} {domain} by 1 point, {edge} the runs,"), point)
            }
            Limit::Support { from: Some(from), to: Some(to) } => {
                (format!("moving 1 point from {from} to {to}, beyond what the runs cover,"), point)
            }
            Limit::Support { .. } => ("going beyond what the runs cover".to_string(), self.nats),
            Limit::Prior(domain) => (format!("giving {domain} 1 point, which the prior rules out,"), point),
            Limit::Near { domain, least, .. } => {
                let direction = if *least { "lowering" } else { "raising" };
                (format!("{direction} {domain} by 1 point more than the maximum change"), point)
            }
        };
        format!("{change} would lower the loss by {} nats", write_number(nats, 2))
    }
}

/// Why there is no optimum.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OptimumError {
    /// The scenario makes no sense.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The limits leave no mixture.
    #[error("no mixture can meet all of these: {}{}{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "), sum_sentence(.0), data_sentence(.0))]
    Infeasible(Vec<Limit>),
    /// The laws give no number.
    #[error("the fits give no finite loss at this N and D; they are too far from the data for the formula")]
    NotFinite,
    /// The limits leave next to nothing, and rounding nothing of that.
    #[error("no mixture was found that keeps all limits: they leave next to nothing; widen one of them")]
    NextToNothing,
    /// The laws know no mixture.
    #[error("the {law} law does not depend on the mixture, so every mixture is as good; fit a law that does")]
    NoMixture {
        /// The law.
        law: &'static str,
    },
    /// There is nothing to mix.
    #[error(
        "this study has no domains, so there is no mixture to optimise or to limit; a compute budget finds its N and D"
    )]
    NoDomains,
}

/// What the bounds of a conflict sum to, where they are all from below or all from above.
fn sum_sentence(limits: &[Limit]) -> String {
    let bounds: Vec<(bool, f64)> = limits
        .iter()
        .filter_map(|limit| match limit {
            Limit::Min(_, share) | Limit::GroupMin(_, share) => Some((true, *share)),
            Limit::Max(_, share) | Limit::GroupMax(_, share) => Some((false, *share)),
            Limit::Data { weight, least, .. } => Some((*least, *weight)),
            _ => None,
        })
        .collect();
    let sum: f64 = bounds.iter().map(|(_, share)| share).sum();
    let all = |least: bool| bounds.len() > 1 && bounds.len() == limits.len() && bounds.iter().all(|(l, _)| *l == least);
    let percent = write_number(100.0 * sum, 12);
    if all(true) && sum > 1.0 {
        format!(" (together at least {percent} %, more than 100 %)")
    } else if all(false) && sum < 1.0 {
        format!(" (together at most {percent} %, less than 100 %)")
    } else {
        String::new()
    }
}

/// How to lift the limits of the data, where a conflict has some.
fn data_sentence(limits: &[Limit]) -> &'static str {
    let of_data =
        limits.iter().any(|limit| matches!(limit, Limit::Fixed { .. } | Limit::Data { .. } | Limit::Support { .. }));
    if of_data { ". To leave the range of the runs, extrapolate (--extrapolate)" } else { "" }
}

/// A limit that is broken by up to this is kept.
pub(super) const KEPT: f64 = 1e-9;
/// A KKT residual up to this certifies a minimum.
const CERTIFIED: f64 = 1e-8;

/// The positions of an optimum's targets among the study's, with their weights.
pub fn weighted(study: &FittedStudy, optimum: &Optimum) -> Vec<(usize, f64)> {
    let position = |name: &str| study.targets().position(|target| target.name == name);
    optimum.targets.iter().filter_map(|(name, weight, _)| Some((position(name)?, *weight))).collect()
}

/// Finds the mixture of least loss, and N and D with it where the scenario asks for that.
///
/// # Errors
/// The scenario makes no sense, its limits conflict, or the study has no domains.
pub fn optimum(study: &FittedStudy, scenario: &Scenario) -> Result<Optimum, OptimumError> {
    scenario.check_scale(&study.summary)?;
    optimum_anywhere(study, scenario)
}

/// The same at any scale: a path goes to the limit.
pub(super) fn optimum_anywhere(study: &FittedStudy, scenario: &Scenario) -> Result<Optimum, OptimumError> {
    optimum_near(study, scenario, &mut Vec::new())
}

/// The same from the minima of a scenario that is much like this one, where any are known; leaves its own in their place.
pub(super) fn optimum_near(
    study: &FittedStudy,
    scenario: &Scenario,
    near: &mut Vec<Vec<f64>>,
) -> Result<Optimum, OptimumError> {
    check_budget(study, scenario)?;
    match scenario.budget {
        Budget::Given => optimum_at(study, scenario, near),
        Budget::Compute(compute) => {
            let scale = |ln_n: f64| {
                let n = Params(libm::exp(ln_n));
                (n, compute.tokens(n))
            };
            let range = [LEAST_SIZE, compute.0 / (6.0 * LEAST_SIZE)].map(libm::log);
            optimum_along(study, scenario, near, scale, range)
        }
        Budget::Stocks => {
            let most = most_tokens(study, scenario)?;
            let least = LEAST_SIZE.min(most.0 / 10.0);
            let scale = |ln_d: f64| (scenario.n, Tokens(libm::exp(ln_d)));
            optimum_along(study, scenario, near, scale, [least, most.0].map(libm::log))
        }
    }
}

/// Searches from everywhere, at the best place of a range, that may find a better minimum than goes along it.
const MOST_CHECKS: usize = 3;
/// A value that is lower by less than this share is the same.
const SAME_VALUE: f64 = 1e-9;

/// The best along a range of scales: each place is searched from the minima of the one before, and the best of them from
/// everywhere, which has the last word.
fn optimum_along(
    study: &FittedStudy,
    scenario: &Scenario,
    near: &mut Vec<Vec<f64>>,
    scale: impl Fn(f64) -> (Params, Tokens),
    range: [f64; 2],
) -> Result<Optimum, OptimumError> {
    let at = |(n, d): (Params, Tokens), near: &mut Vec<Vec<f64>>| {
        optimum_at(study, &Scenario { n, d, ..scenario.clone() }, near)
    };
    let mut best: Option<Optimum> = None;
    for _ in 0..MOST_CHECKS {
        let found = least_along(|x| at(scale(x), near), |found| found.objective, range)?;
        let mut everywhere = Vec::new();
        let checked = at((found.n, found.d), &mut everywhere)?;
        let is_better = checked.objective < found.objective - SAME_VALUE * found.objective.abs();
        let lower = if checked.objective <= found.objective { checked } else { found };
        best = best.filter(|best| best.objective <= lower.objective).or(Some(lower));
        *near = everywhere;
        if !is_better {
            break;
        }
    }
    Ok(best.expect("there is at least one check"))
}

/// Whether N and D can be found as the scenario asks.
pub(super) fn check_budget(study: &FittedStudy, scenario: &Scenario) -> Result<(), OptimumError> {
    let weighted = scenario.weighted_targets(study)?;
    let (what, terms): (_, &[_]) = match scenario.budget {
        Budget::Given => return Ok(()),
        Budget::Compute(compute) => {
            if !(compute.0.is_finite() && compute.0 > 0.0) {
                return Err(ScenarioError::Positive { field: "the compute C".into(), seen: compute.0 }.into());
            }
            ("N and D", &["N", "D"])
        }
        Budget::Stocks => ("D", &["D"]),
    };
    // What each target can be at best would change with N and D, and the worst excess be least where nothing is learnt.
    if scenario.aim == Aim::Worst && weighted.len() > 1 {
        return Err(ScenarioError::WorstOfFoundScale.into());
    }
    for &term in terms {
        let has_term = |shape: &Shape| if term == "N" { shape.n_term } else { shape.d_term };
        if !weighted.iter().any(|(target, _)| has_term(&target.fit.shape)) {
            let targets: Vec<&str> = weighted.iter().map(|(target, _)| target.name).collect();
            return Err(ScenarioError::NoTerm { what, targets: targets.join(", "), term }.into());
        }
    }
    Ok(())
}

/// Places looked at along a range of scales, before the best is refined.
const PLACES: usize = 24;

/// The most tokens that the stocks allow: h_i D ≤ e U_i for all i, Σ h = 1.
fn most_tokens(study: &FittedStudy, scenario: &Scenario) -> Result<Tokens, OptimumError> {
    let Limits { stocks, most_epochs, .. } = &scenario.limits;
    let all = study.domains.iter().all(|domain| stocks.iter().any(|(name, _)| name == domain));
    match most_epochs {
        Some(epochs) if all => {
            // What cannot be is told before it is summed.
            scenario.limits.bounds(&study.domains, &study.summary, scenario.d)?;
            let most = Tokens(stocks.iter().map(|(_, tokens)| epochs * tokens.0).sum());
            if most.0 > MOST_TOKENS.0 {
                let field = "what the stocks allow at this many epochs".into();
                return Err(ScenarioError::TooManyTokens { field, seen: most }.into());
            }
            Ok(most)
        }
        _ => Err(ScenarioError::NoStocks.into()),
    }
}

/// Places on a range nearer than this are one.
const SAME_PLACE: f64 = 1e-7;
/// Evaluations of a refinement; golden section alone would take about half of them.
const MOST_REFINEMENTS: usize = 60;

/// The best of what is found along a range: the best of some places, refined by parabolas and golden section (Brent 1973,
/// *Algorithms for Minimization without Derivatives*, ch. 5). Places where there is nothing, because the limits conflict
/// there, count as worse than all.
pub(super) fn least_along<T>(
    mut at: impl FnMut(f64) -> Result<T, OptimumError>,
    objective: impl Fn(&T) -> f64,
    [low, high]: [f64; 2],
) -> Result<T, OptimumError> {
    const GOLDEN: f64 = 0.381_966_011_250_105_1;
    let value = |found: &Result<T, OptimumError>| found.as_ref().map_or(f64::INFINITY, &objective);
    let step = (high - low) / PLACES as f64;
    let place = |place: usize| low + step * place as f64;
    let places: Vec<_> = (0..=PLACES).map(|at_place| at(place(at_place))).collect();
    let best = (0..=PLACES).min_by(|&a, &b| value(&places[a]).total_cmp(&value(&places[b]))).unwrap_or(0);
    let (mut left, mut right) = (place(best.saturating_sub(1)), place((best + 1).min(PLACES)));
    let values: Vec<f64> = places.iter().map(&value).collect();
    let mut found = places.into_iter().nth(best).expect("there is a best place");
    // The best place, the second and the one before that, with their values.
    let with_value = |at: usize| (place(at), values[at]);
    let (mut x, mut second, mut third) =
        (with_value(best), with_value(best.saturating_sub(1)), with_value((best + 1).min(PLACES)));
    let (mut last_step, mut step_before) = (right - left, right - left);
    for _ in 0..MOST_REFINEMENTS {
        let middle = 0.5 * (left + right);
        if (x.0 - middle).abs() <= 2.0 * SAME_PLACE - 0.5 * (right - left) {
            break;
        }
        // The lowest point of the parabola through the three.
        let (to_second, to_third) = ((x.0 - second.0) * (x.1 - third.1), (x.0 - third.0) * (x.1 - second.1));
        let by = ((x.0 - third.0) * to_third - (x.0 - second.0) * to_second) / (2.0 * (to_third - to_second));
        let is_used = by.is_finite() && by.abs() < 0.5 * step_before.abs() && x.0 - by > left && x.0 - by < right;
        step_before = last_step;
        if is_used {
            last_step = -by;
            let to_end = (x.0 + last_step - left).min(right - x.0 - last_step);
            if to_end < 2.0 * SAME_PLACE {
                last_step = SAME_PLACE.copysign(middle - x.0);
            }
        } else {
            step_before = if x.0 < middle { right - x.0 } else { left - x.0 };
            last_step = GOLDEN * step_before;
        }
        let next = x.0 + if last_step.abs() >= SAME_PLACE { last_step } else { SAME_PLACE.copysign(last_step) };
        let next = next.clamp(left, right);
        let there = at(next);
        let next = (next, value(&there));
        if next.1 <= x.1 {
            if next.0 < x.0 {
                right = x.0
            } else {
                left = x.0
            }
            (third, second, x) = (second, x, next);
            found = there;
        } else {
            if next.0 < x.0 {
                left = next.0
            } else {
                right = next.0
            }
            if next.1 <= second.1 || second.0 == x.0 {
                (third, second) = (second, next);
            } else if next.1 <= third.1 || third.0 == x.0 || third.0 == second.0 {
                third = next;
            }
        }
    }
    found
}

fn optimum_at(study: &FittedStudy, scenario: &Scenario, near: &mut Vec<Vec<f64>>) -> Result<Optimum, OptimumError> {
    let posed = Posed::new(study, scenario)?;
    let region = posed.region(&[])?;
    let Found { best, agreeing, starts, places } = posed.least(&region, near);
    *near = places;
    if !best.value.is_finite() || best.h.iter().any(|h| !h.is_finite()) {
        return Err(OptimumError::NotFinite);
    }
    if region.violation(&best.h) > KEPT {
        return Err(OptimumError::NextToNothing);
    }
    let losses: Vec<(String, f64, Loss)> = posed
        .targets
        .iter()
        .map(|(target, weight)| {
            (target.name.to_string(), *weight, target.loss(Some(scenario.n), Some(scenario.d), &best.h))
        })
        .collect();
    Ok(Optimum {
        n: scenario.n,
        d: scenario.d,
        weighted_loss: Loss(losses.iter().map(|(_, weight, loss)| weight * loss.0).sum()),
        objective: posed.value(&best.h),
        targets: losses,
        kkt_residual: best.kkt_residual,
        prices: region.prices(&study.domains, &posed.bounds, &posed.objective(&best.h, &best.shares), &best.h),
        certificate: if best.kkt_residual > CERTIFIED || region.violation(&best.h) > ROUNDING {
            Certificate::None
        } else if posed.convex {
            Certificate::Convex
        } else if starts == 1 {
            // Of several minima one descent would be no search: there is a single mixture.
            Certificate::Only
        } else {
            Certificate::BestOf { agreeing, starts }
        },
        mixture: best.h,
        least: posed.least,
    })
}
