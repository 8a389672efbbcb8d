//! What there is to say about the table.

use leptos::prelude::*;

use crate::ui::state::{Import, ImportedTable, use_state};
use crate::ui::tables::{counted, issues_heading};

/// Errors, then notices; the first of each, with their number.
#[component]
pub fn Issues() -> impl IntoView {
    let state = use_state();
    move || match &*state.imported.read() {
        Import::Failed(sentence) => view! { <p class="error" data-test="issues">{sentence.clone()}</p> }.into_any(),
        imported => imported.latest().map(|table| lists(table)).into_any(),
    }
}

fn lists(table: &ImportedTable) -> impl IntoView + use<> {
    let rest =
        |shown: usize, all: usize| (all > shown).then(|| view! { <li>{format!("and {} more", all - shown)}</li> });
    let items =
        |sentences: &[String]| sentences.iter().map(|sentence| view! { <li>{sentence.clone()}</li> }).collect_view();
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
