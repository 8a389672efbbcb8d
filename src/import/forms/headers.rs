//! What stands between the names and the numbers: a second line of names, a line of units; and cells that are blank
//! since they are as the one above.

use std::borrow::Cow;
use std::collections::HashSet;

use super::derive::size_in;
use crate::import::guess::is_known;
use crate::import::issue::{Cause, Issues};
use crate::import::names;
use crate::import::table::{Row, SECTION, Table};
use crate::units::{is_missing, try_number};

/// Lines of names below the first one: pandas writes a level of columns on each, and its index's name.
const MOST_BELOW: usize = 3;

/// The table with one line of names.
pub(super) fn in_one_line(mut table: Table, issues: &mut Issues) -> Table {
    for _ in 0..MOST_BELOW {
        let Some(first) = (table.n_rows() > 1).then(|| table.row(0)) else { break };
        let header = if is_units(&table, first) {
            with_units(&table, first)
        } else if is_of_names(&table, first) {
            issues.push(Cause::TwoHeaders { line: first.line() }.of_text());
            with_second(&table, first)
        } else {
            break;
        };
        table = table.of_rows(|row| row.row_idx() > 0);
        for (i, name) in header.iter().enumerate() {
            table = table.renamed(i, name);
        }
    }
    table
}

/// Whether a column has no name of its own.
fn is_nameless(table: &Table, i: usize) -> bool {
    let name = &table.header()[i];
    *name == format!("column {}", i + 1) || name.starts_with("Unnamed: ")
}

/// Whether a line says in what the columns below it are counted.
fn is_units(table: &Table, row: Row) -> bool {
    const UNITS: [&str; 17] = [
        "",
        "-",
        "%",
        "params",
        "parameters",
        "tokens",
        "tok",
        "nats",
        "bits",
        "flops",
        "nats/token",
        "bits/byte",
        "bpb",
        "frac",
        "fraction",
        "count",
        "1",
    ];
    let is_unit = |cell: &str| {
        if cell != "1" && try_number(cell, table.layout().decimal).is_some() {
            return false;
        }
        let cell = cell.trim_matches(['(', ')', '[', ']', ' ']).to_lowercase();
        UNITS.contains(&cell.as_str()) || !cell.contains('(') && names::scale_of(&format!("x ({cell})")).is_some()
    };
    let cells: Vec<&str> = row.cells().collect();
    cells.iter().all(|cell| is_unit(cell)) && cells.iter().any(|cell| !is_missing(cell) && *cell != "1") && {
        // Names without a unit between them would be a second line of names.
        has_numbers(table, table.row(1))
    }
}

fn with_units(table: &Table, row: Row) -> Vec<String> {
    let name = |(i, name): (usize, &String)| {
        let unit = row.cell(i).trim_matches(['(', ')', '[', ']', ' ']);
        if is_missing(unit) || unit == "1" { name.clone() } else { format!("{name} ({unit})") }
    };
    table.header().iter().enumerate().map(name).collect()
}

/// Whether a line is a second one of names: no number in it, at least one where the first line has none or has one that
/// came before, and numbers below it.
fn is_of_names(table: &Table, row: Row) -> bool {
    let decimal = table.layout().decimal;
    let n = table.header().len();
    let is_text = |i: &usize| !is_missing(row.cell(*i)) && try_number(row.cell(*i), decimal).is_none();
    let is_blank = |i: &usize| row.cell(*i).is_empty();
    let named: Vec<usize> = (0..n).filter(is_text).collect();
    let mut seen = HashSet::new();
    let is_needed = table.header().iter().enumerate().any(|(i, name)| is_nameless(table, i) || !seen.insert(name));
    let all_text = (0..n).all(|i| is_text(&i) || is_blank(&i));
    let names_the_index = named == [0] && (1..n).all(|i| is_blank(&i));
    let below = (1..table.n_rows().min(1 + MOST_BELOW)).any(|i| has_numbers(table, table.row(i)));
    all_text && below && (is_needed && 2 * named.len() >= n || names_the_index && is_nameless(table, 0))
        // A line of words in a table of words is data.
        && (0..n).filter(|i| try_number(table.row(table.n_rows() / 2).cell(*i), decimal).is_some()).count() * 2 >= n
}

fn has_numbers(table: &Table, row: Row) -> bool {
    row.cells().any(|cell| try_number(cell, table.layout().decimal).is_some())
}

