//! The wide format: a line per observation, a column per domain's weight and per target's loss.
//!
//! Weights that sum to 1 ± [`SUM_TOLERANCE`], or in percent to 100 times that, are divided by their sum. A line
//! with any issue is left out; every one of its cells is read all the same, so that all issues come at once.

use std::collections::HashMap;

use super::guess::{bare_number, header_scale, is_beyond, is_holdout, is_score, quantity_of, scale_of_column};
use super::issue::{Cause, Issue, Issues};
use super::question::{Answer, Question, Unsummed};
use super::roles::{Role, Roles, domain_names};
use super::sums::{Sums, is_whole_but_blanks};
use super::table::{Row, Table};
use crate::dataset::{Dataset, Observation, Split, WEIGHT_SUM_TOLERANCE};
use crate::order::sort_by_number;
use crate::units::{
    Flops, Loss, NumberError, Params, Tokens, excerpt, is_missing, try_number, write_count, write_number,
};

/// How far weights may be from summing to 1: published tables, rounded to two or three digits, come within
/// 0.02 (a RedPajama mixture of Ye et al. 2024, arXiv:2403.16952, sums to 1.0199).
pub const SUM_TOLERANCE: f64 = 0.03;

/// Sums nearer to 1 than this differ by the last digits of their cells only, which is not worth a notice.
pub(super) const ROUNDING: f64 = 1e-6;

/// A column of N or D whose values all are below this is not counted in ones: no language model is so small, and none
/// sees so little.
const SMALLEST_COUNT: [f64; 2] = [1e6, 1e7];
/// Outside of these no number of parameters, and none of tokens, is one.
const PLAUSIBLE: [std::ops::RangeInclusive<f64>; 2] = [1e2..=1e16, 1e3..=1e18];
/// Outside of this no number is a loss.
const PLAUSIBLE_LOSS: std::ops::RangeInclusive<f64> = 1e-6..=1e6;
/// Values above this have a scale too many, as "2e9B" has: all text there is has some 1e15 tokens.
const LARGEST_COUNT: [f64; 2] = [1e14, 1e15];

/// What the lines of a table give, valid but not yet a study: a table to predict for may have no target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Names of the k domains.
    pub domains: Vec<String>,
    /// Names of the m targets: those of their columns.
    pub targets: Vec<String>,
    /// The observations read.
    pub observations: Vec<Observation>,
    /// The row of the table of each: several may stand on one line of the text.
    pub(super) row_of: Vec<usize>,
    /// How many lines of the table were left out.
    pub n_left_out: usize,
    /// What there is to say.
    pub issues: Issues,
}

