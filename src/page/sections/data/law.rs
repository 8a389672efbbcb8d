//! The law, its settings, and what came out of the fit.

use leptos::prelude::*;

use crate::law::{LAWS, Law};
use crate::page::run::fits::AUTO;
use crate::page::run::validation::formula_note;
use crate::page::sections::data::fit_settings::FitSettings;
use crate::page::sections::data::run_bar::RunBar;
use crate::page::sections::data::target_choice::TargetChoice;
use crate::page::store::{State, use_state};
use crate::page::view::tables::{formula, law_groups};

/// Which law is fitted, and how; of a link, which was.
#[component]
pub fn LawSettings() -> impl IntoView {
    let state = use_state();
    view! {
        <section aria-labelledby="law-heading"><h3 id="law-heading">"Law"</h3>
            <div class="law">
                <Show when=move || !state.from_link() fallback=move || view! { <p class="law-name">{move || link_law(state)}</p> }>
                    <LawChoice/>
                </Show>
                // MathML of the program's own symbols; the names in it are escaped.
                <div class="formula" data-test="formula" tabindex="0" inner_html=move || shown_formula(state)/>
                {move || state.shown.get().and_then(|shown| formula_note(&shown.study)).map(|note| view! { <p class="note" data-test="formula-note">{note}</p> })}
                <p class="help" data-test="use-when">{move || shown_law(state).use_when()}</p>
                <p class="help">{move || shown_law(state).source()}</p>
            </div>
            <Show when=move || !state.from_link()>
                {move || state.left_out.get().map(|sentence| view! { <p class="note" data-test="left-out">{sentence}</p> })}
                <TargetChoice/>
                <FitSettings/>
                <RunBar/>
            </Show>
        </section>
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
            <select data-test="law-select" on:change:target=move |event| state.choose_law(event.target().value())>
                <option value=AUTO prop:selected=move || *state.law_id.read() == AUTO>"auto: chosen by validation"</option>
                {groups.collect_view()}
            </select>
        </label>
    }
}

fn link_law(state: State) -> Option<String> {
    let study = state.shown.get()?.study;
    study.fits.first().map(|fit| format!("{} law", fit.law.name()))
}

fn shown_formula(state: State) -> String {
    let equation = |mathml: String| format!("<div>{mathml}</div>");
    formula_parts(state).into_iter().map(equation).collect()
}

fn formula_parts(state: State) -> Vec<String> {
    let linked = state.shown.get().filter(|shown| shown.fits.is_none()).map(|shown| shown.study);
    match linked.as_ref().and_then(|study| Some((study, study.fits.first()?))) {
        Some((study, fit)) => fit.law.formula(&fit.shape).mathml(&study.domains),
        None => state.data.with(|data| {
            let domains = data.as_ref().map_or(&[][..], |data| data.dataset.domains());
            formula(shown_law(state), data.as_deref()).mathml(domains)
        }),
    }
}

fn shown_law(state: State) -> &'static dyn Law {
    let linked = state.shown.get().filter(|shown| shown.fits.is_none());
    let linked = linked.and_then(|shown| shown.study.fits.first().map(|fit| fit.law));
    // What validation has chosen.
    let chosen = || Some(state.shown.get()?.fits?).filter(|fits| fits.choice == AUTO).map(|fits| fits.law);
    linked.or_else(chosen).unwrap_or_else(|| state.law())
}
