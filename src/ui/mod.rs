//! The page: Data → Fit → Trust → Mixture → Share.
//!
//! Inputs are signals in `state`; everything else is a `Memo` over a pure function or the answer of a worker.
//! What can be said without a browser is in plain modules with native tests: [`draft`] and [`settings`] (what the
//! user typed), [`fits`] (a run over the worker pool and its results), [`scenario`], [`tables`] (results → rows of
//! formatted cells), [`address`] (links in the address bar) and [`text`] (the longer sentences).

pub mod address;
pub mod draft;
pub mod fits;
pub mod same;
pub mod scenario;
pub mod settings;
pub mod tables;
pub mod text;

#[cfg(feature = "web")]
mod app;
#[cfg(feature = "web")]
mod browser;
#[cfg(feature = "web")]
mod components;
#[cfg(feature = "web")]
pub mod messages;
#[cfg(feature = "web")]
pub mod state;
#[cfg(feature = "web")]
pub mod workers;

#[cfg(feature = "web")]
pub use app::App;
