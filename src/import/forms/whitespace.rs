//! Texts whose columns nothing parts but blanks, and LaTeX tables: the same lines with tabs.

use std::borrow::Cow;

use crate::import::sniff::{is_blank, is_comment, sniff_delimiter};

/// The text with tabs between its columns, line for line; itself if it has separators of its own.
pub(super) fn with_tabs(text: &str) -> Cow<'_, str> {
    let lines = || text.lines().filter(|line| !is_blank(line) && !is_comment(line));
    let is_latex = text.contains('&') && text.contains(r"\\");
    if is_latex {
        return Cow::Owned(text.split('\n').map(latex).collect::<Vec<_>>().join("\n"));
    }
    let Some(first) = lines().next() else { return Cow::Borrowed(text) };
    if sniff_delimiter(first).is_some() {
        return Cow::Borrowed(text);
    }
    // Columns that are aligned are two blanks apart; else every blank parts two, and all lines have as many.
    for gap in ["  ", " "] {
        let n = cells(first, gap).len();
        if n > 1 && lines().take(LINES_LOOKED_AT).all(|line| cells(line, gap).len() == n) {
            return Cow::Owned(text.split('\n').map(|line| cells(line, gap).join("\t")).collect::<Vec<_>>().join("\n"));
        }
    }
    Cow::Borrowed(text)
}

/// Lines that must have as many cells as the first.
const LINES_LOOKED_AT: usize = 50;

/// What stands between runs of blanks as long as the gap, or longer.
fn cells<'a>(line: &'a str, gap: &str) -> Vec<&'a str> {
    let parts = line.trim().split(gap).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// A line of a tabular: commands are gone, cells are parted by tabs.
fn latex(line: &str) -> String {
    let line = line.trim();
    let Some((row, _)) = line.rsplit_once(r"\\").filter(|(row, _)| row.contains('&')) else { return String::new() };
    let row = row.replace(r"\&", "\u{1}").replace(r"\%", "%").replace(r"\_", "_").replace(['$', '~'], " ");
    let rules = [r"\hline", r"\toprule", r"\midrule", r"\bottomrule"];
    let row = rules.iter().fold(row, |row, rule| row.replace(rule, ""));
    let bare = |cell: &str| {
        let cell = cell.trim();
        let inner =
            [r"\textbf{", r"\textit{", r"\texttt{", r"\mathbf{"].iter().find_map(|start| cell.strip_prefix(start));
        inner.and_then(|inner| inner.strip_suffix('}')).unwrap_or(cell).trim().replace('\u{1}', "&")
    };
    row.split('&').map(bare).collect::<Vec<_>>().join("\t")
}
