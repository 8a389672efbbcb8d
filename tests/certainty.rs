//! How sure an optimum is: the bootstrap, near-optimal ranges, gains and paths, against known answers.

mod common;

use common::plan::{NMM, Noise, as_fitted, drawn, fitted};
use common::{mixture, random, shape, theta};
use mixlaw::dataset::{Dataset, Observation};
use mixlaw::fit::Interval;
use mixlaw::law::{Law, by_id};
use mixlaw::mixture::{
    Aim, Certainty, Compared, Growth, LAMBDAS, Limits, Outcome, Scenario, WeightLimit, along_prior, along_scale,
    at_places, compare, distance, each_target, moves, near_optimal, optimum, outcome, reflection,
};
use mixlaw::predict::{Bootstrap, BootstrapConfig, BootstrapError, FittedStudy, bootstrap};
use mixlaw::sample::plausible;
use mixlaw::units::{Params, Tokens};

const N: Params = Params(7e9);
const D: Tokens = Tokens(150e9);
const NOISE: Noise = Noise { run: 0.002, checkpoint: 0.001 };

fn law(id: &str) -> &'static dyn Law {
    by_id(id).expect("a law")
}

/// Two targets that were never fitted.
fn study(seed: u64, id: &str, k: usize) -> FittedStudy {
    let mut random = random(seed);
    common::fitted(law(id), k, (0..2).map(|_| theta(&mut random, law(id), &shape(k, true, true))).collect())
}

fn mean_loss(study: &FittedStudy, h: &[f64]) -> f64 {
    study.targets().map(|target| target.loss(Some(N), Some(D), h).0).sum::<f64>() / study.targets().count() as f64
}

/// A fitted synthetic study with its runs and its true laws.
fn known(seed: u64, id: &str, noise: Noise) -> (Dataset, FittedStudy, FittedStudy) {
    let mut random = random(seed);
    let truths: Vec<Vec<f64>> = (0..2).map(|_| plausible(law(id), NMM.k, &mut random)).collect();
    let data = drawn(&NMM, law(id), &truths, noise, &mut random);
    let exact = as_fitted(&NMM, law(id), &truths, &data);
    let study = fitted(law(id), &data);
    (data, study, exact)
}

fn config(replicates: usize) -> BootstrapConfig {
    BootstrapConfig { replicates, ..BootstrapConfig::default() }
}

fn certainty(data: &Dataset, study: &FittedStudy, scenario: &Scenario, replicates: usize) -> Certainty {
    let config = config(replicates);
    let replicates = Bootstrap::new(data, study, &config).expect("mixtures").replicates(0..replicates, &mut |_| {});
    let found = optimum(study, scenario).expect("an optimum");
    let compared = Compared::usual(study, scenario).expect("mixtures");
    let outcomes: Vec<Outcome> = replicates
        .expect("refits")
        .iter()
        .map(|replicate| outcome(&bootstrap::with_thetas(study, replicate), scenario, &found, &compared).expect("one"))
        .collect();
    Certainty::of(&found, &outcomes).expect("replicates")
}

/// Replicates whose optimum leaves the data are counted, domain by domain; a limit keeps them in.
#[test]
fn replicates_that_leave_the_data_are_counted() {
    let (data, mut study, _) = known(1, "additive", NOISE);
    study.summary.weight_ranges = vec![(0.0, 1.0); study.domains.len()];
    // As in old files, which know the ranges of the weights alone.
    study.summary.mixtures.clear();
    let found = optimum(&study, &Scenario::new(N, D)).expect("an optimum").mixture;
    let largest = (0..found.len()).max_by(|&a, &b| found[a].total_cmp(&found[b])).expect("domains");
    study.summary.weight_ranges[largest] = (0.0, 0.5 * found[largest]);
    let extrapolating = Scenario { limits: Limits::extrapolating(), ..Scenario::new(N, D) };
    let free = certainty(&data, &study, &extrapolating, 20);
    assert!(free.any_outside > 0.5 && free.outside[largest] == free.any_outside, "{:?}", free.outside);
    assert_eq!(free.outside.iter().filter(|share| **share > 0.0).count(), 1);
    let sentence = free.outside_sentence(&study.domains).expect("many");
    assert!(sentence.contains(&format!("most often in {}", study.domains[largest])), "{sentence}");
    let limits = Limits { inside_data: true, ..Limits::default() };
    let kept = certainty(&data, &study, &Scenario { limits, ..Scenario::new(N, D) }, 20);
    assert_eq!((kept.any_outside, kept.outside_sentence(&study.domains)), (0.0, None));
    assert!(kept.mixture[largest].high <= 0.5 * found[largest] + 1e-12);
}

