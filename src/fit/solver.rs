//! The solver underneath: a local minimum of a Huber objective in a box.
//!
//! Levenberg–Marquardt on the quadratic majoriser of Huber (iteratively reweighted least squares; Huber 1964;
//! Marquardt 1963; damping after Nielsen 1999, "Damping parameter in Marquardt's method"), and BFGS for the
//! last digits: near the minimum most rows lie in Huber's linear part, where the majoriser converges slowly.

use serde::{Deserialize, Serialize};

use crate::vectors::{add_scaled, dot};

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

    /// About how many multiplications one evaluation with normal equations takes.
    fn work(&self) -> f64 {
        0.0
    }
}

/// Where a local search ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The best θ found.
    pub theta: Vec<f64>,
    /// F there.
    pub objective: f64,
    /// Whether the search ended because nothing improved F any more, not because its steps ran out.
    pub converged: bool,
    /// Steps that Levenberg–Marquardt took, and one for its start; F's evaluations by BFGS.
    pub n_iterations: usize,
}

/// When a local search ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most iterations, counted as in [`Ending`].
    pub max_iterations: usize,
    /// It has converged when an accepted step lowers F by less than this share of F.
    pub tolerance: f64,
}

/// In a long flat valley each step gains next to nothing for ever: BFGS has converged, too, when so many
/// evaluations together lowered F by less than this share of it.
const WINDOW: usize = 100;
const WINDOW_TOLERANCE: f64 = 5e-6;
/// Levenberg–Marquardt from `theta` at this δ.
pub fn levenberg_marquardt(objective: &mut dyn Objective, theta: &[f64], delta: f64, limits: Limits) -> Ending {
    let bounds = objective.bounds().to_vec();
    let mut at = Expansion::new(objective, theta.to_vec(), delta);
    let mut n_iterations = 1;
    let mut damping = 1e-3;
    let mut growth = 2.0;
    let mut quiet = 0;
    while n_iterations < limits.max_iterations && at.value.is_finite() && at.value > 0.0 {
        let Some(step) = at.damped_step(&bounds, damping) else {
            damping *= 10.0;
            if damping > 1e12 {
                break;
            }
            continue;
        };
        let trial = moved(&at.theta, 1.0, &step, &bounds);
        let step: Vec<f64> = trial.iter().zip(&at.theta).map(|(trial, theta)| trial - theta).collect();
        let predicted = at.predicted_decrease(&step);
        // Most steps are taken, so that the derivatives are computed at once: F alone costs about half as much.
        let next = Expansion::new(objective, trial, delta);
        let actual = at.value - next.value;
        if actual > 0.0 && predicted > 0.0 {
            let ratio = actual / predicted;
            damping = (damping * (1.0 - (2.0 * ratio - 1.0).powi(3)).max(1.0 / 5.0)).max(1e-12);
            growth = 2.0;
            quiet = if actual < limits.tolerance * at.value { quiet + 1 } else { 0 };
            at = next;
            n_iterations += 1;
        } else {
            damping *= growth;
            growth *= 2.0;
        }
        if quiet >= 2 || damping > 1e12 {
            return Ending { theta: at.theta, objective: at.value, converged: true, n_iterations };
        }
    }
    Ending { theta: at.theta, objective: at.value, converged: at.value == 0.0, n_iterations }
}

/// How far an entry of θ may move in one step: its own size or, as most entries are logarithms, a factor e.
fn reach(entry: f64) -> f64 {
    entry.abs().max(1.0)
}

/// What to shorten a step by so that no entry moves farther than its [`reach`].
fn shortening(theta: &[f64], step: &[f64]) -> f64 {
    theta.iter().zip(step).fold(1.0, |most, (&theta, step)| most.min(reach(theta) / step.abs()))
}

/// θ + length · direction, held inside the bounds.
fn moved(theta: &[f64], length: f64, direction: &[f64], bounds: &[(f64, f64)]) -> Vec<f64> {
    let entries = theta.iter().zip(direction).zip(bounds);
    entries.map(|((theta, direction), &(low, high))| (theta + length * direction).clamp(low, high)).collect()
}

/// F to second order about θ: its value, gradient g and majorising H = JᵀWJ.
struct Expansion {
    theta: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    gram: Vec<f64>,
}

impl Expansion {
    fn new(objective: &mut dyn Objective, theta: Vec<f64>, delta: f64) -> Self {
        let n = theta.len();
        let mut gradient = vec![0.0; n];
        let mut gram = vec![0.0; n * n];
        let value = objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
        Self { theta, value, gradient, gram }
    }

