//! The draft: all that the user typed, as it is kept in the browser between visits.

use serde::{Deserialize, Serialize};

use super::scenario::ScenarioInput;
use super::settings::Settings;
use crate::import::Roles;

/// Where the draft lies in the browser's storage.
pub const STORAGE_KEY: &str = "mixlaw.draft";

/// Longest text that is kept: browsers give a page about 5 MB, counted in units of two bytes.
pub const LONGEST_KEPT_TEXT: usize = 2_000_000;

/// Form of the stored draft; another one is not read.
const VERSION: u32 = 1;

/// A draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    version: u32,
    /// The table.
    pub text: String,
    /// Roles of its columns, where they were set by hand.
    pub roles: Option<Roles>,
    /// Id of the law.
    pub law: String,
    /// Targets that are not to be fitted.
    pub excluded_targets: Vec<String>,
    /// Settings of the fit.
    pub settings: Settings,
    /// Scenario.
    pub scenario: ScenarioInput,
}

impl Draft {
    /// A draft of the present form.
    pub fn new(
        text: String,
        roles: Option<Roles>,
        law: String,
        excluded_targets: Vec<String>,
        settings: Settings,
        scenario: ScenarioInput,
    ) -> Self {
        Self { version: VERSION, text, roles, law, excluded_targets, settings, scenario }
    }

    /// The text to store; `None` if the table is too long to keep.
    pub fn to_stored(&self) -> Option<String> {
        if self.text.len() > LONGEST_KEPT_TEXT {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// The draft of a stored text; `None` if it is not one of ours.
    pub fn from_stored(stored: &str) -> Option<Self> {
        serde_json::from_str::<Self>(stored)
            .ok()
            .filter(|draft| draft.version == VERSION && !draft.text.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: String) -> Draft {
        Draft::new(text, None, "joint".into(), vec!["x".into()], Settings::default(), ScenarioInput::default())
    }

    #[test]
    fn a_draft_comes_back() {
        let draft = draft("a,b\n\"ü\",2".into());
        assert_eq!(Draft::from_stored(&draft.to_stored().unwrap()), Some(draft));
    }

    #[test]
    fn a_draft_of_before_the_options_is_read() {
        let old = r#"{"version":1,"text":"a,b","roles":null,"law":"joint","excluded_targets":["x"],
            "settings":{"holdout":"none","starts":"3","seed":"7","delta":"0.01"},
            "scenario":{"n":null,"d":null,"weights":[]}}"#;
        let settings = Draft::from_stored(old).unwrap().settings;
        assert_eq!((settings.starts.as_str(), settings.residual.as_str(), settings.stocks.as_str()), ("3", "nats", ""));
    }

    #[test]
    fn what_is_no_draft_is_not_read() {
        assert_eq!(draft("x".repeat(LONGEST_KEPT_TEXT + 1)).to_stored(), None);
        assert_eq!(Draft::from_stored("{}"), None);
        assert_eq!(
            Draft::from_stored(&draft("a,b".into()).to_stored().unwrap().replace("\"version\":1", "\"version\":9")),
            None
        );
        assert_eq!(Draft::from_stored(&draft(" ".into()).to_stored().unwrap()), None);
    }
}
