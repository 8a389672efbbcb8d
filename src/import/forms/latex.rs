//! Tables in LaTeX: rows end with `\\`, cells are parted by `&`, commands stand around them.

/// The rows of a tabular as lines with tabs between the cells, each on the line where it begins; `None` of other texts.
/// What a cell holds is left to the reader of cells.
pub(super) fn with_tabs(text: &str) -> Option<String> {
    if !(text.contains('&') && text.contains(r"\\")) {
        return None;
    }
    let mut lines: Vec<String> = vec![String::new(); text.split('\n').count()];
    let mut row = Row::default();
    // How many lines more have a cell of \multirow above theirs, by column.
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut next_free = 0;
    for (line_idx, line) in text.split('\n').enumerate() {
        let line = without_comment(line);
        let mut rest = line;
        while let Some(end) = rest.find(r"\\") {
            row.add(line_idx, &rest[..end]);
            row.finish(&mut lines, &mut next_free, &mut above);
            rest = after_break(&rest[end + 2..]);
        }
        row.add(line_idx, rest);
        row.text.push(' ');
    }
    // The last row may go without its end.
    row.finish(&mut lines, &mut next_free, &mut above);
    Some(lines.join("\n"))
}

#[derive(Default)]
struct Row {
    first_line: Option<usize>,
    text: String,
}

impl Row {
    fn add(&mut self, line_idx: usize, text: &str) {
        // A rule or the start of an environment on a line of its own is not where the row begins.
        if text.contains('&')
            || text.contains(r"\multicolumn{")
            || !matches!(text.trim().as_bytes().first(), None | Some(b'\\'))
        {
            self.first_line.get_or_insert(line_idx);
        }
        self.text.push_str(text);
    }

    fn finish(&mut self, lines: &mut Vec<String>, next_free: &mut usize, above: &mut Vec<(usize, String)>) {
        let text = std::mem::take(&mut self.text);
        let Some(line) = self.first_line.take() else { return };
        let text = without_rules(&text);
        if !text.contains('&')
            && !(text.contains(r"\multicolumn{") && text.bytes().any(|byte| byte.is_ascii_alphanumeric()))
        {
            return;
        }
        // A title over all columns stands in the first.
        let is_title = !text.contains('&');
        let mut cells: Vec<String> = Vec::new();
        for cell in text.replace(r"\&", "\u{1}").split('&') {
            let cell = cell.trim().replace('\u{1}', r"\&");
            let width = argument_of(&cell, r"\multicolumn{").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
            // A cell over several columns stands in each of them.
            let width = if is_title { 1 } else { width.clamp(1, MOST_COLUMNS) };
            cells.extend((0..width).map(|_| cell.clone()));
        }
        for (i, cell) in cells.iter_mut().enumerate() {
            if above.len() <= i {
                above.push((0, String::new()));
            }
            let (n_left, held) = &mut above[i];
            match argument_of(cell, r"\multirow{").and_then(|n| n.trim_start_matches('-').parse::<usize>().ok()) {
                Some(n) => (*n_left, *held) = (n.saturating_sub(1), cell.clone()),
                None if *n_left > 0 => {
                    *n_left -= 1;
                    if cell.is_empty() {
                        cell.clone_from(held);
                    }
                }
                None => {}
            }
        }
        let at = line.max(*next_free);
        if at == lines.len() {
            lines.push(String::new());
        }
        lines[at] = cells.join("\t");
        *next_free = at + 1;
    }
}

/// Columns that one cell may span.
const MOST_COLUMNS: usize = 100;

/// The first argument of a command, wherever in the cell it stands.
fn argument_of<'a>(cell: &'a str, command: &str) -> Option<&'a str> {
    let rest = &cell[cell.find(command)? + command.len()..];
    Some(rest[..rest.find('}')?].trim())
}

