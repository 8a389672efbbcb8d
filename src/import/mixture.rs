//! Which columns are the mixture: groups of columns that sum to 1 on nearly every line, found by what their names
//! share, or side by side. One such group is the mixture; of several the user says which.

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::{ROUNDING, SUM_TOLERANCE};
use super::guess::Column;
use super::issue::Cause;
use super::question::{Answer, Question};
use super::recipe::{is_recipe, may_be_recipe};
use super::roles::{
    Role, Roles, SEPARATORS, is_listed, is_weight_word, key, split_first, split_last, split_path, words,
};
use super::table::{Row, Table};
use crate::units::{excerpt, is_missing, try_number, write_number};

/// Lines looked at for sums.
pub(super) const LINES_SUMMED: usize = 50;

/// Share of the lines on which a group must sum to 1: a few may have a slip, which then is an issue.
const SHARE_OF_SUMS: f64 = 0.9;

/// A group with a word for a weight in its names may sum to something else on as many lines: they are issues.
const SHARE_OF_NAMED: f64 = 0.5;

/// Side-by-side candidates beyond this are tried as a whole only; the number of their stretches is quadratic.
const MAX_STRETCHES_OF: usize = 256;

/// A weight that is at least this on every line leaves no mixture.
const WHOLE: f64 = 1.0 - SUM_TOLERANCE;

/// The columns that are the mixture, or what is to be asked.
#[derive(Default)]
pub(super) struct Found {
    pub weights: Vec<usize>,
    pub question: Option<Question>,
    /// Where the runs had several mixtures, one after the other: the groups.
    pub stages: Vec<Stage>,
}

/// The mixture of one stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stage {
    /// What its columns' names have that those of other stages have not: "phase_0".
    pub name: String,
    /// Each domain and its column.
    pub domains: Vec<(String, usize)>,
}

/// Columns that may be a mixture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    columns: Vec<usize>,
    stem: Stem,
    /// Whether the stem has a word for a weight.
    is_named: bool,
}

/// What the names of a group share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stem {
    /// Their beginning, with the separator.
    Start(String),
    /// Their end, with the separator.
    End(String),
    Nothing,
}

impl Stem {
    /// What a name has beside it.
    fn rest<'a>(&self, name: &'a str) -> &'a str {
        match self {
            Stem::Start(start) => name.get(start.len()..).unwrap_or(name),
            Stem::End(end) => name.get(..name.len().saturating_sub(end.len())).unwrap_or(name),
            Stem::Nothing => name,
        }
    }

    fn text(&self) -> &str {
        match self {
            Stem::Start(text) | Stem::End(text) => text.trim_matches(SEPARATORS),
            Stem::Nothing => "",
        }
    }
}

/// Values of the candidates on some lines.
struct Lines {
    /// Position of a column's values in a line.
    position: BTreeMap<usize, usize>,
    /// Not a number where the cell is none, and 0 where it is blank.
    values: Vec<Vec<f64>>,
    /// Whether the cell is blank.
    blank: Vec<Vec<bool>>,
    /// Decimals that the column's cells have at most.
    decimals: BTreeMap<usize, i32>,
}

impl Lines {
    fn new(table: &Table, candidates: &[&Column], sample: &[Row]) -> Self {
        let decimal = table.layout().decimal;
        let position = candidates.iter().enumerate().map(|(position, column)| (column.idx, position)).collect();
        let is_blank = |row: &Row, column: &Column| is_missing(row.cell(column.idx));
        let value = |row: &Row, column: &Column| match is_blank(row, column) {
            true => 0.0,
            false => try_number(row.cell(column.idx), decimal).unwrap_or(f64::NAN),
        };
        let rows = || sample.iter().step_by(sample.len().div_ceil(LINES_SUMMED).max(1));
        let values = rows().map(|row| candidates.iter().map(|column| value(row, column)).collect()).collect();
        let blank = rows().map(|row| candidates.iter().map(|column| is_blank(row, column)).collect()).collect();
        let decimals = |column: &&Column| {
            let most = rows().filter_map(|row| decimals(row.cell(column.idx))).max();
            (column.idx, most.unwrap_or(9).min(9))
        };
        Self { position, values, blank, decimals: candidates.iter().map(decimals).collect() }
    }

    fn of(&self, line: usize, column: usize) -> f64 {
        self.values[line][self.position[&column]]
    }

    /// The sum on each line; not a number where all cells are blank, as of a baseline without a mixture.
    fn sums<'a>(&'a self, columns: &'a [usize]) -> impl Iterator<Item = f64> + 'a {
        let is_blank = |line: usize| columns.iter().all(|column| self.blank[line][self.position[column]]);
        let sum = |line: usize| columns.iter().map(|&column| self.of(line, column)).sum();
        (0..self.values.len()).map(move |line| if is_blank(line) { f64::NAN } else { sum(line) })
    }

    /// By what share of them sums may differ that are the same but for the decimals written; whole numbers are exact.
    fn same(&self, columns: &[usize]) -> f64 {
        if columns.iter().all(|column| self.decimals[column] == 0) { ROUNDING } else { self.rounding(columns)[0] }
    }

    /// How far a sum may be from 1, and from 100 in parts of it, because each weight is written with so many decimals.
    fn rounding(&self, columns: &[usize]) -> Reach {
        let most = columns.iter().map(|column| self.decimals[column]).max().unwrap_or(9);
        let last_digits = 0.5 * columns.len() as f64 * 10f64.powi(-most);
        [1.0, 100.0].map(|whole| (last_digits / whole).clamp(ROUNDING, SUM_TOLERANCE))
    }

    /// Whether several columns sum to 1 or to 100 on nearly every line.
    fn sum_up(&self, columns: &[usize], reach: Reach) -> bool {
        columns.len() > 1 && are_mixtures(self.sums(columns), reach, SHARE_OF_SUMS)
    }

    /// Whether the columns' values are the same on every line.
    fn is_constant(&self, columns: &[usize]) -> bool {
        let first = |column: usize| self.values.first().map(|line| line[self.position[&column]]);
        columns.iter().all(|&column| (0..self.values.len()).all(|line| Some(self.of(line, column)) == first(column)))
    }

    /// Whether one of the columns is nearly the whole on every line.
    fn is_one_alone(&self, columns: &[usize]) -> bool {
        let is_whole = |line: usize, column: usize| {
            let sum: f64 = columns.iter().map(|&column| self.of(line, column)).sum();
            self.of(line, column) >= WHOLE * sum
        };
        self.values.len() > 1 && columns.iter().any(|&column| (0..self.values.len()).all(|line| is_whole(line, column)))
    }

    /// The columns without those at their ends that are 0 everywhere, and need not belong to the others.
    fn without_zeros(&self, mut columns: Vec<usize>) -> Vec<usize> {
        while columns.last().is_some_and(|&column| self.are_zero(column)) {
            columns.pop();
        }
        let zeros = columns.iter().take_while(|&&column| self.are_zero(column)).count();
        columns.drain(..zeros);
        columns
    }

    fn are_zero(&self, column: usize) -> bool {
        (0..self.values.len()).all(|line| self.of(line, column) == 0.0)
    }
}

/// How many decimals a number is written with, unless it is a fraction or has a power of ten.
pub(super) fn decimals(cell: &str) -> Option<i32> {
    let of_cell = || cell.rsplit_once(['.', ',']).map_or(0, |(_, end)| end.trim_end_matches('%').len());
    (!cell.contains(['e', 'E', '/'])).then(|| of_cell() as i32)
}

/// How far sums may be from 1, and from 100 in parts of that.
type Reach = [f64; 2];

const EXACT: Reach = [ROUNDING; 2];
const NEAR: Reach = [SUM_TOLERANCE; 2];

