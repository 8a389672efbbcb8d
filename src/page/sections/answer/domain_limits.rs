//! Limits, stocks, present mixture and prior, domain by domain.

use leptos::prelude::*;

use crate::page::input::limits::Column;
use crate::page::store::use_state;
use crate::page::view::answer::is_found;
use crate::page::widgets::search::Search;
use crate::units::Decimal;

/// A row for each domain, a field for each number.
#[component]
pub fn DomainLimits(
    /// The domains of the fits on show.
    domains: Memo<Vec<String>>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let row = move |domain: String| {
        let name = domain.clone();
        let is_hidden = move || !is_found(&name, &query.read());
        let cells = Column::ALL.map(|column| view! { <td><DomainField domain=domain.clone() column/></td> });
        view! { <tr hidden=is_hidden><th scope="row">{domain.clone()}</th>{cells.into_iter().collect_view()}</tr> }
    };
    let headings = Column::ALL.map(|column| view! { <th scope="col">{column.name()}</th> });
    view! {
        <Search query names=domains name="find-limit"/>
        <div class="scroll" tabindex="0">
            <table class="domain-limits" data-test="domain-limits">
                <thead><tr><th scope="col">"Domain"</th>{headings.into_iter().collect_view()}</tr></thead>
                <tbody><For each=move || domains.get() key=Clone::clone children=row/></tbody>
            </table>
        </div>
    }
}

/// One number of one domain.
#[component]
fn DomainField(
    /// The domain.
    domain: String,
    /// What the number is.
    column: Column,
) -> impl IntoView {
    let state = use_state();
    let label = format!("{} of {domain}", column.meaning());
    let (name, of) = (domain.clone(), domain.clone());
    let value = Memo::new(move |_| state.scenario_input().with(|input| input.limits.text(&of, column).to_string()));
    let is_wrong = move || value.with(|text| column.read(text, Decimal::Point).is_err());
    view! {
        <input
            type="text"
            autocomplete="off"
            aria-label=label
            aria-invalid=move || is_wrong().then_some("true")
            data-test="limit"
            data-column=column.name()
            data-domain=name
            prop:value=value
            on:input:target=move |event| {
                state.scenario_input().update(|input| input.limits.set(&domain, column, event.target().value()));
            }
        />
    }
}
