//! The fits of a study together with what later steps need to know of its data: domains, ranges, means.

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Observation};
use crate::fit::report::mre_percent;
use crate::fit::{Fit, FitConfig, Flag};
use crate::law::{self, LossOf, MixtureDerivatives, Place, Scale};
use crate::units::{Loss, Params, Tokens, choices};

/// Where the data of a study lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Number of observations.
    pub n_observations: usize,
    /// Number of distinct mixtures.
    pub n_mixtures: usize,
    /// Distinct model sizes, ascending; empty where the study gives none.
    pub sizes: Vec<Params>,
    /// Least and largest number of tokens, where the study gives it.
    pub token_range: Option<(Tokens, Tokens)>,
    /// Least and largest weight of each domain.
    pub weight_ranges: Vec<(f64, f64)>,
    /// The mean over distinct mixtures of each domain's weight.
    pub mean_mixture: Vec<f64>,
    /// The distinct mixtures themselves; empty where a file or a link of before does not have them.
    #[serde(default)]
    pub mixtures: Vec<Vec<f64>>,
}

impl DataSummary {
    /// Summarises the study.
    pub fn new(dataset: &Dataset) -> Self {
        let design = dataset.design();
        let tokens = design.tokens();
        let weight_ranges = (0..dataset.domains().len())
            .map(|i| {
                let weights = design.mixtures().iter().map(|mixture| mixture[i]);
                weights.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), h| (low.min(h), high.max(h)))
            })
            .collect();
        Self {
            n_observations: dataset.observations().len(),
            n_mixtures: design.mixtures().len(),
            sizes: design.sizes(),
            token_range: tokens.first().copied().zip(tokens.last().copied()),
            weight_ranges,
            mean_mixture: dataset.mean_mixture(),
            mixtures: design.mixtures().to_vec(),
        }
    }
}

/// Fits of one study.
#[derive(Clone)]
pub struct FittedStudy {
    /// Names of the k domains.
    pub domains: Vec<String>,
    /// Where the data lie.
    pub summary: DataSummary,
    /// The fits.
    pub fits: Vec<Fit>,
}

/// What a study from a file or a link says that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Impossible {
    /// What it says, as the object of "it says".
    pub what: String,
}

impl Impossible {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

/// One target with the fit that explains it.
#[derive(Clone, Copy)]
pub struct FittedTarget<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its fit.
    pub fit: &'a Fit,
    /// Its position among the fit's targets.
    pub target_pos: usize,
}

impl<'a> FittedTarget<'a> {
    /// L(N, D, h) of this target.
    pub fn loss(&self, n: Option<Params>, d: Option<Tokens>, h: &[f64]) -> Loss {
        self.fit.loss(self.target_pos, n, d, h)
    }

    /// L at one scale as a function of the mixture, made ready for many of them.
    pub(crate) fn losses(&self, scale: Scale) -> LossOf<'a> {
        let Fit { law, shape, theta, .. } = self.fit;
        law::losses(*law, shape, theta, self.target_pos, scale)
    }

    /// L, ∂L/∂h and ∂²L/∂h² at that scale and mixture, added to `out` with weight `weight`.
    pub(crate) fn add_mixture_derivatives(&self, scale: Scale, h: &[f64], weight: f64, out: &mut MixtureDerivatives) {
        let Fit { law, shape, theta, .. } = self.fit;
        law.add_mixture_derivatives(shape, theta, Place { target_pos: self.target_pos, scale, h }, weight, out);
    }

    /// Whether L is certainly convex in h on the simplex.
    pub(crate) fn is_convex(&self) -> bool {
        self.fit.law.is_convex(&self.fit.shape, &self.fit.theta)
    }

    /// Whether L depends on the mixture.
    pub fn depends_on_mixture(&self) -> bool {
        self.fit.law.needs().min_domains > 0
    }
}

impl DataSummary {
    /// Whether it sums up the same data, up to rounding of the weights.
    pub fn is_close_to(&self, other: &Self) -> bool {
        const ROUNDING: f64 = 1e-6;
        let counts = |of: &Self| (of.n_observations, of.n_mixtures, of.sizes.clone(), of.token_range);
        let means = self.mean_mixture.iter().zip(&other.mean_mixture);
        counts(self) == counts(other)
            && self.mean_mixture.len() == other.mean_mixture.len()
            && means.into_iter().all(|(one, another)| (one - another).abs() < ROUNDING)
    }

