//! YAML: a list of runs, or mixtures beside a table of results, which are names with weights below them, indented.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::json;
use crate::import::guess::{is_count_name, is_loss, is_perplexity};
use crate::import::table::Table;
use crate::units::{Decimal, try_number};

/// Whether a text begins with a mixture in YAML: a name, and below it an indented one with a number.
pub(super) fn begins(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !is_passed(line));
    let is_name = |line: &str| entry(line).is_some_and(|(_, _, value)| value.is_empty());
    let is_weight =
        |line: &str| entry(line).is_some_and(|(indent, _, value)| indent > 0 && (value.is_empty() || is_number(value)));
    lines.next().is_some_and(is_name) && lines.next().is_some_and(is_weight)
}

/// The mixtures at the start of a text, a line each, and where they end.
pub(super) fn read(text: &str) -> Option<(Table, usize)> {
    if !begins(text) {
        return None;
    }
    // The names above an entry, each with its indent.
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut domains: Vec<&str> = Vec::new();
    #[expect(clippy::type_complexity, reason = "a line, a name, and the lines and texts below it")]
    let mut mixtures: Vec<(usize, &str, Vec<(usize, &str)>)> = Vec::new();
    let mut end = 0;
    for (line_idx, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end();
        if !is_passed(line) {
            let Some((indent, name, value)) = entry(line) else { break };
            above.retain(|(own, _)| *own < indent);
            if value.is_empty() {
                above.push((indent, name));
            } else if let (true, Some((_, mixture))) =
                (is_number(value), above.iter().rev().find(|(_, own)| !is_about_weights(own)))
            {
                let domain = domains.iter().position(|own| *own == name).unwrap_or_else(|| {
                    domains.push(name);
                    domains.len() - 1
                });
                match mixtures.last_mut() {
                    // A list of names and weights is written otherwise.
                    Some((_, own, weights)) if own == mixture && weights.iter().any(|(own, _)| *own == domain) => {
                        return None;
                    }
                    Some((_, own, weights)) if own == mixture => weights.push((domain, value)),
                    _ => mixtures.push((line_idx, mixture, vec![(domain, value)])),
                }
            }
        }
        end += whole.len();
        if domains.len() > MOST_DOMAINS {
            return None;
        }
    }
    if mixtures.is_empty() {
        return None;
    }
    let header = std::iter::once("mixture".to_string()).chain(domains.iter().map(|domain| format!("weight_{domain}")));
    let rows = mixtures.into_iter().map(|(line, name, weights)| {
        // A domain that is not listed is not in the mixture.
        let mut cells = vec!["0".to_string(); domains.len() + 1];
        cells[0] = name.to_string();
        weights.into_iter().for_each(|(domain, value)| cells[domain + 1] = value.to_string());
        (line, cells)
    });
    Some((Table::of_cells(header.collect(), rows), end))
}

