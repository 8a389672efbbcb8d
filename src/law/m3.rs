//! Ye's M3 (Ye et al. 2024, "Data Mixing Laws", arXiv:2403.16952, §3.1, "M3"), for completeness:
//!
//! ```text
//!     L(h) = E + C e^{Π_i γ_i h_i} = E + C e^{γ Π_i h_i}        [nats per token]
//! ```
//!
//! 3 parameters: of the γ_i only the product γ can be told. Inside, θ = (ln E; ln C, γ/k^k), since Π h_i is
//! k^−k at most. Its known trouble: it cannot tell one domain from another, and wherever a single weight is 0 it
//! is E + C; its authors dropped it because it does not fit. A law of one N and one D; where the study varies
//! them, A/N^α and B/D^β stand beside it.

use super::formula::{Expr, exp, product, product_over, sym};
use super::skeleton::Skeleton;
use super::terms::Term;
use super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};

struct ExponentialOfProduct;

/// Π_{i not in `without`} k h_i.
fn product_without(h: &[f64], without: &[usize]) -> f64 {
    let k = h.len() as f64;
    h.iter().enumerate().filter(|(i, _)| !without.contains(i)).fold(1.0, |product, (_, h)| product * k * h)
}

impl Term for ExponentialOfProduct {
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let factor = (0..k).fold(1.0, |factor, _| factor * k as f64);
        vec![
            Parameter { symbol: Symbol::plain("C", "C"), kind: Kind::Log, start: (-3.0, 1.5), bounds: (-14.0, 6.0) },
            Parameter {
                symbol: Symbol::plain("γ", "gamma"),
                kind: Kind::Scaled(factor),
                start: (-3.0, 3.0),
                bounds: (-31.0, 31.0),
            },
        ]
    }

    fn n_parameters(&self, _k: usize) -> usize {
        2
    }

    fn n_prepared(&self, _k: usize) -> usize {
        0
    }

    fn prepare(&self, _theta: &[f64], _prepared: &mut [f64]) {}

    fn value(&self, theta: &[f64], _prepared: &[f64], mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64 {
        let product = product_without(&mixture.h, &[]);
        let value = libm::exp(theta[0] + theta[1] * product);
        if let Some(jacobian) = jacobian {
            jacobian[0] = value;
            jacobian[1] = value * product;
        }
        value
    }

    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let k = h.len();
        let factor = k as f64;
        let value = weight * libm::exp(theta[0] + theta[1] * product_without(h, &[]));
        out.value += value;
        let slopes: Vec<f64> = (0..k).map(|i| theta[1] * factor * product_without(h, &[i])).collect();
        for i in 0..k {
            out.gradient[i] += value * slopes[i];
            for j in 0..k {
                let second = if i == j { 0.0 } else { theta[1] * factor * factor * product_without(h, &[i, j]) };
                out.hessian[i * k + j] += value * (slopes[i] * slopes[j] + second);
            }
        }
    }

    fn is_convex(&self, theta: &[f64]) -> bool {
        theta[1] == 0.0
    }

    fn groups(&self, _k: usize) -> Vec<Vec<usize>> {
        vec![vec![0, 1]]
    }

    fn flat(&self, _k: usize, value: f64) -> Vec<f64> {
        vec![libm::log(value), 0.0]
    }

    fn formula(&self) -> Expr {
        product([sym("C"), exp(product([sym("γ"), product_over("i", sym("h").below("i"))]))])
    }
}

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&ExponentialOfProduct),
    nested: Some(&super::chinchilla::LAW),
    use_when: "To compare with the other laws of its paper: its authors found that it does not fit.",
    ..Skeleton::additive(
        "m3",
        "Ye M3",
        "Ye et al. 2024, Data Mixing Laws, arXiv:2403.16952, M3 (its authors: does not fit)",
    )
};
