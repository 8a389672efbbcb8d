//! Pieces that several sections use.

pub mod canvas;
pub mod chart;
pub mod chart_table;
pub mod drop_down;
pub mod explained;
pub mod field;
pub mod menu;
pub mod readout;
pub mod search;
pub mod slider;
