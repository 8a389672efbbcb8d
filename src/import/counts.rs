//! Counts that contradict each other: D beside what steps, batch and sequence, epochs, tokens per parameter or compute make
//! of it. Said, with the columns and the factor; which of them is right the user knows.

use super::assemble::Observed;
use super::forms;
use super::guess::scaled;
use super::issue::{Cause, Issues};
use super::names;
use super::roles::{Role, Roles};
use super::table::Table;
use crate::order::sort;
use crate::units::excerpt;

/// What is made of steps is D but for a warm-up of the batch, padding and the last checkpoint.
const OF_STEPS: f64 = 1.25;
/// Where N is part of it, and which parameters it counts is not known: it may be the non-embedding ones.
const OF_SIZES: f64 = 4.0;
/// A factor that is the same for all sizes is no matter of embeddings; compute may have one of 8/6.
const OF_FLOPS: f64 = 1.6;
/// Factors that differ by less are the same.
const SAME: f64 = 1.05;

/// How far a count is from D.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Off {
    /// On every line by a factor from the one to the other.
    Everywhere(f64, f64),
    /// On single lines only.
    Single {
        /// The factor.
        factor: f64,
        /// The line where it is farthest from 1.
        line: usize,
        /// Further such lines.
        others: usize,
    },
}

/// Says which columns make another D than that of the study, and where.
pub(super) fn check(table: &Table, roles: &Roles, observed: &Observed, issues: &mut Issues) {
    let header = table.header();
    let name = |i: usize| format!("\"{}\"", excerpt(&header[i]));
    let of_d = roles.columns(Role::D).next().map(name);
    let mut ways: Vec<(String, Vec<Option<f64>>, bool, f64)> = Vec::new();
    for way in forms::ways_to_tokens(table, roles, None) {
        let has_size = way.of.iter().any(|&i| roles.get(i) == Role::N);
        ways.push((way.what, way.values.into_iter().map(Some).collect(), has_size, OF_STEPS));
    }
    let is_flops = |&i: &usize| names::count(&header[i]).is_some_and(|count| count.role == Role::Flops);
    for i in roles.columns(Role::Ignored).filter(is_flops).filter(|_| of_d.is_some()) {
        let read = scaled(table, i);
        let mut tokens = vec![None; table.n_rows()];
        for (own, &row) in observed.observations.iter().zip(&observed.row_of) {
            tokens[row] = read(table.row(row).cell(i)).zip(own.n).map(|(c, n)| c / (6.0 * n.0));
        }
        ways.push((format!("{} / (6·N)", name(i)), tokens, true, OF_FLOPS));
    }
    let of_d = of_d.unwrap_or_else(|| "C / (6·N)".to_string());
    for (what, tokens, has_size, slack) in ways {
        if let Some(off) = off(observed, &tokens, has_size, slack) {
            issues.push(Cause::OtherTokens { what, of_d: of_d.clone(), off }.of_text());
        }
    }
    epochs(table, roles, issues);
}

/// How far numbers of tokens, one for each row of the table, are from D.
fn off(observed: &Observed, tokens: &[Option<f64>], has_size: bool, slack: f64) -> Option<Off> {
    const FEWEST: usize = 3;
    /// What is farther off is counted in another unit, such as GPU-hours.
    const OTHER_UNIT: f64 = 1e7;
    let pairs = observed.observations.iter().zip(&observed.row_of).filter_map(|(own, &row)| {
        let (d, tokens) = (own.d?.0, tokens.get(row).copied()??);
        (d > 0.0 && tokens > 0.0).then_some((tokens / d, own.line, own.n.map(|n| n.0.to_bits()), tokens.to_bits()))
    });
    let pairs: Vec<_> = pairs.collect();
    let mut factors: Vec<f64> = pairs.iter().map(|(factor, ..)| *factor).collect();
    sort(&mut factors);
    let (&least, &most) = factors.first().zip(factors.last()).filter(|_| factors.len() >= FEWEST)?;
    let median = factors[factors.len() / 2];
    let has_sizes = pairs.iter().any(|(.., n, _)| *n != pairs[0].2);
    let is_same = most < SAME * least;
    let slack = if has_size && !(is_same && has_sizes) { OF_SIZES } else { slack };
    let is_off = |factor: f64| factor > slack || factor < 1.0 / slack;
    // What was planned for the whole run is more than what a checkpoint has seen.
    let n_counts = |counts: &mut dyn Iterator<Item = u64>| counts.collect::<std::collections::HashSet<_>>().len();
    let is_planned = || {
        let n_planned = n_counts(&mut pairs.iter().map(|(.., tokens)| *tokens));
        let n_seen = n_counts(&mut observed.observations.iter().filter_map(|own| Some(own.d?.0.to_bits())));
        least > 1.0 / SAME && n_planned < n_seen
    };
    if median.ln().abs() > OTHER_UNIT.ln() {
        return None;
    }
    if is_off(median) {
        return (!is_planned()).then_some(Off::Everywhere(least, most));
    }
    let far: Vec<_> = pairs.iter().filter(|(factor, ..)| is_off(factor / median) && is_off(*factor)).collect();
    let worst = far.iter().max_by(|(a, ..), (b, ..)| a.ln().abs().total_cmp(&b.ln().abs()))?;
    Some(Off::Single { factor: worst.0, line: worst.1, others: far.len() - 1 }).filter(|_| !is_planned())
}

/// Says that tokens are taken for those of all epochs, where nothing else does.
fn epochs(table: &Table, roles: &Roles, issues: &mut Issues) {
    const SEEN: [&str; 8] = ["seen", "consumed", "total", "processed", "trained", "all", "budget", "cumulative"];
    let header = table.header();
    let Some(d) = roles.columns(Role::D).next() else { return };
    let is_epochs = |name: &str| {
        let words = names::words(names::last_segment(name));
        words.iter().any(|word| matches!(word.as_str(), "epoch" | "epochs"))
            && words.iter().all(|word| matches!(word.as_str(), "epoch" | "epochs" | "n" | "num" | "train" | "of"))
    };
    let says_so = names::words(&header[d]).iter().any(|word| SEEN.contains(&word.as_str()));
    if says_so || table.is_source(d) || header.iter().any(|name| is_stock(name)) {
        return;
    }
    for i in roles.columns(Role::Ignored).filter(|&i| is_epochs(&header[i]) && !table.is_source(i)) {
        let read = scaled(table, i);
        let numbers = table.rows().filter_map(|row| read(row.cell(i)));
        let (least, most) = numbers.fold((f64::INFINITY, 0.0f64), |(least, most), x| (least.min(x), most.max(x)));
        if most > 1.0 && least.is_finite() {
            issues.push(Cause::OneEpoch { column: header[i].clone(), most }.in_column(&header[d]));
        }
    }
}

/// Whether a name is of the tokens that there are, so that epochs times these were compared with D.
fn is_stock(name: &str) -> bool {
    super::guess::is_unique_tokens(name) || names::kind(name) == names::Kind::Budget
}
