//! The fit: θ of a law for one target (or all targets at once), and how far to trust it.
//!
//! ```text
//!     θ̂ = argmin_θ Σ_r w_r Huber_δ(L(N_r, D_r, h_r; θ) − L_r) / Σ_r w_r
//! ```
//!
//! Shukor et al. 2025 (arXiv:2507.09404, §2.6) fit so with δ = 1e-3, by basin hopping from random θ. Here
//! [`problem`] computes the objective by the structure of the law, [`solver`] finds a local minimum,
//! [`search`] the global one, and [`report`] says what the result is worth.
//!
//! Data, settings and seed determine the result: exponentials and logarithms are those of the `libm` crate and
//! every sum has a fixed order, so that it does not depend on the machine.

mod interval;
pub mod problem;
pub mod report;
pub mod restrict;
pub mod search;
pub mod solver;

pub use interval::{Interval, LEVEL, percentile};
pub use problem::Residual;
pub use report::{FitReport, Flag, Score, Termination};
pub use restrict::Restriction;
pub use search::{InTurn, Progress, Runner};
pub use solver::Ending;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Holdout};
use crate::law::{self, Law, LawError, Mixture, Scale, Shape};
use crate::units::{Loss, Params, Tokens, write_number};
use problem::Problem;
use restrict::{Freedom, Restricted};
use search::Search;
use solver::Objective;

/// Settings of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitConfig {
    /// Independent searches for the global minimum.
    pub starts: usize,
    /// All random numbers follow from it.
    pub seed: u64,
    /// Residuals beyond it count by their size, not their square; in the residual's unit. Infinite: least squares.
    pub delta: f64,
    /// What the residual is.
    pub residual: Residual,
    /// Which observations are left out of the fit, to judge it.
    pub holdout: Holdout,
    /// λ of the linear law's ridge λ Σ_i (C_i − C̄)², which is added to the objective; 0 is none.
    pub ridge: f64,
    /// p of the row weights (N·D)^p, beside a row's own: with 1 a row counts by its compute, with 0 all count alike. It
    /// changes nothing in a study of one scale. Fits from before it was a setting had 0.
    #[serde(default)]
    pub weight_power: f64,
    /// The least exponent γ_i of a weight h_i in T(h) = 1/Σ C_i h_i^γ_i, where the user bounds or fixes none: a γ near 0 is
    /// a constant with a cliff at h_i = 0. 0 is none; fits from before it was a setting had none.
    #[serde(default)]
    pub gamma_floor: f64,
    /// The largest γ_i, likewise. With a γ_i above 1 a domain's term can be next to nothing in all runs and rise steeply
    /// beyond them, where the optimum then goes; with all at most 1 the returns of every domain diminish, and T(h) is
    /// convex. 0 is none; fits from before it was a setting had none.
    #[serde(default)]
    pub gamma_ceiling: f64,
    /// What the user wants of parameters.
    pub restrictions: Vec<Restriction>,
}

impl FitConfig {
    /// Enough that the SlimPajama study's joint fits find the best minimum known (see the README's figures).
    pub const DEFAULT_STARTS: usize = 12;
    /// Below this, rounding decides.
    pub const LEAST_DELTA: f64 = 1e-8;
    /// Most starts that make sense: more than this is a mistake in the number.
    pub const MOST_STARTS: usize = 10_000;
    /// δ of Shukor et al. 2025, §2.6, in nats.
    pub const DEFAULT_DELTA: f64 = 1e-3;
    /// Chosen on held-out losses (docs/accuracy.md).
    pub const DEFAULT_WEIGHT_POWER: f64 = 1.0;
    /// Likewise.
    pub const DEFAULT_GAMMA_FLOOR: f64 = 0.2;
    /// Chosen on mixtures with more of a domain than all that were fitted (docs/accuracy.md).
    pub const DEFAULT_GAMMA_CEILING: f64 = 1.0;
    /// With more than this a few rows decide alone.
    pub const MOST_WEIGHT_POWER: f64 = 4.0;
    /// A larger floor leaves too little of the law.
    pub const MOST_GAMMA_FLOOR: f64 = 1.0;
    /// About where the range of the laws themselves ends.
    pub const MOST_GAMMA_CEILING: f64 = 20.0;

