//! How the loss moves away from the optimum, what it gains, and what stands beside it.

use leptos::prelude::*;

pub mod certificate;
pub mod compare;
pub mod gains;
pub mod losses;
pub mod mixtures_chart;
pub mod path;
pub mod slices_chart;
pub mod ternary_chart;

use self::certificate::Certificate;
use self::compare::Compare;
use self::gains::Gains;
use self::losses::LossTable;
use self::mixtures_chart::MixturesChart;
use self::path::Path;
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
    // Pictures of an optimum that there is none of any more.
    let none = Memo::new(move |_| state.optimum.read().latest().is_none());
    let why_not = move || match (state.is_fixed(), state.no_mixture.get()) {
        (true, _) => text::FIXED.to_string(),
        (_, Some(sentence)) => sentence,
        _ => text::NOT_FITTED.to_string(),
    };
    view! {
        <Show when=move || mixes.get() fallback=move || view! { <p class="note">{why_not}</p> }>
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
