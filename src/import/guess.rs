//! Table → roles, guessed from the columns' names and values.
//!
//! Model size, tokens, compute and split are known by name (a list of what tools write); losses by a word in
//! the name. Weights are known by a word in the name (`weight_`, `h_`, … `_share`), whatever they sum to, so
//! that wrong sums become issues; without such names they are the largest set of unclaimed columns, of the
//! same first word or side by side, whose numbers lie in [0, 1] and sum to 1 ± [`SUM_TOLERANCE`] (or in
//! [0, 100] and to 100) on nearly every line.
//!
//! Of a path ("config.model.n_params", "throughput/total_tokens") the last segment is such a name too.

use std::collections::{BTreeMap, BTreeSet};

use strsim::damerau_levenshtein;

use super::assemble::SUM_TOLERANCE;
use super::issue::{Cause, Issue};
use super::losses::{self, Candidate};
use super::mixture::{self, LINES_SUMMED, Stage};
use super::names::{self, CountName};
use super::question::{Answer, Question};
use super::recipe::{is_about_loss, is_recipe};
use super::roles::{
    Role, Roles, TRAIN, domain_names, is_id, is_listed, is_weight_word, key, split_first, split_path, words,
};
use super::table::{Row, Table};
use crate::units::{Decimal, Quantity, excerpt, is_missing, try_number};

/// Cells looked at in all: enough for 1000 lines of a usual table, and quick for the widest.
const CELLS_LOOKED_AT: usize = 20_000;

/// Names that are so used, and otherwise too: believed if the values are numbers, but for slips, and some is 2 or more.
const N_WEAK: [&str; 4] = ["n", "size", "model", "group"];
const D_WEAK: [&str; 1] = ["d"];
const FLOPS_WEAK: [&str; 2] = ["c", "budget"];
/// Believed if the values are words for fit and holdout.
const SPLIT_NAMES: [&str; 7] = ["split", "holdout", "heldout", "set", "subset", "partition", "fold"];
const LOSS_WORDS: [&str; 6] = ["loss", "bpb", "bitsperbyte", "nll", "crossentropy", "xent"];
/// Of these more is better: never minimised unless the user says so.
const SCORE_WORDS: [&str; 7] = ["acc", "accuracy", "em", "f1", "score", "bleu", "rouge"];
/// Tokens that the corpus holds, each counted once.
const UNIQUE_NAMES: [&str; 5] = ["uniquetokens", "nuniquetokens", "tokensunique", "ntokensunique", "uniqtokens"];
/// The loss is the logarithm of these: not taken unless the user says so.
const PERPLEXITY_WORDS: [&str; 2] = ["ppl", "perplexity"];
/// How much a row counts.
const ROW_WEIGHT_NAMES: [&str; 4] = ["rowweight", "sampleweight", "observationweight", "runweight"];
/// Below this the number of a column "n_…" or "d_…" may be anything: layers, heads, a width.
const LEAST_BY_SYMBOL: f64 = 1e6;
/// One weight that was made by taking the others from 1 may be so much below 0; its cell is said, and the rest is read.
const RESIDUE: f64 = 0.01;
/// Numbers that tell runs apart.
const NO_WEIGHTS: [&str; 5] = ["index", "idx", "id", "run", "runid"];
/// Words at the end of a name for whole numbers, of which some sum to 100 by chance: "run_order", "trainer_seed".
const COUNTS: [&str; 5] = ["order", "seed", "count", "counts", "number"];
/// W&B's chart exports carry the extremes of each curve beside it.
const EXTREMES: [&str; 4] = [" - MIN", " - MAX", "__MIN", "__MAX"];
/// Under these W&B keeps what a run was given and what it ended with.
const ROOTS: [&str; 2] = ["config", "summary"];

/// What a table's columns are taken for, and what only the user can say.
pub(super) struct Guess {
    pub roles: Roles,
    pub questions: Vec<Question>,
    /// The mixtures that each run had one after the other, if it had several.
    pub stages: Vec<Stage>,
    /// What there is to say of the guess.
    pub said: Vec<Issue>,
}

/// Guesses the role of each column.
pub fn guess_roles(table: &Table) -> Roles {
    guess(table, &[]).roles
}

