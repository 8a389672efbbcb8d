//! The mixture to train on: h* = argmin_h Σ_j w_j L_j(N, D, h) on the simplex.
//!
//! Shukor et al. 2025 (arXiv:2507.09404, §5 and C.1) go there by mirror descent. Here `interior` is an
//! interior-point method with second derivatives: it converges in a few dozen steps whatever the scale of the
//! gradients, takes any linear constraint, and ends with multipliers, that is with a certificate.

mod interior;
mod optimum;
mod scenario;

pub use optimum::{Certificate, Optimum, OptimumError, optimum};
pub use scenario::{Scenario, ScenarioError};
