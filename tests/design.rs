//! Which runs to train next: what a batch keeps, and what it says.

mod common;

use std::sync::{Arc, OnceLock};

use common::{mixture, random};
use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::design::{self, Advice, Batch, Budget, DesignError, Origin, Wanted, design_warnings, next};
use mixlaw::export::design::{batch_csv, batch_json, plan_csv, plan_olmix, plan_regmix, runs_csv};
use mixlaw::fit::FitConfig;
use mixlaw::gp::{GpPlace, Input, Inputs};
use mixlaw::import::import;
use mixlaw::law::Scale;
use mixlaw::mixture::{GroupLimit, Limits, Scenario, WeightLimit};
use mixlaw::predict::{FittedStudy, Form, OneByOne, auto};
use mixlaw::units::{Flops, Loss, Params, Tokens};
use proptest::prelude::*;

fn names(prefix: &str, n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{prefix}{i}")).collect()
}

/// A smooth loss of three domains and a scale, with a little noise.
fn loss(h: &[f64], n: f64, d: f64, noise: f64) -> f64 {
    let of_mixture = 0.3 / (0.05 + h[0]).sqrt() + 0.2 / (0.1 + h[1]).sqrt() - 0.3 * h[2];
    (1.8 + of_mixture + 0.5 * (n / 1e8).powf(-0.3) + 0.6 * (d / 1e9).powf(-0.3)) * noise.exp()
}

fn study(n_mixtures: usize, scales: &[(f64, f64)]) -> Dataset {
    let mut random = random(5);
    let mut observations = Vec::new();
    for at in 0..n_mixtures {
        let h = mixture(&mut random, 3, false);
        for (of_scale, &(n, d)) in scales.iter().enumerate() {
            let noise = 0.002 * libm::sin(31.0 * (at * 7 + of_scale) as f64);
            observations.push(Observation {
                line: observations.len() + 2,
                n: Some(Params(n)),
                d: Some(Tokens(d)),
                mixture: h.clone(),
                losses: vec![Some(Loss(loss(&h, n, d, noise)))],
                weight: 1.0,
                split: Split::Fit,
            });
        }
    }
    Dataset::new(names("domain", 3), vec!["loss".into()], observations).expect("a study")
}

fn fitted(data: &Dataset) -> FittedStudy {
    let config = FitConfig { starts: 4, ..FitConfig::default() };
    auto(data, &[0], &config, &OneByOne, &|_, _| {}).expect("it fits")
}

/// Eight mixtures at three sizes, fitted once.
fn scales() -> &'static FittedStudy {
    static STUDY: OnceLock<FittedStudy> = OnceLock::new();
    STUDY.get_or_init(|| fitted(&study(8, &[(1e8, 2e9), (3e8, 6e9), (1e9, 1e10)])))
}

/// Twelve runs at one scale.
fn one_scale() -> &'static FittedStudy {
    static STUDY: OnceLock<FittedStudy> = OnceLock::new();
    STUDY.get_or_init(|| fitted(&study(12, &[(1e8, 2e9)])))
}

fn scenario() -> Scenario {
    Scenario::new(Params(3e9), Tokens(5e10))
}

