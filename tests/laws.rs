//! Every law: derivatives in θ and in h against central differences, θ in natural units and back, limits at
//! h_i = 0, and fits of its own data.

mod common;

use common::{between, mixture, most_domains, random, shape, shape_of, simulated, theta};
use mixlaw::dataset::Dataset;
use mixlaw::fit::problem::{Problem, Residual};
use mixlaw::fit::solver::Objective;
use mixlaw::fit::{FitConfig, fit};
use mixlaw::law::{LAWS, Law, Mixture, MixtureDerivatives, Place, Scale, Shape, by_id, loss};
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

fn shapes(law: &dyn Law, k: usize) -> [Shape; 4] {
    let k = most_domains(law, k);
    [(true, true), (false, true), (true, false), (false, false)].map(|(n, d)| shape_of(law, k, n, d))
}

fn all_targets(data: &Dataset) -> Vec<usize> {
    (0..data.targets().len()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn objective_has_the_gradient_of_its_values(seed: u64, log_loss: bool, wide: bool) {
        let mut random = random(seed);
        for law in LAWS {
            let k = most_domains(law, 3);
            let truth = theta(&mut random, law, &shape_of(law, k, true, true));
            let mixtures: Vec<_> = (0..5).map(|_| mixture(&mut random, k, true)).chain([vec![1.0 / k as f64; k]]).collect();
            let data = simulated(law, &[truth], &mixtures, &[1e8, 1e9], &[2e9, 9e9, 4e10], 0.01, seed);
            let residual = if log_loss { Residual::LogLoss } else { Residual::Nats };
            let weights: Vec<f64> = (0..data.observations().len()).map(|_| between(&mut random, 0.0, 3.0)).collect();
            let targets = all_targets(&data);
            let shape = Shape::new(law, &data, &targets, &weights).expect("a study for it");
            let mut problem = Problem::new(law, &shape, &data, &targets, &weights, residual);
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
            let k = most_domains(law, 3);
            let truth = theta(&mut random, law, &shape_of(law, k, true, true));
            let mixtures: Vec<_> = (0..4).map(|_| mixture(&mut random, k, true)).chain([vec![1.0 / k as f64; k]]).collect();
            let data = simulated(law, &[truth], &mixtures, &[1e8, 1e9], &[2e9, 4e10], 0.01, seed);
            let weights = vec![1.0; data.observations().len()];
            let targets = all_targets(&data);
            let shape = Shape::new(law, &data, &targets, &weights).expect("a study for it");
            let mut problem = Problem::new(law, &shape, &data, &targets, &weights, Residual::Nats);
            let at = theta(&mut random, law, &shape);
            let p = at.len();
            let (mut gradient, mut gram) = (vec![0.0; p], vec![0.0; p * p]);
            problem.normal_equations(&at, f64::INFINITY, &mut gradient, &mut gram);
            let mut expected = vec![0.0; p * p];
            let n_rows = problem.n_rows() as f64;
            for observation in data.observations() {
                for (target_pos, &target_idx) in targets.iter().enumerate() {
                    if observation.losses[target_idx].is_none() || !law.uses(&shape, target_pos, &observation.mixture) {
                        continue;
                    }
                    let predicted = |theta: &[f64]| {
                        let scale = Scale::new(observation.n, observation.d);
                        loss(law, &shape, theta, target_pos, scale, &Mixture::new(&observation.mixture))
                    };
                    let row: Vec<f64> = (0..p).map(|i| difference(predicted, &at, i, 1e-6)).collect();
                    for i in 0..p {
                        for j in 0..p {
                            expected[i * p + j] += row[i] * row[j] / n_rows;
                        }
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
            for shape in shapes(law, 4) {
                let k = shape.n_domains;
                let theta = theta(&mut random, law, &shape);
                let scale = scale(between(&mut random, 1e8, 1e10), between(&mut random, 1e9, 1e11));
                let h: Vec<f64> = mixture(&mut random, k, false).iter().map(|h| 0.9 * h + 0.1 / k as f64).collect();
                let at = |h: &[f64]| {
                    let mut out = MixtureDerivatives::zero(k);
                    let place = Place { target_pos: 0, scale, h };
                    law.add_mixture_derivatives(&shape, &theta, place, 1.0, &mut out);
                    out
                };
                let here = at(&h);
                assert_close("L", here.value, loss(law, &shape, &theta, 0, scale, &Mixture::new(&h)), 1e-10);
                let size = here.hessian.iter().fold(1.0_f64, |size, entry| size.max(entry.abs()));
                for i in 0..k {
                    assert_close("∂L/∂h", here.gradient[i], difference(|h| at(h).value, &h, i, 1e-6), 1e-5 * size);
                    for j in 0..k {
                        let expected = difference(|h| at(h).gradient[j], &h, i, 1e-6);
                        assert_close("∂²L/∂h²", here.hessian[i * k + j], expected, 1e-5 * size);
                    }
                }
            }
        }
    }

    #[test]
    fn natural_units_and_back_change_nothing(seed: u64) {
        let mut random = random(seed);
        for law in LAWS {
            for shape in shapes(law, 3) {
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
            let k = most_domains(law, 4);
            let shape = shape_of(law, k, true, true);
            let theta = theta(&mut random, law, &shape);
            for corner in 0..k {
                let h: Vec<f64> = (0..k).map(|i| f64::from(u8::from(i == corner))).collect();
                if !law.uses(&shape, 0, &h) {
                    continue;
                }
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

/// The others, worked out by hand at one point: parameters in the order of the law's own, N and D in natural units.
#[test]
fn all_other_losses_are_those_of_the_printed_formulas() {
    let (h, n, d) = ([0.25_f64, 0.75], 2e9_f64, 30e9_f64);
    let powers = 406.4 / n.powf(0.34) + 410.7 / d.powf(0.28);
    let scale_parameters = [406.4, 410.7, 0.34, 0.28];
    let check = |id: &str, natural: &[f64], expected: f64| {
        let law = by_id(id).expect("a law");
        let shape = shape_of(law, 2, true, true);
        let theta = law.inside(&shape, natural).unwrap_or_else(|at| panic!("{id}: {at}"));
        assert_close(id, loss(law, &shape, &theta, 0, scale(n, d), &Mixture::new(&h)), expected, 1e-9);
    };
    let with_powers = |own: &[f64]| [own, &scale_parameters].concat();
    check("chinchilla", &with_powers(&[1.7]), 1.7 + powers);
    check("simple", &with_powers(&[1.7, 2.0, 3.0, -1.5]), 1.7 + (2.0 * 0.25 + 3.0 * 0.75_f64).powf(-1.5) + powers);
    let m1 = 0.4 * (-2.0_f64 * 0.25).exp() + 0.7 * (0.5_f64 * 0.75).exp();
    check("m1", &with_powers(&[1.7, 0.4, 0.7, -2.0, 0.5]), 1.7 + m1 + powers);
    let m2 = 0.4 * ((-2.0_f64 * 0.25).exp() + (0.5_f64 * 0.75).exp());
    check("m2", &with_powers(&[1.7, 0.4, -2.0, 0.5]), 1.7 + m2 + powers);
    check("m3", &with_powers(&[1.7, 0.4, -2.0]), 1.7 + 0.4 * (-2.0_f64 * 0.25 * 0.75).exp() + powers);
    check("m4", &with_powers(&[1.7, -2.0, 0.5]), 1.7 + (-2.0_f64 * 0.25 + 0.5 * 0.75).exp() + powers);
    check("linear", &with_powers(&[2.0, -0.5]), 2.0 * 0.25 - 0.5 * 0.75 + powers);
    // N and D in 10⁹ here: E, C, γ; C^A, γ^A; C^B, γ^B; C^α, γ^α; C^β, γ^β.
    let mixture_term = 1.0 / (1.5 * 0.25_f64.powf(0.5) + 0.8 * 0.75_f64.powf(0.2));
    let mean = |a: f64, b: f64, gamma: f64| (a * 0.25 + b * 0.75).powf(gamma);
    let full = mean(0.5, 0.7, 1.6) / 2.0_f64.powf(mean(0.3, 0.2, 1.1))
        + mean(2.0, 3.0, -0.4) / 30.0_f64.powf(mean(0.5, 0.6, 0.9));
    let natural = [1.7, 1.5, 0.8, 0.5, 0.2, 0.5, 0.7, 1.6, 2.0, 3.0, -0.4, 0.3, 0.2, 1.1, 0.5, 0.6, 0.9];
    check("full", &natural, 1.7 + mixture_term + full);
    // The second domain has 0.5e9 tokens in stock: 45 epochs.
    let saturated = 0.5e9 * (1.0 + 10.0 * (1.0 - (-44.0_f64 / 10.0).exp()));
    let repeated = 406.4 / n.powf(0.34) + 410.7 / (0.25 * d + saturated).powf(0.28);
    let natural = [&[1.7, 1.5, 0.8, 0.5, 0.2][..], &scale_parameters, &[10.0]].concat();
    check("additive-repetition", &natural, 1.7 + mixture_term + repeated);
    let a = mean(30.0, 50.0, 1.6) / n.powf(0.34);
    let b = mean(20.0, 70.0, -0.4) / (0.25 * d + saturated).powf(0.28);
    let natural = [1.7, 1.5, 0.8, 0.5, 0.2, 30.0, 50.0, 1.6, 20.0, 70.0, -0.4, 0.34, 0.28, 10.0];
    check("joint-repetition", &natural, 1.7 + mixture_term + a + b);
    // C, γ, B, β; the own domain is the first.
    check("bimix", &[1.9, 0.1, 410.7, 0.28], (410.7 / d.powf(0.28) + 1.9) / 0.25_f64.powf(0.1));
    // E, C, γ, ε, A, α, B, η, β.
    let d_cpt =
        1.2 + 0.3 / (0.25_f64 + 0.1).powf(0.6) + 406.4 / n.powf(0.34) + 410.7 * 0.25_f64.powf(0.4) / d.powf(0.28);
    check("d-cpt", &[1.2, 0.3, 0.6, 0.1, 406.4, 0.34, 410.7, 0.4, 0.28], d_cpt);
    // c, b, H, then A, a, E of each. With equal b the capacity is shared as (h_i c_i)^{1/(b + 1)}, N = 2e9.
    let whole = n + 1e8;
    let share = |h: f64, c: f64| (h * c).powf(1.0 / 1.3);
    let x = whole * share(0.25, 400.0) / (share(0.25, 400.0) + share(0.75, 300.0));
    let capacity = 400.0 * x.powf(-0.3) + 200.0 * (d * 0.25).powf(-0.25) + 1.1;
    check("capacity", &[400.0, 300.0, 0.3, 0.3, 1e8, 200.0, 0.25, 1.1, 100.0, 0.2, 1.0], capacity);
}

#[test]
fn all_parameters_count_as_documented() {
    let counts = [
        ("additive", 19),
        ("joint", 33),
        ("full", 47),
        ("simple", 13),
        ("chinchilla", 5),
        ("additive-repetition", 20),
        ("joint-repetition", 34),
        ("m4", 12),
        ("m1", 19),
        ("m2", 13),
        ("m3", 7),
        ("linear", 11),
        ("bimix", 4),
        ("d-cpt", 9),
        ("capacity", 36),
    ];
    assert_eq!(LAWS.map(|law| law.id()), counts.map(|(id, _)| id));
    for (id, count) in counts {
        let law = by_id(id).expect("a law");
        let shape = shape_of(law, most_domains(law, 7), true, true);
        assert_eq!(law.parameters(&shape).len(), count, "{id}, k = 7, with N and D");
    }
}

#[test]
fn a_law_recovers_its_own_noiseless_losses() {
    for law in LAWS {
        let mut random = random(7);
        let k = most_domains(law, 3);
        let shape = shape_of(law, k, true, true);
        let truth = theta(&mut random, law, &shape);
        let mixtures: Vec<_> = (0..16).map(|_| mixture(&mut random, k, false)).collect();
        let data = simulated(law, std::slice::from_ref(&truth), &mixtures, &[1e8, 3e8, 1e9], &[2e9, 8e9, 3e10], 0.0, 0);
        // A γ of the truth may be of any size.
        let config = FitConfig { gamma_ceiling: 0.0, ..FitConfig::default() };
        let fit = fit(law, &data, &all_targets(&data), &config, &mut |_| {}).expect("a sound study");
        assert!(fit.report.objective < 1e-12, "{}: {:e}", law.id(), fit.report.objective);
        let h = mixture(&mut random, k, false);
        let (n, d) = (Some(Params(1e10)), Some(Tokens(2e11)));
        let expected = loss(law, &shape, &truth, 0, Scale::new(n, d), &Mixture::new(&h));
        let seen = fit.loss(0, n, d, &h).0;
        assert!((seen - expected).abs() < 1e-3 * expected, "{}: {seen} at a larger scale, truly {expected}", law.id());
    }
}

/// θ of a nested law, written as θ of the law that holds it, gives the same losses.
#[test]
fn each_law_says_when_to_choose_it() {
    for (at, law) in LAWS.iter().enumerate() {
        let sentence = law.use_when();
        assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{}: {sentence:?}", law.id());
        assert!(LAWS[..at].iter().all(|other| other.use_when() != sentence), "{}", law.id());
    }
}

#[test]
fn nested_laws_are_held_exactly() {
    let mut random = random(11);
    let mut held = 0;
    for law in LAWS {
        let Some(nested) = law.nested() else { continue };
        held += 1;
        for (n_term, d_term) in [(true, true), (false, true), (true, false)] {
            let (outer, inner) = (shape_of(law, 3, n_term, d_term), shape_of(nested, 3, n_term, d_term));
            let inner_theta = theta(&mut random, nested, &inner);
            let outer_theta = law.embed_nested(&outer, &inner_theta);
            assert_eq!(outer_theta.len(), law.parameters(&outer).len(), "{}", law.id());
            for _ in 0..20 {
                let h = Mixture::new(&mixture(&mut random, 3, true));
                let scale = scale(between(&mut random, 1e8, 1e10), between(&mut random, 1e9, 1e11));
                let expected = loss(nested, &inner, &inner_theta, 0, scale, &h);
                let seen = loss(law, &outer, &outer_theta, 0, scale, &h);
                // At its largest R a repeated token is nearly as good as a new one.
                let tolerance = if law.needs().stocks { 1e-2 } else { 1e-12 };
                assert_close(&format!("{} in {}", nested.id(), law.id()), seen, expected, tolerance);
            }
        }
    }
    assert!(held >= 10, "{held} laws hold another");
}

/// A law that holds another one never fits worse.
#[test]
fn the_joint_law_never_fits_worse_than_the_additive() {
    let (additive, joint) = (by_id("additive").expect("a law"), by_id("joint").expect("a law"));
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
