//! Intervals, comparisons and paths follow the optimum on show.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::{Answered, AskedOptimum, State};
use crate::fit::Interval;
use crate::mixture::{Certainty, Compared, DEFAULT_EPSILON, Growth, Outcome, Prior, Verdict, moves};
use crate::page::browser::workers::{Lane, Reply};
use crate::page::run::bootstrap::{
    BootstrapRun, CHUNK, FIRST_REPLICATES, is_news, read_mixture, read_replicates, write_mixture,
};
use crate::page::same::Same;
use crate::predict::bootstrap::{LEAST_BLOCKS, LEAST_REPLICATES};
use crate::predict::{BootstrapConfig, FittedStudy, Replicate};
use crate::protocol::{self, Along, Answer, Question, Task, WireFittedStudy, WireStudy};
use crate::share::Computed;
use crate::units::{Params, Tokens};
use crate::wording::page as text;

/// The optimum has settled after this pause.
const PAUSE: Duration = Duration::from_millis(250);

/// What else is known of an optimum.
#[derive(Clone, Default)]
pub struct About {
    /// Which optimum.
    pub of: Option<Same<Answered>>,
    /// Near-optimal ranges by domain, once they are known.
    pub near: Option<Vec<Interval>>,
    /// Whether they could not be computed.
    pub has_failed: bool,
}

/// What the replicates make of one optimum.
#[derive(Clone, Default)]
pub struct Outcomes {
    /// The optimum, and what it is compared with.
    of: Option<(Same<Answered>, Vec<Compared>)>,
    /// Chunks of replicates that were asked for.
    n_asked: usize,
    /// Of those, how many were answered.
    n_answered: usize,
    /// What has arrived.
    outcomes: Vec<Outcome>,
    /// Of how many the intervals on show are.
    n_told: usize,
}

impl Outcomes {
    /// Summed up, from so many on that a 90 % interval has ends; nothing if they are of another optimum.
    pub fn certainty(&self, answered: &Same<Answered>) -> Option<Certainty> {
        self.of.as_ref().filter(|(of, _)| of == answered)?;
        (self.outcomes.len() >= LEAST_REPLICATES).then(|| Certainty::of(&answered.optimum, &self.outcomes)).flatten()
    }

    /// Whether they are of an optimum that is compared with these mixtures.
    pub fn are_beside(&self, compared: &[Compared]) -> bool {
        self.of.as_ref().is_some_and(|(_, of)| of == compared)
    }

    /// Whether there is enough to be told anew, of a bootstrap that goes on or has ended; or only if it is whole.
    fn tell(&mut self, goes_on: bool, only_whole: bool) -> bool {
        // Not by their number: a replicate without an optimum has no outcome.
        let is_all = !goes_on && self.n_answered == self.n_asked;
        let n_all = if is_all { 0 } else { usize::MAX };
        let tells = is_news(self.n_told, self.outcomes.len(), n_all) && (is_all || !only_whole);
        if tells {
            self.n_told = self.outcomes.len();
        }
        tells
    }
}

/// What the optimum can be followed along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// N and D growing.
    Scale,
    /// A prior getting heavier.
    Prior,
    /// Each target alone.
    Targets,
    /// The targets' weights beside the mixture.
    Weights,
}

impl PathKind {
    /// All, in the order of the menu.
    pub const ALL: [Self; 4] = [Self::Scale, Self::Prior, Self::Targets, Self::Weights];

    /// Its name in the menu's values.
    pub fn id(self) -> &'static str {
        match self {
            Self::Scale => "scale",
            Self::Prior => "prior",
            Self::Targets => "targets",
            Self::Weights => "weights",
        }
    }

    /// As the menu shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Scale => "as N and D grow",
            Self::Prior => "as a prior gets heavier",
            Self::Targets => "for each target alone",
            Self::Weights => "against the targets' weights",
        }
    }

    fn question(self, answered: &Answered, growth: Growth) -> Question {
        match self {
            Self::Scale => Question::Scale(growth),
            Self::Prior => Question::Prior(match &answered.scenario.prior {
                Some(Prior { mixture, .. }) => mixture.clone(),
                None => answered.study.domains.iter().map(|domain| (domain.clone(), 1.0)).collect(),
            }),
            Self::Targets => Question::EachTarget,
            Self::Weights => Question::Reflection,
        }
    }
}

