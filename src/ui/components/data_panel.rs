//! The table, what it was read as, and what there is to say about it.

use leptos::prelude::*;

use super::file_picker::FilePicker;
use super::issues::Issues;
use super::mapping::Mapping;
use super::panel::Panel;
use super::table_text::TableText;
use crate::sample;
use crate::ui::state::{Import, Origin, State, use_state};
use crate::ui::tables::data_sentence;

/// The first panel. Of a link it shows what the link says of its data.
#[component]
pub fn DataPanel() -> impl IntoView {
    let state = use_state();
    let own = move || !state.from_link();
    view! {
        <Panel id="data" number=1 title="Data">
            <Show when=own fallback=move || view! { <p class="summary" data-test="data-summary">{move || link_summary(state)}</p> }>
                <Show when=move || state.source.read().origin == Origin::Example>
                    <p class="example" data-test="example-label">
                        <strong>{sample::LLM_TITLE}</strong>" "{sample::LLM_SOURCE}
                    </p>
                </Show>
                <TableText/>
                <FilePicker/>
                <p class="summary" data-test="data-summary">{move || own_summary(state)}</p>
                <Mapping/>
                <Issues/>
                {move || state.not_kept.get().map(|sentence| view! { <p class="note">{sentence}</p> })}
            </Show>
        </Panel>
    }
}

fn own_summary(state: State) -> String {
    let reading = matches!(*state.imported.read(), Import::Running(_));
    match state.data.get() {
        _ if reading => "Reading the table…".to_string(),
        Some(data) => data_sentence(&data.summary, data.dataset.domains().len(), data.dataset.targets().len()),
        None => "No study yet.".to_string(),
    }
}

fn link_summary(state: State) -> Option<String> {
    let study = state.shown.get()?.study;
    let sentence = data_sentence(&study.summary, study.domains.len(), study.targets().count());
    Some(format!("Fitted to {sentence}. The table itself is not in the link."))
}
