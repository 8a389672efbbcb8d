//! Tables that do not have a line for each run: runs as columns, and losses by size and tokens.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::derive::{listed, mixture_in, size_in};
use crate::import::assemble::SUM_TOLERANCE;
use crate::import::guess::{has_loss_word, is_perplexity, is_score};
use crate::import::issue::{Cause, Issues};
use crate::import::names;
use crate::import::roles::Role;
use crate::import::table::Table;
use crate::units::{is_missing, try_number};

/// The table with a line for each run; `None`, with an issue, where it holds losses by steps of unknown length.
pub(super) fn with_runs_as_lines(table: Table, issues: &mut Issues) -> Option<Table> {
    if let Some(turned) = runs_as_columns(&table) {
        issues.push(Cause::Turned.of_text());
        return Some(turned);
    }
    if let Some((by_size, what)) = losses_by_size(&table) {
        issues.push(Cause::Made { what }.of_text());
        return Some(by_size);
    }
    if let Some((by_mixture, what)) = losses_by_mixture(&table) {
        issues.push(Cause::Made { what }.of_text());
        return Some(by_mixture);
    }
    let Some(sizes) = sizes_as_columns(&table) else { return Some(table) };
    let of = if are_tokens(&table, &sizes) { Of::D } else { Of::N };
    if of == Of::N && !is_tokens(&table) {
        issues.push(Cause::StepsBySize { column: table.header()[0].clone() }.of_text());
        return None;
    }
    let header = ["params", "tokens", "loss"].map(String::from).to_vec();
    let rows = table.rows().flat_map(|row| {
        let cells = sizes.iter().enumerate().filter(move |(i, _)| !is_missing(row.cell(i + 1)));
        cells.map(move |(i, size)| {
            let mut counts = [size.to_string(), row.cell(0).to_string()];
            if of == Of::D {
                counts.reverse();
            }
            (row.line(), counts.into_iter().chain([row.cell(i + 1).to_string()]).collect())
        })
    });
    let rows: Vec<(usize, Vec<String>)> = rows.collect();
    issues.push(Cause::BySize { rows: rows.len(), is_of_tokens: of == Of::D }.of_text());
    let first = table.header()[0].clone();
    let melted = Table::of_cells(header, rows).in_decimals_of(&table);
    let place = if of == Of::D { 0 } else { 1 };
    Some(if names::count(&first).is_some() { melted.renamed(place, &first) } else { melted })
}

/// Whether the columns are called by tokens, and the first column holds sizes: as the corner says ("N \\ D"), or by numbers
/// that are fewer than those of the columns on every line.
fn are_tokens(table: &Table, columns: &[f64]) -> bool {
    let corner = table.header()[0].as_str();
    let role_of = |part: &str| match part.trim() {
        "N" => Some(Role::N),
        "D" => Some(Role::D),
        part => names::count(part).map(|count| count.role),
    };
    let parts: Vec<Option<Role>> =
        corner.split(['\\', '/', '|', '↓', '→', '×']).filter(|part| !part.trim().is_empty()).map(role_of).collect();
    match parts[..] {
        [Some(Role::N), ..] => return true,
        [Some(Role::D), ..] => return false,
        _ => {}
    }
    const LEAST_SIZE: f64 = 1e6;
    let first = table.rows().filter_map(|row| try_number(row.cell(0), table.layout().decimal)).fold(0.0, f64::max);
    let least = columns.iter().copied().fold(f64::INFINITY, f64::min);
    first >= LEAST_SIZE && first < least
}

