//! How the optimum moves: with the scale, with the prior's weight, and from target to target.

use serde::{Deserialize, Serialize};

use super::optimum::{Optimum, OptimumError, optimum, optimum_near};
use super::scenario::{Aim, Budget, Prior, Scenario, ScenarioError};
use crate::predict::{FittedStudy, FittedTarget};
use crate::units::{Params, Tokens};

/// How N and D grow along a path of scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Growth {
    /// N is multiplied by this from step to step.
    pub n: f64,
    /// D is multiplied by this from step to step.
    pub d: f64,
    /// Steps.
    pub steps: usize,
}

impl Default for Growth {
    /// Both double, ten times: a thousandfold.
    fn default() -> Self {
        Self { n: 2.0, d: 2.0, steps: 10 }
    }
}

impl Growth {
    /// More steps than this show nothing more.
    pub const MOST_STEPS: usize = 200;
}

/// One place on a path of scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnPath {
    /// Model size N; infinite in the limit where it grows.
    pub n: Params,
    /// Training tokens D; infinite in the limit where they grow.
    pub d: Tokens,
    /// The optimum there, or in a sentence why there is none.
    pub optimum: Result<Optimum, String>,
}

/// What stands for infinity: terms in it have vanished unless their exponent is below 0.05.
const INFINITE: f64 = 1e300;

/// h*(N g^s, D q^s) for s = 0, 1, … and last the limit as s → ∞ (Shukor et al. 2025, Fig. 5 and 10).
///
/// # Errors
/// A growth is not positive, there are too many steps, or the scenario makes no sense where it begins.
pub fn along_scale(study: &FittedStudy, scenario: &Scenario, growth: Growth) -> Result<Vec<OnPath>, OptimumError> {
    for (field, seen) in [("the growth of N", growth.n), ("the growth of D", growth.d)] {
        if !(seen > 0.0 && seen.is_finite()) {
            return Err(ScenarioError::Positive { field: field.into(), seen }.into());
        }
    }
    if growth.steps == 0 || growth.steps > Growth::MOST_STEPS {
        return Err(ScenarioError::Steps { seen: growth.steps, most: Growth::MOST_STEPS }.into());
    }
    scenario.check_scale(&study.summary)?;
    // Each place is searched from the minima of the one before.
    let mut near = Vec::new();
    let begin = optimum_near(study, scenario, &mut near)?;
    let (n, d) = (begin.n, begin.d);
    let at = |n: f64, d: f64, near: &mut Vec<Vec<f64>>| {
        let here = Scenario { n: Params(n), d: Tokens(d), budget: Budget::Given, ..scenario.clone() };
        optimum_near(study, &here, near).map_err(|error| error.to_string())
    };
    let mut path = vec![OnPath { n, d, optimum: Ok(begin) }];
    for step in 1..=growth.steps {
        let grown = |growth: f64| libm::pow(growth, step as f64);
        let (n, d) = (n.0 * grown(growth.n), d.0 * grown(growth.d));
        path.push(OnPath { n: Params(n), d: Tokens(d), optimum: at(n, d, &mut near) });
    }
    // What shrinks has no limit that a law could say anything of.
    if growth.n >= 1.0 && growth.d >= 1.0 && growth.n.max(growth.d) > 1.0 {
        let limit = |value: f64, growth: f64, far: f64| if growth > 1.0 { far } else { value };
        path.push(OnPath {
            n: Params(limit(n.0, growth.n, f64::INFINITY)),
            d: Tokens(limit(d.0, growth.d, f64::INFINITY)),
            // It is far from the place before.
            optimum: at(limit(n.0, growth.n, INFINITE), limit(d.0, growth.d, INFINITE), &mut Vec::new()),
        });
    }
    Ok(path)
}

