//! Contradictions in a study: lines of the same N, D and mixture whose losses differ by far more than chance, and words
//! of a column that split the losses in two. Something that is no column of the study made the difference: a learning
//! rate, a tokenizer, a size that no column tells.

use std::collections::{BTreeMap, HashMap};

use nalgebra::{DMatrix, DVector};

use super::assemble::Observed;
use super::forms;
use super::guess::{has_loss_word, is_perplexity, is_score};
use super::issue::{Cause, Issues};
use super::names::words;
use super::question::{Answer, Question};
use super::recipe::{is_measured, is_recipe};
use super::roles::{Role, Roles, is_id, is_listed, key};
use super::table::Table;
use crate::dataset::Observation;
use crate::order::{sort, sort_by_number};
use crate::units::{excerpt, is_missing, try_number, write_count, write_number};

/// Losses of one N, D and mixture that differ by more than this, in nats, have a reason; seeds make less.
const LARGE: f64 = 0.1;
/// Without a column that tells the reason, more is asked for, and this many times what others differ by.
const LARGE_WITHOUT_REASON: (f64, f64) = (0.2, 5.0);
/// More than this is asked about, where a column tells the reason.
const GROSS: f64 = 0.5;
/// So many lines are more than a slip.
const SEVERAL: usize = 3;
/// A column tells the reason if no more than this share of the differences is left among lines of the same cell.
const LEFT: f64 = 0.3;
/// Values of a column that are offered, and that a column of words has at most.
const MOST_VALUES: usize = 8;

/// Applies what the answers say of lines, and looks for contradictions among those that are left.
pub(super) fn check(table: &Table, roles: &Roles, observed: &mut Observed, answers: &[Answer], issues: &mut Issues) {
    if answers.contains(&Answer::KeepBest) {
        let n_before = observed.observations.len();
        keep_best(&mut observed.observations, &mut observed.row_of);
        issues.push(Cause::KeptBest { rows: n_before - observed.observations.len() }.of_text());
    }
    let rows = &observed.observations;
    let study = Study { table, roles, rows, row_of: &observed.row_of };
    let keeps_all = answers.contains(&Answer::KeepAll);
    if let Some((column, values, n_broken)) = study.broken().filter(|_| !keeps_all) {
        let name = &table.header()[column];
        let text = format!(
            "by \"{}\", {n_broken} of {} lines are of runs that did not finish ({}). Which of them are the study?",
            excerpt(name),
            study.rows.len(),
            values.iter().filter(|value| is_broken(value)).map(|value| excerpt(value)).collect::<Vec<_>>().join(", ")
        );
        let finished: Vec<String> = values.into_iter().filter(|value| !is_broken(value)).collect();
        issues.ask(Question::new(text, filters(name, &finished).chain([keep_all()])));
        return;
    }
    if let Some((column, values, why)) = study.marked().filter(|_| !keeps_all) {
        let name = &table.header()[column];
        let shown: Vec<String> = values.iter().map(|value| format!("\"{}\"", excerpt(value))).collect();
        let text = format!("\"{}\" ({}) {why}. Which of them are the study?", excerpt(name), shown.join(", "));
        issues.ask(Question::new(text, filters(name, &values).chain([keep_all()])));
        return;
    }
    let found = study.contradiction();
    let kinds = study.kinds();
    let mut told = None;
    if let Some(contradiction) = found {
        let is_kind = kinds.as_ref().is_some_and(|kinds| Some(kinds.column) == contradiction.column);
        match contradiction.question(&study, is_kind).filter(|_| !keeps_all) {
            Some(question) => issues.ask(question),
            // That is said of the whole study, and none of its lines is the better one.
            None if contradiction.column.is_none() && vary_in_nothing(study.rows) => {}
            None => issues.push(contradiction.cause(&study).of_text()),
        }
        told = contradiction.column;
    }
    if told.is_none() && issues.questions().is_empty() {
        study.odd_line().into_iter().for_each(|cause| issues.push(cause.of_text()));
    }
    let has_found = told.is_some() || kinds.is_some();
    if let Some((line, difference)) = study.stacked().filter(|_| !has_found) {
        issues.push(Cause::Stacked { line, difference }.of_text());
    }
    if let Some(Kinds { column, difference, values }) = kinds.filter(|kinds| Some(kinds.column) != told) {
        let name = table.header()[column].clone();
        let question = format!("{}. Which ones are the study?", kinds_of_runs(&name, &values, difference));
        if keeps_all {
            issues.push(Cause::KindsOfRuns { column: name, values, difference }.of_text());
        } else {
            issues.ask(Question::new(question, filters(&name, &values).chain([keep_all()])));
        }
    }
}

/// What is wrong with runs of several kinds.
pub(super) fn kinds_of_runs(column: &str, values: &[String], difference: Option<f64>) -> String {
    let shown: Vec<String> = values.iter().map(|value| format!("\"{}\"", excerpt(value))).collect();
    let why = match difference {
        Some(difference) => format!(
            ": at the same mixture their losses differ by about {} %, which no other column explains",
            write_number(100.0 * difference, 2)
        ),
        None => ", no two of which share N and D, so that whatever else differs between them, such as the tokenizer \
                 or the text of the loss, counts as an effect of size"
            .to_string(),
    };
    format!("\"{}\" tells kinds of runs apart ({}){why}", excerpt(column), shown.join(", "))
}

/// Whether a run's state says that it did not finish.
fn is_broken(state: &str) -> bool {
    const WORDS: &str = "crashed crash failed fail killed diverged preempted running cancelled canceled aborted stopped oom nan ❌ ✗ \
         ✘ ⏳";
    is_listed(&state.trim().to_lowercase(), WORDS)
}

