//! Hyperparameters: from which rows, for one target or several, and how they are found.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cholesky::Cholesky;
use super::inputs::{Features, Inputs, Points};
use super::kernel::{Kernel, Recipe};
use super::likelihood::{Group, evaluate};
use super::minimise::{Limits, minimise};
use super::standard::Standard;

/// Fewest rows that a process is fitted to.
const MIN_ROWS: usize = 3;

/// Hyperparameters have converged when two iterations in a row gain less than this in ln likelihood.
const LIMITS: Limits = Limits { max_iterations: 60, tolerance: 1e-2 };

/// How far (standard deviation) one target's hyperparameters lie from those of all targets together, where they share.
const AROUND_SHARED: f64 = 0.5;

/// How many other hyperparameters, as probable as not, go into a variance, and the most rows for which they do: with more
/// rows the likelihood leaves less doubt, and they would take long. With 8 to 40 runs intervals of nominally 90 % covered
/// 82 % without them and 92 % with them, on average of 22 groups.
const N_DRAWS: usize = 8;
pub(super) const MAX_ROWS_TO_DRAW: usize = 150;

/// Step of the differences of gradients that give the likelihood's curvature; hyperparameters are of order one.
const CURVATURE_STEP: f64 = 0.05;

impl Recipe {
    /// p and ε of (h + ε)^p. ε keeps derivatives finite at h = 0, and predicts no worse.
    fn power(self) -> (f64, f64) {
        match self {
            Self::Mixture => (0.4, 1e-3),
            Self::Residual => (0.35, 1e-3),
        }
    }

    /// Most rows that hyperparameters are found with; more are thinned evenly.
    fn max_rows_to_learn(self) -> usize {
        match self {
            Self::Mixture => 300,
            Self::Residual => 180,
        }
    }

    /// Most rows that predictions are made from; more are thinned evenly.
    pub(super) fn max_rows(self) -> usize {
        match self {
            Self::Mixture => 1000,
            Self::Residual => 700,
        }
    }

    /// Whether the uncertainty of the hyperparameters goes into variances. A law's residuals have many rows, and what
    /// makes their variances too small is another scale, not the hyperparameters.
    fn draws(self) -> bool {
        self == Self::Mixture
    }

    /// Whether targets inform each other's hyperparameters. Losses depend on different domains, and sharing
    /// made errors up to twice as large at one scale; residuals of one law are alike, and there it does no harm or helps.
    fn shares(self) -> bool {
        self == Self::Residual
    }
}

/// Why there is no Gaussian process.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GpError {
    /// Too few rows.
    #[error("a Gaussian process needs at least {MIN_ROWS} rows, but there are {seen}")]
    TooFew {
        /// How many there are.
        seen: usize,
    },
    /// As many values as rows are needed.
    #[error("there are {n_values} values for {n_rows} rows")]
    Length {
        /// Values given.
        n_values: usize,
        /// Rows given.
        n_rows: usize,
    },
    /// A value that is not finite.
    #[error("value {row_idx} is {value}; it must be a finite number")]
    NotFinite {
        /// Position of the row.
        row_idx: usize,
        /// The value.
        value: f64,
    },
    /// A file's process that is none.
    #[error("this is no Gaussian process: its hyperparameters, rows and values do not fit together")]
    Malformed,
    /// No factor, whatever is added to the diagonal.
    #[error("the covariance of the rows is not positive definite")]
    NotPositiveDefinite,
}

/// One target's values on rows.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// The rows.
    pub inputs: Arc<Inputs>,
    /// One value a row.
    pub values: &'a [f64],
}

/// What is learnt about the kernel, apart from the values that a process knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub(super) recipe: Recipe,
    pub(super) features: Features,
    /// Logarithms, in the order of the kernel's priors.
    pub(super) parameters: Vec<f64>,
    /// Others that the rows allow: draws from the normal distribution that the posterior has near its maximum.
    #[serde(default)]
    pub(super) draws: Vec<Vec<f64>>,
}

