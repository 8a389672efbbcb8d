//! Mixtures side by side.

use super::{range, share_of, texts};
use crate::chart::{Axis, Cell, Frame, Hue, Mark, Numbers, Panel, Scale, Series, Spec, short_names};
use crate::fit::Interval;
use crate::units::{excerpt, write_percent};

/// What is drawn of mixtures.
pub struct Mixtures<'a> {
    /// Names of the domains.
    pub domains: &'a [String],
    /// h*.
    pub optimum: &'a [f64],
    /// The others, by name.
    pub others: Vec<(&'a str, &'a [f64])>,
    /// The near-optimal range of each domain, with what it is called.
    pub near: Option<(String, &'a [Interval])>,
    /// The 90 % interval of each h_i*.
    pub interval: Option<&'a [Interval]>,
}

/// Marks of the others; of more, the hues differ.
const MARKS: [Mark; 6] = [Mark::Crosses, Mark::Rings, Mark::Squares, Mark::Triangles, Mark::Pluses, Mark::Frames];
/// Half the height of a near-optimal range, where names are 1 apart.
const HALF: f64 = 0.3;
const NOWHERE: (f64, f64) = (f64::NAN, f64::NAN);

/// The weights of each domain in several mixtures, with the ranges of the optimum.
pub fn mixtures(mixtures: &Mixtures) -> Option<Spec> {
    let Mixtures { domains, optimum, others, near, interval } = mixtures;
    let along = |weights: &[f64]| weights.iter().enumerate().map(|(i, h)| (*h, i as f64)).collect::<Vec<_>>();
    let mut series = Vec::new();
    if let Some((name, ranges)) = near {
        let corners = ranges.iter().enumerate().flat_map(|(i, &Interval { low, high })| {
            let (top, bottom) = (i as f64 - HALF, i as f64 + HALF);
            [(low, top), (high, top), (high, bottom), (low, bottom), NOWHERE]
        });
        series.push(Series::new(name.clone(), Mark::Band, Hue::Data, corners.collect()));
    }
    if let Some(ranges) = interval {
        let ends = ranges.iter().enumerate().flat_map(|(i, range)| {
            let at = i as f64;
            [(range.low, at), (range.high, at), NOWHERE]
        });
        series.push(Series::new("90 % interval", Mark::Line, Hue::Data, ends.collect()));
    }
    for (at, (name, weights)) in others.iter().enumerate() {
        let hue = match at {
            0 => Hue::Ink,
            1 => Hue::Beyond,
            _ => Hue::Kind(at),
        };
        // A mixture is named by its shares; the table has the whole of it. Names that begin alike are numbered.
        let mut label = excerpt(name);
        let before = others[..at].iter().filter(|(other, _)| excerpt(other) == label).count();
        if before > 0 {
            label = excerpt(&format!("({}) {name}", before + 1));
        }
        series.push(Series::new(label, MARKS[at % MARKS.len()], hue, along(weights)));
    }
    series.push(Series::new("optimum", Mark::Diamonds, Hue::Data, along(optimum)));
    let (_, most) = range(series.iter().flat_map(|series| series.points.iter().map(|(h, _)| *h)))?;
    let percent = |h: f64| write_percent(h, 1);
    let ends = |range: &Interval| [percent(range.low), percent(range.high)];
    let names = others.iter().map(|(name, _)| (*name).to_string());
    let mut header = texts(["Domain", "Optimum"]);
    header.extend(names);
    header.extend(near.iter().flat_map(|(name, _)| [format!("{name}, from"), "to".to_string()]));
    header.extend(interval.iter().flat_map(|_| texts(["90 % interval, from", "to"])));
    let row = |(i, domain): (usize, &String)| {
        let mut row = vec![domain.clone(), percent(optimum[i])];
        row.extend(others.iter().map(|(_, weights)| percent(weights[i])));
        row.extend(near.iter().flat_map(|(_, ranges)| ends(&ranges[i])));
        row.extend(interval.iter().flat_map(|ranges| ends(&ranges[i])));
        row
    };
    let header_of_numbers = texts(["domain"]).into_iter().chain(header[1..].iter().map(|name| share_of(name)));
    let numbers = domains.iter().enumerate().map(|(i, domain)| {
        let ends = |ranges: &[Interval]| [ranges[i].low, ranges[i].high];
        let weights = std::iter::once(optimum[i]).chain(others.iter().map(|(_, weights)| weights[i]));
        let ranges = near.iter().flat_map(|(_, ranges)| ends(ranges)).chain(interval.iter().flat_map(|of| ends(of)));
        std::iter::once(domain.clone().into()).chain(weights.chain(ranges).map(Cell::Number)).collect()
    });
    let numbers = Numbers { header: header_of_numbers.collect(), rows: numbers.collect() };
    let weights = domains.iter().zip(*optimum).map(|(domain, h)| format!("{domain} {}", percent(*h)));
    Some(Spec {
        title: "Mixtures".into(),
        description: format!(
            "The optimum, {}, beside {}.",
            weights.collect::<Vec<_>>().join(", "),
            others.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        ),
        table: (header, domains.iter().enumerate().map(row).collect()).into(),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane {
                x: Axis { label: "weight".into(), range: (0.0, (1.04 * most).max(1e-3)), scale: Scale::Share },
                y: Axis::of_names(short_names(domains)),
            },
            series,
        }],
        numbers: numbers.into(),
        ..Spec::default()
    })
}
