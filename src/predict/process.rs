//! The Gaussian processes behind a study's predictions: what they learn from, and how they change a law's loss.
//!
//! ```text
//!     law:                        L(N, D, h) = law(N, D, h)
//!     law with a residual model:  L(N, D, h) = law(N, D, h) · exp g(N, D, h),   g fitted to ln L_r − ln law_r
//!     Gaussian process alone:     L(h)       = exp g(h),                        g fitted to ln L_r at one scale
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::fit::Fit;
use crate::gp::{GaussianProcess, GpError, Hyperparameters, Input, Inputs, Recipe, Surface, Target};
use crate::law::{LossOf, Mixture, MixtureDerivatives, Scale};

/// What gives the loss of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The law alone; a process, where there is one, tells only how far it may be off.
    #[default]
    Law,
    /// The law times the exponential of a process on its log residuals.
    Residual,
    /// A process on the log losses of one scale.
    Process,
}

impl Form {
    /// The recipe of the form's process.
    pub fn recipe(self) -> Recipe {
        match self {
            Form::Law | Form::Residual => Recipe::Residual,
            Form::Process => Recipe::Mixture,
        }
    }
}

/// Most rows that a process learns from, spread evenly over mixtures and scales. With the last checkpoints alone the
/// errors at larger scale were a third higher, and the intervals covered less.
const MOST_ROWS: usize = 400;

/// At most so many of these observations, spread evenly over mixtures, N and D whatever the order of the rows: the
/// multiples of the golden ratio fall nowhere twice and nowhere in step with a grid.
fn spread(dataset: &Dataset, observation_idxs: Vec<usize>, most: usize) -> Vec<usize> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    if observation_idxs.len() <= most {
        return observation_idxs;
    }
    let design = dataset.design();
    let place = |&i: &usize| {
        let (mixture_idx, scale_idx) = design.rows()[i];
        let scale = design.scales()[scale_idx];
        let scale = [scale.n.map_or(0.0, |n| n.0), scale.d.map_or(0.0, |d| d.0)];
        design.mixtures()[mixture_idx].iter().copied().chain(scale)
    };
    let mut sorted = observation_idxs;
    sorted.sort_by(|a, b| {
        let unequal = place(a).zip(place(b)).map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne());
        unequal.unwrap_or(std::cmp::Ordering::Equal)
    });
    let places: Vec<f64> = (0..sorted.len()).map(|i| (i as f64 * GOLDEN).fract()).collect();
    let mut kept: Vec<usize> = crate::order::ascending(&places)[..most].iter().map(|&at| sorted[at]).collect();
    kept.sort_unstable();
    kept
}

/// Of each run among these observations (what shares mixture and N) the last checkpoint, and as many of those before,
/// evenly spaced in their order, as leave about `most` in all.
pub(super) fn of_each_run(dataset: &Dataset, observation_idxs: &[usize], most: usize) -> Vec<usize> {
    let runs = runs(dataset);
    let mut sorted = observation_idxs.to_vec();
    sorted.sort_by_key(|&observation_idx| (runs[observation_idx], observation_idx));
    let by_run: Vec<&[usize]> = sorted.chunk_by(|&a, &b| runs[a] == runs[b]).collect();
    let each = (most / by_run.len().max(1)).max(1);
    let tokens = |idx: usize| dataset.observations()[idx].d.map_or(0.0, |d| d.0);
    let mut kept = Vec::new();
    for rows in by_run {
        let mut rows = rows.to_vec();
        rows.sort_by(|&a, &b| tokens(b).total_cmp(&tokens(a)).then(a.cmp(&b)));
        let n = rows.len().min(each);
        kept.extend((0..n).map(|i| rows[i * rows.len() / n]));
    }
    kept.sort_unstable();
    // More runs than that: evenly among them.
    let n = kept.len();
    if n > 2 * most { (0..most).map(|i| kept[i * n / most]).collect() } else { kept }
}

/// For each observation its run: what shares mixture and N.
pub(super) fn runs(dataset: &Dataset) -> Vec<usize> {
    let mut known = std::collections::HashMap::new();
    let rows = dataset.observations().iter().zip(dataset.design().rows());
    rows.map(|(observation, &(mixture_idx, _))| {
        let n_known = known.len();
        *known.entry((mixture_idx, observation.n.map(|n| n.0.to_bits()))).or_insert(n_known)
    })
    .collect()
}

/// What processes learn from: rows of a study and the losses of a target on them.
pub(super) struct Lesson {
    /// Positions of the observations.
    pub observation_idxs: Vec<usize>,
    inputs: Arc<Inputs>,
    ln_losses: Vec<f64>,
}

