//! From pasted text to a link and back, and what a fit says when the data cannot bear it.

mod common;

use common::{mixture, random, shape, simulated, theta};
use mixlaw::dataset::Holdout;
use mixlaw::export::fit_file;
use mixlaw::fit::{Fit, FitConfig, FitError, Flag, Termination, fit, fit_above, fit_from, starts};
use mixlaw::import::{Answer, Role, import, import_with};
use mixlaw::law::{LAWS, Law, by_id};
use mixlaw::mixture::{Scenario, optimum};
use mixlaw::predict::FittedStudy;
use mixlaw::sample;
use mixlaw::share::{decode, encode};
use mixlaw::units::{Params, Tokens};

fn law(id: &str) -> &'static dyn Law {
    by_id(id).expect("a law")
}

const QUICK: FitConfig = FitConfig {
    starts: 3,
    seed: 0,
    delta: FitConfig::DEFAULT_DELTA,
    residual: mixlaw::fit::Residual::Nats,
    holdout: Holdout::Split,
    ridge: 0.0,
    weight_power: 0.0,
    gamma_floor: 0.0,
    gamma_ceiling: 0.0,
    restrictions: Vec::new(),
};

#[test]
fn the_example_goes_all_the_way() {
    let imported = import(&sample::llm(), None);
    assert!(imported.issues.is_empty(), "{:?}", imported.issues.sentences(9));
    let dataset = imported.dataset.expect("a study");
    assert_eq!((dataset.domains().len(), dataset.targets().len(), dataset.observations().len()), (7, 8, 400));
    assert_eq!((dataset.design().mixtures().len(), dataset.design().sizes().len()), (32, 5));
    let fits: Vec<Fit> = [0, 6]
        .into_iter()
        .map(|target_idx| fit(law("additive"), &dataset, &[target_idx], &QUICK, &mut |_| {}).expect("a sound study"))
        .collect();
    let study = FittedStudy::of(&dataset, fits);
    // A link without runs cannot say which mixtures they support.
    let limits = mixlaw::mixture::Limits::extrapolating();
    let scenario = Scenario { limits, ..Scenario::new(Params(7e9), Tokens(150e9)) };
    let found = optimum(&study, &scenario).expect("a sound scenario");
    // The two targets' own domains get the most.
    let own = found.mixture[0] + found.mixture[6];
    assert!(own > 0.7, "{:?}", found.mixture);

    let shared = decode(&encode(&study, &scenario).expect("a small study")).expect("our own link");
    let again = optimum(&shared.study, &shared.scenario).expect("a sound scenario");
    for (before, after) in found.mixture.iter().zip(&again.mixture) {
        assert!((before - after).abs() < 1e-6, "{before} {after}");
    }
    let read = fit_file::read(&fit_file::write(&study, None, None)).expect("our own file").0;
    for (before, after) in study.targets().zip(read.targets()) {
        assert_eq!(before.fit.report, after.fit.report);
        let loss =
            |target: mixlaw::predict::FittedTarget| target.loss(Some(Params(1e9)), Some(Tokens(1e10)), &[1.0 / 7.0; 7]);
        assert!((loss(before).0 - loss(after).0).abs() < 1e-12);
    }
}

/// Starts that were run in parts end in the same fit, to the last bit, with and without a nested law.
#[test]
fn a_fit_in_parts_is_the_whole_fit() {
    let dataset = import(&sample::llm(), None).dataset.expect("a study");
    for (id, targets) in [("additive", vec![1]), ("joint", vec![1]), ("capacity", vec![0, 1])] {
        let whole = fit(law(id), &dataset, &targets, &QUICK, &mut |_| {}).expect("a sound study");
        let part = |range| starts(law(id), &dataset, &targets, &QUICK, range, &mut |_| {}).expect("a sound study");
        let endings = [part(0..1), part(1..3)].concat();
        let parts = fit_from(law(id), &dataset, &targets, &QUICK, endings, None, &mut |_| {}).expect("a sound study");
        assert_eq!((parts.theta, parts.report), (whole.theta, whole.report), "{id}");
    }
}

