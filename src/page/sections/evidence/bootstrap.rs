//! How sure the optimum is.

use leptos::prelude::*;

use crate::mixture::Budget;
use crate::page::run::bootstrap::certainty_sentences;
use crate::page::store::{State, use_state};
use crate::page::widgets::field::Field;
use crate::wording::page as text;

/// The bootstrap: asked for, on its way, and what it says.
#[component]
pub fn Bootstrap() -> impl IntoView {
    let state = use_state();
    let has_runs = Memo::new(move |_| state.runs.read().is_some());
    view! {
        <section class="certainty" data-test="certainty">
            <h3>"Uncertainty of the fit and of the optimum"</h3>
            <Show when=move || has_runs.get() fallback=|| view! { <p class="note">{text::NO_RUNS}</p> }>
                <p class="help">{text::BOOTSTRAP_HELP}</p>
                <Controls/>
            </Show>
            {move || sentences(state)}
        </section>
    }
}

#[component]
fn Controls() -> impl IntoView {
    let state = use_state();
    let running = Memo::new(move |_| state.bootstrap.read().as_ref().is_some_and(|run| run.is_running()));
    // What runs unasked gives way to what is asked for.
    let asked =
        Memo::new(move |_| state.bootstrap.read().as_ref().is_some_and(|run| run.is_running() && !run.is_first()));
    let done = move || state.bootstrap.read().as_ref().map_or((0, 0), |run| (run.n_done(), run.config.replicates));
    let status = move || match done() {
        (_, 0) => String::new(),
        (done, all) if done < all => format!("{done} of {all} replicates"),
        (done, _) => format!("{done} replicates"),
    };
    let share = move || {
        let (done, all) = done();
        done as f64 / all.max(1) as f64
    };
    view! {
        <div class="run-bar">
            <Field label="Replicates" name="replicates" decimal=true value=move || state.replicates.get() write=move |text| state.replicates.set(text)/>
            <button type="button" data-test="bootstrap" prop:disabled=move || asked.get() || state.stale.get() on:click=move |_| state.start_bootstrap()>
                "Bootstrap"
            </button>
            <Show when=move || running.get()>
                <button type="button" data-test="stop-bootstrap" on:click=move |_| state.stop_bootstrap()>"Stop"</button>
                <progress aria-label="Progress of the bootstrap" max="1" prop:value=share></progress>
            </Show>
            <p class="status" role="status" data-test="bootstrap-status">{status}</p>
        </div>
        {move || state.bootstrap_error.get().map(|sentence| view! { <p class="error" role="alert" data-test="bootstrap-error">{sentence}</p> })}
    }
}

fn sentences(state: State) -> Option<impl IntoView> {
    let certainty = state.certainty.get()?;
    let found_scale = state.optimum.read().latest().is_some_and(|answered| answered.scenario.budget != Budget::Given);
    let mut sentences = certainty_sentences(&certainty, found_scale);
    let outside = state.shown.get().and_then(|shown| certainty.outside_sentence(&shown.study.domains));
    sentences.extend(outside.map(|sentence| format!("{sentence}.")));
    // A number and its % stay on one line.
    let sentences = sentences.join(" ").replace(" %", "\u{a0}%");
    Some(view! { <p data-test="regret">{sentences}</p> })
}
