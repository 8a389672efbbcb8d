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
const WINDOW_TOLERANCE: f64 = 5e-6;
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
    while n_iterations < limits.max_iterations && value.is_finite() && value > 0.0 {
        let Some(step) = damped_step(&theta, &bounds, value, &gradient, &gram, damping) else {
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
    Ending { theta, objective: value, converged: value == 0.0, n_iterations }
}

/// How far an entry of θ may move in one step: its own size or, as most entries are logarithms, a factor e.
fn reach(entry: f64) -> f64 {
    entry.abs().max(1.0)
}

/// What to shorten a step by so that no entry moves farther than its [`reach`].
fn shortening(theta: &[f64], step: &[f64]) -> f64 {
    theta.iter().zip(step).fold(1.0, |most, (&theta, step)| most.min(reach(theta) / step.abs()))
}

/// −(H + μ D)⁻¹ g over the entries that are not held at a bound, shortened to their reach.
///
/// D_i = H_ii + F/reach_i²: Marquardt's scaling, and a curvature by which an entry that F hardly depends on here
/// stays near where it is. That part vanishes with F, so that convergence to a perfect fit stays quadratic
/// (Yamashita & Fukushima 2001), and D follows a change of the unit of the residuals.
fn damped_step(
    theta: &[f64],
    bounds: &[(f64, f64)],
    value: f64,
    gradient: &[f64],
    gram: &[f64],
    damping: f64,
) -> Option<Vec<f64>> {
    let n = theta.len();
    let free: Vec<usize> = (0..n)
        .filter(|&i| !(theta[i] <= bounds[i].0 && gradient[i] > 0.0 || theta[i] >= bounds[i].1 && gradient[i] < 0.0))
        .collect();
    let matrix = DMatrix::from_fn(free.len(), free.len(), |a, b| {
        let entry = gram[free[a] * n + free[b]];
        if a == b { entry + damping * (entry + value / reach(theta[free[a]]).powi(2)) } else { entry }
    });
    let mut solution = DVector::from_fn(free.len(), |a, _| -gradient[free[a]]);
    Cholesky::new(matrix)?.solve_mut(&mut solution);
    let mut step = vec![0.0; n];
    for (a, &i) in free.iter().enumerate() {
        step[i] = solution[a];
    }
    let shortening = shortening(theta, &step);
    step.iter_mut().for_each(|entry| *entry *= shortening);
    step.iter().all(|entry| entry.is_finite()).then_some(step)
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
        if !(slope < 0.0) || !direction.iter().all(|entry| entry.is_finite()) {
            if fresh {
                // No way down; or derivatives that are no numbers, which say nothing.
                return Ending { theta, objective: value, converged: slope >= 0.0, n_iterations };
            }
            objective.normal_equations(&theta, delta, &mut gradient, &mut gram);
            inverse = inverse_metric(&gram, n);
            fresh = true;
            continue;
        }
        // Backtracking to a sufficient decrease (Armijo 1966), then the pair (s, y) if it shows curvature.
        let mut length = shortening(&theta, direction.as_slice());
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