/// min f over the line h_i = t of three domains with h_1 ≤ `cap`, by a fine grid and a finer one about its best point, and
/// where h_1 is at its cap, which a grid misses.
fn least_on_line(study: &FittedStudy, i: usize, t: f64, cap: f64) -> f64 {
    let at = |share: f64| {
        let mut h = [0.0; 3];
        h[i] = t;
        h[(i + 1) % 3] = share * (1.0 - t);
        h[(i + 2) % 3] = (1.0 - share) * (1.0 - t);
        if h[1] <= cap + 1e-12 { mean_loss(study, &h) } else { f64::INFINITY }
    };
    let best = |from: f64, to: f64| {
        let shares = (0..=1000).map(|step| from + (to - from) * f64::from(step) / 1000.0);
        shares.map(|share| (at(share), share)).min_by(|a, b| a.0.total_cmp(&b.0)).expect("points")
    };
    let (_, near) = best(0.0, 1.0);
    let fine = best((near - 1e-3).max(0.0), (near + 1e-3).min(1.0)).0;
    let at_cap = cap / (1.0 - t);
    if i == 1 || at_cap > 1.0 { fine } else { fine.min(at(if i == 0 { at_cap } else { 1.0 - at_cap })) }
}

#[test]
fn near_optimal_ranges_end_where_every_mixture_is_worse() {
    let cap = WeightLimit { domain: "domain1".into(), min: None, max: Some(0.4) };
    for seed in 0..12 {
        for id in ["additive", "joint"] {
            let study = study(seed, id, 3);
            let capped = seed % 2 == 1;
            let limits = Limits { weights: vec![cap.clone(); usize::from(capped)], ..Limits::default() };
            let scenario = Scenario { limits, ..Scenario::new(N, D) };
            let found = optimum(&study, &scenario).expect("an optimum");
            let epsilon = [1e-3, 1e-2][seed as usize / 2 % 2];
            let level = found.weighted_loss.0 * (1.0 + epsilon);
            let least = |i: usize, t: f64| least_on_line(&study, i, t, if capped { 0.4 } else { 1.0 });
            for (i, range) in near_optimal(&study, &scenario, &found, epsilon).expect("ranges").iter().enumerate() {
                assert!(range.covers(found.mixture[i]));
                for end in [range.low, range.high] {
                    let loss = least(i, end.clamp(0.0, if capped && i == 1 { 0.4 } else { 1.0 }));
                    assert!(loss <= level * (1.0 + 1e-7), "{id} {seed} h_{i} = {end}: {loss}, level {level}");
                }
                let beyond = (0..=100).map(|step| f64::from(step) / 100.0);
                for t in beyond.filter(|t| *t < range.low - 1e-4 || *t > range.high + 1e-4) {
                    assert!(least(i, t) > level, "{id} {seed} h_{i} = {t} is as good, but the range is {range:?}");
                }
            }
        }
    }
}

#[test]
fn near_optimal_ranges_grow_with_epsilon_from_the_optimum_itself() {
    let study = study(3, "additive", 5);
    for aim in [Aim::Mean, Aim::Worst] {
        let scenario = Scenario { aim, ..Scenario::new(N, D) };
        let found = optimum(&study, &scenario).expect("an optimum");
        let ranges = |epsilon| near_optimal(&study, &scenario, &found, epsilon).expect("ranges");
        let (point, narrow, wide) = (ranges(0.0), ranges(1e-3), ranges(1e-2));
        for i in 0..5 {
            assert!(point[i].high - point[i].low < 1e-3, "{:?}", point[i]);
            assert!(narrow[i].low <= point[i].low + 1e-6 && wide[i].low <= narrow[i].low + 1e-6);
            assert!(narrow[i].high >= point[i].high - 1e-6 && wide[i].high >= narrow[i].high - 1e-6);
            assert!(wide[i].high - wide[i].low > narrow[i].high - narrow[i].low);
        }
    }
    let scenario = Scenario::new(N, D);
    let found = optimum(&study, &scenario).expect("an optimum");
    assert_eq!(
        near_optimal(&study, &scenario, &found, -0.001).expect_err("refused").to_string(),
        "ε of the near-optimal range is -0.001; it must be 0 or more, such as 0.001"
    );
}

