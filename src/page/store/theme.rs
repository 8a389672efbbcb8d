//! Light or dark: the reader's choice, or the system's.

use leptos::prelude::*;
use leptos_use_media_query::use_media_query;

use super::State;
use crate::page::browser::dom;
use crate::page::input::theme::{STORAGE_KEY, ThemeChoice};

/// The choice of last time.
pub fn stored() -> ThemeChoice {
    dom::stored(STORAGE_KEY).map_or(ThemeChoice::Auto, |id| ThemeChoice::from_id(&id))
}

/// Whether that makes the page dark, now that the system is as it is.
pub fn is_dark(theme: RwSignal<ThemeChoice>) -> Memo<bool> {
    let system_is_dark = dom::IS_THERE.then(|| use_media_query("(prefers-color-scheme: dark)"));
    Memo::new(move |_| theme.get().is_dark(system_is_dark.is_some_and(|is_dark| is_dark.get())))
}

impl State {
    /// Tells the style sheet what was chosen, and keeps it.
    pub(super) fn follow_theme(self) {
        Effect::new(move |_| {
            let choice = self.theme.get();
            dom::set_theme(choice.attribute());
            match choice.attribute() {
                Some(theme) => {
                    dom::store(STORAGE_KEY, theme);
                }
                None => dom::forget(STORAGE_KEY),
            }
        });
    }
}
