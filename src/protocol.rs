//! Messages between the page and its workers, and what a worker does with one.
//!
//! Page and worker run one program, so messages hold the core types as they are; links and files have
//! wire types of their own. [`handle`] is a plain function: the worker's program only moves its messages.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Observation};
use crate::design::{self, Batch, Budget, Plan, Wanted};
use crate::fit::{self, Ending, Fit, FitConfig, FitError, FitReport, Interval, Progress};
use crate::gp::GaussianProcess;
use crate::import::{self, Fix, Issue, Roles, SUM_TOLERANCE, Table, Understood};
use crate::law::{self, Law, Shape};
use crate::mixture::{self, Compared, Growth, OnPath, Optimum, OptimumError, Outcome, Reflection, Scenario, Verdict};
use crate::predict::choice::{Share, Trial, Tried};
use crate::predict::{
    Bootstrap, BootstrapConfig, Candidate, DataSummary, FittedStudy, Form, OneByOne, Replicate, Validation, bootstrap,
};
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

/// A [`Share`] of a validation on its way, packed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireShare(#[serde(with = "serde_bytes")] Vec<u8>);

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
        let Unpacked { domains, targets, observations, stocks } =
            postcard::from_bytes(&self.0).map_err(not_understood)?;
        let dataset = Dataset::new(domains, targets, observations).and_then(|dataset| dataset.with_stocks(&stocks));
        dataset.map_err(|error| error.to_string())
    }
}

/// A [`Table`] on its way, packed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireTable(#[serde(with = "serde_bytes")] Vec<u8>);

impl From<&Table> for WireTable {
    fn from(table: &Table) -> Self {
        Self(postcard::to_allocvec(table).expect("cells have a form in bytes"))
    }
}

impl WireTable {
    /// The table.
    ///
    /// # Errors
    /// Page and worker are of different builds.
    pub fn into_table(self) -> Result<Table, String> {
        postcard::from_bytes(&self.0).map_err(not_understood)
    }
}

fn not_understood(error: postcard::Error) -> String {
    format!("page and worker do not understand each other ({error}); reload the page")
}

/// What an import gives, as far as a page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireImport {
    /// Whether it is of the text joined to its half.
    pub joined: bool,
    /// Names of the columns; empty where the text is no table.
    pub columns: Vec<String>,
    /// The role of each.
    pub roles: Roles,
    /// Its cells, if it is one.
    pub table: Option<WireTable>,
    /// The study, if there is one.
    pub study: Option<WireStudy>,
    /// Lines that an issue keeps out of the study.
    pub n_left_out: usize,
    /// The first [`ISSUES_SHOWN`] errors.
    pub errors: Vec<WireIssue>,
    /// How many there are.
    pub n_errors: usize,
    /// The first [`ISSUES_SHOWN`] notices.
    pub notices: Vec<WireIssue>,
    /// How many there are.
    pub n_notices: usize,
    /// What only the user can say.
    pub questions: Vec<import::Question>,
    /// What the table was taken for, if it is one.
    pub understood: Option<Understood>,
    /// Those that go along with the fits: see [`Imported::warnings`](crate::import::Imported::warnings).
    pub warnings: Vec<String>,
}

/// An [`Issue`] as far as a page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireIssue {
    /// Its words.
    pub sentence: String,
    /// Row of the table, if it is about a line that is one.
    pub row: Option<usize>,
    /// Index of the column that it is about.
    pub column: Option<usize>,
    /// What would put it right.
    pub fixes: Vec<Fix>,
}

impl WireIssue {
    fn new(issue: &Issue, table: Option<&Table>) -> Self {
        let column = issue.column.as_ref().zip(table);
        let place = column.zip(issue.line).and_then(|((name, table), line)| table.place(line, name));
        let column = column.and_then(|(name, table)| table.header().iter().position(|own| own == name));
        Self { sentence: issue.to_string(), row: place.map(|(row, _)| row), column, fixes: issue.fixes() }
    }
}

/// More issues than this are only counted.
pub const ISSUES_SHOWN: usize = 50;

