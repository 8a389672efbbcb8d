//! The terms that several laws share, each with its derivatives in θ and in h.

use super::{Mixture, MixtureDerivatives, Parameter, Scale, Symbol};
use crate::units::BILLION;

/// ln 10⁹: from N in billions to N in parameters.
pub(super) fn ln_billion() -> f64 {
    libm::log(BILLION)
}

/// Inside, E is its logarithm; losses are of order one, and an E of 0.001 is as good as none.
pub(super) fn irreducible_loss() -> Parameter {
    Parameter { symbol: Symbol::plain("E", "E"), start: (-2.0, 1.0), bounds: (-7.0, 4.0) }
}

/// Inside, a coefficient of N^−α or D^−β is its logarithm, for N and D in 10⁹.
pub(super) fn coefficient(letter: &'static str) -> Parameter {
    Parameter { symbol: Symbol::plain(letter, letter), start: (-3.0, 1.5), bounds: (-12.0, 8.0) }
}

/// Inside, an exponent of N or D is its logarithm: from 0.005, a power that is as good as constant, to 1.5.
pub(super) fn exponent(letter: &'static str, ascii: &'static str) -> Parameter {
    Parameter { symbol: Symbol::plain(letter, ascii), start: (-2.5, 0.0), bounds: (-5.3, 0.4) }
}

/// N^−α or D^−β: writes the value and its derivative in ln α.
pub(super) fn power(ln_exponent: f64, ln_scale: f64) -> (f64, f64) {
    let exponent = libm::exp(ln_exponent);
    let value = libm::exp(-exponent * ln_scale);
    (value, -exponent * ln_scale * value)
}

/// The mixture term T(h) = 1 / Σ_i C_i h_i^{γ_i}; inside θ = (ln C_1 … ln C_k, ln γ_1 … ln γ_k).
pub(super) mod reciprocal {
    use super::{Mixture, MixtureDerivatives, Parameter, Symbol};

    const C: Symbol = Symbol::plain("C", "C");
    const GAMMA: Symbol = Symbol::plain("γ", "gamma");

    /// The 2k parameters. γ below 0.01 cannot be told from a constant over any weights that one trains on;
    /// γ above 20 leaves nothing of a weight below 0.8.
    pub fn parameters(n_domains: usize) -> impl Iterator<Item = Parameter> {
        let c = (0..n_domains).map(|i| Parameter { symbol: C.of_domain(i), start: (-1.5, 2.5), bounds: (-12.0, 12.0) });
        let gamma =
            (0..n_domains).map(|i| Parameter { symbol: GAMMA.of_domain(i), start: (-2.5, 0.5), bounds: (-4.6, 3.0) });
        c.chain(gamma)
    }

    /// Writes ∂T/∂θ and returns T.
    pub fn value(theta: &[f64], mixture: &Mixture, jacobian: &mut [f64]) -> f64 {
        let k = mixture.h.len();
        let mut sum = 0.0;
        for i in 0..k {
            let gamma = libm::exp(theta[k + i]);
            if mixture.h[i] > 0.0 {
                let summand = libm::exp(theta[i] + gamma * mixture.ln_h[i]);
                sum += summand;
                jacobian[i] = summand;
                jacobian[k + i] = summand * gamma * mixture.ln_h[i];
            } else {
                jacobian[i] = 0.0;
                jacobian[k + i] = 0.0;
            }
        }
        let value = 1.0 / sum;
        for entry in &mut jacobian[..2 * k] {
            *entry *= -value * value;
        }
        value
    }

    /// Adds weight · (T, ∂T/∂h, ∂²T/∂h²) to `out`.
    pub fn add_mixture_derivatives(theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let k = h.len();
        let mut sum = 0.0;
        let mut first = vec![0.0; k];
        let mut second = vec![0.0; k];
        for i in 0..k {
            let gamma = libm::exp(theta[k + i]);
            let c = libm::exp(theta[i]);
            sum += c * libm::pow(h[i], gamma);
            // At γ = 1 the power is h⁰ = 1 and the second derivative 0, at h = 0 too.
            first[i] = c * gamma * libm::pow(h[i], gamma - 1.0);
            second[i] = if gamma == 1.0 { 0.0 } else { c * gamma * (gamma - 1.0) * libm::pow(h[i], gamma - 2.0) };
        }
        let value = 1.0 / sum;
        out.value += weight * value;
        for i in 0..k {
            out.gradient[i] -= weight * value * value * first[i];
            for j in 0..k {
                out.hessian[i * k + j] += weight * 2.0 * value * value * value * first[i] * first[j];
            }
            out.hessian[i * k + i] -= weight * value * value * second[i];
        }
    }

    /// Convex for certain: with every γ_i ≤ 1 the sum is concave and positive, so its reciprocal is convex.
    pub fn is_convex(theta: &[f64]) -> bool {
        theta[theta.len() / 2..].iter().all(|&ln_gamma| ln_gamma <= 0.0)
    }
}

/// The coefficient A_h = (Σ_i C_i h_i)^γ, γ of either sign.
///
/// Inside it is the power mean of its values at the corners of the simplex, A_i = C_i^γ, with p = 1/γ:
///
/// ```text
///     A_h = (Σ_i h_i A_i^p)^{1/p},    θ = (ln A_1 … ln A_k, p);    at p = 0 it is Π_i A_i^{h_i}
/// ```
///
/// This is the same family, but the A_i are of order one whatever γ is, whereas C_i = A_i^p has no scale of
/// its own; and p passes smoothly from γ → +∞ through the geometric mean to γ → −∞, where many fits lie.
/// (With all A_i alike, A_h = A for every p: the additive law.)
pub(super) mod power_mean {
    use super::{Mixture, MixtureDerivatives, Parameter, Symbol};

