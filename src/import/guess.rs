//! Table → roles, guessed from the columns' names and values.
//!
//! Model size, tokens, compute and split are known by name (a list of what tools write); losses by a word in
//! the name. Weights are known by a word in the name (`weight_`, `h_`, … `_share`), whatever they sum to, so
//! that wrong sums become issues; without such names they are the largest set of unclaimed columns, of the
//! same first word or side by side, whose numbers lie in [0, 1] and sum to 1 ± [`SUM_TOLERANCE`] (or in
//! [0, 100] and to 100) on nearly every line.

use std::collections::BTreeMap;

use super::roles::{Role, Roles, is_weight_word, split_first, split_last};
use super::table::{Row, Table};
use super::wide::{ROUNDING, SUM_TOLERANCE};
use crate::units::{Quantity, is_missing, try_number};

/// Cells looked at in all: enough for 1000 lines of a usual table, and quick for the widest.
const CELLS_LOOKED_AT: usize = 20_000;

/// Lines looked at for sums.
const LINES_SUMMED: usize = 50;

/// Share of the lines on which a set must sum to 1: a few may have a slip, which then is an issue.
const SHARE_OF_SUMS: f64 = 0.9;

/// Side-by-side candidates beyond this are tried as a whole only; the number of their stretches is quadratic.
const MAX_STRETCHES_OF: usize = 256;

/// Names without doubt; only letters and digits are compared, in lower case.
const N_NAMES: [&str; 14] = [
    "modelsize",
    "params",
    "nparams",
    "numparams",
    "parameters",
    "nparameters",
    "numparameters",
    "parametercount",
    "paramcount",
    "modelparams",
    "totalparams",
    "nonembeddingparams",
    "nonembparams",
    "modelsizeparams",
];
const D_NAMES: [&str; 11] = [
    "tokens",
    "ntokens",
    "numtokens",
    "totaltokens",
    "tokencount",
    "traintokens",
    "trainingtokens",
    "ntraintokens",
    "tokensseen",
    "trainedtokens",
    "datasize",
];
const FLOPS_NAMES: [&str; 9] = [
    "flops",
    "flop",
    "totalflops",
    "trainflops",
    "trainflop",
    "trainingflops",
    "trainingflop",
    "compute",
    "trainingcompute",
];
/// Names that are so used, and otherwise too: believed if every value is a number, and some is 2 or more.
const N_WEAK: [&str; 4] = ["n", "size", "model", "group"];
const D_WEAK: [&str; 1] = ["d"];
const FLOPS_WEAK: [&str; 2] = ["c", "budget"];
/// Believed if the values are words for fit and holdout.
const SPLIT_NAMES: [&str; 7] = ["split", "holdout", "heldout", "set", "subset", "partition", "fold"];
const LOSS_WORDS: [&str; 7] = ["loss", "bpb", "ppl", "perplexity", "nll", "crossentropy", "xent"];
/// How much a row counts.
const ROW_WEIGHT_NAMES: [&str; 4] = ["rowweight", "sampleweight", "observationweight", "runweight"];
/// Small numbers that are never weights, and would pass for a small one.
const NO_WEIGHTS: [&str; 10] =
    ["index", "idx", "id", "run", "runid", "seed", "step", "lr", "learningrate", "weightdecay"];
/// W&B's chart exports carry the extremes of each curve beside it.
const EXTREMES: [&str; 4] = [" - MIN", " - MAX", "__MIN", "__MAX"];

/// Guesses the role of each column.
pub fn guess_roles(table: &Table) -> Roles {
    let n_columns = table.header().len();
    let sample: Vec<Row> = table.sample((CELLS_LOOKED_AT / n_columns.max(1)).max(LINES_SUMMED)).collect();
    let columns: Vec<Column> = (0..n_columns).map(|i| Column::new(table, &sample, i)).collect();
    let mut roles = vec![Role::Ignored; n_columns];
    for (role, strong, weak) in [
        (Role::N, &N_NAMES[..], &N_WEAK[..]),
        (Role::D, &D_NAMES[..], &D_WEAK[..]),
        (Role::Flops, &FLOPS_NAMES[..], &FLOPS_WEAK[..]),
    ] {
        let found =
            position_of(strong, &columns).or_else(|| position_of(weak, &columns).filter(|&i| columns[i].is_count()));
        if let Some(i) = found {
            roles[i] = role;
        }
    }
    if let Some(i) = position_of(&ROW_WEIGHT_NAMES, &columns) {
        roles[i] = Role::RowWeight;
    }
    if let Some(i) = columns.iter().position(|c| SPLIT_NAMES.contains(&c.key.as_str()) && c.has_split_words(&sample)) {
        roles[i] = Role::Split;
    }
    for (role, column) in roles.iter_mut().zip(&columns) {
        if *role == Role::Ignored && column.is_loss() {
            *role = Role::Loss;
        }
    }
    let free: Vec<&Column> = columns.iter().filter(|c| roles[c.idx] == Role::Ignored).collect();
    let weights = named_weights(&free).unwrap_or_else(|| summing_weights(&free, &sample, table));
    for i in weights {
        roles[i] = Role::Weight;
    }
    let has = |role| roles.contains(&role);
    if has(Role::N) && has(Role::D) {
        roles.iter_mut().filter(|role| **role == Role::Flops).for_each(|role| *role = Role::Ignored);
    }
    Roles(roles)
}

