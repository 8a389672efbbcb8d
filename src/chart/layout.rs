//! Where everything of a chart lies, in CSS pixels.

use super::ticks::ticks;
use super::{Axis, Frame, Hue, Mark, Panel, Scale, Series, Spec};

/// Size of text.
pub(super) const TEXT: f64 = 12.0;
/// Height of a line of text.
const LINE: f64 = 17.0;
/// Size of the heading.
pub(super) const HEADING: f64 = 14.0;
/// Height of a line of it.
pub(super) const HEADING_LINE: f64 = 20.0;
/// Turned names are cut to this length.
pub(super) const MOST_OF_TURNED: f64 = 100.0;
/// Room between a label and what it belongs to.
const GAP: f64 = 6.0;
/// Room at an edge without labels.
const EDGE: f64 = 14.0;
/// Length of an axis per tick.
const TICK_EVERY: f64 = 56.0;
/// Height per name on a vertical axis.
const NAME_HEIGHT: f64 = 22.0;
/// Least width of one of several panels.
const PANEL_WIDTH: f64 = 250.0;
/// Height of one of several panels, with its title and ticks.
const PANEL_HEIGHT: f64 = 190.0;
/// Names on an axis take at most this share of the width.
const MOST_OF_NAMES: f64 = 0.38;
/// From the end of a line or an area to its name.
pub(super) const LEADER: f64 = 9.0;
/// Height of a triangle of side 1.
const TRIANGLE: f64 = 0.866;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

/// Where a panel lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    /// With titles and labels.
    pub cell: Rect,
    /// What its axes enclose.
    pub plot: Rect,
    /// Values and texts of the ticks.
    pub x_ticks: Vec<(f64, String)>,
    pub y_ticks: Vec<(f64, String)>,
    /// Whether names below are turned, as they are wider than their places.
    pub turned: bool,
}

/// A name with its mark.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LegendItem {
    pub at: (f64, f64),
    pub label: String,
    pub mark: Mark,
    pub hue: Hue,
}

/// Where everything of a chart lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Size of the whole.
    pub size: (f64, f64),
    pub(super) panels: Vec<Placed>,
    pub(super) legend: Vec<LegendItem>,
    /// Lines of the heading.
    pub(super) heading: Vec<String>,
}

/// The height that a chart wants at a width.
pub fn height_for(spec: &Spec, width: f64) -> f64 {
    let (_, heading) = heading(spec, width);
    let (_, legend) = legend(spec, width, heading);
    heading + legend + rows(spec, width).iter().map(|(_, height)| height).sum::<f64>()
}

/// Rows of panels, each with their positions and its height.
fn rows(spec: &Spec, width: f64) -> Vec<(Vec<usize>, f64)> {
    let n = spec.panels.len();
    let columns = ((width / PANEL_WIDTH) as usize).clamp(1, n.max(1));
    let positions: Vec<usize> = (0..n).collect();
    let row = |row: &[usize]| {
        let heights = row.iter().map(|&at| wanted_height(&spec.panels[at], width / columns as f64, n == 1));
        (row.to_vec(), heights.fold(0.0, f64::max))
    };
    positions.chunks(columns).map(row).collect()
}

fn wanted_height(panel: &Panel, width: f64, alone: bool) -> f64 {
    match &panel.frame {
        Frame::Plane { y: Axis { scale: Scale::Names(names), .. }, x } => {
            names.len() as f64 * NAME_HEIGHT + head(panel) + foot(x, width)
        }
        Frame::Plane { .. } if alone => (0.62 * width).clamp(250.0, 400.0),
        Frame::Plane { .. } => PANEL_HEIGHT,
        Frame::Triangle { .. } => (TRIANGLE * (width - 2.0 * EDGE)).min(400.0) + 4.0 * LINE,
    }
}

/// Height above the plot.
fn head(panel: &Panel) -> f64 {
    let labelled = matches!(&panel.frame, Frame::Plane { y, .. } if !y.label.is_empty());
    let lines = f64::from(u8::from(!panel.title.is_empty())) + f64::from(u8::from(labelled));
    lines * LINE + if lines > 0.0 { GAP } else { EDGE }
}

/// Height below the plot.
fn foot(x: &Axis, width: f64) -> f64 {
    let ticks = if is_turned(x, width) { widest(x).min(MOST_OF_TURNED) } else { LINE };
    GAP + ticks + if x.label.is_empty() { GAP } else { LINE }
}

