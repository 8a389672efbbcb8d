//! A local minimum of a smooth function over the mixtures h with Σ h = 1 and a_j·h ≥ b_j.
//!
//! A primal–dual interior-point method (Fiacco & McCormick 1968; the step rules as in Wächter & Biegler 2006,
//! "On the implementation of an interior-point filter line-search algorithm", §2.1 and §3.1): Newton's method
//! on the barrier function f(h) − μ Σ_j ln(a_j·h − b_j) with its multipliers, μ → 0. Where f is not convex
//! its curvatures are taken by their size, so that the step goes downhill. Iterates stay strictly inside, so an infinite
//! derivative on the boundary does no harm. In the end the constraints that hold the mixture are taken as
//! equations and Newton's method takes out the last μ.

use nalgebra::{Cholesky, DMatrix, DVector, SymmetricEigen};

use super::pieces::{Pieces, largest, smoothed, within};
use crate::law::MixtureDerivatives;

/// A linear constraint a·h ≥ b.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::mixture) struct Constraint {
    pub coefficients: Vec<f64>,
    pub bound: f64,
    /// The coefficients that are not 0, with their indices: most constraints are of one weight.
    entries: Vec<(usize, f64)>,
}

impl Constraint {
    pub(in crate::mixture) fn new(coefficients: Vec<f64>, bound: f64) -> Self {
        let entries = coefficients.iter().copied().enumerate().filter(|(_, a)| *a != 0.0).collect();
        Self { coefficients, bound, entries }
    }

    /// The coefficients that are not 0, with their indices.
    pub(in crate::mixture) fn entries(&self) -> &[(usize, f64)] {
        &self.entries
    }

    /// a·h − b.
    pub(in crate::mixture) fn slack(&self, h: &[f64]) -> f64 {
        self.along(h) - self.bound
    }

    /// a·h.
    fn along(&self, h: &[f64]) -> f64 {
        self.entries.iter().map(|&(i, a)| a * h[i]).sum()
    }
}

/// A convex function that is to be at most 0, with its derivatives.
pub(in crate::mixture) type Curved<'a> = dyn Fn(&[f64]) -> MixtureDerivatives + 'a;

/// Among which mixtures of Σ h = 1 a descent goes.
#[derive(Clone, Copy)]
pub(in crate::mixture) struct Set<'a> {
    /// a·h ≥ b, with an inside.
    pub constraints: &'a [Constraint],
    /// g(h) ≤ 0, with an inside, where there is such a limit. It counts as the constraint after the others.
    pub curved: Option<&'a Curved<'a>>,
    /// a·h = b, independent of each other and of Σ h = 1.
    pub equations: &'a [Constraint],
}

impl Set<'_> {
    /// The constraints as they are at h: of the curved one its tangent.
    pub(in crate::mixture) fn linear(&self, h: &[f64]) -> Vec<Constraint> {
        let mut linear = self.constraints.to_vec();
        linear.extend(self.curved.map(|curved| tangent(&curved(h), h)));
        linear
    }
}

/// g(h') ≤ 0 to first order at h, in units in which its steepest slope is 1.
pub(in crate::mixture) fn tangent(curved: &MixtureDerivatives, h: &[f64]) -> Constraint {
    let unit = steepest(curved);
    if unit == 0.0 {
        return Constraint::new(vec![0.0; h.len()], -1.0);
    }
    let coefficients: Vec<f64> = curved.gradient.iter().map(|slope| -slope / unit).collect();
    Constraint::new(coefficients.clone(), dot(&coefficients, h) + curved.value / unit)
}

fn steepest(curved: &MixtureDerivatives) -> f64 {
    curved.gradient.iter().fold(0.0, |most, slope| most.max(slope.abs()))
}

/// Where a descent ended: near a minimum.
#[derive(Debug, Clone)]
pub(in crate::mixture) struct Descent {
    pub h: Vec<f64>,
    pub value: f64,
    /// Of the constraints, about; the curved one last.
    pub multipliers: Vec<f64>,
    /// Of the pieces, about.
    pub shares: Vec<f64>,
}

/// A minimum with its certificate.
#[derive(Debug, Clone)]
pub(in crate::mixture) struct Minimum {
    pub h: Vec<f64>,
    pub value: f64,
    /// Largest violation of ∇f = ν·1 + Σ_j λ_j a_j, λ_j ≥ 0, λ_j = 0 where a constraint is slack, in nats.
    pub kkt_residual: f64,
    /// What each piece counts in ∇f.
    pub shares: Vec<f64>,
}

