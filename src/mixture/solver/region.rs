//! The mixtures that limits leave, and the search for the least value of a function on them.

use std::cell::RefCell;
use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::feasible::{self, EMPTY, Left, ROUNDING, conflict, innermost};
use super::hull::Face;
use super::interior::{self, Constraint, Curved, Descent, Descents, Goal, Minimum, Set};
use super::kinks;
use super::pieces::{Pieces, largest};
use crate::law::MixtureDerivatives;
use crate::mixture::limits::{Bound, Limit};
use crate::mixture::optimum::{OptimumError, Price};
use crate::mixture::support::Support;
use crate::order::sort_by_number;

/// Values this close are one minimum, as a share of the value.
const SAME_VALUE: f64 = 1e-9;

/// Where a search over a region ended.
#[derive(Clone)]
pub(in crate::mixture) struct Found {
    pub best: Minimum,
    /// Descents that ended there.
    pub agreeing: usize,
    /// Descents in all.
    pub starts: usize,
    /// Where its descents ended, a few of the best, no two in one place.
    pub places: Vec<Vec<f64>>,
}

/// What a search for the best of several minima needs beside the function.
pub(in crate::mixture) struct Exploration<'a> {
    /// The function's value alone: of many mixtures the best are gone on from.
    pub value: &'a mut dyn FnMut(&[f64]) -> f64,
    /// Of the data, where the law is known best.
    pub mean_mixture: &'a [f64],
    /// Where a function that is much like it has its minima, if one was searched: it is searched from there and from a
    /// few more places.
    pub near: &'a [Vec<f64>],
}

/// The mixtures that the limits leave: some weights are held at one value, the others share the rest.
#[derive(Clone)]
pub(in crate::mixture) struct Region {
    k: usize,
    /// All limits, of the whole mixture.
    limits: Vec<Constraint>,
    /// Those of them that the others do not imply, by index.
    telling: Vec<usize>,
    /// The value of each weight that has but one.
    held: Vec<Option<f64>>,
    /// The others.
    free: Vec<usize>,
    /// What is left for them.
    rest: f64,
    /// In shares of the rest: positive weights first, then the limits that concern them.
    constraints: Vec<Constraint>,
    /// For each of those its limit's index; `None` for a positive weight.
    limit_of: Vec<Option<usize>>,
    /// What holds all of the region, one equation for all limits that say the same; in shares of the rest.
    equations: Vec<Constraint>,
    /// The limits that do so, as they are, with their indices.
    tight: Vec<(Constraint, usize)>,
    /// What the runs support, where mixtures are to be among that.
    support: Option<Arc<Support>>,
    /// A share of the rest that is well inside.
    middle: Vec<f64>,
}

/// Weights whose limits are nearer than this are held.
const NO_ROOM: f64 = 1e-12;
/// Mixtures whose weights differ by less are one place.
const SAME_PLACE: f64 = 1e-3;
/// Places that a search goes on from.
const MOST_PLACES: usize = 6;
/// An equation that others give but for this much of it is no further one.
const DEPENDENT: f64 = 1e-9;
/// A distance from the runs, in radii, up to which a middle is well inside.
const WELL_SUPPORTED: f64 = 0.5;
/// What is left next to the edge by less than this, in radii, is nothing.
const EDGE: f64 = 1e-9;
/// A mixture beyond the edge by less than this, in radii, is as good as supported where nobody trains on it.
const NEXT_TO_EDGE: f64 = 1e-5;
/// Runs that a start is blended of.
const BLENDED: usize = 3;

impl Region {
    /// The mixtures that the limits leave, among those that are supported; of a prior they have no weight where it has
    /// none.
    ///
    /// # Errors
    /// There are none: a smallest set of limits that conflict.
    pub(in crate::mixture) fn new(
        domains: &[String],
        bounds: &[Bound],
        prior: Option<&[f64]>,
        support: Option<&Arc<Support>>,
    ) -> Result<Self, OptimumError> {
        let (names, limits) = named(domains, bounds, prior);
        let mut region = Self::of_limits(domains.len(), &names, limits)?;
        if let Some(support) = support
            && let Err(cut) = region.keep_to(support)
        {
            let limits: Vec<Constraint> = region.limits.into_iter().chain([cut]).collect();
            let name = |j: usize| names.get(j).cloned().unwrap_or(Limit::Support { from: None, to: None });
            return Err(OptimumError::Infeasible(conflict(&limits, domains.len()).into_iter().map(name).collect()));
        }
        Ok(region)
    }