/// A nested law's fit that is known is taken over as if it had been made on the way; one of another law, or of other terms,
/// is not.
#[test]
fn a_known_fit_of_the_nested_law_is_not_made_again() {
    let dataset = import(&sample::llm(), None).dataset.expect("a study");
    let of = |id: &str, config: &FitConfig| fit(law(id), &dataset, &[1], config, &mut |_| {}).expect("a sound study");
    let joint = of("joint", &QUICK);
    let above = |nested: &Fit| {
        fit_above(law("joint"), &dataset, &[1], &QUICK, Some(nested), &mut |_| {}).expect("a sound study")
    };
    // On the way it has a quarter of the starts.
    let nested = of("additive", &FitConfig { starts: QUICK.starts.div_ceil(4), ..QUICK });
    let same = above(&nested);
    assert_eq!((&same.theta, &same.report), (&joint.theta, &joint.report));
    for other in [&of("chinchilla", &QUICK), &Fit { theta: Vec::new(), ..nested.clone() }] {
        let fitted = above(other);
        assert_eq!((&fitted.theta, &fitted.report), (&joint.theta, &joint.report));
    }
    // It is used: what is better than anything on the way is not lost.
    let mut seen = 0;
    fit_above(law("joint"), &dataset, &[1], &QUICK, Some(&nested), &mut |_| seen += 1).expect("a sound study");
    let mut all = 0;
    fit(law("joint"), &dataset, &[1], &QUICK, &mut |_| all += 1).expect("a sound study");
    assert!(seen < all, "{seen} reports of progress, and {all} with the nested law's");
}

