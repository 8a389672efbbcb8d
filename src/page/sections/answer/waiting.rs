//! What stands in the answer's place while there is none.

use leptos::prelude::*;

use crate::page::browser::dom;
use crate::page::input::section::Section;
use crate::page::sections::data::issues::fixes;
use crate::page::sections::data::mapping::ColumnRoles;
use crate::page::sections::data::questions::Questions;
use crate::page::store::{Import, use_state};
use crate::units::capitalised;
use crate::wording::page as text;

/// Why there is nothing to fit, and what would change that: questions about columns, or the first thing that is wrong.
#[component]
pub fn Problem() -> impl IntoView {
    let state = use_state();
    let wrong = move || match &*state.imported.read() {
        Import::Failed(sentence) => Some(view! { <p class="error">{sentence.clone()}</p> }.into_any()),
        Import::Done(table) | Import::Running(Some(table)) => {
            let issue = table.errors.first()?;
            Some(view! { <p class="error">{issue.sentence.clone()}{fixes(state, issue)}</p> }.into_any())
        }
        _ => None,
    };
    let unfit = move || {
        let sentence = capitalised(state.key.read().as_ref().err()?);
        Some(view! { <p class="error">{sentence}</p> }.into_any())
    };
    let wrong = move || wrong().or_else(unfit);
    let has_columns = move || state.imported.with(|it| it.latest().is_some_and(|table| !table.columns.is_empty()));
    // What was there stays while the table is read again: a menu that has just been used keeps the focus.
    let is_reading = move || matches!(*state.imported.read(), Import::Idle | Import::Running(_));
    let has_nothing = move || matches!(*state.imported.read(), Import::Idle | Import::Running(None));
    let is_asked = move || state.imported.with(|it| it.latest().is_some_and(|table| !table.questions.is_empty()));
    view! {
        <section class="answer-card problem" class:stale=is_reading data-test="problem">
            <div>
                <Show when=is_reading><p class="note">"Reading the table…"</p></Show>
                <Questions/>
                <Show when=move || !has_nothing() && !is_asked()>
                    <h2>"These data cannot be fitted yet"</h2>
                    {wrong}
                    <p class="help">{text::COLUMNS_NEEDED}</p>
                    <Show when=has_columns><ColumnRoles/></Show>
                    <p class="actions"><button type="button" on:click=move |_| state.open_section(Section::Data)>"Go to the table"</button></p>
                </Show>
            </div>
        </section>
    }
}

/// Bars to come, and how far the fit is.
#[component]
pub fn Fitting() -> impl IntoView {
    let state = use_state();
    let share = move || state.run.read().as_ref().map_or(0.0, |run| run.share_done());
    let is_reading = move || !state.from_link() && matches!(&*state.imported.read(), Import::Running(_));
    let sentence = move || match (&*state.run.read(), &*state.key.read()) {
        _ if is_reading() => "Reading the table…".to_string(),
        (Some(run), _) => run.sentence(),
        (_, Err(sentence)) => capitalised(sentence),
        _ => state.status.get(),
    };
    let is_running = move || state.run.read().is_some();
    let can_fit = move || !is_running() && !is_reading() && state.key.read().is_ok();
    view! {
        <section class="answer-card" data-test="fitting">
            <div>
                <h2>"Train on"</h2>
                <p class="status">{sentence}</p>
                <Show when=is_running>
                    <progress aria-label="Progress of the fit" max="1" prop:value=share></progress>
                    <div class="skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
                </Show>
                <Show when=can_fit>
                    <button type="button" class="primary" on:click=move |_| state.start_fit()>"Fit"</button>
                </Show>
            </div>
        </section>
    }
}

/// How far the validation is, below an answer that it is to judge.
#[component]
pub fn Validating() -> impl IntoView {
    let state = use_state();
    let of_fit = move || state.run.read().as_ref().map_or(0.0, |run| run.share_done());
    let now = move || {
        let validation = state.validation.read();
        let (it, since) = validation.as_ref()?;
        Some((it.share_done(of_fit()), it.sentence(of_fit(), dom::seconds() - since)))
    };
    move || {
        now().map(|(share, sentence)| {
            view! {
                <div class="validating">
                    <progress aria-label="Progress of the validation" max="1" value=share></progress>
                    <p class="status">{sentence}</p>
                </div>
            }
        })
    }
}
