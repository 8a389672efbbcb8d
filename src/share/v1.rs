//! Version 1 of the link's body. Frozen: change nothing here that alters what a link says; add a version.
//!
//! JSON with short keys; what has its usual value is left out, and unknown keys are skipped. θ is the law's
//! inside vector as of this version, each entry a whole number of 2⁻²⁶ (1.5e-8) in four bytes, little end
//! first, in base64: the losses change by a few 1e-9 nats, and links keep below 2,000 characters for the
//! paper's studies.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::v1_runs::{self, RunsBody};
use super::{ShareError, Shared};
use crate::dataset::{Dataset, Holdout};
use crate::fit::{Fit, FitConfig, FitReport, Flag, Residual, Restriction, Score, Termination};
use crate::law::{self, Dropped, Shape};
use crate::mixture::{Aim, Budget, Limits, Prior, Scenario};
use crate::predict::{DataSummary, FittedStudy};
use crate::units::{BILLION, Params, Tokens};

const MOST_DOMAINS: usize = 64;
const MOST_TARGETS: usize = 64;
const MOST_SIZES: usize = 64;
const LONGEST_NAME: usize = 64;
const MOST_NOTICES: usize = 8;
const LONGEST_NOTICE: usize = 240;
/// Entries of θ per unit: 2²⁶. Four bytes reach ±32, and no law's bounds reach further.
const THETA_UNIT: f64 = 67_108_864.0;

#[derive(Serialize, Deserialize)]
struct Body {
    /// Domains.
    d: Vec<String>,
    /// Where the data lie.
    r: Ranges,
    /// Settings of the fits.
    c: Settings,
    /// The fits.
    f: Vec<FitBody>,
    /// Scenario: N, D, and weights in the order of the targets.
    n: f64,
    t: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    w: Vec<f64>,
    /// The rest of the scenario, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s: Option<ScenarioBody>,
    /// The runs, where they were wanted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<RunsBody>,
    /// What reading the runs left to be said. Later than the rest; readers of before skip it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    q: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ScenarioBody {
    a: Aim,
    l: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p: Option<Prior>,
    b: Budget,
}

#[derive(Serialize, Deserialize)]
struct Ranges {
    /// Observations and distinct mixtures.
    o: usize,
    m: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    n: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<(f64, f64)>,
    /// Least, largest and mean weight of each domain.
    h: Vec<(f64, f64, f64)>,
}

#[derive(Serialize, Deserialize)]
struct Settings {
    /// Starts and seed.
    s: usize,
    e: u64,
    /// δ; absent for least squares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<f64>,
    /// 1 where residuals are in log loss.
    #[serde(default, skip_serializing_if = "is_zero")]
    r: u8,
    /// Hold-out: 0 split, 1 none, 2 largest N.
    #[serde(default, skip_serializing_if = "is_zero")]
    h: u8,
    /// The linear law's ridge λ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    l: Option<f64>,
    /// Restrictions of parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    p: Vec<Restriction>,
    /// p of the row weights, the minimum and maximum γ; links from before these were settings have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    w: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    g: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct FitBody {
    /// Law; absent: that of the fit before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    l: Option<String>,
    /// Targets: name, own domain, rows fitted and held out, MRE of both.
    t: Vec<TargetBody>,
    /// Terms left out: bit 0 for N, bit 1 for D, bit 2 for the saturation of repeated tokens; bits 3 and 4 where N and D
    /// are not given.
    #[serde(default, skip_serializing_if = "is_zero")]
    x: u8,
    /// θ.
    p: String,
    /// Objective and agreeing starts.
    o: f64,
    a: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<f64>,
    /// 1 where the steps ran out.
    #[serde(default, skip_serializing_if = "is_zero")]
    e: u8,
    /// Parameters at a bound, at the settings' minimum or maximum γ, and undetermined combinations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    b: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    k: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    u: Vec<Vec<usize>>,
    /// Bit 0 where the starts disagree, bit 1 where the search was cut short.
    #[serde(default, skip_serializing_if = "is_zero")]
    g: u8,
    /// Distinct runs, or mixtures, and the parameters that they are few for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    w: Option<(usize, usize)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<(usize, usize)>,
    /// Entries of θ that `p` has no room for, by position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    y: Vec<(usize, f64)>,
    /// Losses of rows that the law cannot use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<usize>,
    /// Tokens in stock of each domain, for a law that counts epochs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    s: Vec<Option<f64>>,
    /// Lines far from the fit, their number, and the largest distance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q: Option<(Vec<usize>, usize, f64)>,
}

