//! The objective of one fit with its derivatives, computed by the structure of the law.
//!
//! ```text
//!     F(θ) = Σ_r w_r Huber_δ(ρ_r) / Σ_r w_r,     Huber_δ(ρ) = ρ²/2 for |ρ| < δ, else δ(|ρ| − δ/2)
//!     ρ_r = L(N_r, D_r, h_r; θ) − L_r [nats], or ln L(N_r, D_r, h_r; θ) − ln L_r
//! ```
//!
//! δ → ∞ is least squares. Rows are grouped by their mixture. For a law of features ∂ρ_r/∂θ = M_hᵀ z_r, where
//! z_r = ∂ρ_r/∂q has a handful of entries and the sparse M_h = ∂q/∂θ depends on the mixture alone, so that JᵀWJ =
//! Σ_h M_hᵀ (Σ_r w_r z_r z_rᵀ) M_h: the sum over rows is over tiny matrices.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use wide::f64x2;

use crate::dataset::Dataset;
use crate::law::{Evaluation, Law, Mixture, Scale, Shape};
use crate::vectors::{add_scaled, dot, multiply};

use super::solver::Objective;

/// With more rows than this a search from many starts looks at a sample.
const MOST_ROWS: usize = 8_000;
/// The same for mixtures, each of which costs as much as several rows.
const MOST_MIXTURES: usize = 2_500;
/// With more scales than this a sample cannot have some rows of each.
const MOST_STRATA: usize = MOST_ROWS / 8;

/// What the residual of an observation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Residual {
    /// Predicted minus observed loss, in nats.
    #[default]
    Nats,
    /// The logarithm of predicted over observed loss.
    LogLoss,
}

impl Residual {
    /// Name in files and links.
    pub fn id(self) -> &'static str {
        match self {
            Residual::Nats => "nats",
            Residual::LogLoss => "log-loss",
        }
    }

    /// The residual of that name.
    pub fn from_id(id: &str) -> Option<Self> {
        [Residual::Nats, Residual::LogLoss].into_iter().find(|residual| residual.id() == id)
    }
}

/// One observed loss of one target.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    observation_idx: usize,
    target_pos: usize,
}

/// The objective of one fit.
pub struct Problem<'a> {
    law: Evaluation<'a>,
    /// Those with rows.
    mixtures: Vec<Mixture>,
    /// Sorted by mixture.
    rows: Vec<Row>,
    /// For each row its loss.
    observed: Vec<f64>,
    /// For each row its weight.
    weights: Vec<f64>,
    /// For each row its scale.
    scale_idxs: Vec<usize>,
    /// For each mixture its rows.
    blocks: Vec<Range<usize>>,
    /// For each scale the logarithm of its N.
    sizes: Vec<f64>,
    weight_sum: f64,
    residual: Residual,
    bounds: Vec<(f64, f64)>,
    ridge: (f64, Range<usize>),
    work: Work,
}

/// Buffers that live as long as the problem.
struct Work {
    q: Vec<f64>,
    /// The feature that each entry of θ belongs to.
    feature_of: Vec<usize>,
    /// M_h: ∂q_c/∂θ_p of the one feature that depends on θ_p.
    jacobian: Vec<f64>,
    /// Of the rows of one mixture.
    losses: Vec<f64>,
    /// Likewise: what each adds to the sum of z_r, …
    slopes: Vec<f64>,
    /// … and to that of z_r z_rᵀ.
    curvatures: Vec<f64>,
    /// Likewise, feature after feature; of a law by rows the derivatives of one row in θ.
    z: Vec<f64>,
    /// One feature's z times the curvatures.
    weighted: Vec<f64>,
    /// Σ_r w_r z_r z_rᵀ, row by row.
    sums: Vec<f64>,
    /// For each feature a row of that times M_h.
    products: Vec<f64>,
}

/// Which derivatives are asked for.
enum Order<'o> {
    Value,
    Gradient(&'o mut [f64]),
    NormalEquations(&'o mut [f64], &'o mut [f64]),
}

