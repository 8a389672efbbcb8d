//! Links: what goes in comes out, and nothing that comes in does harm.

mod common;

use common::{fitted, random, random_fits, shape, theta};
use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::fit::Flag;
use mixlaw::law::LAWS;
use mixlaw::mixture::{Scenario, optimum};
use mixlaw::predict::FittedStudy;
use mixlaw::share::{ShareError, decode, encode, encode_with_runs, rounding};
use mixlaw::units::{Loss, Params, Tokens};
use proptest::prelude::*;
use rand::RngExt;

fn study(seed: u64, k: usize, n_targets: usize) -> FittedStudy {
    let mut random = random(seed);
    let law = LAWS[(seed % LAWS.len() as u64) as usize];
    let mut study = random_fits(&mut random, law, k, n_targets);
    study.fits[0].report.flags = vec![
        Flag::StartsDisagree { agreeing: 3, starts: 12 },
        Flag::AtBound(vec![0]),
        Flag::AtGammaLimit(vec![1]),
        Flag::Undetermined(vec![1, 2]),
        Flag::SearchCut,
        Flag::FewRuns { runs: 6, parameters: 13 },
        Flag::FewMixtures { mixtures: 6, parameters: 10 },
        Flag::FarRows { lines: vec![7, 3], n: 2, most: 0.625 },
    ];
    study
}

fn scenario(n_targets: usize) -> Scenario {
    let target_weights = (0..n_targets).map(|j| (format!("target{j}"), 1.0 + j as f64 / 7.0)).collect();
    Scenario { target_weights, ..Scenario::new(Params(7e9), Tokens(150e9)) }
}

