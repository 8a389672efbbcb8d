//! A validation over the worker pool: of one law, or of all that the study can carry, of which one is chosen.

use crate::fit::{Fit, FitConfig};
use crate::law::Law;
use crate::page::run::fits::{AUTO, LawFits};
use crate::page::same::Same;
use crate::page::view::tables::counted;
use crate::predict::choice::{self, Tried};
use crate::predict::{FittedStudy, Form};
use crate::protocol::WireShare;

/// A law that is being validated.
#[derive(Clone)]
pub struct LawTrial {
    /// The law.
    pub law: &'static dyn Law,
    /// The forms in which it may predict.
    pub forms: Vec<Form>,
    /// Its fits, once they are there.
    pub fits: Option<Vec<Fit>>,
    /// Splits of each share that are done, and all.
    steps: Vec<(usize, usize)>,
    /// The shares that are done, where the validation is shared among workers.
    shares: Vec<Option<WireShare>>,
    /// What came of it; `Err` where the law cannot be fitted or validated.
    tried: Option<Result<Tried, String>>,
}

/// A validation that is under way.
#[derive(Clone)]
pub struct ValidationRun {
    /// The fits on show meanwhile.
    pub of: Same<LawFits>,
    /// The laws, those in preference first.
    pub laws: Vec<LawTrial>,
}

/// A split takes about as long as so many of a fit's starts.
const STARTS_PER_SPLIT: f64 = 2.0;
/// What of a start does not grow with the parameters, in squares of parameters.
const OF_RESIDUALS: f64 = 100.0;
/// Splits, before they are counted.
const USUAL_SPLITS: f64 = 8.0;

impl ValidationRun {
    /// Nothing is validated yet. `None` without fits to validate.
    pub fn new(of: Same<LawFits>) -> Option<Self> {
        let first = of.study.fits.first()?;
        let (dataset, config) = (&of.data.dataset, first.report.config.clone());
        let idxs: Vec<usize> = of.key.targets.iter().filter_map(|name| dataset.target_idx(name)).collect();
        let ways = if of.choice == AUTO && !idxs.is_empty() {
            choice::ways(dataset, &idxs, &config)
        } else {
            vec![(of.law, vec![Form::Law])]
        };
        let laws = ways.into_iter().map(|(law, forms)| {
            let is_fitted = law.id() == of.law.id();
            // Candidates are of the same targets, so a law that leaves one out is none.
            let fails = of.choice == AUTO && !of.failures.is_empty();
            let fits = is_fitted.then(|| of.study.fits.clone());
            let tried = of.failures.first().filter(|_| is_fitted && fails).map(|(_, sentence)| Err(sentence.clone()));
            LawTrial { law, forms, fits, steps: Vec::new(), shares: Vec::new(), tried }
        });
        Some(Self { laws: laws.collect(), of })
    }

    /// The last law without fits: it has the most parameters and takes longest to validate, which goes on while the others
    /// are fitted.
    pub fn next_to_fit(&self) -> Option<usize> {
        self.laws.iter().rposition(|law| law.fits.is_none() && law.tried.is_none())
    }

    /// The fits of the law before it in the list that is nested in this one; empty where there is none, or it has none.
    pub fn fits_below(&self, law_idx: usize) -> Vec<Fit> {
        let laws: Vec<&'static dyn Law> = self.laws.iter().map(|trial| trial.law).collect();
        let below = choice::nested_before(&laws, law_idx).and_then(|below| self.laws[below].fits.clone());
        below.unwrap_or_default()
    }

    /// Whether the law's fits wait to be validated.
    pub fn is_ready(&self, law_idx: usize) -> bool {
        self.laws.get(law_idx).is_some_and(|law| law.fits.is_some() && law.tried.is_none())
    }

    /// Takes the fits of a law; one that leaves out a target is no candidate.
    pub fn fitted(&mut self, law_idx: usize, fits: &LawFits) {
        if let Some(law) = self.laws.get_mut(law_idx) {
            match fits.failures.first() {
                Some((_, sentence)) => law.tried = Some(Err(sentence.clone())),
                None => law.fits = Some(fits.study.fits.clone()),
            }
        }
    }

    /// Notes among how many workers a law is shared.
    pub fn is_shared(&mut self, law_idx: usize, n_parts: usize) {
        if let Some(law) = self.laws.get_mut(law_idx) {
            (law.steps, law.shares) = (vec![(0, 0); n_parts], vec![None; n_parts]);
        }
    }

    /// Notes how far a law's share is.
    pub fn progressed(&mut self, law_idx: usize, part: usize, done: usize, all: usize) {
        if let Some(steps) = self.laws.get_mut(law_idx).and_then(|law| law.steps.get_mut(part)) {
            *steps = (done, all);
        }
    }

    /// Takes a law's share. Returns all of them with the last.
    pub fn shared(&mut self, law_idx: usize, part: usize, share: WireShare) -> Option<Vec<WireShare>> {
        let law = self.laws.get_mut(law_idx)?;
        *law.shares.get_mut(part)? = Some(share);
        let is_whole = law.shares.iter().all(Option::is_some);
        is_whole.then(|| std::mem::take(&mut law.shares).into_iter().flatten().collect())
    }