/// Of observations with the same N, D and mixture the one of the least mean loss.
fn keep_best(rows: &mut Vec<Observation>, row_of: &mut Vec<usize>) {
    let mean = |row: &Observation| {
        let losses: Vec<f64> = row.losses.iter().flatten().map(|loss| loss.0).collect();
        if losses.is_empty() { f64::INFINITY } else { losses.iter().sum::<f64>() / losses.len() as f64 }
    };
    let mut best: HashMap<Same, (f64, usize)> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        let own = (mean(row), i);
        let entry = best.entry(same(row)).or_insert(own);
        if own.0 < entry.0 {
            *entry = own;
        }
    }
    let mut is_kept: Vec<bool> = vec![false; rows.len()];
    best.values().for_each(|(_, kept)| is_kept[*kept] = true);
    let (mut of_rows, mut of_places) = (is_kept.iter(), is_kept.iter());
    rows.retain(|_| of_rows.next().is_some_and(|is| *is));
    row_of.retain(|_| of_places.next().is_some_and(|is| *is));
}

/// N, D and mixture: what two observations of the same study should have the same losses for.
type Same = (Option<u64>, Option<u64>, Vec<i64>);

fn same(row: &Observation) -> Same {
    const PER_WEIGHT: f64 = 1e9;
    let mixture = row.mixture.iter().map(|h| (h * PER_WEIGHT).round() as i64).collect();
    (row.n.map(|n| n.0.to_bits()), row.d.map(|d| d.0.to_bits()), mixture)
}

/// Whether only the losses tell observations apart: no N, no D, no mixture.
pub(super) fn vary_in_nothing(rows: &[Observation]) -> bool {
    rows.iter().all(|row| row.n.is_none() && row.d.is_none() && row.mixture.is_empty())
}

struct Study<'a> {
    table: &'a Table,
    roles: &'a Roles,
    rows: &'a [Observation],
    /// The table's row of each observation.
    row_of: &'a [usize],
}

/// A column that tells kinds of runs apart.
struct Kinds {
    column: usize,
    /// By what share of the loss they differ at the same mixture, if they have sizes in common.
    difference: Option<f64>,
    values: Vec<String>,
}

/// What a column's words follow from.
enum Follows {
    Mixture,
    Scale,
}

/// Lines that contradict each other.
struct Contradiction {
    /// Positions of the group that differs most, among the observations.
    group: Vec<usize>,
    /// By how much, in nats.
    difference: f64,
    /// How many groups there are, and lines in them.
    n_groups: usize,
    n_lines: usize,
    /// The column that tells the reason.
    column: Option<usize>,
    /// The one of N and D that the study lacks, if the losses fall as the column's numbers grow.
    uncounted: Option<Role>,
}

/// How far the losses of these observations are apart, of the target where that is most.
fn spread<'a>(rows: impl Iterator<Item = &'a Observation>) -> f64 {
    let mut ends: Vec<(f64, f64)> = Vec::new();
    for row in rows {
        ends.resize(row.losses.len(), (f64::INFINITY, f64::NEG_INFINITY));
        for (ends, loss) in ends.iter_mut().zip(&row.losses) {
            if let Some(loss) = loss {
                *ends = (ends.0.min(loss.0), ends.1.max(loss.0));
            }
        }
    }
    ends.into_iter().map(|(least, most)| most - least).fold(0.0, f64::max)
}

