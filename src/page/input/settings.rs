//! The settings of a fit as the user typed them.

use serde::{Deserialize, Serialize};

use crate::dataset::Holdout;
use crate::fit::{FitConfig, Residual, Restriction};
use crate::law::{Law, Shape};
use crate::units::{Decimal, Tokens, read_number, write_count_exact};

/// What stands in the fields. Drafts of before a field was there get its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// [`Holdout::id`].
    pub holdout: String,
    /// Number of starts.
    pub starts: String,
    /// Seed.
    pub seed: String,
    /// δ in the residual's unit.
    pub delta: String,
    /// [`Residual::id`].
    pub residual: String,
    /// Restrictions of parameters, as [`Restriction::parse`] reads them.
    pub restrictions: String,
    /// p of the row weights (N·D)^p.
    pub weight_power: String,
    /// The minimum γ_i; 0 is none.
    pub gamma_floor: String,
    /// The maximum γ_i; 0 is none.
    pub gamma_ceiling: String,
    /// λ of a law that has a ridge.
    pub ridge: String,
    /// Tokens in stock for a law that counts epochs: a line "domain = tokens" for each.
    pub stocks: String,
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
    /// p.
    #[error("the power p of the row weights is \"{0}\"; it must be a number from 0 to {most}", most = FitConfig::MOST_WEIGHT_POWER)]
    WeightPower(String),
    /// The minimum γ.
    #[error("the minimum γ is \"{0}\"; it must be a number from 0, which is none, to {most}", most = FitConfig::MOST_GAMMA_FLOOR)]
    GammaFloor(String),
    /// The maximum γ.
    #[error("the maximum γ is \"{0}\"; it must be a number from the minimum γ to {most}, or 0, which is none", most = FitConfig::MOST_GAMMA_CEILING)]
    GammaCeiling(String),
    /// Restrictions.
    #[error("Restrictions: {0}")]
    Restrictions(String),
    /// λ.
    #[error("the ridge λ is \"{0}\"; it must be 0 or a positive number, such as 0.001")]
    Ridge(String),
    /// A line of the stocks.
    #[error("Tokens in stock: \"{0}\" is not of the form domain = tokens, such as wikipedia = 4.5B")]
    Stock(String),
    /// The number in a line of the stocks.
    #[error("Tokens in stock of {domain}: {cause}")]
    StockTokens {
        /// The domain.
        domain: String,
        /// What is wrong with the number.
        cause: String,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(&FitConfig::default(), &[])
    }
}

/// Whether the law has a ridge to set.
pub fn has_ridge(law: &dyn Law) -> bool {
    !law.ridge(&Shape::whole(2)).is_empty()
}

impl Settings {
    /// The fields that say these settings.
    pub fn of(config: &FitConfig, stocks: &[(String, Tokens)]) -> Self {
        let lines = |lines: Vec<String>| lines.join("\n");
        Self {
            holdout: config.holdout.id().to_string(),
            starts: config.starts.to_string(),
            seed: config.seed.to_string(),
            delta: config.delta.to_string(),
            residual: config.residual.id().to_string(),
            restrictions: lines(config.restrictions.iter().map(Restriction::text).collect()),
            weight_power: config.weight_power.to_string(),
            gamma_floor: config.gamma_floor.to_string(),
            gamma_ceiling: config.gamma_ceiling.to_string(),
            ridge: config.ridge.to_string(),
            stocks: lines(
                stocks.iter().map(|(name, tokens)| format!("{name} = {}", write_count_exact(tokens.0))).collect(),
            ),
        }
    }

    /// The settings that the fields say; those that the law does not have are left alone.
    ///
    /// # Errors
    /// The first field that makes no sense.
    pub fn config(&self, law: &dyn Law) -> Result<FitConfig, SettingsError> {
        let starts = self.starts.trim().parse().ok().filter(|starts| (1..=FitConfig::MOST_STARTS).contains(starts));
        let number = |text: &str| read_number(text, Decimal::Point).ok();
        // Plain least squares is δ without end.
        let endless = matches!(self.delta.trim(), "inf" | "∞").then_some(f64::INFINITY);
        let delta = endless.or_else(|| number(&self.delta)).filter(|delta| *delta > 0.0);
        let weight_power =
            number(&self.weight_power).filter(|power| (0.0..=FitConfig::MOST_WEIGHT_POWER).contains(power));
        let gamma_floor = number(&self.gamma_floor).filter(|floor| (0.0..=FitConfig::MOST_GAMMA_FLOOR).contains(floor));
        let ridge = if has_ridge(law) { number(&self.ridge).filter(|ridge| *ridge >= 0.0) } else { Some(0.0) };
        let config = FitConfig {
            starts: starts.ok_or_else(|| SettingsError::Starts(self.starts.clone()))?,
            seed: self.seed.trim().parse().map_err(|_| SettingsError::Seed(self.seed.clone()))?,
            delta: delta.ok_or_else(|| SettingsError::Delta(self.delta.clone()))?,
            residual: Residual::from_id(&self.residual).unwrap_or_default(),
            holdout: Holdout::from_id(&self.holdout).unwrap_or_default(),
            ridge: ridge.ok_or_else(|| SettingsError::Ridge(self.ridge.clone()))?,
            weight_power: weight_power.ok_or_else(|| SettingsError::WeightPower(self.weight_power.clone()))?,
            gamma_floor: gamma_floor.ok_or_else(|| SettingsError::GammaFloor(self.gamma_floor.clone()))?,
            gamma_ceiling: number(&self.gamma_ceiling).unwrap_or(f64::NAN),
            restrictions: Restriction::parse(&self.restrictions)
                .map_err(|error| SettingsError::Restrictions(error.to_string()))?,
        };
        if !config.has_gamma_range() {
            return Err(SettingsError::GammaCeiling(self.gamma_ceiling.clone()));
        }
        Ok(config)
    }

