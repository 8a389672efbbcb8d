//! The posterior mean at one scale as a function of the mixture, with its derivatives.

use super::inputs::{Features, Points};
use super::kernel::{correlation, squared_distance};
use super::standard::Standard;
use crate::vectors::dot;

/// A posterior mean at one scale: Σ_m w_m g(r²(h, h_m)) over the distinct mixtures, and a constant.
#[derive(Debug, Clone)]
pub struct Surface<'a> {
    pub(super) features: &'a Features,
    pub(super) points: &'a Points,
    pub(super) standard: Standard,
    pub(super) constant: f64,
    pub(super) parts: Vec<SurfacePart>,
    /// φ of the distinct mixtures, feature by feature, so that sums over mixtures are of contiguous numbers.
    pub(super) columns: Vec<f64>,
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
        let n_mixtures = self.points.n_mixtures;
        let column = |i: usize| i * n_mixtures..(i + 1) * n_mixtures;
        let mut differences = self.columns.clone();
        for (i, [phi, ..]) in derivatives.iter().enumerate() {
            differences[column(i)].iter_mut().for_each(|entry| *entry = phi - *entry);
        }
        let mut mean = self.constant;
        let (mut slopes, mut curvatures) = (vec![0.0; n], vec![0.0; n * n]);
        let mut squared = vec![0.0; n_mixtures];
        let (mut firsts, mut seconds, mut bent) = (squared.clone(), squared.clone(), squared.clone());
        for part in &self.parts {
            squared.fill(0.0);
            for (i, inverse_square) in part.inverse_squares.iter().enumerate() {
                let differences = &differences[column(i)];
                squared.iter_mut().zip(differences).for_each(|(sum, difference)| {
                    *sum += inverse_square * difference * difference;
                });
            }
            for (mixture_idx, weight) in part.weights.iter().enumerate() {
                let [value, first, second] = correlation(squared[mixture_idx]);
                mean += weight * value;
                // ∂r²/∂h_i = 2 (φ_i − φ′_i) φ_i′/ℓ_i²
                firsts[mixture_idx] = 2.0 * weight * first;
                seconds[mixture_idx] = 4.0 * weight * second;
            }
            let of_all: f64 = firsts.iter().sum();
            for i in 0..n {
                let [_, slope, curvature] = derivatives[i];
                let inverse_square = part.inverse_squares[i];
                let along = inverse_square * dot(&firsts, &differences[column(i)]);
                slopes[i] += along * slope;
                curvatures[i * n + i] += of_all * inverse_square * slope * slope + along * curvature;
                bent.iter_mut().zip(&seconds).zip(&differences[column(i)]).for_each(|((bent, second), difference)| {
                    *bent = second * difference;
                });
                for j in 0..=i {
                    let scale = inverse_square * slope * part.inverse_squares[j] * derivatives[j][1];
                    curvatures[i * n + j] += scale * dot(&bent, &differences[column(j)]);
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
