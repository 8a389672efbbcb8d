//! Predictions and optima as JSON, for scripts.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::scenario_file::ScenarioFile;
use crate::fit::{Interval, LEVEL};
use crate::mixture::{
    Alternative, AtScale, Beyond, Certainty, Certificate, Comparison, Finding, FixedPoint, OnPath, Optimum, Price,
    Reflection, ScaleIntervals, Scenario, Verdict, practical,
};
use crate::predict::study::prediction_mre_percent;
use crate::predict::{FittedStudy, Prediction};

/// The predictions, one row a line and target, and the mean relative error of each target that has losses. Rows of
/// mixtures that the law is not for are marked, and no part of the error. Besides, what one should know of them.
pub fn predictions(study: &FittedStudy, predictions: &[Prediction], warnings: &[String]) -> String {
    let rows: Vec<Value> = predictions
        .iter()
        .map(|prediction| {
            let mut row = Map::new();
            row.insert("line".into(), prediction.line.into());
            row.insert("target".into(), prediction.target.clone().into());
            row.insert("predicted".into(), prediction.predicted.0.into());
            row.extend(prediction.interval.map(|interval| ("interval".into(), ends(&interval))));
            if !prediction.is_usable {
                row.insert("usable".into(), false.into());
            }
            if let Some(observed) = prediction.observed {
                row.insert("observed".into(), observed.0.into());
            }
            Value::Object(row)
        })
        .collect();
    let mres = study.targets().filter_map(|target| {
        Some((target.name.to_string(), Value::from(prediction_mre_percent(predictions, target.name)?)))
    });
    text(&json!({ "rows": rows, "mre_percent": mres.collect::<Map<_, _>>(), "warnings": warnings }))
}

/// All that is known of an optimum.
pub struct Answers {
    /// What was asked.
    pub scenario: Scenario,
    /// The optimum.
    pub optimum: Optimum,
    /// Other mixtures beside it.
    pub comparisons: Vec<Comparison>,
    /// ε, and for each domain its near-optimal range.
    pub near: (f64, Vec<Interval>),
    /// What the replicates of a bootstrap make of it.
    pub certainty: Option<Certainty>,
    /// Replicates under which no optimum was found; they are not in `certainty`.
    pub failed_replicates: usize,
    /// May one act on it, and why; with prediction intervals of its losses.
    pub verdict: Verdict,
    /// What leaving the mixtures that the runs support would promise; none where the answer leaves them or gains nothing.
    pub beyond: Option<Beyond>,
    /// What one should know before it is used.
    pub warnings: Vec<String>,
    /// Along a path of scale.
    pub scale: Option<Vec<OnPath>>,
    /// Along the prior's weight λ.
    pub prior: Option<Vec<(f64, Optimum)>>,
    /// For each target alone.
    pub each_target: Option<Vec<(String, Optimum)>>,
    /// The targets' weights beside the mixture, or in a sentence why they do not compare.
    pub reflection: Option<Result<Reflection, String>>,
}

/// The verdict: its grade, the findings, and what the other candidates recommend.
fn verdict(study: &FittedStudy, verdict: &Verdict) -> Value {
    let finding = |finding: &Finding| json!({ "question": finding.question, "grade": finding.grade.id(), "sentence": finding.sentence });
    let alternative = |one: &Alternative| {
        json!({
            "candidate": one.name,
            "weights": by_name(study.domains.iter().cloned(), one.mixture.iter().copied()),
            "regret": one.regret,
            "moved": one.moved,
        })
    };
    json!({
        "grade": verdict.grade().id(),
        "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
        "alternatives": verdict.alternatives.iter().map(alternative).collect::<Vec<_>>(),
    })
}

