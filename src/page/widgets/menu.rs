//! A labelled menu.

use leptos::prelude::*;

/// A menu with its label above it.
#[component]
pub fn Menu(
    /// What stands above it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// Whether it is twice as wide as a field; it is not without it.
    #[prop(optional)]
    wide: bool,
    /// Values and what the menu shows for them.
    options: Vec<(&'static str, &'static str)>,
    /// The chosen value.
    #[prop(into)]
    value: Signal<String>,
    /// Notes what was chosen.
    write: impl Fn(String) + 'static,
) -> impl IntoView {
    let options = options.into_iter().map(|(id, label)| {
        view! { <option value=id prop:selected=move || value.with(|value| value == id)>{label}</option> }
    });
    view! {
        <label class="field" class:wide=wide>
            <span>{label}</span>
            <select data-test=name on:change:target=move |event| write(event.target().value())>{options.collect_view()}</select>
        </label>
    }
}
