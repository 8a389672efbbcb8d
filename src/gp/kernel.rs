//! Kernels: sums of products of a kernel of two mixtures and one of two scales, with the priors of their
//! hyperparameters. A study has few distinct mixtures and scales, so exponentials are taken once for each pair of
//! those, and a pair of rows is a few multiplications.

use serde::{Deserialize, Serialize};

use super::inputs::Points;

/// What is modelled, and by which kernel. The numbers are those of the module's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipe {
    /// ln L as a function of the mixture, at one scale.
    Mixture,
    /// Log residuals ln L − ln law at any number of scales.
    Residual,
}

/// A normal prior of one hyperparameter (a logarithm), where its search starts, and its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    pub mean: f64,
    pub deviation: f64,
    pub start: f64,
    pub low: f64,
    pub high: f64,
}

/// Matérn's correlation 5/2 as a function of r², the squared distance in length scales, and its two derivatives in r²:
/// (1 + t + t²/3) e^(−t), t² = 5 r². None is infinite at r = 0, as dt/d(r²) cancels.
pub(super) fn correlation(squared: f64) -> [f64; 3] {
    let t = (5.0 * squared).sqrt();
    let decay = libm::exp(-t);
    [(1.0 + t + t * t / 3.0) * decay, -5.0 / 6.0 * (1.0 + t) * decay, 25.0 / 12.0 * decay]
}

/// The part of a term that depends on the mixtures: r² = Σ_i (φ_i − φ′_i)² e^(−2(ln ℓ + u_i)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MixturePart {
    /// Position of ln ℓ.
    pub ln_length: usize,
    /// Position of the first u_i; without it all are 0.
    pub relative: Option<usize>,
}

/// a² · (mixture part) · (scale part); a part that is not there is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Term {
    /// Position of ln a; without it a = 1.
    pub ln_amplitude: Option<usize>,
    pub mixture: Option<MixturePart>,
    /// Positions of the ln ℓ of ln N and ln D, in a Gaussian kernel.
    pub scale: Option<[usize; 2]>,
}

/// Σ terms + a_run² [same run] + σ² [same row].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kernel {
    pub priors: Vec<Prior>,
    pub terms: Vec<Term>,
    /// Position of the ln a of the run's effect.
    pub run: Option<usize>,
    /// Position of ln σ.
    pub noise: usize,
}

/// A place where the kernel is evaluated: φ, (ln N, ln D), and the run, if it is one that was observed.
#[derive(Debug, Clone, Copy)]
pub(super) struct KernelPlace<'a> {
    pub phi: &'a [f64],
    pub scale: [f64; 2],
    pub run: Option<usize>,
}

impl Kernel {
    /// The recipe's kernel for mixtures of that many features.
    pub fn new(recipe: Recipe, n_features: usize) -> Self {
        match recipe {
            Recipe::Mixture => {
                let ln_noise = libm::log(0.1);
                let mut priors = vec![
                    Prior { mean: 2.0, deviation: 2.0, start: 2.0, low: -4.0, high: 6.0 },
                    Prior { mean: 1.5, deviation: 1.5, start: 1.5, low: -3.0, high: 5.0 },
                    Prior { mean: ln_noise, deviation: 1.0, start: ln_noise, low: -7.0, high: 1.0 },
                ];
                priors.extend(vec![Prior { mean: 0.0, deviation: 1.0, start: 0.0, low: -3.0, high: 3.0 }; n_features]);
                let part = MixturePart { ln_length: 1, relative: Some(3) };
                let terms = vec![
                    Term { ln_amplitude: Some(0), mixture: Some(part), scale: None },
                    Term { ln_amplitude: None, mixture: None, scale: None },
                ];
                Self { priors, terms, run: None, noise: 2 }
            }
            Recipe::Residual => {
                let prior = |mean: f64| Prior { mean, deviation: 1.0, start: mean, low: -5.0, high: 3.0 };
                let means = [-0.7, 0.0, -0.7, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, -1.0, -1.0];
                let part = |ln_length| Some(MixturePart { ln_length, relative: None });
                let terms = vec![
                    Term { ln_amplitude: Some(0), mixture: part(1), scale: None },
                    Term { ln_amplitude: Some(2), mixture: part(3), scale: Some([4, 5]) },
                    Term { ln_amplitude: Some(6), mixture: None, scale: Some([7, 8]) },
                ];
                Self { priors: means.into_iter().map(prior).collect(), terms, run: Some(9), noise: 10 }
            }
        }
    }

