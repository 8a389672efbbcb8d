//! The posterior mean at one scale as a function of the mixture, with its derivatives.

use super::inputs::{Features, Points};
use super::kernel::{correlation, squared_distance};
use super::standard::Standard;

/// A posterior mean at one scale: Σ_m w_m g(r²(h, h_m)) over the distinct mixtures, and a constant.
#[derive(Debug, Clone)]
pub struct Surface<'a> {
    pub(super) features: &'a Features,
    pub(super) points: &'a Points,
    pub(super) standard: Standard,
    pub(super) constant: f64,
    pub(super) parts: Vec<SurfacePart>,
}

#[derive(Debug, Clone)]
pub(super) struct SurfacePart {
    pub inverse_squares: Vec<f64>,
    /// One a distinct mixture.
    pub weights: Vec<f64>,
}

impl Surface<'_> {
    /// The mean at a mixture.
    pub fn mean(&self, h: &[f64]) -> f64 {
        let phi = self.features.of(h);
        let mut mean = self.constant;
        for part in &self.parts {
            for (mixture_idx, weight) in part.weights.iter().enumerate() {
                let squared = squared_distance(&phi, self.points.phi(mixture_idx), &part.inverse_squares);
                mean += weight * correlation(squared)[0];
            }
        }
        self.standard.unshifted(mean).0
    }

    /// The mean at a mixture; writes its derivatives in h (k, and k × k row by row), the weights taken as k free
    /// variables. All are finite, at h_i = 0 as well: the kernel sees (h + ε)^p. Domains that never varied in the inputs
    /// have derivatives 0.
    pub fn mean_with_derivatives(&self, h: &[f64], gradient: &mut [f64], hessian: &mut [f64]) -> f64 {
        let (k, n) = (h.len(), self.points.n_features);
        let derivatives: Vec<[f64; 3]> =
            self.features.domain_idxs.iter().map(|&i| self.features.derivatives(h[i])).collect();
        let mut mean = self.constant;
        let mut slopes = vec![0.0; n];
        let mut curvatures = vec![0.0; n * n];
        let mut half = vec![0.0; n];
        for part in &self.parts {
            for (mixture_idx, weight) in part.weights.iter().enumerate() {
                let other = self.points.phi(mixture_idx);
                let mut squared = 0.0;
                for i in 0..n {
                    let difference = derivatives[i][0] - other[i];
                    half[i] = part.inverse_squares[i] * difference;
                    squared += half[i] * difference;
                }
                let [value, first, second] = correlation(squared);
                mean += weight * value;
                // ∂r²/∂h_i = 2 (φ_i − φ′_i) φ_i′/ℓ_i²
                let (first, second) = (2.0 * weight * first, 4.0 * weight * second);
                for i in 0..n {
                    let [_, slope, curvature] = derivatives[i];
                    slopes[i] += first * half[i] * slope;
                    curvatures[i * n + i] += first * (part.inverse_squares[i] * slope * slope + half[i] * curvature);
                    half[i] *= slope;
                }
                for (i, line) in curvatures.chunks_exact_mut(n.max(1)).enumerate() {
                    let scaled = second * half[i];
                    line[..=i].iter_mut().zip(&half).for_each(|(entry, other)| *entry += scaled * other);
                }
            }
        }
        let (mean, first, second) = self.standard.unshifted(mean);
        gradient.fill(0.0);
        hessian.fill(0.0);
        for (a, &i) in self.features.domain_idxs.iter().enumerate() {
            gradient[i] = first * slopes[a];
            for (b, &j) in self.features.domain_idxs[..=a].iter().enumerate() {
                let entry = first * curvatures[a * n + b] + second * slopes[a] * slopes[b];
                hessian[i * k + j] = entry;
                hessian[j * k + i] = entry;
            }
        }
        mean
    }
}
