//! Text → table: a header of names and lines of raw cells, each with its line number.
//!
//! A line is split in time proportional to its length, and no line is ever read twice (a quoted cell that is
//! not closed gives up after [`MAX_QUOTED_LINES`]), so the whole is linear in the text. Cells lie behind one
//! another in one string: 100 000 lines take little more memory than their text.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::decode;
use super::issue::{Cause, Issues};
use super::names::count;
use super::sniff::{Delimiter, Layout, is_blank, is_comment, is_rule, sniff_decimal, sniff_delimiter};
use crate::units::{Decimal, excerpt, is_missing, try_number};

/// The column of the titles that stand above the runs.
pub(super) const SECTION: &str = "model section";

/// Longest text: what a browser's memory holds some copies of, and five times the tables seen so far.
pub const MAX_BYTES: usize = 50_000_000;

/// Most columns: wider than any exported study; a line with more is no table.
pub const MAX_COLUMNS: usize = 20_000;

/// Lines over which a quoted cell may reach. A note has a few; more means that a quotation mark is missing.
pub const MAX_QUOTED_LINES: usize = 20;

/// Cells looked at to tell points from commas: enough to be sure, little beside the whole.
const CELLS_LOOKED_AT: usize = 100_000;

/// Names and raw cells of a pasted table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    layout: Layout,
    header: Vec<String>,
    /// All cells, trimmed and unquoted, one behind the other.
    text: String,
    /// End of each cell in `text`.
    ends: Vec<u32>,
    rows: Vec<RowStart>,
    n_left_out: usize,
    /// The first column of a second table that was joined to this one, and its line for each row.
    joined: Option<(usize, Vec<u32>)>,
    /// The columns that others were made of.
    sources: BTreeSet<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct RowStart {
    line: u32,
    first_cell: u32,
}

/// One line of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    row_idx: usize,
}

