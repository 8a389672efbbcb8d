//! The page: Data → Fit → Trust → Mixture → Compare → Share.
//!
//! Inputs are signals in `state`; everything else is a `Memo` over a pure function or the answer of a worker.
//! What can be said without a browser is in plain modules with native tests: [`draft`] and [`settings`] (what the
//! user typed), [`history`] (earlier drafts), [`rename`] (other names for domains), [`fits`] (a run over the worker
//! pool and its results), [`validation`] (how well those predict), [`scenario`] and [`limits`] (what to optimise for), [`sure`] (a bootstrap over the pool and its intervals), [`tables`] (results → rows of formatted cells),
//! [`observations`] (what charts show of the runs), [`undo`] (steps back and forth), [`files`] (what is opened),
//! [`differences`] (two fits side by side), [`address`] (links in the address bar), [`theme`] (light or dark) and
//! [`text`] (the longer sentences).

pub mod address;
pub mod differences;
pub mod draft;
pub mod files;
pub mod fits;
pub mod history;
pub mod limits;
pub mod observations;
pub mod paths;
pub mod rename;
pub mod same;
pub mod scenario;
pub mod settings;
pub mod sure;
pub mod tables;
pub mod text;
pub mod theme;
pub mod undo;
pub mod validation;

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
mod turns;
#[cfg(feature = "web")]
pub mod workers;

#[cfg(feature = "web")]
pub use app::App;
#[cfg(feature = "web")]
pub use browser::{has_panicked, report_panics};
#[cfg(feature = "web")]
pub use turns::take_turns;