    fn check(&self, k: usize) -> Result<(), Impossible> {
        for (what, n) in [("ranges", self.weight_ranges.len()), ("mean weights", self.mean_mixture.len())] {
            if n != k {
                return Err(Impossible::new(format!("{n} {what} for {k} domains")));
            }
        }
        let weights = self.weight_ranges.iter().flat_map(|&(low, high)| [low, high]);
        // A link rounds them.
        if let Some(weight) = weights.chain(self.mean_mixture.iter().copied()).find(|h| !(0.0..=1.001).contains(h)) {
            return Err(Impossible::new(format!("a weight of {weight}")));
        }
        let sum: f64 = self.mean_mixture.iter().sum();
        if k > 0 && (sum - 1.0).abs() > 1e-3 {
            return Err(Impossible::new(format!("mean weights that sum to {sum}")));
        }
        let is_mixture = |h: &Vec<f64>| {
            let in_range = h.iter().all(|h| (0.0..=1.001).contains(h));
            h.len() == k && in_range && (k == 0 || (h.iter().sum::<f64>() - 1.0).abs() < 1e-3)
        };
        if !self.mixtures.iter().all(is_mixture) {
            return Err(Impossible::new("a run's mixture that is none"));
        }
        let tokens = self.token_range.iter().flat_map(|&(low, high)| [low.0, high.0]);
        match self.sizes.iter().map(|n| n.0).chain(tokens).find(|value| !(value.is_finite() && *value > 0.0)) {
            Some(value) => Err(Impossible::new(format!("a model size or number of tokens of {value}"))),
            None => Ok(()),
        }
    }
}

impl Fit {
    fn check(&self, k: usize) -> Result<(), Impossible> {
        let name = self.law.name();
        let needs = self.law.needs();
        if k < needs.min_domains || needs.max_domains.is_some_and(|most| k > most) || self.shape.n_domains != k {
            return Err(Impossible::new(format!("the {name} law with {k} domains")));
        }
        let stocks = &self.shape.stocks;
        let known = stocks.iter().flatten();
        if stocks.len() != if needs.stocks { k } else { 0 } || known.copied().any(|stock| !(stock > 0.0 && stock < 1e9))
        {
            return Err(Impossible::new(format!("tokens in stock that the {name} law cannot have")));
        }
        let report = &self.report;
        let n_targets = self.targets.len();
        if n_targets == 0 || report.scores.len() != n_targets || self.shape.own_domains.len() != n_targets {
            return Err(Impossible::new(format!("the {name} law for {n_targets} targets")));
        }
        let is_wrong = |own: &Option<usize>| own.map_or(needs.own_domain, |domain_idx| domain_idx >= k);
        if self.shape.own_domains.iter().any(is_wrong) {
            return Err(Impossible::new("a target of a domain that is not there"));
        }
        let parameters = self.law.parameters(&self.shape);
        if self.theta.len() != parameters.len() {
            let (seen, expected) = (self.theta.len(), parameters.len());
            return Err(Impossible::new(format!("{seen} parameters of a law that has {expected}")));
        }
        for (value, parameter) in self.theta.iter().zip(&parameters) {
            // Rounding may carry a value just past its bound.
            const SLACK: f64 = 1e-6;
            if !(parameter.bounds.0 - SLACK..=parameter.bounds.1 + SLACK).contains(value) {
                return Err(Impossible::new(format!("a {} out of its range", parameter.symbol.letter)));
            }
        }
        let config = &report.config;
        let settings = (1..=FitConfig::MOST_STARTS).contains(&config.starts)
            && config.delta >= FitConfig::LEAST_DELTA
            && config.ridge >= 0.0;
        let errors = report.scores.iter().flat_map(|score| [Some(score.fit_mre_percent), score.holdout_mre_percent]);
        let mut numbers = errors.flatten().chain([report.objective]);
        if !settings || numbers.any(|value| !(value.is_finite() && value >= 0.0)) {
            return Err(Impossible::new("a setting or an error out of its range"));
        }
        let named = |flag: &Flag| match flag {
            Flag::AtBound(positions) | Flag::Undetermined(positions) => {
                positions.iter().any(|&position| position >= parameters.len())
            }
            _ => false,
        };
        if report.flags.iter().any(named) {
            return Err(Impossible::new("a parameter that the law does not have"));
        }
        Ok(())
    }
}

fn check_names<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Impossible> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if name.is_empty() || !seen.insert(name) {
            return Err(Impossible::new(format!("a {what} without a name of its own")));
        }
    }
    Ok(())
}

/// A predicted loss beside the observed one, where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Line of the observation in its text.
    pub line: usize,
    /// The target's name.
    pub target: String,
    /// L(N, D, h) of the fit.
    pub predicted: Loss,
    /// Whether the law is for such a mixture: some are for those with enough of the target's own domain only.
    pub is_usable: bool,
    /// The observed loss.
    pub observed: Option<Loss>,
}

