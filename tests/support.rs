//! The optimum among supported mixtures: never outside, nothing better inside, certified, with its price, and what cannot be.

mod common;

use std::sync::Arc;

use common::{fitted, mixture, random, shape, theta};
use mixlaw::law::{Law, by_id};
use mixlaw::mixture::{
    Aim, Budget, Certificate, GroupLimit, Limit, Limits, Optimum, Scenario, Support, WeightLimit, beyond, near_optimal,
    optimum, support,
};
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

fn with_runs(mut study: FittedStudy, mixtures: Vec<Vec<f64>>) -> FittedStudy {
    let (n, k) = (mixtures.len() as f64, study.domains.len());
    let weights = |i: usize| mixtures.iter().map(move |h| h[i]);
    let summary = &mut study.summary;
    summary.weight_ranges = (0..k).map(|i| (weights(i).fold(1.0, f64::min), weights(i).fold(0.0, f64::max))).collect();
    summary.mean_mixture = (0..k).map(|i| weights(i).sum::<f64>() / n).collect();
    summary.n_mixtures = mixtures.len();
    summary.mixtures = mixtures;
    study
}

/// Laws and runs of k domains, of which some are scarce in the runs.
fn study(random: &mut Xoshiro256PlusPlus, law: &'static dyn Law, k: usize, n_targets: usize) -> FittedStudy {
    let study = fitted(law, k, (0..n_targets).map(|_| theta(random, law, &shape(k, true, true))).collect());
    let n = 3 + (random.random::<f64>() * 30.0) as usize;
    let scarce: Vec<f64> = (0..k).map(|_| libm::pow(10.0, -2.0 * random.random::<f64>())).collect();
    let run = |random: &mut Xoshiro256PlusPlus| {
        let draws: Vec<f64> = mixture(random, k, false).iter().zip(&scarce).map(|(h, scarce)| h * scarce).collect();
        let sum: f64 = draws.iter().sum();
        draws.iter().map(|draw| draw / sum).collect()
    };
    let runs = (0..n).map(|_| run(random)).collect();
    with_runs(study, runs)
}

/// Eight-target laws of that many domains with that many runs, all domains alike.
pub fn study_of(k: usize, n: usize, n_targets: usize, law: &'static dyn Law) -> FittedStudy {
    let mut random = random(k as u64);
    let study = fitted(law, k, (0..n_targets).map(|_| theta(&mut random, law, &shape(k, true, true))).collect());
    with_runs(study, (0..n).map(|_| mixture(&mut random, k, false)).collect())
}

fn of(study: &FittedStudy) -> Arc<Support> {
    support(study).expect("runs")
}

fn limited(limits: Limits) -> Scenario {
    Scenario { limits, ..Scenario::new(N, D) }
}

