//! A run: one law fitted to the chosen targets, spread over the worker pool; and what it leaves.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::dataset::{Dataset, DatasetError, Holdout, Observation};
use crate::fit::{Ending, Fit, FitConfig, FitError, Progress, check, target_groups, usable_targets};
use crate::law::{self, LAWS, Law, Shape};
use crate::page::input::settings::Settings;
use crate::page::same::Same;
use crate::page::view::tables::counted;
use crate::predict::{DataSummary, FittedStudy};
use crate::protocol::{Answer, Task, WireFit, WireJob, WireStudy};
use crate::units::Tokens;
use crate::wording::page as text;

/// The choice among laws that validation makes, as the menu's value.
pub const AUTO: &str = "auto";

/// The law of that id; under [`AUTO`] the one that the study is shown with until validation has chosen.
pub fn law_of(id: &str, dataset: Option<&Dataset>) -> &'static dyn Law {
    let has_mixtures = |dataset: &Dataset| dataset.domains().len() > 1 && dataset.design().mixtures().len() > 1;
    let usual = if dataset.is_none_or(has_mixtures) { "additive" } else { "chinchilla" };
    law::by_id(if id == AUTO { usual } else { id }).unwrap_or(LAWS[0])
}

/// A study with its summary. The version tells it from the one before: contents are not compared.
#[derive(Debug)]
pub struct StudyData {
    /// Counts up with each import.
    pub version: u64,
    /// Lines that are left out by hand.
    pub excluded: Vec<usize>,
    /// The observations.
    pub dataset: Dataset,
    /// Where they lie.
    pub summary: DataSummary,
    /// What reading them left to be said.
    pub notices: Vec<String>,
}

impl StudyData {
    /// Summarises the study.
    pub fn new(version: u64, dataset: Dataset) -> Self {
        let summary = DataSummary::new(&dataset);
        Self { version, excluded: Vec::new(), dataset, summary, notices: Vec::new() }
    }

    /// The same study with those tokens in stock.
    ///
    /// # Errors
    /// A domain is none of the study's, or named twice.
    pub fn with_stocks(&self, stocks: &[(String, Tokens)]) -> Result<Self, DatasetError> {
        let dataset = self.dataset.clone().with_stocks(stocks)?;
        let (excluded, notices) = (self.excluded.clone(), self.notices.clone());
        Ok(Self { version: self.version, excluded, dataset, summary: self.summary.clone(), notices })
    }

    /// Whether a fit of it takes seconds at most, so that it may start unasked.
    pub fn is_quick(&self) -> bool {
        /// Losses in the table; a tenth of a second or so for 10 000 of them.
        const QUICK: usize = 100_000;
        self.dataset.observations().len() * self.dataset.targets().len() <= QUICK
    }
}

/// The same study without these lines; `None` if nothing is left.
pub fn without(data: &Same<StudyData>, lines: &BTreeMap<usize, String>) -> Option<Same<StudyData>> {
    let all = data.dataset.observations();
    let kept: Vec<Observation> = all.iter().filter(|row| !lines.contains_key(&row.line)).cloned().collect();
    if kept.len() == all.len() {
        return Some(data.clone());
    }
    let excluded = all.iter().map(|row| row.line).filter(|line| lines.contains_key(line)).collect();
    let (domains, targets) = (data.dataset.domains().to_vec(), data.dataset.targets().to_vec());
    let dataset = Dataset::new(domains, targets, kept).ok()?;
    Some(Same::new(StudyData { excluded, notices: data.notices.clone(), ..StudyData::new(data.version, dataset) }))
}

/// The inputs that made a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct FitKey {
    /// [`StudyData::version`].
    pub data_version: u64,
    /// [`StudyData::excluded`].
    pub excluded: Vec<usize>,
    /// Settings.
    pub config: FitConfig,
    /// Tokens in stock, for a law that needs them.
    pub stocks: Vec<(String, Tokens)>,
    /// Targets, in the order of the study.
    pub targets: Vec<String>,
}