fn without_comment(line: &str) -> &str {
    let is_comment = |&(at, _): &(usize, &str)| !line[..at].ends_with('\\');
    line.match_indices('%').find(is_comment).map_or(line, |(at, _)| &line[..at])
}

/// What follows `\\`: its optional space `[2pt]` and star are gone.
fn after_break(text: &str) -> &str {
    let text = text.strip_prefix('*').unwrap_or(text);
    let space = text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    space.map_or(text, |(_, rest)| rest)
}

/// A row without the rules and the lines of an environment that stand before it.
fn without_rules(text: &str) -> String {
    const RULES: [&str; 11] = [
        r"\hline",
        r"\toprule",
        r"\midrule",
        r"\bottomrule",
        r"\addlinespace",
        r"\cmidrule",
        r"\cline",
        r"\specialrule",
        r"\centering",
        r"\small",
        r"\rowcolor",
    ];
    // An environment's name, its columns, a caption: all that comes before the last of them is no cell.
    let begun =
        [r"\begin{tabular", r"\begin{array", r"\begin{longtable"].iter().filter_map(|begin| text.rfind(begin)).max();
    let text = begun.map_or(text, |at| after_arguments(&text[at + r"\begin".len()..]));
    let mut rest = text.find(r"\end{").map_or(text, |end| &text[..end]);
    let mut kept = String::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        match RULES.iter().find_map(|rule| rest.strip_prefix(rule)) {
            Some(after) => {
                let sides = ["(lr)", "(l)", "(r)", "(rl)"].iter().find_map(|sides| after.strip_prefix(sides));
                rest = after_arguments(sides.unwrap_or(after));
            }
            None => {
                kept.push('\\');
                rest = &rest[1..];
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// Longer arguments are none of a rule or a tabular.
const LONGEST_ARGUMENT: usize = 500;

/// What follows the arguments in braces and brackets at the start.
fn after_arguments(text: &str) -> &str {
    let mut rest = text;
    loop {
        let close = match rest.trim_start().chars().next() {
            Some('{') => '}',
            Some('[') => ']',
            _ => return rest,
        };
        let open = rest.len() - rest.trim_start().len();
        let (mut depth, mut end) = (0usize, None);
        for (at, c) in rest[open..].char_indices().take(LONGEST_ARGUMENT) {
            match c {
                '{' | '[' => depth += 1,
                '}' | ']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && c == close {
                        end = Some(open + at + 1);
                        break;
                    }
                }
                _ => {}
            }
        }
        match end {
            Some(end) => rest = &rest[end..],
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let lines = with_tabs(text).expect("a tabular");
        assert_eq!(lines.split('\n').collect::<Vec<_>>(), expected);
    }

    #[test]
    fn tabulars() {
        check("a & b \\\\\n1 & 2 \\\\ \\hline\n", &["a\tb", "1\t2", ""]);
        check(
            "\\begin{tabular}{l@{ }c}\n\\toprule\na & b \\\\\n\\midrule\n1 & \n2 \\\\[2pt]\n3 & 4\n\\end{tabular}",
            &["", "", "a\tb", "", "1\t2", "", "3\t4", ""],
        );
        check(
            "\\multirow{2}{*}{x} & 1 \\\\\n & 2 \\\\\n & 3 \\\\",
            &["\\multirow{2}{*}{x}\t1", "\\multirow{2}{*}{x}\t2", "\t3"],
        );
        check(
            "\\multicolumn{2}{c}{x} & y \\\\ % note & more\n1 & 2 & 3 \\\\",
            &["\\multicolumn{2}{c}{x}\t\\multicolumn{2}{c}{x}\ty", "1\t2\t3"],
        );
        check("a & b \\\\ \\cmidrule(lr){1-2} 1 & 2 \\\\\nR\\&D & 5\\% \\\\", &["a\tb", "1\t2", "R\\&D\t5\\%"]);
        assert_eq!(with_tabs("a & b"), None);
    }
}
