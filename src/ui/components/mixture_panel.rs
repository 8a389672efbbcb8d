//! The next model and the mixture to train it on.

use leptos::prelude::*;

use super::answer::{Answer, NoOptimum};
use super::certainty::Certainty;
use super::compared::Compared;
use super::limits::Limits;
use super::loss_table::LossTable;
use super::mixture_table::MixtureTable;
use super::mixtures_chart::MixturesChart;
use super::panel::Panel;
use super::path::Path;
use super::scale_fields::ScaleFields;
use super::slices_chart::SlicesChart;
use super::triangle_chart::TriangleChart;
use super::verdict_card::{FixedAnswer, VerdictCard};
use crate::ui::state::use_state;
use crate::ui::text;

/// The fourth panel.
#[component]
pub fn MixturePanel() -> impl IntoView {
    let state = use_state();
    let fitted = move || state.shown.read().as_ref().is_some_and(|shown| !shown.study.fits.is_empty());
    let fixed = Memo::new(move |_| state.is_fixed());
    let mixes = move || !fixed.get() && fitted() && state.no_mixture.read().is_none();
    // Pictures of an optimum that there is none of any more.
    let none = Memo::new(move |_| state.optimum.read().latest().is_none());
    let why_not = move || state.no_mixture.get().unwrap_or_else(|| text::NOT_FITTED.to_string());
    view! {
        <Panel id="mixture" number=4 title="Mixture">
            <Show when=move || fixed.get()><FixedAnswer/></Show>
            <Show when=mixes fallback=move || (!fixed.get()).then(|| view! { <p class="note" data-test="no-mixture">{why_not}</p> })>
                <div class:stale=state.stale>
                    <VerdictCard/>
                    <ScaleFields/>
                    <Limits/>
                    <NoOptimum/>
                    <p class="help chart-help">{text::CHART_HELP}</p>
                    <div class="columns">
                        <div>
                            <MixturesChart/>
                            <MixtureTable/>
                            <Answer/>
                            <Certainty/>
                        </div>
                        <div>
                            <LossTable/>
                            <Compared/>
                            <div hidden=none><TriangleChart/></div>
                        </div>
                    </div>
                    <div hidden=none>
                        <SlicesChart/>
                        <Path/>
                    </div>
                </div>
            </Show>
        </Panel>
    }
}
