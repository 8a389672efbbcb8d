//! What a process knows of many places together, and what it would know after new runs at some of them.
//!
//! With L Lᵀ = K the covariance of the rows and v(x) = L⁻¹ k(x), two places have the posterior covariance
//! k(x, x′) − v(x)·v(x′). A new run at x adds a row to L, so one entry to each v: the covariance of the place with the
//! run's loss over its standard deviation. That entry is how far the place's mean moves, per standard deviation of what
//! the run shows, and its square is by how much the place's variance falls, whatever the run shows (Rasmussen & Williams
//! 2006, §2.2 and A.3). So several runs are planned without knowing any loss.
//!
//! A [`Trend`] adds Σ_q b_q(x) β_q with β_q ~ N(0, 1) to the process: a law's parameters about their fitted values. They
//! are conditioned on the rows like everything else (ibid., §2.7), so that what the rows leave open of them is part of
//! the covariance.

use std::borrow::Cow;

use super::cholesky::Cholesky;
use super::inputs::Input;
use super::kernel::{Kernel, KernelPlace};
use super::process::{GaussianProcess, GpPlace, Posterior, factorise, kernel_place};
use super::standard::Standard;
use crate::vectors::dot;

/// ν: as so many degrees of freedom counts what is known of the errors on unseen mixtures. A judgement. On pools of real
/// runs, mixtures held out were off by 0.5 to 2.2 deviations (root mean square; 0.8 to 1.9 on synthetic studies; their
/// differences from the best by up to 3.6); without it by up to 9, where a law had met nearly all rows.
const KNOWN_FREEDOM: f64 = 3.0;

/// Functions with unknown coefficients, each of which is normal with mean 0 and variance 1, in the unit of the values.
#[derive(Debug, Clone, Default)]
pub struct Trend {
    /// b(x) of each of the process's rows; empty without a trend.
    pub rows: Vec<Vec<f64>>,
    /// The same of each place.
    pub places: Vec<Vec<f64>>,
}

/// What is known of places: a normal distribution with the mean and covariance that the draws of the hyperparameters have
/// together.
#[derive(Debug, Clone)]
pub struct Joint {
    kernel: Kernel,
    /// φ, (ln N, ln D) and the run of each place.
    places: Vec<(Vec<f64>, [f64; 2], Option<usize>)>,
    /// b(x) of each, standardised; empty without a trend.
    trend: Vec<Vec<f64>>,
    /// The process's mean at each place, in values.
    means: Vec<f64>,
    /// What one standard unit is there.
    slopes: Vec<f64>,
    draws: Vec<Draw>,
    /// Of each run that is counted as known, how far the mean of each place moves.
    observed: Vec<Vec<f64>>,
}

/// What is known with one draw of the hyperparameters.
#[derive(Debug, Clone)]
struct Draw {
    parameters: Vec<f64>,
    /// v(x) of each place.
    whitened: Vec<Vec<f64>>,
    /// By how much each mean differs from that with the most probable hyperparameters.
    offsets: Vec<f64>,
    /// Variance of a new run's own effect and of its row's noise, standardised.
    noise: f64,
}

impl GaussianProcess {
    /// The rows that it knows.
    pub fn rows(&self) -> impl Iterator<Item = Input> {
        (0..self.values.len()).map(|row_idx| self.inputs.row(row_idx))
    }

