//! The page's state: inputs as signals, answers of workers as signals, everything else derived.
//!
//! An input is written by the component that shows it; an answer only by the listener of its request. What
//! follows from both is a memo, and effects only reach outside: workers, storage, address.

mod files;
mod fit;
mod import;
mod keep;
mod link;
mod moved;
mod next_runs;
mod optimum;
mod other;
mod plan;
mod sure;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod theme;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use leptos::prelude::*;

use import::PastedOver;
pub use import::{Import, ImportedTable, Source, ToAdd};
use keep::Kept;
pub use link::{FromLink, Opened};
pub use next_runs::AskedBatch;
pub use optimum::{Answered, AskedOptimum};
pub use other::{Beside, Other};
pub use plan::AskedPlan;
pub use sure::{About, AskedPath, Outcomes, PathKind, PathSpread};

use crate::dataset::Dataset;
use crate::export::fit_file::Saved;
use crate::import::{Answer, Roles};
use crate::law::Law;
use crate::mixture::{Certainty, Compared, Comparison, Growth, Scenario, Verdict, compare};
use crate::page::browser::dom;
use crate::page::browser::workers::Pool;
use crate::page::input::draft::Draft;
use crate::page::input::scenario::ScenarioInput;
use crate::page::input::section::Section;
use crate::page::input::settings::Settings;
use crate::page::input::theme::ThemeChoice;
use crate::page::input::undo::Undo;
use crate::page::run::bootstrap::{BootstrapRun, is_news, read_mixture};
use crate::page::run::fits::{AUTO, FitKey, LawFits, Run, StudyData, law_of, left_out, without};
use crate::page::run::validation::ValidationRun;
use crate::page::same::Same;
use crate::page::view::moved::{Moved, Snapshot};
use crate::page::view::tables::no_mixture;
use crate::predict::bootstrap::LEAST_REPLICATES;
use crate::predict::{BootstrapConfig, FittedStudy, Form};
use crate::protocol::JobId;
use crate::share::{self, Computed};
use crate::wording::page as text;

/// The fits that the page shows, whether made here or opened from a link.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// The fits.
    pub study: Same<FittedStudy>,
    /// What made them; absent for a link.
    pub fits: Option<Same<LawFits>>,
}

/// At which mixture the loss is drawn against tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChartMixture {
    /// The data's mean mixture.
    #[default]
    Mean,
    /// The optimum.
    Optimum,
    /// All domains alike.
    Uniform,
}

impl ChartMixture {
    /// All, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Mean, Self::Optimum, Self::Uniform];

    /// Its name in the menu's values.
    pub fn id(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Optimum => "optimum",
            Self::Uniform => "uniform",
        }
    }

    /// The one of that name; the mean for any other.
    pub fn from_id(id: &str) -> Self {
        Self::ALL.into_iter().find(|mixture| mixture.id() == id).unwrap_or_default()
    }

    /// As the menu shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Mean => "the data's mean mixture",
            Self::Optimum => "the optimum",
            Self::Uniform => "the uniform mixture",
        }
    }
}

/// A verdict, or why there is none, with the answer that it is on.
pub type Judged = (Same<Answered>, Result<Verdict, String>);

/// All signals; a copy is the same state.
#[derive(Clone, Copy)]
pub struct State {
    /// The table.
    pub source: RwSignal<Source>,
    /// Roles of its columns, if set by hand.
    pub roles: RwSignal<Option<Roles>>,
    /// What else the user said of it.
    pub answers: RwSignal<Vec<Answer>>,
    /// Id of the chosen law.
    pub law_id: RwSignal<String>,
    /// Lines of the table that are not to be fitted, with the reason.
    pub excluded_rows: RwSignal<BTreeMap<usize, String>>,
    /// Targets that are not to be fitted.
    pub excluded: RwSignal<Vec<String>>,
    /// Settings of the fit.
    pub settings: RwSignal<Settings>,
    /// The user's own scenario.
    own_scenario: RwSignal<ScenarioInput>,
    /// The scenario of an opened link, as changed since.
    link_scenario: RwSignal<ScenarioInput>,
    /// A link that was opened, or could not be.
    pub opened: RwSignal<Option<Opened>>,
    /// The runs of that link, where it has them.
    pub link_runs: RwSignal<Option<Same<Dataset>>>,
    /// Whether links are to have the runs in.
    pub with_runs: RwSignal<bool>,
    /// Other fits, to be compared with those on show, or why they cannot be read.
    pub other: RwSignal<Option<Result<Other, String>>>,
    /// What became of the last download.
    pub saved: RwSignal<Option<String>>,
    /// The target that charts and parameters are of, as chosen.
    pub chosen_target: RwSignal<Option<String>>,
    /// At which mixture the loss is drawn.
    pub chart_mixture: RwSignal<ChartMixture>,
    /// For which size beside those of the data, as typed.
    pub chart_size: RwSignal<Option<String>>,

