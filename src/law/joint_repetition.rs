//! The joint law where domains are repeated: tokens count as effective tokens
//! ([`repetition`](super::repetition)),
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A_h/N^α + B_h/D_eff(h, D)^β        [nats per token]
//! ```
//!
//! 6 + 4k parameters, R the last; it needs the domains' tokens in stock.

use super::joint::{A, B};
use super::skeleton::Skeleton;
use super::terms::Reciprocal;

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&Reciprocal),
    n_coefficient: &A,
    d_coefficient: &B,
    repetition: true,
    nested: Some(&super::joint::LAW),
    use_when: "As the joint law, where runs see scarce domains for several epochs: it needs the tokens in stock.",
    ..Skeleton::additive(
        "joint-repetition",
        "joint, repetition-aware",
        "Shukor et al. 2025, arXiv:2507.09404, eq. 2.5, with the effective tokens of Muennighoff et al. 2023, \
         Scaling Data-Constrained Language Models, arXiv:2305.16264, eq. 5",
    )
};
