//! What the mixture may be, and what it is drawn to.

use leptos::prelude::*;

use crate::page::input::limits::LimitsInput;
use crate::page::input::scenario::BudgetChoice;
use crate::page::sections::answer::domain_limits::DomainLimits;
use crate::page::sections::answer::group_limits::GroupLimits;
use crate::page::sections::answer::limits_paste::LimitsPaste;
use crate::page::store::{State, use_state};
use crate::page::view::tables::counted;
use crate::page::widgets::explained::Explained;
use crate::page::widgets::field::Field;
use crate::wording::page as text;

/// How many limits there are, in the scenario's sentence; a press opens them below it.
#[component]
pub fn LimitsSlot(
    /// Whether they are open.
    open: RwSignal<bool>,
    /// How many they are.
    limits: Memo<String>,
) -> impl IntoView {
    view! {
        <button type="button" class="slot" data-test="limits-slot" aria-expanded=move || open.get().to_string() aria-controls="limits"
            on:click=move |_| open.update(|open| *open = !*open)>{limits}<span aria-hidden="true">{move || if open.get() { " ▴" } else { " ▾" }}</span></button>
    }
}

/// How many limits there are.
pub fn limits_words(state: State) -> Memo<String> {
    let domains = domains(state);
    Memo::new(move |_| {
        let n_set = domains.with(|domains| limits(state, |limits| limits.n_set(domains)));
        match n_set {
            0 if limits(state, |limits| limits.inside_data) => text::CLOSE_TO_THE_RUNS.to_string(),
            0 => "no limits".to_string(),
            n => counted(n, "limit"),
        }
    })
}

fn domains(state: State) -> Memo<Vec<String>> {
    Memo::new(move |_| state.shown.get().map(|shown| shown.study.domains.clone()).unwrap_or_default())
}

/// Limits by domain and by group, and the prior.
#[component]
pub fn Limits(
    /// Whether they are to be seen.
    open: RwSignal<bool>,
) -> impl IntoView {
    let state = use_state();
    let domains = domains(state);
    let is_untouched = move || limits(state, |limits| *limits == LimitsInput::default());
    let is_inside = move || limits(state, |limits| limits.inside_data);
    // D is found from the stocks, which are typed here.
    Effect::new(move |_| {
        if state.scenario_input().read().budget == BudgetChoice::Stocks {
            open.set(true);
        }
    });
    let change = move |change: fn(&mut LimitsInput)| state.scenario_input().update(|input| change(&mut input.limits));
    let hints = move || domains.with(|domains| limits(state, |limits| limits.hints(domains))).join(" ");
    view! {
        <section id="limits" class="limits" aria-label="Limits" data-test="limits" hidden=move || !open.get()>
            <p class="help">{text::LIMITS_HELP}</p>
            <div class="columns">
                <div>
                    <DomainLimits domains/>
                    <LimitsPaste domains/>
                </div>
                <div>
                    <div class="fields">
                        <LimitField label="Max epochs" name="most-epochs" read=|limits| &limits.most_epochs write=|limits, text| limits.most_epochs = text/>
                        <LimitField label="Max change" name="most-change" read=|limits| &limits.most_change write=|limits, text| limits.most_change = text/>
                        <LimitField label="Prior λ, nats" name="prior-kl" read=|limits| &limits.kl write=|limits, text| limits.kl = text/>
                    </div>
                    <label class="choice">
                        <input type="checkbox" data-test="inside-data"
                            prop:checked=is_inside
                            on:change:target=move |event| {
                                let inside = event.target().checked();
                                state.scenario_input().update(|input| input.limits.inside_data = inside);
                            }/>
                        "Stay close to the runs"
                    </label>
                    <Explained about="Terms" terms=&text::LIMIT_TERMS/>
                    <p class="note" data-test="limit-hints">{hints}</p>
                    <GroupLimits domains/>
                    <div class="actions">
                        <button type="button" data-test="add-group" on:click=move |_| change(LimitsInput::add_group)>"Add a group"</button>
                        <button type="button" data-test="clear-limits" disabled=is_untouched on:click=move |_| change(LimitsInput::clear)>"Clear all limits"</button>
                    </div>
                </div>
            </div>
        </section>
    }
}

fn limits<T>(state: State, read: impl FnOnce(&LimitsInput) -> T) -> T {
    state.scenario_input().with(|input| read(&input.limits))
}

/// A field beside the tables.
#[component]
fn LimitField(
    /// What stands above it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// Reads the field.
    read: fn(&LimitsInput) -> &String,
    /// Writes the field.
    write: fn(&mut LimitsInput, String),
) -> impl IntoView {
    let state = use_state();
    let value = move || limits(state, |limits| read(limits).clone());
    view! { <Field label name value write=move |text| state.scenario_input().update(|input| write(&mut input.limits, text))/> }
}
