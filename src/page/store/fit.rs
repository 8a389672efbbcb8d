//! The fit: the jobs of a run, over the pool.

use std::rc::Rc;

use leptos::prelude::*;

use super::State;
use crate::fit::target_groups;
use crate::page::browser::dom;
use crate::page::browser::workers::{Lane, Reply, most_workers};
use crate::page::run::fits::{AUTO, JobPlace, LawFits, Run};
use crate::page::run::validation::ValidationRun;
use crate::page::same::Same;
use crate::protocol::{Answer, Task, TrialPart, WireFit, WireStudy};
use crate::wording::page as text;

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
        self.status.set(format!("Fitting the {} law", law.name()));
        self.start_run(run.asked_as(untrack(|| self.choice()), None));
    }

    fn start_run(self, run: Run) {
        self.run.set(Some(run.clone()));
        let (run, since) = (Rc::new(run), dom::seconds());
        for place in run.places() {
            let run = run.clone();
            self.submit_fit(place, since, move || run.task(place));
        }
    }

    /// Another law: what was fitted to it before is shown again; otherwise it is fitted at once where the fit on show took
    /// seconds. Until then that one stays, as out of date.
    pub fn choose_law(self, id: String) {
        const SECONDS: f64 = 5.0;
        self.law_id.set(id);
        let (shown, choice) = (self.shown.get_untracked(), untrack(|| self.choice()));
        let fits = shown.and_then(|shown| shown.fits);
        if fits.is_some_and(|fits| fits.choice != choice && fits.seconds < SECONDS) {
            self.start_fit();
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
        self.replace_jobs("validation", Vec::new());
        self.run.set(None);
        self.validation.set(None);
    }

    fn submit_fit(self, place: JobPlace, since: f64, task: impl FnOnce() -> Task + 'static) {
        let job = self.pool().submit(Lane::Heavy, task, move |reply| self.fit_goes_on(place, reply, since));
        self.add_job("fit", job);
    }

    fn fit_goes_on(self, place: JobPlace, reply: Reply, since: f64) {
        match reply {
            Reply::Validated { .. } => {}
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
            let trial = run.trial;
            let fits = run.into_fits(dom::seconds() - since);
            // The table may have been replaced meanwhile.
            if !fits.are_of(self.data.get_untracked().as_deref()) {
                return self.stop_run();
            }
            match trial {
                None => {
                    self.status.set(fits.sentence());
                    let fits = Same::new(fits);
                    self.fits.update(|all| {
                        all.insert(fits.choice, fits.clone());
                    });
                    self.start_validation(fits);
                }
                Some(law_idx) => {
                    self.change_validation(|validation| validation.fitted(law_idx, &fits));
                    self.go_on_validating(Some(law_idx));
                }
            }
        }
    }

    /// Validates fits; the candidates that are not fitted yet are fitted one law after another meanwhile.
    pub(super) fn start_validation(self, fits: Same<LawFits>) {
        self.replace_jobs("validation", Vec::new());
        let validation = ValidationRun::new(fits);
        let ready: Vec<usize> = validation.as_ref().map_or_else(Vec::new, |validation| {
            (0..validation.laws.len()).filter(|law_idx| validation.is_ready(*law_idx)).collect()
        });
        self.validation.set(validation.map(|validation| (validation, dom::seconds())));
        ready.into_iter().for_each(|law_idx| self.submit_trial(law_idx));
        self.go_on_validating(None);
    }

    /// Validates the law that was just fitted, fits the next one, and ends after the last.
    fn go_on_validating(self, fitted: Option<usize>) {
        let Some((validation, _)) = self.validation.get_untracked() else { return };
        if let Some(law_idx) = fitted.filter(|law_idx| validation.is_ready(*law_idx)) {
            self.submit_trial(law_idx);
        }
        if self.run.with_untracked(Option::is_none)
            && let Some(law_idx) = validation.next_to_fit()
        {
            let (law, of) = (validation.laws[law_idx].law, &validation.of);
            let names = of.key.targets.iter();
            let idxs: Vec<usize> = names.filter_map(|name| of.data.dataset.target_idx(name)).collect();
            let groups = target_groups(law, &idxs);
            let run = Run::new(law, of.data.clone(), of.key.clone(), groups, most_workers(Lane::Heavy));
            self.start_run(run.asked_as(of.choice, Some(law_idx)).above(validation.fits_below(law_idx)));
        }
        self.end_validation();
    }

    /// Validates a law on all workers.
    fn submit_trial(self, law_idx: usize) {
        let n_parts = most_workers(Lane::Heavy);
        self.change_validation(|validation| validation.is_shared(law_idx, n_parts));
        (0..n_parts).for_each(|part| self.submit_part(law_idx, part, TrialPart::Share(part, n_parts)));
    }

    fn submit_part(self, law_idx: usize, part: usize, asked: TrialPart) {
        let Some((validation, _)) = self.validation.get_untracked() else { return };
        let task = move || {
            let law = &validation.laws[law_idx];
            Task::Try {
                study: WireStudy::from(&validation.of.data.dataset),
                fits: law.fits.iter().flatten().map(WireFit::from).collect(),
                forms: law.forms.clone(),
                part: asked,
            }
        };
        let job = self.pool().submit(Lane::Heavy, task, move |reply| match reply {
            Reply::Progress(_) => {}
            Reply::Validated { done, all } => {
                self.change_validation(|validation| validation.progressed(law_idx, part, done, all));
            }
            Reply::Done { outcome, .. } => {
                let tried = match *outcome {
                    Ok(Answer::Share(share)) => {
                        let shares = self.change_validation(|validation| validation.shared(law_idx, part, share));
                        if let Some(shares) = shares.flatten() {
                            self.submit_part(law_idx, part, TrialPart::Whole(shares));
                        }
                        return;
                    }
                    Ok(Answer::Tried(tried)) => tried.into_tried(),
                    Ok(_) => Err(text::WORKER_STOPPED.to_string()),
                    Err(sentence) => Err(sentence),
                };
                self.change_validation(|validation| validation.tried(law_idx, tried));
                self.end_validation();
            }
        });
        self.add_job("validation", job);
    }

    fn change_validation<T>(self, change: impl FnOnce(&mut ValidationRun) -> T) -> Option<T> {
        self.validation.try_update(|validation| validation.as_mut().map(|(validation, _)| change(validation))).flatten()
    }

    /// Shows what predicts best once all is validated, unless what was validated is not on show any more.
    fn end_validation(self) {
        if !self.validation.with_untracked(|it| it.as_ref().is_some_and(|(validation, _)| validation.is_complete())) {
            return;
        }
        let Some((validation, since)) = self.validation.try_update(Option::take).flatten() else { return };
        let of = validation.of.clone();
        let is_there = self.fits.with_untracked(|all| all.get(of.choice) == Some(&of));
        match validation.into_fits(dom::seconds() - since) {
            _ if !is_there || !of.are_of(self.data.get_untracked().as_deref()) => {}
            Err(sentence) => self.status.set(format!("{} Not validated: {sentence}.", of.sentence())),
            Ok(fits) => {
                // The replicates of a named law are those of its fits, validated or not.
                if fits.choice != AUTO {
                    self.bootstrap.update(|run| {
                        if let Some(run) = run.as_mut().filter(|run| run.study == of.study) {
                            run.study = fits.study.clone();
                        }
                    });
                }
                self.status.set(fits.sentence());
                self.fits.update(|all| {
                    all.insert(fits.choice, Same::new(fits));
                });
            }
        }
    }
}
