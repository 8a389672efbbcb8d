//! A chart on any plotters backend, by the backend's own lines, discs and texts.

use std::convert::Infallible;

use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontFamily,
    FontStyle, FontTransform,
};

use super::ticks::ticks;
use super::{Axis, Hue, Mark, Series, Spec};

/// Colours for light or dark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    ink: (u8, u8, u8),
    soft: (u8, u8, u8),
    rule: (u8, u8, u8),
    data: (u8, u8, u8),
    beyond: (u8, u8, u8),
    ordered: [(u8, u8, u8); 2],
}

impl Theme {
    /// On white.
    pub const LIGHT: Self = Self {
        ink: (22, 25, 29),
        soft: (85, 92, 102),
        rule: (222, 224, 219),
        data: (0, 114, 178),
        beyond: (179, 89, 0),
        ordered: [(62, 142, 200), (8, 48, 107)],
    };
    /// On near black.
    pub const DARK: Self = Self {
        ink: (230, 232, 234),
        soft: (163, 171, 180),
        rule: (44, 51, 58),
        data: (86, 165, 218),
        beyond: (224, 140, 60),
        ordered: [(70, 132, 184), (206, 230, 251)],
    };

    fn color(&self, hue: Hue) -> BackendColor {
        let rgb = match hue {
            Hue::Guide => self.soft,
            Hue::Data => self.data,
            Hue::Beyond => self.beyond,
            Hue::Ordered(share) => {
                let [from, to] = self.ordered;
                let between = |from: u8, to: u8| (f64::from(from) + share * (f64::from(to) - f64::from(from))) as u8;
                (between(from.0, to.0), between(from.1, to.1), between(from.2, to.2))
            }
        };
        BackendColor { rgb, alpha: 1.0 }
    }
}

/// What is drawn on. Backends count in whole units, so that a fine curve needs units smaller than a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surface {
    /// Width in units.
    pub width: f64,
    /// Height in units.
    pub height: f64,
    /// Units per CSS pixel: sizes of text and strokes are in the latter.
    pub ratio: f64,
    /// Units per device pixel: straight rules are set into the middle of one.
    pub grain: f64,
    /// Colours.
    pub theme: Theme,
}

/// Size of text, in CSS pixels.
const TEXT: f64 = 12.0;
/// Margins around the plot: left for labels of losses, right for names of curves.
const LEFT: f64 = 46.0;
const RIGHT_OF_CURVES: f64 = 50.0;
const RIGHT_OF_POINTS: f64 = 18.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 40.0;
/// Pixels of axis per tick.
const TICK_EVERY: f64 = 56.0;
/// Length of a dash and of the gap after it.
const DASH: f64 = 5.0;
/// With more points than this the discs are translucent, so that crowds show.
const CROWD: usize = 200;

/// Draws the chart.
///
/// # Errors
/// The backend's.
pub fn draw<DB: DrawingBackend>(
    spec: &Spec,
    backend: &mut DB,
    surface: Surface,
) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
    let has_curves = spec.series.iter().any(|series| is_line(series) && !series.label.is_empty());
    let right = if has_curves { RIGHT_OF_CURVES } else { RIGHT_OF_POINTS };
    let mut pen = Pen { backend, surface, right, x: &spec.x, y: &spec.y };
    pen.grid()?;
    for series in &spec.series {
        pen.series(series)?;
    }
    pen.labels(&spec.series)
}

struct Pen<'a, DB> {
    backend: &'a mut DB,
    surface: Surface,
    /// Margin for the names of curves, in CSS pixels.
    right: f64,
    x: &'a Axis,
    y: &'a Axis,
}

