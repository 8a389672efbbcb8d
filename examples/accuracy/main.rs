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
//!     cargo run --release --example accuracy -- tables PEERS [--quick] [--only=SPLIT|SPLIT] [LAW,p=1,floor=0.2 …]
//! ```
//!
//! Its data are not part of the project: they are in the folder that the environment variable MIXLAW_DATA names
//! (default ../shared/data).

mod methods;
mod splits;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use methods::{Column, LAW_BEFORE, MIXLAW, Predicted, TRIED};
use mixlaw::dataset::{Dataset, Observation};
use mixlaw::import::import;
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
    let (seeds, n_parts) = if quick { (1, 1) } else { (3, 2) };
    let mut splits = Vec::new();
    let all = |of: &Dataset| (0..of.targets().len()).collect::<Vec<usize>>();
    if let Some(of) = splits::study(&folder(), "slimpajama_runs.csv") {
        let targets = all(&of);
        splits.extend(splits::one_scale(&of, "SlimPajama", &targets, &[10, 20, 40], seeds));
        splits.extend(splits::to_size(&of, "SlimPajama → 937M", &targets, 937e6));
        splits.extend(splits::to_size(&of, "SlimPajama → 1.2B", &targets, 1235e6));
        splits.extend(splits::unseen(&of, "SlimPajama, unseen mixtures", &targets, None, n_parts));
        splits.extend(splits::unseen(&of, "SlimPajama, larger and unseen", &targets, Some(937e6), n_parts));
        splits.extend(splits::beyond(&of, "SlimPajama", &targets));
    }
    if let Some(of) = splits::study(&folder(), "slimpajama_paper_split.csv") {
        splits.extend(splits::marked(&of, "SlimPajama, paper's split → 2.7B", &all(&of)));
    }
    if let Some(of) = splits::study(&folder(), "mixinglaws_5domains.csv") {
        let (groups, sets): (Vec<usize>, Vec<usize>) =
            all(&of).into_iter().partition(|&target| of.targets()[target].starts_with("agg_"));
        splits.extend(splits::one_scale(&of, "Ye, 5 groups", &groups, &[10, 20], seeds));
        splits.extend(splits::one_scale(&of, "Ye, 22 sets", &sets, &[10, 20], seeds.min(2)));
        splits.extend(splits::to_size(&of, "Ye → 410M", &groups, 410e6));
        splits.extend(splits::to_size(&of, "Ye → 1B", &groups, 1e9));
        splits.extend(splits::unseen(&of, "Ye, unseen mixtures", &groups, None, n_parts));
        splits.extend(splits::unseen(&of, "Ye, larger and unseen", &groups, Some(410e6), n_parts));
        splits.extend(splits::beyond(&of, "Ye", &groups));
    }
    if let Some(of) = splits::study(&folder(), "pile4.csv") {
        let targets = all(&of);
        splits.extend(splits::one_scale(&of, "pile4", &targets, &[10, 16], seeds));
        splits.extend(splits::to_size(&of, "pile4 → 440M", &targets, 440e6));
        splits.extend(splits::unseen(&of, "pile4, unseen mixtures", &targets, None, n_parts));
        splits.extend(splits::beyond(&of, "pile4", &targets));
    }
    for (name, of) in isoflops() {
        splits.extend(splits::most_compute(&of, &format!("{name}, top quarter of compute")));
    }
    splits
}

