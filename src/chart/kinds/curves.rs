//! Loss against tokens, model size or compute.

use std::sync::Arc;

use super::{Groups, Use, loss, padded, range, texts, within};
use crate::chart::{Axis, Cell, Frame, Hue, Later, Mark, Numbers, Panel, Scale, Series, Sight, Source, Spec};
use crate::dataset::Holdout;
use crate::fit::{Fit, Interval};
use crate::predict::{DataSummary, FittedTarget, Replicate};
use crate::units::{FLOPS_PER_PARAM_TOKEN, Params, Tokens, write_count};

/// What losses are drawn against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Along {
    /// Training tokens D, a curve for each model size.
    #[default]
    D,
    /// Model size N, a curve for each of a few numbers of tokens.
    N,
    /// Training compute 6 N D, a curve for each model size.
    Flops,
}

/// The model that is asked about, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Next {
    /// Its size.
    pub n: Option<Params>,
    /// Its tokens.
    pub d: Option<Tokens>,
}

/// A target whose curves are drawn.
pub struct Shown<'a> {
    /// The target.
    pub target: FittedTarget<'a>,
    /// The position of its fit in the study.
    pub fit_idx: usize,
    /// What was seen of it, if that is known.
    pub sight: Option<Arc<Sight>>,
}

/// What curves are drawn of.
pub struct Curves<'a> {
    /// The targets, a panel each.
    pub targets: Vec<Shown<'a>>,
    /// Where the data lie, as far as the fits use them.
    pub data: &'a DataSummary,
    /// What the losses are drawn against.
    pub along: Along,
    /// At which mixture.
    pub mixture: &'a [f64],
    /// What that is called.
    pub mixture_name: &'a str,
    /// One more curve, or how far the curves go.
    pub next: Next,
    /// The replicates of a bootstrap; their middle 90 % are a band around the next model's curve.
    pub replicates: &'a [Replicate],
}

/// Points of a curve; enough that it looks smooth.
const STEPS: usize = 60;
/// Points of a band, each of which asks every replicate.
const BAND_STEPS: usize = 16;
/// Rows of a curve's table.
const TABLE_STEPS: usize = 6;
/// Most sizes that are drawn, alone or in one of several panels; of more, evenly chosen ones.
const MOST_SIZES: usize = 8;
const MOST_SIZES_OF_MANY: usize = 3;
/// Most observations that are drawn in one of several panels.
const MOST_POINTS: usize = 300;

/// One curve: t runs from `from` to `to`; it is the number of tokens, or the model size.
struct Curve {
    label: String,
    hue: Hue,
    n: Option<Params>,
    d: Option<Tokens>,
    from: f64,
    to: f64,
}

impl Curve {
    fn scale(&self, along: Along, t: f64) -> (Option<Params>, Option<Tokens>) {
        if along == Along::N { (Some(Params(t)), self.d) } else { (self.n, Some(Tokens(t))) }
    }

    fn x(&self, along: Along, t: f64) -> f64 {
        match (along, self.n) {
            (Along::Flops, Some(n)) => FLOPS_PER_PARAM_TOKEN * n.0 * t,
            _ => t,
        }
    }

    /// What t is where the axis has that value; `None` where the curve does not go.
    fn t(&self, along: Along, x: f64) -> Option<f64> {
        let t = match (along, self.n) {
            (Along::Flops, Some(n)) => x / (FLOPS_PER_PARAM_TOKEN * n.0),
            _ => x,
        };
        (t >= self.from * (1.0 - SAME) && t <= self.to * (1.0 + SAME)).then_some(t)
    }

    /// The part between the outermost fitted observations that are at the curve's own size or tokens; `None` where
    /// there are none, so that all of it is extrapolated.
    fn fitted(&self, along: Along, reaches: &[Reach]) -> Option<(f64, f64)> {
        let is_same = |a: f64, b: f64| (a - b).abs() <= SAME * b;
        let (low, high) = if along == Along::N {
            let covers = |(low, high): (f64, f64), d: f64| low <= d * (1.0 + SAME) && d <= high * (1.0 + SAME);
            let here = reaches.iter().filter(|reach| match (self.d, reach.tokens) {
                (Some(d), Some(tokens)) => covers(tokens, d.0),
                _ => true,
            });
            range(here.filter_map(|reach| reach.n).map(|n| n.0))?
        } else {
            let here = reaches.iter().filter(|reach| match (self.n, reach.n) {
                (Some(n), Some(other)) => is_same(n.0, other.0),
                _ => true,
            });
            range(here.filter_map(|reach| reach.tokens).flat_map(|(low, high)| [low, high]))?
        };
        let (low, high) = (low.max(self.from), high.min(self.to));
        (low < high).then_some((low, high))
    }

