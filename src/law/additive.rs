//! The additive law (Shukor et al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404, eq. 2.4):
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A/N^α + B/D^β        [nats per token]
//! ```
//!
//! 5 + 2k parameters. Inside, θ = (ln E, ln C_1 … ln C_k, ln γ_1 … ln γ_k, ln A, ln B, ln α, ln β) with A and
//! B for N and D in 10⁹. What the study does not vary is dropped into E: eq. 6.3 without the term in N, and
//! E + 1/Σ without either.
//!
//! The mixture acts alone, so the optimal mixture does not depend on N or D; where every γ_i ≤ 1, L is convex
//! in h. E and the level of the mixture term trade off against each other.

use std::ops::Range;

use super::terms::{self, reciprocal};
use super::{ChannelLaw, Evaluation, Law, Mixture, MixtureDerivatives, Needs, Parameter, Place, Scale, Shape};

/// L = E + 1/Σ C_i h_i^{γ_i} + A/N^α + B/D^β.
pub struct Additive;

/// Positions in θ.
struct Layout {
    mixture: Range<usize>,
    coefficients: Vec<usize>,
    exponents: Range<usize>,
}

fn layout(shape: &Shape) -> Layout {
    let mixture = 1..1 + 2 * shape.n_domains;
    let n_terms = usize::from(shape.n_term) + usize::from(shape.d_term);
    let coefficients: Vec<usize> = (mixture.end..mixture.end + n_terms).collect();
    let exponents = mixture.end + n_terms..mixture.end + 2 * n_terms;
    Layout { mixture, coefficients, exponents }
}

impl Law for Additive {
    fn id(&self) -> &'static str {
        "additive"
    }

    fn name(&self) -> &'static str {
        "additive"
    }

    fn source(&self) -> &'static str {
        "Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404, eq. 2.4"
    }

    fn equation(&self, shape: &Shape) -> String {
        let mut equation = "L = E + 1/Σᵢ Cᵢ hᵢ^γᵢ".to_string();
        if shape.n_term {
            equation.push_str(" + A/N^α");
        }
        if shape.d_term {
            equation.push_str(" + B/D^β");
        }
        equation
    }

    fn needs(&self) -> Needs {
        Needs { min_domains: 2, n: true, d: true }
    }

    fn parameters(&self, shape: &Shape) -> Vec<Parameter> {
        let mut parameters = vec![terms::irreducible_loss()];
        parameters.extend(reciprocal::parameters(shape.n_domains));
        parameters.extend(shape.n_term.then(|| terms::coefficient("A")));
        parameters.extend(shape.d_term.then(|| terms::coefficient("B")));
        parameters.extend(shape.n_term.then(|| terms::exponent("α", "alpha")));
        parameters.extend(shape.d_term.then(|| terms::exponent("β", "beta")));
        parameters
    }

    fn natural(&self, shape: &Shape, theta: &[f64]) -> Vec<f64> {
        let Layout { coefficients, exponents, .. } = layout(shape);
        let mut natural: Vec<f64> = theta.iter().map(|&theta| libm::exp(theta)).collect();
        for (coefficient, exponent) in coefficients.into_iter().zip(exponents) {
            natural[coefficient] = libm::exp(theta[coefficient] + natural[exponent] * terms::ln_billion());
        }
        natural
    }

    fn inside(&self, shape: &Shape, natural: &[f64]) -> Result<Vec<f64>, usize> {
        if let Some(position) = natural.iter().position(|value| !(value.is_finite() && *value > 0.0)) {
            return Err(position);
        }
        let Layout { coefficients, exponents, .. } = layout(shape);
        let mut theta: Vec<f64> = natural.iter().map(|&value| libm::log(value)).collect();
        for (coefficient, exponent) in coefficients.into_iter().zip(exponents) {
            theta[coefficient] -= natural[exponent] * terms::ln_billion();
        }
        Ok(theta)
    }

    fn evaluation(&self) -> Evaluation<'_> {
        Evaluation::Channels(self)
    }

    fn add_mixture_derivatives(
        &self,
        shape: &Shape,
        theta: &[f64],
        place: Place,
        weight: f64,
        out: &mut MixtureDerivatives,
    ) {
        let Layout { mixture, coefficients, exponents } = layout(shape);
        let mut s = vec![0.0; 1 + coefficients.len()];
        let mut derivatives = vec![0.0; coefficients.len()];
        terms::scale_channels(shape.n_term, shape.d_term, &theta[exponents], place.scale, &mut s, &mut derivatives);
        out.value += weight * libm::exp(theta[0]);
        for (coefficient, s) in coefficients.into_iter().zip(&s[1..]) {
            out.value += weight * libm::exp(theta[coefficient]) * s;
        }
        reciprocal::add_mixture_derivatives(&theta[mixture], place.h, weight, out);
    }

    fn is_convex(&self, shape: &Shape, theta: &[f64]) -> bool {
        reciprocal::is_convex(&theta[layout(shape).mixture])
    }

    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>> {
        (0..shape.n_domains).map(|i| vec![1 + i, 1 + shape.n_domains + i]).collect()
    }
}

impl ChannelLaw for Additive {
    fn mixture_parameters(&self, shape: &Shape) -> Vec<Range<usize>> {
        let Layout { mixture, coefficients, .. } = layout(shape);
        let mut ranges = vec![0..mixture.end];
        ranges.extend(coefficients.into_iter().map(|position| position..position + 1));
        ranges
    }

    fn scale_parameters(&self, shape: &Shape) -> Vec<(usize, usize)> {
        layout(shape).exponents.enumerate().map(|(term, position)| (term + 1, position)).collect()
    }

    fn mixture(&self, shape: &Shape, theta: &[f64], mixture: &Mixture, phi: &mut [f64], jacobian: &mut [f64]) {
        let Layout { mixture: range, coefficients, .. } = layout(shape);
        let e = libm::exp(theta[0]);
        jacobian[0] = e;
        phi[0] = e + reciprocal::value(&theta[range.clone()], mixture, &mut jacobian[range.clone()]);
        for (term, position) in coefficients.into_iter().enumerate() {
            phi[term + 1] = libm::exp(theta[position]);
            jacobian[range.end + term] = phi[term + 1];
        }
    }

    fn scale(&self, shape: &Shape, theta: &[f64], scale: Scale, s: &mut [f64], derivatives: &mut [f64]) {
        terms::scale_channels(shape.n_term, shape.d_term, &theta[layout(shape).exponents], scale, s, derivatives);
    }
}
