//! Studies that are odd, poor or broken: every law gives a finite fit or says in a sentence why not.

mod common;

use common::{mixture, names, random};
use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::fit::{FitConfig, fit, target_groups, usable_targets};
use mixlaw::law::LAWS;
use mixlaw::units::{Loss, Params, Tokens};

/// Two targets, the first of them the first domain's own.
fn study(runs: impl IntoIterator<Item = (Vec<f64>, f64, f64, f64)>) -> Dataset {
    let observations: Vec<Observation> = runs
        .into_iter()
        .enumerate()
        .map(|(i, (mixture, n, d, loss))| Observation {
            line: i + 2,
            n: Some(Params(n)),
            d: Some(Tokens(d)),
            mixture,
            losses: vec![Some(Loss(loss)), Some(Loss(1.1 * loss))],
            weight: 1.0,
            split: Split::Fit,
        })
        .collect();
    let k = observations[0].mixture.len();
    let stocks: Vec<_> = names("domain", k).into_iter().map(|domain| (domain, Tokens(3e9))).collect();
    let data = Dataset::new(names("domain", k), vec!["domain0".into(), "target1".into()], observations).expect("valid");
    data.with_stocks(&stocks).expect("domains of the study")
}

/// A plain law with a little noise.
fn plain_loss(h: &[f64], n: f64, d: f64, i: usize) -> f64 {
    let noise = 1.0 + 0.002 * ((i * 7919 % 13) as f64 / 6.5 - 1.0);
    (1.6 + 0.5 / (0.2 + h[0]).sqrt() + 2.0 * (n / 1e8).powf(-0.3) + (d / 1e9).powf(-0.4)) * noise
}

fn runs(k: usize, n_mixtures: usize, zeros: bool) -> Vec<(Vec<f64>, f64, f64, f64)> {
    let mut random = random(k as u64);
    let mut runs = Vec::new();
    for _ in 0..n_mixtures {
        let h = mixture(&mut random, k, zeros);
        for (n, d) in [(1e8, 2e9), (1e8, 8e9), (1e9, 8e9), (1e9, 2e10)] {
            runs.push((h.clone(), n, d, plain_loss(&h, n, d, runs.len())));
        }
    }
    runs
}

/// Fits every law; gives how many could be fitted.
#[track_caller]
fn fit_all(what: &str, data: &Dataset) -> usize {
    let config = FitConfig { starts: 1, ..FitConfig::default() };
    let mut n_fitted = 0;
    for law in LAWS {
        let targets = usable_targets(law, data, &[0, 1]);
        for group in target_groups(law, &targets) {
            match fit(law, data, &group, &config, &mut |_| {}) {
                Ok(fitted) => {
                    n_fitted += 1;
                    let report = &fitted.report;
                    assert!(report.objective.is_finite(), "{what}, {}: {}", law.id(), report.objective);
                    assert!(fitted.theta.iter().all(|value| value.is_finite()), "{what}, {}: θ", law.id());
                    let natural = fitted.parameters(data.domains());
                    assert!(natural.iter().all(|(_, value)| !value.is_nan()), "{what}, {}: {natural:?}", law.id());
                    assert!(
                        report.scores.iter().all(|score| score.fit_mre_percent.is_finite()),
                        "{what}, {}",
                        law.id()
                    );
                }
                Err(error) => {
                    let sentence = error.to_string();
                    assert!(sentence.len() > 20 && !sentence.contains("NaN"), "{what}, {}: {sentence}", law.id());
                }
            }
        }
    }
    n_fitted
}

#[test]
fn few_domains() {
    // With one domain only the law without a mixture is left.
    assert_eq!(fit_all("k = 1", &study(runs(1, 3, false))), 2);
    assert!(fit_all("k = 2", &study(runs(2, 8, true))) > 20);
}

