//! The additive law where domains are repeated: tokens count as effective tokens
//! ([`repetition`](super::repetition)),
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A/N^α + B/D_eff(h, D)^β        [nats per token]
//! ```
//!
//! 6 + 2k parameters, R the last; it needs the domains' tokens in stock.

use super::skeleton::Skeleton;
use super::terms::Reciprocal;

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&Reciprocal),
    repetition: true,
    nested: Some(&super::additive::LAW),
    use_when: "Where runs see scarce domains for several epochs: it needs the tokens in stock.",
    ..Skeleton::additive(
        "additive-repetition",
        "additive, repetition-aware",
        "Shukor et al. 2025, arXiv:2507.09404, eq. 2.4, with the effective tokens of Muennighoff et al. 2023, \
         Scaling Data-Constrained Language Models, arXiv:2305.16264, eq. 5",
    )
};
