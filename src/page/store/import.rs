//! The table: taken, edited, given roles; read by a worker.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use leptos::prelude::*;

use super::State;
use crate::import::{self, Answer, Fix, Question, Role, Roles, Table, Understood, Unsummed};
use crate::page::browser::dom;
use crate::page::browser::workers::{Lane, Reply};
use crate::page::input::added::{is_unnamed, with_rows};
use crate::page::input::address;
use crate::page::input::draft::{Draft, Origin, SharedText};
use crate::page::input::rename::{DomainColumn, renamed_column};
use crate::page::input::scenario::ScenarioInput;
use crate::page::run::fits::{AUTO, StudyData};
use crate::page::same::Same;
use crate::page::view::moved::have_common_row;
use crate::page::view::tables::counted;
use crate::protocol::{self, Task, WireImport, WireIssue};
use crate::sample::Sample;
use crate::share::link_in_picture;
use crate::wording::page as text;

/// Typing is over after this pause.
const TYPING_PAUSE: Duration = Duration::from_millis(300);

/// The table as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The text.
    pub text: SharedText,
    /// Whose it is.
    pub origin: Origin,
    /// Which table it began with: [`Draft::work`].
    pub work: u32,
}

impl Source {
    /// Another table of the user's.
    fn own(text: &str) -> Self {
        Self { text: text.into(), origin: Origin::Own, work: dom::random() }
    }
}

impl Default for Source {
    fn default() -> Self {
        Self { text: "".into(), origin: Origin::Own, work: 0 }
    }
}

/// What came out of an import.
#[derive(Debug)]
pub struct ImportedTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The role of each.
    pub roles: Roles,
    /// Its cells, if the text is a table.
    pub table: Option<Same<Table>>,
    /// The study, if there is one.
    pub data: Option<Same<StudyData>>,
    /// Lines left out.
    pub n_left_out: usize,
    /// The first errors.
    pub errors: Vec<WireIssue>,
    /// How many there are.
    pub n_errors: usize,
    /// The first notices.
    pub notices: Vec<WireIssue>,
    /// How many there are.
    pub n_notices: usize,
    /// What only the user can say; there is no study while one is open.
    pub questions: Vec<Question>,
    /// What the table was taken for.
    pub understood: Option<Understood>,
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

/// A study of the user's that was pasted over.
pub struct PastedOver {
    /// What was there.
    draft: Draft,
    /// As it was read.
    table: Same<ImportedTable>,
    /// [`Source::work`] of the table in its place.
    work: u32,
}

/// Rows that may be meant to stand below those that they were pasted over.
#[derive(Clone, PartialEq)]
pub struct ToAdd {
    /// How many they are, and how many were there before.
    pub n_rows: [usize; 2],
    /// Whether the rows have no names of columns: by themselves they are nothing.
    pub is_unnamed: bool,
    /// What was there, with them below it.
    draft: Draft,
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

    /// The table, unless another is being read.
    pub fn settled(&self) -> Option<&Same<ImportedTable>> {
        if let Import::Done(table) = self { Some(table) } else { None }
    }
}

impl State {
    /// Takes a whole text in place of the table: pasted, dropped or chosen. A link, a fit file and a project are opened
    /// instead.
    pub fn take_text(self, text: &str) {
        self.file_error.set(None);
        if let Some(fragment) = address::link_in(text) {
            self.open(fragment);
            return;
        }
        if self.open_file(text) {
            return;
        }
        let half = self.half();
        self.replace_source(Source::own(text), half);
    }

    /// The user's table on show, if it is a table and no study of mixtures: what comes next may be its other half.
    fn half(self) -> Option<SharedText> {
        let source = self.source.get_untracked();
        let is_half = self.imported.with_untracked(|imported| {
            let mixes = |data: &Same<StudyData>| !data.dataset.domains().is_empty();
            imported.latest().is_some_and(|table| table.table.is_some() && !table.data.as_ref().is_some_and(mixes))
        });
        (source.origin == Origin::Own && is_half).then_some(source.text)
    }

    /// Takes files' bytes as [`State::take_text`] takes a text; if one is none, says so and keeps the table. Of a chart's
    /// picture, the link that it carries is opened.
    pub fn take_bytes(self, files: &[(String, Vec<u8>)]) {
        if let [(_, bytes)] = files
            && let Some(link) = link_in_picture(bytes)
            && let Some(fragment) = address::link_in(&link)
        {
            self.file_error.set(None);
            return self.open(fragment);
        }
        let mut texts = Vec::new();
        for (name, bytes) in files {
            let text = import::decode::decode(bytes);
            match text.and_then(|text| import::decode::check_text(&text).map(|()| text)) {
                Ok(text) => texts.push(text.into_owned()),
                Err(cause) => return self.refuse_file(name, &cause.to_string()),
            }
        }
        match &texts[..] {
            [] => {}
            [one] => self.take_text(one),
            several => self.take_text(&import::joined(several)),
        }
    }

