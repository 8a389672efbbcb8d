//! How far from the runs a mixture should be let: what is lost by a mixture chosen under each rule.
//!
//! ```text
//!     cargo run --release --example support [-- DRAWS]
//! ```
//!
//! From the runs of one scale some are drawn (DRAWS times, by default 6), and predictors are fitted to them: the additive
//! law and a Gaussian process. Under each rule the mixture is chosen that the predictor likes best of many candidates
//! (blends of runs, neighbours of runs, random mixtures), and judged by a Gaussian process of all runs of that scale,
//! which flatters a Gaussian process; and of the runs that were not drawn, judged by their observed losses. What is lost is
//! the loss above the best candidate's, in nats, the mean over targets. The data are in the folder that the environment
//! variable MIXLAW_DATA names (default ../shared/data).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mixlaw::dataset::{Dataset, Observation};
use mixlaw::fit::{FitConfig, fit};
use mixlaw::gp::{GaussianProcess, Input, Inputs, Recipe};
use mixlaw::import::import;
use mixlaw::law::by_id;
use mixlaw::mixture::Support;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const FILES: [&str; 3] = ["slimpajama_runs.csv", "mixinglaws_5domains.csv", "pile4.csv"];
const QUANTILES: [f64; 6] = [0.0, 0.25, 0.5, 0.75, 0.9, 1.0];
const CANDIDATES: usize = 400;
const MOST_TARGETS: usize = 5;

type Predict = Box<dyn Fn(&[f64]) -> f64>;

/// Lost by rule: by candidates, and by runs that were not drawn.
#[derive(Default)]
struct Lost {
    candidates: Vec<f64>,
    runs: Vec<f64>,
}

/// The last observations of the runs at the scale with the most mixtures.
fn at_one_scale(data: &Dataset) -> Vec<Observation> {
    let mut by_scale: BTreeMap<(u64, u64), Vec<Observation>> = BTreeMap::new();
    for row in data.observations() {
        let key = |value: Option<f64>| value.map_or(0, f64::to_bits);
        let rows = by_scale.entry((key(row.n.map(|n| n.0)), key(row.d.map(|d| d.0)))).or_default();
        if !rows.iter().any(|other| other.mixture == row.mixture) && row.losses.iter().all(Option::is_some) {
            rows.push(row.clone());
        }
    }
    by_scale.into_values().max_by_key(Vec::len).expect("rows")
}

fn loss(row: &Observation, target: usize) -> f64 {
    row.losses[target].expect("complete").0
}

fn process(rows: &[Observation], target: usize) -> Option<Predict> {
    let input = |(run, row): (usize, &Observation)| Input { mixture: row.mixture.clone(), ln_n: 0.0, ln_d: 0.0, run };
    let inputs = Arc::new(Inputs::new(&rows.iter().enumerate().map(input).collect::<Vec<_>>()));
    let values: Vec<f64> = rows.iter().map(|row| libm::log(loss(row, target))).collect();
    let process = GaussianProcess::fit(Recipe::Mixture, &inputs, &values).ok()?;
    Some(Box::new(move |h: &[f64]| libm::exp(process.mean(0.0, 0.0, h))))
}

fn additive(data: &Dataset, rows: &[Observation], target: usize) -> Option<Predict> {
    let rows = rows.iter().map(|row| Observation { n: None, d: None, ..row.clone() }).collect();
    let few = Dataset::new(data.domains().to_vec(), data.targets().to_vec(), rows).ok()?;
    let config = FitConfig { starts: 4, ..FitConfig::default() };
    let fit = fit(by_id("additive")?, &few, &[target], &config, &mut |_| {}).ok()?;
    Some(Box::new(move |h: &[f64]| fit.loss(0, None, None, h).0))
}

fn candidates(random: &mut Xoshiro256PlusPlus, rows: &[Observation]) -> Vec<Vec<f64>> {
    let k = rows[0].mixture.len();
    let pick = |random: &mut Xoshiro256PlusPlus| &rows[(random.random::<f64>() * rows.len() as f64) as usize].mixture;
    let normalised = |h: Vec<f64>| {
        let sum: f64 = h.iter().sum();
        h.iter().map(|weight| weight / sum).collect::<Vec<f64>>()
    };
    let mut all: Vec<Vec<f64>> = Vec::new();
    for _ in 0..CANDIDATES {
        let n = 2 + (random.random::<f64>() * 4.0) as usize;
        let mut blend = vec![0.0; k];
        for _ in 0..n {
            let share = random.random::<f64>();
            blend.iter_mut().zip(pick(random)).for_each(|(blend, h)| *blend += share * h);
        }
        all.push(normalised(blend));
        let spread = 0.3 + random.random::<f64>();
        let factor = |random: &mut Xoshiro256PlusPlus| libm::exp(spread * 2.0 * (random.random::<f64>() - 0.5));
        let run = pick(random).clone();
        all.push(normalised(run.iter().map(|h| h * factor(random)).collect()));
        let power = 1.0 + 5.0 * random.random::<f64>();
        all.push(normalised((0..k).map(|_| libm::pow(random.random::<f64>(), power)).collect()));
    }
    all
}