impl Table {
    /// Splits a text into names and cells. Lines that cannot be part of the table are left out, each with an
    /// issue; if the text is no table at all, an issue says why.
    pub fn parse(text: &str) -> (Option<Table>, Issues) {
        let mut issues = Issues::default();
        if let Err(cause) = decode::check_text(text) {
            issues.push(cause.of_text());
            return (None, issues);
        }
        let mut lines = Lines::new(text.trim_start_matches('\u{FEFF}'));
        let Some(first_line) = lines.seek() else {
            issues.push(Cause::Empty.of_text());
            return (None, issues);
        };
        let (delimiter, n_above) = names_among(&lines);
        let Some(delimiter) = delimiter else {
            issues.push(Cause::OneColumn { name: excerpt(lines.line_text()) }.at_line(first_line));
            return (None, issues);
        };
        for _ in 0..n_above {
            lines.pass_line();
            lines.seek();
        }
        if n_above > 0 {
            issues.push(Cause::Around { lines: n_above, first: first_line }.of_text());
        }
        let header_line = lines.line;
        let mut cells = Vec::new();
        // Names that are blank at the end of the line count where there is something below them.
        let is_piped = delimiter == Delimiter::Pipe;
        let n_written = if is_piped { 0 } else { unquoted(lines.line_text(), delimiter).len().min(MAX_COLUMNS) };
        let n_columns = match lines.take_row(delimiter, &mut cells) {
            Some(columns) if columns <= MAX_COLUMNS => columns,
            Some(columns) => {
                issues.push(Cause::TooWide { columns }.at_line(header_line));
                return (None, issues);
            }
            None => {
                issues.push(Cause::UnclosedQuote.at_line(header_line));
                return (None, issues);
            }
        };
        // "70:20:10" is no name either.
        let is_numbers = |cell: &str| cell.split([':', '/']).all(is_number);
        let named = !cells.iter().all(|cell| cell.is_empty() || is_numbers(cell));
        let commented = lines.names_in_comment(delimiter, &cells, named);
        // Names on two lines: the first may have blanks at its end.
        let n_below = if named && commented.is_none() { lines.n_names_below(delimiter) } else { 0 };
        if n_below > n_columns && n_below <= MAX_COLUMNS {
            cells.resize(n_below, Cow::Borrowed(""));
        }
        let mut table = match &commented {
            Some(names) => Table::empty(header(names, true), delimiter),
            None => Table::empty(header(&cells, named), delimiter),
        };
        if commented.is_some() {
            table.push(header_line, &cells);
        } else if !named {
            issues.push(Cause::NoNames.at_line(header_line));
            table.push(header_line, &cells);
        }
        if named && commented.is_none() && lines.has_row_names_below(delimiter, &table.header) {
            table.header.insert(0, "row name".to_string());
        }
        let mut n_columns = table.header.len();
        let mut titles = vec![lines.last_comment; table.rows.len()];
        while let Some(line) = lines.seek() {
            let title = lines.last_comment;
            let seen = lines.take_row(delimiter, &mut cells);
            while seen.is_some_and(|seen| seen > n_columns && seen <= n_written) {
                n_columns += 1;
                table.header.push(format!("column {n_columns}"));
            }
            match seen {
                None => issues.push(Cause::UnclosedQuote.at_line(line)),
                Some(seen) if seen > n_columns => {
                    issues.push(Cause::TooManyCells { seen, expected: n_columns }.at_line(line));
                }
                Some(_) => {
                    table.push(line, &cells);
                    titles.push(title);
                }
            }
        }
        table.n_left_out = issues.n_errors();
        let n_names = usize::from(commented.is_some());
        let comments = lines.comments.map(|(first, n)| (first, n - n_names)).filter(|(_, n)| *n > 0);
        if let Some((first, lines)) = comments {
            if let Some(titles) = titles_of_blocks(&titles) {
                table = table.with_columns(&[(SECTION.to_string(), titles)]);
                issues.push(Cause::CommentTitles { lines, first }.of_text());
            } else {
                issues.push(Cause::Comments { lines, first }.of_text());
            }
        }
        if table.rows.is_empty() && table.n_left_out == 0 {
            issues.push(Cause::NoRows { columns: n_columns }.at_line(header_line));
        }
        let n_looked_at = CELLS_LOOKED_AT / n_columns.max(1);
        table.layout.decimal = sniff_decimal(delimiter, table.sample(n_looked_at).flat_map(Row::cells));
        (Some(table), issues)
    }

    /// How the text is laid out.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The columns' names; "column 3" where there is none.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many lines could not be split into its columns and are left out.
    pub fn n_left_out(&self) -> usize {
        self.n_left_out
    }

    /// Number of lines below the names that are kept.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The line of that index, counted from 0.
    ///
    /// # Panics
    /// When read, if there are not so many.
    pub fn row(&self, row_idx: usize) -> Row<'_> {
        Row { table: self, row_idx }
    }

    /// All lines, in the order of the text.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|row_idx| self.row(row_idx))
    }

    /// The table as a text of plain cells, one of them changed: `(row, column, cell)`. Comments and blank lines are gone;
    /// the row of index i stands on line [`Table::line_in_text`].
    pub fn to_text(&self, change: Option<(usize, usize, &str)>) -> String {
        let delimiter = match self.layout.delimiter {
            Delimiter::Pipe => Delimiter::Tab,
            other => other,
        };
        let delimiter = char::from(delimiter.byte());
        let mut text = String::with_capacity(self.text.len() + self.text.len() / 4);
        push_line(&mut text, self.header.iter().map(String::as_str), delimiter);
        for (row_idx, row) in self.rows().enumerate() {
            let change = change.filter(|(changed, ..)| *changed == row_idx);
            let n_cells = row.cells().count().max(change.map_or(1, |(_, column_idx, _)| column_idx + 1));
            let cell = |column_idx| match change {
                Some((_, changed, cell)) if changed == column_idx => cell,
                _ => row.cell(column_idx),
            };
            push_line(&mut text, (0..n_cells).map(cell), delimiter);
        }
        text
    }

    /// The same with another name for a column; a column that it does not have is not named.
    pub fn renamed(mut self, column_idx: usize, name: &str) -> Self {
        if let Some(own) = self.header.get_mut(column_idx) {
            *own = name.to_string();
        }
        self
    }

    /// Row and column of the cell on this line of the text, in the first column of this name.
    pub fn place(&self, line: usize, column: &str) -> Option<(usize, usize)> {
        let column_idx = self.header.iter().position(|name| name == column)?;
        let row_idx = (0..self.n_rows()).find(|&row_idx| self.row(row_idx).line_of(column_idx) == line)?;
        Some((row_idx, column_idx))
    }

    /// The line of [`Table::to_text`] on which a row stands, counted from 1.
    pub fn line_in_text(row_idx: usize) -> usize {
        row_idx + 2
    }

    /// At most so many lines, spread evenly over the table.
    pub(super) fn sample(&self, n_most: usize) -> impl Iterator<Item = Row<'_>> {
        self.rows().step_by(self.rows.len().div_ceil(n_most.max(1)).max(1))
    }
}

