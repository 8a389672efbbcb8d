//! What may be spent on the next runs, and the batch that it buys.

use serde::{Deserialize, Serialize};

use super::DesignError;
use crate::units::{Flops, Params, Tokens};

/// What may be spent. What is not given does not limit; with nothing given it is [`Budget::DEFAULT_RUNS`] runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Most runs.
    pub runs: Option<usize>,
    /// Most tokens, over all runs.
    pub tokens: Option<Tokens>,
    /// Most compute, over all runs: 6 N D each, and `flops_per_run`.
    pub flops: Option<Flops>,
    /// What each run costs besides: starting, evaluation.
    pub flops_per_run: Option<Flops>,
    /// Model sizes that may be trained; empty: those of the study.
    pub sizes: Vec<Params>,
    /// Numbers of tokens that a run may have; empty: of each size the most that the study has.
    pub token_counts: Vec<Tokens>,
    /// All random numbers follow from it.
    pub seed: u64,
}

impl Budget {
    /// Runs of a batch where nothing else is said.
    pub const DEFAULT_RUNS: usize = 8;
    /// More runs than this are no batch, but a study.
    pub const MOST_RUNS: usize = 64;

    pub(super) fn check(&self) -> Result<(), DesignError> {
        if let Some(seen) = self.runs.filter(|runs| !(1..=Self::MOST_RUNS).contains(runs)) {
            return Err(DesignError::Runs { seen });
        }
        let counts = [
            ("the budget of tokens", self.tokens.map(|d| d.0)),
            ("the budget of FLOPs", self.flops.map(|flops| flops.0)),
        ];
        let sizes = self.sizes.iter().map(|n| ("a model size", Some(n.0)));
        let token_counts = self.token_counts.iter().map(|d| ("a run's number of tokens", Some(d.0)));
        for (field, value) in counts.into_iter().chain(sizes).chain(token_counts) {
            if let Some(seen) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                return Err(DesignError::Positive { field, seen });
            }
        }
        match self.flops_per_run {
            Some(Flops(seen)) if !(seen.is_finite() && seen >= 0.0) => {
                Err(DesignError::Positive { field: "the cost of a run besides its training", seen })
            }
            _ => Ok(()),
        }
    }

    /// Most runs of the batch.
    pub(super) fn most_runs(&self) -> usize {
        let of_rest = if self.tokens.is_some() || self.flops.is_some() { Self::MOST_RUNS } else { Self::DEFAULT_RUNS };
        self.runs.unwrap_or(of_rest)
    }

    /// What a run costs in FLOPs, where that is known.
    pub(super) fn flops_of(&self, n: Option<Params>, d: Option<Tokens>) -> Option<Flops> {
        let besides = self.flops_per_run.map_or(0.0, |flops| flops.0);
        n.zip(d).map(|(n, d)| Flops(Flops::of(n, d).0 + besides))
    }
}

/// Where the mixture of a run comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The optimum itself.
    Optimum,
    /// What another candidate recommends.
    Rival(String),
    /// Beyond what the runs support, where the optimum leans on the edge of that.
    Edge {
        /// The domain that has more.
        more: String,
        /// The domain that has less.
        less: String,
    },
    /// The mixture of a run of the study.
    Repeat,
    /// Near the optimum.
    Near,
    /// As much of one domain as the limits allow.
    Vertex(String),
    /// Fills the space.
    Spread,
    /// Given by the user.
    Given,
}

/// By how much a run is expected to reduce what is uncertain: shares of the variances before the batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settles {
    /// Of the differences among near-optimal mixtures.
    pub choice: f64,
    /// Of the gain over the present mixture, or over the uniform one.
    pub gain: f64,
    /// Of the loss at the optimum.
    pub loss: f64,
}

/// A run to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Weights, in the order of the batch's domains.
    pub mixture: Vec<f64>,
    /// Model size; absent where the study gives none.
    pub n: Option<Params>,
    /// Tokens; absent where the study gives none.
    pub d: Option<Tokens>,
    /// What it costs, where N and D are known.
    pub flops: Option<Flops>,
    /// Where its mixture comes from.
    pub origin: Origin,
    /// What it settles, given the runs before it in the batch.
    pub settles: Settles,
    /// Why it is worth its cost, in a sentence.
    pub reason: String,
}

/// A number before the batch, and as it is expected to be after it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BeforeAfter {
    /// Now.
    pub now: f64,
    /// After the batch.
    pub after: f64,
}

/// Whether another batch pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// There is little to lose by deciding now.
    Stop,
    /// There is something to lose, but this batch would hardly change that.
    Other,
    /// The batch is expected to save loss.
    Go,
}

/// Runs to train next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// The runs, in the order in which they are worth most.
    pub runs: Vec<Run>,
    /// What they cost together, where N and D are known.
    pub flops: Option<Flops>,
    /// Their tokens together, where D is known.
    pub tokens: Option<Tokens>,
    /// Expected regret, nats: what the mixture that is chosen loses against the best one.
    pub regret: BeforeAfter,
    /// Standard deviation of the gain over the reference, nats.
    pub gain: BeforeAfter,
    /// Standard deviation of the loss at the optimum, nats.
    pub loss: BeforeAfter,
    /// What the gain is over: "the present mixture" or "the uniform mixture".
    pub reference: String,
    /// Whether the batch pays.
    pub advice: Advice,
    /// The same in a sentence.
    pub sentence: String,
    /// What one should know besides.
    pub notices: Vec<String>,
}
