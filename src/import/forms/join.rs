//! Several tables in one text: told apart by a blank line and a second line of names, and joined on an id.

use std::collections::HashMap;

use crate::import::assemble::SUM_TOLERANCE;
use crate::import::guess::{guess_roles, has_loss_word, is_loss, is_perplexity, is_slip};
use crate::import::issue::{Cause, Issues};
use crate::import::names;
use crate::import::recipe::is_recipe;
use crate::import::roles::{Role, is_id, is_weight_word, key, split_first, split_last};
use crate::import::sniff::{is_blank, is_comment, sniff_delimiter};
use crate::import::table::{Row, Table};
use crate::units::{Decimal, is_missing, try_number};

/// The tables of a text, each with the number of lines before it; one where nothing parts them.
pub(super) fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut starts = vec![(0, 0)];
    let (mut offset, mut before_is_blank, mut n_lines) = (0, false, 0);
    for (line_idx, line) in text.split_inclusive('\n').enumerate() {
        let blank = is_blank(line);
        if before_is_blank && !blank && n_lines > 1 && are_names(line) && numbers_follow(&text[offset + line.len()..]) {
            starts.push((line_idx, offset));
            n_lines = 0;
        }
        n_lines += usize::from(!blank && !is_comment(line));
        before_is_blank = blank;
        offset += line.len();
    }
    let ends = starts.iter().skip(1).map(|(_, start)| *start).chain([text.len()]);
    starts.iter().zip(ends).map(|(&(line, start), end)| (line, &text[start..end])).collect()
}

/// Whether a line may be one of names: several cells, none of them a number or missing.
fn are_names(line: &str) -> bool {
    let Some(delimiter) = sniff_delimiter(line).map(|delimiter| char::from(delimiter.byte())) else { return false };
    let cells = || line.trim().trim_matches('|').split(delimiter).map(|cell| cell.trim().trim_matches('"'));
    cells().count() > 1 && cells().all(|cell| !is_missing(cell) && try_number(cell, Decimal::Point).is_none())
}

/// Whether a text begins with a line of names and has numbers below it.
pub(super) fn is_table(text: &str) -> bool {
    let mut lines = text.split_inclusive('\n').skip_while(|line| is_blank(line));
    let first = lines.next().unwrap_or_default();
    are_names(first) && numbers_follow(lines.next().unwrap_or_default())
}

fn numbers_follow(text: &str) -> bool {
    let Some(line) = text.lines().find(|line| !is_blank(line) && !line.contains("--")) else { return false };
    let Some(delimiter) = sniff_delimiter(line) else { return false };
    let mut cells = line.split(char::from(delimiter.byte())).map(|cell| cell.trim().trim_matches('"'));
    cells.any(|cell| try_number(cell, Decimal::Point).is_some() || try_number(cell, Decimal::Comma).is_some())
}

/// Names of columns that say which run a line is of, the likeliest first; only letters and digits are compared.
const IDS: [&str; 14] = [
    "run",
    "runid",
    "id",
    "name",
    "runname",
    "index",
    "idx",
    "mixid",
    "mixtureid",
    "mixture",
    "mix",
    "mixturename",
    "experiment",
    "model",
];

/// One table of several: lines of the same names are put below each other, others beside each other where an id agrees.
pub(super) fn joined(tables: Vec<Table>, issues: &mut Issues) -> Option<Table> {
    let mut kinds = kinds(tables);
    let n_each = kinds.first()?.len();
    let pairs =
        kinds.len() > 1 && n_each > 1 && kinds.iter().all(|kind| kind.len() == n_each && counts_anew(&kind[..]));
    if !pairs {
        return all_beside(kinds.into_iter().map(all_below).collect(), issues);
    }
    // Mixtures and losses in pairs, such as one for training and one for tests: each pair has its own ids.
    let mut whole: Vec<Table> = Vec::new();
    let (firsts, mut others) = (kinds.remove(0), kinds);
    for first in firsts {
        let mut pair = vec![first];
        for kind in &mut others {
            let most = (0..kind.len()).max_by_key(|&i| (n_together(&pair[0], &kind[i]), std::cmp::Reverse(i)));
            pair.extend(most.map(|i| kind.remove(i)));
        }
        whole.extend(all_beside(pair, issues));
    }
    all_beside(self::kinds(whole).into_iter().map(all_below).collect(), issues)
}

/// The tables by their columns' names, in the order of the text.
fn kinds(tables: Vec<Table>) -> Vec<Vec<Table>> {
    let mut kinds: Vec<Vec<Table>> = Vec::new();
    for table in tables {
        match kinds.iter_mut().find(|kind| columns_in(&kind[0], &table).is_some()) {
            Some(kind) => kind.push(table),
            None => kinds.push(vec![table]),
        }
    }
    kinds
}

