//! Paths of the optimum as tables and charts.

use crate::chart::{OnAxis, Spec, Stacked, heat, stacked};
use crate::fit::Interval;
use crate::mixture::{FixedPoint, OnPath, Optimum, Reflection, moves};
use crate::page::view::tables::percent;
use crate::predict::FittedStudy;
use crate::predict::bootstrap::LEAST_REPLICATES;
use crate::protocol::{Along, Reply};
use crate::units::{write_count, write_number};

/// A path as a table.
#[derive(Debug, Clone, PartialEq)]
pub struct PathTable {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Its rows.
    pub rows: Vec<PathRow>,
    /// Sentences below it.
    pub notes: Vec<String>,
    /// Whether all rows are the same, so that they are of little interest.
    pub stays: bool,
}

/// A place on a path.
#[derive(Debug, Clone, PartialEq)]
pub enum PathRow {
    /// Where there is an optimum.
    Weights {
        /// Where.
        name: String,
        /// Shares of the domains.
        weights: Vec<PathWeight>,
        /// What stands in the last column, where there is one.
        last: Option<String>,
    },
    /// Where there is none.
    None {
        /// Where.
        name: String,
        /// Why.
        sentence: String,
    },
}

/// A weight on a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathWeight {
    /// In percent.
    pub text: String,
    /// Its 90 % interval, where it is known.
    pub interval: Option<String>,
}

/// Places, with what replicates of a bootstrap make of them.
struct Spread<'a>(&'a [Along]);

impl<'a> Spread<'a> {
    /// The replicates' optima at a place.
    fn at(&self, place_idx: usize) -> Vec<&'a [f64]> {
        self.0.iter().filter_map(|along| along.get(place_idx)?.as_deref()).collect()
    }

    /// The interval of a weight there; `None` of too few replicates.
    fn interval(&self, place_idx: usize, i: usize) -> Option<String> {
        let mixtures = self.at(place_idx);
        (mixtures.len() >= LEAST_REPLICATES).then_some(())?;
        let Interval { low, high } = Interval::of(mixtures.iter().map(|mixture| mixture[i]))?;
        Some(format!("{:.1} to {}", 100.0 * low, percent(high)))
    }
}

fn row(name: String, mixture: &[f64], last: Option<String>) -> PathRow {
    let weights = mixture.iter().map(|&share| PathWeight { text: percent(share), interval: None });
    PathRow::Weights { name, weights: weights.collect(), last }
}

fn of_optimum(name: String, optimum: &Optimum) -> PathRow {
    row(name, &optimum.mixture, Some(format!("{:.4}", optimum.weighted_loss.0)))
}