/// The splits for the peers in Python.
fn splits_file(splits: &[Split]) -> String {
    let rows = |rows: &[Observation]| -> Value {
        let inputs: Vec<Value> = rows
            .iter()
            .map(|row| json!({ "h": row.mixture, "n": row.n.map(|n| n.0), "d": row.d.map(|d| d.0) }))
            .collect();
        Value::from(inputs)
    };
    let losses = |rows: &[Observation]| -> Value {
        rows.iter().map(|row| row.losses.iter().map(|loss| loss.map(|loss| loss.0)).collect::<Vec<_>>()).collect()
    };
    // The losses held out stay here.
    let one = |split: &Split| {
        let fitted = split.fitted.observations();
        json!({ "fitted": rows(fitted), "losses": losses(fitted), "held_out": rows(&split.held_out) })
    };
    Value::from(splits.iter().map(one).collect::<Vec<_>>()).to_string()
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

/// For each column its error in each group; nothing where it does not apply to all of it.
fn errors(splits: &[Split], groups: &[String], columns: &[Column]) -> Vec<Vec<Option<f64>>> {
    let of = |column: &Column, group: &String| -> Option<f64> {
        let pairs = splits.iter().zip(&column.answers).filter(|(split, _)| split.group == *group);
        let errors: Option<Vec<f64>> = pairs.map(|(split, answer)| Some(error(split, answer.as_ref()?))).collect();
        mean(errors?.into_iter())
    };
    columns.iter().map(|column| groups.iter().map(|group| of(column, group)).collect()).collect()
}

/// The error of each column in each group, and the geometric mean of its share of the column named `unit`.
fn error_table(splits: &[Split], columns: &[Column], wanted: impl Fn(Question) -> bool, unit: &str) -> String {
    let groups = groups(splits, wanted);
    let all_errors = errors(splits, &groups, columns);
    let shown: Vec<usize> = (0..columns.len()).filter(|&at| all_errors[at].iter().any(Option::is_some)).collect();
    let mut out = String::new();
    let names: Vec<&str> = shown.iter().map(|&at| columns[at].name.as_str()).collect();
    let _ = writeln!(out, "| split | {} |\n|---|{}", names.join(" | "), "---|".repeat(shown.len()));
    for (row, group) in groups.iter().enumerate() {
        let least = all_errors.iter().filter_map(|errors| errors[row]).fold(f64::INFINITY, f64::min);
        let cell = |&at: &usize| match all_errors[at][row] {
            Some(error) if error == least => format!("**{error:.2}**"),
            Some(error) => format!("{error:.2}"),
            None => "–".to_string(),
        };
        let _ = writeln!(out, "| {group} | {} |", shown.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    if let Some(unit_at) = columns.iter().position(|column| column.name == unit) {
        let share = |&at: &usize| {
            let pairs = all_errors[at].iter().zip(&all_errors[unit_at]);
            let shares: Option<Vec<f64>> = pairs.map(|(one, unit)| Some((*one)? / (*unit)?)).collect();
            shares.map_or("–".to_string(), |shares| format!("{:.3}", geometric_mean(shares.into_iter())))
        };
        let shares: Vec<String> = shown.iter().map(share).collect();
        let _ = writeln!(out, "| **geometric mean, {unit} = 1** | {} |", shares.join(" | "));
    }
    out
}

/// How far Mixlaw's choice is from the best of its candidates, where it is more than a tenth.
fn missed(splits: &[Split], columns: &[Column], wanted: impl Fn(Question) -> bool) -> String {
    let groups = groups(splits, wanted);
    let all_errors = errors(splits, &groups, columns);
    let Some(own) = columns.iter().position(|column| column.name == MIXLAW) else { return String::new() };
    // The laws that were asked for and Mixlaw's candidates; not the peers.
    let first = columns.iter().position(|column| column.name == LAW_BEFORE).unwrap_or(0);
    let mut out = Vec::new();
    for (row, group) in groups.iter().enumerate() {
        let others = (first..columns.len()).filter(|&at| at != own).filter_map(|at| Some((all_errors[at][row]?, at)));
        let best = others.min_by(|(a, _), (b, _)| a.total_cmp(b));
        if let (Some((error, at)), Some(ours)) = (best, all_errors[own][row])
            && ours > 1.1 * error
        {
            out.push(format!("{group}: {ours:.2} against {error:.2} ({})", columns[at].name));
        }
    }
    format!("Worse than 1.1 times the best of laws, residual models and process: {}.\n", listed(&out))
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "nowhere".to_string() } else { items.join("; ") }
}

/// The loss of the chosen mixture above that of the best of the rows held out, in 0.001 nats, by target and averaged.
fn regret_table(splits: &[Split], columns: &[Column]) -> String {
    let names = groups(splits, |question| question == Question::OneScale);
    let shown: Vec<&Column> = columns.iter().filter(|column| applies(splits, column)).collect();
    let mut out = String::new();
    let titles: Vec<&str> = shown.iter().map(|column| column.name.as_str()).collect();
    let _ = writeln!(out, "| pool | best run seen | {} |\n|---|{}", titles.join(" | "), "---|".repeat(shown.len() + 1));
    let mut sums = vec![0.0; shown.len() + 1];
    for group in &names {
        let mut regrets = vec![Vec::new(); shown.len() + 1];
        for (split_idx, split) in splits.iter().enumerate().filter(|(_, split)| split.group == *group) {
            for target in 0..split.fitted.targets().len() {
                let seen = split.fitted.observations().iter().filter_map(|row| Some(row.losses[target]?.0));
                let losses: Vec<Option<f64>> =
                    split.held_out.iter().map(|row| row.losses[target].map(|loss| loss.0)).collect();
                let best = losses.iter().flatten().copied().fold(f64::INFINITY, f64::min);
                regrets[0].push(seen.fold(f64::INFINITY, f64::min) - best);
                for (at, column) in shown.iter().enumerate() {
                    let Some(answer) = &column.answers[split_idx] else { continue };
                    let pairs = answer[target].iter().zip(&losses).filter_map(|(p, loss)| Some((p.loss, (*loss)?)));
                    let chosen = pairs.min_by(|(a, _), (b, _)| a.total_cmp(b));
                    regrets[at + 1].extend(chosen.map(|(_, loss)| loss - best));
                }
            }
        }
        let means = regrets.into_iter().map(|regrets| 1e3 * mean(regrets.into_iter()).unwrap_or(f64::NAN));
        let means: Vec<f64> = means.collect();
        sums.iter_mut().zip(&means).for_each(|(sum, mean)| *sum += mean / names.len() as f64);
        let cells: Vec<String> = means.iter().map(|mean| format!("{mean:.1}")).collect();
        let _ = writeln!(out, "| {group} | {} |", cells.join(" | "));
    }
    let cells: Vec<String> = sums.iter().map(|mean| format!("{mean:.2}")).collect();
    let _ = writeln!(out, "| **mean** | {} |", cells.join(" | "));
    out
}

/// Of the chosen mixtures, which are not any mixture: the share of losses within their 90 % intervals, and of gains over
/// the held-out mixture nearest to the mean of those fitted.
fn chosen_table(splits: &[Split], columns: &[Column]) -> String {
    let mut out = String::from(
        "| pools | chosen | predicted too low | loss covered | half-width | gain covered | half-width |\n|---|---|---|---|---|---|---|\n",
    );
    let Some(column) = columns.iter().find(|column| column.name == MIXLAW) else { return out };
    // Pools of one study and as many mixtures go together.
    let name = |group: &str| -> Option<String> {
        Some(format!("{}, {}", group.split([' ', ',']).next()?, group.split(", ").last()?))
    };
    let mut names: Vec<String> =
        groups(splits, |question| question == Question::OneScale).iter().filter_map(|group| name(group)).collect();
    names.sort();
    names.dedup();
    let line = |title: &str, wanted: &dyn Fn(&Split) -> bool| {
        let (mut losses, mut gains, mut too_low) = (Covered::default(), Covered::default(), 0);
        for (at, split) in splits.iter().enumerate().filter(|(_, split)| wanted(split)) {
            for (target, predicted) in column.answers[at].iter().flatten().enumerate() {
                let seen = split.held_out.iter().zip(predicted);
                let seen = seen.filter_map(|(row, predicted)| Some((predicted, row.losses[target]?.0)));
                if let Some((predicted, loss)) = seen.min_by(|a, b| a.0.loss.total_cmp(&b.0.loss)) {
                    losses.add(loss, loss, predicted.interval);
                    too_low += usize::from(predicted.loss < loss);
                }
            }
            column.of_chosen[at].iter().for_each(|gain| gains.add(gain.seen, gain.loss, gain.interval));
        }
        let (width, width_of_gains) = (losses.median(), gains.median());
        format!(
            "| {title} | {} | {:.0} % | {:.0} % | {width:.2} % | {:.0} % | {width_of_gains:.2} % |\n",
            losses.all,
            100.0 * too_low as f64 / losses.all as f64,
            100.0 * losses.share(),
            100.0 * gains.share(),
        )
    };
    for title in &names {
        let wanted =
            |split: &Split| split.question == Question::OneScale && name(&split.group).as_deref() == Some(title);
        out.push_str(&line(title, &wanted));
    }
    out + &line("**all**", &|split: &Split| split.question == Question::OneScale)
}

/// Whether a column answers all splits of one scale.
fn applies(splits: &[Split], column: &Column) -> bool {
    let mut pairs = splits.iter().zip(&column.answers);
    pairs.all(|(split, answer)| split.question != Question::OneScale || answer.is_some())
}

/// The share of held-out losses (or of gains between two of them) within the 90 % intervals, and the median half-width
/// in percent of the loss.
fn coverage_table(splits: &[Split], columns: &[Column], of_gains: bool) -> String {
    let what = if of_gains { "gains" } else { "losses" };
    let mut out = format!("| split | {what} | covered | half-width |\n|---|---|---|---|\n");
    let Some(column) = columns.iter().find(|column| column.name == MIXLAW) else { return out };
    for (what, is_larger) in [("unseen mixtures", false), ("larger scale", true)] {
        let mut pooled = Covered::default();
        let mut by_group = Vec::new();
        for group in groups(splits, |question| question.is_larger() == is_larger) {
            let mut covered = Covered::default();
            for at in (0..splits.len()).filter(|&at| splits[at].group == group) {
                if of_gains {
                    column.gains[at].iter().for_each(|gain| covered.add(gain.seen, gain.loss, gain.interval));
                } else {
                    column.answers[at].iter().for_each(|answer| covered.add_losses(&splits[at], answer));
                }
            }
            pooled.all += covered.all;
            pooled.held += covered.held;
            pooled.without += covered.without;
            by_group.push(covered.share());
            out.push_str(&covered.line(&group));
        }
        let _ = writeln!(
            out,
            "| **{what}, pooled** | {} | {:.1} % | |\n| **{what}, mean of the splits** | | {:.1} % | |",
            pooled.all,
            100.0 * pooled.share(),
            100.0 * mean(by_group.into_iter().filter(|share| share.is_finite())).unwrap_or(f64::NAN)
        );
        if pooled.without > 0 {
            let _ = writeln!(out, "| {what}, without an interval | {} | | |", pooled.without);
        }
    }
    out
}

/// Losses and intervals.
#[derive(Default)]
struct Covered {
    held: usize,
    all: usize,
    /// Losses that no interval is given for.
    without: usize,
    half_widths: Vec<f64>,
}

impl Covered {
    fn add(&mut self, seen: f64, loss: f64, interval: Option<(f64, f64)>) {
        let Some((low, high)) = interval else {
            self.without += 1;
            return;
        };
        self.all += 1;
        self.held += usize::from((low..=high).contains(&seen));
        self.half_widths.push(50.0 * (high - low) / loss);
    }

    fn add_losses(&mut self, split: &Split, answer: &[Vec<Predicted>]) {
        for (target, predicted) in answer.iter().enumerate() {
            for (row, predicted) in split.held_out.iter().zip(predicted) {
                if let Some(seen) = row.losses[target] {
                    self.add(seen.0, seen.0, predicted.interval);
                }
            }
        }
    }

    fn share(&self) -> f64 {
        self.held as f64 / self.all as f64
    }

    fn median(&mut self) -> f64 {
        self.half_widths.sort_by(f64::total_cmp);
        self.half_widths.get(self.half_widths.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn line(&mut self, group: &str) -> String {
        if self.all == 0 {
            return format!("| {group} | 0 | – | – |\n");
        }
        let median = self.median();
        format!("| {group} | {} | {:.0} % | {median:.2} % |\n", self.all, 100.0 * self.share())
    }
}

fn tables(splits: &[Split], columns: &[Column]) -> String {
    let one_scale = |question: Question| question == Question::OneScale;
    let unseen = |question: Question| question == Question::Unseen;
    let beyond = |question: Question| question == Question::Beyond;
    format!(
        "# Accuracy

Written by `make accuracy`. How well losses are predicted that nobody has seen: neither the fit nor any choice that
Mixlaw makes. Every split is listed, also those where Mixlaw loses. The settings are the same for all: Mixlaw's are its
defaults; those of the others are in benches/accuracy/peers.py. \"{LAW_BEFORE}\" is the law with `--weight-power 0
--gamma-floor 0 --gamma-ceiling 0`; the columns after it change its settings: p is the weight power, floor and ceiling
are those of γ (0 is none), and ε is added to every weight, in place of a floor. \"additive law\" has the defaults. \"{MIXLAW}\" is what `mixlaw fit` chooses from its candidates, which stand before it.

The data are not part of this project: apple/ml-scalefit (SlimPajama), yegcjs/mixinglaws (Ye),
meiqwq/Explaining-Data-Mixing-Scaling-Laws (pile4) and Open-Athena/scaling-law-analysis (studies of N and D). The
exponents of the Gaussian process and the rules of the choice were found on splits of the same data, so the figures
flatter Mixlaw somewhat.

Error: mean relative error of the held-out losses in percent, averaged over targets and random splits.

## One scale

So many mixtures at random are fitted, the others of the same size and token count are predicted. With RegMix's settings
LightGBM cannot split fewer than 40 rows and predicts their mean.

{}
{}
## Several scales, unseen mixtures

The mixtures of four fifths are fitted, those of the last fifth predicted, at all scales; twice, each time another
fifth. The peers see ln N and ln D as further inputs.

{}
{}
## More of one domain than was fitted

The fifth of the mixtures with most of a domain is predicted from the others; the mean over domains. An optimum often
lies there, at the edge of what the runs cover or beyond it, where random splits hardly ask. Without a ceiling of γ the
laws fail here: a term C h^γ with a γ of 5 or more is next to nothing in the runs and rises steeply beyond them.

{}
{}
## Larger scale

Where a split is also of unseen mixtures, four fifths of the mixtures are fitted below the cut, and the others are
predicted above it. The peers were not made for this.

{}
{}
## Intervals

Nominal: 90 %.

{}
Of the difference of two mixtures held out at one scale, of each target and of the targets' mean:

{}
## The chosen mixture

Among the held-out mixtures of each split at one scale the one with the least predicted loss is chosen, for each target
alone. How much worse is it than the best of them, in 0.001 nats? A negative figure of the best run seen says that it
is better than all that were held out.

{}
The chosen mixture is not any mixture: it was chosen because its prediction is low. Do the intervals hold there, too? Of
its loss, and of its gain over the held-out mixture that is nearest to the mean of those fitted:

{}",
        error_table(splits, columns, one_scale, "LightGBM"),
        missed(splits, columns, one_scale),
        error_table(splits, columns, unseen, LAW_BEFORE),
        missed(splits, columns, unseen),
        error_table(splits, columns, beyond, LAW_BEFORE),
        missed(splits, columns, beyond),
        error_table(splits, columns, Question::is_larger, LAW_BEFORE),
        missed(splits, columns, Question::is_larger),
        coverage_table(splits, columns, false),
        coverage_table(splits, columns, true),
        regret_table(splits, columns),
        chosen_table(splits, columns),
    )
}

fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only = arguments.iter().find_map(|argument| Some(argument.strip_prefix("--only=")?.to_string()));
    arguments.retain(|argument| !argument.starts_with("--"));
    let mut splits = all_splits(quick);
    splits.retain(|split| only.as_ref().is_none_or(|only| only.split('|').any(|only| split.group.contains(only))));
    eprintln!("{} splits", splits.len());
    match &arguments[..] {
        [what, file] if what == "splits" => fs::write(file, splits_file(&splits)),
        [what, peers, wanted @ ..] if what == "tables" => {
            let peers = fs::read_to_string(peers).ok().and_then(|text| serde_json::from_str(&text).ok());
            let tried = if wanted.is_empty() { TRIED.map(str::to_string).to_vec() } else { wanted.to_vec() };
            let columns = methods::all(&splits, &peers.unwrap_or(Value::Null), &tried);
            let text = tables(&splits, &columns);
            if quick || only.is_some() {
                println!("{text}");
                return Ok(());
            }
            fs::write(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy.md"), text)
        }
        _ => panic!("say \"splits FILE\" or \"tables PEERS\""),
    }
}
