//! The optimum beside uniform and the data's mean mixture.

use leptos::prelude::*;

use crate::fit::Interval;
use crate::mixture::DEFAULT_EPSILON;
use crate::page::store::{AskedOptimum, use_state};
use crate::page::view::tables::{MixtureRow, mixture_rows, weight_range};

/// A row for each domain.
#[component]
pub fn MixtureTable() -> impl IntoView {
    let state = use_state();
    let rows = move || {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        let about = state.about.read();
        let near = about.near.as_deref().filter(|_| about.of.as_ref() == Some(answered));
        let certainty = state.certainty.get();
        Some(mixture_rows(
            &answered.optimum,
            &answered.study.domains,
            &answered.study.summary,
            near,
            certainty.as_ref(),
        ))
    };
    let waiting = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    move || {
        rows().map(|rows| {
            let within = format!("Within {} % of the best loss", 100.0 * DEFAULT_EPSILON);
            let sure = rows.iter().any(|row| row.interval.is_some());
            view! {
                <div class="scroll" tabindex="0">
                <table class="mixture" class:stale=waiting data-test="optimum">
                    <thead>
                        <tr>
                            <th scope="col">"Domain"</th>
                            <th scope="col">"Optimum"</th>
                            <th scope="col">{within}</th>
                            {sure.then(|| view! { <th scope="col">"Bootstrap, 90 % interval"</th> })}
                            <th scope="col">"Uniform"</th>
                            <th scope="col">"Data mean"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|row| mixture_row(row, sure)).collect_view()}</tbody>
                </table>
                </div>
            }
        })
    }
}

fn mixture_row(row: MixtureRow, sure: bool) -> impl IntoView {
    let text = |range: Option<Interval>| range.map_or("…".to_string(), |range| weight_range(&range));
    let (near, interval) = (text(row.near), text(row.interval));
    let cells = [row.percent(0), row.percent(1), row.percent(2)];
    let [optimum, uniform, mean] = cells;
    view! {
        <tr>
            <th scope="row">
                {row.domain.clone()}
                {row.outside.map(|sentence| view! { <small class="outside">{sentence}</small> })}
            </th>
            <td class="strong" data-test="optimum-weight" data-domain=row.domain>{optimum}</td>
            <td data-test="near">{near}</td>
            {sure.then(|| view! { <td data-test="interval">{interval}</td> })}
            <td>{uniform}</td>
            <td>{mean}</td>
        </tr>
    }
}
