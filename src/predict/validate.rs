//! Validation: how well a way to predict does on losses that it has not seen.
//!
//! Two questions, and two kinds of splits. *Unseen mixtures*: cross-validation by mixture, never by row, as the rows of
//! a mixture share their errors. *Larger scale*: the back-test, which fits up to one of the sizes and predicts those
//! above; where sizes allow no cut, it fits the shorter runs and predicts the longer ones. The errors are those of the
//! logarithm of the loss, e = ln predicted − ln observed, each with the deviation that the process expects there and the
//! distance of its scale from those fitted.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::process::{self, Form, Lesson};
use crate::dataset::{Dataset, Observation};
use crate::fit::{self, Fit, FitConfig};
use crate::gp::{GaussianProcess, GpPlace, Hyperparameters, Joint, Trend};
use crate::law::Scale;
use crate::order::{ascending, sort};

/// Folds of the cross-validation; with few mixtures each is one of its own.
const FOLDS: usize = 5;
/// Up to so many mixtures, each is left out alone.
const MOST_ALONE: usize = 12;
/// Cuts of the back-test: the largest sizes left out, one by one.
const MOST_CUTS: usize = 3;
/// Most rows of a split that are predicted; of each run its last checkpoint first.
const MOST_TESTED: usize = 320;
/// A scale of the back-test counts as at least so far from those fitted, in ln N·D: below it hardly extrapolates.
pub(super) const LEAST_DISTANCE: f64 = 0.2;

/// Nearer than a percent is the same scale.
pub(super) const SAME_SCALE: f64 = 0.01;

/// What a split asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Question {
    /// How well unseen mixtures are predicted.
    Unseen,
    /// How well larger models or longer runs are.
    Larger,
}

/// Rows to fit on and rows to predict.
pub(super) struct Split {
    pub question: Question,
    pub train: Vec<bool>,
    pub test: Vec<usize>,
}

/// Ends of the scales fitted, in ln of 10⁹ parameters and tokens; what the study does not give is 0 to 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScaleRange {
    /// Least and largest ln N.
    pub ln_n: (f64, f64),
    /// Least and largest ln D.
    pub ln_d: (f64, f64),
    /// Largest ln N·D.
    pub ln_nd: f64,
    /// Whether there are two sizes, so that no back-test asks for a larger one than those it was fitted to; false in files
    /// of before.
    #[serde(default)]
    pub two_sizes: bool,
}

impl ScaleRange {
    fn of(scales: impl Iterator<Item = Scale> + Clone) -> Self {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let none = Self { ln_n: ends, ln_d: ends, ln_nd: f64::NEG_INFINITY, two_sizes: false };
        let wider = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let range = scales.clone().fold(none, |range, Scale { ln_n, ln_d }| Self {
            ln_n: wider(range.ln_n, ln_n),
            ln_d: wider(range.ln_d, ln_d),
            ln_nd: range.ln_nd.max(ln_n + ln_d),
            ..range
        });
        let (low, high) = range.ln_n;
        let mut sizes = scales.map(|scale| scale.ln_n);
        Self { two_sizes: low < high && sizes.all(|ln_n| ln_n == low || ln_n == high), ..range }
    }

    /// Of the rows that weigh something.
    pub(super) fn of_rows(dataset: &Dataset, used: &dyn Fn(usize) -> bool) -> Self {
        let rows = dataset.observations().iter().enumerate().filter(|(i, _)| used(*i));
        Self::of(rows.map(|(_, row)| Scale::new(row.n, row.d)))
    }

    /// Whether anything is known of other values of what the scale differs in: not where the runs have one N (or D) only.
    pub fn knows(&self, scale: Scale) -> bool {
        let same = |(low, high): (f64, f64), value: f64| low < high || (value - low).abs() <= SAME_SCALE;
        let given = |ends: (f64, f64), value: f64| ends == (0.0, 0.0) || same(ends, value);
        given(self.ln_n, scale.ln_n) && given(self.ln_d, scale.ln_d)
    }

