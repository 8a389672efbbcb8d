//! Values in the form in which a process models them.

use super::kernel::Recipe;

/// Share of the least loss that is taken off before the logarithm: what no mixture takes away. What is left varies more
/// evenly (the module's head has the errors); 0.7 to 0.9 tested much alike.
const IRREDUCIBLE: f64 = 0.8;

/// Residuals farther out than this many robust standard deviations are clipped: a law that misses a row altogether
/// must not set the scale of all others.
const CLIP: f64 = 5.0;

/// No loss is known more exactly than this. A law that meets every row leaves residuals of rounding alone: what they say of
/// other mixtures is nothing, and that is left to the errors of the cross-validation.
const LEAST_UNIT: f64 = 1e-6;

/// The median of |x| times this is the standard deviation of a normal x.
const PER_MEDIAN: f64 = 1.4826;

/// How values become standardised ones, z = (ln(e^value − c) − centre)/unit.
///
/// Of log losses c is a share of the least loss. Residuals are about 0 by construction: c and the centre are 0, and
/// values far out are clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standard {
    pub irreducible: f64,
    pub centre: f64,
    pub unit: f64,
}

impl Standard {
    /// The transformation that suits the values, and what it makes of them.
    pub fn new(recipe: Recipe, values: &[f64]) -> (Self, Vec<f64>) {
        let n = values.len() as f64;
        let (irreducible, centre, values) = match recipe {
            Recipe::Mixture => {
                let least = values.iter().copied().fold(f64::INFINITY, f64::min);
                let irreducible = IRREDUCIBLE * libm::exp(least);
                let values: Vec<f64> = values.iter().map(|value| libm::log(libm::exp(*value) - irreducible)).collect();
                (irreducible, values.iter().sum::<f64>() / n, values)
            }
            Recipe::Residual => {
                let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
                crate::order::sort(&mut sizes);
                let median = 0.5 * (sizes[(sizes.len() - 1) / 2] + sizes[sizes.len() / 2]);
                let most = if median > 0.0 { CLIP * PER_MEDIAN * median } else { f64::INFINITY };
                (0.0, 0.0, values.iter().map(|value| value.clamp(-most, most)).collect())
            }
        };
        let unit = (values.iter().map(|value| (value - centre) * (value - centre)).sum::<f64>() / n).sqrt();
        let unit = unit.max(LEAST_UNIT);
        let z = values.iter().map(|value| (value - centre) / unit).collect();
        (Self { irreducible, centre, unit }, z)
    }

    /// The value that z stands for, and its derivative in z.
    pub fn value(self, z: f64) -> (f64, f64) {
        let (value, slope, _) = self.unshifted(self.centre + self.unit * z);
        (value, self.unit * slope)
    }

    /// ln(c + e^t) and its two derivatives in t.
    pub fn unshifted(self, t: f64) -> (f64, f64, f64) {
        if self.irreducible == 0.0 {
            return (t, 1.0, 0.0);
        }
        let reducible = libm::exp(t);
        let share = reducible / (self.irreducible + reducible);
        (libm::log(self.irreducible + reducible), share, share * (1.0 - share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A law that meets every row leaves rounding: were its unit 1, as that of values that are all the same once was, a
    /// process on it would expect errors a million times as large as one on residuals that are a little larger.
    #[test]
    fn rounding_tells_no_unit() {
        for size in [0.0, 1e-15, 1e-10] {
            let residuals = [size, -size, size, 0.0];
            let (standard, z) = Standard::new(Recipe::Residual, &residuals);
            assert_eq!(standard.unit, LEAST_UNIT);
            assert!(z.iter().all(|z| z.abs() < 1e-3), "{z:?}");
        }
        assert!(Standard::new(Recipe::Residual, &[0.01, -0.02, 0.01]).0.unit > 0.01);
    }
}
