//! A run: one law fitted to the chosen targets, spread over the worker pool; and what it leaves.

use super::same::Same;
use super::tables::counted;

use crate::dataset::Dataset;
use crate::fit::{DataSummary, Fit, FitConfig, FittedStudy, Progress};
use crate::law::Law;

/// A study with its summary. The version tells it from the one before: contents are not compared.
#[derive(Debug)]
pub struct StudyData {
    /// Counts up with each import.
    pub version: u64,
    /// The observations.
    pub dataset: Dataset,
    /// Where they lie.
    pub summary: DataSummary,
}

impl StudyData {
    /// Summarises the study.
    pub fn new(version: u64, dataset: Dataset) -> Self {
        let summary = DataSummary::new(&dataset);
        Self { version, dataset, summary }
    }

    /// Whether a fit of it takes seconds at most, so that it may start unasked.
    pub fn is_quick(&self) -> bool {
        /// Losses in the table; a tenth of a second or so for 10 000 of them.
        const QUICK: usize = 100_000;
        self.dataset.observations().len() * self.dataset.targets().len() <= QUICK
    }
}

/// The inputs that made a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct FitKey {
    /// [`StudyData::version`].
    pub data_version: u64,
    /// Settings.
    pub config: FitConfig,
    /// Targets, in the order of the study.
    pub targets: Vec<String>,
}

/// The fits of one law.
pub struct LawFits {
    /// What made them.
    pub key: FitKey,
    /// The law.
    pub law: &'static dyn Law,
    /// The study they are of.
    pub data: Same<StudyData>,
    /// Those that succeeded.
    pub study: Same<FittedStudy>,
    /// Targets that could not be fitted, each with a sentence.
    pub failures: Vec<(String, String)>,
    /// Seconds from the click to the last answer.
    pub seconds: f64,
}

/// How far one job of a run is.
#[derive(Clone)]
enum JobState {
    Waiting,
    Running(Progress),
    Done(Box<Result<Fit, String>>),
}

/// A run that is under way.
#[derive(Clone)]
pub struct Run {
    /// What makes it.
    pub key: FitKey,
    /// The law.
    pub law: &'static dyn Law,
    /// The study.
    pub data: Same<StudyData>,
    /// Positions of the targets of each job.
    groups: Vec<Vec<usize>>,
    jobs: Vec<JobState>,
}

impl Run {
    /// A run whose jobs all wait, one for each group of targets.
    pub fn new(law: &'static dyn Law, data: Same<StudyData>, key: FitKey, groups: Vec<Vec<usize>>) -> Self {
        let jobs = vec![JobState::Waiting; groups.len()];
        Self { key, law, data, groups, jobs }
    }

    /// Notes how far a job is.
    pub fn progressed(&mut self, job_idx: usize, progress: Progress) {
        if let Some(job @ (JobState::Waiting | JobState::Running(_))) = self.jobs.get_mut(job_idx) {
            *job = JobState::Running(progress);
        }
    }

    /// Notes how a job ended.
    pub fn finished(&mut self, job_idx: usize, outcome: Result<Fit, String>) {
        if let Some(job) = self.jobs.get_mut(job_idx) {
            *job = JobState::Done(Box::new(outcome));
        }
    }

    /// Whether every job has ended.
    pub fn is_complete(&self) -> bool {
        self.jobs.iter().all(|job| matches!(job, JobState::Done(_)))
    }

    /// Share of the work that is done, by starts, from 0 to 1.
    pub fn share_done(&self) -> f64 {
        let share = |job: &JobState| match job {
            JobState::Waiting => 0.0,
            JobState::Running(progress) => progress.start_idx as f64 / progress.n_starts.max(1) as f64,
            JobState::Done(_) => 1.0,
        };
        self.jobs.iter().map(share).sum::<f64>() / self.jobs.len().max(1) as f64
    }

    /// "Fitting the joint law: 3 of 8 targets done".
    pub fn sentence(&self) -> String {
        let targets_in = |job_idx: usize| self.groups[job_idx].len();
        let n_targets: usize = (0..self.groups.len()).map(targets_in).sum();
        let done = (0..self.jobs.len()).filter(|&job_idx| matches!(self.jobs[job_idx], JobState::Done(_)));
        let n_done: usize = done.map(targets_in).sum();
        format!("Fitting the {} law: {n_done} of {n_targets} targets done", self.law.name())
    }

