//! Cells as they are typeset: markup goes, and of "3.61 ± 0.01" or "3.61†" the number stays.

use std::borrow::Cow;

use super::html;
use crate::import::guess::{has_loss_word, is_known, is_loss, is_perplexity};
use crate::import::issue::{Cause, Issues};
use crate::import::roles::is_listed;
use crate::import::table::{MAX_COLUMNS, Row, Table};
use crate::units::{Decimal, excerpt, is_missing, try_number};

/// Longer cells are notes, and no time is spent on them.
const MAX_BYTES: usize = 400;

/// Commands within one another, as in `\textbf{\underline{3.61}}`.
const DEEPEST: usize = 6;

/// The table without markup; says where a cell held more than a number.
pub(super) fn bare(table: Table, issues: &mut Issues) -> Table {
    let mut table = without_struck(table, issues);
    let is_plain = |cell: &str| !may_be_decorated(cell);
    let header: Vec<String> = table.header().iter().map(|name| bare_name(name)).collect();
    for (i, name) in header.into_iter().enumerate() {
        table = table.renamed(i, &name);
    }
    if table.rows().all(|row| row.cells().all(is_plain)) {
        return table;
    }
    let decimal = table.layout().decimal;
    // How many, the first line, and the first cell as it stands and as it is read.
    let mut said: Option<(usize, usize, String, String)> = None;
    let are_losses: Vec<bool> = table.header().iter().map(|name| is_of_losses(name)).collect();
    let mut bare = |row: Row, is_loss: bool, cell| {
        let plain = without_markup(cell);
        // "N/A**" has a note below the table.
        if is_missing(plain.trim_end_matches(['*', '†', '‡', '§'])) {
            return Cow::Borrowed("");
        }
        let of_cell = number_of(&plain, decimal);
        // Another loss beside the first is no uncertainty.
        let rest = |number: &str| plain.split_once(number).map_or("", |(_, rest)| rest);
        let of_cell = of_cell
            .filter(|number| !is_loss || is_note(number, rest(number)) || is_spread(number, rest(number), decimal));
        let Some(number) = of_cell else { return plain };
        let first = said.get_or_insert_with(|| (0, row.line(), excerpt(cell), number.to_string()));
        first.0 += 1;
        Cow::Owned(number.to_string())
    };
    let table = table.with_rows(|row| row.cells().zip(&are_losses).map(|(cell, is)| bare(row, *is, cell)).collect());
    if let Some((cells, line, cell, read)) = said {
        issues.push(Cause::Decorated { cells, line, cell, read }.of_text());
    }
    table
}

/// The table without lines whose name, or most cells, are struck out: ~~a~~. Of other cells what is struck out goes.
fn without_struck(table: Table, issues: &mut Issues) -> Table {
    const MARK: &str = "~~";
    if !table.rows().any(|row| row.cells().any(|cell| cell.contains(MARK))) {
        return table;
    }
    let rest = |cell: &str| -> String {
        let parts: Vec<&str> = cell.split(MARK).collect();
        if parts.len().is_multiple_of(2) { cell.to_string() } else { parts.into_iter().step_by(2).collect::<String>() }
    };
    let is_struck = |cell: &str| cell.contains(MARK) && rest(cell).trim().is_empty();
    let is_out = |row: &Row| {
        let n = row.cells().filter(|cell| !cell.is_empty()).count();
        is_struck(row.cell(0)) || 2 * row.cells().filter(|cell| is_struck(cell)).count() > n
    };
    let lines = table.rows().filter(is_out).count();
    if let Some(first) = table.rows().find(is_out) {
        issues.push(Cause::Struck { lines, first: first.line() }.of_text());
    }
    table.of_rows(|row| !is_out(row)).with_cells(|_, cell| match cell.contains(MARK) {
        true => Cow::Owned(rest(cell).trim().to_string()),
        false => Cow::Borrowed(cell),
    })
}

/// Whether a column's name is that of losses or perplexities.
fn is_of_losses(name: &str) -> bool {
    is_loss(name) || has_loss_word(name) || is_perplexity(name)
}