/// The table turned, if its lines and not its columns are called N, D, a loss, or sum to 1 as a mixture does.
fn runs_as_columns(table: &Table) -> Option<Table> {
    let (header, decimal) = (table.header(), table.layout().decimal);
    let is_loss = |name: &str| has_loss_word(name) || is_perplexity(name);
    let is_known = |name: &str| names::count(name).is_some() || is_loss(name) || is_score(name);
    if table.n_rows() < 2 || header.len() < 3 || header.iter().any(|name| is_known(name)) {
        return None;
    }
    let first: Vec<&str> = table.rows().map(|row| row.cell(0)).collect();
    let is_name = |cell: &&str| !is_missing(cell) && try_number(cell, decimal).is_none();
    // "N (B)" is one as well, and so is "size" among losses.
    let is_symbol = |name: &str| {
        let plain = names::scale_of(name).map_or(name.to_string(), |(plain, _)| plain);
        matches!(plain.trim(), "N" | "D")
    };
    let has_loss = first.iter().any(|name| is_loss(name));
    let has_count = first.iter().any(|name| {
        let is_weak = || name.eq_ignore_ascii_case("size") || names::words(name).iter().any(|word| word == "tokens");
        names::count(name).is_some() || is_symbol(name) || has_loss && is_weak()
    });
    let others: Vec<usize> = (0..first.len()).filter(|&row| !is_known(first[row]) && !is_symbol(first[row])).collect();
    let number = |row: usize, i: usize| match table.row(row).cell(i) {
        cell if is_missing(cell) => Some(0.0),
        cell => try_number(cell, decimal),
    };
    let is_whole = |numbers: &mut dyn Iterator<Item = Option<f64>>| {
        let sum: Option<f64> = numbers.sum();
        sum.is_some_and(|sum| [1.0, 100.0].iter().any(|whole| (sum / whole - 1.0).abs() <= SUM_TOLERANCE))
    };
    let columns = 1..header.len();
    let is_mixture = others.len() > 1
        && columns.clone().all(|i| is_whole(&mut others.iter().map(|&row| number(row, i))))
        // Runs of one domain each sum to 1 either way.
        && !others.iter().all(|&row| is_whole(&mut columns.clone().map(|i| number(row, i))));
    let are_different = first.iter().collect::<HashSet<_>>().len() == first.len();
    let are_runs = are_different && has_count || has_loss && others.is_empty() || is_mixture;
    if !(are_runs && first.iter().all(is_name)) {
        return None;
    }
    let names = std::iter::once("run".to_string()).chain(first.iter().map(|name| name.to_string())).collect();
    let line = table.row(0).line();
    let runs = (1..header.len()).map(|i| {
        let cells = table.rows().map(|row| row.cell(i).to_string());
        (line, std::iter::once(header[i].clone()).chain(cells).collect())
    });
    Some(Table::of_cells(names, runs).in_decimals_of(table))
}

/// What tells losses beside each other apart: the runs' size, their tokens, their seed, or the step of a checkpoint.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    N,
    D,
    Seed,
    Step,
}

impl Of {
    /// What it is called in a sentence, and as a column.
    fn names(self) -> [&'static str; 2] {
        match self {
            Of::N => ["N", "params"],
            Of::D => ["D", "tokens"],
            Of::Seed => ["seeds", "seed"],
            Of::Step => ["steps", "step"],
        }
    }

    fn is_called_by(self, name: &str) -> bool {
        let is_count = |role| names::count(name).is_some_and(|count| count.role == role);
        match self {
            Of::N => is_count(Role::N) || name == "N",
            Of::D => is_count(Role::D) || name == "D",
            Of::Seed => names::words(name) == ["seed"],
            Of::Step => names::words(name).iter().any(|word| matches!(word.as_str(), "step" | "steps")),
        }
    }
}

/// The name of a loss without what tells it apart from others: "70M loss", "loss at 2B tokens", "loss_seed_1". Of a size
/// that may be either, `other` says which it is.
fn loss_of(name: &str, other: Option<Of>) -> Option<(Of, u64, String)> {
    const TOKENS: [&str; 3] = ["tokens", "token", "tok"];
    const BESIDE: [&str; 2] = ["at", "after"];
    let parts = name.split(['_', ' ', '-', '/', '(', ')', '[', ']', '@', '.', '=']).filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.collect();
    let is_one_of = |words: &[&str], part: &str| words.iter().any(|word| part.eq_ignore_ascii_case(word));
    // "seed1", "seed 1".
    let seed = (0..parts.len()).find_map(|i| {
        let lower = parts[i].to_lowercase();
        let (number, end) = match lower.strip_prefix("seed")? {
            "" => (*parts.get(i + 1)?, i + 2),
            number => (number, i + 1),
        };
        Some((number.parse().ok()?, i..end))
    });
    if let Some((number, own)) = seed {
        let rest = (0..parts.len()).filter(|i| !own.contains(i)).map(|i| parts[i]).collect::<Vec<_>>();
        return Some((Of::Seed, number, rest.join("_")));
    }
    // "loss_1000", "loss at step 2000": of fewer than 100 steps nobody keeps losses.
    const LEAST_STEP: u64 = 100;
    let is_step = |part: &str| is_one_of(&["step", "steps", "iter", "iters"], part);
    let step = parts.last().and_then(|part| part.parse().ok()).filter(|step| *step >= LEAST_STEP);
    if let Some(step) = step {
        let rest = parts[..parts.len() - 1].iter().filter(|part| !is_step(part) && !is_one_of(&BESIDE, part));
        return Some((Of::Step, step, rest.copied().collect::<Vec<_>>().join("_")));
    }
    let number = size_in(name)? as u64;
    let is_of_tokens = parts.iter().any(|part| is_one_of(&TOKENS, part));
    let is_bare = || name.contains('@') || is_bare_size(name) || other == Some(Of::D);
    let may_be_either = parts.iter().any(|part| is_one_of(&BESIDE, part)) || is_bare();
    let of = match is_of_tokens {
        true => Of::D,
        false if may_be_either => other?,
        false => Of::N,
    };
    let is_own = |part: &&str| size_in(part).is_none() && !is_one_of(&TOKENS, part) && !is_one_of(&BESIDE, part);
    let rest = name.split(['_', ' ', '-', '/', '(', ')', '[', ']', '@']).filter(|part| !part.is_empty()).filter(is_own);
    Some((of, number, rest.collect::<Vec<_>>().join("_")))
}

