//! Synthetic studies to begin with: drawn from known laws, never passed off as real runs.
//!
//! [`llm`] has the shape of the language-model study of Shukor et al. 2025 (arXiv:2507.09404), smaller: its losses come
//! from joint laws that this library fitted to the runs of that study (the fit file beside this one), with noise of the
//! size of those fits' residuals. The others come from laws drawn at random ([`plausible`]): their sizes, token counts
//! and numbers of mixtures are those of the study that they are named after, their losses are nobody's.

mod draw;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use draw::{Noise, Rung, table};

pub use crate::design::plausible;
use crate::design::plausible_of;
use crate::export::fit_file;
use crate::law::{Law, Shape, by_id};
use crate::mixture::{Aim, Budget, Limits, Prior, Scenario};
use crate::predict::FittedStudy;
use crate::units::{Flops, Params, Tokens};

/// A synthetic study with the law and the scenario that show its point.
pub struct Sample {
    /// Its name for machines.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Where its numbers come from, and what to see.
    pub about: &'static str,
    /// Id of the law to fit; none where validation chooses.
    pub law: Option<&'static str>,
    /// The next model.
    pub scenario: fn() -> Scenario,
    /// The runs as a CSV text: weights, `model_size`, `n_tokens`, losses in nats, `split`.
    pub text: fn() -> String,
}

/// All samples; the first is what the page opens with.
pub static SAMPLES: [Sample; 5] = [
    Sample {
        id: "llm",
        title: "language models, 7 domains",
        about: "Not real runs: 7 domains, 5 model sizes and 8 targets, drawn from joint laws fitted to the SlimPajama \
            runs of Shukor et al. 2025, with noise. The largest size is held out. Paste your own runs to replace it.",
        law: None,
        scenario: || Scenario::new(Params(7e9), Tokens(150e9)),
        text: llm,
    },
    Sample {
        id: "nmm",
        title: "multimodal models, 3 domains",
        about: "Not real runs: the sizes, tokens and mixtures of the multimodal study of Shukor et al. 2025 (NMM), losses \
            from joint laws drawn at random. Its point: the optimum moves with the scale; follow it along N and D.",
        law: Some("joint"),
        scenario: || Scenario { aim: Aim::Worst, ..Scenario::new(Params(8e9), Tokens(160e9)) },
        text: nmm,
    },
    Sample {
        id: "lvm",
        title: "vision models, 4 domains, little of the best data",
        about: "Not real runs: the sizes, tokens and mixtures of the vision study of Shukor et al. 2025 (LVM), losses from \
            additive laws drawn at random. Its point: two domains have few tokens in stock, and their prices say what \
            one more epoch would be worth.",
        law: Some("additive"),
        scenario: lvm_scenario,
        text: lvm,
    },
    Sample {
        id: "swarm",
        title: "a swarm of small runs at one scale, 5 domains",
        about: "Not real runs: 96 mixtures of 5 domains at one size and one number of tokens, as RegMix trains them, losses \
            drawn from a random law. Its point: without a change of scale the law has no term in N and D, and a prior \
            keeps the optimum near the corpus.",
        law: Some("m4"),
        scenario: swarm_scenario,
        text: swarm,
    },
    Sample {
        id: "scaling",
        title: "a scaling study without mixtures",
        about: "Not real runs: nine compute budgets with seven sizes each, one loss drawn from Chinchilla's law with the \
            parameters of Hoffmann et al. 2022. Its point: a study without mixtures is fitted as well, and any other law is measured against this one.",
        law: Some("chinchilla"),
        scenario: || Scenario { budget: Budget::Compute(Flops(1e23)), ..Scenario::new(Params(7e9), Tokens(150e9)) },
        text: scaling,
    },
];

/// The sample of that id.
pub fn sample(id: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.id == id)
}

/// The laws that [`llm`] is drawn from.
pub fn llm_truth() -> FittedStudy {
    let (study, _) = fit_file::read(include_str!("slimpajama_joint.json")).expect("the file is part of the program");
    study
}

/// The example study.
pub fn llm() -> String {
    const SEED: u64 = 20_250_714;
    const LADDER: [Rung; 5] = [
        Rung { n: Some(200e6), mixtures: 32, tokens: &[4e9, 8e9, 12e9, 16e9], split: "fit" },
        Rung { n: Some(400e6), mixtures: 24, tokens: &[6e9, 12e9, 18e9, 24e9], split: "fit" },
        Rung { n: Some(800e6), mixtures: 24, tokens: &[8e9, 16e9, 24e9, 32e9], split: "fit" },
        Rung { n: Some(1.6e9), mixtures: 16, tokens: &[12e9, 24e9, 36e9, 48e9], split: "fit" },
        Rung { n: Some(3.2e9), mixtures: 4, tokens: &[25e9, 50e9, 75e9, 100e9], split: "holdout" },
    ];
    const NOISE: Noise = Noise { run: 0.002, checkpoint: 0.001 };
    let truth = llm_truth();
    let domains: Vec<&str> = truth.domains.iter().map(String::as_str).collect();
    let targets: Vec<_> = truth.targets().map(|target| (target.name, &target.fit.shape, &target.fit.theta)).collect();
    let law = truth.fits[0].law;
    table(&domains, law, &targets, &LADDER, NOISE, 0.02, &mut Xoshiro256PlusPlus::seed_from_u64(SEED))
}

const NOISE: Noise = Noise { run: 0.001, checkpoint: 0.0005 };

