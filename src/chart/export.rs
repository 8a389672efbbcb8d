//! Charts to take away: SVG with its text as text, and all that they show as CSV.

use plotters::prelude::SVGBackend;

use super::{Cell, Spec, Surface, Theme, draw, height_for};

/// Units of the drawing per CSS pixel: the backend counts in whole ones.
const GRAIN: f64 = 8.0;

/// The chart as it is taken away: with its title drawn above it, where the page has it beside the chart.
pub fn titled(spec: &Spec) -> Spec {
    Spec { heading: spec.title.clone(), ..spec.clone() }
}

/// The chart as an SVG of that width in CSS pixels, and as high as it wants to be, with its title and its description.
pub fn svg(spec: &Spec, width: f64) -> String {
    let spec = &titled(spec);
    let (width, height) = (width.round(), height_for(spec, width).round());
    let theme = Theme::LIGHT;
    let surface = Surface { width: width * GRAIN, height: height * GRAIN, ratio: GRAIN, grain: GRAIN, theme };
    let mut drawn = String::new();
    let size = ((width * GRAIN) as u32, (height * GRAIN) as u32);
    // Writing to a string does not fail.
    draw(spec, &mut SVGBackend::with_string(&mut drawn, size), surface).ok();
    // The backend's own head has the size in its fine units, and no title.
    let body = drawn.split_once("<svg").and_then(|(_, rest)| rest.split_once('>')).map_or("", |(_, body)| body);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         role=\"img\">\n<title>{}</title>\n<desc>{}</desc>{body}",
        size.0,
        size.1,
        escaped(&spec.title),
        escaped(&spec.description),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// All that the chart shows as CSV (RFC 4180): plain numbers with all their digits.
pub fn csv(spec: &Spec) -> String {
    let quoted = |text: &str| match text {
        text if text.contains([',', '"', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
        text => text.to_string(),
    };
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => quoted(text),
        Cell::Number(value) => number(*value),
        Cell::Missing => String::new(),
    };
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let header = line(spec.numbers.header.iter().map(|name| quoted(name)).collect());
    let rows = spec.numbers.rows.iter().map(|row| line(row.iter().map(cell).collect()));
    std::iter::once(header).chain(rows).collect()
}

/// A number in the fewest digits that read back as the same; empty where it is none.
fn number(value: f64) -> String {
    const PLAIN: std::ops::Range<f64> = 1e-5..1e16;
    match value {
        value if value.is_nan() => String::new(),
        value if value == 0.0 || PLAIN.contains(&value.abs()) || value.is_infinite() => value.to_string(),
        value => format!("{value:e}"),
    }
}

/// The title as the stem of a file's name: "residuals-of-arxiv-loss".
pub fn file_stem(spec: &Spec) -> String {
    let words = spec.title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Numbers;

    #[test]
    fn a_csv_has_plain_numbers_and_quotes_what_must_be() {
        let numbers = Numbers {
            header: vec!["a, b".into(), "N (parameters)".into(), "loss (nats)".into()],
            rows: vec![
                vec!["1,5 \"x\"".into(), 7e9.into(), (-0.1 - 0.2).into()],
                vec!["−1".into(), 1.5e21.into(), Cell::Missing],
                vec!["".into(), f64::INFINITY.into(), f64::NAN.into()],
            ],
        };
        let spec = Spec { numbers: numbers.into(), ..Spec::default() };
        assert_eq!(
            csv(&spec),
            "\"a, b\",N (parameters),loss (nats)\r\n\"1,5 \"\"x\"\"\",7000000000,-0.30000000000000004\r\n−1,1.5e21,\r\n,inf,\r\n"
        );
    }

    #[test]
    fn titles_name_files() {
        let spec = Spec { title: "Loss of arxiv_loss: N × D".into(), ..Spec::default() };
        assert_eq!(file_stem(&spec), "loss-of-arxiv-loss-n-d");
    }
}