    /// Takes what came of a law.
    pub fn tried(&mut self, law_idx: usize, tried: Result<Tried, String>) {
        if let Some(law) = self.laws.get_mut(law_idx) {
            law.tried = Some(tried);
        }
    }

    /// Whether every law has ended.
    pub fn is_complete(&self) -> bool {
        self.laws.iter().all(|law| law.tried.is_some())
    }

    /// Share of the work that is done, with the share of the fit that is under way.
    pub fn share_done(&self, of_fit: f64) -> f64 {
        let fit = self.of.study.fits.first();
        let starts = fit.map_or_else(FitConfig::default, |fit| fit.report.config.clone()).starts as f64;
        let (mut done, mut all) = (0.0, 0.0);
        for (law_idx, law) in self.laws.iter().enumerate() {
            // A step takes about as long as the square of the parameters, and every law its residual model.
            let n_parameters = fit.map_or(0, |fit| law.law.parameters(&fit.shape).len()) as f64;
            let start = OF_RESIDUALS + n_parameters * n_parameters;
            let fit = if law.law.id() == self.of.law.id() { 0.0 } else { starts * start };
            let (n_done, n_splits) =
                law.steps.iter().fold((0, 0), |(done, all), (of_done, of_all)| (done + of_done, all + of_all));
            // Shares are alike, and some have not told yet how many splits they have.
            let n_told = law.steps.iter().filter(|(_, of_all)| *of_all > 0).count();
            let n_splits = if n_told > 0 { (n_splits * law.steps.len()) as f64 / n_told as f64 } else { USUAL_SPLITS };
            let splits = n_splits * STARTS_PER_SPLIT * start;
            all += fit + splits;
            done += match (&law.tried, &law.fits) {
                (Some(_), _) => fit + splits,
                (None, Some(_)) => fit + STARTS_PER_SPLIT * start * n_done as f64,
                (None, None) if self.next_to_fit() == Some(law_idx) => fit * of_fit,
                (None, None) => 0.0,
            };
        }
        if all > 0.0 { done / all } else { 1.0 }
    }

    /// What is being computed, and how long that will still take after so many seconds.
    pub fn sentence(&self, of_fit: f64, seconds: f64) -> String {
        let what = match self.next_to_fit().and_then(|law_idx| self.laws.get(law_idx)) {
            Some(law) => format!("fitting the {} law", law.law.name()),
            None => {
                let left = self.laws.iter().filter(|law| law.tried.is_none()).count();
                format!("predicting held-out runs with {}", counted(left, "law"))
            }
        };
        let share = self.share_done(of_fit);
        // Too early to say.
        let left = (share > 0.05 && seconds > 1.0).then(|| seconds * (1.0 - share) / share);
        let left = left.map_or(String::new(), |left| format!(", about {} left", duration(left)));
        format!("Validating: {what}{left}")
    }

    /// The study as what predicts best predicts it.
    ///
    /// # Errors
    /// In a sentence, why no law could be validated.
    pub fn into_fits(self, seconds: f64) -> Result<LawFits, String> {
        let Self { of, laws } = self;
        let (mut tried, mut failure) = (Vec::new(), None);
        for law in laws {
            match law.tried {
                Some(Ok(one)) if !one.candidates.is_empty() => tried.push(one),
                Some(Err(sentence)) => failure = failure.or(Some(sentence)),
                _ => {}
            }
        }
        if tried.is_empty() {
            return Err(failure.unwrap_or_else(|| "no candidate could be validated".to_string()));
        }
        let study = choice::chosen(&of.data.dataset, tried);
        let study = FittedStudy { notices: of.study.notices.clone(), ..study };
        let law = study.fits.first().map_or(of.law, |fit| fit.law);
        let seconds = of.seconds + seconds;
        // Targets that the first law could not be fitted to, another may have been.
        let fitted = |name: &String| study.targets().any(|target| target.name == name);
        let failures = of.failures.iter().filter(|(name, _)| !fitted(name)).cloned().collect();
        let (key, data, choice) = (of.key.clone(), of.data.clone(), of.choice);
        Ok(LawFits { key, law, choice, data, study: Same::new(study), failures, seconds })
    }
}

/// "8 s", "3 min".
fn duration(seconds: f64) -> String {
    if seconds < 90.0 { format!("{:.0} s", seconds.max(1.0)) } else { format!("{:.0} min", seconds / 60.0) }
}