    /// The tokens in stock that the field says; none for a law that does not need them.
    ///
    /// # Errors
    /// The first line that makes no sense.
    pub fn stocks(&self, law: &dyn Law) -> Result<Vec<(String, Tokens)>, SettingsError> {
        let lines = self.stocks.split(['\n', ';']).map(str::trim).filter(|line| law.needs().stocks && !line.is_empty());
        let read = |line: &str| {
            let (domain, tokens) =
                line.rsplit_once(['=', ':', '\t']).ok_or_else(|| SettingsError::Stock(line.to_string()))?;
            let (domain, tokens) = (domain.trim().to_string(), tokens.parse());
            match tokens {
                Ok(tokens) => Ok((domain, tokens)),
                Err(cause) => Err(SettingsError::StockTokens { domain, cause: format!("{cause}") }),
            }
        };
        lines.map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law;

    fn law(id: &str) -> &'static dyn Law {
        law::by_id(id).unwrap()
    }

    #[test]
    fn fields_read_back_as_the_default() {
        for law in law::LAWS {
            assert_eq!(Settings::default().config(law), Ok(FitConfig::default()));
            assert_eq!(Settings::default().stocks(law), Ok(Vec::new()));
        }
    }

    #[test]
    fn fields_of_a_fit_read_back_as_its_settings() {
        let config = FitConfig {
            starts: 7,
            seed: 3,
            delta: 0.02,
            residual: Residual::LogLoss,
            holdout: Holdout::LargestN,
            ridge: 1e-4,
            weight_power: 0.5,
            gamma_floor: 0.0,
            gamma_ceiling: 2.5,
            restrictions: Restriction::parse("alpha = 0.34, 0.1 <= gamma <= 1, all C equal").unwrap(),
        };
        let stocks = [("web".to_string(), Tokens(1.5e9)), ("code".to_string(), Tokens(123_456_789.0))];
        let settings = Settings::of(&config, &stocks);
        assert_eq!(settings.config(law("linear")), Ok(config));
        assert_eq!(settings.stocks(law("additive-repetition")), Ok(stocks.to_vec()));
        let squares = FitConfig { delta: f64::INFINITY, ..FitConfig::default() };
        assert_eq!(Settings::of(&squares, &[]).config(law("additive")), Ok(squares));
    }

    #[test]
    fn a_field_that_makes_no_sense_is_named() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.config(law("linear")).unwrap_err().to_string()
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
        assert_eq!(
            with(|settings| settings.ridge = "much".into()),
            "the ridge λ is \"much\"; it must be 0 or a positive number, such as 0.001"
        );
        assert!(with(|settings| settings.restrictions = "alpha".into()).starts_with("Restrictions: \"alpha\" is no"));
    }

    #[test]
    fn a_field_that_the_law_does_not_have_counts_for_nothing() {
        let settings = Settings { ridge: "much".into(), stocks: "?".into(), ..Settings::default() };
        assert_eq!(settings.config(law("additive")), Ok(FitConfig::default()));
        assert_eq!(settings.stocks(law("additive")), Ok(Vec::new()));
        let settings = Settings { ridge: "1e-3".into(), residual: "log-loss".into(), ..Settings::default() };
        let config = settings.config(law("linear")).unwrap();
        assert_eq!((config.ridge, config.residual), (1e-3, Residual::LogLoss));
    }

    #[test]
    fn stocks_are_read_line_by_line() {
        let stocks = |text: &str| {
            let settings = Settings { stocks: text.into(), ..Settings::default() };
            settings.stocks(law("additive-repetition")).map_err(|error| error.to_string())
        };
        let read = stocks("arxiv = 28B\n\ncommon crawl: 1,300,000,000\nc=4\t2e9").unwrap();
        let read: Vec<(&str, f64)> = read.iter().map(|(domain, tokens)| (domain.as_str(), tokens.0)).collect();
        assert_eq!(read, [("arxiv", 28e9), ("common crawl", 1.3e9), ("c=4", 2e9)]);
        assert_eq!(
            stocks("arxiv 28B").unwrap_err(),
            "Tokens in stock: \"arxiv 28B\" is not of the form domain = tokens, such as wikipedia = 4.5B"
        );
        assert!(stocks("arxiv = many").unwrap_err().starts_with("Tokens in stock of arxiv: "));
    }
}
