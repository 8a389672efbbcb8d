//! The loss over N and D, and the best scale by compute, where there is no mixture to choose.

use leptos::prelude::*;

use crate::chart::{Isoloss, isoloss};
use crate::mixture::{AtScale, best_scale, frontier, loss_at};
use crate::page::same::Same;
use crate::page::store::use_state;
use crate::page::view::answer::loss;
use crate::page::widgets::chart::Chart;
use crate::units::{write_count, write_number};
use crate::wording::page as text;

/// The map and the table.
#[component]
pub fn ScaleMap() -> impl IntoView {
    let state = use_state();
    let scales = Memo::new(move |_| {
        let (study, scenario) = (state.shown.get()?.study, state.scenario.get()?.ok()?);
        let answer = best_scale(&study, &scenario).ok()?;
        Some((frontier(&study, &scenario), answer))
    });
    let spec = Memo::new(move |_| {
        let (study, scenario) = (state.shown.get()?.study, state.scenario.get()?.ok()?);
        let scales = scales.read();
        let (frontier, answer) = scales.as_ref()?;
        let runs = state.runs.get();
        let at = loss_at(&study, &scenario).ok()?;
        isoloss(&Isoloss { runs: runs.as_deref(), frontier, answer }, at).map(Same::new)
    });
    let rows = move || scales.read().iter().flat_map(|(frontier, _)| frontier).map(row).collect_view();
    let has_rows = move || scales.read().as_ref().is_some_and(|(frontier, _)| !frontier.is_empty());
    view! {
        <div class="columns" class:stale=state.stale>
            <Show when=move || spec.read().is_some()>
                <figure class="chart">
                    <figcaption>"Loss over model size and tokens"</figcaption>
                    <p class="help chart-help">{text::CHART_HELP}</p>
                    <Chart spec name="chart-isoloss"/>
                </figure>
            </Show>
            <Show when=has_rows>
                <section class="chart">
                    <h3>"Best scale by compute"</h3>
                    <p class="help">{text::FRONTIER_HELP}</p>
                    <div class="scroll" tabindex="0">
                        <table data-test="frontier">
                            <thead><tr>
                                <th scope="col">"FLOPs"</th><th scope="col">"N"</th><th scope="col">"D"</th>
                                <th scope="col">"D / N"</th><th scope="col">"Loss, nats"</th><th scope="col">"90 % prediction interval"</th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </section>
            </Show>
        </div>
    }
}

fn row(at: &AtScale) -> impl IntoView + use<> {
    let expected = loss(at.weighted_loss.0, at.weighted_interval);
    let (n, d) = (at.n.0, at.d.0);
    view! {
        <tr>
            <th scope="row">{write_number(6.0 * n * d, 2)}</th>
            <td>{write_count(n, 3)}</td><td>{write_count(d, 3)}</td><td>{write_number(d / n, 3)}</td>
            <td class="strong">{expected.value}</td><td>{expected.interval}</td>
        </tr>
    }
}
