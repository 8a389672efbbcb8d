//! How sure an optimum is: what the replicates of a bootstrap make of it.

use serde::{Deserialize, Serialize};

use super::limits::{breach, by_domain};
use super::optimum::{Optimum, OptimumError, optimum, weighted};
use super::posed::Posed;
use super::scenario::{Scenario, ScenarioError};
use crate::fit::Interval;
use crate::predict::FittedStudy;
use crate::units::{Loss, Params, Tokens, write_number};

/// A mixture that the optimum is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What it is called.
    pub name: String,
    /// Its weights, in the order of the study's domains.
    pub mixture: Vec<f64>,
}

impl Compared {
    /// A mixture that is given by domain; normalised.
    ///
    /// # Errors
    /// An unknown or repeated domain, a weight that is no number of 0 or more, or none at all.
    pub fn by_domain(name: &str, given: &[(String, f64)], domains: &[String]) -> Result<Self, ScenarioError> {
        let mixture = by_domain("a compared mixture", given, domains)?;
        Ok(Self { name: name.to_string(), mixture })
    }

    /// What an optimum has to beat: the uniform mixture, the mean of the data, the corpus as it is where all of its
    /// stocks are known, and the present mixture where there is one.
    ///
    /// # Errors
    /// The scenario's stocks or its present mixture make no sense.
    pub fn usual(study: &FittedStudy, scenario: &Scenario) -> Result<Vec<Self>, ScenarioError> {
        let domains = &study.domains;
        let named = |name: &str, mixture: Vec<f64>| Self { name: name.to_string(), mixture };
        let mut usual = vec![
            named("uniform", vec![1.0 / domains.len() as f64; domains.len()]),
            named("mean of the data", study.summary.mean_mixture.clone()),
        ];
        let stocks: Vec<(String, f64)> =
            scenario.limits.stocks.iter().map(|(domain, tokens)| (domain.clone(), tokens.0)).collect();
        if domains.iter().all(|domain| stocks.iter().any(|(name, _)| name == domain)) {
            usual.push(named("corpus as it is", by_domain("the stocks", &stocks, domains)?));
        }
        if !scenario.limits.present.is_empty() {
            usual.push(named("present", by_domain("the present mixture", &scenario.limits.present, domains)?));
        }
        Ok(usual)
    }
}

/// What is made least, at a mixture, beside what it is at the optimum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The other mixture.
    pub compared: Compared,
    /// Each target's loss there, at the optimum's N and D.
    pub losses: Vec<Loss>,
    /// Its loss less the optimum's, in nats: what the optimum gains over it, and its regret. The loss is the
    /// weighted mean, or the worst excess where the scenario asks for that; without the prior's part.
    pub gain: f64,
    /// Its 90 % prediction interval; none where none is known, as for a gain in the worst excess.
    #[serde(default)]
    pub interval: Option<Interval>,
    /// Why it cannot be trained on under the scenario's limits, or is not supported by the runs; `None` where it can.
    #[serde(default)]
    pub breach: Option<String>,
}

/// Compares the optimum with other mixtures.
///
/// # Errors
/// As [`optimum`].
pub fn compare(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    compared: &[Compared],
) -> Result<Vec<Comparison>, OptimumError> {
    let posed = Posed::at(study, scenario, optimum)?;
    let least = posed.loss(&optimum.mixture);
    let intervals = if optimum.least.is_empty() {
        let from: Vec<&[f64]> = compared.iter().map(|compared| compared.mixture.as_slice()).collect();
        let weights = weighted(study, optimum);
        study.gain_intervals(&weights, Some(optimum.n), Some(optimum.d), &from, &optimum.mixture)
    } else {
        vec![None; compared.len()]
    };
    let one = |(compared, interval): (&Compared, Option<Interval>)| Comparison {
        losses: posed.losses(&compared.mixture).into_iter().map(Loss).collect(),
        gain: posed.loss(&compared.mixture) - least,
        interval,
        breach: breach(&posed.bounds, &compared.mixture),
        compared: compared.clone(),
    };
    Ok(compared.iter().zip(intervals).map(one).collect())
}

/// What each of these mixtures loses against the optimum, in nats, as [`Comparison::gain`] says; the mixtures need not
/// keep to the limits.
///
/// # Errors
/// As [`optimum`].
pub fn excess(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    mixtures: &[Vec<f64>],
) -> Result<Vec<f64>, OptimumError> {
    let posed = Posed::at(study, scenario, optimum)?;
    let least = posed.loss(&optimum.mixture);
    Ok(mixtures.iter().map(|mixture| posed.loss(mixture) - least).collect())
}

/// What one replicate makes of a scenario and its optimum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The replicate's own N, D and h*.
    pub n: Params,
    /// See `n`.
    pub d: Tokens,
    /// See `n`.
    pub mixture: Vec<f64>,
    /// Each target's loss at the optimum.
    pub losses: Vec<f64>,
    /// What the optimum gains over each compared mixture, nats.
    pub gains: Vec<f64>,
    /// What the optimum loses against the replicate's own, nats.
    pub regret: f64,
    /// Of each domain, whether the replicate's own h* is outside the weights in the data.
    pub outside: Vec<bool>,
}

/// Weights that differ from the data's by less than this are in the data, for those who mix.
pub const SAME_SHARE: f64 = 5e-4;

