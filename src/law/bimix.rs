//! BiMix (Ge et al. 2024, "BiMix: Bivariate Data Mixing Law for Language Model Pretraining", arXiv:2405.14908): the
//! loss of a training domain from its own weight h_o alone,
//!
//! ```text
//!     L(D, h) = (B/D^β + C) / h_o^γ        [nats per token]
//! ```
//!
//! 4 parameters; θ = (ln C, ln γ, ln B, ln β) inside. (They write A/h_o^γ · (B/D^β + C); A cannot be told from B
//! and C.) B/D^β is dropped with one D only. Infinite at h_o = 0: observations without the domain are left out.
//! Convex in h.

use super::formula::{Formula, sum, sym};
use super::{Evaluation, Kind, Law, Mixture, MixtureDerivatives, Needs, Parameter, Place, Rows, Scale, Shape, Symbol};

pub(super) struct BiMix;

/// (B/D^β + C, its derivatives in ln C, ln B, ln β).
fn level(theta: &[f64], ln_d: f64) -> (f64, [f64; 3]) {
    let c = libm::exp(theta[0]);
    match theta.get(2..) {
        Some(&[ln_b, ln_beta]) => {
            let beta = libm::exp(ln_beta);
            let power = libm::exp(ln_b - beta * ln_d);
            (c + power, [c, power, -power * beta * ln_d])
        }
        _ => (c, [c, 0.0, 0.0]),
    }
}

impl Law for BiMix {
    fn id(&self) -> &'static str {
        "bimix"
    }

    fn name(&self) -> &'static str {
        "BiMix (own domain)"
    }

    fn source(&self) -> &'static str {
        "Ge et al. 2024, BiMix: Bivariate Data Mixing Law for Language Model Pretraining, arXiv:2405.14908"
    }

    fn use_when(&self) -> &'static str {
        "Where each target is the loss of a training domain and there are few runs: four parameters a target."
    }

    fn formula(&self, shape: &Shape) -> Formula {
        let own = sym("h").below("o").pow(sym("γ"));
        let level = if shape.d_term { sum([sym("B").over(sym("D").pow(sym("β"))), sym("C")]) } else { sym("C") };
        Formula(vec![(sym("L"), level.over(own))])
    }

    fn needs(&self) -> Needs {
        Needs { min_domains: 2, d: true, own_domain: true, ..Needs::default() }
    }

    fn parameters(&self, shape: &Shape) -> Vec<Parameter> {
        let entry = |letter, ascii, kind, start, bounds| Parameter {
            symbol: Symbol::plain(letter, ascii),
            kind,
            start,
            bounds,
        };
        let mut parameters = vec![
            entry("C", "C", Kind::Log, (-1.0, 1.5), (-7.0, 4.0)),
            entry("γ", "gamma", Kind::Log, (-4.0, -0.5), (-9.0, 1.0)),
        ];
        if shape.d_term {
            parameters.push(entry("B", "B", Kind::Coefficient { exponent: 3 }, (-3.0, 1.5), (-12.0, 8.0)));
            parameters.push(entry("β", "beta", Kind::Log, (-2.5, 0.0), (-5.3, 0.4)));
        }
        parameters
    }

    fn uses(&self, shape: &Shape, target_pos: usize, h: &[f64]) -> bool {
        shape.own_domains[target_pos].is_some_and(|own| h[own] > 0.0)
    }

    fn evaluation<'a>(&'a self, shape: &'a Shape, scales: &[Scale]) -> Evaluation<'a> {
        let n_theta = self.parameters(shape).len();
        let (scales, entries) = (scales.to_vec(), (0..n_theta).collect());
        Evaluation::Rows(Box::new(AtTheta { shape, scales, entries, theta: vec![0.0; n_theta] }))
    }

    fn add_mixture_derivatives(
        &self,
        shape: &Shape,
        theta: &[f64],
        place: Place,
        weight: f64,
        out: &mut MixtureDerivatives,
    ) {
        let own = own_domain(shape, place.target_pos);
        let gamma = libm::exp(theta[1]);
        let h = place.h[own];
        let value = weight * level(theta, place.scale.ln_d).0 * libm::pow(h, -gamma);
        out.value += value;
        out.gradient[own] -= value * gamma / h;
        out.hessian[own * shape.n_domains + own] += value * gamma * (gamma + 1.0) / (h * h);
    }

    fn is_convex(&self, _shape: &Shape, _theta: &[f64]) -> bool {
        true
    }

    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>> {
        if shape.d_term { vec![vec![0, 1], vec![2, 3]] } else { vec![vec![0, 1]] }
    }
}

/// Position of the target's own domain. [`Shape::new`] has seen that there is one.
pub(super) fn own_domain(shape: &Shape, target_pos: usize) -> usize {
    shape.own_domains[target_pos].expect("a law of own domains is fitted to domains' losses only")
}

struct AtTheta<'a> {
    shape: &'a Shape,
    scales: Vec<Scale>,
    entries: Vec<usize>,
    theta: Vec<f64>,
}

impl Rows for AtTheta<'_> {
    fn entries(&self, _target_pos: usize) -> &[usize] {
        &self.entries
    }

    fn begin(&mut self, theta: &[f64]) {
        self.theta.copy_from_slice(theta);
    }

    fn loss(&mut self, target_pos: usize, scale_idx: usize, mixture: &Mixture, gradient: Option<&mut [f64]>) -> f64 {
        let ln_h = mixture.ln_h[own_domain(self.shape, target_pos)];
        let gamma = libm::exp(self.theta[1]);
        let (level, [by_c, by_b, by_beta]) = level(&self.theta, self.scales[scale_idx].ln_d);
        let factor = libm::exp(-gamma * ln_h);
        if let Some(gradient) = gradient {
            gradient[0] = by_c * factor;
            gradient[1] = -level * factor * gamma * ln_h;
            if self.shape.d_term {
                gradient[2] = by_b * factor;
                gradient[3] = by_beta * factor;
            }
        }
        level * factor
    }
}
