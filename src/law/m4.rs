//! Ye's M4 (Ye et al. 2024, "Data Mixing Laws", arXiv:2403.16952, §3.1, "M4", the one they chose), known also as
//! the log-linear law:
//!
//! ```text
//!     L(h) = E + C e^{Σ_i γ_i h_i} = E + e^{Σ_i γ_i h_i}        [nats per token]
//! ```
//!
//! 1 + k parameters; θ = (ln E; γ_i) inside. Since Σ h_i = 1, ln C is part of every γ_i and cannot be told from
//! them. A law of one N and one D; where the study varies them, A/N^α and B/D^β stand beside it. Always convex
//! in h; without constraints its optimum is at a corner.

use super::formula::{Expr, exp, product, sum_over, sym};
use super::skeleton::Skeleton;
use super::terms::Term;
use super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};

struct ExponentialOfSum;

fn value(theta: &[f64], h: &[f64]) -> f64 {
    libm::exp(theta.iter().zip(h).fold(0.0, |sum, (gamma, h)| sum + gamma * h))
}

impl Term for ExponentialOfSum {
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let gamma = |i: usize| Parameter {
            symbol: Symbol::plain("γ", "gamma").of_domain(i),
            kind: Kind::Plain,
            start: (-4.0, 1.5),
            bounds: (-31.0, 20.0),
        };
        (0..k).map(gamma).collect()
    }

    fn n_parameters(&self, k: usize) -> usize {
        k
    }

    fn n_prepared(&self, _k: usize) -> usize {
        0
    }

    fn prepare(&self, _theta: &[f64], _prepared: &mut [f64]) {}

    fn value(&self, theta: &[f64], _prepared: &[f64], mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64 {
        let value = value(theta, &mixture.h);
        if let Some(jacobian) = jacobian {
            for (entry, h) in jacobian.iter_mut().zip(&mixture.h) {
                *entry = value * h;
            }
        }
        value
    }

    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let k = h.len();
        let value = weight * value(theta, h);
        out.value += value;
        for i in 0..k {
            out.gradient[i] += value * theta[i];
        }
        out.add_square(value, theta);
    }

    fn is_convex(&self, _theta: &[f64]) -> bool {
        true
    }

    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..k).map(|position| vec![position]).collect()
    }

    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        vec![libm::log(value); k]
    }

    fn formula(&self) -> Expr {
        exp(sum_over("i", product([sym("γ").below("i"), sym("h").below("i")])))
    }
}

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&ExponentialOfSum),
    nested: Some(&super::chinchilla::LAW),
    use_when: "For a swarm of small runs at one N and one D: few parameters, and one optimum that is certain.",
    ..Skeleton::additive("m4", "Ye M4 (log-linear)", "Ye et al. 2024, Data Mixing Laws, arXiv:2403.16952, M4")
};
