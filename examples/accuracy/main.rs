//! How well losses are predicted that were not fitted: writes docs/accuracy.md.
//!
//! ```text
//!     scripts/accuracy.sh [--quick]
//! ```
//!
//! which is this, the peers in Python, and this again:
//!
//! ```text
//!     cargo run --release --example accuracy -- splits FILE [--quick]
//!     cargo run --release --example accuracy -- tables PEERS [--quick] [METHOD …]
//! ```
//!
//! Its data are not part of the project: they are in the folder that the environment variable MIXLAW_DATA names
//! (default ../shared/data).

mod methods;
mod splits;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use methods::{Method, Predicted};
use mixlaw::dataset::Dataset;
use mixlaw::import::import;
use rayon::prelude::*;
use serde_json::{Value, json};
use splits::{Question, Split};

fn folder() -> PathBuf {
    std::env::var_os("MIXLAW_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
}

/// The studies of N and D alone that a file has, by name.
fn isoflops() -> Vec<(String, Dataset)> {
    let Ok(text) = fs::read_to_string(folder().join("isoflop.csv")) else { return Vec::new() };
    let (header, lines) = text.split_once('\n').unwrap_or_default();
    let column = |name: &str| header.trim().split(',').position(|cell| cell == name).expect("a column");
    let (experiment, outlier) = (column("experiment"), column("outlier"));
    let [tokens, params, loss] = ["tokens", "params", "loss"].map(column);
    let mut studies: BTreeMap<String, String> = BTreeMap::new();
    for line in lines.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[outlier] != "True" {
            let name = cells[experiment].split("__").next().unwrap_or_default().to_string();
            let text = studies.entry(name).or_insert_with(|| "N,D,loss".into());
            text.push_str(&format!("\n{},{},{}", cells[params], cells[tokens], cells[loss]));
        }
    }
    studies.into_iter().filter_map(|(name, text)| Some((name, import(&text, None).dataset?))).collect()
}

/// All splits, in a fixed order.
fn all_splits(quick: bool) -> Vec<Split> {
    let seeds = if quick { 1 } else { 3 };
    let mut splits = Vec::new();
    let all = |of: &Dataset| (0..of.targets().len()).collect::<Vec<usize>>();
    if let Some(of) = splits::study(&folder(), "slimpajama_runs.csv") {
        let targets = all(&of);
        splits.extend(splits::one_scale(&of, "SlimPajama", &targets, &[10, 20, 40], seeds));
        splits.extend(splits::to_size(&of, "SlimPajama → 937M", &targets, 937e6));
        splits.extend(splits::to_size(&of, "SlimPajama → 1.2B", &targets, 1235e6));
        splits.extend(splits::unseen(&of, "SlimPajama, unseen mixtures", &targets, None));
        splits.extend(splits::unseen(&of, "SlimPajama, larger and unseen", &targets, Some(937e6)));
    }
    if let Some(of) = splits::study(&folder(), "slimpajama_paper_split.csv") {
        splits.extend(splits::marked(&of, "SlimPajama, paper's split → 2.7B", &all(&of)));
    }
    if let Some(of) = splits::study(&folder(), "mixinglaws_5domains.csv") {
        let (groups, sets): (Vec<usize>, Vec<usize>) =
            all(&of).into_iter().partition(|&target| of.targets()[target].starts_with("agg_"));
        splits.extend(splits::one_scale(&of, "Ye, 5 groups", &groups, &[10, 20], seeds));
        splits.extend(splits::one_scale(&of, "Ye, 22 sets", &sets, &[10, 20], seeds.min(2)));
        // Every third set, to save time.
        let some: Vec<usize> = groups.into_iter().chain(sets.into_iter().step_by(3)).collect();
        splits.extend(splits::to_size(&of, "Ye → 410M", &some, 410e6));
        splits.extend(splits::to_size(&of, "Ye → 1B", &some, 1e9));
        splits.extend(splits::unseen(&of, "Ye, unseen mixtures", &some, None));
        splits.extend(splits::unseen(&of, "Ye, larger and unseen", &some, Some(410e6)));
    }
    if let Some(of) = splits::study(&folder(), "pile4.csv") {
        let targets = all(&of);
        splits.extend(splits::one_scale(&of, "pile4", &targets, &[10, 16], seeds));
        splits.extend(splits::to_size(&of, "pile4 → 200M", &targets, 200e6));
        splits.extend(splits::to_size(&of, "pile4 → 440M", &targets, 440e6));
        splits.extend(splits::unseen(&of, "pile4, unseen mixtures", &targets, None));
    }
    for (name, of) in isoflops() {
        splits.extend(splits::most_compute(&of, &format!("{name}, top quarter of compute")));
    }
    splits
}

