//! Laws: formulas that give one target's loss from model size N, tokens D and mixture h.
//!
//! A study has few distinct mixtures and scales, and most laws depend on the mixture through a few numbers only,
//!
//! ```text
//!     L(N, D, h; θ) = ℓ(q(h; θ); N, D)        [nats per token]
//! ```
//!
//! so the fit asks for q and ∂q/∂θ once for each mixture ([`Features`]), and a row is a handful of
//! multiply-adds. Most of those are one [`skeleton`] with different terms. A law that is not of that kind is
//! evaluated row by row ([`Rows`]). A law says by [`Law::scope`] whether it is fitted target by target or to all
//! targets at once.
//!
//! θ is unconstrained inside: logarithms of what is positive, N in 10⁹ parameters and D in 10⁹ tokens, so that
//! coefficients are of order one. [`Law::natural`] gives the parameters as the formula prints them. Box bounds
//! keep θ where the arithmetic is sound.
//!
//! h_i = 0 is legal everywhere: h^γ and its derivatives in θ are 0 there.
//!
//! A law is one file here and one entry in [`LAWS`].

mod additive;
mod additive_repetition;
mod bimix;
mod capacity;
mod chinchilla;
mod d_cpt;
pub mod formula;
mod full;
mod joint;
mod joint_repetition;
mod latex;
mod linear;
mod m1;
mod m2;
mod m3;
mod m4;
mod parameter;
mod python;
mod repetition;
mod simple;
mod skeleton;
mod terms;

pub use formula::Formula;
pub use parameter::{Kind, Parameter, Symbol};
pub use repetition::NAME as SATURATION;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Observation};
use crate::units::{Params, Tokens};

/// All laws, in the order in which they are offered.
pub static LAWS: [&dyn Law; 15] = [
    &additive::LAW,
    &joint::LAW,
    &full::LAW,
    &simple::LAW,
    &chinchilla::LAW,
    &additive_repetition::LAW,
    &joint_repetition::LAW,
    &m4::LAW,
    &m1::LAW,
    &m2::LAW,
    &m3::LAW,
    &linear::LAW,
    &bimix::BiMix,
    &d_cpt::DCpt,
    &capacity::Capacity,
];

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

/// What the formula needs of a study; it drops the term of an N or D that the study does not vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Fewest domains that the law makes sense for.
    pub min_domains: usize,
    /// Most domains, where there is a limit.
    pub max_domains: Option<usize>,
    /// Whether the formula has a term in N.
    pub n: bool,
    /// Whether the formula has a term in D.
    pub d: bool,
    /// Whether it gives the loss of a training domain only, so that each target must be one.
    pub own_domain: bool,
    /// Whether it needs the domains' tokens in stock.
    pub stocks: bool,
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
    /// Tokens in stock of each domain, in 10⁹, where known; empty for a law that does not ask for them.
    pub stocks: Vec<Option<f64>>,
    /// Whether the saturation of repeated tokens is a parameter: a fitted observation takes a domain for more than one
    /// epoch, or the user wants it to be one.
    pub repeats: bool,
}

