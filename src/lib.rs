//! Mixlaw: from a table of training runs to the data mixture to train the next model on.
//!
//! # The problem
//!
//! A model with N parameters is trained on D tokens, drawn from k domains with weights h on the simplex,
//!
//! ```text
//!     h ∈ Δ = { h : h_i ≥ 0, Σ_i h_i = 1 },        i = 1 … k,
//! ```
//!
//! and its loss L_j is measured on m targets (nats per token), which may or may not be domains. A study gives
//! observations (N_r, D_r, h_r; L_r1 … L_rm). A law is a formula L(N, D, h; θ); for each target
//!
//! ```text
//!     θ̂_j = argmin_θ  mean_r Huber_δ( L(N_r, D_r, h_r; θ) − L_rj ),
//! ```
//!
//! and the mixture to train on, for a model of N parameters and D tokens whose targets weigh w_j (Σ w = 1), is
//!
//! ```text
//!     h*(N, D) = argmin_{h ∈ Δ}  Σ_j w_j L(N, D, h; θ̂_j).
//! ```
//!
//! Both are searched for their global minimum, and both say how they ended. The method is that of Shukor et
//! al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404.
//!
//! # The flow
//!
//! Each arrow is one public, pure function:
//!
//! ```text
//!     text ─import→ Dataset ─fit (with a Law)→ Fit, FitReport ─mixture→ Optimum ─→ chart, share, export
//! ```
//!
//! | module | what it does | its way in |
//! |---|---|---|
//! | [`units`] | N, D, C and L with their units; reads and writes "1.3B" | [`units::read_number`] |
//! | [`order`] | sorts by numbers | |
//! | `vectors` | sums and exponentials over arrays of numbers | |
//! | [`import`] | pasted text → table → roles of columns → observations, with every issue | [`import::import`] |
//! | [`dataset`] | a valid study, and its design of distinct mixtures and scales | [`dataset::Dataset::new`] |
//! | [`law`] | formulas with derivatives in θ and h, one file each | [`law::LAWS`] |
//! | [`gp`] | Gaussian processes over mixtures and scales | [`gp::GaussianProcess::fit`] |
//! | [`fit`] | objective, solver, search for the global minimum, report | [`fit::fit`] |
//! | [`predict`] | predictors of new models' losses: validation, choice, intervals; the bootstrap | [`predict::FittedStudy`] |
//! | [`mixture`] | scenario and limits, the optimum with its certificate, ranges, gains, paths | [`mixture::optimum`], [`mixture::near_optimal`] |
//! | [`design`] | which runs to train next, and what they are expected to settle | [`design::next()`] |
//! | [`chart`] | results → charts as plain data → any plotters backend | |
//! | [`share`] | links: a fitted study in a URL fragment, and back | [`share::encode`], [`share::decode`] |
//! | [`export`] | fit files, scenario files and answers as JSON | [`export::fit_file`], [`export::scenario_file`] |
//! | [`sample`] | synthetic studies to begin with | [`sample::SAMPLES`] |
//! | [`protocol`] | what page and worker say to each other | [`protocol::handle`] |
//! | [`wording`] | sentences of the page | |
//! | [`page`] | the page | |
//!
//! # Invariants
//!
//! - Imports run down this list only; a test keeps that. Nothing below the page names a browser's crate, so a
//!   plain `cargo test` tests everything that computes.
//! - Nothing here reads a clock, a locale or a source of entropy: the seed is an input, and time is measured
//!   by the caller. Exponentials and logarithms are `libm`'s and `wide`'s, sums have a fixed order: the same data,
//!   settings and seed give the same fit on every machine.
//! - Past [`dataset::Dataset::new`] code trusts its numbers. What was not found (no convergence, starts that
//!   disagree, parameters that the data do not determine) is part of the result, never an error.

pub mod chart;
pub mod dataset;
pub mod design;
pub mod export;
pub mod fit;
pub mod gp;
pub mod import;
pub mod law;
pub mod mixture;
pub mod order;
pub mod page;
pub mod predict;
pub mod protocol;
pub mod sample;
pub mod share;
pub mod units;
mod vectors;
pub mod wording;
