//! `mixlaw optimum`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mixlaw::dataset::Dataset;
use mixlaw::export::fit_file::Saved;
use mixlaw::export::results::{self, Answers};
use mixlaw::fit::Interval;
use mixlaw::mixture::{
    self, Aim, Budget, Certainty, Certificate, Compared, DEFAULT_EPSILON, FixedPoint, Growth, LAMBDAS, NearOptimal,
    OnPath, Optimum, Outcome, Price, Prior, ScaleIntervals, Scenario,
};
use mixlaw::predict::{FittedStudy, Replicate, bootstrap, notices};
use mixlaw::units::{write_count, write_nats, write_number};
use rayon::prelude::*;

use crate::read::{Fitted, named_shares, read_fit};
use crate::replicates::BootstrapArgs;
use crate::scenario::ScenarioArgs;
use crate::text::{percent, percent_range, table};

#[derive(Args)]
pub struct OptimumArgs {
    /// What mixlaw fit --json printed
    fit: PathBuf,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Ranges in which each weight may move while the loss stays within this share of the best
    #[arg(long, value_name = "ε", default_value_t = DEFAULT_EPSILON, allow_negative_numbers = true)]
    epsilon: f64,
    /// A mixture to compare with, as often as needed: "arxiv=0.1, book=0.9"
    #[arg(long, value_name = "MIXTURE")]
    compare: Vec<String>,
    #[command(flatten)]
    bootstrap: BootstrapArgs,
    /// Follow the optimum: over the scale of N and D, over the prior's weight, from target to target, or from the
    /// targets' weights to the mixture
    #[arg(long = "path", value_name = "PATH", value_delimiter = ',')]
    paths: Vec<PathKind>,
    /// What N is multiplied by from step to step of the path over the scale
    #[arg(long, value_name = "FACTOR", default_value_t = Growth::default().n, allow_negative_numbers = true)]
    grow_n: f64,
    /// What D is multiplied by
    #[arg(long, value_name = "FACTOR", default_value_t = Growth::default().d, allow_negative_numbers = true)]
    grow_d: f64,
    /// Its steps
    #[arg(long, value_name = "STEPS", default_value_t = Growth::default().steps)]
    steps: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum PathKind {
    /// N and D growing, and the limit
    Scale,
    /// λ growing
    Prior,
    /// Each target alone
    Targets,
    /// Jensen–Shannon distance between the targets' weights and the mixture
    Weights,
}

const NO_RUNS: &str = "the fit file has no runs to refit; write it with this version's `mixlaw fit … --json`";

pub fn run(args: &OptimumArgs) -> Result<String, String> {
    let Fitted { study, saved } = read_fit(&args.fit)?;
    let scenario = args.scenario.scenario(&study, saved.scenario.clone())?;
    if mixture::is_of_scale_alone(&study) {
        return of_scale(args, &study, &saved, &scenario);
    }
    let answers = answers(args, &study, saved.runs.as_ref(), &saved.replicates, scenario)?;
    Ok(if args.json { results::optimum(&study, &answers) + "\n" } else { answers_text(&study, &answers) })
}

/// The replicates asked for, or those of the fit file.
fn replicates(
    args: &OptimumArgs,
    study: &FittedStudy,
    runs: Option<&Dataset>,
    saved: &[Replicate],
) -> Result<Vec<Replicate>, String> {
    match (args.bootstrap.bootstrap, runs) {
        (None, _) => Ok(saved.to_vec()),
        (Some(_), None) => Err(NO_RUNS.into()),
        (Some(_), Some(runs)) => Ok(args.bootstrap.replicates(runs, study)?.unwrap_or_default()),
    }
}

/// The answer of a study of N and D alone.
fn of_scale(args: &OptimumArgs, study: &FittedStudy, saved: &Saved, scenario: &Scenario) -> Result<String, String> {
    if !args.paths.is_empty() || !args.compare.is_empty() {
        return Err(mixture::OptimumError::NoDomains.to_string());
    }
    let found = mixture::best_scale(study, scenario).map_err(|error| error.to_string())?;
    let replicates = replicates(args, study, saved.runs.as_ref(), &saved.replicates)?;
    let intervals = mixture::scale_intervals(study, &replicates, scenario, &found);
    let warnings: Vec<String> =
        mixture::scale_warnings(study, found.n, found.d).into_iter().chain(notices(study)).collect();
    if args.json {
        return Ok(results::scale(scenario, &found, intervals.as_ref(), &warnings) + "\n");
    }
    let count = |value: f64| write_count(value, 3);
    let range = |interval: Option<Interval>| {
        interval.map(|at| format!(" ({} to {})", count(at.low), count(at.high))).unwrap_or_default()
    };
    let found_of = |interval: Option<Interval>| interval.filter(|_| scenario.budget != Budget::Given);
    let of = |value: fn(&ScaleIntervals) -> Interval| intervals.as_ref().map(value);
    let ends = |interval: &Interval| format!("{:.4} – {:.4}", interval.low, interval.high);
    let mut header = vec!["target", "weight", "predicted loss", "90 % prediction interval"];
    header.extend(intervals.is_some().then_some("bootstrap interval"));
    let rows = found.targets.iter().enumerate().map(|(j, (name, weight, loss))| {
        let mut row = vec![name.clone(), percent(*weight), format!("{:.4}", loss.0)];
        row.push(found.intervals[j].as_ref().map_or("not known".into(), ends));
        row.extend(intervals.as_ref().map(|intervals| ends(&intervals.losses[j])));
        row
    });
    let mut parts = vec![
        verdict_lines(&found.findings).join("\n"),
        format!(
            "model size N = {}{}, tokens D = {}{}, {} tokens per parameter",
            count(found.n.0),
            range(found_of(of(|intervals| intervals.n))),
            count(found.d.0),
            range(found_of(of(|intervals| intervals.d))),
            write_number(found.d.0 / found.n.0, 3),
        ),
        table(&header, &rows.collect::<Vec<_>>()),
    ];
    if !warnings.is_empty() {
        parts.push(warnings.iter().map(|warning| format!("note: {warning}")).collect::<Vec<_>>().join("\n"));
    }
    Ok(parts.join("\n\n") + "\n")
}

fn answers(
    args: &OptimumArgs,
    study: &FittedStudy,
    runs: Option<&Dataset>,
    saved: &[Replicate],
    scenario: Scenario,
) -> Result<Answers, String> {
    let asked = |path: PathKind| args.paths.contains(&path);
    let optimum = mixture::optimum(study, &scenario).map_err(|error| error.to_string())?;
    // One path that makes no sense is no reason to give up the other answers.
    let reflection = asked(PathKind::Weights).then(|| {
        let none = "the targets' weights are no mixture: not every weighted target is a domain's own loss";
        mixture::reflection(study, &scenario).map_err(|error| error.to_string())?.ok_or_else(|| none.to_string())
    });
    let mut compared = Compared::usual(study, &scenario).map_err(|error| error.to_string())?;
    for text in &args.compare {
        let given: Vec<String> = text.split(',').map(|part| part.trim().to_string()).collect();
        let given = named_shares("share", &given)?;
        compared.push(Compared::by_domain(text, &given, &study.domains).map_err(|error| error.to_string())?);
    }
    let replicates = replicates(args, study, runs, saved)?;
    let (certainty, failed_replicates) = certainty(study, &replicates, &scenario, &optimum, &compared);
    let words = |error: mixture::OptimumError| error.to_string();
    let uniform = || study.domains.iter().map(|domain| (domain.clone(), 1.0)).collect();
    let prior = scenario.prior.as_ref().map_or_else(uniform, |prior: &Prior| prior.mixture.clone());
    let ranges = {
        let near = NearOptimal::new(study, &scenario, &optimum, args.epsilon).map_err(words)?;
        (0..study.domains.len()).into_par_iter().map(|i| near.range(i)).collect()
    };
    let growth = Growth { n: args.grow_n, d: args.grow_d, steps: args.steps };
    Ok(Answers {
        verdict: mixture::verdict(study, &scenario, &optimum).map_err(words)?,
        beyond: mixture::beyond(study, &scenario, &optimum).map_err(words)?,
        comparisons: mixture::compare(study, &scenario, &optimum, &compared).map_err(words)?,
        near: (args.epsilon, ranges),
        certainty,
        failed_replicates,
        warnings: mixture::warnings(study, &scenario, &optimum).into_iter().chain(notices(study)).collect(),
        scale: asked(PathKind::Scale)
            .then(|| mixture::along_scale(study, &scenario, growth))
            .transpose()
            .map_err(words)?,
        prior: asked(PathKind::Prior)
            .then(|| mixture::along_prior(study, &scenario, &prior, &LAMBDAS))
            .transpose()
            .map_err(words)?,
        each_target: asked(PathKind::Targets)
            .then(|| mixture::each_target(study, &scenario))
            .transpose()
            .map_err(words)?,
        reflection,
        optimum,
        scenario,
    })
}

/// What the replicates make of an optimum, nothing without any; and how many of them have none.
pub fn certainty(
    study: &FittedStudy,
    replicates: &[Replicate],
    scenario: &Scenario,
    optimum: &Optimum,
    compared: &[Compared],
) -> (Option<Certainty>, usize) {
    let outcome =
        |replicate| mixture::outcome(&bootstrap::with_thetas(study, replicate), scenario, optimum, compared).ok();
    let outcomes: Vec<Option<Outcome>> = replicates.par_iter().map(outcome).collect();
    let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
    (Certainty::of(optimum, &outcomes), replicates.len() - outcomes.len())
}

fn answers_text(study: &FittedStudy, answers: &Answers) -> String {
    let Answers { scenario, optimum, certainty, .. } = answers;
    let mut parts = vec![verdict_text(study, answers), mixture_table(study, answers), target_table(answers)];
    parts.extend(alternatives_table(study, answers));
    let interval = |text: String, interval: Option<String>| match interval {
        Some(interval) => format!("{text} ({interval})"),
        None => text,
    };
    if scenario.budget != Budget::Given {
        let range = |ends: fn(&Certainty) -> mixlaw::fit::Interval| {
            certainty.as_ref().map(ends).map(|at| format!("{} to {}", write_count(at.low, 3), write_count(at.high, 3)))
        };
        parts.push(format!(
            "model size N = {}, tokens D = {}",
            interval(write_count(optimum.n.0, 3), range(|certainty| certainty.n)),
            interval(write_count(optimum.d.0, 3), range(|certainty| certainty.d)),
        ));
    }
    if scenario.aim == Aim::Worst && optimum.targets.len() > 1 {
        parts.push(format!("every target is within {:.4} nats of the least that it can be", optimum.objective));
    }
    parts.push(certificate(optimum));
    if !answers.warnings.is_empty() {
        parts.push(answers.warnings.iter().map(|warning| format!("note: {warning}")).collect::<Vec<_>>().join("\n"));
    }
    if !optimum.prices.is_empty() {
        parts.push(optimum.prices.iter().map(Price::sentence).collect::<Vec<_>>().join("\n"));
    }
    parts.push(gains(answers));
    if let Some(certainty) = certainty {
        parts.push(format!(
            "of {} replicates, each has an optimum of its own; under its laws this one is worse by less than {:.4} nats for half of them, by less than {:.4} nats for 95 %",
            certainty.replicates, certainty.regret.median, certainty.regret.high
        ));
        parts.extend(certainty.outside_sentence(&study.domains));
    }
    if answers.failed_replicates > 0 {
        parts.push(format!(
            "{} further replicates have no optimum in this scenario, and are left out",
            answers.failed_replicates
        ));
    }
    if let Some(path) = &answers.scale {
        parts.push(scale_table(study, path));
    }
    if let Some(path) = &answers.prior {
        let rows = path.iter().map(|(kl, optimum)| {
            row(write_number(*kl, 2), optimum, std::iter::once(format!("{:.4}", optimum.weighted_loss.0)))
        });
        parts.push(table(&header(study, "λ", &["weighted loss"]), &rows.collect::<Vec<_>>()));
    }
    if let Some(each) = &answers.each_target {
        let rows = each.iter().map(|(name, optimum)| {
            row(name.clone(), optimum, std::iter::once(format!("{:.4}", optimum.weighted_loss.0)))
        });
        parts.push(table(&header(study, "target alone", &["its loss"]), &rows.collect::<Vec<_>>()));
    }
    if let Some(Err(sentence)) = &answers.reflection {
        parts.push(format!("from the targets' weights to the mixture: {sentence}"));
    }
    if let Some(Ok(reflection)) = &answers.reflection {
        let end = |fixed: &FixedPoint| {
            let domains = study.domains.iter().zip(&fixed.mixture);
            let mixture: Vec<String> = domains.map(|(domain, h)| format!("{domain} {}", percent(*h))).collect();
            let word = if fixed.settled { "ends" } else { "has not settled" };
            format!("{word} after {} steps at {} (distance {:.1e})", fixed.steps, mixture.join(", "), fixed.distance)
        };
        let others: String =
            reflection.others.iter().map(|other| format!("\nfrom a corner it {}", end(other))).collect();
        let corners: Vec<Vec<String>> =
            reflection.corners.iter().map(|(domain, far)| vec![domain.clone(), format!("{far:.3}")]).collect();
        parts.push(format!(
            "Jensen–Shannon distance between the targets' weights and the mixture: {:.3}\nw ← h*(w) {}{others}\n{}",
            reflection.distance,
            end(&reflection.fixed_point),
            table(&["all weight on", "distance"], &corners)
        ));
    }
    parts.join("\n\n") + "\n"
}

fn mixture_table(study: &FittedStudy, answers: &Answers) -> String {
    let Answers { optimum, near, certainty, .. } = answers;
    let within = format!("within {} %", write_number(100.0 * near.0, 2));
    let mut header = vec!["domain", "optimum", &within];
    if certainty.is_some() {
        header.push("90 % interval");
    }
    header.push("mean of the data");
    let rows = study.domains.iter().enumerate().map(|(i, domain)| {
        let mut row = vec![domain.clone(), percent(optimum.mixture[i]), percent_range(&near.1[i])];
        row.extend(certainty.as_ref().map(|certainty| percent_range(&certainty.mixture[i])));
        row.push(percent(study.summary.mean_mixture[i]));
        row
    });
    table(&header, &rows.collect::<Vec<_>>())
}

/// One line a question, and what leaving the runs would promise.
fn verdict_text(study: &FittedStudy, answers: &Answers) -> String {
    let beyond = answers.beyond.iter().map(|beyond| beyond.sentence(&study.domains, &answers.optimum));
    verdict_lines(&answers.verdict.findings).into_iter().chain(beyond).collect::<Vec<_>>().join("\n")
}

fn verdict_lines(findings: &[mixture::Finding]) -> Vec<String> {
    let width = findings.iter().map(|finding| finding.question.chars().count()).max().unwrap_or(0);
    let line = |finding: &mixture::Finding| {
        format!("{} {:width$}  {}", finding.grade.symbol(), finding.question, finding.sentence)
    };
    findings.iter().map(line).collect()
}

fn target_table(answers: &Answers) -> String {
    let Answers { optimum, certainty, verdict, .. } = answers;
    let mut header = vec!["target", "weight", "predicted loss", "90 % prediction interval"];
    if certainty.is_some() {
        header.push("bootstrap interval");
    }
    let ends = |interval: &mixlaw::fit::Interval| format!("{:.4} – {:.4}", interval.low, interval.high);
    let prediction = |interval: &Option<mixlaw::fit::Interval>| interval.as_ref().map_or("not known".into(), ends);
    let rows = optimum.targets.iter().enumerate().map(|(j, (name, weight, loss))| {
        let mut row = vec![name.clone(), percent(*weight), format!("{:.4}", loss.0)];
        row.push(prediction(verdict.losses.get(j).unwrap_or(&None)));
        row.extend(certainty.as_ref().map(|certainty| ends(&certainty.losses[j])));
        row
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    if rows.len() > 1 {
        let mut row = vec!["weighted mean".to_string(), String::new(), format!("{:.4}", optimum.weighted_loss.0)];
        row.push(prediction(&verdict.weighted_loss));
        row.extend(certainty.as_ref().map(|certainty| ends(&certainty.weighted_loss)));
        rows.push(row);
    }
    table(&header, &rows)
}

/// What the other candidates that predict nearly as well recommend.
fn alternatives_table(study: &FittedStudy, answers: &Answers) -> Option<String> {
    let alternatives = &answers.verdict.alternatives;
    let first = study.chosen().map(|chosen| study.candidates[chosen].name())?;
    let domains = study.domains.iter().map(String::as_str);
    let header: Vec<&str> = std::iter::once("candidate").chain(domains).chain(["regret of the answer, nats"]).collect();
    let line = |name: String, mixture: &[f64], regret: String| {
        std::iter::once(name).chain(mixture.iter().map(|h| percent(*h))).chain([regret]).collect::<Vec<_>>()
    };
    let own = line(first, &answers.optimum.mixture, "0".to_string());
    let others = alternatives.iter().map(|one| line(one.name.clone(), &one.mixture, write_nats(one.regret)));
    (!alternatives.is_empty()).then(|| table(&header, &std::iter::once(own).chain(others).collect::<Vec<_>>()))
}

fn certificate(optimum: &Optimum) -> String {
    // Below that it is rounding, which says nothing.
    let residual = match optimum.kkt_residual {
        rounding if rounding < 1e-12 => "below 1e-12".to_string(),
        residual => format!("{residual:.1e}"),
    };
    let certificate = match optimum.certificate {
        Certificate::None => "this is not certified to be a minimum".to_string(),
        Certificate::Only => "the limits leave no other mixture".to_string(),
        Certificate::Convex => "the objective is convex, so this is the global minimum".to_string(),
        Certificate::BestOf { agreeing, starts } => {
            format!(
                "not provably global (the objective is not convex): {agreeing} of {starts} descents ended here, none lower"
            )
        }
    };
    format!("weighted loss {:.4}; KKT residual {residual}; {certificate}", optimum.weighted_loss.0)
}

fn gains(answers: &Answers) -> String {
    let mut header = vec!["compared with", "gain, nats", "90 % prediction interval", ""];
    if answers.certainty.is_some() {
        header.push("bootstrap interval");
    }
    let breaches = answers.comparisons.iter().any(|comparison| comparison.breach.is_some());
    header.extend(breaches.then_some("allowed"));
    let ends = |gain: &mixlaw::fit::Interval| format!("{} – {}", write_nats(gain.low), write_nats(gain.high));
    let rows = answers.comparisons.iter().enumerate().map(|(at, comparison)| {
        let mut row = vec![comparison.compared.name.clone(), write_nats(comparison.gain)];
        let predicted = comparison.interval.as_ref();
        row.push(predicted.map_or("not known".into(), ends));
        row.push(predicted.and_then(|gain| gain.verdict()).unwrap_or("").to_string());
        row.extend(answers.certainty.as_ref().map(|certainty| ends(&certainty.gains[at])));
        let breach = || comparison.breach.clone().unwrap_or_else(|| "yes".into());
        row.extend(breaches.then(breach));
        row
    });
    table(&header, &rows.collect::<Vec<_>>())
}

fn header<'a>(study: &'a FittedStudy, first: &'a str, last: &[&'a str]) -> Vec<&'a str> {
    let domains = study.domains.iter().map(String::as_str);
    std::iter::once(first).chain(domains).chain(last.iter().copied()).collect()
}

fn row(first: String, optimum: &Optimum, last: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(first).chain(optimum.mixture.iter().map(|h| percent(*h))).chain(last).collect()
}

fn scale_table(study: &FittedStudy, path: &[OnPath]) -> String {
    let count = |value: f64| if value.is_finite() { write_count(value, 3) } else { "∞".to_string() };
    let rows = path.iter().map(|place| {
        let name = format!("{}, {}", count(place.n.0), count(place.d.0));
        match &place.optimum {
            Ok(optimum) => row(name, optimum, std::iter::once(format!("{:.4}", optimum.weighted_loss.0))),
            Err(sentence) => {
                let blank = study.domains.iter().map(|_| String::new());
                std::iter::once(name).chain(blank).chain([sentence.clone()]).collect()
            }
        }
    });
    table(&header(study, "N, D", &["weighted loss"]), &rows.collect::<Vec<_>>())
}