#[derive(Serialize, Deserialize)]
struct TargetBody {
    n: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<usize>,
    f: usize,
    #[serde(default, skip_serializing_if = "is_none_held_out")]
    h: usize,
    m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &u8) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn is_none_held_out(value: &usize) -> bool {
    *value == 0
}

pub(super) fn write(study: &FittedStudy, scenario: &Scenario, runs: Option<&Dataset>) -> Result<Vec<u8>, ShareError> {
    let n_targets = study.targets().count();
    for (what, seen, most) in [("domains", study.domains.len(), MOST_DOMAINS), ("targets", n_targets, MOST_TARGETS)] {
        if seen > most {
            return Err(ShareError::TooLarge { what: format!("it has {seen} {what}, and a link holds {most}") });
        }
    }
    let Some(first) = study.fits.first() else {
        return Err(ShareError::TooLarge { what: "nothing is fitted yet".into() });
    };
    let config = &first.report.config;
    let summary = &study.summary;
    let mut law = None;
    let fits = study
        .fits
        .iter()
        .map(|fit| {
            let same_law = law == Some(fit.law.id());
            law = Some(fit.law.id());
            fit_body(fit, !same_law)
        })
        .collect();
    let weight_of = |name: &str| scenario.target_weights.iter().find(|(given, _)| given == name).map_or(0.0, |w| w.1);
    let body = Body {
        d: study.domains.iter().map(|name| clean(name)).collect(),
        r: Ranges {
            o: summary.n_observations,
            m: summary.n_mixtures,
            n: summary.sizes.iter().take(MOST_SIZES).map(|n| n.0).collect(),
            d: summary.token_range.map(|(low, high)| (low.0, high.0)),
            h: summary
                .weight_ranges
                .iter()
                .zip(settled(&summary.mean_mixture))
                .map(|(&(low, high), mean)| (rounded(low, 3), rounded(high, 3), mean))
                .collect(),
        },
        c: Settings {
            s: config.starts,
            e: config.seed,
            d: config.delta.is_finite().then_some(config.delta),
            r: u8::from(config.residual == Residual::LogLoss),
            h: match config.holdout {
                Holdout::Split => 0,
                Holdout::None => 1,
                Holdout::LargestN => 2,
            },
            l: (config.ridge > 0.0).then_some(config.ridge),
            p: config.restrictions.clone(),
            w: (config.weight_power > 0.0).then_some(config.weight_power),
            g: (config.gamma_floor > 0.0).then_some(config.gamma_floor),
            m: (config.gamma_ceiling > 0.0).then_some(config.gamma_ceiling),
        },
        f: fits,
        n: scenario.n.0,
        t: scenario.d.0,
        w: if scenario.target_weights.is_empty() {
            Vec::new()
        } else {
            study.targets().map(|target| rounded(weight_of(target.name), 9)).collect()
        },
        s: (*scenario != Scenario { target_weights: scenario.target_weights.clone(), ..plain(scenario.n, scenario.d) })
            .then(|| ScenarioBody {
                a: scenario.aim,
                l: scenario.limits.clone(),
                p: scenario.prior.clone(),
                b: scenario.budget,
            }),
        y: runs.map(v1_runs::write),
        q: study.notices.iter().take(MOST_NOTICES).map(|notice| cleaned(notice, LONGEST_NOTICE)).collect(),
    };
    // Through plain values, as everything else that the page writes: less code to download.
    serde_json::to_value(&body)
        .and_then(|body| serde_json::to_vec(&body))
        .map_err(|error| ShareError::TooLarge { what: error.to_string() })
}

