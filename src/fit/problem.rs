//! The objective of one fit with its derivatives, computed by the structure of the law.
//!
//! ```text
//!     F(θ) = Σ_r w_r Huber_δ(ρ_r) / Σ_r w_r,     Huber_δ(ρ) = ρ²/2 for |ρ| < δ, else δ(|ρ| − δ/2)
//!     ρ_r = L(N_r, D_r, h_r; θ) − L_r [nats], or ln L(N_r, D_r, h_r; θ) − ln L_r
//! ```
//!
//! δ → ∞ is least squares. Rows are grouped by their mixture. For a law of channels ∂ρ_r/∂θ = M_hᵀ z_r, where
//! z_r = (s_c, ∂s_c/∂θ_p) depends on the scale alone and the sparse M_h on the mixture alone, so that JᵀWJ =
//! Σ_h M_hᵀ (Σ_r w_r z_r z_rᵀ) M_h: the sum over rows is over tiny matrices.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::law::{Evaluation, Law, Mixture, Scale, Shape};

use super::solver::Objective;

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
    scale_idx: usize,
    target_pos: usize,
    loss: f64,
    weight: f64,
}

/// The objective of one fit.
pub struct Problem<'a> {
    law: &'a dyn Law,
    shape: &'a Shape,
    mixtures: Vec<Mixture>,
    scales: Vec<Scale>,
    /// Sorted by mixture.
    rows: Vec<Row>,
    /// For each mixture with rows: its index and its rows.
    blocks: Vec<(usize, Range<usize>)>,
    weight_sum: f64,
    residual: Residual,
    bounds: Vec<(f64, f64)>,
    work: Work,
}

/// Buffers that live as long as the problem.
struct Work {
    /// For each scale z = (s_c, ∂s_c/∂θ_p).
    z: Vec<f64>,
    phi: Vec<f64>,
    jacobian: Vec<f64>,
    z_gradient: Vec<f64>,
    z_gram: Vec<f64>,
    row_gradient: Vec<f64>,
}

/// Which derivatives are asked for.
enum Order<'o> {
    Value,
    Gradient(&'o mut [f64]),
    NormalEquations(&'o mut [f64], &'o mut [f64]),
}

