//! Charts: results → plain data ([`Spec`]) → any plotters backend ([`draw()`]).
//!
//! A [`Layout`] says where everything lies; drawing and [`nearest`] share it, so that what is read at a place is what
//! is drawn there. Ticks, layout and text sizes are our own: plotters' log axes may have no tick at all, and its
//! legends measure text through the page's document.

mod draw;
mod export;
mod hit;
mod kinds;
mod later;
mod layout;
mod names;
mod seen;
mod style;
mod theme;
pub mod ticks;

pub use draw::{Surface, draw};
pub use export::{csv, file_stem, svg, titled};
pub use hit::{Spot, Step, beside, nearest, of_line, position, readout, step};
pub use kinds::{
    Against, Along, Corners, Curves, Isoloss, MOST_PANELS, Mixtures, Next, OnAxis, Shown, Slices, Stacked, Triangle,
    heat, isoloss, loss_curves, loss_interval, mixtures, observed_predicted, parameters, residuals, stacked,
};
pub use later::Later;
pub use layout::{Layout, height_for};
pub use names::short_names;
pub use seen::{Sight, Use};
pub use theme::Theme;

use std::borrow::Cow;
use std::sync::Arc;

use crate::units::{Params, Tokens, write_count, write_number, write_percent};

/// A chart as plain data. It cannot be compared: that would make all that is made later.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// What it is called.
    pub title: String,
    /// What is drawn above it; empty on the page, which has the title beside it, and the title in files.
    pub heading: String,
    /// Its panels, in the order of reading; one for most charts.
    pub panels: Vec<Panel>,
    /// What is said of points, where the axes alone do not say it all.
    pub readouts: Vec<Source>,
    /// The chart in words.
    pub description: String,
    /// The chart in a table to be read: a header, then rows.
    pub table: Later<(Vec<String>, Vec<Vec<String>>)>,
    /// What that table leaves out; empty if nothing.
    pub left_out: String,
    /// All that is drawn, as programs read it.
    pub numbers: Later<Numbers>,
}

/// A table for programs: a header that has the units, then rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Numbers {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Its rows, as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table for programs.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A name.
    Text(Cow<'static, str>),
    /// A number with all its digits.
    Number(f64),
    /// Nothing is known.
    Missing,
}

impl From<&'static str> for Cell {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }
}

/// A part of a chart with axes of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What stands above it; nothing if empty.
    pub title: String,
    /// What its points mean.
    pub frame: Frame,
    /// What is drawn, from back to front.
    pub series: Vec<Series>,
}

/// What the two numbers of a point are.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Values on two axes.
    Plane {
        /// Horizontal axis.
        x: Axis,
        /// Vertical axis.
        y: Axis,
    },
    /// Shares of the first two corners (top, left); the third (right) has the rest.
    Triangle {
        /// Names of the corners.
        corners: [String; 3],
    },
}

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it counts, with the unit.
    pub label: String,
    /// Least and largest value shown.
    pub range: (f64, f64),
    /// How values are placed and written.
    pub scale: Scale,
}

/// How an axis places and writes values.
#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    /// Plain numbers.
    Linear,
    /// Logarithmic, written as 3B.
    Log,
    /// Shares, written in percent.
    Share,
    /// Names, from the top or the left; the value is the position.
    Names(Vec<String>),
}

impl Axis {
    /// An axis with names on it.
    pub fn of_names(names: Vec<String>) -> Self {
        Self { label: String::new(), range: (-0.5, names.len() as f64 - 0.5), scale: Scale::Names(names) }
    }

    /// The value as a read-out has it.
    fn write(&self, value: f64) -> String {
        match &self.scale {
            Scale::Linear => write_number(value, 4).replace('-', "−"),
            Scale::Log => write_count(value, 3),
            Scale::Share => write_percent(value, 1),
            Scale::Names(names) => names.get(value.round() as usize).cloned().unwrap_or_default(),
        }
    }
}