/// A term that a law leaves out, because the study cannot determine it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dropped {
    /// The term in N.
    N,
    /// The term in D.
    D,
    /// The saturation of repeated tokens.
    Saturation,
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
    /// Too many weight columns.
    #[error("the {law} law is for {most} domains at most, but the study has {seen}; choose another law")]
    ManyDomains {
        /// Name of the law.
        law: &'static str,
        /// Most domains.
        most: usize,
        /// Domains of the study.
        seen: usize,
    },
    /// A target that is no domain's own loss.
    #[error(
        "the {law} law gives the losses of training domains only, and \"{target}\" is none of them; leave it out, or choose another law"
    )]
    OwnDomain {
        /// Name of the law.
        law: &'static str,
        /// The target.
        target: String,
    },
    /// Two targets that are one domain's loss, for a law that gives one loss a domain.
    #[error(
        "the {law} law gives one loss of each domain, but \"{one}\" and \"{other}\" are both of \"{domain}\"; choose one of them"
    )]
    SameDomain {
        /// Name of the law.
        law: &'static str,
        /// The one target.
        one: String,
        /// The other target.
        other: String,
        /// The domain.
        domain: String,
    },
    /// No token stocks.
    #[error(
        "the {law} law counts how often tokens are repeated: it needs tokens D on every row and the tokens in stock of at least one domain"
    )]
    Stocks {
        /// Name of the law.
        law: &'static str,
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
    /// The study lacks what the law needs: the number of domains, own losses, one of each domain where it gives all at
    /// once, or stocks.
    pub fn new(law: &dyn Law, dataset: &Dataset, target_idxs: &[usize], weights: &[f64]) -> Result<Self, LawError> {
        let needs = law.needs();
        let seen = dataset.domains().len();
        if seen < needs.min_domains {
            return Err(LawError::Domains { law: law.name(), needed: needs.min_domains, seen });
        }
        if let Some(most) = needs.max_domains.filter(|most| seen > *most) {
            return Err(LawError::ManyDomains { law: law.name(), most, seen });
        }
        let own_domains: Vec<Option<usize>> =
            target_idxs.iter().map(|&target_idx| dataset.own_domain(target_idx)).collect();
        let outside = target_idxs.iter().zip(&own_domains).find(|(_, own_domain)| own_domain.is_none());
        if let Some((&target_idx, _)) = outside.filter(|_| needs.own_domain) {
            let target = dataset.targets()[target_idx].clone();
            return Err(LawError::OwnDomain { law: law.name(), target });
        }
        if law.scope() == Scope::AllTargets {
            for (position, own_domain) in own_domains.iter().enumerate() {
                let other = own_domains[..position].iter().position(|other| other == own_domain);
                if let (Some(other), Some(domain_idx)) = (other, *own_domain) {
                    let [one, other] =
                        [other, position].map(|position| dataset.targets()[target_idxs[position]].clone());
                    let domain = dataset.domains()[domain_idx].clone();
                    return Err(LawError::SameDomain { law: law.name(), one, other, domain });
                }
            }
        }
        let used: Vec<&Observation> = dataset
            .observations()
            .iter()
            .zip(weights)
            .filter(|(observation, weight)| {
                **weight > 0.0 && target_idxs.iter().any(|&target_idx| observation.losses[target_idx].is_some())
            })
            .map(|(observation, _)| observation)
            .collect();
        let mut stocks = Vec::new();
        if needs.stocks {
            stocks.extend(dataset.stocks().iter().map(|stock| stock.map(Tokens::billions)));
            if stocks.iter().all(Option::is_none) || used.iter().any(|observation| observation.d.is_none()) {
                return Err(LawError::Stocks { law: law.name() });
            }
        }
        let repeats = used.iter().any(|observation| {
            let d = observation.d.map_or(0.0, Tokens::billions);
            observation.mixture.iter().zip(&stocks).any(|(h, stock)| stock.is_some_and(|stock| h * d > stock))
        });
        let two_sizes = used.windows(2).any(|pair| pair[0].n != pair[1].n);
        let two_tokens = used.windows(2).any(|pair| pair[0].d != pair[1].d);
        Ok(Self {
            n_domains: seen,
            n_term: needs.n && two_sizes,
            d_term: needs.d && (two_tokens || repeats),
            own_domains,
            stocks,
            repeats,
        })
    }

    /// For k domains with every term, for a reader who wants to see the formula.
    pub fn whole(n_domains: usize) -> Self {
        let own_domains = vec![Some(0)];
        let stocks = vec![Some(1.0); n_domains];
        Self { n_domains, n_term: true, d_term: true, own_domains, stocks, repeats: true }
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
        if needs.stocks && !self.repeats {
            dropped.push(Dropped::Saturation);
        }
        dropped
    }
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

    /// Adds factor · v vᵀ to the second derivatives.
    pub(crate) fn add_square(&mut self, factor: f64, v: &[f64]) {
        for (row, &first) in self.hessian.chunks_exact_mut(v.len()).zip(v) {
            let scaled = factor * first;
            row.iter_mut().zip(v).for_each(|(entry, second)| *entry += scaled * second);
        }
    }
}