impl Study<'_> {
    fn cell(&self, position: usize, column: usize) -> &str {
        self.table.row(self.row_of[position]).cell(column)
    }

    /// The column of the runs' states, its values, and how many lines are of runs that did not finish, if some did and
    /// some did not.
    fn broken(&self) -> Option<(usize, Vec<String>, usize)> {
        let is_state =
            |name: &str| matches!(key(name).as_str(), "state" | "status" | "runstate" | "runstatus" | "jobstate");
        let column = self.table.header().iter().position(|name| is_state(name))?;
        let values = self.values(column, MOST_VALUES);
        let n = (0..self.rows.len()).filter(|&i| is_broken(self.cell(i, column))).count();
        (n > 0 && n < self.rows.len()).then_some((column, values, n))
    }

    /// A column that marks lines as no runs of the study, in some other unit, or as not seen; its values, and what it
    /// says.
    fn marked(&self) -> Option<(usize, Vec<String>, &'static str)> {
        const FLAGS: &str = "include included exclude excluded valid isvalid invalid use used inuse keep kept discard discarded \
             ignore ignored skip skipped outlier isoutlier final isfinal ok bad good interpolated extrapolated \
             predicted ispredicted estimated simulated infit usedinfit usable";
        const YES_AND_NO: [&str; 19] =
            ["", "yes", "no", "y", "n", "true", "false", "t", "f", "0", "1", "x", "✓", "✔", "✗", "✘", "✅", "❌", "-"];
        const KINDS: [&str; 7] = ["type", "kind", "rowtype", "runtype", "datatype", "origin", "source"];
        const UNSEEN: [&str; 14] = [
            "predicted",
            "prediction",
            "extrapolated",
            "extrapolation",
            "interpolated",
            "interpolation",
            "projected",
            "forecast",
            "estimated",
            "estimate",
            "simulated",
            "target",
            "goal",
            "planned",
        ];
        const UNITS: [&str; 11] =
            ["nats", "bits", "nat", "bit", "bpb", "bpt", "ppl", "perplexity", "nats/token", "bits/token", "bits/byte"];
        let is_in = |words: &[&str], value: &String| words.contains(&value.trim().to_lowercase().as_str());
        let header = self.table.header();
        (0..header.len()).filter(|&i| self.roles.get(i) == Role::Ignored).find_map(|i| {
            let own = key(&header[i]);
            let is_flag = is_listed(&own, FLAGS);
            let (is_kind, is_unit) = (KINDS.contains(&own.as_str()), own.ends_with("unit") || own.ends_with("units"));
            if !is_flag && !is_kind && !is_unit {
                return None;
            }
            let values = Some(self.values(i, MOST_VALUES)).filter(|values| values.len() > 1)?;
            let why = if is_flag && values.iter().all(|value| is_in(&YES_AND_NO, value)) {
                "marks some of the lines"
            } else if is_kind && values.iter().any(|value| is_in(&UNSEEN, value)) {
                "says that some lines were not trained"
            } else if is_unit && values.iter().all(|value| is_in(&UNITS, value)) {
                "says that the losses are counted in more than one unit"
            } else {
                return None;
            };
            Some((i, values, why))
        })
    }

    /// Lines of the same N, D and mixture whose losses are far apart.
    fn contradiction(&self) -> Option<Contradiction> {
        let mut groups: HashMap<Same, Vec<usize>> = HashMap::new();
        for (i, row) in self.rows.iter().enumerate() {
            groups.entry(same(row)).or_default().push(i);
        }
        let mut spreads: Vec<(f64, Vec<usize>)> = groups
            .into_values()
            .filter(|group| group.len() > 1)
            .map(|group| (spread(group.iter().map(|&i| &self.rows[i])), group))
            .collect();
        spreads.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
        let n_far = spreads.iter().take_while(|(spread, _)| *spread > LARGE).count();
        let far = &spreads[..n_far];
        let (difference, group) = far.first()?;
        let uncounted = self.uncounted(far);
        let column = uncounted.map(|(_, column)| column).or_else(|| self.reason(far));
        if column.is_none() {
            let mut others: Vec<f64> = spreads.iter().map(|(spread, _)| *spread).collect();
            sort(&mut others);
            let usual = others[(others.len() - 1) / 2];
            let is_alone = spreads.len() == n_far;
            if *difference < LARGE_WITHOUT_REASON.0 || !is_alone && *difference < LARGE_WITHOUT_REASON.1 * usual {
                return None;
            }
        }
        let n_lines = far.iter().map(|(_, group)| group.len()).sum();
        let (group, uncounted) = (group.clone(), uncounted.map(|(role, _)| role));
        Some(Contradiction { group, difference: *difference, n_groups: n_far, n_lines, column, uncounted })
    }

    /// In a study without N or without D, the column whose numbers grow as the losses fall.
    fn uncounted(&self, far: &[(f64, Vec<usize>)]) -> Option<(Role, usize)> {
        let first = self.rows.first()?;
        let role = match (first.n, first.d) {
            (_, None) => Role::D,
            (None, _) => Role::N,
            _ => return None,
        };
        let decimal = self.table.layout().decimal;
        let falls = |&column: &usize| {
            far.iter().all(|(_, group)| {
                let both = |&i: &usize| {
                    let losses = self.rows[i].losses.iter().map(|loss| loss.map(|loss| loss.0));
                    Some((try_number(self.cell(i, column), decimal)?, losses.sum::<Option<f64>>()?))
                };
                let Some(mut pairs) = group.iter().map(both).collect::<Option<Vec<_>>>() else { return false };
                pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
                pairs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1)
            })
        };
        let n_lines: usize = far.iter().map(|(_, group)| group.len()).sum();
        let may_be = |&i: &usize| {
            let name = &self.table.header()[i];
            let is_outcome = has_loss_word(name) || is_perplexity(name) || is_score(name) || is_id(name);
            self.roles.get(i) == Role::Ignored && !is_outcome && !self.is_like_losses(i)
        };
        // Two pairs fall by chance as soon as a table is wide.
        (n_lines > far.len() + SEVERAL)
            .then(|| (0..self.table.header().len()).filter(may_be).find(falls))
            .flatten()
            .map(|column| (role, column))
    }

    /// The column whose cells differ where the losses do: of several the one of fewest values.
    fn reason(&self, far: &[(f64, Vec<usize>)]) -> Option<usize> {
        let before: f64 = far.iter().map(|(spread, _)| spread).sum();
        let header = self.table.header();
        let explains = |&column: &usize| {
            let mut after = 0.0;
            let mut n_varying = 0;
            for (_, group) in far {
                let mut by_cell: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
                group.iter().for_each(|&i| by_cell.entry(self.cell(i, column)).or_default().push(i));
                n_varying += usize::from(by_cell.len() > 1);
                after += by_cell.values().map(|own| spread(own.iter().map(|&i| &self.rows[i]))).fold(0.0, f64::max);
            }
            n_varying == far.len() && after <= LEFT * before
        };
        let candidates = (0..header.len()).filter(|&i| self.may_be_reason(i)).filter(explains);
        candidates.min_by_key(|&i| {
            let is_seed = key(&header[i]).contains("seed");
            (is_seed, is_id(&header[i]), self.values(i, usize::MAX).len(), i)
        })
    }

    /// Whether a column is neither of the study nor another measure of what came out.
    fn may_be_reason(&self, column: usize) -> bool {
        let name = &self.table.header()[column];
        let is_outcome = has_loss_word(name)
            || is_perplexity(name)
            || is_score(name)
            || !is_recipe(name) && self.is_like_losses(column);
        if !matches!(self.roles.get(column), Role::Ignored | Role::Split) || is_outcome {
            return false;
        }
        // What tells nearly every line apart is a name, unless it is a number of the recipe.
        const FEW: usize = 8;
        let (n_values, n) = (self.values(column, usize::MAX).len(), self.rows.len());
        let is_name = if n <= FEW { n_values == n } else { 2 * n_values > n + 1 };
        n_values > 1 && (!is_name || is_recipe(name) && !is_measured(name))
    }

    /// Whether a column's numbers are no whole ones and within the range of the losses: a mean of them, another loss.
    fn is_like_losses(&self, column: usize) -> bool {
        let losses = || self.rows.iter().flat_map(|row| row.losses.iter().flatten()).map(|loss| loss.0);
        let range = losses().fold(f64::INFINITY, f64::min)..=losses().fold(0.0, f64::max);
        let decimal = self.table.layout().decimal;
        let numbers = (0..self.rows.len()).map(|i| try_number(self.cell(i, column), decimal));
        let numbers: Option<Vec<f64>> = numbers.collect();
        numbers.is_some_and(|numbers| {
            numbers.iter().all(|number| range.contains(number)) && numbers.iter().any(|number| number.fract() != 0.0)
        })
    }

    /// The different cells of a column, the most frequent first; none if there are more than so many.
    fn values(&self, column: usize, most: usize) -> Vec<String> {
        let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
        for i in 0..self.rows.len() {
            let entry = counts.entry(self.cell(i, column)).or_insert((0, i));
            entry.0 += 1;
            if counts.len() > most {
                return Vec::new();
            }
        }
        let mut values: Vec<(&str, (usize, usize))> = counts.into_iter().collect();
        values.sort_by_key(|(_, (n, first))| (std::cmp::Reverse(*n), *first));
        values.into_iter().map(|(value, _)| value.to_string()).collect()
    }

    /// A column of a few words that splits the losses, where N, D and the mixture do not; or that names where runs come
    /// from, each of them with sizes of its own.
    fn kinds(&self) -> Option<Kinds> {
        /// Observations of a word, at least.
        const FEWEST: usize = 3;
        let header = self.table.header();
        let may_be =
            |i: &usize| self.may_be_reason(*i) && self.roles.get(*i) == Role::Ignored && !is_id_alone(&header[*i]);
        (0..header.len()).filter(may_be).find_map(|column| {
            let values = self.values(column, MOST_VALUES);
            let decimal = self.table.layout().decimal;
            let is_number = |value: &String| try_number(value, decimal).is_some();
            let may_be_numbers = key(&header[column]).contains("vocab");
            let are_words = values.iter().all(|value| !is_missing(value) && (may_be_numbers || !is_number(value)));
            let n_of = |value: &String| (0..self.rows.len()).filter(|&i| self.cell(i, column) == value).count();
            if values.len() < 2 || !are_words {
                return None;
            }
            let difference = match self.follows(column) {
                Some(Follows::Scale) if self.is_of_origin(column) => None,
                None if values.iter().all(|value| n_of(value) >= FEWEST) => Some(self.split(column, &values)?),
                _ => return None,
            };
            Some(Kinds { column, difference, values })
        })
    }

    /// Whether a column names where runs come from: another paper, another tokenizer, another family of models that has
    /// several sizes.
    fn is_of_origin(&self, column: usize) -> bool {
        const ORIGINS: &str = "source origin paper study project lab org team author authors reference cite family series suite \
             tokenizer tokeniser vocab vocabulary corpus dataset codebase framework recipe";
        const MODELS: [&str; 4] = ["model", "models", "arch", "architecture"];
        let name = &self.table.header()[column];
        let mut sizes: HashMap<&str, Vec<Option<u64>>> = HashMap::new();
        for (i, row) in self.rows.iter().enumerate() {
            sizes.entry(self.cell(i, column)).or_default().push(row.n.map(|n| n.0.to_bits()));
        }
        let has_several = |sizes: &Vec<Option<u64>>| sizes.iter().any(|n| n.is_some() && *n != sizes[0]);
        words(name).iter().any(|word| is_listed(word, ORIGINS))
            || MODELS.contains(&key(name).as_str()) && sizes.values().all(has_several)
    }

    /// Whether a column's words say no more than N and D do, or than the mixture does.
    fn follows(&self, column: usize) -> Option<Follows> {
        let scale = |row: &Observation| (row.n.map(|n| n.0.to_bits()), row.d.map(|d| d.0.to_bits()));
        let mut word_of_scale: HashMap<_, &str> = HashMap::new();
        let mut word_of_size: HashMap<_, &str> = HashMap::new();
        let mut mixtures_of_word: HashMap<&str, Vec<i64>> = HashMap::new();
        let (mut by_scale, mut by_size, mut by_mixture) = (true, true, true);
        for (i, row) in self.rows.iter().enumerate() {
            let word = self.cell(i, column);
            by_scale &= *word_of_scale.entry(scale(row)).or_insert(word) == word;
            by_size &= *word_of_size.entry(scale(row).0).or_insert(word) == word;
            let mixture = same(row).2;
            by_mixture &= *mixtures_of_word.entry(word).or_insert(mixture.clone()) == mixture;
        }
        let has = |n: usize| n > 1;
        if by_mixture && !self.rows[0].mixture.is_empty() {
            Some(Follows::Mixture)
        } else if by_scale && has(word_of_scale.len()) || by_size && has(word_of_size.len()) {
            Some(Follows::Scale)
        } else {
            None
        }
    }

    /// By what share of the loss a column's words differ, if they explain nearly all that [`Study::linear`] leaves of ln L,
    /// for at least half of the targets.
    fn split(&self, column: usize, values: &[String]) -> Option<f64> {
        let n_targets = self.rows.first()?.losses.len().min(MOST_TARGETS);
        let mut differences = Vec::new();
        for target in 0..n_targets {
            let kinds = |i: usize, kind: usize| self.cell(i, column) == values[kind + 1];
            let linear = self.linear(target);
            differences.push(linear.and_then(|linear| linear.split(values.len() - 1, kinds)).unwrap_or(0.0));
        }
        sort(&mut differences);
        let median = *differences.get(differences.len() / 2)?;
        (median > 0.0).then(|| median.exp() - 1.0)
    }

    /// Two studies, one below the other, which no column tells apart: the line on which the second begins, and by what
    /// share of the loss they differ.
    fn stacked(&self) -> Option<(usize, f64)> {
        /// Lines of each, at least.
        const FEWEST: usize = 4;
        // In a few lines a step explains anything.
        let linear = self.linear(0).filter(|linear| linear.y.len() >= 2 * linear.features.ncols())?;
        let (theta, _) = least_squares(&linear.features, &linear.y)?;
        let rest = &linear.y - &linear.features * theta;
        let n = rest.len();
        let total: f64 = rest.iter().sum();
        let mut before = 0.0;
        let mut best = (0.0, 0);
        for (i, residual) in rest.iter().enumerate().take(n.saturating_sub(FEWEST)) {
            before += residual;
            let (n_before, n_after) = ((i + 1) as f64, (n - i - 1) as f64);
            let between = (before / n_before - (total - before) / n_after).powi(2) * n_before * n_after;
            if i + 1 >= FEWEST && between > best.0 {
                best = (between, i + 1);
            }
        }
        let first = *linear.positions.get(best.1).filter(|_| best.1 > 0)?;
        let difference = linear.split(1, |i, _| i >= first)?;
        Some((self.rows[first].line, difference.exp() - 1.0))
    }

    /// The line that the others contradict beyond doubt: its N and D or two of its losses are swapped, one of its counts
    /// is wrong by a power of ten, or its loss is far from what the others make likely for some other reason.
    fn odd_line(&self) -> Option<Cause> {
        let n_targets = self.rows.first()?.losses.len().min(MOST_TARGETS);
        let linears: Vec<(usize, Linear)> =
            (0..n_targets).filter_map(|target| Some((target, self.linear(target)?))).collect();
        let (position, why) = (self.mixed_counts())
            .or_else(|| self.swapped_counts())
            .or_else(|| self.slipped_count(n_targets))
            .or_else(|| self.beyond_d())
            .or_else(|| self.swapped_losses(&linears))
            .or_else(|| self.far_loss(&linears))?;
        Some(Cause::OddLine { line: self.rows[position].line, why })
    }

    /// The line of the least N or D, if the next larger one is out of all proportion to it.
    fn mixed_counts(&self) -> Option<(usize, String)> {
        const FAR: f64 = 1e4;
        const FEWEST: usize = 4;
        ["N", "D"].into_iter().enumerate().filter(|_| self.rows.len() >= FEWEST).find_map(|(i, symbol)| {
            let mut own: Vec<(f64, usize)> =
                self.rows.iter().enumerate().filter_map(|(at, row)| Some((counts(row)[i]?, at))).collect();
            sort_by_number(&mut own, |(count, _)| *count);
            let step = own.windows(2).find(|pair| pair[1].0 > FAR * pair[0].0)?;
            let [least, next] = [step[0].0, step[1].0].map(|count| write_count(count, 4));
            let line = self.rows[step[1].1].line;
            Some((
                step[0].1,
                format!("{symbol} is {least}, but {next} on line {line}: are both counted in the same unit?"),
            ))
        })
    }

    /// A line whose N is what others have as D, and the other way round.
    fn swapped_counts(&self) -> Option<(usize, String)> {
        let both: Vec<(f64, f64)> = self.rows.iter().map(|row| Some((row.n?.0, row.d?.0))).collect::<Option<_>>()?;
        let is_swapped = |&i: &usize| {
            let others = || both.iter().enumerate().filter(move |(other, _)| *other != i).map(|(_, both)| both);
            let (n, d) = both[i];
            let is_alone = || others().all(|other| other.0 < other.1 && other.0 != n && other.1 != d);
            n > d && is_alone() && others().any(|other| other.0 == d) && others().any(|other| other.1 == n)
        };
        let at = (0..both.len()).find(is_swapped)?;
        let [n, d] = [both[at].0, both[at].1].map(|count| write_count(count, 4));
        Some((at, format!("its N, {n}, is the D of other lines, and its D, {d}, their N: are they swapped?")))
    }

    /// The line that alone has an N beyond its D, and far.
    fn beyond_d(&self) -> Option<(usize, String)> {
        const FAR: f64 = 10.0;
        const FEWEST: usize = 6;
        let ratios: Vec<f64> = self.rows.iter().map(|row| Some(row.n?.0 / row.d?.0)).collect::<Option<_>>()?;
        let at = ratios.iter().position(|ratio| *ratio > FAR).filter(|_| ratios.len() >= FEWEST)?;
        let [n, d] = counts(&self.rows[at]).map(|count| write_count(count.unwrap_or_default(), 4));
        (ratios.iter().filter(|ratio| **ratio >= 1.0).count() == 1)
            .then(|| (at, format!("N, {n}, is more than D, {d}, on this line alone: is one of them wrong?")))
    }

    /// A line whose N or D no other has, though others have it but for a power of ten, and its losses go with theirs.
    fn slipped_count(&self, n_targets: usize) -> Option<(usize, String)> {
        const POWERS: [f64; 6] = [0.1, 10.0, 1e-3, 1e3, 1e-2, 1e2];
        const MOST_DIFFERENT: usize = 200;
        let symbols = ["N", "D"].into_iter().enumerate();
        symbols.filter(|(i, _)| counts(&self.rows[0])[*i].is_some()).find_map(|(i, symbol)| {
            let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
            for (position, row) in self.rows.iter().enumerate() {
                seen.entry(counts(row)[i]?.to_bits()).or_default().push(position);
            }
            // Sizes or tokens that most runs have of their own are no grid.
            if seen.len() > MOST_DIFFERENT.min(self.rows.len() / 2 + 1) {
                return None;
            }
            let alone = seen.iter().filter(|(_, positions)| positions.len() == 1);
            alone.map(|(own, positions)| (f64::from_bits(*own), positions[0])).find_map(|(own, position)| {
                let is_other = |other: &f64| POWERS.iter().any(|power| (other / (own * power) - 1.0).abs() < 1e-6);
                let instead = seen.keys().map(|bits| f64::from_bits(*bits)).find(is_other)?;
                let goes_with = |target| {
                    let has_rest = |linear: &Linear| linear.features.nrows() > linear.features.ncols() + 2;
                    let linear = self.linear(target).filter(has_rest).or_else(|| self.line(target, false))?;
                    linear.prefers(position, i, instead)
                };
                let votes: Vec<bool> = (0..n_targets).filter_map(goes_with).collect();
                let [own, instead] = [own, instead].map(|count| write_count(count, 4));
                (!votes.is_empty() && !votes.contains(&false)).then(|| {
                    let why = format!(
                        "{symbol} is {own} on this line alone, and its loss is what the other lines would give at \
                         {instead}: is a digit or the unit wrong?"
                    );
                    (position, why)
                })
            })
        })
    }

    /// A line of whose losses two are far from what the others make likely, and each near to what they do for the other.
    fn swapped_losses(&self, linears: &[(usize, Linear)]) -> Option<(usize, String)> {
        /// Standard deviations that each of them and both together are off by as they stand, and each at most if swapped.
        const OFF: (f64, f64, f64) = (2.5, 7.0, 3.0);
        let rows: Vec<_> = linears.iter().map(|(target, linear)| (*target, linear.distances())).collect();
        let pairs = rows.iter().enumerate().flat_map(|(i, one)| rows[i + 1..].iter().map(move |other| (one, other)));
        pairs.into_iter().find_map(|((one, rows), (other, of_other))| {
            let is_swapped = |(position, own): (&usize, &Distance)| {
                let other = of_other.get(position)?;
                let times = |own: &Distance| own.off / own.deviation;
                let fits = |own: &Distance, y: f64| (own.off + y - own.y).abs() < OFF.2 * own.deviation;
                let (first, second) = (times(own), times(other));
                let are_off =
                    first * second < 0.0 && first.abs().min(second.abs()) > OFF.0 && first.hypot(second) > OFF.1;
                (are_off && fits(own, other.y) && fits(other, own.y)).then_some(*position)
            };
            let position = rows.iter().find_map(is_swapped)?;
            let [one, other] = [*one, *other].map(|target| self.column_of(target));
            Some((
                position,
                format!("the losses in \"{one}\" and \"{other}\" would each fit the other column: are they swapped?"),
            ))
        })
    }

    /// The line whose loss is farthest from what the others make likely, if that is beyond doubt.
    fn far_loss(&self, linears: &[(usize, Linear)]) -> Option<(usize, String)> {
        /// Residuals in ln L of usual runs, and standard deviations, that no run is off by.
        const FAR: (f64, f64) = (0.08, 12.0);
        /// Observations beyond the parameters.
        const MORE: usize = 6;
        /// A run of a single domain may well be elsewhere.
        const SINGLE: f64 = 0.9;
        let far = linears.iter().filter(|(_, linear)| linear.features.nrows() >= linear.features.ncols() + MORE);
        let far = far.flat_map(|(target, linear)| {
            linear.distances().into_iter().map(|(position, row)| (*target, position, row))
        });
        let is_far = |own: &Distance| own.off.abs() > FAR.0 && own.off.abs() > FAR.1 * own.deviation;
        let is_single = |position: usize| self.rows[position].mixture.iter().any(|h| *h > SINGLE);
        let far = far.filter(|(_, position, own)| is_far(own) && !is_single(*position));
        let times = |(.., own): &(usize, usize, Distance)| own.off.abs() / own.deviation;
        let (target, position, Distance { y, off, .. }) = far.max_by(|a, b| times(a).total_cmp(&times(b)))?;
        let why = format!(
            "the loss {} in \"{}\" is far from the {} or so that the other lines would give: is it right, and \
             are the other numbers on this line?",
            write_number(y.exp(), 4),
            self.column_of(target),
            write_number((y - off).exp(), 2)
        );
        Some((position, why))
    }

    /// The name of a target's column.
    fn column_of(&self, target: usize) -> String {
        let column = self.roles.columns(Role::Loss).chain(self.roles.columns(Role::Perplexity)).nth(target);
        column.map_or(String::new(), |column| excerpt(&self.table.header()[column]))
    }

    /// A line in the weights, the sum of their roots and what is made of N and D by [`scaled`] for ln L of a target.
    fn linear(&self, target: usize) -> Option<Linear> {
        self.line(target, true)
    }

    fn line(&self, target: usize, with_mixture: bool) -> Option<Linear> {
        const MOST_ROWS: usize = 1000;
        const MOST_FEATURES: usize = 80;
        let step = self.rows.len().div_ceil(MOST_ROWS).max(1);
        let losses = (0..self.rows.len())
            .step_by(step)
            .filter_map(|i| Some((i, self.rows[i].losses.get(target)?.as_ref()?.0.ln())));
        let (positions, y): (Vec<usize>, Vec<f64>) = losses.unzip();
        let features = |i: usize| -> Vec<f64> {
            let row = &self.rows[i];
            let is_plain = row.mixture.is_empty() || !with_mixture;
            let mut features = if is_plain { vec![1.0] } else { row.mixture.clone() };
            // A domain's first percents do more than its last ones.
            features.extend((!is_plain).then(|| row.mixture.iter().map(|h| h.sqrt()).sum::<f64>()));
            features.extend(counts(row).iter().flatten().map(|count| scaled(*count)));
            features
        };
        let n_features = features(*positions.first()?).len();
        if n_features > MOST_FEATURES || positions.len() < n_features + 3 {
            return None;
        }
        let values: Vec<f64> = positions.iter().flat_map(|&i| features(i)).collect();
        let features = DMatrix::from_row_slice(positions.len(), n_features, &values);
        let columns = counts(&self.rows[positions[0]]).map(|count| count.is_some());
        Some(Linear { positions, features, columns, y: DVector::from_vec(y) })
    }
}