/// The optima of some replicates along a path of scale.
#[derive(Clone, Default)]
pub struct PathSpread {
    /// The path.
    of: Option<Same<protocol::Reply>>,
    /// What has arrived.
    pub known: Vec<Along>,
    /// How many there are to be.
    pub n_asked: usize,
}

impl PathSpread {
    /// What is known of that path.
    pub fn along(&self, path: &Same<protocol::Reply>) -> &[Along] {
        if self.of.as_ref() == Some(path) { &self.known } else { &[] }
    }

    /// Whether more is to come.
    pub fn is_running(&self) -> bool {
        self.known.len() < self.n_asked
    }
}

/// Replicates that are carried along a path: each asks for an optimum at each of its places.
const MOST_ALONG: usize = 60;

/// A path as far as it is known.
#[derive(Clone, Default)]
pub enum AskedPath {
    /// None is asked for.
    #[default]
    Idle,
    /// Under way.
    Running,
    /// Done, of this optimum.
    Done(Same<Answered>, Same<protocol::Reply>),
    /// There is none, in a sentence.
    Failed(String),
}

impl State {
    /// Keeps intervals, comparisons and the path with the optimum.
    pub(super) fn follow_certainty(self) {
        // A bootstrap of other fits says nothing of these.
        Effect::new(move |_| {
            let study = self.shown.get().map(|shown| shown.study);
            let other = |run: &BootstrapRun| Some(&run.study) != study.as_ref();
            if self.bootstrap.with_untracked(|run| run.as_ref().is_some_and(other)) {
                self.stop_bootstrap();
                self.bootstrap.set(None);
            }
        });
        // An optimum of the fits before has other domains than what it would be compared with.
        let done = Memo::new(move |_| match &*self.optimum.read() {
            AskedOptimum::Done(answered) if answered.study == self.shown.get()?.study => Some(answered.clone()),
            _ => None,
        });
        Effect::new(move |_| {
            let answered = done.get();
            self.later("verdict", PAUSE, move || {
                if let Some(answered) = answered {
                    self.ask_verdict(&answered);
                    // Until the new ones are there, ranges of the optimum before would stand beside the wrong weights. They
                    // may be there already, where much had to be drawn before it came to this.
                    if self.about.with_untracked(|about| about.of.as_ref() != Some(&answered)) {
                        self.about.set(About { of: Some(answered), ..About::default() });
                    }
                }
            });
        });
        // What takes long waits for the validation, which may choose another predictor.
        let is_validating = Memo::new(move |_| self.validation.read().is_some());
        let settled = Memo::new(move |_| done.get().filter(|_| !is_validating.get()));
        Effect::new(move |_| {
            let answered = settled.get();
            self.later("about", PAUSE, move || self.ask_ranges(answered));
        });
        // The first replicates are made unasked, once for each study, when all else is known of its optimum.
        Effect::new(move |begun: Option<Option<Same<FittedStudy>>>| {
            let begun = begun.flatten();
            let about = self.about.read();
            let study = about.of.as_ref().filter(|_| about.near.is_some()).map(|answered| answered.study.clone());
            let Some(study) = study.filter(|study| begun.as_ref() != Some(study)) else { return begun };
            let can = study.summary.n_mixtures >= LEAST_BLOCKS && !self.stale.get_untracked();
            if can && self.bootstrap.with_untracked(Option::is_none) {
                self.replicate(FIRST_REPLICATES);
            }
            Some(study)
        });
        Effect::new(move |_| {
            let (answered, compared) = (done.get(), self.compared.get());
            self.bootstrap.track();
            self.later("outcomes", PAUSE, move || {
                if let Some(answered) = answered {
                    self.ask_outcomes(answered, compared);
                }
            });
        });
        Effect::new(move |_| {
            let (answered, kind, growth) = (settled.get(), self.path_kind.get(), self.growth.get());
            self.later("path", PAUSE, move || self.ask_path(answered, kind, growth));
        });
        // Once a bootstrap has ended, as the path is one of many optima for each replicate.
        let ended = Memo::new(move |_| {
            let run = self.bootstrap.read();
            let run = run.as_ref().filter(|run| !run.is_running() && run.n_done() >= LEAST_REPLICATES)?;
            Some((run.study.clone(), run.n_done()))
        });
        Effect::new(move |_| {
            let (path, ended) = (self.path.get(), ended.get());
            self.later("spread", PAUSE, move || self.ask_spread(path, ended.map(|(study, _)| study)));
        });
    }