fn says(fragment: &str) -> String {
    decode(fragment).err().expect("a bad link").to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_link_brings_back_the_fits_and_the_scenario(seed: u64, k in 2_usize..9, n_targets in 1_usize..9) {
        let study = study(seed, k, n_targets);
        let scenario = scenario(study.targets().count());
        let fragment = encode(&study, &scenario).expect("a small study");
        prop_assert!(fragment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{fragment}");
        prop_assert!(fragment.ends_with(|c: char| c.is_ascii_alphanumeric()));
        let back = decode(&format!("https://example.org/mixlaw/#{fragment}")).expect("our own link");
        prop_assert_eq!(&back.study.domains, &study.domains);
        prop_assert_eq!((back.scenario.n, back.scenario.d), (scenario.n, scenario.d));
        let (mut before, mut after) = (study.summary.clone(), back.study.summary.clone());
        for (before, after) in before.mean_mixture.drain(..).zip(after.mean_mixture.drain(..)) {
            prop_assert!((before - after).abs() < 1e-5);
        }
        prop_assert_eq!(before, after);
        let mut random = random(seed);
        for (before, after) in study.targets().zip(back.study.targets()) {
            prop_assert_eq!(before.name, after.name);
            prop_assert_eq!(&before.fit.report.flags, &after.fit.report.flags);
            prop_assert_eq!(&before.fit.report.scores, &after.fit.report.scores);
            let h = common::mixture(&mut random, study.domains.len(), false);
            let (n, d) = (Some(Params(3e9)), Some(Tokens(5e10)));
            let (before, after) = (before.loss(n, d, &h).0, after.loss(n, d, &h).0);
            prop_assert!((before - after).abs() < 1e-6 * before, "{before} {after}");
        }
        if study.fits[0].law.needs().min_domains == 0 {
            return Ok(());
        }
        let (before, after) = (optimum(&study, &scenario).expect("sound"), optimum(&back.study, &back.scenario).expect("sound"));
        let (before, after) = (before.weighted_loss.0, after.weighted_loss.0);
        prop_assert!((before - after).abs() < 1e-6 * before, "{before} {after}");
    }

    #[test]
    fn no_text_does_harm(text in ".*") {
        let _ = decode(&text);
        let _ = decode(&format!("1.z.{text}"));
    }

    #[test]
    fn a_changed_letter_is_noticed(seed: u64, at: prop::sample::Index, letter in "[A-Za-z0-9_-]") {
        let fragment = encode(&study(3, 3, 2), &scenario(2)).expect("a small study");
        let mut changed: Vec<char> = fragment.chars().collect();
        let position = at.index(changed.len());
        let letter = letter.chars().next().expect("one letter");
        prop_assume!(!changed[position].eq_ignore_ascii_case(&letter) && seed > 0);
        changed[position] = letter;
        prop_assert!(decode(&changed.into_iter().collect::<String>()).is_err());
    }
}

/// Runs of a study with all that one can have.
fn runs() -> Dataset {
    let mut random = random(11);
    let law = mixlaw::law::by_id("additive-repetition").expect("a law");
    let thetas: Vec<Vec<f64>> =
        (0..2).map(|_| theta(&mut random, law, &common::shape_of(law, 3, true, true))).collect();
    let mixtures: Vec<Vec<f64>> = (0..9).map(|_| common::mixture(&mut random, 3, true)).collect();
    let runs = common::simulated(law, &thetas, &mixtures, &[1.22e8, 1e9], &[2e9, 9e9], 0.01, 11);
    let mut observations = runs.observations().to_vec();
    for (row, observation) in observations.iter_mut().enumerate() {
        observation.split = if row % 5 > 2 { Split::Holdout } else { Split::Fit };
        observation.weight = 1.0 + (row % 3) as f64 / 4.0;
        observation.losses[1] = observation.losses[1].filter(|_| row % 4 > 0);
    }
    let stocks = [("domain1".to_string(), Tokens(5e8))];
    let runs = Dataset::new(runs.domains().to_vec(), runs.targets().to_vec(), observations).expect("a study");
    runs.with_stocks(&stocks).expect("a domain")
}

#[test]
fn runs_come_back_where_they_were_wanted_in() {
    let (study, runs) = (study(0, 3, 2), runs());
    let fragment = encode_with_runs(&study, &scenario(2), &runs).expect("a small study");
    let back = decode(&fragment).expect("our own link").runs.expect("the runs");
    assert_eq!((back.domains(), back.targets(), back.stocks()), (runs.domains(), runs.targets(), runs.stocks()));
    assert_eq!(back.observations().len(), runs.observations().len());
    for (before, after) in runs.observations().iter().zip(back.observations()) {
        assert_eq!((before.n, before.d, before.line, before.split), (after.n, after.d, after.line, after.split));
        assert!((before.weight - after.weight).abs() < 1e-6);
        assert!(before.mixture.iter().zip(&after.mixture).all(|(before, after)| (before - after).abs() < 1e-6));
        let close = |(before, after): (&Option<Loss>, &Option<Loss>)| match (before, after) {
            (Some(before), Some(after)) => (before.0 - after.0).abs() < 1e-5 * before.0,
            (None, None) => true,
            _ => false,
        };
        assert!(before.losses.iter().zip(&after.losses).all(close));
    }
    assert!(decode(&encode(&study, &scenario(2)).expect("a small study")).expect("our own").runs.is_none());

    // As a table they are the same study.
    let (text, roles) = mixlaw::export::runs_table(&runs);
    let read = mixlaw::import::import(&text, Some(roles)).dataset.expect("a study");
    assert_eq!((read.domains(), read.targets()), (runs.domains(), runs.targets()));
    for (before, after) in runs.observations().iter().zip(read.observations()) {
        assert_eq!((before.n, before.d, &before.losses), (after.n, after.d, &after.losses));
        assert_eq!((before.weight, before.split), (after.weight, after.split));
    }
}

/// Links with a sound check whose runs are none.
#[test]
fn impossible_runs_are_refused_with_a_sentence() {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let fragment = encode_with_runs(&study(0, 3, 2), &scenario(2), &runs()).expect("a small study");
    let body = fragment.trim_start_matches("1.z.").split('.').next().expect("a body");
    let body = miniz_oxide::inflate::decompress_to_vec(&base64.decode(body).expect("base64")).expect("deflated");
    let good: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let says = |path: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        *changed["y"].pointer_mut(path).expect(path) = value;
        let front =
            format!("1.z.{}", base64.encode(miniz_oxide::deflate::compress_to_vec(changed.to_string().as_bytes(), 9)));
        let crc = crc32fast::hash(front.as_bytes());
        let letters = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let check: String = (0..7).rev().map(|digit| char::from(letters[(crc >> (5 * digit)) as usize & 31])).collect();
        says(&format!("{front}.{check}"))
    };
    for (path, value, expected) in [
        ("/r", serde_json::json!([0]), "half a run"),
        ("/r/0", serde_json::json!(99), "a run of a mixture that is not there"),
        ("/r/1", serde_json::json!(u64::MAX), "a run of a mixture that is not there"),
        ("/l/0", serde_json::json!([]), "losses of other runs"),
        ("/l", serde_json::json!([]), "losses of other targets"),
        ("/l/0/0", serde_json::json!(-1.0), "line 2"),
        ("/m/0/0", serde_json::json!(0.9), "weights of a run that do not sum to 1"),
        ("/m/0", serde_json::json!([1.0]), "line 2"),
        ("/o/0", serde_json::json!(u64::MAX), "a run that is not there"),
        ("/w", serde_json::json!([1.0]), "weights of other runs"),
        ("/u", serde_json::json!([1.0]), "stocks of other domains"),
        ("/u/1", serde_json::json!(-1.0), "domain1"),
        ("/s/0/0", serde_json::json!(null), "line 2"),
        ("/s/0/0", serde_json::json!(-5.0), "line 2"),
    ] {
        let sentence = says(path, value);
        assert!(sentence.starts_with("this link says something impossible: "), "{path}: {sentence}");
        assert!(sentence.contains(expected), "{path}: {sentence}");
    }
}

