//! The runs inside a fit file, column by column, so that a bootstrap can fit them anew.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dataset::{Dataset, DatasetError, Observation, Split};
use crate::units::{Loss, Params, Tokens};

#[derive(Serialize, Deserialize)]
pub(super) struct Runs {
    lines: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    n: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    d: Option<Vec<f64>>,
    /// By domain, in the order of the file's domains.
    weights: Vec<Vec<f64>>,
    targets: Vec<String>,
    /// By target; null where there is none.
    losses: Vec<Vec<Option<f64>>>,
    /// Absent where all are 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    row_weights: Option<Vec<f64>>,
    /// Lines that the study's own split holds out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    holdout_lines: Vec<usize>,
    /// Tokens in stock, by domain.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    stocks: Map<String, Value>,
}

/// Why the runs of a fit file are none.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// Columns of different lengths.
    #[error("its {what} have {seen} entries for {expected} lines")]
    Length {
        /// Which column.
        what: String,
        /// Its entries.
        seen: usize,
        /// Lines.
        expected: usize,
    },
    /// They are no study.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl From<&Dataset> for Runs {
    fn from(dataset: &Dataset) -> Self {
        let rows = dataset.observations();
        let stocks = dataset.domains().iter().zip(dataset.stocks());
        Self {
            lines: rows.iter().map(|row| row.line).collect(),
            n: rows.iter().map(|row| Some(row.n?.0)).collect(),
            d: rows.iter().map(|row| Some(row.d?.0)).collect(),
            weights: (0..dataset.domains().len()).map(|i| rows.iter().map(|row| row.mixture[i]).collect()).collect(),
            targets: dataset.targets().to_vec(),
            losses: (0..dataset.targets().len())
                .map(|j| rows.iter().map(|row| row.losses[j].map(|loss| loss.0)).collect())
                .collect(),
            row_weights: rows.iter().any(|row| row.weight != 1.0).then(|| rows.iter().map(|row| row.weight).collect()),
            holdout_lines: rows.iter().filter(|row| row.split == Split::Holdout).map(|row| row.line).collect(),
            stocks: stocks.filter_map(|(name, stock)| Some((name.clone(), Value::from((*stock)?.0)))).collect(),
        }
    }
}

impl Runs {
    /// The study, checked as strictly as one from a table.
    pub(super) fn into_dataset(self, domains: &[String]) -> Result<Dataset, RunsError> {
        let expected = self.lines.len();
        let check = |what: String, seen: usize, expected: usize| {
            if seen == expected { Ok(()) } else { Err(RunsError::Length { what, seen, expected }) }
        };
        check("columns of weights".into(), self.weights.len(), domains.len())?;
        check("columns of losses".into(), self.losses.len(), self.targets.len())?;
        for (domain, column) in domains.iter().zip(&self.weights) {
            check(format!("weights of {domain}"), column.len(), expected)?;
        }
        for (target, column) in self.targets.iter().zip(&self.losses) {
            check(target.clone(), column.len(), expected)?;
        }
        for (what, column) in [("model sizes", &self.n), ("tokens", &self.d), ("row weights", &self.row_weights)] {
            check(what.into(), column.as_ref().map_or(expected, Vec::len), expected)?;
        }
        let held_out: std::collections::HashSet<usize> = self.holdout_lines.into_iter().collect();
        let observations = (0..expected).map(|row| Observation {
            line: self.lines[row],
            n: self.n.as_ref().map(|column| Params(column[row])),
            d: self.d.as_ref().map(|column| Tokens(column[row])),
            mixture: self.weights.iter().map(|column| column[row]).collect(),
            losses: self.losses.iter().map(|column| column[row].map(Loss)).collect(),
            weight: self.row_weights.as_ref().map_or(1.0, |column| column[row]),
            split: if held_out.contains(&self.lines[row]) { Split::Holdout } else { Split::Fit },
        });
        let observations = observations.collect();
        let stocks: Vec<(String, Tokens)> = self
            .stocks
            .iter()
            .map(|(name, stock)| (name.clone(), Tokens(stock.as_f64().unwrap_or(f64::NAN))))
            .collect();
        Ok(Dataset::new(domains.to_vec(), self.targets, observations)?.with_stocks(&stocks)?)
    }
}