/// Whether what stands behind a number is the mark of a note: `[1]`, `[^1]`, `¹`, `^{1}`. Behind a whole number it may be
/// another one.
fn is_note(number: &str, rest: &str) -> bool {
    let mark = rest.trim_matches(|c: char| c.is_whitespace() || "[]^{}_".contains(c));
    let is_short = mark.chars().count() <= 2 && mark.chars().all(|c| c.is_alphanumeric() && !matches!(c, '0'));
    is_short && !number.ends_with(|c: char| c.is_ascii_digit()) || is_short && number.contains(['.', ','])
}

/// Whether what stands behind a loss says how sure it is, how far it is from another, or the same as a perplexity; and
/// is no loss of something else.
fn is_spread(number: &str, rest: &str, decimal: Decimal) -> bool {
    /// Uncertainties are no larger share of the loss, and differences, which have a sign, not of that.
    const LARGEST: [f64; 2] = [0.1, 0.4];
    /// A perplexity of few digits is this near to that of the loss.
    const NEAR: f64 = 0.05;
    let Some(loss) = try_number(number, decimal) else { return true };
    let is_last_digits = |part: &str| rest.starts_with('(') && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = rest.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).filter(|part| !part.is_empty());
    let numbers: Vec<(&str, f64)> = numbers.filter_map(|part| Some((part, try_number(part, decimal)?))).collect();
    let largest = LARGEST[usize::from(rest.contains(['±', '+', '-', '−']))];
    match numbers[..] {
        [(_, low), (_, high)] if low <= loss && loss <= high => true,
        _ => numbers.iter().all(|(part, value)| {
            *value <= largest * loss || is_last_digits(part) || (value / loss.exp() - 1.0).abs() <= NEAR
        }),
    }
}

/// The table with a column for each of several losses in a cell: "3.61/3.52", "3.61 (3.52)".
pub(super) fn apart(mut table: Table, issues: &mut Issues) -> Table {
    const MARKS: [char; 10] = ['/', ';', '|', '&', '→', '(', ')', '[', ']', ' '];
    let decimal = table.layout().decimal;
    let parts = |text: &str| -> Vec<String> {
        let text = text.replace("->", "/").replace(", ", "/");
        text.split(MARKS).filter(|part| !part.is_empty()).map(str::to_string).collect()
    };
    let several = |table: &Table, i: usize| -> Option<Vec<Vec<String>>> {
        let name = &table.header()[i];
        let cells = || table.rows().map(|row| row.cell(i));
        let is_plain = |cell: &str| cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !is_of_losses(name) || cells().all(is_plain) {
            return None;
        }
        let cells: Vec<Vec<String>> =
            cells().map(|cell| if is_missing(cell) { Vec::new() } else { parts(cell) }).collect();
        let n = cells.iter().map(Vec::len).max().filter(|n| (2..=MAX_COLUMNS).contains(n))?;
        let is_number = |part: &String| try_number(part, decimal).is_some();
        let are_numbers = |cell: &Vec<String>| {
            let is_one = |part: &String| is_missing(part) || is_number(part);
            cell.is_empty() || cell.len() == n && cell.iter().any(is_number) && cell.iter().all(is_one)
        };
        cells.iter().all(are_numbers).then_some(cells)
    };
    let mut i = 0;
    while i < table.header().len() {
        let Some(cells) = several(&table, i) else {
            i += 1;
            continue;
        };
        let n = cells.iter().map(Vec::len).max().unwrap_or_default();
        let name = table.header()[i].clone();
        let names = names_of_parts(&name, n);
        let example = table.rows().map(|row| row.cell(i)).find(|cell| !is_missing(cell)).unwrap_or_default();
        let what = format!(
            "the cells of \"{}\" hold {n} numbers, such as \"{}\": read as {}",
            excerpt(&name),
            excerpt(example),
            super::derive::listed(names.iter().map(String::as_str))
        );
        issues.push(Cause::Made { what }.of_text());
        let header = [&table.header()[..i], &names, &table.header()[i + 1..]].concat();
        let mut cells = cells.into_iter();
        let rows = table.rows().map(|row| {
            let mut own: Vec<String> = row.cells().map(str::to_string).collect();
            // A line may end before this column.
            own.resize(own.len().max(i + 1), String::new());
            let mut of_cell = cells.next().unwrap_or_default();
            of_cell.resize(n, String::new());
            own.splice(i..=i, of_cell);
            (row.line(), own)
        });
        table = Table::of_cells(header, rows).in_decimals_of(&table);
        i += n;
    }
    table
}

