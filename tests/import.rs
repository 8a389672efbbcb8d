//! Tables as people write them: each file of `tests/import` is read, and what was understood stands in the file of the
//! same name with `.expected` behind it. `MIXLAW_BLESS=1 cargo test --test import` writes these anew, to be looked at
//! with `git diff`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use mixlaw::dataset::{Observation, Split};
use mixlaw::import::decode::decode;
use mixlaw::import::{Imported, import_bytes, import_with};
use mixlaw::units::{write_count_exact, write_number};

/// Runs that are written out; of longer tables the first ones.
const SHOWN: usize = 6;

/// What was understood of a text: domains, targets, the first runs, and all that there is to say.
fn understood(imported: &Imported) -> String {
    let mut text = String::new();
    match &imported.dataset {
        Some(dataset) => {
            let runs = dataset.observations();
            writeln!(text, "runs     {}", runs.len()).unwrap();
            writeln!(text, "domains  {}", or_none(dataset.domains())).unwrap();
            writeln!(text, "targets  {}", or_none(dataset.targets())).unwrap();
            for run in runs.iter().take(SHOWN) {
                writeln!(text, "{}", line(run)).unwrap();
            }
        }
        None => writeln!(text, "no study").unwrap(),
    }
    if let Some(understood) = &imported.understood {
        writeln!(text, "= {understood}").unwrap();
    }
    for sentence in imported.issues.sentences(20) {
        writeln!(text, "- {sentence}").unwrap();
    }
    for question in &imported.questions {
        writeln!(text, "? {}", question.with_options()).unwrap();
    }
    text
}

/// What was understood of a text, and what each choice makes of it where something is asked.
fn with_choices(bytes: &[u8]) -> String {
    let imported = import_bytes(bytes, None);
    let mut text = understood(&imported);
    let Ok(decoded) = decode(bytes) else { return text };
    for choice in imported.questions.iter().flat_map(|question| &question.choices) {
        let answered = import_with(&decoded, None, &choice.answers);
        let again = answered.questions.iter().any(|question| question.choices.contains(choice));
        assert!(!again, "{} was chosen and is asked again", choice.label);
        write!(text, "\n{}\n{}", choice.label, understood(&answered)).unwrap();
    }
    text
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_string() } else { names.join(", ") }
}

fn line(run: &Observation) -> String {
    let mut text = format!("line {}:", run.line);
    let mut add = |name: &str, value: String| write!(text, "  {name} {value}").unwrap();
    if let Some(n) = run.n {
        add("N", write_count_exact(n.0));
    }
    if let Some(d) = run.d {
        add("D", write_count_exact(d.0));
    }
    if !run.mixture.is_empty() {
        let weights: Vec<String> = run.mixture.iter().map(|h| write_number(*h, 4)).collect();
        add("h", weights.join(" "));
    }
    let losses: Vec<String> =
        run.losses.iter().map(|loss| loss.map_or("-".to_string(), |loss| write_number(loss.0, 6))).collect();
    add("loss", losses.join(" "));
    if run.weight != 1.0 {
        add("counts", write_number(run.weight, 4));
    }
    if run.split != Split::Fit {
        add("split", "holdout".to_string());
    }
    text
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_none_or(|extension| extension != "expected")).collect();
    files.sort();
    files
}

#[test]
fn tables_are_understood_as_written_beside_them() {
    let bless = std::env::var_os("MIXLAW_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let beside = PathBuf::from(format!("{}.expected", path.display()));
        let seen = with_choices(&fs::read(&path).expect("readable"));
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if bless && seen != expected {
            fs::write(&beside, &seen).expect("writable");
        } else if seen != expected {
            wrong.push(format!("{}\nexpected:\n{expected}\nseen:\n{seen}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} of the tables:\n{}", wrong.len(), wrong.join("\n"));
}
