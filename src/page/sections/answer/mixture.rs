//! The mixture to train on, as bars.

use leptos::prelude::*;

use crate::mixture::{DEFAULT_EPSILON, Finding, Grade};
use crate::page::store::{Shown, State, use_state};
use crate::page::view::answer::{Bar, bars, found_bars};
use crate::page::view::tables::{found_sentences, mixture_rows};
use crate::page::widgets::search::Search;
use crate::predict::bootstrap::{LEAST_BLOCKS, LEAST_REPLICATES};
use crate::units::write_percent;

/// The optimum of what is on show: its bars, and what else was found beside it.
#[component]
pub fn OptimumBars() -> impl IntoView {
    let state = use_state();
    let rows = Memo::new(move |_| {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        let about = state.about.read();
        let near = about.near.as_deref().filter(|_| about.of.as_ref() == Some(answered));
        let certainty = state.certainty.get();
        let (domains, summary) = (&answered.study.domains, &answered.study.summary);
        Some(bars(&mixture_rows(&answered.optimum, domains, summary, near, certainty.as_ref())))
    });
    let found = move || {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        let found = found_sentences(&answered.scenario, &answered.optimum);
        (!found.is_empty()).then(|| view! { <p class="found" data-test="found">{found.join(" ")}</p> })
    };
    let waiting = move || state.is_waiting();
    // A mixture that the runs do not support, on which the candidates disagree, or whose prediction nothing has tested is
    // not printed as a recommendation.
    let doubtful = move || {
        let verdict = state.verdict.read();
        let optimum = state.optimum.read();
        let judged = verdict.as_ref().filter(|(of, _)| Some(of) == optimum.latest());
        let findings = judged.and_then(|(_, verdict)| verdict.as_ref().ok()).map(|verdict| &verdict.findings);
        let is_red = |finding: Option<&Finding>| finding.is_some_and(|finding| finding.grade == Grade::Red);
        findings.is_some_and(|all| is_red(all.first()) || is_red(all.get(1)) || is_red(all.last()))
    };
    let bootstrapped = Memo::new(move |_| is_bootstrapped(state));
    let has_near = Memo::new(move |_| {
        let (about, optimum) = (state.about.read(), state.optimum.read());
        !about.has_failed || about.of.as_ref() != optimum.latest()
    });
    let query = RwSignal::new(String::new());
    let names =
        Memo::new(move |_| rows.with(|rows| rows.iter().flatten().map(|row| row.domain.clone()).collect::<Vec<_>>()));
    view! {
        {found}
        <Search query names name="find-domain"/>
        <div class:stale=waiting class:doubtful=doubtful>{move || rows.get().map(|rows| view! { <Bars rows=found_bars(rows, &query.read()) has_near=has_near.get() has_interval=bootstrapped.get()/> })}</div>
    }
}

/// Whether the weights have bootstrap intervals, even if these are still to come.
pub fn is_bootstrapped(state: State) -> bool {
    let can = |shown: &Shown| shown.study.summary.n_mixtures >= LEAST_BLOCKS;
    // Not of a bootstrap that failed, or was stopped too early.
    let goes_on = || match &*state.bootstrap.read() {
        Some(run) => run.is_running() || run.n_done() >= LEAST_REPLICATES,
        None => state.bootstrap_error.read().is_none(),
    };
    let is_to_come = || {
        let is_shown = state.shown.read().as_ref().is_some_and(can);
        is_shown && state.runs.read().is_some() && !state.stale.get() && goes_on()
    };
    state.certainty.read().is_some() || is_to_come()
}

/// A mixture's bars as a table: name, weight, the bar with its ranges, and the ranges in words.
#[component]
pub fn Bars(
    /// The largest first.
    rows: Vec<Bar>,
    /// Whether they have near-optimal ranges, even if these are still to come; by default they have none.
    #[prop(optional)]
    has_near: bool,
    /// The same of bootstrap intervals.
    #[prop(optional)]
    has_interval: bool,
) -> impl IntoView {
    let (small, large): (Vec<Bar>, Vec<Bar>) = rows.into_iter().partition(|row| row.is_small);
    let n_small = small.len();
    let line = move |row: Bar| bar_row(row, has_near, has_interval);
    let head = move || {
        view! {
            <thead><tr>
                <th scope="col">"Domain"</th>
                <th scope="col">"Weight"</th>
                <td aria-hidden="true" class="bar-cell"></td>
                {has_near.then(|| view! { <th scope="col" class="range">"Within "{write_percent(DEFAULT_EPSILON, 1)}" of the best loss"</th> })}
                {has_interval.then(|| view! { <th scope="col" class="range refits">"90 % of refits"</th> })}
            </tr></thead>
        }
    };
    let folded = (n_small > 0).then(|| {
        view! {
            <details class="small-weights" data-test="small-weights">
                <summary>{format!("{n_small} domains below 1 %")}</summary>
                <table class="mixture">{head()}<tbody>{small.into_iter().map(line).collect_view()}</tbody></table>
            </details>
        }
    });
    view! {
        <table class="mixture" data-test="optimum">{head()}<tbody>{large.into_iter().map(line).collect_view()}</tbody></table>
        {folded}
    }
}

fn bar_row(row: Bar, has_near: bool, has_interval: bool) -> impl IntoView {
    let note = row.note.clone().map(|note| {
        let n_columns = 3 + usize::from(has_near) + usize::from(has_interval);
        view! { <tr class="note-row"><td colspan=n_columns.to_string() class="outside" data-test="outside">{note}</td></tr> }
    });
    let percent = |share: f64| format!("{:.2}%", 100.0 * share);
    let mark = move |class: &'static str, [from, to]: [f64; 2]| {
        view! { <i class=class style:left=percent(from) style:width=percent((to - from).max(0.002))></i> }
    };
    let words = |range: Option<([f64; 2], String)>| range.map_or_else(|| "…".to_string(), |(_, words)| words);
    let near = row.near.as_ref().map(|(ends, _)| mark("near", *ends));
    let interval = row.interval.as_ref().map(|(ends, _)| mark("interval", *ends));
    view! {
        <tr>
            <th scope="row" title=row.domain.clone()><span class="name">{row.name}</span></th>
            <td class="strong" data-test="optimum-weight" data-domain=row.domain>{row.weight}</td>
            <td aria-hidden="true" class="bar-cell"><span class="bar">{near}{mark("weight", [0.0, row.length])}{interval}</span></td>
            {has_near.then(|| view! { <td class="range" data-test="near">{words(row.near)}</td> })}
            {has_interval.then(|| view! { <td class="range refits" data-test="interval">{words(row.interval)}</td> })}
        </tr>
        {note}
    }
}
