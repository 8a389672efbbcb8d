//! Results → charts.

use super::{Axis, Hue, Mark, Series, Spec};
use crate::dataset::Dataset;
use crate::fit::{DataSummary, FittedTarget};
use crate::units::{Loss, Params, Tokens, write_count, write_number};

/// Observed against predicted loss of one target, where the law can give it; rings are held out. `None` without a loss
/// to show.
pub fn observed_predicted(dataset: &Dataset, target: FittedTarget, held_out: &[bool]) -> Option<Spec> {
    let target_idx = dataset.target_idx(target.name)?;
    let mut points = [Vec::new(), Vec::new()];
    let mut rows = Vec::new();
    for (observation, &held_out) in dataset.observations().iter().zip(held_out) {
        let is_usable = target.fit.law.uses(&target.fit.shape, target.target_pos, &observation.mixture);
        if let Some(Loss(observed)) = observation.losses[target_idx].filter(|_| is_usable) {
            let predicted = target.loss(observation.n, observation.d, &observation.mixture).0;
            points[usize::from(held_out)].push((predicted, observed));
            let use_of = if held_out { "held out" } else { "fitted" };
            let cells = [observation.line.to_string(), use_of.into(), loss(observed), loss(predicted)];
            rows.push(cells.to_vec());
        }
    }
    let range = padded(points.iter().flatten().flat_map(|(predicted, observed)| [*predicted, *observed]))?;
    let [fitted, held_out] = points;
    let description = format!(
        "Observed against predicted loss of {}: {} fitted and {} held-out observations between {} and {}; points on the broken line are predicted exactly.",
        target.name,
        fitted.len(),
        held_out.len(),
        write_number(range.0, 3),
        write_number(range.1, 3)
    );
    let axis = |label: &str| Axis { label: label.into(), range, log: false };
    let guide = vec![(range.0, range.0), (range.1, range.1)];
    Some(Spec {
        x: axis("predicted loss, nats per token"),
        y: axis("observed loss"),
        series: vec![
            Series { label: String::new(), mark: Mark::Dashes, hue: Hue::Guide, points: guide },
            Series { label: "fitted".into(), mark: Mark::Dots, hue: Hue::Data, points: fitted },
            Series { label: "held out".into(), mark: Mark::Rings, hue: Hue::Beyond, points: held_out },
        ],
        description,
        table: (["Line", "Use", "Observed", "Predicted"].map(String::from).to_vec(), rows),
    })
}

/// Points of a curve; enough that it looks smooth.
const STEPS: usize = 60;
/// Rows of a curve's table.
const TABLE_STEPS: usize = 6;
/// Most sizes that are drawn; of more, evenly chosen ones.
const MOST_SIZES: usize = 8;

/// Predicted loss of one target against tokens, for the sizes of the data and one more, all at one mixture. Broken
/// lines are beyond the data. `None` where the study has no token counts.
pub fn loss_against_tokens(
    target: FittedTarget,
    data: &DataSummary,
    mixture: &[f64],
    mixture_name: &str,
    extra: Option<Params>,
    until: Tokens,
) -> Option<Spec> {
    let (Tokens(least), Tokens(most)) = data.token_range.filter(|(least, most)| least < most)?;
    let end = most.max(until.0);
    let at = |n: Option<Params>, d: f64| (d, target.loss(n, Some(Tokens(d)), mixture).0);
    let curve = |n: Option<Params>, from: f64, to: f64| -> Vec<(f64, f64)> {
        (0..=STEPS).map(|step| at(n, from * (to / from).powf(step as f64 / STEPS as f64))).collect()
    };
    let sizes = chosen_sizes(&data.sizes);
    let mut series = Vec::new();
    for (size_idx, &n) in sizes.iter().enumerate() {
        let hue = Hue::Ordered(size_idx as f64 / (sizes.len() - 1).max(1) as f64);
        let label = n.map_or_else(String::new, |n| write_count(n.0, 3));
        let is_beyond = end > most;
        let inside_label = if is_beyond { String::new() } else { label.clone() };
        series.push(Series { label: inside_label, mark: Mark::Line, hue, points: curve(n, least, most) });
        if is_beyond {
            series.push(Series { label, mark: Mark::Dashes, hue, points: curve(n, most, end) });
        }
    }
    let extra = extra.filter(|extra| !data.sizes.is_empty() && !data.sizes.contains(extra));
    if let Some(n) = extra {
        let label = write_count(n.0, 3);
        series.push(Series { label, mark: Mark::Dashes, hue: Hue::Beyond, points: curve(Some(n), least, end) });
    }
    let (low, high) = padded(series.iter().flat_map(|series| series.points.iter().map(|(_, loss)| *loss)))?;
    let all: Vec<Option<Params>> = sizes.iter().copied().chain(extra.map(Some)).collect();
    let header = all.iter().map(|n| n.map_or_else(|| "Loss".to_string(), |n| write_count(n.0, 3)));
    let rows = (0..TABLE_STEPS).map(|step| {
        let d = least * (end / least).powf(step as f64 / (TABLE_STEPS - 1) as f64);
        std::iter::once(write_count(d, 3)).chain(all.iter().map(|&n| loss(at(n, d).1))).collect()
    });
    let largest = all.last().copied().flatten();
    let description = format!(
        "Predicted loss of {} against training tokens at {mixture_name}{}: it falls from {} at {} tokens to {} at {} tokens. Broken lines are beyond the data.",
        target.name,
        largest.map_or_else(String::new, |n| format!(
            " for {} curves up to {} parameters",
            all.len(),
            write_count(n.0, 3)
        )),
        loss(at(largest, least).1),
        write_count(least, 3),
        loss(at(largest, end).1),
        write_count(end, 3),
    );
    Some(Spec {
        x: Axis { label: "training tokens D".into(), range: (least, end), log: true },
        y: Axis { label: "loss, nats per token".into(), range: (low, high), log: false },
        series,
        description,
        table: (std::iter::once("Tokens".to_string()).chain(header).collect(), rows.collect()),
    })
}

/// The sizes to draw: all, or evenly chosen ones with both ends; one nameless curve where there are none.
fn chosen_sizes(sizes: &[Params]) -> Vec<Option<Params>> {
    match sizes.len() {
        0 => vec![None],
        n if n <= MOST_SIZES => sizes.iter().copied().map(Some).collect(),
        n => (0..MOST_SIZES).map(|i| Some(sizes[i * (n - 1) / (MOST_SIZES - 1)])).collect(),
    }
}

/// The range of the values with some room around; `None` of none.
fn padded(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let room = ((high - low) * 0.04).max(high.abs() * 1e-3);
    (low <= high).then_some((low - room, high + room))
}

fn loss(value: f64) -> String {
    format!("{value:.4}")
}
