//! Two fitted studies side by side: optimum, fit errors, scenario, settings and parameters, with what differs.

use super::scenario_file::ScenarioFile;
use crate::fit::Residual;
use crate::mixture::{Optimum, Scenario};
use crate::predict::{FittedStudy, FittedTarget};

/// One of the two.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its fits.
    pub study: &'a FittedStudy,
    /// What was asked.
    pub scenario: Option<&'a Scenario>,
    /// What came out.
    pub optimum: Option<&'a Optimum>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Nothing: that side has no such thing.
    Nothing,
    /// A number.
    Number(f64),
    /// A share of the whole.
    Share(f64),
    /// A word.
    Word(String),
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is of.
    pub name: String,
    /// The first's.
    pub left: Entry,
    /// The second's.
    pub right: Entry,
}

/// A link rounds parameters to 7 digits; what follows from them may differ a little more.
const ROUNDED: f64 = 1e-5;

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Their heading.
    pub title: String,
    /// The lines; those that one side alone has come last.
    pub rows: Vec<Row>,
    /// Whether they are the parameters of a fit.
    pub is_of_parameters: bool,
}

impl Row {
    /// right − left, where both are numbers, or both are shares.
    pub fn change(&self) -> Option<f64> {
        match (&self.left, &self.right) {
            (Entry::Number(left), Entry::Number(right)) | (Entry::Share(left), Entry::Share(right)) => {
                // Two infinities are no NaN apart.
                Some(if left == right { 0.0 } else { right - left })
            }
            _ => None,
        }
    }

    /// Whether both sides say the same, but for what a link rounds away.
    pub fn is_same(&self) -> bool {
        match (&self.left, &self.right) {
            (Entry::Number(left), Entry::Number(right)) => {
                left == right || (left - right).abs() <= ROUNDED * left.abs().max(right.abs())
            }
            // An optimum is flat: weights differ by more than what was rounded.
            (Entry::Share(left), Entry::Share(right)) => (left - right).abs() <= ROUNDED,
            (left, right) => left == right,
        }
    }
}

/// All that can be compared, section by section.
pub fn difference(left: &Side, right: &Side) -> Vec<Section> {
    let mut sections = vec![
        section("Optimum", optimum(left), optimum(right)),
        section("Fits", errors(left), errors(right)),
        section("Scenario", scenario(left), scenario(right)),
        section("Data and settings", settings(left), settings(right)),
    ];
    let mut targets: Vec<&str> = left.study.targets().map(|target| target.name).collect();
    targets.extend(right.study.targets().map(|target| target.name).filter(|name| left_has_not(left, name)));
    for name in targets {
        let parameters = section(&format!("Parameters of {name}"), parameters(left, name), parameters(right, name));
        sections.push(Section { is_of_parameters: true, ..parameters });
    }
    sections.retain(|section| !section.rows.is_empty());
    sections
}

fn left_has_not(left: &Side, name: &str) -> bool {
    left.study.targets().all(|target| target.name != name)
}

type Entries = Vec<(String, Entry)>;

/// Lines of one name beside each other.
fn section(title: &str, left: Entries, right: Entries) -> Section {
    let of = |entries: &Entries, name: &str| {
        entries.iter().find(|(known, _)| known == name).map_or(Entry::Nothing, |(_, entry)| entry.clone())
    };
    let new = right.iter().filter(|(name, _)| left.iter().all(|(known, _)| known != name));
    let names = left.iter().chain(new).map(|(name, _)| name);
    let row = |name: &String| Row { name: name.clone(), left: of(&left, name), right: of(&right, name) };
    Section { title: title.to_string(), rows: names.map(row).collect(), is_of_parameters: false }
}

fn word(text: impl Into<String>) -> Entry {
    Entry::Word(text.into())
}

fn maybe(value: Option<f64>) -> Entry {
    value.map_or(Entry::Nothing, Entry::Number)
}

