//! The link.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::panel::Panel;
use crate::ui::address::COMFORTABLE_LENGTH;
use crate::ui::browser;
use crate::ui::state::use_state;
use crate::ui::tables::counted;
use crate::ui::text;

/// The fifth panel: copies the link, and shows it for copying by hand.
#[component]
pub fn SharePanel() -> impl IntoView {
    let state = use_state();
    let field = NodeRef::<Input>::new();
    let outcome = RwSignal::new("");
    let url = Memo::new(move |_| state.share_url().and_then(Result::ok));
    let refused = move || state.share_url().and_then(Result::err);
    // What was copied is no longer what is on show.
    let outcome_of = RwSignal::new(None::<String>);
    let shown_outcome = move || if *outcome_of.read() == url.get() { outcome.get() } else { "" };
    let share = move |_| {
        let Some(link) = url.get_untracked() else { return };
        let copied = browser::copy(&link);
        browser::replace_address(&link);
        outcome_of.set(Some(link));
        spawn_local(async move {
            if copied.await {
                outcome.set("Link copied.");
            } else {
                outcome.set(text::COPY_BY_HAND);
                if let Some(field) = field.get_untracked() {
                    field.select();
                }
            }
            state.status.set(outcome.get_untracked().to_string());
        });
    };
    view! {
        <Panel id="share" number=5 title="Share">
            <Show when=move || url.read().is_some() fallback=move || view! { <p class="note">{move || refused().unwrap_or_else(|| text::NOT_FITTED.to_string())}</p> }>
                <div class="share-row">
                    <button type="button" class="primary" data-test="share" on:click=share>"Copy link"</button>
                    <input type="text" readonly aria-label="Link" data-test="share-url" node_ref=field prop:value=move || url.get().unwrap_or_default()/>
                </div>
                <p class="status" data-test="share-status">{shown_outcome}</p>
                <p class="help">{move || length_sentence(url.get().map_or(0, |url| url.len()))}" "{text::LINK_CONTENTS}</p>
            </Show>
        </Panel>
    }
}

fn length_sentence(length: usize) -> String {
    let warning = if length > COMFORTABLE_LENGTH { format!(" {}", text::LONG_LINK) } else { String::new() };
    format!("{}.{warning}", counted(length, "character"))
}