/// The answers as JSON: weights by domain, losses by target, the certificate, and what else was asked for.
pub fn optimum(study: &FittedStudy, answers: &Answers) -> String {
    let Answers { scenario, optimum, comparisons, near, certainty, .. } = answers;
    let mut out = found(study, scenario, optimum);
    let targets = || optimum.targets.iter().map(|(name, ..)| name.clone());
    let mixture = |weights: &[f64]| by_name(study.domains.iter().cloned(), weights.iter().copied());
    let ranges = |ranges: &[Interval]| by_name(study.domains.iter().cloned(), ranges.iter().map(ends));
    out.insert("scenario".into(), json!(ScenarioFile::of(scenario)));
    out.insert("verdict".into(), verdict(study, &answers.verdict));
    let beyond = answers.beyond.as_ref().map(|beyond| {
        json!({
            "weights": mixture(&beyond.optimum.mixture),
            "gain": beyond.gain,
            "radii": beyond.radii.is_finite().then_some(beyond.radii),
            "sentence": beyond.sentence(&study.domains, optimum),
        })
    });
    out.insert("beyond".into(), json!(beyond));
    let intervals = answers.verdict.losses.iter().map(|interval| interval.as_ref().map(ends));
    out.insert("prediction_intervals".into(), by_name(targets(), intervals.map(|interval| json!(interval))).into());
    out.insert("weighted_loss_interval".into(), json!(answers.verdict.weighted_loss.as_ref().map(ends)));
    out.insert("warnings".into(), json!(answers.warnings));
    out.insert("near_optimal".into(), json!({ "epsilon": near.0, "weights": ranges(&near.1) }));
    let compared = comparisons.iter().enumerate().map(|(at, comparison)| {
        let gain = certainty.as_ref().map(|certainty| certainty.gains[at]);
        json!({
            "name": comparison.compared.name,
            "weights": mixture(&comparison.compared.mixture),
            "losses": by_name(targets(), comparison.losses.iter().map(|loss| loss.0)),
            "gain": comparison.gain,
            "gain_prediction_interval": comparison.interval.as_ref().map(ends),
            "allowed": comparison.breach.is_none(),
            "breaks": comparison.breach,
            "gain_interval": gain.as_ref().map(ends),
            "detectable": gain.map(|gain| gain.excludes_zero()),
            "verdict": gain.map(|gain| gain.verdict().unwrap_or("gain")),
        })
    });
    out.insert("compared".into(), compared.collect());
    if let Some(certainty) = certainty {
        let value = json!({
            "replicates": certainty.replicates,
            "failed": answers.failed_replicates,
            "outside_data": {
                "any": certainty.any_outside,
                "weights": by_name(study.domains.iter().cloned(), certainty.outside.iter().copied()),
            },
            "level": LEVEL,
            "n": ends(&certainty.n),
            "d": ends(&certainty.d),
            "weights": ranges(&certainty.mixture),
            "losses": by_name(targets(), certainty.losses.iter().map(ends)),
            "weighted_loss": ends(&certainty.weighted_loss),
            "regret": { "median": certainty.regret.median, "percentile_95": certainty.regret.high },
        });
        out.insert("bootstrap".into(), value);
    }
    if let Some(path) = &answers.scale {
        let place = |place: &OnPath| match &place.optimum {
            Ok(optimum) => Value::Object(found(study, scenario, optimum)),
            Err(sentence) => json!({ "error": sentence }),
        };
        let places = path.iter().map(|on_path| {
            let mut value = place(on_path);
            // Infinite in the limit, which JSON has no number for.
            value["n"] = finite(on_path.n.0);
            value["d"] = finite(on_path.d.0);
            value
        });
        out.insert("scale_path".into(), places.collect());
    }
    if let Some(path) = &answers.prior {
        let places = path.iter().map(|(kl, optimum)| {
            let mut place = found(study, scenario, optimum);
            place.insert("kl".into(), json!(kl));
            Value::Object(place)
        });
        out.insert("prior_path".into(), places.collect());
    }
    if let Some(each) = &answers.each_target {
        let each = each.iter().map(|(name, optimum)| (name.clone(), Value::Object(found(study, scenario, optimum))));
        out.insert("each_target".into(), Value::Object(each.collect()));
    }
    if let Some(Err(sentence)) = &answers.reflection {
        out.insert("jensen_shannon".into(), json!({ "error": sentence }));
    }
    if let Some(Ok(Reflection { distance, corners, fixed_point, others })) = &answers.reflection {
        let end = |end: &FixedPoint| {
            json!({
                "weights": mixture(&end.mixture),
                "distance": end.distance,
                "steps": end.steps,
                "settled": end.settled,
            })
        };
        let value = json!({
            "distance": distance,
            "corners": corners.iter().map(|(name, distance)| (name.clone(), json!(distance))).collect::<Map<_, _>>(),
            "fixed_point": end(fixed_point),
            "other_fixed_points": others.iter().map(end).collect::<Vec<_>>(),
        });
        out.insert("jensen_shannon".into(), value);
    }
    text(&Value::Object(out))
}