#[test]
fn too_many_runs_for_a_link_are_refused_with_a_number() {
    let runs = runs();
    let many = (0..20_000).map(|row| {
        let observation = &runs.observations()[row % runs.observations().len()];
        let loss = |loss: &Option<Loss>| loss.map(|loss| Loss(loss.0 * (1.0 + (row as f64 * 0.7).sin() / 9.0)));
        Observation { losses: observation.losses.iter().map(loss).collect(), ..observation.clone() }
    });
    let many = Dataset::new(runs.domains().to_vec(), runs.targets().to_vec(), many.collect()).expect("a study");
    let error = encode_with_runs(&study(0, 3, 2), &scenario(2), &many).expect_err("too many").to_string();
    assert!(error.starts_with("a link cannot hold this study: with its runs it would have "), "{error}");
}

/// What a link rounds changes the losses by far less than anyone measures.
#[test]
fn rounding_is_what_a_link_changes() {
    let (study, runs) = (study(0, 3, 2), runs());
    let back = decode(&encode(&study, &scenario(2)).expect("a small study")).expect("our own link").study;
    let rounding = rounding(&study, &back, &runs);
    assert!(rounding > 0.0 && rounding < 1e-6, "{rounding}");
    assert_eq!(mixlaw::share::rounding(&study, &study, &runs), 0.0);
    let mut other = study.clone();
    other.fits[1].theta[0] += 0.01;
    let e = study.fits[1].theta[0];
    let expected = (e + 0.01).exp() - e.exp();
    assert!((mixlaw::share::rounding(&study, &other, &runs) - expected).abs() < 1e-9);
}

#[test]
fn half_a_link_says_that_it_was_cut() {
    let fragment = encode(&study(1, 3, 2), &scenario(2)).expect("a small study");
    for length in 1..fragment.len() {
        let error = decode(&fragment[..length]).err().expect("half a link");
        assert_eq!(error, ShareError::Damaged, "the first {length} characters");
    }
    assert_eq!(
        says(&fragment[..fragment.len() / 2]),
        "this link is damaged: a part of it is missing or changed, perhaps cut by a chat or mail program; ask for it again"
    );
}

#[test]
fn other_links_get_a_sentence() {
    let expected = "this is no Mixlaw link: after the # it should read 1.z. or 2.z., then letters and digits";
    for text in ["", "#", "section-2", "x.z.abc", "0.z.abc.1234567"] {
        assert_eq!(says(text), expected, "{text:?}");
    }
    assert_eq!(
        says(&"a".repeat(70_000)),
        "this link has 70000 characters after the #; a Mixlaw link has at most 65536"
    );
}