/// How near sums are to 1.
#[derive(Clone, Copy, PartialEq)]
enum Nearness {
    Exact,
    /// As near as the decimals written allow.
    Rounded,
    /// Within the tolerance for weights that are known by name.
    Near,
}

/// Finds the mixture among columns without another role.
pub(super) fn find(table: &Table, free: &[&Column], sample: &[Row]) -> Found {
    let known: Vec<&Column> = free.iter().copied().filter(|column| !column.is_no_weight()).collect();
    let candidates: Vec<&Column> = known.iter().copied().filter(|column| column.may_be_weight()).collect();
    let lines = Lines::new(table, &known, sample);
    if let Some(question) = two_levels(table, &candidates, &lines) {
        return Found { question: Some(question), ..Found::default() };
    }
    let named: Vec<Group> = named(&known).into_iter().map(|group| without_a_stranger(group, &lines)).collect();
    let (summing, others): (Vec<Group>, Vec<Group>) = named
        .into_iter()
        .partition(|group| group.columns.len() > 1 && are_mixtures(lines.sums(&group.columns), NEAR, SHARE_OF_NAMED));
    let taken: BTreeSet<usize> = summing.iter().flat_map(|group| group.columns.iter().copied()).collect();
    let left: Vec<&Column> = candidates.iter().copied().filter(|column| !taken.contains(&column.idx)).collect();
    let (mut by_sum, mut nearness) = (Vec::new(), Nearness::Exact);
    for next in [Nearness::Exact, Nearness::Rounded, Nearness::Near] {
        by_sum = groups_by_sum(&left, &lines, next);
        if by_sum.is_empty() && next == Nearness::Exact && summing.is_empty() {
            by_sum.extend(scattered(table, &left, &lines, false));
        }
        nearness = next;
        // Beside weights known by name, a sum that is only near says nothing.
        if !by_sum.is_empty() || (next == Nearness::Rounded && !(summing.is_empty() && others.is_empty())) {
            break;
        }
    }
    let pair = by_sum.is_empty() && summing.is_empty() && others.is_empty();
    if let Some(pair) = pair.then(|| scattered(table, &left, &lines, true)).flatten() {
        return Found { question: Some(doubtful(table, &pair, &lines, Nearness::Exact)), ..Found::default() };
    }
    let in_order = |mut groups: Vec<Group>| {
        groups.sort_by_key(|group| (!group.is_named, group.columns.first().copied()));
        without_copies(&mut groups, &lines);
        groups
    };
    let name = |column: usize| table.header()[column].as_str();
    if let Some(stages) = stages(&in_order(summing.iter().chain(&by_sum).cloned().collect()), name) {
        return Found { stages, ..Found::default() };
    }
    let varies = |group: &Group| !lines.is_constant(&group.columns);
    if summing.iter().chain(&by_sum).any(varies) {
        by_sum.retain(varies);
    }
    // What is nearly all of one column is a mixture only if someone says so, and is not even asked about if it is not
    // exact.
    let is_one_alone = |group: &Group| lines.is_one_alone(&group.columns);
    by_sum.retain(|group| !is_one_alone(group) || nearness == Nearness::Exact && varies(group));
    let groups = in_order(summing.into_iter().chain(by_sum).collect());
    match &groups[..] {
        [] => {
            match others.into_iter().max_by_key(|group| (group.columns.len(), std::cmp::Reverse(group.columns.clone())))
            {
                Some(group) => Found { weights: group.columns, ..Found::default() },
                None => Found::default(),
            }
        }
        [only] => {
            let is_doubtful = is_of_recipe(table, only)
                || !only.is_named
                    && (nearness == Nearness::Near
                        || is_one_alone(only)
                        || table.n_rows() > 2 && lines.is_constant(&only.columns));
            match is_doubtful {
                true => Found { question: Some(doubtful(table, only, &lines, nearness)), ..Found::default() },
                false => Found { weights: only.columns.clone(), ..Found::default() },
            }
        }
        several => Found { question: Some(which(table, several)), ..Found::default() },
    }
}

/// Whether the runs' mixtures stand in columns as differences, which sum to 0.
pub(super) fn differences(table: &Table, roles: &Roles, answers: &[Answer]) -> Option<Question> {
    const MOST: usize = 40;
    let (header, decimal) = (table.header(), table.layout().decimal);
    let sample: Vec<Row> = table.sample(LINES_SUMMED).collect();
    let numbers = |i: usize| -> Option<Vec<f64>> {
        let name = &header[i];
        let may_be = roles.get(i) == Role::Ignored
            && !is_told(table, answers, i)
            && !is_recipe(name)
            && !super::guess::is_known(name)
            && !super::guess::has_loss_word(name);
        let numbers: Option<Vec<f64>> = sample.iter().map(|row| try_number(row.cell(i), decimal)).collect();
        numbers.filter(|numbers| may_be && numbers.iter().any(|x| *x != numbers[0]))
    };
    let columns: Vec<(usize, Vec<f64>)> = (0..header.len()).filter_map(|i| Some((i, numbers(i)?))).collect();
    // Each may be off by half of its last digit.
    let last_digit = |i: usize| {
        let most = sample.iter().filter_map(|row| decimals(row.cell(i))).max();
        0.5 * 10f64.powi(-most.unwrap_or(9).min(9))
    };
    // Columns side by side, as many as sum to 0 on every line.
    let sums_to_zero = |set: &&[(usize, Vec<f64>)]| {
        let are_beside = set.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
        let reach: f64 = ROUNDING + set.iter().map(|(i, _)| last_digit(*i)).sum::<f64>();
        let largest = set.iter().flat_map(|(_, own)| own).fold(0.0, |most: f64, x| most.max(x.abs()));
        let is_zero = |row: usize| set.iter().map(|(_, own)| own[row]).sum::<f64>().abs() <= reach;
        // What is as small as its last digit sums to anything.
        let are_beside = are_beside && largest > 10.0 * reach;
        are_beside && sample.len() > 2 && (0..sample.len()).all(is_zero)
    };
    let most = columns.len().min(MOST);
    let set = (2..=most).rev().find_map(|length| columns.windows(length).find(sums_to_zero))?;
    let names: Vec<String> = set.iter().map(|(i, _)| format!("\"{}\"", excerpt(&header[*i]))).collect();
    let columns: Vec<usize> = set.iter().map(|(i, _)| *i).collect();
    Some(Question::new(
        format!(
            "{} sum to 0 on every line. Are they changes of a mixture? Then give the weights themselves in their place: \
             they cannot be read",
            names.join(", ")
        ),
        [("leave them out".to_string(), are(header, &columns, Role::Ignored))],
    ))
}

/// Whether weights that were made of columns whose names do not say it are the mixture: of a share and the rest, where the
/// name is not that of a kind of text, or of large numbers that nothing else says are tokens.
pub(super) fn made_up(table: &Table, roles: &Roles, answers: &[Answer]) -> Option<Question> {
    let header = table.header();
    let weights: Vec<usize> = roles.columns(Role::Weight).collect();
    let is_told = |i: &usize| is_told(table, answers, *i);
    let of_weights = || {
        let of_tokens = || bare_tokens(table, roles, &weights).or_else(|| tokens_beyond_d(table, roles, &weights));
        let of_others = || of_something_else(header, &weights).or_else(|| share_and_rest(header, &weights));
        of_others().or_else(|| quotient(table, &weights)).or_else(of_tokens)
    };
    two_numbers(table, roles, answers).or_else(|| of_weights().filter(|_| !weights.iter().any(is_told)))
}