/// The table of a path; `spread` are the optima of replicates along it, as far as they are known.
///
/// # Errors
/// In a sentence, why there is none.
pub fn path_table(reply: &Reply, study: &FittedStudy, spread: &[Along]) -> Result<PathTable, String> {
    let spread = Spread(spread);
    let header = |first: &str, last: &str| {
        std::iter::once(first)
            .chain(study.domains.iter().map(String::as_str))
            .chain([last])
            .map(str::to_string)
            .collect()
    };
    let count = |value: f64| if value.is_finite() { write_count(value, 3) } else { "∞".to_string() };
    match reply {
        Reply::Scale(path) => {
            let rows = path.iter().enumerate().map(|(place_idx, place)| {
                let name = format!("{}, {}", count(place.n.0), count(place.d.0));
                match &place.optimum {
                    Ok(optimum) => {
                        let mut row = of_optimum(name, optimum);
                        if let PathRow::Weights { weights, .. } = &mut row {
                            for (i, weight) in weights.iter_mut().enumerate() {
                                weight.interval = spread.interval(place_idx, i);
                            }
                        }
                        row
                    }
                    Err(sentence) => PathRow::None { name, sentence: sentence.clone() },
                }
            });
            let stays = !moves(path);
            let notes = stays.then(|| STAYS.to_string()).into_iter().chain(beyond(study, path)).collect();
            Ok(PathTable { header: header("N, D", "Weighted loss"), rows: rows.collect(), notes, stays })
        }
        Reply::Prior(path) => {
            let rows = path.iter().map(|(kl, optimum)| of_optimum(write_number(*kl, 2), optimum));
            Ok(PathTable {
                header: header("λ, nats", "Weighted loss"),
                rows: rows.collect(),
                notes: Vec::new(),
                stays: false,
            })
        }
        Reply::EachTarget(each) => {
            let rows = each.iter().map(|(name, optimum)| of_optimum(name.clone(), optimum));
            let header = header("Target alone", "Its loss");
            Ok(PathTable { header, rows: rows.collect(), notes: Vec::new(), stays: false })
        }
        Reply::Reflection(Some(Reflection { distance, corners, fixed_point, others })) => {
            let corners: Vec<String> = corners.iter().map(|(domain, far)| format!("{domain} {far:.3}")).collect();
            let ends = if fixed_point.settled { "settles at" } else { "has not settled; it is at" };
            let from_corner = |end: &FixedPoint| row(format!("from a corner, {} steps", end.steps), &end.mixture, None);
            let first = row(format!("after {} steps", fixed_point.steps), &fixed_point.mixture, None);
            Ok(PathTable {
                header: std::iter::once("Weights = mixture")
                    .chain(study.domains.iter().map(String::as_str))
                    .map(str::to_string)
                    .collect(),
                rows: std::iter::once(first).chain(others.iter().map(from_corner)).collect(),
                notes: vec![
                    format!(
                        "Jensen–Shannon distance between the targets' weights and the optimum: {distance:.3} (0 the same, 1 nothing in common)."
                    ),
                    format!("Taking the optimum as the weights again and again {ends} the first mixture above."),
                    format!("Distance when one domain's loss weighs all: {}.", corners.join(", ")),
                ],
                stays: false,
            })
        }
        Reply::Reflection(None) => {
            Err("The targets' weights are no mixture here: not every weighted target is a domain's own loss.".into())
        }
        Reply::Near(_) | Reply::Excess(_) | Reply::Verdict(_) | Reply::Next(_) => Err("This is no path.".into()),
    }
}

/// From where on the path is beyond the runs.
fn beyond(study: &FittedStudy, path: &[OnPath]) -> Option<String> {
    let largest = study.summary.sizes.last().map(|n| n.0);
    let longest = study.summary.token_range.map(|(_, high)| high.0);
    let is_beyond = |value: f64, most: Option<f64>| most.is_some_and(|most| value > 1.01 * most);
    path.iter().any(|place| is_beyond(place.n.0, largest) || is_beyond(place.d.0, longest)).then_some(())?;
    let most = [("N", largest), ("D", longest)];
    let most = most.iter().filter_map(|(what, most)| most.map(|most| format!("{what} = {}", write_count(most, 3))));
    Some(format!("Beyond {}, the most in your runs, the path is extrapolated.", most.collect::<Vec<_>>().join(" or ")))
}

/// Where the optimum is the same all along.
const STAYS: &str = "The optimum is the same at every N and D of this path: with these fits and limits it does not depend on the scale.";