/// μ at the start, falling by this factor at least, and at the end. A large first μ would draw every start to the
/// middle, and all of them into the same minimum.
const FIRST_BARRIER: f64 = 1e-4;
const BARRIER_FALL: f64 = 0.2;
const LAST_BARRIER: f64 = 1e-13;
/// The values of μ among pieces that are limits: those are curved, and longer steps along them would leave them. Less than
/// the last would be lost in their rounding; so are steps that change no weight by more than this.
const WITHIN_BARRIERS: [f64; 8] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
const LEAST_STEP_WITHIN: f64 = 1e-10;
/// How far the conditions of the barrier problem may be from holding, in μ, before the next one.
const CENTRED: f64 = 10.0;
/// A μ has raised a minimum by so many μ for each constraint and piece at most; by one where f is convex.
const MARGIN: f64 = 2.0;
/// Descents have met if no weight differs by more than this share of it at the end of one μ.
const SAME_CENTRE: f64 = 0.01;
/// Most Newton steps for one μ, and at the end.
const MOST_STEPS: usize = 60;
/// A positive weight below this is tiny: Newton's method on the conditions moves its logarithm, by at most so much.
const TINY_WEIGHT: f64 = 1e-7;
const LONGEST_LOG_STEP: f64 = 50.0;
/// Newton's method on the conditions ends after so many steps that made them hold no better.
const PATIENCE: usize = 12;
/// A constraint with less slack may hold h.
const NEAR: f64 = 1e-6;
/// With a residual above this another set of holding constraints is tried.
const SETTLED: f64 = 1e-9;
/// A residual this small is rounding.
const PERFECT: f64 = 1e-15;
/// A slack below this is none.
const NO_SLACK: f64 = 1e-12;
/// A share of the largest eigenvalue that is rounding.
const NEXT_TO_NOTHING: f64 = 1e-13;
/// A step keeps this share of every slack.
const KEPT_SLACK: f64 = 0.005;

/// A descent on its way.
struct Iterate {
    h: Vec<f64>,
    multipliers: Vec<f64>,
    /// Multipliers of the pieces that are limits, the last ones.
    of_pieces: Vec<f64>,
    pieces: Vec<MixtureDerivatives>,
}

impl Iterate {
    /// The pieces that are no limits.
    fn objective(&self) -> &[MixtureDerivatives] {
        &self.pieces[..self.pieces.len() - self.of_pieces.len()]
    }
}

/// What several pieces are.
#[derive(Clone, Copy)]
pub(in crate::mixture) enum Goal {
    /// The largest of them is to be least. It is smoothed by μ as it falls, but by no less than this, in nats: what is its
    /// minimum then is above the real one by this at most for each piece.
    Largest(f64),
    /// The first, whose derivatives are of order 1, is to be least while the others are below 0.
    First,
}

/// Descents of one function among the mixtures of one set. Those that meet go on together.
pub(in crate::mixture) struct Descents<'a> {
    function: &'a Pieces<'a>,
    set: Set<'a>,
    goal: Goal,
    /// Those that will end above this are broken off.
    pub level: f64,
    /// Where each of them was at the end of each μ, which is the first number; then its index.
    centres: Vec<(f64, usize, Vec<f64>)>,
    /// Where each of them ended.
    pub ended: Vec<Descent>,
}

impl<'a> Descents<'a> {
    pub(in crate::mixture) fn new(function: &'a Pieces<'a>, set: Set<'a>, goal: Goal) -> Self {
        Self { function, set, goal, level: f64::INFINITY, centres: Vec::new(), ended: Vec::new() }
    }

    /// Goes downhill from the strictly feasible `start`.
    pub(in crate::mixture) fn descend(&mut self, start: &[f64]) {
        let stages = self.stages();
        let pieces = self.pieces(start);
        let multiplier = |constraint: &Constraint| stages[0] / constraint.slack(start);
        let multipliers = self.set.constraints.iter().map(multiplier).collect();
        let first_limit = match self.goal {
            Goal::Largest(_) => pieces.len() - usize::from(self.set.curved.is_some()),
            Goal::First => 1,
        };
        let of_pieces = pieces[first_limit..].iter().map(|piece| stages[0] / -piece.value).collect();
        let mut iterate = Iterate { h: start.to_vec(), multipliers, of_pieces, pieces };
        for barrier in stages {
            if !self.centre(&mut iterate, barrier) {
                continue;
            }
            let here = |(at, _, other): &&(f64, usize, Vec<f64>)| *at == barrier && is_same_centre(other, &iterate.h);
            if let Some((_, met, _)) = self.centres.iter().find(here) {
                self.ended.push(self.ended[*met].clone());
                return;
            }
            self.centres.push((barrier, self.ended.len(), iterate.h.clone()));
            let terms = self.set.constraints.len() + iterate.pieces.len();
            if largest(iterate.objective()) - MARGIN * terms as f64 * barrier > self.level {
                break;
            }
        }
        self.ended.push(self.ended_at(iterate));
    }

    /// The function's pieces, and the curved constraint as one more.
    fn pieces(&self, h: &[f64]) -> Vec<MixtureDerivatives> {
        let mut pieces = (self.function)(h);
        pieces.extend(self.set.curved.map(|curved| curved(h)));
        pieces
    }

