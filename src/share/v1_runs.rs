//! The runs in a link of version 1, where its maker wanted them in. Frozen, as the rest of the body.
//!
//! Distinct mixtures and scales once, and each run as the positions of its two. Weights have six decimals and losses
//! six digits.

use serde::{Deserialize, Serialize};

use super::ShareError;
use super::v1::{clean, impossible, is_none_held_out, rounded};
use crate::dataset::{Dataset, Observation, Split};
use crate::units::{Loss, Params, Tokens};

#[derive(Serialize, Deserialize)]
pub(super) struct RunsBody {
    /// Targets.
    t: Vec<String>,
    /// Distinct mixtures.
    m: Vec<Vec<f64>>,
    /// Distinct scales, N and D.
    s: Vec<(Option<f64>, Option<f64>)>,
    /// For each run the positions of its mixture and its scale, one after the other.
    r: Vec<usize>,
    /// Losses by target.
    l: Vec<Vec<Option<f64>>>,
    /// Runs held out by the study's own split: how many have none before them, then the distances between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    o: Vec<usize>,
    /// Weights of the runs, where not all are 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    w: Vec<f64>,
    /// Tokens in stock by domain, where any are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    u: Vec<Option<f64>>,
    /// Line of the first run, for messages.
    #[serde(default, skip_serializing_if = "is_none_held_out")]
    f: usize,
}

pub(super) fn write(runs: &Dataset) -> RunsBody {
    let (design, rows) = (runs.design(), runs.observations());
    let has_weights = rows.iter().any(|row| row.weight != 1.0);
    let has_stocks = runs.stocks().iter().any(Option::is_some);
    let mut held_out = Vec::new();
    let mut since = 0;
    for row in rows {
        if row.split == Split::Holdout {
            held_out.push(std::mem::take(&mut since));
        } else {
            since += 1;
        }
    }
    RunsBody {
        t: runs.targets().iter().map(|name| clean(name)).collect(),
        m: design.mixtures().iter().map(|mixture| mixture.iter().map(|h| (h * 1e6).round() / 1e6).collect()).collect(),
        s: design.scales().iter().map(|scale| (scale.n.map(|n| n.0), scale.d.map(|d| d.0))).collect(),
        r: design.rows().iter().flat_map(|&(mixture, scale)| [mixture, scale]).collect(),
        l: (0..runs.targets().len())
            .map(|j| rows.iter().map(|row| row.losses[j].map(|loss| rounded(loss.0, 6))).collect())
            .collect(),
        o: held_out,
        w: if has_weights { rows.iter().map(|row| rounded(row.weight, 6)).collect() } else { Vec::new() },
        u: if has_stocks { runs.stocks().iter().map(|stock| stock.map(|stock| stock.0)).collect() } else { Vec::new() },
        f: rows.first().map_or(0, |row| row.line),
    }
}

pub(super) fn read(body: RunsBody, domains: &[String]) -> Result<Dataset, ShareError> {
    let (pairs, rest) = body.r.as_chunks::<2>();
    let n_rows = pairs.len();
    for (what, seen, expected) in [
        ("half a run", rest.len(), 0),
        ("losses of other targets", body.l.len(), body.t.len()),
        ("weights of other runs", body.w.len(), if body.w.is_empty() { 0 } else { n_rows }),
        ("stocks of other domains", body.u.len(), if body.u.is_empty() { 0 } else { domains.len() }),
    ] {
        if seen != expected {
            return Err(impossible(what.into()));
        }
    }
    if body.l.iter().any(|losses| losses.len() != n_rows) {
        return Err(impossible("losses of other runs".into()));
    }
    // Rounded, the weights sum to nearly 1.
    let mixtures = body.m.iter().map(|mixture| {
        let sum: f64 = mixture.iter().sum();
        let close = domains.is_empty() || (sum - 1.0).abs() < 1e-3;
        close.then(|| mixture.iter().map(|h| h / sum).collect::<Vec<f64>>())
    });
    let mixtures: Option<Vec<Vec<f64>>> = mixtures.collect();
    let mixtures = mixtures.ok_or_else(|| impossible("weights of a run that do not sum to 1".into()))?;
    let mut held_out = vec![false; n_rows];
    let mut next = 0_usize;
    for since in body.o {
        next = next.saturating_add(since);
        *held_out.get_mut(next).ok_or_else(|| impossible("a run that is not there".into()))? = true;
        next += 1;
    }
    let observation = |(row, &[mixture_idx, scale_idx]): (usize, &[usize; 2])| {
        let (mixture, &(n, d)) = mixtures.get(mixture_idx).zip(body.s.get(scale_idx))?;
        Some(Observation {
            line: body.f.saturating_add(row),
            n: n.map(Params),
            d: d.map(Tokens),
            mixture: mixture.clone(),
            losses: body.l.iter().map(|losses| losses[row].map(Loss)).collect(),
            weight: body.w.get(row).copied().unwrap_or(1.0),
            split: if held_out[row] { Split::Holdout } else { Split::Fit },
        })
    };
    let observations: Option<Vec<Observation>> = pairs.iter().enumerate().map(observation).collect();
    let observations = observations.ok_or_else(|| impossible("a run of a mixture that is not there".into()))?;
    let targets = body.t.iter().map(|name| clean(name)).collect();
    let runs = Dataset::new(domains.to_vec(), targets, observations).map_err(|error| impossible(error.to_string()))?;
    let stocks = domains.iter().zip(&body.u).filter_map(|(name, stock)| Some((name.clone(), Tokens((*stock)?))));
    runs.with_stocks(&stocks.collect::<Vec<_>>()).map_err(|error| impossible(error.to_string()))
}