/// Where each column of the first stands in the second, if both have the same.
fn columns_in(first: &Table, second: &Table) -> Option<Vec<usize>> {
    let [own, other] = [first.header(), second.header()];
    if own == other {
        return Some((0..own.len()).collect());
    }
    let places: HashMap<&String, usize> = other.iter().enumerate().map(|(i, name)| (name, i)).collect();
    let found: HashMap<&String, usize> = own.iter().filter_map(|name| Some((name, *places.get(name)?))).collect();
    // A name that comes twice says nothing of which is which.
    let is_one_to_one = own.len() == other.len() && places.len() == other.len() && found.len() == own.len();
    is_one_to_one.then(|| own.iter().map(|name| found[name]).collect())
}

/// Whether the ids of a table come again in the next of its kind: then they are those of other runs.
fn counts_anew(kind: &[Table]) -> bool {
    kind.windows(2).all(|pair| {
        let again = |i: usize| {
            let lines = lines_of(&pair[0], i);
            pair[1].rows().any(|row| lines.contains_key(row.cell(i)))
        };
        (0..pair[0].header().len()).any(|i| IDS.contains(&key(&pair[0].header()[i]).as_str()) && again(i))
    })
}

fn all_below(kind: Vec<Table>) -> Table {
    let mut tables = kind.into_iter();
    let first = tables.next().expect("a kind begins with a table");
    // All of a kind have the first one's columns.
    tables.fold(first, |whole, next| match columns_in(&whole, &next) {
        Some(columns) => whole.above(&next, &columns),
        None => whole,
    })
}

fn all_beside(tables: Vec<Table>, issues: &mut Issues) -> Option<Table> {
    let mut tables = tables.into_iter();
    let mut whole = tables.next()?;
    for next in tables {
        match beside(&whole, &next, issues) {
            Ok((table, cause)) => {
                issues.push(cause.of_text());
                whole = table;
            }
            Err(mut cause) => {
                if let Cause::NoJoin { is_second_used, .. } = &mut cause
                    && is_of_runs(&next, &whole)
                {
                    *is_second_used = true;
                    whole = next;
                }
                issues.push(cause.of_text());
            }
        }
    }
    Some(whole)
}

/// Whether the second of two tables that cannot be joined is the study, and the first something else: no losses, and
/// no mixtures either, whose losses the second might be.
fn is_of_runs(second: &Table, first: &Table) -> bool {
    let has = |table: &Table, roles: &[Role]| {
        let own = guess_roles(table);
        roles.iter().any(|role| own.columns(*role).next().is_some())
    };
    let losses = [Role::Loss, Role::Perplexity];
    has(second, &losses)
        && has(second, &[Role::N, Role::D, Role::Weight])
        && !has(first, &losses)
        && !has(first, &[Role::Weight])
}

/// Lines that two tables have together.
fn n_together(first: &Table, second: &Table) -> (usize, bool) {
    let best = best_key(first, second);
    (best.map_or(0, |key| key.n_found), first.n_rows() == second.n_rows())
}

/// A column of each that says which lines belong together.
struct Key {
    columns: [usize; 2],
    /// How many lines of the first find one of the second.
    n_found: usize,
    /// Place in [`IDS`].
    rank: usize,
    unique: [bool; 2],
}

/// The key on which most lines find another; of equals the likeliest.
fn best_key(first: &Table, second: &Table) -> Option<Key> {
    let (a, b) = (columns_of_ids(first), columns_of_ids(second));
    let key_of = |(i, j): (usize, usize)| {
        let lines = [lines_of(first, i), lines_of(second, j)];
        let n_found = first.rows().filter(|row| lines[1].contains_key(row.cell(i))).count();
        let unique = lines.map(|lines| lines.values().all(|lines| lines.len() == 1));
        let name = key(&first.header()[i]);
        let rank = IDS.iter().position(|id| *id == name).unwrap_or(IDS.len());
        // Runs of one size, or of one seed, are not one run, unless most have a partner.
        let is_most = || 2 * n_found > first.n_rows().min(second.n_rows());
        let is_of_run = names::count(&first.header()[i]).is_none() && !is_recipe(&first.header()[i]);
        let is_key =
            n_found > 0 && if is_of_run { unique[0] || unique[1] } else { unique[0] && unique[1] && is_most() };
        is_key.then_some(Key { columns: [i, j], n_found, rank, unique })
    };
    let most = |pairs: Vec<(usize, usize)>| {
        pairs.into_iter().filter_map(key_of).max_by_key(|key| (key.n_found, std::cmp::Reverse(key.rank)))
    };
    let by_name: HashMap<String, usize> = b.iter().rev().map(|&j| (key(&second.header()[j]), j)).collect();
    let of_one_name = a.iter().filter_map(|&i| Some((i, *by_name.get(&key(&first.header()[i]))?)));
    most(of_one_name.collect()).or_else(|| {
        // Ids of other names are the same if they are words: numbers agree by chance.
        let are_words = |table: &Table, i: usize| is_id(&table.header()[i]) && has_words(table, i);
        let [a, b] = [(&a, first), (&b, second)].map(|(columns, table)| {
            let ids = columns.iter().copied().filter(|&i| are_words(table, i));
            ids.take(MOST_IDS).collect::<Vec<_>>()
        });
        most(a.iter().flat_map(|&i| b.iter().map(move |&j| (i, j))).collect())
    })
}

