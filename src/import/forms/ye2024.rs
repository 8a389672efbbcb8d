//! The runs of Ye et al. 2024 (arXiv:2403.16952): no names, the mixture is in the path of the checkpoint.
//!
//! ```text
//!     …/ckpts/Pile100B//70M_3-0.125-0-0-0.125-0.75/13000 ⇥ …/pythia-pile.valid.Github.bin ⇥ 1.870334640688259
//!                       size, run, weights        step                          target        loss
//! ```
//!
//! A step is 4096 sequences of 256 tokens. Sizes are those of the Pythia models without their embeddings. Runs with a
//! number above 900 are their hold-out.

use std::collections::HashMap;

use crate::import::issue::{Cause, Issues};
use crate::import::sniff::is_comment;
use crate::import::table::Table;

const TOKENS_PER_STEP: f64 = 4096.0 * 256.0;
const SIZES: [(&str, f64); 5] = [
    ("70M", 18_915_328.0),
    ("160M", 85_056_000.0),
    ("305M", 201_541_632.0),
    ("410M", 302_311_424.0),
    ("1B", 805_736_448.0),
];
/// Lines among which one must be a run's.
const LINES_LOOKED_AT: usize = 50;
const LAST_FITTED_RUN: u64 = 900;

/// What a path says.
struct Checkpoint<'a> {
    size: Option<&'a str>,
    run: u64,
    weights: Vec<&'a str>,
    step: f64,
}

/// The table of such a text; `None` for any other.
pub(super) fn read(text: &str) -> Option<(Option<Table>, Issues)> {
    let text = text.trim_start_matches('\u{FEFF}');
    let lines = || text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !is_comment(line));
    // What the runs began from may stand above them.
    let is_of_run = |line: &str| fields(line).is_some_and(|[path, ..]| path.contains("/ckpts/"));
    let first = lines().take(LINES_LOOKED_AT).position(|(_, line)| is_of_run(line))?;
    if !lines().take(first).all(|(_, line)| fields(line).is_some_and(|[path, ..]| path.contains('/'))) {
        return None;
    }
    let mut issues = Issues::default();
    let mut n_left_out = 0;
    let mut rows: Vec<(usize, Checkpoint, HashMap<&str, &str>)> = Vec::new();
    let mut row_of: HashMap<&str, usize> = HashMap::new();
    let mut targets: Vec<&str> = Vec::new();
    for (i, line) in lines() {
        let Some([path, file, loss]) = fields(line) else {
            issues.push(Cause::YeLine.at_line(i + 1));
            continue;
        };
        let Some(checkpoint) = checkpoint(path) else {
            // Where pre-training left off: no mixture yet.
            n_left_out += 1;
            continue;
        };
        let target = file.strip_suffix(".bin").unwrap_or(file).rsplit('.').next().unwrap_or(file);
        if !targets.contains(&target) {
            targets.push(target);
        }
        let at = *row_of.entry(path).or_insert_with(|| {
            rows.push((i + 1, checkpoint, HashMap::new()));
            rows.len() - 1
        });
        rows[at].2.insert(target, loss);
    }
    let k = rows.iter().map(|(_, checkpoint, _)| checkpoint.weights.len()).max().unwrap_or(0);
    let has_sizes = !rows.is_empty() && rows.iter().all(|(_, checkpoint, _)| checkpoint.size.is_some());
    if n_left_out > 0 {
        issues.push(Cause::YeBase { lines: n_left_out }.of_text());
    }
    if rows.is_empty() {
        return Some((None, issues));
    }
    issues.push(Cause::Ye { runs: rows.len(), domains: k, sizes: has_sizes }.of_text());
    let mut header: Vec<String> = (1..=k).map(|i| format!("weight_domain_{i}")).collect();
    if has_sizes {
        header.push("params".into());
    }
    header.push("tokens".into());
    header.extend(targets.iter().map(|target| format!("{target}_loss")));
    header.push("split".into());
    let row = |(line, checkpoint, losses): (usize, Checkpoint, HashMap<&str, &str>)| {
        let mut cells: Vec<String> = (0..k).map(|i| checkpoint.weights.get(i).unwrap_or(&"0").to_string()).collect();
        if let (true, Some(size)) = (has_sizes, checkpoint.size) {
            let known = SIZES.iter().find(|(name, _)| *name == size);
            cells.push(known.map_or_else(|| size.to_string(), |(_, params)| params.to_string()));
        }
        cells.push((checkpoint.step * TOKENS_PER_STEP).to_string());
        cells.extend(targets.iter().map(|target| losses.get(target).copied().unwrap_or_default().to_string()));
        cells.push(if checkpoint.run > LAST_FITTED_RUN { "holdout" } else { "fit" }.to_string());
        (line, cells)
    };
    Some((Some(Table::of_cells(header, rows.into_iter().map(row))), issues))
}

/// A line's path, file and loss: parted by tabs, or by blanks where a copy has lost the tabs.
fn fields(line: &str) -> Option<[&str; 3]> {
    let fields: Vec<&str> = if line.contains('\t') {
        line.trim().split('\t').map(str::trim).collect()
    } else {
        line.split_whitespace().collect()
    };
    fields.try_into().ok()
}

fn checkpoint(path: &str) -> Option<Checkpoint<'_>> {
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let (step, model) = (segments.next()?.parse::<u64>().ok()?, segments.next()?);
    let parts: Vec<&str> = model.split('_').collect();
    let (code, names) = parts.split_last()?;
    let mut numbers = code.split('-');
    let run = numbers.next()?.parse().ok()?;
    let weights: Vec<&str> = numbers.collect();
    let is_number = |text: &&str| text.parse::<f64>().is_ok();
    if weights.is_empty() || !weights.iter().all(is_number) {
        return None;
    }
    let is_size = |name: &&&str| {
        name.strip_suffix(['M', 'B'])
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Some(Checkpoint { size: names.iter().find(is_size).copied(), run, weights, step: step as f64 })
}
