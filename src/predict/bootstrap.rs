//! How far the fits would differ had the study drawn other mixtures: the bootstrap.
//!
//! A replicate draws as many distinct mixtures as the fit has, with replacement, and fits every law anew to all
//! rows of those drawn, each counted as often as its mixture was. Rows of one run, and runs of one mixture, share
//! their errors, so that drawing rows would make the intervals too narrow (Cameron, Gelbach & Miller 2008,
//! "Bootstrap-based improvements for inference with clustered errors"). All fits of a study see the same draws, so
//! that differences between targets keep their correlation.
//!
//! A study of N and D alone has no mixtures to draw: there its rows are, as runs of their own (Besiroglu et al. 2024,
//! arXiv:2404.10102, §3, resample so).
//!
//! Intervals are percentiles of the replicates (Efron & Tibshirani 1993, §13.3).

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::{FittedStudy, FittedTarget, Form, Impossible};
use crate::dataset::Dataset;
use crate::fit::report::{self, Score};
use crate::fit::{self, Fit, FitError, Interval};
use crate::gp::{GaussianProcess, Input};
use crate::law::{self, Mixture, Scale};

/// Settings of a bootstrap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BootstrapConfig {
    /// Replicates in all.
    pub replicates: usize,
    /// All draws follow from it.
    pub seed: u64,
    /// Random starts of each refit, beside the one from the fit's own θ.
    pub starts: usize,
}

impl BootstrapConfig {
    /// Enough for the ends of a 90 % interval: each is the 10th of 200.
    pub const DEFAULT_REPLICATES: usize = 200;
    /// More than this is a mistake in the number.
    pub const MOST_REPLICATES: usize = 100_000;

    /// Checks a number of replicates.
    ///
    /// # Errors
    /// It is too small or too large.
    pub fn check(replicates: usize) -> Result<(), BootstrapError> {
        if (LEAST_REPLICATES..=Self::MOST_REPLICATES).contains(&replicates) {
            Ok(())
        } else {
            Err(BootstrapError::Replicates { seen: replicates })
        }
    }
}

impl Default for BootstrapConfig {
    fn default() -> Self {
        Self { replicates: Self::DEFAULT_REPLICATES, seed: 0, starts: 1 }
    }
}

/// The fits of one replicate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replicate {
    /// θ of each fit, in the study's order.
    pub thetas: Vec<Vec<f64>>,
    /// Mean relative error of each target on the rows held out, in percent, where there are any.
    pub holdout_mre_percent: Vec<Option<f64>>,
    /// Which of the data's distinct mixtures were drawn; empty where it was not kept.
    #[serde(default)]
    pub mixtures: Vec<usize>,
}

impl Replicate {
    /// Checks that it is one of these fits.
    ///
    /// # Errors
    /// It has not one θ for each fit, and one error held out, or none, for each target.
    pub fn check(&self, study: &FittedStudy) -> Result<(), Impossible> {
        let Self { thetas, holdout_mre_percent, .. } = self;
        let lengths = thetas.iter().map(Vec::len).eq(study.fits.iter().map(|fit| fit.theta.len()));
        let numbers = thetas.iter().flatten().chain(holdout_mre_percent.iter().flatten());
        if lengths && holdout_mre_percent.len() == study.targets().count() && numbers.copied().all(f64::is_finite) {
            Ok(())
        } else {
            Err(Impossible::new("a replicate of a bootstrap that is not of these fits"))
        }
    }
}

/// Why there is no bootstrap.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BootstrapError {
    /// A refit could not begin.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Nothing to draw from.
    #[error(
        "the bootstrap resamples {unit}, and the rows fitted have only {n}; it needs at least 3, and about 20 to be worth something"
    )]
    FewBlocks {
        /// What is resampled.
        unit: &'static str,
        /// How many there are.
        n: usize,
    },
    /// Too few or too many replicates.
    #[error(
        "the bootstrap has {seen} replicates; it must have between {LEAST_REPLICATES} and {}, such as 200",
        BootstrapConfig::MOST_REPLICATES
    )]
    Replicates {
        /// What was asked for.
        seen: usize,
    },
    /// The fits are not of this study.
    #[error("the fits are not of these runs: {what}")]
    OtherRuns {
        /// What differs.
        what: String,
    },
}

