//! What the benches share: the study that they run on, the laws, and synthetic data of any size.
#![allow(dead_code, reason = "each bench uses its part")]

use std::fs;
use std::path::PathBuf;

use mixlaw::dataset::Dataset;
use mixlaw::fit::{Fit, FitConfig, fit};
use mixlaw::import::import;
use mixlaw::law::{self, Law, Shape};
use mixlaw::predict::FittedStudy;
use mixlaw::sample;
use mixlaw::units::{Params, Tokens};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The laws that are timed.
pub const LAW_IDS: [&str; 2] = ["additive", "joint"];

/// A study with the name that stands in the names of its benches.
pub struct Study {
    pub name: &'static str,
    pub text: String,
    pub dataset: Dataset,
}

/// The SlimPajama runs of the paper if the folder MIXLAW_DATA (default ../shared/data) has them, else the
/// synthetic sample; says which.
pub fn study() -> Study {
    let folder = std::env::var_os("MIXLAW_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let (name, text) = match fs::read_to_string(folder.join("slimpajama_paper_split.csv")) {
        Ok(text) => ("slimpajama", text),
        Err(_) => ("sample", sample::llm()),
    };
    let dataset = import(&text, None).dataset.expect("a sound table");
    let what =
        if name == "sample" { "the synthetic sample study (no SlimPajama runs found)" } else { "SlimPajama runs" };
    let (rows, targets) = (dataset.observations().len(), dataset.targets().len());
    eprintln!("data: {what}, {rows} rows, {} domains, {targets} targets", dataset.domains().len());
    Study { name, text, dataset }
}

pub fn law(id: &str) -> &'static dyn Law {
    law::by_id(id).expect("one of LAW_IDS")
}

/// 1 for each observation that a fit with default settings uses, else 0.
pub fn weights(dataset: &Dataset) -> Vec<f64> {
    let held_out = FitConfig::default().holdout.held_out(dataset);
    held_out.iter().map(|&held_out| if held_out { 0.0 } else { 1.0 }).collect()
}

/// One fit with default settings.
pub fn fit_target(law: &'static dyn Law, dataset: &Dataset, target_idx: usize) -> Fit {
    fit(law, dataset, &[target_idx], &FitConfig::default(), &mut |_| {}).expect("a sound study")
}

pub fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// θ from the law's start box.
pub fn theta(random: &mut Xoshiro256PlusPlus, law: &dyn Law, shape: &Shape) -> Vec<f64> {
    let parameters = law.parameters(shape);
    parameters.iter().map(|p| p.start.0 + (p.start.1 - p.start.0) * random.random::<f64>()).collect()
}

/// A table of `n_mixtures` × `n_scales` rows whose 8 losses come from the sample's joint laws, without noise.
pub fn table(n_mixtures: usize, n_scales: usize) -> String {
    let truth = sample::llm_truth();
    let mut random = random(0);
    let mut text: String = truth.domains.iter().map(|domain| format!("weight_{domain},")).collect();
    text.push_str("model_size,n_tokens");
    text.extend(truth.targets().map(|target| format!(",{}", target.name)));
    text.push('\n');
    for _ in 0..n_mixtures {
        let draws: Vec<f64> = truth.domains.iter().map(|_| 0.02 - random.random::<f64>().ln()).collect();
        let sum: f64 = draws.iter().sum();
        let h: Vec<f64> = draws.iter().map(|draw| draw / sum).collect();
        let weights: String = h.iter().map(|h| format!("{h},")).collect();
        for scale_idx in 0..n_scales {
            let n = Params(2e8 * f64::from(1 << (scale_idx % 5)));
            let d = Tokens(4e9 * (1 + scale_idx / 5) as f64);
            text.push_str(&format!("{weights}{},{}", n.0, d.0));
            text.extend(truth.targets().map(|target| format!(",{:.4}", target.loss(Some(n), Some(d), &h).0)));
            text.push('\n');
        }
    }
    text
}

/// Eight fits of the law for k domains, their θ drawn from the start box and the rest taken from `template`.
pub fn synthetic_fits(law: &'static dyn Law, k: usize, template: &FittedStudy) -> FittedStudy {
    let mut random = random(k as u64);
    let mut study = template.clone();
    study.domains = (0..k).map(|i| format!("d{i}")).collect();
    study.summary.weight_ranges = vec![(0.0, 1.0); k];
    study.summary.mean_mixture = vec![1.0 / k as f64; k];
    for fit in &mut study.fits {
        fit.law = law;
        fit.shape.n_domains = k;
        fit.shape.own_domains = vec![None];
        fit.theta = theta(&mut random, law, &fit.shape);
    }
    study
}
