//! Optima at many places: as stacked areas along an axis, or as a heat map.

use super::{loss, range, share_of, texts};
use crate::chart::{Axis, Cell, Frame, Hue, Mark, Numbers, Panel, Readout, Scale, Series, Source, Spec, short_names};
use crate::fit::Interval;
use crate::mixture::Optimum;
use crate::predict::bootstrap::LEAST_REPLICATES;
use crate::units::{write_count, write_percent};

/// An optimum at a place; `None` where there is none.
pub struct OnAxis<'a> {
    /// Where on the axis; places that are not positive and finite are left out.
    pub at: f64,
    /// Where, in words.
    pub name: String,
    /// The optimum there.
    pub optimum: Option<&'a Optimum>,
    /// The replicates' own optima there; none, or too few for an interval, where it is not known how sure it is.
    pub replicates: Vec<&'a [f64]>,
}

impl OnAxis<'_> {
    /// The 90 % interval of what a replicate's optimum says.
    fn interval(&self, of: impl Fn(&[f64]) -> f64) -> Option<Interval> {
        let known = self.replicates.len() >= LEAST_REPLICATES;
        known.then(|| Interval::of(self.replicates.iter().map(|mixture| of(mixture)))).flatten()
    }
}

/// What stands on an axis of optima.
pub struct Stacked<'a> {
    /// What the chart is called.
    pub title: &'a str,
    /// What the axis counts.
    pub axis: &'a str,
    /// The same for programs, with its unit.
    pub column: &'a str,
    /// Names of the domains.
    pub domains: &'a [String],
    /// The optima.
    pub places: Vec<OnAxis<'a>>,
}

/// A stretch of an axis without gaps.
type Stretch<'a> = Vec<(&'a OnAxis<'a>, &'a Optimum)>;

/// h* as areas on each other along a logarithmic axis, with a rule between two of them and a band around it that holds
/// 90 % of the replicates. `None` of fewer than two places.
pub fn stacked(Stacked { title, axis, column, domains, places }: &Stacked) -> Option<Spec> {
    let places: Vec<&OnAxis> = places.iter().filter(|place| place.at > 0.0 && place.at.is_finite()).collect();
    let ends = range(places.iter().filter(|place| place.optimum.is_some()).map(|place| place.at))?;
    (ends.0 < ends.1).then_some(())?;
    let stretches: Vec<Stretch> = places
        .split(|place| place.optimum.is_none())
        .map(|part| part.iter().filter_map(|place| Some((*place, place.optimum?))).collect())
        .collect();
    let mut readouts = Vec::new();
    let mut series: Vec<Series> = Vec::new();
    for (i, (domain, name)) in domains.iter().zip(short_names(domains)).enumerate() {
        let mut area = Series::new(name, Mark::Area, Hue::Kind(i), Vec::new());
        for stretch in &stretches {
            let height = |optimum: &Optimum, n: usize| optimum.mixture[..n].iter().sum::<f64>();
            let upper = stretch.iter().map(|(place, optimum)| (place, optimum, height(optimum, i + 1)));
            let lower = stretch.iter().rev().map(|(place, optimum)| (place, optimum, height(optimum, i)));
            for (place, optimum, height) in upper.chain(lower) {
                area.points.push((place.at, height));
                area.readouts.push(readouts.len());
                let interval = place.interval(|mixture| mixture[i]).map(|Interval { low, high }| {
                    format!("90 % interval {} to {}", write_percent(low, 1), write_percent(high, 1))
                });
                let known = [place.name.clone(), format!("weighted loss {}", loss(optimum.weighted_loss.0))];
                readouts.push(Source::Words(Readout {
                    title: format!("{domain} {}", write_percent(optimum.mixture[i], 1)),
                    lines: interval.into_iter().chain(known).collect(),
                    key: None,
                }));
            }
            area.points.push(NOWHERE);
            area.readouts.push(0);
        }
        series.push(area);
    }
    series.extend(boundaries(domains.len(), &stretches));
    let with = |place: &&&OnAxis| place.optimum.is_some();
    let words = |place: Option<&&OnAxis>| {
        let place = place.and_then(|place| Some((place, place.optimum?)));
        place.map_or_else(String::new, |(place, optimum)| format!("{}: {}", place.name, shares(domains, optimum)))
    };
    let is_sure = places.iter().any(|place| place.replicates.len() >= LEAST_REPLICATES);
    let (table, numbers) = stacked_numbers((axis, column), domains, &places, is_sure);
    Some(Spec {
        title: title.to_string(),
        description: format!(
            "The optimum along {axis}, its weights on each other{}. {}; {}.",
            if is_sure { ", with bands that hold 90 % of the replicates around each boundary" } else { "" },
            words(places.iter().find(with)),
            words(places.iter().rfind(with))
        ),
        table: table.into(),
        numbers: numbers.into(),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane {
                x: Axis { label: axis.to_string(), range: ends, scale: Scale::Log },
                y: Axis { label: "weights of the optimum".into(), range: (0.0, 1.0), scale: Scale::Share },
            },
            series,
        }],
        readouts,
        ..Spec::default()
    })
}

