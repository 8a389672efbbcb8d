//! The keys that do something on the page, in a dialog.

use leptos::ev;
use leptos::html::Dialog;
use leptos::prelude::*;

use crate::page::browser::dom::is_typed_in;
use crate::wording::page as text;

/// The dialog and the button that opens it; `?` does, too, wherever no letter is typed.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let open = move || {
        if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
            dialog.show_modal().ok();
        }
    };
    window_event_listener(ev::keydown, move |event| {
        let is_taken = event.default_prevented() || is_typed_in(event.target());
        if event.key() == "?" && !is_taken && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
            event.prevent_default();
            open();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let row = |(keys, does): (&'static str, &'static str)| {
        view! { <tr><th scope="row"><kbd>{keys}</kbd></th><td>{does}</td></tr> }
    };
    let part = |(place, keys): (&'static str, &'static [(&'static str, &'static str)])| {
        view! {
            <tbody>
                <tr><th scope="rowgroup" colspan="2" class="place">{place}</th></tr>
                {keys.iter().copied().map(row).collect_view()}
            </tbody>
        }
    };
    view! {
        <button type="button" class="small" data-test="open-shortcuts" aria-keyshortcuts="?" on:click=move |_| open()>"Keyboard shortcuts"</button>
        <dialog node_ref=dialog class="shortcuts" aria-labelledby="shortcuts-heading" data-test="shortcuts">
            <h2 id="shortcuts-heading">"Keyboard shortcuts"<button type="button" class="small" on:click=close>"Close"</button></h2>
            <table>{text::SHORTCUTS.map(part).collect_view()}</table>
        </dialog>
    }
}
