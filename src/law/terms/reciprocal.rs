//! The mixture term of the additive and the joint law.

use super::super::formula::{Expr, product, sum_over, sym};
use super::super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};
use super::Term;

/// T(h) = 1 / Σ_i C_i h_i^{γ_i}; inside θ = (ln C_1 … ln C_k, ln γ_1 … ln γ_k).
pub(in super::super) struct Reciprocal;

const C: Symbol = Symbol::plain("C", "C");
const GAMMA: Symbol = Symbol::plain("γ", "gamma");

impl Term for Reciprocal {
    /// γ below 0.01 cannot be told from a constant over any weights that one trains on; γ above 20 leaves
    /// nothing of a weight below 0.8.
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let entry = |symbol: Symbol, start, bounds| Parameter { symbol, kind: Kind::Log, start, bounds };
        let c = (0..k).map(|i| entry(C.of_domain(i), (-1.5, 2.5), (-12.0, 12.0)));
        let gamma = (0..k).map(|i| entry(GAMMA.of_domain(i), (-2.5, 0.5), (-4.6, 3.0)));
        c.chain(gamma).collect()
    }

    fn n_prepared(&self, k: usize) -> usize {
        k
    }

    /// The γ_i.
    fn prepare(&self, theta: &[f64], prepared: &mut [f64]) {
        let k = prepared.len();
        for i in 0..k {
            prepared[i] = libm::exp(theta[k + i]);
        }
    }

    fn value(&self, theta: &[f64], prepared: &[f64], mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64 {
        let k = mixture.h.len();
        let summand = |i: usize| {
            if mixture.h[i] > 0.0 { libm::exp(theta[i] + prepared[i] * mixture.ln_h[i]) } else { 0.0 }
        };
        let Some(jacobian) = jacobian else {
            return 1.0 / (0..k).fold(0.0, |sum, i| sum + summand(i));
        };
        let mut sum = 0.0;
        for i in 0..k {
            let summand = summand(i);
            sum += summand;
            jacobian[i] = summand;
            jacobian[k + i] = if mixture.h[i] > 0.0 { summand * prepared[i] * mixture.ln_h[i] } else { 0.0 };
        }
        let value = 1.0 / sum;
        for entry in &mut jacobian[..2 * k] {
            *entry *= -value * value;
        }
        value
    }

    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
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

    /// With every γ_i ≤ 1 the sum is concave and positive, so its reciprocal is convex.
    fn is_convex(&self, theta: &[f64]) -> bool {
        theta[theta.len() / 2..].iter().all(|&ln_gamma| ln_gamma <= 0.0)
    }

    /// One domain's C_i and γ_i.
    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..k).map(|i| vec![i, k + i]).collect()
    }

    /// Every γ_i = 1 and every C_i the same.
    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        let mut theta = vec![-libm::log(value); k];
        theta.resize(2 * k, 0.0);
        theta
    }

    fn formula(&self) -> Expr {
        let summand = product([sym("C").below("i"), sym("h").below("i").pow(sym("γ").below("i"))]);
        sym("1").over(sum_over("i", summand))
    }
}