    /// What is known of these places; with at most so many draws of the hyperparameters, else with the most probable ones
    /// alone. None where rounding leaves the covariance no factor.
    ///
    /// `held_out` is the standard deviation that errors on unseen mixtures are known to have: where the process expects less
    /// of each mixture from the others, all of its deviations are as much wider; with a trend its residuals have a say as
    /// well.
    ///
    /// # Panics
    /// If the trend has rows, but not one for each of the process's and one for each place.
    pub fn jointly(
        &self,
        places: &[GpPlace],
        trend: &Trend,
        held_out: Option<f64>,
        most_draws: usize,
    ) -> Option<Joint> {
        let has_trend = !trend.rows.is_empty();
        if has_trend {
            assert_eq!((trend.rows.len(), trend.places.len()), (self.values.len(), places.len()), "a trend a row");
        }
        let features = &self.hyperparameters.features;
        let phis: Vec<Vec<f64>> = places.iter().map(|place| features.of(place.h)).collect();
        let at: Vec<KernelPlace> = places.iter().zip(&phis).map(|(place, phi)| kernel_place(*place, phi)).collect();
        let best = &self.posterior;
        let draws = self.drawn();
        let draws = if draws.len() > most_draws { std::slice::from_ref(best) } else { draws };
        let means: Vec<f64> = at.iter().map(|place| dot(&self.cross(&best.parameters, *place), &best.alpha)).collect();
        let scaled = |values: &Vec<f64>, slope: f64| values.iter().map(|value| value / slope).collect::<Vec<f64>>();
        let (_, z) = Standard::new(self.hyperparameters.recipe, &self.values);
        let slope = |z: f64| self.standard.value(z).1;
        let rows = |wider: f64| -> Vec<Vec<f64>> {
            trend.rows.iter().zip(&z).map(|(row, z)| scaled(row, wider * slope(*z))).collect()
        };
        let known = held_out.and_then(|seen| Some((seen / self.expected(draws, &z)?).max(1.0))).unwrap_or(1.0);
        let wider = if has_trend { self.wider(&rows(known), &z, known) } else { known };
        let slopes: Vec<f64> = means.iter().map(|z| wider * slope(*z)).collect();
        let values = means.iter().map(|z| self.standard.value(*z).0).collect();
        let of_rows = rows(wider);
        let of_places: Vec<Vec<f64>> = if has_trend {
            trend.places.iter().zip(&slopes).map(|(b, slope)| scaled(b, *slope)).collect()
        } else {
            Vec::new()
        };
        let one = |draw: &Posterior| {
            let parameters = &draw.parameters;
            let with_trend = has_trend.then(|| self.factor_with(parameters, &of_rows));
            let factor = with_trend.map_or(Some(Cow::Borrowed(&draw.factor)), |factor| factor.map(Cow::Owned))?;
            let (mut whitened, mut offsets) = (Vec::new(), Vec::new());
            for (p, place) in at.iter().enumerate() {
                let mut cross = self.cross(parameters, *place);
                offsets.push(slopes[p] * (dot(&cross, &draw.alpha) - means[p]));
                if has_trend {
                    cross.iter_mut().zip(&of_rows).for_each(|(entry, row)| *entry += dot(row, &of_places[p]));
                }
                whitened.push(factor.solve_lower(&cross));
            }
            let noise = self.kernel.run_variance(parameters) + self.kernel.noise_variance(parameters);
            Some(Draw { parameters: parameters.clone(), whitened, offsets, noise })
        };
        let draws: Vec<Draw> = draws.iter().filter_map(one).collect();
        let places = at.iter().map(|place| (place.phi.to_vec(), place.scale, place.run)).collect();
        let kernel = self.kernel.clone();
        let joint = Joint { kernel, places, trend: of_places, means: values, slopes, draws, observed: Vec::new() };
        (!joint.draws.is_empty()).then_some(joint)
    }

    /// The factor of the covariance of the rows, a trend in it.
    fn factor_with(&self, parameters: &[f64], trend: &[Vec<f64>]) -> Option<Cholesky> {
        let n = self.values.len();
        let tables = self.kernel.tables(parameters, &self.points);
        let mut matrix = self.kernel.matrix(parameters, &self.points, &tables);
        for (i, row) in trend.iter().enumerate() {
            for (j, other) in trend[..=i].iter().enumerate() {
                matrix[i * n + j] += dot(row, other);
            }
        }
        factorise(&matrix, n)
    }

