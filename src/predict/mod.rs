//! Prediction: the loss of a model that has not been trained yet, and how far it may be off.
//!
//! A predictor is a law, a law with a residual model, or a Gaussian process alone ([`Form`]). [`auto`] fits the
//! candidates that a study can carry, validates each on mixtures and scales that it has not seen, and chooses; [`interval`]
//! turns what validation showed into intervals that cover what they say. [`study`] holds the result with what later steps
//! need to know of the data; [`bootstrap`] refits it on resampled mixtures.

mod beyond;
pub mod bootstrap;
pub mod choice;
pub mod interval;
mod learning;
mod notices;
mod process;
pub mod study;
mod validate;

pub use beyond::beyond;
pub use bootstrap::{Bootstrap, BootstrapConfig, BootstrapError, Replicate};
pub use choice::{Candidate, OneByOne, Validation, Workers, auto};
pub use interval::{Calibration, Widths};
pub use learning::{LearningPoint, learning_curve, learning_sentence};
pub use notices::notices;
pub use process::Form;
pub use study::{DataSummary, FittedStudy, FittedTarget, Impossible, PredictError, Prediction};
pub use validate::{Metrics, ScaleRange};
