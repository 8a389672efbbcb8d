//! The box beside a point that says what it is.

use leptos::html;
use leptos::prelude::*;

use crate::chart::{Layout, beside, position, readout};
use crate::page::widgets::chart::{PointAction, Reading};

/// A ring around the point that is read, and a box with its numbers that never leaves the figure.
#[component]
pub fn ReadoutBox(
    /// The point.
    reading: Memo<Option<Reading>>,
    /// Where everything lies.
    layout: Memo<Option<Layout>>,
    /// What else there is to say of an observation.
    more: Option<Callback<usize, Option<String>>>,
    /// What can be done with it once it is pinned.
    action: Option<PointAction>,
) -> impl IntoView {
    let element = NodeRef::<html::Div>::new();
    let at = Memo::new(move |_| {
        let reading = reading.get()?;
        layout.with(|layout| position(&reading.spec, layout.as_ref()?, reading.spot))
    });
    // The box is measured once its words stand in it.
    let place = RwSignal::new(None::<(f64, f64)>);
    Effect::new(move |_| {
        // What is pinned has more in it.
        reading.track();
        let (at, figure) = (at.get(), layout.with(|layout| layout.as_ref().map(|layout| layout.size)));
        request_animation_frame(move || {
            // The chart may be gone by then.
            let element = element.try_get_untracked().flatten();
            let size = element.map(|it| (f64::from(it.offset_width()), f64::from(it.offset_height())));
            if let (Some(at), Some(figure), Some(size)) = (at, figure, size) {
                place.try_set(Some(beside(at, figure, size)));
            }
        });
    });
    let moved = |place: Option<(f64, f64)>| place.map(|(x, y)| format!("translate({x:.0}px, {y:.0}px)"));
    let is_pinned = move || reading.read().as_ref().is_some_and(|reading| reading.pinned);
    let words = move || {
        let reading = reading.get()?;
        let readout = readout(&reading.spec, reading.spot)?;
        let more = readout.key.zip(more).and_then(|(key, more)| more.run(key));
        let lines = readout.lines.into_iter().chain(more).map(|line| view! { <li>{line}</li> }).collect_view();
        let title = (!readout.title.is_empty()).then(|| view! { <strong>{readout.title}</strong> });
        Some(view! { {title}<ul>{lines}</ul> })
    };
    // Made once for each observation: what is typed there stays while the chart changes.
    let pinned_line = Memo::new(move |_| reading.get().filter(|reading| reading.pinned)?.line());
    let actions = move || pinned_line.get().zip(action).map(|(line, action)| action(line));
    view! {
        <div class="chart-marker" class:shown=move || at.get().is_some() style:transform=move || moved(at.get())></div>
        <div class="readout" class:shown=move || at.get().is_some() class:pinned=is_pinned node_ref=element data-test="readout"
            style:transform=move || moved(place.get())><div role="status">{words}</div>{actions}</div>
    }
}
