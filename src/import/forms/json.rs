//! JSON and JSON lines: an array of objects, one object a line, an object of columns, an array of rows with `columns`
//! beside it, or an object that holds one of these under `data`, `rows`, `runs` or `records`. What is nested gets a name
//! with dots: `config.data.web`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::import::guess::{has_loss_word, is_count_name, is_known};
use crate::import::issue::{Cause, Issues};
use crate::import::names;
use crate::import::recipe::is_recipe;
use crate::import::roles::{is_weight_word, split_first, split_last};
use crate::import::sniff::sniff_delimiter;
use crate::import::table::{MAX_COLUMNS, Table};
use crate::units::{Decimal, try_number};

/// Names under which an object holds the rows.
const ROWS: [&str; 4] = ["data", "rows", "runs", "records"];

/// The tables at the start of a text that begins as JSON does, and where they end; all of the text if an issue says
/// why it cannot be read.
pub(super) fn read(text: &str, issues: &mut Issues) -> (Vec<Table>, usize) {
    let text = &*as_json(text);
    let mut lines = Lines { text, at: 0, line: 0 };
    let mut cut = Vec::new();
    let documents = documents(text, &mut cut);
    match documents {
        Ok((documents, end)) => {
            let mut of_cut = Lines { text, at: 0, line: 0 };
            for (place, what) in cut {
                issues.push(Cause::CutLine { what }.at_line(1 + of_cut.before(place)));
            }
            let tables = documents.into_iter().filter_map(|records| {
                let records = records.into_iter().map(|(start, value)| (1 + lines.before(start), value));
                table(records, issues)
            });
            (tables.collect(), end)
        }
        Err((line, what)) => {
            issues.push(Cause::Json { what }.at_line(line));
            (Vec::new(), text.len())
        }
    }
}

/// Whether a text begins as JSON does, and nothing else.
pub(super) fn begins(text: &str) -> bool {
    let after = |open: char| text.strip_prefix(open).map(|rest| rest.trim_start().chars().next());
    matches!(after('{'), Some(None | Some('"' | '}')))
        || matches!(after('['), Some(None | Some('{' | '[' | ']' | '"' | '-' | '0'..='9')))
}

/// Whether a text that begins with a bracket or a brace may be JSON: a first line of names in brackets is none.
pub(super) fn may_begin(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    begins(text) || sniff_delimiter(line).is_none() || line.contains([':', '"', '\''])
}

/// An object and where it begins.
type Record = (usize, Value);
/// The line and the reader's words.
type Fault = (usize, String);

/// The text as JSON has it: NaN and Infinity, which Python writes, are words, and a dict as Python prints it has double
/// quotes. Every character keeps its place.
fn as_json(text: &str) -> Cow<'_, str> {
    const WORDS: [(&str, &str); 6] = [
        ("NaN", r#"""  "#),
        ("-Infinity", r#""-inf"   "#),
        ("Infinity", r#""inf"   "#),
        ("None", "null"),
        ("True", "true"),
        ("False", "false"),
    ];
    let start = text.trim_start_matches(['[', '{', '(', ' ', '\n', '\r', '\t']);
    let is_python = start.starts_with('\'');
    let has = |word: &&(&str, &str)| text.contains(word.0);
    if !is_python && !WORDS.iter().any(|word| has(&word)) {
        return Cow::Borrowed(text);
    }
    let mut json = String::with_capacity(text.len());
    let (mut quote, mut rest) = (None, text);
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match quote {
            Some(_) if c == '\\' => {
                length += rest[1..].chars().next().map_or(0, char::len_utf8);
                json.push_str(if rest.starts_with("\\'") { " '" } else { &rest[..length] });
            }
            Some(open) if c == open => {
                quote = None;
                json.push('"');
            }
            // A double quote within single ones.
            Some('\'') if c == '"' => json.push('\''),
            Some(_) => json.push(c),
            None if c == '"' || c == '\'' && is_python => {
                quote = Some(c);
                json.push('"');
            }
            None => match WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
                Some((word, written)) => {
                    json.push_str(&written[..word.len()]);
                    length = word.len();
                }
                None if is_python && matches!(c, '(' | ')') => json.push(if c == '(' { '[' } else { ']' }),
                None => json.push(c),
            },
        }
        rest = &rest[length..];
    }
    Cow::Owned(json)
}

