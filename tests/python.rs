//! The Python module predicts what the library predicts: every law, run by Python.
//!
//! It needs Python with NumPy, which scripts/setup.sh brings, and fails without.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{between, fitted, mixture, most_domains, names, random, random_fits, shape_of, theta};
use mixlaw::export::python::module;
use mixlaw::fit::{Fit, Flag};
use mixlaw::law::LAWS;
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Params, Tokens};
use serde_json::{Value, json};

/// Python with NumPy: the one that scripts/setup.sh made, or the system's.
fn python() -> PathBuf {
    let target =
        std::env::var("CARGO_TARGET_DIR").map_or(Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let candidates = [target.join("python/bin/python"), PathBuf::from("python3")];
    let has_numpy = |python: &PathBuf| {
        Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
    };
    candidates.into_iter().find(has_numpy).expect("Python with NumPy: run scripts/setup.sh, which brings it")
}

/// Runs a script beside the modules law0, law1 and so on; what it prints.
#[track_caller]
fn run(modules: &[String], script: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut imports = "import json\nimport numpy as np\n".to_string();
    for (at, module) in modules.iter().enumerate() {
        std::fs::write(folder.path().join(format!("law{at}.py")), module).expect("a file");
        imports.push_str(&format!("import law{at}\n"));
    }
    std::fs::write(folder.path().join("main.py"), imports + script).expect("a file");
    // A warning of NumPy's is a fault of ours.
    let output = Command::new(python())
        .args(["-B", "-W", "error", "main.py"])
        .current_dir(folder.path())
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), modules.join("\n"));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Losses of all targets at random places, by Python and by the library.
#[track_caller]
fn check(studies: &[FittedStudy], seed: u64) {
    const ROWS: usize = 40;
    let mut random = random(seed);
    let mut script = String::new();
    let mut places = Vec::new();
    for (at, study) in studies.iter().enumerate() {
        let k = study.domains.len();
        let rows: Vec<(f64, f64, Vec<f64>)> = (0..ROWS)
            .map(|row| {
                let n = 10_f64.powf(between(&mut random, 7.5, 11.0));
                let d = 10_f64.powf(between(&mut random, 8.5, 12.5));
                // Corners, then some with zeros, then inner ones.
                let corner = |row: usize| (0..k).map(|i| f64::from(u8::from(i == row))).collect();
                (n, d, if row < k { corner(row) } else { mixture(&mut random, k, row % 2 == 0) })
            })
            .collect();
        let column = |of: fn(&(f64, f64, Vec<f64>)) -> Value| Value::from(rows.iter().map(of).collect::<Vec<_>>());
        script.push_str(&format!(
            "N, D, h = {}, {}, {}\nfor target in law{at}.FITS:\n    print(json.dumps(law{at}.loss(target, N, D, h).tolist()))\n",
            column(|row| json!(row.0)),
            column(|row| json!(row.1)),
            column(|row| json!(row.2)),
        ));
        places.push(rows);
    }
    let modules: Vec<String> = studies.iter().map(module).collect();
    let printed = run(&modules, &script);
    let mut lines = printed.lines();
    for (study, rows) in studies.iter().zip(&places) {
        for target in study.targets() {
            // Python's JSON has a word for what is infinite.
            let line = lines.next().expect("a line a target").replace("Infinity", "1e999");
            let seen = line.trim_matches(['[', ']']).split(',').map(|text| text.trim().parse().expect(text));
            let seen: Vec<f64> = seen.collect();
            assert_eq!(seen.len(), ROWS);
            for ((n, d, h), seen) in rows.iter().zip(seen) {
                let expected = target.loss(Some(Params(*n)), Some(Tokens(*d)), h).0;
                let close = seen == expected || (seen - expected).abs() <= 1e-9 * expected.abs();
                assert!(close, "{} of {} at {h:?}, N {n}, D {d}: {seen} {expected}", target.name, target.fit.law.id());
            }
        }
    }
    assert_eq!(lines.next(), None);
}

/// The same fits with terms left out.
fn without(study: &FittedStudy, n_term: bool, d_term: bool, seed: u64) -> FittedStudy {
    let mut random = random(seed);
    let change = |fit: &Fit| {
        let mut shape = shape_of(fit.law, fit.shape.n_domains, n_term, d_term);
        shape.own_domains.clone_from(&fit.shape.own_domains);
        shape.repeats = false;
        Fit { theta: theta(&mut random, fit.law, &shape), shape, ..fit.clone() }
    };
    FittedStudy { fits: study.fits.iter().map(change).collect(), ..study.clone() }
}

