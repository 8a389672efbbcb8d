//! May one act on the mixture? What predicts, four graded questions, the loss, the gains, and the candidates.

use leptos::prelude::*;

use crate::fit::Interval;
use crate::mixture::{Finding, Grade, Verdict, gain_interval, weighted};
use crate::page::run::fits::AUTO;
use crate::page::run::validation::{CandidateRow, candidate_rows, gain_sentence, predictor_sentence};
use crate::page::store::{Answered, AskedOptimum, State, use_state};
use crate::page::view::tables::{loss_range, percent};
use crate::units::write_count;
use crate::wording::page as text;

/// Above the mixture.
#[component]
pub fn VerdictCard() -> impl IntoView {
    let state = use_state();
    let waiting = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    view! {
        <section class="verdict-card" aria-labelledby="verdict-heading" data-test="verdict">
            <h3 id="verdict-heading">"How far to trust it"</h3>
            <p data-test="predictor">{move || predictor(state)}</p>
            <div class:stale=waiting>{move || findings(state)}{move || expected(state)}</div>
            {move || candidates(state)}
        </section>
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
    answered.study.validation.range?;
    match verdict.as_ref().filter(|(of, _)| of == answered) {
        Some((_, Ok(Verdict { findings, .. }))) => {
            let lines = findings.iter().map(finding).collect_view();
            Some(view! { <ul class="findings" data-test="findings">{lines}</ul> }.into_any())
        }
        Some((_, Err(sentence))) => Some(view! { <p class="error">{sentence.clone()}</p> }.into_any()),
        None => Some(view! { <p class="note">{text::JUDGING}</p> }.into_any()),
    }
}

/// The answer of a link that holds it alone.
#[component]
pub fn FixedAnswer() -> impl IntoView {
    let state = use_state();
    move || {
        let (study, computed) = (state.shown.get()?.study, state.computed()?);
        let range =
            |interval: &Option<Interval>| interval.as_ref().map_or_else(|| text::NO_INTERVAL.to_string(), loss_range);
        let weights = study.domains.iter().zip(&computed.mixture).map(|(domain, h)| {
            view! {
                <tr>
                    <th scope="row">{domain.clone()}</th>
                    <td class="strong" data-test="optimum-weight" data-domain=domain.clone()>{percent(*h)}</td>
                </tr>
            }
        });
        let loss = |name: String, share: String, loss: f64, interval: &Option<Interval>| {
            view! {
                <tr><th scope="row">{name}</th><td>{share}</td><td class="strong">{format!("{loss:.4}")}</td><td>{range(interval)}</td></tr>
            }
        };
        let losses = computed
            .losses
            .iter()
            .map(|(name, weight, value, interval)| loss(name.clone(), percent(*weight), *value, interval));
        let mean = loss("weighted mean".into(), percent(1.0), computed.weighted_loss, &computed.interval);
        let gains = computed.gains.iter().map(|(name, gain, interval)| {
            view! { <li data-test="gain">{gain_sentence(name, *gain, *interval)}</li> }
        });
        let chosen = if computed.n_candidates > 1 {
            format!("Chosen by validation from {} candidates. ", computed.n_candidates)
        } else {
            String::new()
        };
        let scale = format!("For N = {} and D = {}.", write_count(computed.n, 3), write_count(computed.d, 3));
        Some(view! {
            <section class="verdict-card" aria-labelledby="verdict-heading" data-test="verdict">
                <h3 id="verdict-heading">"How far to trust it"</h3>
                <p data-test="fixed">{chosen}{text::FIXED}</p>
                <ul class="findings" data-test="findings">{computed.findings.iter().map(finding).collect_view()}</ul>
                <ul class="expected">
                    <li data-test="expected-loss">{scale}" Expected loss "<strong>{format!("{:.4}", computed.weighted_loss)}</strong>" nats per token ("{range(&computed.interval)}")"</li>
                    {gains.collect_view()}
                </ul>
            </section>
            <div class="columns">
                <div class="scroll" tabindex="0">
                    <table class="mixture" data-test="optimum">
                        <thead><tr><th scope="col">"Domain"</th><th scope="col">"Optimum"</th></tr></thead>
                        <tbody>{weights.collect_view()}</tbody>
                    </table>
                </div>
                <div class="scroll" tabindex="0">
                    <table class="losses" data-test="losses">
                        <thead><tr>
                            <th scope="col">"Target"</th><th scope="col">"Share"</th>
                            <th scope="col">"Predicted loss"</th><th scope="col">"90 % prediction interval"</th>
                        </tr></thead>
                        <tbody>{losses.collect_view()}{mean}</tbody>
                    </table>
                </div>
            </div>
        })
    }
}

fn finding(finding: &Finding) -> impl IntoView + use<> {
    let Finding { question, grade, sentence } = finding.clone();
    let word = match grade {
        Grade::Green => "good",
        Grade::Amber => "to be weighed",
        Grade::Red => "not to be relied on",
    };
    view! {
        <li class=format!("finding {}", grade.id()) data-test="finding" data-grade=grade.id()>
            <span class="grade" aria-hidden="true">{grade.symbol()}</span>
            <strong>{question}</strong>
            <span class="visually-hidden">" ("{word}"): "</span>
            <span>{sentence}</span>
        </li>
    }
}

/// The loss and what is gained, with their prediction intervals.
fn expected(state: State) -> Option<impl IntoView> {
    let optimum = state.optimum.read();
    let answered = optimum.latest()?;
    let Answered { study, optimum, .. } = &**answered;
    let weights = weighted(study, optimum);
    let interval = study.mean_interval(&weights, Some(optimum.n), Some(optimum.d), &optimum.mixture);
    let range = |interval: Option<Interval>| interval.map_or(text::NO_INTERVAL.to_string(), |it| loss_range(&it));
    let gains = state.comparisons.get().into_iter().map(|one| {
        let interval = gain_interval(study, optimum, &one.compared.mixture);
        view! { <li data-test="gain">{gain_sentence(&one.compared.name, one.gain, interval)}</li> }
    });
    Some(view! {
        <ul class="expected">
            <li data-test="expected-loss">
                "Expected loss "<strong>{format!("{:.4}", optimum.weighted_loss.0)}</strong>" nats per token ("{range(interval)}")"
            </li>
            {gains.collect_view()}
        </ul>
    })
}

/// What was tried, with the errors on runs that were held out, and what each would recommend.
fn candidates(state: State) -> Option<impl IntoView> {
    let shown = state.shown.get()?;
    let rows = candidate_rows(&shown.study);
    let verdict = state.verdict.get().filter(|(of, _)| of.study == shown.study);
    let alternatives = verdict.and_then(|(_, verdict)| verdict.ok()).map_or_else(Vec::new, |it| it.alternatives);
    let row = |row: CandidateRow| {
        let of = alternatives.iter().find(|one| one.name == row.name);
        let (moved, lost) = match of {
            _ if row.is_chosen => ("the mixture below".to_string(), "0".to_string()),
            Some(one) => (format!("{:.1} % of tokens elsewhere", 100.0 * one.moved), format!("{:.4}", one.regret)),
            None => ("–".to_string(), "–".to_string()),
        };
        let mixture = of.map(|one| mixture(&shown.study.domains, &one.mixture));
        let mark = row.is_chosen.then(|| view! { <small>"predicts"</small> });
        view! {
            <tr data-test="candidate" class:chosen=row.is_chosen>
                <th scope="row">{row.name}" "{mark}</th>
                <td>{row.unseen}</td><td>{row.larger}</td><td>{row.regret}</td>
                <td>{moved}{mixture.map(|mixture| view! { <small>{mixture}</small> })}</td><td>{lost}</td>
            </tr>
        }
    };
    (rows.len() > 1).then(|| {
        view! {
            <details class="candidates" data-test="candidates" open>
                <summary>"Candidates"</summary>
                <div class="scroll" tabindex="0">
                    <table>
                        <thead><tr>
                            <th scope="col">"Candidate"</th>
                            <th scope="col">"Error on unseen mixtures"</th>
                            <th scope="col">"Error at larger scale"</th>
                            <th scope="col">"Regret of its choice, nats"</th>
                            <th scope="col">"Would train on"</th>
                            <th scope="col">"This mixture loses against that, nats"</th>
                        </tr></thead>
                        <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
                <p class="help">{text::CANDIDATES_HELP}</p>
            </details>
        }
    })
}

fn mixture(domains: &[String], h: &[f64]) -> String {
    let mut parts: Vec<(&String, f64)> = domains.iter().zip(h.iter().copied()).collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let parts = parts.into_iter().map(|(domain, h)| format!("{domain} {:.0} %", 100.0 * h));
    parts.collect::<Vec<_>>().join(", ")
}
