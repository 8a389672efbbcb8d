//! Whatever happens, in whatever order: what is on show is of the table, the settings and the scenario on show.

use std::cell::RefCell;
use std::collections::HashMap;

use leptos::prelude::*;
use proptest::prelude::*;

use super::{AskedOptimum, Import, Opened, Shown, State};
use crate::import::{self, Answer as Said, Role};
use crate::page::browser::{executor, stand_in};
use crate::page::run::fits::{AUTO, FitKey, StudyData, law_of, without};
use crate::page::same::Same;
use crate::predict::FittedStudy;
use crate::protocol::{Answer, Event, JobId, Request, Task, handle};
use crate::share;

/// Two studies with the same domains, one with others, one of N and D alone, one that a question is open about, prose, and
/// rows without names.
const TEXTS: [&str; 7] = [
    "w_a,w_b,n,d,a_loss\n0.5,0.5,100M,1B,3.0\n0.2,0.8,100M,2B,2.9\n0.8,0.2,300M,2B,2.7\n0.3,0.7,300M,3B,2.6\n\
     0.6,0.4,1B,5B,2.4\n0.9,0.1,1B,9B,2.3\n",
    "w_a,w_b,n,d,a_loss\n0.5,0.5,100M,1B,3.1\n0.2,0.8,100M,2B,2.8\n0.8,0.2,300M,2B,2.7\n0.3,0.7,300M,3B,2.65\n\
     0.6,0.4,1B,5B,2.41\n0.9,0.1,1B,9B,2.35\n",
    "weight_x,weight_y,weight_z,n,loss\n0.5,0.3,0.2,100M,3.0\n0.2,0.6,0.2,100M,2.9\n0.1,0.2,0.7,100M,2.8\n\
     0.3,0.4,0.3,100M,2.85\n0.6,0.1,0.3,100M,3.05\n",
    "params,tokens,loss\n100M,1B,3.0\n100M,2B,2.9\n300M,2B,2.7\n300M,3B,2.6\n1B,5B,2.4\n1B,9B,2.3\n",
    "params,tokens,low,mid,val_loss\n124M,2.5B,0.2,0.3,3.4\n124M,2.5B,0.5,0.1,3.43\n124M,2.5B,0.1,0.7,3.5\n350M,7B,0.4,0.4,3.1\n",
    "We trained for a while.\nIt went well.\n",
    "0.4,0.6,100M,4B,2.8\n0.7,0.3,300M,6B,2.5\n",
];

const LAWS: [&str; 4] = [AUTO, "additive", "joint", "chinchilla"];

