//! Entries of θ: their symbols, their ranges, and how the value inside becomes the one the formula prints.

use super::formula::raised;
use crate::units::BILLION;

/// A parameter's letters: γ^A, C_i and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// The letter in Unicode, such as "γ".
    pub letter: &'static str,
    /// The same in ASCII, such as "gamma".
    pub ascii: &'static str,
    /// A superscript, such as "A" in γ^A.
    pub superscript: Option<&'static str>,
    /// The domain that the parameter belongs to.
    pub domain_idx: Option<usize>,
}

impl Symbol {
    /// A symbol with nothing but its letter.
    pub const fn plain(letter: &'static str, ascii: &'static str) -> Self {
        Self { letter, ascii, superscript: None, domain_idx: None }
    }

    /// The same symbol with a superscript.
    pub const fn with_superscript(self, superscript: &'static str) -> Self {
        Self { superscript: Some(superscript), ..self }
    }

    /// The same symbol for one domain.
    pub const fn of_domain(self, domain_idx: usize) -> Self {
        Self { domain_idx: Some(domain_idx), ..self }
    }

    /// The name without its domain: `gamma^A`.
    pub fn stem(&self) -> String {
        match self.superscript {
            Some("α") => format!("{}^alpha", self.ascii),
            Some("β") => format!("{}^beta", self.ascii),
            Some(superscript) => format!("{}^{superscript}", self.ascii),
            None => self.ascii.to_string(),
        }
    }

    /// As one reads it, without its domain: `γᴬ`.
    pub fn text(&self) -> String {
        self.letter.to_string() + &self.superscript.map_or_else(String::new, raised)
    }

    /// The name in files and on the command line: `gamma^A`, `C_arxiv`.
    pub fn name(&self, domains: &[String]) -> String {
        match self.domain_idx {
            Some(domain_idx) => format!("{}_{}", self.stem(), domains[domain_idx]),
            None => self.stem(),
        }
    }
}

/// How a value inside, θ_p, becomes the parameter that the formula prints, and what the formula allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// e^θ; positive.
    Log,
    /// θ itself; of either sign.
    Plain,
    /// θ · factor; of either sign.
    Scaled(f64),
    /// e^θ · 10⁹: a number of parameters or tokens; positive.
    Billions,
    /// e^θ · (10⁹)^α, the coefficient of a power of N or D, whose exponent has this position; positive.
    Coefficient {
        /// Position of ln α.
        exponent: usize,
    },
    /// (e^θ · (10⁹)^α)^p, the C_i of a power mean (see [`PowerMean`](super::terms::PowerMean)); positive.
    Corner {
        /// Position of p.
        p: usize,
        /// Position of ln α, where the power mean is the coefficient of a power of N or D.
        exponent: Option<usize>,
    },
    /// 1/θ, the γ of a power mean; of either sign.
    Inverse,
}

/// A p nearer to 0 than this is written as this: A_h changes by less than 1e-6 of itself.
const LEAST_P: f64 = 1e-7;

impl Kind {
    /// What the formula allows, for a reader.
    pub fn expected(self) -> &'static str {
        match self {
            Kind::Inverse => "a number other than 0",
            Kind::Plain | Kind::Scaled(_) => "a number",
            _ => "a positive number",
        }
    }

    /// Whether it may be negative.
    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Kind::Plain | Kind::Scaled(_) | Kind::Inverse)
    }

    pub(crate) fn allows(self, natural: f64) -> bool {
        let signed = self.is_signed() && (self != Kind::Inverse || natural != 0.0);
        natural.is_finite() && (signed || natural > 0.0)
    }

    pub(crate) fn natural(self, inside: f64, theta: &[f64]) -> f64 {
        self.in_unit(inside, theta, ln_billion())
    }

    /// The value where N and D are counted in 10⁹ divided by e^`ln_unit`.
    fn in_unit(self, inside: f64, theta: &[f64], ln_unit: f64) -> f64 {
        match self {
            Kind::Log => libm::exp(inside),
            Kind::Plain => inside,
            Kind::Scaled(factor) => inside * factor,
            Kind::Billions => libm::exp(inside + ln_unit),
            Kind::Coefficient { exponent } => libm::exp(inside + libm::exp(theta[exponent]) * ln_unit),
            Kind::Corner { p, exponent } => {
                let ln_unit = exponent.map_or(0.0, |exponent| libm::exp(theta[exponent]) * ln_unit);
                libm::exp((inside + ln_unit) * away_from_zero(theta[p]))
            }
            Kind::Inverse => 1.0 / away_from_zero(inside),
        }
    }

    pub(crate) fn inside(self, natural: f64, all: &[f64]) -> f64 {
        match self {
            Kind::Log => libm::log(natural),
            Kind::Plain => natural,
            Kind::Scaled(factor) => natural / factor,
            Kind::Billions => libm::log(natural) - ln_billion(),
            Kind::Coefficient { exponent } => libm::log(natural) - all[exponent] * ln_billion(),
            Kind::Corner { p, exponent } => {
                libm::log(natural) * all[p] - exponent.map_or(0.0, |exponent| all[exponent] * ln_billion())
            }
            Kind::Inverse => 1.0 / natural,
        }
    }

    /// The other parameters that the natural value depends on.
    pub fn depends_on(self) -> impl Iterator<Item = usize> {
        let (first, second) = match self {
            Kind::Coefficient { exponent } => (Some(exponent), None),
            Kind::Corner { p, exponent } => (Some(p), exponent),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }
}

fn ln_billion() -> f64 {
    libm::log(BILLION)
}

/// `p`, but no nearer to 0 than C_i = A_i^p and γ = 1/p can be written with.
pub(super) fn away_from_zero(p: f64) -> f64 {
    if p.abs() < LEAST_P { LEAST_P.copysign(p) } else { p }
}

/// One entry of θ.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its letters.
    pub symbol: Symbol,
    /// How it becomes what the formula prints.
    pub kind: Kind,
    /// Random starts are drawn uniformly from this range of the inside value.
    pub start: (f64, f64),
    /// The inside value never leaves this range.
    pub bounds: (f64, f64),
}

/// The parameters as the formula prints them.
pub(super) fn natural(parameters: &[Parameter], theta: &[f64]) -> Vec<f64> {
    parameters.iter().zip(theta).map(|(parameter, &inside)| parameter.kind.natural(inside, theta)).collect()
}

/// The same for N and D in 10⁹.
pub(super) fn in_billions(parameters: &[Parameter], theta: &[f64]) -> Vec<f64> {
    parameters.iter().zip(theta).map(|(parameter, &inside)| parameter.kind.in_unit(inside, theta, 0.0)).collect()
}

/// The inverse of [`natural`]; `Err` is the position of a value that the formula does not allow.
pub(super) fn inside(parameters: &[Parameter], natural: &[f64]) -> Result<Vec<f64>, usize> {
    let allowed = |position: &usize| parameters[*position].kind.allows(natural[*position]);
    match (0..parameters.len()).find(|position| !allowed(position)) {
        Some(position) => Err(position),
        None => Ok(parameters
            .iter()
            .zip(natural)
            .map(|(parameter, &value)| parameter.kind.inside(value, natural))
            .collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superscripts_stand_above() {
        let gamma = Symbol::plain("γ", "gamma");
        assert_eq!((gamma.text(), gamma.stem()), ("γ".to_string(), "gamma".to_string()));
        let of_a = gamma.with_superscript("A").of_domain(0);
        assert_eq!((of_a.text(), of_a.name(&["web".to_string()])), ("γᴬ".to_string(), "gamma^A_web".to_string()));
    }
}
