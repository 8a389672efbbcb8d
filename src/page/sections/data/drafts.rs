//! Earlier drafts, to be put back.

use leptos::prelude::*;

use crate::page::input::history::Earlier;
use crate::page::store::{State, use_state};
use crate::wording::page as text;

/// A line for each earlier draft, folded away; they are read once it is open.
#[component]
pub fn Drafts() -> impl IntoView {
    let state = use_state();
    let open = RwSignal::new(false);
    let list = move || {
        let drafts = state.earlier_drafts();
        if drafts.is_empty() {
            return view! { <p class="note">{text::NO_DRAFTS}</p> }.into_any();
        }
        let lines = drafts.into_iter().map(|draft| line(state, draft)).collect_view();
        view! { <ul class="drafts">{lines}</ul> }.into_any()
    };
    view! {
        <details class="folded" data-test="drafts" on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary>"Earlier drafts"</summary>
            <p class="help">{text::DRAFTS_HELP}</p>
            {move || open.get().then(list)}
        </details>
    }
}

fn line(state: State, draft: Earlier) -> impl IntoView {
    let Earlier { key, title, when } = draft;
    let is_read = title.is_some();
    let title = title.unwrap_or_else(|| text::UNREAD_DRAFT.to_string());
    let (restored, forgotten) = (key.clone(), key);
    let act = move |_| if is_read { state.restore_draft(&restored) } else { state.save_stored_draft(&restored) };
    let (button, hook) = if is_read { ("Restore", "restore-draft") } else { ("Save as a file", "save-draft") };
    view! {
        <li>
            <span class="draft-title">{title.clone()}</span>
            <small class="help">{when}</small>
            <button type="button" class="small" data-test=hook aria-label=format!("{button}: {title}") on:click=act>{button}</button>
            <button type="button" class="small" data-test="forget-draft" aria-label=format!("Forget: {title}")
                on:click=move |_| state.forget_draft(&forgotten)>"Forget"</button>
        </li>
    }
}
