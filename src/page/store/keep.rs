//! The draft: steps back and forth, the browser's storage, and earlier drafts in it.

use std::collections::VecDeque;
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::import::Source;
use super::{AskedOptimum, Import, State};
use crate::order::sort_by_number;
use crate::page::browser::dom;
use crate::page::browser::workers::Pool;
use crate::page::input::draft::{Draft, Version};
use crate::page::input::history::{
    Earlier, Entry, Key, OLD_KEY, OPENING_KEY, PREFIX, TAB_KEY, earlier, least_needed, surplus,
};
use crate::page::input::scenario::ScenarioInput;
use crate::page::input::undo::Undo;
use crate::sample::SAMPLES;
use crate::wording::page as text;

/// Storage is written after this pause, and what changes within it is one step of undo.
const PAUSE: Duration = Duration::from_millis(500);

/// A page that has been at rest for so long has drawn what there is to draw.
const REST: Duration = Duration::from_secs(2);

/// What this page has kept.
#[derive(Default)]
pub struct Kept {
    /// The entry that it writes to, with the value it wrote there last.
    entry: Option<(Key, String)>,
    /// The draft that lies there, or that it began with.
    draft: Option<Draft>,
}

/// Notes that the page got through the draft.
fn forget_opening() {
    if !crate::page::has_panicked() {
        dom::forget_for_tab(OPENING_KEY);
    }
}

impl State {
    /// Takes up the draft of this tab, or else the latest, or else the first sample. A draft that the page did not get
    /// through last time is left closed: whatever stopped it then would again.
    pub(super) fn restore(self) {
        self.take_old_draft();
        let mut entries = stored_entries();
        if let Some(key) = dom::stored_for_tab(OPENING_KEY) {
            dom::forget_for_tab(OPENING_KEY);
            if entries.iter().any(|entry| entry.key.text() == key) {
                let sample = Draft::of_sample(&SAMPLES[0], dom::random());
                self.put(sample.clone());
                self.kept.set_value(Kept { entry: None, draft: Some(sample) });
                self.not_opened.set(Some(key));
                return;
            }
        }
        sort_by_number(&mut entries, |entry| -(entry.saved as f64));
        let of_tab = dom::stored_for_tab(TAB_KEY);
        let own = entries.iter().find(|entry| Some(entry.key.text()) == of_tab);
        let own = own.and_then(|entry| Some((entry.clone(), entry.draft()?)));
        let (entry, draft) = match own {
            Some((entry, draft)) => (Some((entry.key, entry.value)), Some(draft)),
            // Another tab may be writing to that one: whatever changes here begins its own.
            None => match entries.iter().find_map(|entry| Some((entry.key, entry.draft()?))) {
                Some((key, draft)) => {
                    self.opens(key);
                    (None, Some(draft))
                }
                None => (None, None),
            },
        };
        if let Some((key, _)) = &entry {
            self.opens(*key);
        }
        let draft = draft.unwrap_or_else(|| Draft::of_sample(&SAMPLES[0], dom::random()));
        self.put(draft.clone());
        self.kept.set_value(Kept { entry, draft: Some(draft) });
    }

    fn opens(self, key: Key) {
        dom::store_for_tab(OPENING_KEY, &key.text());
    }

    /// Notes that what is kept now is about to be fitted and drawn.
    pub(super) fn opens_kept(self) {
        if let Some(key) = self.kept.with_value(|kept| kept.entry.as_ref().map(|(key, _)| *key)) {
            self.opens(key);
        }
    }

    /// Notes that the page got through the draft, once it has been at rest for a while, or is left while it answers.
    pub(super) fn follow_opening(self) {
        Effect::new(move |_| {
            let is_read = matches!(&*self.imported.read(), Import::Done(_) | Import::Failed(_));
            let is_at_rest =
                is_read && self.run.with(Option::is_none) && !matches!(&*self.optimum.read(), AskedOptimum::Running(_));
            match is_at_rest {
                true => self.later("opened", REST, forget_opening),
                false => self.put_off("opened"),
            }
        });
    }

    /// The one draft of before there was a history becomes its first entry; if it cannot be read, it stays where it is.
    fn take_old_draft(self) {
        let Some(draft) = dom::stored(OLD_KEY).as_deref().and_then(Draft::from_stored) else { return };
        let key = Key { begun: dom::now(), work: dom::random() };
        if Entry::new(key, &draft, key.begun).is_some_and(|entry| dom::store(&key.text(), &entry.value)) {
            dom::forget(OLD_KEY);
        }
    }

