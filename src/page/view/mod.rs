//! Results as rows of formatted cells; without a browser.

pub mod answer;
pub mod compare;
pub mod moved;
pub mod observations;
pub mod tables;