/// h* of other fits, such as a replicate's, at the places of a path of scale; `None` where there is none.
pub fn at_places(study: &FittedStudy, scenario: &Scenario, places: &[(Params, Tokens)]) -> Vec<Option<Vec<f64>>> {
    let near = |value: f64| value.min(INFINITE);
    let mut minima = Vec::new();
    let mut at = |&(n, d): &(Params, Tokens)| {
        // The limit is far from the place before.
        if n.0.is_infinite() || d.0.is_infinite() {
            minima.clear();
        }
        let (n, d) = (Params(near(n.0)), Tokens(near(d.0)));
        let here = Scenario { n, d, budget: Budget::Given, ..scenario.clone() };
        optimum_near(study, &here, &mut minima).ok().map(|optimum| optimum.mixture)
    };
    places.iter().map(&mut at).collect()
}

/// Weights that differ by less than this look the same in percent with one decimal.
const SAME_WEIGHT: f64 = 5e-4;

/// Whether the optimum is another at some place of a path than at its first.
pub fn moves(path: &[OnPath]) -> bool {
    let Some(Ok(first)) = path.first().map(|place| &place.optimum) else { return true };
    path.iter().any(|place| match &place.optimum {
        Ok(other) => first.mixture.iter().zip(&other.mixture).any(|(a, b)| (a - b).abs() > SAME_WEIGHT),
        Err(_) => true,
    })
}

/// λ of a path over the prior's weight, nats: from where a prior does little to where it decides.
pub const LAMBDAS: [f64; 13] = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1.0];

/// h*(λ) for each λ of λ·KL(h‖q), after that without a prior.
///
/// # Errors
/// As [`optimum`].
pub fn along_prior(
    study: &FittedStudy,
    scenario: &Scenario,
    prior: &[(String, f64)],
    lambdas: &[f64],
) -> Result<Vec<(f64, Optimum)>, OptimumError> {
    scenario.check_scale(&study.summary)?;
    let mut near = Vec::new();
    let at = |&kl: &f64| {
        let prior = (kl > 0.0).then(|| Prior { mixture: prior.to_vec(), kl });
        Ok((kl, optimum_near(study, &Scenario { prior, ..scenario.clone() }, &mut near)?))
    };
    std::iter::once(&0.0).chain(lambdas).map(at).collect()
}

/// h* for each target alone (Shukor et al. 2025, Fig. 7).
///
/// # Errors
/// As [`optimum`].
pub fn each_target(study: &FittedStudy, scenario: &Scenario) -> Result<Vec<(String, Optimum)>, OptimumError> {
    let alone = |name: &str| Scenario { target_weights: vec![(name.to_string(), 1.0)], ..scenario.clone() };
    study.targets().map(|target| Ok((target.name.to_string(), optimum(study, &alone(target.name))?))).collect()
}

/// The Jensen–Shannon distance of two mixtures: √(½ KL(p‖m) + ½ KL(q‖m)), m = (p + q)/2, with logarithms to the base
/// 2, so that it is 0 for the same and 1 for mixtures without a common domain.
pub fn distance(p: &[f64], q: &[f64]) -> f64 {
    let half = |a: f64, b: f64| if a > 0.0 { 0.5 * a * libm::log2(2.0 * a / (a + b)) } else { 0.0 };
    let sum: f64 = p.iter().zip(q).map(|(&p, &q)| half(p, q) + half(q, p)).sum();
    sum.max(0.0).sqrt()
}

/// How the weights of the targets and the optimum for them compare, where each target is a domain's own loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reflection {
    /// Jensen–Shannon distance of the scenario's w, taken as a mixture, and h*(w).
    pub distance: f64,
    /// The same where one target weighs all: of each domain that is a target.
    pub corners: Vec<(String, f64)>,
    /// Where w ← h*(w) ends that begins at the scenario's w.
    pub fixed_point: FixedPoint,
    /// Where it settles else, from all weight on one domain: there may be several ends (Fig. 8 and 9).
    pub others: Vec<FixedPoint>,
}

/// Where w ← h*(w) ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FixedPoint {
    /// The last w, in the order of the domains.
    pub mixture: Vec<f64>,
    /// Its distance to h*(w): 0 at a fixed point.
    pub distance: f64,
    /// Steps taken.
    pub steps: usize,
    /// Whether it moves no more; else the steps ended first.
    pub settled: bool,
}

