//! What the study knows of the weighted loss at many places together, and what runs at some of them would add.
//!
//! For each target j, ln L_j(x) = ln L̂_j(x) + b_j(x)·β + g_j(x) about the study's prediction L̂: g the process behind its
//! intervals, β the law's parameters about their fitted values, each with a normal prior half as wide as the box in which
//! their search starts, and more coefficients for each other candidate that predicts nearly as well, which together move
//! the prediction half-way to that candidate's at one standard deviation: one for each domain, times √h_i, so that what holds
//! for one mixture says less of others the less they have in common. (That is for the choice of runs. What is stated of them
//! leaves the others out: where another candidate expects a higher loss, a normal distribution about the study's own would
//! have as much hope of a lower one.) All of it is conditioned on the rows
//! ([`Trend`]), so that what is left open is what the rows leave open. Where the errors of the
//! cross-validation are larger than the process expects, all of its deviations are as much wider.
//!
//! To first order, Q = Σ_j w_j L_j changes by Σ_j w_j L̂_j δ ln L_j. What a run shows of the targets goes together as their
//! errors did in the cross-validation.

use nalgebra::{DMatrix, DVector};

use super::DesignError;
use crate::fit::{Fit, Restriction};
use crate::gp::{GpPlace, Joint, Trend};
use crate::law::{self, Mixture, Scale};
use crate::predict::{FittedStudy, FittedTarget, Form};
use crate::units::{Params, Tokens};

/// A mixture at a scale.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    pub mixture: Vec<f64>,
    pub n: Option<Params>,
    pub d: Option<Tokens>,
}

/// Step of the differences that give the derivatives in θ, in prior standard deviations.
const STEP: f64 = 1e-4;
/// How far, in the difference of two candidates' predictions, one standard deviation goes.
const TOWARD_RIVAL: f64 = 0.5;
/// Beyond so many multiplications all draws of hyperparameters would take too long, and the most probable ones must do.
const MOST_PRODUCTS: usize = 20_000_000;

/// How far Q moves at each decision place, per standard deviation of one thing that a run shows.
pub(super) type Moves = Vec<Vec<f64>>;

/// See the module's head. Places of decisions come first, then those of candidates.
#[derive(Clone)]
pub(super) struct Knowledge {
    n_decisions: usize,
    targets: Vec<Known>,
    /// Errors of the targets are this lower triangle times independent ones.
    mixing: DMatrix<f64>,
    /// Q at each place.
    means: Vec<f64>,
    /// Of each rival, its name and Q at each place.
    rivals: Vec<(String, Vec<f64>)>,
}

#[derive(Clone)]
struct Known {
    /// w L̂ at each place.
    factors: Vec<f64>,
    joint: Joint,
    /// Covariances of ln L, decisions × candidates.
    cross: Vec<f64>,
    /// Of each candidate: the variance of ln L and what a run adds to it.
    own: Vec<(f64, f64)>,
}