    /// As Shukor et al. 2025 fitted: all rows count alike, and a γ_i may be next to 0 or as large as it likes.
    pub fn of_the_paper() -> Self {
        Self { weight_power: 0.0, gamma_floor: 0.0, gamma_ceiling: 0.0, ..Self::default() }
    }

    /// Whether the floor and the ceiling of the γ_i leave a range.
    pub fn has_gamma_range(&self) -> bool {
        (0.0..=Self::MOST_GAMMA_FLOOR).contains(&self.gamma_floor)
            && (self.gamma_ceiling == 0.0
                || (self.gamma_floor..=Self::MOST_GAMMA_CEILING).contains(&self.gamma_ceiling))
    }
}

impl Default for FitConfig {
    fn default() -> Self {
        Self {
            starts: Self::DEFAULT_STARTS,
            seed: 0,
            delta: Self::DEFAULT_DELTA,
            residual: Residual::default(),
            holdout: Holdout::default(),
            ridge: 0.0,
            weight_power: Self::DEFAULT_WEIGHT_POWER,
            gamma_floor: Self::DEFAULT_GAMMA_FLOOR,
            gamma_ceiling: Self::DEFAULT_GAMMA_CEILING,
            restrictions: Vec::new(),
        }
    }
}

/// A law with the θ that was found for it.
#[derive(Clone)]
pub struct Fit {
    /// The law.
    pub law: &'static dyn Law,
    /// Its dimensions in the study.
    pub shape: Shape,
    /// Names of the targets that it explains: one, or all of a law that is fitted to all at once.
    pub targets: Vec<String>,
    /// The law's inside parameters.
    pub theta: Vec<f64>,
    /// What the fit is worth.
    pub report: FitReport,
}

/// Why no fit could be started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Nothing to fit to.
    #[error("choose at least one target")]
    NoTarget,
    /// The study and the law do not go together.
    #[error(transparent)]
    Law(#[from] LawError),
    /// No rows to fit on.
    #[error("\"{target}\" has no loss on any row that the fit may use; choose another target or another hold-out")]
    NoRows {
        /// The target.
        target: String,
    },
    /// One mixture only.
    #[error(
        "the rows to fit on have {n_mixtures} distinct mixture(s); a law of the mixture needs at least 2, and about 20 to be worth something"
    )]
    Mixtures {
        /// How many there are.
        n_mixtures: usize,
    },
    /// All rows are alike but for their losses.
    #[error(
        "all rows to fit on have the same mixture, N and D, or none, so nothing can be predicted from them; give runs of several mixtures (about 20 to be worth something), or of several N or D"
    )]
    NothingVaries,
    /// No rows that the law can use.
    #[error("the {law} law can use no row that has a loss of \"{target}\": all have no weight of that domain")]
    NoUsableRows {
        /// The law.
        law: &'static str,
        /// The target.
        target: String,
    },
    /// Losses in some other unit.
    #[error(
        "the losses of \"{target}\" are about {median}; losses in nats per token are between 0.01 and 100, so give them in nats"
    )]
    Unit {
        /// The target.
        target: String,
        /// The median of its losses.
        median: String,
    },
    /// The formula overflows wherever it was tried.
    #[error("no finite fit was found for \"{target}\": its numbers are too large or too small for the formula")]
    NotFinite {
        /// The target.
        target: String,
    },
    /// A restriction of a parameter that the law does not have.
    #[error("the {law} law has no parameter \"{name}\"; it has: {known}")]
    NoParameter {
        /// The law.
        law: &'static str,
        /// The name.
        name: String,
        /// The names it has, without domains.
        known: String,
    },
    /// A fixed value that the formula does not allow.
    #[error("\"{name}\" cannot be fixed at {value}: it must be {expected}")]
    Restricted {
        /// The parameter.
        name: String,
        /// The value.
        value: f64,
        /// What would be right.
        expected: String,
    },
    /// A range that leaves nothing.
    #[error("\"{name}\" cannot {}: the law's own range is {own}", span(*low, *high))]
    Range {
        /// The parameter.
        name: String,
        /// The least value asked for, or −∞.
        low: f64,
        /// The largest value asked for, or ∞.
        high: f64,
        /// The range of the law.
        own: String,
    },
    /// A range of a power mean's γ that has two parts.
    #[error(
        "\"{name}\" can be bounded on one side of 0 only, as its law has no value near 0: let it be at least or at most 0, too"
    )]
    AcrossZero {
        /// The parameter.
        name: String,
    },
    /// Restrictions that leave nothing together.
    #[error("these restrictions cannot all hold: {texts}; leave one of them out")]
    Contradiction {
        /// The restrictions as one writes them.
        texts: String,
    },
    /// A restriction of a parameter whose unit depends on another.
    #[error("\"{name}\" can be fixed or bounded only where \"{other}\" is fixed, since its unit depends on that")]
    UnitDepends {
        /// The parameter.
        name: String,
        /// The other one.
        other: String,
    },
    /// A ridge for a law that has none.
    #[error("the {law} law has no ridge, so λ cannot be {ridge}; leave it out, or choose the linear law")]
    NoRidge {
        /// The law.
        law: &'static str,
        /// λ.
        ridge: f64,
    },
    /// A tie of parameters that are no equals.
    #[error("{names} cannot be tied: only parameters of one kind can, such as alpha = beta")]
    Tie {
        /// The parameters.
        names: String,
    },
    /// A setting that makes no sense.
    #[error("{what} is {seen}; it must be {expected}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What was given.
        seen: String,
        /// What would be right.
        expected: &'static str,
    },
}

