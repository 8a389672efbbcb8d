//! How the loss moves away from the optimum, what it gains, and what stands beside it.

use leptos::prelude::*;

pub mod certificate;
pub mod compare;
pub mod gains;
pub mod losses;
pub mod mixtures_chart;
pub mod path;
pub mod scale_map;
pub mod slices_chart;
pub mod ternary_chart;

use self::certificate::Certificate;
use self::compare::Compare;
use self::gains::Gains;
use self::losses::LossTable;
use self::mixtures_chart::MixturesChart;
use self::path::Path;
use self::scale_map::ScaleMap;
use self::slices_chart::SlicesChart;
use self::ternary_chart::TriangleChart;
use crate::page::store::use_state;
use crate::wording::page as text;

/// Charts and tables around the optimum.
#[component]
pub fn ExploreSection() -> impl IntoView {
    let state = use_state();
    let fitted = move || state.shown.read().as_ref().is_some_and(|shown| !shown.study.fits.is_empty());
    let mixes = Memo::new(move |_| !state.is_fixed() && fitted() && state.no_mixture.read().is_none());
    let scales = Memo::new(move |_| !state.is_fixed() && fitted() && state.no_mixture.read().is_some());
    // Pictures of an optimum that there is none of any more.
    let none = Memo::new(move |_| state.optimum.read().latest().is_none());
    let why_not = move || if state.is_fixed() { text::FIXED } else { text::NOT_FITTED };
    view! {
        <Show when=move || !mixes.get() && !scales.get()><p class="note">{why_not}</p></Show>
        <Show when=move || scales.get()><ScaleMap/></Show>
        <Show when=move || mixes.get()>
            <div class:stale=state.stale>
                <p class="help chart-help">{text::CHART_HELP}</p>
                <div class="columns">
                    <div><MixturesChart/><Gains/></div>
                    <div hidden=none><TriangleChart/></div>
                </div>
                <LossTable/>
                <Certificate/>
                <div hidden=none>
                    <SlicesChart/>
                    <Path/>
                </div>
            </div>
        </Show>
        <Compare/>
    }
}