    fn of_limits(k: usize, names: &[Limit], limits: Vec<Constraint>) -> Result<Self, OptimumError> {
        let (mut low, mut high) = (vec![0.0_f64; k], vec![1.0_f64; k]);
        for constraint in &limits {
            if let Some((i, value)) = of_one(constraint) {
                if constraint.coefficients[i] > 0.0 { low[i] = low[i].max(value) } else { high[i] = high[i].min(value) }
            }
        }
        let tightest = tightest(&limits);
        let implied =
            |j: &usize| limits[*j].entries().len() > 1 && least_along(&limits[*j], &low, &high) >= limits[*j].bound;
        let telling: Vec<usize> = tightest.iter().copied().filter(|j| !implied(j)).collect();
        let held: Vec<Option<f64>> = (0..k).map(|i| ((high[i] - low[i]).abs() < NO_ROOM).then_some(low[i])).collect();
        let region = Self::of(k, limits, telling, held, None);
        if region.has_inside() {
            return Ok(region);
        }
        // No inside: either nothing is left, or some limits hold all that is.
        let Some(left) = feasible::left(&region.telling_limits(), k) else {
            let tightest_limits: Vec<Constraint> = tightest.iter().map(|&j| region.limits[j].clone()).collect();
            let conflict = conflict(&tightest_limits, k);
            return Err(OptimumError::Infeasible(conflict.into_iter().map(|j| names[tightest[j]].clone()).collect()));
        };
        let mut held: Vec<Option<f64>> = left.zero.iter().map(|zero| zero.then_some(0.0)).collect();
        for (&j, _) in region.telling.iter().zip(&left.tight).filter(|(_, tight)| **tight) {
            if let Some((i, value)) = of_one(&region.limits[j]) {
                held[i] = Some(value);
            }
        }
        Ok(Self::of(k, region.limits, region.telling, held, Some(&left)))
    }

    /// Leaves only what is supported.
    ///
    /// # Errors
    /// Nothing is left: a constraint that every supported mixture keeps, and none of the region.
    fn keep_to(&mut self, support: &Arc<Support>) -> Result<(), Constraint> {
        let distance = |shares: &[f64]| support.relative(&self.mixture(shares), &mut Face::default());
        let at_middle = distance(&self.middle);
        if self.is_point() && at_middle > 1.0 + EDGE {
            return Err(support.cut(&self.mixture(&self.middle)));
        }
        if !self.is_point() && at_middle > WELL_SUPPORTED {
            let mut nearest = self.inside(&support.centre());
            if distance(&nearest) > WELL_SUPPORTED {
                let face = RefCell::default();
                let unit = at_middle * at_middle;
                let excess = |shares: &[f64]| {
                    let mut excess = self.of_shares(&|h| vec![support.excess(h, &face)], shares);
                    let piece = &mut excess[0];
                    piece.value /= unit;
                    piece.gradient.iter_mut().chain(&mut piece.hessian).for_each(|entry| *entry /= unit);
                    excess
                };
                let curved = |shares: &[f64]| self.excess(shares, &face);
                let goal = Goal::Largest(SMOOTHING);
                nearest = interior::descend(&excess, self.set(&curved), &self.middle, goal).h;
            }
            let nearest_mixture = self.mixture(&nearest);
            if !(distance(&nearest) < 1.0 - EDGE) {
                let cut = support.cut(&nearest_mixture);
                // It is the nearest up to rounding.
                let bound = cut.bound.max(cut.bound + cut.slack(&nearest_mixture) + EMPTY);
                return Err(Constraint::new(cut.coefficients, bound));
            }
            let share = 0.5 * support.reach(&nearest_mixture, &self.mixture(&self.middle), 0.0);
            self.middle = between(&nearest, &self.middle, share);
        }
        self.support = Some(support.clone());
        Ok(())
    }

    fn telling_limits(&self) -> Vec<Constraint> {
        self.telling.iter().map(|&j| self.limits[j].clone()).collect()
    }

    /// With these weights held; `left` where there is no inside.
    fn of(k: usize, limits: Vec<Constraint>, telling: Vec<usize>, held: Vec<Option<f64>>, left: Option<&Left>) -> Self {
        let free: Vec<usize> = (0..k).filter(|&i| held[i].is_none()).collect();
        let rest = 1.0 - held.iter().flatten().sum::<f64>();
        let n = free.len();
        let mut region = Self {
            k,
            held,
            free,
            rest,
            constraints: (0..n)
                .map(|i| Constraint::new((0..n).map(|j| f64::from(u8::from(i == j))).collect(), 0.0))
                .collect(),
            limit_of: vec![None; n],
            equations: Vec::new(),
            tight: Vec::new(),
            support: None,
            middle: vec![1.0 / n.max(1) as f64; n],
            limits,
            telling,
        };
        // What the equations say, beside Σ h = 1, each at right angles to those before it.
        let mut said = vec![vec![1.0 / (n.max(1) as f64).sqrt(); n]];
        for (position, &index) in region.telling.iter().enumerate() {
            let Constraint { coefficients, bound, .. } = &region.limits[index];
            let fixed: f64 = region.held.iter().zip(coefficients).map(|(held, a)| held.unwrap_or(0.0) * a).sum();
            let coefficients: Vec<f64> = region.free.iter().map(|&i| coefficients[i] * rest).collect();
            if coefficients.iter().all(|a| *a == 0.0) {
                continue;
            }
            let constraint = Constraint::new(coefficients, bound - fixed);
            if left.is_some_and(|left| left.tight[position]) {
                let mut new = constraint.coefficients.clone();
                for said in &said {
                    let along: f64 = said.iter().zip(&new).map(|(a, b)| a * b).sum();
                    new.iter_mut().zip(said).for_each(|(new, said)| *new -= along * said);
                }
                let length = new.iter().map(|a| a * a).sum::<f64>().sqrt();
                if length > DEPENDENT * rest {
                    said.push(new.iter().map(|a| a / length).collect());
                    region.equations.push(constraint.clone());
                }
                region.tight.push((constraint, index));
            } else {
                region.constraints.push(constraint);
                region.limit_of.push(Some(index));
            }
        }
        match left {
            Some(left) if rest > NO_ROOM => {
                region.middle = region.free.iter().map(|&i| left.middle[i] / rest).collect();
                let sum: f64 = region.middle.iter().sum();
                region.middle.iter_mut().for_each(|share| *share /= sum);
            }
            // Of all shares the middle is the uniform one.
            None if !region.is_point() && region.constraints.len() > n => {
                region.middle = innermost(&region.constraints, n).0;
            }
            _ => {}
        }
        region
    }

