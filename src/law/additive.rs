//! The additive law (Shukor et al. 2025, "Scaling Laws for Optimal Data Mixtures", arXiv:2507.09404, eq. 2.4):
//!
//! ```text
//!     L(N, D, h) = E + 1 / Σ_i C_i h_i^{γ_i} + A/N^α + B/D^β        [nats per token]
//! ```
//!
//! 5 + 2k parameters; θ = (ln E; ln C_1 … ln C_k, ln γ_1 … ln γ_k; ln A, ln B, ln α, ln β) inside, A and B for
//! N and D in 10⁹. What the study does not vary is dropped into E: eq. 6.3 without the term in N, and E + 1/Σ
//! without either.
//!
//! The mixture acts alone, so the optimal mixture does not depend on N or D; where every γ_i ≤ 1, L is convex
//! in h. E and the level of the mixture term trade off against each other.

use super::skeleton::Skeleton;
use super::terms::Reciprocal;

pub(super) static LAW: Skeleton = Skeleton {
    mixture: Some(&Reciprocal),
    nested: Some(&super::chinchilla::LAW),
    use_when: "To begin with: several domains, sizes and token counts; its optimum is the same at every scale.",
    ..Skeleton::additive(
        "additive",
        "additive",
        "Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404, eq. 2.4",
    )
};
