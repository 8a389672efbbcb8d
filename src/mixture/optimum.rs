//! The optimum with its certificate.

use serde::{Deserialize, Serialize};

use super::feasible::ROUNDING;
use super::limits::{Bound, Limit, Limits};
use super::posed::Posed;
use super::region::Found;
use super::scenario::{Aim, Budget, LEAST_SIZE, MOST_TOKENS, Scenario, ScenarioError};
use crate::law::Shape;
use crate::order::sort_by_number;
use crate::predict::FittedStudy;
use crate::units::{Loss, Params, Tokens, write_number};

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
    #[error("this study has no domains, so there is no mixture to optimise or to limit; --flops C finds its N and D")]
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
const KEPT: f64 = 1e-9;
/// A KKT residual up to this certifies a minimum.
const CERTIFIED: f64 = 1e-8;

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
    let at = |n: Params, d: Tokens| optimum_at(study, &Scenario { n, d, ..scenario.clone() });
    check_budget(study, scenario)?;
    match scenario.budget {
        Budget::Given => at(scenario.n, scenario.d),
        Budget::Compute(compute) => {
            let at = |ln_n: f64| {
                let n = Params(libm::exp(ln_n));
                at(n, compute.tokens(n))
            };
            let range = [LEAST_SIZE, compute.0 / (6.0 * LEAST_SIZE)].map(libm::log);
            least_along(at, |found| found.objective, range)
        }
        Budget::Stocks => {
            let most = most_tokens(study, scenario)?;
            let least = LEAST_SIZE.min(most.0 / 10.0);
            let at = |ln_d: f64| at(scenario.n, Tokens(libm::exp(ln_d)));
            least_along(at, |found| found.objective, [least, most.0].map(libm::log))
        }
    }
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

/// The best of what is found along a range: the best of some places, refined by golden section. Places where there is
/// nothing, because the limits conflict there, count as worse than all.
pub(super) fn least_along<T>(
    at: impl Fn(f64) -> Result<T, OptimumError>,
    objective: impl Fn(&T) -> f64,
    [low, high]: [f64; 2],
) -> Result<T, OptimumError> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let value = |found: &Result<T, OptimumError>| found.as_ref().map_or(f64::INFINITY, &objective);
    let step = (high - low) / PLACES as f64;
    let places: Vec<_> = (0..=PLACES).map(|place| at(low + step * place as f64)).collect();
    let best = (0..=PLACES).min_by(|&a, &b| value(&places[a]).total_cmp(&value(&places[b]))).unwrap_or(0);
    let (mut left, mut right) =
        ((low + step * (best as f64 - 1.0)).max(low), (low + step * (best as f64 + 1.0)).min(high));
    let mut found = places.into_iter().nth(best).expect("there is a best place");
    while right - left > 1e-7 {
        let (a, b) = (right - GOLDEN * (right - left), left + GOLDEN * (right - left));
        let (at_a, at_b) = (at(a), at(b));
        let lower = value(&at_a) <= value(&at_b);
        if lower {
            right = b;
        } else {
            left = a;
        }
        let better = if lower { at_a } else { at_b };
        if value(&better) < value(&found) {
            found = better;
        }
    }
    found
}

fn optimum_at(study: &FittedStudy, scenario: &Scenario) -> Result<Optimum, OptimumError> {
    let posed = Posed::new(study, scenario)?;
    let region = posed.region(&[])?;
    let Found { best, agreeing, starts, .. } = posed.least(&region);
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
