//! Arithmetic over arrays of numbers, eight at once: two or more to an instruction wherever there are such, and in an order
//! that is the same on every machine, and so are the digits.

use wide::f64x8;

/// Numbers that are worked on at once.
pub const LANES: usize = 8;

/// Eight times x.
#[inline(always)]
fn splat(x: f64) -> f64x8 {
    // By the instruction: `wide` writes x eight times and reads it back, for which a processor waits.
    #[cfg(target_arch = "wasm32")]
    return bytemuck::cast([core::arch::wasm32::f64x2_splat(x); 4]);
    #[cfg(not(target_arch = "wasm32"))]
    f64x8::splat(x)
}

/// a · b, summed lane by lane, over the length of the shorter one.
#[inline]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let ((a, rest_a), (b, rest_b)) = (a[..n].as_chunks::<LANES>(), b[..n].as_chunks::<LANES>());
    let lanes = a.iter().zip(b).fold(f64x8::ZERO, |sum, (a, b)| sum + f64x8::from(*a) * f64x8::from(*b));
    across(lanes) + rest(rest_a, rest_b)
}

/// a · b and a · c, over the length of the shortest: the same digits as of two [`dot`]s, in less time, as a is read once
/// and one sum does not wait for the other.
pub fn dots(a: &[f64], b: &[f64], c: &[f64]) -> [f64; 2] {
    let n = a.len().min(b.len()).min(c.len());
    let ((a, rest_a), (b, rest_b)) = (a[..n].as_chunks::<LANES>(), b[..n].as_chunks::<LANES>());
    let (c, rest_c) = c[..n].as_chunks::<LANES>();
    let mut lanes = [f64x8::ZERO; 2];
    for (a, (b, c)) in a.iter().zip(b.iter().zip(c)) {
        let a = f64x8::from(*a);
        lanes[0] += a * f64x8::from(*b);
        lanes[1] += a * f64x8::from(*c);
    }
    [across(lanes[0]) + rest(rest_a, rest_b), across(lanes[1]) + rest(rest_a, rest_c)]
}

#[inline(always)]
fn across(lanes: f64x8) -> f64 {
    let lanes = lanes.to_array();
    let pairs = [lanes[0] + lanes[4], lanes[1] + lanes[5], lanes[2] + lanes[6], lanes[3] + lanes[7]];
    (pairs[0] + pairs[2]) + (pairs[1] + pairs[3])
}

#[inline(always)]
fn rest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// sum ← sum + factor · x, over the length of the shorter one.
#[inline]
pub fn add_scaled(sum: &mut [f64], factor: f64, x: &[f64]) {
    let n = sum.len().min(x.len());
    let ((sum, rest), (x, rest_x)) = (sum[..n].as_chunks_mut::<LANES>(), x[..n].as_chunks::<LANES>());
    let factors = splat(factor);
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum = (f64x8::from(*sum) + factors * f64x8::from(*x)).to_array());
    rest.iter_mut().zip(rest_x).for_each(|(sum, x)| *sum += factor * x);
}

/// product ← a ⊙ b, over the length of the shortest.
#[inline]
pub fn multiply(product: &mut [f64], a: &[f64], b: &[f64]) {
    let n = product.len().min(a.len()).min(b.len());
    let (product, rest) = product[..n].as_chunks_mut::<LANES>();
    let ((a, rest_a), (b, rest_b)) = (a[..n].as_chunks::<LANES>(), b[..n].as_chunks::<LANES>());
    let factors = a.iter().zip(b);
    product.iter_mut().zip(factors).for_each(|(out, (a, b))| *out = (f64x8::from(*a) * f64x8::from(*b)).to_array());
    rest.iter_mut().zip(rest_a.iter().zip(rest_b)).for_each(|(out, (a, b))| *out = a * b);
}

/// x ← e^x, to two units in the last place.
pub fn exp(x: &mut [f64]) {
    let (chunks, rest) = x.as_chunks_mut::<LANES>();
    chunks.iter_mut().for_each(|chunk| *chunk = f64x8::from(*chunk).exp().to_array());
    if !rest.is_empty() {
        // Entry by entry: browsers take long to begin a copy of any length.
        let padded: [f64; LANES] = std::array::from_fn(|i| rest.get(i).copied().unwrap_or(0.0));
        let padded = f64x8::from(padded).exp().to_array();
        rest.iter_mut().zip(padded).for_each(|(x, exp)| *x = exp);
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
            let reversed: Vec<f64> = b.iter().rev().copied().collect();
            assert_eq!(dots(&a, &b, &reversed), [dot(&a, &b), dot(&a, &reversed)], "{n}");
            let mut sum = a.clone();
            add_scaled(&mut sum, 0.7, &b);
            assert!(sum.iter().zip(a.iter().zip(&b)).all(|(sum, (a, b))| *sum == a + 0.7 * b), "{n}");
            multiply(&mut sum, &a, &b);
            assert!(sum.iter().zip(a.iter().zip(&b)).all(|(product, (a, b))| *product == a * b), "{n}");
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
        let mut ends = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, f64::NAN];
        exp(&mut ends);
        assert_eq!(ends[..6], [1.0, 1.0, f64::INFINITY, 0.0, f64::INFINITY, 0.0]);
        assert!(ends[6].is_nan());
    }
}
