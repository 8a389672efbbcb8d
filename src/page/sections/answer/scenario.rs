//! The scenario: the scale of the next model, what is minimised, and under which limits.

use leptos::prelude::*;

use crate::mixture::{Aim, Budget};
use crate::page::input::scenario::{BudgetChoice, ScenarioInput, extrapolations, reach, used_by};
use crate::page::sections::answer::limits::{Limits, LimitsSlot, limits_words};
use crate::page::store::{State, use_state};
use crate::page::widgets::slider::Slider;
use crate::predict::DataSummary;
use crate::wording::page as text;

/// The scenario as a sentence that is edited in place, with sliders below it and the limits behind their number.
#[component]
pub fn ScenarioSentence() -> impl IntoView {
    let state = use_state();
    let used = Memo::new(move |_| state.shown.get().map(|shown| used_by(&shown.study.fits, &shown.study.summary)));
    let uses_n = Memo::new(move |_| used.read().as_ref().is_some_and(|used| !used.sizes.is_empty()));
    let uses_d = Memo::new(move |_| used.read().as_ref().is_some_and(|used| used.token_range.is_some()));
    let budget = Memo::new(move |_| state.scenario_input().read().budget);
    let asks_n = Memo::new(move |_| uses_n.get() && budget.get().has_n());
    let asks_d = Memo::new(move |_| uses_d.get() && budget.get().has_d());
    let n_targets = Memo::new(move |_| state.shown.get().map_or(0, |shown| shown.study.targets().count()));
    let mixes = move || state.no_mixture.read().is_none();
    let change = move |change: &dyn Fn(&mut ScenarioInput)| state.scenario_input().update(|input| change(input));
    let can_choose = move || uses_d.get() || budget.get() != BudgetChoice::Given;
    let write_budget = move |id: String| change(&|input| input.budget = BudgetChoice::from_id(&id));
    let begin = move || match budget.get() {
        BudgetChoice::Compute => "For a compute budget of ",
        _ if asks_n.get() => "For a model of ",
        _ if asks_d.get() => "For ",
        _ => "For the scale of your runs",
    };
    let open = RwSignal::new(false);
    let limits = limits_words(state);
    let one_target = move || {
        let shown = state.shown.get();
        shown.and_then(|shown| shown.study.targets().next().map(|target| target.name.to_string()))
    };
    view! {
        <div class="scenario" data-test="scenario">
            <p>
                {begin}
                <Show when=move || budget.get() == BudgetChoice::Compute>
                    <Slot label="Compute C, FLOPs" name="scenario-flops" value=move || with_data(state, ScenarioInput::flops_text)
                        write=move |text| change(&|input| input.flops = Some(text.clone()))/>
                    " FLOPs"
                </Show>
                <Show when=move || asks_n.get()>
                    <Slot label="Model size N" name="scenario-n" value=move || with_data(state, ScenarioInput::n_text)
                        write=move |text| change(&|input| input.n = Some(text.clone()))/>
                    " parameters"
                </Show>
                <Show when=move || asks_n.get() && asks_d.get()>" on "</Show>
                <Show when=move || asks_d.get()>
                    <Slot label="Tokens D" name="scenario-d" value=move || with_data(state, ScenarioInput::d_text)
                        write=move |text| change(&|input| input.d = Some(text.clone()))/>
                    " tokens"
                </Show>
                <Show when=move || budget.get() == BudgetChoice::Stocks>" on as many tokens as the stocks allow"</Show>
                ", minimising "
                <Show when=move || 1 < n_targets.get() fallback=move || view! { <strong>{one_target}</strong> }><AimMenu/></Show>
                <Show when=can_choose>
                    ", with "
                    <label class="slot-label">
                        <span class="visually-hidden">"Scale"</span>
                        <select class="slot" data-test="budget" on:change:target=move |event| write_budget(event.target().value())>
                            {BudgetChoice::ALL.map(|choice| view! { <option value=choice.id() prop:selected=move || budget.get() == choice>{choice.label()}</option> }).collect_view()}
                        </select>
                    </label>
                </Show>
                <Show when=mixes>{move || lead(can_choose(), *limits.read() == text::CLOSE_TO_THE_RUNS)}<LimitsSlot open limits/></Show>
            </p>
                        <div class="sliders-of-scale">
                <Show when=move || asks_n.get()>
                    <ScaleSlider at=0 label="N" name="slide-n" read=ScenarioInput::n_text write=|input, text| input.n = Some(text)/>
                </Show>
                <Show when=move || asks_d.get()>
                    <ScaleSlider at=1 label="D" name="slide-d" read=ScenarioInput::d_text write=|input, text| input.d = Some(text)/>
                </Show>
                <p class="note beyond" data-test="extrapolation">{move || beyond(state, used.get())}</p>
            </div>
            <Show when=mixes><Limits open/></Show>
        </div>
    }
}

/// What stands before the limits.
fn lead(goes_on: bool, is_close: bool) -> &'static str {
    match (goes_on, is_close) {
        (_, true) => ", staying ",
        (true, false) => " and ",
        (false, false) => ", with ",
    }
}

/// A field in the sentence, as wide as what it holds.
#[component]
fn Slot(
    /// What it is, for those who do not see the sentence around it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// What it shows.
    value: impl Fn() -> String + Copy + Send + Sync + 'static,
    /// Notes what was typed.
    write: impl Fn(String) + 'static,
) -> impl IntoView {
    let size = move || (value().chars().count() + 1).clamp(4, 24).to_string();
    view! {
        <input type="text" class="slot" autocomplete="off" aria-label=label data-test=name size=size
            prop:value=value on:input:target=move |event| write(event.target().value())/>
    }
}

/// A slider for a field of the sentence.
#[component]
fn ScaleSlider(
    /// Which of [`reach`] the slider goes through.
    at: usize,
    /// What stands before it.
    label: &'static str,
    /// Its hook for tests.
    name: &'static str,
    /// Reads the field.
    read: fn(&ScenarioInput, &DataSummary) -> String,
    /// Writes the field.
    write: fn(&mut ScenarioInput, String),
) -> impl IntoView {
    let state = use_state();
    let ends = move || state.shown.with(|shown| shown.as_ref().map(|shown| reach(&shown.study.summary)[at]));
    let share = move || ends().map_or(0.0, |ends| ends.share(&with_data(state, read)));
    let slide = move |share: f64| {
        if let Some(ends) = untrack(ends) {
            state.scenario_input().update(|input| write(input, ends.text(share)));
        }
    };
    view! {
        <div class="scale-slider">
            <span aria-hidden="true">{label}</span>
            <Slider label=format!("{label}, on a slider") name share text=move || with_data(state, read) write=slide/>
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
    let options = [("mean", text::WEIGHTED_MEAN), ("worst", text::WORST_CASE)];
    let options = options.map(
        |(id, label)| view! { <option value=id prop:selected=move || value.with(|value| value == id)>{label}</option> },
    );
    view! {
        <label class="slot-label">
            <span class="visually-hidden">"Minimise"</span>
            <select class="slot" data-test="aim" on:change:target=move |event| write(event.target().value())>{options.collect_view()}</select>
        </label>
    }
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
