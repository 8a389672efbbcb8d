//! Studies that are odd, poor or broken: every law gives a finite fit or says in a sentence why not.

mod common;

use common::{mixture, names, random};
use mixlaw::dataset::{Dataset, Holdout, Observation, Split};
use mixlaw::fit::problem::Problem;
use mixlaw::fit::{FitConfig, Flag, Residual, fit, target_groups, usable_targets};
use mixlaw::law::{LAWS, Shape};
use mixlaw::predict::FittedStudy;
use mixlaw::predict::study::prediction_mre_percent;
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

/// With as many rows a mixture as scales, every n-th row is always of the same few scales.
#[test]
fn a_sample_of_many_rows_has_every_scale_with_every_mixture_as_often() {
    let law = mixlaw::law::by_id("additive").expect("a law");
    let check = |n_mixtures: usize, least_rows: usize| {
        let data = study(runs(4, n_mixtures, false));
        let weights = vec![1.0; data.observations().len()];
        let shape = Shape::new(law, &data, &[1], &weights).expect("a sound study");
        let problem = Problem::new(law, &shape, &data, &[1], &weights, Residual::Nats);
        let sample = problem.sample().expect("there are too many rows");
        assert!((least_rows..=8_000).contains(&sample.len()), "{} rows", sample.len());
        for (n, d) in [(1e8, 2e9), (1e8, 8e9), (1e9, 8e9), (1e9, 2e10)] {
            let of_scale = |&&i: &&usize| {
                let observation = &data.observations()[i];
                (observation.n, observation.d) == (Some(Params(n)), Some(Tokens(d)))
            };
            let share = sample.iter().filter(of_scale).count() as f64 / sample.len() as f64;
            assert!((share - 0.25).abs() < 0.01, "{share} of the sample has {n:e} and {d:e}");
        }
        let mut mixtures: Vec<usize> = sample.iter().map(|&i| data.design().rows()[i].0).collect();
        mixtures.sort_unstable();
        mixtures.dedup();
        mixtures.len()
    };
    assert!(check(2_400, 4_000) > 2_000);
    // Mixtures cost more than rows.
    assert!(check(20_000, 1_500) <= 2_500);
    let data = study(runs(4, 100, false));
    let weights = vec![1.0; 400];
    let shape = Shape::new(law, &data, &[1], &weights).expect("a sound study");
    assert_eq!(Problem::new(law, &shape, &data, &[1], &weights, Residual::Nats).sample(), None);
}