    /// −(H + μ D)⁻¹ g over the entries that are not held at a bound, shortened to their reach.
    ///
    /// D_i = H_ii + F/reach_i²: Marquardt's scaling, and a curvature by which an entry that F hardly depends on
    /// here stays near where it is. That part vanishes with F, so that convergence to a perfect fit stays quadratic
    /// (Yamashita & Fukushima 2001), and D follows a change of the unit of the residuals.
    fn damped_step(&self, bounds: &[(f64, f64)], damping: f64) -> Option<Vec<f64>> {
        let n = self.theta.len();
        let mut matrix = self.gram.clone();
        let mut step: Vec<f64> = self.gradient.iter().map(|entry| -entry).collect();
        for i in 0..n {
            matrix[i * n + i] += damping * (matrix[i * n + i] + self.value / reach(self.theta[i]).powi(2));
            if is_held(self.theta[i], self.gradient[i], bounds[i]) {
                (0..n).for_each(|j| (matrix[i * n + j], matrix[j * n + i]) = (0.0, 0.0));
                matrix[i * n + i] = 1.0;
                step[i] = 0.0;
            }
        }
        if !factorise(&mut matrix, n) {
            return None;
        }
        solve(&matrix, &mut step);
        let shortening = shortening(&self.theta, &step);
        step.iter_mut().for_each(|entry| *entry *= shortening);
        step.iter().all(|entry| entry.is_finite()).then_some(step)
    }

    fn predicted_decrease(&self, step: &[f64]) -> f64 {
        let curvature = self.gram.chunks_exact(step.len()).map(|row| dot(row, step));
        step.iter().zip(&self.gradient).zip(curvature).map(|((s, g), hs)| -s * (g + 0.5 * hs)).sum()
    }

