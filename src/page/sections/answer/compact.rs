//! The answer in a line, for as long as the answer itself is scrolled out of sight.

use leptos::ev;
use leptos::prelude::*;

use crate::chart::short_names;
use crate::page::browser::dom;
use crate::page::store::use_state;
use crate::page::view::answer::{largest_weights, loss};
use crate::wording::page as text;

/// So many weights fit in a line.
const MOST_WEIGHTS: usize = 4;

/// What to train on, the loss to expect and the verdict, below the tabs. It takes no room of its own there, and says
/// nothing that the answer does not say to those who do not see it.
#[component]
pub fn CompactAnswer() -> impl IntoView {
    let state = use_state();
    let is_away = RwSignal::new(false);
    let look = move || is_away.set(dom::is_above_sight("answer"));
    window_event_listener(ev::scroll, move |_| look());
    window_event_listener(ev::resize, move |_| look());
    let line = move || {
        let optimum = state.optimum.read();
        let answered = optimum.latest()?;
        let mixture = largest_weights(&short_names(&answered.study.domains), &answered.optimum.mixture, MOST_WEIGHTS);
        let verdict = state.verdict.read();
        let judged = verdict.as_ref().filter(|(of, _)| of == answered).and_then(|(_, verdict)| verdict.as_ref().ok());
        let loss = loss(answered.optimum.weighted_loss.0, judged.and_then(|verdict| verdict.weighted_loss));
        let interval = judged.and_then(|verdict| verdict.weighted_loss).map(|_| format!(" ({})", loss.interval));
        let dots = judged.map(|verdict| {
            let dot = |finding: &crate::mixture::Finding| {
                view! { <i class=format!("grade-{}", finding.grade.id()) title=finding.question.clone()>{finding.grade.symbol()}</i> }
            };
            verdict.findings.iter().map(dot).collect_view()
        });
        let is_old = state.stale.get() || state.is_waiting();
        Some(view! {
            <span class="weights">{mixture}</span>
            <span class="loss">"loss "{loss.value}<span class="range">{interval}</span></span>
            <span class="dots">{dots}</span>
            {is_old.then(|| view! { <span class="stale-label">{text::OLD_ANSWER}</span> })}
        })
    };
    let is_shown = Memo::new(move |_| is_away.get() && state.optimum.read().latest().is_some());
    view! { <Show when=move || is_shown.get()><div class="compact" aria-hidden="true" data-test="compact">{line}</div></Show> }
}
