//! Functions of the mixture that laws are built of, each with its derivatives in θ and in h.

mod constant;
mod power_mean;
mod reciprocal;

pub(super) use constant::Constant;
pub(super) use power_mean::PowerMean;
pub(super) use reciprocal::Reciprocal;

use std::ops::Range;

use super::formula::Expr;
use super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};

/// A function of the mixture with parameters of its own: a block of θ.
pub(super) trait Term: Send + Sync {
    /// Its parameters for `k` domains, the first of them at position `at` in θ. Where it is the coefficient of
    /// a power of N or D with a constant exponent, `exponent` is that one's position.
    fn parameters(&self, k: usize, at: usize, exponent: Option<usize>) -> Vec<Parameter>;

    /// How many they are.
    fn n_parameters(&self, k: usize) -> usize;

    /// Length of what [`Term::prepare`] writes.
    fn n_prepared(&self, k: usize) -> usize;

    /// Writes what depends on θ alone, so that it is computed once for all mixtures.
    fn prepare(&self, theta: &[f64], prepared: &mut [f64]);

    /// The value at `mixture`; writes its derivatives in θ where they are asked for.
    fn value(&self, theta: &[f64], prepared: &[f64], mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64;

    /// Adds weight · (value, ∂/∂h, ∂²/∂h²) to `out`.
    fn add_mixture_derivatives(&self, theta: &[f64], h: &[f64], weight: f64, out: &mut MixtureDerivatives);

    /// Whether it is certainly convex in h on the simplex.
    fn is_convex(&self, theta: &[f64]) -> bool;

    /// Whether it is the same for every mixture.
    fn is_constant(&self) -> bool {
        false
    }

    /// Entries, from its first, that a search moves together.
    fn groups(&self, k: usize) -> Vec<Vec<usize>>;

    /// θs that give nearly the same values in another way.
    fn kin(&self, _theta: &[f64]) -> Vec<Vec<f64>> {
        Vec::new()
    }

    /// θs from which it may come to give the values of it and a constant together.
    fn kin_without_constant(&self, _theta: &[f64]) -> Vec<Vec<f64>> {
        Vec::new()
    }

    /// θ with its own level and the other's dependence on the mixture; none where it has but one.
    fn alike(&self, _theta: &[f64], _other: &[f64]) -> Option<Vec<f64>> {
        None
    }

    /// θ at which it is `value` for every mixture.
    fn flat(&self, k: usize, value: f64) -> Vec<f64>;

    /// Whether a ridge may draw its entries to their mean.
    fn has_ridge(&self) -> bool {
        false
    }

    /// Its entries that are the logarithms of exponents γ_i of weights h_i; none of most.
    fn weight_exponents(&self, _k: usize) -> Range<usize> {
        0..0
    }

    /// Its formula.
    fn formula(&self) -> Expr;
}

/// Inside, E is its logarithm; losses are of order one, and an E of 0.001 is as good as none. None is above 100 nats.
pub(super) fn irreducible_loss() -> Parameter {
    Parameter { symbol: Symbol::plain("E", "E"), kind: Kind::Log, start: (-2.0, 1.0), bounds: (-7.0, 4.7) }
}