    /// Carries replicates along the path on show.
    fn ask_spread(self, path: AskedPath, bootstrapped: Option<Same<FittedStudy>>) {
        self.stop_spread();
        let AskedPath::Done(answered, reply) = path else { return };
        let protocol::Reply::Scale(places) = &*reply else { return };
        let run = self.bootstrap.get_untracked().filter(|_| bootstrapped.as_ref() == Some(&answered.study));
        let Some(run) = run.filter(|_| moves(places)) else { return };
        let replicates: Vec<Replicate> = run.replicates().into_iter().take(MOST_ALONG).collect();
        let places: Vec<(Params, Tokens)> = places.iter().map(|place| (place.n, place.d)).collect();
        self.spread.set(PathSpread { of: Some(reply.clone()), known: Vec::new(), n_asked: replicates.len() });
        for chunk in replicates.chunks(CHUNK) {
            let (answered, places, replicates) = (answered.clone(), places.clone(), chunk.to_vec());
            let task = move || Task::Along {
                fitted: WireFittedStudy::from(&*answered.study),
                scenario: Box::new(answered.scenario.clone()),
                places,
                replicates,
            };
            let job = self.pool().submit(Lane::Spare, task, move |reply| {
                let Reply::Done { outcome, .. } = reply else { return };
                match *outcome {
                    Ok(Answer::Along(more)) => self.spread.update(|spread| spread.known.extend(more)),
                    _ => self.stop_spread(),
                }
            });
            self.add_job("spread", job);
        }
    }

    /// Carries no more replicates along the path; what has arrived stays.
    pub fn stop_spread(self) {
        self.replace_jobs("spread", Vec::new());
        // Told only if something changes: the chart would be drawn anew, and what is read in it let go.
        if self.spread.with_untracked(PathSpread::is_running) {
            self.spread.update(|spread| spread.n_asked = spread.known.len());
        }
    }

    /// As many refits to resampled mixtures as the user typed.
    pub fn start_bootstrap(self) {
        match self.replicates.with_untracked(|text| read_replicates(text)) {
            Ok(replicates) => self.replicate(replicates),
            Err(sentence) => {
                self.stop_bootstrap();
                self.bootstrap_error.set(Some(sentence));
            }
        }
    }

    fn replicate(self, replicates: usize) {
        self.stop_bootstrap();
        let (Some(shown), Some(runs)) = (self.shown.get_untracked(), self.runs.get_untracked()) else { return };
        let seed = shown.study.fits.first().map_or(0, |fit| fit.report.config.seed);
        let run = BootstrapRun::new(shown.study, BootstrapConfig { replicates, seed, ..BootstrapConfig::default() });
        self.bootstrap_error.set(None);
        self.bootstrap.set(Some(run.clone()));
        // Packed once for all jobs.
        let packed = Arc::new((WireStudy::from(&*runs), WireFittedStudy::from(&*run.study)));
        for range in run.ranges() {
            let (packed, config) = (packed.clone(), run.config.clone());
            let task = move || Task::Replicates { study: packed.0.clone(), fitted: packed.1.clone(), config, range };
            let job = self.pool().submit(Lane::Spare, task, move |reply| self.bootstrap_goes_on(reply));
            self.add_job("bootstrap", job);
        }
    }

    /// Stops the bootstrap; what has arrived stays.
    pub fn stop_bootstrap(self) {
        self.replace_jobs("bootstrap", Vec::new());
        self.bootstrap.update(|run| match run {
            Some(stopped) if stopped.n_done() == 0 => *run = None,
            Some(stopped) => stopped.config.replicates = stopped.n_done(),
            None => {}
        });
    }

    fn bootstrap_goes_on(self, reply: Reply) {
        let Reply::Done { outcome, .. } = reply else { return };
        match *outcome {
            Ok(Answer::Replicates(replicates)) => self.bootstrap.update(|run| {
                if let Some(run) = run {
                    run.chunks.push(Arc::new(replicates));
                }
            }),
            Ok(_) => self.bootstrap_fails(text::WORKER_STOPPED.to_string()),
            Err(sentence) => self.bootstrap_fails(sentence),
        }
    }

    fn bootstrap_fails(self, sentence: String) {
        self.replace_jobs("bootstrap", Vec::new());
        self.bootstrap.set(None);
        self.bootstrap_error.set(Some(sentence));
    }