/// Guesses the role of each column that the answers leave open.
pub(super) fn guess(table: &Table, answers: &[Answer]) -> Guess {
    let n_columns = table.header().len();
    let sample: Vec<Row> = table.sample((CELLS_LOOKED_AT / n_columns.max(1)).max(LINES_SUMMED)).collect();
    let columns: Vec<Column> = (0..n_columns).map(|i| Column::new(table, &sample, i)).collect();
    let told = told(table.header(), answers);
    let is_open = |i: usize| told[i].is_none();
    let mut roles: Vec<Role> = told.iter().map(|role| role.unwrap_or_default()).collect();
    let mut said = Vec::new();
    for (role, weak) in [(Role::N, &N_WEAK[..]), (Role::D, &D_WEAK[..]), (Role::Flops, &FLOPS_WEAK[..])] {
        if told.contains(&Some(role)) {
            continue;
        }
        let named = candidates(role, &columns).find(|column| is_open(column.idx));
        // "% c" is a share of what is called c.
        let is_other = |i: usize| {
            let is_of_tokens = || matches!(header_scale(columns[i].name), Some("k" | "M" | "B" | "T"));
            let is_no_compute = || columns[i].is_in_units() || is_of_tokens();
            role == Role::Flops && is_no_compute() || words(columns[i].name).any(is_weight_word)
        };
        let weak = position_of(weak, &columns).filter(|&i| columns[i].is_count() && !is_other(i) && is_open(i));
        // "run.N", of "N=1B D=25B" in a cell; "mix.n" is a share of something.
        let is_nested = |column: &Column| {
            let path = column.name.strip_suffix(if role == Role::N { 'N' } else { 'D' });
            let path = path.filter(|path| path.ends_with(['.', '/']));
            role != Role::Flops
                && (LEAST_BY_SYMBOL..f64::INFINITY).contains(&column.least)
                && path.is_some_and(|path| !words(path).any(is_weight_word))
        };
        let weak = weak.or_else(|| columns.iter().position(is_nested).filter(|&i| is_open(i)));
        // What is called N is N before what counts the embeddings too.
        let is_total = named.is_some_and(|column| column.count.is_some_and(|count| count.kind == names::Kind::Total));
        let named = named.map(|column| column.idx);
        let found = if is_total { weak.or(named) } else { named.or(weak) };
        let symbol = if role == Role::N { "N" } else { "D" };
        let is_called = |c: &Column| c.count.is_some_and(|own| own.role == role) || c.name.trim() == symbol;
        // "1,300" is asked about.
        let has_commas = |c: &Column| sample.iter().any(|row| row.cell(c.idx).contains(','));
        let is_of_words = |c: &&Column| {
            is_open(c.idx) && c.n_present > 0 && c.n_numbers == 0 && is_called(c) && (c.n_slips == 0 || !has_commas(c))
        };
        for column in columns.iter().filter(is_of_words).filter(|_| found.is_none()) {
            said.push(Cause::NoNumbers { role }.in_column(column.name));
        }
        if let Some(i) = found.filter(|&i| is_open(i)) {
            roles[i] = role;
        }
    }
    if let Some(i) = position_of(&ROW_WEIGHT_NAMES, &columns).filter(|&i| is_open(i))
        && !told.contains(&Some(Role::RowWeight))
    {
        roles[i] = Role::RowWeight;
    }
    let is_split = |c: &Column| SPLIT_NAMES.contains(&c.key.as_str()) && c.has_split_words(&sample);
    if let Some(i) = columns.iter().position(is_split).filter(|&i| is_open(i))
        && !told.contains(&Some(Role::Split))
    {
        roles[i] = Role::Split;
    }
    let is_unclaimed = |roles: &[Role], i: usize| is_open(i) && roles[i] == Role::Ignored;
    let odd = mixture::oddly_named(table, &columns, &sample);
    odd.iter().filter(|&&i| is_open(i)).for_each(|&i| roles[i] = Role::Weight);
    let mut losses: Vec<usize> =
        (0..n_columns).filter(|&i| is_unclaimed(&roles, i) && has_loss_word(columns[i].name)).collect();
    // Beside "ce_avg", "ce_web" is a cross-entropy as well.
    if losses.iter().any(|&i| is_cross_entropy(columns[i].name)) {
        let is_beside = |i: usize| has_cross_entropy(columns[i].name) && columns[i].is_of_numbers();
        losses = (0..n_columns).filter(|i| losses.contains(i) || is_unclaimed(&roles, *i) && is_beside(*i)).collect();
    }
    for i in targets(table, &losses, &mut said) {
        roles[i] = Role::Loss;
    }
    let may_be_weight = |c: &&Column| !is_perplexity(c.name) && !has_loss_word(c.name);
    let free: Vec<&Column> = columns.iter().filter(|c| roles[c.idx] == Role::Ignored).filter(may_be_weight).collect();
    let own: Vec<usize> = (0..n_columns).filter(|&i| told[i] == Some(Role::Weight)).collect();
    // What the table says without a word of the user's; only where that is doubtful, the rest of it alone.
    let mut found = if odd.is_empty() { mixture::find(table, &free, &sample) } else { mixture::Found::default() };
    if found.question.is_some() || !found.stages.is_empty() {
        let open: Vec<&Column> = free.iter().copied().filter(|c| is_open(c.idx)).collect();
        if open.len() < free.len() || !own.is_empty() {
            found = mixture::find(table, &open, &sample);
        }
    }
    if own.is_empty() || !mixture::sum_to_one(table, &columns, &own, &sample) {
        for &i in found.weights.iter().filter(|&&i| is_open(i)) {
            roles[i] = Role::Weight;
        }
    } else {
        (found.question, found.stages) = (None, Vec::new());
    }
    // "N" beside a D is one, though its numbers are small: 0.07, in billions. Without it, it may be anything.
    if !told.contains(&Some(Role::N))
        && !roles.contains(&Role::N)
        && (roles.contains(&Role::D) || roles.contains(&Role::Flops))
    {
        let is_symbol = |c: &Column| c.name.trim() == "N" && c.is_of_numbers() && c.n_numbers > 0 && c.least > 0.0;
        if let Some(i) = columns.iter().position(is_symbol).filter(|&i| is_unclaimed(&roles, i)) {
            roles[i] = Role::N;
        }
    }
    // So are "N" and "D" beside each other, however small: what they are counted in is asked.
    if !roles.contains(&Role::N) && !roles.contains(&Role::D) && !roles.contains(&Role::Flops) {
        let symbol = |name: &str| {
            let is_it = |c: &Column| c.name.trim() == name && c.is_of_numbers() && c.n_numbers > 0 && c.least > 0.0;
            columns.iter().position(is_it).filter(|&i| is_unclaimed(&roles, i))
        };
        if let (Some(n), Some(d)) = (symbol("N"), symbol("D")) {
            (roles[n], roles[d]) = (Role::N, Role::D);
        }
    }
    if roles.contains(&Role::N) && roles.contains(&Role::D) {
        for (role, told) in roles.iter_mut().zip(&told).filter(|(role, _)| **role == Role::Flops) {
            *role = told.unwrap_or_default();
        }
    }
    // A loss in training is not what was asked for, if others are there without the word.
    let is_in_training =
        |name: &str| words(name).any(|word| word.eq_ignore_ascii_case(TRAIN) || word.eq_ignore_ascii_case("training"));
    if !columns.iter().any(|c| roles[c.idx].is_loss() && !is_in_training(c.name)) {
        let has_losses = roles.iter().any(|role| role.is_loss());
        let free = columns.iter().filter(|c| is_open(c.idx) && roles[c.idx] == Role::Ignored && c.n_numbers > 0);
        let free: Vec<&Column> = free.filter(|c| c.is_of_numbers() && !is_score(c.name) && c.count.is_none()).collect();
        let weights: Vec<usize> = (0..n_columns).filter(|&i| roles[i] == Role::Weight).collect();
        let made_of = made_of(table, &sample, &weights);
        let candidates = free.iter().filter(|c| !is_perplexity(c.name) && !is_about_loss(c.name));
        let candidates: Vec<Candidate> = (candidates.filter(|c| !made_of.contains(&c.idx)))
            .map(|c| Candidate { idx: c.idx, name: c.name, least: c.least, largest: c.largest })
            .collect();
        let unworded = losses::unworded(&candidates, &domain_names(weights.iter().map(|&i| columns[i].name)));
        // A perplexity says what the losses beside it say.
        for column in free.iter().filter(|c| is_perplexity(c.name) && !has_losses && unworded.is_empty()) {
            roles[column.idx] = Role::Perplexity;
            said.push(Cause::FromPerplexity.in_column(column.name));
        }
        if !unworded.is_empty() {
            said.push(
                Cause::UnwordedLosses {
                    columns: unworded.iter().map(|&i| columns[i].name.to_string()).collect(),
                    has_training: has_losses,
                }
                .of_text(),
            );
            unworded.into_iter().for_each(|i| roles[i] = Role::Loss);
        }
    }
    let has = |role| roles.contains(&role);
    let sizes = two_sizes(&columns, &roles, &is_open, &sample);
    let mut questions: Vec<Question> = found.question.into_iter().collect();
    let has_losses = roles.iter().any(|role| role.is_loss());
    let planned = planned_tokens(&columns, &roles, &is_open, &sample);
    questions.extend(sizes.or(planned).filter(|_| has_losses));
    for (role, other) in [(Role::N, Role::D), (Role::D, Role::N)] {
        if has_losses && !has(role) && !(has(Role::Flops) && has(other)) {
            let free = columns.iter().filter(|c| is_open(c.idx) && roles[c.idx] == Role::Ignored);
            questions.extend(missing_count(role, &free.filter(|c| c.may_be_count(role)).collect::<Vec<_>>()));
        }
    }
    Guess { roles: Roles(roles), questions, stages: found.stages, said }
}