impl Table {
    /// A table of these names and lines of cells, each with its line number.
    pub(super) fn of_cells(header: Vec<String>, rows: impl IntoIterator<Item = (usize, Vec<String>)>) -> Self {
        let mut table = Self::empty(header, Delimiter::Comma);
        for (line, cells) in rows {
            let cells: Vec<Cow<str>> = cells.into_iter().map(|cell| Cow::Owned(cell.trim().to_string())).collect();
            table.push(line, &cells);
        }
        table
    }

    /// The same table with other cells.
    pub(super) fn with_cells<'a>(&'a self, mut change: impl FnMut(Row<'a>, &'a str) -> Cow<'a, str>) -> Self {
        self.with_rows(|row| row.cells().map(|cell| change(row, cell)).collect())
    }

    /// The same table with other cells on each line.
    pub(super) fn with_rows<'a>(&'a self, mut change: impl FnMut(Row<'a>) -> Vec<Cow<'a, str>>) -> Self {
        let (text, ends, rows) =
            (String::with_capacity(self.text.len()), Vec::with_capacity(self.ends.len()), Vec::new());
        let (header, joined) = (self.header.clone(), self.joined.clone());
        let Self { layout, n_left_out, .. } = *self;
        let mut table = Self { layout, header, text, ends, rows, n_left_out, joined, sources: self.sources.clone() };
        for row in self.rows() {
            table.push(row.line(), &change(row));
        }
        table
    }

    /// The same table with further columns, each with a cell for every line.
    pub(super) fn with_columns(&self, columns: &[(String, Vec<String>)]) -> Self {
        let (n, mut row_idx) = (self.header.len(), 0);
        let mut table = self.with_rows(|row| {
            let own = (0..n).map(|i| Cow::Borrowed(row.cell(i)));
            let cells = own.chain(columns.iter().map(|(_, cells)| Cow::Owned(cells[row_idx].clone()))).collect();
            row_idx += 1;
            cells
        });
        table.header.extend(columns.iter().map(|(name, _)| name.clone()));
        table
    }

    /// The same, some of its columns having been made of these.
    pub(super) fn made_of(mut self, sources: impl IntoIterator<Item = usize>) -> Self {
        self.sources.extend(sources);
        self
    }

    /// Whether other columns were made of this one.
    pub(super) fn is_source(&self, column_idx: usize) -> bool {
        self.sources.contains(&column_idx)
    }

    /// Only these lines.
    pub(super) fn of_rows(&self, is_kept: impl Fn(&Row) -> bool) -> Self {
        let kept: Vec<Row> = self.rows().filter(is_kept).collect();
        let rows = kept.iter().map(|row| (row.line(), row.cells().map(str::to_string).collect()));
        let table = Self::of_cells(self.header.clone(), rows).in_decimals_of(self).made_of(self.sources.clone());
        match self.joined {
            Some((first, _)) => table.with_lines_of(first, kept.iter().map(|row| row.line_of(first)).collect()),
            None => table,
        }
    }

    /// The lines of another table below its own; what it calls its columns is known by `column_of`.
    pub(super) fn above(&self, other: &Table, column_of: &[usize]) -> Self {
        let own = self.rows().map(|row| (row.line(), row.cells().map(str::to_string).collect()));
        let others = other.rows().map(|row| (row.line(), column_of.iter().map(|&i| row.cell(i).to_string()).collect()));
        let mut table = Self::of_cells(self.header.clone(), own.chain(others)).in_decimals_of(self);
        table.n_left_out += other.n_left_out;
        match (&self.joined, &other.joined) {
            (Some((first, own)), Some((of_other, lines))) if first == of_other => {
                table.with_lines_of(*first, own.iter().chain(lines).map(|&line| line as usize).collect())
            }
            _ => table,
        }
    }

    /// The same, its decimals parted as those of another table.
    pub(super) fn in_decimals_of(mut self, other: &Table) -> Self {
        self.layout.decimal = other.layout.decimal;
        self.n_left_out = other.n_left_out;
        if other.layout.decimal == Decimal::Comma {
            self.layout.delimiter = Delimiter::Semicolon;
        }
        self
    }

    /// The same, its columns from there on being of other lines.
    pub(super) fn with_lines_of(mut self, first_column: usize, lines: Vec<usize>) -> Self {
        self.joined = Some((first_column, lines.into_iter().map(|line| line as u32).collect()));
        self
    }

    /// The same, so many lines further down.
    pub(super) fn shifted(mut self, n_lines: usize) -> Self {
        self.rows.iter_mut().for_each(|row| row.line += n_lines as u32);
        self
    }

    fn empty(header: Vec<String>, delimiter: Delimiter) -> Self {
        let layout = Layout { delimiter, decimal: Decimal::Point };
        Self {
            layout,
            header,
            text: String::new(),
            ends: Vec::new(),
            rows: Vec::new(),
            n_left_out: 0,
            joined: None,
            sources: BTreeSet::new(),
        }
    }

    /// Adds a line. Indices fit 32 bits as long as a text is no longer than [`MAX_BYTES`].
    fn push(&mut self, line: usize, cells: &[Cow<str>]) {
        self.rows.push(RowStart { line: line as u32, first_cell: self.ends.len() as u32 });
        for cell in cells {
            self.text.push_str(cell);
            self.ends.push(self.text.len() as u32);
        }
    }
}

