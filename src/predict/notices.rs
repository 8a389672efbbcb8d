//! What one must know of a study's fits before using them: each thing once, with the targets that it concerns.

use super::FittedStudy;
use crate::fit::{Fit, Flag};

const BOUND: &str = "a bound of the range";
const GAMMA_LIMIT: &str = "one γ or more is at the minimum or maximum that the settings allow";
/// More targets than anyone reads are counted.
const MOST_TARGETS: usize = 6;

/// All notices of a study, as sentences: what reading the runs left to be said, then what the fits' reports say, merged
/// over targets. The command line, every export and the page take them from here.
pub fn notices(study: &FittedStudy) -> Vec<String> {
    let n_targets = study.targets().count();
    // Each sentence with its targets, in the order in which they come.
    let mut said: Vec<(Said, Vec<&str>)> = Vec::new();
    // Of targets with rows far from the fit, that with the farthest row is said, and how many others have some.
    let far = |fit: &&Fit| fit.report.flags.iter().find_map(Flag::farthest).unwrap_or(f64::NEG_INFINITY);
    let with_far: Vec<&Fit> = study.fits.iter().filter(|fit| far(fit) > f64::NEG_INFINITY).collect();
    let farthest = with_far.iter().copied().max_by(|a, b| far(a).total_cmp(&far(b)));
    for fit in &study.fits {
        let names: Vec<String> = fit.parameters(&study.domains).into_iter().map(|(name, _)| name).collect();
        for flag in &fit.report.flags {
            let one: Vec<Said> = match flag {
                // One target's parameters are another's: those of all are said together.
                Flag::AtBound(positions) => positions.iter().map(|&p| Said::At(BOUND, names[p].clone())).collect(),
                Flag::AtGammaLimit(_) => vec![Said::Sentence(GAMMA_LIMIT.into())],
                Flag::FarRows { .. } if !farthest.is_some_and(|farthest| std::ptr::eq(farthest, fit)) => Vec::new(),
                Flag::FarRows { .. } if with_far.len() > 1 => {
                    let others = match with_far.len() - 1 {
                        1 => "another target has such rows, too".to_string(),
                        n => format!("{n} other targets have such rows, too"),
                    };
                    vec![Said::Sentence(format!("{}; {others}", flag.sentence(&names)))]
                }
                flag => vec![Said::Sentence(flag.sentence(&names))],
            };
            for what in one {
                let at = said.iter().position(|(known, _)| *known == what).unwrap_or_else(|| {
                    said.push((what, Vec::new()));
                    said.len() - 1
                });
                said[at].1.extend(fit.targets.iter().map(String::as_str));
            }
        }
    }
    // Parameters at a bound for the same targets share a sentence.
    let mut merged: Vec<(Said, Vec<&str>)> = Vec::new();
    for (what, targets) in said {
        let same = merged.iter_mut().find_map(|(known, of)| match (known, &what) {
            (Said::At(end, known), Said::At(other, name)) if end == other && *of == targets => Some((known, name)),
            _ => None,
        });
        match same {
            Some((known, name)) => *known = format!("{known}, {name}"),
            None => merged.push((what, targets)),
        }
    }
    let sentence = |(what, targets): &(Said, Vec<&str>)| match what {
        Said::At(end, names) => {
            let verb = if names.contains(", ") { "are" } else { "is" };
            format!("{names} {verb} at {end}{}", of_targets(targets, n_targets))
        }
        Said::Sentence(sentence) => format!("{sentence}{}", of_targets(targets, n_targets)),
    };
    study.notices.iter().cloned().chain(merged.iter().map(sentence)).collect()
}

#[derive(PartialEq)]
enum Said {
    /// A parameter is at an end of its range.
    At(&'static str, String),
    /// Anything else.
    Sentence(String),
}

/// " (3 of 8 targets: a, b, c)"; nothing where there is one target only.
fn of_targets(targets: &[&str], n_targets: usize) -> String {
    let shown = targets.iter().take(MOST_TARGETS).copied().collect::<Vec<_>>().join(", ");
    match targets.len() {
        _ if n_targets < 2 => String::new(),
        n if n == n_targets => format!(" (all {n} targets)"),
        1 => format!(" ({shown})"),
        n if n > MOST_TARGETS => format!(" ({n} of {n_targets} targets: {shown} and {} more)", n - MOST_TARGETS),
        n => format!(" ({n} of {n_targets} targets: {shown})"),
    }
}
