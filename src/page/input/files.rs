//! Files and texts that the page opens: fit files, projects, and other fits to compare with.

use crate::dataset::{Dataset, Holdout};
use crate::export::{fit_file, runs_table};
use crate::fit::FitConfig;
use crate::mixture::Scenario;
use crate::page::input::address;
use crate::page::input::draft::{Draft, Origin, Version};
use crate::page::input::scenario::ScenarioInput;
use crate::page::input::settings::Settings;
use crate::page::run::fits::AUTO;
use crate::predict::{FittedStudy, Form};
use crate::share;

/// The settings of a fit and those of the page; a study without a split holds out nothing, whatever the fit's say.
pub fn same_settings(fitted: &FitConfig, present: &FitConfig) -> bool {
    let split = fitted.holdout == Holdout::Split && present.holdout == Holdout::None;
    *fitted == FitConfig { holdout: if split { Holdout::Split } else { present.holdout }, ..present.clone() }
}

/// Whether a text is to be opened as a fit file: a JSON object that names its version. Tables may be JSON, too.
pub fn is_fit_file(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.contains("\"mixlaw\"")
}

/// The inputs that say what a fit file says.
pub fn draft_of(study: &FittedStudy, runs: &Dataset, scenario: Option<&Scenario>) -> Option<Draft> {
    let fit = study.fits.first()?;
    let (text, roles) = runs_table(runs);
    let stocks = runs.domains().iter().zip(runs.stocks());
    let stocks: Vec<_> = stocks.filter_map(|(name, stock)| Some((name.clone(), (*stock)?))).collect();
    let fitted = |name: &String| study.targets().any(|target| target.name == name);
    let excluded = runs.targets().iter().filter(|name| !fitted(name)).cloned().collect();
    let settings = Settings::of(&fit.report.config, &stocks);
    let scenario = scenario.map_or_else(ScenarioInput::default, ScenarioInput::of);
    Some(Draft {
        version: Version,
        text: text.into(),
        origin: Origin::Own,
        work: 0,
        roles: Some(roles),
        answers: Vec::new(),
        excluded_rows: Vec::new(),
        law: if study.candidates.len() > 1 || study.form != Form::Law { AUTO } else { fit.law.id() }.to_string(),
        excluded_targets: excluded,
        settings,
        scenario,
    })
}

/// The fits and the scenario of a link, or of a fit file.
///
/// # Errors
/// In a sentence, why it is neither.
pub fn read_other(text: &str) -> Result<(FittedStudy, Scenario), String> {
    if let Some(fragment) = address::link_in(text) {
        let shared = share::decode(fragment).map_err(|error| error.to_string())?;
        if shared.is_fixed {
            return Err("this link holds an answer as it was computed, but not the runs that it takes to compute others; ask for a link made with its runs".to_string());
        }
        return Ok((shared.study, shared.scenario));
    }
    if !text.trim_start().starts_with('{') {
        return Err("this is neither a link nor a fit file; paste the whole link, or choose a fit file".to_string());
    }
    let saved = fit_file::read_saved(text).map_err(|error| error.to_string())?;
    let study = saved.study.ok_or_else(|| fit_file::FitFileError::Empty.to_string())?;
    let scenario = match saved.scenario {
        Some(file) => file.scenario(&study)?,
        None => Scenario::at_the_edge_of(&study.summary),
    };
    Ok((study, scenario))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import;
    use crate::law;
    use crate::page::run::fits::tests::{data, fits};

    #[test]
    fn fit_files_are_told_from_tables() {
        assert!(is_fit_file("\n {\"mixlaw\": 1}"));
        for text in ["[{\"n\": 1}]", "a,b\n1,2", "{\"n\": 1}", ""] {
            assert!(!is_fit_file(text), "{text}");
        }
    }

    #[test]
    fn the_split_of_a_study_without_one_is_nothing_held_out() {
        let with = |holdout| FitConfig { holdout, ..FitConfig::default() };
        assert!(same_settings(&with(Holdout::Split), &with(Holdout::None)));
        assert!(same_settings(&with(Holdout::LargestN), &with(Holdout::LargestN)));
        assert!(!same_settings(&with(Holdout::LargestN), &with(Holdout::None)));
        assert!(!same_settings(&FitConfig { seed: 1, ..with(Holdout::None) }, &with(Holdout::None)));
    }

    #[test]
    fn links_and_fit_files_are_read_and_nothing_else() {
        let study = fits().study;
        let scenario = Scenario::at_the_edge_of(&study.summary);
        let link = format!("https://example.org/#{}", share::encode(&study, &scenario).unwrap());
        let (back, asked) = read_other(&link).unwrap();
        assert_eq!((&back.domains, &asked), (&study.domains, &scenario));
        let (back, asked) = read_other(&fit_file::write(&study, None, None)).unwrap();
        assert_eq!((back.fits[0].theta.len(), asked), (study.fits[0].theta.len(), scenario));
        let says = |text: &str| read_other(text).err().unwrap();
        assert!(says("a,b\n1,2").starts_with("this is neither a link nor a fit file"));
        assert!(says(&link[..link.len() - 9]).starts_with("this link is damaged"));
        assert!(says("{\"mixlaw\": 1}").starts_with("this is no fit file: missing field `domains`"));
    }

    /// A fit file with runs opens as inputs that make the same fits: nothing is stale, and nothing is refitted.
    #[test]
    fn a_fit_file_gives_the_inputs_that_made_it() {
        let fits = fits();
        let scenario = Scenario { n: crate::units::Params(7e9), ..Scenario::at_the_edge_of(&fits.study.summary) };
        let draft = draft_of(&fits.study, &data().dataset, Some(&scenario)).unwrap();
        let law = law::by_id(&draft.law).unwrap();
        let config = draft.settings.config(law).unwrap();
        assert!(same_settings(&config, &fits.key.config), "{config:?}");
        assert_eq!(draft.scenario.scenario(&fits.study), Ok(scenario));
        assert_eq!(draft.excluded_targets, Vec::<String>::new());
        let read = import::import(&draft.text, draft.roles).dataset.unwrap();
        assert!(fits.study.summary.is_close_to(&crate::predict::DataSummary::new(&read)));
        assert_eq!(read.domains(), data().dataset.domains());
    }
}