    /// How many times the process's deviations are what is left with a trend, given that errors on unseen mixtures are c
    /// times them. With z and B in units of that, the residuals of n rows tell a variance zᵀK⁻¹z/f with f = n − tr K⁻¹B Bᵀ
    /// degrees of freedom (restricted maximum likelihood, Harville 1977), and the errors count as ν more:
    /// c ((zᵀK⁻¹z + ν)/(f + ν))^½. A law with nearly as many parameters as there are rows meets them, and its residuals say
    /// nothing. Never narrower than the process's own.
    fn wider(&self, trend: &[Vec<f64>], z: &[f64], known: f64) -> f64 {
        let factor = self.factor_with(&self.posterior.parameters, trend);
        let (Some(first), Some(factor)) = (trend.first(), factor) else { return known };
        let spent: f64 = (0..first.len())
            .map(|q| factor.solve_lower(&trend.iter().map(|row| row[q]).collect::<Vec<_>>()))
            .map(|column| dot(&column, &column))
            .sum();
        let whitened = factor.solve_lower(&z.iter().map(|z| z / known).collect::<Vec<_>>());
        let free = (z.len() as f64 - spent).max(0.0);
        (known * ((dot(&whitened, &whitened) + KNOWN_FREEDOM) / (free + KNOWN_FREEDOM)).sqrt()).max(1.0)
    }

    /// The root mean square over draws of what [`GaussianProcess::expected_deviation`] is with each.
    fn expected(&self, draws: &[Posterior], z: &[f64]) -> Option<f64> {
        let each: Option<Vec<f64>> = draws.iter().map(|draw| self.expected_deviation(&draw.factor, z)).collect();
        let each = each?;
        Some((dot(&each, &each) / each.len() as f64).sqrt())
    }

    /// The mean standard deviation, in values, that the rows of each mixture have given those of all others, from K⁻¹: that
    /// of the inverse of the mixture's block (Rasmussen & Williams 2006, §5.4.2).
    fn expected_deviation(&self, factor: &Cholesky, z: &[f64]) -> Option<f64> {
        let (n, inverse) = (z.len(), factor.inverse());
        let groups = self.inputs.mixture_idxs();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&row| groups[row]);
        let mut sum = 0.0;
        for group in order.chunk_by(|&a, &b| groups[a] == groups[b]) {
            let block = group.iter().flat_map(|&i| group.iter().map(move |&j| (i, j)));
            let block: Vec<f64> = block.map(|(i, j)| inverse[i * n + j]).collect();
            let covariance = Cholesky::new(block, group.len())?.inverse();
            let deviation = |(at, &row): (usize, &usize)| {
                self.standard.value(z[row]).1 * covariance[at * group.len() + at].max(0.0).sqrt()
            };
            sum += group.iter().enumerate().map(deviation).sum::<f64>();
        }
        Some(sum / n as f64).filter(|mean| *mean > 0.0)
    }

    fn cross(&self, parameters: &[f64], place: KernelPlace) -> Vec<f64> {
        self.kernel.cross(parameters, &self.points, place)
    }
}

impl Joint {
    /// The process's mean at a place; a trend, whose mean is known elsewhere, is not in it.
    pub fn mean(&self, at: usize) -> f64 {
        self.means[at]
    }

    /// Posterior covariance of the function at two places, run effects and noise left out.
    pub fn covariance(&self, a: usize, b: usize) -> f64 {
        let place = |at: usize| {
            let (phi, scale, run) = &self.places[at];
            KernelPlace { phi, scale: *scale, run: *run }
        };
        let trend = if self.trend.is_empty() { 0.0 } else { dot(&self.trend[a], &self.trend[b]) };
        let of_draw = |draw: &Draw| {
            let prior = self.kernel.between(&draw.parameters, place(a), place(b)) + trend;
            let left = prior - dot(&draw.whitened[a], &draw.whitened[b]);
            self.slopes[a] * self.slopes[b] * left + draw.offsets[a] * draw.offsets[b]
        };
        let all: f64 = self.draws.iter().map(of_draw).sum();
        let removed: f64 = self.observed.iter().map(|moves| moves[a] * moves[b]).sum();
        all / self.draws.len() as f64 - removed
    }

