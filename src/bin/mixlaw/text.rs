//! Tables for people.

use mixlaw::fit::Interval;
use mixlaw::units::write_number;

pub fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A share with one decimal, so that a column of them lines up.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// An interval of shares.
pub fn percent_range(interval: &Interval) -> String {
    format!("{:.1} – {:.1} %", 100.0 * interval.low, 100.0 * interval.high)
}

/// An interval of numbers.
pub fn range(interval: &Interval, digits: usize) -> String {
    format!("[{}, {}]", write_number(interval.low, digits), write_number(interval.high, digits))
}

/// A table with a line of names: the first column to the left, the others to the right.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    let mut lines = vec![line(header)];
    lines.extend(rows.iter().map(|row| line(&row.iter().map(String::as_str).collect::<Vec<_>>())));
    lines.join("\n")
}
