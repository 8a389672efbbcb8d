//! What leaves the tool as a file: the fit file that the command line writes and reads, and its answers.

pub mod fit_file;
pub mod results;
