//! The power of a linear function of the mixture: the coefficients of the joint law, and more.

use super::super::formula::{Expr, product, sum_over, sym};
use super::super::parameter::away_from_zero;
use super::super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};
use super::Term;

/// A_h = (Σ_i C_i h_i)^γ, γ of either sign.
///
/// Inside it is the power mean of its values at the corners of the simplex, A_i = C_i^γ, with p = 1/γ:
///
/// ```text
///     A_h = (Σ_i h_i A_i^p)^{1/p},    θ = (ln A_1 … ln A_k, p);    at p = 0 it is Π_i A_i^{h_i}
/// ```
///
/// This is the same family, but the A_i are of order one whatever γ is, whereas C_i = A_i^p has no scale of
/// its own; and p passes smoothly from γ → +∞ through the geometric mean to γ → −∞, where many fits lie.
/// (With all A_i alike, A_h = A for every p.)
pub(in super::super) struct PowerMean {
    /// A in C^A and γ^A.
    superscript: Option<&'static str>,
    start: (f64, f64),
    bounds: (f64, f64),
}

/// At p = 28 the power mean is within 4 % of the largest A_i that has a weight of 0.3, at −28 of the least; many
/// fits end beyond 12. Much further C_i = A_i^p has no place in an f64.
const LARGEST_P: f64 = 28.0;
/// Below this |p| the derivative in p is computed by its series: the closed form cancels.
const SMALL_P: f64 = 1e-3;

impl PowerMean {
    /// A loss of its own: (Σ C_i h_i)^γ.
    pub const fn loss() -> Self {
        Self { superscript: None, start: (-3.0, 1.5), bounds: (-12.0, 8.0) }
    }

    /// A_h or B_h.
    pub const fn coefficient(superscript: &'static str) -> Self {
        Self { superscript: Some(superscript), start: (-3.0, 1.5), bounds: (-12.0, 8.0) }
    }

    /// α_h or β_h.
    pub const fn exponent(superscript: &'static str) -> Self {
        Self { superscript: Some(superscript), start: (-2.5, 0.0), bounds: (-5.3, 0.4) }
    }

    fn symbol(&self, letter: &'static str, ascii: &'static str) -> Symbol {
        Symbol { superscript: self.superscript, ..Symbol::plain(letter, ascii) }
    }
}

impl Term for PowerMean {
    fn parameters(&self, k: usize, at: usize, exponent: Option<usize>) -> Vec<Parameter> {
        let c = self.symbol("C", "C");
        let corner = |i: usize| Parameter {
            symbol: c.of_domain(i),
            kind: Kind::Corner { p: at + k, exponent },
            start: self.start,
            bounds: self.bounds,
        };
        let p = Parameter {
            symbol: self.symbol("γ", "gamma"),
            kind: Kind::Inverse,
            start: (-3.0, 3.0),
            bounds: (-LARGEST_P, LARGEST_P),
        };
        (0..k).map(corner).chain([p]).collect()
    }

    fn n_parameters(&self, k: usize) -> usize {
        k + 1
    }

    fn n_prepared(&self, k: usize) -> usize {
        2 * k + 1
    }

    /// With a_i = ln A_i − their centre: each e^{p a_i} − 1, each e^{p a_i}, and the centre.
    fn prepare(&self, theta: &[f64], prepared: &mut [f64]) {
        let k = theta.len() - 1;
        let centre = theta[..k].iter().sum::<f64>() / k as f64;
        for i in 0..k {
            let exponent = theta[k] * (theta[i] - centre);
            prepared[i] = libm::expm1(exponent);
            prepared[k + i] = libm::exp(exponent);
        }
        prepared[2 * k] = centre;
    }