/// Both lines' names as one: "loss" above "web" is "loss/web"; a name stands for the columns right of it that have none.
fn with_second(table: &Table, row: Row) -> Vec<String> {
    let mut above = "";
    let mut names = Vec::new();
    for (i, own) in table.header().iter().enumerate() {
        let (nameless, second) = (is_nameless(table, i), row.cell(i));
        // In the first column it is the name of the index, if of any.
        let spans = nameless && i > 0 && !second.is_empty();
        if !nameless {
            above = own;
        }
        names.push(match (nameless && !spans || above.is_empty(), second) {
            (_, "") => own.clone(),
            (true, second) => second.to_string(),
            (false, second) if second == above => second.to_string(),
            (false, second) => format!("{above}/{second}"),
        });
    }
    names
}

/// Lines of a single cell more than these are data.
const MOST_NOTES: usize = 50;

/// The table without the lines on which its names stand again, as where tables were put together.
pub(super) fn without_repeated(table: Table, issues: &mut Issues) -> Table {
    let table = in_one_order(table, issues);
    let header = || table.header().iter().take_while(|name| *name != SECTION);
    // Of a table that pandas printed, the first name may be that of the index, which is blank.
    let is_name = |(i, (cell, name)): (usize, (&str, &String))| cell == name || i == 0 && cell.is_empty();
    let is_again = |row: &Row| row.cells().count() > 1 && row.cells().zip(header()).enumerate().all(is_name);
    let n = table.rows().filter(is_again).count();
    let Some(first) = table.rows().find(is_again).filter(|_| n < table.n_rows()).map(Row::line) else { return table };
    let what = format!("the names of the columns stand again on {n} of its lines, the first is line {first}: skipped");
    let kept = table.of_rows(|row| !is_again(row));
    issues.push(Cause::Made { what }.of_text());
    kept
}

/// The table with all lines in the order of its names: where these stand again in another one, what is below them moves.
fn in_one_order(table: Table, issues: &mut Issues) -> Table {
    let names: Vec<&str> = table.header().iter().take_while(|name| *name != SECTION).map(String::as_str).collect();
    let all: HashSet<&str> = names.iter().copied().collect();
    if names.len() < 2 || all.len() < names.len() {
        return table;
    }
    let order_of = |row: Row| -> Option<Vec<usize>> {
        let own = || (0..names.len()).map(|i| row.cell(i));
        if !own().all(|cell| all.contains(cell)) || own().eq(names.iter().copied()) {
            return None;
        }
        names.iter().map(|name| own().position(|cell| cell == *name)).collect()
    };
    let orders: Vec<(usize, Vec<usize>)> =
        table.rows().filter_map(|row| Some((row.row_idx(), order_of(row)?))).collect();
    let Some((first, _)) = orders.first() else { return table };
    let line = table.row(*first).line();
    let what = format!(
        "the names of the columns stand again in another order on line {line}: the lines below it are read in that order"
    );
    issues.push(Cause::Made { what }.of_text());
    let is_names = |row: Row| (0..names.len()).all(|i| row.cell(i) == names[i]);
    let mut order: Option<&Vec<usize>> = None;
    table.with_rows(|row| {
        if let Ok(at) = orders.binary_search_by_key(&row.row_idx(), |(row_idx, _)| *row_idx) {
            order = Some(&orders[at].1);
        } else if is_names(row) {
            order = None;
        }
        let n_cells = row.cells().count().max(names.len());
        let place = |i: usize| order.and_then(|order| order.get(i).copied()).unwrap_or(i);
        (0..n_cells).map(|i| Cow::Borrowed(row.cell(place(i)))).collect()
    })
}

/// The table without a column that only stands for others that were not printed.
pub(super) fn without_gaps(table: Table, issues: &mut Issues) -> Table {
    let are_dots = |text: &str| matches!(text.trim(), "..." | ".." | "…" | "⋯");
    let is_gap = |i: usize| are_dots(&table.header()[i]) && table.rows().all(|row| are_dots(row.cell(i)));
    let kept: Vec<usize> = (0..table.header().len()).filter(|&i| !is_gap(i)).collect();
    if kept.len() == table.header().len() {
        return table;
    }
    issues.push(Cause::ColumnsUnprinted.of_text());
    let header = kept.iter().map(|&i| table.header()[i].clone()).collect();
    let rows = table.rows().map(|row| (row.line(), kept.iter().map(|&i| row.cell(i).to_string()).collect()));
    Table::of_cells(header, rows).in_decimals_of(&table)
}

/// Whether a table is what pandas' `describe` prints: means, spreads and ends of columns, and no run.
pub(super) fn is_summary(table: &Table) -> bool {
    let of_names = |names: &mut dyn Iterator<Item = &str>| {
        let words: Vec<String> = names.map(summary_word).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        words.len() > 3 && words.iter().all(|word| is_summary_word(word)) && has(&MEANS) && has(&SPREADS)
    };
    of_names(&mut table.rows().map(|row| row.cell(0)))
        || of_names(&mut table.header().iter().skip(1).map(String::as_str))
}