    /// The nearest scale within the ranges.
    pub(super) fn nearest(&self, scale: Scale) -> Scale {
        Scale { ln_n: scale.ln_n.clamp(self.ln_n.0, self.ln_n.1), ln_d: scale.ln_d.clamp(self.ln_d.0, self.ln_d.1) }
    }

    /// How far N lies outside two sizes, in distances from one to the other; 0 where there are more, or one.
    pub fn beyond_two_sizes(&self, scale: Scale) -> f64 {
        let (low, high) = self.ln_n;
        let outside = (scale.ln_n - high).max(low - scale.ln_n).max(0.0);
        if self.two_sizes { outside / (high - low) } else { 0.0 }
    }

    /// How far a scale lies beyond: the largest of ln N·D above the largest, and of N and D outside their ranges. What
    /// has one value only is not asked, as no law depends on it then.
    pub fn distance(&self, scale: Scale) -> f64 {
        self.farthest(scale).0
    }

    /// The same, with what lies so far: "5 ×" and "the compute of the largest run".
    pub fn farthest(&self, scale: Scale) -> (f64, &'static str) {
        let varies = |(low, high): (f64, f64)| low < high;
        let above = |ends: (f64, f64), value: f64| if varies(ends) { value - ends.1 } else { 0.0 };
        let below = |ends: (f64, f64), value: f64| if varies(ends) { ends.0 - value } else { 0.0 };
        let product = if varies(self.ln_n) && varies(self.ln_d) { scale.ln_n + scale.ln_d - self.ln_nd } else { 0.0 };
        let all = [
            (product, "the compute of the largest run"),
            (above(self.ln_n, scale.ln_n), "the largest model size"),
            (above(self.ln_d, scale.ln_d), "the tokens of the longest run"),
            (below(self.ln_n, scale.ln_n), "below the smallest model size"),
            (below(self.ln_d, scale.ln_d), "below the tokens of the shortest run"),
        ];
        all.into_iter().fold((0.0, "the runs"), |farthest, one| if one.0 > farthest.0 { one } else { farthest })
    }
}

/// A held-out loss and its prediction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    pub(super) question: Question,
    pub(super) split: usize,
    /// Position among the targets that are validated.
    pub(super) target: usize,
    pub(super) observation_idx: usize,
    /// ln predicted − ln observed.
    pub(super) error: f64,
    /// The process's standard deviation of ln L there; 1 without a process.
    pub(super) deviation: f64,
    /// Of the scale from those fitted.
    pub(super) distance: f64,
}

/// A difference of two held-out losses, of different mixtures at one scale, in one split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOutGain {
    pub(super) question: Question,
    pub(super) target: usize,
    /// The difference of the two errors.
    pub(super) error: f64,
    /// The process's standard deviation of it, at the nearest scale that was fitted.
    pub(super) deviation: f64,
    /// Of the scale from those fitted.
    pub(super) distance: f64,
}

/// What a form's predictions missed by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Errors {
    /// Of losses.
    pub losses: Vec<HeldOut>,
    /// Of differences of two.
    pub gains: Vec<HeldOutGain>,
}

impl Errors {
    /// Whether they may be of a study with so many rows and targets.
    pub(super) fn are_of(&self, n_rows: usize, n_targets: usize) -> bool {
        self.losses.iter().all(|h| h.target < n_targets && h.observation_idx < n_rows)
            && self.gains.iter().all(|h| h.target < n_targets)
    }
}

/// The splits of a study on the rows that are fitted.
pub(super) fn splits(dataset: &Dataset, fitted: &[bool]) -> Vec<Split> {
    let mut splits = folds(dataset, fitted);
    splits.extend(back_test(dataset, fitted));
    splits
}

/// What is left out together: rows of one mixture; of a study without mixtures those of one scale.
pub(super) fn blocks(dataset: &Dataset) -> Vec<usize> {
    let has_mixtures = dataset.design().mixtures().len() > 1;
    dataset.design().rows().iter().map(|&(mixture, scale)| if has_mixtures { mixture } else { scale }).collect()
}