const NOWHERE: (f64, f64) = (f64::NAN, f64::NAN);

/// The bands around what separates two areas, then the rules.
fn boundaries(k: usize, stretches: &[Stretch]) -> [Series; 2] {
    let mut bands = Series::new("90 % interval of each boundary", Mark::Band, Hue::Ink, Vec::new());
    let mut rules = Series::new("", Mark::Line, Hue::Ground, Vec::new());
    let sum = |mixture: &[f64], n: usize| mixture[..n].iter().sum::<f64>();
    for n in 1..k {
        for stretch in stretches {
            let ends: Vec<(f64, Interval)> = stretch
                .iter()
                .filter_map(|(place, _)| Some((place.at, place.interval(|mixture| sum(mixture, n))?)))
                .collect();
            let upper = ends.iter().map(|(at, interval)| (*at, interval.high.min(1.0)));
            let lower = ends.iter().rev().map(|(at, interval)| (*at, interval.low.max(0.0)));
            bands.points.extend(upper.chain(lower).chain([NOWHERE]));
            rules.points.extend(stretch.iter().map(|(place, optimum)| (place.at, sum(&optimum.mixture, n))));
            rules.points.push(NOWHERE);
        }
    }
    if bands.points.iter().all(|(at, _)| at.is_nan()) {
        bands.points.clear();
    }
    [bands, rules]
}

/// The table to be read, and the one for programs.
fn stacked_numbers(
    (axis, column): (&str, &str),
    domains: &[String],
    places: &[&OnAxis],
    is_sure: bool,
) -> ((Vec<String>, Vec<Vec<String>>), Numbers) {
    let mut header = vec![axis.to_string()];
    let mut numbers = Numbers { header: vec![column.to_string()], rows: Vec::new() };
    for domain in domains {
        header.push(domain.clone());
        numbers.header.push(share_of(domain));
        if is_sure {
            header.push("90 % interval".into());
            numbers.header.extend(["from", "to"].map(|end| share_of(&format!("{domain}, 90 % interval, {end}"))));
        }
    }
    header.push("weighted loss".into());
    numbers.header.push("weighted loss (nats per token)".into());
    let mut rows = Vec::new();
    for place in places {
        let (mut row, mut cells) = (vec![write_count(place.at, 3)], vec![Cell::Number(place.at)]);
        for i in 0..domains.len() {
            let weight = place.optimum.map(|optimum| optimum.mixture[i]);
            row.push(weight.map_or_else(String::new, |h| write_percent(h, 1)));
            cells.push(weight.into());
            if is_sure {
                let interval = place.interval(|mixture| mixture[i]);
                row.push(interval.map_or_else(String::new, |Interval { low, high }| {
                    format!("{} to {}", write_percent(low, 1), write_percent(high, 1))
                }));
                cells.extend([interval.map(|it| it.low), interval.map(|it| it.high)].map(Cell::from));
            }
        }
        row.push(place.optimum.map_or_else(String::new, |optimum| loss(optimum.weighted_loss.0)));
        cells.push(place.optimum.map(|optimum| optimum.weighted_loss.0).into());
        rows.push(row);
        numbers.rows.push(cells);
    }
    ((header, rows), numbers)
}

