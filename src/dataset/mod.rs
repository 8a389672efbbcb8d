//! A study: what was trained, and what came out.
//!
//! A [`Dataset`] holds observations (N, D, h, losses) for k domains and m targets and is valid by
//! construction: past [`Dataset::new`] every weight is finite and at least 0, every mixture sums to 1,
//! every N, D and loss is finite and positive, and either all observations have an N (a D) or none has.
//!
//! A study has few distinct mixtures and few distinct scales (N, D), each seen by many observations.
//! [`Design`] holds each of them once; the fit computes with those.

mod design;
mod split;

pub use design::{Design, Scale};
pub use split::{Holdout, Split};

use serde::{Deserialize, Serialize};

use crate::units::{Loss, MOST_TOKENS, Params, Tokens, choices};

/// How far Σ h may be from 1 in a valid observation: rounding only, the import has normalised before.
pub const WEIGHT_SUM_TOLERANCE: f64 = 1e-9;

/// One row of a study: a run, or one checkpoint of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Line of the pasted text, counted from 1, for messages.
    pub line: usize,
    /// Model size N; absent in every observation of a study without that column.
    pub n: Option<Params>,
    /// Training tokens D; absent in every observation of a study without that column.
    pub d: Option<Tokens>,
    /// Domain weights h, in the order of [`Dataset::domains`]: h_i ≥ 0, Σ h_i = 1.
    pub mixture: Vec<f64>,
    /// Losses in the order of [`Dataset::targets`]; a missing one leaves the observation out of that target's fit.
    pub losses: Vec<Option<Loss>>,
    /// How much the row counts in a fit, beside others; 1 where the study does not say.
    pub weight: f64,
    /// Whether the study's own `split` column says to fit on this row or to hold it out.
    pub split: Split,
}

/// A valid study.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    domains: Vec<String>,
    targets: Vec<String>,
    observations: Vec<Observation>,
    stocks: Vec<Option<Tokens>>,
    design: Design,
}

/// Why observations do not make a study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DatasetError {
    /// There is nothing to fit.
    #[error("the study has no observations; at least one row with weights and a loss is needed")]
    Empty,
    /// No loss column.
    #[error("the study has no target; at least one loss column is needed")]
    NoTarget,
    /// Two columns with one name.
    #[error("the {what} \"{name}\" appears twice; each needs a name of its own")]
    Repeated {
        /// "domain" or "target".
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An observation with the wrong number of weights or losses.
    #[error("line {line} has {seen} {what}, but the study has {expected}")]
    Length {
        /// Line of the observation.
        line: usize,
        /// "weights" or "losses".
        what: &'static str,
        /// How many it has.
        seen: usize,
        /// How many the study has.
        expected: usize,
    },
    /// A weight that is negative or not finite.
    #[error("line {line}: the weight of \"{domain}\" is {value}; it must be between 0 and 1")]
    Weight {
        /// Line of the observation.
        line: usize,
        /// The domain.
        domain: String,
        /// What was seen.
        value: f64,
    },
    /// Weights that do not sum to 1.
    #[error("line {line}: the weights sum to {sum}; they must sum to 1")]
    WeightSum {
        /// Line of the observation.
        line: usize,
        /// Σ h.
        sum: f64,
    },
    /// N, D or a loss that is not finite and positive.
    #[error("line {line}: {what} is {value}; it must be a positive number")]
    NotPositive {
        /// Line of the observation.
        line: usize,
        /// What it is: "model size", "tokens" or the target's name.
        what: String,
        /// What was seen.
        value: f64,
    },
    /// Tokens in stock of a domain that the study does not have.
    #[error("tokens in stock are given for \"{domain}\", which is no domain of the study; its domains are: {known}")]
    UnknownStock {
        /// The domain.
        domain: String,
        /// Domains of the study.
        known: String,
    },
    /// Tokens in stock that cannot be.
    #[error("the tokens in stock of \"{domain}\" are {value}; give a number from 1 to 1e17, such as 30B")]
    Stock {
        /// The domain.
        domain: String,
        /// What was seen.
        value: Tokens,
    },
    /// N or D in some observations only.
    #[error("line {line} has no {what}, but other lines have one; give it on every line or on none")]
    Mixed {
        /// Line of the first observation without it.
        line: usize,
        /// "model size" or "tokens".
        what: &'static str,
    },
}