/// The scenario of a link that says nothing of it: without limits, also not those of the data.
fn plain(n: Params, d: Tokens) -> Scenario {
    Scenario { limits: Limits::extrapolating(), ..Scenario::new(n, d) }
}

fn fit_body(fit: &Fit, with_law: bool) -> FitBody {
    let report = &fit.report;
    let mut body = FitBody {
        l: with_law.then(|| fit.law.id().to_string()),
        t: Vec::new(),
        x: 0,
        p: pack(&fit.theta),
        o: rounded(report.objective, 6),
        a: report.agreeing_starts,
        c: report.condition.is_finite().then(|| rounded(report.condition, 2)),
        e: u8::from(report.termination == Termination::StepsRanOut),
        b: Vec::new(),
        k: Vec::new(),
        u: Vec::new(),
        g: 0,
        w: None,
        v: None,
        y: fit.theta.iter().copied().enumerate().filter(|(_, entry)| entry.abs() > MOST_PACKED).collect(),
        r: report.rows_unused(),
        s: fit.shape.stocks.iter().map(|stock| stock.map(|stock| stock * BILLION)).collect(),
        q: None,
    };
    for flag in &report.flags {
        match flag {
            Flag::AtBound(positions) => body.b.clone_from(positions),
            Flag::AtGammaLimit(positions) => body.k.clone_from(positions),
            Flag::Undetermined(positions) => body.u.push(positions.clone()),
            Flag::StartsDisagree { .. } => body.g |= 1,
            Flag::SearchCut => body.g |= 2,
            Flag::FewRuns { runs, parameters } => body.w = Some((*runs, *parameters)),
            Flag::FewMixtures { mixtures, parameters } => body.v = Some((*mixtures, *parameters)),
            Flag::Dropped(Dropped::N) => body.x |= 1,
            Flag::Dropped(Dropped::D) => body.x |= 2,
            Flag::Dropped(Dropped::Saturation) => body.x |= 4,
            Flag::NotGiven(Dropped::D) => body.x |= 2 | 16,
            Flag::NotGiven(_) => body.x |= 1 | 8,
            Flag::FarRows { lines, n, most } => body.q = Some((lines.clone(), *n, rounded(*most, 3))),
            // These follow from the rest.
            Flag::NotConverged | Flag::FewRows { .. } | Flag::RowsUnused { .. } | Flag::NothingHeldOut => {}
        }
    }
    for ((name, score), own_domain) in fit.targets.iter().zip(&report.scores).zip(&fit.shape.own_domains) {
        body.t.push(TargetBody {
            n: clean(name),
            d: *own_domain,
            f: score.n_fit,
            h: score.n_holdout,
            m: finite(score.fit_mre_percent).map(|mre| rounded(mre, 4)),
            e: score.holdout_mre_percent.and_then(finite).map(|mre| rounded(mre, 4)),
        });
    }
    body
}

/// θ in four bytes an entry.
/// What an entry's four bytes hold; a larger one stands beside them.
const MOST_PACKED: f64 = 31.9;