/// Made by hand: a link of version 2 with a sound check.
#[test]
fn a_newer_link_says_so() {
    let front = "3.y.whatever";
    let crc = crc32fast::hash(front.as_bytes());
    let letters = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let check: String = (0..7).rev().map(|digit| char::from(letters[(crc >> (5 * digit)) as usize & 31])).collect();
    assert_eq!(
        says(&format!("{front}.{check}")),
        "this link was made with a newer version of Mixlaw (link version 3; this page reads up to 2); reload the page to get that version"
    );
}

/// A small body that inflates to far more than any link's.
#[test]
fn a_body_that_inflates_without_end_is_refused() {
    use base64::Engine as _;
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 20_000_000], 9);
    let front = format!("1.z.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bomb));
    let crc = crc32fast::hash(front.as_bytes());
    let letters = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let check: String = (0..7).rev().map(|digit| char::from(letters[(crc >> (5 * digit)) as usize & 31])).collect();
    assert_eq!(decode(&format!("{front}.{check}")).err(), Some(ShareError::Damaged));
}

#[test]
fn too_many_domains_for_a_link_are_refused_with_a_number() {
    let law = LAWS[0];
    let study = fitted(law, 65, vec![theta(&mut random(1), law, &shape(65, true, true))]);
    assert_eq!(
        encode(&study, &scenario(1)).expect_err("too many").to_string(),
        "a link cannot hold this study: it has 65 domains, and a link holds 64"
    );
}

/// Real links of every release, which must open for ever: never change a line, only add some.
#[test]
fn old_links_open() {
    let links = include_str!("links.txt");
    for line in links.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (expected, link) = line.split_once(' ').expect("the weighted loss at the optimum, then the link");
        let shared = decode(link).unwrap_or_else(|error| panic!("{link}: {error}"));
        let found = match &shared.computed {
            Some(computed) => computed.weighted_loss,
            None => optimum(&shared.study, &shared.scenario).expect("a sound scenario").weighted_loss.0,
        };
        assert_eq!(format!("{found:.5}"), expected, "{link}");
    }
}

/// The paper's largest study fits where chat programs still take a link.
#[test]
fn links_of_the_papers_studies_are_short() {
    let mut random = random(5);
    for (law, most) in LAWS.into_iter().zip([2000, 2600]) {
        let mut study = fitted(law, 7, (0..8).map(|_| theta(&mut random, law, &shape(7, true, true))).collect());
        for (j, fit) in study.fits.iter_mut().enumerate() {
            fit.report.objective = 1e-5 * (1.0 + random.random::<f64>());
            fit.report.scores[0].fit_mre_percent = random.random();
            fit.report.scores[0].n_fit = 1534 - j;
        }
        let length = encode(&study, &scenario(8)).expect("a small study").len();
        assert!(length < most, "{}: {length} characters", law.id());
    }
}

/// A study of one scale whose losses have no law's form, so that a process predicts.
fn validated() -> (FittedStudy, mixlaw::dataset::Dataset) {
    let mut text = "w_a,w_b,w_c,N,D,loss\n".to_string();
    for i in 0..11_i32 {
        let (a, b) = (f64::from(10 + 7 * i % 40) / 100.0, f64::from(15 + 11 * i % 35) / 100.0);
        let loss = 2.0 + 0.4 * (a - 0.3) * (a - 0.3) + 0.2 * b * b + 0.3 * (a - 0.2).abs() * b;
        text.push_str(&format!("{a},{b},{},1B,20B,{loss:.5}\n", 1.0 - a - b));
    }
    let dataset = mixlaw::import::import(&text, None).dataset.expect("a study");
    let config = mixlaw::fit::FitConfig { starts: 3, ..mixlaw::fit::FitConfig::default() };
    let study =
        mixlaw::predict::auto(&dataset, &[0], &config, &mixlaw::predict::OneByOne, &|_, _| {}).expect("a study");
    // Whatever validation chooses, the process is what a link alone cannot make.
    let process = study.candidates.iter().position(|one| one.form == mixlaw::predict::Form::Process).expect("one");
    (study.with_candidate(process).expect("a candidate"), dataset)
}

