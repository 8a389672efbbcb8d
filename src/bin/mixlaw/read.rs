//! What several commands read: tables, fit files, and options of the form NAME=VALUE.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use mixlaw::dataset::Dataset;
use mixlaw::export::fit_file::{self, FitFileError, Saved};
use mixlaw::fit::FitConfig;
use mixlaw::import::decode::decode;
use mixlaw::import::{Answer, Imported, MAX_BYTES, Question, Role, Unsummed, import_with, joined, only_experiment};
use mixlaw::law;
use mixlaw::predict::{self, FittedStudy};
use mixlaw::units::{Decimal, choices, read_number};
use serde_json::Value;

use crate::fit::{Threads, chosen_targets};
use crate::text::counted;

#[derive(Args)]
pub struct RoleArgs {
    /// What a column holds, where the guess is wrong: weight, n, d, flops, loss, perplexity, row-weight, split or
    /// ignore
    #[arg(long = "role", value_name = "COLUMN=ROLE")]
    roles: Vec<String>,
    /// Numbers of this column are counted in k, M, B or T, or in ones: N=B, tokens=1
    #[arg(long = "scale", value_name = "COLUMN=SCALE")]
    scales: Vec<String>,
    /// What parts decimals, where the table leaves it open
    #[arg(long, value_parser = ["point", "comma"])]
    decimal: Option<String>,
    /// Only the lines with this cell in that column
    #[arg(long = "filter", value_name = "COLUMN=CELL")]
    filters: Vec<String>,
    /// Of runs of the same N, D and mixture only the one of least loss
    #[arg(long, conflicts_with = "keep_all")]
    keep_best: bool,
    /// Runs of the same N, D and mixture all count, however different their losses are
    #[arg(long)]
    keep_all: bool,
    /// Of runs in several stages, the mixture of this one, or "mean" for that of all stages, by tokens
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// What weights mean that do not sum to 1: what is missing is one more domain, or they are relative, or their lines
    /// do not count
    #[arg(long, value_parser = Unsummed::ALL.map(|(id, _)| id))]
    sums: Option<String>,
    /// Of a table with several experiments, the one to use; the one with most lines without it
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
}

/// Reads a table, or several to be joined, and says all that there is to say about it.
pub fn read_table(paths: &[PathBuf], args: &RoleArgs) -> Result<Imported, String> {
    read_table_of(paths, args, &[])
}

/// Reads a table as [`read_table`] does; columns that are called as these domains are their weights, if that is asked.
pub fn read_table_of(paths: &[PathBuf], args: &RoleArgs, domains: &[String]) -> Result<Imported, String> {
    let (mut texts, mut roles, mut answers) = (Vec::new(), None, Vec::new());
    for path in paths {
        let bytes = read_bytes(path)?;
        // A project of the page's brings its table, with the roles that its columns were given.
        match fit_file::table(&bytes) {
            Some((text, given, said)) => {
                texts.push(text);
                if paths.len() == 1 {
                    (roles, answers) = (given, said);
                }
            }
            None => texts.push(decode(&bytes).map_err(|cause| format!("{}: {cause}", shown(path)))?.into_owned()),
        }
    }
    let mut text = joined(&texts);
    if let Some(name) = &args.experiment {
        text = only_experiment(&text, name).map_err(|issue| issue.to_string())?;
    }
    Answer::add(&mut answers, &self::answers(args)?);
    let mut imported = import_with(&text, roles.clone(), &answers);
    if !imported.questions.is_empty() && !domains.is_empty() {
        let header = imported.table.as_ref().map_or(&[][..], |table| table.header());
        let is_told = |name: &String| answers.iter().any(|answer| answer.column() == Some(name));
        let of_domain = |name: &&String| domains.contains(name) && !is_told(name);
        let known: Vec<Answer> =
            header.iter().filter(of_domain).map(|name| Answer::Role(name.clone(), Role::Weight)).collect();
        Answer::add(&mut answers, &known);
        imported = import_with(&text, roles, &answers);
    }
    check_columns(&imported, &answers)?;
    /// More sentences than anyone reads; the last one counts the rest.
    const SHOWN: usize = 50;
    if paths.len() > 1 && !imported.issues.is_empty() {
        say!("mixlaw: lines are counted through all files, one below the other with a blank line between them");
    }
    for sentence in imported.issues.sentences(SHOWN) {
        say!("mixlaw: {sentence}");
    }
    if let Some(understood) = &imported.understood {
        say!("mixlaw: {understood}");
    }
    if !imported.questions.is_empty() {
        let questions: Vec<String> = imported.questions.iter().map(Question::with_options).collect();
        return Err(format!("{}\nadd the options of one choice", questions.join("\nmixlaw: ")));
    }
    Ok(imported)
}