/// Which of two columns of large numbers is N, where either may be by its name, and the other one D: "model" beside "size".
fn two_sizes(columns: &[Column], roles: &[Role], is_open: &dyn Fn(usize) -> bool, sample: &[Row]) -> Option<Question> {
    let n = columns.iter().find(|c| roles[c.idx] == Role::N && N_WEAK.contains(&c.key.as_str()) && c.is_in_units())?;
    let is_other = |c: &&Column| {
        c.idx != n.idx
            && N_WEAK.contains(&c.key.as_str())
            && c.is_in_units()
            && is_open(c.idx)
            && roles[c.idx] == Role::Ignored
            && sample.iter().any(|row| row.cell(c.idx) != row.cell(n.idx))
    };
    let other = columns.iter().find(is_other).filter(|_| is_open(n.idx) && !roles.contains(&Role::D))?;
    let both = |roles: [Role; 2]| {
        [n, other].iter().zip(roles).map(|(c, role)| Answer::Role(c.name.to_string(), role)).collect::<Vec<_>>()
    };
    let (n, other) = (excerpt(n.name), excerpt(other.name));
    Some(Question::new(
        format!("\"{n}\" and \"{other}\" both hold numbers that may be N. Which is it, and is the other one D?"),
        [
            (format!("\"{other}\" is N and \"{n}\" is D"), both([Role::D, Role::N])),
            (format!("\"{n}\" is N and \"{other}\" is D"), both([Role::N, Role::D])),
            (format!("\"{other}\" is N"), both([Role::Ignored, Role::N])),
            (format!("\"{n}\" is N"), both([Role::N, Role::Ignored])),
        ],
    ))
}

/// Whether tokens that are the same on every line are D, where the lines are of different steps.
fn planned_tokens(
    columns: &[Column],
    roles: &[Role],
    is_open: &dyn Fn(usize) -> bool,
    sample: &[Row],
) -> Option<Question> {
    const FEWEST: usize = 3;
    let varies = |c: &Column| c.is_of_numbers() && c.least < c.largest;
    let d = columns.iter().find(|c| roles[c.idx] == Role::D && is_open(c.idx))?;
    let is_step =
        |c: &&Column| matches!(c.last.as_str(), "step" | "steps" | "globalstep" | "iter" | "iters" | "iteration");
    // A step more or less is how it was logged.
    const MORE: f64 = 1.2;
    let differs = |c: &Column| varies(c) && c.largest > MORE * c.least;
    let step = columns.iter().find(|c| is_step(c) && roles[c.idx] == Role::Ignored && differs(c))?;
    // Steps of other sizes may well have as many tokens.
    let has_batch = columns.iter().any(|c| c.key.contains("batch") && varies(c));
    if has_batch || d.n_numbers < FEWEST || d.least < d.largest || sample.len() < FEWEST {
        return None;
    }
    let answer = |role| vec![Answer::Role(d.name.to_string(), role)];
    Some(Question::new(
        format!(
            "\"{}\" is the same on every line, while \"{}\" varies. Is it what each line's model was trained on, and not what \
             was planned for the whole run?",
            excerpt(d.name),
            excerpt(step.name)
        ),
        [
            ("yes, use them as D".to_string(), answer(Role::D)),
            ("no: a study without D".to_string(), answer(Role::Ignored)),
        ],
    ))
}

