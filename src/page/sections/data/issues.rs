//! What there is to say about the table.

use leptos::prelude::*;

use crate::page::sections::data::grid::Place;
use crate::page::store::{Import, ImportedTable, State, use_state};
use crate::page::view::tables::{counted, issues_heading};
use crate::protocol::WireIssue;

/// Errors, then notices; the first of each, with their number. One with a place goes there, and what an issue offers is a
/// button.
#[component]
pub fn Issues(
    /// Goes to a place of the grid.
    seek: Callback<Place>,
) -> impl IntoView {
    let state = use_state();
    move || match &*state.imported.read() {
        Import::Failed(sentence) => view! { <p class="error" data-test="issues">{sentence.clone()}</p> }.into_any(),
        imported => imported.latest().map(|table| lists(state, table, seek)).into_any(),
    }
}

fn lists(state: State, table: &ImportedTable, seek: Callback<Place>) -> impl IntoView + use<> {
    let rest =
        |shown: usize, all: usize| (all > shown).then(|| view! { <li>{format!("and {} more", all - shown)}</li> });
    let items = |issues: &[WireIssue]| issues.iter().map(|issue| item(state, issue, seek)).collect_view();
    let errors = (table.n_errors > 0).then(|| {
        view! {
            <h3 class="error">{issues_heading(table.n_errors, table.n_left_out)}</h3>
            <ul class="issue-list errors">{items(&table.errors)}{rest(table.errors.len(), table.n_errors)}</ul>
        }
    });
    let notices = (table.n_notices > 0).then(|| {
        view! {
            <h3>{counted(table.n_notices, "notice")}</h3>
            <ul class="issue-list">{items(&table.notices)}{rest(table.notices.len(), table.n_notices)}</ul>
        }
    });
    view! { <div class="issues" data-test="issues">{errors}{notices}</div> }
}

fn item(state: State, issue: &WireIssue, seek: Callback<Place>) -> impl IntoView + use<> {
    let sentence = issue.sentence.clone();
    // The grid's first column is the line's number.
    let place = issue.column.map(|column| (issue.row.unwrap_or(0), column + 1));
    let said = match place {
        Some(place) => view! {
            <button type="button" class="issue-place" data-test="issue-place" on:click=move |_| seek.run(place)>{sentence}</button>
        }
        .into_any(),
        None => sentence.into_any(),
    };
    view! { <li>{said}{fixes(state, issue)}</li> }
}

/// A button for each thing that an issue offers.
pub fn fixes(state: State, issue: &WireIssue) -> impl IntoView + use<> {
    let fixes = issue.fixes.iter().map(|fix| {
        let (label, fix, issue) = (fix.to_string(), fix.clone(), issue.clone());
        view! {
            " "
            <button type="button" class="small" data-test="fix" on:click=move |_| state.apply_fix(&issue, &fix)>{label}</button>
        }
    });
    fixes.collect_view()
}