/// The scale that a count's name states: "params (B)", "tokens_in_billions", "total_gflops" → "B", "B", "G".
pub fn header_scale(name: &str) -> Option<&'static str> {
    scale_of(name).map(|(_, scale)| scale)
}

/// Whether a split cell says holdout; `None` if it says neither. In a column named for the hold-out, yes and no do too.
pub(super) fn is_holdout(column: &str, cell: &str) -> Option<bool> {
    const FIT: [&str; 4] = ["fit", "train", "training", "fitting"];
    const HOLDOUT: [&str; 11] = [
        "holdout",
        "hold-out",
        "hold_out",
        "heldout",
        "held-out",
        "held_out",
        "test",
        "val",
        "valid",
        "validation",
        "eval",
    ];
    let is_in = |words: &[&str]| words.iter().any(|word| cell.trim().eq_ignore_ascii_case(word));
    if is_in(&FIT) {
        Some(false)
    } else if is_in(&HOLDOUT) {
        Some(true)
    } else if !matches!(key(column).as_str(), "holdout" | "heldout") {
        None
    } else if is_in(&["1", "true", "yes"]) {
        Some(true)
    } else if is_in(&["0", "false", "no"]) {
        Some(false)
    } else {
        None
    }
}

struct Column<'a> {
    idx: usize,
    name: &'a str,
    /// Letters and digits of the name's last path segment, without its scale, in lower case.
    key: String,
    n_present: usize,
    n_numbers: usize,
    least: f64,
    largest: f64,
}

impl<'a> Column<'a> {
    fn new(table: &'a Table, sample: &[Row], idx: usize) -> Self {
        let name = table.header()[idx].as_str();
        let plain = scale_of(name).map_or(name.to_string(), |(plain, _)| plain);
        let key = key(plain.rsplit('/').next().unwrap_or(&plain));
        let mut column =
            Self { idx, name, key, n_present: 0, n_numbers: 0, least: f64::INFINITY, largest: f64::NEG_INFINITY };
        for cell in sample.iter().map(|row| row.cell(idx)).filter(|cell| !is_missing(cell)) {
            column.n_present += 1;
            if let Some(value) = try_number(cell, table.layout().decimal) {
                column.n_numbers += 1;
                column.least = column.least.min(value);
                column.largest = column.largest.max(value);
            }
        }
        column
    }

    fn is_count(&self) -> bool {
        self.n_present > 0 && self.n_numbers == self.n_present && self.least > 0.0 && self.largest >= 2.0
    }

    fn is_loss(&self) -> bool {
        let letters = key(self.name);
        LOSS_WORDS.iter().any(|word| letters.contains(word)) && !EXTREMES.iter().any(|end| self.name.ends_with(end))
    }

    fn has_split_words(&self, sample: &[Row]) -> bool {
        let mut cells = sample.iter().map(|row| row.cell(self.idx)).filter(|cell| !is_missing(cell));
        self.key == "split" || (self.n_present > 0 && cells.all(|cell| is_holdout(self.name, cell).is_some()))
    }

    /// May be a weight by its values: every one a number in [0, 1], or in [0, 100] for percents.
    fn may_be_weight(&self) -> bool {
        self.n_present > 0
            && self.n_numbers == self.n_present
            && !NO_WEIGHTS.contains(&self.key.as_str())
            && self.least >= 0.0
            && self.largest <= 100.0 * (1.0 + SUM_TOLERANCE)
    }
}

fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column with the first of these names that any column has.
fn position_of(names: &[&str], columns: &[Column]) -> Option<usize> {
    names.iter().find_map(|name| columns.iter().position(|column| column.key == *name))
}

/// A count's name without its scale, and the scale.
fn scale_of(name: &str) -> Option<(String, &'static str)> {
    const SCALES: [(&str, &str); 13] = [
        ("b", "B"),
        ("bn", "B"),
        ("billion", "B"),
        ("billions", "B"),
        ("m", "M"),
        ("million", "M"),
        ("millions", "M"),
        ("k", "k"),
        ("thousand", "k"),
        ("thousands", "k"),
        ("t", "T"),
        ("trillion", "T"),
        ("trillions", "T"),
    ];
    const FLOPS: [(&str, &str); 5] =
        [("gflop", "G"), ("tflop", "T"), ("pflop", "P FLOPs"), ("eflop", "E FLOPs"), ("zflop", "Z FLOPs")];
    let (last, rest) = split_last(name).unwrap_or((name, ""));
    if let Some((_, scale)) = SCALES.iter().find(|(word, _)| !rest.is_empty() && last.eq_ignore_ascii_case(word)) {
        return Some((rest.strip_suffix("in").unwrap_or(rest).trim_end_matches(['_', ' ']).to_string(), scale));
    }
    let lower = last.to_lowercase();
    let (_, scale) = FLOPS.iter().find(|(word, _)| lower.strip_suffix('s').unwrap_or(&lower) == *word)?;
    Some((format!("{rest} flops"), scale))
}

