//! `mixlaw export`.

use std::path::PathBuf;

use clap::Args;
use mixlaw::export::{FORMATS, Format, Known, KnownOptimum, Part};
use mixlaw::mixture::{self, DEFAULT_EPSILON};

use crate::optimum::certainty;
use crate::read::{Fitted, read_fit};
use crate::scenario::ScenarioArgs;

#[derive(Args)]
pub struct ExportArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    /// As what; `mixlaw export --help` says what each is for
    #[arg(long = "as", value_name = "FORMAT", value_parser = format_ids(), long_help = formats())]
    format: String,
    #[command(flatten)]
    scenario: ScenarioArgs,
}

fn format_ids() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.id).collect()
}

fn formats() -> String {
    let line = |format: &Format| format!("{}: {}", format.id, format.help);
    format!("As what:\n{}", FORMATS.iter().map(line).collect::<Vec<_>>().join("\n"))
}

pub fn run(args: &ExportArgs) -> Result<String, String> {
    let Fitted { study, saved } = read_fit(&args.fit)?;
    let format = Format::by_id(&args.format).ok_or_else(|| format!("no format is called \"{}\"", args.format))?;
    let replicates = (!saved.replicates.is_empty()).then_some(saved.replicates.as_slice());
    let known = Known { study: &study, runs: saved.runs.as_ref(), replicates, optimum: None };
    if format.part == Part::Fits {
        return format.write(&known).map_err(|missing| missing.to_string());
    }
    let words = |error: mixture::OptimumError| error.to_string();
    let scenario = args.scenario.scenario(&study, saved.scenario)?;
    let optimum = mixture::optimum(&study, &scenario).map_err(words)?;
    let near = mixture::near_optimal(&study, &scenario, &optimum, DEFAULT_EPSILON).map_err(words)?;
    let (certainty, _) = certainty(&study, &saved.replicates, &scenario, &optimum, &[]);
    let verdict = mixture::verdict(&study, &scenario, &optimum).map_err(words)?;
    let optimum = KnownOptimum {
        scenario: &scenario,
        optimum: &optimum,
        near: Some(&near),
        certainty: certainty.as_ref(),
        verdict: Some(&verdict),
    };
    format.write(&Known { optimum: Some(optimum), ..known }).map_err(|missing| missing.to_string())
}
