//! The table as cells: any number of rows, of which only those in sight are built.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_use_element_size::use_element_size;

use crate::import::{Role, Table};
use crate::page::browser::dom;
use crate::page::same::Same;
use crate::page::store::{State, use_state};

/// Sizes in CSS pixels, which the style sheet is told.
const ROW: f64 = 26.0;
const COLUMN: f64 = 112.0;
const FIRST_COLUMN: f64 = 84.0;
const HEAD: f64 = 44.0;
/// Rows built beyond those in sight, above and below.
const BEYOND: usize = 6;
/// Columns beyond this many are not built; no study has them.
const MOST_COLUMNS: usize = 300;
/// Rows that a page key moves by.
const PAGE: usize = 10;

/// A place in the table: row and column, of which the first holds the lines' numbers.
pub type Place = (usize, usize);

/// A cell that is edited.
#[derive(Clone, PartialEq)]
struct Edited {
    place: Place,
    text: String,
    /// Whether it began with a letter that was typed, which took the place of what was there.
    is_typed: bool,
}

/// The grid: arrow keys walk; Enter, a letter, or a tap on the cell that is active edits it; Ctrl+C copies it, Delete
/// empties it; the box before a line leaves it out.
#[component]
pub fn Grid(
    /// The place where the keys are.
    active: RwSignal<Place>,
    /// Told when the page asks for that place; the grid then scrolls there and takes the keys.
    sought: RwSignal<usize>,
) -> impl IntoView {
    let state = use_state();
    let frame = NodeRef::<html::Div>::new();
    let top = RwSignal::new(0.0);
    let size = use_element_size(frame);
    let editing = RwSignal::new(None::<Edited>);
    let table = Memo::new(move |_| state.imported.with(|imported| imported.latest()?.table.clone()));
    let n_rows = move || table.read().as_ref().map_or(0, |table| table.n_rows());
    let n_columns = move || table.read().as_ref().map_or(0, |table| table.header().len().min(MOST_COLUMNS));
    let first = Memo::new(move |_| ((top.get() / ROW) as usize).saturating_sub(BEYOND));
    let last = Memo::new(move |_| (((top.get() + size.height.get()) / ROW) as usize + 1 + BEYOND).min(n_rows()));
    let inside = move |(row, column): Place| untrack(|| (row.min(n_rows().saturating_sub(1)), column.min(n_columns())));
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            top.set(f64::from(frame.scroll_top()));
        }
    };
    Effect::new(move |_| {
        table.track();
        measure();
        // A shorter table may have come meanwhile.
        active.set(inside(active.get_untracked()));
        let is_gone = |edited: &Edited| edited.place != inside(edited.place);
        if editing.read_untracked().as_ref().is_some_and(is_gone) {
            editing.set(None);
        }
    });
    let focus = move || {
        if let Some(frame) = frame.get_untracked() {
            frame.focus().ok();
        }
    };
    // A grid that is built anew has already gone where it was last sent, if it was built before that.
    let gone = StoredValue::new(sought.get_untracked());
    Effect::new(move |_| {
        let n_sought = sought.get();
        if n_sought != gone.get_value()
            && let Some(frame) = frame.get()
        {
            gone.set_value(n_sought);
            show(&frame, active.get_untracked());
            focus();
        }
    });
    let go = move |place: Place| {
        let place = inside(place);
        active.set(place);
        if let Some(frame) = frame.get_untracked() {
            show(&frame, place);
        }
    };
    let commit = move |step: (usize, usize)| {
        if let Some(Edited { place: (row, column), text, .. }) = editing.get_untracked() {
            editing.set(None);
            state.edit_cell(row, column - 1, text.trim());
            go((row + step.0, column + step.1));
            focus();
        }
    };
    let cell_text = move |(row, column): Place| {
        table.with_untracked(|table| {
            let table = table.as_ref().filter(|table| row < table.n_rows() && column > 0)?;
            Some(table.row(row).cell(column - 1).to_string())
        })
    };
    let edit = move |place: Place| {
        let Some(table) = table.get_untracked().filter(|table| place.0 < table.n_rows()) else { return };
        if place.1 == 0 {
            toggle(state, table.row(place.0).line());
        } else if let Some(text) = cell_text(place) {
            editing.set(Some(Edited { place, text, is_typed: false }));
        }
    };
    let copy = move |place: Place| {
        let Some(text) = cell_text(place) else { return };
        let copied = dom::copy(&text);
        spawn_local(async move {
            if copied.await {
                state.status.set(format!("Copied: {text}"));
            }
        });
    };
    let key = move |event: KeyboardEvent| {
        if editing.read_untracked().is_some() || untrack(n_rows) == 0 {
            return;
        }
        let (row, column) = inside(active.get_untracked());
        let key = event.key();
        if event.ctrl_key() || event.meta_key() {
            if key == "c" && column > 0 {
                event.prevent_default();
                copy((row, column));
            }
            return;
        }
        match key.as_str() {
            "ArrowDown" => go((row + 1, column)),
            "ArrowUp" => go((row.saturating_sub(1), column)),
            "ArrowRight" => go((row, column + 1)),
            "ArrowLeft" => go((row, column.saturating_sub(1))),
            "PageDown" => go((row + PAGE, column)),
            "PageUp" => go((row.saturating_sub(PAGE), column)),
            "Home" => go((row, 0)),
            "End" => go((row, usize::MAX)),
            "Enter" | "F2" => edit((row, column)),
            " " if column == 0 => edit((row, column)),
            "Delete" | "Backspace" if column > 0 => state.edit_cell(row, column - 1, ""),
            typed if column > 0 && is_letter(typed) && !event.alt_key() => {
                editing.set(Some(Edited { place: (row, column), text: typed.to_string(), is_typed: true }));
            }
            _ => return,
        }
        event.prevent_default();
    };
    let rows = move || {
        let table = table.get();
        (first.get()..last.get())
            .filter_map(move |row| Some((row, table.clone().filter(|table| row < table.n_rows())?)))
    };
    let header = move || {
        let roles = state.imported.with(|imported| imported.latest().map(|table| table.roles.clone()));
        let table = table.get()?;
        let cell = |(i, name): (usize, &String)| {
            let role = roles.as_ref().map(|roles| roles.get(i)).unwrap_or_default();
            view! {
                <div role="columnheader" class="cell" class:ignored=role == Role::Ignored title=name.clone()>
                    <span>{name.clone()}</span>
                    <small>{role.to_string()}</small>
                </div>
            }
        };
        Some(table.header().iter().take(MOST_COLUMNS).enumerate().map(cell).collect_view())
    };
    let width = move || format!("{}px", FIRST_COLUMN + COLUMN * n_columns() as f64);
    let active_id = move || cell_id(active.get());
    view! {
        <div
            class="grid" role="grid" tabindex="0" aria-label="Training runs" data-test="grid" node_ref=frame
            aria-rowcount=move || n_rows() + 1 aria-colcount=move || n_columns() + 1 aria-activedescendant=active_id
            style=("--row", format!("{ROW}px")) style=("--column", format!("{COLUMN}px"))
            style=("--first-column", format!("{FIRST_COLUMN}px")) style=("--head", format!("{HEAD}px"))
            on:scroll=move |_| measure() on:keydown=key
        >
            <div class="grid-row grid-head" role="row" aria-rowindex="1" style:width=width>
                <div role="columnheader" class="cell line">"Line"</div>
                {header}
            </div>
            <div class="grid-body" role="rowgroup" style:width=width style:height=move || format!("{}px", ROW * n_rows() as f64)>
                <For each=rows key=|(row, table)| (*row, std::sync::Arc::as_ptr(&table.0) as usize) let((row, table))>
                    <GridRow row table active=active.into() editing commit=Callback::new(commit) edit=Callback::new(edit)
                        go=Callback::new(move |place| { go(place); focus(); })/>
                </For>
            </div>
        </div>
    }
}

