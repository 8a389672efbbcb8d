//! Pasted text → table → roles → [`Dataset`].
//!
//! Each arrow is a function of its own: [`decode`](decode::decode) (bytes → text), [`read_table`] (text → table, of
//! whatever form the text is), [`guess_roles`] (table → roles, which may then be changed by hand), [`observe`] (table and roles →
//! observations) and [`Observed::into_dataset`]. [`import`] and [`import_bytes`] are all of them in one.
//!
//! No input panics. Whatever cannot be read is left out with an issue that has its line, column and cell, and
//! everything else loads.
//!
//! A further form of text is a file in `forms`.

mod assemble;
mod checks;
mod commas;
mod contradictions;
mod counts;
pub mod decode;
mod forms;
mod guess;
mod issue;
mod losses;
mod mixture;
mod names;
mod question;
mod recipe;
mod roles;
mod sniff;
mod stages;
mod sums;
mod table;
mod understood;

#[cfg(test)]
mod tests;

pub use assemble::{Observed, SUM_TOLERANCE, observe};
pub use forms::{joined, only_experiment, read_table};
pub use guess::{guess_roles, header_scale};
pub use issue::{Cause, Fix, Issue, Issues, Severity};
pub use question::{Answer, Choice, Question, Unsummed};
pub use roles::{Role, Roles, domain_names};
pub use sniff::{Delimiter, Layout};
pub use table::{MAX_BYTES, MAX_COLUMNS, MAX_QUOTED_LINES, Row, Table};
pub use understood::Understood;

use crate::dataset::Dataset;
use crate::units::{excerpt, try_number};
use stages::Staged;

/// All that a text gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// Names and raw cells, if the text is a table.
    pub table: Option<Table>,
    /// The role of each column, as given or as guessed.
    pub roles: Roles,
    /// The study, if there is one.
    pub dataset: Option<Dataset>,
    /// How many lines of the table are not in the study because of an issue.
    pub n_left_out: usize,
    /// What there is to say about the text.
    pub issues: Issues,
    /// What only the user can say; there is no study while one is open.
    pub questions: Vec<Question>,
    /// What the user said.
    pub answers: Vec<Answer>,
    /// What the table was taken for, if it is one.
    pub understood: Option<Understood>,
}

impl Imported {
    /// What a reader of the fit must know of how its table was read, a sentence each: it travels with the fit.
    pub fn warnings(&self) -> Vec<String> {
        self.issues.notices().iter().filter(|issue| issue.cause.is_warning()).map(Issue::to_string).collect()
    }
}

/// Reads a text, with the columns' roles as given or, without them, as guessed.
pub fn import(text: &str, roles: Option<Roles>) -> Imported {
    import_with(text, roles, &[])
}

