//! Other fits, to be held against those on show.

use leptos::prelude::*;

use super::{AskedOptimum, State};
use crate::chart::Spec;
use crate::export::difference::{Section, Side, difference};
use crate::mixture::{Optimum, Scenario};
use crate::page::browser::workers::{Lane, Reply};
use crate::page::input::files::read_other;
use crate::page::same::Same;
use crate::page::view::compare::{side_chart, side_title};
use crate::predict::FittedStudy;
use crate::protocol::{Answer, Task, WireFittedStudy};
use crate::wording::page as text;

/// Fits kept from before, or from a link or a file, with their optimum once it is known.
#[derive(Clone)]
pub struct Other {
    name: &'static str,
    study: Same<FittedStudy>,
    scenario: Scenario,
    optimum: Option<Optimum>,
}

/// What is on show beside the other fits.
#[derive(Clone, PartialEq)]
pub struct Beside {
    /// What is on show.
    pub title: String,
    /// What the others are called.
    pub other: &'static str,
    /// What they are.
    pub other_title: String,
    /// Line by line.
    pub sections: Vec<Section>,
    /// Both optima, if they are of the same domains.
    pub chart: Option<Same<Spec>>,
}

impl State {
    /// Keeps what is on show, to compare with what comes.
    pub fn keep_to_compare(self) {
        let (Some(shown), Some(Ok(scenario))) = (self.shown.get_untracked(), self.scenario.get_untracked()) else {
            return;
        };
        self.set_other(text::KEPT, shown.study, scenario);
        self.status.set(text::KEPT_STATUS.to_string());
    }

    /// Takes a link or the text of a fit file as the other fits.
    pub fn take_other(self, text: &str) {
        if text.trim().is_empty() {
            return self.forget_other();
        }
        match read_other(text) {
            Ok((study, scenario)) => self.set_other(text::OTHER, Same::new(study), scenario),
            Err(sentence) => {
                self.forget_other();
                self.other.set(Some(Err(sentence)));
            }
        }
    }

    /// Takes the other fits away.
    pub fn forget_other(self) {
        self.replace_jobs("other", Vec::new());
        self.other.set(None);
    }

    fn set_other(self, name: &'static str, study: Same<FittedStudy>, scenario: Scenario) {
        self.replace_jobs("other", Vec::new());
        let optimum = match self.optimum.get_untracked() {
            AskedOptimum::Done(answered) => {
                let is_it = answered.study == study && answered.scenario == scenario;
                is_it.then(|| answered.optimum.clone())
            }
            _ => None,
        };
        let is_known = optimum.is_some();
        self.other.set(Some(Ok(Other { name, study: study.clone(), scenario: scenario.clone(), optimum })));
        if !is_known {
            self.ask_other_optimum(study, scenario);
        }
    }

    fn ask_other_optimum(self, study: Same<FittedStudy>, scenario: Scenario) {
        let task = move || Task::Optimum { fitted: WireFittedStudy::from(&*study), scenario: Box::new(scenario) };
        let job = self.pool().submit(Lane::Quick, task, move |reply| {
            // Without an optimum the rest can still be compared.
            if let Reply::Done { outcome, .. } = reply
                && let Ok(Answer::Optimum(optimum)) = *outcome
            {
                self.other.update(|other| {
                    if let Some(Ok(other)) = other {
                        other.optimum = Some(optimum);
                    }
                });
            }
        });
        self.replace_jobs("other", vec![job]);
    }

    /// The fits on show beside the others; `None` without both.
    pub fn beside(self) -> Option<Result<Beside, String>> {
        let other = match self.other.get()? {
            Ok(other) => other,
            Err(sentence) => return Some(Err(sentence)),
        };
        if self.is_fixed() {
            return Some(Err(text::FIXED.to_string()));
        }
        let study = self.shown.get()?.study;
        let scenario = self.scenario.get().and_then(Result::ok);
        let answered = match self.optimum.get() {
            AskedOptimum::Done(answered) => Some(answered).filter(|answered| answered.study == study),
            _ => None,
        };
        let optimum = answered.as_ref().map(|answered| &answered.optimum);
        let left = Side { study: &study, scenario: scenario.as_ref(), optimum };
        let right = Side { study: &other.study, scenario: Some(&other.scenario), optimum: other.optimum.as_ref() };
        Some(Ok(Beside {
            title: side_title(&left),
            other: other.name,
            other_title: side_title(&right),
            sections: difference(&left, &right),
            chart: side_chart(&left, &right, other.name).map(Same::new),
        }))
    }
}
