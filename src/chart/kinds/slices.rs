//! The loss along each domain's weight, through the optimum.

use super::{loss, texts};
use crate::chart::{Axis, Cell, Frame, Hue, Mark, Numbers, Panel, Scale, Series, Spec, short_names};
use crate::fit::Interval;
use crate::mixture::{DEFAULT_EPSILON, Optimum};
use crate::order;
use crate::predict::FittedStudy;
use crate::units::write_percent;

/// Most panels; the domains with the largest weights are drawn, the largest first.
pub const MOST_PANELS: usize = 12;
/// Points of a slice.
const STEPS: usize = 48;
/// Rows of a slice's table.
const TABLE_STEPS: usize = 8;
/// The axis ends at this many times the loss that is within ε of the best, or slices would look like walls.
const MOST_ROOMS: f64 = 20.0;

/// What mixtures lose against the optimum as one domain's weight moves and the others keep their proportions, a panel
/// for each domain. Limits are not kept to. First come the mixtures, then, with their losses, the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Slices {
    slices: Vec<Slice>,
}

#[derive(Debug, Clone, PartialEq)]
struct Slice {
    domain_idx: usize,
    /// The domain's weights in the data.
    seen: (f64, f64),
    /// What it can have near the optimum, when all weights move.
    near: Interval,
    /// Where the axis ends.
    end: f64,
    /// The weights that are looked at.
    places: Vec<f64>,
}

impl Slices {
    /// Plans the slices; `near` are the near-optimal ranges. `None` of fewer than two domains.
    pub fn new(study: &FittedStudy, optimum: &Optimum, near: &[Interval]) -> Option<Self> {
        let k = study.domains.len();
        (k > 1 && optimum.mixture.len() == k && near.len() == k).then_some(())?;
        let mut chosen = order::descending(&optimum.mixture);
        chosen.truncate(MOST_PANELS);
        let slice = |domain_idx: usize| {
            let seen = study.summary.weight_ranges.get(domain_idx).copied().unwrap_or((0.0, 1.0));
            let (at, near) = (optimum.mixture[domain_idx], near[domain_idx]);
            let end = (1.15 * [seen.1, at, near.high].into_iter().fold(0.05, f64::max)).min(1.0);
            let mut places: Vec<f64> = (0..=STEPS).map(|step| end * step as f64 / STEPS as f64).collect();
            // The curve turns at the optimum and breaks where the data end.
            places.extend([at, seen.0, seen.1].into_iter().filter(|place| *place <= end));
            order::sort(&mut places);
            places.dedup();
            Slice { domain_idx, seen, near, end, places }
        };
        Some(Self { slices: chosen.into_iter().map(slice).collect() })
    }

    /// The mixtures whose losses the chart shows.
    pub fn mixtures(&self, optimum: &Optimum) -> Vec<Vec<f64>> {
        let of = |slice: &Slice| {
            slice.places.iter().map(|&t| moved(&optimum.mixture, slice.domain_idx, t)).collect::<Vec<_>>()
        };
        self.slices.iter().flat_map(of).collect()
    }

    /// The chart, with what those mixtures lose against the optimum.
    pub fn spec(&self, study: &FittedStudy, optimum: &Optimum, excess: &[f64]) -> Spec {
        let room = DEFAULT_EPSILON * optimum.weighted_loss.0;
        let mut left = excess.iter().copied();
        let curves: Vec<Curve> = self
            .slices
            .iter()
            .map(|slice| Curve { slice, points: slice.places.iter().copied().zip(left.by_ref()).collect() })
            .collect();
        let most = excess.iter().copied().filter(|excess| excess.is_finite()).fold(2.0 * room, f64::max);
        let most = most.min(MOST_ROOMS * room);
        // Outside the limits it may be lower than at the optimum.
        let least = excess.iter().copied().filter(|excess| excess.is_finite()).fold(0.0, f64::min).max(-most);
        let ends = (if least < -0.01 * room { 1.08 * least } else { 0.0 }, 1.08 * most);
        let name = |curve: &Curve| study.domains[curve.slice.domain_idx].clone();
        let short = short_names(&study.domains);
        let worth = |curve: &Curve| {
            let (from, to) = curve.within(room);
            format!("{} from {} to {}", name(curve), write_percent(from, 1), write_percent(to, 1))
        };
        let rows = curves.iter().flat_map(|curve| {
            let every = (curve.points.len() - 1).div_ceil(TABLE_STEPS).max(1);
            let shown = curve.points.iter().step_by(every);
            shown.map(move |(weight, excess)| vec![name(curve), write_percent(*weight, 1), loss(*excess)])
        });
        let numbers = curves.iter().flat_map(|curve| {
            let (low, high) = curve.slice.seen;
            curve.points.iter().map(move |&(weight, excess)| {
                let place = if (low..=high).contains(&weight) { "within the data" } else { "beyond the data" };
                vec![name(curve).into(), Cell::Number(weight), place.into(), Cell::Number(excess)]
            })
        });
        let header = ["domain", "weight (share)", "place", "loss over the optimum's (nats)"];
        Spec {
            title: "Loss through the optimum".into(),
            description: format!(
                "What mixtures lose against the optimum as one weight moves and the others keep their proportions. Within {} of the best loss are: {}.",
                write_percent(DEFAULT_EPSILON, 1),
                curves.iter().map(worth).collect::<Vec<_>>().join("; ")
            ),
            table: (texts(["Domain", "Weight", "Loss over the optimum's, nats"]), rows.collect()).into(),
            panels: curves
                .iter()
                .map(|curve| curve.panel(short[curve.slice.domain_idx].clone(), optimum, room, ends))
                .collect(),
            left_out: "The table has a few places of each slice; the CSV has all of them.".into(),
            numbers: Numbers { header: texts(header), rows: numbers.collect() }.into(),
            ..Spec::default()
        }
    }
}

