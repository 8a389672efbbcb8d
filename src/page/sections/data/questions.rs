//! What the table leaves open, and the readings to choose from.

use leptos::prelude::*;

use crate::import::Question;
use crate::page::store::use_state;

/// Each question with a button for each of its choices, which is taken at once. Nothing is shown where none is open.
#[component]
pub fn Questions() -> impl IntoView {
    let state = use_state();
    let questions = Memo::new(move |_| {
        state.imported.with(|imported| imported.latest().map(|table| table.questions.clone()).unwrap_or_default())
    });
    view! {
        <Show when=move || !questions.read().is_empty()>
            <section class="questions" data-test="questions" aria-label="Questions about the table">
                <h3>"Nothing is fitted until this is answered"</h3>
                {move || questions.get().into_iter().map(|question| view! { <One question/> }).collect_view()}
            </section>
        </Show>
    }
}

#[component]
fn One(question: Question) -> impl IntoView {
    let state = use_state();
    let choices = question.choices.into_iter().map(|choice| {
        let answers = choice.answers;
        view! {
            <button type="button" class="small" data-test="choice" on:click=move |_| state.answer(&answers)>{choice.label}</button>
        }
    });
    view! {
        <p>{question.text}</p>
        <p class="choices">{choices.collect_view()}</p>
    }
}
