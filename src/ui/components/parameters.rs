//! The parameters of one target's fit.

use leptos::prelude::*;

use crate::ui::state::{State, use_state};
use crate::ui::tables::{Heading, ParameterTable, parameter_table};

/// Parameters in natural units: those of the whole law, then those of each domain.
#[component]
pub fn Parameters() -> impl IntoView {
    let state = use_state();
    let table = Memo::new(move |_| of_target(state));
    let caption = move || format!("Parameters of {}", state.target.get().unwrap_or_default());
    move || {
        table.get().map(|table| {
            view! {
                <details class="parameters" open class:stale=state.stale data-test="parameters">
                    <summary>{caption}</summary>
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
    Some(parameter_table(target.fit, &shown.study.domains))
}

fn heading(heading: Heading) -> impl IntoView {
    view! { <i>{heading.letter}</i>{heading.superscript.map(|superscript| view! { <sup>{superscript}</sup> })} }
}

fn scalars(table: &ParameterTable) -> impl IntoView + use<> {
    let cells = table.scalars.iter().cloned();
    let cells = cells.map(|(symbol, value)| view! { <div><dt>{heading(symbol)}</dt><dd>{value}</dd></div> });
    view! { <dl class="scalars">{cells.collect_view()}</dl> }
}

fn by_domain(table: ParameterTable) -> impl IntoView {
    let columns =
        table.columns.into_iter().map(|column| view! { <th scope="col">{heading(column)}<sub>"i"</sub></th> });
    let rows = table.rows.into_iter().map(|(domain, cells)| {
        let cells = cells.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
        view! { <tr><th scope="row">{domain}</th>{cells}</tr> }
    });
    view! {
        <div class="scroll">
            <table>
                <thead><tr><th scope="col">"Domain"</th>{columns.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
