//! The joint law (Shukor et al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404, eq. 2.5):
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A_h/N^α + B_h/D^β        [nats per token]
//!     A_h = (Σ_i C^A_i h_i)^{γ^A},   B_h = (Σ_i C^B_i h_i)^{γ^B}
//! ```
//!
//! 5 + 4k parameters. Inside, θ = (ln E, ln C_i, ln γ_i; ln A_i, 1/γ^A; ln B_i, 1/γ^B; ln α, ln β), where
//! A_i = (C^A_i)^{γ^A} is A_h at the corner of domain i, for N in 10⁹, and likewise B_i: see
//! [`power_mean`]. With all A_i alike and all B_i alike it is the additive law.
//!
//! What the study does not vary is dropped: A_h/N^α with a single N, B_h/D^β with a single D.

use std::ops::Range;

use super::terms::{self, power_mean, reciprocal};
use super::{
    ChannelLaw, Evaluation, Law, Mixture, MixtureDerivatives, Needs, Parameter, Place, Scale, Shape, additive,
};

/// L = E + 1/Σ C_i h_i^{γ_i} + A_h/N^α + B_h/D^β.
pub struct Joint;

/// Positions in θ.
struct Layout {
    mixture: Range<usize>,
    coefficients: Vec<Range<usize>>,
    exponents: Range<usize>,
}

fn layout(shape: &Shape) -> Layout {
    let k = shape.n_domains;
    let mixture = 1..1 + 2 * k;
    let n_terms = usize::from(shape.n_term) + usize::from(shape.d_term);
    let coefficients: Vec<Range<usize>> =
        (0..n_terms).map(|term| mixture.end + term * (k + 1)..mixture.end + (term + 1) * (k + 1)).collect();
    let exponents = mixture.end + n_terms * (k + 1)..mixture.end + n_terms * (k + 2);
    Layout { mixture, coefficients, exponents }
}

impl Law for Joint {
    fn id(&self) -> &'static str {
        "joint"
    }

    fn name(&self) -> &'static str {
        "joint"
    }

    fn source(&self) -> &'static str {
        "Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404, eq. 2.5"
    }

    fn equation(&self, shape: &Shape) -> String {
        let mut equation = "L = E + 1/Σᵢ Cᵢ hᵢ^γᵢ".to_string();
        if shape.n_term {
            equation.push_str(" + (Σᵢ Cᴬᵢ hᵢ)^γᴬ / N^α");
        }
        if shape.d_term {
            equation.push_str(" + (Σᵢ Cᴮᵢ hᵢ)^γᴮ / D^β");
        }
        equation
    }

    fn needs(&self) -> Needs {
        Needs { min_domains: 2, n: true, d: true }
    }

    fn parameters(&self, shape: &Shape) -> Vec<Parameter> {
        let mut parameters = vec![terms::irreducible_loss()];
        parameters.extend(reciprocal::parameters(shape.n_domains));
        if shape.n_term {
            parameters.extend(power_mean::parameters(shape.n_domains, "A"));
        }
        if shape.d_term {
            parameters.extend(power_mean::parameters(shape.n_domains, "B"));
        }
        parameters.extend(shape.n_term.then(|| terms::exponent("α", "alpha")));
        parameters.extend(shape.d_term.then(|| terms::exponent("β", "beta")));
        parameters
    }

    fn natural(&self, shape: &Shape, theta: &[f64]) -> Vec<f64> {
        let Layout { coefficients, exponents, .. } = layout(shape);
        let mut natural: Vec<f64> = theta.iter().map(|&theta| libm::exp(theta)).collect();
        for (range, exponent) in coefficients.into_iter().zip(exponents) {
            let ln_unit = natural[exponent] * terms::ln_billion();
            for (position, value) in range.clone().zip(power_mean::natural(&theta[range], ln_unit)) {
                natural[position] = value;
            }
        }
        natural
    }

    fn inside(&self, shape: &Shape, natural: &[f64]) -> Result<Vec<f64>, usize> {
        let Layout { coefficients, exponents, .. } = layout(shape);
        // γ^A and γ^B may be negative; all else is positive.
        let signed: Vec<usize> = coefficients.iter().map(|range| range.end - 1).collect();
        let allowed = |position: usize, value: f64| {
            value.is_finite() && if signed.contains(&position) { value != 0.0 } else { value > 0.0 }
        };
        if let Some(position) = (0..natural.len()).find(|&position| !allowed(position, natural[position])) {
            return Err(position);
        }
        let mut theta: Vec<f64> = natural.iter().map(|&value| libm::log(value)).collect();
        for (range, exponent) in coefficients.into_iter().zip(exponents) {
            let ln_unit = natural[exponent] * terms::ln_billion();
            for (position, value) in range.clone().zip(power_mean::inside(&natural[range], ln_unit)) {
                theta[position] = value;
            }
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
        reciprocal::add_mixture_derivatives(&theta[mixture], place.h, weight, out);
        for (range, s) in coefficients.into_iter().zip(&s[1..]) {
            power_mean::add_mixture_derivatives(&theta[range], place.h, weight * s, out);
        }
    }

    fn is_convex(&self, shape: &Shape, theta: &[f64]) -> bool {
        let Layout { mixture, coefficients, .. } = layout(shape);
        reciprocal::is_convex(&theta[mixture])
            && coefficients.into_iter().all(|range| power_mean::is_convex(&theta[range]))
    }

    fn nested(&self) -> Option<&'static dyn Law> {
        Some(&additive::Additive)
    }

    fn embed_nested(&self, shape: &Shape, nested_theta: &[f64]) -> Vec<f64> {
        let Layout { mixture, coefficients, .. } = layout(shape);
        let mut theta = nested_theta[..mixture.end].to_vec();
        let (coefficient_values, exponents) = nested_theta[mixture.end..].split_at(coefficients.len());
        for value in coefficient_values {
            theta.extend(std::iter::repeat_n(*value, shape.n_domains));
            theta.push(1.0);
        }
        theta.extend(exponents);
        theta
    }

    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>> {
        let k = shape.n_domains;
        let mut groups: Vec<Vec<usize>> = (0..k).map(|i| vec![1 + i, 1 + k + i]).collect();
        groups.extend(layout(shape).coefficients.into_iter().flatten().map(|position| vec![position]));
        groups
    }
}

impl ChannelLaw for Joint {
    fn mixture_parameters(&self, shape: &Shape) -> Vec<Range<usize>> {
        let Layout { mixture, coefficients, .. } = layout(shape);
        let mut ranges = vec![0..mixture.end];
        ranges.extend(coefficients);
        ranges
    }

    fn scale_parameters(&self, shape: &Shape) -> Vec<(usize, usize)> {
        layout(shape).exponents.enumerate().map(|(term, position)| (term + 1, position)).collect()
    }

    fn mixture(&self, shape: &Shape, theta: &[f64], mixture: &Mixture, phi: &mut [f64], jacobian: &mut [f64]) {
        let Layout { mixture: range, coefficients, .. } = layout(shape);
        let e = libm::exp(theta[0]);
        jacobian[0] = e;
        phi[0] = e + reciprocal::value(&theta[range.clone()], mixture, &mut jacobian[range]);
        for (term, range) in coefficients.into_iter().enumerate() {
            phi[term + 1] = power_mean::value(&theta[range.clone()], mixture, &mut jacobian[range]);
        }
    }

    fn scale(&self, shape: &Shape, theta: &[f64], scale: Scale, s: &mut [f64], derivatives: &mut [f64]) {
        terms::scale_channels(shape.n_term, shape.d_term, &theta[layout(shape).exponents], scale, s, derivatives);
    }
}