    /// Whether descents can go on from the middle as they are. The whole mixture is checked, too: limits whose domains
    /// are all held are none of the constraints. A single point need only hold the limits.
    fn has_inside(&self) -> bool {
        self.violation(&self.mixture(&self.middle)) <= ROUNDING
            && (self.is_point() || self.constraints.iter().all(|constraint| constraint.slack(&self.middle) > EMPTY))
    }

    /// By how much a mixture breaks the limits, and Σ h = 1.
    pub(in crate::mixture) fn violation(&self, h: &[f64]) -> f64 {
        let beyond = self.support.iter().map(|support| {
            let excess = support.excess(h, &RefCell::default());
            -interior::tangent(&excess, h).slack(h)
        });
        let below = self.limits.iter().map(|limit| -limit.slack(h)).chain(h.iter().map(|h| -h)).chain(beyond);
        below.fold((h.iter().sum::<f64>() - 1.0).abs(), f64::max)
    }

    /// The same without regard to what is supported, if that leaves anything out.
    pub(in crate::mixture) fn unsupported(&self) -> Option<Self> {
        self.support.is_some().then(|| Self { support: None, ..self.clone() })
    }

    /// The same with one more limit that the middle keeps.
    pub(in crate::mixture) fn with_limit(mut self, limit: Constraint) -> Self {
        let fixed: f64 = self.held.iter().zip(&limit.coefficients).map(|(held, a)| held.unwrap_or(0.0) * a).sum();
        let coefficients = self.free.iter().map(|&i| limit.coefficients[i] * self.rest).collect();
        self.constraints.push(Constraint::new(coefficients, limit.bound - fixed));
        self.limit_of.push(None);
        self.limits.push(limit);
        self
    }

    /// A half-space that holds all supported mixtures and not this one; none where it is supported, next to.
    pub(in crate::mixture) fn cut(&self, h: &[f64]) -> Option<Constraint> {
        let support = self.support.as_ref()?;
        (support.relative(h, &mut Face::default()) > 1.0 + NEXT_TO_EDGE).then(|| support.cut(h))
    }

    /// The runs' mixtures, where only what they support is left.
    pub(in crate::mixture) fn runs(&self) -> &[Vec<f64>] {
        self.support.as_ref().map_or(&[], |support| support.mixtures())
    }

    /// Whether a mixture is well among those that are supported, so that their edge does not hold it.
    pub(in crate::mixture) fn is_well_supported(&self, h: &[f64]) -> bool {
        self.support.as_ref().is_none_or(|support| support.relative(h, &mut Face::default()) < 1.0 - EDGE)
    }

    /// The least (`sign` −1) or largest (1) weight of a domain.
    pub(in crate::mixture) fn farthest(&self, domain: usize, sign: f64) -> Option<f64> {
        if self.support.is_none() {
            return feasible::farthest(&self.telling_limits(), self.k, domain, -sign);
        }
        if self.is_point() || self.held[domain].is_some() {
            return Some(self.mixture(&self.middle)[domain]);
        }
        let weight = |h: &[f64]| {
            let mut weight = MixtureDerivatives::zero(self.k);
            weight.value = -sign * h[domain];
            weight.gradient[domain] = -sign;
            vec![weight]
        };
        let (face, of_shares) = (RefCell::default(), |shares: &[f64]| self.of_shares(&weight, shares));
        let curved = |shares: &[f64]| self.excess(shares, &face);
        let end = interior::descend(&of_shares, self.set(&curved), &self.middle, Goal::Largest(SMOOTHING));
        Some(self.mixture(&end.h)[domain])
    }

