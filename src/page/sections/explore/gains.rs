//! Mixtures beside the optimum.

use std::cell::RefCell;

use leptos::prelude::*;

use crate::page::run::bootstrap::{ComparedRow, compared_rows, losses_sentence, with_share};
use crate::page::store::{AskedOptimum, use_state};
use crate::page::widgets::slider::Slider;
use crate::units::write_percent;
use crate::wording::page as text;

/// What the optimum gains over other mixtures, and a field for one more.
#[component]
pub fn Gains() -> impl IntoView {
    let state = use_state();
    let rows = Memo::new(move |_| {
        let comparisons = state.comparisons.read();
        let typed = state.scenario_input().with(|input| input.compared.clone());
        let n_typed = comparisons.iter().filter(|comparison| typed.contains(&comparison.compared.name)).count();
        // Gains of the mixtures before, while those of a new list are on their way, would stand beside wrong names.
        let certainty = state.certainty.get().filter(|_| state.outcomes.read().are_beside(&state.compared.read()));
        compared_rows(&comparisons, certainty.as_ref(), n_typed)
    });
    let is_old = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    let typed = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let add = move || match state.add_compared(&typed.get_untracked()) {
        Ok(()) => {
            typed.set(String::new());
            error.set(None);
        }
        Err(sentence) => error.set(Some(sentence)),
    };
    view! {
        <section class="compared">
            <h3>"Gain over baselines"</h3>
            <div class="scroll" tabindex="0">
                <table class="comparison" class:stale=is_old data-test="compared">
                    <thead>
                        <tr>
                            <th scope="col">"Compared with"</th>
                            <th scope="col">"Gain, nats"</th>
                            <th scope="col">"90 % prediction interval"</th>
                            <th scope="col"><span class="visually-hidden">"Verdict"</span></th>
                        </tr>
                    </thead>
                    <tbody>{move || rows.get().into_iter().map(|row| compared_row(row, move |name| state.remove_compared(&name))).collect_view()}</tbody>
                </table>
            </div>
            <form class="compare" on:submit=move |event| { event.prevent_default(); add(); }>
                <label class="field">
                    <span>"Your mixture"</span>
                    <input type="text" autocomplete="off" placeholder=text::MIXTURE_EXAMPLE data-test="compare" prop:value=move || typed.get()
                        on:input:target=move |event| typed.set(event.target().value())/>
                </label>
                <button type="submit" data-test="add-compared">"Compare"</button>
            </form>
            {move || error.get().map(|sentence| view! { <p class="error" role="alert" data-test="compare-error">{sentence}</p> })}
            <MixtureSliders/>
        </section>
    }
}

/// The mixture that was typed last, or else one that begins as uniform: a share is moved, the others keep their
/// proportions, and its losses follow.
#[component]
fn MixtureSliders() -> impl IntoView {
    let state = use_state();
    let domains = Memo::new(move |_| state.shown.get().map_or_else(Vec::new, |shown| shown.study.domains.clone()));
    let mixture = move || {
        let k = domains.read().len();
        state.typed_mixture().unwrap_or_else(|| vec![1.0 / k as f64; k])
    };
    let slider = move |(i, domain): (usize, String)| {
        let share = move || mixture().get(i).copied().unwrap_or(0.0);
        let text = move || write_percent(share(), 1);
        // What this slider began with, and where it has brought it: a share that goes to its end and back takes the
        // others along, unless something else has moved them since.
        let moved = RefCell::new((Vec::new(), Vec::new()));
        let slide = move |share: f64| {
            let mut moved = moved.borrow_mut();
            let now = untrack(mixture);
            if moved.1 != now {
                moved.0 = now;
            }
            state.put_typed_mixture(&with_share(&moved.0, i, share));
            moved.1 = untrack(mixture);
        };
        view! {
            <div>
                <span>{domain.clone()}</span>
                <Slider label=format!("Share of {domain}") name="slide-share" share text write=slide/>
                <output>{text}</output>
            </div>
        }
    };
    let losses = move || {
        state.typed_mixture()?;
        let (optimum, comparisons) = (state.optimum.read(), state.comparisons.read());
        let found = optimum.latest()?;
        Some(losses_sentence(comparisons.last()?, &found.study, found.optimum.n, found.optimum.d))
    };
    view! {
        <details class="sliders" data-test="mixture-sliders">
            <summary>"Your mixture, on sliders"</summary>
            {move || domains.get().into_iter().enumerate().map(slider).collect_view()}
            <p class="note" data-test="slid-losses">{losses}</p>
        </details>
    }
}

fn compared_row(row: ComparedRow, remove: impl Fn(String) + 'static) -> impl IntoView {
    let ComparedRow { name, gain, predicted, interval, verdict, breach, typed } = row;
    let bootstrap = interval.map(|interval| view! { <small class="interval">"bootstrap: "{interval}</small> });
    let button = typed.map(|_| {
        let (label, name) = (format!("Remove {name}"), name.clone());
        view! { <button type="button" class="small" aria-label=label on:click=move |_| remove(name.clone())>"Remove"</button> }
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="strong">{gain}</td>
            <td data-test="gain-prediction">{predicted.unwrap_or_else(|| "–".to_string())}{bootstrap}</td>
            <td>{verdict}" "{breach}" "{button}</td>
        </tr>
    }
}
