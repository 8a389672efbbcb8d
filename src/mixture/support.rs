//! Which mixtures the runs support.
//!
//! Each weight between the least and the largest that it has in the runs, unless the scenario extrapolates. A domain
//! whose weight never varies keeps that weight either way: no run says what another one would do.

use super::interior::Constraint;
use super::limits::{Bound, Limit};
use crate::predict::DataSummary;

/// A weight that varies by no more than this is one.
const SAME: f64 = 1e-9;

/// The weight of each domain that has but one in the runs.
pub(super) fn fixed(data: &DataSummary) -> Vec<Option<f64>> {
    let is_fixed: Vec<bool> = data.weight_ranges.iter().map(|(low, high)| high - low <= SAME).collect();
    // A link rounds ranges more than means. Where no weight varies, the rounded ones need not sum to 1.
    let sum: f64 = if is_fixed.contains(&false) { 1.0 } else { data.mean_mixture.iter().sum() };
    is_fixed.iter().zip(&data.mean_mixture).map(|(fixed, mean)| fixed.then_some(mean / sum)).collect()
}

/// What the runs support, as limits.
pub(super) fn bounds(domains: &[String], data: &DataSummary, inside_data: bool) -> Vec<Bound> {
    let k = domains.len();
    let bound = |i: usize, least: bool, weight: f64, limit: Limit| {
        let sign = if least { 1.0 } else { -1.0 };
        let constraint = Constraint::new((0..k).map(|j| if i == j { sign } else { 0.0 }).collect(), sign * weight);
        Bound { limit, constraint, unit: 1.0 }
    };
    let mut bounds = Vec::new();
    for (i, (domain, fixed)) in domains.iter().zip(fixed(data)).enumerate() {
        if let Some(weight) = fixed {
            let limit = Limit::Fixed { domain: domain.clone(), weight };
            bounds.extend([true, false].map(|least| bound(i, least, weight, limit.clone())));
        } else if inside_data {
            let (low, high) = data.weight_ranges[i];
            for (least, weight) in [(true, low), (false, high)] {
                bounds.push(bound(i, least, weight, Limit::Data { domain: domain.clone(), weight, least }));
            }
        }
    }
    bounds
}
