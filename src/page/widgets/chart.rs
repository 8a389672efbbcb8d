//! A chart that can be read: by pointer and by keys, in words, as a table, and to take away.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use leptos_use_element_size::use_element_size;

use crate::chart::{Layout, Spec, Spot, Step, height_for, nearest, of_line, position, readout, step};
use crate::page::same::Same;
use crate::page::sections::evidence::CHART_HELP;
use crate::page::widgets::canvas::keep_drawn;
use crate::page::widgets::chart_table::ChartTable;
use crate::page::widgets::readout::ReadoutBox;

/// What can be done with an observation, told by its line.
pub type PointAction = fn(usize) -> AnyView;

/// A point that is being read.
#[derive(Clone, PartialEq)]
pub struct Reading {
    /// Of which chart.
    pub spec: Same<Spec>,
    /// Which.
    pub spot: Spot,
    /// Whether it stays when the pointer moves on.
    pub pinned: bool,
    /// Whether keys led to it: a pointer that only rests there, while the page moves under it, does not take it away.
    pub by_keys: bool,
}

impl Reading {
    /// The line of the observation that it is.
    pub fn line(&self) -> Option<usize> {
        readout(&self.spec, self.spot)?.key
    }
}

/// A chart with its read-out, its words and its numbers. Arrow keys walk the points, a click or Enter pins the
/// read-out, Escape closes it.
#[component]
pub fn Chart(
    /// What it shows.
    spec: Memo<Option<Same<Spec>>>,
    /// Its hook for tests.
    name: &'static str,
    /// What else there is to say of an observation, told by its line; nothing by default.
    #[prop(optional)]
    more: Option<Callback<usize, Option<String>>>,
    /// What can be done with an observation; nothing by default.
    #[prop(optional)]
    action: Option<PointAction>,
) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let measured = use_element_size(canvas).width;
    // A canvas out of sight has no width, and keeps its drawing.
    let width = Memo::new(move |before: Option<&f64>| match measured.get() {
        0.0 => before.copied().unwrap_or(0.0),
        width => width,
    });
    let height = move || spec.with(|spec| spec.as_ref().map_or(0.0, |spec| height_for(spec, width.get()))).round();
    keep_drawn(canvas, spec, move || (width.get(), height()));

    let chosen = RwSignal::new(None::<Reading>);
    let layout = Memo::new(move |_| Some(Layout::new(&*spec.get()?, width.get(), height())));
    // A point of the chart before is none of this one. An observation that is pinned is the same; of what is not pinned,
    // what now lies there is read.
    let reading = Memo::new(move |_| {
        let (before, spec) = (chosen.get()?, spec.get()?);
        if before.spec == spec {
            return Some(before);
        }
        let spot = if before.pinned {
            of_line(&spec, before.spot.panel, before.line()?)?
        } else {
            let at = position(&before.spec, &Layout::new(&before.spec, width.get_untracked(), height()), before.spot)?;
            layout.with(|layout| nearest(&spec, layout.as_ref()?, at))?
        };
        Some(Reading { spec, spot, ..before })
    });
    let find = move |x: i32, y: i32| {
        let (spec, at) = (spec.get_untracked()?, (f64::from(x), f64::from(y)));
        let spot = layout.with_untracked(|layout| nearest(&spec, layout.as_ref()?, at))?;
        Some(Reading { spec, spot, pinned: false, by_keys: false })
    };
    // A browser may tell a canvas that it has just removed that the pointer or the focus left it.
    let is_pinned = move || {
        let pinned = reading.try_with_untracked(|reading| reading.as_ref().is_some_and(|reading| reading.pinned));
        pinned.unwrap_or(false)
    };
    let is_by_keys = move || {
        let by_keys = reading.try_with_untracked(|reading| reading.as_ref().is_some_and(|reading| reading.by_keys));
        by_keys.unwrap_or(false)
    };
    let hover = move |event: PointerEvent| {
        let rests = event.movement_x() == 0 && event.movement_y() == 0;
        let stays = is_pinned() || rests && is_by_keys();
        if !stays {
            chosen.set(find(event.offset_x(), event.offset_y()));
        }
    };
    let leave = move || {
        if !is_pinned() {
            chosen.try_set(None);
        }
    };
    let press = move |x: i32, y: i32| {
        // A click on a point that is pinned already closes, whether a click or a key pinned it.
        let before = reading.get_untracked().map(|before| Reading { by_keys: false, ..before });
        let pinned = find(x, y).map(|found| Reading { pinned: true, ..found });
        chosen.set(pinned.filter(|pinned| before.as_ref() != Some(pinned)));
    };
    let walk = move |event: KeyboardEvent| {
        let before = reading.get_untracked();
        let to = |how: Step| {
            let spec = spec.get_untracked()?;
            let spot = step(&spec, before.as_ref().map(|reading| reading.spot), how)?;
            let pinned = before.as_ref().is_some_and(|reading| reading.pinned);
            Some(Reading { spec, spot, pinned, by_keys: true })
        };
        let after = match event.key().as_str() {
            "ArrowRight" => to(Step::Next),
            "ArrowLeft" => to(Step::Previous),
            "ArrowDown" => to(Step::NextSeries),
            "ArrowUp" => to(Step::PreviousSeries),
            "Enter" | " " => {
                let at = before.clone().or_else(|| to(Step::Next));
                at.map(|reading| Reading { pinned: !reading.pinned, by_keys: true, ..reading })
            }
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        chosen.set(after);
    };
    let close = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            chosen.set(None);
            // The focus would be lost with the box that it is in.
            if let Some(canvas) = canvas.get_untracked() {
                canvas.focus().ok();
            }
        }
    };
    let description = move || spec.with(|spec| spec.as_ref().map(|spec| spec.description.clone()));
    view! {
        <div class="chart-view" on:keydown=close>
            <canvas node_ref=canvas role="img" tabindex="0" aria-label=description aria-describedby=CHART_HELP data-test=name
                style:height=move || format!("{}px", height())
                on:pointermove=hover on:pointerleave=move |_| if !is_by_keys() { leave() }
                on:click=move |event| press(event.offset_x(), event.offset_y()) on:keydown=walk on:blur=move |_| leave()></canvas>
            <ReadoutBox reading layout more action/>
        </div>
        <ChartTable spec width/>
    }
}
