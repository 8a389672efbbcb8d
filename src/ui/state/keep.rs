//! The draft in the browser's storage.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::State;
use super::import::{Origin, Source, example};
use crate::ui::browser;
use crate::ui::draft::{Draft, STORAGE_KEY};
use crate::ui::text;

/// Storage is written after this pause.
const PAUSE: Duration = Duration::from_millis(500);

impl State {
    /// Takes up the draft of last time, or else the example.
    pub(super) fn restore(self) {
        match browser::stored(STORAGE_KEY).as_deref().and_then(Draft::from_stored) {
            Some(draft) => {
                self.source.set(Source { text: draft.text.into(), origin: Origin::Own });
                self.roles.set(draft.roles);
                self.law_id.set(draft.law);
                self.excluded.set(draft.excluded_targets);
                self.settings.set(draft.settings);
                self.own_scenario.set(draft.scenario);
            }
            None => self.source.set(example()),
        }
    }

    /// Keeps the draft whenever an input has changed.
    pub(super) fn keep_draft(self) {
        Effect::new(move |before: Option<()>| {
            self.source.track();
            self.roles.track();
            self.law_id.track();
            self.excluded.track();
            self.settings.track();
            self.own_scenario.track();
            if before.is_some() {
                self.later("keep", PAUSE, move || self.keep_now());
            }
        });
        // Whoever leaves within the pause has typed all the same.
        window_event_listener(ev::pagehide, move |_| self.keep_now());
    }

    /// Keeps the draft now. The example is no draft.
    pub(super) fn keep_now(self) {
        let source = self.source.get_untracked();
        if source.origin == Origin::Example || source.text.trim().is_empty() {
            browser::forget(STORAGE_KEY);
            self.not_kept.set(None);
            return;
        }
        let draft = Draft::new(
            source.text.to_string(),
            self.roles.get_untracked(),
            self.law_id.get_untracked(),
            self.excluded.get_untracked(),
            self.settings.get_untracked(),
            self.own_scenario.get_untracked(),
        );
        self.not_kept.set(match draft.to_stored() {
            None => {
                browser::forget(STORAGE_KEY);
                Some(text::TOO_LONG_TO_KEEP)
            }
            Some(stored) => (!browser::store(STORAGE_KEY, &stored)).then_some(text::NOT_KEPT),
        });
    }
}
