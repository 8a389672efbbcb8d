//! The answer where nothing depends on the mixture: N* and D*, or the loss at a given scale.

use leptos::prelude::*;

use crate::mixture::{AtScale, best_scale};
use crate::page::run::validation::predictor_sentence;
use crate::page::sections::answer::expected::ExpectedTable;
use crate::page::sections::answer::scenario::ScenarioSentence;
use crate::page::sections::answer::verdict::Findings;
use crate::page::store::use_state;
use crate::page::view::answer::loss;
use crate::units::{write_count, write_number};

/// The scale, its loss, and how far to trust them.
#[component]
pub fn ScaleAlone() -> impl IntoView {
    let state = use_state();
    let best = Memo::new(move |_| {
        let study = state.shown.get()?.study;
        let scenario = state.scenario.get()?;
        Some(scenario.and_then(|scenario| best_scale(&study, &scenario).map_err(|error| error.to_string())))
    });
    let answer = move || {
        Some(match best.get()? {
            Ok(AtScale { n, d, weighted_loss, weighted_interval, .. }) => view! {
                <p class="found scale-found" data-test="best-scale">
                    "Train "<strong>{write_count(n.0, 3)}</strong>" parameters on "<strong>{write_count(d.0, 3)}</strong>" tokens"
                </p>
                <p class="note">{write_number(d.0 / n.0, 3)}" tokens per parameter, "{write_number(6.0 * n.0 * d.0, 2)}" FLOPs"</p>
                <ExpectedTable loss=loss(weighted_loss.0, weighted_interval) gains=Vec::new()/>
            }
            .into_any(),
            Err(sentence) => view! { <p class="error" role="alert">{sentence}</p> }.into_any(),
        })
    };
    let findings = move || Some(view! { <Findings findings=best.get()?.ok()?.findings/> });
    let why = move || state.no_mixture.get();
    let predictor = move || Some(predictor_sentence(&state.shown.get()?.study, false, false));
    view! {
        <ScenarioSentence/>
        <div class="answer-card" class:stale=state.stale>
            <section aria-labelledby="train-on"><h2 id="train-on">"Best scale"</h2>{answer}</section>
            <section aria-labelledby="verdict-heading" data-test="verdict">
                <h2 id="verdict-heading">"How far to trust it"</h2>
                {findings}
                <p class="note">{predictor}" "<span data-test="no-mixture">{why}</span></p>
            </section>
        </div>
    }
}
