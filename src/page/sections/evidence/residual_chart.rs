//! Residuals of the marked target.

use leptos::prelude::*;

use crate::chart::{Against, residuals};
use crate::page::sections::evidence::{Shows, Sights, leave_out, of_target, predicted_interval};
use crate::page::store::use_state;
use crate::page::widgets::chart::Chart;

/// Residuals against what the menu says; nothing on a page opened from a link without runs.
#[component]
pub fn ResidualChart(
    /// The observations.
    observations: Shows,
    /// What was seen of the marked target.
    sight: Sights,
) -> impl IntoView {
    let state = use_state();
    let choices = Memo::new(move |_| choices(observations));
    let chosen = RwSignal::new(0_usize);
    let against = Memo::new(move |_| {
        let choices = choices.get();
        choices.get(chosen.get()).or(choices.first()).map(|(_, against)| *against)
    });
    let spec = of_target(state, move |_, _, target| residuals(target.name, &sight.get()?.0, against.get()?));
    let options = move || {
        let option = |(at, (label, _)): (usize, (String, Against))| {
            view! { <option value=at.to_string() prop:selected=move || chosen.get() == at>{label}</option> }
        };
        choices.get().into_iter().enumerate().map(option).collect_view()
    };
    let title = move || state.target.get().unwrap_or_default();
    view! {
        <Show when=move || spec.read().is_some()>
            <figure class="chart residuals">
                <figcaption>{title}": residuals"</figcaption>
                <Chart spec name="chart-residuals" more=predicted_interval(state, observations) action=leave_out/>
                <div class="fields">
                    <label class="field">
                        <span>"Against"</span>
                        <select data-test="residuals-against" on:change:target=move |event| chosen.set(event.target().value().parse().unwrap_or(0))>
                            {options}
                        </select>
                    </label>
                </div>
            </figure>
        </Show>
    }
}

/// What the study has to draw residuals against.
fn choices(observations: Shows) -> Vec<(String, Against)> {
    let Some(observations) = observations.get() else { return Vec::new() };
    let dataset = &observations.dataset;
    let n = (!dataset.design().sizes().is_empty()).then(|| ("model size N".to_string(), Against::N));
    let d = (!dataset.design().tokens().is_empty()).then(|| ("training tokens D".to_string(), Against::D));
    let weights = dataset.domains().iter().enumerate();
    let weights = weights.map(|(i, domain)| (format!("weight of {domain}"), Against::Weight(i)));
    let normal = ("the normal distribution".to_string(), Against::Normal);
    n.into_iter().chain(d).chain([normal]).chain(weights).collect()
}
