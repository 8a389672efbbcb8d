//! How sure the page is of its optimum: a bootstrap on its way, and the tables that come of it.

use std::ops::Range;
use std::sync::Arc;

use crate::fit::Interval;
use crate::mixture::{Certainty, Compared, Comparison, OptimumError};
use crate::page::same::Same;
use crate::predict::bootstrap::{self, LEAST_REPLICATES};
use crate::predict::{BootstrapConfig, BootstrapError, FittedStudy, FittedTarget, Replicate};
use crate::units::{Decimal, Params, Tokens, read_number, write_nats, write_percent};

/// Replicates that one worker is given at a time: few enough that intervals show soon, and that a change is soon
/// followed.
pub const CHUNK: usize = 4;
/// Replicates that are made unasked.
pub const FIRST_REPLICATES: usize = 50;

/// A bootstrap of the fits on show, as far as it is.
#[derive(Clone)]
pub struct BootstrapRun {
    /// The fits.
    pub study: Same<FittedStudy>,
    /// Settings.
    pub config: BootstrapConfig,
    /// What has arrived, in the order in which it did.
    pub chunks: Vec<Arc<Vec<Replicate>>>,
}

impl BootstrapRun {
    /// Nothing has arrived yet.
    pub fn new(study: Same<FittedStudy>, config: BootstrapConfig) -> Self {
        Self { study, config, chunks: Vec::new() }
    }

    /// One that was done before.
    pub fn of(study: Same<FittedStudy>, replicates: Vec<Replicate>) -> Self {
        let config = BootstrapConfig { replicates: replicates.len(), ..BootstrapConfig::default() };
        Self { chunks: vec![Arc::new(replicates)], ..Self::new(study, config) }
    }

    /// What each job does.
    pub fn ranges(&self) -> Vec<Range<usize>> {
        let n = self.config.replicates;
        (0..n).step_by(CHUNK).map(|from| from..(from + CHUNK).min(n)).collect()
    }

    /// Replicates that have arrived.
    pub fn n_done(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Whether more is to come.
    pub fn is_running(&self) -> bool {
        self.n_done() < self.config.replicates
    }

    /// Whether it is the one that was made unasked.
    pub fn is_first(&self) -> bool {
        self.config.replicates == FIRST_REPLICATES
    }

    /// The replicates that have arrived.
    pub fn replicates(&self) -> Vec<Replicate> {
        self.chunks.iter().flat_map(|chunk| chunk.iter().cloned()).collect()
    }

    /// The 90 % interval of every parameter of every fit.
    pub fn parameters(&self) -> Vec<Vec<Interval>> {
        bootstrap::parameter_intervals(&self.study, &self.replicates())
    }

    /// The 90 % interval of each target's error on the rows held out.
    pub fn holdout(&self) -> Vec<Option<Interval>> {
        bootstrap::holdout_intervals(&self.study, &self.replicates())
    }
}

/// Whether intervals are to be drawn anew that were drawn of `before` replicates: of half as many more, of all that
/// there will be, or of others.
pub fn is_news(before: usize, now: usize, all: usize) -> bool {
    now < before || 2 * now >= 3 * before.max(1) || now > before && now >= all
}

/// The number of replicates as typed.
///
/// # Errors
/// It is no whole number, or a bootstrap cannot have so many.
pub fn read_replicates(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let seen = text.parse().map_err(|_| format!("\"{text}\" is no number of replicates; write one such as 200"))?;
    let is_possible = (LEAST_REPLICATES..=BootstrapConfig::MOST_REPLICATES).contains(&seen);
    if is_possible { Ok(seen) } else { Err(BootstrapError::Replicates { seen }.to_string()) }
}

/// A mixture as typed: "arxiv 10 %, book 90 %", "arxiv=0.1; book=0.9", or a weight for each domain in order.
///
/// # Errors
/// In a sentence, what cannot be read.
pub fn read_mixture(text: &str, domains: &[String]) -> Result<Compared, String> {
    let ends_name = |sign: char| sign.is_whitespace() || sign == '=' || sign == ':';
    if domains.is_empty() {
        return Err(OptimumError::NoDomains.to_string());
    }
    let (mut named, mut plain, mut rest): (_, Vec<&str>, _) = (Vec::new(), Vec::new(), text.trim());
    while !rest.is_empty() {
        // The name of a domain may have any of the signs in it; of two that fit, the longer is meant.
        let fits = |name: &&String| rest.strip_prefix(name.as_str()).is_some_and(|after| after.starts_with(ends_name));
        let known = domains.iter().filter(fits).max_by_key(|name| name.len());
        let after = rest[known.map_or(0, String::len)..].trim_start_matches(ends_name);
        let (part, others) = after.split_once([',', ';', '\n', '\t']).unwrap_or((after, ""));
        rest = others.trim_start();
        match (known, part.split_once(['=', ':'])) {
            (Some(name), _) => named.push((name.as_str(), part)),
            (None, Some((name, weight))) => named.push((name.trim(), weight)),
            (None, None) => plain.extend(Some(part.trim()).filter(|part| !part.is_empty())),
        }
    }
    if let ([only], true) = (plain.as_slice(), named.is_empty()) {
        plain = only.split_whitespace().collect();
    }
    // What begins with a word is meant to name a domain.
    if let Some(part) = plain.iter().find(|part| part.starts_with(|sign: char| sign.is_alphabetic())) {
        let name = part.split(ends_name).next().unwrap_or(part);
        return Err(format!("no domain is called \"{name}\"; the domains are {}", domains.join(", ")));
    }
    // Either all have names or none.
    let (given, all) = (plain.len(), domains.len());
    if given != if named.is_empty() { all } else { 0 } {
        let weights = if given == 1 { "weight has" } else { "weights have" };
        return Err(format!(
            "{given} {weights} no name, and there are {all} domains; write domain = weight, separated by commas"
        ));
    }
    named.extend(domains.iter().map(String::as_str).zip(plain));
    let number = |(name, weight): (&str, &str)| match read_number(weight, Decimal::Point) {
        Ok(weight) => Ok((name.to_string(), weight)),
        Err(error) => Err(format!("the weight of {name}: {error}")),
    };
    let given: Vec<(String, f64)> = named.into_iter().map(number).collect::<Result<_, String>>()?;
    Compared::by_domain(text.trim(), &given, domains).map_err(|error| error.to_string())
}

/// The mixture with another share of one domain; the others keep their proportions.
pub fn with_share(mixture: &[f64], i: usize, share: f64) -> Vec<f64> {
    let others: f64 = mixture.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, h)| h).sum();
    let rest = 1.0 - share;
    let scaled = |(j, h): (usize, &f64)| match others {
        _ if j == i => share,
        others if others > 0.0 => rest * h / others,
        _ => rest / (mixture.len() - 1) as f64,
    };
    mixture.iter().enumerate().map(scaled).collect()
}

