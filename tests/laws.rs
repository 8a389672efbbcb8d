//! Every law: derivatives in θ and in h against central differences, θ in natural units and back, limits at
//! h_i = 0, and fits of its own data.

mod common;

use common::{between, mixture, random, shape, simulated, theta};
use mixlaw::fit::problem::{Problem, Residual};
use mixlaw::fit::solver::Objective;
use mixlaw::fit::{FitConfig, fit};
use mixlaw::law::{LAWS, Law, Mixture, MixtureDerivatives, Place, Scale, Shape, loss};
use mixlaw::units::{Params, Tokens};
use proptest::prelude::*;

fn scale(n: f64, d: f64) -> Scale {
    Scale::new(Some(Params(n)), Some(Tokens(d)))
}

/// Two-sided difference quotient of `f` at `x` along entry `i`.
fn difference(f: impl Fn(&[f64]) -> f64, x: &[f64], i: usize, step: f64) -> f64 {
    let at = |move_by: f64| {
        let mut x = x.to_vec();
        x[i] += move_by;
        f(&x)
    };
    (at(step) - at(-step)) / (2.0 * step)
}

#[track_caller]
fn assert_close(what: &str, seen: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1.0);
    assert!((seen - expected).abs() <= tolerance * scale, "{what}: {seen:e}, by differences {expected:e}");
}

