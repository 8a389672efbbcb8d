//! A chart on a canvas: sharp at any pixel density, redrawn with size and colours, with its words and its numbers.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_use_device_pixel_ratio::use_device_pixel_ratio;
use leptos_use_element_size::use_element_size;
use leptos_use_media_query::use_media_query;
use plotters_canvas::CanvasBackend;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::chart::{Spec, Surface, Theme, draw};

/// Rows of the table beneath; the rest is only counted.
const MOST_ROWS: usize = 200;

/// A chart with its text alternative and a table of the same numbers.
#[component]
pub fn Chart(
    /// What it shows.
    spec: Memo<Option<Spec>>,
    /// Its hook for tests.
    name: &'static str,
) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let size = use_element_size(canvas);
    let ratio = use_device_pixel_ratio();
    let is_dark = use_media_query("(prefers-color-scheme: dark)");
    Effect::new(move |_| {
        let (width, height, ratio) = (size.width.get(), size.height.get(), ratio.get());
        let theme = if is_dark.get() { Theme::DARK } else { Theme::LIGHT };
        if let (Some(canvas), Some(spec)) = (canvas.get(), spec.get()) {
            paint(&canvas, &spec, (width * ratio).round(), (height * ratio).round(), ratio, theme);
        }
    });
    let description = move || spec.with(|spec| spec.as_ref().map(|spec| spec.description.clone()));
    view! {
        <canvas node_ref=canvas role="img" aria-label=description data-test=name></canvas>
        <details class="chart-numbers">
            <summary>"These numbers as a table"</summary>
            {move || spec.with(|spec| spec.as_ref().map(numbers))}
        </details>
    }
}

/// Units of the drawing per device pixel: the backend counts in whole ones, and curves would look jagged.
const GRAIN: f64 = 8.0;

fn paint(canvas: &HtmlCanvasElement, spec: &Spec, width: f64, height: f64, ratio: f64, theme: Theme) {
    if width < 1.0 || height < 1.0 {
        return;
    }
    // Setting the size also clears it and takes back the scale.
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let scaled = context.is_some_and(|context| context.scale(1.0 / GRAIN, 1.0 / GRAIN).is_ok());
    if let Some(mut backend) = CanvasBackend::with_canvas_object(canvas.clone()).filter(|_| scaled) {
        let surface =
            Surface { width: width * GRAIN, height: height * GRAIN, ratio: ratio * GRAIN, grain: GRAIN, theme };
        // A canvas that cannot be drawn on stays empty; its words and its table are there all the same.
        draw(spec, &mut backend, surface).ok();
    }
}

fn numbers(spec: &Spec) -> impl IntoView + use<> {
    let (header, rows) = &spec.table;
    let header = header.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect_view();
    let n_more = rows.len().saturating_sub(MOST_ROWS);
    let rows = rows.iter().take(MOST_ROWS).map(|row| {
        let cells = row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="scroll chart-data">
            <table><thead><tr>{header}</tr></thead><tbody>{rows.collect_view()}</tbody></table>
            {(n_more > 0).then(|| view! { <p class="note">{format!("and {n_more} more")}</p> })}
        </div>
    }
}
