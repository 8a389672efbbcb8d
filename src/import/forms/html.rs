//! Tables in HTML, as a page's source or a README has them.

use crate::import::issue::{Cause, Issue};
use crate::import::table::{MAX_COLUMNS, Table};

/// Further than this no cell reaches.
const FARTHEST: usize = 200;
/// Cells that a text may have.
const MOST_CELLS: usize = 5_000_000;

/// The tables of a text in HTML, and that there is more around them; `None` if it is none.
pub(super) fn read(text: &str) -> Option<(Vec<Table>, Option<Issue>)> {
    let tables = tables(text)?;
    let lower = text.to_ascii_lowercase();
    let start = next_tag(&lower, 0, &["table", "tr"]).unwrap_or(0);
    let end = lower.rfind("</table").or_else(|| lower.rfind("</tr")).unwrap_or(text.len());
    let is_around = |line: &str| {
        let place = line.as_ptr() as usize - text.as_ptr() as usize;
        (place + line.len() <= start || place > end) && !plain(line).is_empty()
    };
    let mut around = text.lines().enumerate().filter(|(_, line)| is_around(line)).map(|(line_idx, _)| line_idx + 1);
    let first = around.next();
    Some((tables, first.map(|first| Cause::Around { lines: 1 + around.count(), first }.of_text())))
}

fn tables(text: &str) -> Option<Vec<Table>> {
    if !text.contains('<') {
        return None;
    }
    // Names of tags are of either case; the bytes keep their places.
    let lower = text.to_ascii_lowercase();
    next_tag(&lower, 0, &["td", "th"]).and(next_tag(&lower, 0, &["tr"]))?;
    let (mut tables, mut lines, mut at_line, mut n_cells) = (Vec::new(), 0, 0, 0);
    let mut at = 0;
    while let Some(row) = next_tag(&lower, at, &["tr"]) {
        let end = next_tag(&lower, at, &["table"]).and_then(|first| next_tag(&lower, first + 1, &["table"]));
        let end = end.unwrap_or(text.len());
        let mut grid = Grid::default();
        let mut next = Some(row).filter(|row| *row < end);
        while let Some(row) = next {
            next = next_tag(&lower, row + 1, &["tr"]).filter(|row| *row < end);
            lines += text[at_line..row].matches('\n').count();
            at_line = row;
            let row_end =
                lower[row..next.unwrap_or(end)].find("</tr").map_or(next.unwrap_or(end), |length| row + length);
            n_cells += grid.add(1 + lines, cells(&text[row..row_end], &lower[row..row_end]));
            if n_cells > MOST_CELLS {
                return None;
            }
        }
        tables.extend(grid.into_table());
        at = end;
    }
    (!tables.is_empty()).then_some(tables)
}

/// Where the next tag of one of these names opens.
fn next_tag(lower: &str, from: usize, names: &[&str]) -> Option<usize> {
    let is_one = |at: &usize| {
        names.iter().any(|name| {
            let after = lower[at + 1..].strip_prefix(name);
            after.is_some_and(|rest| rest.starts_with(|c: char| c == '>' || c.is_whitespace()))
        })
    };
    lower[from..].match_indices('<').map(|(at, _)| from + at).find(is_one)
}

/// A cell: its text, and over how many columns and lines it reaches.
type Cell = (String, usize, usize);

fn cells(row: &str, lower: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut next = next_tag(lower, 0, &["td", "th"]);
    while let Some(start) = next {
        next = next_tag(lower, start + 1, &["td", "th"]);
        let end = next.unwrap_or(row.len());
        let Some(open) = lower[start..end].find('>') else { break };
        let reach = |name: &str| -> usize {
            let value = lower[start..start + open].split_once(name).map_or("1", |(_, rest)| rest);
            let digits = value.trim_start_matches(['=', '"', '\'', ' ']);
            let digits = &digits[..digits.bytes().take_while(u8::is_ascii_digit).count()];
            digits.parse().unwrap_or(1).clamp(1, FARTHEST)
        };
        cells.push((plain(&row[start + open + 1..end]), reach("colspan"), reach("rowspan")));
    }
    cells
}