/// The records of each table, and where the last one ends. Lines that are cut are passed, each with its place and the
/// reader's words.
fn documents(text: &str, cut: &mut Vec<Fault>) -> Result<(Vec<Vec<Record>>, usize), Fault> {
    let mut groups: Vec<Vec<(usize, &str)>> = Vec::new();
    let (mut base, mut end) = (0, 0);
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    while let Some(raw) = stream.next() {
        let raw = match raw {
            Ok(raw) => raw.get(),
            // What comes after a blank line may be a table in another form.
            Err(_) if end > 0 && is_apart(&text[end..]) && !text[end..].trim_start().starts_with(['[', '{']) => break,
            // "{…}," and the next one below.
            Err(_) if end > 0 && text[end..].trim_start().starts_with(',') => {
                let next = text.len() - text[end..].trim_start().len() + 1;
                (base, end) = (next, next);
                stream = serde_json::Deserializer::from_str(&text[next..]).into_iter::<&RawValue>();
                continue;
            }
            Err(error) => {
                let start = end + text[end..].len() - text[end..].trim_start().len();
                // One line of many may be cut: what follows is read all the same.
                let next = text[start..].match_indices("\n{").next().map(|(at, _)| start + at + 1);
                let is_line = start == 0 || text[..start].ends_with('\n');
                let next = next.filter(|_| is_line).or((is_line && end > 0).then_some(text.len()));
                match next {
                    Some(next) if text[start..].starts_with('{') || end > 0 => {
                        cut.push((start, without_place(&error)));
                        (base, end) = (next, next);
                        stream = serde_json::Deserializer::from_str(&text[next..]).into_iter::<&RawValue>();
                        continue;
                    }
                    _ => return Err((error.line(), error.to_string())),
                }
            }
        };
        let start = base + stream.byte_offset() - raw.len();
        match groups.last_mut() {
            Some(group) if goes_on(group, raw, &text[group_end(group)..start]) => group.push((start, raw)),
            _ => groups.push(vec![(start, raw)]),
        }
        end = start + raw.len();
    }
    // Of a text that is cut everywhere the first fault says why.
    if let (true, Some((place, what))) = (groups.is_empty(), cut.first()) {
        return Err((1 + text[..*place].matches('\n').count(), what.clone()));
    }
    let documents = groups.into_iter().map(|group| match group[..] {
        [(start, only)] => records(start, only),
        _ => group.into_iter().map(|(start, raw)| value(start, raw)).collect(),
    });
    Ok((documents.collect::<Result<_, _>>()?, end))
}

fn group_end(group: &[(usize, &str)]) -> usize {
    group.last().map_or(0, |(start, raw)| start + raw.len())
}

/// The reader's words without the line and column, which count from the last line that was cut.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_eof() || text.starts_with("control character") {
        return "it ends too early".to_string();
    }
    text.split_once(" at line ").map_or(text.clone(), |(what, _)| what.to_string())
}

/// Whether a blank line comes first.
fn is_apart(between: &str) -> bool {
    between.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\n').count() > 1
}

/// Whether a value is one line more of the group: an object after an object, and after a blank line only a row of the
/// same names.
fn goes_on(group: &[(usize, &str)], raw: &str, between: &str) -> bool {
    let [.., (_, last)] = group else { return false };
    if !raw.starts_with('{') || !last.starts_with('{') {
        return false;
    }
    let may_hold_rows = |value: &&RawValue| value.get().starts_with(['[', '{']);
    !is_apart(between) || {
        let (own, of_last) = (members(raw), members(last));
        own.keys().eq(of_last.keys()) && !own.values().all(may_hold_rows)
    }
}

/// The members of an object; none of any other value.
fn members(raw: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(raw).unwrap_or_default()
}

