//! The Chinchilla law (Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", arXiv:2203.15556,
//! eq. 2):
//!
//! ```text
//!     L(N, D) = E + A/N^α + B/D^β        [nats per token]
//! ```
//!
//! 5 parameters; θ = (ln E, ln A, ln B, ln α, ln β) inside. The mixture does not enter: it is what every law of
//! the mixture has to beat, and the law of studies without mixtures.

use super::skeleton::Skeleton;

pub(super) static LAW: Skeleton = Skeleton {
    use_when: "For studies without mixtures, and as what every law of the mixture has to beat.",
    ..Skeleton::additive(
        "chinchilla",
        "Chinchilla",
        "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556, eq. 2",
    )
};