/// One row.
#[component]
fn GridRow(
    row: usize,
    table: Same<Table>,
    active: Signal<Place>,
    editing: RwSignal<Option<Edited>>,
    commit: Callback<(usize, usize)>,
    edit: Callback<Place>,
    go: Callback<Place>,
) -> impl IntoView {
    let state = use_state();
    let line = table.row(row).line();
    let excluded = Memo::new(move |_| state.excluded_rows.read().contains_key(&line));
    let is_active = move |column: usize| active.get() == (row, column);
    let cell = |column: usize| {
        let text = table.row(row).cell(column - 1).to_string();
        let is_edited = Memo::new(move |_| editing.read().as_ref().is_some_and(|edited| edited.place == (row, column)));
        // A tap makes a cell active, the next one edits it: a finger has no double click.
        let tap = move |_| match is_edited.get_untracked() {
            true => {}
            false if active.get_untracked() == (row, column) => edit.run((row, column)),
            false => go.run((row, column)),
        };
        let shown = text.clone();
        view! {
            <div
                role="gridcell" class="cell" id=cell_id((row, column)) class:active=move || is_active(column) aria-colindex=column + 1
                title=text on:click=tap
            >
                {move || if is_edited.get() { view! { <CellInput editing commit/> }.into_any() } else { shown.clone().into_any() }}
            </div>
        }
    };
    let cells = (1..=table.header().len().min(MOST_COLUMNS)).map(cell).collect_view();
    view! {
        <div class="grid-row" role="row" class:excluded=excluded aria-rowindex=row + 2 style:top=format!("{}px", ROW * row as f64)>
            <div role="rowheader" class="cell line" id=cell_id((row, 0)) class:active=move || is_active(0)>
                <label class="choice">
                    <input type="checkbox" tabindex="-1" data-test="use-line" aria-label=format!("Use line {line}")
                        prop:checked=move || !excluded.get() on:change=move |_| toggle(state, line)/>
                    {line}
                </label>
            </div>
            {cells}
        </div>
    }
}

