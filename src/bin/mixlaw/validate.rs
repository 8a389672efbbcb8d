//! `mixlaw validate`.

use std::path::PathBuf;

use clap::Args;
use mixlaw::predict::{self, FittedStudy, LearningPoint, Metrics};
use serde_json::json;

use crate::fit::{Threads, candidates_text};
use crate::read::{Fitted, read_fit};
use crate::text::table;

#[derive(Args)]
pub struct ValidateArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ValidateArgs) -> Result<String, String> {
    let Fitted { study, saved } = read_fit(&args.fit)?;
    let no_runs = "the fit file has no runs to validate on; write it with this version's `mixlaw fit … --json`";
    let runs = saved.runs.as_ref().ok_or(no_runs)?;
    let study = if study.validation.range.is_some() {
        study
    } else {
        predict::choice::of_law(runs, study.fits, &Threads, &|_, _| {})
    };
    let curve = predict::learning_curve(runs, &study, &Threads);
    if args.json {
        let validation = json!({ "unseen": study.validation.unseen, "larger": study.validation.larger });
        let text = json!({ "validation": validation, "learning_curve": curve });
        return Ok(format!("{text:#}\n"));
    }
    let mut parts: Vec<String> = candidates_text(&study).into_iter().collect();
    parts.push(metrics_text(&study));
    parts.extend(curve_text(&curve));
    Ok(parts.join("\n\n") + "\n")
}

/// A column a question, a row a measure, then the errors by target.
fn metrics_text(study: &FittedStudy) -> String {
    let questions = [("unseen mixtures", &study.validation.unseen), ("larger scale", &study.validation.larger)];
    let asked: Vec<(&str, &Metrics)> =
        questions.into_iter().filter_map(|(name, metrics)| Some((name, metrics.as_ref()?))).collect();
    let header: Vec<&str> = std::iter::once("").chain(asked.iter().map(|(name, _)| *name)).collect();
    let row = |name: String, of: &dyn Fn(&Metrics) -> Option<String>| -> Vec<String> {
        let cells = asked.iter().map(|(_, metrics)| of(metrics).unwrap_or_else(|| "-".to_string()));
        std::iter::once(name).chain(cells).collect()
    };
    let number = |value: Option<f64>| value.map(|value| format!("{value:.3}"));
    let mut rows = vec![
        row("held-out losses".into(), &|metrics| Some(metrics.n.to_string())),
        row("mean relative error".into(), &|metrics| Some(format!("{:.2} %", metrics.mre_percent))),
        row("R²".into(), &|metrics| number(metrics.r2)),
        row("rank correlation".into(), &|metrics| number(metrics.spearman)),
        row("bias of ln L".into(), &|metrics| Some(format!("{:+.2} %", metrics.bias_percent))),
        row("regret of the chosen mixture, nats".into(), &|metrics| {
            metrics.regret.map(|regret| format!("{regret:.4}"))
        }),
    ];
    for (position, target) in study.targets().enumerate() {
        let error = |metrics: &Metrics| Some(format!("{:.2} %", metrics.by_target.get(position).copied().flatten()?));
        rows.push(row(format!("error of {}", target.name), &error));
    }
    table(&header, &rows)
}

fn curve_text(curve: &[LearningPoint]) -> Option<String> {
    let rows: Vec<Vec<String>> = curve
        .iter()
        .map(|point| vec![format!("{:.0}", point.mixtures), format!("{:.2} %", point.mre_percent)])
        .collect();
    let sentence = predict::learning_sentence(curve)?;
    Some(format!("{}\n{sentence}", table(&["mixtures fitted", "error on unseen mixtures"], &rows)))
}