#[test]
fn a_link_of_a_process_shows_the_answer_that_was_computed() {
    let (study, runs) = validated();
    let scenario = Scenario::at_the_edge_of(&study.summary);
    let found = optimum(&study, &scenario).expect("an optimum");
    let link = encode(&study, &scenario).expect("a link");
    assert!(link.starts_with("2.z.") && link.len() < 2500, "{} {link}", link.len());
    let shared = decode(&link).expect("our own");
    assert!(shared.is_fixed && shared.study.processes.is_empty());
    let computed = shared.computed.expect("an answer");
    assert!((computed.weighted_loss - found.weighted_loss.0).abs() < 1e-6);
    assert!(computed.mixture.iter().zip(&found.mixture).all(|(a, b)| (a - b).abs() < 1e-6));
    assert!(computed.interval.is_some_and(|it| it.low < computed.weighted_loss && computed.weighted_loss < it.high));
    let verdict = mixlaw::mixture::verdict(&study, &scenario, &found).expect("a verdict");
    assert_eq!((computed.findings, computed.n_candidates), (verdict.findings, 3));
    assert!(
        computed.gains.iter().any(|(name, gain, interval)| name == "uniform" && *gain >= 0.0 && interval.is_some())
    );

    // With its runs it predicts the same.
    let anew = mixlaw::share::Computed::anew(&study, &scenario).expect("an answer");
    let link = mixlaw::share::encode_computed(&study, &scenario, Some(&runs), &anew).expect("a link");
    let shared = decode(&link).expect("our own");
    assert!(!shared.is_fixed && shared.study.form == study.form);
    let again = optimum(&shared.study, &shared.scenario).expect("an optimum");
    assert_eq!(format!("{:.5}", again.weighted_loss.0), format!("{:.5}", found.weighted_loss.0));
    // Of a law alone, too: the runs' mixtures are in the link, among which it was sought.
    let law = study.candidates.iter().position(|one| one.form == mixlaw::predict::Form::Law).expect("one");
    let law = study.with_candidate(law).expect("a candidate");
    let anew = mixlaw::share::Computed::anew(&law, &scenario).expect("an answer");
    let link = mixlaw::share::encode_computed(&law, &scenario, None, &anew).expect("a link");
    let back = decode(&link).expect("our own");
    let again = optimum(&back.study, &back.scenario).expect("an optimum").weighted_loss.0;
    assert!(!back.is_fixed && (again - anew.weighted_loss).abs() < 1e-5, "{again} {}", anew.weighted_loss);
    let interval = |study: &FittedStudy| study.interval(0, Some(found.n), Some(found.d), &found.mixture).expect("one");
    assert!((interval(&shared.study).high - interval(&study).high).abs() < 1e-5);
}

/// A part that says something impossible makes the whole link none.
#[test]
fn answers_that_cannot_be_are_refused() {
    use base64::Engine as _;
    let (study, _) = validated();
    let link = encode(&study, &Scenario::at_the_edge_of(&study.summary)).expect("a link");
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let body = base64.decode(link.split('.').nth(2).expect("a body")).expect("base64");
    let body = miniz_oxide::inflate::decompress_to_vec(&body).expect("deflated");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut body = body.clone();
        change(&mut body);
        let body = miniz_oxide::deflate::compress_to_vec(body.to_string().as_bytes(), 9);
        let front = format!("2.z.{}", base64.encode(body));
        let crc = crc32fast::hash(front.as_bytes());
        let letters = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let check: String = (0..7).rev().map(|digit| char::from(letters[(crc >> (5 * digit)) as usize & 31])).collect();
        decode(&format!("{front}.{check}")).err()
    };
    assert_eq!(changed(&|_| {}), None);
    let refused = |change: &dyn Fn(&mut serde_json::Value)| matches!(changed(change), Some(ShareError::Content { .. }));
    assert!(refused(&|body| body["a"]["h"] = serde_json::json!([0.5, 0.5])));
    assert!(refused(&|body| body["a"]["h"] = serde_json::json!([0.9, 0.9, 0.9])));
    assert!(refused(&|body| body["a"]["n"] = serde_json::json!(-1.0)));
    assert!(refused(&|body| body["a"]["t"][0][0] = serde_json::json!("elsewhere")));
    assert!(refused(&|body| body["b"]["d"] = serde_json::json!(["a"])));
    assert!(refused(&|body| body["f"] = serde_json::json!("oracle")));
}
