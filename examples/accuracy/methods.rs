//! Who predicts.

use mixlaw::dataset::{Dataset, Observation};
use mixlaw::fit::{self, FitConfig, Residual};
use mixlaw::gp::{GaussianProcess, GpPlace, Input, Inputs, Recipe};
use mixlaw::law::{self, Law};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

use crate::splits::Split;

/// One predicted loss.
#[derive(Debug, Clone, Copy)]
pub struct Predicted {
    /// Nats per token.
    pub loss: f64,
    /// Its 90 % interval, where the method gives one.
    pub interval: Option<(f64, f64)>,
}

/// One way to predict.
pub enum Method {
    /// A law by itself.
    Law { name: String, law: &'static dyn Law, config: FitConfig, epsilon: f64, residual: bool },
    /// A Gaussian process by itself.
    Process,
    /// Answers of benches/accuracy/peers.py: by split, target and row.
    Peer { name: String, answers: Value },
}

/// "additive,p=1,floor=0.2,eps=0.001,log,delta=0.01,starts=6"
fn law_method(text: &str) -> Method {
    let mut words = text.split(',');
    let id = words.next().unwrap_or_default();
    let mut config = FitConfig::default();
    let mut epsilon = 0.0;
    let mut residual = false;
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, "0"));
        let value: f64 = value.parse().expect("a number");
        match key {
            "p" => config.weight_power = value,
            "floor" => config.gamma_floor = value,
            "eps" => epsilon = value,
            "gp" => residual = true,
            "log" => config.residual = Residual::LogLoss,
            "delta" => config.delta = value,
            "starts" => config.starts = value as usize,
            _ => panic!("{key}?"),
        }
    }
    Method::Law { name: text.to_string(), law: law::by_id(id).expect("a law"), config, epsilon, residual }
}

/// The peers that answered, and what was asked for.
pub fn all(peers: Value, wanted: &[String]) -> Vec<Method> {
    let mut methods = Vec::new();
    if let Value::Object(peers) = peers {
        methods.extend(peers.into_iter().map(|(name, answers)| Method::Peer { name, answers }));
    }
    methods.extend(wanted.iter().map(|text| if text == "gp" { Method::Process } else { law_method(text) }));
    methods
}

/// h + ε, which a law of C_i (h_i + ε)^γ_i sees, up to a factor in its C_i.
fn smoothed(row: &Observation, epsilon: f64) -> Vec<f64> {
    let k = row.mixture.len() as f64;
    row.mixture.iter().map(|h| (h + epsilon) / (1.0 + k * epsilon)).collect()
}

fn libm_ln(x: f64) -> f64 {
    x.ln()
}

fn scale_of(row: &Observation) -> (f64, f64) {
    (row.n.map_or(0.0, |n| n.0.ln()), row.d.map_or(0.0, |d| d.0.ln()))
}

fn inputs(rows: &[Observation], target: usize) -> impl Iterator<Item = (Input, f64)> {
    let mut runs: HashMap<Vec<u64>, usize> = HashMap::new();
    rows.iter().filter_map(move |row| {
        let loss = row.losses[target]?.0;
        let (ln_n, ln_d) = scale_of(row);
        let key: Vec<u64> = row.mixture.iter().map(|h| (h * 1e6).round() as u64).chain([ln_n.to_bits()]).collect();
        let next = runs.len();
        let run = *runs.entry(key).or_insert(next);
        Some((Input { mixture: row.mixture.clone(), ln_n, ln_d, run }, loss))
    })
}

fn from_process(process: &GaussianProcess, row: &Observation, factor: f64) -> Predicted {
    let (ln_n, ln_d) = scale_of(row);
    let predicted = process.predict(GpPlace { ln_n, ln_d, h: &row.mixture, run: None });
    let width = 1.645 * predicted.total_variance().sqrt();
    let at = |value: f64| factor * value.exp();
    Predicted { loss: at(predicted.mean), interval: Some((at(predicted.mean - width), at(predicted.mean + width))) }
}

