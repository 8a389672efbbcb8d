//! Strokes, texts and broken lines, as backends ask for them.

use std::convert::Infallible;

use plotters_backend::text_anchor::Pos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, FontFamily, FontStyle, FontTransform,
};

use super::layout::width_of;
use crate::order::sort_by_number;

/// Cuts a line into pieces of `length` with gaps as long.
pub(super) fn dashes(line: &[(f64, f64)], length: f64) -> Vec<Vec<(f64, f64)>> {
    let mut dashes: Vec<Vec<(f64, f64)>> = vec![line.first().copied().into_iter().collect()];
    let (mut left, mut drawing) = (length, true);
    for pair in line.windows(2) {
        let [mut from, to] = [pair[0], pair[1]];
        loop {
            let distance = (to.0 - from.0).hypot(to.1 - from.1);
            let ends = distance > left;
            let at = if ends {
                let part = left / distance;
                (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1))
            } else {
                to
            };
            if drawing && let Some(dash) = dashes.last_mut() {
                dash.push(at);
            }
            if !ends {
                left -= distance;
                break;
            }
            drawing = !drawing;
            left = length;
            from = at;
            if drawing {
                dashes.push(vec![at]);
            }
        }
    }
    dashes.retain(|dash| dash.len() > 1);
    dashes
}

/// Lines across a polygon, `spacing` apart, that rise or fall with the sign of `slope`.
pub(super) fn hatches(polygon: &[(f64, f64)], spacing: f64, slope: f64) -> Vec<[(f64, f64); 2]> {
    // Along a line, y + slope x stays.
    let height = |&(x, y): &(f64, f64)| y + slope * x;
    let heights = || polygon.iter().map(height);
    let (low, high) = (heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max));
    let mut hatches: Vec<[(f64, f64); 2]> = Vec::new();
    let (first, last) = ((low / spacing).ceil() as i64, (high / spacing).floor() as i64);
    for at in first..=last {
        let level = at as f64 * spacing;
        let edges = polygon.iter().zip(polygon.iter().cycle().skip(1));
        let mut crossings: Vec<(f64, f64)> = edges
            .filter(|(from, to)| (height(from) < level) != (height(to) < level))
            .map(|(from, to)| {
                let part = (level - height(from)) / (height(to) - height(from));
                (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1))
            })
            .collect();
        sort_by_number(&mut crossings, |(x, _)| *x);
        hatches.extend(crossings.as_chunks::<2>().0);
    }
    // One that only touches a corner has no length.
    hatches.retain(|[from, to]| from != to);
    hatches
}

/// A colour and a width.
pub(super) struct Stroke {
    pub color: BackendColor,
    pub width: u32,
}

impl BackendStyle for Stroke {
    fn color(&self) -> BackendColor {
        self.color
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

/// How a text is set.
pub(super) struct Text {
    pub color: BackendColor,
    pub size: f64,
    pub anchor: Pos,
    pub transform: FontTransform,
}

impl BackendTextStyle for Text {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        self.color
    }

    fn size(&self) -> f64 {
        self.size
    }

    fn transform(&self) -> FontTransform {
        self.transform.clone()
    }

    fn style(&self) -> FontStyle {
        FontStyle::Normal
    }

    fn anchor(&self) -> Pos {
        self.anchor
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::SansSerif
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        Ok(((0, 0), (width_of(text, self.size) as i32, (1.2 * self.size) as i32)))
    }

    /// Backends that paint text by its pixels paint none: canvas and SVG have texts of their own.
    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _text: &str,
        _pos: BackendCoord,
        _draw: F,
    ) -> Result<Result<(), E>, Infallible> {
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hatches_cross_a_polygon_from_side_to_side() {
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        for slope in [1.0, -1.0] {
            let hatches = hatches(&square, 4.0, slope);
            assert!(hatches.len() >= 4, "{hatches:?}");
            for [from, to] in hatches {
                let rises = (to.1 - from.1) / (to.0 - from.0);
                assert!((rises + slope).abs() < 1e-9, "{from:?} {to:?}");
                for (x, y) in [from, to] {
                    assert!([0.0, 10.0].contains(&x) || [0.0, 10.0].contains(&y), "{x} {y} is on no side");
                }
            }
        }
    }

    #[test]
    fn dashes_have_gaps_of_their_length() {
        assert_eq!(
            dashes(&[(0.0, 0.0), (7.0, 0.0), (11.0, 0.0)], 5.0),
            [vec![(0.0, 0.0), (5.0, 0.0)], vec![(10.0, 0.0), (11.0, 0.0)]]
        );
    }
}