/// Whether two numbers in a name are N and D, where no word says so.
fn two_numbers(table: &Table, roles: &Roles, answers: &[Answer]) -> Option<Question> {
    let column = |role: Role| {
        let is_made = |i: &usize| table.header()[*i].ends_with(super::forms::UNSURE) && !is_told(table, answers, *i);
        roles.columns(role).find(is_made)
    };
    let [n, d] = [column(Role::N)?, column(Role::D)?];
    let row = table.rows().next()?;
    let answer = |roles: [Role; 2]| {
        [n, d].iter().zip(roles).map(|(&i, role)| Answer::Role(table.header()[i].clone(), role)).collect::<Vec<_>>()
    };
    let count = |i: usize| row.cell(i).parse().map_or(String::new(), |number| crate::units::write_count(number, 4));
    Some(Question::new(
        format!(
            "of two numbers in a name, the first may be N and the second D, such as {} and {}. Are they?",
            count(n),
            count(d)
        ),
        [
            ("yes".to_string(), answer([Role::N, Role::D])),
            ("the other way round".to_string(), answer([Role::D, Role::N])),
            ("no, they are something else".to_string(), answer([Role::Ignored, Role::Ignored])),
        ],
    ))
}

fn bare_tokens(table: &Table, roles: &Roles, weights: &[usize]) -> Option<Question> {
    let (header, sample) = (table.header(), table.sample(LINES_SUMMED).collect::<Vec<_>>());
    let d = roles.columns(Role::D).next().filter(|&d| header[d] == "tokens")?;
    let sources = super::guess::made_of(table, &sample, weights);
    let of_d = super::guess::scaled(table, d);
    let sum = sum_of(table, &sources);
    let is_sum = |row: &Row| (sum(row) - of_d(row.cell(d)).unwrap_or(0.0)).abs() <= ROUNDING * sum(row);
    let is_named = |&i: &usize| {
        let is_made = |name: &&String| weights.iter().any(|&weight| header[weight] == **name);
        header.iter().filter(|name| !is_made(name)).any(|name| super::names::has_words_of(name, &header[i]))
    };
    if sources.is_empty() || sources.iter().all(is_named) || !sample.iter().all(is_sum) {
        return None;
    }
    let names: Vec<String> = sources.iter().map(|&i| format!("\"{}\"", excerpt(&header[i]))).collect();
    let all = |role, of_d| {
        let of_weights = are(header, weights, role).into_iter();
        of_weights.chain([Answer::Role(header[d].clone(), of_d)]).collect::<Vec<_>>()
    };
    Some(Question::new(
        format!(
            "{} are large numbers side by side, and no column is a weight or D. Are they the tokens of each domain, so that \
             the mixture is their shares and D their sum?",
            names.join(", ")
        ),
        [
            ("yes".to_string(), all(Role::Weight, Role::D)),
            ("no, they are something else".to_string(), all(Role::Ignored, Role::Ignored)),
        ],
    ))
}

/// The sum of these columns on a line, each in the scale that its name states.
fn sum_of<'a>(table: &'a Table, columns: &'a [usize]) -> impl Fn(&Row) -> f64 + 'a {
    let read: Vec<_> = columns.iter().map(|&i| super::guess::scaled(table, i)).collect();
    move |row| columns.iter().zip(&read).map(|(&i, read)| read(row.cell(i)).unwrap_or(0.0)).sum()
}

/// Whether the shares of tokens by domain are the mixture, where these sum to more than D on most lines.
fn tokens_beyond_d(table: &Table, roles: &Roles, weights: &[usize]) -> Option<Question> {
    /// As much more as rounding never makes.
    const MORE: f64 = 1.03;
    let (header, sample) = (table.header(), table.sample(LINES_SUMMED).collect::<Vec<_>>());
    let d = roles.columns(Role::D).next()?;
    const OF_TOKENS: [&str; 7] = ["tokens", "token", "toks", "tok", "n", "num", "of"];
    let domain = |name: &str| {
        let plain = super::names::scale_of(name).map_or(name.to_string(), |(plain, _)| plain);
        let words = super::names::words(&plain).into_iter();
        words.filter(|word| !OF_TOKENS.contains(&word.as_str())).collect::<Vec<_>>().join("_")
    };
    let source = |&weight: &usize| {
        let own = header[weight].strip_prefix("weight_")?;
        header.iter().position(|name| name != &header[weight] && domain(name) == own)
    };
    let sources: Vec<usize> = weights.iter().map(source).collect::<Option<_>>()?;
    let of_d = super::guess::scaled(table, d);
    let of_d = |row: &Row| of_d(row.cell(d)).unwrap_or(0.0);
    let sum = sum_of(table, &sources);
    let beyond: Vec<&Row> = sample.iter().filter(|row| sum(row) > MORE * of_d(row)).collect();
    let first = beyond.first().filter(|_| 2 * beyond.len() > sample.len() && !sources.contains(&d))?;
    let names: Vec<String> = sources.iter().map(|&i| format!("\"{}\"", excerpt(&header[i]))).collect();
    let all = |role| are(header, weights, role);
    let count = |number: f64| crate::units::write_count(number, 4);
    Some(Question::new(
        format!(
            "{} are tokens by domain that sum to {} on line {}, but D, from \"{}\", is {}. Are their shares the mixture \
             all the same?",
            names.join(", "),
            count(sum(first)),
            first.line(),
            excerpt(&header[d]),
            count(of_d(first))
        ),
        [("yes".to_string(), all(Role::Weight)), ("no".to_string(), all(Role::Ignored))],
    ))
}

/// Words for kinds of text.
const TEXTS: &[&str] = &[
    "code",
    "web",
    "math",
    "wiki",
    "wikipedia",
    "book",
    "books",
    "paper",
    "papers",
    "arxiv",
    "github",
    "news",
    "c4",
    "cc",
    "crawl",
    "commoncrawl",
    "pile",
    "synthetic",
    "synth",
    "instruct",
    "instruction",
    "dialogue",
    "chat",
    "qa",
    "science",
    "legal",
    "medical",
    "multilingual",
    "english",
    "en",
    "de",
    "fr",
    "zh",
    "ja",
    "es",
    "target",
    "domain",
    "image",
    "images",
    "text",
    "speech",
    "audio",
    "video",
    "stack",
    "stackexchange",
    "forum",
    "forums",
    "social",
    "other",
    "others",
    "rest",
    "real",
    "general",
    "dclm",
    "fineweb",
    "starcoder",
    "pes2o",
    "openwebmath",
    "reasoning",
    "encyclopedia",
    "academic",
    "law",
    "pubmed",
    "patents",
];

/// Whether a word is that of a kind of text.
pub(super) fn is_text(word: &str) -> bool {
    // "domain1".
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let word = if bare.len() > 2 { bare } else { word };
    TEXTS.iter().any(|text| word.eq_ignore_ascii_case(text))
}

fn share_and_rest(header: &[String], weights: &[usize]) -> Option<Question> {
    let &[share, rest] = weights else { return None };
    let (share, rest) = (&header[share], &header[rest]);
    let own = share.strip_prefix("weight_")?;
    let is_rest = rest.strip_prefix("weight_not_") == Some(own);
    if !is_rest || words(own).any(is_text) {
        return None;
    }
    let both = |role| are(header, weights, role);
    Some(Question::new(
        format!(
            "\"{own}\" is a share, and no other column is a weight. Is it the share of one of two domains, so that the \
             rest of the mixture is another one?"
        ),
        [("yes".to_string(), both(Role::Weight)), ("no, it is no weight".to_string(), both(Role::Ignored))],
    ))
}