/// Why a table cannot be predicted with a fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PredictError {
    /// Other domains.
    #[error("the fit's domain \"{domain}\" has no weight column in this table; its domains are: {seen}")]
    Domain {
        /// The domain that is missing.
        domain: String,
        /// Domains of the table.
        seen: String,
    },
    /// A domain that the fit does not know.
    #[error("the table has weights of \"{domain}\", which the fit does not know; its domains are: {known}")]
    UnknownDomain {
        /// The domain.
        domain: String,
        /// Domains of the fit.
        known: String,
    },
    /// N or D is missing though the law needs it.
    #[error("line {line} has no {what}, but the {law} law of \"{target}\" needs one on every line")]
    Scale {
        /// Line of the observation.
        line: usize,
        /// The law.
        law: &'static str,
        /// The target.
        target: String,
        /// "model size N" or "number of tokens D".
        what: &'static str,
    },
}

impl FittedStudy {
    /// The fits of a study.
    pub fn new(domains: Vec<String>, summary: DataSummary, fits: Vec<Fit>) -> Self {
        Self { domains, summary, fits }
    }

    /// The fits of these runs.
    pub fn of(dataset: &Dataset, fits: Vec<Fit>) -> Self {
        Self::new(dataset.domains().to_vec(), DataSummary::new(dataset), fits)
    }

    /// Checks what [`fit`](crate::fit::fit()) guarantees and a file or a link may not keep.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub fn check(&self) -> Result<(), Impossible> {
        let k = self.domains.len();
        let targets: Vec<&str> = self.targets().map(|target| target.name).collect();
        check_names("domain", self.domains.iter().map(String::as_str))?;
        check_names("target", targets.iter().copied())?;
        self.summary.check(k)?;
        if self.fits.is_empty() {
            return Err(Impossible::new("no fit"));
        }
        self.fits.iter().try_for_each(|fit| fit.check(k))
    }

    /// The targets of all fits, in order.
    pub fn targets(&self) -> impl Iterator<Item = FittedTarget<'_>> {
        self.fits.iter().flat_map(|fit| {
            fit.targets.iter().enumerate().map(move |(target_pos, name)| FittedTarget { name, fit, target_pos })
        })
    }

    /// Predicts every observation for every fitted target.
    ///
    /// `seen` and `targets` name the observations' weights and losses; the domains may stand in another order
    /// than the fit's, and there need be no losses.
    ///
    /// # Errors
    /// The observations' domains are not the fit's, or one lacks an N or D that the law needs.
    pub fn predict(
        &self,
        seen: &[String],
        targets: &[String],
        observations: &[Observation],
    ) -> Result<Vec<Prediction>, PredictError> {
        if let Some(domain) = seen.iter().find(|domain| !self.domains.contains(domain)) {
            return Err(PredictError::UnknownDomain {
                domain: domain.clone(),
                known: choices(self.domains.iter().map(String::as_str), domain),
            });
        }
        let mut order = Vec::with_capacity(self.domains.len());
        for domain in &self.domains {
            let position = seen.iter().position(|name| name == domain);
            order.push(position.ok_or_else(|| PredictError::Domain { domain: domain.clone(), seen: seen.join(", ") })?);
        }
        let mut predictions = Vec::new();
        for target in self.targets() {
            let target_idx = targets.iter().position(|name| name == target.name);
            let shape = &target.fit.shape;
            for observation in observations {
                for (term, given, what) in [
                    (shape.n_term, observation.n.is_some(), "model size N"),
                    (shape.d_term, observation.d.is_some(), "number of tokens D"),
                ] {
                    if term && !given {
                        let (line, law) = (observation.line, target.fit.law.name());
                        return Err(PredictError::Scale { line, law, target: target.name.to_string(), what });
                    }
                }
                let h: Vec<f64> = order.iter().map(|&i| observation.mixture[i]).collect();
                predictions.push(Prediction {
                    line: observation.line,
                    target: target.name.to_string(),
                    predicted: target.loss(observation.n, observation.d, &h),
                    is_usable: target.fit.law.uses(shape, target.target_pos, &h),
                    observed: target_idx.and_then(|target_idx| observation.losses[target_idx]),
                });
            }
        }
        Ok(predictions)
    }
}

/// MRE of the predictions of `target` that have an observed loss and a mixture that the law is for.
pub fn prediction_mre_percent(predictions: &[Prediction], target: &str) -> Option<f64> {
    let pairs: Vec<(f64, f64)> = predictions
        .iter()
        .filter(|prediction| prediction.target == target && prediction.is_usable)
        .filter_map(|prediction| Some((prediction.predicted.0, prediction.observed?.0)))
        .collect();
    mre_percent(&pairs)
}