    /// a² of a term.
    pub fn amplitude(term: &Term, parameters: &[f64]) -> f64 {
        term.ln_amplitude.map_or(1.0, |position| libm::exp(2.0 * parameters[position]))
    }

    /// Variance of the run's effect.
    pub fn run_variance(&self, parameters: &[f64]) -> f64 {
        self.run.map_or(0.0, |position| libm::exp(2.0 * parameters[position]))
    }

    /// σ²
    pub fn noise_variance(&self, parameters: &[f64]) -> f64 {
        libm::exp(2.0 * parameters[self.noise])
    }

    /// k of two places, without noise.
    pub fn between(&self, parameters: &[f64], a: KernelPlace, b: KernelPlace) -> f64 {
        let terms = self.terms.iter().map(|term| {
            let mixture = term.mixture.map_or(1.0, |part| {
                correlation(squared_distance(a.phi, b.phi, &part.weights(parameters, a.phi.len())))[0]
            });
            let scale = term.scale.map_or(1.0, |positions| scale_correlation(parameters, positions, a.scale, b.scale));
            Self::amplitude(term, parameters) * mixture * scale
        });
        let same_run = a.run.is_some() && a.run == b.run;
        terms.sum::<f64>() + if same_run { self.run_variance(parameters) } else { 0.0 }
    }

    /// k of a place and every row, without noise.
    pub fn cross(&self, parameters: &[f64], points: &Points, place: KernelPlace) -> Vec<f64> {
        let run_variance = self.run_variance(parameters);
        let same_run = |run: usize| if place.run == Some(run) { run_variance } else { 0.0 };
        let mut out: Vec<f64> = points.rows.iter().map(|row| same_run(row.run)).collect();
        for term in &self.terms {
            let amplitude = Self::amplitude(term, parameters);
            let mixtures = term.mixture.map(|part| {
                let weights = part.weights(parameters, points.n_features);
                let of = |m| correlation(squared_distance(place.phi, points.phi(m), &weights))[0];
                (0..points.n_mixtures).map(of).collect::<Vec<f64>>()
            });
            let scales = term.scale.map(|positions| {
                let of = |scale: &[f64; 2]| scale_correlation(parameters, positions, place.scale, *scale);
                points.scales.iter().map(of).collect::<Vec<f64>>()
            });
            for (out, row) in out.iter_mut().zip(&points.rows) {
                let mixture = mixtures.as_ref().map_or(1.0, |table| table[row.mixture_idx]);
                let scale = scales.as_ref().map_or(1.0, |table| table[row.scale_idx]);
                *out += amplitude * mixture * scale;
            }
        }
        out
    }

    /// Each term's correlations of all pairs of distinct mixtures and of distinct scales.
    pub fn tables(&self, parameters: &[f64], points: &Points) -> Vec<Tables> {
        self.terms.iter().map(|term| Tables::new(term, parameters, points)).collect()
    }

    /// K with noise, its lower triangle row by row.
    pub fn matrix(&self, parameters: &[f64], points: &Points, tables: &[Tables]) -> Vec<f64> {
        let n = points.rows.len();
        let (run_variance, noise_variance) = (self.run_variance(parameters), self.noise_variance(parameters));
        let mut matrix = vec![0.0; n * n];
        for (i, line) in matrix.chunks_exact_mut(n.max(1)).enumerate() {
            let row = points.rows[i];
            for table in tables {
                table.add_to(row.mixture_idx, row.scale_idx, points, &mut line[..=i]);
            }
            for (entry, other) in line[..i].iter_mut().zip(&points.rows) {
                if other.run == row.run {
                    *entry += run_variance;
                }
            }
            line[i] += run_variance + noise_variance;
        }
        matrix
    }

