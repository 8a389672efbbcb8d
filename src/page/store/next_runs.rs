//! Which runs to train next: asked for by the user, of the optimum on show.

use leptos::prelude::*;

use super::{Answered, State};
use crate::design::{Batch, Budget};
use crate::page::same::Same;
use crate::protocol::{self, Question};
use crate::wording::page as text;

/// A batch of runs as far as it is known.
#[derive(Clone, Default)]
pub enum AskedBatch {
    /// Not asked for.
    #[default]
    Idle,
    /// Under way, for this optimum.
    Running(Same<Answered>),
    /// Done, for this optimum, or in a sentence why there is none.
    Done(Same<Answered>, Same<Result<Batch, String>>),
    /// Done, for an optimum that has changed since.
    Old,
}

impl AskedBatch {
    /// What it was asked of.
    fn of(&self) -> Option<&Same<Answered>> {
        match self {
            AskedBatch::Idle | AskedBatch::Old => None,
            AskedBatch::Running(of) | AskedBatch::Done(of, _) => Some(of),
        }
    }
}

impl State {
    /// The batch, if it is of the optimum on show: another optimum needs other runs.
    pub fn batch_on_show(self) -> AskedBatch {
        let optimum = self.optimum.read();
        match self.batch.get() {
            batch @ AskedBatch::Done(..) if batch.of() != optimum.latest() => AskedBatch::Old,
            batch => batch,
        }
    }

    /// Asks for a batch.
    pub fn ask_batch(self, budget: Budget) {
        let Some(answered) = self.optimum.with_untracked(|optimum| optimum.latest().cloned()) else { return };
        self.replace_jobs("batch", Vec::new());
        self.batch.set(AskedBatch::Running(answered.clone()));
        let of = answered.clone();
        self.ask("batch", &answered, Question::Next(Box::new(budget.clone())), move |reply| {
            // Of the optimum that has come meanwhile, as a validation brings one.
            if self.optimum.with_untracked(|optimum| optimum.latest().is_some_and(|latest| *latest != of)) {
                self.ask_batch(budget.clone());
                return;
            }
            let batch = match reply {
                Ok(protocol::Reply::Next(batch)) => *batch,
                Ok(_) => Err(text::WORKER_STOPPED.to_string()),
                Err(sentence) => Err(sentence),
            };
            self.batch.set(AskedBatch::Done(of.clone(), Same::new(batch)));
        });
    }
}