/// The table with a line for each size, each number of tokens or each seed, where losses of several stand beside each
/// other. Their mean, beside seeds, is none of a run.
fn losses_by_size(table: &Table) -> Option<(Table, String)> {
    const MEANS: [&str; 6] = ["mean", "avg", "average", "std", "stdev", "sem"];
    let header = table.header();
    let is_loss = |name: &str| has_loss_word(name) || is_perplexity(name);
    let (mut losses, mut others): (Vec<usize>, Vec<usize>) = (0..header.len()).partition(|&i| is_loss(&header[i]));
    // Columns that are called by sizes alone are losses by their numbers.
    if losses.is_empty() {
        let is_size = |&i: &usize| is_bare_size(&header[i]) && may_be_losses(table, i);
        (losses, others) = (0..header.len()).partition(is_size);
    }
    let has = |of: Of| others.iter().any(|&i| of.is_called_by(&header[i]));
    let other = match (has(Of::N), has(Of::D)) {
        (true, false) => Some(Of::D),
        (false, true) => Some(Of::N),
        // Sizes of millions are no numbers of tokens.
        (false, false) => {
            losses.iter().any(|&i| size_in(&header[i]).is_some_and(|size| size < LEAST_TOKENS)).then_some(Of::N)
        }
        _ => None,
    };
    let of_name = |i: usize| loss_of(&header[i], other);
    let of = losses.iter().find_map(|&i| of_name(i))?.0;
    let mut means = Vec::new();
    if of == Of::Seed {
        let is_mean = |i: &usize| names::words(&header[*i]).iter().any(|word| MEANS.contains(&word.as_str()));
        means = (0..header.len()).filter(is_mean).map(|i| header[i].as_str()).collect();
        losses.retain(|i| !is_mean(i));
        others.retain(|i| !is_mean(i));
    }
    // Each loss without its number, and the column of each number.
    let mut targets: Vec<(String, BTreeMap<u64, usize>)> = Vec::new();
    for i in losses {
        let (_, number, rest) = of_name(i).filter(|(own, ..)| *own == of)?;
        let rest = if rest.is_empty() { "loss".to_string() } else { rest };
        let place = targets.iter().position(|(own, _)| *own == rest).unwrap_or_else(|| {
            targets.push((rest, BTreeMap::new()));
            targets.len() - 1
        });
        targets[place].1.insert(number, i).map_or(Some(()), |_| None)?;
    }
    let numbers: Vec<u64> = targets.first()?.1.keys().copied().collect();
    if numbers.len() < 2
        || targets.iter().any(|(_, columns)| !columns.keys().eq(&numbers))
        || others.iter().any(|&i| of.is_called_by(&header[i]))
    {
        return None;
    }
    let [symbol, name] = of.names();
    let names = others.iter().map(|&i| header[i].clone()).chain([name.to_string()]);
    let names = names.chain(targets.iter().map(|(name, _)| name.clone())).collect();
    let rows = table.rows().flat_map(|row| {
        let (others, targets) = (&others, &targets);
        numbers.iter().filter_map(move |number| {
            let cells = targets.iter().map(|(_, columns)| row.cell(columns[number]).to_string());
            let own = others.iter().map(|&i| row.cell(i).to_string()).chain([number.to_string()]);
            let is_blank = targets.iter().all(|(_, columns)| is_missing(row.cell(columns[number])));
            (!is_blank).then(|| (row.line(), own.chain(cells).collect()))
        })
    });
    let rows: Vec<(usize, Vec<String>)> = rows.collect();
    let mut what = format!(
        "the losses are of runs of {} different {symbol}, as their columns are called: each is read as a line of its own, {} in \
         all",
        numbers.len(),
        rows.len()
    );
    if !means.is_empty() {
        what += &format!("; not used, since over all of them: {}", listed(means.into_iter()));
    }
    Some((Table::of_cells(names, rows).in_decimals_of(table), what))
}

