//! What each fuzz target does with its bytes. `make fuzz` has libFuzzer draw them; tests/fuzz_replay.rs has plain
//! `cargo test` run the inputs in fuzz/kept, among them every one that once found a fault.
//!
//! A body panics where an invariant breaks: what is read is sound or refused with a sentence, numbers are finite,
//! mixtures lie on the simplex and hold every limit, a certificate is true, what is written can be read again.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mixlaw::dataset::{Dataset, Holdout, Observation, Split};
use mixlaw::export::scenario_file::ScenarioFile;
use mixlaw::export::{FORMATS, Known, KnownOptimum, fit_file};
use mixlaw::fit::{Fit, FitConfig, Residual, fit, target_groups, usable_targets};
use mixlaw::import::{self, Role, Roles};
use mixlaw::law::LAWS;
use mixlaw::mixture::{
    Aim, Budget, Certificate, DEFAULT_EPSILON, GroupLimit, Limits, Optimum, Prior, Scenario, WeightLimit, each_target,
    excess, near_optimal, optimum,
};
use mixlaw::page::input::draft::Draft;
use mixlaw::predict::FittedStudy;
use mixlaw::protocol::{Event, Request, Task, handle};
use mixlaw::share::{self, Shared};
use mixlaw::units::{Decimal, Flops, Loss, Params, Quantity, Tokens, read_number, write_number};

/// A target's name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 7] = [
    ("table", table),
    ("numbers", numbers),
    ("links", links),
    ("fit_files", fit_files),
    ("scenarios", scenarios),
    ("protocol", protocol),
    ("pipeline", pipeline),
];

/// A text as a table, first with the roles guessed, then with others: the first byte says which column has which.
pub fn table(data: &[u8]) {
    let [which, text @ ..] = data else { return };
    if let Err(cause) = import::decode::decode(text) {
        sentence(&cause.to_string());
    }
    let text = String::from_utf8_lossy(text);
    let imported = import::import(&text, None);
    sound(&imported);
    let mut roles = imported.roles.clone();
    if let Some(n) = roles.0.len().checked_sub(1) {
        let again = import::import(&text, Some(roles.clone()));
        assert!(again.dataset.is_some() || imported.dataset.is_none(), "the roles that were guessed are no roles");
        const ROLES: [Role; 4] = [Role::Weight, Role::N, Role::Loss, Role::Ignored];
        roles.0[usize::from(*which) % (n + 1)] = ROLES[usize::from(*which) % 4];
        sound(&import::import(&text, Some(roles)));
    }
    sound(&import::import(&text, Some(Roles(vec![Role::Loss; usize::from(*which) % 9]))));
}

fn sound(imported: &import::Imported) {
    imported.issues.sentences(20).iter().for_each(|said| sentence(said));
    let Some(dataset) = &imported.dataset else { return };
    for observation in dataset.observations() {
        let sum: f64 = observation.mixture.iter().sum();
        assert!(dataset.domains().is_empty() || (sum - 1.0).abs() < 1e-9, "weights sum to {sum}");
        let numbers = observation.n.map(|n| n.0).into_iter().chain(observation.d.map(|d| d.0));
        let numbers = numbers.chain(observation.losses.iter().flatten().map(|loss| loss.0));
        assert!(numbers.into_iter().all(|number| number.is_finite() && number > 0.0), "{observation:?}");
    }
}

/// A text as each kind of number.
pub fn numbers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    use Quantity::{Flops, Loss, Params, Perplexity, Share, Tokens};
    for decimal in [Decimal::Point, Decimal::Comma] {
        let plain = read_number(text, decimal);
        let others = [Share, Params, Tokens, Flops, Loss, Perplexity].map(|quantity| quantity.read(text, decimal));
        for read in [plain].into_iter().chain(others) {
            match read {
                Ok(number) => {
                    assert!(number.is_finite(), "{text:?} is {number}");
                    let back = read_number(&write_number(number, 17), Decimal::Point).expect("our own number");
                    assert!((back - number).abs() <= 1e-14 * number.abs(), "{text:?}: {number} {back}");
                }
                Err(error) => sentence(&error.to_string()),
            }
        }
    }
}

/// A fragment as it stands, or the body of one, which is sealed first.
pub fn links(data: &[u8]) {
    let [kind, rest @ ..] = data else { return };
    let fragment = match kind % 2 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => sealed(rest),
    };
    match share::decode(&fragment) {
        Ok(shared) => opened(&shared),
        Err(error) => sentence(&error.to_string()),
    }
}