/// Reads the lines of a table, its columns having these roles; of the answers those about scales are heeded.
pub fn observe(table: &Table, roles: &Roles, answers: &[Answer]) -> Observed {
    let mut issues = Issues::default();
    let columns = Columns::new(table, roles, answers, &mut issues);
    let sums = Sums::new(table, &columns.weights);
    let unsummed = answers.iter().rev().find_map(|answer| match answer {
        Answer::Sums(unsummed) => Some(*unsummed),
        _ => None,
    });
    let is_by_itself = |&i: &usize| is_mixture_by_itself(table, i);
    let is_downward = sums.are_many_off() && columns.weights.iter().all(is_by_itself);
    let question = sums.question(table, &columns.weights).filter(|_| unsummed.is_none() && !is_downward);
    let mut reader = RowReader::new(table, &columns, sums, unsummed);
    reader.is_asked = question.is_some();
    question.into_iter().for_each(|question| issues.ask(question));
    let (mut observations, mut row_of) = (Vec::with_capacity(table.n_rows()), Vec::with_capacity(table.n_rows()));
    for row in table.rows() {
        if let Some(observation) = reader.read(row, &mut issues) {
            observations.push(observation);
            row_of.push(row.row_idx());
        }
    }
    let name = |&i: &usize| table.header()[i].clone();
    if is_downward {
        // What sums to 1 along a line as well does so by chance.
        observations.clear();
        row_of.clear();
        issues.push_first(Cause::MixturesDownward { columns: columns.weights.iter().map(name).collect() }.of_text());
    }
    // As long as it is asked in what a column is counted, its numbers are not implausible.
    if !reader.small_counts(&observations, answers, &mut issues) {
        let bad: HashMap<usize, Issue> = std::mem::take(&mut reader.implausible).into_iter().collect();
        let is_good: Vec<bool> = row_of.iter().map(|row_idx| !bad.contains_key(row_idx)).collect();
        let mut kept = is_good.iter();
        observations.retain(|_| kept.next().is_none_or(|is_good| *is_good));
        row_of.retain(|row_idx| !bad.contains_key(row_idx));
        let mut bad: Vec<Issue> = bad.into_values().collect();
        sort_by_number(&mut bad, |issue| issue.line.map_or(0.0, |line| line as f64));
        bad.into_iter().for_each(|issue| issues.push(issue));
    }
    let n_left_out = table.n_rows() - observations.len();
    reader.notices(&observations, &mut issues);
    Observed {
        domains: domain_names(columns.weights.iter().map(|&i| table.header()[i].as_str())),
        targets: columns.losses.iter().map(name).collect(),
        observations,
        row_of,
        n_left_out,
        issues,
    }
}

impl Observed {
    /// Makes the study of these observations.
    ///
    /// # Errors
    /// If there is no target, no observation or no loss, or if they break a rule of [`Dataset`].
    pub fn into_dataset(self, table: &Table) -> Result<Dataset, Cause> {
        if self.targets.is_empty() {
            let has_digits = |cell: &str| cell.contains(|c: char| c.is_numeric());
            if !table.rows().any(|row| row.cells().any(has_digits)) {
                return Err(Cause::NoTable);
            }
            let scores = table.header().iter().filter(|name| is_score(name)).cloned().collect();
            let has_mixtures = !self.domains.is_empty();
            return Err(Cause::NoLoss { columns: table.header().to_vec(), scores, has_mixtures });
        }
        if self.observations.is_empty() {
            return Err(Cause::NothingLeft { lines: table.n_rows() + table.n_left_out() });
        }
        if self.observations.iter().all(|observation| observation.losses.iter().all(Option::is_none)) {
            return Err(Cause::NoLossLeft);
        }
        Ok(Dataset::new(self.domains, self.targets, self.observations)?)
    }
}

/// Which columns are read as what.
struct Columns {
    weights: Vec<usize>,
    n: Option<Count>,
    d: Option<Count>,
    flops: Option<Count>,
    /// Those of losses and of perplexities.
    losses: Vec<usize>,
    perplexities: Vec<usize>,
    row_weight: Option<usize>,
    split: Option<usize>,
}

/// The scales that [`Answer::Scale`] may say.
const SCALES: [&str; 5] = [ONES, "k", "M", "B", "T"];
const ONES: &str = "1";

/// A column of N, D or C.
#[derive(Clone, Copy)]
struct Count {
    column_idx: usize,
    role: Role,
    scale: Option<&'static str>,
}

