//! What only the user can say of a table: questions, each with its choices, and the answers.
//!
//! A step of the import that finds two readings and no good reason for one of them pushes a [`Question`]; as long as
//! one is open there is no study. A choice is a list of [`Answer`]s. The command line prints them as options
//! ([`Answer`] is displayed as one), the page offers each choice as a button; either gives them back to
//! [`import_with`](super::import_with), and the step that asked looks there first:
//!
//! ```
//! use mixlaw::import::{Answer, Role, import, import_with};
//! let text = "a_web,a_code,b_web,b_code,loss\n0.5,0.5,0.9,0.1,3.125\n0.25,0.75,0.8,0.2,3.25\n";
//! let questions = import(text, None).questions;
//! let answers = &questions[0].choices[1].answers;
//! assert_eq!(answers[0].to_string(), "--role 'b_*=weight'");
//! assert_eq!(import_with(text, None, answers).dataset.unwrap().observations()[0].mixture, [0.9, 0.1]);
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use super::roles::Role;
use crate::units::Decimal;

/// Two readings of a table that mean different studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What was seen, and what is asked.
    pub text: String,
    /// The readings, the likeliest first.
    pub choices: Vec<Choice>,
}

/// One reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// As a button says it.
    pub label: String,
    /// What choosing it says.
    pub answers: Vec<Answer>,
}

/// Something that the user says of a table; it wins over every guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The column of this name has this role; of a name with one `*`, all columns that it matches.
    Role(String, Role),
    /// Numbers of this column are counted in this scale: "B", or "1" for ones.
    Scale(String, String),
    /// What parts the decimals.
    Decimal(Decimal),
    /// Only the lines with this cell in this column count.
    Filter(String, String),
    /// Of lines of the same N, D and mixture the one of least loss counts.
    KeepBest,
    /// All of them do, however different their losses are.
    KeepAll,
    /// Of a study in several stages, the mixture of this one counts, or [`MEAN`](Self::MEAN).
    Stage(String),
    /// What to make of weights that do not sum to 1.
    Sums(Unsummed),
}

/// What weights that do not sum to 1 mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsummed {
    /// What is missing is the weight of one more domain.
    Rest,
    /// They are relative, so each is divided by their sum.
    Rescale,
    /// Their lines do not count.
    LeaveOut,
}

impl Unsummed {
    /// All of them, as options name them.
    pub const ALL: [(&str, Unsummed); 3] =
        [("rest", Unsummed::Rest), ("rescale", Unsummed::Rescale), ("leave-out", Unsummed::LeaveOut)];

    /// Its name.
    fn id(self) -> &'static str {
        Self::ALL.iter().find(|(_, own)| *own == self).map_or("", |(id, _)| id)
    }
}

impl Answer {
    /// The [`Stage`](Self::Stage) that is the mean of all, by tokens.
    pub const MEAN: &str = "mean";

    /// The column of the table that it is about.
    pub fn column(&self) -> Option<&str> {
        match self {
            Answer::Role(column, _) | Answer::Scale(column, _) | Answer::Filter(column, _) => Some(column),
            _ => None,
        }
    }

    /// Whether a column's name matches a pattern, which is a name or has one `*` for any letters.
    pub fn matches(pattern: &str, name: &str) -> bool {
        pattern == name
            || pattern.split_once('*').is_some_and(|(start, end)| {
                name.len() > start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
            })
    }

    /// The columns that a pattern means: the one of that very name, if there is one, or all that it matches.
    pub fn columns<'a>(pattern: &'a str, header: &'a [String]) -> impl Iterator<Item = usize> + 'a {
        let own = header.iter().position(|name| name == pattern);
        (0..header.len()).filter(move |&i| own.map_or_else(|| Self::matches(pattern, &header[i]), |own| own == i))
    }

    /// Whether it is about this column of a table.
    pub fn is_of(&self, header: &[String], column_idx: usize) -> bool {
        self.column().is_some_and(|pattern| Self::columns(pattern, header).any(|i| i == column_idx))
    }

    /// Whether two say something of the same thing, so that the later one replaces the earlier.
    pub fn replaces(&self, earlier: &Answer) -> bool {
        use Answer::{Decimal, Filter, KeepAll, KeepBest, Role, Scale, Stage, Sums};
        match (self, earlier) {
            (Role(column, _), Role(other, _)) | (Scale(column, _), Scale(other, _)) => column == other,
            (Filter(column, _), Filter(other, _)) => column == other,
            (Decimal(_), Decimal(_))
            | (Stage(_), Stage(_))
            | (Sums(_), Sums(_))
            | (KeepAll | KeepBest, KeepAll | KeepBest) => true,
            _ => false,
        }
    }

    /// Adds answers to earlier ones.
    pub fn add(to: &mut Vec<Answer>, answers: &[Answer]) {
        for answer in answers {
            to.retain(|earlier| !answer.replaces(earlier));
            to.push(answer.clone());
        }
    }
}

/// As an option of the command line.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (name, value) = match self {
            Answer::Role(column, role) => ("role", format!("{column}={}", role.id())),
            Answer::Scale(column, scale) => ("scale", format!("{column}={scale}")),
            Answer::Decimal(Decimal::Comma) => ("decimal", "comma".to_string()),
            Answer::Decimal(Decimal::Point) => ("decimal", "point".to_string()),
            Answer::Filter(column, cell) => ("filter", format!("{column}={cell}")),
            Answer::KeepBest => return f.write_str("--keep-best"),
            Answer::KeepAll => return f.write_str("--keep-all"),
            Answer::Stage(stage) => ("stage", stage.clone()),
            Answer::Sums(sums) => ("sums", sums.id().to_string()),
        };
        write!(f, "--{name} {}", quoted(&value))
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-=./:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

impl Question {
    /// A question of these choices, each of a label and what it says.
    pub fn new(text: impl Into<String>, choices: impl IntoIterator<Item = (String, Vec<Answer>)>) -> Self {
        let choices = choices.into_iter().map(|(label, answers)| Choice { label, answers }).collect();
        Self { text: text.into(), choices }
    }

    /// The question with its choices as options of the command line, a line each.
    pub fn with_options(&self) -> String {
        let choices = self.choices.iter().map(|choice| {
            let options: Vec<String> = choice.answers.iter().map(Answer::to_string).collect();
            format!("\n    {}: {}", choice.label, options.join(" "))
        });
        format!("{}{}", self.text, choices.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_options() {
        let question = Question::new(
            "which?",
            [
                ("the \"a\"".to_string(), vec![Answer::Role("a b".into(), Role::Weight), Answer::KeepBest]),
                ("the mean".to_string(), vec![Answer::Stage(Answer::MEAN.into())]),
            ],
        );
        assert_eq!(
            question.with_options(),
            "which?\n    the \"a\": --role 'a b=weight' --keep-best\n    the mean: --stage mean"
        );
        assert_eq!(Answer::Filter("it's".into(), String::new()).to_string(), r"--filter 'it'\''s='");
    }

    #[test]
    fn a_later_answer_replaces_an_earlier_one() {
        let mut answers = vec![Answer::Role("a".into(), Role::N), Answer::KeepBest];
        Answer::add(&mut answers, &[Answer::KeepAll, Answer::Role("a".into(), Role::D)]);
        assert_eq!(answers, [Answer::KeepAll, Answer::Role("a".into(), Role::D)]);
    }
}