/// What several numbers of a cell are called: "web/code loss" gives "web loss" and "code loss"; of other names they are
/// numbered.
fn names_of_parts(name: &str, n: usize) -> Vec<String> {
    let (before, inner) = match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        Some((before, inner)) => (before.trim_end(), inner),
        None => ("", name),
    };
    if name.to_lowercase().contains("seed") {
        let of = if before.is_empty() { name } else { before };
        return (1..=n).map(|i| format!("{of}_seed{i}")).collect();
    }
    let parts: Vec<&str> = inner.split(['/', ',', '|', '→', ';', '&']).map(str::trim).collect();
    let is_name = |part: &&str| part.starts_with(char::is_alphabetic);
    if parts.len() != n || !parts.iter().all(is_name) {
        return (0..n).map(|i| format!("{name}.{i}")).collect();
    }
    // The last of "web/code loss" has the word of all.
    let word = parts.last().and_then(|last| last.rsplit_once(' ')).map(|(_, word)| word).unwrap_or_default();
    let named = parts.iter().map(|part| match (before, is_of_losses(part)) {
        ("", true) => part.to_string(),
        ("", false) => format!("{part} {word}").trim_end().to_string(),
        _ => format!("{before} {part}"),
    });
    named.collect()
}

fn may_be_decorated(cell: &str) -> bool {
    cell.bytes().any(|byte| {
        matches!(byte, b'*' | b'`' | b'$' | b'\\' | b'<' | b'[' | b'(' | b'^' | b'~' | b'{' | b'+' | b'#')
            || byte >= 0x80
    }) || cell.starts_with('_')
}

/// A column's name without markup and without the arrow that says whether less is better.
pub(super) fn bare_name(name: &str) -> String {
    let arrows = ['↓', '↑', '⬇', '⬆', ' '];
    let plain = without_markup(name.trim_matches(arrows));
    let mut plain = plain.trim_matches(arrows);
    for arrow in ["(↓)", "(↑)", "(lower is better)", "(higher is better)"] {
        plain = plain.strip_suffix(arrow).unwrap_or(plain).trim_end();
    }
    if let Some(inner) =
        plain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|i| !i.contains(['[', ',']))
    {
        plain = inner.trim();
    }
    if plain.contains("_{") {
        // An index of several letters: "w_{web}".
        return plain.replace(['{', '}'], "").replace("_ ", "_");
    }
    // Of a name that says nothing the arrow says whether it is a loss.
    let arrow = ['↓', '↑'].into_iter().find(|&arrow| name.contains(arrow)).filter(|_| !is_known(plain));
    match arrow {
        _ if plain.is_empty() => name.to_string(),
        Some(arrow) => format!("{plain} {arrow}"),
        None => plain.to_string(),
    }
}

/// A cell without the markup of Markdown, HTML and LaTeX.
pub(super) fn without_markup(cell: &str) -> Cow<'_, str> {
    if cell.len() > MAX_BYTES || !may_be_decorated(cell) {
        return Cow::Borrowed(cell);
    }
    let mut text = if cell.contains('\\') || cell.contains('$') || cell.contains("{,}") {
        Cow::Owned(latex(cell))
    } else {
        Cow::Borrowed(cell)
    };
    if text.contains("<br") || text.contains("</") {
        text = Cow::Owned(without_tags(&text));
    }
    for _ in 0..DEEPEST {
        let inner = unwrapped(&text);
        if inner == text.as_ref() {
            break;
        }
        text = Cow::Owned(inner.to_string());
    }
    text
}