/// Whether shares are the mixture whose names say that they are of something else: "val_mix_web", "grad_share_web".
fn of_something_else(header: &[String], weights: &[usize]) -> Option<Question> {
    const OTHERS: &str = "val valid validation eval evaluation test reward rewards grad gradient gradients subsample subsampling \
         used";
    let words_of = |i: usize| super::names::words(&header[i]);
    let (&first, others) = weights.split_first().filter(|(_, others)| !others.is_empty())?;
    let is_common = |word: &String| is_listed(word, OTHERS) && others.iter().all(|&i| words_of(i).contains(word));
    let word = words_of(first).into_iter().find(is_common)?;
    let names: Vec<String> = weights.iter().map(|&i| format!("\"{}\"", excerpt(&header[i]))).collect();
    let all = |role| are(header, weights, role);
    Some(Question::new(
        format!(
            "{} sum to a whole, but \"{word}\" in their names suggests something else. Are they the training mixture?",
            names.join(", ")
        ),
        [("yes, the mixture".to_string(), all(Role::Weight)), ("no".to_string(), all(Role::Ignored))],
    ))
}

/// Whether numbers that may be shares, or in percent, are ratios.
fn quotient(table: &Table, weights: &[usize]) -> Option<Question> {
    const LARGEST: f64 = 20.0;
    let header = table.header();
    let &[above, below] = weights else { return None };
    let is_source = |i: &usize| {
        let names = super::forms::quotient(&header[*i]).filter(|_| table.is_source(*i));
        names.is_some_and(|[one, other]| {
            header[above] == format!("weight_{one}") && header[below] == format!("weight_{other}")
        })
    };
    let source = (0..header.len()).find(is_source)?;
    let decimal = table.layout().decimal;
    let largest = table.rows().filter_map(|row| try_number(row.cell(source), decimal)).fold(0.0, f64::max);
    // "code/math" may be a path to a score.
    let name = header[source].to_lowercase();
    let is_named = !name.contains('/') || name.contains("ratio") || name.contains("odds");
    let has_parts = || table.rows().any(|row| row.cell(source).contains(['/', ':']));
    if largest == 0.0 || has_parts() || is_named && 1.0 < largest && largest <= LARGEST {
        return None;
    }
    let both = |role| are(header, weights, role);
    Some(Question::new(
        format!(
            "\"{}\" is called a ratio, but its numbers go up to {}. Is it the ratio of two domains, so that 1 means equal \
             parts of both?",
            excerpt(&header[source]),
            write_number(largest, 4)
        ),
        [("yes, a ratio".to_string(), both(Role::Weight)), ("no: no weights".to_string(), both(Role::Ignored))],
    ))
}

/// Which of two mixtures it is, where a domain beside its parts is their sum: "web" beside "web_cc" and "web_wiki".
fn two_levels(table: &Table, candidates: &[&Column], lines: &Lines) -> Option<Question> {
    if candidates.len() > MAX_STRETCHES_OF {
        return None;
    }
    let words: BTreeMap<usize, Vec<String>> =
        candidates.iter().map(|column| (column.idx, super::names::words(column.name))).collect();
    let parts = |whole: usize| -> Vec<usize> {
        let is_part = |part: &[String]| part.len() > words[&whole].len() && part.starts_with(&words[&whole]);
        words.iter().filter(|(_, part)| !words[&whole].is_empty() && is_part(part)).map(|(i, _)| *i).collect()
    };
    let is_sum = |whole: usize, parts: &[usize]| {
        let reach = lines.rounding(parts)[0].max(ROUNDING);
        let differ = |(line, sum): (usize, f64)| (sum - lines.of(line, whole)).abs() <= reach;
        parts.len() > 1
            && !lines.is_constant(parts)
            && lines.sums(parts).enumerate().filter(|(_, sum)| !sum.is_nan()).all(differ)
    };
    let all: Vec<usize> = candidates.iter().map(|column| column.idx).collect();
    let wholes: Vec<usize> = all.iter().copied().filter(|&whole| is_sum(whole, &parts(whole))).collect();
    let of_wholes: BTreeSet<usize> = wholes.iter().flat_map(|&whole| parts(whole)).collect();
    // Other domains have no parts, and one column more may be no domain.
    let others: Vec<usize> = all.iter().copied().filter(|i| !wholes.contains(i) && !of_wholes.contains(i)).collect();
    let without = |i: &usize| others.iter().copied().filter(|other| other != i).collect();
    let choices: Vec<Vec<usize>> =
        std::iter::once(others.clone()).chain(others.iter().map(without)).chain([Vec::new()]).collect();
    let group = |others: &[usize], is_own: &dyn Fn(&usize) -> bool| {
        let columns: Vec<usize> = all.iter().copied().filter(|i| others.contains(i) || is_own(i)).collect();
        lines.sum_up(&columns, NEAR).then_some(Group { columns, stem: Stem::Nothing, is_named: false })
    };
    let both = |others: &Vec<usize>| {
        let coarse = group(others, &|i| wholes.contains(i))?;
        Some([coarse, group(others, &|i| of_wholes.contains(i) && !wholes.contains(i))?])
    };
    let [coarse, fine] = choices.iter().filter(|_| !wholes.is_empty()).find_map(both)?;
    Some(which(table, &[coarse, fine]))
}

/// What may say a run's mixture, and cannot be read: words with numbers in a column that is called so, and marks.
pub(super) fn unread(table: &Table, roles: &Roles, answers: &[Answer]) -> Vec<Cause> {
    const NAMES: &str = "mix mixture mixing blend composition proportions weights ratio ratios shares data";
    const MARKS: [&str; 9] = ["✓", "✔", "✅", "✗", "✘", "❌", "x", "●", "○"];
    let (header, decimal) = (table.header(), table.layout().decimal);
    let cells = |i: usize| table.rows().map(move |row| row.cell(i)).filter(|cell| !is_missing(cell));
    let has_shares = |cell: &str| {
        let mut parts = cell.split([' ', ',', ';', '/', '+', ':', '=', '|']).filter(|part| !part.is_empty());
        let is_number = |part: &str| try_number(part, decimal).is_some();
        parts.clone().any(is_number) && parts.any(|part| part.starts_with(char::is_alphabetic))
    };
    // "pes2o" and "c4" beside numbers of their own, as in "28dclm_42pes2o": what is the number cannot be said.
    let have_numbers = |i: usize| {
        let is_numbered = |part: &&str| {
            let letters: String = part.chars().filter(|c| c.is_alphabetic()).collect();
            let is_name = letters.len() > 1 || letters.len() == 1 && part.contains('.');
            part.contains(|c: char| c.is_ascii_digit()) && is_name && !is_recipe(&letters)
        };
        let parts = |cell: &str| cell.split(['_', '-', ' ', ',', '+', '/']).filter(is_numbered).count();
        let n: BTreeSet<usize> = cells(i).map(parts).collect();
        cells(i).collect::<BTreeSet<_>>().len() > 1 && n.first().is_some_and(|least| *least > 1)
    };
    let may_be = |&i: &usize| {
        let is_called = super::names::words(&header[i]).iter().any(|word| is_listed(word, NAMES));
        let may_be_ratio = || !is_recipe(&header[i]) && !header[i].split(['/', ':']).any(is_recipe);
        let are_ratios = || {
            (is_called || header[i].contains(['/', ':']))
                && may_be_ratio()
                && cells(i).all(|cell| match is_called {
                    true => super::forms::ratio_parts(cell, decimal).is_some(),
                    false => super::forms::ratio(cell, decimal).is_some(),
                })
        };
        // "0.6 → 0.5" below "web", "1-Feb" below "code/web".
        let is_of_text = || {
            let words = super::names::words(&header[i]);
            words.iter().any(|word| is_text(word) && !matches!(word.as_str(), "target" | "domain"))
        };
        let is_unread = |cell: &&str| {
            cell.contains(|c: char| c.is_ascii_digit()) && (cell.contains('/') || try_number(cell, decimal).is_none())
        };
        // Mixtures by a temperature follow from stocks that are not in the table.
        let is_temperature = || {
            let words = super::names::words(&header[i]);
            let has = |own: &[&str]| words.iter().any(|word| own.contains(&word.as_str()));
            has(&["temperature", "temp", "tau"])
                && has(&["sampling", "mix", "mixture", "mixing", "data", "domain", "source"])
                && cells(i).collect::<BTreeSet<_>>().len() > 1
        };
        // "mixA": what is in it the table does not say.
        let are_names =
            || cells(i).all(|cell| try_number(cell, decimal).is_none()) && cells(i).collect::<BTreeSet<_>>().len() > 1;
        is_called && (2 * cells(i).filter(|cell| has_shares(cell)).count() > table.n_rows() || are_names())
            || is_temperature()
            || is_of_text() && !table.is_source(i) && 2 * cells(i).filter(is_unread).count() > table.n_rows()
            || are_ratios()
            || have_numbers(i)
    };
    let in_words = roles.columns(Role::Ignored).filter(|&i| !is_told(table, answers, i)).find(may_be).and_then(|i| {
        let cell = excerpt(cells(i).find(|cell| has_shares(cell)).or(cells(i).next())?);
        Some(Cause::UnreadMixture { column: header[i].clone(), cell })
    });
    let is_mark = |cell: &str| MARKS.iter().any(|mark| cell.trim_end_matches('\u{FE0F}').eq_ignore_ascii_case(mark));
    let has_marks = |&i: &usize| cells(i).next().is_some() && cells(i).all(is_mark);
    let marked: Vec<String> = roles.columns(Role::Ignored).filter(has_marks).map(|i| header[i].clone()).collect();
    let of_marks = (marked.len() > 1).then_some(Cause::Marks { columns: marked });
    // How often each domain is repeated says nothing of its weight, as long as its tokens are not known.
    let is_factor = |&i: &usize| is_factor(&header[i]) && !is_told(table, answers, i);
    let factors: Vec<String> = roles.columns(Role::Ignored).filter(is_factor).map(|i| header[i].clone()).collect();
    let of_factors = (factors.len() > 1).then_some(Cause::FactorsAlone { columns: factors });
    in_words.into_iter().chain(of_marks).chain(of_factors).collect()
}