/// "lie between 1 and 2", or what there is of it.
fn span(low: f64, high: f64) -> String {
    match (low, high) {
        (f64::NEG_INFINITY, high) => format!("be at most {high}"),
        (low, f64::INFINITY) => format!("be at least {low}"),
        (low, high) => format!("lie between {low} and {high}"),
    }
}

impl Fit {
    /// L(N, D, h) for the fit's target at `target_pos`; a scale that the study does not vary is not used.
    pub fn loss(&self, target_pos: usize, n: Option<Params>, d: Option<Tokens>, h: &[f64]) -> Loss {
        Loss(law::loss(self.law, &self.shape, &self.theta, target_pos, Scale::new(n, d), &Mixture::new(h)))
    }

    /// Names and natural values of the parameters.
    pub fn parameters(&self, domains: &[String]) -> Vec<(String, f64)> {
        let names = self.law.parameters(&self.shape).into_iter().map(|parameter| parameter.symbol.name(domains));
        names.zip(self.law.natural(&self.shape, &self.theta)).collect()
    }
}

/// Those of the targets that the law can give a loss for: all, or those that are a training domain's own loss.
pub fn usable_targets(law: &dyn Law, dataset: &Dataset, target_idxs: &[usize]) -> Vec<usize> {
    let usable = |target_idx: &usize| !law.needs().own_domain || dataset.own_domain(*target_idx).is_some();
    target_idxs.iter().copied().filter(usable).collect()
}

/// The groups of targets that are fitted together: each alone, or all at once, as the law's scope says.
pub fn target_groups(law: &dyn Law, target_idxs: &[usize]) -> Vec<Vec<usize>> {
    match law.scope() {
        law::Scope::EachTarget => target_idxs.iter().map(|&target_idx| vec![target_idx]).collect(),
        law::Scope::AllTargets => vec![target_idxs.to_vec()],
    }
}

/// Fits the law to the targets at those positions, on the rows that `config.holdout` leaves; one start after
/// another.
///
/// # Errors
/// As [`fit_with`].
pub fn fit(
    law: &'static dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fit, FitError> {
    fit_with(law, dataset, target_idxs, config, &InTurn, progress)
}

