//! The batch of runs that is worth most.

use super::budget::{Advice, Batch, BeforeAfter, Budget, Origin, Run, Settles};
use super::candidates::{Candidate, Decisions, candidates, decisions, scales};
use super::knowledge::{Knowledge, Moves, Spot};
use super::plan::RunOf;
use super::regret::{floor, probabilities, regret};
use super::{DesignError, words};
use crate::law::Scale;
use crate::mixture::{self, Aim, Scenario, optimum, rivals};
use crate::predict::FittedStudy;
use crate::units::{Flops, Tokens};

/// With a budget of runs alone, a cheaper run that is worth this share of the best one is preferred.
const NEARLY_AS_GOOD: f64 = 0.8;
/// Mixtures less likely the best than this do not count in the choice.
const UNLIKELY: f64 = 0.002;
/// An expected regret below this share of the loss is no more than what two runs of one mixture differ by.
const LITTLE_AT_STAKE: f64 = 5e-4;
/// A batch that removes less than this share of the expected regret hardly changes the decision.
const LITTLE_SAVED: f64 = 0.1;

/// The runs to train next: those that are expected to settle most of what the scenario's decision depends on, per cost.
///
/// # Errors
/// A budget, limits or a scenario that make no sense, a budget below one run, or a study without residuals to judge by.
pub fn next(study: &FittedStudy, scenario: &Scenario, budget: &Budget) -> Result<Batch, DesignError> {
    batch(study, scenario, budget, None)
}

/// The same among these runs, each of which may be taken once, whatever the limits and the budget's sizes say.
///
/// # Errors
/// As [`next()`].
pub fn next_among(
    study: &FittedStudy,
    scenario: &Scenario,
    budget: &Budget,
    runs: &[RunOf],
) -> Result<Batch, DesignError> {
    batch(study, scenario, budget, Some(runs))
}

fn batch(
    study: &FittedStudy,
    scenario: &Scenario,
    budget: &Budget,
    given: Option<&[RunOf]>,
) -> Result<Batch, DesignError> {
    budget.check()?;
    let found = optimum(study, scenario)?;
    let weighted = scenario.weighted_targets(study)?;
    let Decisions { spots, reference, reference_is_allowed } = decisions(study, scenario, &found, budget.seed)?;
    let candidates = match given {
        None => candidates(study, scenario, &found, &scales(study, budget)?, budget.seed)?,
        Some(given) => {
            let spot = |&(mixture, n, d): &RunOf| Spot { mixture: mixture.to_vec(), n, d };
            given.iter().map(|run| Candidate { spot: spot(run), origin: Origin::Given }).collect()
        }
    };
    let costs = costs(budget, &candidates)?;
    let runs: Vec<_> = candidates.iter().map(|candidate| candidate.spot.clone()).collect();
    let others = rivals(study);
    let mut own = Knowledge::new(study, &weighted, &spots, &runs, &[])?;
    let mut knowledge =
        if others.is_empty() { own.clone() } else { Knowledge::new(study, &weighted, &spots, &runs, &others)? };

    let prior = |h: &[f64]| {
        let prior = scenario.prior.as_ref();
        prior.map_or(0.0, |prior| prior.kl * mixture::divergence_from(&prior.mixture, &study.domains, h))
    };
    let means: Vec<f64> =
        spots.iter().enumerate().map(|(at, spot)| knowledge.mean(at) + prior(&spot.mixture)).collect();
    let mut allowed = vec![true; spots.len()];
    allowed[1] = reference_is_allowed;
    let floor = floor(&means);
    let likely = probabilities(&means, Some(floor), &own.covariance(), &allowed, budget.seed);
    let goal = Goal::new(&likely, &knowledge.covariance());

    let mut taken = vec![false; candidates.len()];
    let mut spent = Spent::default();
    let mut parts: Moves = Vec::new();
    let mut chosen: Vec<Run> = Vec::new();
    while chosen.len() < budget.most_runs() {
        let values: Vec<(Settles, f64)> = (0..candidates.len())
            .map(|at| {
                let settles = goal.settles(&knowledge.moves(at));
                (settles, settles.choice + settles.gain + settles.loss)
            })
            .collect();
        let Some(at) = best(budget, &costs, &values, &spent, &taken) else { break };
        let Candidate { spot, origin } = &candidates[at];
        let disagreement = knowledge.disagreement(at);
        let apart = disagreement.and_then(|(name, differ, noise)| (differ > 2.0 * noise).then_some((name, differ)));
        chosen.push(Run {
            mixture: spot.mixture.clone(),
            n: spot.n,
            d: spot.d,
            flops: budget.flops_of(spot.n, spot.d),
            origin: origin.clone(),
            settles: values[at].0,
            reason: words::reason(study, &found, reference, spot, origin, &values[at].0, apart),
        });
        knowledge.observe(at);
        parts.extend(own.observe(at));
        spent.add(&costs[at]);
        spent.runs += 1;
        taken[at] = given.is_some();
    }

    let after = own.covariance();
    let of_runs = |a: usize, b: usize| parts.iter().map(|part| (part[a] - part[b]) * (part[a] - part[b])).sum::<f64>();
    let of_loss: f64 = parts.iter().map(|part| part[0] * part[0]).sum();
    let deviations = |left: f64, removed: f64| BeforeAfter { now: (left + removed).sqrt(), after: left.sqrt() };
    let regret = regret(&means, Some(floor), &parts, &after, &allowed, budget.seed ^ 2);
    let mut batch = Batch {
        domains: study.domains.clone(),
        flops: total(chosen.iter().map(|run| run.flops.map(|flops| flops.0))).map(Flops),
        tokens: total(chosen.iter().map(|run| run.d.map(|d| d.0))).map(Tokens),
        runs: chosen,
        regret,
        gain: deviations(variance(&after, 0, 1), of_runs(1, 0)),
        loss: deviations(after[(0, 0)], of_loss),
        reference: reference.to_string(),
        advice: advice(&regret, means[0]),
        sentence: String::new(),
        notices: notices(study, scenario, &found),
    };
    batch.sentence = words::stop_or_go(&batch);
    Ok(batch)
}

