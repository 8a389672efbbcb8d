//! The solver underneath: a local minimum of a Huber objective in a box.
//!
//! Levenberg–Marquardt on the quadratic majoriser of Huber (iteratively reweighted least squares; Huber 1964;
//! Marquardt 1963; damping after Nielsen 1999, "Damping parameter in Marquardt's method"), and BFGS for the
//! last digits: near the minimum most rows lie in Huber's linear part, where the majoriser converges slowly.

use nalgebra::{Cholesky, DMatrix, DVector};

/// A mean of Huber terms with the derivatives that the solver asks for.
pub trait Objective {
    /// θ stays between these; one pair an entry.
    fn bounds(&self) -> &[(f64, f64)];

    /// F(θ); infinite where the formula overflows.
    fn value(&mut self, theta: &[f64], delta: f64) -> f64;

    /// F(θ), and writes ∂F/∂θ.
    fn gradient(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64]) -> f64;

    /// F(θ), and writes ∂F/∂θ and JᵀWJ (row by row), W the weights of Huber's quadratic majoriser.
    fn normal_equations(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64], gram: &mut [f64]) -> f64;
}

/// Where a local search ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The best θ found.
    pub theta: Vec<f64>,
    /// F there.
    pub objective: f64,
    /// Whether the search ended because nothing improved F any more, not because its steps ran out.
    pub converged: bool,
    /// Evaluations of F with derivatives.
    pub n_iterations: usize,
}

/// When a local search ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most evaluations with derivatives.
    pub max_iterations: usize,
    /// It has converged when an accepted step lowers F by less than this share of F.
    pub tolerance: f64,
}

/// In a long flat valley each step gains next to nothing for ever: BFGS has converged, too, when so many
/// evaluations together lowered F by less than this share of it.
const WINDOW: usize = 100;
const WINDOW_TOLERANCE: f64 = 2e-6;
/// No entry of θ moves by more than this in one step: most are logarithms, and e² is far.
const LONGEST_STEP: f64 = 2.0;

/// Levenberg–Marquardt from `theta` at this δ.
pub fn levenberg_marquardt(objective: &mut dyn Objective, theta: &[f64], delta: f64, limits: Limits) -> Ending {
    let n = theta.len();
    let mut theta = theta.to_vec();
    let bounds = objective.bounds().to_vec();
    let mut gradient = vec![0.0; n];
    let mut gram = vec![0.0; n * n];
    let mut value = objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
    let mut n_iterations = 1;
    let mut damping = 1e-3;
    let mut growth = 2.0;
    let mut quiet = 0;
    while n_iterations < limits.max_iterations && value.is_finite() {
        let Some(step) = damped_step(&theta, &bounds, &gradient, &gram, damping) else {
            damping *= 10.0;
            if damping > 1e12 {
                break;
            }
            continue;
        };
        let trial: Vec<f64> = theta
            .iter()
            .zip(&step)
            .zip(&bounds)
            .map(|((theta, step), &(low, high))| (theta + step).clamp(low, high))
            .collect();
        let trial_value = objective.value(&trial, delta);
        let moved: Vec<f64> = trial.iter().zip(&theta).map(|(trial, theta)| trial - theta).collect();
        let predicted = predicted_decrease(&gradient, &gram, &moved);
        let actual = value - trial_value;
        if actual > 0.0 && predicted > 0.0 {
            let ratio = actual / predicted;
            damping = (damping * (1.0 - (2.0 * ratio - 1.0).powi(3)).max(1.0 / 5.0)).max(1e-12);
            growth = 2.0;
            theta = trial;
            quiet = if actual < limits.tolerance * value { quiet + 1 } else { 0 };
            value = objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
            n_iterations += 1;
            if quiet >= 2 {
                return Ending { theta, objective: value, converged: true, n_iterations };
            }
        } else {
            damping *= growth;
            growth *= 2.0;
            if damping > 1e12 {
                return Ending { theta, objective: value, converged: true, n_iterations };
            }
        }
    }
    Ending { theta, objective: value, converged: false, n_iterations }
}

/// −(H + μ diag H)⁻¹ g over the entries that are not held at a bound, with no entry above [`LONGEST_STEP`].
fn damped_step(theta: &[f64], bounds: &[(f64, f64)], gradient: &[f64], gram: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = theta.len();
    let free: Vec<usize> = (0..n)
        .filter(|&i| !(theta[i] <= bounds[i].0 && gradient[i] > 0.0 || theta[i] >= bounds[i].1 && gradient[i] < 0.0))
        .collect();
    let largest = (0..n).map(|i| gram[i * n + i]).fold(0.0, f64::max);
    let matrix = DMatrix::from_fn(free.len(), free.len(), |a, b| {
        let entry = gram[free[a] * n + free[b]];
        if a == b { entry + damping * (entry + 1e-8 * largest) } else { entry }
    });
    let mut solution = DVector::from_fn(free.len(), |a, _| -gradient[free[a]]);
    Cholesky::new(matrix)?.solve_mut(&mut solution);
    let mut step = vec![0.0; n];
    for (a, &i) in free.iter().enumerate() {
        step[i] = solution[a];
    }
    let longest = step.iter().fold(0.0_f64, |longest, entry| longest.max(entry.abs()));
    if !longest.is_finite() {
        return None;
    }
    if longest > LONGEST_STEP {
        step.iter_mut().for_each(|entry| *entry *= LONGEST_STEP / longest);
    }
    Some(step)
}