fn folds(dataset: &Dataset, fitted: &[bool]) -> Vec<Split> {
    let blocks = blocks(dataset);
    let mut first_rows: Vec<(usize, usize)> =
        (0..blocks.len()).filter(|&i| fitted[i]).map(|i| (blocks[i], i)).collect();
    first_rows.sort_unstable();
    first_rows.dedup_by_key(|(block, _)| *block);
    if first_rows.len() < 4 {
        return Vec::new();
    }
    // In an order of their own, so that the order of the text changes nothing, dealt out by the golden ratio.
    let design = dataset.design();
    let key = |row: usize| -> Vec<f64> {
        let (mixture, scale) = design.rows()[row];
        if design.mixtures().len() > 1 {
            return design.mixtures()[mixture].clone();
        }
        let Scale { ln_n, ln_d } = Scale::new(design.scales()[scale].n, design.scales()[scale].d);
        vec![ln_n + ln_d, ln_n]
    };
    let mut ordered: Vec<(Vec<f64>, usize)> = first_rows.into_iter().map(|(block, row)| (key(row), block)).collect();
    ordered.sort_by(|(a, _), (b, _)| {
        let unequal = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        unequal.unwrap_or(std::cmp::Ordering::Equal)
    });
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let places: Vec<f64> = (0..ordered.len()).map(|i| (i as f64 * GOLDEN).fract()).collect();
    let dealt = ascending(&places);
    let n_folds = if ordered.len() <= MOST_ALONE { ordered.len() } else { FOLDS };
    (0..n_folds)
        .map(|fold| {
            let out: HashSet<usize> = dealt.iter().skip(fold).step_by(n_folds).map(|&at| ordered[at].1).collect();
            let is_out = |i: usize| out.contains(&blocks[i]);
            split(dataset, Question::Unseen, fitted, |i| !is_out(i), is_out)
        })
        .filter(|split| split.train.contains(&true) && !split.test.is_empty())
        .collect()
}

fn split(
    dataset: &Dataset,
    question: Question,
    fitted: &[bool],
    train: impl Fn(usize) -> bool,
    test: impl Fn(usize) -> bool,
) -> Split {
    let tested: Vec<usize> = (0..fitted.len()).filter(|&i| fitted[i] && test(i)).collect();
    Split {
        question,
        train: (0..fitted.len()).map(|i| fitted[i] && train(i)).collect(),
        test: process::of_each_run(dataset, &tested, MOST_TESTED),
    }
}

fn back_test(dataset: &Dataset, fitted: &[bool]) -> Vec<Split> {
    let row = |i: usize| &dataset.observations()[i];
    let values = |of: &dyn Fn(usize) -> Option<f64>| {
        let mut values: Vec<f64> = (0..fitted.len()).filter(|&i| fitted[i]).filter_map(of).collect();
        sort(&mut values);
        values.dedup();
        values
    };
    let (n, d) = (|i: usize| row(i).n.map(|n| n.0), |i: usize| row(i).d.map(|d| d.0));
    let (sizes, tokens) = (values(&n), values(&d));
    let larger = |value: &dyn Fn(usize) -> Option<f64>, below: f64, above: f64| {
        let (below, above) = (below * (1.0 + 1e-9), above * (1.0 - 1e-9));
        let train = |i: usize| value(i).is_some_and(|value| value <= below);
        split(dataset, Question::Larger, fitted, train, |i| value(i).is_some_and(|value| value >= above))
    };
    let splits: Vec<Split> = if dataset.design().mixtures().len() < 2 {
        // N and D alone: by compute.
        let compute = |i: usize| Some(n(i).unwrap_or(1.0) * d(i).unwrap_or(1.0));
        let all = values(&compute);
        if all.len() < 8 {
            return Vec::new();
        }
        let at = |share: f64| (share * (all.len() - 1) as f64) as usize;
        [0.4, 0.55, 0.7].into_iter().map(|share| larger(&compute, all[at(share)], all[at(share) + 1])).collect()
    } else if sizes.len() >= 3 {
        let first = 2.max(sizes.len().saturating_sub(MOST_CUTS));
        (first..sizes.len()).map(|cut| larger(&n, sizes[cut - 1], sizes[cut])).collect()
    } else if tokens.len() >= 4 {
        let last = tokens.len() - 1;
        vec![larger(&d, tokens[last / 2], tokens[(3 * last).div_ceil(4)])]
    } else {
        Vec::new()
    };
    let fills = |split: &Split| !split.test.is_empty() && split.train.iter().filter(|train| **train).count() >= 5;
    splits.into_iter().filter(fills).collect()
}

