//! The paper's own runs: our minima against the best known, and our optimum against the paper's.
//!
//! The data are not part of the project. They are looked for in the folder that the environment variable
//! MIXLAW_DATA names (default ../shared/data); without them these tests say that they were skipped.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use mixlaw::dataset::Dataset;
use mixlaw::fit::{Fit, FitConfig, Residual, fit};
use mixlaw::import::import;
use mixlaw::law;
use mixlaw::mixture::{Scenario, optimum};
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Params, Tokens};
use rayon::prelude::*;
use serde_json::Value;

fn data(name: &str) -> Option<String> {
    let folder = std::env::var_os("MIXLAW_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let text = fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        eprintln!("SKIPPED: {name} is not in {} (set MIXLAW_DATA)", folder.display());
    }
    text
}

fn fits_of(law: &str) -> Option<(Dataset, FittedStudy)> {
    let dataset = import(&data("slimpajama_paper_split.csv")?, None).dataset.expect("a sound table");
    let law = law::by_id(law).expect("a law");
    let fits: Vec<Fit> = (0..dataset.targets().len())
        .into_par_iter()
        .map(|target_idx| {
            fit(law, &dataset, &[target_idx], &FitConfig::of_the_paper(), &mut |_| {}).expect("a sound study")
        })
        .collect();
    let study = FittedStudy::of(&dataset, fits);
    Some((dataset, study))
}

/// Fitted once for all tests here.
static ADDITIVE: LazyLock<Option<(Dataset, FittedStudy)>> = LazyLock::new(|| fits_of("additive"));
static JOINT: LazyLock<Option<(Dataset, FittedStudy)>> = LazyLock::new(|| fits_of("joint"));

fn check_objectives(fitted: &Option<(Dataset, FittedStudy)>, law: &str, tolerance: f64) {
    let (Some((_, study)), Some(reference)) = (fitted, data("slimpajama_reference.json")) else { return };
    let reference: Value = serde_json::from_str(&reference).expect("JSON");
    for target in study.targets() {
        let best = reference["targets"][target.name][law]["mean_huber"].as_f64().expect("a number");
        let ratio = target.fit.report.objective / best;
        println!("{law} {}: {ratio:.5} of the best known", target.name);
        assert!(ratio < 1.0 + tolerance, "{law} {}: {ratio} of the best known objective", target.name);
        // By one start alone no minimum is believed; here another leads there, if need be as the search goes on from it.
        let agreeing = target.fit.report.agreeing_starts;
        assert!(agreeing >= 2, "{law} {}: {agreeing} starts led to the best objective", target.name);
    }
}

#[test]
fn additive_fits_reach_the_best_minima_known() {
    check_objectives(&ADDITIVE, "additive", 0.001);
}

#[test]
fn joint_fits_reach_the_best_minima_known() {
    check_objectives(&JOINT, "joint", 0.001);
}

/// The last checkpoint of each run, of all sizes or of one: there N and D grow together.
fn last_checkpoints(model_size: Option<&str>) -> Option<Dataset> {
    let text = data("slimpajama_runs.csv")?;
    let (header, lines) = text.split_once('\n').expect("a header");
    let mut last = BTreeMap::new();
    for line in lines.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |cell: &str| cell.parse::<f64>().expect("a number");
        let run: Vec<String> = cells[..8].iter().map(|cell| format!("{:.6}", number(cell))).collect();
        let tokens = number(cells[8]);
        let is_asked = model_size.is_none_or(|size| cells[7] == size);
        if is_asked && last.get(&run).is_none_or(|(before, _)| *before < tokens) {
            last.insert(run, (tokens, line));
        }
    }
    let lines = last.into_values().map(|(_, line)| line);
    let text = std::iter::once(header).chain(lines).collect::<Vec<_>>().join("\n");
    import(&text, None).dataset
}

