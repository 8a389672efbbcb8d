//! What new rows changed of the answer.

use leptos::prelude::*;

use crate::mixture::Grade;
use crate::page::store::use_state;
use crate::wording::page as text;

/// The answer before the new rows and now, where that is known.
#[component]
pub fn WhatMoved() -> impl IntoView {
    let state = use_state();
    move || {
        let moved = state.moved_on_show()?;
        let line = |name: String, [before, now, change]: [AnyView; 3]| {
            view! { <tr><th scope="row">{name}</th><td>{before}</td><td class="strong">{now}</td><td>{change}</td></tr> }
        };
        let weights = moved.weights.into_iter().map(|(name, cells)| line(name, cells.map(IntoAny::into_any)));
        let name = moved.losses[0].words.clone();
        let [before, now] =
            moved.losses.map(|loss| view! { {loss.value}<small class="interval">{loss.interval}</small> }.into_any());
        let loss = line(name, [before, now, moved.loss_change.into_any()]);
        let is_same = moved.grades.is_empty();
        let grades = moved.grades.into_iter().map(|(question, [before, now])| {
            let change = if now < before { "better" } else { "worse" };
            line(question, [dot(before), dot(now), change.into_any()])
        });
        let same = is_same.then_some(text::SAME_VERDICT);
        Some(view! {
            <section class="moved" aria-labelledby="moved-heading" data-test="moved">
                <h2 id="moved-heading">{text::MOVED}
                    <button type="button" class="small" data-test="close-moved" on:click=move |_| state.moved.set(None)>"Close"</button>
                </h2>
                <p>{moved.sentence}{moved.runs.map(|runs| format!(" {runs}"))}" "{same}</p>
                <table>
                    <thead><tr><td></td><th scope="col">"Before"</th><th scope="col">"Now"</th><th scope="col">"Change"</th></tr></thead>
                    <tbody>{weights.collect_view()}{loss}{grades.collect_view()}</tbody>
                </table>
            </section>
        })
    }
}

fn dot(grade: Grade) -> AnyView {
    view! {
        <span class=format!("grade-{}", grade.id()) aria-hidden="true">{grade.symbol()}</span>" "{grade.word()}
    }
    .into_any()
}