/// The chart of a path; `None` where its table says it all. `spread` as for [`path_table`].
pub fn path_chart(reply: &Reply, study: &FittedStudy, spread: &[Along]) -> Option<Spec> {
    let spread = Spread(spread);
    let count = |value: f64| if value.is_finite() { write_count(value, 3) } else { "∞".to_string() };
    match reply {
        Reply::Scale(path) if !moves(path) => None,
        Reply::Scale(path) => {
            let [first, second] = [path.first()?, path.get(1)?];
            let by_size = first.n.0 < second.n.0;
            let place = |(place_idx, place): (usize, &'_ OnPath)| OnAxis {
                at: if by_size { place.n.0 } else { place.d.0 },
                name: format!("N {}, D {}", count(place.n.0), count(place.d.0)),
                optimum: None,
                replicates: spread.at(place_idx),
            };
            let places = path.iter().enumerate();
            let places = places.map(|(at, on)| OnAxis { optimum: on.optimum.as_ref().ok(), ..place((at, on)) });
            let (axis, column) = match by_size {
                true => ("model size N", "N (parameters)"),
                false => ("training tokens D", "D (tokens)"),
            };
            let title = "The optimum as N and D grow";
            stacked(&Stacked { title, axis, column, domains: &study.domains, places: places.collect() })
        }
        Reply::Prior(path) => {
            let places: Vec<OnAxis> = path
                .iter()
                .map(|(kl, optimum)| OnAxis {
                    at: *kl,
                    name: format!("λ {} nats", write_number(*kl, 2)),
                    optimum: Some(optimum),
                    replicates: Vec::new(),
                })
                .collect();
            let title = "The optimum as a prior gets heavier";
            stacked(&Stacked { title, axis: "λ, nats", column: "λ (nats)", domains: &study.domains, places })
        }
        Reply::EachTarget(each) => {
            let rows: Vec<(String, &Optimum)> = each.iter().map(|(name, optimum)| (name.clone(), optimum)).collect();
            heat("The optimum for each target alone", &study.domains, &rows)
        }
        Reply::Reflection(_) | Reply::Near(_) | Reply::Excess(_) | Reply::Verdict(_) | Reply::Next(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::{Growth, Scenario, along_scale};
    use crate::sample::llm_truth;
    use crate::units::{Params, Tokens};

    fn path(growth: Growth) -> (FittedStudy, Reply) {
        let study = llm_truth();
        let path = along_scale(&study, &Scenario::new(Params(7e9), Tokens(150e9)), growth).expect("a path");
        (study, Reply::Scale(path))
    }

    #[test]
    fn a_path_has_the_intervals_of_its_replicates() {
        let (study, reply) = path(Growth { steps: 3, ..Growth::default() });
        let weights = |table: &PathTable| match &table.rows[1] {
            PathRow::Weights { weights, .. } => weights.clone(),
            PathRow::None { sentence, .. } => panic!("{sentence}"),
        };
        let bare = path_table(&reply, &study, &[]).expect("a table");
        assert!(bare.rows.len() == 5 && !bare.stays);
        assert!(bare.notes[0].starts_with("Beyond N = ") && bare.notes[0].ends_with("the path is extrapolated."));
        assert!(weights(&bare).iter().all(|weight| weight.interval.is_none()));
        // The first domain has 0 to 20 % in steps of 1, and there is no optimum at the last place.
        let along = |percent: usize| -> Along {
            let first = percent as f64 / 100.0;
            let mut mixture = vec![(1.0 - first) / 6.0; 7];
            mixture[0] = first;
            let mut along = vec![Some(mixture); 5];
            along[4] = None;
            along
        };
        let spread: Vec<Along> = (0..=20).map(along).collect();
        let sure = path_table(&reply, &study, &spread).expect("a table");
        assert_eq!(weights(&sure)[0].interval.as_deref(), Some("1.0 to 19.0 %"));
        let PathRow::Weights { weights: last, .. } = &sure.rows[4] else { panic!("the limit has an optimum") };
        assert!(last.iter().all(|weight| weight.interval.is_none()));
        let chart = |spread| path_chart(&reply, &study, spread).expect("a chart").description;
        assert!(!chart(&[]).contains("90 %") && chart(&spread).contains("bands that hold 90 % of the replicates"));
    }

    #[test]
    fn a_path_that_goes_nowhere_says_so() {
        let (study, reply) = path(Growth { n: 1.0, d: 1.0, steps: 4 });
        let table = path_table(&reply, &study, &[]).expect("a table");
        assert!(table.stays && table.notes[0] == STAYS);
        assert!(path_chart(&reply, &study, &[]).is_none());
    }
}