/// Whether the names on an axis are wider than their places in a panel of that width.
fn is_turned(x: &Axis, width: f64) -> bool {
    let Scale::Names(names) = &x.scale else { return false };
    widest(x) > (1.0 - MOST_OF_NAMES) * width / names.len().max(1) as f64
}

/// The width of an axis's longest name.
fn widest(axis: &Axis) -> f64 {
    let Scale::Names(names) = &axis.scale else { return 0.0 };
    names.iter().map(|name| width_of(name, TEXT)).fold(0.0, f64::max)
}

/// The heading in lines that fit the width, and its height.
fn heading(spec: &Spec, width: f64) -> (Vec<String>, f64) {
    let mut lines: Vec<String> = Vec::new();
    for word in spec.heading.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line} {word}"), HEADING) <= width - 4.0 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    let height = if lines.is_empty() { 0.0 } else { lines.len() as f64 * HEADING_LINE + GAP };
    (lines, height)
}

/// The legend, each item once, in rows that are as wide as the chart, from `top`; and its height.
fn legend(spec: &Spec, width: f64, top: f64) -> (Vec<LegendItem>, f64) {
    let mut items: Vec<LegendItem> = Vec::new();
    let (mut x, mut y) = (0.0, top + 4.0);
    for panel in &spec.panels {
        for series in panel.series.iter().filter(|series| !series.points.is_empty() && !series.label.is_empty()) {
            // A curve may be solid in one panel and broken in another.
            let is_same = |a: Mark, b: Mark| a == b || a.is_line() && b.is_line();
            let known = |item: &LegendItem| item.label == series.label && is_same(item.mark, series.mark);
            if is_named_at_end(spec, panel, series) || items.iter().any(known) {
                continue;
            }
            let length = 20.0 + width_of(&series.label, TEXT) + 14.0;
            if x > 0.0 && x + length > width {
                (x, y) = (0.0, y + LINE);
            }
            items.push(LegendItem { at: (x, y), label: series.label.clone(), mark: series.mark, hue: series.hue });
            x += length;
        }
    }
    let height = if items.is_empty() { 0.0 } else { y - top + LINE + GAP };
    (items, height)
}

/// Whether a series has its name at its end: lines and areas of a chart of one panel that is no map.
pub(super) fn is_named_at_end(spec: &Spec, panel: &Panel, series: &Series) -> bool {
    let counted = matches!(&panel.frame, Frame::Plane { y, .. } if !matches!(y.scale, Scale::Names(_)));
    let is_map = panel.series.iter().any(|series| matches!(series.hue, Hue::Level(_)));
    counted && !is_map && spec.panels.len() == 1 && (series.mark.is_line() || series.mark == Mark::Area)
}

impl Layout {
    /// Lays the chart out on that size.
    pub fn new(spec: &Spec, width: f64, height: f64) -> Self {
        let (heading, heading_height) = heading(spec, width);
        let (legend, legend_height) = legend(spec, width, heading_height);
        let rows = rows(spec, width);
        let wanted: f64 = rows.iter().map(|(_, height)| height).sum();
        let mut top = heading_height + legend_height;
        let stretch = ((height - top) / wanted).max(0.1);
        let mut panels = Vec::new();
        let columns = rows.first().map_or(1, |(row, _)| row.len()) as f64;
        for (row, row_height) in rows {
            let bottom = top + row_height * stretch;
            for (column, at) in row.into_iter().enumerate() {
                let (left, right) = (width * column as f64 / columns, width * (column + 1) as f64 / columns);
                panels.push(Placed::new(spec, &spec.panels[at], Rect { left, top, right, bottom }));
            }
            top = bottom;
        }
        Self { size: (width, height), panels, legend, heading }
    }

    /// Where a point of a panel lies.
    pub(super) fn place(&self, panel_idx: usize, panel: &Panel, (x, y): (f64, f64)) -> (f64, f64) {
        let plot = self.panels[panel_idx].plot;
        let (width, height) = (plot.right - plot.left, plot.bottom - plot.top);
        match &panel.frame {
            Frame::Plane { x: x_axis, y: y_axis } => {
                let up = share(y_axis, y);
                let down = if matches!(y_axis.scale, Scale::Names(_)) { up } else { 1.0 - up };
                (plot.left + width * share(x_axis, x), plot.top + height * down)
            }
            Frame::Triangle { .. } => {
                let right = 1.0 - x - y;
                (plot.left + width * (0.5 * x + right), plot.top + height * (1.0 - x))
            }
        }
    }
}

