//! The next model and the mixture to train it on.

use leptos::prelude::*;

use super::loss_table::LossTable;
use super::mixture_table::MixtureTable;
use super::panel::Panel;
use crate::ui::scenario::{ScenarioInput, extrapolations, used_by};
use crate::ui::state::{AskedOptimum, State, use_state};
use crate::ui::tables::{certificate_sentence, kkt_text};
use crate::ui::text;

/// The fourth panel.
#[component]
pub fn MixturePanel() -> impl IntoView {
    let state = use_state();
    let fitted = move || state.shown.read().as_ref().is_some_and(|shown| !shown.study.fits.is_empty());
    let mixes = move || fitted() && state.no_mixture.read().is_none();
    let why_not = move || state.no_mixture.get().unwrap_or_else(|| text::NOT_FITTED.to_string());
    view! {
        <Panel id="mixture" number=4 title="Mixture">
            <Show when=mixes fallback=move || view! { <p class="note" data-test="no-mixture">{why_not}</p> }>
                <div class="columns" class:stale=state.stale>
                    <div>
                        <ScaleFields/>
                        <MixtureTable/>
                        <Certificate/>
                    </div>
                    <div><LossTable/></div>
                </div>
            </Show>
        </Panel>
    }
}

/// N and D of the next model where the fits depend on them, and how far beyond the data they are.
#[component]
fn ScaleFields() -> impl IntoView {
    let state = use_state();
    let n = move || with_study(state, ScenarioInput::n_text);
    let d = move || with_study(state, ScenarioInput::d_text);
    let used = Memo::new(move |_| state.shown.get().map(|shown| used_by(&shown.study.fits, &shown.study.summary)));
    let uses_n = Memo::new(move |_| used.read().as_ref().is_some_and(|used| !used.sizes.is_empty()));
    let uses_d = Memo::new(move |_| used.read().as_ref().is_some_and(|used| used.token_range.is_some()));
    let beyond = move || match (state.scenario.get(), used.get()) {
        (Some(Ok(scenario)), Some(used)) => extrapolations(&scenario, &used).join("; "),
        _ => String::new(),
    };
    view! {
        <div class="fields">
            <Show when=move || uses_n.get()>
                <label class="field">
                    <span>"Model size N"</span>
                    <input type="text" autocomplete="off" data-test="scenario-n" prop:value=n
                        on:input:target=move |event| state.scenario_input().update(|input| input.n = Some(event.target().value()))/>
                </label>
            </Show>
            <Show when=move || uses_d.get()>
                <label class="field">
                    <span>"Tokens D"</span>
                    <input type="text" autocomplete="off" data-test="scenario-d" prop:value=d
                        on:input:target=move |event| state.scenario_input().update(|input| input.d = Some(event.target().value()))/>
                </label>
            </Show>
            <p class="note beyond" data-test="extrapolation">{beyond}</p>
        </div>
    }
}

fn with_study(state: State, read: fn(&ScenarioInput, &crate::fit::DataSummary) -> String) -> String {
    let shown = state.shown.get();
    shown.map(|shown| state.scenario_input().with(|input| read(input, &shown.study.summary))).unwrap_or_default()
}

/// Why the optimum is the best, or why there is none.
#[component]
fn Certificate() -> impl IntoView {
    let state = use_state();
    move || match &*state.optimum.read() {
        AskedOptimum::Failed(sentence) => {
            view! { <p class="error" data-test="optimum-error">{sentence.clone()}</p> }.into_any()
        }
        asked => asked
            .latest()
            .map(|answered| {
                view! {
                    <p class="certificate" data-test="certificate">
                        {certificate_sentence(&answered.optimum)}
                        " KKT residual " <span class="nowrap" data-test="kkt">{kkt_text(&answered.optimum)}</span> "."
                    </p>
                }
            })
            .into_any(),
    }
}