/// A mixture as [`read_mixture`] reads it.
pub fn write_mixture(mixture: &[f64], domains: &[String]) -> String {
    let parts = domains.iter().zip(mixture).map(|(domain, h)| format!("{domain} = {}", write_percent(*h, 2)));
    parts.collect::<Vec<_>>().join(", ")
}

/// A line of the table of compared mixtures.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedRow {
    /// What the mixture is called.
    pub name: String,
    /// What the optimum gains over it, nats.
    pub gain: String,
    /// Its 90 % prediction interval, if it is known.
    pub predicted: Option<String>,
    /// The bootstrap's interval of it, if there is one.
    pub interval: Option<String>,
    /// What that means, where it says that there is no gain.
    pub verdict: Option<&'static str>,
    /// Why it cannot be trained on, where it cannot.
    pub breach: Option<String>,
    /// Whether the user typed it, as which of the typed ones.
    pub typed: Option<usize>,
}

/// The table of compared mixtures with the prediction intervals of their gains; the last `n_typed` are the user's own.
pub fn compared_rows(comparisons: &[Comparison], certainty: Option<&Certainty>, n_typed: usize) -> Vec<ComparedRow> {
    let first_typed = comparisons.len().saturating_sub(n_typed);
    let rows = comparisons.iter().enumerate().map(|(at, comparison)| {
        let interval = certainty.and_then(|certainty| certainty.gains.get(at));
        let predicted = comparison.interval.as_ref();
        let ends = |interval: &Interval| format!("{} to {}", nats(interval.low), nats(interval.high));
        ComparedRow {
            name: comparison.compared.name.clone(),
            gain: nats(comparison.gain),
            predicted: predicted.map(ends),
            interval: interval.map(ends),
            verdict: predicted.or(interval).and_then(|interval| interval.verdict()),
            breach: comparison.breach.clone(),
            typed: at.checked_sub(first_typed),
        }
    });
    rows.collect()
}

/// What the targets lose at a compared mixture, and all of them against the optimum.
pub fn losses_sentence(comparison: &Comparison, study: &FittedStudy, n: Params, d: Tokens) -> String {
    let loss = |target: FittedTarget| target.loss(Some(n), Some(d), &comparison.compared.mixture).0;
    let losses: Vec<String> = study.targets().map(|target| format!("{} {:.4}", target.name, loss(target))).collect();
    format!("Over the optimum by {} nats. Predicted losses: {}.", nats(comparison.gain), losses.join(", "))
}