impl Dataset {
    /// Checks that the observations make a study and finds its design.
    ///
    /// # Errors
    /// The first rule of the module's head that does not hold, with the line where.
    pub fn new(
        domains: Vec<String>,
        targets: Vec<String>,
        observations: Vec<Observation>,
    ) -> Result<Self, DatasetError> {
        if observations.is_empty() {
            return Err(DatasetError::Empty);
        }
        if targets.is_empty() {
            return Err(DatasetError::NoTarget);
        }
        for (what, names) in [("domain", &domains), ("target", &targets)] {
            if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
                return Err(DatasetError::Repeated { what, name: name.clone() });
            }
        }
        let with_n = observations.iter().any(|o| o.n.is_some());
        let with_d = observations.iter().any(|o| o.d.is_some());
        for observation in &observations {
            check(observation, &domains, &targets, with_n, with_d)?;
        }
        let design = Design::new(&observations);
        let stocks = vec![None; domains.len()];
        Ok(Self { domains, targets, observations, stocks, design })
    }

    /// The same study with tokens in stock of some of its domains.
    ///
    /// # Errors
    /// A domain is not one of the study's, or named twice, or its stock is not from 1 to 1e17 tokens.
    pub fn with_stocks(mut self, stocks: &[(String, Tokens)]) -> Result<Self, DatasetError> {
        self.stocks.fill(None);
        for (domain, stock) in stocks {
            let known = || choices(self.domains.iter().map(String::as_str), domain);
            let domain_idx = self
                .domains
                .iter()
                .position(|name| name == domain)
                .ok_or_else(|| DatasetError::UnknownStock { domain: domain.clone(), known: known() })?;
            if !(1.0..=MOST_TOKENS.0).contains(&stock.0) {
                return Err(DatasetError::Stock { domain: domain.clone(), value: *stock });
            }
            if self.stocks[domain_idx].replace(*stock).is_some() {
                return Err(DatasetError::Repeated { what: "stock of", name: domain.clone() });
            }
        }
        Ok(self)
    }

    /// Names of the k domains.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }

    /// Names of the m targets.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }

    /// The observations, in the order of the text.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// Tokens in stock of each domain, where known.
    pub fn stocks(&self) -> &[Option<Tokens>] {
        &self.stocks
    }

    /// Distinct mixtures and scales, and which of them each observation has.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// Position of the target of that name.
    pub fn target_idx(&self, name: &str) -> Option<usize> {
        self.targets.iter().position(|target| target == name)
    }

    /// The domain whose own loss the target is, told by its name: "arxiv_loss" and "summary.eval/arxiv/bpb" are the loss
    /// of "arxiv".
    pub fn own_domain(&self, target_idx: usize) -> Option<usize> {
        let target = bare_name(&self.targets[target_idx], true);
        let find = |bare: bool| self.domains.iter().position(|domain| bare_name(domain, bare) == target);
        // A domain may itself be called by one of the words around a loss: its whole name comes first.
        find(false).or_else(|| find(true)).filter(|_| !target.is_empty())
    }

    /// The mean over the study's distinct mixtures of each domain's weight: what the study trained on, on average.
    pub fn mean_mixture(&self) -> Vec<f64> {
        let mixtures = self.design.mixtures();
        let mut mean = vec![0.0; self.domains.len()];
        for mixture in mixtures {
            for (sum, weight) in mean.iter_mut().zip(mixture) {
                *sum += weight / mixtures.len() as f64;
            }
        }
        mean
    }
}

/// A name's letters and digits in lower case; if bare, without the words that only say that it is a loss.
fn bare_name(name: &str, bare: bool) -> String {
    const AROUND: [&str; 24] = [
        "metric",
        "metrics",
        "eval",
        "evals",
        "evaluation",
        "val",
        "valid",
        "validation",
        "test",
        "train",
        "training",
        "loss",
        "losses",
        "nats",
        "bpb",
        "nll",
        "ppl",
        "perplexity",
        "ce",
        "xent",
        "final",
        "summary",
        "results",
        "lm",
    ];
    let name = name.to_lowercase();
    let words = name.split(['_', '/', '-', ' ', '.', ':']).filter(|word| !bare || !AROUND.contains(word));
    words.flat_map(|word| word.chars().filter(|c| c.is_alphanumeric())).collect()
}

fn check(
    observation: &Observation,
    domains: &[String],
    targets: &[String],
    with_n: bool,
    with_d: bool,
) -> Result<(), DatasetError> {
    let line = observation.line;
    for (what, seen, expected) in
        [("weights", observation.mixture.len(), domains.len()), ("losses", observation.losses.len(), targets.len())]
    {
        if seen != expected {
            return Err(DatasetError::Length { line, what, seen, expected });
        }
    }
    for (domain, &value) in domains.iter().zip(&observation.mixture) {
        if !value.is_finite() || value < 0.0 {
            return Err(DatasetError::Weight { line, domain: domain.clone(), value });
        }
    }
    let sum: f64 = observation.mixture.iter().sum();
    if !domains.is_empty() && (sum - 1.0).abs() > WEIGHT_SUM_TOLERANCE {
        return Err(DatasetError::WeightSum { line, sum });
    }
    let n = observation.n.map(|n| n.0);
    let d = observation.d.map(|d| d.0);
    if !is_positive(observation.weight) {
        return Err(DatasetError::NotPositive { line, what: "row weight".into(), value: observation.weight });
    }
    for (what, value, required) in [("model size", n, with_n), ("tokens", d, with_d)] {
        match value {
            None if required => return Err(DatasetError::Mixed { line, what }),
            Some(value) if !is_positive(value) => {
                return Err(DatasetError::NotPositive { line, what: what.to_string(), value });
            }
            _ => {}
        }
    }
    for (target, loss) in targets.iter().zip(&observation.losses) {
        if let Some(Loss(value)) = *loss
            && !is_positive(value)
        {
            return Err(DatasetError::NotPositive { line, what: target.clone(), value });
        }
    }
    Ok(())
}

