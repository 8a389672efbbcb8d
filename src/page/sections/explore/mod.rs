//! How the loss moves away from the optimum.

pub mod mixtures_chart;
pub mod path;
pub mod slices_chart;
pub mod ternary_chart;