impl FitKey {
    /// What a fit of the law would be made of.
    ///
    /// # Errors
    /// In a sentence, why there can be no fit.
    pub fn new(law: &dyn Law, data: &StudyData, settings: &Settings, excluded: &[String]) -> Result<Self, String> {
        let config = settings.config(law).map_err(|error| error.to_string())?;
        let stocks = settings.stocks(law).map_err(|error| error.to_string())?;
        let with_stocks = match stocks.as_slice() {
            [] => None,
            stocks => Some(data.with_stocks(stocks).map_err(|error| error.to_string())?),
        };
        let dataset = &with_stocks.as_ref().unwrap_or(data).dataset;
        let (chosen, left_out) = chosen_targets(law, dataset, excluded);
        // If none is left, the law says why.
        let target_idxs = if chosen.is_empty() { left_out } else { chosen };
        if target_idxs.is_empty() {
            return Err(FitError::NoTarget.to_string());
        }
        // Without a column for it there is no split, and the setting makes no difference.
        let no_split = config.holdout == Holdout::Split && !Holdout::Split.held_out(dataset).contains(&true);
        let config = FitConfig { holdout: if no_split { Holdout::None } else { config.holdout }, ..config };
        let checks: Result<Vec<Shape>, FitError> =
            target_groups(law, &target_idxs).iter().map(|group| check(law, dataset, group, &config)).collect();
        checks.map_err(|error| error.to_string())?;
        let targets = target_idxs.iter().map(|&target_idx| dataset.targets()[target_idx].clone()).collect();
        Ok(Self { data_version: data.version, excluded: data.excluded.clone(), config, stocks, targets })
    }
}

/// Positions of the targets that are not excluded: those that the law can give a loss for, and the others.
fn chosen_targets(law: &dyn Law, dataset: &Dataset, excluded: &[String]) -> (Vec<usize>, Vec<usize>) {
    let all = (0..dataset.targets().len()).filter(|&target_idx| !excluded.contains(&dataset.targets()[target_idx]));
    let all: Vec<usize> = all.collect();
    let usable = usable_targets(law, dataset, &all);
    all.into_iter().partition(|target_idx| usable.contains(target_idx))
}

/// Which of the chosen targets the law leaves out, in a sentence; `None` if that is none of them, or all.
pub fn left_out(law: &dyn Law, data: &StudyData, excluded: &[String]) -> Option<String> {
    let (chosen, left_out) = chosen_targets(law, &data.dataset, excluded);
    let names: Vec<&str> = left_out.iter().map(|&target_idx| data.dataset.targets()[target_idx].as_str()).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    (!chosen.is_empty() && !names.is_empty()).then(|| {
        format!(
            "The {} law gives the losses of training domains only: {} {verb} left out.",
            law.name(),
            names.join(", ")
        )
    })
}

/// The fits of one law.
pub struct LawFits {
    /// What made them.
    pub key: FitKey,
    /// The law.
    pub law: &'static dyn Law,
    /// What was asked for: its id, or [`AUTO`].
    pub choice: &'static str,
    /// The study they are of.
    pub data: Same<StudyData>,
    /// Those that succeeded.
    pub study: Same<FittedStudy>,
    /// Targets that could not be fitted, each with a sentence.
    pub failures: Vec<(String, String)>,
    /// Seconds from the click to the last answer.
    pub seconds: f64,
}

impl LawFits {
    /// Whether they are of that study, as it is or with other lines left out. Fits of a table that was there before,
    /// or is being replaced, are no answer to this one.
    pub fn are_of(&self, data: Option<&StudyData>) -> bool {
        data.is_some_and(|data| data.version == self.key.data_version)
    }
}

/// Starts of one group that one worker runs.
#[derive(Clone)]
struct Part {
    starts: Range<usize>,
    n_done: usize,
    /// Where several workers share the group: what this one gave.
    endings: Option<Vec<Ending>>,
}

