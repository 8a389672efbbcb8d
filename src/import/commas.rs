//! Commas that may part thousands or decimals: which is asked where it decides what a column holds.

use std::borrow::Cow;

use super::guess::guess_roles;
use super::issue::Issues;
use super::question::{Answer, Question};
use super::roles::Role;
use super::table::Table;
use crate::units::{Decimal, NumberError, excerpt, is_missing, read_number, try_number};

/// Cells looked at.
const CELLS_LOOKED_AT: usize = 20_000;

/// The two readings of a cell that has both.
fn readings(cell: &str, decimal: Decimal) -> Option<[String; 2]> {
    // Quick for the numbers that nearly all cells are.
    if !cell.contains([',', '.']) || try_number(cell, decimal).is_some() {
        return None;
    }
    match read_number(cell, decimal) {
        Err(NumberError::Ambiguous { thousands, decimals, .. }) => Some([thousands, decimals]),
        _ => None,
    }
}

/// The table as the answer says; without one, a question where most cells of a column can be read in two ways.
pub(super) fn settled(table: Table, answers: &[Answer], issues: &mut Issues) -> Table {
    let own = table.layout().decimal;
    let said = answers.iter().rev().find_map(|answer| match answer {
        Answer::Decimal(decimal) => Some(*decimal),
        _ => None,
    });
    match said {
        Some(decimal) if decimal != own => table.in_decimals(decimal),
        Some(_) => table.with_cells(|_, cell| match readings(cell, own) {
            Some([thousands, _]) => Cow::Owned(thousands),
            None => Cow::Borrowed(cell),
        }),
        None => {
            issues_of(&table).into_iter().for_each(|question| issues.ask(question));
            table
        }
    }
}

/// The table with thousands where other cells of the column part several groups of them: below "1,099,040" there is no
/// doubt what "733,408" is.
pub(super) fn by_neighbours(table: Table) -> Table {
    let own = table.layout().decimal;
    let comma = if own == Decimal::Point { ',' } else { '.' };
    let parts_thousands = |i: usize| {
        let has_groups = |cell: &str| cell.matches(comma).count() > 1 && try_number(cell, own).is_some();
        table.rows().any(|row| has_groups(row.cell(i))) && table.rows().any(|row| readings(row.cell(i), own).is_some())
    };
    let columns: Vec<bool> = (0..table.header().len()).map(parts_thousands).collect();
    if !columns.contains(&true) {
        return table;
    }
    table.with_rows(|row| {
        let cell = |(i, cell): (usize, &'_ str)| match columns.get(i).filter(|is_of| **is_of).and(readings(cell, own)) {
            Some([thousands, _]) => Cow::Owned(thousands),
            None => Cow::Owned(cell.to_string()),
        };
        row.cells().enumerate().map(cell).collect()
    })
}

/// Whether a column has a role if its commas are read in one of the two ways: else nothing depends on them.
fn matters(table: &Table, column_idx: usize, other: Decimal) -> bool {
    let own = table.layout().decimal;
    let as_thousands = table.with_cells(|_, cell| match readings(cell, own) {
        Some([thousands, _]) => Cow::Owned(thousands),
        None => Cow::Borrowed(cell),
    });
    let as_decimals = table.with_cells(|_, cell| Cow::Borrowed(cell)).in_decimals(other);
    [as_thousands, as_decimals].iter().any(|table| guess_roles(table).get(column_idx) != Role::Ignored)
}

fn issues_of(table: &Table) -> Option<Question> {
    let own = table.layout().decimal;
    let n_columns = table.header().len();
    let sample: Vec<_> = table.sample((CELLS_LOOKED_AT / n_columns.max(1)).max(10)).collect();
    (0..n_columns).find_map(|i| {
        let cells = || sample.iter().map(|row| row.cell(i)).filter(|cell| !is_missing(cell));
        let mut ambiguous = cells().filter_map(|cell| Some((cell, readings(cell, own)?)));
        let (cell, [thousands, decimals]) = ambiguous.next()?;
        if 2 * (1 + ambiguous.count()) <= cells().count() {
            return None;
        }
        let column = excerpt(&table.header()[i]);
        let other = if own == Decimal::Point { Decimal::Comma } else { Decimal::Point };
        if !matters(table, i, other) {
            return None;
        }
        let text = format!(
            "\"{}\" in column \"{column}\" can be read as {thousands} or as {decimals}; which is it?",
            excerpt(cell)
        );
        Some(Question::new(text, [(thousands, vec![Answer::Decimal(own)]), (decimals, vec![Answer::Decimal(other)])]))
    })
}
