//! What each column of a table is: a plain list that can be guessed, shown, and changed by hand.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::question::Answer;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A domain's weight in the mixture.
    Weight,
    /// Model size N.
    N,
    /// Training tokens D.
    D,
    /// Training compute C; gives D = C/(6·N) or N = C/(6·D) where the other is not a column.
    Flops,
    /// A target's loss.
    Loss,
    /// A target's perplexity; its logarithm is the loss.
    Perplexity,
    /// How much the row counts in a fit.
    #[serde(rename = "row-weight")]
    RowWeight,
    /// Whether to fit on the observation or to hold it out.
    Split,
    /// Not used.
    #[default]
    #[serde(rename = "ignore")]
    Ignored,
}

/// The role of each column of a table, from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Roles(pub Vec<Role>);

impl Role {
    /// All roles, in the order in which a menu offers them.
    pub const ALL: [Role; 9] = [
        Role::Weight,
        Role::N,
        Role::D,
        Role::Flops,
        Role::Loss,
        Role::Perplexity,
        Role::RowWeight,
        Role::Split,
        Role::Ignored,
    ];

    /// Its name in files and menus' values; the same as in its serialised form.
    pub fn id(self) -> &'static str {
        match self {
            Role::Weight => "weight",
            Role::N => "n",
            Role::D => "d",
            Role::Flops => "flops",
            Role::Loss => "loss",
            Role::Perplexity => "perplexity",
            Role::RowWeight => "row-weight",
            Role::Split => "split",
            Role::Ignored => "ignore",
        }
    }

    /// The role of that name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// Whether only one column of a table can have it.
    pub fn is_single(self) -> bool {
        matches!(self, Role::N | Role::D | Role::Flops | Role::RowWeight | Role::Split)
    }

    /// Whether a column of this role is a target.
    pub(super) fn is_loss(self) -> bool {
        matches!(self, Role::Loss | Role::Perplexity)
    }

    /// What to do where a cell of this role is blank and must not be.
    pub(super) fn if_blank(self) -> &'static str {
        match self {
            Role::Weight => "write 0 if nothing of this domain was trained on",
            Role::N => "write the model size, or leave the column out",
            Role::D => "write the number of tokens, or leave the column out",
            Role::Flops => "write the FLOPs, or leave the column out",
            Role::RowWeight => "write 1 for a row that counts as others do",
            Role::Loss | Role::Perplexity | Role::Split | Role::Ignored => "write a value",
        }
    }
}

/// As a menu shows it.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Role::Weight => "weight of a domain",
            Role::N => "model size N",
            Role::D => "tokens D",
            Role::Flops => "compute C in FLOPs",
            Role::Loss => "loss",
            Role::Perplexity => "perplexity",
            Role::RowWeight => "weight of the row",
            Role::Split => "fit or holdout",
            Role::Ignored => "not used",
        })
    }
}

impl Roles {
    /// The role of a column; [`Role::Ignored`] beyond the last.
    pub fn get(&self, column_idx: usize) -> Role {
        self.0.get(column_idx).copied().unwrap_or_default()
    }

    /// Gives columns the roles that the user says they have. A role that only one column can have is taken from the
    /// one that had it.
    pub(super) fn answer(&mut self, header: &[String], answers: &[Answer]) {
        for answer in answers {
            let Answer::Role(pattern, role) = answer else { continue };
            for column_idx in Answer::columns(pattern, header) {
                if role.is_single() {
                    self.0.iter_mut().filter(|own| *own == role).for_each(|own| *own = Role::Ignored);
                }
                self.0[column_idx] = *role;
            }
        }
    }

    /// The columns of that role.
    pub fn columns(&self, role: Role) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(move |&(_, &r)| r == role).map(|(i, _)| i)
    }
}

/// What people put before or after a domain's name to say that the column is its weight.
const WEIGHT_WORDS: &str = "weight weights w h mix mixture mixing proportion proportions prop share shares frac fraction ratio p pct \
     percent percentage permille promille anteil anteile prob probability sampling";

