//! The command line: `mixlaw fit`, `predict`, `optimum`, `next`, `plan`, `link` and `export`, on the library that the page runs on.
//!
//! Results go to standard output, everything said about them to standard error. Exit codes: 0 fine, 1 the data
//! or the settings are wrong, 2 usage.

/// Says something beside the results, as `eprintln!` does, which panics where nobody can hear it: with standard error
/// closed or its disk full, the results are to come all the same.
macro_rules! say {
    ($($said:tt)*) => {
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{}\n", format_args!($($said)*)));
    };
}

mod export;
mod fit;
mod link;
mod next;
mod optimum;
mod plan;
mod predict;
mod read;
mod replicates;
mod scenario;
mod text;
mod validate;

use std::io::Write;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Parser, Subcommand};
use mixlaw::law::{LAWS, Law, Shape};
use mixlaw::sample::{SAMPLES, sample};

/// Fit data-mixture scaling laws to training runs and find the mixture to train on.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fit a law to a table of runs
    Fit(Box<fit::FitArgs>),
    /// Predict the rows of another table
    Predict(predict::PredictArgs),
    /// Say how well a fit predicts what it has not seen, and whether more runs would help
    Validate(validate::ValidateArgs),
    /// Find the mixture of least weighted loss
    Optimum(Box<optimum::OptimumArgs>),
    /// Say which runs to train next, and what they are expected to settle
    Next(Box<next::NextArgs>),
    /// Plan a study before its first run: mixtures, sizes, cost, and the accuracy to expect
    Plan(Box<plan::PlanArgs>),
    /// Print the link that opens the fit in the page
    Link(Box<link::LinkArgs>),
    /// Write the fits for other programs
    Export(Box<export::ExportArgs>),
    /// List the laws: id, name, formula, when to choose it, source
    Laws,
    /// Print an example study: synthetic, drawn from a known law
    Sample {
        /// Which one
        #[arg(default_value = "llm", value_parser = PossibleValuesParser::new(SAMPLES.iter().map(|sample| PossibleValue::new(sample.id).help(sample.title))))]
        id: String,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Fit(args) => fit::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Optimum(args) => optimum::run(&args),
        Command::Next(args) => next::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Link(args) => link::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Laws => Ok(laws()),
        Command::Sample { id } => {
            sample(&id).map(|sample| (sample.text)()).ok_or_else(|| format!("there is no sample {id:?}"))
        }
    };
    match outcome {
        Ok(output) => {
            let mut stdout = std::io::stdout().lock();
            match stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush()) {
                // A reader that has seen enough, such as head, closes the pipe; that is no error of ours.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    say!("mixlaw: standard output cannot be written: {error}");
                    ExitCode::from(1)
                }
                _ => ExitCode::SUCCESS,
            }
        }
        Err(sentence) => {
            say!("mixlaw: {sentence}");
            ExitCode::from(1)
        }
    }
}

fn laws() -> String {
    let law = |law: &&dyn Law| {
        let shape = Shape::whole(law.needs().max_domains.unwrap_or(3));
        let (id, name, formula) = (law.id(), law.name(), law.formula(&shape));
        format!("{id}: {name}\n  {formula}\n  {}\n  {}\n", law.use_when(), law.source())
    };
    LAWS.iter().map(law).collect::<Vec<_>>().join("\n")
}