/// The table without notes, means over its runs and titles within it. A title that stands above every run is a column
/// of its own: "70M models" says what is below it.
pub(super) fn without_notes(table: Table, issues: &mut Issues) -> Table {
    let decimal = table.layout().decimal;
    if table.header().len() < 3 || table.n_rows() == 0 {
        return table;
    }
    // "70M parameters" is a number too.
    let is_text = |cell: &str| !is_missing(cell) && (try_number(cell, decimal).is_none() || cell.contains(' '));
    let n_filled = |row: &Row| row.cells().filter(|cell| !cell.is_empty()).count();
    // "70M" alone above other runs is one as well.
    let are_sizes = n_filled(&table.row(0)) == 1 && size_in(table.row(0).cell(0)).is_some();
    let is_size = |cell: &str| are_sizes && size_in(cell).is_some();
    let is_title = |row: &Row| n_filled(row) == 1 && (is_text(row.cell(0)) || is_size(row.cell(0)));
    // At the end a line may be full of means; anywhere else a full line is a run of such a name.
    let n_rows = table.n_rows();
    let first_at_end = (0..n_rows).rev().find(|&i| !is_summary_word(table.row(i).cell(0))).map_or(0, |last| last + 1);
    let is_summary = |i: &usize| {
        let row = table.row(*i);
        // "25%" with a blank beside it may be a share.
        let is_partial = || n_filled(&row) < table.header().len() && percentile(row.cell(0)).is_none();
        is_summary_word(row.cell(0)) && (is_partial() || *i >= first_at_end && is_summary_of(&table, row, first_at_end))
    };
    // By their places, since all of a table may stand on one line of the text.
    let mut summaries: Vec<usize> = (0..n_rows).filter(is_summary).collect();
    if summaries.is_empty() && is_mean_of_all(&table) {
        summaries.push(n_rows - 1);
    }
    let predictions = predictions(&table);
    let is_mean = |i: usize| summaries.binary_search(&i).is_ok();
    let is_prediction = |i: usize| predictions.contains(&i);
    let is_left_out = |i: &usize| is_title(&table.row(*i)) || is_mean(*i) || is_prediction(*i);
    let left_out: Vec<usize> = (0..n_rows).filter(is_left_out).take(MOST_NOTES + 1).collect();
    let (Some(&first), true) = (left_out.first(), left_out.len() <= MOST_NOTES) else { return table };
    if left_out.len() == table.n_rows() {
        return table;
    }
    let line = |i: usize| table.row(i).line();
    let kept = table.of_rows(|row| left_out.binary_search(&row.row_idx()).is_err());
    let titles = table.rows().filter(is_title).count();
    if (titles > 1 || are_sizes) && is_title(&table.row(0)) {
        let mut title = "";
        let mut column = Vec::new();
        for row in table.rows() {
            match left_out.binary_search(&row.row_idx()) {
                Ok(_) if is_title(&row) => title = row.cell(0),
                Ok(_) => {}
                Err(_) => column.push(title.to_string()),
            }
        }
        issues.push(Cause::Titles { lines: titles, first: line(first) }.of_text());
        return kept.with_columns(&[(SECTION.to_string(), column)]);
    }
    if let Some(&first) = summaries.first() {
        issues.push(Cause::Summaries { lines: summaries.len(), first: line(first) }.of_text());
    }
    if let Some(&first) = predictions.first() {
        issues.push(Cause::Predictions { lines: predictions.len(), first: line(first) }.of_text());
    }
    let mut notes = left_out.iter().filter(|&&i| !is_mean(i) && !is_prediction(i));
    if let Some(&first) = notes.next() {
        issues.push(Cause::Around { lines: 1 + notes.count(), first: line(first) }.of_text());
    }
    kept
}

/// Names of lines that hold a mean or the like over the others.
const MEANS: [&str; 37] = [
    "average",
    "mean",
    "avg",
    "avg.",
    "overall",
    "ø",
    "mittelwert",
    "moyenne",
    "promedio",
    "durchschnitt",
    "mittel",
    "gem.",
    "gemiddelde",
    "μ",
    "µ",
    "x̄",
    "均值",
    "平均",
    "平均值",
    "平均値",
    "평균",
    "среднее",
    "média",
    "moy",
    "moy.",
    "średnia",
    "geomean",
    "gmean",
    "geometric mean",
    "macro avg",
    "macro average",
    "micro avg",
    "wtd avg",
    "weighted avg",
    "weighted mean",
    "weighted average",
    "arithmetic mean",
];
const SPREADS: [&str; 9] =
    ["std", "stdev", "std.", "std dev", "sd", "standard deviation", "standardabweichung", "标准差", "stddev"];

