//! Table → roles, guessed from the columns' names and values.
//!
//! Model size, tokens, compute and split are known by name (a list of what tools write); losses by a word in
//! the name. Weights are known by a word in the name (`weight_`, `h_`, … `_share`), whatever they sum to, so
//! that wrong sums become issues; without such names they are the largest set of unclaimed columns, of the
//! same first word or side by side, whose numbers lie in [0, 1] and sum to 1 ± [`SUM_TOLERANCE`] (or in
//! [0, 100] and to 100) on nearly every line.
//!
//! Of a path ("config.model.n_params", "throughput/total_tokens") the last segment is such a name too.

use std::collections::BTreeMap;

use strsim::damerau_levenshtein;

use super::assemble::{ROUNDING, SUM_TOLERANCE};
use super::names::{self, CountName};
use super::roles::{Role, Roles, is_id, is_weight_word, key, split_first, split_last, split_path, words};
use super::table::{Row, Table};
use crate::units::{Quantity, is_missing, try_number};

/// Cells looked at in all: enough for 1000 lines of a usual table, and quick for the widest.
const CELLS_LOOKED_AT: usize = 20_000;

/// Lines looked at for sums.
const LINES_SUMMED: usize = 50;

/// Share of the lines on which a set must sum to 1: a few may have a slip, which then is an issue.
const SHARE_OF_SUMS: f64 = 0.9;

/// Side-by-side candidates beyond this are tried as a whole only; the number of their stretches is quadratic.
const MAX_STRETCHES_OF: usize = 256;

/// Names that are so used, and otherwise too: believed if the values are numbers, but for slips, and some is 2 or more.
const N_WEAK: [&str; 4] = ["n", "size", "model", "group"];
const D_WEAK: [&str; 1] = ["d"];
const FLOPS_WEAK: [&str; 2] = ["c", "budget"];
/// Believed if the values are words for fit and holdout.
const SPLIT_NAMES: [&str; 7] = ["split", "holdout", "heldout", "set", "subset", "partition", "fold"];
const LOSS_WORDS: [&str; 5] = ["loss", "bpb", "nll", "crossentropy", "xent"];
/// Of these more is better: never minimised unless the user says so.
const SCORE_WORDS: [&str; 7] = ["acc", "accuracy", "em", "f1", "score", "bleu", "rouge"];
/// Tokens that the corpus holds, each counted once.
const UNIQUE_NAMES: [&str; 5] = ["uniquetokens", "nuniquetokens", "tokensunique", "ntokensunique", "uniqtokens"];
/// The loss is the logarithm of these: not taken unless the user says so.
const PERPLEXITY_WORDS: [&str; 2] = ["ppl", "perplexity"];
/// How much a row counts.
const ROW_WEIGHT_NAMES: [&str; 4] = ["rowweight", "sampleweight", "observationweight", "runweight"];
/// Small numbers that are never weights, and would pass for a small one.
const NO_WEIGHTS: [&str; 10] =
    ["index", "idx", "id", "run", "runid", "seed", "step", "lr", "learningrate", "weightdecay"];
/// W&B's chart exports carry the extremes of each curve beside it.
const EXTREMES: [&str; 4] = [" - MIN", " - MAX", "__MIN", "__MAX"];
/// Under these W&B keeps what a run was given and what it ended with.
const ROOTS: [&str; 2] = ["config", "summary"];

