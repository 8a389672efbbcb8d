//! The observations that charts show, with what the fits on show make of each.

use std::collections::BTreeSet;

use crate::chart::Use;
use crate::dataset::{Dataset, Holdout, Observation};
use crate::order::sort_by_number;
use crate::page::same::Same;

/// Observations in the order of the table.
pub struct Observations {
    /// All of them.
    pub dataset: Same<Dataset>,
    /// For each, what the fits make of it.
    pub uses: Vec<Use>,
}

/// Lines that were left out by hand.
pub struct LeftOut<'a> {
    /// All observations of the table, with those left out.
    pub table: &'a Dataset,
    /// Those that the fits do not know.
    pub of_fits: &'a [usize],
    /// Those that are left out now, and will be in the next fit.
    pub now: BTreeSet<usize>,
}

impl Observations {
    /// The runs of fits, of which `holdout` holds some out; where their table is known, with the lines left out of it.
    pub fn of(runs: &Same<Dataset>, holdout: Holdout, left_out: Option<&LeftOut>) -> Self {
        let held_out = holdout.held_out(runs);
        let now = |row: &Observation| left_out.is_some_and(|left_out| left_out.now.contains(&row.line));
        let used = |(row, held_out): (&Observation, bool)| match held_out {
            _ if now(row) => Use::LeftOut,
            true => Use::HeldOut,
            false => Use::Fitted,
        };
        let uses: Vec<Use> = runs.observations().iter().zip(held_out).map(used).collect();
        let with_others = left_out.filter(|left_out| !left_out.of_fits.is_empty()).and_then(|left_out| {
            let others = left_out.table.observations().iter().filter(|row| left_out.of_fits.contains(&row.line));
            let known = runs.observations().iter().zip(uses.iter().copied());
            let mut all: Vec<(&Observation, Use)> = known.chain(others.map(|row| (row, Use::LeftOut))).collect();
            sort_by_number(&mut all, |(row, _)| row.line as f64);
            let rows = all.iter().map(|(row, _)| (*row).clone()).collect();
            // A table that was edited since may have other columns; then only the runs are shown.
            let dataset = Dataset::new(runs.domains().to_vec(), runs.targets().to_vec(), rows).ok()?;
            let uses = all.into_iter().map(|(_, used)| used).collect();
            Some(Self { dataset: Same::new(dataset), uses })
        });
        with_others.unwrap_or_else(|| Self { dataset: runs.clone(), uses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::import;

    fn study(text: &str) -> Same<Dataset> {
        Same::new(import(text, None).dataset.expect("a study"))
    }

    #[test]
    fn lines_left_out_are_where_they_were_in_the_table() {
        let table =
            study("w_a,w_b,N,D,loss\n0.5,0.5,1B,1B,3\n0.2,0.8,1B,2B,2.9\n0.8,0.2,3B,2B,2.7\n0.3,0.7,3B,3B,2.6\n");
        let without = |line: usize| {
            let rows = table.observations().iter().filter(|row| row.line != line).cloned().collect();
            Same::new(Dataset::new(table.domains().to_vec(), table.targets().to_vec(), rows).expect("a study"))
        };
        let of = |runs: &Same<Dataset>, of_fits: &[usize], now: &[usize]| {
            let left_out = LeftOut { table: &table, of_fits, now: now.iter().copied().collect() };
            let Observations { dataset, uses } = Observations::of(runs, Holdout::LargestN, Some(&left_out));
            let lines: Vec<usize> = dataset.observations().iter().map(|row| row.line).collect();
            (lines, uses)
        };
        let (f, h, l) = (Use::Fitted, Use::HeldOut, Use::LeftOut);
        assert_eq!(of(&table, &[], &[]), (vec![2, 3, 4, 5], vec![f, f, h, h]));
        // At once, before the fits are made anew; and then.
        assert_eq!(of(&table, &[], &[3]), (vec![2, 3, 4, 5], vec![f, l, h, h]));
        assert_eq!(of(&without(3), &[3], &[3]), (vec![2, 3, 4, 5], vec![f, l, h, h]));
        // Brought back, but not fitted yet.
        assert_eq!(of(&without(4), &[4], &[]), (vec![2, 3, 4, 5], vec![f, f, l, h]));
    }

    #[test]
    fn a_link_has_only_its_runs() {
        let runs = study("w_a,w_b,loss\n0.5,0.5,3\n0.2,0.8,2.9\n");
        let Observations { dataset, uses } = Observations::of(&runs, Holdout::None, None);
        assert!(dataset == runs && uses == [Use::Fitted; 2]);
    }
}