/// Targets looked at.
const MOST_TARGETS: usize = 8;

struct Linear {
    /// Which observations.
    positions: Vec<usize>,
    features: DMatrix<f64>,
    /// Whether N and D are the last columns.
    columns: [bool; 2],
    y: DVector<f64>,
}

/// How far an observation is from what the others make likely.
struct Distance {
    /// ln L, what it is more than that, and the standard deviation of that.
    y: f64,
    off: f64,
    deviation: f64,
}

/// What ln L is nearly linear in: between ln N and the power of it that a law has.
fn scaled(count: f64) -> f64 {
    (count / 1e9).powf(-0.2)
}

/// N and D.
fn counts(row: &Observation) -> [Option<f64>; 2] {
    [row.n.map(|n| n.0), row.d.map(|d| d.0)]
}

impl Linear {
    /// Of each observation, how far it is from what the others make likely.
    fn distances(&self) -> BTreeMap<usize, Distance> {
        let (n, k) = self.features.shape();
        let Some((theta, squares)) = least_squares(&self.features, &self.y) else { return BTreeMap::new() };
        let Some(inverse) = ridged(&self.features).cholesky().map(|gram| gram.inverse()) else {
            return BTreeMap::new();
        };
        let of_row = |row: usize| {
            let own = self.features.row(row).transpose();
            let rest = self.y[row] - own.dot(&theta);
            let free = 1.0 - own.dot(&(&inverse * &own));
            let left = (squares - rest * rest / free).max(0.0) / (n.checked_sub(k + 1)? as f64);
            (free > 1e-6 && left > 0.0).then(|| {
                (self.positions[row], Distance { y: self.y[row], off: rest / free, deviation: (left / free).sqrt() })
            })
        };
        (0..n).filter_map(of_row).collect()
    }