    /// What to draw, in order: solid where it was fitted, broken beyond.
    fn parts(&self, fitted: Option<(f64, f64)>) -> Vec<(Mark, f64, f64)> {
        let (low, high) = fitted.unwrap_or((self.from, self.from));
        let parts = [(Mark::Dashes, self.from, low), (Mark::Line, low, high), (Mark::Dashes, high, self.to)];
        parts.into_iter().filter(|(_, from, to)| from < to).collect()
    }
}

/// Sizes and tokens are equal up to this share.
const SAME: f64 = 1e-9;

/// The tokens that one model size was fitted at.
struct Reach {
    n: Option<Params>,
    tokens: Option<(f64, f64)>,
}

/// How far the fitted observations of a target reach, size by size. Where the observations are not known, every size
/// that is not held out is taken to reach as far as all.
fn reaches(curves: &Curves, Shown { target, sight, .. }: &Shown) -> Vec<Reach> {
    let Some(sight) = sight else {
        let (sizes, tokens) = (&curves.data.sizes, curves.data.token_range.map(|(low, high)| (low.0, high.0)));
        let largest_is_held_out = target.fit.report.config.holdout == Holdout::LargestN && sizes.len() > 1;
        let fitted = &sizes[..sizes.len() - usize::from(largest_is_held_out)];
        return match fitted {
            [] => vec![Reach { n: None, tokens }],
            sizes => sizes.iter().map(|n| Reach { n: Some(*n), tokens }).collect(),
        };
    };
    let mut reaches: Vec<Reach> = Vec::new();
    for seen in sight.all.iter().filter(|seen| seen.used == Use::Fitted) {
        let known = reaches.iter_mut().find(|reach| reach.n == seen.n);
        match (known, seen.d.map(|d| d.0)) {
            (Some(Reach { tokens: Some((low, high)), .. }), Some(d)) => (*low, *high) = (low.min(d), high.max(d)),
            (Some(_), _) => {}
            (None, d) => reaches.push(Reach { n: seen.n, tokens: d.map(|d| (d, d)) }),
        }
    }
    reaches
}

/// `steps` + 1 values from one to the other, evenly on a logarithmic axis.
fn steps(from: f64, to: f64, steps: usize) -> impl Iterator<Item = f64> {
    (0..=steps).map(move |step| from * (to / from).powf(step as f64 / steps as f64))
}

/// Predicted losses at one mixture, a panel for each target, beside what was observed. Each curve is broken beyond the
/// observations that were fitted at its own size or tokens. `None` where the study does not vary what they are drawn against.
pub fn loss_curves(curves: &Curves) -> Option<Spec> {
    let family = family(curves)?;
    let (mut spec, mut numbers) = (Spec::default(), Vec::new());
    let panels: Option<Vec<(Panel, Vec<Source>)>> =
        curves.targets.iter().map(|shown| panel(curves, &family, shown, &mut numbers)).collect();
    for (mut panel, readouts) in panels? {
        for at in panel.series.iter_mut().flat_map(|series| &mut series.readouts) {
            *at += spec.readouts.len();
        }
        spec.readouts.extend(readouts);
        spec.panels.push(panel);
    }
    let first = curves.targets.first()?.target;
    let name = if curves.targets.len() == 1 { first.name } else { "all targets" };
    let against = axis_label(curves.along);
    spec.title = format!("{name}: loss against {against}, curves at {}", curves.mixture_name);
    spec.description = describe(curves, &family, first);
    spec.table = table(curves, &family).into();
    spec.numbers =
        Later::new(move || Numbers { header: texts(NUMBERS), rows: numbers.iter().map(Number::cells).collect() });
    spec.left_out = "The table has a few places of each curve; the CSV has all of them, with the observations.".into();
    Some(spec)
}

fn axis_label(along: Along) -> &'static str {
    match along {
        Along::D => "training tokens D",
        Along::N => "model size N",
        Along::Flops => "training compute 6 N D, FLOPs",
    }
}

