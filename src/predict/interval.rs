//! Prediction intervals: how far the loss of a new model may be from its prediction.
//!
//! With s the standard deviation that the process expects of ln L at (N, D, h), run effect and noise in it, d the
//! distance of the scale from those fitted, and g how far the prediction lies below those of all runs' mixtures at that
//! scale (0 where it does not), the half-width of a 90 % interval in ln L is
//!
//! ```text
//!     q s + b d + g
//! ```
//!
//! s is never less than a quarter of the median held-out error: a law with as many parameters as rows follows them so
//! closely that s says nothing. q makes the intervals of cross-validation cover what they say (split conformal prediction: Vovk et al. 2005, with one
//! draw a mixture, as the rows of a mixture share their errors), and shrinks towards that of all targets together, the more
//! the fewer mixtures there are; b is what the errors of the back-test have beyond that, per unit of distance, in the worst
//! split. The difference of two mixtures at one scale has an s, a q and a b of its own: what the process expects of both
//! alike cancels, and q and b are from differences of held-out errors. The half-width is √((q s + b d)² + g²), with the g of
//! both: by the sum the interval of a gain over uniform held 96 % in 16 synthetic designs, by this 93 %, at three quarters
//! of the width; losses of a joint truth need the sum.
//!
//! Of two sizes no back-test can ask how the loss falls with N: that of longer runs finds nothing beyond q s, so that b
//! is 0 or near it. They are the two ends of a line in ln N, each known to q s, and what one of them is off by moves the
//! line by so many times as N lies outside, in distances from one size to the other: b d is at least that. On pairs of
//! sizes of the SlimPajama runs and of Ye's the intervals of losses up to e times beyond held 43 to 98 % without it, and 97 %
//! or more with it, half as wide again; farther beyond they held 64 % on average, and 93 %.
//!
//! Rows that the user holds out are one more split: q and b are no less than what holds nine of ten of them.
//!
//! g is for the recommended mixture. Cross-validation hardly ever asks for a mixture better than all others, so that q
//! knows nothing of it: in synthetic studies q s alone held 56 to 75 % of the losses there where the truth was no
//! additive law. What lies below all runs is therefore taken to be known no better than how far below it lies, and the
//! interval of what is promised beyond the best run's mixture reaches back to that. It is a judgement, not an estimate:
//! one mixture a study is no sample. Where the recommended mixture is not below all runs, and at all others, it changes
//! nothing. What was tried instead is in docs/uncertainty.md.

use serde::{Deserialize, Serialize};

use super::validate::{Errors, HeldOut, HeldOutGain, Question, SAME_SCALE};
use crate::fit::LEVEL;
use crate::order::sort;

/// How wide the intervals of one target are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Of a loss.
    pub loss: Widths,
    /// Of the difference of two losses at one scale.
    pub gain: Widths,
}

/// The half-width of an interval in ln L: `within` deviations, and `beyond` per unit of distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Widths {
    /// q.
    pub within: f64,
    /// b; absent where no back-test is possible, so that nothing is known of other scales.
    pub beyond: Option<f64>,
    /// The least deviation that is believed; 0 in files of before.
    #[serde(default)]
    pub least: f64,
}

/// The least deviation that is believed, in median held-out errors. A judgement: where deviations say anything they are
/// of the size of the errors.
const BELIEVED: f64 = 0.25;

impl Widths {
    /// The half-width that comes from unseen mixtures, and that from another scale; nothing where that is not known.
    /// `steps` is how far N lies outside two sizes, in distances from one to the other.
    pub fn half_widths(&self, deviation: f64, distance: f64, steps: f64) -> Option<(f64, f64)> {
        let within = self.within * deviation.max(self.least);
        let beyond = if distance <= SAME_SCALE { 0.0 } else { (self.beyond? * distance).max(within * steps) };
        Some((within, beyond))
    }
}

/// So many blocks of one target's own count as much as all targets together.
const OWN_BLOCKS: f64 = 20.0;

