//! What looks wrong in a study that can be read: said, and left as it is.

use std::collections::HashMap;

use nalgebra::DMatrix;

use super::assemble::Observed;
use super::guess::{is_perplexity, is_score, is_unique_tokens};
use super::issue::{Cause, Issues};
use super::names;
use super::question::{Answer, Question};
use super::roles::{Role, Roles, is_listed, key};
use super::table::Table;
use crate::dataset::{Dataset, Observation};
use crate::order::{sort, sort_by_number};
use crate::units::{excerpt, is_missing, try_number, write_number};

/// Says what looks wrong.
pub(super) fn check(table: &Table, roles: &Roles, dataset: &Dataset, issues: &mut Issues) {
    few_digits(table, roles, issues);
    units_of_loss(table, roles, issues);
    odd_losses(dataset, issues);
    for column in roles.columns(Role::Loss).map(|column| &table.header()[column]).filter(|name| is_score(name)) {
        issues.push(Cause::ScoreAsLoss.in_column(column));
    }
    remarks(table, roles, issues);
    odd_ratios(dataset, issues);
    log_perplexities(roles, table, issues);
    rising(dataset, issues);
    means_of_losses(dataset, issues);
    kinds_of_loss(table, roles, issues);
    unique_tokens(table, roles, issues);
    duplicates(dataset, issues);
    near_duplicates(dataset, issues);
    same_losses(dataset, issues);
    collinear(dataset, issues);
}

/// Fewer observations than this may all have few digits by chance.
const FEWEST: usize = 8;

/// A spreadsheet copies what it shows.
fn few_digits(table: &Table, roles: &Roles, issues: &mut Issues) {
    for column in roles.columns(Role::Loss) {
        let cells = || table.rows().map(|row| row.cell(column)).filter(|cell| !is_missing(cell));
        let decimals = |cell: &str| cell.rsplit_once(['.', ',']).map_or(0, |(_, decimals)| decimals.len());
        let has_exponent = |cell: &str| cell.contains(['e', 'E', '%']);
        if cells().count() >= FEWEST && cells().all(|cell| decimals(cell) <= 2 && !has_exponent(cell)) {
            issues.push(Cause::FewDigits.in_column(&table.header()[column]));
        }
    }
}

/// Words for bits per byte.
const BYTES: [&str; 2] = ["bpb", "bitsperbyte"];

fn units_of_loss(table: &Table, roles: &Roles, issues: &mut Issues) {
    let names: Vec<String> = roles
        .columns(Role::Loss)
        .map(|column| &table.header()[column])
        .filter(|name| BYTES.iter().any(|word| key(name).contains(word)))
        .cloned()
        .collect();
    if !names.is_empty() {
        issues.push(Cause::BitsPerByte { columns: names }.of_text());
    }
}

/// No model that was trained at all has a larger loss in nats per token.
const LARGEST_LOSS: f64 = 12.0;

/// The columns of losses that are larger than losses in nats are, or than the others by far, each with the median of its
/// own and the largest median of the others.
fn large_losses(table: &Table, roles: &Roles, observed: &Observed) -> Vec<(usize, f64, Option<f64>)> {
    /// Beside losses of half of it, one above this may be a perplexity.
    const LARGE: (f64, f64) = (5.0, 2.0);
    /// Observations looked at, spread over all.
    const MOST: usize = 500;
    let is_per_byte = |name: &str| BYTES.iter().any(|word| key(name).contains(word));
    let step = observed.observations.len().div_ceil(MOST).max(1);
    let median = |target_idx: usize| {
        let rows = observed.observations.iter().step_by(step);
        let losses = rows.filter_map(|row| Some(row.losses[target_idx]?.0));
        let mut losses: Vec<f64> = losses.collect();
        sort(&mut losses);
        losses.get(losses.len() / 2).copied()
    };
    let targets: HashMap<&str, usize> =
        observed.targets.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
    let columns = roles.columns(Role::Loss).filter(|&i| !is_score(&table.header()[i]));
    let of = |i: usize| Some((i, median(*targets.get(table.header()[i].as_str())?)?));
    let medians: Vec<(usize, f64)> = columns.filter_map(of).collect();
    let mut others: Vec<(usize, f64)> =
        medians.iter().copied().filter(|(i, _)| !is_per_byte(&table.header()[*i])).collect();
    others.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let large = medians.iter().filter_map(|&(i, own)| {
        let largest = others.iter().find(|(other, _)| *other != i).map(|(_, median)| *median);
        let is_beside = largest.is_some_and(|largest| own > LARGE.0 && own > LARGE.1 * largest);
        (own > LARGEST_LOSS || is_beside).then_some((i, own, largest.filter(|_| is_beside)))
    });
    large.collect()
}

