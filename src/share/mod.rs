//! Links: a fitted study and its scenario as a URL fragment, and back.
//!
//! ```text
//!     version . codec . body . check        1.z.eJyrVkrLz1eyUkpKLFKqBQAfXwRL.3K8Z0QF
//! ```
//!
//! The version says which wire types the body has; each version's are frozen in a file of their own and are
//! read for ever. The codec is `z`: JSON, deflated, base64url without padding. The check is the CRC-32 of all
//! before it in Crockford's base 32 (seven letters and digits, so that no program that turns text into links
//! drops the last one); it tells a link that was cut from one that is newer.
//!
//! A fragment is not sent to the server. What comes in one is read as strictly as pasted text: sizes are
//! capped before and after inflating, every number is checked, and names lose control characters.

mod picture;
mod v1;
mod v1_runs;
mod v2;

pub use picture::{link_in_picture, with_link};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::dataset::Dataset;
use crate::fit::Interval;
use crate::mixture::{self, Compared, Finding, Optimum, OptimumError, Scenario, Verdict};
use crate::predict::{FittedStudy, Form};

/// Longest fragment that is read and written: browsers take more, but nothing else does.
const LONGEST_FRAGMENT: usize = 64 * 1024;
/// Most bytes that a body may inflate to.
const LARGEST_BODY: usize = 512 * 1024;
/// Level of deflate: the body is small, so the best.
const DEFLATE_LEVEL: u8 = 9;
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a link holds.
#[derive(Clone)]
pub struct Shared {
    /// The fits, as they were; not refitted.
    pub study: FittedStudy,
    /// The scenario.
    pub scenario: Scenario,
    /// The runs that the fits are of, where the link's maker wanted them in.
    pub runs: Option<Dataset>,
    /// The answer as it was computed, where the study was validated.
    pub computed: Option<Computed>,
    /// Whether that answer is all there is: what predicts is not in the link, and the fits alone predict something else.
    pub is_fixed: bool,
}

/// An answer as it was computed, for those who cannot compute it anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Of how many candidates the predictor was chosen.
    pub n_candidates: usize,
    /// h*.
    pub mixture: Vec<f64>,
    /// N in parameters.
    pub n: f64,
    /// D in tokens.
    pub d: f64,
    /// Of each weighted target: name, weight, loss in nats, 90 % prediction interval.
    pub losses: Vec<(String, f64, f64, Option<Interval>)>,
    /// Their weighted mean.
    pub weighted_loss: f64,
    /// Its 90 % prediction interval.
    pub interval: Option<Interval>,
    /// What it gains: over which mixture, nats, 90 % prediction interval.
    pub gains: Vec<(String, f64, Option<Interval>)>,
    /// The verdict; empty where it was not known.
    pub findings: Vec<Finding>,
}

impl Computed {
    /// Of an optimum with its verdict and what it is compared with.
    ///
    /// # Errors
    /// The optimum is of another study.
    pub fn of(
        study: &FittedStudy,
        scenario: &Scenario,
        optimum: &Optimum,
        verdict: Option<&Verdict>,
        compared: &[Compared],
    ) -> Result<Self, OptimumError> {
        let (n, d) = (Some(optimum.n), Some(optimum.d));
        let weights = mixture::weighted(study, optimum);
        let gains = mixture::compare(study, scenario, optimum, compared)?;
        let losses = optimum.targets.iter().zip(&weights).map(|((name, weight, loss), (target, _))| {
            (name.clone(), *weight, loss.0, study.interval(*target, n, d, &optimum.mixture))
        });
        Ok(Self {
            n_candidates: study.candidates.len(),
            mixture: optimum.mixture.clone(),
            n: optimum.n.0,
            d: optimum.d.0,
            losses: losses.collect(),
            weighted_loss: optimum.weighted_loss.0,
            interval: study.mean_interval(&weights, n, d, &optimum.mixture),
            gains: gains.into_iter().map(|one| (one.compared.name, one.gain, one.interval)).collect(),
            findings: verdict.map_or_else(Vec::new, |verdict| verdict.findings.clone()),
        })
    }

    /// Of a scenario, all anew.
    ///
    /// # Errors
    /// It has no optimum.
    pub fn anew(study: &FittedStudy, scenario: &Scenario) -> Result<Self, OptimumError> {
        let optimum = mixture::optimum(study, scenario)?;
        let verdict = mixture::verdict(study, scenario, &optimum)?;
        Self::of(study, scenario, &optimum, Some(&verdict), &Compared::usual(study, scenario)?)
    }
}

/// Why a link cannot be opened, or made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShareError {
    /// No link of ours.
    #[error("this is no Mixlaw link: after the # it should read 1.z. or 2.z., then letters and digits")]
    NotALink,
    /// Far too long.
    #[error("this link has {seen} characters after the #; a Mixlaw link has at most {LONGEST_FRAGMENT}")]
    TooLong {
        /// How many it has.
        seen: usize,
    },
    /// Made by a later version.
    #[error(
        "this link was made with a newer version of Mixlaw (link version {seen}; this page reads up to 2); reload the page to get that version"
    )]
    Newer {
        /// Its version.
        seen: u32,
    },
    /// The check does not fit.
    #[error(
        "this link is damaged: a part of it is missing or changed, perhaps cut by a chat or mail program; ask for it again"
    )]
    Damaged,
    /// The body is sound but says something impossible.
    #[error("this link says something impossible: {what}; ask for it again")]
    Content {
        /// What is wrong with it.
        what: String,
    },
    /// A study that links cannot hold.
    #[error("a link cannot hold this study: {what}")]
    TooLarge {
        /// What is too much.
        what: String,
    },
}

