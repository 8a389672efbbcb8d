//! The parameters of one target's fit.

use leptos::prelude::*;

use crate::page::store::{State, use_state};
use crate::page::view::tables::{Heading, ParameterTable, Value, parameter_table};

/// Parameters in natural units: those of the whole law, then those of each domain.
#[component]
pub fn Parameters() -> impl IntoView {
    let state = use_state();
    let table = Memo::new(move |_| of_target(state));
    move || {
        table.get().map(|table| {
            let caption = format!("Parameters of {}", table.of);
            view! {
                <details class="parameters" open class:stale=state.stale data-test="parameters">
                    <summary>{caption}</summary>
                    {table.units.map(|units| view! { <p class="note">{units}</p> })}
                    {scalars(&table)}
                    {by_domain(table)}
                </details>
            }
        })
    }
}

fn of_target(state: State) -> Option<ParameterTable> {
    let shown = state.shown.get()?;
    let name = state.target.get()?;
    let target = shown.study.targets().find(|target| target.name == name)?;
    let fit_idx = shown.study.fits.iter().position(|fit| std::ptr::eq(fit, target.fit))?;
    let intervals = state.settled.read().as_ref().map(|run| run.parameters());
    let intervals = intervals.as_ref().and_then(|intervals| intervals.get(fit_idx));
    Some(parameter_table(target, &shown.study.domains, intervals.map(Vec::as_slice)))
}

fn heading(heading: Heading) -> impl IntoView {
    view! { <i>{heading.letter}</i>{heading.superscript.map(|superscript| view! { <sup>{superscript}</sup> })} }
}

fn scalars(table: &ParameterTable) -> impl IntoView + use<> {
    let cells = table.scalars.iter().cloned();
    let cells = cells.map(|(symbol, value)| view! { <div><dt>{heading(symbol)}</dt><dd>{shown(value)}</dd></div> });
    view! { <dl class="scalars" data-test="scalars">{cells.collect_view()}</dl> }
}

fn shown(value: Value) -> impl IntoView {
    let fixed = value.is_fixed.then(|| view! { " "<small class="fixed">"fixed"</small> });
    let interval = value.interval.map(|interval| view! { <small class="interval">{interval}</small> });
    view! { {value.text}{fixed}{interval} }
}

fn by_domain(table: ParameterTable) -> Option<impl IntoView> {
    if table.columns.is_empty() {
        return None;
    }
    let columns =
        table.columns.into_iter().map(|column| view! { <th scope="col">{heading(column)}<sub>"i"</sub></th> });
    let rows = table.rows.into_iter().map(|(domain, cells)| {
        let cells = cells.into_iter().map(|cell| match cell {
            Some(value) => view! { <td>{shown(value)}</td> }.into_any(),
            None => view! { <td>"–"</td> }.into_any(),
        });
        view! { <tr><th scope="row">{domain}</th>{cells.collect_view()}</tr> }
    });
    Some(view! {
        <div class="scroll" tabindex="0">
            <table>
                <thead><tr><th scope="col">"Domain"</th>{columns.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    })
}
