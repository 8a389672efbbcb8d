//! `mixlaw link`.

use std::path::PathBuf;

use clap::Args;
use mixlaw::share::{self, Computed};

use crate::read::{Fitted, read_fit};
use crate::scenario::ScenarioArgs;

#[derive(Args)]
pub struct LinkArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Address of the page; without it only the part from # on is printed
    #[arg(long, value_name = "URL", default_value = "")]
    page: String,
}

pub fn run(args: &LinkArgs) -> Result<String, String> {
    let Fitted { study, saved } = read_fit(&args.fit)?;
    let scenario = args.scenario.scenario(&study, saved.scenario)?;
    scenario.weighted_targets(&study).map_err(|error| error.to_string())?;
    let fragment = match study.validation.range {
        Some(_) => {
            let computed = Computed::anew(&study, &scenario).map_err(|error| error.to_string())?;
            share::encode_computed(&study, &scenario, None, &computed)
        }
        None => share::encode(&study, &scenario),
    };
    let fragment = fragment.map_err(|error| error.to_string())?;
    Ok(format!("{}#{fragment}\n", args.page))
}
