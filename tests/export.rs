//! The files for other programs: each says what the library says, and is of the form that its reader asks for.

mod common;

use common::{fitted, random, random_fits, shape_of, theta};
use mixlaw::dataset::Dataset;
use mixlaw::export::difference::{Entry, Side, difference};
use mixlaw::export::{FORMATS, Format, Known, KnownOptimum, Missing, Part, fit_file};
use mixlaw::fit::{FitConfig, fit};
use mixlaw::law::{LAWS, by_id};
use mixlaw::mixture::{Limits, Optimum, Scenario, WeightLimit, near_optimal, optimum};
use mixlaw::predict::{FittedStudy, Form, Replicate};
use mixlaw::units::{Params, Tokens};
use serde_json::Value;

/// Fits of the additive law to its own data, with the runs.
fn study() -> (FittedStudy, Dataset) {
    let law = LAWS[0];
    let mut random = random(4);
    let thetas: Vec<Vec<f64>> = (0..2).map(|_| theta(&mut random, law, &shape_of(law, 3, true, true))).collect();
    let mixtures: Vec<Vec<f64>> = (0..8).map(|_| common::mixture(&mut random, 3, false)).collect();
    let runs = common::simulated(law, &thetas, &mixtures, &[1e8, 1e9], &[2e9, 9e9], 0.01, 4);
    let config = FitConfig { starts: 2, ..FitConfig::default() };
    let fits = (0..2).map(|target_idx| fit(law, &runs, &[target_idx], &config, &mut |_| {}).expect("a fit")).collect();
    (FittedStudy::of(&runs, fits), runs)
}

/// The last domain has no weight, the first a stock of which the mixture takes two and a half epochs or more.
fn asked(study: &FittedStudy) -> (Scenario, Optimum) {
    let last = study.domains.last().expect("a domain").clone();
    let first = study.domains[0].clone();
    let limit = |domain: &String, min, max| WeightLimit { domain: domain.clone(), min, max };
    let limits = Limits {
        weights: vec![limit(&first, Some(0.25), None), limit(&last, None, Some(0.0))],
        stocks: vec![(first, Tokens(1e10))],
        ..Limits::extrapolating()
    };
    let scenario = Scenario { limits, ..Scenario::new(Params(7e9), Tokens(1e11)) };
    let optimum = optimum(study, &scenario).expect("an optimum");
    assert!(optimum.mixture[0] >= 0.25 && optimum.mixture.last() == Some(&0.0));
    (scenario, optimum)
}

fn written(study: &FittedStudy, id: &str) -> String {
    let (scenario, optimum) = asked(study);
    let near = near_optimal(study, &scenario, &optimum, 0.005).expect("ranges");
    let known =
        KnownOptimum { scenario: &scenario, optimum: &optimum, near: Some(&near), certainty: None, verdict: None };
    let known = Known { study, runs: None, replicates: None, optimum: Some(known) };
    Format::by_id(id).expect(id).write(&known).expect(id)
}

fn yaml(study: &FittedStudy, id: &str) -> Value {
    let text = written(study, id);
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Fits with names that are nobody's path, key or number.
fn odd() -> FittedStudy {
    let mut study = random_fits(&mut random(2), LAWS[0], 4, 2);
    study.domains = ["common crawl: 2024 #1", "$(rm -rf x)", "wiki\"s\n", "1e3"].map(String::from).to_vec();
    study
}

/// Sums to 1 as closely as OLMo-core asks for.
#[track_caller]
fn check_weights(study: &FittedStudy, weights: &[(String, f64)]) {
    let (_, optimum) = asked(study);
    let kept: Vec<_> = study.domains.iter().zip(&optimum.mixture).filter(|(_, weight)| **weight > 1e-8).collect();
    assert_eq!(weights.len(), kept.len());
    for ((name, weight), (expected_name, expected)) in weights.iter().zip(kept) {
        assert_eq!(name, expected_name);
        assert!((weight - expected).abs() <= 1e-8, "{name}: {weight} {expected}");
    }
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
}

#[test]
fn trainers_get_the_weights_under_the_names() {
    for study in [odd(), random_fits(&mut random(3), by_id("joint").expect("joint"), 6, 3)] {
        let number = |value: &Value| value.as_f64().expect("a number");
        let by_name = |value: &Value| -> Vec<(String, f64)> {
            value.as_object().expect("by name").iter().map(|(name, value)| (name.clone(), number(value))).collect()
        };
        check_weights(&study, &by_name(&yaml(&study, "yaml")["weights"]));

        let levanter = &yaml(&study, "levanter")["data"];
        check_weights(&study, &by_name(&levanter["train_weights"]));
        let names = |value: &Value| value.as_object().expect("by name").keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&levanter["configs"]), names(&levanter["train_weights"]));

        let sources = &yaml(&study, "olmo-core")["sources"];
        let sources = sources.as_array().expect("a list");
        let name = |source: &Value| source["source_name"].as_str().expect("a name").to_string();
        let weights: Vec<_> = sources.iter().map(|source| (name(source), number(&source["target_ratio"]))).collect();
        check_weights(&study, &weights);
        assert!(sources.iter().all(|source| source["paths"].as_array().is_some_and(|paths| paths.len() == 1)));
        // At least the epochs of the one stock that is known.
        let epochs = asked(&study).1.mixture[0] * 10.0;
        let repetition = number(&sources[0]["max_repetition_ratio"]);
        assert!((epochs..epochs + 1.1e-4).contains(&repetition), "{repetition} {epochs}");
        assert!(sources[1]["max_repetition_ratio"].is_null(), "no stock is known");

        let mix = &yaml(&study, "olmix")["mix"];
        let mix = mix.as_object().expect("by name").iter().map(|(name, of)| (name.clone(), number(&of["weight"])));
        check_weights(&study, &mix.collect::<Vec<_>>());
    }
}