/// Before a domain's name, this says no more than that the column is about the training data (RegMix).
pub(super) const TRAIN: &str = "train";

pub(super) const SEPARATORS: [char; 8] = ['_', '/', ':', '.', '-', ' ', '(', '['];

/// What parts the segments of a path in a name: "data/mix/web", "config.mixture.web".
const OF_PATHS: [char; 2] = ['/', '.'];

/// A name's letters and digits in lower case: names that differ in nothing else are one.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name's words.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(SEPARATORS).map(|word| word.trim_matches([')', ']'])).filter(|word| !word.is_empty())
}

/// A name's path and its last segment: "data/mix/web" → ("data/mix", "web").
pub(super) fn split_path(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once(OF_PATHS).filter(|(path, last)| !path.is_empty() && !last.is_empty())
}

/// A name's first word and what follows it: "weight_arxiv" → ("weight", "arxiv").
pub(super) fn split_first(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATORS).filter(|(first, rest)| !first.is_empty() && !rest.is_empty())
}

/// A name's last word and what precedes it: "arxiv_share" → ("share", "arxiv"), "web (%)" → ("%", "web").
pub(super) fn split_last(name: &str) -> Option<(&str, &str)> {
    let (rest, last) = name.rsplit_once(SEPARATORS)?;
    let last = last.trim_matches(['(', ')', '[', ']']);
    (!last.is_empty() && !rest.is_empty()).then_some((last, rest.trim_end()))
}

/// Whether a word is one of a list that is written as a text.
pub(super) fn is_listed(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|own| own == word)
}

pub(super) fn is_weight_word(word: &str) -> bool {
    word == "%" || word == "‰" || is_listed(&word.to_lowercase(), WEIGHT_WORDS)
}

/// Whether a name says that its column tells runs or mixtures apart: "run_id", "mixture_name", "index".
pub(super) fn is_id(name: &str) -> bool {
    const LAST: [&str; 9] = ["id", "ids", "name", "index", "idx", "hash", "key", "uid", "uuid"];
    const WHOLE: [&str; 11] =
        ["run", "mix", "mixture", "mixid", "runid", "expid", "configid", "experiment", "model", "trial", "swarm"];
    words(name).last().is_some_and(|word| LAST.iter().any(|last| word.eq_ignore_ascii_case(last)))
        || WHOLE.contains(&key(name).as_str())
}

/// Names of the domains whose weights these columns hold: the columns' names without the path that all of them have,
/// and without the word for a weight, if all of them have the same one and stay different without it.
pub fn domain_names<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut columns = without_common_path(columns.collect());
    while let Some(names) = without_word(&columns) {
        columns = names;
    }
    // "fraction::web" has two marks behind the word, "h[web]" one behind the name.
    let are_marked = columns.iter().all(|name| name.len() > 1 && name.starts_with(':'));
    let are_closed = [')', ']', '%']
        .into_iter()
        .find(|&end| columns.iter().all(|name| name.len() > 1 && name.find(['(', '[', end]) == Some(name.len() - 1)));
    let plain = |name: &str| {
        let name = if are_marked { &name[1..] } else { name };
        are_closed.map_or(name, |end| name.trim_end_matches(end)).to_string()
    };
    columns.into_iter().map(plain).collect()
}

/// These names without the word for a weight that all of them begin or end with, and what stands outside it:
/// "doremi_weight_web" is "web".
fn without_word<'a>(columns: &[&'a str]) -> Option<Vec<&'a str>> {
    /// Words of which the last one is that for a weight.
    const MOST: usize = 3;
    [split_first, split_last].into_iter().find_map(|split| {
        let mut names = columns.to_vec();
        for _ in 0..MOST {
            let (word, _) = names.first().and_then(|name| split(name))?;
            names = names
                .iter()
                .map(|name| split(name).filter(|(own, _)| *own == word))
                .map(|parts| Some(parts?.1))
                .collect::<Option<_>>()?;
            if is_weight_word(word) || word.eq_ignore_ascii_case(TRAIN) {
                let are_distinct = names.iter().collect::<HashSet<_>>().len() == names.len();
                return are_distinct.then_some(names);
            }
        }
        None
    })
}