    fn set<'a>(&'a self, curved: &'a Curved<'a>) -> Set<'a> {
        let curved = self.support.is_some().then_some(curved);
        Set { constraints: &self.constraints, curved, equations: &self.equations }
    }

    /// By how much shares are beyond what is supported.
    fn excess(&self, shares: &[f64], face: &RefCell<Face>) -> MixtureDerivatives {
        match &self.support {
            Some(support) => self.of_shares(&|h| vec![support.excess(h, face)], shares).swap_remove(0),
            None => MixtureDerivatives::zero(shares.len()),
        }
    }

    fn is_point(&self) -> bool {
        self.free.len() < 2 + self.equations.len() || self.rest < NO_ROOM
    }

    /// The mixture with these shares of the rest.
    fn mixture(&self, shares: &[f64]) -> Vec<f64> {
        let mut h: Vec<f64> = self.held.iter().map(|held| held.unwrap_or(0.0)).collect();
        for (&i, share) in self.free.iter().zip(shares) {
            h[i] = self.rest * share;
        }
        h
    }

    /// The function of the shares.
    fn of_shares(&self, function: &Pieces, shares: &[f64]) -> Vec<MixtureDerivatives> {
        let whole = function(&self.mixture(shares));
        // All are free, which is the rule.
        if self.free.len() == self.k {
            return whole;
        }
        whole.iter().map(|piece| self.piece_of_shares(piece)).collect()
    }

    fn piece_of_shares(&self, whole: &MixtureDerivatives) -> MixtureDerivatives {
        let n = self.free.len();
        let mut out = MixtureDerivatives::zero(n);
        out.value = whole.value;
        for (a, &i) in self.free.iter().enumerate() {
            out.gradient[a] = self.rest * whole.gradient[i];
            for (b, &j) in self.free.iter().enumerate() {
                out.hessian[a * n + b] = self.rest * self.rest * whole.hessian[i * self.k + j];
            }
        }
        out
    }

    /// Shares next to a mixture on the way from the middle that lie inside.
    fn inside(&self, h: &[f64]) -> Vec<f64> {
        let shares = self.inside_limits(h);
        match &self.support {
            Some(support) => {
                let reach = support.reach(&self.mixture(&self.middle), &self.mixture(&shares), INSIDE);
                between(&self.middle, &shares, reach)
            }
            None => shares,
        }
    }

    /// The same for the limits alone.
    fn inside_limits(&self, h: &[f64]) -> Vec<f64> {
        let sum: f64 = self.free.iter().map(|&i| h[i]).sum();
        let n = self.free.len() as f64;
        let share = |i: usize| if sum > 0.0 { h[i] / sum } else { 1.0 / n };
        let toward = self.on_equations(self.free.iter().map(|&i| share(i)).collect());
        let reach = self.constraints.iter().fold(1.0_f64, |reach, constraint| {
            let (here, there) = (constraint.slack(&self.middle), constraint.slack(&toward));
            if there < here * INSIDE { reach.min(here * (1.0 - INSIDE) / (here - there)) } else { reach }
        });
        between(&self.middle, &toward, reach)
    }

    /// The mixture farthest on the way from the middle to this one that keeps the limits and is supported: this one, if
    /// it does.
    pub(in crate::mixture) fn toward(&self, h: &[f64]) -> Vec<f64> {
        if self.is_point() {
            return self.mixture(&self.middle);
        }
        let sum: f64 = self.free.iter().map(|&i| h[i]).sum();
        let n = self.free.len() as f64;
        let shares: Vec<f64> = self.free.iter().map(|&i| if sum > 0.0 { h[i] / sum } else { 1.0 / n }).collect();
        let mut mixture = self.mixture(&self.within(&shares));
        mixture.iter_mut().for_each(|h| *h = h.max(0.0));
        mixture
    }

    /// The shares nearest to these on the way from the middle that keep the limits: Newton's method on the conditions of a
    /// minimum may end just outside.
    fn within(&self, shares: &[f64]) -> Vec<f64> {
        let toward = self.on_equations(shares.to_vec());
        let reach = self.constraints.iter().fold(1.0_f64, |reach, constraint| {
            let (here, there) = (constraint.slack(&self.middle), constraint.slack(&toward));
            if there < 0.0 { reach.min(here / (here - there)) } else { reach }
        });
        let kept = between(&self.middle, &toward, reach);
        match &self.support {
            Some(support) => {
                let reach = support.reach(&self.mixture(&self.middle), &self.mixture(&kept), 0.0);
                between(&self.middle, &kept, reach)
            }
            None => kept,
        }
    }

    /// The nearest shares that keep the equations.
    fn on_equations(&self, shares: Vec<f64>) -> Vec<f64> {
        if self.equations.is_empty() {
            return shares;
        }
        let (n, n_equations) = (shares.len(), self.equations.len());
        let matrix =
            DMatrix::from_fn(
                1 + n_equations,
                n,
                |row, i| {
                    if row == 0 { 1.0 } else { self.equations[row - 1].coefficients[i] }
                },
            );
        let missing = DVector::from_fn(1 + n_equations, |row, _| {
            if row == 0 { 1.0 - shares.iter().sum::<f64>() } else { -self.equations[row - 1].slack(&shares) }
        });
        match (&matrix * matrix.transpose()).lu().solve(&missing) {
            Some(along) => shares.iter().zip((matrix.transpose() * along).iter()).map(|(h, step)| h + step).collect(),
            // They are independent, so only rounding can leave no solution; the middle keeps them.
            None => self.middle.clone(),
        }
    }

    fn point(&self, function: &Pieces) -> Found {
        let h = self.mixture(&self.middle);
        let pieces = function(&h);
        let worst = (0..pieces.len()).max_by(|&a, &b| pieces[a].value.total_cmp(&pieces[b].value));
        let shares = (0..pieces.len()).map(|j| f64::from(u8::from(Some(j) == worst))).collect();
        let (value, kkt_residual) = (largest(&pieces), self.violation(&h));
        Found { places: vec![h.clone()], best: Minimum { h, value, kkt_residual, shares }, agreeing: 1, starts: 1 }
    }

    /// The least value of a function of the mixture; where it is not certainly convex, with an exploration.
    pub(in crate::mixture) fn least(&self, function: &Pieces, exploration: Option<Exploration>) -> Found {
        if self.is_point() {
            return self.point(function);
        }
        let (face, of_shares) = (RefCell::default(), |shares: &[f64]| self.of_shares(function, shares));
        let curved = |shares: &[f64]| self.excess(shares, &face);
        let mut descents = Descents::new(&of_shares, self.set(&curved), Goal::Largest(SMOOTHING));
        let Some(exploration) = exploration else {
            descents.descend(&self.middle);
            return self.settled(&of_shares, descents.ended);
        };
        let (starts, rounds) = match exploration.near {
            [] => (self.spread_starts(exploration), MOST_ROUNDS),
            near => {
                let near = near.iter().map(|place| self.inside(place));
                (near.chain(self.best_looked_at(exploration.value, LOOKED_AT_NEAR, SPREAD_STARTS_NEAR)).collect(), 0)
            }
        };
        for start in starts {
            descents.descend(&start);
        }
        let mut best = lowest(&descents.ended).clone();
        for _ in 0..rounds {
            for near in neighbours(&self.mixture(&best.h)) {
                descents.descend(&self.inside(&near));
            }
            let next = lowest(&descents.ended);
            let improved = next.value < best.value - SAME_VALUE * best.value.abs();
            best = next.clone();
            if !improved {
                break;
            }
        }
        self.settled(&of_shares, descents.ended)
    }

    /// The least value of a function that is much like another one, from where that one's descents ended, and where its
    /// own ended; without a certificate. Descents that cannot get to `level` are broken off.
    pub(in crate::mixture) fn least_near(
        &self,
        function: &Pieces,
        places: &[Vec<f64>],
        level: f64,
    ) -> (f64, Vec<Vec<f64>>) {
        if self.is_point() {
            let Found { best, places, .. } = self.point(function);
            return (best.value, places);
        }
        let (face, of_shares) = (RefCell::default(), |shares: &[f64]| self.of_shares(function, shares));
        let curved = |shares: &[f64]| self.excess(shares, &face);
        let mut descents = Descents::new(&of_shares, self.set(&curved), Goal::Largest(SMOOTHING));
        descents.level = level;
        for place in places {
            descents.descend(&self.inside(place));
        }
        let best = lowest(&descents.ended);
        if best.shares.len() == 1 || best.value > level {
            return (best.value, self.places(&descents.ended));
        }
        let Found { best, places, .. } = self.settled(&of_shares, descents.ended);
        (best.value, places)
    }

    /// Where a descent ends that makes the first of some functions least while the others stay below 0, from next to
    /// a mixture where they do; none where they do not.
    pub(in crate::mixture) fn least_within(&self, functions: &Pieces, from: &[f64]) -> Option<Vec<f64>> {
        if self.is_point() {
            return None;
        }
        let of_shares = |shares: &[f64]| self.of_shares(functions, shares);
        let from: Vec<f64> = self.free.iter().map(|&i| from[i] / self.rest).collect();
        let is_within = |shares: &Vec<f64>| of_shares(shares)[1..].iter().all(|piece| piece.value < 0.0);
        let (face, support) = (RefCell::default(), self.support.as_ref());
        let curved = |shares: &[f64]| self.excess(shares, &face);
        let is_inside = |shares: &Vec<f64>| {
            self.constraints.iter().all(|constraint| constraint.slack(shares) > 0.0)
                && (support.is_none() || curved(shares).value < 0.0)
        };
        if !is_within(&from) {
            return None;
        }
        let inward = |halvings: i32| {
            let step = INSIDE * libm::pow(0.5, f64::from(halvings));
            from.iter().zip(&self.middle).map(|(from, middle)| from + step * (middle - from)).collect()
        };
        let start = (0..MOST_HALVINGS).map(inward).find(|shares| is_inside(shares) && is_within(shares))?;
        Some(self.mixture(&interior::descend(&of_shares, self.set(&curved), &start, Goal::First).h))
    }

    /// The best of some descents with its certificate.
    fn settled(&self, of_shares: &Pieces, mut descents: Vec<Descent>) -> Found {
        let face = RefCell::default();
        let curved = |shares: &[f64]| self.excess(shares, &face);
        let set = self.set(&curved);
        sort_by_number(&mut descents, |descent| descent.value);
        let (least, n_pieces) = (descents[0].value, descents[0].shares.len());
        // A kink is lower than what is smooth beside it by up to this.
        let hidden = if n_pieces > 1 { SMOOTHING * n_pieces as f64 } else { 0.0 };
        let may_be_best = |descent: &&Descent| descent.value <= least + hidden + SAME_VALUE * least.abs();
        let mut best: Option<Minimum> = None;
        for descent in descents.iter().filter(may_be_best).take(MOST_SETTLED) {
            let minimum = if n_pieces == 1 {
                let function = |shares: &[f64]| of_shares(shares).swap_remove(0);
                interior::polish(&function, set, descent.h.clone(), &descent.multipliers)
            } else {
                let start = self.inside(&self.mixture(&descent.h));
                let sharp = interior::descend(of_shares, set, &start, Goal::Largest(SHARP));
                kinks::to_kink(of_shares, set, &sharp, SHARP)
            };
            if best.as_ref().is_none_or(|best| is_better(&minimum, best)) {
                best = Some(minimum);
            }
            // Of one piece they are all the same minimum, and one certificate is enough.
            if n_pieces == 1 && best.as_ref().is_some_and(|best| best.kkt_residual <= WELL_CERTIFIED) {
                break;
            }
        }
        let best = best.expect("there is at least one start");
        let same = |descent: &&Descent| descent.value <= best.value + hidden + SAME_VALUE * best.value.abs();
        let mut h = self.mixture(&best.h);
        let violation = self.violation(&h);
        // The shares may keep to what the mixture breaks.
        let kkt_residual = best.kkt_residual.max(violation);
        if violation > ROUNDING {
            let kept = self.mixture(&self.within(&best.h));
            if self.violation(&kept) < violation {
                h = kept;
            }
        }
        let mut places = self.places(&descents);
        places[0].clone_from(&h);
        Found {
            places,
            best: Minimum { h, kkt_residual, ..best },
            agreeing: descents.iter().filter(same).count(),
            starts: descents.len(),
        }
    }

    /// The shares to go downhill from when there may be several minima: the middle, the data's mean mixture, near
    /// each corner, and the best of many mixtures, half of them of few domains, where minima that are easily missed lie.
    fn spread_starts(&self, Exploration { value, mean_mixture, .. }: Exploration) -> Vec<Vec<f64>> {
        let k = self.k;
        let mut starts = vec![self.middle.clone(), self.well_inside(mean_mixture)];
        starts.extend(
            (0..k)
                .filter(|_| k <= FEW_DOMAINS)
                .map(|i| self.well_inside(&(0..k).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>())),
        );
        starts.extend(self.best_looked_at(value, LOOKED_AT, SPREAD_STARTS));
        starts
    }

    /// Shares next to a mixture with a little of each domain that lie inside.
    fn well_inside(&self, h: &[f64]) -> Vec<f64> {
        let uniform = INSIDE / self.k as f64;
        self.inside(&h.iter().map(|h| (1.0 - INSIDE) * h + uniform).collect::<Vec<_>>())
    }

    /// Of so many mixtures the shares of as many of the best, no two from the same place.
    fn best_looked_at(&self, value: &mut dyn FnMut(&[f64]) -> f64, n: usize, most: usize) -> Vec<Vec<f64>> {
        let k = self.k;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(k as u64);
        let mut looked_at: Vec<(f64, Vec<f64>)> = (0..n)
            .map(|draw_idx| {
                // A blend of a few runs' mixtures is supported, and so is what lies between it and the middle.
                if let Some(support) = &self.support {
                    let mut blend = vec![0.0; k];
                    let runs = support.mixtures();
                    let draws: Vec<(f64, f64)> =
                        (0..BLENDED).map(|_| (random.random::<f64>(), random.random::<f64>())).collect();
                    let sum: f64 = draws.iter().map(|(draw, _)| draw).sum();
                    for (draw, which) in draws {
                        let run = &runs[((which * runs.len() as f64) as usize).min(runs.len() - 1)];
                        blend.iter_mut().zip(run).for_each(|(blend, weight)| *blend += draw / sum * weight);
                    }
                    let shares = self.inside_limits(&blend);
                    return (value(&self.mixture(&shares)), shares);
                }
                // A high power of a uniform number is small for most domains and large for a few. Every other mixture
                // is of all domains: the worst of several targets has minima there, too.
                let power = if draw_idx % 2 == 0 { 6.0 } else { 1.0 };
                let draws: Vec<f64> = (0..k).map(|_| libm::pow(random.random::<f64>(), power)).collect();
                let sum: f64 = draws.iter().sum();
                let shares = self.well_inside(&draws.iter().map(|draw| draw / sum).collect::<Vec<_>>());
                (value(&self.mixture(&shares)), shares)
            })
            .collect();
        sort_by_number(&mut looked_at, |(value, _)| *value);
        let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>();
        let extent = looked_at.iter().map(|(_, shares)| distance(shares, &self.middle)).fold(0.0, f64::max);
        let mut kept: Vec<Vec<f64>> = Vec::new();
        for (_, shares) in looked_at {
            let near = |other: &Vec<f64>| distance(other, &shares) < APART * extent;
            if kept.len() < most && !kept.iter().any(near) {
                kept.push(shares);
            }
        }
        kept
    }

    /// The mixtures where the best descents ended, no two nearly the same.
    fn places(&self, descents: &[Descent]) -> Vec<Vec<f64>> {
        let mut descents: Vec<&Descent> = descents.iter().collect();
        sort_by_number(&mut descents, |descent| descent.value);
        let mut places: Vec<Vec<f64>> = Vec::new();
        for descent in descents {
            let h = self.mixture(&descent.h);
            if places.len() < MOST_PLACES && !places.iter().any(|other| is_same_place(other, &h)) {
                places.push(h);
            }
        }
        places
    }

    /// What the edge of what is supported costs, which is the last of the constraints: what moving weight beyond it
    /// would be worth, from the domain to the domain where that is most.
    fn price_of_edge(
        &self,
        domains: &[String],
        constraints: &[Constraint],
        shares: &[f64],
        multiplier: f64,
    ) -> Option<Price> {
        let edge = constraints.last()?;
        let n = shares.len();
        // What another limit holds cannot move that way.
        let is_held = |i: usize, sign: f64| {
            let holds = |limit: &Constraint| {
                of_one(limit).is_some_and(|(of, _)| of == i)
                    && limit.coefficients[i] * sign < 0.0
                    && limit.slack(shares) < NO_ROOM
            };
            constraints[..constraints.len() - 1].iter().any(holds)
        };
        let slope = |i: &usize| -edge.coefficients[*i] / self.rest;
        let to = (0..n).filter(|&i| !is_held(i, 1.0)).max_by(|a, b| slope(a).total_cmp(&slope(b)))?;
        let gives = |i: &usize| shares[*i] * self.rest > SOME_WEIGHT && !is_held(*i, -1.0);
        let from = (0..n).filter(gives).min_by(|a, b| slope(a).total_cmp(&slope(b)))?;
        let nats = multiplier * (slope(&to) - slope(&from));
        let name = |i: usize| Some(domains[self.free[i]].clone());
        (nats > 0.0).then(|| Price { limit: Limit::Support { from: name(from), to: name(to) }, nats })
    }

    /// What the limits that hold the mixture cost.
    pub(in crate::mixture) fn prices(
        &self,
        domains: &[String],
        bounds: &[Bound],
        here: &MixtureDerivatives,
        h: &[f64],
    ) -> Vec<Price> {
        let mut prices = Vec::new();
        let mut level = None;
        if !self.is_point() {
            let shares: Vec<f64> = self.free.iter().map(|&i| h[i] / self.rest).collect();
            let n = self.free.len();
            let gradient = self.free.iter().map(|&i| self.rest * here.gradient[i]).collect();
            let of_shares = MixtureDerivatives { value: here.value, gradient, hessian: vec![0.0; n * n] };
            let tight = self.tight.iter().map(|(constraint, _)| constraint.clone());
            let edge =
                self.support.is_some().then(|| interior::tangent(&self.excess(&shares, &RefCell::default()), &shares));
            let constraints: Vec<Constraint> = self.constraints.iter().cloned().chain(tight).chain(edge).collect();
            let limit_of = |j: usize| match self.limit_of.get(j) {
                Some(limit) => *limit,
                None => self.tight.get(j - self.limit_of.len()).map(|(_, limit)| *limit),
            };
            let (nu, multipliers) = interior::multipliers(&of_shares, &constraints, &shares);
            level = Some(nu / self.rest);
            for (j, multiplier) in multipliers {
                if self.support.is_some() && j + 1 == constraints.len() {
                    prices.extend(self.price_of_edge(domains, &constraints, &shares, multiplier));
                } else if let Some(index) = limit_of(j)
                    && multiplier > 0.0
                {
                    prices.push(Price { limit: bounds[index].limit.clone(), nats: multiplier * bounds[index].unit });
                }
            }
        }
        // A weight that is held has no constraint among these: its price is the slope beyond ν.
        if let Some(level) = level {
            for bound in bounds {
                let members: Vec<usize> = (0..self.k).filter(|&i| bound.constraint.coefficients[i] != 0.0).collect();
                let [i] = members[..] else { continue };
                let slope = bound.constraint.coefficients[i] * (here.gradient[i] - level);
                let holds = bound.constraint.slack(h) < NO_ROOM;
                if self.held[i].is_some() && holds && slope > 0.0 && slope.is_finite() {
                    prices.push(Price { limit: bound.limit.clone(), nats: slope * bound.unit });
                }
            }
        }
        // No run says what another weight would do.
        prices.retain(|price| !matches!(price.limit, Limit::Fixed { .. }));
        sort_by_number(&mut prices, |price| -price.nats);
        prices
    }
}

