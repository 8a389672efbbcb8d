//! Which runs to train next, and which to train first.
//!
//! **Next runs** ([`next()`]). The decision is the mixture h*(N, D) of the scenario. What it depends on is Q = Σ_j w_j L_j at
//! the scenario's scale: how the near-optimal mixtures differ, what the optimum gains over the mixture in use, and its
//! loss. A run reduces the variances of these by amounts that do not depend on its losses ([`crate::gp::Joint`]). Each
//! counts as a share of what it is before the batch, and the three shares count alike:
//!
//! ```text
//!     value(run) = Δ Σ_m p_m Var[Q(m) − Q(h*)] / …  +  Δ Var[Q(present) − Q(h*)] / …  +  Δ Var[Q(h*)] / …
//! ```
//!
//! with p_m the probability that m is the best mixture. The batch is built greedily: the run of most value per cost, then
//! the next given that one, and so on, so that no run shows again what another shows. The cost is what the budget counts:
//! FLOPs (6 N D, and what each run costs besides), else tokens. A budget of runs alone takes the cheapest run that is worth
//! nearly as much as the best one. V-optimal designs for Gaussian processes go back to Cohn 1996 ("Neural network
//! exploration using optimal experiment design") and Seo et al. 2000 ("Gaussian process regression: active data selection").
//!
//! **Stop or go.** With Q drawn from its joint posterior, the expected regret is E[Q(h*) − min_m Q(m)]; after the batch it
//! is E[min_m μ'_m] − E[min_m Q(m)], μ' the mean that the batch leads to, which is normal about today's with the covariance
//! that the batch removes (Frazier et al. 2009, "The knowledge-gradient policy for correlated normal beliefs").
//!
//! **Planner** ([`plan()`]). Before any run: mixtures that fill what the limits allow, sizes, tokens and seeds, their cost, and
//! the accuracy to expect, from simulation with laws like those of real studies.
//!
//! Everything follows from a seed, and nothing here knows the browser: the page calls the same functions.

mod budget;
mod candidates;
mod knowledge;
mod next;
mod plan;
mod regret;
mod simulate;
mod words;

pub use budget::{Advice, Batch, BeforeAfter, Budget, Origin, Run, Settles};
pub use next::{next, next_among};
pub use plan::{Plan, PlanError, PlannedRun, RunOf, Wanted, design_warnings, plan};
pub use simulate::{Accuracy, Spread, normal, plausible, plausible_of};

use crate::mixture::{OptimumError, ScenarioError};
use crate::units::{Params, Tokens, write_number};

/// Why there is no batch.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DesignError {
    /// The scenario makes no sense, or its limits conflict.
    #[error(transparent)]
    Optimum(#[from] OptimumError),
    /// Nothing is known of how far predictions may be off.
    #[error(
        "how far the fit may be off is not known, so neither is what more runs would settle; that needs at least 3 rows with a loss, and a fit that was validated"
    )]
    NoProcess,
    /// A loss that is not finite, where runs might be trained.
    #[error("the fits give no finite loss where runs might be trained; they are too far from the data for the formula")]
    NotFinite,
    /// Too few or too many runs.
    #[error("a batch has between 1 and {} runs, not {seen}", Budget::MOST_RUNS)]
    Runs {
        /// What was asked for.
        seen: usize,
    },
    /// A number that must be positive.
    #[error("{field} is {}; it must be a positive number", write_number(*.seen, 6))]
    Positive {
        /// The field.
        field: &'static str,
        /// What was given.
        seen: f64,
    },
    /// Not enough for a single run.
    #[error("the budget of {budget} is less than the cheapest run costs: {cheapest}")]
    BelowOneRun {
        /// What there is.
        budget: String,
        /// What that run costs, and which it is.
        cheapest: String,
    },
    /// Costs that cannot be counted.
    #[error("the runs have no {what}, so what a run costs is not known; give a number of runs, or {give}")]
    NoScale {
        /// "model size N" or "number of tokens D".
        what: &'static str,
        /// What would be enough instead.
        give: &'static str,
    },
    /// A size that nothing is known of.
    #[error(
        "all runs have N = {only}, so what a run at {seen} would settle is not known: plan runs of other sizes as a study of their own"
    )]
    OtherSize {
        /// The only size.
        only: Params,
        /// What was given.
        seen: Params,
    },
    /// A number of tokens that nothing is known of.
    #[error(
        "all runs have D = {only}, so what a run of {seen} tokens would settle is not known: plan runs of other lengths as a study of their own"
    )]
    OtherTokens {
        /// The only number of tokens.
        only: Tokens,
        /// What was given.
        seen: Tokens,
    },
}

impl From<ScenarioError> for DesignError {
    fn from(error: ScenarioError) -> Self {
        Self::Optimum(error.into())
    }
}