fn pack(theta: &[f64]) -> String {
    // Rust's conversion from f64 saturates, so a value out of reach would be seen as out of bounds on reading.
    let bytes: Vec<u8> = theta.iter().flat_map(|theta| ((theta * THETA_UNIT).round() as i32).to_le_bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unpack(packed: &str) -> Result<Vec<f64>, ShareError> {
    let bytes = URL_SAFE_NO_PAD.decode(packed).map_err(|_| impossible("parameters that cannot be read".into()))?;
    let (entries, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(impossible("half a parameter".into()));
    }
    Ok(entries.iter().map(|entry| f64::from(i32::from_le_bytes(*entry)) / THETA_UNIT).collect())
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The nearest number with so many significant digits.
pub(super) fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

/// Weights with six digits that are the same again once they are read, divided by their sum and written.
fn settled(weights: &[f64]) -> Vec<f64> {
    let written = |weights: &[f64]| -> Vec<f64> { weights.iter().map(|h| rounded(*h, 6)).collect() };
    let mut settled = written(weights);
    // Each time fewer digits move; a few that never rest would only make another link of the same answer.
    for _ in 0..20 {
        let sum: f64 = settled.iter().sum();
        let next = written(&settled.iter().map(|h| h / sum).collect::<Vec<_>>());
        if next == settled {
            break;
        }
        settled = next;
    }
    settled
}

/// A name without control and direction-changing characters, of at most [`LONGEST_NAME`] characters.
pub(super) fn clean(name: &str) -> String {
    cleaned(name, LONGEST_NAME)
}

fn cleaned(text: &str, longest: usize) -> String {
    let hidden = |c: &char| {
        c.is_control()
            || matches!(*c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    text.chars().filter(|c| !hidden(c)).take(longest).collect()
}

pub(super) fn read(body: &[u8]) -> Result<Shared, ShareError> {
    let body = str::from_utf8(body).map_err(|error| impossible(error.to_string()))?;
    let body = serde_json::from_str::<Value>(body).and_then(serde_json::from_value::<Body>);
    let body = body.map_err(|error| impossible(error.to_string()))?;
    let k = body.d.len();
    at_most("domains", k, MOST_DOMAINS)?;
    at_most("model sizes", body.r.n.len(), MOST_SIZES)?;
    at_most("targets", body.f.iter().map(|fit| fit.t.len()).sum(), MOST_TARGETS)?;
    // Rounded to six digits, the mean's weights still sum to nearly 1.
    let mean_sum: f64 = body.r.h.iter().map(|&(_, _, mean)| mean).sum();
    if k > 0 && (mean_sum - 1.0).abs() > 1e-3 {
        return Err(impossible(format!("mean weights that sum to {mean_sum}")));
    }
    let config = FitConfig {
        starts: body.c.s,
        seed: body.c.e,
        delta: body.c.d.unwrap_or(f64::INFINITY),
        residual: if body.c.r == 1 { Residual::LogLoss } else { Residual::Nats },
        holdout: match body.c.h {
            0 => Holdout::Split,
            1 => Holdout::None,
            _ => Holdout::LargestN,
        },
        ridge: body.c.l.unwrap_or(0.0),
        weight_power: body.c.w.unwrap_or(0.0),
        gamma_floor: body.c.g.unwrap_or(0.0),
        gamma_ceiling: body.c.m.unwrap_or(0.0),
        restrictions: body.c.p,
    };
    let mut fits: Vec<Fit> = Vec::new();
    for fit_body in body.f {
        let before = fits.last().map(|fit| fit.law.id());
        fits.push(read_fit(fit_body, before, k, config.clone())?);
    }
    let target_names: Vec<String> = fits.iter().flat_map(|fit| fit.targets.clone()).collect();
    let plain = plain(Params(body.n), Tokens(body.t));
    let scenario = match body.s {
        Some(more) => Scenario { aim: more.a, limits: more.l, prior: more.p, budget: more.b, ..plain },
        None => plain,
    };
    let scenario = Scenario {
        target_weights: match body.w.len() {
            0 => Vec::new(),
            n if n == target_names.len() => target_names.into_iter().zip(body.w).collect(),
            n => return Err(impossible(format!("{n} weights for {} targets", target_names.len()))),
        },
        ..scenario
    };
    let summary = DataSummary {
        n_observations: body.r.o,
        n_mixtures: body.r.m,
        sizes: body.r.n.into_iter().map(Params).collect(),
        token_range: body.r.d.map(|(low, high)| (Tokens(low), Tokens(high))),
        largest: None,
        weight_ranges: body.r.h.iter().map(|&(low, high, _)| (low, high)).collect(),
        mean_mixture: body.r.h.iter().map(|&(_, _, mean)| mean / mean_sum).collect(),
        mixtures: Vec::new(),
    };
    let study = FittedStudy {
        notices: body.q.iter().take(MOST_NOTICES).map(|notice| cleaned(notice, LONGEST_NOTICE)).collect(),
        ..FittedStudy::new(body.d.iter().map(|name| clean(name)).collect(), summary, fits)
    };
    study.check().map_err(|error| impossible(error.what))?;
    scenario.weighted_targets(&study).map_err(|error| impossible(error.to_string()))?;
    let runs = body.y.map(|runs| v1_runs::read(runs, &study.domains)).transpose()?;
    Ok(Shared { study, scenario, runs, computed: None, is_fixed: false })
}

fn read_fit(body: FitBody, law_before: Option<&str>, k: usize, config: FitConfig) -> Result<Fit, ShareError> {
    let id = body.l.as_deref().or(law_before).unwrap_or("");
    let law = law::by_id(id).ok_or_else(|| impossible(format!("a law \"{}\" that is not known", clean(id))))?;
    let needs = law.needs();
    let shape = Shape {
        n_domains: k,
        n_term: needs.n && body.x & 1 == 0,
        d_term: needs.d && body.x & 2 == 0,
        own_domains: body.t.iter().map(|target| target.d).collect(),
        repeats: !body.s.is_empty() && body.x & 4 == 0,
        stocks: body.s.iter().map(|stock| stock.map(|stock| stock / BILLION)).collect(),
    };
    let mut theta = unpack(&body.p)?;
    for (position, value) in body.y {
        *theta.get_mut(position).ok_or_else(|| impossible("a parameter that the law does not have".into()))? = value;
    }
    let mut flags = Vec::new();
    if body.e == 1 {
        flags.push(Flag::NotConverged);
    }
    if body.g & 1 == 1 {
        flags.push(Flag::StartsDisagree { agreeing: body.a, starts: config.starts });
    }
    if !body.b.is_empty() {
        flags.push(Flag::AtBound(body.b));
    }
    if !body.k.is_empty() {
        flags.push(Flag::AtGammaLimit(body.k));
    }
    flags.extend(body.u.into_iter().map(Flag::Undetermined));
    if body.g & 2 == 2 {
        flags.push(Flag::SearchCut);
    }
    let rows = body.t.iter().fold(0_usize, |rows, target| rows.saturating_add(target.f));
    if rows < theta.len() {
        flags.push(Flag::FewRows { rows, parameters: theta.len() });
    }
    flags.extend(body.w.map(|(runs, parameters)| Flag::FewRuns { runs, parameters }));
    flags.extend(body.v.map(|(mixtures, parameters)| Flag::FewMixtures { mixtures, parameters }));
    flags.extend(body.r.map(|rows| Flag::RowsUnused { rows }));
    let is_given = |what: &Dropped| match what {
        Dropped::N => body.x & 8 == 0,
        Dropped::D => body.x & 16 == 0,
        Dropped::Saturation => true,
    };
    let dropped = shape.dropped(law).into_iter();
    flags.extend(dropped.map(|what| if is_given(&what) { Flag::Dropped(what) } else { Flag::NotGiven(what) }));
    flags.extend(body.q.map(|(lines, n, most)| Flag::FarRows { lines, n, most }));
    if config.holdout == Holdout::LargestN && body.t.iter().all(|target| target.h == 0) {
        flags.push(Flag::NothingHeldOut);
    }
    Ok(Fit {
        law,
        targets: body.t.iter().map(|target| clean(&target.n)).collect(),
        theta,
        report: FitReport {
            objective: body.o,
            termination: if body.e == 1 { Termination::StepsRanOut } else { Termination::Converged },
            agreeing_starts: body.a,
            config,
            scores: body
                .t
                .iter()
                .map(|target| Score {
                    n_fit: target.f,
                    n_holdout: target.h,
                    fit_mre_percent: target.m.unwrap_or(f64::INFINITY),
                    // With runs held out there is an error, if not a finite one.
                    holdout_mre_percent: target.e.or((target.h > 0).then_some(f64::INFINITY)),
                })
                .collect(),
            condition: body.c.unwrap_or(f64::INFINITY),
            flags,
            seconds: None,
        },
        shape,
    })
}

fn at_most(what: &str, seen: usize, most: usize) -> Result<(), ShareError> {
    if seen > most { Err(impossible(format!("{seen} {what}, where {most} are the most"))) } else { Ok(()) }
}

pub(super) fn impossible(what: String) -> ShareError {
    ShareError::Content { what }
}
