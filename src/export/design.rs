//! Runs that are planned, as tables that Mixlaw reads back when their losses are filled in, and as JSON.

use serde_json::{Map, Value, json};

use super::csv::{cell, table};
use crate::design::{Batch, Plan, PlannedRun, Run};
use crate::predict::FittedStudy;
use crate::units::{Params, Tokens};

/// Decimals of weights: enough to train by, and to be known again.
const DECIMALS: usize = 6;

/// Weights with so many decimals that sum to 1 as written: what rounding leaves goes to the largest.
pub fn written(mixture: &[f64]) -> Vec<String> {
    let parts = 10f64.powi(DECIMALS as i32);
    let mut whole: Vec<i64> = mixture.iter().map(|h| libm::round(h * parts) as i64).collect();
    let missing = parts as i64 - whole.iter().sum::<i64>();
    if let Some(largest) = (0..whole.len()).max_by_key(|&i| whole[i]) {
        whole[largest] += missing;
    }
    let text = |part: &i64| {
        let text = format!("{:.DECIMALS$}", *part as f64 / parts);
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    whole.iter().map(text).collect()
}

/// A row a run: weights, N and D where they are known, and the targets' losses to be filled in.
pub fn runs_csv(domains: &[String], targets: &[&str], runs: &[(&[f64], Option<Params>, Option<Tokens>)]) -> String {
    let (has_n, has_d) = (runs.iter().any(|run| run.1.is_some()), runs.iter().any(|run| run.2.is_some()));
    let weights: Vec<String> = domains.iter().map(|domain| format!("weight_{domain}")).collect();
    let mut header: Vec<&str> = weights.iter().map(String::as_str).collect();
    header.extend(has_n.then_some("model_size"));
    header.extend(has_d.then_some("n_tokens"));
    header.extend(targets);
    let count = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.0}"));
    let rows = runs.iter().map(|(mixture, n, d)| {
        let mut row: Vec<String> = written(mixture);
        row.extend(has_n.then(|| count(n.map(|n| n.0))));
        row.extend(has_d.then(|| count(d.map(|d| d.0))));
        row.extend(targets.iter().map(|_| cell("")));
        row
    });
    table(&header, rows)
}

/// A batch as a table to be filled in.
pub fn batch_csv(study: &FittedStudy, batch: &Batch) -> String {
    let targets: Vec<&str> = study.targets().map(|target| target.name).collect();
    let runs: Vec<_> = batch.runs.iter().map(|run| (run.mixture.as_slice(), run.n, run.d)).collect();
    runs_csv(&batch.domains, &targets, &runs)
}

/// A batch with its weights by domain.
pub fn batch_json(batch: &Batch) -> String {
    let run = |run: &Run| {
        let weights: Map<String, Value> =
            batch.domains.iter().cloned().zip(run.mixture.iter().map(|h| Value::from(*h))).collect();
        json!({
            "weights": weights,
            "n": run.n.map(|n| n.0),
            "d": run.d.map(|d| d.0),
            "flops": run.flops.map(|flops| flops.0),
            "origin": run.origin,
            "settles": run.settles,
            "reason": run.reason,
        })
    };
    let text = json!({
        "runs": batch.runs.iter().map(run).collect::<Vec<_>>(),
        "flops": batch.flops.map(|flops| flops.0),
        "tokens": batch.tokens.map(|d| d.0),
        "expected_regret": batch.regret,
        "deviation_of_gain": { "over": batch.reference, "now": batch.gain.now, "after": batch.gain.after },
        "deviation_of_loss": batch.loss,
        "advice": batch.advice,
        "sentence": batch.sentence,
        "notices": batch.notices,
    });
    format!("{text:#}\n")
}

/// A plan as a table to be filled in.
pub fn plan_csv(plan: &Plan) -> String {
    let targets: Vec<&str> = plan.targets.iter().map(String::as_str).collect();
    let runs: Vec<_> = plan.runs.iter().map(|run| (run.mixture.as_slice(), Some(run.n), Some(run.d))).collect();
    runs_csv(&plan.domains, &targets, &runs)
}

/// A plan with its weights by domain.
pub fn plan_json(plan: &Plan) -> String {
    let run = |run: &PlannedRun| {
        let weights: Map<String, Value> =
            plan.domains.iter().cloned().zip(run.mixture.iter().map(|h| Value::from(*h))).collect();
        json!({ "weights": weights, "n": run.n.0, "d": run.d.0, "seed": run.seed })
    };
    let text = json!({
        "runs": plan.runs.iter().map(run).collect::<Vec<_>>(),
        "losses": plan.targets,
        "flops": plan.flops.0,
        "gpu_hours": plan.gpu_hours,
        "target": { "n": plan.target.0.0, "d": plan.target.1.0 },
        "accuracy": plan.accuracy,
        "sentences": plan.sentences,
        "warnings": plan.warnings,
    });
    format!("{text:#}\n")
}

/// The mixtures as olmix reads those of a swarm: `ratios.csv` with run, name and index, a column a domain.
pub fn plan_olmix(plan: &Plan) -> String {
    let header: Vec<&str> =
        ["run", "name", "index"].into_iter().chain(plan.domains.iter().map(String::as_str)).collect();
    let rows = plan.runs.iter().enumerate().map(|(at, run)| {
        let name = format!("run-{at:04}");
        [name.clone(), name, at.to_string()].into_iter().chain(written(&run.mixture)).collect()
    });
    table(&header, rows)
}

/// The mixtures as RegMix reads those of its runs: index, and `train_` before each domain.
pub fn plan_regmix(plan: &Plan) -> String {
    let columns: Vec<String> = plan.domains.iter().map(|domain| format!("train_{domain}")).collect();
    let header: Vec<&str> = std::iter::once("index").chain(columns.iter().map(String::as_str)).collect();
    let rows = plan
        .runs
        .iter()
        .enumerate()
        .map(|(at, run)| std::iter::once((at + 1).to_string()).chain(written(&run.mixture)).collect());
    table(&header, rows)
}
