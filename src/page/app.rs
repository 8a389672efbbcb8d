//! The page's frame: state, listeners on the whole page, panels in order.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{DragEvent, Element};

use crate::page::browser::dom::{files_of, is_typed_in};
use crate::page::sections::Sections;
use crate::page::sections::answer::AnswerPanel;
use crate::page::sections::answer::link_card::LinkCard;
use crate::page::sections::data::add_rows::AddRows;
use crate::page::sections::data::file_picker::take_files;
use crate::page::sections::header::Header;
use crate::page::sections::intro::Intro;
use crate::page::sections::shortcuts::Shortcuts;
use crate::page::store::State;
use crate::wording::page as text;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let state = State::new();
    provide_context(state);
    listen(state);
    listen_for_steps(state);
    state.begin();
    view! {
        <a class="skip-link" href="#answer">"Skip to the answer"</a>
        <Header/>
        <main class="page" class:linked=move || state.from_link()>
            <LinkCard/>
            <AddRows/>
            <Intro/>
            <AnswerPanel/>
            <Sections/>
        </main>
        <footer class="colophon"><p>{text::PROMISE}" "{text::FOOTER}</p><Shortcuts/></footer>
        <div class="visually-hidden" role="status" aria-live="polite" data-test="announcement">{state.status}</div>
    }
}

/// Ctrl+Z and Ctrl+Y, or with ⌘; in a field the browser undoes what was typed there.
fn listen_for_steps(state: State) {
    window_event_listener(ev::keydown, move |event| {
        if is_typed_in(event.target()) || !(event.ctrl_key() || event.meta_key()) || event.alt_key() {
            return;
        }
        match (event.key().to_ascii_lowercase().as_str(), event.shift_key()) {
            ("z", false) => state.step_back(),
            ("z", true) | ("y", false) => state.step_forth(),
            _ => return,
        }
        event.prevent_default();
    });
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
        } else {
            let files = pasted.map_or_else(Vec::new, |data| files_of(data.files()));
            if !files.is_empty() {
                event.prevent_default();
                take_files(state, files);
            }
        }
    });
    window_event_listener(ev::dragover, |event: DragEvent| event.prevent_default());
    window_event_listener(ev::drop, move |event: DragEvent| {
        event.prevent_default();
        let Some(dropped) = event.data_transfer() else { return };
        let files = files_of(dropped.files());
        if !files.is_empty() {
            return take_files(state, files);
        }
        let text = dropped.get_data("text/plain").unwrap_or_default();
        if !text.is_empty() {
            state.take_text(&text);
        }
    });
}

fn is_table_field(element: &Element) -> bool {
    element.class_list().contains("table-text")
}

/// A word pasted into a field stays there; lines pasted into the table's field replace the table.
fn belongs_to_field(target: Option<web_sys::EventTarget>, text: &str) -> bool {
    let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    match element.tag_name().as_str() {
        "INPUT" | "SELECT" => true,
        "TEXTAREA" => {
            !is_table_field(&element)
                || !text.trim().contains(['\n', '\r']) && crate::page::input::address::link_in(text).is_none()
        }
        _ => false,
    }
}
