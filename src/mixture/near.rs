//! How far one may move away from the optimum for free.

use super::limits::{Bound, Limit};
use super::optimum::{KEPT, Optimum, OptimumError};
use super::posed::Posed;
use super::scenario::{Scenario, ScenarioError};
use super::solver::interior::Constraint;
use super::solver::region::{Region, is_same_place};
use crate::fit::Interval;
use crate::predict::FittedStudy;

/// ε by default: a loss within 0.1 % of the best.
pub const DEFAULT_EPSILON: f64 = 1e-3;

/// For each domain its range in [`NearOptimal`].
///
/// # Errors
/// As [`NearOptimal::new`].
pub fn near_optimal(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    epsilon: f64,
) -> Result<Vec<Interval>, OptimumError> {
    let near = NearOptimal::new(study, scenario, optimum, epsilon)?;
    Ok((0..study.domains.len()).map(|i| near.range(i)).collect())
}

/// Ends of ranges are found to this, as a share of the mixture.
const TOLERANCE: f64 = 1e-6;
/// How far beyond an end is looked, as a share of the way to where the limits end.
const PROBE: f64 = 1e-3;
/// Steps of the look from where the limits end inwards.
const LOOKS: usize = 8;
/// Half-spaces that are cut off for one end.
const MOST_CUTS: usize = 60;
/// Evaluations of the profile for one end.
const MOST_EVALUATIONS: usize = 60;

/// The mixtures within the limits that have an objective of at most best + ε · weighted loss.
pub struct NearOptimal<'a> {
    posed: Posed<'a>,
    region: Region,
    optimum: &'a [f64],
    best: f64,
    places: Vec<Vec<f64>>,
    room: f64,
}