/// The text without HTML's tags, but for what is raised or lowered.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let name = after.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        rest = match after.split_once('>') {
            Some((_, behind)) if matches!(name, "sup" | "sub") && !after.starts_with('/') => {
                let (own, behind) = behind.split_once("</").unwrap_or((behind, ""));
                html::push_raised(&mut plain, own, name == "sup");
                behind.split_once('>').map_or("", |(_, behind)| behind)
            }
            Some((_, behind)) if !name.is_empty() => {
                if name == "br" {
                    plain.push(' ');
                }
                behind
            }
            _ => {
                plain.push('<');
                after
            }
        };
    }
    plain.push_str(rest);
    plain.trim().to_string()
}

/// The text within one pair of marks around it.
fn unwrapped(text: &str) -> &str {
    const PAIRS: [(&str, &str); 7] =
        [("**", "**"), ("__", "__"), ("`", "`"), ("*", "*"), ("_", "_"), ("{", "}"), ("$", "$")];
    let text = text.trim();
    for (open, close) in PAIRS {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).map(str::trim);
        // A dict is wrapped in braces too, and is none of markup.
        let is_one = |inner: &&str| {
            !inner.is_empty()
                && !inner.contains(open)
                && !inner.contains(close)
                && !(open == "{" && inner.contains(':'))
        };
        if let Some(inner) = inner.filter(is_one) {
            return inner;
        }
    }
    // A link: [text](address).
    if let Some((shown, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once("]("))
        && rest.ends_with(')')
        && !shown.contains('[')
    {
        return shown.trim();
    }
    text
}

