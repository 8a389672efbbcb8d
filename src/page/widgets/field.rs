//! A labelled text field.

use leptos::prelude::*;

/// A text field with its label above it.
#[component]
pub fn Field(
    /// What stands above it.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Its hook for tests.
    name: &'static str,
    /// Whether only digits and a point are typed; letters, too, without it.
    #[prop(optional)]
    decimal: bool,
    /// What it shows.
    value: impl Fn() -> String + Send + 'static,
    /// Notes what was typed.
    write: impl Fn(String) + 'static,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="text"
                inputmode=if decimal { "decimal" } else { "text" }
                autocomplete="off"
                data-test=name
                prop:value=value
                on:input:target=move |event| write(event.target().value())
            />
        </label>
    }
}