fn share_of(batch: &Batch, i: usize) -> impl Iterator<Item = f64> {
    batch.runs.iter().map(move |run| run.mixture[i])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever the limits and the budget: every run keeps all of them, and the batch the budget.
    #[test]
    fn limits_stocks_and_budgets_are_kept(
        max in 0.3..0.9,
        min in 0.0..0.3,
        stock in 1e9..2e10,
        runs in 1_usize..6,
        flops in 2e18..1e21,
        seed: u64,
    ) {
        let scenario = Scenario {
            limits: Limits {
                weights: vec![WeightLimit { domain: "domain0".into(), min: Some(min), max: Some(max) }],
                groups: vec![GroupLimit { domains: names("domain", 2), min: None, max: Some(0.95) }],
                stocks: vec![("domain1".into(), Tokens(stock))],
                most_epochs: Some(1.0),
                ..Limits::default()
            },
            ..scenario()
        };
        let budget = Budget { runs: Some(runs), flops: Some(Flops(flops)), seed, ..Budget::default() };
        let batch = next(scales(), &scenario, &budget).expect("a batch");
        prop_assert!(!batch.runs.is_empty() && batch.runs.len() <= runs);
        let spent: f64 = batch.runs.iter().map(|run| run.flops.expect("known").0).sum();
        prop_assert!(spent <= flops * (1.0 + 1e-9) && (spent / batch.flops.expect("known").0 - 1.0).abs() < 1e-12);
        for run in &batch.runs {
            let (h, d) = (&run.mixture, run.d.expect("known").0);
            prop_assert!((h.iter().sum::<f64>() - 1.0).abs() < 1e-9 && h.iter().all(|h| *h >= 0.0));
            prop_assert!(h[0] >= min - 1e-9 && h[0] <= max + 1e-9 && h[0] + h[1] <= 0.95 + 1e-9);
            prop_assert!(h[1] * d <= stock * (1.0 + 1e-9), "{} of {d} tokens, {stock} in stock", h[1]);
            prop_assert!(scales().summary.sizes.contains(&run.n.expect("known")));
        }
        prop_assert!(batch.regret.after <= batch.regret.now + 1e-9);
        prop_assert!(batch.gain.after <= batch.gain.now && batch.loss.after <= batch.loss.now);
        // The same question has the same answer.
        prop_assert_eq!(next(scales(), &scenario, &budget).expect("a batch"), batch);
    }
}

/// Of an exact process, after the same runs were fitted, the variance at the optimum is what the batch said.
#[test]
fn variances_fall_by_what_is_stated() {
    let study = one_scale();
    let process = study.candidates.iter().find(|one| one.form == Form::Process).expect("a process at one scale");
    let mut alone = study.clone();
    (alone.form, alone.fits, alone.processes) = (Form::Process, process.fits.clone(), process.processes.clone());
    alone.candidates.clear();
    alone.validation = Default::default();
    let scenario = Scenario::new(Params(1e8), Tokens(2e9));
    let batch = next(&alone, &scenario, &Budget { runs: Some(3), ..Budget::default() }).expect("a batch");
    let process = &alone.processes[0];
    let optimum = mixlaw::mixture::optimum(&alone, &scenario).expect("an optimum");
    let Scale { ln_n, ln_d } = Scale::new(Some(Params(1e8)), Some(Tokens(2e9)));
    fn place(h: &[f64]) -> GpPlace<'_> {
        let Scale { ln_n, ln_d } = Scale::new(Some(Params(1e8)), Some(Tokens(2e9)));
        GpPlace { ln_n, ln_d, h, run: None }
    }
    let deviation = |of: &mixlaw::gp::GaussianProcess| {
        of.predict(place(&optimum.mixture)).variance.sqrt() * optimum.weighted_loss.0
    };
    assert!((deviation(process) / batch.loss.now - 1.0).abs() < 0.02, "{} {}", deviation(process), batch.loss.now);
    let mut rows: Vec<Input> = process.rows().collect();
    let mut values: Vec<f64> =
        rows.iter().map(|row| process.predict(GpPlace { run: Some(row.run), ..place(&row.mixture) }).mean).collect();
    for (at, run) in batch.runs.iter().enumerate() {
        rows.push(Input { mixture: run.mixture.clone(), ln_n, ln_d, run: 1000 + at });
        values.push(process.predict(place(&run.mixture)).mean);
    }
    let after = process.condition(&Arc::new(Inputs::new(&rows)), &values).expect("it fits");
    let ratio = deviation(&after) / batch.loss.after;
    // With the draws of hyperparameters the means move as well, which nobody knows before.
    assert!((0.8..1.25).contains(&ratio), "{} {}", deviation(&after), batch.loss.after);
    assert!(batch.loss.after < 0.9 * batch.loss.now, "{:?}", batch.loss);
}

/// More runs never leave more regret, and a larger budget of compute buys no fewer of them.
#[test]
fn more_runs_settle_more() {
    let of =
        |runs: usize| next(scales(), &scenario(), &Budget { runs: Some(runs), ..Budget::default() }).expect("a batch");
    let (two, six) = (of(2), of(6));
    assert_eq!(two.runs[..], six.runs[..2]);
    assert!(six.gain.after <= two.gain.after && six.loss.after <= two.loss.after);
    let runs = &six.runs;
    // No two alike, unless one is a repeat of the other to learn of the noise.
    assert!(runs.iter().any(|run| run.mixture != runs[0].mixture), "{runs:?}");
    assert!(runs.iter().all(|run| run.settles.choice >= 0.0 && !run.reason.is_empty()));
}

