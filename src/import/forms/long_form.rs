//! The long form: a line for each target of an observation, or for each domain of its mixture. It is made wide.

use std::collections::HashMap;

use super::derive;
use crate::import::guess::{guess_roles, has_loss_word, is_known, is_loss, is_perplexity, is_score};
use crate::import::issue::Cause;
use crate::import::names;
use crate::import::recipe::is_recipe;
use crate::import::roles::{Role, Roles, is_id, is_weight_word, key, words};
use crate::import::table::Table;
use crate::units::{is_missing, try_number};

/// Words of which the name of the column is made that says which target or domain a line is about.
const WHICH: [&str; 20] = [
    "domain",
    "target",
    "metric",
    "task",
    "eval",
    "evaluation",
    "validation",
    "valid",
    "val",
    "variable",
    "benchmark",
    "corpus",
    "dataset",
    "source",
    "key",
    "test",
    "subset",
    "file",
    "set",
    "split",
];
/// Words that may stand beside these.
const BESIDE_WHICH: [&str; 4] = ["name", "id", "path", "data"];

/// Whether a column says by its name which target a line is about.
pub(in crate::import) fn is_which(name: &str) -> bool {
    // "evalset" is two words.
    let parted = |word: String| {
        let parts = WHICH.iter().find_map(|first| Some((first, word.strip_prefix(first)?)));
        match parts.filter(|(_, rest)| WHICH.contains(rest)) {
            Some((first, rest)) => vec![first.to_string(), rest.to_string()],
            None => vec![word],
        }
    };
    let words: Vec<String> = names::words(&names::english(name)).into_iter().flat_map(parted).collect();
    // A set alone may be one of runs, and a key is one alone.
    let is_one = |word: &String| WHICH.contains(&word.as_str()) && (words.len() > 1 || word != "set" && word != "val");
    words.iter().any(is_one)
        && words.iter().all(|word| WHICH.contains(&word.as_str()) || BESIDE_WHICH.contains(&word.as_str()))
        && (words.len() == 1 || words.iter().any(|word| word != "key" && word != "source"))
}

/// Names of the column with the number.
const LOSSES: [&str; 15] = [
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
    "ce",
    "val_ce",
    "bpc",
];
const WEIGHTS: [&str; 9] = ["weight", "weights", "proportion", "share", "ratio", "fraction", "mix", "h", "w"];
/// A column with more different words is an id, no list of targets.
const MOST: usize = 200;
/// An observation has at least so many lines, on average.
const LINES_EACH: f64 = 1.5;

/// The wide table of a long one; `None` of any other.
pub(super) fn widened(table: &Table) -> Option<(Table, Cause)> {
    let header = table.header();
    let position =
        |names: &[&str]| names.iter().find_map(|name| header.iter().position(|own| own.eq_ignore_ascii_case(name)));
    let mut losses = (0..header.len()).filter(|&i| is_loss(&header[i]));
    let only_loss = losses.next().filter(|_| losses.next().is_none());
    // A perplexity says the same as the loss beside it.
    let loss = position(&LOSSES).filter(|&i| !is_perplexity(&header[i]) || only_loss.is_none()).or(only_loss);
    // "mixture" may be what a run is called, or hold all of its weights.
    let has_number = |i: &usize| table.rows().any(|row| try_number(row.cell(*i), table.layout().decimal).is_some());
    let weight = position(&WEIGHTS).or_else(|| header.iter().position(|name| is_weight(name))).filter(has_number);
    if loss.is_none() && weight.is_none() {
        return None;
    }
    let mut roles = None;
    let mut candidates: Vec<usize> = (0..header.len()).filter(|&i| is_which(&header[i])).collect();
    // What was measured is told before what it was measured on.
    let is_metric = |word: &String| matches!(word.as_str(), "metric" | "key" | "variable");
    candidates.sort_by_key(|&i| !names::words(&header[i]).iter().any(is_metric));
    candidates.into_iter().find_map(|which| {
        let roles = roles.get_or_insert_with(|| guess_roles(table));
        if roles.get(which) == Role::Split {
            return None;
        }
        // Beside the weights of all domains "data_frac" is none of the line's.
        let has_mixture = roles.columns(Role::Weight).nth(1).is_some_and(|_| loss.is_some());
        let by = |weight: Option<usize>| {
            let numbers = [loss, weight];
            let ways = ways(table, which, numbers, roles);
            let by_cells = ways.iter().find_map(|own| widened_by(table, which, numbers, own, roles, false));
            // Where what tells two runs apart is no column, lines that follow each other are one.
            by_cells.or_else(|| widened_by(table, which, numbers, ways.first()?, roles, true))
        };
        // Tokens that differ from line to line of a run are those of the line's domain.
        let tokens = || (0..header.len()).filter(|&i| is_tokens(&header[i]));
        by(weight.filter(|_| !has_mixture))
            .or_else(|| (weight.is_none() && !has_mixture).then(tokens)?.find_map(|tokens| by(Some(tokens))))
    })
}

