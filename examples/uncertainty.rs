//! Whether intervals hold what they promise, and what the SlimPajama runs determine: writes docs/uncertainty.md.
//!
//! ```text
//!     cargo run --release --example uncertainty [-- STUDIES REPLICATES PREDICTED]
//! ```
//!
//! STUDIES is the number of synthetic studies for each line of the table of laws (default 200; with 0 what is below the
//! table of predictions stays as it was written), REPLICATES that of the bootstraps of the SlimPajama runs (default
//! 1000), PREDICTED that of the synthetic studies for each line of the table of predictions (default 40). Those runs are
//! in the folder that the environment variable MIXLAW_DATA names (default ../shared/data).

use std::fmt::Write;
use std::path::PathBuf;

use mixlaw::dataset::{Dataset, Observation};
use mixlaw::fit::{FitConfig, fit, percentile};
use mixlaw::import::import;
use mixlaw::law::{Law, by_id};
use mixlaw::mixture::{
    Certainty, Compared, DEFAULT_EPSILON, Limits, Outcome, Scenario, compare, near_optimal, optimum, outcome, weighted,
};
use mixlaw::predict::{Bootstrap, BootstrapConfig, FittedStudy, OneByOne, Replicate, auto, bootstrap};
use mixlaw::units::{Params, Tokens};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

#[path = "../tests/common/plan.rs"]
mod plan;

use mixlaw::sample::plausible;
use plan::{LLM, LVM, NMM, Noise, Plan, as_fitted, drawn, fitted};

/// Of predictions: a new mixture's loss, the recommended mixture's, and its gain over uniform.
#[derive(Default, Clone, Copy)]
struct Predictions {
    new: Share,
    recommended: Share,
    gain: Share,
    /// Intervals of the gain without 0.
    detected: Share,
    /// By how much the truth's loss of the recommended mixture is above that of the best that the runs support, in percent.
    regret: f64,
}

/// A study as it is predicted without any option, beside new runs of the truth at the same scale or at a larger one.
fn predictions(plan: &Plan, law: &'static dyn Law, one_scale: Option<usize>, seed: u64) -> Predictions {
    const NEW: usize = 4;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let truths: Vec<Vec<f64>> = (0..TARGETS).map(|_| plausible(law, plan.k, &mut random)).collect();
    let all = drawn(plan, law, &truths, NOISE, &mut random);
    let (size, tokens) = (plan.ladder[0].0, plan.tokens[3]);
    let kept = |row: &&Observation| row.n == Some(Params(size)) && row.d == Some(Tokens(tokens));
    let data = match one_scale {
        Some(n_mixtures) => {
            let rows = all.observations().iter().filter(kept).take(n_mixtures).cloned().collect();
            Dataset::new(all.domains().to_vec(), all.targets().to_vec(), rows).expect("a study")
        }
        None => all.clone(),
    };
    let (n, d) = if one_scale.is_some() { (size, tokens) } else { plan.larger[1] };
    let targets: Vec<usize> = (0..TARGETS).collect();
    let study = auto(&data, &targets, &FitConfig::default(), &OneByOne, &|_, _| {}).expect("a sound study");
    let exact = as_fitted(plan, law, &truths, &all);
    let mut new_run = |target: usize, h: &[f64]| {
        let truth = exact.targets().nth(target).expect("a target").loss(Some(Params(n)), Some(Tokens(d)), h).0;
        truth * (NOISE.run * plan::normal(&mut random) + NOISE.checkpoint * plan::normal(&mut random)).exp()
    };
    let mut out = Predictions::default();
    let covers = |target: usize, h: &[f64], loss: f64| {
        study.interval(target, Some(Params(n)), Some(Tokens(d)), h).is_some_and(|interval| interval.covers(loss))
    };
    let mut fresh = Xoshiro256PlusPlus::seed_from_u64(!seed);
    for _ in 0..NEW {
        let h = plan::mixture(plan, &mut fresh);
        (0..TARGETS).for_each(|target| out.new.add(covers(target, &h, new_run(target, &h))));
    }
    let scenario = Scenario::new(Params(n), Tokens(d));
    let found = optimum(&study, &scenario).expect("an optimum");
    let uniform = vec![1.0 / plan.k as f64; plan.k];
    let mut gain = 0.0;
    for target in 0..TARGETS {
        let (best, before) = (new_run(target, &found.mixture), new_run(target, &uniform));
        out.recommended.add(covers(target, &found.mixture, best));
        gain += (before - best) / TARGETS as f64;
    }
    let weights = weighted(&study, &found);
    let interval = study.gain_interval(&weights, Some(found.n), Some(found.d), &uniform, &found.mixture);
    let interval = interval.expect("validated");
    out.gain.add(interval.covers(gain));
    out.detected.add(!interval.covers(0.0));
    let supported = FittedStudy { summary: study.summary.clone(), ..exact.clone() };
    let best = optimum(&supported, &scenario).expect("an optimum");
    let mean = |h: &[f64]| -> f64 {
        exact.targets().map(|target| target.loss(Some(Params(n)), Some(Tokens(d)), h).0).sum::<f64>() / TARGETS as f64
    };
    out.regret = 100.0 * (mean(&found.mixture) / mean(&best.mixture) - 1.0);
    out
}

