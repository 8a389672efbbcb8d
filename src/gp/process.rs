//! A Gaussian process with its hyperparameters and the values it knows: fit, prediction, what is left out.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::cholesky::Cholesky;
use super::hyperparameters::{GpError, Hyperparameters, MAX_ROWS_TO_DRAW, Target, check, thinned};
use super::inputs::{Input, Inputs, Points};
use super::kernel::{Kernel, KernelPlace, Recipe, scale_correlation};
use super::likelihood::JITTER;
use super::standard::Standard;
use super::surface::{Surface, SurfacePart};
use crate::vectors::dot;

/// A place where a value is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GpPlace<'a> {
    /// ln N, in the unit of the inputs.
    pub ln_n: f64,
    /// ln D, in the unit of the inputs.
    pub ln_d: f64,
    /// Domain weights.
    pub h: &'a [f64],
    /// A run of the inputs that is continued there; without it the run is a new one.
    pub run: Option<usize>,
}

/// A predicted value, and the three independent reasons why what is observed may differ from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Posterior mean.
    pub mean: f64,
    /// Posterior variance of the function, the same for all runs at that place; it includes the effect of the run where
    /// the place names one that was observed.
    pub variance: f64,
    /// Variance of a new run's own effect; 0 where the place names a run.
    pub run_variance: f64,
    /// Variance of one row's noise.
    pub noise_variance: f64,
}

impl Prediction {
    /// Variance of a value that would be observed there.
    pub fn total_variance(&self) -> f64 {
        self.variance + self.run_variance + self.noise_variance
    }
}

/// What the other rows say of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    /// Mean of what is predicted.
    pub mean: f64,
    /// Variance of an observed value, with run effect and noise.
    pub variance: f64,
}

/// A Gaussian process that knows values on rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct GaussianProcess {
    pub(super) hyperparameters: Hyperparameters,
    pub(super) inputs: Arc<Inputs>,
    /// Positions of the rows of `inputs` that it was given, when there were too many.
    row_idxs: Vec<usize>,
    pub(super) values: Vec<f64>,
    pub(super) standard: Standard,
    pub(super) kernel: Kernel,
    pub(super) points: Points,
    pub(super) posterior: Posterior,
    /// The same for each draw of the hyperparameters, computed when a variance is first asked for.
    drawn: OnceLock<Vec<Posterior>>,
}

/// The rest follows from these.
impl PartialEq for GaussianProcess {
    fn eq(&self, other: &Self) -> bool {
        self.hyperparameters == other.hyperparameters
            && self.inputs == other.inputs
            && self.row_idxs == other.row_idxs
            && self.values == other.values
    }
}

/// What is known with one choice of hyperparameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    pub(super) parameters: Vec<f64>,
    pub(super) factor: Cholesky,
    /// K⁻¹ z
    pub(super) alpha: Vec<f64>,
}

impl Posterior {
    fn new(parameters: &[f64], kernel: &Kernel, points: &Points, z: &[f64]) -> Option<Self> {
        let tables = kernel.tables(parameters, points);
        let matrix = kernel.matrix(parameters, points, &tables);
        let factor = factorise(&matrix, z.len())?;
        let alpha = factor.solve(z);
        Some(Self { parameters: parameters.to_vec(), factor, alpha })
    }

    fn suits(&self, hyperparameters: &Hyperparameters, n_rows: usize) -> bool {
        self.parameters == hyperparameters.parameters && self.factor.suits(n_rows) && self.alpha.len() == n_rows
    }

    /// Means of z at some places, and the covariance of each with the first.
    fn at<const N: usize>(&self, kernel: &Kernel, points: &Points, places: [KernelPlace; N]) -> ([f64; N], [f64; N]) {
        let crosses = places.map(|place| kernel.cross(&self.parameters, points, place));
        let means = std::array::from_fn(|i| dot(&crosses[i], &self.alpha));
        let whitened = crosses.map(|cross| self.factor.solve_lower(&cross));
        let covariance =
            |i: usize| kernel.between(&self.parameters, places[0], places[i]) - dot(&whitened[0], &whitened[i]);
        (means, std::array::from_fn(covariance))
    }
}

/// What is written of a process: the rest follows from it.
#[derive(Serialize, Deserialize)]
pub struct Stored {
    hyperparameters: Hyperparameters,
    inputs: Inputs,
    row_idxs: Vec<usize>,
    values: Vec<f64>,
}

impl From<GaussianProcess> for Stored {
    fn from(process: GaussianProcess) -> Self {
        Self {
            hyperparameters: process.hyperparameters,
            inputs: Arc::unwrap_or_clone(process.inputs),
            row_idxs: process.row_idxs,
            values: process.values,
        }
    }
}

impl TryFrom<Stored> for GaussianProcess {
    type Error = GpError;

    fn try_from(stored: Stored) -> Result<Self, GpError> {
        Self::restored(stored, None)
    }
}

