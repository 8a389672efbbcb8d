//! The command line as its users call it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn mixlaw(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mixlaw")).args(args).current_dir(folder).output().expect("mixlaw starts")
}

#[track_caller]
fn json(folder: &Path, args: &[&str]) -> Value {
    let output = mixlaw(folder, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

/// The exit code and the last line on standard error.
fn fails(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = mixlaw(folder, args);
    assert!(output.stdout.is_empty(), "nothing on standard output when it fails");
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_string();
    (output.status.code().expect("an exit code"), stderr.lines().last().unwrap_or("").to_string())
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).expect("writable");
    path
}

/// The example study, with the targets and rows that keep the tests quick.
fn folder_with_study() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder, "runs.csv", &mixlaw::sample::llm());
    folder
}

/// What is said beside the results must not cost them: `2>&-` and `2>/dev/full` once lost a finished fit.
#[cfg(target_os = "linux")]
#[test]
fn results_come_though_standard_error_is_full() {
    use std::process::Stdio;
    let folder = folder_with_study();
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it"));
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mixlaw"));
        command.args(args).current_dir(folder.path()).stderr(full()).output().expect("mixlaw starts")
    };
    let fit = run(&["fit", "runs.csv", "--target", "c4_loss", "--starts", "2", "--json"]);
    assert!(fit.status.success());
    fs::write(folder.path().join("fit.json"), &fit.stdout).expect("writable");
    assert!(serde_json::from_slice::<Value>(&fit.stdout).is_ok());
    let predicted = run(&["predict", "fit.json", "runs.csv"]);
    assert!(predicted.status.success() && predicted.stdout.starts_with(b"line\t"));
    let failed = run(&["fit", "no-such-file.csv"]);
    assert_eq!(failed.status.code(), Some(1), "an error, not a panic");
}