fn advice(regret: &BeforeAfter, loss: f64) -> Advice {
    if regret.now <= LITTLE_AT_STAKE * loss.abs() {
        Advice::Stop
    } else if regret.now - regret.after < LITTLE_SAVED * regret.now {
        Advice::Other
    } else {
        Advice::Go
    }
}

fn notices(study: &FittedStudy, scenario: &Scenario, found: &mixture::Optimum) -> Vec<String> {
    let mut notices = Vec::new();
    let fixed = study.domains.iter().zip(&study.summary.weight_ranges).filter(|(_, (low, high))| high - low <= 1e-9);
    let fixed: Vec<&str> = fixed.map(|(name, _)| name.as_str()).collect();
    if !fixed.is_empty() {
        notices.push(words::fixed(&fixed));
    }
    if scenario.aim == Aim::Worst && found.targets.len() > 1 {
        notices.push(words::WORST.to_string());
    }
    let scale = Scale::new(Some(found.n), Some(found.d));
    if study.validation.range.is_some_and(|range| !range.knows(scale)) {
        notices.push(words::one_scale(study, found));
    }
    notices
}

/// What each candidate costs, in what the budget counts.
struct Cost {
    tokens: Option<f64>,
    flops: Option<f64>,
}

/// # Errors
/// A cost that the budget asks for is not known, or is more than it for every candidate.
fn costs(budget: &Budget, candidates: &[Candidate]) -> Result<Vec<Cost>, DesignError> {
    let cost = |candidate: &Candidate| {
        let (n, d) = (candidate.spot.n, candidate.spot.d);
        Cost { tokens: d.map(|d| d.0), flops: budget.flops_of(n, d).map(|flops| flops.0) }
    };
    let costs: Vec<Cost> = candidates.iter().map(cost).collect();
    for candidate in candidates {
        let counts_tokens = budget.tokens.is_some() || budget.flops.is_some();
        if counts_tokens && candidate.spot.d.is_none() {
            return Err(DesignError::NoScale { what: "number of tokens D", give: "the tokens of a run" });
        }
        if budget.flops.is_some() && candidate.spot.n.is_none() {
            return Err(DesignError::NoScale { what: "model size N", give: "the sizes that may be trained" });
        }
    }
    let cheapest = |of: &dyn Fn(&Cost) -> Option<f64>| {
        let least = (0..costs.len()).filter(|&at| of(&costs[at]).is_some());
        least.min_by(|&a, &b| of(&costs[a]).unwrap_or(0.0).total_cmp(&of(&costs[b]).unwrap_or(0.0)))
    };
    if let Some(flops) = budget.flops
        && let Some(at) = cheapest(&|cost| cost.flops)
        && costs[at].flops.is_some_and(|cost| cost > flops.0)
    {
        let spot = &candidates[at].spot;
        return Err(words::below_one_run(format!("{flops} FLOPs"), costs[at].flops, "FLOPs", spot));
    }
    if let Some(tokens) = budget.tokens
        && let Some(at) = cheapest(&|cost| cost.tokens)
        && costs[at].tokens.is_some_and(|cost| cost > tokens.0)
    {
        let spot = &candidates[at].spot;
        return Err(words::below_one_run(format!("{tokens} tokens"), costs[at].tokens, "tokens", spot));
    }
    Ok(costs)
}

