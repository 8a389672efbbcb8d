//! The optimum followed along a path: a chart and its numbers.

use leptos::prelude::*;

use crate::page::run::path::{PathRow, PathTable, PathWeight, path_chart, path_table};
use crate::page::same::Same;
use crate::page::store::{AskedPath, PathKind, use_state};
use crate::page::widgets::chart::Chart;
use crate::page::widgets::field::Field;
use crate::units::{Decimal, read_number};

/// The menu of paths and the chosen one's table.
#[component]
pub fn Path() -> impl IntoView {
    let state = use_state();
    let choose = move |id: String| state.path_kind.set(PathKind::ALL.into_iter().find(|kind| kind.id() == id));
    let options = PathKind::ALL.map(|kind| {
        let selected = move || state.path_kind.get() == Some(kind);
        view! { <option value=kind.id() prop:selected=selected>{kind.label()}</option> }
    });
    let is_scale = move || state.path_kind.get() == Some(PathKind::Scale);
    let path = move || match state.path.get() {
        AskedPath::Done(answered, _) if !state.shows(&answered.study) => AskedPath::Idle,
        path => path,
    };
    let spec = Memo::new(move |_| match path() {
        AskedPath::Done(answered, reply) => {
            path_chart(&reply, &answered.study, state.spread.read().along(&reply)).map(Same::new)
        }
        _ => None,
    });
    let carried = Memo::new(move |_| {
        let spread = state.spread.read();
        spread.is_running().then(|| format!("{} of {} replicates followed", spread.known.len(), spread.n_asked))
    });
    let number = |text: &str| read_number(text, Decimal::Point).ok();
    view! {
        <section class="path">
            <h3>"Optimum against scale and priors"</h3>
            <div class="fields">
                <label class="field wide">
                    <span>"Follow the optimum"</span>
                    <select data-test="path" on:change:target=move |event| choose(event.target().value())>
                        <option value="" prop:selected=move || state.path_kind.get().is_none()>"no path"</option>
                        {options.collect_view()}
                    </select>
                </label>
                <Show when=is_scale>
                    <Field label="N grows by" name="grow-n" decimal=true value=move || state.growth.read().n.to_string()
                        write=move |text| if let Some(n) = number(&text) { state.growth.update(|growth| growth.n = n) }/>
                    <Field label="D grows by" name="grow-d" decimal=true value=move || state.growth.read().d.to_string()
                        write=move |text| if let Some(d) = number(&text) { state.growth.update(|growth| growth.d = d) }/>
                    <Field label="Steps" name="steps" decimal=true value=move || state.growth.read().steps.to_string()
                        write=move |text| if let Ok(steps) = text.trim().parse() { state.growth.update(|growth| growth.steps = steps) }/>
                </Show>
            </div>
            <Show when=move || spec.read().is_some()>
                <figure class="chart wide"><Chart spec name="chart-path"/></figure>
            </Show>
            <Show when=move || carried.read().is_some()>
                <p class="note">{carried}" "<button type="button" class="small" on:click=move |_| state.stop_spread()>"Stop"</button></p>
            </Show>
            {move || match path() {
                AskedPath::Idle => ().into_any(),
                AskedPath::Running => view! { <p class="note">"Following …"</p> }.into_any(),
                AskedPath::Failed(sentence) => view! { <p class="error" role="alert" data-test="path-error">{sentence}</p> }.into_any(),
                AskedPath::Done(answered, reply) => match path_table(&reply, &answered.study, state.spread.read().along(&reply)) {
                    Ok(table) => shown(table).into_any(),
                    Err(sentence) => view! { <p class="note" data-test="path-error">{sentence}</p> }.into_any(),
                },
            }}
        </section>
    }
}

fn shown(table: PathTable) -> impl IntoView {
    let PathTable { header, rows, notes, stays } = table;
    let columns = header.len();
    let header = header.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view();
    let rows = rows.into_iter().map(|row| match row {
        PathRow::Weights { name, weights, last } => {
            let cells = weights.into_iter().map(|PathWeight { text, interval }| {
                let interval = interval.map(|text| view! { <small class="interval">{text}</small> });
                view! { <td>{text}{interval}</td> }
            });
            view! { <tr><th scope="row">{name}</th>{cells.collect_view()}{last.map(|text| view! { <td>{text}</td> })}</tr> }
                .into_any()
        }
        PathRow::None { name, sentence } => {
            view! { <tr><th scope="row">{name}</th><td class="error" colspan=columns - 1>{sentence}</td></tr> }.into_any()
        }
    });
    let table = view! {
        <div class="scroll" tabindex="0">
            <table data-test="path-table"><thead><tr>{header}</tr></thead><tbody>{rows.collect_view()}</tbody></table>
        </div>
    };
    let notes = notes.into_iter().map(|note| view! { <p class="note" data-test="path-note">{note}</p> }).collect_view();
    if stays {
        view! { {notes}<details><summary>"Numbers"</summary>{table}</details> }.into_any()
    } else {
        view! { {table}{notes} }.into_any()
    }
}