/// A batch written as a table, with its losses filled in, is read back: the same domains, scales and targets.
#[test]
fn a_batch_is_read_back_with_its_losses() {
    let batch = next(scales(), &scenario(), &Budget { runs: Some(4), ..Budget::default() }).expect("a batch");
    let text = batch_csv(scales(), &batch);
    let filled: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 0 { line.into() } else { format!("{line}2.{at}") })
        .collect();
    let data = import(&(filled.join("\n") + "\n"), None).dataset.expect("a study");
    assert_eq!((data.domains(), data.targets()), (&names("domain", 3)[..], &["loss".to_string()][..]));
    for (row, run) in data.observations().iter().zip(&batch.runs) {
        assert_eq!((row.n, row.d), (run.n, run.d));
        assert!(row.mixture.iter().zip(&run.mixture).all(|(a, b)| (a - b).abs() < 1e-5));
    }
    assert!(serde_json::from_str::<serde_json::Value>(&batch_json(&batch)).is_ok());
    assert_eq!(
        serde_json::from_str::<Batch>(&serde_json::to_string(&batch).expect("JSON")).expect("a batch").runs.len(),
        4
    );
    // Weights sum to one as they are written.
    let thirds = [1.0 / 3.0; 3];
    assert!(runs_csv(&names("d", 3), &[], &[(&thirds, None, None)]).contains("0.333333,0.333333,0.333334"));
}

/// With the runs' edge in the way of the optimum, mixtures beyond it are among what may be trained, and none is far away.
#[test]
fn no_run_is_far_from_the_others() {
    let support = mixlaw::mixture::support(scales()).expect("mixtures");
    let batch = next(scales(), &scenario(), &Budget { runs: Some(12), ..Budget::default() }).expect("a batch");
    for run in &batch.runs {
        assert!(support.distance(&run.mixture) <= 2.0 * support.radius() * (1.0 + 1e-6), "{run:?}");
    }
    assert!(batch.runs.iter().any(|run| !matches!(run.origin, Origin::Optimum)));
    assert!(share_of(&batch, 0).any(|h| h > 0.0));
    assert!(matches!(batch.advice, Advice::Go | Advice::Stop | Advice::Other));
}

/// What is refused, in the words that are printed: tests/design/messages.txt, one case a line.
#[test]
fn messages_are_as_written() {
    let limits = |limits: Limits| Scenario { limits, ..scenario() };
    let at_least = |domain: &str, min: f64| WeightLimit { domain: domain.into(), min: Some(min), max: None };
    let both = Limits { weights: vec![at_least("domain0", 0.8), at_least("domain1", 0.5)], ..Limits::default() };
    let budget = |flops: f64| Budget { flops: Some(Flops(flops)), ..Budget::default() };
    let of_law = {
        let mut study = scales().clone();
        study.processes.clear();
        study
    };
    let cases: Vec<Result<Batch, DesignError>> = vec![
        next(scales(), &scenario(), &budget(1e15)),
        next(scales(), &scenario(), &Budget { tokens: Some(Tokens(1e6)), ..Budget::default() }),
        next(scales(), &scenario(), &Budget { runs: Some(0), ..Budget::default() }),
        next(scales(), &scenario(), &Budget { runs: Some(1000), ..Budget::default() }),
        next(scales(), &scenario(), &budget(-1.0)),
        next(scales(), &scenario(), &Budget { sizes: vec![Params(f64::NAN)], ..Budget::default() }),
        next(scales(), &limits(both), &Budget::default()),
        next(scales(), &Scenario { n: Params(-7.0), ..scenario() }, &Budget::default()),
        next(one_scale(), &scenario(), &Budget { sizes: vec![Params(4e8)], ..Budget::default() }),
        next(one_scale(), &scenario(), &Budget { token_counts: vec![Tokens(4e10)], ..Budget::default() }),
        next(&of_law, &scenario(), &Budget::default()),
    ];
    let said: Vec<String> =
        cases.into_iter().map(|case| case.expect_err("nothing that can be done").to_string()).collect();
    let said = said.join("\n") + "\n";
    if std::env::var_os("MIXLAW_PRINT").is_some() {
        println!("{said}");
    }
    assert_eq!(said, include_str!("design/messages.txt"));
}

