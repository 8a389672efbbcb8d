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
    write(&folder, "runs.csv", &mixlaw::sample::llm().expect("the example"));
    folder
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
            "c4_loss",
            "--starts",
            "4",
            "--seed",
            "7",
            "--json",
        ];
        let fitted = json(at, &args);
        let fits = fitted["fits"].as_array().expect("fits");
        assert_eq!(fits.len(), 2);
        for (fit, target) in fits.iter().zip(["arxiv_loss", "c4_loss"]) {
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
            ["optimum", "fit.json", "--n", "7B", "--d", "150B", "--weights", "arxiv_loss=1", "c4_loss=3", "--json"];
        let optimum = json(at, &args);
        let weights = optimum["weights"].as_object().expect("weights by domain");
        let sum: f64 = weights.values().map(|weight| weight.as_f64().expect("a number")).sum();
        assert!(weights.len() == 7 && (sum - 1.0).abs() < 1e-12, "{weights:?}");
        assert_eq!(optimum["target_weights"]["c4_loss"], 0.75);
        assert!(optimum["losses"]["arxiv_loss"].is_f64());
        assert!(optimum["kkt_residual"].as_f64().expect("a number") <= 1e-8);

        let args = ["link", "fit.json", "--n", "7B", "--d", "150B", "--weights", "arxiv_loss=1", "c4_loss=3"];
        let link = String::from_utf8(mixlaw(at, &args).stdout).expect("text");
        let shared = mixlaw::share::decode(&link).expect("our own link");
        let again = mixlaw::mixture::optimum(&shared.study, &shared.scenario).expect("a sound scenario");
        let (seen, expected) = (again.weighted_loss.0, optimum["weighted_loss"].as_f64().expect("a number"));
        assert!((seen - expected).abs() < 1e-7, "{seen} {expected}");
    }
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

#[test]
fn bad_data_and_settings_end_with_a_sentence_and_exit_code_1() {
    let folder = folder_with_study();
    let at = folder.path();
    write(&folder, "empty.csv", "");
    write(&folder, "nothing.json", "{}");
    let cases: [(&[&str], &str); 7] = [
        (&["fit", "missing.csv"], "mixlaw: missing.csv cannot be read: No such file or directory (os error 2)"),
        (&["fit", "empty.csv"], "mixlaw: empty.csv holds no study; see above"),
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
            "mixlaw: \"losses\" is no role; a column is weight, n, d, flops, loss, row-weight, split or ignore",
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
