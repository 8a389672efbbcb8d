//! The draft: all that the user typed, as it is kept in the browser between visits.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::import::{Answer, Roles};
use crate::law;
use crate::page::input::scenario::ScenarioInput;
use crate::page::input::settings::Settings;
use crate::page::run::fits::AUTO;
use crate::page::view::tables::counted;
use crate::sample::{self, Sample};

/// Longest text that is kept: it is packed while the user works, and must not hold up the page.
pub const LONGEST_KEPT_TEXT: usize = 2_000_000;

/// Letters of a table's first line in a draft's title.
const LONGEST_TITLE: usize = 60;

/// Form of the stored draft, 1; another one is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct Version;

impl From<Version> for u32 {
    fn from(_: Version) -> u32 {
        1
    }
}

impl TryFrom<u32> for Version {
    type Error = &'static str;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        if version == u32::from(Self) { Ok(Self) } else { Err("a draft of another version") }
    }
}

/// A text that is shared, not copied.
pub type SharedText = Arc<str>;

/// Whose table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The synthetic study of that id.
    Sample(&'static str),
    /// The user's.
    Own,
}

/// A draft: what undo goes back to, and what is kept between visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Its form.
    pub version: Version,
    /// The table.
    #[serde(with = "shared_text")]
    pub text: SharedText,
    /// Whose table it is; of drafts of before this was kept, the user's.
    #[serde(default = "own", with = "sample_id")]
    pub origin: Origin,
    /// Which table it began with: all that is made of one shares this number, which only the history knows.
    #[serde(skip)]
    pub work: u32,
    /// Roles of its columns, where they were set by hand.
    pub roles: Option<Roles>,
    /// What else the user said of it, column by column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// Lines that are not to be fitted, with the reason.
    #[serde(default)]
    pub excluded_rows: Vec<(usize, String)>,
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
    /// A sample with the law and the scenario that show its point.
    pub fn of_sample(sample: &'static Sample, work: u32) -> Self {
        Self {
            version: Version,
            text: (sample.text)().into(),
            origin: Origin::Sample(sample.id),
            work,
            roles: None,
            answers: Vec::new(),
            excluded_rows: Vec::new(),
            law: sample.law.unwrap_or(AUTO).to_string(),
            excluded_targets: Vec::new(),
            settings: Settings::default(),
            scenario: ScenarioInput::of(&(sample.scenario)()),
        }
    }

    /// Whether nothing was changed on a sample. Its text cannot have been: a sample whose cells are edited is the
    /// user's own table.
    pub fn is_untouched_sample(&self) -> bool {
        let Origin::Sample(id) = self.origin else { return false };
        sample::sample(id).is_some_and(|sample| {
            self.roles.is_none()
                && self.answers.is_empty()
                && self.excluded_rows.is_empty()
                && self.excluded_targets.is_empty()
                && self.law == sample.law.unwrap_or(AUTO)
                && self.settings == Settings::default()
                && self.scenario == ScenarioInput::of(&(sample.scenario)())
        })
    }

    /// What a reader knows it by: the sample's name or the table's first line, its size, the law.
    pub fn title(&self) -> String {
        let mut lines = self.text.lines().filter(|line| !line.trim().is_empty());
        let table = match self.origin {
            Origin::Sample(id) => format!("Sample: {}", sample::sample(id).map_or(id, |sample| sample.title)),
            Origin::Own => {
                let first = lines.next().unwrap_or_default().trim().replace('\t', " ");
                let end = first.char_indices().nth(LONGEST_TITLE).map(|(end, _)| end);
                let first = end.map_or(first.clone(), |end| format!("{}…", &first[..end]));
                format!("{first} · {}", counted(lines.count(), "line"))
            }
        };
        let law = law::by_id(&self.law).map_or(self.law.as_str(), |law| law.name());
        let law = if law == AUTO { "law chosen by validation".to_string() } else { format!("{law} law") };
        let left_out = match self.excluded_rows.len() {
            0 => String::new(),
            n => format!(" · {n} left out"),
        };
        format!("{table} · {law}{left_out}")
    }

    /// The text to store; `None` if the table is too long to keep.
    pub fn to_stored(&self) -> Option<String> {
        (self.text.len() <= LONGEST_KEPT_TEXT).then(|| self.to_value().to_string())
    }

    /// The draft as part of a project file, however long its table is.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The draft of a project file; `None` if it is not one of ours.
    pub fn from_value(value: Value) -> Option<Self> {
        let draft: Self = serde_json::from_value(value).ok()?;
        (!draft.text.trim().is_empty()).then_some(draft)
    }

    /// The draft of a stored text; `None` if it is not one of ours.
    pub fn from_stored(stored: &str) -> Option<Self> {
        Self::from_value(serde_json::from_str(stored).ok()?)
    }
}