/// The columns whose shares the weights are: tokens "web" and "code" beside the "weight_web" and "weight_code" made of them.
pub(super) fn made_of(table: &Table, sample: &[Row], weights: &[usize]) -> Vec<usize> {
    /// Of a few digits.
    const ROUNDING: f64 = 0.01;
    let plain = |name: &str| names::scale_of(name).map_or(name.to_string(), |(plain, _)| plain.trim().to_string());
    let source = |&weight: &usize| {
        let own = table.header()[weight].strip_prefix("weight_")?;
        table.header().iter().position(|name| plain(name) == own)
    };
    let Some(sources) = weights.iter().map(source).collect::<Option<Vec<usize>>>() else { return Vec::new() };
    let read: Vec<_> = sources.iter().map(|&i| scaled(table, i)).collect();
    let numbers = |row: &Row| sources.iter().zip(&read).map(|(&i, read)| read(row.cell(i)).unwrap_or(0.0)).collect();
    let are_shares = |row: &Row| {
        let numbers: Vec<f64> = numbers(row);
        let sum: f64 = numbers.iter().sum();
        let share = |i: usize| try_number(row.cell(i), table.layout().decimal).unwrap_or(0.0);
        let pairs = || weights.iter().zip(&numbers).map(|(&weight, &own)| (share(weight) * sum, own));
        pairs().all(|(share, own)| (share - own).abs() <= ROUNDING * sum)
    };
    if sample.iter().all(are_shares) { sources } else { Vec::new() }
}

/// Reads the numbers of a column in the scale that its name states.
pub(super) fn scaled(table: &Table, i: usize) -> impl Fn(&str) -> Option<f64> {
    let (scale, decimal) = (scale_of_column(table, i, None), table.layout().decimal);
    move |cell| {
        let number = try_number(cell, decimal)?;
        match scale.filter(|(_, is_said)| *is_said && number != 0.0) {
            Some((scale, _)) => Quantity::Tokens.read_scaled(cell, decimal, scale).ok(),
            None => Some(number),
        }
    }
}

/// More parameters, tokens and floating-point operations than any run of a study has.
const MOST_COUNTED: [(Role, f64); 3] = [(Role::N, 2e12), (Role::D, 1e14), (Role::Flops, 1e27)];

/// Whether a number of this role is more than any run has.
pub(super) fn is_beyond(role: Role, value: f64) -> bool {
    MOST_COUNTED.iter().any(|(own, most)| *own == role && value > *most)
}

/// The scale that a column's name states, and whether its numbers without a unit are counted in it: all of them, unless
/// all are so large that they can only be ones.
pub(super) fn scale_of_column(table: &Table, i: usize, role: Option<Role>) -> Option<(&'static str, bool)> {
    /// Smaller numbers are no ones.
    const FEWEST_ONES: f64 = 1e6;
    let name = &table.header()[i];
    let scale = header_scale(name)?;
    let decimal = table.layout().decimal;
    let ends = table.rows().filter_map(|row| bare_number(row.cell(i), decimal)).filter(|number| *number != 0.0);
    let ends = ends.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), x| (least.min(x), most.max(x)));
    let is_size = || N_WEAK.contains(&Column::new(table, &[], i).key.as_str());
    let role = role.or(names::count(name).map(|count| count.role));
    let role = role.unwrap_or_else(|| if is_size() { Role::N } else { Role::D });
    let factor = Quantity::Tokens.read_scaled("1", decimal, scale).or(Quantity::Flops.read_scaled("1", decimal, scale));
    let are_ones = ends.0 >= FEWEST_ONES && is_beyond(role, ends.1 * factor.unwrap_or(1.0));
    Some((scale, !are_ones))
}

/// The number of a cell that has no unit.
pub(super) fn bare_number(cell: &str, decimal: Decimal) -> Option<f64> {
    if cell.ends_with(|c: char| c.is_alphabetic() || c == '%') { None } else { try_number(cell, decimal) }
}

/// Whether one of these columns is N or D?
fn missing_count(role: Role, columns: &[&Column]) -> Option<Question> {
    /// More than these are not offered.
    const MOST: usize = 4;
    let columns = &columns[..columns.len().min(MOST)];
    let symbol = if role == Role::N { "N" } else { "D" };
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", excerpt(column.name))).collect();
    let looks = match &names[..] {
        [] => return None,
        [only] => format!("{only} looks like one: use it?"),
        several => format!("{} look like one: use one of them?", several.join(", ")),
    };
    let answer = |column: &Column, role| Answer::Role(column.name.to_string(), role);
    let use_it = columns
        .iter()
        .zip(&names)
        .map(|(column, name)| (format!("use {name} as {symbol}"), vec![answer(column, role)]));
    let none = columns.iter().map(|column| answer(column, Role::Ignored)).collect();
    let none = (format!("no: a study without {symbol}"), none);
    Some(Question::new(format!("no column for {symbol} was found; {looks}"), use_it.chain([none])))
}

/// The roles that the user says columns have. A role that only one column can have is the last one's.
fn told(header: &[String], answers: &[Answer]) -> Vec<Option<Role>> {
    let mut told = vec![None; header.len()];
    for answer in answers {
        let Answer::Role(pattern, role) = answer else { continue };
        for i in Answer::columns(pattern, header) {
            if role.is_single() {
                told.iter_mut().filter(|own| **own == Some(*role)).for_each(|own| *own = Some(Role::Ignored));
            }
            told[i] = Some(*role);
        }
    }
    told
}

