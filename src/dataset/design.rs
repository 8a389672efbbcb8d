//! Each distinct mixture and each distinct scale (N, D) of a study once, observations as pairs of indices.

use std::collections::HashMap;

use super::Observation;
use crate::units::{Params, Tokens};

/// Weights are told apart to nine decimals: below that they are the same numbers, written with other last digits.
const PER_WEIGHT: f64 = 1e9;

/// A model size and a number of tokens; what the study does not give is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Model size N.
    pub n: Option<Params>,
    /// Training tokens D.
    pub d: Option<Tokens>,
}

/// Distinct mixtures and scales, in the order in which they first appear.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    mixtures: Vec<Vec<f64>>,
    scales: Vec<Scale>,
    rows: Vec<(usize, usize)>,
}

impl Design {
    /// Finds the distinct mixtures (weights equal to nine decimals) and scales.
    pub(super) fn new(observations: &[Observation]) -> Self {
        let mut mixture_idx_of = HashMap::new();
        let mut scale_idx_of = HashMap::new();
        let mut design = Self { mixtures: Vec::new(), scales: Vec::new(), rows: Vec::new() };
        for observation in observations {
            let mixture_key: Vec<i64> = observation.mixture.iter().map(|h| (h * PER_WEIGHT).round() as i64).collect();
            let mixture_idx = *mixture_idx_of.entry(mixture_key.clone()).or_insert_with(|| {
                // Not the first one's digits, which would make results depend on the order of the text.
                let sum = mixture_key.iter().sum::<i64>() as f64;
                design.mixtures.push(mixture_key.iter().map(|&key| key as f64 / sum).collect());
                design.mixtures.len() - 1
            });
            let scale_key = (observation.n.map(|n| n.0.to_bits()), observation.d.map(|d| d.0.to_bits()));
            let scale_idx = *scale_idx_of.entry(scale_key).or_insert_with(|| {
                design.scales.push(Scale { n: observation.n, d: observation.d });
                design.scales.len() - 1
            });
            design.rows.push((mixture_idx, scale_idx));
        }
        design
    }

    /// The distinct mixtures.
    pub fn mixtures(&self) -> &[Vec<f64>] {
        &self.mixtures
    }

    /// The distinct scales.
    pub fn scales(&self) -> &[Scale] {
        &self.scales
    }

    /// For each observation the index of its mixture and of its scale.
    pub fn rows(&self) -> &[(usize, usize)] {
        &self.rows
    }

    /// Distinct model sizes, ascending; empty when the study gives none.
    pub fn sizes(&self) -> Vec<Params> {
        ascending(self.scales.iter().filter_map(|scale| scale.n.map(|n| n.0))).into_iter().map(Params).collect()
    }

    /// Distinct numbers of tokens, ascending; empty when the study gives none.
    pub fn tokens(&self) -> Vec<Tokens> {
        ascending(self.scales.iter().filter_map(|scale| scale.d.map(|d| d.0))).into_iter().map(Tokens).collect()
    }
}

fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    crate::order::sort(&mut values);
    values.dedup();
    values
}
