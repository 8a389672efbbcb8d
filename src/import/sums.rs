//! What the weights of each line sum to: 1, 100 in percent, or a number of parts. Where they sum to something else, a
//! domain may have no column, or they are relative; only the user can say which.

use super::assemble::{ROUNDING, SUM_TOLERANCE};
use super::guess::quantity_of;
use super::mixture::decimals;
use super::question::{Answer, Question, Unsummed};
use super::roles::{Role, Roles, SEPARATORS, is_weight_word, split_first, split_last};
use super::table::{Row, Table};
use crate::order::sort;
use crate::units::{Decimal, excerpt, is_missing, try_number, write_number};

/// Sums above this and up to 100 are of percents; others, such as 10, of parts.
const LEAST_PERCENT: f64 = 10.5;

/// Sums of a few decimals come within this of the whole: blank weights beside them are 0.
const LAST_DIGITS: f64 = 2e-3;

/// Share of the lines that is more than a slip or two.
const SHARE_OF_SLIPS: f64 = 0.1;

/// The sums of a table's weights.
pub(super) struct Sums {
    /// What the weights are parts of, where that is neither 1 nor 100: 1000, or 64 shards.
    parts: Option<f64>,
    /// Line and sum, of the lines whose weights can be read.
    lines: Vec<(usize, f64)>,
    /// How far a sum may be from the whole because its weights are rounded.
    rounding: f64,
    /// Whether a weight is more than 1, as percents are.
    has_large: bool,
}

impl Sums {
    pub fn new(table: &Table, weights: &[usize]) -> Self {
        let lines: Vec<(usize, f64)> =
            table.rows().filter_map(|row| Some((row.line(), sum(row, weights, table.layout().decimal)?))).collect();
        let cells = || table.rows().flat_map(|row| weights.iter().map(move |&i| row.cell(i)));
        let is_large = |cell| try_number(cell, table.layout().decimal).is_some_and(|weight| weight > 1.0);
        let most = cells().filter_map(decimals).max().unwrap_or(9).min(9);
        let rounding = 0.5 * weights.len() as f64 * 10f64.powi(-most) + ROUNDING;
        let header = weights.iter().map(|&i| table.header()[i].as_str());
        Self { parts: parts(&lines, header), lines, rounding, has_large: cells().any(is_large) }
    }

    /// The whole that a sum is, but for rounding: 1, 100 or the number of parts.
    pub fn whole(&self, sum: f64) -> Option<f64> {
        let wholes = [1.0, 100.0].into_iter().chain(self.parts);
        wholes.into_iter().find(|whole| (sum / whole - 1.0).abs() <= SUM_TOLERANCE + ROUNDING)
    }

    /// The lines, more than slips, whose weights sum to no whole; or whose sums all are somewhat too small.
    fn off(&self) -> Vec<(usize, f64)> {
        let is_many =
            |lines: &Vec<_>| lines.len() > 1 && lines.len() as f64 >= SHARE_OF_SLIPS * self.lines.len() as f64;
        let not_whole: Vec<_> = self.lines.iter().copied().filter(|(_, sum)| self.whole(*sum).is_none()).collect();
        if is_many(&not_whole) {
            return not_whole;
        }
        let beyond = |(_, sum): &(usize, f64)| self.whole(*sum).map_or(0.0, |whole| sum - whole);
        let short: Vec<_> = self.lines.iter().copied().filter(|line| beyond(line) < -self.rounding).collect();
        let has_long = self.lines.iter().any(|line| beyond(line) > self.rounding);
        if is_many(&short) && !has_long { short } else { Vec::new() }
    }

    /// Whether so many lines have sums of their own that each column may be a mixture, and the lines domains.
    pub fn are_many_off(&self) -> bool {
        self.off().iter().any(|(_, sum)| self.whole(*sum).is_none())
    }