/// The fits of a law on the rows of a split, each searched for from where it is on all rows.
pub(super) fn refits(dataset: &Dataset, fits: &[Fit], split: &Split, seed: u64) -> Result<Vec<Fit>, fit::FitError> {
    let one = |fit: &Fit| {
        let idxs = target_idxs(dataset, fit);
        let weights = weights(dataset, &fit.report.config, &split.train);
        let theta = fit::refit(fit, dataset, &idxs, &weights, (REFIT_STARTS, seed), false)?;
        Ok(Fit { theta, ..fit.clone() })
    };
    fits.iter().map(one).collect()
}

/// Random starts of a refit, beside the one from all rows' own θ.
const REFIT_STARTS: usize = 1;

fn weights(dataset: &Dataset, config: &FitConfig, train: &[bool]) -> Vec<f64> {
    let weights = fit::weights(dataset, config);
    weights.into_iter().zip(train).map(|(weight, train)| if *train { weight } else { 0.0 }).collect()
}

/// Positions in the dataset of a fit's targets.
pub(super) fn target_idxs(dataset: &Dataset, fit: &Fit) -> Vec<usize> {
    fit.targets.iter().filter_map(|name| dataset.target_idx(name)).collect()
}

/// Each target of the fits: its fit, its position there, and its position in the dataset.
pub(super) fn targets<'a>(dataset: &Dataset, fits: &'a [Fit]) -> Vec<(&'a Fit, usize, usize)> {
    let of_fit = |fit: &'a Fit| {
        let named = fit.targets.iter().enumerate();
        named.filter_map(|(pos, name)| Some((fit, pos, dataset.target_idx(name)?))).collect::<Vec<_>>()
    };
    fits.iter().flat_map(of_fit).collect()
}

/// What processes of that form learn from on these rows: those that their laws can use.
pub(super) fn lessons(dataset: &Dataset, fits: &[Fit], train: &[bool]) -> Vec<Lesson> {
    let targets = targets(dataset, fits);
    let idxs: Vec<usize> = targets.iter().map(|&(.., target_idx)| target_idx).collect();
    let used = |target_idx: usize, i: usize| {
        let of = targets.iter().find(|&&(.., idx)| idx == target_idx);
        let uses =
            |&(fit, pos, _): &(&Fit, usize, usize)| fit.law.uses(&fit.shape, pos, &dataset.observations()[i].mixture);
        train[i] && of.is_some_and(uses)
    };
    Lesson::of(dataset, &idxs, &used)
}

/// What a target's process expects of the rows that a split predicts.
struct Expected {
    /// Those with a loss that the law is for.
    rows: Vec<usize>,
    /// Their scales.
    scales: Vec<Scale>,
    /// None where rounding leaves nothing to be expected.
    new_runs: Option<NewRuns>,
    /// The same at the nearest scales that were fitted, where those are others.
    elsewhere: Option<NewRuns>,
}

