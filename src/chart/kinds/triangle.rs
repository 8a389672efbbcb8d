//! The loss over the mixtures of three domains, or of two and the rest.

use super::contours::{clipped, cut};
use super::{loss, mixture_text, share_of, texts};
use crate::chart::{Cell, Frame, Hue, Mark, Numbers, Panel, Readout, Series, Source, Spec, short_names};
use crate::dataset::Dataset;
use crate::mixture::{DEFAULT_EPSILON, Optimum};
use crate::predict::FittedStudy;
use crate::units::write_percent;

/// The corners of a triangle of mixtures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corners {
    /// The domains at the top and at the left.
    pub two: [usize; 2],
    /// The domain at the right; `None` for all others, in the optimum's proportions. With three domains, what is left
    /// keeps the optimum's weights.
    pub third: Option<usize>,
}

/// Steps along a side.
const STEPS: usize = 32;
/// Steps of the table.
const TABLE_STEPS: usize = 8;
/// What lies below the optimum by more than this share of its loss can only lie outside the limits.
const NOTHING: f64 = 1e-5;
/// Upper ends of the levels, as shares of the optimum's loss; the first is the near-optimal region.
const LEVELS: [f64; 6] = [DEFAULT_EPSILON, 3e-3, 1e-2, 3e-2, 0.1, f64::INFINITY];

/// What mixtures lose against the optimum, as a heat map over three shares that sum to 1, with the runs' mixtures and
/// the optimum. Limits are not kept to. First come the mixtures, then, with their losses, the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Triangle {
    corners: Corners,
    /// What the three share; the other weights stay.
    of_three: f64,
    /// What the optimum has in all that is at no corner.
    rest: f64,
}

impl Triangle {
    /// Plans the triangle; `None` where the corners are no three of the study.
    pub fn new(study: &FittedStudy, optimum: &Optimum, corners: Corners) -> Option<Self> {
        let k = study.domains.len();
        let Corners { two: [a, b], third } = corners;
        let chosen: Vec<usize> = [a, b].into_iter().chain(third).collect();
        let distinct = chosen.iter().enumerate().all(|(at, i)| *i < k && !chosen[..at].contains(i));
        (distinct && k >= 3 && optimum.mixture.len() == k).then_some(())?;
        let of_chosen: f64 = chosen.iter().map(|&i| optimum.mixture[i]).sum();
        let of_three = if third.is_some() { of_chosen } else { 1.0 };
        (of_three > 1e-6).then_some(Self { corners, of_three, rest: 1.0 - of_chosen })
    }

    /// The mixture whose first two shares are these.
    fn mixture(&self, optimum: &Optimum, (x, y): (f64, f64)) -> Vec<f64> {
        let Self { corners: Corners { two: [a, b], third }, of_three, rest } = *self;
        let (others, k) = ((1.0 - x - y).max(0.0), optimum.mixture.len());
        let weight = |i: usize| match third {
            _ if i == a => of_three * x,
            _ if i == b => of_three * y,
            Some(third) if i == third => of_three * others,
            Some(_) => optimum.mixture[i],
            None if rest > 1e-9 => others * optimum.mixture[i] / rest,
            None => others / (k - 2) as f64,
        };
        (0..k).map(weight).collect()
    }

    /// Where a mixture lies; `None` if it has nothing of the three.
    fn place(&self, h: &[f64]) -> Option<(f64, f64)> {
        let Corners { two: [a, b], third } = self.corners;
        let sum = third.map_or(1.0, |third| h[a] + h[b] + h[third]);
        (sum > 1e-9).then(|| (h[a] / sum, h[b] / sum))
    }

    /// The mixtures whose losses the chart shows.
    pub fn mixtures(&self, optimum: &Optimum) -> Vec<Vec<f64>> {
        nodes(STEPS).map(|node| self.mixture(optimum, at(node))).collect()
    }

