//! What the next model is to be: its size, its tokens, and which targets matter how much.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::optimum::Optimum;
use crate::predict::{DataSummary, FittedStudy, FittedTarget};
use crate::units::{Flops, MOST_TOKENS, Params, Tokens, choices, write_count, write_number, write_scientific};

/// What to optimise the mixture for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Model size N.
    pub n: Params,
    /// Training tokens D.
    pub d: Tokens,
    /// Weight of each target by name, ≥ 0; a target that is not named weighs nothing. Empty: all alike.
    pub target_weights: Vec<(String, f64)>,
    /// What of the targets' losses is to be least.
    #[serde(default)]
    pub aim: Aim,
    /// What the mixture may be.
    #[serde(default)]
    pub limits: Limits,
    /// A mixture that it is drawn to.
    #[serde(default)]
    pub prior: Option<Prior>,
    /// Whether N and D are as given, or found.
    #[serde(default)]
    pub budget: Budget,
}

/// What of the targets' losses is to be least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// Their weighted mean, Σ_j w_j L_j.
    #[default]
    Mean,
    /// The worst of them: max_j (L_j(h) − min L_j), each against the least that it can be under the limits. Plain
    /// losses do not compare: a text that is hard to predict would always be the worst. The weights only say which
    /// targets count.
    Worst,
}

/// A prior: λ Σ_i h_i ln(h_i/q_i) is added to the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// q, by domain; normalised. A domain without a weight in it gets none.
    pub mixture: Vec<(String, f64)>,
    /// λ, in nats.
    pub kl: f64,
}

/// Whether N and D are as given, or found.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Budget {
    /// As given.
    #[default]
    Given,
    /// N and D of least loss with 6 N D = C.
    Compute(Flops),
    /// D of least loss at the given N: more tokens, until the stocks are used up.
    Stocks,
}

/// Why a scenario makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// N or D is not a positive number.
    #[error("{what} is {}; it must be a positive number, such as {example}", short(*.seen))]
    Scale {
        /// "the model size N" or "the tokens D".
        what: &'static str,
        /// What was given.
        seen: f64,
        /// What would be right.
        example: &'static str,
    },
    /// N, D or C of another order than any model.
    #[error("{what} is {seen}; it must lie between {least} and {most}, such as {example}")]
    Implausible {
        /// "the model size N", "the tokens D" or "the compute C".
        what: &'static str,
        /// What was given.
        seen: String,
        /// The least that there can be.
        least: String,
        /// The most.
        most: String,
        /// What would be right.
        example: &'static str,
    },
    /// More tokens than there can be.
    #[error("{field} is {seen} tokens; it can be at most {MOST_TOKENS}")]
    TooManyTokens {
        /// What has so many.
        field: String,
        /// How many.
        seen: Tokens,
    },
    /// A weight for something that was not fitted.
    #[error("\"{name}\" has a weight, but it is no fitted target; those are: {known}")]
    UnknownTarget {
        /// What was named.
        name: String,
        /// Names of the fitted targets.
        known: String,
    },
    /// A target weighted twice.
    #[error("\"{name}\" has two weights; give one")]
    Repeated {
        /// The target.
        name: String,
    },
    /// A weight that is negative or no number.
    #[error("the weight of \"{name}\" is {}; it must be 0 or more", short(*.seen))]
    Weight {
        /// The target.
        name: String,
        /// What was given.
        seen: f64,
    },
    /// A domain that the fits do not know.
    #[error("{field} names \"{name}\", which is no domain of the fits; those are: {known}")]
    UnknownDomain {
        /// Where it was named.
        field: &'static str,
        /// What was named.
        name: String,
        /// Names of the domains.
        known: String,
    },
    /// A share that is none.
    #[error("{field} is {}; it must be a share between 0 and 1", short(*.seen))]
    Share {
        /// The field.
        field: String,
        /// What was given.
        seen: f64,
    },
    /// A least value above the largest.
    #[error("{field} is to be at least {} and at most {}; the first must not be above the second", short(*.min), short(*.max))]
    MinAboveMax {
        /// The field.
        field: String,
        /// Least value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Something named twice.
    #[error("{field} is given twice; give it once")]
    RepeatedField {
        /// The field.
        field: String,
    },
    /// A group that names a domain twice.
    #[error("the group {group} names \"{name}\" twice; name it once")]
    RepeatedMember {
        /// The group.
        group: String,
        /// The domain.
        name: String,
    },
    /// A group of nothing.
    #[error("a group limit names no domain; name at least one, as in arxiv+book=0.1:0.4")]
    EmptyGroup,
    /// A number that must be positive.
    #[error("{field} is {}; it must be a positive number", short(*.seen))]
    Positive {
        /// The field.
        field: String,
        /// What was given.
        seen: f64,
    },
    /// A number that must not be negative.
    #[error("{field} is {}; it must be 0 or more, such as 0.001", short(*.seen))]
    NotNegative {
        /// The field.
        field: String,
        /// What was given.
        seen: f64,
    },
    /// Too few or too many steps.
    #[error("the path has {seen} steps; it must have between 1 and {most}")]
    Steps {
        /// What was given.
        seen: usize,
        /// The most that there can be.
        most: usize,
    },
    /// A mixture without weights.
    #[error("{field} has no weights; give at least one domain a positive weight")]
    NoMixture {
        /// Which mixture.
        field: &'static str,
    },
    /// Stocks are to give D, but there are none for it.
    #[error("D cannot be found from the stocks: give every domain its tokens in stock, and a maximum number of epochs")]
    NoStocks,
    /// N or D is to be found, but the fits do not depend on it.
    #[error("{what} cannot be found: the fits of {targets} have no term in {term}, so less of it would cost nothing")]
    NoTerm {
        /// "N and D" or "D".
        what: &'static str,
        /// The targets.
        targets: String,
        /// "N" or "D".
        term: &'static str,
    },
    /// The worst target's mixture does not depend on the weights.
    #[error(
        "with worst-case regret the weights only say which targets count, so there is no path from weights to mixture; minimise the weighted mean"
    )]
    NoWeightsInWorst,
    /// The worst target is asked for where N or D is found.
    #[error(
        "worst-case regret needs a given N and D: the best loss of each target changes with them; give both, or minimise the weighted mean"
    )]
    WorstOfFoundScale,
    /// All weights are zero.
    #[error("every target weighs 0; at least one must weigh more")]
    NoWeight,
}

