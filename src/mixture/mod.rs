//! The mixture to train on: h* = argmin_h Σ_j w_j L_j(N, D, h) on the simplex.
//!
//! Shukor et al. 2025 (arXiv:2507.09404, §5 and C.1) go there by mirror descent. Here `solver` finds the
//! minimum, with a certificate; `limits` turns what a lab can do into constraints.

mod allowed;
mod beyond;
mod certainty;
mod limits;
mod near;
mod optimum;
mod path;
mod posed;
mod scale;
mod scenario;
mod solver;
mod support;
mod verdict;
mod warnings;

pub use allowed::Allowed;
pub use beyond::{Beyond, beyond};
pub use certainty::{
    Certainty, Compared, Comparison, Outcome, Regret, SAME_SHARE, compare, excess, outcome, outside_data,
};
pub use limits::{GroupLimit, Limit, Limits, WeightLimit, by_domain};
pub use near::{DEFAULT_EPSILON, NearOptimal, near_optimal};
pub use optimum::{Certificate, Optimum, OptimumError, Price, optimum, practical, weighted};
pub use path::{
    FixedPoint, Growth, LAMBDAS, OnPath, Reflection, along_prior, along_scale, at_places, distance, each_target, moves,
    reflection,
};
pub(crate) use posed::divergence_from;
pub use scale::{AtScale, ScaleIntervals, best_scale, frontier, is_of_scale_alone, loss_at, scale_intervals};
pub use scenario::{Aim, Budget, Prior, Scenario, ScenarioError};
pub use support::{QUANTILE, Support, support};
pub(crate) use verdict::rivals;
pub use verdict::{Alternative, Finding, Grade, Verdict, verdict};
pub use warnings::{extrapolation, scale_warnings, warnings};