/// Guesses the role of each column.
pub fn guess_roles(table: &Table) -> Roles {
    let n_columns = table.header().len();
    let sample: Vec<Row> = table.sample((CELLS_LOOKED_AT / n_columns.max(1)).max(LINES_SUMMED)).collect();
    let columns: Vec<Column> = (0..n_columns).map(|i| Column::new(table, &sample, i)).collect();
    let mut roles = vec![Role::Ignored; n_columns];
    for (role, weak) in [(Role::N, &N_WEAK[..]), (Role::D, &D_WEAK[..]), (Role::Flops, &FLOPS_WEAK[..])] {
        let named = candidates(role, &columns).next().map(|column| column.idx);
        if let Some(i) = named.or_else(|| position_of(weak, &columns).filter(|&i| columns[i].is_count())) {
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
        if *role == Role::Ignored && is_loss(column.name) {
            *role = Role::Loss;
        }
    }
    let is_free = |c: &&Column| roles[c.idx] == Role::Ignored && !is_perplexity(c.name);
    let free: Vec<&Column> = columns.iter().filter(is_free).collect();
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

/// Whether a column is a loss by its name.
pub(super) fn is_loss(name: &str) -> bool {
    let letters = key(name);
    !is_perplexity(name)
        && LOSS_WORDS.iter().any(|word| letters.contains(word))
        && !EXTREMES.iter().any(|end| name.ends_with(end))
}

/// Whether a column is a perplexity by its name.
pub(super) fn is_perplexity(name: &str) -> bool {
    let letters = key(name);
    PERPLEXITY_WORDS.iter().any(|word| letters.contains(word)) && !EXTREMES.iter().any(|end| name.ends_with(end))
}

/// Whether a column is by its name one of which more is better.
pub(super) fn is_score(name: &str) -> bool {
    words(name).last().is_some_and(|last| SCORE_WORDS.iter().any(|word| last.eq_ignore_ascii_case(word)))
}

/// Whether a name says by itself what its column holds: a loss, a score, N, D or C.
pub(super) fn is_known(name: &str) -> bool {
    is_loss(name) || is_perplexity(name) || is_score(name) || is_count_name(name)
}

/// Whether a name is one of N, D or C.
pub(super) fn is_count_name(name: &str) -> bool {
    names::count(name).is_some()
}

/// For each of N and D the column that has the role, and others that have its name too and other numbers.
pub(super) fn rivals(table: &Table, roles: &Roles) -> Vec<(Role, usize, Vec<usize>)> {
    let sample: Vec<Row> = table.sample(LINES_SUMMED).collect();
    let number = |row: &Row, i: usize| try_number(row.cell(i), table.layout().decimal);
    let differ = |i: usize, j: usize| {
        let mut pairs = sample.iter().filter_map(|row| Some((number(row, i)?, number(row, j)?)));
        pairs.any(|(a, b)| a != b)
    };
    let of = |role: Role| {
        let used = roles.columns(role).next()?;
        let is_rival =
            |i: &usize| names::count(&table.header()[*i]).is_some_and(|count| count.role == role) && differ(used, *i);
        let others: Vec<usize> = roles.columns(Role::Ignored).filter(is_rival).collect();
        (!others.is_empty()).then_some((role, used, others))
    };
    [Role::N, Role::D].into_iter().filter_map(of).collect()
}

/// Whether a column counts the tokens that the corpus holds.
pub(super) fn is_unique_tokens(name: &str) -> bool {
    UNIQUE_NAMES.contains(&key(split_path(name).map_or(name, |(_, last)| last)).as_str())
}

/// Whether this is the header of a W&B chart: curves over steps, "run - metric", with the extremes of each beside it.
pub(super) fn is_chart(header: &[String]) -> bool {
    let is_curve = |name: &String| {
        name.contains(" - ") && ["__MIN", "__MAX"].iter().all(|end| header.contains(&format!("{name}{end}")))
    };
    header.iter().any(is_curve)
}

/// For each column without a role the name that was probably meant, and the role that it would have: a slip in a name
/// takes a whole term out of a law.
pub(super) fn near_names(table: &Table, roles: &Roles) -> Vec<(usize, String, Role)> {
    let sample: Vec<Row> = table.sample(LINES_SUMMED).collect();
    let weights: Vec<&str> = roles.columns(Role::Weight).map(|i| table.header()[i].as_str()).collect();
    let near = |i: usize| {
        let column = Column::new(table, &sample, i);
        if column.n_present == 0 || !column.is_of_numbers() || is_known(column.name) {
            return None;
        }
        let (name, role) = column
            .near_count(|role| roles.columns(role).next().is_some())
            .or_else(|| Some((column.near_loss()?, Role::Loss)))
            .or_else(|| Some((column.near_weight(&weights)?, Role::Weight)))?;
        Some((i, name, role))
    };
    roles.columns(Role::Ignored).filter_map(near).collect()
}

/// The scale that a count's name states: "params (B)", "tokens_in_billions", "total_gflops" → "B", "B", "G".
pub fn header_scale(name: &str) -> Option<&'static str> {
    names::scale_of(name).map(|(_, scale)| scale)
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
    /// Letters and digits of the name, without its scale and W&B's root, in lower case.
    key: String,
    /// The same of its last path segment.
    last: String,
    /// What the name says.
    count: Option<CountName>,
    n_present: usize,
    n_numbers: usize,
    least: f64,
    largest: f64,
}

impl<'a> Column<'a> {
    fn new(table: &'a Table, sample: &[Row], idx: usize) -> Self {
        let name = table.header()[idx].as_str();
        let plain = names::scale_of(name).map_or(name.to_string(), |(plain, _)| plain);
        let rooted = plain.split_once(['/', '.']).filter(|(root, _)| ROOTS.contains(root)).map(|(_, rest)| rest);
        let last = plain.rsplit(['/', '.', ':']).map(key).find(|last| !last.is_empty()).unwrap_or_default();
        let key = key(rooted.unwrap_or(&plain));
        let (least, largest) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut column =
            Self { idx, name, key, last, count: names::count(name), n_present: 0, n_numbers: 0, least, largest };
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

    /// How many segments its path has, without W&B's root.
    fn depth(&self) -> usize {
        let rooted =
            ROOTS.iter().any(|root| self.name.starts_with(root) && self.name[root.len()..].starts_with(['/', '.']));
        self.name.matches(['/', '.']).count() - usize::from(rooted)
    }

    fn is_count(&self) -> bool {
        self.n_numbers > 0 && self.is_of_numbers() && self.least > 0.0 && self.largest >= 2.0
    }

    /// The spelling of N, D or C that is one slip away, if no column has that role.
    fn near_count(&self, has: impl Fn(Role) -> bool) -> Option<(String, Role)> {
        const SPELLINGS: [(Role, &[&str]); 3] = [
            (Role::N, &["params", "n_params", "parameters", "model_size", "parameter_count"]),
            (Role::D, &["tokens", "n_tokens", "total_tokens", "train_tokens", "training_tokens"]),
            (Role::Flops, &["flops", "training_flops", "compute"]),
        ];
        let free = SPELLINGS.iter().filter(|(role, _)| !has(*role));
        let mut spellings = free.flat_map(|(role, names)| names.iter().map(|name| (*name, *role)));
        let is_near = |name: &str| is_slip(&self.key, &key(name)) || is_slip(&self.last, &key(name));
        spellings.find(|(name, _)| is_near(name)).map(|(name, role)| (name.to_string(), role))
    }

    /// The name with "loss" in place of a word that is one slip away.
    fn near_loss(&self) -> Option<String> {
        // Words of their own.
        const OTHERS: [&str; 3] = ["less", "lost", "gloss"];
        let is_near = |word: &&str| {
            let word = word.to_lowercase();
            is_slip(&word, "loss") && !OTHERS.contains(&word.as_str())
        };
        let word = words(self.name).find(is_near).filter(|_| self.least > 0.0)?;
        Some(self.name.replacen(word, "loss", 1))
    }

    /// The name with the weights' own word in place of one that is a slip away.
    fn near_weight(&self, weights: &[&str]) -> Option<String> {
        let (word, _) = split_first(weights.first()?)?;
        let (seen, rest) = split_first(self.name)?;
        let is_near = is_weight_word(word) && is_slip(&seen.to_lowercase(), &word.to_lowercase());
        let name = format!("{word}{}{rest}", &self.name[seen.len()..self.name.len() - rest.len()]);
        (is_near && self.may_be_weight() && !weights.contains(&name.as_str())).then_some(name)
    }

    /// Whether at least half of its values are numbers; a column without values may be one of numbers.
    fn is_of_numbers(&self) -> bool {
        2 * self.n_numbers >= self.n_present
    }

    fn has_split_words(&self, sample: &[Row]) -> bool {
        let mut cells = sample.iter().map(|row| row.cell(self.idx)).filter(|cell| !is_missing(cell));
        self.key == "split" || (self.n_present > 0 && cells.all(|cell| is_holdout(self.name, cell).is_some()))
    }

    /// May be a weight by its values: every one a number in [0, 1], or in [0, 100] for percents.
    fn may_be_weight(&self) -> bool {
        self.n_present > 0
            && self.n_numbers == self.n_present
            && !self.is_no_weight()
            && !is_score(self.name)
            && self.least >= 0.0
            && self.largest <= 100.0 * (1.0 + SUM_TOLERANCE)
    }

    /// Whether its name is that of something else than a weight.
    fn is_no_weight(&self) -> bool {
        let is_one = |key: &String| NO_WEIGHTS.contains(&key.as_str()) || UNIQUE_NAMES.contains(&key.as_str());
        is_one(&self.key) || is_one(&self.last) || is_id(self.name)
    }
}

/// Whether a name is another one with a slip in it: a letter too many, too few, wrong or swapped; two in a long one.
pub(super) fn is_slip(seen: &str, name: &str) -> bool {
    const LONG: usize = 8;
    let most = if name.len() < LONG { 1 } else { 2 };
    seen.len().abs_diff(name.len()) <= most && (1..=most).contains(&damerau_levenshtein(seen, name))
}

/// The column with the first of these names that any column has.
fn position_of(names: &[&str], columns: &[Column]) -> Option<usize> {
    names.iter().find_map(|name| columns.iter().position(|column| column.key == *name))
}

/// The columns that are N, D or C by their names, the likeliest first: of numbers, of the least rank, of the shortest path.
fn candidates<'a>(role: Role, columns: &'a [Column]) -> impl Iterator<Item = &'a Column<'a>> {
    let mut found: Vec<(&Column, u8)> = columns
        .iter()
        .filter_map(|column| {
            Some((column, column.count?.rank)).filter(|_| column.count.is_some_and(|c| c.role == role))
        })
        .collect();
    found.sort_by_key(|(column, rank)| (!column.is_of_numbers(), *rank, column.depth(), column.name.len()));
    found.into_iter().map(|(column, _)| column)
}

/// Where a word for a weight stands.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    First,
    Last,
    /// At the end of the path before the name: "data/mix/web", "config.mixture_weights.web".
    Path,
}

