//! A chart on any plotters backend, by the backend's own lines, discs, polygons and texts.

use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, DrawingBackend, DrawingErrorKind, FontTransform};

use super::layout::{
    HEADING, HEADING_LINE, LEADER, MOST_OF_TURNED, Placed, TEXT, fitted, is_named_at_end, share, width_of,
};
use super::style::{Stroke, Text, dashes, hatches};
use super::theme::{N_KINDS, Rgb, opaque};
use super::{Axis, Frame, Hue, Layout, Mark, Panel, Scale, Series, Spec, Theme};
use crate::order::sort_by_number;

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

/// Length of a dash and of the gap after it.
const DASH: f64 = 5.0;
/// With more points than this the discs are translucent, so that crowds show.
const CROWD: usize = 200;
/// Half the size of a mark.
const MARK: f64 = 3.4;
/// Opacity of a band.
const BAND: f64 = 0.22;
/// Distance of the lines across an area whose hue another one has.
const HATCH: f64 = 7.0;
/// Opacity of these lines.
const HATCH_ALPHA: f64 = 0.7;
/// Shares along the sides of a triangle that have a rule.
const RULES: [f64; 4] = [0.2, 0.4, 0.6, 0.8];

/// Draws the chart.
///
/// # Errors
/// The backend's.
pub fn draw<DB: DrawingBackend>(
    spec: &Spec,
    backend: &mut DB,
    surface: Surface,
) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
    let size = (surface.width / surface.ratio, surface.height / surface.ratio);
    let layout = Layout::new(spec, size.0, size.1);
    let mut pen = Pen { backend, surface };
    pen.fill(&[(0.0, 0.0), (size.0, 0.0), size, (0.0, size.1)], opaque(surface.theme.ground))?;
    for (panel_idx, (panel, placed)) in spec.panels.iter().zip(&layout.panels).enumerate() {
        match &panel.frame {
            Frame::Plane { x, y } => pen.plane(panel, placed, x, y)?,
            Frame::Triangle { corners } => pen.triangle_ground(placed, corners)?,
        }
        for series in &panel.series {
            let places: Vec<(f64, f64)> =
                series.points.iter().map(|&point| layout.place(panel_idx, panel, point)).collect();
            match series.mark {
                Mark::Words => pen.words(series, &places, word_room(panel, placed))?,
                _ => pen.series(series, &places)?,
            }
        }
        if matches!(panel.frame, Frame::Triangle { .. }) {
            pen.triangle_rules(placed)?;
        }
        pen.ends(spec, &layout, panel_idx)?;
    }
    pen.heading(&layout)?;
    pen.legend(&layout)
}

/// The width that a word may have: that of a name's place.
fn word_room(panel: &Panel, placed: &Placed) -> f64 {
    match &panel.frame {
        Frame::Plane { x: Axis { scale: Scale::Names(names), .. }, .. } => {
            (placed.plot.right - placed.plot.left) / names.len().max(1) as f64
        }
        _ => f64::MAX,
    }
}

/// Takes places in CSS pixels.
struct Pen<'a, DB> {
    backend: &'a mut DB,
    surface: Surface,
}