    /// The values of μ.
    fn stages(&self) -> Vec<f64> {
        match self.goal {
            Goal::Largest(_) => {
                let next = |barrier: &f64| {
                    (*barrier > LAST_BARRIER).then(|| (barrier * BARRIER_FALL).min(barrier.powf(1.5)).max(LAST_BARRIER))
                };
                std::iter::successors(Some(FIRST_BARRIER), next).collect()
            }
            Goal::First => WITHIN_BARRIERS.to_vec(),
        }
    }

    fn ended_at(&self, iterate: Iterate) -> Descent {
        let objective = iterate.objective();
        let (value, shares) = match self.goal {
            Goal::Largest(least_smoothing) => (largest(objective), smoothed(objective, least_smoothing).1),
            Goal::First => (objective[0].value, vec![1.0]),
        };
        let Iterate { h, mut multipliers, of_pieces, .. } = iterate;
        if self.set.curved.is_some() {
            multipliers.extend(of_pieces.last());
        }
        Descent { h, value, multipliers, shares }
    }

    /// The function for that μ, without the constraints' part.
    fn smooth(&self, pieces: &[MixtureDerivatives], of_pieces: &[f64], barrier: f64) -> MixtureDerivatives {
        let (objective, limits) = pieces.split_at(pieces.len() - of_pieces.len());
        let objective = match self.goal {
            Goal::Largest(least_smoothing) => smoothed(objective, barrier.max(least_smoothing)).0,
            Goal::First => objective[0].clone(),
        };
        within(objective, limits, of_pieces, barrier)
    }

    /// Newton's method at one μ, until its conditions hold about; whether they do.
    fn centre(&self, iterate: &mut Iterate, barrier: f64) -> bool {
        let constraints = self.set.constraints;
        let mut here = self.smooth(&iterate.pieces, &iterate.of_pieces, barrier);
        for _ in 0..MOST_STEPS {
            let Iterate { h, multipliers, of_pieces, pieces } = iterate;
            let slacks: Vec<f64> = constraints.iter().map(|constraint| constraint.slack(h)).collect();
            if barrier_residual(&here, self.set, multipliers, &slacks, barrier) <= CENTRED * barrier {
                return true;
            }
            let Some(step) = newton_step(&here, h, self.set, multipliers, &slacks, barrier) else { return false };
            let first_limit = pieces.len() - of_pieces.len();
            if !of_pieces.is_empty() && step.iter().all(|step| step.abs() < LEAST_STEP_WITHIN) {
                return true;
            }
            let changes: Vec<f64> = constraints.iter().map(|constraint| constraint.along(&step)).collect();
            let longest = slacks
                .iter()
                .zip(&changes)
                .filter(|(_, change)| **change < 0.0)
                .map(|(slack, change)| -(1.0 - KEPT_SLACK) * slack / change)
                .fold(1.0, f64::min);
            let slope = dot(&here.gradient, &step)
                - barrier * slacks.iter().zip(&changes).map(|(slack, change)| change / slack).sum::<f64>();
            let level = barrier_value(here.value, &slacks, barrier);
            let mut length = longest;
            let mut accepted = None;
            for _ in 0..40 {
                let trial = moved(h, &step, length);
                let trial_slacks: Vec<f64> = constraints.iter().map(|constraint| constraint.slack(&trial)).collect();
                if trial_slacks.iter().all(|&slack| slack > 0.0) {
                    let trial_pieces = self.pieces(&trial);
                    let there = self.smooth(&trial_pieces, of_pieces, barrier);
                    let change = barrier_value(there.value, &trial_slacks, barrier) - level;
                    // Rounding hides a decrease near the minimum; the Newton step is right there.
                    if change <= 1e-4 * length * slope + 1e-13 * level.abs() {
                        accepted = Some((trial, trial_slacks, trial_pieces, there));
                        break;
                    }
                }
                length *= 0.5;
            }
            let Some((trial, trial_slacks, trial_pieces, there)) = accepted else { return false };
            let next = |multiplier: &mut f64, slack: f64, change: f64, trial_slack: f64| {
                let target = barrier / trial_slack;
                *multiplier = (barrier / slack - *multiplier * change / slack).clamp(target * 1e-4, target * 1e4);
            };
            for (j, multiplier) in multipliers.iter_mut().enumerate() {
                next(multiplier, slacks[j], changes[j], trial_slacks[j]);
            }
            for (j, multiplier) in of_pieces.iter_mut().enumerate() {
                let (piece, trial_piece) = (&pieces[first_limit + j], &trial_pieces[first_limit + j]);
                next(multiplier, -piece.value, -dot(&piece.gradient, &step), -trial_piece.value);
            }
            here = if of_pieces.is_empty() { there } else { self.smooth(&trial_pieces, of_pieces, barrier) };
            (*h, *pieces) = (trial, trial_pieces);
        }
        false
    }
}

