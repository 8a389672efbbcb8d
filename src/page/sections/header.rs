//! The top of the page: the study on show, steps, colours, and the link.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::page::browser::dom;
use crate::page::input::section::Section;
use crate::page::input::theme::ThemeChoice;
use crate::page::store::use_state;
use crate::page::view::answer::study_line;
use crate::page::view::tables::counted;
use crate::wording::page as text;

/// Name, study, tools.
#[component]
pub fn Header() -> impl IntoView {
    let state = use_state();
    let study = move || {
        if let Some(shown) = state.shown.get() {
            let study = shown.study;
            return Some(study_line(&study.summary, study.domains.len(), study.targets().count()));
        }
        let data = state.data.get()?;
        Some(study_line(&data.summary, data.dataset.domains().len(), data.dataset.targets().len()))
    };
    let n_notices = move || match state.from_link() {
        true => 0,
        false => state.imported.with(|imported| imported.latest().map_or(0, |table| table.n_notices + table.n_errors)),
    };
    let notices = move || {
        let n = n_notices();
        (n > 0).then(|| {
            view! {
                <button type="button" class="notices" data-test="notices" on:click=move |_| state.open_section(Section::Data)>
                    {counted(n, "notice")}
                </button>
            }
        })
    };
    view! {
        <header class="masthead">
            <h1>"Mixlaw"</h1>
            <p class="study" data-test="study-line">{study}</p>
            {notices}
            {move || state.not_kept.get().map(|sentence| view! { <p class="not-kept" data-test="not-kept">{sentence}</p> })}
            <div class="tools">
                <Steps/>
                <Colours/>
                <button type="button" data-test="new-data" on:click=move |_| state.open_section(Section::Data)>"New data"</button>
                <Share/>
            </div>
        </header>
    }
}

/// Back and forth through what was done.
#[component]
fn Steps() -> impl IntoView {
    let state = use_state();
    view! {
        <div class="steps">
            <button type="button" data-test="undo" aria-label="Undo" title="Undo" aria-keyshortcuts="Control+Z" disabled=move || !state.can_step_back()
                on:click=move |_| state.step_back()>"↶"</button>
            <button type="button" data-test="redo" aria-label="Redo" title="Redo" aria-keyshortcuts="Control+Y" disabled=move || !state.can_step_forth()
                on:click=move |_| state.step_forth()>"↷"</button>
        </div>
    }
}

/// Light, dark, or as the system is.
#[component]
fn Colours() -> impl IntoView {
    let theme = use_state().theme;
    let option = move |choice: ThemeChoice| {
        view! { <option value=choice.id() prop:selected=move || theme.get() == choice>{choice.label()}</option> }
    };
    view! {
        <select data-test="theme" aria-label="Colours" on:change:target=move |event| theme.set(ThemeChoice::from_id(&event.target().value()))>
            {ThemeChoice::ALL.map(option).collect_view()}
        </select>
    }
}

/// Copies the link of what is on show; where that cannot be, the section with the link says why.
#[component]
fn Share() -> impl IntoView {
    let state = use_state();
    let copied_link = RwSignal::new(None::<String>);
    let share = move |_| {
        let Some(Ok(link)) = state.share_url() else {
            return state.open_section(Section::Export);
        };
        let copied = dom::copy(&link);
        dom::replace_address(&link);
        spawn_local(async move {
            match copied.await {
                true => {
                    state.status.set("Link copied.".to_string());
                    copied_link.set(Some(link));
                }
                false => {
                    state.status.set(text::COPY_BY_HAND.to_string());
                    state.open_section(Section::Export);
                }
            }
        });
    };
    // What was copied is no longer what is on show.
    let is_copied = move || copied_link.with(|link| link.is_some() && *link == state.share_url().and_then(Result::ok));
    let label = move || if is_copied() { "Link copied" } else { "Share" };
    view! { <button type="button" class="primary" data-test="share-now" on:click=share>{label}</button> }
}
