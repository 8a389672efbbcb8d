//! What is offered where a table was pasted over another one of the same study.

use leptos::prelude::*;

use crate::page::store::use_state;
use crate::page::view::tables::counted;
use crate::wording::page as text;

/// Adds the rows to those that were there, if the user wants that.
#[component]
pub fn AddRows() -> impl IntoView {
    let state = use_state();
    let offer =
        Memo::new(move |_| state.to_add.read().as_ref().filter(|_| !state.from_link()).map(|offer| offer.n_rows));
    move || {
        let [now, before] = offer.get()?.map(|n| counted(n, "row"));
        let label = format!("Add them to the {before}");
        Some(view! {
            <aside class="link-card" data-test="to-add">
                <p>{text::pasted_over_sentence(&now, &before)}</p>
                <div class="actions">
                    <button type="button" class="primary" data-test="add-rows" on:click=move |_| state.add_rows()>{label}</button>
                    <button type="button" data-test="keep-replaced" on:click=move |_| state.to_add.set(None)>"No, replace them"</button>
                </div>
            </aside>
        })
    }
}