/// Fewer tokens than these no study has as the least.
const LEAST_TOKENS: f64 = 5e8;

/// Whether a name is a size and nothing else, but for what it counts: "70M", "@2B", "2B tok".
fn is_bare_size(name: &str) -> bool {
    const COUNTED: [&str; 6] = ["tokens", "token", "tok", "toks", "params", "parameters"];
    let mut words = name.split(['@', ' ', '_', '-', '/']).filter(|word| !word.is_empty());
    let is_size = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && size_in(word).is_some();
    words.next().is_some_and(is_size) && words.all(|word| COUNTED.iter().any(|own| word.eq_ignore_ascii_case(own)))
}

/// Numbers that may be losses in nats.
const LOSSES: std::ops::Range<f64> = 0.2..20.0;

/// Whether a column's numbers may be losses: none is a share, and some are no whole ones.
fn may_be_losses(table: &Table, i: usize) -> bool {
    let cells = || table.rows().map(|row| row.cell(i)).filter(|cell| !is_missing(cell));
    let numbers: Option<Vec<f64>> = cells().map(|cell| try_number(cell, table.layout().decimal)).collect();
    numbers.is_some_and(|numbers| {
        !numbers.is_empty()
            && numbers.iter().all(|number| LOSSES.contains(number))
            && numbers.iter().any(|number| *number > 1.0 && number.fract() != 0.0)
    })
}

/// The table with a line for each mixture and each line of it, where columns are called by mixtures and hold losses.
fn losses_by_mixture(table: &Table) -> Option<(Table, String)> {
    let header = table.header();
    let mixture = |i: usize| mixture_in(&header[i]).filter(|_| may_be_losses(table, i));
    let (mixtures, others): (Vec<usize>, Vec<usize>) = (0..header.len()).partition(|&i| mixture(i).is_some());
    let names_of = |i: usize| mixture(i).map(|own| own.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>());
    let is_loss = |i: &usize| has_loss_word(&header[*i]) || is_perplexity(&header[*i]);
    let &first = mixtures.first()?;
    if mixtures.len() < 2 || others.iter().any(is_loss) || mixtures.iter().any(|&i| names_of(i) != names_of(first)) {
        return None;
    }
    let names = others.iter().map(|&i| header[i].clone()).chain(["mixture", "loss"].map(String::from)).collect();
    let rows = table.rows().flat_map(|row| {
        let others = &others;
        mixtures.iter().filter(move |&&i| !is_missing(row.cell(i))).map(move |&i| {
            let own = others.iter().map(|&other| row.cell(other).to_string());
            (row.line(), own.chain([header[i].clone(), row.cell(i).to_string()]).collect())
        })
    });
    let rows: Vec<(usize, Vec<String>)> = rows.collect();
    let what = format!(
        "its columns are called by mixtures, so each of its {} losses is read as that of a run of one",
        rows.len()
    );
    Some((Table::of_cells(names, rows).in_decimals_of(table), what))
}

/// The sizes that all columns but the first are called, if their numbers may be losses.
fn sizes_as_columns(table: &Table) -> Option<Vec<f64>> {
    let decimal = table.layout().decimal;
    let sizes: Vec<f64> = table.header().iter().skip(1).map(|name| size_in(name)).collect::<Option<_>>()?;
    if sizes.len() < 2 || table.n_rows() < 2 {
        return None;
    }
    let mut largest = 0.0f64;
    for row in table.rows() {
        try_number(row.cell(0), decimal)?;
        for cell in row.cells().skip(1).filter(|cell| !is_missing(cell)) {
            largest = largest.max(try_number(cell, decimal).filter(|loss| LOSSES.contains(loss))?);
        }
    }
    (largest > 1.0).then_some(sizes)
}

/// Whether the first column counts tokens: by its name, or by numbers that steps do not reach.
fn is_tokens(table: &Table) -> bool {
    const MOST_STEPS: f64 = 5e6;
    let name = &table.header()[0];
    let is_named = names::count(name).is_some_and(|count| count.role == Role::D) || matches!(name.as_str(), "D" | "d");
    let numbers = || table.rows().filter_map(|row| try_number(row.cell(0), table.layout().decimal));
    is_named || numbers().all(|number| number > MOST_STEPS)
}