/// The fragment of a body, as [`share::encode`] would make it.
fn sealed(body: &[u8]) -> String {
    const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let front = format!("1.z.{}", URL_SAFE_NO_PAD.encode(miniz_oxide::deflate::compress_to_vec(body, 1)));
    let sum = crc32fast::hash(front.as_bytes());
    let check = (0..7).rev().map(|i| char::from(CROCKFORD[(sum >> (5 * i)) as usize & 31]));
    format!("{front}.{}", check.collect::<String>())
}

fn opened(Shared { study, scenario, runs, .. }: &Shared) {
    study.check().expect("what a link says was checked");
    answered(study, scenario, runs.as_ref());
    let Ok(fragment) = share::encode(study, scenario) else { return };
    let back = share::decode(&fragment).expect("our own link");
    assert_eq!(share::encode(&back.study, &back.scenario).as_ref(), Ok(&fragment), "a link of a link is that link");
}

/// A text as a fit file or a project, as the page and the command line open it.
pub fn fit_files(data: &[u8]) {
    fit_file::table(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    match fit_file::read_saved(text) {
        Ok(saved) => {
            saved.draft.and_then(Draft::from_value).map(|draft| draft.title());
            let Some(study) = saved.study else { return };
            let written = fit_file::write(&study, saved.runs.as_ref(), Some(&saved.replicates));
            let (back, _) = fit_file::read(&written).expect("our own fit file");
            assert_eq!(back.domains, study.domains);
            let scenario = saved.scenario.map(|file| file.scenario(&study));
            match scenario.unwrap_or_else(|| Ok(Scenario::at_the_edge_of(&study.summary))) {
                Ok(scenario) => answered(&study, &scenario, saved.runs.as_ref()),
                Err(error) => sentence(&error),
            }
        }
        Err(error) => sentence(&error.to_string()),
    }
}

/// A text as a scenario file for a study of three domains.
pub fn scenarios(data: &[u8]) {
    let study = &*SMALL;
    match ScenarioFile::read(data).and_then(|file| file.scenario(study)) {
        Ok(scenario) => {
            let written = serde_json::to_vec(&ScenarioFile::of(&scenario)).expect("a scenario is JSON");
            let back = ScenarioFile::read(&written).and_then(|file| file.scenario(study));
            assert_eq!(back.as_ref(), Ok(&scenario), "{}", String::from_utf8_lossy(&written));
            answered(study, &scenario, None);
        }
        Err(error) => sentence(&error),
    }
}

static SMALL: LazyLock<FittedStudy> = LazyLock::new(small_study);

/// Three domains and two targets.
fn small_study() -> FittedStudy {
    let text = "w_a,w_b,w_c,N,D,a_loss,x_loss\n0.5,0.3,0.2,100M,1B,3.0,2.0\n0.2,0.6,0.2,100M,2B,2.9,2.1\n\
        0.8,0.1,0.1,300M,2B,2.7,2.2\n0.3,0.3,0.4,300M,3B,2.6,2.0\n0.6,0.2,0.2,1B,5B,2.4,1.9\n0.1,0.1,0.8,1B,9B,2.5,1.8\n";
    let dataset = import::import(text, None).dataset.expect("a study");
    fitted(&dataset, 0, &FitConfig { starts: 1, ..FitConfig::default() }).expect("fits")
}

fn fitted(dataset: &Dataset, law_idx: usize, config: &FitConfig) -> Option<FittedStudy> {
    let law = LAWS[law_idx % LAWS.len()];
    let all: Vec<usize> = (0..dataset.targets().len()).collect();
    let mut fits: Vec<Fit> = Vec::new();
    for group in target_groups(law, &usable_targets(law, dataset, &all)) {
        match fit(law, dataset, &group, config, &mut |_| {}) {
            Ok(fit) => fits.push(fit),
            Err(error) => sentence(&error.to_string()),
        }
    }
    let study = FittedStudy::of(dataset, fits);
    (!study.fits.is_empty()).then_some(study)
}

/// A message to a worker, as JSON; one that would be at work for long is left out.
pub fn protocol(data: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Request>(data) else { return };
    let is_long = match &request.task {
        Task::Fit(job) | Task::Starts { job, .. } | Task::Finish { job, .. } => job.config.starts > 2,
        Task::Replicates { config, .. } => config.replicates > 2 || config.starts > 2,
        _ => false,
    };
    if is_long || data.len() > 20_000 {
        return;
    }
    let job = request.job;
    let mut endings = Vec::new();
    handle(request, &mut |event| {
        if let Event::Done { job, outcome } = event {
            endings.push((job, outcome));
        }
    });
    let [(of, outcome)] = &endings[..] else { panic!("{} answers", endings.len()) };
    assert_eq!(*of, job);
    if let Err(error) = outcome {
        sentence(error);
    }
}

/// Bytes, taken one after the other; zeros once they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// From 0 to 1, both ends among them.
    fn share(&mut self) -> f64 {
        f64::from(self.byte()) / 255.0
    }

    fn maybe_share(&mut self) -> Option<f64> {
        self.one_in(3).then(|| self.share())
    }

    fn of(&mut self, values: &[f64]) -> f64 {
        values[self.below(values.len())]
    }
}

