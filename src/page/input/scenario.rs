//! The scenario as the user typed it, and what it means for the study at hand.

use serde::{Deserialize, Serialize};

use crate::fit::Fit;
use crate::mixture::{Aim, Budget, Scenario, extrapolation};
use crate::page::input::limits::LimitsInput;
use crate::predict::{DataSummary, FittedStudy};
use crate::units::{Decimal, Flops, NumberError, Params, Tokens, read_number, write_count, write_count_exact};

/// What stands in the fields; `None` where the user has typed nothing and the data decide. Drafts of before a field
/// was there get its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScenarioInput {
    /// What of N and D is given.
    pub budget: BudgetChoice,
    /// Model size N.
    pub n: Option<String>,
    /// Tokens D.
    pub d: Option<String>,
    /// Compute C.
    pub flops: Option<String>,
    /// What is to be least.
    pub aim: Aim,
    /// Weights of targets by name; a target that is not named weighs 1.
    pub weights: Vec<(String, String)>,
    /// Limits and prior.
    pub limits: LimitsInput,
    /// Mixtures to compare the optimum with.
    pub compared: Vec<String>,
}

/// What of N and D is given, and what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetChoice {
    /// Both are given.
    #[default]
    Given,
    /// Both are found, for a given compute.
    Compute,
    /// N is given; D is found, as far as the stocks reach.
    Stocks,
}

impl BudgetChoice {
    /// All, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Given, Self::Compute, Self::Stocks];

    /// Its name in the menu's values.
    pub fn id(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Compute => "compute",
            Self::Stocks => "stocks",
        }
    }

    /// The one of that name; both given for any other.
    pub fn from_id(id: &str) -> Self {
        Self::ALL.into_iter().find(|choice| choice.id() == id).unwrap_or_default()
    }

    /// As the menu shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Given => "N and D given",
            Self::Compute => "FLOPs given, find N and D",
            Self::Stocks => "N given, find D from the stocks",
        }
    }

    /// Whether the field for N counts.
    pub fn has_n(self) -> bool {
        self != Self::Compute
    }

    /// Whether the field for D counts.
    pub fn has_d(self) -> bool {
        self == Self::Given
    }
}

/// N and D of a study that does not vary them: they play no part, but a scenario has them.
const NO_SCALE: f64 = 1e9;

impl ScenarioInput {
    /// The fields that say this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let weights = scenario.target_weights.iter();
        let (budget, flops) = match scenario.budget {
            Budget::Given => (BudgetChoice::Given, None),
            Budget::Compute(compute) => (BudgetChoice::Compute, Some(write_count_exact(compute.0))),
            Budget::Stocks => (BudgetChoice::Stocks, None),
        };
        Self {
            budget,
            n: Some(write_count_exact(scenario.n.0)),
            d: Some(write_count_exact(scenario.d.0)),
            flops,
            aim: scenario.aim,
            weights: weights.map(|(name, weight)| (name.clone(), weight.to_string())).collect(),
            limits: LimitsInput::of(&scenario.limits, scenario.prior.as_ref()),
            compared: Vec::new(),
        }
    }

    /// Without mixtures a study that varies N and D answers how to split a compute budget, and is asked that as long as
    /// nothing else was; one with mixtures is not.
    pub fn suit(&mut self, data: &DataSummary) {
        let usual = |budget| Self { budget, ..Self::default() };
        let varies_d = data.token_range.is_some_and(|(least, most)| least < most);
        let is_scaling_study = data.weight_ranges.len() < 2 && data.sizes.len() > 1 && varies_d;
        let (asked, other) = match is_scaling_study {
            true => (BudgetChoice::Compute, BudgetChoice::Given),
            false => (BudgetChoice::Given, BudgetChoice::Compute),
        };
        if *self == usual(other) {
            *self = usual(asked);
        }
    }

    /// What the field for N shows: what was typed, else that of the largest run.
    pub fn n_text(&self, data: &DataSummary) -> String {
        self.n.clone().unwrap_or_else(|| readable(edge(data).0.0))
    }

    /// What the field for D shows: what was typed, else that of the largest run.
    pub fn d_text(&self, data: &DataSummary) -> String {
        self.d.clone().unwrap_or_else(|| readable(edge(data).1.0))
    }

    /// What the field for the compute shows: what was typed, else that of N and D.
    pub fn flops_text(&self, data: &DataSummary) -> String {
        let (largest, most) = edge(data);
        let n = self.n_text(data).parse().unwrap_or(largest);
        let d = self.d_text(data).parse().unwrap_or(most);
        self.flops.clone().unwrap_or_else(|| Flops::of(n, d).to_string())
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
        let (n, d, budget) = self.scale(study)?;
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
        let (limits, prior) = self.limits.limits(&study.domains)?;
        let scenario = Scenario { n, d, target_weights, aim: self.aim, limits, prior, budget };
        scenario.weighted_targets(study).map_err(|error| error.to_string())?;
        Ok(scenario)
    }

    /// N, D, and which of them is found.
    fn scale(&self, study: &FittedStudy) -> Result<(Params, Tokens, Budget), String> {
        let data = &study.summary;
        let used = used_by(&study.fits, data);
        let edge = edge(data);
        // A field that is not on show cannot be wrong.
        let n = match self.n_text(data).parse() {
            Err(error) if self.budget.has_n() => return Err(format!("model size N: {error}")),
            n => n.unwrap_or(edge.0),
        };
        let d = match self.d_text(data).parse() {
            Err(error) if self.budget.has_d() => return Err(format!("tokens D: {error}")),
            d => d.unwrap_or(edge.1),
        };
        let budget = match self.budget {
            BudgetChoice::Given => Budget::Given,
            BudgetChoice::Compute if used.sizes.is_empty() || used.token_range.is_none() => {
                return Err("N and D cannot be found: the fits do not depend on both".into());
            }
            BudgetChoice::Compute => {
                let compute = self.flops_text(data).parse();
                Budget::Compute(compute.map_err(|error: NumberError| format!("compute: {error}"))?)
            }
            BudgetChoice::Stocks if used.token_range.is_none() => {
                return Err("D cannot be found: the fits do not depend on it".into());
            }
            BudgetChoice::Stocks => Budget::Stocks,
        };
        Ok((n, d, budget))
    }
}