/// Seeds that ended elsewhere before the search looked at what says nearly the same in another way. The least objectives
/// known are those of searches with 60 starts.
#[track_caller]
fn check_hard(dataset: Option<Dataset>, law: &str, target: &str, least: f64, tolerance: f64) {
    let Some(dataset) = dataset else { return };
    let target_idx = dataset.target_idx(target).expect("a target");
    let law = law::by_id(law).expect("a law");
    for seed in [1, 2] {
        let config = FitConfig { seed, ..FitConfig::of_the_paper() };
        let fitted = fit(law, &dataset, &[target_idx], &config, &mut |_| {}).expect("a sound study");
        let ratio = fitted.report.objective / least;
        assert!(ratio < 1.0 + tolerance, "{target}, seed {seed}: {ratio} of the least objective known");
    }
}

#[test]
fn terms_of_n_and_d_that_look_alike_are_told_apart() {
    check_hard(last_checkpoints(None), "joint", "book_loss", 3.2931e-6, 0.001);
}

#[test]
fn what_e_says_a_term_may_say() {
    check_hard(last_checkpoints(None), "joint", "wikipedia_loss", 6.2020e-6, 0.001);
}

#[test]
fn a_term_of_m1_may_be_steep() {
    check_hard(last_checkpoints(Some("310000000.0")), "m1", "github_loss", 7.951e-6, 0.005);
}

/// A hundred seeds take minutes (`make reproduction`); a few show a search that has become worse.
#[test]
fn other_seeds_reach_them_too() {
    let (Some((dataset, _)), Some(reference)) = (&*ADDITIVE, data("slimpajama_reference.json")) else { return };
    let reference: Value = serde_json::from_str(&reference).expect("JSON");
    let mut jobs = Vec::new();
    for (target_idx, target) in dataset.targets().iter().enumerate() {
        jobs.extend((1..=3).flat_map(|seed| ["additive", "joint"].map(|law| (target_idx, target, seed, law))));
    }
    let n_jobs = jobs.len();
    let missed: Vec<String> = jobs
        .into_par_iter()
        .filter_map(|(target_idx, target, seed, id)| {
            let config = FitConfig { seed, ..FitConfig::of_the_paper() };
            let law = law::by_id(id).expect("a law");
            let fitted = fit(law, dataset, &[target_idx], &config, &mut |_| {}).expect("a sound study");
            let best = reference["targets"][target.as_str()][id]["mean_huber"].as_f64().expect("a number");
            let ratio = fitted.report.objective / best;
            (ratio > 1.001).then(|| format!("{id} {target}, seed {seed}: {ratio:.5}"))
        })
        .collect();
    assert!(missed.len() <= n_jobs / 20, "{missed:?}");
}

/// The paper's table of mean relative errors on the fitted runs, percent: additive and joint.
#[test]
fn the_runs_are_fitted_as_well_as_in_the_paper() {
    let (Some((_, additive)), Some((_, joint))) = (&*ADDITIVE, &*JOINT) else { return };
    let paper = [
        ("arxiv", 0.50, 0.39),
        ("book", 0.29, 0.24),
        ("c4", 0.29, 0.24),
        ("github", 0.65, 0.54),
        ("commoncrawl", 0.29, 0.24),
        ("stackexchange", 0.51, 0.38),
        ("wikipedia", 0.92, 0.57),
    ];
    for (domain, of_additive, of_joint) in paper {
        for (law, study, expected) in [("additive", additive, of_additive), ("joint", joint, of_joint)] {
            let target = study.targets().find(|target| target.name == format!("{domain}_loss")).expect("a target");
            let seen = target.fit.report.scores[target.target_pos].fit_mre_percent;
            assert!((seen * 100.0).round() / 100.0 <= expected, "{law} {domain}: {seen} %, in the paper {expected} %");
        }
    }
}