fn family(curves: &Curves) -> Option<Vec<Curve>> {
    let Curves { data, next, .. } = curves;
    let most = if curves.targets.len() > 1 { MOST_SIZES_OF_MANY } else { MOST_SIZES };
    let count = |value: f64| write_count(value, 3);
    let mut family = Vec::new();
    if curves.along == Along::N {
        let (from, end) = (data.sizes.first()?.0, data.sizes.last()?.0);
        let to = next.n.map_or(end, |n| n.0.max(end));
        (from < end).then_some(())?;
        let seen: Vec<Option<Tokens>> = match data.token_range {
            Some((Tokens(least), Tokens(most))) if least < most => {
                steps(least, most, 2).map(|d| Some(Tokens(d))).collect()
            }
            Some((only, _)) => vec![Some(only)],
            None => vec![None],
        };
        let new = next.d.filter(|d| data.token_range.is_some() && !seen.contains(&Some(*d)));
        let n_seen = seen.len();
        for (at, d) in seen.into_iter().chain(new.map(Some)).enumerate() {
            let hue = if at == n_seen { Hue::Beyond } else { ordered(at, n_seen) };
            let label = d.map_or_else(String::new, |d| format!("D {}", count(d.0)));
            family.push(Curve { label, hue, n: None, d, from, to });
        }
    } else {
        let (Tokens(from), Tokens(end)) = data.token_range.filter(|(least, most)| least < most)?;
        let to = next.d.map_or(end, |d| d.0.max(end));
        let sizes = chosen_sizes(&data.sizes, most);
        if curves.along == Along::Flops && data.sizes.is_empty() {
            return None;
        }
        for n in &sizes {
            let at = n.and_then(|n| data.sizes.iter().position(|size| *size == n)).unwrap_or(0);
            let label = n.map_or_else(String::new, |n| count(n.0));
            let hue = ordered(at, data.sizes.len());
            family.push(Curve { label, hue, n: *n, d: None, from, to });
        }
        if let Some(n) = next.n.filter(|n| !data.sizes.is_empty() && !data.sizes.contains(n)) {
            let (label, n) = (count(n.0), Some(n));
            family.push(Curve { label, hue: Hue::Beyond, n, d: None, from, to });
        }
    }
    Some(family)
}

fn ordered(at: usize, n: usize) -> Hue {
    Hue::Ordered(at as f64 / n.saturating_sub(1).max(1) as f64)
}

/// The sizes to draw: all, or evenly chosen ones with both ends; one nameless curve where there are none.
fn chosen_sizes(sizes: &[Params], most: usize) -> Vec<Option<Params>> {
    match sizes.len() {
        0 => vec![None],
        n if n <= most => sizes.iter().copied().map(Some).collect(),
        n => (0..most).map(|i| Some(sizes[i * (n - 1) / (most - 1)])).collect(),
    }
}

/// Header of the numbers.
const NUMBERS: [&str; 11] = [
    "target",
    "series",
    "mixture",
    "line",
    "N (parameters)",
    "D (tokens)",
    "compute 6 N D (FLOPs)",
    "loss (nats per token)",
    "predicted loss (nats per token)",
    "90 % interval, from (nats per token)",
    "90 % interval, to (nats per token)",
];

/// A row of the numbers, before it is written.
struct Number {
    target: Arc<str>,
    series: &'static str,
    mixture: Arc<str>,
    line: Option<usize>,
    scale: (Option<Params>, Option<Tokens>),
    losses: [Option<f64>; 4],
}

impl Number {
    fn cells(&self) -> Vec<Cell> {
        let (n, d) = self.scale;
        let compute = n.zip(d).map(|(n, d)| FLOPS_PER_PARAM_TOKEN * n.0 * d.0);
        let scale = [self.line.map(|line| line as f64), n.map(|n| n.0), d.map(|d| d.0), compute];
        let names = [self.target.to_string().into(), self.series.into(), self.mixture.to_string().into()];
        names.into_iter().chain(scale.into_iter().chain(self.losses).map(Cell::from)).collect()
    }
}

