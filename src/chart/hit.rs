//! What is at a place of a chart, and which point comes next.

use super::{Axis, Frame, Hue, Layout, Mark, Readout, Series, Spec};
use crate::order::sort_by_number;

/// A point of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Which panel.
    pub panel: usize,
    /// Which of its series.
    pub series: usize,
    /// Which of its points.
    pub point: usize,
}

/// A step from a point to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next point, of this series or the next.
    Next,
    /// To the one before.
    Previous,
    /// To the first point of the next series.
    NextSeries,
    /// To the first point of this series, or of the one before.
    PreviousSeries,
}

/// Farther away than this, in CSS pixels, nothing is meant.
const REACH: f64 = 32.0;
/// A curve has so many points that it would hide the observations beside it: it counts as this much farther away.
const CURVE: f64 = 6.0;

fn is_readable(series: &Series) -> bool {
    let only_guides = matches!(series.hue, Hue::Guide | Hue::Ground);
    !(only_guides || series.mark.is_area() && series.readouts.is_empty())
}

fn is_there(point: (f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// The point nearest to a place, within reach.
pub fn nearest(spec: &Spec, layout: &Layout, at: (f64, f64)) -> Option<Spot> {
    let mut best: Option<(f64, Spot)> = None;
    for (panel, of) in spec.panels.iter().enumerate() {
        for (series, one) in of.series.iter().enumerate().filter(|(_, series)| is_readable(series)) {
            for (point, &value) in one.points.iter().enumerate().filter(|(_, value)| is_there(**value)) {
                let (x, y) = layout.place(panel, of, value);
                let distance = (x - at.0).hypot(y - at.1) + if one.mark.is_line() { CURVE } else { 0.0 };
                // Of equals the one in front.
                if distance <= best.map_or(REACH, |(least, _)| least) {
                    best = Some((distance, Spot { panel, series, point }));
                }
            }
        }
    }
    best.map(|(_, spot)| spot)
}

/// The point of a panel that is the observation on a line, if there is one.
pub fn of_line(spec: &Spec, panel: usize, line: usize) -> Option<Spot> {
    let is_it = |at: &usize| spec.readouts.get(*at).is_some_and(|readout| readout.key() == Some(line));
    spec.panels.get(panel)?.series.iter().enumerate().find_map(|(series, one)| {
        let point = one.readouts.iter().position(is_it)?;
        Some(Spot { panel, series, point })
    })
}

/// Where a point lies, in CSS pixels; `None` for one that is not there.
pub fn position(spec: &Spec, layout: &Layout, spot: Spot) -> Option<(f64, f64)> {
    let panel = spec.panels.get(spot.panel)?;
    let point = *panel.series.get(spot.series)?.points.get(spot.point)?;
    is_there(point).then(|| layout.place(spot.panel, panel, point))
}

/// What is to be said of a point; `None` for one that is not there.
pub fn readout(spec: &Spec, spot: Spot) -> Option<Readout> {
    let panel = spec.panels.get(spot.panel)?;
    let series = panel.series.get(spot.series)?;
    let &(x, y) = series.points.get(spot.point)?;
    if let Some(&at) = series.readouts.get(spot.point) {
        return spec.readouts.get(at)?.readout(&panel.title);
    }
    let titles: Vec<&str> =
        [panel.title.as_str(), series.label.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    let line = |axis: &Axis, value: f64| match axis.label.as_str() {
        "" => axis.write(value),
        label => format!("{label}: {}", axis.write(value)),
    };
    let lines = match &panel.frame {
        Frame::Plane { x: x_axis, y: y_axis } => vec![line(x_axis, x), line(y_axis, y)],
        Frame::Triangle { corners } => {
            let shares = [x, y, 1.0 - x - y];
            corners.iter().zip(shares).map(|(name, share)| format!("{name} {:.1} %", 100.0 * share)).collect()
        }
    };
    Some(Readout { title: titles.join(", "), lines, key: None })
}

/// The point a step away from another, or the first one from nowhere. Steps end at the ends.
pub fn step(spec: &Spec, from: Option<Spot>, step: Step) -> Option<Spot> {
    let mut series = Vec::new();
    for (panel, of) in spec.panels.iter().enumerate() {
        let mut readable: Vec<(usize, &Series)> =
            of.series.iter().enumerate().filter(|(_, series)| is_readable(series)).collect();
        // A grid of hundreds of places comes after what is marked on it.
        sort_by_number(&mut readable, |(_, series)| f64::from(u8::from(series.mark == Mark::Unseen)));
        for (at, one) in readable {
            let points: Vec<usize> = (0..one.points.len()).filter(|&point| is_there(one.points[point])).collect();
            if !points.is_empty() {
                series.push((panel, at, points));
            }
        }
    }
    let spot = |at: usize, point: usize| {
        series.get(at).map(|(panel, series, points)| Spot { panel: *panel, series: *series, point: points[point] })
    };
    let here = from.and_then(|from| {
        let at = series.iter().position(|(panel, at, _)| (*panel, *at) == (from.panel, from.series))?;
        Some((at, series[at].2.iter().position(|&point| point == from.point)?))
    });
    let Some((at, point)) = here else { return spot(0, 0) };
    let last = |at: usize| series[at].2.len() - 1;
    match step {
        Step::Next if point < last(at) => spot(at, point + 1),
        Step::Next => spot(at + 1, 0).or(from),
        Step::Previous if point > 0 => spot(at, point - 1),
        Step::Previous if at > 0 => spot(at - 1, last(at - 1)),
        Step::Previous => from,
        Step::NextSeries => spot(at + 1, 0).or(from),
        Step::PreviousSeries if point > 0 || at == 0 => spot(at, 0),
        Step::PreviousSeries => spot(at - 1, 0),
    }
}

/// Room between a point and the box with its read-out.
const APART: f64 = 12.0;

/// Where the upper left corner of a box of a size goes so that it stands beside the point and stays in the figure.
pub fn beside(at: (f64, f64), figure: (f64, f64), size: (f64, f64)) -> (f64, f64) {
    let along = |at: f64, figure: f64, size: f64| {
        let after = at + APART;
        let start = if after + size <= figure { after } else { at - APART - size };
        start.min(figure - size).max(0.0)
    };
    (along(at.0, figure.0, size.0), along(at.1, figure.1, size.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Mark, Panel, Scale, Source};

    fn spec() -> Spec {
        let axis = |label: &str, scale| Axis { label: label.into(), range: (1.0, 10.0), scale };
        let curve = Series::new("7B", Mark::Line, Hue::Data, vec![(1.0, 9.0), (f64::NAN, 0.0), (10.0, 5.0)]);
        let guide = Series::new("", Mark::Dashes, Hue::Guide, vec![(1.0, 1.0), (10.0, 10.0)]);
        let mut dots = Series::new("runs", Mark::Dots, Hue::Data, vec![(1.0, 8.9), (4.0, 4.0)]);
        dots.readouts = vec![0, 1];
        let readout =
            |title: &str, key| Source::Words(Readout { title: title.into(), lines: vec!["N 1B".into()], key });
        Spec {
            panels: vec![Panel {
                title: "arxiv".into(),
                frame: Frame::Plane { x: axis("tokens D", Scale::Log), y: axis("loss", Scale::Linear) },
                series: vec![guide, curve, dots],
            }],
            readouts: vec![readout("line 2", Some(2)), readout("line 3", Some(3))],
            ..Spec::default()
        }
    }

    fn at(series: usize, point: usize) -> Option<Spot> {
        Some(Spot { panel: 0, series, point })
    }

    #[test]
    fn the_nearest_point_is_found_and_read() {
        let spec = spec();
        let layout = Layout::new(&spec, 600.0, 400.0);
        let near = |spot: Option<Spot>, (dx, dy): (f64, f64)| {
            let (x, y) = position(&spec, &layout, spot.expect("a spot")).expect("a place");
            nearest(&spec, &layout, (x + dx, y + dy))
        };
        assert_eq!(near(at(2, 1), (5.0, -8.0)), at(2, 1));
        assert_eq!(near(at(1, 2), (-3.0, 3.0)), at(1, 2));
        assert_eq!(near(at(1, 0), (0.0, 0.0)), at(2, 0), "an observation wins over the curve beside it");
        assert_eq!(near(at(2, 1), (100.0, -60.0)), None, "guides are not read");
        assert_eq!(readout(&spec, at(2, 1).expect("a spot")).expect("words").key, Some(3));
        let on_curve = readout(&spec, at(1, 2).expect("a spot")).expect("words");
        assert_eq!(on_curve.title, "arxiv, 7B");
        assert_eq!(on_curve.lines, ["tokens D: 10", "loss: 5"]);
        assert_eq!(readout(&spec, Spot { panel: 1, series: 0, point: 0 }), None);
        assert_eq!(position(&spec, &layout, at(1, 1).expect("a spot")), None);
    }

    #[test]
    fn steps_walk_every_point_and_end_at_the_ends() {
        let spec = spec();
        let mut walked = vec![step(&spec, None, Step::Next)];
        for _ in 0..5 {
            walked.push(step(&spec, *walked.last().expect("a spot"), Step::Next));
        }
        assert_eq!(walked, [at(1, 0), at(1, 2), at(2, 0), at(2, 1), at(2, 1), at(2, 1)]);
        assert_eq!(step(&spec, at(2, 0), Step::Previous), at(1, 2));
        assert_eq!(step(&spec, at(1, 0), Step::Previous), at(1, 0));
        assert_eq!(step(&spec, at(1, 2), Step::NextSeries), at(2, 0));
        assert_eq!(step(&spec, at(2, 1), Step::PreviousSeries), at(2, 0));
        assert_eq!(step(&spec, at(2, 0), Step::PreviousSeries), at(1, 0));
        assert_eq!(step(&Spec::default(), None, Step::Next), None);
    }

    #[test]
    fn a_grid_is_walked_last() {
        let mut spec = spec();
        let grid = Series::new("", Mark::Unseen, Hue::Ink, vec![(2.0, 2.0)]);
        spec.panels[0].series.insert(0, grid);
        assert_eq!(step(&spec, None, Step::Next), at(2, 0), "the curve");
        assert_eq!(step(&spec, at(3, 1), Step::Next), at(0, 0));
        assert_eq!(step(&spec, at(0, 0), Step::Previous), at(3, 1));
    }

    #[test]
    fn an_observation_is_found_again_by_its_line() {
        let spec = spec();
        assert_eq!(of_line(&spec, 0, 3), at(2, 1));
        assert_eq!(of_line(&spec, 0, 4), None);
        assert_eq!(of_line(&spec, 1, 3), None);
    }

    #[test]
    fn the_box_stays_in_the_figure() {
        assert_eq!(beside((100.0, 50.0), (600.0, 400.0), (200.0, 100.0)), (112.0, 62.0));
        assert_eq!(beside((500.0, 390.0), (600.0, 400.0), (200.0, 100.0)), (288.0, 278.0));
        assert_eq!(beside((150.0, 10.0), (300.0, 100.0), (200.0, 120.0)), (0.0, 0.0));
    }
}