/// The largest set of columns that share a word for a weight, before or after their names.
fn named_weights(free: &[&Column]) -> Option<Vec<usize>> {
    let mut sets: BTreeMap<(bool, String), Vec<usize>> = BTreeMap::new();
    for column in free.iter().filter(|c| !NO_WEIGHTS.contains(&c.key.as_str())) {
        for (is_first, split) in [(true, split_first(column.name)), (false, split_last(column.name))] {
            if let Some((word, _)) = split
                && is_weight_word(word)
            {
                sets.entry((is_first, word.to_lowercase())).or_default().push(column.idx);
            }
        }
    }
    largest(sets.into_values())
}

/// The largest set of columns that sum to 1 (or 100): of one first word, all candidates, or side by side.
fn summing_weights(free: &[&Column], sample: &[Row], table: &Table) -> Vec<usize> {
    let candidates: Vec<&Column> = free.iter().copied().filter(|c| c.may_be_weight()).collect();
    let lines: Vec<Vec<f64>> = sample
        .iter()
        .step_by(sample.len().div_ceil(LINES_SUMMED).max(1))
        .map(|row| {
            candidates.iter().map(|c| try_number(row.cell(c.idx), table.layout().decimal).unwrap_or(0.0)).collect()
        })
        .collect();
    let mut by_word: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, column) in candidates.iter().enumerate() {
        if let Some((word, _)) = split_first(column.name) {
            by_word.entry(word).or_default().push(i);
        }
    }
    let whole_sets: Vec<Vec<usize>> = by_word.into_values().chain([(0..candidates.len()).collect()]).collect();
    // Exact sums first, so that a small number that is no weight does not hide within the tolerance.
    let find = |tolerance| {
        let sum_up = |set: &&Vec<usize>| {
            set.len() >= 2 && are_mixtures(lines.iter().map(|line| set.iter().map(|&i| line[i]).sum()), tolerance)
        };
        let mut sets: Vec<Vec<usize>> = whole_sets.iter().filter(sum_up).cloned().collect();
        let mut start = 0;
        for run in candidates.chunk_by(|a, b| a.idx + 1 == b.idx) {
            sets.extend(longest_stretch(start, run.len(), &lines, tolerance));
            start += run.len();
        }
        largest(sets.into_iter())
    };
    let set = find(ROUNDING).or_else(|| find(SUM_TOLERANCE)).unwrap_or_default();
    set.into_iter().map(|i| candidates[i].idx).collect()
}

/// The longest stretch of at least two of the n candidates from `start`, side by side, that sums to 1 (or 100).
fn longest_stretch(start: usize, n: usize, lines: &[Vec<f64>], tolerance: f64) -> Option<Vec<usize>> {
    // Sums up to each candidate, so that a stretch's sum is a difference of two.
    let cumulated: Vec<Vec<f64>> = lines
        .iter()
        .map(|line| {
            let mut sums = vec![0.0];
            for (i, value) in line[start..start + n].iter().enumerate() {
                sums.push(sums[i] + value);
            }
            sums
        })
        .collect();
    let shortest = if n > MAX_STRETCHES_OF { n } else { 2 };
    (shortest..=n).rev().find_map(|length| {
        (0..=n - length)
            .find(|&from| are_mixtures(cumulated.iter().map(|sums| sums[from + length] - sums[from]), tolerance))
            .map(|from| (start + from..start + from + length).collect())
    })
}

/// Whether nearly all of these sums are those of weights.
fn are_mixtures(sums: impl Iterator<Item = f64>, tolerance: f64) -> bool {
    let (mut n, mut n_good) = (0, 0);
    for sum in sums {
        n += 1;
        n_good += usize::from((sum - 1.0).abs() <= tolerance || (sum / 100.0 - 1.0).abs() <= tolerance);
    }
    n > 0 && n_good as f64 >= SHARE_OF_SUMS * n as f64
}

/// The largest set; of equals the leftmost.
fn largest(sets: impl Iterator<Item = Vec<usize>>) -> Option<Vec<usize>> {
    sets.max_by_key(|set| (set.len(), std::cmp::Reverse(set.first().copied())))
}

/// The quantity that a role's cells count.
pub(super) fn quantity_of(role: Role) -> Quantity {
    match role {
        Role::N => Quantity::Params,
        Role::D => Quantity::Tokens,
        Role::Flops => Quantity::Flops,
        Role::Loss => Quantity::Loss,
        Role::RowWeight => Quantity::RowWeight,
        Role::Weight | Role::Split | Role::Ignored => Quantity::Share,
    }
}