/// Whether columns of losses are perplexities, which their names do not say.
pub(super) fn perplexities(table: &Table, roles: &Roles, observed: &Observed, answers: &[Answer]) -> Option<Question> {
    let header = table.header();
    let is_open = |i: usize| !answers.iter().any(|answer| answer.is_of(header, i));
    let mut large = large_losses(table, roles, observed);
    large.retain(|&(i, ..)| is_open(i));
    let &(_, median, others) = large.first()?;
    let names: Vec<String> = large.iter().map(|&(i, ..)| format!("\"{}\"", excerpt(&header[i]))).collect();
    let are = if names.len() == 1 { "is it a perplexity" } else { "are they perplexities" };
    let why = match others {
        Some(others) => format!("the others are about {}", write_number(others, 3)),
        None => "a guess among 100,000 tokens has 11.5 nats".to_string(),
    };
    let all = |role| large.iter().map(|&(i, ..)| Answer::Role(header[i].clone(), role)).collect();
    Some(Question::new(
        format!("losses in {} are about {}, and {why}: {are}?", names.join(", "), write_number(median, 3)),
        [
            ("yes: the logarithm is the loss".to_string(), all(Role::Perplexity)),
            ("no, losses as they are".to_string(), all(Role::Loss)),
            ("something else".to_string(), all(Role::Ignored)),
        ],
    ))
}

/// The columns of perplexities that say again what a loss beside them says. A line on which they do not is told.
pub(super) fn said_again(table: &Table, roles: &Roles, observed: &Observed, issues: &mut Issues) -> Vec<usize> {
    /// In nats: perplexities have few digits.
    const NEAR: f64 = 0.02;
    const SHARE: f64 = 0.8;
    const FEWEST: usize = 4;
    let decimal = table.layout().decimal;
    let is_again = |&(i, target): &(usize, usize)| {
        let of_row = |(own, &row): (&Observation, &usize)| {
            Some((own.line, own.losses[target]?.0, try_number(table.row(row).cell(i), decimal)?.ln()))
        };
        let both: Vec<_> = observed.observations.iter().zip(&observed.row_of).filter_map(of_row).collect();
        let mut far = both.iter().filter(|(_, loss, other)| (loss - other).abs() > NEAR);
        let first = far.next();
        let n_far = usize::from(first.is_some()) + far.count();
        let is_again = both.len() >= FEWEST && both.len() - n_far >= (SHARE * both.len() as f64) as usize;
        if let Some((line, loss, other)) = first.filter(|_| is_again) {
            let [target, column] = [&observed.targets[target], &table.header()[i]].map(|name| excerpt(name));
            let [loss, other] = [*loss, *other].map(|number| write_number(number, 4));
            let why = format!(
                "the loss in \"{target}\" is {loss}, but the logarithm of \"{column}\" is {other}, and on other lines \
                 they are the same: is one of them wrong?"
            );
            issues.push(Cause::OddLine { line: *line, why }.of_text());
        }
        is_again
    };
    let columns = roles.columns(Role::Ignored).filter(|&i| is_perplexity(&table.header()[i]));
    let pairs = columns.flat_map(|i| (0..observed.targets.len()).map(move |target| (i, target)));
    pairs.filter(is_again).map(|(i, _)| i).collect()
}

/// Notes that say that a run went wrong.
fn remarks(table: &Table, roles: &Roles, issues: &mut Issues) {
    const COLUMNS: [&str; 8] = ["note", "notes", "comment", "comments", "remark", "remarks", "bemerkung", "备注"];
    const WORDS: &str = "diverged diverges divergence ignore wrong bug buggy crashed failed broken invalid discard exclude unstable \
         outlier stopped";
    let is_bad = |cell: &&str| names::words(cell).iter().any(|word| is_listed(word, WORDS));
    for column in roles.columns(Role::Ignored).filter(|&i| COLUMNS.contains(&key(&table.header()[i]).as_str())) {
        let mut bad = table.rows().filter(|row| is_bad(&row.cell(column)));
        if let Some(first) = bad.next() {
            let (name, cell) = (table.header()[column].clone(), excerpt(first.cell(column)));
            let mut issue = Cause::Remark { column: name, cell, others: bad.count() }.of_text();
            issue.line = Some(first.line_of(column));
            issues.push(issue);
        }
    }
}