fn read_table(text: &str, roles: Option<Roles>, answers: &[import::Answer], half: Option<String>) -> WireImport {
    let mut imported = import::import_with(text, roles, answers);
    let mut joined = false;
    let mixes = |imported: &import::Imported| imported.dataset.as_ref().is_some_and(|data| !data.domains().is_empty());
    if let Some(half) = half.filter(|_| !mixes(&imported)) {
        let both = import::import(&import::joined(&[half, text.to_string()]), None);
        joined = mixes(&both);
        if joined {
            imported = both;
        }
    }
    let warnings = imported.warnings();
    let (table, issues) = (imported.table.as_ref(), &imported.issues);
    let first = |issues: &[Issue]| issues.iter().take(ISSUES_SHOWN).map(|issue| WireIssue::new(issue, table)).collect();
    let (errors, notices) = (first(issues.errors()), first(issues.notices()));
    WireImport {
        joined,
        table: imported.table.as_ref().map(WireTable::from),
        columns: imported.table.map(|table| table.header().to_vec()).unwrap_or_default(),
        roles: imported.roles,
        study: imported.dataset.as_ref().map(WireStudy::from),
        n_left_out: imported.n_left_out,
        errors,
        n_errors: issues.n_errors(),
        notices,
        n_notices: issues.n_notices(),
        questions: imported.questions,
        understood: imported.understood,
        warnings,
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

/// A Gaussian process on its way, packed: it is asked with at every move of a slider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireProcess(#[serde(with = "serde_bytes")] Vec<u8>);

impl From<&Arc<GaussianProcess>> for WireProcess {
    fn from(process: &Arc<GaussianProcess>) -> Self {
        Self(postcard::to_allocvec(&**process).expect("numbers have a form in bytes"))
    }
}

/// Processes as they are unpacked; forms of one law share theirs.
#[derive(Default)]
struct Processes(Vec<(WireProcess, Arc<GaussianProcess>)>);

impl Processes {
    fn unpack(&mut self, wire: Vec<WireProcess>) -> Result<Vec<Arc<GaussianProcess>>, String> {
        let one = |wire: WireProcess| {
            if let Some((_, known)) = self.0.iter().find(|(known, _)| *known == wire) {
                return Ok(known.clone());
            }
            let process: Arc<GaussianProcess> = Arc::new(postcard::from_bytes(&wire.0).map_err(not_understood)?);
            self.0.push((wire, process.clone()));
            Ok(process)
        };
        wire.into_iter().map(one).collect()
    }
}

/// A [`Candidate`] on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireCandidate {
    form: Form,
    fits: Vec<WireFit>,
    processes: Vec<WireProcess>,
    validation: Validation,
}

impl From<&Candidate> for WireCandidate {
    fn from(candidate: &Candidate) -> Self {
        Self {
            form: candidate.form,
            fits: candidate.fits.iter().map(WireFit::from).collect(),
            processes: candidate.processes.iter().map(WireProcess::from).collect(),
            validation: candidate.validation.clone(),
        }
    }
}

impl WireCandidate {
    fn into_candidate(self, known: &mut Processes) -> Result<Candidate, String> {
        let Self { form, fits, processes, validation } = self;
        let fits: Result<Vec<Fit>, String> = fits.into_iter().map(WireFit::into_fit).collect();
        Ok(Candidate { form, fits: fits?, processes: known.unpack(processes)?, validation })
    }
}

/// A [`Tried`] on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireTried {
    candidates: Vec<WireCandidate>,
    #[serde(with = "serde_bytes")]
    errors: Vec<u8>,
}

impl From<&Tried> for WireTried {
    fn from(tried: &Tried) -> Self {
        Self {
            candidates: tried.candidates.iter().map(WireCandidate::from).collect(),
            errors: postcard::to_allocvec(&tried.errors).expect("numbers have a form in bytes"),
        }
    }
}

impl WireTried {
    /// What was tried.
    ///
    /// # Errors
    /// The message is of another build.
    pub fn into_tried(self) -> Result<Tried, String> {
        let mut known = Processes::default();
        let candidates = self.candidates.into_iter().map(|one| one.into_candidate(&mut known));
        let candidates: Result<Vec<Candidate>, String> = candidates.collect();
        Ok(Tried { candidates: candidates?, errors: postcard::from_bytes(&self.errors).map_err(not_understood)? })
    }
}

