//! The numbers of a chart as a table, and the chart as files.

use leptos::prelude::*;

use crate::chart::{Spec, Theme, csv, file_stem, height_for, svg, titled};
use crate::page::browser::dom;
use crate::page::same::Same;
use crate::page::store::use_state;
use crate::page::widgets::canvas::paint;

/// Rows of the table; the rest is only counted.
const MOST_ROWS: usize = 200;
/// Pixels of a picture per CSS pixel.
const RATIOS: [u32; 3] = [1, 2, 3];

/// What stands below a chart.
#[component]
pub fn ChartTable(
    /// The chart.
    spec: Memo<Option<Same<Spec>>>,
    /// Its width on the screen, which pictures have as well.
    width: Memo<f64>,
) -> impl IntoView {
    let save = move |save: fn(&Spec, f64)| {
        move |_| {
            if let Some(spec) = spec.get_untracked() {
                save(&spec, width.get_untracked());
            }
        }
    };
    let state = use_state();
    let png = move |ratio: u32| {
        view! {
            <button type="button" class="small" data-test=format!("save-png-{ratio}") on:click=move |_| {
                if let Some(spec) = spec.get_untracked() {
                    let link = untrack(|| state.share_url()).and_then(Result::ok);
                    save_png(&spec, width.get_untracked(), ratio, link.as_deref());
                }
            }>{format!("PNG {ratio}×")}</button>
        }
    };
    // A closed table costs nothing.
    let open = RwSignal::new(false);
    view! {
        <details class="chart-numbers" on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary>"Numbers and files"</summary>
            <div class="actions">
                {RATIOS.map(png).collect_view()}
                <button type="button" class="small" data-test="save-svg" on:click=save(save_svg)>"SVG"</button>
                <button type="button" class="small" data-test="save-csv" on:click=save(save_csv)>"CSV"</button>
            </div>
            {move || spec.get().filter(|_| open.get()).map(|spec| numbers(&spec))}
        </details>
    }
}

/// As on white paper, whatever the colours of the page, and with the link to what is on show.
fn save_png(spec: &Spec, width: f64, ratio: u32, link: Option<&str>) {
    let name =
        if ratio == 1 { format!("{}.png", file_stem(spec)) } else { format!("{}-{ratio}x.png", file_stem(spec)) };
    if let Some(canvas) = dom::new_canvas() {
        let spec = titled(spec);
        paint(&canvas, &spec, (width, height_for(&spec, width)), ratio.into(), Theme::LIGHT);
        dom::download_canvas(&canvas, &name, link);
    }
}

fn save_svg(spec: &Spec, width: f64) {
    dom::download(&format!("{}.svg", file_stem(spec)), &svg(spec, width));
}

fn save_csv(spec: &Spec, _: f64) {
    dom::download(&format!("{}.csv", file_stem(spec)), &csv(spec));
}

fn numbers(spec: &Spec) -> impl IntoView + use<> {
    let (header, rows) = &*spec.table;
    let header = header.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect_view();
    let n_more = rows.len().saturating_sub(MOST_ROWS);
    let rows = rows.iter().take(MOST_ROWS).map(|row| {
        let cells = row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="scroll chart-data" tabindex="0">
            <table><thead><tr>{header}</tr></thead><tbody>{rows.collect_view()}</tbody></table>
            {(!spec.left_out.is_empty()).then(|| view! { <p class="note">{spec.left_out.clone()}</p> })}
            {(n_more > 0).then(|| view! { <p class="note">{format!("and {n_more} more")}</p> })}
        </div>
    }
}