/// The limits with their constraints, and those of a prior.
fn named(domains: &[String], bounds: &[Bound], prior: Option<&[f64]>) -> (Vec<Limit>, Vec<Constraint>) {
    let k = domains.len();
    let without = prior.into_iter().flatten().zip(domains).enumerate().filter(|(_, (prior, _))| **prior == 0.0);
    let without = without.map(|(i, (_, domain))| {
        let coefficients = (0..k).map(|j| if i == j { -1.0 } else { 0.0 }).collect();
        (Limit::Prior(domain.clone()), Constraint::new(coefficients, 0.0))
    });
    bounds.iter().map(|bound| (bound.limit.clone(), bound.constraint.clone())).chain(without).unzip()
}

/// a + share · (b − a).
fn between(a: &[f64], b: &[f64], share: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect()
}

/// Of constraints with the same coefficients the one of the largest bound, by index.
fn tightest(constraints: &[Constraint]) -> Vec<usize> {
    let bits = |j: usize| constraints[j].entries().iter().map(|&(i, a)| (i, a.to_bits()));
    let mut order: Vec<usize> = (0..constraints.len()).collect();
    let by_bound = |a: &usize, b: &usize| constraints[*b].bound.total_cmp(&constraints[*a].bound);
    order.sort_by(|a, b| bits(*a).cmp(bits(*b)).then_with(|| by_bound(a, b)).then(a.cmp(b)));
    order.dedup_by(|a, b| bits(*a).eq(bits(*b)));
    order.sort_unstable();
    order
}