/// The records of a table that is a single value.
fn records(start: usize, raw: &str) -> Result<Vec<Record>, Fault> {
    let place = |inner: &str| inner.as_ptr() as usize - raw.as_ptr() as usize + start;
    let members = members(raw);
    let mut rows = ROWS.iter().filter_map(|name| Some(members.get(*name)?.get()));
    let names = members.get("columns").and_then(|names| serde_json::from_str::<Vec<Value>>(names.get()).ok());
    match rows.find(|rows| rows.starts_with(['[', '{'])) {
        Some(rows) if rows.starts_with('[') => {
            items(place(rows), rows, names).map(|records| with_settings(records, &members, rows))
        }
        Some(rows) => match columns(place(rows), value(0, rows)?.1) {
            Ok(rows) => Ok(rows),
            Err(_) => single(start, raw),
        },
        None if raw.starts_with('[') => items(start, raw, None),
        None => match only_member(&members) {
            Some(inner) => records(place(inner), inner),
            None => single(start, raw),
        },
    }
}

/// The records with the sizes and settings of all runs that stand beside them: {"params": 7e7, "runs": […]}.
fn with_settings(mut records: Vec<Record>, members: &BTreeMap<String, &RawValue>, rows: &str) -> Vec<Record> {
    let last = |name: &str| names::last_segment(name).to_string();
    let mut settings: Vec<(String, String)> = Vec::new();
    for (key, raw) in members.iter().filter(|(_, raw)| raw.get() != rows) {
        let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        flatten(key, &value, &mut |name, cell| {
            let is_setting = is_count_name(name) || is_recipe(name);
            if is_setting && try_number(&cell, Decimal::Point).is_some() {
                settings.push((name.to_string(), cell));
            }
        });
    }
    let is_other = |name: &&String| members[*name].get() != rows;
    let others = members
        .keys()
        .filter(is_other)
        .map(|name| (name.clone(), serde_json::from_str(members[name].get()).unwrap_or_default()));
    refer(
        &mut records.iter_mut().filter_map(|(_, record)| record.as_object_mut()).collect::<Vec<_>>(),
        &others.collect(),
    );
    // What a run says of itself is its own.
    for (_, record) in &records {
        let mut own = Vec::new();
        flatten("", record, &mut |name, _| own.push(last(name)));
        settings.retain(|(name, _)| !own.contains(&last(name)));
    }
    for record in records.iter_mut().filter_map(|(_, record)| record.as_object_mut()) {
        let cells = settings.iter().map(|(name, cell)| (name.clone(), Value::String(cell.clone())));
        record.extend(cells);
    }
    records
}

/// Puts mixtures in the place of their names, where they stand beside the runs: {"mixtures": {"a": {"web": 0.9, …}, …},
/// "runs": [{"mixture": "a", …}, …]}. Gives the names of what was put there.
pub(super) fn refer<'a>(runs: &mut [&mut Map<String, Value>], others: &'a Map<String, Value>) -> Vec<&'a String> {
    let are_referred = |(name, value): (&'a String, &'a Value)| {
        let listed = |item: &Value| {
            let mut own = item.as_object()?.clone();
            let which = WHICH.iter().find(|word| own.get(**word).is_some_and(Value::is_string))?;
            own.remove(*which).map(|name| (name.as_str().unwrap_or_default().to_string(), Value::Object(own)))
        };
        let named = value.as_object().filter(|named| named.values().all(Value::is_object)).cloned();
        let named = named.or_else(|| value.as_array()?.iter().map(listed).collect::<Option<Map<_, _>>>())?;
        // The runs themselves are no mixtures.
        if named.values().filter_map(Value::as_object).flat_map(Map::keys).any(|name| has_loss_word(name)) {
            return None;
        }
        let referred = |run: &Map<String, Value>, field: &str| named.get(run.get(field)?.as_str()?).cloned();
        let field = runs.first()?.keys().find(|field| runs.iter().all(|run| referred(run, field).is_some()))?.clone();
        for run in runs.iter_mut() {
            let mixture = referred(run, &field)?;
            run.insert("mixture".to_string(), mixture);
        }
        Some(name)
    };
    others.iter().filter_map(are_referred).collect()
}

/// The value of an object that has one member with something in it, and that a list or an object of objects: what is
/// beside it are words about all runs.
fn only_member<'a>(members: &BTreeMap<String, &'a RawValue>) -> Option<&'a str> {
    let nested = |value: &&&RawValue| value.get().starts_with(['[', '{']) && value.get().len() > 2;
    let mut nested = members.values().filter(nested);
    let (inner, None) = (nested.next()?.get(), nested.next()) else { return None };
    let are_words = members.keys().all(|name| !is_known(name) && !is_column(name));
    (are_words && inner[1..].trim_start().starts_with(['{', '"']) && inner.matches('{').nth(1).is_some())
        .then_some(inner)
}