#[test]
fn odd_mixtures() {
    assert!(fit_all("zeros everywhere", &study(runs(4, 12, true))) > 20);
    let corners = (0..4).flat_map(|i| {
        let h: Vec<f64> = (0..4).map(|j| f64::from(u8::from(i == j))).collect();
        [(1e8, 2e9), (1e9, 8e9)].map(|(n, d)| (h.clone(), n, d, plain_loss(&h, n, d, i)))
    });
    assert!(fit_all("corners only", &study(corners)) > 15);
    let same = runs(3, 1, false);
    assert_eq!(fit_all("one mixture", &study(same)), 2);
    let nearly = (0..6).map(|i| {
        let h = vec![0.5 + 1e-7 * i as f64, 0.5 - 1e-7 * i as f64];
        (h.clone(), 1e8, 2e9, plain_loss(&h, 1e8, 2e9, i))
    });
    assert!(fit_all("nearly one mixture", &study(nearly)) > 15);
}

#[test]
fn odd_scales() {
    let one = |n: f64, d: f64| {
        runs(3, 12, false).into_iter().map(move |(h, ..)| (h.clone(), n, d, plain_loss(&h, 1e8, 2e9, 1)))
    };
    assert!(fit_all("one size, one number of tokens", &study(one(1e9, 2e10))) > 20);
    assert!(fit_all("the smallest numbers", &study(one(1.0, 1.0))) > 15);
    assert!(fit_all("the largest numbers", &study(one(1e18, 1e20))) > 15);
    assert!(fit_all("one row", &study(runs(3, 1, false).into_iter().take(1))) <= 2);
}

#[test]
fn odd_losses() {
    let changed = |change: fn(usize, f64) -> f64| {
        let runs = runs(3, 10, false).into_iter().enumerate();
        study(runs.map(|(i, (h, n, d, loss))| (h, n, d, change(i, loss))))
    };
    assert!(fit_all("all alike", &changed(|_, _| 2.5)) > 20);
    assert!(fit_all("outliers of 10 nats", &changed(|i, loss| if i % 9 == 0 { loss + 10.0 } else { loss })) > 20);
    assert!(fit_all("losses that rise with scale", &changed(|i, loss| 8.0 - loss + 0.01 * (i % 3) as f64)) > 20);
    let twice: Vec<_> = runs(3, 8, false).into_iter().flat_map(|run| [run.clone(), run.clone(), run]).collect();
    assert!(fit_all("every row thrice", &study(twice)) > 20);
}

#[test]
fn many_domains() {
    let data = study(runs(64, 40, true));
    let config = FitConfig { starts: 1, ..FitConfig::default() };
    for id in ["additive", "m4", "linear", "bimix"] {
        let law = mixlaw::law::by_id(id).expect("a law");
        let fitted = fit(law, &data, &[0], &config, &mut |_| {}).expect("a sound study");
        assert!(fitted.report.scores[0].fit_mre_percent < 20.0, "{id}: {}", fitted.report.scores[0].fit_mre_percent);
    }
}

#[test]
fn a_hundred_thousand_rows() {
    let mut random = random(5);
    let mixtures: Vec<_> = (0..200).map(|_| mixture(&mut random, 4, false)).collect();
    let rows = (0..100_000).map(|i| {
        let (h, n, d) = (&mixtures[i % 200], 1e8 * (1 + i / 200 % 10) as f64, 1e9 * (2 + i / 2000) as f64);
        (h.clone(), n, d, plain_loss(h, n, d, i))
    });
    let data = study(rows);
    let law = mixlaw::law::by_id("additive").expect("a law");
    let fitted = fit(law, &data, &[1], &FitConfig { starts: 2, ..FitConfig::default() }, &mut |_| {}).expect("sound");
    assert_eq!(fitted.report.scores[0].n_fit, 100_000);
    assert!(fitted.report.scores[0].fit_mre_percent < 0.3, "{}", fitted.report.scores[0].fit_mre_percent);
}