/// Targets that are fitted together.
#[derive(Clone)]
struct Group {
    target_idxs: Vec<usize>,
    parts: Vec<Part>,
    /// Seconds of workers' time so far.
    seconds: f64,
    outcome: Option<Result<Fit, String>>,
}

/// A run that is under way.
#[derive(Clone)]
pub struct Run {
    /// What makes it.
    pub key: FitKey,
    /// The law.
    pub law: &'static dyn Law,
    /// What was asked for: its id, or [`AUTO`].
    pub choice: &'static str,
    /// Its position in the validation that it is fitted for, where it is not the first.
    pub trial: Option<usize>,
    /// The study.
    pub data: Same<StudyData>,
    /// Fits of the law that is nested in this one, where there are any.
    nested: Vec<Fit>,
    /// The study as it goes to the workers, packed once for all jobs.
    packed: Arc<WireStudy>,
    groups: Vec<Group>,
}

/// Where a job belongs in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPlace {
    group_idx: usize,
    part_idx: usize,
}

impl Run {
    /// A run whose jobs all wait. Where there are fewer groups of targets than workers, several share a group.
    pub fn new(
        law: &'static dyn Law,
        data: Same<StudyData>,
        key: FitKey,
        groups: Vec<Vec<usize>>,
        n_workers: usize,
    ) -> Self {
        let (n_starts, n_groups) = (key.config.starts, groups.len().max(1));
        let n_parts = if n_groups < n_workers { n_workers.div_ceil(n_groups).min(n_starts) } else { 1 };
        let part = |part_idx: usize| Part {
            starts: part_idx * n_starts / n_parts..(part_idx + 1) * n_starts / n_parts,
            n_done: 0,
            endings: None,
        };
        let group =
            |target_idxs| Group { target_idxs, parts: (0..n_parts).map(part).collect(), seconds: 0.0, outcome: None };
        let packed = Arc::new(WireStudy::from(&data.dataset));
        let groups = groups.into_iter().map(group).collect();
        Self { key, law, choice: law.id(), trial: None, data, nested: Vec::new(), packed, groups }
    }

    /// The same above fits of the law that is nested in its law, so that they are not searched for again.
    pub fn above(self, nested: Vec<Fit>) -> Self {
        Self { nested, ..self }
    }

    /// The same for another choice than its law, or for a validation.
    pub fn asked_as(self, choice: &'static str, trial: Option<usize>) -> Self {
        Self { choice, trial, ..self }
    }

    /// The jobs to begin with.
    pub fn places(&self) -> Vec<JobPlace> {
        let groups = self.groups.iter().enumerate();
        let places = groups.flat_map(|(group_idx, group)| {
            (0..group.parts.len()).map(move |part_idx| JobPlace { group_idx, part_idx })
        });
        places.collect()
    }

    /// What a worker does for that job: a whole fit, or its share of the starts.
    pub fn task(&self, place: JobPlace) -> Task {
        let group = &self.groups[place.group_idx];
        match &group.parts[..] {
            [_] => Task::Fit(self.job(group)),
            parts => Task::Starts { job: self.job(group), range: parts[place.part_idx].starts.clone() },
        }
    }

    /// What is left to do for a group once all its starts have ended.
    pub fn last_task(&self, place: JobPlace, endings: Vec<Ending>) -> Task {
        Task::Finish { job: self.job(&self.groups[place.group_idx]), endings }
    }

    fn job(&self, group: &Group) -> WireJob {
        let names = group.target_idxs.iter().map(|&target_idx| &self.data.dataset.targets()[target_idx]);
        let nested = self.nested.iter().find(|fit| names.clone().eq(&fit.targets));
        WireJob {
            study: (*self.packed).clone(),
            law: self.law.id().to_string(),
            target_idxs: group.target_idxs.clone(),
            config: self.key.config.clone(),
            nested: nested.map(WireFit::from),
        }
    }

