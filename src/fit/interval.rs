//! Intervals: what most replicates of a bootstrap agree on.

use serde::{Deserialize, Serialize};

/// The ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The share of replicates inside an interval.
pub const LEVEL: f64 = 0.9;

impl Interval {
    /// The percentiles (1 − [`LEVEL`])/2 and (1 + [`LEVEL`])/2 of the values, linear between them; `None` of none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        crate::order::sort(&mut sorted);
        Some(Self { low: percentile(&sorted, (1.0 - LEVEL) / 2.0)?, high: percentile(&sorted, (1.0 + LEVEL) / 2.0)? })
    }

    /// Whether all of it is on one side of 0.
    pub fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }

    /// What it says of a gain, where that is not simply a gain.
    pub fn verdict(&self) -> Option<&'static str> {
        if self.low > 0.0 {
            None
        } else if self.high < 0.0 {
            Some("worse")
        } else {
            Some("no detectable gain")
        }
    }

    /// Whether the value lies inside.
    pub fn covers(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The value below which that share of the sorted values lie, linear between them.
pub fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = share * last as f64;
    let below = (at as usize).min(last);
    let above = (below + 1).min(last);
    Some(sorted[below] + (at - below as f64) * (sorted[above] - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_the_values() {
        let values = [1.0, 2.0, 4.0];
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!(percentile(&values, 0.25), Some(1.5));
        assert_eq!(percentile(&values, 0.75), Some(3.0));
        assert_eq!(percentile(&values, 1.0), Some(4.0));
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(Interval::of([7.0]), Some(Interval { low: 7.0, high: 7.0 }));
        let Interval { low, high } = Interval::of((0..=100).rev().map(f64::from)).expect("values");
        assert!((low - 5.0).abs() < 1e-12 && (high - 95.0).abs() < 1e-12, "{low} {high}");
    }
}