#[test]
fn python_predicts_what_rust_predicts() {
    let mut studies = Vec::new();
    for (seed, law) in (0_u64..).zip(LAWS) {
        for k in [most_domains(law, 2), most_domains(law, 5)] {
            let study = random_fits(&mut random(seed), law, k, 3);
            for (n_term, d_term) in [(true, false), (false, true), (false, false)] {
                studies.push(without(&study, n_term, d_term, seed));
            }
            studies.push(study);
        }
    }
    check(&studies, 1);
}

/// C_i = A_i^p beyond what an f64 holds for N counted in parameters: the module counts in 10⁹ then.
#[test]
fn parameters_that_are_too_large_are_counted_in_billions() {
    let law = mixlaw::law::by_id("joint").expect("a law");
    let shape = shape_of(law, 3, true, true);
    let mut inside = theta(&mut random(1), law, &shape);
    for (entry, parameter) in inside.iter_mut().zip(law.parameters(&shape)) {
        if parameter.symbol.ascii == "gamma" && parameter.symbol.superscript.is_some() {
            *entry = 27.0;
        }
        if parameter.symbol.ascii == "alpha" {
            *entry = 0.35;
        }
    }
    let study = fitted(law, 3, vec![inside]);
    assert!(study.fits[0].parameters(&study.domains).iter().any(|(_, value)| !value.is_normal()));
    check(&[study], 1);
}

#[test]
fn fits_of_several_laws_stand_in_one_module() {
    let several =
        ["additive", "m4", "bimix"].map(|id| random_fits(&mut random(7), mixlaw::law::by_id(id).expect(id), 3, 1));
    let mut study = several[0].clone();
    study.fits = several.iter().flat_map(|study| study.fits.clone()).collect();
    let more = without(&several[0], false, true, 9).fits;
    study.fits.extend(more);
    for (fit, name) in study.fits.iter_mut().zip(names("loss", 4)) {
        fit.targets = vec![name];
    }
    let module = module(&study);
    check(&[study], 7);
    for function in ["def additive(", "def m4(", "def bimix(", "def additive_2("] {
        assert!(module.contains(function), "{module}");
    }
}

/// Names are data: no quote, backslash or line end of theirs becomes code.
#[test]
fn odd_names_stay_names() {
    let mut study = random_fits(&mut random(3), LAWS[0], 2, 1);
    let odd = ["a\"\"\"\\", "b'\n\t\\u0041 ü"].map(String::from);
    study.domains = odd.to_vec();
    study.fits[0].targets = vec!["\"\"\"\nimport os #\\".into()];
    study.fits[0].report.flags = vec![Flag::AtBound(vec![1, 2])];
    let printed = run(&[module(&study)], "print(json.dumps([law0.DOMAINS, list(law0.FITS)]))");
    assert_eq!(serde_json::from_str::<Value>(&printed).expect("JSON"), json!([odd, study.fits[0].targets]));
    check(&[study], 3);
}

#[test]
fn what_cannot_be_asked_is_said() {
    let module = [module(&random_fits(&mut random(5), LAWS[0], 3, 1))];
    let says = |call: &str| {
        run(&module, &format!("try:\n    law0.loss({call})\nexcept ValueError as error:\n    print(error)"))
            .trim()
            .to_string()
    };
    assert_eq!(says("\"x\", 1e9, 1e9, [1, 0, 0]"), "no target 'x'; there are: target0");
    assert_eq!(
        says("\"target0\", 1e9, 1e9, [0.5, 0.5]"),
        "h has shape (2,); its last axis must have one entry for each of 3 domains"
    );
    assert_eq!(says("\"target0\", 1e9, 1e9, [1, 1, 0]"), "each row of h must be weights of 0 or more that sum to 1");
    // One mixture for many sizes, one number for one place, and NaN where a term's N is not given.
    let shapes = "print(law0.loss('target0', [1e9, 2e9], 1e10, [1, 0, 0]).shape, law0.loss('target0', 1e9, 1e10, [1, 0, 0]).shape, \
                  np.isnan(law0.loss('target0', None, 1e10, [1, 0, 0])))";
    assert_eq!(run(&module, shapes).trim(), "(2,) () True");
}
