//! The command line: `mixlaw fit`, `predict`, `optimum` and `link`, on the library that the page runs on.
//!
//! Results go to standard output, everything said about them to standard error. Exit codes: 0 fine, 1 the data
//! or the settings are wrong, 2 usage.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use mixlaw::dataset::{Dataset, Holdout};
use mixlaw::export::{fit_file, results};
use mixlaw::fit::search::Start;
use mixlaw::fit::study::prediction_mre_percent;
use mixlaw::fit::{self, DataSummary, Ending, Fit, FitConfig, FittedStudy, Residual, Restriction, Runner};
use mixlaw::import::{Imported, Role, Roles, import_bytes, observe};
use mixlaw::law::{self, LAWS, Law, Shape};
use mixlaw::mixture::{self, Certificate, Scenario};
use mixlaw::sample;
use mixlaw::share;
use mixlaw::units::{Decimal, Params, Tokens, read_number, write_number};
use rayon::prelude::*;

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
    Fit(FitArgs),
    /// Predict the rows of another table
    Predict(PredictArgs),
    /// Find the mixture of least weighted loss
    Optimum(OptimumArgs),
    /// Print the link that opens the fit in the page
    Link(LinkArgs),
    /// List the laws: id, name, formula, source
    Laws,
    /// Print an example study: synthetic, drawn from a known law
    Sample,
}

#[derive(Args)]
struct FitArgs {
    /// CSV, TSV or semicolon text; - reads standard input
    file: PathBuf,
    /// Which law
    #[arg(long, value_parser = law_ids(), default_value = "additive")]
    law: String,
    /// A loss column to fit, as often as needed; all without it
    #[arg(long = "target", value_name = "T")]
    targets: Vec<String>,
    /// Which rows to hold out: those marked in a split column, none, or those of the largest model size
    #[arg(long, value_parser = Holdout::ALL.map(Holdout::id), default_value = Holdout::default().id())]
    holdout: String,
    /// Independent searches for the minimum
    #[arg(long, default_value_t = FitConfig::DEFAULT_STARTS)]
    starts: usize,
    /// All random numbers follow from it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Huber's δ: residuals beyond it count by their size, not their square
    #[arg(long, default_value_t = FitConfig::DEFAULT_DELTA, allow_negative_numbers = true)]
    delta: f64,
    /// Residuals in nats, or in the logarithm of the loss
    #[arg(long, value_parser = [Residual::Nats.id(), Residual::LogLoss.id()], default_value = Residual::Nats.id())]
    residual: String,
    /// Give parameters this value: alpha=0.34; gamma=1 means those of all domains, gamma_arxiv=1 that of one
    #[arg(long = "fix", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    fixed: Vec<String>,
    /// Keep parameters in this range: gamma=0.1:1; an end may be left out
    #[arg(long = "bound", value_name = "NAME=LOW:HIGH", allow_hyphen_values = true)]
    bounded: Vec<String>,
    /// Make parameters equal: alpha=beta; gamma alone makes those of all domains equal
    #[arg(long = "tie", value_name = "NAME=NAME")]
    tied: Vec<String>,
    /// λ of the linear law's ridge
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    ridge: f64,
    /// Tokens in stock of a domain, for the laws that count epochs: wikipedia=4.5B
    #[arg(long = "stock", value_name = "DOMAIN=TOKENS")]
    stocks: Vec<String>,
    #[command(flatten)]
    roles: RoleArgs,
    /// Print the fit file that the other commands read
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct RoleArgs {
    /// What a column holds, where the guess is wrong: weight, n, d, flops, loss, row-weight, split or ignore
    #[arg(long = "role", value_name = "COLUMN=ROLE")]
    roles: Vec<String>,
}

#[derive(Args)]
struct PredictArgs {
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

#[derive(Args)]
struct OptimumArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    /// Model size N
    #[arg(long, value_name = "N")]
    n: Params,
    /// Training tokens D
    #[arg(long, value_name = "D")]
    d: Tokens,
    /// Weights of the targets, normalised; a target without one counts nothing. Without this option all count alike
    #[arg(long, value_name = "T=W", num_args = 1..)]
    weights: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct LinkArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    /// Model size N of the scenario; the largest of the data without it
    #[arg(long, value_name = "N")]
    n: Option<Params>,
    /// Training tokens D of the scenario; the most of the data without it
    #[arg(long, value_name = "D")]
    d: Option<Tokens>,
    /// Weights of the targets
    #[arg(long, value_name = "T=W", num_args = 1..)]
    weights: Vec<String>,
    /// Address of the page; without it only the part from # on is printed
    #[arg(long, value_name = "URL", default_value = "")]
    page: String,
}

fn laws() -> String {
    let law = |law: &&dyn Law| {
        let shape = Shape::whole(law.needs().max_domains.unwrap_or(3));
        format!("{}: {}\n  {}\n  {}\n", law.id(), law.name(), law.formula(&shape), law.source())
    };
    LAWS.iter().map(law).collect::<Vec<_>>().join("\n")
}

fn law_ids() -> Vec<&'static str> {
    LAWS.iter().map(|law| law.id()).collect()
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Fit(args) => run_fit(&args),
        Command::Predict(args) => run_predict(&args),
        Command::Optimum(args) => run_optimum(&args),
        Command::Link(args) => run_link(&args),
        Command::Laws => Ok(laws()),
        Command::Sample => sample::llm().map_err(|error| error.to_string()),
    };
    match outcome {
        Ok(output) => {
            let mut stdout = std::io::stdout().lock();
            match stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush()) {
                // A reader that has seen enough, such as head, closes the pipe; that is no error of ours.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    eprintln!("mixlaw: standard output cannot be written: {error}");
                    ExitCode::from(1)
                }
                _ => ExitCode::SUCCESS,
            }
        }
        Err(sentence) => {
            eprintln!("mixlaw: {sentence}");
            ExitCode::from(1)
        }
    }
}

