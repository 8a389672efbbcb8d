//! Messages between the page and its workers, and what a worker does with one.
//!
//! Page and worker come from one build, so messages hold the core types as they are; links and files have
//! wire types of their own. [`handle`] is a plain function: the worker's program only moves its messages.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Observation};
use crate::fit::{self, DataSummary, Ending, Fit, FitConfig, FitError, FitReport, FittedStudy, Progress};
use crate::import::{self, Issue, Roles};
use crate::law::{self, Law, Shape};
use crate::mixture::{self, Optimum, Scenario};
use crate::units::Tokens;

/// Of what build this program is; page and worker must be of the same.
pub const BUILD: &str = match option_env!("MIXLAW_BUILD") {
    Some(build) => build,
    None => "development",
};

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
    /// Read a table.
    Import {
        /// The text.
        text: String,
        /// The columns' roles; guessed if absent.
        roles: Option<Roles>,
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
    /// Find the optimum of a scenario.
    Optimum {
        /// The fits.
        fitted: WireFittedStudy,
        /// What to optimise for.
        scenario: Scenario,
    },
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
}

/// From a worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The worker can take requests; what was posted before is lost.
    Ready {
        /// Of what build it is; another than the page's is of no use.
        build: String,
    },
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
    /// Of [`Task::Import`].
    Import(Box<WireImport>),
    /// Of [`Task::Fit`] and [`Task::Finish`].
    Fit(Box<WireFit>),
    /// Of [`Task::Starts`].
    Starts(Vec<Ending>),
    /// Of [`Task::Optimum`].
    Optimum(Optimum),
}

/// A [`Dataset`] on its way, packed: a long table crosses as one array of bytes, not as a million numbers. It is
/// checked again on arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireStudy(#[serde(with = "serde_bytes")] Vec<u8>);

/// What is packed.
#[derive(Serialize, Deserialize)]
struct Unpacked {
    domains: Vec<String>,
    targets: Vec<String>,
    observations: Vec<Observation>,
    stocks: Vec<(String, Tokens)>,
}

impl From<&Dataset> for WireStudy {
    fn from(dataset: &Dataset) -> Self {
        let unpacked = Unpacked {
            domains: dataset.domains().to_vec(),
            targets: dataset.targets().to_vec(),
            observations: dataset.observations().to_vec(),
            stocks: dataset
                .domains()
                .iter()
                .cloned()
                .zip(dataset.stocks())
                .filter_map(|(name, stock)| Some((name, (*stock)?)))
                .collect(),
        };
        Self(postcard::to_allocvec(&unpacked).expect("names and numbers have a form in bytes"))
    }
}

impl WireStudy {
    /// The study.
    ///
    /// # Errors
    /// Page and worker are of different builds, or the study breaks a rule of [`Dataset`].
    pub fn into_dataset(self) -> Result<Dataset, String> {
        let Unpacked { domains, targets, observations, stocks } = postcard::from_bytes(&self.0)
            .map_err(|error| format!("page and worker do not understand each other ({error}); reload the page"))?;
        let dataset = Dataset::new(domains, targets, observations).and_then(|dataset| dataset.with_stocks(&stocks));
        dataset.map_err(|error| error.to_string())
    }
}

/// What an import gives, as far as a page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireImport {
    /// Names of the columns; empty where the text is no table.
    pub columns: Vec<String>,
    /// The role of each.
    pub roles: Roles,
    /// The study, if there is one.
    pub study: Option<WireStudy>,
    /// Lines that an issue keeps out of the study.
    pub n_left_out: usize,
    /// The first [`ISSUES_SHOWN`] errors.
    pub errors: Vec<String>,
    /// How many there are.
    pub n_errors: usize,
    /// The first [`ISSUES_SHOWN`] notices.
    pub notices: Vec<String>,
    /// How many there are.
    pub n_notices: usize,
}

/// More issues than this are only counted.
pub const ISSUES_SHOWN: usize = 50;

