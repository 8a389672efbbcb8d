//! Draws from what is known of Q: which mixture is how likely the best, and what is lost by choosing now.
//!
//! What is normal is the logarithm of what can be reduced of a loss, ln(Q − c) with c a share of the least: a mixture that is
//! predicted to be much worse than the best may well be worse still, but hardly better than the best. Drawn as normal
//! in Q itself, such mixtures made the expected regret several times what it turned out to be. Means stay what they are, so
//! that what is learnt never makes the choice worse on average.

use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::budget::BeforeAfter;
use super::knowledge::root;

/// Draws, half of them mirror images of the others. Of 1024 the expected regret is good to a few percent.
const DRAWS: usize = 1024;

/// Share of the least loss that no mixture takes away, as for the processes of [`crate::gp`].
const IRREDUCIBLE: f64 = 0.8;

/// c of some means.
pub(super) fn floor(means: &[f64]) -> f64 {
    IRREDUCIBLE * means.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Of each place, the probability that Q is least there.
pub(super) fn probabilities(
    means: &[f64],
    floor: Option<f64>,
    covariance: &DMatrix<f64>,
    allowed: &[bool],
    seed: u64,
) -> Vec<f64> {
    let none = vec![0.0; means.len()];
    let variances: Vec<f64> = (0..means.len()).map(|at| covariance[(at, at)]).collect();
    let mut shares = vec![0.0; means.len()];
    let root = root(covariance);
    for z in Normals::new(means.len(), seed) {
        shares[least(&losses(means, floor, &moved(&none, &root, &z), &variances), allowed)] += 1.0 / DRAWS as f64;
    }
    shares
}

/// The expected regret now, and after runs that move the means by these parts; `left` is the covariance after them.
pub(super) fn regret(
    means: &[f64],
    floor: Option<f64>,
    parts: &[Vec<f64>],
    left: &DMatrix<f64>,
    allowed: &[bool],
    seed: u64,
) -> BeforeAfter {
    let n = means.len();
    let root = root(left);
    let now = least(means, allowed);
    let of_runs: Vec<f64> = (0..n).map(|at| parts.iter().map(|part| part[at] * part[at]).sum()).collect();
    let of_all: Vec<f64> = of_runs.iter().enumerate().map(|(at, of_runs)| of_runs + left[(at, at)]).collect();
    let mut sum = BeforeAfter { now: 0.0, after: 0.0 };
    for z in Normals::new(parts.len() + n, seed) {
        let (shown, rest) = z.split_at(parts.len());
        let mut learnt = vec![0.0; n];
        for (part, z) in parts.iter().zip(shown) {
            learnt.iter_mut().zip(part).for_each(|(change, moved)| *change += moved * z);
        }
        let truth = losses(means, floor, &moved(&learnt, &root, rest), &of_all);
        let learnt = losses(means, floor, &learnt, &of_runs);
        let best = truth[least(&truth, allowed)];
        sum.now += (truth[now] - best) / DRAWS as f64;
        sum.after += (truth[least(&learnt, allowed)] - best) / DRAWS as f64;
    }
    // More is lost than now only by the chance of the draws.
    BeforeAfter { after: sum.after.min(sum.now), ..sum }
}

/// The losses that have moved so far, of changes with those variances: as they are, or with a floor c and v the variance
/// as c + (mean − c) exp(change/(mean − c) − v/(2 (mean − c)²)), whose mean is the mean.
fn losses(means: &[f64], floor: Option<f64>, changes: &[f64], variances: &[f64]) -> Vec<f64> {
    let moved = |((mean, change), variance): ((&f64, &f64), &f64)| match floor {
        Some(floor) => {
            let unit = mean - floor;
            floor + unit * libm::exp(change / unit - 0.5 * variance / (unit * unit))
        }
        None => mean + change,
    };
    means.iter().zip(changes).zip(variances).map(moved).collect()
}

/// The position of the least value that may be chosen.
fn least(values: &[f64], allowed: &[bool]) -> usize {
    let may = (0..values.len()).filter(|&i| allowed[i]);
    may.min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}

/// from + root · z
fn moved(from: &[f64], root: &DMatrix<f64>, z: &[f64]) -> Vec<f64> {
    let mut out = from.to_vec();
    for (j, z) in z.iter().enumerate() {
        for (i, out) in out.iter_mut().enumerate().skip(j) {
            *out += root[(i, j)] * z;
        }
    }
    out
}

/// Vectors of standard normal deviates (Box & Muller 1958), each followed by its mirror image.
struct Normals {
    random: Xoshiro256PlusPlus,
    n: usize,
    given: usize,
    last: Vec<f64>,
}

impl Normals {
    fn new(n: usize, seed: u64) -> Self {
        Self { random: Xoshiro256PlusPlus::seed_from_u64(seed), n, given: 0, last: Vec::new() }
    }
}

impl Iterator for Normals {
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        if self.given == DRAWS {
            return None;
        }
        self.given += 1;
        if self.given.is_multiple_of(2) {
            return Some(self.last.iter().map(|z| -z).collect());
        }
        let random = &mut self.random;
        self.last = (0..self.n)
            .map(|_| {
                let radius = libm::sqrt(-2.0 * libm::log(1.0 - random.random::<f64>()));
                radius * libm::cos(std::f64::consts::TAU * random.random::<f64>())
            })
            .collect();
        Some(self.last.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two mixtures whose difference is normal with mean m and deviation s, the regret of the one with the lower mean is
    /// s φ(m/s) − m Φ(−m/s): s/√(2π) where they are alike. A run that shows the difference leaves no regret.
    #[test]
    fn the_regret_of_two_is_that_of_the_formula() {
        let covariance = DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 0.0, 0.04]);
        let none = regret(&[1.0, 1.0], None, &[], &covariance, &[true, true], 7);
        let expected = 0.2 / std::f64::consts::TAU.sqrt();
        // Of 512 pairs |z|/2 has a standard error of 3.3 % of its mean; three of them.
        const ERROR: f64 = 0.1;
        assert!((none.now - expected).abs() < ERROR * expected && none.now == none.after, "{none:?}");
        let all = regret(&[1.0, 1.0], None, &[vec![0.0, 0.2]], &DMatrix::zeros(2, 2), &[true, true], 7);
        assert!((all.now - expected).abs() < ERROR * expected && all.after == 0.0, "{all:?}");
        // Half of the variance: what is left is that of √½ s, and what was gained the same way.
        let half = 0.02_f64.sqrt();
        let left = DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 0.0, 0.02]);
        let some = regret(&[1.0, 1.0], None, &[vec![0.0, half]], &left, &[true, true], 7);
        let gained = half / std::f64::consts::TAU.sqrt();
        assert!((some.now - some.after - gained).abs() < ERROR * expected, "{some:?}");
        // What is predicted to be much worse costs less where what is normal is its logarithm.
        let (worse, wide) = ([1.0, 2.0], DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 0.0, 0.25]));
        let of = |floor| regret(&worse, floor, &[], &wide, &[true, true], 7).now;
        assert!(of(Some(0.8)) < 0.1 * of(None) && of(None) > 0.0, "{:?} {:?}", of(Some(0.8)), of(None));
        // What may not be chosen costs nothing.
        assert_eq!(regret(&[1.0, 0.5], None, &[], &covariance, &[true, false], 7).now, 0.0);
    }

    #[test]
    fn the_better_mixture_is_the_likelier_one() {
        let covariance = DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 0.0, 0.01]);
        // Φ(1) = 0.8413
        let shares = probabilities(&[1.0, 1.1], None, &covariance, &[true, true], 3);
        assert!((shares[0] - 0.8413).abs() < 0.03 && (shares[0] + shares[1] - 1.0).abs() < 1e-12, "{shares:?}");
    }
}
