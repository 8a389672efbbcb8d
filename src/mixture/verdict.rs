//! The verdict: may one act on an optimum? Four questions, each with a grade and the numbers behind it.

use serde::{Deserialize, Serialize};

use super::certainty::outside_data;
use super::limits::Limit;
use super::optimum::{Optimum, OptimumError, optimum, weighted};
use super::posed::Posed;
use super::scenario::Scenario;
use super::support::{far_words, support};
use crate::fit::Interval;
use crate::law::Scale;
use crate::predict::{FittedStudy, Metrics};
use crate::units::{Params, Tokens, write_count, write_number};

/// How good an answer to one question is. The thresholds are judgement, not measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Good enough to act on.
    Green,
    /// To be weighed.
    Amber,
    /// Not to be relied on.
    Red,
}

impl Grade {
    /// Name in files.
    pub fn id(self) -> &'static str {
        match self {
            Grade::Green => "green",
            Grade::Amber => "amber",
            Grade::Red => "red",
        }
    }

    /// The grade in words.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Green => "good",
            Grade::Amber => "caution",
            Grade::Red => "not reliable",
        }
    }

    /// A full, a half and an empty circle.
    pub fn symbol(self) -> &'static str {
        match self {
            Grade::Green => "●",
            Grade::Amber => "◐",
            Grade::Red => "○",
        }
    }
}

/// A mixture farther from the runs than so many times what they support is far.
const FAR: f64 = 2.0;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What is asked, in a word or two.
    pub question: String,
    /// How good the answer is.
    pub grade: Grade,
    /// The answer, with its number.
    pub sentence: String,
}

/// The mixture that another candidate recommends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The candidate.
    pub name: String,
    /// Its mixture.
    pub mixture: Vec<f64>,
    /// What it predicts the answer's mixture to lose against its own, in nats.
    pub regret: f64,
    /// Half the sum of the weights' differences: the share of the tokens that would be drawn from other domains.
    pub moved: f64,
}

/// Whether one may act on an optimum, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Does the data support the mixture? How well do unseen mixtures come out? How well do larger models? Do the
    /// candidates agree?
    pub findings: Vec<Finding>,
    /// What the other candidates recommend.
    pub alternatives: Vec<Alternative>,
    /// The 90 % prediction interval of each weighted target's loss, in the optimum's order.
    pub losses: Vec<Option<Interval>>,
    /// The same of their weighted mean.
    pub weighted_loss: Option<Interval>,
}

impl Verdict {
    /// The worst of the grades.
    pub fn grade(&self) -> Grade {
        self.findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Red)
    }
}

/// Judges an optimum.
///
/// # Errors
/// As [`optimum`].
pub fn verdict(study: &FittedStudy, scenario: &Scenario, found: &Optimum) -> Result<Verdict, OptimumError> {
    let alternatives = alternatives(study, scenario, found)?;
    let (n, d) = (Some(found.n), Some(found.d));
    let weights = weighted(study, found);
    let findings = vec![
        supported(study, found),
        unseen(study),
        larger(study, found.n, found.d),
        agreement(study, found, &alternatives),
    ];
    Ok(Verdict {
        findings,
        alternatives,
        losses: weights.iter().map(|&(target, _)| study.interval(target, n, d, &found.mixture)).collect(),
        weighted_loss: study.mean_interval(&weights, n, d, &found.mixture),
    })
}

fn finding(question: &str, grade: Grade, sentence: impl Into<String>) -> Finding {
    Finding { question: question.to_string(), grade, sentence: sentence.into() }
}

fn supported(study: &FittedStudy, found: &Optimum) -> Finding {
    let ask = "Support";
    if let Some(support) = support(study) {
        let radii = support.distance(&found.mixture) / support.radius();
        return if support.is_supported(&found.mixture) {
            let named = untried(study, found);
            match named.is_empty() {
                true => {
                    let at_edge = found.prices.iter().any(|price| matches!(price.limit, Limit::Support { .. }));
                    let edge = if at_edge { ", at the edge of what they cover" } else { "" };
                    let sentence =
                        format!("the mixture is as close to the runs as most of them are to each other{edge}");
                    finding(ask, Grade::Green, sentence)
                }
                false => finding(
                    ask,
                    Grade::Amber,
                    format!("close to the runs, but {} outside their range", is_or_are(&named)),
                ),
            }
        } else if radii.is_finite() {
            let grade = if radii <= FAR { Grade::Amber } else { Grade::Red };
            finding(ask, grade, format!("the mixture is {} from the runs", far_words(radii)))
        } else {
            finding(ask, Grade::Red, "the mixture moves a domain that has one weight in all runs")
        };
    }
    let named = untried(study, found);
    if named.is_empty() {
        finding(ask, Grade::Green, "every weight is within what the runs have tried")
    } else {
        finding(ask, Grade::Red, format!("{} outside the range of the runs", is_or_are(&named)))
    }
}

