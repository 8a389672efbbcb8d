//! Charts: results → plain data ([`Spec`]) → any plotters backend ([`draw()`]).
//!
//! Ticks, layout and text sizes are our own: plotters' log axes may have no tick at all, and its legends measure
//! text through the page's document.

mod build;
mod draw;
pub mod ticks;

pub use build::{loss_against_tokens, observed_predicted};
pub use draw::{Surface, Theme, draw};

/// A chart as plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn, from back to front.
    pub series: Vec<Series>,
    /// The chart in words.
    pub description: String,
    /// The chart in numbers: a header, then rows.
    pub table: (Vec<String>, Vec<Vec<String>>),
}

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it counts, with the unit.
    pub label: String,
    /// Least and largest value shown.
    pub range: (f64, f64),
    /// Logarithmic, its ticks written as 3B; else linear, its ticks as plain numbers.
    pub log: bool,
}

/// Points or a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What stands beside it; nothing if empty.
    pub label: String,
    /// Its mark.
    pub mark: Mark,
    /// Its colour.
    pub hue: Hue,
    /// Where it goes through.
    pub points: Vec<(f64, f64)>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A small disc for each point.
    Dots,
    /// A ring for each point: held out.
    Rings,
    /// A line.
    Line,
    /// A broken line: beyond the data, or a guide.
    Dashes,
}

/// A colour by meaning; the theme says which it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hue {
    /// Lines that only guide the eye.
    Guide,
    /// Data that were fitted.
    Data,
    /// What was held out, or is extrapolated.
    Beyond,
    /// One of an ordered family, from 0 to 1.
    Ordered(f64),
}