/// The runs of a text that is YAML as a whole, each with its line: a list of them, alone or below one name, or one below
/// each name. Something in them must be a loss, unless it is nothing but a list.
pub(super) fn runs(text: &str) -> Option<Vec<(usize, Value)>> {
    let mut lines: Vec<Line> = Vec::new();
    for (line_idx, line) in text.lines().enumerate().filter(|(_, line)| !is_passed(line) && line.trim() != "---") {
        let text = line.trim_start_matches(' ');
        // Quick for the many texts that are no YAML.
        if lines.is_empty() && !is_item(text) && member(text).is_none() {
            return None;
        }
        lines.push(Line { number: line_idx + 1, indent: line.len() - text.len(), text: text.trim_end() });
    }
    let mut block = Block { lines, at: 0 };
    let whole = block.value(0).filter(|_| block.at == block.lines.len())?;
    let is_list = matches!(whole, Node::List(_));
    let mut others = Map::new();
    let records = match whole {
        Node::List(items) => items,
        Node::Map(members) => {
            let mut lists = members.iter().filter(|(.., node)| matches!(node, Node::List(items) if items.len() > 1));
            match (lists.next(), lists.next()) {
                (Some((.., Node::List(items))), None) => {
                    // N and D beside the list are those of all its runs.
                    let is_shared = |(_, name, node): &&(usize, String, Node)| {
                        matches!(node, Node::Leaf(_)) && (is_count_name(name) || name == "N" || name == "D")
                    };
                    let shared: Vec<_> = members.iter().filter(is_shared).cloned().collect();
                    others.extend(members.iter().map(|(_, name, node)| (name.clone(), node.clone().into_value())));
                    let with_shared = |node: Node| match node {
                        Node::Map(mut own) => {
                            let is_new =
                                |other: &&(usize, String, Node)| !own.iter().any(|(_, name, _)| *name == other.1);
                            let new: Vec<_> = shared.iter().filter(is_new).cloned().collect();
                            own.extend(new);
                            Node::Map(own)
                        }
                        other => other,
                    };
                    items.iter().cloned().map(|(line, node)| (line, with_shared(node))).collect()
                }
                _ => members.into_iter().map(named).collect::<Option<_>>()?,
            }
        }
        Node::Leaf(_) => return None,
    };
    let mut records: Vec<(usize, Value)> = records.into_iter().map(|(line, node)| (line, node.into_value())).collect();
    json::refer(&mut records.iter_mut().filter_map(|(_, record)| record.as_object_mut()).collect::<Vec<_>>(), &others);
    let are_runs = records.iter().all(|(_, record)| record.is_object()) && records.len() > 1;
    let has_loss = || records.iter().any(|(_, record)| has(record, &|name| is_loss(name) || is_perplexity(name)));
    let has_other = || records.iter().any(|(_, record)| has(record, &|name| !is_loss(name)));
    (are_runs && (is_list || has_loss() && has_other())).then_some(records)
}

/// The runs of a list as scripts have it, each with its line: `runs = [{"N": 70e6, "loss": 3.61}, …]`.
pub(super) fn script(text: &str) -> Option<Vec<(usize, Value)>> {
    let (name, rest) = text.lines().next()?.split_once('=')?;
    let words = name.split_whitespace();
    let is_name = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
    if words.clone().count() > 2 || !words.clone().all(is_name) {
        return None;
    }
    if rest.trim_start().starts_with('{') || rest.contains("DataFrame({") {
        return lists(&text[text.find('{')?..]);
    }
    if !rest.trim_start().starts_with('[') {
        return None;
    }
    let place = |rest: &str| rest.as_ptr() as usize - text.as_ptr() as usize;
    let mut rest = text.split_once('[')?.1;
    let (mut records, mut line, mut at) = (Vec::new(), 1, 0);
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(']') {
            let is_end = after.trim().trim_end_matches(';').is_empty();
            return (is_end && records.len() > 1).then_some(records);
        }
        line += text[at..place(rest)].matches('\n').count();
        at = place(rest);
        let record = flow(&mut rest, ",]", 1).filter(Value::is_object)?;
        records.push((line, record));
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// The runs of a dict of lists: `{"N": [70e6, 160e6], "loss": [3.61, 3.31]}`, all of them on its first line.
fn lists(text: &str) -> Option<Vec<(usize, Value)>> {
    let mut rest = text;
    let Value::Object(members) = flow(&mut rest, "", 0)? else { return None };
    let is_end = rest.trim_matches([')', ';', ' ', '\n', '\r', '\t']).is_empty();
    let lists: Vec<(&String, &Vec<Value>)> =
        members.iter().map(|(name, list)| Some((name, list.as_array()?))).collect::<Option<_>>()?;
    let n = lists.first()?.1.len();
    if !is_end || n < 2 || lists.iter().any(|(_, list)| list.len() != n) {
        return None;
    }
    let run = |i: usize| Value::Object(lists.iter().map(|(name, list)| ((*name).clone(), list[i].clone())).collect());
    Some((0..n).map(|i| (1, run(i))).collect())
}

/// A run below its name.
fn named((line, name, node): (usize, String, Node)) -> Option<(usize, Node)> {
    let Node::Map(mut members) = node else { return None };
    if !members.iter().any(|(_, own, _)| own == "name") {
        members.insert(0, (line, "name".to_string(), Node::Leaf(Value::String(name))));
    }
    Some((line, Node::Map(members)))
}

/// Whether a value has a member of such a name, at any depth.
fn has(value: &Value, is_it: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| is_it(name) || has(value, is_it)),
        Value::Array(items) => items.iter().any(|item| has(item, is_it)),
        _ => false,
    }
}

