//! What was tried, with the errors on runs that were held out, and what each would recommend.

use leptos::prelude::*;

use crate::chart::short_names;
use crate::page::run::validation::{CandidateRow, candidate_rows};
use crate::page::store::use_state;
use crate::page::view::answer::largest_weights;
use crate::wording::page as text;

/// Weights of a mixture that are named.
const MOST_WEIGHTS: usize = 8;

/// A row for each candidate; nothing where one law alone was fitted.
#[component]
pub fn Candidates() -> impl IntoView {
    let state = use_state();
    move || {
        let shown = state.shown.get()?;
        let rows = candidate_rows(&shown.study);
        let verdict = state.verdict.get().filter(|(of, _)| of.study == shown.study);
        let alternatives = verdict.and_then(|(_, verdict)| verdict.ok()).map_or_else(Vec::new, |it| it.alternatives);
        let row = |row: CandidateRow| {
            let of = alternatives.iter().find(|one| one.name == row.name);
            let (moved, lost) = match of {
                _ if row.is_chosen => ("the mixture above".to_string(), "0".to_string()),
                Some(one) => (format!("{:.1} % of tokens elsewhere", 100.0 * one.moved), format!("{:.4}", one.regret)),
                None => ("–".to_string(), "–".to_string()),
            };
            let mixture = of.map(|one| largest_weights(&short_names(&shown.study.domains), &one.mixture, MOST_WEIGHTS));
            let mark = row.is_chosen.then(|| view! { <small>"predicts"</small> });
            view! {
                <tr data-test="candidate" class:chosen=row.is_chosen>
                    <th scope="row">{row.name}" "{mark}</th>
                    <td>{row.unseen}</td><td>{row.larger}</td><td>{row.regret}</td>
                    <td>{moved}{mixture.map(|mixture| view! { <small>{mixture}</small> })}</td><td>{lost}</td>
                </tr>
            }
        };
        (rows.len() > 1).then(|| {
            view! {
                <section class="candidates" data-test="candidates">
                    <h3>"Candidates"</h3>
                    <div class="scroll" tabindex="0">
                        <table>
                            <thead><tr>
                                <th scope="col">"Candidate"</th>
                                <th scope="col">"Error on unseen mixtures"</th>
                                <th scope="col">"Error at larger scale"</th>
                                <th scope="col">"Regret of its choice, nats"</th>
                                <th scope="col">"Would train on"</th>
                                <th scope="col">"Regret of the mixture above under it, nats"</th>
                            </tr></thead>
                            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                    <p class="help">{text::CANDIDATES_HELP}</p>
                </section>
            }
        })
    }
}