/// How a law is evaluated: an object that holds what does not change during a fit.
pub enum Evaluation<'a> {
    /// Through a few numbers of each distinct mixture.
    Features(Box<dyn Features + 'a>),
    /// Row by row.
    Rows(Box<dyn Rows + 'a>),
}

/// A formula for the loss, with all that a fit and an optimum need of it.
pub trait Law: Send + Sync {
    /// Name on the command line, in files and in links.
    fn id(&self) -> &'static str;

    /// Name on the page.
    fn name(&self) -> &'static str;

    /// Where the formula comes from: authors, year, title, equation.
    fn source(&self) -> &'static str;

    /// When to choose it, in a sentence.
    fn use_when(&self) -> &'static str;

    /// The formula, for the terms that stand.
    fn formula(&self, shape: &Shape) -> Formula;

    /// The formula as the body of a Python function of N, D, h and the parameters by name, each an array of NumPy
    /// whose last axis is that of domains; of `own`, the position of the target's own domain, where the law asks for
    /// it; and of U, the domains' tokens in stock, where it counts epochs.
    fn python(&self, shape: &Shape) -> String {
        python::body(&self.formula(shape))
    }

    /// Whether one fit explains one target or all of them.
    fn scope(&self) -> Scope {
        Scope::EachTarget
    }

    /// What the formula needs of a study.
    fn needs(&self) -> Needs;

    /// The entries of θ, in order.
    fn parameters(&self, shape: &Shape) -> Vec<Parameter>;

    /// Whether the parameters are for N in 10⁹ parameters and D in 10⁹ tokens, because the formula does not keep
    /// its form in other units; elsewhere N is counted in parameters and D in tokens.
    fn counts_in_billions(&self) -> bool {
        false
    }

    /// Whether an observation with this mixture can be used for the fit's target at `target_pos`.
    fn uses(&self, _shape: &Shape, _target_pos: usize, _h: &[f64]) -> bool {
        true
    }

    /// The parameters as the formula prints them, in the order of [`Law::parameters`], losses in nats.
    fn natural(&self, shape: &Shape, theta: &[f64]) -> Vec<f64> {
        parameter::natural(&self.parameters(shape), theta)
    }

    /// The same, but for N in 10⁹ parameters and D in 10⁹ tokens.
    fn in_billions(&self, shape: &Shape, theta: &[f64]) -> Vec<f64> {
        parameter::in_billions(&self.parameters(shape), theta)
    }

    /// The inverse of [`Law::natural`].
    ///
    /// # Errors
    /// The index of the first value that the formula does not allow.
    fn inside(&self, shape: &Shape, natural: &[f64]) -> Result<Vec<f64>, usize> {
        parameter::inside(&self.parameters(shape), natural)
    }

    /// The law made ready to be evaluated at those scales.
    fn evaluation<'a>(&'a self, shape: &'a Shape, scales: &[Scale]) -> Evaluation<'a>;

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

    /// Entries that a ridge draws to their mean; none for most laws.
    fn ridge(&self, _shape: &Shape) -> Range<usize> {
        0..0
    }

    /// Entries that are the logarithms of exponents γ_i of weights h_i in the mixture term; none for most laws.
    fn weight_exponents(&self, _shape: &Shape) -> Range<usize> {
        0..0
    }

    /// Groups of entries of θ that one term of the formula shares for one domain; a search for a better
    /// minimum moves such a group at once.
    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>>;

    /// θs that say nearly the same losses in another way, far off: a search for a better minimum goes on from them, too.
    fn kin(&self, _shape: &Shape, _theta: &[f64]) -> Vec<Vec<f64>> {
        Vec::new()
    }
}

/// A law that depends on the mixture through a few numbers only, its features q_c(h; θ):
///
/// ```text
///     L(N, D, h; θ) = ℓ(q(h; θ); N, D)
/// ```
///
/// Every entry of θ is in a feature of its own or shares one: a constant exponent is a feature, too.
pub trait Features {
    /// For each feature the entries of θ that it depends on.
    fn ranges(&self) -> &[Range<usize>];

    /// Takes θ; all that follows is for it.
    fn begin(&mut self, theta: &[f64]);

    /// Writes the features of a mixture into `q` and, where asked for, into `jacobian` for each entry θ_p the ∂q_c/∂θ_p of the
    /// feature that depends on it.
    fn features(&self, theta: &[f64], mixture: &Mixture, q: &mut [f64], jacobian: Option<&mut [f64]>);

    /// Writes L at the scales of these indexes into `losses`, and ∂L/∂q_c at each of them into `z`, feature after feature.
    fn losses(&self, q: &[f64], scale_idxs: &[usize], mixture: &Mixture, losses: &mut [f64], z: &mut [f64]);
}

/// A law that is evaluated row by row.
pub trait Rows {
    /// The entries of θ that the loss of the target at `target_pos` depends on.
    fn entries(&self, target_pos: usize) -> &[usize];

    /// Takes θ; all that follows is for it.
    fn begin(&mut self, theta: &[f64]);

    /// L of the target at `target_pos` at the scale of that index; writes ∂L/∂θ_p for p in its entries where asked
    /// for. Rows of one mixture come one after another, and among those the rows of one scale.
    fn loss(&mut self, target_pos: usize, scale_idx: usize, mixture: &Mixture, gradient: Option<&mut [f64]>) -> f64;
}

/// L(N, D, h; θ) of the fit's target at `target_pos`, in nats.
pub fn loss(law: &dyn Law, shape: &Shape, theta: &[f64], target_pos: usize, scale: Scale, mixture: &Mixture) -> f64 {
    losses(law, shape, theta, target_pos, scale)(mixture)
}

/// A loss as a function of the mixture.
pub(crate) type LossOf<'a> = Box<dyn FnMut(&Mixture) -> f64 + 'a>;

/// The same as a function of the mixture, made ready for many of them.
pub(crate) fn losses<'a>(
    law: &'a dyn Law,
    shape: &'a Shape,
    theta: &'a [f64],
    target_pos: usize,
    scale: Scale,
) -> LossOf<'a> {
    match law.evaluation(shape, &[scale]) {
        Evaluation::Features(mut law) => {
            let mut q = vec![0.0; law.ranges().len()];
            let mut z = q.clone();
            law.begin(theta);
            Box::new(move |mixture| {
                law.features(theta, mixture, &mut q, None);
                let mut loss = [0.0];
                law.losses(&q, &[0], mixture, &mut loss, &mut z);
                loss[0]
            })
        }
        Evaluation::Rows(mut law) => {
            law.begin(theta);
            Box::new(move |mixture| law.loss(target_pos, 0, mixture, None))
        }
    }
}
