//! Text → table: a header of names and lines of raw cells, each with its line number.
//!
//! A line is split in time proportional to its length, and no line is ever read twice (a quoted cell that is
//! not closed gives up after [`MAX_QUOTED_LINES`]), so the whole is linear in the text. Cells lie behind one
//! another in one string: 100 000 lines take little more memory than their text.

use std::borrow::Cow;

use super::decode;
use super::issue::{Cause, Issues};
use super::sniff::{Delimiter, Layout, is_blank, is_comment, is_rule, sniff_decimal, sniff_delimiter};
use crate::units::{Decimal, excerpt, try_number};

/// Longest text: what a browser's memory holds some copies of, and five times the tables seen so far.
pub const MAX_BYTES: usize = 50_000_000;

/// Most columns: wider than any exported study; a line with more is no table.
pub const MAX_COLUMNS: usize = 20_000;

/// Lines over which a quoted cell may reach. A note has a few; more means that a quotation mark is missing.
pub const MAX_QUOTED_LINES: usize = 20;

/// Cells looked at to tell points from commas: enough to be sure, little beside the whole.
const CELLS_LOOKED_AT: usize = 100_000;

/// Names and raw cells of a pasted table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    layout: Layout,
    header: Vec<String>,
    /// All cells, trimmed and unquoted, one behind the other.
    text: String,
    /// End of each cell in `text`.
    ends: Vec<u32>,
    rows: Vec<RowStart>,
    n_left_out: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
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
        let Some(header_line) = lines.seek() else {
            issues.push(Cause::Empty.of_text());
            return (None, issues);
        };
        let Some(delimiter) = sniff_delimiter(lines.line_text()) else {
            issues.push(Cause::OneColumn { name: excerpt(lines.line_text()) }.at_line(header_line));
            return (None, issues);
        };
        let mut cells = Vec::new();
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
        let named = !cells.iter().all(|cell| cell.is_empty() || is_number(cell));
        let mut table = Table::empty(header(&cells, named), delimiter);
        if !named {
            issues.push(Cause::NoNames.at_line(header_line));
            table.push(header_line, &cells);
        }
        while let Some(line) = lines.seek() {
            match lines.take_row(delimiter, &mut cells) {
                None => issues.push(Cause::UnclosedQuote.at_line(line)),
                Some(seen) if seen > n_columns => {
                    issues.push(Cause::TooManyCells { seen, expected: n_columns }.at_line(line));
                }
                Some(_) => table.push(line, &cells),
            }
        }
        table.n_left_out = issues.n_errors();
        if let Some((first, lines)) = lines.comments {
            issues.push(Cause::Comments { lines, first }.of_text());
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

    /// At most so many lines, spread evenly over the table.
    pub(super) fn sample(&self, n_most: usize) -> impl Iterator<Item = Row<'_>> {
        self.rows().step_by(self.rows.len().div_ceil(n_most.max(1)).max(1))
    }
}

impl Table {
    fn empty(header: Vec<String>, delimiter: Delimiter) -> Self {
        let layout = Layout { delimiter, decimal: Decimal::Point };
        Self { layout, header, text: String::new(), ends: Vec::new(), rows: Vec::new(), n_left_out: 0 }
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
    /// Line of the text, counted from 1.
    pub fn line(self) -> usize {
        self.table.rows[self.row_idx].line as usize
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

/// A place in a text that moves from line to line.
struct Lines<'a> {
    text: &'a str,
    /// Start of the line that comes next.
    next: usize,
    /// Its number, from 1.
    line: usize,
    /// Line of the first comment passed, and how many were.
    comments: Option<(usize, usize)>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, next: 0, line: 1, comments: None }
    }

    /// Passes what is no data; gives the number of the line that then comes next.
    fn seek(&mut self) -> Option<usize> {
        while self.next < self.text.len() {
            let line = self.line_text();
            if is_comment(line) {
                let (_, n) = self.comments.get_or_insert((self.line, 0));
                *n += 1;
            } else if !is_blank(line) && !is_rule(line) {
                return Some(self.line);
            }
            self.next = self.after_line_end(self.next + line.len());
            self.line += 1;
        }
        None
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
                "lines that begin with # were skipped: 2, the first is line 1",
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