/// The held-out errors of each form on one split, given the law's fits there.
pub(super) fn held_out(
    dataset: &Dataset,
    fits: &[Fit],
    forms: &[Form],
    (split_idx, split): (usize, &Split),
    starts: &dyn Fn(Form) -> Vec<Hyperparameters>,
) -> Vec<Errors> {
    let targets = targets(dataset, fits);
    let laws: Vec<(&Fit, usize)> = targets.iter().map(|&(fit, pos, _)| (fit, pos)).collect();
    let lessons = lessons(dataset, fits, &split.train);
    let range = ScaleRange::of_rows(dataset, &|i| split.train[i]);
    // What is learnt at one scale from a few mixtures is learnt anew without those held out. Of residuals it is a handful
    // of numbers from many rows and all targets, which hardly depend on a fifth of them and take long to find.
    let processes = |form: Form| {
        let starts = starts(form);
        let processes = match form {
            Form::Process => process::fitted(dataset, form, &lessons, &laws, &starts),
            Form::Law | Form::Residual => process::known(dataset, form, &lessons, &laws, &starts),
        };
        processes.ok().filter(|processes| processes.len() == targets.len())
    };
    // A law alone and one with a residual model share the process.
    let residual = forms.iter().any(|form| *form != Form::Process).then(|| processes(Form::Residual)).flatten();
    let alone = forms.contains(&Form::Process).then(|| processes(Form::Process)).flatten();
    let expected = |processes: &Option<Vec<Arc<GaussianProcess>>>| -> Vec<Expected> {
        let of_target = |(target, &(fit, pos, target_idx)): (usize, &(&Fit, usize, usize))| {
            let process = processes.as_ref().map(|processes| &*processes[target]);
            let observation = |i: usize| &dataset.observations()[i];
            let is_used = |i: &usize| {
                let Observation { losses, mixture, .. } = observation(*i);
                losses[target_idx].is_some() && fit.law.uses(&fit.shape, pos, mixture)
            };
            let rows: Vec<usize> = split.test.iter().copied().filter(is_used).collect();
            let places = |of: &dyn Fn(Scale) -> Scale| -> Vec<(Scale, &[f64])> {
                let place =
                    |&i: &usize| (of(Scale::new(observation(i).n, observation(i).d)), &observation(i).mixture[..]);
                rows.iter().map(place).collect()
            };
            let (at, near) = (places(&|scale| scale), places(&|scale| range.nearest(scale)));
            let new_runs = NewRuns::of(process, &at);
            let elsewhere = if near == at { None } else { NewRuns::of(process, &near) };
            let scales = at.iter().map(|&(scale, _)| scale).collect();
            Expected { rows, scales, new_runs, elsewhere }
        };
        targets.iter().enumerate().map(of_target).collect()
    };
    // So do a law alone and one with a residual model share what is expected of new runs.
    let of_law = forms.iter().any(|form| *form != Form::Process).then(|| expected(&residual));
    let of_process = alone.is_some().then(|| expected(&alone));
    let of_form = |&form: &Form| -> Errors {
        let (processes, expected) = if form == Form::Process { (&alone, &of_process) } else { (&residual, &of_law) };
        if processes.is_none() && form != Form::Law {
            return Errors::default();
        }
        let mut errors = Errors::default();
        for (target, (&(fit, pos, target_idx), expected)) in targets.iter().zip(expected.iter().flatten()).enumerate() {
            let Expected { rows, scales, new_runs: Some(new_runs), elsewhere } = expected else { continue };
            let observed = |i: usize| dataset.observations()[i].losses[target_idx].map_or(f64::NAN, |loss| loss.0);
            let error = |(place, &i): (usize, &usize)| {
                let (mean, deviation) = new_runs.alone(place);
                let ln_predicted = match form {
                    Form::Law => process::ln_law(dataset, fit, pos, i),
                    Form::Residual => process::ln_law(dataset, fit, pos, i) + mean,
                    Form::Process => mean,
                };
                HeldOut {
                    question: split.question,
                    split: split_idx,
                    target,
                    observation_idx: i,
                    error: ln_predicted - libm::log(observed(i)),
                    deviation,
                    distance: match split.question {
                        Question::Unseen => 0.0,
                        Question::Larger => range.distance(scales[place]).max(LEAST_DISTANCE),
                    },
                }
            };
            let losses: Vec<HeldOut> = rows.iter().enumerate().map(error).collect();
            errors.gains.extend(gains(dataset, &losses, elsewhere.as_ref().unwrap_or(new_runs)));
            errors.losses.extend(losses.into_iter().filter(|held_out| held_out.error.is_finite()));
        }
        errors
    };
    forms.iter().map(of_form).collect()
}