impl<'a> Row<'a> {
    /// Place of the line among those that are kept, counted from 0.
    pub(super) fn row_idx(self) -> usize {
        self.row_idx
    }

    /// Line of the text, counted from 1.
    pub fn line(self) -> usize {
        self.table.rows[self.row_idx].line as usize
    }

    /// Line of the text on which the cell of that column stands.
    pub fn line_of(self, column_idx: usize) -> usize {
        match &self.table.joined {
            Some((first, lines)) if column_idx >= *first => lines[self.row_idx] as usize,
            _ => self.line(),
        }
    }

    /// The cell in that column as it stands in the text, trimmed; empty where the line is shorter.
    pub fn cell(self, column_idx: usize) -> &'a str {
        let range = self.range();
        let cell_idx = range.start + column_idx;
        if !range.contains(&cell_idx) {
            return "";
        }
        let start = if cell_idx == 0 { 0 } else { self.table.ends[cell_idx - 1] as usize };
        &self.table.text[start..self.table.ends[cell_idx] as usize]
    }

    /// The line's cells up to its last that is not blank.
    pub fn cells(self) -> impl Iterator<Item = &'a str> {
        (0..self.range().len()).map(move |column_idx| self.cell(column_idx))
    }

    fn range(self) -> std::ops::Range<usize> {
        let rows = &self.table.rows;
        let end = rows.get(self.row_idx + 1).map_or(self.table.ends.len(), |next| next.first_cell as usize);
        rows[self.row_idx].first_cell as usize..end
    }
}

/// Adds a line of cells; one that would be taken for several is quoted, and a line break in it becomes a space.
fn push_line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>, delimiter: char) {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            text.push(delimiter);
        }
        let cell = cell.replace(['\n', '\r'], " ");
        if cell.contains(['\t', ';', ',', '|', '"', '#']) || cell.is_empty() && i == 0 {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push('\n');
}