#[test]
fn fit_predict_optimum_and_link_go_together() {
    let folder = folder_with_study();
    let at = folder.path();
    for law in ["additive", "joint"] {
        let args = [
            "fit",
            "runs.csv",
            "--law",
            law,
            "--target",
            "arxiv_loss",
            "--target",
            "stackexchange_loss",
            "--starts",
            "4",
            "--seed",
            "7",
            "--json",
        ];
        let fitted = json(at, &args);
        let fits = fitted["fits"].as_array().expect("fits");
        assert_eq!(fits.len(), 2);
        for (fit, target) in fits.iter().zip(["arxiv_loss", "stackexchange_loss"]) {
            assert_eq!(fit["target"], target);
            assert_eq!(fit["law"], law);
            assert_eq!((&fit["n_fit"], &fit["starts"], &fit["seed"]), (&384.into(), &4.into(), &7.into()));
            assert_eq!(fit["status"], "converged");
            assert!(fit["objective"].as_f64().expect("a number") > 0.0);
            for mre in ["fit_mre_percent", "holdout_mre_percent"] {
                assert!(fit[mre].as_f64().expect("a number") < 1.5, "{mre} {}", fit[mre]);
            }
            assert!(fit["seconds"].as_f64().expect("a number") > 0.0);
            assert!(fit["agreeing_starts"].as_u64().expect("a number") <= 4);
            assert!(fit["parameters"]["alpha"].as_f64().expect("a number") > 0.0);
        }
        write(&folder, "fit.json", &fitted.to_string());

        let predicted = json(at, &["predict", "fit.json", "runs.csv", "--json"]);
        let rows = predicted["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), 2 * 400);
        assert!(rows[0]["predicted"].is_f64() && rows[0]["observed"].is_f64() && rows[0]["line"] == 2);
        // All rows are the fitted and the held-out ones together.
        let (fit, holdout) = (&fits[0]["fit_mre_percent"], &fits[0]["holdout_mre_percent"]);
        let expected = (384.0 * fit.as_f64().expect("a number") + 16.0 * holdout.as_f64().expect("a number")) / 400.0;
        let seen = predicted["mre_percent"]["arxiv_loss"].as_f64().expect("a number");
        assert!((seen - expected).abs() < 1e-9, "{seen} {expected}");

        let args =
            [
                &[
                    "optimum",
                    "fit.json",
                    "--n",
                    "7B",
                    "--d",
                    "150B",
                    "--weights",
                    "arxiv_loss=1",
                    "stackexchange_loss=3",
                ][..],
                // A link has no runs, and so cannot say which mixtures they support.
                &["--extrapolate", "--json"],
            ]
            .concat();
        let optimum = json(at, &args);
        let weights = optimum["weights"].as_object().expect("weights by domain");
        let sum: f64 = weights.values().map(|weight| weight.as_f64().expect("a number")).sum();
        assert!(weights.len() == 7 && (sum - 1.0).abs() < 1e-12, "{weights:?}");
        assert_eq!(optimum["target_weights"]["stackexchange_loss"], 0.75);
        assert!(optimum["losses"]["arxiv_loss"].is_f64());
        assert!(optimum["kkt_residual"].as_f64().expect("a number") <= 1e-8);

        let args = [
            "link",
            "fit.json",
            "--n",
            "7B",
            "--d",
            "150B",
            "--extrapolate",
            "--weights",
            "arxiv_loss=1",
            "stackexchange_loss=3",
        ];
        let link = String::from_utf8(mixlaw(at, &args).stdout).expect("text");
        let shared = mixlaw::share::decode(&link).expect("our own link");
        let again = mixlaw::mixture::optimum(&shared.study, &shared.scenario).expect("a sound scenario");
        let (seen, expected) = (again.weighted_loss.0, optimum["weighted_loss"].as_f64().expect("a number"));
        assert!((seen - expected).abs() < 1e-7, "{seen} {expected}");
    }
}

/// The settings of the paper are two options.
#[test]
fn a_minimum_of_0_frees_the_maximum_of_gamma_too() {
    let folder = folder_with_study();
    let ceiling = |options: &[&str]| {
        let args = ["fit", "runs.csv", "--law", "additive", "--target", "book_loss", "--starts", "1", "--json"];
        json(folder.path(), &[&args, options].concat())["fits"][0]["gamma_ceiling"].as_f64()
    };
    assert_eq!(ceiling(&[]), Some(1.0));
    assert_eq!(ceiling(&["--gamma-floor", "0"]), None);
    assert_eq!(ceiling(&["--gamma-floor", "0", "--gamma-ceiling", "2"]), Some(2.0));
    assert_eq!(ceiling(&["--gamma-ceiling", "0"]), None);
}

#[test]
fn the_same_seed_gives_the_same_fit_and_the_order_of_rows_does_not_matter() {
    let folder = folder_with_study();
    let text = fs::read_to_string(folder.path().join("runs.csv")).expect("readable");
    let (header, rows) = text.split_once('\n').expect("rows");
    let reversed: Vec<&str> = rows.lines().rev().collect();
    write(&folder, "reversed.csv", &format!("{header}\n{}\n", reversed.join("\n")));
    let parameters = |file: &str| {
        let args = ["fit", file, "--target", "book_loss", "--starts", "2", "--json"];
        json(folder.path(), &args)["fits"][0]["parameters"].clone()
    };
    assert_eq!(parameters("runs.csv"), parameters("runs.csv"));
    assert_eq!(parameters("runs.csv"), parameters("reversed.csv"));
}

#[test]
fn tables_without_losses_are_predicted() {
    let folder = folder_with_study();
    let args = ["fit", "runs.csv", "--target", "c4_loss", "--starts", "1", "--json"];
    write(&folder, "fit.json", &json(folder.path(), &args).to_string());
    let plan = "weight_wikipedia;weight_arxiv;weight_book;weight_c4;weight_github;weight_commoncrawl;weight_stackexchange;N;D\n\
        0,1;0,1;0,1;0,4;0,1;0,1;0,1;7B;150B\n";
    write(&folder, "plan.csv", plan);
    let predicted = json(folder.path(), &["predict", "fit.json", "plan.csv", "--json"]);
    let rows = predicted["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 1);
    assert!(rows[0].get("observed").is_none());
    let loss = rows[0]["predicted"].as_f64().expect("a number");
    assert!((2.0..3.5).contains(&loss), "{loss}");
}

/// Of all targets those that can be fitted are; of those that are named, every one must be.
#[test]
fn a_target_that_cannot_be_fitted_is_left_out_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |i: usize| {
        let web = 0.05 + 0.09 * i as f64;
        let loss = 2.0 + web * web;
        format!("{web:.2},{:.2},{loss:.4},{:.1}\n", 1.0 - web, 1e5 * (1.0 + web))
    };
    let rows: String = (0..10).map(row).collect();
    write(&folder, "runs.csv", &format!("weight_web,weight_code,web_loss,big_loss\n{rows}"));
    let fit = ["fit", "runs.csv", "--law", "m4", "--starts", "2", "--json", "--role", "big_loss=loss"];
    let output = mixlaw(folder.path(), &fit);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.contains("left out big_loss: the losses of \"big_loss\" are"),
        "{stderr}"
    );
    let fitted: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let targets: Vec<&Value> = fitted["fits"].as_array().expect("fits").iter().map(|fit| &fit["target"]).collect();
    assert_eq!(targets, ["web_loss"]);
    let (code, sentence) =
        fails(folder.path(), &[&fit[..], &["--target", "web_loss", "--target", "big_loss"]].concat());
    assert!(code == 1 && sentence.contains("the losses of \"big_loss\" are"), "{sentence}");
}

