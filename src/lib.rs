//! Mixlaw.
