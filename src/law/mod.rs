//! Laws: formulas that give one target's loss from model size N, tokens D and mixture h.
//!
//! Most laws split into channels,
//!
//! ```text
//!     L(N, D, h; θ) = Σ_c φ_c(h; θ) · s_c(N, D; θ)        [nats per token]
//! ```
//!
//! where φ depends on the mixture alone and s on the scale alone ([`ChannelLaw`]). A study has few distinct
//! mixtures and scales, so the fit asks for φ, s and their derivatives once for each of those. A law that
//! does not split is evaluated for each distinct (N, D, h) ([`RowLaw`]). A law says which it is by
//! [`Law::evaluation`], and by [`Law::scope`] whether it is fitted target by target or to all at once.
//!
//! θ is unconstrained inside: logarithms of what is positive, N in 10⁹ parameters and D in 10⁹ tokens, so
//! that coefficients are of order one. [`Law::natural`] gives the parameters as the formula prints them,
//! N counted in parameters and D in tokens. Box bounds keep θ where the arithmetic is sound.
//!
//! h_i = 0 is legal everywhere: h^γ and its derivatives in θ are 0 there.
//!
//! A law is one file here and one entry in [`LAWS`].

mod additive;
mod joint;
mod terms;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::units::{Params, Tokens};

/// All laws, in the order in which they are offered.
pub static LAWS: [&dyn Law; 2] = [&additive::Additive, &joint::Joint];

/// The law of that id.
pub fn by_id(id: &str) -> Option<&'static dyn Law> {
    LAWS.into_iter().find(|law| law.id() == id)
}

/// Whether one fit explains one target or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Each target has a θ of its own.
    EachTarget,
    /// One θ gives the losses of all targets.
    AllTargets,
}

/// What of N and D a law can use; it drops the term of what a study does not vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Fewest domains that the law makes sense for.
    pub min_domains: usize,
    /// Whether the formula has a term in N.
    pub n: bool,
    /// Whether the formula has a term in D.
    pub d: bool,
}

/// The dimensions that a law takes on in one study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// k, the number of domains.
    pub n_domains: usize,
    /// Whether the term in N stands: the study has at least two model sizes.
    pub n_term: bool,
    /// Whether the term in D stands: the study has at least two numbers of tokens.
    pub d_term: bool,
    /// For each target of the fit the domain whose loss it is, where it is one.
    pub own_domains: Vec<Option<usize>>,
}

/// A term that a law leaves out, because the study cannot determine it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dropped {
    /// The term in N.
    N,
    /// The term in D.
    D,
}

/// Why a law cannot be fitted to a study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LawError {
    /// Too few weight columns.
    #[error("the {law} law needs at least {needed} domains, but the study has {seen}; add the weight columns")]
    Domains {
        /// Name of the law.
        law: &'static str,
        /// Fewest domains.
        needed: usize,
        /// Domains of the study.
        seen: usize,
    },
    /// A parameter missing among given ones, or one that the formula does not allow.
    #[error("the {law} law needs a parameter \"{name}\" that is {expected}, but {seen} was given")]
    Parameter {
        /// Name of the law.
        law: &'static str,
        /// Name of the parameter.
        name: String,
        /// What would be right.
        expected: &'static str,
        /// What was given.
        seen: String,
    },
}

impl Shape {
    /// The dimensions that `law` takes on in `dataset`, for the targets at those positions, where it is fitted to
    /// the observations with a positive weight: a term stands if those have two values of what it depends on.
    ///
    /// # Errors
    /// The study has fewer domains than the law needs.
    pub fn new(law: &dyn Law, dataset: &Dataset, target_idxs: &[usize], weights: &[f64]) -> Result<Self, LawError> {
        let needs = law.needs();
        let seen = dataset.domains().len();
        if seen < needs.min_domains {
            return Err(LawError::Domains { law: law.name(), needed: needs.min_domains, seen });
        }
        let used = dataset.observations().iter().zip(weights).filter(|(observation, weight)| {
            **weight > 0.0 && target_idxs.iter().any(|&target_idx| observation.losses[target_idx].is_some())
        });
        let (sizes, tokens): (Vec<_>, Vec<_>) = used.map(|(observation, _)| (observation.n, observation.d)).unzip();
        Ok(Self {
            n_domains: seen,
            n_term: needs.n && sizes.windows(2).any(|pair| pair[0] != pair[1]),
            d_term: needs.d && tokens.windows(2).any(|pair| pair[0] != pair[1]),
            own_domains: target_idxs.iter().map(|&target_idx| dataset.own_domain(target_idx)).collect(),
        })
    }