    /// The chart, with what those mixtures lose against the optimum, and with the runs where they are known. `None` of
    /// other than [`mixtures`](Self::mixtures) many losses.
    pub fn spec(&self, study: &FittedStudy, optimum: &Optimum, runs: Option<&Dataset>, excess: &[f64]) -> Option<Spec> {
        (excess.len() == nodes(STEPS).count()).then_some(())?;
        // Rows before i have STEPS + 1, STEPS, … nodes.
        let value = |(i, j): (usize, usize)| excess[i * (2 * STEPS + 3 - i) / 2 + j];
        let (names, short) = (names(&study.domains, self.corners), names(&short_names(&study.domains), self.corners));
        let mut series = levels(value, optimum.weighted_loss.0);
        let mut readouts: Vec<Source> = Vec::new();
        let mut numbers: Vec<Vec<Cell>> = Vec::new();
        let mut number = |what: &'static str, (x, y): (f64, f64), excess: Option<f64>| {
            let shares = [x, y, 1.0 - x - y].map(Cell::Number);
            numbers.push(std::iter::once(what.into()).chain(shares).chain([excess.into()]).collect());
        };
        let mut marks = |name: &str, mark: Mark, hue: Hue, points: Vec<((f64, f64), String)>| {
            let mut one = Series::new(name, mark, hue, Vec::new());
            for (place, line) in points {
                one.points.push(place);
                one.readouts.push(readouts.len());
                readouts.push(Source::Words(Readout { title: shares(&names, place), lines: vec![line], key: None }));
            }
            series.push(one);
        };
        let words = |excess: f64| match excess < -NOTHING * optimum.weighted_loss.0 {
            true => format!("{} nats below the optimum, outside the limits", loss(-excess)),
            false => format!("{} nats over the optimum", loss(excess)),
        };
        let grid = nodes(STEPS).map(|node| (at(node), words(value(node))));
        marks("", Mark::Unseen, Hue::Ink, grid.collect());
        nodes(STEPS).for_each(|node| number("grid", at(node), Some(value(node))));
        if let Some(runs) = runs {
            let mixtures = runs.design().mixtures();
            let places = mixtures.iter().filter_map(|h| self.place(h));
            places.for_each(|place| number("mixture of runs", place, None));
            let points = mixtures.iter().filter_map(|h| Some((self.place(h)?, mixture_text(&study.domains, h))));
            marks("mixtures of the runs", Mark::Rings, Hue::Ink, points.collect());
        }
        let best = self.place(&optimum.mixture)?;
        number("optimum", best, Some(0.0));
        marks("optimum", Mark::Diamonds, Hue::Beyond, vec![(best, "optimum".into())]);
        let room = DEFAULT_EPSILON * optimum.weighted_loss.0;
        let near = excess.iter().filter(|excess| excess.abs() <= room).count() as f64 / excess.len() as f64;
        let row = |(i, j): (usize, usize)| {
            let node = (i * STEPS / TABLE_STEPS, j * STEPS / TABLE_STEPS);
            let (x, y) = at(node);
            [x, y, 1.0 - x - y].map(|share| write_percent(share, 1)).into_iter().chain([loss(value(node))]).collect()
        };
        Some(Spec {
            title: format!("Loss over {}, {} and {}", short[0], short[1], short[2]),
            description: format!(
                "What mixtures of {}, {} and {} lose against the optimum, which has {}; {} of all such mixtures are within {} of its loss.",
                names[0],
                names[1],
                names[2],
                shares(&names, best),
                write_percent(near, 1),
                write_percent(DEFAULT_EPSILON, 1),
            ),
            table: (
                names.iter().cloned().chain(texts(["Loss over the optimum's, nats"])).collect(),
                nodes(TABLE_STEPS).map(row).collect(),
            )
                .into(),
            left_out:
                "The table has every fourth place along each side; the CSV has all, with the runs and the optimum."
                    .into(),
            numbers: Numbers {
                header: texts(["what"])
                    .into_iter()
                    .chain(names.iter().map(|name| share_of(name)))
                    .chain(texts(["loss over the optimum's (nats)"]))
                    .collect(),
                rows: numbers,
            }
            .into(),
            panels: vec![Panel { title: String::new(), frame: Frame::Triangle { corners: short }, series }],
            readouts,
            ..Spec::default()
        })
    }
}

/// The nodes of a triangle with so many steps along a side: steps to the top, and to the left.
fn nodes(steps: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..=steps).flat_map(move |i| (0..=steps - i).map(move |j| (i, j)))
}

/// The shares of a node.
fn at((i, j): (usize, usize)) -> (f64, f64) {
    (i as f64 / STEPS as f64, j as f64 / STEPS as f64)
}

/// Areas between levels, cut from the cells along the lines where the value, linear in between, is a level's end.
fn levels(value: impl Fn((usize, usize)) -> f64, unit: f64) -> Vec<Series> {
    let mut series: Vec<Series> = (0..LEVELS.len()).map(level_series).collect();
    let mut below = Series::new("lower, but outside the limits", Mark::Area, Hue::Guide, Vec::new());
    let add = |to: &mut Series, polygon: &[((f64, f64), f64)]| {
        if polygon.len() > 2 {
            to.points.extend(polygon.iter().map(|(place, _)| *place));
            to.points.push((f64::NAN, f64::NAN));
        }
    };
    for (i, j) in nodes(STEPS - 1) {
        let up = [(i, j), (i + 1, j), (i, j + 1)];
        let down = [(i + 1, j), (i + 1, j + 1), (i, j + 1)];
        let cells = [Some(up), (i + j + 2 <= STEPS).then_some(down)];
        for cell in cells.into_iter().flatten() {
            // What is not finite is worse than all.
            let corner = |node| (at(node), if value(node).is_finite() { value(node) } else { f64::MAX });
            let all: Vec<((f64, f64), f64)> = cell.map(corner).to_vec();
            add(&mut below, &clipped(&all, |value| -NOTHING * unit - value));
            let above = clipped(&all, |value| value + NOTHING * unit);
            let ends = LEVELS.iter().map(|end| (end * unit).min(f64::MAX));
            cut(&above, ends, |level, within| add(&mut series[level], within));
        }
    }
    series.extend(Some(below).filter(|below| !below.points.is_empty()));
    series
}

fn names(domains: &[String], Corners { two: [a, b], third }: Corners) -> [String; 3] {
    // Of three domains, one is the rest.
    let third = third.or_else(|| (0..domains.len()).find(|i| domains.len() == 3 && ![a, b].contains(i)));
    let third = third.map_or_else(|| "the rest".to_string(), |third| domains[third].clone());
    [domains[a].clone(), domains[b].clone(), third]
}

fn level_series(level: usize) -> Series {
    let percent = |share: f64| write_percent(share, 1);
    let label = match LEVELS[level] {
        end if end.is_finite() => format!("within {}", percent(end)),
        _ => format!("over {}", percent(LEVELS[level - 1])),
    };
    // Light is near.
    let hue = Hue::Level(1.0 - level as f64 / (LEVELS.len() - 1) as f64);
    Series::new(label, Mark::Area, hue, Vec::new())
}

fn shares(names: &[String; 3], (x, y): (f64, f64)) -> String {
    let shares = names.iter().zip([x, y, 1.0 - x - y]);
    shares.map(|(name, share)| format!("{name} {}", write_percent(share, 1))).collect::<Vec<_>>().join(", ")
}