/// Steps of w ← h*(w): each is an optimum, and a reader waits.
const MOST_STEPS: usize = 60;
/// w moves no more, as far as a reader can see.
const SETTLED: f64 = 1e-5;
/// Ends at less distance are one.
const SAME_END: f64 = 1e-3;

/// Compares w with h*(w) (Shukor et al. 2025, Fig. 8 and 9: they agree only at corners, so that training on the
/// mixture that one cares about is not optimal). `None` where targets are not domains' own losses one to one.
///
/// # Errors
/// As [`optimum`].
pub fn reflection(study: &FittedStudy, scenario: &Scenario) -> Result<Option<Reflection>, OptimumError> {
    let domain_of = |target: &FittedTarget| target.fit.shape.own_domains[target.target_pos];
    // For each domain the target that is its own loss.
    let own: Vec<Option<&str>> = (0..study.domains.len())
        .map(|i| study.targets().find(|target| domain_of(target) == Some(i)).map(|target| target.name))
        .collect();
    let weighted = scenario.weighted_targets(study)?;
    // There the weights only say which targets count.
    if scenario.aim == Aim::Worst {
        return Err(ScenarioError::NoWeightsInWorst.into());
    }
    if own.iter().flatten().count() < 2 || weighted.iter().any(|(target, _)| domain_of(target).is_none()) {
        return Ok(None);
    }
    scenario.check_scale(&study.summary)?;
    let best = |w: &[f64], near: &mut Vec<Vec<f64>>| {
        let weights = own.iter().zip(w).filter_map(|(name, w)| Some(((*name)?.to_string(), *w)));
        optimum_near(study, &Scenario { target_weights: weights.collect(), ..scenario.clone() }, near)
    };
    let mut w = vec![0.0; study.domains.len()];
    for (target, weight) in &weighted {
        if let Some(i) = domain_of(target) {
            w[i] += weight;
        }
    }
    // The end of w ← h*(w), and the distance at its beginning; no end where it comes to one of those known.
    let end = |mut w: Vec<f64>, known: &[Vec<f64>]| -> Result<(Option<FixedPoint>, f64), OptimumError> {
        // Each step is searched from the minima of the one before.
        let mut near = Vec::new();
        let mut there = best(&w, &mut near)?.mixture;
        let at_first = distance(&w, &there);
        let mut steps = 0;
        while steps < MOST_STEPS && distance(&w, &there) > SETTLED {
            if known.iter().any(|end| distance(end, &there) < SAME_END) {
                return Ok((None, at_first));
            }
            // A domain whose own loss is not a target cannot weigh anything.
            let kept: Vec<f64> = own.iter().zip(&there).map(|(own, h)| if own.is_some() { *h } else { 0.0 }).collect();
            let sum: f64 = kept.iter().sum();
            if !(sum > 0.0) {
                break;
            }
            w = kept.iter().map(|h| h / sum).collect();
            there = best(&w, &mut near)?.mixture;
            steps += 1;
        }
        let last = distance(&w, &there);
        if known.iter().any(|end| distance(end, &w) < SAME_END) {
            return Ok((None, at_first));
        }
        Ok((Some(FixedPoint { distance: last, mixture: w, steps, settled: last <= SETTLED }), at_first))
    };
    let (first, at_scenario) = end(w, &[])?;
    let fixed_point = first.expect("there is no other end before the first");
    let (mut corners, mut others) = (Vec::new(), Vec::<FixedPoint>::new());
    let mut known = vec![fixed_point.mixture.clone()];
    for (i, domain) in study.domains.iter().enumerate().filter(|(i, _)| own[*i].is_some()) {
        let (point, at_corner) = end((0..own.len()).map(|j| f64::from(u8::from(i == j))).collect(), &known)?;
        corners.push((domain.clone(), at_corner));
        if let Some(point) = point.filter(|point| point.settled) {
            known.push(point.mixture.clone());
            others.push(point);
        }
    }
    Ok(Some(Reflection { distance: at_scenario, corners, fixed_point, others }))
}
