//! What a link holds and what it does not.

use leptos::prelude::*;

use crate::page::store::{State, use_state};
use crate::share;
use crate::units::write_number;
use crate::wording::page as text;

/// Two lists, folded; what rounding changes is found once they are open.
#[component]
pub fn LinkContents() -> impl IntoView {
    let state = use_state();
    let is_open = RwSignal::new(false);
    let list = |title: &'static str, items: Vec<&'static str>| {
        let items = items.into_iter().map(|item| view! { <li>{item}</li> }).collect_view();
        view! { <div><h3>{title}</h3><ul>{items}</ul></div> }
    };
    let lists = move || {
        let runs = state.with_runs.get().then_some(text::RUNS_IN_LINK);
        let no_runs = (!state.with_runs.get()).then_some(text::TABLE_OF_LINK);
        view! {
            {list("In it", text::IN_LINK.into_iter().chain(runs).collect())}
            {list("Not in it", no_runs.into_iter().chain(text::NOT_IN_LINK).collect())}
        }
    };
    view! {
        <details class="link-contents" data-test="link-contents" on:toggle=move |_| is_open.update(|is_open| *is_open = !*is_open)>
            <summary>"What is in the link"</summary>
            <div class="columns">{lists}</div>
            <p class="help" data-test="rounding">{move || is_open.get().then(|| rounding(state))}</p>
            <p class="help">{text::LINK_TRAVELS}</p>
        </details>
    }
}

/// How far the link's losses are from those on show.
fn rounding(state: State) -> Option<String> {
    let fragment = state.fragment.get()?.ok()?;
    let (study, runs) = (state.shown.get()?.study, state.runs.get()?);
    let shared = share::decode(&fragment).ok()?;
    let change = share::rounding(&study, &shared.study, &runs);
    Some(format!(
        "Rounding in the link changes no predicted loss of the runs by more than {} nats.",
        write_number(change, 2)
    ))
}