    /// Terms of `law` that this shape leaves out.
    pub fn dropped(&self, law: &dyn Law) -> Vec<Dropped> {
        let needs = law.needs();
        let mut dropped = Vec::new();
        if needs.n && !self.n_term {
            dropped.push(Dropped::N);
        }
        if needs.d && !self.d_term {
            dropped.push(Dropped::D);
        }
        dropped
    }
}

/// A parameter's letters: γ^A, C_i and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// The letter in Unicode, such as "γ".
    pub letter: &'static str,
    /// The same in ASCII, such as "gamma".
    pub ascii: &'static str,
    /// A superscript, such as "A" in γ^A.
    pub superscript: Option<&'static str>,
    /// The domain that the parameter belongs to.
    pub domain_idx: Option<usize>,
}

impl Symbol {
    /// A symbol with nothing but its letter.
    pub const fn plain(letter: &'static str, ascii: &'static str) -> Self {
        Self { letter, ascii, superscript: None, domain_idx: None }
    }

    /// The same symbol with a superscript.
    pub const fn with_superscript(self, superscript: &'static str) -> Self {
        Self { superscript: Some(superscript), ..self }
    }

    /// The same symbol for one domain.
    pub const fn of_domain(self, domain_idx: usize) -> Self {
        Self { domain_idx: Some(domain_idx), ..self }
    }

    /// The name in files and on the command line: `gamma^A`, `C_arxiv`.
    pub fn name(&self, domains: &[String]) -> String {
        let mut name = self.ascii.to_string();
        if let Some(superscript) = self.superscript {
            name.push('^');
            name.push_str(superscript);
        }
        if let Some(domain_idx) = self.domain_idx {
            name.push('_');
            name.push_str(&domains[domain_idx]);
        }
        name
    }
}

/// One entry of θ.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its letters.
    pub symbol: Symbol,
    /// Random starts are drawn uniformly from this range of the inside value.
    pub start: (f64, f64),
    /// The inside value never leaves this range.
    pub bounds: (f64, f64),
}

/// One distinct mixture, with the logarithms that every law needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// Domain weights: h_i ≥ 0, Σ h_i = 1.
    pub h: Vec<f64>,
    /// ln h_i; −∞ where h_i = 0.
    pub ln_h: Vec<f64>,
}

impl Mixture {
    /// Takes the logarithms.
    pub fn new(h: &[f64]) -> Self {
        Self { h: h.to_vec(), ln_h: h.iter().map(|&h| libm::log(h)).collect() }
    }
}

/// One distinct scale, in the unit of the formulas, with the logarithms that every law needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// ln of N in 10⁹ parameters; 0 where the study has no N.
    pub ln_n: f64,
    /// ln of D in 10⁹ tokens; 0 where the study has no D.
    pub ln_d: f64,
}

impl Scale {
    /// Takes the logarithms.
    pub fn new(n: Option<Params>, d: Option<Tokens>) -> Self {
        Self { ln_n: n.map_or(0.0, |n| libm::log(n.billions())), ln_d: d.map_or(0.0, |d| libm::log(d.billions())) }
    }
}

/// Where a loss is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
    /// Position of the target among the fit's targets.
    pub target_pos: usize,
    /// N and D.
    pub scale: Scale,
    /// Domain weights.
    pub h: &'a [f64],
}

/// A loss with its first and second derivatives in the mixture's weights.
///
/// The weights are taken as k free variables; it is the optimiser that keeps them on the simplex.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureDerivatives {
    /// L(N, D, h).
    pub value: f64,
    /// ∂L/∂h_i, k entries. Infinite where h_i = 0 and 0 < γ_i < 1.
    pub gradient: Vec<f64>,
    /// ∂²L/∂h_i∂h_j, k × k, row by row.
    pub hessian: Vec<f64>,
}

impl MixtureDerivatives {
    /// All zero, for k domains.
    pub fn zero(n_domains: usize) -> Self {
        Self { value: 0.0, gradient: vec![0.0; n_domains], hessian: vec![0.0; n_domains * n_domains] }
    }
}

