//! What was seen of a target, and what its fit makes of it: the points of several charts.

use std::sync::Arc;

use super::{Cell, Hue, Mark, Readout};
use crate::dataset::Dataset;
use crate::law;
use crate::predict::FittedTarget;
use crate::units::{Loss, Params, Tokens, write_count, write_percent};

/// What a fit makes of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is fitted to it.
    Fitted,
    /// It is judged by it.
    HeldOut,
    /// It does not know it: left out by hand.
    LeftOut,
}

impl Use {
    pub(super) fn word(self) -> &'static str {
        match self {
            Use::Fitted => "fitted",
            Use::HeldOut => "held out",
            Use::LeftOut => "left out",
        }
    }

    /// What it looks like; what is fitted has that hue.
    pub(super) fn look(self, fitted: Hue) -> (Mark, Hue) {
        match self {
            Use::Fitted => (Mark::Dots, fitted),
            Use::HeldOut => (Mark::Rings, Hue::Beyond),
            Use::LeftOut => (Mark::Crosses, Hue::Ink),
        }
    }
}

/// The observations of one target that its law can give a loss for, in the order of the table.
#[derive(Debug, Clone)]
pub struct Sight {
    /// Names of the domains.
    pub(super) domains: Vec<String>,
    /// What was seen.
    pub(super) all: Vec<Seen>,
}

impl Sight {
    /// What was seen of a target; `None` where it is no target of the study.
    pub fn of(dataset: &Dataset, target: FittedTarget, uses: &[Use]) -> Option<Arc<Self>> {
        let target_idx = dataset.target_idx(target.name)?;
        let design = dataset.design();
        let scales = design.scales().iter();
        let mut losses: Vec<_> = scales.map(|scale| target.losses(law::Scale::new(scale.n, scale.d))).collect();
        let rows = dataset.observations().iter().zip(design.rows()).zip(uses);
        let usable =
            rows.filter(|((row, _), _)| target.fit.law.uses(&target.fit.shape, target.target_pos, &row.mixture));
        let seen = usable.filter_map(|((row, &(_, scale_idx)), &used)| {
            let Loss(observed) = row.losses[target_idx]?;
            let predicted = losses[scale_idx](&law::Mixture::new(&row.mixture));
            let mixture = row.mixture.clone();
            Some(Seen { line: row.line, n: row.n, d: row.d, mixture, observed, predicted, used })
        });
        Some(Arc::new(Self { domains: dataset.domains().to_vec(), all: seen.collect() }))
    }

    /// What is said of the observation at that position.
    pub(super) fn readout(&self, at: usize) -> Option<Readout> {
        let seen = self.all.get(at)?;
        let scale = scale_text(seen.n, seen.d);
        let mut lines: Vec<String> = (!scale.is_empty()).then_some(scale).into_iter().collect();
        lines.push(mixture_text(&self.domains, &seen.mixture));
        lines.push(format!("observed {}, predicted {}", loss(seen.observed), loss(seen.predicted)));
        lines.push(format!("residual {}", signed(seen.residual())));
        Some(Readout { title: format!("Line {}, {}", seen.line, seen.used.word()), lines, key: Some(seen.line) })
    }

    /// Header of [`Seen::numbers`].
    pub(super) fn numbers_header(&self) -> Vec<String> {
        const KNOWN: [&str; 7] = [
            "line",
            "use",
            "N (parameters)",
            "D (tokens)",
            "observed loss (nats per token)",
            "predicted loss (nats per token)",
            "residual (nats per token)",
        ];
        texts(KNOWN).into_iter().chain(self.domains.iter().map(|domain| share_of(domain))).collect()
    }
}

/// An observation of one target that the law can give a loss for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub line: usize,
    pub n: Option<Params>,
    pub d: Option<Tokens>,
    pub mixture: Vec<f64>,
    pub observed: f64,
    pub predicted: f64,
    pub used: Use,
}

impl Seen {
    pub fn residual(&self) -> f64 {
        self.observed - self.predicted
    }

    /// Its cells in a table, after those of the chart.
    pub fn cells(&self) -> [String; 5] {
        let count = |value: Option<f64>| value.map_or_else(String::new, |value| write_count(value, 4));
        [
            self.line.to_string(),
            self.used.word().into(),
            count(self.n.map(|n| n.0)),
            count(self.d.map(|d| d.0)),
            loss(self.observed),
        ]
    }

    /// Its numbers, in the order of [`Sight::numbers_header`].
    pub fn numbers(&self) -> Vec<Cell> {
        let known: [Cell; 7] = [
            (self.line as f64).into(),
            self.used.word().into(),
            self.n.map(|n| n.0).into(),
            self.d.map(|d| d.0).into(),
            self.observed.into(),
            self.predicted.into(),
            self.residual().into(),
        ];
        known.into_iter().chain(self.mixture.iter().map(|h| Cell::from(*h))).collect()
    }
}

/// Header of [`Seen::cells`].
pub(super) const CELLS: [&str; 5] = ["Line", "Use", "N", "D", "Observed"];

/// "N 1B, D 20B", as far as they are known.
pub(super) fn scale_text(n: Option<Params>, d: Option<Tokens>) -> String {
    let scale = [n.map(|n| format!("N {n:.3}")), d.map(|d| format!("D {d:.3}"))];
    scale.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// "arxiv 10 %, book 90 %": the domains with a weight.
pub(super) fn mixture_text(domains: &[String], mixture: &[f64]) -> String {
    let weights = domains.iter().zip(mixture).filter(|(_, weight)| **weight > 0.0);
    weights.map(|(domain, weight)| format!("{domain} {}", write_percent(*weight, 1))).collect::<Vec<_>>().join(", ")
}

/// Header of a column of a domain's weights.
pub(super) fn share_of(domain: &str) -> String {
    format!("{domain} (share)")
}

pub(super) fn loss(value: f64) -> String {
    format!("{value:.4}")
}

pub(super) fn signed(value: f64) -> String {
    format!("{value:+.4}").replace('-', "−")
}

pub(super) fn texts<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(String::from).to_vec()
}