/// Goes downhill from the strictly feasible `start`.
pub(in crate::mixture) fn descend(function: &Pieces, set: Set, start: &[f64], goal: Goal) -> Descent {
    let mut descents = Descents::new(function, set, goal);
    descents.descend(start);
    descents.ended.swap_remove(0)
}

/// Whether two descents at the end of one μ are at the same minimum of it, so that they end at the same one.
fn is_same_centre(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SAME_CENTRE * a.max(*b))
}

fn barrier_value(value: f64, slacks: &[f64], barrier: f64) -> f64 {
    value - barrier * slacks.iter().map(|&slack| libm::log(slack)).sum::<f64>()
}

/// How far the barrier problem's conditions are from holding.
fn barrier_residual(here: &MixtureDerivatives, set: Set, multipliers: &[f64], slacks: &[f64], barrier: f64) -> f64 {
    let mut gradient = here.gradient.clone();
    for (constraint, multiplier) in set.constraints.iter().zip(multipliers) {
        for &(i, a) in &constraint.entries {
            gradient[i] -= multiplier * a;
        }
    }
    let complementarity =
        multipliers.iter().zip(slacks).map(|(multiplier, slack)| (multiplier * slack - barrier).abs());
    spread(&gradient, set.equations).max(complementarity.fold(0.0, f64::max))
}

/// How far the entries are from one ν: half the difference of the largest and the least. With equations, how far they
/// are from the nearest ν·1 + Σ_e y_e a_e.
fn spread(gradient: &[f64], equations: &[Constraint]) -> f64 {
    if equations.is_empty() {
        let (low, high) =
            gradient.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &g| (low.min(g), high.max(g)));
        return (high - low) / 2.0;
    }
    let columns = DMatrix::from_fn(gradient.len(), 1 + equations.len(), |i, column| {
        if column == 0 { 1.0 } else { equations[column - 1].coefficients[i] }
    });
    match nearest(columns, &DVector::from_column_slice(gradient)) {
        Some((_, rest)) => rest.amax(),
        None => f64::INFINITY,
    }
}

/// By how much of each column their sum comes nearest to the vector, and what is left of it.
fn nearest(columns: DMatrix<f64>, vector: &DVector<f64>) -> Option<(DVector<f64>, DVector<f64>)> {
    let lengths: Vec<f64> = columns.column_iter().map(|column| column.norm().max(f64::MIN_POSITIVE)).collect();
    let units = DMatrix::from_fn(columns.nrows(), columns.ncols(), |i, j| columns[(i, j)] / lengths[j]);
    let inverse = Inverse::new(units.tr_mul(&units))?;
    let mut solution = DVector::zeros(lengths.len());
    let mut rest = vector.clone();
    // The normal equations lose half of the digits: what is left is solved for again.
    for _ in 0..3 {
        solution += inverse.times(&units.tr_mul(&rest));
        rest = vector - &units * &solution;
    }
    solution.iter_mut().zip(&lengths).for_each(|(entry, length)| *entry /= length);
    Some((solution, rest))
}

/// The inverse of a symmetric matrix, where it has one; along what it takes to 0, next to, nothing.
struct Inverse(SymmetricEigen<f64, nalgebra::Dyn>);

impl Inverse {
    fn new(matrix: DMatrix<f64>) -> Option<Self> {
        let is_finite = matrix.iter().all(|entry| entry.is_finite());
        is_finite.then(|| Self(SymmetricEigen::new(matrix)))
    }

    fn times(&self, vector: &DVector<f64>) -> DVector<f64> {
        let SymmetricEigen { eigenvalues, eigenvectors } = &self.0;
        let least = NEXT_TO_NOTHING * eigenvalues.amax();
        let along = eigenvectors.tr_mul(vector);
        let scaled = along.zip_map(eigenvalues, |along, value| if value.abs() > least { along / value } else { 0.0 });
        eigenvectors * scaled
    }
}