fn is_positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(line: usize, n: f64, d: f64, mixture: &[f64], loss: f64) -> Observation {
        Observation {
            line,
            n: Some(Params(n)),
            d: Some(Tokens(d)),
            mixture: mixture.to_vec(),
            losses: vec![Some(Loss(loss))],
            weight: 1.0,
            split: Split::Fit,
        }
    }

    fn study(observations: Vec<Observation>) -> Result<Dataset, DatasetError> {
        Dataset::new(vec!["web".into(), "code".into()], vec!["eval/code_loss".into()], observations)
    }

    #[test]
    fn the_design_holds_each_mixture_and_scale_once() {
        let nearly = [0.3 + 1e-12, 0.7 - 1e-12];
        let data = study(vec![
            observation(2, 1e9, 2e10, &[0.3, 0.7], 3.0),
            observation(3, 1e9, 4e10, &nearly, 2.9),
            observation(4, 3e9, 2e10, &[0.5, 0.5], 2.8),
            observation(5, 1e9, 2e10, &[0.5, 0.5], 3.1),
        ])
        .expect("sound");
        assert_eq!(data.design().mixtures(), [vec![0.3, 0.7], vec![0.5, 0.5]]);
        assert_eq!(data.design().rows(), [(0, 0), (0, 1), (1, 2), (1, 0)]);
        assert_eq!(data.design().sizes(), [Params(1e9), Params(3e9)]);
        assert_eq!(data.design().tokens(), [Tokens(2e10), Tokens(4e10)]);
        assert_eq!(data.mean_mixture(), [0.4, 0.6]);
        assert_eq!(data.own_domain(0), Some(1));
        assert_eq!(Holdout::LargestN.held_out(&data), [false, false, true, false]);
    }

    #[test]
    fn a_target_knows_its_own_domain() {
        let domains = ["web", "the_pile_arxiv", "Pile-CC", "train", "stack-edu:python"];
        let own = |target: &str| {
            let row = observation(2, 1e9, 2e10, &[0.2; 5], 3.0);
            let study =
                Dataset::new(domains.map(String::from).to_vec(), vec![target.into()], vec![row]).expect("sound");
            study.own_domain(0).map(|domain_idx| domains[domain_idx])
        };
        for target in ["web_loss", "losses.web", "summary.eval/web/loss", "eval/web/bpb", "web", "final_test_nll_web"] {
            assert_eq!(own(target), Some("web"), "{target}");
        }
        assert_eq!(own("metric/the_pile_arxiv_val_loss"), Some("the_pile_arxiv"));
        assert_eq!(own("Pile-CC_loss"), Some("Pile-CC"));
        assert_eq!(own("loss/stack_edu_python"), Some("stack-edu:python"));
        for target in ["loss", "eval/loss", "wiki_loss", "web_code_loss", "train_loss"] {
            assert_eq!(own(target), None, "{target}");
        }
    }

    #[test]
    fn a_wrong_observation_is_refused_with_its_line() {
        let says = |observation: Observation| {
            study(vec![self::observation(2, 1e9, 2e10, &[0.5, 0.5], 3.0), observation])
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(
            says(observation(3, 1e9, 2e10, &[0.5, 0.6], 3.0)),
            "line 3: the weights sum to 1.1; they must sum to 1"
        );
        assert_eq!(
            says(observation(3, 1e9, 2e10, &[1.5, -0.5], 3.0)),
            "line 3: the weight of \"code\" is -0.5; it must be between 0 and 1"
        );
        assert_eq!(
            says(observation(3, 0.0, 2e10, &[0.5, 0.5], 3.0)),
            "line 3: model size is 0; it must be a positive number"
        );
        assert_eq!(
            says(observation(3, 1e9, 2e10, &[0.5, 0.5], f64::NAN)),
            "line 3: eval/code_loss is NaN; it must be a positive number"
        );
        assert_eq!(
            says(Observation { d: None, ..observation(3, 1e9, 2e10, &[0.5, 0.5], 3.0) }),
            "line 3 has no tokens, but other lines have one; give it on every line or on none"
        );
        assert_eq!(says(observation(3, 1e9, 2e10, &[1.0], 3.0)), "line 3 has 1 weights, but the study has 2");
        assert_eq!(study(Vec::new()).err(), Some(DatasetError::Empty));
    }
}
