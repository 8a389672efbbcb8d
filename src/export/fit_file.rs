//! The fit file: what `mixlaw fit --json` and the page write, and what the page, `predict`, `optimum`, `link` and
//! `export` read.
//!
//! JSON with one entry a target under "fits". Parameters are in natural units by name: N counted in parameters,
//! D in tokens, losses in nats. Numbers have all the digits that bring back the same bits. With the runs inside,
//! `optimum --bootstrap` can fit them anew; with the draws of a bootstrap inside, it need not. A scenario inside is
//! what `optimum` begins with.
//!
//! The page's project file is a fit file with one more entry, "draft": its inputs as typed, the table among them. It
//! may have no fits yet.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::fit_entry::Entry;
use super::formats::Known;
use super::runs::{Runs, RunsError};
use super::scenario_file::ScenarioFile;
use crate::dataset::Dataset;
use crate::fit::{Fit, Interval, LEVEL};
use crate::gp::{GaussianProcess, Hyperparameters};
use crate::import::{Answer, Roles};
use crate::law::{self, Scope};
use crate::predict::{Candidate, DataSummary, FittedStudy, Form, Impossible, Replicate, Validation, bootstrap};

/// The version that this code writes; it reads no newer one.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct FitFile<R, D> {
    mixlaw: u32,
    domains: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    data: Option<DataSummary>,
    #[serde(default = "Vec::new")]
    fits: Vec<Entry>,
    /// What reading the runs left to be said.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notices: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    scenario: Option<ScenarioFile>,
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    runs: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    bootstrap: Option<BootstrapEntry<D>>,
    /// How the study predicts, where it was validated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    predictor: Option<PredictorEntry>,
    /// The page's inputs as typed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    draft: Option<Value>,
}

/// What gives the losses, and what validation showed. A process is made anew from the runs and its hyperparameters.
#[derive(Serialize, Deserialize)]
struct PredictorEntry {
    form: Form,
    /// One a target, where there are processes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    hyperparameters: Vec<Hyperparameters>,
    validation: Validation,
    /// All candidates, this one among them, where several were validated.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    candidates: Vec<CandidateEntry>,
}

#[derive(Serialize, Deserialize)]
struct CandidateEntry {
    /// Its name. Only written.
    #[serde(default, skip_deserializing)]
    name: String,
    form: Form,
    fits: Vec<Entry>,
    /// One a target, where there are processes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    hyperparameters: Vec<Hyperparameters>,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct BootstrapEntry<D> {
    replicates: usize,
    level: f64,
    /// Intervals. Only written.
    #[serde(default, skip_deserializing)]
    fits: Vec<Value>,
    /// The replicates' θ, inside. Absent from files of before they were kept.
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    draws: Option<D>,
}

/// What a fit file holds.
#[derive(Default)]
pub struct Saved {
    /// The fits, if there are any yet.
    pub study: Option<FittedStudy>,
    /// The runs that they are of.
    pub runs: Option<Dataset>,
    /// The replicates of a bootstrap.
    pub replicates: Vec<Replicate>,
    /// What was asked of the optimum.
    pub scenario: Option<ScenarioFile>,
    /// The page's inputs as typed, for the page to read.
    pub draft: Option<Value>,
}

