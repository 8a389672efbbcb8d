//! What there is to say of the optimum.

use leptos::prelude::*;

use crate::page::store::{Answered, AskedOptimum, use_state};
use crate::page::view::tables::{certificate_sentence, found_sentences, kkt_text, price_sentence};
use crate::page::widgets::explained::Explained;
use crate::wording::page as text;

/// Why there is no optimum; below the fields that it is about.
#[component]
pub fn NoOptimum() -> impl IntoView {
    let state = use_state();
    move || match &*state.optimum.read() {
        AskedOptimum::Failed(sentence) => {
            Some(view! { <p class="error" role="alert" data-test="optimum-error">{sentence.clone()}</p> })
        }
        _ => None,
    }
}

/// What was found beside the mixture, what the limits cost, and why it is the best.
#[component]
pub fn Answer() -> impl IntoView {
    let state = use_state();
    let waiting = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    let is_there = Memo::new(move |_| state.optimum.read().latest().is_some());
    view! {
        <div class="answer" class:stale=waiting>{move || state.optimum.read().latest().map(|answered| sentences(answered))}</div>
        <Show when=move || is_there.get()><Explained about="What these words mean" terms=&text::OPTIMUM_TERMS/></Show>
    }
}

fn sentences(answered: &Answered) -> impl IntoView + use<> {
    let Answered { scenario, optimum, .. } = answered;
    let found = found_sentences(scenario, optimum);
    let found = (!found.is_empty()).then(|| view! { <p class="found" data-test="found">{found.join(" ")}</p> });
    let prices = (!optimum.prices.is_empty()).then(|| {
        let items = optimum.prices.iter().map(|price| view! { <li>{price_sentence(price)}</li> }).collect_view();
        view! {
            <h3>"Limits that hold it"</h3>
            <ul class="prices" data-test="prices">{items}</ul>
            <p class="note">{text::WITHOUT_LIMITS}</p>
        }
    });
    view! {
        {found}
        {prices}
        <p class="certificate" data-test="certificate">
            {certificate_sentence(optimum)}
            " KKT residual " <span class="nowrap" data-test="kkt">{kkt_text(optimum)}</span> "."
        </p>
    }
}
