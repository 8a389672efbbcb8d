//! What leaves the tool as a file: the fit file and the scenario file that the command line writes and reads, its
//! answers, and the formats of other programs.

mod bibtex;
pub mod blend;
mod csv;
pub mod design;
pub mod difference;
mod fit_entry;
pub mod fit_file;
mod formats;
mod latex;
pub mod python;
pub mod results;
mod runs;
pub mod scenario_file;
mod values;

pub use csv::runs as runs_table;
pub use formats::{FORMATS, Format, Known, KnownOptimum, Missing, Part};