fn run_fit(args: &FitArgs) -> Result<String, String> {
    let imported = read_table(&args.file, &args.roles)?;
    let dataset = imported.dataset.ok_or_else(|| no_study(&args.file))?;
    let dataset = dataset.with_stocks(&stocks(&args.stocks)?).map_err(|error| error.to_string())?;
    let law = law::by_id(&args.law).ok_or_else(|| format!("no law is called \"{}\"", args.law))?;
    let target_idxs = chosen_targets(law, &dataset, &args.targets)?;
    let config = FitConfig {
        starts: args.starts,
        seed: args.seed,
        delta: args.delta,
        residual: Residual::from_id(&args.residual).unwrap_or_default(),
        holdout: Holdout::from_id(&args.holdout).unwrap_or_default(),
        ridge: args.ridge,
        restrictions: restrictions(args)?,
    };
    let began = Instant::now();
    let fits: Result<Vec<Fit>, String> = fit::target_groups(law, &target_idxs)
        .par_iter()
        .map(|group| {
            let began = Instant::now();
            let mut fit = fit::fit_with(law, &dataset, group, &config, &AllAtOnce, &mut |_| {})
                .map_err(|error| error.to_string())?;
            fit.report.seconds = Some(began.elapsed().as_secs_f64());
            Ok(fit)
        })
        .collect();
    let fits = fits?;
    eprintln!("mixlaw: fitted {} in {:.1} s", counted(target_idxs.len(), "target"), began.elapsed().as_secs_f64());
    let study = FittedStudy { domains: dataset.domains().to_vec(), summary: DataSummary::new(&dataset), fits };
    Ok(if args.json { fit_file::write(&study) + "\n" } else { fit_text(law, &study) })
}

fn run_predict(args: &PredictArgs) -> Result<String, String> {
    let study = read_fit(&args.fit)?;
    let imported = read_table(&args.file, &args.roles)?;
    let table = imported.table.as_ref().ok_or_else(|| no_study(&args.file))?;
    let observed = observe(table, &imported.roles);
    if observed.observations.is_empty() {
        return Err(no_study(&args.file));
    }
    let predictions = study
        .predict(&observed.domains, &observed.targets, &observed.observations)
        .map_err(|error| error.to_string())?;
    if args.json {
        return Ok(results::predictions(&study, &predictions) + "\n");
    }
    let mut lines = vec!["line\ttarget\tpredicted\tobserved".to_string()];
    lines.extend(predictions.iter().map(|prediction| {
        let observed = prediction.observed.map_or(String::new(), |loss| format!("{:.4}", loss.0));
        format!("{}\t{}\t{:.4}\t{observed}", prediction.line, prediction.target, prediction.predicted.0)
    }));
    for target in study.targets() {
        if let Some(mre) = prediction_mre_percent(&predictions, target.name) {
            eprintln!("{}: MRE {mre:.3} %", target.name);
        }
    }
    Ok(lines.join("\n") + "\n")
}