/// What a block of lines holds; lists and members know their lines.
#[derive(Debug, Clone)]
enum Node {
    List(Vec<(usize, Node)>),
    Map(Vec<(usize, String, Node)>),
    Leaf(Value),
}

impl Node {
    fn into_value(self) -> Value {
        match self {
            Node::List(items) => Value::Array(items.into_iter().map(|(_, item)| item.into_value()).collect()),
            Node::Map(members) => {
                Value::Object(members.into_iter().map(|(_, name, node)| (name, node.into_value())).collect())
            }
            Node::Leaf(value) => value,
        }
    }
}

struct Line<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

/// Lines that are read one after another.
struct Block<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
}

/// Deeper than this no run is nested.
const DEEPEST: usize = 8;

impl Block<'_> {
    /// The list, map or value that begins on this line; `None` where it is no YAML, or more of it than is read here.
    fn value(&mut self, depth: usize) -> Option<Node> {
        let indent = self.lines.get(self.at).filter(|_| depth < DEEPEST)?.indent;
        let is_here = |line: &&Line| line.indent == indent;
        if is_item(self.lines[self.at].text) {
            let mut items = Vec::new();
            while let Some(line) =
                self.lines.get_mut(self.at).filter(|line| line.indent == indent && is_item(line.text))
            {
                let number = line.number;
                let rest = line.text[1..].trim_start();
                if rest.is_empty() {
                    self.at += 1;
                    items.push((number, self.below(indent, depth)?));
                    continue;
                }
                // What stands behind the dash is the first line of the item.
                (line.indent, line.text) = (indent + line.text.len() - rest.len(), rest);
                items.push((number, self.value(depth + 1)?));
            }
            return Some(Node::List(items));
        }
        if member(self.lines[self.at].text).is_none() {
            let leaf = scalar(self.lines[self.at].text)?;
            self.at += 1;
            return Some(Node::Leaf(leaf));
        }
        let mut members: Vec<(usize, String, Node)> = Vec::new();
        let mut names = HashSet::new();
        while let Some(line) = self.lines.get(self.at).filter(is_here) {
            let number = line.number;
            let Some((name, value)) = member(line.text) else { break };
            let name = name.to_string();
            if !names.insert(name.clone()) {
                return None;
            }
            self.at += 1;
            let node = if value.is_empty() { self.below(indent, depth)? } else { Node::Leaf(scalar(value)?) };
            members.push((number, name, node));
        }
        Some(Node::Map(members))
    }

    /// What is indented below a name or a dash; a list may stand right below its name.
    fn below(&mut self, indent: usize, depth: usize) -> Option<Node> {
        match self.lines.get(self.at) {
            Some(line) if line.indent > indent || line.indent == indent && is_item(line.text) => self.value(depth + 1),
            _ => Some(Node::Leaf(Value::Null)),
        }
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// The name and the value of "web: 0.9".
fn member(text: &str) -> Option<(&str, &str)> {
    let is_quote = |c: &char| matches!(c, '"' | '\'');
    let (name, value) = match text.chars().next().filter(is_quote) {
        Some(quote) => {
            let (name, rest) = text[1..].split_once(quote)?;
            (name, rest.trim_start().strip_prefix(':')?)
        }
        None => {
            let (name, value) = text.split_once(':')?;
            (name.trim(), value)
        }
    };
    let is_plain = text.starts_with(name) && name.contains(['{', '[', ',', '|', '\t']);
    let is_value = value.is_empty() || value.starts_with(' ');
    let value = value.split(" #").next().unwrap_or(value).trim();
    (is_value && !name.is_empty() && !is_plain).then_some((name, value))
}

/// A value on one line: a number, a word, {web: 0.9, code: 0.1} or [0.9, 0.1].
fn scalar(text: &str) -> Option<Value> {
    let mut rest = text;
    let value = flow(&mut rest, "", 0)?;
    rest.trim().is_empty().then_some(value)
}

/// The value at the start of a text, up to one of the characters that end it.
fn flow(rest: &mut &str, ends: &str, depth: usize) -> Option<Value> {
    *rest = rest.trim_start();
    let close = match rest.chars().next() {
        Some('{') => '}',
        Some('[') => ']',
        Some(quote @ ('"' | '\'')) => {
            let (text, after) = rest[1..].split_once(quote)?;
            *rest = after;
            return Some(Value::String(text.to_string()));
        }
        _ => {
            let end = rest.find(|c| ends.contains(c)).unwrap_or(rest.len());
            let text = rest[..end].trim();
            *rest = &rest[end..];
            return Some(word(text));
        }
    };
    if depth == DEEPEST {
        return None;
    }
    *rest = &rest[1..];
    let (mut members, mut items) = (Map::new(), Vec::new());
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(close) {
            *rest = after;
            break;
        }
        if close == '}' {
            let (name, after) = rest.split_once(':')?;
            *rest = after;
            let value = flow(rest, ",}", depth + 1)?;
            members.insert(name.trim().trim_matches(['"', '\'']).to_string(), value);
        } else {
            items.push(flow(rest, ",]", depth + 1)?);
        }
        *rest = rest.trim_start();
        *rest = match rest.strip_prefix(',') {
            Some(after) => after,
            None if rest.starts_with(close) => rest,
            None => return None,
        };
    }
    Some(if close == '}' { Value::Object(members) } else { Value::Array(items) })
}

