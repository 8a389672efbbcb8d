//! Version 2 of the link's body: a study that was validated. Frozen as version 1 is.
//!
//! What version 1 says of it, and the answer as it was computed: a Gaussian process is made of the runs, so that without
//! them nobody can compute the answer anew. With the runs in it, the link has the process's hyperparameters as well, and
//! gives the same digits.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::v1::{clean, impossible, rounded};
use super::{Computed, ShareError, Shared, v1};
use crate::dataset::Dataset;
use crate::fit::Interval;
use crate::gp::Hyperparameters;
use crate::mixture::{Finding, Grade, Scenario};
use crate::predict::{Candidate, DataSummary, FittedStudy, Form, Validation};

/// Questions of a verdict, and mixtures that an optimum is compared with.
const MOST_FINDINGS: usize = 16;
const MOST_GAINS: usize = 64;
/// Letters of a sentence.
const LONGEST_SENTENCE: usize = 400;

#[derive(Serialize, Deserialize)]
struct Body {
    /// Version 1.
    b: Value,
    /// What gives the losses, and of how many candidates it was chosen.
    f: Form,
    #[serde(default)]
    k: usize,
    a: AnswerBody,
    /// With the runs: the processes and how wide intervals are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    h: Vec<Hyperparameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Validation>,
    /// Without the runs, of laws that predict alone: the runs' mixtures, among which the optimum is sought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    m: Vec<Vec<f64>>,
}

type Ends = Option<(f64, f64)>;

#[derive(Serialize, Deserialize)]
struct AnswerBody {
    /// h, N and D.
    h: Vec<f64>,
    n: f64,
    d: f64,
    /// Of each weighted target: name, weight, loss, interval.
    t: Vec<(String, f64, f64, Ends)>,
    /// Of their mean.
    l: f64,
    i: Ends,
    /// Gains: over what, nats, interval.
    g: Vec<(String, f64, Ends)>,
    /// The verdict: question, grade (0 green, 1 amber, 2 red), sentence.
    v: Vec<(String, u8, String)>,
}

fn ends(interval: Option<Interval>) -> Ends {
    interval.map(|interval| (rounded(interval.low, 7), rounded(interval.high, 7)))
}

fn interval(ends: Ends) -> Option<Interval> {
    ends.map(|(low, high)| Interval { low, high })
}

pub(super) fn write(
    study: &FittedStudy,
    scenario: &Scenario,
    runs: Option<&Dataset>,
    computed: &Computed,
) -> Result<Vec<u8>, ShareError> {
    let unwritten = |error: serde_json::Error| ShareError::TooLarge { what: error.to_string() };
    let first = serde_json::from_slice(&v1::write(study, scenario, runs)?).map_err(unwritten)?;
    let grade = |finding: &Finding| [Grade::Green, Grade::Amber, Grade::Red].iter().position(|of| *of == finding.grade);
    let body = Body {
        b: first,
        f: study.form,
        k: computed.n_candidates,
        a: AnswerBody {
            h: computed.mixture.iter().map(|h| rounded(*h, 6)).collect(),
            n: computed.n,
            d: computed.d,
            t: (computed.losses.iter())
                .map(|(name, weight, loss, interval)| {
                    (clean(name), rounded(*weight, 6), rounded(*loss, 7), ends(*interval))
                })
                .collect(),
            l: rounded(computed.weighted_loss, 7),
            i: ends(computed.interval),
            g: (computed.gains.iter().take(MOST_GAINS))
                .map(|(name, gain, interval)| (sentence(name), rounded(*gain, 5), ends(*interval)))
                .collect(),
            v: (computed.findings.iter().take(MOST_FINDINGS))
                .map(|one| (clean(&one.question), grade(one).unwrap_or(2) as u8, sentence(&one.sentence)))
                .collect(),
        },
        h: runs.iter().flat_map(|_| &study.processes).map(|process| process.hyperparameters().clone()).collect(),
        v: runs.map(|_| study.validation.clone()),
        m: if runs.is_none() && study.form == Form::Law {
            let rounded = |h: &Vec<f64>| h.iter().map(|h| rounded(*h, 6)).collect();
            study.summary.mixtures.iter().map(rounded).collect()
        } else {
            Vec::new()
        },
    };
    serde_json::to_value(&body).and_then(|body| serde_json::to_vec(&body)).map_err(unwritten)
}