    /// What all the weights would sum to with those of a domain that has no column; `None` where they sum to more.
    pub fn whole_with_rest(&self) -> Option<f64> {
        let most = self.lines.iter().map(|(_, sum)| *sum).fold(0.0, f64::max);
        let is_share = |(_, sum): &(usize, f64)| *sum > 0.0 && *sum <= 1.0 + SUM_TOLERANCE;
        let is_within = |whole: &f64| most <= whole * (1.0 + SUM_TOLERANCE);
        match self.parts {
            Some(parts) => Some(parts).filter(is_within),
            None if most > LEAST_PERCENT && self.has_large && !self.lines.iter().any(is_share) => {
                Some(100.0).filter(is_within)
            }
            None => Some(1.0).filter(is_within),
        }
    }

    /// Asks what to make of weights that do not sum to 1.
    pub fn question(&self, table: &Table, weights: &[usize]) -> Option<Question> {
        /// Columns that are named.
        const MOST: usize = 4;
        let off = self.off();
        let &(line, sum) = off.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let mut names: Vec<String> =
            weights.iter().take(MOST).map(|&i| format!("\"{}\"", excerpt(&table.header()[i]))).collect();
        if weights.len() > MOST {
            names.push(format!("… ({} columns)", weights.len()));
        }
        let whole = self.whole_with_rest();
        let text = format!(
            "the weights {} do not sum to {} on {} of {} lines, as on line {line} to {}. {}",
            names.join(", "),
            write_number(whole.unwrap_or(1.0), 4),
            off.len(),
            self.lines.len(),
            write_number(sum, 4),
            match whole {
                Some(_) if weights.len() == 1 => "Is what is missing one more domain?",
                Some(_) => "Is what is missing one more domain, or are the weights relative?",
                None => "Are they relative?",
            }
        );
        let answer = |unsummed| vec![Answer::Sums(unsummed)];
        let rest = whole.map(|_| ("what is missing is one more domain".to_string(), answer(Unsummed::Rest)));
        let rescale =
            ("relative, or rounded: divide each line's weights by their sum".to_string(), answer(Unsummed::Rescale));
        let rescale = Some(rescale).filter(|_| weights.len() > 1);
        let n_left = self.lines.len() - off.len();
        // One line is no study.
        let leave_out = (n_left > 1 && self.whole(sum).is_none()).then(|| {
            (format!("use only the {n_left} of {} lines that do", self.lines.len()), answer(Unsummed::LeaveOut))
        });
        // Where they sum to more than the whole they may be something else.
        let none = whole.is_none().then(|| ("they are no weights".to_string(), all_ignored(table, weights)));
        Some(Question::new(text, rest.into_iter().chain(rescale).chain(leave_out).chain(none)))
    }
}

/// What says that these columns are not used: in one word, if all of them begin alike and no others.
fn all_ignored(table: &Table, columns: &[usize]) -> Vec<Answer> {
    let header = table.header();
    let first = header[columns[0]].as_str();
    let is_start = |end: &usize| columns.iter().all(|&i| header[i].starts_with(&first[..*end]));
    let start = first.char_indices().map(|(at, _)| at).rev().find(is_start).map_or("", |end| &first[..end]);
    let start = start.rfind(SEPARATORS).map_or("", |at| &start[..=at]);
    let pattern = format!("{start}*");
    let ignored = |name: &str| Answer::Role(name.to_string(), Role::Ignored);
    match !start.is_empty() && Answer::columns(&pattern, header).eq(columns.iter().copied()) {
        true => vec![ignored(&pattern)],
        false => columns.iter().map(|&i| ignored(&header[i])).collect(),
    }
}

/// The sum of a line's weights, blank ones counting 0; `None` where that cannot be said.
fn sum(row: Row, weights: &[usize], decimal: Decimal) -> Option<f64> {
    let cells = || weights.iter().map(|&i| row.cell(i)).filter(|cell| !is_missing(cell));
    let n = cells().count();
    let sum = cells().map(|cell| quantity_of(Role::Weight).read(cell, decimal).ok()).sum::<Option<f64>>()?;
    (n > 0 && sum.is_finite() && (n == weights.len() || is_whole_but_blanks(sum))).then_some(sum)
}

