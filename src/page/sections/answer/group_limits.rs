//! Limits of the sum of several domains' weights.

use leptos::prelude::*;

use crate::page::input::limits::GroupInput;
use crate::page::store::{State, use_state};
use crate::page::widgets::field::Field;

/// A block for each group.
#[component]
pub fn GroupLimits(
    /// The domains of the fits on show.
    domains: Memo<Vec<String>>,
) -> impl IntoView {
    let state = use_state();
    let n_groups = Memo::new(move |_| state.scenario_input().read().limits.groups.len());
    view! {
        <For each=move || 0..n_groups.get() key=|index| *index let:index>
            <Group index domains/>
        </For>
    }
}

/// A group's domains to tick, and its least and largest sum.
#[component]
fn Group(
    /// Its position.
    index: usize,
    /// The domains of the fits on show.
    domains: Memo<Vec<String>>,
) -> impl IntoView {
    let state = use_state();
    let domain_box = move |domain: String| {
        let (name, member) = (domain.clone(), domain.clone());
        let toggle = move |chosen: bool| {
            change(state, index, |group| {
                group.domains.retain(|other| *other != name);
                if chosen {
                    group.domains.push(name.clone());
                }
            });
        };
        view! {
            <label class="choice">
                <input type="checkbox" data-test="group-domain" data-domain=domain.clone()
                    prop:checked=move || group(state, index, |group| group.domains.contains(&member))
                    on:change:target=move |event| toggle(event.target().checked())/>
                {domain}
            </label>
        }
    };
    let remove = move |_| {
        state.scenario_input().update(|input| {
            input.limits.groups.remove(index);
        });
    };
    view! {
        <fieldset class="group" data-test="group">
            <legend>{format!("Group {}: the sum of", index + 1)}</legend>
            <div class="choices"><For each=move || domains.get() key=Clone::clone children=domain_box/></div>
            <div class="fields">
                <Field label="at least" name="group-min" value=move || group(state, index, |group| group.min.clone())
                    write=move |text| change(state, index, |group| group.min.clone_from(&text))/>
                <Field label="at most" name="group-max" value=move || group(state, index, |group| group.max.clone())
                    write=move |text| change(state, index, |group| group.max.clone_from(&text))/>
                <button type="button" class="remove" data-test="remove-group" on:click=remove>{format!("Remove group {}", index + 1)}</button>
            </div>
        </fieldset>
    }
}

/// Reads a group; what an empty one has where it was just removed.
fn group<T: Default>(state: State, index: usize, read: impl FnOnce(&GroupInput) -> T) -> T {
    state.scenario_input().with(|input| input.limits.groups.get(index).map(read).unwrap_or_default())
}

fn change(state: State, index: usize, change: impl FnOnce(&mut GroupInput)) {
    state.scenario_input().update(|input| {
        if let Some(group) = input.limits.groups.get_mut(index) {
            change(group);
        }
    });
}