/// The Newton step of the barrier problem that keeps Σ h and the equations, worked out in units of h: a tiny weight has huge
/// second derivatives.
fn newton_step(
    here: &MixtureDerivatives,
    h: &[f64],
    set: Set,
    multipliers: &[f64],
    slacks: &[f64],
    barrier: f64,
) -> Option<Vec<f64>> {
    let k = here.gradient.len();
    let mut matrix = DMatrix::from_row_slice(k, k, &here.hessian);
    let mut right = -DVector::from_column_slice(&here.gradient);
    for ((constraint, multiplier), slack) in set.constraints.iter().zip(multipliers).zip(slacks) {
        for &(i, a) in &constraint.entries {
            right[i] += barrier / slack * a;
            for &(j, b) in &constraint.entries {
                matrix[(i, j)] += multiplier / slack * a * b;
            }
        }
    }
    let unit = DVector::from_column_slice(h);
    right.component_mul_assign(&unit);
    for (j, mut column) in matrix.column_iter_mut().enumerate() {
        column.component_mul_assign(&unit);
        column *= h[j];
    }
    // Reflected so that the first axes span h and the equations, and the others the steps that keep them (Householder
    // 1958).
    let reflect = |mirror: &DVector<f64>, vector: DVector<f64>| &vector - mirror * (2.0 * mirror.dot(&vector));
    let columns = std::iter::once(h.to_vec())
        .chain(set.equations.iter().map(|equation| h.iter().zip(&equation.coefficients).map(|(h, a)| h * a).collect()));
    let mut mirrors: Vec<DVector<f64>> = Vec::new();
    for column in columns {
        let mut mirror = mirrors.iter().fold(DVector::from_vec(column), |column, mirror| reflect(mirror, column));
        let at = mirrors.len();
        mirror.rows_mut(0, at).fill(0.0);
        mirror[at] += mirror.norm().copysign(mirror[at]);
        mirror.normalize_mut();
        mirrors.push(mirror);
    }
    for mirror in &mirrors {
        // (1 − 2vvᵀ) M (1 − 2vvᵀ) = M − vuᵀ − uvᵀ, u = 2Mv − 2(vᵀMv)v.
        let product = &matrix * mirror;
        let u = 2.0 * (&product - mirror * mirror.dot(&product));
        for (j, mut column) in matrix.column_iter_mut().enumerate() {
            column.axpy(-u[j], mirror, 1.0);
            column.axpy(-mirror[j], &u, 1.0);
        }
    }
    let right = mirrors.iter().fold(right, |vector, mirror| reflect(mirror, vector));
    let kept = mirrors.len();
    let free = matrix.view((kept, kept), (k - kept, k - kept)).clone_owned();
    let right = right.rows(kept, k - kept).clone_owned();
    let within = match Cholesky::new(free.clone()) {
        Some(cholesky) => cholesky.solve(&right),
        // Where the function is not convex, curvatures count by their size: the step goes downhill, and far
        // along directions that bend the wrong way a little (Dauphin et al. 2014, saddle-free Newton).
        None if free.iter().all(|entry| entry.is_finite()) => {
            let SymmetricEigen { eigenvalues, eigenvectors } = SymmetricEigen::new(free);
            let largest = eigenvalues.amax();
            let along = eigenvectors.tr_mul(&right);
            let scaled = along.zip_map(&eigenvalues, |along, curvature| along / curvature.abs().max(1e-12 * largest));
            eigenvectors * scaled
        }
        None => return None,
    };
    let whole = within.insert_rows(0, kept, 0.0);
    let step = mirrors.iter().rev().fold(whole, |vector, mirror| reflect(mirror, vector));
    let step = step.component_mul(&unit);
    step.iter().all(|entry| entry.is_finite()).then(|| step.iter().copied().collect())
}

/// Newton's method on the conditions with the active constraints as equations; the best of before and after.
pub(in crate::mixture) fn polish(
    function: &dyn Fn(&[f64]) -> MixtureDerivatives,
    set: Set,
    h: Vec<f64>,
    multipliers: &[f64],
) -> Minimum {
    let constraints = set.linear(&h);
    let near = |j: &usize| constraints[*j].slack(&h) < NEAR;
    let holding = |j: &usize| near(j) && constraints[*j].slack(&h) < multipliers[*j];
    let active: Vec<usize> = (0..constraints.len()).filter(holding).collect();
    let mut best = certified(function, set, &active, h.clone());
    let of_curved = set.curved.and_then(|_| multipliers.last()).copied().unwrap_or(0.0);
    settle(function, set, active, of_curved, &h, &mut best);
    // A constraint that only just holds h has a multiplier next to 0, and its slack does not tell on which side it is.
    if best.kkt_residual > SETTLED {
        settle(function, set, (0..constraints.len()).filter(near).collect(), of_curved, &h, &mut best);
    }
    best
}

/// Polishes with these constraints as equations, and where the multiplier of one comes out negative, so that it does
/// not hold h back, without it again.
fn settle(
    function: &dyn Fn(&[f64]) -> MixtureDerivatives,
    set: Set,
    mut active: Vec<usize>,
    of_curved: f64,
    h: &[f64],
    best: &mut Minimum,
) {
    for _ in 0..=active.len() {
        let (candidate, negative) = newton_on(function, set, &active, of_curved, h);
        if let Some(candidate) = candidate
            && candidate.kkt_residual < best.kkt_residual
        {
            *best = candidate;
        }
        match negative {
            Some(position) if best.kkt_residual > 0.0 => {
                active.remove(position);
            }
            _ => break,
        }
    }
}

