//! The loss along each domain's weight, through the optimum.

use leptos::prelude::*;

use crate::chart::{MOST_PANELS, Slices, Spec};
use crate::page::same::Same;
use crate::page::store::use_state;
use crate::page::widgets::chart::Chart;
use crate::predict::FittedStudy;
use crate::wording::page as text;

/// A small panel for each domain.
#[component]
pub fn SlicesChart() -> impl IntoView {
    let state = use_state();
    let planned = Memo::new(move |_| {
        let about = state.about.read();
        let (answered, near) = (about.of.clone()?, about.near.as_deref()?);
        let slices = Slices::new(&answered.study, &answered.optimum, near)?;
        Some((answered, slices))
    });
    // The answer may come when the chart is gone already.
    let drawn = ArcRwSignal::new(None::<(Same<FittedStudy>, Same<Spec>)>);
    let answer = drawn.clone();
    Effect::new(move |_| {
        let Some((answered, slices)) = planned.get() else { return };
        let (of, answer) = (answered.clone(), answer.clone());
        state.ask_excess("slices", &answered, slices.mixtures(&answered.optimum), move |excess| {
            let spec = Same::new(slices.spec(&of.study, &of.optimum, &excess));
            answer.set(Some((of.study.clone(), spec)));
        });
    });
    let spec = Memo::new(move |_| drawn.get().filter(|(study, _)| state.shows(study)).map(|(_, spec)| spec));
    let left_out = move || {
        let n = state.shown.get()?.study.domains.len();
        (n > MOST_PANELS).then(|| format!(" Shown are the {MOST_PANELS} domains with the largest weights, of {n}."))
    };
    view! {
        <Show when=move || spec.read().is_some()>
            <figure class="chart wide">
                <figcaption>"What moving away from the optimum costs"</figcaption>
                <p class="help">{text::SLICES_HELP}{left_out}</p>
                <Chart spec name="chart-slices"/>
            </figure>
        </Show>
    }
}