/// Whether a name is of how often a domain is repeated: "epochs_web", "web_repeats".
fn is_factor(name: &str) -> bool {
    const FACTORS: [&str; 8] =
        ["epochs", "epoch", "repeat", "repeats", "repetitions", "upsample", "upsampling", "oversampling"];
    let is_of_domain = |rest: &str| !is_recipe(rest) && !is_statistic(rest) && rest.len() > 1 && key(rest) != "num";
    let is_it =
        |(word, rest): (&str, &str)| FACTORS.iter().any(|own| word.eq_ignore_ascii_case(own)) && is_of_domain(rest);
    [split_first(name), split_last(name)].into_iter().flatten().any(is_it)
}

/// Whether the user gave a column its role.
pub(super) fn is_told(table: &Table, answers: &[Answer], i: usize) -> bool {
    let of_role = |answer: &Answer| matches!(answer, Answer::Role(pattern, _) if Answer::columns(pattern, table.header()).any(|told| told == i));
    answers.iter().any(of_role)
}

/// What there is to say of columns side by side that may have been meant as a mixture, and do not sum to 1.
pub(super) enum OtherSums {
    Asked(Question),
    Unused(Cause),
}

/// Columns side by side that may have been meant as a mixture and are none: with the same sum on every line, called as
/// losses or kinds of text are, or of shares whose names begin alike. Of several the most.
pub(super) fn other_sums(table: &Table, roles: &Roles, answers: &[Answer]) -> Option<OtherSums> {
    /// More are no domains, and their stretches are many.
    const MOST: usize = 60;
    /// On fewer lines sums are the same by chance.
    const FEWEST_LINES: usize = 4;
    /// Parts vary by at least this share of their sum.
    const SHARE_OF_VARIATION: f64 = 0.01;
    let header = table.header();
    let sample: Vec<Row> = table.sample(LINES_SUMMED).collect();
    let columns: Vec<Column> = roles.columns(Role::Ignored).map(|i| Column::new(table, &sample, i)).collect();
    let may_be = |column: &&Column| {
        column.may_be_part()
            && !is_spread(column.name)
            && !is_factor(column.name)
            && !is_told(table, answers, column.idx)
    };
    let may_be: Vec<&Column> = columns.iter().filter(may_be).collect();
    let lines = Lines::new(table, &may_be, &sample);
    let has_loss_of = |own: &str| {
        let is_it = |i: usize| super::names::has_words_of(&header[i], own);
        (0..header.len()).any(|i| roles.get(i).is_loss() && is_it(i))
    };
    let ends = |columns: &[usize]| {
        let sums = lines.sums(columns).filter(|sum| !sum.is_nan());
        sums.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), sum| (least.min(sum), most.max(sum)))
    };
    let has_text = |i: usize| header[i].starts_with('%') || words(&header[i]).any(is_text);
    let is_domain = may_be.iter().map(|column| (column.idx, [has_loss_of(column.name), has_text(column.idx)]));
    let is_domain: BTreeMap<usize, [bool; 2]> = is_domain.collect();
    // Neither what counts the lines nor a ratio in a cell is a part of anything.
    let is_counter = |i: usize| (1..lines.values.len()).all(|line| lines.of(line, i) - lines.of(line - 1, i) == 1.0);
    let is_ratio = |i: usize| sample.iter().any(|row| row.cell(i).contains('/'));
    let is_part = |&i: &usize| !lines.is_constant(&[i]) && !is_counter(i) && !is_ratio(i);
    let positions: Vec<usize> = may_be.iter().map(|column| column.idx).filter(is_part).collect();
    let stretches = positions.chunk_by(|a, b| a + 1 == *b).filter(|run| run.len() <= MOST);
    // Parts of one number, or shares of which one may be missing; in percent, too.
    let are_shares_of = |columns: &[usize]| {
        let (least, most) = ends(columns);
        let is_whole = |whole: f64, from: f64| most <= whole * (1.0 + SUM_TOLERANCE) && least > from;
        is_whole(1.0, 0.0) || is_whole(100.0, 1.0 + SUM_TOLERANCE)
    };
    // A share of one text, whose other has no column; zeros and ones say yes and no.
    let is_share = |i: usize| {
        let values = || (0..lines.values.len()).map(|line| lines.of(line, i));
        is_domain[&i][1] && ends(&[i]).1 <= 1.0 && values().any(|value| value.fract() != 0.0)
    };
    let are_domains = |columns: &&[usize]| {
        columns.iter().all(|i| is_domain[i][0]) || columns.iter().all(|i| is_domain[i][1]) && are_shares_of(columns)
    };
    let is_sum = |columns: &&[usize]| {
        let (least, most) = ends(columns);
        // What hardly varies beside its sum, such as a time, keeps it by itself.
        let varies = |i: &usize| {
            let has_cell = |line: &usize| !lines.blank[*line][lines.position[i]];
            let values = || (0..lines.values.len()).filter(has_cell).map(|line| lines.of(line, *i));
            values().fold(0.0, f64::max) - values().fold(f64::INFINITY, f64::min) >= SHARE_OF_VARIATION * most
        };
        lines.values.len() >= FEWEST_LINES
            && most > 0.0
            && most - least <= lines.same(columns) * most
            && columns.iter().filter(|i| varies(i)).count() > 1
    };
    let start = |i: usize| split_first(&header[i]).map(|(start, _)| start);
    let are_shares = |columns: &&[usize]| {
        columns.iter().all(|&i| start(i).is_some() && start(i) == start(columns[0])) && ends(columns).1 <= 1.0
    };
    // "1, 3, 5" may be parts of a ratio, and "0.3, 0.5" shares of which others have no column, however domains are called.
    let is_bare = |i: usize| {
        let is_part = |whole: bool| {
            (0..lines.values.len()).all(|line| {
                let value = lines.of(line, i);
                if whole { value.fract() == 0.0 && value <= 100.0 } else { value <= 1.0 }
            })
        };
        !super::guess::has_loss_word(&header[i]) && (is_part(true) || is_part(false))
    };
    let are_parts = |columns: &&[usize]| columns.len() > 1 && columns.iter().all(|&i| is_bare(i));
    let found = stretches.filter_map(|run| {
        let windows = (2..=run.len()).rev().flat_map(|length| run.windows(length));
        let first = |kind: &dyn Fn(&&[usize]) -> bool| windows.clone().find(|columns| kind(columns));
        let alone = || run.windows(1).find(|column| is_share(column[0]));
        let several = first(&is_sum).or_else(|| first(&are_domains)).or_else(|| first(&are_shares));
        several.or_else(alone).or_else(|| first(&are_parts))
    });
    let found = found.max_by_key(|columns| columns.len());
    // Others may stand between bare parts.
    let apart = || (found.is_none() && positions.len() <= MOST && are_parts(&&positions[..])).then_some(&positions[..]);
    let found = found.or_else(apart)?;
    let (least, most) = ends(found);
    let names: Vec<String> = found.iter().map(|&i| header[i].clone()).collect();
    let is_question = is_sum(&found) && found.len() > 2
        || are_domains(&found) && (is_sum(&found) || are_shares_of(found))
        || are_shares(&found) && found.len() > 1
        || are_parts(&found);
    if !is_question {
        return Some(OtherSums::Unused(Cause::OtherSums { columns: names, least, most }));
    }
    if let [name] = &names[..] {
        let answer = |role| vec![Answer::Role(name.clone(), role)];
        return Some(OtherSums::Asked(Question::new(
            format!("\"{name}\" is a share, and no other column is a weight. Is it the share of one domain?"),
            [("yes".to_string(), answer(Role::Weight)), ("no, it is no weight".to_string(), answer(Role::Ignored))],
        )));
    }
    let group = Group { columns: found.to_vec(), stem: Stem::Nothing, is_named: false };
    let (listed, _) = self::names(table, &group);
    let sum = match most - least <= lines.same(found) * most {
        true => format!("{} on every line", crate::units::write_number(most, 4)),
        false => format!("{} to {}", crate::units::write_number(least, 4), crate::units::write_number(most, 4)),
    };
    Some(OtherSums::Asked(Question::new(
        format!("{listed} sum to {sum}, and no name says that they are weights. Are they the mixture?"),
        [
            ("yes, the mixture".to_string(), all_are(&names, Role::Weight)),
            ("no".to_string(), all_are(&names, Role::Ignored)),
        ],
    )))
}