impl Hyperparameters {
    /// What is modelled.
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// Whether these are as many as the kernel has, for mixtures of so many domains.
    pub fn suit(&self, n_domains: usize) -> bool {
        let Features { exponent, offset, scale, domain_idxs } = &self.features;
        let kernel = Kernel::new(self.recipe, domain_idxs.len());
        domain_idxs.iter().all(|&i| i < n_domains)
            && [exponent, offset, scale].into_iter().chain(&self.parameters).all(|number| number.is_finite())
            && self.parameters.len() == kernel.priors.len()
            && self.draws.iter().all(|draw| draw.len() == kernel.priors.len() && draw.iter().all(|p| p.is_finite()))
    }

    /// For each target the hyperparameters that maximise the penalised marginal likelihood of its values, each target
    /// standardised by itself. The searches start from those in `start`, one a target, where there are any of this
    /// recipe and these domains.
    ///
    /// Residuals of several targets: first those that suit all together, then each target's own, whose priors are
    /// narrow and centred on them.
    ///
    /// # Errors
    /// Too few rows, or values that are not finite, in any of the targets.
    pub fn of_each(recipe: Recipe, targets: &[Target], start: &[Self]) -> Result<Vec<Self>, GpError> {
        for target in targets {
            check(&target.inputs, target.values)?;
        }
        let Some(widest) = targets.iter().max_by_key(|target| target.inputs.n_rows()) else {
            return Ok(Vec::new());
        };
        let features = Features::new(&widest.inputs, recipe.power());
        let kernel = Kernel::new(recipe, features.domain_idxs.len());
        let known = |start: &&Self| start.recipe == recipe && start.features.domain_idxs == features.domain_idxs;
        let start_of = |target_pos: usize| match start.get(target_pos).filter(known) {
            Some(start) => start.parameters.clone(),
            None => kernel.priors.iter().map(|prior| prior.start).collect(),
        };
        let mut each: Vec<Vec<f64>> = (0..targets.len()).map(start_of).collect();
        let mut own = kernel.clone();
        if recipe.shares() && targets.len() > 1 {
            let shared = search(&kernel, &groups(recipe, &features, targets), &each[0]);
            for (prior, mean) in own.priors.iter_mut().zip(&shared) {
                (prior.mean, prior.deviation) = (*mean, AROUND_SHARED);
            }
            each.fill(shared);
        }
        let finish = |(start, target): (Vec<f64>, &Target)| {
            let groups = groups(recipe, &features, std::slice::from_ref(target));
            let parameters = search(&own, &groups, &start);
            let is_drawn = recipe.draws() && target.values.len() <= MAX_ROWS_TO_DRAW;
            let draws = if is_drawn { draw(&own, &groups, &parameters) } else { Vec::new() };
            Self { recipe, features: features.clone(), parameters, draws }
        };
        Ok(each.into_iter().zip(targets).map(finish).collect())
    }
}

/// The targets' rows as the likelihood takes them; those of equal inputs in one group.
fn groups(recipe: Recipe, features: &Features, targets: &[Target]) -> Vec<Group> {
    let mut distinct: Vec<(&Arc<Inputs>, Vec<&[f64]>)> = Vec::new();
    for target in targets {
        match distinct.iter_mut().find(|(inputs, _)| same(inputs, &target.inputs)) {
            Some((_, values)) => values.push(target.values),
            None => distinct.push((&target.inputs, vec![target.values])),
        }
    }
    let group = |(inputs, targets): (&Arc<Inputs>, Vec<&[f64]>)| {
        let row_idxs = thinned(inputs, recipe.max_rows_to_learn());
        let selected = |values: &[f64]| {
            let values: Vec<f64> = row_idxs.iter().map(|&i| values[i]).collect();
            Standard::new(recipe, &values).1
        };
        let targets = targets.into_iter().map(selected).collect();
        Group { points: Points::new(&inputs.select(&row_idxs), features), targets }
    };
    distinct.into_iter().map(group).collect()
}