    /// H⁻¹, with as much of a ridge as it takes.
    fn inverse(&self) -> Vec<f64> {
        let n = self.theta.len();
        let mean = (0..n).map(|i| self.gram[i * n + i]).sum::<f64>() / n as f64;
        let identity: Vec<f64> = (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let mut ridge = 1e-6;
        while ridge < f64::INFINITY {
            let mut matrix = self.gram.clone();
            for i in 0..n {
                matrix[i * n + i] += ridge * (matrix[i * n + i] + 1e-3 * mean) + f64::MIN_POSITIVE;
            }
            if factorise(&mut matrix, n) {
                let mut inverse = identity;
                inverse.chunks_exact_mut(n).for_each(|row| solve(&matrix, row));
                return inverse;
            }
            ridge *= 100.0;
        }
        identity
    }
}

/// Whether the bound is what keeps the entry from going downhill.
fn is_held(entry: f64, slope: f64, (low, high): (f64, f64)) -> bool {
    entry <= low && slope > 0.0 || entry >= high && slope < 0.0
}

/// Overwrites the upper triangle of a symmetric A (row by row) by R with A = RᵀR (Cholesky); false if there is none.
///
/// Own loops: the order of their sums, unlike a library's, is the same on every machine.
fn factorise(matrix: &mut [f64], n: usize) -> bool {
    for j in 0..n {
        let (above, below) = matrix.split_at_mut((j + 1) * n);
        let row = &mut above[j * n + j..];
        if !(row[0] > 0.0) {
            return false;
        }
        let pivot = row[0].sqrt();
        row.iter_mut().for_each(|entry| *entry /= pivot);
        for (i, other) in below.chunks_exact_mut(n).enumerate() {
            add_scaled(&mut other[j + 1 + i..], -row[1 + i], &row[1 + i..]);
        }
    }
    true
}

/// Overwrites b by the solution of RᵀR x = b.
fn solve(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    for j in 0..n {
        b[j] /= factor[j * n + j];
        let entry = b[j];
        add_scaled(&mut b[j + 1..], -entry, &factor[j * n + j + 1..(j + 1) * n]);
    }
    for j in (0..n).rev() {
        b[j] = (b[j] - dot(&factor[j * n + j + 1..(j + 1) * n], &b[j + 1..])) / factor[j * n + j];
    }
}

/// BFGS from `theta`, its first metric the majoriser's JᵀWJ there.
pub fn bfgs(objective: &mut dyn Objective, theta: &[f64], delta: f64, limits: Limits) -> Ending {
    let n = theta.len();
    let bounds = objective.bounds().to_vec();
    let start = Expansion::new(objective, theta.to_vec(), delta);
    let mut inverse = start.inverse();
    let Expansion { mut theta, mut value, mut gradient, .. } = start;
    let mut n_iterations = 1;
    let mut quiet = 0;
    let mut fresh = true;
    let (mut window_start, mut window_value) = (0, value);
    let mut next_gradient = vec![0.0; n];
    while n_iterations < limits.max_iterations && value.is_finite() {
        let held: Vec<bool> = (0..n).map(|i| is_held(theta[i], gradient[i], bounds[i])).collect();
        let mut direction = vec![0.0; n];
        for i in (0..n).filter(|&i| !held[i]) {
            add_scaled(&mut direction, -gradient[i], &inverse[i * n..(i + 1) * n]);
        }
        (0..n).filter(|&i| held[i]).for_each(|i| direction[i] = 0.0);
        let slope = dot(&direction, &gradient);
        let is_downhill = slope < 0.0 && direction.iter().all(|entry| entry.is_finite());
        // Backtracking to a sufficient decrease (Armijo 1966), then the pair (s, y) if it shows curvature.
        let mut accepted = None;
        if is_downhill {
            let mut length = shortening(&theta, &direction);
            for _ in 0..30 {
                let trial = moved(&theta, length, &direction, &bounds);
                let trial_value = objective.gradient(&trial, delta, &mut next_gradient);
                n_iterations += 1;
                if trial_value <= value + 1e-4 * length * slope {
                    accepted = Some((trial, trial_value));
                    break;
                }
                length *= backtracking((value, slope), (trial_value, dot(&next_gradient, &direction)), length);
            }
        }
        let Some((trial, trial_value)) = accepted else {
            if fresh {
                // No way down; or derivatives that are no numbers, which say nothing.
                let converged = is_downhill || slope >= 0.0;
                return Ending { theta, objective: value, converged, n_iterations };
            }
            inverse = Expansion::new(objective, theta.clone(), delta).inverse();
            fresh = true;
            continue;
        };
        let s: Vec<f64> = trial.iter().zip(&theta).map(|(trial, theta)| trial - theta).collect();
        let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(next, gradient)| next - gradient).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-12 * (dot(&s, &s) * dot(&y, &y)).sqrt() {
            let mut image = vec![0.0; n];
            inverse.chunks_exact(n).zip(&y).for_each(|(row, &y)| add_scaled(&mut image, y, row));
            let rho = 1.0 / curvature;
            let factor = rho * (1.0 + rho * dot(&y, &image));
            for (i, row) in inverse.chunks_exact_mut(n).enumerate() {
                add_scaled(row, factor * s[i] - rho * image[i], &s);
                add_scaled(row, -rho * s[i], &image);
            }
        }
        fresh = false;
        quiet = if value - trial_value < limits.tolerance * value { quiet + 1 } else { 0 };
        theta = trial;
        value = trial_value;
        std::mem::swap(&mut gradient, &mut next_gradient);
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

/// The share of a step of that length that is tried next: where the cubic through the values and slopes at both
/// of its ends is least (Nocedal & Wright 2006, eq. 3.59), kept from 0.1 to 0.5.
fn backtracking((value, slope): (f64, f64), (end_value, end_slope): (f64, f64), length: f64) -> f64 {
    let mean = slope + end_slope - 3.0 * (end_value - value) / length;
    let root = (mean * mean - slope * end_slope).sqrt();
    let share = 1.0 - (end_slope + root - mean) / (end_slope - slope + 2.0 * root);
    if share.is_nan() { 0.1 } else { share.clamp(0.1, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Least squares of residuals given with their Jacobian, as a mean.
    struct Curve<F: Fn(&[f64]) -> Vec<(f64, Vec<f64>)>> {
        rows: F,
        bounds: Vec<(f64, f64)>,
    }

    impl<F: Fn(&[f64]) -> Vec<(f64, Vec<f64>)>> Objective for Curve<F> {
        fn bounds(&self) -> &[(f64, f64)] {
            &self.bounds
        }

        fn value(&mut self, theta: &[f64], _delta: f64) -> f64 {
            (self.rows)(theta).iter().map(|(residual, _)| residual * residual / 2.0).sum()
        }

        fn gradient(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64]) -> f64 {
            self.normal_equations(theta, delta, gradient, &mut vec![0.0; theta.len() * theta.len()])
        }

        fn normal_equations(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64], gram: &mut [f64]) -> f64 {
            gradient.fill(0.0);
            gram.fill(0.0);
            for (residual, slope) in (self.rows)(theta) {
                for i in 0..theta.len() {
                    gradient[i] += residual * slope[i];
                    for j in 0..theta.len() {
                        gram[i * theta.len() + j] += slope[i] * slope[j];
                    }
                }
            }
            self.value(theta, delta)
        }
    }

    const LIMITS: Limits = Limits { max_iterations: 500, tolerance: 1e-14 };

    #[test]
    fn a_positive_definite_system_is_solved_and_another_refused() {
        let mut matrix = vec![4.0, 2.0, -2.0, 2.0, 5.0, 3.0, -2.0, 3.0, 9.0];
        assert!(factorise(&mut matrix, 3));
        let mut x = vec![2.0, 21.0, 31.0];
        solve(&matrix, &mut x);
        assert!(x.iter().zip([1.0, 2.0, 3.0]).all(|(x, right)| (x - right).abs() < 1e-14), "{x:?}");
        assert!(!factorise(&mut [1.0, 2.0, 2.0, 1.0], 2));
        assert!(!factorise(&mut [f64::NAN], 1));
    }

    /// t³/3 − t is least at 1; a step whose end has no value is cut most.
    #[test]
    fn a_failed_step_goes_back_to_the_least_of_a_cubic() {
        let cubic = |t: f64| (t * t * t / 3.0 - t, t * t - 1.0);
        assert!((backtracking(cubic(0.0), cubic(4.0), 4.0) - 0.25).abs() < 1e-14);
        assert_eq!(backtracking(cubic(0.0), cubic(1.2), 1.2), 0.5);
        assert_eq!(backtracking(cubic(0.0), cubic(40.0), 40.0), 0.1);
        assert_eq!(backtracking(cubic(0.0), (f64::INFINITY, f64::NAN), 1.0), 0.1);
    }

    /// Rosenbrock 1960: a curved valley with its minimum, 0, at (1, 1).
    fn valley(bounds: Vec<(f64, f64)>) -> impl Objective {
        let rows =
            |x: &[f64]| vec![(10.0 * (x[1] - x[0] * x[0]), vec![-20.0 * x[0], 10.0]), (1.0 - x[0], vec![-1.0, 0.0])];
        Curve { rows, bounds }
    }

    #[test]
    fn both_methods_follow_a_curved_valley_to_its_end() {
        for method in [levenberg_marquardt, bfgs] {
            let mut objective = valley(vec![(-10.0, 10.0); 2]);
            let ending = method(&mut objective, &[-1.2, 1.0], f64::INFINITY, LIMITS);
            assert!(ending.converged && ending.objective < 1e-20, "{ending:?}");
            assert!(ending.theta.iter().all(|x| (x - 1.0).abs() < 1e-8), "{ending:?}");
        }
    }

    /// With x ≤ 0.5 the least of the valley is (0.5, 0.25), where F = (1 − 0.5)²/2.
    /// A power of two, so that not even the rounding changes.
    #[test]
    fn the_unit_of_the_residuals_does_not_change_the_steps() {
        let ending = |unit: f64| {
            let rows = |x: &[f64]| {
                vec![(unit * 10.0 * (x[1] - x[0] * x[0]), vec![unit * -20.0 * x[0], unit * 10.0]), (unit, vec![0.0; 2])]
            };
            let mut objective = Curve { rows, bounds: vec![(-10.0, 10.0); 2] };
            levenberg_marquardt(&mut objective, &[-1.2, 1.0], f64::INFINITY, LIMITS)
        };
        let (one, other) = (ending(1.0), ending(1024.0));
        assert_eq!((&one.theta, one.n_iterations), (&other.theta, other.n_iterations));
    }

    #[test]
    fn both_methods_stop_at_a_bound() {
        for method in [levenberg_marquardt, bfgs] {
            let mut objective = valley(vec![(-10.0, 0.5), (-10.0, 10.0)]);
            let ending = method(&mut objective, &[-1.2, 1.0], f64::INFINITY, LIMITS);
            assert!((ending.objective - 0.125).abs() < 1e-9, "{ending:?}");
            assert!((ending.theta[0] - 0.5).abs() < 1e-9 && (ending.theta[1] - 0.25).abs() < 1e-6, "{ending:?}");
        }
    }

    /// The Jacobian is 0 there, so that no step can be computed.
    #[test]
    fn a_perfect_fit_has_converged() {
        for method in [levenberg_marquardt, bfgs] {
            let mut objective = Curve { rows: |_: &[f64]| vec![(0.0, vec![0.0])], bounds: vec![(-1.0, 1.0)] };
            let ending = method(&mut objective, &[0.5], f64::INFINITY, LIMITS);
            assert!(ending.converged && ending.theta == [0.5], "{ending:?}");
        }
    }

    #[test]
    fn running_out_of_steps_is_said() {
        for method in [levenberg_marquardt, bfgs] {
            let mut objective = valley(vec![(-10.0, 10.0); 2]);
            let limits = Limits { max_iterations: 4, tolerance: 1e-14 };
            assert!(!method(&mut objective, &[-1.2, 1.0], f64::INFINITY, limits).converged);
        }
    }

    #[test]
    fn an_objective_that_is_infinite_at_the_start_ends_at_once() {
        for method in [levenberg_marquardt, bfgs] {
            let mut objective = Curve { rows: |_: &[f64]| vec![(f64::INFINITY, vec![0.0])], bounds: vec![(-1.0, 1.0)] };
            let ending = method(&mut objective, &[0.0], f64::INFINITY, LIMITS);
            assert!(!ending.converged && ending.objective == f64::INFINITY, "{ending:?}");
        }
    }
}