fn predicted_decrease(gradient: &[f64], gram: &[f64], step: &[f64]) -> f64 {
    let n = step.len();
    let mut decrease = 0.0;
    for i in 0..n {
        let curvature: f64 = gram[i * n..(i + 1) * n].iter().zip(step).map(|(entry, step)| entry * step).sum();
        decrease -= step[i] * (gradient[i] + 0.5 * curvature);
    }
    decrease
}

/// BFGS from `theta`, its first metric the majoriser's JᵀWJ there.
pub fn bfgs(objective: &mut dyn Objective, theta: &[f64], delta: f64, limits: Limits) -> Ending {
    let n = theta.len();
    let bounds = objective.bounds().to_vec();
    let mut theta = theta.to_vec();
    let mut gradient = vec![0.0; n];
    let mut gram = vec![0.0; n * n];
    let mut value = objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
    let mut inverse = inverse_metric(&gram, n);
    let mut n_iterations = 1;
    let mut quiet = 0;
    let mut fresh = true;
    let (mut window_start, mut window_value) = (0, value);
    let mut next_gradient = vec![0.0; n];
    while n_iterations < limits.max_iterations && value.is_finite() {
        let held: Vec<bool> = (0..n)
            .map(|i| theta[i] <= bounds[i].0 && gradient[i] > 0.0 || theta[i] >= bounds[i].1 && gradient[i] < 0.0)
            .collect();
        let free_gradient = DVector::from_fn(n, |i, _| if held[i] { 0.0 } else { gradient[i] });
        let mut direction = -(&inverse * &free_gradient);
        for i in 0..n {
            if held[i] {
                direction[i] = 0.0;
            }
        }
        let slope = direction.dot(&free_gradient);
        let longest = direction.amax();
        if !(slope < 0.0) || !longest.is_finite() {
            if fresh {
                return Ending { theta, objective: value, converged: true, n_iterations };
            }
            objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
            inverse = inverse_metric(&gram, n);
            fresh = true;
            continue;
        }
        // Backtracking to a sufficient decrease (Armijo 1966), then the pair (s, y) if it shows curvature.
        let mut length = (LONGEST_STEP / longest).min(1.0);
        let mut accepted = None;
        for _ in 0..30 {
            let trial: Vec<f64> =
                (0..n).map(|i| (theta[i] + length * direction[i]).clamp(bounds[i].0, bounds[i].1)).collect();
            let trial_value = objective.gradient(&trial, delta, &mut next_gradient);
            n_iterations += 1;
            if trial_value <= value + 1e-4 * length * slope {
                accepted = Some((trial, trial_value));
                break;
            }
            length *= 0.4;
        }
        let Some((trial, trial_value)) = accepted else {
            if fresh {
                return Ending { theta, objective: value, converged: true, n_iterations };
            }
            objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
            inverse = inverse_metric(&gram, n);
            fresh = true;
            continue;
        };
        let s = DVector::from_fn(n, |i, _| trial[i] - theta[i]);
        let y = DVector::from_fn(n, |i, _| next_gradient[i] - gradient[i]);
        let curvature = s.dot(&y);
        let image = &inverse * &y;
        if curvature > 1e-12 * s.norm() * y.norm() {
            let rho = 1.0 / curvature;
            let factor = rho * (1.0 + rho * y.dot(&image));
            for j in 0..n {
                for i in 0..n {
                    inverse[(i, j)] += factor * s[i] * s[j] - rho * (image[i] * s[j] + s[i] * image[j]);
                }
            }
        }
        fresh = false;
        quiet = if value - trial_value < limits.tolerance * value { quiet + 1 } else { 0 };
        theta = trial;
        value = trial_value;
        gradient.copy_from_slice(&next_gradient);
        if n_iterations >= window_start + WINDOW {
            if window_value - value < WINDOW_TOLERANCE * value {
                return Ending { theta, objective: value, converged: true, n_iterations };
            }
            (window_start, window_value) = (n_iterations, value);
        }
        if quiet >= 5 {
            return Ending { theta, objective: value, converged: true, n_iterations };
        }
    }
    Ending { theta, objective: value, converged: false, n_iterations }
}

fn inverse_metric(gram: &[f64], n: usize) -> DMatrix<f64> {
    let mean = (0..n).map(|i| gram[i * n + i]).sum::<f64>() / n as f64;
    let mut ridge = 1e-6;
    loop {
        let matrix = DMatrix::from_fn(n, n, |i, j| {
            let entry = gram[i * n + j];
            if i == j { entry * (1.0 + ridge) + ridge * 1e-3 * mean + f64::MIN_POSITIVE } else { entry }
        });
        if let Some(cholesky) = Cholesky::new(matrix) {
            return cholesky.inverse();
        }
        ridge *= 100.0;
        if !ridge.is_finite() {
            return DMatrix::identity(n, n);
        }
    }
}