/// An object of columns, or a single row.
fn single(start: usize, raw: &str) -> Result<Vec<Record>, Fault> {
    Ok(columns(start, value(start, raw)?.1).unwrap_or_else(|whole| vec![(start, whole)]))
}

/// An array of objects, or one of arrays below their names.
fn items(start: usize, raw: &str, names: Option<Vec<Value>>) -> Result<Vec<Record>, Fault> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
        return single(start, raw);
    };
    let place = |inner: &str| inner.as_ptr() as usize - raw.as_ptr() as usize + start;
    let mut records: Vec<Record> =
        items.iter().map(|item| value(place(item.get()), item.get())).collect::<Result<_, _>>()?;
    let own_names = match &records[..] {
        [(_, Value::Array(first)), _, ..] if names.is_none() && first.iter().all(Value::is_string) => {
            Some(first.clone())
        }
        _ => None,
    };
    if own_names.is_some() {
        records.remove(0);
    }
    let Some(names) = names.or(own_names) else { return Ok(records) };
    let names: Vec<String> = names.iter().map(name).collect();
    Ok(records.into_iter().map(|(start, record)| (start, named(&names, record))).collect())
}

/// A column's name; of several levels each is a segment.
fn name(value: &Value) -> String {
    match value {
        Value::String(name) => name.clone(),
        Value::Array(levels) => levels.iter().map(name).collect::<Vec<_>>().join("."),
        other => other.to_string(),
    }
}

fn named(names: &[String], record: Value) -> Value {
    match record {
        // A cell without a name keeps its place.
        Value::Array(cells) => {
            let name = |i: usize| names.get(i).cloned().unwrap_or_else(|| format!("column {}", i + 1));
            Value::Object(cells.into_iter().enumerate().map(|(i, cell)| (name(i), cell)).collect())
        }
        other => other,
    }
}

fn value(start: usize, raw: &str) -> Result<Record, Fault> {
    serde_json::from_str(raw).map(|value| (start, value)).map_err(|error| (error.line(), error.to_string()))
}

/// An object whose members are lists of one length, or objects of the same names: a column each, or a row each. Gives
/// back any other value.
fn columns(start: usize, whole: Value) -> Result<Vec<Record>, Value> {
    let Value::Object(members) = &whole else { return Err(whole) };
    let lists: Option<Vec<(&String, &Vec<Value>)>> =
        members.iter().map(|(name, list)| Some((name, list.as_array()?))).collect();
    if let Some(lists) = lists.filter(|lists| lists.iter().all(|(_, list)| list.len() == lists[0].1.len()))
        && !lists.is_empty()
    {
        let row =
            |i: usize| Value::Object(lists.iter().map(|(name, list)| ((*name).clone(), list[i].clone())).collect());
        return Ok((0..lists[0].1.len()).map(|i| (start, row(i))).collect());
    }
    match by_index(members) {
        Some(rows) => Ok(rows.into_iter().map(|row| (start, row)).collect()),
        None => Err(whole),
    }
}

/// The rows of {column: {index: value}} or {index: {column: value}}: what pandas writes by default, and its transpose.
fn by_index(members: &Map<String, Value>) -> Option<Vec<Value>> {
    let inner: Vec<&Map<String, Value>> = members.values().map(Value::as_object).collect::<Option<_>>()?;
    let first = inner.first().filter(|first| !first.is_empty())?;
    let is_flat = |member: &&Map<String, Value>| !member.values().any(|value| value.is_object() || value.is_array());
    if inner.len() > 1 && !inner.iter().all(is_flat) {
        return runs_by_name(members, &inner);
    }
    if !inner.iter().all(|member| is_flat(member) && member.len() == first.len() && member.keys().eq(first.keys())) {
        return None;
    }
    let are_numbers = |names: &[&String]| names.iter().all(|name| name.parse::<u64>().is_ok());
    let (outer, index): (Vec<&String>, Vec<&String>) = (members.keys().collect(), first.keys().collect());
    let with_index = |index: &str, mut row: Map<String, Value>| {
        if index.parse::<u64>().is_err() {
            row.entry("index").or_insert_with(|| Value::String(index.to_string()));
        }
        Value::Object(row)
    };
    // One run whose parts have the same names, weights and losses by domain, is neither.
    let are_columns = are_numbers(&index) || outer.iter().any(|name| is_column(name));
    let are_rows = are_numbers(&outer) || index.iter().any(|name| is_known(name) || is_column(name));
    match (are_columns, are_rows) {
        (true, false) => {
            let row = |at: &String| members.iter().map(|(name, of_it)| (name.clone(), of_it[at].clone())).collect();
            Some(index.into_iter().map(|at| with_index(at, row(at))).collect())
        }
        (false, true) => Some(outer.iter().zip(inner).map(|(at, row)| with_index(at, row.clone())).collect()),
        _ => None,
    }
}