/// A word: a number where it is one, nothing where it says so.
fn word(text: &str) -> Value {
    match text {
        "null" | "~" | "" | ".nan" | ".NaN" => Value::Null,
        ".inf" | "-.inf" => Value::String("inf".to_string()),
        text => serde_json::from_str::<serde_json::Number>(text)
            .map_or_else(|_| Value::String(text.to_string()), Value::Number),
    }
}

/// More domains than these make no mixture that is written by hand.
const MOST_DOMAINS: usize = 1000;

/// Whether a line says nothing.
fn is_passed(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// Whether a name is only that of a list: "weights:", "mixture:".
fn is_about_weights(name: &str) -> bool {
    matches!(name, "weights" | "mixture" | "mix" | "domains" | "sources" | "proportions" | "ratios" | "data")
}

fn is_number(value: &str) -> bool {
    try_number(value, Decimal::Point).is_some()
}

/// The indent, the name and the value of a line: `  web: 0.9`.
fn entry(line: &str) -> Option<(usize, &str, &str)> {
    let inner = line.trim_start_matches([' ', '-']);
    let (name, value) = inner.split_once(':')?;
    let is_value = value.is_empty() || value.starts_with(' ');
    let name = name.trim_matches(['"', '\'']);
    let is_name = !name.is_empty() && !name.contains([',', ';', '|', '\t', '{', '"']);
    let value = value.split(" #").next().unwrap_or(value).trim();
    (is_value && is_name && !value.contains([',', '|'])).then(|| (line.len() - inner.len(), name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_on_one_line() {
        let check = |text: &str, expected: &str| {
            let value = scalar(text).map_or("none".to_string(), |value| value.to_string());
            assert_eq!(value, expected, "{text}");
        };
        check("0.5", "0.5");
        check("70e6", "70000000.0");
        check("70M", "\"70M\"");
        check("'a: b'", "\"a: b\"");
        check("{web: 0.9, code: 0.1}", "{\"web\":0.9,\"code\":0.1}");
        check("[{name: web, w: [1, 2]}, {name: \"a, b\"}]", "[{\"name\":\"web\",\"w\":[1,2]},{\"name\":\"a, b\"}]");
        check("{}", "{}");
        check("~", "null");
        for broken in ["{web: 0.9", "{web 0.9}", "[1, 2", "'a", "[1] 2"] {
            check(broken, "none");
        }
        check(&"[".repeat(10_000), "none");
    }

    #[test]
    fn what_is_no_list_of_runs() {
        for text in [
            "",
            "-",
            "a,b\n1,2",
            "- a: 1\n  a: 2\n- a: 3",
            "title: x\n\n| N | loss |\n|---|---|\n| 1 | 2 |",
            "web: 0.9\ncode: 0.1",
            "a:\n  web: 0.9\nb:\n  web: 0.8",
            "- loss: 3.2",
            "- 1\n- 2",
        ] {
            assert_eq!(runs(text), None, "{text}");
        }
        let deep: String = (0..500).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
        assert_eq!(runs(&deep), None);
    }
}