/// The panel of one target, with what its points are; adds what it shows to the numbers.
fn panel(curves: &Curves, family: &[Curve], shown: &Shown, numbers: &mut Vec<Number>) -> Option<(Panel, Vec<Source>)> {
    let Curves { along, mixture, mixture_name, .. } = *curves;
    let target = shown.target;
    let mut series = Vec::new();
    if let Some(curve) = family.last() {
        series.extend(band(curves, curve, shown, numbers));
    }
    let (observed, mut readouts) = observations(curves, shown, numbers);
    series.extend(observed);
    let reaches = reaches(curves, shown);
    let (name, mixture_name): (Arc<str>, Arc<str>) = (target.name.into(), mixture_name.into());
    let of: Arc<str> = format!("{name} at {mixture_name}").into();
    for curve in family {
        let parts = curve.parts(curve.fitted(along, &reaches));
        let n_parts = parts.len();
        for (at, (mark, from, to)) in parts.into_iter().enumerate() {
            // A curve has its name at its end.
            let label = if at + 1 == n_parts { curve.label.clone() } else { String::new() };
            let mut part = Series::new(label, mark, curve.hue, Vec::new());
            let (what, in_numbers) = match mark {
                Mark::Line => ("within what was fitted", "curve within what was fitted"),
                _ => ("beyond what was fitted", "curve beyond what was fitted"),
            };
            let share = (to / from).ln() / (curve.to / curve.from).ln();
            for t in steps(from, to, ((STEPS as f64 * share).ceil() as usize).max(1)) {
                let scale = curve.scale(along, t);
                let value = target.loss(scale.0, scale.1, mixture).0;
                part.points.push((curve.x(along, t), value));
                part.readouts.push(readouts.len());
                readouts.push(Source::Curve { of: of.clone(), n: scale.0, d: scale.1, loss: value, what });
                numbers.push(Number {
                    target: name.clone(),
                    series: in_numbers,
                    mixture: mixture_name.clone(),
                    line: None,
                    scale,
                    losses: [None, Some(value), None, None],
                });
            }
            series.push(part);
        }
    }
    // What was left out may be far off, and all else would be a line at the edge.
    let known = series.iter().filter(|series| series.mark != Mark::Crosses);
    let y = padded(known.flat_map(|series| &series.points).map(|point| point.1))?;
    for series in series.iter_mut().filter(|series| series.mark == Mark::Crosses) {
        series.points.iter_mut().for_each(|point| point.1 = within(point.1, y));
    }
    let points = || series.iter().flat_map(|series| &series.points);
    let (left, right) = range(points().map(|point| point.0))?;
    let alone = curves.targets.len() == 1;
    let panel = Panel {
        title: if alone { String::new() } else { target.name.into() },
        frame: Frame::Plane {
            x: Axis { label: axis_label(along).into(), range: (left, right), scale: Scale::Log },
            y: Axis {
                label: if alone { "loss, nats per token".into() } else { String::new() },
                range: y,
                scale: Scale::Linear,
            },
        },
        series,
    };
    Some((panel, readouts))
}

/// What was observed, at whatever mixture: dots in the colour of their size, rings where held out, crosses where left
/// out.
fn observations(curves: &Curves, shown: &Shown, numbers: &mut Vec<Number>) -> (Vec<Series>, Vec<Source>) {
    let Some(sight) = &shown.sight else { return (Vec::new(), Vec::new()) };
    let seen = &sight.all;
    let (name, own): (Arc<str>, Arc<str>) = (shown.target.name.into(), "its own".into());
    numbers.extend(seen.iter().map(|seen| Number {
        target: name.clone(),
        series: seen.used.word(),
        mixture: own.clone(),
        line: Some(seen.line),
        scale: (seen.n, seen.d),
        losses: [Some(seen.observed), Some(seen.predicted), None, None],
    }));
    let alone = curves.targets.len() == 1;
    let every = if alone { 1 } else { seen.len().div_ceil(MOST_POINTS).max(1) };
    let sizes = &curves.data.sizes;
    let mut groups = Groups::default();
    let mut readouts = Vec::new();
    for (at_sight, seen) in seen.iter().enumerate().step_by(every) {
        let x = match curves.along {
            Along::D => seen.d.map(|d| d.0),
            Along::N => seen.n.map(|n| n.0),
            Along::Flops => seen.n.zip(seen.d).map(|(n, d)| FLOPS_PER_PARAM_TOKEN * n.0 * d.0),
        };
        let Some(x) = x else { continue };
        let at = sizes.iter().position(|size| Some(*size) == seen.n).unwrap_or(0);
        let hue = match curves.along {
            Along::N => Hue::Data,
            _ => ordered(at, sizes.len()),
        };
        let label = match seen.used {
            Use::Fitted => "observed, all mixtures",
            Use::HeldOut => "held out, all mixtures",
            Use::LeftOut => "left out",
        };
        groups.add(label, seen.used.look(hue), (x, seen.observed), readouts.len());
        readouts.push(Source::Seen(sight.clone(), at_sight));
    }
    (groups.into_series(), readouts)
}