#[test]
fn bad_data_and_settings_end_with_a_sentence_and_exit_code_1() {
    let folder = folder_with_study();
    let at = folder.path();
    write(&folder, "empty.csv", "");
    write(&folder, "nothing.json", "{}");
    let cases: [(&[&str], &str); 9] = [
        (&["fit", "missing.csv"], "mixlaw: missing.csv cannot be read: No such file or directory (os error 2)"),
        (&["fit", "empty.csv"], "mixlaw: empty.csv: no usable table (see above)"),
        (
            &["fit", "/dev/zero"],
            "mixlaw: /dev/zero is longer than 50 MB, the most that can be read; leave out columns and lines that the fit \
             does not need",
        ),
        (
            &["predict", "/dev/zero", "empty.csv"],
            "mixlaw: /dev/zero is longer than 200 MB, the most that can be read; this is no fit file that \
             mixlaw writes",
        ),
        (
            &["fit", "runs.csv", "--target", "arxiv"],
            "mixlaw: no target is called \"arxiv\"; the table has: arxiv_loss, book_loss, c4_loss, github_loss, \
             commoncrawl_loss, stackexchange_loss, wikipedia_loss, openhermes_loss",
        ),
        (
            &["fit", "runs.csv", "--starts", "0"],
            "mixlaw: the number of starts is 0; it must be a whole number from 1 to 10000",
        ),
        (
            &["fit", "runs.csv", "--delta", "0"],
            "mixlaw: δ is 0; it must be a number of at least 0.00000001, such as 0.001",
        ),
        (
            &["fit", "runs.csv", "--role", "split=losses"],
            "mixlaw: \"losses\" is no role; a column is weight, n, d, flops, loss, perplexity, row-weight, split or ignore",
        ),
        (
            &["link", "nothing.json"],
            "mixlaw: nothing.json: this is no fit file: missing field `mixlaw`; write one with `mixlaw fit … --json`",
        ),
    ];
    for (args, expected) in cases {
        assert_eq!(fails(at, args), (1, expected.to_string()), "{args:?}");
    }
}

#[test]
fn one_of_several_experiments_is_chosen_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = "experiment,params,tokens,x_loss\n".to_string();
    for (name, n_runs) in [("first", 9), ("second", 8)] {
        for i in 1..=n_runs {
            let n = 1e8 * f64::from(i);
            text += &format!("{name},{n},{},{}\n", 3e18 / n, 1.7 + 400.0 / n.powf(0.34) + f64::from(i) / 512.0);
        }
    }
    write(&folder, "runs.csv", &text);
    let fit = ["fit", "runs.csv", "--law", "chinchilla", "--starts", "1"];
    let rows = |more: &[&str]| {
        let output = mixlaw(folder.path(), &[&fit[..], more].concat());
        let text = String::from_utf8(output.stdout).expect("text");
        let line = text.lines().find(|line| line.starts_with("x_loss")).expect("the target's line").to_string();
        line.split_whitespace().nth(1).expect("its rows").to_string()
    };
    assert_eq!(rows(&[]), "9");
    assert_eq!(rows(&["--experiment", "second"]), "8");
    assert_eq!(
        fails(folder.path(), &[&fit[..], &["--experiment", "secnod"]].concat()),
        (
            1,
            "mixlaw: no experiment is called \"secnod\"; the table has: first, second; did you mean second?"
                .to_string()
        )
    );
}

/// Limits, certainty and paths, from flags and from a file.
#[test]
fn an_optimum_comes_with_all_that_was_asked_for() {
    let folder = folder_with_study();
    let at = folder.path();
    let targets = ["--target", "arxiv_loss", "--target", "wikipedia_loss"];
    let args =
        [&["fit", "runs.csv", "--law", "additive", "--starts", "4", "--bootstrap", "20", "--json"][..], &targets]
            .concat();
    let fitted = json(at, &args);
    let interval = &fitted["bootstrap"]["fits"][0]["parameters"]["alpha"];
    let (low, high) = (interval[0].as_f64().expect("a number"), interval[1].as_f64().expect("a number"));
    assert!(low < high, "{interval}");
    assert!(fitted["bootstrap"]["fits"][1]["holdout_mre_percent"][0].is_f64());
    write(&folder, "fit.json", &fitted.to_string());
    let file = r#"{ "n": "7B", "d": "150B", "weights": { "arxiv_loss": "1/3", "wikipedia_loss": "2/3" },
        "max": { "wikipedia": "20 %" }, "stock": { "arxiv": "10B" }, "epochs": 2, "extrapolate": true,
        "group": [{ "domains": ["c4", "commoncrawl"], "min": 0.3 }], "present": { "c4": 1, "arxiv": 1 } }"#;
    write(&folder, "scenario.json", file);
    let from_file = json(
        at,
        &[
            "optimum",
            "fit.json",
            "--scenario",
            "scenario.json",
            "--bootstrap",
            "20",
            "--path",
            "scale,targets,prior",
            "--steps",
            "3",
            "--compare",
            "arxiv=0.5, wikipedia=0.5",
            "--json",
        ],
    );
    let weight = |domain: &str| from_file["weights"][domain].as_f64().expect("a weight");
    assert!(weight("wikipedia") <= 0.2 && weight("arxiv") <= 20.0 / 150.0 + 1e-12);
    assert!(weight("c4") + weight("commoncrawl") >= 0.3 - 1e-12);
    let prices: Vec<&str> = from_file["active_limits"]
        .as_array()
        .expect("prices")
        .iter()
        .filter_map(|price| price["price"].as_str())
        .collect();
    assert!(
        prices.iter().any(|price| price.starts_with("raising wikipedia by 1 point would lower the loss by")),
        "{prices:?}"
    );
    assert_eq!(from_file["bootstrap"]["replicates"], 20);
    assert_eq!(from_file["bootstrap"]["weights"].as_object().expect("intervals").len(), 7);
    let names: Vec<&str> =
        from_file["compared"].as_array().expect("mixtures").iter().filter_map(|other| other["name"].as_str()).collect();
    assert_eq!(names, ["uniform", "mean of the data", "present", "arxiv=0.5, wikipedia=0.5"]);
    assert!(
        from_file["compared"][0]["gain_interval"][1].is_f64() && from_file["compared"][0]["detectable"].is_boolean()
    );
    assert_eq!(from_file["near_optimal"]["epsilon"], 0.001);
    let path = from_file["scale_path"].as_array().expect("a path");
    assert_eq!((path.len(), &path[4]["n"]), (5, &"infinity".into()));
    let last = path[4]["weights"]["arxiv"].as_f64().expect("a weight");
    assert!(last < 1e-12, "no stock lasts for ever: {last}");
    assert_eq!(from_file["each_target"].as_object().expect("targets").len(), 2);
    assert_eq!(from_file["prior_path"][0]["kl"], 0.0);

    let flags = [
        "optimum",
        "fit.json",
        "--n",
        "7B",
        "--d",
        "150B",
        "--weights",
        "arxiv_loss=1",
        "wikipedia_loss=2",
        "--max",
        "wikipedia=20 %",
        "--stock",
        "arxiv=10B",
        "--epochs",
        "2",
        "--group",
        "c4+commoncrawl=0.3:",
        "--extrapolate",
        "--json",
    ];
    assert_eq!(json(at, &flags)["weights"], from_file["weights"]);
    // What was asked comes back as a scenario file.
    write(&folder, "again.json", &from_file["scenario"].to_string());
    let again = json(at, &["optimum", "fit.json", "--scenario", "again.json", "--json"]);
    assert_eq!(again["weights"], from_file["weights"]);

    // A group with one number has that weight.
    let group = |limit| json(at, &["optimum", "fit.json", "--n", "7B", "--d", "150B", "--group", limit, "--json"]);
    assert_eq!(group("c4+commoncrawl=0.4")["weights"], group("c4+commoncrawl=0.4:0.4")["weights"]);

    let flops = json(at, &["optimum", "fit.json", "--flops", "1e21", "--json"]);
    let (n, d) = (flops["n"].as_f64().expect("a number"), flops["d"].as_f64().expect("a number"));
    assert!((6.0 * n * d / 1e21 - 1.0).abs() < 1e-9);
    let text =
        String::from_utf8(mixlaw(at, &["optimum", "fit.json", "--n", "7B", "--d", "150B", "--path", "weights"]).stdout);
    assert!(text.expect("text").contains("Jensen–Shannon distance between the targets' weights and the mixture: 0."));
}

