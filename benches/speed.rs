//! How long the steps take: objective, fit, study, import, optimum, link. `make bench` runs all of them.
//!
//! `cargo bench --bench speed -- fit` runs those with "fit" in their name. Each name ends with its data, and
//! the first line says what those are.

mod common;

use std::hint::black_box;
use std::time::Duration;

use common::{LAW_IDS, Study};
use criterion::{BatchSize, Criterion, SamplingMode, criterion_group, criterion_main};
use mixlaw::fit::problem::Problem;
use mixlaw::fit::solver::Objective;
use mixlaw::fit::{Fit, FitConfig};
use mixlaw::import::import;
use mixlaw::law::{Law, Shape};
use mixlaw::mixture::{Aim, DEFAULT_EPSILON, Limits, Outcome, Scenario, WeightLimit, near_optimal, optimum, outcome};
use mixlaw::predict::bootstrap::with_thetas;
use mixlaw::predict::{Bootstrap, BootstrapConfig, FittedStudy};
use mixlaw::units::{Params, Tokens};
use mixlaw::{sample, share};
use rayon::prelude::*;

/// Which target stands for all where one is timed.
const TARGET: &str = "wikipedia_loss";
/// Mixtures and scales of the large table: 100 000 rows.
const LARGE: (usize, usize) = (1000, 100);

fn all(criterion: &mut Criterion) {
    let study = common::study();
    objective(criterion, &study);
    large_table(criterion, &study);
    fit(criterion, &study);
    whole_study(criterion, &study);
    best_mixture(criterion, &study);
    certainty(criterion, &study);
    link(criterion);
}

/// One evaluation at a θ drawn from the start box.
fn objective(criterion: &mut Criterion, study: &Study) {
    let mut group = criterion.benchmark_group("objective");
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_secs(1)).sample_size(50);
    let target_idxs = [study.dataset.target_idx(TARGET).expect("a target of both studies")];
    let weights = common::weights(&study.dataset);
    let FitConfig { delta, residual, .. } = FitConfig::of_the_paper();
    for law in LAW_IDS.map(common::law) {
        let shape = Shape::new(law, &study.dataset, &target_idxs, &weights).expect("a sound study");
        let mut problem = Problem::new(law, &shape, &study.dataset, &target_idxs, &weights, residual);
        let theta = common::theta(&mut common::random(1), law, &shape);
        let mut gradient = vec![0.0; theta.len()];
        let mut gram = vec![0.0; theta.len() * theta.len()];
        group.bench_function(format!("{} gradient, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| problem.gradient(black_box(&theta), delta, &mut gradient));
        });
        group.bench_function(format!("{} normal equations, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| problem.normal_equations(black_box(&theta), delta, &mut gradient, &mut gram));
        });
    }
}

/// One target with default settings, on one core.
fn fit(criterion: &mut Criterion, study: &Study) {
    let mut group = criterion.benchmark_group("fit");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).warm_up_time(Duration::from_millis(500));
    let target_idx = study.dataset.target_idx(TARGET).expect("a target of both studies");
    for law in LAW_IDS.map(common::law) {
        group.bench_function(format!("{} {TARGET}, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| common::fit_target(law, &study.dataset, target_idx));
        });
    }
}

/// All targets by both laws, on all cores.
fn whole_study(criterion: &mut Criterion, study: &Study) {
    let mut group = criterion.benchmark_group("study");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).warm_up_time(Duration::from_millis(500));
    let n_targets = study.dataset.targets().len();
    let tasks: Vec<_> =
        LAW_IDS.into_iter().flat_map(|id| (0..n_targets).map(move |target_idx| (id, target_idx))).collect();
    group.bench_function(format!("{n_targets} targets x additive and joint, {}", study.name), |bencher| {
        bencher.iter(|| -> Vec<Fit> {
            let fitted = tasks
                .par_iter()
                .map(|&(id, target_idx)| common::fit_target(common::law(id), &study.dataset, target_idx));
            fitted.collect()
        });
    });
}

/// Import of the study and of a large table, and one evaluation on the latter.
fn large_table(criterion: &mut Criterion, study: &Study) {
    let text = common::table(LARGE.0, LARGE.1);
    let mut group = criterion.benchmark_group("import");
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500)).sample_size(10);
    group.bench_function(format!("{} rows, {}", study.dataset.observations().len(), study.name), |bencher| {
        bencher.iter(|| import(black_box(&study.text), None));
    });
    group.bench_function("100000 rows, synthetic", |bencher| bencher.iter(|| import(black_box(&text), None)));
    group.finish();
    let dataset = import(&text, None).dataset.expect("a sound table");
    objective(criterion, &Study { name: "100000 rows, synthetic", text, dataset });
}

