//! What a mixture may be: limits of single domains, tokens in stock, groups, and nearness to a mixture in use.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::interior::Constraint;
use super::scenario::ScenarioError;
use crate::units::{Tokens, choices, write_number};

/// Limits of a mixture; the default has none but the simplex.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Least and largest weights of single domains; the same number twice fixes one.
    pub weights: Vec<WeightLimit>,
    /// Tokens in stock by domain. They limit a weight where `most_epochs` is given.
    pub stocks: Vec<(String, Tokens)>,
    /// How often a token in stock may be seen: h_i ≤ e U_i / D.
    pub most_epochs: Option<f64>,
    /// Limits of the sum of several domains' weights.
    pub groups: Vec<GroupLimit>,
    /// The mixture in use, by domain.
    pub present: Vec<(String, f64)>,
    /// How far each weight may be from the mixture in use.
    pub most_change: Option<f64>,
    /// Whether each weight stays between the least and the largest that it has in the data.
    pub inside_data: bool,
}

/// Least and largest weight of a domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightLimit {
    /// The domain.
    pub domain: String,
    /// Least weight.
    #[serde(default)]
    pub min: Option<f64>,
    /// Largest weight.
    #[serde(default)]
    pub max: Option<f64>,
}

/// Least and largest sum of several domains' weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupLimit {
    /// The domains.
    pub domains: Vec<String>,
    /// Least sum.
    #[serde(default)]
    pub min: Option<f64>,
    /// Largest sum.
    #[serde(default)]
    pub max: Option<f64>,
}

/// One limit, as its reader knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Limit {
    /// A domain's least weight.
    Min(String, f64),
    /// A domain's largest weight.
    Max(String, f64),
    /// A domain's stock: so many epochs of so many tokens.
    Stock {
        /// The domain.
        domain: String,
        /// Its tokens in stock.
        tokens: Tokens,
        /// Most epochs.
        epochs: f64,
    },
    /// The least sum of a group.
    GroupMin(Vec<String>, f64),
    /// The largest sum of a group.
    GroupMax(Vec<String>, f64),
    /// A domain's nearness to the mixture in use, from below and from above.
    Near {
        /// The domain.
        domain: String,
        /// Its weight in use.
        present: f64,
        /// Most change.
        change: f64,
        /// Whether it is the least weight that this gives, or the largest.
        least: bool,
    },
    /// A domain's least or largest weight in the data.
    Data {
        /// The domain.
        domain: String,
        /// That weight.
        weight: f64,
        /// Whether it is the least weight, or the largest.
        least: bool,
    },
    /// A domain without weight in the prior.
    Prior(String),
}

/// More are rounding.
const ALL_DIGITS: usize = 12;

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // All digits that were given: caps that just fail to sum to 1 would look as if they did.
        let percent = |share: f64| format!("{} %", write_number(100.0 * share, ALL_DIGITS));
        match self {
            Limit::Min(domain, min) => write!(f, "{domain} at least {}", percent(*min)),
            Limit::Max(domain, max) => write!(f, "{domain} at most {}", percent(*max)),
            Limit::Stock { domain, tokens, epochs } => {
                write!(f, "{domain} at most {} epochs of {tokens} tokens", write_number(*epochs, 4))
            }
            Limit::GroupMin(domains, min) => write!(f, "{} together at least {}", domains.join(" + "), percent(*min)),
            Limit::GroupMax(domains, max) => write!(f, "{} together at most {}", domains.join(" + "), percent(*max)),
            Limit::Near { domain, present, change, .. } => {
                write!(f, "{domain} within {} of its present {}", percent(*change), percent(*present))
            }
            Limit::Data { domain, weight, least } => {
                let side = if *least { "least" } else { "most" };
                write!(f, "{domain} at {side} {}, as in the data", percent(*weight))
            }
            Limit::Prior(domain) => write!(f, "{domain} at most 0 %, its weight in the prior"),
        }
    }
}

/// A limit with the constraint a·h ≥ b that it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    pub limit: Limit,
    pub constraint: Constraint,
    /// How much b falls, per unit of what the limit counts: 1, or U/D for an epoch.
    pub unit: f64,
}