/// A [`FittedStudy`] on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireFittedStudy {
    domains: Vec<String>,
    summary: DataSummary,
    fits: Vec<WireFit>,
    notices: Vec<String>,
    form: Form,
    processes: Vec<WireProcess>,
    validation: Validation,
    candidates: Vec<WireCandidate>,
}

/// As it predicts, without the other candidates.
impl From<&FittedStudy> for WireFittedStudy {
    fn from(study: &FittedStudy) -> Self {
        Self {
            domains: study.domains.clone(),
            summary: study.summary.clone(),
            fits: study.fits.iter().map(WireFit::from).collect(),
            notices: study.notices.clone(),
            form: study.form,
            processes: study.processes.iter().map(WireProcess::from).collect(),
            validation: study.validation.clone(),
            candidates: Vec::new(),
        }
    }
}

impl WireFittedStudy {
    /// With all candidates.
    pub fn whole(study: &FittedStudy) -> Self {
        Self { candidates: study.candidates.iter().map(WireCandidate::from).collect(), ..Self::from(study) }
    }

    /// The study. The one before is kept: its processes take far longer to solve anew than to ask.
    ///
    /// # Errors
    /// A law's id is unknown, or something cannot be: the message is none of this program's.
    pub fn into_study(self) -> Result<FittedStudy, String> {
        thread_local! {
            static LAST: RefCell<Option<(WireFittedStudy, FittedStudy)>> = const { RefCell::new(None) };
        }
        let same = |last: &Option<(Self, FittedStudy)>| {
            last.as_ref().filter(|(wire, _)| *wire == self).map(|(_, study)| study.clone())
        };
        if let Some(study) = LAST.with_borrow(same) {
            return Ok(study);
        }
        let study = self.clone().unpack()?;
        if !self.processes.is_empty() {
            LAST.set(Some((self, study.clone())));
        }
        Ok(study)
    }

    fn unpack(self) -> Result<FittedStudy, String> {
        let mut known = Processes::default();
        let fits: Result<Vec<Fit>, String> = self.fits.into_iter().map(WireFit::into_fit).collect();
        let processes = known.unpack(self.processes)?;
        let candidates = self.candidates.into_iter().map(|one| one.into_candidate(&mut known));
        let candidates: Result<Vec<Candidate>, String> = candidates.collect();
        let study = FittedStudy { notices: self.notices, ..FittedStudy::new(self.domains, self.summary, fits?) };
        study.check().map_err(|error| error.to_string())?;
        let n_targets = study.targets().count();
        self.validation.check(n_targets).map_err(|error| error.to_string())?;
        if !processes.is_empty() && processes.len() != n_targets {
            return Err("a study with processes that are not its targets'".to_string());
        }
        Ok(FittedStudy { form: self.form, processes, validation: self.validation, candidates: candidates?, ..study })
    }
}

/// Does what the request asks; progress on the way, then one [`Event::Done`].
pub fn handle(request: Request, emit: &mut dyn FnMut(Event)) {
    let job = request.job;
    let outcome = answer(job, request.task, emit);
    emit(Event::Done { job, outcome });
}

fn tried(
    study: WireStudy,
    fits: Vec<WireFit>,
    forms: Vec<Form>,
    part: TrialPart,
    done: &mut dyn FnMut(usize, usize),
) -> Result<Answer, String> {
    let dataset = study.into_dataset()?;
    let fits: Result<Vec<Fit>, String> = fits.into_iter().map(WireFit::into_fit).collect();
    let fits = fits?;
    let study = FittedStudy::of(&dataset, fits.clone());
    study.check().map_err(|error| error.to_string())?;
    if let Some(target) = study.targets().find(|target| dataset.target_idx(target.name).is_none()) {
        return Err(format!("\"{}\" is no target of the study", target.name));
    }
    match part {
        TrialPart::Share(part, n_parts) => {
            let share = Trial::new(&dataset, fits, forms).share(part, n_parts, done);
            let bytes = postcard::to_allocvec(&share).expect("numbers have a form in bytes");
            Ok(Answer::Share(WireShare(bytes)))
        }
        TrialPart::Whole(shares) => {
            let shares = shares.iter().map(|share| postcard::from_bytes(&share.0).map_err(not_understood));
            let shares: Result<Vec<Share>, String> = shares.collect();
            let tried = Trial::of_shares(&dataset, fits, forms, shares?)?;
            Ok(Answer::Tried(Box::new(WireTried::from(&tried))))
        }
    }
}

