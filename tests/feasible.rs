//! Limits that hold weights, that touch, or that conflict: no answer breaks one, and one that cannot be is refused with
//! limits that do conflict. Whether they do is asked of clarabel, a solver that shares no code with ours.

mod common;

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};
use common::{fitted, random, shape, theta};
use mixlaw::law::by_id;
use mixlaw::mixture::{
    Aim, Budget, Certificate, Compared, GroupLimit, Growth, Limit, Limits, OptimumError, Scenario, WeightLimit,
    along_scale, each_target, near_optimal, optimum, outcome,
};
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Flops, Params, Tokens};
use proptest::prelude::*;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

const N: Params = Params(1e9);
const D: Tokens = Tokens(100e9);
/// No mixture breaks a limit by more.
const ROUNDING: f64 = 1e-9;

fn study(seed: u64, law: &str, k: usize) -> FittedStudy {
    let (mut random, law) = (random(seed), by_id(law).expect("a law"));
    fitted(law, k, (0..2).map(|_| theta(&mut random, law, &shape(k, true, true))).collect())
}

fn domain(i: usize) -> String {
    format!("domain{i}")
}

fn weight(i: usize, min: Option<f64>, max: Option<f64>) -> WeightLimit {
    WeightLimit { domain: domain(i), min, max }
}

fn group(members: &[usize], min: Option<f64>, max: Option<f64>) -> GroupLimit {
    GroupLimit { domains: members.iter().map(|&i| domain(i)).collect(), min, max }
}

fn limited(limits: Limits) -> Scenario {
    Scenario { limits, ..Scenario::new(N, D) }
}

fn idx(name: &str) -> usize {
    name["domain".len()..].parse().expect("an index")
}

/// Σ_{i ∈ members} h_i ≥ value, or ≤.
type Row = (Vec<usize>, bool, f64);

fn rows(limits: &Limits, d: f64) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |members: Vec<usize>, min: Option<f64>, max: Option<f64>| {
        rows.extend(min.map(|min| (members.clone(), true, min)));
        rows.extend(max.map(|max| (members, false, max)));
    };
    for limit in &limits.weights {
        push(vec![idx(&limit.domain)], limit.min, limit.max);
    }
    for group in &limits.groups {
        push(group.domains.iter().map(|name| idx(name)).collect(), group.min, group.max);
    }
    for (name, tokens) in &limits.stocks {
        push(vec![idx(name)], None, limits.most_epochs.map(|epochs| epochs * tokens.0 / d));
    }
    for (name, present) in limits.present.iter().filter(|_| limits.most_change.is_some()) {
        let change = limits.most_change.unwrap_or(0.0);
        push(vec![idx(name)], Some(present - change), Some(present + change));
    }
    rows
}

fn row_of(limit: &Limit) -> Row {
    match limit {
        Limit::Min(name, value) => (vec![idx(name)], true, *value),
        Limit::Max(name, value) => (vec![idx(name)], false, *value),
        Limit::GroupMin(names, value) => (names.iter().map(|name| idx(name)).collect(), true, *value),
        Limit::GroupMax(names, value) => (names.iter().map(|name| idx(name)).collect(), false, *value),
        Limit::Stock { domain, tokens, epochs } => (vec![idx(domain)], false, epochs * tokens.0 / D.0),
        Limit::Near { domain, present, change, least } => {
            (vec![idx(domain)], *least, if *least { present - change } else { present + change })
        }
        other => panic!("no limit of these tests: {other}"),
    }
}

fn violation(rows: &[Row], h: &[f64]) -> f64 {
    let below = rows.iter().map(|(members, least, value)| {
        let sum: f64 = members.iter().map(|&i| h[i]).sum();
        if *least { value - sum } else { sum - value }
    });
    let sum = (h.iter().sum::<f64>() - 1.0).abs();
    below.chain(h.iter().map(|h| -h)).fold(sum, f64::max)
}

