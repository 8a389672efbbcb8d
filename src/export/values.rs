//! A fit's parameters as files print them.

use crate::fit::Fit;

/// The values with what N and D are counted in.
pub(super) struct Values {
    pub values: Vec<f64>,
    /// Whether N is counted in 10⁹ parameters and D in 10⁹ tokens: where the law says so, and where one of the natural
    /// values has no place in an f64.
    pub in_billions: bool,
    /// Whether they are the natural ones, which intervals are of.
    pub natural: bool,
}

impl Values {
    pub fn of(fit: &Fit) -> Self {
        let values = fit.law.natural(&fit.shape, &fit.theta);
        let natural = values.iter().all(|value| *value == 0.0 || value.is_normal());
        let values = if natural { values } else { fit.law.in_billions(&fit.shape, &fit.theta) };
        Self { values, in_billions: !natural || fit.law.counts_in_billions(), natural }
    }

    /// For a reader.
    pub fn unit(&self) -> &'static str {
        if self.in_billions { "N in 10^9 parameters, D in 10^9 tokens" } else { "N in parameters, D in tokens" }
    }
}
