//! Inputs of a Gaussian process: distinct mixtures and scales once, rows as indices of them, and what the kernel
//! sees of a mixture.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Where one value was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Domain weights h.
    pub mixture: Vec<f64>,
    /// ln N, in any unit that is the same for all; 0 where the study has no N.
    pub ln_n: f64,
    /// ln D, in any unit that is the same for all; 0 where the study has no D.
    pub ln_d: f64,
    /// The run: rows of the same mixture and N share one number.
    pub run: usize,
}

/// A row as indices of its mixture and scale, and its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub mixture_idx: usize,
    pub scale_idx: usize,
    pub run: usize,
}

/// Rows of a study, each distinct mixture and scale held once. Prepared once, and shared by all targets that were
/// observed on these rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub(super) mixtures: Vec<Vec<f64>>,
    /// (ln N, ln D)
    pub(super) scales: Vec<[f64; 2]>,
    pub(super) rows: Vec<Row>,
}

impl Inputs {
    /// Finds the distinct mixtures and scales (equal to the last bit).
    pub fn new(inputs: &[Input]) -> Self {
        let mut mixture_idx_of = HashMap::new();
        let mut scale_idx_of = HashMap::new();
        let mut out = Self { mixtures: Vec::new(), scales: Vec::new(), rows: Vec::new() };
        for input in inputs {
            let key: Vec<u64> = input.mixture.iter().map(|h| h.to_bits()).collect();
            let mixture_idx = *mixture_idx_of.entry(key).or_insert_with(|| {
                out.mixtures.push(input.mixture.clone());
                out.mixtures.len() - 1
            });
            let scale_idx = *scale_idx_of.entry([input.ln_n.to_bits(), input.ln_d.to_bits()]).or_insert_with(|| {
                out.scales.push([input.ln_n, input.ln_d]);
                out.scales.len() - 1
            });
            out.rows.push(Row { mixture_idx, scale_idx, run: input.run });
        }
        out
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The row at that position.
    pub fn row(&self, row_idx: usize) -> Input {
        let row = self.rows[row_idx];
        let [ln_n, ln_d] = self.scales[row.scale_idx];
        Input { mixture: self.mixtures[row.mixture_idx].clone(), ln_n, ln_d, run: row.run }
    }

    /// For each row the position of its mixture among the distinct ones: the groups to leave out together.
    pub fn mixture_idxs(&self) -> Vec<usize> {
        self.rows.iter().map(|row| row.mixture_idx).collect()
    }

    /// The rows at those positions, as a study of their own.
    pub fn select(&self, row_idxs: &[usize]) -> Self {
        Self::new(&row_idxs.iter().map(|&row_idx| self.row(row_idx)).collect::<Vec<_>>())
    }

    /// Positions of the rows in an order that does not depend on theirs: by mixture, then by N, then by D.
    pub(super) fn canonical_order(&self) -> Vec<usize> {
        let key = |row_idx: &usize| {
            let row = self.rows[*row_idx];
            self.mixtures[row.mixture_idx].iter().chain(&self.scales[row.scale_idx]).copied()
        };
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|a, b| {
            let unequal = key(a).zip(key(b)).map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne());
            unequal.unwrap_or(std::cmp::Ordering::Equal)
        });
        order
    }
}

/// What the kernel sees of a mixture: φ_i = (h_i + ε)^p / s over the domains that vary, s the root mean square
/// distance of two of the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Features {
    pub exponent: f64,
    pub offset: f64,
    pub scale: f64,
    /// Domains that vary; the others are the same everywhere and say nothing.
    pub domain_idxs: Vec<usize>,
}

impl Features {
    pub fn new(inputs: &Inputs, (exponent, offset): (f64, f64)) -> Self {
        let n_domains = inputs.mixtures.first().map_or(0, Vec::len);
        let varies = |&i: &usize| inputs.mixtures.iter().any(|h| h[i] != inputs.mixtures[0][i]);
        let domain_idxs: Vec<usize> = (0..n_domains).filter(varies).collect();
        let mut features = Self { exponent, offset, scale: 1.0, domain_idxs };
        let phi: Vec<Vec<f64>> = inputs.mixtures.iter().map(|h| features.of(h)).collect();
        let n = inputs.rows.len() as f64;
        let variances = (0..features.domain_idxs.len()).map(|i| {
            let values = || inputs.rows.iter().map(|row| phi[row.mixture_idx][i]);
            let mean = values().sum::<f64>() / n;
            values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n
        });
        let scale = (2.0 * variances.sum::<f64>()).sqrt();
        if scale > 0.0 {
            features.scale = scale;
        }
        features
    }

    /// φ(h), one entry a domain that varies.
    pub fn of(&self, h: &[f64]) -> Vec<f64> {
        self.domain_idxs.iter().map(|&i| self.power(h[i]) / self.scale).collect()
    }

    /// φ, φ′ and φ″ of one weight.
    pub fn derivatives(&self, h: f64) -> [f64; 3] {
        let base = h.max(0.0) + self.offset;
        let phi = self.power(h) / self.scale;
        let first = self.exponent * phi / base;
        [phi, first, (self.exponent - 1.0) * first / base]
    }

    /// (h + ε)^p
    fn power(&self, h: f64) -> f64 {
        libm::pow(h.max(0.0) + self.offset, self.exponent)
    }
}

/// Rows as the kernel sees them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Points {
    /// φ of each distinct mixture, `n_features` entries each.
    pub phi: Vec<f64>,
    pub n_features: usize,
    pub n_mixtures: usize,
    pub scales: Vec<[f64; 2]>,
    pub rows: Vec<Row>,
}

impl Points {
    pub fn new(inputs: &Inputs, features: &Features) -> Self {
        Self {
            phi: inputs.mixtures.iter().flat_map(|h| features.of(h)).collect(),
            n_features: features.domain_idxs.len(),
            n_mixtures: inputs.mixtures.len(),
            scales: inputs.scales.clone(),
            rows: inputs.rows.clone(),
        }
    }

    /// φ of the mixture at that position.
    pub fn phi(&self, mixture_idx: usize) -> &[f64] {
        &self.phi[mixture_idx * self.n_features..(mixture_idx + 1) * self.n_features]
    }
}
