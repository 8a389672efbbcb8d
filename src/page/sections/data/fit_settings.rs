//! What a fit can be asked to do differently.

use leptos::prelude::*;

use crate::dataset::Holdout;
use crate::fit::Residual;
use crate::page::input::settings::{Settings, has_ridge};
use crate::page::store::{State, use_state};
use crate::page::view::tables::parameter_names;
use crate::page::widgets::explained::Explained;
use crate::page::widgets::field::Field;
use crate::page::widgets::menu::Menu;
use crate::wording::page::{self as text, holdout_label};

/// The options of a fit, folded away unless the law needs one of them.
#[component]
pub fn FitSettings() -> impl IntoView {
    let state = use_state();
    let needs_stocks = Memo::new(move |_| state.law().needs().stocks);
    let has_ridge = Memo::new(move |_| has_ridge(state.law()));
    let holdouts = Holdout::ALL.map(|holdout| (holdout.id(), holdout_label(holdout)));
    let residuals = [(Residual::Nats.id(), "nats"), (Residual::LogLoss.id(), "log loss")];
    let delta = move || {
        let in_nats = state.settings.read().residual == Residual::Nats.id();
        if in_nats { "Huber δ, nats" } else { "Huber δ, in ln loss" }
    };
    view! {
        <details class="folded" data-test="options" prop:open=needs_stocks>
            <summary>"Options: hold-out, restarts, residuals, restrictions"</summary>
            <div class="fields">
                <SettingMenu label="Held out" name="holdout" wide=true options=holdouts.to_vec() read=|settings| &settings.holdout write=|settings, id| settings.holdout = id/>
                <SettingField label="Restarts" name="starts" read=|settings| &settings.starts write=|settings, text| settings.starts = text/>
                <SettingField label="Seed" name="seed" read=|settings| &settings.seed write=|settings, text| settings.seed = text/>
                <SettingMenu label="Residuals" name="residual" options=residuals.to_vec() read=|settings| &settings.residual write=|settings, id| settings.residual = id/>
                <SettingField label=Signal::derive(delta) name="delta" read=|settings| &settings.delta write=|settings, text| settings.delta = text/>
                <SettingField label="Row weights (N·D)^p, p" name="weight-power" read=|settings| &settings.weight_power write=|settings, text| settings.weight_power = text/>
                <SettingField label="Minimum γ" name="gamma-floor" read=|settings| &settings.gamma_floor write=|settings, text| settings.gamma_floor = text/>
                <SettingField label="Maximum γ" name="gamma-ceiling" read=|settings| &settings.gamma_ceiling write=|settings, text| settings.gamma_ceiling = text/>
                <Show when=move || has_ridge.get()>
                    <SettingField label="Ridge λ" name="ridge" read=|settings| &settings.ridge write=|settings, text| settings.ridge = text/>
                </Show>
                <Lines label="Restrictions" name="restrictions" placeholder="alpha = 0.34\n0.1 <= gamma <= 1\nalpha = beta"
                    help=Signal::derive(move || format!("Names: {}", names(state)))
                    read=|settings| &settings.restrictions write=|settings, text| settings.restrictions = text/>
                <Show when=move || needs_stocks.get()>
                    <Lines label="Tokens in stock" name="stocks" placeholder="arxiv = 28B\nwikipedia = 4.5B"
                        help=Signal::derive(move || format!("Domains: {}", domains(state).join(", ")))
                        read=|settings| &settings.stocks write=|settings, text| settings.stocks = text/>
                </Show>
            </div>
            <Explained about="Terms" terms=&text::OPTION_TERMS/>
        </details>
    }
}

fn domains(state: State) -> Vec<String> {
    state.data.with(|data| data.as_ref().map(|data| data.dataset.domains().to_vec()).unwrap_or_default())
}

fn names(state: State) -> String {
    parameter_names(state.law(), state.data.get().as_deref())
}

/// A field of several lines for one setting.
#[component]
fn Lines(
    /// What stands above it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// An example, shown while it is empty.
    placeholder: &'static str,
    /// What stands below it.
    help: Signal<String>,
    /// Reads the setting.
    read: fn(&Settings) -> &String,
    /// Writes the setting.
    write: fn(&mut Settings, String),
) -> impl IntoView {
    let state = use_state();
    view! {
        <label class="field whole">
            <span>{label}</span>
            <textarea
                rows="3"
                autocomplete="off"
                spellcheck="false"
                data-test=name
                placeholder=placeholder
                prop:value=move || state.settings.with(|settings| read(settings).clone())
                on:input:target=move |event| state.settings.update(|settings| write(settings, event.target().value()))
            ></textarea>
            <small class="help">{help}</small>
        </label>
    }
}

/// A field for one setting.
#[component]
fn SettingField(
    /// What stands above it.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Its hook for tests.
    name: &'static str,
    /// Reads the setting.
    read: fn(&Settings) -> &String,
    /// Writes the setting.
    write: fn(&mut Settings, String),
) -> impl IntoView {
    let settings = use_state().settings;
    let value = move || settings.with(|settings| read(settings).clone());
    view! { <Field label name decimal=true value write=move |text| settings.update(|settings| write(settings, text))/> }
}

/// A menu for one setting.
#[component]
fn SettingMenu(
    /// What stands above it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// Whether it is twice as wide as a field; it is not without it.
    #[prop(optional)]
    wide: bool,
    /// Values and what the menu shows for them.
    options: Vec<(&'static str, &'static str)>,
    /// Reads the setting.
    read: fn(&Settings) -> &String,
    /// Writes the setting.
    write: fn(&mut Settings, String),
) -> impl IntoView {
    let settings = use_state().settings;
    let value = Signal::derive(move || settings.with(|settings| read(settings).clone()));
    view! { <Menu label name wide options value write=move |id| settings.update(|settings| write(settings, id))/> }
}