    /// Notes how far a job is.
    pub fn progressed(&mut self, place: JobPlace, progress: Progress) {
        let part = &mut self.groups[place.group_idx].parts[place.part_idx];
        // The end of a shared fit counts the starts of its nested law from 0 again.
        part.n_done = part.n_done.max(progress.start_idx.min(part.starts.len()));
    }

    /// Notes the answer of a job. Gives the endings of all starts of its group when the last of them has come.
    pub fn answered(&mut self, place: JobPlace, answer: Result<Answer, String>, seconds: f64) -> Option<Vec<Ending>> {
        let group = &mut self.groups[place.group_idx];
        group.seconds += seconds;
        let outcome = match answer {
            Ok(Answer::Starts(endings)) => {
                let part = &mut group.parts[place.part_idx];
                part.n_done = part.starts.len();
                part.endings = Some(endings);
                let all: Option<Vec<Vec<Ending>>> = group.parts.iter().map(|part| part.endings.clone()).collect();
                return all.map(|all| all.concat());
            }
            Ok(Answer::Fit(fit)) => fit.into_fit().map(|mut fit| {
                fit.report.seconds = Some(group.seconds);
                fit
            }),
            Ok(_) => Err(text::WORKER_STOPPED.to_string()),
            Err(sentence) => Err(sentence),
        };
        group.outcome.get_or_insert(outcome);
        None
    }

    /// Whether every group has ended.
    pub fn is_complete(&self) -> bool {
        self.groups.iter().all(|group| group.outcome.is_some())
    }

    /// Share of the work that is done, by starts, from 0 to 1.
    pub fn share_done(&self) -> f64 {
        let share = |group: &Group| match group.outcome {
            Some(_) => 1.0,
            None => {
                let n_done: usize = group.parts.iter().map(|part| part.n_done).sum();
                n_done as f64 / self.key.config.starts as f64
            }
        };
        self.groups.iter().map(share).sum::<f64>() / self.groups.len().max(1) as f64
    }

    /// "Fitting the joint law: 3 of 8 targets done".
    pub fn sentence(&self) -> String {
        let targets =
            |groups: &mut dyn Iterator<Item = &Group>| groups.map(|group| group.target_idxs.len()).sum::<usize>();
        let n_targets = targets(&mut self.groups.iter());
        let n_done = targets(&mut self.groups.iter().filter(|group| group.outcome.is_some()));
        format!("Fitting the {} law: {n_done} of {n_targets} targets done", self.law.name())
    }

    /// What the run leaves; groups that have not ended count as failed.
    pub fn into_fits(self, seconds: f64) -> LawFits {
        let (mut fits, mut failures) = (Vec::new(), Vec::new());
        for Group { target_idxs, outcome, .. } in self.groups {
            match outcome.unwrap_or_else(|| Err("the fit was stopped".to_string())) {
                Ok(fit) => fits.push(fit),
                Err(sentence) => failures.extend(
                    target_idxs
                        .iter()
                        .map(|&target_idx| (self.data.dataset.targets()[target_idx].clone(), sentence.clone())),
                ),
            }
        }
        let study = FittedStudy {
            notices: self.data.notices.clone(),
            ..FittedStudy::new(self.data.dataset.domains().to_vec(), self.data.summary.clone(), fits)
        };
        let (law, choice) = (self.law, self.choice);
        LawFits { key: self.key, law, choice, data: self.data, study: Same::new(study), failures, seconds }
    }
}

