//! The fits of a study together with what later steps need to know of its data: domains, ranges, means.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::choice::{Candidate, Validation};
use super::process::{self, Form};
use super::validate::NewRuns;
use crate::dataset::{Dataset, Observation};
use crate::fit::report::mre_percent;
use crate::fit::{Fit, FitConfig, Flag, Interval};
use crate::gp::{GaussianProcess, GpPlace};
use crate::law::{self, Law, LossOf, Mixture, MixtureDerivatives, Place, Scale, Scope, Shape};
use crate::units::{Loss, Params, Tokens, choices, write_count};

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
    /// N and D of the run of most compute, where the study gives both; absent in files and links of before.
    #[serde(default)]
    pub largest: Option<(Params, Tokens)>,
    /// Least and largest weight of each domain.
    pub weight_ranges: Vec<(f64, f64)>,
    /// The mean over distinct mixtures of each domain's weight.
    pub mean_mixture: Vec<f64>,
    /// The distinct mixtures themselves; empty where a file or a link of before does not have them.
    #[serde(default)]
    pub mixtures: Vec<Vec<f64>>,
}

impl DataSummary {
    /// N and D of the largest run: that of most compute, or else the largest of each, where the study gives them.
    pub fn edge(&self) -> (Option<Params>, Option<Tokens>) {
        match self.largest {
            Some((n, d)) => (Some(n), Some(d)),
            None => (self.sizes.last().copied(), self.token_range.map(|(_, most)| most)),
        }
    }

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
            largest: dataset
                .observations()
                .iter()
                .filter_map(|row| row.n.zip(row.d))
                .max_by(|a, b| (a.0.0 * a.1.0).total_cmp(&(b.0.0 * b.1.0))),
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
    /// What gives the losses: the fits' laws, or processes as well.
    pub form: Form,
    /// The process of each target, in the order of the fits' targets; empty where there is none.
    pub processes: Vec<Arc<GaussianProcess>>,
    /// What validation showed of this way to predict.
    pub validation: Validation,
    /// All ways that were validated, this one among them; empty where one law was asked for, or in old files.
    pub candidates: Vec<Candidate>,
    /// What reading the runs left to be said, in sentences.
    pub notices: Vec<String>,
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
    /// What gives its loss.
    pub form: Form,
    /// Its process, where there is one.
    pub process: Option<&'a GaussianProcess>,
}

impl<'a> FittedTarget<'a> {
    /// L(N, D, h) of this target.
    pub fn loss(&self, n: Option<Params>, d: Option<Tokens>, h: &[f64]) -> Loss {
        Loss(self.losses(Scale::new(n, d))(&Mixture::new(h)))
    }

    /// The process that changes the loss, where one does.
    fn corrects(&self) -> Option<&'a GaussianProcess> {
        self.process.filter(|_| self.form != Form::Law)
    }

    /// L at one scale as a function of the mixture, made ready for many of them.
    pub(crate) fn losses(&self, scale: Scale) -> LossOf<'a> {
        let Fit { law, shape, theta, .. } = self.fit;
        let of_law = law::losses(*law, shape, theta, self.target_pos, scale);
        match self.corrects() {
            Some(process) => process::losses(self.form, of_law, process, scale),
            None => of_law,
        }
    }

    /// Adds L, ∂L/∂h and ∂²L/∂h² at one scale, with a weight; made ready for many mixtures.
    pub(crate) fn derivatives(&self, scale: Scale) -> AddDerivatives<'a> {
        let target = *self;
        let add_law = move |h: &[f64], weight: f64, out: &mut MixtureDerivatives| {
            let Fit { law, shape, theta, .. } = target.fit;
            law.add_mixture_derivatives(shape, theta, Place { target_pos: target.target_pos, scale, h }, weight, out);
        };
        let Some(process) = self.corrects() else { return Box::new(add_law) };
        let surface = process.surface(scale.ln_n, scale.ln_d);
        let alone = self.form == Form::Process;
        Box::new(move |h, weight, out| {
            let mut law = MixtureDerivatives::zero(h.len());
            if alone {
                law.value = 1.0
            } else {
                add_law(h, 1.0, &mut law)
            }
            process::add_derivatives(&surface, &law, h, weight, out);
        })
    }

    /// Whether L is certainly convex in h on the simplex.
    pub(crate) fn is_convex(&self) -> bool {
        self.corrects().is_none() && self.fit.law.is_convex(&self.fit.shape, &self.fit.theta)
    }

    /// Whether L depends on the mixture.
    pub fn depends_on_mixture(&self) -> bool {
        self.corrects().is_some() || self.fit.law.needs().min_domains > 0
    }

    /// The standard deviation that the process expects of ln L of a new run; 1 without a process, in whose place
    /// intervals count ln L itself.
    pub(super) fn deviation(&self, scale: Scale, h: &[f64]) -> f64 {
        let place = GpPlace { ln_n: scale.ln_n, ln_d: scale.ln_d, h, run: None };
        self.process.map_or(1.0, |process| process.predict(place).total_variance().sqrt())
    }
}

