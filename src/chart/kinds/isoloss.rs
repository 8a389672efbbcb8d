//! The loss over model size and tokens, where there is no mixture to choose.

use super::contours::{Corner, cut};
use super::{loss, padded_log, texts};
use crate::chart::{Axis, Cell, Frame, Hue, Mark, Numbers, Panel, Readout, Scale, Series, Source, Spec, ticks::ticks};
use crate::dataset::Dataset;
use crate::mixture::AtScale;
use crate::units::{write_count, write_number};

/// Steps along each axis.
const STEPS: usize = 32;
/// About so many levels.
const LEVELS: usize = 12;

/// What the map shows beside the loss.
pub struct Isoloss<'a> {
    /// The runs, where they are known.
    pub runs: Option<&'a Dataset>,
    /// The best scale of each of some budgets, ascending.
    pub frontier: &'a [AtScale],
    /// The scale of the answer.
    pub answer: &'a AtScale,
}

/// The predicted loss (nats) over N and D as areas between levels, with the runs, the line of the best scale by compute,
/// and the scales that cost as much as the answer (6ND constant). `None` where N and D of runs and answer span nothing.
pub fn isoloss(shown: &Isoloss, at: impl Fn(f64, f64) -> f64) -> Option<Spec> {
    let Isoloss { runs, frontier, answer } = *shown;
    let observations = runs.map_or(&[][..], |runs| runs.observations());
    let seen: Vec<(f64, f64)> = observations.iter().filter_map(|row| Some((row.n?.0, row.d?.0))).collect();
    let best = (answer.n.0, answer.d.0);
    let range = |of: fn(&(f64, f64)) -> f64| padded_log(seen.iter().chain([&best]).map(of));
    let (sizes, tokens) = (range(|at| at.0)?, range(|at| at.1)?);
    let along = |(low, high): (f64, f64), step: usize| low * libm::pow(high / low, step as f64 / STEPS as f64);
    let nodes = || (0..=STEPS).flat_map(|i| (0..=STEPS).map(move |j| (i, j)));
    let place = |(i, j): (usize, usize)| (along(sizes, i), along(tokens, j));
    let values: Vec<f64> = nodes().map(|node| at(place(node).0, place(node).1)).collect();
    let value = |(i, j): (usize, usize)| values[i * (STEPS + 1) + j];
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (least, most) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    let ends: Vec<(f64, String)> =
        ticks((least, most), false, LEVELS).into_iter().filter(|end| end.0 > least).collect();
    let mut series: Vec<Series> = (0..=ends.len()).map(|level| level_series(&ends, level)).collect();
    for (i, j) in (0..STEPS).flat_map(|i| (0..STEPS).map(move |j| (i, j))) {
        // In between, the loss is taken to be linear in ln N and ln D.
        let corner =
            |node| -> Corner { ((place(node).0.ln(), place(node).1.ln()), value(node).clamp(least, f64::MAX)) };
        let cell = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(corner);
        cut(&cell, ends.iter().map(|end| end.0).chain([f64::INFINITY]), |level, polygon| {
            series[level].points.extend(polygon.iter().map(|((n, d), _)| (n.exp(), d.exp())));
            series[level].points.push((f64::NAN, f64::NAN));
        });
    }
    let is_shown = |&(n, d): &(f64, f64)| (sizes.0..=sizes.1).contains(&n) && (tokens.0..=tokens.1).contains(&d);
    let compute = best.0 * best.1;
    let same = (0..=STEPS).map(|step| along(sizes, step)).map(|n| (n, compute / n)).filter(is_shown);
    series.push(Series::new("the same compute as the answer", Mark::Dashes, Hue::Ink, same.collect()));
    // The line ends at the edge of the map, not at the last budget inside.
    let between = |ends: &[AtScale]| -> Vec<(f64, f64)> {
        let [from, to] = [&ends[0], &ends[1]];
        let along = |from: f64, to: f64, step: usize| from * libm::pow(to / from, step as f64 / STEPS as f64);
        (0..=STEPS).map(|step| (along(from.n.0, to.n.0, step), along(from.d.0, to.d.0, step))).collect()
    };
    let optima = frontier.windows(2).flat_map(between).filter(is_shown);
    series.push(Series::new("best N and D by compute", Mark::Line, Hue::Beyond, optima.collect()));
    let mut readouts: Vec<Source> = Vec::new();
    let mut marks = |name: &str, mark, hue, points: Vec<((f64, f64), f64, Option<usize>)>| {
        let mut one = Series::new(name, mark, hue, Vec::new());
        for (place, loss_there, key) in points {
            one.points.push(place);
            one.readouts.push(readouts.len());
            let lines = vec![format!("predicted {}", loss(loss_there)), compute_text(place)];
            readouts.push(Source::Words(Readout { title: scale_text(place), lines, key }));
        }
        series.push(one);
    };
    marks("", Mark::Unseen, Hue::Ink, nodes().map(|node| (place(node), value(node), None)).collect());
    let rows = observations.iter().filter_map(|row| Some(((row.n?.0, row.d?.0), row.line)));
    marks("runs", Mark::Rings, Hue::Ink, rows.map(|(place, line)| (place, at(place.0, place.1), Some(line))).collect());
    marks("answer", Mark::Diamonds, Hue::Beyond, vec![(best, answer.weighted_loss.0, None)]);
    let row = |node: (usize, usize)| {
        let (n, d) = place(node);
        vec![write_count(n, 3), write_count(d, 3), loss(value(node))]
    };
    let number = |node: (usize, usize)| vec![place(node).0.into(), place(node).1.into(), Cell::Number(value(node))];
    let axis = |label: &str, range| Axis { label: label.into(), range, scale: Scale::Log };
    Some(Spec {
        title: "Loss over model size and tokens".into(),
        description: format!(
            "The predicted loss for N from {} to {} parameters and D from {} to {} tokens, from {} to {} nats. The answer is {}, with {}.",
            write_count(sizes.0, 3),
            write_count(sizes.1, 3),
            write_count(tokens.0, 3),
            write_count(tokens.1, 3),
            loss(least),
            loss(most),
            scale_text(best),
            loss(answer.weighted_loss.0),
        ),
        table: (
            texts(["N", "D", "Predicted loss, nats per token"]),
            nodes().filter(|(i, j)| i % 4 == 0 && j % 4 == 0).map(row).collect(),
        )
            .into(),
        left_out: "The table has every fourth place along each axis; the CSV has all.".into(),
        numbers: Numbers {
            header: texts(["N (parameters)", "D (tokens)", "predicted loss (nats)"]),
            rows: nodes().map(number).collect(),
        }
        .into(),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane { x: axis("model size N", sizes), y: axis("tokens D", tokens) },
            series,
        }],
        readouts,
        ..Spec::default()
    })
}

fn level_series(ends: &[(f64, String)], level: usize) -> Series {
    let text = |at: usize| ends[at].1.as_str();
    let label = match level {
        0 if ends.is_empty() => String::new(),
        0 => format!("below {}", text(0)),
        last if last == ends.len() => format!("above {}", text(last - 1)),
        level => format!("{} to {}", text(level - 1), text(level)),
    };
    // Light is low.
    let hue = Hue::Level(1.0 - level as f64 / ends.len().max(1) as f64);
    Series::new(label, Mark::Area, hue, Vec::new())
}

fn scale_text((n, d): (f64, f64)) -> String {
    format!("N = {}, D = {}", write_count(n, 3), write_count(d, 3))
}

fn compute_text((n, d): (f64, f64)) -> String {
    format!("{} FLOPs, {} tokens per parameter", write_number(6.0 * n * d, 2), write_number(d / n, 3))
}