impl Columns {
    /// Finds the columns of each role and says which are left out: second ones of a name or of a single role, blank ones.
    fn new(table: &Table, roles: &Roles, answers: &[Answer], issues: &mut Issues) -> Self {
        let header = table.header();
        let mut column_of_name = HashMap::new();
        let mut single: HashMap<Role, usize> = HashMap::new();
        let mut used: Vec<(usize, Role)> = Vec::new();
        for (i, name) in header.iter().enumerate() {
            let role = roles.get(i);
            if role == Role::Ignored {
                continue;
            }
            let first = *column_of_name.entry(name).or_insert(i);
            if first != i {
                issues.push(Cause::SameName { first, second: i }.in_column(name));
            } else if let Some(&first) = single.get(&role) {
                issues.push(Cause::SameRole { first: excerpt(&header[first]), role }.in_column(name));
            } else if role != Role::Weight && table.n_rows() > 0 && table.rows().all(|row| is_missing(row.cell(i))) {
                issues.push(if role.is_loss() { Cause::NoLosses } else { Cause::BlankColumn }.in_column(name));
            } else {
                used.push((i, role));
                if role.is_single() {
                    single.insert(role, i);
                }
            }
        }
        let all = |role| used.iter().filter(|(_, r)| *r == role).map(|(i, _)| *i).collect();
        let count = |role| {
            let column_idx = *single.get(&role)?;
            let told = answers.iter().rev().find_map(|answer| match answer {
                Answer::Scale(column, scale) if *column == header[column_idx] => {
                    SCALES.iter().find(|own| *own == scale)
                }
                _ => None,
            });
            let named =
                || scale_of_column(table, column_idx, Some(role)).map(|(scale, is)| if is { scale } else { ONES });
            Some(Count { column_idx, role, scale: told.copied().or_else(named) })
        };
        let mut columns = Self {
            weights: all(Role::Weight),
            n: count(Role::N),
            d: count(Role::D),
            flops: count(Role::Flops),
            losses: used.iter().filter(|(_, role)| role.is_loss()).map(|(i, _)| *i).collect(),
            perplexities: all(Role::Perplexity),
            row_weight: single.get(&Role::RowWeight).copied(),
            split: single.get(&Role::Split).copied(),
        };
        if let Some(flops) = columns.flops {
            let cause = match (columns.n, columns.d) {
                (Some(_), None) => Cause::FromFlops { role: Role::D },
                (None, Some(_)) => Cause::FromFlops { role: Role::N },
                _ => {
                    columns.flops = None;
                    Cause::FlopsUnused
                }
            };
            issues.push(cause.in_column(&header[flops.column_idx]));
        }
        for count in columns.counts() {
            let (name, scale) = (&header[count.column_idx], header_scale(&header[count.column_idx]));
            let is_told = answers.iter().any(|answer| matches!(answer, Answer::Scale(column, _) if column == name));
            if let Some(scale) = scale.filter(|scale| count.scale == Some(scale)) {
                issues.push(Cause::HeaderScale { scale }.in_column(name));
            } else if let Some(scale) = scale.filter(|_| !is_told) {
                issues.push(Cause::NotInHeaderScale { scale }.in_column(name));
            }
        }
        columns
    }

    fn counts(&self) -> impl Iterator<Item = Count> {
        [self.n, self.d, self.flops].into_iter().flatten()
    }
}

/// How many lines something happened on, and on which it was farthest from right.
#[derive(Default)]
struct Tally {
    n: usize,
    line: usize,
    sum: f64,
    change: f64,
}

impl Tally {
    fn add(&mut self, line: usize, sum: f64, change: f64) {
        self.n += 1;
        if self.n == 1 || change > self.change {
            (self.line, self.sum, self.change) = (line, sum, change);
        }
    }
}

/// Reads one line after another and counts what the notices tell.
struct RowReader<'a> {
    table: &'a Table,
    columns: &'a Columns,
    sums: Sums,
    /// What the user says of weights that do not sum to 1, and whether that is asked.
    unsummed: Option<Unsummed>,
    is_asked: bool,
    rescaled: Tally,
    percent: Tally,
    /// Lines whose weights are parts of another number.
    parts: Tally,
    n_blank_losses: Vec<usize>,
    n_blank_splits: usize,
    n_blank_weights: usize,
    /// Rows with an N or a D that cannot be.
    implausible: Vec<(usize, Issue)>,
    /// The first cell of N and of D that is too large, as an issue, and how many there are.
    large: [Option<(Issue, usize)>; 2],
}