/// Whether these columns sum to 1 on nearly every line.
pub(super) fn sum_to_one(table: &Table, columns: &[Column], own: &[usize], sample: &[Row]) -> bool {
    let own_columns: Vec<&Column> = own.iter().map(|&i| &columns[i]).collect();
    are_mixtures(Lines::new(table, &own_columns, sample).sums(own), NEAR, SHARE_OF_SUMS)
}

/// Weights by the word before their names and by their sum, fewer than half of which are called as settings or losses
/// are, as no name forbids to call a domain: "w/lr", "weight.loss".
pub(super) fn oddly_named(table: &Table, columns: &[Column], sample: &[Row]) -> Vec<usize> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for column in columns.iter().filter(|column| column.is_of_numbers()) {
        if let Some((_, rest)) = split_first(column.name).filter(|(word, _)| is_weight_word(word)) {
            groups.entry(&column.name[..column.name.len() - rest.len()]).or_default().push(column.idx);
        }
    }
    let is_it = |group: &Vec<usize>| {
        let is_odd = |&&i: &&usize| columns[i].is_no_weight() || super::guess::has_loss_word(columns[i].name);
        let (odd, others): (Vec<usize>, Vec<usize>) = group.iter().partition(is_odd);
        let sums = |own: &[usize]| sum_to_one(table, columns, own, sample);
        !odd.is_empty() && odd.len() < others.len() && sums(group) && !sums(&others)
    };
    groups.into_values().find(is_it).unwrap_or_default()
}

/// The groups of columns that share a word for a weight, before or after their names or in their paths. Many a column
/// has such a word in its name ("mix_seed", "p_value"); alone it is a weight only if it says so in full.
fn named(known: &[&Column]) -> Vec<Group> {
    const IN_FULL: [&str; 2] = ["weight", "weights"];
    let mut groups: BTreeMap<Stem, Vec<usize>> = BTreeMap::new();
    for column in known.iter().filter(|column| column.is_of_numbers()) {
        let name = column.name;
        let parts: Vec<(usize, &str)> =
            words(name).map(|word| (word.as_ptr() as usize - name.as_ptr() as usize, word)).collect();
        let is_weight = |(_, word): &&(usize, &str)| is_weight_word(word);
        // The first run of such words with something behind it, and the last with something before it.
        if let Some(first) = parts.iter().position(|part| is_weight(&part)) {
            let n = parts[first..].iter().take_while(is_weight).count();
            let is_alone = first == 0 || parts[first].1.len() > 1;
            if let Some((start, _)) = parts.get(first + n).filter(|_| is_alone) {
                groups.entry(Stem::Start(name[..*start].to_lowercase())).or_default().push(column.idx);
            }
        }
        if let Some(last) = parts.iter().rposition(|part| is_weight(&part)) {
            let first = last + 1 - parts[..=last].iter().rev().take_while(is_weight).count();
            let is_alone = last + 1 == parts.len() || parts[last].1.len() > 1;
            if let Some((before, word)) = first.checked_sub(1).and_then(|before| parts.get(before)).filter(|_| is_alone)
            {
                groups.entry(Stem::End(name[before + word.len()..].to_lowercase())).or_default().push(column.idx);
            }
        }
        if let Some((path, last)) = split_path(name)
            && words(path).last().is_some_and(|word| word.len() > 1 && is_weight_word(word))
        {
            groups.entry(Stem::Start(name[..name.len() - last.len()].to_lowercase())).or_default().push(column.idx);
        }
    }
    let names: BTreeMap<usize, &str> = known.iter().map(|column| (column.idx, column.name)).collect();
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(stem, mut columns)| {
            columns.dedup();
            columns.retain(|column| !is_recipe(stem.rest(names[column])) && !is_statistic(stem.rest(names[column])));
            Group { columns, stem, is_named: true }
        })
        .filter(|group| {
            let is_full =
                || words(group.stem.text()).any(|word| IN_FULL.iter().any(|full| word.eq_ignore_ascii_case(full)));
            group.columns.len() > 1 || !group.columns.is_empty() && is_full()
        })
        .collect();
    // A column belongs to the largest of its groups; of equals to the one whose names begin alike.
    groups.sort_by_key(|group| (std::cmp::Reverse(group.columns.len()), group.stem.clone()));
    let mut taken = BTreeSet::new();
    groups.retain(|group| {
        let is_free = group.columns.iter().all(|column| !taken.contains(column));
        if is_free {
            taken.extend(group.columns.iter().copied());
        }
        is_free
    });
    groups
}

/// Whether a name says how sure another number is: "val_web_stderr".
fn is_spread(name: &str) -> bool {
    const WORDS: [&str; 8] = ["std", "stdev", "stddev", "stderr", "se", "sem", "sd", "ci"];
    words(name).last().is_some_and(|last| WORDS.iter().any(|word| last.eq_ignore_ascii_case(word)))
}