type Drawn<DB> = Result<(), DrawingErrorKind<<DB as DrawingBackend>::ErrorType>>;

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn px(&self, css: f64) -> f64 {
        css * self.surface.ratio
    }

    fn left(&self) -> f64 {
        self.px(LEFT)
    }

    fn right(&self) -> f64 {
        self.surface.width - self.px(self.right)
    }

    fn top(&self) -> f64 {
        self.px(TOP)
    }

    fn bottom(&self) -> f64 {
        self.surface.height - self.px(BOTTOM)
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.left() + share(self.x, x) * (self.right() - self.left()),
            self.bottom() - share(self.y, y) * (self.bottom() - self.top()),
        )
    }

    /// The middle of the device pixel there.
    fn middle(&self, at: f64) -> f64 {
        ((at / self.surface.grain).floor() + 0.5) * self.surface.grain
    }

    fn grid(&mut self) -> Drawn<DB> {
        let (left, right, top, bottom) = (self.left(), self.right(), self.top(), self.bottom());
        let rule = stroke(self.surface.theme.rule, self.px(1.0));
        let ink = self.surface.theme.soft;
        let every = self.px(TICK_EVERY);
        let ticks_on = |length: f64| (length / every).clamp(3.0, 9.0) as usize;
        for (value, text) in ticks(self.x.range, self.x.log, ticks_on(right - left)) {
            let x = self.middle(self.place((value, self.y.range.0)).0);
            self.backend.draw_line(whole((x, top)), whole((x, bottom)), &rule)?;
            self.text(&text, (x, bottom + self.px(6.0)), HPos::Center, VPos::Top, ink)?;
        }
        for (value, text) in ticks(self.y.range, self.y.log, ticks_on(bottom - top)) {
            let y = self.middle(self.place((self.x.range.0, value)).1);
            self.backend.draw_line(whole((left, y)), whole((right, y)), &rule)?;
            self.text(&text, (left - self.px(6.0), y), HPos::Right, VPos::Center, ink)?;
        }
        let (x_label, y_label) = (self.x.label.clone(), self.y.label.clone());
        self.text(&x_label, (right, self.surface.height - self.px(4.0)), HPos::Right, VPos::Bottom, ink)?;
        self.text(&y_label, (self.px(2.0), self.px(4.0)), HPos::Left, VPos::Top, ink)
    }

    fn series(&mut self, series: &Series) -> Drawn<DB> {
        let places: Vec<(f64, f64)> = series.points.iter().map(|&point| self.place(point)).collect();
        let mut color = self.surface.theme.color(series.hue);
        match series.mark {
            Mark::Dots | Mark::Rings => {
                let filled = series.mark == Mark::Dots;
                if filled && places.len() > CROWD {
                    color.alpha = 0.45;
                }
                let radius = self.px(if filled { 2.4 } else { 3.4 }).round() as u32;
                let style = Stroke { color, width: self.px(1.5).round() as u32 };
                places.into_iter().try_for_each(|place| self.backend.draw_circle(whole(place), radius, &style, filled))
            }
            Mark::Line => {
                let style = Stroke { color, width: self.px(2.0).round() as u32 };
                self.backend.draw_path(places.into_iter().map(whole), &style)
            }
            Mark::Dashes => {
                let guide = series.hue == Hue::Guide;
                let style = Stroke { color, width: self.px(if guide { 1.0 } else { 2.0 }).round() as u32 };
                let dashes = dashes(&places, self.px(DASH));
                dashes.into_iter().try_for_each(|dash| self.backend.draw_path(dash.into_iter().map(whole), &style))
            }
        }
    }

    /// Names of lines at their ends, pushed apart; names of points in a row above.
    fn labels(&mut self, series: &[Series]) -> Drawn<DB> {
        let named = || series.iter().filter(|series| !series.label.is_empty() && !series.points.is_empty());
        let mut ends: Vec<(f64, &Series)> = named()
            .filter(|series| is_line(series))
            .filter_map(|series| Some((self.place(*series.points.last()?).1, series)))
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let spacing = self.px(TEXT * 1.1);
        for end_idx in 1..ends.len() {
            ends[end_idx].0 = ends[end_idx].0.max(ends[end_idx - 1].0 + spacing);
        }
        let mut limit = self.bottom();
        for (y, series) in ends.into_iter().rev() {
            let y = y.min(limit);
            limit = y - spacing;
            let theme = self.surface.theme;
            let rgb = if series.hue == Hue::Beyond { theme.beyond } else { theme.ink };
            self.text(&series.label, (self.right() + self.px(6.0), y), HPos::Left, VPos::Center, rgb)?;
        }
        let mut x = self.right();
        for series in named().filter(|series| !is_line(series)).collect::<Vec<_>>().into_iter().rev() {
            let ink = self.surface.theme.ink;
            self.text(&series.label, (x, self.px(4.0)), HPos::Right, VPos::Top, ink)?;
            x -= self.px(width_of(&series.label, TEXT) + 8.0);
            let style = Stroke { color: self.surface.theme.color(series.hue), width: self.px(1.5).round() as u32 };
            let (centre, radius) = ((x, self.px(4.0 + TEXT / 2.0)), self.px(3.4).round() as u32);
            self.backend.draw_circle(whole(centre), radius, &style, series.mark == Mark::Dots)?;
            x -= self.px(16.0);
        }
        Ok(())
    }

    fn text(&mut self, text: &str, at: (f64, f64), h_pos: HPos, v_pos: VPos, rgb: (u8, u8, u8)) -> Drawn<DB> {
        let style =
            Text { color: BackendColor { rgb, alpha: 1.0 }, size: self.px(TEXT), anchor: Pos::new(h_pos, v_pos) };
        self.backend.draw_text(text, &style, whole(at))
    }
}

fn is_line(series: &Series) -> bool {
    matches!(series.mark, Mark::Line | Mark::Dashes)
}

/// How far along the axis the value lies, from 0 to 1.
fn share(axis: &Axis, value: f64) -> f64 {
    let (low, high) = axis.range;
    if axis.log { (value / low).ln() / (high / low).ln() } else { (value - low) / (high - low) }
}

fn whole((x, y): (f64, f64)) -> BackendCoord {
    (x.round() as i32, y.round() as i32)
}

/// Cuts a line into pieces of `length` with gaps as long.
fn dashes(line: &[(f64, f64)], length: f64) -> Vec<Vec<(f64, f64)>> {
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

/// About how wide a text is; the same on every machine.
fn width_of(text: &str, size: f64) -> f64 {
    0.56 * size * text.chars().count() as f64
}

fn stroke(rgb: (u8, u8, u8), width: f64) -> Stroke {
    Stroke { color: BackendColor { rgb, alpha: 1.0 }, width: width.round().max(1.0) as u32 }
}

struct Stroke {
    color: BackendColor,
    width: u32,
}

impl BackendStyle for Stroke {
    fn color(&self) -> BackendColor {
        self.color
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

struct Text {
    color: BackendColor,
    size: f64,
    anchor: Pos,
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
        FontTransform::None
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
    fn dashes_have_gaps_of_their_length() {
        assert_eq!(
            dashes(&[(0.0, 0.0), (7.0, 0.0), (11.0, 0.0)], 5.0),
            [vec![(0.0, 0.0), (5.0, 0.0)], vec![(10.0, 0.0), (11.0, 0.0)]]
        );
    }
}
