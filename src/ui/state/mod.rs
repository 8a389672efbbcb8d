//! The page's state: inputs as signals, answers of workers as signals, everything else derived.
//!
//! An input is written by the component that shows it; an answer only by the listener of its request. What
//! follows from both is a memo, and effects only reach outside: workers, storage, address.

mod fit;
mod import;
mod keep;
mod link;
mod optimum;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

pub use import::{Import, ImportedTable, Origin, Source};
pub use link::Opened;
pub use optimum::{Answered, AskedOptimum};

use super::fits::{FitKey, LawFits, Run, StudyData, left_out};
use super::same::Same;
use super::scenario::ScenarioInput;
use super::settings::Settings;
use super::tables::no_mixture;
use super::workers::Pool;
use crate::fit::FittedStudy;
use crate::import::Roles;
use crate::law::{self, LAWS, Law};
use crate::mixture::Scenario;
use crate::protocol::JobId;

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

/// All signals; a copy is the same state.
#[derive(Clone, Copy)]
pub struct State {
    /// The table.
    pub source: RwSignal<Source>,
    /// The table before the last one was taken, for undoing that.
    pub replaced: RwSignal<Option<Source>>,
    /// Roles of its columns, if set by hand.
    pub roles: RwSignal<Option<Roles>>,
    /// Id of the chosen law.
    pub law_id: RwSignal<String>,
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
    /// The target that charts and parameters are of, as chosen.
    pub chosen_target: RwSignal<Option<String>>,
    /// At which mixture the loss is drawn.
    pub chart_mixture: RwSignal<ChartMixture>,
    /// For which size beside those of the data, as typed.
    pub chart_size: RwSignal<Option<String>>,

    /// The import.
    pub imported: RwSignal<Import>,
    /// A fit that is under way.
    pub run: RwSignal<Option<Run>>,
    /// The fits of each law.
    pub fits: RwSignal<BTreeMap<&'static str, Same<LawFits>>>,
    /// The optimum.
    pub optimum: RwSignal<AskedOptimum>,
    /// What happened last, for the status line and for screen readers.
    pub status: RwSignal<String>,
    /// Why a file could not be read.
    pub file_error: RwSignal<Option<String>>,
    /// Why the draft is not kept.
    pub not_kept: RwSignal<Option<&'static str>>,

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
    /// The target that charts and parameters are of.
    pub target: Memo<Option<String>>,
    /// Why the fits on show have no best mixture, if they do not depend on it.
    pub no_mixture: Memo<Option<String>>,
    /// The scenario for the fits on show.
    pub scenario: Memo<Option<Result<Scenario, String>>>,
    /// The fragment that holds what is on show, or why there is none.
    pub fragment: Memo<Option<Result<String, String>>>,

    pool: StoredValue<Pool, LocalStorage>,
    timers: StoredValue<BTreeMap<&'static str, TimeoutHandle>>,
    jobs: StoredValue<BTreeMap<&'static str, Vec<JobId>>>,
}

impl State {
    /// The state at load: the draft kept from last time, or else the example.
    pub fn new() -> Self {
        let source = RwSignal::new(Source::default());
        let law_id = RwSignal::new(LAWS[0].id().to_string());
        let excluded = RwSignal::new(Vec::new());
        let settings = RwSignal::new(Settings::default());
        let own_scenario = RwSignal::new(ScenarioInput::default());
        let link_scenario = RwSignal::new(ScenarioInput::default());
        let opened = RwSignal::new(None);
        let chosen_target = RwSignal::new(None);
        let imported = RwSignal::new(Import::Idle);
        let fits: RwSignal<BTreeMap<&'static str, Same<LawFits>>> = RwSignal::new(BTreeMap::new());

        let data = Memo::new(move |_| imported.with(|imported| imported.latest().and_then(|table| table.data.clone())));
        let key = Memo::new(move |_| {
            let data = data.get().ok_or("there is no study to fit yet")?;
            FitKey::new(law_of(&law_id.read()), &data, &settings.read(), &excluded.read())
        });
        let left_out = Memo::new(move |_| left_out(law_of(&law_id.read()), &*data.get()?, &excluded.read()));
        let shown = Memo::new(move |_| match &*opened.read() {
            Some(Opened::Study(study)) => Some(Shown { study: study.clone(), fits: None }),
            _ => {
                let fits = fits.read().get(law_id.read().as_str()).cloned()?;
                Some(Shown { study: fits.study.clone(), fits: Some(fits) })
            }
        });
        let stale = Memo::new(move |_| {
            let Some(Shown { fits: Some(fits), .. }) = shown.get() else { return false };
            key.read().as_ref().ok() != Some(&fits.key)
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
        let fragment = Memo::new(move |_| {
            let study = shown.get()?.study;
            (!study.fits.is_empty()).then_some(())?;
            let scenario = scenario.get()?;
            Some(
                scenario
                    .and_then(|scenario| crate::share::encode(&study, &scenario).map_err(|error| error.to_string())),
            )
        });
        Self {
            source,
            replaced: RwSignal::new(None),
            roles: RwSignal::new(None),
            law_id,
            excluded,
            settings,
            own_scenario,
            link_scenario,
            opened,
            chosen_target,
            chart_mixture: RwSignal::new(ChartMixture::default()),
            chart_size: RwSignal::new(None),
            imported,
            run: RwSignal::new(None),
            fits,
            optimum: RwSignal::new(AskedOptimum::default()),
            status: RwSignal::new(String::new()),
            file_error: RwSignal::new(None),
            not_kept: RwSignal::new(None),
            data,
            key,
            left_out,
            shown,
            stale,
            target,
            no_mixture: Memo::new(move |_| no_mixture(&shown.get()?.study)),
            scenario,
            fragment,
            pool: StoredValue::new_local(Pool::default()),
            timers: StoredValue::default(),
            jobs: StoredValue::default(),
        }
    }

    /// Starts what runs beside the user: draft, link, optimum.
    pub fn begin(self) {
        self.restore();
        self.open_hash();
        self.import_now(true);
        self.keep_draft();
        self.follow_optimum();
        self.follow_hash();
    }

    /// The chosen law.
    pub fn law(self) -> &'static dyn Law {
        law_of(&self.law_id.read())
    }

    /// Whether the fits on show come from a link.
    pub fn from_link(self) -> bool {
        from_link(self.opened)
    }

    /// The fields of the scenario on show.
    pub fn scenario_input(self) -> RwSignal<ScenarioInput> {
        if self.from_link() { self.link_scenario } else { self.own_scenario }
    }

    /// Runs `action` after the delay, unless it is put off again under the same name.
    fn later(self, name: &'static str, delay: Duration, action: impl FnOnce() + 'static) {
        self.timers.update_value(|timers| {
            if let Some(timer) = timers.remove(name) {
                timer.clear();
            }
            if let Ok(timer) = set_timeout_with_handle(action, delay) {
                timers.insert(name, timer);
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

fn law_of(id: &str) -> &'static dyn Law {
    law::by_id(id).unwrap_or(LAWS[0])
}

/// The state of the page.
pub fn use_state() -> State {
    expect_context::<State>()
}

/// A text that is shared, not copied.
pub type SharedText = Arc<str>;