/// With six digits: a size that was computed has more than anybody reads. What is lost is far from another scale.
fn readable(value: f64) -> String {
    write_count_exact(format!("{value:.5e}").parse().unwrap_or(value))
}

/// N and D of the data's largest run.
fn edge(data: &DataSummary) -> (Params, Tokens) {
    let (n, d) = data.edge();
    (n.unwrap_or(Params(NO_SCALE)), d.unwrap_or(Tokens(NO_SCALE)))
}

/// The ends of the sliders for N and D: the least in the data, and far beyond the largest.
pub fn reach(data: &DataSummary) -> [Ends; 2] {
    const BEYOND: f64 = 100.0;
    let (n, d) = edge(data);
    let least_n = data.sizes.first().map_or(n.0, |n| n.0);
    let least_d = data.token_range.map_or(d.0, |(least, _)| least.0);
    [Ends(least_n, BEYOND * n.0), Ends(least_d, BEYOND * d.0)]
}

/// The values at both ends of a logarithmic slider.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends(f64, f64);

impl Ends {
    /// Where a number as typed stands, from 0 to 1; at the nearer end if it lies beyond, at the first if it is none.
    pub fn share(self, text: &str) -> f64 {
        let value = read_number(text, Decimal::Point).unwrap_or(self.0);
        // Not below the first: a negative number has no logarithm.
        ((value.max(self.0) / self.0).ln() / (self.1 / self.0).ln()).clamp(0.0, 1.0)
    }

    /// The number at a place from 0 to 1, to be typed.
    pub fn text(self, share: f64) -> String {
        write_count(self.0 * (self.1 / self.0).powf(share), 3)
    }
}