/// Fits the law as [`fit`] does; `runner` runs the starts. The result does not depend on it.
///
/// # Errors
/// No fit can be started: the law does not go with the study, there are no rows or only one mixture, or a setting
/// is out of range.
pub fn fit_with(
    law: &'static dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
    runner: &dyn Runner,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fit, FitError> {
    let weights = weights(dataset, config);
    Prepared::new(law, dataset, target_idxs, config, &weights, false)?.fit(runner, (runner, None), progress)
}

/// Fits the law as [`fit`] does where the law that is nested in it may have been fitted to the same rows with the same
/// settings before: that fit is not searched for again.
///
/// # Errors
/// As [`fit_with`].
pub fn fit_above(
    law: &'static dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
    nested: Option<&Fit>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fit, FitError> {
    let weights = weights(dataset, config);
    Prepared::new(law, dataset, target_idxs, config, &weights, false)?.fit(&InTurn, (&InTurn, nested), progress)
}

/// The part of [`fit`] that can be done in several places at once: the starts of that range, which do not depend on
/// each other.
///
/// # Errors
/// As [`fit_with`].
pub fn starts(
    law: &'static dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
    range: Range<usize>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Ending>, FitError> {
    let weights = weights(dataset, config);
    let prepared = Prepared::new(law, dataset, target_idxs, config, &weights, false)?;
    let sample = prepared.sample(&prepared.whole()?);
    let looked_at = sample.as_deref().unwrap_or(&weights);
    Ok(search::starts(&|| prepared.objective(looked_at), &prepared.search(None), range, &InTurn, progress))
}

/// The rest of [`fit`], with the endings that [`starts`] gave for all starts, in order. Both together give the same
/// fit as that, to the last bit; or as [`fit_above`] with that fit of the nested law.
///
/// # Errors
/// As [`fit_with`], and endings that are none of this fit's.
pub fn fit_from(
    law: &'static dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
    endings: Vec<Ending>,
    nested: Option<&Fit>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fit, FitError> {
    let weights = weights(dataset, config);
    let prepared = Prepared::new(law, dataset, target_idxs, config, &weights, false)?;
    let n_free = prepared.freedom.parameters.len();
    if let Some(other) = endings.iter().find(|ending| ending.theta.len() != n_free) {
        let (what, seen) = ("the number of parameters of a start", other.theta.len().to_string());
        return Err(FitError::Setting { what, seen, expected: "that of the law's free parameters" });
    }
    prepared.fit(&search::Before(endings), (&InTurn, nested), progress)
}

/// The shape that the law takes on, and whether a fit could begin, as far as that shows without its losses.
///
/// # Errors
/// The law does not go with the study, or a setting is out of range.
pub fn check(law: &dyn Law, dataset: &Dataset, target_idxs: &[usize], config: &FitConfig) -> Result<Shape, FitError> {
    check_config(config)?;
    check_ridge(law, config)?;
    let shape = shape(law, dataset, target_idxs, config, &weights(dataset, config))?;
    Freedom::new(law, &shape, dataset.domains(), config, false)?;
    check_design(dataset)?;
    Ok(shape)
}

/// Whether a target has losses to fit to, in the unit that the laws are for.
///
/// # Errors
/// It has none on the rows that the fit may use, or they are far from nats per token.
pub fn check_target(dataset: &Dataset, target_idx: usize, config: &FitConfig) -> Result<(), FitError> {
    check_losses(dataset, target_idx, &weights(dataset, config))
}

/// Without anything that varies there is nothing to predict by.
fn check_design(dataset: &Dataset) -> Result<(), FitError> {
    let design = dataset.design();
    let varies = design.mixtures().len() > 1 || design.scales().len() > 1;
    varies.then_some(()).ok_or(FitError::NothingVaries)
}

fn check_losses(dataset: &Dataset, target_idx: usize, weights: &[f64]) -> Result<(), FitError> {
    let fitted = dataset.observations().iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
    let mut losses: Vec<f64> = fitted.filter_map(|(observation, _)| Some(observation.losses[target_idx]?.0)).collect();
    let target = || dataset.targets()[target_idx].clone();
    if losses.is_empty() {
        return Err(FitError::NoRows { target: target() });
    }
    crate::order::sort(&mut losses);
    let median = losses[losses.len() / 2];
    if !PLAUSIBLE_LOSS.contains(&median) {
        return Err(FitError::Unit { target: target(), median: write_number(median, 3) });
    }
    Ok(())
}

fn check_ridge(law: &dyn Law, config: &FitConfig) -> Result<(), FitError> {
    if config.ridge > 0.0 && law.ridge(&Shape::whole(2)).is_empty() {
        return Err(FitError::NoRidge { law: law.name(), ridge: config.ridge });
    }
    Ok(())
}

/// The dimensions of the law. Its saturation of repeated tokens is a parameter where a run repeats a domain, and where
/// the user wants something of it.
fn shape(
    law: &dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
    weights: &[f64],
) -> Result<Shape, LawError> {
    let shape = Shape::new(law, dataset, target_idxs, weights)?;
    let wanted = law.needs().stocks && config.restrictions.iter().any(|restriction| restriction.names(law::SATURATION));
    Ok(Shape { repeats: shape.repeats || wanted, ..shape })
}

/// θ of the fit's law on rows that weigh otherwise (0 leaves one out), searched for from some random starts and, where the
/// rows determine the law, from the fit's own θ. Where they do not, that θ is a minimum on them as well, which still knows
/// what was left out. Where there are too many rows for a search, `to_the_end` goes on from a sample's minimum to that of
/// all.
///
/// # Errors
/// No such fit can be started, or its numbers overflow.
pub(crate) fn refit(
    fit: &Fit,
    dataset: &Dataset,
    target_idxs: &[usize],
    weights: &[f64],
    (starts, seed): (usize, u64),
    to_the_end: bool,
) -> Result<Vec<f64>, FitError> {
    let prepared =
        Prepared::with_shape(fit.law, dataset, target_idxs, &fit.report.config, weights, fit.shape.clone(), false)?;
    let sample = prepared.sample(&prepared.whole()?);
    let looked_at = sample.as_deref().unwrap_or(weights);
    let from =
        determines(dataset, weights, prepared.freedom.parameters.len()).then(|| prepared.freedom.reduce(&fit.theta));
    let n_starts = if from.is_some() { starts } else { starts.max(STARTS_FROM_NOTHING) };
    let search = Search { n_starts, seed, ..prepared.search(None) };
    let mut found = search::search_near(&|| prepared.objective(looked_at), &search, from.as_deref());
    if sample.is_some() && to_the_end {
        found = search::polish(&mut *prepared.objective(weights), &search, &found);
    }
    if !found.objective.is_finite() {
        return Err(FitError::NotFinite { target: prepared.target() });
    }
    Ok(prepared.freedom.expand(&found.theta))
}

/// Random starts of a refit that nothing is known of before.
const STARTS_FROM_NOTHING: usize = 4;

/// Whether the rows that weigh something determine a law about well: a law has two parameters a domain, so at least twice
/// as many mixtures; without mixtures at least twice as many rows as parameters.
fn determines(dataset: &Dataset, weights: &[f64], n_parameters: usize) -> bool {
    let (design, k) = (dataset.design(), dataset.domains().len());
    let rows = || design.rows().iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(row, _)| row);
    let mixtures: std::collections::HashSet<usize> = rows().map(|row| row.0).collect();
    rows().count() >= 2 * n_parameters && (k < 2 || mixtures.len() >= 4 * k)
}

/// The weight of each observation: its own times (N·D)^p, or 0 where it is held out. Only their ratios count.
pub(crate) fn weights(dataset: &Dataset, config: &FitConfig) -> Vec<f64> {
    let held_out = config.holdout.held_out(dataset);
    let weighed = dataset.observations().iter().zip(held_out);
    let mut weights: Vec<f64> =
        weighed.map(|(observation, held_out)| if held_out { 0.0 } else { observation.weight }).collect();
    weigh_by_scale(&mut weights, dataset, config.weight_power);
    weights
}

/// Multiplies the weights that are not 0 by (N·D)^p as a share of the largest. Where the rows have one scale nothing
/// changes, not a bit.
fn weigh_by_scale(weights: &mut [f64], dataset: &Dataset, power: f64) {
    let ln_scale = |&(_, scale_idx): &(usize, usize)| {
        let crate::dataset::Scale { n, d } = dataset.design().scales()[scale_idx];
        n.map_or(0.0, |n| libm::log(n.0)) + d.map_or(0.0, |d| libm::log(d.0))
    };
    let ln_scales: Vec<f64> = dataset.design().rows().iter().map(ln_scale).collect();
    let used = || weights.iter().zip(&ln_scales).filter(|(weight, _)| **weight > 0.0).map(|(_, ln_scale)| *ln_scale);
    let (least, largest) = used().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (x.min(low), x.max(high)));
    if power == 0.0 || !(least < largest) {
        return;
    }
    for (weight, ln_scale) in weights.iter_mut().zip(&ln_scales).filter(|(weight, _)| **weight > 0.0) {
        // However far below the largest, it keeps a weight: 0 would mean that it is held out.
        *weight = (*weight * libm::exp(power * (ln_scale - largest))).max(f64::MIN_POSITIVE);
    }
}

/// A fit that can be searched for: what it is made of has been checked.
struct Prepared<'a> {
    law: &'static dyn Law,
    dataset: &'a Dataset,
    target_idxs: &'a [usize],
    config: &'a FitConfig,
    weights: &'a [f64],
    shape: Shape,
    freedom: Freedom,
}

impl search::Kin for Prepared<'_> {
    fn kin(&self, theta: &[f64]) -> Vec<Vec<f64>> {
        let mut kin = self.law.kin(&self.shape, &self.freedom.expand(theta));
        // With a γ_i that may not be as large, or as little, as its C_i was made for, it says something else.
        const SLACK: f64 = 1e-3;
        let (exponents, bounds) = (self.law.weight_exponents(&self.shape), self.freedom.bounds());
        let is_within = |theta: &[f64], at: usize| {
            bounds[at].is_none_or(|(low, high)| (low - SLACK..=high + SLACK).contains(&theta[at]))
        };
        kin.retain(|theta| exponents.clone().all(|at| is_within(theta, at)));
        kin.iter().map(|theta| self.freedom.reduce(theta)).collect()
    }
}

