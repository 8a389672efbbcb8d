//! The solver against NIST's certified nonlinear regressions.
//!
//! The data are not part of the project. They are looked for in the folder nist of the one that the environment
//! variable MIXLAW_DATA names (default ../shared/data); without them this test says that it was skipped.

use std::path::PathBuf;

#[path = "common/nist.rs"]
mod nist;

/// Of a run that is right.
const DIGITS: f64 = 4.0;

#[test]
fn certified_values_are_reached_from_52_of_54_starts() {
    let folder = std::env::var_os("MIXLAW_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
        .join("nist");
    if !folder.is_dir() {
        eprintln!("SKIPPED: there is no folder {} (set MIXLAW_DATA)", folder.display());
        return;
    }
    let runs = nist::runs(&folder).expect("all 27 files");
    println!("{}", nist::markdown(&runs));
    let right = runs.iter().filter(|run| run.digits >= DIGITS).count();
    println!("{right} of {} runs have at least {DIGITS} correct digits", runs.len());
    assert!(right >= 52, "{right} of {} runs have {DIGITS} correct digits", runs.len());
}
