//! What a first visitor sees above the example's answer: that it is an example, and how to put one's own runs in its place.

use leptos::prelude::*;

use crate::page::input::draft::Origin;
use crate::page::sections::data::file_picker::FilePicker;
use crate::page::store::use_state;
use crate::sample;
use crate::wording::page as text;

/// The banner of an example; nothing above the user's own runs.
#[component]
pub fn Intro() -> impl IntoView {
    let state = use_state();
    let example = Memo::new(move |_| match state.source.read().origin {
        Origin::Sample(id) if !state.from_link() => Some(id),
        _ => None,
    });
    move || {
        let sample = sample::sample(example.get()?)?;
        Some(view! {
            <aside class="intro" aria-label="Example" data-test="example">
                <div>
                    <p class="example" data-test="example-label">
                        <strong>"Example (synthetic): "{sample.title}". Paste your runs to replace it, anywhere on this page."</strong>" "
                        <span>{text::COLUMNS_NEEDED}</span>
                    </p>
                    <details class="about-example"><summary>"About this example"</summary><p class="help">{sample.about}</p></details>
                </div>
                <div class="paste-target">
                    // A phone has no key to paste with.
                    <textarea class="table-text" rows="1" data-test="paste-here" aria-label="Paste your runs here" placeholder="Paste your runs here"
                        on:change:target=move |event| {
                            let text = event.target().value();
                            if !text.trim().is_empty() {
                                state.take_text(&text);
                            }
                        }></textarea>
                    <FilePicker/>
                </div>
            </aside>
        })
    }
}