/// D beside N that no study has.
fn odd_ratios(dataset: &Dataset, issues: &mut Issues) {
    const OF_D: std::ops::RangeInclusive<f64> = 1.0..=2e5;
    let ratios = || dataset.observations().iter().filter_map(|row| Some(row.d?.0 / row.n?.0));
    let (most, least) = (ratios().fold(0.0, f64::max), ratios().fold(f64::INFINITY, f64::min));
    // The one nearest to 1, if all are outside and on one side.
    if ratios().count() > 1 && (most < *OF_D.start() || least > *OF_D.end()) {
        issues.push(Cause::OddRatio { ratio: if most < 1.0 { most } else { least } }.of_text());
    }
}

fn log_perplexities(roles: &Roles, table: &Table, issues: &mut Issues) {
    let names = roles.columns(Role::Loss).map(|column| &table.header()[column]);
    names
        .filter(|name| names::is_log_perplexity(name))
        .for_each(|name| issues.push(Cause::LogPerplexity.in_column(name)));
}

/// Targets that rise with model and data: gains and scores under the name of a loss.
fn rising(dataset: &Dataset, issues: &mut Issues) {
    /// Observations compared, spread over all.
    const MOST: usize = 60;
    /// Pairs that say something, and the share of them that rises.
    const FEWEST: usize = 6;
    const SHARE: f64 = 0.9;
    let rows = dataset.observations();
    let step = rows.len().div_ceil(MOST).max(1);
    let sample: Vec<_> = rows.iter().step_by(step).collect();
    let counts = |i: usize| [sample[i].n.map_or(0.0, |n| n.0), sample[i].d.map_or(0.0, |d| d.0)];
    let is_smaller = |i: usize, j: usize| {
        let pairs = || counts(i).into_iter().zip(counts(j));
        pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
    };
    let n = sample.len();
    let pairs: Vec<(usize, usize)> =
        (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|&(i, j)| is_smaller(i, j)).collect();
    for (target_idx, target) in dataset.targets().iter().enumerate().filter(|_| pairs.len() >= FEWEST) {
        let loss = |i: usize| sample[i].losses[target_idx].map(|loss| loss.0);
        let both: Vec<(f64, f64)> = pairs.iter().filter_map(|&(i, j)| Some((loss(i)?, loss(j)?))).collect();
        let n_rising = both.iter().filter(|(small, large)| large > small).count();
        if both.len() >= FEWEST && n_rising as f64 >= SHARE * both.len() as f64 {
            issues.push(Cause::Rises { rising: n_rising, of: both.len() }.in_column(target));
        }
    }
}

/// A mean beside its parts is fitted as one more target.
fn means_of_losses(dataset: &Dataset, issues: &mut Issues) {
    /// Of losses with three decimals.
    const ROUNDING: f64 = 1e-3;
    const FEWEST: usize = 3;
    const MOST_TARGETS: usize = 100;
    let n = dataset.targets().len();
    if !(FEWEST..=MOST_TARGETS).contains(&n) || dataset.observations().len() < FEWEST {
        return;
    }
    let is_mean = |&target_idx: &usize| {
        dataset.observations().iter().all(|row| {
            let sum: Option<f64> = row.losses.iter().map(|loss| loss.map(|loss| loss.0)).sum();
            let own = row.losses[target_idx].map(|loss| loss.0);
            sum.zip(own).is_some_and(|(sum, own)| ((sum - own) / (n - 1) as f64 - own).abs() <= ROUNDING * own)
        })
    };
    if let Some(target_idx) = (0..n).find(is_mean) {
        issues.push(Cause::MeanOfLosses.in_column(&dataset.targets()[target_idx]));
    }
}

/// Whether no number of a column is above 1.
pub(super) fn is_at_most_one(table: &Table, column: &str) -> bool {
    let Some(column) = table.header().iter().position(|name| name == column) else { return false };
    let mut numbers = table.rows().filter_map(|row| try_number(row.cell(column), table.layout().decimal)).peekable();
    numbers.peek().is_some() && numbers.all(|number| number <= 1.0)
}