    /// Says why a file is not read.
    pub fn refuse_file(self, name: &str, sentence: &str) {
        let sentence = format!("{name}: {sentence}");
        self.status.set(sentence.clone());
        self.file_error.set(Some(sentence));
    }

    /// Puts a sample in the table's place, with the law and the scenario that show its point.
    pub fn take_sample(self, sample: &'static Sample) {
        self.keep_now();
        self.file_error.set(None);
        self.forget_link();
        self.put(Draft::of_sample(sample, dom::random()));
        self.note_step();
        self.import_later(Duration::ZERO, None);
    }

    fn replace_source(self, source: Source, half: Option<SharedText>) {
        // What was typed last is to be found among the earlier drafts.
        self.keep_now();
        let own = self.source.with_untracked(|source| source.origin == Origin::Own);
        let table = self.imported.with_untracked(|imported| imported.settled().cloned());
        let table = table.filter(|table| own && half.is_none() && table.data.is_some());
        self.pasted_over.set_value(table.map(|table| PastedOver { draft: self.draft(), table, work: source.work }));
        self.forget_link();
        self.waiting.set_value(None);
        self.forget_sample();
        // A law that was named for the runs before says nothing of these.
        self.law_id.set(AUTO.to_string());
        self.own_scenario.update(|scenario| scenario.compared.clear());
        self.opened_section.set(None);
        self.roles.set(None);
        self.answers.set(Vec::new());
        self.excluded.set(Vec::new());
        self.excluded_rows.set(BTreeMap::new());
        self.source.set(source);
        self.note_step();
        // Not in the same task: a long table takes the browser a while to hand over.
        self.import_later(Duration::ZERO, half);
    }

    /// A sample's law and scenario say nothing of the user's own runs.
    fn forget_sample(self) {
        if self.source.with_untracked(|source| source.origin != Origin::Own) {
            self.law_id.set(AUTO.to_string());
            self.own_scenario.set(ScenarioInput::default());
        }
    }

    /// Takes what stands in the text field while the user types.
    pub fn edit_text(self, text: String) {
        self.forget_sample();
        self.file_error.set(None);
        self.source.update(|source| *source = Source { text: text.into(), origin: Origin::Own, ..*source });
        self.import_later(TYPING_PAUSE, None);
    }

    /// Writes another text into a cell: the table becomes one of plain cells, with its roles and excluded lines.
    pub fn edit_cell(self, row_idx: usize, column_idx: usize, cell: &str) {
        // What is typed while the edit before is read waits for that.
        if self.imported.with_untracked(|imported| matches!(imported, Import::Running(_))) {
            return self.edits.update_value(|edits| edits.push_back((row_idx, column_idx, cell.to_string())));
        }
        let now = self.imported.with_untracked(|imported| {
            let imported = imported.settled()?;
            Some((imported.roles.clone(), imported.table.clone()?))
        });
        let Some((roles, table)) = now else { return };
        if row_idx >= table.n_rows() || table.row(row_idx).cell(column_idx) == cell {
            return;
        }
        self.put_cells(&table, roles, table.to_text(Some((row_idx, column_idx, cell))));
    }

    /// Does what an issue offers: a step that can be undone.
    pub fn apply_fix(self, issue: &WireIssue, fix: &Fix) {
        match (fix, issue.row, issue.column) {
            (Fix::Cell(text), Some(row_idx), Some(column_idx)) => self.edit_cell(row_idx, column_idx, text),
            (Fix::Role(role), _, Some(column_idx)) => self.set_role(column_idx, *role),
            (Fix::Answer(answer), ..) => self.answer(std::slice::from_ref(answer)),
            (Fix::Experiment(name), ..) => {
                let text = self.source.with_untracked(|source| source.text.clone());
                match import::only_experiment(&text, name) {
                    Ok(text) => self.replace_source(Source::own(&text), None),
                    Err(issue) => self.status.set(issue.to_string()),
                }
            }
            _ => {}
        }
    }