/// Of each domain, whether its weight leaves the range of the data: there a law is extrapolated.
pub fn outside_data(mixture: &[f64], weight_ranges: &[(f64, f64)]) -> Vec<bool> {
    let outside = |(&h, &(low, high)): (&f64, &(f64, f64))| h < low - SAME_SHARE || h > high + SAME_SHARE;
    mixture.iter().zip(weight_ranges).map(outside).collect()
}

/// Carries a replicate's fits through to the scenario's optimum.
///
/// # Errors
/// As [`optimum`].
pub fn outcome(
    replicate: &FittedStudy,
    scenario: &Scenario,
    found: &Optimum,
    compared: &[Compared],
) -> Result<Outcome, OptimumError> {
    let own = optimum(replicate, scenario)?;
    let posed = Posed::new(replicate, &scenario.found(found))?;
    let own_posed = Posed::at(replicate, scenario, &own)?;
    let loss = posed.loss(&found.mixture);
    Ok(Outcome {
        n: own.n,
        d: own.d,
        losses: posed.losses(&found.mixture),
        gains: compared.iter().map(|compared| posed.loss(&compared.mixture) - loss).collect(),
        regret: loss - own_posed.loss(&own.mixture),
        outside: outside_data(&own.mixture, &replicate.summary.weight_ranges),
        mixture: own.mixture,
    })
}

/// How sure an optimum is. Intervals hold the middle 90 % of the replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certainty {
    /// Replicates that it is made of.
    pub replicates: usize,
    /// N of the replicates' own optima; one point where the scenario gives N.
    pub n: Interval,
    /// The same of D.
    pub d: Interval,
    /// h* of the replicates' own optima.
    pub mixture: Vec<Interval>,
    /// Each target's loss at the optimum.
    pub losses: Vec<Interval>,
    /// Their weighted mean.
    pub weighted_loss: Interval,
    /// What the optimum gains over each compared mixture, nats.
    pub gains: Vec<Interval>,
    /// What the optimum loses against the replicates' own, nats: what half of them and what 95 % of them
    /// stay below. It is what not knowing the law costs.
    pub regret: Regret,
    /// Of each domain, the share of the replicates whose own h* is outside the weights in the data: they extrapolate.
    pub outside: Vec<f64>,
    /// The share of the replicates of which that is so for any domain.
    pub any_outside: f64,
}

/// See [`Certainty::regret`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Regret {
    /// Median.
    pub median: f64,
    /// 95th percentile.
    pub high: f64,
}

/// A share of the replicates that moves no end of a 90 % interval.
const FEW_OUTSIDE: f64 = 0.02;

impl Certainty {
    /// How many replicates have their own optimum outside the data, and for which domain most; `None` if next to none.
    ///
    /// Outside the data a law's term may be anything that is negligible inside: a few replicates then have an optimum
    /// far from all others, and an interval that reaches there is the law's extrapolation, not what the data say.
    pub fn outside_sentence(&self, domains: &[String]) -> Option<String> {
        if self.any_outside < FEW_OUTSIDE {
            return None;
        }
        let most = (0..self.outside.len()).max_by(|&a, &b| self.outside[a].total_cmp(&self.outside[b]))?;
        let percent = |share: f64| write_number(100.0 * share, 2);
        Some(format!(
            "{} % of the replicates have their optimum outside the weights in the data, most often in {} ({} %): there the law is extrapolated, and the interval shows that, not the data",
            percent(self.any_outside),
            domains.get(most)?,
            percent(self.outside[most]),
        ))
    }

    /// Sums up the replicates' outcomes; `None` of none.
    pub fn of(optimum: &Optimum, outcomes: &[Outcome]) -> Option<Self> {
        let every = |value: &dyn Fn(&Outcome) -> f64| Interval::of(outcomes.iter().map(value));
        let each = |length: usize, value: &dyn Fn(&Outcome, usize) -> f64| -> Option<Vec<Interval>> {
            (0..length).map(|i| every(&|outcome| value(outcome, i))).collect()
        };
        let first = outcomes.first()?;
        let weighted = |outcome: &Outcome| {
            optimum.targets.iter().zip(&outcome.losses).map(|((_, weight, _), loss)| weight * loss).sum()
        };
        let share = |is: &dyn Fn(&Outcome) -> bool| {
            outcomes.iter().filter(|outcome| is(outcome)).count() as f64 / outcomes.len() as f64
        };
        let mut regrets: Vec<f64> = outcomes.iter().map(|outcome| outcome.regret).collect();
        crate::order::sort(&mut regrets);
        Some(Self {
            replicates: outcomes.len(),
            outside: (0..first.outside.len()).map(|i| share(&|outcome| outcome.outside[i])).collect(),
            any_outside: share(&|outcome| outcome.outside.contains(&true)),
            n: every(&|outcome| outcome.n.0)?,
            d: every(&|outcome| outcome.d.0)?,
            mixture: each(first.mixture.len(), &|outcome, i| outcome.mixture[i])?,
            losses: each(first.losses.len(), &|outcome, j| outcome.losses[j])?,
            weighted_loss: every(&weighted)?,
            gains: each(first.gains.len(), &|outcome, j| outcome.gains[j])?,
            regret: Regret {
                median: crate::fit::percentile(&regrets, 0.5)?,
                high: crate::fit::percentile(&regrets, 0.95)?,
            },
        })
    }
}