    /// Adds factor · Σ_ij W_ij ∂K_ij/∂p to the gradient, for a symmetric W of which the lower triangle is read.
    pub fn add_gradient(
        &self,
        parameters: &[f64],
        points: &Points,
        tables: &[Tables],
        weights: &[f64],
        factor: f64,
        gradient: &mut [f64],
    ) {
        let n = points.rows.len();
        let trace: f64 = (0..n).map(|i| weights[i * n + i]).sum();
        gradient[self.noise] += factor * 2.0 * self.noise_variance(parameters) * trace;
        if let Some(position) = self.run {
            let mut sum = trace;
            for (i, row) in points.rows.iter().enumerate() {
                for (j, other) in points.rows[..i].iter().enumerate() {
                    if other.run == row.run {
                        sum += 2.0 * weights[i * n + j];
                    }
                }
            }
            gradient[position] += factor * 2.0 * self.run_variance(parameters) * sum;
        }
        for (term, table) in self.terms.iter().zip(tables) {
            table.add_gradient(term, parameters, points, weights, factor, gradient);
        }
    }
}

impl MixturePart {
    /// 1/ℓ_i² of each feature.
    pub fn weights(&self, parameters: &[f64], n_features: usize) -> Vec<f64> {
        let ln_length = parameters[self.ln_length];
        let relative = |i: usize| self.relative.map_or(0.0, |first| parameters[first + i]);
        (0..n_features).map(|i| libm::exp(-2.0 * (ln_length + relative(i)))).collect()
    }
}

/// Σ_i w_i (a_i − b_i)², in lanes as in [`dot`](crate::vectors::dot).
pub(super) fn squared_distance(a: &[f64], b: &[f64], weights: &[f64]) -> f64 {
    const LANES: usize = 4;
    let term = |a: f64, b: f64, weight: f64| weight * (a - b) * (a - b);
    let (a, b, weights) = (a.chunks_exact(LANES), b.chunks_exact(LANES), weights.chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder()).zip(weights.remainder());
    let rest: f64 = rest.map(|((a, b), weight)| term(*a, *b, *weight)).sum();
    let mut lanes = [0.0; LANES];
    for ((a, b), weights) in a.zip(b).zip(weights) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane], weights[lane]);
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest
}

/// The Gaussian kernel of two scales.
pub(super) fn scale_correlation(parameters: &[f64], positions: [usize; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::exp(-0.5 * scale_distances(parameters, positions, a, b).iter().sum::<f64>())
}

/// (Δ ln N/ℓ_N)² and (Δ ln D/ℓ_D)²
fn scale_distances(parameters: &[f64], positions: [usize; 2], a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [0, 1].map(|i| {
        let difference = (a[i] - b[i]) * libm::exp(-parameters[positions[i]]);
        difference * difference
    })
}

/// One term's correlations.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    amplitude: f64,
    /// Of each pair of mixtures, and its derivative in r².
    mixtures: Option<(Vec<f64>, Vec<f64>)>,
    /// Of each pair of scales.
    scales: Option<Vec<f64>>,
}

impl Tables {
    fn new(term: &Term, parameters: &[f64], points: &Points) -> Self {
        let mixtures = term.mixture.map(|part| {
            let n = points.n_mixtures;
            let weights = part.weights(parameters, points.n_features);
            let (mut values, mut slopes) = (vec![0.0; n * n], vec![0.0; n * n]);
            for i in 0..n {
                for j in 0..=i {
                    let squared = squared_distance(points.phi(i), points.phi(j), &weights);
                    let [value, slope, _] = correlation(squared);
                    (values[i * n + j], values[j * n + i]) = (value, value);
                    (slopes[i * n + j], slopes[j * n + i]) = (slope, slope);
                }
            }
            (values, slopes)
        });
        let scales = term.scale.map(|positions| {
            let pairs = points.scales.iter().flat_map(|a| points.scales.iter().map(move |b| (*a, *b)));
            pairs.map(|(a, b)| scale_correlation(parameters, positions, a, b)).collect()
        });
        Self { amplitude: Kernel::amplitude(term, parameters), mixtures, scales }
    }

    /// Correlations of one mixture with all, and of one scale with all.
    fn lines(&self, mixture_idx: usize, scale_idx: usize, points: &Points) -> (Option<&[f64]>, Option<&[f64]>) {
        let (n, m) = (points.n_mixtures, points.scales.len());
        let mixtures = self.mixtures.as_ref().map(|(values, _)| &values[mixture_idx * n..(mixture_idx + 1) * n]);
        let scales = self.scales.as_ref().map(|values| &values[scale_idx * m..(scale_idx + 1) * m]);
        (mixtures, scales)
    }