    /// Keeps the draft whenever an input has changed.
    pub(super) fn keep_draft(self) {
        Effect::new(move |_| {
            self.source.track();
            self.roles.track();
            self.answers.track();
            self.excluded_rows.track();
            self.law_id.track();
            self.excluded.track();
            self.settings.track();
            self.own_scenario.track();
            self.link_scenario.track();
            if !self.is_sliding.get_value() {
                self.keep_later();
            }
        });
    }

    /// Not every drag of a slider ends with a change: it may end where it began, or the slider may be gone by then.
    pub(super) fn follow_sliders(self) {
        for event in ["change", "pointerup", "pointercancel", "focusout"] {
            window_event_listener_untyped(event, move |_| self.let_go());
        }
    }

    /// Keeps what there is when the page is left.
    pub(super) fn follow_leaving(self) {
        // Whoever leaves within the pause has typed all the same. What is written to the tab's own storage any later, as
        // on `pagehide`, Firefox has been seen to lose.
        window_event_listener(ev::beforeunload, move |_| {
            forget_opening();
            self.keep_now();
        });
        window_event_listener(ev::pagehide, move |_| {
            forget_opening();
            self.pool.with_value(Pool::close);
            self.keep_now();
        });
        // Brought back from the browser's cache, the page has no workers and jobs that nobody does.
        window_event_listener(ev::pageshow, move |event| {
            if event.persisted() {
                dom::reload();
            }
        });
    }

    fn keep_later(self) {
        self.later("keep", PAUSE, move || self.keep_now());
    }

    /// A slider is being moved, and until it is let go all of it is one step.
    pub fn slide(self) {
        if !self.is_sliding.get_value() {
            // Each key takes a slider and lets it go: a burst of them is one step, too.
            if !self.has_slid.get_value() {
                self.keep_now();
            }
            self.put_off("keep");
            self.is_sliding.set_value(true);
        }
    }

    /// The slider was let go, if one was moved.
    pub fn let_go(self) {
        if self.is_sliding.get_value() {
            self.is_sliding.set_value(false);
            self.has_slid.set_value(true);
            self.keep_later();
        }
    }

    /// Keeps the draft now, and notes it as a step. Beside a link, the link's scenario has steps of its own.
    pub(super) fn keep_now(self) {
        self.note_step();
        self.store();
    }

    /// Notes what there is now as a step, which can be taken back from now on.
    pub(super) fn note_step(self) {
        self.has_slid.set_value(false);
        if untrack(|| self.from_link()) {
            let scenario = self.link_scenario.get_untracked();
            self.link_undo.update(|undo| undo.note(scenario));
        } else {
            let draft = self.draft();
            self.undo.update(|undo| undo.note(draft));
        }
    }

    fn store(self) {
        let draft = self.draft();
        let is_kept = self.kept.with_value(|kept| kept.draft.as_ref() == Some(&draft));
        if is_kept || draft.text.trim().is_empty() {
            return;
        }
        let now = dom::now();
        let fresh = Key { begun: now, work: draft.work };
        // Where another page has written since, as a copy of this tab does, its work is not to be lost.
        let key = self.kept.with_value(|kept| match &kept.entry {
            Some((key, value)) if dom::stored(&key.text()).as_ref() == Some(value) => key.next(draft.work, now),
            _ => fresh,
        });
        let Some(entry) = Entry::new(key, &draft, now) else {
            self.not_kept.set(Some(text::TOO_LONG_TO_KEEP));
            return;
        };
        let is_stored = store_entry(&entry);
        self.not_kept.set((!is_stored).then_some(text::NOT_KEPT));
        if is_stored {
            let stored = stored_entries();
            surplus(&stored, key).into_iter().for_each(|key| dom::forget(&key.text()));
            dom::store_for_tab(TAB_KEY, &key.text());
            self.kept.set_value(Kept { entry: Some((key, entry.value)), draft: Some(draft) });
            self.drafts_changed.notify();
        }
    }

    /// Earlier drafts, of this page and of others.
    pub fn earlier_drafts(self) -> Vec<Earlier> {
        self.drafts_changed.track();
        let on_show = self.kept.with_value(|kept| kept.entry.as_ref().map(|(key, _)| *key));
        let mut unread: Vec<String> = dom::stored(OLD_KEY).map(|_| OLD_KEY.to_string()).into_iter().collect();
        let entries = dom::stored_keys(PREFIX).into_iter().filter_map(|key| {
            let entry = Key::read(&key).and_then(|read| Entry::read(read, dom::stored(&key)?));
            if entry.is_none() {
                unread.push(key);
            }
            entry
        });
        let entries = entries.collect();
        earlier(entries, unread, on_show, dom::now())
    }