/// Whether a name is of a number about weights: "max" of "max_weight".
fn is_statistic(name: &str) -> bool {
    const WORDS: [&str; 9] = ["max", "min", "mean", "avg", "median", "std", "total", "sum", "entropy"];
    WORDS.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// The group without the one column that keeps it from summing to 1 exactly, if it is one: "data_frac" beside "web_frac"
/// and "code_frac".
fn without_a_stranger(group: Group, lines: &Lines) -> Group {
    let sum_up = |columns: &Vec<usize>| lines.sum_up(columns, lines.rounding(columns));
    if sum_up(&group.columns) {
        return group;
    }
    let without = |i: &usize| group.columns.iter().copied().filter(|column| column != i).collect::<Vec<_>>();
    let mut found = group.columns.iter().map(without).filter(sum_up);
    match (found.next(), found.next()) {
        (Some(columns), None) => Group { columns, ..group },
        _ => group,
    }
}

/// Columns that sum to 1 exactly wherever they stand: three or more, or any that other columns are called after, as the
/// losses on domains are; or any two.
fn scattered(table: &Table, candidates: &[&Column], lines: &Lines, any_two: bool) -> Option<Group> {
    /// The subsets of more are too many.
    const MOST: usize = 14;
    /// On fewer lines numbers sum to 1 by chance.
    const FEWEST_LINES: usize = 4;
    if !(2..=MOST).contains(&candidates.len()) || lines.values.len() < FEWEST_LINES {
        return None;
    }
    let columns: Vec<usize> = candidates.iter().map(|column| column.idx).filter(|&i| !lines.are_zero(i)).collect();
    let gives_names = |&column: &usize| {
        let own = &table.header()[column];
        table.header().iter().any(|name| super::names::has_words_of(name, own))
    };
    let of_subset = |bits: u32| -> Vec<usize> {
        columns.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, column)| *column).collect()
    };
    let first: Vec<f64> = columns.iter().map(|&column| lines.of(0, column)).collect();
    let is_whole = |bits: &u32| {
        let sum: f64 = first.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, value)| value).sum();
        [1.0, 100.0].iter().any(|whole| (sum / whole - 1.0).abs() < SUM_TOLERANCE)
    };
    let found = (1..1u32 << columns.len()).filter(is_whole).map(of_subset).filter(|columns| {
        (columns.len() > 2 || columns.len() == 2 && (any_two || columns.iter().all(gives_names)))
            && !lines.is_constant(columns)
            && !lines.is_one_alone(columns)
            && lines.sum_up(columns, EXACT)
    });
    let columns = found.max_by_key(Vec::len)?;
    Some(Group { columns, stem: Stem::Nothing, is_named: false })
}

/// Disjoint groups of at least two columns that sum to 1 (or 100): of names that begin or end alike, all candidates,
/// or side by side; the largest first.
fn groups_by_sum(candidates: &[&Column], lines: &Lines, nearness: Nearness) -> Vec<Group> {
    let reach = |columns: &[usize]| match nearness {
        Nearness::Exact => EXACT,
        Nearness::Rounded => lines.rounding(columns),
        Nearness::Near => NEAR,
    };
    let mut by_stem: BTreeMap<Stem, Vec<usize>> = BTreeMap::new();
    for column in candidates {
        for (at, separator) in column.name.match_indices(SEPARATORS) {
            let end = at + separator.len();
            if at > 0 && end < column.name.len() {
                by_stem.entry(Stem::Start(column.name[..end].to_string())).or_default().push(column.idx);
                by_stem.entry(Stem::End(column.name[at..].to_string())).or_default().push(column.idx);
            }
        }
    }
    let mut sets: Vec<Group> = by_stem
        .into_iter()
        .map(|(stem, columns)| Group { columns, stem, is_named: false })
        .chain([Group {
            columns: lines.without_zeros(candidates.iter().map(|column| column.idx).collect()),
            stem: Stem::Nothing,
            is_named: false,
        }])
        .filter(|group| lines.sum_up(&group.columns, reach(&group.columns)))
        .collect();
    let mut found = Vec::new();
    let mut free: BTreeSet<usize> = candidates.iter().map(|column| column.idx).collect();
    loop {
        sets.retain(|group| group.columns.iter().all(|column| free.contains(column)));
        let in_order: Vec<usize> = free.iter().copied().collect();
        let stretch = in_order
            .chunk_by(|a, b| a + 1 == *b)
            .filter_map(|run| longest_stretch(run, lines, &reach))
            .map(|columns| Group { columns: lines.without_zeros(columns), stem: Stem::Nothing, is_named: false })
            .filter(|group| group.columns.len() > 1);
        // Of equals the one with a stem, then the leftmost.
        let rank = |group: &Group| {
            let kind = match group.stem {
                Stem::Start(_) => 0,
                Stem::End(_) => 1,
                Stem::Nothing => 2,
            };
            (group.columns.len(), std::cmp::Reverse((kind, group.columns.first().copied())))
        };
        let Some(next) = sets.iter().cloned().chain(stretch).max_by_key(rank) else { break };
        next.columns.iter().for_each(|column| {
            free.remove(column);
        });
        found.push(next);
    }
    found
}

/// The longest stretch of at least two columns, side by side, that sums to 1 (or 100).
fn longest_stretch(run: &[usize], lines: &Lines, reach: &impl Fn(&[usize]) -> Reach) -> Option<Vec<usize>> {
    let n = run.len();
    // Sums up to each column, and how many cells have something in them, so that a stretch's are differences of two. A cell
    // that is no number counts 0 here; of a line that is blank along a stretch nothing is known.
    let cumulated: Vec<Vec<(f64, usize)>> = (0..lines.values.len())
        .map(|line| {
            let mut sums = vec![(0.0, 0)];
            for (i, &column) in run.iter().enumerate() {
                let value = lines.of(line, column);
                let is_blank = lines.blank[line][lines.position[&column]];
                let (sum, present) = sums[i];
                sums.push((sum + if value.is_nan() { 0.0 } else { value }, present + usize::from(!is_blank)));
            }
            sums
        })
        .collect();
    let shortest = if n > MAX_STRETCHES_OF { n } else { 2 };
    (shortest..=n).rev().find_map(|length| {
        (0..=n - length)
            .find(|&from| {
                let sums = cumulated.iter().map(|sums| match (sums[from], sums[from + length]) {
                    ((_, before), (_, after)) if before == after => f64::NAN,
                    ((before, _), (after, _)) => after - before,
                });
                are_mixtures(sums, reach(&run[from..from + length]), SHARE_OF_SUMS)
            })
            .map(|from| run[from..from + length].to_vec())
    })
}

/// Whether so large a share of these sums are those of weights; a sum of what is no number does not count, as long as
/// there are few.
fn are_mixtures(sums: impl Iterator<Item = f64>, [of_one, of_hundred]: Reach, share: f64) -> bool {
    let (mut n, mut n_good, mut n_unknown) = (0, 0, 0);
    for sum in sums {
        if sum.is_nan() {
            n_unknown += 1;
            continue;
        }
        n += 1;
        n_good += usize::from((sum - 1.0).abs() <= of_one || (sum / 100.0 - 1.0).abs() <= of_hundred);
    }
    n > 0 && n_unknown <= n && n_good as f64 >= share * n as f64
}

/// One of groups that hold the same numbers is enough.
fn without_copies(groups: &mut Vec<Group>, lines: &Lines) {
    let numbers = |group: &Group| -> Vec<Vec<u64>> {
        let of_line = |line: usize| group.columns.iter().map(|&column| lines.of(line, column).to_bits()).collect();
        (0..lines.values.len()).map(of_line).collect()
    };
    let mut seen = Vec::new();
    groups.retain(|group| {
        let own = numbers(group);
        let is_new = !seen.contains(&own);
        seen.push(own);
        is_new
    });
}