/// The calibration of each target, from the held-out errors of the predictor; none without any.
pub(super) fn calibrations(errors: &Errors, n_targets: usize, blocks: &[usize]) -> Vec<Calibration> {
    let losses = |question: Question| -> Vec<Error> {
        let of_question = errors.losses.iter().filter(move |held_out| held_out.question == question);
        let one = |h: &HeldOut| Error {
            target: h.target,
            size: h.error.abs(),
            deviation: h.deviation,
            distance: h.distance,
            split: h.split,
        };
        of_question.map(one).collect()
    };
    let gains = |question: Question| -> Vec<Error> {
        let of_question = errors.gains.iter().filter(move |held_out| held_out.question == question);
        let one = |h: &HeldOutGain| Error {
            target: h.target,
            size: h.error.abs(),
            deviation: h.deviation,
            distance: h.distance,
            split: 0,
        };
        of_question.map(one).collect()
    };
    let of = |question: Question| errors.losses.iter().filter(move |h| h.question == question);
    let n_blocks = distinct(of(Question::Unseen).map(|h| blocks[h.observation_idx])).len();
    let splits = distinct(of(Question::Larger).map(|h| h.split));
    let loss = widths(&losses(Question::Unseen), &losses(Question::Larger), n_targets, n_blocks, Some(&splits));
    // Where each mixture was held out alone there are no differences, and those of losses have to do.
    let unseen = gains(Question::Unseen);
    let unseen = if unseen.is_empty() { losses(Question::Unseen) } else { unseen };
    let gain = widths(&unseen, &gains(Question::Larger), n_targets, n_blocks, None);
    loss.into_iter().zip(gain).map(|(loss, gain)| Calibration { loss, gain }).collect()
}

/// Widens the intervals of losses so that they would have held nine of ten of the rows that the user holds out.
pub(super) fn widen(calibrations: &mut [Calibration], held_out: &[HeldOut]) {
    for (target, Calibration { loss, .. }) in calibrations.iter_mut().enumerate() {
        let of_target = || held_out.iter().filter(|held_out| held_out.target == target);
        let expected = |held_out: &HeldOut| held_out.deviation.max(loss.least);
        let near = of_target().filter(|held_out| held_out.distance <= SAME_SCALE);
        let within = quantile(near.map(|held_out| held_out.error.abs() / expected(held_out)), LEVEL);
        let within = within.map_or(loss.within, |within| within.max(loss.within));
        let far = of_target().filter(|held_out| held_out.distance > SAME_SCALE);
        let excess =
            |held_out: &HeldOut| (held_out.error.abs() - within * expected(held_out)).max(0.0) / held_out.distance;
        let beyond = quantile(far.map(excess), LEVEL);
        *loss =
            Widths { within, beyond: beyond.map_or(loss.beyond, |b| Some(loss.beyond.unwrap_or(0.0).max(b))), ..*loss };
    }
}

/// An error in ln L beside the deviation that was expected.
struct Error {
    target: usize,
    size: f64,
    deviation: f64,
    distance: f64,
    split: usize,
}