/// Points, lines or areas of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is called in the legend or at its end; nothing if empty.
    pub label: String,
    /// Its mark.
    pub mark: Mark,
    /// Its colour.
    pub hue: Hue,
    /// Where it goes through. A point that is not finite ends a line or an area, and another begins.
    pub points: Vec<(f64, f64)>,
    /// For each point its place in [`Spec::readouts`]; empty where the axes say it all.
    pub readouts: Vec<usize>,
    /// For each point its word, where the mark is [`Mark::Words`].
    pub words: Vec<String>,
}

impl Series {
    /// A series that the axes say all of.
    pub fn new(label: impl Into<String>, mark: Mark, hue: Hue, points: Vec<(f64, f64)>) -> Self {
        Self { label: label.into(), mark, hue, points, readouts: Vec::new(), words: Vec::new() }
    }
}

/// How a series is drawn. Marks tell apart what colours alone do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A small disc for each point.
    Dots,
    /// A ring for each point: held out.
    Rings,
    /// A diamond for each point: an optimum.
    Diamonds,
    /// A square for each point.
    Squares,
    /// A cross for each point: left out by hand.
    Crosses,
    /// A triangle for each point.
    Triangles,
    /// An upright cross for each point.
    Pluses,
    /// An empty square for each point.
    Frames,
    /// A line.
    Line,
    /// A broken line: beyond the data, or a guide.
    Dashes,
    /// A polygon.
    Area,
    /// A translucent polygon.
    Band,
    /// A word for each point.
    Words,
    /// Nothing to see, but to read.
    Unseen,
}

impl Mark {
    fn is_line(self) -> bool {
        matches!(self, Mark::Line | Mark::Dashes)
    }

    fn is_area(self) -> bool {
        matches!(self, Mark::Area | Mark::Band)
    }
}

/// A colour by meaning; the theme says which it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hue {
    /// Lines that only guide the eye.
    Guide,
    /// As dark as the text.
    Ink,
    /// As the ground: what separates areas.
    Ground,
    /// Data that were fitted.
    Data,
    /// What was held out, or is extrapolated.
    Beyond,
    /// One of an ordered family, from 0 to 1.
    Ordered(f64),
    /// One of several kinds, such as domains.
    Kind(usize),
    /// A level of something continuous, from 0 to 1.
    Level(f64),
    /// What is written on a level.
    OnLevel(f64),
    /// A deviation, from −1 to 1.
    Deviation(f64),
}

/// What a read-out is made of, once its point is read.
#[derive(Debug, Clone)]
pub enum Source {
    /// Its words.
    Words(Readout),
    /// An observation, by its position in what was seen.
    Seen(Arc<Sight>, usize),
    /// A place on a curve.
    Curve {
        /// Whose loss, at which mixture.
        of: Arc<str>,
        /// Model size there.
        n: Option<Params>,
        /// Tokens there.
        d: Option<Tokens>,
        /// The predicted loss.
        loss: f64,
        /// What more there is to say.
        what: &'static str,
    },
}

impl Source {
    /// What is said of a point in a panel of that title.
    fn readout(&self, panel: &str) -> Option<Readout> {
        match self {
            Source::Words(readout) => Some(readout.clone()),
            Source::Seen(sight, at) => {
                let readout = sight.readout(*at)?;
                let title = if panel.is_empty() { readout.title } else { format!("{panel}: {}", readout.title) };
                Some(Readout { title, ..readout })
            }
            Source::Curve { of, n, d, loss, what } => Some(Readout {
                title: seen::scale_text(*n, *d),
                lines: vec![format!("{of}: predicted {}", seen::loss(*loss)), what.to_string()],
                key: None,
            }),
        }
    }

    /// The line of the table that it is an observation of.
    fn key(&self) -> Option<usize> {
        match self {
            Source::Words(readout) => readout.key,
            Source::Seen(sight, at) => Some(sight.all.get(*at)?.line),
            Source::Curve { .. } => None,
        }
    }
}

/// What is said of a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Readout {
    /// What it is.
    pub title: String,
    /// Its numbers, a line each.
    pub lines: Vec<String>,
    /// The line of the table that it is an observation of.
    pub key: Option<usize>,
}