/// Fewer mixtures than this say nothing about what others would have given.
pub const LEAST_BLOCKS: usize = 3;
/// With fewer replicates a 90 % interval has no ends.
pub const LEAST_REPLICATES: usize = 20;
/// Draws for one replicate, until every fit can be made with it.
const MOST_DRAWS: usize = 1000;

/// A study with its fits, ready for replicates.
pub struct Bootstrap<'a> {
    dataset: &'a Dataset,
    study: &'a FittedStudy,
    config: &'a BootstrapConfig,
    /// Of each fit: positions of its targets.
    target_idxs: Vec<Vec<usize>>,
    /// Of each fit: the weights of its rows, 0 where it does not use one.
    weights: Vec<Vec<f64>>,
    /// What each row is drawn with: its mixture; in a study without domains, itself.
    block_of: Vec<usize>,
    /// Blocks with rows fitted.
    blocks: Vec<usize>,
}

impl<'a> Bootstrap<'a> {
    /// Checks that the fits are of these runs.
    ///
    /// # Errors
    /// They are not, or there are too few mixtures.
    pub fn new(
        dataset: &'a Dataset,
        study: &'a FittedStudy,
        config: &'a BootstrapConfig,
    ) -> Result<Self, BootstrapError> {
        BootstrapConfig::check(config.replicates)?;
        if dataset.domains() != study.domains {
            let what = format!("their domains are {}", dataset.domains().join(", "));
            return Err(BootstrapError::OtherRuns { what });
        }
        let position = |name: &String| {
            dataset.target_idx(name).ok_or_else(|| BootstrapError::OtherRuns {
                what: format!("there is no target \"{name}\", but {}", dataset.targets().join(", ")),
            })
        };
        let target_idxs: Vec<Vec<usize>> = study
            .fits
            .iter()
            .map(|fit| fit.targets.iter().map(position).collect())
            .collect::<Result<_, BootstrapError>>()?;
        let weights: Vec<Vec<f64>> = study.fits.iter().map(|fit| fit::weights(dataset, &fit.report.config)).collect();
        // Without domains all rows have the same mixture, that is none.
        let rows = dataset.design().rows();
        let block_of: Vec<usize> = if study.domains.is_empty() {
            (0..rows.len()).collect()
        } else {
            rows.iter().map(|(mixture_idx, _)| *mixture_idx).collect()
        };
        let is_fitted = |row: &usize| weights.iter().any(|weights| weights[*row] > 0.0);
        let mut blocks: Vec<usize> = (0..block_of.len()).filter(is_fitted).map(|row| block_of[row]).collect();
        blocks.sort_unstable();
        blocks.dedup();
        if blocks.len() < LEAST_BLOCKS {
            let unit = if study.domains.is_empty() { "runs" } else { "mixtures" };
            return Err(BootstrapError::FewBlocks { unit, n: blocks.len() });
        }
        Ok(Self { dataset, study, config, target_idxs, weights, block_of, blocks })
    }

    /// The replicate of that index, which does not depend on the others.
    ///
    /// # Errors
    /// A refit could not begin, whatever was drawn.
    pub fn replicate(&self, index: usize) -> Result<Replicate, BootstrapError> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.config.seed);
        for _ in 0..index {
            random.jump();
        }
        let mut failure = None;
        for _ in 0..MOST_DRAWS {
            match self.refit(&self.draw(&mut random), index) {
                Ok(replicate) => return Ok(replicate),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.expect("there is at least one draw").into())
    }

    /// The replicates of that range.
    ///
    /// # Errors
    /// As [`Self::replicate`].
    pub fn replicates(
        &self,
        range: Range<usize>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Vec<Replicate>, BootstrapError> {
        let one = |index| {
            let replicate = self.replicate(index);
            progress(index);
            replicate
        };
        range.map(one).collect()
    }

    /// How often each block was drawn.
    fn draw(&self, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut counts = vec![0.0; self.blocks.iter().max().map_or(0, |last| last + 1)];
        let n = self.blocks.len();
        for _ in 0..n {
            let drawn = ((random.random::<f64>() * n as f64) as usize).min(n - 1);
            counts[self.blocks[drawn]] += 1.0;
        }
        counts
    }

    fn refit(&self, counts: &[f64], index: usize) -> Result<Replicate, FitError> {
        let drawn = (0..counts.len()).filter(|&mixture_idx| counts[mixture_idx] > 0.0);
        let mut replicate =
            Replicate { thetas: Vec::new(), holdout_mre_percent: Vec::new(), mixtures: drawn.collect() };
        for ((fit, target_idxs), weights) in self.study.fits.iter().zip(&self.target_idxs).zip(&self.weights) {
            let times = |block: &usize| counts.get(*block).copied().unwrap_or(0.0);
            let drawn: Vec<f64> =
                self.block_of.iter().zip(weights).map(|(block, weight)| weight * times(block)).collect();
            // Each replicate has random starts of its own.
            let seed = self.config.seed.wrapping_add(index as u64);
            let theta = fit::refit(fit, self.dataset, target_idxs, &drawn, (self.config.starts, seed), true)?;
            let fit = Fit { theta, ..fit.clone() };
            let scores = report::scores(fit.law, &fit.shape, &fit.theta, self.dataset, target_idxs, weights);
            replicate.holdout_mre_percent.extend(scores.iter().map(|score: &Score| score.holdout_mre_percent));
            replicate.thetas.push(fit.theta);
        }
        Ok(replicate)
    }
}

