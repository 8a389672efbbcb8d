//! `mixlaw plan`.

use clap::{Args, ValueEnum};
use mixlaw::design::{self, Plan, Wanted};
use mixlaw::export::design::{plan_csv, plan_json, plan_olmix, plan_regmix};
use mixlaw::predict::{DataSummary, FittedStudy};
use mixlaw::units::{Flops, Params, Tokens, write_count};

use crate::fit::Threads;
use crate::scenario::ScenarioArgs;
use crate::text::{percent, table};

#[derive(Args)]
pub struct PlanArgs {
    /// Names of the domains: web,code,books
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', required = true)]
    domains: Vec<String>,
    /// Names of the losses that will be measured; one for each domain without this
    #[arg(long, value_name = "LOSSES", value_delimiter = ',')]
    losses: Vec<String>,
    /// Model sizes to train: 100M,300M,1B
    #[arg(long, value_name = "N", value_delimiter = ',', required = true, allow_negative_numbers = true)]
    sizes: Vec<Params>,
    /// Tokens of a run: 5B,20B; runs of one size take them in turn
    #[arg(long, value_name = "D", value_delimiter = ',', allow_negative_numbers = true)]
    run_tokens: Vec<Tokens>,
    /// Runs in all
    #[arg(long, value_name = "RUNS")]
    runs: Option<usize>,
    /// Most compute of all runs together, 6 N D each
    #[arg(long, value_name = "FLOPS", allow_negative_numbers = true)]
    budget_flops: Option<Flops>,
    /// Further runs of the first mixture with other seeds
    #[arg(long, value_name = "RUNS", default_value_t = 0)]
    repeats: usize,
    /// What a GPU does in training, FLOPs per second; the default is an H100 at 40 %
    #[arg(long, value_name = "FLOPS", default_value = "4e14", allow_negative_numbers = true)]
    gpu_flops: Flops,
    /// All random numbers follow from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// What to print: a text; a table to be filled in with the losses, which mixlaw reads; JSON; or what olmix or RegMix
    /// read
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["csv", "format"])]
    json: bool,
    /// Print the table to be filled in
    #[arg(long, conflicts_with = "format")]
    csv: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Form {
    Text,
    Csv,
    Json,
    Olmix,
    Regmix,
}

pub fn run(args: &PlanArgs) -> Result<String, String> {
    let k = args.domains.len();
    // The limits are read as those of a study, of which nothing is known yet.
    let summary = DataSummary {
        n_observations: 0,
        n_mixtures: 0,
        sizes: args.sizes.clone(),
        token_range: None,
        largest: None,
        weight_ranges: vec![(0.0, 1.0); k],
        mean_mixture: vec![1.0 / k.max(1) as f64; k],
        mixtures: Vec::new(),
    };
    let none = FittedStudy::new(args.domains.clone(), summary, Vec::new());
    let scenario = args.scenario.scenario(&none, None)?;
    let wanted = Wanted {
        domains: args.domains.clone(),
        targets: args.losses.clone(),
        limits: scenario.limits.clone(),
        sizes: args.sizes.clone(),
        token_counts: args.run_tokens.clone(),
        runs: args.runs,
        flops: args.budget_flops,
        repeats: args.repeats,
        target: args.scenario.gives_scale().then_some((scenario.n, scenario.d)),
        gpu_flops_per_second: args.gpu_flops.0,
        seed: args.seed,
    };
    let plan = design::plan(&wanted, &Threads).map_err(|error| error.to_string())?;
    let form = if args.json {
        Form::Json
    } else if args.csv {
        Form::Csv
    } else {
        args.format
    };
    if form != Form::Text && form != Form::Json {
        plan.sentences.iter().for_each(|sentence| {
            say!("{sentence}");
        });
        plan.warnings.iter().for_each(|warning| {
            say!("note: {warning}");
        });
    }
    Ok(match form {
        Form::Text => plan_text(&plan),
        Form::Csv => plan_csv(&plan),
        Form::Json => plan_json(&plan),
        Form::Olmix => plan_olmix(&plan),
        Form::Regmix => plan_regmix(&plan),
    })
}

fn plan_text(plan: &Plan) -> String {
    let mut header = vec!["run"];
    header.extend(plan.domains.iter().map(String::as_str));
    header.extend(["N", "D", "seed"]);
    let rows = plan.runs.iter().enumerate().map(|(at, run)| {
        let mut row = vec![(at + 1).to_string()];
        row.extend(run.mixture.iter().map(|h| percent(*h)));
        row.extend([write_count(run.n.0, 3), write_count(run.d.0, 3), run.seed.to_string()]);
        row
    });
    let mut parts = vec![plan.sentences.join("\n"), table(&header, &rows.collect::<Vec<_>>())];
    if !plan.warnings.is_empty() {
        parts.push(plan.warnings.iter().map(|warning| format!("note: {warning}")).collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n") + "\n"
}