/// Each law holds the one before it, and never fits worse.
#[test]
fn full_fits_no_worse_than_joint_than_additive_than_chinchilla() {
    let (Some((dataset, additive)), Some((_, joint))) = (&*ADDITIVE, &*JOINT) else { return };
    let config = FitConfig { starts: 1, ..FitConfig::of_the_paper() };
    (0..dataset.targets().len()).into_par_iter().for_each(|target_idx| {
        let objective = |id: &str| {
            let law = law::by_id(id).expect("a law");
            fit(law, dataset, &[target_idx], &config, &mut |_| {}).expect("a sound study").report.objective
        };
        let of = |study: &FittedStudy| study.fits[target_idx].report.objective;
        // One start of its own and what it takes over from a joint law with one start: not worse than that.
        let (chinchilla, joint_of_one, full) = (objective("chinchilla"), objective("joint"), objective("full"));
        assert!(full <= joint_of_one * (1.0 + 1e-9), "full {full:e}, joint {joint_of_one:e}");
        assert!(
            of(joint) <= of(additive) && of(additive) <= chinchilla,
            "{:e} {:e} {chinchilla:e}",
            of(joint),
            of(additive)
        );
    });
}

/// Runs read off Hoffmann et al. 2022, as Besiroglu et al. 2024 (arXiv:2404.10102) fitted them: their best sum of
/// Huber over log residuals is 0.00101827.
#[test]
fn chinchilla_reaches_its_best_known_fit() {
    let Some(text) = data("chinchilla_epoch.csv") else { return };
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let loss = |line: &str| line.rsplit(',').next().and_then(|cell| cell.parse::<f64>().ok()).expect("a loss");
    lines[1..].sort_by(|a, b| loss(a).total_cmp(&loss(b)));
    // Its authors leave out the five highest losses.
    lines.truncate(lines.len() - 5);
    let dataset = import(&lines.join("\n"), None).dataset.expect("a sound table");
    let n_rows = dataset.observations().len();
    assert_eq!(n_rows, 240);
    let config = FitConfig { residual: Residual::LogLoss, ..FitConfig::of_the_paper() };
    let fitted = fit(law::by_id("chinchilla").expect("a law"), &dataset, &[0], &config, &mut |_| {}).expect("sound");
    let sum = fitted.report.objective * n_rows as f64;
    println!("the sum is {sum:.10}");
    assert!(sum <= 0.001_018_3, "{sum}");
}

/// The paper's Table: the mean of the seven domains' losses under the additive law, percent.
#[test]
fn the_additive_optimum_is_the_papers() {
    let Some((_, study)) = &*ADDITIVE else { return };
    let paper = [
        ("arxiv", 9.6),
        ("book", 9.5),
        ("c4", 25.1),
        ("github", 8.0),
        ("commoncrawl", 12.1),
        ("stackexchange", 17.9),
        ("wikipedia", 17.0),
    ];
    let target_weights = paper.iter().map(|(domain, _)| (format!("{domain}_loss"), 1.0)).collect();
    let scenario = Scenario { target_weights, ..Scenario::new(Params(7e9), Tokens(150e9)) };
    let found = optimum(study, &scenario).expect("a sound scenario");
    assert!(found.kkt_residual <= 1e-8, "{:e}", found.kkt_residual);
    for (domain, percent) in paper {
        let i = study.domains.iter().position(|name| name == domain).expect("a domain of the study");
        let seen = 100.0 * found.mixture[i];
        println!("{domain}: {seen:.1} %, in the paper {percent} %");
        assert!((seen - percent).abs() < 2.5, "{domain}: {seen} %, in the paper {percent} %");
    }
}

/// The additive optimum is the same at every scale; the joint one moves.
#[test]
fn only_the_joint_optimum_moves_with_scale() {
    let (Some((_, additive)), Some((_, joint))) = (&*ADDITIVE, &*JOINT) else { return };
    let distance = |study: &FittedStudy| {
        let at = |n, d| optimum(study, &Scenario::new(Params(n), Tokens(d)));
        let (small, large) = (at(1e8, 2e9).expect("sound"), at(1e12, 2e13).expect("sound"));
        small.mixture.iter().zip(&large.mixture).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(distance(additive) < 1e-9, "{}", distance(additive));
    assert!(distance(joint) > 0.01, "{}", distance(joint));
}
