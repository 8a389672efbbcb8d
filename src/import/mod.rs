//! Pasted text → table → roles → [`Dataset`].
//!
//! Each arrow is a function of its own: [`decode`](decode::decode) (bytes → text), [`read_table`] (text → table, of
//! whatever form the text is), [`guess_roles`] (table → roles, which may then be changed by hand), [`observe`] (table and roles →
//! observations) and [`Observed::into_dataset`]. [`import`] and [`import_bytes`] are all of them in one.
//!
//! No input panics. Whatever cannot be read is left out with an issue that has its line, column and cell, and
//! everything else loads.
//!
//! A further form is a file beside `long.rs` and a line in [`read_table`]: it gives a wide [`Table`], and all the rest
//! follows from that.

mod around;
mod checks;
pub mod decode;
mod experiments;
mod guess;
mod issue;
mod json;
mod long;
mod plain;
mod roles;
mod several;
mod sniff;
mod table;
mod wide;
mod ye;

#[cfg(test)]
mod form_tests;
#[cfg(test)]
mod tests;

pub use guess::{guess_roles, header_scale};
pub use issue::{Cause, Fix, Issue, Issues, Severity};
pub use roles::{Role, Roles, domain_names};
pub use sniff::{Delimiter, Layout};
pub use table::{MAX_BYTES, MAX_COLUMNS, MAX_QUOTED_LINES, Row, Table};
pub use wide::{Observed, SUM_TOLERANCE, observe};

use crate::dataset::Dataset;
use crate::order::sort_by_number;

/// All that a text gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// Names and raw cells, if the text is a table.
    pub table: Option<Table>,
    /// The role of each column, as given or as guessed.
    pub roles: Roles,
    /// The study, if there is one.
    pub dataset: Option<Dataset>,
    /// How many lines of the table are not in the study because of an issue.
    pub n_left_out: usize,
    /// What there is to say about the text.
    pub issues: Issues,
}

/// Reads a text as the wide table that it is or that it can be made: JSON, the paths of Ye et al., tables parted by
/// separators, by blanks or as in LaTeX, several of them joined, long ones made wide.
pub fn read_table(text: &str) -> (Option<Table>, Issues) {
    if let Err(cause) = decode::check_text(text) {
        let mut issues = Issues::default();
        issues.push(cause.of_text());
        return (None, issues);
    }
    let (table, mut issues) = as_it_stands(text);
    let Some(mut table) = table else { return (None, issues) };
    if let Some((chosen, causes)) = experiments::chosen(&table) {
        causes.into_iter().for_each(|cause| issues.push(cause.of_text()));
        table = chosen;
    }
    if let Some((wide, cause)) = long::widened(&table) {
        issues.push(cause.of_text());
        table = wide;
    }
    (Some(table), issues)
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
        (Some(table), _) => experiments::only(&table, name).map_err(|cause| Box::new(cause.of_text())),
        (None, issues) => Err(Box::new(issues.errors().first().cloned().unwrap_or_else(|| Cause::Empty.of_text()))),
    }
}

/// Reads the table of a text, with all of its experiments and in the form that it has.
fn as_it_stands(text: &str) -> (Option<Table>, Issues) {
    if let Some(read) = ye::read(text) {
        return read;
    }
    let mut issues = Issues::default();
    let tables = tables(text, &mut issues);
    if tables.iter().any(|table| guess::is_chart(table.header())) {
        issues.push(Cause::Chart.of_text());
        return (None, issues);
    }
    (several::joined(tables, &mut issues), issues)
}

