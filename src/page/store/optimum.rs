//! The optimum follows the fits and the scenario on show.

use std::time::Duration;

use leptos::prelude::*;

use super::State;
use crate::mixture::{Optimum, Scenario};
use crate::page::browser::workers::{Lane, Reply};
use crate::page::same::Same;
use crate::predict::FittedStudy;
use crate::protocol::{Answer, Task, WireFittedStudy};
use crate::wording::page as text;

/// Typing is over after this pause.
const PAUSE: Duration = Duration::from_millis(150);

/// About as long as a picture stays on the screen.
const FRAME: Duration = Duration::from_millis(16);

/// An optimum with what it is of.
#[derive(Clone, PartialEq)]
pub struct Answered {
    /// The fits.
    pub study: Same<FittedStudy>,
    /// The scenario.
    pub scenario: Scenario,
    /// The optimum.
    pub optimum: Optimum,
}

/// The optimum as far as it is known.
#[derive(Clone, Default)]
pub enum AskedOptimum {
    /// Nothing to optimise.
    #[default]
    Idle,
    /// Under way; what was there before stays.
    Running(Option<Same<Answered>>),
    /// Done.
    Done(Same<Answered>),
    /// There is none, in a sentence.
    Failed(String),
}

impl AskedOptimum {
    /// What is on show.
    pub fn latest(&self) -> Option<&Same<Answered>> {
        match self {
            AskedOptimum::Running(answered) => answered.as_ref(),
            AskedOptimum::Done(answered) => Some(answered),
            AskedOptimum::Idle | AskedOptimum::Failed(_) => None,
        }
    }
}

impl State {
    /// Whether the optimum on show is that of other fits or another scenario than those on show, until the new one comes.
    pub fn is_waiting(self) -> bool {
        let optimum = self.optimum.read();
        let is_of_shown =
            |answered: &Same<Answered>| self.shown.read().as_ref().is_some_and(|shown| shown.study == answered.study);
        matches!(*optimum, AskedOptimum::Running(_)) || !optimum.latest().is_none_or(is_of_shown)
    }

    /// Asks for the optimum whenever fits or scenario have changed.
    pub(super) fn follow_optimum(self) {
        Effect::new(move |before: Option<Option<Same<FittedStudy>>>| {
            let study = self.shown.get().map(|shown| shown.study).filter(|study| !study.fits.is_empty());
            // A link with an answer alone shows that one.
            let study = study.filter(|_| self.no_mixture.read().is_none() && !self.is_fixed());
            let asked = study.clone();
            // Nobody types while other fits come.
            let wait = if before.is_some_and(|before| before != study) { Duration::ZERO } else { PAUSE };
            match (study, self.scenario.get()) {
                (Some(study), Some(Ok(scenario))) if self.is_sliding.get_value() => {
                    self.ask_when_free(study, scenario);
                }
                (Some(study), Some(Ok(scenario))) => {
                    self.later("optimum", wait, move || self.ask_optimum(study, scenario));
                }
                (Some(_), Some(Err(sentence))) => {
                    self.later("optimum", PAUSE, move || self.end_optimum(AskedOptimum::Failed(sentence)));
                }
                _ => self.later("optimum", Duration::ZERO, move || self.end_optimum(AskedOptimum::Idle)),
            }
            asked
        });
    }

    /// There is none of what is on show now; one that is under way would be of what was there before.
    fn end_optimum(self, ended: AskedOptimum) {
        self.replace_jobs("optimum", Vec::new());
        self.optimum.set(ended);
    }

    /// Asks at once, or as soon as the question before is answered; of those that come in between, only for the last.
    fn ask_when_free(self, study: Same<FittedStudy>, scenario: Scenario) {
        let is_free = !self.optimum.with_untracked(|optimum| matches!(optimum, AskedOptimum::Running(_)));
        let wait = if is_free { Duration::ZERO } else { FRAME };
        self.later("optimum", wait, move || match is_free {
            true => self.ask_optimum(study, scenario),
            false => self.ask_when_free(study, scenario),
        });
    }

    fn ask_optimum(self, study: Same<FittedStudy>, scenario: Scenario) {
        self.optimum.update(|optimum| {
            // An optimum of other domains would stand beside the wrong names.
            let before = optimum.latest().filter(|answered| answered.study.domains == study.domains).cloned();
            *optimum = AskedOptimum::Running(before);
        });
        let (fitted, asked) = (study.clone(), scenario.clone());
        let task = move || Task::Optimum { fitted: WireFittedStudy::from(&*fitted), scenario: Box::new(asked) };
        self.replace_jobs("optimum", Vec::new());
        let job = self.pool().submit(Lane::Quick, task, move |reply| {
            if let Reply::Done { outcome, .. } = reply {
                self.optimum.set(match *outcome {
                    Ok(Answer::Optimum(optimum)) => AskedOptimum::Done(Same::new(Answered {
                        study: study.clone(),
                        scenario: scenario.clone(),
                        optimum,
                    })),
                    Ok(_) => AskedOptimum::Failed(text::WORKER_STOPPED.to_string()),
                    Err(sentence) => AskedOptimum::Failed(sentence),
                });
            }
        });
        self.replace_jobs("optimum", vec![job]);
    }
}
