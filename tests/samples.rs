//! The synthetic studies that the page begins with.

use mixlaw::fit::{FitConfig, fit, target_groups};
use mixlaw::import::import;
use mixlaw::law::by_id;
use mixlaw::mixture::optimum;
use mixlaw::predict::FittedStudy;
use mixlaw::sample::{SAMPLES, sample};

/// Each is read without a word, its law fits, predicts what is held out, and its scenario has an optimum.
#[test]
fn every_sample_shows_its_point() {
    for sample in &SAMPLES {
        let imported = import(&(sample.text)(), None);
        assert_eq!(imported.issues.sentences(5), [""; 0], "{}", sample.id);
        let dataset = imported.dataset.expect("a study");
        let law = by_id(sample.law.unwrap_or("additive")).expect("a law");
        let groups = target_groups(law, &(0..dataset.targets().len()).collect::<Vec<_>>());
        let fits = groups.iter().map(|group| fit(law, &dataset, group, &FitConfig::default(), &mut |_| {}));
        let fits: Vec<_> = fits.collect::<Result<_, _>>().expect("a sound study");
        for fit in &fits {
            for score in &fit.report.scores {
                assert!(score.fit_mre_percent < 2.0, "{}: {:?}", sample.id, score);
                assert!(score.holdout_mre_percent.is_some_and(|mre| mre < 3.0), "{}: {:?}", sample.id, score);
            }
        }
        let study = FittedStudy::of(&dataset, fits);
        let found = optimum(&study, &(sample.scenario)());
        match sample.id {
            "scaling" => assert!(found.is_err(), "there is nothing to mix"),
            "lvm" => assert!(!found.expect("an optimum").prices.is_empty(), "the stocks hold it"),
            _ => assert!(found.expect("an optimum").kkt_residual < 1e-8, "{}", sample.id),
        }
    }
    assert!(sample("llm").is_some() && sample("none").is_none());
}

/// Two targets of the first sample have several minima next to each other, which most starts agree on. They differ in which
/// domain's term is the constant in the sum, if one is; few hops lead from one to the other.
#[test]
fn every_seed_finds_the_least_minimum() {
    let dataset = import(&mixlaw::sample::llm(), None).dataset.expect("a study");
    let law = by_id("additive").expect("a law");
    for target in ["book_loss", "arxiv_loss"] {
        let target_idx = dataset.target_idx(target).expect("a target");
        let objective = |seed| {
            let config = FitConfig { seed, ..FitConfig::of_the_paper() };
            fit(law, &dataset, &[target_idx], &config, &mut |_| {}).expect("a sound study").report.objective
        };
        let objectives: Vec<f64> = (1..=5).map(objective).collect();
        let least = objectives.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(objectives.iter().all(|objective| objective / least < 1.001), "{target}: {objectives:?}");
    }
}