/// The tables that stand in a text one below the other, each in a form of its own.
fn tables(text: &str, issues: &mut Issues) -> Vec<Table> {
    let (mut tables, mut at, mut n_before) = (Vec::new(), 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches('\u{FEFF}').trim_start();
        let (found, end, said) = if trimmed.starts_with(['[', '{']) {
            let skipped = rest.len() - trimmed.len();
            let n_skipped = n_lines(&rest[..skipped]);
            let mut said = Issues::default();
            let (found, end) = json::read(trimmed, &mut said);
            let found: Vec<Table> = found.into_iter().map(|table| table.shifted(n_skipped)).collect();
            (found, skipped + end, said.shifted(n_skipped))
        } else {
            let end = start_of_json(rest).unwrap_or(rest.len());
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

/// Where JSON begins after a blank line.
fn start_of_json(text: &str) -> Option<usize> {
    let (mut at, mut is_after_blank) = (0, false);
    for line in text.split_inclusive('\n') {
        if is_after_blank && line.starts_with(['[', '{']) && json::begins(&text[at..]) {
            return Some(at);
        }
        is_after_blank = line.trim().is_empty();
        at += line.len();
    }
    None
}

/// Reads tables of lines and separators, one below the other.
fn separated(text: &str, issues: &mut Issues) -> Vec<Table> {
    let mut parts = Vec::new();
    match around::tables(text) {
        Some(around::Around { tables, others }) => {
            parts.extend(tables);
            let (others, prose): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, text)| several::is_table(text));
            for (n_before, other) in others {
                parts.extend(several::parts(other).into_iter().map(|(n, part)| (n + n_before, part)));
            }
            sort_by_number(&mut parts, |(n_before, _)| *n_before as f64);
            if let Some((first, _)) = prose.first() {
                let lines =
                    prose.iter().flat_map(|(_, text)| text.lines()).filter(|line| !sniff::is_blank(line)).count();
                issues.push(Cause::Around { lines, first: first + 1 }.of_text());
            }
        }
        None => parts = several::parts(text),
    }
    let mut tables = Vec::new();
    for (n_before, part) in parts {
        let (table, of_part) = Table::parse(&plain::with_tabs(part));
        issues.append(of_part.shifted(n_before));
        tables.extend(table.map(|table| table.shifted(n_before)));
    }
    tables
}

/// Reads a text, with the columns' roles as given or, without them, as guessed.
pub fn import(text: &str, roles: Option<Roles>) -> Imported {
    let (table, mut issues) = read_table(text);
    let Some(table) = table else { return Imported { issues, ..Imported::default() } };
    let given = roles.filter(|roles| {
        let (seen, expected) = (roles.0.len(), table.header().len());
        if seen != expected {
            issues.push(Cause::RolesOfOtherTable { seen, expected }.of_text());
        }
        seen == expected
    });
    let is_guess = given.is_none();
    let roles = given.unwrap_or_else(|| guess_roles(&table));
    let mut observed = observe(&table, &roles);
    let n_left_out = table.n_left_out() + observed.n_left_out;
    issues.append(std::mem::take(&mut observed.issues));
    let dataset = match observed.into_dataset(&table) {
        Ok(dataset) => Some(dataset),
        Err(cause) => {
            let is_said = |issue: &Issue| matches!(issue.cause, Cause::NoRows { .. } | Cause::NoLosses);
            if !issues.errors().iter().any(is_said) {
                issues.push_first(cause.of_text());
            }
            None
        }
    };
    let near = guess::near_names(&table, &roles);
    let is_near = |column: &usize| near.iter().any(|(i, ..)| i == column);
    let unused = roles.columns(Role::Ignored).filter(|i| !is_near(i));
    let unused: Vec<String> = unused.map(|i| table.header()[i].clone()).collect();
    for column in roles.columns(Role::Ignored).map(|i| &table.header()[i]).filter(|name| guess::is_perplexity(name)) {
        issues.push(Cause::Perplexity.in_column(column));
    }
    if let Some(dataset) = &dataset {
        checks::check(&table, &roles, dataset, &mut issues);
    }
    for (column, name, role) in near.into_iter().filter(|_| is_guess) {
        issues.push(Cause::NearName { name, role }.in_column(&table.header()[column]));
    }
    if is_guess && dataset.is_some() && !unused.is_empty() {
        issues.push(Cause::Unused { columns: unused }.of_text());
    }
    Imported { table: Some(table), roles, dataset, n_left_out, issues }
}

/// Reads a file's bytes as [`import`] reads text.
pub fn import_bytes(bytes: &[u8], roles: Option<Roles>) -> Imported {
    match decode::decode(bytes) {
        Ok(text) => import(&text, roles),
        Err(cause) => {
            let mut imported = Imported::default();
            imported.issues.push(cause.of_text());
            imported
        }
    }
}