/// "the weight of a is", "the weights of a and b are".
fn is_or_are(names: &[&str]) -> String {
    match names {
        [only] => format!("the weight of {only} is"),
        [first @ .., last] => format!("the weights of {} and {last} are", first.join(", ")),
        [] => String::new(),
    }
}

/// The domains with a weight that no run has.
fn untried<'a>(study: &'a FittedStudy, found: &Optimum) -> Vec<&'a str> {
    let outside = outside_data(&found.mixture, &study.summary.weight_ranges);
    study.domains.iter().zip(&outside).filter(|(_, outside)| **outside).map(|(name, _)| name.as_str()).collect()
}

fn unseen(study: &FittedStudy) -> Finding {
    let ask = "Unseen mixtures";
    let Some(metrics) = &study.validation.unseen else {
        return finding(ask, Grade::Red, "too few mixtures to test predictions of others");
    };
    let error = format!("{} error", percent(metrics.mre_percent));
    let held_out = study.validation.held_out.as_ref().filter(|_| study.validation.held_out_distance <= SAME_SCALE);
    let (own, worst) = on_held_out(held_out, metrics.mre_percent);
    match metrics.spearman {
        None => finding(ask, Grade::Amber, format!("{error}; too few mixtures at one scale to test their order{own}")),
        Some(order) => {
            let grade = if order >= 0.9 {
                Grade::Green
            } else if order >= 0.6 {
                Grade::Amber
            } else {
                Grade::Red
            };
            finding(ask, grade.max(worst), format!("{error}; rank correlation {order:.2}{own}"))
        }
    }
}

/// The same where there are no mixtures, but runs of one N and D each.
pub(super) fn unseen_runs(study: &FittedStudy) -> Finding {
    let ask = "Unseen runs";
    let Some(metrics) = &study.validation.unseen else {
        return finding(ask, Grade::Red, "too few runs to test predictions of others");
    };
    let held_out = study.validation.held_out.as_ref().filter(|_| study.validation.held_out_distance <= SAME_SCALE);
    let (own, worst) = on_held_out(held_out, metrics.mre_percent);
    let grade = match metrics.mre_percent {
        error if error <= FINE_PERCENT => Grade::Green,
        error if error <= POOR_PERCENT => Grade::Amber,
        _ => Grade::Red,
    };
    finding(ask, grade.max(worst), format!("{} error{own}", percent(metrics.mre_percent)))
}

/// Errors of predicted losses up to which a scale may be acted on, and up to which with caution, in percent.
const FINE_PERCENT: f64 = 1.0;
const POOR_PERCENT: f64 = 3.0;

/// The user's own rows held out have missed by more than so many times what validation said.
const WORSE_THAN_SAID: f64 = 2.0;

/// What the rows show that the user holds out, to be added to what validation found, and the best grade that leaves.
fn on_held_out(held_out: Option<&Metrics>, validated: f64) -> (String, Grade) {
    let Some(own) = held_out else { return (String::new(), Grade::Green) };
    let grade = if own.mre_percent > WORSE_THAN_SAID * validated { Grade::Amber } else { Grade::Green };
    (format!("; {} on the rows you held out", percent(own.mre_percent)), grade)
}

/// Nearer than a percent is the same scale.
const SAME_SCALE: f64 = 0.01;