impl<'a> Problem<'a> {
    /// Gathers the observations that have a loss of one of the targets and a positive weight, and that the law can
    /// use.
    ///
    /// `weights` has one entry an observation: 0 leaves it out, 1 takes it, a bootstrap counts it.
    pub fn new(
        law: &'a dyn Law,
        shape: &'a Shape,
        dataset: &Dataset,
        target_idxs: &[usize],
        weights: &[f64],
        residual: Residual,
    ) -> Self {
        let design = dataset.design();
        let mut rows: Vec<(usize, usize, Row, f64, f64)> = Vec::new();
        for (target_pos, &target_idx) in target_idxs.iter().enumerate() {
            for (observation_idx, ((observation, &(mixture_idx, scale_idx)), &weight)) in
                dataset.observations().iter().zip(design.rows()).zip(weights).enumerate()
            {
                if let Some(loss) = observation.losses[target_idx]
                    && weight > 0.0
                    && law.uses(shape, target_pos, &observation.mixture)
                {
                    rows.push((mixture_idx, scale_idx, Row { observation_idx, target_pos }, loss.0, weight));
                }
            }
        }
        // Sorted by all that enters the sums, so that the order of the text does not change a bit of the fit.
        rows.sort_by(|(mixture_a, scale_a, a, loss_a, weight_a), (mixture_b, scale_b, b, loss_b, weight_b)| {
            let mixture = design.mixtures()[*mixture_a].iter().zip(&design.mixtures()[*mixture_b]);
            mixture
                .map(|(a, b)| a.total_cmp(b))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
                .then(scale_order(design.scales(), *scale_a, *scale_b))
                .then(a.target_pos.cmp(&b.target_pos))
                .then(loss_a.total_cmp(loss_b))
                .then(weight_a.total_cmp(weight_b))
        });
        // Of a part of the rows only the scales and the mixtures that it has.
        let mut present: Vec<usize> = rows.iter().map(|(_, scale_idx, ..)| *scale_idx).collect();
        present.sort_by(|&a, &b| scale_order(design.scales(), a, b).then(a.cmp(&b)));
        present.dedup();
        let mut position_of = vec![0; design.scales().len()];
        present.iter().enumerate().for_each(|(position, &scale_idx)| position_of[scale_idx] = position);
        let blocks = blocks(&rows);
        let mixtures = blocks.iter().map(|range| Mixture::new(&design.mixtures()[rows[range.start].0])).collect();
        let scales = present.iter().map(|&scale_idx| design.scales()[scale_idx]);
        let scales: Vec<Scale> = scales.map(|scale| Scale::new(scale.n, scale.d)).collect();
        let parameters = law.parameters(shape);
        let evaluation = law.evaluation(shape, &scales);
        let (n_features, n_jacobian) = match &evaluation {
            Evaluation::Features(law) => (law.ranges().len(), parameters.len()),
            Evaluation::Rows(_) => (parameters.len(), 0),
        };
        let mut feature_of = vec![0; n_jacobian];
        if let Evaluation::Features(law) = &evaluation {
            law.ranges().iter().enumerate().for_each(|(feature, range)| feature_of[range.clone()].fill(feature));
        }
        let longest = match &evaluation {
            Evaluation::Features(_) => blocks.iter().map(Range::len).max().unwrap_or(0),
            Evaluation::Rows(_) => 1,
        };
        Self {
            law: evaluation,
            mixtures,
            blocks,
            sizes: scales.iter().map(|scale| scale.ln_n).collect(),
            weight_sum: rows.iter().map(|(.., weight)| weight).sum(),
            observed: rows.iter().map(|(.., loss, _)| *loss).collect(),
            weights: rows.iter().map(|(.., weight)| *weight).collect(),
            scale_idxs: rows.iter().map(|(_, scale_idx, ..)| position_of[*scale_idx]).collect(),
            rows: rows.into_iter().map(|(_, _, row, ..)| row).collect(),
            residual,
            bounds: parameters.iter().map(|parameter| parameter.bounds).collect(),
            ridge: (0.0, law.ridge(shape)),
            work: Work {
                q: vec![0.0; n_features],
                feature_of,
                jacobian: vec![0.0; n_jacobian],
                losses: vec![0.0; longest],
                slopes: vec![0.0; longest],
                curvatures: vec![0.0; longest],
                z: vec![0.0; longest * n_features],
                weighted: vec![0.0; longest],
                sums: vec![0.0; n_features * n_features],
                products: vec![0.0; n_features * n_jacobian],
            },
        }
    }