    /// Light, dark, or as the system is.
    pub theme: RwSignal<ThemeChoice>,

    /// The import.
    pub imported: RwSignal<Import>,
    /// Rows that were pasted over others, and may be meant to stand below them.
    pub to_add: RwSignal<Option<ToAdd>>,
    /// A fit that is under way.
    pub run: RwSignal<Option<Run>>,
    /// A validation that is under way, and since when.
    pub validation: RwSignal<Option<(ValidationRun, f64)>>,
    /// The fits of each law, and of the choice among them.
    pub fits: RwSignal<BTreeMap<&'static str, Same<LawFits>>>,
    /// The optimum.
    pub optimum: RwSignal<AskedOptimum>,
    /// Replicates of a bootstrap, as typed.
    pub replicates: RwSignal<String>,
    /// The bootstrap of the fits on show.
    pub bootstrap: RwSignal<Option<BootstrapRun>>,
    /// The same as intervals show it, which are not drawn anew with every few replicates; none while there are too few.
    pub settled: Memo<Option<Same<BootstrapRun>>>,
    /// Why there is none.
    pub bootstrap_error: RwSignal<Option<String>>,
    /// What its replicates make of the optimum.
    pub outcomes: RwSignal<Outcomes>,
    /// What else is known of the optimum.
    pub about: RwSignal<About>,
    /// Whether one may act on the optimum: of which, and the answer or in a sentence why there is none.
    pub verdict: RwSignal<Option<Judged>>,
    /// Which runs to train next, as asked for, and of which optimum.
    pub batch: RwSignal<AskedBatch>,
    /// A study that is planned before its first run.
    pub plan: RwSignal<AskedPlan>,
    /// What new rows changed, and in which optimum.
    pub moved: RwSignal<Option<(Same<Answered>, Moved)>>,
    /// What the optimum is followed along.
    pub path_kind: RwSignal<Option<PathKind>>,
    /// How N and D grow along a path.
    pub growth: RwSignal<Growth>,
    /// The path.
    pub path: RwSignal<AskedPath>,
    /// What replicates make of the path.
    pub spread: RwSignal<PathSpread>,
    /// What happened last, for the status line and for screen readers.
    pub status: RwSignal<String>,
    /// Why a file could not be read.
    pub file_error: RwSignal<Option<String>>,
    /// The section that was opened; without one, the page shows what there is to see.
    pub opened_section: RwSignal<Option<Section>>,
    /// Why the draft is not kept.
    pub not_kept: RwSignal<Option<&'static str>>,
    /// The key of a draft that was left closed, since the page did not get through it last time.
    pub not_opened: RwSignal<Option<String>>,

    /// Whether the page is dark.
    pub is_dark: Memo<bool>,
    /// The study of the table.
    pub data: Memo<Option<Same<StudyData>>>,
    /// What a fit would be made of now.
    pub key: Memo<Result<FitKey, String>>,
    /// Which targets the chosen law leaves out, in a sentence.
    pub left_out: Memo<Option<String>>,
    /// The fits on show.
    pub shown: Memo<Option<Shown>>,
    /// Whether inputs have changed since the fits on show.
    pub stale: Memo<bool>,
    /// The runs of the fits on show, with the stocks that those were made with.
    pub runs: Memo<Option<Same<Dataset>>>,
    /// The target that charts and parameters are of.
    pub target: Memo<Option<String>>,
    /// Why the fits on show have no best mixture, if they do not depend on it.
    pub no_mixture: Memo<Option<String>>,
    /// The scenario for the fits on show.
    pub scenario: Memo<Option<Result<Scenario, String>>>,
    /// What the optimum is compared with.
    pub compared: Memo<Vec<Compared>>,
    /// What it gains over that.
    pub comparisons: Memo<Vec<Comparison>>,
    /// How sure the optimum is, once enough replicates are there.
    pub certainty: Memo<Option<Certainty>>,
    /// The fragment that holds what is on show, or why there is none.
    pub fragment: Memo<Option<Result<String, String>>>,

    /// Steps that can be taken back, and forth again.
    undo: RwSignal<Undo<Draft>>,
    /// The same of the scenario of an opened link.
    link_undo: RwSignal<Undo<ScenarioInput>>,
    /// The drafts in the browser's storage are others.
    drafts_changed: RwSignal<()>,

