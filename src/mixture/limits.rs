//! What a mixture may be: limits of single domains, tokens in stock, groups, and nearness to a mixture in use.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::scenario::ScenarioError;
use super::solver::interior::Constraint;
use super::support;
use crate::predict::DataSummary;
use crate::units::{MOST_TOKENS, Tokens, choices, write_number};

/// Limits of a mixture; the default has none but that it is one that the runs support.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Whether each weight stays between the least and the largest that it has in the data; otherwise the optimum may
    /// extrapolate. What was written before there was a choice does.
    #[serde(default)]
    pub inside_data: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { inside_data: true, ..Self::extrapolating() }
    }
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
    /// The only weight that a domain has in the data.
    Fixed {
        /// The domain.
        domain: String,
        /// That weight.
        weight: f64,
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
    /// The edge of what the runs support, with the domains between which leaving it would be worth most.
    Support {
        /// The domain that would have less.
        from: Option<String>,
        /// The domain that would have more.
        to: Option<String>,
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
        let short = |share: f64| format!("{} %", write_number(100.0 * share, 4));
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
            Limit::Fixed { domain, weight } => write!(f, "{domain} at {}, its weight in every run", short(*weight)),
            Limit::Data { domain, weight, least } => {
                let (side, end) = if *least { ("least", "lowest") } else { ("most", "highest") };
                write!(f, "{domain} at {side} {}, its {end} weight in the runs", short(*weight))
            }
            Limit::Support { .. } => write!(f, "close to the runs' mixtures"),
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
    /// None but the simplex.
    pub fn extrapolating() -> Self {
        Self {
            weights: Vec::new(),
            stocks: Vec::new(),
            most_epochs: None,
            groups: Vec::new(),
            present: Vec::new(),
            most_change: None,
            inside_data: false,
        }
    }

    /// What is given but limits nothing as long as something else is missing, in sentences.
    pub fn idle(&self) -> Vec<&'static str> {
        let all = [
            (
                !self.stocks.is_empty() && self.most_epochs.is_none(),
                "set a maximum number of epochs, or token stocks have no effect",
            ),
            (
                self.stocks.is_empty() && self.most_epochs.is_some(),
                "give the tokens in stock of a domain, or the maximum number of epochs has no effect",
            ),
            (
                !self.present.is_empty() && self.most_change.is_none(),
                "set a maximum change, or the present mixture limits nothing",
            ),
        ];
        all.into_iter().filter(|(idle, _)| *idle).map(|(_, sentence)| sentence).collect()
    }

    /// The limits as constraints, at D tokens, those of the data last.
    ///
    /// # Errors
    /// A field that makes no sense, by its name.
    pub(super) fn bounds(
        &self,
        domains: &[String],
        data: &DataSummary,
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
            if limits_something(&constraint) {
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
            return Err(ScenarioError::Positive { field: "the maximum number of epochs".into(), seen: epochs });
        }
        for (index, (domain, tokens)) in self.stocks.iter().enumerate() {
            let i = position("a stock", domain)?;
            if self.stocks[..index].iter().any(|(other, _)| other == domain) {
                return Err(ScenarioError::RepeatedField { field: format!("the stock of {domain}") });
            }
            if !(tokens.0 > 0.0 && tokens.0.is_finite()) {
                return Err(ScenarioError::Positive { field: format!("the stock of {domain}"), seen: tokens.0 });
            }
            if tokens.0 > MOST_TOKENS.0 {
                let field = format!("the stock of {domain}");
                return Err(ScenarioError::TooManyTokens { field, seen: *tokens });
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
            if positions.is_empty() {
                return Err(ScenarioError::EmptyGroup);
            }
            if let Some(at) = (0..positions.len()).find(|&at| positions[..at].contains(&positions[at])) {
                return Err(ScenarioError::RepeatedMember { group: name, name: members[at].clone() });
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
            let change = share("the maximum change".into(), change)?;
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
        bounds.extend(
            support::bounds(domains, data, self.inside_data)
                .into_iter()
                .filter(|bound| limits_something(&bound.constraint)),
        );
        Ok(bounds)
    }
}

/// A mixture that others are compared with breaks a limit by more than this, as a share of the whole.
const BROKEN: f64 = 1e-6;

/// Which limit a mixture breaks most, in words: one of the scenario's first, then those of the data.
pub(super) fn breach(bounds: &[Bound], h: &[f64]) -> Option<String> {
    let is_of_data = |limit: &Limit| matches!(limit, Limit::Fixed { .. } | Limit::Data { .. });
    let broken = bounds.iter().map(|bound| (-bound.constraint.slack(h), bound)).filter(|(by, _)| *by > BROKEN);
    let order = |(a, one): &(f64, &Bound), (b, other): &(f64, &Bound)| {
        is_of_data(&other.limit).cmp(&is_of_data(&one.limit)).then(a.total_cmp(b))
    };
    let (_, Bound { limit, constraint, unit }) = broken.max_by(order)?;
    let percent = |share: f64| format!("{} %", write_number(100.0 * share, 3));
    Some(match limit {
        Limit::Stock { domain, epochs, .. } => {
            let seen = constraint.entries().iter().map(|(i, _)| h[*i]).sum::<f64>() / unit;
            format!("not allowed: {} epochs of {domain}, at most {}", write_number(seen, 3), write_number(*epochs, 4))
        }
        Limit::Data { domain, weight, least } => {
            let edge = if *least { "at least" } else { "at most" };
            format!("outside the runs, which have {edge} {} of {domain}", percent(*weight))
        }
        Limit::Fixed { domain, weight } => {
            format!("outside the runs, which all have {} of {domain}", percent(*weight))
        }
        limit => format!("not allowed: {limit}"),
    })
}

/// One that holds at every corner of the simplex limits nothing.
fn limits_something(constraint: &Constraint) -> bool {
    constraint.coefficients.iter().any(|a| *a < constraint.bound)
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
    // Divided by the largest first, so that no sum of large weights overflows.
    let largest = mixture.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(ScenarioError::NoMixture { field });
    }
    mixture.iter_mut().for_each(|weight| *weight /= largest);
    let sum: f64 = mixture.iter().sum();
    mixture.iter_mut().for_each(|weight| *weight /= sum);
    Ok(mixture)
}