impl<'a> Prepared<'a> {
    /// With `nested`, the law is nested in the one that the user wants.
    fn new(
        law: &'static dyn Law,
        dataset: &'a Dataset,
        target_idxs: &'a [usize],
        config: &'a FitConfig,
        weights: &'a [f64],
        nested: bool,
    ) -> Result<Self, FitError> {
        check_config(config)?;
        if target_idxs.is_empty() {
            return Err(FitError::NoTarget);
        }
        if !nested {
            check_ridge(law, config)?;
        }
        target_idxs.iter().try_for_each(|&target_idx| check_losses(dataset, target_idx, weights))?;
        let shape = shape(law, dataset, target_idxs, config, weights)?;
        Self::with_shape(law, dataset, target_idxs, config, weights, shape, nested)
    }

    /// Where the shape is known: the rows of a replicate may lack what gave the law its terms.
    fn with_shape(
        law: &'static dyn Law,
        dataset: &'a Dataset,
        target_idxs: &'a [usize],
        config: &'a FitConfig,
        weights: &'a [f64],
        shape: Shape,
        nested: bool,
    ) -> Result<Self, FitError> {
        let freedom = Freedom::new(law, &shape, dataset.domains(), config, nested)?;
        Ok(Self { law, dataset, target_idxs, config, weights, shape, freedom })
    }