    /// Variance of a new run's own effect and noise at a place.
    pub fn noise(&self, at: usize) -> f64 {
        let all: f64 = self.draws.iter().map(|draw| draw.noise).sum();
        self.slopes[at] * self.slopes[at] * all / self.draws.len() as f64
    }

    /// Counts a new run at a place as known. Returns how far the mean of each place moves per standard deviation of what
    /// the run shows.
    pub fn observe(&mut self, at: usize) -> Vec<f64> {
        let deviation = (self.covariance(at, at).max(0.0) + self.noise(at)).sqrt();
        let moved = |place| if deviation > 0.0 { self.covariance(place, at) / deviation } else { 0.0 };
        let moves: Vec<f64> = (0..self.places.len()).map(moved).collect();
        self.observed.push(moves.clone());
        moves
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Inputs, Recipe};
    use super::*;

    fn mixture(i: usize) -> Vec<f64> {
        let share = |factor: f64| libm::fabs(libm::sin(factor * (i as f64 + 1.0))) + 0.01;
        let parts = [share(1.7), share(2.9), share(4.3)];
        let sum: f64 = parts.iter().sum();
        parts.iter().map(|part| part / sum).collect()
    }

    fn inputs(n: usize, recipe: Recipe) -> Vec<Input> {
        let scale =
            |i: usize| if recipe == Recipe::Mixture { (0.0, 1.0) } else { ((i % 2) as f64, 1.0 + (i % 3) as f64) };
        (0..n).map(|i| Input { mixture: mixture(i), ln_n: scale(i).0, ln_d: scale(i).1, run: i }).collect()
    }

    fn fitted(n: usize, recipe: Recipe) -> GaussianProcess {
        let inputs = inputs(n, recipe);
        let value = |(i, input): (usize, &Input)| {
            0.2 * input.mixture[0] * input.mixture[1] + 0.02 * input.ln_n + 0.01 * libm::sin(50.0 * i as f64)
        };
        let values: Vec<f64> = inputs.iter().enumerate().map(value).collect();
        GaussianProcess::fit(recipe, &Arc::new(Inputs::new(&inputs)), &values).expect("it fits")
    }

