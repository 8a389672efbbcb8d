//! Ye's M1 (Ye et al. 2024, "Data Mixing Laws", arXiv:2403.16952, §3.1, "M1"):
//!
//! ```text
//!     L(h) = E + Σ_i C_i e^{γ_i h_i}        [nats per token]
//! ```
//!
//! 1 + 2k parameters, C_i > 0; θ = (ln E; ln C_i, γ_i) inside. A law of one N and one D; where the study varies
//! them, A/N^α and B/D^β stand beside it. Always convex in h.

use super::formula::{Expr, exp, product, sum_over, sym};
use super::skeleton::Skeleton;
use super::terms::Term;
use super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};

struct Exponentials;

/// Weights at which a steep part counts, as multiples of the mean weight.
const LOW_WEIGHT: f64 = 0.2;
const HIGH_WEIGHT: f64 = 2.0;
/// Its rate times the mean weight.
const STEEP: f64 = 3.0;
/// Its share of the sum there.
const STEEP_PART: f64 = 0.02;
/// What a part is multiplied by at most, as a logarithm, to make up for another.
const FARTHEST: f64 = 1.0;

impl Term for Exponentials {
    fn parameters(&self, k: usize, _at: usize, _exponent: Option<usize>) -> Vec<Parameter> {
        let c = (0..k).map(|i| Parameter {
            symbol: Symbol::plain("C", "C").of_domain(i),
            kind: Kind::Log,
            start: (-4.0, 0.5),
            bounds: (-14.0, 6.0),
        });
        c.chain((0..k).map(rate)).collect()
    }

    fn n_parameters(&self, k: usize) -> usize {
        2 * k
    }

    fn n_prepared(&self, _k: usize) -> usize {
        0
    }

    fn prepare(&self, _theta: &[f64], _prepared: &mut [f64]) {}

    fn value(&self, theta: &[f64], _prepared: &[f64], mixture: &Mixture, mut jacobian: Option<&mut [f64]>) -> f64 {
        let k = mixture.h.len();
        let mut sum = 0.0;
        for i in 0..k {
            let summand = libm::exp(theta[i] + theta[k + i] * mixture.h[i]);
            sum += summand;
            if let Some(jacobian) = &mut jacobian {
                jacobian[i] = summand;
                jacobian[k + i] = summand * mixture.h[i];
            }
        }
        sum
    }

    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let k = h.len();
        for i in 0..k {
            let gamma = theta[k + i];
            let summand = weight * libm::exp(theta[i] + gamma * h[i]);
            out.value += summand;
            out.gradient[i] += summand * gamma;
            out.hessian[i * k + i] += summand * gamma * gamma;
        }
    }

    fn is_convex(&self, _theta: &[f64]) -> bool {
        true
    }

    fn groups(&self, k: usize) -> Vec<Vec<usize>> {
        (0..k).map(|i| vec![i, k + i]).collect()
    }

    /// A domain's part may as well be one that only its largest weights have, or only its least, with the rest of it in
    /// the other domains' parts.
    fn kin(&self, theta: &[f64]) -> Vec<Vec<f64>> {
        let k = theta.len() / 2;
        let value = |i: usize| libm::exp(theta[i] + theta[k + i] / k as f64);
        let sum: f64 = (0..k).map(value).sum();
        let steep = |i: usize, weight: f64, rate: f64| {
            let mut kin = theta.to_vec();
            let rest = (sum - value(i)).max(f64::MIN_POSITIVE);
            (0..k).for_each(|j| kin[j] += libm::log(sum / rest).min(FARTHEST));
            kin[k + i] = rate * k as f64;
            kin[i] = libm::log(STEEP_PART * sum) - rate * weight;
            kin
        };
        (0..k).flat_map(|i| [steep(i, HIGH_WEIGHT, STEEP), steep(i, LOW_WEIGHT, -STEEP)]).collect()
    }

    fn flat(&self, k: usize, value: f64) -> Vec<f64> {
        let mut theta = vec![libm::log(value / k as f64); k];
        theta.resize(2 * k, 0.0);
        theta
    }

    fn formula(&self) -> Expr {
        let rate = product([sym("γ").below("i"), sym("h").below("i")]);
        sum_over("i", product([sym("C").below("i"), exp(rate)]))
    }
}

/// γ_i of M1 and M2: the losses that one weight changes fall by e^{γ_i} from h_i = 0 to 1, or rise: from a start of the
/// wrong sign few searches come back.
pub(super) fn rate(domain_idx: usize) -> Parameter {
    Parameter {
        symbol: Symbol::plain("γ", "gamma").of_domain(domain_idx),
        kind: Kind::Plain,
        start: (-6.0, 6.0),
        bounds: (-31.0, 20.0),
    }
}

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&Exponentials),
    nested: Some(&super::chinchilla::LAW),
    use_when: "For runs at one N and one D where each domain has its own level and rate: at least two mixtures for each domain.",
    ..Skeleton::additive("m1", "Ye M1", "Ye et al. 2024, Data Mixing Laws, arXiv:2403.16952, M1")
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_say_nearly_the_same_at_the_mean_and_let_one_domain_rise_or_fall_steeply() {
        let theta = [-1.0, -0.5, -2.0, 1.0, -3.0, 0.5];
        let value = |theta: &[f64], h: [f64; 3]| Exponentials.value(theta, &[], &Mixture::new(&h), None);
        let here = value(&theta, [1.0 / 3.0; 3]);
        let kin = Exponentials.kin(&theta);
        assert_eq!(kin.len(), 6);
        for (at, kin) in kin.iter().enumerate() {
            assert!((value(kin, [1.0 / 3.0; 3]) / here - 1.0).abs() < 0.1, "{kin:?}");
            assert_eq!(kin[3 + at / 2].abs(), 9.0);
        }
    }
}
