//! A study before its first run: what it may be, and the runs to train.

use leptos::prelude::*;

use crate::design::Plan;
use crate::export::design::{plan_csv, plan_olmix, plan_regmix};
use crate::page::browser::dom;
use crate::page::input::runs::PlanInput;
use crate::page::sections::next_runs::{ListedRun, RunsTable, copy, sentence};
use crate::page::store::{AskedPlan, use_state};
use crate::page::widgets::field::Field;
use crate::units::Flops;
use crate::wording::page as text;

/// What a study may be, and its plan.
#[component]
pub fn PlanForm() -> impl IntoView {
    let state = use_state();
    let input = RwSignal::new(PlanInput::default());
    let error = RwSignal::new(None::<String>);
    let is_running = move || matches!(state.plan.get(), AskedPlan::Running);
    let ask = move |_| match input.with_untracked(PlanInput::wanted) {
        Ok(wanted) => {
            error.set(None);
            state.ask_plan(wanted);
        }
        Err(sentence) => error.set(Some(sentence)),
    };
    let field = move |label: &'static str, name: &'static str, part: fn(&mut PlanInput) -> &mut String| {
        let value = move || input.with(|input| part(&mut input.clone()).clone());
        view! { <Field label name value write=move |text| input.update(|input| *part(input) = text)/> }
    };
    view! {
        <details class="plan" data-test="plan">
            <summary>"Plan a study before its first run"</summary>
            <p class="help">{text::PLAN_HELP}</p>
            <div class="run-bar">
                {field("Domains", "plan-domains", |input| &mut input.domains)}
                {field("Losses", "plan-losses", |input| &mut input.targets)}
                {field("Model sizes", "plan-sizes", |input| &mut input.sizes)}
                {field("Tokens per run", "plan-tokens", |input| &mut input.tokens)}
                {field("Runs", "plan-runs", |input| &mut input.runs)}
                {field("FLOPs in all", "plan-flops", |input| &mut input.flops)}
                {field("N of the model you plan", "plan-n", |input| &mut input.n)}
                {field("D of that model", "plan-d", |input| &mut input.d)}
            </div>
            <label class="field plan-limits">
                <span>"Limits"</span>
                <textarea rows="3" spellcheck="false" data-test="plan-limits" placeholder="domain,min,max,stock"
                    prop:value=move || input.with(|input| input.limits.clone())
                    on:input:target=move |event| input.update(|input| input.limits = event.target().value())></textarea>
            </label>
            <p><button type="button" class="primary" data-test="plan-ask" prop:disabled=is_running on:click=ask>"Plan runs"</button></p>
            {move || error.get().map(|sentence| view! { <p class="error" role="alert" data-test="plan-error">{sentence}</p> })}
            {move || match state.plan.get() {
                AskedPlan::Idle => ().into_any(),
                AskedPlan::Running => view! { <p class="status" role="status">"Planning, and simulating what to expect…"</p> }.into_any(),
                AskedPlan::Done(plan) => match &*plan {
                    Ok(plan) => view! { <Planned plan=plan.clone()/> }.into_any(),
                    Err(sentence) => view! { <p class="error" role="alert" data-test="plan-error">{sentence.clone()}</p> }.into_any(),
                },
            }}
        </details>
    }
}

/// A plan's cost and accuracy, its runs, and the files to take away.
#[component]
fn Planned(
    /// The plan.
    plan: Plan,
) -> impl IntoView {
    let state = use_state();
    let rows = plan.runs.iter().map(|run| ListedRun {
        mixture: run.mixture.clone(),
        n: Some(run.n),
        d: Some(run.d),
        flops: Some(Flops::of(run.n, run.d)),
        last: run.seed.to_string(),
    });
    let rows: Vec<ListedRun> = rows.collect();
    let csv = plan_csv(&plan);
    let file = |label: &'static str, test: &'static str, name: &'static str, text: String| {
        let save = move |_| {
            if !dom::download(name, &text) {
                state.status.set(text::NOT_COPIED.to_string());
            }
        };
        view! { <button type="button" data-test=test on:click=save>{label}</button> }
    };
    view! {
        <div data-test="planned">
            <p class="strong">{plan.sentences.iter().map(|said| sentence(said)).collect::<Vec<_>>().join(" ")}</p>
            <ul class="notes">{plan.warnings.iter().map(|warning| view! { <li>{sentence(warning)}</li> }).collect_view()}</ul>
            <p class="run-bar">
                <button type="button" data-test="copy-plan" on:click={
                    let csv = csv.clone();
                    move |_| copy(state, csv.clone(), text::PLAN_COPIED)
                }>"Copy as a table"</button>
                {file("CSV", "plan-csv", "study.csv", csv)}
                {file("olmix", "plan-olmix", "ratios.csv", plan_olmix(&plan))}
                {file("RegMix", "plan-regmix", "train_mixture.csv", plan_regmix(&plan))}
            </p>
            <RunsTable name="planned-run" domains=plan.domains.clone() rows last="Seed"/>
        </div>
    }
}
