//! What leaves the tool as a file: so far the fit file that the command line writes and reads.

pub mod fit_file;