/// The middle 90 % of the replicates along a curve.
fn band(curves: &Curves, curve: &Curve, shown: &Shown, numbers: &mut Vec<Number>) -> Option<Series> {
    let Shown { target, fit_idx, .. } = *shown;
    let fits: Vec<Fit> = curves.replicates.iter().map(|replicate| with_theta(target, replicate, fit_idx)).collect();
    let (name, mixture): (Arc<str>, Arc<str>) = (target.name.into(), curves.mixture_name.into());
    let mut ends = Vec::new();
    for t in steps(curve.from, curve.to, BAND_STEPS) {
        let (n, d) = curve.scale(curves.along, t);
        let losses = fits.iter().map(|fit| fit.loss(target.target_pos, n, d, curves.mixture).0);
        let interval = Interval::of(losses)?;
        ends.push((curve.x(curves.along, t), interval));
        numbers.push(Number {
            target: name.clone(),
            series: "90 % interval",
            mixture: mixture.clone(),
            line: None,
            scale: (n, d),
            losses: [None, None, Some(interval.low), Some(interval.high)],
        });
    }
    let upper = ends.iter().map(|(x, interval)| (*x, interval.high));
    let lower = ends.iter().rev().map(|(x, interval)| (*x, interval.low));
    let label = match curve.label.as_str() {
        "" => "90 % interval".to_string(),
        name => format!("90 % interval of {name}"),
    };
    Some(Series::new(label, Mark::Band, curve.hue, upper.chain(lower).collect()))
}

/// The fit with the replicate's θ.
fn with_theta(target: FittedTarget, replicate: &Replicate, fit_idx: usize) -> Fit {
    Fit { theta: replicate.thetas[fit_idx].clone(), ..target.fit.clone() }
}

/// The interval of a target's loss at one place, over the replicates; `None` without any.
pub fn loss_interval(
    target: FittedTarget,
    fit_idx: usize,
    replicates: &[Replicate],
    (n, d): (Option<Params>, Option<Tokens>),
    mixture: &[f64],
) -> Option<Interval> {
    let loss = |replicate| with_theta(target, replicate, fit_idx).loss(target.target_pos, n, d, mixture).0;
    Interval::of(replicates.iter().map(loss))
}

fn describe(curves: &Curves, family: &[Curve], target: FittedTarget) -> String {
    let count = |value: f64| write_count(value, 3);
    let ends = family.last().map(|curve| {
        let at = |t: f64| {
            let (n, d) = curve.scale(curves.along, t);
            loss(target.loss(n, d, curves.mixture).0)
        };
        let unit = if curves.along == Along::N { "parameters" } else { "tokens" };
        let (from, to) = (curve.from, curve.to);
        format!("falls from {} at {} {unit} to {} at {} {unit}", at(from), count(from), at(to), count(to))
    });
    let of = match family.iter().map(|curve| curve.label.as_str()).filter(|label| !label.is_empty()).collect::<Vec<_>>()
    {
        labels if labels.is_empty() => String::new(),
        labels => format!(" for {}", labels.join(", ")),
    };
    format!(
        "Predicted loss of {} against {} at {}{of}; the last curve {}. Lines are broken beyond what was fitted; observations are at all mixtures.",
        curves.targets.iter().map(|shown| shown.target.name).collect::<Vec<_>>().join(", "),
        axis_label(curves.along),
        curves.mixture_name,
        ends.unwrap_or_default(),
    )
}

fn table(curves: &Curves, family: &[Curve]) -> (Vec<String>, Vec<Vec<String>>) {
    let first = match curves.along {
        Along::D => "Tokens",
        Along::N => "Parameters",
        Along::Flops => "FLOPs",
    };
    let names = family.iter().map(|curve| if curve.label.is_empty() { "Loss".into() } else { curve.label.clone() });
    let header = texts(["Target", first]).into_iter().chain(names).collect();
    let mut rows = Vec::new();
    let ends = family.iter().flat_map(|curve| [curve.from, curve.to].map(|t| curve.x(curves.along, t)));
    let Some((from, to)) = range(ends) else { return (header, rows) };
    for Shown { target, .. } in &curves.targets {
        for x in steps(from, to, TABLE_STEPS - 1) {
            let losses = family.iter().map(|curve| {
                let scale = curve.t(curves.along, x).map(|t| curve.scale(curves.along, t));
                scale.map_or_else(String::new, |(n, d)| loss(target.loss(n, d, curves.mixture).0))
            });
            rows.push([target.name.to_string(), write_count(x, 3)].into_iter().chain(losses).collect());
        }
    }
    (header, rows)
}