fn answer(job: JobId, task: Task, emit: &mut dyn FnMut(Event)) -> Result<Answer, String> {
    let mut progress = |progress| emit(Event::Progress { job, progress });
    let progress = &mut progress;
    match task {
        Task::Import { text, roles, answers, half } => {
            Ok(Answer::Import(Box::new(read_table(&text, roles, &answers, half))))
        }
        Task::Fit(job) => {
            let Job { law, dataset, target_idxs, config, nested } = job.into_job()?;
            fitted(fit::fit_above(law, &dataset, &target_idxs, &config, nested.as_ref(), progress))
        }
        Task::Starts { job, range } => {
            let Job { law, dataset, target_idxs, config, .. } = job.into_job()?;
            check_range(&range, config.starts)?;
            let endings = fit::starts(law, &dataset, &target_idxs, &config, range, progress);
            endings.map(Answer::Starts).map_err(|error| error.to_string())
        }
        Task::Finish { job, endings } => {
            let Job { law, dataset, target_idxs, config, nested } = job.into_job()?;
            fitted(fit::fit_from(law, &dataset, &target_idxs, &config, endings, nested.as_ref(), progress))
        }
        Task::Try { study, fits, forms, part } => {
            tried(study, fits, forms, part, &mut |done, all| emit(Event::Validated { job, done, all }))
        }
        Task::Replicates { study, fitted, config, range } => {
            let (dataset, fitted) = (study.into_dataset()?, fitted.into_study()?);
            check_range(&range, config.replicates)?;
            let bootstrap = Bootstrap::new(&dataset, &fitted, &config).map_err(|error| error.to_string())?;
            let replicates = bootstrap.replicates(range, &mut |_| {});
            replicates.map(Answer::Replicates).map_err(|error| error.to_string())
        }
        Task::Outcomes { fitted, scenario, optimum, compared, replicates } => {
            let fitted = checked(fitted, &replicates)?;
            check_mixtures(&fitted, std::iter::once(&optimum.mixture).chain(compared.iter().map(|one| &one.mixture)))?;
            let one = |replicate: &Replicate| {
                mixture::outcome(&bootstrap::with_thetas(&fitted, replicate), &scenario, &optimum, &compared)
            };
            // A replicate without an optimum is left out; only where none has one there is no answer.
            let outcomes: Vec<Result<Outcome, OptimumError>> = replicates.iter().map(one).collect();
            match outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
                Some(error) if outcomes.iter().all(Result::is_err) => Err(error.to_string()),
                _ => Ok(Answer::Outcomes(outcomes.into_iter().flatten().collect())),
            }
        }
        Task::Along { fitted, scenario, places, replicates } => {
            let fitted = checked(fitted, &replicates)?;
            let one = |replicate: &Replicate| {
                mixture::at_places(&bootstrap::with_thetas(&fitted, replicate), &scenario, &places)
            };
            Ok(Answer::Along(replicates.iter().map(one).collect()))
        }
        Task::About { fitted, scenario, optimum, question } => {
            let fitted = fitted.into_study()?;
            let asked = if let Question::Excess(mixtures) = &question { mixtures.as_slice() } else { &[] };
            check_mixtures(&fitted, std::iter::once(&optimum.mixture).chain(asked))?;
            let reply = reply(&fitted, &scenario, &optimum, &question);
            reply.map(Answer::About).map_err(|error| error.to_string())
        }
        Task::Plan(wanted) => {
            let plan = design::plan(&wanted, &OneByOne).map_err(|error| error.to_string());
            Ok(Answer::Plan(Box::new(plan)))
        }
        Task::Optimum { fitted, scenario } => {
            let optimum = mixture::optimum(&fitted.into_study()?, &scenario);
            optimum.map(Answer::Optimum).map_err(|error| error.to_string())
        }
    }
}

fn law_of(id: &str) -> Result<&'static dyn Law, String> {
    law::by_id(id).ok_or_else(|| format!("no law is called \"{id}\"; reload the page"))
}