/// The runs of {name: {"config": {…}, "results": {…}}}: each has a loss and something else by which it is known.
fn runs_by_name(members: &Map<String, Value>, inner: &[&Map<String, Value>]) -> Option<Vec<Value>> {
    let is_run = |member: &&Map<String, Value>| {
        let (mut has_loss, mut has_other) = (false, false);
        flatten("", &Value::Object((*member).clone()), &mut |name, _| {
            has_loss |= has_loss_word(name);
            has_other |= is_column(name.rsplit('.').next().unwrap_or(name)) || is_column(name);
        });
        has_loss && has_other
    };
    inner.iter().all(is_run).then(|| {
        let named = members.iter().zip(inner).map(|((name, _), run)| {
            let mut run = (*run).clone();
            run.entry("name").or_insert_with(|| Value::String(name.clone()));
            Value::Object(run)
        });
        named.collect()
    })
}

/// Whether a name can only be one of a column: N, D, C, or one with a word for a weight.
fn is_column(name: &str) -> bool {
    is_count_name(name)
        || [split_first(name), split_last(name)].into_iter().flatten().any(|(word, _)| is_weight_word(word))
}

/// Counts lines on the way through a text.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// How many lines come before a place; places come in the order of the text.
    fn before(&mut self, place: usize) -> usize {
        if place > self.at {
            self.line += self.text.as_bytes()[self.at..place].iter().filter(|byte| **byte == b'\n').count();
            self.at = place;
        }
        self.line
    }
}

/// The table of these records, each with its line: a column for each name, with dots for what is nested.
pub(super) fn table(records: impl Iterator<Item = (usize, Value)>, issues: &mut Issues) -> Option<Table> {
    let mut header: Vec<String> = Vec::new();
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    let mut column_of = std::collections::HashMap::new();
    let mut n_entries = 0;
    let records = records.flat_map(|(line, record)| {
        let entries = entries(record);
        n_entries += if entries.len() > 1 { entries.len() } else { 0 };
        entries.into_iter().map(move |entry| (line, entry))
    });
    let records: Vec<(usize, Value)> = records.collect();
    if n_entries > 0 {
        let what = format!("the losses that a run lists are read as a line each, {n_entries} in all");
        issues.push(Cause::Made { what }.of_text());
    }
    for (line, record) in records {
        let mut cells = Vec::new();
        flatten("", &record, &mut |name, cell| {
            let column = *column_of.entry(name.to_string()).or_insert_with(|| {
                header.push(name.to_string());
                header.len() - 1
            });
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            cells[column] = cell;
        });
        if header.len() > MAX_COLUMNS {
            issues.push(Cause::TooWide { columns: header.len() }.at_line(line));
            return None;
        }
        rows.push((line, cells));
    }
    let is_alone = rows.len() == 1 && header.len() < 3 && !header.iter().any(|name| is_known(name) || is_column(name));
    if header.is_empty() || is_alone {
        issues.push(Cause::NoRuns.of_text());
        return None;
    }
    Some(Table::of_cells(header, rows))
}

