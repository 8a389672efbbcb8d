//! The fit: one job for each group of targets, over the pool.

use leptos::prelude::*;

use super::State;
use crate::fit::{Fit, target_groups};
use crate::protocol::{Answer, Task, WireStudy};
use crate::ui::browser;
use crate::ui::fits::Run;
use crate::ui::same::Same;
use crate::ui::text;
use crate::ui::workers::{Lane, Reply};

impl State {
    /// Fits the chosen law to the chosen targets.
    pub fn start_fit(self) {
        self.stop_run();
        let (Ok(key), Some(data)) = (self.key.get_untracked(), self.data.get_untracked()) else { return };
        // Before anything that may fail.
        self.keep_now();
        let law = untrack(|| self.law());
        let target_idxs: Vec<usize> = key.targets.iter().filter_map(|name| data.dataset.target_idx(name)).collect();
        let groups = target_groups(law, &target_idxs);
        let config = key.config;
        self.run.set(Some(Run::new(law, data.clone(), key, groups.clone())));
        self.status.set(format!("Fitting the {} law", law.name()));
        let since = browser::seconds();
        let mut jobs = Vec::new();
        for (job_idx, target_idxs) in groups.into_iter().enumerate() {
            let data = data.clone();
            let task = move || Task::Fit {
                study: WireStudy::from(&data.dataset),
                law: law.id().to_string(),
                target_idxs,
                config,
            };
            jobs.push(self.pool().submit(Lane::Heavy, task, move |reply| self.fit_goes_on(job_idx, reply, since)));
        }
        self.replace_jobs("fit", jobs);
    }

    /// Stops the fit; results of before stay.
    pub fn cancel_fit(self) {
        self.stop_run();
        self.status.set("Fit cancelled; earlier results stay.".to_string());
    }

    pub(super) fn stop_run(self) {
        self.replace_jobs("fit", Vec::new());
        self.run.set(None);
    }

    fn fit_goes_on(self, job_idx: usize, reply: Reply, since: f64) {
        match reply {
            Reply::Progress(progress) => self.run.update(|run| {
                if let Some(run) = run {
                    run.progressed(job_idx, progress);
                }
            }),
            Reply::Done { outcome, seconds } => {
                let outcome = fit_of(*outcome, seconds);
                let complete = self.run.try_update(|run| match run {
                    Some(under_way) => {
                        under_way.finished(job_idx, outcome);
                        if under_way.is_complete() { run.take() } else { None }
                    }
                    None => None,
                });
                if let Some(run) = complete.flatten() {
                    let fits = run.into_fits(browser::seconds() - since);
                    self.status.set(fits.sentence());
                    self.fits.update(|all| {
                        all.insert(fits.law.id(), Same::new(fits));
                    });
                }
            }
        }
    }
}

fn fit_of(outcome: Result<Answer, String>, seconds: f64) -> Result<Fit, String> {
    match outcome? {
        Answer::Fit(wire) => {
            let mut fit = wire.into_fit()?;
            fit.report.seconds = Some(seconds);
            Ok(fit)
        }
        _ => Err(text::WORKER_STOPPED.to_string()),
    }
}
