//! The scenario file: what `mixlaw optimum --scenario` reads. Each entry is named like the option that it stands for.
//!
//! ```json
//! { "n": "7B", "d": "150B", "weights": { "arxiv_loss": 2, "book_loss": "1/3" }, "max": { "c4": "20 %" },
//!   "stock": { "wikipedia": "4.5B" }, "epochs": 4, "group": [{ "domains": ["arxiv", "book"], "max": 0.4 }] }
//! ```

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::mixture::{Aim, Budget, GroupLimit, Limits, Prior, Scenario, WeightLimit};
use crate::predict::FittedStudy;
use crate::units::{Decimal, Flops, Params, Quantity, Tokens, read_number};

/// A number, or a text that is one: 0.2, "20 %", "7B".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Written {
    /// A number.
    Number(f64),
    /// A number with its unit.
    Text(String),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_f64().map(Written::Number).ok_or_else(|| D::Error::custom("no number")),
            Value::String(text) => Ok(Written::Text(text)),
            other => Err(D::Error::custom(format_args!("{other} is neither a number nor a text such as \"7B\""))),
        }
    }
}

impl Written {
    fn share(&self, field: &str) -> Result<f64, String> {
        match self {
            Written::Number(number) => Ok(*number),
            Written::Text(text) => read_number(text, Decimal::Point).map_err(|error| format!("{field}: {error}")),
        }
    }

    fn quantity(&self, quantity: Quantity, field: &str) -> Result<f64, String> {
        match self {
            Written::Number(number) => Ok(*number),
            Written::Text(text) => quantity.read(text, Decimal::Point).map_err(|error| format!("{field}: {error}")),
        }
    }
}

/// Several domains together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Least sum of their weights.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<Written>,
    /// Largest sum of their weights.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<Written>,
}

/// By name.
pub type ByName = Map<String, Value>;

/// A scenario as people write it; what is absent is as by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioFile {
    /// Model size N; the largest of the data by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<Written>,
    /// Training tokens D; the most of the data by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d: Option<Written>,
    /// Compute C = 6 N D: N and D are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flops: Option<Written>,
    /// D is found, as the stocks allow.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spend_stocks: bool,
    /// Weights of the targets.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "each_once")]
    pub weights: ByName,
    /// The worst target instead of the mean.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub minimax: bool,
    /// Least weights of domains.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "each_once")]
    pub min: ByName,
    /// Largest weights of domains.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "each_once")]
    pub max: ByName,
    /// Tokens in stock of domains.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "each_once")]
    pub stock: ByName,
    /// Most epochs of a stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<Written>,
    /// Limits of several domains together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<Group>,
    /// The prior q; uniform by default.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "each_once")]
    pub prior: ByName,
    /// λ of the prior, nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl: Option<Written>,
    /// The mixture in use.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "each_once")]
    pub present: ByName,
    /// How far each weight may be from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_change: Option<Written>,
    /// Whether the optimum may leave the weights of the data; not by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extrapolate: Option<bool>,
    /// The opposite, which was to be chosen once; read, and no longer written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside_data: Option<bool>,
}

/// Names with values, each name once; plain JSON would keep the last and drop the others.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByName, D::Error> {
    struct EachOnce;
    impl<'de> Visitor<'de> for EachOnce {
        type Value = ByName;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("names with values, such as { \"arxiv\": 0.2 }")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ByName, A::Error> {
            let mut by_name = ByName::new();
            while let Some((name, value)) = entries.next_entry::<String, Value>()? {
                if by_name.contains_key(&name) {
                    return Err(A::Error::custom(format_args!("\"{name}\" is given twice; give it once")));
                }
                by_name.insert(name, value);
            }
            Ok(by_name)
        }
    }
    deserializer.deserialize_map(EachOnce)
}

fn written(field: &str, value: &Value) -> Result<Written, String> {
    serde_json::from_value(value.clone())
        .map_err(|_| format!("{field} is {value}; it must be a number, or a text such as \"20 %\""))
}

fn shares(what: &str, given: &ByName) -> Result<Vec<(String, f64)>, String> {
    let one = |(name, value): (&String, &Value)| {
        let field = format!("{what} of \"{name}\"");
        Ok((name.clone(), written(&field, value)?.share(&field)?))
    };
    given.iter().map(one).collect()
}

/// Tokens in stock by domain, as numbers or texts.
///
/// # Errors
/// One that cannot be read, by its name.
pub fn stocks(given: &ByName) -> Result<Vec<(String, Tokens)>, String> {
    let one = |(name, value): (&String, &Value)| {
        let field = format!("the stock of \"{name}\"");
        Ok((name.clone(), Tokens(written(&field, value)?.quantity(Quantity::Tokens, &field)?)))
    };
    given.iter().map(one).collect()
}

