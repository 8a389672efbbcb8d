//! The linear law (Liu et al. 2024, "RegMix", arXiv:2407.01492, whose baseline it is):
//!
//! ```text
//!     L(h) = Σ_i C_i h_i        [nats per token]
//! ```
//!
//! k parameters, C_i the loss at the corner of domain i, of either sign: an affine function has one more, but
//! since Σ h_i = 1 it cannot be told. A law of one N and one D; where the study varies them, A/N^α and B/D^β
//! stand beside it. With few runs for many domains a ridge λ Σ_i (C_i − C̄)² draws the C_i to their mean C̄.
//! Convex in h; without constraints its optimum is at a corner.

use super::formula::{Expr, product, sum_over, sym};
use super::skeleton::Skeleton;
use super::terms::Term;
use super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};

struct LinearTerm;

impl Term for LinearTerm {
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let c = |i: usize| Parameter {
            symbol: Symbol::plain("C", "C").of_domain(i),
            kind: Kind::Plain,
            start: (0.5, 4.0),
            // Losses of up to 100 nats are fitted, and a corner may lie far from the mixtures that there are.
            bounds: (-1000.0, 1000.0),
        };
        (0..k).map(c).collect()
    }

    fn n_parameters(&self, k: usize) -> usize {
        k
    }

    fn n_prepared(&self, _k: usize) -> usize {
        0
    }

    fn prepare(&self, _theta: &[f64], _prepared: &mut [f64]) {}

    fn value(&self, theta: &[f64], _prepared: &[f64], mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64 {
        if let Some(jacobian) = jacobian {
            jacobian.copy_from_slice(&mixture.h);
        }
        theta.iter().zip(&mixture.h).fold(0.0, |sum, (c, h)| sum + c * h)
    }

    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        for i in 0..h.len() {
            out.value += weight * theta[i] * h[i];
            out.gradient[i] += weight * theta[i];
        }
    }

    fn is_convex(&self, _theta: &[f64]) -> bool {
        true
    }

    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..k).map(|position| vec![position]).collect()
    }

    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        vec![value; k]
    }

    fn has_ridge(&self) -> bool {
        true
    }

    fn formula(&self) -> Expr {
        sum_over("i", product([sym("C").below("i"), sym("h").below("i")]))
    }
}

pub(super) static LAW: Skeleton = Skeleton {
    irreducible: false,
    mixture: Some(&LinearTerm),
    nested: Some(&super::chinchilla::LAW),
    use_when: "For very few runs at one N and one D, and as a baseline: without limits or a prior its optimum is a single domain.",
    ..Skeleton::additive("linear", "linear", "Liu et al. 2024, RegMix, arXiv:2407.01492 (the linear baseline)")
};