fn run_optimum(args: &OptimumArgs) -> Result<String, String> {
    let study = read_fit(&args.fit)?;
    let scenario = Scenario { n: args.n, d: args.d, target_weights: target_weights(&args.weights)? };
    let optimum = mixture::optimum(&study, &scenario).map_err(|error| error.to_string())?;
    if args.json {
        return Ok(results::optimum(&study, &scenario, &optimum) + "\n");
    }
    let width = column_width(study.domains.iter());
    let mean = &study.summary.mean_mixture;
    let mut lines = vec![format!("{:width$}  optimum  mean of the data", "domain")];
    for ((domain, weight), mean) in study.domains.iter().zip(&optimum.mixture).zip(mean) {
        lines.push(format!("{domain:width$}  {:>7}  {:>16}", percent(*weight), percent(*mean)));
    }
    let width = column_width(optimum.targets.iter().map(|(name, ..)| name));
    lines.push(format!("\n{:width$}  weight  loss at the optimum", "target"));
    for (name, weight, loss) in &optimum.targets {
        lines.push(format!("{name:width$}  {:>6}  {:>19}", percent(*weight), format!("{:.4}", loss.0)));
    }
    let certificate = match optimum.certificate {
        Certificate::None => "this is not certified to be a minimum".to_string(),
        Certificate::Convex => "the weighted loss is convex, so this is the global minimum".to_string(),
        Certificate::BestOf { agreeing, starts } => {
            format!("the weighted loss is not convex: {agreeing} of {starts} descents ended here, none lower")
        }
    };
    lines.push(format!(
        "\nweighted loss {:.4}; KKT residual {:.1e}; {certificate}",
        optimum.weighted_loss.0, optimum.kkt_residual
    ));
    Ok(lines.join("\n") + "\n")
}

fn run_link(args: &LinkArgs) -> Result<String, String> {
    let study = read_fit(&args.fit)?;
    let edge = Scenario::at_the_edge_of(&study.summary);
    let scenario = Scenario {
        n: args.n.unwrap_or(edge.n),
        d: args.d.unwrap_or(edge.d),
        target_weights: target_weights(&args.weights)?,
    };
    scenario.weighted_targets(&study).map_err(|error| error.to_string())?;
    let fragment = share::encode(&study, &scenario).map_err(|error| error.to_string())?;
    Ok(format!("{}#{fragment}\n", args.page))
}

fn fit_text(law: &dyn Law, study: &FittedStudy) -> String {
    let width = column_width(study.targets().map(|target| target.name));
    let mut lines = vec![law.formula(&study.fits[0].shape).to_string()];
    lines.push(format!("\n{:width$}  rows  objective  MRE fit  MRE held out  starts agree", "target"));
    for target in study.targets() {
        let report = &target.fit.report;
        let score = &report.scores[target.target_pos];
        let holdout = score.holdout_mre_percent.map_or("-".to_string(), |mre| format!("{mre:.3} %"));
        let agree = format!("{} of {}", report.agreeing_starts, report.config.starts);
        lines.push(format!(
            "{:width$}  {:>4}  {:>9.3e}  {:>5.3} %  {holdout:>12}  {agree:>12}",
            target.name, score.n_fit, report.objective, score.fit_mre_percent,
        ));
    }
    for fit in &study.fits {
        let parameters = fit.parameters(&study.domains);
        let names: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
        lines.push(format!("\n{}", fit.targets.join(", ")));
        lines.extend(parameters.iter().map(|(name, value)| format!("  {name} = {}", write_number(*value, 5))));
        lines.extend(fit.report.flags.iter().map(|flag| format!("  note: {}", flag.sentence(&names))));
    }
    lines.join("\n") + "\n"
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A share with one decimal, so that a column of them lines up.
fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn column_width<'a>(names: impl Iterator<Item = impl AsRef<str> + 'a>) -> usize {
    names.map(|name| name.as_ref().chars().count()).max().unwrap_or(0).max("domain".len())
}

/// Starts on as many threads as the machine has.
struct AllAtOnce;

impl Runner for AllAtOnce {
    fn run(&self, n: usize, start: &Start, _report: &mut dyn FnMut(usize, f64)) -> Vec<Ending> {
        (0..n).into_par_iter().map(|start_idx| start(start_idx, &mut |_| {})).collect()
    }
}

fn stocks(given: &[String]) -> Result<Vec<(String, Tokens)>, String> {
    let read = |given: &String| {
        let (domain, tokens) = given
            .rsplit_once('=')
            .ok_or_else(|| format!("the stock \"{given}\" must read DOMAIN=TOKENS, such as wikipedia=4.5B"))?;
        let tokens: Tokens = tokens.parse().map_err(|error| format!("the tokens in stock of \"{domain}\": {error}"))?;
        Ok((domain.to_string(), tokens))
    };
    given.iter().map(read).collect()
}