#[test]
fn bad_scenarios_get_a_sentence_that_names_the_field() {
    let folder = folder_with_study();
    let at = folder.path();
    let args = ["fit", "runs.csv", "--target", "c4_loss", "--starts", "1", "--json"];
    write(&folder, "fit.json", &json(at, &args).to_string());
    write(&folder, "wrong.json", r#"{ "n": "7B", "d": "150B", "maxima": {} }"#);
    let all = ["arxiv", "book", "c4", "github", "commoncrawl", "stackexchange", "wikipedia"];
    let caps: Vec<String> = all.iter().map(|domain| format!("{domain}=0.1")).collect();
    let caps: Vec<&str> = std::iter::once("--max").chain(caps.iter().map(String::as_str)).collect();
    let cases: [(&[&str], &str); 12] = [
        (
            &["--group", "arxiv+book="],
            "the group \"arxiv+book=\" must read DOMAIN+DOMAIN=LOW:HIGH or DOMAIN+DOMAIN=SHARE",
        ),
        (&["--max", "c4=0.5", "c4=0.2"], "the largest weight of \"c4\" is given twice; give it once"),
        (&caps, "no mixture can meet all of these: arxiv at most 10 %; book at most 10 %; "),
        (&["--stock", "c4=0", "--epochs", "4"], "the stock of \"c4\": \"0\" is not possible; a number of tokens"),
        (&["--min", "c4=0.5", "--max", "c4=0.2"], "the weight of c4 is to be at least 0.5 and at most 0.2; "),
        (&["--max", "web=0.5"], "a weight limit names \"web\", which is no domain of the fits; those are: arxiv, "),
        (&["--epsilon", "-0.1"], "ε of the near-optimal range is -0.1; it must be 0 or more"),
        (&["--epochs", "-1"], "the maximum number of epochs is -1; it must be a positive number"),
        (&["--kl", "-1"], "λ of the prior is -1; it must be a positive number"),
        (&["--bootstrap", "3"], "the bootstrap has 3 replicates; it must have between 20 and 100000"),
        (&["--path", "scale", "--grow-n", "-2"], "the growth of N is -2; it must be a positive number"),
        (&["--scenario", "wrong.json"], "wrong.json is no scenario: unknown field `maxima`"),
    ];
    for (changes, expected) in cases {
        let (code, sentence) = fails(at, &[&["optimum", "fit.json", "--n", "7B", "--d", "150B"][..], changes].concat());
        assert!(code > 0 && sentence.contains(expected), "{changes:?}: {sentence}");
    }
    let negative = mixlaw(at, &["optimum", "fit.json", "--n", "7B", "--d", "-5"]);
    let sentence = String::from_utf8_lossy(&negative.stderr).to_string();
    assert!(
        sentence.contains("'--d <D>': \"-5\" is not possible; a number of tokens must be more than 0"),
        "{sentence}"
    );
    write(&folder, "flops.json", r#"{ "flops": 1e21 }"#);
    let given = json(at, &["optimum", "fit.json", "--scenario", "flops.json", "--n", "1B", "--d", "20B", "--json"]);
    assert_eq!((given["n"].as_f64(), given["d"].as_f64()), (Some(1e9), Some(2e10)), "given, not found");
    let (code, sentence) = fails(at, &["optimum", "fit.json", "--flops", "1e21", "--spend-stocks"]);
    assert!(code == 2, "{sentence}");
    // What the page says beside the optimum, this says, too.
    let idle = json(at, &["optimum", "fit.json", "--n", "700B", "--d", "20B", "--stock", "c4=1B", "--json"]);
    let warnings = idle["warnings"].to_string();
    assert!(warnings.contains("times your largest model"), "{warnings}");
    assert!(warnings.contains("set a maximum number of epochs, or token stocks have no effect"), "{warnings}");
    let prior =
        ["optimum", "fit.json", "--n", "7B", "--d", "20B", "--prior", "c4=1", "--kl", "0.1", "--extrapolate", "--json"];
    let warnings = json(at, &prior)["warnings"].to_string();
    assert!(warnings.contains("the prior has no weight for arxiv, book, "), "{warnings}");
    let ignored = prior.map(|argument| if argument == "0.1" { "0" } else { argument });
    let warnings = json(at, &ignored)["warnings"].to_string();
    assert!(!warnings.contains("the prior"), "{warnings}");
    let no_tokens = mixlaw(at, &["optimum", "fit.json", "--n", "7B", "--d", "0"]);
    let sentence = String::from_utf8_lossy(&no_tokens.stderr).to_string();
    assert!(
        sentence.contains("'--d <D>': \"0\" is not possible; a number of tokens must be more than 0"),
        "{sentence}"
    );
    let without = json(at, &args);
    let mut without = without.as_object().expect("an object").clone();
    without.remove("runs");
    write(&folder, "old.json", &Value::Object(without).to_string());
    let (_, sentence) = fails(at, &["optimum", "old.json", "--n", "7B", "--d", "150B", "--bootstrap", "20"]);
    assert!(sentence.starts_with("mixlaw: the fit file has no runs to refit"), "{sentence}");
}

#[test]
fn wrong_usage_ends_with_exit_code_2() {
    let folder = folder_with_study();
    let usages: [&[&str]; 5] = [
        &[],
        &["fit"],
        &["fit", "runs.csv", "--law", "cubic"],
        &["fit", "runs.csv", "--holdout", "some"],
        &["optimum", "fit.json", "--n", "seven", "--d", "150B"],
    ];
    for args in usages {
        assert_eq!(fails(folder.path(), args).0, 2, "{args:?}");
    }
}

/// A full disk is no success.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = Command::new(env!("CARGO_BIN_EXE_mixlaw"))
        .arg("sample")
        .stdout(full)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("mixlaw runs");
    assert_eq!(output.status.code(), Some(1));
    let sentence = String::from_utf8_lossy(&output.stderr).to_string();
    assert!(sentence.starts_with("mixlaw: standard output cannot be written: "), "{sentence}");
}

/// What the fit file holds beside the fits, later commands begin with.
#[test]
fn fits_are_exported_and_projects_are_fit_files() {
    let folder = folder_with_study();
    let at = folder.path();
    let fit = [
        "fit",
        "runs.csv",
        "--law",
        "additive",
        "--target",
        "arxiv_loss",
        "--starts",
        "2",
        "--bootstrap",
        "20",
        "--json",
    ];
    let output = mixlaw(at, &fit);
    write(&folder, "fit.json", std::str::from_utf8(&output.stdout).expect("UTF-8"));
    let text = |args: &[&str]| {
        let output = mixlaw(at, args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let export =
        |format: &str, options: &[&str]| text(&[&["export", "fit.json", "--as", format][..], options].concat());
    assert!(export("python", &[]).contains("def additive(N, D, h, E, C, gamma, A, B, alpha, beta):"));
    assert!(export("latex", &[]).contains("interval"));
    let options = ["--n", "7B", "--d", "150B", "--min", "arxiv=0.2", "--max", "arxiv=0.2"];
    let optimum = text(&[&["optimum", "fit.json"][..], &options].concat());
    assert!(optimum.contains("90 % interval"), "the draws are in the fit file: {optimum}");
    let csv = export("mixture", &options);
    let arxiv: Vec<&str> = csv.lines().nth(1).expect("a row").split(',').collect();
    assert_eq!((arxiv[0], arxiv[1].parse::<f64>().map(|h| (h * 1e9).round())), ("arxiv", Ok(2e8)), "{csv}");
    assert!(arxiv[4].parse::<f64>().is_ok(), "an interval: {csv}");
    assert!(export("megatron", &options).contains("    0.2 /path/to/arxiv # arxiv\n"));
    assert!(export("levanter", &options).contains("    \"arxiv\": 0.2\n"));

    // A project of the page's: the same with a scenario and the table.
    let mut project: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let runs = fs::read_to_string(at.join("runs.csv")).expect("the study");
    project["draft"] = serde_json::json!({ "text": runs, "roles": null });
    project["scenario"] = serde_json::json!({ "n": 3e9, "d": "80B", "max": { "arxiv": 0.1 }, "extrapolate": true });
    write(&folder, "project.json", &project.to_string());
    let found = json(at, &["optimum", "project.json", "--json"]);
    assert_eq!((found["n"].as_f64(), found["d"].as_f64()), (Some(3e9), Some(8e10)));
    assert!((found["weights"]["arxiv"].as_f64().expect("a weight") - 0.1).abs() < 1e-9);
    let found = json(at, &["optimum", "project.json", "--n", "7B", "--max", "arxiv=0.05", "--json"]);
    assert_eq!((found["n"].as_f64(), found["d"].as_f64()), (Some(7e9), Some(8e10)));
    assert!((found["weights"]["arxiv"].as_f64().expect("a weight") - 0.05).abs() < 1e-9);
    let again =
        json(at, &["fit", "project.json", "--law", "additive", "--target", "arxiv_loss", "--starts", "2", "--json"]);
    assert_eq!(again["fits"][0]["objective"], project["fits"][0]["objective"]);

    let (code, sentence) = fails(at, &["export", "fit.json", "--as", "axolotl"]);
    assert!(code == 1 && sentence.contains("tokens in stock"), "{sentence}");
    let (code, sentence) = fails(at, &["export", "fit.json", "--as", "papyrus"]);
    assert_eq!(code, 2, "{sentence}");
}

/// Exit code and standard error of a fit that need not be a good one.
fn said_by_fit(folder: &Path, table: &str, options: &[&str]) -> (i32, String) {
    let args = [&["fit", table, "--law", "additive", "--starts", "2", "--holdout", "none"], options].concat();
    let output = mixlaw(folder, &args);
    (output.status.code().expect("an exit code"), String::from_utf8_lossy(&output.stderr).to_string())
}

/// Sixteen runs of a study, with columns before the loss as given for each run.
fn runs_with(header: &str, columns: impl Fn(usize) -> String) -> String {
    let line = |i: usize| {
        let (h, n) = (0.1 + 0.05 * i as f64, 1e8 * (1 + i % 3) as f64);
        let loss = 2.5 + 40.0 * n.powf(-0.2) + 0.3 * (h - 0.4) * (h - 0.4);
        format!("r{i},{h:.2},{:.2},{n},{},{loss:.5}\n", 1.0 - h, columns(i))
    };
    format!("run,web,code,params,{header},val_loss\n{}", (0..16).map(line).collect::<String>())
}

#[test]
fn what_was_understood_is_said_above_every_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder, "runs.csv", &runs_with("host,lr", |i| format!("h{},0.003", i % 2)));
    let line =
        "16 runs, 2 domains (web, code), N 100M–300M, no D, 1 target (val_loss); 3 columns not used: run, host, lr";
    let (code, said) = said_by_fit(folder.path(), "runs.csv", &[]);
    assert!(code == 0 && said.contains(line), "{said}");
    // A role that is said does not silence the rest.
    let (code, said) = said_by_fit(folder.path(), "runs.csv", &["--role", "host=ignore"]);
    assert!(code == 0 && said.contains(line), "{said}");
}

#[test]
fn a_role_that_is_said_wins() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder, "runs.csv", &runs_with("body_params", |i| format!("{}", 7e7 * (1 + i % 3) as f64)));
    let (code, said) = said_by_fit(folder.path(), "runs.csv", &["--role", "body_params=n"]);
    assert!(code == 0 && said.contains("N 70M–210M") && said.contains("not used: run, params"), "{said}");
}

