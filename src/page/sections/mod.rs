//! The page, section by section: the answer, and below it one of the others at a time.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

pub mod answer;
pub mod data;
pub mod evidence;
pub mod explore;
pub mod export;
pub mod header;
pub mod intro;
pub mod next_runs;
pub mod plan;
pub mod shortcuts;

use self::answer::compact::CompactAnswer;
use self::data::DataSection;
use self::evidence::EvidenceSection;
use self::explore::ExploreSection;
use self::export::ExportSection;
use self::next_runs::NextRunsSection;
use crate::page::browser::dom;
use crate::page::input::section::Section;
use crate::page::store::use_state;

/// The tabs, and the section that is open; the others are there and hidden.
#[component]
pub fn Sections() -> impl IntoView {
    let state = use_state();
    let section = Memo::new(move |_| state.section());
    let open = move |section: Section| state.opened_section.set(Some(section));
    let walk = move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowRight" => section.get_untracked().moved(1),
            "ArrowLeft" => section.get_untracked().moved(-1),
            "Home" => Section::ALL[0],
            "End" => Section::ALL[Section::ALL.len() - 1],
            _ => return,
        };
        event.prevent_default();
        open(to);
        dom::focus(&to.tab_id());
    };
    let tab = move |one: Section| {
        let is_open = move || section.get() == one;
        view! {
            <button type="button" role="tab" id=one.tab_id() data-test=format!("tab-{}", one.id()) aria-controls=one.id()
                aria-selected=move || is_open().to_string() tabindex=move || if is_open() { "0" } else { "-1" }
                on:click=move |_| open(one) on:keydown=walk>{one.label()}</button>
        }
    };
    let panel = move |one: Section, view: AnyView| {
        view! {
            <section id=one.id() class="panel" role="tabpanel" aria-labelledby=one.tab_id() hidden=move || section.get() != one>{view}</section>
        }
    };
    view! {
        <div class="tabs-bar">
            <div class="tabs" role="tablist" aria-label="Sections">{Section::ALL.map(tab).collect_view()}</div>
            <CompactAnswer/>
        </div>
        {panel(Section::Explore, view! { <ExploreSection/> }.into_any())}
        {panel(Section::Evidence, view! { <EvidenceSection/> }.into_any())}
        {panel(Section::NextRuns, view! { <NextRunsSection/> }.into_any())}
        {panel(Section::Data, view! { <DataSection/> }.into_any())}
        {panel(Section::Export, view! { <ExportSection/> }.into_any())}
    }
}