const NAMES: [&str; 8] = ["a", "b, c", "=x", "ü 中", "x\"y", "the rest", "loss", "d: {e}"];
const SIZES: [f64; 7] = [1e8, 3e8, 1e9, 7e10, 1.0, 1e15, 1e18];
const TOKENS: [f64; 7] = [2e9, 8e9, 2e10, 1.5e11, 1.0, 1e15, 1e20];
/// Beyond what anyone trains, up to the ends of f64.
const EXTREME: [f64; 5] = [5e-324, 1e-300, 1e100, 1e300, f64::MAX];

/// A study, fitted, optimised for a scenario, written in every form and opened again.
pub fn pipeline(data: &[u8]) {
    let bytes = &mut Bytes(data);
    let law_idx = bytes.below(LAWS.len());
    let Some(dataset) = study(bytes) else { return };
    let config = FitConfig {
        starts: 1 + bytes.below(2),
        seed: u64::from(bytes.byte()),
        delta: bytes.of(&[1e-3, 1e-8, 0.1, f64::INFINITY]),
        residual: if bytes.one_in(4) { Residual::LogLoss } else { Residual::Nats },
        holdout: [Holdout::None, Holdout::Split, Holdout::LargestN][bytes.below(3)],
        ridge: if LAWS[law_idx].id() == "linear" { bytes.of(&[0.0, 1e-3, 1e6]) } else { 0.0 },
        weight_power: bytes.of(&[0.0, 0.0, 1.0, 4.0]),
        gamma_floor: bytes.of(&[0.0, 0.0, 0.2, 1.0]),
        gamma_ceiling: bytes.of(&[0.0, 1.0, 1.0, 20.0]),
        restrictions: Vec::new(),
    };
    let Some(study) = fitted(&dataset, law_idx, &config) else { return };
    study.check().expect("a fit of ours is possible");
    let scenario = scenario(bytes, &study);
    answered(&study, &scenario, Some(&dataset));
    let Ok(fragment) = share::encode(&study, &scenario) else { return };
    opened(&share::decode(&fragment).expect("our own link"));
}

fn study(bytes: &mut Bytes) -> Option<Dataset> {
    let (k, n_targets, n_rows) = (1 + bytes.below(5), 1 + bytes.below(3), 2 + bytes.below(24));
    let (with_n, with_d) = (!bytes.one_in(4), !bytes.one_in(4));
    let n_mixtures = 1 + bytes.below(n_rows);
    let mixtures: Vec<Vec<f64>> = (0..n_mixtures)
        .map(|_| {
            let parts: Vec<f64> = (0..k).map(|_| if bytes.one_in(6) { 0.0 } else { 0.01 + bytes.share() }).collect();
            let sum: f64 = parts.iter().sum();
            if sum > 0.0 { parts.iter().map(|part| part / sum).collect() } else { vec![1.0 / k as f64; k] }
        })
        .collect();
    let observations = (0..n_rows).map(|row| {
        let (n_sizes, n_tokens) = (1 + bytes.below(7), 1 + bytes.below(7));
        let (n, d) = (bytes.of(&SIZES[..n_sizes]), bytes.of(&TOKENS[..n_tokens]));
        let mixture = mixtures[row % n_mixtures].clone();
        let plain = 1.6 + 0.5 / (0.2 + mixture[0]).sqrt() + 2.0 * (n / 1e8).powf(-0.3) + (d / 1e9).powf(-0.4);
        let losses = (0..n_targets).map(|j| {
            let loss = plain * (1.0 + 0.1 * j as f64) * (1.0 + 0.01 * (bytes.share() - 0.5));
            let loss = if bytes.one_in(40) { bytes.of(&[1e-3, 0.01, 59.0, 1000.0, 1e300]) } else { loss };
            (!bytes.one_in(20)).then_some(Loss(loss))
        });
        Observation {
            line: row + 2,
            losses: losses.collect(),
            n: with_n.then_some(Params(n)),
            d: with_d.then_some(Tokens(d)),
            mixture,
            weight: if bytes.one_in(16) { bytes.of(&[1e-300, 1e-6, 1e6]) } else { 1.0 },
            split: if bytes.one_in(8) { Split::Holdout } else { Split::Fit },
        }
    });
    let observations = observations.collect();
    let domains: Vec<String> = NAMES[..k].iter().map(|name| name.to_string()).collect();
    // Some of them the domains' own.
    let name = |j: usize| if j < k && bytes.one_in(2) { NAMES[j].to_string() } else { format!("target {j}") };
    let targets = (0..n_targets).map(name).collect();
    let dataset = Dataset::new(domains.clone(), targets, observations).ok()?;
    let stocks: Vec<(String, Tokens)> =
        domains.into_iter().filter_map(|name| bytes.one_in(2).then(|| (name, Tokens(bytes.of(&TOKENS))))).collect();
    dataset.with_stocks(&stocks).ok()
}

