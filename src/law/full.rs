//! The full law (Shukor et al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404, eq. 6.2): the
//! joint law with exponents that depend on the mixture,
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A_h/N^{α_h} + B_h/D^{β_h}        [nats per token]
//!     A_h = (Σ_i C^A_i h_i)^{γ^A},   B_h, α_h and β_h likewise
//! ```
//!
//! 5 + 6k parameters. All four are kept inside by their values at the corners and 1/γ: see
//! [`power_mean`](super::terms). Where α_h depends on h, A_h in another unit of N is no longer a power of a
//! linear function: so this law's parameters are for N in 10⁹ parameters and D in 10⁹ tokens.

use super::joint::{A, B};
use super::skeleton::Skeleton;
use super::terms::{PowerMean, Reciprocal};

static ALPHA: PowerMean = PowerMean::exponent("α");
static BETA: PowerMean = PowerMean::exponent("β");

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&Reciprocal),
    n_coefficient: &A,
    n_exponent: &ALPHA,
    d_coefficient: &B,
    d_exponent: &BETA,
    nested: Some(&super::joint::LAW),
    use_when: "Only with many runs at many sizes: here the exponents depend on the mixture, too, which few studies determine.",
    ..Skeleton::additive(
        "full",
        "full",
        "Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404, eq. 6.2",
    )
};