/// Single losses far from all others: a run that diverged, a slip of the pen.
fn odd_losses(dataset: &Dataset, issues: &mut Issues) {
    /// So many interquartile ranges beyond the quartiles of ln L; and no less than this in ln L.
    const FAR: (f64, f64) = (8.0, 0.7);
    /// Larger than this share of all, they are not single ones.
    const SINGLE: f64 = 0.05;
    /// Quartiles of fewer say little: a loss must be so far in ln L from all the others. Of two nothing can be said.
    const FEW: (usize, f64) = (6, 2.0);
    const FEWEST: usize = 3;
    const SHOWN: usize = 3;
    for (target_idx, target) in dataset.targets().iter().enumerate() {
        let losses: Vec<(usize, f64)> =
            dataset.observations().iter().filter_map(|row| Some((row.line, row.losses[target_idx]?.0))).collect();
        if losses.len() < FEWEST {
            continue;
        }
        let mut sorted: Vec<f64> = losses.iter().map(|(_, loss)| *loss).collect();
        sort(&mut sorted);
        let n = sorted.len();
        let is_few = n < FEW.0;
        let (low, high) = if is_few { (sorted[1], sorted[n - 2]) } else { (sorted[n / 4], sorted[(3 * n) / 4]) };
        let reach = (FAR.0 * (high / low).ln()).max(if is_few { FEW.1 } else { FAR.1 });
        let is_odd = |loss: f64| (loss / high).ln() > reach || (low / loss).ln() > reach;
        let mut odd: Vec<(usize, f64)> = losses.into_iter().filter(|(_, loss)| is_odd(*loss)).collect();
        if odd.is_empty() || odd.len() as f64 > (SINGLE * n as f64).max(1.0) {
            continue;
        }
        let others = odd.len().saturating_sub(SHOWN);
        odd.truncate(SHOWN);
        issues.push(Cause::OddLosses { odd, others, low, high }.in_column(target));
    }
}

/// Bits per byte, losses in training, before its end, smoothed ones and others beside each other.
fn kinds_of_loss(table: &Table, roles: &Roles, issues: &mut Issues) {
    const KINDS: [&str; 6] = [
        "bits per byte",
        "loss in training",
        "loss at a point of the training",
        "smoothed, weighted or best loss",
        "loss of a proxy",
        "loss on other text",
    ];
    const POINTS: [&str; 9] = ["at", "step", "steps", "iter", "iters", "epoch", "pct", "percent", "tokens"];
    let mut columns: [Vec<String>; 6] = Default::default();
    for name in roles.columns(Role::Loss).map(|column| &table.header()[column]) {
        let words: Vec<String> = names::words(name);
        let has = |all: &[&str]| words.iter().any(|word| all.contains(&word.as_str()));
        let has_number = words.iter().any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let letters = |word: &String| word.trim_matches(|c: char| c.is_ascii_digit() || c == '.').to_string();
        let is_point =
            || name.contains(['@', '%']) || words.iter().any(|word| POINTS.contains(&letters(word).as_str()));
        let kind = match () {
            () if has(&["bpb"]) || key(name).contains("bitsperbyte") => 0,
            () if has(&["train", "training"]) => 1,
            () if (has_number || words.iter().any(|word| word.ends_with(|c: char| c.is_ascii_digit())))
                && is_point() =>
            {
                2
            }
            () if has(&["ema", "smoothed", "smooth", "weighted", "best", "min"]) => 3,
            () if has(&["proxy"]) => 4,
            () => 5,
        };
        columns[kind].push(name.clone());
    }
    let kinds: Vec<_> = KINDS.into_iter().zip(columns).filter(|(_, columns)| !columns.is_empty()).collect();
    // Several points of one training are different things by themselves.
    if kinds.len() > 1 || kinds.iter().any(|(kind, columns)| *kind == KINDS[2] && columns.len() > 1) {
        issues.push(Cause::MixedLosses { kinds }.of_text());
    }
}

fn unique_tokens(table: &Table, roles: &Roles, issues: &mut Issues) {
    for column in roles.columns(Role::Ignored).map(|i| &table.header()[i]).filter(|name| is_unique_tokens(name)) {
        issues.push(Cause::UniqueTokens.in_column(column));
    }
}

fn duplicates(dataset: &Dataset, issues: &mut Issues) {
    let mut seen = HashMap::new();
    let (mut rows, mut example) = (0, None);
    for row in dataset.observations() {
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        let mixture: Vec<u64> = row.mixture.iter().map(|h| h.to_bits()).collect();
        let losses: Vec<Option<u64>> = row.losses.iter().map(|loss| bits(loss.map(|loss| loss.0))).collect();
        let key = (bits(row.n.map(|n| n.0)), bits(row.d.map(|d| d.0)), mixture, losses);
        if let Some(&first) = seen.get(&key) {
            rows += 1;
            example.get_or_insert((first, row.line));
        } else {
            seen.insert(key, row.line);
        }
    }
    if let Some((first, second)) = example {
        issues.push(Cause::Duplicates { rows, first, second }.of_text());
    }
}