/// The differences of the losses of a target that one split held out, each at its place among the new runs.
fn gains(dataset: &Dataset, losses: &[HeldOut], new_runs: &NewRuns) -> Vec<HeldOutGain> {
    /// Of a large group each with its next few.
    const MOST_NEIGHBOURS: usize = 12;
    let rows = dataset.design().rows();
    let mut order: Vec<usize> = (0..losses.len()).filter(|&at| losses[at].error.is_finite()).collect();
    let key = |&at: &usize| (rows[losses[at].observation_idx].1, rows[losses[at].observation_idx].0);
    order.sort_by_key(|at| (key(at), *at));
    let mut gains = Vec::new();
    for group in order.chunk_by(|a, b| key(a).0 == key(b).0) {
        for (at, &a) in group.iter().enumerate() {
            let others = group[at + 1..].iter().take(MOST_NEIGHBOURS).filter(|b| key(&a).1 != key(b).1);
            gains.extend(others.map(|&b| HeldOutGain {
                question: losses[a].question,
                target: losses[a].target,
                error: losses[a].error - losses[b].error,
                deviation: new_runs.difference(a, b),
                distance: losses[a].distance,
            }));
        }
    }
    gains
}

/// What a process expects of ln L of new runs at some places. Without a process a deviation is 1, so that an interval's
/// width is counted in ln L.
pub(super) struct NewRuns(Option<Joint>);

impl NewRuns {
    /// None where rounding leaves the covariance no factor.
    pub fn of(process: Option<&GaussianProcess>, places: &[(Scale, &[f64])]) -> Option<Self> {
        let Some(process) = process else { return Some(Self(None)) };
        let places = places.iter().map(|&(scale, h)| GpPlace { ln_n: scale.ln_n, ln_d: scale.ln_d, h, run: None });
        let places: Vec<GpPlace> = places.collect();
        process.jointly(&places, &Trend::default(), None, usize::MAX).map(Some).map(Self)
    }

    /// The process's mean and standard deviation at a place.
    pub fn alone(&self, at: usize) -> (f64, f64) {
        let Some(joint) = &self.0 else { return (0.0, 1.0) };
        (joint.mean(at), (joint.covariance(at, at).max(0.0) + joint.noise(at)).sqrt())
    }

    /// The standard deviation of the difference of two of them: the covariance of the two places leaves it, effects of runs
    /// and noise stay.
    pub fn difference(&self, a: usize, b: usize) -> f64 {
        let Some(joint) = &self.0 else { return std::f64::consts::SQRT_2 };
        let shared = joint.covariance(a, a) + joint.covariance(b, b) - 2.0 * joint.covariance(a, b);
        (shared.max(0.0) + joint.noise(a) + joint.noise(b)).sqrt()
    }
}

/// How well one question is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Held-out losses.
    pub n: usize,
    /// Mean relative error, in percent, averaged over targets.
    pub mre_percent: f64,
    /// The same of each target.
    pub by_target: Vec<Option<f64>>,
    /// Share of the variance of the losses that is predicted, averaged over targets: 1 − Σ(L − L̂)²/Σ(L − L̄)².
    pub r2: Option<f64>,
    /// Rank correlation of predicted and observed losses at one scale, averaged over scales and targets.
    pub spearman: Option<f64>,
    /// Mean of ln predicted − ln observed, in percent: positive where losses come out lower than predicted.
    pub bias_percent: f64,
    /// Of the held-out mixtures at one scale, the loss of the one that is predicted best less that of the best, in nats,
    /// averaged over scales; the targets' mean.
    pub regret: Option<f64>,
}

