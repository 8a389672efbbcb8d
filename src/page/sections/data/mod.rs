//! The table, what it was read as, and what there is to say about it.

pub mod add_rows;
pub mod drafts;
pub mod excluded;
pub mod file_picker;
pub mod fit_settings;
pub mod grid;
pub mod issues;
pub mod law;
pub mod mapping;
pub mod questions;
pub mod run_bar;
pub mod table_text;
pub mod target_choice;

use leptos::prelude::*;

use crate::page::input::draft::Origin;
use crate::page::sections::data::drafts::Drafts;
use crate::page::sections::data::excluded::Excluded;
use crate::page::sections::data::file_picker::FilePicker;
use crate::page::sections::data::grid::Grid;
use crate::page::sections::data::issues::Issues;
use crate::page::sections::data::law::LawSettings;
use crate::page::sections::data::mapping::Mapping;
use crate::page::sections::data::table_text::TableText;
use crate::page::store::{Import, State, use_state};
use crate::page::view::tables::data_sentence;
use crate::wording::page as text;

/// The table, what it was taken for, and the law. Of a link it shows what the link says of its data.
#[component]
pub fn DataSection() -> impl IntoView {
    let state = use_state();
    let own = move || !state.from_link();
    let is_own = move || state.source.read().origin == Origin::Own;
    let as_text = RwSignal::new(false);
    let has_cells =
        move || state.imported.with(|imported| imported.latest().is_some_and(|table| table.table.is_some()));
    let shows_cells = move || has_cells() && !as_text.get();
    let (active, sought) = (RwSignal::new((0, 0)), RwSignal::new(0));
    let seek = move |place| {
        as_text.set(false);
        active.set(place);
        // Once the cells are there.
        request_animation_frame(move || sought.update(|n| *n += 1));
    };
    view! {

            <Show when=own fallback=move || view! { <p class="summary" data-test="data-summary">{move || link_summary(state)}</p> }>
                {move || state.not_opened.get().map(|key| view! {
                    <p class="note" data-test="not-opened">{text::NOT_OPENED}" "
                        <button type="button" class="small" data-test="open-anyway" on:click=move |_| state.restore_draft(&key)>"Open it anyway"</button>
                    </p>
                })}
                <Show when=is_own><FilePicker/></Show>
                <p class="help" id="table-help">{text::PASTE_HELP}</p>
                <Understood/>
                <div class="views" role="group" aria-label="Training runs as">
                    <button type="button" data-test="view-cells" aria-pressed=move || shows_cells().to_string() disabled=move || !has_cells()
                        on:click=move |_| as_text.set(false)>"Cells"</button>
                    <button type="button" data-test="view-text" aria-pressed=move || (!shows_cells()).to_string() on:click=move |_| as_text.set(true)>"Text"</button>
                </div>
                <Show when=shows_cells><Grid active sought/></Show>
                <div hidden=shows_cells><TableText/></div>
                <Excluded/>
                <p class="summary" data-test="data-summary">{move || own_summary(state)}</p>
                <Mapping/>
                <Issues seek=Callback::new(seek)/>
                <Drafts/>
            </Show>
        <LawSettings/>
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

/// What the table was taken for, with the columns that are not used by name on demand.
#[component]
fn Understood() -> impl IntoView {
    let state = use_state();
    let understood = Memo::new(move |_| {
        state.imported.with(|imported| {
            let table = imported.latest()?;
            Some((table.understood.clone()?, !table.questions.is_empty()))
        })
    });
    move || {
        let (understood, is_asked) = understood.get()?;
        let label = if is_asked { "Understood so far: " } else { "Understood: " };
        let unused = understood.n_unused().map(|how_many| {
            view! {
                <details class="unused" data-test="unused">
                    <summary>{how_many}</summary>
                    <p class="help">{understood.unused.join(", ")}</p>
                </details>
            }
        });
        Some(view! {
            <p class="summary" data-test="understood">{label}{understood.used()}"."</p>
            {unused}
        })
    }
}

fn link_summary(state: State) -> Option<String> {
    let study = state.shown.get()?.study;
    let sentence = data_sentence(&study.summary, study.domains.len(), study.targets().count());
    let runs = match state.link_runs.read().is_some() {
        true => "Its runs are in the link, and in the charts below.",
        false => "The table itself is not in the link.",
    };
    Some(format!("Fitted to {sentence}. {runs}"))
}
