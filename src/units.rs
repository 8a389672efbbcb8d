//! Quantities with their unit, and the only reader and writer of numbers such as "1.3B".

use serde::{Deserialize, Serialize};

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