/// How a law is evaluated.
pub enum Evaluation<'a> {
    /// Channel by channel, once for each distinct mixture and scale.
    Channels(&'a dyn ChannelLaw),
    /// Once for each distinct (N, D, h).
    Rows(&'a dyn RowLaw),
}

/// A formula for the loss, with all that a fit and an optimum need of it.
pub trait Law: Send + Sync {
    /// Name on the command line, in files and in links.
    fn id(&self) -> &'static str;

    /// Name on the page.
    fn name(&self) -> &'static str;

    /// Where the formula comes from: authors, year, title, equation.
    fn source(&self) -> &'static str;

    /// The formula in one line of Unicode, for the terms that stand.
    fn equation(&self, shape: &Shape) -> String;

    /// Whether one fit explains one target or all of them.
    fn scope(&self) -> Scope {
        Scope::EachTarget
    }

    /// What the formula needs of a study.
    fn needs(&self) -> Needs;

    /// The entries of θ, in order.
    fn parameters(&self, shape: &Shape) -> Vec<Parameter>;

    /// The parameters as the formula prints them, in the order of [`Law::parameters`]: N counted in
    /// parameters, D in tokens, losses in nats.
    fn natural(&self, shape: &Shape, theta: &[f64]) -> Vec<f64>;

    /// The inverse of [`Law::natural`].
    ///
    /// # Errors
    /// The index of the first value that the formula does not allow.
    fn inside(&self, shape: &Shape, natural: &[f64]) -> Result<Vec<f64>, usize>;

    /// How the law is evaluated.
    fn evaluation(&self) -> Evaluation<'_>;

    /// L, ∂L/∂h and ∂²L/∂h² at `place`, added to `out` with weight `weight`.
    fn add_mixture_derivatives(
        &self,
        shape: &Shape,
        theta: &[f64],
        place: Place,
        weight: f64,
        out: &mut MixtureDerivatives,
    );

    /// Whether L is certainly convex in h on the simplex, so that a local optimum is the global one.
    fn is_convex(&self, shape: &Shape, theta: &[f64]) -> bool;

    /// The law nested in this one whose fit is a good start for it.
    fn nested(&self) -> Option<&'static dyn Law> {
        None
    }

    /// θ of this law that gives the same losses as θ of the nested law.
    fn embed_nested(&self, _shape: &Shape, _nested_theta: &[f64]) -> Vec<f64> {
        Vec::new()
    }

    /// Groups of entries of θ that one term of the formula shares for one domain; a search for a better
    /// minimum moves such a group at once.
    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>>;
}

/// A law that splits into channels: L = Σ_c φ_c(h; θ) s_c(N, D; θ).
pub trait ChannelLaw: Send + Sync {
    /// For each channel c the entries of θ that φ_c depends on.
    fn mixture_parameters(&self, shape: &Shape) -> Vec<Range<usize>>;

    /// The pairs (c, p) for which s_c depends on θ_p.
    fn scale_parameters(&self, shape: &Shape) -> Vec<(usize, usize)>;

    /// Writes φ_c(h; θ) into `phi`, and ∂φ_c/∂θ_p for p in the channel's range into `jacobian`, channel after
    /// channel.
    fn mixture(&self, shape: &Shape, theta: &[f64], mixture: &Mixture, phi: &mut [f64], jacobian: &mut [f64]);

    /// Writes s_c(N, D; θ) into `s`, and ∂s_c/∂θ_p into `derivatives`, pair after pair.
    fn scale(&self, shape: &Shape, theta: &[f64], scale: Scale, s: &mut [f64], derivatives: &mut [f64]);
}

/// A law that does not split.
pub trait RowLaw: Send + Sync {
    /// L(N, D, h; θ) of the fit's target at `target_pos`; writes ∂L/∂θ into `gradient`.
    fn loss(
        &self,
        shape: &Shape,
        theta: &[f64],
        target_pos: usize,
        scale: Scale,
        mixture: &Mixture,
        gradient: &mut [f64],
    ) -> f64;
}

/// L(N, D, h; θ) of the fit's target at `target_pos`, in nats.
pub fn loss(law: &dyn Law, shape: &Shape, theta: &[f64], target_pos: usize, scale: Scale, mixture: &Mixture) -> f64 {
    match law.evaluation() {
        Evaluation::Channels(channels) => {
            let ranges = channels.mixture_parameters(shape);
            let mut phi = vec![0.0; ranges.len()];
            let mut s = vec![0.0; ranges.len()];
            channels.mixture(shape, theta, mixture, &mut phi, &mut vec![0.0; ranges.iter().map(Range::len).sum()]);
            channels.scale(shape, theta, scale, &mut s, &mut vec![0.0; channels.scale_parameters(shape).len()]);
            phi.iter().zip(&s).map(|(phi, s)| phi * s).sum()
        }
        Evaluation::Rows(rows) => rows.loss(shape, theta, target_pos, scale, mixture, &mut vec![0.0; theta.len()]),
    }
}
