//! Which runs might be trained: mixtures that the limits allow, at the scales that the lab has.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::budget::{Budget, Origin};
use super::{DesignError, knowledge::Spot};
use crate::law::Scale;
use crate::mixture::{Allowed, Limits, Optimum, OptimumError, Scenario, Support, optimum, practical, rivals, support};
use crate::order::sort_by_number;
use crate::predict::FittedStudy;
use crate::units::{BILLION, Params, Tokens};

/// A run that might be trained.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub spot: Spot,
    pub origin: Origin,
}

/// Most candidates, over all scales: a batch is to be found while one waits.
const MOST_CANDIDATES: usize = 240;
/// Mixtures that fill the space, and from how many drawn ones they are taken.
const SPREAD: usize = 24;
const DRAWN: usize = 400;
/// Steps from the optimum toward each domain, as shares of the way.
const STEPS: [f64; 3] = [0.1, 0.25, 0.5];
/// Mixtures whose weights differ by less are one.
const SAME: f64 = 1e-3;
/// How far beyond the runs an optimum that leans on the edge of what they support is followed, in radii.
const LEANS: [f64; 2] = [1.5, FAR];
/// No run is planned farther from the others than this, in radii of what they support: what a law says there is no more
/// than a guess, and so is what the run would say of the rest.
const FAR: f64 = 2.0;
/// An optimum nearer to that edge than this share of the radius leans on it.
const AT_THE_EDGE: f64 = 0.98;
/// With more domains than these, corners and steps are those of the largest weights of the optimum.
const MOST_DOMAINS: usize = 16;

/// N and D of a run, where the study gives them.
type ScaleOfRun = (Option<Params>, Option<Tokens>);

/// The scales at which runs may be trained: those of the budget, else of each size of the study its most tokens, since
/// an earlier checkpoint of a longer run is not what a shorter one gives.
pub(super) fn scales(study: &FittedStudy, budget: &Budget) -> Result<Vec<ScaleOfRun>, DesignError> {
    let Some(process) = study.processes.first() else { return Err(DesignError::NoProcess) };
    let has_n = !study.summary.sizes.is_empty();
    let has_d = study.summary.token_range.is_some();
    let mut known: Vec<Scale> = process.rows().map(|row| Scale { ln_n: row.ln_n, ln_d: row.ln_d }).collect();
    known.sort_by(|a, b| a.ln_n.total_cmp(&b.ln_n).then(b.ln_d.total_cmp(&a.ln_d)));
    known.dedup_by(|a, b| (a.ln_n - b.ln_n).abs() < 1e-9);
    // As the study writes them, where it does.
    let written = |value: f64| {
        let value = BILLION * libm::exp(value);
        let unit = libm::pow(10.0, libm::floor(libm::log10(value)) - 9.0);
        libm::round(value / unit) * unit
    };
    let size = |ln_n: f64| {
        let value = written(ln_n);
        study.summary.sizes.iter().copied().find(|n| (n.0 / value - 1.0).abs() < 1e-6).unwrap_or(Params(value))
    };
    let sizes: Vec<(Option<Params>, f64)> = match (&budget.sizes[..], has_n) {
        ([], false) => vec![(None, 0.0)],
        ([], true) => known.iter().map(|scale| (Some(size(scale.ln_n)), scale.ln_n)).collect(),
        (given, _) => given.iter().map(|n| (Some(*n), Scale::new(Some(*n), None).ln_n)).collect(),
    };
    let tokens = |ln_n: f64| -> Vec<Option<Tokens>> {
        if !budget.token_counts.is_empty() {
            return budget.token_counts.iter().copied().map(Some).collect();
        }
        let nearest = known.iter().min_by(|a, b| (a.ln_n - ln_n).abs().total_cmp(&(b.ln_n - ln_n).abs()));
        vec![nearest.filter(|_| has_d).map(|scale| Tokens(written(scale.ln_d)))]
    };
    let mut scales: Vec<(Option<Params>, Option<Tokens>)> = Vec::new();
    for (n, ln_n) in sizes {
        scales.extend(
            tokens(ln_n).into_iter().map(|d| (n, d)).filter(|scale| !scales.contains(scale)).collect::<Vec<_>>(),
        );
    }
    check_known(study, &scales)?;
    Ok(scales)
}

