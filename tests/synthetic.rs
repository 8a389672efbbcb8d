//! Studies drawn from known laws, with the designs of the paper's multimodal and vision studies.

mod common;

use common::{between, mixture, random, shape, theta};
use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::fit::{Fit, FitConfig, fit};
use mixlaw::law::{Law, Mixture, Scale, by_id, loss};
use mixlaw::units::{Loss, Params, Tokens};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Sizes with their numbers of mixtures, and the tokens at which every run is looked at; then where it is judged.
struct Study {
    k: usize,
    ladder: [(f64, usize); 4],
    tokens: [f64; 4],
    judged_at: [(f64, f64); 3],
}

/// Shukor et al. 2025: text, interleaved, image-caption; and noisy, synthetic, high-quality 1 and 2.
const NMM: Study = Study {
    k: 3,
    ladder: [(106e6, 32), (275e6, 31), (616e6, 30), (932e6, 34)],
    tokens: [20e9, 45e9, 70e9, 100e9],
    judged_at: [(2.3e9, 100e9), (2.3e9, 160e9), (8e9, 160e9)],
};
const LVM: Study = Study {
    k: 4,
    ladder: [(89e6, 32), (157e6, 32), (306e6, 15), (531e6, 16)],
    tokens: [17e9, 50e9, 100e9, 170e9],
    judged_at: [(1.1e9, 17e9), (1.1e9, 170e9), (1.1e9, 334e9)],
};

fn law(id: &str) -> &'static dyn Law {
    by_id(id).expect("a law")
}

/// About normal: a sum of twelve uniform numbers.
fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    (0..12).map(|_| between(random, -0.5, 0.5)).sum()
}

/// The study's runs; every checkpoint of a run shares its noise, and has some of its own.
fn drawn(study: &Study, law: &dyn Law, truth: &[f64], noise: f64, random: &mut Xoshiro256PlusPlus) -> Dataset {
    let shape = shape(study.k, true, true);
    let most = study.ladder.iter().map(|(_, n)| *n).max().expect("four sizes");
    let floor = 0.05;
    let mixtures: Vec<Vec<f64>> = (0..most)
        .map(|_| mixture(random, study.k, false).iter().map(|h| floor + (1.0 - floor * study.k as f64) * h).collect())
        .collect();
    let mut observations = Vec::new();
    for (n, n_mixtures) in study.ladder {
        for h in &mixtures[..n_mixtures] {
            let of_run = noise * normal(random);
            for d in study.tokens {
                let scale = Scale::new(Some(Params(n)), Some(Tokens(d)));
                let exact = loss(law, &shape, truth, 0, scale, &Mixture::new(h));
                observations.push(Observation {
                    line: observations.len() + 2,
                    n: Some(Params(n)),
                    d: Some(Tokens(d)),
                    mixture: h.clone(),
                    losses: vec![Some(Loss(exact * (of_run + 0.3 * noise * normal(random)).exp()))],
                    weight: 1.0,
                    split: Split::Fit,
                });
            }
        }
    }
    Dataset::new(common::names("domain", study.k), vec!["target".into()], observations).expect("sound")
}

/// Relative errors at the larger scales, at the middle of the simplex and at random mixtures.
fn errors(study: &Study, fitted: &Fit, law: &dyn Law, truth: &[f64], random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let shape = shape(study.k, true, true);
    let mixtures: Vec<Vec<f64>> = (0..8).map(|_| mixture(random, study.k, false)).collect();
    let inside = mixtures.iter().map(|h| h.iter().map(|h| 0.8 * h + 0.2 / study.k as f64).collect::<Vec<_>>());
    inside
        .flat_map(|h| {
            study.judged_at.map(|(n, d)| {
                let (n, d) = (Some(Params(n)), Some(Tokens(d)));
                let exact = loss(law, &shape, truth, 0, Scale::new(n, d), &Mixture::new(&h));
                fitted.loss(0, n, d, &h).0 / exact - 1.0
            })
        })
        .collect()
}