    /// Puts a changed copy of the table in its place, as plain cells with its roles and excluded lines.
    fn put_cells(self, table: &Table, roles: Roles, text: String) {
        let moved = self.excluded_rows.with_untracked(|excluded| {
            let lines = table
                .rows()
                .enumerate()
                .filter_map(|(row_idx, row)| Some((Table::line_in_text(row_idx), excluded.get(&row.line())?.clone())));
            lines.collect()
        });
        self.source.update(|source| *source = Source { text: text.into(), origin: Origin::Own, ..*source });
        // The cells are those of the lines and stages that were chosen; as long as something is open, the guess is.
        let is_open = self.imported.with_untracked(|now| now.latest().is_some_and(|table| !table.questions.is_empty()));
        let is_done = |answer: &Answer| match answer {
            Answer::Filter(..) | Answer::Stage(_) | Answer::Sums(Unsummed::Rest) => true,
            Answer::Role(..) => !is_open,
            _ => false,
        };
        self.answers.update(|answers| answers.retain(|answer| !is_done(answer)));
        self.roles.set((!is_open).then_some(roles));
        self.excluded_rows.set(moved);
        self.import_now(true);
    }

    /// Gives a domain another name: in the table, in the limits and among the stocks; whether it did. The same name, a
    /// blank one or that of another column changes nothing.
    pub fn rename_domain(self, column: &DomainColumn, name: &str) -> bool {
        let now = self.imported.with_untracked(|imported| {
            let imported = imported.settled()?;
            Some((imported.roles.clone(), imported.table.clone()?))
        });
        let Some((roles, table)) = now else { return false };
        let Some(header) = renamed_column(table.header(), column, name) else { return false };
        let (before, after) = (column.domain.as_str(), name.trim());
        self.own_scenario.update(|input| input.rename_domain(before, after));
        self.settings.update(|settings| settings.rename_domain(before, after));
        self.put_cells(&table, roles, Table::clone(&table).renamed(column.column_idx, &header).to_text(None));
        true
    }

    /// Leaves a line of the table out of the fits, or changes the reason.
    pub fn exclude(self, line: usize, reason: &str) {
        let is_new = self.excluded_rows.try_update(|rows| rows.insert(line, reason.to_string())).flatten().is_none();
        if is_new {
            self.status.set(format!("Line {line} is left out."));
            self.refit();
        }
    }

    /// Brings back a line that was left out.
    pub fn include(self, line: usize) {
        self.excluded_rows.update(|rows| {
            rows.remove(&line);
        });
        self.status.set(format!("Line {line} is back."));
        self.refit();
    }

    /// Gives a column another role.
    pub fn set_role(self, column_idx: usize, role: Role) {
        let column = self.imported.with_untracked(|imported| imported.latest()?.columns.get(column_idx).cloned());
        if let Some(column) = column {
            self.answer(&[Answer::Role(column, role)]);
        }
    }

    /// Takes what the user says of the table.
    pub fn answer(self, answers: &[Answer]) {
        self.answers.update(|all| Answer::add(all, answers));
        self.import_now(true);
    }

    /// Has a worker read the table, and fits it then, if asked to and if that is quick.
    pub(super) fn import_now(self, then_fit: bool) {
        self.import_with(None, then_fit);
    }

    /// The same after a while; what was read of the text before is not on show any more.
    pub(super) fn import_later(self, delay: Duration, half: Option<SharedText>) {
        self.edits.set_value(VecDeque::new());
        self.is_reading();
        self.later("import", delay, move || self.import_with(half, true));
    }

    fn is_reading(self) {
        // What is read or fitted still is the table before.
        self.replace_jobs("import", Vec::new());
        self.stop_run();
        self.imported.update(|imported| *imported = Import::Running(imported.latest().cloned()));
    }

    fn import_with(self, half: Option<SharedText>, then_fit: bool) {
        self.is_reading();
        let (text, roles) = (self.source.with_untracked(|source| source.text.clone()), self.roles.get_untracked());
        let answers = self.answers.get_untracked();
        let whole = half.as_ref().map(|half| import::joined(&[half.to_string(), text.to_string()]));
        let half = half.map(|half| half.to_string());
        let task = move || Task::Import { text: text.to_string(), roles, answers, half };
        let job = self.pool().submit(Lane::Reading, task, move |reply| {
            if let Reply::Done { outcome, .. } = reply {
                if let (Ok(protocol::Answer::Import(import)), Some(whole)) = (&*outcome, &whole)
                    && import.joined
                {
                    let whole: SharedText = whole.as_str().into();
                    self.source.update(|source| *source = Source { text: whole, origin: Origin::Own, ..*source });
                }
                self.import_ended(*outcome, then_fit);
            }
        });
        self.replace_jobs("import", vec![job]);
    }