    /// Whether an observation's loss is what the others make likely for another N or D, and not for its own; nothing if
    /// they do not tell.
    fn prefers(&self, position: usize, count: usize, instead: f64) -> Option<bool> {
        /// A standard deviation in ln L that hides what ten times N or D change.
        const VAGUE: f64 = 0.03;
        /// Standard deviations that it is off by for the other, at most, and for its own.
        const OFF: (f64, f64) = (2.5, 3.0);
        /// So little in ln L is less than ten times N or D change.
        const SMALL: f64 = 0.01;
        /// Beyond this leverage, what the others make likely for its own says nothing.
        const ALONE: f64 = 4.0;
        let row = self.positions.iter().position(|own| *own == position)?;
        let (features, y) = (self.features.clone().remove_row(row), self.y.clone().remove_row(row));
        let (theta, squares) = least_squares(&features, &y)?;
        let (n, k) = features.shape();
        let gram = ridged(&features).cholesky().filter(|_| n > k)?;
        let off = |features: &DVector<f64>| {
            let leverage = features.dot(&gram.solve(features));
            let deviation = (squares / (n - k) as f64 * (1.0 + leverage)).sqrt();
            (self.y[row] - features.dot(&theta), deviation, leverage)
        };
        let own = self.features.row(row).transpose();
        let mut other = own.clone();
        other[if count == 0 && self.columns[1] { k - 2 } else { k - 1 }] = scaled(instead);
        let ((off_own, of_own, leverage), (off_other, of_other, _)) = (off(&own), off(&other));
        let is_off = leverage > ALONE || off_own.abs() > OFF.1 * of_own;
        (of_other < VAGUE).then_some(off_other.abs() < (OFF.0 * of_other).max(SMALL) && is_off)
    }

