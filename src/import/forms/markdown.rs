//! Tables in Markdown with prose around them: a line of names, a rule of dashes, and lines with | up to one without.

use std::borrow::Cow;

use crate::import::sniff::{is_blank, is_comment, is_rule};

/// A text's tables in Markdown and what stands around them.
pub(super) struct Around<'a> {
    /// Each table, and the number of lines before it.
    pub tables: Vec<(usize, &'a str)>,
    /// What stands between them, and the number of lines before it.
    pub others: Vec<(usize, &'a str)>,
}

/// The text with lines of `|` alone in the place of a wiki's: "|| a || b ||" and "! a !! b" are names, "| a || b" cells, "{|"
/// and "|-" stand around them. Itself if it has none.
pub(super) fn without_wiki(text: &str) -> Cow<'_, str> {
    let is_media = text.trim_start().starts_with("{|");
    let is_jira = || text.lines().any(|line| line.starts_with("||") && line.trim_end().ends_with("||"));
    if !is_media && !is_jira() {
        return Cow::Borrowed(text);
    }
    let plain = |line: &str| {
        let own = line.trim();
        if is_media && (["{|", "|-", "|}", "|+"].iter().any(|mark| own.starts_with(mark))) {
            String::new()
        } else if is_media && own.starts_with(['!', '|']) {
            format!("| {} |", own[1..].replace("!!", "|").replace("||", "|").trim())
        } else if own.starts_with("||") {
            own.replace("||", "|")
        } else {
            line.to_string()
        }
    };
    Cow::Owned(text.split('\n').map(plain).collect::<Vec<_>>().join("\n"))
}

/// The text with `|`, `-` and `+` for what draws boxes; itself if nothing does.
pub(super) fn without_boxes(text: &str) -> Cow<'_, str> {
    if !text.contains(['│', '┃', '║', '─', '━', '═']) {
        return Cow::Borrowed(text);
    }
    let plain = |c: char| match c {
        '│' | '┃' | '║' | '┆' | '┊' => '|',
        '─' | '━' | '═' | '┄' | '┈' => '-',
        '┌'..='╬' => '+',
        c => c,
    };
    Cow::Owned(text.chars().map(plain).collect())
}

/// The tables in Markdown of a text; `None` if it has none.
pub(super) fn tables(text: &str) -> Option<Around<'_>> {
    let (mut tables, mut others) = (Vec::new(), Vec::new());
    let mut other: Option<(usize, usize)> = None;
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    let mut at = 0;
    while let Some((line_idx, line)) = lines.next() {
        let start = at;
        at += line.len();
        let begins = is_row(line) && lines.peek().is_some_and(|(_, next)| is_rule(next.trim()));
        if begins {
            while let Some((_, row)) = lines.next_if(|(_, line)| is_row(line) || is_rule(line.trim())) {
                at += row.len();
            }
            tables.push((line_idx, &text[start..at]));
            others.extend(other.take().map(|(first, from)| (first, &text[from..start])));
        } else if !is_blank(line) && !is_comment(line) && !is_rule(line.trim()) {
            other.get_or_insert((line_idx, start));
        }
    }
    others.extend(other.map(|(first, from)| (first, &text[from..])));
    (!tables.is_empty()).then_some(Around { tables, others })
}

fn is_row(line: &str) -> bool {
    line.contains('|') && !is_rule(line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)], others: &[(usize, &str)]) {
        let around = tables(text).expect("a table");
        assert_eq!((&around.tables[..], &around.others[..]), (expected, others));
    }

    #[test]
    fn a_table_ends_where_its_lines_do() {
        let framed = "| a | b |\n|---|---|\n| 1 | 2 |\n";
        check(
            &format!("Our runs:\n\n{framed}All of them.\n"),
            &[(2, framed)],
            &[(0, "Our runs:\n\n"), (5, "All of them.\n")],
        );
        check("a | b\n--- | ---\n1 | 2\n\n(1 row)", &[(0, "a | b\n--- | ---\n1 | 2\n")], &[(4, "(1 row)")]);
        let drawn = "| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+\n";
        check(&format!("+---+---+\n{drawn}"), &[(1, drawn)], &[]);
        check(&format!("{framed}\nand\n\n{framed}"), &[(0, framed), (6, framed)], &[(4, "and\n\n")]);
        assert!(tables("a|b\n1|2\n").is_none() && tables("").is_none() && tables("|---|\n").is_none());
    }
}
