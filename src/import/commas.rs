//! Commas that may part thousands or decimals: which is asked where it decides what a column holds.

use std::borrow::Cow;

use super::guess::{guess_roles, is_loss};
use super::issue::{Cause, Issues};
use super::question::{Answer, Question};
use super::roles::Role;
use super::sniff::needs;
use super::table::{Row, Table};
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

/// Columns in which points part thousands, as "70.000.000" says: without these.
pub(super) fn without_points(table: Table, issues: &mut Issues) -> Table {
    let is_grouped = |cell: &str| {
        let mut groups = cell.split('.');
        let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
        groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_digits(first))
            && groups.all(|group| group.len() == 3 && is_digits(group))
    };
    // Of counts most have two points.
    const LOOKED_AT: usize = 50;
    let sample: Vec<Row> = table.sample(LOOKED_AT).collect();
    let is_it = |i: usize| {
        let has_two = sample.iter().any(|row| row.cell(i).matches('.').nth(1).is_some());
        has_two && table.rows().map(|row| row.cell(i)).all(|cell| is_missing(cell) || is_grouped(cell))
    };
    if table.layout().decimal == Decimal::Comma {
        return table;
    }
    let found: Vec<bool> = (0..table.header().len()).map(is_it).collect();
    if !found.contains(&true) {
        return table;
    }
    let names: Vec<String> = table
        .header()
        .iter()
        .zip(&found)
        .filter(|(_, is)| **is)
        .map(|(name, _)| format!("\"{}\"", excerpt(name)))
        .collect();
    issues.push(Cause::Made { what: format!("points part thousands in {}", names.join(", ")) }.of_text());
    table.with_rows(|row| {
        let cell = |(i, is): (usize, &bool)| match is {
            true => Cow::Owned(row.cell(i).replace('.', "")),
            false => Cow::Borrowed(row.cell(i)),
        };
        found.iter().enumerate().map(cell).collect()
    })
}

/// What parts decimals in each cell of a table, where its cells differ in that: "0,25" stands beside "2.5", and "3,412"
/// in a column of losses or below "3,41" is no number of thousands. All are then written as the table's decimals are.
pub(super) fn by_cells(table: Table, issues: &mut Issues) -> Table {
    let (own, other) = (table.layout().decimal, other_than(table.layout().decimal));
    let (point, comma) = (mark(own), mark(other));
    // Quick for the tables that nearly all are.
    if !table.rows().any(|row| row.cells().any(|cell| cell.contains(comma))) {
        return table;
    }
    let column = |i: usize| -> Option<Vec<Option<String>>> {
        let name = &table.header()[i];
        // "70,20,10" below "web,code,math" is a list.
        let cells = || table.rows().map(|row| row.cell(i));
        if name.contains(',') || !cells().any(|cell| cell.contains(comma)) {
            return None;
        }
        let is_other = |cell: &str| needs(cell, comma, point) && try_number(&turned(cell, own), own).is_some();
        let sure = cells().filter_map(|cell| match is_other(cell) {
            true => try_number(&turned(cell, own), own),
            false => try_number(cell, own).filter(|_| needs(cell, point, comma)),
        });
        let (least, most) =
            sure.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), sure| (least.min(sure), most.max(sure)));
        let is_loss = is_loss(name);
        let is_near = |number: f64| {
            /// Numbers of one column are so near to each other that thousands of them are not.
            const NEAR: f64 = 5.0;
            (least / NEAR..=most * NEAR).contains(&number)
        };
        let as_decimals = |cell: &str| {
            let [thousands, decimals] = readings(cell, own)?;
            let [thousands, number] = [try_number(&thousands, own)?, try_number(&turned(cell, own), own)?];
            let is_it = is_loss && number < LARGEST_LOSS || is_near(number) && !is_near(thousands);
            is_it.then_some(decimals)
        };
        let changed: Vec<Option<String>> =
            cells().map(|cell| if is_other(cell) { Some(turned(cell, own)) } else { as_decimals(cell) }).collect();
        changed.iter().any(Option::is_some).then_some(changed)
    };
    let changed: Vec<Option<Vec<Option<String>>>> = (0..table.header().len()).map(column).collect();
    let first = |i: usize| {
        let (row, cell) =
            changed[i].as_ref()?.iter().enumerate().find_map(|(row, cell)| Some((row, cell.as_ref()?)))?;
        Some(format!(
            "\"{}\" in \"{}\" is {}",
            excerpt(table.row(row).cell(i)),
            excerpt(&table.header()[i]),
            excerpt(&cell.replace(',', "."))
        ))
    };
    let found: Vec<String> = (0..changed.len()).filter_map(first).collect();
    if found.is_empty() {
        return table;
    }
    let more = if found.len() > 1 { format!(", and so on in {} columns", found.len()) } else { String::new() };
    let what =
        format!("decimals are parted by points and by commas; each number is read as it must be: {}{more}", found[0]);
    issues.push(Cause::Made { what }.of_text());
    let mut row_idx = 0;
    table.with_rows(|row| {
        let own = |i: usize| changed.get(i)?.as_ref()?[row_idx].clone();
        let cell = |(i, cell)| match own(i) {
            Some(changed) => Cow::Owned(changed),
            None => Cow::Borrowed(cell),
        };
        let cells = row.cells().enumerate().map(cell).collect();
        row_idx += 1;
        cells
    })
}

