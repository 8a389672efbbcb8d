//! The fits, target by target.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::fit::Interval;
use crate::page::store::{Shown, State, use_state};
use crate::page::view::tables::{ResultCells, ResultRow, made_with, result_rows};
use crate::page::widgets::explained::Explained;
use crate::wording::page as text;

/// A row for each target; the one that is marked is the one that charts and parameters are of.
#[component]
pub fn Results() -> impl IntoView {
    let state = use_state();
    move || match state.shown.get() {
        Some(shown) => table(state, &shown).into_any(),
        None => view! { <p class="note">{text::NOT_FITTED}</p> }.into_any(),
    }
}

/// 90 % intervals of the errors held out, by target.
fn holdout_intervals(state: State) -> BTreeMap<String, String> {
    let run = state.settled.read();
    let Some(run) = run.as_ref() else { return BTreeMap::new() };
    let targets = run.study.targets().map(|target| target.name.to_string());
    let text = |interval: Interval| format!("{:.2} to {:.2} %", interval.low, interval.high);
    targets.zip(run.holdout()).filter_map(|(name, interval)| Some((name, text(interval?)))).collect()
}

fn table(state: State, shown: &Shown) -> impl IntoView + use<> {
    let failures = shown.fits.as_ref().map(|fits| fits.failures.clone()).unwrap_or_default();
    let rows = result_rows(&shown.study, &failures);
    let made_with = made_with(&shown.study);
    let intervals = Memo::new(move |_| holdout_intervals(state));
    view! {
        <Show when=move || state.stale.get()>
            <p class="stale-label" data-test="stale">{text::STALE}</p>
        </Show>
        <div class="scroll" tabindex="0">
            <table class="results" class:stale=state.stale data-test="results">
                <thead>
                    <tr>
                        <th scope="col">"Target"</th>
                        <th scope="col"><abbr title="Mean relative error">"MRE"</abbr>" fit"</th>
                        <th scope="col"><abbr title="Mean relative error">"MRE"</abbr>" held out"</th>
                        <th scope="col">"Objective"</th>
                        <th scope="col">"Restarts at this optimum"</th>
                        <th scope="col">"Search"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| result_row(state, row, intervals)).collect_view()}</tbody>
            </table>
        </div>
        <Explained about="Terms" terms=&text::RESULT_TERMS/>
        {made_with.map(|sentence| view! { <p class="note" class:stale=state.stale data-test="made-with">{sentence}</p> })}
    }
}

fn result_row(state: State, row: ResultRow, intervals: Memo<BTreeMap<String, String>>) -> impl IntoView {
    let ResultRow { target, outcome } = row;
    match outcome {
        Ok(cells) => fitted_row(state, target, cells, intervals).into_any(),
        Err(sentence) => {
            view! { <tr data-target=target.clone()><th scope="row">{target.clone()}</th><td colspan="5" class="error">{sentence}</td></tr> }
                .into_any()
        }
    }
}

fn fitted_row(
    state: State,
    target: String,
    cells: ResultCells,
    intervals: Memo<BTreeMap<String, String>>,
) -> impl IntoView {
    let chosen = {
        let target = target.clone();
        move || state.target.read().as_deref() == Some(target.as_str())
    };
    let choose = {
        let target = target.clone();
        move |_| state.chosen_target.set(Some(target.clone()))
    };
    let flags = flags_row(cells.warnings, cells.notes);
    let name = target.clone();
    let interval = {
        let target = target.clone();
        move || {
            intervals
                .with(|intervals| intervals.get(&target).cloned())
                .map(|text| view! { <small class="interval">{text}</small> })
        }
    };
    view! {
        <tr data-target=name>
            <th scope="row">
                <label class="choice">
                    <input type="radio" name="target" prop:checked=chosen on:change=choose/>
                    {target}
                </label>
            </th>
            <td data-test="mre-fit">{cells.fit_mre}</td>
            <td data-test="mre-holdout">{cells.holdout_mre}{interval}</td>
            <td data-test="objective">{cells.objective}</td>
            <td>{cells.starts}</td>
            <td>{cells.status}</td>
        </tr>
        {flags}
    }
}

/// What must be known of a fit: warnings always, of the notes the first; the others unfold.
fn flags_row(warnings: Vec<String>, notes: Vec<String>) -> Option<impl IntoView> {
    if warnings.is_empty() && notes.is_empty() {
        return None;
    }
    let n_more = notes.len().saturating_sub(1);
    let mut notes = notes.into_iter();
    let first = notes.next();
    let rest = notes.map(|note| view! { <li>{note}</li> }).collect_view();
    let warnings = warnings.into_iter().map(|warning| view! { <p class="warning">{warning}</p> }).collect_view();
    let notes = first.map(|first| match n_more {
        0 => view! { <p>{first}</p> }.into_any(),
        _ => view! { <details><summary>{first}" · and "{n_more}" more"</summary><ul>{rest}</ul></details> }.into_any(),
    });
    Some(view! { <tr class="flags"><td colspan="6">{warnings}{notes}</td></tr> })
}
