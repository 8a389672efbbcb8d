//! Which targets matter how much, and what each mixture gives them.

use leptos::prelude::*;

use crate::page::store::{AskedOptimum, State, use_state};
use crate::page::view::tables::{LossRow, loss_rows};

/// From so many targets on, the table scrolls.
const MANY: usize = 12;

/// A row for each target: its weight to type, its predicted loss at the three mixtures.
#[component]
pub fn LossTable() -> impl IntoView {
    let state = use_state();
    let targets = Memo::new(move |_| {
        let shown = state.shown.get();
        shown
            .map(|shown| shown.study.targets().map(|target| target.name.to_string()).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    let rows = Memo::new(move |_| {
        let optimum = state.optimum.read();
        optimum
            .latest()
            .map(|answered| {
                let certainty = state.certainty.get();
                loss_rows(&answered.study, &answered.scenario, &answered.optimum, certainty.as_ref())
            })
            .unwrap_or_default()
    });
    let waiting = move || matches!(*state.optimum.read(), AskedOptimum::Running(_));
    view! {
        <div class="scroll" class:long=move || MANY < targets.read().len() tabindex="0">
            <table class="losses" data-test="losses">
                <thead>
                    <tr>
                        <th scope="col" rowspan="2">"Target"</th>
                        <th scope="col" colspan="2">"Weight"</th>
                        <th scope="col" colspan="3">"Predicted loss, nats per token, and its 90 % prediction interval"</th>
                    </tr>
                    <tr>
                        <th scope="col">"given"</th><th scope="col">"share"</th>
                        <th scope="col">"optimum"</th><th scope="col">"uniform"</th><th scope="col">"data mean"</th>
                    </tr>
                </thead>
                <tbody class:stale=waiting>
                    <For each=move || targets.get() key=Clone::clone let:target>
                        <LossLine target rows/>
                    </For>
                </tbody>
                <tfoot class:stale=waiting>
                    {move || rows.with(|rows| rows.last().filter(|_| 2 < rows.len()).map(|mean| view! { <tr><th scope="row">{mean.target.clone()}</th><td></td>{cells(mean)}</tr> }))}
                </tfoot>
            </table>
        </div>
    }
}

/// One target's line.
#[component]
fn LossLine(target: String, rows: Memo<Vec<LossRow>>) -> impl IntoView {
    let state: State = use_state();
    let (read, write, find, label) = (target.clone(), target.clone(), target.clone(), format!("Weight of {target}"));
    let row = move || rows.with(|rows| rows.iter().find(|row| row.target == find).map(cells));
    view! {
        <tr>
            <th scope="row">{target.clone()}</th>
            <td>
                <input
                    class="weight"
                    type="text"
                    autocomplete="off"
                    aria-label=label
                    data-test="weight"
                    data-target=target
                    prop:value=move || state.scenario_input().read().weight_text(&read)
                    on:input:target=move |event| {
                        state.scenario_input().update(|input| input.set_weight(&write, event.target().value()))
                    }
                />
            </td>
            {row}
        </tr>
    }
}

fn cells(row: &LossRow) -> impl IntoView + use<> {
    let [optimum, uniform, mean] = row.losses.clone();
    let [of_optimum, of_uniform, of_mean] = row.predicted.clone().map(|interval| {
        interval.map(|interval| view! { <small class="interval" data-test="loss-prediction">{interval}</small> })
    });
    let bootstrap =
        row.interval.clone().map(|interval| view! { <small class="interval">"bootstrap: "{interval}</small> });
    view! {
        <td>{row.share.clone()}</td>
        <td class="strong">{optimum}{of_optimum}{bootstrap}</td>
        <td>{uniform}{of_uniform}</td>
        <td>{mean}{of_mean}</td>
    }
}
