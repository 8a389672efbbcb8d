//! The optimum under limits: against a fine grid, known answers, certificates, prices, and what cannot be.

mod common;

use common::{fitted, mixture, random, shape, theta};
use mixlaw::law::{Law, by_id};
use mixlaw::mixture::{Aim, Budget, GroupLimit, Limits, Optimum, Prior, Scenario, WeightLimit, optimum};
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Flops, Params, Tokens};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

const N: Params = Params(7e9);
const D: Tokens = Tokens(150e9);

fn law(id: &str) -> &'static dyn Law {
    by_id(id).expect("a law")
}

fn study(random: &mut Xoshiro256PlusPlus, law: &'static dyn Law, k: usize, n_targets: usize) -> FittedStudy {
    fitted(law, k, (0..n_targets).map(|_| theta(random, law, &shape(k, true, true))).collect())
}

fn domain(i: usize) -> String {
    format!("domain{i}")
}

fn weight(i: usize, min: Option<f64>, max: Option<f64>) -> WeightLimit {
    WeightLimit { domain: domain(i), min, max }
}

fn group(members: &[usize], min: Option<f64>, max: Option<f64>) -> GroupLimit {
    GroupLimit { domains: members.iter().map(|&i| domain(i)).collect(), min, max }
}

fn limited(limits: Limits) -> Scenario {
    Scenario { limits, ..Scenario::new(N, D) }
}

/// Limits around a random mixture, so that at least that one holds them.
fn around(random: &mut Xoshiro256PlusPlus, k: usize) -> (Limits, Vec<f64>) {
    let held = mixture(random, k, false);
    let mut limits = Limits { most_epochs: Some(4.0), ..Limits::default() };
    for i in 0..k {
        match (random.random::<f64>() * 4.0) as usize {
            0 => limits.weights.push(weight(i, Some(0.7 * held[i]), None)),
            1 => limits.weights.push(weight(i, None, Some((1.3 * held[i]).min(1.0)))),
            2 => limits.stocks.push((domain(i), Tokens(1.2 * held[i] * D.0 / 4.0))),
            _ => {}
        }
    }
    let sum = held[0] + held[1];
    limits.groups.push(group(&[0, 1], Some(0.8 * sum), Some((1.2 * sum).min(1.0))));
    (limits, held)
}

fn holds(limits: &Limits, h: &[f64]) -> bool {
    const SLACK: f64 = 1e-12;
    let at = |name: &String| h[name["domain".len()..].parse::<usize>().expect("an index")];
    let within = |value: f64, min: Option<f64>, max: Option<f64>| {
        value >= min.unwrap_or(0.0) - SLACK && value <= max.unwrap_or(1.0) + SLACK
    };
    limits.weights.iter().all(|limit| within(at(&limit.domain), limit.min, limit.max))
        && limits.groups.iter().all(|group| within(group.domains.iter().map(at).sum(), group.min, group.max))
        && limits
            .stocks
            .iter()
            .all(|(name, stock)| at(name) * D.0 <= limits.most_epochs.unwrap_or(f64::INFINITY) * stock.0 + 1e-3)
}

fn mean_loss(study: &FittedStudy, h: &[f64]) -> f64 {
    let losses: Vec<f64> = study.targets().map(|target| target.loss(Some(N), Some(D), h).0).collect();
    losses.iter().sum::<f64>() / losses.len() as f64
}