fn is_number(cell: &str) -> bool {
    try_number(cell, Decimal::Point).is_some() || try_number(cell, Decimal::Comma).is_some()
}

fn header(cells: &[Cow<str>], named: bool) -> Vec<String> {
    let name = |(i, cell): (usize, &Cow<str>)| match cell.trim_matches(['"', '“', '”', ' ']) {
        name if named && !name.is_empty() => name.to_string(),
        _ => format!("column {}", i + 1),
    };
    cells.iter().enumerate().map(name).collect()
}

/// Comments as titles of the lines below them, one for each line: at least two that differ, each with a number in it, as in
/// "# N = 70M".
fn titles_of_blocks(comments: &[&str]) -> Option<Vec<String>> {
    const MOST: usize = 50;
    let title = |comment: &&str| comment.trim().trim_start_matches(['#', ' ']).trim_end_matches([':', ' ']).to_string();
    let titles: Vec<String> = comments.iter().map(title).collect();
    let different: BTreeSet<&String> = titles.iter().collect();
    let is_title = |title: &&String| title.contains(|c: char| c.is_ascii_digit());
    ((2..=MOST).contains(&different.len()) && different.len() < titles.len() && different.iter().all(is_title))
        .then_some(titles)
}

/// A place in a text that moves from line to line.
struct Lines<'a> {
    text: &'a str,
    /// Start of the line that comes next.
    next: usize,
    /// Its number, from 1.
    line: usize,
    /// Line of the first comment passed, and how many were.
    comments: Option<(usize, usize)>,
    /// The last comment passed.
    last_comment: &'a str,
}

/// Lines above the names that are passed over: a title, what a tool says of itself.
const MOST_ABOVE: usize = 5;

/// What parts the columns, and how many lines stand above that of the names: lines with fewer cells than the names, which
/// have as many as the line below them.
fn names_among(lines: &Lines) -> (Option<Delimiter>, usize) {
    let mut ahead = Lines { text: lines.text, next: lines.next, line: lines.line, comments: None, last_comment: "" };
    let mut next: Vec<&str> = Vec::new();
    while next.len() < MOST_ABOVE + 2 && ahead.seek().is_some() {
        next.push(ahead.line_text());
        ahead.pass_line();
    }
    let cells = |line: &str, delimiter: Delimiter| unquoted(line, delimiter).len();
    let first = sniff_delimiter(next[0]);
    let below_a_title = |&at: &usize| {
        let Some(delimiter) = sniff_delimiter(next[at]) else { return false };
        let n = cells(next[at], delimiter);
        let is_name = |cell: &str| !is_number(cell.trim_matches([' ', '"']));
        n > 1
            && next[..at].iter().all(|above| cells(above, delimiter) < n)
            && unquoted(next[at], delimiter).into_iter().all(is_name)
            && unquoted(next[at], delimiter).iter().filter(|cell| !cell.trim_matches('"').is_empty()).count() > 1
            && next.get(at + 1).is_some_and(|below| {
                let below = unquoted(below, delimiter);
                below.len() == n && !below.into_iter().all(is_name)
            })
    };
    let fits = first.is_some_and(|delimiter| {
        let n = cells(next[0], delimiter);
        let n_fit = next[1..].iter().filter(|below| cells(below, delimiter) <= n).count();
        2 * n_fit >= next.len() - 1
    });
    match (1..next.len()).find(below_a_title).filter(|_| !fits) {
        Some(at) => (sniff_delimiter(next[at]), at),
        None => (first, 0),
    }
}

