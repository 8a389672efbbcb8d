//! Text → table: JSON, the paths of Ye et al., tables parted by separators, by blanks or as in LaTeX, several of them
//! joined, long ones made wide.
//!
//! A further form is a file beside `long_form.rs` and a line in [`read_table`]: it gives a wide [`Table`], and all the
//! rest follows from that.

mod cells;
mod derive;
mod headers;
mod html;
mod isoflop;
mod join;
mod json;
mod latex;
mod long_form;
mod markdown;
mod numbered;
mod pairs;
mod printed;
mod toml;
mod turned;
mod whitespace;
mod yaml;
mod ye2024;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::import::issue::{Cause, Issue, Issues};
use crate::import::question::{Answer, Question};
use crate::import::roles::Role;
use crate::import::table::{SECTION, Table};
use crate::import::{commas, decode, guess, sniff};
use crate::order::sort_by_number;
use crate::units::excerpt;

pub(super) use derive::{UNSURE, part_of_tokens, quotient, ratio, ratio_parts, ways_to_tokens};
pub(super) use long_form::is_which;

/// Reads a text as the wide table that it is or that it can be made: JSON, the paths of Ye et al., tables parted by
/// separators, by blanks or as in LaTeX, several of them joined, long ones made wide.
pub fn read_table(text: &str) -> (Option<Table>, Issues) {
    if let Err(cause) = decode::check_text(text) {
        let mut issues = Issues::default();
        issues.push(cause.of_text());
        return (None, issues);
    }
    let (table, mut issues) = as_it_stands(&decode::without_unseen(text));
    let Some(table) = table else { return (None, issues) };
    let mut table = commas::by_cells(commas::without_points(table, &mut issues), &mut issues);
    if let Some((chosen, causes)) = isoflop::chosen(&table) {
        causes.into_iter().for_each(|cause| issues.push(cause.of_text()));
        table = chosen;
    }
    // By metric, and then by task.
    for _ in 0..2 {
        if let Some((wide, cause)) = long_form::widened(&table) {
            issues.push(cause.of_text());
            table = wide;
        }
    }
    (Some(derive::with_made(commas::by_neighbours(table), &mut issues)), issues)
}

/// Which of the runs below several titles are the study, if the titles do not just tell sizes.
pub(super) fn sections(table: &Table, answers: &[Answer]) -> Option<Question> {
    const MOST: usize = 8;
    let column = table.header().iter().position(|name| name == SECTION)?;
    let mut titles: Vec<&str> = Vec::new();
    for row in table.rows() {
        if !titles.contains(&row.cell(column)) {
            titles.push(row.cell(column));
        }
    }
    let are_told = answers.iter().any(|answer| answer.column() == Some(SECTION));
    if are_told || !(2..=MOST).contains(&titles.len()) || titles.iter().all(|title| derive::size_in(title).is_some()) {
        return None;
    }
    let only = |title: &&str| {
        let answer = Answer::Filter(SECTION.to_string(), title.to_string());
        (format!("only those below \"{}\"", excerpt(title)), vec![answer])
    };
    let all = ("all of them".to_string(), vec![Answer::Role(SECTION.to_string(), Role::Ignored)]);
    Some(Question::new(
        format!(
            "the runs stand below titles: {}. Are all of them runs of one study, measured on the same text?",
            derive::listed(titles.iter().copied())
        ),
        titles.iter().map(only).chain([all]),
    ))
}

/// Several texts as one that holds all of them.
pub fn joined(texts: &[String]) -> String {
    texts.iter().map(|text| text.trim_start_matches('\u{FEFF}').trim_end()).collect::<Vec<_>>().join("\n\n") + "\n"
}

/// The text with the lines of one experiment only, where [`read_table`] chooses one of several.
///
/// # Errors
/// [`Cause::NoExperiment`], or what keeps the text from being a table.
pub fn only_experiment(text: &str, name: &str) -> Result<String, Box<Issue>> {
    let checked = decode::check_text(text).map_err(|cause| Box::new(cause.of_text()));
    match checked.map(|()| as_it_stands(text))? {
        (Some(table), _) => isoflop::only(&table, name).map_err(|cause| Box::new(cause.of_text())),
        (None, issues) => Err(Box::new(issues.errors().first().cloned().unwrap_or_else(|| Cause::Empty.of_text()))),
    }
}