/// The targets among columns that have the word for a loss in their names: not what is about a loss, and of columns
/// with the same numbers the first.
fn targets(table: &Table, losses: &[usize], said: &mut Vec<Issue>) -> Vec<usize> {
    let name = |i: usize| table.header()[i].as_str();
    let keys: Vec<String> = losses.iter().map(|&i| name(i).to_lowercase()).collect();
    let is_end = |i: usize| {
        const ENDS: [(&str, &str); 4] = [("lo", "hi"), ("min", "max"), ("lower", "upper"), ("low", "high")];
        let own = name(i).to_lowercase();
        ENDS.iter().any(|(low, high)| {
            let other = |end: &str, other: &str| {
                own.strip_suffix(end).is_some_and(|stem| {
                    stem.ends_with(['_', '.', '/', ' ', '-']) && keys.contains(&format!("{stem}{other}"))
                })
            };
            (other(low, high) || other(high, low)) && !is_of_column(table.header(), i)
        })
    };
    let numbers_of = |&i: &usize| -> Vec<Option<f64>> {
        table.rows().map(|row| try_number(row.cell(i), table.layout().decimal)).collect()
    };
    let numbers: BTreeMap<usize, Vec<Option<f64>>> = losses.iter().map(|i| (*i, numbers_of(i))).collect();
    let present = |i: usize| numbers[&i].iter().flatten();
    // No loss is 0 or less; of differences many are.
    let are_differences = |i: usize| {
        let (n, n_positive) = (present(i).count(), present(i).filter(|x| **x > 0.0).count());
        n - n_positive > 1 && 4 * (n - n_positive) >= n
    };
    // Among many losses "loss_drop" is that on DROP.
    const FEW: usize = 3;
    let is_drop = |i: usize| losses.len() < FEW && names::words(name(i)).last().is_some_and(|word| word == "drop");
    let (mut others, mut targets): (Vec<usize>, Vec<usize>) =
        losses.iter().partition(|&&i| is_about_loss(name(i)) || is_end(i) || are_differences(i) || is_drop(i));
    // What is the same whatever the run is a goal or a reference, and was not measured on it.
    let is_goal = |&i: &usize| {
        let own = &numbers[&i];
        own.len() > FEWEST_LINES && own[0].is_some() && own.iter().all(|x| *x == own[0])
    };
    if !targets.iter().all(is_goal) {
        others.extend(targets.iter().copied().filter(is_goal));
        targets.retain(|i| !is_goal(i));
    }
    if !others.is_empty() {
        said.push(Cause::NoTargets { columns: others.iter().map(|&i| name(i).to_string()).collect() }.of_text());
    }
    /// More targets are not compared with each other.
    const MOST_COMPARED: usize = 300;
    /// Fewer lines agree by chance.
    const FEWEST_LINES: usize = 2;
    if targets.len() <= MOST_COMPARED && table.n_rows() >= FEWEST_LINES {
        // Of nats and bits the nats.
        let mut order = targets.clone();
        order.sort_by_key(|&i| !names::words(name(i)).iter().any(|word| word == "nats"));
        let mut seen: Vec<usize> = Vec::new();
        for i in order {
            match seen.iter().find_map(|first| Some((*first, factor(&numbers[first], &numbers[&i])?))) {
                Some((first, factor)) => {
                    said.push(Cause::SameTarget { first: name(first).to_string(), factor }.in_column(name(i)));
                }
                None => seen.push(i),
            }
        }
        targets.retain(|i| seen.contains(i));
    }
    targets
}

/// By what the first numbers must be multiplied to be the second ones, if one factor does for all: 1, or nats in one
/// column and bits in the other.
fn factor(first: &[Option<f64>], second: &[Option<f64>]) -> Option<f64> {
    /// Fewer lines have one factor by chance, and so do numbers that hardly vary.
    const FEWEST: (usize, f64) = (4, 1.01);
    /// No two units are as near to each other; a little less is a better checkpoint.
    const NEAREST: f64 = 0.05;
    /// Of a few decimals.
    const ROUNDING: f64 = 5e-4;
    if first.iter().all(Option::is_none) {
        return None;
    }
    if first == second {
        return Some(1.0);
    }
    let pairs = || first.iter().zip(second).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
    let (a, b) = pairs().next().filter(|(a, _)| *a > 0.0)?;
    let is_same = first.iter().zip(second).all(|(first, second)| match (first, second) {
        (Some(x), Some(y)) => (y * a - x * b).abs() <= ROUNDING * (x * b).abs(),
        (None, None) => true,
        _ => false,
    });
    let varies = || pairs().any(|(x, _)| x > a * FEWEST.1 || x * FEWEST.1 < a);
    (is_same && (b / a - 1.0).abs() > NEAREST && pairs().count() >= FEWEST.0 && varies()).then_some(b / a)
}

/// Whether a name without its word for a loss is that of another column, or stands in it: "loss_cc_high" beside
/// "weight_cc_high".
fn is_of_column(header: &[String], i: usize) -> bool {
    let own: Vec<String> = names::words(names::last_segment(&header[i]));
    let is_loss_word = |word: &String| {
        LOSS_WORDS.contains(&word.as_str()) || ["val", "eval", "test", "on", "of"].contains(&word.as_str())
    };
    let rest: Vec<String> = own.into_iter().filter(|word| !is_loss_word(word)).collect();
    let is_it = |name: &String| !has_loss_word(name) && names::words(name).windows(rest.len()).any(|own| own == rest);
    !rest.is_empty() && header.iter().any(is_it)
}

