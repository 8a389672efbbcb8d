//! What leaving the runs would promise, and why not to believe it.

use serde::{Deserialize, Serialize};

use super::optimum::{Optimum, OptimumError, optimum};
use super::posed::Posed;
use super::scenario::Scenario;
use super::support::{far_words, support};
use crate::predict::FittedStudy;
use crate::units::write_number;

/// A gain below this, in nats, is none to speak of: losses are shown with four digits.
const NO_GAIN: f64 = 1e-4;
/// A weight has moved by as much.
const MOVED: f64 = 5e-3;

/// The optimum among all mixtures, where it is not one that the runs support.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beyond {
    /// That optimum, at the N and D of the supported one.
    pub optimum: Optimum,
    /// What it promises to gain over the supported one, in nats of what is made least.
    pub gain: f64,
    /// How far it is from the runs' mixtures, in units of the distance up to which a mixture is supported; infinite where
    /// a domain has another weight than in all runs.
    pub radii: f64,
}

/// What the optimum would be if the mixture might leave what the runs support; none where it extrapolates already, where
/// nothing is gained by that, or where the runs' mixtures are not known.
///
/// # Errors
/// As [`optimum`](super::optimum()).
pub fn beyond(study: &FittedStudy, scenario: &Scenario, found: &Optimum) -> Result<Option<Beyond>, OptimumError> {
    let Some(support) = support(study).filter(|_| scenario.limits.inside_data) else { return Ok(None) };
    let mut free = scenario.found(found);
    free.limits.inside_data = false;
    let posed = Posed::at(study, &free, found)?;
    let optimum = optimum(study, &free)?;
    let gain = posed.value(&found.mixture) - posed.value(&optimum.mixture);
    let radii = support.distance(&optimum.mixture) / support.radius();
    Ok((gain > NO_GAIN && radii > 1.0).then_some(Beyond { optimum, gain, radii }))
}

impl Beyond {
    /// "beyond what your runs cover, the fits promise another 0.49 nats, with 100 % enron. …".
    pub fn sentence(&self, domains: &[String], found: &Optimum) -> String {
        let Beyond { optimum, gain, radii } = self;
        let mut moved: Vec<usize> = (0..domains.len()).collect();
        let change = |i: usize| (optimum.mixture[i] - found.mixture[i]).abs();
        moved.sort_by(|&a, &b| change(b).total_cmp(&change(a)));
        let weight = |&i: &usize| format!("{} % {}", write_number(100.0 * optimum.mixture[i], 3), domains[i]);
        let most: Vec<String> = moved.iter().filter(|&&i| change(i) > MOVED).take(3).map(weight).collect();
        let with = if most.is_empty() { String::new() } else { format!(", with {}", most.join(", ")) };
        let far = if radii.is_finite() {
            format!("That is {} from your runs", far_words(*radii))
        } else {
            "There a domain has a weight that no run has tried".to_string()
        };
        format!(
            "beyond what your runs cover, the fits promise another {} nats{with}. {far}: only the formula says so; \
             a run on the way there would tell",
            write_number(*gain, 2)
        )
    }
}
