//! Files, and the other ways to another table.

use gloo_file::futures::read_as_bytes;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::import::MAX_BYTES;
use crate::ui::browser;
use crate::ui::state::{Origin, State, use_state};

/// Reads a chosen or dropped file into the table's place.
pub fn take_file(state: State, file: web_sys::File) {
    let file = gloo_file::File::from(file);
    let name = file.name();
    if file.size() > MAX_BYTES as u64 {
        let sentence =
            format!("the file has {} MB; up to {} MB can be read", file.size() / 1_000_000, MAX_BYTES / 1_000_000);
        state.refuse_file(&name, &sentence);
        return;
    }
    spawn_local(async move {
        match read_as_bytes(&file).await {
            Ok(bytes) => state.take_bytes(&name, &bytes),
            Err(_) => state.refuse_file(&name, "the browser could not read this file; choose it again"),
        }
    });
}

/// Buttons: choose a file, undo, back to the example.
#[component]
pub fn FilePicker() -> impl IntoView {
    let state = use_state();
    let can_undo = move || state.replaced.read().is_some();
    let is_own = move || state.source.read().origin == Origin::Own;
    view! {
        <div class="actions">
            <label class="button">
                "Choose a file"
                <input
                    class="visually-hidden"
                    type="file"
                    accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
                    data-test="file"
                    on:change:target=move |event| {
                        if let Some(file) = browser::take_file(&event.target()) {
                            take_file(state, file);
                        }
                    }
                />
            </label>
            <Show when=can_undo>
                <button type="button" data-test="undo" on:click=move |_| state.undo_replace()>"Bring back the table before"</button>
            </Show>
            <Show when=is_own>
                <button type="button" data-test="example" on:click=move |_| state.take_example()>"Show the example"</button>
            </Show>
        </div>
        {move || state.file_error.get().map(|sentence| view! { <p class="error" data-test="file-error">{sentence}</p> })}
    }
}