/// The largest set of columns that share a word for a weight, before or after their names or in their paths. Many a
/// column has such a word in its name ("mix_seed", "p_value"); alone it is a weight only if it says so in full.
fn named_weights(free: &[&Column]) -> Option<Vec<usize>> {
    const IN_FULL: [&str; 2] = ["weight", "weights"];
    let mut sets: BTreeMap<(Place, String), Vec<usize>> = BTreeMap::new();
    for column in free.iter().filter(|c| !c.is_no_weight() && c.is_of_numbers()) {
        for (place, split) in [(Place::First, split_first(column.name)), (Place::Last, split_last(column.name))] {
            if let Some((word, _)) = split
                && is_weight_word(word)
            {
                sets.entry((place, word.to_lowercase())).or_default().push(column.idx);
            }
        }
        if let Some((path, _)) = split_path(column.name)
            && words(path).last().is_some_and(|word| word.len() > 1 && is_weight_word(word))
        {
            sets.entry((Place::Path, path.to_lowercase())).or_default().push(column.idx);
        }
    }
    sets.retain(|(_, word), set| set.len() > 1 || IN_FULL.contains(&word.as_str()));
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
        Role::Perplexity => Quantity::Perplexity,
        Role::RowWeight => Quantity::RowWeight,
        Role::Weight | Role::Split | Role::Ignored => Quantity::Share,
    }
}