impl<'a> Problem<'a> {
    /// Gathers the observations that have a loss of one of the targets and a positive weight.
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
        let mut rows: Vec<(usize, Row)> = Vec::new();
        for (target_pos, &target_idx) in target_idxs.iter().enumerate() {
            for ((observation, &(mixture_idx, scale_idx)), &weight) in
                dataset.observations().iter().zip(design.rows()).zip(weights)
            {
                if let Some(loss) = observation.losses[target_idx]
                    && weight > 0.0
                {
                    rows.push((mixture_idx, Row { scale_idx, target_pos, loss: loss.0, weight }));
                }
            }
        }
        // Sorted by all that enters the sums, so that the order of the text does not change a bit of the fit.
        rows.sort_by(|(mixture_a, a), (mixture_b, b)| {
            let mixture = design.mixtures()[*mixture_a].iter().zip(&design.mixtures()[*mixture_b]);
            mixture
                .map(|(a, b)| a.total_cmp(b))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
                .then(a.target_pos.cmp(&b.target_pos))
                .then(scale_order(design.scales(), a.scale_idx, b.scale_idx))
                .then(a.loss.total_cmp(&b.loss))
        });
        let mut blocks: Vec<(usize, Range<usize>)> = Vec::new();
        for (position, (mixture_idx, _)) in rows.iter().enumerate() {
            match blocks.last_mut() {
                Some((last, range)) if last == mixture_idx => range.end = position + 1,
                _ => blocks.push((*mixture_idx, position..position + 1)),
            }
        }
        let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        let n_parameters = law.parameters(shape).len();
        let work = match law.evaluation() {
            Evaluation::Channels(channels) => {
                let ranges = channels.mixture_parameters(shape);
                let n_z = ranges.len() + channels.scale_parameters(shape).len();
                Work {
                    z: vec![0.0; design.scales().len() * n_z],
                    phi: vec![0.0; ranges.len()],
                    jacobian: vec![0.0; ranges.iter().map(Range::len).sum()],
                    z_gradient: vec![0.0; n_z],
                    z_gram: vec![0.0; n_z * n_z],
                    row_gradient: Vec::new(),
                }
            }
            Evaluation::Rows(_) => Work {
                z: Vec::new(),
                phi: Vec::new(),
                jacobian: Vec::new(),
                z_gradient: Vec::new(),
                z_gram: Vec::new(),
                row_gradient: vec![0.0; n_parameters],
            },
        };
        Self {
            law,
            shape,
            mixtures: design.mixtures().iter().map(|h| Mixture::new(h)).collect(),
            scales: design.scales().iter().map(|scale| Scale::new(scale.n, scale.d)).collect(),
            weight_sum: rows.iter().map(|row| row.weight).sum(),
            rows,
            blocks,
            residual,
            bounds: law.parameters(shape).iter().map(|parameter| parameter.bounds).collect(),
            work,
        }
    }

    /// Number of observed losses.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Number of distinct mixtures among them.
    pub fn n_mixtures(&self) -> usize {
        self.blocks.len()
    }

    /// The observed losses, in nats.
    pub fn losses(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().map(|row| row.loss)
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
        let value = match self.law.evaluation() {
            Evaluation::Channels(_) => self.evaluate_channels(theta, delta, &mut order),
            Evaluation::Rows(_) => self.evaluate_rows(theta, delta, &mut order),
        };
        let scale = 1.0 / self.weight_sum;
        match order {
            Order::Value => {}
            Order::Gradient(gradient) => gradient.iter_mut().for_each(|entry| *entry *= scale),
            Order::NormalEquations(gradient, gram) => {
                gradient.iter_mut().for_each(|entry| *entry *= scale);
                gram.iter_mut().for_each(|entry| *entry *= scale);
                mirror_lower_triangle(gram, theta.len());
            }
        }
        // A θ at which the formula overflows is worse than any other.
        if value.is_nan() { f64::INFINITY } else { value * scale }
    }

    fn evaluate_channels(&mut self, theta: &[f64], delta: f64, order: &mut Order) -> f64 {
        let Evaluation::Channels(channels) = self.law.evaluation() else { unreachable!("called for channels only") };
        let Work { z, phi, jacobian, z_gradient, z_gram, .. } = &mut self.work;
        let ranges = channels.mixture_parameters(self.shape);
        let pairs = channels.scale_parameters(self.shape);
        let (n_channels, n_z) = (ranges.len(), ranges.len() + pairs.len());
        for (&scale, z) in self.scales.iter().zip(z.chunks_exact_mut(n_z)) {
            let (s, derivatives) = z.split_at_mut(n_channels);
            channels.scale(self.shape, theta, scale, s, derivatives);
        }
        let mut value = 0.0;
        for (mixture_idx, range) in &self.blocks {
            channels.mixture(self.shape, theta, &self.mixtures[*mixture_idx], phi, jacobian);
            z_gradient.fill(0.0);
            z_gram.fill(0.0);
            for row in &self.rows[range.clone()] {
                let z = &z[row.scale_idx * n_z..(row.scale_idx + 1) * n_z];
                let loss = phi.iter().zip(z).fold(0.0, |sum, (phi, s)| sum + phi * s);
                let (residual, derivative) = residual(self.residual, loss, row.loss);
                let (huber, slope, curvature) = huber(residual, delta);
                value += row.weight * huber;
                match order {
                    Order::Value => {}
                    Order::Gradient(_) => add_scaled(z_gradient, row.weight * slope * derivative, z),
                    Order::NormalEquations(..) => {
                        add_scaled(z_gradient, row.weight * slope * derivative, z);
                        let weight = row.weight * curvature * derivative * derivative;
                        for a in 0..n_z {
                            add_scaled(&mut z_gram[a * n_z..a * n_z + a + 1], weight * z[a], z);
                        }
                    }
                }
            }
            // The rows of M_h: each channel's ∂φ_c/∂θ, and φ_c where s_c depends on θ_p.
            let mut segments: Vec<(usize, &[f64])> = Vec::with_capacity(n_z);
            let mut from = 0;
            for range in &ranges {
                segments.push((range.start, &jacobian[from..from + range.len()]));
                from += range.len();
            }
            segments.extend(pairs.iter().map(|&(channel, position)| (position, &phi[channel..channel + 1])));
            if let Order::Gradient(gradient) | Order::NormalEquations(gradient, _) = order {
                for (&(start, entries), &weight) in segments.iter().zip(z_gradient.iter()) {
                    add_scaled(&mut gradient[start..start + entries.len()], weight, entries);
                }
            }
            if let Order::NormalEquations(_, gram) = order {
                let n_parameters = theta.len();
                for (a, &(start_a, entries_a)) in segments.iter().enumerate() {
                    for (b, &(start_b, entries_b)) in segments.iter().enumerate() {
                        // Only the lower triangle is filled; the upper one is mirrored at the end.
                        if start_b > start_a {
                            continue;
                        }
                        let weight = if b <= a { z_gram[a * n_z + b] } else { z_gram[b * n_z + a] };
                        for (i, entry) in entries_a.iter().enumerate() {
                            let row = (start_a + i) * n_parameters + start_b;
                            add_scaled(&mut gram[row..row + entries_b.len()], weight * entry, entries_b);
                        }
                    }
                }
            }
        }
        value
    }

    fn evaluate_rows(&mut self, theta: &[f64], delta: f64, order: &mut Order) -> f64 {
        let Evaluation::Rows(law) = self.law.evaluation() else { unreachable!("called for row-wise laws only") };
        let n_parameters = theta.len();
        let row_gradient = &mut self.work.row_gradient;
        let mut value = 0.0;
        for (mixture_idx, range) in &self.blocks {
            let mixture = &self.mixtures[*mixture_idx];
            for row in &self.rows[range.clone()] {
                let scale = self.scales[row.scale_idx];
                let loss = law.loss(self.shape, theta, row.target_pos, scale, mixture, row_gradient);
                let (residual, derivative) = residual(self.residual, loss, row.loss);
                let (huber, slope, curvature) = huber(residual, delta);
                value += row.weight * huber;
                match order {
                    Order::Value => {}
                    Order::Gradient(gradient) => {
                        add_scaled(gradient, row.weight * slope * derivative, row_gradient);
                    }
                    Order::NormalEquations(gradient, gram) => {
                        add_scaled(gradient, row.weight * slope * derivative, row_gradient);
                        let weight = row.weight * curvature * derivative * derivative;
                        for p in 0..n_parameters {
                            let row = &mut gram[p * n_parameters..p * n_parameters + p + 1];
                            add_scaled(row, weight * row_gradient[p], row_gradient);
                        }
                    }
                }
            }
        }
        value
    }
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
}