    /// The same with λ Σ_p (θ_p − θ̄)² added, over the entries that the law's ridge draws to their mean.
    pub fn with_ridge(mut self, lambda: f64) -> Self {
        self.ridge.0 = lambda;
        self
    }

    /// The observations that a search from many starts looks at, where all are too many for it: so many of each
    /// target and scale as fall to them, at random, so that no mixture goes with some N and D only.
    pub fn sample(&self) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        // Stable, so that those of one scale stay sorted by their mixture.
        let stratum = |position: usize| (self.rows[position].target_pos, self.scale_idxs[position]);
        order.sort_by_key(|&position| stratum(position));
        let mut strata: Vec<&[usize]> = order.chunk_by(|&a, &b| stratum(a) == stratum(b)).collect();
        if strata.len() > MOST_STRATA {
            strata = vec![&order];
        }
        let mut step = self.rows.len().div_ceil(MOST_ROWS);
        let mut sample: Vec<usize> = order.clone();
        while step > 1 || self.n_mixtures_of(&sample) > MOST_MIXTURES {
            step = step.max(2);
            let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
            // One of every so many neighbours.
            let one = |neighbours: &[usize]| {
                let at = (random.random::<f64>() * step as f64) as usize;
                neighbours[at % neighbours.len()]
            };
            sample = strata.iter().flat_map(|stratum| stratum.chunks(step)).map(one).collect();
            if self.n_mixtures_of(&sample) <= MOST_MIXTURES {
                break;
            }
            step *= 2;
        }
        (step > 1).then(|| sample.into_iter().map(|position| self.rows[position].observation_idx).collect())
    }

    fn n_mixtures_of(&self, positions: &[usize]) -> usize {
        let mut has_rows = vec![false; self.rows.len()];
        positions.iter().for_each(|&position| has_rows[position] = true);
        self.blocks.iter().filter(|range| has_rows[(*range).clone()].contains(&true)).count()
    }

    /// Number of observed losses.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Number of distinct runs among them: pairs of a model size and a mixture.
    pub fn n_runs(&self) -> usize {
        let size = |scale_idx: usize| self.sizes[scale_idx];
        let of_mixture = |range: &Range<usize>| {
            // Sorted by size.
            self.scale_idxs[range.clone()].chunk_by(|&a, &b| size(a) == size(b)).count()
        };
        self.blocks.iter().map(of_mixture).sum()
    }

    /// Number of distinct mixtures among them.
    pub fn n_mixtures(&self) -> usize {
        self.blocks.len()
    }

    /// The observed losses, in nats.
    pub fn losses(&self) -> impl Iterator<Item = f64> {
        self.observed.iter().copied()
    }

    fn evaluate(&mut self, theta: &[f64], delta: f64, mut order: Order) -> f64 {
        match &mut order {
            Order::Value => {}
            Order::Gradient(gradient) => gradient.fill(0.0),
            Order::NormalEquations(gradient, gram) => {
                gradient.fill(0.0);
                gram.fill(0.0);
            }
        }
        let value = match &self.law {
            Evaluation::Features(_) => self.evaluate_features(theta, delta, &mut order),
            Evaluation::Rows(_) => self.evaluate_rows(theta, delta, &mut order),
        };
        let scale = 1.0 / self.weight_sum;
        match &mut order {
            Order::Value => {}
            Order::Gradient(gradient) => gradient.iter_mut().for_each(|entry| *entry *= scale),
            Order::NormalEquations(gradient, gram) => {
                gradient.iter_mut().for_each(|entry| *entry *= scale);
                gram.iter_mut().for_each(|entry| *entry *= scale);
            }
        }
        let value = value * scale + self.add_ridge(theta, &mut order);
        if let Order::NormalEquations(_, gram) = order {
            mirror_lower_triangle(gram, theta.len());
        }
        // A θ at which the formula overflows is worse than any other.
        if value.is_nan() { f64::INFINITY } else { value }
    }

    /// λ Σ_p (θ_p − θ̄)², with its derivatives.
    fn add_ridge(&self, theta: &[f64], order: &mut Order) -> f64 {
        let (lambda, range) = &self.ridge;
        if *lambda == 0.0 || range.is_empty() {
            return 0.0;
        }
        let entries = &theta[range.clone()];
        let n = entries.len() as f64;
        let mean = entries.iter().sum::<f64>() / n;
        if let Order::Gradient(gradient) | Order::NormalEquations(gradient, _) = order {
            for (gradient, entry) in gradient[range.clone()].iter_mut().zip(entries) {
                *gradient += 2.0 * lambda * (entry - mean);
            }
        }
        if let Order::NormalEquations(_, gram) = order {
            for i in range.clone() {
                for j in range.start..=i {
                    gram[i * theta.len() + j] += 2.0 * lambda * (f64::from(u8::from(i == j)) - 1.0 / n);
                }
            }
        }
        lambda * entries.iter().map(|entry| (entry - mean) * (entry - mean)).sum::<f64>()
    }

    fn evaluate_features(&mut self, theta: &[f64], delta: f64, order: &mut Order) -> f64 {
        let Evaluation::Features(law) = &mut self.law else { unreachable!("called for laws of features only") };
        law.begin(theta);
        let Work { q, feature_of, jacobian, losses, slopes, curvatures, z, weighted, sums, products } = &mut self.work;
        let mut value = 0.0;
        for (mixture, range) in self.mixtures.iter().zip(&self.blocks) {
            let (scale_idxs, n) = (&self.scale_idxs[range.clone()], range.len());
            let (losses, slopes, curvatures) = (&mut losses[..n], &mut slopes[..n], &mut curvatures[..n]);
            let z = &mut z[..n * q.len()];
            let wanted = (!matches!(order, Order::Value)).then_some(&mut jacobian[..]);
            law.features(theta, mixture, q, wanted);
            law.losses(q, scale_idxs, mixture, losses, z);
            let observed = (&self.observed[range.clone()], &self.weights[range.clone()]);
            value += weigh_all(self.residual, delta, losses, observed, slopes, curvatures);
            if let Order::Value = order {
                continue;
            }
            for (range, z) in law.ranges().iter().zip(z.chunks_exact(n)) {
                if let Order::Gradient(gradient) | Order::NormalEquations(gradient, _) = order {
                    add_scaled(&mut gradient[range.clone()], dot(slopes, z), &jacobian[range.clone()]);
                }
            }
            let Order::NormalEquations(_, gram) = order else { continue };
            let (n_theta, n_features) = (theta.len(), q.len());
            for (a, z_a) in z.chunks_exact(n).enumerate() {
                multiply(weighted, z_a, curvatures);
                for (b, z_b) in z.chunks_exact(n).enumerate().take(a + 1) {
                    let sum = dot(&weighted[..n], z_b);
                    (sums[a * n_features + b], sums[b * n_features + a]) = (sum, sum);
                }
            }
            // Features come in another order than their entries of θ, so a row needs products with all.
            for (products, sums) in products.chunks_exact_mut(n_theta).zip(sums.chunks_exact(n_features)) {
                let entries = jacobian.iter().zip(&*feature_of);
                products.iter_mut().zip(entries).for_each(|(out, (entry, &feature))| *out = sums[feature] * entry);
            }
            // The lower triangle, and what is quickly added beside it; the upper one is mirrored at the end.
            for (i, (&entry, &feature)) in jacobian.iter().zip(&*feature_of).enumerate() {
                let length = (i + 1).next_multiple_of(8).min(n_theta);
                add_scaled(&mut gram[i * n_theta..][..length], entry, &products[feature * n_theta..]);
            }
        }
        value
    }

    fn evaluate_rows(&mut self, theta: &[f64], delta: f64, order: &mut Order) -> f64 {
        let Evaluation::Rows(law) = &mut self.law else { unreachable!("called for row-wise laws only") };
        law.begin(theta);
        let row_gradient = &mut self.work.z;
        let mut value = 0.0;
        for (mixture, range) in self.mixtures.iter().zip(&self.blocks) {
            for at in range.clone() {
                let (row, scale_idx) = (&self.rows[at], self.scale_idxs[at]);
                let wanted = match order {
                    Order::Value => None,
                    _ => Some(&mut row_gradient[..]),
                };
                let loss = law.loss(row.target_pos, scale_idx, mixture, wanted);
                let (predicted, observed) = (f64x2::splat(loss), f64x2::splat(self.observed[at]));
                let weighed = weigh(self.residual, within(delta), predicted, observed, f64x2::splat(self.weights[at]));
                let [first, slope, curvature] = [weighed.0, weighed.1, weighed.2].map(|both| both.to_array()[0]);
                value += first;
                let entries = law.entries(row.target_pos);
                if let Order::Gradient(gradient) | Order::NormalEquations(gradient, _) = order {
                    for (&position, entry) in entries.iter().zip(row_gradient.iter()) {
                        gradient[position] += slope * entry;
                    }
                }
                if let Order::NormalEquations(_, gram) = order {
                    for (a, &position_a) in entries.iter().enumerate() {
                        let weight = curvature * row_gradient[a];
                        for (&position_b, entry) in entries.iter().zip(row_gradient.iter()).take(a + 1) {
                            gram[position_a * theta.len() + position_b] += weight * entry;
                        }
                    }
                }
            }
        }
        value
    }
}