fn scenario(bytes: &mut Bytes, study: &FittedStudy) -> Scenario {
    let k = study.domains.len();
    let size = |bytes: &mut Bytes, usual: &[f64]| if bytes.one_in(16) { bytes.of(&EXTREME) } else { bytes.of(usual) };
    let (n, d) = (size(bytes, &SIZES), size(bytes, &TOKENS));
    let mut limits = Limits { inside_data: bytes.one_in(3), ..Limits::default() };
    for name in &study.domains {
        if bytes.one_in(3) {
            let (min, max) = (bytes.maybe_share(), bytes.maybe_share());
            limits.weights.push(WeightLimit { domain: name.clone(), min, max });
        }
        if bytes.one_in(3) {
            limits.stocks.push((name.clone(), Tokens(size(bytes, &TOKENS))));
        }
    }
    for _ in 0..bytes.below(3) {
        let domains: Vec<String> = study.domains.iter().filter(|_| bytes.one_in(2)).cloned().collect();
        limits.groups.push(GroupLimit { domains, min: bytes.maybe_share(), max: bytes.maybe_share() });
    }
    if bytes.one_in(3) {
        limits.most_epochs = Some(size(bytes, &[1.0, 4.0, 0.5, 1e-3]));
    }
    if bytes.one_in(4) {
        limits.present = study.domains.iter().map(|name| (name.clone(), bytes.share())).collect();
        limits.most_change = bytes.maybe_share();
    }
    let budget = match bytes.below(6) {
        0 => Budget::Compute(Flops(size(bytes, &[1e18, 1e22]))),
        1 => Budget::Stocks,
        _ => Budget::Given,
    };
    let prior = bytes.one_in(5).then(|| Prior {
        mixture: study.domains.iter().take(1 + bytes.below(k)).map(|name| (name.clone(), bytes.share())).collect(),
        kl: bytes.of(&[0.0, 1e-3, 1.0, 1e6]),
    });
    let target_weights = match bytes.one_in(3) {
        true => study.targets().map(|target| (target.name.to_string(), bytes.of(&[1.0, 0.0, 1e-9, 1e9]))).collect(),
        false => Vec::new(),
    };
    let aim = if bytes.one_in(5) { Aim::Worst } else { Aim::Mean };
    Scenario { target_weights, aim, limits, prior, budget, ..Scenario::new(Params(n), Tokens(d)) }
}

/// The optimum of a scenario holds what it promises, and everything can be written and read.
fn answered(study: &FittedStudy, scenario: &Scenario, runs: Option<&Dataset>) {
    // A link may have hundreds of domains, which take longer than a fuzzer waits.
    if study.domains.len() > 8 || study.targets().count() > 4 {
        return;
    }
    let found = optimum(study, scenario);
    let near = match &found {
        Ok(found) => {
            check_optimum(study, scenario, found);
            near_optimal(study, scenario, found, DEFAULT_EPSILON).ok()
        }
        Err(error) => {
            sentence(&error.to_string());
            None
        }
    };
    for (range, h) in near.iter().flatten().zip(found.iter().flat_map(|found| &found.mixture)) {
        assert!(range.low <= h + 1e-6 && h - 1e-6 <= range.high, "{h} in {range:?}");
        assert!(range.low >= -1e-9 && range.high <= 1.0 + 1e-9, "{range:?}");
    }
    let optimum = found.as_ref().ok().map(|optimum| KnownOptimum {
        scenario,
        optimum,
        near: near.as_deref(),
        certainty: None,
        verdict: None,
    });
    let known = Known { study, runs, replicates: None, optimum };
    for format in &FORMATS {
        match format.write(&known) {
            Ok(text) => parses(format.file, &text),
            Err(missing) => sentence(&missing.to_string()),
        }
    }
}

