//! Synthetic studies to begin with: drawn from a known law, never passed off as real runs.
//!
//! [`llm`] has the shape of the language-model study of Shukor et al. 2025 (arXiv:2507.09404), smaller: its
//! losses come from joint laws that this library fitted to the runs of that study (the fit file beside this
//! one), with noise of the size of those fits' residuals. The sizes, token counts and mixtures are our own.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::export::fit_file::{self, FitFileError};
use crate::fit::FittedStudy;
use crate::units::{Params, Tokens};

/// What the page shows above the first study.
pub const LLM_TITLE: &str = "Example study: synthetic";
/// Where its numbers come from, for its reader.
pub const LLM_SOURCE: &str = "Not real runs: 7 domains, 5 model sizes and 8 targets, drawn from joint laws fitted \
to the SlimPajama runs of Shukor et al. 2025, with noise. Paste your own runs to replace it.";

/// The seed of the mixtures and the noise.
const SEED: u64 = 20_250_714;
/// Every domain has at least this weight.
const FLOOR: f64 = 0.02;
/// Weights are whole numbers of this part, so that they sum to 1 as written.
const PARTS: usize = 1000;
/// Standard deviation of ln loss that the checkpoints of one run share, and of each for itself.
const RUN_NOISE: f64 = 0.002;
const CHECKPOINT_NOISE: f64 = 0.001;
/// Model size, number of mixtures, tokens at the checkpoints, and what the `split` column says.
const LADDER: [(f64, usize, [f64; 4], &str); 5] = [
    (200e6, 32, [4e9, 8e9, 12e9, 16e9], "fit"),
    (400e6, 24, [6e9, 12e9, 18e9, 24e9], "fit"),
    (800e6, 24, [8e9, 16e9, 24e9, 32e9], "fit"),
    (1.6e9, 16, [12e9, 24e9, 36e9, 48e9], "fit"),
    (3.2e9, 4, [25e9, 50e9, 75e9, 100e9], "holdout"),
];

/// The laws that the example is drawn from.
///
/// # Errors
/// None, as a test shows: the file is part of the program.
pub fn llm_truth() -> Result<FittedStudy, FitFileError> {
    fit_file::read(include_str!("slimpajama_joint.json"))
}

/// The example study as a CSV text: weights, `model_size`, `n_tokens`, losses in nats, `split`.
///
/// # Errors
/// None, as a test shows: see [`llm_truth`].
pub fn llm() -> Result<String, FitFileError> {
    let truth = llm_truth()?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let n_mixtures = LADDER.iter().map(|(_, n_mixtures, ..)| *n_mixtures).max().unwrap_or(0);
    let mixtures: Vec<Vec<usize>> = (0..n_mixtures).map(|_| mixture(truth.domains.len(), &mut random)).collect();
    let mut header: Vec<String> = truth.domains.iter().map(|domain| format!("weight_{domain}")).collect();
    header.extend(["model_size".into(), "n_tokens".into()]);
    header.extend(truth.targets().map(|target| target.name.to_string()));
    header.push("split".into());
    let mut lines = vec![header.join(",")];
    for (n, n_mixtures, checkpoints, split) in LADDER {
        for parts in &mixtures[..n_mixtures] {
            let weights: Vec<f64> = parts.iter().map(|&part| part as f64 / PARTS as f64).collect();
            let run_noise: Vec<f64> = truth.targets().map(|_| RUN_NOISE * normal(&mut random)).collect();
            for d in checkpoints {
                let mut cells: Vec<String> = weights.iter().map(f64::to_string).collect();
                cells.extend([format!("{n:.0}"), format!("{d:.0}")]);
                for (target, run_noise) in truth.targets().zip(&run_noise) {
                    let loss = target.loss(Some(Params(n)), Some(Tokens(d)), &weights).0;
                    let noise = run_noise + CHECKPOINT_NOISE * normal(&mut random);
                    cells.push(format!("{:.4}", loss * libm::exp(noise)));
                }
                cells.push(split.into());
                lines.push(cells.join(","));
            }
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// A mixture drawn evenly from the simplex above [`FLOOR`] (Dirichlet with all ones), in whole parts.
fn mixture(k: usize, random: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let draws: Vec<f64> = (0..k).map(|_| -libm::log(1.0 - random.random::<f64>())).collect();
    let sum: f64 = draws.iter().sum();
    let exact: Vec<f64> =
        draws.iter().map(|draw| PARTS as f64 * (FLOOR + (1.0 - FLOOR * k as f64) * draw / sum)).collect();
    let mut parts: Vec<usize> = exact.iter().map(|exact| *exact as usize).collect();
    // What rounding down leaves goes to the largest remainders.
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let missing = PARTS - parts.iter().sum::<usize>();
    for &i in order.iter().cycle().take(missing) {
        parts[i] += 1;
    }
    parts
}

/// A standard normal deviate (Box & Muller 1958).
fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - random.random::<f64>()));
    radius * libm::cos(std::f64::consts::TAU * random.random::<f64>())
}
