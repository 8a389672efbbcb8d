//! The scenario as the user typed it, and what it means for the study at hand.

use serde::{Deserialize, Serialize};

use crate::fit::{DataSummary, Fit, FittedStudy};
use crate::mixture::Scenario;
use crate::units::{Decimal, Params, Quantity, Tokens, read_number, write_count_exact, write_number};

/// What stands in the fields; `None` where the user has typed nothing and the data decide.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScenarioInput {
    /// Model size N.
    pub n: Option<String>,
    /// Tokens D.
    pub d: Option<String>,
    /// Weights of targets by name; a target that is not named weighs 1.
    pub weights: Vec<(String, String)>,
}

/// N and D of a study that does not vary them: they play no part, but a scenario has them.
const NO_SCALE: f64 = 1e9;

/// Beyond the data by less than this factor is not worth a word.
const SAME_SCALE: f64 = 1.001;

impl ScenarioInput {
    /// The fields that say this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let weights = scenario.target_weights.iter();
        Self {
            n: Some(write_count_exact(scenario.n.0)),
            d: Some(write_count_exact(scenario.d.0)),
            weights: weights.map(|(name, weight)| (name.clone(), weight.to_string())).collect(),
        }
    }

    /// What the field for N shows: what was typed, else the largest size in the data.
    pub fn n_text(&self, data: &DataSummary) -> String {
        let default = data.sizes.last().map_or(NO_SCALE, |n| n.0);
        self.n.clone().unwrap_or_else(|| write_count_exact(default))
    }

    /// What the field for D shows: what was typed, else the most tokens in the data.
    pub fn d_text(&self, data: &DataSummary) -> String {
        let default = data.token_range.map_or(NO_SCALE, |(_, most)| most.0);
        self.d.clone().unwrap_or_else(|| write_count_exact(default))
    }

    /// What the field for a target's weight shows.
    pub fn weight_text(&self, target: &str) -> String {
        self.weights.iter().find(|(name, _)| name == target).map_or_else(|| "1".to_string(), |(_, text)| text.clone())
    }

    /// Notes what was typed as a target's weight.
    pub fn set_weight(&mut self, target: &str, text: String) {
        match self.weights.iter_mut().find(|(name, _)| name == target) {
            Some((_, weight)) => *weight = text,
            None => self.weights.push((target.to_string(), text)),
        }
    }

    /// The scenario that the fields say for the fitted targets.
    ///
    /// # Errors
    /// A sentence about the first field that makes no sense.
    pub fn scenario(&self, study: &FittedStudy) -> Result<Scenario, String> {
        let n = Quantity::Params
            .read(&self.n_text(&study.summary), Decimal::Point)
            .map_err(|error| format!("model size N: {error}"))?;
        let d = Quantity::Tokens
            .read(&self.d_text(&study.summary), Decimal::Point)
            .map_err(|error| format!("tokens D: {error}"))?;
        let mut target_weights = Vec::new();
        for target in study.targets() {
            let text = self.weight_text(target.name);
            let weight = if text.trim().is_empty() { Ok(0.0) } else { read_number(&text, Decimal::Point) };
            let weight = weight.map_err(|error| format!("weight of {}: {error}", target.name))?;
            target_weights.push((target.name.to_string(), weight));
        }
        // All alike is the default of a scenario, and the shorter link.
        if target_weights.iter().all(|(_, weight)| *weight == 1.0) {
            target_weights.clear();
        }
        let scenario = Scenario { n: Params(n), d: Tokens(d), target_weights };
        scenario.weighted_targets(study).map_err(|error| error.to_string())?;
        Ok(scenario)
    }
}

/// By which factor a scale lies outside the data: a sentence, or `None` inside.
pub fn extrapolation(what: &str, value: f64, least: f64, most: f64) -> Option<String> {
    let factor = |factor: f64| write_number(factor, 2);
    if value > most * SAME_SCALE {
        Some(format!("{what} is {} times the largest in the data ({})", factor(value / most), count(most)))
    } else if value * SAME_SCALE < least {
        Some(format!("{what} is 1/{} of the least in the data ({})", factor(least / value), count(least)))
    } else {
        None
    }
}

