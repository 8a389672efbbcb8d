//! `mixlaw predict`.

use std::path::PathBuf;

use clap::Args;
use mixlaw::export::results;
use mixlaw::import::observe;
use mixlaw::predict::study::prediction_mre_percent;
use mixlaw::predict::{FittedStudy, Prediction, beyond, notices};
use mixlaw::units::Loss;

use crate::read::{RoleArgs, no_study, read_fit, read_table_of};

#[derive(Args)]
pub struct PredictArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    /// The table; - reads standard input
    file: PathBuf,
    #[command(flatten)]
    roles: RoleArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &PredictArgs) -> Result<String, String> {
    let study = read_fit(&args.fit)?.study;
    let imported = read_table_of(std::slice::from_ref(&args.file), &args.roles, &study.domains)?;
    let table = imported.table.as_ref().ok_or_else(|| no_study(std::slice::from_ref(&args.file)))?;
    // Without losses it is no study, and there is something to predict all the same.
    let observed;
    let (domains, targets, rows) = match &imported.dataset {
        Some(dataset) => (dataset.domains(), dataset.targets(), dataset.observations()),
        None => {
            observed = observe(table, &imported.roles, &imported.answers);
            (&observed.domains[..], &observed.targets[..], &observed.observations[..])
        }
    };
    if rows.is_empty() {
        return Err(no_study(std::slice::from_ref(&args.file)));
    }
    let predictions = study.predict(domains, targets, rows).map_err(|error| error.to_string())?;
    let order = study.order(domains).map_err(|error| error.to_string())?;
    let warnings: Vec<String> = beyond(&study, &order, rows).into_iter().chain(notices(&study)).collect();
    for warning in &warnings {
        say!("note: {warning}");
    }
    say_errors(&study, &predictions);
    if args.json {
        return Ok(results::predictions(&study, &predictions, &warnings) + "\n");
    }
    let has_intervals = predictions.iter().any(|prediction| prediction.interval.is_some());
    let interval = if has_intervals { "\t90 % prediction interval" } else { "" };
    let mut lines = vec![format!("line\ttarget\tpredicted\tobserved{interval}")];
    lines.extend(predictions.iter().map(|prediction| {
        let loss = |loss: Loss| if loss.0.is_finite() { format!("{:.4}", loss.0) } else { String::new() };
        let observed = prediction.observed.map_or(String::new(), loss);
        let interval = prediction.interval.map(|at| format!("\t{:.4} – {:.4}", at.low, at.high)).unwrap_or_default();
        format!("{}\t{}\t{}\t{observed}{interval}", prediction.line, prediction.target, loss(prediction.predicted))
    }));
    Ok(lines.join("\n") + "\n")
}

/// What stays beside the table: errors by target, and the lines that do not count in them.
fn say_errors(study: &FittedStudy, predictions: &[Prediction]) {
    for target in study.targets() {
        let unusable =
            predictions.iter().filter(|prediction| prediction.target == target.name && !prediction.is_usable);
        let unusable: Vec<String> = unusable.map(|prediction| prediction.line.to_string()).collect();
        if !unusable.is_empty() {
            let law = target.fit.law.name();
            say!(
                "{}: lines {} have too little of its own domain for the {law} law, and do not count in the MRE",
                target.name,
                unusable.join(", ")
            );
        }
        if let Some(mre) = prediction_mre_percent(predictions, target.name) {
            say!("{}: MRE {mre:.3} %", target.name);
        }
    }
}