/// Ids of other names that are tried, of each table.
const MOST_IDS: usize = 8;

/// The columns that may say which run a line is of: neither losses nor weights, and words or whole numbers.
fn columns_of_ids(table: &Table) -> Vec<usize> {
    let is_weight =
        |name: &str| [split_first(name), split_last(name)].into_iter().flatten().any(|(word, _)| is_weight_word(word));
    let may_be = |&i: &usize| {
        let name = table.header()[i].as_str();
        is_id(name)
            || !is_loss(name) && !is_perplexity(name) && !is_weight(name) && {
                let decimal = table.layout().decimal;
                let mut cells = table.rows().map(|row| row.cell(i)).filter(|cell| !is_missing(cell));
                cells.all(|cell| try_number(cell, decimal).is_none_or(|number| number.fract() == 0.0))
            }
    };
    (0..table.header().len()).filter(may_be).collect()
}

fn has_words(table: &Table, column: usize) -> bool {
    let mut cells = table.rows().map(|row| row.cell(column)).filter(|cell| !is_missing(cell));
    cells.any(|cell| try_number(cell, table.layout().decimal).is_none())
}

/// Ids whose names are one slip apart.
fn near_ids(first: &Table, second: &Table) -> Option<[String; 2]> {
    let [a, b] = [first, second].map(|table| {
        let names = columns_of_ids(table).into_iter().map(|i| table.header()[i].clone());
        names.take(MOST_IDS).collect::<Vec<_>>()
    });
    let near = |x: &String| b.iter().find(|y| is_slip(&key(x), &key(y))).map(|y| [x.clone(), y.clone()]);
    a.iter().find_map(near)
}

fn beside(first: &Table, second: &Table, issues: &mut Issues) -> Result<(Table, Cause), Cause> {
    let Some(key) = best_key(first, second) else {
        let names = |table: &Table| table.header().to_vec();
        return Err(Cause::NoJoin {
            first: names(first),
            second: names(second),
            near: near_ids(first, second),
            is_second_used: false,
        });
    };
    // The one whose key may come again gives the lines; the other is looked up.
    let [i, j] = key.columns;
    if key.unique[1] {
        Ok(looked_up(first, second, key.columns, issues))
    } else {
        Ok(looked_up(second, first, [j, i], issues))
    }
}

fn lines_of(table: &Table, column: usize) -> HashMap<&str, Vec<usize>> {
    let mut lines: HashMap<&str, Vec<usize>> = HashMap::new();
    for (row_idx, row) in table.rows().enumerate().filter(|(_, row)| !is_missing(row.cell(column))) {
        lines.entry(row.cell(column)).or_default().push(row_idx);
    }
    lines
}

