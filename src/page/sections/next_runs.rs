//! Which runs to train next.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::chart::short_names;
use crate::design::Batch;
use crate::export::design::batch_csv;
use crate::page::browser::dom;
use crate::page::input::runs::budget;
use crate::page::sections::plan::PlanForm;
use crate::page::store::{Answered, AskedBatch, State, use_state};
use crate::page::view::answer::largest_weights;
use crate::page::widgets::field::Field;
use crate::units::{Flops, Params, Tokens, capitalised, write_count, write_scientific};
use crate::wording::page as text;

/// Up to so many domains have a column each.
const MOST_COLUMNS: usize = 8;

/// The budget, and the batch that it buys.
#[component]
pub fn NextRunsSection() -> impl IntoView {
    let state = use_state();
    let (runs, sizes, tokens) =
        (RwSignal::new("8".to_string()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let error = RwSignal::new(None::<String>);
    let can_ask = Memo::new(move |_| state.optimum.read().latest().is_some() && !state.is_fixed());
    // What a run would settle follows from how far predictions are off, which the validation tells.
    let is_judged = move || {
        let optimum = state.optimum.read();
        state.verdict.read().as_ref().is_some_and(|(of, _)| Some(of) == optimum.latest())
    };
    let is_validating = move || state.run.read().is_some() || state.validation.read().is_some() || !is_judged();
    let is_running = move || is_validating() || matches!(state.batch_on_show(), AskedBatch::Running(_));
    let ask = move |_| match budget(&runs.get_untracked(), &sizes.get_untracked(), &tokens.get_untracked()) {
        Ok(budget) => {
            error.set(None);
            state.ask_batch(budget);
        }
        Err(sentence) => error.set(Some(sentence)),
    };
    view! {
        <Show when=move || can_ask.get() fallback=|| view! { <p class="note">{text::NEXT_NEEDS_FIT}</p> }>
            <p class="help">{text::NEXT_HELP}</p>
            <div class="run-bar">
                <Field label="Runs" name="next-runs" decimal=true value=move || runs.get() write=move |text| runs.set(text)/>
                <Field label="Model sizes" name="next-sizes" value=move || sizes.get() write=move |text| sizes.set(text)/>
                <Field label="Tokens per run" name="next-tokens" value=move || tokens.get() write=move |text| tokens.set(text)/>
                <button type="button" class="primary" data-test="next" prop:disabled=is_running on:click=ask>"Suggest runs"</button>
            </div>
            {move || (can_ask.get() && is_validating()).then(|| view! { <p class="note">{text::NEXT_WAITS}</p> })}
            {move || error.get().map(|sentence| view! { <p class="error" role="alert" data-test="next-error">{sentence}</p> })}
            {move || match state.batch_on_show() {
                AskedBatch::Idle => ().into_any(),
                AskedBatch::Old => view! { <p class="note" data-test="next-old">{text::NEXT_OLD}</p> }.into_any(),
                AskedBatch::Running(_) => view! { <p class="status" role="status">"Choosing runs…"</p> }.into_any(),
                AskedBatch::Done(of, batch) => match &*batch {
                    Ok(batch) => view! { <Chosen of=(*of).clone() batch=batch.clone()/> }.into_any(),
                    Err(sentence) => view! { <p class="error" role="alert" data-test="next-error">{sentence.clone()}</p> }.into_any(),
                },
            }}
        </Show>
        <PlanForm/>
    }
}

/// The runs, what they settle together, and the table to take away.
#[component]
fn Chosen(
    /// Of which optimum.
    of: Answered,
    /// The runs.
    batch: Batch,
) -> impl IntoView {
    let state = use_state();
    let csv = batch_csv(&of.study, &batch);
    let domains = batch.domains.clone();
    let rows = batch.runs.iter().map(|run| ListedRun {
        mixture: run.mixture.clone(),
        n: run.n,
        d: run.d,
        flops: run.flops,
        last: run.reason.clone(),
    });
    let rows: Vec<ListedRun> = rows.collect();
    view! {
        <p class="strong" data-test="next-sentence">{sentence(&batch.sentence)}</p>
        <ul class="notes">{batch.notices.iter().map(|notice| view! { <li>{sentence(notice)}</li> }).collect_view()}</ul>
        <p><button type="button" data-test="copy-next" on:click=move |_| copy(state, csv.clone(), text::NEXT_COPIED)>"Copy as a table"</button></p>
        <RunsTable name="next-run" domains rows last="Why"/>
    }
}

/// A run of a table.
#[derive(Clone)]
pub struct ListedRun {
    /// Weights, in the order of the domains.
    pub mixture: Vec<f64>,
    /// Model size.
    pub n: Option<Params>,
    /// Tokens.
    pub d: Option<Tokens>,
    /// What it costs.
    pub flops: Option<Flops>,
    /// What the last column says.
    pub last: String,
}

/// Runs to train, one a line.
#[component]
pub fn RunsTable(
    /// The lines' hook for tests.
    name: &'static str,
    /// Names of the domains.
    domains: Vec<String>,
    /// The runs.
    rows: Vec<ListedRun>,
    /// The head of the last column.
    last: &'static str,
) -> impl IntoView {
    let names = short_names(&domains);
    let wide = names.len() <= MOST_COLUMNS;
    let has_n = rows.iter().any(|run| run.n.is_some());
    let has_d = rows.iter().any(|run| run.d.is_some());
    let has_cost = rows.iter().any(|run| run.flops.is_some());
    let heads = if wide { names.clone() } else { vec!["Mixture".to_string()] };
    let row = |(at, run): (usize, &ListedRun)| {
        let weights: Vec<String> = match wide {
            true => run.mixture.iter().map(|h| format!("{:.1} %", 100.0 * h)).collect(),
            false => vec![largest_weights(&names, &run.mixture, MOST_COLUMNS)],
        };
        view! {
            <tr data-test=name>
                <th scope="row">{at + 1}</th>
                {weights.into_iter().map(|weight| view! { <td class:mixture=!wide>{weight}</td> }).collect_view()}
                {has_n.then(|| view! { <td>{run.n.map(|n| write_count(n.0, 3))}</td> })}
                {has_d.then(|| view! { <td>{run.d.map(|d| write_count(d.0, 3))}</td> })}
                {has_cost.then(|| view! { <td>{run.flops.map(|flops| write_scientific(flops.0, 2))}</td> })}
                <td class="reason">{run.last.clone()}</td>
            </tr>
        }
    };
    view! {
        <div class="scroll" tabindex="0">
            <table class="next-runs">
                <thead><tr>
                    <th scope="col">"Run"</th>
                    {heads.into_iter().map(|name| view! { <th scope="col" class:mixture=!wide>{name}</th> }).collect_view()}
                    {has_n.then(|| view! { <th scope="col">"N"</th> })}
                    {has_d.then(|| view! { <th scope="col">"D"</th> })}
                    {has_cost.then(|| view! { <th scope="col">"FLOPs"</th> })}
                    <th scope="col" class="reason">{last}</th>
                </tr></thead>
                <tbody>{rows.iter().enumerate().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Copies a table, and says what to do with it.
pub fn copy(state: State, csv: String, said: &'static str) {
    let copied = dom::copy(&csv);
    spawn_local(async move {
        state.status.set(if copied.await { said } else { text::NOT_COPIED }.to_string());
    });
}

/// What the core says without a capital and a full stop.
pub fn sentence(text: &str) -> String {
    format!("{}.", capitalised(text))
}