/// Bash reads the array, and Megatron-LM takes its words in pairs.
#[cfg(unix)]
#[test]
fn megatron_gets_weights_and_prefixes_in_turn() {
    let study = odd();
    let script = written(&study, "megatron") + "printf '%s\\n' \"${DATA_ARGS[@]}\"\n";
    let output = std::process::Command::new("bash").args(["-c", &script]).output().expect("Bash runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let words = String::from_utf8(output.stdout).expect("UTF-8");
    let words: Vec<&str> = words.lines().collect();
    assert_eq!(words[0], "--data-path");
    let pairs: Vec<(String, f64)> = words[1..]
        .chunks(2)
        .zip(&study.domains)
        .map(|(pair, name)| (name.clone(), pair[0].parse().expect("a weight")))
        .collect();
    check_weights(&study, &pairs);
    let prefixes: Vec<&str> = words[2..].iter().step_by(2).copied().collect();
    assert_eq!(prefixes, ["/path/to/common_crawl__2024__1", "/path/to/__rm_-rf_x_", "/path/to/wiki_s_"]);
}

#[test]
fn the_mixture_is_written_in_full() {
    let study = odd();
    let (_, optimum) = asked(&study);
    let value: Value = serde_json::from_str(&written(&study, "json")).expect("JSON");
    let weights: Vec<f64> =
        study.domains.iter().map(|name| value["weights"][name].as_f64().expect("a weight")).collect();
    assert_eq!(weights, optimum.mixture);
    assert_eq!(value["weighted_loss"].as_f64(), Some(optimum.weighted_loss.0));
    let csv = written(&study, "mixture");
    assert!(csv.starts_with("domain,weight,near_optimal_low,near_optimal_high,interval_low,"), "{csv}");
    let first: Vec<&str> = csv.lines().nth(1).expect("a row").split(',').collect();
    assert_eq!(first[0], "common crawl: 2024 #1");
    assert_eq!(first[1].parse(), Ok(optimum.mixture[0]));
    assert_eq!(first[8].parse(), Ok(optimum.mixture[0] * 1e11 / 1e10));
    assert!(csv.contains("\"wiki\"\"s\n\","), "{csv}");
}

#[test]
fn predictions_are_those_of_the_fits() {
    let (study, runs) = study();
    let known = Known { study: &study, runs: Some(&runs), replicates: None, optimum: None };
    let csv = Format::by_id("predictions").expect("a format").write(&known).expect("predictions");
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0].join(","), "line,n,d,domain0,domain1,domain2,target,observed,predicted,residual,split");
    assert_eq!(rows.len() - 1, 2 * runs.observations().len());
    for row in &rows[1..] {
        let number = |at: usize| row[at].parse::<f64>().expect("a number");
        let target = study.targets().find(|target| target.name == row[6]).expect("a target");
        let h = [number(3), number(4), number(5)];
        let loss = target.loss(Some(Params(number(1))), Some(Tokens(number(2))), &h).0;
        // The residual has the sign that it has in the charts.
        assert_eq!((number(8), number(9), row[10]), (loss, number(7) - loss, "fit"));
    }
    let csv = Format::by_id("parameters").expect("a format").write(&known).expect("parameters");
    let expected: Vec<f64> = study.fits.iter().flat_map(|fit| fit.law.natural(&fit.shape, &fit.theta)).collect();
    let values: Vec<f64> =
        csv.lines().skip(1).map(|line| line.split(',').nth(4).expect("a value").parse().expect("a number")).collect();
    assert_eq!(values, expected);
    assert!(csv.contains("target1,additive,gamma,domain2,"), "{csv}");
}