fn looked_up(table: &Table, other: &Table, [i, j]: [usize; 2], issues: &mut Issues) -> (Table, Cause) {
    let by_order =
        counts_from(table, i).zip(counts_from(other, j)).filter(|(a, b)| a != b && table.n_rows() == other.n_rows());
    let lines = lines_of(other, j);
    let place = |row: Row, column: usize, first: u64| Some(row.cell(column).parse::<u64>().ok()? - first);
    let places: HashMap<Option<u64>, usize> = match by_order {
        Some((_, first)) => other.rows().enumerate().map(|(row_idx, row)| (place(row, j, first), row_idx)).collect(),
        None => HashMap::new(),
    };
    let find = |row_idx: usize| match by_order {
        Some((first, _)) => places.get(&place(table.row(row_idx), i, first)).copied(),
        None => lines.get(table.row(row_idx).cell(i)).map(|lines| lines[0]),
    };
    // What both have under one name and is not the key would be there twice.
    let has = |name: &String| table.header().iter().any(|own| key(own) == key(name));
    // But weights and losses are both called as the domains are.
    let both: Vec<usize> = (0..other.header().len()).filter(|&c| c != j && has(&other.header()[c])).collect();
    let as_weights = |of: &Table, name: &dyn Fn(usize) -> Option<usize>| are_weights(of, &both, name);
    let own_place = |c: usize| table.header().iter().position(|own| key(own) == key(&other.header()[c]));
    let renamed = match (as_weights(table, &own_place), as_weights(other, &Some)) {
        (false, true) => Some("weight"),
        (true, false) => Some("results"),
        _ => None,
    };
    let is_kept = |&c: &usize| c != j && (renamed.is_some() || !has(&other.header()[c]));
    let columns: Vec<usize> = (0..other.header().len()).filter(is_kept).collect();
    let mut header = table.header().to_vec();
    let first_of_other = header.len();
    header.extend(columns.iter().map(|&column| match (renamed, &other.header()[column]) {
        (Some(word), name) if has(name) => format!("{word} {name}"),
        (_, name) => name.clone(),
    }));
    let (mut rows, mut other_lines) = (Vec::new(), Vec::new());
    let mut used = vec![false; other.n_rows()];
    let doubtful = doubtful(table, i, other);
    if let Some((name, n)) = doubtful.first().map(|first| (table.row(*first).cell(i), doubtful.len())) {
        issues.push(Cause::TwoMixtures { name: name.to_string(), lines: n }.of_text());
    }
    for row_idx in (0..table.n_rows()).filter(|row_idx| !doubtful.contains(row_idx)) {
        let Some(found) = find(row_idx) else { continue };
        used[found] = true;
        let row = table.row(row_idx);
        let own = (0..first_of_other).map(|column| row.cell(column).to_string());
        let cells = own.chain(columns.iter().map(|&column| other.row(found).cell(column).to_string())).collect();
        rows.push((row.line(), cells));
        other_lines.push(other.row(found).line());
    }
    // What both have is the first one's; where the second one's differs, that is said.
    let differs = |c: &usize| {
        let Some(own) = table.header().iter().position(|own| key(own) == key(&other.header()[*c])) else {
            return false;
        };
        (0..table.n_rows()).any(|row| {
            let cells = find(row).map(|found| [table.row(row).cell(own), other.row(found).cell(*c)]);
            cells.is_some_and(|[a, b]| a != b && !is_missing(b))
        })
    };
    let other_numbers: Vec<String> = (0..other.header().len())
        .filter(|&c| c != j && renamed.is_none())
        .filter(differs)
        .map(|c| other.header()[c].clone())
        .collect();
    let cause = Cause::Joined {
        other_numbers,
        keys: [table.header()[i].clone(), other.header()[j].clone()],
        rows: rows.len(),
        alone: [table.n_rows() - rows.len(), used.iter().filter(|used| !**used).count()],
        by_order,
    };
    (Table::of_cells(header, rows).in_decimals_of(table).with_lines_of(first_of_other, other_lines), cause)
}

/// Lines of a table of mixtures, of runs that have several there, where most have one: which of them gave the loss that
/// stands in the other table is not known.
fn doubtful(table: &Table, key: usize, other: &Table) -> Vec<usize> {
    let has_losses = |table: &Table| table.header().iter().any(|name| has_loss_word(name) || is_perplexity(name));
    if has_losses(table) || !has_losses(other) {
        return Vec::new();
    }
    let lines = lines_of(table, key);
    let several: Vec<&Vec<usize>> = lines.values().filter(|lines| lines.len() > 1).collect();
    if 2 * several.len() > lines.len() {
        return Vec::new();
    }
    let mut found: Vec<usize> = several.into_iter().flatten().copied().collect();
    found.sort_unstable();
    found
}

/// Whether these columns of a table sum to 1, or to 100, on each line.
fn are_weights(table: &Table, columns: &[usize], place: &dyn Fn(usize) -> Option<usize>) -> bool {
    let own: Option<Vec<usize>> = columns.iter().map(|&column| place(column)).collect();
    let is_whole = |row: Row| {
        let numbers = own.iter().flatten().map(|&i| try_number(row.cell(i), table.layout().decimal));
        let sum: Option<f64> = numbers.sum();
        sum.is_some_and(|sum| [1.0, 100.0].iter().any(|whole| (sum / whole - 1.0).abs() <= SUM_TOLERANCE))
    };
    own.as_ref().is_some_and(|own| own.len() > 1) && table.rows().all(is_whole)
}

/// The least of whole numbers without a gap or a number twice, in any order; `None` of any others.
fn counts_from(table: &Table, column: usize) -> Option<u64> {
    let numbers = table.rows().map(|row| row.cell(column).parse::<u64>().ok());
    let mut numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
    numbers.sort_unstable();
    let first = *numbers.first()?;
    numbers.windows(2).all(|pair| pair[1] == pair[0] + 1).then_some(first)
}
