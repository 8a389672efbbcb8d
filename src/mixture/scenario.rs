//! What the next model is to be: its size, its tokens, and which targets matter how much.

use serde::{Deserialize, Serialize};

use crate::fit::{DataSummary, FittedStudy, FittedTarget};
use crate::units::{Params, Tokens};

/// What to optimise the mixture for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Model size N.
    pub n: Params,
    /// Training tokens D.
    pub d: Tokens,
    /// Weight of each target by name, ≥ 0; a target that is not named weighs nothing. Empty: all alike.
    pub target_weights: Vec<(String, f64)>,
}

/// Why a scenario makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// N or D is not a positive number.
    #[error("{what} is {seen}; it must be a positive number, such as {example}")]
    Scale {
        /// "the model size N" or "the tokens D".
        what: &'static str,
        /// What was given.
        seen: f64,
        /// What would be right.
        example: &'static str,
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
    #[error("the weight of \"{name}\" is {seen}; it must be 0 or more")]
    Weight {
        /// The target.
        name: String,
        /// What was given.
        seen: f64,
    },
    /// All weights are zero.
    #[error("every target weighs 0; at least one must weigh more")]
    NoWeight,
}

impl Scenario {
    /// The scale at the edge of the data, all targets alike: the largest model size and number of tokens seen
    /// (1B and 20B where the study gives none).
    pub fn at_the_edge_of(summary: &DataSummary) -> Self {
        Self {
            n: summary.sizes.last().copied().unwrap_or(Params(1e9)),
            d: summary.token_range.map_or(Tokens(20e9), |(_, largest)| largest),
            target_weights: Vec::new(),
        }
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
                let known = study.targets().map(|target| target.name).collect::<Vec<_>>().join(", ");
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