fn predictions_table(out: &mut String, studies: usize) -> std::fmt::Result {
    writeln!(
        out,
        "| design | truth | studies | a new mixture | the recommended mixture | its gain over uniform | gains without 0 | regret |\n|---|---|---|---|---|---|---|---|"
    )?;
    let designs = [(&NMM, Some(12)), (&NMM, Some(24)), (&LLM, Some(20)), (&LLM, Some(40)), (&NMM, None), (&LVM, None)];
    for (plan, one_scale) in designs {
        for law in ["additive", "joint"] {
            let law_ref = by_id(law).expect("a law");
            let all: Vec<Predictions> =
                (0..studies as u64).into_par_iter().map(|seed| predictions(plan, law_ref, one_scale, seed)).collect();
            let sum = |part: &dyn Fn(&Predictions) -> Share| {
                let parts = all.iter().map(part);
                parts.fold(Share::default(), |a, b| Share { covered: a.covered + b.covered, of: a.of + b.of }).percent()
            };
            let what = one_scale.map_or("larger scale".into(), |n| format!("one scale, {n} mixtures"));
            eprintln!("predictions: {}, {what}, {law}", plan.name);
            writeln!(
                out,
                "| {}, {what} | {law} | {studies} | {} | {} | {} | {} | {:.2} % |",
                plan.name,
                sum(&|p| p.new),
                sum(&|p| p.recommended),
                sum(&|p| p.gain),
                sum(&|p| p.detected),
                all.iter().map(|p| p.regret).sum::<f64>() / studies as f64
            )?;
        }
    }
    Ok(())
}

const TARGETS: usize = 2;
const NOISE: Noise = Noise { run: 0.002, checkpoint: 0.001 };
const REPLICATES: usize = 200;

/// Intervals that cover the truth, of all.
#[derive(Default, Clone, Copy)]
struct Share {
    covered: usize,
    of: usize,
}

impl Share {
    fn add(&mut self, covers: bool) {
        self.covered += usize::from(covers);
        self.of += 1;
    }
    fn percent(self) -> String {
        format!("{:.1} %", 100.0 * self.covered as f64 / self.of as f64)
    }
}

/// Of one study or of many.
#[derive(Default, Clone, Copy)]
struct Coverage {
    /// h_i* of domains whose true weight is above and below [`INSIDE`].
    inside: Share,
    edge: Share,
    predicted: Share,
    gain: Share,
    width: f64,
}

const INSIDE: f64 = 0.02;