fn scale_order(scales: &[crate::dataset::Scale], a: usize, b: usize) -> std::cmp::Ordering {
    let key = |idx: usize| {
        let scale = scales[idx];
        (scale.n.map_or(0.0, |n| n.0), scale.d.map_or(0.0, |d| d.0))
    };
    let (a, b) = (key(a), key(b));
    a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// ρ and ∂ρ/∂L.
fn residual(kind: Residual, predicted: f64, observed: f64) -> (f64, f64) {
    match kind {
        Residual::Nats => (predicted - observed, 1.0),
        Residual::LogLoss => (libm::log(predicted / observed), 1.0 / predicted),
    }
}

/// Huber_δ(ρ), its derivative, and the weight of ρ² in its quadratic majoriser: min(1, δ/|ρ|).
fn huber(residual: f64, delta: f64) -> (f64, f64, f64) {
    let size = residual.abs();
    if size < delta {
        (0.5 * residual * residual, residual, 1.0)
    } else {
        (delta * (size - 0.5 * delta), delta.copysign(residual), delta / size)
    }
}

/// sum += factor · entries, over the length of the shorter one.
fn add_scaled(sum: &mut [f64], factor: f64, entries: &[f64]) {
    for (sum, entry) in sum.iter_mut().zip(entries) {
        *sum += factor * entry;
    }
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
        for residual in [-3.0, -0.5, -0.2, 0.0, 0.1, 0.4999, 0.5001, 7.0_f64] {
            let (value, slope, weight) = huber(residual, delta);
            let step = 1e-6;
            let expected = (huber(residual + step, delta).0 - huber(residual - step, delta).0) / (2.0 * step);
            assert!((slope - expected).abs() < 1e-5, "slope at {residual}");
            assert!((slope - weight * residual).abs() < 1e-15, "the majoriser has the same slope at {residual}");
            for other in [-2.0, -0.3, 0.0, 0.3, 2.0_f64] {
                let above = value + weight * (other * other - residual * residual) / 2.0;
                assert!(above >= huber(other, delta).0 - 1e-15, "below Huber at {other}");
            }
        }
        assert_eq!(huber(3.0, f64::INFINITY).0, 4.5, "least squares");
    }

    #[test]
    fn names_of_residuals_come_back() {
        for residual in [Residual::Nats, Residual::LogLoss] {
            assert_eq!(Residual::from_id(residual.id()), Some(residual));
        }
        assert_eq!(Residual::from_id("bits"), None);
    }
}
