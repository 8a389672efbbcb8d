//! What new rows changed: answers are remembered, and the one on show is held against the last one to fewer rows.

use leptos::prelude::*;

use super::{AskedBatch, AskedOptimum, Shown, State};
use crate::page::view::moved::{Moved, Snapshot, before, moved, remember};

impl State {
    /// Remembers each answer of the user's own runs once its verdict is known.
    pub(super) fn follow_answers(self) {
        let complete = Memo::new(move |_| {
            let Some(Shown { fits: Some(fits), .. }) = self.shown.get() else { return None };
            let AskedOptimum::Done(answered) = self.optimum.get() else { return None };
            let (of, verdict) = self.verdict.get()?;
            let is_it = of == answered && answered.study == fits.study && !self.stale.get();
            is_it.then_some((fits, answered, verdict.ok()?))
        });
        Effect::new(move |_| {
            let Some((fits, answered, verdict)) = complete.get() else { return };
            let now = Snapshot {
                study: fits.study.clone(),
                data: fits.data.clone(),
                choice: fits.choice,
                key: fits.key.clone(),
                scenario: answered.scenario.clone(),
                mixture: answered.optimum.mixture.clone(),
                loss: answered.optimum.weighted_loss.0,
                interval: verdict.weighted_loss,
                findings: verdict.findings,
            };
            let found = self.answers_before.with_value(|past| before(past, &now).cloned());
            let told = found.map(|before| {
                let batch = self.batch.get_untracked();
                let batch = match &batch {
                    AskedBatch::Done(of, batch) if of.study == before.study => (**batch).as_ref().ok(),
                    _ => None,
                };
                (answered, moved(&before, &now, batch))
            });
            self.moved.set(told);
            self.answers_before.update_value(|past| remember(past, now));
        });
    }

    /// What new rows changed of the answer on show.
    pub fn moved_on_show(self) -> Option<Moved> {
        let moved = self.moved.read();
        let optimum = self.optimum.read();
        let (_, moved) = moved.as_ref().filter(|(of, _)| Some(of) == optimum.latest())?;
        (!self.is_waiting() && !self.stale.get()).then(|| moved.clone())
    }
}
