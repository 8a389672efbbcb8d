//! Sentences that the page, the command line and files say.

pub mod page;