/// Losses that are the same to the last digit though N, D or mixture are not: in so many digits that is no chance.
fn same_losses(dataset: &Dataset, issues: &mut Issues) {
    /// Digits beyond those that tell every pair of lines apart.
    const BEYOND: f64 = 2.0;
    let n_digits = |loss: f64| loss.to_string().bytes().filter(u8::is_ascii_digit).count().saturating_sub(1) as f64;
    let needed = BEYOND + 2.0 * (dataset.observations().len() as f64).log10();
    let mut seen = HashMap::new();
    let (mut rows, mut example) = (0, None);
    for (row, (mixture, _)) in dataset.observations().iter().zip(dataset.design().rows()) {
        let losses: Vec<Option<u64>> = row.losses.iter().map(|loss| loss.map(|loss| loss.0.to_bits())).collect();
        let digits: f64 = row.losses.iter().flatten().map(|loss| n_digits(loss.0)).sum();
        let own = (row.n.map(|n| n.0.to_bits()), row.d.map_or(0.0, |d| d.0), *mixture);
        if digits < needed {
            continue;
        }
        let &mut (first, line) = seen.entry(losses).or_insert((own, row.line));
        // Two checkpoints next to each other may well have the same.
        let is_near = (first.1 - own.1).abs() <= SAME_TOKENS * own.1;
        if (first.0, first.2) != (own.0, own.2) || !is_near {
            rows += 1;
            example.get_or_insert((line, row.line));
        }
    }
    if let Some((first, second)) = example {
        issues.push(Cause::SameLosses { rows, first, second }.of_text());
    }
}

/// Checkpoints whose tokens are nearer than this share are one.
const SAME_TOKENS: f64 = 2e-3;

/// Tokens and line of each.
type Checkpoints = Vec<(f64, usize)>;

/// A run's last checkpoint is often written twice, a few steps apart.
fn near_duplicates(dataset: &Dataset, issues: &mut Issues) {
    let mut runs: HashMap<(Option<u64>, usize), Checkpoints> = HashMap::new();
    for (row, (mixture, _)) in dataset.observations().iter().zip(dataset.design().rows()) {
        if let Some(d) = row.d {
            runs.entry((row.n.map(|n| n.0.to_bits()), *mixture)).or_default().push((d.0, row.line));
        }
    }
    let (mut rows, mut example) = (0, None::<(usize, usize)>);
    for checkpoints in runs.values_mut() {
        sort_by_number(checkpoints, |(d, _)| *d);
        for pair in
            checkpoints.windows(2).filter(|pair| pair[1].0 > pair[0].0 && pair[1].0 <= pair[0].0 * (1.0 + SAME_TOKENS))
        {
            rows += 1;
            let lines = (pair[0].1, pair[1].1);
            example = Some(example.map_or(lines, |seen| seen.min(lines)));
        }
    }
    if let Some((first, second)) = example {
        issues.push(Cause::NearDuplicates { rows, first, second }.of_text());
    }
}

/// Domains whose weights follow from the others' by a line: their shares cannot be told apart.
fn collinear(dataset: &Dataset, issues: &mut Issues) {
    let mixtures = dataset.design().mixtures();
    let k = dataset.domains().len();
    if k < 3 || mixtures.len() < 2 {
        return;
    }
    let mean: Vec<f64> = (0..k).map(|i| mixtures.iter().map(|h| h[i]).sum::<f64>() / mixtures.len() as f64).collect();
    let gram = DMatrix::from_fn(k, k, |i, j| mixtures.iter().map(|h| (h[i] - mean[i]) * (h[j] - mean[j])).sum::<f64>());
    let eigen = gram.symmetric_eigen();
    let largest = eigen.eigenvalues.amax();
    if largest <= 0.0 {
        return;
    }
    // One direction is always flat: the sum. Another one is a line between weights.
    let is_flat = |value: f64| value < 1e-9 * largest;
    let flat: Vec<usize> = (0..k).filter(|&i| is_flat(eigen.eigenvalues[i])).collect();
    if flat.len() < 2 {
        return;
    }
    // A domain takes part if the flat directions, less the sum, touch it.
    let touches = |i: usize| {
        let whole: f64 = flat.iter().map(|&c| eigen.eigenvectors[(i, c)].powi(2)).sum();
        whole - 1.0 / k as f64 > 1e-3
    };
    let domains: Vec<String> = (0..k).filter(|&i| touches(i)).map(|i| dataset.domains()[i].clone()).collect();
    issues.push(Cause::Collinear { domains, free: k - flat.len(), of: k - 1 }.of_text());
}