type Drawn<DB> = Result<(), DrawingErrorKind<<DB as DrawingBackend>::ErrorType>>;

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn px(&self, css: f64) -> f64 {
        css * self.surface.ratio
    }

    /// In whole units of the backend.
    fn units(&self, (x, y): (f64, f64)) -> BackendCoord {
        (self.px(x).round() as i32, self.px(y).round() as i32)
    }

    /// The middle of the device pixel there.
    fn crisp(&self, at: f64) -> f64 {
        ((self.px(at) / self.surface.grain).floor() + 0.5) * self.surface.grain / self.surface.ratio
    }

    fn stroke(&self, color: BackendColor, width: f64) -> Stroke {
        Stroke { color, width: self.px(width).round().max(1.0) as u32 }
    }

    fn rule(&self) -> Stroke {
        self.stroke(opaque(self.surface.theme.rule), 1.0)
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &Stroke) -> Drawn<DB> {
        let (from, to) = (self.units(from), self.units(to));
        self.backend.draw_line(from, to, style)
    }

    fn path(&mut self, path: &[(f64, f64)], style: &Stroke) -> Drawn<DB> {
        let path: Vec<BackendCoord> = path.iter().map(|&place| self.units(place)).collect();
        self.backend.draw_path(path, style)
    }

    fn fill(&mut self, polygon: &[(f64, f64)], color: BackendColor) -> Drawn<DB> {
        let polygon: Vec<BackendCoord> = polygon.iter().map(|&place| self.units(place)).collect();
        self.backend.fill_polygon(polygon, &Stroke { color, width: 0 })
    }

    /// Title, rules, ticks and labels.
    fn plane(&mut self, panel: &Panel, placed: &Placed, x_axis: &Axis, y_axis: &Axis) -> Drawn<DB> {
        let (plot, cell) = (placed.plot, placed.cell);
        let (soft, ink, rule) = (self.surface.theme.soft, self.surface.theme.ink, self.rule());
        let is_named = |axis: &Axis| matches!(axis.scale, Scale::Names(_));
        for (value, text) in &placed.x_ticks {
            let x = place_along(x_axis, *value, plot.left, plot.right);
            if !is_named(x_axis) {
                let x = self.crisp(x);
                self.line((x, plot.top), (x, plot.bottom), &rule)?;
            }
            let room = if is_named(x_axis) { (plot.right - plot.left) / placed.x_ticks.len() as f64 } else { f64::MAX };
            let at = (x, plot.bottom + 6.0);
            if placed.turned {
                self.turned(&fitted(text, MOST_OF_TURNED), at, soft)?;
            } else {
                self.text(&fitted(text, room), at, HPos::Center, VPos::Top, soft)?;
            }
        }
        for (value, text) in &placed.y_ticks {
            let (from, to) = if is_named(y_axis) { (plot.top, plot.bottom) } else { (plot.bottom, plot.top) };
            let y = place_along(y_axis, *value, from, to);
            let rgb = if is_named(y_axis) { ink } else { soft };
            if !is_named(y_axis) {
                let y = self.crisp(y);
                self.line((plot.left, y), (plot.right, y), &rule)?;
            }
            let text = fitted(text, plot.left - cell.left - 6.0);
            self.text(&text, (plot.left - 6.0, y), HPos::Right, VPos::Center, rgb)?;
        }
        let mut top = cell.top + 2.0;
        if !panel.title.is_empty() {
            let title = fitted(&panel.title, cell.right - cell.left - 4.0);
            self.text(&title, (cell.left + 2.0, top), HPos::Left, VPos::Top, ink)?;
            top += 17.0;
        }
        self.text(&y_axis.label, (cell.left + 2.0, top), HPos::Left, VPos::Top, soft)?;
        self.text(&x_axis.label, (plot.right, cell.bottom - 3.0), HPos::Right, VPos::Bottom, soft)
    }

    /// The names at the corners.
    fn triangle_ground(&mut self, placed: &Placed, corners: &[String; 3]) -> Drawn<DB> {
        let (plot, cell, ink) = (placed.plot, placed.cell, self.surface.theme.ink);
        let middle = 0.5 * (plot.left + plot.right);
        let [top, left, right] = corners;
        let half = middle - cell.left;
        self.text(top, (middle, plot.top - 5.0), HPos::Center, VPos::Bottom, ink)?;
        self.text(&fitted(left, half), (cell.left + 2.0, plot.bottom + 22.0), HPos::Left, VPos::Top, ink)?;
        self.text(&fitted(right, half), (cell.right - 2.0, plot.bottom + 22.0), HPos::Right, VPos::Top, ink)
    }

    /// Sides and rules, over what fills the triangle; each side counts the corner that it leads to.
    fn triangle_rules(&mut self, placed: &Placed) -> Drawn<DB> {
        let plot = placed.plot;
        let at = |top: f64, left: f64| {
            let (width, height) = (plot.right - plot.left, plot.bottom - plot.top);
            (plot.left + width * (0.5 * top + 1.0 - top - left), plot.top + height * (1.0 - top))
        };
        let theme = self.surface.theme;
        let rule = self.stroke(BackendColor { rgb: theme.ground, alpha: 0.35 }, 1.0);
        let side = self.stroke(opaque(theme.soft), 1.0);
        for share in RULES {
            for (from, to) in [
                (at(share, 1.0 - share), at(share, 0.0)),
                (at(1.0 - share, share), at(0.0, share)),
                (at(1.0 - share, 0.0), at(0.0, 1.0 - share)),
            ] {
                self.path(&[from, to], &rule)?;
            }
            let text = format!("{} %", (100.0 * share).round());
            let (up, down) = (at(share, 1.0 - share), at(0.0, share));
            self.text(&text, (up.0 - 6.0, up.1), HPos::Right, VPos::Center, theme.soft)?;
            self.text(&text, (down.0, down.1 + 4.0), HPos::Center, VPos::Top, theme.soft)?;
            let right = at(1.0 - share, 0.0);
            self.text(&text, (right.0 + 6.0, right.1), HPos::Left, VPos::Center, theme.soft)?;
        }
        self.path(&[at(1.0, 0.0), at(0.0, 1.0), at(0.0, 0.0), at(1.0, 0.0)], &side)
    }

    fn series(&mut self, series: &Series, places: &[(f64, f64)]) -> Drawn<DB> {
        let n = series.points.len();
        let is_there = |place: &(f64, f64)| place.0.is_finite() && place.1.is_finite();
        let parts = places.split(|place| !is_there(place)).filter(|part| !part.is_empty());
        let color = self.surface.theme.color(series.hue, 1.0);
        match series.mark {
            Mark::Unseen | Mark::Words => Ok(()),
            Mark::Area => {
                // Its own outline closes the seam to the polygon beside it.
                let outline = self.stroke(color, 0.6);
                parts.into_iter().try_for_each(|part| {
                    self.fill(part, color)?;
                    let closed: Vec<(f64, f64)> = part.iter().chain(part.first()).copied().collect();
                    self.path(&closed, &outline)?;
                    self.hatch(part, series.hue)
                })
            }
            Mark::Band => {
                let color = self.surface.theme.color(series.hue, BAND);
                parts.into_iter().try_for_each(|part| self.fill(part, color))
            }
            Mark::Line => {
                let style = self.stroke(color, if series.hue == Hue::Ground { 1.0 } else { 2.0 });
                parts.into_iter().try_for_each(|part| self.path(part, &style))
            }
            Mark::Dashes => {
                let style = self.stroke(color, if series.hue == Hue::Guide { 1.0 } else { 2.0 });
                let dashes = parts.flat_map(|part| dashes(part, DASH));
                dashes.collect::<Vec<_>>().iter().try_for_each(|dash| self.path(dash, &style))
            }
            mark => {
                let crowded = matches!(mark, Mark::Dots | Mark::Squares) && n > CROWD;
                let alpha = if crowded { 0.45 } else { 1.0 };
                let color = self.surface.theme.color(series.hue, alpha);
                parts.flatten().try_for_each(|place| self.mark(mark, *place, color))
            }
        }
    }

    /// Lines across an area that has the hue of an earlier kind; the third and the fourth of a hue have others.
    fn hatch(&mut self, polygon: &[(f64, f64)], hue: Hue) -> Drawn<DB> {
        let Hue::Kind(kind) = hue else { return Ok(()) };
        let slopes: &[f64] = match kind / N_KINDS % 4 {
            0 => &[],
            1 => &[1.0],
            2 => &[-1.0],
            _ => &[1.0, -1.0],
        };
        let style = self.stroke(BackendColor { rgb: self.surface.theme.ground, alpha: HATCH_ALPHA }, 1.0);
        let lines: Vec<[(f64, f64); 2]> = slopes.iter().flat_map(|slope| hatches(polygon, HATCH, *slope)).collect();
        lines.iter().try_for_each(|line| self.path(line, &style))
    }

    /// Words, unless one is wider than its room.
    fn words(&mut self, series: &Series, places: &[(f64, f64)], room: f64) -> Drawn<DB> {
        if series.words.iter().any(|word| width_of(word, TEXT) > room) {
            return Ok(());
        }
        let rgb = self.surface.theme.rgb(series.hue);
        let mut words = series.words.iter().zip(places);
        words.try_for_each(|(word, place)| self.text(word, *place, HPos::Center, VPos::Center, rgb))
    }

    fn mark(&mut self, mark: Mark, (x, y): (f64, f64), color: BackendColor) -> Drawn<DB> {
        let (style, r) = (self.stroke(color, 1.5), MARK);
        match mark {
            Mark::Dots | Mark::Rings => {
                let filled = mark == Mark::Dots;
                let radius = self.px(if filled { 2.6 } else { r }).round() as u32;
                let centre = self.units((x, y));
                self.backend.draw_circle(centre, radius, &style, filled)
            }
            Mark::Squares => {
                let r = 2.4;
                self.fill(&[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], color)
            }
            Mark::Diamonds => {
                // With a rim of the ground, so that it stands out from what it lies on.
                let diamond = |r: f64| [(x, y - r), (x + r, y), (x, y + r), (x - r, y)];
                let ground = opaque(self.surface.theme.ground);
                self.fill(&diamond(2.0 * r + 2.5), ground)?;
                self.fill(&diamond(2.0 * r), color)
            }
            Mark::Crosses => {
                self.path(&[(x - r, y - r), (x + r, y + r)], &style)?;
                self.path(&[(x - r, y + r), (x + r, y - r)], &style)
            }
            Mark::Triangles => {
                let r = 1.2 * r;
                self.fill(&[(x, y - r), (x + r, y + 0.8 * r), (x - r, y + 0.8 * r)], color)
            }
            Mark::Pluses => {
                let (style, r) = (self.stroke(color, 2.0), 1.2 * r);
                self.path(&[(x - r, y), (x + r, y)], &style)?;
                self.path(&[(x, y - r), (x, y + r)], &style)
            }
            Mark::Frames => {
                let corners = [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x - r, y - r)];
                self.path(&corners, &style)
            }
            Mark::Line => self.path(&[(x - 7.0, y), (x + 7.0, y)], &self.stroke(color, 2.0)),
            Mark::Dashes => {
                let style = self.stroke(color, 2.0);
                self.path(&[(x - 7.0, y), (x - 2.0, y)], &style)?;
                self.path(&[(x + 2.0, y), (x + 7.0, y)], &style)
            }
            Mark::Area | Mark::Band | Mark::Unseen | Mark::Words => {
                self.fill(&[(x - 6.0, y - 4.5), (x + 6.0, y - 4.5), (x + 6.0, y + 4.5), (x - 6.0, y + 4.5)], color)
            }
        }
    }

    /// Names of lines and areas at their ends, pushed apart.
    fn ends(&mut self, spec: &Spec, layout: &Layout, panel_idx: usize) -> Drawn<DB> {
        let panel = &spec.panels[panel_idx];
        let plot = layout.panels[panel_idx].plot;
        let named = panel.series.iter().filter(|series| !series.label.is_empty());
        let mut ends: Vec<(f64, f64, &Series)> = named
            .filter(|series| is_named_at_end(spec, panel, series))
            .filter_map(|series| {
                let end = end_height(layout, panel_idx, panel, series)?;
                Some((end, end, series))
            })
            .collect();
        sort_by_number(&mut ends, |(end, ..)| *end);
        let spacing = TEXT * 1.15;
        for end_idx in 1..ends.len() {
            ends[end_idx].0 = ends[end_idx].0.max(ends[end_idx - 1].0 + spacing);
        }
        let mut limit = plot.bottom;
        for (y, end, series) in ends.into_iter().rev() {
            let y = y.min(limit);
            limit = y - spacing;
            let theme = self.surface.theme;
            let rgb = if series.hue == Hue::Beyond { theme.rgb(Hue::Beyond) } else { theme.ink };
            // Names that were pushed apart still hang on what they name.
            let leader = self.stroke(self.surface.theme.color(series.hue, 1.0), 1.5);
            self.path(&[(plot.right + 1.0, end), (plot.right + LEADER - 3.0, y)], &leader)?;
            self.text(&series.label, (plot.right + LEADER, y), HPos::Left, VPos::Center, rgb)?;
        }
        Ok(())
    }

    fn legend(&mut self, layout: &Layout) -> Drawn<DB> {
        for item in &layout.legend {
            let alpha = if item.mark == Mark::Band { BAND } else { 1.0 };
            let color = self.surface.theme.color(item.hue, alpha);
            let (x, y) = item.at;
            self.mark(item.mark, (x + 8.0, y + TEXT / 2.0), color)?;
            self.text(&item.label, (x + 20.0, y), HPos::Left, VPos::Top, self.surface.theme.ink)?;
        }
        Ok(())
    }

    fn heading(&mut self, layout: &Layout) -> Drawn<DB> {
        for (at, line) in layout.heading.iter().enumerate() {
            let place = (2.0, 2.0 + HEADING_LINE * at as f64);
            self.set(line, place, self.style(HEADING, Pos::new(HPos::Left, VPos::Top), self.surface.theme.ink))?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str, at: (f64, f64), h_pos: HPos, v_pos: VPos, rgb: Rgb) -> Drawn<DB> {
        self.set(text, at, self.style(TEXT, Pos::new(h_pos, v_pos), rgb))
    }

    /// A text that reads upwards and ends there.
    fn turned(&mut self, text: &str, at: (f64, f64), rgb: Rgb) -> Drawn<DB> {
        let style = self.style(TEXT, Pos::new(HPos::Right, VPos::Center), rgb);
        self.set(text, at, Text { transform: FontTransform::Rotate270, ..style })
    }

    fn style(&self, size: f64, anchor: Pos, rgb: Rgb) -> Text {
        Text { color: opaque(rgb), size: self.px(size), anchor, transform: FontTransform::None }
    }

    fn set(&mut self, text: &str, at: (f64, f64), style: Text) -> Drawn<DB> {
        if text.is_empty() {
            return Ok(());
        }
        let at = self.units(at);
        self.backend.draw_text(text, &style, at)
    }
}

/// Where a series ends: a line at its last point, an area in the middle of its edge.
fn end_height(layout: &Layout, panel_idx: usize, panel: &Panel, series: &Series) -> Option<f64> {
    let places = series.points.iter().map(|&point| layout.place(panel_idx, panel, point));
    let places: Vec<(f64, f64)> = places.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    if series.mark.is_line() {
        return places.last().map(|(_, y)| *y);
    }
    let edge = places.iter().map(|(x, _)| *x).fold(f64::NEG_INFINITY, f64::max);
    let heights = places.iter().filter(|(x, _)| *x >= edge - 0.5).map(|(_, y)| *y);
    let (low, high) =
        heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high): (f64, f64), y| (low.min(y), high.max(y)));
    (low <= high).then_some(0.5 * (low + high))
}

fn place_along(axis: &Axis, value: f64, from: f64, to: f64) -> f64 {
    from + (to - from) * share(axis, value)
}