impl<'a> RowReader<'a> {
    fn new(table: &'a Table, columns: &'a Columns, sums: Sums, unsummed: Option<Unsummed>) -> Self {
        let n_blank_losses = vec![0; columns.losses.len()];
        let (rescaled, percent, parts, large) = Default::default();
        let implausible = Vec::new();
        Self {
            table,
            columns,
            sums,
            unsummed,
            is_asked: false,
            rescaled,
            percent,
            parts,
            n_blank_losses,
            n_blank_splits: 0,
            n_blank_weights: 0,
            implausible,
            large,
        }
    }

    /// The observation on a line, or its issues.
    fn read(&mut self, row: Row, issues: &mut Issues) -> Option<Observation> {
        // Nothing here returns early: every cell's issue is told, and then the line is left out.
        let mixture = self.mixture(row, issues);
        let n = self.count(self.columns.n, row, issues);
        let d = self.count(self.columns.d, row, issues);
        let flops = self.count(self.columns.flops, row, issues);
        let losses = self.losses(row, issues);
        let weight = match self.columns.row_weight {
            Some(column_idx) => self.number(row, column_idx, Role::RowWeight, None, issues),
            None => Some(1.0),
        };
        let split = self.split(row, issues);
        let (Summed { weights: mixture, change }, n, d, flops, losses) = (mixture?, n?, d?, flops?, losses?);
        let (weight, split) = (weight?, split?);

        let (n, d) = (n.map(Params), d.map(Tokens));
        let (n, d, derived) = match (n, d, flops.map(Flops)) {
            (Some(n), None, Some(c)) => (Some(n), Some(c.tokens(n)), Some(Role::D)),
            (None, Some(d), Some(c)) => (Some(c.params(d)), Some(d), Some(Role::N)),
            _ => (n, d, None),
        };
        let values = [n.map(|n| n.0), d.map(|d| d.0)];
        for (i, (role, value)) in [Role::N, Role::D].into_iter().zip(values).enumerate() {
            let Some(value) = value.filter(|value| !PLAUSIBLE[i].contains(value)) else { continue };
            if let (true, Some(flops)) = (derived == Some(role), self.columns.flops) {
                self.push(Cause::Derived { role, value }, row, flops.column_idx, issues);
                return None;
            }
            let count = if i == 0 { self.columns.n } else { self.columns.d };
            if let Some(Count { column_idx, .. }) = count {
                let issue = self.of_cell(Cause::Implausible { role, value }, row, column_idx);
                self.implausible.push((row.row_idx(), issue));
            }
        }
        self.note_large(values, row);
        self.n_blank_weights += usize::from(self.columns.weights.iter().any(|&i| is_missing(row.cell(i))));
        match change {
            Change::None => {}
            Change::Parts { of: 100.0, sum } => self.percent.add(row.line(), sum, (sum / 100.0 - 1.0).abs()),
            Change::Parts { of, .. } => self.parts.add(row.line(), of, 0.0),
            Change::Rescaled { sum, by } => self.rescaled.add(row.line(), sum, by),
        }
        for (n_blank, (loss, &column_idx)) in
            self.n_blank_losses.iter_mut().zip(losses.iter().zip(&self.columns.losses))
        {
            *n_blank += usize::from(loss.is_none() && is_missing(row.cell(column_idx)));
        }
        Some(Observation { line: row.line(), n, d, mixture, losses, weight, split })
    }