/// No loss in nats or bits is larger.
const LARGEST_LOSS: f64 = 100.0;

fn other_than(decimal: Decimal) -> Decimal {
    if decimal == Decimal::Point { Decimal::Comma } else { Decimal::Point }
}

fn mark(decimal: Decimal) -> char {
    if decimal == Decimal::Point { '.' } else { ',' }
}

/// A number whose decimals are parted in the other way: "2,5B" → "2.5B".
fn turned(cell: &str, own: Decimal) -> String {
    cell.replace(mark(other_than(own)), &mark(own).to_string())
}

/// The table as the answer says; without one, a question where most cells of a column can be read in two ways.
pub(super) fn settled(table: Table, answers: &[Answer], issues: &mut Issues) -> Table {
    let own = table.layout().decimal;
    let said = answers.iter().rev().find_map(|answer| match answer {
        Answer::Decimal(decimal) => Some(*decimal),
        _ => None,
    });
    let Some(said) = said else {
        issues_of(&table).into_iter().for_each(|question| issues.ask(question));
        return table;
    };
    let which = usize::from(said != own);
    // Where commas part decimals "1.300" is 1300, but for losses.
    let has_thousands = |i: usize| {
        let cells = || table.rows().map(|row| row.cell(i));
        said != own && !is_loss(&table.header()[i]) && !cells().any(|cell| needs(cell, mark(own), mark(said)))
    };
    let has_thousands: Vec<bool> = (0..table.header().len()).map(has_thousands).collect();
    table.with_rows(|row| {
        let read = |(i, cell): (usize, &str)| match readings(cell, own) {
            Some(readings) => Some(readings[which].clone()),
            None => {
                readings(cell, said).filter(|_| has_thousands.get(i) == Some(&true)).map(|[thousands, _]| thousands)
            }
        };
        row.cells().enumerate().map(|(i, cell)| read((i, cell)).map_or(Cow::Borrowed(cell), Cow::Owned)).collect()
    })
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
fn matters(table: &Table, column_idx: usize) -> bool {
    let own = table.layout().decimal;
    let read = |which: usize| {
        table.with_cells(|_, cell| match readings(cell, own) {
            Some(readings) => Cow::Owned(readings[which].clone()),
            None => Cow::Borrowed(cell),
        })
    };
    [0, 1].into_iter().any(|which| guess_roles(&read(which)).get(column_idx) != Role::Ignored)
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
        let other = other_than(own);
        if !matters(table, i) {
            return None;
        }
        let text = format!(
            "\"{}\" in column \"{column}\" can be read as {thousands} or as {decimals}; which is it?",
            excerpt(cell)
        );
        Some(Question::new(text, [(thousands, vec![Answer::Decimal(own)]), (decimals, vec![Answer::Decimal(other)])]))
    })
}
