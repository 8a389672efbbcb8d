//! Rows of the same columns or of the same study, pasted over a table: they may be meant to stand below it.

use std::sync::Arc;

use super::draft::Draft;
use crate::dataset::{Dataset, Observation};
use crate::export::runs_table;
use crate::import::{self, Table};

/// A table as it was read, and the study that it is, if it is one.
pub type ReadTable<'a> = (&'a Table, Option<&'a Dataset>);

/// The draft with another table's rows below its own; `None` where that one has neither the same columns, nor as many
/// without names, nor the same domains and targets. Of other columns, weights, N, D and losses are kept and nothing else.
pub fn with_rows(draft: &Draft, before: ReadTable, text: &str, now: ReadTable) -> Option<Draft> {
    let sorted = |table: &Table| {
        let mut columns = table.header().to_vec();
        columns.sort_unstable();
        columns
    };
    let names = before.0.header();
    let below = if sorted(before.0) == sorted(now.0) {
        Some(text.to_string())
    } else if is_unnamed(now.0) && now.0.header().len() == names.len() {
        let named =
            names.iter().enumerate().fold(now.0.clone(), |table, (column_idx, name)| table.renamed(column_idx, name));
        Some(named.to_text(None))
    } else {
        None
    };
    if let Some(below) = below {
        let text = import::joined(&[draft.text.to_string(), below]);
        return Some(Draft { text: text.into(), ..draft.clone() });
    }
    let (before, now) = (before.1?, now.1?);
    let places = |own: &[String], other: &[String]| -> Option<Vec<usize>> {
        let place = |name: &String| other.iter().position(|other| other == name);
        own.iter().map(place).collect::<Option<Vec<usize>>>().filter(|_| own.len() == other.len())
    };
    let domains = places(before.domains(), now.domains())?;
    let targets = places(before.targets(), now.targets())?;
    let moved = |row: &Observation| Observation {
        mixture: domains.iter().map(|&i| row.mixture[i]).collect(),
        losses: targets.iter().map(|&i| row.losses[i]).collect(),
        ..row.clone()
    };
    let rows = before.observations().iter().cloned().chain(now.observations().iter().map(moved)).collect();
    let whole = Dataset::new(before.domains().to_vec(), before.targets().to_vec(), rows).ok()?;
    let (text, roles) = runs_table(&whole);
    // The first line has the names.
    let lines = before.observations().iter().map(|row| row.line).zip(2..);
    let excluded = |(line, now): (usize, usize)| {
        let reason = draft.excluded_rows.iter().find(|(excluded, _)| *excluded == line)?;
        Some((now, reason.1.clone()))
    };
    Some(Draft {
        text: Arc::from(text),
        roles: Some(roles),
        answers: Vec::new(),
        excluded_rows: lines.filter_map(excluded).collect(),
        ..draft.clone()
    })
}

/// Whether the columns have no names but those that reading them gives.
pub fn is_unnamed(table: &Table) -> bool {
    table.header().iter().zip(1..).all(|(name, number)| *name == format!("column {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::input::draft::Draft;
    use crate::sample::SAMPLES;

    const BEFORE: &str =
        "run,w_a,w_b,N (M),D (B),a_loss\nr1,0.5,0.5,100,1,3.0\nr2,0.2,0.8,100,2,2.9\nr3,0.8,0.2,300,2,2.7\n";

    fn added(before: &str, excluded: &[usize], text: &str) -> Option<Draft> {
        let excluded_rows = excluded.iter().map(|line| (*line, "diverged".to_string())).collect();
        let draft = Draft { text: before.into(), excluded_rows, ..Draft::of_sample(&SAMPLES[0], 0) };
        let (read, new) = (import::import(before, None), import::import(text, None));
        let [table, rows] = [&read, &new].map(|imported| imported.table.as_ref().expect("a table"));
        with_rows(&draft, (table, read.dataset.as_ref()), text, (rows, new.dataset.as_ref()))
    }

    #[test]
    fn rows_of_the_same_columns_stand_below_the_others_as_they_are() {
        let text = "run\tw_a\tw_b\tN (M)\tD (B)\ta_loss\nr4\t0.3\t0.7\t300\t3\t2.6\n";
        let draft = added(BEFORE, &[3], text).expect("the same columns");
        assert_eq!(draft.excluded_rows, [(3, "diverged".to_string())]);
        assert!(draft.text.starts_with(BEFORE), "{}", draft.text);
        let read = import::import(&draft.text, None).dataset.expect("a study");
        let last = &read.observations()[3];
        assert_eq!((read.observations().len(), last.n.map(|n| n.0), last.mixture[0]), (4, Some(3e8), 0.3));
    }

    /// Only the new lines of a spreadsheet.
    #[test]
    fn rows_without_names_have_those_of_the_others() {
        let draft =
            added(BEFORE, &[], "4\t0.3\t0.7\t300\t3\t2.6\n5\t0.4\t0.6\t300\t3\t2.5\n").expect("as many columns");
        let read = import::import(&draft.text, None).dataset.expect("a study");
        let rows = read.observations();
        assert_eq!((rows.len(), rows[3].n.map(|n| n.0), rows[3].mixture[0]), (5, Some(3e8), 0.3));
        assert_eq!(added(BEFORE, &[], "0.3\t0.7\t300\t3\t2.6\n"), None, "a column is missing");
    }

    /// The table of suggested runs has its own names and units.
    #[test]
    fn rows_of_the_same_study_are_added_in_their_own_units() {
        let text =
            "a_loss,weight_b,weight_a,model_size,n_tokens\n2.6,0.7,0.3,300000000,3000000000\n2.4,0.4,0.6,1e9,5e9\n";
        let draft = added(BEFORE, &[3], text).expect("the same study");
        let read = import::import(&draft.text, draft.roles).dataset.expect("a study");
        let rows = read.observations();
        assert_eq!((rows.len(), rows[1].n.map(|n| n.0), rows[1].d.map(|d| d.0)), (5, Some(1e8), Some(2e9)));
        assert_eq!(
            (rows[3].mixture[0], rows[3].d.map(|d| d.0), rows[3].losses[0].map(|l| l.0)),
            (0.3, Some(3e9), Some(2.6))
        );
        assert_eq!(draft.excluded_rows, [(rows[1].line, "diverged".to_string())]);
    }

    #[test]
    fn another_study_is_not_to_be_added() {
        assert_eq!(added(BEFORE, &[], "w_a,w_c,N,D,a_loss\n0.3,0.7,300M,3B,2.6\n0.6,0.4,1B,5B,2.4\n"), None);
        assert_eq!(added(BEFORE, &[], "w_a,w_b,N,D,c_loss\n0.3,0.7,300M,3B,2.6\n0.6,0.4,1B,5B,2.4\n"), None);
        assert_eq!(added(BEFORE, &[], "w_a,w_b,a_loss\n0.3,0.7,2.6\n0.6,0.4,2.4\n"), None, "neither N nor D");
    }
}
