//! The link and the downloads.

pub mod downloads;
pub mod link_contents;

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::page::browser::dom;
use crate::page::input::address::COMFORTABLE_LENGTH;
use crate::page::sections::export::downloads::Downloads;
use crate::page::sections::export::link_contents::LinkContents;
use crate::page::store::use_state;
use crate::page::view::tables::counted;
use crate::wording::page as text;

/// Copies the link, and shows it for copying by hand; files.
#[component]
pub fn ExportSection() -> impl IntoView {
    let state = use_state();
    let url = Memo::new(move |_| state.share_url().and_then(Result::ok));
    let refused = move || state.share_url().and_then(Result::err);
    let has_runs = move || {
        let own = state.shown.read().as_ref().is_some_and(|shown| shown.fits.is_some());
        own || state.link_runs.read().is_some()
    };
    view! {

            <Show when=move || url.read().is_some() fallback=move || view! { <p class="note">{move || refused().unwrap_or_else(|| text::NOT_FITTED.to_string())}</p> }>
                <LinkRow url/>
            </Show>
            <Show when=has_runs>
                <label class="choice">
                    <input
                        type="checkbox"
                        data-test="with-runs"
                        prop:checked=state.with_runs
                        on:change:target=move |event| state.with_runs.set(event.target().checked())
                    />
                    "With the runs"
                </label>
            </Show>
            <Show when=move || url.read().is_some()>
                <LinkContents/>
            </Show>
            <Downloads/>
    }
}

/// The link with its button and its length.
#[component]
fn LinkRow(
    /// The link.
    url: Memo<Option<String>>,
) -> impl IntoView {
    let state = use_state();
    let field = NodeRef::<Input>::new();
    let outcome = RwSignal::new("");
    // What was copied is no longer what is on show.
    let outcome_of = RwSignal::new(None::<String>);
    let shown_outcome = move || if *outcome_of.read() == url.get() { outcome.get() } else { "" };
    let share = move |_| {
        let Some(link) = url.get_untracked() else { return };
        let copied = dom::copy(&link);
        dom::replace_address(&link);
        outcome_of.set(Some(link));
        spawn_local(async move {
            let said = if copied.await { "Link copied." } else { text::COPY_BY_HAND };
            // The panel may be gone by then.
            outcome.try_set(said);
            if let Some(field) = field.try_get_untracked().flatten().filter(|_| said == text::COPY_BY_HAND) {
                field.select();
            }
            state.status.set(said.to_string());
        });
    };
    let length = move || url.read().as_ref().map_or(0, String::len);
    view! {
        <div class="share-row">
            <button type="button" class="primary" data-test="share" on:click=share>"Copy link"</button>
            <input type="text" readonly aria-label="Link" data-test="share-url" node_ref=field prop:value=move || url.get().unwrap_or_default()/>
        </div>
        <p class="status" data-test="share-status">{shown_outcome}</p>
        <p class="link-length">
            <meter min="0" max=COMFORTABLE_LENGTH aria-label="Length of the link, against what every chat program takes"
                class:long=move || { length() > COMFORTABLE_LENGTH } prop:value=move || length().min(COMFORTABLE_LENGTH) as f64></meter>
            <span class="help" data-test="link-length">{move || length_sentence(length())}</span>
        </p>
    }
}

fn length_sentence(length: usize) -> String {
    let warning = if length > COMFORTABLE_LENGTH { format!(" {}", text::LONG_LINK) } else { String::new() };
    format!("{} of {COMFORTABLE_LENGTH}.{warning}", counted(length, "character"))
}