/// Whether a column is a loss by its name.
pub(super) fn is_loss(name: &str) -> bool {
    has_loss_word(name) && !is_about_loss(name)
}

/// Whether a name has the word for a loss in it.
pub(super) fn has_loss_word(name: &str) -> bool {
    let name = &*names::english(name);
    let letters = key(name);
    !is_perplexity(name)
        && (LOSS_WORDS.iter().any(|word| letters.contains(word))
            || is_cross_entropy(name)
            || names::is_log_perplexity(name))
        && !EXTREMES.iter().any(|end| name.ends_with(end))
}

/// Whether a name is that of a cross-entropy in short: "Val CE", "test BPC". In letters alone "web_pct" has a "bpc", too.
fn is_cross_entropy(name: &str) -> bool {
    const BESIDE: [&str; 9] = ["val", "valid", "validation", "eval", "test", "train", "final", "mean", "avg"];
    let words = names::words(names::last_segment(name));
    let is_own =
        |word: &String| is_ce(word) || losses::UNITS.contains(&word.as_str()) || BESIDE.contains(&word.as_str());
    words.iter().any(|word| word == "bpc") || has_cross_entropy(name) && words.iter().all(is_own)
}

/// Whether a name may be that of a cross-entropy on something: "ce_web", "web CE".
fn has_cross_entropy(name: &str) -> bool {
    let words = names::words(name);
    words.len() > 1 && words.iter().filter(|word| is_ce(word)).count() == 1
}

fn is_ce(word: &str) -> bool {
    matches!(word, "ce" | "xe")
}

/// Whether a column is a perplexity by its name.
pub(super) fn is_perplexity(name: &str) -> bool {
    let name = &*names::english(name);
    let letters = key(name);
    PERPLEXITY_WORDS.iter().any(|word| letters.contains(word))
        && !EXTREMES.iter().any(|end| name.ends_with(end))
        && !names::is_log_perplexity(name)
}

/// Whether a column is by its name one of which more is better.
pub(super) fn is_score(name: &str) -> bool {
    name.contains('↑')
        || words(name).last().is_some_and(|last| SCORE_WORDS.iter().any(|word| last.eq_ignore_ascii_case(word)))
}

/// Whether a name says by itself what its column holds: a loss, a score, N, D or C.
pub(super) fn is_known(name: &str) -> bool {
    is_loss(name) || is_perplexity(name) || is_score(name) || is_count_name(name)
}