/// A swarm of small runs, each of a mixture of its own: what is found on a sample holds on all.
#[test]
fn a_swarm_of_mixtures() {
    let mut random = random(12);
    let swarm: Vec<_> = (0..12_000)
        .map(|i| {
            let h = mixture(&mut random, 4, false);
            let noise = 0.01 * ((i * 7919 % 1000) as f64 / 500.0 - 1.0);
            let loss = 1.4 + 0.5 / (0.1 + h[0]).sqrt() + h[1] * h[1] + noise;
            (h, 1e8, 2e9, loss)
        })
        .collect();
    let law = mixlaw::law::by_id("additive").expect("a law");
    let objective = |rows: &[(Vec<f64>, f64, f64, f64)]| {
        let data = study(rows.to_vec());
        let fitted = fit(law, &data, &[1], &FitConfig { starts: 2, ..FitConfig::default() }, &mut |_| {});
        fitted.expect("a sound study").report.objective
    };
    let (all, part) = (objective(&swarm), objective(&swarm[..2_000]));
    assert!((all / part - 1.0).abs() < 0.05, "{all:e} of all, {part:e} of a part");
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

/// Losses in some other unit, or all near the limit: a linear law's coefficients are as large as they are.
#[test]
fn large_losses_are_fitted_by_every_law_alike() {
    let large = runs(3, 12, false).into_iter().map(|(h, n, d, loss)| (h, n, d, 15.0 * loss));
    let data = study(large);
    for id in ["linear", "additive"] {
        let law = mixlaw::law::by_id(id).expect("a law");
        let fitted =
            fit(law, &data, &[0], &FitConfig { starts: 3, ..FitConfig::default() }, &mut |_| {}).expect("sound");
        let mre = fitted.report.scores[0].fit_mre_percent;
        assert!(mre < 4.0, "{id}: {mre} %");
        // The additive law may well bound the γ of a domain that the losses hardly depend on, but not its level, unless that
        // is nothing, as the mixture's term says it, too.
        let level_at_bound = |flag: &Flag| match flag {
            Flag::AtBound(indices) => id == "linear" || indices.contains(&0) && fitted.theta[0] > 0.0,
            _ => false,
        };
        assert!(!fitted.report.flags.iter().any(level_at_bound), "{id}: {:?}", fitted.report.flags);
    }
}

/// Names in a file are by domain, so that the one's parameters would be taken for the other's.
#[test]
fn two_losses_of_one_domain_are_not_fitted_at_once() {
    let observations = study(runs(2, 10, false)).observations().to_vec();
    let targets = vec!["domain0".into(), "val_domain0".into()];
    let data = Dataset::new(names("domain", 2), targets, observations).expect("valid");
    let law = mixlaw::law::by_id("capacity").expect("a law");
    let error = fit(law, &data, &[0, 1], &FitConfig::default(), &mut |_| {}).err().expect("refused");
    assert_eq!(
        error.to_string(),
        "the capacity competition law gives one loss of each domain, but \"domain0\" and \"val_domain0\" are both of \"domain0\"; choose one of them"
    );
}

/// Many checkpoints are not many runs, and many runs not many mixtures.
/// The Chinchilla law fits where the residual model that it is tried with cannot: nothing predicts, and that is said.
#[test]
fn targets_of_one_loss_each_are_refused() {
    for text in [
        "params,tokens,web,code,loss,other_loss\n70M,2B,0.9,0.1,3.6,\n160M,4B,0.5,0.5,,3.2\n",
        "params,web,code,a_loss,b_loss\n70M,0.9,0.1,3.6,\n160M,0.5,0.5,,3.2\n410M,0.5,0.5,,\n",
    ] {
        let dataset = mixlaw::import::import(text, None).dataset.expect("a study");
        let config = FitConfig { starts: 1, ..FitConfig::default() };
        let study = mixlaw::predict::auto(&dataset, &[0, 1], &config, &mixlaw::predict::OneByOne, &|_, _| {});
        let error = study.err().expect("nothing can be fitted").to_string();
        assert!(error.contains("1 distinct mixture(s)"), "{error}");
    }
}

#[test]
fn few_runs_and_few_mixtures_are_told() {
    let law = mixlaw::law::by_id("additive").expect("a law");
    let flags = |n_mixtures: usize, sizes: &[f64]| {
        let mut random = random(3);
        let mut rows = Vec::new();
        for _ in 0..n_mixtures {
            let h = mixture(&mut random, 4, false);
            for &n in sizes {
                for checkpoint in 1..=30 {
                    let d = 1e9 * f64::from(checkpoint);
                    rows.push((h.clone(), n, d, plain_loss(&h, n, d, rows.len())));
                }
            }
        }
        let data = study(rows);
        let config = FitConfig { starts: 1, ..FitConfig::default() };
        fit(law, &data, &[1], &config, &mut |_| {}).expect("sound").report.flags
    };
    let (runs, parameters) = (6, 11);
    let few = flags(6, &[1e9]);
    assert!(few.contains(&Flag::FewRuns { runs, parameters }), "{few:?}");
    assert!(few.contains(&Flag::FewMixtures { mixtures: 6, parameters: 8 }), "{few:?}");
    let few = flags(6, &[1e8, 1e9, 1e10]);
    assert!(few.contains(&Flag::FewMixtures { mixtures: 6, parameters: 8 }), "{few:?}");
    let counted = |flag: &Flag| matches!(flag, Flag::FewRows { .. } | Flag::FewRuns { .. } | Flag::FewMixtures { .. });
    assert!(!few.iter().any(|flag| matches!(flag, Flag::FewRuns { .. })), "{few:?}");
    let enough = flags(14, &[1e8, 1e9]);
    assert!(!enough.iter().any(counted), "{enough:?}");
}

/// Sixteen domains that always have the same weight: no entry of a direction among them is large.
#[test]
fn a_combination_of_many_parameters_is_named_in_part() {
    let law = mixlaw::law::by_id("linear").expect("a law");
    let mut random = random(4);
    for noise in [0.0, 0.002] {
        let rows = (0..30).map(|i| {
            let groups = mixture(&mut random, 2, false);
            let h: Vec<f64> = (0..32).map(|j| groups[j / 16] / 16.0).collect();
            let loss = 2.0 + 0.5 * groups[0] + noise * f64::from(i * 7 % 11 - 5);
            (h, 1e8, 2e9, loss)
        });
        let data = study(rows);
        let fitted =
            fit(law, &data, &[1], &FitConfig { starts: 1, ..FitConfig::default() }, &mut |_| {}).expect("sound");
        let names: Vec<String> = fitted.parameters(data.domains()).into_iter().map(|(name, _)| name).collect();
        let told: Vec<String> = fitted
            .report
            .flags
            .iter()
            .filter(|flag| matches!(flag, Flag::Undetermined(_)))
            .map(|flag| flag.sentence(&names))
            .collect();
        assert!(!told.is_empty(), "noise {noise}: nothing is told to be undetermined");
        for sentence in &told {
            assert!(sentence.starts_with("C_domain"), "noise {noise}: {sentence}");
            assert!(
                sentence.contains(" more are not identified separately") && sentence.len() < 250,
                "noise {noise}: {sentence}"
            );
        }
    }
}

/// BiMix is infinite where the target's own domain has no weight: such rows are shown, but no part of the error.
#[test]
fn rows_that_a_law_is_not_for_stay_out_of_the_error() {
    let mut rows = runs(2, 10, false);
    rows.push((vec![0.0, 1.0], 1e8, 2e9, 3.0));
    let data = study(rows);
    let law = mixlaw::law::by_id("bimix").expect("a law");
    let fitted = fit(law, &data, &[0], &FitConfig::default(), &mut |_| {}).expect("sound");
    let study = FittedStudy::of(&data, vec![fitted]);
    let predictions = study.predict(data.domains(), data.targets(), data.observations()).expect("the fit's own runs");
    let unusable: Vec<usize> = predictions.iter().filter(|row| !row.is_usable).map(|row| row.line).collect();
    assert_eq!(unusable, [data.observations().len() + 1]);
    let mre = prediction_mre_percent(&predictions, "domain0").expect("there are losses");
    assert!(mre.is_finite() && mre > 0.0, "{mre}");
}

/// Asked to hold out the largest size of a study of one size, a fit says that it holds out nothing.
#[test]
fn a_hold_out_that_holds_nothing_is_told() {
    let law = mixlaw::law::by_id("m4").expect("a law");
    let config = FitConfig { starts: 1, holdout: Holdout::LargestN, ..FitConfig::default() };
    let told = |rows: Vec<(Vec<f64>, f64, f64, f64)>| {
        let fitted = fit(law, &study(rows), &[0], &config, &mut |_| {}).expect("sound");
        fitted.report.flags.contains(&Flag::NothingHeldOut)
    };
    let one_size = runs(2, 10, false).into_iter().filter(|(_, n, ..)| *n == 1e8).collect();
    assert!(told(one_size) && !told(runs(2, 10, false)));
}