    fn ask_outcomes(self, answered: Same<Answered>, compared: Vec<Compared>) {
        let chunks = self.bootstrap.with_untracked(|run| match run {
            Some(run) if run.study == answered.study => run.chunks.clone(),
            _ => Vec::new(),
        });
        let of = (answered.clone(), compared.clone());
        if self.outcomes.with_untracked(|outcomes| outcomes.of.as_ref() != Some(&of) || outcomes.n_asked > chunks.len())
        {
            self.replace_jobs("outcomes", Vec::new());
            self.outcomes.set(Outcomes { of: Some(of), ..Outcomes::default() });
        }
        let n_asked = self.outcomes.with_untracked(|outcomes| outcomes.n_asked);
        for chunk in chunks.into_iter().skip(n_asked) {
            let (answered, compared) = (answered.clone(), compared.clone());
            let task = move || Task::Outcomes {
                fitted: WireFittedStudy::from(&*answered.study),
                scenario: Box::new(answered.scenario.clone()),
                optimum: Box::new(answered.optimum.clone()),
                compared,
                replicates: chunk.to_vec(),
            };
            let job = self.pool().submit(Lane::Quick, task, move |reply| {
                let Reply::Done { outcome, .. } = reply else { return };
                self.outcomes.update_untracked(|outcomes| {
                    outcomes.n_answered += 1;
                    if let Ok(Answer::Outcomes(more)) = *outcome {
                        outcomes.outcomes.extend(more);
                    }
                });
                self.tell_outcomes();
            });
            self.add_job("outcomes", job);
            self.outcomes.update_untracked(|outcomes| outcomes.n_asked += 1);
        }
        self.tell_outcomes();
    }

    fn tell_outcomes(self) {
        let of_run =
            |is_it: fn(&BootstrapRun) -> bool| self.bootstrap.with_untracked(|run| run.as_ref().is_some_and(is_it));
        let (goes_on, only_whole) = (of_run(BootstrapRun::is_running), of_run(BootstrapRun::is_first));
        self.outcomes.maybe_update(|outcomes| outcomes.tell(goes_on, only_whole));
    }

