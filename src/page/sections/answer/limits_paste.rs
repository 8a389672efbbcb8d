//! Limits from a spreadsheet.

use leptos::prelude::*;

use crate::page::store::use_state;
use crate::page::view::tables::counted;
use crate::wording::page as text;

/// A text area for a small table, which fills the columns that it has.
#[component]
pub fn LimitsPaste(
    /// The domains of the fits on show.
    domains: Memo<Vec<String>>,
) -> impl IntoView {
    let state = use_state();
    let outcome = RwSignal::new(None::<Result<String, String>>);
    let take = move |text: String| {
        if text.trim().is_empty() {
            outcome.set(None);
            return;
        }
        let filled = domains.with_untracked(|domains| {
            state.scenario_input().try_update(|input| input.limits.fill(&text, domains)).unwrap_or(Ok(0))
        });
        outcome.set(Some(filled.map(|n| format!("Filled the fields of {}.", counted(n, "domain")))));
    };
    let sentence = move || {
        let outcome = outcome.get()?;
        let class = if outcome.is_ok() { "note" } else { "error" };
        Some(view! { <p class=class data-test="limits-paste-outcome">{outcome.unwrap_or_else(|error| error)}</p> })
    };
    view! {
        <details data-test="limits-paste-fold">
            <summary>"Paste a table"</summary>
            <label class="field">
                <span class="visually-hidden">"Table of limits"</span>
                <textarea rows="4" autocomplete="off" spellcheck="false" data-test="limits-paste" placeholder=text::LIMITS_TABLE
                    on:input:target=move |event| take(event.target().value())></textarea>
                <small class="help">{text::LIMITS_PASTE_HELP}</small>
            </label>
            {sentence}
        </details>
    }
}
