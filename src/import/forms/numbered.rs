//! Names and numbers of the same order: "data.0.name" beside "data.0.weight", "domains.0" beside "weights.0", or whole
//! lists of both in two cells. The numbers get a column for each name, whatever the order was on a line.

use std::collections::{BTreeMap, HashSet};

use super::derive::listed;
use crate::import::assemble::SUM_TOLERANCE;
use crate::import::issue::{Cause, Issues};
use crate::import::table::Table;
use crate::units::{Decimal, is_missing, try_number};

/// More names than this are none of domains.
const MOST: usize = 200;
/// Longer cells hold no list.
const LONGEST: usize = 2000;

/// The same kind of cell at each place of a list.
struct List<'a> {
    /// The name without the place: "data.#.weight".
    name: String,
    columns: Vec<usize>,
    /// For each line the cell at each place.
    cells: Vec<Vec<&'a str>>,
}

/// The table with a column for each name that stands beside numbers.
pub(super) fn by_name(table: Table, issues: &mut Issues) -> Table {
    let lists: Vec<List> = numbered(&table).into_iter().chain(in_cells(&table)).collect();
    let decimal = table.layout().decimal;
    let is_number = |cell: &str| try_number(cell, decimal).or_else(|| try_number(cell, Decimal::Point)).is_some();
    let is_all = |list: &List, is: &dyn Fn(&str) -> bool| {
        let mut cells = list.cells.iter().flatten().filter(|cell| !is_missing(cell)).peekable();
        cells.peek().is_some() && cells.all(|cell| is(cell))
    };
    let are_names = |list: &&List| {
        let is_different = |cells: &Vec<&str>| {
            let present: Vec<&&str> = cells.iter().filter(|cell| !is_missing(cell)).collect();
            present.iter().collect::<HashSet<_>>().len() == present.len()
        };
        is_all(list, &|cell| !is_number(cell)) && list.cells.iter().all(is_different)
    };
    let names: Vec<&List> = lists.iter().filter(are_names).collect();
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    let mut replaced = HashSet::new();
    for list in lists.iter().filter(|list| is_all(list, &is_number)) {
        let is_beside = |names: &&&List| {
            let same = |(own, names): (&Vec<&str>, &Vec<&str>)| own.len() == names.len();
            list.cells.iter().zip(&names.cells).all(same)
        };
        let mut beside = names.iter().filter(is_beside);
        // Two lists of names: the one that stands in the same place.
        let start = |list: &List| list.name.split_once('#').map(|(start, _)| start.to_string());
        let same_place = beside.clone().find(|names| start(names).is_some_and(|own| Some(own) == start(list)));
        // Elsewhere they are of these names if they are shares.
        let Some(own) = same_place.or_else(|| beside.next().filter(|_| are_shares(list, decimal))) else { continue };
        let mut words: Vec<&str> = Vec::new();
        own.cells.iter().flatten().filter(|cell| !is_missing(cell)).for_each(|word| {
            if !words.contains(word) && words.len() <= MOST {
                words.push(word);
            }
        });
        if !(2..=MOST).contains(&words.len()) {
            continue;
        }
        let of_list = list.name.replace(".#", "").replace("_#", "").replace('#', "");
        for word in &words {
            let cell = |(names, cells): (&Vec<&str>, &Vec<&str>)| {
                names.iter().position(|name| name == word).map_or(String::new(), |at| cells[at].to_string())
            };
            let cells = own.cells.iter().zip(&list.cells).map(cell).collect();
            columns.push((format!("{of_list}.{}", word.replace(['.', '/'], "_")), cells));
        }
        replaced.extend(list.columns.iter().chain(&own.columns).copied());
    }
    if columns.is_empty() {
        return table;
    }
    let names = |list: &HashSet<usize>| {
        let mut list: Vec<usize> = list.iter().copied().collect();
        list.sort_unstable();
        listed(list.into_iter().map(|i| table.header()[i].as_str()))
    };
    let what = format!("the numbers in {} are read by the names beside them", names(&replaced));
    issues.push(Cause::Made { what }.of_text());
    let kept: Vec<usize> = (0..table.header().len()).filter(|i| !replaced.contains(i)).collect();
    let header = kept.iter().map(|&i| table.header()[i].clone()).collect();
    let rows = table.rows().map(|row| (row.line(), kept.iter().map(|&i| row.cell(i).to_string()).collect()));
    Table::of_cells(header, rows).in_decimals_of(&table).with_columns(&columns)
}