impl Limits {
    /// What is given but limits nothing as long as something else is missing, in sentences.
    pub fn idle(&self) -> Vec<&'static str> {
        let all = [
            (
                !self.stocks.is_empty() && self.most_epochs.is_none(),
                "tokens in stock limit nothing without most epochs",
            ),
            (self.stocks.is_empty() && self.most_epochs.is_some(), "most epochs limit nothing without tokens in stock"),
            (
                !self.present.is_empty() && self.most_change.is_none(),
                "the present mixture limits nothing without most change",
            ),
        ];
        all.into_iter().filter(|(idle, _)| *idle).map(|(_, sentence)| sentence).collect()
    }

    /// The limits as constraints, at D tokens.
    ///
    /// # Errors
    /// A field that makes no sense, by its name.
    pub(super) fn bounds(
        &self,
        domains: &[String],
        weight_ranges: &[(f64, f64)],
        d: Tokens,
    ) -> Result<Vec<Bound>, ScenarioError> {
        let k = domains.len();
        let position = |field: &'static str, name: &String| {
            domains.iter().position(|domain| domain == name).ok_or_else(|| ScenarioError::UnknownDomain {
                field,
                name: name.clone(),
                known: choices(domains.iter().map(String::as_str), name),
            })
        };
        let share = |field: String, value: f64| {
            if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(ScenarioError::Share { field, seen: value }) }
        };
        let row = |members: &[usize], sign: f64| -> Vec<f64> {
            (0..k).map(|i| if members.contains(&i) { sign } else { 0.0 }).collect()
        };
        let mut bounds = Vec::new();
        let mut push = |members: &[usize], least: bool, value: f64, unit: f64, limit: Limit| {
            let sign = if least { 1.0 } else { -1.0 };
            let constraint = Constraint::new(row(members, sign), sign * value);
            // One that holds at every corner of the simplex limits nothing.
            if constraint.coefficients.iter().any(|a| *a < constraint.bound) {
                bounds.push(Bound { limit, constraint, unit });
            }
        };
        let ordered = |field: String, min: Option<f64>, max: Option<f64>| match (min, max) {
            (Some(min), Some(max)) if min > max => Err(ScenarioError::MinAboveMax { field, min, max }),
            _ => Ok(()),
        };
        for (index, WeightLimit { domain, min, max }) in self.weights.iter().enumerate() {
            let i = position("a weight limit", domain)?;
            if self.weights[..index].iter().any(|other| other.domain == *domain) {
                return Err(ScenarioError::RepeatedField { field: format!("the weight limit of {domain}") });
            }
            ordered(format!("the weight of {domain}"), *min, *max)?;
            if let Some(min) = *min {
                let min = share(format!("the least weight of {domain}"), min)?;
                push(&[i], true, min, 1.0, Limit::Min(domain.clone(), min));
            }
            if let Some(max) = *max {
                let max = share(format!("the largest weight of {domain}"), max)?;
                push(&[i], false, max, 1.0, Limit::Max(domain.clone(), max));
            }
        }
        if let Some(epochs) = self.most_epochs
            && !(epochs > 0.0 && epochs.is_finite())
        {
            return Err(ScenarioError::Positive { field: "the most epochs".into(), seen: epochs });
        }
        for (index, (domain, tokens)) in self.stocks.iter().enumerate() {
            let i = position("a stock", domain)?;
            if self.stocks[..index].iter().any(|(other, _)| other == domain) {
                return Err(ScenarioError::RepeatedField { field: format!("the stock of {domain}") });
            }
            if !(tokens.0 > 0.0 && tokens.0.is_finite()) {
                return Err(ScenarioError::Positive { field: format!("the stock of {domain}"), seen: tokens.0 });
            }
            if let Some(epochs) = self.most_epochs {
                let unit = tokens.0 / d.0;
                let limit = Limit::Stock { domain: domain.clone(), tokens: *tokens, epochs };
                // A stock that is enough for all of D limits nothing.
                if epochs * unit < 1.0 {
                    push(&[i], false, epochs * unit, unit, limit);
                }
            }
        }
        for GroupLimit { domains: members, min, max } in &self.groups {
            let positions: Vec<usize> =
                members.iter().map(|name| position("a group", name)).collect::<Result<_, _>>()?;
            let name = members.join(" + ");
            if (0..positions.len()).any(|at| positions[..at].contains(&positions[at])) || positions.is_empty() {
                return Err(ScenarioError::RepeatedField { field: format!("a domain of the group {name}") });
            }
            ordered(format!("the group {name}"), *min, *max)?;
            if let Some(min) = *min {
                let min = share(format!("the least sum of {name}"), min)?;
                push(&positions, true, min, 1.0, Limit::GroupMin(members.clone(), min));
            }
            if let Some(max) = *max {
                let max = share(format!("the largest sum of {name}"), max)?;
                push(&positions, false, max, 1.0, Limit::GroupMax(members.clone(), max));
            }
        }
        if let Some(change) = self.most_change {
            let change = share("the most change".into(), change)?;
            let present = by_domain("the present mixture", &self.present, domains)?;
            for (i, (domain, &present)) in domains.iter().zip(&present).enumerate() {
                let near = |least| Limit::Near { domain: domain.clone(), present, change, least };
                if present - change > 0.0 {
                    push(&[i], true, present - change, 1.0, near(true));
                }
                if present + change < 1.0 {
                    push(&[i], false, present + change, 1.0, near(false));
                }
            }
        }
        for (i, (domain, &(low, high))) in domains.iter().zip(weight_ranges).enumerate().filter(|_| self.inside_data) {
            let data = |weight, least| Limit::Data { domain: domain.clone(), weight, least };
            push(&[i], true, low, 1.0, data(low, true));
            push(&[i], false, high, 1.0, data(high, false));
        }
        Ok(bounds)
    }
}

/// A mixture given by domain, in the order of the domains, normalised; one that is not named has no weight.
///
/// # Errors
/// An unknown or repeated domain, a weight that is no number of 0 or more, or none at all.
pub fn by_domain(field: &'static str, given: &[(String, f64)], domains: &[String]) -> Result<Vec<f64>, ScenarioError> {
    let mut mixture = vec![0.0; domains.len()];
    let mut seen = vec![false; domains.len()];
    for (name, weight) in given {
        let Some(i) = domains.iter().position(|domain| domain == name) else {
            return Err(ScenarioError::UnknownDomain {
                field,
                name: name.clone(),
                known: choices(domains.iter().map(String::as_str), name),
            });
        };
        if std::mem::replace(&mut seen[i], true) {
            return Err(ScenarioError::RepeatedField { field: format!("the weight of {name} in {field}") });
        }
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(ScenarioError::Weight { name: format!("{name} in {field}"), seen: *weight });
        }
        mixture[i] = *weight;
    }
    let sum: f64 = mixture.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(ScenarioError::NoMixture { field });
    }
    mixture.iter_mut().for_each(|weight| *weight /= sum);
    Ok(mixture)
}
