//! Commas that may part thousands or decimals: which is asked where it decides what a column holds.

use std::borrow::Cow;

use super::issue::Issues;
use super::question::{Answer, Question};
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
        let text = format!(
            "\"{}\" in column \"{column}\" can be read as {thousands} or as {decimals}; which is it?",
            excerpt(cell)
        );
        Some(Question::new(text, [(thousands, vec![Answer::Decimal(own)]), (decimals, vec![Answer::Decimal(other)])]))
    })
}
