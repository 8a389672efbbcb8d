//! Who predicts.

use std::time::Instant;

use mixlaw::dataset::Observation;
use mixlaw::fit::{self, FitConfig, Residual};
use mixlaw::law;
use mixlaw::predict::{FittedStudy, OneByOne, auto};
use rayon::prelude::*;
use serde_json::Value;

use crate::splits::{Question, Split};

/// Mixlaw as it is without any option.
pub const MIXLAW: &str = "Mixlaw";
/// The additive law as it was fitted before rows had weights and γ a floor.
pub const LAW_BEFORE: &str = "additive, paper's settings";

/// What else was tried of the law: weights of rows, a floor and a ceiling of γ, and (h + ε)^γ in place of h^γ.
pub const TRIED: [&str; 4] = [
    "additive,p=0,floor=0,ceiling=0,epsilon=0.01",
    "additive,p=0,floor=0.2,ceiling=0",
    "additive,p=1,floor=0.2,ceiling=0",
    "additive,p=1,floor=0.2,ceiling=2",
];

/// One predicted loss.
#[derive(Debug, Clone, Copy)]
pub struct Predicted {
    /// Nats per token.
    pub loss: f64,
    /// Its 90 % interval, where there is one.
    pub interval: Option<(f64, f64)>,
}

/// Of each target the rows held out.
pub type Answer = Vec<Vec<Predicted>>;

/// By how much the loss differs between two mixtures held out at one scale.
#[derive(Debug, Clone, Copy)]
pub struct Gain {
    /// Nats per token.
    pub seen: f64,
    /// The loss of one of them, in nats per token.
    pub loss: f64,
    /// The 90 % interval, where there is one.
    pub interval: Option<(f64, f64)>,
}

/// The answers of several, by name.
type Named = Vec<(String, Answer)>;

/// Of each split, several gains.
type Gains = Vec<Vec<Gain>>;

/// What one way to predict says of each split; nothing where it does not apply.
pub struct Column {
    pub name: String,
    pub answers: Vec<Option<Answer>>,
    /// Of each split; only Mixlaw's own choice is asked.
    pub gains: Gains,
    /// The same of the chosen mixture over the one nearest to the mean of those fitted, of each target.
    pub of_chosen: Gains,
}

/// The answers of the peers in Python, of the law as it was, of Mixlaw with each of its candidates, and of the laws that
/// were asked for.
pub fn all(splits: &[Split], peers: &Value, wanted: &[String]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (name, answers) in peers.as_object().into_iter().flatten() {
        let answers = (0..splits.len()).map(|split| of_peer(&answers[split])).collect();
        columns.push(Column { name: name.clone(), answers, gains: Vec::new(), of_chosen: Vec::new() });
    }
    let before = FitConfig::of_the_paper();
    columns.push(column(splits, LAW_BEFORE, |split| of_law(split, "additive", &before)));
    for text in wanted {
        let (id, config, epsilon) = read(text);
        columns.push(column(splits, text, |split| of_law(&split.offset(epsilon), &id, &config)));
    }
    let began = Instant::now();
    let (by_split, (gains, of_chosen)): (Vec<Named>, (Gains, Gains)) = splits
        .par_iter()
        .map(|split| {
            let answers = of_mixlaw(split);
            eprintln!("{}, after {:.0} s", split.group, began.elapsed().as_secs_f64());
            answers
        })
        .unzip();
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in by_split.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // Mixlaw's own choice comes last.
    names.sort_by_key(|name| *name == MIXLAW);
    for name in names {
        let of_split = |answers: &Named| answers.iter().find(|(of, _)| of == name).map(|(_, a)| a.clone());
        let (gains, of_chosen) = if name == MIXLAW { (gains.clone(), of_chosen.clone()) } else { Default::default() };
        columns.push(Column { name: name.clone(), answers: by_split.iter().map(of_split).collect(), gains, of_chosen });
    }
    eprintln!("{MIXLAW}: {:.0} s", began.elapsed().as_secs_f64());
    columns
}

fn column(splits: &[Split], name: &str, predict: impl Fn(&Split) -> Answer + Sync) -> Column {
    let began = Instant::now();
    let answers = splits.par_iter().map(|split| Some(predict(split))).collect();
    eprintln!("{name}: {:.0} s", began.elapsed().as_secs_f64());
    Column { name: name.to_string(), answers, gains: Vec::new(), of_chosen: Vec::new() }
}

/// "additive,p=1,floor=0.2,log,delta=0.01,epsilon=0.01": a law, how it is fitted, and what is added to every weight.
fn read(text: &str) -> (String, FitConfig, f64) {
    let mut words = text.split(',');
    let id = words.next().unwrap_or_default().to_string();
    let (mut config, mut epsilon) = (FitConfig::default(), 0.0);
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, "1"));
        let value: f64 = value.parse().expect("a number");
        match key {
            "p" => config.weight_power = value,
            "floor" => config.gamma_floor = value,
            "ceiling" => config.gamma_ceiling = value,
            "log" => config.residual = Residual::LogLoss,
            "delta" => config.delta = value,
            "epsilon" => epsilon = value,
            _ => panic!("\"{key}\" is none of p, floor, ceiling, log, delta and epsilon"),
        }
    }
    (id, config, epsilon)
}