impl ScenarioFile {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        // A list would be taken for the fields in their order.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return Err("it must be names with values in braces, such as { \"n\": \"7B\" }".into());
        }
        serde_json::from_slice(text).map_err(|error| error.to_string())
    }

    /// The scenario for these fits.
    ///
    /// # Errors
    /// A field that cannot be read, by its name.
    pub fn scenario(&self, study: &FittedStudy) -> Result<Scenario, String> {
        let edge = Scenario::at_the_edge_of(&study.summary);
        let quantity = |written: &Option<Written>, quantity: Quantity, field: &str| {
            written.as_ref().map(|written| written.quantity(quantity, field)).transpose()
        };
        let flops = quantity(&self.flops, Quantity::Flops, "the compute C")?;
        if flops.is_some() && self.spend_stocks {
            return Err("flops and spend_stocks are both given; with the first D is C/6N, with the second what the stocks allow: choose one".into());
        }
        if flops.is_some() && (self.n.is_some() || self.d.is_some()) {
            return Err("flops is given with n or d, which it finds; leave out one or the other".into());
        }
        if self.spend_stocks && self.d.is_some() {
            return Err("spend_stocks is given with d, which it finds; leave out one or the other".into());
        }
        let plain = |written: &Option<Written>, field: &str| written.as_ref().map(|it| it.share(field)).transpose();
        let mut limits = Limits {
            stocks: stocks(&self.stock)?,
            most_epochs: plain(&self.epochs, "the maximum number of epochs")?,
            present: shares("the present weight", &self.present)?,
            most_change: plain(&self.most_change, "the maximum change")?,
            inside_data: self.inside_data()?,
            ..Limits::default()
        };
        let least = shares("the least weight", &self.min)?.into_iter().map(|(domain, share)| (domain, share, true));
        let most = shares("the largest weight", &self.max)?.into_iter().map(|(domain, share)| (domain, share, false));
        for (domain, share, is_least) in least.chain(most) {
            let at = limits.weights.iter().position(|limit| limit.domain == domain).unwrap_or_else(|| {
                limits.weights.push(WeightLimit { domain, min: None, max: None });
                limits.weights.len() - 1
            });
            let limit = &mut limits.weights[at];
            *(if is_least { &mut limit.min } else { &mut limit.max }) = Some(share);
        }
        for Group { domains, min, max } in &self.group {
            let end = |end: &Option<Written>| {
                let field = format!("the group {}", domains.join(" + "));
                end.as_ref().map(|end| end.share(&field)).transpose()
            };
            limits.groups.push(GroupLimit { domains: domains.clone(), min: end(min)?, max: end(max)? });
        }
        let uniform = || study.domains.iter().map(|domain| (domain.clone(), 1.0)).collect();
        let prior = match (plain(&self.kl, "λ of the prior")?, shares("the prior weight", &self.prior)?) {
            (Some(kl), given) => Some(Prior { mixture: if given.is_empty() { uniform() } else { given }, kl }),
            (None, given) if given.is_empty() => None,
            (None, _) => return Err("a prior is given, but not its weight λ: kl, such as 0.01".into()),
        };
        Ok(Scenario {
            n: quantity(&self.n, Quantity::Params, "the model size N")?.map_or(edge.n, Params),
            d: quantity(&self.d, Quantity::Tokens, "the tokens D")?.map_or(edge.d, Tokens),
            target_weights: shares("the weight", &self.weights)?,
            aim: if self.minimax { Aim::Worst } else { Aim::Mean },
            limits,
            prior,
            budget: match flops {
                Some(flops) => Budget::Compute(Flops(flops)),
                None if self.spend_stocks => Budget::Stocks,
                None => Budget::Given,
            },
        })
    }

    /// The file of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let by_name = |given: &[(String, f64)]| given.iter().map(|(name, x)| (name.clone(), Value::from(*x))).collect();
        let number = |value: Option<f64>| value.map(Written::Number);
        let Scenario { n, d, target_weights, aim, limits, prior, budget } = scenario;
        let end = |end: fn(&WeightLimit) -> Option<f64>| {
            let limits = limits.weights.iter();
            limits.filter_map(|limit| Some((limit.domain.clone(), Value::from(end(limit)?)))).collect()
        };
        let compute = if let Budget::Compute(compute) = budget { Some(compute.0) } else { None };
        Self {
            n: number((compute.is_none()).then_some(n.0)),
            d: number((*budget == Budget::Given).then_some(d.0)),
            flops: number(compute),
            spend_stocks: *budget == Budget::Stocks,
            weights: by_name(target_weights),
            minimax: *aim == Aim::Worst,
            min: end(|limit| limit.min),
            max: end(|limit| limit.max),
            stock: limits.stocks.iter().map(|(name, tokens)| (name.clone(), Value::from(tokens.0))).collect(),
            epochs: number(limits.most_epochs),
            group: limits
                .groups
                .iter()
                .map(|group| Group { domains: group.domains.clone(), min: number(group.min), max: number(group.max) })
                .collect(),
            prior: prior.as_ref().map(|prior| by_name(&prior.mixture)).unwrap_or_default(),
            kl: number(prior.as_ref().map(|prior| prior.kl)),
            present: by_name(&limits.present),
            most_change: number(limits.most_change),
            extrapolate: Some(!limits.inside_data),
            inside_data: None,
        }
    }

    fn inside_data(&self) -> Result<bool, String> {
        match (self.extrapolate, self.inside_data) {
            (Some(extrapolate), Some(inside)) if extrapolate == inside => {
                Err("extrapolate and inside_data contradict each other; leave out inside_data".into())
            }
            (Some(extrapolate), _) => Ok(!extrapolate),
            (None, inside) => Ok(inside.unwrap_or(true)),
        }
    }

    /// Inside a fit file or project: what was written before extrapolation had to be asked for, extrapolates.
    pub(super) fn of_saved(self) -> Self {
        let is_silent = self.extrapolate.is_none() && self.inside_data.is_none();
        Self { extrapolate: if is_silent { Some(true) } else { self.extrapolate }, ..self }
    }
}
