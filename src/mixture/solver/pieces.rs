//! The largest of several smooth functions, and what is smooth beside it.

use crate::law::MixtureDerivatives;

/// The smooth functions of which the largest is to be least, with their derivatives in h; one if it is smooth itself.
pub(in crate::mixture) type Pieces<'a> = dyn Fn(&[f64]) -> Vec<MixtureDerivatives> + 'a;

/// The largest value.
pub(in crate::mixture) fn largest(pieces: &[MixtureDerivatives]) -> f64 {
    pieces.iter().map(|piece| piece.value).fold(f64::NEG_INFINITY, f64::max)
}

/// Σ_j y_j f_j with its derivatives.
pub(in crate::mixture) fn combined(pieces: &[MixtureDerivatives], shares: &[f64]) -> MixtureDerivatives {
    let mut out = MixtureDerivatives::zero(pieces[0].gradient.len());
    // What has no share may well be infinite.
    for (piece, &share) in pieces.iter().zip(shares).filter(|(_, share)| **share != 0.0) {
        out.value += share * piece.value;
        out.gradient.iter_mut().zip(&piece.gradient).for_each(|(out, slope)| *out += share * slope);
        out.hessian.iter_mut().zip(&piece.hessian).for_each(|(out, curvature)| *out += share * curvature);
    }
    out
}

/// min_t t − μ Σ_j ln(t − f_j(h)), the barrier function of t ≥ f_j, with derivatives, and the shares y_j = μ/(t − f_j),
/// which sum to 1: they are the multipliers of the pieces.
pub(in crate::mixture) fn smoothed(pieces: &[MixtureDerivatives], smoothing: f64) -> (MixtureDerivatives, Vec<f64>) {
    if let [piece] = pieces {
        return (piece.clone(), vec![1.0]);
    }
    let worst = largest(pieces);
    // Σ_j μ/(t − f_j) = 1 has its root between worst + μ and worst + mμ; Newton's method from the left is monotone
    // in 1/Σ.
    let mut gap = smoothing;
    for _ in 0..100 {
        let (sum, slope) = pieces.iter().fold((0.0, 0.0), |(sum, slope), piece| {
            let room = gap + (worst - piece.value);
            (sum + smoothing / room, slope - smoothing / (room * room))
        });
        let step = (1.0 / sum - 1.0) * sum * sum / -slope;
        gap -= step;
        if !(step.abs() > 1e-16 * gap) {
            break;
        }
    }
    let rooms: Vec<f64> = pieces.iter().map(|piece| gap + (worst - piece.value)).collect();
    let shares: Vec<f64> = rooms.iter().map(|room| smoothing / room).collect();
    let mut out = combined(pieces, &shares);
    out.value = worst + gap - smoothing * rooms.iter().map(|room| libm::log(*room)).sum::<f64>();
    let k = out.gradient.len();
    let square_sum: f64 = shares.iter().map(|share| share * share).sum();
    let mut by_square = vec![0.0; k];
    for (piece, share) in pieces.iter().zip(&shares) {
        by_square.iter_mut().zip(&piece.gradient).for_each(|(sum, slope)| *sum += share * share * slope);
        out.add_square(share * share / smoothing, &piece.gradient);
    }
    out.add_square(-1.0 / (smoothing * square_sum), &by_square);
    (out, shares)
}

/// f − μ Σ_j ln(−f_j), the barrier function of f_j ≤ 0, with its gradient, and with the second
/// derivatives that Newton's method takes for it where the others have the multipliers y_j, which come near to
/// μ/(−f_j): f'' + Σ_j y_j f_j'' + y_j/(−f_j) f_j' f_j'ᵀ. Infinite where one of those is not below 0.
pub(in crate::mixture) fn within(
    mut out: MixtureDerivatives,
    limits: &[MixtureDerivatives],
    multipliers: &[f64],
    barrier: f64,
) -> MixtureDerivatives {
    for (piece, multiplier) in limits.iter().zip(multipliers) {
        let room = -piece.value;
        if !(room > 0.0) {
            out.value = f64::INFINITY;
            break;
        }
        out.value -= barrier * libm::log(room);
        out.gradient.iter_mut().zip(&piece.gradient).for_each(|(out, slope)| *out += barrier / room * slope);
        out.hessian.iter_mut().zip(&piece.hessian).for_each(|(out, curvature)| *out += multiplier * curvature);
        out.add_square(multiplier / room, &piece.gradient);
    }
    out
}