/// All targets by the law, quickly.
fn fitted(law: &'static dyn Law, study: &Study) -> FittedStudy {
    let (dataset, few_starts) = (&study.dataset, FitConfig { starts: 1, ..FitConfig::of_the_paper() });
    let fit =
        |target_idx| mixlaw::fit::fit(law, dataset, &[target_idx], &few_starts, &mut |_| {}).expect("a sound study");
    let fits = (0..dataset.targets().len()).into_par_iter().map(fit).collect();
    FittedStudy::of(dataset, fits)
}

/// A tenth of the default bootstrap of eight targets, through to h*, on all cores; near-optimal ranges; the optimum
/// under limits.
fn certainty(criterion: &mut Criterion, study: &Study) {
    const REPLICATES: usize = 20;
    let mut group = criterion.benchmark_group("certainty");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).warm_up_time(Duration::from_millis(500));
    let cap = WeightLimit { domain: study.dataset.domains()[0].clone(), min: None, max: Some(0.05) };
    let stocks = study.dataset.domains()[1..].iter().map(|domain| (domain.clone(), Tokens(8e9))).collect();
    let limits = Limits { weights: vec![cap], stocks, most_epochs: Some(4.0), ..Limits::default() };
    let scenario = Scenario::new(Params(7e9), Tokens(150e9));
    let limited = Scenario { limits, ..scenario.clone() };
    for law in LAW_IDS.map(common::law) {
        let fitted = fitted(law, study);
        let found = optimum(&fitted, &scenario).expect("a sound scenario");
        let config = BootstrapConfig { replicates: REPLICATES, ..BootstrapConfig::default() };
        let bootstrap = Bootstrap::new(&study.dataset, &fitted, &config).expect("many mixtures");
        group.bench_function(format!("{REPLICATES} replicates, 8 targets, {}, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| -> Vec<Outcome> {
                let through = |index| {
                    let replicate = bootstrap.replicate(index).expect("a replicate");
                    let replicate = with_thetas(&fitted, &replicate);
                    outcome(&replicate, &scenario, &found, &[]).expect("a sound scenario")
                };
                (0..REPLICATES).into_par_iter().map(through).collect()
            });
        });
        group.bench_function(format!("near-optimal ranges, {} k = 7, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| near_optimal(black_box(&fitted), &scenario, &found, DEFAULT_EPSILON));
        });
        group.bench_function(format!("optimum under limits, {} k = 7, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| optimum(black_box(&fitted), &limited).expect("a sound scenario"));
        });
    }
}

/// The optimum of eight targets: of fits to the study, and of synthetic laws of many domains.
fn best_mixture(criterion: &mut Criterion, study: &Study) {
    let mut group = criterion.benchmark_group("optimum");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1)).sample_size(10);
    let scenario = Scenario::new(Params(7e9), Tokens(150e9));
    let worst = Scenario { aim: Aim::Worst, ..scenario.clone() };
    for law in LAW_IDS.map(common::law) {
        let fitted = fitted(law, study);
        let many = common::synthetic_fits(law, 64, &fitted);
        for (k, study, data) in [(fitted.domains.len(), &fitted, study.name), (64, &many, "synthetic")] {
            group.bench_function(format!("{} k = {k}, {data}", law.id()), |bencher| {
                bencher.iter(|| optimum(black_box(study), &scenario).expect("a sound scenario"));
            });
        }
        group.bench_function(format!("of the worst target, {} k = 7, {}", law.id(), study.name), |bencher| {
            bencher.iter(|| optimum(black_box(&fitted), &worst).expect("a sound scenario"));
        });
        let found = optimum(&many, &scenario).expect("a sound scenario");
        group.bench_function(format!("near-optimal ranges, {} k = 64, synthetic", law.id()), |bencher| {
            bencher.iter(|| near_optimal(black_box(&many), &scenario, &found, DEFAULT_EPSILON));
        });
    }
}

/// A link with the eight joint fits of the sample.
fn link(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("link");
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500)).sample_size(20);
    let study = sample::llm_truth();
    let scenario = Scenario::at_the_edge_of(&study.summary);
    let fragment = share::encode(&study, &scenario).expect("a sound study");
    group.bench_function("encode, joint laws of the sample", |bencher| {
        bencher.iter(|| share::encode(black_box(&study), &scenario));
    });
    group.bench_function("decode, joint laws of the sample", |bencher| {
        bencher.iter_batched(|| fragment.clone(), |fragment| share::decode(&fragment), BatchSize::SmallInput);
    });
}

criterion_group!(benches, all);
criterion_main!(benches);