/// Listed so, each dataset gives the tokens that the mixture asks for.
#[test]
fn axolotl_sees_each_domain_as_often_as_the_mixture_asks() {
    let (study, _) = study();
    let (mut scenario, optimum) = asked(&study);
    let text = |scenario: &Scenario| {
        let known = KnownOptimum { scenario, optimum: &optimum, near: None, certainty: None, verdict: None };
        let known = Known { study: &study, runs: None, replicates: None, optimum: Some(known) };
        Format::by_id("axolotl").expect("a format").write(&known)
    };
    let missing = text(&scenario).expect_err("one domain has no stock");
    assert_eq!(missing, Missing::Stock(study.domains[1].clone()));
    scenario.limits.stocks = study.domains.iter().map(|name| (name.clone(), Tokens(1.1e10))).collect();
    let file: Value = serde_saphyr::from_str(&text(&scenario).expect("every stock is known")).expect("YAML");
    assert_eq!(file["num_epochs"], 1);
    for (name, h) in study.domains.iter().zip(&optimum.mixture) {
        let path = format!("/path/to/{name}");
        let datasets =
            file["datasets"].as_array().expect("a list").iter().filter(|dataset| dataset["path"] == path.as_str());
        let weights: Vec<f64> = datasets.map(|dataset| dataset["weight"].as_f64().expect("a weight")).collect();
        assert!(weights.iter().all(|weight| *weight > 0.0 && *weight <= 1.0), "{weights:?}");
        assert!((weights.iter().sum::<f64>() * 1.1e10 - h * 1e11).abs() < 1e3, "{name}: {weights:?}");
    }
    scenario.limits.stocks[0].1 = Tokens(1e6);
    assert_eq!(text(&scenario).expect_err("seen thousands of times"), Missing::Stock(study.domains[0].clone()));
}

#[test]
fn latex_has_a_row_for_each_parameter() {
    let (mut study, _) = study();
    study.domains[1] = "my_web & 50%".into();
    let replicate = |scale: f64| Replicate {
        thetas: study.fits.iter().map(|fit| fit.theta.iter().map(|theta| theta + scale).collect()).collect(),
        holdout_mre_percent: vec![None; 2],
        mixtures: Vec::new(),
    };
    let replicates: Vec<Replicate> = (0..40).map(|at| replicate(f64::from(at) * 1e-3)).collect();
    let known = Known { study: &study, runs: None, replicates: Some(&replicates), optimum: None };
    let latex = Format::by_id("latex").expect("a format").write(&known).expect("LaTeX");
    for part in ["align*", "table", "tabular"] {
        assert_eq!(latex.matches(&format!("\\begin{{{part}}}")).count(), 2, "{latex}");
        assert_eq!(latex.matches(&format!("\\end{{{part}}}")).count(), 2, "{latex}");
    }
    let rows = latex.lines().filter(|line| line.starts_with("    $") && line.ends_with("\\\\")).count();
    assert_eq!(rows, study.fits.iter().map(|fit| fit.theta.len()).sum::<usize>());
    assert!(latex.contains("$C_{\\text{my\\_web \\& 50\\%}}$ & $"), "{latex}");
    let unescaped = latex.matches('{').count() - latex.matches("\\{").count();
    assert_eq!(unescaped, latex.matches('}').count() - latex.matches("\\}").count());
    // θ grows, so that γ's interval begins near its value and ends 4 % above.
    let gamma = study.fits[0].parameters(&study.domains).iter().find(|(name, _)| name == "gamma_domain0").expect("γ").1;
    let row = latex.lines().find(|line| line.starts_with("    $\\gamma_{\\text{domain0}}$")).expect("its row");
    let ends = row.split_once('[').expect("an interval").1;
    let high: f64 = ends.split([',', ']']).nth(1).expect("an end").trim().parse().expect("a number");
    assert!(high > gamma && high < 1.05 * gamma, "{row}");
}