impl GaussianProcess {
    /// The process that was written, with its posterior if that is known already.
    ///
    /// # Errors
    /// What was written contradicts itself, or see [`GaussianProcess::with`].
    pub fn restored(stored: Stored, posterior: Option<Posterior>) -> Result<Self, GpError> {
        let Stored { hyperparameters, inputs, row_idxs, values } = stored;
        let n_domains = inputs.mixtures.first().map_or(0, Vec::len);
        let is_sound = inputs.mixtures.iter().all(|h| h.len() == n_domains && h.iter().all(|h| h.is_finite()))
            && inputs.scales.iter().flatten().all(|scale| scale.is_finite())
            && inputs
                .rows
                .iter()
                .all(|row| row.mixture_idx < inputs.mixtures.len() && row.scale_idx < inputs.scales.len())
            && row_idxs.len() == values.len()
            && hyperparameters.suit(n_domains)
            && posterior.as_ref().is_none_or(|posterior| posterior.suits(&hyperparameters, values.len()));
        if !is_sound {
            return Err(GpError::Malformed);
        }
        Ok(Self { row_idxs, ..Self::knowing(&hyperparameters, &Arc::new(inputs), &values, posterior)? })
    }

    /// What is known of its values: far longer to compute than to write.
    pub fn posterior(&self) -> &Posterior {
        &self.posterior
    }
}

pub(super) fn kernel_place<'a>(place: GpPlace, phi: &'a [f64]) -> KernelPlace<'a> {
    KernelPlace { phi, scale: [place.ln_n, place.ln_d], run: place.run }
}

/// The factor of a matrix, with as little added to its diagonal as it takes.
pub(super) fn factorise(matrix: &[f64], n: usize) -> Option<Cholesky> {
    let mut jitter = JITTER;
    while jitter < 1.0 {
        let mut matrix = matrix.to_vec();
        (0..n).for_each(|i| matrix[i * n + i] += jitter);
        if let Some(factor) = Cholesky::new(matrix, n) {
            return Some(factor);
        }
        jitter *= 10.0;
    }
    None
}

impl GaussianProcess {
    /// The process whose hyperparameters maximise the penalised marginal likelihood of the values.
    ///
    /// # Errors
    /// See [`GaussianProcess::with`].
    pub fn fit(recipe: Recipe, inputs: &Arc<Inputs>, values: &[f64]) -> Result<Self, GpError> {
        let target = Target { inputs: inputs.clone(), values };
        let mut processes = Self::fit_each(recipe, &[target], &[])?;
        processes.pop().ok_or(GpError::TooFew { seen: 0 })
    }

    /// The same for each of several targets, which inform each other where that helps ([`Hyperparameters::of_each`]).
    /// The searches start from `start`: one a target, or none.
    ///
    /// # Errors
    /// See [`GaussianProcess::with`].
    pub fn fit_each(recipe: Recipe, targets: &[Target], start: &[Hyperparameters]) -> Result<Vec<Self>, GpError> {
        let each = Hyperparameters::of_each(recipe, targets, start)?;
        each.iter().zip(targets).map(|(own, target)| Self::with(own, &target.inputs, target.values)).collect()
    }

    /// The process with those hyperparameters that knows those values. Where there are too many rows an even selection
    /// is kept ([`GaussianProcess::row_idxs`]).
    ///
    /// # Errors
    /// Too few rows, values that are not finite, or a covariance that has no factor.
    pub fn with(hyperparameters: &Hyperparameters, inputs: &Arc<Inputs>, values: &[f64]) -> Result<Self, GpError> {
        Self::knowing(hyperparameters, inputs, values, None)
    }

    fn knowing(
        hyperparameters: &Hyperparameters,
        inputs: &Arc<Inputs>,
        values: &[f64],
        posterior: Option<Posterior>,
    ) -> Result<Self, GpError> {
        check(inputs, values)?;
        let Hyperparameters { recipe, features, parameters, .. } = hyperparameters;
        let row_idxs = thinned(inputs, recipe.max_rows());
        let (inputs, values) = if row_idxs.len() < values.len() {
            (Arc::new(inputs.select(&row_idxs)), row_idxs.iter().map(|&i| values[i]).collect())
        } else {
            (inputs.clone(), values.to_vec())
        };
        let (standard, z) = Standard::new(*recipe, &values);
        let kernel = Kernel::new(*recipe, features.domain_idxs.len());
        let points = Points::new(&inputs, features);
        let posterior = posterior
            .or_else(|| Posterior::new(parameters, &kernel, &points, &z))
            .ok_or(GpError::NotPositiveDefinite)?;
        let hyperparameters = hyperparameters.clone();
        let drawn = OnceLock::new();
        Ok(Self { hyperparameters, inputs, row_idxs, values, standard, kernel, points, posterior, drawn })
    }

