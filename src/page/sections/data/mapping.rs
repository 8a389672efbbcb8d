//! What each column is taken for and how each domain is called, and how to change both.

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use crate::import::Role;
use crate::page::input::rename::{DomainColumn, domain_columns};
use crate::page::store::{ImportedTable, State, use_state};
use crate::page::view::tables::roles_sentence;
use crate::wording::page as text;

/// Columns beyond this many are not offered; no study has them.
const MOST_SHOWN: usize = 300;

/// A menu for each column's role, folded away while there is a study.
#[component]
pub fn Mapping() -> impl IntoView {
    let state = use_state();
    let columns = columns(state);
    let domains = Memo::new(move |_| {
        let domains = |table: &ImportedTable| Some(domain_columns(table.table.as_ref()?.header(), &table.roles));
        with_table(state, domains).flatten().unwrap_or_default()
    });
    let no_study = Memo::new(move |_| state.data.read().is_none());
    let sentence = move || with_table(state, |table| roles_sentence(&table.roles));
    view! {
        <Show when=move || !columns.read().is_empty()>
            <details class="mapping" data-test="mapping" prop:open=no_study>
                <summary>"Columns: "{sentence}</summary>
                <p class="help">{text::MAPPING_HELP}</p>
                <div class="mapping-grid">
                    <For each=move || domains.get() key=Clone::clone let:column><DomainName column/></For>
                </div>
                <ColumnRoles/>
            </details>
        </Show>
    }
}

/// A menu for the role of each column.
#[component]
pub fn ColumnRoles() -> impl IntoView {
    let columns = columns(use_state());
    view! {
        <div class="mapping-grid">
            <For each=move || columns.get() key=Clone::clone let:column>
                <ColumnRole column_idx=column.0 name=column.1/>
            </For>
        </div>
    }
}

fn columns(state: State) -> Memo<Vec<(usize, String)>> {
    Memo::new(move |_| {
        let columns = with_table(state, |table| table.columns.clone()).unwrap_or_default();
        columns.into_iter().take(MOST_SHOWN).enumerate().collect()
    })
}

/// One domain's name, to be changed.
#[component]
fn DomainName(column: DomainColumn) -> impl IntoView {
    let state = use_state();
    let name = column.domain.clone();
    let label = format!("Name of the domain {name}");
    let before = name.clone();
    let rename = move |input: HtmlInputElement| {
        if !state.rename_domain(&column, &input.value()) {
            input.set_value(&before);
        }
    };
    view! {
        <label class="column-role">
            <span class="visually-hidden">{label}</span>
            <input type="text" autocomplete="off" spellcheck="false" data-test="domain-name" data-domain=name.clone() value=name
                on:change:target=move |event| rename(event.target())/>
        </label>
    }
}

/// One column's menu.
#[component]
fn ColumnRole(column_idx: usize, name: String) -> impl IntoView {
    let state = use_state();
    let role = Memo::new(move |_| with_table(state, |table| table.roles.get(column_idx)).unwrap_or_default());
    let options = Role::ALL.into_iter().map(|option| {
        view! { <option value=option.id() prop:selected=move || role.get() == option>{option.to_string()}</option> }
    });
    let choose = move |id: String| {
        if let Some(role) = Role::from_id(&id) {
            state.set_role(column_idx, role);
        }
    };
    let column = name.clone();
    view! {
        <label class="column-role" class:ignored=move || role.get() == Role::Ignored>
            <span>{name}</span>
            <select data-test="role" data-column=column on:change:target=move |event| choose(event.target().value())>{options.collect_view()}</select>
        </label>
    }
}

fn with_table<T>(state: State, read: impl FnOnce(&ImportedTable) -> T) -> Option<T> {
    state.imported.with(|imported| imported.latest().map(|table| read(table)))
}
