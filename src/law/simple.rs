//! The simple additive law (Shukor et al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404,
//! eq. 6.1):
//!
//! ```text
//!     L(N, D, h) = E + (Σ_i C_i h_i)^γ + A/N^α + B/D^β        [nats per token]
//! ```
//!
//! 6 + k parameters; θ = (ln E; ln C_i^γ, 1/γ; ln A, ln B, ln α, ln β) inside. Convex in h where γ is not
//! between 0 and 1. Since Σ C_i h_i is linear, the optimum is at a corner of what the constraints allow.

use super::skeleton::Skeleton;
use super::terms::PowerMean;

static LOSS: PowerMean = PowerMean::loss();

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&LOSS),
    nested: Some(&super::chinchilla::LAW),
    use_when: "For few runs: one parameter for each domain; it misses that a domain's benefit saturates.",
    ..Skeleton::additive(
        "simple",
        "simple additive",
        "Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404, eq. 6.1",
    )
};