    fn mixture(&mut self, row: Row, issues: &mut Issues) -> Option<Summed> {
        let may_be_blank = self.sums_without_blanks(row);
        let weight = |&i: &usize| match may_be_blank && is_missing(row.cell(i)) {
            true => Some(0.0),
            false => self.number(row, i, Role::Weight, None, issues),
        };
        let weights: Vec<Option<f64>> = self.columns.weights.iter().map(weight).collect();
        let mut weights = weights.into_iter().collect::<Option<Vec<f64>>>()?;
        if weights.is_empty() {
            return Some(Summed { weights, change: Change::None });
        }
        let sum: f64 = weights.iter().sum();
        let change = match self.sums.whole(sum) {
            Some(1.0) if (sum - 1.0).abs() <= ROUNDING => Change::None,
            Some(1.0) => Change::Rescaled { sum, by: (sum - 1.0).abs() },
            Some(of) => Change::Parts { of, sum },
            None if self.unsummed == Some(Unsummed::Rescale) && sum > 0.0 && sum.is_finite() => {
                let whole = self.sums.whole_with_rest().unwrap_or(1.0);
                Change::Rescaled { sum, by: (sum / whole).ln().abs() }
            }
            None => {
                let cells: Vec<&str> = self.columns.weights.iter().map(|&i| row.cell(i)).collect();
                let cause = Cause::WeightSum { weights: excerpt(&cells.join(" + ")), sum };
                if !self.is_asked {
                    self.push(cause, row, self.columns.weights[0], issues);
                }
                return None;
            }
        };
        if (sum - 1.0).abs() > WEIGHT_SUM_TOLERANCE {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        Some(Summed { weights, change })
    }

    /// Whether the weights that a line has sum to 1, or 100, by themselves: then blank ones are 0.
    fn sums_without_blanks(&self, row: Row) -> bool {
        let cells = || self.columns.weights.iter().map(|&i| row.cell(i)).filter(|cell| !is_missing(cell));
        let decimal = self.table.layout().decimal;
        let sum = || cells().map(|cell| try_number(cell, decimal)).sum::<Option<f64>>();
        cells().count() < self.columns.weights.len() && sum().is_some_and(is_whole_but_blanks)
    }

    /// N, D or C, if the study has a column of it; the outer `None` is an issue.
    fn count(&self, count: Option<Count>, row: Row, issues: &mut Issues) -> Option<Option<f64>> {
        match count {
            Some(Count { column_idx, role, scale }) => self.number(row, column_idx, role, scale, issues).map(Some),
            None => Some(None),
        }
    }

    /// The losses; a cell that is none is told and leaves the others. Only a line with nothing else is left out.
    fn losses(&self, row: Row, issues: &mut Issues) -> Option<Vec<Option<Loss>>> {
        let mut has_bad = false;
        let losses: Vec<Option<Loss>> = (self.columns.losses.iter())
            .map(|&i| match is_missing(row.cell(i)) {
                true => None,
                false => {
                    let loss = self.loss(row, i, issues);
                    has_bad |= loss.is_none();
                    loss.map(Loss)
                }
            })
            .collect();
        (!has_bad || losses.iter().any(Option::is_some)).then_some(losses)
    }

    /// The loss in that column; the logarithm of a perplexity.
    fn loss(&self, row: Row, column_idx: usize, issues: &mut Issues) -> Option<f64> {
        if is_infinite(row.cell(column_idx)) {
            self.push(Cause::InfiniteLoss, row, column_idx, issues);
            return None;
        }
        // What is a fraction elsewhere is two losses here.
        if row.cell(column_idx).contains('/') && try_number(row.cell(column_idx), self.table.layout().decimal).is_some()
        {
            self.push(Cause::SeveralLosses, row, column_idx, issues);
            return None;
        }
        let loss = match self.columns.perplexities.contains(&column_idx) {
            true => self.number(row, column_idx, Role::Perplexity, None, issues).map(libm::log)?,
            false => self.number(row, column_idx, Role::Loss, None, issues)?,
        };
        if !PLAUSIBLE_LOSS.contains(&loss) {
            self.push(Cause::ImplausibleLoss { loss }, row, column_idx, issues);
            return None;
        }
        Some(loss)
    }

    fn split(&mut self, row: Row, issues: &mut Issues) -> Option<Split> {
        let Some(column_idx) = self.columns.split else { return Some(Split::Fit) };
        let cell = row.cell(column_idx);
        if is_missing(cell) {
            self.n_blank_splits += 1;
            return Some(Split::Fit);
        }
        match is_holdout(&self.table.header()[column_idx], cell) {
            Some(true) => Some(Split::Holdout),
            Some(false) => Some(Split::Fit),
            None => {
                self.push(Cause::SplitWord { text: excerpt(cell) }, row, column_idx, issues);
                None
            }
        }
    }

    fn number(&self, row: Row, column_idx: usize, role: Role, scale: Option<&str>, issues: &mut Issues) -> Option<f64> {
        let (cell, decimal, quantity) = (row.cell(column_idx), self.table.layout().decimal, quantity_of(role));
        let value = match scale {
            Some(scale) if scale != ONES => quantity.read_scaled(cell, decimal, scale),
            _ => quantity.read(cell, decimal),
        };
        match value {
            // In a column of a stated unit a number without it is the wrong one if all others are right.
            Ok(value)
                if scale.is_some()
                    && is_beyond(role, value)
                    && bare_number(cell, decimal).is_some_and(|x| x >= 1e6) =>
            {
                self.push(Cause::BeyondScale { role, value }, row, column_idx, issues);
                None
            }
            Ok(value) => Some(value),
            Err(error) => {
                let cause = if error == NumberError::Missing { Cause::Blank { role } } else { error.into() };
                self.push(cause, row, column_idx, issues);
                None
            }
        }
    }

    fn push(&self, cause: Cause, row: Row, column_idx: usize, issues: &mut Issues) {
        issues.push(self.of_cell(cause, row, column_idx));
    }

    fn of_cell(&self, cause: Cause, row: Row, column_idx: usize) -> Issue {
        let mut issue = cause.in_column(&self.table.header()[column_idx]);
        issue.line = Some(row.line_of(column_idx));
        issue.cell = Some(excerpt(row.cell(column_idx)));
        issue
    }

    /// Notes cells of N and D that are too large.
    fn note_large(&mut self, values: [Option<f64>; 2], row: Row) {
        for (i, count) in [self.columns.n, self.columns.d].into_iter().enumerate() {
            let (Some(Count { column_idx, role, .. }), Some(value)) = (count, values[i]) else { continue };
            if value <= LARGEST_COUNT[i] {
                continue;
            }
            if let Some((_, n)) = &mut self.large[i] {
                *n += 1;
                continue;
            }
            // Without its scale it may be right.
            let bare = row.cell(column_idx).trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
            let read = quantity_of(role).read(bare, self.table.layout().decimal);
            let is_usual = |value: &f64| (SMALLEST_COUNT[i]..=LARGEST_COUNT[i]).contains(value);
            let suggestion = read.ok().filter(is_usual).map(|_| bare.to_string());
            let cause = Cause::LargeCount { role, value, others: 0, suggestion };
            self.large[i] = Some((self.of_cell(cause, row, column_idx), 0));
        }
    }

    /// What was changed or missing, over all lines.
    fn notices(&self, observations: &[Observation], issues: &mut Issues) {
        let (of, header) = (observations.len(), self.table.header());
        let Tally { n: rows, line, sum, .. } = self.percent;
        if rows > 0 {
            issues.push(Cause::Percent { rows, of, line, sum }.of_text());
        }
        let Tally { n: rows, line, sum, .. } = self.rescaled;
        if rows > 0 {
            issues.push(Cause::Rescaled { rows, of, line, sum }.of_text());
        }
        let Tally { n: rows, sum: parts, .. } = self.parts;
        if rows > 0 {
            issues.push(Cause::Parts { rows, of, parts }.of_text());
        }
        if self.n_blank_weights > 0 {
            issues.push(Cause::BlankWeights { rows: self.n_blank_weights, of }.of_text());
        }
        for (&i, &rows) in self.columns.losses.iter().zip(&self.n_blank_losses) {
            if rows > 0 {
                issues.push(Cause::BlankLosses { rows, of }.in_column(&header[i]));
            }
        }
        if let Some(i) = self.columns.split
            && self.n_blank_splits > 0
        {
            issues.push(Cause::BlankSplits { rows: self.n_blank_splits, of }.in_column(&header[i]));
        }
        for (mut issue, n) in self.large.iter().flatten().cloned() {
            if let Cause::LargeCount { others, .. } = &mut issue.cause {
                *others = n;
            }
            issues.push(issue);
        }
    }

    /// Asks about columns of N and D that are not counted in ones, or not in one unit; whether it did.
    fn small_counts(&self, observations: &[Observation], answers: &[Answer], issues: &mut Issues) -> bool {
        let mut has_asked = self.small_compute(observations, answers, issues);
        let ends = |value: fn(&Observation) -> Option<f64>| {
            let values = observations.iter().filter_map(value);
            values.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), value| (least.min(value), most.max(value)))
        };
        let ends = [ends(|o| o.n.map(|n| n.0)), ends(|o| o.d.map(|d| d.0))];
        // The largest of the other one, as far as it is known in ones.
        let mut known = [0, 1].map(|i| Some(ends[i].1).filter(|most| *most >= SMALLEST_COUNT[i]));
        for (i, count) in [self.columns.n, self.columns.d].into_iter().enumerate() {
            let (Some(Count { column_idx, role, scale: None }), (_, largest)) = (count, ends[i]) else { continue };
            let bare = self.bare_beside_units(column_idx, role).filter(|(_, largest)| *largest < SMALLEST_COUNT[i]);
            if bare.is_none() && (largest <= 0.0 || largest >= SMALLEST_COUNT[i]) {
                continue;
            }
            let (ends, largest) = bare.map_or((ends[i], largest), |ends| (ends, ends.1));
            let scales = likely_scales(role, ends, known[1 - i]);
            if let [(_, factor)] = scales[..] {
                known[i] = Some(largest * factor);
            }
            let column = &self.table.header()[column_idx];
            let words = |scale: &str| if scale == "M" { "millions" } else { "billions" };
            let scale_of = |scale: &str| vec![Answer::Scale(column.clone(), scale.to_string())];
            let mut choices: Vec<(String, Vec<Answer>)> =
                scales.iter().map(|(scale, _)| (format!("in {}", words(scale)), scale_of(scale))).collect();
            if PLAUSIBLE[i].contains(&ends.0) && PLAUSIBLE[i].contains(&largest) {
                choices.push(("in ones, as they are".to_string(), scale_of("1")));
            }
            if choices.is_empty() {
                continue;
            }
            let symbol = if role == Role::N { "N" } else { "D" };
            choices.push((format!("\"{column}\" is not {symbol}"), vec![Answer::Role(column.clone(), Role::Ignored)]));
            has_asked = true;
            issues.ask(Question::new(
                match bare {
                    Some(_) => format!(
                        "some numbers of \"{}\" have a unit, and others, such as {}, have none. In what are those counted?",
                        excerpt(column),
                        write_number(largest, 6)
                    ),
                    None => format!(
                        "the largest value of \"{}\" is {}: too few {} for a language model. In what is it counted?",
                        excerpt(column),
                        write_number(largest, 6),
                        if role == Role::N { "parameters" } else { "tokens" }
                    ),
                },
                choices,
            ));
        }
        has_asked
    }

    /// The least and the largest number without a unit in a column whose others have one, and are far larger.
    fn bare_beside_units(&self, column_idx: usize, role: Role) -> Option<(f64, f64)> {
        const FAR: f64 = 100.0;
        let decimal = self.table.layout().decimal;
        let cells = || self.table.rows().map(|row| row.cell(column_idx));
        let has_unit = |cell: &&str| cell.ends_with(|c: char| c.is_alphabetic());
        let read = |cell: &str| quantity_of(role).read(cell, decimal).ok();
        let least = cells().filter(has_unit).filter_map(read).fold(f64::INFINITY, f64::min);
        let ends = cells().filter(|cell| !has_unit(cell)).filter_map(read);
        let ends = ends.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), x| (low.min(x), high.max(x)));
        (least.is_finite() && ends.1 > 0.0 && FAR * ends.1 < least).then_some(ends)
    }

    /// Asks whether a column is compute at all, if D would be tiny: it may hold a speed.
    fn small_compute(&self, observations: &[Observation], answers: &[Answer], issues: &mut Issues) -> bool {
        const TINY: f64 = 1e6;
        let (Some(flops), None) = (self.columns.flops, self.columns.d) else { return false };
        let column = &self.table.header()[flops.column_idx];
        let largest = observations.iter().filter_map(|o| o.d).fold(0.0, |most: f64, d| most.max(d.0));
        if largest <= 0.0 || largest >= TINY || answers.iter().any(|answer| answer.column() == Some(column)) {
            return false;
        }
        let role = |role| vec![Answer::Role(column.clone(), role)];
        issues.ask(Question::new(
            format!(
                "\"{}\" taken for the compute C gives no more than {} tokens a run. Does it hold something else, such as a \
                 speed?",
                excerpt(column),
                write_count(largest, 3)
            ),
            [
                ("yes, it is no compute".to_string(), role(Role::Ignored)),
                ("no, the runs were that short".to_string(), role(Role::Flops)),
            ],
        ));
        true
    }
}

