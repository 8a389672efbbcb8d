//! The long form: a line for each target of an observation, or for each domain of its mixture. It is made wide.

use std::collections::HashMap;

use crate::import::guess::is_known;
use crate::import::issue::Cause;
use crate::import::table::Table;
use crate::units::{is_missing, try_number};

/// Names of the column that says which target or domain a line is about.
const WHICH: [&str; 17] = [
    "domain",
    "target",
    "metric",
    "task",
    "eval",
    "evaluation",
    "validation",
    "valid",
    "variable",
    "benchmark",
    "corpus",
    "eval_set",
    "eval_domain",
    "validation_set",
    "dataset",
    "source",
    "key",
];
/// Names of the column with the number.
const LOSSES: [&str; 12] = [
    "loss",
    "value",
    "score",
    "bpb",
    "ppl",
    "perplexity",
    "nll",
    "val_loss",
    "eval_loss",
    "valid_loss",
    "validation_loss",
    "test_loss",
];
const WEIGHTS: [&str; 9] = ["weight", "weights", "proportion", "share", "ratio", "fraction", "mix", "h", "w"];
/// A column with more different words is an id, no list of targets.
const MOST: usize = 200;
/// An observation has at least so many lines, on average.
const LINES_EACH: f64 = 1.5;

/// The wide table of a long one; `None` of any other.
pub(super) fn widened(table: &Table) -> Option<(Table, Cause)> {
    let position = |names: &[&str]| {
        names.iter().find_map(|name| table.header().iter().position(|own| own.eq_ignore_ascii_case(name)))
    };
    let (loss, weight) = (position(&LOSSES), position(&WEIGHTS));
    let numbers = [loss, weight];
    if loss.is_none() && weight.is_none() {
        return None;
    }
    WHICH.iter().find_map(|name| {
        let which = table.header().iter().position(|own| own.eq_ignore_ascii_case(name))?;
        widened_by(table, which, numbers)
    })
}

/// A wide line: the line it begins on, the cells that stay, and a loss and a weight for each word.
type Wide<'a> = (usize, Vec<&'a str>, Vec<[&'a str; 2]>);

fn widened_by(table: &Table, which: usize, [loss, weight]: [Option<usize>; 2]) -> Option<(Table, Cause)> {
    let mut words: Vec<&str> = Vec::new();
    let mut position_of: HashMap<&str, usize> = HashMap::new();
    for row in table.rows() {
        let word = row.cell(which);
        if is_missing(word) || try_number(word, table.layout().decimal).is_some() {
            return None;
        }
        position_of.entry(word).or_insert_with(|| {
            words.push(word);
            words.len() - 1
        });
        if words.len() > MOST {
            return None;
        }
    }
    let kept: Vec<usize> =
        (0..table.header().len()).filter(|&i| i != which && Some(i) != loss && Some(i) != weight).collect();
    let mut row_of: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut rows: Vec<Wide> = Vec::new();
    for row in table.rows() {
        let own: Vec<&str> = kept.iter().map(|&i| row.cell(i)).collect();
        let at = *row_of.entry(own.clone()).or_insert_with(|| {
            rows.push((row.line(), own, vec![["", ""]; words.len()]));
            rows.len() - 1
        });
        let cell = &mut rows[at].2[position_of[row.cell(which)]];
        let numbers = [loss, weight].map(|column| column.map_or("", |column| row.cell(column)));
        // The same target twice for one observation: another column tells them apart, or it is no long table.
        if *cell != ["", ""] {
            return None;
        }
        *cell = numbers;
    }
    if words.len() < 2 || (table.n_rows() as f64) < LINES_EACH * rows.len() as f64 {
        return None;
    }
    let suffix = loss.map(|column| match table.header()[column].as_str() {
        name if name.eq_ignore_ascii_case("value") => "loss",
        name => name,
    });
    // A list of metrics has more than losses in it: accuracies, sizes, tokens keep the names by which they are known.
    let name_of = |word: &str, suffix: &str| match suffix {
        "loss" | "value" | "score" if is_known(word) => word.to_string(),
        _ => format!("{word}_{suffix}"),
    };
    let mut header: Vec<String> = kept.iter().map(|&i| table.header()[i].clone()).collect();
    if weight.is_some() {
        header.extend(words.iter().map(|word| format!("weight_{word}")));
    }
    if let Some(suffix) = suffix {
        header.extend(words.iter().map(|word| name_of(word, suffix)));
    }
    let n_rows = rows.len();
    let cells = rows.into_iter().map(|(line, own, numbers)| {
        let mut cells: Vec<String> = own.into_iter().map(str::to_string).collect();
        if weight.is_some() {
            // A domain that is not listed is not in the mixture.
            cells.extend(numbers.iter().map(|[_, weight]| if weight.is_empty() { "0" } else { weight }.to_string()));
        }
        if loss.is_some() {
            cells.extend(numbers.iter().map(|[loss, _]| loss.to_string()));
        }
        (line, cells)
    });
    let cause = Cause::Widened { column: table.header()[which].clone(), lines: table.n_rows(), rows: n_rows };
    Some((Table::of_cells(header, cells).in_decimals_of(table), cause))
}
