//! The mixture, to be pasted where it is needed.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::export::{FORMATS, Format, Part};
use crate::page::browser::dom;
use crate::page::input::section::Section;
use crate::page::store::use_state;
use crate::page::widgets::drop_down::DropDown;
use crate::wording::page as text;

/// Copies the mixture in one of the formats that it is saved in.
#[component]
pub fn CopyMixture() -> impl IntoView {
    let state = use_state();
    let copied = RwSignal::new(None);
    let copy = move |format: &'static Format| {
        let written = match state.write(format) {
            Ok(written) => written,
            Err(sentence) => return state.status.set(sentence),
        };
        let of = state.optimum.read_untracked().latest().cloned();
        let done = dom::copy(&written);
        spawn_local(async move {
            let is_copied = done.await;
            state.status.set(if is_copied { format!("{} copied.", format.label) } else { text::NOT_COPIED.into() });
            copied.try_set(of.filter(|_| is_copied));
        });
    };
    // What was copied is no longer what is on show.
    let label = Signal::derive(move || {
        let is_copied = copied.with(|of| of.is_some() && of.as_ref() == state.optimum.read().latest());
        if is_copied { "Copied" } else { "Copy" }.to_string()
    });
    let mixtures = FORMATS.iter().filter(|format| format.part == Part::Mixture);
    let button = move |format: &'static Format| {
        let name = format!("copy-{}", format.id);
        view! { <button type="button" data-test=name on:click=move |_| copy(format)>{format.label}</button> }
    };
    view! {
        <DropDown label name="copy-mixture">
            {mixtures.map(button).collect_view()}
            <button type="button" data-test="copy-more" on:click=move |_| state.open_section(Section::Export)>"Files and the link …"</button>
        </DropDown>
    }
}
