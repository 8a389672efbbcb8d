//! Results → charts, one kind a file.

mod curves;
mod mixtures;
mod observed;
mod parameters;
mod residuals;
mod shares;
mod slices;
mod triangle;

pub use curves::{Along, Curves, Next, loss_curves, loss_interval};
pub use mixtures::{Mixtures, mixtures};
pub use observed::observed_predicted;
pub use parameters::parameters;
pub use residuals::{Against, residuals};
pub use shares::{OnAxis, Stacked, heat, stacked};
pub use slices::Slices;
pub use triangle::{Corners, Triangle};

use super::{Cell, Hue, Mark, Readout, Series};
use crate::dataset::Dataset;
use crate::fit::FittedTarget;
use crate::order::sort_by_number;
use crate::units::{Loss, Params, Tokens, write_count, write_percent};

/// What a fit makes of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is fitted to it.
    Fitted,
    /// It is judged by it.
    HeldOut,
    /// It does not know it: left out by hand.
    LeftOut,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Use::Fitted => "fitted",
            Use::HeldOut => "held out",
            Use::LeftOut => "left out",
        }
    }

    /// What it looks like; what is fitted has that hue.
    fn look(self, fitted: Hue) -> (Mark, Hue) {
        match self {
            Use::Fitted => (Mark::Dots, fitted),
            Use::HeldOut => (Mark::Rings, Hue::Beyond),
            Use::LeftOut => (Mark::Crosses, Hue::Ink),
        }
    }
}

/// An observation of one target that the law can give a loss for.
struct Seen<'a> {
    line: usize,
    n: Option<Params>,
    d: Option<Tokens>,
    mixture: &'a [f64],
    observed: f64,
    predicted: f64,
    used: Use,
}

impl Seen<'_> {
    fn residual(&self) -> f64 {
        self.observed - self.predicted
    }

    fn readout(&self, domains: &[String]) -> Readout {
        let scale = [self.n.map(|n| format!("N {n:.3}")), self.d.map(|d| format!("D {d:.3}"))];
        let scale: Vec<String> = scale.into_iter().flatten().collect();
        let mut lines: Vec<String> = (!scale.is_empty()).then(|| scale.join(", ")).into_iter().collect();
        lines.push(mixture_text(domains, self.mixture));
        lines.push(format!("observed {}, predicted {}", loss(self.observed), loss(self.predicted)));
        lines.push(format!("residual {}", signed(self.residual())));
        Readout { title: format!("Line {}, {}", self.line, self.used.word()), lines, key: Some(self.line) }
    }

    /// Its cells in a table, after those of the chart.
    fn cells(&self) -> [String; 5] {
        let count = |value: Option<f64>| value.map_or_else(String::new, |value| write_count(value, 4));
        [
            self.line.to_string(),
            self.used.word().into(),
            count(self.n.map(|n| n.0)),
            count(self.d.map(|d| d.0)),
            loss(self.observed),
        ]
    }

    /// Its numbers, in the order of [`numbers_header`].
    fn numbers(&self) -> Vec<Cell> {
        let known: [Cell; 7] = [
            (self.line as f64).into(),
            self.used.word().into(),
            self.n.map(|n| n.0).into(),
            self.d.map(|d| d.0).into(),
            self.observed.into(),
            self.predicted.into(),
            self.residual().into(),
        ];
        known.into_iter().chain(self.mixture.iter().map(|h| Cell::from(*h))).collect()
    }
}

/// Header of [`Seen::numbers`].
fn numbers_header(domains: &[String]) -> Vec<String> {
    const KNOWN: [&str; 7] = [
        "line",
        "use",
        "N (parameters)",
        "D (tokens)",
        "observed loss (nats per token)",
        "predicted loss (nats per token)",
        "residual (nats per token)",
    ];
    texts(KNOWN).into_iter().chain(domains.iter().map(|domain| share_of(domain))).collect()
}

/// Header of a column of a domain's weights.
fn share_of(domain: &str) -> String {
    format!("{domain} (share)")
}

/// Groups of observations, one for each look, each with the places of its points in a list of read-outs.
#[derive(Default)]
struct Groups(Vec<Series>);

impl Groups {
    fn add(&mut self, label: &str, (mark, hue): (Mark, Hue), point: (f64, f64), readout: usize) {
        let at = self.0.iter().position(|group| group.mark == mark && group.hue == hue).unwrap_or_else(|| {
            self.0.push(Series::new(label, mark, hue, Vec::new()));
            self.0.len() - 1
        });
        self.0[at].points.push(point);
        self.0[at].readouts.push(readout);
    }

    /// In an order that does not depend on the first observation, what is rare in front.
    fn into_series(mut self) -> Vec<Series> {
        sort_by_number(&mut self.0, |group| match group.mark {
            Mark::Crosses => 3.0,
            Mark::Rings => 2.0,
            Mark::Squares => 1.0,
            _ => 0.0,
        });
        self.0
    }
}

/// Header of [`Seen::cells`].
const CELLS: [&str; 5] = ["Line", "Use", "N", "D", "Observed"];

/// What was seen of a target, in the order of the table; `None` where it is no target of the study.
fn seen<'a>(dataset: &'a Dataset, target: FittedTarget, uses: &[Use]) -> Option<Vec<Seen<'a>>> {
    let target_idx = dataset.target_idx(target.name)?;
    let rows = dataset.observations().iter().zip(uses);
    let usable = rows.filter(|(row, _)| target.fit.law.uses(&target.fit.shape, target.target_pos, &row.mixture));
    let seen = usable.filter_map(|(row, &used)| {
        let Loss(observed) = row.losses[target_idx]?;
        let Loss(predicted) = target.loss(row.n, row.d, &row.mixture);
        Some(Seen { line: row.line, n: row.n, d: row.d, mixture: &row.mixture, observed, predicted, used })
    });
    Some(seen.collect())
}

/// "arxiv 10 %, book 90 %": the domains with a weight.
fn mixture_text(domains: &[String], mixture: &[f64]) -> String {
    let weights = domains.iter().zip(mixture).filter(|(_, weight)| **weight > 0.0);
    weights.map(|(domain, weight)| format!("{domain} {}", write_percent(*weight, 1))).collect::<Vec<_>>().join(", ")
}

/// The range of the axis that shows all that a fit knows. What was left out may be far off, and all else would be a
/// line at the edge.
fn known_range(seen: &[Seen], values: impl Fn(&Seen) -> Vec<f64>) -> Option<(f64, f64)> {
    let known = || seen.iter().filter(|seen| seen.used != Use::LeftOut).flat_map(&values);
    padded(known()).or_else(|| padded(seen.iter().flat_map(&values)))
}

/// The place on the axis that is nearest to the value.
fn within(value: f64, range: (f64, f64)) -> f64 {
    value.clamp(range.0, range.1)
}

/// The range of the values with some room around; `None` of none.
fn padded(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = range(values)?;
    let room = ((high - low) * 0.04).max(high.abs() * 1e-3);
    Some((low - room, high + room))
}

/// The same for values of a logarithmic axis.
fn padded_log(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = range(values.filter(|value| *value > 0.0))?;
    let room = (high / low).powf(0.04).max(1.05);
    Some((low / room, high * room))
}

/// Least and largest of the finite values.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    (low <= high).then_some((low, high))
}

fn loss(value: f64) -> String {
    format!("{value:.4}")
}

fn signed(value: f64) -> String {
    format!("{value:+.4}").replace('-', "−")
}

fn texts<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(String::from).to_vec()
}