fn read_table(text: &str, roles: Option<Roles>) -> WireImport {
    let imported = import::import(text, roles);
    let first = |issues: &[Issue]| issues.iter().take(ISSUES_SHOWN).map(Issue::to_string).collect();
    let issues = &imported.issues;
    WireImport {
        columns: imported.table.map(|table| table.header().to_vec()).unwrap_or_default(),
        roles: imported.roles,
        study: imported.dataset.as_ref().map(WireStudy::from),
        n_left_out: imported.n_left_out,
        errors: first(issues.errors()),
        n_errors: issues.n_errors(),
        notices: first(issues.notices()),
        n_notices: issues.n_notices(),
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
    let outcome = answer(request.task, &mut |progress| emit(Event::Progress { job, progress }));
    emit(Event::Done { job, outcome });
}

fn answer(task: Task, progress: &mut dyn FnMut(Progress)) -> Result<Answer, String> {
    match task {
        Task::Import { text, roles } => Ok(Answer::Import(Box::new(read_table(&text, roles)))),
        Task::Fit(job) => {
            let Job { law, dataset, target_idxs, config } = job.into_job()?;
            fitted(fit::fit(law, &dataset, &target_idxs, &config, progress))
        }
        Task::Starts { job, range } => {
            let Job { law, dataset, target_idxs, config } = job.into_job()?;
            let endings = fit::starts(law, &dataset, &target_idxs, &config, range, progress);
            endings.map(Answer::Starts).map_err(|error| error.to_string())
        }
        Task::Finish { job, endings } => {
            let Job { law, dataset, target_idxs, config } = job.into_job()?;
            fitted(fit::fit_from(law, &dataset, &target_idxs, &config, endings, progress))
        }
        Task::Optimum { fitted, scenario } => find_optimum(fitted, &scenario).map(Answer::Optimum),
    }
}

fn law_of(id: &str) -> Result<&'static dyn Law, String> {
    law::by_id(id).ok_or_else(|| format!("no law is called \"{id}\"; reload the page"))
}

/// A job as the core takes it.
struct Job {
    law: &'static dyn Law,
    dataset: Dataset,
    target_idxs: Vec<usize>,
    config: FitConfig,
}

impl WireJob {
    fn into_job(self) -> Result<Job, String> {
        let (law, dataset) = (law_of(&self.law)?, self.study.into_dataset()?);
        Ok(Job { law, dataset, target_idxs: self.target_idxs, config: self.config })
    }
}

fn fitted(fit: Result<Fit, FitError>) -> Result<Answer, String> {
    fit.map(|fit| Answer::Fit(Box::new(WireFit::from(&fit)))).map_err(|error| error.to_string())
}

fn find_optimum(fitted: WireFittedStudy, scenario: &Scenario) -> Result<Optimum, String> {
    let fits: Result<Vec<Fit>, String> = fitted.fits.into_iter().map(WireFit::into_fit).collect();
    let study = FittedStudy { domains: fitted.domains, summary: fitted.summary, fits: fits? };
    mixture::optimum(&study, scenario).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_gives_the_study_and_counts_the_issues_not_shown() {
        let mut text = "w_a,w_b,loss\n0.5,0.5,2\n0.2,0.8,2.1\n".to_string();
        text.push_str(&"0.9,0.9,2\n".repeat(ISSUES_SHOWN + 7));
        let mut events = Vec::new();
        let request = Request { job: JobId(3), task: Task::Import { text, roles: None } };
        handle(request, &mut |event| events.push(event));
        let [Event::Done { job: JobId(3), outcome: Ok(Answer::Import(import)) }] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!((import.errors.len(), import.n_errors), (ISSUES_SHOWN, ISSUES_SHOWN + 7));
        let dataset = import.study.clone().unwrap().into_dataset().unwrap();
        assert_eq!((dataset.domains(), dataset.observations().len()), (&["a", "b"].map(String::from)[..], 2));
    }
}