/// A slice with what its mixtures lose.
struct Curve<'a> {
    slice: &'a Slice,
    points: Vec<(f64, f64)>,
}

impl Curve<'_> {
    /// The weights that lose no more than that.
    fn within(&self, room: f64) -> (f64, f64) {
        let weights = self.points.iter().filter(|(_, excess)| *excess <= room).map(|(weight, _)| *weight);
        weights.fold((f64::INFINITY, 0.0), |(from, to): (f64, f64), weight| (from.min(weight), to.max(weight)))
    }

    fn panel(&self, title: String, optimum: &Optimum, room: f64, (bottom, top): (f64, f64)) -> Panel {
        let Slice { domain_idx, seen, near, end, .. } = *self.slice;
        let shown = |range: (f64, f64)| -> Vec<(f64, f64)> {
            let part = self.points.iter().filter(|(weight, _)| (range.0..=range.1).contains(weight));
            part.map(|&(weight, excess)| (weight, if (bottom..=top).contains(&excess) { excess } else { f64::NAN }))
                .collect()
        };
        let mut beyond = shown((0.0, seen.0));
        beyond.push((f64::NAN, f64::NAN));
        beyond.extend(shown((seen.1, end)));
        let (low, high) = (near.low.max(0.0), near.high.min(end));
        let band = vec![(low, bottom), (high, bottom), (high, top), (low, top)];
        let series = vec![
            Series::new("near-optimal when all weights move", Mark::Band, Hue::Data, band),
            Series::new("", Mark::Dashes, Hue::Guide, vec![(0.0, room), (end, room)]),
            Series::new("weights in the data", Mark::Line, Hue::Data, shown(seen)),
            Series::new("beyond the data", Mark::Dashes, Hue::Beyond, beyond),
            Series::new("optimum", Mark::Diamonds, Hue::Data, vec![(optimum.mixture[domain_idx], 0.0)]),
        ];
        Panel {
            title,
            frame: Frame::Plane {
                x: Axis { label: String::new(), range: (0.0, end), scale: Scale::Share },
                y: Axis { label: "nats over the optimum".into(), range: (bottom, top), scale: Scale::Linear },
            },
            series,
        }
    }
}

/// The mixture where that domain has the weight t and the others keep their proportions.
fn moved(mixture: &[f64], i: usize, t: f64) -> Vec<f64> {
    let rest = 1.0 - mixture[i];
    let others = (mixture.len() - 1) as f64;
    let share = |j: usize| if rest > 1e-9 { mixture[j] / rest } else { 1.0 / others };
    (0..mixture.len()).map(|j| if i == j { t } else { (1.0 - t) * share(j) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_keep_their_proportions() {
        let moved = moved(&[0.2, 0.6, 0.2], 0, 0.6);
        for (h, expected) in moved.iter().zip([0.6, 0.3, 0.1]) {
            assert!((h - expected).abs() < 1e-12, "{moved:?}");
        }
        assert_eq!(super::moved(&[1.0, 0.0, 0.0], 0, 0.5), [0.5, 0.25, 0.25]);
    }
}