fn grid(steps: usize) -> impl Iterator<Item = Vec<f64>> {
    (0..=steps).flat_map(move |i| {
        (0..=steps - i).map(move |j| [i, j, steps - i - j].map(|part| part as f64 / steps as f64).to_vec())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn limits_hold_and_nothing_within_them_is_better(seed: u64, k in 2_usize..8) {
        let mut random = random(seed);
        for id in ["additive", "joint", "m4"] {
            let study = study(&mut random, law(id), k, 3);
            let (limits, held) = around(&mut random, k);
            let found = optimum(&study, &limited(limits.clone())).expect("one mixture holds them");
            prop_assert!(holds(&limits, &found.mixture), "{:?} {limits:?}", found.mixture);
            prop_assert!((found.mixture.iter().sum::<f64>() - 1.0).abs() <= 1e-14);
            prop_assert!(found.kkt_residual <= 1e-8, "{id}: {:e}", found.kkt_residual);
            // Others that hold them, on the way from one that does to any.
            for _ in 0..300 {
                let far = mixture(&mut random, k, true);
                let length = random.random::<f64>();
                let other: Vec<f64> = held.iter().zip(&far).map(|(held, far)| held + length * (far - held)).collect();
                if holds(&limits, &other) {
                    let there = mean_loss(&study, &other);
                    prop_assert!(found.objective <= there + 1e-10, "{id}: {} at {:?}, {there} at {other:?}", found.objective, found.mixture);
                }
            }
        }
    }

    #[test]
    fn a_grid_within_the_limits_has_nothing_better(seed: u64) {
        let mut random = random(seed);
        let study = study(&mut random, law("joint"), 3, 2);
        let (limits, _) = around(&mut random, 3);
        let found = optimum(&study, &limited(limits.clone())).expect("one mixture holds them");
        let best = grid(150).filter(|h| holds(&limits, h)).map(|h| mean_loss(&study, &h)).fold(f64::INFINITY, f64::min);
        prop_assert!(found.objective <= best + 1e-10, "{} {best}", found.objective);
    }

    /// A limit's price is what a little more of it gains.
    #[test]
    fn prices_are_slopes(seed: u64) {
        let mut random = random(seed);
        let study = study(&mut random, law("additive"), 4, 2);
        let free = optimum(&study, &Scenario::new(N, D)).expect("sound").mixture;
        let largest = (0..4).max_by(|&a, &b| free[a].total_cmp(&free[b])).expect("four");
        let at = |max: f64| {
            let weights = vec![weight(largest, None, Some(max))];
            optimum(&study, &limited(Limits { weights, ..Limits::default() })).expect("sound")
        };
        let cap = 0.6 * free[largest];
        let here = at(cap);
        // Where the loss is not convex, the best within the cap may be elsewhere.
        prop_assume!(here.mixture[largest] > cap - 1e-9);
        prop_assert_eq!(here.prices.len(), 1);
        let expected = (at(cap - 1e-5).objective - at(cap + 1e-5).objective) / 2e-5;
        prop_assert!((here.prices[0].nats - expected).abs() < 1e-3 * expected.abs() + 1e-7, "{} {expected}", here.prices[0].nats);
    }

    /// Where the laws say nothing of the mixture, the prior alone decides; and a strong prior is nearly reached.
    #[test]
    fn a_strong_prior_is_nearly_the_answer(seed: u64) {
        let mut random = random(seed);
        let study = study(&mut random, law("additive"), 4, 2);
        let prior = mixture(&mut random, 4, false);
        let with = |kl: f64| {
            let mixture = prior.iter().enumerate().map(|(i, weight)| (domain(i), 3.0 * weight)).collect();
            optimum(&study, &Scenario { prior: Some(Prior { mixture, kl }), ..Scenario::new(N, D) }).expect("sound")
        };
        let distance = |found: &Optimum| found.mixture.iter().zip(&prior).map(|(a, b)| (a - b).abs()).sum::<f64>();
        let (weak, strong) = (with(1e-3), with(1e4));
        prop_assert!(distance(&strong) < 1e-2, "{:?} {prior:?}", strong.mixture);
        prop_assert!(weak.kkt_residual <= 1e-8 && strong.kkt_residual <= 1e-6, "{:e} {:e}", weak.kkt_residual, strong.kkt_residual);
        prop_assert!(strong.weighted_loss.0 >= weak.weighted_loss.0 - 1e-12);
    }

    /// The worst excess over each target's own best cannot be made less, on a grid, either.
    #[test]
    fn the_worst_target_is_as_good_as_it_can_be(seed: u64) {
        let mut random = random(seed);
        let study = study(&mut random, law("additive"), 3, 3);
        let least: Vec<f64> = (0..3).map(|j| {
            let target_weights = vec![(format!("target{j}"), 1.0)];
            optimum(&study, &Scenario { target_weights, ..Scenario::new(N, D) }).expect("sound").objective
        }).collect();
        let worst = |h: &[f64]| {
            let excess = study.targets().zip(&least).map(|(target, least)| target.loss(Some(N), Some(D), h).0 - least);
            excess.fold(f64::NEG_INFINITY, f64::max)
        };
        let found = optimum(&study, &Scenario { aim: Aim::Worst, ..Scenario::new(N, D) }).expect("sound");
        prop_assert!((found.objective - worst(&found.mixture)).abs() < 1e-7, "{} {}", found.objective, worst(&found.mixture));
        // What each can be at least, the optimum remembers.
        prop_assert_eq!(found.least.len(), 3);
        prop_assert!(found.least.iter().zip(&least).all(|(known, least)| (known - least).abs() < 1e-7), "{found:?}");
        for h in grid(60) {
            prop_assert!(worst(&found.mixture) <= worst(&h) + 1e-7, "{} {} at {h:?}", worst(&found.mixture), worst(&h));
        }
    }
}

/// Under 6ND = C the additive law's N has a closed form: αA/N^α = βB/D^β.
#[test]
fn compute_is_split_as_the_closed_form_says() {
    let additive = law("additive");
    let natural = [1.5, 2.0, 1.0, 0.5, 0.3, 406.4, 410.7, 0.34, 0.28];
    let inside = additive.inside(&shape(2, true, true), &natural).expect("allowed");
    let compute = 1e22;
    let budget = Budget::Compute(Flops(compute));
    let found =
        optimum(&fitted(additive, 2, vec![inside]), &Scenario { budget, ..Scenario::new(N, D) }).expect("sound");
    let g = (0.34_f64 * 406.4 / (0.28 * 410.7)).powf(1.0 / (0.34 + 0.28));
    let expected = g * (compute / 6.0).powf(0.28 / (0.34 + 0.28));
    assert!((found.n.0 / expected - 1.0).abs() < 1e-3, "{} {expected}", found.n.0);
    assert!((6.0 * found.n.0 * found.d.0 / compute - 1.0).abs() < 1e-9);
}

/// More tokens always help these laws, so with enough stock of everything all of it is used.
#[test]
fn tokens_are_as_many_as_the_stocks_allow() {
    let mut random = random(4);
    let study = study(&mut random, law("additive"), 3, 1);
    let stocks: Vec<(String, Tokens)> =
        [30e9, 20e9, 10e9].iter().enumerate().map(|(i, u)| (domain(i), Tokens(*u))).collect();
    let limits = Limits { stocks, most_epochs: Some(2.0), ..Limits::default() };
    let found = optimum(&study, &Scenario { budget: Budget::Stocks, limits, ..Scenario::new(N, D) }).expect("sound");
    assert!(found.d.0 <= 120e9 * (1.0 + 1e-9), "{}", found.d.0);
    for (h, stock) in found.mixture.iter().zip([30e9, 20e9, 10e9]) {
        assert!(h * found.d.0 <= 2.0 * stock * (1.0 + 1e-6), "{:?}", found.mixture);
    }
}

#[test]
fn fixed_weights_and_a_single_point_are_held_exactly() {
    let mut random = random(6);
    let study = study(&mut random, law("joint"), 4, 2);
    let weights = vec![weight(0, Some(0.25), Some(0.25)), weight(2, Some(0.1), Some(0.1))];
    let found = optimum(&study, &limited(Limits { weights, ..Limits::default() })).expect("sound");
    assert_eq!((found.mixture[0], found.mixture[2]), (0.25, 0.1));
    assert!(found.kkt_residual <= 1e-8);
    let weights = [0.1, 0.2, 0.3, 0.4].iter().enumerate().map(|(i, h)| weight(i, None, Some(*h))).collect();
    let found = optimum(&study, &limited(Limits { weights, ..Limits::default() })).expect("one point");
    for (h, cap) in found.mixture.iter().zip([0.1, 0.2, 0.3, 0.4]) {
        assert!((h - cap).abs() < 1e-15, "{:?}", found.mixture);
    }
    assert!((found.mixture.iter().sum::<f64>() - 1.0).abs() < 1e-15, "{:?}", found.mixture);
}

/// Limits that touch leave no inside; they hold to rounding all the same, and what they leave is searched.
#[test]
fn limits_that_touch_hold_exactly() {
    let of = |limits: Limits| {
        let study = study(&mut random(6), law("additive"), 4, 2);
        let found = optimum(&study, &limited(limits)).expect("not empty");
        assert!((found.mixture.iter().sum::<f64>() - 1.0).abs() < 1e-14, "{:?}", found.mixture);
        assert!(found.mixture.iter().all(|h| *h >= 0.0), "{:?}", found.mixture);
        assert!(found.kkt_residual <= 1e-8, "{:e}", found.kkt_residual);
        (found, study)
    };
    let (found, _) = of(Limits { weights: vec![weight(0, Some(1.0), None)], ..Limits::default() });
    assert_eq!(found.mixture, [1.0, 0.0, 0.0, 0.0]);
    let touching = Limits {
        weights: vec![weight(2, Some(0.3), None), weight(3, Some(0.2), None)],
        groups: vec![group(&[0, 1], Some(0.5), Some(0.5))],
        ..Limits::default()
    };
    let (found, study) = of(touching);
    assert!((found.mixture[2] - 0.3).abs() < 1e-15 && (found.mixture[3] - 0.2).abs() < 1e-15, "{:?}", found.mixture);
    for step in 0..=100 {
        let share = 0.5 * f64::from(step) / 100.0;
        assert!(found.objective <= mean_loss(&study, &[share, 0.5 - share, 0.3, 0.2]) + 1e-10);
    }
    // An equation between free weights.
    let (found, study) = of(Limits { groups: vec![group(&[0, 1], Some(0.5), Some(0.5))], ..Limits::default() });
    assert!((found.mixture[0] + found.mixture[1] - 0.5).abs() < 1e-14, "{:?}", found.mixture);
    for i in 0..=20 {
        for j in 0..=20 {
            let (a, b) = (f64::from(i) / 40.0, f64::from(j) / 40.0);
            assert!(found.objective <= mean_loss(&study, &[a, 0.5 - a, b, 0.5 - b]) + 1e-10);
        }
    }
    // Two groups that only just fit say the same.
    let groups = vec![group(&[0, 1], None, Some(0.4)), group(&[2, 3], None, Some(0.6))];
    let (found, _) = of(Limits { groups, ..Limits::default() });
    assert!((found.mixture[0] + found.mixture[1] - 0.4).abs() < 1e-14, "{:?}", found.mixture);
}

/// "Inside the data" is a limit like any other: it holds, it is named where it conflicts, and it has a price.
#[test]
fn the_optimum_stays_inside_the_data() {
    let mut study = study(&mut random(2), law("additive"), 3, 2);
    let free = optimum(&study, &Scenario::new(N, D)).expect("sound").mixture;
    let largest = (0..3).max_by(|&a, &b| free[a].total_cmp(&free[b])).expect("three");
    study.summary.weight_ranges = vec![(0.05, 0.9); 3];
    study.summary.weight_ranges[largest] = (0.1, 0.8 * free[largest]);
    let inside = |weights| limited(Limits { inside_data: true, weights, ..Limits::default() });
    let found = optimum(&study, &inside(Vec::new())).expect("sound");
    assert!((found.mixture[largest] - 0.8 * free[largest]).abs() < 1e-12, "{:?}", found.mixture);
    let sentence = found.prices[0].sentence();
    assert!(
        sentence.starts_with(&format!("raising domain{largest} by 1 point, beyond the runs, would lower the loss by")),
        "{sentence}"
    );
    let other = (largest + 1) % 3;
    let error = optimum(&study, &inside(vec![weight(other, None, Some(0.01))])).expect_err("a conflict").to_string();
    assert!(
        error.contains(&format!("domain{other} at least 5 %, its lowest weight in the runs"))
            && error.ends_with("extrapolate (--extrapolate)"),
        "{error}"
    );
}

/// A scale cannot be found where nothing depends on it.
#[test]
fn a_scale_is_found_only_where_the_laws_depend_on_it() {
    let mut random = random(3);
    let additive = law("additive");
    let mut says = |n_term: bool, d_term: bool, scenario: &Scenario| {
        let shape = shape(3, n_term, d_term);
        let mut study = fitted(additive, 3, vec![theta(&mut random, additive, &common::shape(3, true, true))]);
        study.fits[0].theta = theta(&mut random, additive, &shape);
        study.fits[0].shape = shape;
        optimum(&study, scenario).expect_err("refused").to_string()
    };
    let compute = |c: f64| Scenario { budget: Budget::Compute(Flops(c)), ..Scenario::new(N, D) };
    let ending = "cannot be found: the fits of target0 have no term in";
    assert!(says(false, true, &compute(1e22)).starts_with(&format!("N and D {ending} N")));
    assert!(says(true, false, &compute(1e22)).starts_with(&format!("N and D {ending} D")));
    let stocks = Scenario { budget: Budget::Stocks, ..Scenario::new(N, D) };
    assert!(says(true, false, &stocks).starts_with(&format!("D {ending} D")));
    assert!(
        says(true, true, &compute(5e12))
            .starts_with("the compute C is 5e12; it must lie between 6e12 and 1e31, such as 1e22")
    );
}

/// The worst excess at a free N would be least where no target can be any good.
#[test]
fn the_worst_target_needs_a_given_scale() {
    let study = study(&mut random(3), law("additive"), 3, 2);
    for budget in [Budget::Compute(Flops(1e22)), Budget::Stocks] {
        let error = optimum(&study, &Scenario { aim: Aim::Worst, budget, ..Scenario::new(N, D) }).expect_err("refused");
        assert!(error.to_string().starts_with("worst-case regret needs a given N and D"), "{error}");
    }
}

/// A useless domain with most of the stock: the best D lies far below all that the stocks would allow.
#[test]
fn few_tokens_are_found_where_the_good_ones_are_few() {
    let additive = law("additive");
    // L = 1 + 1/(0.001 h_0^0.5 + 1e-9 h_1^0.5) + …: only the first domain is any good, and it has 20M tokens.
    let natural = [1.0, 1.0, 1e-9, 0.5, 0.5, 10.0, 0.05, 0.3, 0.3];
    let inside = additive.inside(&shape(2, true, true), &natural).expect("allowed");
    let study = fitted(additive, 2, vec![inside]);
    let limits = Limits {
        stocks: vec![(domain(0), Tokens(20e6)), (domain(1), Tokens(1e12))],
        most_epochs: Some(1.0),
        ..Limits::default()
    };
    let at = |d: f64| optimum(&study, &Scenario { limits: limits.clone(), ..Scenario::new(N, Tokens(d)) });
    let best = (0..400)
        .map(|step| 1e6 * 10_f64.powf(f64::from(step) / 66.5))
        .filter_map(|d| at(d).ok())
        .map(|found| found.objective)
        .fold(f64::INFINITY, f64::min);
    let scenario = Scenario { budget: Budget::Stocks, limits: limits.clone(), ..Scenario::new(N, D) };
    let found = optimum(&study, &scenario).expect("sound");
    assert!(found.d.0 < 1e9, "{}", found.d.0);
    assert!(found.objective <= best + 1e-9, "{} {best}", found.objective);
}

#[track_caller]
fn refused(scenario: &Scenario, sentence: &str) {
    let study = study(&mut random(1), law("additive"), 3, 2);
    let error = optimum(&study, scenario).expect_err("refused");
    assert_eq!(error.to_string(), sentence);
}

#[test]
fn what_cannot_be_gets_a_sentence_that_names_the_field() {
    let weights = |weights| limited(Limits { weights, ..Limits::default() });
    refused(
        &weights(vec![weight(0, None, Some(0.2)), weight(1, None, Some(0.3)), weight(2, None, Some(0.4))]),
        "no mixture can meet all of these: domain0 at most 20 %; domain1 at most 30 %; domain2 at most 40 % (together at most 90 %, less than 100 %)",
    );
    refused(
        &weights(vec![weight(0, None, Some(0.2)), weight(1, None, Some(0.3)), weight(2, None, Some(0.499_999))]),
        "no mixture can meet all of these: domain0 at most 20 %; domain1 at most 30 %; domain2 at most 49.9999 % (together at most 99.9999 %, less than 100 %)",
    );
    let prior = Some(Prior { mixture: vec![(domain(0), 1.0), (domain(1), 1.0)], kl: 0.01 });
    refused(
        &Scenario { prior, ..weights(vec![weight(2, Some(0.1), None)]) },
        "no mixture can meet all of these: domain2 at least 10 %; domain2 at most 0 %, its weight in the prior",
    );
    refused(
        &weights(vec![weight(0, Some(0.7), None), weight(1, Some(0.6), None), weight(2, None, Some(0.9))]),
        "no mixture can meet all of these: domain0 at least 70 %; domain1 at least 60 % (together at least 130 %, more than 100 %)",
    );
    refused(
        &weights(vec![weight(1, Some(0.5), Some(0.4))]),
        "the weight of domain1 is to be at least 0.5 and at most 0.4; the first must not be above the second",
    );
    refused(
        &weights(vec![weight(1, Some(1.5), None)]),
        "the least weight of domain1 is 1.5; it must be a share between 0 and 1",
    );
    refused(
        &weights(vec![weight(7, Some(0.5), None)]),
        "a weight limit names \"domain7\", which is no domain of the fits; those are: domain0, domain1, domain2; did you mean domain0?",
    );
    let stock = |stock: f64, epochs: f64| {
        let stocks = vec![(domain(0), Tokens(stock))];
        limited(Limits { stocks, most_epochs: Some(epochs), ..Limits::default() })
    };
    refused(&stock(0.0, 4.0), "the stock of domain0 is 0; it must be a positive number");
    refused(&stock(1e9, -1.0), "the maximum number of epochs is -1; it must be a positive number");
    refused(&Scenario::new(N, Tokens(0.0)), "the tokens D is 0; it must be a positive number, such as 150B");
    let prior = |kl: f64| Some(Prior { mixture: vec![(domain(0), 1.0)], kl });
    refused(
        &Scenario { prior: prior(-1.0), ..Scenario::new(N, D) },
        "λ of the prior is -1; it must be a positive number",
    );
    refused(
        &Scenario { budget: Budget::Stocks, ..Scenario::new(N, D) },
        "D cannot be found from the stocks: give every domain its tokens in stock, and a maximum number of epochs",
    );
}

/// The paper's runs: a cap on epochs holds, and its price is said.
#[test]
fn stocks_cap_epochs_with_a_price_in_words() {
    let mut random = random(2);
    let study = study(&mut random, law("additive"), 3, 2);
    let free = optimum(&study, &Scenario::new(N, D)).expect("sound").mixture;
    let largest = (0..3).max_by(|&a, &b| free[a].total_cmp(&free[b])).expect("three");
    let stock = Tokens(0.5 * free[largest] * D.0 / 4.0);
    let limits = Limits { stocks: vec![(domain(largest), stock)], most_epochs: Some(4.0), ..Limits::default() };
    let found = optimum(&study, &limited(limits)).expect("sound");
    assert!((found.mixture[largest] * D.0 / stock.0 - 4.0).abs() < 1e-9, "{:?}", found.mixture);
    let sentence = found.prices[0].sentence();
    assert!(
        sentence.starts_with(&format!("one more epoch of domain{largest} would lower the loss by 0.")),
        "{sentence}"
    );
}

/// Two stocks that help are spent together, and a third domain does not help: next to the most tokens that the two allow,
/// all weights are next to a bound of their own, and those need not sum to 1.
#[test]
fn weights_sum_to_one_where_stocks_are_spent() {
    let additive = by_id("additive").expect("a law");
    let natural = [1.5, 0.5, 0.5, 1e-3, 0.5, 0.5, 1.5, 406.4, 410.7, 0.34, 0.28];
    let study = fitted(additive, 3, vec![additive.inside(&shape(3, true, true), &natural).expect("allowed")]);
    let stocks = study.domains.iter().map(|domain| (domain.clone(), Tokens(1e9))).collect();
    let limits = Limits { stocks, most_epochs: Some(1.0), ..Limits::extrapolating() };
    let scenario = Scenario { budget: Budget::Stocks, limits, ..Scenario::new(Params(1e9), Tokens(1e9)) };
    let found = optimum(&study, &scenario).expect("sound");
    assert!((found.mixture.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{:?}", found.mixture);
    assert!(found.mixture.iter().all(|h| h * found.d.0 <= 1e9 * (1.0 + 1e-8)), "{found:?}");
    assert!((found.d.0 / 2e9 - 1.0).abs() < 1e-6, "{found:?}");
}