/// The fits, if the replicates are of them.
fn checked(fitted: WireFittedStudy, replicates: &[Replicate]) -> Result<FittedStudy, String> {
    let fitted = fitted.into_study()?;
    let checks = replicates.iter().try_for_each(|replicate| replicate.check(&fitted));
    checks.map_err(|error| error.to_string())?;
    Ok(fitted)
}

fn check_range(range: &Range<usize>, most: usize) -> Result<(), String> {
    let is_part = range.start <= range.end && range.end <= most;
    is_part.then_some(()).ok_or_else(|| format!("{range:?} is no part of {most} to do; reload the page"))
}

fn check_mixtures<'a>(study: &FittedStudy, mixtures: impl IntoIterator<Item = &'a Vec<f64>>) -> Result<(), String> {
    let k = study.domains.len();
    let is_mixture = |h: &&Vec<f64>| h.len() == k && h.iter().all(|h| (0.0..=1.0 + SUM_TOLERANCE).contains(h));
    let wrong = mixtures.into_iter().find(|h| !is_mixture(h));
    wrong.map_or(Ok(()), |_| Err(format!("a mixture is not one of {k} domains; reload the page")))
}

/// A job as the core takes it.
struct Job {
    law: &'static dyn Law,
    dataset: Dataset,
    target_idxs: Vec<usize>,
    config: FitConfig,
    nested: Option<Fit>,
}

impl WireJob {
    fn into_job(self) -> Result<Job, String> {
        let (law, dataset) = (law_of(&self.law)?, self.study.into_dataset()?);
        let is_target = |target_idx: &usize| *target_idx < dataset.targets().len();
        if self.target_idxs.is_empty() || !self.target_idxs.iter().all(is_target) {
            return Err("the targets to fit are none of the study's; reload the page".to_string());
        }
        let nested = self.nested.map(WireFit::into_fit).transpose()?;
        Ok(Job { law, dataset, target_idxs: self.target_idxs, config: self.config, nested })
    }
}

fn fitted(fit: Result<Fit, FitError>) -> Result<Answer, String> {
    fit.map(|fit| Answer::Fit(Box::new(WireFit::from(&fit)))).map_err(|error| error.to_string())
}