impl LawFits {
    /// For the status line and screen readers.
    pub fn sentence(&self) -> String {
        if let ([], Some((_, sentence))) = (self.study.fits.as_slice(), self.failures.first()) {
            return format!("Fit finished: the {} law could not be fitted to any target: {sentence}", self.law.name());
        }
        let n_fitted = counted(self.study.targets().count(), "target");
        let is_chosen = self.choice == AUTO && self.study.validation.is_tested();
        let chosen = self.study.chosen().filter(|_| is_chosen).map(|at| self.study.candidates[at].name());
        let name = match chosen {
            Some(name) => format!("{name}, chosen by validation"),
            None => format!("{} law", self.law.name()),
        };
        let mut sentence = format!("Fit finished: {name}, {n_fitted} in {:.1} s", self.seconds);
        let scores = || self.study.fits.iter().flat_map(|fit| &fit.report.scores);
        if let Some(mre) = mean(scores().map(|score| score.fit_mre_percent)) {
            sentence.push_str(&format!(", mean relative error {mre:.2} %"));
        }
        if let Some(mre) = mean(scores().filter_map(|score| score.holdout_mre_percent)) {
            sentence.push_str(&format!(", {mre:.2} % on held-out rows"));
        }
        if let Some(metrics) = &self.study.validation.unseen {
            sentence.push_str(&format!(", {:.2} % on unseen mixtures", metrics.mre_percent));
        }
        if !self.failures.is_empty() {
            sentence.push_str(&format!("; {} could not be fitted", self.failures.len()));
        }
        sentence
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::protocol::{Event, JobId, Request, handle};
    use crate::{import, law};

    pub(in super::super) const TABLE: &str = "w_a,w_b,n,d,a_loss,x_loss\n\
        0.5,0.5,100M,1B,3.0,2.0\n0.2,0.8,100M,2B,2.9,2.1\n0.8,0.2,300M,2B,2.7,2.2\n\
        0.3,0.7,300M,3B,2.6,2.0\n0.6,0.4,1B,5B,2.4,1.9\n0.9,0.1,1B,9B,2.3,1.8\n";

    pub(crate) fn data() -> Same<StudyData> {
        Same::new(StudyData::new(1, import::import(TABLE, None).dataset.unwrap()))
    }

    pub(crate) fn run(n_workers: usize) -> Run {
        let (law, data) = (law::LAWS[0], data());
        let settings = Settings { starts: "2".into(), ..Settings::default() };
        let key = FitKey::new(law, &data, &settings, &[]).unwrap();
        Run::new(law, data, key, target_groups(law, &[0, 1]), n_workers)
    }

    /// What a worker answers.
    fn answer(task: Task) -> Result<Answer, String> {
        let mut answer = None;
        handle(Request { job: JobId(1), task }, &mut |event| {
            if let Event::Done { outcome, .. } = event {
                answer = Some(outcome);
            }
        });
        answer.unwrap()
    }

    fn fits_of(mut run: Run) -> LawFits {
        for place in run.places() {
            if let Some(endings) = run.answered(place, answer(run.task(place)), 1.0) {
                assert_eq!(run.answered(place, answer(run.last_task(place, endings)), 0.5), None);
            }
        }
        assert!(run.is_complete());
        run.into_fits(1.25)
    }

    pub(crate) fn fits() -> LawFits {
        fits_of(run(1))
    }

    /// The fits of a table that was replaced are no answer to the one in its place, be it a study or not.
    #[test]
    fn fits_are_of_their_own_table_only() {
        let fits = fits();
        let dataset = || data().dataset.clone();
        assert!(fits.are_of(Some(&data())));
        let lines = BTreeMap::from([(2, String::new())]);
        assert!(fits.are_of(without(&data(), &lines).as_deref()), "lines left out make it no other table");
        assert!(!fits.are_of(Some(&StudyData::new(2, dataset()))) && !fits.are_of(None));
    }

    #[test]
    fn a_law_that_cannot_be_fitted_says_why() {
        let key = |law: &str, change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            FitKey::new(law::by_id(law).unwrap(), &data(), &settings, &[]).map(|key| key.targets)
        };
        let both = ["a_loss", "x_loss"].map(String::from).to_vec();
        assert_eq!(key("additive", |_| {}), Ok(both.clone()));
        assert_eq!(key("bimix", |_| {}), Ok(both[..1].to_vec()));
        assert!(key("joint-repetition", |_| {}).unwrap_err().contains("tokens in stock of at least one domain"));
        assert_eq!(key("joint-repetition", |settings| settings.stocks = "a = 1B".into()), Ok(both));
        assert_eq!(
            key("joint-repetition", |settings| settings.stocks = "c = 1B".into()).unwrap_err(),
            "tokens in stock are given for \"c\", which is no domain of the study; its domains are: a, b"
        );
        assert_eq!(
            key("m4", |settings| settings.restrictions = "delta = 1".into()).unwrap_err(),
            "the Ye M4 (log-linear) law has no parameter \"delta\"; it has: E, gamma, A, B, alpha, beta"
        );
    }