fn one(plan: &Plan, law: &'static dyn Law, seed: u64) -> Coverage {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let truths: Vec<Vec<f64>> = (0..TARGETS).map(|_| plausible(law, plan.k, &mut random)).collect();
    let data = drawn(plan, law, &truths, NOISE, &mut random);
    let exact = as_fitted(plan, law, &truths, &data);
    let study = fitted(law, &data);
    let (n, d) = plan.larger[1];
    let scenario = Scenario::new(Params(n), Tokens(d));
    let true_optimum = optimum(&exact, &scenario).expect("an optimum");
    let found = optimum(&study, &scenario).expect("an optimum");
    let compared = Compared::usual(&study, &scenario).expect("mixtures");
    let config = BootstrapConfig { replicates: REPLICATES, seed, ..BootstrapConfig::default() };
    let replicates = Bootstrap::new(&data, &study, &config).expect("mixtures");
    let outcomes: Vec<_> = (0..REPLICATES)
        .map(|index| {
            let replicate = replicates.replicate(index).expect("a replicate");
            outcome(&bootstrap::with_thetas(&study, &replicate), &scenario, &found, &compared).expect("an optimum")
        })
        .collect();
    let certainty = Certainty::of(&found, &outcomes).expect("outcomes");
    let mut coverage = Coverage::default();
    for (interval, truth) in certainty.mixture.iter().zip(&true_optimum.mixture) {
        let share = if *truth > INSIDE { &mut coverage.inside } else { &mut coverage.edge };
        share.add(interval.low <= truth + 1e-9 && interval.high >= truth - 1e-9);
        coverage.width += (interval.high - interval.low) / plan.k as f64;
    }
    for (interval, target) in certainty.losses.iter().zip(exact.targets()) {
        let truth = target.loss(Some(scenario.n), Some(scenario.d), &found.mixture).0;
        coverage.predicted.add(interval.covers(truth));
    }
    let true_gain = outcome(&exact, &scenario, &found, &compared).expect("an optimum").gains[0];
    coverage.gain.add(certainty.gains[0].covers(true_gain));
    coverage
}

