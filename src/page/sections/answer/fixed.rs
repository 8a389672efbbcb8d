//! The answer of a link that holds it alone, as it was computed.

use leptos::prelude::*;

use crate::mixture::Aim;
use crate::page::sections::answer::expected::ExpectedTable;
use crate::page::sections::answer::limits::limits_words;
use crate::page::sections::answer::mixture::Bars;
use crate::page::sections::answer::verdict::Findings;
use crate::page::sections::answer::{FEW_DOMAINS, has_two_halves};
use crate::page::store::use_state;
use crate::page::view::answer::{bars, gain, loss};
use crate::page::view::tables::{MixtureRow, loss_range, percent};
use crate::units::{Params, Tokens};
use crate::wording::page as text;

/// The same two halves as of an answer that is computed here.
#[component]
pub fn FixedAnswer() -> impl IntoView {
    let state = use_state();
    let limits = limits_words(state);
    let has_two_halves = has_two_halves();
    move || {
        let (study, computed) = (state.shown.get()?.study, state.computed()?);
        let uniform = 1.0 / study.domains.len().max(1) as f64;
        let rows = study.domains.iter().zip(&computed.mixture).map(|(domain, h)| MixtureRow {
            domain: domain.clone(),
            shares: [*h, uniform, uniform],
            outside: None,
            near: None,
            interval: None,
        });
        let rows = bars(&rows.collect::<Vec<_>>());
        let gains =
            computed.gains.iter().map(|(name, value, interval)| gain(name, *value, *interval)).collect::<Vec<_>>();
        let minimised = match (state.scenario_input().read().aim, computed.losses.as_slice()) {
            (_, [(only, ..)]) => only.clone(),
            (Aim::Worst, _) => text::WORST_CASE.to_string(),
            (Aim::Mean, _) => text::WEIGHTED_MEAN.to_string(),
        };
        let is_short = study.domains.len() <= FEW_DOMAINS && has_two_halves.get();
        let table =
            || view! { <ExpectedTable loss=loss(computed.weighted_loss, computed.interval) gains=gains.clone()/> };
        let scale = study.scale_words(Params(computed.n), Tokens(computed.d));
        let scale = format!(
            "For {}, minimising {minimised}, {} {}.",
            scale.unwrap_or_else(|| "the scale of the runs".to_string()),
            if *limits.read() == text::CLOSE_TO_THE_RUNS { "staying" } else { "with" },
            limits.read(),
        );
        let chosen = match computed.n_candidates {
            0 | 1 => String::new(),
            n => format!("Chosen by validation from {n} candidates. "),
        };
        let findings = match computed.findings.is_empty() {
            true => view! { <p class="note">{text::NO_VERDICT_IN_LINK}</p> }.into_any(),
            false => view! { <Findings findings=computed.findings.clone()/> }.into_any(),
        };
        let target = |(name, share, value, interval): &(String, f64, f64, Option<_>)| {
            let range = interval.as_ref().map_or_else(|| text::NO_INTERVAL.to_string(), loss_range);
            view! { <tr><th scope="row">{name.clone()}</th><td>{percent(*share)}</td><td class="strong">{format!("{value:.4}")}</td><td>{range}</td></tr> }
        };
        Some(view! {
            <p class="scenario">{scale}</p>
            <div class="answer-card">
                <section aria-labelledby="train-on">
                    <h2 id="train-on">"Train on"</h2>
                    <Bars rows/>
                    {is_short.then(&table)}
                    <details class="small-weights">
                        <summary>"Predicted losses by target"</summary>
                        <table class="losses" data-test="losses">
                            <thead><tr>
                                <th scope="col">"Target"</th><th scope="col">"Share"</th>
                                <th scope="col">"Predicted loss"</th><th scope="col">"90 % prediction interval"</th>
                            </tr></thead>
                            <tbody>{computed.losses.iter().map(target).collect_view()}</tbody>
                        </table>
                    </details>
                </section>
                <section aria-labelledby="verdict-heading" data-test="verdict">
                    <h2 id="verdict-heading">"How far to trust it"</h2>
                    {findings}
                    {(!is_short).then(&table)}
                    <p class="note" data-test="fixed">{chosen}{text::FIXED}</p>
                </section>
            </div>
        })
    }
}