/// The least a·h for low ≤ h ≤ high with Σ h = 1, where the coefficients of a limit are all alike: a limit with a bound
/// below that is implied by those of single weights.
fn least_along(limit: &Constraint, low: &[f64], high: &[f64]) -> f64 {
    let Some(&(_, a)) = limit.entries().first() else { return 0.0 };
    let sum = |of: &[f64], members: bool| -> f64 {
        (0..of.len()).filter(|&i| (limit.coefficients[i] != 0.0) == members).map(|i| of[i]).sum()
    };
    if a > 0.0 {
        a * sum(low, true).max(1.0 - sum(high, false))
    } else {
        a * sum(high, true).min(1.0 - sum(low, false))
    }
}

/// The weight that a constraint is of, if it is of one, and the value that it bounds it by.
fn of_one(constraint: &Constraint) -> Option<(usize, f64)> {
    let mut members = constraint.coefficients.iter().enumerate().filter(|(_, a)| **a != 0.0);
    match (members.next(), members.next()) {
        (Some((i, a)), None) => Some((i, constraint.bound / a)),
        _ => None,
    }
}

/// Whether two mixtures are nearly the same.
pub(in crate::mixture) fn is_same_place(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < SAME_PLACE)
}

/// The descent that ended lowest.
fn lowest(descents: &[Descent]) -> &Descent {
    descents.iter().min_by(|a, b| a.value.total_cmp(&b.value)).expect("there is at least one start")
}