fn own() -> Origin {
    Origin::Own
}

/// The sample's id, or nothing for the user's own table; a sample that is no more is the user's own.
mod sample_id {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Origin, sample};

    pub fn serialize<S: Serializer>(origin: &Origin, serializer: S) -> Result<S::Ok, S::Error> {
        let id = match origin {
            Origin::Sample(id) => Some(*id),
            Origin::Own => None,
        };
        id.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Origin, D::Error> {
        let id = Option::<String>::deserialize(deserializer)?;
        Ok(id.and_then(|id| sample::sample(&id)).map_or(Origin::Own, |sample| Origin::Sample(sample.id)))
    }
}

mod shared_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::SharedText;

    pub fn serialize<S: Serializer>(text: &SharedText, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SharedText, D::Error> {
        Ok(String::deserialize(deserializer)?.into())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::import::Role;
    use crate::sample::SAMPLES;

    pub fn draft(text: String) -> Draft {
        Draft {
            version: Version,
            text: text.into(),
            origin: Origin::Own,
            work: 0,
            roles: None,
            answers: vec![Answer::KeepBest, Answer::Role("a".into(), Role::N)],
            excluded_rows: vec![(3, "outlier".into())],
            law: "joint".into(),
            excluded_targets: vec!["x".into()],
            settings: Settings::default(),
            scenario: ScenarioInput::default(),
        }
    }

    #[test]
    fn a_draft_comes_back() {
        let draft = draft("a,b\n\"ü\",2".into());
        assert_eq!(Draft::from_stored(&draft.to_stored().unwrap()).as_ref(), Some(&draft));
        assert_eq!(Draft::from_value(draft.to_value()), Some(draft));
    }

    #[test]
    fn a_draft_of_before_the_options_is_read() {
        let old = r#"{"version":1,"text":"a,b","roles":null,"law":"joint","excluded_targets":["x"],
            "settings":{"holdout":"none","starts":"3","seed":"7","delta":"0.01"},
            "scenario":{"n":null,"d":null,"weights":[]}}"#;
        let Draft { settings, scenario, origin, answers, .. } = Draft::from_stored(old).unwrap();
        assert!(answers.is_empty());
        assert_eq!(origin, Origin::Own);
        assert_eq!(scenario, ScenarioInput::default());
        assert_eq!((settings.starts.as_str(), settings.residual.as_str(), settings.stocks.as_str()), ("3", "nats", ""));
    }

    #[test]
    fn what_is_changed_on_a_sample_comes_back_as_that_sample() {
        let untouched = Draft::of_sample(&SAMPLES[1], 7);
        assert!(untouched.is_untouched_sample());
        let changed = Draft { law: "simple".into(), work: 0, ..untouched };
        let back = Draft::from_stored(&changed.to_stored().unwrap()).unwrap();
        assert_eq!(back, changed);
        assert!(!back.is_untouched_sample() && !draft("a,b".into()).is_untouched_sample());
        let gone = changed.to_stored().unwrap().replace("\"nmm\"", "\"gone\"");
        assert_eq!(Draft::from_stored(&gone).unwrap().origin, Origin::Own);
    }

    #[test]
    fn a_title_says_which_draft_it_is() {
        let own = draft("\n a\tb \n1\t2\n3\t4\n".into());
        assert_eq!(own.title(), "a b · 2 lines · joint law · 1 left out");
        let long = draft("ü".repeat(70));
        assert_eq!(long.title(), format!("{}… · 0 lines · joint law · 1 left out", "ü".repeat(60)));
        assert_eq!(Draft::of_sample(&SAMPLES[1], 0).title(), "Sample: multimodal models, 3 domains · joint law");
    }

    #[test]
    fn what_is_no_draft_is_not_read() {
        assert_eq!(draft("x".repeat(LONGEST_KEPT_TEXT + 1)).to_stored(), None);
        assert_eq!(Draft::from_stored("{}"), None);
        assert_eq!(Draft::from_value(Value::Null), None);
        assert_eq!(
            Draft::from_stored(&draft("a,b".into()).to_stored().unwrap().replace("\"version\":1", "\"version\":9")),
            None
        );
        assert_eq!(Draft::from_stored(&draft(" ".into()).to_stored().unwrap()), None);
    }
}