/// Of a size or number of tokens other than the only one of the runs nothing is known, so nothing that a run would add.
fn check_known(study: &FittedStudy, scales: &[(Option<Params>, Option<Tokens>)]) -> Result<(), DesignError> {
    const SAME_SCALE: f64 = 0.01;
    let other = |only: f64, seen: f64| (seen / only - 1.0).abs() > SAME_SCALE;
    for (n, d) in scales {
        if let ([only], Some(n)) = (&study.summary.sizes[..], n)
            && other(only.0, n.0)
        {
            return Err(DesignError::OtherSize { only: *only, seen: *n });
        }
        if let (Some((low, high)), Some(d)) = (study.summary.token_range, d)
            && !other(low.0, high.0)
            && other(low.0, d.0)
        {
            return Err(DesignError::OtherTokens { only: low, seen: *d });
        }
    }
    Ok(())
}

/// What the decision is about: places at the target's scale.
pub(super) struct Decisions {
    pub spots: Vec<Spot>,
    /// The mixture that the gain is over: the second place; the first is the optimum.
    pub reference: &'static str,
    /// Whether it may be chosen itself.
    pub reference_is_allowed: bool,
}

/// The mixtures among which the choice is: the optimum, its neighbourhood, what other candidates recommend, and the
/// rest of what the limits allow and the runs support.
pub(super) fn decisions(
    study: &FittedStudy,
    scenario: &Scenario,
    found: &Optimum,
    seed: u64,
) -> Result<Decisions, OptimumError> {
    let allowed = Allowed::new(&scenario.limits, &study.domains, &study.summary, found.d)?;
    let best = allowed.toward(&practical(study, scenario, found));
    let (reference, other) = reference(study, scenario);
    let mut mixtures = vec![best.clone(), other.clone()];
    let others = rivals(study);
    for (_, rival) in &others {
        let given = Scenario { n: found.n, d: found.d, budget: Default::default(), ..scenario.clone() };
        mixtures.push(optimum(rival, &given)?.mixture);
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    mixtures.extend(around(&allowed, &best));
    let spread = spread(&allowed, &|h| h, &mut random, &mixtures, SPREAD);
    mixtures.extend(spread.iter().map(|h| between(&best, h, 0.3)));
    mixtures.extend(spread);
    let reference_is_allowed = allowed.has(&other);
    let kept = mixtures.into_iter().enumerate().filter(|(at, h)| *at == 1 || allowed.has(h)).map(|(_, h)| h);
    let spots = distinct(kept).into_iter().map(|mixture| Spot { mixture, n: Some(found.n), d: Some(found.d) });
    Ok(Decisions { spots: spots.collect(), reference, reference_is_allowed })
}

/// The mixture in use, or where it is not known the uniform one.
fn reference(study: &FittedStudy, scenario: &Scenario) -> (&'static str, Vec<f64>) {
    let k = study.domains.len();
    let present = crate::mixture::by_domain("the present mixture", &scenario.limits.present, &study.domains);
    match present {
        Ok(present) if !scenario.limits.present.is_empty() => ("the present mixture", present),
        _ => ("the uniform mixture", vec![1.0 / k as f64; k]),
    }
}

/// The runs that might be trained.
///
/// # Errors
/// No scale allows any mixture: the limits that conflict.
pub(super) fn candidates(
    study: &FittedStudy,
    scenario: &Scenario,
    found: &Optimum,
    scales: &[(Option<Params>, Option<Tokens>)],
    seed: u64,
) -> Result<Vec<Candidate>, OptimumError> {
    let limits = Limits { inside_data: false, ..scenario.limits.clone() };
    let mut candidates = Vec::new();
    let mut refused = None;
    for &(n, d) in scales {
        let allowed = match Allowed::new(&limits, &study.domains, &study.summary, d.unwrap_or(found.d)) {
            Ok(allowed) => allowed,
            Err(error) => {
                refused = Some(error);
                continue;
            }
        };
        let mut mixtures = mixtures(study, scenario, found, &allowed, seed)?;
        // The first of each kind count most: what fills the space comes last.
        mixtures.truncate((MOST_CANDIDATES / scales.len()).max(8));
        let runs = mixtures.into_iter().map(|(mixture, origin)| Candidate { spot: Spot { mixture, n, d }, origin });
        candidates.extend(runs);
    }
    match refused {
        Some(error) if candidates.is_empty() => Err(error),
        _ => Ok(candidates),
    }
}

fn mixtures(
    study: &FittedStudy,
    scenario: &Scenario,
    found: &Optimum,
    allowed: &Allowed,
    seed: u64,
) -> Result<Vec<(Vec<f64>, Origin)>, OptimumError> {
    let best = allowed.toward(&practical(study, scenario, found));
    let support = support(study);
    let near = |h: Vec<f64>| match &support {
        Some(support) => between(&best, &h, share_within(support, &best, &h, FAR)),
        None => h,
    };
    let mut all = vec![(best.clone(), Origin::Optimum)];
    for (position, rival) in rivals(study) {
        let given = Scenario { n: found.n, d: found.d, budget: Default::default(), ..scenario.clone() };
        let of_rival = allowed.toward(&optimum(&rival, &given)?.mixture);
        all.push((near(of_rival), Origin::Rival(study.candidates[position].name())));
    }
    for (h, gives, takes) in leaning(study, scenario, found) {
        all.push((allowed.toward(&h), Origin::Edge { more: gives, less: takes }));
    }
    let mut runs: Vec<&Vec<f64>> = study.summary.mixtures.iter().filter(|h| allowed.has(h)).collect();
    sort_by_number(&mut runs, |h| distance(h, &best));
    all.extend(runs.iter().take(2).map(|h| (h.to_vec(), Origin::Repeat)));
    all.extend(around(allowed, &best).into_iter().map(|h| (near(h), Origin::Near)));
    for i in domains(&best) {
        let corner = (0..best.len()).map(|j| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
        all.push((near(allowed.toward(&corner)), Origin::Vertex(study.domains[i].clone())));
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ 1);
    let taken: Vec<Vec<f64>> =
        study.summary.mixtures.iter().cloned().chain(all.iter().map(|(h, _)| h.clone())).collect();
    all.extend(spread(allowed, &near, &mut random, &taken, SPREAD).into_iter().map(|h| (h, Origin::Spread)));
    let mut kept: Vec<(Vec<f64>, Origin)> = Vec::new();
    for (h, origin) in all {
        // A domain without a weight to speak of is left out, as whoever mixes would.
        let h = h.iter().map(|h| if *h < 1e-6 { 0.0 } else { *h }).collect::<Vec<f64>>();
        let sum: f64 = h.iter().sum();
        let h: Vec<f64> = h.iter().map(|h| h / sum).collect();
        if allowed.has(&h) && !kept.iter().any(|(other, _)| is_same(other, &h)) {
            kept.push((h, origin));
        }
    }
    Ok(kept)
}

/// Where the optimum would go if it might leave what the runs support, a little way beyond; with the domains that would
/// have more and less.
fn leaning(study: &FittedStudy, scenario: &Scenario, found: &Optimum) -> Vec<(Vec<f64>, String, String)> {
    let Some(support) = support(study).filter(|_| scenario.limits.inside_data) else { return Vec::new() };
    if support.distance(&found.mixture) < AT_THE_EDGE * support.radius() {
        return Vec::new();
    }
    let limits = Limits { inside_data: false, ..scenario.limits.clone() };
    let free = Scenario { n: found.n, d: found.d, budget: Default::default(), limits, ..scenario.clone() };
    let Ok(free) = optimum(study, &free) else { return Vec::new() };
    let change: Vec<f64> = free.mixture.iter().zip(&found.mixture).map(|(free, held)| free - held).collect();
    let most = |sign: f64| {
        let largest = (0..change.len()).max_by(|&a, &b| (sign * change[a]).total_cmp(&(sign * change[b])));
        largest.map_or(String::new(), |i| study.domains[i].clone())
    };
    let (more, less) = (most(1.0), most(-1.0));
    let leans = LEANS.iter().map(|radii| {
        let share = share_within(&support, &found.mixture, &free.mixture, *radii);
        between(&found.mixture, &free.mixture, share)
    });
    let moved = leans.filter(|h| !is_same(h, &found.mixture));
    moved.map(|h| (h, more.clone(), less.clone())).collect()
}

/// How much of the way from a supported mixture to another is within so many radii of the runs.
fn share_within(support: &Support, from: &[f64], to: &[f64], radii: f64) -> f64 {
    let is_near = |share: f64| support.distance(&between(from, to, share)) <= radii * support.radius();
    if is_near(1.0) {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // Twenty halvings leave nothing that anyone would see of a weight.
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        if is_near(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The domains to step toward: all, or those of the largest weights.
fn domains(best: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..best.len()).collect();
    if order.len() > MOST_DOMAINS {
        sort_by_number(&mut order, |&i| -best[i]);
        order.truncate(MOST_DOMAINS);
    }
    order
}

/// Mixtures some way from one toward each domain, and without it.
fn around(allowed: &Allowed, best: &[f64]) -> Vec<Vec<f64>> {
    let k = best.len();
    let mut out = Vec::new();
    for step in STEPS {
        for i in domains(best) {
            let corner: Vec<f64> = (0..k).map(|j| f64::from(u8::from(i == j))).collect();
            out.push(allowed.toward(&between(best, &corner, step)));
            if best[i] > SAME && best[i] < 1.0 - SAME {
                let kept = 1.0 - step * best[i];
                let less: Vec<f64> =
                    best.iter().enumerate().map(|(j, h)| if i == j { h * (1.0 - step) } else { *h } / kept).collect();
                out.push(allowed.toward(&less));
            }
        }
    }
    distinct(out.into_iter())
}

/// Mixtures that fill what is allowed: of many drawn ones, again and again the one farthest from all that are taken
/// (Kennard & Stone 1969), in √h, where small weights count.
pub(super) fn spread(
    allowed: &Allowed,
    near: &dyn Fn(Vec<f64>) -> Vec<f64>,
    random: &mut Xoshiro256PlusPlus,
    taken: &[Vec<f64>],
    n: usize,
) -> Vec<Vec<f64>> {
    let k = taken.first().map_or(0, Vec::len);
    let drawn: Vec<Vec<f64>> =
        (0..DRAWN.max(20 * n)).map(|at| near(allowed.toward(&drawn(random, k, at % 2 == 1)))).collect();
    let mut nearest: Vec<f64> =
        drawn.iter().map(|h| taken.iter().map(|other| distance(h, other)).fold(f64::INFINITY, f64::min)).collect();
    let mut out = Vec::new();
    while out.len() < n {
        let Some(farthest) = (0..drawn.len()).max_by(|&a, &b| nearest[a].total_cmp(&nearest[b])) else { break };
        if !(nearest[farthest] > 0.0) {
            break;
        }
        let chosen = drawn[farthest].clone();
        nearest.iter_mut().zip(&drawn).for_each(|(nearest, h)| *nearest = nearest.min(distance(h, &chosen)));
        out.push(chosen);
    }
    out
}

/// Evenly from the simplex, or from one of its faces.
pub(super) fn drawn(random: &mut Xoshiro256PlusPlus, k: usize, sparse: bool) -> Vec<f64> {
    let kept = ((random.random::<f64>() * k as f64) as usize).min(k.saturating_sub(1));
    let draws: Vec<f64> = (0..k)
        .map(|i| {
            let (draw, zero) = (-libm::log(1.0 - random.random::<f64>()), random.random::<f64>() < 0.5);
            if sparse && zero && i != kept { 0.0 } else { draw + 1e-12 }
        })
        .collect();
    let sum: f64 = draws.iter().sum();
    draws.iter().map(|draw| draw / sum).collect()
}

/// Σ (√a − √b)²
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let root = |h: f64| h.max(0.0).sqrt();
    a.iter().zip(b).map(|(a, b)| (root(*a) - root(*b)) * (root(*a) - root(*b))).sum()
}

pub(super) fn between(a: &[f64], b: &[f64], share: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect()
}

fn is_same(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < SAME)
}

/// The first of those that are one; the first two are kept as they are.
fn distinct(mixtures: impl Iterator<Item = Vec<f64>>) -> Vec<Vec<f64>> {
    let mut out: Vec<Vec<f64>> = Vec::new();
    for h in mixtures {
        if out.len() < 2 || !out.iter().any(|other| is_same(other, &h)) {
            out.push(h);
        }
    }
    out
}
