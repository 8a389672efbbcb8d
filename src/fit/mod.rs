//! Fit.
pub mod problem;
pub mod solver;
