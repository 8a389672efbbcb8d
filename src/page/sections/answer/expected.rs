//! The loss to expect, and what is gained, with their prediction intervals.

use leptos::prelude::*;

use crate::mixture::weighted;
use crate::page::store::{Answered, use_state};
use crate::page::view::answer::{Expected, gain, loss};

/// Of the optimum on show.
#[component]
pub fn OptimumExpected() -> impl IntoView {
    let state = use_state();
    move || {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        let Answered { study, optimum, .. } = &**answered;
        let weights = weighted(study, optimum);
        let interval = study.mean_interval(&weights, Some(optimum.n), Some(optimum.d), &optimum.mixture);
        // A link may hold it as it was computed.
        let verdict = state.verdict.read();
        let judged = verdict.as_ref().filter(|(of, _)| of == answered).and_then(|(_, verdict)| verdict.as_ref().ok());
        let interval = interval.or_else(|| judged.and_then(|verdict| verdict.weighted_loss));
        let gains = state.comparisons.get().into_iter().map(|one| gain(&one.compared.name, one.gain, one.interval));
        Some(view! { <ExpectedTable loss=loss(optimum.weighted_loss.0, interval) gains=gains.collect()/> })
    }
}

/// A line for the loss, and one for each gain.
#[component]
pub fn ExpectedTable(
    /// The loss.
    loss: Expected,
    /// The gains.
    gains: Vec<Expected>,
) -> impl IntoView {
    let line = |test: &'static str, class: &'static str, one: Expected| {
        view! {
            <tr data-test=test class=class>
                <th scope="row">{one.words}</th><td class="strong">{one.value}</td><td class="range">{one.interval}</td>
            </tr>
        }
    };
    view! {
        <table class="expected">
            <thead><tr>
                <td></td><th scope="col">"nats per token"</th><th scope="col">"90 % prediction interval"</th>
            </tr></thead>
            <tbody>
                {line("expected-loss", "loss", loss)}
                {gains.into_iter().map(|one| line("gain", "", one)).collect_view()}
            </tbody>
        </table>
    }
}
