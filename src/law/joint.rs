//! The joint law (Shukor et al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404, eq. 2.5):
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A_h/N^α + B_h/D^β        [nats per token]
//!     A_h = (Σ_i C^A_i h_i)^{γ^A},   B_h = (Σ_i C^B_i h_i)^{γ^B}
//! ```
//!
//! 5 + 4k parameters. Inside, θ = (ln E; ln C_i, ln γ_i; ln A_i, 1/γ^A; ln B_i, 1/γ^B; ln α, ln β), where
//! A_i = (C^A_i)^{γ^A} is A_h at the corner of domain i, for N in 10⁹, and likewise B_i: see
//! [`power_mean`](super::terms). With all A_i alike and all B_i alike it is the additive law. Convex in h where
//! every γ_i ≤ 1 and γ^A and γ^B are not between 0 and 1.
//!
//! What the study does not vary is dropped: A_h/N^α with a single N, B_h/D^β with a single D.

use super::skeleton::Skeleton;
use super::terms::{PowerMean, Reciprocal};

pub(super) static A: PowerMean = PowerMean::coefficient("A");
pub(super) static B: PowerMean = PowerMean::coefficient("B");

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&Reciprocal),
    n_coefficient: &A,
    d_coefficient: &B,
    nested: Some(&super::additive::LAW),
    use_when: "Where the best mixture may move with N and D: it needs several mixtures at each size.",
    ..Skeleton::additive(
        "joint",
        "joint",
        "Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404, eq. 2.5",
    )
};
