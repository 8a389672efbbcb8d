//! What the words of a table or of some fields mean.

use leptos::prelude::*;

use crate::wording::page::Term;

/// Words with their meaning, folded away.
#[component]
pub fn Explained(
    /// What is explained.
    about: &'static str,
    /// The words.
    terms: &'static [Term],
) -> impl IntoView {
    let term = |(word, meaning): &Term| view! { <div><dt>{*word}</dt><dd>{*meaning}</dd></div> };
    view! {
        <details class="explained">
            <summary>{about}</summary>
            <dl>{terms.iter().map(term).collect_view()}</dl>
        </details>
    }
}