/// A run's entries where it lists its losses: a list of objects without names, or lists of numbers side by side, one of
/// losses and another of what they are at. Any other run is its only entry.
fn entries(record: Value) -> Vec<Value> {
    let Value::Object(members) = &record else { return vec![record] };
    let is_at = |name: &str| is_count_name(name) || is_recipe(name);
    let is_of =
        |mut names: &mut dyn Iterator<Item = &String>, is: &dyn Fn(&str) -> bool| (&mut names).any(|name| is(name));
    let whole = |place: &str, entry: Map<String, Value>, without: &[String]| {
        let kept = members.iter().filter(|(name, _)| !without.contains(name));
        let mut own: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        // A number of the run beside one of the entry would be read in its place.
        own.retain(|name, value| !entry.contains_key(name) || value.is_object());
        entry.into_iter().for_each(|(name, value)| {
            own.insert(if place.is_empty() { name } else { format!("{place}.{name}") }, value);
        });
        Value::Object(own)
    };
    let lists = members.iter().filter_map(|(name, value)| Some((name, value.as_array()?)));
    for (name, items) in lists.clone().filter(|(_, items)| items.len() > 1 && named_items(items).is_none()) {
        let objects: Option<Vec<&Map<String, Value>>> = items.iter().map(Value::as_object).collect();
        let is_history = |objects: &Vec<&Map<String, Value>>| {
            objects.iter().all(|own| is_of(&mut own.keys(), &has_loss_word)) && is_of(&mut objects[0].keys(), &is_at)
        };
        if let Some(objects) = objects.filter(is_history) {
            let mut objects: Vec<Map<String, Value>> = objects.into_iter().cloned().collect();
            let referred = refer(&mut objects.iter_mut().collect::<Vec<_>>(), members);
            let without: Vec<String> = referred.into_iter().chain([name]).cloned().collect();
            return objects.into_iter().map(|own| whole(name, own, &without)).collect();
        }
    }
    let are_numbers =
        |items: &Vec<Value>| items.len() > 1 && items.iter().all(|item| item.is_number() || item.is_null());
    let series: Vec<(&String, &Vec<Value>)> = lists.filter(|(_, items)| are_numbers(items)).collect();
    let Some(n) = series.iter().find(|(name, _)| has_loss_word(name)).map(|(_, items)| items.len()) else {
        return vec![record];
    };
    let series: Vec<(&String, &Vec<Value>)> = series.into_iter().filter(|(_, items)| items.len() == n).collect();
    if !is_of(&mut series.iter().map(|(name, _)| *name), &is_at) {
        return vec![record];
    }
    let without: Vec<String> = series.iter().map(|(name, _)| (*name).clone()).collect();
    let entry = |at: usize| series.iter().map(|(name, items)| ((*name).clone(), items[at].clone())).collect();
    (0..n).map(|at| whole("", entry(at), &without)).collect()
}

/// Deeper than this nothing of a run is kept.
const DEEPEST: usize = 8;

/// The cells of a value, each with the path of names that leads to it. Lists whose items have names are told apart by
/// these, not by their places.
fn flatten(name: &str, value: &Value, take: &mut dyn FnMut(&str, String)) {
    let inner = |key: &str| if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
    match value {
        _ if name.matches('.').count() > DEEPEST => {}
        Value::Object(members) => match described(members) {
            Some(value) => flatten(name, value, take),
            None => {
                let (names, lists) = parallel(members).unwrap_or_default();
                for (key, value) in members {
                    match value.as_array().filter(|_| lists.contains(&key)) {
                        Some(items) if lists.first() != Some(&key) => {
                            names
                                .iter()
                                .zip(items)
                                .for_each(|(own, item)| flatten(&inner(&format!("{key}.{own}")), item, take));
                        }
                        Some(_) => {}
                        None => flatten(&inner(key), value, take),
                    }
                }
            }
        },
        Value::Array(items) => match named_items(items) {
            Some(named) => named.into_iter().for_each(|(own, value)| flatten(&inner(&own), value, take)),
            None => items.iter().enumerate().for_each(|(i, value)| flatten(&inner(&i.to_string()), value, take)),
        },
        Value::Null => take(if name.is_empty() { "value" } else { name }, String::new()),
        Value::String(text) => take(if name.is_empty() { "value" } else { name }, text.trim().to_string()),
        other => take(if name.is_empty() { "value" } else { name }, other.to_string()),
    }
}