/// A domain count, limits and budgets of plans: every run keeps all of them, and what is printed is read back.
#[test]
fn plans_keep_limits_and_budgets_and_are_read_back() {
    let domains = ["web", "code", "books", "wiki"].map(String::from).to_vec();
    let wanted = Wanted {
        domains: domains.clone(),
        limits: Limits {
            weights: vec![WeightLimit { domain: "web".into(), min: Some(0.2), max: Some(0.7) }],
            stocks: vec![("wiki".into(), Tokens(5e8))],
            most_epochs: Some(2.0),
            ..Limits::extrapolating()
        },
        sizes: vec![Params(1e8), Params(3e8)],
        token_counts: vec![Tokens(2e9), Tokens(1e10)],
        flops: Some(Flops(1.5e20)),
        repeats: 2,
        target: Some((Params(1e9), Tokens(2e10))),
        ..Wanted::default()
    };
    let plan = design::plan(&wanted, &OneByOne).expect("a plan");
    assert!(plan.flops.0 <= 1.5e20 && plan.flops.0 > 1.2e20, "{}", plan.flops);
    assert_eq!(plan.runs.iter().filter(|run| run.seed > 0).count(), 2);
    for run in &plan.runs {
        let h = &run.mixture;
        assert!((h.iter().sum::<f64>() - 1.0).abs() < 1e-9 && h.iter().all(|h| *h >= 0.0));
        assert!(h[0] >= 0.2 - 1e-9 && h[0] <= 0.7 + 1e-9 && h[3] * run.d.0 <= 1e9 * (1.0 + 1e-9), "{h:?} {}", run.d);
    }
    let sizes: Vec<f64> = plan.runs.iter().map(|run| run.n.0).collect();
    assert!(sizes.contains(&1e8) && sizes.contains(&3e8));
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let accuracy = plan.accuracy.as_ref().expect("simulated");
    assert!(
        accuracy.laws == 6 && accuracy.error_percent.low > 0.0 && accuracy.error_percent.median < 5.0,
        "{accuracy:?}"
    );
    assert_eq!(design::plan(&wanted, &OneByOne).expect("a plan"), plan);

    let text = plan_csv(&plan);
    let filled: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let losses = format!(",2.{at},2.{}5,3.{at}3,2.{}7", 7 * at % 10, 3 * at % 10);
            if at == 0 { line.into() } else { line.replace(",,,,", &losses) }
        })
        .collect();
    let imported = import(&(filled.join("\n") + "\n"), None);
    let data = imported.dataset.expect("a study");
    assert_eq!(data.domains(), domains);
    assert_eq!(data.targets(), ["web_loss", "code_loss", "books_loss", "wiki_loss"]);
    assert_eq!(data.design().sizes(), [Params(1e8), Params(3e8)]);
    // The swarm files have a line a run, and weights that sum to one.
    for text in [plan_olmix(&plan), plan_regmix(&plan)] {
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines.len(), plan.runs.len() + 1);
        for line in &lines[1..] {
            let sum: f64 = line[line.len() - 4..].iter().map(|cell| cell.parse::<f64>().expect("a number")).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{line:?}");
        }
    }
}