fn search(kernel: &Kernel, groups: &[Group], start: &[f64]) -> Vec<f64> {
    let bounds: Vec<(f64, f64)> = kernel.priors.iter().map(|prior| (prior.low, prior.high)).collect();
    let mut function = |p: &[f64], gradient: &mut [f64]| evaluate(kernel, groups, p, gradient);
    minimise(&mut function, start, &bounds, LIMITS).0
}

/// Draws p + L⁻ᵀ ξ with L Lᵀ the curvature of −ln posterior at its minimum p (Laplace's approximation) and ξ_i = ±1, in
/// pairs of opposite signs: their mean is p, and their covariance (L Lᵀ)⁻¹ as far as signs without a pattern are
/// uncorrelated.
fn draw(kernel: &Kernel, groups: &[Group], parameters: &[f64]) -> Vec<Vec<f64>> {
    let n = parameters.len();
    let mut at = vec![0.0; n];
    evaluate(kernel, groups, parameters, &mut at);
    let mut curvature = vec![0.0; n * n];
    let mut moved_gradient = vec![0.0; n];
    for i in 0..n {
        let mut moved = parameters.to_vec();
        moved[i] += CURVATURE_STEP;
        if !evaluate(kernel, groups, &moved, &mut moved_gradient).is_finite() {
            return Vec::new();
        }
        for j in 0..n {
            let half = 0.5 * (moved_gradient[j] - at[j]) / CURVATURE_STEP;
            curvature[i * n + j] += half;
            curvature[j * n + i] += half;
        }
    }
    // At a bound, or where the search stopped early, the curvature need not be positive in every direction.
    let mut ridge = 0.0;
    let factor = loop {
        let mut matrix = curvature.clone();
        (0..n).for_each(|i| matrix[i * n + i] += ridge);
        match Cholesky::new(matrix, n) {
            Some(factor) => break factor,
            None if ridge > 1e3 => return Vec::new(),
            None => ridge = if ridge == 0.0 { 0.05 } else { 2.0 * ridge },
        }
    };
    let mut state = 0_u64;
    let mut sign = || {
        // SplitMix64 (Steele et al. 2014), of which one bit is used.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        if (bits >> 63) == 1 { 1.0 } else { -1.0 }
    };
    let mut draws = Vec::with_capacity(N_DRAWS);
    while draws.len() < N_DRAWS {
        let step = factor.solve_upper((0..n).map(|_| sign()).collect());
        for side in [1.0, -1.0] {
            let entries = parameters.iter().zip(&step).zip(&kernel.priors);
            draws.push(entries.map(|((p, step), prior)| (p + side * step).clamp(prior.low, prior.high)).collect());
        }
    }
    draws
}

fn same(a: &Arc<Inputs>, b: &Arc<Inputs>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

pub(super) fn check(inputs: &Inputs, values: &[f64]) -> Result<(), GpError> {
    if values.len() != inputs.n_rows() {
        return Err(GpError::Length { n_values: values.len(), n_rows: inputs.n_rows() });
    }
    if values.len() < MIN_ROWS {
        return Err(GpError::TooFew { seen: values.len() });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(row_idx) => Err(GpError::NotFinite { row_idx, value: values[row_idx] }),
        None => Ok(()),
    }
}

/// Positions of at most so many rows, spread evenly over mixtures and scales whatever the order of the rows:
/// the multiples of the golden ratio fall nowhere twice and nowhere in step with a grid.
pub(super) fn thinned(inputs: &Inputs, max_rows: usize) -> Vec<usize> {
    let n = inputs.n_rows();
    if n <= max_rows {
        return (0..n).collect();
    }
    let order = inputs.canonical_order();
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let places: Vec<f64> = (0..n).map(|i| (i as f64 * golden).fract()).collect();
    let mut kept: Vec<usize> = crate::order::ascending(&places)[..max_rows].iter().map(|&i| order[i]).collect();
    kept.sort_unstable();
    kept
}
