//! Mixlaw: data-mixture scaling laws.
pub mod chart;
pub mod dataset;
pub mod export;
pub mod fit;
pub mod import;
pub mod law;
pub mod mixture;
pub mod protocol;
pub mod sample;
pub mod share;
pub mod ui;
pub mod units;
