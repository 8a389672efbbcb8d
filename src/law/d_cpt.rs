//! D-CPT (Que et al. 2024, "D-CPT Law: Domain-specific Continual Pre-Training Scaling Law for Large Language
//! Models", arXiv:2406.01375): continual pre-training on two corpora, the loss on one of them from its own
//! weight h_o,
//!
//! ```text
//!     L(N, D, h) = E + A/N^α + B h_o^η/D^β + C/(h_o + ε)^γ        [nats per token]
//! ```
//!
//! 9 parameters; θ = (ln E, ln C, ln γ, ln ε; ln A, ln α; ln B, ln η, ln β) inside, A and B for N and D in 10⁹.
//! What the study does not vary is dropped. Convex in h where η ≥ 1 only: h_o^η is concave below.

use super::bimix::own_domain;
use super::formula::{Formula, product, sum, sym};
use super::{
    Evaluation, Kind, Law, Mixture, MixtureDerivatives, Needs, Parameter, Place, Rows, Scale, Shape, Symbol, terms,
};

pub(super) struct DCpt;

/// Positions of ln A and ln B, each followed by its exponents.
fn positions(shape: &Shape) -> (Option<usize>, Option<usize>) {
    (shape.n_term.then_some(4), shape.d_term.then_some(if shape.n_term { 6 } else { 4 }))
}

impl Law for DCpt {
    fn id(&self) -> &'static str {
        "d-cpt"
    }

    fn name(&self) -> &'static str {
        "D-CPT (two corpora)"
    }

    fn source(&self) -> &'static str {
        "Que et al. 2024, D-CPT Law: Domain-specific Continual Pre-Training Scaling Law for Large Language Models, \
         arXiv:2406.01375"
    }

    fn use_when(&self) -> &'static str {
        "For continual pre-training on two corpora, the domain wanted and a general one."
    }

    fn formula(&self, shape: &Shape) -> Formula {
        let own = || sym("h").below("o");
        let mut terms = vec![sym("E")];
        if shape.n_term {
            terms.push(sym("A").over(sym("N").pow(sym("α"))));
        }
        if shape.d_term {
            terms.push(product([sym("B"), own().pow(sym("η"))]).over(sym("D").pow(sym("β"))));
        }
        terms.push(sym("C").over(sum([own(), sym("ε")]).pow(sym("γ"))));
        Formula(vec![(sym("L"), sum(terms))])
    }

    fn needs(&self) -> Needs {
        Needs { min_domains: 2, max_domains: Some(2), n: true, d: true, own_domain: true, ..Needs::default() }
    }

    fn parameters(&self, shape: &Shape) -> Vec<Parameter> {
        let entry = |letter, ascii, kind, start, bounds| Parameter {
            symbol: Symbol::plain(letter, ascii),
            kind,
            start,
            bounds,
        };
        let mut parameters = vec![
            terms::irreducible_loss(),
            entry("C", "C", Kind::Log, (-4.0, 1.0), (-14.0, 4.0)),
            entry("γ", "gamma", Kind::Log, (-2.5, 0.5), (-5.3, 2.0)),
            entry("ε", "epsilon", Kind::Log, (-5.0, -0.5), (-9.0, 1.0)),
        ];
        let (a, b) = positions(shape);
        if let Some(a) = a {
            parameters.push(entry("A", "A", Kind::Coefficient { exponent: a + 1 }, (-3.0, 1.5), (-12.0, 8.0)));
            parameters.push(entry("α", "alpha", Kind::Log, (-2.5, 0.0), (-5.3, 0.4)));
        }
        if let Some(b) = b {
            parameters.push(entry("B", "B", Kind::Coefficient { exponent: b + 2 }, (-3.0, 1.5), (-12.0, 8.0)));
            parameters.push(entry("η", "eta", Kind::Log, (-3.0, 1.0), (-6.0, 2.0)));
            parameters.push(entry("β", "beta", Kind::Log, (-2.5, 0.0), (-5.3, 0.4)));
        }
        parameters
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
        let h = place.h[own];
        let (a, b) = positions(shape);
        let at = own * shape.n_domains + own;
        out.value += weight * libm::exp(theta[0]);
        if let Some(a) = a {
            out.value += weight * libm::exp(theta[a] - libm::exp(theta[a + 1]) * place.scale.ln_n);
        }
        let gamma = libm::exp(theta[2]);
        let base = h + libm::exp(theta[3]);
        let own_loss = weight * libm::exp(theta[1]) * libm::pow(base, -gamma);
        out.value += own_loss;
        out.gradient[own] -= own_loss * gamma / base;
        out.hessian[at] += own_loss * gamma * (gamma + 1.0) / (base * base);
        if let Some(b) = b {
            let eta = libm::exp(theta[b + 1]);
            let factor = weight * libm::exp(theta[b] - libm::exp(theta[b + 2]) * place.scale.ln_d);
            out.value += factor * libm::pow(h, eta);
            out.gradient[own] += factor * eta * libm::pow(h, eta - 1.0);
            if eta != 1.0 {
                out.hessian[at] += factor * eta * (eta - 1.0) * libm::pow(h, eta - 2.0);
            }
        }
    }

    fn is_convex(&self, shape: &Shape, theta: &[f64]) -> bool {
        positions(shape).1.is_none_or(|b| theta[b + 1] >= 0.0)
    }

    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>> {
        let (a, b) = positions(shape);
        let blocks =
            [Some(vec![0, 1]), Some(vec![1, 2, 3]), a.map(|a| vec![a, a + 1]), b.map(|b| vec![b, b + 1, b + 2])];
        blocks.into_iter().flatten().collect()
    }
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

    fn loss(
        &mut self,
        target_pos: usize,
        scale_idx: usize,
        mixture: &Mixture,
        mut gradient: Option<&mut [f64]>,
    ) -> f64 {
        let theta = &self.theta;
        let own = own_domain(self.shape, target_pos);
        let (h, ln_h) = (mixture.h[own], mixture.ln_h[own]);
        let scale = self.scales[scale_idx];
        let (a, b) = positions(self.shape);
        let e = libm::exp(theta[0]);
        let (gamma, epsilon) = (libm::exp(theta[2]), libm::exp(theta[3]));
        let ln_base = libm::log(h + epsilon);
        let own_loss = libm::exp(theta[1] - gamma * ln_base);
        let mut value = e + own_loss;
        if let Some(gradient) = &mut gradient {
            gradient[0] = e;
            gradient[1] = own_loss;
            gradient[2] = -own_loss * gamma * ln_base;
            gradient[3] = -own_loss * gamma * epsilon / (h + epsilon);
        }
        if let Some(a) = a {
            let alpha = libm::exp(theta[a + 1]);
            let power = libm::exp(theta[a] - alpha * scale.ln_n);
            value += power;
            if let Some(gradient) = &mut gradient {
                gradient[a] = power;
                gradient[a + 1] = -power * alpha * scale.ln_n;
            }
        }
        if let Some(b) = b {
            let (eta, beta) = (libm::exp(theta[b + 1]), libm::exp(theta[b + 2]));
            // h^η and its derivative in η are 0 at h = 0.
            let (share, by_eta) = if h > 0.0 { (libm::exp(eta * ln_h), eta * ln_h) } else { (0.0, 0.0) };
            let power = share * libm::exp(theta[b] - beta * scale.ln_d);
            value += power;
            if let Some(gradient) = &mut gradient {
                gradient[b] = power;
                gradient[b + 1] = power * by_eta;
                gradient[b + 2] = -power * beta * scale.ln_d;
            }
        }
        value
    }
}
