//! How far the fit can be trusted.

pub mod bootstrap;
pub mod candidates;
pub mod leave_out;
pub mod loss_chart;
pub mod observed_chart;
pub mod parameters;
pub mod parameters_chart;
pub mod residual_chart;
pub mod results;

use std::collections::BTreeSet;

use leptos::prelude::*;

use self::bootstrap::Bootstrap;
use self::candidates::Candidates;
use self::parameters::Parameters;
use self::results::Results;

use crate::chart::{Sight, Spec, loss_interval};
use crate::page::same::Same;
use crate::page::sections::evidence::leave_out::LeaveOut;
use crate::page::sections::evidence::loss_chart::LossChart;
use crate::page::sections::evidence::observed_chart::ObservedChart;
use crate::page::sections::evidence::parameters_chart::ParametersChart;
use crate::page::sections::evidence::residual_chart::ResidualChart;
use crate::page::store::{Shown, State, use_state};
use crate::page::view::observations::{LeftOut, Observations};
use crate::page::view::tables::loss_range;
use crate::predict::{FittedTarget, Replicate};
use crate::wording::page as text;

/// Candidates, charts of the marked target, parameters, and the bootstrap.
#[component]
pub fn EvidenceSection() -> impl IntoView {
    let state = use_state();
    let observations = observations(state);
    let sight = Memo::new(move |_| {
        let (shown, observations) = (state.shown.get()?, observations.get()?);
        let (_, target) = find(&shown, &state.target.get()?)?;
        Sight::of(&observations.dataset, target, &observations.uses).map(Same)
    });
    view! {
        <Candidates/>
            <Results/>
            <Show when=move || state.target.read().is_some() && !state.is_fixed() fallback=move || view! { <p class="note">{if state.is_fixed() { text::FIXED } else { text::NOT_FITTED }}</p> }>
                <p class="help chart-help" id=CHART_HELP>{text::CHART_HELP}" "{move || (!state.from_link()).then_some(text::POINT_HELP)}</p>
                <div class="columns" class:stale=state.stale>
                    <ObservedChart observations sight/>
                    <LossChart observations sight/>
                    <ResidualChart observations sight/>
                    <ParametersChart/>
                </div>
            </Show>
            <Parameters/>
            <Bootstrap/>
    }
}

/// The id of what says how charts are read; every chart is described by it.
pub const CHART_HELP: &str = "chart-help";

/// The observations of the fits on show, if they are known.
pub type Shows = Memo<Option<Same<Observations>>>;

/// What was seen of the marked target, once for all charts; `None` where it is not known.
pub type Sights = Memo<Option<Same<Sight>>>;

fn observations(state: State) -> Shows {
    // A reason that is being typed changes no chart.
    let now = Memo::new(move |_| state.excluded_rows.read().keys().copied().collect::<BTreeSet<_>>());
    Memo::new(move |_| {
        let shown = state.shown.get()?;
        let holdout = shown.study.fits.first()?.report.config.holdout;
        let imported = state.imported.with(|imported| imported.latest().and_then(|table| table.data.clone()));
        let table = shown.fits.as_ref().zip(imported).filter(|(fits, table)| fits.data.version == table.version);
        let left_out = table.as_ref().map(|(fits, table)| LeftOut {
            table: &table.dataset,
            of_fits: &fits.data.excluded,
            now: now.get(),
        });
        Some(Same::new(Observations::of(&state.runs.get()?, holdout, left_out.as_ref())))
    })
}

/// A chart of the marked target, with the position of its fit.
pub fn of_target(
    state: State,
    make: impl Fn(&Shown, usize, FittedTarget) -> Option<Spec> + Send + Sync + 'static,
) -> Memo<Option<Same<Spec>>> {
    Memo::new(move |_| {
        let shown = state.shown.get()?;
        let name = state.target.get()?;
        let (fit_idx, target) = find(&shown, &name)?;
        make(&shown, fit_idx, target).map(Same::new)
    })
}

/// The target of that name, with the position of its fit.
fn find<'a>(shown: &'a Shown, name: &str) -> Option<(usize, FittedTarget<'a>)> {
    let target = shown.study.targets().find(|target| target.name == name)?;
    Some((fit_idx(shown, target)?, target))
}

/// The position of a target's fit.
pub fn fit_idx(shown: &Shown, target: FittedTarget) -> Option<usize> {
    shown.study.fits.iter().position(|fit| std::ptr::eq(fit, target.fit))
}

/// The replicates of the fits on show; none while they are too few for an interval.
pub fn replicates(state: State) -> Vec<Replicate> {
    state.settled.read().as_ref().map_or_else(Vec::new, |run| run.replicates())
}

/// What the replicates predict for the observation on a line, where there are any.
pub fn predicted_interval(state: State, observations: Shows) -> Callback<usize, Option<String>> {
    Callback::new(move |line: usize| {
        let shown = state.shown.get()?;
        let (fit_idx, target) = find(&shown, &state.target.get()?)?;
        let observations = observations.get()?;
        let row = observations.dataset.observations().iter().find(|row| row.line == line)?;
        let replicates = replicates(state);
        let interval = loss_interval(target, fit_idx, &replicates, (row.n, row.d), &row.mixture)?;
        Some(format!("90 % of replicates predict {}", loss_range(&interval)))
    })
}

/// What can be done with an observation: leave it out of the fits, and bring it back.
pub(crate) fn leave_out(line: usize) -> AnyView {
    view! { <LeaveOut line/> }.into_any()
}
