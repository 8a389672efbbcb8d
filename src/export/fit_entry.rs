//! One target's entry in a fit file.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fit_file::FitFileError;
use crate::fit::{Fit, FitConfig, FitReport, Flag, Restriction, Score, Termination};
use crate::law::{self, Dropped, Law, Shape};
use crate::predict::study::check_shape;
use crate::predict::{FittedStudy, FittedTarget};
use crate::units::BILLION;

const IN_BILLIONS: &str = "N in 10^9 parameters, D in 10^9 tokens";
const NOT_REPEATED: &str = "not-repeated";

#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    target: String,
    pub(super) law: String,
    /// The domain that the target is the loss of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    own_domain: Option<String>,
    n_term: bool,
    d_term: bool,
    /// Tokens in stock of each domain, for a law that counts epochs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    stocks: Vec<Option<f64>>,
    n_fit: usize,
    n_holdout: usize,
    objective: f64,
    /// null where it is infinite: the law has no finite loss for a run.
    fit_mre_percent: Option<f64>,
    /// null as well where nothing was held out.
    holdout_mre_percent: Option<f64>,
    agreeing_starts: usize,
    starts: usize,
    status: String,
    seconds: Option<f64>,
    seed: u64,
    /// Absent for least squares, where it is infinite.
    delta: Option<f64>,
    residual: String,
    holdout: String,
    /// The linear law's λ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ridge: Option<f64>,
    /// p of the row weights (N·D)^p, the minimum and maximum γ; files from before these were settings have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    weight_power: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    gamma_floor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    gamma_ceiling: Option<f64>,
    /// What the user wanted of parameters.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    restrictions: Vec<Restriction>,
    /// Losses of rows that the law cannot use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rows_unused: Option<usize>,
    /// Absent where it is infinite.
    condition: Option<f64>,
    warnings: Vec<Warning>,
    /// What N and D are counted in, where it is not parameters and tokens. Only written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    units: Option<String>,
    pub(super) parameters: Map<String, Value>,
    /// The law's inside parameters, only where one of the natural ones has no place in an f64.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) theta: Option<Vec<f64>>,
}

/// A flag of the report: its kind, the parameters it names, and the sentence for its reader.
#[derive(Serialize, Deserialize)]
struct Warning {
    kind: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    parameters: Vec<String>,
    /// Of few runs or mixtures: how many there are, and for how many parameters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    counts: Option<(usize, usize)>,
    /// Of observations far from the fit: which.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    far: Option<FarRows>,
    message: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct FarRows {
    lines: Vec<usize>,
    n: usize,
    /// The largest distance, in nats.
    most: f64,
}

impl Entry {
    /// The entry of a fitted target.
    pub(super) fn of(study: &FittedStudy, target: &FittedTarget) -> Self {
        let (fit, report) = (target.fit, &target.fit.report);
        let score = &report.scores[target.target_pos];
        let parameters = fit.parameters(&study.domains);
        let names: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
        Entry {
            target: target.name.to_string(),
            law: fit.law.id().to_string(),
            own_domain: fit.shape.own_domains[target.target_pos].map(|i| study.domains[i].clone()),
            n_term: fit.shape.n_term,
            d_term: fit.shape.d_term,
            stocks: fit.shape.stocks.iter().map(|stock| stock.map(|stock| stock * BILLION)).collect(),
            n_fit: score.n_fit,
            n_holdout: score.n_holdout,
            objective: report.objective,
            fit_mre_percent: finite(score.fit_mre_percent),
            holdout_mre_percent: score.holdout_mre_percent.and_then(finite),
            agreeing_starts: report.agreeing_starts,
            starts: report.config.starts,
            status: report.termination.id().to_string(),
            seconds: report.seconds,
            seed: report.config.seed,
            delta: finite(report.config.delta),
            residual: report.config.residual.id().to_string(),
            holdout: report.config.holdout.id().to_string(),
            ridge: (report.config.ridge > 0.0).then_some(report.config.ridge),
            weight_power: (report.config.weight_power > 0.0).then_some(report.config.weight_power),
            gamma_floor: (report.config.gamma_floor > 0.0).then_some(report.config.gamma_floor),
            gamma_ceiling: (report.config.gamma_ceiling > 0.0).then_some(report.config.gamma_ceiling),
            restrictions: report.config.restrictions.clone(),
            rows_unused: report.rows_unused(),
            condition: finite(report.condition),
            units: fit.law.counts_in_billions().then(|| IN_BILLIONS.to_string()),
            warnings: report.flags.iter().map(|flag| warning(flag, &names)).collect(),
            theta: parameters.iter().any(|(_, value)| !value.is_normal()).then(|| fit.theta.clone()),
            parameters: parameters.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
        }
    }