impl Metrics {
    /// Sums up the held-out errors of one question; none where there are none.
    pub(super) fn of(
        dataset: &Dataset,
        target_idxs: &[usize],
        held_out: &[HeldOut],
        question: Question,
    ) -> Option<Self> {
        let of_question: Vec<&HeldOut> = held_out.iter().filter(|held_out| held_out.question == question).collect();
        if of_question.is_empty() {
            return None;
        }
        let observed = |held_out: &HeldOut| {
            dataset.observations()[held_out.observation_idx].losses[target_idxs[held_out.target]]
                .map_or(f64::NAN, |l| l.0)
        };
        let predicted = |held_out: &HeldOut| observed(held_out) * libm::exp(held_out.error);
        let of_target = |target: usize| of_question.iter().copied().filter(move |held_out| held_out.target == target);
        let by_target: Vec<Option<f64>> = (0..target_idxs.len())
            .map(|target| mean(of_target(target).map(|held_out| 100.0 * (libm::exp(held_out.error) - 1.0).abs())))
            .collect();
        let r2 = (0..target_idxs.len()).filter_map(|target| {
            let centre = mean(of_target(target).map(observed))?;
            let sum = |of: &dyn Fn(&HeldOut) -> f64| of_target(target).map(|h| of(h) * of(h)).sum::<f64>();
            let whole = sum(&|held_out| observed(held_out) - centre);
            (whole > 0.0).then(|| 1.0 - sum(&|held_out| observed(held_out) - predicted(held_out)) / whole)
        });
        let scale_of = |held_out: &HeldOut| (held_out.target, dataset.design().rows()[held_out.observation_idx].1);
        let mut by_scale = of_question.clone();
        by_scale.sort_by_key(|held_out| (scale_of(held_out), held_out.observation_idx));
        let groups: Vec<&[&HeldOut]> = by_scale.chunk_by(|a, b| scale_of(a) == scale_of(b)).collect();
        let spearman = groups.iter().filter(|group| group.len() >= 4).filter_map(|group| {
            let of = |value: &dyn Fn(&HeldOut) -> f64| ranks(&group.iter().map(|h| value(h)).collect::<Vec<_>>());
            correlation(&of(&predicted), &of(&observed))
        });
        Some(Self {
            n: of_question.len(),
            mre_percent: mean(by_target.iter().copied().flatten())?,
            r2: mean(r2),
            spearman: mean(spearman),
            bias_percent: 100.0 * mean(of_question.iter().map(|held_out| held_out.error))?,
            regret: mean(regrets(
                &of_question,
                &|h| dataset.design().rows()[h.observation_idx].1,
                &observed,
                &predicted,
            )),
            by_target,
        })
    }
}

/// Of each scale with several mixtures, what choosing the one that is predicted best costs; losses are the targets' mean.
fn regrets(
    held_out: &[&HeldOut],
    scale_of: &dyn Fn(&HeldOut) -> usize,
    observed: &dyn Fn(&HeldOut) -> f64,
    predicted: &dyn Fn(&HeldOut) -> f64,
) -> Vec<f64> {
    let mut rows: Vec<(usize, usize, f64, f64)> =
        held_out.iter().map(|h| (scale_of(h), h.observation_idx, predicted(h), observed(h))).collect();
    rows.sort_by_key(|&(scale, observation_idx, ..)| (scale, observation_idx));
    let n_targets = rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(<[_]>::len).max().unwrap_or(0);
    let means: Vec<(usize, f64, f64)> = rows
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        // A run without one of the losses cannot be compared.
        .filter(|run| run.len() == n_targets)
        .map(|run| {
            let sum = |of: fn(&(usize, usize, f64, f64)) -> f64| run.iter().map(of).sum::<f64>() / run.len() as f64;
            (run[0].0, sum(|row| row.2), sum(|row| row.3))
        })
        .collect();
    let of_scale = |runs: &[(usize, f64, f64)]| {
        let chosen = runs.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let best = runs.iter().map(|run| run.2).fold(f64::INFINITY, f64::min);
        (runs.len() > 2).then_some(chosen.2 - best)
    };
    means.chunk_by(|a, b| a.0 == b.0).filter_map(of_scale).collect()
}

pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0);
    for value in values {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / f64::from(n))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    ascending(values).into_iter().enumerate().for_each(|(rank, at)| ranks[at] = rank as f64);
    ranks
}

pub(super) fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mean_a, mean_b) = (mean(a.iter().copied())?, mean(b.iter().copied())?);
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum() };
    let scale = (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt();
    (scale > 0.0).then(|| product(a, mean_a, b, mean_b) / scale)
}
