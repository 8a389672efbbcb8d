//! Loss against tokens, model size or compute.

use leptos::prelude::*;

use crate::chart::{self, Along, Curves, Next, Sight, Spec, loss_curves};
use crate::mixture::{Budget, Optimum};
use crate::page::input::scenario::{next_size, used_by};
use crate::page::sections::evidence::{Shows, Sights, fit_idx, leave_out, of_target, replicates};
use crate::page::store::{ChartMixture, Shown, State, use_state};
use crate::page::widgets::chart::Chart;
use crate::predict::{DataSummary, FittedTarget};
use crate::units::{Params, Tokens, write_count};
use crate::wording::page as text;

/// What losses can be drawn against, as the menu has it.
const ALONG: [(&str, &str, Along); 3] = [
    ("tokens", "training tokens D", Along::D),
    ("size", "model size N", Along::N),
    ("compute", "training compute 6 N D", Along::Flops),
];

/// Curves of the marked target, or of all; with their axis, their mixture and one more size to choose.
#[component]
pub fn LossChart(
    /// The observations.
    observations: Shows,
    /// What was seen of the marked target.
    sight: Sights,
) -> impl IntoView {
    let state = use_state();
    let along = RwSignal::new(Along::default());
    let all = RwSignal::new(false);
    let spec = of_target(state, move |shown, _, target| {
        let seen = |one: FittedTarget| match one.name == target.name {
            true => sight.get().map(|sight| sight.0),
            false => observations.get().and_then(|all| Sight::of(&all.dataset, one, &all.uses)),
        };
        let one_or_all = shown.study.targets().filter(|one| all.get() || one.name == target.name);
        let targets = one_or_all
            .filter_map(|one| Some(chart::Shown { target: one, fit_idx: fit_idx(shown, one)?, sight: seen(one) }));
        curves(state, shown, target, targets.collect(), along.get())
    });
    let size_text = move || {
        state.chart_size.get().unwrap_or_else(|| default_size(state).map(|n| write_count(n.0, 3)).unwrap_or_default())
    };
    let mixture_option = move |mixture: ChartMixture| {
        view! { <option value=mixture.id() prop:selected=move || state.chart_mixture.get() == mixture>{mixture.label()}</option> }
    };
    let mixtures = move || ChartMixture::ALL.into_iter().map(mixture_option).collect_view();
    let chosen = move |id: String| ALONG.iter().find(|(other, ..)| *other == id).map(|(.., along)| *along);
    let used = Memo::new(move |_| {
        let shown = state.shown.get()?;
        let name = state.target.get()?;
        let target = shown.study.targets().find(|target| target.name == name)?;
        Some(used(&shown, target))
    });
    let uses_n = Memo::new(move |_| used.read().as_ref().is_some_and(|used| !used.sizes.is_empty()));
    let uses_d = Memo::new(move |_| used.read().as_ref().is_some_and(|used| used.token_range.is_some()));
    let no_curve = move || match along.get() {
        Along::D if !uses_d.get() => text::NO_TOKENS,
        Along::N if !uses_n.get() => text::NO_SIZES,
        Along::Flops if !(uses_n.get() && uses_d.get()) => text::NO_COMPUTE,
        _ => text::NO_OPTIMUM,
    };
    let title = move || if all.get() { "all targets".into() } else { state.target.get().unwrap_or_default() };
    let against = move || ALONG.iter().find(|(.., other)| *other == along.get()).map(|(_, label, _)| *label);
    let many = Memo::new(move |_| state.shown.get().is_some_and(|shown| shown.study.targets().count() > 1));
    view! {
        <Show when=move || uses_n.get() || uses_d.get()>
        <figure class="chart" class:wide=all>
            <figcaption>{title}": loss against "{against}</figcaption>
            <p class="help">{text::CURVES_HELP}</p>
            <Show when=move || spec.read().is_some() fallback=move || view! { <p class="note">{no_curve}</p> }>
                <Chart spec name="chart-loss" action=leave_out/>
            </Show>
            <div class="fields">
                <label class="field">
                    <span>"Against"</span>
                    <select data-test="chart-along" on:change:target=move |event| if let Some(chosen) = chosen(event.target().value()) { along.set(chosen) }>
                        {ALONG.map(|(id, label, _)| view! { <option value=id>{label}</option> }).collect_view()}
                    </select>
                </label>
                <Show when=move || state.no_mixture.read().is_none()>
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
                <Show when=move || many.get()>
                    <label class="choice">
                        <input type="checkbox" data-test="chart-all" prop:checked=all on:change:target=move |event| all.set(event.target().checked())/>
                        "All targets"
                    </label>
                </Show>
            </div>
        </figure>
        </Show>
    }
}

fn used(shown: &Shown, target: FittedTarget) -> DataSummary {
    used_by(std::slice::from_ref(target.fit), &shown.study.summary)
}

fn default_size(state: State) -> Option<Params> {
    let largest = state.shown.get()?.study.summary.sizes.last().copied()?;
    Some(next_size(largest))
}

fn curves(state: State, shown: &Shown, target: FittedTarget, targets: Vec<chart::Shown>, along: Along) -> Option<Spec> {
    let study = &shown.study;
    let chosen = if state.no_mixture.read().is_some() { ChartMixture::Mean } else { state.chart_mixture.get() };
    let mixture = match chosen {
        ChartMixture::Optimum => optimum(state, shown).map(|optimum| optimum.mixture),
        ChartMixture::Uniform => Some(vec![1.0 / study.domains.len().max(1) as f64; study.domains.len()]),
        ChartMixture::Mean => Some(study.summary.mean_mixture.clone()),
    }?;
    let n = match state.chart_size.get() {
        Some(text) => text.parse::<Params>().ok(),
        None => default_size(state),
    };
    loss_curves(&Curves {
        targets,
        data: &used(shown, target),
        along,
        mixture: &mixture,
        mixture_name: chosen.label(),
        next: Next { n, d: next_tokens(state, shown) },
        replicates: &replicates(state),
    })
}

/// As far as the next model goes.
fn next_tokens(state: State, shown: &Shown) -> Option<Tokens> {
    match state.scenario.get() {
        Some(Ok(scenario)) if scenario.budget == Budget::Given => Some(scenario.d),
        _ => optimum(state, shown).map(|optimum| optimum.d),
    }
}

/// The optimum; asked for only where it shows, so that the chart is not drawn anew whenever there is another.
fn optimum(state: State, shown: &Shown) -> Option<Optimum> {
    let optimum = state.optimum.with(|optimum| optimum.latest().map(|answered| answered.optimum.clone()))?;
    (optimum.mixture.len() == shown.study.domains.len()).then_some(optimum)
}
