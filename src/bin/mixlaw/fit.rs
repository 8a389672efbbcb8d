//! `mixlaw fit`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use mixlaw::dataset::{Dataset, Holdout};
use mixlaw::export::scenario_file::ByName;
use mixlaw::export::{fit_file, scenario_file};
use mixlaw::fit::search::Start;
use mixlaw::fit::{self, Ending, Fit, FitConfig, FitError, Interval, Residual, Restriction, Runner};
use mixlaw::law::{self, LAWS, Law};
use mixlaw::predict::{self, FittedStudy, Metrics, Replicate, Validation, Workers, bootstrap, notices};
use mixlaw::units::{Tokens, write_number};
use rayon::prelude::*;

use crate::read::{RoleArgs, STOCK_EXAMPLE, entry, no_study, read_table};
use crate::replicates::BootstrapArgs;
use crate::text::{counted, range, table};

#[derive(Args)]
pub struct FitArgs {
    /// A table in any form; two are joined on an id that both have; - reads standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which law; auto validates several, with and without a residual model, and takes what predicts best
    #[arg(long, value_parser = law_ids(), default_value = AUTO)]
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
    /// p of the row weights (N·D)^p: 1 lets a row count by its compute, 0 all alike
    #[arg(long, value_name = "P", default_value_t = FitConfig::DEFAULT_WEIGHT_POWER, allow_negative_numbers = true)]
    weight_power: f64,
    /// The minimum exponent γ of a domain's weight; 0 is none, as in the paper
    #[arg(long, value_name = "GAMMA", default_value_t = FitConfig::DEFAULT_GAMMA_FLOOR, allow_negative_numbers = true)]
    gamma_floor: f64,
    /// The maximum exponent γ of a domain's weight; 0 is none, as in the paper [default: 1, or none with --gamma-floor 0]
    #[arg(long, value_name = "GAMMA", allow_negative_numbers = true)]
    gamma_ceiling: Option<f64>,
    /// λ of the linear law's ridge
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    ridge: f64,
    /// Tokens in stock of a domain, for the laws that count epochs: wikipedia=4.5B
    #[arg(long = "stock", value_name = "DOMAIN=TOKENS")]
    stocks: Vec<String>,
    #[command(flatten)]
    bootstrap: BootstrapArgs,
    #[command(flatten)]
    roles: RoleArgs,
    /// Print the fit file that the other commands read
    #[arg(long)]
    json: bool,
}

/// Lets validation choose.
const AUTO: &str = "auto";

fn law_ids() -> Vec<&'static str> {
    std::iter::once(AUTO).chain(LAWS.iter().map(|law| law.id())).collect()
}

pub fn run(args: &FitArgs) -> Result<String, String> {
    let imported = read_table(&args.files, &args.roles)?;
    args.bootstrap.check()?;
    let said = imported.warnings();
    let dataset = imported.dataset.ok_or_else(|| no_study(&args.files))?;
    let dataset = dataset.with_stocks(&stocks(&args.stocks)?).map_err(|error| error.to_string())?;
    // Which targets can be fitted does not depend on the candidate.
    let usual = if dataset.domains().len() < 2 { "chinchilla" } else { "additive" };
    let id = if args.law == AUTO { usual } else { &args.law };
    let law = law::by_id(id).ok_or_else(|| format!("no law is called \"{id}\""))?;
    let config = FitConfig {
        starts: args.starts,
        seed: args.seed,
        delta: args.delta,
        residual: Residual::from_id(&args.residual).unwrap_or_default(),
        holdout: Holdout::from_id(&args.holdout).unwrap_or_default(),
        ridge: args.ridge,
        weight_power: args.weight_power,
        gamma_floor: args.gamma_floor,
        // Whoever frees γ at one end means the paper's fits.
        gamma_ceiling: args.gamma_ceiling.unwrap_or(match args.gamma_floor {
            0.0 => 0.0,
            _ => FitConfig::DEFAULT_GAMMA_CEILING,
        }),
        restrictions: restrictions(args)?,
    };
    let target_idxs = chosen_targets(law, &dataset, &args.targets, &config)?;
    let began = Instant::now();
    let progress = Progress::new();
    let report = |done: usize, all: usize| progress.show("validating", done, all);
    let study = if args.law == AUTO {
        predict::auto(&dataset, &target_idxs, &config, &Threads, &report).map_err(|error| error.to_string())?
    } else {
        predict::choice::of_law(&dataset, fits(args, law, &dataset, &target_idxs, &config)?, &Threads, &report)
    };
    progress.clear();
    let seconds = began.elapsed().as_secs_f64();
    say!("mixlaw: fitted and validated {} in {seconds:.1} s", counted(study.targets().count(), "target"));
    let study = FittedStudy { notices: said, ..study };
    // The fit is done, and is not thrown away for want of intervals.
    let replicates = args.bootstrap.replicates(&dataset, &study).unwrap_or_else(|error| {
        say!("mixlaw: no intervals: {error}");
        None
    });
    Ok(if args.json {
        fit_file::write(&study, Some(&dataset), replicates.as_deref()) + "\n"
    } else {
        fit_text(&study, replicates.as_deref())
    })
}

