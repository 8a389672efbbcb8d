//! Observed against predicted loss.

use leptos::prelude::*;

use crate::chart::observed_predicted;
use crate::page::sections::evidence::{Shows, Sights, leave_out, of_target, predicted_interval};
use crate::page::store::use_state;
use crate::page::widgets::chart::Chart;
use crate::wording::page as text;

/// The marked target; a link may have no observations to show.
#[component]
pub fn ObservedChart(
    /// The observations.
    observations: Shows,
    /// What was seen of the marked target.
    sight: Sights,
) -> impl IntoView {
    let state = use_state();
    let spec = of_target(state, move |_, _, target| observed_predicted(target.name, &sight.get()?.0));
    let title = move || state.target.get().unwrap_or_default();
    view! {
        <figure class="chart">
            <figcaption>{title}": observed against predicted"</figcaption>
            <Show when=move || spec.read().is_some() fallback=|| view! { <p class="note">{text::NO_OBSERVATIONS}</p> }>
                <Chart spec name="chart-observed" more=predicted_interval(state, observations) action=leave_out/>
            </Show>
        </figure>
    }
}