impl Knowledge {
    pub fn new(
        study: &FittedStudy,
        weighted: &[(FittedTarget, f64)],
        decisions: &[Spot],
        candidates: &[Spot],
        rivals: &[(usize, FittedStudy)],
    ) -> Result<Self, DesignError> {
        let spots: Vec<&Spot> = decisions.iter().chain(candidates).collect();
        let position = |target: &FittedTarget| study.targets().position(|other| other.name == target.name);
        let mut targets = Vec::new();
        let mut of_rivals: Vec<(String, Vec<f64>)> =
            rivals.iter().map(|(position, _)| (study.candidates[*position].name(), vec![0.0; spots.len()])).collect();
        for (target, weight) in weighted {
            let process = target.process.ok_or(DesignError::NoProcess)?;
            let rows: Vec<Spotted> = process.rows().map(|row| (row.mixture, row.ln_n, row.ln_d)).collect();
            let places: Vec<Spotted> = spots
                .iter()
                .map(|spot| {
                    let Scale { ln_n, ln_d } = Scale::new(spot.n, spot.d);
                    (spot.mixture.clone(), ln_n, ln_d)
                })
                .collect();
            let all: Vec<&Spotted> = rows.iter().chain(&places).collect();
            let of = |target: &FittedTarget| evaluated(&all, |scale| target.losses(scale));
            let losses = of(target);
            let mut columns = parameters(study, target, &all);
            for ((_, other), (_, q)) in rivals.iter().zip(&mut of_rivals) {
                let Some(of_rival) = other.targets().find(|other| other.name == target.name) else { continue };
                let of_rival = of(&of_rival);
                let pairs = of_rival.iter().zip(&losses);
                let apart: Vec<f64> = pairs.map(|(rival, own)| TOWARD_RIVAL * libm::log(rival / own)).collect();
                for i in 0..study.domains.len() {
                    let part = apart.iter().zip(&all).map(|(apart, place)| apart * place.0[i].max(0.0).sqrt());
                    columns.push(part.collect());
                }
                q.iter_mut().zip(&of_rival[rows.len()..]).for_each(|(q, loss)| *q += weight * loss);
            }
            // What a law cannot give somewhere says nothing there.
            columns.iter_mut().flatten().filter(|entry| !entry.is_finite()).for_each(|entry| *entry = 0.0);
            let of_all = |at: usize| -> Vec<f64> { columns.iter().map(|column| column[at]).collect() };
            let trend = if columns.is_empty() {
                Trend::default()
            } else {
                let split = rows.len();
                Trend { rows: (0..split).map(of_all).collect(), places: (split..all.len()).map(of_all).collect() }
            };
            let gp_places: Vec<GpPlace> =
                places.iter().map(|(h, ln_n, ln_d)| GpPlace { ln_n: *ln_n, ln_d: *ln_d, h, run: None }).collect();
            let products = weighted.len() * places.len() * rows.len() * rows.len();
            let most_draws = if products > MOST_PRODUCTS { 1 } else { usize::MAX };
            let joint = process.jointly(&gp_places, &trend, held_out(study, target), most_draws);
            let joint = joint.filter(|_| losses.iter().all(|loss| loss.is_finite())).ok_or(DesignError::NotFinite)?;
            let factors = losses[rows.len()..].iter().map(|loss| weight * loss).collect();
            targets.push(Known::new(joint, factors, decisions.len()));
        }
        let positions: Vec<usize> = weighted.iter().filter_map(|(target, _)| position(target)).collect();
        Ok(Self {
            n_decisions: decisions.len(),
            mixing: mixing(study, &positions),
            means: (0..spots.len()).map(|at| targets.iter().map(|known| known.factors[at]).sum()).collect(),
            rivals: of_rivals,
            targets,
        })
    }

    /// Q at the place of a decision.
    pub fn mean(&self, decision: usize) -> f64 {
        self.means[decision]
    }

    /// How far Q at each decision place moves by what a run of the candidate shows: one for each independent part of it.
    /// The sum of their squares is by how much a variance falls.
    pub fn moves(&self, candidate: usize) -> Moves {
        let m = self.targets.len();
        let mut moves = vec![vec![0.0; self.n_decisions]; m];
        for (j, known) in self.targets.iter().enumerate() {
            let (variance, noise) = known.own[candidate];
            let deviation = (variance.max(0.0) + noise).sqrt();
            if !(deviation > 0.0) {
                continue;
            }
            let covariances = known.cross.iter().skip(candidate).step_by(known.own.len());
            for (decision, (covariance, factor)) in covariances.zip(&known.factors).enumerate() {
                for (l, part) in moves[..=j].iter_mut().enumerate() {
                    part[decision] += self.mixing[(j, l)] * factor * covariance / deviation;
                }
            }
        }
        moves
    }