/// The laws that the example is drawn from are found again, as far as its noise allows.
#[test]
fn the_example_gives_back_its_law() {
    let truth = sample::llm_truth();
    let dataset = import(&sample::llm(), None).dataset.expect("a study");
    let fitted = fit(law("joint"), &dataset, &[1], &QUICK, &mut |_| {}).expect("a sound study");
    let target = truth.targets().nth(1).expect("eight targets");
    let mut random = random(11);
    let mut errors = Vec::new();
    for _ in 0..50 {
        let h: Vec<f64> = mixture(&mut random, 7, false).iter().map(|h| 0.02 + 0.86 * h).collect();
        let (n, d) = (Some(Params(1.2e9)), Some(Tokens(30e9)));
        let (seen, expected) = (fitted.loss(0, n, d, &h).0, target.loss(n, d, &h).0);
        errors.push((seen / expected - 1.0).abs());
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let largest = errors.iter().copied().fold(0.0, f64::max);
    // Within the noise where the 32 mixtures are dense, and a few percent at the corners between them.
    assert!(mean < 0.005 && largest < 0.05, "mean {mean}, largest {largest}");
}

#[test]
fn what_cannot_be_fitted_is_refused_with_a_sentence() {
    let says = |text: &str| {
        let dataset = import(text, None).dataset.expect("a study");
        fit(law("additive"), &dataset, &[0], &QUICK, &mut |_| {}).err().expect("no fit").to_string()
    };
    assert_eq!(
        says("weight_a,weight_b,N,D,loss\n0.5,0.5,1B,20B,3.1\n"),
        "all rows to fit on have the same mixture, N and D, or none, so nothing can be predicted from them; give runs of several mixtures (about 20 to be worth something), or of several N or D"
    );
    assert_eq!(
        says("weight_a,weight_b,N,D,loss\n0.5,0.5,1B,20B,3.1\n0.5,0.5,2B,20B,3.0\n"),
        "the rows to fit on have 1 distinct mixture(s); a law of the mixture needs at least 2, and about 20 to be worth something"
    );
    assert_eq!(
        says("N,D,loss\n1B,20B,3.1\n2B,20B,3.0\n"),
        "the additive law needs at least 2 domains, but the study has 0; add the weight columns"
    );
    assert_eq!(
        says("weight_a,weight_b,N,D,a_loss,split\n0.5,0.5,1B,20B,3.1,holdout\n0.4,0.6,1B,20B,3.0,holdout\n"),
        "\"a_loss\" has no loss on any row that the fit may use; choose another target or another hold-out"
    );
}

/// Every size once, one mixture once: the term in N or D is dropped, and the fit says so.
#[test]
fn a_single_scale_swarm_drops_its_terms_and_says_so() {
    let mut random = random(4);
    for law in LAWS {
        // One that counts epochs has a term in D as long as a domain is repeated.
        if law.needs().stocks {
            continue;
        }
        let k = common::most_domains(law, 3);
        let shape = common::shape_of(law, k, false, false);
        let truth = theta(&mut random, law, &shape);
        let mixtures: Vec<_> = (0..30).map(|_| mixture(&mut random, k, false)).collect();
        let data = simulated(law, &[truth], &mixtures, &[1e9], &[2e10], 0.001, 5);
        let targets: Vec<usize> = (0..data.targets().len()).collect();
        let fitted = fit(law, &data, &targets, &QUICK, &mut |_| {}).expect("a sound study");
        assert_eq!(fitted.parameters(data.domains()).len(), law.parameters(&shape).len());
        let names: Vec<String> = fitted.parameters(data.domains()).into_iter().map(|(name, _)| name).collect();
        let sentences: Vec<String> = fitted.report.flags.iter().map(|flag| flag.sentence(&names)).collect();
        let needs = law.needs();
        for (term, needed) in [("no N term", needs.n), ("no D term", needs.d)] {
            assert!(!needed || sentences.iter().any(|sentence| sentence.contains(term)), "{term}: {sentences:?}");
        }
        assert!(fitted.report.scores[0].fit_mre_percent < 0.3, "{}", fitted.report.scores[0].fit_mre_percent);
    }
}

#[test]
fn fewer_rows_than_parameters_are_flagged() {
    let mut random = random(9);
    let truth = theta(&mut random, law("joint"), &shape(3, true, true));
    let mixtures: Vec<_> = (0..3).map(|_| mixture(&mut random, 3, false)).collect();
    let data = simulated(law("joint"), &[truth], &mixtures, &[1e8, 1e9], &[2e10], 0.01, 5);
    let fitted = fit(law("joint"), &data, &[0], &QUICK, &mut |_| {}).expect("a sound study");
    assert!(fitted.report.flags.contains(&Flag::FewRows { rows: 6, parameters: 12 }), "{:?}", fitted.report.flags);
}

/// A domain that never has a weight leaves no trace in the losses: its C and γ cannot be told.
#[test]
fn parameters_that_the_data_do_not_determine_are_named() {
    let mut random = random(2);
    let truth = theta(&mut random, law("additive"), &shape(3, true, true));
    let mixtures: Vec<Vec<f64>> =
        (0..12).map(|i| vec![0.05 + 0.07 * f64::from(i), 0.95 - 0.07 * f64::from(i), 0.0]).collect();
    let data = simulated(law("additive"), &[truth], &mixtures, &[1e8, 1e9], &[2e9, 2e10], 0.002, 5);
    let fitted = fit(law("additive"), &data, &[0], &QUICK, &mut |_| {}).expect("a sound study");
    let names: Vec<String> = fitted.parameters(data.domains()).into_iter().map(|(name, _)| name).collect();
    let told: Vec<String> = fitted.report.flags.iter().map(|flag| flag.sentence(&names)).collect();
    for name in ["C_domain2", "gamma_domain2"] {
        let expected = format!("{name} is not identifiable from these runs");
        assert!(told.contains(&expected), "{name}: {told:?}");
    }
}

/// Outliers, losses all alike, repeated rows: a result with finite numbers.
#[test]
fn odd_losses_give_finite_fits() {
    let mut random = random(6);
    let truth = theta(&mut random, law("additive"), &shape(3, true, true));
    let mixtures: Vec<_> = (0..10).map(|_| mixture(&mut random, 3, true)).collect();
    let data = simulated(law("additive"), &[truth], &mixtures, &[1e8, 1e9], &[2e9, 2e10], 0.002, 5);
    let changed = |change: &dyn Fn(usize, f64) -> f64, copies: usize| {
        let mut observations = Vec::new();
        for (i, observation) in data.observations().iter().enumerate() {
            let mut observation = observation.clone();
            let loss = observation.losses[0].expect("simulated").0;
            observation.losses[0] = Some(mixlaw::units::Loss(change(i, loss)));
            observations.extend(std::iter::repeat_n(observation, copies));
        }
        mixlaw::dataset::Dataset::new(data.domains().to_vec(), data.targets().to_vec(), observations).expect("sound")
    };
    let studies = [
        ("an outlier of 10 nats", changed(&|i, loss| if i == 3 { loss + 10.0 } else { loss }, 1)),
        ("all alike", changed(&|_, _| 2.5, 1)),
        ("every row thrice", changed(&|_, loss| loss, 3)),
    ];
    for (what, study) in &studies {
        for law in LAWS {
            let fitted = match fit(law, study, &[0], &QUICK, &mut |_| {}) {
                Ok(fitted) => fitted,
                // What this study does not have: own domains, two domains, stocks.
                Err(FitError::Law(_)) => continue,
                Err(error) => panic!("{what}, {}: {error}", law.id()),
            };
            assert!(fitted.report.objective.is_finite(), "{what}");
            assert!(fitted.parameters(study.domains()).iter().all(|(_, value)| value.is_finite()), "{what}");
        }
    }
    // Huber's loss does not let one outlier carry the fit away.
    let robust = fit(law("additive"), &studies[0].1, &[0], &QUICK, &mut |_| {}).expect("sound");
    let clean = fit(law("additive"), &data, &[0], &QUICK, &mut |_| {}).expect("sound");
    let at = |fit: &Fit| fit.loss(0, Some(Params(1e9)), Some(Tokens(2e10)), &[0.3, 0.3, 0.4]).0;
    assert!((at(&robust) / at(&clean) - 1.0).abs() < 0.01, "{} {}", at(&robust), at(&clean));
}

#[test]
fn progress_reaches_the_last_start_and_never_gets_worse() {
    let dataset = import(&sample::llm(), None).dataset.expect("a study");
    let mut seen = Vec::new();
    let fitted = fit(law("additive"), &dataset, &[2], &QUICK, &mut |progress| seen.push(progress)).expect("sound");
    assert_eq!(seen.last().map(|progress| (progress.start_idx, progress.n_starts)), Some((3, 3)));
    // Within the first start each draw may be better or worse than the one kept before hopping; it never gets worse.
    assert!(seen.windows(2).all(|pair| pair[1].best_objective <= pair[0].best_objective), "{seen:?}");
    assert!(fitted.report.objective <= seen.last().expect("some").best_objective);
    assert_eq!(fitted.report.termination, Termination::Converged);
}

/// Holding out the largest size keeps its rows out of the fit.
#[test]
fn the_largest_size_can_be_held_out() {
    let dataset = import(&sample::llm(), None).dataset.expect("a study");
    for (holdout, n_fit, n_holdout) in
        [(Holdout::None, 400, 0), (Holdout::Split, 384, 16), (Holdout::LargestN, 384, 16)]
    {
        let config = FitConfig { holdout, starts: 1, ..QUICK.clone() };
        let score = fit(law("additive"), &dataset, &[0], &config, &mut |_| {}).expect("sound").report.scores[0].clone();
        assert_eq!((score.n_fit, score.n_holdout), (n_fit, n_holdout), "{holdout:?}");
        assert_eq!(score.holdout_mre_percent.is_some(), n_holdout > 0);
    }
}

/// Held-out rows do not count: with one size left to fit on, the term in N is dropped.
#[test]
fn terms_stand_only_where_the_fitted_rows_vary() {
    let mut random = random(8);
    let truth = theta(&mut random, law("additive"), &shape(3, true, true));
    let mixtures: Vec<_> = (0..10).map(|_| mixture(&mut random, 3, false)).collect();
    let data = simulated(law("additive"), &[truth], &mixtures, &[1e8, 1e9], &[2e9, 2e10], 0.002, 5);
    let config = FitConfig { holdout: Holdout::LargestN, ..QUICK };
    let fitted = fit(law("additive"), &data, &[0], &config, &mut |_| {}).expect("a sound study");
    assert!(!fitted.shape.n_term && fitted.shape.d_term);
    assert!(fitted.report.flags.contains(&Flag::Dropped(mixlaw::law::Dropped::N)), "{:?}", fitted.report.flags);
}

#[test]
fn losses_in_another_unit_are_refused() {
    let says = |losses: [&str; 3]| {
        let rows = losses.iter().zip(["0.2,0.8", "0.5,0.5", "0.9,0.1"]).map(|(loss, h)| format!("{h},1B,20B,{loss}\n"));
        let text = format!("weight_a,weight_b,N,D,loss\n{}", rows.collect::<String>());
        let is_loss = [Answer::Role("loss".into(), Role::Loss)];
        let dataset = import_with(&text, None, &is_loss).dataset.expect("a study");
        fit(law("additive"), &dataset, &[0], &QUICK, &mut |_| {}).err().expect("no fit").to_string()
    };
    assert_eq!(
        says(["3.1e-5", "3e-5", "2.9e-5"]),
        "the losses of \"loss\" are about 3e-5; losses in nats per token are between 0.01 and 100, so give them in nats"
    );
    assert!(says(["3e5", "2e5", "4e5"]).contains("are about 300000"));
}

/// What a fit file says is checked as what a link says is.
#[test]
fn impossible_fit_files_are_refused_with_a_sentence() {
    let study = common::fitted(law("additive"), 3, vec![theta(&mut random(1), law("additive"), &shape(3, true, true))]);
    let good: serde_json::Value = serde_json::from_str(&fit_file::write(&study, None, None)).expect("JSON");
    let says = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = good.clone();
        change(&mut changed);
        fit_file::read(&changed.to_string()).err().expect("refused").to_string()
    };
    let impossible = |what: &str| {
        format!("the fit file says something impossible: {what}; write it again with `mixlaw fit … --json`")
    };
    assert_eq!(
        says(&|file| file["data"]["mean_mixture"] = serde_json::json!([0.5, 0.5])),
        impossible("2 mean weights for 3 domains")
    );
    // A parameter of the domain that lost its name is missing.
    assert!(says(&|file| file["domains"][2] = "domain1".into()).contains("without a name of its own"));
    assert_eq!(
        says(&|file| file["fits"][0]["objective"] = (-5.0).into()),
        impossible("a setting or an error out of its range")
    );
    assert_eq!(
        says(&|file| file["fits"][0]["starts"] = 0.into()),
        impossible("a setting or an error out of its range")
    );
    assert_eq!(
        says(&|file| file["fits"][0]["parameters"]["gamma_domain1"] = 1e5.into()),
        impossible("a γ out of its range")
    );
    assert_eq!(
        says(&|file| file["fits"][0]["parameters"]["beta"] = serde_json::Value::Null),
        "fits[0] of the fit file: parameter beta is \"null\"; it must be a number"
    );
    assert!(says(&|file| file["mixlaw"] = 2.into()).contains("update mixlaw"));
}