fn reply(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    question: &Question,
) -> Result<Reply, OptimumError> {
    Ok(match question {
        Question::Near(epsilon) => Reply::Near(mixture::near_optimal(study, scenario, optimum, *epsilon)?),
        Question::Excess(mixtures) => Reply::Excess(mixture::excess(study, scenario, optimum, mixtures)?),
        Question::Verdict => Reply::Verdict(Box::new(mixture::verdict(study, scenario, optimum)?)),
        Question::Scale(growth) => Reply::Scale(mixture::along_scale(study, scenario, *growth)?),
        Question::Prior(prior) => Reply::Prior(mixture::along_prior(study, scenario, prior, &mixture::LAMBDAS)?),
        Question::EachTarget => Reply::EachTarget(mixture::each_target(study, scenario)?),
        Question::Reflection => Reply::Reflection(mixture::reflection(study, scenario)?),
        Question::Next(budget) => {
            Reply::Next(Box::new(design::next(study, scenario, budget).map_err(|error| error.to_string())))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_gives_the_study_and_counts_the_issues_not_shown() {
        let mut text = "w_a,w_b,loss\n0.5,0.5,2\n0.2,0.8,2.1\n".to_string();
        text.push_str(&"-0.9,0.9,2\n".repeat(ISSUES_SHOWN + 7));
        let mut events = Vec::new();
        let request =
            Request { job: JobId(3), task: Task::Import { text, roles: None, answers: Vec::new(), half: None } };
        handle(request, &mut |event| events.push(event));
        let [Event::Done { job: JobId(3), outcome: Ok(Answer::Import(import)) }] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!((import.errors.len(), import.n_errors), (ISSUES_SHOWN, ISSUES_SHOWN + 7));
        assert_eq!((import.errors[1].row, import.errors[1].column), (Some(3), Some(0)));
        let dataset = import.study.clone().unwrap().into_dataset().unwrap();
        assert_eq!((dataset.domains(), dataset.observations().len()), (&["a", "b"].map(String::from)[..], 2));
    }

    /// In a joined table a line of the second text is a row, too.
    #[test]
    fn an_issue_has_its_cell_and_what_puts_it_right() {
        let half = Some("run,w_a,w_b\nx,0.5,0.5\ny,0.2,0.8\n".to_string());
        let read = read_table("run,N,a_loss\ny,1B,2.25\nx,3OOM,2.5\n", None, &[], half);
        assert!(read.joined);
        let [error] = &read.errors[..] else { panic!("{:?}", read.errors) };
        assert_eq!((error.row, error.column, &error.fixes[..]), (Some(0), Some(3), &[Fix::Cell("300M".into())][..]));
        let table = read.table.expect("a table").into_table().expect("of this build");
        assert_eq!(table.row(0).cell(3), "3OOM");
    }

    fn outcome(task: Task) -> Result<Answer, String> {
        let mut events = Vec::new();
        handle(Request { job: JobId(1), task }, &mut |event| events.push(event));
        match events.pop() {
            Some(Event::Done { outcome, .. }) => outcome,
            other => panic!("{other:?}"),
        }
    }

    fn job(target_idxs: Vec<usize>, starts: usize) -> WireJob {
        let text = "w_a,w_b,loss\n0.5,0.5,2\n0.2,0.8,2.1\n0.9,0.1,2.3\n0.7,0.3,2.15\n";
        let dataset = import::import(text, None).dataset.expect("a study");
        let config = FitConfig { starts, ..FitConfig::default() };
        WireJob { study: WireStudy::from(&dataset), law: "linear".into(), target_idxs, config, nested: None }
    }

    /// A message of another page's making once sent indices out of range.
    #[test]
    fn messages_that_do_not_fit_together_are_answered_with_a_sentence() {
        let refused = |task| outcome(task).expect_err("refused");
        for target_idxs in [vec![], vec![1], vec![0, usize::MAX]] {
            assert!(refused(Task::Fit(job(target_idxs, 1))).contains("the targets to fit are none of the study's"));
        }
        for range in [0..3, 2..usize::MAX] {
            assert!(refused(Task::Starts { job: job(vec![0], 2), range }).contains("is no part of 2 to do"));
        }
        let ending = |n| Ending { theta: vec![0.1; n], objective: 1.0, converged: true, n_iterations: 3 };
        let endings = vec![ending(1), ending(7)];
        assert!(
            refused(Task::Finish { job: job(vec![0], 2), endings }).starts_with("the number of parameters of a start")
        );

        let Ok(Answer::Fit(fit)) = outcome(Task::Fit(job(vec![0], 2))) else { panic!("a fit") };
        let dataset = job(vec![0], 2).study.into_dataset().expect("a study");
        let study = FittedStudy::of(&dataset, vec![fit.into_fit().expect("a law")]);
        let scenario = || Box::new(Scenario::at_the_edge_of(&study.summary));
        let fitted = || WireFittedStudy::from(&study);
        let Ok(Answer::Optimum(optimum)) = outcome(Task::Optimum { fitted: fitted(), scenario: scenario() }) else {
            panic!("an optimum")
        };
        let mut short = fitted();
        short.fits[0].theta.pop();
        assert!(
            refused(Task::Optimum { fitted: short, scenario: scenario() }).contains("parameters of a law that has")
        );
        let mut elsewhere = fitted();
        elsewhere.fits[0].shape.own_domains = vec![Some(9)];
        refused(Task::Optimum { fitted: elsewhere, scenario: scenario() });
        let about = |optimum: &Optimum, question| Task::About {
            fitted: fitted(),
            scenario: scenario(),
            optimum: Box::new(optimum.clone()),
            question,
        };
        assert!(refused(about(&optimum, Question::Excess(vec![vec![1.0]]))).contains("is not one of 2 domains"));
        let long = Optimum { mixture: vec![0.2; 5], ..optimum.clone() };
        assert!(refused(about(&long, Question::Near(0.001))).contains("is not one of 2 domains"));
        let replicates = vec![Replicate { thetas: Vec::new(), holdout_mre_percent: Vec::new(), mixtures: Vec::new() }];
        let outcomes = Task::Outcomes {
            fitted: fitted(),
            scenario: scenario(),
            optimum: Box::new(optimum),
            compared: Vec::new(),
            replicates,
        };
        assert!(refused(outcomes).contains("a replicate of a bootstrap that is not of these fits"));
    }

    fn done(task: Task) -> (Result<Answer, String>, Vec<(usize, usize)>) {
        let (mut answer, mut steps) = (None, Vec::new());
        handle(Request { job: JobId(1), task }, &mut |event| match event {
            Event::Done { outcome, .. } => answer = Some(outcome),
            Event::Validated { done, all, .. } => steps.push((done, all)),
            _ => {}
        });
        (answer.expect("an answer"), steps)
    }

    /// What workers validate law by law is what [`auto`](crate::predict::auto) gives, and predicts the same to the bit on
    /// the other side of a message.
    #[test]
    fn validation_over_messages_is_the_same() {
        use crate::predict::{auto, choice};
        let mut text = "w_a,w_b,w_c,N,D,loss\n".to_string();
        for i in 0..9_i32 {
            let (a, b) = (f64::from(10 + 7 * i % 40) / 100.0, f64::from(15 + 11 * i % 35) / 100.0);
            let loss = 2.0 + 0.4 * (a - 0.3) * (a - 0.3) + 0.2 * b * b;
            text.push_str(&format!("{a},{b},{},1B,20B,{loss}\n", 1.0 - a - b));
        }
        let dataset = import::import(&text, None).dataset.expect("a study");
        let config = FitConfig { starts: 3, ..FitConfig::default() };
        let expected = auto(&dataset, &[0], &config, &OneByOne, &|_, _| {}).expect("a study");
        let mut tried = Vec::new();
        for (law, forms) in choice::ways(&dataset, &[0], &config) {
            let fit = fit::fit(law, &dataset, &[0], &config, &mut |_| {}).expect("a fit");
            let task = |part: TrialPart| Task::Try {
                study: WireStudy::from(&dataset),
                fits: vec![WireFit::from(&fit)],
                forms: forms.clone(),
                part,
            };
            let share = |part: usize| {
                let (Ok(Answer::Share(share)), steps) = done(task(TrialPart::Share(part, 2))) else {
                    panic!("no share")
                };
                let n = [5, 4][part];
                assert_eq!((steps.first(), steps.last()), (Some(&(1, n)), Some(&(n, n))));
                share
            };
            let shares = vec![share(1), share(0)];
            let lacking = done(task(TrialPart::Whole(shares[..1].to_vec()))).0;
            assert_eq!(lacking, Err("shares of another validation".to_string()));
            let (Ok(Answer::Tried(one)), _) = done(task(TrialPart::Whole(shares))) else { panic!("no validation") };
            tried.push(one.into_tried().expect("of this build"));
        }
        let study = choice::chosen(&dataset, tried);
        assert_eq!(
            (study.form, study.chosen(), &study.validation),
            (expected.form, expected.chosen(), &expected.validation)
        );
        assert_eq!(study.candidates.len(), 3);
        let wire = WireFittedStudy::whole(&study);
        let h = [0.3, 0.3, 0.4];
        let interval = |study: &FittedStudy| study.interval(0, Some(Params(1e9)), Some(Tokens(2e10)), &h);
        let over = wire.clone().into_study().expect("of this build");
        assert!(interval(&expected).is_some());
        assert_eq!((interval(&study), interval(&over)), (interval(&expected), interval(&expected)));
        assert_eq!(wire.clone().into_study().expect("again").processes[0], over.processes[0]);
        // Another study after it is that other one.
        let other = WireFittedStudy { processes: Vec::new(), form: Form::Law, candidates: Vec::new(), ..wire };
        assert!(other.into_study().expect("of this build").processes.is_empty());
        let scenario = Scenario::at_the_edge_of(&study.summary);
        let optimum = mixture::optimum(&study, &scenario).expect("an optimum");
        let expected = mixture::verdict(&expected, &scenario, &optimum).expect("a verdict");
        let (scenario, optimum) = (Box::new(scenario), Box::new(optimum));
        let fitted = WireFittedStudy::whole(&study);
        let (answer, _) = done(Task::About { fitted, scenario, optimum, question: Question::Verdict });
        assert_eq!(answer, Ok(Answer::About(Reply::Verdict(Box::new(expected)))));
    }
}