/// Newton's method with the constraints `active` as equations, `of_curved` being about the curved one's multiplier. Also the position in `active` of the most
/// negative multiplier.
fn newton_on(
    function: &dyn Fn(&[f64]) -> MixtureDerivatives,
    set: Set,
    active: &[usize],
    mut of_curved: f64,
    start: &[f64],
) -> (Option<Minimum>, Option<usize>) {
    let k = start.len();
    let n_equations = active.len() + set.equations.len() + 1;
    // Of the curved constraint, where it is one of those.
    let curved = set.curved.zip(active.iter().position(|&j| j == set.constraints.len()));
    let mut h = snapped(start, set.constraints, active);
    let mut best: Option<Minimum> = None;
    let mut negative = None;
    let mut idle = 0;
    for _ in 0..MOST_STEPS {
        let mut here = function(&h);
        let (mut linear, mut slope) = (Vec::new(), 0.0);
        if let Some((curved, _)) = curved {
            let curved = curved(&h);
            linear.push(tangent(&curved, &h));
            slope = steepest(&curved);
            here.hessian.iter_mut().zip(&curved.hessian).for_each(|(out, curvature)| *out += of_curved * curvature);
        }
        let constraint = |j: usize| set.constraints.get(j).unwrap_or_else(|| &linear[0]);
        // Those that hold h first, whose multipliers have a sign.
        let rows: Vec<&Constraint> = active.iter().map(|&j| constraint(j)).chain(set.equations).collect();
        // A derivative of −∞ pulls that weight off its bound, however the bound's multiplier looked inside.
        let pinned = |i: usize| is_pinned(&here, &h, i);
        if let Some(i) = (0..k).find(|&i| !here.gradient[i].is_finite() && !pinned(i)) {
            negative = active.iter().position(|&j| constraint(j).coefficients[i] != 0.0);
            break;
        }
        // In units of each weight, as above.
        let unit: Vec<f64> = h.iter().map(|&h| if h > 0.0 { h } else { 1.0 }).collect();
        let mut matrix = DMatrix::zeros(k + n_equations, k + n_equations);
        let mut right = DVector::zeros(k + n_equations);
        for i in 0..k {
            // Next to nothing for all others: it stays where it is now, and follows alone below. One that is pinned
            // stays at 0.
            if is_tiny(h[i]) || pinned(i) {
                matrix[(i, i)] = 1.0;
                continue;
            }
            right[i] = -here.gradient[i] * unit[i];
            for j in (0..k).filter(|&j| !is_tiny(h[j]) && !pinned(j)) {
                // Infinite for a weight at 0 under a power between 1 and 2; an equation holds it, so it is not used.
                let curvature = here.hessian[i * k + j];
                matrix[(i, j)] = if curvature.is_finite() { curvature * unit[i] * unit[j] } else { 0.0 };
            }
            matrix[(i, k)] = unit[i];
            matrix[(k, i)] = unit[i];
        }
        right[k] = 1.0 - h.iter().sum::<f64>();
        for (position, row) in rows.iter().enumerate() {
            for i in (0..k).filter(|&i| !is_tiny(h[i]) && !pinned(i)) {
                matrix[(i, k + 1 + position)] = row.coefficients[i] * unit[i];
                matrix[(k + 1 + position, i)] = row.coefficients[i] * unit[i];
            }
            right[k + 1 + position] = -row.slack(&h);
            // What holds pinned weights only has no multiplier to find.
            if (0..k).all(|i| row.coefficients[i] == 0.0 || pinned(i)) {
                matrix[(k + 1 + position, k + 1 + position)] = 1.0;
                right[k + 1 + position] = 0.0;
            }
        }
        let Some(solution) = solve(matrix, &right) else { break };
        if let Some((_, position)) = curved {
            of_curved = if slope > 0.0 { (-solution[k + 1 + position]).max(0.0) / slope } else { 0.0 };
        }
        negative = (0..active.len())
            .map(|position| (position, -solution[k + 1 + position]))
            .filter(|(_, multiplier)| *multiplier < 0.0)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(position, _)| position);
        let next: Vec<f64> = (0..k)
            .map(|i| {
                if !is_tiny(h[i]) {
                    return (h[i] + unit[i] * solution[i]).max(0.1 * h[i]);
                }
                // Under a power below 1 a weight may be tiny, and its derivative a power of it: Newton's step for
                // its logarithm.
                let held: f64 = rows.iter().enumerate().map(|(p, row)| solution[k + 1 + p] * row.coefficients[i]).sum();
                let excess = here.gradient[i] + solution[k] + held;
                let step = -excess / (here.hessian[i * k + i].abs() * h[i]);
                (h[i] * libm::exp(step.clamp(-LONGEST_LOG_STEP, LONGEST_LOG_STEP))).max(f64::MIN_POSITIVE)
            })
            .collect();
        let snapped = snapped(&next, set.constraints, active);
        let candidate = certified(function, set, active, snapped.clone());
        h = snapped;
        let candidate_is_perfect = candidate.kkt_residual < PERFECT;
        if best.as_ref().is_none_or(|best| candidate.kkt_residual < best.kkt_residual) {
            best = Some(candidate);
            idle = 0;
        } else {
            idle += 1;
        }
        if idle >= PATIENCE || candidate_is_perfect {
            break;
        }
    }
    (best, negative)
}