#[test]
fn bibtex_names_the_method_and_each_law_once() {
    let repetition = random_fits(&mut random(1), by_id("additive-repetition").expect("a law"), 2, 3);
    let known = Known { study: &repetition, runs: None, replicates: None, optimum: None };
    let text = Format::by_id("bibtex").expect("a format").write(&known).expect("BibTeX");
    assert_eq!(text.matches("@misc{").count(), 2, "{text}");
    assert!(text.contains("eprint = {2507.09404}") && text.contains("eprint = {2305.16264}"), "{text}");
    assert_eq!(text.matches('{').count(), text.matches('}').count());
}

#[test]
fn what_is_missing_is_said() {
    let study = odd();
    let known = Known { study: &study, runs: None, replicates: None, optimum: None };
    for format in &FORMATS {
        match (format.write(&known), format.part, format.id) {
            (Err(Missing::Optimum), Part::Mixture, _) | (Err(Missing::Runs), Part::Fits, "predictions") => {}
            (Ok(_), Part::Fits, _) => {}
            (other, ..) => panic!("{}: {other:?}", format.id),
        }
    }
    let mut files: Vec<&str> = FORMATS.iter().map(|format| format.file).collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), FORMATS.len());
}

/// A project is a fit file, and brings back what was put in.
#[test]
fn a_project_brings_back_all_that_it_holds() {
    let (study, runs) = study();
    let (scenario, optimum) = asked(&study);
    let replicate = Replicate {
        thetas: study.fits.iter().map(|fit| fit.theta.clone()).collect(),
        holdout_mre_percent: vec![None, Some(0.125)],
        mixtures: Vec::new(),
    };
    let replicates = vec![replicate; 3];
    let optimum = KnownOptimum { scenario: &scenario, optimum: &optimum, near: None, certainty: None, verdict: None };
    let known = Known { study: &study, runs: Some(&runs), replicates: Some(&replicates), optimum: Some(optimum) };
    let draft = serde_json::json!({ "text": "w_a,w_b\n0.5,0.5", "roles": null, "law": "additive" });
    let text = fit_file::write_project(draft.clone(), Some(&known));
    let saved = fit_file::read_saved(&text).expect("our own file");
    assert_eq!(saved.draft, Some(draft));
    assert_eq!(saved.replicates, replicates);
    assert_eq!(saved.runs.as_ref().map(Dataset::observations), Some(runs.observations()));
    let back = saved.study.expect("fits");
    assert_eq!(saved.scenario.expect("a scenario").scenario(&back), Ok(scenario));
    for (before, after) in study.fits.iter().zip(&back.fits) {
        assert_eq!((&before.targets, &before.report), (&after.targets, &after.report));
    }
    // As the command line reads it.
    assert_eq!(fit_file::read(&text).expect("a fit file").0.domains, study.domains);
    assert_eq!(fit_file::table(text.as_bytes()), Some(("w_a,w_b\n0.5,0.5".to_string(), None, Vec::new())));

    let unfitted = fit_file::write_project(serde_json::json!({ "text": "a" }), None);
    assert!(fit_file::read_saved(&unfitted).expect("a project").study.is_none());
    let error = fit_file::read(&unfitted).err().expect("no fits").to_string();
    assert_eq!(error, "the fit file has no fits; fit at least one target");
}

#[test]
fn replicates_of_other_fits_are_refused() {
    let (study, _) = study();
    let good = Replicate {
        thetas: study.fits.iter().map(|fit| fit.theta.clone()).collect(),
        holdout_mre_percent: vec![None; 2],
        mixtures: Vec::new(),
    };
    let file: Value = serde_json::from_str(&fit_file::write(&study, None, Some(&[good]))).expect("JSON");
    let says = |change: fn(&mut Value)| {
        let mut file = file.clone();
        change(&mut file["bootstrap"]["draws"][0]);
        fit_file::read_saved(&file.to_string()).err().map(|error| error.to_string())
    };
    assert_eq!(says(|_| {}), None);
    let expected = "the fit file says something impossible: a replicate of a bootstrap that is not of these fits; \
                    write it again with `mixlaw fit … --json`";
    assert_eq!(says(|draw| draw["thetas"][0] = serde_json::json!([1.0, 2.0])).as_deref(), Some(expected));
    assert_eq!(says(|draw| draw["thetas"] = serde_json::json!([])).as_deref(), Some(expected));
    assert_eq!(says(|draw| draw["holdout_mre_percent"] = serde_json::json!([1.0])).as_deref(), Some(expected));
    for text in ["{}", "[]", "{\"mixlaw\":1,\"draft\":3}", "{\"mixlaw\":1,\"draft\":{\"text\":3}}", "{", "a,b\n1,2"] {
        assert_eq!(fit_file::table(text.as_bytes()), None, "{text}");
    }
}