    /// By how much kinds of observations differ in ln L, if that explains nearly all that the line leaves; `is` says
    /// whether an observation is of a kind other than the first.
    fn split(&self, n_kinds: usize, is: impl Fn(usize, usize) -> bool) -> Option<f64> {
        /// What the kinds leave of the squared residuals.
        const LEFT: f64 = 0.1;
        /// A difference below this share of the loss is no other kind of run.
        const SMALLEST: f64 = 0.04;
        let (n_rows, n_features) = self.features.shape();
        if n_rows < n_features + n_kinds + 2 {
            return None;
        }
        let with = DMatrix::from_fn(n_rows, n_features + n_kinds, |r, c| match c.checked_sub(n_features) {
            Some(kind) => f64::from(u8::from(is(self.positions[r], kind))),
            None => self.features[(r, c)],
        });
        let (_, rest_without) = least_squares(&self.features, &self.y)?;
        let (theta, rest_with) = least_squares(&with, &self.y)?;
        let effects = theta.iter().skip(n_features).copied().chain([0.0]);
        let (least, most) =
            effects.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), e| (e.min(least), e.max(most)));
        (rest_with < LEFT * rest_without && most - least > SMALLEST).then_some(most - least)
    }
}

/// Whether a name is that of runs and nothing else, so that its words are no kinds.
fn is_id_alone(name: &str) -> bool {
    ["run", "runid", "id", "runname", "expid"].contains(&key(name).as_str())
}