/// Whether a column holds tokens by its name.
fn is_tokens(name: &str) -> bool {
    names::count(name).is_some_and(|count| count.role == Role::D)
}

/// Whether a column holds the weight of the domain that the line is about: "mix_weight", "sampling_ratio".
fn is_weight(name: &str) -> bool {
    const BESIDE: [&str; 9] =
        ["train", "training", "data", "domain", "source", "sampling", "sample", "mixture", "mixing"];
    let is_beside = |word: &str| BESIDE.iter().any(|beside| word.eq_ignore_ascii_case(beside));
    let name = &*names::english(name);
    words(name).all(|word| is_weight_word(word) || is_beside(word))
        && words(name).any(|word| is_weight_word(word) && word != "mix")
}

/// The columns that say of which observation a line is, from the likeliest: all that are left; those but the numbers
/// that a line may have of its own, such as an uncertainty; ids and words alone.
fn ways(table: &Table, which: usize, numbers: [Option<usize>; 2], roles: &Roles) -> Vec<Vec<usize>> {
    let header = table.header();
    let all: Vec<usize> =
        (0..header.len()).filter(|&i| i != which && Some(i) != numbers[0] && Some(i) != numbers[1]).collect();
    let is_number = |i: usize| {
        let mut cells = table.rows().map(|row| row.cell(i)).filter(|cell| !is_missing(cell));
        cells.all(|cell| try_number(cell, table.layout().decimal).is_some())
    };
    let is_about = |i: usize| has_loss_word(&header[i]) || is_perplexity(&header[i]) || is_score(&header[i]);
    let is_of_run = |i: usize| is_id(&header[i]) || is_recipe(&header[i]);
    let has_role = |i: usize| !matches!(roles.get(i), Role::Ignored | Role::Loss | Role::RowWeight);
    let own: Vec<usize> =
        all.iter().copied().filter(|&i| !is_about(i) && (has_role(i) || is_of_run(i) || !is_number(i))).collect();
    let ids: Vec<usize> = own.iter().copied().filter(|&i| is_of_run(i) || !is_number(i)).collect();
    // Beside an id, words and times may be a line's own as well.
    let has_id = all.iter().any(|&i| is_id(&header[i]));
    let only_ids: Vec<usize> = all
        .iter()
        .copied()
        .filter(|&i| has_id && (is_id(&header[i]) || has_role(i) && roles.get(i) != Role::RowWeight))
        .collect();
    let mut ways = vec![all];
    for way in [own, ids, only_ids] {
        if !way.is_empty() && !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// A wide line: the line that it begins on, its index in the table, and a loss and a weight for each word.
type Wide<'a> = (usize, usize, Vec<[&'a str; 2]>);