/// For each mixture its rows, of rows sorted by mixture.
fn blocks(rows: &[(usize, usize, Row, f64, f64)]) -> Vec<Range<usize>> {
    let mut from = 0;
    let blocks = rows.chunk_by(|(a, ..), (b, ..)| a == b).map(|block| {
        from += block.len();
        from - block.len()..from
    });
    blocks.collect()
}

impl Objective for Problem<'_> {
    fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    fn value(&mut self, theta: &[f64], delta: f64) -> f64 {
        self.evaluate(theta, delta, Order::Value)
    }

    fn gradient(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64]) -> f64 {
        self.evaluate(theta, delta, Order::Gradient(gradient))
    }

    fn normal_equations(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64], gram: &mut [f64]) -> f64 {
        self.evaluate(theta, delta, Order::NormalEquations(gradient, gram))
    }

    /// A row's share is that of its residual and its entries; a mixture's, that of its powers and of the whole matrix.
    fn work(&self) -> f64 {
        const FUNCTION: f64 = 20.0;
        let (n_rows, n_mixtures, n) = (self.rows.len() as f64, self.blocks.len() as f64, self.bounds.len() as f64);
        let n_entries = self.work.q.len() as f64;
        let of_row = FUNCTION + n_entries * n_entries;
        match &self.law {
            Evaluation::Features(_) => n_rows * of_row + n_mixtures * n * (FUNCTION + n / 2.0),
            Evaluation::Rows(_) => n_rows * (of_row + FUNCTION * n),
        }
    }
}