/// Laws of own domains and of all targets at once ask for what the file must have before they can be asked anything.
#[test]
fn fit_files_whose_targets_the_law_cannot_have_are_refused_with_a_sentence() {
    for (id, expected) in [
        ("bimix", "the BiMix (own domain) law for a target that is no domain's own loss"),
        ("d-cpt", "the D-CPT (two corpora) law for a target that is no domain's own loss"),
        ("capacity", "the capacity competition law for a target that is no domain's own loss"),
    ] {
        let k = common::most_domains(law(id), 3);
        let thetas = vec![theta(&mut random(1), law(id), &common::shape_of(law(id), k, true, true))];
        let good: serde_json::Value =
            serde_json::from_str(&fit_file::write(&common::fitted(law(id), k, thetas), None, None)).expect("JSON");
        fit_file::read(&good.to_string()).expect("our own file");
        let mut changed = good.clone();
        changed["fits"][0].as_object_mut().expect("an entry").remove("own_domain").expect("it was there");
        let error = fit_file::read(&changed.to_string()).err().expect("refused").to_string();
        assert!(error.contains(expected), "{id}: {error}");
        let mut changed = good;
        changed["domains"].as_array_mut().expect("names").pop();
        fit_file::read(&changed.to_string()).err().expect("refused");
    }
}

