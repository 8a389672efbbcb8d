//! A slider.

use leptos::prelude::*;

use crate::page::store::use_state;

/// Steps from one end to the other.
const STEPS: f64 = 200.0;

/// A slider whose number stands beside it. What follows is shown while it moves; letting go ends a step of undo.
#[component]
pub fn Slider(
    /// What it sets.
    label: String,
    /// Its hook for tests.
    name: &'static str,
    /// Where it stands, from 0 to 1.
    share: impl Fn() -> f64 + Send + 'static,
    /// What that says.
    text: impl Fn() -> String + Send + 'static,
    /// Notes where it was moved to, from 0 to 1.
    write: impl Fn(f64) + 'static,
) -> impl IntoView {
    let state = use_state();
    let moved = move |to: f64| {
        state.slide();
        write(to / STEPS);
    };
    view! {
        <input type="range" min="0" max=STEPS aria-label=label aria-valuetext=text data-test=name
            prop:value=move || (STEPS * share()).round()
            on:input:target=move |event| moved(event.target().value_as_number())/>
    }
}