#[test]
fn without_noise_the_intervals_close_on_the_truth() {
    let (data, study, exact) = known(5, "additive", Noise { run: 0.0, checkpoint: 0.0 });
    let scenario = Scenario::new(N, D);
    let truth = optimum(&exact, &scenario).expect("an optimum");
    let certainty = certainty(&data, &study, &scenario, 20);
    for (interval, truth) in certainty.mixture.iter().zip(&truth.mixture) {
        assert!((interval.low - truth).abs() < 2e-3 && (interval.high - truth).abs() < 2e-3, "{interval:?} {truth}");
    }
    assert!(certainty.regret.high < 1e-5, "{:?}", certainty.regret);
}

/// 90 % intervals from a quarter of the replicates of docs/uncertainty.md, on a tenth of its studies: far from that
/// file's precision, but intervals that are half or twice as wide as they should be fail.
#[test]
fn intervals_cover_the_truth_about_as_often_as_they_say() {
    let (mut covered, mut of) = (0, 0);
    for seed in 0..20 {
        let (data, study, exact) = known(seed, "additive", NOISE);
        let limits = Limits::extrapolating();
        let scenario = Scenario { limits, ..Scenario::new(Params(2.3e9), Tokens(160e9)) };
        let truth = optimum(&exact, &scenario).expect("an optimum");
        let certainty = certainty(&data, &study, &scenario, 50);
        for (interval, truth) in certainty.mixture.iter().zip(&truth.mixture) {
            covered += usize::from(interval.low <= truth + 1e-9 && interval.high >= truth - 1e-9);
            of += 1;
        }
    }
    assert!((50..60).contains(&covered), "{covered} of {of}");
}

#[test]
fn replicates_depend_on_nothing_but_their_index_and_see_one_draw() {
    let (data, study, _) = known(7, "additive", NOISE);
    let config = config(20);
    let bootstrap = Bootstrap::new(&data, &study, &config).expect("mixtures");
    let all = bootstrap.replicates(0..4, &mut |_| {}).expect("refits");
    assert_eq!(bootstrap.replicate(3).expect("a refit"), all[3]);
    assert_ne!(all[0], all[1]);
}

/// Rows that say a thing twice do not make it twice as sure: the runs' mixtures are drawn, not their rows.
#[test]
fn rows_given_twice_change_no_interval() {
    let (data, study, _) = known(8, "additive", NOISE);
    let twice: Vec<Observation> = data.observations().iter().flat_map(|row| [row.clone(), row.clone()]).collect();
    let twice = Dataset::new(data.domains().to_vec(), data.targets().to_vec(), twice).expect("a study");
    let scenario = Scenario::new(N, D);
    let (once, twice) = (certainty(&data, &study, &scenario, 40), certainty(&twice, &study, &scenario, 40));
    for (a, b) in once.mixture.iter().zip(&twice.mixture) {
        assert!((a.low - b.low).abs() < 0.01 && (a.high - b.high).abs() < 0.01, "{a:?} {b:?}");
    }
}

#[test]
fn a_bootstrap_that_cannot_be_says_why() {
    let (data, study, _) = known(9, "additive", NOISE);
    let refused = |data: &Dataset, replicates| {
        let config = config(replicates);
        let error: BootstrapError = Bootstrap::new(data, &study, &config).err().expect("refused");
        error.to_string()
    };
    let only = |n_mixtures: usize| {
        let rows = data.observations().iter().zip(data.design().rows());
        let rows = rows.filter(|(_, (mixture_idx, _))| *mixture_idx < n_mixtures).map(|(row, _)| row.clone());
        Dataset::new(data.domains().to_vec(), data.targets().to_vec(), rows.collect()).expect("a study")
    };
    assert_eq!(
        refused(&only(2), 200),
        "the bootstrap resamples mixtures, and the rows fitted have only 2; it needs at least 3, and about 20 to be worth something"
    );
    assert_eq!(refused(&data, 3), "the bootstrap has 3 replicates; it must have between 20 and 100000, such as 200");
    let renamed = data.observations().to_vec();
    let renamed = Dataset::new(data.domains().to_vec(), vec!["a".into(), "b".into()], renamed).expect("a study");
    assert_eq!(refused(&renamed, 200), "the fits are not of these runs: there is no target \"target0\", but a, b");
}