/// Whether a column's numbers sum to 1, or to 100.
fn is_mixture_by_itself(table: &Table, column_idx: usize) -> bool {
    let cells = table.rows().map(|row| row.cell(column_idx));
    let sum: f64 = cells.filter_map(|cell| try_number(cell, table.layout().decimal)).sum();
    [1.0, 100.0].iter().any(|whole| (sum / whole - 1.0).abs() <= SUM_TOLERANCE)
}

/// Whether a cell is what programs write for infinity.
fn is_infinite(cell: &str) -> bool {
    const WORDS: [&str; 3] = ["inf", "infinity", "∞"];
    let word = cell.trim().trim_start_matches(['+', '-']);
    WORDS.iter().any(|own| word.eq_ignore_ascii_case(own))
}

/// Weights that sum to 1, and how they were made to.
struct Summed {
    weights: Vec<f64>,
    change: Change,
}

enum Change {
    None,
    /// Percents, or parts of another number.
    Parts {
        of: f64,
        sum: f64,
    },
    Rescaled {
        sum: f64,
        by: f64,
    },
}

/// The scales in which numbers from least to largest are usual sizes or tokens, beside the largest of the other.
fn likely_scales(role: Role, (least, largest): (f64, f64), other: Option<f64>) -> Vec<(&'static str, f64)> {
    /// Tokens per parameter: from far too few to far beyond what pays.
    const RATIOS: std::ops::RangeInclusive<f64> = 0.5..=5e3;
    // Sizes from 1M to 1T, tokens from 1M to 100T.
    let (smallest, most) = if role == Role::N { (1e6, 1e12) } else { (1e6, 1e14) };
    let is_usual = |(_, factor): &(&str, f64)| least * factor >= smallest && largest * factor < most;
    let scales: Vec<_> = [("M", 1e6), ("B", 1e9)].into_iter().filter(is_usual).collect();
    let fits = |(_, factor): &(&str, f64)| {
        other.is_none_or(|other| {
            let ratio = if role == Role::N { other / (largest * factor) } else { largest * factor / other };
            RATIOS.contains(&ratio)
        })
    };
    let fitting: Vec<_> = scales.iter().copied().filter(fits).collect();
    if fitting.is_empty() { scales } else { fitting }
}