    /// Puts an earlier draft in place of the one on show, which becomes an earlier one and the step before.
    pub fn restore_draft(self, key: &str) {
        self.not_opened.set(None);
        self.keep_now();
        let entry = Key::read(key).and_then(|read| Entry::read(read, dom::stored(key)?));
        let Some(draft) = entry.and_then(|entry| entry.draft()) else { return };
        self.file_error.set(None);
        self.waiting.set_value(None);
        self.forget_link();
        self.put(draft);
        self.keep_now();
        self.import_now(true);
        self.status.set(text::RESTORED.to_string());
    }

    /// Saves a draft as it is stored: for one that cannot be read here.
    pub fn save_stored_draft(self, key: &str) {
        if let Some(value) = dom::stored(key) {
            self.download("draft.txt", &value);
        }
    }

    /// Removes an earlier draft.
    pub fn forget_draft(self, key: &str) {
        dom::forget(key);
        self.drafts_changed.notify();
    }

    /// Whether there is a step to take back.
    pub fn can_step_back(self) -> bool {
        if self.from_link() { self.link_undo.read().has_past() } else { self.undo.read().has_past() }
    }

    /// Whether a step was taken back.
    pub fn can_step_forth(self) -> bool {
        if self.from_link() { self.link_undo.read().has_future() } else { self.undo.read().has_future() }
    }

    /// Takes back the last step.
    pub fn step_back(self) {
        self.step(Undo::back, Undo::back);
    }

    /// Takes the last step again that was taken back.
    pub fn step_forth(self) {
        self.step(Undo::forth, Undo::forth);
    }

    /// A step of what is on show: of the link's scenario, or of the user's own draft.
    fn step(
        self,
        of_draft: fn(&mut Undo<Draft>) -> Option<&Draft>,
        of_link: fn(&mut Undo<ScenarioInput>) -> Option<&ScenarioInput>,
    ) {
        self.keep_now();
        if untrack(|| self.from_link()) {
            let scenario = self.link_undo.try_update(|undo| of_link(undo).cloned()).flatten();
            if let Some(scenario) = scenario {
                self.link_scenario.set(scenario);
            }
            return;
        }
        let draft = self.undo.try_update(|undo| of_draft(undo).cloned()).flatten();
        self.take_step(draft);
    }

    fn take_step(self, draft: Option<Draft>) {
        let Some(draft) = draft else { return };
        let now = self.draft();
        let is_same_table = draft.text == now.text && draft.roles == now.roles && draft.answers == now.answers;
        let refit = !is_same_table || draft.excluded_rows != now.excluded_rows;
        self.forget_link();
        self.put(draft);
        if !is_same_table {
            self.import_now(refit);
        } else if refit {
            self.refit();
        }
    }

    /// All that the user put in.
    pub(super) fn draft(self) -> Draft {
        let source = self.source.get_untracked();
        Draft {
            version: Version,
            text: source.text,
            origin: source.origin,
            work: source.work,
            roles: self.roles.get_untracked(),
            answers: self.answers.get_untracked(),
            excluded_rows: self.excluded_rows.get_untracked().into_iter().collect(),
            law: self.law_id.get_untracked(),
            excluded_targets: self.excluded.get_untracked(),
            settings: self.settings.get_untracked(),
            scenario: self.own_scenario.get_untracked(),
        }
    }

    /// Puts a draft in place of what is there.
    pub(super) fn put(self, draft: Draft) {
        self.edits.set_value(VecDeque::new());
        self.source.set(Source { text: draft.text, origin: draft.origin, work: draft.work });
        self.roles.set(draft.roles);
        self.answers.set(draft.answers);
        self.excluded_rows.set(draft.excluded_rows.into_iter().collect());
        self.law_id.set(draft.law);
        self.excluded.set(draft.excluded_targets);
        self.settings.set(draft.settings);
        self.own_scenario.set(draft.scenario);
    }
}

fn stored_entries() -> Vec<Entry> {
    let entry = |key: String| Entry::read(Key::read(&key)?, dom::stored(&key)?);
    dom::stored_keys(PREFIX).into_iter().filter_map(entry).collect()
}

/// Stores an entry, for which earlier ones go where the storage is full; whether that worked.
fn store_entry(entry: &Entry) -> bool {
    let mut others = None;
    while !dom::store(&entry.key.text(), &entry.value) {
        let others = others.get_or_insert_with(stored_entries);
        let Some(key) = least_needed(others, entry.key) else { return false };
        dom::forget(&key.text());
        others.retain(|other| other.key != key);
    }
    true
}