/// Why a text is no fit file.
#[derive(Debug, thiserror::Error)]
pub enum FitFileError {
    /// Not JSON, or not of this form.
    #[error("this is no fit file: {0}; write one with `mixlaw fit … --json`")]
    Json(#[from] serde_json::Error),
    /// From a newer version.
    #[error("the fit file has version {seen}, but this mixlaw reads up to {VERSION}; update mixlaw")]
    Newer {
        /// Its version.
        seen: u32,
    },
    /// A field that makes no sense.
    #[error("fits[{index}] of the fit file: {what} is \"{seen}\"; it must be {expected}")]
    Field {
        /// Which fit.
        index: usize,
        /// Which field.
        what: String,
        /// What was seen.
        seen: String,
        /// What would be right.
        expected: String,
    },
    /// What cannot be.
    #[error("the fit file says something impossible: {0}; write it again with `mixlaw fit … --json`")]
    Impossible(#[from] Impossible),
    /// Runs that are none.
    #[error("the runs of the fit file: {0}; write it again with `mixlaw fit … --json`")]
    Runs(#[from] RunsError),
    /// No fits.
    #[error("the fit file has no fits; fit at least one target")]
    Empty,
}

/// Writes the fits as JSON, with the runs that they are of and the replicates of a bootstrap if there are any.
pub fn write(study: &FittedStudy, runs: Option<&Dataset>, replicates: Option<&[Replicate]>) -> String {
    text(file(study, runs, replicates))
}

/// Writes a project: the page's inputs, and what has come of them.
pub fn write_project(draft: Value, known: Option<&Known>) -> String {
    let file = match known {
        Some(Known { study, runs, replicates, optimum }) => FitFile {
            scenario: optimum.map(|known| ScenarioFile::of(known.scenario)),
            ..file(study, *runs, *replicates)
        },
        None => FitFile {
            mixlaw: VERSION,
            domains: Vec::new(),
            data: None,
            fits: Vec::new(),
            notices: Vec::new(),
            scenario: None,
            runs: None,
            bootstrap: None,
            predictor: None,
            draft: None,
        },
    };
    text(FitFile { draft: Some(draft), ..file })
}

/// Columns of numbers stay on one line each, however the rest is laid out.
type Line = Box<RawValue>;

fn line(value: &impl Serialize) -> Line {
    serde_json::to_value(value).and_then(|value| to_raw_value(&value)).expect("names and finite numbers are JSON")
}

fn text(file: FitFile<Line, Line>) -> String {
    serde_json::to_string_pretty(&file).expect("strings, finite numbers and lists are JSON")
}

fn file(study: &FittedStudy, runs: Option<&Dataset>, replicates: Option<&[Replicate]>) -> FitFile<Line, Line> {
    let fits = study.targets().map(|target| Entry::of(study, &target)).collect();
    FitFile {
        mixlaw: VERSION,
        domains: study.domains.clone(),
        data: Some(study.summary.clone()),
        fits,
        notices: study.notices.clone(),
        scenario: None,
        runs: runs.map(|runs| line(&Runs::from(runs))),
        bootstrap: replicates.map(|replicates| BootstrapEntry {
            replicates: replicates.len(),
            level: LEVEL,
            fits: intervals(study, replicates),
            draws: Some(line(&replicates)),
        }),
        predictor: predictor(study),
        draft: None,
    }
}

fn hyperparameters(processes: &[Arc<GaussianProcess>]) -> Vec<Hyperparameters> {
    processes.iter().map(|process| process.hyperparameters().clone()).collect()
}

fn predictor(study: &FittedStudy) -> Option<PredictorEntry> {
    study.validation.range?;
    let candidate = |one: &Candidate| {
        let alone = FittedStudy::new(study.domains.clone(), study.summary.clone(), one.fits.clone());
        CandidateEntry {
            name: one.name(),
            form: one.form,
            fits: alone.targets().map(|target| Entry::of(&alone, &target)).collect(),
            hyperparameters: hyperparameters(&one.processes),
            validation: one.validation.clone(),
        }
    };
    Some(PredictorEntry {
        form: study.form,
        hyperparameters: hyperparameters(&study.processes),
        validation: study.validation.clone(),
        candidates: study.candidates.iter().map(candidate).collect(),
    })
}

/// The study as its predictor has it, which the runs are needed for.
fn predicting(study: FittedStudy, entry: PredictorEntry, runs: &Dataset) -> Result<FittedStudy, FitFileError> {
    entry.validation.check(study.targets().count())?;
    let chosen = Candidate::restored(runs, entry.form, study.fits.clone(), entry.hyperparameters, entry.validation);
    let mut candidates = Vec::new();
    for CandidateEntry { form, fits, hyperparameters, validation, .. } in entry.candidates {
        let fits = read_fits(fits, &study.domains)?;
        let alone = FittedStudy::new(study.domains.clone(), study.summary.clone(), fits);
        alone.check()?;
        validation.check(alone.targets().count())?;
        candidates.push(Candidate::restored(runs, form, alone.fits, hyperparameters, validation));
    }
    Ok(FittedStudy {
        form: chosen.form,
        processes: chosen.processes,
        validation: chosen.validation,
        candidates,
        ..study
    })
}

/// The fits of entries, of which one fit of several targets has one for each.
fn read_fits(entries: Vec<Entry>, domains: &[String]) -> Result<Vec<Fit>, FitFileError> {
    let mut fits: Vec<Fit> = Vec::new();
    let mut entries = entries.into_iter().enumerate().peekable();
    while let Some((index, entry)) = entries.next() {
        let of_all = law::by_id(&entry.law).is_some_and(|law| law.scope() == Scope::AllTargets);
        // One fit of several targets has an entry for each of them, all with the same parameters.
        let mut others = Vec::new();
        while let Some((_, other)) = entries.next_if(|(_, other)| {
            of_all && (&other.law, &other.parameters, &other.theta) == (&entry.law, &entry.parameters, &entry.theta)
        }) {
            others.push(other);
        }
        fits.push(entry.into_fit(index, others, domains)?);
    }
    Ok(fits)
}

/// 90 % intervals by parameter and of the errors held out, an entry a target.
fn intervals(study: &FittedStudy, replicates: &[Replicate]) -> Vec<Value> {
    let ends = |interval: &Interval| json!([interval.low, interval.high]);
    let parameters = bootstrap::parameter_intervals(study, replicates);
    let holdout = bootstrap::holdout_intervals(study, replicates);
    let targets = study.targets().zip(&holdout).map(|(target, holdout)| {
        let fit_idx = study.fits.iter().position(|fit| std::ptr::eq(fit, target.fit)).expect("a fit of the study");
        let names = target.fit.parameters(&study.domains).into_iter().map(|(name, _)| name);
        let parameters: Map<String, Value> = names.zip(parameters[fit_idx].iter().map(ends)).collect();
        json!({
            "target": target.name,
            "parameters": parameters,
            "holdout_mre_percent": holdout.as_ref().map(ends),
        })
    });
    targets.collect()
}

/// Reads the fits that [`write()`] wrote, and the runs if they are there.
///
/// # Errors
/// As [`read_saved`], and a file without fits.
pub fn read(text: &str) -> Result<(FittedStudy, Option<Dataset>), FitFileError> {
    let saved = read_saved(text)?;
    Ok((saved.study.ok_or(FitFileError::Empty)?, saved.runs))
}

/// Reads all that [`write()`] or [`write_project`] wrote.
///
/// # Errors
/// Not JSON of this form, a newer version, an unknown law or setting, a parameter missing or out of range, runs that
/// are none, replicates of other fits, or neither fits nor a draft.
pub fn read_saved(text: &str) -> Result<Saved, FitFileError> {
    let value: Value = serde_json::from_str(text)?;
    if let Some(seen) = value.get("mixlaw").and_then(Value::as_u64)
        && seen > u64::from(VERSION)
    {
        return Err(FitFileError::Newer { seen: u32::try_from(seen).unwrap_or(u32::MAX) });
    }
    let file: FitFile<Runs, Vec<Replicate>> = serde_json::from_value(value)?;
    let scenario = file.scenario.map(ScenarioFile::of_saved);
    let mut saved = Saved { scenario, draft: file.draft, ..Saved::default() };
    let Some(summary) = file.data.filter(|_| !file.fits.is_empty()) else {
        return if saved.draft.is_some() { Ok(saved) } else { Err(FitFileError::Empty) };
    };
    let fits = read_fits(file.fits, &file.domains)?;
    let study = FittedStudy { notices: file.notices, ..FittedStudy::new(file.domains, summary, fits) };
    study.check()?;
    saved.runs = file.runs.map(|runs| runs.into_dataset(&study.domains)).transpose()?;
    let study = match (file.predictor, &saved.runs) {
        (Some(entry), Some(runs)) => predicting(study, entry, runs)?,
        _ => study,
    };
    saved.replicates = file.bootstrap.and_then(|bootstrap| bootstrap.draws).unwrap_or_default();
    saved.replicates.iter().try_for_each(|replicate| replicate.check(&study))?;
    saved.study = Some(study);
    Ok(saved)
}

/// The table of a project, with the roles of its columns and what else the user said of it; `None` for any other text.
pub fn table(bytes: &[u8]) -> Option<(String, Option<Roles>, Vec<Answer>)> {
    // A long table is no JSON at its first letter.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let mut file: Value = serde_json::from_str(str::from_utf8(bytes).ok()?).ok()?;
    file.get("mixlaw")?;
    let draft = file.get_mut("draft")?.as_object_mut()?;
    let roles = draft.remove("roles").and_then(|roles| serde_json::from_value(roles).ok()).flatten();
    let answers = draft.remove("answers").and_then(|answers| serde_json::from_value(answers).ok());
    Some((draft.get("text")?.as_str()?.to_string(), roles, answers.unwrap_or_default()))
}
