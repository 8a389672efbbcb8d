//! What the pool computes, piece by piece: fits, their validation, the bootstrap, paths; without a browser.

pub mod bootstrap;
pub mod fits;
pub mod path;
pub mod validation;
