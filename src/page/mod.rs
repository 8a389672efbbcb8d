//! The page: the answer first, and the sections behind it.
//!
//! `store` holds all signals; everything else is a `Memo` over a pure function or the answer of a worker. What can be
//! said without a browser is in plain modules with native tests: [`input`] (what the user put in), [`run`] (what the
//! pool of workers computes) and [`view`] (results as formatted cells). `sections` has a folder for each section of the
//! page, `widgets` what they share, and `browser` everything that names the browser.

pub mod input;
pub mod run;
pub mod same;
pub mod view;

#[cfg(feature = "web")]
mod app;
#[cfg(feature = "web")]
pub mod browser;
#[cfg(feature = "web")]
mod sections;
#[cfg(feature = "web")]
pub mod store;
#[cfg(feature = "web")]
mod widgets;

#[cfg(feature = "web")]
pub use app::App;
#[cfg(feature = "web")]
pub use browser::dom::{has_panicked, report_panics};
#[cfg(feature = "web")]
pub use browser::executor::take_turns;