/// What gives the losses on show, and why.
pub fn predictor_sentence(study: &FittedStudy, is_auto: bool, is_running: bool) -> String {
    let law = study.fits.first().map_or("", |fit| fit.law.name());
    let name = match study.form {
        Form::Law => format!("the {law} law"),
        Form::Residual => format!("the {law} law with a residual model"),
        Form::Process => "a Gaussian process".to_string(),
    };
    let n = study.candidates.len();
    match (study.validation.range.is_some(), is_running) {
        (true, _) if !study.validation.is_tested() => {
            format!("Predicted by {name}. There are too few runs to validate it.")
        }
        (true, _) if n > 1 => format!(
            "Predicted by {name}, chosen by validation from {n} candidates: the first whose held-out errors are within one standard error of the best, simpler ones coming first."
        ),
        (true, _) => format!("Predicted by {name}, validated on runs it was not fitted to."),
        (false, true) if is_auto => {
            format!(
                "Provisional: predicted by {name}. Validation of all candidates is under way and may choose another."
            )
        }
        (false, true) => format!("Predicted by {name}. Its validation is under way."),
        (false, false) if is_auto => {
            format!(
                "Provisional: predicted by {name}. Validation was stopped, so nothing was chosen; press Fit to finish it."
            )
        }
        (false, false) => format!("Predicted by {name}, which was not validated: there are no prediction intervals."),
    }
}

/// What a reader of the formula must know where it does not predict alone.
pub fn formula_note(study: &FittedStudy) -> Option<&'static str> {
    match study.form {
        Form::Law => None,
        Form::Residual => Some(
            "The formula is the law's part of the prediction: a residual model multiplies it. Parameters are the law's.",
        ),
        Form::Process => Some(
            "A Gaussian process predicts, which has no formula. The law below describes the runs; it predicts nothing.",
        ),
    }
}

/// A line of the table of candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateRow {
    /// Its name.
    pub name: String,
    /// Mean relative error on unseen mixtures, and at larger scale.
    pub unseen: String,
    /// See above.
    pub larger: String,
    /// What choosing the run predicted best costs, nats.
    pub regret: String,
    /// Whether it predicts.
    pub is_chosen: bool,
}

/// The candidates with their held-out errors; nothing where one law was asked for.
pub fn candidate_rows(study: &FittedStudy) -> Vec<CandidateRow> {
    let chosen = study.chosen();
    let rows = study.candidates.iter().enumerate().map(|(at, one)| {
        let error = |metrics: &Option<crate::predict::Metrics>| {
            metrics.as_ref().map_or("–".to_string(), |metrics| format!("{:.2} %", metrics.mre_percent))
        };
        let regret = one.validation.unseen.as_ref().and_then(|metrics| metrics.regret);
        CandidateRow {
            name: one.name(),
            unseen: error(&one.validation.unseen),
            larger: error(&one.validation.larger),
            regret: regret.map_or("–".to_string(), |regret| format!("{regret:.4}")),
            is_chosen: Some(at) == chosen,
        }
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::fits::tests::fits;
    use super::*;
    use crate::predict::choice::Trial;

    fn ended(of: &Same<LawFits>) -> LawFits {
        let mut run = ValidationRun::new(of.clone()).expect("fits");
        assert_eq!(run.laws.len(), 1);
        assert!(run.is_ready(0) && run.next_to_fit().is_none() && !run.is_complete());
        let trial = Trial::new(&of.data.dataset, run.laws[0].fits.clone().expect("fits"), run.laws[0].forms.clone());
        let n = trial.n_splits();
        let splits = (0..n).map(|i| trial.held_out(i)).collect();
        run.is_shared(0, 1);
        run.progressed(0, 0, 1, n);
        assert!((run.share_done(0.0) - 1.0 / n as f64).abs() < 1e-12);
        assert_eq!(run.sentence(0.0, 0.5), "Validating: predicting held-out runs with 1 law");
        run.progressed(0, 0, n / 2, n);
        assert_eq!(run.sentence(0.0, 30.0), "Validating: predicting held-out runs with 1 law, about 30 s left");
        run.tried(0, Ok(trial.end(splits)));
        assert!(run.is_complete());
        run.into_fits(2.0).expect("a study")
    }

    #[test]
    fn a_named_law_keeps_its_fits_and_is_validated() {
        let of = Same::new(fits());
        let ended = ended(&of);
        assert_eq!((ended.choice, ended.law.id()), (of.choice, of.law.id()));
        assert!(ended.study.validation.unseen.is_some() && of.study.validation.unseen.is_none());
        assert!(ended.study.fits.iter().zip(&of.study.fits).all(|(a, b)| a.theta == b.theta));
        assert!(predictor_sentence(&ended.study, false, false).starts_with("Predicted by the additive law, validated"));
        assert!(predictor_sentence(&of.study, true, true).starts_with("Provisional"));
        assert_eq!(candidate_rows(&ended.study).len(), 1);
    }

    /// What cannot be fitted to every target is no candidate, and without any the first law's fits stay.
    #[test]
    fn laws_that_fail_are_no_candidates() {
        let of = Same::new(LawFits { choice: AUTO, ..fits() });
        let mut run = ValidationRun::new(of).expect("fits");
        let last = run.laws.len() - 1;
        assert!(last > 0 && run.next_to_fit() == Some(last));
        let failed = LawFits { failures: vec![("a_loss".into(), "no".into())], ..fits() };
        run.fitted(last, &failed);
        assert!(!run.is_ready(last) && run.next_to_fit() != Some(last));
        for law_idx in 0..run.laws.len() {
            run.tried(law_idx, Err("a worker died".into()));
        }
        assert_eq!(run.into_fits(1.0).err().as_deref(), Some("a worker died"));
    }
}