    /// What the run leaves; jobs that have not ended count as failed.
    pub fn into_fits(self, seconds: f64) -> LawFits {
        let (mut fits, mut failures) = (Vec::new(), Vec::new());
        for (group, job) in self.groups.iter().zip(self.jobs) {
            let outcome = match job {
                JobState::Done(outcome) => *outcome,
                JobState::Waiting | JobState::Running(_) => Err("the fit was stopped".to_string()),
            };
            match outcome {
                Ok(fit) => fits.push(fit),
                Err(sentence) => failures.extend(
                    group.iter().map(|&target_idx| (self.data.dataset.targets()[target_idx].clone(), sentence.clone())),
                ),
            }
        }
        let study =
            FittedStudy { domains: self.data.dataset.domains().to_vec(), summary: self.data.summary.clone(), fits };
        LawFits { key: self.key, law: self.law, data: self.data, study: Same::new(study), failures, seconds }
    }
}

impl LawFits {
    /// For the status line and screen readers.
    pub fn sentence(&self) -> String {
        if let ([], Some((_, sentence))) = (self.study.fits.as_slice(), self.failures.first()) {
            return format!("Fit finished: the {} law could not be fitted to any target: {sentence}", self.law.name());
        }
        let n_fitted = counted(self.study.targets().count(), "target");
        let mut sentence = format!("Fit finished: {} law, {n_fitted} in {:.1} s", self.law.name(), self.seconds);
        let scores = || self.study.fits.iter().flat_map(|fit| &fit.report.scores);
        if let Some(mre) = mean(scores().map(|score| score.fit_mre_percent)) {
            sentence.push_str(&format!(", mean relative error {mre:.2} %"));
        }
        if let Some(mre) = mean(scores().filter_map(|score| score.holdout_mre_percent)) {
            sentence.push_str(&format!(", {mre:.2} % on held-out rows"));
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
pub(super) mod tests {
    use super::*;
    use crate::fit::{fit, target_groups};
    use crate::{import, law};

    pub(in super::super) const TABLE: &str = "w_a,w_b,n,d,a_loss,x_loss\n\
        0.5,0.5,100M,1B,3.0,2.0\n0.2,0.8,100M,2B,2.9,2.1\n0.8,0.2,300M,2B,2.7,2.2\n\
        0.3,0.7,300M,3B,2.6,2.0\n0.6,0.4,1B,5B,2.4,1.9\n0.9,0.1,1B,9B,2.3,1.8\n";

    pub(in super::super) fn data() -> Same<StudyData> {
        Same::new(StudyData::new(1, import::import(TABLE, None).dataset.unwrap()))
    }

    pub(in super::super) fn run() -> Run {
        let (law, data) = (law::LAWS[0], data());
        let config = FitConfig { starts: 2, ..FitConfig::default() };
        let key = FitKey { data_version: 1, config, targets: data.dataset.targets().to_vec() };
        Run::new(law, data, key, target_groups(law, &[0, 1]))
    }

    pub(in super::super) fn fits() -> LawFits {
        let mut run = run();
        for job_idx in 0..2 {
            let fit = fit(run.law, &run.data.dataset, &[job_idx], &run.key.config, &mut |_| {});
            run.finished(job_idx, fit.map_err(|error| error.to_string()));
        }
        run.into_fits(1.25)
    }

    #[test]
    fn progress_is_the_mean_over_jobs() {
        let mut run = run();
        assert_eq!((run.share_done(), run.is_complete()), (0.0, false));
        run.progressed(1, Progress { start_idx: 1, n_starts: 4, best_objective: 0.1 });
        assert_eq!(run.share_done(), 0.125);
        run.finished(0, Err("no".into()));
        run.progressed(0, Progress { start_idx: 1, n_starts: 4, best_objective: 0.1 });
        assert_eq!(run.share_done(), 0.625);
        assert_eq!(run.sentence(), "Fitting the additive law: 1 of 2 targets done");
    }

    #[test]
    fn a_failed_target_is_named_and_the_others_stand() {
        let mut run = run();
        let fit = fit(run.law, &run.data.dataset, &[1], &run.key.config, &mut |_| {}).unwrap();
        run.finished(0, Err("the worker stopped".into()));
        run.finished(1, Ok(fit));
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