/// The solution of the equations; of many, where constraints meet that depend on each other, the least.
fn solve(matrix: DMatrix<f64>, right: &DVector<f64>) -> Option<DVector<f64>> {
    let solves = |solution: &DVector<f64>| (&matrix * solution - right).amax() <= 1e-9 * right.amax();
    let unique = matrix.clone().lu().solve(right).filter(solves);
    let least = || Inverse::new(matrix.clone()).map(|inverse| inverse.times(right));
    unique.or_else(least).filter(|solution| solution.iter().all(|entry| entry.is_finite()))
}

/// Whether a weight is at 0 with a derivative of +∞: nothing draws it off, and no multiplier is needed to hold it.
fn is_pinned(here: &MixtureDerivatives, h: &[f64], i: usize) -> bool {
    h[i] == 0.0 && here.gradient[i] == f64::INFINITY
}

fn is_tiny(weight: f64) -> bool {
    weight > 0.0 && weight < TINY_WEIGHT
}

/// Puts weights held by a bound of their own exactly there, and the sum exactly to 1 by the largest free weight.
fn snapped(h: &[f64], constraints: &[Constraint], active: &[usize]) -> Vec<f64> {
    let mut h = h.to_vec();
    let mut held = vec![false; h.len()];
    for &j in active.iter().filter(|j| **j < constraints.len()) {
        let coefficients = &constraints[j].coefficients;
        let mut members = (0..h.len()).filter(|&i| coefficients[i] != 0.0);
        if let (Some(i), None) = (members.next(), members.next()) {
            h[i] = constraints[j].bound / coefficients[i];
            held[i] = true;
        }
    }
    let largest = (0..h.len()).filter(|&i| !held[i]).max_by(|&a, &b| h[a].total_cmp(&h[b]));
    if let Some(largest) = largest {
        let rest: f64 = (0..h.len()).filter(|&i| i != largest).map(|i| h[i]).sum();
        h[largest] = 1.0 - rest;
    }
    h
}

/// h with its KKT residual: the constraints `active` hold it, and maybe those that have next to no slack.
fn certified(function: &dyn Fn(&[f64]) -> MixtureDerivatives, set: Set, active: &[usize], h: Vec<f64>) -> Minimum {
    let here = function(&h);
    let linear = set.linear(&h);
    let set = Set { constraints: &linear, curved: None, ..set };
    let all: Vec<usize> = (0..set.constraints.len()).filter(|&j| set.constraints[j].slack(&h) < NO_SLACK).collect();
    let kkt_residual = kkt_residual(&here, set, active, &h).min(kkt_residual(&here, set, &all, &h));
    Minimum { h, value: here.value, kkt_residual, shares: vec![1.0] }
}

/// The multipliers of the constraints after the first `n_limits`, each of which may hold h, and by how much the conditions
/// are violated; of the first those hold it that have next to no slack.
pub(in crate::mixture) fn conditions(
    here: &MixtureDerivatives,
    set: Set,
    n_limits: usize,
    h: &[f64],
) -> (Vec<f64>, f64) {
    let n = set.constraints.len();
    let active: Vec<usize> = (0..n).filter(|&j| j >= n_limits || set.constraints[j].slack(h) < NO_SLACK).collect();
    let mut of_last = vec![0.0; n - n_limits];
    if let Some(multipliers) = multipliers_of(here, set, &active, h) {
        for (j, multiplier) in multipliers.of_active {
            if j >= n_limits {
                of_last[j - n_limits] = multiplier;
            }
        }
    }
    (of_last, kkt_residual(here, set, &active, h))
}

/// The multipliers of the constraints that hold h, by index: ∇f = ν·1 + Σ_j λ_j a_j. First ν.
pub(in crate::mixture) fn multipliers(
    here: &MixtureDerivatives,
    constraints: &[Constraint],
    h: &[f64],
) -> (f64, Vec<(usize, f64)>) {
    let active: Vec<usize> = (0..constraints.len()).filter(|&j| constraints[j].slack(h) < NO_SLACK).collect();
    match multipliers_of(here, Set { constraints, curved: None, equations: &[] }, &active, h) {
        Some(Multipliers { nu, of_active, .. }) => (nu, of_active),
        None => (0.0, Vec::new()),
    }
}