/// The splits for the peers in Python.
fn splits_file(splits: &[Split]) -> String {
    let rows = |rows: &[mixlaw::dataset::Observation]| -> Value {
        let inputs: Vec<Value> = rows
            .iter()
            .map(|row| json!({ "h": row.mixture, "n": row.n.map(|n| n.0), "d": row.d.map(|d| d.0) }))
            .collect();
        Value::from(inputs)
    };
    let losses = |rows: &[mixlaw::dataset::Observation]| -> Value {
        rows.iter().map(|row| row.losses.iter().map(|loss| loss.map(|loss| loss.0)).collect::<Vec<_>>()).collect()
    };
    // The losses held out stay here.
    let one = |split: &Split| {
        let fitted = split.fitted.observations();
        json!({ "fitted": rows(fitted), "losses": losses(fitted), "held_out": rows(&split.held_out) })
    };
    Value::from(splits.iter().map(one).collect::<Vec<_>>()).to_string()
}

/// By method and split: targets, and of each the rows held out.
type Answers = Vec<Vec<Vec<Vec<Predicted>>>>;

fn answers(methods: &[Method], splits: &[Split]) -> Answers {
    let pairs: Vec<(usize, usize)> =
        (0..methods.len()).flat_map(|method| (0..splits.len()).map(move |split| (method, split))).collect();
    let flat: Vec<(f64, Vec<Vec<Predicted>>)> = pairs
        .par_iter()
        .map(|&(method, split)| {
            let began = Instant::now();
            let answer = methods[method].predict(split, &splits[split]);
            (began.elapsed().as_secs_f64(), answer)
        })
        .collect();
    let mut answers: Answers = vec![Vec::new(); methods.len()];
    let mut seconds = vec![0.0; methods.len()];
    for (&(method, _), (took, answer)) in pairs.iter().zip(flat) {
        answers[method].push(answer);
        seconds[method] += took;
    }
    for (method, seconds) in methods.iter().zip(seconds) {
        eprintln!("{}: {seconds:.1} s", method.name());
    }
    answers
}