    #[test]
    fn targets_that_the_law_leaves_out_are_named() {
        let left_out = |law: &str, excluded: &[String]| left_out(law::by_id(law).unwrap(), &data(), excluded);
        assert_eq!(left_out("additive", &[]), None);
        assert_eq!(
            left_out("bimix", &[]).as_deref(),
            Some("The BiMix (own domain) law gives the losses of training domains only: x_loss is left out.")
        );
        assert_eq!(left_out("bimix", &["x_loss".into()]), None);
        assert_eq!(left_out("bimix", &["a_loss".into()]), None, "the law itself says so");
    }

    #[test]
    fn more_workers_than_targets_share_the_starts_and_find_the_same() {
        assert_eq!((run(2).places().len(), run(3).places().len(), run(9).places().len()), (2, 4, 4));
        let (alone, shared) = (fits(), fits_of(run(3)));
        for (alone, shared) in alone.study.fits.iter().zip(&shared.study.fits) {
            assert_eq!(alone.theta, shared.theta);
            assert_eq!((alone.report.seconds, shared.report.seconds), (Some(1.0), Some(2.5)));
        }
    }

    #[test]
    fn progress_is_the_mean_over_targets() {
        let mut run = run(1);
        let places = run.places();
        let at = |start_idx| Progress { start_idx, n_starts: 2, best_objective: 0.1 };
        assert_eq!((run.share_done(), run.is_complete()), (0.0, false));
        run.progressed(places[1], at(1));
        assert_eq!(run.share_done(), 0.25);
        run.progressed(places[1], at(0));
        assert_eq!(run.share_done(), 0.25, "it never goes back");
        assert_eq!(run.answered(places[0], Err("no".into()), 0.0), None);
        assert_eq!(run.share_done(), 0.75);
        assert_eq!(run.sentence(), "Fitting the additive law: 1 of 2 targets done");
    }

    #[test]
    fn a_failed_target_is_named_and_the_others_stand() {
        let mut run = run(3);
        let places = run.places();
        for place in places[2..].iter().rev() {
            if let Some(endings) = run.answered(*place, answer(run.task(*place)), 1.0) {
                run.answered(*place, answer(run.last_task(*place, endings)), 1.0);
            }
        }
        run.answered(places[1], Err("the worker stopped".into()), 0.0);
        assert_eq!(run.answered(places[0], answer(run.task(places[0])), 1.0), None);
        assert!(run.is_complete());
        let fits = run.into_fits(2.0);
        assert_eq!(fits.failures, [("a_loss".to_string(), "the worker stopped".to_string())]);
        assert_eq!(fits.study.targets().map(|target| target.name).collect::<Vec<_>>(), ["x_loss"]);
        assert!(fits.sentence().ends_with("; 1 could not be fitted"), "{}", fits.sentence());
    }

    #[test]
    fn the_end_is_told() {
        let sentence = fits().sentence();
        assert!(
            sentence.starts_with("Fit finished: additive law, 2 targets in 1.2 s, mean relative error "),
            "{sentence}"
        );
    }
}