/// ν and the λ_j ≥ 0 with which ν·1 + Σ_e y_e a_e + Σ_j λ_j a_j comes nearest to ∇f, y_e of the equations, and how far
/// it stays from it.
struct Multipliers {
    nu: f64,
    of_active: Vec<(usize, f64)>,
    distance: f64,
}

fn multipliers_of(
    here: &MixtureDerivatives,
    Set { constraints, equations, .. }: Set,
    active: &[usize],
    h: &[f64],
) -> Option<Multipliers> {
    // A pinned weight's condition holds.
    let rows: Vec<usize> = (0..h.len()).filter(|&i| !is_pinned(here, h, i)).collect();
    let gradient = DVector::from_fn(rows.len(), |row, _| here.gradient[rows[row]]);
    if gradient.iter().any(|entry| !entry.is_finite()) {
        return None;
    }
    let first = 1 + equations.len();
    let entry = |j: usize, row: usize| constraints[j].coefficients[rows[row]];
    // Least squares with the multipliers of some constraints: ν and all of them, and what is left of ∇f.
    let fitted = |held: &[(usize, f64)]| {
        let columns = DMatrix::from_fn(rows.len(), first + held.len(), |row, column| match column {
            0 => 1.0,
            equation if equation < first => equations[equation - 1].coefficients[rows[row]],
            _ => entry(held[column - first].0, row),
        });
        nearest(columns, &gradient)
    };
    // None of them negative (Lawson & Hanson 1974, ch. 23), from all whose multipliers together are positive: the
    // constraint that brings them nearest joins, and those whose multipliers would become negative leave, as long as that
    // helps.
    let mut held: Vec<(usize, f64)> = active.iter().map(|&j| (j, 0.0)).collect();
    let (mut solution, mut rest) = loop {
        let (solution, rest) = fitted(&held)?;
        let n_before = held.len();
        let found = held.iter().enumerate().map(|(position, &(j, _))| (j, solution[first + position]));
        held = found.filter(|(_, multiplier)| *multiplier > 0.0).collect();
        if held.len() == n_before {
            break (solution, rest);
        }
    };
    loop {
        let nearer = |j: usize| (0..rows.len()).map(|row| entry(j, row) * rest[row]).sum::<f64>();
        let outside = active.iter().copied().filter(|j| held.iter().all(|(other, _)| other != j));
        let joins = outside.max_by(|&a, &b| nearer(a).total_cmp(&nearer(b))).filter(|&j| nearer(j) > 0.0);
        let Some(joins) = joins else { break };
        let mut trial = held.clone();
        trial.push((joins, 0.0));
        let (next, next_rest) = loop {
            let (next, next_rest) = fitted(&trial)?;
            let to = |position: usize| next[first + position];
            let share = |position: usize| match (trial[position].1, to(position)) {
                (from, to) if to <= 0.0 => from / (from - to),
                _ => 1.0,
            };
            let share = (0..trial.len()).map(share).fold(1.0, f64::min);
            let leaves = (0..trial.len()).any(|position| to(position) <= 0.0);
            for (position, (_, multiplier)) in trial.iter_mut().enumerate() {
                *multiplier += share * (to(position) - *multiplier);
            }
            if !leaves {
                break (next, next_rest);
            }
            let least = trial.iter().map(|(_, multiplier)| *multiplier).fold(f64::INFINITY, f64::min);
            trial.retain(|(_, multiplier)| *multiplier > least.max(0.0));
        };
        if next_rest.norm() >= rest.norm() {
            break;
        }
        (held, solution, rest) = (trial, next, next_rest);
    }
    Some(Multipliers { nu: solution[0], of_active: held, distance: rest.amax() })
}

/// The largest violation of the conditions with the multipliers of the active constraints.
fn kkt_residual(here: &MixtureDerivatives, set: Set, active: &[usize], h: &[f64]) -> f64 {
    let below = set.constraints.iter().map(|constraint| -constraint.slack(h));
    let beside = set.equations.iter().map(|equation| equation.slack(h).abs());
    // Weights that are all put on their own bounds need not sum to 1.
    let sum = (h.iter().sum::<f64>() - 1.0).abs();
    let infeasible = below.chain(beside).fold(if sum > NO_SLACK { sum } else { 0.0 }, f64::max);
    let Some(Multipliers { of_active, distance, .. }) = multipliers_of(here, set, active, h) else {
        return f64::INFINITY;
    };
    let slack = of_active.iter().map(|&(j, _)| set.constraints[j].slack(h).abs()).fold(0.0, f64::max);
    distance.max(infeasible).max(slack)
}

fn moved(h: &[f64], step: &[f64], length: f64) -> Vec<f64> {
    let mut moved: Vec<f64> = h.iter().zip(step).map(|(h, step)| h + length * step).collect();
    let sum: f64 = moved.iter().sum();
    moved.iter_mut().for_each(|weight| *weight /= sum);
    moved
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