fn nmm() -> String {
    const TOKENS: &[f64] = &[20e9, 45e9, 70e9, 100e9];
    const LADDER: [Rung; 6] = [
        Rung { n: Some(106e6), mixtures: 32, tokens: TOKENS, split: "fit" },
        Rung { n: Some(275e6), mixtures: 31, tokens: TOKENS, split: "fit" },
        Rung { n: Some(616e6), mixtures: 30, tokens: TOKENS, split: "fit" },
        Rung { n: Some(932e6), mixtures: 34, tokens: TOKENS, split: "fit" },
        Rung { n: Some(2.3e9), mixtures: 8, tokens: &[100e9, 160e9], split: "holdout" },
        Rung { n: Some(8e9), mixtures: 4, tokens: &[100e9, 160e9], split: "holdout" },
    ];
    drawn(
        "joint",
        &["text", "interleaved", "image-caption"],
        &["text", "interleaved", "image-caption"],
        &LADDER,
        0.04,
        3,
    )
}

fn lvm() -> String {
    const TOKENS: &[f64] = &[17e9, 50e9, 100e9, 170e9];
    const LADDER: [Rung; 5] = [
        Rung { n: Some(89e6), mixtures: 32, tokens: TOKENS, split: "fit" },
        Rung { n: Some(157e6), mixtures: 32, tokens: TOKENS, split: "fit" },
        Rung { n: Some(306e6), mixtures: 15, tokens: TOKENS, split: "fit" },
        Rung { n: Some(531e6), mixtures: 16, tokens: TOKENS, split: "fit" },
        Rung { n: Some(1.1e9), mixtures: 8, tokens: &[17e9, 170e9, 334e9], split: "holdout" },
    ];
    let domains = ["noisy", "synthetic", "high-quality-1", "high-quality-2"];
    drawn("additive", &domains, &domains, &LADDER, 0.04, 5)
}

fn lvm_scenario() -> Scenario {
    let stocks = [("high-quality-1", 15e9), ("high-quality-2", 10e9)];
    Scenario {
        limits: Limits {
            stocks: stocks.map(|(domain, tokens)| (domain.to_string(), Tokens(tokens))).to_vec(),
            most_epochs: Some(4.0),
            ..Limits::default()
        },
        ..Scenario::new(Params(1.1e9), Tokens(334e9))
    }
}

fn swarm() -> String {
    const LADDER: [Rung; 2] = [
        Rung { n: None, mixtures: 96, tokens: &[], split: "fit" },
        Rung { n: None, mixtures: 16, tokens: &[], split: "holdout" },
    ];
    let domains = ["web", "code", "books", "papers", "forums"];
    drawn("m4", &domains, &["web", "code", "qa"], &LADDER, 0.0, 7)
}

fn swarm_scenario() -> Scenario {
    let corpus = [("web", 0.6), ("code", 0.15), ("books", 0.1), ("papers", 0.1), ("forums", 0.05)];
    let corpus = corpus.map(|(domain, weight)| (domain.to_string(), weight)).to_vec();
    Scenario {
        prior: Some(Prior { mixture: corpus.clone(), kl: 0.05 }),
        limits: Limits { present: corpus, ..Limits::default() },
        ..Scenario::new(Params(1e9), Tokens(1e9))
    }
}

/// Budgets of C = 6 N D from 10¹⁸ to 10²², with seven sizes around the best of each; the two largest are held out.
fn scaling() -> String {
    let law = by_id("chinchilla").expect("a law");
    let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
    let shape = Shape { n_domains: 0, ..Shape::whole(0) };
    // E, A, B, α, β of Hoffmann et al. 2022, eq. 10.
    let theta = law.inside(&shape, &[1.69, 406.4, 410.7, 0.34, 0.28]).expect("values that the formula allows");
    let mut lines = vec!["params,tokens,loss,split".to_string()];
    for budget in 0..9 {
        let compute = 1e18 * 10f64.powf(0.5 * f64::from(budget));
        for size in -3..=3 {
            let n = (compute / 120.0).sqrt() * 2f64.powf(0.5 * f64::from(size));
            // As the table says them.
            let [n, d] = [n, compute / (6.0 * n)].map(|count| (count / 1e6).round() * 1e6);
            let noisy = draw::loss(law, &shape, &theta, Some(n), Some(d), &[]) * draw::factor(0.002, &mut random);
            let split = if budget < 7 { "fit" } else { "holdout" };
            lines.push(format!("{n:.0},{d:.0},{noisy:.4},{split}"));
        }
    }
    lines.join("\n") + "\n"
}

/// No loss of a sample is higher, in nats per token.
const HIGHEST: f64 = 5.0;

/// A study of random laws of that kind, one for each target.
fn drawn(law: &str, domains: &[&str], targets: &[&str], ladder: &[Rung], floor: f64, seed: u64) -> String {
    let law: &'static dyn Law = by_id(law).expect("a law");
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let varies = ladder.iter().any(|rung| rung.n.is_some());
    let shape = Shape { n_term: varies, d_term: varies, ..Shape::whole(domains.len()) };
    // A small model that sees little of what it is asked for still knows something.
    let highest = |theta: &[f64]| {
        let k = domains.len();
        let corner =
            |i: usize| -> Vec<f64> { (0..k).map(|j| if i == j { 0.9 } else { 0.1 / (k - 1) as f64 }).collect() };
        (0..k).map(|i| draw::loss(law, &shape, theta, Some(1e8), Some(2e10), &corner(i))).fold(0.0, f64::max)
    };
    let thetas: Vec<Vec<f64>> = (0..targets.len())
        .map(|_| {
            loop {
                let theta = plausible_of(law, &shape, &mut random);
                if highest(&theta) < HIGHEST {
                    break theta;
                }
            }
        })
        .collect();
    let names: Vec<String> = targets.iter().map(|target| format!("{target}_loss")).collect();
    let targets: Vec<_> = names.iter().zip(&thetas).map(|(name, theta)| (name.as_str(), &shape, theta)).collect();
    table(domains, law, &targets, ladder, NOISE, floor, &mut random)
}
