//! Why the optimum is the best there is, and what its limits cost.

use leptos::prelude::*;

use crate::page::store::{Answered, AskedOptimum, use_state};
use crate::page::view::tables::{certificate_sentence, kkt_text, price_sentence};
use crate::page::widgets::explained::Explained;
use crate::wording::page as text;

/// What the limits cost, and why it is the best.
#[component]
pub fn Certificate() -> impl IntoView {
    let state = use_state();
    let waiting = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    let is_there = Memo::new(move |_| state.optimum.read().latest().is_some());
    view! {
        <div class="certificate-of" class:stale=waiting>{move || state.optimum.read().latest().map(|answered| sentences(answered))}</div>
        <Show when=move || is_there.get()><Explained about="Terms" terms=&text::OPTIMUM_TERMS/></Show>
    }
}

fn sentences(answered: &Answered) -> impl IntoView + use<> {
    let Answered { optimum, .. } = answered;
    let prices = (!optimum.prices.is_empty()).then(|| {
        let items = optimum.prices.iter().map(|price| view! { <li>{price_sentence(price)}</li> }).collect_view();
        view! {
            <h3>"Active constraints"</h3>
            <ul class="prices" data-test="prices">{items}</ul>
        }
    });
    view! {
        {prices}
        <p class="certificate note" data-test="certificate">
            {certificate_sentence(optimum)}
            " KKT residual " <span class="nowrap" data-test="kkt">{kkt_text(optimum)}</span> "."
        </p>
    }
}