/// θ of least squares and the squared residuals that it leaves.
fn least_squares(matrix: &DMatrix<f64>, y: &DVector<f64>) -> Option<(DVector<f64>, f64)> {
    let theta = ridged(matrix).cholesky()?.solve(&(matrix.transpose() * y));
    let rest = (matrix * &theta - y).norm_squared();
    Some((theta, rest))
}

/// The Gram matrix, made invertible.
fn ridged(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let n = matrix.ncols();
    let mut gram = matrix.transpose() * matrix;
    let ridge = 1e-9 * gram.trace() / n as f64;
    (0..n).for_each(|i| gram[(i, i)] += ridge);
    gram
}

impl Contradiction {
    /// "lines 2 to 4 share N, D and mixture, but their losses differ by up to 3.3 nats".
    fn seen(&self, study: &Study) -> String {
        let mut lines: Vec<usize> = self.group.iter().map(|&i| study.rows[i].line).collect();
        lines.sort_unstable();
        let first = &study.rows[self.group[0]];
        let shared: Vec<&str> =
            [first.n.map(|_| "N"), first.d.map(|_| "D"), (!first.mixture.is_empty()).then_some("mixture")]
                .into_iter()
                .flatten()
                .collect();
        let lines = spoken(&lines);
        let shared = match &shared[..] {
            [] => format!("{lines} have no N, D or mixture that tells them apart"),
            [all @ .., last] if !all.is_empty() => format!("{lines} share {} and {last}", all.join(", ")),
            all => format!("{lines} share their {}", all.join("")),
        };
        let more = match self.n_groups {
            1 => String::new(),
            n => format!(" (and {} more such groups, {} lines in all)", n - 1, self.n_lines),
        };
        format!("{shared}, but their losses differ by up to {} nats{more}", write_number(self.difference, 2))
    }