/// What a line's name says of the others: "Mean (n=8):", "~avg", "mean of above", "average run" are all a mean.
fn summary_word(cell: &str) -> String {
    const BESIDE: [&str; 9] = ["of", "above", "run", "runs", "all", "the", "over", "across", "models"];
    let lower = cell.to_lowercase();
    let lower = lower.split(['(', '[', '±']).next().unwrap_or_default();
    let words = lower.split(|c: char| c.is_whitespace() || matches!(c, ':' | '~' | '_'));
    words.filter(|word| !word.is_empty() && !BESIDE.contains(word)).collect::<Vec<_>>().join(" ")
}

/// The share of the runs that a percentile is above: 0.25 of "25%".
fn percentile(word: &str) -> Option<f64> {
    word.strip_suffix('%')?.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent)).map(|p| p / 100.0)
}

fn is_summary_word(cell: &str) -> bool {
    const OTHERS: [&str; 9] = ["median", "total", "sum", "min", "max", "count", "summe", "合计", "итого"];
    cell.len() < 32 && {
        let word = summary_word(cell);
        percentile(&word).is_some()
            || [&MEANS[..], &SPREADS[..], &OTHERS[..]].iter().any(|words| words.contains(&word.as_str()))
    }
}

/// Whether all numbers of the last line, of several that differ between the runs, are the means of those above it: no run
/// is, whatever it is called.
fn is_mean_of_all(table: &Table) -> bool {
    const FEWEST_RUNS: usize = 4;
    const FEWEST_NUMBERS: usize = 3;
    /// Of three digits.
    const ROUNDING: f64 = 6e-3;
    let decimal = table.layout().decimal;
    let Some(n_runs) = table.n_rows().checked_sub(1).filter(|n| *n >= FEWEST_RUNS) else { return false };
    let mut n_varying = 0;
    for i in 0..table.header().len() {
        let Some(own) = try_number(table.row(n_runs).cell(i), decimal) else { continue };
        let (mut n, mut sum, mut ends) = (0, 0.0, (f64::INFINITY, f64::NEG_INFINITY));
        for number in (0..n_runs).filter_map(|run| try_number(table.row(run).cell(i), decimal)) {
            (n, sum, ends) = (n + 1, sum + number, (ends.0.min(number), ends.1.max(number)));
        }
        if n == 0 || (sum / n as f64 - own).abs() > ROUNDING * own.abs() {
            return false;
        }
        n_varying += usize::from(ends.1 - ends.0 > 10.0 * ROUNDING * own.abs());
    }
    n_varying >= FEWEST_NUMBERS
}

/// The last lines that by their names are predictions, or goals of sizes that no run has.
fn predictions(table: &Table) -> Vec<usize> {
    const WORDS: [&str; 6] = ["predicted", "prediction", "extrapolated", "extrapolation", "forecast", "projected"];
    const GOALS: [&str; 3] = ["target", "goal", "proposed"];
    let decimal = table.layout().decimal;
    let n = table.n_rows();
    let number = |row: usize, i: usize| try_number(table.row(row).cell(i), decimal);
    let is_beyond = |row: usize| {
        let largest = |i: usize| (0..row).filter_map(|above| number(above, i)).fold(0.0, f64::max);
        let columns = 1..table.header().len();
        columns.filter(|&i| number(row, i).is_some_and(|own| own > largest(i) && largest(i) > 0.0)).count() > 1
    };
    let is_one = |row: usize| {
        let words = names::words(table.row(row).cell(0));
        words.iter().any(|word| WORDS.contains(&word.as_str()))
            || words.first().is_some_and(|word| GOALS.contains(&word.as_str())) && is_beyond(row)
    };
    let found: Vec<usize> = (0..n).rev().take_while(|&row| is_one(row)).collect();
    if 2 * found.len() > n { Vec::new() } else { found.into_iter().rev().collect() }
}