    /// The process with the same hyperparameters that knows other values: for folds and bootstrap replicates.
    ///
    /// # Errors
    /// See [`GaussianProcess::with`].
    pub fn condition(&self, inputs: &Arc<Inputs>, values: &[f64]) -> Result<Self, GpError> {
        Self::with(&self.hyperparameters, inputs, values)
    }

    /// The process with the same hyperparameters that knows other values on its rows, or, where `value` gives none, fewer
    /// rows.
    ///
    /// # Errors
    /// See [`GaussianProcess::with`].
    pub fn revised(&self, value: &dyn Fn(&Input, f64) -> Option<f64>) -> Result<Self, GpError> {
        let rows = (0..self.values.len()).map(|row_idx| (self.inputs.row(row_idx), self.values[row_idx]));
        let (inputs, values): (Vec<Input>, Vec<f64>) =
            rows.filter_map(|(input, old)| value(&input, old).map(|new| (input, new))).unzip();
        self.condition(&Arc::new(Inputs::new(&inputs)), &values)
    }

    /// What was learnt about the kernel.
    pub fn hyperparameters(&self) -> &Hyperparameters {
        &self.hyperparameters
    }

    /// Positions of the rows that it knows, among those it was given.
    pub fn row_idxs(&self) -> &[usize] {
        &self.row_idxs
    }

    /// Posterior mean at a new run.
    pub fn mean(&self, ln_n: f64, ln_d: f64, h: &[f64]) -> f64 {
        self.surface(ln_n, ln_d).mean(h)
    }

    /// Posterior mean and variances. With few rows the variances include the uncertainty of the hyperparameters.
    pub fn predict(&self, place: GpPlace) -> Prediction {
        let phi = self.hyperparameters.features.of(place.h);
        let is_new_run = place.run.is_none();
        let ([z], [variance]) = self.joint([kernel_place(place, &phi)]);
        let (mean, slope) = self.standard.value(z);
        let average = |variance: &dyn Fn(&[f64]) -> f64| {
            let draws = self.drawn();
            draws.iter().map(|draw| variance(&draw.parameters)).sum::<f64>() / draws.len() as f64
        };
        let new_run = if is_new_run { average(&|parameters| self.kernel.run_variance(parameters)) } else { 0.0 };
        Prediction {
            mean,
            variance: slope * slope * variance.max(0.0),
            run_variance: slope * slope * new_run,
            noise_variance: slope * slope * average(&|parameters| self.kernel.noise_variance(parameters)),
        }
    }

    /// Posterior covariance of the function at two places, on which the uncertainty of their difference depends:
    /// var(a − b) = var a + var b − 2 cov(a, b). Effects of new runs and noise are independent and not in it.
    pub fn covariance(&self, a: GpPlace, b: GpPlace) -> f64 {
        let phis = [a, b].map(|place| self.hyperparameters.features.of(place.h));
        let (means, [_, covariance]) = self.joint([kernel_place(a, &phis[0]), kernel_place(b, &phis[1])]);
        let [slope_a, slope_b] = means.map(|z| self.standard.value(z).1);
        slope_a * slope_b * covariance
    }

    /// Means of z at some places with the most probable hyperparameters, and the covariance of each with the first over
    /// all draws of them: `E[cov] + E[(mean − mean with the most probable)²]`.
    fn joint<const N: usize>(&self, places: [KernelPlace; N]) -> ([f64; N], [f64; N]) {
        let (means, own) = self.posterior.at(&self.kernel, &self.points, places);
        let draws = self.drawn();
        if std::ptr::eq(draws, std::slice::from_ref(&self.posterior)) {
            return (means, own);
        }
        let mut covariances = [0.0; N];
        for draw in draws {
            let (drawn_means, drawn) = draw.at(&self.kernel, &self.points, places);
            for i in 0..N {
                covariances[i] += drawn[i] + (drawn_means[0] - means[0]) * (drawn_means[i] - means[i]);
            }
        }
        (means, covariances.map(|sum| sum / draws.len() as f64))
    }

    /// The posterior with each draw of the hyperparameters; with the most probable ones alone where there are none.
    pub(super) fn drawn(&self) -> &[Posterior] {
        let alone = std::slice::from_ref(&self.posterior);
        if self.hyperparameters.draws.is_empty() || self.values.len() > MAX_ROWS_TO_DRAW {
            return alone;
        }
        let drawn = self.drawn.get_or_init(|| {
            let (_, z) = Standard::new(self.hyperparameters.recipe, &self.values);
            let draws = self.hyperparameters.draws.iter();
            draws.filter_map(|draw| Posterior::new(draw, &self.kernel, &self.points, &z)).collect()
        });
        if drawn.is_empty() { alone } else { drawn }
    }