/// Of a split's targets the mean relative error in percent, averaged.
fn error(split: &Split, answer: &[Vec<Predicted>]) -> f64 {
    let mut sums = Vec::new();
    for (target, predicted) in answer.iter().enumerate() {
        let pairs = split.held_out.iter().zip(predicted);
        let errors = pairs.filter_map(|(row, predicted)| {
            let seen = row.losses[target]?.0;
            Some(100.0 * (predicted.loss - seen).abs() / seen)
        });
        sums.extend(mean(errors));
    }
    mean(sums.into_iter()).unwrap_or(f64::NAN)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> f64 {
    mean(values.map(f64::ln)).map_or(f64::NAN, f64::exp)
}

/// Names of the groups of a question, in order.
fn groups(splits: &[Split], wanted: impl Fn(Question) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for split in splits.iter().filter(|split| wanted(split.question)) {
        if !names.contains(&split.group) {
            names.push(split.group.clone());
        }
    }
    names
}

/// For each group and method the error.
fn errors(splits: &[Split], groups: &[String], answers: &Answers) -> Vec<Vec<f64>> {
    let of = |group: &String, method: usize| {
        let pairs = splits.iter().zip(&answers[method]).filter(|(split, _)| split.group == *group);
        mean(pairs.map(|(split, answer)| error(split, answer))).unwrap_or(f64::NAN)
    };
    groups.iter().map(|group| (0..answers.len()).map(|method| of(group, method)).collect()).collect()
}

fn error_table(methods: &[Method], splits: &[Split], answers: &Answers, wanted: impl Fn(Question) -> bool, to: usize) {
    let groups = groups(splits, wanted);
    let errors = errors(splits, &groups, answers);
    println!("| split | {} |", methods.iter().map(Method::name).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(methods.len()));
    for (group, errors) in groups.iter().zip(&errors) {
        let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
        let cell = |&error: &f64| if error == least { format!("**{error:.2}**") } else { format!("{error:.2}") };
        println!("| {group} | {} |", errors.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    let relative = |method: usize| geometric_mean(errors.iter().map(|errors| errors[method] / errors[to]));
    let cells: Vec<String> = (0..methods.len()).map(|method| format!("{:.3}", relative(method))).collect();
    println!("| geometric mean, {} = 1 | {} |\n", methods[to].name(), cells.join(" | "));
}

/// The loss of the chosen mixture above the best of the rows held out, in 0.001 nats; targets one by one.
fn regret_table(methods: &[Method], splits: &[Split], answers: &Answers) {
    let names = groups(splits, |question| question == Question::OneScale);
    println!("| pool | best run seen | {} |", methods.iter().map(Method::name).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(methods.len() + 1));
    let mut sums = vec![0.0; methods.len() + 1];
    for group in &names {
        let mut regrets = vec![Vec::new(); methods.len() + 1];
        for (split_idx, split) in splits.iter().enumerate().filter(|(_, split)| split.group == *group) {
            for target in 0..split.fitted.targets().len() {
                let seen = split.fitted.observations().iter().filter_map(|row| Some(row.losses[target]?.0));
                let losses: Vec<f64> =
                    split.held_out.iter().map(|row| row.losses[target].map_or(f64::INFINITY, |loss| loss.0)).collect();
                let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
                regrets[0].push(seen.fold(f64::INFINITY, f64::min) - best);
                for (method, answers) in answers.iter().enumerate() {
                    let predicted = &answers[split_idx][target];
                    let usable = (0..losses.len()).filter(|&row| losses[row].is_finite());
                    let chosen = usable.min_by(|&a, &b| predicted[a].loss.total_cmp(&predicted[b].loss));
                    regrets[1 + method].push(chosen.map_or(f64::NAN, |chosen| losses[chosen] - best));
                }
            }
        }
        let means: Vec<f64> =
            regrets.into_iter().map(|regrets| 1e3 * mean(regrets.into_iter()).unwrap_or(0.0)).collect();
        sums.iter_mut().zip(&means).for_each(|(sum, mean)| *sum += mean / names.len() as f64);
        println!("| {group} | {} |", means.iter().map(|mean| format!("{mean:.1}")).collect::<Vec<_>>().join(" | "));
    }
    println!("| mean | {} |\n", sums.iter().map(|mean| format!("{mean:.2}")).collect::<Vec<_>>().join(" | "));
}

/// The share of losses that the 90 % intervals hold, and the median half-width in percent.
fn coverage_table(methods: &[Method], splits: &[Split], answers: &Answers) {
    for (method, answers) in methods.iter().zip(answers) {
        let mut lines = Vec::new();
        for (what, wanted) in [("unseen mixtures", false), ("larger scale", true)] {
            let mut pooled = (0.0, 0.0);
            for group in groups(splits, |question| question.is_larger() == wanted) {
                let (mut held, mut all, mut widths) = (0.0, 0.0, Vec::new());
                for (split, answer) in splits.iter().zip(answers).filter(|(split, _)| split.group == group) {
                    for (target, predicted) in answer.iter().enumerate() {
                        for (row, predicted) in split.held_out.iter().zip(predicted) {
                            if let (Some(seen), Some((low, high))) = (row.losses[target], predicted.interval) {
                                held += f64::from(u8::from((low..=high).contains(&seen.0)));
                                all += 1.0;
                                widths.push(50.0 * (high - low) / seen.0);
                            }
                        }
                    }
                }
                if all > 0.0 {
                    widths.sort_by(f64::total_cmp);
                    pooled = (pooled.0 + held, pooled.1 + all);
                    lines.push(format!(
                        "| {group} | {:.0} % | {:.2} % |",
                        100.0 * held / all,
                        widths[widths.len() / 2]
                    ));
                }
            }
            if pooled.1 > 0.0 {
                lines.push(format!("| **{what}, pooled** | {:.1} % | |", 100.0 * pooled.0 / pooled.1));
            }
        }
        if !lines.is_empty() {
            println!("{}\n\n| split | covered | half-width |\n|---|---|---|\n{}\n", method.name(), lines.join("\n"));
        }
    }
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    arguments.retain(|argument| argument != "--quick");
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut splits = all_splits(quick);
    splits.retain(|split| only.split("|").any(|only| split.group.contains(only)));
    eprintln!("{} splits", splits.len());
    match &arguments[..] {
        [what, file] if what == "splits" => fs::write(file, splits_file(&splits)).expect("a place to write to"),
        [what, peers, wanted @ ..] if what == "tables" => {
            let peers = fs::read_to_string(peers).ok().and_then(|text| serde_json::from_str(&text).ok());
            let methods = methods::all(peers.unwrap_or(Value::Null), wanted);
            let answers = answers(&methods, &splits);
            println!("## One scale\n");
            error_table(&methods, &splits, &answers, |question| question == Question::OneScale, 0);
            println!("## Several scales: unseen mixtures\n");
            error_table(&methods, &splits, &answers, |question| question == Question::Unseen, 0);
            println!("## Larger scale\n");
            error_table(&methods, &splits, &answers, Question::is_larger, 0);
            println!("## Regret, 0.001 nats\n");
            regret_table(&methods, &splits, &answers);
            println!("## Coverage\n");
            coverage_table(&methods, &splits, &answers);
        }
        _ => panic!("say \"splits FILE\" or \"tables PEERS\""),
    }
}
