//! Effective tokens: what D tokens are worth where domains are repeated.
//!
//! Domain i has U_i tokens in stock, so h_i D tokens of it are r_i = h_i D / U_i epochs. Each epoch after the
//! first is worth less than the one before (Muennighoff et al. 2023, "Scaling Data-Constrained Language
//! Models", arXiv:2305.16264, eq. 5, here for each domain by itself):
//!
//! ```text
//!     D_eff(h, D) = Σ_i U_i ρ(h_i D / U_i),     ρ(r) = r for r ≤ 1, else 1 + R (1 − e^{−(r − 1)/R})    [tokens]
//! ```
//!
//! A domain whose stock is not known is never repeated: its share of the sum is h_i D. R, the number of further
//! epochs after which little more is gained, is fitted where a run repeats a domain; else it is their 15.39.
//! ρ is concave, so D_eff is concave in h, and D_eff^−β is convex.

use super::formula::{Expr, cases, exp, product, sum, sum_over, sym};
use super::{Kind, MixtureDerivatives, Parameter, Shape, Symbol};

/// Name of R.
pub const NAME: &str = "R";

/// R* of Muennighoff et al. 2023.
pub(super) const SATURATION: f64 = 15.39;
const SATURATION_TEXT: &str = "15.39";

/// R: from 0.05, where a second epoch is worth next to nothing, to 10⁴, where every one is as good as the first.
pub(super) fn saturation() -> Parameter {
    Parameter { symbol: Symbol::plain(NAME, NAME), kind: Kind::Log, start: (0.0, 4.0), bounds: (-3.0, 9.2) }
}

/// What D_eff and ρ stand for, with R or, where it is not fitted, its value.
pub(super) fn definitions(fitted: bool) -> [(Expr, Expr); 2] {
    let saturation = || sym(if fitted { "R" } else { SATURATION_TEXT });
    let stock = || sym("U").below("i");
    let epochs = product([sym("h").below("i"), sym("D")]).over(stock());
    let further = || sym("r").minus(sym("1"));
    let gained = sym("1").minus(exp(further().over(saturation()).negative()));
    let saturated = sum([sym("1"), product([saturation(), gained])]);
    [
        (sym("D").below("eff"), sum_over("i", product([stock(), sym("ρ").of(epochs)]))),
        (
            sym("ρ").of(sym("r")),
            cases([(sym("r"), sym("r").relates("≤", sym("1"))), (saturated, sym("r").relates(">", sym("1")))]),
        ),
    ]
}

/// ln D_eff in 10⁹ tokens and its derivative in ln R.
pub(super) fn effective_tokens(shape: &Shape, saturation: f64, ln_d: f64, h: &[f64]) -> (f64, f64) {
    let d = libm::exp(ln_d);
    let (mut sum, mut by_saturation) = (0.0, 0.0);
    for (&h, stock) in h.iter().zip(&shape.stocks) {
        match stock {
            Some(stock) if h * d > *stock => {
                let x = (h * d / stock - 1.0) / saturation;
                let gained = -libm::expm1(-x);
                sum += stock * (1.0 + saturation * gained);
                by_saturation += stock * saturation * (gained - x * (1.0 - gained));
            }
            _ => sum += h * d,
        }
    }
    (libm::log(sum), by_saturation / sum)
}

/// ln D_eff in 10⁹ tokens and its derivatives in h.
pub(super) fn ln_effective_tokens(shape: &Shape, saturation: f64, ln_d: f64, h: &[f64]) -> MixtureDerivatives {
    let k = h.len();
    let d = libm::exp(ln_d);
    let mut out = MixtureDerivatives::zero(k);
    let mut sum = 0.0;
    for i in 0..k {
        match shape.stocks.get(i).copied().flatten() {
            Some(stock) if h[i] * d > stock => {
                let x = (h[i] * d / stock - 1.0) / saturation;
                sum += stock * (1.0 - saturation * libm::expm1(-x));
                out.gradient[i] = d * libm::exp(-x);
                out.hessian[i * k + i] = -d * d * libm::exp(-x) / (stock * saturation);
            }
            _ => {
                sum += h[i] * d;
                out.gradient[i] = d;
            }
        }
    }
    for i in 0..k {
        out.hessian[i * k + i] /= sum;
        out.gradient[i] /= sum;
    }
    for i in 0..k {
        for j in 0..k {
            out.hessian[i * k + j] -= out.gradient[i] * out.gradient[j];
        }
    }
    out.value = libm::log(sum);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_prints_the_saturation_that_is_used() {
        assert_eq!(SATURATION_TEXT.parse(), Ok(SATURATION));
    }
}