fn check_optimum(study: &FittedStudy, scenario: &Scenario, found: &Optimum) {
    let h = &found.mixture;
    let numbers = [found.n.0, found.d.0, found.weighted_loss.0, found.objective];
    assert!(numbers.iter().chain(h).all(|number| number.is_finite()), "{found:?}");
    assert!(!found.kkt_residual.is_nan() && found.prices.iter().all(|price| price.nats.is_finite()), "{found:?}");
    assert!(h.iter().all(|h| (0.0..=1.0).contains(h)) && (h.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{h:?}");
    holds(study, scenario, found);
    let is_plain = scenario.aim == Aim::Mean && scenario.prior.is_none() && scenario.budget == Budget::Given;
    if found.certificate == Certificate::Convex && is_plain {
        // Every optimum of a single target holds the limits as well, and so does what lies on the way to it.
        let others = each_target(study, scenario).into_iter().flatten().flat_map(|(_, other)| {
            [1.0, 0.5, 0.1, 1e-3].map(|length| {
                h.iter().zip(&other.mixture).map(|(from, to)| from + length * (to - from)).collect::<Vec<f64>>()
            })
        });
        let others: Vec<Vec<f64>> = others.collect();
        let worse = excess(study, scenario, found, &others).expect("the same scenario");
        let slack = 1e-7 * found.objective.abs().max(1e-3);
        let better = worse.iter().position(|excess| *excess < -slack);
        assert!(better.is_none(), "{:?} is better than {h:?} by {worse:?}", others[better.unwrap_or(0)]);
    }
}

fn holds(study: &FittedStudy, scenario: &Scenario, found: &Optimum) {
    const SLACK: f64 = 1e-9;
    let limits = &scenario.limits;
    let at = |name: &String| found.mixture[study.domains.iter().position(|known| known == name).expect("a domain")];
    let within = |what: &str, value: f64, min: Option<f64>, max: Option<f64>| {
        let holds = value >= min.unwrap_or(0.0) - SLACK && value <= max.unwrap_or(1.0) + SLACK;
        assert!(holds, "{what} is {value}, not from {min:?} to {max:?}: {:?} {limits:?}", found.mixture);
    };
    for limit in &limits.weights {
        within(&limit.domain, at(&limit.domain), limit.min, limit.max);
    }
    for group in &limits.groups {
        within("a group", group.domains.iter().map(at).sum(), group.min, group.max);
    }
    for (name, stock) in limits.stocks.iter().filter(|_| limits.most_epochs.is_some()) {
        let most = limits.most_epochs.unwrap_or_default() * stock.0 / found.d.0;
        within(name, at(name), None, Some(most));
    }
    let present: f64 = limits.present.iter().map(|(_, share)| share).sum();
    if let Some(change) = limits.most_change.filter(|_| present > 0.0) {
        for (name, share) in &limits.present {
            within(name, at(name), Some(share / present - change), Some(share / present + change));
        }
    }
    // Links without runs and old files know the ranges of the weights alone.
    match mixlaw::mixture::support(study).filter(|_| limits.inside_data) {
        Some(support) => assert!(support.distance(&found.mixture) <= support.radius() + 1e-6, "{:?}", found.mixture),
        None if limits.inside_data => {
            for ((name, h), (low, high)) in study.domains.iter().zip(&found.mixture).zip(&study.summary.weight_ranges) {
                within(name, *h, Some(*low), Some(*high));
            }
        }
        None => {}
    }
}

/// A file of that name has the form that its ending promises.
fn parses(file: &str, text: &str) {
    match file.rsplit('.').next() {
        Some("json") => drop(serde_json::from_str::<serde_json::Value>(text).expect(text)),
        Some("yaml") => drop(serde_saphyr::from_str::<serde_json::Value>(text).expect(text)),
        Some("csv") => {
            let widths: Vec<usize> = csv_widths(text);
            assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        }
        Some("tex" | "bib") => {
            let read: String = text.lines().filter(|line| !line.starts_with('%')).collect();
            let depth = read.replace("\\{", "").replace("\\}", "").chars().fold(0_i64, |depth, letter| match letter {
                '{' => depth + 1,
                '}' => depth - 1,
                _ => depth,
            });
            assert_eq!(depth, 0, "{text}");
        }
        _ => assert!(!text.is_empty()),
    }
}

/// Cells of each row.
fn csv_widths(text: &str) -> Vec<usize> {
    let (mut widths, mut cells, mut quoted) = (Vec::new(), 1, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells += 1,
            '\n' if !quoted => {
                widths.push(cells);
                cells = 1;
            }
            _ => {}
        }
    }
    widths
}

/// Something to read. It may quote its input, so nothing can be said of its words.
fn sentence(said: &str) {
    assert!(said.len() > 5, "{said:?}");
}