/// Reads the table of a text, with all of its experiments and in the form that it has.
fn as_it_stands(text: &str) -> (Option<Table>, Issues) {
    if let Some(read) = ye2024::read(text) {
        return read;
    }
    let mut issues = Issues::default();
    let text = without_comments(text, &mut issues);
    let text = markdown::without_wiki(&text);
    let text = printed::plain(&text, &mut issues);
    let tables = tables(&text, &mut issues);
    if tables.iter().any(|table| guess::is_chart(table.header())) {
        issues.push(Cause::Chart.of_text());
        return (None, issues);
    }
    let (summaries, tables): (Vec<Table>, Vec<Table>) = tables.into_iter().partition(headers::is_summary);
    if let Some(first) = summaries.iter().find_map(|table| table.rows().next()) {
        issues.push(Cause::SummaryTable { is_alone: tables.is_empty() }.at_line(first.line()));
    }
    let tables = tables.into_iter().filter_map(|table| {
        let table = headers::in_one_line(cells::bare(with_plain_names(table), &mut issues), &mut issues);
        let table = headers::without_repeated(table, &mut issues);
        let table = headers::without_notes(headers::without_gaps(table, &mut issues), &mut issues);
        let table = headers::filled_down(table, &mut issues);
        turned::with_runs_as_lines(cells::apart(table, &mut issues), &mut issues)
    });
    let tables = tables.collect();
    (join::joined(tables, &mut issues), issues)
}

/// The table without the "value" that W&B writes behind each name, "config.tokens.value", and with paths in the place of
/// Python's tuples: "('loss', 'web')".
fn with_plain_names(mut table: Table) -> Table {
    for i in 0..table.header().len() {
        if let Some(tuple) = table.header()[i].strip_prefix("('").and_then(|name| name.strip_suffix("')")) {
            let path = tuple.split("', '").filter(|level| !level.is_empty()).collect::<Vec<_>>().join("/");
            table = table.renamed(i, &path);
        }
        let plain = table.header()[i].strip_suffix(".value").filter(|plain| plain.contains('.')).map(str::to_string);
        if let Some(plain) = plain.filter(|plain| !table.header().contains(plain)) {
            table = table.renamed(i, &plain);
        }
    }
    table
}

/// The text with blanks in the place of HTML's comments.
fn without_comments<'a>(text: &'a str, issues: &mut Issues) -> Cow<'a, str> {
    if !text.contains("<!--") {
        return Cow::Borrowed(text);
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, (comment, behind))) =
        rest.split_once("<!--").and_then(|(before, after)| Some((before, after.split_once("-->")?)))
    {
        plain.push_str(before);
        if comment.bytes().any(|byte| byte.is_ascii_digit()) {
            let what = format!("what stands in a comment, <!-- … -->, on line {} is skipped", 1 + n_lines(&plain));
            issues.push(Cause::Made { what }.of_text());
        }
        plain.extend(comment.matches('\n'));
        rest = behind;
        // A line of nothing else would end a table.
        if let Some((line, below)) = behind.split_once('\n')
            && (plain.is_empty() || plain.ends_with('\n'))
            && line.trim_matches(['|', ' ']).is_empty()
        {
            rest = below;
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The tables that stand in a text one below the other, each in a form of its own.
fn tables(text: &str, issues: &mut Issues) -> Vec<Table> {
    let (mut tables, mut at, mut n_before) = (Vec::new(), 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches('\u{FEFF}').trim_start();
        let is_json = || trimmed.starts_with(['[', '{']) && json::may_begin(trimmed) && !pairs::begins(trimmed);
        let (found, end, said) = if let Some((records, end)) = toml::records(trimmed) {
            let skipped = rest.len() - trimmed.len();
            let n_skipped = n_lines(&rest[..skipped]);
            let mut said = Issues::default();
            let table = json::table(records.into_iter(), &mut said).map(|table| table.shifted(n_skipped));
            (table.into_iter().collect(), skipped + end, said.shifted(n_skipped))
        } else if is_json() {
            let skipped = rest.len() - trimmed.len();
            let n_skipped = n_lines(&rest[..skipped]);
            let mut said = Issues::default();
            let (found, end) = json::read(trimmed, &mut said);
            let found: Vec<Table> = found.into_iter().map(|table| table.shifted(n_skipped)).collect();
            (found, skipped + end, said.shifted(n_skipped))
        } else if let Some((found, around)) = html::read(rest) {
            let mut said = Issues::default();
            around.into_iter().for_each(|issue| said.push(issue));
            (found, rest.len(), said)
        } else if let Some(records) = yaml::script(trimmed).or_else(|| yaml::runs(trimmed)) {
            let skipped = n_lines(&rest[..rest.len() - trimmed.len()]);
            let mut said = Issues::default();
            let table = json::table(records.into_iter(), &mut said).map(|table| table.shifted(skipped));
            (table.into_iter().collect(), rest.len(), said.shifted(skipped))
        } else if let Some((mixtures, end)) = yaml::read(trimmed) {
            let skipped = rest.len() - trimmed.len();
            (vec![mixtures.shifted(1 + n_lines(&rest[..skipped]))], skipped + end, Issues::default())
        } else {
            let end = start_of_other(rest).unwrap_or(rest.len());
            let mut said = Issues::default();
            (separated(&rest[..end], &mut said), end, said)
        };
        // Blank lines at the end are no table.
        if at == 0 || !rest[..end].trim().is_empty() {
            issues.append(said.shifted(n_before));
            tables.extend(found.into_iter().map(|table| table.shifted(n_before)));
        }
        at += end;
        n_before += n_lines(&rest[..end]);
    }
    if text.is_empty() {
        separated(text, issues);
    }
    tables
}

fn n_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// Where JSON, YAML or TOML begins after a blank line.
fn start_of_other(text: &str) -> Option<usize> {
    let (mut at, mut is_after_blank) = (0, false);
    for line in text.split_inclusive('\n') {
        let is_json = || line.starts_with(['[', '{']) && json::begins(&text[at..]);
        let is_yaml = || line.trim_end().ends_with(':') && yaml::begins(&text[at..]);
        let is_toml = || line.starts_with('[') && toml::begins(&text[at..]);
        if is_after_blank && (is_json() || is_yaml() || is_toml()) {
            return Some(at);
        }
        is_after_blank = line.trim().is_empty();
        at += line.len();
    }
    None
}

/// Reads tables of lines and separators, one below the other.
fn separated(text: &str, issues: &mut Issues) -> Vec<Table> {
    let text = &*markdown::without_boxes(text);
    let mut parts = Vec::new();
    match markdown::tables(text) {
        Some(markdown::Around { tables, others }) => {
            parts.extend(tables);
            let (others, prose): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, text)| join::is_table(text));
            for (n_before, other) in others {
                parts.extend(join::parts(other).into_iter().map(|(n, part)| (n + n_before, part)));
            }
            sort_by_number(&mut parts, |(n_before, _)| *n_before as f64);
            if let Some((first, _)) = prose.first() {
                let lines =
                    prose.iter().flat_map(|(_, text)| text.lines()).filter(|line| !sniff::is_blank(line)).count();
                issues.push(Cause::Around { lines, first: first + 1 }.of_text());
            }
        }
        None => parts = join::parts(text),
    }
    let titles = titles(text, &parts);
    let (mut tables, mut places) = (Vec::new(), Vec::new());
    for (place, (n_before, part)) in parts.into_iter().enumerate() {
        if let Some(table) = pairs::read(part) {
            tables.push(table.shifted(n_before));
            places.push(place);
            continue;
        }
        let lines = latex::with_tabs(part).map_or_else(|| whitespace::with_tabs(part), Cow::Owned);
        let (table, of_part) = Table::parse(&lines);
        issues.append(of_part.shifted(n_before));
        if let Some(table) = table {
            tables.push(table.shifted(n_before));
            places.push(place);
        }
    }
    with_titles(tables, |i| &titles[places[i]], issues)
}

