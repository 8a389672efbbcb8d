//! Cholesky's factor of a symmetric positive definite matrix, and what is solved with it: K = L Lᵀ.
//!
//! Own loops rather than a library's: the order of the sums is written down here, so that results are the same on
//! every machine. Every inner loop is a dot product of two contiguous rows.

use serde::{Deserialize, Serialize};

use crate::vectors::{LANES, add_scaled, dot, dots};

/// L of K = L Lᵀ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cholesky {
    n: usize,
    /// Row by row, n × n; what lies above the diagonal is not used.
    lower: Vec<f64>,
}

impl Cholesky {
    /// The factor of a matrix given row by row (its lower triangle is read); none if it is not positive definite.
    pub fn new(mut matrix: Vec<f64>, n: usize) -> Option<Self> {
        for i in 0..n {
            let (above, row) = matrix.split_at_mut(i * n);
            let row = &mut row[..n];
            for from in (0..i).step_by(LANES) {
                let to = (from + LANES).min(i);
                // What lies left of these columns is known for all of them.
                let mut left = [0.0; LANES];
                for (left, j) in left.as_chunks_mut::<2>().0.iter_mut().zip((from..to).step_by(2)) {
                    let next = (j + 1).min(to - 1);
                    *left = dots(&row[..from], &above[j * n..], &above[next * n..]);
                }
                for j in from..to {
                    let other = &above[j * n..j * n + j + 1];
                    row[j] = (row[j] - (left[j - from] + dot(&row[from..j], &other[from..j]))) / other[j];
                }
            }
            let pivot = row[i] - dot(&row[..i], &row[..i]);
            if !(pivot > 0.0 && pivot.is_finite()) {
                return None;
            }
            row[i] = pivot.sqrt();
        }
        Some(Self { n, lower: matrix })
    }

    /// Whether it is of a matrix of so many rows, as far as can be seen.
    pub fn suits(&self, n: usize) -> bool {
        self.n == n && self.lower.len() == n * n
    }

    /// ln det K / 2
    pub fn half_ln_det(&self) -> f64 {
        (0..self.n).map(|i| libm::log(self.lower[i * self.n + i])).sum()
    }

    /// L⁻¹ b
    pub fn solve_lower(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for i in 0..self.n {
            let row = &self.lower[i * self.n..];
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
        x
    }

    /// K⁻¹ b
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        self.solve_upper(self.solve_lower(b))
    }

    /// L⁻ᵀ b
    pub fn solve_upper(&self, mut x: Vec<f64>) -> Vec<f64> {
        for i in (0..self.n).rev() {
            let row = &self.lower[i * self.n..];
            x[i] /= row[i];
            let entry = x[i];
            add_scaled(&mut x[..i], -entry, row);
        }
        x
    }

    /// K⁻¹, row by row, both triangles.
    pub fn inverse(&self) -> Vec<f64> {
        let n = self.n;
        // Row j holds column j of L⁻¹, from its diagonal on.
        let mut columns = vec![0.0; n * n];
        for j in 0..n {
            let column = &mut columns[j * n..(j + 1) * n];
            column[j] = 1.0 / self.lower[j * n + j];
            for i in j + 1..n {
                let row = &self.lower[i * n..];
                column[i] = -dot(&row[j..i], &column[j..i]) / row[i];
            }
        }
        let mut inverse = vec![0.0; n * n];
        for i in 0..n {
            let column = |j: usize| &columns[j * n + i..(j + 1) * n];
            for j in (0..=i).step_by(2) {
                let next = (j + 1).min(i);
                let entries = dots(column(i), column(j), column(next));
                for (j, entry) in [j, next].into_iter().zip(entries) {
                    inverse[i * n + j] = entry;
                    inverse[j * n + i] = entry;
                }
            }
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(n: usize) -> Vec<f64> {
        let entry =
            |i: usize, j: usize| libm::exp(-0.1 * (i as f64 - j as f64).powi(2)) + if i == j { 0.3 } else { 0.0 };
        (0..n * n).map(|at| entry(at / n, at % n)).collect()
    }

    #[test]
    fn the_factor_solves_and_inverts() {
        for n in [1, 2, 7, 8, 23] {
            let matrix = example(n);
            let factor = Cholesky::new(matrix.clone(), n).expect("positive definite");
            let b: Vec<f64> = (0..n).map(|i| libm::sin(i as f64)).collect();
            let x = factor.solve(&b);
            let inverse = factor.inverse();
            for i in 0..n {
                assert!((dot(&matrix[i * n..(i + 1) * n], &x) - b[i]).abs() < 1e-12);
                assert!((dot(&inverse[i * n..(i + 1) * n], &b) - x[i]).abs() < 1e-12);
            }
            let whitened = factor.solve_lower(&b);
            assert!((dot(&whitened, &whitened) - dot(&b, &x)).abs() < 1e-12);
        }
    }

    /// det [[4, 2], [2, 3]] = 8.
    #[test]
    fn the_determinant_is_right() {
        let factor = Cholesky::new(vec![4.0, 2.0, 2.0, 3.0], 2).expect("positive definite");
        assert!((factor.half_ln_det() - 0.5 * libm::log(8.0)).abs() < 1e-15);
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        assert_eq!(Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2), None);
        assert_eq!(Cholesky::new(vec![f64::NAN], 1), None);
    }
}
