//! A local minimum in a box: limited-memory BFGS over the entries that no bound holds (Nocedal & Wright 2006, section
//! 7.2, with the projection of Bertsekas 1982). Hyperparameters are logarithms of order one and the function is dear,
//! so steps are short and the last digits do not matter.

use crate::vectors::dot;

/// Pairs of steps and changes of gradient that are remembered.
const MEMORY: usize = 10;

/// No entry moves farther than this in one step: a factor of e² in what it is the logarithm of.
const REACH: f64 = 2.0;

/// When the search ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub max_iterations: usize,
    /// It has converged when two steps in a row lower the function by less than this.
    pub tolerance: f64,
}

/// Minimises `function`, which gives its value and writes its gradient; an infinite value is stepped back from.
/// Gives back where it ended and the value there.
pub(super) fn minimise(
    function: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    bounds: &[(f64, f64)],
    limits: Limits,
) -> (Vec<f64>, f64) {
    let n = start.len();
    let mut x: Vec<f64> = start.iter().zip(bounds).map(|(x, &(low, high))| x.clamp(low, high)).collect();
    let mut gradient = vec![0.0; n];
    let mut value = function(&x, &mut gradient);
    let mut pairs: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let mut quiet = 0;
    for _ in 0..limits.max_iterations {
        if !value.is_finite() {
            break;
        }
        let is_free =
            |i: usize| !(x[i] <= bounds[i].0 && gradient[i] > 0.0 || x[i] >= bounds[i].1 && gradient[i] < 0.0);
        let free: Vec<usize> = (0..n).filter(|&i| is_free(i)).collect();
        let step = direction(&gradient, &free, &pairs);
        let slope = dot(&step, &gradient);
        let accepted = (slope < 0.0).then(|| search(function, &x, value, &gradient, &step, bounds)).flatten();
        let Some((next_x, next_value, next_gradient)) = accepted else {
            if pairs.is_empty() {
                break;
            }
            pairs.clear();
            continue;
        };
        let s: Vec<f64> = next_x.iter().zip(&x).map(|(next, x)| next - x).collect();
        let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(next, g)| next - g).collect();
        pairs.push((s, y));
        if pairs.len() > MEMORY {
            pairs.remove(0);
        }
        quiet = if value - next_value < limits.tolerance { quiet + 1 } else { 0 };
        (x, value, gradient) = (next_x, next_value, next_gradient);
        if quiet >= 2 {
            break;
        }
    }
    (x, value)
}

/// −H g over the free entries, H the two-loop recursion's inverse Hessian; shortened to its reach.
fn direction(gradient: &[f64], free: &[usize], pairs: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let part = |v: &[f64]| -> Vec<f64> { free.iter().map(|&i| v[i]).collect() };
    let pairs: Vec<(Vec<f64>, Vec<f64>, f64)> = pairs
        .iter()
        .map(|(s, y)| (part(s), part(y)))
        .map(|(s, y)| (dot(&s, &y), s, y))
        .filter(|(curvature, s, y)| *curvature > 1e-10 * (dot(s, s) * dot(y, y)).sqrt())
        .map(|(curvature, s, y)| (s, y, curvature))
        .collect();
    let mut q: Vec<f64> = free.iter().map(|&i| -gradient[i]).collect();
    let mut factors = Vec::with_capacity(pairs.len());
    for (s, y, curvature) in pairs.iter().rev() {
        let factor = dot(s, &q) / curvature;
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= factor * y);
        factors.push(factor);
    }
    let scale = match pairs.last() {
        Some((_, y, curvature)) => curvature / dot(y, y),
        None => 1.0 / dot(&q, &q).sqrt().max(1.0),
    };
    q.iter_mut().for_each(|q| *q *= scale);
    for ((s, y, curvature), factor) in pairs.iter().zip(factors.iter().rev()) {
        let change = factor - dot(y, &q) / curvature;
        q.iter_mut().zip(s).for_each(|(q, s)| *q += change * s);
    }
    let longest = q.iter().fold(0.0_f64, |longest, q| longest.max(q.abs()));
    let shortening = if longest > REACH { REACH / longest } else { 1.0 };
    let mut step = vec![0.0; gradient.len()];
    free.iter().zip(&q).for_each(|(&i, q)| step[i] = shortening * q);
    step
}

/// Backtracks along the projected step to a sufficient decrease (Armijo 1966).
fn search(
    function: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    x: &[f64],
    value: f64,
    gradient: &[f64],
    step: &[f64],
    bounds: &[(f64, f64)],
) -> Option<(Vec<f64>, f64, Vec<f64>)> {
    let mut length = 1.0;
    let mut next_gradient = vec![0.0; x.len()];
    for _ in 0..20 {
        let moved = x.iter().zip(step).zip(bounds);
        let next: Vec<f64> = moved.map(|((x, step), &(low, high))| (x + length * step).clamp(low, high)).collect();
        let slope: f64 = next.iter().zip(x).zip(gradient).map(|((next, x), g)| (next - x) * g).sum();
        let next_value = function(&next, &mut next_gradient);
        if next_value <= value + 1e-4 * slope {
            return Some((next, next_value, next_gradient));
        }
        // Where the parabola through the value, the slope and the new value is least.
        let share = -slope / (2.0 * (next_value - value - slope));
        length *= if share.is_finite() { share.clamp(0.1, 0.5) } else { 0.25 };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { max_iterations: 200, tolerance: 1e-14 };

    /// Rosenbrock's valley: free, its minimum is at (1, 1); with x ≤ 0.5 at (0.5, 0.25).
    #[test]
    fn the_bottom_of_a_curved_valley_is_found_within_bounds() {
        let mut rosenbrock = |x: &[f64], gradient: &mut [f64]| {
            let bend = x[1] - x[0] * x[0];
            gradient[0] = -400.0 * x[0] * bend - 2.0 * (1.0 - x[0]);
            gradient[1] = 200.0 * bend;
            100.0 * bend * bend + (1.0 - x[0]) * (1.0 - x[0])
        };
        for (high, expected) in [(3.0, [1.0, 1.0]), (0.5, [0.5, 0.25])] {
            let (x, _) = minimise(&mut rosenbrock, &[-1.2, 1.0], &[(-3.0, high), (-3.0, 3.0)], LIMITS);
            assert!((x[0] - expected[0]).abs() < 1e-5 && (x[1] - expected[1]).abs() < 1e-5, "{x:?}");
        }
    }

    #[test]
    fn infinite_values_are_stepped_back_from() {
        let mut function = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 { x[0] - libm::log(x[0]) } else { f64::INFINITY }
        };
        let (x, value) = minimise(&mut function, &[3.0], &[(-5.0, 5.0)], LIMITS);
        assert!((x[0] - 1.0).abs() < 1e-5 && (value - 1.0).abs() < 1e-9, "{x:?}");
    }
}
