//! What the mixture may be, and what it is drawn to.

use leptos::prelude::*;

use crate::page::input::limits::LimitsInput;
use crate::page::input::scenario::BudgetChoice;
use crate::page::sections::answer::domain_limits::DomainLimits;
use crate::page::sections::answer::group_limits::GroupLimits;
use crate::page::sections::answer::limits_paste::LimitsPaste;
use crate::page::store::{State, use_state};
use crate::page::widgets::explained::Explained;
use crate::page::widgets::field::Field;
use crate::wording::page as text;

/// Limits by domain and by group, and the prior; folded away until something is set, or must be.
#[component]
pub fn Limits() -> impl IntoView {
    let state = use_state();
    let domains = Memo::new(move |_| state.shown.get().map(|shown| shown.study.domains.clone()).unwrap_or_default());
    let n_set = Memo::new(move |_| domains.with(|domains| limits(state, |limits| limits.n_set(domains))));
    let is_untouched = move || limits(state, |limits| *limits == LimitsInput::default());
    // Emptied while it is open, it stays open.
    let needed = move || !is_untouched() || state.scenario_input().read().budget == BudgetChoice::Stocks;
    let open = Memo::new(move |before: Option<&bool>| before == Some(&true) || needed());
    let is_inside = move || limits(state, |limits| limits.inside_data);
    let summary = move || match n_set.get() {
        0 if is_inside() => text::CLOSE_TO_THE_RUNS.to_string(),
        0 => "no limits".to_string(),
        1 => "1 limit".to_string(),
        n => format!("{n} limits"),
    };
    let change = move |change: fn(&mut LimitsInput)| state.scenario_input().update(|input| change(&mut input.limits));
    let hints = move || domains.with(|domains| limits(state, |limits| limits.hints(domains))).join(" ");
    view! {
        <details class="limits" data-test="limits" prop:open=open>
            <summary>{summary}</summary>
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
        </details>
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
