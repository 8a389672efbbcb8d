//! Two fitted studies side by side, as rows of formatted cells and as a chart.

use crate::chart::{Mixtures, Spec, mixtures};
use crate::export::difference::{Entry, Row, Section, Side};
use crate::units::{write_count, write_number, write_percent};

/// Significant digits of values and of their changes.
const DIGITS: usize = 5;
const CHANGE_DIGITS: usize = 3;
/// Decimals of weights in per cent.
const DECIMALS: usize = 1;

/// A section of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SideBySide {
    /// Its heading.
    pub title: String,
    /// Its lines.
    pub rows: Vec<SideRow>,
    /// "12 alike", where any are and are not shown.
    pub alike: Option<String>,
    /// Whether it is long and of the second rank, and so is folded away.
    pub is_folded: bool,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SideRow {
    /// What it is of.
    pub name: String,
    /// What is on show, the other, and the change from the other to what is on show.
    pub cells: [String; 3],
    /// Whether the two differ.
    pub differs: bool,
}

/// The sections as the page shows them, the lines that are alike only if asked for.
pub fn side_by_side(sections: &[Section], with_alike: bool) -> Vec<SideBySide> {
    let one = |section: &Section| {
        let n_alike = section.rows.iter().filter(|row| row.is_same()).count();
        SideBySide {
            title: section.title.clone(),
            rows: section.rows.iter().filter(|row| with_alike || !row.is_same()).map(side_row).collect(),
            alike: (n_alike > 0 && !with_alike).then(|| format!("{n_alike} alike")),
            is_folded: section.is_of_parameters,
        }
    };
    sections.iter().map(one).collect()
}

/// What a side is: "joint law, N = 7B, D = 150B".
pub fn side_title(side: &Side) -> String {
    let law = side.study.fits.first().map(|fit| format!("{} law", fit.law.name()));
    let count = |value: f64| write_count(value, CHANGE_DIGITS);
    let scale = match (side.optimum, side.scenario) {
        // What was found, where it was not given.
        (Some(optimum), _) => Some((optimum.n, optimum.d)),
        (None, Some(scenario)) => Some((scenario.n, scenario.d)),
        (None, None) => None,
    };
    let scale = scale.map(|(n, d)| format!("N = {}, D = {}", count(n.0), count(d.0)));
    law.into_iter().chain(scale).collect::<Vec<_>>().join(", ")
}

/// Both optima in one chart, if they are of the same domains.
pub fn side_chart(left: &Side, right: &Side, other: &str) -> Option<Spec> {
    let (domains, known) = (&left.study.domains, &right.study.domains);
    let (optimum, others) = (&left.optimum?.mixture, &right.optimum?.mixture);
    let place = |name: &String| known.iter().position(|known| known == name).and_then(|at| others.get(at).copied());
    let others: Option<Vec<f64>> = domains.iter().map(place).collect();
    let others = others.filter(|others| others.len() == known.len() && others.len() == optimum.len())?;
    mixtures(&Mixtures { domains, optimum, others: vec![(other, &others)], near: None, interval: None })
}

fn side_row(row: &Row) -> SideRow {
    let is_share = matches!(row.left, Entry::Share(_));
    // From the other to what is on show: what was gained by what was changed.
    let change = row.change().map_or(String::new(), |change| match -change {
        0.0 => String::new(),
        change => {
            let sign = if change > 0.0 { "+" } else { "" };
            let text = if is_share { points(change) } else { number(change, CHANGE_DIGITS) };
            format!("{sign}{text}")
        }
    });
    SideRow { name: row.name.clone(), cells: [entry(&row.left), entry(&row.right), change], differs: !row.is_same() }
}

fn entry(entry: &Entry) -> String {
    match entry {
        Entry::Nothing => "–".to_string(),
        Entry::Number(value) => number(*value, DIGITS),
        Entry::Share(share) => write_percent(*share, DECIMALS),
        Entry::Word(word) => word.clone(),
    }
}

/// Points of per cent.
fn points(change: f64) -> String {
    write_percent(change, DECIMALS).replace('-', "\u{2212}").replace('%', "points")
}

/// Counts from a million on as 7B; a minus that is one.
fn number(value: f64, digits: usize) -> String {
    let text = if value.abs() >= 1e6 { write_count(value, digits) } else { write_number(value, digits) };
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::{Scenario, optimum};
    use crate::page::run::fits::tests::fits;
    use crate::units::Tokens;

    fn section() -> Section {
        let row = |name: &str, left: Entry, right: Entry| Row { name: name.into(), left, right };
        Section {
            title: "Scenario".into(),
            rows: vec![
                row("n", Entry::Number(7e9), Entry::Number(7e9)),
                row("d", Entry::Number(1e11), Entry::Number(1.5e11)),
                row("loss", Entry::Number(0.312_345_6), Entry::Number(0.25)),
                row("weight", Entry::Share(0.252), Entry::Share(0.3)),
                row("law", Entry::Word("joint".into()), Entry::Nothing),
            ],
            is_of_parameters: false,
        }
    }

    #[test]
    fn two_sides_stand_beside_each_other_with_what_changed() {
        let all = side_by_side(&[section()], true);
        let cells: Vec<[&str; 4]> =
            all[0].rows.iter().map(|row| [row.name.as_str(), &row.cells[0], &row.cells[1], &row.cells[2]]).collect();
        assert_eq!(
            cells,
            [
                ["n", "7B", "7B", ""],
                ["d", "100B", "150B", "−50B"],
                ["loss", "0.31235", "0.25", "+0.0623"],
                ["weight", "25.2 %", "30 %", "−4.8 points"],
                ["law", "joint", "–", ""]
            ]
        );
        assert_eq!(all[0].alike, None);
        let differing = side_by_side(&[section()], false);
        assert_eq!((differing[0].rows.len(), differing[0].alike.as_deref()), (4, Some("1 alike")));
        assert_eq!(differing[0].rows[..], all[0].rows[1..]);
    }

    #[test]
    fn a_side_is_named_and_both_optima_are_drawn_by_name() {
        let study = (*fits().study).clone();
        let scenario = Scenario::at_the_edge_of(&study.summary);
        let found = optimum(&study, &scenario).expect("an optimum");
        let far = Scenario { d: Tokens(2e11), ..scenario.clone() };
        let left = Side { study: &study, scenario: Some(&scenario), optimum: Some(&found) };
        let title = side_title(&Side { scenario: Some(&far), optimum: None, ..left });
        assert!(title.contains(" law, N = ") && title.ends_with("D = 200B"), "{title}");
        // The other's domains in another order.
        let mut turned = study.clone();
        turned.domains.reverse();
        let mut turned_optimum = found.clone();
        turned_optimum.mixture.reverse();
        let right = Side { study: &turned, scenario: None, optimum: Some(&turned_optimum) };
        let spec = side_chart(&left, &right, "kept").expect("a chart");
        assert!(spec.table.1.iter().all(|row| row[1] == row[2]), "{:?}", spec.table);
        let mut strange = turned.clone();
        strange.domains[0] = "unknown".into();
        assert!(side_chart(&left, &Side { study: &strange, ..right }, "kept").is_none());
    }
}