/// Reads a text as [`import`] does; what the answers say wins over every guess and over the roles.
pub fn import_with(text: &str, roles: Option<Roles>, answers: &[Answer]) -> Imported {
    let (table, mut issues) = read_table(text);
    let Some(table) = table else { return Imported { issues, ..Imported::default() } };
    let mut table = commas::settled(table, answers, &mut issues);
    let staged = stages::of_lines(&table, answers).or_else(|| {
        let stages = guess::guess(&table, answers).stages;
        (!stages.is_empty()).then(|| stages::of_columns(&table, &stages, answers))
    });
    match staged {
        Some(Staged::One(one, cause)) => {
            issues.push(cause.of_text());
            table = *one;
        }
        Some(Staged::Ask(question)) => issues.ask(question),
        None => {
            if let Some(answer) = answers.iter().find(|answer| matches!(answer, Answer::Stage(_))) {
                let why = "its runs have no stages, as far as it tells".to_string();
                issues.push(Cause::NoSuchAnswer { option: answer.to_string(), why }.of_text());
            }
        }
    }
    for answer in answers {
        if let Answer::Filter(column, cell) = answer
            && let Some(column_idx) = table.header().iter().position(|name| name == column)
        {
            table = filtered(table, column_idx, cell, answer, &mut issues);
        }
    }
    let mut roles = roles;
    // With the answers that a domain of the rest needs.
    let mut answers_of_rest = answers.to_vec();
    if let Some(answer) = answers.iter().find(|answer| **answer == Answer::Sums(Unsummed::Rest)) {
        let n = table.header().len();
        let given = roles.as_ref().filter(|roles| roles.0.len() == n).cloned();
        match sums::with_rest(&table, &given.unwrap_or_else(|| guess::guess(&table, answers).roles)) {
            Some((with, all)) => {
                if let Some(roles) = roles.as_mut().filter(|roles| roles.0.len() == n) {
                    roles.0.push(Role::Weight);
                }
                table = with;
                Answer::add(&mut answers_of_rest, &all);
            }
            None => {
                let why = "no line's weights lack a part of the whole".to_string();
                issues.push(Cause::NoSuchAnswer { option: answer.to_string(), why }.of_text());
            }
        }
    }
    let (said, answers) = (answers, &answers_of_rest[..]);
    let given = roles.filter(|roles| {
        let (seen, expected) = (roles.0.len(), table.header().len());
        if seen != expected {
            issues.push(Cause::RolesOfOtherTable { seen, expected }.of_text());
        }
        seen == expected
    });
    let is_guess = given.is_none();
    let roles = match given {
        Some(mut roles) => {
            roles.answer(table.header(), answers);
            roles
        }
        None => {
            let guess = guess::guess(&table, answers);
            guess.said.into_iter().for_each(|issue| issues.push(issue));
            guess.questions.into_iter().for_each(|question| issues.ask(question));
            if guess.roles.0.iter().any(|role| role.is_loss()) {
                mixture::made_up(&table, &guess.roles, answers).into_iter().for_each(|question| issues.ask(question));
                if issues.questions().is_empty() && guess.roles.columns(Role::Weight).next().is_none() {
                    match mixture::other_sums(&table, &guess.roles, answers) {
                        Some(mixture::OtherSums::Asked(question)) => issues.ask(question),
                        Some(mixture::OtherSums::Unused(cause)) => issues.push(cause.of_text()),
                        None => {
                            let differences = mixture::differences(&table, &guess.roles, answers);
                            differences.into_iter().for_each(|question| issues.ask(question));
                        }
                    }
                }
                forms::sections(&table, answers).into_iter().for_each(|question| issues.ask(question));
            }
            guess.roles
        }
    };
    let mut observed = observe(&table, &roles, answers);
    let n_left_out = table.n_left_out() + observed.n_left_out;
    issues.append(std::mem::take(&mut observed.issues));
    let varies_in_nothing = contradictions::vary_in_nothing(&observed.observations);
    // What a question is open about may itself be why lines differ.
    if issues.questions().is_empty() && roles.0.iter().any(|role| role.is_loss()) {
        contradictions::check(&table, &roles, &mut observed, answers, &mut issues);
    }
    if is_guess && issues.questions().is_empty() {
        checks::perplexities(&table, &roles, &observed, answers).into_iter().for_each(|question| issues.ask(question));
    }
    counts::check(&table, &roles, &observed, &mut issues);
    let said_again = checks::said_again(&table, &roles, &observed, &mut issues);
    let understood = Understood::new(&table, &roles, &observed);
    let questions = issues.take_questions();
    let dataset = match observed.into_dataset(&table) {
        Ok(dataset) => Some(dataset).filter(|_| questions.is_empty()),
        // Prose that was taken for a table has no columns to choose roles for.
        Err(cause @ Cause::NoTable) => {
            issues.push_first(cause.of_text());
            return Imported { issues, questions, answers: said.to_vec(), ..Imported::default() };
        }
        Err(cause) => {
            let is_said = |issue: &Issue| matches!(issue.cause, Cause::NoRows { .. } | Cause::NoLosses);
            if questions.is_empty() && !issues.errors().iter().any(is_said) {
                issues.push_first(cause.of_text());
            }
            None
        }
    };
    if is_guess && questions.is_empty() && roles.columns(Role::Weight).next().is_none() {
        mixture::unread(&table, &roles, answers).into_iter().for_each(|cause| issues.push(cause.of_text()));
    }
    let is_new = |i: &usize| !said_again.contains(i) && guess::is_perplexity(&table.header()[*i]);
    for column in roles.columns(Role::Ignored).filter(is_new).map(|i| &table.header()[i]) {
        let is_score = checks::is_at_most_one(&table, column);
        issues.push(if is_score { Cause::LikeScores } else { Cause::Perplexity }.in_column(column));
    }
    if let Some(dataset) = &dataset {
        if varies_in_nothing {
            issues.push(Cause::NothingVaries.of_text());
        }
        checks::check(&table, &roles, dataset, &mut issues);
    }
    if is_guess {
        for (role, used, others) in guess::rivals(&table, &roles) {
            let (used, others) =
                (&table.header()[used], others.into_iter().map(|i| table.header()[i].clone()).collect());
            issues.push(Cause::Rivals { role, kind: names::kind(used), others }.in_column(used));
        }
        if issues.questions().is_empty() && questions.is_empty() {
            guess::in_other_units(&table, &roles).into_iter().for_each(|cause| issues.push(cause.of_text()));
        }
        let near = guess::near_names(&table, &roles).into_iter();
        for (column, name, role) in near.filter(|(i, ..)| !mixture::is_told(&table, answers, *i)) {
            issues.push(Cause::NearName { name, role }.in_column(&table.header()[column]));
        }
    }
    let (table, understood, answers) = (Some(table), Some(understood), said.to_vec());
    Imported { table, roles, dataset, n_left_out, issues, questions, answers, understood }
}

/// Only the lines of a table with that cell, as text or as a number.
fn filtered(table: Table, column: usize, cell: &str, answer: &Answer, issues: &mut Issues) -> Table {
    let number = |cell: &str| try_number(cell, table.layout().decimal);
    let wanted = number(cell);
    let kept = table.of_rows(|row| {
        let own = row.cell(column);
        own == cell.trim() || wanted.is_some() && number(own) == wanted
    });
    let name = &table.header()[column];
    if kept.n_rows() == 0 {
        let why = format!("no line has \"{}\" in \"{}\"", excerpt(cell), excerpt(name));
        issues.push(Cause::NoSuchAnswer { option: answer.to_string(), why }.of_text());
        return table;
    }
    let cause = Cause::Filtered { column: name.clone(), cell: cell.to_string(), rows: kept.n_rows() };
    issues.push(cause.of_text());
    kept
}

/// Reads a file's bytes as [`import`] reads text.
pub fn import_bytes(bytes: &[u8], roles: Option<Roles>) -> Imported {
    match decode::decode(bytes) {
        Ok(text) => import(&text, roles),
        Err(cause) => {
            let mut imported = Imported::default();
            imported.issues.push(cause.of_text());
            imported
        }
    }
}