#[derive(Debug, Clone)]
enum Happening {
    Paste(usize),
    Type(usize),
    EditCell(usize, &'static str),
    AnswerAll(Role),
    Exclude(usize),
    Include(usize),
    ChooseLaw(usize),
    ChangeStarts(usize),
    ChangeScenario(&'static str),
    Fit,
    Cancel,
    StepBack,
    StepForth,
    KeepLink,
    OpenLink,
    OpenBadLink,
    CloseLink,
    KeepProject,
    OpenProject,
    AddRows,
    /// One of the jobs that wait is done, or its worker is lost.
    Answered(usize, bool),
    /// The next timer is due.
    Passed,
    /// All that waits is done.
    Settled,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    prop_oneof![
        4 => (0..TEXTS.len()).prop_map(Paste),
        1 => (0..TEXTS.len()).prop_map(Type),
        1 => (3..5usize, prop_oneof![Just("2.5"), Just("x")]).prop_map(|(column, cell)| EditCell(column, cell)),
        1 => prop_oneof![Just(Role::Weight), Just(Role::Ignored)].prop_map(AnswerAll),
        1 => (2..4usize).prop_map(Exclude),
        1 => (2..4usize).prop_map(Include),
        2 => (0..LAWS.len()).prop_map(ChooseLaw),
        1 => (2..4usize).prop_map(ChangeStarts),
        2 => prop_oneof![Just("300M"), Just("2B"), Just("0")].prop_map(ChangeScenario),
        1 => Just(Fit),
        2 => Just(Cancel),
        2 => Just(StepBack),
        1 => Just(StepForth),
        2 => Just(KeepLink),
        2 => Just(OpenLink),
        1 => Just(OpenBadLink),
        1 => Just(CloseLink),
        1 => Just(KeepProject),
        1 => Just(OpenProject),
        1 => Just(AddRows),
        12 => (0..8usize, prop::bool::weighted(0.9)).prop_map(|(at, is_done)| Answered(at, is_done)),
        8 => Just(Passed),
        3 => Just(Settled),
    ]
}

/// The page with what was copied from it.
struct Page {
    state: State,
    link: Option<String>,
    project: Option<String>,
}

impl Page {
    fn new() -> Self {
        let state = State::new();
        state.begin();
        executor::finish();
        // The draft is restored.
        stand_in::pass();
        Self { state, link: None, project: None }
    }

    fn takes(&mut self, happening: Happening) {
        let state = self.state;
        match happening {
            Happening::Paste(which) => state.take_text(TEXTS[which]),
            Happening::Type(which) => state.edit_text(TEXTS[which].to_string()),
            Happening::EditCell(column, cell) => state.edit_cell(1, column, cell),
            Happening::AnswerAll(role) => {
                let columns = ["low", "mid"].map(|name| Said::Role(name.to_string(), role));
                state.answer(&columns);
            }
            Happening::Exclude(line) => state.exclude(line, "it diverged"),
            Happening::Include(line) => state.include(line),
            Happening::ChooseLaw(which) => state.choose_law(LAWS[which].to_string()),
            Happening::ChangeStarts(starts) => state.settings.update(|settings| settings.starts = starts.to_string()),
            Happening::ChangeScenario(n) => {
                untrack(|| state.scenario_input()).update(|input| input.n = Some(n.to_string()))
            }
            Happening::Fit => state.start_fit(),
            Happening::Cancel => state.cancel_fit(),
            Happening::StepBack => state.step_back(),
            Happening::StepForth => state.step_forth(),
            Happening::KeepLink => {
                if let Some(Ok(fragment)) = state.fragment.get_untracked() {
                    self.link = Some(fragment);
                }
            }
            Happening::OpenLink => {
                if let Some(fragment) = &self.link {
                    state.take_text(&format!("https://example.org/#{fragment}"));
                }
            }
            Happening::OpenBadLink => state.take_text("https://example.org/#m1.nonsense"),
            Happening::CloseLink => state.close_link(),
            Happening::KeepProject => self.project = Some(state.project()),
            Happening::OpenProject => {
                if let Some(text) = &self.project {
                    state.take_text(text);
                }
            }
            Happening::AddRows => state.add_rows(),
            Happening::Answered(at, is_done) => self.answered(at, is_done),
            Happening::Passed => {
                stand_in::pass();
            }
            Happening::Settled => self.settles(),
        }
        executor::finish();
    }

    fn answered(&self, at: usize, is_done: bool) {
        let pool = self.state.pool();
        if pool.n_waiting() > 0 {
            let at = at % pool.n_waiting();
            pool.answer(at, |task| if is_done { done(task) } else { Err("the worker stopped".to_string()) });
        }
    }

    /// Until nothing waits any more.
    fn settles(&self) {
        for _ in 0..10_000 {
            executor::finish();
            let pool = self.state.pool();
            if pool.n_waiting() > 0 {
                pool.answer(0, done);
            } else if !stand_in::pass() {
                return;
            }
        }
        panic!("the page finds no rest");
    }

    /// What is on show is of what is on show.
    fn checks(&self) {
        let state = self.state;
        let shown = state.shown.get_untracked();
        if let Some(Shown { study, fits: Some(fits) }) = &shown {
            let data = self.reads().expect("fits of a table that is no study");
            let lines = fits.key.excluded.iter().map(|line| (*line, String::new())).collect();
            let data = without(&data, &lines).unwrap();
            assert!(fits.data.dataset == data.dataset, "fits of other runs");
            assert_eq!(study.domains, data.dataset.domains());
            if !state.stale.get_untracked() {
                let law_id = state.law_id.get_untracked();
                assert_eq!(fits.choice, law_id, "fits of another choice");
                let law = law_of(&law_id, Some(&data.dataset));
                let now = without(&self.reads().unwrap(), &state.excluded_rows.get_untracked()).unwrap();
                let key = FitKey::new(law, &now, &state.settings.get_untracked(), &state.excluded.get_untracked());
                let key = key.unwrap();
                assert_eq!(
                    (&key.config, &key.targets),
                    (&fits.key.config, &fits.key.targets),
                    "fits of other settings"
                );
                assert!(now.dataset == data.dataset, "fits with other lines");
            }
        }
        if let Some(Ok(fragment)) = state.fragment.get_untracked() {
            let shared = share::decode(&fragment).unwrap();
            let study = &shown.as_ref().expect("a link of nothing").study;
            assert_eq!(shared.study.domains, study.domains, "a link of another study");
            let thetas = |study: &FittedStudy| study.fits.iter().flat_map(|fit| fit.theta.clone()).collect::<Vec<_>>();
            let (of_link, own) = (thetas(&shared.study), thetas(study));
            // A link has single precision.
            let is_it = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * (1.0 + b.abs());
            assert!(of_link.len() == own.len() && of_link.iter().zip(&own).all(is_it), "a link of other fits");
            if !untrack(|| state.is_fixed()) {
                let scenario = state.scenario.get_untracked().unwrap();
                assert_eq!(Ok(shared.scenario), scenario, "a link of another scenario");
            }
            if let (Some(computed), AskedOptimum::Done(answered)) = (shared.computed, state.optimum.get_untracked()) {
                let pairs = computed.mixture.iter().zip(&answered.optimum.mixture);
                assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6), "a link with another answer");
            }
        }
        if let (Some(project), Some(Shown { study, .. })) = (Some(state.project()), &shown)
            && !study.fits.is_empty()
        {
            let saved = crate::export::fit_file::read_saved(&project).unwrap();
            assert_eq!(saved.study.unwrap().domains, study.domains, "a project with another study's fits");
        }
    }

