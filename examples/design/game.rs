//! Games against a trainer whose law the player does not know: Mixlaw, and a player who chooses runs by hand.

use std::fmt::Write;

use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::design::{Budget, Wanted, next, normal, plan, plausible};
use mixlaw::fit::FitConfig;
use mixlaw::law::{self, Mixture, Scale, Shape};
use mixlaw::mixture::{Scenario, optimum};
use mixlaw::predict::{FittedStudy, OneByOne, auto};
use mixlaw::units::{Loss, Params, Tokens};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

const NOISE: f64 = 0.002;
const K: usize = 5;
const N: Params = Params(3e8);
const D: Tokens = Tokens(6e9);
/// Runs after which the players name a mixture.
const STAGES: [usize; 5] = [8, 12, 16, 20, 24];
/// A regret up to this, in nats, is near the optimum.
const NEAR: f64 = 0.01;

type Random = Xoshiro256PlusPlus;
type Truth = Box<dyn Fn(&[f64]) -> f64>;

const FAMILIES: [&str; 3] =
    ["additive law", "four evaluations that learn by a power law", "four that learn exponentially"];

/// The loss of a mixture: an additive law, or the mean of evaluations j of which each learns from Σ_i t_ji h_i.
fn truth(family: usize, random: &mut Random) -> Truth {
    if family == 0 {
        let law = law::by_id("additive").expect("a law");
        let shape = Shape::whole(K);
        let theta = plausible(law, K, random);
        return Box::new(move |h| law::loss(law, &shape, &theta, 0, Scale::new(Some(N), Some(D)), &Mixture::new(h)));
    }
    let mut between = |low: f64, high: f64| low + (high - low) * random.random::<f64>();
    let evaluation = |at: usize| -> (f64, f64, f64, Vec<f64>) {
        if family == 1 {
            let learns = (0..K).map(|_| between(0.0, 1.0).powi(3)).collect();
            (between(1.2, 2.2), between(0.5, 1.2), between(0.1, 0.5), learns)
        } else {
            let learns = (0..K).map(|i| if i == at { between(1.0, 4.0) } else { between(-0.3, 0.8) }).collect();
            (between(1.5, 2.5), between(0.5, 1.5), 0.0, learns)
        }
    };
    let evaluations: Vec<_> = (0..4).map(evaluation).collect();
    Box::new(move |h| {
        let of = |(floor, factor, alpha, learns): &(f64, f64, f64, Vec<f64>)| {
            let seen: f64 = learns.iter().zip(h).map(|(t, h)| t * h).sum();
            floor + factor * if family == 1 { (seen + 0.01).powf(-alpha) } else { (-seen).exp() }
        };
        evaluations.iter().map(of).sum::<f64>() / evaluations.len() as f64
    })
}

fn normalised(mut h: Vec<f64>) -> Vec<f64> {
    let sum: f64 = h.iter().sum();
    h.iter_mut().for_each(|h| *h /= sum);
    h
}

/// The least loss there is, by 6,000 random steps.
fn least(truth: &Truth, random: &mut Random) -> f64 {
    let mut best = vec![1.0 / K as f64; K];
    let mut step = 0.1;
    for at in 0..6000 {
        let h: Vec<f64> = if at < 1500 {
            (0..K).map(|_| -(1.0 - random.random::<f64>()).ln()).collect()
        } else {
            step *= 0.999;
            best.iter().map(|h| (h + step * normal(random)).max(0.0)).collect()
        };
        if h.iter().sum::<f64>() > 0.0 {
            let h = normalised(h);
            if truth(&h) < truth(&best) {
                best = h;
            }
        }
    }
    truth(&best)
}

/// Mixtures with their losses.
type Runs = Vec<(Vec<f64>, f64)>;

fn fitted(runs: &Runs) -> Option<FittedStudy> {
    let observation = |(at, (h, loss)): (usize, &(Vec<f64>, f64))| Observation {
        line: at + 2,
        n: Some(N),
        d: Some(D),
        mixture: h.clone(),
        losses: vec![Some(Loss(*loss))],
        weight: 1.0,
        split: Split::Fit,
    };
    let rows = runs.iter().enumerate().map(observation).collect();
    let data = Dataset::new(names(), vec!["loss".into()], rows).ok()?;
    auto(&data, &[0], &FitConfig { starts: 4, ..FitConfig::default() }, &OneByOne, &|_, _| {}).ok()
}

fn names() -> Vec<String> {
    (0..K).map(|i| format!("domain{i}")).collect()
}

/// Next runs and the mixture to train on: of Mixlaw, nothing where it has no answer.
fn mixlaw(runs: &Runs) -> Option<(Vec<Vec<f64>>, Vec<f64>)> {
    let study = fitted(runs)?;
    let scenario = Scenario::new(N, D);
    let batch = next(&study, &scenario, &Budget { runs: Some(4), ..Budget::default() }).ok()?;
    Some((batch.runs.into_iter().map(|run| run.mixture).collect(), optimum(&study, &scenario).ok()?.mixture))
}