fn of_peer(answers: &Value) -> Option<Answer> {
    let of_row = |value: &Value| Predicted { loss: value.as_f64().unwrap_or(f64::NAN), interval: None };
    let of_target = |rows: &Value| Some(rows.as_array()?.iter().map(of_row).collect());
    answers.as_array()?.iter().map(of_target).collect()
}

fn of_law(split: &Split, id: &str, config: &FitConfig) -> Answer {
    let id = if split.fitted.domains().is_empty() { "chinchilla" } else { id };
    let law = law::by_id(id).expect("a law");
    let of_target = |target: usize| {
        let fit = fit::fit(law, &split.fitted, &[target], config, &mut |_| {}).expect("a sound study");
        let rows = split.held_out.iter();
        rows.map(|row| Predicted { loss: fit.loss(0, row.n, row.d, &row.mixture).0, interval: None }).collect()
    };
    (0..split.fitted.targets().len()).map(of_target).collect()
}

/// Each candidate's answer, by name, and that of the one that was chosen, with its gains.
fn of_mixlaw(split: &Split) -> (Named, (Vec<Gain>, Vec<Gain>)) {
    let targets: Vec<usize> = (0..split.fitted.targets().len()).collect();
    let study = auto(&split.fitted, &targets, &FitConfig::default(), &OneByOne, &|_, _| {}).expect("a sound study");
    let answer = |study: &FittedStudy| -> Answer {
        let of_target = |(target, fitted): (usize, mixlaw::predict::FittedTarget)| {
            let rows = split.held_out.iter();
            let of_row = |row: &Observation| Predicted {
                loss: fitted.loss(row.n, row.d, &row.mixture).0,
                interval: study
                    .interval(target, row.n, row.d, &row.mixture)
                    .map(|interval| (interval.low, interval.high)),
            };
            rows.map(of_row).collect()
        };
        study.targets().enumerate().map(of_target).collect()
    };
    let candidates = study.candidates.iter().enumerate();
    let candidates = candidates.filter_map(|(at, one)| Some((one.name(), answer(&study.with_candidate(at)?))));
    let own = answer(&study);
    let gains = (gains(split, &study), gains_of_chosen(split, &study, &own));
    (candidates.chain([(MIXLAW.to_string(), own)]).collect(), gains)
}

/// Where mixtures of one scale are held out, of each target: the gain of the one with the least predicted loss over the
/// one nearest to the mean of those fitted.
fn gains_of_chosen(split: &Split, study: &FittedStudy, own: &Answer) -> Vec<Gain> {
    if split.question != Question::OneScale {
        return Vec::new();
    }
    let mean = &study.summary.mean_mixture;
    let far = |row: &Observation| row.mixture.iter().zip(mean).map(|(h, mean)| (h - mean).powi(2)).sum::<f64>();
    let of_target = |(target, predicted): (usize, &Vec<Predicted>)| {
        let seen: Vec<(&Observation, f64, f64)> = split
            .held_out
            .iter()
            .zip(predicted)
            .filter_map(|(row, predicted)| Some((row, predicted.loss, row.losses[target]?.0)))
            .collect();
        let (to, _, after) = *seen.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let (from, _, before) = *seen.iter().min_by(|a, b| far(a.0).total_cmp(&far(b.0)))?;
        let interval = study.gain_interval(&[(target, 1.0)], to.n, to.d, &from.mixture, &to.mixture);
        let interval = interval.map(|interval| (interval.low, interval.high));
        (from.mixture != to.mixture).then_some(Gain { seen: before - after, loss: before, interval })
    };
    own.iter().enumerate().filter_map(of_target).collect()
}

/// Each mixture held out beside the next few at its scale: of each target, and of the targets' mean.
fn gains(split: &Split, study: &FittedStudy) -> Vec<Gain> {
    const NEXT: usize = 3;
    let n_targets = split.fitted.targets().len();
    let alone = (0..n_targets).map(|target| vec![(target, 1.0)]);
    let mean = (0..n_targets).map(|target| (target, 1.0 / n_targets as f64)).collect();
    let asked: Vec<Vec<(usize, f64)>> = if n_targets > 1 { alone.chain([mean]).collect() } else { alone.collect() };
    let mut gains = Vec::new();
    for (at, from) in split.held_out.iter().enumerate() {
        let scale = |row: &Observation| (row.n.map(|n| n.0), row.d.map(|d| d.0));
        let same = split.held_out[at + 1..].iter().filter(|to| scale(to) == scale(from) && to.mixture != from.mixture);
        for to in same.take(NEXT) {
            for weights in &asked {
                let loss = |row: &Observation| -> Option<f64> {
                    weights.iter().map(|&(target, weight)| Some(weight * row.losses[target]?.0)).sum()
                };
                let (Some(before), Some(after)) = (loss(from), loss(to)) else { continue };
                let interval = study.gain_interval(weights, from.n, from.d, &from.mixture, &to.mixture);
                let interval = interval.map(|interval| (interval.low, interval.high));
                gains.push(Gain { seen: before - after, loss: before, interval });
            }
        }
    }
    gains
}