    /// The posterior mean of a new run at one scale, as a function of the mixture.
    pub fn surface(&self, ln_n: f64, ln_d: f64) -> Surface<'_> {
        let parameters = &self.hyperparameters.parameters;
        let mut constant = self.standard.centre;
        let mut parts = Vec::new();
        for term in &self.kernel.terms {
            let amplitude = self.standard.unit * Kernel::amplitude(term, parameters);
            let at = |scale: &[f64; 2]| {
                term.scale.map_or(1.0, |positions| scale_correlation(parameters, positions, [ln_n, ln_d], *scale))
            };
            let correlations: Vec<f64> = self.points.scales.iter().map(at).collect();
            let mut weights = vec![0.0; self.points.n_mixtures];
            for (row, alpha) in self.points.rows.iter().zip(&self.posterior.alpha) {
                weights[row.mixture_idx] += amplitude * correlations[row.scale_idx] * alpha;
            }
            match term.mixture {
                Some(part) => {
                    let inverse_squares = part.weights(parameters, self.points.n_features);
                    parts.push(SurfacePart { inverse_squares, weights });
                }
                None => constant += weights.iter().sum::<f64>(),
            }
        }
        let (n_features, features) = (self.points.n_features, &self.hyperparameters.features);
        let column = |i: usize| (0..self.points.n_mixtures).map(move |m| self.points.phi[m * n_features + i]);
        let columns = (0..n_features).flat_map(column).collect();
        Surface { features, points: &self.points, standard: self.standard, constant, parts, columns }
    }

    /// What the other rows say of each row, hyperparameters and unit as they are (Rasmussen & Williams 2006, eqs. 5.11
    /// and 5.12). The hyperparameters have seen the row, so with few rows this flatters: of a model's error on unseen
    /// mixtures only a fit without them tells the truth.
    pub fn leave_one_out(&self) -> Vec<LeftOut> {
        self.leave_group_out(&(0..self.values.len()).collect::<Vec<_>>())
    }

    /// What the rows of other groups say of each row, given each row's group. With B the block of K⁻¹ of one group and
    /// α = K⁻¹z, z − (prediction) = B⁻¹ α and the prediction's covariance is B⁻¹.
    ///
    /// # Panics
    /// Unless there is a group for each of the rows that the process knows.
    pub fn leave_group_out(&self, groups: &[usize]) -> Vec<LeftOut> {
        let n = self.values.len();
        assert_eq!(groups.len(), n, "one group a row");
        let inverse = self.posterior.factor.inverse();
        let (_, z) = Standard::new(self.hyperparameters.recipe, &self.values);
        let mut out = vec![LeftOut { mean: f64::NAN, variance: f64::NAN }; n];
        for (first, group) in groups.iter().enumerate() {
            if groups[..first].contains(group) {
                continue;
            }
            let members: Vec<usize> = (first..n).filter(|&i| groups[i] == *group).collect();
            let m = members.len();
            let block = members.iter().flat_map(|&i| members.iter().map(move |&j| (i, j)));
            let block: Vec<f64> = block.map(|(i, j)| inverse[i * n + j]).collect();
            // A block of a positive definite matrix is one; only rounding can say otherwise.
            let Some(factor) = Cholesky::new(block, m) else { continue };
            let alpha: Vec<f64> = members.iter().map(|&i| self.posterior.alpha[i]).collect();
            let residuals = factor.solve(&alpha);
            let covariance = factor.inverse();
            for (position, &i) in members.iter().enumerate() {
                let (mean, slope) = self.standard.value(z[i] - residuals[position]);
                out[i] = LeftOut { mean, variance: slope * slope * covariance[position * m + position] };
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::inputs::Input;
    use super::*;

    /// A mixture of three domains that depends on `i` without a pattern; every fifth has a zero.
    fn mixture(i: usize) -> Vec<f64> {
        let share = |factor: f64| libm::fabs(libm::sin(factor * (i as f64 + 1.0)));
        let parts = [share(1.7), share(2.9), if i.is_multiple_of(5) { 0.0 } else { share(4.3) }];
        let sum: f64 = parts.iter().sum();
        parts.iter().map(|part| part / sum).collect()
    }

    /// A smooth ln L of a mixture.
    fn smooth(h: &[f64]) -> f64 {
        1.0 - 0.2 * libm::sqrt(h[0] + 0.05) + 0.1 * h[1] * h[2]
    }

    /// One run a mixture at one scale.
    fn one_scale(n: usize) -> (Arc<Inputs>, Vec<f64>) {
        let inputs: Vec<Input> = (0..n).map(|run| Input { mixture: mixture(run), ln_n: 0.3, ln_d: 1.0, run }).collect();
        let values = inputs.iter().map(|input| smooth(&input.mixture)).collect();
        (Arc::new(Inputs::new(&inputs)), values)
    }

    /// Residuals of runs of two sizes with three checkpoints each, and one domain that never varies.
    fn several_scales(n_mixtures: usize) -> (Arc<Inputs>, Vec<f64>) {
        let mut inputs = Vec::new();
        let mut values = Vec::new();
        for run in 0..2 * n_mixtures {
            let h: Vec<f64> = mixture(run / 2).iter().map(|h| 0.9 * h).chain([0.1]).collect();
            for checkpoint in 0..3 {
                let (ln_n, ln_d) = ((run % 2) as f64 * 1.4, 1.0 + checkpoint as f64 * 0.6);
                let noise = 0.002 * libm::sin(97.0 * values.len() as f64);
                values.push(0.03 * libm::sin(5.0 * h[0]) + 0.01 * h[1] * ln_d - 0.004 * ln_n + noise);
                inputs.push(Input { mixture: h.clone(), ln_n, ln_d, run });
            }
        }
        (Arc::new(Inputs::new(&inputs)), values)
    }

    fn studies() -> [(Recipe, Arc<Inputs>, Vec<f64>); 2] {
        let [one, several] = [one_scale(25), several_scales(9)];
        [(Recipe::Mixture, one.0, one.1), (Recipe::Residual, several.0, several.1)]
    }

    #[test]
    fn a_smooth_function_without_noise_is_interpolated() {
        let (inputs, values) = one_scale(40);
        let process = GaussianProcess::fit(Recipe::Mixture, &inputs, &values).expect("it fits");
        for (row_idx, value) in values.iter().enumerate() {
            let input = inputs.row(row_idx);
            assert!((process.mean(input.ln_n, input.ln_d, &input.mixture) - value).abs() < 1e-3);
        }
        let mut errors = Vec::new();
        for i in 100..150 {
            let h = mixture(i);
            let prediction = process.predict(GpPlace { ln_n: 0.3, ln_d: 1.0, h: &h, run: None });
            let error = (prediction.mean - smooth(&h)).abs();
            // Within four standard deviations, if those have any meaning.
            assert!(error < 4.0 * prediction.total_variance().sqrt(), "{prediction:?} {}", smooth(&h));
            assert_eq!(prediction.run_variance, 0.0);
            errors.push(error);
        }
        // ln L itself varies by 0.1.
        assert!(errors.iter().sum::<f64>() / 50.0 < 1e-3, "{errors:?}");
    }

    /// The numbers are printed by tests/gp_reference.py, which is written independently on NumPy and SciPy.
    #[test]
    fn answers_are_those_of_numpy() {
        let answers = [
            (0.3, 1.0, [0.9467839253735162, 0.0003522947174487509], [0.9459633491126136, 1.5027475337211651e-05]),
            (2.0, 3.0, [0.015130903409007659, 0.0004139354763949341], [0.03696108584785486, 0.0004350056714655855]),
        ];
        for ((recipe, inputs, values), (ln_n, ln_d, at_means, at_maximum)) in studies().into_iter().zip(answers) {
            let fitted = GaussianProcess::fit(recipe, &inputs, &values).expect("it fits");
            let mut hyperparameters = fitted.hyperparameters.clone();
            hyperparameters.draws.clear();
            let best = GaussianProcess::with(&hyperparameters, &inputs, &values).expect("it fits");
            hyperparameters.parameters = fitted.kernel.priors.iter().map(|prior| prior.mean).collect();
            let first = GaussianProcess::with(&hyperparameters, &inputs, &values).expect("it fits");
            let mut h: Vec<f64> = mixture(60);
            if recipe == Recipe::Residual {
                h = h.iter().map(|h| 0.9 * h).chain([0.1]).collect();
            }
            // The search ends well before the last digits; what it changes by is far below the standard deviation.
            for (process, [mean, variance], tolerance) in [(first, at_means, 1e-9), (best, at_maximum, 0.05)] {
                let prediction = process.predict(GpPlace { ln_n, ln_d, h: &h, run: None });
                let distance = (prediction.mean - mean).abs() / variance.sqrt();
                assert!(distance < tolerance, "{recipe:?}: {prediction:?} instead of {mean}");
                let ratio = prediction.variance / variance;
                assert!((ratio - 1.0).abs() < 2.0 * tolerance, "{recipe:?}: {prediction:?} instead of {variance}");
            }
        }
    }

    #[test]
    fn far_from_all_runs_the_variance_is_the_prior_one_and_at_them_it_is_small() {
        for (recipe, inputs, values) in studies() {
            let process = GaussianProcess::fit(recipe, &inputs, &values).expect("it fits");
            let input = inputs.row(3);
            let near = GpPlace { ln_n: input.ln_n, ln_d: input.ln_d, h: &input.mixture, run: Some(input.run) };
            let far = GpPlace { ln_n: 30.0, ln_d: -30.0, run: None, ..near };
            let [near, far] = [near, far].map(|place| process.predict(place));
            assert!(near.variance < 2.0 * near.noise_variance && near.run_variance == 0.0, "{near:?}");
            if recipe == Recipe::Residual {
                assert!(far.variance > 2.0 * near.variance && far.run_variance > 0.0, "{far:?}");
            }
        }
    }

    #[test]
    fn the_mean_of_a_surface_is_that_of_a_prediction_and_has_its_derivatives() {
        for (recipe, inputs, values) in studies() {
            let process = GaussianProcess::fit(recipe, &inputs, &values).expect("it fits");
            let k = inputs.row(0).mixture.len();
            let surface = process.surface(0.8, 2.5);
            let (mut gradient, mut hessian) = (vec![0.0; k], vec![0.0; k * k]);
            let mut unused = hessian.clone();
            for i in 0..10 {
                let mut h = mixture(i * 3 + 40);
                h.resize(k, 0.1);
                let mean = surface.mean_with_derivatives(&h, &mut gradient, &mut hessian);
                let place = GpPlace { ln_n: 0.8, ln_d: 2.5, h: &h, run: None };
                assert!((mean - process.predict(place).mean).abs() < 1e-10);
                assert!((mean - process.mean(0.8, 2.5, &h)).abs() < 1e-12);
                for a in 0..k {
                    // Small enough for what (h + ε)^p does near h = 0.
                    let step = 1e-3 * (h[a] + 1e-3);
                    if h[a] < step {
                        continue;
                    }
                    let mut at = |sign: f64| {
                        let mut moved = h.clone();
                        moved[a] += sign * step;
                        let mut slopes = vec![0.0; k];
                        (surface.mean_with_derivatives(&moved, &mut slopes, &mut unused), slopes)
                    };
                    let (above, below) = (at(1.0), at(-1.0));
                    let size = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
                    assert!(((above.0 - below.0) / (2.0 * step) - gradient[a]).abs() < 1e-4 * size, "{recipe:?} {a}");
                    let size = hessian.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
                    for b in 0..k {
                        let curvature = (above.1[b] - below.1[b]) / (2.0 * step);
                        assert!((curvature - hessian[a * k + b]).abs() < 1e-4 * size, "{recipe:?} {a} {b}");
                    }
                }
            }
            // Also at the edge, where h^p has none.
            let mut edge = vec![0.0; k];
            edge[0] = 1.0;
            surface.mean_with_derivatives(&edge, &mut gradient, &mut hessian);
            assert!(gradient.iter().chain(&hessian).all(|entry| entry.is_finite()));
        }
    }

    /// What is left out is predicted as by a process that never saw it, unit and hyperparameters the same.
    #[test]
    fn leaving_out_in_closed_form_is_leaving_out() {
        for (recipe, inputs, values) in studies() {
            let process = GaussianProcess::fit(recipe, &inputs, &values).expect("it fits");
            let n = values.len();
            let groups = inputs.mixture_idxs();
            for (left_out, groups) in
                [(process.leave_one_out(), (0..n).collect()), (process.leave_group_out(&groups), groups)]
            {
                for row_idx in [0, n / 2, n - 1] {
                    let others: Vec<usize> = (0..n).filter(|&i| groups[i] != groups[row_idx]).collect();
                    let points = Points::new(&inputs.select(&others), &process.hyperparameters.features);
                    let parameters = &process.hyperparameters.parameters;
                    let tables = process.kernel.tables(parameters, &points);
                    let matrix = process.kernel.matrix(parameters, &points, &tables);
                    let factor = factorise(&matrix, others.len()).expect("positive definite");
                    let (standard, z) = Standard::new(recipe, &values);
                    let z: Vec<f64> = others.iter().map(|&i| z[i]).collect();
                    let input = inputs.row(row_idx);
                    let phi = process.hyperparameters.features.of(&input.mixture);
                    let place = KernelPlace { phi: &phi, scale: [input.ln_n, input.ln_d], run: Some(input.run) };
                    let cross = process.kernel.cross(parameters, &points, place);
                    let (mean, slope) = standard.value(dot(&cross, &factor.solve(&z)));
                    let prior = process.kernel.between(parameters, place, place)
                        + process.kernel.noise_variance(parameters)
                        + JITTER;
                    let variance = prior - dot(&cross, &factor.solve(&cross));
                    assert!((left_out[row_idx].mean - mean).abs() < 1e-7 * standard.unit, "{recipe:?} {row_idx}");
                    let expected = slope * slope * variance;
                    assert!((left_out[row_idx].variance - expected).abs() < 1e-6 * expected, "{recipe:?} {row_idx}");
                }
            }
        }
    }

    /// Of few runs of smooth functions: nominal 90 % intervals cover about that, and without the draws fewer.
    #[test]
    fn intervals_from_few_runs_cover() {
        let (mut covered, mut covered_without, mut total) = (0, 0, 0);
        for function in 0..12 {
            let [a, b, c] = [1.3, 2.1, 3.7].map(|factor| libm::sin(factor * (function as f64 + 1.0)));
            let loss = |h: &[f64]| 1.0 + 0.1 * a * libm::sqrt(h[0]) + 0.1 * b * h[1] * h[1] + 0.1 * c * h[0] * h[2];
            let inputs: Vec<Input> =
                (0..10).map(|run| Input { mixture: mixture(run + 17 * function), ln_n: 0.0, ln_d: 0.0, run }).collect();
            let noise = |i: usize| 0.002 * libm::sin(1e4 * i as f64);
            let values: Vec<f64> =
                inputs.iter().enumerate().map(|(i, input)| loss(&input.mixture) + noise(i)).collect();
            let process =
                GaussianProcess::fit(Recipe::Mixture, &Arc::new(Inputs::new(&inputs)), &values).expect("it fits");
            assert_eq!(process.hyperparameters.draws.len(), 8);
            let mut without = process.clone();
            without.hyperparameters.draws.clear();
            for i in 0..40 {
                let h = mixture(1000 + i);
                let place = GpPlace { ln_n: 0.0, ln_d: 0.0, h: &h, run: None };
                let value = loss(&h) + noise(i + 50);
                let is_covered = |prediction: Prediction| {
                    usize::from((value - prediction.mean).abs() < 1.645 * prediction.total_variance().sqrt())
                };
                covered += is_covered(process.predict(place));
                covered_without += is_covered(without.predict(place));
                total += 1;
            }
        }
        let [share, share_without] = [covered, covered_without].map(|count| f64::from(count as u32) / f64::from(total));
        assert!(share > 0.85 && share < 0.98 && share_without < share - 0.03, "{share} {share_without}");
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        for (recipe, inputs, values) in studies() {
            let n = values.len();
            let order: Vec<usize> = (0..n).map(|i| (i * 7 + 3) % n).collect();
            let mixed: Vec<f64> = order.iter().map(|&i| values[i]).collect();
            let first = GaussianProcess::fit(recipe, &inputs, &values).expect("it fits");
            let second = GaussianProcess::fit(recipe, &Arc::new(inputs.select(&order)), &mixed).expect("it fits");
            let mut h = mixture(77);
            h.resize(inputs.row(0).mixture.len(), 0.1);
            let [first, second] =
                [&first, &second].map(|process| process.predict(GpPlace { ln_n: 0.5, ln_d: 2.0, h: &h, run: None }));
            assert!((first.mean - second.mean).abs() < 1e-6, "{recipe:?}: {first:?} {second:?}");
            assert!((first.variance / second.variance - 1.0).abs() < 1e-3, "{recipe:?}: {first:?} {second:?}");
        }
    }

    #[test]
    fn a_process_that_was_written_and_read_predicts_the_same_bits() {
        for (recipe, inputs, values) in studies() {
            let process = GaussianProcess::fit(recipe, &inputs, &values).expect("it fits");
            let text = serde_json::to_string(&process).expect("it can be written");
            let read: GaussianProcess = serde_json::from_str(&text).expect("it can be read");
            let stored: Stored = serde_json::from_str(&text).expect("it can be read");
            let solved = GaussianProcess::restored(stored, Some(process.posterior.clone())).expect("its own posterior");
            let h = inputs.row(1).mixture;
            let place = GpPlace { ln_n: 0.9, ln_d: 3.0, h: &h, run: None };
            for read in [read, solved] {
                assert_eq!(read, process);
                assert_eq!(read.predict(place), process.predict(place));
            }
        }
    }

    #[test]
    fn a_difference_of_near_places_is_surer_than_either() {
        let (inputs, values) = several_scales(9);
        let process = GaussianProcess::fit(Recipe::Residual, &inputs, &values).expect("it fits");
        let (h, other) = (inputs.row(0).mixture, inputs.row(12).mixture);
        let a = GpPlace { ln_n: 3.0, ln_d: 3.0, h: &h, run: None };
        let b = GpPlace { h: &other, ..a };
        let [var_a, var_b] = [a, b].map(|place| process.predict(place).variance);
        let difference = var_a + var_b - 2.0 * process.covariance(a, b);
        assert!(difference > 0.0 && difference < var_a.max(var_b), "{difference} {var_a} {var_b}");
        assert!((process.covariance(a, a) - var_a).abs() < 1e-12);
    }

    #[test]
    fn too_many_rows_are_thinned_evenly_whatever_their_order() {
        let inputs: Vec<Input> = (0..1500)
            .map(|i| Input { mixture: mixture(i / 10), ln_n: 0.0, ln_d: (i % 10) as f64, run: i / 10 })
            .collect();
        let all = Inputs::new(&inputs);
        let kept = thinned(&all, 300);
        assert_eq!(kept.len(), 300);
        for count in [
            (0..150).map(|m| kept.iter().filter(|&&i| i / 10 == m).count()).min(),
            (0..10).map(|d| kept.iter().filter(|&&i| i % 10 == d).count() / 15).min(),
        ] {
            assert!(count >= Some(1), "{count:?}");
        }
        let order: Vec<usize> = (0..1500).map(|i| (i * 7 + 3) % 1500).collect();
        let mut again: Vec<usize> = thinned(&all.select(&order), 300).into_iter().map(|i| order[i]).collect();
        again.sort_unstable();
        assert_eq!(again, kept);
    }

    #[test]
    fn what_cannot_be_fitted_is_an_error() {
        let (inputs, mut values) = one_scale(5);
        let fit = |n: usize, values: &[f64]| {
            let rows: Vec<usize> = (0..n).collect();
            GaussianProcess::fit(Recipe::Mixture, &Arc::new(inputs.select(&rows)), values).map(|_| ())
        };
        assert_eq!(fit(2, &values[..2]), Err(GpError::TooFew { seen: 2 }));
        assert_eq!(fit(5, &values[..4]), Err(GpError::Length { n_values: 4, n_rows: 5 }));
        values[3] = f64::INFINITY;
        assert_eq!(fit(5, &values), Err(GpError::NotFinite { row_idx: 3, value: f64::INFINITY }));
    }

    /// Constant values, equal mixtures, no mixtures at all: nothing to learn, and nothing breaks.
    #[test]
    fn degenerate_studies_are_predicted_as_what_they_are() {
        let inputs: Vec<Input> =
            (0..6).map(|run| Input { mixture: vec![0.5, 0.5], ln_n: 0.0, ln_d: 0.0, run }).collect();
        let inputs = Arc::new(Inputs::new(&inputs));
        for recipe in [Recipe::Mixture, Recipe::Residual] {
            let process = GaussianProcess::fit(recipe, &inputs, &[0.0; 6]).expect("it fits");
            assert!(process.mean(0.0, 0.0, &[0.5, 0.5]).abs() < 1e-12);
            assert!(process.leave_one_out().iter().all(|left| left.variance > 0.0));
        }
        let inputs: Vec<Input> =
            (0..6).map(|run| Input { mixture: Vec::new(), ln_n: run as f64, ln_d: 0.0, run }).collect();
        let values: Vec<f64> = (0..6).map(|i| 0.01 * libm::sin(i as f64)).collect();
        let process =
            GaussianProcess::fit(Recipe::Residual, &Arc::new(Inputs::new(&inputs)), &values).expect("it fits");
        assert!(process.predict(GpPlace { ln_n: 2.5, ln_d: 0.0, h: &[], run: None }).mean.is_finite());
        assert!(process.surface(2.5, 0.0).mean_with_derivatives(&[], &mut [], &mut []).is_finite());
    }

    /// Where residuals are alike, each target's hyperparameters lie near those of all; at one scale they are its own.
    #[test]
    fn residuals_of_several_targets_inform_each_other() {
        for (recipe, inputs, values) in studies() {
            let noise: Vec<f64> = (0..values.len()).map(|i| 0.02 * libm::sin(57.0 * i as f64)).collect();
            let targets = [&values, &noise].map(|values| Target { inputs: inputs.clone(), values });
            let each = GaussianProcess::fit_each(recipe, &targets, &[]).expect("they fit");
            for (process, target) in each.iter().zip(&targets) {
                let alone = GaussianProcess::fit(recipe, &inputs, target.values).expect("it fits");
                assert_eq!(*process == alone, recipe == Recipe::Mixture);
            }
            // From where a search ended it goes nearly nowhere.
            let start: Vec<Hyperparameters> = each.iter().map(|process| process.hyperparameters().clone()).collect();
            let again = GaussianProcess::fit_each(recipe, &targets, &start).expect("they fit");
            let h = inputs.row(2).mixture;
            for (process, again) in each.iter().zip(&again) {
                assert!((process.mean(0.4, 2.0, &h) - again.mean(0.4, 2.0, &h)).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_process_that_was_tampered_with_is_not_read() {
        let (inputs, values) = one_scale(5);
        let process = GaussianProcess::fit(Recipe::Mixture, &inputs, &values).expect("it fits");
        let good = serde_json::to_value(&process).expect("it can be written");
        let mut changes = vec![good.clone(); 5];
        changes[0]["inputs"]["rows"][0]["mixture_idx"] = 99.into();
        changes[1]["hyperparameters"]["parameters"] = serde_json::json!([0.0]);
        changes[2]["hyperparameters"]["features"]["domain_idxs"] = serde_json::json!([0, 1, 7]);
        changes[3]["inputs"]["mixtures"][1] = serde_json::json!([1.0]);
        changes[4]["values"] = serde_json::json!([]);
        assert!(serde_json::from_value::<GaussianProcess>(good.clone()).is_ok());
        let (inputs, values) = one_scale(6);
        let other = GaussianProcess::fit(Recipe::Mixture, &inputs, &values).expect("it fits");
        let stored: Stored = serde_json::from_value(good).expect("as it was written");
        assert!(GaussianProcess::restored(stored, Some(other.posterior)).is_err());
        for change in changes {
            assert!(serde_json::from_value::<GaussianProcess>(change).is_err());
        }
    }
}