#[test]
fn gains_are_what_the_losses_say_and_intervals_that_cover_zero_are_not_detectable() {
    let study = study(11, "joint", 4);
    let scenario = Scenario::new(N, D);
    let found = optimum(&study, &scenario).expect("an optimum");
    let typed = [("domain2".to_string(), 3.0), ("domain0".to_string(), 1.0)];
    let mut mixtures = Compared::usual(&study, &scenario).expect("mixtures");
    mixtures.push(Compared::by_domain("typed", &typed, &study.domains).expect("a mixture"));
    for comparison in compare(&study, &scenario, &found, &mixtures).expect("losses") {
        let expected = mean_loss(&study, &comparison.compared.mixture) - found.weighted_loss.0;
        assert!((comparison.gain - expected).abs() < 1e-12 && comparison.gain >= 0.0, "{comparison:?}");
    }
    let own = outcome(&study, &scenario, &found, &mixtures).expect("an optimum");
    assert!(own.regret.abs() < 1e-12, "{}", own.regret);
    assert!(!Interval { low: -0.1, high: 0.2 }.excludes_zero() && Interval { low: 0.1, high: 0.2 }.excludes_zero());
    let unknown = Compared::by_domain("typed", &[("web".into(), 1.0)], &study.domains).expect_err("refused");
    assert_eq!(
        unknown.to_string(),
        "a compared mixture names \"web\", which is no domain of the fits; those are: domain0, domain1, domain2, domain3"
    );
}

#[test]
fn the_additive_optimum_stays_and_the_joint_one_goes_to_its_limit() {
    let growth = Growth { n: 4.0, d: 3.0, steps: 60 };
    let path = |id: &str| along_scale(&study(2, id, 4), &Scenario::new(N, D), growth).expect("a path");
    let mixtures = |id: &str| -> Vec<Vec<f64>> {
        path(id).into_iter().map(|place| place.optimum.expect("an optimum").mixture).collect()
    };
    let additive = mixtures("additive");
    assert_eq!(additive.len(), 62);
    assert!(additive.iter().all(|h| distance(h, &additive[0]) < 1e-4));
    let joint = mixtures("joint");
    let limit = &joint[61];
    assert!(distance(&joint[0], limit) > 1e-3, "it moves");
    assert!(distance(&joint[60], limit) < distance(&joint[10], limit) && distance(&joint[60], limit) < 1e-2);
    assert!(!moves(&path("additive")) && moves(&path("joint")));
    // Another study's optima at the same places are those of its own path.
    let other = study(3, "joint", 4);
    let places: Vec<(Params, Tokens)> = path("joint").iter().map(|place| (place.n, place.d)).collect();
    let own = along_scale(&other, &Scenario::new(N, D), growth).expect("a path");
    for (at, own) in at_places(&other, &Scenario::new(N, D), &places).iter().zip(own) {
        assert_eq!(at.as_ref(), own.optimum.ok().map(|optimum| optimum.mixture).as_ref());
    }
    let last = path("joint").pop().expect("the limit");
    assert!(last.n.0.is_infinite() && last.d.0.is_infinite());
}