fn scale_order(scales: &[crate::dataset::Scale], a: usize, b: usize) -> std::cmp::Ordering {
    let key = |idx: usize| {
        let scale = scales[idx];
        (scale.n.map_or(0.0, |n| n.0), scale.d.map_or(0.0, |d| d.0))
    };
    let (a, b) = (key(a), key(b));
    a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// −δ and δ.
fn within(delta: f64) -> [f64x2; 2] {
    [f64x2::splat(-delta), f64x2::splat(delta)]
}

/// Of two rows w·Huber_δ(ρ), and what multiplies ∂L/∂θ in its gradient and in the normal equations.
#[inline(always)]
fn weigh(
    kind: Residual,
    within: [f64x2; 2],
    predicted: f64x2,
    observed: f64x2,
    weight: f64x2,
) -> (f64x2, f64x2, f64x2) {
    let (residual, derivative) = match kind {
        Residual::Nats => (predicted - observed, f64x2::ONE),
        Residual::LogLoss => ((predicted / observed).ln(), f64x2::ONE / predicted),
    };
    let (value, slope, curvature) = huber(residual, within);
    let weighted = weight * derivative;
    (weight * value, weighted * slope, weighted * derivative * curvature)
}

/// Huber_δ(ρ) = s (ρ − s/2) with s = min(max(ρ, −δ), δ), its derivative s, and the weight of ρ² in its quadratic
/// majoriser: min(1, δ/|ρ|).
#[inline(always)]
fn huber(residual: f64x2, [low, high]: [f64x2; 2]) -> (f64x2, f64x2, f64x2) {
    let slope = residual.fast_max(low).fast_min(high);
    (slope * (residual - f64x2::HALF * slope), slope, (high / residual.abs()).fast_min(f64x2::ONE))
}

/// [`weigh`] of any number of rows; returns the sum of the values.
fn weigh_all(
    kind: Residual,
    delta: f64,
    predicted: &[f64],
    (observed, weights): (&[f64], &[f64]),
    slopes: &mut [f64],
    curvatures: &mut [f64],
) -> f64 {
    let (mut sum, within) = (f64x2::ZERO, within(delta));
    let ((predicted, last), (observed, last_observed)) = (predicted.as_chunks::<2>(), observed.as_chunks::<2>());
    let (weights, last_weights) = weights.as_chunks::<2>();
    let ((slopes, last_slopes), (curvatures, last_curvatures)) =
        (slopes.as_chunks_mut::<2>(), curvatures.as_chunks_mut::<2>());
    let rows = predicted.iter().zip(observed).zip(weights).zip(slopes.iter_mut().zip(curvatures));
    for (((predicted, observed), weights), (slopes, curvatures)) in rows {
        let (predicted, observed, weights) = (f64x2::from(*predicted), f64x2::from(*observed), f64x2::from(*weights));
        let (value, slope, curvature) = weigh(kind, within, predicted, observed, weights);
        sum += value;
        (*slopes, *curvatures) = (slope.to_array(), curvature.to_array());
    }
    if let ([predicted], [observed], [weight]) = (last, last_observed, last_weights) {
        let (predicted, observed) = (f64x2::splat(*predicted), f64x2::splat(*observed));
        let (value, slope, curvature) = weigh(kind, within, predicted, observed, f64x2::from([*weight, 0.0]));
        sum += value;
        (last_slopes[0], last_curvatures[0]) = (slope.to_array()[0], curvature.to_array()[0]);
    }
    let [first, second] = sum.to_array();
    first + second
}

fn mirror_lower_triangle(gram: &mut [f64], n: usize) {
    for i in 0..n {
        for j in i + 1..n {
            gram[i * n + j] = gram[j * n + i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huber_is_smooth_and_its_majoriser_touches_it() {
        let delta = 0.5;
        let huber = |residual: f64, delta: f64| {
            let (value, slope, weight) = super::huber(f64x2::splat(residual), within(delta));
            [value, slope, weight].map(|both| both.to_array()[0])
        };
        for residual in [-3.0, -0.5, -0.2, 0.0, 0.1, 0.4999, 0.5001, 7.0_f64] {
            let [value, slope, weight] = huber(residual, delta);
            let step = 1e-6;
            let expected = (huber(residual + step, delta)[0] - huber(residual - step, delta)[0]) / (2.0 * step);
            assert!((slope - expected).abs() < 1e-5, "slope at {residual}");
            assert!((slope - weight * residual).abs() < 1e-15, "the majoriser has the same slope at {residual}");
            for other in [-2.0, -0.3, 0.0, 0.3, 2.0_f64] {
                let above = value + weight * (other * other - residual * residual) / 2.0;
                assert!(above >= huber(other, delta)[0] - 1e-15, "below Huber at {other}");
            }
        }
        assert_eq!(huber(3.0, f64::INFINITY), [4.5, 3.0, 1.0], "least squares");
    }

    #[test]
    fn names_of_residuals_come_back() {
        for residual in [Residual::Nats, Residual::LogLoss] {
            assert_eq!(Residual::from_id(residual.id()), Some(residual));
        }
        assert_eq!(Residual::from_id("bits"), None);
    }
}
