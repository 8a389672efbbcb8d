//! Prediction: the loss of a model that has not been trained yet, and how far it may be off.
//!
//! [`study`] holds the fits of a study with what later steps need to know of its data; [`bootstrap`] refits them on
//! resampled mixtures.

pub mod bootstrap;
pub mod study;

pub use bootstrap::{Bootstrap, BootstrapConfig, BootstrapError, Replicate};
pub use study::{DataSummary, FittedStudy, FittedTarget, Impossible, PredictError, Prediction};
