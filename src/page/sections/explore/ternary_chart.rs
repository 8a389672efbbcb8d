//! The loss over the mixtures of three domains.

use leptos::prelude::*;

use crate::chart::{Corners, Spec, Triangle};
use crate::order;
use crate::page::same::Same;
use crate::page::store::{State, use_state};
use crate::page::widgets::chart::Chart;
use crate::predict::FittedStudy;

/// A triangle with its corners to choose.
#[component]
pub fn TriangleChart() -> impl IntoView {
    let state = use_state();
    // As chosen, by position; the largest weights of the optimum where nothing is.
    let chosen = RwSignal::new([None::<usize>; 2]);
    let third = RwSignal::new(None::<usize>);
    let corners = Memo::new(move |_| corners(state, chosen.get(), third.get()));
    let planned = Memo::new(move |_| {
        let answered = state.about.read().of.clone()?;
        let triangle = Triangle::new(&answered.study, &answered.optimum, corners.get()?)?;
        Some((answered, triangle))
    });
    // The answer may come when the chart is gone already.
    let drawn = ArcRwSignal::new(None::<(Same<FittedStudy>, Same<Spec>)>);
    let answer = drawn.clone();
    Effect::new(move |_| {
        let Some((answered, triangle)) = planned.get() else { return };
        let runs = state.runs.get().filter(|runs| runs.domains() == answered.study.domains);
        let (of, answer) = (answered.clone(), answer.clone());
        state.ask_excess("triangle", &answered, triangle.mixtures(&answered.optimum), move |excess| {
            let spec = triangle.spec(&of.study, &of.optimum, runs.as_deref(), &excess).map(Same::new);
            answer.set(spec.map(|spec| (of.study.clone(), spec)));
        });
    });
    let spec = Memo::new(move |_| drawn.get().filter(|(study, _)| state.shows(study)).map(|(_, spec)| spec));
    let domains = Memo::new(move |_| state.shown.get().map_or_else(Vec::new, |shown| shown.study.domains.clone()));
    let enough = Memo::new(move |_| domains.read().len() >= 3);
    let position = |text: String| text.parse::<usize>().ok();
    let options = move |is_at: fn(Corners) -> Option<usize>| {
        let domains = domains.get().into_iter().enumerate();
        let option = move |(i, domain): (usize, String)| {
            let selected = move || corners.get().and_then(is_at) == Some(i);
            view! { <option value=i.to_string() prop:selected=selected>{domain}</option> }
        };
        domains.map(option).collect_view()
    };
    let rest = move || corners.get().is_some_and(|corners| corners.third.is_none());
    let third_of_three = move || {
        let corners = corners.get().filter(|_| domains.read().len() == 3)?;
        domains.get().into_iter().enumerate().find(|(i, _)| !corners.two.contains(i)).map(|(_, name)| name)
    };
    let third_of_three = move || third_of_three().unwrap_or_else(|| "the rest".to_string());
    view! {
        <Show when=move || enough.get()>
            <figure class="chart">
                <figcaption>"Loss over three domains"</figcaption>
                <Show when=move || spec.read().is_some()>
                    <Chart spec name="chart-triangle"/>
                </Show>
                <div class="fields">
                    <label class="field">
                        <span>"Top"</span>
                        <select data-test="corner-top" on:change:target=move |event| chosen.update(|chosen| chosen[0] = position(event.target().value()))>
                            {move || options(|corners| Some(corners.two[0]))}
                        </select>
                    </label>
                    <label class="field">
                        <span>"Left"</span>
                        <select data-test="corner-left" on:change:target=move |event| chosen.update(|chosen| chosen[1] = position(event.target().value()))>
                            {move || options(|corners| Some(corners.two[1]))}
                        </select>
                    </label>
                    <label class="field">
                        <span>"Right"</span>
                        <select data-test="corner-right" on:change:target=move |event| third.set(position(event.target().value()))>
                            <option value="" prop:selected=rest>{third_of_three}</option>
                            {move || options(|corners| corners.third)}
                        </select>
                    </label>
                </div>
            </figure>
        </Show>
    }
}

/// The chosen corners; a domain that is chosen twice stays where it was chosen first, and the next largest weight
/// takes the other place.
fn corners(state: State, chosen: [Option<usize>; 2], third: Option<usize>) -> Option<Corners> {
    let about = state.about.read();
    let mixture = &about.of.as_ref()?.optimum.mixture;
    let k = mixture.len();
    let by_weight = order::descending(mixture);
    let third = third.filter(|third| *third < k);
    let mut taken: Vec<usize> = third.into_iter().collect();
    let two = chosen.map(|wanted| {
        let free = |i: &usize| !taken.contains(i);
        let wanted = wanted.filter(|i| *i < k).filter(free);
        let found = wanted.or_else(|| {
            let others = |i: &usize| free(i) && !chosen.contains(&Some(*i));
            by_weight.iter().copied().find(others).or_else(|| by_weight.iter().copied().find(free))
        });
        taken.extend(found);
        found
    });
    Some(Corners { two: [two[0]?, two[1]?], third })
}