fn coverage(out: &mut String, studies: usize) -> std::fmt::Result {
    writeln!(
        out,
        "| design | law | studies | h_i* > 2 % | h_i* ≤ 2 % | all h_i* | predicted loss | gain over uniform | mean width of h_i* |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
    for (plan, law) in [(&NMM, "additive"), (&LVM, "additive"), (&LLM, "additive"), (&NMM, "joint")] {
        eprintln!("coverage: {}, {law}", plan.name);
        let law_ref = by_id(law).expect("a law");
        let all: Vec<Coverage> = (0..studies as u64).into_par_iter().map(|seed| one(plan, law_ref, seed)).collect();
        let sum = |part: &dyn Fn(&Coverage) -> Share| {
            all.iter()
                .map(part)
                .fold(Share::default(), |a, b| Share { covered: a.covered + b.covered, of: a.of + b.of })
        };
        let (inside, edge) = (sum(&|c| c.inside), sum(&|c| c.edge));
        let both = Share { covered: inside.covered + edge.covered, of: inside.of + edge.of };
        writeln!(
            out,
            "| {} | {law} | {studies} | {} | {} | {} | {} | {} | {:.1} % |",
            plan.name,
            inside.percent(),
            edge.percent(),
            both.percent(),
            sum(&|c| c.predicted).percent(),
            sum(&|c| c.gain).percent(),
            100.0 * all.iter().map(|c| c.width).sum::<f64>() / studies as f64
        )?;
    }
    Ok(())
}

/// What the SlimPajama runs say of the optimum for 7B parameters and 150B tokens, all targets alike: wherever it is,
/// and inside the data.
fn slimpajama(out: &mut String, data: &Dataset, law: &'static dyn Law, n: usize) -> std::fmt::Result {
    eprintln!("SlimPajama: {n} replicates of the {} law", law.name());
    let targets: Vec<usize> = (0..data.targets().len()).collect();
    let fits = targets.par_iter().map(|&idx| fit(law, data, &[idx], &FitConfig::default(), &mut |_| {}));
    let fits = fits.collect::<Result<_, _>>().expect("a sound study");
    let study = FittedStudy::of(data, fits);
    let config = BootstrapConfig { replicates: n, ..BootstrapConfig::default() };
    let bootstrap = Bootstrap::new(data, &study, &config).expect("mixtures");
    let replicates: Vec<Replicate> =
        (0..n).into_par_iter().map(|index| bootstrap.replicate(index).expect("a replicate")).collect();
    for inside_data in [false, true] {
        let limits = Limits { inside_data, ..Limits::default() };
        let scenario = Scenario { limits, ..Scenario::new(Params(7e9), Tokens(150e9)) };
        certain(out, &study, &replicates, &scenario)?;
    }
    Ok(())
}

fn certain(out: &mut String, study: &FittedStudy, replicates: &[Replicate], scenario: &Scenario) -> std::fmt::Result {
    let (law, n) = (study.fits[0].law, replicates.len());
    let found = optimum(study, scenario).expect("an optimum");
    let compared = Compared::usual(study, scenario).expect("mixtures");
    let outcomes: Vec<Outcome> = replicates
        .par_iter()
        .map(|replicate| {
            outcome(&bootstrap::with_thetas(study, replicate), scenario, &found, &compared).expect("an optimum")
        })
        .collect();
    let certainty = Certainty::of(&found, &outcomes).expect("outcomes");
    let near = near_optimal(study, scenario, &found, DEFAULT_EPSILON).expect("ranges");
    let within = if scenario.limits.inside_data { ", inside the data" } else { "" };
    writeln!(
        out,
        "| {} law{within} | h* | 90 % of {n} replicates | middle half | near-optimal, 0.1 % | in the data | replicates outside |",
        law.name()
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    let range = |low: f64, high: f64| format!("{:.1} – {:.1} %", 100.0 * low, 100.0 * high);
    for (i, domain) in study.domains.iter().enumerate() {
        let mut weights: Vec<f64> = outcomes.iter().map(|outcome| outcome.mixture[i]).collect();
        weights.sort_by(f64::total_cmp);
        let quartile = |share| percentile(&weights, share).expect("replicates");
        writeln!(
            out,
            "| {domain} | {:.1} % | {} | {} | {} | {} | {:.1} % |",
            100.0 * found.mixture[i],
            range(certainty.mixture[i].low, certainty.mixture[i].high),
            range(quartile(0.25), quartile(0.75)),
            range(near[i].low, near[i].high),
            range(study.summary.weight_ranges[i].0, study.summary.weight_ranges[i].1),
            100.0 * certainty.outside[i],
        )?;
    }
    let loss = found.weighted_loss.0;
    writeln!(
        out,
        "\nWeighted loss {loss:.4} nats (90 % of replicates: {:.4} – {:.4}). Under a replicate's own laws this h* is worse than the replicate's own optimum by {:.5} nats ({:.3} %) for half of them, by at most {:.5} nats ({:.3} %) for 95 %.",
        certainty.weighted_loss.low,
        certainty.weighted_loss.high,
        certainty.regret.median,
        100.0 * certainty.regret.median / loss,
        certainty.regret.high,
        100.0 * certainty.regret.high / loss,
    )?;
    for (gain, other) in certainty.gains.iter().zip(compare(study, scenario, &found, &compared).expect("losses")) {
        writeln!(
            out,
            "Gain over {}: {:.5} nats (90 %: {:.5} – {:.5}){}.",
            other.compared.name,
            other.gain,
            gain.low,
            gain.high,
            if gain.excludes_zero() { "" } else { ": no detectable gain" }
        )?;
    }
    writeln!(out)?;
    let width = |i: &usize| certainty.mixture[*i].high - certainty.mixture[*i].low;
    let widest = (0..study.domains.len()).max_by(|a, b| width(a).total_cmp(&width(b))).expect("domains");
    let of_gain = |regret: f64| 100.0 * regret / certainty.gains.first().expect("uniform is compared").low;
    writeln!(
        out,
        "By the {} law{within} the weights are {}: 90 % of the replicates spread over up to {:.0} points ({}). In loss that costs {:.0} % of the gain over uniform (its lower end) for half of the replicates, up to {:.0} % for 95 %.\n",
        law.name(),
        if width(&widest) < DETERMINED { "determined to a few points" } else { "not determined to a few points" },
        100.0 * width(&widest),
        study.domains[widest],
        of_gain(certainty.regret.median),
        of_gain(certainty.regret.high),
    )
}

/// A weight known to this is determined, for those who mix data.
const DETERMINED: f64 = 0.05;

const HEAD: &str = "# How far its intervals hold, and what the SlimPajama runs determine

Written by `make uncertainty`.

## Predictions

Synthetic studies with known truth: θ drawn anew for each of two targets, the paper's designs, noise of 0.2 % that the
checkpoints of a run share and 0.1 % of each. Each study is fitted with all defaults, so that Mixlaw chooses how to
predict, and asked for new runs: at the one scale of the study, or at a larger one. The share of 90 % prediction
intervals that hold the new run's loss, or the difference of two new runs. Gains without 0 are those whose interval
excludes it; regret is the true loss of the recommended mixture above that of the best that the study's runs support.
Coverage on real runs is in accuracy.md.

The truths are the laws' own, and their γ may be larger than the 1 that Mixlaw's fits allow: on real runs the laws
predict better with that bound (accuracy.md), here they cannot be the truth where it has such a γ. What is told in the
next three paragraphs was found before there was that bound.

The recommended mixture lies at the edge of what the runs support, and often below all of them: its loss is
extrapolated, which cross-validation hardly ever asks for. The interval of a loss below those of all runs' mixtures
therefore reaches back to the best of them, and as far to the other side (src/predict/interval.rs). Without that 56 to
75 % of the intervals held the loss at the recommended mixture in designs of one scale with a joint truth, and 79 % in
LVM at larger scale; with an additive truth it was 85 to 96 %. Where the truth was joint, it was missed on either
side, more often by predicting too much of it than too little: where a loss falls steeply, a process that returns to
its mean promises less than is there. Where it was additive, the few that were missed were predicted too low, by 0.3
to 0.6 % on average in LLM. So one shift would not have served both. On pools of real runs the interval of the chosen
run held its loss as often before as that of any other (accuracy.md).

What else was tried, on seven designs of one scale, each with both truths, and 24 studies of each: coverage at the
recommended mixture, mean and least of the designs. The interval as it was held 77 and 56 %, as it is now 89 and 81 %.

- a factor from the quarter of the held-out mixtures that is predicted lowest: 83 and 67 %; with the term above 92 and
  85 %, a third wider again, and a sixth wider where the truth is additive and little was amiss;
- the disagreement of the candidates, squared, as a part of the variance: 83 and 60 %; with the term above 90 and
  83 %;
- a deviation that grows by 30 % towards the edge of what is supported, with the term above: 90 and 83 %;
- one and a half times the term: 91 and 83 %; the term from the best tenth of the runs on: 93 and 90 %, more than
  twice as wide.

None was worth another rule. On four designs that nobody had looked at before (LLM with 56 mixtures, LVM with 10; LVM
with 20 and NMM with 16 at four times the noise) the interval as it is held 89 % on average and 83 % at least, and new
mixtures 95 %.

What it missed was often one of two targets whose loss does not lie below its runs': the mixture is recommended for the
mean of both. For gains over another mixture the term counts as an independent error, as the square root of the sum of
squares: by the sum their intervals held 96 % on average in the lines of the table that follows and two more (LVM with 12
and with 20 mixtures), 79 % at least, and so they held 93 and 79 %, at three quarters of the width, when γ had no maximum yet.

";

const LAWS: &str = "
## Laws alone, by bootstrap

The law that made the losses is fitted with the paper's settings, bootstrapped with 200 replicates, and asked for the
mixture of a larger model. The share of 90 % intervals that hold the truth, which has no noise here:

";

const MECHANISM: &str = "\n## Does the SlimPajama study determine its optimum?

Each law is asked twice: for the best mixture wherever it is, and for the best one that keeps every weight between the
least and the largest in the data. The two differ for this reason. A replicate's fit may give a domain a term C h^γ with
a large C and a γ of 8 or more. Inside the data such a term is next to nothing, so the losses seen do not speak against
it, and it is a real minimum of that replicate's objective. Farther out it grows past all other terms of the mixture,
and the replicate's optimum jumps there. Such an optimum is extrapolated, and an interval that reaches it says how far
the law can be bent outside the data, not what the data say. The last column counts the replicates.

";

const FILE: &str = "docs/uncertainty.md";

fn main() {
    let argument = |at: usize, default: usize| std::env::args().nth(at).and_then(|n| n.parse().ok()).unwrap_or(default);
    let mut out = HEAD.to_string();
    predictions_table(&mut out, argument(3, 40)).expect("text");
    let studies = argument(1, 200);
    if studies == 0 {
        let written = std::fs::read_to_string(FILE).expect("docs/uncertainty.md as it was written");
        out.push_str(&written[written.find(LAWS).expect("a part on laws alone")..]);
        return std::fs::write(FILE, out).expect("docs/uncertainty.md can be written");
    }
    out.push_str(LAWS);
    coverage(&mut out, studies).expect("text");
    let folder = std::env::var_os("MIXLAW_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join("slimpajama_paper_split.csv")).expect("the SlimPajama runs");
    let data = import(&text, None).dataset.expect("a study");
    out.push_str(MECHANISM);
    for law in ["additive", "joint"] {
        slimpajama(&mut out, &data, by_id(law).expect("a law"), argument(2, 1000)).expect("text");
    }
    std::fs::write(FILE, out).expect("docs/uncertainty.md can be written");
}
