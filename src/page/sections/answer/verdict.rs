//! May one act on the mixture? Four graded questions.

use leptos::prelude::*;

use crate::mixture::{Finding, Verdict};
use crate::page::input::section::Section;
use crate::page::run::fits::AUTO;
use crate::page::run::validation::predictor_sentence;
use crate::page::store::{State, use_state};
use crate::wording::page as text;

/// The verdict on the optimum on show.
#[component]
pub fn OptimumVerdict() -> impl IntoView {
    let state = use_state();
    let waiting = move || state.is_waiting();
    view! {
        <div class:stale=waiting>{move || findings(state)}</div>
        <p class="note" data-test="predictor">{move || predictor(state)}</p>
    }
}

fn predictor(state: State) -> Option<String> {
    let shown = state.shown.get()?;
    let validation = state.validation.read();
    let is_of_it = |fits: &_| validation.as_ref().is_some_and(|(it, _)| it.of == *fits);
    let is_running = shown.fits.as_ref().is_some_and(is_of_it);
    let is_auto = shown.fits.as_ref().is_some_and(|fits| fits.choice == AUTO);
    Some(predictor_sentence(&shown.study, is_auto, is_running))
}

fn findings(state: State) -> Option<AnyView> {
    let verdict = state.verdict.read();
    let optimum = state.optimum.read();
    let answered = optimum.latest()?;
    let is_validated = answered.study.validation.range.is_some();
    match verdict.as_ref().filter(|(of, _)| of == answered) {
        Some((_, Ok(Verdict { findings, .. }))) => Some(view! { <Findings findings=findings.clone()/> }.into_any()),
        Some((_, Err(sentence))) => Some(view! { <p class="error">{sentence.clone()}</p> }.into_any()),
        None if !is_validated => Some(view! { <p class="note">{text::NOT_VALIDATED}</p> }.into_any()),
        None => Some(view! { <p class="note">{text::JUDGING}</p> }.into_any()),
    }
}

/// The answers, each with a way to what it rests on.
#[component]
pub fn Findings(
    /// One for each question.
    findings: Vec<Finding>,
) -> impl IntoView {
    view! { <ul class="findings" data-test="findings">{findings.into_iter().map(finding).collect_view()}</ul> }
}

fn finding(finding: Finding) -> impl IntoView {
    let state = use_state();
    let Finding { question, grade, sentence } = finding;
    // A number stays beside its sign.
    let sentence = sentence.replace(" %", "\u{a0}%").replace(" ×", "\u{a0}×");
    view! {
        <li class=format!("finding {}", grade.id()) data-test="finding" data-grade=grade.id()>
            <span class="grade" aria-hidden="true">{grade.symbol()}</span>
            <button type="button" class="question" title="See the evidence" on:click=move |_| state.open_section(Section::Evidence)>{question}</button>
            <span class="visually-hidden">" ("{grade.word()}"): "</span>
            <span>{sentence}</span>
        </li>
    }
}
