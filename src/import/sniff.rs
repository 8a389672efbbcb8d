//! How a table is laid out: what separates its columns, what parts the decimals, which lines are no data.
//!
//! Tabs win wherever the first line has one (a spreadsheet's clipboard has tabs); else it is the commonest of
//! `;`, `,` and `|` in the first line, outside quotes. Decimals are judged by all cells together: a comma parts
//! decimals if some number can only be read so ("0,25"), or, in a text with semicolons, might be read so, and
//! no number needs a decimal point.

use serde::{Deserialize, Serialize};

use super::names::count;
use crate::units::{Decimal, try_number};

/// What separates columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delimiter {
    /// A tab.
    Tab,
    /// ";"
    Semicolon,
    /// ","
    Comma,
    /// "|", also around the line, as in Markdown.
    Pipe,
}

/// The layout of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// What separates columns.
    pub delimiter: Delimiter,
    /// What parts the whole from the decimals.
    pub decimal: Decimal,
}

impl Delimiter {
    /// The delimiter as a byte; all are ASCII.
    pub fn byte(self) -> u8 {
        match self {
            Delimiter::Tab => b'\t',
            Delimiter::Semicolon => b';',
            Delimiter::Comma => b',',
            Delimiter::Pipe => b'|',
        }
    }
}

/// What separates the columns of a table with this first line; `None` if nothing does.
pub fn sniff_delimiter(first_line: &str) -> Option<Delimiter> {
    let first_line = first_line.trim();
    let mut n_of = [0usize; 4];
    let mut quoted = false;
    const DELIMITERS: [Delimiter; 4] = [Delimiter::Tab, Delimiter::Semicolon, Delimiter::Comma, Delimiter::Pipe];
    for byte in first_line.bytes() {
        quoted ^= byte == b'"';
        if !quoted && let Some(i) = DELIMITERS.iter().position(|delimiter| delimiter.byte() == byte) {
            n_of[i] += 1;
        }
    }
    if n_of[0] > 0 {
        return Some(Delimiter::Tab);
    }
    // The first of equals, so that a semicolon beats as many commas.
    let most = *n_of.iter().max()?;
    DELIMITERS.into_iter().zip(n_of).find(|&(_, n)| n == most && n > 0).map(|(delimiter, _)| delimiter)
}

/// What parts the decimals in these cells.
pub fn sniff_decimal<'a>(delimiter: Delimiter, cells: impl Iterator<Item = &'a str>) -> Decimal {
    let (mut needs_point, mut needs_comma, mut allows_comma) = (false, false, false);
    for cell in cells {
        needs_point |= needs(cell, '.', ',');
        needs_comma |= needs(cell, ',', '.');
        allows_comma |= cell.matches(',').count() == 1 && is_number_like(cell);
    }
    if !needs_point && (needs_comma || (delimiter == Delimiter::Semicolon && allows_comma)) {
        Decimal::Comma
    } else {
        Decimal::Point
    }
}

/// Whether a line is a comment: it begins with "#", and not with a spreadsheet's error or a colour.
pub(super) fn is_comment(line: &str) -> bool {
    const CELLS: [&str; 7] = ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"];
    let line = line.trim_start_matches([' ', '\u{FEFF}']);
    // As code is commented out; "//host/run" may be a run.
    if line.strip_prefix("//").is_some_and(|rest| rest.starts_with([' ', '\t'])) {
        return true;
    }
    // A line of blanks and semicolons is none, nor one of a table that is parted by these.
    if line.strip_prefix(';').is_some_and(|rest| !rest.trim().is_empty() && !rest.contains(';')) {
        return true;
    }
    let Some(rest) = line.strip_prefix('#') else { return false };
    let n_hex = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    let is_colour = n_hex == 6 && rest[n_hex..].starts_with([',', ';', '\t', '|']);
    // "#params,70M,160M" is a line of a table turned on its side.
    let is_count = || {
        let mut cells = rest.split([',', ';', '\t', '|']);
        let is_number = |cell: &str| try_number(cell.trim(), Decimal::Point).is_some();
        cells.next().is_some_and(|name| count(name).is_some())
            && cells.next().is_some_and(is_number)
            && cells.all(is_number)
    };
    // And below the blanks of an index "#params" is the first name.
    let is_name = || {
        line.starts_with("  ")
            && rest.split_whitespace().next().is_some_and(|name| rest.starts_with(name) && count(name).is_some())
    };
    !is_colour && !is_count() && !is_name() && !CELLS.iter().any(|cell| rest.starts_with(&cell[1..]))
}