    /// The fit of an entry, and of `others` that it explains, too.
    pub(super) fn into_fit(self, index: usize, others: Vec<Entry>, domains: &[String]) -> Result<Fit, FitFileError> {
        let entry = self;
        let wrong = |what: &str, seen: &str, expected: &str| FitFileError::Field {
            index,
            what: what.to_string(),
            seen: seen.to_string(),
            expected: expected.to_string(),
        };
        let law: &'static dyn Law = law::by_id(&entry.law)
            .ok_or_else(|| wrong("law", &entry.law, &law::LAWS.map(|law| law.id()).join(", ")))?;
        let own_domain = |entry: &Entry| match &entry.own_domain {
            Some(name) => match domains.iter().position(|domain| domain == name) {
                Some(domain_idx) => Ok(Some(domain_idx)),
                None => Err(wrong("own_domain", name, &domains.join(" or "))),
            },
            None => Ok(None),
        };
        let own_domains = std::iter::once(&entry).chain(&others).map(own_domain).collect::<Result<_, _>>()?;
        let shape = Shape {
            n_domains: domains.len(),
            n_term: entry.n_term,
            d_term: entry.d_term,
            own_domains,
            stocks: entry.stocks.iter().map(|stock| stock.map(|stock| stock / BILLION)).collect(),
            repeats: entry.warnings.iter().all(|warning| warning.kind != NOT_REPEATED) && !entry.stocks.is_empty(),
        };
        check_shape(law, &shape, domains.len(), 1 + others.len())?;
        let names: Vec<String> =
            law.parameters(&shape).iter().map(|parameter| parameter.symbol.name(domains)).collect();
        let theta = match &entry.theta {
            Some(theta) => theta.clone(),
            None => {
                let mut natural = Vec::with_capacity(names.len());
                for name in &names {
                    let seen = entry.parameters.get(name);
                    natural.push(seen.and_then(Value::as_f64).ok_or_else(|| {
                        wrong(
                            &format!("parameter {name}"),
                            &seen.map_or("missing".into(), Value::to_string),
                            "a number",
                        )
                    })?);
                }
                law.inside(&shape, &natural).map_err(|position| {
                    let expected = "a number that the formula allows, positive for most";
                    wrong(&format!("parameter {}", names[position]), &natural[position].to_string(), expected)
                })?
            }
        };
        let termination = Termination::from_id(&entry.status)
            .ok_or_else(|| wrong("status", &entry.status, "converged or steps-ran-out"))?;
        let residual = crate::fit::Residual::from_id(&entry.residual)
            .ok_or_else(|| wrong("residual", &entry.residual, "nats or log-loss"))?;
        let holdout = crate::dataset::Holdout::from_id(&entry.holdout)
            .ok_or_else(|| wrong("holdout", &entry.holdout, "split, none or largest-n"))?;
        let position_of = |name: &String| names.iter().position(|known| known == name);
        let flags = entry.warnings.iter().filter_map(|warning| {
            let positions: Vec<usize> = warning.parameters.iter().filter_map(position_of).collect();
            Some(match warning.kind.as_str() {
                "not-converged" => Flag::NotConverged,
                "starts-disagree" => Flag::StartsDisagree { agreeing: entry.agreeing_starts, starts: entry.starts },
                "at-bound" => Flag::AtBound(positions),
                "at-floor" => Flag::AtGammaLimit(positions),
                "undetermined" => Flag::Undetermined(positions),
                "few-rows" => Flag::FewRows { rows: entry.n_fit, parameters: names.len() },
                "few-runs" => {
                    let (runs, parameters) = warning.counts?;
                    Flag::FewRuns { runs, parameters }
                }
                "few-mixtures" => {
                    let (mixtures, parameters) = warning.counts?;
                    Flag::FewMixtures { mixtures, parameters }
                }
                "search-cut" => Flag::SearchCut,
                "nothing-held-out" => Flag::NothingHeldOut,
                "n-dropped" => Flag::Dropped(Dropped::N),
                "d-dropped" => Flag::Dropped(Dropped::D),
                "n-not-given" => Flag::NotGiven(Dropped::N),
                "d-not-given" => Flag::NotGiven(Dropped::D),
                "far-rows" => {
                    let FarRows { lines, n, most } = warning.far.clone()?;
                    Flag::FarRows { lines, n, most }
                }
                NOT_REPEATED => Flag::Dropped(Dropped::Saturation),
                "rows-unused" => Flag::RowsUnused { rows: entry.rows_unused.unwrap_or(0) },
                _ => return None,
            })
        });
        let score = |entry: &Entry| Score {
            n_fit: entry.n_fit,
            n_holdout: entry.n_holdout,
            fit_mre_percent: entry.fit_mre_percent.unwrap_or(f64::INFINITY),
            // With runs held out there is an error, if not a finite one.
            holdout_mre_percent: entry.holdout_mre_percent.or((entry.n_holdout > 0).then_some(f64::INFINITY)),
        };
        let report = FitReport {
            objective: entry.objective,
            termination,
            agreeing_starts: entry.agreeing_starts,
            config: FitConfig {
                starts: entry.starts,
                seed: entry.seed,
                delta: entry.delta.unwrap_or(f64::INFINITY),
                residual,
                holdout,
                ridge: entry.ridge.unwrap_or(0.0),
                weight_power: entry.weight_power.unwrap_or(0.0),
                gamma_floor: entry.gamma_floor.unwrap_or(0.0),
                gamma_ceiling: entry.gamma_ceiling.unwrap_or(0.0),
                restrictions: entry.restrictions.clone(),
            },
            scores: std::iter::once(&entry).chain(&others).map(score).collect(),
            condition: entry.condition.unwrap_or(f64::INFINITY),
            flags: flags.collect(),
            seconds: entry.seconds,
        };
        let targets = std::iter::once(entry).chain(others).map(|entry| entry.target).collect();
        Ok(Fit { law, shape, targets, theta, report })
    }
}

fn warning(flag: &Flag, names: &[String]) -> Warning {
    let (kind, positions): (&str, &[usize]) = match flag {
        Flag::NotConverged => ("not-converged", &[]),
        Flag::StartsDisagree { .. } => ("starts-disagree", &[]),
        Flag::AtBound(positions) => ("at-bound", positions),
        Flag::AtGammaLimit(positions) => ("at-floor", positions),
        Flag::Undetermined(positions) => ("undetermined", positions),
        Flag::FewRows { .. } => ("few-rows", &[]),
        Flag::FewRuns { .. } => ("few-runs", &[]),
        Flag::FewMixtures { .. } => ("few-mixtures", &[]),
        Flag::SearchCut => ("search-cut", &[]),
        Flag::NothingHeldOut => ("nothing-held-out", &[]),
        Flag::Dropped(Dropped::N) => ("n-dropped", &[]),
        Flag::Dropped(Dropped::D) => ("d-dropped", &[]),
        Flag::Dropped(Dropped::Saturation) => (NOT_REPEATED, &[]),
        Flag::NotGiven(Dropped::D) => ("d-not-given", &[]),
        Flag::NotGiven(_) => ("n-not-given", &[]),
        Flag::FarRows { .. } => ("far-rows", &[]),
        Flag::RowsUnused { .. } => ("rows-unused", &[]),
    };
    Warning {
        kind: kind.to_string(),
        parameters: positions.iter().map(|&position| names[position].clone()).collect(),
        counts: match *flag {
            Flag::FewRuns { runs, parameters } => Some((runs, parameters)),
            Flag::FewMixtures { mixtures, parameters } => Some((mixtures, parameters)),
            _ => None,
        },
        far: match flag {
            Flag::FarRows { lines, n, most } => Some(FarRows { lines: lines.clone(), n: *n, most: *most }),
            _ => None,
        },
        message: flag.sentence(names),
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