    /// Counts a run of the candidate as known, and returns its moves.
    pub fn observe(&mut self, candidate: usize) -> Moves {
        let moves = self.moves(candidate);
        let (n_decisions, place) = (self.n_decisions, self.n_decisions + candidate);
        for known in &mut self.targets {
            let moved = known.joint.observe(place);
            let (of_decisions, of_candidates) = moved.split_at(n_decisions);
            for (line, decision) in known.cross.chunks_exact_mut(of_candidates.len()).zip(of_decisions) {
                line.iter_mut().zip(of_candidates).for_each(|(entry, moved)| *entry -= decision * moved);
            }
            known.own.iter_mut().zip(of_candidates).for_each(|((variance, _), moved)| *variance -= moved * moved);
        }
        moves
    }

    /// Posterior covariance of Q at the places of decisions.
    pub fn covariance(&self) -> DMatrix<f64> {
        let (n, m) = (self.n_decisions, self.targets.len());
        let roots: Vec<DMatrix<f64>> = self.targets.iter().map(|known| root(&known.covariance(n))).collect();
        let mut covariance = DMatrix::zeros(n, n);
        for l in 0..m {
            let mut part = DMatrix::zeros(n, n);
            for j in l..m {
                let factors = &self.targets[j].factors;
                part += DMatrix::from_fn(n, n, |a, b| self.mixing[(j, l)] * factors[a] * roots[j][(a, b)]);
            }
            add_square(&part, &mut covariance);
        }
        covariance
    }

    /// The rival whose Q differs most from the study's at a candidate, with the difference, and the standard deviation
    /// that a run's own effect and noise have there.
    pub fn disagreement(&self, candidate: usize) -> Option<(&str, f64, f64)> {
        let place = self.n_decisions + candidate;
        let differs = |(name, q): &'_ (String, Vec<f64>)| (name.clone(), (q[place] - self.means[place]).abs());
        let (at, (_, most)) = self.rivals.iter().map(differs).enumerate().max_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
        let m = self.targets.len();
        let noise = (0..m).map(|l| {
            let of = |j: usize| {
                let known = &self.targets[j];
                self.mixing[(j, l)] * known.factors[place] * known.own[candidate].1.sqrt()
            };
            let part: f64 = (l..m).map(of).sum();
            part * part
        });
        Some((self.rivals[at].0.as_str(), most, noise.sum::<f64>().sqrt()))
    }
}

impl Known {
    fn new(joint: Joint, factors: Vec<f64>, n_decisions: usize) -> Self {
        let candidates = n_decisions..factors.len();
        let line = |decision: usize| candidates.clone().map(move |place| (decision, place));
        let cross = (0..n_decisions).flat_map(line).map(|(decision, place)| joint.covariance(decision, place));
        let own = candidates.clone().map(|place| (joint.covariance(place, place), joint.noise(place)));
        Self { cross: cross.collect(), own: own.collect(), joint, factors }
    }

    /// Covariance of ln L at the places of decisions.
    fn covariance(&self, n: usize) -> DMatrix<f64> {
        let mut covariance = DMatrix::zeros(n, n);
        for a in 0..n {
            for b in 0..=a {
                covariance[(a, b)] = self.joint.covariance(a, b);
                covariance[(b, a)] = covariance[(a, b)];
            }
        }
        covariance
    }
}

/// Adds A Aᵀ, summed in one order on every machine.
fn add_square(a: &DMatrix<f64>, out: &mut DMatrix<f64>) {
    let n = a.nrows();
    for i in 0..n {
        for j in 0..n {
            out[(i, j)] += (0..n).map(|l| a[(i, l)] * a[(j, l)]).sum::<f64>();
        }
    }
}