/// Nothing in a study's θ, however far out, keeps a file from being written.
#[test]
fn every_law_is_written_in_every_format() {
    for law in LAWS {
        let study = random_fits(&mut random(8), law, 3, 2);
        let shape = &study.fits[0].shape;
        let far: Vec<f64> = law.parameters(shape).iter().map(|parameter| parameter.bounds.1).collect();
        for study in [fitted(law, study.domains.len(), vec![far]), study] {
            let known = Known { study: &study, runs: None, replicates: None, optimum: None };
            for format in FORMATS.iter().filter(|format| format.part == Part::Fits && format.id != "predictions") {
                let text = format.write(&known).expect("written");
                let infinite = ["inf,", "inf]", "NaN"].iter().any(|word| text.contains(word));
                assert!(!infinite, "{}: {text}", law.id());
            }
        }
    }
}

#[test]
fn a_study_differs_from_itself_in_nothing() {
    let (study, _) = study();
    let (scenario, optimum) = asked(&study);
    let side = Side { study: &study, scenario: Some(&scenario), optimum: Some(&optimum) };
    let sections = difference(&side, &side);
    let titles: Vec<&str> = sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Optimum", "Fits", "Scenario", "Data and settings", "Parameters of target0", "Parameters of target1"]
    );
    for row in sections.iter().flat_map(|section| &section.rows) {
        assert!(row.is_same() && row.change().is_none_or(|change| change == 0.0), "{row:?}");
    }
}

#[test]
fn what_differs_stands_side_by_side() {
    let (study, _) = study();
    let (scenario, optimum) = asked(&study);
    let mut other = study.clone();
    other.fits[1].theta[0] += 0.5;
    other.fits[0].targets[0] = "target9".into();
    other.fits[0].report.config.seed = 7;
    let far = Scenario { d: Tokens(2e11), ..scenario.clone() };
    let left = Side { study: &study, scenario: Some(&scenario), optimum: Some(&optimum) };
    let right = Side { study: &other, scenario: Some(&far), optimum: None };
    let sections = difference(&left, &right);
    let row = |title: &str, name: &str| {
        let section = sections.iter().find(|section| section.title == title).expect(title);
        section.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}: {section:?}")).clone()
    };
    assert_eq!(row("Data and settings", "seed").change(), Some(7.0));
    assert_eq!(row("Scenario", "D").change(), Some(1e11));
    assert!(row("Scenario", "min: domain0").is_same());
    let e = study.fits[1].theta[0];
    let change = row("Parameters of target1", "E").change().expect("two numbers");
    assert!((change - ((e + 0.5).exp() - e.exp())).abs() < 1e-12);
    assert!(row("Parameters of target1", "A").is_same());
    assert_eq!(row("Parameters of target0", "A").right, Entry::Nothing);
    assert_eq!(row("Parameters of target9", "A").left, Entry::Nothing);
    assert_eq!(row("Optimum", "weight of domain0").right, Entry::Nothing);
    assert_eq!(row("Optimum", "weight of domain0").left, Entry::Share(optimum.mixture[0]));
}

/// A law that is not all that predicts is not taken for what predicts.
#[test]
fn a_law_that_does_not_reproduce_the_predictions_says_so() {
    let (mut study, _) = study();
    for id in ["python", "latex"] {
        let mut with = |form: Form| {
            study.form = form;
            written(&study, id)
        };
        let said = |text: &str| text.contains("does not reproduce them");
        assert!(!said(&with(Form::Law)));
        let residual = with(Form::Residual);
        assert!(said(&residual) && residual.contains("this law times the exponential of a Gaussian process"));
        let process = with(Form::Process);
        assert!(said(&process) && process.contains("a Gaussian process on the log losses, not from this law"));
    }
}

/// A scale that nothing depends on is not named: it would be one that nobody gave.
#[test]
fn only_what_the_fits_depend_on_is_said_of_a_scale() {
    let mut study = random_fits(&mut random(3), LAWS[0], 3, 1);
    let (n, d) = (Params(7e9), Tokens(1.5e11));
    assert!(written(&study, "yaml").starts_with("# Mixture by Mixlaw for 7B parameters on 100B tokens.\n"));
    for (n_term, d_term, words) in
        [(true, true, Some("7B parameters on 150B tokens")), (false, true, Some("150B tokens")), (false, false, None)]
    {
        study.fits.iter_mut().for_each(|fit| (fit.shape.n_term, fit.shape.d_term) = (n_term, d_term));
        assert_eq!(study.scale_words(n, d).as_deref(), words);
    }
}