/// min t with every row broken by at most t, on the simplex.
fn least_violation(rows: &[Row], k: usize) -> f64 {
    let (mut i, mut j, mut value, mut b) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut push = |row: &[(usize, f64)], bound: f64| {
        for &(column, coefficient) in row {
            i.push(b.len());
            j.push(column);
            value.push(coefficient);
        }
        b.push(bound);
    };
    // Clarabel's rows are a·x + s = b with s ≥ 0, after those with s = 0.
    push(&(0..k).map(|column| (column, 1.0)).collect::<Vec<_>>(), 1.0);
    (0..k).for_each(|column| push(&[(column, -1.0)], 0.0));
    for (members, least, bound) in rows {
        let sign = if *least { -1.0 } else { 1.0 };
        let row: Vec<(usize, f64)> = members.iter().map(|&column| (column, sign)).chain([(k, -1.0)]).collect();
        push(&row, sign * bound);
    }
    // t is bounded below, so that there is a least one.
    push(&[(k, -1.0)], 1.0);
    let n = b.len();
    let a = CscMatrix::new_from_triplets(n, k + 1, i, j, value);
    let mut cost = vec![0.0; k + 1];
    cost[k] = 1.0;
    let cones = [SupportedConeT::ZeroConeT(1), SupportedConeT::NonnegativeConeT(n - 1)];
    let settings = DefaultSettings { verbose: false, ..DefaultSettings::default() };
    let mut solver =
        DefaultSolver::new(&CscMatrix::zeros((k + 1, k + 1)), &cost, &a, &b, &cones, settings).expect("a program");
    solver.solve();
    assert_eq!(solver.solution.status, SolverStatus::Solved);
    solver.solution.obj_val
}

/// Shares are multiples of this, so that what cannot hold is broken by far more than rounding.
const STEP: f64 = 0.05;

fn share(random: &mut Xoshiro256PlusPlus, most: usize) -> f64 {
    STEP * (random.random::<f64>() * (most as f64 + 1.0)).floor()
}

fn some(random: &mut Xoshiro256PlusPlus, k: usize) -> Vec<usize> {
    let members: Vec<usize> = (0..k).filter(|_| random.random::<f64>() < 0.5).collect();
    if members.is_empty() { vec![0] } else { members }
}

/// Limits of every kind, many of which hold weights: equal bounds, caps of 0, groups of what is held, caps that just sum
/// to 1.
fn drawn(random: &mut Xoshiro256PlusPlus, k: usize) -> Limits {
    let mut limits = Limits::default();
    let just_fits = random.random::<f64>() < 0.2;
    let mut rest = 20;
    for i in 0..k {
        if just_fits {
            let part = if i + 1 == k { rest } else { (random.random::<f64>() * (rest as f64 + 1.0)) as usize };
            rest -= part;
            limits.weights.push(weight(i, None, Some(STEP * part as f64)));
            continue;
        }
        match (random.random::<f64>() * 8.0) as usize {
            0 => limits.weights.push(weight(i, Some(share(random, 6)), None)),
            1 => limits.weights.push(weight(i, None, Some(share(random, 12)))),
            2 => limits.weights.push(weight(i, None, Some(0.0))),
            3 | 4 => {
                let held = share(random, 8);
                limits.weights.push(weight(i, Some(held), Some(held)));
            }
            5 => limits.stocks.push((domain(i), Tokens((STEP + share(random, 8)) * D.0 / 4.0))),
            _ => {}
        }
    }
    limits.most_epochs = (!limits.stocks.is_empty()).then_some(4.0);
    for _ in 0..(random.random::<f64>() * 4.0) as usize {
        let members = some(random, k);
        let (low, more) = (share(random, 10), share(random, 10));
        let ends = match (random.random::<f64>() * 3.0) as usize {
            0 => (Some(low), None),
            1 => (None, Some(more + low)),
            _ => (Some(low), Some(low)),
        };
        limits.groups.push(group(&members, ends.0, ends.1.map(|most: f64| most.min(1.0))));
    }
    limits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_answer_breaks_a_limit_and_what_is_refused_cannot_be(seed: u64, k in 2_usize..7, aim: bool) {
        let mut random = random(seed);
        let study = study(seed, if aim { "additive" } else { "joint" }, k);
        let limits = drawn(&mut random, k);
        let rows = rows(&limits, D.0);
        let aim = if aim { Aim::Worst } else { Aim::Mean };
        let scenario = Scenario { aim, ..limited(limits) };
        let least = least_violation(&rows, k);
        let found = match optimum(&study, &scenario) {
            Err(OptimumError::Infeasible(conflict)) => {
                prop_assert!(least > 1e-6, "refused though {least:e}: {rows:?}");
                let conflict: Vec<Row> = conflict.iter().map(row_of).collect();
                prop_assert!(least_violation(&conflict, k) > 1e-6, "{conflict:?} can all hold");
                for spared in 0..conflict.len() {
                    let mut others = conflict.clone();
                    others.remove(spared);
                    prop_assert!(least_violation(&others, k) < 1e-6, "{spared} can be spared of {conflict:?}");
                }
                return Ok(());
            }
            found => found.expect("limits that make sense"),
        };
        prop_assert!(least < 1e-6, "{least:e}: {rows:?} cannot hold");
        let holds = |what: &str, h: &[f64]| -> Result<(), TestCaseError> {
            prop_assert!(violation(&rows, h) <= ROUNDING, "{what}: {:e} at {h:?} of {rows:?}", violation(&rows, h));
            Ok(())
        };
        holds("optimum", &found.mixture)?;
        // Where the worst of several targets meets a weight next to 0, whose slopes are next to infinite, the conditions of
        // a minimum may not come out, and nothing is certified then.
        let is_tiny = found.mixture.iter().any(|h| *h > 0.0 && *h < 1e-6);
        let may_fail = aim == Aim::Worst && is_tiny && found.certificate == Certificate::None;
        prop_assert!(
            found.kkt_residual <= 1e-7 || may_fail,
            "{:e} at {:?} of {rows:?}",
            found.kkt_residual,
            found.mixture
        );
        // An end of a range belongs to a mixture that keeps the limits.
        for (i, range) in near_optimal(&study, &scenario, &found, 1e-3).expect("an optimum").into_iter().enumerate() {
            for end in [range.low, range.high] {
                let with_end: Vec<Row> =
                    rows.iter().cloned().chain([(vec![i], true, end), (vec![i], false, end)]).collect();
                prop_assert!(least_violation(&with_end, k) < 1e-6, "{i} at {end} of {rows:?}");
            }
        }
        for (name, optimum) in each_target(&study, &scenario).expect("an optimum") {
            holds(&name, &optimum.mixture)?;
        }
        let own = outcome(&self::study(seed ^ 1, "additive", k), &scenario, &found, &Vec::<Compared>::new());
        holds("replicate", &own.expect("an optimum").mixture)?;
        if aim == Aim::Mean && scenario.limits.stocks.is_empty() {
            for place in along_scale(&study, &scenario, Growth { steps: 2, ..Growth::default() }).expect("a path") {
                holds("path", &place.optimum.expect("the same limits").mixture)?;
            }
            let found = optimum(&study, &Scenario { budget: Budget::Compute(Flops(1e21)), ..scenario }).expect("sound");
            holds("compute", &found.mixture)?;
        }
    }
}

