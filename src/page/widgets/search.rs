//! A field that looks for a domain among many.

use leptos::prelude::*;

use crate::page::view::answer::{is_found, is_searched};

/// The field, from so many names on that it is of use; beside it, how many are found.
#[component]
pub fn Search(
    /// What is looked for.
    query: RwSignal<String>,
    /// What it is looked for in.
    #[prop(into)]
    names: Signal<Vec<String>>,
    /// Its hook for tests.
    name: &'static str,
) -> impl IntoView {
    let is_of_use = Memo::new(move |_| is_searched(names.read().len()));
    let found = move || {
        let (query, names) = (query.read(), names.read());
        let n_found = names.iter().filter(|name| is_found(name, &query)).count();
        (!query.trim().is_empty()).then(|| format!("{n_found} of {}", names.len()))
    };
    view! {
        <Show when=move || is_of_use.get()>
            <div class="search">
                <input type="search" autocomplete="off" aria-label="Find a domain" placeholder="Find a domain" data-test=name
                    prop:value=query on:input:target=move |event| query.set(event.target().value())/>
                <span role="status">{found}</span>
            </div>
        </Show>
    }
}