/// Whether a sum is near enough to 1, or to 100, that blank weights beside it are 0.
pub(super) fn is_whole_but_blanks(sum: f64) -> bool {
    [1.0, 100.0].iter().any(|whole| (sum / whole - 1.0).abs() <= LAST_DIGITS)
}

/// The number that nearly all lines sum to, if that can only be a number of parts.
fn parts<'a>(lines: &[(usize, f64)], mut header: impl Iterator<Item = &'a str>) -> Option<f64> {
    /// Sums of nearly all lines.
    const SHARE: f64 = 0.9;
    const THOUSAND: f64 = 1000.0;
    let mut sums: Vec<f64> = lines.iter().map(|(_, sum)| *sum).collect();
    sort(&mut sums);
    let median = sums.get(sums.len() / 2).copied().filter(|_| sums.len() > 1)?;
    let is_common = |whole: f64, reach: f64| {
        let n = sums.iter().filter(|sum| (*sum / whole - 1.0).abs() <= reach).count();
        n as f64 >= SHARE * sums.len() as f64
    };
    if is_common(THOUSAND, SUM_TOLERANCE) {
        return Some(THOUSAND);
    }
    // Less than the whole in ones, or in percent, is short of it; but no one counts 64 percent in sixty-fourths.
    let is_power_of_two = median.log2().fract() == 0.0;
    let is_of_parts = |name: &str| ["shard", "part"].iter().any(|word| name.to_lowercase().contains(word));
    let may_be_short = median <= 1.0 + SUM_TOLERANCE
        || (50.0..=100.0 * (1.0 + SUM_TOLERANCE)).contains(&median) && !is_power_of_two && !header.any(is_of_parts);
    (!may_be_short && is_common(median, ROUNDING)).then_some(median)
}

/// The table with a domain of what each line's weights lack, and the roles of all of them; `None` where none lacks
/// anything.
pub(super) fn with_rest(table: &Table, roles: &Roles) -> Option<(Table, Vec<Answer>)> {
    const REST: &str = "rest";
    let header = table.header();
    let weights: Vec<usize> = roles.columns(Role::Weight).filter(|&i| i < header.len()).collect();
    let sums = Sums::new(table, &weights);
    let whole = sums.whole_with_rest().filter(|_| !sums.off().is_empty())?;
    let names = || weights.iter().map(|&i| header[i].as_str());
    let start = split_first(names().next()?).filter(|(word, _)| is_weight_word(word)).map(|(word, _)| word);
    let end = split_last(names().next()?).filter(|(word, _)| is_weight_word(word)).map(|(word, _)| word);
    let first = header[weights[0]].as_str();
    let mut name = match (start, end) {
        (Some(word), _) if names().all(|name| split_first(name).is_some_and(|(own, _)| own == word)) => {
            format!("{}{REST}", &first[..word.len() + 1])
        }
        (_, Some(word)) if names().all(|name| split_last(name).is_some_and(|(own, _)| own == word)) => {
            format!("{REST}{}", &first[split_last(first)?.1.len()..])
        }
        _ => REST.to_string(),
    };
    while header.contains(&name) {
        name.push('_');
    }
    let decimal = table.layout().decimal;
    let rest = |row: Row| {
        // Rounded, so that 1 − 0.9 is 0.1.
        let rest = (((whole - sum(row, &weights, decimal)?).max(0.0) / whole * 1e12).round() / 1e12) * whole;
        let text = write_number(rest, 12);
        Some(if decimal == Decimal::Comma { text.replace('.', ",") } else { text })
    };
    let cells = table.rows().map(|row| rest(row).unwrap_or_default()).collect();
    let answers = names().chain([name.as_str()]).map(|name| Answer::Role(name.to_string(), Role::Weight)).collect();
    Some((table.with_columns(&[(name.clone(), cells)]), answers))
}