/// Of each fit, the interval of each parameter in natural units, in the order of θ.
pub fn parameter_intervals(study: &FittedStudy, replicates: &[Replicate]) -> Vec<Vec<Interval>> {
    let of_fit = |(fit_idx, fit): (usize, &Fit)| {
        let naturals: Vec<Vec<f64>> =
            replicates.iter().map(|replicate| fit.law.natural(&fit.shape, &replicate.thetas[fit_idx])).collect();
        (0..fit.theta.len()).filter_map(|p| Interval::of(naturals.iter().map(|natural| natural[p]))).collect()
    };
    study.fits.iter().enumerate().map(of_fit).collect()
}

/// Of each target, the interval of its mean relative error on the rows held out, in percent, where there are any.
pub fn holdout_intervals(study: &FittedStudy, replicates: &[Replicate]) -> Vec<Option<Interval>> {
    let n_targets = study.targets().count();
    (0..n_targets)
        .map(|target| Interval::of(replicates.iter().filter_map(|replicate| replicate.holdout_mre_percent[target])))
        .collect()
}

/// The study as the replicate has it: its θ, and processes that know the mixtures drawn, with hyperparameters as they
/// are.
pub fn with_thetas(study: &FittedStudy, replicate: &Replicate) -> FittedStudy {
    let fits = study.fits.iter().zip(&replicate.thetas);
    let fits: Vec<Fit> = fits.map(|(fit, theta)| Fit { theta: theta.clone(), ..fit.clone() }).collect();
    let bits = |mixture: &[f64]| -> Vec<u64> { mixture.iter().map(|h| h.to_bits()).collect() };
    let known = &study.summary.mixtures;
    let drawn: HashSet<Vec<u64>> =
        replicate.mixtures.iter().filter_map(|&idx| known.get(idx)).map(|mixture| bits(mixture)).collect();
    let law = |fit: &Fit, pos: usize, input: &Input| {
        let scale = Scale { ln_n: input.ln_n, ln_d: input.ln_d };
        libm::log(law::loss(fit.law, &fit.shape, &fit.theta, pos, scale, &Mixture::new(&input.mixture)))
    };
    let revised = |(target, process): (FittedTarget, &Arc<GaussianProcess>)| {
        let position = study.fits.iter().position(|fit| std::ptr::eq(fit, target.fit));
        let value = |input: &Input, old: f64| {
            let new = &fits[position?];
            let change = match study.form {
                Form::Process => 0.0,
                _ => law(target.fit, target.target_pos, input) - law(new, target.target_pos, input),
            };
            (drawn.is_empty() || drawn.contains(&bits(&input.mixture))).then_some(old + change)
        };
        // Too few rows, or numbers that overflow, are no replicate of the process: it stays as it is.
        process.revised(&value).map_or_else(|_| process.clone(), Arc::new)
    };
    let processes = study.targets().zip(&study.processes).map(revised).collect();
    FittedStudy { fits, processes, candidates: Vec::new(), ..study.clone() }
}
