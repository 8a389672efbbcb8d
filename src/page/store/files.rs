//! Files: what is on show as a download, and fit files and projects opened.

use std::time::Duration;

use leptos::prelude::*;

use super::{AskedOptimum, FromLink, Opened, Shown, State};
use crate::dataset::Dataset;
use crate::export::fit_file::{self, Saved};
use crate::export::{Format, Known, KnownOptimum};
use crate::mixture::Scenario;
use crate::page::browser::dom;
use crate::page::input::draft::Draft;
use crate::page::input::files::{draft_of, is_fit_file, same_settings};
use crate::page::input::scenario::ScenarioInput;
use crate::page::input::undo::Undo;
use crate::page::run::bootstrap::BootstrapRun;
use crate::page::run::fits::{AUTO, LawFits};
use crate::page::same::Same;
use crate::predict::Form;
use crate::wording::page as text;

impl State {
    /// What is on show in that format.
    ///
    /// # Errors
    /// The sentence that says what the format needs and there is not.
    pub fn write(self, format: &Format) -> Result<String, String> {
        if untrack(|| self.is_fixed()) {
            return Err(text::FIXED.to_string());
        }
        let text = self.with_known(|known| format.write(known));
        let text = text.ok_or_else(|| text::NOT_FITTED.to_string())?;
        text.map_err(|missing| format!("{}: {missing}.", format.label))
    }

    /// Saves what is on show in that format, and says what came of it.
    pub fn save(self, format: &Format) {
        match self.write(format) {
            Ok(text) => self.download(format.file, &text),
            Err(sentence) => self.saved.set(Some(sentence)),
        }
    }

    /// Saves the inputs with what has come of them. On a page opened from a link, that is the link's fits.
    pub fn save_project(self) {
        if untrack(|| self.is_fixed()) {
            return self.saved.set(Some(text::FIXED.to_string()));
        }
        self.download("project.json", &self.project());
    }

    /// The text of that file.
    pub(super) fn project(self) -> String {
        let draft = self.draft().to_value();
        let text = match untrack(|| self.from_link()) {
            // The user's own inputs have nothing to do with a link's fits.
            true => self.with_known(|known| fit_file::write(known.study, known.runs, known.replicates)),
            false => self.with_known(|known| fit_file::write_project(draft.clone(), Some(known))),
        };
        text.unwrap_or_else(|| fit_file::write_project(draft, None))
    }

    pub(super) fn download(self, name: &str, text: &str) {
        let sentence = if dom::download(name, text) { format!("Saved {name}.") } else { text::NOT_SAVED.into() };
        self.status.set(sentence.clone());
        self.saved.set(Some(sentence));
    }

    /// All that is known of what is on show; nothing without fits.
    fn with_known<T>(self, f: impl FnOnce(&Known) -> T) -> Option<T> {
        untrack(|| {
            let Shown { study, .. } = self.shown.get()?;
            (!study.fits.is_empty()).then_some(())?;
            let runs = self.runs.get();
            let bootstrap = self.bootstrap.get().filter(|run| run.study == study && run.n_done() > 0);
            let replicates = bootstrap.map(|run| run.replicates());
            let answered = match self.optimum.get() {
                AskedOptimum::Done(answered) => Some(answered).filter(|answered| answered.study == study),
                _ => None,
            };
            let about = self.about.get();
            let near = about.near.filter(|_| about.of == answered);
            let certainty = self.certainty.get();
            let verdict = self.verdict.get().filter(|(of, _)| Some(of) == answered.as_ref());
            let verdict = verdict.and_then(|(_, verdict)| verdict.ok());
            let optimum = answered.as_ref().map(|answered| KnownOptimum {
                scenario: &answered.scenario,
                optimum: &answered.optimum,
                near: near.as_deref(),
                certainty: certainty.as_ref(),
                verdict: verdict.as_ref(),
            });
            let runs = runs.as_deref();
            Some(f(&Known { study: &study, runs, replicates: replicates.as_deref(), optimum }))
        })
    }

    /// Opens a text that is a fit file or a project; `false` if it is none.
    pub(super) fn open_file(self, text: &str) -> bool {
        if !is_fit_file(text) {
            return false;
        }
        match fit_file::read_saved(text) {
            Ok(saved) => self.open_saved(saved),
            Err(error) => {
                let sentence = error.to_string();
                self.status.set(sentence.clone());
                self.file_error.set(Some(sentence));
            }
        }
        true
    }