/// The sentences of [`extrapolation`] for N and D.
pub fn extrapolations(scenario: &Scenario, data: &DataSummary) -> Vec<String> {
    let n = match data.sizes.as_slice() {
        [least, .., most] => extrapolation("N", scenario.n.0, least.0, most.0),
        _ => None,
    };
    let d = data.token_range.filter(|(least, most)| least < most);
    let d = d.and_then(|(least, most)| extrapolation("D", scenario.d.0, least.0, most.0));
    n.into_iter().chain(d).collect()
}

/// Where the data lie, without the sizes or tokens that no fit uses.
pub fn used_by(fits: &[Fit], data: &DataSummary) -> DataSummary {
    let mut used = data.clone();
    if !fits.iter().any(|fit| fit.shape.n_term) {
        used.sizes.clear();
    }
    used.token_range = used.token_range.filter(|_| fits.iter().any(|fit| fit.shape.d_term));
    used
}

/// The first round model size that is at least twice the largest in the data: what one asks about next.
pub fn next_size(largest: Params) -> Params {
    const ROUND: [f64; 6] = [1.0, 1.5, 3.0, 4.0, 7.0, 10.0];
    let power = (2.0 * largest.0).log10().floor();
    let round = ROUND.into_iter().map(|digit| digit * 10f64.powf(power)).find(|size| *size >= 2.0 * largest.0);
    Params(round.unwrap_or(2.0 * largest.0))
}

fn count(value: f64) -> String {
    crate::units::write_count(value, 3)
}

#[cfg(test)]
mod tests {
    use super::super::fits::tests::fits;
    use super::*;

    fn summary() -> DataSummary {
        DataSummary {
            n_observations: 10,
            n_mixtures: 5,
            sizes: vec![Params(1e8), Params(1.2e9)],
            token_range: Some((Tokens(4e9), Tokens(46e9))),
            weight_ranges: vec![(0.0, 1.0)],
            mean_mixture: vec![1.0],
        }
    }

    #[test]
    fn empty_fields_show_the_data() {
        let input = ScenarioInput::default();
        assert_eq!((input.n_text(&summary()), input.d_text(&summary())), ("1.2B".into(), "46B".into()));
        assert_eq!(input.weight_text("x"), "1");
    }

    #[test]
    fn a_typed_weight_replaces_the_one_before() {
        let mut input = ScenarioInput::default();
        input.set_weight("x", "2".into());
        input.set_weight("x", "3".into());
        assert_eq!((input.weight_text("x"), input.weights.len()), ("3".into(), 1));
    }

    #[test]
    fn the_factor_of_an_extrapolation() {
        let scenario = |n, d| Scenario { n: Params(n), d: Tokens(d), target_weights: Vec::new() };
        assert_eq!(extrapolations(&scenario(1.2e9, 4e9), &summary()), [""; 0]);
        assert_eq!(
            extrapolations(&scenario(7e9, 1e9), &summary()),
            ["N is 5.8 times the largest in the data (1.2B)", "D is 1/4 of the least in the data (4B)"]
        );
    }

    #[test]
    fn sizes_and_tokens_that_no_fit_uses_are_left_out() {
        let mut fit = fits().study.fits[0].clone();
        assert_eq!(used_by(std::slice::from_ref(&fit), &summary()), summary());
        fit.shape.n_term = false;
        let used = used_by(std::slice::from_ref(&fit), &summary());
        assert_eq!((used.sizes.len(), used.token_range), (0, summary().token_range));
        fit.shape.d_term = false;
        assert_eq!(used_by(&[fit], &summary()).token_range, None);
    }

    #[test]
    fn the_next_size_is_round() {
        assert_eq!(next_size(Params(1.235e9)), Params(3e9));
        assert_eq!(next_size(Params(6.6e9)), Params(1.5e10));
        assert_eq!(next_size(Params(3.1e8)), Params(7e8));
    }
}
