//! Isoflop collections: many experiments in one table, of which one is a study; and lines marked as outliers.

use std::collections::{BTreeSet, HashMap};

use crate::import::guess::guess_roles;
use crate::import::issue::Cause;
use crate::import::roles::Role;
use crate::import::table::{Row, Table};
use crate::units::{choices, is_missing};

/// Sizes that an experiment of a collection spans at least: it has a law of its own. A run has one size.
const FEWEST_SIZES: usize = 3;

/// Share of the lines that must be of such experiments: a collection may hold a few that were given up.
const SHARE_OF_LINES: f64 = 0.9;

/// The table of the experiment with most lines, without its outliers; `None` where there is nothing to choose.
pub(super) fn chosen(table: &Table) -> Option<(Table, Vec<Cause>)> {
    let experiment = column(table, "experiment")?;
    let counts = counts(table, experiment);
    if !is_collection(table, experiment, &counts) {
        return None;
    }
    let outlier = column(table, "outlier");
    let is_outlier = |row: &Row| {
        outlier.is_some_and(|column| matches!(row.cell(column).to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
    };
    let most = counts.iter().map(|(_, n)| *n).max()?;
    let (name, _) = *counts.iter().find(|(_, n)| *n == most)?;
    let of_it: Vec<Row> = table.rows().filter(|row| row.cell(experiment) == name).collect();
    let n_outliers = of_it.iter().filter(|row| is_outlier(row)).count();
    let mut causes = Vec::new();
    if counts.len() > 1 {
        let others = counts.iter().filter(|(other, _)| *other != name).map(|(other, _)| other.to_string()).collect();
        causes.push(Cause::Experiments { chosen: name.to_string(), rows: of_it.len(), others });
    }
    if n_outliers > 0 {
        causes.push(Cause::Outliers { rows: n_outliers });
    }
    if causes.is_empty() {
        return None;
    }
    let kept = table.of_rows(|row| row.cell(experiment) == name && !is_outlier(row));
    Some((kept, causes))
}

/// The lines of one experiment, as a text of plain cells.
///
/// # Errors
/// [`Cause::NoExperiment`] if no line is of it.
pub(super) fn only(table: &Table, name: &str) -> Result<String, Cause> {
    let known: Vec<&str> = column(table, "experiment")
        .map(|column| counts(table, column).into_iter().map(|(name, _)| name).collect())
        .unwrap_or_default();
    if !known.contains(&name) {
        let known = (!known.is_empty()).then(|| choices(known.iter().copied(), name));
        return Err(Cause::NoExperiment { seen: name.to_string(), known });
    }
    Ok(table.of_rows(|row| column(table, "experiment").is_some_and(|column| row.cell(column) == name)).to_text(None))
}

fn column(table: &Table, name: &str) -> Option<usize> {
    table.header().iter().position(|own| own.eq_ignore_ascii_case(name))
}

/// The experiments in the order of the table, with the number of their lines.
fn counts(table: &Table, experiment: usize) -> Vec<(&str, usize)> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for row in table.rows().filter(|row| !is_missing(row.cell(experiment))) {
        let name = row.cell(experiment);
        let position = *at.entry(name).or_insert_with(|| {
            counts.push((name, 0));
            counts.len() - 1
        });
        counts[position].1 += 1;
    }
    counts
}

/// Whether each experiment is a study of its own: nothing is mixed, and each spans several sizes. Elsewhere the column
/// only names runs.
fn is_collection(table: &Table, experiment: usize, counts: &[(&str, usize)]) -> bool {
    let roles = guess_roles(table);
    let (weight, size) = (roles.columns(Role::Weight).next(), roles.columns(Role::N).next());
    let (None, Some(size)) = (weight, size) else { return false };
    let mut sizes: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for row in table.rows() {
        let of_it = sizes.entry(row.cell(experiment)).or_default();
        if of_it.len() < FEWEST_SIZES {
            of_it.insert(row.cell(size));
        }
    }
    let spans = |name: &str| sizes.get(name).is_some_and(|sizes| sizes.len() >= FEWEST_SIZES);
    let n: usize = counts.iter().filter(|(name, _)| spans(name)).map(|(_, n)| n).sum();
    n > 0 && n as f64 >= SHARE_OF_LINES * table.n_rows() as f64
}
