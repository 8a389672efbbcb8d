//! The penalised marginal likelihood that hyperparameters p maximise. For standardised values z with covariance K(p),
//! their negative logarithm without its constant (Rasmussen & Williams 2006, eqs. 5.8 and 5.9) is
//!
//! ```text
//!     F = ½ zᵀK⁻¹z + ½ ln det K + ½ Σ_i ((p_i − m_i)/τ_i)²
//!     ∂F/∂p = −½ Σ_ij W_ij ∂K_ij/∂p + (p − m)/τ²,       W = ααᵀ − K⁻¹,  α = K⁻¹z
//! ```
//!
//! summed over targets, the priors counted once. Targets observed on the same rows share K and its factor.

use super::cholesky::Cholesky;
use super::inputs::Points;
use super::kernel::Kernel;

/// Added to the diagonal of K: far below any noise of a loss, and enough for rounding errors.
pub(super) const JITTER: f64 = 1e-8;

/// Targets that were observed on the same rows.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub points: Points,
    /// Standardised values of each target.
    pub targets: Vec<Vec<f64>>,
}

/// F(p), and writes ∂F/∂p; infinite where K has no factor.
pub(super) fn evaluate(kernel: &Kernel, groups: &[Group], parameters: &[f64], gradient: &mut [f64]) -> f64 {
    gradient.fill(0.0);
    let mut value = 0.0;
    for group in groups {
        let n = group.points.rows.len();
        let tables = kernel.tables(parameters, &group.points);
        let mut matrix = kernel.matrix(parameters, &group.points, &tables);
        (0..n).for_each(|i| matrix[i * n + i] += JITTER);
        let Some(factor) = Cholesky::new(matrix, n) else {
            return f64::INFINITY;
        };
        let n_targets = group.targets.len() as f64;
        value += n_targets * factor.half_ln_det();
        let mut weights = factor.inverse();
        weights.iter_mut().for_each(|entry| *entry *= -n_targets);
        for z in &group.targets {
            let alpha = factor.solve(z);
            value += 0.5 * z.iter().zip(&alpha).map(|(z, alpha)| z * alpha).sum::<f64>();
            for (line, first) in weights.chunks_exact_mut(n).zip(&alpha) {
                line.iter_mut().zip(&alpha).for_each(|(entry, second)| *entry += first * second);
            }
        }
        kernel.add_gradient(parameters, &group.points, &tables, &weights, -0.5, gradient);
    }
    for ((prior, p), slope) in kernel.priors.iter().zip(parameters).zip(gradient) {
        let standardised = (p - prior.mean) / prior.deviation;
        value += 0.5 * standardised * standardised;
        *slope += standardised / prior.deviation;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::super::inputs::{Features, Input, Inputs};
    use super::super::kernel::Recipe;
    use super::*;

    /// Rows of a few mixtures at a few scales, several of a run.
    fn group() -> Group {
        let mixtures = [[0.2, 0.3, 0.5], [0.0, 0.6, 0.4], [0.7, 0.1, 0.2], [0.3, 0.3, 0.4], [0.05, 0.05, 0.9]];
        let inputs: Vec<Input> = (0..14)
            .map(|i| Input {
                mixture: mixtures[i % 5].to_vec(),
                ln_n: if i % 3 == 0 { 0.5 } else { -1.0 },
                ln_d: (i / 5) as f64 * 0.7,
                run: (i % 5) * 2 + usize::from(i % 3 == 0),
            })
            .collect();
        let inputs = Inputs::new(&inputs);
        let points = Points::new(&inputs, &Features::new(&inputs, (0.35, 1e-3)));
        let target = |frequency: f64| (0..14).map(|i| libm::sin(frequency * i as f64)).collect();
        Group { points, targets: vec![target(1.3), target(0.4)] }
    }

    #[test]
    fn the_gradient_is_that_of_the_likelihood() {
        for recipe in [Recipe::Mixture, Recipe::Residual] {
            let kernel = Kernel::new(recipe, 3);
            let groups = [group(), Group { targets: vec![vec![0.3; 14]], ..group() }];
            let starts = kernel.priors.iter().enumerate();
            let at: Vec<f64> = starts.map(|(i, prior)| prior.start + 0.3 * libm::cos(i as f64)).collect();
            let mut gradient = vec![0.0; at.len()];
            let mut unused = gradient.clone();
            evaluate(&kernel, &groups, &at, &mut gradient);
            for i in 0..at.len() {
                let step = 1e-4;
                let mut value = |sign: f64| {
                    let mut moved = at.clone();
                    moved[i] += sign * step;
                    evaluate(&kernel, &groups, &moved, &mut unused)
                };
                let expected = (value(1.0) - value(-1.0)) / (2.0 * step);
                assert!(
                    (gradient[i] - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                    "{recipe:?} {i}: {} instead of {expected}",
                    gradient[i]
                );
            }
        }
    }
}