/// Writes the fragment, without the #. Of a study whose laws do not predict alone, with the answer computed for it.
///
/// # Errors
/// The study is larger than links allow.
pub fn encode(study: &FittedStudy, scenario: &Scenario) -> Result<String, ShareError> {
    write(study, scenario, None, None)
}

/// Writes the fragment with the answer as it was computed, and with the runs if there are any.
///
/// # Errors
/// The study and its runs are larger than links allow.
pub fn encode_computed(
    study: &FittedStudy,
    scenario: &Scenario,
    runs: Option<&Dataset>,
    computed: &Computed,
) -> Result<String, ShareError> {
    write(study, scenario, runs, Some(computed))
}

/// Writes the fragment with the runs in it.
///
/// # Errors
/// The study and its runs are larger than links allow.
pub fn encode_with_runs(study: &FittedStudy, scenario: &Scenario, runs: &Dataset) -> Result<String, ShareError> {
    write(study, scenario, Some(runs), None)
}

fn write(
    study: &FittedStudy,
    scenario: &Scenario,
    runs: Option<&Dataset>,
    computed: Option<&Computed>,
) -> Result<String, ShareError> {
    // A law's own answer needs no more than the law.
    let anew = (computed.is_none() && study.form != Form::Law).then(|| Computed::anew(study, scenario)).transpose();
    let anew = anew.map_err(|error| ShareError::TooLarge { what: error.to_string() })?;
    let (version, body) = match computed.or(anew.as_ref()) {
        Some(computed) => (2, v2::write(study, scenario, runs, computed)?),
        None => (1, v1::write(study, scenario, runs)?),
    };
    let deflated = miniz_oxide::deflate::compress_to_vec(&body, DEFLATE_LEVEL);
    let front = format!("{version}.z.{}", URL_SAFE_NO_PAD.encode(deflated));
    let fragment = format!("{front}.{}", check(&front));
    if runs.is_some() && (body.len() > LARGEST_BODY || fragment.len() > LONGEST_FRAGMENT) {
        let length = fragment.len();
        let what = format!(
            "with its runs it would have {length} characters, too many ({LONGEST_FRAGMENT} is the most); save a project file"
        );
        return Err(ShareError::TooLarge { what });
    }
    // A link that would not open is none: too long, or of a study that says something impossible.
    match decode(&fragment) {
        Ok(_) => Ok(fragment),
        Err(error) => Err(ShareError::TooLarge { what: error.to_string() }),
    }
}

/// Reads a fragment, with or without the #, or a whole URL with one.
///
/// # Errors
/// It is no link, damaged, newer, or says something impossible.
pub fn decode(fragment: &str) -> Result<Shared, ShareError> {
    let fragment = fragment.trim();
    let fragment = fragment.rsplit_once('#').map_or(fragment, |(_, fragment)| fragment);
    if fragment.len() > LONGEST_FRAGMENT {
        return Err(ShareError::TooLong { seen: fragment.len() });
    }
    let Some((version, _)) = fragment.split_once('.') else {
        return Err(if fragment.parse::<u32>().is_ok() { ShareError::Damaged } else { ShareError::NotALink });
    };
    let version: u32 = version.parse().map_err(|_| ShareError::NotALink)?;
    let Some((front, given)) = fragment.rsplit_once('.') else { return Err(ShareError::Damaged) };
    let sound = check(front) == given.to_ascii_uppercase();
    match version {
        1 | 2 if !sound => Err(ShareError::Damaged),
        1 | 2 => {
            let body = front.strip_prefix(&format!("{version}.z.")).ok_or(ShareError::NotALink)?;
            let deflated = URL_SAFE_NO_PAD.decode(body).map_err(|_| ShareError::Damaged)?;
            let body = miniz_oxide::inflate::decompress_to_vec_with_limit(&deflated, LARGEST_BODY)
                .map_err(|_| ShareError::Damaged)?;
            if version == 1 { v1::read(&body) } else { v2::read(&body) }
        }
        0 => Err(ShareError::NotALink),
        // The check is part of the form, not of the version: a newer link that is whole says so.
        seen if sound => Err(ShareError::Newer { seen }),
        _ => Err(ShareError::Damaged),
    }
}

/// max |ΔL| over the runs, in nats: how far the losses of a link's fits are from those that it was made of. Both have
/// the same targets in the same order.
pub fn rounding(before: &FittedStudy, after: &FittedStudy, runs: &Dataset) -> f64 {
    let (mixtures, scales) = (runs.design().mixtures(), runs.design().scales());
    let mut places = runs.design().rows().to_vec();
    places.sort_unstable();
    places.dedup();
    let change = |(mixture_idx, scale_idx): (usize, usize)| {
        let (h, scale) = (&mixtures[mixture_idx], scales[scale_idx]);
        let pairs = before.targets().zip(after.targets());
        // Both infinite where a law is, that is no change.
        let changes =
            pairs.map(|(before, after)| (before.loss(scale.n, scale.d, h).0, after.loss(scale.n, scale.d, h).0));
        changes.map(|(before, after)| if before == after { 0.0 } else { (before - after).abs() }).fold(0.0, f64::max)
    };
    places.into_iter().map(change).fold(0.0, f64::max)
}

fn check(front: &str) -> String {
    let crc = crc32fast::hash(front.as_bytes());
    (0..7).rev().map(|digit| char::from(CROCKFORD[(crc >> (5 * digit)) as usize & 31])).collect()
}