pub fn no_study(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| shown(path)).collect();
    format!("{}: no usable table (see above)", names.join(" with "))
}

fn answers(args: &RoleArgs) -> Result<Vec<Answer>, String> {
    let mut answers = Vec::new();
    for given in &args.roles {
        let (column, role) = named("role", given, "COLUMN=ROLE, such as wikipedia_loss=loss")?;
        let role = Role::from_id(&role).ok_or_else(|| {
            format!(
                "\"{role}\" is no role; a column is weight, n, d, flops, loss, perplexity, row-weight, split or ignore"
            )
        })?;
        answers.push(Answer::Role(column, role));
    }
    for given in &args.scales {
        let (column, scale) = named("scale", given, "COLUMN=SCALE, such as N=B")?;
        if !["1", "k", "M", "B", "T"].contains(&scale.as_str()) {
            return Err(format!("\"{scale}\" is no scale; write 1, k, M, B or T"));
        }
        answers.push(Answer::Scale(column, scale));
    }
    for given in &args.filters {
        let (column, cell) = given
            .split_once('=')
            .ok_or_else(|| format!("the filter \"{given}\" must read COLUMN=CELL, such as lr=0.001"))?;
        answers.push(Answer::Filter(column.to_string(), cell.to_string()));
    }
    answers.extend(args.decimal.as_deref().map(|decimal| match decimal {
        "comma" => Answer::Decimal(Decimal::Comma),
        _ => Answer::Decimal(Decimal::Point),
    }));
    answers.extend(args.keep_best.then_some(Answer::KeepBest));
    answers.extend(args.keep_all.then_some(Answer::KeepAll));
    answers.extend(args.stage.clone().map(Answer::Stage));
    let unsummed = |id: &String| Unsummed::ALL.iter().find(|(own, _)| own == id).map(|(_, unsummed)| *unsummed);
    answers.extend(args.sums.as_ref().and_then(unsummed).map(Answer::Sums));
    Ok(answers)
}

/// Whether the table has the columns that the answers name.
fn check_columns(imported: &Imported, answers: &[Answer]) -> Result<(), String> {
    let Some(header) = imported.table.as_ref().map(|table| table.header()) else { return Ok(()) };
    for answer in answers {
        if let Some(column) = answer.column().filter(|column| Answer::columns(column, header).next().is_none()) {
            let known = choices(header.iter().map(String::as_str), column);
            return Err(format!("no column is called \"{column}\"; the table has: {known}"));
        }
    }
    Ok(())
}

/// The fits of a fit file, and what else it holds.
pub struct Fitted {
    pub study: FittedStudy,
    pub saved: Saved,
}

