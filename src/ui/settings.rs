//! The settings of a fit as the user typed them.

use serde::{Deserialize, Serialize};

use crate::dataset::Holdout;
use crate::fit::FitConfig;
use crate::units::{Decimal, read_number};

/// What stands in the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// [`Holdout::id`].
    pub holdout: String,
    /// Number of starts.
    pub starts: String,
    /// Seed.
    pub seed: String,
    /// δ in nats.
    pub delta: String,
}

/// Why the fields are no settings, by field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// Starts.
    #[error("the number of starts is \"{0}\"; it must be a whole number from 1 to {most}", most = FitConfig::MOST_STARTS)]
    Starts(String),
    /// Seed.
    #[error("the seed is \"{0}\"; it must be a whole number of 0 or more")]
    Seed(String),
    /// δ.
    #[error("δ is \"{0}\"; it must be a positive number, such as 0.001")]
    Delta(String),
}

impl Default for Settings {
    fn default() -> Self {
        let config = FitConfig::default();
        Self {
            holdout: config.holdout.id().to_string(),
            starts: config.starts.to_string(),
            seed: config.seed.to_string(),
            delta: config.delta.to_string(),
        }
    }
}

impl Settings {
    /// The settings that the fields say.
    ///
    /// # Errors
    /// The first field that makes no sense.
    pub fn config(&self) -> Result<FitConfig, SettingsError> {
        let starts = self.starts.trim().parse().ok().filter(|starts| (1..=FitConfig::MOST_STARTS).contains(starts));
        let delta = read_number(&self.delta, Decimal::Point).ok().filter(|delta| *delta > 0.0);
        Ok(FitConfig {
            starts: starts.ok_or_else(|| SettingsError::Starts(self.starts.clone()))?,
            seed: self.seed.trim().parse().map_err(|_| SettingsError::Seed(self.seed.clone()))?,
            delta: delta.ok_or_else(|| SettingsError::Delta(self.delta.clone()))?,
            holdout: Holdout::from_id(&self.holdout).unwrap_or_default(),
            ..FitConfig::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_back_as_the_default() {
        assert_eq!(Settings::default().config(), Ok(FitConfig::default()));
    }

    #[test]
    fn a_field_that_makes_no_sense_is_named() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.config().unwrap_err().to_string()
        };
        assert_eq!(
            with(|settings| settings.starts = "0".into()),
            "the number of starts is \"0\"; it must be a whole number from 1 to 10000"
        );
        assert_eq!(
            with(|settings| settings.seed = "-1".into()),
            "the seed is \"-1\"; it must be a whole number of 0 or more"
        );
        assert_eq!(
            with(|settings| settings.delta = "0".into()),
            "δ is \"0\"; it must be a positive number, such as 0.001"
        );
    }
}
