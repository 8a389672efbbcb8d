//! Fit, cancel, and how far it is.

use leptos::prelude::*;

use crate::ui::state::use_state;

/// The button, the progress bar while a fit runs, and the status line.
#[component]
pub fn RunBar() -> impl IntoView {
    let state = use_state();
    let running = Memo::new(move |_| state.run.read().is_some());
    // While one fit runs, another law or other settings can be fitted instead.
    let cannot_fit = move || match (&*state.key.read(), &*state.run.read()) {
        (Ok(key), Some(run)) => run.key == *key && run.law.id() == *state.law_id.read(),
        (key, _) => key.is_err(),
    };
    let refused = move || !running.get() && state.key.read().is_err() && state.data.read().is_some();
    let status = move || match (&*state.run.read(), &*state.key.read()) {
        (Some(run), _) => run.sentence(),
        (None, Err(sentence)) if state.data.read().is_some() => sentence.clone(),
        (None, _) => state.status.get(),
    };
    let share_done = move || state.run.read().as_ref().map_or(0.0, |run| run.share_done());
    view! {
        <div class="run-bar">
            <button type="button" class="primary" data-test="fit" prop:disabled=cannot_fit on:click=move |_| state.start_fit()>
                "Fit"
            </button>
            <Show when=move || running.get()>
                <button type="button" data-test="cancel" on:click=move |_| state.cancel_fit()>"Cancel"</button>
                <progress aria-label="Progress of the fit" max="1" prop:value=share_done></progress>
            </Show>
            <p class="status" class:error=refused data-test="status">{status}</p>
        </div>
    }
}
