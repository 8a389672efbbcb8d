//! The learning curve: the error on unseen mixtures against the number of mixtures fitted, to answer whether the runs
//! were enough.
//!
//! Each fold of the cross-validation is predicted from a quarter, a half, three quarters and all of the other mixtures.
//! The parts are nested and the held-out mixtures the same, so that the points differ by the number of mixtures alone.

use serde::{Deserialize, Serialize};

use super::choice::Workers;
use super::study::FittedStudy;
use super::validate::{self, HeldOut, Question, Split};
use crate::dataset::Dataset;
use crate::fit;

/// Shares of the mixtures that are fitted.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];
/// Fewer mixtures than this are no part to fit.
const LEAST_MIXTURES: usize = 4;

/// One point of the learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    /// Mixtures fitted, on average over the folds.
    pub mixtures: f64,
    /// Mean relative error on the mixtures held out, in percent, averaged over targets.
    pub mre_percent: f64,
}

/// The learning curve of the study's own predictor; empty where there are too few mixtures.
pub fn learning_curve(dataset: &Dataset, study: &FittedStudy, workers: &impl Workers) -> Vec<LearningPoint> {
    let Some(first) = study.fits.first() else { return Vec::new() };
    let weights = fit::weights(dataset, &first.report.config);
    let rows: Vec<bool> = weights.iter().map(|weight| *weight > 0.0).collect();
    let blocks = validate::blocks(dataset);
    let folds = validate::splits(dataset, &rows).into_iter().filter(|split| split.question == Question::Unseen);
    let parts: Vec<(usize, usize, Split)> = folds.flat_map(|fold| parts(&fold, &blocks)).collect();
    let target_idxs: Vec<usize> = validate::targets(dataset, &study.fits).into_iter().map(|(.., idx)| idx).collect();
    let known = |_| study.processes.iter().map(|process| process.hyperparameters().clone()).collect();
    let errors: Vec<Option<f64>> = workers.map(parts.len(), |job| {
        let (.., split) = &parts[job];
        let refits = validate::refits(dataset, &study.fits, split, job as u64).ok()?;
        let held_out = validate::held_out(dataset, &refits, &[study.form], (job, split), &known).swap_remove(0);
        error(&held_out.losses, target_idxs.len())
    });
    let of_share = |share_idx: usize| {
        let of = parts.iter().zip(&errors).filter(|((idx, ..), _)| *idx == share_idx);
        let of: Vec<(usize, f64)> = of.filter_map(|((_, n, _), error)| Some((*n, (*error)?))).collect();
        Some(LearningPoint {
            mixtures: validate::mean(of.iter().map(|(n, _)| *n as f64))?,
            mre_percent: validate::mean(of.iter().map(|(_, error)| *error))?,
        })
    };
    (0..SHARES.len()).filter_map(of_share).collect()
}

/// The fold with parts of its other mixtures: the share's position, the mixtures fitted, and the split.
fn parts(fold: &Split, blocks: &[usize]) -> Vec<(usize, usize, Split)> {
    let mut others: Vec<usize> = (0..blocks.len()).filter(|&i| fold.train[i]).map(|i| blocks[i]).collect();
    others.sort_unstable();
    others.dedup();
    // Spread over the order of the runs, in which neighbours may be alike; see the folds.
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let places: Vec<f64> = (0..others.len()).map(|i| (i as f64 * GOLDEN).fract()).collect();
    let order = crate::order::ascending(&places);
    SHARES
        .iter()
        .enumerate()
        .map(|(idx, share)| (idx, (share * others.len() as f64).round() as usize))
        .filter(|(_, n)| *n >= LEAST_MIXTURES)
        .map(|(idx, n)| {
            let kept: std::collections::HashSet<usize> = order[..n].iter().map(|&at| others[at]).collect();
            let train = (0..blocks.len()).map(|i| fold.train[i] && kept.contains(&blocks[i])).collect();
            (idx, n, Split { question: Question::Unseen, train, test: fold.test.clone() })
        })
        .collect()
}

fn error(held_out: &[HeldOut], n_targets: usize) -> Option<f64> {
    let of_target = |target: usize| {
        let of_target = held_out.iter().filter(|held_out| held_out.target == target);
        validate::mean(of_target.map(|held_out| 100.0 * (libm::exp(held_out.error) - 1.0).abs()))
    };
    validate::mean((0..n_targets).filter_map(of_target))
}

/// What the curve says of more runs, in a sentence.
pub fn learning_sentence(curve: &[LearningPoint]) -> Option<String> {
    /// A fall of less than this from three quarters of the mixtures to all is none.
    const FLAT: f64 = 0.05;
    let [.., before, last] = curve else { return None };
    let fall = 1.0 - last.mre_percent / before.mre_percent;
    Some(if fall > FLAT {
        format!(
            "the error still falls: by {:.0} % from {:.0} to {:.0} mixtures; more mixtures would lower it further",
            100.0 * fall,
            before.mixtures,
            last.mixtures
        )
    } else {
        format!("the error has levelled off by {:.0} mixtures; more of them would change little", last.mixtures)
    })
}