/// LaTeX without its commands: those around the text, those that colour it, those that only space.
fn latex(cell: &str) -> String {
    const SYMBOLS: [(&str, &str); 26] = [
        ("\\pm", "±"),
        ("\\times", "×"),
        ("\\cdot", "·"),
        ("\\approx", "≈"),
        ("\\sim", "~"),
        ("\\dagger", "†"),
        ("\\ddagger", "‡"),
        ("\\dag", "†"),
        ("\\ddag", "‡"),
        ("\\downarrow", "↓"),
        ("\\uparrow", "↑"),
        ("\\ast", "*"),
        ("\\star", "*"),
        ("\\%", "%"),
        ("\\_", "_"),
        ("\\&", "&"),
        ("\\#", "#"),
        ("\\$", " "),
        ("\\,", ""),
        ("\\;", " "),
        ("\\!", ""),
        ("\\:", " "),
        ("\\ ", " "),
        ("\\{", "("),
        ("\\}", ")"),
        ("{,}", ","),
    ];
    /// Of these nothing is read.
    const GONE: &str = "cellcolor rowcolor color cite citep citet footnote footnotemark tnote textsuperscript label ref vspace \
         hspace rule phantom";
    /// Of these the last of several arguments is read.
    const LAST: [(&str, usize); 5] =
        [("multirow", 3), ("multicolumn", 3), ("textcolor", 2), ("colorbox", 2), ("rotatebox", 2)];
    let mut text = String::with_capacity(cell.len());
    let mut rest = cell;
    while let Some(c) = rest.chars().next() {
        let symbol = SYMBOLS.iter().find(|(symbol, _)| {
            rest.strip_prefix(symbol)
                // "\dag" is not the start of "\dagger", nor "\times" that of "\timesnewroman".
                .is_some_and(|after| !(symbol.ends_with(char::is_alphabetic) && after.starts_with(char::is_alphabetic)))
        });
        if let Some((symbol, plain)) = symbol {
            text.push_str(plain);
            rest = &rest[symbol.len()..];
        } else if c == '\\' {
            let name_len = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let name = &rest[1..1 + name_len];
            rest = rest[1 + name_len..].trim_start();
            rest = rest.strip_prefix('*').filter(|after| name_len > 0 && after.starts_with('{')).unwrap_or(rest);
            if is_listed(name, GONE) {
                while let Some((_, after)) = argument(rest) {
                    rest = after;
                }
            } else if let Some((_, n)) = LAST.iter().find(|(own, _)| *own == name) {
                for _ in 1..*n {
                    rest = argument(rest).map_or(rest, |(_, after)| after);
                }
            } else if name_len == 0 {
                // A backslash of its own.
                rest = rest.strip_prefix('\\').unwrap_or(rest);
            }
            text.push(' ');
        } else {
            // Braces of a power or an index stay.
            let is_open = c == '{' && text.ends_with(['^', '_']);
            let is_close = c == '}' && text.rfind('{').is_some_and(|open| !text[open..].contains('}'));
            match c {
                '~' => text.push(' '),
                '$' | '{' | '}' if !is_open && !is_close => {}
                _ => text.push(c),
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// An argument in braces or brackets, and what follows it.
fn argument(text: &str) -> Option<(&str, &str)> {
    let close = match text.chars().next()? {
        '{' => '}',
        '[' => ']',
        _ => return None,
    };
    let end = text.find(close)?;
    Some((&text[1..end], text[end + 1..].trim_start()))
}

/// The number of a cell that holds more than one: an uncertainty, a mark that points to a note, or that it is rounded.
fn number_of(cell: &str, decimal: Decimal) -> Option<&str> {
    let is_number = |text: &str| try_number(text, decimal).is_some();
    if cell.len() > MAX_BYTES || !cell.bytes().any(|byte| byte.is_ascii_digit()) || is_number(cell) {
        return None;
    }
    let rounded = cell.trim_start_matches(['~', '≈', '∼', '≃', ' ']);
    let marks = |c: char| {
        matches!(
            c,
            '+' | '*'
                | '†'
                | '‡'
                | '§'
                | '¶'
                | '‖'
                | '#'
                | '↑'
                | '↓'
                | '⋆'
                | '★'
                | '☆'
                | 'ᵃ'
                | 'ᵇ'
                | 'ᶜ'
                | '⁺'
                | '⁻'
                | ' '
        )
    };
    let text = without_note(rounded.trim_end_matches(marks)).trim_end_matches(marks);
    // "3.61¹" and "3.61^{1}" have a note; "10⁹" and "2^30" are powers.
    let raised = |c: char| matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹');
    let unraised = text.trim_end_matches(raised).trim_end();
    let uncaret = text.rsplit_once('^').filter(|(before, _)| !before.ends_with('^')).map_or(text, |(before, _)| before);
    let uncaret = text.strip_suffix('^').and_then(|text| text.rsplit_once('^')).map_or(uncaret, |(before, _)| before);
    let is_whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for before in [text, unraised, uncaret] {
        if is_number(before) && (before == text || !is_whole(before) && is_note(before, &text[before.len()..])) {
            return Some(before);
        }
    }
    let (number, rest) = ["±", "+/-", "+-", "(", "[", "_{", "^{"]
        .iter()
        .filter_map(|mark| text.find(mark).map(|at| (text[..at].trim_end(), text[at..].trim_start_matches(*mark))))
        .min_by_key(|(number, _)| number.len())?;
    let number = number.trim_end_matches(marks);
    let rest = rest.trim_matches(|c: char| c.is_whitespace() || "±+-−([{)]}_^".contains(c));
    let is_spread =
        rest.split([',', ';', '–', '/', '±', ' ']).map(str::trim).filter(|part| !part.is_empty()).all(is_number);
    (is_number(number) && !rest.is_empty() && is_spread).then_some(number)
}

/// Without the mark of a note at its end: "^{a}", "^*", `[1]`, `[^1]`. A power stays.
fn without_note(text: &str) -> &str {
    let text = text.trim_end();
    if let Some((before, note)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('['))
        && note.trim_start_matches('^').bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !note.is_empty()
    {
        return before.trim_end();
    }
    if let Some((before, note)) = text.rsplit_once('^') {
        let note = note.trim_matches(['{', '}', ' ']);
        if !note.bytes().any(|byte| byte.is_ascii_digit()) {
            return before.trim_end();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: &str, expected: &str) {
        let plain = without_markup(cell);
        assert_eq!(number_of(&plain, Decimal::Point).unwrap_or(&plain), expected, "{cell}");
    }

    #[test]
    fn decorated_numbers() {
        for cell in [
            "**3.61**",
            "*3.61*",
            "__3.61__",
            "***3.61***",
            "`3.61`",
            "[3.61](https://a.b/c_(d))",
            "<b>3.61</b>",
            "**[3.61](u)**",
            "3.61±0.01",
            "3.61 ± 0.01",
            "3.61 (0.02)",
            "3.61(2)",
            "3.61 +/- 0.01",
            "3.61 [3.60, 3.62]",
            "3.61 (±0.01)",
            "3.61*",
            "3.61†",
            "3.61 ‡",
            "3.61^{a}",
            "3.61^*",
            "3.61<sup>1</sup>",
            "3.61<sub>0.01</sub>",
            "3.61¹",
            "3.61^{1}",
            "3.61^1^",
            "3.61⁺",
            "3.61[^1]",
            "3.61 [1]",
            "3.61 ↓",
            "3.61+",
            "<span style=\"color:red;padding:0 6px\">3.61</span>",
            "~3.61",
            r"\textbf{3.61}",
            r"\underline{\textbf{3.61}}",
            r"$3.61 \pm 0.01$",
            r"$\mathbf{3.61}_{\pm 0.01}$",
            r"{\bf 3.61}",
            r"\cellcolor{blue!20}3.61",
            r"\cellcolor[HTML]{FFF} \textbf{3.61}",
            r"\multirow{3}{*}{3.61}",
            r"\best{3.61}",
            r"3.61$^\dagger$",
            r"3.61\textsuperscript{a}",
            r"3.61~\cite{x}",
            r"\textcolor{red}{3.61}",
            r"$3.61_{0.01}$",
            r"\multicolumn{1}{c}{3.61}",
            r"3.61 {\small (0.01)}",
            r"\num{3.61}",
            r"$\bm{3.61}$",
            r"3.61 {\scriptsize $\pm$ 0.01}",
        ] {
            check(cell, "3.61");
        }
        check(r"\multirow{3}{*}{70M}", "70M");
        check(r"$1.3 \times 10^{9}$", "1.3 × 10^{9}");
        check(r"1{,}300{,}000", "1,300,000");
        check("~70M", "70M");
        check("70M (64M)", "70M");
        check("70M²", "70M");
        check("10<sup>9</sup>", "10^9");
        check("1.3×10<sup>9</sup>", "1.3×10^9");
        check(r"30\%", "30%");
    }

    #[test]
    fn what_is_no_decoration_stays() {
        for cell in [
            "3.61",
            "1.3×10^9",
            "10^{9}",
            "2^30",
            "10⁹",
            "{'web': 0.9, 'code': 0.1}",
            "[0.9, 0.1]",
            "{\"a\": 1}",
            "web*code",
            "(a)",
            "v1 (old)",
            "3.61 (best)",
            "1,300",
            "C:\\runs",
            "f(3)",
            "3.61 nats",
            "a_b",
            "_step",
            "\u{FFFD}",
            "1/3",
            "<unk>",
        ] {
            check(cell, if cell == "C:\\runs" { "C:" } else { cell });
        }
    }

    #[test]
    fn names() {
        assert_eq!(bare_name("**Val Loss** ↓"), "Val Loss");
        assert_eq!(bare_name(r"\textbf{Loss} $\downarrow$"), "Loss");
        assert_eq!(bare_name("`val_loss`"), "val_loss");
        assert_eq!(bare_name("N (M)"), "N (M)");
        assert_eq!(bare_name("$N$"), "N");
        assert_eq!(bare_name("***"), "***");
    }
}
