//! The built page in a real browser, used as a user would use it. `make test` builds the page and runs these; without the
//! page or a browser, plain `cargo test` says that it leaves them out. One file per part of the page; see `browser` for
//! what a test can do.
#![cfg(unix)] // a browser and all it started are ended as a process group

mod access;
mod auto;
#[allow(dead_code, reason = "what a user can do, whether or not a test does it yet")]
mod browser;
mod certainty;
mod charts;
mod data;
mod engines;
mod export;
mod limits;
mod next;
mod opening;
mod page;
mod site;
mod sliders;
mod speed;
mod survives;