    fn problem(&self, weights: &[f64]) -> Problem<'_> {
        let &Self { law, dataset, target_idxs, config, .. } = self;
        Problem::new(law, &self.shape, dataset, target_idxs, weights, config.residual).with_ridge(config.ridge)
    }

    /// The objective on all rows.
    fn whole(&self) -> Result<Problem<'_>, FitError> {
        let problem = self.problem(self.weights);
        if problem.n_rows() == 0 {
            return Err(FitError::NoUsableRows { law: self.law.name(), target: self.target() });
        }
        check_design(self.dataset)?;
        if self.law.needs().min_domains > 1 && problem.n_mixtures() < 2 {
            return Err(FitError::Mixtures { n_mixtures: problem.n_mixtures() });
        }
        Ok(problem)
    }

    fn target(&self) -> String {
        self.dataset.targets()[self.target_idxs[0]].clone()
    }

    /// The weights of the observations that the search looks at, where it does not look at all.
    fn sample(&self, whole: &Problem) -> Option<Vec<f64>> {
        let sample = whole.sample()?;
        let mut weights = vec![0.0; self.weights.len()];
        sample.into_iter().for_each(|observation_idx| weights[observation_idx] = self.weights[observation_idx]);
        Some(weights)
    }

    /// The objective of the free entries.
    fn objective(&self, weights: &[f64]) -> Box<dyn Objective + '_> {
        Box::new(Restricted::new(self.problem(weights), &self.freedom))
    }

    fn search<'s>(&'s self, warm: Option<&'s [f64]>) -> Search<'s> {
        Search {
            parameters: &self.freedom.parameters,
            groups: &self.freedom.groups,
            kin: Some(self),
            delta: self.config.delta,
            n_starts: self.config.starts,
            seed: self.config.seed,
            warm,
        }
    }

    /// What the nested law reaches, this law reaches too; its starts come before this law's first, unless it is known.
    fn warm(
        &self,
        (runner, known): (&dyn Runner, Option<&Fit>),
        progress: &mut dyn FnMut(Progress),
    ) -> Option<Vec<f64>> {
        let nested = self.law.nested()?;
        let is_known = |fit: &&Fit| {
            fit.law.id() == nested.id()
                && fit.shape.n_domains == self.shape.n_domains
                && fit.theta.len() == nested.parameters(&self.shape).len()
        };
        if let Some(known) = known.filter(is_known) {
            return self.embed(known);
        }
        let n_starts = self.config.starts;
        let config = FitConfig { starts: n_starts.div_ceil(4), ..self.config.clone() };
        let mut before = |nested: Progress| progress(Progress { start_idx: 0, n_starts, ..nested });
        // What the user wants may not be possible in the nested law, where a unit can depend on other parameters.
        let nested = Prepared::new(nested, self.dataset, self.target_idxs, &config, self.weights, true);
        let nested = nested.and_then(|nested| nested.fit(runner, (runner, None), &mut before));
        self.embed(&nested.ok()?)
    }

    fn embed(&self, nested: &Fit) -> Option<Vec<f64>> {
        let same_terms = (nested.shape.n_term, nested.shape.d_term) == (self.shape.n_term, self.shape.d_term);
        same_terms.then(|| self.freedom.reduce(&self.law.embed_nested(&self.shape, &nested.theta)))
    }

    /// `nested` runs the starts of the nested law, or is its fit.
    fn fit(
        &self,
        runner: &dyn Runner,
        nested: (&dyn Runner, Option<&Fit>),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fit, FitError> {
        let &Self { law, dataset, target_idxs, config, weights, .. } = self;
        let mut whole = self.whole()?;
        let warm = self.warm(nested, progress);
        let sample = self.sample(&whole);
        let looked_at = sample.as_deref().unwrap_or(weights);
        let search = self.search(warm.as_deref());
        let mut found = search::search(&|| self.objective(looked_at), &search, runner, progress);
        if sample.is_some() {
            found.best = search::polish(&mut *self.objective(weights), &search, &found.best);
        }
        if !found.best.objective.is_finite() {
            return Err(FitError::NotFinite { target: self.target() });
        }
        let theta = self.freedom.expand(&found.best.theta);
        let report = report::report(
            law,
            &self.shape,
            dataset,
            target_idxs,
            weights,
            &mut whole,
            &self.freedom,
            &found,
            &theta,
            config,
        );
        let targets = target_idxs.iter().map(|&target_idx| dataset.targets()[target_idx].clone()).collect();
        Ok(Fit { law, shape: self.shape.clone(), targets, theta, report })
    }
}

