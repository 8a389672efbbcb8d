//! Quantities with their unit, and the only reader and writer of numbers such as "1.3B".
//!
//! Reading is in [`read`](read_number): what people write in tables, papers and on command lines, with
//! errors that say what to write instead. Writing is in [`write`](write_count): `write` followed by `read`
//! gives the number back, to the digits written.
//!
//! ```
//! use mixlaw::units::{Params, Tokens};
//! let n: Params = "1.3×10^9 params".parse().unwrap();
//! let d: Tokens = "20_000_000_000".parse().unwrap();
//! assert_eq!((n.to_string(), d.to_string()), ("1.3B".into(), "20B".into()));
//! ```

mod choices;
mod grammar;
mod read;
mod write;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use choices::choices;
pub use read::{Decimal, NumberError, Quantity, is_missing, read_number};
pub(crate) use read::{excerpt, try_number};
pub use write::{
    capitalised, write_count, write_count_exact, write_nats, write_number, write_percent, write_scientific,
};

/// Model size N: number of parameters.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Params(pub f64);

/// Training tokens D: number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Tokens(pub f64);

/// Training compute C in floating-point operations; C = 6·N·D.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Flops(pub f64);

/// Cross-entropy loss in nats per token.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Loss(pub f64);

/// The formulas count parameters and tokens in billions, so that coefficients are of order one.
pub const BILLION: f64 = 1e9;

/// No run has more, and no stock.
pub const MOST_TOKENS: Tokens = Tokens(1e17);

/// Floating-point operations per parameter and token, forward and backward (Kaplan et al. 2020,
/// arXiv:2001.08361, section 2.1): C = 6·N·D.
pub const FLOPS_PER_PARAM_TOKEN: f64 = 6.0;

/// Significant digits of a quantity written without a precision: 1.235B, and 19.998B as 20B.
pub const DISPLAY_DIGITS: usize = 4;

impl Params {
    /// N in 10⁹ parameters, the unit of the laws' formulas.
    pub fn billions(self) -> f64 {
        self.0 / BILLION
    }
}

impl Tokens {
    /// D in 10⁹ tokens, the unit of the laws' formulas.
    pub fn billions(self) -> f64 {
        self.0 / BILLION
    }
}

impl Flops {
    /// C = 6·N·D.
    pub fn of(n: Params, d: Tokens) -> Self {
        Self(FLOPS_PER_PARAM_TOKEN * n.0 * d.0)
    }

    /// D = C/(6·N).
    pub fn tokens(self, n: Params) -> Tokens {
        Tokens(self.0 / (FLOPS_PER_PARAM_TOKEN * n.0))
    }

    /// N = C/(6·D).
    pub fn params(self, d: Tokens) -> Params {
        Params(self.0 / (FLOPS_PER_PARAM_TOKEN * d.0))
    }
}

/// Reads with [`Quantity::read`] and writes with `$write`; a precision, `{:.2}`, is in significant digits.
macro_rules! text_of {
    ($($quantity:ident $write:ident),*) => {$(
        impl FromStr for $quantity {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, NumberError> {
                Quantity::$quantity.read(text, Decimal::Point).map(Self)
            }
        }

        impl fmt::Display for $quantity {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&$write(self.0, f.precision().unwrap_or(DISPLAY_DIGITS)))
            }
        }
    )*};
}
text_of!(Params write_count, Tokens write_count, Flops write_scientific, Loss write_number);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_know_their_unit() {
        assert_eq!("1.3B params".parse(), Ok(Params(1.3e9)));
        assert_eq!("20B tokens".parse(), Ok(Tokens(2e10)));
        assert_eq!("1.2 ZFLOPs".parse(), Ok(Flops(1.2e21)));
        assert_eq!("2.31 nats/token".parse(), Ok(Loss(2.31)));
        let error = "20B tokens".parse::<Params>().unwrap_err();
        assert_eq!(error.to_string(), "\"20B tokens\" is a number of tokens, but a number of parameters is expected");
        let error = "30%".parse::<Tokens>().unwrap_err();
        assert_eq!(error.to_string(), "\"30%\" is a share, but a number of tokens is expected");
        let error = "0".parse::<Params>().unwrap_err();
        assert_eq!(error.to_string(), "\"0\" is not possible; a number of parameters must be more than 0");
        let error = "-1".parse::<Loss>().unwrap_err();
        assert_eq!(error.to_string(), "\"-1\" is not possible; a loss must be more than 0");
        let error = "".parse::<Params>().unwrap_err();
        assert_eq!(error.to_string(), "a number is missing");
    }

    #[test]
    fn quantities_are_written_short() {
        assert_eq!(Params(1.3e9).to_string(), "1.3B");
        assert_eq!(Params(1.235e9).to_string(), "1.235B");
        assert_eq!(format!("{:.2}", Params(1.235e9)), "1.2B");
        assert_eq!(Tokens(19.998e9).to_string(), "20B");
        assert_eq!(Flops(1.2e21).to_string(), "1.2e21");
        assert_eq!(Loss(2.345678).to_string(), "2.346");
    }

    #[test]
    fn compute_is_six_n_d() {
        let (n, d) = (Params(7e10), Tokens(1.4e12));
        assert_eq!(Flops::of(n, d).to_string(), "5.88e23");
        assert_eq!(Flops::of(n, d).tokens(n), d);
        assert_eq!(Flops::of(n, d).params(d), n);
    }
}
