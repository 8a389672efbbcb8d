//! The paper's own runs: our minima against the best known, and our optimum against the paper's.
//!
//! The data are not part of the project. They are looked for in the folder that the environment variable
//! MIXLAW_DATA names (default ../shared/data); without them these tests say that they were skipped.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use mixlaw::dataset::Dataset;
use mixlaw::fit::{DataSummary, Fit, FitConfig, FittedStudy, fit};
use mixlaw::import::import;
use mixlaw::law;
use mixlaw::mixture::{Scenario, optimum};
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
        .map(|target_idx| fit(law, &dataset, &[target_idx], &FitConfig::default(), &mut |_| {}).expect("a sound study"))
        .collect();
    let study = FittedStudy { domains: dataset.domains().to_vec(), summary: DataSummary::new(&dataset), fits };
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
    }
}

#[test]
fn additive_fits_reach_the_best_minima_known() {
    check_objectives(&ADDITIVE, "additive", 0.001);
}

#[test]
fn joint_fits_reach_the_best_minima_known() {
    check_objectives(&JOINT, "joint", 0.02);
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
    let scenario = Scenario { n: Params(7e9), d: Tokens(150e9), target_weights };
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
        let at = |n, d| optimum(study, &Scenario { n: Params(n), d: Tokens(d), target_weights: Vec::new() });
        let (small, large) = (at(1e8, 2e9).expect("sound"), at(1e12, 2e13).expect("sound"));
        small.mixture.iter().zip(&large.mixture).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(distance(additive) < 1e-9, "{}", distance(additive));
    assert!(distance(joint) > 0.01, "{}", distance(joint));
}