/// Where losses in nats per token lie. The laws' bounds are made for such.
const PLAUSIBLE_LOSS: std::ops::RangeInclusive<f64> = 0.01..=100.0;

fn check_config(config: &FitConfig) -> Result<(), FitError> {
    if config.starts == 0 || config.starts > FitConfig::MOST_STARTS {
        let expected = "a whole number from 1 to 10000";
        return Err(FitError::Setting { what: "the number of starts", seen: config.starts.to_string(), expected });
    }
    if !(config.delta >= FitConfig::LEAST_DELTA) {
        let expected = "a number of at least 0.00000001, such as 0.001";
        return Err(FitError::Setting { what: "δ", seen: config.delta.to_string(), expected });
    }
    if !(0.0..=FitConfig::MOST_WEIGHT_POWER).contains(&config.weight_power) {
        let expected = "a number from 0 to 4: 0 lets all rows count alike, 1 by N·D";
        let seen = config.weight_power.to_string();
        return Err(FitError::Setting { what: "the power p of the row weights (N·D)^p", seen, expected });
    }
    if !(0.0..=FitConfig::MOST_GAMMA_FLOOR).contains(&config.gamma_floor) {
        let expected = "a number from 0 to 1: 0 is none, 0.2 the usual one";
        return Err(FitError::Setting { what: "the minimum γ", seen: config.gamma_floor.to_string(), expected });
    }
    if !config.has_gamma_range() {
        let expected = "a number from the minimum γ to 20, such as 1, or 0, which is none";
        return Err(FitError::Setting { what: "the maximum γ", seen: config.gamma_ceiling.to_string(), expected });
    }
    if !(config.ridge >= 0.0 && config.ridge.is_finite()) {
        let expected = "0 or a positive number, such as 0.001";
        return Err(FitError::Setting { what: "the ridge λ", seen: config.ridge.to_string(), expected });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Observation, Split};
    use crate::units::{Loss, Params, Tokens};
    use search::Kin;

    /// A steep γ_i that stands for a domain without a part is none where the ceiling cuts it off.
    #[test]
    fn what_the_limits_of_the_exponents_change_is_no_kin() {
        let row = |at: usize| Observation {
            line: at + 2,
            n: Some(Params([1e8, 3e8, 1e9][at % 3])),
            d: Some(Tokens([1e9, 1e10][at % 2])),
            mixture: (0..7).map(|i| if i == at % 7 { 0.4 } else { 0.1 }).collect(),
            losses: vec![Some(Loss(2.0 + 0.01 * at as f64))],
            weight: 1.0,
            split: Split::Fit,
        };
        let domains = (0..7).map(|i| format!("domain{i}")).collect();
        let dataset = Dataset::new(domains, vec!["loss".into()], (0..21).map(row).collect()).expect("a study");
        let law = law::by_id("additive").expect("a law");
        let kin = |config: &FitConfig| {
            let weights = weights(&dataset, config);
            let prepared = Prepared::new(law, &dataset, &[0], config, &weights, false).expect("a sound study");
            let theta: Vec<f64> = prepared.freedom.parameters.iter().map(|p| (p.start.0 + p.start.1) / 2.0).collect();
            let exponents = law.weight_exponents(&prepared.shape);
            let all = law.kin(&prepared.shape, &prepared.freedom.expand(&theta));
            let highest = libm::log(config.gamma_ceiling);
            let steep = all.iter().filter(|kin| exponents.clone().any(|at| kin[at] > highest)).count();
            (all.len(), steep, prepared.kin(&theta).len())
        };
        let (all, steep, offered) = kin(&FitConfig { gamma_floor: 0.0, ..FitConfig::default() });
        assert!(steep >= 7 && offered == all - steep, "{offered} of {all} kin, of which {steep} are steep");
        let (all, _, offered) = kin(&FitConfig::of_the_paper());
        assert_eq!(offered, all);
    }
}