/// A sentence without what could reverse or hide its letters.
fn sentence(text: &str) -> String {
    let words = text.split(' ').map(clean);
    words.collect::<Vec<_>>().join(" ").chars().take(LONGEST_SENTENCE).collect()
}

pub(super) fn read(body: &[u8]) -> Result<Shared, ShareError> {
    let unread = |error: serde_json::Error| impossible(error.to_string());
    let Body { b, f, k, a, h, v, m } = serde_json::from_slice(body).map_err(unread)?;
    let mut shared = v1::read(&serde_json::to_vec(&b).map_err(unread)?)?;
    let computed = computed(a, k, &shared.study)?;
    shared.study.summary.mixtures = m;
    if let Some(runs) = &shared.runs {
        shared.study.summary = DataSummary::new(runs);
    }
    shared.study.check().map_err(|error| impossible(error.what))?;
    if let (Some(runs), Some(validation)) = (&shared.runs, v) {
        validation.check(shared.study.targets().count()).map_err(|error| impossible(error.what))?;
        let restored = Candidate::restored(runs, f, shared.study.fits.clone(), h, validation);
        let Candidate { form, processes, validation, .. } = restored;
        shared.study = FittedStudy { form, processes, validation, ..shared.study };
    }
    shared.is_fixed = shared.study.form != f;
    shared.computed = Some(computed);
    Ok(shared)
}

fn computed(body: AnswerBody, n_candidates: usize, study: &FittedStudy) -> Result<Computed, ShareError> {
    let is_share = |h: &f64| (0.0..=1.001).contains(h);
    if body.h.len() != study.domains.len()
        || !body.h.iter().all(is_share)
        || (body.h.iter().sum::<f64>() - 1.0).abs() > 1e-3
    {
        return Err(impossible("an optimum that is no mixture of its domains".into()));
    }
    let losses = body.t.iter().map(|(_, _, loss, ends)| (*loss, ends));
    let all = losses.chain([(body.l, &body.i)]).chain(body.g.iter().map(|(_, gain, ends)| (*gain, ends)));
    let numbers = all.flat_map(|(value, ends)| [Some(value), ends.map(|it| it.0), ends.map(|it| it.1)]).flatten();
    let are_finite = numbers.collect::<Vec<f64>>().into_iter().all(f64::is_finite);
    let scales = body.n > 0.0 && body.d > 0.0 && body.n.is_finite() && body.d.is_finite();
    if !scales || !are_finite || body.v.len() > MOST_FINDINGS || body.g.len() > MOST_GAINS {
        return Err(impossible("an answer that is none".into()));
    }
    if let Some((name, ..)) = body.t.iter().find(|(name, ..)| !study.targets().any(|target| target.name == name)) {
        return Err(impossible(format!("a loss of \"{}\", which is no target", clean(name))));
    }
    let grade = |grade: u8| [Grade::Green, Grade::Amber, Grade::Red][usize::from(grade.min(2))];
    Ok(Computed {
        n_candidates,
        mixture: body.h,
        n: body.n,
        d: body.d,
        losses: body.t.into_iter().map(|(name, weight, loss, ends)| (name, weight, loss, interval(ends))).collect(),
        weighted_loss: body.l,
        interval: interval(body.i),
        gains: body.g.into_iter().map(|(name, gain, ends)| (sentence(&name), gain, interval(ends))).collect(),
        findings: (body.v.into_iter())
            .map(|(question, at, text)| Finding {
                question: clean(&question),
                grade: grade(at),
                sentence: sentence(&text),
            })
            .collect(),
    })
}