/// Whether a minimum is lower, or of the same value and better certified.
fn is_better(a: &Minimum, b: &Minimum) -> bool {
    if (a.value - b.value).abs() <= SAME_VALUE * b.value.abs() {
        a.kkt_residual < b.kkt_residual
    } else {
        a.value < b.value
    }
}

/// How smooth the largest of several functions is made, in nats: while its minima are looked for, and to tell which of
/// them meet at one.
const SMOOTHING: f64 = 1e-6;
const SHARP: f64 = 1e-9;
/// Descents that are taken to their end, of those that may be the best.
const MOST_SETTLED: usize = 6;
/// A residual that needs no better one.
const WELL_CERTIFIED: f64 = 1e-10;
/// Rounds of descents from the neighbours of the best.
const MOST_ROUNDS: usize = 4;
/// A domain of less weight than this has none to take away.
const SOME_WEIGHT: f64 = 1e-3;
/// With more domains than this, corners are left to chance and giving is not tried.
const FEW_DOMAINS: usize = 16;

/// Mixtures that differ from h in one domain: taken away, or given half of everything.
fn neighbours(h: &[f64]) -> Vec<Vec<f64>> {
    let k = h.len();
    let with = |i: usize, weight: f64| -> Vec<f64> {
        let rest = (1.0 - h[i]).max(INSIDE);
        let mixed: Vec<f64> = (0..k).map(|j| if j == i { weight } else { (1.0 - weight) * h[j] / rest }).collect();
        let sum: f64 = mixed.iter().sum();
        mixed.iter().map(|h| (1.0 - INSIDE) * h / sum + INSIDE / k as f64).collect()
    };
    let taken_away = (0..k).filter(|&i| h[i] > SOME_WEIGHT && h[i] < 1.0 - SOME_WEIGHT).map(|i| with(i, 0.0));
    let given = (0..k).filter(|_| k <= FEW_DOMAINS).map(|i| with(i, 0.5));
    taken_away.chain(given).collect()
}

/// Mixtures looked at for good places to start from, and how many of them are.
const LOOKED_AT: usize = 400;
const SPREAD_STARTS: usize = 12;
/// The same where minima of a function that is much like it are known.
const LOOKED_AT_NEAR: usize = 100;
const SPREAD_STARTS_NEAR: usize = 3;
/// How far apart starts are at least, as a share of how far the region reaches from its middle.
const APART: f64 = 0.06;
/// A start just inside is looked for so many times, each half as far from where a mixture is.
const MOST_HALVINGS: i32 = 30;
/// The share of the uniform mixture in each start, so that it lies inside.
const INSIDE: f64 = 1e-3;