pub(super) fn larger(study: &FittedStudy, n: Params, d: Tokens) -> Finding {
    let ask = "Scale";
    let (sizes, tokens) = (&study.summary.sizes, study.summary.token_range);
    let has = |term: fn(&crate::law::Shape) -> bool| study.fits.iter().any(|fit| term(&fit.shape));
    // A law without the term predicts the same whatever N is, which is no prediction.
    let lacks = |has_term: bool, value: f64, ends: Option<(f64, f64)>| {
        ends.filter(|(low, high)| !has_term && !(low * 0.99..=high * 1.01).contains(&value))
    };
    let size_ends = sizes.first().zip(sizes.last()).map(|(low, high)| (low.0, high.0));
    if let Some((_, only)) = lacks(has(|shape| shape.n_term), n.0, size_ends) {
        let sentence = format!("all runs have N = {}: nothing is known of other model sizes", write_count(only, 3));
        return finding(ask, Grade::Red, sentence);
    }
    if let Some((_, only)) = lacks(has(|shape| shape.d_term), d.0, tokens.map(|(low, high)| (low.0, high.0))) {
        let sentence = format!("all runs have D = {}: nothing is known of other token counts", write_count(only, 3));
        return finding(ask, Grade::Red, sentence);
    }
    let Some(range) = &study.validation.range else {
        return finding(ask, Grade::Red, "the fit was not validated");
    };
    let distance = range.distance(Scale::new(Some(n), Some(d)));
    if distance <= SAME_SCALE {
        return finding(ask, Grade::Green, "not beyond the model sizes and token counts of the runs");
    }
    let factor =
        format!("{} × {}", write_number(libm::exp(distance), 2), range.farthest(Scale::new(Some(n), Some(d))).1);
    let Some(metrics) = &study.validation.larger else {
        return finding(ask, Grade::Red, format!("{factor}, and the runs allow no back-test"));
    };
    let steps = range.beyond_two_sizes(Scale::new(Some(n), Some(d)));
    if steps > 0.0 {
        // Tested were longer runs alone.
        let grade = if steps <= 1.0 { Grade::Amber } else { Grade::Red };
        return finding(ask, grade, format!("{factor}, and two model sizes allow no back-test of larger ones"));
    }
    let own = study.validation.held_out.as_ref().filter(|_| study.validation.held_out_distance > SAME_SCALE);
    let tested = study.validation.tested.max(own.map_or(0.0, |_| study.validation.held_out_distance));
    let mre_percent = metrics.mre_percent.max(own.map_or(0.0, |own| own.mre_percent));
    let (own, worst) = on_held_out(own, metrics.mre_percent);
    let error = format!("back-test error {}", percent(metrics.mre_percent));
    let grade = if mre_percent <= FINE_PERCENT && distance <= tested {
        worst
    } else if mre_percent <= POOR_PERCENT && distance <= 2.0 * tested {
        Grade::Amber
    } else {
        Grade::Red
    };
    let reach = if distance > tested * 1.05 {
        format!(", tested up to {} ×", write_number(libm::exp(tested), 2))
    } else {
        String::new()
    };
    finding(ask, grade, format!("{factor}; {error}{reach}{own}"))
}

/// Candidates whose errors are more than this many times the chosen one's have no say.
const HAS_A_SAY: f64 = 1.5;

/// The other candidates that predict nearly as well, by their positions.
pub(crate) fn rivals(study: &FittedStudy) -> Vec<(usize, FittedStudy)> {
    let chosen = study.chosen();
    let others = (0..study.candidates.len()).filter(|position| Some(*position) != chosen);
    let is_near = |own: &Option<crate::predict::Metrics>, chosen: &Option<crate::predict::Metrics>| {
        own.as_ref().zip(chosen.as_ref()).is_none_or(|(own, chosen)| own.mre_percent <= HAS_A_SAY * chosen.mre_percent)
    };
    let has_a_say = |other: &FittedStudy| {
        let (own, of_chosen) = (&other.validation, &study.validation);
        is_near(&own.unseen, &of_chosen.unseen) && is_near(&own.larger, &of_chosen.larger)
    };
    let with = |position: usize| Some((position, study.with_candidate(position)?));
    others.filter_map(with).filter(|(_, other)| has_a_say(other)).collect()
}

fn alternatives(study: &FittedStudy, scenario: &Scenario, found: &Optimum) -> Result<Vec<Alternative>, OptimumError> {
    let scenario = scenario.found(found);
    let mut alternatives = Vec::new();
    for (position, other) in rivals(study) {
        let best = optimum(&other, &scenario)?;
        let posed = Posed::at(&other, &scenario, &best)?;
        let moved = best.mixture.iter().zip(&found.mixture).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0;
        alternatives.push(Alternative {
            name: study.candidates[position].name(),
            regret: posed.loss(&found.mixture) - posed.loss(&best.mixture),
            moved,
            mixture: best.mixture,
        });
    }
    Ok(alternatives)
}

fn agreement(study: &FittedStudy, found: &Optimum, alternatives: &[Alternative]) -> Finding {
    let ask = "Agreement";
    let Some(worst) = alternatives.iter().max_by(|a, b| a.regret.total_cmp(&b.regret)) else {
        return match study.candidates.len() {
            0 | 1 => finding(ask, Grade::Amber, "only one law was tried; choosing it by validation compares several"),
            _ => finding(ask, Grade::Green, "no other candidate predicts nearly as well"),
        };
    };
    let share = worst.regret / found.weighted_loss.0;
    let grade = if share <= 0.001 {
        Grade::Green
    } else if share <= 0.005 {
        Grade::Amber
    } else {
        Grade::Red
    };
    let n = alternatives.len();
    let others = match n {
        1 => "the other candidate puts".to_string(),
        2 => "both other candidates put".to_string(),
        n => format!("all {n} other candidates put"),
    };
    // "Within less than" says it twice.
    let sentence = format!(
        "{others} this mixture within {} % of the best loss; the {} would move {} of the tokens",
        write_number((100.0 * share).max(0.01), 2),
        worst.name,
        percent(100.0 * worst.moved)
    );
    finding(ask, grade, sentence)
}

fn percent(percent: f64) -> String {
    if percent < 0.01 { "less than 0.01 %".to_string() } else { format!("{} %", write_number(percent, 2)) }
}
