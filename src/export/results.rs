//! Predictions and optima as JSON, for scripts.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::fit::study::prediction_mre_percent;
use crate::fit::{FittedStudy, Prediction};
use crate::mixture::{Certificate, Optimum, Scenario};

/// The predictions, one row a line and target, and the mean relative error of each target that has losses.
pub fn predictions(study: &FittedStudy, predictions: &[Prediction]) -> String {
    let rows: Vec<Value> = predictions
        .iter()
        .map(|prediction| {
            let mut row = Map::new();
            row.insert("line".into(), prediction.line.into());
            row.insert("target".into(), prediction.target.clone().into());
            row.insert("predicted".into(), prediction.predicted.0.into());
            if let Some(observed) = prediction.observed {
                row.insert("observed".into(), observed.0.into());
            }
            Value::Object(row)
        })
        .collect();
    let mres = study.targets().filter_map(|target| {
        Some((target.name.to_string(), Value::from(prediction_mre_percent(predictions, target.name)?)))
    });
    text(&json!({ "rows": rows, "mre_percent": mres.collect::<Map<_, _>>() }))
}

/// The optimum: weights by domain, losses by target, and the certificate.
pub fn optimum(study: &FittedStudy, scenario: &Scenario, optimum: &Optimum) -> String {
    let by_domain = study.domains.iter().cloned().zip(optimum.mixture.iter().map(|&h| Value::from(h)));
    let weights = optimum.targets.iter().map(|(name, weight, _)| (name.clone(), Value::from(*weight)));
    let losses = optimum.targets.iter().map(|(name, _, loss)| (name.clone(), Value::from(loss.0)));
    let certificate = match optimum.certificate {
        Certificate::None => json!({ "kind": "none" }),
        Certificate::Convex => json!({ "kind": "convex" }),
        Certificate::BestOf { agreeing, starts } => {
            json!({ "kind": "best-of", "agreeing_starts": agreeing, "starts": starts })
        }
    };
    text(&json!({
        "n": scenario.n.0,
        "d": scenario.d.0,
        "target_weights": weights.collect::<Map<_, _>>(),
        "weights": by_domain.collect::<Map<_, _>>(),
        "weighted_loss": optimum.weighted_loss.0,
        "losses": losses.collect::<Map<_, _>>(),
        "kkt_residual": optimum.kkt_residual,
        "certificate": certificate,
    }))
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("strings, numbers and lists are JSON")
}