/// Words for one of several stages of a training; digits behind them do not count.
const STAGES: &[&str] = &[
    "phase",
    "stage",
    "part",
    "period",
    "segment",
    "pretrain",
    "pretraining",
    "midtrain",
    "midtraining",
    "mid",
    "anneal",
    "annealing",
    "cooldown",
    "decay",
    "stable",
    "warmup",
    "early",
    "late",
    "first",
    "second",
    "third",
    "start",
    "end",
    "initial",
    "init",
    "final",
    "main",
    "before",
    "after",
    "finetune",
    "sft",
    "cpt",
    "p",
    "s",
    "ph",
];

/// Whether a name has a word for a stage.
pub(super) fn is_stage(name: &str) -> bool {
    // "phaseA" is two words.
    let parted = super::names::words(name);
    words(name).chain(parted.iter().map(String::as_str)).any(|word| {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        (bare.len() > 2 || bare.len() < word.len()) && STAGES.iter().any(|stage| bare.eq_ignore_ascii_case(stage))
    })
}

/// A stem without its words for a weight: "pretrain_mix" → "pretrain".
fn without_weight(stem: &str) -> String {
    let kept: Vec<&str> = words(stem).filter(|word| !is_weight_word(word)).collect();
    if kept.is_empty() || kept.len() == words(stem).count() { stem.to_string() } else { kept.join("_") }
}

/// The stages, if the groups are the same domains in each of them.
fn stages<'a>(groups: &[Group], name: impl Fn(usize) -> &'a str) -> Option<Vec<Stage>> {
    let stages: Vec<Stage> = groups
        .iter()
        .map(|group| {
            let domains = group.columns.iter().map(|&column| (group.stem.rest(name(column)).to_string(), column));
            Stage { name: without_weight(group.stem.text()), domains: domains.collect() }
        })
        .collect();
    let keys = |stage: &Stage| stage.domains.iter().map(|(domain, _)| key(domain)).collect::<BTreeSet<_>>();
    let first = keys(stages.first()?);
    let are_stages = stages.len() > 1 && stages.iter().all(|stage| keys(stage) == first && is_stage(&stage.name));
    are_stages.then_some(stages)
}

/// The columns of a group as a person would name them, and as an option does.
fn names(table: &Table, group: &Group) -> (String, Vec<String>) {
    let all: Vec<String> = group.columns.iter().map(|&column| table.header()[column].clone()).collect();
    let pattern = match &group.stem {
        Stem::Start(_) => Some(format!("{}*", &all[0][..all[0].len() - group.stem.rest(&all[0]).len()])),
        Stem::End(_) => Some(format!("*{}", &all[0][group.stem.rest(&all[0]).len()..])),
        Stem::Nothing => None,
    };
    let is_whole = |pattern: &String| {
        let matching = table.header().iter().filter(|name| Answer::matches(pattern, name));
        matching.eq(all.iter())
    };
    const MOST: usize = 4;
    let mut listed: Vec<String> = all.iter().take(MOST).map(|name| excerpt(name)).collect();
    if all.len() > MOST {
        listed.push(format!("… ({} columns)", all.len()));
    }
    match pattern.filter(is_whole) {
        Some(pattern) if all.len() > 1 => (listed.join(", "), vec![pattern]),
        _ => (listed.join(", "), all),
    }
}

/// What gives columns a role, by their places.
fn are(header: &[String], columns: &[usize], role: Role) -> Vec<Answer> {
    columns.iter().map(|&i| Answer::Role(header[i].clone(), role)).collect()
}

/// What gives all columns of a group a role.
fn all_are(columns: &[String], role: Role) -> Vec<Answer> {
    columns.iter().map(|column| Answer::Role(column.clone(), role)).collect()
}

/// Which of several groups is the mixture?
fn which(table: &Table, groups: &[Group]) -> Question {
    // What is named for the training comes first, what is named for something else last.
    let rank = |group: &&Group| {
        let has =
            |all: &[&str]| words(group.stem.text()).any(|word| all.iter().any(|one| word.eq_ignore_ascii_case(one)));
        match () {
            () if has(&["train", "training", "sampling", "actual"]) => 0,
            () if has(&[
                "eval",
                "val",
                "valid",
                "validation",
                "test",
                "target",
                "reference",
                "ref",
                "prior",
                "natural",
            ]) =>
            {
                2
            }
            () => 1,
        }
    };
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_by_key(rank);
    let named: Vec<(String, Vec<String>)> = groups.iter().map(|group| names(table, group)).collect();
    let text = format!(
        "{} groups of columns each sum to 1: {}. Which one is the mixture that the runs were trained on?",
        groups.len(),
        named.iter().map(|(listed, _)| listed.as_str()).collect::<Vec<_>>().join("; ")
    );
    let one = |i: usize| {
        let mut answers = all_are(&named[i].1, Role::Weight);
        for (j, (_, columns)) in named.iter().enumerate() {
            // A domain without parts is in both of two levels.
            let others: Vec<String> = columns.iter().filter(|own| !named[i].1.contains(own)).cloned().collect();
            answers.extend((j != i).then(|| all_are(&others, Role::Ignored)).into_iter().flatten());
        }
        (named[i].0.clone(), answers)
    };
    let none = named.iter().flat_map(|(_, columns)| all_are(columns, Role::Ignored)).collect();
    Question::new(text, (0..groups.len()).map(one).chain([("none of them".to_string(), none)]))
}

/// Is this group the mixture at all?
/// Whether the names of a group are all of a model, a machine or a training, and of no kind of text.
fn is_of_recipe(table: &Table, group: &Group) -> bool {
    let name = |i: usize| table.header()[i].as_str();
    group.columns.iter().all(|&i| may_be_recipe(name(i))) && !group.columns.iter().any(|&i| words(name(i)).any(is_text))
}

fn doubtful(table: &Table, group: &Group, lines: &Lines, nearness: Nearness) -> Question {
    let (listed, columns) = names(table, group);
    let sums: Vec<f64> = lines.sums(&group.columns).filter(|sum| !sum.is_nan()).collect();
    let ends =
        sums.iter().fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), &sum| (least.min(sum), most.max(sum)));
    let number = |value: f64| crate::units::write_number(value, 4);
    let text = match nearness {
        _ if is_of_recipe(table, group) => {
            format!(
                "{listed} sum to {}, but their names may be of how the runs were trained. Are they the mixture?",
                number(ends.1)
            )
        }
        Nearness::Near => format!(
            "{listed} sum to nearly 1 ({} to {}), but no name says that they are weights. Are they the mixture?",
            number(ends.0),
            number(ends.1)
        ),
        _ if !lines.is_constant(&group.columns) && !lines.is_one_alone(&group.columns) => format!(
            "{listed} sum to {} on every line, but stand apart, and no name says that they are weights. Are they the \
             mixture?",
            number(ends.1)
        ),
        _ if !lines.is_constant(&group.columns) => format!(
            "{listed} sum to {}, but one of them is nearly the whole on every line, and no name says that they are \
             weights. Are they the mixture?",
            number(ends.1)
        ),
        _ => format!(
            "{listed} sum to {} but are the same on every line, and no name says that they are weights. Are they the \
             mixture?",
            number(ends.1)
        ),
    };
    let yes = all_are(&columns, Role::Weight);
    let no = all_are(&columns, Role::Ignored);
    Question::new(text, [("yes, the mixture".to_string(), yes), ("no".to_string(), no)])
}
