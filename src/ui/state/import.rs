//! The table: taken, edited, given roles; read by a worker.

use std::time::Duration;

use leptos::prelude::*;

use super::{SharedText, State};
use crate::import::{self, Role, Roles};
use crate::protocol::{Answer, Task, WireImport};
use crate::sample;
use crate::ui::address;
use crate::ui::fits::StudyData;
use crate::ui::same::Same;
use crate::ui::text;
use crate::ui::workers::{Lane, Reply};

/// Typing is over after this pause.
const TYPING_PAUSE: Duration = Duration::from_millis(300);

/// Whose table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The example study.
    #[default]
    Example,
    /// The user's.
    Own,
}

/// The table as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The text.
    pub text: SharedText,
    /// Whose it is.
    pub origin: Origin,
}

impl Default for Source {
    fn default() -> Self {
        Self { text: "".into(), origin: Origin::Example }
    }
}

/// What came out of an import.
#[derive(Debug)]
pub struct ImportedTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The role of each.
    pub roles: Roles,
    /// The study, if there is one.
    pub data: Option<Same<StudyData>>,
    /// Lines left out.
    pub n_left_out: usize,
    /// The first errors.
    pub errors: Vec<String>,
    /// How many there are.
    pub n_errors: usize,
    /// The first notices.
    pub notices: Vec<String>,
    /// How many there are.
    pub n_notices: usize,
}

/// The import of the table.
#[derive(Clone)]
pub enum Import {
    /// Not begun.
    Idle,
    /// Under way; what was there before stays.
    Running(Option<Same<ImportedTable>>),
    /// Done.
    Done(Same<ImportedTable>),
    /// No answer came, in a sentence.
    Failed(String),
}

impl Import {
    /// What is on show.
    pub fn latest(&self) -> Option<&Same<ImportedTable>> {
        match self {
            Import::Running(table) => table.as_ref(),
            Import::Done(table) => Some(table),
            Import::Idle | Import::Failed(_) => None,
        }
    }
}

impl State {
    /// Takes a whole text in place of the table: pasted, dropped or chosen. A link is opened instead.
    pub fn take_text(self, text: &str) {
        self.file_error.set(None);
        if let Some(fragment) = address::link_in(text) {
            self.open(fragment);
            return;
        }
        self.replace_source(Source { text: text.into(), origin: Origin::Own });
    }

    /// Takes a file's bytes as [`State::take_text`] takes a text; if they are none, says so and keeps the table.
    pub fn take_bytes(self, name: &str, bytes: &[u8]) {
        let text = import::decode::decode(bytes);
        match text.and_then(|text| import::decode::check_text(&text).map(|()| text)) {
            Ok(text) => self.take_text(&text),
            Err(cause) => self.refuse_file(name, &cause.to_string()),
        }
    }

    /// Says why a file is not read.
    pub fn refuse_file(self, name: &str, sentence: &str) {
        let sentence = format!("{name}: {sentence}");
        self.status.set(sentence.clone());
        self.file_error.set(Some(sentence));
    }

    /// Puts the example study in the table's place.
    pub fn take_example(self) {
        self.replace_source(example());
    }

    /// Puts back the table that was there before the last one was taken.
    pub fn undo_replace(self) {
        if let Some(source) = self.replaced.get_untracked() {
            self.replace_source(source);
        }
    }

    fn replace_source(self, source: Source) {
        self.forget_link();
        let before = self.source.get_untracked();
        self.replaced.set((!before.text.trim().is_empty() && before != source).then_some(before));
        self.roles.set(None);
        self.excluded.set(Vec::new());
        self.source.set(source);
        // Not in the same task: a long table takes the browser a while to hand over.
        self.later("import", Duration::ZERO, move || self.import_now(true));
    }

    /// Takes what stands in the text field while the user types.
    pub fn edit_text(self, text: String) {
        self.file_error.set(None);
        self.source.set(Source { text: text.into(), origin: Origin::Own });
        self.later("import", TYPING_PAUSE, move || self.import_now(false));
    }

    /// Gives a column another role.
    pub fn set_role(self, column_idx: usize, role: Role) {
        let roles = self.imported.with_untracked(|imported| imported.latest().map(|table| table.roles.clone()));
        let Some(mut roles) = roles else { return };
        if let Some(entry) = roles.0.get_mut(column_idx) {
            *entry = role;
        }
        self.roles.set(Some(roles));
        self.import_now(false);
    }

    /// Has a worker read the table, and fits it then, if asked to and if that is quick.
    pub(super) fn import_now(self, then_fit: bool) {
        self.imported.update(|imported| *imported = Import::Running(imported.latest().cloned()));
        let (text, roles) = (self.source.with_untracked(|source| source.text.clone()), self.roles.get_untracked());
        let task = move || Task::Import { text: text.to_string(), roles };
        self.replace_jobs("import", Vec::new());
        let job = self.pool().submit(Lane::Quick, task, move |reply| {
            if let Reply::Done { outcome, .. } = reply {
                self.import_ended(*outcome, then_fit);
            }
        });
        self.replace_jobs("import", vec![job]);
    }

    fn import_ended(self, outcome: Result<Answer, String>, then_fit: bool) {
        let table = match outcome {
            Ok(Answer::Import(import)) => imported(*import, self.next_version()),
            Ok(_) => Err(text::WORKER_STOPPED.to_string()),
            Err(sentence) => Err(sentence),
        };
        match table {
            Ok(table) => {
                if let (None, Some(sentence)) = (&table.data, table.errors.first()) {
                    self.status.set(format!("There is no study to fit: {sentence}"));
                }
                self.imported.set(Import::Done(Same::new(table)));
            }
            Err(sentence) => {
                self.status.set(format!("The table could not be read: {sentence}"));
                self.imported.set(Import::Failed(sentence));
            }
        }
        match self.data.get_untracked() {
            Some(data) if then_fit && data.is_quick() && !self.from_link() => self.start_fit(),
            Some(data) if then_fit && !data.is_quick() => self.status.set(text::LARGE.to_string()),
            _ => {}
        }
    }

    fn next_version(self) -> u64 {
        self.data
            .with_untracked(|data| data.as_ref().map_or(0, |data| data.version))
            .max(self.fits.with_untracked(|fits| fits.values().map(|fits| fits.key.data_version).max().unwrap_or(0)))
            + 1
    }
}

fn imported(import: WireImport, version: u64) -> Result<ImportedTable, String> {
    let dataset = import.study.map(crate::protocol::WireStudy::into_dataset).transpose()?;
    Ok(ImportedTable {
        columns: import.columns,
        roles: import.roles,
        data: dataset.map(|dataset| Same::new(StudyData::new(version, dataset))),
        n_left_out: import.n_left_out,
        errors: import.errors,
        n_errors: import.n_errors,
        notices: import.notices,
        n_notices: import.n_notices,
    })
}

/// The example study.
pub(super) fn example() -> Source {
    // Its sample is part of the program and proven by a test; an empty table is what is left of it otherwise.
    Source { text: sample::llm().unwrap_or_default().into(), origin: Origin::Example }
}
