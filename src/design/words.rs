//! What is said of runs and batches.

use super::DesignError;
use super::budget::{Advice, Batch, Origin, Settles};
use super::knowledge::Spot;
use super::plan::Plan;
use super::simulate::{Accuracy, NOISE};
use crate::mixture::Optimum;
use crate::predict::FittedStudy;
use crate::units::{Params, write_count, write_nats, write_number, write_scientific};

/// A target that is the worst of several.
pub(super) const WORST: &str = "the aim is the worst target's loss; what runs settle is counted for the weighted mean";

/// A disagreement of candidates that is worth saying, in nats.
type Apart<'a> = Option<(&'a str, f64)>;

/// Why a run is worth its cost.
pub(super) fn reason(
    study: &FittedStudy,
    found: &Optimum,
    reference: &str,
    spot: &Spot,
    origin: &Origin,
    settles: &Settles,
    apart: Apart,
) -> String {
    let what = match origin {
        Origin::Optimum => "the recommended mixture itself".to_string(),
        Origin::Rival(name) => format!("the mixture that the {name} recommends"),
        Origin::Edge { more, less } => {
            format!("the optimum leans on the edge of what the runs cover: more {more}, less {less}")
        }
        Origin::Repeat => "a repeat of a mixture that was trained, which shows how much runs differ".to_string(),
        Origin::Near => near(study, found, spot),
        Origin::Vertex(domain) => format!("as much {domain} as the limits allow, or as is not too far from the runs"),
        Origin::Spread => "a mixture unlike any you trained".to_string(),
        Origin::Given => "one of the runs that may be trained".to_string(),
    };
    let scale = study.scale_words(found.n, found.d);
    let scale = scale.map_or("of the recommended mixture".to_string(), |scale| format!("at {scale}"));
    let parts = [
        (settles.choice, "how the near-optimal mixtures differ".to_string()),
        (settles.gain, format!("the gain over {reference}")),
        (settles.loss, format!("the loss {scale}")),
    ];
    let most = parts.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    let settled = format!("expected to remove {} of the uncertainty about {}", percent(most.0), most.1);
    let apart = apart
        .map(|(name, differ)| format!("; here the {name} predicts a loss that differs by {} nats", write_nats(differ)));
    format!("{what}; {settled}{}", apart.unwrap_or_default())
}

/// The domain that differs most from the optimum.
fn near(study: &FittedStudy, found: &Optimum, spot: &Spot) -> String {
    let changes = spot.mixture.iter().zip(&found.mixture).map(|(own, best)| own - best);
    let most = study.domains.iter().zip(changes).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let Some((domain, change)) = most else { return "close to the recommended mixture".to_string() };
    let more = if change > 0.0 { "more" } else { "less" };
    let points = write_number(100.0 * change.abs(), 2);
    let unit = if points == "1" { "point" } else { "points" };
    format!("the recommended mixture with {points} {unit} {more} {domain}")
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 1.0 { "less than 1 %".to_string() } else { format!("{percent:.0} %") }
}

fn runs(n: usize) -> String {
    if n == 1 { "one more run".to_string() } else { format!("{n} more runs") }
}

/// Losses are written with four digits.
const LEAST_STAKE: f64 = 1e-4;

/// Nats with the digits that an expectation over draws has.
fn stake(nats: f64) -> String {
    if nats < LEAST_STAKE { "less than 0.0001".to_string() } else { write_number(nats, 2) }
}

/// Whether the batch pays, with its cost.
pub(super) fn stop_or_go(batch: &Batch) -> String {
    let cost = match (batch.flops, batch.tokens) {
        (Some(flops), _) => format!(" ({} FLOPs)", write_scientific(flops.0, 2)),
        (None, Some(tokens)) => format!(" ({} tokens)", write_count(tokens.0, 3)),
        _ => String::new(),
    };
    let runs = runs(batch.runs.len());
    let (now, after) = (stake(batch.regret.now), stake(batch.regret.after));
    match batch.advice {
        Advice::Stop if batch.regret.now < LEAST_STAKE => format!(
            "deciding now is expected to cost {now} nats against the best mixture, so no further run is needed to choose one: {runs}{cost} would confirm it"
        ),
        Advice::Stop => format!(
            "deciding now is expected to cost {now} nats against the best mixture, which is little: {runs}{cost} would bring it to {after}"
        ),
        Advice::Other => format!(
            "deciding now is expected to cost {now} nats against the best mixture, and {runs}{cost} would hardly change that ({after}): a larger batch or larger sizes would"
        ),
        Advice::Go => format!("{runs}{cost} would reduce the expected regret of the choice from {now} to {after} nats"),
    }
}