/// The sentences of [`extrapolation`] for N and D.
pub fn extrapolations(n: Params, d: Tokens, data: &DataSummary) -> Vec<String> {
    let n = match data.sizes.as_slice() {
        [least, .., most] => extrapolation("N", n.0, (least.0, most.0)),
        _ => None,
    };
    let range = data.token_range.filter(|(least, most)| least < most);
    let d = range.and_then(|(least, most)| extrapolation("D", d.0, (least.0, most.0)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::{Limits, Prior, WeightLimit};
    use crate::page::run::fits::tests::fits;

    fn summary() -> DataSummary {
        DataSummary {
            n_observations: 10,
            n_mixtures: 5,
            sizes: vec![Params(1e8), Params(1.2e9)],
            token_range: Some((Tokens(4e9), Tokens(46e9))),
            largest: None,
            weight_ranges: vec![(0.0, 1.0)],
            mean_mixture: vec![1.0],
            mixtures: vec![vec![1.0]],
        }
    }

    #[test]
    fn sizes_of_the_data_are_shown_with_six_digits() {
        assert_eq!(readable(9_865_290_713.954_205), "9.86529B");
        assert_eq!(readable(122_340_000.0), "122.34M");
        assert_eq!(readable(7e9), "7B");
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
    fn the_fields_say_the_scenario_that_they_show() {
        let study = &fits().study;
        let plain = Scenario::new(Params(7e9), Tokens(1.5e11));
        let limits = Limits {
            weights: vec![WeightLimit { domain: "a".into(), min: Some(0.1), max: Some(0.7) }],
            stocks: vec![("a".into(), Tokens(2.8e10)), ("b".into(), Tokens(123_456_789.0))],
            most_epochs: Some(4.0),
            ..Limits::default()
        };
        let scenarios = [
            plain.clone(),
            Scenario { target_weights: vec![("a_loss".into(), 7.0 / 52.0), ("x_loss".into(), 0.0)], ..plain.clone() },
            Scenario { aim: Aim::Worst, budget: Budget::Compute(Flops(1.23e21)), ..plain.clone() },
            Scenario {
                limits,
                budget: Budget::Stocks,
                prior: Some(Prior { mixture: vec![("b".into(), 1.0)], kl: 0.01 }),
                ..plain
            },
        ];
        for scenario in scenarios {
            assert_eq!(ScenarioInput::of(&scenario).scenario(study), Ok(scenario));
        }
    }

    #[test]
    fn what_is_not_on_show_is_not_wrong() {
        let study = &fits().study;
        let mut input = ScenarioInput { n: Some("many".into()), d: Some("?".into()), ..ScenarioInput::default() };
        assert!(input.scenario(study).unwrap_err().starts_with("model size N: \"many\" is not a number"));
        input.budget = BudgetChoice::Compute;
        assert_eq!(input.flops_text(&study.summary), "5.4e19");
        assert_eq!(input.scenario(study).unwrap().budget, Budget::Compute(Flops(5.4e19)));
        input.flops = Some("1e21 tokens".into());
        assert!(input.scenario(study).unwrap_err().starts_with("compute: \"1e21 tokens\" is a number of tokens"));
        let mut study = (**study).clone();
        study.fits.iter_mut().for_each(|fit| fit.shape.n_term = false);
        assert_eq!(input.scenario(&study).unwrap_err(), "N and D cannot be found: the fits do not depend on both");
    }

    #[test]
    fn weights_may_be_fractions() {
        let mut input = ScenarioInput::default();
        input.set_weight("a_loss", "7/52".into());
        input.set_weight("x_loss", "10 %".into());
        let weights = input.scenario(&fits().study).unwrap().target_weights;
        assert_eq!(weights.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), [7.0 / 52.0, 0.1]);
    }

    #[test]
    fn the_factor_of_an_extrapolation() {
        assert_eq!(extrapolations(Params(1.2e9), Tokens(4e9), &summary()), [""; 0]);
        assert_eq!(
            extrapolations(Params(7e9), Tokens(1e9), &summary()),
            ["N is 5.8 times your largest model (1.2B)", "D is 1/4 of your shortest run (4B)"]
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
    fn a_slider_goes_from_the_least_to_far_beyond_the_data() {
        let [n, d] = reach(&summary());
        assert_eq!((n.text(0.0), n.text(1.0)), ("100M".into(), "120B".into()));
        assert_eq!((d.text(0.0), d.text(1.0)), ("4B".into(), "4.6T".into()));
        assert_eq!([n.share("1M"), n.share("1T"), n.share("many"), n.share("-1B")], [0.0, 1.0, 0.0, 0.0]);
        for step in 0..=200 {
            let share = f64::from(step) / 200.0;
            assert_eq!((200.0 * n.share(&n.text(share))).round(), f64::from(step));
        }
    }

    #[test]
    fn the_next_size_is_round() {
        assert_eq!(next_size(Params(1.235e9)), Params(3e9));
        assert_eq!(next_size(Params(6.6e9)), Params(1.5e10));
        assert_eq!(next_size(Params(3.1e8)), Params(7e8));
    }
}
