//! Two fits or two scenarios beside each other.

use gloo_file::futures::read_as_text;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::page::browser::dom;
use crate::page::store::{Beside, use_state};
use crate::page::view::compare::{SideBySide, SideRow, side_by_side};
use crate::page::widgets::chart::Chart;
use crate::wording::page as text;

/// The fifth panel: what is on show can be kept, a link pasted or a fit file chosen; then both stand side by side.
#[component]
pub fn Compare() -> impl IntoView {
    let state = use_state();
    let beside = Memo::new(move |_| state.beside());
    let sides = Memo::new(move |_| beside.get().and_then(Result::ok));
    let refused = move || {
        let sentence = beside.get().and_then(Result::err);
        sentence.map(|sentence| view! { <p class="error" role="alert" data-test="other-error">{sentence}</p> })
    };
    let cannot_keep = move || state.is_fixed() || !matches!(*state.scenario.read(), Some(Ok(_)));
    let choose = move |file: web_sys::File| {
        spawn_local(async move {
            match read_as_text(&gloo_file::File::from(file)).await {
                Ok(text) => state.take_other(&text),
                Err(_) => state.other.set(Some(Err(text::UNREADABLE_FILE.to_string()))),
            }
        });
    };
    view! {
        <section id="compare" class="compare-studies" aria-labelledby="compare-heading"><h3 id="compare-heading">"Compare fits and scenarios"</h3>
            <p class="help">{text::COMPARE_HELP}</p>
            <div class="share-row">
                <button type="button" data-test="keep" disabled=cannot_keep on:click=move |_| state.keep_to_compare()>"Pin for comparison"</button>
                <input type="text" aria-label="Another link" placeholder="or another link: https://…#1.z.…" autocomplete="off" data-test="other-link"
                    on:input:target=move |event| state.take_other(&event.target().value())/>
                <label class="button">
                    "Choose a fit file"
                    <input class="visually-hidden" type="file" accept=".json,application/json" data-test="other-file"
                        on:change:target=move |event| dom::take_files(&event.target()).into_iter().for_each(choose)/>
                </label>
                <button type="button" data-test="forget-other" disabled=move || state.other.read().is_none() on:click=move |_| state.forget_other()>
                    "Remove"
                </button>
            </div>
            {refused}
            <Show when=move || sides.read().is_some()><Sides sides/></Show>
        </section>
    }
}

/// Chart and tables.
#[component]
fn Sides(
    /// What stands beside each other.
    sides: Memo<Option<Beside>>,
) -> impl IntoView {
    let with_alike = RwSignal::new(true);
    let spec = Memo::new(move |_| sides.get()?.chart);
    let sections = move || {
        let sides = sides.get()?;
        let all = side_by_side(&sides.sections, with_alike.get()).into_iter();
        let (folded, open): (Vec<_>, Vec<_>) = all.partition(|section| section.is_folded);
        let open = open.into_iter().map(|part| section(&sides, part)).collect_view();
        let folded = folded.into_iter().map(|part| section(&sides, part)).collect_view();
        Some(view! {
            <div class="columns">{open}</div>
            <details class="folded" data-test="compared-parameters"><summary>"Parameters"</summary><div class="columns">{folded}</div></details>
        })
    };
    view! {
        <Show when=move || spec.read().is_some()>
            <figure class="chart">
                <figcaption>"Both optima"</figcaption>
                <Chart spec name="chart-compared"/>
            </figure>
        </Show>
        <label class="choice">
            <input type="checkbox" data-test="with-alike" prop:checked=move || !with_alike.get()
                on:change:target=move |event| with_alike.set(!event.target().checked())/>
            "Only what differs"
        </label>
        <div data-test="difference">{sections}</div>
    }
}

fn section(sides: &Beside, section: SideBySide) -> impl IntoView + use<> {
    let SideBySide { title, rows, alike, .. } = section;
    let table = (!rows.is_empty()).then(|| table(sides, title.clone(), rows));
    view! { <section class="compared-section"><h3>{title}</h3>{table}<p class="note">{alike}</p></section> }
}

fn table(sides: &Beside, caption: String, rows: Vec<SideRow>) -> impl IntoView + use<> {
    let head = |name: &'static str, title: &str| {
        view! { <th scope="col">{name}<small class="interval">{title.to_string()}</small></th> }
    };
    let rows = rows.into_iter().map(|SideRow { name, cells: [left, right, change], differs }| {
        let row = name.clone();
        view! {
            <tr class:differs=differs data-row=row>
                <th scope="row">{name}</th><td>{left}</td><td>{right}</td><td class="strong">{change}</td>
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0">
            <table class="side-by-side">
                <caption class="visually-hidden">{caption}</caption>
                <thead><tr><td></td>{head("On show", &sides.title)}{head(sides.other, &sides.other_title)}<th scope="col">"Difference"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