fn settings(side: &Side) -> Entries {
    let summary = &side.study.summary;
    let mut entries: Entries = vec![
        ("observations".into(), Entry::Number(summary.n_observations as f64)),
        ("mixtures".into(), Entry::Number(summary.n_mixtures as f64)),
        ("largest N".into(), maybe(summary.sizes.last().map(|n| n.0))),
        ("largest D".into(), maybe(summary.token_range.map(|(_, most)| most.0))),
    ];
    if let Some(fit) = side.study.fits.first() {
        let config = &fit.report.config;
        let residual = if config.residual == Residual::LogLoss { "log loss" } else { "nats" };
        entries.extend([
            ("law".to_string(), word(fit.law.name())),
            ("held out".into(), word(config.holdout.id())),
            ("residuals".into(), word(residual)),
            ("δ".into(), if config.delta.is_finite() { Entry::Number(config.delta) } else { word("least squares") }),
            ("starts".into(), Entry::Number(config.starts as f64)),
            ("seed".into(), Entry::Number(config.seed as f64)),
        ]);
        entries.extend([
            ("row weights (N·D)^p, p".to_string(), Entry::Number(config.weight_power)),
            ("minimum γ".into(), Entry::Number(config.gamma_floor)),
            ("maximum γ".into(), Entry::Number(config.gamma_ceiling)),
        ]);
        if config.ridge > 0.0 {
            entries.push(("ridge λ".into(), Entry::Number(config.ridge)));
        }
        entries.extend(config.restrictions.iter().map(|restriction| (restriction.text(), word("yes"))));
    }
    entries
}

/// The scenario file's entries, one by one.
fn scenario(side: &Side) -> Entries {
    let Some(scenario) = side.scenario else { return Vec::new() };
    let mut entries = Vec::new();
    let file = serde_json::to_value(ScenarioFile::of(scenario)).unwrap_or_default();
    for (name, value) in file.as_object().into_iter().flatten() {
        let is_letter = name.len() == 1;
        push_entries(&mut entries, if is_letter { name.to_uppercase() } else { name.replace('_', " ") }, value);
    }
    entries
}

fn push_entries(entries: &mut Entries, name: String, value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(parts) => {
            parts.iter().for_each(|(part, value)| push_entries(entries, format!("{name}: {part}"), value));
        }
        serde_json::Value::Number(number) => {
            entries.push((name, maybe(number.as_f64())));
        }
        serde_json::Value::Bool(_) => entries.push((name, word("yes"))),
        serde_json::Value::Null => {}
        other => entries.push((name, word(other.to_string()))),
    }
}

fn optimum(side: &Side) -> Entries {
    let Some(optimum) = side.optimum else { return Vec::new() };
    let mut entries: Entries = vec![
        ("N".into(), Entry::Number(optimum.n.0)),
        ("D".into(), Entry::Number(optimum.d.0)),
        ("weighted loss".into(), Entry::Number(optimum.weighted_loss.0)),
    ];
    let weights = side.study.domains.iter().zip(&optimum.mixture);
    entries.extend(weights.map(|(name, h)| (format!("weight of {name}"), Entry::Share(*h))));
    let losses = optimum.targets.iter();
    entries.extend(losses.map(|(name, _, loss)| (format!("loss of {name}"), Entry::Number(loss.0))));
    entries
}

fn errors(side: &Side) -> Entries {
    let one = |target: FittedTarget| {
        let (name, report) = (target.name, &target.fit.report);
        let score = &report.scores[target.target_pos];
        [
            (format!("MRE of {name}, %"), Entry::Number(score.fit_mre_percent)),
            (format!("MRE of {name} held out, %"), maybe(score.holdout_mre_percent)),
            (format!("objective of {name}"), Entry::Number(report.objective)),
        ]
    };
    let entries = side.study.targets().flat_map(one);
    entries.filter(|(_, entry)| *entry != Entry::Nothing).collect()
}

fn parameters(side: &Side, name: &str) -> Entries {
    let Some(target) = side.study.targets().find(|target| target.name == name) else { return Vec::new() };
    let parameters = target.fit.parameters(&side.study.domains);
    parameters.into_iter().map(|(name, value)| (name, Entry::Number(value))).collect()
}