    /// Whether a slider is being moved.
    is_sliding: StoredValue<bool>,
    /// Whether one was, and the draft is not kept yet.
    has_slid: StoredValue<bool>,
    kept: StoredValue<Kept>,
    versions: StoredValue<u64>,
    pool: StoredValue<Pool, LocalStorage>,
    timers: StoredValue<BTreeMap<&'static str, dom::Timer>>,
    jobs: StoredValue<BTreeMap<&'static str, Vec<JobId>>>,
    /// Fits that wait for their table to be read.
    waiting: StoredValue<Option<Saved>>,
    pasted_over: StoredValue<Option<PastedOver>>,
    /// Cells that were edited while the table was read: row, column and what was typed.
    edits: StoredValue<VecDeque<(usize, usize, String)>>,
    /// Answers of before.
    answers_before: StoredValue<Vec<Snapshot>>,
}

impl State {
    /// The state at load: the draft kept from last time, or else the example.
    pub fn new() -> Self {
        let source = RwSignal::new(Source::default());
        let law_id = RwSignal::new(AUTO.to_string());
        let excluded = RwSignal::new(Vec::new());
        let excluded_rows: RwSignal<BTreeMap<usize, String>> = RwSignal::new(BTreeMap::new());
        let settings = RwSignal::new(Settings::default());
        let own_scenario = RwSignal::new(ScenarioInput::default());
        let link_scenario = RwSignal::new(ScenarioInput::default());
        let opened = RwSignal::new(None);
        let link_runs = RwSignal::new(None::<Same<Dataset>>);
        let with_runs = RwSignal::new(false);
        let chosen_target = RwSignal::new(None);
        let imported = RwSignal::new(Import::Idle);
        let fits: RwSignal<BTreeMap<&'static str, Same<LawFits>>> = RwSignal::new(BTreeMap::new());

        let data = Memo::new(move |_| {
            let data = imported.with(|imported| imported.latest().and_then(|table| table.data.clone()))?;
            without(&data, &excluded_rows.read())
        });
        let key = Memo::new(move |_| {
            let data = data.get().ok_or("there is no study to fit yet")?;
            FitKey::new(law_of(&law_id.read(), Some(&data.dataset)), &data, &settings.read(), &excluded.read())
        });
        let left_out = Memo::new(move |_| {
            let data = data.get()?;
            left_out(law_of(&law_id.read(), Some(&data.dataset)), &data, &excluded.read())
        });
        let shown = Memo::new(move |before: Option<&Option<Shown>>| match &*opened.read() {
            Some(Opened::Study(link)) => Some(Shown { study: link.study.clone(), fits: None }),
            _ => {
                let of_law = fits.read().get(law_id.read().as_str()).cloned();
                imported.read().settled()?;
                // Those of the law before stay, as out of date, until there are some of this one.
                let before = before.cloned().flatten().and_then(|shown| shown.fits);
                let before = before.filter(|before| fits.read().values().any(|fits| fits == before));
                let fits = of_law.or(before).filter(|fits| fits.are_of(data.get().as_deref()))?;
                Some(Shown { study: fits.study.clone(), fits: Some(fits) })
            }
        });
        let stale = Memo::new(move |_| {
            let Some(Shown { fits: Some(fits), .. }) = shown.get() else { return false };
            key.read().as_ref().ok() != Some(&fits.key) || *law_id.read() != fits.choice
        });
        let target = Memo::new(move |_| {
            let shown = shown.get()?;
            let chosen = chosen_target.get();
            let names = || shown.study.targets().map(|target| target.name);
            let found = names().find(|name| Some(*name) == chosen.as_deref());
            found.or_else(|| names().next()).map(str::to_string)
        });
        let scenario = Memo::new(move |_| {
            let study = shown.get()?.study;
            let input = if from_link(opened) { link_scenario } else { own_scenario };
            Some(input.read().scenario(&study))
        });
        let runs = Memo::new(move |_| {
            let Some(fits) = shown.get()?.fits else { return link_runs.get() };
            // The key was made with them, so they are sound.
            Some(Same::new(fits.data.with_stocks(&fits.key.stocks).ok()?.dataset))
        });
        let optimum = RwSignal::new(AskedOptimum::default());
        let verdict = RwSignal::new(None::<(Same<Answered>, Result<Verdict, String>)>);
        let compared = Memo::new(move |_| {
            let (Some(shown), Some(Ok(scenario))) = (shown.get(), scenario.get()) else { return Vec::new() };
            let input = if from_link(opened) { link_scenario } else { own_scenario };
            let mut compared = Compared::usual(&shown.study, &scenario).unwrap_or_default();
            // What was typed for other domains waits until they are back.
            let typed = input.read().compared.clone();
            compared.extend(typed.iter().filter_map(|text| read_mixture(text, &shown.study.domains).ok()));
            compared
        });
        let fragment = Memo::new(move |_| {
            if let Some(Opened::Study(FromLink { fixed: Some(fragment), .. })) = &*opened.read() {
                return Some(Ok(fragment.clone()));
            }
            let study = shown.get()?.study;
            (!study.fits.is_empty()).then_some(())?;
            let scenario = match scenario.get()? {
                Ok(scenario) => scenario,
                Err(sentence) => return Some(Err(sentence)),
            };
            let runs = with_runs.get().then(|| runs.get()).flatten();
            let optimum = optimum.read();
            let answered = match &*optimum {
                AskedOptimum::Done(answered) => Some(answered),
                _ => None,
            };
            let answered = answered.filter(|of| of.study == study && of.scenario == scenario);
            let verdict = verdict.read();
            let judged = verdict.as_ref().filter(|(of, _)| Some(of) == answered);
            let judged = judged.and_then(|(_, verdict)| verdict.as_ref().ok());
            let fragment = match (answered, runs) {
                (None, _) if study.form != Form::Law => {
                    return Some(Err(text::LINK_WAITS.to_string()));
                }
                // What a law says needs no more than the law, until its verdict is known.
                (Some(answered), runs) if study.form != Form::Law || judged.is_some() => {
                    let computed = Computed::of(&study, &scenario, &answered.optimum, judged, &compared.read());
                    match computed {
                        Ok(computed) => share::encode_computed(&study, &scenario, runs.as_deref(), &computed),
                        Err(error) => return Some(Err(error.to_string())),
                    }
                }
                (_, Some(runs)) => share::encode_with_runs(&study, &scenario, &runs),
                (_, None) => share::encode(&study, &scenario),
            };
            Some(fragment.map_err(|error| error.to_string()))
        });
        let comparisons = Memo::new(move |_| {
            let (optimum, compared) = (optimum.read(), compared.get());
            let found = optimum.latest().filter(|found| {
                // Of the fits before, it may have other domains.
                let k = found.study.domains.len();
                compared.iter().all(|one| one.mixture.len() == k)
            });
            let compared = found.map(|found| compare(&found.study, &found.scenario, &found.optimum, &compared));
            compared.and_then(Result::ok).unwrap_or_default()
        });
        let bootstrap = RwSignal::new(None::<BootstrapRun>);
        let settled = Memo::new(move |before: Option<&Option<Same<BootstrapRun>>>| {
            let (shown, run) = (shown.get()?, bootstrap.read());
            let run = run.as_ref().filter(|run| run.study == shown.study && run.n_done() >= LEAST_REPLICATES)?;
            // What nobody asked for changes the charts once, when it is whole.
            if run.is_first() && run.is_running() {
                return None;
            }
            let before = before.and_then(Option::as_ref).filter(|before| before.study == run.study);
            let still = before.filter(|before| !is_news(before.n_done(), run.n_done(), run.config.replicates));
            Some(still.cloned().unwrap_or_else(|| Same::new(run.clone())))
        });
        let theme = RwSignal::new(theme::stored());
        let outcomes: RwSignal<Outcomes> = RwSignal::new(Outcomes::default());
        Self {
            source,
            roles: RwSignal::new(None),
            answers: RwSignal::new(Vec::new()),
            excluded_rows,
            law_id,
            excluded,
            settings,
            own_scenario,
            link_scenario,
            opened,
            link_runs,
            with_runs,
            other: RwSignal::new(None),
            saved: RwSignal::new(None),
            chosen_target,
            chart_mixture: RwSignal::new(ChartMixture::default()),
            chart_size: RwSignal::new(None),
            theme,
            imported,
            to_add: RwSignal::new(None),
            run: RwSignal::new(None),
            validation: RwSignal::new(None),
            fits,
            optimum,
            replicates: RwSignal::new(BootstrapConfig::DEFAULT_REPLICATES.to_string()),
            bootstrap,
            settled,
            bootstrap_error: RwSignal::new(None),
            outcomes,
            about: RwSignal::new(About::default()),
            verdict,
            batch: RwSignal::new(AskedBatch::default()),
            plan: RwSignal::new(AskedPlan::default()),
            moved: RwSignal::new(None),
            path_kind: RwSignal::new(Some(PathKind::Scale)),
            growth: RwSignal::new(Growth::default()),
            path: RwSignal::new(AskedPath::default()),
            spread: RwSignal::new(PathSpread::default()),
            status: RwSignal::new(String::new()),
            file_error: RwSignal::new(None),
            opened_section: RwSignal::new(None),
            not_kept: RwSignal::new(None),
            not_opened: RwSignal::new(None),
            is_dark: theme::is_dark(theme),
            data,
            key,
            left_out,
            shown,
            stale,
            runs,
            target,
            no_mixture: Memo::new(move |_| no_mixture(&shown.get()?.study)),
            scenario,
            compared,
            comparisons,
            certainty: Memo::new(move |_| outcomes.read().certainty(optimum.read().latest()?)),
            fragment,
            undo: RwSignal::new(Undo::default()),
            link_undo: RwSignal::new(Undo::default()),
            drafts_changed: RwSignal::new(()),
            is_sliding: StoredValue::default(),
            has_slid: StoredValue::default(),
            kept: StoredValue::default(),
            versions: StoredValue::default(),
            pool: StoredValue::new_local(Pool::default()),
            timers: StoredValue::default(),
            jobs: StoredValue::default(),
            waiting: StoredValue::default(),
            pasted_over: StoredValue::default(),
            edits: StoredValue::default(),
            answers_before: StoredValue::default(),
        }
    }