#[derive(Default)]
struct Spent {
    runs: usize,
    tokens: f64,
    flops: f64,
}

impl Spent {
    fn add(&mut self, cost: &Cost) {
        self.tokens += cost.tokens.unwrap_or(0.0);
        self.flops += cost.flops.unwrap_or(0.0);
    }
}

/// The candidate to take next; none where nothing is left to pay one, or to learn.
fn best(budget: &Budget, costs: &[Cost], values: &[(Settles, f64)], spent: &Spent, taken: &[bool]) -> Option<usize> {
    let fits = |at: &usize| {
        let cost = &costs[*at];
        let left = |most: Option<f64>, spent: f64, cost: Option<f64>| {
            most.is_none_or(|most| spent + cost.unwrap_or(0.0) <= most * (1.0 + 1e-12))
        };
        left(budget.flops.map(|flops| flops.0), spent.flops, cost.flops)
            && left(budget.tokens.map(|tokens| tokens.0), spent.tokens, cost.tokens)
            && values[*at].1 > 0.0
            && !taken[*at]
    };
    let affordable: Vec<usize> = (0..costs.len()).filter(fits).collect();
    let most =
        |of: &dyn Fn(usize) -> f64| affordable.iter().copied().max_by(|&a, &b| of(a).total_cmp(&of(b)).then(b.cmp(&a)));
    let counted: Option<(f64, &dyn Fn(usize) -> f64)> = match (budget.flops, budget.tokens) {
        (Some(flops), _) => Some((flops.0 - spent.flops, &|at: usize| costs[at].flops.unwrap_or(0.0))),
        (_, Some(tokens)) => Some((tokens.0 - spent.tokens, &|at: usize| costs[at].tokens.unwrap_or(0.0))),
        _ => None,
    };
    if let Some((left, cost)) = counted {
        // What a run may cost if all that are left cost alike: saving more would leave it unspent.
        let share = left / (budget.most_runs() - spent.runs) as f64;
        return most(&|at| values[at].1 / cost(at).max(share));
    }
    let top = values[most(&|at| values[at].1)?].1;
    let price = |at: usize| costs[at].flops.or(costs[at].tokens).unwrap_or(0.0);
    let nearly: Vec<usize> = affordable.iter().copied().filter(|&at| values[at].1 >= NEARLY_AS_GOOD * top).collect();
    let cheaper = |a: &usize, b: &usize| {
        let same_price = (price(*a) / price(*b) - 1.0).abs() < 1e-9;
        let by_price = if same_price { std::cmp::Ordering::Equal } else { price(*a).total_cmp(&price(*b)) };
        by_price.then(values[*b].1.total_cmp(&values[*a].1))
    };
    nearly.into_iter().min_by(cheaper)
}

/// What the decision depends on.
struct Goal {
    /// Mixtures that may be the best, with their probabilities.
    likely: Vec<(usize, f64)>,
    choice: f64,
    gain: f64,
    loss: f64,
}

fn variance(covariance: &nalgebra::DMatrix<f64>, a: usize, b: usize) -> f64 {
    (covariance[(a, a)] + covariance[(b, b)] - 2.0 * covariance[(a, b)]).max(0.0)
}

impl Goal {
    fn new(probabilities: &[f64], covariance: &nalgebra::DMatrix<f64>) -> Self {
        let likely: Vec<(usize, f64)> =
            probabilities.iter().copied().enumerate().filter(|(at, p)| *at > 0 && *p > UNLIKELY).collect();
        Self {
            choice: likely.iter().map(|&(at, p)| p * variance(covariance, at, 0)).sum(),
            gain: variance(covariance, 1, 0),
            loss: covariance[(0, 0)],
            likely,
        }
    }

    fn settles(&self, moves: &Moves) -> Settles {
        let share = |removed: f64, of: f64| if of > 1e-12 * self.loss { (removed / of).min(1.0) } else { 0.0 };
        let mut removed = [0.0; 3];
        for part in moves {
            let apart = |at: usize| (part[at] - part[0]) * (part[at] - part[0]);
            removed[0] += self.likely.iter().map(|&(at, p)| p * apart(at)).sum::<f64>();
            removed[1] += apart(1);
            removed[2] += part[0] * part[0];
        }
        Settles {
            choice: share(removed[0], self.choice),
            gain: share(removed[1], self.gain),
            loss: share(removed[2], self.loss),
        }
    }
}

fn total(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    values.sum()
}