    /// At p = 28 the power mean is within 4 % of the largest A_i that has a weight of 0.3, at −28 of the least; many
    /// fits end beyond 12. Much further C_i = A_i^p has no place in an f64.
    const LARGEST_P: f64 = 28.0;
    /// Below this |p| the derivative in p is computed by its series: the closed form cancels.
    const SMALL_P: f64 = 1e-3;
    /// Outside, γ = 1/p; a p nearer to 0 than this is written as this. A_h changes by less than 1e-6 of itself.
    const SMALLEST_P: f64 = 1e-7;

    /// The k + 1 parameters.
    pub fn parameters(n_domains: usize, superscript: &'static str) -> impl Iterator<Item = Parameter> {
        let c = Symbol::plain("C", "C").with_superscript(superscript);
        let gamma = Symbol::plain("γ", "gamma").with_superscript(superscript);
        let corner =
            (0..n_domains).map(move |i| Parameter { symbol: c.of_domain(i), start: (-3.0, 1.5), bounds: (-12.0, 8.0) });
        corner.chain([Parameter { symbol: gamma, start: (-3.0, 3.0), bounds: (-LARGEST_P, LARGEST_P) }])
    }

    /// Writes ∂A_h/∂θ and returns A_h.
    pub fn value(theta: &[f64], mixture: &Mixture, jacobian: &mut [f64]) -> f64 {
        let k = mixture.h.len();
        let (corners, p) = (&theta[..k], theta[k]);
        // ln A_h = κ₁ + K(p)/p, K(p) = ln Σ h_i e^{p a_i}, a_i = ln A_i − κ₁, κ₁ = Σ h_i ln A_i.
        let mean: f64 = corners.iter().zip(&mixture.h).map(|(ln_a, h)| ln_a * h).sum();
        let (mut excess, mut first_moment) = (0.0, 0.0);
        for i in 0..k {
            let a = corners[i] - mean;
            let growth = libm::expm1(p * a);
            excess += mixture.h[i] * growth;
            first_moment += mixture.h[i] * a * (1.0 + growth);
            jacobian[i] = mixture.h[i] * (1.0 + growth);
        }
        let cumulant = libm::log1p(excess);
        let (variance, third, fourth) = moments(corners, &mixture.h, mean);
        let (ln_ratio, slope) = if p.abs() < SMALL_P {
            // K(p) = κ₂p²/2 + κ₃p³/6 + κ₄p⁴/24 + …
            let fourth_cumulant = fourth - 3.0 * variance * variance;
            (
                p * (variance / 2.0 + p * (third / 6.0 + p * fourth_cumulant / 24.0)),
                variance / 2.0 + p * (third / 3.0 + p * fourth_cumulant / 8.0),
            )
        } else {
            (cumulant / p, (first_moment / (1.0 + excess) - cumulant / p) / p)
        };
        let value = libm::exp(mean + ln_ratio);
        for entry in &mut jacobian[..k] {
            *entry *= value / (1.0 + excess);
        }
        jacobian[k] = value * slope;
        value
    }

    /// Second to fourth central moments of the ln A_i under h.
    fn moments(corners: &[f64], h: &[f64], mean: f64) -> (f64, f64, f64) {
        corners.iter().zip(h).fold((0.0, 0.0, 0.0), |(second, third, fourth), (ln_a, h)| {
            let a = ln_a - mean;
            (second + h * a * a, third + h * a * a * a, fourth + h * a * a * a * a)
        })
    }

    /// Adds weight · (A_h, ∂A_h/∂h, ∂²A_h/∂h²) to `out`. Off the simplex A_h is (Σ_i C_i h_i)^γ.
    pub fn add_mixture_derivatives(theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
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
            for j in 0..k {
                out.hessian[i * k + j] += weight * (1.0 - p) * value / (p * p * sum * sum) * c[i] * c[j];
            }
        }
    }

    /// Convex for certain: a power γ of a positive linear function with γ outside (0, 1).
    pub fn is_convex(theta: &[f64]) -> bool {
        theta[theta.len() - 1] <= 1.0
    }

    fn away_from_zero(p: f64) -> f64 {
        if p.abs() < SMALLEST_P { SMALLEST_P.copysign(p) } else { p }
    }

    /// C_i = (A_i · unit)^p and γ = 1/p, where `ln_unit` takes A_h to the unit of N or D outside.
    pub fn natural(theta: &[f64], ln_unit: f64) -> impl Iterator<Item = f64> {
        let k = theta.len() - 1;
        let p = away_from_zero(theta[k]);
        theta[..k].iter().map(move |ln_a| libm::exp((ln_a + ln_unit) * p)).chain([1.0 / p])
    }

    /// The inverse of [`natural`].
    pub fn inside(natural: &[f64], ln_unit: f64) -> impl Iterator<Item = f64> {
        let k = natural.len() - 1;
        let gamma = natural[k];
        natural[..k].iter().map(move |c| libm::log(*c) * gamma - ln_unit).chain([1.0 / gamma])
    }
}

/// s = (1, N^−α, D^−β) for the terms that stand, with the derivatives in ln α and ln β. `ln_exponents` has
/// the exponents of the terms that stand.
pub(super) fn scale_channels(
    n_term: bool,
    d_term: bool,
    ln_exponents: &[f64],
    scale: Scale,
    s: &mut [f64],
    derivatives: &mut [f64],
) {
    s[0] = 1.0;
    let mut term = 0;
    for (stands, ln_scale) in [(n_term, scale.ln_n), (d_term, scale.ln_d)] {
        if stands {
            (s[term + 1], derivatives[term]) = power(ln_exponents[term], ln_scale);
            term += 1;
        }
    }
}
