//! The mixture term of the additive and the joint law.

use std::ops::Range;

use super::super::formula::{Expr, product, sum_over, sym};
use super::super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};
use super::Term;
use crate::vectors;

/// T(h) = 1 / Σ_i C_i h_i^{γ_i}; inside θ = (ln C_1 … ln C_k, ln γ_1 … ln γ_k).
pub(in super::super) struct Reciprocal;

const C: Symbol = Symbol::plain("C", "C");
const GAMMA: Symbol = Symbol::plain("γ", "gamma");

/// Weights between which the data lie, about, as multiples of the mean weight.
const LOW_WEIGHT: f64 = 0.3;
const HIGH_WEIGHT: f64 = 3.0;
/// A smaller γ makes a constant.
const NEARLY_CONSTANT: f64 = 0.3;
const LEAST_GAMMA: f64 = 0.02;
/// Share of what all domains have that is gathered in one.
const MOST_SHARED: f64 = 0.8;
/// Share of the sum that a domain gives at its largest weights when it gives nothing elsewhere.
const NEARLY_NOTHING: f64 = 0.3;
/// Its ln γ.
const STEEP: f64 = 2.5;

impl Term for Reciprocal {
    /// γ below 0.01 cannot be told from a constant over any weights that one trains on; γ above 20 leaves
    /// nothing of a weight below 0.8.
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let entry = |symbol: Symbol, start, bounds| Parameter { symbol, kind: Kind::Log, start, bounds };
        let c = (0..k).map(|i| entry(C.of_domain(i), (-1.5, 2.5), (-12.0, 12.0)));
        let gamma = (0..k).map(|i| entry(GAMMA.of_domain(i), (-2.5, 0.5), (-4.6, 3.0)));
        c.chain(gamma).collect()
    }

    fn n_parameters(&self, k: usize) -> usize {
        2 * k
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
        let exponent = |i: usize| theta[i] + prepared[i] * mixture.ln_h[i];
        let Some(jacobian) = jacobian else {
            let mut sum = 0.0;
            for from in (0..k).step_by(8) {
                let at = |i: usize| if from + i < k { exponent(from + i) } else { f64::NEG_INFINITY };
                let mut summands: [f64; 8] = std::array::from_fn(at);
                vectors::exp(&mut summands);
                sum = summands.iter().fold(sum, |sum, summand| sum + summand);
            }
            return 1.0 / sum;
        };
        let (summands, by_gamma) = jacobian[..2 * k].split_at_mut(k);
        summands.iter_mut().enumerate().for_each(|(i, summand)| *summand = exponent(i));
        vectors::exp(summands);
        let mut sum = 0.0;
        for i in 0..k {
            if mixture.h[i] > 0.0 {
                sum += summands[i];
                by_gamma[i] = summands[i] * prepared[i] * mixture.ln_h[i];
            } else {
                (summands[i], by_gamma[i]) = (0.0, 0.0);
            }
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
            if h[i] > 0.0 {
                let summand = libm::exp(theta[i] + gamma * libm::log(h[i]));
                sum += summand;
                first[i] = gamma * summand / h[i];
                second[i] = (gamma - 1.0) * first[i] / h[i];
            } else {
                // At γ = 1 the power is h⁰ = 1 and the second derivative 0.
                let c = libm::exp(theta[i]);
                first[i] = c * gamma * libm::pow(h[i], gamma - 1.0);
                second[i] = if gamma == 1.0 { 0.0 } else { c * gamma * (gamma - 1.0) * libm::pow(h[i], gamma - 2.0) };
            }
        }
        let value = 1.0 / sum;
        out.value += weight * value;
        for i in 0..k {
            out.gradient[i] -= weight * value * value * first[i];
            out.hessian[i * k + i] -= weight * value * value * second[i];
        }
        out.add_square(weight * 2.0 * value * value * value, &first);
    }

    /// With every γ_i ≤ 1 the sum is concave and positive, so its reciprocal is convex.
    fn is_convex(&self, theta: &[f64]) -> bool {
        theta[theta.len() / 2..].iter().all(|&ln_gamma| ln_gamma <= 0.0)
    }

    /// One domain's C_i and γ_i.
    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..k).map(|i| vec![i, k + i]).collect()
    }

    /// A constant c in the sum can be said in k + 1 ways: as one domain's C_i h_i^γ_i with γ_i near 0, or as c Σ h_i in
    /// all of them. And a domain's part may as well be none, with γ_i so large that it is nothing among the data's
    /// weights.
    fn kin(&self, theta: &[f64]) -> Vec<Vec<f64>> {
        let k = theta.len() / 2;
        let value = |theta: &[f64], i: usize, h: f64| libm::exp(theta[i] + libm::exp(theta[k + i]) * libm::log(h));
        let [low, high] = [LOW_WEIGHT, HIGH_WEIGHT].map(|times| times / k as f64);
        // The power law through two values.
        let set = |theta: &mut [f64], i: usize, [at_low, at_high]: [f64; 2]| {
            let gamma = (libm::log(at_high / at_low) / libm::log(high / low)).max(LEAST_GAMMA);
            theta[i] = libm::log(at_high) - gamma * libm::log(high);
            theta[k + i] = libm::log(gamma);
        };
        let mut spread = theta.to_vec();
        for i in (0..k).filter(|&i| theta[k + i] < libm::log(NEARLY_CONSTANT)) {
            let constant = value(&spread, i, 1.0 / k as f64);
            for j in 0..k {
                let own = |h: f64| if j == i { 0.0 } else { value(&spread, j, h) };
                let both = [low, high].map(|h| own(h) + constant * h);
                set(&mut spread, j, both);
            }
        }
        // What every domain has in proportion to its weight at least.
        let shared = (0..k).map(|i| (value(&spread, i, low) / low).min(value(&spread, i, high) / high));
        let constant = MOST_SHARED * shared.fold(f64::INFINITY, f64::min);
        let gathered = (0..k).map(|at| {
            let mut theta = spread.clone();
            for i in 0..k {
                let moved = |h: f64| if i == at { constant * (1.0 - h) } else { -constant * h };
                let both = [low, high].map(|h| value(&spread, i, h) + moved(h));
                set(&mut theta, i, both);
            }
            theta
        });
        let without = (0..k).map(|i| {
            let mut without = theta.to_vec();
            let sum: f64 = (0..k).map(|j| value(theta, j, 1.0 / k as f64)).sum();
            without[i] = libm::log(NEARLY_NOTHING * sum) - libm::exp(STEEP) * libm::log(high.min(1.0));
            without[k + i] = STEEP;
            without
        });
        let kin = gathered.chain(without);
        if spread == theta { kin.collect() } else { std::iter::once(spread.clone()).chain(kin).collect() }
    }

    /// Every γ_i = 1 and every C_i the same.
    /// Each with one domain's part in proportion to its weight.
    fn kin_without_constant(&self, theta: &[f64]) -> Vec<Vec<f64>> {
        let k = theta.len() / 2;
        let proportional = |i: usize| {
            let mut theta = theta.to_vec();
            theta[k + i] = 0.0;
            theta
        };
        (0..k).map(proportional).collect()
    }

    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        let mut theta = vec![-libm::log(value); k];
        theta.resize(2 * k, 0.0);
        theta
    }

    fn weight_exponents(&self, k: usize) -> Range<usize> {
        k..2 * k
    }

    fn formula(&self) -> Expr {
        let summand = product([sym("C").below("i"), sym("h").below("i").pow(sym("γ").below("i"))]);
        sym("1").over(sum_over("i", summand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum without its reciprocal.
    fn sum(theta: &[f64], h: [f64; 3]) -> f64 {
        (0..3).map(|i| libm::exp(theta[i]) * libm::pow(h[i], libm::exp(theta[3 + i]))).sum()
    }

    #[test]
    fn kin_say_nearly_the_same() {
        // The second domain's term is nearly constant.
        let theta = [0.5, 0.2, -0.3, -0.1, libm::log(0.05), 0.2];
        let kin = Reciprocal.kin(&theta);
        assert_eq!(kin.len(), 1 + 3 + 3);
        for h in [[0.3, 0.3, 0.4], [0.5, 0.2, 0.3], [0.15, 0.6, 0.25]] {
            let here = sum(&theta, h);
            for kin in &kin[..4] {
                let there = sum(kin, h);
                assert!((there / here - 1.0).abs() < 0.2, "{h:?}: {here} {there} {kin:?}");
            }
        }
        for (i, kin) in kin[4..].iter().enumerate() {
            assert!(libm::exp(kin[i]) * libm::pow(0.3, libm::exp(kin[3 + i])) < 1e-5);
        }
    }
}
