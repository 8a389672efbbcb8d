//! What came of a link.

use leptos::prelude::*;

use crate::page::store::{Opened, use_state};
use crate::wording::page as text;

/// Says that the page shows a link, or why it cannot; with the way back.
#[component]
pub fn LinkCard() -> impl IntoView {
    let state = use_state();
    let card = move |class: &'static str, title: &'static str, sentence: String, button: &'static str| {
        view! {
            <aside class=class data-test="link-card">
                <p><strong>{title}</strong>" "{sentence}</p>
                <Show when=move || state.link_runs.read().is_some()>
                    <button type="button" data-test="take-runs" on:click=move |_| state.take_link_runs()>"Open as my own"</button>
                </Show>
                <button type="button" data-test="close-link" on:click=move |_| state.close_link()>{button}</button>
            </aside>
        }
    };
    move || {
        state.opened.get().map(|opened| match opened {
            Opened::Study(_) => {
                card("link-card", "Opened from a link or a file.", text::FROM_LINK.to_string(), "Back to my own draft")
            }
            Opened::Bad(sentence) => {
                card("link-card bad", text::BAD_LINK, format!("{sentence}. {}", text::DRAFT_SAFE), "Close")
            }
        })
    }
}
