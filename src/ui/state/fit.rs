//! The fit: the jobs of a run, over the pool.

use std::rc::Rc;

use leptos::prelude::*;

use super::State;
use crate::fit::target_groups;
use crate::protocol::Task;
use crate::ui::browser;
use crate::ui::fits::{JobPlace, Run};
use crate::ui::same::Same;
use crate::ui::workers::{Lane, Reply, most_workers};

impl State {
    /// Fits the chosen law to the chosen targets.
    pub fn start_fit(self) {
        self.stop_run();
        let (Ok(key), Some(data)) = (self.key.get_untracked(), self.data.get_untracked()) else { return };
        // Before anything that may fail.
        self.keep_now();
        self.opens_kept();
        let law = untrack(|| self.law());
        let data = match key.stocks.as_slice() {
            [] => data,
            // The key was made with them, so they are sound.
            stocks => data.with_stocks(stocks).map_or(data, Same::new),
        };
        let target_idxs: Vec<usize> = key.targets.iter().filter_map(|name| data.dataset.target_idx(name)).collect();
        let groups = target_groups(law, &target_idxs);
        let run = Run::new(law, data, key, groups, most_workers(Lane::Heavy));
        self.run.set(Some(run.clone()));
        self.status.set(format!("Fitting the {} law", law.name()));
        let (run, since) = (Rc::new(run), browser::seconds());
        for place in run.places() {
            let run = run.clone();
            self.submit_fit(place, since, move || run.task(place));
        }
    }

    /// Fits anew after a change to the runs, where there was a fit and another is quick.
    pub(super) fn refit(self) {
        let was_fitted = self.fits.with_untracked(|fits| !fits.is_empty());
        if was_fitted && self.data.with_untracked(|data| data.as_ref().is_some_and(|data| data.is_quick())) {
            self.start_fit();
        }
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

    fn submit_fit(self, place: JobPlace, since: f64, task: impl FnOnce() -> Task + 'static) {
        let job = self.pool().submit(Lane::Heavy, task, move |reply| self.fit_goes_on(place, reply, since));
        self.add_job("fit", job);
    }

    fn fit_goes_on(self, place: JobPlace, reply: Reply, since: f64) {
        match reply {
            Reply::Progress(progress) => self.run.update(|run| {
                if let Some(run) = run {
                    run.progressed(place, progress);
                }
            }),
            Reply::Done { outcome, seconds } => {
                let endings = self.run.try_update(|run| run.as_mut()?.answered(place, *outcome, seconds)).flatten();
                if let (Some(endings), Some(run)) = (endings, self.run.get_untracked()) {
                    self.submit_fit(place, since, move || run.last_task(place, endings));
                }
                self.end_run(since);
            }
        }
    }

    /// Shows what a run leaves once it is complete.
    fn end_run(self, since: f64) {
        if !self.run.with_untracked(|run| run.as_ref().is_some_and(Run::is_complete)) {
            return;
        }
        if let Some(run) = self.run.try_update(Option::take).flatten() {
            let fits = run.into_fits(browser::seconds() - since);
            // The table may have been replaced meanwhile.
            if !fits.are_of(self.data.get_untracked().as_deref()) {
                return;
            }
            self.status.set(fits.sentence());
            self.fits.update(|all| {
                all.insert(fits.law.id(), Same::new(fits));
            });
        }
    }
}
