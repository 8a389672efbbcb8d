//! The optimum: on the simplex, certified, and never worse than any other mixture.

mod common;

use common::{fitted, laws_of_the_mixture, mixture, random, random_fits, shape, theta};
use mixlaw::law::by_id;
use mixlaw::mixture::{Certificate, Scenario, optimum};
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Params, Tokens};
use proptest::prelude::*;
use rand::RngExt;

const N: Params = Params(7e9);
const D: Tokens = Tokens(150e9);

fn scenario(weights: &[f64]) -> Scenario {
    let target_weights = weights.iter().enumerate().map(|(j, weight)| (format!("target{j}"), *weight)).collect();
    Scenario { target_weights, ..Scenario::new(N, D) }
}

fn weighted_loss(study: &FittedStudy, weights: &[f64], h: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    study.targets().zip(weights).map(|(target, weight)| weight / sum * target.loss(Some(N), Some(D), h).0).sum()
}

fn corner(k: usize, i: usize) -> Vec<f64> {
    (0..k).map(|j| f64::from(u8::from(i == j))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_mixture_is_better_and_the_certificate_holds(seed: u64, k in 2_usize..9, n_targets in 1_usize..5) {
        let mut random = random(seed);
        for law in laws_of_the_mixture() {
            let study = random_fits(&mut random, law, k, n_targets);
            let (k, n_targets) = (study.domains.len(), study.targets().count());
            let weights: Vec<f64> = (0..n_targets).map(|_| 0.1 + random.random::<f64>()).collect();
            let found = optimum(&study, &scenario(&weights)).expect("a sound scenario");
            // Capacity competition has kinks, where no condition of a smooth minimum holds; and it says so.
            let certified = found.kkt_residual <= 1e-8;
            prop_assert!(certified || law.id() == "capacity", "{} k = {k}: KKT residual {:e}", law.id(), found.kkt_residual);
            prop_assert!(certified == (found.certificate != Certificate::None));
            prop_assert!(found.mixture.iter().all(|h| *h >= 0.0), "{:?}", found.mixture);
            let sum: f64 = found.mixture.iter().sum();
            prop_assert!((sum - 1.0).abs() <= 1e-15 * k as f64, "Σ h = {sum}");
            let best = found.weighted_loss.0;
            prop_assert!((best - weighted_loss(&study, &weights, &found.mixture)).abs() <= 1e-12 * best);
            let corners = (0..k).map(|i| corner(k, i));
            let others = (0..1000).map(|i| mixture(&mut random, k, i % 2 == 0));
            for other in corners.chain(others.collect::<Vec<_>>()) {
                let there = weighted_loss(&study, &weights, &other);
                let slack = if certified { 1e-12 } else { 1e-5 };
                prop_assert!(best <= there + slack * there, "{}: {best} at {:?}, {there} at {other:?}", law.id(), found.mixture);
            }
        }
    }

    #[test]
    fn a_fine_grid_over_three_domains_has_nothing_better(seed: u64) {
        let mut random = random(seed);
        for law in laws_of_the_mixture() {
            let study = random_fits(&mut random, law, 3, 2);
            if study.domains.len() < 3 {
                continue;
            }
            let weights = &[0.3, 0.5, 0.2][..study.targets().count()];
            let best = optimum(&study, &scenario(weights)).expect("a sound scenario").weighted_loss.0;
            const STEPS: usize = 100;
            for i in 0..=STEPS {
                for j in 0..=STEPS - i {
                    let h = [i, j, STEPS - i - j].map(|part| part as f64 / STEPS as f64);
                    let there = weighted_loss(&study, weights, &h);
                    let slack = if law.id() == "capacity" { 1e-5 } else { 1e-12 };
                    prop_assert!(best <= there + slack * there, "{}: {best}, but {there} at {h:?}", law.id());
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_domains_does_not_matter(seed: u64) {
        let mut random = random(seed);
        let additive = by_id("additive").expect("a law");
        let k = 5;
        let before = theta(&mut random, additive, &shape(k, true, true));
        let mut after = before.clone();
        after[1..=k].reverse();
        after[k + 1..=2 * k].reverse();
        let run = |theta| optimum(&fitted(additive, k, vec![theta]), &scenario(&[1.0])).expect("sound").mixture;
        let (mut seen, expected) = (run(after), run(before));
        seen.reverse();
        for (seen, expected) in seen.iter().zip(&expected) {
            prop_assert!((seen - expected).abs() < 1e-6, "{seen} {expected}");
        }
    }
}

#[test]
fn sixty_four_domains_are_no_trouble() {
    let mut random = random(3);
    for id in ["additive", "joint"] {
        let k = 64;
        let study = random_fits(&mut random, by_id(id).expect("a law"), k, 4);
        let found = optimum(&study, &scenario(&[1.0; 4])).expect("a sound scenario");
        assert!(found.kkt_residual <= 1e-8, "{id}: {:e}", found.kkt_residual);
        let uniform = vec![1.0 / k as f64; k];
        assert!(found.weighted_loss.0 < weighted_loss(&study, &[1.0; 4], &uniform));
    }
}

/// ∂L/∂h is infinite at 0 where γ < 1: such a domain keeps a weight, however useless it is.
#[test]
fn a_nearly_useless_domain_keeps_a_tiny_weight_when_its_power_is_below_one() {
    let additive = by_id("additive").expect("a law");
    let natural = [1.0, 2.0, 1e-4, 0.5, 0.3, 10.0, 20.0, 0.2, 0.3];
    let theta = additive.inside(&shape(2, true, true), &natural).expect("allowed");
    let found = optimum(&fitted(additive, 2, vec![theta]), &scenario(&[1.0])).expect("a sound scenario");
    assert!(found.mixture[1] > 0.0 && found.mixture[1] < 1e-4, "{:?}", found.mixture);
    assert!(found.kkt_residual <= 1e-8, "{:e}", found.kkt_residual);
    assert_eq!(found.certificate, Certificate::Convex);
}

/// With γ > 1 a domain that gives nothing is left out exactly.
#[test]
fn a_useless_domain_of_a_power_above_one_gets_exactly_nothing() {
    let additive = by_id("additive").expect("a law");
    let natural = [1.0, 2.0, 0.5, 0.5, 1.5, 10.0, 20.0, 0.2, 0.3];
    let theta = additive.inside(&shape(2, true, true), &natural).expect("allowed");
    let found = optimum(&fitted(additive, 2, vec![theta]), &scenario(&[1.0])).expect("a sound scenario");
    assert_eq!(found.mixture, [1.0, 0.0]);
    assert!(found.kkt_residual <= 1e-8, "{:e}", found.kkt_residual);
    assert!(matches!(found.certificate, Certificate::BestOf { .. }));
}

#[test]
fn bad_scenarios_get_a_sentence_that_names_the_field() {
    let additive = by_id("additive").expect("a law");
    let study = fitted(additive, 2, vec![theta(&mut random(1), additive, &shape(2, true, true))]);
    let says = |scenario: &Scenario| optimum(&study, scenario).expect_err("a bad scenario").to_string();
    let sound = scenario(&[1.0]);
    assert_eq!(
        says(&Scenario { d: Tokens(0.0), ..sound.clone() }),
        "the tokens D is 0; it must be a positive number, such as 150B"
    );
    assert_eq!(
        says(&Scenario { n: Params(f64::NAN), ..sound.clone() }),
        "the model size N is NaN; it must be a positive number, such as 7B"
    );
    let weighted = |weights: &[(&str, f64)]| Scenario {
        target_weights: weights.iter().map(|(name, weight)| ((*name).to_string(), *weight)).collect(),
        ..sound.clone()
    };
    assert_eq!(
        says(&weighted(&[("tarjet0", 1.0)])),
        "\"tarjet0\" has a weight, but it is no fitted target; those are: target0; did you mean target0?"
    );
    assert_eq!(says(&weighted(&[("target0", -1.0)])), "the weight of \"target0\" is -1; it must be 0 or more");
    assert_eq!(says(&weighted(&[("target0", 0.0)])), "every target weighs 0; at least one must weigh more");
    assert_eq!(says(&weighted(&[("target0", 1.0), ("target0", 1.0)])), "\"target0\" has two weights; give one");
}

/// Every mixture is as good to a law without one.
#[test]
fn a_law_without_mixture_has_no_optimum() {
    let study = random_fits(&mut random(1), by_id("chinchilla").expect("a law"), 3, 2);
    assert_eq!(
        optimum(&study, &scenario(&[1.0, 1.0])).expect_err("no optimum").to_string(),
        "the Chinchilla law does not depend on the mixture, so every mixture is as good; fit a law that does"
    );
}