/// Whether a line has nothing but separators: spreadsheets write ",,,,," for their empty lines.
pub(super) fn is_blank(line: &str) -> bool {
    line.trim().bytes().all(|byte| matches!(byte, b'\t' | b';' | b',' | b'|' | b' '))
}

/// Whether a line is only drawn, as below the names of a Markdown table: `|---|:-:|`, `+----+`, `--- ---`, `=====`.
pub(super) fn is_rule(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b'|' | b'+' | b'-' | b'=' | b':' | b' ' | b'\t' | b',' | b';'))
        && (line.contains("---") || line.contains("===") || line.contains(['|', '+']) && line.contains(['-', '=']))
}

/// Whether the cell is a number only if `point` parts its decimals: "0.25", "2.5", "1,300.5", but not "1.300".
pub(super) fn needs(cell: &str, point: char, comma: char) -> bool {
    let Some((whole, decimals)) = cell.trim().split_once(point) else { return false };
    let whole = whole.trim_start_matches(['-', '+', '\u{2212}']);
    let n_decimals = decimals.bytes().take_while(u8::is_ascii_digit).count();
    let could_be_group = n_decimals == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    is_number_like(cell)
        && !decimals.contains(point)
        && !decimals.contains(comma)
        && whole.contains(|c: char| c.is_ascii_digit())
        && (whole.contains(comma) || !could_be_group)
}

/// Whether it begins as numbers do and no word follows; telling a number's parts is for the reader of numbers.
fn is_number_like(cell: &str) -> bool {
    let cell = cell.trim().trim_start_matches(['-', '+', '\u{2212}']);
    cell.starts_with(|c: char| c.is_ascii_digit())
        && !cell.contains(|c: char| c.is_alphabetic() && !"kKmMbBgGtTeE".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_delimiter(first_line: &str, expected: Option<Delimiter>) {
        assert_eq!(sniff_delimiter(first_line), expected, "{first_line}");
    }

    #[test]
    fn delimiters() {
        check_delimiter("N\tD\tloss", Some(Delimiter::Tab));
        check_delimiter("N, embeddings and all\tD\tloss, nats", Some(Delimiter::Tab));
        check_delimiter("N,D,loss\t\t", Some(Delimiter::Comma));
        check_delimiter("N;D;loss, nats", Some(Delimiter::Semicolon));
        check_delimiter("N,D,loss", Some(Delimiter::Comma));
        check_delimiter("\"a;b;c\",N", Some(Delimiter::Comma));
        check_delimiter("| N | D | loss |", Some(Delimiter::Pipe));
        check_delimiter("N D loss", None);
        check_delimiter("", None);
    }

    #[track_caller]
    fn check_decimal(delimiter: Delimiter, cells: &[&str], expected: Decimal) {
        assert_eq!(sniff_decimal(delimiter, cells.iter().copied()), expected, "{cells:?}");
    }

    #[test]
    fn decimals() {
        check_decimal(Delimiter::Semicolon, &["0,25", "1,300"], Decimal::Comma);
        check_decimal(Delimiter::Semicolon, &["1,300"], Decimal::Comma);
        check_decimal(Delimiter::Semicolon, &["0.25", "1,300"], Decimal::Point);
        check_decimal(Delimiter::Semicolon, &["310.000.000", "0,25"], Decimal::Comma);
        check_decimal(Delimiter::Semicolon, &["1.300", "2.100"], Decimal::Point);
        check_decimal(Delimiter::Tab, &["1,300"], Decimal::Point);
        check_decimal(Delimiter::Tab, &["1,300", "0,25"], Decimal::Comma);
        check_decimal(Delimiter::Tab, &["1,300,000", "0.25"], Decimal::Point);
        check_decimal(Delimiter::Tab, &["2,5B", "0,300"], Decimal::Comma);
        check_decimal(Delimiter::Comma, &["web, code", "v1.2 of it"], Decimal::Point);
        check_decimal(Delimiter::Semicolon, &[], Decimal::Point);
    }

    #[test]
    fn lines_that_are_no_data() {
        for line in ["# a comment", "#", "#0.3,0.7", " # x"] {
            assert!(is_comment(line), "{line}");
        }
        for line in ["#N/A,1", "#faebdd,1,2", "a # b", ""] {
            assert!(!is_comment(line), "{line}");
        }
        assert!(is_blank("") && is_blank("\t\t") && is_blank(" ,,,") && !is_blank("0,,"));
        assert!(is_rule("|---|:-:|") && is_rule("+----+----+"));
        assert!(!is_rule("-") && !is_rule("| - | 1 |") && !is_rule(""));
    }
}