fn distinct(values: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut values: Vec<usize> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// With `splits`, errors of one split share what another scale does to all of them, so that a split counts as one draw.
fn widths(
    unseen: &[Error],
    larger: &[Error],
    n_targets: usize,
    n_blocks: usize,
    splits: Option<&[usize]>,
) -> Vec<Widths> {
    // Of n blocks the (n + 1)·0.9-th smallest, not the n·0.9-th: one more is drawn.
    let level = (LEVEL * (n_blocks as f64 + 1.0) / n_blocks.max(1) as f64).min(1.0);
    let least: Vec<f64> = (0..n_targets)
        .map(|target| {
            let sizes = unseen.iter().filter(|error| error.target == target).map(|error| error.size);
            BELIEVED * quantile(sizes, 0.5).unwrap_or(0.0)
        })
        .collect();
    let expected = |error: &Error| error.deviation.max(least[error.target]);
    let ratios = |target: Option<usize>| {
        let of_target = unseen.iter().filter(|error| target.is_none_or(|target| error.target == target));
        quantile(of_target.map(|error| error.size / expected(error)), level)
    };
    // Without any cross-validation the process is taken at its word, as a normal one.
    let pooled = ratios(None).unwrap_or(NORMAL);
    let own_share = n_blocks as f64 / (n_blocks as f64 + OWN_BLOCKS);
    let within: Vec<f64> = (0..n_targets)
        .map(|target| ratios(Some(target)).map_or(pooled, |own| own_share * own + (1.0 - own_share) * pooled))
        .collect();
    // Of each target and split (or of all splits together) what its errors have beyond, per unit of distance.
    let of_split = |target: usize, split: Option<usize>| {
        let of_both = larger.iter().filter(|error| error.target == target && split.is_none_or(|it| it == error.split));
        let excess = |error: &Error| (error.size - within[target] * expected(error)).max(0.0) / error.distance;
        quantile(of_both.map(excess), LEVEL)
    };
    let splits: Vec<Option<usize>> = splits.map_or(vec![None], |splits| splits.iter().copied().map(Some).collect());
    let own: Vec<Vec<f64>> =
        (0..n_targets).map(|target| splits.iter().filter_map(|&split| of_split(target, split)).collect()).collect();
    // Targets differ in how far their losses vary at all: what is shared is the excess in units of that.
    let unit = |target: usize| {
        let deviations = larger.iter().filter(|error| error.target == target).map(expected);
        quantile(deviations, 0.5).map(|deviation| within[target] * deviation)
    };
    let units: Vec<Option<f64>> = (0..n_targets).map(unit).collect();
    let shared = own.iter().zip(&units).flat_map(|(own, unit)| own.iter().filter_map(move |own| Some(own / (*unit)?)));
    let shared = quantile(shared, LEVEL);
    // Splits are few: the worst of a target's own, and no less than nine of ten of all targets' have.
    let beyond = |target: usize| {
        let worst = own[target].iter().copied().fold(0.0, f64::max);
        (!own[target].is_empty())
            .then(|| worst.max(shared.zip(units[target]).map_or(0.0, |(shared, unit)| shared * unit)))
    };
    (0..n_targets)
        .map(|target| Widths { within: within[target], beyond: beyond(target), least: least[target] })
        .collect()
}

/// Half the width of a normal distribution's 90 % interval, in standard deviations.
const NORMAL: f64 = 1.644_853_626_951_472_7;

/// The least value that this share of the values does not exceed.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sort(&mut sorted);
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(at.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// How the standardised errors of the targets go together, about 0: Σ z_j z_k / √(Σ z_j² Σ z_k²) over the rows of the
/// cross-validation that both have; m × m, row by row.
pub(super) fn correlations(held_out: &[HeldOut], n_targets: usize, n_rows: usize) -> Vec<f64> {
    let mut of_row = vec![f64::NAN; n_rows * n_targets];
    for h in held_out.iter().filter(|h| h.question == Question::Unseen) {
        of_row[h.observation_idx * n_targets + h.target] = h.error / h.deviation;
    }
    let mut out = vec![0.0; n_targets * n_targets];
    for j in 0..n_targets {
        for k in 0..n_targets {
            let (mut jk, mut jj, mut kk) = (0.0, 0.0, 0.0);
            for row in of_row.chunks_exact(n_targets.max(1)) {
                if row[j].is_finite() && row[k].is_finite() {
                    jk += row[j] * row[k];
                    jj += row[j] * row[j];
                    kk += row[k] * row[k];
                }
            }
            // What is not known goes together in full, which makes intervals no narrower.
            out[j * n_targets + k] = if jj > 0.0 && kk > 0.0 { jk / (jj * kk).sqrt() } else { 1.0 };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sample() {
        let values = [3.0, 1.0, 2.0, 5.0, 4.0];
        assert_eq!(quantile(values.into_iter(), 0.9), Some(5.0));
        assert_eq!(quantile(values.into_iter(), 0.6), Some(3.0));
        assert_eq!(quantile(values.into_iter(), 0.0), Some(1.0));
        assert_eq!(quantile([].into_iter(), 0.9), None);
    }

    #[test]
    fn other_scales_without_a_back_test_have_no_width() {
        let widths = Widths { within: 2.0, beyond: None, least: 0.0 };
        assert_eq!(widths.half_widths(0.01, 0.0, 0.0), Some((0.02, 0.0)));
        assert_eq!(widths.half_widths(0.01, 0.7, 0.0), None);
        let widths = Widths { within: 2.0, beyond: Some(0.1), least: 0.02 };
        assert_eq!(widths.half_widths(0.03, 0.5, 0.0), Some((0.06, 0.05)));
        // Two sizes are the ends of a line, and what is not known of one of them moves it.
        assert_eq!(widths.half_widths(0.03, 0.5, 0.5), Some((0.06, 0.05)));
        assert_eq!(widths.half_widths(0.03, 0.5, 3.0), Some((0.06, 0.18)));
        // A deviation that a law too close to its rows makes of nothing is not believed.
        assert_eq!(widths.half_widths(0.0, 0.5, 0.0), Some((0.04, 0.05)));
    }
}