pub fn read_fit(path: &PathBuf) -> Result<Fitted, String> {
    let bytes = read_at_most(path, MAX_FIT_BYTES)?
        .ok_or_else(|| too_long(path, MAX_FIT_BYTES, "this is no fit file that mixlaw writes"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is not a text", shown(path)))?;
    let mut saved = fit_file::read_saved(&text).map_err(|error| format!("{}: {error}", shown(path)))?;
    let no_fits = || format!("{}: {}", shown(path), FitFileError::Empty);
    let study = saved.study.take().ok_or_else(no_fits)?;
    Ok(Fitted { study, saved })
}

/// The fits of a fit file, validated where they are not; of a table, the fits that validation chooses.
pub fn read_fit_or_table(path: &PathBuf, roles: &RoleArgs) -> Result<Fitted, String> {
    let validated = |dataset: &Dataset, study: FittedStudy| {
        if study.processes.is_empty() {
            predict::choice::of_law(dataset, study.fits, &Threads, &|_, _| {})
        } else {
            study
        }
    };
    match read_fit(path) {
        Ok(Fitted { study, saved }) => {
            let study = match &saved.runs {
                Some(runs) => validated(runs, study),
                None => study,
            };
            Ok(Fitted { study, saved })
        }
        // Standard input can be read once.
        Err(error) if path.as_os_str() == "-" => Err(error),
        Err(error) => {
            let is_json = read_bytes(path)?.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
            let imported = read_table(std::slice::from_ref(path), roles);
            let imported = imported.map_err(|of_table| if is_json { error.clone() } else { of_table })?;
            let said = imported.warnings();
            let dataset =
                imported.dataset.ok_or_else(|| if is_json { error } else { no_study(std::slice::from_ref(path)) })?;
            let config = FitConfig::default();
            let law = if dataset.domains().len() < 2 { "chinchilla" } else { "additive" };
            let law = law::by_id(law).ok_or("there is no such law")?;
            let target_idxs = chosen_targets(law, &dataset, &[], &config)?;
            let study = predict::auto(&dataset, &target_idxs, &config, &Threads, &|_, _| {});
            let study = study.map_err(|error| error.to_string())?;
            say!("mixlaw: fitted and validated {}", counted(study.targets().count(), "target"));
            Ok(Fitted { study: FittedStudy { notices: said, ..study }, saved: Saved::default() })
        }
    }
}

/// Longest fit file: a study as long as can be read, its fits, and their replicates.
const MAX_FIT_BYTES: usize = 4 * MAX_BYTES;

/// The bytes of a table or a scenario file, or why they cannot be read. Nothing is read beyond the limit.
pub fn read_bytes(path: &PathBuf) -> Result<Vec<u8>, String> {
    let advice = "leave out columns and lines that the fit does not need";
    read_at_most(path, MAX_BYTES)?.ok_or_else(|| too_long(path, MAX_BYTES, advice))
}

fn too_long(path: &Path, most: usize, advice: &str) -> String {
    format!("{} is longer than {} MB, the most that can be read; {advice}", shown(path), most / 1_000_000)
}

/// The bytes of a file; `None` if there are more.
fn read_at_most(path: &PathBuf, most: usize) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let limit = most as u64 + 1;
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("{} cannot be read: {error}", shown(path)))?;
    Ok((bytes.len() <= most).then_some(bytes))
}

/// A path as a message names it.
fn shown(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_string() } else { path.display().to_string() }
}

/// NAME=VALUE, parted.
pub fn named(what: &str, given: &str, example: &str) -> Result<(String, String), String> {
    let (name, value) = given.rsplit_once('=').ok_or_else(|| format!("the {what} \"{given}\" must read {example}"))?;
    Ok((name.to_string(), value.to_string()))
}

/// How a stock is given.
pub const STOCK_EXAMPLE: &str = "DOMAIN=TOKENS, such as wikipedia=4.5B";
/// How a share is given.
pub const SHARE_EXAMPLE: &str = "DOMAIN=SHARE, such as wikipedia=0.1";

/// An entry of a scenario file from NAME=VALUE.
pub fn entry(what: &str, given: &str, example: &str) -> Result<(String, Value), String> {
    let (name, value) = named(what, given, example)?;
    Ok((name, Value::from(value)))
}

/// Shares or weights by name.
pub fn named_shares(what: &str, given: &[String]) -> Result<Vec<(String, f64)>, String> {
    let read = |given: &String| {
        let (name, text) = named(what, given, "NAME=NUMBER, such as wikipedia=0.1")?;
        let share = read_number(&text, Decimal::Point).map_err(|error| format!("the {what} of \"{name}\": {error}"))?;
        Ok((name, share))
    };
    given.iter().map(read).collect()
}
