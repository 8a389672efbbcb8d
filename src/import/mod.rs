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
pub mod decode;
mod forms;
mod guess;
mod issue;
mod roles;
mod sniff;
mod table;

#[cfg(test)]
mod tests;

pub use assemble::{Observed, SUM_TOLERANCE, observe};
pub use forms::{joined, only_experiment, read_table};
pub use guess::{guess_roles, header_scale};
pub use issue::{Cause, Fix, Issue, Issues, Severity};
pub use roles::{Role, Roles, domain_names};
pub use sniff::{Delimiter, Layout};
pub use table::{MAX_BYTES, MAX_COLUMNS, MAX_QUOTED_LINES, Row, Table};

use crate::dataset::Dataset;

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
}

/// Reads a text, with the columns' roles as given or, without them, as guessed.
pub fn import(text: &str, roles: Option<Roles>) -> Imported {
    let (table, mut issues) = read_table(text);
    let Some(table) = table else { return Imported { issues, ..Imported::default() } };
    let given = roles.filter(|roles| {
        let (seen, expected) = (roles.0.len(), table.header().len());
        if seen != expected {
            issues.push(Cause::RolesOfOtherTable { seen, expected }.of_text());
        }
        seen == expected
    });
    let is_guess = given.is_none();
    let roles = given.unwrap_or_else(|| guess_roles(&table));
    let mut observed = observe(&table, &roles);
    let n_left_out = table.n_left_out() + observed.n_left_out;
    issues.append(std::mem::take(&mut observed.issues));
    let dataset = match observed.into_dataset(&table) {
        Ok(dataset) => Some(dataset),
        Err(cause) => {
            let is_said = |issue: &Issue| matches!(issue.cause, Cause::NoRows { .. } | Cause::NoLosses);
            if !issues.errors().iter().any(is_said) {
                issues.push_first(cause.of_text());
            }
            None
        }
    };
    let near = guess::near_names(&table, &roles);
    let is_near = |column: &usize| near.iter().any(|(i, ..)| i == column);
    let unused = roles.columns(Role::Ignored).filter(|i| !is_near(i));
    let unused: Vec<String> = unused.map(|i| table.header()[i].clone()).collect();
    for column in roles.columns(Role::Ignored).map(|i| &table.header()[i]).filter(|name| guess::is_perplexity(name)) {
        issues.push(Cause::Perplexity.in_column(column));
    }
    if let Some(dataset) = &dataset {
        checks::check(&table, &roles, dataset, &mut issues);
    }
    for (column, name, role) in near.into_iter().filter(|_| is_guess) {
        issues.push(Cause::NearName { name, role }.in_column(&table.header()[column]));
    }
    if is_guess && dataset.is_some() && !unused.is_empty() {
        issues.push(Cause::Unused { columns: unused }.of_text());
    }
    Imported { table: Some(table), roles, dataset, n_left_out, issues }
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
