//! A number that is the same for every mixture.

use super::super::formula::{Expr, sym};
use super::super::{Kind, Mixture, MixtureDerivatives, Parameter, Symbol};
use super::Term;

/// A coefficient of a power of N or D, or its exponent: e^θ.
pub(in super::super) struct Constant {
    symbol: Symbol,
    start: (f64, f64),
    bounds: (f64, f64),
}

impl Constant {
    /// A or B, for N and D in 10⁹.
    pub const fn coefficient(letter: &'static str) -> Self {
        Self { symbol: Symbol::plain(letter, letter), start: (-3.0, 1.5), bounds: (-12.0, 8.0) }
    }

    /// α or β: from 0.005, a power that is as good as constant, to 1.5.
    pub const fn exponent(letter: &'static str, ascii: &'static str) -> Self {
        Self { symbol: Symbol::plain(letter, ascii), start: (-2.5, 0.0), bounds: (-5.3, 0.4) }
    }
}

impl Term for Constant {
    fn parameters(&self, _k: usize, _at: usize, exponent: Option<usize>) -> Vec<Parameter> {
        let kind = exponent.map_or(Kind::Log, |exponent| Kind::Coefficient { exponent });
        vec![Parameter { symbol: self.symbol, kind, start: self.start, bounds: self.bounds }]
    }

    fn n_parameters(&self, _k: usize) -> usize {
        1
    }

    fn n_prepared(&self, _k: usize) -> usize {
        1
    }

    fn prepare(&self, theta: &[f64], prepared: &mut [f64]) {
        prepared[0] = libm::exp(theta[0]);
    }

    fn value(&self, _theta: &[f64], prepared: &[f64], _mixture: &Mixture, jacobian: Option<&mut [f64]>) -> f64 {
        if let Some(jacobian) = jacobian {
            jacobian[0] = prepared[0];
        }
        prepared[0]
    }

    fn add_mixture_derivatives(&self, theta: &[f64], _h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        out.value += weight * libm::exp(theta[0]);
    }

    fn is_convex(&self, _theta: &[f64]) -> bool {
        true
    }

    fn is_constant(&self) -> bool {
        true
    }

    fn groups(&self, _k: usize) -> Vec<Vec<usize>> {
        Vec::new()
    }

    fn flat(&self, _k: usize, value: f64) -> Vec<f64> {
        vec![libm::log(value)]
    }

    fn formula(&self) -> Expr {
        sym(self.symbol.letter)
    }
}
