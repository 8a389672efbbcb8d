//! Synthetic studies of known truth: what a batch is expected to do, beside what it does.

use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::design::{Budget, next, normal, plausible};
use mixlaw::fit::FitConfig;
use mixlaw::law::{self, Mixture, Scale, Shape};
use mixlaw::mixture::{Scenario, optimum};
use mixlaw::predict::{FittedStudy, OneByOne, auto};
use mixlaw::units::{Loss, Params, Tokens};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

const NOISE: f64 = 0.002;
const K: usize = 4;

/// Stated and actual, now and after: variance of the gain over uniform, variance of the loss, regret.
struct Outcome {
    stated: [[f64; 2]; 3],
    actual: [[f64; 2]; 3],
}

fn one(seed: u64, sizes: &[(f64, f64)], n_mixtures: usize) -> Option<Outcome> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let law = law::by_id("additive")?;
    let shape = Shape::whole(K);
    let theta = plausible(law, K, &mut random);
    let exact = |n: f64, d: f64, h: &[f64]| {
        law::loss(law, &shape, &theta, 0, Scale::new(Some(Params(n)), Some(Tokens(d))), &Mixture::new(h))
    };
    let observation = |h: &[f64], (n, d): (f64, f64), random: &mut Xoshiro256PlusPlus| Observation {
        line: 2,
        n: Some(Params(n)),
        d: Some(Tokens(d)),
        mixture: h.to_vec(),
        losses: vec![Some(Loss(exact(n, d, h) * (NOISE * normal(random)).exp()))],
        weight: 1.0,
        split: Split::Fit,
    };
    let mut observations = Vec::new();
    for at in 0..n_mixtures {
        let draws: Vec<f64> = (0..K).map(|_| -(1.0 - random.random::<f64>()).ln()).collect();
        let sum: f64 = draws.iter().sum();
        let h: Vec<f64> = draws.iter().map(|draw| draw / sum).collect();
        observations.push(observation(&h, sizes[at % sizes.len()], &mut random));
    }
    let domains: Vec<String> = (0..K).map(|i| format!("domain{i}")).collect();
    let fitted = |observations: &[Observation]| -> Option<FittedStudy> {
        let numbered = observations.iter().cloned().enumerate();
        let rows = numbered.map(|(at, row)| Observation { line: at + 2, ..row }).collect();
        let data = Dataset::new(domains.clone(), vec!["loss".into()], rows).ok()?;
        auto(&data, &[0], &FitConfig { starts: 4, ..FitConfig::default() }, &OneByOne, &|_, _| {}).ok()
    };
    let &(n, d) = sizes.last()?;
    let scenario = Scenario::new(Params(n), Tokens(d));
    let before = fitted(&observations)?;
    let batch = next(&before, &scenario, &Budget { runs: Some(4), ..Budget::default() }).ok()?;
    let best = optimum(&before, &scenario).ok()?.mixture;
    for run in &batch.runs {
        observations.push(observation(&run.mixture, (run.n?.0, run.d?.0), &mut random));
    }
    let after = fitted(&observations)?;
    let uniform = vec![1.0 / K as f64; K];
    let errors = |study: &FittedStudy| -> Option<[f64; 2]> {
        let target = study.targets().next()?;
        let error = |h: &[f64]| target.loss(Some(Params(n)), Some(Tokens(d)), h).0 - exact(n, d, h);
        let (of_best, of_uniform) = (error(&best), error(&uniform));
        Some([(of_uniform - of_best).powi(2), of_best.powi(2)])
    };
    // Regret against the best of what the study supported before, in which the batch's choice was stated.
    let allowed = {
        let limits = mixlaw::mixture::Limits::default();
        mixlaw::mixture::Allowed::new(&limits, &domains, &before.summary, Tokens(d)).ok()?
    };
    let chosen = |study: &FittedStudy| -> Option<Vec<f64>> {
        let within = FittedStudy { summary: before.summary.clone(), ..study.clone() };
        Some(optimum(&within, &scenario).ok()?.mixture)
    };
    let of = |study: &FittedStudy| Some(exact(n, d, &chosen(study)?));
    let (now, then) = (of(&before)?, of(&after)?);
    let least = (0..4000)
        .map(|_| {
            let draws: Vec<f64> = (0..K).map(|_| (-(1.0 - random.random::<f64>()).ln()).powi(2)).collect();
            let sum: f64 = draws.iter().sum();
            exact(n, d, &allowed.toward(&draws.iter().map(|draw| draw / sum).collect::<Vec<_>>()))
        })
        .fold(now.min(then), f64::min);
    let (was, is) = (errors(&before)?, errors(&after)?);
    let square = |of: mixlaw::design::BeforeAfter| [of.now * of.now, of.after * of.after];
    Some(Outcome {
        stated: [square(batch.gain), square(batch.loss), [batch.regret.now, batch.regret.after]],
        actual: [[was[0], is[0]], [was[1], is[1]], [now - least, then - least]],
    })
}

pub fn report(studies: usize) -> String {
    let mut text = format!(
        "## Stated and actual, with known truth\n\n\
         {studies} synthetic studies each of additive laws drawn at random with {K} domains and noise of {} % from run to run; \
         Mixlaw asks for 4 more runs, which are trained on the law. Means over the studies; variances as square roots. The ratio is of \
         what the batch was stated to remove (of the variance, of the regret) to what it removed.\n\n\
         | study | quantity | stated now | actual now | stated after | actual after | removed, stated : actual |\n|---|---|---|---|---|---|---|\n",
        100.0 * NOISE
    );
    let one_scale: &[(f64, f64)] = &[(1e8, 5e9)];
    let three: &[(f64, f64)] = &[(1e8, 5e9), (3e8, 1e10), (1e9, 1e10)];
    for (name, sizes, n) in [("15 runs, one size", one_scale, 15), ("24 runs, three sizes", three, 24)] {
        let outcomes: Vec<Outcome> =
            (0..studies as u64).into_par_iter().filter_map(|seed| one(seed + 1, sizes, n)).collect();
        for (at, quantity) in ["gain over uniform", "loss at the optimum", "regret"].into_iter().enumerate() {
            let mean = |of: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(of).sum::<f64>() / outcomes.len() as f64;
            let stated = [0, 1].map(|when| mean(&|outcome| outcome.stated[at][when]));
            let actual = [0, 1].map(|when| mean(&|outcome| outcome.actual[at][when]));
            let shown = |value: f64| format!("{:.4}", if at < 2 { value.sqrt() } else { value });
            text.push_str(&format!(
                "| {name} | {quantity} | {} | {} | {} | {} | {:.2} |\n",
                shown(stated[0]),
                shown(actual[0]),
                shown(stated[1]),
                shown(actual[1]),
                (stated[0] - stated[1]) / (actual[0] - actual[1])
            ));
        }
    }
    text
}