impl Lesson {
    /// Of each target (its position in the dataset) the rows with a loss among those that `used` says, thinned where they
    /// are many. Targets on the same rows share their inputs.
    pub fn of(dataset: &Dataset, target_idxs: &[usize], used: &dyn Fn(usize, usize) -> bool) -> Vec<Self> {
        let runs = runs(dataset);
        let design = dataset.design();
        let mut lessons: Vec<Self> = Vec::new();
        for &target_idx in target_idxs {
            let loss = |observation_idx: usize| dataset.observations()[observation_idx].losses[target_idx];
            let with_loss: Vec<usize> = (0..runs.len()).filter(|&i| loss(i).is_some() && used(target_idx, i)).collect();
            let observation_idxs = spread(dataset, with_loss, MOST_ROWS);
            let shared = lessons.iter().find(|lesson| lesson.observation_idxs == observation_idxs);
            let inputs = shared.map(|lesson| lesson.inputs.clone()).unwrap_or_else(|| {
                let input = |&i: &usize| {
                    let (mixture_idx, scale_idx) = design.rows()[i];
                    let scale = design.scales()[scale_idx];
                    let Scale { ln_n, ln_d } = Scale::new(scale.n, scale.d);
                    Input { mixture: design.mixtures()[mixture_idx].clone(), ln_n, ln_d, run: runs[i] }
                };
                Arc::new(Inputs::new(&observation_idxs.iter().map(input).collect::<Vec<_>>()))
            });
            let ln_losses = observation_idxs.iter().filter_map(|&i| Some(libm::log(loss(i)?.0))).collect();
            lessons.push(Self { observation_idxs, inputs, ln_losses });
        }
        lessons
    }

    /// What a process of that form is fitted to: ln L, less ln law but for a process alone.
    fn values(&self, dataset: &Dataset, form: Form, (fit, target_pos): (&Fit, usize)) -> Vec<f64> {
        if form == Form::Process {
            return self.ln_losses.clone();
        }
        let of_row = |(&i, ln_loss): (&usize, &f64)| ln_loss - ln_law(dataset, fit, target_pos, i);
        self.observation_idxs.iter().zip(&self.ln_losses).map(of_row).collect()
    }
}

/// ln of the law's loss at an observation.
pub(super) fn ln_law(dataset: &Dataset, fit: &Fit, target_pos: usize, observation_idx: usize) -> f64 {
    let (mixture_idx, scale_idx) = dataset.design().rows()[observation_idx];
    let scale = dataset.design().scales()[scale_idx];
    libm::log(fit.loss(target_pos, scale.n, scale.d, &dataset.design().mixtures()[mixture_idx]).0)
}

/// A process for each target; the searches for hyperparameters start from those in `start`, if there are any.
///
/// # Errors
/// Too few rows, or losses that the law cannot give.
pub(super) fn fitted(
    dataset: &Dataset,
    form: Form,
    lessons: &[Lesson],
    laws: &[(&Fit, usize)],
    start: &[Hyperparameters],
) -> Result<Vec<Arc<GaussianProcess>>, GpError> {
    let values = lessons.iter().zip(laws).map(|(lesson, law)| lesson.values(dataset, form, *law));
    let values: Vec<Vec<f64>> = values.collect();
    let targets = lessons.iter().zip(&values);
    let targets: Vec<Target> =
        targets.map(|(lesson, values)| Target { inputs: lesson.inputs.clone(), values }).collect();
    let processes = GaussianProcess::fit_each(form.recipe(), &targets, start)?;
    Ok(processes.into_iter().map(Arc::new).collect())
}

/// The same with known hyperparameters, one of each target.
///
/// # Errors
/// As [`fitted`].
pub(super) fn known(
    dataset: &Dataset,
    form: Form,
    lessons: &[Lesson],
    laws: &[(&Fit, usize)],
    known: &[Hyperparameters],
) -> Result<Vec<Arc<GaussianProcess>>, GpError> {
    let one = |((lesson, law), known): ((&Lesson, &(&Fit, usize)), &Hyperparameters)| {
        GaussianProcess::with(known, &lesson.inputs, &lesson.values(dataset, form, *law)).map(Arc::new)
    };
    lessons.iter().zip(laws).zip(known).map(one).collect()
}

/// The loss at one scale with a process in it, as a function of the mixture.
pub(super) fn losses<'a>(form: Form, law: LossOf<'a>, process: &'a GaussianProcess, scale: Scale) -> LossOf<'a> {
    let surface = process.surface(scale.ln_n, scale.ln_d);
    let mut law = law;
    Box::new(move |mixture: &Mixture| {
        let factor = libm::exp(surface.mean(&mixture.h));
        if form == Form::Process { factor } else { law(mixture) * factor }
    })
}

/// Adds the loss with a process in it and its derivatives in h, with a weight, from those of the law:
///
/// ```text
///     L = l e^g,   ∂L = e^g (∂l + l ∂g),   ∂²L = e^g (∂²l + ∂l ∂gᵀ + ∂g ∂lᵀ + l (∂g ∂gᵀ + ∂²g))
/// ```
pub(super) fn add_derivatives(
    surface: &Surface,
    law: &MixtureDerivatives,
    h: &[f64],
    weight: f64,
    out: &mut MixtureDerivatives,
) {
    let k = h.len();
    let mut g = MixtureDerivatives::zero(k);
    g.value = surface.mean_with_derivatives(h, &mut g.gradient, &mut g.hessian);
    let factor = weight * libm::exp(g.value);
    out.value += law.value * factor;
    for i in 0..k {
        out.gradient[i] += factor * (law.gradient[i] + law.value * g.gradient[i]);
        for j in 0..k {
            let at = i * k + j;
            let mixed = law.gradient[i] * g.gradient[j] + g.gradient[i] * law.gradient[j];
            let own = law.value * (g.gradient[i] * g.gradient[j] + g.hessian[at]);
            let sum = law.hessian[at] + mixed + own;
            // Where the law's derivative is infinite (h_i = 0), so is the product's, whatever is added.
            out.hessian[at] += factor * if sum.is_nan() { law.hessian[at] } else { sum };
        }
    }
}
