//! Hold-out, starts, seed and δ.

use leptos::prelude::*;

use crate::dataset::Holdout;
use crate::ui::settings::Settings;
use crate::ui::state::use_state;
use crate::ui::text::holdout_label;

/// The options of a fit, folded away.
#[component]
pub fn FitSettings() -> impl IntoView {
    let state = use_state();
    let holdouts = Holdout::ALL.into_iter().map(|holdout| {
        let selected = move || state.settings.read().holdout == holdout.id();
        view! { <option value=holdout.id() prop:selected=selected>{holdout_label(holdout)}</option> }
    });
    let choose = move |id: String| state.settings.update(|settings| settings.holdout = id);
    view! {
        <details class="folded" data-test="options">
            <summary>"Options: hold-out, starts, seed, δ"</summary>
            <div class="fields">
                <label class="field wide">
                    <span>"Held out"</span>
                    <select data-test="holdout" on:change:target=move |event| choose(event.target().value())>
                        {holdouts.collect_view()}
                    </select>
                </label>
                <Field label="Starts" name="starts" read=|settings| settings.starts.clone() write=|settings, text| settings.starts = text/>
                <Field label="Seed" name="seed" read=|settings| settings.seed.clone() write=|settings, text| settings.seed = text/>
                <Field label="Huber δ, nats" name="delta" read=|settings| settings.delta.clone() write=|settings, text| settings.delta = text/>
            </div>
        </details>
    }
}

/// A field for one setting.
#[component]
fn Field(
    /// What stands above it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// Reads the setting.
    read: fn(&Settings) -> String,
    /// Writes the setting.
    write: fn(&mut Settings, String),
) -> impl IntoView {
    let state = use_state();
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="text"
                inputmode="decimal"
                autocomplete="off"
                data-test=name
                prop:value=move || state.settings.with(read)
                on:input:target=move |event| state.settings.update(|settings| write(settings, event.target().value()))
            />
        </label>
    }
}
