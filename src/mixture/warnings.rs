//! What one should know before an optimum is used, in sentences.

use super::certainty::outside_data;
use super::optimum::Optimum;
use super::scenario::{Prior, Scenario};
use crate::predict::FittedStudy;
use crate::units::{write_count, write_number};

/// An N or D within this factor of the data's is in the data.
const SAME_SCALE: f64 = 1.01;

/// Where the optimum lies outside the data, in N, D and the weights, which domains the prior holds at 0, and which limits
/// limit nothing.
pub fn warnings(study: &FittedStudy, scenario: &Scenario, optimum: &Optimum) -> Vec<String> {
    let data = &study.summary;
    let mut warnings = Vec::new();
    // A law without the term does not extrapolate in it.
    let sizes = data.sizes.iter().map(|size| size.0);
    let sizes = sizes.clone().reduce(f64::min).zip(sizes.reduce(f64::max));
    let sizes = sizes.filter(|_| study.fits.iter().any(|fit| fit.shape.n_term));
    let tokens = data.token_range.map(|(least, most)| (least.0, most.0));
    let tokens = tokens.filter(|_| study.fits.iter().any(|fit| fit.shape.d_term));
    for (what, value, range) in [("the model size N", optimum.n.0, sizes), ("the tokens D", optimum.d.0, tokens)] {
        warnings.extend(range.and_then(|(least, most)| outside_scale(what, value, least, most)));
    }
    let outside = outside_data(&optimum.mixture, &data.weight_ranges);
    for (i, domain) in study.domains.iter().enumerate().filter(|(i, _)| outside.get(*i) == Some(&true)) {
        let (least, most) = data.weight_ranges[i];
        let percent = |share: f64| format!("{} %", write_number(100.0 * share, 3));
        warnings.push(format!(
            "the weight of {domain}, {}, is outside the data, which have {} to {}: the law is extrapolated",
            percent(optimum.mixture[i]),
            percent(least),
            percent(most)
        ));
    }
    // With λ = 0 the prior counts for nothing.
    let prior = scenario.prior.as_ref().filter(|prior| prior.kl > 0.0);
    warnings.extend(prior.and_then(|prior| held_at_zero(prior, &study.domains)));
    warnings.extend(scenario.limits.idle().into_iter().map(str::to_string));
    warnings
}

/// λ Σ_i h_i ln(h_i/q_i) is infinite where q_i is 0 and h_i is not.
fn held_at_zero(prior: &Prior, domains: &[String]) -> Option<String> {
    let in_prior = |domain: &&str| prior.mixture.iter().any(|(name, weight)| name == domain && *weight > 0.0);
    let none: Vec<&str> = domains.iter().map(String::as_str).filter(|domain| !in_prior(domain)).collect();
    let they_are = if none.len() == 1 { "it is" } else { "they are" };
    (!none.is_empty()).then(|| format!("the prior has no weight for {}: {they_are} held at 0 %", none.join(", ")))
}

fn outside_scale(what: &str, value: f64, least: f64, most: f64) -> Option<String> {
    if value > most * SAME_SCALE {
        Some(format!(
            "{what} is {} times the largest in the data ({})",
            write_number(value / most, 2),
            write_count(most, 3)
        ))
    } else if value * SAME_SCALE < least {
        Some(format!(
            "{what} is 1/{} of the least in the data ({})",
            write_number(least / value, 2),
            write_count(least, 3)
        ))
    } else {
        None
    }
}