/// A θ of losses between 1 and 5 nats in which every term matters.
fn plausible(law: &dyn Law, k: usize, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let shape = shape(k, true, true);
    loop {
        let truth = theta(random, law, &shape);
        let at = |n: f64, d: f64, h: &[f64]| {
            loss(law, &shape, &truth, 0, Scale::new(Some(Params(n)), Some(Tokens(d))), &Mixture::new(h))
        };
        let middle = vec![1.0 / k as f64; k];
        let corners = (0..k).map(|i| {
            let h: Vec<f64> = (0..k).map(|j| if i == j { 0.8 } else { 0.2 / (k as f64 - 1.0) }).collect();
            at(5e8, 5e10, &h)
        });
        let (low, high) = corners.fold((f64::INFINITY, 0.0_f64), |(low, high), l| (low.min(l), high.max(l)));
        let here = at(5e8, 5e10, &middle);
        let (of_n, of_d) =
            (at(1e8, 5e10, &middle) / at(1e9, 5e10, &middle), at(5e8, 2e10, &middle) / at(5e8, 1.5e11, &middle));
        if (1.0..5.0).contains(&here) && high > 1.05 * low && of_n > 1.02 && of_d > 1.02 {
            return truth;
        }
    }
}

/// α .34, β .28, A 406.4, B 410.7, E 1.69 (Hoffmann et al. 2022), without noise.
#[test]
fn chinchilla_is_recovered_to_the_digits() {
    let chinchilla = law("chinchilla");
    let natural = [1.69, 406.4, 410.7, 0.34, 0.28];
    let shape = shape(0, true, true);
    let truth = chinchilla.inside(&shape, &natural).expect("allowed");
    let mut observations = Vec::new();
    for n in [1e8, 3e8, 1e9, 3e9, 1e10] {
        for d in [2e9, 6e9, 2e10, 6e10, 2e11] {
            let scale = Scale::new(Some(Params(n)), Some(Tokens(d)));
            observations.push(Observation {
                line: observations.len() + 2,
                n: Some(Params(n)),
                d: Some(Tokens(d)),
                mixture: Vec::new(),
                losses: vec![Some(Loss(loss(chinchilla, &shape, &truth, 0, scale, &Mixture::new(&[]))))],
                weight: 1.0,
                split: Split::Fit,
            });
        }
    }
    let data = Dataset::new(Vec::new(), vec!["loss".into()], observations).expect("sound");
    let fitted = fit(chinchilla, &data, &[0], &FitConfig::default(), &mut |_| {}).expect("a sound study");
    for ((name, seen), expected) in fitted.parameters(&[]).iter().zip(natural) {
        assert!((seen / expected - 1.0).abs() < 1e-6, "{name} = {seen}, truly {expected}");
    }
}

/// Without noise the losses at larger scales come back. θ itself does only where the law has no symmetry and the
/// study determines it: E and the level of 1/Σ C_i h_i^γ_i trade off, so that losses are compared; for the
/// additive law A, B, α and β have no such freedom, and are compared too.
#[test]
fn noiseless_studies_give_back_their_law() {
    for (study, seed) in [(&NMM, 1), (&LVM, 2)] {
        for id in ["additive", "joint"] {
            let mut random = random(seed);
            let law = law(id);
            let truth = plausible(law, study.k, &mut random);
            let data = drawn(study, law, &truth, 0.0, &mut random);
            let fitted = fit(law, &data, &[0], &FitConfig::default(), &mut |_| {}).expect("a sound study");
            let worst = errors(study, &fitted, law, &truth, &mut random).iter().fold(0.0_f64, |w, e| w.max(e.abs()));
            assert!(worst < 1e-3, "{id}, k = {}: {worst:e} at larger scales", study.k);
            if id == "additive" {
                let n = truth.len();
                for i in n - 4..n {
                    assert!(
                        (fitted.theta[i] - truth[i]).abs() < 1e-2,
                        "θ_{i} = {}, truly {}",
                        fitted.theta[i],
                        truth[i]
                    );
                }
            }
        }
    }
}

/// With noise of 0.3 % a run, the error at larger scales, averaged over mixtures and scales, stays within it: a law
/// that follows the noise or extrapolates wrongly errs by several times as much.
#[test]
fn noisy_studies_predict_larger_scales_within_the_noise() {
    const NOISE: f64 = 0.003;
    for (study, seed) in [(&NMM, 3), (&LVM, 4)] {
        for id in ["additive", "joint"] {
            let mut random = random(seed);
            let law = law(id);
            let truth = plausible(law, study.k, &mut random);
            let data = drawn(study, law, &truth, NOISE, &mut random);
            let fitted = fit(law, &data, &[0], &FitConfig::default(), &mut |_| {}).expect("a sound study");
            let errors = errors(study, &fitted, law, &truth, &mut random);
            let mean = errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len() as f64;
            println!("{id}, k = {}: mean error {mean:.5}", study.k);
            assert!(mean < NOISE, "{id}, k = {}: {mean}", study.k);
        }
    }
}