/// The cells of a line, those in quotes with them; of a cell over several lines the first.
fn unquoted(line: &str, delimiter: Delimiter) -> Vec<&str> {
    // A tab at the start is a blank cell.
    let is_around = |c: char| c.is_whitespace() && c != char::from(delimiter.byte());
    let line = line.trim_matches(is_around);
    let line = if delimiter == Delimiter::Pipe { line.trim_matches('|') } else { line };
    let mut quoted = false;
    let parts = |c: char| {
        quoted ^= c == '"';
        !quoted && c == char::from(delimiter.byte())
    };
    line.split(parts).map(str::trim).collect()
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, next: 0, line: 1, comments: None, last_comment: "" }
    }

    /// Passes what is no data; gives the number of the line that then comes next.
    fn seek(&mut self) -> Option<usize> {
        while self.next < self.text.len() {
            let line = self.line_text();
            if is_comment(line) {
                let (_, n) = self.comments.get_or_insert((self.line, 0));
                *n += 1;
                self.last_comment = line;
            } else if !is_blank(line) && !is_rule(line) {
                return Some(self.line);
            }
            self.pass_line();
        }
        None
    }

    /// Passes the line that comes next, whatever it is.
    fn pass_line(&mut self) {
        self.next = self.after_line_end(self.next + self.line_text().len());
        self.line += 1;
    }

    /// How many cells the next line has if all of them are words, and the line below it has numbers and as many.
    fn n_names_below(&self, delimiter: Delimiter) -> usize {
        let mut ahead = Lines { text: self.text, next: self.next, line: self.line, comments: None, last_comment: "" };
        let mut next = || {
            ahead.seek()?;
            let cells = unquoted(ahead.line_text(), delimiter);
            ahead.pass_line();
            Some(cells)
        };
        let (Some(names), Some(below)) = (next(), next()) else { return 0 };
        let is_number = |cell: &str| is_number(cell.trim_matches('"'));
        let are_names = !names.iter().any(|cell| is_number(cell)) && below.iter().any(|cell| is_number(cell));
        if are_names && names.len() == below.len() { names.len() } else { 0 }
    }

    /// Whether each of the next lines has one cell more than there are names, the first in all of them another one: what R
    /// calls the row names have none.
    fn has_row_names_below(&self, delimiter: Delimiter, names: &[String]) -> bool {
        const LOOKED_AT: usize = 50;
        let mut ahead = Lines { text: self.text, next: self.next, line: self.line, comments: None, last_comment: "" };
        let (mut seen, mut cells, mut n) = (BTreeSet::new(), Vec::new(), 0);
        while n < LOOKED_AT && ahead.seek().is_some() {
            // Where a cell holds a separator, the numbers do not stand below their names.
            let is_below = |cells: &[Cow<str>]| {
                let mut pairs = names.iter().zip(&cells[1..]);
                pairs.all(|(name, cell)| count(name).is_none() || is_missing(cell) || is_number(cell))
            };
            if ahead.take_row(delimiter, &mut cells) != Some(names.len() + 1)
                || !is_below(&cells)
                || cells[0].is_empty()
                || !seen.insert(cells[0].to_string())
            {
                return false;
            }
            n += 1;
        }
        n > 1
    }

    /// The names in the comment above the first line of data, as NumPy writes them ("# N D loss") or because the first name
    /// begins so ("#Params,Tokens"), if it has one for each column. What may itself be a line of names has no number.
    fn names_in_comment(&self, delimiter: Delimiter, first: &[Cow<str>], named: bool) -> Option<Vec<Cow<'a, str>>> {
        let text = self.last_comment.trim_start().trim_start_matches('#').trim_end();
        let delimited: Vec<&str> = text.split(char::from(delimiter.byte())).map(str::trim).collect();
        let spaced: Vec<&str> = text.split_whitespace().filter(|_| !named).collect();
        if named && !first.iter().any(|cell| is_number(cell)) {
            return None;
        }
        let mut names = [delimited, spaced].into_iter().find(|names| names.len() == first.len())?;
        // Of "#,N,loss" the first name is the sign.
        if names.len() > 1 && names[0].is_empty() {
            names[0] = "#";
        }
        let is_name = |name: &&str| !name.is_empty() && !is_number(name);
        names.iter().all(is_name).then(|| names.into_iter().map(Cow::Borrowed).collect())
    }

    /// The line that comes next.
    fn line_text(&self) -> &'a str {
        &self.text[self.next..self.end_of(self.next, b'\n')]
    }

    /// Splits the line that comes next into trimmed cells, without blank ones at its end, and passes it.
    /// Gives their number; no more than one above [`MAX_COLUMNS`] are kept. `None` if a quoted cell is not closed.
    fn take_row(&mut self, delimiter: Delimiter, cells: &mut Vec<Cow<'a, str>>) -> Option<usize> {
        cells.clear();
        let line_end = self.next + self.line_text().len();
        let mut at = self.next;
        if delimiter == Delimiter::Pipe {
            let line = self.line_text();
            let inner = line.trim_start();
            at += line.len() - inner.strip_prefix('|').unwrap_or(inner).len();
        }
        let (mut n_cells, mut n_seen, mut n_lines) = (0, 0, 1);
        loop {
            let Some(Cell { content, end, n_breaks }) = self.cell_at(at, delimiter) else {
                self.next = self.after_line_end(line_end);
                self.line += 1;
                return None;
            };
            n_lines += n_breaks;
            n_cells += 1;
            if !content.is_empty() {
                n_seen = n_cells;
            }
            if n_cells <= MAX_COLUMNS + 1 {
                cells.push(content);
            }
            if self.text.as_bytes().get(end) != Some(&delimiter.byte()) {
                self.next = self.after_line_end(end);
                self.line += n_lines;
                cells.truncate(n_seen);
                return Some(n_seen);
            }
            at = end + 1;
        }
    }

    fn cell_at(&self, start: usize, delimiter: Delimiter) -> Option<Cell<'a>> {
        let bytes = self.text.as_bytes();
        let open = start + bytes[start..].iter().take_while(|&&byte| byte == b' ').count();
        if bytes.get(open) != Some(&b'"') {
            let end = self.end_of(start, delimiter.byte());
            return Some(Cell { content: Cow::Borrowed(self.text[start..end].trim()), end, n_breaks: 0 });
        }
        let (mut i, mut n_breaks) = (open + 1, 0);
        loop {
            match bytes.get(i)? {
                b'"' if bytes.get(i + 1) == Some(&b'"') => i += 1,
                b'"' => break,
                b'\n' => n_breaks += 1,
                b'\r' if bytes.get(i + 1) != Some(&b'\n') => n_breaks += 1,
                _ => {}
            }
            if n_breaks > MAX_QUOTED_LINES {
                return None;
            }
            i += 1;
        }
        let end = self.end_of(i, delimiter.byte());
        let mut content = Cow::Borrowed(self.text[open + 1..i].trim());
        if content.contains("\"\"") {
            content = Cow::Owned(content.replace("\"\"", "\""));
        }
        // What follows the closing mark belongs to the cell all the same: "13B"-base.
        let rest = self.text[i + 1..end].trim_end();
        if !rest.is_empty() {
            content.to_mut().push_str(rest);
        }
        Some(Cell { content, end, n_breaks })
    }

    /// Where the cell or line that begins at `start` ends.
    fn end_of(&self, start: usize, delimiter: u8) -> usize {
        let rest = &self.text.as_bytes()[start..];
        let is_end = |&byte: &u8| byte == delimiter || byte == b'\n' || byte == b'\r';
        rest.iter().position(is_end).map_or(self.text.len(), |length| start + length)
    }

    /// Start of the next line, given where one ends: LF, CR LF and CR all part lines.
    fn after_line_end(&self, end: usize) -> usize {
        let n_bytes = if self.text[end..].starts_with("\r\n") { 2 } else { 1 };
        self.text.len().min(end + n_bytes)
    }
}

