//! Messages between the page and its workers, and what a worker does with one.
//!
//! Page and worker run one program, so messages hold the core types as they are; links and files have
//! wire types of their own. [`handle()`] is a plain function: the worker's program only moves its messages.

mod handle;
mod messages;
#[cfg(test)]
mod tests;
mod wire;

pub use handle::handle;
pub use messages::{Along, Answer, Event, JobId, Question, Reply, Request, Task, TrialPart, WireJob};
pub use wire::{
    ISSUES_SHOWN, WireCandidate, WireFit, WireFittedStudy, WireImport, WireIssue, WireProcess, WireShare, WireStudy,
    WireTable, WireTried,
};