fn restrictions(args: &FitArgs) -> Result<Vec<Restriction>, String> {
    let number = |name: &str, text: &str| {
        text.trim()
            .parse::<f64>()
            .map_err(|_| format!("\"{text}\", given for {name}, is no number; write one such as 0.34"))
    };
    let mut restrictions = Vec::new();
    for given in &args.fixed {
        let (name, value) = given
            .rsplit_once('=')
            .ok_or_else(|| format!("the fixed parameter \"{given}\" must read NAME=VALUE, such as alpha=0.34"))?;
        restrictions.push(Restriction::Fixed { name: name.to_string(), value: number(name, value)? });
    }
    for given in &args.bounded {
        let ends = given.rsplit_once('=').and_then(|(name, ends)| Some((name, ends.split_once(':')?)));
        let (name, (low, high)) = ends
            .ok_or_else(|| format!("the bounded parameter \"{given}\" must read NAME=LOW:HIGH, such as gamma=0.1:1"))?;
        let end = |text: &str| if text.trim().is_empty() { Ok(None) } else { number(name, text).map(Some) };
        restrictions.push(Restriction::Bounded { name: name.to_string(), low: end(low)?, high: end(high)? });
    }
    restrictions.extend(
        args.tied.iter().map(|given| Restriction::Tied { names: given.split('=').map(str::to_string).collect() }),
    );
    Ok(restrictions)
}

fn chosen_targets(law: &dyn Law, dataset: &Dataset, names: &[String]) -> Result<Vec<usize>, String> {
    if names.is_empty() {
        let all: Vec<usize> = (0..dataset.targets().len()).collect();
        let usable = fit::usable_targets(law, dataset, &all);
        let left_out: Vec<&str> =
            all.iter().filter(|idx| !usable.contains(idx)).map(|&idx| dataset.targets()[idx].as_str()).collect();
        if !left_out.is_empty() && !usable.is_empty() {
            eprintln!(
                "mixlaw: the {} law gives the losses of training domains only, so it leaves out {}",
                law.name(),
                left_out.join(", ")
            );
        }
        return Ok(if usable.is_empty() { all } else { usable });
    }
    let mut target_idxs = Vec::new();
    for name in names {
        let target_idx = dataset.target_idx(name).ok_or_else(|| {
            format!("no target is called \"{name}\"; the table has: {}", dataset.targets().join(", "))
        })?;
        if target_idxs.contains(&target_idx) {
            return Err(format!("the target \"{name}\" is named twice"));
        }
        target_idxs.push(target_idx);
    }
    Ok(target_idxs)
}

fn target_weights(given: &[String]) -> Result<Vec<(String, f64)>, String> {
    given
        .iter()
        .map(|given| {
            let (name, weight) = given
                .rsplit_once('=')
                .ok_or_else(|| format!("the weight \"{given}\" must read TARGET=WEIGHT, such as wikipedia_loss=0.5"))?;
            let weight =
                read_number(weight, Decimal::Point).map_err(|error| format!("the weight of \"{name}\": {error}"))?;
            Ok((name.to_string(), weight))
        })
        .collect()
}

/// Reads a table and says all that there is to say about it.
fn read_table(path: &PathBuf, args: &RoleArgs) -> Result<Imported, String> {
    let bytes = read_bytes(path)?;
    let mut imported = import_bytes(&bytes, None);
    if !args.roles.is_empty() {
        let roles = changed_roles(&imported, &args.roles)?;
        imported = import_bytes(&bytes, Some(roles));
    }
    /// More sentences than anyone reads; the last one counts the rest.
    const SHOWN: usize = 50;
    for sentence in imported.issues.sentences(SHOWN) {
        eprintln!("mixlaw: {sentence}");
    }
    Ok(imported)
}

fn no_study(path: &Path) -> String {
    format!("{} holds no study; see above", path.display())
}

fn changed_roles(imported: &Imported, changes: &[String]) -> Result<Roles, String> {
    let header = imported.table.as_ref().map_or(&[][..], |table| table.header());
    let mut roles = imported.roles.clone();
    for change in changes {
        let (column, role) = change
            .rsplit_once('=')
            .ok_or_else(|| format!("the role \"{change}\" must read COLUMN=ROLE, such as wikipedia_loss=loss"))?;
        let column_idx = header
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| format!("no column is called \"{column}\"; the table has: {}", header.join(", ")))?;
        roles.0[column_idx] = Role::from_id(role).ok_or_else(|| {
            format!("\"{role}\" is no role; a column is weight, n, d, flops, loss, row-weight, split or ignore")
        })?;
    }
    Ok(roles)
}

fn read_fit(path: &PathBuf) -> Result<FittedStudy, String> {
    let bytes = read_bytes(path)?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is not a text", path.display()))?;
    fit_file::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_bytes(path: &PathBuf) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    read.map(|()| bytes).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
