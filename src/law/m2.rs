//! Ye's M2 (Ye et al. 2024, "Data Mixing Laws", arXiv:2403.16952, §3.1, "M2"):
//!
//! ```text
//!     L(h) = E + C Σ_i e^{γ_i h_i}        [nats per token]
//! ```
//!
//! 2 + k parameters, C > 0; θ = (ln E; ln C, γ_i) inside. A law of one N and one D; where the study varies them,
//! A/N^α and B/D^β stand beside it. Always convex in h.

use super::formula::{Expr, exp, product, sum_over, sym};
use super::m1::rate;
use super::skeleton::Skeleton;
use super::terms::Term;
use super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};

struct ScaledExponentials;

impl Term for ScaledExponentials {
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let c =
            Parameter { symbol: Symbol::plain("C", "C"), kind: Kind::Log, start: (-4.0, 0.5), bounds: (-14.0, 6.0) };
        [c].into_iter().chain((0..k).map(rate)).collect()
    }

    fn n_parameters(&self, k: usize) -> usize {
        1 + k
    }

    fn n_prepared(&self, _k: usize) -> usize {
        0
    }

    fn prepare(&self, _theta: &[f64], _prepared: &mut [f64]) {}

    fn value(&self, theta: &[f64], _prepared: &[f64], mixture: &Mixture, mut jacobian: Option<&mut [f64]>) -> f64 {
        let mut sum = 0.0;
        for i in 0..mixture.h.len() {
            let summand = libm::exp(theta[0] + theta[1 + i] * mixture.h[i]);
            sum += summand;
            if let Some(jacobian) = &mut jacobian {
                jacobian[1 + i] = summand * mixture.h[i];
            }
        }
        if let Some(jacobian) = &mut jacobian {
            jacobian[0] = sum;
        }
        sum
    }

    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let k = h.len();
        for i in 0..k {
            let gamma = theta[1 + i];
            let summand = weight * libm::exp(theta[0] + gamma * h[i]);
            out.value += summand;
            out.gradient[i] += summand * gamma;
            out.hessian[i * k + i] += summand * gamma * gamma;
        }
    }

    fn is_convex(&self, _theta: &[f64]) -> bool {
        true
    }

    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..=k).map(|position| vec![position]).collect()
    }

    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        let mut theta = vec![libm::log(value / k as f64)];
        theta.resize(1 + k, 0.0);
        theta
    }

    fn formula(&self) -> Expr {
        let rate = product([sym("γ").below("i"), sym("h").below("i")]);
        product([sym("C"), sum_over("i", exp(rate))])
    }
}

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&ScaledExponentials),
    nested: Some(&super::chinchilla::LAW),
    use_when: "For runs at one N and one D: fewer parameters than M1, with a rate for each domain.",
    ..Skeleton::additive("m2", "Ye M2", "Ye et al. 2024, Data Mixing Laws, arXiv:2403.16952, M2")
};