/// Upper ends of the levels of a heat map.
const LEVELS: [f64; 8] = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0];

/// h* of each row as a heat map: a row for each place, a column for each domain.
pub fn heat(title: &str, domains: &[String], rows: &[(String, &Optimum)]) -> Option<Spec> {
    (!rows.is_empty()).then_some(())?;
    let mut readouts = Vec::new();
    let mut series: Vec<Series> = LEVELS
        .iter()
        .enumerate()
        .map(|(at, level)| {
            let hue = Hue::Level(at as f64 / (LEVELS.len() - 1) as f64);
            Series::new(format!("≤ {}", write_percent(*level, 0)), Mark::Area, hue, Vec::new())
        })
        .collect();
    let share = |at: usize| at as f64 / (LEVELS.len() - 1) as f64;
    let mut words: Vec<Series> =
        (0..LEVELS.len()).map(|at| Series::new("", Mark::Words, Hue::OnLevel(share(at)), Vec::new())).collect();
    for (row, (name, optimum)) in rows.iter().enumerate() {
        for (column, (domain, h)) in domains.iter().zip(&optimum.mixture).enumerate() {
            let (x, y) = (column as f64, row as f64);
            let level = LEVELS.iter().position(|level| h <= level).unwrap_or(LEVELS.len() - 1);
            let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(dx, dy)| (x + dx, y + dy));
            series[level].points.extend(corners);
            series[level].points.push((f64::NAN, f64::NAN));
            words[level].points.push((x, y));
            words[level].words.push(format!("{:.0}", 100.0 * h));
            words[level].readouts.push(readouts.len());
            let weight = write_percent(*h, 1);
            readouts.push(Source::Words(Readout {
                title: format!("{domain} {weight}"),
                lines: vec![format!("for {name}")],
                key: None,
            }));
        }
    }
    series.extend(words);
    let names = rows.iter().map(|(name, _)| name.clone()).collect();
    let said = rows.iter().map(|(name, optimum)| format!("{name}: {}", shares(domains, optimum)));
    let row = |(name, optimum): &(String, &Optimum)| {
        let weights = optimum.mixture.iter().map(|h| write_percent(*h, 1));
        [name.clone()].into_iter().chain(weights).chain([loss(optimum.weighted_loss.0)]).collect()
    };
    let numbers = |(name, optimum): &(String, &Optimum)| {
        let weights = optimum.mixture.iter().chain([&optimum.weighted_loss.0]).map(|value| Cell::Number(*value));
        std::iter::once(name.clone().into()).chain(weights).collect()
    };
    let header = texts(["Target alone"]).into_iter().chain(domains.iter().cloned()).chain(texts(["Its loss"]));
    Some(Spec {
        title: title.to_string(),
        description: format!("The best mixture for each target alone. {}.", said.collect::<Vec<_>>().join("; ")),
        numbers: Numbers {
            header: texts(["target"])
                .into_iter()
                .chain(domains.iter().map(|domain| share_of(domain)))
                .chain(texts(["its loss (nats per token)"]))
                .collect(),
            rows: rows.iter().map(numbers).collect(),
        }
        .into(),
        table: (header.collect(), rows.iter().map(row).collect()).into(),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane {
                x: Axis { label: "weights in percent".into(), ..Axis::of_names(short_names(domains)) },
                y: Axis::of_names(names),
            },
            series,
        }],
        readouts,
        ..Spec::default()
    })
}

/// "arxiv 20 %, c4 80 %": the weights that show.
fn shares(domains: &[String], optimum: &Optimum) -> String {
    let shown = domains.iter().zip(&optimum.mixture).filter(|(_, h)| **h >= 0.005);
    shown.map(|(domain, h)| format!("{domain} {}", write_percent(*h, 0))).collect::<Vec<_>>().join(", ")
}
