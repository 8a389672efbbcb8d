//! Residuals, observed − predicted: what the law leaves unexplained, and against what.

use std::sync::Arc;

use super::{CELLS, Groups, Seen, Use, known_range, loss, padded, padded_log, range, signed, sources, texts, within};
use crate::chart::{Axis, Cell, Frame, Hue, Later, Mark, Numbers, Panel, Scale, Series, Sight, Spec};
use crate::fit::percentile;
use crate::order::{ascending, sort};

/// What residuals are drawn against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Model size N.
    N,
    /// Training tokens D.
    D,
    /// The weight of the domain at that position.
    Weight(usize),
    /// What they would be if they were normal: a straight line of points says that they are.
    Normal,
}

/// Residuals of a target; squares are below the law, rings held out, crosses left out. `None` where the study has no
/// such axis, or no loss to show.
pub fn residuals(target: &str, sight: &Arc<Sight>, against: Against) -> Option<Spec> {
    let known_only;
    let sight = if against == Against::Normal {
        // An order of residuals is one of those that the law knows of.
        let known = sight.all.iter().filter(|seen| seen.used != Use::LeftOut);
        known_only = Arc::new(Sight { all: known.cloned().collect(), domains: sight.domains.clone() });
        &known_only
    } else {
        sight
    };
    let seen = &sight.all;
    let at: Vec<f64> = match against {
        Against::N => seen.iter().map(|seen| seen.n.map(|n| n.0)).collect::<Option<_>>()?,
        Against::D => seen.iter().map(|seen| seen.d.map(|d| d.0)).collect::<Option<_>>()?,
        Against::Weight(i) => seen.iter().map(|seen| seen.mixture.get(i).copied()).collect::<Option<_>>()?,
        Against::Normal => normal_places(seen),
    };
    let (label, scale) = match against {
        Against::N => ("model size N".to_string(), Scale::Log),
        Against::D => ("training tokens D".into(), Scale::Log),
        Against::Weight(i) => (format!("weight of {}", sight.domains.get(i)?), Scale::Share),
        Against::Normal => ("standard deviations, if normal".into(), Scale::Linear),
    };
    let x_range = if scale == Scale::Log { padded_log(at.iter().copied()) } else { padded(at.iter().copied()) }?;
    // A weight is never less than 0.
    let x_range = if scale == Scale::Share { (x_range.0.max(0.0), x_range.1) } else { x_range };
    let (low, high) = known_range(seen, |seen| vec![seen.residual(), 0.0])?;
    let mut groups = Groups::default();
    for (row, seen) in seen.iter().enumerate() {
        let (label, look) = match seen.used {
            Use::Fitted if seen.residual() < 0.0 => ("less than predicted", (Mark::Squares, Hue::Deviation(-1.0))),
            Use::Fitted => ("more than predicted", (Mark::Dots, Hue::Deviation(1.0))),
            used => (used.word(), used.look(Hue::Data)),
        };
        groups.add(label, look, (at[row], within(seen.residual(), (low, high))), row);
    }
    let guide = match against {
        Against::Normal => normal_line(seen, x_range),
        _ => vec![(x_range.0, 0.0), (x_range.1, 0.0)],
    };
    let known: Vec<f64> = seen.iter().filter(|seen| seen.used != Use::LeftOut).map(|seen| seen.residual()).collect();
    let sizes = range(known.iter().map(|residual| residual.abs()))?;
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let description = format!(
        "Residuals of {} against {label}: {} observations, mean {} nats, the largest {} nats.",
        target,
        known.len(),
        signed(mean),
        loss(sizes.1),
    );
    let of_table = sight.clone();
    let table = move || {
        let row =
            |seen: &Seen| seen.cells().into_iter().chain([loss(seen.predicted), signed(seen.residual())]).collect();
        let header = texts(CELLS).into_iter().chain(texts(["Predicted", "Residual"])).collect();
        (header, of_table.all.iter().map(row).collect())
    };
    let (of_numbers, name) = (sight.clone(), label.clone());
    let numbers = move || {
        let rows = of_numbers.all.iter().map(Seen::numbers).collect();
        let mut numbers = Numbers { header: of_numbers.numbers_header(), rows };
        if against == Against::Normal {
            // The other axes are columns already.
            numbers.header.push(name);
            numbers.rows.iter_mut().zip(&at).for_each(|(row, at)| row.push(Cell::Number(*at)));
        }
        numbers
    };
    Some(Spec {
        title: format!("{target}: residuals against {label}"),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane {
                x: Axis { label, range: x_range, scale },
                y: Axis { label: "observed − predicted, nats".into(), range: (low, high), scale: Scale::Linear },
            },
            series: std::iter::once(Series::new("", Mark::Dashes, Hue::Guide, guide))
                .chain(groups.into_series())
                .collect(),
        }],
        readouts: sources(sight),
        description,
        table: Later::new(table),
        numbers: Later::new(numbers),
        ..Spec::default()
    })
}

/// Φ⁻¹((i − ½)/n) of each residual, where i is its rank.
fn normal_places(seen: &[Seen]) -> Vec<f64> {
    let order = ascending(&seen.iter().map(Seen::residual).collect::<Vec<_>>());
    let mut places = vec![0.0; seen.len()];
    for (rank, at) in order.into_iter().enumerate() {
        places[at] = normal_quantile((rank as f64 + 0.5) / seen.len() as f64);
    }
    places
}

/// The line through the quartiles, which outliers do not move.
fn normal_line(seen: &[Seen], (from, to): (f64, f64)) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = seen.iter().map(Seen::residual).collect();
    sort(&mut sorted);
    let (Some(low), Some(high)) = (percentile(&sorted, 0.25), percentile(&sorted, 0.75)) else { return Vec::new() };
    let slope = (high - low) / (2.0 * normal_quantile(0.75));
    let middle = 0.5 * (low + high);
    [from, to].map(|x| (x, middle + slope * x)).to_vec()
}

/// Φ⁻¹(p), 0 < p < 1, by Newton's method on Φ(x) = erfc(−x/√2)/2. From the logistic distribution's quantile, whose
/// tails are longer, to the last digits in some ten steps.
fn normal_quantile(p: f64) -> f64 {
    // Symmetric, and exact where Φ is small.
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let mut x = 0.55 * (p / (1.0 - p)).ln();
    for _ in 0..30 {
        let below = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        // On ln Φ, which is concave, so that the tails converge as well.
        let step = (below / p).ln() * below / density;
        x -= step;
        if step.abs() < 1e-12 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_distribution() {
        for (p, expected) in
            [(0.5, 0.0), (0.975, 1.959963984540054), (0.25, -0.674489750196082), (1e-6, -4.753424308822899)]
        {
            assert!((normal_quantile(p) - expected).abs() < 1e-9, "{p}: {}", normal_quantile(p));
        }
    }
}