    fn import_ended(self, outcome: Result<protocol::Answer, String>, then_fit: bool) {
        let table = match outcome {
            Ok(protocol::Answer::Import(import)) => imported(*import, self.next_version()),
            Ok(_) => Err(text::WORKER_STOPPED.to_string()),
            Err(sentence) => Err(sentence),
        };
        match table {
            Ok(table) => {
                if let Some(question) = table.questions.first() {
                    self.status.set(format!("Nothing is fitted until this is answered: {}", question.text));
                } else if let (None, Some(sentence)) = (&table.data, table.errors.first()) {
                    self.status.set(format!("There is no study to fit: {}", sentence.sentence));
                }
                self.to_add.set(self.rows_to_add(&table));
                if self.to_add.read_untracked().as_ref().is_some_and(|rows| rows.is_unnamed) {
                    // Undone, they stay alone.
                    self.pasted_over.set_value(None);
                    return self.add_rows();
                }
                self.imported.set(Import::Done(Same::new(table)));
            }
            Err(sentence) => {
                self.to_add.set(None);
                self.status.set(format!("The table could not be read: {sentence}"));
                self.imported.set(Import::Failed(sentence));
            }
        }
        if let Some((row_idx, column_idx, cell)) = self.edits.try_update_value(VecDeque::pop_front).flatten() {
            self.edit_cell(row_idx, column_idx, &cell);
            // It may have changed nothing.
            if self.imported.with_untracked(|imported| matches!(imported, Import::Running(_))) {
                return;
            }
        }
        if self.take_waiting_fits() {
            return;
        }
        if let Some(data) = self.data.get_untracked() {
            self.own_scenario.update(|scenario| scenario.suit(&data.summary));
        }
        match self.data.get_untracked() {
            Some(data) if then_fit && data.is_quick() && !self.from_link() => self.start_fit(),
            Some(data) if then_fit && !data.is_quick() => self.status.set(text::LARGE.to_string()),
            _ => {}
        }
    }

    /// The table with the one that it was pasted over, if that may be what is meant.
    fn rows_to_add(self, now: &ImportedTable) -> Option<ToAdd> {
        let source = self.source.get_untracked();
        self.pasted_over.with_value(|over| {
            let PastedOver { draft, table, .. } = over.as_ref().filter(|over| over.work == source.work)?;
            let data = table.data.as_ref().filter(|data| data.is_quick())?;
            let now_data = now.data.as_ref().map(|data| &data.dataset);
            if now_data.is_some_and(|now| have_common_row(&data.dataset, now)) {
                return None;
            }
            let (before, now) = (table.table.as_ref()?, now.table.as_ref()?);
            let n_rows = now_data.map_or(now.n_rows(), |data| data.observations().len());
            let draft = with_rows(draft, (before, Some(&data.dataset)), &source.text, (now, now_data))?;
            Some(ToAdd { n_rows: [n_rows, data.dataset.observations().len()], is_unnamed: is_unnamed(now), draft })
        })
    }

    /// Puts the rows on show below those that they were pasted over.
    pub fn add_rows(self) {
        let Some(ToAdd { draft, n_rows: [n, before], .. }) = self.to_add.get_untracked() else { return };
        self.keep_now();
        self.forget_link();
        let Draft { law, settings, scenario, .. } = self.draft();
        self.put(Draft { law, settings, scenario, ..draft });
        self.to_add.set(None);
        self.note_step();
        self.status.set(text::added_sentence(&counted(n, "row"), &counted(before, "row")));
        self.import_later(Duration::ZERO, None);
    }

    fn next_version(self) -> u64 {
        self.versions
            .try_update_value(|version| {
                *version += 1;
                *version
            })
            .unwrap_or_default()
    }
}

fn imported(import: WireImport, version: u64) -> Result<ImportedTable, String> {
    let dataset = import.study.map(crate::protocol::WireStudy::into_dataset).transpose()?;
    let table = import.table.map(crate::protocol::WireTable::into_table).transpose()?;
    Ok(ImportedTable {
        table: table.map(Same::new),
        columns: import.columns,
        roles: import.roles,
        data: dataset
            .map(|dataset| Same::new(StudyData { notices: import.warnings, ..StudyData::new(version, dataset) })),
        n_left_out: import.n_left_out,
        errors: import.errors,
        n_errors: import.n_errors,
        notices: import.notices,
        n_notices: import.n_notices,
        questions: import.questions,
        understood: import.understood,
    })
}
