//! The optimum beside uniform and the data's mean mixture.

use leptos::prelude::*;

use crate::ui::state::{AskedOptimum, use_state};
use crate::ui::tables::{MixtureRow, mixture_rows};

/// A row for each domain, with bars on one scale.
#[component]
pub fn MixtureTable() -> impl IntoView {
    let state = use_state();
    let rows = move || {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        Some(mixture_rows(&answered.optimum, &answered.study.domains, &answered.study.summary))
    };
    let waiting = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    move || {
        rows().map(|rows| {
            let widest = rows.iter().flat_map(|row| row.shares).fold(0.0, f64::max);
            view! {
                <div class="scroll">
                <table class="mixture" class:stale=waiting data-test="optimum">
                    <thead>
                        <tr>
                            <th scope="col">"Domain"</th>
                            <th class="bars-heading" aria-hidden="true"></th>
                            <th scope="col"><span class="swatch optimum" aria-hidden="true"></span>"Optimum"</th>
                            <th scope="col"><span class="swatch uniform" aria-hidden="true"></span>"Uniform"</th>
                            <th scope="col"><span class="swatch mean" aria-hidden="true"></span>"Data mean"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|row| mixture_row(row, widest)).collect_view()}</tbody>
                </table>
                </div>
            }
        })
    }
}

fn mixture_row(row: MixtureRow, widest: f64) -> impl IntoView {
    let bars = ["bar optimum", "bar uniform", "bar mean"].into_iter().zip(row.shares);
    let bars = bars.map(|(class, share)| {
        view! { <span class=class style:width=format!("{:.2}%", 100.0 * share / widest.max(f64::MIN_POSITIVE))></span> }
    });
    let cells = [row.percent(0), row.percent(1), row.percent(2)];
    let [optimum, uniform, mean] = cells;
    view! {
        <tr>
            <th scope="row">
                {row.domain.clone()}
                {row.outside.map(|sentence| view! { <small class="outside">{sentence}</small> })}
            </th>
            <td class="bars" aria-hidden="true">{bars.collect_view()}</td>
            <td class="strong" data-test="optimum-weight" data-domain=row.domain>{optimum}</td>
            <td>{uniform}</td>
            <td>{mean}</td>
        </tr>
    }
}
