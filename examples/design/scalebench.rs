//! ScaleBench's domain-mixture task: how well losses are predicted after a fifth, a third and a half of the runs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::design::{Budget, RunOf, next_among};
use mixlaw::fit::FitConfig;
use mixlaw::import::import;
use mixlaw::mixture::Scenario;
use mixlaw::predict::{FittedStudy, OneByOne, auto};
use mixlaw::units::{Loss, Params, Tokens};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::moments;
use crate::pools::shuffle;

/// Runs trained of the 20 that a group has: 20, 35 and 50 %.
const STAGES: [usize; 3] = [4, 7, 10];
const HELD_OUT: usize = 6;
const SIZES: [f64; 4] = [70e6, 160e6, 305e6, 410e6];

/// What the task's authors give for their methods (README of PlanarG/active-sl, table 2, column "domain").
const OTHERS: [(&str, [f64; 3]); 5] = [
    ("their random", [-0.36, 0.41, 0.70]),
    ("their D-optimal", [0.14, 0.81, 0.88]),
    ("their V-optimal", [0.57, 0.91, 0.95]),
    ("their MSPE", [0.64, 0.89, 0.95]),
    ("their laws on all 20 runs", [0.81, 0.81, 0.81]),
];

#[derive(Clone, Copy, PartialEq)]
enum Choice {
    Mixlaw,
    Random,
}

/// A mixture with its losses at one size.
type Run = (Vec<f64>, Vec<f64>);

/// Of each size the runs of all mixtures at the largest number of tokens that all have.
fn groups(data: &Dataset) -> Vec<(Params, Tokens, Vec<Run>)> {
    let targets: Vec<usize> = (0..data.targets().len()).filter(|&j| data.targets()[j].starts_with("agg_")).collect();
    let group = |size: f64| {
        let mut of_tokens: BTreeMap<u64, Vec<Run>> = BTreeMap::new();
        for row in data.observations().iter().filter(|row| row.n == Some(Params(size))) {
            let losses: Option<Vec<f64>> = targets.iter().map(|&j| row.losses[j].map(|loss| loss.0)).collect();
            let (Some(d), Some(losses)) = (row.d, losses) else { continue };
            let runs = of_tokens.entry(d.0 as u64).or_default();
            if !runs.iter().any(|run| run.0 == row.mixture) {
                runs.push((row.mixture.clone(), losses));
            }
        }
        let (d, runs) = of_tokens.into_iter().max_by_key(|(d, runs)| (runs.len(), *d)).expect("some");
        (Params(size), Tokens(d as f64), runs)
    };
    SIZES.into_iter().map(group).collect()
}

fn fitted(domains: &[String], n: Params, d: Tokens, runs: &[&Run]) -> FittedStudy {
    let observation = |(at, (h, losses)): (usize, &&Run)| Observation {
        line: at + 2,
        n: Some(n),
        d: Some(d),
        mixture: h.clone(),
        losses: losses.iter().map(|loss| Some(Loss(*loss))).collect(),
        weight: 1.0,
        split: Split::Fit,
    };
    let rows = runs.iter().enumerate().map(observation).collect();
    let targets: Vec<String> = (0..runs[0].1.len()).map(|j| format!("loss{j}")).collect();
    let all: Vec<usize> = (0..targets.len()).collect();
    let data = Dataset::new(domains.to_vec(), targets, rows).expect("a study");
    auto(&data, &all, &FitConfig { starts: 4, ..FitConfig::default() }, &OneByOne, &|_, _| {}).expect("it fits")
}