/// A lower triangle whose square is this covariance, up to rounding.
pub(super) fn root(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    let n = covariance.nrows();
    let size = (0..n).map(|i| covariance[(i, i)]).fold(0.0, f64::max);
    let mut jitter = 1e-10;
    while size > 0.0 && jitter < 1.0 {
        let mut matrix = covariance.clone();
        (0..n).for_each(|i| matrix[(i, i)] += jitter * size);
        if let Some(factor) = matrix.cholesky() {
            return factor.l();
        }
        jitter *= 10.0;
    }
    DMatrix::from_diagonal(&DVector::from_fn(n, |i, _| covariance[(i, i)].max(0.0).sqrt()))
}

/// The standard deviation of the target's errors of ln L on unseen mixtures, from their mean size; none without a
/// cross-validation.
fn held_out(study: &FittedStudy, target: &FittedTarget) -> Option<f64> {
    /// Of a normal distribution's deviation and mean absolute value.
    const PER_MEAN: f64 = 1.2533;
    let position = study.targets().position(|other| other.name == target.name)?;
    let percent = study.validation.unseen.as_ref()?.by_target.get(position).copied().flatten()?;
    Some(PER_MEAN * 0.01 * percent)
}

/// A mixture with its ln N and ln D.
type Spotted = (Vec<f64>, f64, f64);

/// A loss at each of these, made ready once a scale.
fn evaluated<'a>(places: &[&Spotted], at: impl Fn(Scale) -> law::LossOf<'a>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    let key = |i: usize| (places[i].1.to_bits(), places[i].2.to_bits());
    order.sort_by_key(|&i| key(i));
    let mut losses = vec![f64::NAN; places.len()];
    for group in order.chunk_by(|&a, &b| key(a) == key(b)) {
        let mut loss = at(Scale { ln_n: places[group[0]].1, ln_d: places[group[0]].2 });
        group.iter().for_each(|&i| losses[i] = loss(&Mixture::new(&places[i].0)));
    }
    losses
}

/// ∂ ln L/∂θ of the target's law at each of these, times the prior standard deviation of each parameter that is free.
fn parameters(study: &FittedStudy, target: &FittedTarget, places: &[&Spotted]) -> Vec<Vec<f64>> {
    if target.form == Form::Process {
        return Vec::new();
    }
    let Fit { law, shape, theta, report, .. } = target.fit;
    let mut columns = Vec::new();
    for (p, parameter) in law.parameters(shape).iter().enumerate() {
        let symbol = &parameter.symbol;
        let is_fixed = |restriction: &Restriction| match restriction {
            Restriction::Fixed { name, .. } => *name == symbol.name(&study.domains) || *name == symbol.stem(),
            _ => false,
        };
        if report.config.restrictions.iter().any(is_fixed) {
            continue;
        }
        let deviation = 0.5 * (parameter.start.1 - parameter.start.0);
        let [above, below] = [1.0, -1.0].map(|side| {
            let mut moved = theta.clone();
            moved[p] += side * STEP * deviation;
            evaluated(places, |scale| law::losses(*law, shape, &moved, target.target_pos, scale))
        });
        columns.push(above.iter().zip(&below).map(|(a, b)| libm::log(a / b) / (2.0 * STEP)).collect());
    }
    columns
}

/// The factor of the correlations of these targets' errors. Where they are not known, errors go together in full.
fn mixing(study: &FittedStudy, positions: &[usize]) -> DMatrix<f64> {
    let (m, all) = (positions.len(), study.targets().count());
    let of = |j: usize, k: usize| {
        study.validation.correlations.get(positions[j] * all + positions[k]).copied().unwrap_or(1.0)
    };
    // Of pairs with different rows they need not be those of any errors: then they are taken to be smaller.
    let mut kept = 1.0 - 1e-9;
    while kept > 1e-3 {
        let matrix = DMatrix::from_fn(m, m, |j, k| if j == k { 1.0 } else { kept * of(j, k) });
        if let Some(factor) = matrix.cholesky() {
            return factor.l();
        }
        kept *= 0.95;
    }
    DMatrix::identity(m, m)
}
