//! Mixtures side by side.

use leptos::prelude::*;

use crate::chart::{Mixtures, mixtures};
use crate::mixture::DEFAULT_EPSILON;
use crate::page::same::Same;
use crate::page::store::use_state;
use crate::page::widgets::chart::Chart;
use crate::units::write_percent;

/// The optimum with its ranges, beside every mixture that it is compared with.
#[component]
pub fn MixturesChart() -> impl IntoView {
    let state = use_state();
    let spec = Memo::new(move |_| {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        let (about, comparisons) = (state.about.read(), state.comparisons.read());
        let near = about.near.as_deref().filter(|_| about.of.as_ref() == Some(answered));
        let certainty = state.certainty.get();
        let k = answered.study.domains.len();
        let spec = mixtures(&Mixtures {
            domains: &answered.study.domains,
            optimum: &answered.optimum.mixture,
            others: comparisons
                .iter()
                .map(|comparison| (comparison.compared.name.as_str(), comparison.compared.mixture.as_slice()))
                .filter(|(_, mixture)| mixture.len() == k)
                .collect(),
            near: near.map(|near| (format!("within {} of the best loss", write_percent(DEFAULT_EPSILON, 1)), near)),
            interval: certainty.as_ref().map(|certainty| certainty.mixture.as_slice()).filter(|all| all.len() == k),
        });
        spec.map(Same::new)
    });
    view! {
        <Show when=move || spec.read().is_some()>
            <figure class="chart">
                <figcaption>"Mixtures side by side"</figcaption>
                <Chart spec name="chart-mixtures"/>
            </figure>
        </Show>
    }
}
