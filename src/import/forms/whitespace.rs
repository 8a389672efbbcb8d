//! Texts whose columns nothing parts but blanks: the same lines with tabs.

use std::borrow::Cow;

use crate::import::sniff::{is_blank, is_comment, is_rule, sniff_delimiter};

/// Lines that are looked at for the number of columns.
const LINES_LOOKED_AT: usize = 50;

/// Lines that may stand above the names: a title.
const MOST_ABOVE: usize = 5;

/// The text with tabs between its columns, line for line; itself if it has separators of its own.
pub(super) fn with_tabs(text: &str) -> Cow<'_, str> {
    let lines = || text.lines().filter(|line| !is_blank(line) && !is_comment(line) && !is_rule(line.trim()));
    // Below names that nothing else parts, the commas of "70,000,000" part nothing either.
    let has_separator = |line: &str| sniff_delimiter(line).is_some();
    let is_name = |line: &&str| !line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    if lines().take(1).filter(is_name).any(has_separator)
        || lines().take(MOST_ABOVE).any(|line| has_separator(&without_groups(line)))
    {
        return Cow::Borrowed(text);
    }
    // Columns that are aligned are two blanks apart; else every blank parts two, and all lines have as many.
    for gap in ["  ", " "] {
        let counts: Vec<usize> = lines().take(LINES_LOOKED_AT).map(|line| cells(line, gap).len()).collect();
        let often = |n: &usize| counts.iter().filter(|own| *own == n).count();
        let Some(&n) = counts.iter().max_by_key(|n| (often(n), **n)).filter(|n| **n > 1) else { continue };
        let n_above = counts.iter().take_while(|own| **own != n && **own + 1 != n).count();
        let names = counts.get(n_above).copied().unwrap_or(n);
        // pandas writes the numbers of its lines below no name.
        let has_index = names + 1 == n && counts.len() > n_above + 1;
        if n_above > MOST_ABOVE
            || !counts[n_above..].iter().skip(1).all(|own| *own == n || *own == 1 && gap.len() > 1)
            || names != n && !has_index
        {
            continue;
        }
        let mut is_name = has_index;
        let line = |line: &str| {
            let of_line = cells(line, gap);
            if is_name && of_line.len() == names {
                is_name = false;
                return format!("index\t{}", of_line.join("\t"));
            }
            of_line.join("\t")
        };
        return Cow::Owned(text.split('\n').map(line).collect::<Vec<_>>().join("\n"));
    }
    Cow::Borrowed(text)
}

/// A line without the commas between digits.
fn without_groups(line: &str) -> String {
    let bytes = line.as_bytes();
    let is_digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let is_group = |i: usize, c: char| c == ',' && is_digit(i.checked_sub(1)) && is_digit(Some(i + 1));
    line.char_indices().filter(|(i, c)| !is_group(*i, *c)).map(|(_, c)| c).collect()
}

/// What stands between runs of blanks as long as the gap, or longer.
fn cells<'a>(line: &'a str, gap: &str) -> Vec<&'a str> {
    let parts = line.trim().split(gap).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}
