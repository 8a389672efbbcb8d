//! Fit, cancel, and how far it is.

use leptos::prelude::*;

use crate::page::browser::dom;
use crate::page::store::use_state;

/// The button, the progress bar while a fit runs, and the status line.
#[component]
pub fn RunBar() -> impl IntoView {
    let state = use_state();
    let running = Memo::new(move |_| state.run.read().is_some() || state.validation.read().is_some());
    // While one fit runs, another law or other settings can be fitted instead.
    let cannot_fit = move || match (&*state.key.read(), &*state.run.read()) {
        (Ok(key), Some(run)) => run.key == *key && run.choice == state.choice(),
        (key, _) => key.is_err(),
    };
    let refused = move || !running.get() && state.key.read().is_err() && state.data.read().is_some();
    let status = move || match (&*state.run.read(), &*state.key.read()) {
        (Some(run), _) if run.trial.is_none() => run.sentence(),
        (_, Err(sentence)) if state.data.read().is_some() => sentence.clone(),
        _ => state.status.get(),
    };
    let of_fit = move || state.run.read().as_ref().map_or(0.0, |run| run.share_done());
    let share_done = move || state.validation.read().as_ref().map_or_else(of_fit, |(it, _)| it.share_done(of_fit()));
    let validating = move || {
        let validation = state.validation.read();
        let (it, since) = validation.as_ref()?;
        Some(it.sentence(of_fit(), dom::seconds() - since))
    };
    view! {
        <div class="run-bar">
            <button type="button" class="primary" data-test="fit" prop:disabled=cannot_fit on:click=move |_| state.start_fit()>
                "Fit"
            </button>
            <Show when=move || running.get()>
                <button type="button" data-test="cancel" on:click=move |_| state.cancel_fit()>"Cancel"</button>
                <progress aria-label="Progress of fit and validation" max="1" prop:value=share_done></progress>
            </Show>
            <p class="status" class:error=refused data-test="status">{status}</p>
            <p class="status" data-test="validation-status">{validating}</p>
        </div>
    }
}