#[test]
fn what_the_table_leaves_open_is_asked_with_the_options_that_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        &folder,
        "runs.csv",
        &runs_with("en,de", |i| format!("{:.2},{:.2}", 0.9 - 0.03 * i as f64, 0.1 + 0.03 * i as f64)),
    );
    let (code, said) = said_by_fit(folder.path(), "runs.csv", &[]);
    assert!(code == 1 && said.contains("2 groups of columns each sum to 1: web, code; en, de"), "{said}");
    let options = "--role web=weight --role code=weight --role en=ignore --role de=ignore";
    assert!(said.contains(options), "{said}");
    let (code, said) = said_by_fit(folder.path(), "runs.csv", &options.split(' ').collect::<Vec<_>>());
    assert!(code == 0 && said.contains("2 domains (web, code)"), "{said}");

    write(
        &folder,
        "stages.csv",
        &runs_with("stage_2_web,stage_2_code", |_| "0.4,0.6".into())
            .replace("run,web,code", "run,stage_1_web,stage_1_code"),
    );
    let (code, said) = said_by_fit(folder.path(), "stages.csv", &[]);
    assert!(code == 1 && said.contains("--stage stage_1") && said.contains("--stage mean"), "{said}");
    let (code, said) = said_by_fit(folder.path(), "stages.csv", &["--stage", "mean"]);
    assert!(code == 0 && said.contains("all count alike"), "{said}");
    let (_, said) =
        said_by_fit(folder.path(), "runs.csv", &["--stage", "mean", "--role", "en=ignore", "--role", "de=ignore"]);
    assert!(said.contains("--stage mean says nothing of this table"), "{said}");
}