#[track_caller]
fn refused(k: usize, limits: Limits, sentence: &str) {
    let error = optimum(&study(3, "additive", k), &limited(limits)).expect_err("a conflict");
    assert_eq!(error.to_string(), sentence);
}

/// Limits whose domains are all held by others were dropped once.
#[test]
fn a_group_of_held_domains_is_a_limit_too() {
    refused(
        5,
        Limits {
            weights: vec![weight(0, None, Some(0.0)), weight(1, None, Some(0.0))],
            groups: vec![group(&[0, 1], Some(0.4), None)],
            ..Limits::default()
        },
        "no mixture can meet all of these: domain0 at most 0 %; domain1 at most 0 %; domain0 + domain1 together at least 40 %",
    );
    refused(
        5,
        Limits {
            weights: vec![weight(0, Some(0.2), Some(0.2)), weight(1, Some(0.1), Some(0.1))],
            groups: vec![group(&[0, 1], Some(0.5), None)],
            ..Limits::default()
        },
        "no mixture can meet all of these: domain0 at most 20 %; domain1 at most 10 %; domain0 + domain1 together at least 50 %",
    );
}

/// Many limits, few of which matter.
#[test]
fn a_thousand_groups_are_no_matter() {
    let mut random = random(7);
    let k = 12;
    let mut limits = Limits::default();
    for _ in 0..1000 {
        let members = some(&mut random, k);
        let uniform = members.len() as f64 / k as f64;
        let slack = 0.02 + 0.2 * random.random::<f64>();
        limits.groups.push(group(&members, Some((uniform - slack).max(0.0)), Some((uniform + slack).min(1.0))));
    }
    let rows = rows(&limits, D.0);
    let study = study(3, "joint", k);
    let began = std::time::Instant::now();
    let scenario = limited(limits.clone());
    let found = optimum(&study, &scenario).expect("the uniform mixture holds them");
    near_optimal(&study, &scenario, &found, 1e-3).expect("an optimum");
    assert!(violation(&rows, &found.mixture) <= ROUNDING);
    limits.groups.push(group(&[0, 1], Some(0.9), None));
    let error = optimum(&study, &limited(limits)).expect_err("a conflict").to_string();
    assert!(error.contains("domain0 + domain1 together at least 90 %"), "{error}");
    println!("{:.2} s", began.elapsed().as_secs_f64());
}
