//! Arithmetic over arrays of numbers, in a fixed number of lanes: compilers make vector instructions of it without
//! changing a digit, so that results are the same on every machine.

/// Numbers that are worked on at once: enough for two vectors in flight on every machine.
const LANES: usize = 8;

/// a · b, summed lane by lane, over the length of the shorter one.
#[inline]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let ((a, rest_a), (b, rest_b)) = (a[..n].as_chunks::<LANES>(), b[..n].as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    let pairs = [lanes[0] + lanes[4], lanes[1] + lanes[5], lanes[2] + lanes[6], lanes[3] + lanes[7]];
    (pairs[0] + pairs[2]) + (pairs[1] + pairs[3]) + rest
}

/// sum ← sum + factor · x, over the length of the shorter one.
#[inline]
pub fn add_scaled(sum: &mut [f64], factor: f64, x: &[f64]) {
    let n = sum.len().min(x.len());
    let ((sum, rest), (x, rest_x)) = (sum[..n].as_chunks_mut::<LANES>(), x[..n].as_chunks::<LANES>());
    for (sum, x) in sum.iter_mut().zip(x) {
        for lane in 0..LANES {
            sum[lane] += factor * x[lane];
        }
    }
    rest.iter_mut().zip(rest_x).for_each(|(sum, x)| *sum += factor * x);
}

/// x ← e^x, to two units in the last place; arguments beyond ±708 count as ±708.
pub fn exp(x: &mut [f64]) {
    let (chunks, rest) = x.as_chunks_mut::<LANES>();
    chunks.iter_mut().for_each(exp_lanes);
    if !rest.is_empty() {
        let mut padded = [0.0; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        exp_lanes(&mut padded);
        rest.copy_from_slice(&padded[..rest.len()]);
    }
}

/// 1/i! from the highest power down: Taylor's series of e^r up to r¹³, whose rest is below 2⁻⁵⁵ for |r| ≤ ln 2/2.
const TAYLOR: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// e^x = 2^n e^r with n = round(x / ln 2) and r = x − n ln 2, ln 2 in two parts (Cody & Waite 1980).
fn exp_lanes(x: &mut [f64; LANES]) {
    /// Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUNDING: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const FARTHEST: f64 = 708.0;
    let (mut r, mut power, mut series) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let above = if x[lane] < -FARTHEST { -FARTHEST } else { x[lane] };
        let held = if above > FARTHEST { FARTHEST } else { above };
        let rounded = held * std::f64::consts::LOG2_E + ROUNDING;
        let n = rounded - ROUNDING;
        r[lane] = (held - n * LN_2_HIGH) - n * LN_2_LOW;
        power[lane] = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
    }
    for coefficient in TAYLOR {
        for lane in 0..LANES {
            series[lane] = series[lane] * r[lane] + coefficient;
        }
    }
    for lane in 0..LANES {
        x[lane] = series[lane] * power[lane];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_plain_loops() {
        for n in 0..40 {
            let a: Vec<f64> = (0..n).map(|i| libm::sin(1.7 * f64::from(i))).collect();
            let b: Vec<f64> = (0..n).map(|i| libm::cos(0.3 * f64::from(i))).collect();
            let expected: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert!((dot(&a, &b) - expected).abs() < 1e-14, "{n}");
            let mut sum = a.clone();
            add_scaled(&mut sum, 0.7, &b);
            assert!(sum.iter().zip(a.iter().zip(&b)).all(|(sum, (a, b))| *sum == a + 0.7 * b), "{n}");
        }
    }

    #[test]
    fn exponentials_are_those_of_libm() {
        let n = 200_001;
        let x: Vec<f64> = (0..n).map(|i| -708.0 + 1416.0 * f64::from(i) / f64::from(n - 1)).collect();
        let near_0 = (0..n).map(|i| 1e-3 * (f64::from(i) - 1e5));
        let x: Vec<f64> = x.into_iter().chain(near_0.filter(|x| x.abs() < 708.0)).collect();
        let mut all = x.clone();
        exp(&mut all);
        for (x, seen) in x.iter().zip(&all) {
            let expected = libm::exp(*x);
            assert!((seen - expected).abs() <= 4.5e-16 * expected, "exp {x} = {seen}, not {expected}");
        }
        // Of any length, and each alone as among others.
        for length in 0..20 {
            let mut some = x[1000..1000 + length].to_vec();
            exp(&mut some);
            assert_eq!(some, all[1000..1000 + length]);
        }
        let mut ends = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e300, f64::NAN];
        exp(&mut ends);
        assert_eq!(ends[..2], [1.0, 1.0]);
        assert!((ends[2] / libm::exp(708.0) - 1.0).abs() < 1e-15 && ends[2] == ends[4]);
        assert!(ends[3] > 0.0 && ends[3] < 1e-307 && ends[5].is_nan());
    }
}