#[test]
fn weights_that_do_not_sum_to_one_are_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder, "runs.csv", &runs_with("seed", |_| "1".into()).replace("run,web,code", "run,w_web,w_code"));
    let (code, said) = said_by_fit(folder.path(), "runs.csv", &["--sums", "rest"]);
    assert!(said.contains("--sums rest says nothing of this table"), "{code} {said}");
    let short: String = runs_with("seed", |_| "1".into())
        .replace("run,web,code", "run,w_web,w_code")
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let mut cells: Vec<String> = line.split(',').map(str::to_string).collect();
            if i > 0 && i % 3 != 0 {
                cells[2] = format!("{:.4}", cells[2].parse::<f64>().expect("a weight") / 2.0);
            }
            cells.join(",") + "\n"
        })
        .collect();
    write(&folder, "short.csv", &short);
    let (code, said) = said_by_fit(folder.path(), "short.csv", &[]);
    assert!(code == 1 && said.contains("do not sum to 1 on"), "{said}");
    for (option, domains) in
        [("rest", "3 domains (web, code, rest)"), ("rescale", "2 domains"), ("leave-out", "2 domains")]
    {
        assert!(said.contains(&format!("--sums {option}")), "{said}");
        let (_, said) = said_by_fit(folder.path(), "short.csv", &["--sums", option]);
        assert!(said.contains(domains), "{said}");
    }
}