fn best<'a>(of: impl Iterator<Item = &'a Vec<f64>>, by: &dyn Fn(&[f64]) -> f64) -> Option<&'a Vec<f64>> {
    of.map(|h| (by(h), h)).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, h)| h)
}

fn main() {
    let draws: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(6);
    run(draws);
}

/// Prints the table.
pub fn run(draws: u64) {
    let folder = std::env::var_os("MIXLAW_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let mut total: BTreeMap<(String, String), Lost> = BTreeMap::new();
    for file in FILES {
        let text = std::fs::read_to_string(folder.join(file)).expect("the data");
        let data = import(&text, None).dataset.expect("a study");
        let rows = at_one_scale(&data);
        let targets: Vec<usize> = (0..data.targets().len().min(MOST_TARGETS)).collect();
        let judges: Vec<Predict> = targets.iter().map(|&target| process(&rows, target).expect("many runs")).collect();
        for seed in 0..draws {
            for share in [0.35, 0.65] {
                let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
                let mut order: Vec<usize> = (0..rows.len()).collect();
                (1..order.len()).rev().for_each(|i| order.swap(i, (random.random::<f64>() * (i + 1) as f64) as usize));
                let n = (share * rows.len() as f64) as usize;
                let few: Vec<Observation> = order[..n].iter().map(|&at| rows[at].clone()).collect();
                let rest: Vec<Vec<f64>> = order[n..].iter().map(|&at| rows[at].mixture.clone()).collect();
                let mixtures: Vec<Vec<f64>> = few.iter().map(|row| row.mixture.clone()).collect();
                let all = candidates(&mut random, &rows);
                let k = data.domains().len();
                let ranges: Vec<(f64, f64)> = (0..k)
                    .map(|i| mixtures.iter().fold((1.0_f64, 0.0_f64), |(l, h), m| (l.min(m[i]), h.max(m[i]))))
                    .collect();
                let support = Support::new(&mixtures, 0.0).expect("runs");
                let (far, far_runs): (Vec<f64>, Vec<f64>) = (
                    all.iter().map(|h| support.distance(h)).collect(),
                    rest.iter().map(|h| support.distance(h)).collect(),
                );
                for (&target, judge) in targets.iter().zip(&judges) {
                    let least = |of: &[Vec<f64>]| of.iter().map(|h| judge(h)).fold(f64::INFINITY, f64::min);
                    let observed =
                        |h: &[f64]| rows.iter().find(|row| row.mixture == h).map_or(f64::NAN, |row| loss(row, target));
                    let (best_of_all, best_of_runs) =
                        (least(&all), rest.iter().map(|h| observed(h)).fold(f64::INFINITY, f64::min));
                    let best_seen = best(mixtures.iter(), &observed).expect("runs");
                    let mut add =
                        |rule: String, predictor: &str, chosen: Option<&Vec<f64>>, of_runs: Option<&Vec<f64>>| {
                            let lost = total.entry((predictor.to_string(), rule)).or_default();
                            lost.candidates.push(judge(chosen.unwrap_or(best_seen)) - best_of_all);
                            lost.runs.push(observed(of_runs.unwrap_or(best_seen)) - best_of_runs);
                        };
                    add("best run seen".into(), "", None, None);
                    for (name, predictor) in [("law", additive(&data, &few, target)), ("GP", process(&few, target))] {
                        let Some(predictor) = predictor else { continue };
                        add("anywhere".into(), name, best(all.iter(), &predictor), best(rest.iter(), &predictor));
                        let within =
                            |h: &&Vec<f64>| h.iter().zip(&ranges).all(|(h, (low, high))| (*low..=*high).contains(h));
                        add(
                            "ranges".into(),
                            name,
                            best(all.iter().filter(within), &predictor),
                            best(rest.iter().filter(within), &predictor),
                        );
                        for quantile in QUANTILES {
                            let radius = Support::new(&mixtures, quantile).expect("runs").radius();
                            let near = |of: &'_ [Vec<f64>], far: &[f64]| {
                                let near = of.iter().zip(far).filter(|(_, far)| **far <= radius).map(|(h, _)| h);
                                best(near.collect::<Vec<_>>().into_iter(), &predictor).cloned()
                            };
                            let (chosen, of_runs) = (near(&all, &far), near(&rest, &far_runs));
                            add(
                                format!("{:3.0} % quantile", 100.0 * quantile),
                                name,
                                chosen.as_ref(),
                                of_runs.as_ref(),
                            );
                        }
                    }
                }
            }
        }
        println!("{file}: {} mixtures", rows.len());
        for ((predictor, rule), Lost { candidates, runs }) in &total {
            let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
            let worst = |of: &[f64]| of.iter().fold(0.0_f64, |most, x| most.max(*x));
            println!(
                "  {predictor:3} {rule:14} candidates {:.4} (worst {:.3})   runs {:.4} (worst {:.3})",
                mean(candidates),
                worst(candidates),
                mean(runs),
                worst(runs)
            );
        }
        total.clear();
    }
}
