//! A button that opens a list of buttons.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

/// Closed by a choice, by Escape, and when the focus leaves it.
#[component]
pub fn DropDown(
    /// What the button says.
    #[prop(into)]
    label: Signal<String>,
    /// Its hook for tests.
    name: &'static str,
    /// The list.
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let leave = move |event: FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        if !details.get_untracked().is_some_and(|details| details.contains(to.as_ref())) {
            close();
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    view! {
        <details class="drop-down" data-test=name node_ref=details on:focusout=leave on:keydown=key>
            <summary class="button small">{move || label.get()}<span aria-hidden="true">" ▾"</span></summary>
            // Where a button takes no focus by a click, this does.
            <div class="list" tabindex="-1" on:click=move |_| close()>{children()}</div>
        </details>
    }
}