#[test]
fn lines_that_contradict_each_other_are_filtered() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = runs_with("lr", |_| "0.003".into());
    let bad: String =
        good.lines().skip(1).take(4).map(|line| line.replace("0.003", "0.1").replace(",3.", ",6.") + "\n").collect();
    write(&folder, "sweep.csv", &format!("{good}{bad}"));
    let (code, said) = said_by_fit(folder.path(), "sweep.csv", &[]);
    assert!(code == 1 && said.contains("--keep-best") && said.contains("--filter lr=0.003"), "{said}");
    for options in [&["--keep-best"][..], &["--filter", "lr=3e-3"]] {
        let (code, said) = said_by_fit(folder.path(), "sweep.csv", options);
        assert!(code == 0 && said.contains("16 runs, 2 domains"), "{said}");
    }
    let (code, said) = said_by_fit(folder.path(), "sweep.csv", &["--keep-all"]);
    assert!(code == 0 && said.contains("share N and mixture, but their losses differ"), "{said}");
    // One run far from all others, which no other line contradicts.
    let far = |(i, line): (usize, &str)| if i == 8 { line.replace(",3.", ",5.") } else { line.to_string() } + "\n";
    write(&folder, "far.csv", &good.lines().enumerate().map(far).collect::<String>());
    let output = mixlaw(folder.path(), &["fit", "far.csv", "--law", "additive", "--starts", "4", "--holdout", "none"]);
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    assert!(text.contains("line 9 is far from the fit, by up to"), "{text}");
    assert!(text.contains("no column for D was found"), "{text}");
}

/// Runs of N and D alone: L = 1.7 + 406/N^0.34 + 411/D^0.28, with a little of something that is no law.
fn scale_study(n_runs: usize) -> String {
    let mut text = "params,tokens,x_loss\n".to_string();
    for i in 0..n_runs {
        let n = 1e8 * 1.6_f64.powi((i % 5) as i32);
        let d = 2e9 * 1.7_f64.powi((i / 5) as i32);
        let loss = 1.7 + 406.4 / n.powf(0.34) + 410.7 / d.powf(0.28) + 1e-3 * ((i * 7 % 5) as f64 - 2.0);
        text += &format!("{n},{d},{loss}\n");
    }
    text
}

/// A study of N and D alone is answered by N* and D*, with intervals; nothing is said of domains.
#[test]
fn a_study_of_scale_alone_gets_its_n_and_d() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(&folder, "runs.csv", &scale_study(25));
    let fit = ["fit", "runs.csv", "--law", "chinchilla", "--starts", "4", "--bootstrap", "20", "--json"];
    write(&folder, "fit.json", &json(at, &fit).to_string());
    let found = json(at, &["optimum", "fit.json", "--flops", "1e20", "--json"]);
    let (n, d) = (found["n"].as_f64().expect("N"), found["d"].as_f64().expect("D"));
    assert!((6.0 * n * d / 1e20 - 1.0).abs() < 1e-9);
    // The closed form αA/N^α = βB/D^β of the law that the runs are of.
    let expected = (0.34 * 406.4 / (0.28 * 410.7) * (1e20_f64 / 6.0).powf(0.28)).powf(1.0 / 0.62);
    assert!((n / expected).ln().abs() < 0.5, "{n} {expected}");
    let interval = &found["bootstrap"]["n"];
    assert!(interval[0].as_f64() < Some(n * 1.01) && interval[1].as_f64() > Some(n * 0.99), "{interval}");
    let text = String::from_utf8(mixlaw(at, &["optimum", "fit.json", "--flops", "1e20"]).stdout).expect("text");
    assert!(text.contains("tokens per parameter") && !text.contains("domain"), "{text}");
    assert!(text.contains("Scale") && text.contains("90 % prediction interval"), "{text}");
    let loss = found["weighted_loss"].as_f64().expect("a loss");
    let interval = &found["prediction_intervals"]["x_loss"];
    assert!(interval[0].as_f64() < Some(loss) && interval[1].as_f64() > Some(loss), "{found}");
    assert_eq!(found["verdict"][1]["question"], "Scale");
    let given = json(at, &["optimum", "fit.json", "--n", "1B", "--d", "20B", "--json"]);
    assert!((given["losses"]["x_loss"].as_f64().expect("a loss") - 2.58).abs() < 0.1, "{given}");
    let (_, sentence) = fails(at, &["optimum", "fit.json", "--max", "web=0.5"]);
    assert!(sentence.contains("this study has no domains"), "{sentence}");
}

