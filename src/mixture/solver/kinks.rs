//! The largest of several smooth functions has its minimum where some of them meet, more often than not: the end of a
//! descent that went along what is smooth beside it.

use super::feasible::ROUNDING;
use super::interior::{self, Constraint, Minimum, Set};
use super::pieces::{Pieces, combined, largest};
use crate::law::MixtureDerivatives;
use crate::order::{ascending, descending, sort_by_number};

/// Steps to a kink.
const MOST_STEPS: usize = 8;
/// Residuals as small as these need no further step, and no other kink.
const PERFECT: f64 = 1e-14;
const CERTIFIED: f64 = 1e-10;

/// Takes a descent to the kink that it ended near: sequential quadratic programming (Nocedal & Wright 2006, §18.1) on
/// min t with t ≥ f_j. The pieces that meet there are held equal to first order, and the sum of all in their shares is
/// made least. They are those that have most of the shares; how many of them is tried, until the conditions hold.
pub(in crate::mixture) fn to_kink(function: &Pieces, set: Set, descent: &interior::Descent, smoothing: f64) -> Minimum {
    let by_share = descending(&descent.shares);
    // A share and the room below the largest multiply to μ: the larger of them is not 0.
    let n_meeting = by_share.iter().filter(|&&j| descent.shares[j] * descent.shares[j] > smoothing).count();
    // More equations than there are weights to move would have no solution.
    let mut sizes: Vec<usize> = (1..=by_share.len().min(descent.h.len())).collect();
    sort_by_number(&mut sizes, |n| n.abs_diff(n_meeting) as f64);
    // A limit that seems to hold h may be one equation too many, too: those with the least multipliers first.
    let by_multiplier = ascending(&descent.multipliers);
    let limits = set.linear(&descent.h);
    let holding = |j: &&usize| limits[**j].slack(&descent.h) < descent.multipliers[**j];
    let held: Vec<usize> = by_multiplier.iter().filter(holding).copied().collect();
    let mut best: Option<Minimum> = None;
    for (n, n_loose) in sizes.into_iter().flat_map(|n| (0..=held.len()).map(move |n_loose| (n, n_loose))) {
        let mut descent = descent.clone();
        held[..n_loose].iter().for_each(|&j| descent.multipliers[j] = 0.0);
        let kink = at_kink(function, set, &descent, &by_share[..n]);
        if best.as_ref().is_none_or(|best| kink.kkt_residual < best.kkt_residual) {
            best = Some(kink);
        }
        if best.as_ref().is_some_and(|best| best.kkt_residual < CERTIFIED) {
            break;
        }
    }
    best.expect("one piece at least is the largest")
}

/// The same with these pieces meeting.
fn at_kink(function: &Pieces, set: Set, descent: &interior::Descent, meeting: &[usize]) -> Minimum {
    let mut best = certified(&function(&descent.h), meeting, set, descent.h.clone());
    // Where a weight is tiny its slopes tell little of the shares.
    let share = |j: usize| if meeting.contains(&j) { descent.shares[j] } else { 0.0 };
    let shares: Vec<f64> = (0..descent.shares.len()).map(share).collect();
    let sum: f64 = shares.iter().sum();
    let mut from = Minimum { shares: shares.iter().map(|share| share / sum).collect(), ..best.clone() };
    for _ in 0..MOST_STEPS {
        let pieces = function(&from.h);
        let base = base_of(&pieces, meeting);
        let equal = meeting.iter().filter(|j| **j != base).map(|&j| linear(&pieces, base, j, &from.h));
        let equations: Vec<Constraint> = set.equations.iter().cloned().chain(equal).collect();
        let sum = |h: &[f64]| combined(&function(h), &from.shares);
        let next = interior::polish(&sum, Set { equations: &equations, ..set }, from.h.clone(), &descent.multipliers).h;
        let pieces = function(&next);
        if !largest(&pieces).is_finite() {
            break;
        }
        from = certified(&pieces, meeting, set, next);
        // The conditions may hold at a place that is no minimum, too, which is higher than where the descent ended.
        let improved = from.kkt_residual < best.kkt_residual && from.value <= descent.value + ROUNDING;
        if improved {
            best = from.clone();
        }
        if !improved && best.kkt_residual < CERTIFIED || best.kkt_residual < PERFECT {
            break;
        }
    }
    best
}

/// The largest of those that meet.
fn base_of(pieces: &[MixtureDerivatives], meeting: &[usize]) -> usize {
    let by_value = |a: &&usize, b: &&usize| pieces[**a].value.total_cmp(&pieces[**b].value);
    *meeting.iter().max_by(by_value).expect("one piece at least is the largest")
}

/// f_base ≥ f_j to first order at h.
fn linear(pieces: &[MixtureDerivatives], base: usize, j: usize, h: &[f64]) -> Constraint {
    let difference = |i: usize| {
        let difference = pieces[base].gradient[i] - pieces[j].gradient[i];
        // A weight at 0 with infinite slopes does not move.
        if difference.is_finite() { difference } else { 0.0 }
    };
    let coefficients: Vec<f64> = (0..h.len()).map(difference).collect();
    let there: f64 = coefficients.iter().zip(h).map(|(a, h)| a * h).sum();
    Constraint::new(coefficients, there - (pieces[base].value - pieces[j].value))
}

/// h with the shares of the pieces that meet there, and how far the conditions of min t, t ≥ f_j, are from holding:
/// Σ_j y_j ∇f_j = ν·1 + Σ λ a, y_j ≥ 0, Σ_j y_j = 1, y_j (t − f_j) = 0.
fn certified(pieces: &[MixtureDerivatives], meeting: &[usize], set: Set, h: Vec<f64>) -> Minimum {
    let base = base_of(pieces, meeting);
    let others: Vec<usize> = meeting.iter().copied().filter(|&j| j != base).collect();
    let mut constraints = set.linear(&h);
    let n_limits = constraints.len();
    constraints.extend(others.iter().map(|&j| linear(pieces, base, j, &h)));
    let with_kinks = Set { constraints: &constraints, curved: None, ..set };
    let (of_others, residual) = interior::conditions(&pieces[base], with_kinks, n_limits, &h);
    let mut shares = vec![0.0; pieces.len()];
    for (&j, multiplier) in others.iter().zip(of_others) {
        shares[j] = multiplier;
    }
    let sum: f64 = shares.iter().sum();
    shares[base] = (1.0 - sum).max(0.0);
    let value = largest(pieces);
    let above = value - pieces[base].value;
    Minimum { h, value, kkt_residual: residual.max(sum - 1.0).max(above), shares }
}
