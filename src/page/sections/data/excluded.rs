//! Lines that are left out by hand.

use leptos::prelude::*;

use crate::page::store::use_state;
use crate::page::view::tables::counted;

/// Each line with its reason, and the way back.
#[component]
pub fn Excluded() -> impl IntoView {
    let state = use_state();
    let lines = Memo::new(move |_| state.excluded_rows.read().keys().copied().collect::<Vec<_>>());
    let row = move |line: usize| {
        let reason = move || state.excluded_rows.read().get(&line).cloned().unwrap_or_default();
        view! {
            <li>
                <span>"Line "{line}</span>
                <input type="text" placeholder="Reason" aria-label=format!("Reason why line {line} is left out") autocomplete="off"
                    data-test="reason" data-line=line prop:value=reason on:input:target=move |event| state.exclude(line, &event.target().value())/>
                <button type="button" class="small" data-test="include" on:click=move |_| state.include(line)>"Bring back"</button>
            </li>
        }
    };
    view! {
        <Show when=move || !lines.read().is_empty()>
            <details class="excluded-rows" open data-test="excluded">
                <summary>{move || counted(lines.read().len(), "line")}" left out by hand"</summary>
                <ul><For each=move || lines.get() key=|line| *line let:line>{row(line)}</For></ul>
            </details>
        </Show>
    }
}