/// A bootstrap that cannot be made is said, and the fit is written all the same.
#[test]
fn a_failed_bootstrap_keeps_the_fit() {
    let folder = folder_with_study();
    let at = folder.path();
    // Two mixtures only: nothing to resample.
    let two: String = "web,code,N,D,x_loss\n".to_string()
        + &(0..12)
            .map(|i| {
                let (h, n, d) = ([0.3, 0.7][i % 2], 1e8 * (1 + i) as f64, 1e9 * (1 + i % 5) as f64);
                format!("{h},{},{n},{d},{}\n", 1.0 - h, 2.0 + h + 400.0 / n.powf(0.34) + 400.0 / d.powf(0.28))
            })
            .collect::<String>();
    write(&folder, "two.csv", &two);
    let output = mixlaw(at, &["fit", "two.csv", "--law", "chinchilla", "--starts", "2", "--bootstrap", "20", "--json"]);
    let said = String::from_utf8_lossy(&output.stderr).to_string();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("no intervals: the bootstrap resamples mixtures, and the rows fitted have only 2"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"chinchilla\""));
}

/// Finite numbers of no model end with a sentence, from flags and from a file.
#[test]
fn numbers_of_no_model_end_with_a_sentence() {
    let folder = folder_with_study();
    let at = folder.path();
    let args = ["fit", "runs.csv", "--law", "additive", "--target", "c4_loss", "--starts", "1", "--json"];
    write(&folder, "fit.json", &json(at, &args).to_string());
    write(&folder, "huge.json", r#"{ "n": 1e300, "d": "150B" }"#);
    let all = ["arxiv", "book", "c4", "github", "commoncrawl", "stackexchange", "wikipedia"];
    let stocks: Vec<String> = all.iter().map(|domain| format!("{domain}=1e308")).collect();
    let many: Vec<&str> =
        ["--epochs", "1", "--spend-stocks", "--stock"].into_iter().chain(stocks.iter().map(String::as_str)).collect();
    let stocks: Vec<String> = all.iter().map(|domain| format!("{domain}=1e15")).collect();
    let often: Vec<&str> = ["--epochs", "1e200", "--spend-stocks", "--stock"]
        .into_iter()
        .chain(stocks.iter().map(String::as_str))
        .collect();
    let cases: [(&[&str], &str); 6] = [
        (&["--n", "1e-300"], "the model size N is 1e-300; it must lie between "),
        (&["--d", "1e300"], "the tokens D is 1e300; it must lie between "),
        (&["--flops", "1e300"], "the compute C is 1e300; it must lie between 6e12 and 1e31"),
        (&["--scenario", "huge.json"], "the model size N is 1e300; "),
        (&many, "is 1e308 tokens; it can be at most "),
        (&often, "what the stocks allow at this many epochs is "),
    ];
    for (changes, expected) in cases {
        let (code, sentence) = fails(at, &[&["optimum", "fit.json"][..], changes].concat());
        assert!(code == 1 && sentence.contains(expected), "{changes:?}: {sentence}");
    }
    // What leaving the runs would promise is said after the verdict.
    let within = json(at, &["optimum", "fit.json", "--json"]);
    let without = json(at, &["optimum", "fit.json", "--extrapolate", "--json"]);
    let loss = |found: &Value| found["weighted_loss"].as_f64().expect("a loss");
    let promised = within["beyond"]["gain"].as_f64().expect("a gain");
    assert!(promised > 1e-3 && (promised - (loss(&within) - loss(&without))).abs() < 1e-8, "{promised}");
    assert!(without["beyond"].is_null());
    let text = String::from_utf8(mixlaw(at, &["optimum", "fit.json"]).stdout).expect("text");
    let sentence = within["beyond"]["sentence"].as_str().expect("a sentence");
    let verdict = text.split("\n\n").next().expect("a verdict");
    assert!(verdict.ends_with(sentence) && sentence.starts_with("beyond what your runs cover"), "{text}");
    // A mixture that the limits rule out is marked beside its gain.
    let compared =
        json(at, &["optimum", "fit.json", "--stock", "wikipedia=1B", "--epochs", "4", "--extrapolate", "--json"]);
    let uniform = &compared["compared"][0];
    assert_eq!((uniform["name"].as_str(), uniform["allowed"].as_bool()), (Some("uniform"), Some(false)));
    assert!(uniform["breaks"].as_str().is_some_and(|why| why.contains("epochs of wikipedia, at most 4")), "{uniform}");
}
