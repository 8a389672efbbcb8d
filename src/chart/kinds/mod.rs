//! Results → charts, one kind a file.

mod contours;
mod curves;
mod isoloss;
mod mixtures;
mod observed;
mod parameters;
mod residuals;
mod shares;
mod slices;
mod triangle;

pub use curves::{Along, Curves, Next, Shown, loss_curves, loss_interval};
pub use isoloss::{Isoloss, isoloss};
pub use mixtures::{Mixtures, mixtures};
pub use observed::observed_predicted;
pub use parameters::parameters;
pub use residuals::{Against, residuals};
pub use shares::{OnAxis, Stacked, heat, stacked};
pub use slices::{MOST_PANELS, Slices};
pub use triangle::{Corners, Triangle};

use std::sync::Arc;

use super::seen::{CELLS, Seen, Sight, Use, loss, mixture_text, share_of, signed, texts};
use super::{Hue, Mark, Series, Source};
use crate::order::sort_by_number;

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

/// What is said of each observation, in the order of what was seen.
fn sources(sight: &Arc<Sight>) -> Vec<Source> {
    (0..sight.all.len()).map(|at| Source::Seen(sight.clone(), at)).collect()
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
