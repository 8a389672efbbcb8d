//! Lines of names and values, as logs have them: "run=a params=70M web=0.9 code=0.1 loss=3.61".

use serde_json::{Map, Value};

use super::json;
use crate::import::guess::is_known;
use crate::import::issue::Issues;
use crate::import::sniff::{is_blank, is_comment};
use crate::import::table::Table;

/// Longer lines are no list of a few values.
const MAX_BYTES: usize = 20_000;

/// The column of what stands before the first name: a time, a level.
const BEFORE: &str = "before";

/// The table of a text whose lines all are names with values; `None` of any other.
pub(super) fn read(text: &str) -> Option<Table> {
    let lines = || text.lines().enumerate().filter(|(_, line)| !is_blank(line) && !is_comment(line));
    // A colon stands in much else: there a name must be known.
    let mark = ['=', ':'].into_iter().find(|mark| {
        let first = lines().next().and_then(|(_, line)| pairs(line, *mark));
        first.is_some_and(|pairs| *mark == '=' || pairs.iter().any(|(name, _)| is_known(name)))
    })?;
    let mut records: Vec<(usize, Value)> = Vec::new();
    for (line_idx, line) in lines() {
        let pairs = pairs(line, mark)?;
        let record: Map<String, Value> =
            pairs.iter().map(|(name, value)| (name.to_string(), Value::String(value.to_string()))).collect();
        let is_of_first = |(_, first): &(usize, Value)| pairs.iter().any(|(name, _)| first.get(*name).is_some());
        // The same name twice has two values, and a line of other names is of another kind.
        if record.len() < pairs.len() || !records.first().is_none_or(is_of_first) {
            return None;
        }
        records.push((line_idx + 1, Value::Object(record)));
    }
    (records.len() > 1).then(|| json::table(records.into_iter(), &mut Issues::default()))?
}

/// Whether a text that begins with a bracket is one of such lines behind a time: `[12:30] a=1 b=2`.
pub(super) fn begins(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.starts_with('[') && !line.contains('"') && pairs(line, '=').is_some()
}

/// The names and values of a line, at least two: "a=1 b=2", "a= 1, b= 2", "a: 1 | b: 2".
fn pairs(line: &str, mark: char) -> Option<Vec<(&str, &str)>> {
    if line.len() > MAX_BYTES || !line.contains(mark) {
        return None;
    }
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let mut open: Option<&str> = None;
    // Where what comes before the first name ends.
    let mut end_before = 0;
    for part in line.split([' ', '\t', ',', ';', '|']).filter(|part| !part.is_empty()) {
        let start = part.as_ptr() as usize - line.as_ptr() as usize;
        match (open.take(), part.split_once(mark)) {
            (Some(name), None) => pairs.push((name, part)),
            (None, Some((name, value))) if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => match value {
                "" => open = Some(name),
                value => pairs.push((name, value)),
            },
            (None, _) if pairs.is_empty() => end_before = start + part.len(),
            _ => return None,
        }
    }
    let before = line[..end_before].trim();
    if pairs.len() < 2 || open.is_some() {
        return None;
    }
    if !before.is_empty() {
        pairs.insert(0, (BEFORE, before));
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_pairs() {
        let of = |line, mark| pairs(line, mark).unwrap_or_default();
        assert_eq!(of("N=70M  loss= 3.61", '='), [("N", "70M"), ("loss", "3.61")]);
        assert_eq!(of("N: 70M, loss: 3.61", ':'), [("N", "70M"), ("loss", "3.61")]);
        assert_eq!(
            of("[12:30] INFO N=70M loss=3.61", '='),
            [("before", "[12:30] INFO"), ("N", "70M"), ("loss", "3.61")]
        );
        for other in ["N=70M", "N=70M loss=", "N=70M loss=3.61 best", "run,N,loss", "1=2 3=4"] {
            assert_eq!(pairs(other, '='), None, "{other}");
        }
    }

    #[test]
    fn other_texts() {
        for other in [
            "a=1 b=2",
            "a=1 b=2\nc=1 d=2",
            "a=1 a=2\na=1 a=2",
            "a=1 b=2\nsome words",
            "web: 0.9 code: 0.1\nweb: 0.8 code: 0.2",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