    /// What to ask, if a column tells the reason and the difference is gross, or the column tells kinds of runs apart.
    fn question(&self, study: &Study, is_kind: bool) -> Option<Question> {
        // Losses of the same run, fitted and held out, are two kinds of loss.
        let is_split = |column: usize| study.roles.get(column) == Role::Split && self.n_groups > 1;
        let is_gross = self.difference > GROSS;
        if let Some(question) = self.is_it(study) {
            return Some(question);
        }
        // Losses on several texts in one column are several targets.
        let is_which = |column: usize| forms::is_which(&study.table.header()[column]);
        let column =
            self.column.filter(|&i| self.n_lines >= SEVERAL && (is_gross || is_kind || is_split(i) || is_which(i)))?;
        let name = &study.table.header()[column];
        let text = format!("{}; \"{}\" differs. Which of them are the study?", self.seen(study), excerpt(name));
        let values = study.values(column, MOST_VALUES);
        let best = ("the best of each".to_string(), vec![Answer::KeepBest]);
        let mut ones: Vec<(String, Vec<Answer>)> = filters(name, &values).collect();
        if is_split(column) {
            // What is left is all of one kind, and there is nothing to hold out.
            let unsplit = Answer::Role(name.clone(), Role::Ignored);
            ones.iter_mut().for_each(|(_, answers)| answers.push(unsplit.clone()));
            return Some(Question::new(text, ones.into_iter().chain([keep_all()])));
        }
        Some(Question::new(text, [best].into_iter().chain(ones).chain([keep_all()])))
    }

    /// Whether the numbers that grow as the losses fall are N or D, if they are large enough.
    fn is_it(&self, study: &Study) -> Option<Question> {
        let (role, column) = (self.uncounted?, self.column?);
        const LEAST: f64 = 1e6;
        let decimal = study.table.layout().decimal;
        let is_large = |i: usize| try_number(study.cell(i, column), decimal).is_some_and(|number| number >= LEAST);
        if !(0..study.rows.len()).all(is_large) {
            return None;
        }
        let name = &study.table.header()[column];
        let symbol = if role == Role::N { "N" } else { "D" };
        Some(Question::new(
            format!("{}; they fall as \"{}\" grows. Is it {symbol}?", self.seen(study), excerpt(name)),
            [
                (format!("use \"{}\" as {symbol}", excerpt(name)), vec![Answer::Role(name.clone(), role)]),
                (format!("no: a study without {symbol}"), vec![Answer::KeepAll]),
            ],
        ))
    }

    fn cause(&self, study: &Study) -> Cause {
        if let (Some(role), Some(column)) = (self.uncounted, self.column) {
            return Cause::Uncounted { seen: self.seen(study), role, column: study.table.header()[column].clone() };
        }
        let values = self.column.map(|column| study.values(column, MOST_VALUES)).unwrap_or_default();
        let column = self.column.map(|column| study.table.header()[column].clone());
        Cause::Contradiction { seen: self.seen(study), column, values }
    }
}

/// The choices of one value each.
fn filters<'a>(column: &'a str, values: &'a [String]) -> impl Iterator<Item = (String, Vec<Answer>)> + 'a {
    values.iter().map(move |value| {
        let label = format!("only {} = {}", excerpt(column), if value.is_empty() { "(blank)" } else { value });
        (label, vec![Answer::Filter(column.to_string(), value.clone())])
    })
}

fn keep_all() -> (String, Vec<Answer>) {
    ("all of them, as they are".to_string(), vec![Answer::KeepAll])
}

/// "lines 2 to 4", "lines 2, 5 and 9", "lines 2, 5, 9 and 4 more".
fn spoken(lines: &[usize]) -> String {
    const MOST: usize = 4;
    match lines {
        [first, .., last] if last - first + 1 == lines.len() && lines.len() > 2 => format!("lines {first} to {last}"),
        [first, second] => format!("lines {first} and {second}"),
        _ => {
            let n_shown = if lines.len() > MOST { MOST - 1 } else { lines.len() - 1 };
            let shown: Vec<String> = lines[..n_shown].iter().map(usize::to_string).collect();
            let rest = match lines.len() - n_shown {
                1 => lines[lines.len() - 1].to_string(),
                n => format!("{n} more"),
            };
            format!("lines {} and {rest}", shown.join(", "))
        }
    }
}