/// Whether most numbers of a line are what its name says of those on the first lines: a run may be called "mean" as well.
fn is_summary_of(table: &Table, row: Row, n_runs: usize) -> bool {
    /// As few digits come.
    const ROUNDING: f64 = 0.02;
    let decimal = table.layout().decimal;
    let word = summary_word(row.cell(0));
    let is_of_column = |i: usize| {
        let own = try_number(row.cell(i), decimal)?;
        let mut runs: Vec<f64> = (0..n_runs).filter_map(|run| try_number(table.row(run).cell(i), decimal)).collect();
        crate::order::sort(&mut runs);
        let (least, most) = (*runs.first()?, *runs.last()?);
        let (n, sum, middle) = (runs.len() as f64, runs.iter().sum::<f64>(), runs.len() / 2);
        let squares = runs.iter().map(|x| (x - sum / n).powi(2)).sum::<f64>();
        let values = match word.as_str() {
            word if MEANS.contains(&word) => [sum / n; 2],
            word if SPREADS.contains(&word) => [(squares / n).sqrt(), (squares / (n - 1.0)).sqrt()],
            "median" => [0.5 * (runs[middle] + runs[runs.len() - 1 - middle]); 2],
            "min" => [least; 2],
            "max" => [most; 2],
            "count" => [n; 2],
            word => match percentile(word).map(|share| share * (n - 1.0)) {
                Some(place) => {
                    let (below, above) = (runs[place.floor() as usize], runs[place.ceil() as usize]);
                    [below + (above - below) * place.fract(); 2]
                }
                None => [sum; 2],
            },
        };
        Some(values.iter().any(|value| (value - own).abs() <= ROUNDING * value.abs()))
    };
    let are: Vec<bool> = (1..table.header().len()).filter_map(is_of_column).collect();
    2 * are.iter().filter(|is| **is).count() > are.len()
}

/// A single size or number of tokens stands for all lines below it if these are as many.
const FEWEST_BELOW: usize = 2;

/// Share of a column's cells that is blank at least where blanks are "as above".
const SHARE_OF_BLANKS: f64 = 0.3;

/// The table with cells that are blank since they are as the one above: in columns of names, N and D whose cells, where
/// there is one, are all different, and in those of N and D that are blank on the same lines. A blank weight or loss is
/// none of these.
pub(super) fn filled_down(table: Table, issues: &mut Issues) -> Table {
    let decimal = table.layout().decimal;
    let may_be = |i: usize| {
        let name = table.header()[i].as_str();
        names::count(name).is_some()
            || matches!(names::words(name).join(" ").as_str(), "n" | "d" | "model" | "size" | "group")
    };
    let is_filled = |i: usize| {
        let name = table.header()[i].as_str();
        let (mut present, mut blank) = (Vec::new(), 0);
        for (row_idx, row) in table.rows().enumerate() {
            match row.cell(i) {
                "" if row_idx == 0 => return false,
                "" => blank += 1,
                cell => present.push(cell),
            }
        }
        let is_word = || present.iter().all(|cell| try_number(cell, decimal).is_none()) && !is_known(name);
        let n = table.n_rows();
        // Of N and D each value is written where it changes, and may come again; of one above blanks only there must be more.
        let are_changes = may_be(i) && present.windows(2).all(|pair| pair[0] != pair[1]);
        let are_different = present.iter().collect::<HashSet<_>>().len() == present.len();
        blank as f64 >= SHARE_OF_BLANKS * n as f64
            && (present.len() > 1 || may_be(i) && n > FEWEST_BELOW)
            && (are_changes || i == 0 && is_word() && are_different)
    };
    let mut filled: Vec<usize> = (0..table.header().len()).filter(|&i| is_filled(i)).collect();
    let Some(&first) = filled.first() else { return table };
    let is_blank_with_it = |i: usize| table.rows().all(|row| row.cell(i).is_empty() == row.cell(first).is_empty());
    let with_it = (0..table.header().len()).filter(|&i| may_be(i) && !filled.contains(&i) && is_blank_with_it(i));
    filled.extend(with_it.collect::<Vec<_>>());
    filled.sort_unstable();
    let mut last: Vec<&str> = vec![""; table.header().len()];
    let mut rows = Vec::new();
    for row in table.rows() {
        let n_cells = row.cells().count().max(filled.iter().max().map_or(0, |i| i + 1));
        let mut cells: Vec<String> = (0..n_cells).map(|i| row.cell(i).to_string()).collect();
        for &i in &filled {
            if row.cell(i).is_empty() {
                cells[i] = last[i].to_string();
            } else {
                last[i] = row.cell(i);
            }
        }
        rows.push(cells);
    }
    issues.push(Cause::AsAbove { columns: filled.iter().map(|&i| table.header()[i].clone()).collect() }.of_text());
    let mut rows = rows.into_iter();
    table.with_rows(|_| rows.next().unwrap_or_default().into_iter().map(Cow::Owned).collect())
}