/// The fits of one law; a target that cannot be fitted is left out, unless it was asked for by name.
fn fits(
    args: &FitArgs,
    law: &'static dyn Law,
    dataset: &Dataset,
    target_idxs: &[usize],
    config: &FitConfig,
) -> Result<Vec<Fit>, String> {
    let one = |group: &Vec<usize>| {
        let began = Instant::now();
        let mut fit = fit::fit_with(law, dataset, group, config, &AllAtOnce, &mut |_| {})
            .map_err(|error| (group[0], error.to_string()))?;
        fit.report.seconds = Some(began.elapsed().as_secs_f64());
        Ok(fit)
    };
    let fits: Vec<Result<Fit, (usize, String)>> = fit::target_groups(law, target_idxs).par_iter().map(one).collect();
    let (mut fitted, mut failures) = (Vec::new(), Vec::new());
    for fit in fits {
        match fit {
            Ok(fit) => fitted.push(fit),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.first() {
        // Who names targets wants all of them.
        Some((_, error)) if fitted.is_empty() || !args.targets.is_empty() => return Err(error.clone()),
        _ => failures.iter().for_each(|(target_idx, error)| leave_out(dataset, *target_idx, error)),
    }
    Ok(fitted)
}

fn fit_text(study: &FittedStudy, replicates: Option<&[Replicate]>) -> String {
    let mut parts = Vec::new();
    parts.extend(candidates_text(study));
    parts.push(format!("{}\n\n{}", study.fits[0].law.formula(&study.fits[0].shape), scores(study, replicates)));
    let mut lines = vec![parts.join("\n\n")];
    lines.extend(made_with(study));
    let intervals = replicates.map(|replicates| bootstrap::parameter_intervals(study, replicates));
    for (fit_idx, fit) in study.fits.iter().enumerate() {
        let parameters = fit.parameters(&study.domains);
        lines.push(format!("\n{}", fit.targets.join(", ")));
        for (p, (name, value)) in parameters.iter().enumerate() {
            let interval = intervals.as_ref().and_then(|intervals| intervals[fit_idx].get(p));
            let interval = interval.map(|interval| format!("  {}", range(interval, 3))).unwrap_or_default();
            lines.push(format!("  {name} = {}{interval}", write_number(*value, 5)));
        }
    }
    let notices = notices(study).into_iter().map(|notice| format!("note: {notice}")).collect::<Vec<_>>();
    if !notices.is_empty() {
        lines.push(format!("\n{}", notices.join("\n")));
    }
    lines.join("\n") + "\n"
}

/// A line a target: the errors on rows fitted, on mixtures and scales that validation held out, and on rows held out.
fn scores(study: &FittedStudy, replicates: Option<&[Replicate]>) -> String {
    let holdout_intervals = replicates.map(|replicates| bootstrap::holdout_intervals(study, replicates));
    let percent = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.2} %"));
    let Validation { unseen, larger, .. } = &study.validation;
    let of_target = |metrics: &Option<Metrics>, target: usize| {
        percent(metrics.as_ref().and_then(|metrics| metrics.by_target.get(target).copied().flatten()))
    };
    let rows = study.targets().enumerate().map(|(target_idx, target)| {
        let report = &target.fit.report;
        let score = &report.scores[target.target_pos];
        let interval = holdout_intervals.as_ref().and_then(|intervals| intervals[target_idx]);
        let holdout = match (score.holdout_mre_percent, interval) {
            (Some(mre), Some(Interval { low, high })) => format!("{mre:.2} [{low:.2}, {high:.2}] %"),
            (mre, _) => percent(mre),
        };
        vec![
            target.name.to_string(),
            score.n_fit.to_string(),
            percent(Some(score.fit_mre_percent)),
            of_target(unseen, target_idx),
            of_target(larger, target_idx),
            holdout,
            format!("{} of {}", report.agreeing_starts, report.config.starts),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut header = vec![
        "target",
        "rows",
        "error on fitted rows",
        "error on unseen mixtures",
        "error at larger scale",
        "error on held-out rows",
        "restarts at this optimum",
    ];
    let mut rows = rows;
    // A column without a number says nothing.
    if study.targets().all(|target| target.fit.report.scores[target.target_pos].holdout_mre_percent.is_none()) {
        header.remove(5);
        rows.iter_mut().for_each(|row| drop(row.remove(5)));
    }
    table(&header, &rows)
}

/// What was tried, and which of it predicts.
pub fn candidates_text(study: &FittedStudy) -> Option<String> {
    let chosen = study.chosen()?;
    let percent = |metrics: &Option<Metrics>| {
        metrics.as_ref().map_or("-".to_string(), |metrics| format!("{:.2} %", metrics.mre_percent))
    };
    let rows = study.candidates.iter().enumerate().map(|(at, one)| {
        vec![
            one.name(),
            percent(&one.validation.unseen),
            percent(&one.validation.larger),
            if at == chosen { "predicts".to_string() } else { String::new() },
        ]
    });
    let header = ["candidate", "error on unseen mixtures", "error at larger scale", ""];
    Some(table(&header, &rows.collect::<Vec<_>>()))
}

/// Jobs on as many threads as the machine has.
pub struct Threads;

impl Workers for Threads {
    fn map<T: Send>(&self, n: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
        (0..n).into_par_iter().map(&job).collect()
    }
}

/// A line on a terminal that says how far a long computation is; nothing where nobody watches.
struct Progress {
    began: Instant,
    is_shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self { began: Instant::now(), is_shown: std::io::stderr().is_terminal() }
    }

    fn show(&self, what: &str, done: usize, all: usize) {
        if !self.is_shown {
            return;
        }
        let seconds = self.began.elapsed().as_secs_f64();
        let left = seconds * (all.saturating_sub(done)) as f64 / done.max(1) as f64;
        // A line that cannot be written is no reason to stop.
        let _ = write!(std::io::stderr(), "\r\x1b[Kmixlaw: {what}, {done} of {all}; about {left:.0} s left");
    }

    fn clear(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// The settings that count in this study, for what they are not seen in the formula.
fn made_with(study: &FittedStudy) -> Option<String> {
    let fit = study.fits.first()?;
    let (config, summary) = (&fit.report.config, &study.summary);
    let has_scales = summary.sizes.len() > 1 || summary.token_range.is_some_and(|(least, most)| least < most);
    let weights = has_scales.then(|| match config.weight_power {
        0.0 => "all rows count alike".to_string(),
        1.0 => "a row counts by its N·D".to_string(),
        power => format!("a row counts by its (N·D)^{}", write_number(power, 3)),
    });
    let limit = |name: &str, gamma: f64| (gamma > 0.0).then(|| format!("{name} {}", write_number(gamma, 3)));
    let limits: Vec<String> =
        limit("at least", config.gamma_floor).into_iter().chain(limit("at most", config.gamma_ceiling)).collect();
    let has_gammas = !limits.is_empty() && !fit.law.weight_exponents(&fit.shape).is_empty();
    let gammas = has_gammas.then(|| format!("γ is {}", limits.join(" and ")));
    let parts: Vec<String> = weights.into_iter().chain(gammas).collect();
    (!parts.is_empty()).then(|| format!("In the fit {}.", parts.join(", and ")))
}

/// Starts on as many threads as the machine has.
struct AllAtOnce;

impl Runner for AllAtOnce {
    fn run(&self, n: usize, start: &Start, _report: &mut dyn FnMut(usize, f64)) -> Vec<Ending> {
        (0..n).into_par_iter().map(|start_idx| start(start_idx, &mut |_| {})).collect()
    }
}

fn stocks(given: &[String]) -> Result<Vec<(String, Tokens)>, String> {
    let given: Result<ByName, String> = given.iter().map(|given| entry("stock", given, STOCK_EXAMPLE)).collect();
    scenario_file::stocks(&given?)
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

fn leave_out(dataset: &Dataset, target_idx: usize, error: &str) {
    say!("mixlaw: left out {}: {error}", dataset.targets()[target_idx]);
}

pub fn chosen_targets(
    law: &dyn Law,
    dataset: &Dataset,
    names: &[String],
    config: &FitConfig,
) -> Result<Vec<usize>, String> {
    if names.is_empty() {
        let all: Vec<usize> = (0..dataset.targets().len()).collect();
        let usable = fit::usable_targets(law, dataset, &all);
        let left_out: Vec<&str> =
            all.iter().filter(|idx| !usable.contains(idx)).map(|&idx| dataset.targets()[idx].as_str()).collect();
        if !left_out.is_empty() && !usable.is_empty() {
            say!(
                "mixlaw: the {} law gives the losses of training domains only, so it leaves out {}",
                law.name(),
                left_out.join(", ")
            );
        }
        let chosen = if usable.is_empty() { all } else { usable };
        // One without losses must not stop those that are fitted with it.
        let checks = chosen.iter().map(|&target_idx| fit::check_target(dataset, target_idx, config));
        let checks: Vec<Result<(), FitError>> = checks.collect();
        if checks.iter().all(Result::is_err) {
            return Ok(chosen);
        }
        let sound = chosen.iter().zip(checks).filter(|&(&target_idx, ref check)| {
            check.as_ref().inspect_err(|error| leave_out(dataset, target_idx, &error.to_string())).is_ok()
        });
        return Ok(sound.map(|(&target_idx, _)| target_idx).collect());
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