/// Whether the numbers sum to 1 or to 100 on every line.
fn are_shares(list: &List, decimal: Decimal) -> bool {
    let number = |cell: &&str| try_number(cell, decimal).or_else(|| try_number(cell, Decimal::Point)).unwrap_or(0.0);
    let is_whole = |cells: &Vec<&str>| {
        let sum: f64 = cells.iter().map(number).sum();
        [1.0, 100.0].iter().any(|whole| (sum / whole - 1.0).abs() <= SUM_TOLERANCE)
    };
    list.cells.iter().all(is_whole)
}

/// Columns whose names differ in a number alone that counts from 0 or 1.
fn numbered(table: &Table) -> Vec<List<'_>> {
    let mut found: BTreeMap<String, BTreeMap<usize, usize>> = BTreeMap::new();
    for (i, name) in table.header().iter().enumerate() {
        let is_digit = |at: usize| name.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        let mut at = 0;
        while let Some(start) = (at..name.len()).find(|&at| is_digit(at)) {
            let end = (start..=name.len()).find(|&at| !is_digit(at)).unwrap_or(name.len());
            if let Ok(place) = name[start..end].parse::<usize>() {
                found.entry(format!("{}#{}", &name[..start], &name[end..])).or_default().insert(place, i);
            }
            at = end;
        }
    }
    let is_list = |places: &BTreeMap<usize, usize>| {
        let first = places.keys().next().copied().unwrap_or(2);
        places.len() > 1 && first < 2 && places.keys().enumerate().all(|(at, place)| at + first == *place)
    };
    let found: Vec<(String, Vec<usize>)> = found
        .into_iter()
        .filter(|(_, places)| is_list(places))
        .map(|(name, places)| (name, places.into_values().collect()))
        .collect();
    // Quick for the tables that nearly all are: no list of words.
    let is_word = |cell: &str| try_number(cell, table.layout().decimal).is_none();
    let are_words = |columns: &[usize]| {
        let Some(row) = table.rows().next() else { return false };
        let mut cells = columns.iter().map(|&i| row.cell(i)).filter(|cell| !is_missing(cell)).peekable();
        cells.peek().is_some() && cells.all(is_word)
    };
    if !found.iter().any(|(_, columns)| are_words(columns)) {
        return Vec::new();
    }
    let lists = found.into_iter().map(|(name, columns)| {
        let cells = table.rows().map(|row| columns.iter().map(|&i| row.cell(i)).collect()).collect();
        List { name, columns, cells }
    });
    lists.collect()
}

/// Columns each of whose cells holds several: "web|code", "0.9; 0.1".
fn in_cells(table: &Table) -> Vec<List<'_>> {
    let of = |i: usize| {
        let first = table.rows().next()?.cell(i);
        let separator = ['|', ';', ','].into_iter().find(|separator| first.contains(*separator))?;
        let mut cells: Vec<Vec<&str>> = Vec::with_capacity(table.n_rows());
        for row in table.rows() {
            let parts: Vec<&str> = row.cell(i).split(separator).map(str::trim).collect();
            if row.cell(i).len() > LONGEST || parts.len() < 2 || parts.iter().any(|part| part.is_empty()) {
                return None;
            }
            cells.push(parts);
        }
        Some(List { name: table.header()[i].clone(), columns: vec![i], cells })
    };
    (0..table.header().len()).filter_map(of).collect()
}
