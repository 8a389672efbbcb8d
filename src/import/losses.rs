//! Losses whose names do not say so: `val_web`, `eval/code`, `L_web`, `ce_web`, or the domain's name alone.

use super::names;
use super::roles::{is_listed, key};

/// Before a target's name, or alone, these say that a number was measured.
const MEASURED: &str = "val valid validation eval evaluation test dev heldout held out l ce xe nats bpt bpc target logloss final \
     metric metrics results";
/// These alone, as the only column that is left, are the loss.
const ALONE: [&str; 10] = ["val", "valid", "validation", "eval", "test", "l", "ce", "xe", "heldout", "bpc"];

/// In what a loss may be said to be counted.
pub(super) const UNITS: [&str; 4] = ["nats", "bits", "per", "token"];

/// What is known of a column without a role.
pub(super) struct Candidate<'a> {
    pub idx: usize,
    pub name: &'a str,
    pub least: f64,
    pub largest: f64,
}

impl Candidate<'_> {
    /// Whether its numbers are those of a loss, and neither shares nor accuracies.
    fn may_be_loss(&self) -> bool {
        const RANGE: std::ops::Range<f64> = 0.05..30.0;
        RANGE.contains(&self.least) && self.largest > 1.0 && RANGE.contains(&self.largest)
    }
}

/// The losses among columns of numbers, where none has a loss's name: those that are called as domains are, with a word
/// for a measurement or nothing beside it; else all of one such word; else the only one of such a word.
pub(super) fn unworded(columns: &[Candidate], domains: &[String]) -> Vec<usize> {
    let may_be: Vec<&Candidate> = columns.iter().filter(|column| column.may_be_loss()).collect();
    let to_be_small: Vec<usize> = may_be.iter().filter(|column| column.name.contains('↓')).map(|c| c.idx).collect();
    if !to_be_small.is_empty() {
        return to_be_small;
    }
    let domains: Vec<String> = domains.iter().map(|domain| key(domain)).collect();
    let rest = |name: &str| {
        let words = names::words(name);
        // "val_target" is that on the domain "target".
        if words.len() > 1 && words.last().is_some_and(|last| last == "target" || domains.contains(last)) {
            let is_measured = is_listed(&words[words.len() - 2], MEASURED);
            return words.last().cloned().filter(|_| is_measured);
        }
        let n = words.iter().take_while(|word| is_listed(word, MEASURED)).count();
        let from_end = words.iter().rev().take_while(|word| is_listed(word, MEASURED)).count();
        (n + from_end > 0).then(|| if n > 0 { words[n..].concat() } else { words[..words.len() - from_end].concat() })
    };
    let of_domains = |rest: &dyn Fn(&str) -> Option<String>| -> Vec<usize> {
        may_be.iter().filter(|c| rest(c.name).is_some_and(|rest| domains.contains(&rest))).map(|c| c.idx).collect()
    };
    let measured = of_domains(&rest);
    if measured.len() > 1 || measured.len() == 1 && domains.len() <= 2 {
        // What is measured beside the domains, such as an average, is a target too.
        return may_be.iter().filter(|c| rest(c.name).is_some()).map(|c| c.idx).collect();
    }
    let bare = of_domains(&|name| Some(key(name)));
    if bare.len() > 1 {
        // Beside these a domain may be shortened: "reas" and "reasoning".
        let is_short = |name: &str| {
            let (name, is_one) = (key(name), names::words(name).len() == 1);
            let is_start =
                |domain: &&String| domain.len() > 2 && (name.starts_with(*domain) || domain.starts_with(&name));
            is_one && name.len() > 2 && domains.iter().filter(is_start).count() == 1
        };
        return may_be.iter().filter(|c| is_short(c.name) || domains.contains(&key(c.name))).map(|c| c.idx).collect();
    }
    let with_word: Vec<usize> =
        may_be.iter().filter(|c| rest(c.name).is_some_and(|rest| !rest.is_empty())).map(|c| c.idx).collect();
    if with_word.len() > 1 {
        return with_word;
    }
    let alone = |c: &&&Candidate| {
        // "L (nats)" is "L".
        let mut words = names::words(names::last_segment(c.name));
        words.retain(|word| !UNITS.contains(&word.as_str()));
        let is_nameless = || !domains.is_empty() && names::is_place(c.name);
        is_nameless() || !words.is_empty() && words.iter().all(|word| ALONE.contains(&word.as_str()))
    };
    let mut alone = may_be.iter().filter(alone).map(|c| c.idx).chain(with_word);
    match (alone.next(), alone.next()) {
        (Some(only), None) => vec![only],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], domains: &[&str], expected: &[usize]) {
        let columns: Vec<Candidate> =
            names.iter().enumerate().map(|(idx, name)| Candidate { idx, name, least: 2.1, largest: 3.5 }).collect();
        let domains: Vec<String> = domains.iter().map(|domain| domain.to_string()).collect();
        assert_eq!(unworded(&columns, &domains), expected, "{names:?}");
    }

    #[test]
    fn losses_by_the_domains() {
        check(&["val_web", "val_code", "minutes"], &["web", "code"], &[0, 1]);
        check(&["eval/web", "eval/code", "eval/avg"], &["web", "code"], &[0, 1, 2]);
        check(&["L_web", "L_code"], &["web", "code"], &[0, 1]);
        check(&["web", "code", "hours"], &["web", "code"], &[0, 1]);
        check(&["web_val", "code_val"], &["web", "code"], &[0, 1]);
        check(&["web", "code", "reasoning", "avg", "web_tokens"], &["web", "code", "reas"], &[0, 1, 2]);
    }

    #[test]
    fn losses_by_their_word() {
        check(&["val_c4", "val_wiki", "hours"], &[], &[0, 1]);
        check(&["validation", "hours"], &[], &[0]);
        check(&["L", "hours"], &["web"], &[0]);
        check(&["val", "test"], &[], &[]);
        check(&["C4 ↓", "val", "hours"], &[], &[0]);
        check(&["hours", "score"], &["web"], &[]);
        // A name without a word says nothing.
        check(&["#", "hours"], &[], &[]);
        check(&["№ ", "%"], &["web"], &[]);
        // Of a table without names what is left beside the weights.
        check(&["column 4"], &["column 1", "column 2"], &[0]);
        check(&["column 4", "column 5"], &["column 1", "column 2"], &[]);
        check(&["column 4"], &[], &[]);
    }
}
