//! The next model and the mixture to train it on.

pub mod certificate;
pub mod domain_limits;
pub mod gains;
pub mod group_limits;
pub mod limits;
pub mod limits_paste;
pub mod link_card;
pub mod losses;
pub mod mixture_table;
pub mod scale;
pub mod verdict;

use leptos::prelude::*;

use crate::page::sections::answer::certificate::{Answer, NoOptimum};
use crate::page::sections::answer::gains::Compared;
use crate::page::sections::answer::limits::Limits;
use crate::page::sections::answer::losses::LossTable;
use crate::page::sections::answer::mixture_table::MixtureTable;
use crate::page::sections::answer::scale::ScaleFields;
use crate::page::sections::answer::verdict::{FixedAnswer, VerdictCard};
use crate::page::sections::evidence::bootstrap::Certainty;
use crate::page::sections::explore::mixtures_chart::MixturesChart;
use crate::page::sections::explore::path::Path;
use crate::page::sections::explore::slices_chart::SlicesChart;
use crate::page::sections::explore::ternary_chart::TriangleChart;
use crate::page::store::use_state;
use crate::page::widgets::panel::Panel;
use crate::wording::page as text;

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