/// The text without tags.
fn plain(html: &str) -> String {
    const NAMED: [(&str, &str); 9] = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&plusmn;", "±"),
        ("&times;", "×"),
        ("&minus;", "-"),
        ("&#8722;", "-"),
        ("&amp;", "&"),
    ];
    let (mut text, mut rest) = (String::new(), html);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        if tag.starts_with("br") {
            text.push(' ');
        }
        // What is struck out is as in Markdown.
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if ["del", "s", "strike"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
            text.push_str("~~");
        }
        rest = tag.split_once('>').map_or("", |(_, rest)| rest);
        let is_of = |name: &str| tag.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if (is_of("sup>") || is_of("sub>"))
            && let Some((own, behind)) = rest.split_once("</")
        {
            push_raised(&mut text, own, is_of("sup>"));
            rest = behind.split_once('>').map_or("", |(_, rest)| rest);
        }
    }
    text.push_str(rest);
    if text.contains('&') {
        for (name, own) in NAMED {
            text = text.replace(name, own);
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Adds what stands above or below the line behind a text: "10<sup>9</sup>" is a power, "3.61<sup>1</sup>" has a note,
/// "N<sub>web</sub>" an index, and none of them is a further digit.
pub(super) fn push_raised(text: &mut String, raised: &str, is_above: bool) {
    const MARKS: [char; 5] = ['*', '†', '‡', '§', '¶'];
    let (raised, before) = (plain(raised), text.trim_end());
    let is_integer = raised.trim_start_matches(['-', '+', '−']).bytes().all(|byte| byte.is_ascii_digit());
    let is_behind_number = before.bytes().any(|byte| byte.is_ascii_digit())
        && before.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '%' | 'k' | 'K' | 'M' | 'B' | 'G' | 'T'));
    let is_ten =
        before.strip_suffix("10").is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_digit() || c == '.'));
    let is_mark = raised.chars().count() <= 3
        && (is_integer || raised.chars().all(|c| MARKS.contains(&c)) || raised.chars().count() == 1);
    if raised.is_empty() {
    } else if is_above && is_ten && is_integer {
        *text = format!("{before}^{raised}");
    } else if is_behind_number && is_mark {
        *text = format!("{before} [{raised}]");
    } else if is_behind_number {
        *text = format!("{before}_{{{raised}}}");
    } else if !(is_above && is_mark) || before.chars().count() == 1 {
        // "R²" and "h₁" are names.
        text.push_str(&raised);
    }
}

/// Lines of cells, where a cell may reach over several.
#[derive(Default)]
struct Grid {
    rows: Vec<(usize, Vec<String>)>,
    /// What reaches down into the next line, by column: the text, and over how many lines more.
    open: Vec<(String, usize)>,
}

impl Grid {
    /// Adds a line; how many cells it has.
    fn add(&mut self, line: usize, cells: Vec<Cell>) -> usize {
        let mut row: Vec<String> = Vec::new();
        for (text, across, down) in cells {
            self.pass_open(&mut row);
            for i in 0..across {
                // What stands above several columns is the name of the first; the second line of names goes on from it.
                let own = if i == 0 { text.clone() } else { String::new() };
                self.open.resize(self.open.len().max(row.len() + 1), Default::default());
                self.open[row.len()] = (own.clone(), down - 1);
                row.push(own);
            }
        }
        self.pass_open(&mut row);
        let n = row.len();
        if row.iter().any(|cell| !cell.is_empty()) {
            self.rows.push((line, row));
        }
        n
    }

    /// Puts in the cells of earlier lines that reach down to here.
    fn pass_open(&mut self, row: &mut Vec<String>) {
        while let Some((text, left)) = self.open.get_mut(row.len()).filter(|(_, left)| *left > 0) {
            *left -= 1;
            row.push(text.clone());
        }
    }

    fn into_table(self) -> Option<Table> {
        let n = self.rows.iter().map(|(_, row)| row.len()).max().filter(|n| (2..=MAX_COLUMNS).contains(n))?;
        let mut rows = self.rows.into_iter();
        let (_, mut names) = rows.next()?;
        names.resize(n, String::new());
        let name = |(i, name): (usize, String)| if name.is_empty() { format!("column {}", i + 1) } else { name };
        let header = names.into_iter().enumerate().map(name).collect();
        Some(Table::of_cells(header, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        let tables = tables(html).unwrap_or_default();
        let line = |cells: Vec<&str>| cells.join("|");
        let seen: Vec<String> = tables
            .iter()
            .flat_map(|table| {
                let header = line(table.header().iter().map(String::as_str).collect());
                [header].into_iter().chain(table.rows().map(move |row| line(row.cells().collect())))
            })
            .collect();
        assert_eq!(seen, expected, "{html}");
    }

    #[test]
    fn cells_of_tables() {
        check("<tr><th>a<th>b<tr><td>1<td>2", &["a|b", "1|2"]);
        check(
            "<TABLE><TR><TD>a</TD><TD>b</TD></TR><TR><TD><b>1</b>&nbsp;</TD><TD>2&plusmn;1</TD></TR></TABLE>",
            &["a|b", "1|2±1"],
        );
        check(
            "<table><tr><td colspan=2>x</td><td>c</td></tr><tr><td rowspan=\"2\">1</td><td>2</td><td>3</td></tr>\
             <tr><td>4</td><td>5</td></tr></table><p>and</p><table><tr><td>d</td><td>e</td></tr><tr><td>6</td><td>7</td></tr>",
            &["x|column 2|c", "1|2|3", "1|4|5", "d|e", "6|7"],
        );
    }

    #[test]
    fn what_is_no_table() {
        for text in
            ["", "a,b\n1,<2", "<thead><tbody>", "<tr></tr>", "<td>1</td>", "<tr><td", "<tr><td colspan=99999999999>"]
        {
            check(text, &[]);
        }
    }
}
