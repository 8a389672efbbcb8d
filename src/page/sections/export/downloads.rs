//! Files of what is on show.

use leptos::prelude::*;

use crate::export::{FORMATS, Format, Part};
use crate::page::store::use_state;
use crate::wording::page as text;

/// A button with a line of help for each format, and for the project.
#[component]
pub fn Downloads() -> impl IntoView {
    let state = use_state();
    let button = move |format: &'static Format| {
        let id = format!("download-{}", format.id);
        view! {
            <li>
                <button type="button" data-test=id on:click=move |_| state.save(format)>{format.label}</button>
                <small class="help">{format.help}</small>
            </li>
        }
    };
    let part = move |title: &'static str, part: Part| {
        let buttons = FORMATS.iter().filter(|format| format.part == part).map(button).collect_view();
        view! { <h4>{title}</h4><ul class="downloads">{buttons}</ul> }
    };
    view! {
        <section class="files">
            <h3>"Files"</h3>
            <ul class="downloads">
                <li>
                    <button type="button" data-test="download-project" on:click=move |_| state.save_project()>"Project"</button>
                    <small class="help">{text::PROJECT_HELP}</small>
                </li>
            </ul>
            {part("The mixture", Part::Mixture)}
            {part("The fits", Part::Fits)}
            <p class="status" role="status" data-test="saved">{state.saved}</p>
        </section>
    }
}