/// What may be the title of each part: the heading above it, and the line above it; between it and the part before.
fn titles(text: &str, parts: &[(usize, &str)]) -> Vec<[Option<String>; 2]> {
    let lines: Vec<&str> = text.lines().collect();
    let mut end = 0;
    let of_part = |&(start, part): &(usize, &str)| {
        let above = lines.get(end..start).unwrap_or_default();
        end = start + n_lines(part.trim_end()) + 1;
        let plain = |line: &&str| cells::bare_name(line.trim().trim_start_matches(['#', ' ']).trim_end_matches(':'));
        let mut written = above.iter().rev().filter(|line| !sniff::is_blank(line)).peekable();
        let nearest = written.peek().map(|line| plain(line));
        [written.find(|line| line.starts_with('#')).map(plain), nearest]
    };
    parts.iter().map(of_part).collect()
}

/// The tables, those of the same columns with their titles as a column, where each has its own.
fn with_titles<'a>(
    mut tables: Vec<Table>,
    title: impl Fn(usize) -> &'a [Option<String>; 2],
    issues: &mut Issues,
) -> Vec<Table> {
    for first in 0..tables.len() {
        let same: Vec<usize> =
            (first..tables.len()).filter(|&i| tables[i].header() == tables[first].header()).collect();
        if same.len() < 2 || tables[first].header().iter().any(|name| name == SECTION) {
            continue;
        }
        let own = [0, 1].into_iter().find_map(|which| {
            let own: Vec<&String> = same.iter().map(|&i| title(i)[which].as_ref()).collect::<Option<_>>()?;
            let are_different = own.iter().collect::<std::collections::HashSet<_>>().len() == own.len();
            are_different.then_some(own)
        });
        let Some(own) = own else { continue };
        let what = format!(
            "{} tables of the same columns are read as one; \"{}\" is what stands above each: {}",
            same.len(),
            SECTION,
            derive::listed(own.iter().map(|title| title.as_str()))
        );
        issues.push(Cause::Made { what }.of_text());
        for (&i, title) in same.iter().zip(&own) {
            let column = vec![title.to_string(); tables[i].n_rows()];
            tables[i] = tables[i].with_columns(&[(SECTION.to_string(), column)]);
        }
    }
    tables
}
