//! The law, its settings, and what came out of the fit.

use leptos::prelude::*;

use super::fit_settings::FitSettings;
use super::panel::Panel;
use super::parameters::Parameters;
use super::results::Results;
use super::run_bar::RunBar;
use super::target_choice::TargetChoice;
use crate::law::{Formula, LAWS, Law};
use crate::ui::state::{State, use_state};
use crate::ui::tables::{formula, law_groups};

/// The second panel. Of a link it shows the fits alone.
#[component]
pub fn FitPanel() -> impl IntoView {
    let state = use_state();
    view! {
        <Panel id="fit" number=2 title="Fit">
            <div class="law">
                <Show when=move || !state.from_link() fallback=move || view! { <p class="law-name">{move || link_law(state)}</p> }>
                    <LawChoice/>
                </Show>
                // MathML of the program's own symbols: no text of a user is in it.
                <div class="formula" data-test="formula" inner_html=move || shown_formula(state).mathml().concat()/>
                <p class="help">{move || source(state)}</p>
            </div>
            <Show when=move || !state.from_link()>
                {move || state.left_out.get().map(|sentence| view! { <p class="note" data-test="left-out">{sentence}</p> })}
                <TargetChoice/>
                <FitSettings/>
                <RunBar/>
            </Show>
            <Results/>
            <Parameters/>
        </Panel>
    }
}

/// The menu of laws.
#[component]
fn LawChoice() -> impl IntoView {
    let state = use_state();
    let option = move |law: &'static dyn Law| {
        let id = law.id();
        view! { <option value=id prop:selected=move || *state.law_id.read() == id>{law.name()}</option> }
    };
    let groups = law_groups(&LAWS).into_iter().map(|(heading, laws)| {
        view! { <optgroup label=heading>{laws.into_iter().map(option).collect_view()}</optgroup> }
    });
    view! {
        <label class="field">
            <span>"Law"</span>
            <select data-test="law-select" on:change:target=move |event| state.law_id.set(event.target().value())>
                {groups.collect_view()}
            </select>
        </label>
    }
}

fn link_law(state: State) -> Option<String> {
    let study = state.shown.get()?.study;
    study.fits.first().map(|fit| format!("{} law", fit.law.name()))
}

fn shown_formula(state: State) -> Formula {
    let linked = state.shown.get().filter(|shown| shown.fits.is_none());
    match linked.as_ref().and_then(|shown| shown.study.fits.first()) {
        Some(fit) => fit.law.formula(&fit.shape),
        None => formula(state.law(), state.data.get().as_deref()),
    }
}

fn source(state: State) -> &'static str {
    let linked = state.shown.get().filter(|shown| shown.fits.is_none());
    linked
        .and_then(|shown| shown.study.fits.first().map(|fit| fit.law.source()))
        .unwrap_or_else(|| state.law().source())
}