    /// Judges the optimum, where the fits were validated.
    fn ask_verdict(self, answered: &Same<Answered>) {
        self.replace_jobs("verdict", Vec::new());
        // Of a link the other candidates are not there: what they say is as it was computed, if it is of this mixture.
        let computed = untrack(|| self.computed());
        if answered.study.validation.range.is_none() {
            let is_it = |computed: &Same<Computed>| {
                let pairs = computed.mixture.iter().zip(&answered.optimum.mixture);
                !computed.findings.is_empty() && pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-3)
            };
            let verdict = computed.filter(is_it).map(|computed| Verdict {
                findings: computed.findings.clone(),
                alternatives: Vec::new(),
                losses: Vec::new(),
                weighted_loss: computed.interval,
            });
            return self.verdict.set(verdict.map(|verdict| (answered.clone(), Ok(verdict))));
        }
        let of = answered.clone();
        self.ask("verdict", answered, Question::Verdict, move |reply| {
            let verdict = match reply {
                Ok(protocol::Reply::Verdict(mut verdict)) => {
                    if let Some(computed) = &computed {
                        let pairs = computed.mixture.iter().zip(&of.optimum.mixture);
                        let is_it = pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-3);
                        verdict.findings.pop();
                        verdict.findings.extend(computed.findings.last().filter(|_| is_it).cloned());
                    }
                    Ok(*verdict)
                }
                Ok(_) => Err(text::WORKER_STOPPED.to_string()),
                Err(sentence) => Err(sentence),
            };
            self.verdict.set(Some((of.clone(), verdict)));
        });
    }

    fn ask_ranges(self, answered: Option<Same<Answered>>) {
        self.replace_jobs("about", Vec::new());
        let Some(answered) = answered else { return };
        let of = answered.clone();
        self.ask("about", &answered, Question::Near(DEFAULT_EPSILON), move |reply| {
            let near = match reply {
                Ok(protocol::Reply::Near(ranges)) => Some(ranges),
                Ok(_) => None,
                Err(sentence) => {
                    self.status.set(format!("The ranges of weights near the best loss are not known: {sentence}"));
                    None
                }
            };
            self.about.set(About { of: Some(of.clone()), has_failed: near.is_none(), near });
        });
    }

    /// Asks what these mixtures lose against the optimum; the listener hears it unless the question is asked again.
    pub fn ask_excess(
        self,
        name: &'static str,
        answered: &Same<Answered>,
        mixtures: Vec<Vec<f64>>,
        listener: impl Fn(Vec<f64>) + 'static,
    ) {
        self.replace_jobs(name, Vec::new());
        self.ask(name, answered, Question::Excess(mixtures), move |reply| {
            if let Ok(protocol::Reply::Excess(excess)) = reply {
                listener(excess);
            }
        });
    }

    fn ask_path(self, answered: Option<Same<Answered>>, kind: Option<PathKind>, growth: Growth) {
        self.replace_jobs("path", Vec::new());
        let (Some(answered), Some(kind)) = (answered, kind) else {
            if kind.is_none() || self.path.with_untracked(|path| matches!(path, AskedPath::Failed(_))) {
                self.path.set(AskedPath::Idle);
            }
            return;
        };
        self.path.set(AskedPath::Running);
        let question = kind.question(&answered, growth);
        let of = answered.clone();
        self.ask("path", &answered, question, move |reply| {
            self.path.set(match reply {
                Ok(reply) => AskedPath::Done(of.clone(), Same::new(reply)),
                Err(sentence) => AskedPath::Failed(sentence),
            });
        });
    }

    pub(super) fn ask(
        self,
        name: &'static str,
        answered: &Same<Answered>,
        question: Question,
        listener: impl Fn(Result<protocol::Reply, String>) + 'static,
    ) {
        let answered = answered.clone();
        // Ranges and a path of scale are asked for unasked: what else is asked of an optimum need not wait for it.
        let is_long =
            matches!(question, Question::Near(_) | Question::Scale(_) | Question::Verdict | Question::Next(_));
        let lane = if is_long { Lane::Heavy } else { Lane::Quick };
        let task = move || Task::About {
            fitted: match question {
                Question::Verdict | Question::Next(_) => WireFittedStudy::whole(&answered.study),
                _ => WireFittedStudy::from(&*answered.study),
            },
            scenario: Box::new(answered.scenario.clone()),
            optimum: Box::new(answered.optimum.clone()),
            question,
        };
        let job = self.pool().submit(lane, task, move |reply| {
            if let Reply::Done { outcome, .. } = reply {
                listener(match *outcome {
                    Ok(Answer::About(reply)) => Ok(reply),
                    Ok(_) => Err(text::WORKER_STOPPED.to_string()),
                    Err(sentence) => Err(sentence),
                });
            }
        });
        self.add_job(name, job);
    }

    /// Adds a mixture to compare with.
    ///
    /// # Errors
    /// In a sentence, why the text is no mixture.
    pub fn add_compared(self, text: &str) -> Result<(), String> {
        let domains = self.shown.get_untracked().map(|shown| shown.study.domains.clone()).unwrap_or_default();
        read_mixture(text, &domains)?;
        let text = text.trim().to_string();
        untrack(|| self.scenario_input()).update(|input| {
            if !input.compared.contains(&text) {
                input.compared.push(text);
            }
        });
        Ok(())
    }

    /// The mixture that was typed last, if it is one of the domains on show.
    pub fn typed_mixture(self) -> Option<Vec<f64>> {
        let study = self.shown.get()?.study;
        let text = self.scenario_input().with(|input| input.compared.last().cloned())?;
        Some(read_mixture(&text, &study.domains).ok()?.mixture)
    }

    /// Puts another mixture in its place, or adds one where there is none.
    pub fn put_typed_mixture(self, mixture: &[f64]) {
        let Some(shown) = self.shown.get_untracked() else { return };
        let text = write_mixture(mixture, &shown.study.domains);
        // What does not read back would be one more at each move.
        if read_mixture(&text, &shown.study.domains).is_err() {
            return;
        }
        let has_one = untrack(|| self.typed_mixture()).is_some();
        untrack(|| self.scenario_input()).update(|input| match input.compared.last_mut().filter(|_| has_one) {
            Some(last) => *last = text,
            None => input.compared.push(text),
        });
    }

    /// Forgets a typed mixture.
    pub fn remove_compared(self, name: &str) {
        untrack(|| self.scenario_input()).update(|input| input.compared.retain(|text| text != name));
    }
}
