//! TOML: a table of runs in double brackets, or one for each run or mixture, made the JSON that it stands for.

use serde_json::{Map, Number, Value};

/// Whether a text begins as TOML does, and as nothing else.
pub(super) fn begins(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_header = |line: &str| {
        let inner = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.is_some_and(|inner| is_name(inner.trim_start_matches('[').trim_end_matches(']')))
    };
    let is_entry =
        |line: &str| line.split_once('=').is_some_and(|(name, value)| is_name(name) && parsed(value).is_some());
    let is_first = lines.next().is_some_and(|line| is_header(line) || is_entry(line));
    is_first && lines.next().is_some_and(|line| is_header(line) || is_entry(line))
}

/// The records of a text in TOML, each with its line, and where it ends: those of the longest array of tables, or of tables
/// whose entries have the same names. `None` of any other text.
pub(super) fn records(text: &str) -> Option<(Vec<(usize, Value)>, usize)> {
    if !begins(text) {
        return None;
    }
    let mut lists: Vec<(String, Vec<(usize, Value)>)> = Vec::new();
    let mut tables: Vec<(Vec<String>, usize, Map<String, Value>)> = Vec::new();
    // Where entries belong: the root, an item of a list with a path below it, or a table.
    let mut at: (Option<usize>, Vec<String>) = (None, Vec::new());
    let (mut end, mut is_after_blank) = (0, false);
    let mut lines = text.split_inclusive('\n').enumerate();
    while let Some((number, whole)) = lines.next() {
        let line = without_comment(whole).trim();
        // Behind a blank line another table may follow.
        if is_after_blank && !line.starts_with('[') && !line.is_empty() && !line.contains('=') {
            break;
        }
        end += whole.len();
        is_after_blank = line.is_empty();
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
            let place = lists.iter().position(|(own, _)| own == name.trim()).unwrap_or_else(|| {
                lists.push((name.trim().to_string(), Vec::new()));
                lists.len() - 1
            });
            lists[place].1.push((number + 1, Value::Object(Map::new())));
            at = (Some(place), Vec::new());
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let path = path(name)?;
            let of_list = lists
                .iter()
                .position(|(own, _)| name.trim().strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('.')));
            at = match of_list {
                Some(place) => (Some(place), path[lists[place].0.split('.').count()..].to_vec()),
                None => {
                    tables.push((path.clone(), number + 1, Map::new()));
                    (None, path)
                }
            };
        } else {
            let (name, value) = line.split_once('=')?;
            let mut value = value.trim().to_string();
            // A list may go on below.
            while value.matches('[').count() > value.matches(']').count() {
                let (_, below) = lines.next()?;
                end += below.len();
                value += without_comment(below).trim();
            }
            let names = path(name)?;
            let value = parsed(&value)?;
            match at {
                (Some(place), ref below) => {
                    let (_, record) = lists[place].1.last_mut()?;
                    insert(record.as_object_mut()?, &[below.clone(), names].concat(), value)?;
                }
                (None, ref path) if path.is_empty() => {}
                (None, _) => insert(&mut tables.last_mut()?.2, &names, value)?,
            }
        }
    }
    if let Some((_, records)) =
        lists.into_iter().max_by_key(|(_, records)| records.len()).filter(|(_, own)| own.len() > 1)
    {
        return Some((records, end));
    }
    of_tables(tables).map(|records| (records, end))
}

/// The records of tables such as `[runs.a]` and `[runs.a.loss]`, or `[a]` and `[a.loss]`: one for each name.
fn of_tables(tables: Vec<(Vec<String>, usize, Map<String, Value>)>) -> Option<Vec<(usize, Value)>> {
    // The names of the runs stand where the tables' paths first differ.
    let depth = (0..tables.iter().map(|(path, ..)| path.len()).min()?).find(|&depth| {
        let name = |path: &Vec<String>| path[depth].clone();
        tables.iter().any(|(path, ..)| name(path) != name(&tables[0].0))
    })?;
    let mut records: Vec<(usize, String, Map<String, Value>)> = Vec::new();
    for (path, line, entries) in tables {
        let place = records.iter().position(|(_, name, _)| *name == path[depth]).unwrap_or_else(|| {
            let mut record = Map::new();
            record.insert("name".to_string(), Value::String(path[depth].clone()));
            records.push((line, path[depth].clone(), record));
            records.len() - 1
        });
        for (name, value) in entries {
            insert(&mut records[place].2, &[&path[depth + 1..], &[name]].concat(), value)?;
        }
    }
    let same = records.iter().all(|(.., record)| record.keys().eq(records[0].2.keys()));
    (records.len() > 1 && same)
        .then(|| records.into_iter().map(|(line, _, record)| (line, Value::Object(record))).collect())
}

fn is_name(name: &str) -> bool {
    let name = name.trim().trim_matches('"');
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-./ ".contains(c))
}

/// The parts of a name with dots.
fn path(name: &str) -> Option<Vec<String>> {
    is_name(name).then(|| name.split('.').map(|part| part.trim().trim_matches('"').to_string()).collect())
}

fn insert(to: &mut Map<String, Value>, path: &[String], value: Value) -> Option<()> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        to.insert(first.clone(), value);
        return Some(());
    }
    insert(to.entry(first.clone()).or_insert_with(|| Value::Object(Map::new())).as_object_mut()?, rest, value)
}

/// A line without the comment at its end.
fn without_comment(line: &str) -> &str {
    let mut is_quoted = false;
    let end = line.char_indices().find(|(_, c)| {
        is_quoted ^= matches!(c, '"' | '\'');
        *c == '#' && !is_quoted
    });
    end.map_or(line, |(at, _)| &line[..at])
}

fn parsed(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let mut members = Map::new();
        for part in parts(inner) {
            let (name, value) = part.split_once('=')?;
            insert(&mut members, &path(name)?, parsed(value)?)?;
        }
        return Some(Value::Object(members));
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return parts(inner).into_iter().map(parsed).collect::<Option<Vec<_>>>().map(Value::Array);
    }
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    if let Some(inner) = quoted {
        return Some(Value::String(inner.to_string()));
    }
    let number = || text.replace('_', "").parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number);
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => {
            number().or_else(|| text.starts_with(|c: char| c.is_ascii_digit()).then(|| Value::String(text.to_string())))
        }
    }
}

/// What commas part, but those within brackets and quotes.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut is_quoted) = (Vec::new(), 0, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' | '\'' => is_quoted = !is_quoted,
            '[' | '{' if !is_quoted => depth += 1,
            ']' | '}' if !is_quoted => depth -= 1,
            ',' if !is_quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}