fn first_by_plan() -> Option<Vec<Vec<f64>>> {
    let wanted =
        Wanted { domains: names(), sizes: vec![N], token_counts: vec![D], runs: Some(STAGES[0]), ..Wanted::default() };
    Some(plan(&wanted, &OneByOne).ok()?.runs.into_iter().map(|run| run.mixture).collect())
}

/// The runs of least loss first.
fn ranked(runs: &Runs) -> Vec<&Vec<f64>> {
    let mut order: Vec<&(Vec<f64>, f64)> = runs.iter().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    order.into_iter().map(|run| &run.0).collect()
}

/// By hand: uniform and each domain at 40 % first, then one and two steps along what these showed; later the mean of the
/// three best runs, that mean reflected away from the worst third, and the best run with a domain raised by half or cut to 60 %, twice.
fn by_hand(runs: &Runs, random: &mut Random) -> Vec<Vec<f64>> {
    let n = runs.len();
    if n == 0 {
        let raised = (0..K).map(|i| (0..K).map(|j| if i == j { 0.4 } else { 0.6 / (K - 1) as f64 }).collect());
        return std::iter::once(vec![1.0 / K as f64; K]).chain(raised).collect();
    }
    if n < STAGES[0] {
        let slopes: Vec<f64> = runs[1..=K].iter().map(|run| run.1 - runs[0].1).collect();
        let length = slopes.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        let step = |size: f64| normalised(slopes.iter().map(|slope| (-size * slope / length).exp()).collect());
        return vec![step(1.0), step(2.0)];
    }
    let best = ranked(runs);
    let mean = |of: &[&Vec<f64>]| -> Vec<f64> {
        (0..K).map(|i| of.iter().map(|h| h[i]).sum::<f64>() / of.len() as f64).collect()
    };
    let (middle, worst) = (mean(&best[..3]), mean(&best[n - n / 3..]));
    let away = middle.iter().zip(&worst).map(|(good, bad)| (good + 0.5 * (good - bad)).max(0.0)).collect();
    let mut batch = vec![middle, normalised(away)];
    for _ in 0..2 {
        let mut h = best[0].clone();
        let i = (random.random::<f64>() * K as f64) as usize % K;
        h[i] = if random.random::<bool>() { 1.5 * h[i] + 0.02 } else { 0.6 * h[i] };
        batch.push(normalised(h));
    }
    batch
}

/// Regret after each stage: of Mixlaw, of who chooses by hand and takes the best run.
fn play(family: usize, seed: u64) -> Option<[Vec<f64>; 2]> {
    let mut random = Random::seed_from_u64(1000 * family as u64 + seed);
    let truth = truth(family, &mut random);
    let least = least(&truth, &mut random);
    let mut regrets = [Vec::new(), Vec::new()];
    for (hand, regrets) in [false, true].into_iter().zip(&mut regrets) {
        let mut random = Random::seed_from_u64(seed);
        let mut runs: Runs = Vec::new();
        let mut batch = if hand { by_hand(&runs, &mut random) } else { first_by_plan()? };
        while regrets.len() < STAGES.len() {
            for h in batch {
                let loss = truth(&h) * (NOISE * normal(&mut random)).exp();
                runs.push((h, loss));
            }
            if hand {
                batch = by_hand(&runs, &mut random);
                if STAGES.contains(&runs.len()) {
                    regrets.push(truth(ranked(&runs)[0]) - least);
                }
            } else {
                let (asked, best) = mixlaw(&runs)?;
                batch = asked;
                regrets.push(truth(&best) - least);
            }
        }
    }
    Some(regrets)
}

pub fn report(games: usize) -> String {
    let mut text = format!(
        "## Against a trainer whose law is not known\n\n\
         {games} games of each kind of truth with {K} domains, one size and noise of {} % from run to run. Mixlaw plans 8 runs, \
         then asks for 4 at a time, and names its optimum. By hand: uniform, each domain at 40 %, and one and two steps along what \
         these show; then, 4 at a time, the mean of the three best runs, that mean moved away from the worst third, \
         and the best run with a domain raised or cut, twice; the best run is taken. Mean regret in nats, and in brackets the share of the games in which \
         it is at most {NEAR}.\n\n| truth | player | {} |\n|---|---|{}\n",
        100.0 * NOISE,
        STAGES.map(|n| format!("{n} runs")).join(" | "),
        "---|".repeat(STAGES.len())
    );
    for (family, name) in FAMILIES.into_iter().enumerate() {
        let played: Vec<[Vec<f64>; 2]> =
            (1..=games as u64).into_par_iter().filter_map(|seed| play(family, seed)).collect();
        for (at, player) in ["Mixlaw", "by hand"].into_iter().enumerate() {
            write!(text, "| {name} | {player} |").expect("a string");
            for stage in 0..STAGES.len() {
                let regrets: Vec<f64> = played.iter().map(|game| game[at][stage]).collect();
                let mean = regrets.iter().sum::<f64>() / regrets.len() as f64;
                let near = regrets.iter().filter(|regret| **regret <= NEAR).count();
                write!(text, " {mean:.4} ({:.0} %) |", 100.0 * near as f64 / regrets.len() as f64).expect("a string");
            }
            text.push('\n');
        }
    }
    text.push('\n');
    text
}