/// The widest interval that is shown, in ln L from its middle to its end: a factor of e.
const MOST_HALF_WIDTH: f64 = 1.0;

/// Adds a loss with its derivatives in h, as a function of the mixture and of its weight.
pub(crate) type AddDerivatives<'a> = Box<dyn Fn(&[f64], f64, &mut MixtureDerivatives) + Send + Sync + 'a>;

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
        if let Some((low, high)) = self.weight_ranges.iter().find(|(low, high)| low > high) {
            return Err(Impossible::new(format!("weights from {low} to {high}")));
        }
        // A link rounds them.
        let outside = |h: &[f64]| {
            h.iter().zip(&self.weight_ranges).any(|(h, (low, high))| !(low - 1e-3..=high + 1e-3).contains(h))
        };
        if std::iter::once(&self.mean_mixture).chain(&self.mixtures).any(|h| outside(h)) {
            return Err(Impossible::new("a mixture beyond the least and largest weights"));
        }
        if self.largest.is_some_and(|(n, d)| !(n.0 > 0.0 && n.0.is_finite() && d.0 > 0.0 && d.0.is_finite())) {
            return Err(Impossible::new("a largest run without a size"));
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

/// Checks what [`Shape::new`] guarantees, for a law's fit of so many targets; without it nothing may be asked of the law.
///
/// # Errors
/// The first thing that cannot be.
pub fn check_shape(law: &dyn Law, shape: &Shape, k: usize, n_targets: usize) -> Result<(), Impossible> {
    let (name, needs) = (law.name(), law.needs());
    if k < needs.min_domains || needs.max_domains.is_some_and(|most| k > most) || shape.n_domains != k {
        return Err(Impossible::new(format!("the {name} law with {k} domains")));
    }
    let stocks = &shape.stocks;
    let known = stocks.iter().flatten();
    if stocks.len() != if needs.stocks { k } else { 0 } || known.copied().any(|stock| !(stock > 0.0 && stock < 1e9)) {
        return Err(Impossible::new(format!("tokens in stock that the {name} law cannot have")));
    }
    let of_one = law.scope() == Scope::EachTarget;
    if n_targets == 0 || of_one && n_targets > 1 || shape.own_domains.len() != n_targets {
        return Err(Impossible::new(format!("the {name} law for {n_targets} targets")));
    }
    for (target_pos, own) in shape.own_domains.iter().enumerate() {
        if needs.own_domain && own.is_none() {
            return Err(Impossible::new(format!("the {name} law for a target that is no domain's own loss")));
        }
        if own.is_some_and(|domain_idx| domain_idx >= k) {
            return Err(Impossible::new("a target of a domain that is not there"));
        }
        if !of_one && own.is_some() && shape.own_domains[..target_pos].contains(own) {
            return Err(Impossible::new("two targets that are one domain's own loss"));
        }
    }
    Ok(())
}

impl Fit {
    fn check(&self, k: usize) -> Result<(), Impossible> {
        check_shape(self.law, &self.shape, k, self.targets.len())?;
        let report = &self.report;
        if report.scores.len() != self.targets.len() {
            return Err(Impossible::new(format!("{} scores of {} targets", report.scores.len(), self.targets.len())));
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
            && config.ridge >= 0.0
            && (0.0..=FitConfig::MOST_WEIGHT_POWER).contains(&config.weight_power)
            && config.has_gamma_range();
        let errors = report.scores.iter().flat_map(|score| [Some(score.fit_mre_percent), score.holdout_mre_percent]);
        // An error is infinite where the law has no finite loss for a run.
        let mut errors = errors.flatten();
        let is_objective = report.objective.is_finite() && report.objective >= 0.0;
        if !settings || !is_objective || errors.any(|error| !(error >= 0.0)) {
            return Err(Impossible::new("a setting or an error out of its range"));
        }
        let named = |flag: &Flag| match flag {
            Flag::AtBound(positions) | Flag::AtGammaLimit(positions) | Flag::Undetermined(positions) => {
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
    /// L(N, D, h).
    pub predicted: Loss,
    /// Its 90 % prediction interval, where the study was validated.
    pub interval: Option<Interval>,
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
    /// "7B parameters on 150B tokens": a scale, in what of it the fits depend on; nothing where that is neither.
    pub fn scale_words(&self, n: Params, d: Tokens) -> Option<String> {
        let depends = |term: fn(&Shape) -> bool| self.fits.iter().any(|fit| term(&fit.shape));
        let parts = [
            depends(|shape| shape.n_term).then(|| format!("{} parameters", write_count(n.0, 3))),
            depends(|shape| shape.d_term).then(|| format!("{} tokens", write_count(d.0, 3))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" on "))
    }

    /// The fits of a study.
    pub fn new(domains: Vec<String>, summary: DataSummary, fits: Vec<Fit>) -> Self {
        Self {
            domains,
            summary,
            fits,
            form: Form::Law,
            processes: Vec::new(),
            validation: Validation::default(),
            candidates: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// The study as the candidate at that position predicts it.
    pub fn of_candidates(dataset: &Dataset, candidates: Vec<Candidate>, chosen: usize) -> Self {
        let study = Self::new(dataset.domains().to_vec(), DataSummary::new(dataset), Vec::new());
        let study = Self { candidates, ..study };
        study.with_candidate(chosen).unwrap_or(study)
    }

    /// The same study as another candidate predicts it.
    pub fn with_candidate(&self, position: usize) -> Option<Self> {
        let Candidate { form, fits, processes, validation, .. } = self.candidates.get(position)?.clone();
        Some(Self { form, fits, processes, validation, ..self.clone() })
    }

    /// The candidate that predicts, where there were several.
    pub fn chosen(&self) -> Option<usize> {
        let law = self.fits.first()?.law.id();
        let is_chosen =
            |one: &Candidate| one.form == self.form && one.fits.first().is_some_and(|fit| fit.law.id() == law);
        self.candidates.iter().position(is_chosen)
    }

    /// The 90 % prediction interval of a target's loss (its position among the targets); nothing where the study was not
    /// validated, or the scale lies beyond the runs' and nothing is known of how the error grows with it.
    pub fn interval(&self, target: usize, n: Option<Params>, d: Option<Tokens>, h: &[f64]) -> Option<Interval> {
        self.mean_interval(&[(target, 1.0)], n, d, h)
    }

    /// The same of a weighted mean of losses.
    pub fn mean_interval(
        &self,
        weights: &[(usize, f64)],
        n: Option<Params>,
        d: Option<Tokens>,
        h: &[f64],
    ) -> Option<Interval> {
        let scale = Scale::new(n, d);
        let range = self.validation.range.filter(|range| range.knows(scale))?;
        let (distance, steps) = (range.distance(scale), range.beyond_two_sizes(scale));
        let targets: Vec<FittedTarget> = self.targets().collect();
        let parts: Option<Vec<(f64, f64)>> = weights
            .iter()
            .map(|&(j, _)| {
                let widths = self.validation.calibrations.get(j)?.loss;
                widths.half_widths(targets.get(j)?.deviation(scale, h), distance, steps)
            })
            .collect();
        let losses: Vec<f64> = weights.iter().map(|&(j, _)| targets[j].losses(scale)(&Mixture::new(h))).collect();
        let mean: f64 = weights.iter().zip(&losses).map(|((_, weight), loss)| weight * loss).sum();
        // In ln L, where losses cannot become negative.
        let below = libm::log1p(self.below_runs(weights, scale, mean) / mean);
        let half = self.half_width(weights, &losses, &parts?) / mean + below;
        // So wide an interval says nothing.
        (half <= MOST_HALF_WIDTH).then(|| Interval { low: mean * libm::exp(-half), high: mean * libm::exp(half) })
    }

    /// The 90 % prediction interval of Σ_j w_j (L_j(from) − L_j(to)): what a model trained on `to` gains over one trained
    /// on `from` at the same scale, in nats.
    pub fn gain_interval(
        &self,
        weights: &[(usize, f64)],
        n: Option<Params>,
        d: Option<Tokens>,
        from: &[f64],
        to: &[f64],
    ) -> Option<Interval> {
        self.gain_intervals(weights, n, d, &[from], to).pop().flatten()
    }

    /// The same over each of several mixtures.
    pub fn gain_intervals(
        &self,
        weights: &[(usize, f64)],
        n: Option<Params>,
        d: Option<Tokens>,
        from: &[&[f64]],
        to: &[f64],
    ) -> Vec<Option<Interval>> {
        let scale = Scale::new(n, d);
        let targets: Vec<FittedTarget> = self.targets().collect();
        let range = self.validation.range.filter(|range| range.knows(scale));
        let (Some(range), true) = (range, weights.iter().all(|&(j, _)| j < targets.len())) else {
            return vec![None; from.len()];
        };
        // What is not known of another scale is not known of both mixtures alike, and cancels.
        let (distance, near) = (range.distance(scale), range.nearest(scale));
        let losses = |h: &[f64]| -> Vec<f64> {
            weights.iter().map(|&(j, _)| targets[j].losses(scale)(&Mixture::new(h))).collect()
        };
        let mean =
            |losses: &[f64]| -> f64 { weights.iter().zip(losses).map(|((_, weight), loss)| weight * loss).sum() };
        let losses_to = losses(to);
        let mean_to = mean(&losses_to);
        let below_to = self.below_runs(weights, scale, mean_to);
        let one = |from: &[f64]| {
            let losses_from = losses(from);
            let mean_from = mean(&losses_from);
            let part = |&(j, _): &(usize, f64)| {
                let deviation = NewRuns::of(targets[j].process, &[(near, from), (near, to)])?.difference(0, 1);
                self.validation.calibrations.get(j)?.gain.half_widths(deviation, distance, 0.0)
            };
            let parts: Option<Vec<(f64, f64)>> = weights.iter().map(part).collect();
            let middles: Vec<f64> = losses_from.iter().zip(&losses_to).map(|(a, b)| 0.5 * (a + b)).collect();
            let below = self.below_runs(weights, scale, mean_from) + below_to;
            let half = libm::hypot(self.half_width(weights, &middles, &parts?), below);
            let gain = mean_from - mean_to;
            half.is_finite().then_some(Interval { low: gain - half, high: gain + half })
        };
        from.iter().map(|from| one(from)).collect()
    }

    /// How far a mean of losses lies below those predicted for all the runs' mixtures at that scale, in nats: so much of it
    /// is extrapolated. 0 where it does not, or where the runs' mixtures are not known.
    fn below_runs(&self, weights: &[(usize, f64)], scale: Scale, mean: f64) -> f64 {
        let targets: Vec<FittedTarget> = self.targets().collect();
        let weighted = weights.iter().filter_map(|&(j, weight)| Some((weight, targets.get(j)?.losses(scale))));
        let mut weighted: Vec<(f64, LossOf)> = weighted.collect();
        let mut least = f64::INFINITY;
        for h in &self.summary.mixtures {
            let mixture = Mixture::new(h);
            least = least.min(weighted.iter_mut().map(|(weight, loss)| *weight * loss(&mixture)).sum());
            // Most mixtures are soon found to be no better than all runs.
            if least <= mean {
                break;
            }
        }
        let below = least - mean;
        if below.is_finite() { below.max(0.0) } else { 0.0 }
    }

    /// The half-width of a weighted mean's interval, in nats. What comes from unseen mixtures goes together as the targets'
    /// errors did in the cross-validation; what comes from another scale is taken to go together in full.
    fn half_width(&self, weights: &[(usize, f64)], losses: &[f64], parts: &[(f64, f64)]) -> f64 {
        let m = self.targets().count();
        let (mut square, mut beyond) = (0.0, 0.0);
        for (a, (&(j, weight_j), loss_j)) in weights.iter().zip(losses).enumerate() {
            beyond += weight_j * loss_j * parts[a].1;
            for (b, (&(k, weight_k), loss_k)) in weights.iter().zip(losses).enumerate() {
                let correlation = self.validation.correlations.get(j * m + k).copied().unwrap_or(1.0);
                square += correlation * weight_j * loss_j * parts[a].0 * weight_k * loss_k * parts[b].0;
            }
        }
        square.max(0.0).sqrt() + beyond
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
        let named = self.fits.iter().flat_map(|fit| {
            fit.targets.iter().enumerate().map(move |(target_pos, name)| (fit, target_pos, name.as_str()))
        });
        named.enumerate().map(|(target, (fit, target_pos, name))| FittedTarget {
            name,
            fit,
            target_pos,
            form: self.form,
            process: self.processes.get(target).map(|process| &**process),
        })
    }

    /// Of each of the fit's domains, its position among these.
    ///
    /// # Errors
    /// They are not the fit's.
    pub fn order(&self, seen: &[String]) -> Result<Vec<usize>, PredictError> {
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
        Ok(order)
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
        let order = self.order(seen)?;
        let mut predictions = Vec::new();
        for (position, target) in self.targets().enumerate() {
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
                    interval: self.interval(position, observation.n, observation.d, &h),
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
