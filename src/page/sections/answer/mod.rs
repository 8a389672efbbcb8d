//! The answer: for which model, what to train it on, and how far to trust that.

use leptos::prelude::*;
use leptos_use_media_query::use_media_query;

pub mod compact;
pub mod copy;
pub mod domain_limits;
pub mod expected;
pub mod fixed;
pub mod group_limits;
pub mod limits;
pub mod limits_paste;
pub mod link_card;
pub mod mixture;
pub mod moved;
pub mod scale_alone;
pub mod scenario;
pub mod verdict;
pub mod waiting;

use self::copy::CopyMixture;
use self::expected::OptimumExpected;
use self::fixed::FixedAnswer;
use self::mixture::{OptimumBars, is_bootstrapped};
use self::moved::WhatMoved;
use self::scale_alone::ScaleAlone;
use self::scenario::ScenarioSentence;
use self::verdict::OptimumVerdict;
use self::waiting::{Fitting, Problem, Validating};
use crate::page::browser::dom;
use crate::page::store::{AskedOptimum, use_state};
use crate::wording::page as text;

/// So many bars are lower than the verdict beside them.
pub const FEW_DOMAINS: usize = 4;

/// Whether the verdict stands beside the bars, and the losses have room below few of them: on a phone it comes first.
pub fn has_two_halves() -> Signal<bool> {
    use_media_query("(min-width: 60rem)")
}

/// What the answer's place shows.
#[derive(Clone, Copy, PartialEq)]
enum Shows {
    Fixed,
    Problem,
    Fitting,
    ScaleAlone,
    Answer,
}

/// The first thing on the page.
#[component]
pub fn AnswerPanel() -> impl IntoView {
    let state = use_state();
    let shows = Memo::new(move |_| {
        let is_fitted = state.shown.read().as_ref().is_some_and(|shown| !shown.study.fits.is_empty());
        match () {
            () if state.is_fixed() => Shows::Fixed,
            () if !state.from_link() && state.data.read().is_none() => Shows::Problem,
            () if !is_fitted && !state.from_link() && state.run.read().is_none() && state.key.read().is_err() => {
                Shows::Problem
            }
            () if !is_fitted => Shows::Fitting,
            () if state.no_mixture.read().is_some() => Shows::ScaleAlone,
            () => Shows::Answer,
        }
    });
    view! {
        <section id="answer" class="answer" aria-label="The answer" tabindex="-1">
            {move || {
                let shows = shows.get();
                // What had the focus goes, and with it the reader's place on the page.
                if dom::holds_focus("answer") {
                    request_animation_frame(|| dom::focus("answer"));
                }
                match shows {
                    Shows::Fixed => view! { <FixedAnswer/> }.into_any(),
                    Shows::Problem => view! { <Problem/> }.into_any(),
                    Shows::Fitting => view! { <Fitting/> }.into_any(),
                    Shows::ScaleAlone => view! { <ScaleAlone/> }.into_any(),
                    Shows::Answer => view! { <Answer/> }.into_any(),
                }
            }}
        </section>
    }
}

#[component]
fn Answer() -> impl IntoView {
    let state = use_state();
    let has_two_halves = has_two_halves();
    let is_short = Memo::new(move |_| {
        let is_few = state.shown.with(|shown| shown.as_ref().is_some_and(|it| it.study.domains.len() <= FEW_DOMAINS));
        is_few && has_two_halves.get()
    });
    view! {
        <ScenarioSentence/>
        <Show when=move || state.stale.get()>
            <p class="stale-label">
                <span data-test="stale">{text::STALE}</span>
                <Show when=move || state.run.read().is_none()>
                    <button type="button" data-test="fit-again" on:click=move |_| state.start_fit()>"Fit again"</button>
                </Show>
            </p>
        </Show>
        <NoOptimum/>
        <div class="answer-card" class:stale=state.stale>
            <section aria-labelledby="train-on">
                <h2 id="train-on">"Train on"<CopyMixture/></h2>
                <OptimumBars/>
                <p class="legend" aria-hidden="true">
                    <span><i class="weight"></i>"weight"</span>
                    <span><i class="near"></i>"within 0.1 % of the best loss"</span>
                    <Show when=move || is_bootstrapped(state)>
                        <span><i class="interval"></i>"90 % of bootstrap refits"</span>
                    </Show>
                </p>
                <Show when=move || is_short.get()><OptimumExpected/></Show>
            </section>
            <section aria-labelledby="verdict-heading" data-test="verdict">
                <h2 id="verdict-heading">"How far to trust it"</h2>
                <Unfitted/>
                <OptimumVerdict/>
                <Validating/>
                <Show when=move || !is_short.get()><OptimumExpected/></Show>
            </section>
        </div>
        <WhatMoved/>
    }
}

/// The targets that the answer leaves out, since they could not be fitted.
#[component]
fn Unfitted() -> impl IntoView {
    let state = use_state();
    move || {
        let fits = state.shown.get()?.fits?;
        let sentence = text::unfitted(&fits.failures, fits.study.targets().count())?;
        Some(view! { <p class="error" data-test="unfitted">{sentence}</p> })
    }
}

/// Why there is no optimum; below the fields that it is about.
#[component]
fn NoOptimum() -> impl IntoView {
    let state = use_state();
    move || match &*state.optimum.read() {
        AskedOptimum::Failed(sentence) => {
            Some(view! { <p class="error" role="alert" data-test="optimum-error">{sentence.clone()}</p> })
        }
        _ => None,
    }
}
