//! What page and workers say to each other.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::wire::{WireFit, WireFittedStudy, WireImport, WireShare, WireStudy, WireTried};
use crate::design::{Batch, Budget, Plan, Wanted};
use crate::fit::{Ending, FitConfig, Interval, Progress};
use crate::import::{self, Roles};
use crate::mixture::{Compared, Growth, OnPath, Optimum, Outcome, Reflection, Scenario, Verdict};
use crate::predict::{BootstrapConfig, Form, Replicate};
use crate::units::{Params, Tokens};
/// Tells a job from those before it; events of a job that is no longer wanted are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// From the page to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Comes back with every event.
    pub job: JobId,
    /// What to do.
    pub task: Task,
}

/// What of a validation is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TrialPart {
    /// The first number's of so many equal shares of the splits.
    Share(usize, usize),
    /// All, from the shares.
    Whole(Vec<WireShare>),
}

/// What a worker can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Read a table.
    Import {
        /// The text.
        text: String,
        /// The columns' roles; guessed if absent.
        roles: Option<Roles>,
        /// What the user said of it.
        answers: Vec<import::Answer>,
        /// A text of before that was no study alone: it may be the other half.
        half: Option<String>,
    },
    /// Fit a law.
    Fit(WireJob),
    /// The starts of that range alone, of a fit that several workers share.
    Starts {
        /// The fit.
        job: WireJob,
        /// Which.
        range: Range<usize>,
    },
    /// The rest of that fit.
    Finish {
        /// The fit.
        job: WireJob,
        /// What [`Task::Starts`] gave for all starts, in order.
        endings: Vec<Ending>,
    },
    /// Validate fits of one law, as far as it falls to one of several workers, or put together what all of them found.
    Try {
        /// The runs.
        study: WireStudy,
        /// The law's fits.
        fits: Vec<WireFit>,
        /// In which forms they may predict.
        forms: Vec<Form>,
        /// Which part.
        part: TrialPart,
    },
    /// The replicates of that range, of a bootstrap that several workers share.
    Replicates {
        /// The runs.
        study: WireStudy,
        /// Their fits.
        fitted: WireFittedStudy,
        /// Settings.
        config: BootstrapConfig,
        /// Which.
        range: Range<usize>,
    },
    /// What replicates make of an optimum.
    Outcomes {
        /// The fits.
        fitted: WireFittedStudy,
        /// What was optimised for.
        scenario: Box<Scenario>,
        /// What was found.
        optimum: Box<Optimum>,
        /// What it is compared with.
        compared: Vec<Compared>,
        /// The replicates.
        replicates: Vec<Replicate>,
    },
    /// The optima of replicates along a path of scale.
    Along {
        /// The fits.
        fitted: WireFittedStudy,
        /// What is optimised for.
        scenario: Box<Scenario>,
        /// N and D of each place.
        places: Vec<(Params, Tokens)>,
        /// The replicates.
        replicates: Vec<Replicate>,
    },
    /// What else there is to say of an optimum.
    About {
        /// The fits.
        fitted: WireFittedStudy,
        /// What was optimised for.
        scenario: Box<Scenario>,
        /// What was found.
        optimum: Box<Optimum>,
        /// What is asked.
        question: Question,
    },
    /// Find the optimum of a scenario.
    Optimum {
        /// The fits.
        fitted: WireFittedStudy,
        /// What to optimise for.
        scenario: Box<Scenario>,
    },
    /// Plan a study before its first run.
    Plan(Box<Wanted>),
}

/// What can be asked of an optimum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Near-optimal ranges, with ε.
    Near(f64),
    /// What these mixtures lose against the optimum.
    Excess(Vec<Vec<f64>>),
    /// May one act on it? The fits come with all candidates.
    Verdict,
    /// The optimum along a path of scale.
    Scale(Growth),
    /// The optimum as a prior gets heavier.
    Prior(Vec<(String, f64)>),
    /// The optimum for each target alone.
    EachTarget,
    /// The targets' weights beside the mixture.
    Reflection,
    /// Which runs to train next. The fits come with all candidates.
    Next(Box<Budget>),
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// Of [`Question::Near`].
    Near(Vec<Interval>),
    /// Of [`Question::Excess`].
    Excess(Vec<f64>),
    /// Of [`Question::Verdict`].
    Verdict(Box<Verdict>),
    /// Of [`Question::Scale`].
    Scale(Vec<OnPath>),
    /// Of [`Question::Prior`].
    Prior(Vec<(f64, Optimum)>),
    /// Of [`Question::EachTarget`].
    EachTarget(Vec<(String, Optimum)>),
    /// Of [`Question::Reflection`].
    Reflection(Option<Reflection>),
    /// Of [`Question::Next`], or why there is no batch.
    Next(Box<Result<Batch, String>>),
}

/// A fit to be done: one law, fitted to the targets at those positions; one target, or all for a law that is fitted to
/// all at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireJob {
    /// The observations.
    pub study: WireStudy,
    /// The law's id.
    pub law: String,
    /// Positions of the targets.
    pub target_idxs: Vec<usize>,
    /// Settings.
    pub config: FitConfig,
    /// The fit of the law nested in this one to the same targets, where there is one.
    pub nested: Option<WireFit>,
}

/// From a worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The worker can take requests; what was posted before is lost.
    Ready,
    /// A fit goes on.
    Progress {
        /// The job.
        job: JobId,
        /// How far it is.
        progress: Progress,
    },
    /// So many of a validation's splits are done.
    Validated {
        /// The job.
        job: JobId,
        /// How many.
        done: usize,
        /// How many there are.
        all: usize,
    },
    /// A job is done.
    Done {
        /// The job.
        job: JobId,
        /// The answer, or in a sentence why there is none.
        outcome: Result<Answer, String>,
    },
}

/// What a job gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Of [`Task::Import`].
    Import(Box<WireImport>),
    /// Of [`Task::Fit`] and [`Task::Finish`].
    Fit(Box<WireFit>),
    /// Of [`Task::Starts`].
    Starts(Vec<Ending>),
    /// Of [`Task::Try`]: a share of it, …
    Share(WireShare),
    /// … and the whole.
    Tried(Box<WireTried>),
    /// Of [`Task::Replicates`].
    Replicates(Vec<Replicate>),
    /// Of [`Task::Outcomes`].
    Outcomes(Vec<Outcome>),
    /// Of [`Task::Along`].
    Along(Vec<Along>),
    /// Of [`Task::About`].
    About(Reply),
    /// Of [`Task::Optimum`].
    Optimum(Optimum),
    /// Of [`Task::Plan`], or why there is none.
    Plan(Box<Result<Plan, String>>),
}

/// h* of one replicate at each place of a path; `None` where there is none.
pub type Along = Vec<Option<Vec<f64>>>;
