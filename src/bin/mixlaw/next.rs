//! `mixlaw next`.

use std::path::PathBuf;

use clap::Args;
use mixlaw::design::{self, Batch, Budget, Run};
use mixlaw::export::design::{batch_csv, batch_json};
use mixlaw::units::{Flops, Params, Tokens, write_count, write_scientific};

use crate::read::{Fitted, RoleArgs, read_fit_or_table};
use crate::scenario::ScenarioArgs;
use crate::text::{percent, table};

#[derive(Args)]
pub struct NextArgs {
    /// What mixlaw fit --json printed, or a table of runs, which is fitted with default settings
    file: PathBuf,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Most runs; 8 without any budget
    #[arg(long, value_name = "RUNS")]
    runs: Option<usize>,
    /// Most compute of all runs together, 6 N D each
    #[arg(long, value_name = "FLOPS", allow_negative_numbers = true)]
    budget_flops: Option<Flops>,
    /// Most tokens of all runs together
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    budget_tokens: Option<Tokens>,
    /// What each run costs besides its training, in FLOPs
    #[arg(long, value_name = "FLOPS", allow_negative_numbers = true)]
    run_cost: Option<Flops>,
    /// Model sizes that may be trained: 150M,400M; those of the study without this
    #[arg(long, value_name = "N", value_delimiter = ',', allow_negative_numbers = true)]
    sizes: Vec<Params>,
    /// Tokens that a run may have: 5B,20B; the most that the study has of each size without this
    #[arg(long, value_name = "D", value_delimiter = ',', allow_negative_numbers = true)]
    run_tokens: Vec<Tokens>,
    /// All random numbers follow from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    roles: RoleArgs,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print a table to be filled in with the losses, which mixlaw reads
    #[arg(long)]
    csv: bool,
}

pub fn run(args: &NextArgs) -> Result<String, String> {
    let Fitted { study, saved } = read_fit_or_table(&args.file, &args.roles)?;
    let scenario = args.scenario.scenario(&study, saved.scenario.clone())?;
    let budget = Budget {
        runs: args.runs,
        tokens: args.budget_tokens,
        flops: args.budget_flops,
        flops_per_run: args.run_cost,
        sizes: args.sizes.clone(),
        token_counts: args.run_tokens.clone(),
        seed: args.seed,
    };
    let batch = design::next(&study, &scenario, &budget).map_err(|error| error.to_string())?;
    if args.json {
        return Ok(batch_json(&batch));
    }
    if args.csv {
        say!("{}", batch.sentence);
        batch.notices.iter().for_each(|notice| {
            say!("note: {notice}");
        });
        return Ok(batch_csv(&study, &batch));
    }
    Ok(batch_text(&batch))
}

fn batch_text(batch: &Batch) -> String {
    let has = |of: fn(&Run) -> bool| batch.runs.iter().any(of);
    let (has_n, has_d, has_flops) =
        (has(|run| run.n.is_some()), has(|run| run.d.is_some()), has(|run| run.flops.is_some()));
    let mut header = vec!["run"];
    header.extend(batch.domains.iter().map(String::as_str));
    header.extend(
        [(has_n, "N"), (has_d, "D"), (has_flops, "FLOPs")].into_iter().filter(|(has, _)| *has).map(|(_, name)| name),
    );
    let row = |(at, run): (usize, &Run)| {
        let mut row = vec![(at + 1).to_string()];
        row.extend(run.mixture.iter().map(|h| percent(*h)));
        row.extend(has_n.then(|| run.n.map_or(String::new(), |n| write_count(n.0, 3))));
        row.extend(has_d.then(|| run.d.map_or(String::new(), |d| write_count(d.0, 3))));
        row.extend(has_flops.then(|| run.flops.map_or(String::new(), |flops| write_scientific(flops.0, 2))));
        row
    };
    let rows: Vec<Vec<String>> = batch.runs.iter().enumerate().map(row).collect();
    let reasons: Vec<String> =
        batch.runs.iter().enumerate().map(|(at, run)| format!("{}: {}", at + 1, run.reason)).collect();
    let mut parts = vec![batch.sentence.clone(), table(&header, &rows), reasons.join("\n")];
    parts.push(format!(
        "standard deviation of the gain over {}: {:.4} nats now, {:.4} after; of the loss at the optimum: {:.4} now, {:.4} after",
        batch.reference, batch.gain.now, batch.gain.after, batch.loss.now, batch.loss.after
    ));
    if !batch.notices.is_empty() {
        parts.push(batch.notices.iter().map(|notice| format!("note: {notice}")).collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n") + "\n"
}