/// A difference of losses, with a sign that is a minus.
fn nats(value: f64) -> String {
    if value.is_finite() { write_nats(value).replace('-', "\u{2212}") } else { "∞".into() }
}

/// What the replicates say of the optimum, in sentences.
pub fn certainty_sentences(certainty: &Certainty, found_scale: bool) -> Vec<String> {
    let mut sentences = vec![format!(
        "Regret of this mixture over the replicates: median {} nats, 95th percentile {} nats.",
        nats(certainty.regret.median),
        nats(certainty.regret.high)
    )];
    if found_scale {
        let count = |value: f64| crate::units::write_count(value, 3);
        sentences.push(format!(
            "N of the replicates' optima: {} to {}; D: {} to {}.",
            count(certainty.n.low),
            count(certainty.n.high),
            count(certainty.d.low),
            count(certainty.d.high)
        ));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fits::tests::fits;
    use super::*;

    fn domains() -> Vec<String> {
        ["web", "code", "books"].map(String::from).to_vec()
    }

    #[test]
    fn mixtures_are_read_as_people_write_them() {
        for text in [
            "web 50 %, code 25 %, books 25 %",
            "web=2; code=1; books=1",
            "0.5, 0.25, 0.25",
            "0.5 0.25 0.25",
            "books: 1, web: 2, code: 1",
        ] {
            assert_eq!(read_mixture(text, &domains()).expect(text).mixture, [0.5, 0.25, 0.25], "{text}");
        }
        assert_eq!(read_mixture("code = 1", &domains()).expect("one").mixture, [0.0, 1.0, 0.0]);
        let says = |text: &str| read_mixture(text, &domains()).expect_err(text);
        assert_eq!(
            says("0.5, 0.5"),
            "2 weights have no name, and there are 3 domains; write domain = weight, separated by commas"
        );
        assert_eq!(says("foo 10 %, web 90 %"), "no domain is called \"foo\"; the domains are web, code, books");
        assert!(says("web = much").starts_with("the weight of web: \"much\" is not a number"));
        assert!(says("paper = 1, web = 1").starts_with("a compared mixture names \"paper\", which is no domain"));
        assert!(says("").starts_with("0 weights have no name"));
        assert!(says("web = 1, 2").starts_with("1 weight has no name"));
        assert_eq!(read_mixture("web = 1", &[]), Err(OptimumError::NoDomains.to_string()));
        // Of two names that fit, the longer; and a name may have what separates names elsewhere.
        let domains = ["dclm", "dclm:a", "dclm:a, edu", "the pile"].map(String::from);
        let text = "the pile 10 %, dclm:a, edu 20 %; dclm:a: 30 %, dclm:40 %";
        let mixture = read_mixture(text, &domains).expect(text).mixture;
        assert!(mixture.iter().zip([0.4, 0.3, 0.2, 0.1]).all(|(h, meant)| (h - meant).abs() < 1e-12), "{mixture:?}");
    }

    proptest! {
        #[test]
        fn what_is_written_of_a_mixture_reads_back(names in prop::collection::hash_set("[a-c1.:;,=%]{1,4}", 1..6), shares in prop::collection::vec(0_u32..1000, 6)) {
            let domains: Vec<String> = names.into_iter().collect();
            let shares = &shares[..domains.len()];
            let sum: u32 = shares.iter().sum();
            prop_assume!(sum > 0);
            let mixture: Vec<f64> = shares.iter().map(|share| f64::from(*share) / f64::from(sum)).collect();
            let read = read_mixture(&write_mixture(&mixture, &domains), &domains).expect("a mixture").mixture;
            prop_assert!(mixture.iter().zip(&read).all(|(h, read)| (h - read).abs() < 1e-3), "{mixture:?} {read:?}");
        }
    }

    #[test]
    fn a_bootstrap_has_as_many_replicates_as_there_can_be() {
        assert_eq!(read_replicates(" 200 "), Ok(200));
        let says = |text: &str| read_replicates(text).expect_err(text);
        assert!(says("many").starts_with("\"many\" is no number of replicates"));
        assert_eq!(
            says("1000000"),
            "the bootstrap has 1000000 replicates; it must have between 20 and 100000, such as 200"
        );
        assert!(says("3").starts_with("the bootstrap has 3 replicates"));
    }

    #[test]
    fn a_share_moves_and_the_others_keep_their_proportions() {
        assert_eq!(with_share(&[0.5, 0.3, 0.2], 0, 0.0), [0.0, 0.6, 0.4]);
        assert_eq!(with_share(&[0.5, 0.3, 0.2], 1, 1.0), [0.0, 1.0, 0.0]);
        assert_eq!(with_share(&[0.0, 1.0, 0.0], 1, 0.5), [0.25, 0.5, 0.25]);
        let text = write_mixture(&[0.5, 0.3, 0.2], &domains());
        assert_eq!(text, "web = 50 %, code = 30 %, books = 20 %");
        assert_eq!(read_mixture(&text, &domains()).expect("a mixture").mixture, [0.5, 0.3, 0.2]);
    }

    #[test]
    fn a_bootstrap_is_cut_into_jobs_that_make_the_whole() {
        let config = BootstrapConfig { replicates: 22, ..BootstrapConfig::default() };
        let mut run = BootstrapRun::new(fits().study, config);
        let ranges = run.ranges();
        assert_eq!(ranges.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..22).collect::<Vec<_>>());
        assert!(run.is_running());
        let thetas: Vec<Vec<f64>> = run.study.fits.iter().map(|fit| fit.theta.clone()).collect();
        let errors = vec![Some(1.0); run.study.targets().count()];
        for range in ranges {
            let one = Replicate { thetas: thetas.clone(), holdout_mre_percent: errors.clone(), mixtures: Vec::new() };
            run.chunks.push(Arc::new(vec![one; range.len()]));
        }
        assert!(!run.is_running() && run.n_done() == 22);
        let natural = run.study.fits[0].law.natural(&run.study.fits[0].shape, &thetas[0]);
        assert_eq!(run.parameters()[0][0], Interval { low: natural[0], high: natural[0] });
        assert_eq!(run.holdout()[0], Some(Interval { low: 1.0, high: 1.0 }));
    }

    #[test]
    fn intervals_are_drawn_anew_when_much_has_arrived_or_all() {
        let mut drawn = vec![0];
        for now in (0..=200).step_by(4) {
            if is_news(drawn[drawn.len() - 1], now, 200) {
                drawn.push(now);
            }
        }
        assert_eq!(drawn, [0, 4, 8, 12, 20, 32, 48, 72, 108, 164, 200]);
        // Stopped; and begun again.
        assert!(is_news(164, 180, 180) && is_news(180, 4, 200) && !is_news(180, 180, 180));
        // Ended with fewer than were asked for.
        assert!(is_news(164, 180, 0) && !is_news(180, 180, 0));
    }

    #[test]
    fn losses_of_a_mixture_are_those_of_the_laws() {
        let (study, n, d) = (fits().study, Params(1e9), Tokens(5e9));
        let compared = Compared { name: "mine".into(), mixture: vec![0.5, 0.5] };
        let comparison = Comparison { compared, losses: Vec::new(), gain: 0.02, interval: None, breach: None };
        let losses: Vec<f64> =
            study.targets().map(|target| target.loss(Some(n), Some(d), &comparison.compared.mixture).0).collect();
        assert_eq!(
            losses_sentence(&comparison, &study, n, d),
            format!(
                "Over the optimum by 0.0200 nats. Predicted losses: a_loss {:.4}, x_loss {:.4}.",
                losses[0], losses[1]
            )
        );
    }

    #[test]
    fn a_gain_whose_interval_covers_zero_is_none() {
        let interval = |low, high| Interval { low, high };
        let comparison = |name: &str, gain, interval| {
            let compared = Compared { name: name.into(), mixture: vec![1.0] };
            Comparison { compared, losses: Vec::new(), gain, interval, breach: None }
        };
        let comparisons = [comparison("uniform", 0.02, Some(interval(-0.01, 0.05))), comparison("mine", -0.001, None)];
        let certainty = Certainty {
            replicates: 100,
            n: interval(1e9, 1e9),
            d: interval(1e9, 1e9),
            mixture: vec![interval(1.0, 1.0)],
            losses: Vec::new(),
            weighted_loss: interval(2.0, 2.1),
            gains: vec![interval(0.01, 0.03), interval(-0.01, 0.01)],
            regret: crate::mixture::Regret { median: 0.0, high: 0.0 },
            outside: vec![0.0],
            any_outside: 0.0,
        };
        let rows = compared_rows(&comparisons, Some(&certainty), 1);
        // What the prediction interval says goes before the bootstrap.
        assert_eq!((rows[0].verdict, rows[0].typed), (Some("no detectable gain"), None));
        assert_eq!(rows[0].predicted.as_deref(), Some("−0.0100 to 0.0500"));
        assert_eq!((rows[1].verdict, rows[1].typed), (Some("no detectable gain"), Some(0)));
        assert_eq!((rows[1].gain.as_str(), rows[1].interval.as_deref()), ("−0.0010", Some("−0.0100 to 0.0100")));
    }
}