fn shapes(k: usize) -> [Shape; 4] {
    [shape(k, true, true), shape(k, false, true), shape(k, true, false), shape(k, false, false)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn objective_has_the_gradient_of_its_values(seed: u64, log_loss: bool, wide: bool) {
        let mut random = random(seed);
        for law in LAWS {
            let truth = theta(&mut random, law, &shape(3, true, true));
            let mixtures: Vec<_> = (0..5).map(|_| mixture(&mut random, 3, true)).collect();
            let data = simulated(law, &[truth], &mixtures, &[1e8, 1e9], &[2e9, 9e9, 4e10], 0.01, seed);
            let residual = if log_loss { Residual::LogLoss } else { Residual::Nats };
            let weights: Vec<f64> = (0..data.observations().len()).map(|_| between(&mut random, 0.0, 3.0)).collect();
            let shape = Shape::new(law, &data, &[0], &weights).expect("three domains");
            let mut problem = Problem::new(law, &shape, &data, &[0], &weights, residual);
            let at = theta(&mut random, law, &shape);
            let delta = if wide { f64::INFINITY } else { 0.3 };
            let mut gradient = vec![0.0; at.len()];
            let value = problem.gradient(&at, delta, &mut gradient);
            prop_assert_eq!(value, problem.value(&at, delta));
            let expected: Vec<f64> = (0..at.len()).map(|i| {
                let mut shifted = at.clone();
                let step = 1e-6;
                shifted[i] = at[i] + step;
                let above = problem.value(&shifted, delta);
                shifted[i] = at[i] - step;
                (above - problem.value(&shifted, delta)) / (2.0 * step)
            }).collect();
            let size = gradient.iter().fold(value, |size, entry| size.max(entry.abs()));
            for (i, (seen, expected)) in gradient.iter().zip(&expected).enumerate() {
                prop_assert!((seen - expected).abs() < 1e-5 * size, "{} ∂F/∂θ_{i}: {seen} {expected}", law.id());
            }
        }
    }

    #[test]
    fn normal_equations_are_the_rows_jacobian_squared(seed: u64) {
        let mut random = random(seed);
        for law in LAWS {
            let truth = theta(&mut random, law, &shape(3, true, true));
            let mixtures: Vec<_> = (0..4).map(|_| mixture(&mut random, 3, true)).collect();
            let data = simulated(law, &[truth], &mixtures, &[1e8, 1e9], &[2e9, 4e10], 0.01, seed);
            let weights = vec![1.0; data.observations().len()];
            let shape = Shape::new(law, &data, &[0], &weights).expect("three domains");
            let mut problem = Problem::new(law, &shape, &data, &[0], &weights, Residual::Nats);
            let at = theta(&mut random, law, &shape);
            let p = at.len();
            let (mut gradient, mut gram) = (vec![0.0; p], vec![0.0; p * p]);
            problem.normal_equations(&at, f64::INFINITY, &mut gradient, &mut gram);
            let mut expected = vec![0.0; p * p];
            for observation in data.observations() {
                let predicted = |theta: &[f64]| {
                    let scale = Scale::new(observation.n, observation.d);
                    loss(law, &shape, theta, 0, scale, &Mixture::new(&observation.mixture))
                };
                let row: Vec<f64> = (0..p).map(|i| difference(predicted, &at, i, 1e-6)).collect();
                for i in 0..p {
                    for j in 0..p {
                        expected[i * p + j] += row[i] * row[j] / data.observations().len() as f64;
                    }
                }
            }
            let size = expected.iter().fold(1e-3_f64, |size, entry| size.max(entry.abs()));
            for (seen, expected) in gram.iter().zip(&expected) {
                prop_assert!((seen - expected).abs() < 1e-5 * size, "{}: {seen} {expected}", law.id());
            }
        }
    }

    #[test]
    fn losses_have_the_derivatives_in_h_of_their_values(seed: u64) {
        let mut random = random(seed);
        for law in LAWS {
            for shape in shapes(4) {
                let theta = theta(&mut random, law, &shape);
                let scale = scale(between(&mut random, 1e8, 1e10), between(&mut random, 1e9, 1e11));
                let h: Vec<f64> = mixture(&mut random, 4, false).iter().map(|h| 0.9 * h + 0.025).collect();
                let at = |h: &[f64]| {
                    let mut out = MixtureDerivatives::zero(4);
                    let place = Place { target_pos: 0, scale, h };
                    law.add_mixture_derivatives(&shape, &theta, place, 1.0, &mut out);
                    out
                };
                let here = at(&h);
                assert_close("L", here.value, loss(law, &shape, &theta, 0, scale, &Mixture::new(&h)), 1e-12);
                let size = here.hessian.iter().fold(1.0_f64, |size, entry| size.max(entry.abs()));
                for i in 0..4 {
                    assert_close("∂L/∂h", here.gradient[i], difference(|h| at(h).value, &h, i, 1e-6), 1e-5 * size);
                    for j in 0..4 {
                        let expected = difference(|h| at(h).gradient[j], &h, i, 1e-6);
                        assert_close("∂²L/∂h²", here.hessian[i * 4 + j], expected, 1e-5 * size);
                    }
                }
            }
        }
    }

    #[test]
    fn natural_units_and_back_change_nothing(seed: u64) {
        let mut random = random(seed);
        for law in LAWS {
            for shape in shapes(3) {
                let theta = theta(&mut random, law, &shape);
                let back = law.inside(&shape, &law.natural(&shape, &theta)).expect("natural values are allowed");
                for (seen, expected) in back.iter().zip(&theta) {
                    // An exponent 1/γ near 0 loses digits in γ and C together, not in the loss.
                    prop_assert!((seen - expected).abs() < 1e-6 * expected.abs().max(1.0), "{seen} {expected}");
                }
            }
        }
    }

    #[test]
    fn zero_weights_give_finite_losses_and_derivatives_in_theta(seed: u64) {
        let mut random = random(seed);
        for law in LAWS {
            let shape = shape(4, true, true);
            let theta = theta(&mut random, law, &shape);
            for corner in 0..4 {
                let h: Vec<f64> = (0..4).map(|i| f64::from(u8::from(i == corner))).collect();
                let near: Vec<f64> = h.iter().map(|h| h * (1.0 - 3e-300) + 1e-300 * f64::from(u8::from(*h == 0.0))).collect();
                let at = |h: &[f64]| loss(law, &shape, &theta, 0, scale(1e9, 1e10), &Mixture::new(h));
                prop_assert!(at(&h).is_finite());
                // γ is at least e^-2.5 in the start box, so a weight of 1e-300 is as good as none.
                prop_assert!((at(&h) - at(&near)).abs() < 1e-9 * at(&h), "the loss jumps at 0: {} {}", at(&h), at(&near));
            }
        }
    }
}

#[test]
fn parameters_count_as_in_the_paper() {
    for (id, k, count) in [("additive", 7, 5 + 2 * 7), ("joint", 7, 5 + 4 * 7), ("joint", 4, 5 + 4 * 4)] {
        let law = mixlaw::law::by_id(id).expect("a law");
        assert_eq!(law.parameters(&shape(k, true, true)).len(), count, "{id}");
    }
    let additive = mixlaw::law::by_id("additive").expect("a law");
    assert_eq!(additive.parameters(&shape(5, false, true)).len(), 3 + 2 * 5, "eq. 6.3, without N");
    assert_eq!(additive.parameters(&shape(5, false, false)).len(), 1 + 2 * 5, "without N and D");
}

/// The formulas worked out by hand at one point, N and D in natural units.
#[test]
fn losses_are_those_of_the_printed_formulas() {
    let shape = shape(2, true, true);
    let h = [0.25, 0.75];
    let (n, d) = (2e9_f64, 30e9_f64);
    let mixture_term = 1.0 / (1.5 * 0.25_f64.powf(0.5) + 0.8 * 0.75_f64.powf(0.2));
    let additive = mixlaw::law::by_id("additive").expect("a law");
    // E, C_1, C_2, γ_1, γ_2, A, B, α, β
    let natural = [1.7, 1.5, 0.8, 0.5, 0.2, 406.4, 410.7, 0.34, 0.28];
    let expected = 1.7 + mixture_term + 406.4 / n.powf(0.34) + 410.7 / d.powf(0.28);
    let theta = additive.inside(&shape, &natural).expect("allowed");
    assert_close("additive", loss(additive, &shape, &theta, 0, scale(n, d), &Mixture::new(&h)), expected, 1e-12);
    let joint = mixlaw::law::by_id("joint").expect("a law");
    // E, C, γ; C^A, γ^A; C^B, γ^B; α, β
    let natural = [1.7, 1.5, 0.8, 0.5, 0.2, 30.0, 50.0, 1.6, 20.0, 70.0, -0.4, 0.34, 0.28];
    let a = (30.0_f64 * 0.25 + 50.0 * 0.75).powf(1.6);
    let b = (20.0_f64 * 0.25 + 70.0 * 0.75).powf(-0.4);
    let expected = 1.7 + mixture_term + a / n.powf(0.34) + b / d.powf(0.28);
    let theta = joint.inside(&shape, &natural).expect("allowed");
    assert_close("joint", loss(joint, &shape, &theta, 0, scale(n, d), &Mixture::new(&h)), expected, 1e-12);
}

#[test]
fn a_law_recovers_its_own_noiseless_losses() {
    for law in LAWS {
        let mut random = random(7);
        let truth = theta(&mut random, law, &shape(3, true, true));
        let mixtures: Vec<_> = (0..16).map(|_| mixture(&mut random, 3, false)).collect();
        let data = simulated(law, std::slice::from_ref(&truth), &mixtures, &[1e8, 3e8, 1e9], &[2e9, 8e9, 3e10], 0.0, 0);
        let fit = fit(law, &data, &[0], &FitConfig::default(), &mut |_| {}).expect("a sound study");
        assert!(fit.report.objective < 1e-12, "{}: {:e}", law.id(), fit.report.objective);
        let h = mixture(&mut random, 3, false);
        let (n, d) = (Some(Params(1e10)), Some(Tokens(2e11)));
        let expected = loss(law, &shape(3, true, true), &truth, 0, Scale::new(n, d), &Mixture::new(&h));
        let seen = fit.loss(0, n, d, &h).0;
        assert!((seen - expected).abs() < 1e-3 * expected, "{}: {seen} at a larger scale, truly {expected}", law.id());
    }
}

/// A law that holds another one never fits worse.
#[test]
fn the_joint_law_never_fits_worse_than_the_additive() {
    let (additive, joint) = (LAWS[0], LAWS[1]);
    for seed in 0..3 {
        let mut random = random(seed);
        let truth = theta(&mut random, joint, &shape(3, true, true));
        let mixtures: Vec<_> = (0..12).map(|_| mixture(&mut random, 3, false)).collect();
        let data = simulated(joint, &[truth], &mixtures, &[1e8, 1e9], &[2e9, 8e9, 3e10], 0.003, seed);
        let config = FitConfig { starts: 2, ..FitConfig::default() };
        let objective = |law: &'static dyn Law| {
            fit(law, &data, &[0], &config, &mut |_| {}).expect("a sound study").report.objective
        };
        let (simple, general) = (objective(additive), objective(joint));
        assert!(general <= simple * (1.0 + 1e-6), "joint {general:e}, additive {simple:e}");
    }
}