/// What is wrong with a design, in the words that are printed: tests/design/warnings.txt, and what plans are refused.
#[test]
fn warnings_are_as_written() {
    let domains = names("domain", 3);
    let runs = |mixtures: &[[f64; 3]], scales: &[(f64, f64)]| -> Vec<(Vec<f64>, f64, f64)> {
        mixtures.iter().flat_map(|h| scales.iter().map(move |(n, d)| (h.to_vec(), *n, *d))).collect()
    };
    let warnings = |runs: &[(Vec<f64>, f64, f64)]| {
        let runs: Vec<_> = runs.iter().map(|(h, n, d)| (h.as_slice(), Some(Params(*n)), Some(Tokens(*d)))).collect();
        design_warnings(&domains, &runs, Some((Params(1e9), Tokens(1e10))))
    };
    let line: Vec<[f64; 3]> = (0..12).map(|i| f64::from(i) / 24.0).map(|a| [a, a, 1.0 - 2.0 * a]).collect();
    let edge: Vec<[f64; 3]> = (0..12).map(|i| f64::from(i) / 12.0).map(|a| [a, 1.0 - a, 0.0]).collect();
    let wanted = |change: &dyn Fn(&mut Wanted)| {
        let mut wanted =
            Wanted { domains: domains.clone(), sizes: vec![Params(1e8), Params(1e9)], ..Wanted::default() };
        change(&mut wanted);
        design::plan(&wanted, &OneByOne).expect_err("nothing that can be planned").to_string()
    };
    let mut said = warnings(&runs(&[[0.2, 0.3, 0.5], [0.5, 0.3, 0.2]], &[(1e8, 2e9)]));
    said.extend(warnings(&runs(&line, &[(1e8, 2e9), (3e8, 6e9)])));
    said.extend(warnings(&runs(&edge, &[(1e8, 2e9), (3e8, 2e9)])));
    said.push(wanted(&|wanted| wanted.domains.truncate(1)));
    said.push(wanted(&|wanted| wanted.domains[1] = "domain0".into()));
    said.push(wanted(&|wanted| wanted.sizes.clear()));
    said.push(wanted(&|wanted| wanted.sizes[0] = Params(-1.0)));
    said.push(wanted(&|wanted| wanted.runs = Some(1)));
    said.push(wanted(&|wanted| wanted.flops = Some(Flops(1e15))));
    let said = said.join("\n") + "\n";
    if std::env::var_os("MIXLAW_PRINT").is_some() {
        println!("{said}");
    }
    assert_eq!(said, include_str!("design/warnings.txt"));
}

fn mixlaw(folder: &std::path::Path, args: &[&str]) -> (i32, String, String) {
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_mixlaw")).args(args).current_dir(folder).output();
    let output = program.expect("mixlaw starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_string();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A table and the fit of it give the same batch, and its table can be pasted under the runs.
#[test]
fn the_command_line_plans_from_a_table_or_a_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let swarm = mixlaw::sample::sample("swarm").expect("a sample");
    let text: Vec<String> = (swarm.text)().lines().take(15).map(String::from).collect();
    std::fs::write(at.join("runs.csv"), text.join("\n") + "\n").expect("writable");
    let (_, fit, _) = mixlaw(at, &["fit", "runs.csv", "--json"]);
    std::fs::write(at.join("fit.json"), fit).expect("writable");
    let of_fit = mixlaw(at, &["next", "fit.json", "--runs", "3", "--max", "web=0.4"]);
    let of_table = mixlaw(at, &["next", "runs.csv", "--runs", "3", "--max", "web=0.4"]);
    assert_eq!((of_fit.0, &of_fit.1), (0, &of_table.1), "{}", of_fit.2);
    let (_, json, _) = mixlaw(at, &["next", "fit.json", "--runs", "3", "--max", "web=0.4", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let runs = json["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 3);
    assert!(runs.iter().all(|run| run["weights"]["web"].as_f64().expect("a weight") <= 0.4 + 1e-9));
    let (_, csv, said) = mixlaw(at, &["next", "fit.json", "--runs", "3", "--csv"]);
    assert_eq!(
        csv.lines().next(),
        Some("weight_web,weight_code,weight_books,weight_papers,weight_forums,web_loss,code_loss,qa_loss")
    );
    assert!(csv.lines().count() == 4 && said.contains("nats"), "{csv}{said}");

    for (args, expected) in [
        (vec!["next", "fit.json", "--budget-flops", "1e18"], "no number of tokens D"),
        (vec!["next", "fit.json", "--runs", "0"], "between 1 and 64 runs, not 0"),
        (vec!["next", "fit.json", "--min", "web=0.8", "code=0.5"], "web at least 80 %; code at least 50 %"),
        (vec!["next", "fit.json", "--max", "wb=0.8"], "\"wb\""),
        (vec!["next", "no-such-file.csv"], "cannot be read"),
        (vec!["plan", "--domains", "web", "--sizes", "1B"], "at least 2 domains"),
        (
            vec!["plan", "--domains", "web,code", "--sizes", "100M,1B", "--budget-flops", "1e10"],
            "one run of each size costs",
        ),
        (
            vec!["plan", "--domains", "web,code", "--sizes", "1B", "--stock", "web=1M", "code=1M", "--epochs", "2"],
            "no mixture",
        ),
    ] {
        let (code, stdout, stderr) = mixlaw(at, &args);
        assert!(code == 1 && stdout.is_empty() && stderr.contains(expected), "{args:?}: {stderr}");
    }
}