/// These names without the segments that all of them begin with: "data/mix/web" beside "data/mix/code" is "web".
fn without_common_path(names: Vec<&str>) -> Vec<&str> {
    let [first, others @ ..] = &names[..] else { return names };
    if others.is_empty() {
        return names;
    }
    let is_common = |end: &usize| others.iter().all(|name| name.as_bytes().starts_with(&first.as_bytes()[..*end]));
    // What parts segments is one byte, so that the end is a place in every name.
    let ends = first.match_indices(OF_PATHS).map(|(at, _)| at + 1).take_while(is_common);
    let common = ends.last().unwrap_or(0);
    if names.iter().any(|name| name.len() == common) { names } else { names.iter().map(|n| &n[common..]).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_and_serialised() {
        for role in Role::ALL {
            assert_eq!(Role::from_id(role.id()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{}\"", role.id()));
        }
        assert_eq!(Role::from_id("x"), None);
        let roles = Roles(vec![Role::Weight, Role::Ignored]);
        assert_eq!(serde_json::to_string(&roles).unwrap(), "[\"weight\",\"ignore\"]");
        assert_eq!(roles.get(7), Role::Ignored);
    }

    #[track_caller]
    fn check(columns: &[&str], expected: &[&str]) {
        assert_eq!(domain_names(columns.iter().copied()), expected);
    }

    #[test]
    fn domains_are_named_without_the_word_for_a_weight() {
        check(&["weight_arxiv", "weight_c4"], &["arxiv", "c4"]);
        check(&["w_web", "w_code"], &["web", "code"]);
        check(&["h_1", "h_2"], &["1", "2"]);
        check(&["proportion_domain_1", "proportion_domain_2"], &["domain_1", "domain_2"]);
        check(&["train_the_pile_arxiv", "train_the_pile_freelaw"], &["the_pile_arxiv", "the_pile_freelaw"]);
        check(&["web_share", "code_share"], &["web", "code"]);
        check(&["web (%)", "code (%)"], &["web", "code"]);
        check(&["weight_arxiv"], &["arxiv"]);
        check(&["data/mix/web", "data/mix/code"], &["web", "code"]);
        check(&["config.mixture.web", "config.mixture.code"], &["web", "code"]);
        check(&["config.data.weight_web", "config.data.weight_code"], &["web", "code"]);
        check(&["fraction::web", "fraction::code/py"], &["web", "code/py"]);
        check(&["h[web]", "h[code]"], &["web", "code"]);
        check(&["p(web)", "p(code)"], &["web", "code"]);
        check(&["web%", "code%"], &["web", "code"]);
        check(&["web (all)", "code (py)"], &["web (all)", "code (py)"]);
        check(&["mix/dclm:a", "mix/dclm:b", "mix/wiki"], &["dclm:a", "dclm:b", "wiki"]);
    }

    #[test]
    fn ids_are_known_by_their_names() {
        for name in ["mix_id", "Run ID", "mixture_name", "mixture", "run", "config.hash", "index"] {
            assert!(is_id(name), "{name}");
        }
        for name in ["mix_web", "tokens", "web_loss", "idle"] {
            assert!(!is_id(name), "{name}");
        }
    }

    #[test]
    fn other_names_stay() {
        check(&["web", "code"], &["web", "code"]);
        check(&["weight_web", "code"], &["weight_web", "code"]);
        check(&["weight_", "weight_web"], &["weight_", "weight_web"]);
        check(&["dclm:science", "dclm:games"], &["dclm:science", "dclm:games"]);
        check(&["a/", "a/b"], &["a/", "a/b"]);
        check(&["é.a", "ê.a"], &["é.a", "ê.a"]);
        check(&[], &[]);
    }
}
