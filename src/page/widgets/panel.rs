//! A step of the page with its heading.

use leptos::prelude::*;

/// A numbered section.
#[component]
pub fn Panel(
    /// Its id, for links within the page and for the style.
    id: &'static str,
    /// Its number in the order of work.
    number: u8,
    /// Its heading.
    title: &'static str,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-heading");
    let labelled_by = heading.clone();
    view! {
        <section id=id class="panel" aria-labelledby=labelled_by>
            <h2 id=heading><span class="panel-number" aria-hidden="true">{number}</span>{title}</h2>
            {children()}
        </section>
    }
}
