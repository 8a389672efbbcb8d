//! Which targets are fitted.

use leptos::prelude::*;

use crate::page::store::use_state;

/// A box to tick for each target, folded away.
#[component]
pub fn TargetChoice() -> impl IntoView {
    let state = use_state();
    let targets = Memo::new(move |_| {
        state.data.with(|data| data.as_ref().map(|data| data.dataset.targets().to_vec()).unwrap_or_default())
    });
    let n_chosen = move || {
        let excluded = state.excluded.read();
        targets.read().iter().filter(|target| !excluded.contains(target)).count()
    };
    let toggle = move |target: &str, chosen: bool| {
        state.excluded.update(|excluded| {
            excluded.retain(|name| name != target);
            if !chosen {
                excluded.push(target.to_string());
            }
        });
    };
    let target_box = move |target: String| {
        let name = target.clone();
        let excluded = target.clone();
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    prop:checked=move || !state.excluded.read().contains(&excluded)
                    on:change:target=move |event| toggle(&name, event.target().checked())
                />
                {target}
            </label>
        }
    };
    view! {
        <details class="folded" data-test="targets">
            <summary>{move || format!("Targets: {} of {}", n_chosen(), targets.read().len())}</summary>
            <fieldset class="choices">
                <legend class="visually-hidden">"Targets to fit"</legend>
                <For each=move || targets.get() key=Clone::clone children=target_box/>
            </fieldset>
        </details>
    }
}