/// The value of an entry of W&B's configuration: {"value": 0.1, "desc": null}.
fn described(members: &Map<String, Value>) -> Option<&Value> {
    let is_one = |key: &String| matches!(key.as_str(), "value" | "desc" | "description");
    members.get("value").filter(|_| members.len() > 1 && members.keys().all(is_one))
}

/// Names that stand in a path as one segment.
fn segment(name: &str) -> String {
    name.trim().replace(['.', '/'], "_")
}

/// Words for a list of names, or for an item's name.
const WHICH: [&str; 15] = [
    "domain_names",
    "source_names",
    "dataset_names",
    "name",
    "domain",
    "source",
    "dataset",
    "names",
    "domains",
    "sources",
    "datasets",
    "id",
    "key",
    "path",
    "task",
];

fn all_different(names: &[String]) -> bool {
    names.iter().collect::<std::collections::HashSet<_>>().len() == names.len()
}

/// Lists side by side, the first of names and the others of as many numbers: {"domains": ["web"], "weights": [0.9]}.
fn parallel(members: &Map<String, Value>) -> Option<(Vec<String>, Vec<&String>)> {
    let (which, names) = WHICH.iter().find_map(|word| {
        let (key, value) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(word))?;
        let names: Option<Vec<String>> = value.as_array()?.iter().map(|name| name.as_str().map(segment)).collect();
        Some((key, names.filter(|names| names.len() > 1 && all_different(names))?))
    })?;
    let is_beside = |value: &Value| {
        value.as_array().is_some_and(|items| {
            items.len() == names.len() && items.iter().all(|item| item.is_number() || item.is_null())
        })
    };
    let lists: Vec<&String> = members.iter().filter(|(_, value)| is_beside(value)).map(|(key, _)| key).collect();
    (!lists.is_empty()).then(|| (names, [which].into_iter().chain(lists).collect()))
}

/// A list's numbers by the names that its items have: [{"name": "web", "weight": 0.9}, …], [["web", 0.9], …],
/// [{"web": 0.9}, …].
fn named_items(items: &[Value]) -> Option<Vec<(String, &Value)>> {
    if items.is_empty() {
        return None;
    }
    let numbers = |value: &Value| {
        value.is_number() || value.as_str().is_some_and(|text| try_number(text, Decimal::Point).is_some())
    };
    let pairs: Option<Vec<(String, &Value)>> = items
        .iter()
        .map(|item| match item {
            Value::Array(pair) => match &pair[..] {
                [Value::String(name), value] if numbers(value) => Some((segment(name), value)),
                _ => None,
            },
            Value::Object(members) if members.len() == 1 => {
                members.iter().next().filter(|(_, value)| numbers(value)).map(|(name, value)| (segment(name), value))
            }
            _ => None,
        })
        .collect();
    if let Some(pairs) = pairs {
        return (pairs.len() > 1 && all_different(&pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()))
            .then_some(pairs);
    }
    let objects: Vec<&Map<String, Value>> = items.iter().map(Value::as_object).collect::<Option<_>>()?;
    let which =
        WHICH.iter().find(|word| objects.iter().all(|object| object.get(**word).is_some_and(Value::is_string)))?;
    let names: Vec<String> = objects.iter().filter_map(|object| object[*which].as_str().map(segment)).collect();
    if !all_different(&names) {
        return None;
    }
    let mut named = Vec::new();
    for (name, object) in names.iter().zip(&objects) {
        for (key, value) in object.iter().filter(|(key, value)| key != which && numbers(value)) {
            let path = if key == "value" { name.clone() } else { format!("{key}.{name}") };
            named.push((path, value));
        }
    }
    (!named.is_empty()).then_some(named)
}

/// The cells of a value that stands in a cell itself, as JSON or as Python prints it: each with the names that lead to it.
pub(super) fn cells_within(cell: &str) -> Option<Vec<(String, String)>> {
    let whole: Value = serde_json::from_str(&as_json(cell))
        .ok()
        .or_else(|| serde_json::from_str(&as_json(&cell.replace('\'', "\""))).ok())?;
    let is_nested = matches!(&whole, Value::Object(members) if !members.is_empty())
        || matches!(&whole, Value::Array(items) if items.len() > 1);
    let mut cells = Vec::new();
    flatten("", &whole, &mut |name, cell| cells.push((name.to_string(), cell)));
    is_nested.then_some(cells)
}