#[test]
fn a_heavier_prior_draws_the_mixture_nearer_and_costs_more() {
    let study = study(4, "joint", 4);
    let prior: Vec<(String, f64)> = study.domains.iter().cloned().zip([1.0, 2.0, 3.0, 4.0]).collect();
    let path = along_prior(&study, &Scenario::new(N, D), &prior, &LAMBDAS).expect("a path");
    let divergence = |h: &[f64]| -> f64 {
        let q = [0.1, 0.2, 0.3, 0.4];
        h.iter().zip(q).map(|(h, q)| if *h > 0.0 { h * (h / q).ln() } else { 0.0 }).sum()
    };
    assert_eq!((path.len(), path[0].0), (LAMBDAS.len() + 1, 0.0));
    for pair in path.windows(2) {
        let ((_, before), (_, after)) = (&pair[0], &pair[1]);
        assert!(divergence(&after.mixture) <= divergence(&before.mixture) + 1e-9);
        assert!(after.weighted_loss.0 >= before.weighted_loss.0 - 1e-12);
    }
    let heavy = along_prior(&study, &Scenario::new(N, D), &prior, &[1e6]).expect("a path");
    assert!(divergence(&heavy[1].1.mixture) < 1e-6);
}

#[test]
fn each_target_alone_does_best_with_its_own_mixture() {
    let study = study(6, "additive", 4);
    let each = each_target(&study, &Scenario::new(N, D)).expect("optima");
    for (j, (name, own)) in each.iter().enumerate() {
        assert_eq!((name, own.targets.len()), (&format!("target{j}"), 1));
        for (_, other) in &each {
            let target = study.targets().nth(j).expect("a target");
            assert!(target.loss(Some(N), Some(D), &other.mixture).0 >= own.weighted_loss.0 - 1e-12);
        }
    }
}

#[test]
fn the_jensen_shannon_distance_is_a_distance() {
    let mut random = random(1);
    assert!((distance(&[1.0, 0.0], &[0.0, 1.0]) - 1.0).abs() < 1e-15);
    for _ in 0..200 {
        let [a, b, c] = [0; 3].map(|_| mixture(&mut random, 5, true));
        assert!(distance(&a, &a) < 1e-8);
        assert!((distance(&a, &b) - distance(&b, &a)).abs() < 1e-15);
        assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c) + 1e-12);
    }
    // m = (3/8, 3/8, 1/4): √(½ log₂(4/3) + ½ (½ log₂(2/3) + ½)).
    let expected = (0.5 * (4.0_f64 / 3.0).log2() + 0.25 * (2.0_f64 / 3.0).log2() + 0.25).sqrt();
    assert!((distance(&[0.5, 0.5, 0.0], &[0.25, 0.25, 0.5]) - expected).abs() < 1e-12);
}

#[test]
fn weights_are_carried_to_the_mixture_until_they_stay() {
    let mut study = study(12, "additive", 3);
    assert_eq!(reflection(&study, &Scenario::new(N, D)).expect("optima"), None, "targets are no domains' own");
    let third = theta(&mut random(99), law("additive"), &shape(3, true, true));
    study = common::fitted(law("additive"), 3, study.fits.iter().map(|fit| fit.theta.clone()).chain([third]).collect());
    for (i, fit) in study.fits.iter_mut().enumerate() {
        fit.shape.own_domains = vec![Some(i)];
    }
    let found = reflection(&study, &Scenario::new(N, D)).expect("optima").expect("own losses");
    let expected = optimum(&study, &Scenario::new(N, D)).expect("an optimum").mixture;
    assert!((found.distance - distance(&[1.0 / 3.0; 3], &expected)).abs() < 1e-12);
    assert_eq!(found.corners.len(), 3);
    let last = &found.fixed_point;
    let weights = study.targets().zip(&last.mixture).map(|(target, w)| (target.name.to_string(), *w)).collect();
    let there = optimum(&study, &Scenario { target_weights: weights, ..Scenario::new(N, D) }).expect("an optimum");
    assert!((distance(&last.mixture, &there.mixture) - last.distance).abs() < 1e-9);
    assert!(last.settled == (last.distance <= 1e-5) && (last.settled || last.steps == 60), "{last:?}");
}

#[test]
fn paths_that_cannot_be_name_the_field() {
    let study = study(2, "additive", 3);
    let refused = |growth| along_scale(&study, &Scenario::new(N, D), growth).expect_err("refused").to_string();
    assert_eq!(refused(Growth { n: 0.0, ..Growth::default() }), "the growth of N is 0; it must be a positive number");
    assert_eq!(
        refused(Growth { steps: 1000, ..Growth::default() }),
        "the path has 1000 steps; it must have between 1 and 200"
    );
}