/// The answer of a study of N and D alone as JSON.
pub fn scale(scenario: &Scenario, found: &AtScale, intervals: Option<&ScaleIntervals>, warnings: &[String]) -> String {
    let names = || found.targets.iter().map(|(name, ..)| name.clone());
    let mut out = Map::new();
    let entries = [
        ("n", json!(found.n.0)),
        ("d", json!(found.d.0)),
        ("target_weights", json!(by_name(names(), found.targets.iter().map(|(_, weight, _)| *weight)))),
        ("weighted_loss", json!(found.weighted_loss.0)),
        ("losses", json!(by_name(names(), found.targets.iter().map(|(_, _, loss)| loss.0)))),
        (
            "prediction_intervals",
            json!(by_name(names(), found.intervals.iter().map(|at| json!(at.as_ref().map(ends))))),
        ),
        ("weighted_loss_interval", json!(found.weighted_interval.as_ref().map(ends))),
        ("verdict", json!(found.findings)),
        ("scenario", json!(ScenarioFile::of(scenario))),
        ("warnings", json!(warnings)),
    ];
    out.extend(entries.map(|(name, value)| (name.to_string(), value)));
    if let Some(intervals) = intervals {
        let value = json!({
            "replicates": intervals.replicates,
            "level": LEVEL,
            "n": ends(&intervals.n),
            "d": ends(&intervals.d),
            "losses": by_name(names(), intervals.losses.iter().map(ends)),
            "weighted_loss": ends(&intervals.weighted_loss),
        });
        out.insert("bootstrap".into(), value);
    }
    text(&Value::Object(out))
}

fn by_name<V: Into<Value>>(names: impl Iterator<Item = String>, values: impl Iterator<Item = V>) -> Map<String, Value> {
    names.zip(values.map(Into::into)).collect()
}

fn ends(interval: &Interval) -> Value {
    json!([finite(interval.low), finite(interval.high)])
}

/// Infinite: "infinity", since JSON has no number for it.
fn finite(value: f64) -> Value {
    if value.is_finite() { value.into() } else { "infinity".into() }
}

pub(super) fn found(study: &FittedStudy, scenario: &Scenario, optimum: &Optimum) -> Map<String, Value> {
    let targets = || optimum.targets.iter().map(|(name, ..)| name.clone());
    let certificate = match optimum.certificate {
        Certificate::None => json!({ "kind": "none" }),
        Certificate::Convex => json!({ "kind": "convex" }),
        Certificate::Only => json!({ "kind": "only" }),
        Certificate::BestOf { agreeing, starts } => {
            json!({ "kind": "best-of", "agreeing_starts": agreeing, "starts": starts })
        }
    };
    let price = |price: &Price| json!({ "limit": price.limit.to_string(), "nats_per_unit": price.nats, "price": price.sentence() });
    let has_tokens = study.summary.token_range.is_some() || !scenario.limits.stocks.is_empty();
    let entries = [
        // Of runs without sizes or tokens, those of the scenario are nobody's.
        ("n", json!((!study.summary.sizes.is_empty()).then_some(optimum.n.0))),
        ("d", json!(has_tokens.then_some(optimum.d.0))),
        ("target_weights", json!(by_name(targets(), optimum.targets.iter().map(|(_, weight, _)| *weight)))),
        ("weights", json!(by_name(study.domains.iter().cloned(), practical(study, scenario, optimum).into_iter()))),
        ("weighted_loss", json!(optimum.weighted_loss.0)),
        ("objective", json!(optimum.objective)),
        ("losses", json!(by_name(targets(), optimum.targets.iter().map(|(_, _, loss)| loss.0)))),
        ("kkt_residual", json!(optimum.kkt_residual)),
        ("certificate", certificate),
        ("active_limits", optimum.prices.iter().map(price).collect()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("strings, numbers and lists are JSON")
}
