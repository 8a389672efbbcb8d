//! Mixtures beside the optimum.

use leptos::prelude::*;

use crate::ui::state::use_state;
use crate::ui::sure::{ComparedRow, compared_rows};
use crate::ui::text;

/// What the optimum gains over other mixtures, and a field for one more.
#[component]
pub fn Compared() -> impl IntoView {
    let state = use_state();
    let rows = Memo::new(move |_| {
        let comparisons = state.about.with(|about| about.comparisons.clone());
        let typed = state.scenario_input().with(|input| input.compared.clone());
        let n_typed = comparisons.iter().filter(|comparison| typed.contains(&comparison.compared.name)).count();
        // Gains of the mixtures before, while those of a new list are on their way, would stand beside wrong names.
        let certainty = state.certainty.get().filter(|certainty| certainty.gains.len() == comparisons.len());
        compared_rows(&comparisons, certainty.as_ref(), n_typed)
    });
    // Those of the optimum before stay until the new ones are there, faded.
    let is_old = move || state.about.with(|about| about.of.as_ref() != state.optimum.read().latest());
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
            <h3>"What it gains"</h3>
            <div class="scroll" tabindex="0">
                <table class="comparison" class:stale=is_old data-test="compared">
                    <thead>
                        <tr>
                            <th scope="col">"Compared with"</th>
                            <th scope="col">"Gain, nats"</th>
                            <th scope="col">"90 % interval"</th>
                            <th scope="col"><span class="visually-hidden">"Verdict"</span></th>
                        </tr>
                    </thead>
                    <tbody>{move || rows.get().into_iter().map(|row| compared_row(row, move |name| state.remove_compared(&name))).collect_view()}</tbody>
                </table>
            </div>
            <form class="compare" on:submit=move |event| { event.prevent_default(); add(); }>
                <label class="field">
                    <span>"Another mixture"</span>
                    <input type="text" autocomplete="off" placeholder=text::MIXTURE_EXAMPLE data-test="compare" prop:value=move || typed.get()
                        on:input:target=move |event| typed.set(event.target().value())/>
                </label>
                <button type="submit" data-test="add-compared">"Compare"</button>
            </form>
            {move || error.get().map(|sentence| view! { <p class="error" role="alert" data-test="compare-error">{sentence}</p> })}
        </section>
    }
}

fn compared_row(row: ComparedRow, remove: impl Fn(String) + 'static) -> impl IntoView {
    let ComparedRow { name, gain, interval, verdict, typed } = row;
    let button = typed.map(|_| {
        let (label, name) = (format!("Remove {name}"), name.clone());
        view! { <button type="button" class="small" aria-label=label on:click=move |_| remove(name.clone())>"Remove"</button> }
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="strong">{gain}</td>
            <td>{interval.unwrap_or_else(|| "–".to_string())}</td>
            <td>{verdict}" "{button}</td>
        </tr>
    }
}