fn objective(study: &FittedStudy, found: &Optimum, h: &[f64]) -> f64 {
    let losses = study.targets().map(|target| target.loss(Some(found.n), Some(found.d), h).0);
    if found.least.is_empty() {
        losses.sum::<f64>() / study.targets().count() as f64
    } else {
        losses.zip(&found.least).map(|(loss, least)| loss - least).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Nothing supported is better on the way to any of these mixtures.
fn is_best_on_the_way(study: &FittedStudy, found: &Optimum, others: &[Vec<f64>], holds: &dyn Fn(&[f64]) -> bool) {
    let support = of(study);
    assert!(support.is_supported(&found.mixture), "{} {}", support.distance(&found.mixture), support.radius());
    assert!((found.mixture.iter().sum::<f64>() - 1.0).abs() < 1e-12 && found.mixture.iter().all(|h| *h >= 0.0));
    for other in others {
        for step in 1..=20 {
            let share = f64::from(step * step) / 400.0;
            let h: Vec<f64> = found.mixture.iter().zip(other).map(|(a, b)| a + share * (b - a)).collect();
            if support.is_supported(&h) && holds(&h) {
                let there = objective(study, found, &h);
                assert!(found.objective <= there + 1e-8, "{} {there} {:?} {h:?}", found.objective, found.mixture);
            }
        }
    }
}

fn others(random: &mut Xoshiro256PlusPlus, study: &FittedStudy) -> Vec<Vec<f64>> {
    let k = study.domains.len();
    let mut others: Vec<Vec<f64>> = (0..40).map(|_| mixture(random, k, false)).collect();
    others.extend((0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()));
    others.extend(study.summary.mixtures.iter().cloned());
    others
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_supported_is_better(seed: u64, k in 2_usize..9, joint: bool, worst: bool) {
        let mut random = random(seed);
        let study = study(&mut random, law(if joint { "joint" } else { "additive" }), k, 2);
        let aim = if worst { Aim::Worst } else { Aim::Mean };
        let found = optimum(&study, &Scenario { aim, ..Scenario::new(N, D) }).expect("sound");
        is_best_on_the_way(&study, &found, &others(&mut random, &study), &|_| true);
        if !worst && found.certificate == Certificate::None {
            prop_assert!(joint, "{:e} {found:?}", found.kkt_residual);
        }
    }

    #[test]
    fn nothing_supported_within_limits_is_better(seed: u64, k in 3_usize..7) {
        let mut random = random(seed);
        let study = study(&mut random, law("additive"), k, 1);
        // Around a run, so that at least that one holds them.
        let runs = &study.summary.mixtures;
        let run = &runs[(random.random::<f64>() * runs.len() as f64) as usize];
        let cap = WeightLimit { domain: "domain0".into(), min: None, max: Some((1.1 * run[0]).min(1.0)) };
        let group: Vec<String> = vec!["domain1".into(), "domain2".into()];
        let sum = run[1] + run[2];
        let groups = vec![GroupLimit { domains: group, min: Some(0.9 * sum), max: Some((1.1 * sum).min(1.0)) }];
        let limits = Limits { weights: vec![cap.clone()], groups, ..Limits::default() };
        let found = optimum(&study, &limited(limits)).expect("a run holds them");
        let holds = |h: &[f64]| {
            let together = h[1] + h[2];
            h[0] <= cap.max.unwrap_or(1.0) && together >= 0.9 * sum && together <= (1.1 * sum).min(1.0)
        };
        let at = [found.mixture[0] - cap.max.unwrap_or(1.0), 0.9 * sum - found.mixture[1] - found.mixture[2]];
        prop_assert!(at.iter().all(|over| *over < 1e-9), "{at:?}");
        is_best_on_the_way(&study, &found, &others(&mut random, &study), &holds);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn near_optimal_ranges_are_supported(seed: u64, joint: bool) {
        ranges_are_supported_and_complete(seed, law(if joint { "joint" } else { "additive" }));
    }
}

/// What is supported is next to a line, along which descents may end early.
#[test]
fn near_optimal_ranges_go_along_a_thin_edge() {
    for id in ["additive", "joint"] {
        ranges_are_supported_and_complete(8_012_357_454_714_900_270, law(id));
    }
}

/// The ends of near-optimal ranges are weights that supported mixtures have, and no near-optimal mixture lies beyond them.
fn ranges_are_supported_and_complete(seed: u64, law: &'static dyn Law) {
    let mut random = random(seed);
    let study = study(&mut random, law, 3, 2);
    let scenario = Scenario::new(N, D);
    let found = optimum(&study, &scenario).expect("sound");
    let support = of(&study);
    // All that is supported, next to.
    let grid: Vec<Vec<f64>> = (0..=200)
        .flat_map(|i| (0..=200 - i).map(move |j| [i, j, 200 - i - j].map(|part| f64::from(part) / 200.0).to_vec()))
        .filter(|h| support.is_supported(h))
        .chain(study.summary.mixtures.iter().cloned())
        .collect();
    for (i, range) in near_optimal(&study, &scenario, &found, 0.02).expect("sound").iter().enumerate() {
        assert!(range.low <= found.mixture[i] && found.mixture[i] <= range.high);
        let (least, most) = grid.iter().fold((1.0_f64, 0.0_f64), |(low, high), h| (low.min(h[i]), high.max(h[i])));
        assert!(range.low >= least - 0.011 && range.high <= most + 0.011, "{range:?} {least} {most}");
        let level = found.objective + 0.02 * found.weighted_loss.0;
        let near = grid.iter().filter(|h| objective(&study, &found, h) <= level).map(|h| h[i]);
        let (low, high) = near.fold((1.0_f64, 0.0_f64), |(low, high), h| (low.min(h), high.max(h)));
        assert!(range.low <= low + 1e-4 && range.high >= high - 1e-4, "{range:?} {low} {high}");
    }
}

/// The law's best is all of the first domain; the runs have at most 40 % of it.
fn greedy(k: usize) -> FittedStudy {
    let additive = law("additive");
    let mut natural = vec![1.5];
    natural.extend((0..k).map(|i| if i == 0 { 5.0 } else { 0.01 }));
    natural.extend(vec![0.5; k]);
    natural.extend([406.4, 410.7, 0.34, 0.28]);
    let inside = additive.inside(&shape(k, true, true), &natural).expect("allowed");
    fitted(additive, k, vec![inside])
}

#[test]
fn of_two_domains_the_edge_of_the_runs_holds_it() {
    let runs: Vec<Vec<f64>> = (0..21).map(|i| 0.2 + 0.01 * f64::from(i)).map(|w| vec![w, 1.0 - w]).collect();
    let study = with_runs(greedy(2), runs);
    let found = optimum(&study, &Scenario::new(N, D)).expect("sound");
    // Most runs are between others: what is supported ends a hundredth of a deviation after the last of them.
    assert!(found.mixture[0] >= 0.4 && found.mixture[0] < 0.402, "{:?}", found.mixture);
    assert_eq!(found.certificate, Certificate::Convex);
    let [price] = &found.prices[..] else { panic!("{:?}", found.prices) };
    let sentence = price.sentence();
    assert!(
        sentence
            .starts_with("moving 1 point from domain1 to domain0, beyond what the runs cover, would lower the loss by"),
        "{sentence}"
    );
    let more = optimum(&study, &limited(Limits::extrapolating())).expect("sound");
    assert!(more.mixture[0] > 0.8, "{:?}", more.mixture);
    // The price is the slope.
    let (h, step) = (&found.mixture, 1e-5);
    let moved = [h[0] + step, h[1] - step];
    let slope = (found.objective - objective(&study, &found, &moved)) / step;
    assert!((price.nats - slope).abs() < 1e-3 * slope, "{} {slope}", price.nats);
    let beyond = beyond(&study, &Scenario::new(N, D), &found).expect("sound").expect("the runs hold it");
    assert!((beyond.gain - (found.objective - more.objective)).abs() < 1e-9, "{beyond:?}");
    assert!(beyond.radii > 2.0);
    let sentence = beyond.sentence(&study.domains, &found);
    assert!(
        sentence.contains("% domain0") && sentence.contains("times the supported distance from your runs"),
        "{sentence}"
    );
}

/// A domain that few runs have a little of gets no more than a little.
#[test]
fn a_domain_seen_in_two_runs_is_not_recommended() {
    let mut random = random(7);
    let runs = (0..44).map(|run| {
        let scarce = if run < 2 { 0.006 } else { 0.0 };
        let mut h: Vec<f64> = mixture(&mut random, 5, false).iter().map(|h| h * (1.0 - scarce)).collect();
        h.insert(0, scarce);
        h
    });
    let study = with_runs(greedy(6), runs.collect());
    let free = optimum(&study, &limited(Limits::extrapolating())).expect("sound");
    assert!(free.mixture[0] > 0.5, "{:?}", free.mixture);
    let found = optimum(&study, &Scenario::new(N, D)).expect("sound");
    assert!(found.mixture[0] < 0.02, "{:?}", found.mixture);
}

#[test]
fn every_way_to_an_optimum_is_supported() {
    let mut random = random(3);
    let study = study(&mut random, law("joint"), 5, 3);
    let support = of(&study);
    let stocks = study.domains.iter().map(|domain| (domain.clone(), Tokens(1e11))).collect();
    let spent = Limits { stocks, most_epochs: Some(4.0), ..Limits::default() };
    for scenario in [
        Scenario { budget: Budget::Compute(Flops(1e22)), ..Scenario::new(N, D) },
        Scenario { budget: Budget::Stocks, ..limited(spent) },
        Scenario { aim: Aim::Worst, ..Scenario::new(N, D) },
    ] {
        let found = optimum(&study, &scenario).expect("sound");
        assert!(support.is_supported(&found.mixture), "{scenario:?} {:?}", found.mixture);
    }
    let path = mixlaw::mixture::along_scale(&study, &Scenario::new(N, D), mixlaw::mixture::Growth::default());
    for place in path.expect("sound") {
        assert!(support.is_supported(&place.optimum.expect("sound").mixture));
    }
}

#[test]
fn limits_that_no_supported_mixture_meets_are_named() {
    let mut random = random(5);
    let runs = (0..20).map(|_| mixture(&mut random, 3, false).iter().map(|h| 0.2 + 0.4 * h).collect()).collect();
    let study = with_runs(greedy(3), runs);
    let at_least = |domain: &str, min: f64| WeightLimit { domain: domain.into(), min: Some(min), max: None };
    let limits = |weights| limited(Limits { weights, ..Limits::default() });
    let error = optimum(&study, &limits(vec![at_least("domain1", 0.9)])).expect_err("far from all runs").to_string();
    assert_eq!(
        error,
        "no mixture can meet all of these: domain1 at least 90 %; close to the runs' mixtures. \
         To leave the range of the runs, extrapolate (--extrapolate)"
    );
    // A bystander is not named, and a limit that a supported mixture meets is no conflict.
    let both = limits(vec![at_least("domain1", 0.9), at_least("domain2", 0.01)]);
    assert_eq!(optimum(&study, &both).expect_err("far from all runs").to_string(), error);
    assert!(optimum(&study, &limits(vec![at_least("domain1", 0.4)])).is_ok());
}

/// Without the runs' mixtures each weight keeps to its range, as in a link of before.
#[test]
fn without_the_mixtures_of_the_runs_ranges_count() {
    let runs: Vec<Vec<f64>> = (0..21).map(|i| 0.2 + 0.01 * f64::from(i)).map(|w| vec![w, 1.0 - w]).collect();
    let mut study = with_runs(greedy(2), runs);
    study.summary.mixtures.clear();
    assert!(support(&study).is_none());
    let found = optimum(&study, &Scenario::new(N, D)).expect("sound");
    assert!((found.mixture[0] - 0.4).abs() < 1e-12, "{:?}", found.mixture);
    assert!(found.prices.iter().all(|price| matches!(price.limit, Limit::Data { .. })), "{:?}", found.prices);
}