/// JSON has no infinity: what the law has no finite loss for is null in the file and infinite when it is back.
#[test]
fn infinite_errors_come_back_from_a_fit_file_and_from_a_link() {
    let mut study =
        common::fitted(law("additive"), 3, vec![theta(&mut random(1), law("additive"), &shape(3, true, true))]);
    let score = &mut study.fits[0].report.scores[0];
    (score.n_holdout, score.fit_mre_percent, score.holdout_mre_percent) = (3, f64::INFINITY, Some(f64::INFINITY));
    let back = fit_file::read(&fit_file::write(&study, None, None)).expect("our own file").0;
    assert_eq!(back.fits[0].report.scores, study.fits[0].report.scores);
    let scenario = Scenario::at_the_edge_of(&study.summary);
    let shared = mixlaw::share::decode(&mixlaw::share::encode(&study, &scenario).expect("a link")).expect("our own");
    assert_eq!(shared.study.fits[0].report.scores, study.fits[0].report.scores);
    optimum(&back, &scenario).expect("an optimum");
}

/// C^A = A^p has no place in an f64 at the corners of the bounds; the file brings the fit back all the same.
#[test]
fn fit_files_bring_back_every_theta_within_bounds() {
    for law in LAWS {
        let k = common::most_domains(law, 3);
        let parameters = law.parameters(&common::shape_of(law, k, true, true));
        for corner in 0..4 {
            let high = |position: usize| (corner >> (position % 2)) & 1 == 1;
            let bound = |(position, parameter): (usize, &mixlaw::law::Parameter)| {
                if high(position) { parameter.bounds.1 } else { parameter.bounds.0 }
            };
            let at: Vec<f64> = parameters.iter().enumerate().map(bound).collect();
            let study = common::fitted(law, k, vec![at.clone()]);
            let back = fit_file::read(&fit_file::write(&study, None, None)).expect("our own file").0;
            for (seen, expected) in back.fits[0].theta.iter().zip(&at) {
                assert!((seen - expected).abs() < 1e-6 * expected.abs().max(1.0), "{}: {seen} {expected}", law.id());
            }
        }
    }
}