    fn places(mixtures: &[Vec<f64>]) -> Vec<GpPlace<'_>> {
        mixtures.iter().map(|h| GpPlace { ln_n: 0.5, ln_d: 2.0, h, run: None }).collect()
    }

    /// Without a trend and with all draws it is what the process itself says of two places.
    #[test]
    fn covariances_are_those_of_the_process() {
        for recipe in [Recipe::Mixture, Recipe::Residual] {
            let process = fitted(14, recipe);
            let mixtures: Vec<Vec<f64>> = (40..46).map(mixture).collect();
            let places = places(&mixtures);
            let joint = process.jointly(&places, &Trend::default(), None, usize::MAX).expect("a factor");
            assert_eq!(joint.draws.len(), if recipe == Recipe::Mixture { 8 } else { 1 });
            for a in 0..places.len() {
                for b in 0..places.len() {
                    let covariance = joint.covariance(a, b);
                    let expected = process.covariance(places[a], places[b]);
                    let size = process.predict(places[a]).variance;
                    assert!((covariance - expected).abs() < 1e-7 * size, "{recipe:?}: {covariance} {expected}");
                }
            }
        }
    }

    /// A run that is counted as known changes covariances as fitting it would, whatever its loss.
    #[test]
    fn what_a_run_would_show_is_what_it_shows() {
        for recipe in [Recipe::Mixture, Recipe::Residual] {
            let process = fitted(14, recipe);
            let mut hyperparameters = process.hyperparameters().clone();
            hyperparameters.draws.clear();
            let rows: Vec<Input> = process.rows().collect();
            let values = process.values.clone();
            let known =
                GaussianProcess::with(&hyperparameters, &Arc::new(Inputs::new(&rows)), &values).expect("it fits");
            let mixtures: Vec<Vec<f64>> = (40..46).map(mixture).collect();
            let places = places(&mixtures);
            let mut joint = known.jointly(&places, &Trend::default(), None, 1).expect("a factor");
            let before = joint.covariance(1, 1);
            let moves = joint.observe(3);
            assert!((before - joint.covariance(1, 1) - moves[1] * moves[1]).abs() < 1e-12 * before);
            joint.observe(0);
            // The same runs fitted, in the unit of before: values as predicted leave it nearly so.
            let mut more = rows.clone();
            let mut more_values = values.clone();
            for (run, at) in [(100, 3), (101, 0)] {
                more.push(Input { mixture: mixtures[at].clone(), ln_n: 0.5, ln_d: 2.0, run });
                more_values.push(known.predict(places[at]).mean);
            }
            let fitted =
                GaussianProcess::with(&hyperparameters, &Arc::new(Inputs::new(&more)), &more_values).expect("it fits");
            for (a, b) in [(1, 1), (0, 0), (2, 4), (3, 5)] {
                // In standard units; the values' unit changes a little with two more rows.
                let units = (known.standard.unit / fitted.standard.unit).powi(2);
                let after = fitted.covariance(places[a], places[b]) * units;
                let size = known.predict(places[a]).variance;
                assert!(
                    (joint.covariance(a, b) - after).abs() < 0.02 * size,
                    "{recipe:?} {a} {b}: {} {after}",
                    joint.covariance(a, b)
                );
            }
        }
    }

    /// A coefficient that the rows know nothing of leaves its whole variance where it counts; one that they determine,
    /// hardly any.
    #[test]
    fn a_trend_is_conditioned_on_the_rows() {
        let process = fitted(14, Recipe::Residual);
        let mixtures: Vec<Vec<f64>> = (40..43).map(mixture).collect();
        let places = places(&mixtures);
        let n = process.rows().count();
        let plain = process.jointly(&places, &Trend::default(), None, 1).expect("a factor");
        let trend = |row: f64| Trend { rows: vec![vec![row]; n], places: vec![vec![0.3]; places.len()] };
        let unknown = process.jointly(&places, &trend(0.0), None, 1).expect("a factor");
        assert!(unknown.covariance(0, 1) >= plain.covariance(0, 1) + 0.09 - 1e-9);
        let known = process.jointly(&places, &trend(0.3), None, 1).expect("a factor");
        // Errors on unseen mixtures that are twice as large make variances four times as large, but of the trend.
        let (_, z) = Standard::new(Recipe::Residual, &process.values);
        let expected = process.expected(std::slice::from_ref(&process.posterior), &z).expect("a deviation");
        let wide = |of: f64| process.jointly(&places, &Trend::default(), Some(of * expected), 1).expect("a factor");
        assert!((wide(2.0).covariance(0, 1) / plain.covariance(0, 1) - 4.0).abs() < 1e-9);
        assert_eq!(wide(0.5).covariance(0, 1), plain.covariance(0, 1));
        // The residuals of few rows have little to say against errors that are far larger, and nothing where a trend could
        // have met them all.
        let left = |n_columns: usize| {
            let column = |row: usize, q: usize| if row % n_columns == q { 1e3 } else { 0.0 };
            let rows = (0..n).map(|row| (0..n_columns).map(|q| column(row, q)).collect()).collect();
            let trend = Trend { rows, places: vec![vec![0.0; n_columns]; places.len()] };
            process.jointly(&places, &trend, Some(100.0 * expected), 1).expect("a factor").slopes[0] / plain.slopes[0]
        };
        assert!((40.0..60.0).contains(&left(1)) && left(n) > 99.0, "{} {}", left(1), left(n));
        assert!(known.covariance(0, 1) < plain.covariance(0, 1) + 0.02, "{}", known.covariance(0, 1));
    }
}