impl Placed {
    fn new(spec: &Spec, panel: &Panel, cell: Rect) -> Self {
        match &panel.frame {
            Frame::Plane { x, y } => Self::plane(spec, panel, cell, x, y),
            Frame::Triangle { .. } => {
                let (room_x, room_y) = (cell.right - cell.left - 2.0 * EDGE, cell.bottom - cell.top - 4.0 * LINE);
                let side = room_x.min(room_y / TRIANGLE).max(1.0);
                let middle = 0.5 * (cell.left + cell.right);
                let top = cell.top + 1.5 * LINE;
                let plot =
                    Rect { left: middle - 0.5 * side, top, right: middle + 0.5 * side, bottom: top + TRIANGLE * side };
                Self { cell, plot, x_ticks: Vec::new(), y_ticks: Vec::new(), turned: false }
            }
        }
    }

    fn plane(spec: &Spec, panel: &Panel, cell: Rect, x: &Axis, y: &Axis) -> Self {
        let top = cell.top + head(panel);
        let turned = is_turned(x, cell.right - cell.left);
        let bottom = (cell.bottom - foot(x, cell.right - cell.left)).max(top + 1.0);
        let y_ticks = axis_ticks(y, bottom - top);
        let widest = y_ticks.iter().map(|(_, text)| width_of(text, TEXT)).fold(0.0, f64::max);
        let left = cell.left + widest.min(MOST_OF_NAMES * (cell.right - cell.left)) + 2.0 * GAP;
        let ends = panel.series.iter().filter(|series| is_named_at_end(spec, panel, series));
        let names = ends.map(|series| width_of(&series.label, TEXT) + LEADER + GAP).fold(0.0, f64::max);
        // Half of the last tick's text stands beyond the end.
        let right = (cell.right - names.max(EDGE + GAP)).max(left + 1.0);
        let plot = Rect { left, top, right, bottom };
        Self { cell, plot, x_ticks: axis_ticks(x, right - left), y_ticks, turned }
    }
}

fn axis_ticks(axis: &Axis, length: f64) -> Vec<(f64, String)> {
    let most = (length / TICK_EVERY).clamp(3.0, 9.0) as usize;
    let minus = |(value, text): (f64, String)| (value, text.replace('-', "−"));
    match &axis.scale {
        Scale::Linear => ticks(axis.range, false, most).into_iter().map(minus).collect(),
        Scale::Log => ticks(axis.range, true, most),
        Scale::Share => {
            let percent = ticks((100.0 * axis.range.0, 100.0 * axis.range.1), false, most);
            percent.into_iter().map(|(value, text)| (value / 100.0, format!("{text} %"))).collect()
        }
        Scale::Names(names) => names.iter().enumerate().map(|(at, name)| (at as f64, name.clone())).collect(),
    }
}

/// How far along the axis the value lies, from 0 to 1.
pub(super) fn share(axis: &Axis, value: f64) -> f64 {
    let (low, high) = axis.range;
    if axis.scale == Scale::Log { (value / low).ln() / (high / low).ln() } else { (value - low) / (high - low) }
}

/// About how wide a text is; the same on every machine.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    text.chars().map(|c| width_of_char(c, size)).sum()
}

fn width_of_char(c: char, size: f64) -> f64 {
    size * if matches!(c, 'm' | 'w' | 'M' | 'W' | '%' | '…') { 0.95 } else { 0.6 }
}

