//! Links: opened beside the draft, which stays as it is.

use leptos::ev;
use leptos::prelude::*;

use super::State;
use crate::page::browser::dom;
use crate::page::input::address;
use crate::page::same::Same;
use crate::predict::FittedStudy;
use crate::share::{self, Computed};
use crate::wording::page as text;

/// What a link or a file shows.
#[derive(Clone)]
pub struct FromLink {
    /// The fits.
    pub study: Same<FittedStudy>,
    /// The answer as it was computed, where it is in the link.
    pub computed: Option<Same<Computed>>,
    /// The link's fragment, where that answer is all there is and nothing can be computed anew.
    pub fixed: Option<String>,
}

/// What came of a link.
#[derive(Clone)]
pub enum Opened {
    /// Its fits.
    Study(FromLink),
    /// Why it cannot be opened.
    Bad(String),
}

impl State {
    /// Opens the link in the address, if there is one.
    pub(super) fn open_hash(self) {
        if let Some(fragment) = address::fragment_of(&dom::hash()) {
            self.open(fragment);
        }
    }

    /// Opens links that come into the address later.
    pub(super) fn follow_hash(self) {
        window_event_listener(ev::hashchange, move |_| match address::fragment_of(&dom::hash()) {
            Some(fragment) => self.open(fragment),
            None => self.close_link(),
        });
    }

    /// Opens a link by its fragment.
    pub(super) fn open(self, fragment: &str) {
        match share::decode(fragment) {
            Ok(shared) => {
                let fixed = shared.is_fixed.then(|| fragment.to_string());
                let study =
                    FromLink { study: Same::new(shared.study), computed: shared.computed.map(Same::new), fixed };
                self.show_study(study, shared.runs, &shared.scenario);
                self.status.set(format!("Opened from a link. {}", text::FROM_LINK));
            }
            Err(error) => {
                self.status.set(format!("{} {error}", text::BAD_LINK));
                self.opened.set(Some(Opened::Bad(error.to_string())));
            }
        }
    }

    /// The answer that came with the link on show.
    pub fn computed(self) -> Option<Same<Computed>> {
        match &*self.opened.read() {
            Some(Opened::Study(shown)) => shown.computed.clone(),
            _ => None,
        }
    }

    /// Whether the link on show holds an answer alone, of which nothing can be computed anew.
    pub fn is_fixed(self) -> bool {
        matches!(&*self.opened.read(), Some(Opened::Study(FromLink { fixed: Some(_), .. })))
    }

    /// Goes back to the draft, and fits it if it was not yet.
    pub fn close_link(self) {
        self.forget_link();
        self.status.set(String::new());
        let is_fitted = self.shown.with_untracked(Option::is_some);
        let is_running = self.run.with_untracked(Option::is_some);
        let is_quick = self.data.with_untracked(|data| data.as_ref().is_some_and(|data| data.is_quick()));
        if !is_fitted && !is_running && is_quick {
            self.start_fit();
        }
        // Its validation was stopped for the link.
        let fits = self.shown.with_untracked(|shown| shown.as_ref().and_then(|shown| shown.fits.clone()));
        if let Some(fits) = fits.filter(|fits| is_quick && !is_running && fits.study.validation.range.is_none()) {
            self.start_validation(fits);
        }
    }

    /// Takes the link off the page and out of the address.
    pub(super) fn forget_link(self) {
        if self.opened.with_untracked(Option::is_some) {
            self.opened.set(None);
            self.link_runs.set(None);
        }
        let address = dom::address();
        if let Some((page, _)) = address.split_once('#') {
            dom::replace_address(page);
        }
    }

    /// The address that shows what is on show, or why there is none.
    pub fn share_url(self) -> Option<Result<String, String>> {
        let fragment = self.fragment.get()?;
        Some(fragment.map(|fragment| address::share_url(&dom::address(), &fragment)))
    }
}