/// R² at each stage over the held-out losses of all sizes and targets together, not below −1, as the task counts it.
fn one(groups: &[(Params, Tokens, Vec<Run>)], domains: &[String], choice: Choice, seed: u64) -> [f64; 3] {
    let mut pairs: [Vec<(f64, f64)>; 3] = Default::default();
    for (n, d, runs) in groups {
        // The same for each choice: what is held out, and the first runs.
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..runs.len()).collect();
        shuffle(&mut order, &mut random);
        let (test, pool) = order.split_at(HELD_OUT);
        let mut trained: Vec<usize> = pool[..STAGES[0]].to_vec();
        for (stage, wanted) in STAGES.into_iter().enumerate() {
            if choice == Choice::Random {
                trained = pool[..wanted].to_vec();
            }
            let study =
                |trained: &[usize]| fitted(domains, *n, *d, &trained.iter().map(|&at| &runs[at]).collect::<Vec<_>>());
            let mut now = study(&trained);
            if trained.len() < wanted {
                let left: Vec<usize> = pool.iter().copied().filter(|at| !trained.contains(at)).collect();
                let given: Vec<RunOf> = left.iter().map(|&at| (runs[at].0.as_slice(), Some(*n), Some(*d))).collect();
                let budget = Budget { runs: Some(wanted - trained.len()), ..Budget::default() };
                let batch = next_among(&now, &Scenario::new(*n, *d), &budget, &given).expect("a batch");
                trained.extend(
                    batch.runs.iter().filter_map(|run| left.iter().copied().find(|&at| runs[at].0 == run.mixture)),
                );
                now = study(&trained);
            }
            for &at in test {
                let (h, losses) = &runs[at];
                let predicted = now.targets().map(|target| target.loss(Some(*n), Some(*d), h).0);
                pairs[stage].extend(predicted.zip(losses.iter().copied()));
            }
        }
    }
    pairs.map(|pairs| {
        let mean = pairs.iter().map(|pair| pair.1).sum::<f64>() / pairs.len() as f64;
        let residual: f64 = pairs.iter().map(|(predicted, seen)| (predicted - seen).powi(2)).sum();
        let total: f64 = pairs.iter().map(|(_, seen)| (seen - mean).powi(2)).sum();
        (1.0 - residual / total).max(-1.0)
    })
}

pub fn report(folder: &Path, repeats: usize) -> String {
    let Ok(text) = std::fs::read_to_string(folder.join("mixinglaws_5domains.csv")) else { return String::new() };
    let data = import(&text, None).dataset.expect("a study");
    let groups = groups(&data);
    let mut text = format!(
        "## ScaleBench's domain-mixture task\n\n\
         Four sizes of {} mixtures of five Pile domains, each fitted by itself; {HELD_OUT} mixtures of each are predicted from {} of the \
         other 20, and R² counts all sizes and losses together. Mean ± standard deviation over {repeats} splits. Which mixtures ScaleBench \
         holds out is not known here, so they are drawn at random, and so are the first {} runs; its figures \
         are means over ten laws, fitted by its own search, and it counts runs as one each, as here.\n\n| choice | {} |\n|---|{}\n",
        groups[0].2.len(),
        STAGES.map(|n| n.to_string()).join(", "),
        STAGES[0],
        STAGES.map(|n| format!("{} % of the runs", 5 * n)).join(" | "),
        "---|".repeat(STAGES.len())
    );
    for (name, choice) in [("Mixlaw", Choice::Mixlaw), ("Mixlaw on random runs", Choice::Random)] {
        let all: Vec<[f64; 3]> =
            (1..=repeats as u64).into_par_iter().map(|seed| one(&groups, data.domains(), choice, seed)).collect();
        write!(text, "| {name} |").expect("a string");
        for stage in 0..STAGES.len() {
            let (mean, deviation) = moments(&all.iter().map(|r2| r2[stage]).collect::<Vec<_>>());
            write!(text, " {mean:.3} ± {deviation:.3} |").expect("a string");
        }
        text.push('\n');
    }
    for (name, r2) in OTHERS {
        writeln!(text, "| {name} | {} |", r2.map(|r2| format!("{r2:.2}")).join(" | ")).expect("a string");
    }
    text.push('\n');
    text
}