/// The text, or as much of it as has room; one letter always has.
pub(super) fn fitted(text: &str, room: f64) -> String {
    if width_of(text, TEXT) <= room.max(TEXT) {
        return text.to_string();
    }
    let mut left = room - width_of_char('…', TEXT);
    let kept = text.chars().enumerate().take_while(|&(at, c)| {
        left -= width_of_char(c, TEXT);
        at == 0 || left >= 0.0
    });
    kept.map(|(_, c)| c).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(scale: Scale, label: &str) -> Panel {
        let axis = |scale, label: &str| Axis { label: label.into(), range: (1.0, 3.0), scale };
        let series = |label: &str, mark| Series::new(label, mark, Hue::Data, vec![(1.0, 1.0), (3.0, 3.0)]);
        Panel {
            title: String::new(),
            frame: Frame::Plane { x: axis(Scale::Linear, ""), y: axis(scale, label) },
            series: vec![series("curve", Mark::Line), series("seen", Mark::Dots)],
        }
    }

    #[test]
    fn corners_of_the_range_are_corners_of_the_plot() {
        let spec = Spec { panels: vec![plane(Scale::Linear, "loss")], ..Spec::default() };
        let layout = Layout::new(&spec, 600.0, 400.0);
        let plot = layout.panels[0].plot;
        assert_eq!(layout.place(0, &spec.panels[0], (1.0, 1.0)), (plot.left, plot.bottom));
        assert_eq!(layout.place(0, &spec.panels[0], (3.0, 3.0)), (plot.right, plot.top));
        let names: Vec<&str> = layout.legend.iter().map(|item| item.label.as_str()).collect();
        assert_eq!(names, ["seen"], "a line has its name at its end");
        assert!(plot.top > 17.0 && plot.right < 570.0, "{plot:?}");
    }

    #[test]
    fn corners_of_a_triangle_are_pure() {
        let corners = ["a", "b", "c"].map(String::from);
        let panel = Panel { title: String::new(), frame: Frame::Triangle { corners }, series: Vec::new() };
        let spec = Spec { panels: vec![panel], ..Spec::default() };
        let layout = Layout::new(&spec, 400.0, height_for(&spec, 400.0));
        let plot = layout.panels[0].plot;
        let at = |a, b| layout.place(0, &spec.panels[0], (a, b));
        assert_eq!(at(1.0, 0.0), ((plot.left + plot.right) / 2.0, plot.top));
        assert_eq!(at(0.0, 1.0), (plot.left, plot.bottom));
        assert_eq!(at(0.0, 0.0), (plot.right, plot.bottom));
        assert!(((plot.bottom - plot.top) / (plot.right - plot.left) - TRIANGLE).abs() < 1e-12);
    }

    #[test]
    fn panels_fill_the_width_and_name_their_series_once() {
        let spec = Spec { panels: vec![plane(Scale::Linear, ""); 5], ..Spec::default() };
        for (width, columns) in [(320.0, 1), (640.0, 2), (1300.0, 5)] {
            let layout = Layout::new(&spec, width, height_for(&spec, width));
            let in_first_row = layout.panels.iter().filter(|panel| panel.cell.top == layout.panels[0].cell.top);
            assert_eq!(in_first_row.count(), columns);
            assert_eq!(layout.legend.len(), 2);
            let last = layout.panels.last().expect("panels").cell;
            assert!((last.bottom - layout.size.1).abs() < 1e-9, "{last:?}");
        }
    }

    #[test]
    fn names_below_are_turned_where_they_are_wider_than_their_places() {
        let names = Axis::of_names(["arxiv", "stackexchange", "wikipedia"].map(String::from).to_vec());
        let mut panel = plane(Scale::Names(vec!["a".into(); 4]), "");
        panel.frame = Frame::Plane { x: names.clone(), y: names };
        let spec = Spec { panels: vec![panel], ..Spec::default() };
        let foot = |width: f64| {
            let layout = Layout::new(&spec, width, height_for(&spec, width));
            (layout.panels[0].turned, layout.size.1 - layout.panels[0].plot.bottom)
        };
        let (narrow, wide) = (foot(320.0), foot(900.0));
        assert!(narrow.0 && !wide.0, "{narrow:?} {wide:?}");
        assert!(narrow.1 > wide.1 + 60.0, "{narrow:?} {wide:?}");
    }

    #[test]
    fn a_heading_is_broken_into_lines_that_fit() {
        let spec = Spec { heading: "arxiv_loss: loss against training tokens D".into(), ..Spec::default() };
        let (lines, height) = heading(&spec, 220.0);
        assert_eq!(lines, ["arxiv_loss: loss against", "training tokens D"]);
        assert_eq!(height, 2.0 * HEADING_LINE + GAP);
        assert_eq!(heading(&Spec::default(), 200.0), (Vec::new(), 0.0));
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(fitted("stackexchange", 34.0), "sta…");
        assert_eq!(fitted("mmm", 30.0), "m…", "wider letters need more room");
        assert_eq!(fitted("stackexchange", 0.0), "s…");
        assert_eq!(fitted("m", 0.0), "m");
        assert_eq!(fitted("c4", 30.0), "c4");
    }
}
