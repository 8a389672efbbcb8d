//! Mixtures in YAML, beside a table of results: names with weights below them, indented.

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