impl<'a> NearOptimal<'a> {
    /// Prepares to find the ranges.
    ///
    /// # Errors
    /// ε is negative, or as [`optimum`](super::optimum()).
    pub fn new(
        study: &'a FittedStudy,
        scenario: &Scenario,
        optimum: &'a Optimum,
        epsilon: f64,
    ) -> Result<Self, OptimumError> {
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return Err(
                ScenarioError::NotNegative { field: "ε of the near-optimal range".into(), seen: epsilon }.into()
            );
        }
        let posed = Posed::at(study, scenario, optimum)?;
        let region = posed.region(&[])?;
        let is_one = posed.convex || epsilon == 0.0;
        let places = if is_one { vec![optimum.mixture.clone()] } else { posed.least(&region, &[]).places };
        let room = epsilon * optimum.weighted_loss.0;
        Ok(Self { posed, region, optimum: &optimum.mixture, best: optimum.objective, places, room })
    }

    /// The least and the largest weight of a domain, told by its position, while all others are free.
    ///
    /// An end is found to [`TOLERANCE`], or is where the limits end. Where the objective f is convex one descent from the
    /// optimum finds it. Where it is not, descents start at each of f's minima, and the profile
    /// g(t) = min {f(h) : h_i = t} is looked at: from the limits inwards, so that the outermost crossing of the level is
    /// found if it is not narrower than a step of that, and from where a descent ended outwards.
    pub fn range(&self, domain_idx: usize) -> Interval {
        let (i, h) = (domain_idx, self.optimum);
        // Nothing but the optimum is as good as that.
        if self.room == 0.0 {
            return Interval { low: h[i], high: h[i] };
        }
        let end = |sign: f64| {
            let by_cuts = self.end_by_cuts(i, h, sign);
            match by_cuts.filter(|_| self.posed.convex) {
                Some(end) => end,
                None => {
                    let end = self.beyond(i, h, sign, self.end(i, h, sign));
                    by_cuts.filter(|by_cuts| (by_cuts - end) * sign > 0.0).unwrap_or(end)
                }
            }
        };
        let [low, high] = [-1.0, 1.0].map(end);
        Interval { low: low.min(h[i]), high: high.max(h[i]) }
    }

    /// An end where only supported mixtures count, along whose edge descents may end early: from all mixtures half-spaces
    /// without supported ones are cut off until the farthest of those left is supported (Kelley 1960, "The cutting-plane
    /// method for solving convex programs"); none where that takes too many. Where the objective is convex it is the end.
    fn end_by_cuts(&self, i: usize, h: &[f64], sign: f64) -> Option<f64> {
        let mut around = self.region.unsupported()?;
        let width = (around.farthest(i, sign)? - h[i]) * sign;
        if width < TOLERANCE {
            return Some(h[i]);
        }
        let weight = |h: &[f64]| self.posed.weight_within(h, i, sign / width, self.level());
        for _ in 0..MOST_CUTS {
            let farthest = around.least_within(&weight, h)?;
            match self.region.cut(&farthest) {
                Some(cut) => around = around.with_limit(cut),
                None => return Some(farthest[i]),
            }
        }
        None
    }

    /// An end, or what lies beyond it on the way to a run's mixture, if that is near-optimal: a descent along a thin edge of
    /// what is supported may end early.
    fn beyond(&self, i: usize, h: &[f64], sign: f64, mut end: f64) -> f64 {
        let is_near = |place: &[f64]| self.region.violation(place) <= KEPT && self.posed.value(place) <= self.level();
        for run in self.region.runs() {
            let whole = run[i] - h[i];
            if (run[i] - end) * sign <= TOLERANCE {
                continue;
            }
            let way = |share: f64| -> Vec<f64> { h.iter().zip(run).map(|(h, run)| h + share * (run - h)).collect() };
            let mut inner = (end + sign * TOLERANCE - h[i]) / whole;
            if !is_near(&way(inner)) {
                continue;
            }
            let mut outer = 1.0;
            if is_near(run) {
                inner = 1.0;
            }
            while (outer - inner) * whole.abs() > TOLERANCE {
                let middle = 0.5 * (inner + outer);
                if is_near(&way(middle)) { inner = middle } else { outer = middle }
            }
            let place = way(inner);
            let farther = self.reach(i, sign / whole.abs(), &place).map_or(place[i], |farther| farther[i]);
            end = if (farther - place[i]) * sign > 0.0 { farther } else { place[i] };
        }
        end
    }

    /// The least (`sign` −1) or largest (1) h_i.
    fn end(&self, i: usize, h: &[f64], sign: f64) -> f64 {
        // The optimum itself is left, so that there is an end.
        let mut outer = self.region.farthest(i, sign).unwrap_or(h[i]);
        let width = (outer - h[i]) * sign;
        if width < TOLERANCE {
            return if width > 0.0 { outer } else { h[i] };
        }
        let (mut at_outer, mut places) = self.at(i, outer, &self.places);
        if at_outer <= self.level() {
            return outer;
        }
        let reach = |place: &Vec<f64>| self.reach(i, sign / width, place);
        let farther = |a: &Vec<f64>, b: &Vec<f64>| (sign * a[i]).total_cmp(&(sign * b[i]));
        let mut end = self.places.iter().filter_map(reach).max_by(farther).unwrap_or_else(|| h.to_vec());
        // A descent along the edge of what is supported may end early.
        let is_end = |end: f64| {
            let next = end + sign * PROBE * width;
            self.region.unsupported().is_none() || self.at(i, next, &self.places).0 > self.level()
        };
        if self.posed.convex && is_end(end[i]) {
            return end[i];
        }
        let step = (outer - h[i]) / LOOKS as f64;
        for _ in 1..LOOKS {
            let t = outer - step;
            if (t - end[i]) * sign <= 0.0 {
                break;
            }
            self.add_places(&mut places);
            let (value, ended) = self.at(i, t, &places);
            places = ended;
            if value <= self.level() {
                end = places.iter().filter_map(reach).chain([places[0].clone()]).max_by(farther).unwrap_or(end);
                break;
            }
            (outer, at_outer) = (t, value);
        }
        self.add_places(&mut places);
        self.crossing(i, end, (outer, at_outer), places)
    }

    fn level(&self) -> f64 {
        self.best + self.room
    }

    /// Adds the places of the minima to those where descents ended.
    fn add_places(&self, places: &mut Vec<Vec<f64>>) {
        for place in &self.places {
            if !places.iter().any(|other| is_same_place(other, place)) {
                places.push(place.clone());
            }
        }
    }

    /// The mixture of largest `worth` · h_i about this one whose objective is at most the level.
    fn reach(&self, i: usize, worth: f64, place: &[f64]) -> Option<Vec<f64>> {
        let weight = |h: &[f64]| self.posed.weight_within(h, i, worth, self.level());
        self.region.least_within(&weight, place)
    }

    /// Where the profile crosses the level between a mixture below it, most likely next to the crossing, and where it is
    /// above.
    fn crossing(&self, i: usize, below: Vec<f64>, above: (f64, f64), mut places: Vec<Vec<f64>>) -> f64 {
        let (mut inner, (mut outer, at_outer)) = (below[i], above);
        places.insert(0, below);
        // √g is nearly linear, as g is nearly quadratic near the optimum. The false position, with the end that
        // stays for long pulled closer (Illinois; Dowell & Jarratt 1971).
        let height = |value: f64| (value - self.best).max(0.0).sqrt() - self.room.sqrt();
        let (mut low, mut high) = (0.0, height(at_outer));
        let mut stayed = 0;
        for _ in 0..MOST_EVALUATIONS {
            if (outer - inner).abs() <= TOLERANCE {
                break;
            }
            let share = if high.is_finite() { (-low / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
            // Not so near an end that nothing is learned.
            let margin = (0.25 * TOLERANCE / (outer - inner).abs()).min(0.5);
            let t = inner + (outer - inner) * share.clamp(margin, 1.0 - margin);
            let (value, ended) = self.at(i, t, &places);
            let here = height(value);
            places = ended;
            self.add_places(&mut places);
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

    /// The least objective with h_i = t and where descents to it ended, to their ends only where it may be low enough;
    /// infinite where the limits leave nothing.
    fn at(&self, i: usize, t: f64, places: &[Vec<f64>]) -> (f64, Vec<Vec<f64>>) {
        let k = self.places[0].len();
        let fixed = |sign: f64| Bound {
            limit: Limit::Min(String::new(), t),
            constraint: Constraint::new((0..k).map(|j| if j == i { sign } else { 0.0 }).collect(), sign * t),
            unit: 1.0,
        };
        match self.posed.region(&[fixed(1.0), fixed(-1.0)]) {
            Ok(region) => self.posed.least_near(&region, places, self.level()),
            Err(_) => (f64::INFINITY, places.to_vec()),
        }
    }
}