/// The wide table, if lines of the same cells in the columns `observed` are of one observation.
fn widened_by(
    table: &Table,
    which: usize,
    [loss, weight]: [Option<usize>; 2],
    observed: &[usize],
    roles: &Roles,
    in_order: bool,
) -> Option<(Table, Cause)> {
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
    // What differs from line to line of one observation is not kept.
    let mut varies = vec![false; table.header().len()];
    let mut row_of: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut rows: Vec<Wide> = Vec::new();
    for (row_idx, row) in table.rows().enumerate() {
        let own: Vec<&str> = observed.iter().map(|&i| row.cell(i)).collect();
        let position = position_of[row.cell(which)];
        // The words come in the same order for each observation.
        let is_next =
            |at: &usize| *at + 1 == rows.len() && rows[*at].2[position..].iter().all(|cell| *cell == ["", ""]);
        if in_order && row_of.get(&own).is_some_and(|at| !is_next(at)) {
            row_of.remove(&own);
        }
        let at = *row_of.entry(own).or_insert_with(|| {
            rows.push((row.line(), row_idx, vec![["", ""]; words.len()]));
            rows.len() - 1
        });
        let first = table.row(rows[at].1);
        for (i, varies) in varies.iter_mut().enumerate() {
            *varies |= row.cell(i) != first.cell(i);
        }
        let cell = &mut rows[at].2[position];
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
    // Beside the tokens of each domain, a loss that is the same on all lines of a run is no loss on that domain.
    let may_be_tokens = |i: usize| varies[i] && is_tokens(&table.header()[i]);
    if weight.is_none() && loss.is_some_and(|loss| !varies[loss]) && (0..varies.len()).any(may_be_tokens) {
        return None;
    }
    // Tokens may be those of the set that a loss is of; what else a run has is the same on all of its lines.
    let is_of_word = |column: usize| {
        let mut cell_of: HashMap<&str, &str> = HashMap::new();
        table.rows().all(|row| *cell_of.entry(row.cell(which)).or_insert(row.cell(column)) == row.cell(column))
    };
    let is_lost = |i: usize| match roles.get(i) {
        Role::D => Some(i) != weight && !is_of_word(i),
        Role::N | Role::Flops | Role::Weight | Role::Split => Some(i) != weight,
        _ => false,
    };
    if (0..varies.len()).any(|i| varies[i] && i != which && is_lost(i)) {
        return None;
    }
    // Tokens that differ along a run's lines are those of the domains if an id says which lines are a run's, if the run
    // has only one loss, or if they sum to its D.
    let name_of_tokens = weight.map(|column| table.header()[column].as_str()).filter(|name| is_tokens(name));
    if let Some(column) = weight.filter(|_| name_of_tokens.is_some()) {
        let number = |cell: &str| try_number(cell, table.layout().decimal);
        let sum =
            |numbers: &[[&str; 2]]| numbers.iter().filter(|pair| !pair[1].is_empty()).map(|pair| number(pair[1])).sum();
        let sums: Option<Vec<f64>> = rows.iter().map(|(.., numbers)| sum(numbers)).collect();
        let is_sum = |i: usize| {
            let of_run =
                || rows.iter().map(|(_, row, _)| number(table.row(*row).cell(i))).collect::<Option<Vec<f64>>>();
            let may_be = !varies[i] && (is_tokens(&table.header()[i]) || key(&table.header()[i]) == "d");
            may_be && sums.as_ref().zip(of_run()).is_some_and(|(sums, of_run)| derive::are_same(sums, &of_run))
        };
        let is_of_run = loss.is_some_and(|loss| !varies[loss]) || observed.iter().any(|&i| is_id(&table.header()[i]));
        if !varies[column] || !is_of_run && !(0..varies.len()).any(is_sum) {
            return None;
        }
    }
    // Beside weights, a loss that is the same on all lines of an observation is its only one.
    let loss_of_each = loss.filter(|&loss| varies[loss] || weight.is_none());
    let suffix = loss_of_each.map(|column| match table.header()[column].as_str() {
        name if name.eq_ignore_ascii_case("value") => "loss",
        name if LOSSES.iter().any(|own| name.eq_ignore_ascii_case(own)) => name,
        name if name.to_ascii_lowercase().ends_with("loss") => "loss",
        name => name,
    });
    // A list of metrics has more than losses in it: accuracies, sizes, tokens keep the names by which they are known. Where
    // sizes or tokens are in it, it holds all of a run, and what else there is are no losses.
    let is_list = loss_of_each.is_some_and(|column| table.header()[column].eq_ignore_ascii_case("value"))
        && words.iter().any(|word| names::count(word).is_some());
    let name_of = |word: &str, suffix: &str| match suffix {
        "loss" | "value" | "score" if is_list || is_known(word) || is_recipe(word) => word.to_string(),
        _ => format!("{word}_{suffix}"),
    };
    let is_own = |i: usize| i == which || Some(i) == loss_of_each || Some(i) == weight;
    let (kept, dropped): (Vec<usize>, Vec<usize>) =
        (0..table.header().len()).filter(|&i| !is_own(i)).partition(|&i| !varies[i]);
    let mut header: Vec<String> = kept.iter().map(|&i| table.header()[i].clone()).collect();
    if weight.is_some() {
        let name = |word: &&str| name_of_tokens.map_or(format!("weight_{word}"), |name| format!("{word}_{name}"));
        header.extend(words.iter().map(name));
    }
    if let Some(suffix) = suffix {
        header.extend(words.iter().map(|word| name_of(word, suffix)));
    }
    let n_rows = rows.len();
    let cells = rows.into_iter().map(|(line, row_idx, numbers)| {
        let mut cells: Vec<String> = kept.iter().map(|&i| table.row(row_idx).cell(i).to_string()).collect();
        if weight.is_some() {
            // A domain that is not listed is not in the mixture.
            cells.extend(numbers.iter().map(|[_, weight]| if weight.is_empty() { "0" } else { weight }.to_string()));
        }
        if loss_of_each.is_some() {
            cells.extend(numbers.iter().map(|[loss, _]| loss.to_string()));
        }
        (line, cells)
    });
    let cause = Cause::Widened {
        column: table.header()[which].clone(),
        lines: table.n_rows(),
        rows: n_rows,
        dropped: dropped.into_iter().map(|i| table.header()[i].clone()).collect(),
    };
    Some((Table::of_cells(header, cells).in_decimals_of(table), cause))
}