/// Whether a name says that its column is none of N, D and C.
fn is_known_as_other(name: &str) -> bool {
    is_loss(name) || is_perplexity(name) || is_score(name)
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

/// For each of N and D that no column gives, those that tell it in another unit: layers and widths, or samples, bytes
/// and steps.
pub(super) fn in_other_units(table: &Table, roles: &Roles) -> Vec<Cause> {
    const OF_SIZE: [&str; 15] = [
        "layers", "layer", "depth", "width", "dim", "hidden", "heads", "head", "embd", "mb", "gb", "bytes", "blocks",
        "dmodel", "nlayer",
    ];
    const OF_LENGTH: [&str; 33] = [
        "samples",
        "sample",
        "sequences",
        "seqs",
        "examples",
        "documents",
        "docs",
        "images",
        "pairs",
        "bytes",
        "byte",
        "gb",
        "tb",
        "mb",
        "words",
        "chars",
        "characters",
        "steps",
        "step",
        "iterations",
        "iteration",
        "iters",
        "iter",
        "updates",
        "epochs",
        "epoch",
        "batches",
        "compute",
        "flops",
        "pf",
        "pfdays",
        "hours",
        "days",
    ];
    const BESIDE: &str = "n d num number of model size data dataset corpus train training trained seen total global max in k m b gpu \
         processed consumed the";
    let sample: Vec<Row> = table.sample(LINES_SUMMED).collect();
    let has = |role| roles.columns(role).next().is_some();
    let of = |(role, units): (Role, &[&str])| {
        // The bytes are a model's only if it says so.
        const BYTES: [&str; 3] = ["mb", "gb", "bytes"];
        let is_unit = |i: &usize| {
            // All of the path: "ms/iter" is a speed.
            let (column, words) = (Column::new(table, &sample, *i), names::words(&table.header()[*i]));
            let is_of_model = words.iter().any(|word| word == "model");
            let is_own = |word: &String| {
                units.contains(&word.as_str()) && (is_of_model == (role == Role::N) || !BYTES.contains(&word.as_str()))
            };
            let is_in_parts = role == Role::D && super::forms::part_of_tokens(column.name).is_some();
            let is_named = words.iter().any(is_own) && words.iter().all(|word| is_own(word) || is_listed(word, BESIDE));
            (is_named || is_in_parts) && column.is_of_numbers() && 0.0 < column.largest && column.least < column.largest
        };
        // What is called N was said to hold no numbers.
        let is_called = |name: &str| name.trim() == "N" || names::count(name).is_some_and(|count| count.role == role);
        let are_sizes =
            |i: &usize| role == Role::N && !is_called(&table.header()[*i]) && are_words_for_sizes(&sample, *i);
        let is_missing = !has(role) && !(has(Role::Flops) && (has(Role::N) || has(Role::D)));
        let columns: Vec<String> = roles
            .columns(Role::Ignored)
            .filter(|_| is_missing)
            .filter(|i| is_unit(i) || are_sizes(i))
            .map(|i| table.header()[i].clone())
            .collect();
        (!columns.is_empty()).then_some(Cause::OtherUnit { role, columns })
    };
    [(Role::N, &OF_SIZE[..]), (Role::D, &OF_LENGTH[..])].into_iter().filter_map(of).collect()
}

/// Whether the cells of a column are words for sizes, and not all the same one.
fn are_words_for_sizes(rows: &[Row], i: usize) -> bool {
    const WORDS: [&str; 20] = [
        "xxs", "xs", "s", "m", "l", "xl", "xxl", "nano", "micro", "tiny", "mini", "small", "base", "medium", "big",
        "large", "huge", "smol", "giant", "xlarge",
    ];
    let is_size = |cell: &str| WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word));
    // "8x70M" may be many sizes.
    let is_of_experts = |cell: &str| {
        cell.split_once(['x', '×'])
            .is_some_and(|(n, size)| n.parse::<u32>().is_ok() && size.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_size = |cell: &str| is_size(cell) || is_of_experts(cell);
    let cells = || rows.iter().map(|row| row.cell(i)).filter(|cell| !is_missing(cell));
    cells().all(is_size) && cells().collect::<BTreeSet<_>>().len() > 1
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
        let near_loss = column.near_loss().map(|name| (name, Role::Loss));
        let (name, role) = near_loss.or_else(|| Some((column.near_weight(&weights)?, Role::Weight)))?;
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

pub(super) struct Column<'a> {
    pub idx: usize,
    pub name: &'a str,
    /// Letters and digits of the name, without its scale and W&B's root, in lower case.
    key: String,
    /// The same of its last path segment.
    last: String,
    /// What the name says.
    count: Option<CountName>,
    n_present: usize,
    n_numbers: usize,
    /// Cells of numbers that end in a unit: "70M".
    n_units: usize,
    /// Cells that are no numbers and look like one with a slip in it, or are what a spreadsheet writes for an error.
    n_slips: usize,
    /// Numbers that no weight is, and those that no count is.
    n_negative: usize,
    n_not_positive: usize,
    least: f64,
    largest: f64,
}

impl<'a> Column<'a> {
    pub(super) fn new(table: &'a Table, sample: &[Row], idx: usize) -> Self {
        let name = table.header()[idx].as_str();
        let english = names::english(name);
        let of_formula = names::without_formula(&english);
        let plain = names::scale_of(of_formula).map_or(of_formula.to_string(), |(plain, _)| plain);
        let rooted = plain.split_once(['/', '.']).filter(|(root, _)| ROOTS.contains(root)).map(|(_, rest)| rest);
        let last = plain.rsplit(['/', '.', ':']).map(key).find(|last| !last.is_empty()).unwrap_or_default();
        let key = key(rooted.unwrap_or(&plain));
        let (least, largest) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut column = Self {
            idx,
            name,
            key,
            last,
            count: names::count(name),
            n_present: 0,
            n_numbers: 0,
            n_units: 0,
            n_slips: 0,
            n_negative: 0,
            n_not_positive: 0,
            least,
            largest,
        };
        for cell in sample.iter().map(|row| row.cell(idx)).filter(|cell| !is_missing(cell)) {
            column.n_present += 1;
            if let Some(value) = try_number(cell, table.layout().decimal) {
                column.n_numbers += 1;
                column.n_units += usize::from(cell.ends_with(|c: char| c.is_alphabetic()));
                column.n_negative += usize::from(value < -RESIDUE);
                column.n_not_positive += usize::from(value <= 0.0);
                column.least = column.least.min(value);
                column.largest = column.largest.max(value);
            } else if cell.starts_with('#')
                || cell.bytes().any(|byte| byte.is_ascii_digit())
                    && cell.chars().filter(|c| c.is_alphabetic()).count() <= 2
            {
                column.n_slips += 1;
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

    /// Whether it may count what a symbol or a short name says: numbers that are large enough, or with a unit in the name.
    fn is_count(&self) -> bool {
        let has_unit = || header_scale(self.name).is_some();
        let are_counts = self.n_numbers > 0 && self.is_of_numbers() && self.n_not_positive <= self.most_slips();
        are_counts && (self.largest >= 2.0 || has_unit())
    }

    /// Whether every cell is a number of millions or more that is written with its unit: "26.2B". No FLOPs are so few.
    fn is_in_units(&self) -> bool {
        self.n_present > 0 && self.n_units == self.n_present && self.least >= LEAST_BY_SYMBOL && self.largest < 1e15
    }

    /// Whether it looks like N or D, though no name that is known says so: by a slip in such a name, or a word in it.
    fn may_be_count(&self, role: Role) -> bool {
        const SPELLINGS: [(Role, &[&str], &[&str]); 2] = [
            (
                Role::N,
                &["params", "n_params", "parameters", "model_size", "parameter_count"],
                &["param", "modelsize", "nonemb", "noemb"],
            ),
            (Role::D, &["tokens", "n_tokens", "total_tokens", "train_tokens", "training_tokens"], &["token"]),
        ];
        // Of something else than the whole training, or a rate of it.
        const OTHERS: &str = "per ratio unique stock available vocab batch seq sec second rate scored eval val test context length \
             id repeat frac pct expert experts router lora optimizer group bytes kb mb gb tb log log10 log2 ln lg";
        let Some((_, spellings, parts)) = SPELLINGS.iter().find(|(own, ..)| *own == role) else { return false };
        let is_near = |name: &&str| is_slip(&self.key, &key(name)) || is_slip(&self.last, &key(name));
        // "N_opt", "D (grid)".
        let is_symbol = || {
            const BESIDE: &str = "opt optimal optimum star best grid interp interpolated eff effective est fit";
            let (symbol, words) = (if role == Role::N { "n" } else { "d" }, names::words(self.name));
            words.first().is_some_and(|word| word == symbol)
                && words[1..].iter().all(|word| is_listed(word, BESIDE))
                && self.least >= LEAST_BY_SYMBOL
        };
        // "26.2B" may be anything, but not what a model or a run is called by, nor the other one's symbol.
        let is_in_units = || {
            const OF_MODELS: [&str; 13] = [
                "n",
                "d",
                "model",
                "models",
                "size",
                "arch",
                "architecture",
                "variant",
                "config",
                "scale",
                "name",
                "run",
                "section",
            ];
            const OF_DATA: [&str; 6] = ["train", "training", "trained", "data", "dataset", "corpus"];
            let words = names::words(&names::english(self.name));
            let is_in = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            // "train size" is no model's, nor is "Data [B]".
            let is_of_data = || role == Role::D && is_in(&OF_DATA) && !is_in(&["model", "name", "run"]);
            let has_scale =
                || matches!(header_scale(self.name), Some("M" | "B" | "T")) && self.name.ends_with([')', ']']);
            self.is_in_units() && !is_in(&OF_MODELS) || (self.is_in_units() || has_scale()) && is_of_data()
        };
        // "params (M/B)" is no path.
        let unbracketed = || key(names::last_segment(self.name.split(['(', '[']).next().unwrap_or_default()));
        let has_part =
            || parts.iter().any(|part| self.last.contains(part) || unbracketed().contains(part)) || is_symbol();
        let is_of_the_other = || {
            SPELLINGS.iter().any(|(own, _, parts)| *own != role && parts.iter().any(|part| self.last.contains(part)))
        };
        let is_other = || words(self.name).any(|word| is_listed(&word.to_lowercase(), OTHERS));
        self.n_numbers > 0
            && self.is_of_numbers()
            && self.least > 0.0
            && self.count.is_none_or(|count| count.role == role)
            && !is_known_as_other(self.name)
            && !names::is_ratio(self.name)
            && !is_other()
            && !is_of_the_other()
            && (spellings.iter().any(is_near)
                || self.least < self.largest && (has_part() || is_in_units()) && !is_unique_tokens(self.name))
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
    pub(super) fn is_of_numbers(&self) -> bool {
        2 * self.n_numbers >= self.n_present
    }

    /// Whether it has cells, and nothing like a number in any of them.
    fn is_of_words(&self) -> bool {
        self.n_present > 0 && self.n_numbers + self.n_slips == 0
    }

    fn has_split_words(&self, sample: &[Row]) -> bool {
        let mut cells = sample.iter().map(|row| row.cell(self.idx)).filter(|cell| !is_missing(cell));
        let is_word = |cell: &str| is_holdout(self.name, cell).is_some();
        // A "split" of other words is the set that a loss is of.
        if self.key == "split" { cells.any(is_word) } else { self.n_present > 0 && cells.all(is_word) }
    }

    /// How many cells may have a slip in them.
    fn most_slips(&self) -> usize {
        (self.n_present / 10).max(1)
    }

    /// May be a weight by its values: every one a number in [0, 1], or in [0, 100] for percents, but for a few slips.
    pub(super) fn may_be_weight(&self) -> bool {
        let n_slips = self.n_present - self.n_numbers;
        self.n_numbers > 0
            && n_slips <= self.n_slips
            && n_slips + self.n_negative <= self.most_slips()
            && !self.is_no_weight()
            && !is_score(self.name)
            && self.largest <= 100.0 * (1.0 + SUM_TOLERANCE)
    }

    /// May be a domain's part in something, of whatever size.
    pub(super) fn may_be_part(&self) -> bool {
        self.n_numbers > 0 && self.is_of_numbers() && self.least >= 0.0 && !self.is_no_weight() && !is_known(self.name)
    }

    /// Whether its name is that of something else than a weight.
    pub(super) fn is_no_weight(&self) -> bool {
        let is_one = |key: &String| NO_WEIGHTS.contains(&key.as_str()) || UNIQUE_NAMES.contains(&key.as_str());
        let is_count =
            || words(self.name).last().is_some_and(|last| COUNTS.iter().any(|word| last.eq_ignore_ascii_case(word)));
        const UNITS: [&str; 4] = ["tokens", "token", "toks", "tok"];
        // "web (B tokens)" and "web (B)" are no shares, whatever they sum to.
        let is_of_tokens = || {
            header_scale(self.name).is_some()
                && (self.name.ends_with([')', ']'])
                    || names::words(self.name).iter().any(|word| UNITS.iter().any(|unit| word.ends_with(unit))))
        };
        // Whose powers of e are the weights.
        let is_logit = || words(self.name).any(|word| matches!(word, "logit" | "logits"));
        is_one(&self.key)
            || is_one(&self.last)
            || is_logit()
            || is_count()
            || is_id(self.name)
            || is_recipe(self.name)
            || is_of_tokens()
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

/// The columns that are N, D or C by their names, the likeliest first: of numbers, that vary ("cpt_tokens" and not the
/// "pretrain_tokens" that all runs have), of the least rank, of the shortest path. What holds only words is none: "Token."
/// may be the tokenizer.
fn candidates<'a>(role: Role, columns: &'a [Column]) -> impl Iterator<Item = &'a Column<'a>> {
    let mut found: Vec<(&Column, u8)> = columns
        .iter()
        .filter_map(|column| {
            let count = column.count.filter(|count| count.role == role && !column.is_of_words())?;
            Some((column, count.rank))
        })
        .collect();
    found.sort_by_key(|(column, rank)| {
        // One model may be active in others of many sizes: the compute goes with it all the same.
        let is_active = column.count.is_some_and(|count| count.kind == names::Kind::Active);
        let is_same = !is_active && column.least >= column.largest;
        (!column.is_of_numbers(), is_same, *rank, column.depth(), column.name.len())
    });
    found.into_iter().map(|(column, _)| column)
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
