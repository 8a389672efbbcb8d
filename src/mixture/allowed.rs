//! The mixtures that a scenario's limits leave, as a set to draw from: for runs that are planned, of which not one is the
//! best but all must be allowed.

use std::sync::Arc;

use super::limits::Limits;
use super::optimum::OptimumError;
use super::solver::region::Region;
use super::support;
use crate::predict::DataSummary;
use crate::units::Tokens;

/// A mixture that breaks a limit by up to this keeps it.
const KEPT: f64 = 1e-9;

/// The mixtures that limits leave at one number of tokens.
#[derive(Clone)]
pub struct Allowed {
    region: Region,
}

impl Allowed {
    /// The mixtures that keep the limits in a run of D tokens, and with `limits.inside_data` are supported by the runs.
    ///
    /// # Errors
    /// The limits make no sense, or leave nothing: a smallest set of those that conflict.
    pub fn new(limits: &Limits, domains: &[String], data: &DataSummary, d: Tokens) -> Result<Self, OptimumError> {
        if domains.is_empty() {
            return Err(OptimumError::NoDomains);
        }
        let bounds = limits.bounds(domains, data, d)?;
        let support: Option<Arc<support::Support>> = support::of(data).filter(|_| limits.inside_data);
        Ok(Self { region: Region::new(domains, &bounds, None, support.as_ref())? })
    }

    /// Whether a mixture is one of them.
    pub fn has(&self, h: &[f64]) -> bool {
        self.region.violation(h) <= KEPT
    }

    /// The one farthest on the way to `h` from the middle of all; `h` itself if it is one of them.
    pub fn toward(&self, h: &[f64]) -> Vec<f64> {
        if self.has(h) { h.to_vec() } else { self.region.toward(h) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::{GroupLimit, WeightLimit};
    use super::*;

    fn data(k: usize) -> DataSummary {
        DataSummary {
            n_observations: 0,
            n_mixtures: 0,
            sizes: Vec::new(),
            token_range: None,
            largest: None,
            weight_ranges: vec![(0.0, 1.0); k],
            mean_mixture: vec![1.0 / k as f64; k],
            mixtures: Vec::new(),
        }
    }

    /// Two domains together at 40 % exactly, and one at 10 % at least: whatever is drawn keeps both.
    #[test]
    fn what_is_drawn_keeps_equations_and_limits() {
        let domains: Vec<String> = ["a", "b", "c", "d"].map(String::from).to_vec();
        let limits = Limits {
            weights: vec![WeightLimit { domain: "c".into(), min: Some(0.1), max: None }],
            groups: vec![GroupLimit { domains: vec!["a".into(), "b".into()], min: Some(0.4), max: Some(0.4) }],
            ..Limits::extrapolating()
        };
        let allowed = Allowed::new(&limits, &domains, &data(4), Tokens(1e9)).expect("a set");
        for corner in 0..4 {
            let mut h = vec![0.02; 4];
            h[corner] = 0.94;
            let drawn = allowed.toward(&h);
            assert!(allowed.has(&drawn), "{drawn:?}");
            assert!((drawn[0] + drawn[1] - 0.4).abs() < 1e-9 && drawn[2] > 0.1 - 1e-9, "{drawn:?}");
        }
        assert_eq!(allowed.toward(&[0.3, 0.1, 0.2, 0.4]), [0.3, 0.1, 0.2, 0.4]);
        let none =
            Limits { groups: vec![GroupLimit { domains: vec!["c".into()], min: None, max: Some(0.05) }], ..limits };
        assert!(matches!(Allowed::new(&none, &domains, &data(4), Tokens(1e9)), Err(OptimumError::Infeasible(_))));
    }
}