/// Models and runs outside these are mistakes in the number, such as a B forgotten or written twice.
const LEAST_PARAMS: Params = Params(1e3);
const MOST_PARAMS: Params = Params(1e15);
const LEAST_TOKENS: Tokens = Tokens(1e3);
const MOST_FLOPS: Flops = Flops(1e31);
/// No model or run that is found is smaller than this, in parameters and in tokens.
pub(super) const LEAST_SIZE: f64 = 1e6;

/// A number in a message: no more digits than anyone reads.
fn short(value: f64) -> String {
    write_number(value, 6)
}

impl Scenario {
    /// The scale of the largest run, all targets alike (1B and 20B where the study gives none).
    pub fn at_the_edge_of(summary: &DataSummary) -> Self {
        let (n, d) = summary.edge();
        Self::new(n.unwrap_or(Params(1e9)), d.unwrap_or(Tokens(20e9)))
    }

    /// This N and D, all targets alike, no limits but the data's.
    pub fn new(n: Params, d: Tokens) -> Self {
        Self {
            n,
            d,
            target_weights: Vec::new(),
            aim: Aim::default(),
            limits: Limits::default(),
            prior: None,
            budget: Budget::default(),
        }
    }

    /// The scenario at the N and D of its optimum.
    pub(super) fn found(&self, optimum: &Optimum) -> Self {
        Self { n: optimum.n, d: optimum.d, budget: Budget::Given, ..self.clone() }
    }

    /// Checks that N, D or C is that of a model.
    ///
    /// # Errors
    /// One that is far from any, and from the study's own.
    pub fn check_scale(&self, data: &DataSummary) -> Result<(), ScenarioError> {
        let least_of_data = data.sizes.first().map_or(f64::INFINITY, |n| n.0);
        let n = (LEAST_PARAMS.0.min(least_of_data), MOST_PARAMS.0);
        let d = (LEAST_TOKENS.0.min(data.token_range.map_or(f64::INFINITY, |(least, _)| least.0)), MOST_TOKENS.0);
        let check = |what, seen: f64, (least, most): (f64, f64), write: fn(f64) -> String, example| {
            // What is no number at all has a sentence of its own.
            if seen > 0.0 && seen.is_finite() && !(least..=most).contains(&seen) {
                let [seen, least, most] = [seen, least, most].map(write);
                return Err(ScenarioError::Implausible { what, seen, least, most, example });
            }
            Ok(())
        };
        let count = |value: f64| write_count(value, 3);
        if let Budget::Compute(compute) = self.budget {
            let range = (6.0 * LEAST_SIZE * LEAST_SIZE, MOST_FLOPS.0);
            return check("the compute C", compute.0, range, |value| write_scientific(value, 3), "1e22");
        }
        check("the model size N", self.n.0, n, count, "7B")?;
        if self.budget == Budget::Stocks { Ok(()) } else { check("the tokens D", self.d.0, d, count, "150B") }
    }

    /// The fitted targets with a weight above 0, with their weights normalised to Σ w = 1.
    ///
    /// # Errors
    /// A field that makes no sense, by its name.
    pub fn weighted_targets<'a>(&self, study: &'a FittedStudy) -> Result<Vec<(FittedTarget<'a>, f64)>, ScenarioError> {
        for (what, seen, example) in [("the model size N", self.n.0, "7B"), ("the tokens D", self.d.0, "150B")] {
            if !(seen.is_finite() && seen > 0.0) {
                return Err(ScenarioError::Scale { what, seen, example });
            }
        }
        for (position, (name, weight)) in self.target_weights.iter().enumerate() {
            if !study.targets().any(|target| target.name == name) {
                let known = choices(study.targets().map(|target| target.name), name);
                return Err(ScenarioError::UnknownTarget { name: name.clone(), known });
            }
            if self.target_weights[..position].iter().any(|(earlier, _)| earlier == name) {
                return Err(ScenarioError::Repeated { name: name.clone() });
            }
            if !(weight.is_finite() && *weight >= 0.0) {
                return Err(ScenarioError::Weight { name: name.clone(), seen: *weight });
            }
        }
        let weight_of = |name: &str| match self.target_weights.iter().find(|(given, _)| given == name) {
            Some((_, weight)) => *weight,
            None if self.target_weights.is_empty() => 1.0,
            None => 0.0,
        };
        let weighted: Vec<_> = study
            .targets()
            .map(|target| (target, weight_of(target.name)))
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        // Divided by the largest first, so that no sum of large weights overflows.
        let largest = weighted.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(ScenarioError::NoWeight);
        }
        let sum: f64 = weighted.iter().map(|(_, weight)| weight / largest).sum();
        Ok(weighted.into_iter().map(|(target, weight)| (target, weight / largest / sum)).collect())
    }
}
