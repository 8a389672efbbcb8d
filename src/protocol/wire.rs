//! What is large or holds a law, as it crosses between page and worker, and how it is checked on arrival.

use std::cell::RefCell;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Observation};
use crate::fit::{Fit, FitReport};
use crate::gp::GaussianProcess;
use crate::import::{self, Fix, Issue, Roles, Table, Understood};
use crate::law::{self, Law, Shape};
use crate::predict::choice::{Share, Tried};
use crate::predict::{Candidate, DataSummary, FittedStudy, Form, Validation};
use crate::units::Tokens;
/// A [`Share`] of a validation on its way, packed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireShare(#[serde(with = "serde_bytes")] Vec<u8>);

impl From<&Share> for WireShare {
    fn from(share: &Share) -> Self {
        Self(postcard::to_allocvec(share).expect("numbers have a form in bytes"))
    }
}

impl WireShare {
    pub(super) fn into_share(self) -> Result<Share, String> {
        postcard::from_bytes(&self.0).map_err(not_understood)
    }
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

/// More issues than this are only counted.
pub const ISSUES_SHOWN: usize = 50;

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
    pub(super) fn new(issue: &Issue, table: Option<&Table>) -> Self {
        let column = issue.column.as_ref().zip(table);
        let place = column.zip(issue.line).and_then(|((name, table), line)| table.place(line, name));
        let column = column.and_then(|(name, table)| table.header().iter().position(|own| own == name));
        Self { sentence: issue.to_string(), row: place.map(|(row, _)| row), column, fixes: issue.fixes() }
    }
}

/// A [`Fit`] on its way: the law by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireFit {
    law: String,
    pub(super) shape: Shape,
    targets: Vec<String>,
    pub(super) theta: Vec<f64>,
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

/// A Gaussian process on its way, packed: it is asked with at every move of a slider. Its posterior is large and goes to
/// the page only, which would not answer for as long as that is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireProcess {
    #[serde(with = "serde_bytes")]
    stored: Vec<u8>,
    #[serde(with = "serde_bytes")]
    posterior: Vec<u8>,
}

impl From<&Arc<GaussianProcess>> for WireProcess {
    fn from(process: &Arc<GaussianProcess>) -> Self {
        let stored = postcard::to_allocvec(&**process).expect("numbers have a form in bytes");
        Self { stored, posterior: Vec::new() }
    }
}

impl WireProcess {
    fn with_posterior(process: &Arc<GaussianProcess>) -> Self {
        let posterior = postcard::to_allocvec(process.posterior()).expect("numbers have a form in bytes");
        Self { posterior, ..Self::from(process) }
    }

    fn unpack(&self) -> Result<GaussianProcess, String> {
        let stored = postcard::from_bytes(&self.stored).map_err(not_understood)?;
        let posterior = (!self.posterior.is_empty()).then(|| postcard::from_bytes(&self.posterior)).transpose();
        GaussianProcess::restored(stored, posterior.map_err(not_understood)?).map_err(|error| error.to_string())
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
            let process = Arc::new(wire.unpack()?);
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

impl WireCandidate {
    fn new(candidate: &Candidate, process: impl Fn(&Arc<GaussianProcess>) -> WireProcess) -> Self {
        Self {
            form: candidate.form,
            fits: candidate.fits.iter().map(WireFit::from).collect(),
            processes: candidate.processes.iter().map(process).collect(),
            validation: candidate.validation.clone(),
        }
    }

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
        let candidates = tried.candidates.iter();
        Self {
            candidates: candidates.map(|one| WireCandidate::new(one, WireProcess::with_posterior)).collect(),
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
    pub(super) domains: Vec<String>,
    pub(super) summary: DataSummary,
    pub(super) fits: Vec<WireFit>,
    pub(super) notices: Vec<String>,
    pub(super) form: Form,
    pub(super) processes: Vec<WireProcess>,
    pub(super) validation: Validation,
    pub(super) candidates: Vec<WireCandidate>,
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
        let candidates = study.candidates.iter().map(|one| WireCandidate::new(one, |process| process.into()));
        Self { candidates: candidates.collect(), ..Self::from(study) }
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

pub(super) fn law_of(id: &str) -> Result<&'static dyn Law, String> {
    law::by_id(id).ok_or_else(|| format!("no law is called \"{id}\"; reload the page"))
}