    /// Takes the runs of a link as the user's own table, with the fits.
    pub fn take_link_runs(self) {
        let (Some(shown), Some(runs)) = (self.shown.get_untracked(), self.link_runs.get_untracked()) else { return };
        let scenario = self.scenario_input().get_untracked();
        let saved = Saved { study: Some((*shown.study).clone()), runs: Some((*runs).clone()), ..Saved::default() };
        self.open_saved(saved);
        self.own_scenario.set(scenario);
    }

    fn open_saved(self, mut saved: Saved) {
        let scenario = saved.study.as_ref().zip(saved.scenario.as_ref()).map(|(study, file)| file.scenario(study));
        let draft = saved.draft.take().and_then(Draft::from_value);
        let scenario = scenario.and_then(Result::ok);
        let draft = draft.or_else(|| draft_of(saved.study.as_ref()?, saved.runs.as_ref()?, scenario.as_ref()));
        match (draft, saved.study.take()) {
            (Some(draft), study) => {
                self.file_error.set(None);
                self.keep_now();
                self.forget_link();
                self.put(Draft { work: dom::random(), ..draft });
                self.import_later(Duration::ZERO, None);
                // A link's choice is made anew, as the other candidates are not in it.
                let study = study.filter(|study| study.form == Form::Law || !study.candidates.is_empty());
                self.waiting.set_value(study.map(|study| Saved { study: Some(study), ..saved }));
            }
            (None, Some(study)) => {
                let scenario = scenario.unwrap_or_else(|| Scenario::at_the_edge_of(&study.summary));
                let study = FromLink { study: Same::new(study), computed: None, fixed: None };
                self.show_study(study, None, &scenario);
                self.status.set(text::FROM_LINK.to_string());
            }
            (None, None) => self.file_error.set(Some(text::NO_DRAFT.to_string())),
        }
    }

    /// Shows fits that were not made here.
    pub(super) fn show_study(self, study: FromLink, runs: Option<Dataset>, scenario: &Scenario) {
        self.stop_run();
        let scenario = ScenarioInput::of(scenario);
        self.link_undo.set(Undo::beginning(scenario.clone()));
        self.link_scenario.set(scenario);
        self.link_runs.set(runs.map(Same::new));
        self.opened.set(Some(Opened::Study(study)));
    }

    /// Takes up the fits that came with the table just read, if they are of it and of the present settings; whether it
    /// did.
    pub(super) fn take_waiting_fits(self) -> bool {
        let Some(Saved { study: Some(study), replicates, .. }) = self.waiting.try_update_value(Option::take).flatten()
        else {
            return false;
        };
        let (Some(data), Ok(key)) = (self.data.get_untracked(), self.key.get_untracked()) else { return false };
        let law = untrack(|| self.law());
        let names: Vec<String> = study.targets().map(|target| target.name.to_string()).collect();
        let choice = untrack(|| self.choice());
        // Of several candidates any may have been chosen; a named law is that law.
        let is_choice = |id: &str| {
            if choice == AUTO {
                study.candidates.len() > 1 || id == law.id()
            } else {
                id == law.id() && study.candidates.len() < 2
            }
        };
        let fitted_so =
            study.fits.iter().all(|fit| is_choice(fit.law.id()) && same_settings(&fit.report.config, &key.config));
        let of_data = study.domains == data.dataset.domains() && study.summary.is_close_to(&data.summary);
        if names != key.targets || !fitted_so || !of_data {
            return false;
        }
        let study = Same::new(study);
        let law = study.fits.first().map_or(law, |fit| fit.law);
        let is_quick = data.is_quick();
        let fits = LawFits { key, law, choice, data, study: study.clone(), failures: Vec::new(), seconds: 0.0 };
        let fits = Same::new(fits);
        self.fits.update(|all| {
            all.insert(choice, fits.clone());
        });
        if !replicates.is_empty() {
            self.bootstrap.set(Some(BootstrapRun::of(study, replicates)));
        }
        self.status.set(text::FITS_FROM_FILE.to_string());
        // Files of before have no validation.
        if is_quick && fits.study.validation.range.is_none() {
            self.start_validation(fits);
        }
        true
    }
}