/// Domains that no run varies.
pub(super) fn fixed(domains: &[&str]) -> String {
    let (verb, each) = if domains.len() == 1 { ("has", "it") } else { ("have", "they") };
    format!(
        "{} {verb} one weight in all runs, and {each} keep it here: what another weight would do needs a study that varies it",
        domains.join(", ")
    )
    .replace("it keep it", "it keeps it")
}

/// A target scale that the study cannot say anything about.
pub(super) fn one_scale(study: &FittedStudy, found: &Optimum) -> String {
    let only = match &study.summary.sizes[..] {
        [only] => format!("N = {}", write_count(only.0, 3)),
        _ => "one number of tokens".to_string(),
    };
    format!(
        "all runs have {only}: what the mixture does at {} parameters and {} tokens is taken to be the same, and runs of this plan cannot show otherwise",
        write_count(found.n.0, 3),
        write_count(found.d.0, 3)
    )
}

/// A budget that pays for no run.
pub(super) fn below_one_run(budget: String, cost: Option<f64>, unit: &str, spot: &Spot) -> DesignError {
    let cost = cost
        .map_or(String::new(), |cost| if unit == "FLOPs" { write_scientific(cost, 3) } else { write_count(cost, 3) });
    let size = spot.n.map(|n| format!("{n} parameters")).unwrap_or_default();
    let tokens = spot.d.map(|d| format!("{d} tokens")).unwrap_or_default();
    let run: Vec<String> = [size, tokens].into_iter().filter(|part| !part.is_empty()).collect();
    DesignError::BelowOneRun { budget, cheapest: format!("{cost} {unit} for {}", run.join(" and ")) }
}

/// The cost and the accuracy of a plan.
pub(super) fn of_plan(plan: &Plan, gpu_flops_per_second: f64, k: usize) -> Vec<String> {
    let n_mixtures = {
        let mut distinct: Vec<&Vec<f64>> = Vec::new();
        for run in &plan.runs {
            if !distinct.contains(&&run.mixture) {
                distinct.push(&run.mixture);
            }
        }
        distinct.len()
    };
    let cost = format!(
        "{} runs of {n_mixtures} mixtures of {k} domains cost {} FLOPs (6 N D), {} GPU hours at {} FLOP/s",
        plan.runs.len(),
        write_scientific(plan.flops.0, 2),
        write_number(plan.gpu_hours, 2),
        write_scientific(gpu_flops_per_second, 2)
    );
    let (n, d) = plan.target;
    let scale = format!("{} parameters and {} tokens", write_count(n.0, 3), write_count(d.0, 3));
    let accuracy = match &plan.accuracy {
        Some(Accuracy { laws, error_percent, regret }) => format!(
            "simulated with {laws} laws like those of real studies and run-to-run noise of {} %, losses of unseen mixtures at {scale} come out with an error of {} % ({} to {}), and the recommended mixture loses {} nats ({} to {}) against the best",
            write_number(100.0 * NOISE, 2),
            write_number(error_percent.median, 2),
            write_number(error_percent.low, 2),
            write_number(error_percent.high, 2),
            stake(regret.median),
            stake(regret.low),
            stake(regret.high)
        ),
        None => "with so few runs no law can be fitted, so no accuracy can be expected".to_string(),
    };
    vec![cost, accuracy]
}

pub(super) fn few_mixtures(seen: usize, enough: usize) -> String {
    format!("{seen} mixtures are few: a useful fit of a law needs about 3(k + 1) = {enough}")
}

pub(super) fn one_size(only: Params) -> String {
    format!(
        "all runs have N = {only}: predictions will hold at that size only; add a few runs at a second and a third size"
    )
}

pub(super) fn one_ratio(ratio: f64) -> String {
    format!(
        "all runs have {} tokens per parameter: the effects of N and D cannot be separated; vary the ratio by a factor of 3 or more",
        write_number(ratio, 2)
    )
}

pub(super) fn never_varies(domains: &[&str]) -> String {
    let (verb, whose) =
        if domains.len() == 1 { ("never varies", "its weight") } else { ("never vary", "their weights") };
    format!("{} {verb}, so the effect of {whose} cannot be estimated", domains.join(", "))
}

pub(super) fn collinear(seen: usize, all: usize) -> String {
    format!(
        "the mixtures vary in only {seen} of {all} directions, so the effects of domains that move together cannot be separated"
    )
}
