//! What several tests share.
#![allow(dead_code, reason = "each test uses its part")]

pub mod plan;

use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::fit::{Fit, FitConfig, FitReport, Score, Termination};
use mixlaw::law::{LAWS, Law, Scope, Shape};
use mixlaw::predict::{DataSummary, FittedStudy};
use mixlaw::units::{Loss, Params, Tokens};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

pub fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

pub fn between(random: &mut Xoshiro256PlusPlus, low: f64, high: f64) -> f64 {
    low + (high - low) * random.random::<f64>()
}

/// Evenly from the simplex; with `zeros`, some weights are 0.
pub fn mixture(random: &mut Xoshiro256PlusPlus, k: usize, zeros: bool) -> Vec<f64> {
    let kept = (random.random::<f64>() * k as f64) as usize;
    let draws: Vec<f64> = (0..k)
        .map(|i| if zeros && i != kept && random.random::<f64>() < 0.3 { 0.0 } else { -random.random::<f64>().ln() })
        .collect();
    let sum: f64 = draws.iter().sum();
    draws.iter().map(|draw| draw / sum).collect()
}

/// θ from the law's start box.
pub fn theta(random: &mut Xoshiro256PlusPlus, law: &dyn Law, shape: &Shape) -> Vec<f64> {
    law.parameters(shape).iter().map(|parameter| between(random, parameter.start.0, parameter.start.1)).collect()
}

pub fn shape(k: usize, n_term: bool, d_term: bool) -> Shape {
    Shape { n_domains: k, n_term, d_term, own_domains: vec![None], stocks: Vec::new(), repeats: false }
}

/// As many of k domains as the law takes.
pub fn most_domains(law: &dyn Law, k: usize) -> usize {
    law.needs().max_domains.map_or(k, |most| k.min(most))
}

/// The shape of the law for k domains: where it asks for them, the target is the first domain's own loss (or all
/// of them are targets), and all domains but the first have stocks that are soon used up.
pub fn shape_of(law: &dyn Law, k: usize, n_term: bool, d_term: bool) -> Shape {
    let needs = law.needs();
    let n_targets = if law.scope() == Scope::AllTargets { k } else { 1 };
    Shape {
        n_domains: k,
        n_term: n_term && needs.n,
        d_term: d_term && needs.d,
        own_domains: (0..n_targets).map(|i| needs.own_domain.then_some(i)).collect(),
        stocks: (0..k).filter(|_| needs.stocks).map(|i| (i > 0).then_some(0.5 * i as f64)).collect(),
        repeats: needs.stocks,
    }
}

pub fn names(prefix: &str, n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{prefix}{i}")).collect()
}

/// A study of the law's own losses, times e^(noise · normal-ish): every mixture at every size and token count.
pub fn simulated(
    law: &dyn Law,
    thetas: &[Vec<f64>],
    mixtures: &[Vec<f64>],
    sizes: &[f64],
    tokens: &[f64],
    noise: f64,
    seed: u64,
) -> Dataset {
    let mut random = random(seed);
    let k = mixtures[0].len();
    let needs = law.needs();
    let shape = shape_of(law, k, sizes.len() > 1, tokens.len() > 1);
    let n_targets = if law.scope() == Scope::AllTargets { k } else { thetas.len() };
    let mut observations = Vec::new();
    for h in mixtures {
        for &n in sizes {
            for &d in tokens {
                let losses = (0..n_targets).map(|j| {
                    // One θ of all targets, or one of each.
                    let (theta, target_pos) = if thetas.len() == n_targets { (&thetas[j], 0) } else { (&thetas[0], j) };
                    let scale = mixlaw::law::Scale::new(Some(Params(n)), Some(Tokens(d)));
                    let loss = mixlaw::law::loss(law, &shape, theta, target_pos, scale, &mixlaw::law::Mixture::new(h));
                    // The sum of four uniforms is close enough to a normal deviate; its deviation is 1/√3.
                    let deviate: f64 = (0..4).map(|_| random.random::<f64>() - 0.5).sum::<f64>() * 3.0_f64.sqrt();
                    // Where a law is infinite there is no observation.
                    let loss = loss * (noise * deviate).exp();
                    loss.is_finite().then_some(Loss(loss))
                });
                observations.push(Observation {
                    line: observations.len() + 2,
                    n: Some(Params(n)),
                    d: Some(Tokens(d)),
                    mixture: h.clone(),
                    losses: losses.collect(),
                    weight: 1.0,
                    split: Split::Fit,
                });
            }
        }
    }
    let targets = names(if needs.own_domain { "domain" } else { "target" }, n_targets);
    let data = Dataset::new(names("domain", k), targets, observations).expect("simulated runs are a study");
    let stocks = shape.stocks.iter().enumerate();
    let stocks: Vec<_> =
        stocks.filter_map(|(i, stock)| Some((format!("domain{i}"), Tokens(stock.as_ref()? * 1e9)))).collect();
    data.with_stocks(&stocks).expect("domains of the study")
}

/// Fits with random θ, as [`fitted`]: of so many targets, or of one for each domain where a law is fitted to all at
/// once.
pub fn random_fits(random: &mut Xoshiro256PlusPlus, law: &'static dyn Law, k: usize, n_targets: usize) -> FittedStudy {
    let k = most_domains(law, k);
    let n_fits = if law.scope() == Scope::AllTargets { 1 } else { n_targets };
    fitted(law, k, (0..n_fits).map(|_| theta(random, law, &shape_of(law, k, true, true))).collect())
}

/// Laws that a mixture can be optimised for.
pub fn laws_of_the_mixture() -> impl Iterator<Item = &'static dyn Law> {
    LAWS.into_iter().filter(|law| law.needs().min_domains > 0)
}

/// Fits that were never fitted: these θ, with reports that say nothing. The j-th target is the j-th domain's own.
pub fn fitted(law: &'static dyn Law, k: usize, thetas: Vec<Vec<f64>>) -> FittedStudy {
    let own = |j: usize| law.needs().own_domain.then_some(j % k);
    let all = law.scope() == Scope::AllTargets;
    let fits = thetas.into_iter().enumerate().map(|(j, theta)| Fit {
        law,
        shape: match shape_of(law, k, true, true) {
            shape if all => shape,
            shape => Shape { own_domains: vec![own(j)], ..shape },
        },
        targets: if all { names("target", k) } else { vec![format!("target{j}")] },
        theta,
        report: FitReport {
            objective: 1e-5,
            termination: Termination::Converged,
            agreeing_starts: 3,
            config: FitConfig::default(),
            scores: vec![
                Score { n_fit: 100, n_holdout: 0, fit_mre_percent: 0.5, holdout_mre_percent: None };
                if all { k } else { 1 }
            ],
            condition: 1e4,
            flags: Vec::new(),
            seconds: None,
        },
    });
    let summary = DataSummary {
        n_observations: 100,
        n_mixtures: 20,
        sizes: vec![Params(1e8), Params(1e9)],
        token_range: Some((Tokens(1e9), Tokens(1e11))),
        largest: None,
        weight_ranges: vec![(0.0, 1.0); k],
        mean_mixture: vec![1.0 / k as f64; k],
        mixtures: Vec::new(),
    };
    FittedStudy::new(names("domain", k), summary, fits.collect())
}
