//! Parameters with their intervals.

use leptos::prelude::*;

use crate::chart::parameters;
use crate::page::sections::evidence::of_target;
use crate::page::store::use_state;
use crate::page::widgets::chart::Chart;

/// Those of the marked target's domains, and those of all targets.
#[component]
pub fn ParametersChart() -> impl IntoView {
    let state = use_state();
    let spec = of_target(state, move |shown, _, target| {
        let intervals = state.settled.read().as_ref().map_or_else(Vec::new, |run| run.parameters());
        parameters(&shown.study, target, &intervals)
    });
    let title = move || state.target.get().unwrap_or_default();
    view! {
        <Show when=move || spec.read().is_some()>
            <figure class="chart wide">
                <figcaption>{title}": parameters"</figcaption>
                <Chart spec name="chart-parameters"/>
            </figure>
        </Show>
    }
}
