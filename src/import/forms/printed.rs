//! What consoles print: a data frame of pandas or R whose columns go on below each other, a tibble with a line of types,
//! lines that say or stand for what was not printed. Made the table that was printed, line for line.

use std::borrow::Cow;

use crate::import::issue::{Cause, Issues};
use crate::import::sniff::{is_blank, sniff_delimiter};

/// The text as if all columns had been printed beside each other, without what is no table; itself if nothing was printed
/// so.
pub(super) fn plain<'a>(text: &'a str, issues: &mut Issues) -> Cow<'a, str> {
    let first = text.lines().find(|line| !is_blank(line)).unwrap_or_default();
    if sniff_delimiter(first).is_some() {
        return Cow::Borrowed(text);
    }
    let mut lines: Vec<Cow<str>> = text.split('\n').map(Cow::Borrowed).collect();
    let (mut n_rows, mut is_changed, mut has_dots) = (None, false, false);
    for line in &mut lines {
        let own = line.trim();
        let of_footer = rows_in_footer(own).or_else(|| rows_in_title(own));
        let is_more =
            own.strip_prefix("# ").is_some_and(|rest| rest.starts_with(['ℹ', 'i', '…', '.']) && own.contains(" more "));
        if is_more && own.contains(" variables") {
            issues.push(Cause::ColumnsUnprinted.of_text());
        }
        has_dots |= are_dots(own);
        if of_footer.is_some() || is_more || are_types(own) || are_dots(own) {
            n_rows = n_rows.or(of_footer);
            is_changed = true;
            *line = Cow::Borrowed("");
        }
    }
    let blocks = blocks(&lines);
    let mut at = 0;
    while let Some(first) = blocks.get(at) {
        let n_beside = blocks[at + 1..].iter().take_while(|block| block.labels == first.labels).count();
        for block in &blocks[at + 1..=at + n_beside] {
            is_changed = true;
            let header = lines[block.header].trim().to_string();
            lines[first.header] =
                Cow::Owned(format!("{}  {header}", lines[first.header].trim_end().trim_end_matches('\\')));
            lines[block.header] = Cow::Borrowed("");
            for (&own, &other) in first.rows.iter().zip(&block.rows) {
                let (_, rest) = lines[other].trim_start().split_once(' ').unwrap_or_default();
                lines[own] = Cow::Owned(format!("{}  {}", lines[own].trim_end(), rest.trim()));
                lines[other] = Cow::Borrowed("");
            }
        }
        if n_beside > 0 {
            let header = lines[first.header].trim_end().trim_end_matches('\\').to_string();
            lines[first.header] = Cow::Owned(header);
        }
        // Columns may be no more than a blank apart.
        let n_words = |i: usize| lines[i].split_whitespace().count();
        let n_names = n_words(first.header);
        if n_names > 1 && first.rows.iter().all(|&i| n_words(i) == n_names + 1) {
            is_changed = true;
            let with_tabs = |line: &str| line.split_whitespace().collect::<Vec<_>>().join("\t");
            lines[first.header] = Cow::Owned(format!("index\t{}", with_tabs(&lines[first.header])));
            first.rows.iter().for_each(|&i| lines[i] = Cow::Owned(with_tabs(&lines[i])));
        }
        let n_shown = first.rows.len();
        if n_rows.is_some_and(|n| n > n_shown) || has_dots {
            issues.push(Cause::RowsUnprinted { shown: n_shown, of: n_rows }.of_text());
            (n_rows, has_dots) = (None, false);
        }
        at += 1 + n_beside;
    }
    if is_changed { Cow::Owned(lines.join("\n")) } else { Cow::Borrowed(text) }
}

/// How many rows "[24 rows x 7 columns]" says that there are.
fn rows_in_footer(line: &str) -> Option<usize> {
    let (rows, rest) = line.strip_prefix('[')?.strip_suffix(" columns]")?.split_once(" rows x ")?;
    rest.parse::<usize>().ok()?;
    rows.parse().ok()
}

/// How many rows "# A tibble: 30 × 8" says that there are.
fn rows_in_title(line: &str) -> Option<usize> {
    let (_, size) = line.strip_prefix("# A ")?.split_once(": ")?;
    size.split([' ', '×', 'x']).next()?.replace(',', "").parse().ok()
}

/// Whether a line has the types of columns alone: `<chr> <dbl>`.
fn are_types(line: &str) -> bool {
    let is_type = |word: &str| word.len() > 2 && word.starts_with('<') && word.ends_with('>') && !word.contains('/');
    line.split_whitespace().nth(1).is_some() && line.split_whitespace().all(is_type)
}

/// Whether a line stands for rows that were not printed.
fn are_dots(line: &str) -> bool {
    line.split_whitespace().nth(1).is_some()
        && line.split_whitespace().all(|word| matches!(word, ".." | "..." | "…" | "⋮"))
}

/// Lines of names and numbered lines below them.
struct Block {
    header: usize,
    rows: Vec<usize>,
    labels: Vec<usize>,
}

fn blocks(lines: &[Cow<str>]) -> Vec<Block> {
    let label = |line: &str| line.split_whitespace().next().and_then(|word| word.parse::<usize>().ok());
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| !is_blank(line)) {
        match (label(line), &mut open) {
            (Some(label), Some(block)) if block.labels.last().map_or(label < 2, |last| label > *last) => {
                block.rows.push(i);
                block.labels.push(label);
            }
            (None, _) => {
                blocks.extend(open.take().filter(|block| block.rows.len() > 1));
                open = Some(Block { header: i, rows: Vec::new(), labels: Vec::new() });
            }
            _ => open = None,
        }
    }
    blocks.extend(open.filter(|block| block.rows.len() > 1));
    blocks
}
