//! Mixlaw: data-mixture scaling laws.
pub mod chart;
pub mod dataset;
pub mod import;
pub mod units;