    /// Adds the term's covariance of one row with the first rows.
    fn add_to(&self, mixture_idx: usize, scale_idx: usize, points: &Points, line: &mut [f64]) {
        let lines = self.lines(mixture_idx, scale_idx, points);
        for (entry, row) in line.iter_mut().zip(&points.rows) {
            let mixture = lines.0.map_or(1.0, |line| line[row.mixture_idx]);
            let scale = lines.1.map_or(1.0, |line| line[row.scale_idx]);
            *entry += self.amplitude * mixture * scale;
        }
    }

    fn add_gradient(
        &self,
        term: &Term,
        parameters: &[f64],
        points: &Points,
        weights: &[f64],
        factor: f64,
        gradient: &mut [f64],
    ) {
        let (n, n_mixtures, n_scales) = (points.rows.len(), points.n_mixtures, points.scales.len());
        // Σ W over the pairs of rows with one pair of mixtures, times the scales' correlation, and the reverse.
        let mut by_mixture = vec![0.0; if self.mixtures.is_some() { n_mixtures * n_mixtures } else { 0 }];
        let mut by_scale = vec![0.0; if self.scales.is_some() { n_scales * n_scales } else { 0 }];
        let mut total = 0.0;
        for (i, row) in points.rows.iter().enumerate() {
            let lines = self.lines(row.mixture_idx, row.scale_idx, points);
            for (j, other) in points.rows[..=i].iter().enumerate() {
                let weight = factor * self.amplitude * weights[i * n + j] * if i == j { 1.0 } else { 2.0 };
                let mixture = lines.0.map_or(1.0, |line| line[other.mixture_idx]);
                let scale = lines.1.map_or(1.0, |line| line[other.scale_idx]);
                total += weight * mixture * scale;
                if lines.0.is_some() {
                    by_mixture[row.mixture_idx * n_mixtures + other.mixture_idx] += weight * scale;
                }
                if lines.1.is_some() {
                    by_scale[row.scale_idx * n_scales + other.scale_idx] += weight * mixture;
                }
            }
        }
        if let Some(position) = term.ln_amplitude {
            gradient[position] += 2.0 * total;
        }
        if let (Some(part), Some((_, slopes))) = (term.mixture, &self.mixtures) {
            let inverse_squares = part.weights(parameters, points.n_features);
            let mut sums = vec![0.0; points.n_features];
            for i in 0..n_mixtures {
                for j in 0..i {
                    let both = by_mixture[i * n_mixtures + j] + by_mixture[j * n_mixtures + i];
                    let weight = both * slopes[i * n_mixtures + j];
                    let pairs = points.phi(i).iter().zip(points.phi(j));
                    for (sum, (a, b)) in sums.iter_mut().zip(pairs) {
                        *sum += weight * (a - b) * (a - b);
                    }
                }
            }
            for (i, (sum, inverse_square)) in sums.iter().zip(&inverse_squares).enumerate() {
                let slope = -2.0 * sum * inverse_square;
                gradient[part.ln_length] += slope;
                if let Some(first) = part.relative {
                    gradient[first + i] += slope;
                }
            }
        }
        if let (Some(positions), Some(values)) = (term.scale, &self.scales) {
            for (i, a) in points.scales.iter().enumerate() {
                for (j, b) in points.scales.iter().enumerate() {
                    let weight = by_scale[i * n_scales + j] * values[i * n_scales + j];
                    let distances = scale_distances(parameters, positions, *a, *b);
                    (0..2).for_each(|axis| gradient[positions[axis]] += weight * distances[axis]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correlation_has_the_derivatives_that_it_says() {
        for squared in [0.01, 0.5, 3.0] {
            let step = 1e-5;
            let [above, below] = [squared + step, squared - step].map(correlation);
            let [_, first, second] = correlation(squared);
            assert!(((above[0] - below[0]) / (2.0 * step) - first).abs() < 1e-8);
            assert!(((above[1] - below[1]) / (2.0 * step) - second).abs() < 1e-7);
        }
        assert_eq!(correlation(0.0), [1.0, -5.0 / 6.0, 25.0 / 12.0]);
    }
}