    /// The section on show: the table as long as it is no study that can be fitted.
    pub fn section(self) -> Section {
        let is_unread = move || !self.from_link() && self.data.read().is_none();
        self.opened_section.get().unwrap_or(if is_unread() { Section::Data } else { Section::Explore })
    }

    /// Opens a section from elsewhere on the page, and brings it into sight.
    pub fn open_section(self, section: Section) {
        self.opened_section.set(Some(section));
        // Once it is shown.
        self.later("open", Duration::ZERO, move || dom::bring_up(section.id(), &section.tab_id()));
    }

    /// Starts what runs beside the user: draft, link, optimum.
    pub fn begin(self) {
        // Not before the page can be seen.
        self.later("begin", Duration::ZERO, move || {
            self.restore();
            self.open_hash();
            self.import_now(true);
        });
        self.keep_draft();
        self.follow_opening();
        self.follow_optimum();
        self.follow_certainty();
        self.follow_answers();
        self.follow_theme();
        if dom::IS_THERE {
            self.follow_hash();
            self.follow_sliders();
            self.follow_leaving();
        }
    }

    /// The chosen law.
    pub fn law(self) -> &'static dyn Law {
        self.data.with(|data| law_of(&self.law_id.read(), data.as_ref().map(|data| &data.dataset)))
    }

    /// The key of the chosen law's fits: its id, or [`AUTO`].
    pub fn choice(self) -> &'static str {
        if *self.law_id.read() == AUTO { AUTO } else { self.law().id() }
    }

    /// Whether the fits on show come from a link.
    pub fn from_link(self) -> bool {
        from_link(self.opened)
    }

    /// The fields of the scenario on show.
    pub fn scenario_input(self) -> RwSignal<ScenarioInput> {
        if self.from_link() { self.link_scenario } else { self.own_scenario }
    }

    /// Whether that is the study on show: what was drawn of another says nothing of these runs.
    pub fn shows(self, study: &Same<FittedStudy>) -> bool {
        self.shown.read().as_ref().is_some_and(|shown| shown.study == *study)
    }

    /// Runs `action` after the delay, unless it is put off again under the same name.
    fn later(self, name: &'static str, delay: Duration, action: impl FnOnce() + 'static) {
        self.put_off(name);
        self.timers.update_value(|timers| {
            if let Some(timer) = dom::Timer::after(delay, action) {
                timers.insert(name, timer);
            }
        });
    }

    /// Does not run what [`Self::later`] was to run under that name.
    fn put_off(self, name: &'static str) {
        self.timers.update_value(|timers| {
            if let Some(timer) = timers.remove(name) {
                timer.clear();
            }
        });
    }

    /// Cancels the jobs under that name and notes the ones that take their place.
    fn replace_jobs(self, name: &'static str, jobs: Vec<JobId>) {
        let before = self.jobs.try_update_value(|all| all.insert(name, jobs)).flatten().unwrap_or_default();
        self.pool.with_value(Pool::clone).cancel(&before);
    }

    /// Notes one more job under that name.
    fn add_job(self, name: &'static str, job: JobId) {
        self.jobs.update_value(|all| all.entry(name).or_default().push(job));
    }

    fn pool(self) -> Pool {
        self.pool.with_value(Pool::clone)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

fn from_link(opened: RwSignal<Option<Opened>>) -> bool {
    matches!(&*opened.read(), Some(Opened::Study(_)))
}

/// The state of the page.
pub fn use_state() -> State {
    expect_context::<State>()
}
