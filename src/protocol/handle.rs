//! What a worker does with a request.

use std::ops::Range;

use super::messages::{Answer, Event, JobId, Question, Reply, Request, Task, TrialPart, WireJob};
use super::wire::{
    ISSUES_SHOWN, WireFit, WireFittedStudy, WireImport, WireIssue, WireShare, WireStudy, WireTable, WireTried, law_of,
};
use crate::dataset::Dataset;
use crate::design;
use crate::fit::{self, Fit, FitConfig, FitError};
use crate::import::{self, Issue, Roles, SUM_TOLERANCE};
use crate::law::Law;
use crate::mixture::{self, Optimum, OptimumError, Outcome, Scenario};
use crate::predict::choice::{Share, Trial};
use crate::predict::{Bootstrap, FittedStudy, Form, OneByOne, Replicate, bootstrap};
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
            Ok(Answer::Share(WireShare::from(&share)))
        }
        TrialPart::Whole(shares) => {
            let shares: Result<Vec<Share>, String> = shares.into_iter().map(WireShare::into_share).collect();
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

pub(super) fn read_table(
    text: &str,
    roles: Option<Roles>,
    answers: &[import::Answer],
    half: Option<String>,
) -> WireImport {
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
