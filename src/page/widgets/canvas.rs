//! A chart on a canvas: sharp at any pixel density, redrawn with size and colours; on paper in the colours of paper.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::{ev, html};
use leptos_use_device_pixel_ratio::use_device_pixel_ratio;
use leptos_use_media_query::use_media_query;
use plotters_canvas::CanvasBackend;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::chart::{Spec, Surface, Theme, draw};
use crate::page::same::Same;
use crate::page::store::use_state;

/// Units of the drawing per device pixel: the backend counts in whole ones, and curves would look jagged.
const GRAIN: f64 = 8.0;

/// Keeps the canvas with the chart, its size in CSS pixels, the screen and its colours.
pub fn keep_drawn(
    canvas: NodeRef<html::Canvas>,
    spec: Memo<Option<Same<Spec>>>,
    size: impl Fn() -> (f64, f64) + Copy + Send + Sync + 'static,
) {
    let ratio = use_device_pixel_ratio();
    let is_dark = use_state().is_dark;
    let is_paper = use_media_query("print");
    Effect::new(move |_| {
        let (size, ratio) = (size(), ratio.get());
        let theme = if is_dark.get() && !is_paper.get() { Theme::DARK } else { Theme::LIGHT };
        if let (Some(canvas), Some(spec)) = (canvas.get(), spec.get()) {
            paint(&canvas, &spec, size, ratio, theme);
        }
    });
    // An effect may run when the paper is printed already.
    let printing = window_event_listener(ev::beforeprint, move |_| {
        untrack(|| {
            if let (Some(canvas), Some(spec)) = (canvas.get(), spec.get()) {
                paint(&canvas, &spec, size(), ratio.get(), Theme::LIGHT);
            }
        });
    });
    on_cleanup(move || printing.remove());
}

/// Draws the chart of that size in CSS pixels, with so many device pixels to each.
pub fn paint(canvas: &HtmlCanvasElement, spec: &Spec, size: (f64, f64), ratio: f64, theme: Theme) {
    let (width, height) = ((size.0 * ratio).round(), (size.1 * ratio).round());
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