    fn value(&self, theta: &[f64], prepared: &[f64], mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64 {
        let k = mixture.h.len();
        let (corners, p) = (&theta[..k], theta[k]);
        let (growth, powers, centre) = (&prepared[..k], &prepared[k..2 * k], prepared[2 * k]);
        // ln A_h = centre + K(p)/p, K(p) = ln Σ h_i e^{p a_i}; by whichever of the two forms does not cancel.
        let sum = powers.iter().zip(&mixture.h).fold(0.0, |sum, (power, h)| sum + h * power);
        let excess = growth.iter().zip(&mixture.h).fold(0.0, |sum, (growth, h)| sum + h * growth);
        let cumulant = if excess.abs() < 0.5 { libm::log1p(excess) } else { libm::log(sum) };
        let small = p.abs() < SMALL_P;
        let (ln_ratio, slope) = if small {
            let [mean, variance, third, fourth] = moments(corners, &mixture.h);
            // K(p) = κ₁p + κ₂p²/2 + κ₃p³/6 + κ₄p⁴/24 + …
            let fourth_cumulant = fourth - 3.0 * variance * variance;
            (
                mean - centre + p * (variance / 2.0 + p * (third / 6.0 + p * fourth_cumulant / 24.0)),
                variance / 2.0 + p * (third / 3.0 + p * fourth_cumulant / 8.0),
            )
        } else {
            (cumulant / p, 0.0)
        };
        let value = libm::exp(centre + ln_ratio);
        let Some(jacobian) = jacobian else { return value };
        let mut first_moment = 0.0;
        for i in 0..k {
            let share = mixture.h[i] * powers[i] / sum;
            first_moment += share * (corners[i] - centre);
            jacobian[i] = share * value;
        }
        let slope = if small { slope } else { (first_moment - cumulant / p) / p };
        jacobian[k] = value * slope;
        value
    }

    /// Off the simplex A_h is (Σ_i C_i h_i)^γ.
    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let k = h.len();
        let p = away_from_zero(theta[k]);
        // Relative to the largest C_i, so that nothing overflows.
        let largest = theta[..k].iter().map(|ln_a| p * ln_a).fold(f64::NEG_INFINITY, f64::max);
        let c: Vec<f64> = theta[..k].iter().map(|ln_a| libm::exp(p * ln_a - largest)).collect();
        let sum: f64 = c.iter().zip(h).map(|(c, h)| c * h).sum();
        let value = libm::exp((largest + libm::log(sum)) / p);
        out.value += weight * value;
        for i in 0..k {
            out.gradient[i] += weight * value / (p * sum) * c[i];
        }
        out.add_square(weight * (1.0 - p) * value / (p * p * sum * sum), &c);
    }

    /// A power γ of a positive linear function with γ outside (0, 1).
    fn is_convex(&self, theta: &[f64]) -> bool {
        theta[theta.len() - 1] <= 1.0
    }

    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..=k).map(|position| vec![position]).collect()
    }

    /// The level is the median corner: one that is far off may be so because nothing depends on it.
    fn alike(&self, theta: &[f64], other: &[f64]) -> Option<Vec<f64>> {
        let k = theta.len() - 1;
        let level = |theta: &[f64]| {
            let mut corners = theta[..k].to_vec();
            crate::order::sort(&mut corners);
            corners[k / 2]
        };
        let shift = level(theta) - level(other);
        Some(other[..k].iter().map(|ln_a| ln_a + shift).chain([other[k]]).collect())
    }

    /// Every A_i the same, p = 1.
    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        let mut theta = vec![libm::log(value); k];
        theta.push(1.0);
        theta
    }

    fn formula(&self) -> Expr {
        let c = sym("C").below("i").above(self.superscript);
        sum_over("i", product([c, sym("h").below("i")])).pow(sym("γ").above(self.superscript))
    }
}

/// The mean of the ln A_i under h, and their second to fourth central moments.
fn moments(corners: &[f64], h: &[f64]) -> [f64; 4] {
    let mean: f64 = corners.iter().zip(h).map(|(ln_a, h)| ln_a * h).sum();
    corners.iter().zip(h).fold([mean, 0.0, 0.0, 0.0], |[mean, second, third, fourth], (ln_a, h)| {
        let a = ln_a - mean;
        [mean, second + h * a * a, third + h * a * a * a, fourth + h * a * a * a * a]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_likeness_keeps_its_own_level() {
        let law = PowerMean::coefficient("A");
        let value = |theta: &[f64], h: &[f64]| {
            let mut prepared = vec![0.0; law.n_prepared(3)];
            law.prepare(theta, &mut prepared);
            law.value(theta, &prepared, &Mixture::new(h), None)
        };
        let (theta, other) = ([0.1, 0.5, 2.0, -3.0], [-1.0, -0.6, 0.4, 1.5]);
        let alike = law.alike(&theta, &other).unwrap();
        assert!((value(&alike, &[0.0, 1.0, 0.0]) - libm::exp(0.5)).abs() < 1e-12);
        for h in [[0.2, 0.3, 0.5], [0.7, 0.1, 0.2]] {
            assert!((value(&alike, &h) / value(&other, &h) - libm::exp(1.1)).abs() < 1e-12, "{h:?}");
        }
    }
}