/// The field of a cell that is edited.
#[component]
fn CellInput(editing: RwSignal<Option<Edited>>, commit: Callback<(usize, usize)>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let edited = editing.get_untracked();
    let is_typed = edited.as_ref().is_some_and(|edited| edited.is_typed);
    let text = edited.map(|edited| edited.text).unwrap_or_default();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            input.focus().ok();
            if is_typed {
                // The next letter comes after the first.
                let end = u32::try_from(input.value().encode_utf16().count()).unwrap_or(u32::MAX);
                input.set_selection_range(end, end).ok();
            } else {
                input.select();
            }
        }
    });
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            event.stop_propagation();
            commit.run((1, 0));
        }
        "Tab" => {
            event.prevent_default();
            commit.run((0, 1));
        }
        "Escape" => {
            event.stop_propagation();
            editing.set(None);
        }
        _ => {}
    };
    let write = move |typed: String| {
        editing.update(|editing| {
            if let Some(edited) = editing {
                edited.text = typed;
            }
        })
    };
    view! {
        <input type="text" node_ref=input aria-label="Cell" autocomplete="off" data-test="cell-input" value=text
            on:input:target=move |event| write(event.target().value()) on:keydown=key on:blur=move |_| commit.run((0, 0))/>
    }
}

/// Whether a key writes something, and is not named for what it does.
fn is_letter(key: &str) -> bool {
    let mut letters = key.chars();
    letters.next().is_some_and(|letter| !letter.is_whitespace()) && letters.next().is_none()
}

fn toggle(state: State, line: usize) {
    if state.excluded_rows.read_untracked().contains_key(&line) {
        state.include(line);
    } else {
        state.exclude(line, "");
    }
}

fn cell_id((row, column): Place) -> String {
    format!("cell-{row}-{column}")
}

/// Scrolls a place into sight.
fn show(frame: &web_sys::HtmlDivElement, (row, column): Place) {
    let (above, below) = (ROW * row as f64, ROW * (row + 1) as f64 + HEAD);
    let (top, height) = (f64::from(frame.scroll_top()), f64::from(frame.client_height()));
    if above < top {
        frame.set_scroll_top(above as i32);
    } else if below > top + height {
        frame.set_scroll_top((below - height).ceil() as i32);
    }
    if column == 0 {
        return frame.set_scroll_left(0);
    }
    let (before, after) = (COLUMN * (column - 1) as f64, COLUMN * column as f64 + FIRST_COLUMN);
    let (left, width) = (f64::from(frame.scroll_left()), f64::from(frame.client_width()));
    if before < left {
        frame.set_scroll_left(before as i32);
    } else if after > left + width {
        frame.set_scroll_left((after - width).ceil() as i32);
    }
}
