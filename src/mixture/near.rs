//! How far one may move away from the optimum for free.

use super::interior::Constraint;
use super::limits::{Bound, Limit};
use super::optimum::{Optimum, OptimumError};
use super::posed::Posed;
use super::region::{Region, is_same_place};
use super::scenario::{Scenario, ScenarioError};
use crate::fit::{FittedStudy, Interval};

/// ε by default: a loss within 0.1 % of the best.
pub const DEFAULT_EPSILON: f64 = 1e-3;

/// For each domain the range of h_i that some mixture with an objective of at most best + ε · weighted loss has,
/// while all other weights are free within the limits.
///
/// An end is where the profile g(t) = min {f(h) : h_i = t} crosses that level, found by its root to
/// [`TOLERANCE`], or where the limits end. Where f is convex so is g, and the crossing is the only one. Where it is
/// not, g is looked at from the end inwards, so that the outermost crossing is found if it is not narrower than a
/// step of that.
///
/// # Errors
/// ε is negative, or as [`optimum`](super::optimum()).
pub fn near_optimal(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    epsilon: f64,
) -> Result<Vec<Interval>, OptimumError> {
    if !(epsilon >= 0.0 && epsilon.is_finite()) {
        return Err(ScenarioError::NotNegative { field: "ε of the near-optimal range".into(), seen: epsilon }.into());
    }
    // Nothing but the optimum is as good as that.
    if epsilon == 0.0 {
        return Ok(optimum.mixture.iter().map(|&h| Interval { low: h, high: h }).collect());
    }
    let posed = Posed::new(study, &scenario.found(optimum))?;
    let region = posed.region(&[])?;
    let profile = Profile {
        posed: &posed,
        region: &region,
        best: optimum.objective,
        places: if posed.convex { vec![optimum.mixture.clone()] } else { posed.least(&region).places },
        room: epsilon * optimum.weighted_loss.0,
    };
    Ok((0..study.domains.len()).map(|i| profile.range(i, &optimum.mixture)).collect())
}

/// Ends of ranges are found to this, as a share of the mixture.
const TOLERANCE: f64 = 1e-6;
/// Steps of the look from an end inwards.
const LOOKS: usize = 8;
/// Evaluations of the profile for one end.
const MOST_EVALUATIONS: usize = 60;

struct Profile<'a> {
    posed: &'a Posed<'a>,
    region: &'a Region,
    best: f64,
    places: Vec<Vec<f64>>,
    room: f64,
}

impl Profile<'_> {
    fn range(&self, i: usize, h: &[f64]) -> Interval {
        let (low, high) = (self.end(i, h, -1.0), self.end(i, h, 1.0));
        Interval { low: low.min(h[i]), high: high.max(h[i]) }
    }

    /// The least (`sign` −1) or largest (1) h_i.
    fn end(&self, i: usize, h: &[f64], sign: f64) -> f64 {
        // The optimum itself is left, so that there is an end.
        let farthest = self.region.farthest(i, sign).unwrap_or(h[i]);
        let (mut inner, mut outer) = (h[i], farthest);
        if (outer - inner) * sign < TOLERANCE {
            return if (outer - inner) * sign > 0.0 { outer } else { inner };
        }
        let mut places = self.places.clone();
        let excess = |t: f64, places: &mut Vec<Vec<f64>>| {
            let found = self.at(i, t, places);
            found.map_or(f64::INFINITY, |(value, ended)| {
                *places = ended;
                for place in &self.places {
                    if !places.iter().any(|other| is_same_place(other, place)) {
                        places.push(place.clone());
                    }
                }
                (value - self.best).max(0.0)
            })
        };
        let mut at_outer = excess(outer, &mut places);
        if at_outer <= self.room {
            return outer;
        }
        let mut at_inner = 0.0;
        if !self.posed.convex {
            let (from, step) = (outer, (outer - inner) / LOOKS as f64);
            for look in 1..LOOKS {
                let t = from - step * look as f64;
                let here = excess(t, &mut places);
                if here <= self.room {
                    (inner, at_inner) = (t, here);
                    break;
                }
                (outer, at_outer) = (t, here);
            }
        }
        // √g is nearly linear, as g is nearly quadratic near the optimum. The false position, with the end that
        // stays for long pulled closer (Illinois; Dowell & Jarratt 1971).
        let height = |excess: f64| excess.sqrt() - self.room.sqrt();
        let (mut low, mut high) = (height(at_inner), height(at_outer));
        let mut stayed = 0;
        for _ in 0..MOST_EVALUATIONS {
            if (outer - inner).abs() <= TOLERANCE {
                break;
            }
            let share = if high.is_finite() { (-low / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
            // Not so near an end that nothing is learned.
            let margin = (0.25 * TOLERANCE / (outer - inner).abs()).min(0.5);
            let t = inner + (outer - inner) * share.clamp(margin, 1.0 - margin);
            let here = height(excess(t, &mut places));
            if here <= 0.0 {
                (inner, low) = (t, here);
                high *= if stayed > 0 { 0.5 } else { 1.0 };
                stayed = stayed.max(0) + 1;
            } else {
                (outer, high) = (t, here);
                low *= if stayed < 0 { 0.5 } else { 1.0 };
                stayed = stayed.min(0) - 1;
            }
        }
        inner
    }

    /// The least objective with h_i = t; none where the limits leave nothing.
    fn at(&self, i: usize, t: f64, places: &[Vec<f64>]) -> Option<(f64, Vec<Vec<f64>>)> {
        let k = self.places[0].len();
        let fixed = |sign: f64| Bound {
            limit: Limit::Min(String::new(), t),
            constraint: Constraint {
                coefficients: (0..k).map(|j| if j == i { sign } else { 0.0 }).collect(),
                bound: sign * t,
            },
            unit: 1.0,
        };
        let region = self.posed.region(&[fixed(1.0), fixed(-1.0)]).ok()?;
        Some(self.posed.least_near(&region, places))
    }
}