impl Method {
    pub fn name(&self) -> &str {
        match self {
            Method::Law { name, .. } | Method::Peer { name, .. } => name,
            Method::Process => "gp",
        }
    }

    /// Of each target the rows held out.
    pub fn predict(&self, split_idx: usize, split: &Split) -> Vec<Vec<Predicted>> {
        match self {
            Method::Process => {
                let one = |target: usize| {
                    let values: Vec<(Input, f64)> = inputs(split.fitted.observations(), target).collect();
                    let rows: Vec<Input> = values.iter().map(|(input, _)| input.clone()).collect();
                    let values: Vec<f64> = values.iter().map(|(_, loss)| libm_ln(*loss)).collect();
                    let recipe = if split.question == crate::splits::Question::OneScale {
                        Recipe::Mixture
                    } else {
                        Recipe::Residual
                    };
                    let shift =
                        if recipe == Recipe::Residual { values.iter().sum::<f64>() / values.len() as f64 } else { 0.0 };
                    let values: Vec<f64> = values.iter().map(|value| value - shift).collect();
                    let process = GaussianProcess::fit(recipe, &Arc::new(Inputs::new(&rows)), &values).expect("sound");
                    split
                        .held_out
                        .iter()
                        .map(|row| {
                            let mut p = from_process(&process, row, 1.0);
                            let f = shift.exp();
                            p.loss *= f;
                            p.interval = p.interval.map(|(a, b)| (a * f, b * f));
                            p
                        })
                        .collect()
                };
                (0..split.fitted.targets().len()).map(one).collect()
            }
            Method::Law { law, config, epsilon, residual, .. } => {
                let law =
                    if split.fitted.domains().is_empty() { law::by_id("chinchilla").expect("a law") } else { *law };
                let fitted = if *epsilon > 0.0 {
                    let rows = split.fitted.observations().iter();
                    let rows = rows.map(|row| Observation { mixture: smoothed(row, *epsilon), ..row.clone() });
                    let (domains, targets) = (split.fitted.domains().to_vec(), split.fitted.targets().to_vec());
                    Dataset::new(domains, targets, rows.collect()).expect("sound")
                } else {
                    split.fitted.clone()
                };
                let one = |target: usize| {
                    let fit = fit::fit(law, &fitted, &[target], config, &mut |_| {}).expect("a sound study");
                    if *residual {
                        let residuals: Vec<(Input, f64)> = inputs(split.fitted.observations(), target).collect();
                        let rows: Vec<Input> = residuals.iter().map(|(input, _)| input.clone()).collect();
                        let observations =
                            split.fitted.observations().iter().filter(|row| row.losses[target].is_some());
                        let values: Vec<f64> = observations
                            .zip(&residuals)
                            .map(|(row, (_, loss))| {
                                libm_ln(loss / fit.loss(0, row.n, row.d, &smoothed(row, *epsilon)).0)
                            })
                            .collect();
                        let process = GaussianProcess::fit(Recipe::Residual, &Arc::new(Inputs::new(&rows)), &values)
                            .expect("sound");
                        return split
                            .held_out
                            .iter()
                            .map(|row| {
                                from_process(&process, row, fit.loss(0, row.n, row.d, &smoothed(row, *epsilon)).0)
                            })
                            .collect();
                    }
                    let rows = split.held_out.iter();
                    rows.map(|row| Predicted {
                        loss: fit.loss(0, row.n, row.d, &smoothed(row, *epsilon)).0,
                        interval: None,
                    })
                    .collect()
                };
                (0..fitted.targets().len()).map(one).collect()
            }
            Method::Peer { answers, .. } => {
                let number = |value: &Value| Predicted { loss: value.as_f64().unwrap_or(f64::NAN), interval: None };
                let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
                list(&answers[split_idx]).iter().map(|rows| list(rows).iter().map(number).collect()).collect()
            }
        }
    }
}
