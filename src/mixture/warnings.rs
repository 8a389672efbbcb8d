//! What one should know before an optimum is used, in sentences.

use super::certainty::outside_data;
use super::optimum::Optimum;
use super::scenario::{Prior, Scenario};
use super::support::{far_words, fixed, support};
use crate::predict::FittedStudy;
use crate::units::{Params, Tokens, write_count, write_number};

/// An N or D within this factor of the data's is in the data.
const SAME_SCALE: f64 = 1.01;

/// Where the optimum lies outside the data, in N, D and the weights, which domains keep the only weight that they have in
/// the runs, which the prior holds at 0, and which limits limit nothing.
pub fn warnings(study: &FittedStudy, scenario: &Scenario, optimum: &Optimum) -> Vec<String> {
    let data = &study.summary;
    let mut warnings = scale_warnings(study, optimum.n, optimum.d);
    let percent = |share: f64| format!("{} %", write_number(100.0 * share, 3));
    let fixed = fixed(data);
    let support = support(study);
    let is_supported = support.as_ref().is_some_and(|support| support.is_supported(&optimum.mixture));
    // Next to the runs a range says nothing: a scarce domain may have a little more than any run gave it.
    let outside: Vec<bool> =
        outside_data(&optimum.mixture, &data.weight_ranges).iter().map(|outside| *outside && !is_supported).collect();
    if let Some(support) = support.filter(|_| !is_supported && !outside.contains(&true)) {
        warnings.push(format!(
            "each weight is within its range in the runs, but no run is near the mixture: it is {} from them",
            far_words(support.distance(&optimum.mixture) / support.radius())
        ));
    }
    let mut kept: Vec<(&str, f64)> = Vec::new();
    for (i, domain) in study.domains.iter().enumerate() {
        let (least, most) = data.weight_ranges[i];
        match fixed[i] {
            Some(weight) if outside[i] => warnings.push(format!(
                "{domain} was {} in every run, and your limits move it to {}: nothing in the runs says what that does",
                percent(weight),
                percent(optimum.mixture[i])
            )),
            Some(weight) => kept.push((domain, weight)),
            None if outside[i] => warnings.push(format!(
                "{domain} at {} is outside the runs, which have {} to {}: there the law extrapolates",
                percent(optimum.mixture[i]),
                percent(least),
                percent(most)
            )),
            None => {}
        }
    }
    match kept[..] {
        // One domain has nothing to be mixed with.
        _ if study.domains.len() == 1 => {}
        [] => {}
        [(domain, weight)] => {
            let weight = percent(weight);
            warnings.push(format!("{domain} was {weight} in every run, so it stays at {weight}"));
        }
        _ => {
            let named: Vec<String> =
                kept.iter().map(|(domain, weight)| format!("{domain} ({})", percent(*weight))).collect();
            warnings.push(format!("these domains had one weight in every run, so they keep it: {}", named.join(", ")));
        }
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
    (!none.is_empty()).then(|| format!("the prior has no weight for {}, so {they_are} held at 0 %", none.join(", ")))
}

/// Where N and D lie outside the data. A law without the term does not extrapolate in it.
pub fn scale_warnings(study: &FittedStudy, n: Params, d: Tokens) -> Vec<String> {
    let data = &study.summary;
    let sizes = data.sizes.iter().map(|size| size.0);
    let sizes = sizes.clone().reduce(f64::min).zip(sizes.reduce(f64::max));
    let sizes = sizes.filter(|_| study.fits.iter().any(|fit| fit.shape.n_term));
    let tokens = data.token_range.map(|(least, most)| (least.0, most.0));
    let tokens = tokens.filter(|_| study.fits.iter().any(|fit| fit.shape.d_term));
    let all = [("N", n.0, sizes), ("D", d.0, tokens)];
    all.into_iter().filter_map(|(what, value, range)| extrapolation(what, value, range?)).collect()
}

/// How far N or D lies outside the data: "N is 2.6 times your largest model (2.72B)"; `None` inside.
pub fn extrapolation(what: &str, value: f64, (least, most): (f64, f64)) -> Option<String> {
    let (largest, smallest) =
        if what == "N" { ("largest model", "smallest model") } else { ("longest run", "shortest run") };
    let percent = |factor: f64| write_number(100.0 * (factor - 1.0), 2);
    let count = |value: f64| write_count(value, 3);
    // In percent up to a factor of 2.
    if value > 2.0 * most {
        Some(format!("{what} is {} times your {largest} ({})", write_number(value / most, 2), count(most)))
    } else if value > most * SAME_SCALE {
        Some(format!("{what} is {} % beyond your {largest} ({})", percent(value / most), count(most)))
    } else if value * SAME_SCALE < least {
        Some(format!("{what} is 1/{} of your {smallest} ({})", write_number(least / value, 2), count(least)))
    } else {
        None
    }
}
