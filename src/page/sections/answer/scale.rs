//! The scale of the next model, and what of the losses is to be least.

use leptos::prelude::*;

use crate::mixture::{Aim, Budget};
use crate::page::input::scenario::{BudgetChoice, ScenarioInput, extrapolations, reach, used_by};
use crate::page::store::{State, use_state};
use crate::page::widgets::field::Field;
use crate::page::widgets::menu::Menu;
use crate::page::widgets::slider::Slider;
use crate::predict::DataSummary;

/// N, D or the compute, as far as the fits depend on them; how far beyond the data that is; and the aim.
#[component]
pub fn ScaleFields() -> impl IntoView {
    let state = use_state();
    let used = Memo::new(move |_| state.shown.get().map(|shown| used_by(&shown.study.fits, &shown.study.summary)));
    let uses_n = Memo::new(move |_| used.read().as_ref().is_some_and(|used| !used.sizes.is_empty()));
    let uses_d = Memo::new(move |_| used.read().as_ref().is_some_and(|used| used.token_range.is_some()));
    let budget = Memo::new(move |_| state.scenario_input().read().budget);
    let n_targets = Memo::new(move |_| state.shown.get().map_or(0, |shown| shown.study.targets().count()));
    let change = move |change: &dyn Fn(&mut ScenarioInput)| state.scenario_input().update(|input| change(input));
    let budgets = BudgetChoice::ALL.map(|choice| (choice.id(), choice.label()));
    view! {
        <div class="fields">
            <Show when=move || uses_d.get() || budget.get() != BudgetChoice::Given>
                <Menu label="Scale" name="budget" wide=true options=budgets.to_vec() value=Signal::derive(move || budget.get().id().to_string())
                    write=move |id| change(&|input| input.budget = BudgetChoice::from_id(&id))/>
            </Show>
            <Show when=move || budget.get() == BudgetChoice::Compute>
                <Field label="Compute C, FLOPs" name="scenario-flops" value=move || with_data(state, ScenarioInput::flops_text)
                    write=move |text| change(&|input| input.flops = Some(text.clone()))/>
            </Show>
            <Show when=move || uses_n.get() && budget.get().has_n()>
                <ScaleField at=0 label="Model size N" names=("scenario-n", "slide-n") read=ScenarioInput::n_text write=|input, text| input.n = Some(text)/>
            </Show>
            <Show when=move || uses_d.get() && budget.get().has_d()>
                <ScaleField at=1 label="Tokens D" names=("scenario-d", "slide-d") read=ScenarioInput::d_text write=|input, text| input.d = Some(text)/>
            </Show>
            <Show when=move || 1 < n_targets.get()>
                <AimMenu/>
            </Show>
            <p class="note beyond" data-test="extrapolation">{move || beyond(state, used.get())}</p>
        </div>
    }
}

/// A field with a slider below it.
#[component]
fn ScaleField(
    /// Which of [`reach`] the slider goes through.
    at: usize,
    /// What stands above it.
    label: &'static str,
    /// Hooks for tests, of the field and of the slider.
    names: (&'static str, &'static str),
    /// Reads the field.
    read: fn(&ScenarioInput, &DataSummary) -> String,
    /// Writes the field.
    write: fn(&mut ScenarioInput, String),
) -> impl IntoView {
    let state = use_state();
    let put = move |text: String| state.scenario_input().update(|input| write(input, text));
    let ends = move || state.shown.with(|shown| shown.as_ref().map(|shown| reach(&shown.study.summary)[at]));
    let share = move || ends().map_or(0.0, |ends| ends.share(&with_data(state, read)));
    let slide = move |share: f64| {
        if let Some(ends) = untrack(ends) {
            put(ends.text(share));
        }
    };
    view! {
        <div>
            <Field label name=names.0 value=move || with_data(state, read) write=put/>
            <Slider label=format!("{label}, on a slider") name=names.1 share text=move || with_data(state, read) write=slide/>
        </div>
    }
}

/// What of the losses is to be least.
#[component]
fn AimMenu() -> impl IntoView {
    let input = move || use_state().scenario_input();
    let value = Signal::derive(move || if input().read().aim == Aim::Worst { "worst" } else { "mean" }.to_string());
    let write = move |id: String| {
        input().update(|input| input.aim = if id == "worst" { Aim::Worst } else { Aim::Mean });
    };
    let options = vec![("mean", "the weighted mean of losses"), ("worst", "the worst excess of a target")];
    view! { <Menu label="Make least" name="aim" wide=true options value write/> }
}

fn with_data(state: State, read: fn(&ScenarioInput, &DataSummary) -> String) -> String {
    let shown = state.shown.get();
    shown.map(|shown| state.scenario_input().with(|input| read(input, &shown.study.summary))).unwrap_or_default()
}

/// How far N and D, as given or as found, lie beyond the data.
fn beyond(state: State, used: Option<DataSummary>) -> Option<String> {
    let scenario = state.scenario.get()?.ok()?;
    let (n, d) = match scenario.budget {
        Budget::Given => (scenario.n, scenario.d),
        Budget::Compute(_) | Budget::Stocks => state.optimum.with(|optimum| {
            let found = &optimum.latest()?.optimum;
            Some((found.n, found.d))
        })?,
    };
    Some(extrapolations(n, d, &used?).join("; "))
}