    /// At rest, everything has come that follows from what there is, and it all belongs together.
    fn checks_at_rest(&self) {
        let state = self.state;
        assert!(state.run.with_untracked(Option::is_none) && state.validation.with_untracked(Option::is_none));
        assert!(!matches!(state.imported.get_untracked(), Import::Running(_)));
        let shown = state.shown.get_untracked();
        let study = shown.as_ref().map(|shown| shown.study.clone()).filter(|study| !study.fits.is_empty());
        let study = study.filter(|_| state.no_mixture.get_untracked().is_none() && !untrack(|| state.is_fixed()));
        match (study, state.scenario.get_untracked(), state.optimum.get_untracked()) {
            (Some(study), Some(Ok(scenario)), AskedOptimum::Done(answered)) => {
                assert!(answered.study == study && answered.scenario == scenario, "an optimum of something else");
                if let Some((of, _)) = state.verdict.get_untracked() {
                    assert!(of == answered, "a verdict on another optimum");
                }
                if study.validation.range.is_some() {
                    assert!(state.verdict.with_untracked(Option::is_some), "no verdict");
                }
                let about = state.about.get_untracked();
                assert!(about.of == Some(answered), "ranges of another optimum");
            }
            (Some(_), Some(Ok(_)), AskedOptimum::Failed(_)) | (Some(_), Some(Err(_)), AskedOptimum::Failed(_)) => {}
            (None, _, AskedOptimum::Idle) => {}
            (study, scenario, optimum) => panic!(
                "study {}, scenario {scenario:?}, optimum {:?}",
                study.is_some(),
                optimum.latest().map(|answered| &answered.optimum.mixture)
            ),
        }
        if let Some(run) = state.bootstrap.get_untracked() {
            assert!(shown.is_some_and(|shown| shown.study == run.study), "replicates of another study");
        }
    }

    /// The study of the table on show, read anew.
    fn reads(&self) -> Option<Same<StudyData>> {
        let state = self.state;
        let text = state.source.get_untracked().text;
        let imported = import::import_with(&text, state.roles.get_untracked(), &state.answers.get_untracked());
        Some(Same::new(StudyData::new(0, imported.dataset?)))
    }
}

/// What a worker answers; the same question costs time once.
fn done(task: Task) -> Result<Answer, String> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Result<Answer, String>>> = RefCell::default();
    }
    let key = serde_json::to_string(&task).unwrap();
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
        return known;
    }
    let mut answer = Err(String::new());
    handle(Request { job: JobId(0), task }, &mut |event| {
        if let Event::Done { outcome, .. } = event {
            answer = outcome;
        }
    });
    KNOWN.with_borrow_mut(|known| known.insert(key, answer.clone()));
    answer
}

fn play(happenings: Vec<Happening>) {
    executor::take_turns();
    stand_in::forget_timers();
    let owner = Owner::new();
    owner.set();
    let mut page = Page::new();
    // Before the example is fitted, which takes a while.
    page.takes(Happening::Paste(0));
    for happening in happenings {
        let is_at_rest = matches!(happening, Happening::Settled);
        page.takes(happening);
        page.checks();
        if is_at_rest {
            page.checks_at_rest();
        }
    }
    page.takes(Happening::Settled);
    page.checks();
    page.checks_at_rest();
    // Whatever was, the next paste is answered.
    page.takes(Happening::Paste(1));
    page.takes(Happening::Settled);
    page.checks();
    page.checks_at_rest();
    let state = page.state;
    assert!(!matches!(state.opened.get_untracked(), Some(Opened::Study(_))));
    assert!(!state.stale.get_untracked(), "the paste is not fitted");
    let has_answer = matches!(state.optimum.get_untracked(), AskedOptimum::Done(_));
    // What was typed for N before may be no number.
    assert!(has_answer || matches!(state.scenario.get_untracked(), Some(Err(_))), "the paste has no answer");
    owner.cleanup();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_on_show_is_of_something_else(happenings in prop::collection::vec(happening(), 1..40)) {
        play(happenings);
    }
}

/// Two cells edited one right after the other, as fast as a table is read: both edits stand.
#[test]
fn an_edit_waits_for_the_one_before() {
    executor::take_turns();
    let owner = Owner::new();
    owner.set();
    let mut page = Page::new();
    page.takes(Happening::Paste(0));
    page.takes(Happening::Settled);
    for (row_idx, cell) in [(0, "2.5"), (1, "2.25"), (2, "2.125")] {
        page.state.edit_cell(row_idx, 4, cell);
    }
    page.takes(Happening::Settled);
    page.checks();
    page.checks_at_rest();
    let data = page.reads().unwrap();
    let losses: Vec<f64> = data.dataset.observations()[..3].iter().map(|row| row.losses[0].unwrap().0).collect();
    assert_eq!(losses, [2.5, 2.25, 2.125]);
    owner.cleanup();
}
