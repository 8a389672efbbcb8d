//! An observation left out of the fits, or brought back, where a chart shows it.

use leptos::prelude::*;

use crate::page::store::use_state;

/// The reason, and the button; nothing on a page opened from a link, whose runs are not the user's.
#[component]
pub fn LeaveOut(
    /// The line of the table that the observation stands on.
    line: usize,
) -> impl IntoView {
    let state = use_state();
    let known = state.excluded_rows.with_untracked(|rows| rows.get(&line).cloned());
    let reason = RwSignal::new(known.unwrap_or_default());
    let is_out = Memo::new(move |_| state.excluded_rows.read().contains_key(&line));
    let write = move |text: String| {
        if is_out.get_untracked() {
            state.exclude(line, &text);
        }
        reason.set(text);
    };
    let press = move |_| if is_out.get() { state.include(line) } else { state.exclude(line, &reason.get()) };
    let label = move || if is_out.get() { format!("Bring line {line} back") } else { format!("Leave out line {line}") };
    view! {
        <Show when=move || !state.from_link()>
            <div class="leave-out">
                <input type="text" autocomplete="off" placeholder="Reason, if you like" aria-label=format!("Reason why line {line} is left out")
                    data-test="point-reason" prop:value=reason on:input:target=move |event| write(event.target().value())/>
                <button type="button" class="small" data-test="point-action" on:click=press>{label}</button>
            </div>
        </Show>
    }
}
