//! How far the fit can be trusted.

use leptos::prelude::*;

use super::canvas::Chart;
use super::panel::Panel;
use crate::chart::{Spec, loss_against_tokens, observed_predicted};
use crate::fit::{DataSummary, FittedTarget};
use crate::ui::scenario::{next_size, used_by};
use crate::ui::state::{ChartMixture, Shown, State, use_state};
use crate::ui::text;
use crate::units::{Params, Tokens, write_count};

/// The third panel: two charts of the marked target.
#[component]
pub fn ChartsPanel() -> impl IntoView {
    let state = use_state();
    let title = move || state.target.get().unwrap_or_default();
    view! {
        <Panel id="trust" number=3 title="Trust">
            <Show when=move || state.target.read().is_some() fallback=|| view! { <p class="note">{text::NOT_FITTED}</p> }>
                <div class="columns" class:stale=state.stale>
                    <figure class="chart">
                        <figcaption>{title}": observed against predicted"</figcaption>
                        <ObservedPredicted/>
                    </figure>
                    <figure class="chart">
                        <figcaption>{title}": loss against tokens"</figcaption>
                        <LossAgainstTokens/>
                    </figure>
                </div>
            </Show>
        </Panel>
    }
}

/// The first chart; a link has no observations to show.
#[component]
fn ObservedPredicted() -> impl IntoView {
    let state = use_state();
    let spec = Memo::new(move |_| {
        with_target(state, |shown, target| {
            let fits = shown.fits.as_ref()?;
            let dataset = &fits.data.dataset;
            observed_predicted(dataset, target, &fits.key.config.holdout.held_out(dataset))
        })
    });
    view! {
        <Show when=move || spec.read().is_some() fallback=|| view! { <p class="note">{text::NO_OBSERVATIONS}</p> }>
            <Chart spec name="chart-observed"/>
        </Show>
    }
}

/// The second chart, with its mixture and one more size to choose.
#[component]
fn LossAgainstTokens() -> impl IntoView {
    let state = use_state();
    let spec = Memo::new(move |_| with_target(state, |shown, target| tokens_chart(state, shown, target)));
    let size_text = move || {
        state.chart_size.get().unwrap_or_else(|| default_size(state).map(|n| write_count(n.0, 3)).unwrap_or_default())
    };
    let mixture_option = move |mixture: ChartMixture| {
        view! { <option value=mixture.id() prop:selected=move || state.chart_mixture.get() == mixture>{mixture.label()}</option> }
    };
    let mixtures = move || ChartMixture::ALL.into_iter().map(mixture_option).collect_view();
    let used = Memo::new(move |_| with_target(state, |shown, target| Some(used(shown, target))));
    let uses_n = Memo::new(move |_| used.read().as_ref().is_some_and(|used| !used.sizes.is_empty()));
    let uses_d = Memo::new(move |_| used.read().as_ref().is_some_and(|used| used.token_range.is_some()));
    let no_curve = move || if uses_d.get() { text::NO_OPTIMUM } else { text::NO_TOKENS };
    view! {
        <Show when=move || spec.read().is_some() fallback=move || view! { <p class="note">{no_curve}</p> }>
            <Chart spec name="chart-tokens"/>
        </Show>
        <div class="fields">
            <Show when=move || uses_d.get() && state.no_mixture.read().is_none()>
                <label class="field">
                    <span>"Mixture"</span>
                    <select data-test="chart-mixture" on:change:target=move |event| state.chart_mixture.set(ChartMixture::from_id(&event.target().value()))>
                        {mixtures()}
                    </select>
                </label>
            </Show>
            <Show when=move || uses_d.get() && uses_n.get()>
                <label class="field">
                    <span>"Also at N"</span>
                    <input type="text" autocomplete="off" data-test="chart-size" prop:value=size_text
                        on:input:target=move |event| state.chart_size.set(Some(event.target().value()))/>
                </label>
            </Show>
        </div>
    }
}

fn with_target<T>(state: State, make: impl Fn(&Shown, FittedTarget) -> Option<T>) -> Option<T> {
    let shown = state.shown.get()?;
    let name = state.target.get()?;
    let target = shown.study.targets().find(|target| target.name == name)?;
    make(&shown, target)
}

fn used(shown: &Shown, target: FittedTarget) -> DataSummary {
    used_by(std::slice::from_ref(target.fit), &shown.study.summary)
}

fn default_size(state: State) -> Option<Params> {
    let largest = state.shown.get()?.study.summary.sizes.last().copied()?;
    Some(next_size(largest))
}

fn tokens_chart(state: State, shown: &Shown, target: FittedTarget) -> Option<Spec> {
    let study = &shown.study;
    let chosen = if state.no_mixture.read().is_some() { ChartMixture::Mean } else { state.chart_mixture.get() };
    let optimum = state.optimum.with(|optimum| optimum.latest().map(|answered| answered.optimum.mixture.clone()));
    let mixture = match chosen {
        ChartMixture::Optimum => optimum.filter(|h| h.len() == study.domains.len()),
        ChartMixture::Uniform => Some(vec![1.0 / study.domains.len().max(1) as f64; study.domains.len()]),
        ChartMixture::Mean => Some(study.summary.mean_mixture.clone()),
    }?;
    let extra = match state.chart_size.get() {
        Some(text) => text.parse::<Params>().ok(),
        None => default_size(state),
    };
    // As far as the next model goes, and not less than the data.
    let until = match state.scenario.get() {
        Some(Ok(scenario)) => scenario.d,
        _ => Tokens(0.0),
    };
    let summary = used(shown, target);
    loss_against_tokens(target, &summary, &mixture, chosen.label(), extra, until)
}
