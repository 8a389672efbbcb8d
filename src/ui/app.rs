//! The page's frame: state, listeners on the whole page, panels in order.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{DataTransfer, DragEvent, Element};

use super::components::{ChartsPanel, DataPanel, FitPanel, LinkCard, MixturePanel, SharePanel, take_file};
use super::state::State;
use super::text;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let state = State::new();
    provide_context(state);
    listen(state);
    state.begin();
    view! {
        <header class="masthead">
            <h1>"Mixlaw"</h1>
            <p>{text::PROMISE}</p>
        </header>
        <main class="page" class:linked=move || state.from_link()>
            <LinkCard/>
            <DataPanel/>
            <FitPanel/>
            <ChartsPanel/>
            <MixturePanel/>
            <SharePanel/>
        </main>
        <footer class="colophon"><p>{text::FOOTER}</p></footer>
        <div class="visually-hidden" role="status" aria-live="polite" data-test="announcement">{state.status}</div>
    }
}

/// A table or a link may be pasted or dropped anywhere on the page.
fn listen(state: State) {
    window_event_listener(ev::paste, move |event| {
        let pasted = event.clipboard_data();
        let Some(text) = pasted.as_ref().and_then(|data| data.get_data("text/plain").ok()) else { return };
        if belongs_to_field(event.target(), &text) {
            return;
        }
        if !text.is_empty() {
            event.prevent_default();
            state.take_text(&text);
        } else if let Some(file) = pasted.and_then(|data| first_file(&data)) {
            event.prevent_default();
            take_file(state, file);
        }
    });
    window_event_listener(ev::dragover, |event: DragEvent| event.prevent_default());
    window_event_listener(ev::drop, move |event: DragEvent| {
        event.prevent_default();
        let Some(dropped) = event.data_transfer() else { return };
        match first_file(&dropped) {
            Some(file) => take_file(state, file),
            None => {
                let text = dropped.get_data("text/plain").unwrap_or_default();
                if !text.is_empty() {
                    state.take_text(&text);
                }
            }
        }
    });
}

fn first_file(data: &DataTransfer) -> Option<web_sys::File> {
    data.files().and_then(|files| files.get(0))
}

/// A word pasted into a field stays there; lines pasted into the table's field replace the table.
fn belongs_to_field(target: Option<web_sys::EventTarget>, text: &str) -> bool {
    let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    match element.tag_name().as_str() {
        "INPUT" | "SELECT" => true,
        "TEXTAREA" => !text.trim().contains(['\n', '\r']) && super::address::link_in(text).is_none(),
        _ => false,
    }
}
