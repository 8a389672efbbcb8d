//! Files and samples.

use gloo_file::futures::read_as_bytes;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::import::MAX_BYTES;
use crate::page::browser::dom;
use crate::page::input::draft::Origin;
use crate::page::store::{State, use_state};
use crate::sample::{SAMPLES, sample};

/// Reads chosen or dropped files into the table's place; several are tables to be joined.
pub fn take_files(state: State, files: Vec<web_sys::File>) {
    let files: Vec<gloo_file::File> = files.into_iter().map(gloo_file::File::from).collect();
    let size: u64 = files.iter().map(|file| file.size()).sum();
    let name = files.iter().map(|file| file.name()).collect::<Vec<_>>().join(" and ");
    if size > MAX_BYTES as u64 {
        let sentence = format!("{} MB; up to {} MB can be read", size / 1_000_000, MAX_BYTES / 1_000_000);
        state.refuse_file(&name, &sentence);
        return;
    }
    spawn_local(async move {
        let mut all = Vec::new();
        for file in &files {
            match read_as_bytes(file).await {
                Ok(bytes) => all.push((file.name(), bytes)),
                Err(_) => {
                    return state.refuse_file(&file.name(), "the browser could not read this file; choose it again");
                }
            }
        }
        state.take_bytes(&all);
    });
}

/// Choose a file, or begin with a sample.
#[component]
pub fn FilePicker() -> impl IntoView {
    let state = use_state();
    let shown = move || match state.source.read().origin {
        Origin::Sample(id) => id,
        Origin::Own => "",
    };
    let take = move |id: &str| {
        if let Some(sample) = sample(id) {
            state.take_sample(sample);
        }
    };
    let options = SAMPLES.iter().map(|sample| view! { <option value=sample.id>{sample.title}</option> }).collect_view();
    view! {
        <div class="actions">
            <label class="button">
                "Choose files"
                <input
                    class="visually-hidden"
                    type="file"
                    multiple
                    accept=".csv,.tsv,.txt,.json,.jsonl,.md,.tex,.png,text/*,application/json"
                    data-test="file"
                    on:change:target=move |event| {
                        let files = dom::take_files(&event.target());
                        if !files.is_empty() {
                            take_files(state, files);
                        }
                    }
                />
            </label>
            <label class="samples">
                <span class="visually-hidden">"Begin with a sample"</span>
                <select data-test="samples" prop:value=shown on:change:target=move |event| take(&event.target().value())>
                    <option value="">"Begin with a sample …"</option>
                    {options}
                </select>
            </label>
        </div>
        {move || state.file_error.get().map(|sentence| view! { <p class="error" data-test="file-error">{sentence}</p> })}
    }
}
