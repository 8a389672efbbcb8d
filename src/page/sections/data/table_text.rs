//! The table as text.

use leptos::prelude::*;

use crate::page::store::use_state;
use crate::page::view::tables::first_lines;
use crate::wording::page as text;

/// Longer texts make the browser's text field slow; of those the first lines are shown.
const LONGEST_EDITABLE: usize = 500_000;
const LINES_SHOWN: usize = 100;

/// A text field with the table. A pasted table replaces it (see the page's listeners); typing edits it.
#[component]
pub fn TableText() -> impl IntoView {
    let state = use_state();
    let too_long = Memo::new(move |_| state.source.read().text.len() > LONGEST_EDITABLE);
    let shown = Memo::new(move |_| {
        let source = state.source.read();
        if too_long.get() { first_lines(&source.text, LINES_SHOWN) } else { source.text.clone() }
    });
    view! {
        <textarea
            id="table"
            class="table-text"
            data-test="paste"
            aria-describedby="table-help"
            rows="9"
            wrap="off"
            spellcheck="false"
            autocomplete="off"
            prop:readOnly=too_long
            prop:value=move || shown.get().to_string()
            on:input:target=move |event| state.edit_text(event.target().value())
        ></textarea>
        <Show when=move || too_long.get()>
            <p class="note">{text::TOO_LONG_TO_EDIT}</p>
        </Show>
    }
}
