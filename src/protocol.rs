//! Messages between the page and its workers, and what a worker does with one.
//!
//! Page and worker come from one build, so messages hold the core types as they are; links and files have
//! wire types of their own. [`handle`] is a plain function: the worker's program only moves its messages.

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Observation};
use crate::fit::{self, DataSummary, Fit, FitConfig, FitReport, FittedStudy, Progress};
use crate::law::{self, Shape};
use crate::mixture::{self, Optimum, Scenario};

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

/// What a worker can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Fit one law to the targets at those positions: one target, or all for a law that is fitted to all at once.
    Fit {
        /// The observations.
        study: WireStudy,
        /// The law's id.
        law: String,
        /// Positions of the targets.
        target_idxs: Vec<usize>,
        /// Settings.
        config: FitConfig,
    },
    /// Find the optimum of a scenario.
    Optimum {
        /// The fits.
        fitted: WireFittedStudy,
        /// What to optimise for.
        scenario: Scenario,
    },
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
    /// Of [`Task::Fit`].
    Fit(WireFit),
    /// Of [`Task::Optimum`].
    Optimum(Optimum),
}

/// A [`Dataset`] on its way; it is checked again on arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireStudy {
    domains: Vec<String>,
    targets: Vec<String>,
    observations: Vec<Observation>,
}

impl From<&Dataset> for WireStudy {
    fn from(dataset: &Dataset) -> Self {
        Self {
            domains: dataset.domains().to_vec(),
            targets: dataset.targets().to_vec(),
            observations: dataset.observations().to_vec(),
        }
    }
}

/// A [`Fit`] on its way: the law by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireFit {
    law: String,
    shape: Shape,
    targets: Vec<String>,
    theta: Vec<f64>,
    report: FitReport,
}

impl From<&Fit> for WireFit {
    fn from(fit: &Fit) -> Self {
        Self {
            law: fit.law.id().to_string(),
            shape: fit.shape.clone(),
            targets: fit.targets.clone(),
            theta: fit.theta.clone(),
            report: fit.report.clone(),
        }
    }
}

impl WireFit {
    /// The fit.
    ///
    /// # Errors
    /// The law's id is unknown: the message is of another build.
    pub fn into_fit(self) -> Result<Fit, String> {
        let law = law_of(&self.law)?;
        Ok(Fit { law, shape: self.shape, targets: self.targets, theta: self.theta, report: self.report })
    }
}

/// A [`FittedStudy`] on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireFittedStudy {
    domains: Vec<String>,
    summary: DataSummary,
    fits: Vec<WireFit>,
}

impl From<&FittedStudy> for WireFittedStudy {
    fn from(study: &FittedStudy) -> Self {
        Self {
            domains: study.domains.clone(),
            summary: study.summary.clone(),
            fits: study.fits.iter().map(WireFit::from).collect(),
        }
    }
}

/// Does what the request asks; progress on the way, then one [`Event::Done`].
pub fn handle(request: Request, emit: &mut dyn FnMut(Event)) {
    let job = request.job;
    let outcome = match request.task {
        Task::Fit { study, law, target_idxs, config } => {
            let mut progress = |progress| emit(Event::Progress { job, progress });
            fit_study(study, &law, &target_idxs, &config, &mut progress).map(|fit| Answer::Fit(WireFit::from(&fit)))
        }
        Task::Optimum { fitted, scenario } => find_optimum(fitted, &scenario).map(Answer::Optimum),
    };
    emit(Event::Done { job, outcome });
}

fn law_of(id: &str) -> Result<&'static dyn law::Law, String> {
    law::by_id(id).ok_or_else(|| format!("no law is called \"{id}\"; reload the page"))
}

fn fit_study(
    study: WireStudy,
    law: &str,
    target_idxs: &[usize],
    config: &FitConfig,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fit, String> {
    let law = law_of(law)?;
    let dataset = Dataset::new(study.domains, study.targets, study.observations).map_err(|error| error.to_string())?;
    fit::fit(law, &dataset, target_idxs, config, progress).map_err(|error| error.to_string())
}

fn find_optimum(fitted: WireFittedStudy, scenario: &Scenario) -> Result<Optimum, String> {
    let fits: Result<Vec<Fit>, String> = fitted.fits.into_iter().map(WireFit::into_fit).collect();
    let study = FittedStudy { domains: fitted.domains, summary: fitted.summary, fits: fits? };
    mixture::optimum(&study, scenario).map_err(|error| error.to_string())
}
