//! A worker does what it is asked, and refuses what is none of its own.

use super::handle::read_table;
use super::*;
use crate::fit::{self, Ending, FitConfig};
use crate::import::{self, Fix};
use crate::mixture::{self, Optimum, Scenario};
use crate::predict::{FittedStudy, Form, OneByOne, Replicate};
use crate::units::{Params, Tokens};

#[test]
fn an_import_gives_the_study_and_counts_the_issues_not_shown() {
    let mut text = "w_a,w_b,loss\n0.5,0.5,2\n0.2,0.8,2.1\n".to_string();
    text.push_str(&"-0.9,0.9,2\n".repeat(ISSUES_SHOWN + 7));
    let mut events = Vec::new();
    let request = Request { job: JobId(3), task: Task::Import { text, roles: None, answers: Vec::new(), half: None } };
    handle(request, &mut |event| events.push(event));
    let [Event::Done { job: JobId(3), outcome: Ok(Answer::Import(import)) }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((import.errors.len(), import.n_errors), (ISSUES_SHOWN, ISSUES_SHOWN + 7));
    assert_eq!((import.errors[1].row, import.errors[1].column), (Some(3), Some(0)));
    let dataset = import.study.clone().unwrap().into_dataset().unwrap();
    assert_eq!((dataset.domains(), dataset.observations().len()), (&["a", "b"].map(String::from)[..], 2));
}

/// In a joined table a line of the second text is a row, too.
#[test]
fn an_issue_has_its_cell_and_what_puts_it_right() {
    let half = Some("run,w_a,w_b\nx,0.5,0.5\ny,0.2,0.8\n".to_string());
    let read = read_table("run,N,a_loss\ny,1B,2.25\nx,3OOM,2.5\n", None, &[], half);
    assert!(read.joined);
    let [error] = &read.errors[..] else { panic!("{:?}", read.errors) };
    assert_eq!((error.row, error.column, &error.fixes[..]), (Some(0), Some(3), &[Fix::Cell("300M".into())][..]));
    let table = read.table.expect("a table").into_table().expect("of this build");
    assert_eq!(table.row(0).cell(3), "3OOM");
}

fn outcome(task: Task) -> Result<Answer, String> {
    let mut events = Vec::new();
    handle(Request { job: JobId(1), task }, &mut |event| events.push(event));
    match events.pop() {
        Some(Event::Done { outcome, .. }) => outcome,
        other => panic!("{other:?}"),
    }
}

fn job(target_idxs: Vec<usize>, starts: usize) -> WireJob {
    let text = "w_a,w_b,loss\n0.5,0.5,2\n0.2,0.8,2.1\n0.9,0.1,2.3\n0.7,0.3,2.15\n";
    let dataset = import::import(text, None).dataset.expect("a study");
    let config = FitConfig { starts, ..FitConfig::default() };
    WireJob { study: WireStudy::from(&dataset), law: "linear".into(), target_idxs, config, nested: None }
}

/// A message of another page's making once sent indices out of range.
#[test]
fn messages_that_do_not_fit_together_are_answered_with_a_sentence() {
    let refused = |task| outcome(task).expect_err("refused");
    for target_idxs in [vec![], vec![1], vec![0, usize::MAX]] {
        assert!(refused(Task::Fit(job(target_idxs, 1))).contains("the targets to fit are none of the study's"));
    }
    for range in [0..3, 2..usize::MAX] {
        assert!(refused(Task::Starts { job: job(vec![0], 2), range }).contains("is no part of 2 to do"));
    }
    let ending = |n| Ending { theta: vec![0.1; n], objective: 1.0, converged: true, n_iterations: 3 };
    let endings = vec![ending(1), ending(7)];
    assert!(refused(Task::Finish { job: job(vec![0], 2), endings }).starts_with("the number of parameters of a start"));

    let Ok(Answer::Fit(fit)) = outcome(Task::Fit(job(vec![0], 2))) else { panic!("a fit") };
    let dataset = job(vec![0], 2).study.into_dataset().expect("a study");
    let study = FittedStudy::of(&dataset, vec![fit.into_fit().expect("a law")]);
    let scenario = || Box::new(Scenario::at_the_edge_of(&study.summary));
    let fitted = || WireFittedStudy::from(&study);
    let Ok(Answer::Optimum(optimum)) = outcome(Task::Optimum { fitted: fitted(), scenario: scenario() }) else {
        panic!("an optimum")
    };
    let mut short = fitted();
    short.fits[0].theta.pop();
    assert!(refused(Task::Optimum { fitted: short, scenario: scenario() }).contains("parameters of a law that has"));
    let mut elsewhere = fitted();
    elsewhere.fits[0].shape.own_domains = vec![Some(9)];
    refused(Task::Optimum { fitted: elsewhere, scenario: scenario() });
    let about = |optimum: &Optimum, question| Task::About {
        fitted: fitted(),
        scenario: scenario(),
        optimum: Box::new(optimum.clone()),
        question,
    };
    assert!(refused(about(&optimum, Question::Excess(vec![vec![1.0]]))).contains("is not one of 2 domains"));
    let long = Optimum { mixture: vec![0.2; 5], ..optimum.clone() };
    assert!(refused(about(&long, Question::Near(0.001))).contains("is not one of 2 domains"));
    let replicates = vec![Replicate { thetas: Vec::new(), holdout_mre_percent: Vec::new(), mixtures: Vec::new() }];
    let outcomes = Task::Outcomes {
        fitted: fitted(),
        scenario: scenario(),
        optimum: Box::new(optimum),
        compared: Vec::new(),
        replicates,
    };
    assert!(refused(outcomes).contains("a replicate of a bootstrap that is not of these fits"));
}

fn done(task: Task) -> (Result<Answer, String>, Vec<(usize, usize)>) {
    let (mut answer, mut steps) = (None, Vec::new());
    handle(Request { job: JobId(1), task }, &mut |event| match event {
        Event::Done { outcome, .. } => answer = Some(outcome),
        Event::Validated { done, all, .. } => steps.push((done, all)),
        _ => {}
    });
    (answer.expect("an answer"), steps)
}

/// What workers validate law by law is what [`auto`](crate::predict::auto) gives, and predicts the same to the bit on
/// the other side of a message.
#[test]
fn validation_over_messages_is_the_same() {
    use crate::predict::{auto, choice};
    let mut text = "w_a,w_b,w_c,N,D,loss\n".to_string();
    for i in 0..9_i32 {
        let (a, b) = (f64::from(10 + 7 * i % 40) / 100.0, f64::from(15 + 11 * i % 35) / 100.0);
        let loss = 2.0 + 0.4 * (a - 0.3) * (a - 0.3) + 0.2 * b * b;
        text.push_str(&format!("{a},{b},{},1B,20B,{loss}\n", 1.0 - a - b));
    }
    let dataset = import::import(&text, None).dataset.expect("a study");
    let config = FitConfig { starts: 3, ..FitConfig::default() };
    let expected = auto(&dataset, &[0], &config, &OneByOne, &|_, _| {}).expect("a study");
    let mut tried = Vec::new();
    for (law, forms) in choice::ways(&dataset, &[0], &config) {
        let fit = fit::fit(law, &dataset, &[0], &config, &mut |_| {}).expect("a fit");
        let task = |part: TrialPart| Task::Try {
            study: WireStudy::from(&dataset),
            fits: vec![WireFit::from(&fit)],
            forms: forms.clone(),
            part,
        };
        let share = |part: usize| {
            let (Ok(Answer::Share(share)), steps) = done(task(TrialPart::Share(part, 2))) else { panic!("no share") };
            let n = [5, 4][part];
            assert_eq!((steps.first(), steps.last()), (Some(&(1, n)), Some(&(n, n))));
            share
        };
        let shares = vec![share(1), share(0)];
        let lacking = done(task(TrialPart::Whole(shares[..1].to_vec()))).0;
        assert_eq!(lacking, Err("shares of another validation".to_string()));
        let (Ok(Answer::Tried(one)), _) = done(task(TrialPart::Whole(shares))) else { panic!("no validation") };
        tried.push(one.into_tried().expect("of this build"));
    }
    let study = choice::chosen(&dataset, tried);
    assert_eq!(
        (study.form, study.chosen(), &study.validation),
        (expected.form, expected.chosen(), &expected.validation)
    );
    assert_eq!(study.candidates.len(), 3);
    let wire = WireFittedStudy::whole(&study);
    let h = [0.3, 0.3, 0.4];
    let interval = |study: &FittedStudy| study.interval(0, Some(Params(1e9)), Some(Tokens(2e10)), &h);
    let over = wire.clone().into_study().expect("of this build");
    assert!(interval(&expected).is_some());
    assert_eq!((interval(&study), interval(&over)), (interval(&expected), interval(&expected)));
    assert_eq!(wire.clone().into_study().expect("again").processes[0], over.processes[0]);
    // Another study after it is that other one.
    let other = WireFittedStudy { processes: Vec::new(), form: Form::Law, candidates: Vec::new(), ..wire };
    assert!(other.into_study().expect("of this build").processes.is_empty());
    let scenario = Scenario::at_the_edge_of(&study.summary);
    let optimum = mixture::optimum(&study, &scenario).expect("an optimum");
    let expected = mixture::verdict(&expected, &scenario, &optimum).expect("a verdict");
    let (scenario, optimum) = (Box::new(scenario), Box::new(optimum));
    let fitted = WireFittedStudy::whole(&study);
    let (answer, _) = done(Task::About { fitted, scenario, optimum, question: Question::Verdict });
    assert_eq!(answer, Ok(Answer::About(Reply::Verdict(Box::new(expected)))));
}