struct Cell<'a> {
    content: Cow<'a, str>,
    /// Where its delimiter or its line's end stands.
    end: usize,
    /// Line breaks within quotes.
    n_breaks: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Table, Vec<String>) {
        let (table, issues) = Table::parse(text);
        (table.unwrap(), issues.sentences(100))
    }

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &[&str])]) {
        let (table, issues) = parse(text);
        assert_eq!(issues, [""; 0]);
        let rows: Vec<(usize, Vec<&str>)> = table.rows().map(|row| (row.line(), row.cells().collect())).collect();
        let expected: Vec<(usize, Vec<&str>)> = expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
        assert_eq!(rows, expected);
        assert_eq!(table.header(), ["a", "b"]);
    }

    #[test]
    fn layouts() {
        check("a,b\n1,2\n3,4", &[(2, &["1", "2"]), (3, &["3", "4"])]);
        check("\u{FEFF}a\tb\r\n1\t2\r\n", &[(2, &["1", "2"])]);
        check("a\tb\t\t\n1\t2\t\t\n", &[(2, &["1", "2"])]);
        check("a;b\r1;2\r", &[(2, &["1", "2"])]);
        check("\n\n a , b \n\n 1 , 2 \n\n\n3,4\n", &[(5, &["1", "2"]), (8, &["3", "4"])]);
        check("| a | b |\n|---|--:|\n| 1 | 2 |\n", &[(3, &["1", "2"])]);
        check(" a | b\n---+---\n 1 | 2", &[(3, &["1", "2"])]);
        check("a,b\n1\n", &[(2, &["1"])]);
        check("a,b\n,2\n", &[(2, &["", "2"])]);
    }

    #[test]
    fn quotes() {
        check("\"a\",\"b\"\n\"1,5\",\"2\"\n", &[(2, &["1,5", "2"])]);
        check("a,b\n\"say \"\"x\"\"\", \"2\" \n3,4", &[(2, &["say \"x\"", "2"]), (3, &["3", "4"])]);
        check("a,b\n\"two\r\nlines\",2\n3,4", &[(2, &["two\r\nlines", "2"]), (4, &["3", "4"])]);
        check("a,b\n5\" disk,2\n", &[(2, &["5\" disk", "2"])]);
        check("a,b\n\"13B\"-base,2\n", &[(2, &["13B-base", "2"])]);
    }

    #[test]
    fn names_of_columns() {
        let (table, issues) = parse("“a”,,c,\n1,2,3\n");
        assert_eq!((table.header(), issues.len()), (&["a", "column 2", "c"].map(String::from)[..], 0));
        let (table, issues) = parse("0.5,0.5,2.1\n1,0,2.2\n");
        assert_eq!((table.header()[2].as_str(), table.n_rows()), ("column 3", 2));
        assert_eq!(
            issues,
            ["line 1: the first line holds numbers, so the columns have no names; \
              put a line of names above it, or set the roles by hand"]
        );
    }

    #[test]
    fn lines_left_out_say_so() {
        let (table, issues) = parse("# by hand\na,b\n1,2\n1,2,3\n\"1,2\n#3,4\n5,6\n");
        assert_eq!(table.rows().map(Row::line).collect::<Vec<_>>(), [3, 7]);
        assert_eq!(
            issues,
            [
                "line 4: 3 cells, but the first line names 2 columns; remove the surplus, or quote a cell that holds a separator",
                "line 5: a quotation mark opens a cell and is not closed; close or remove it",
                "comment lines were skipped: 2, the first is line 1",
            ]
        );
    }

    #[track_caller]
    fn check_none(text: &str, expected: &str) {
        let (table, issues) = Table::parse(text);
        assert_eq!((table.map(|t| t.n_rows()), issues.sentences(9)), (None, vec![expected.to_string()]));
    }

    #[test]
    fn no_table() {
        check_none("", "the text is empty; paste a table with a line of names and a line per observation");
        check_none(" \n# a\n\t\n", "the text is empty; paste a table with a line of names and a line per observation");
        check_none(
            "just some words\nand more",
            "line 1: the first line is one column, \"just some words\"; separate columns by tabs, commas, semicolons or |",
        );
        check_none(&",x".repeat(MAX_COLUMNS), "line 1: the first line has 20001 columns; up to 20000 can be read");
        check_none("a,\"b\n1,2", "line 1: a quotation mark opens a cell and is not closed; close or remove it");
    }

    #[test]
    fn names_without_lines() {
        let (_, issues) = parse("a,b\n");
        assert_eq!(
            issues,
            ["line 1: these are the names of 2 columns, but no line follows; add a line per observation"]
        );
    }
}
