//! Where the time of a fit goes, and how much of it is arithmetic that no program can leave out.
//!
//! Fits run through the library's own search with an objective that counts and times its evaluations. Linear
//! algebra is timed alone: one factorisation for each value asked for (a step of Levenberg–Marquardt) and one
//! update of the metric for each gradient (a step of BFGS). The least that an evaluation can cost is that of its
//! exponentials and of its multiplications with an addition, each timed alone in a loop over the cache.

mod common;

use std::hint::black_box;
use std::sync::Mutex;
use std::time::Instant;

use mixlaw::dataset::Dataset;
use mixlaw::fit::problem::Problem;
use mixlaw::fit::search::{self, Search};
use mixlaw::fit::solver::Objective;
use mixlaw::fit::{FitConfig, InTurn, fit};
use mixlaw::import::import;
use mixlaw::law::{Evaluation, Law, Shape};
use nalgebra::{Cholesky, DMatrix, DVector};

/// Which target stands for all.
const TARGET: &str = "wikipedia_loss";

/// What the solver asks for, in the order of [`Meter::asked`].
const KINDS: [&str; 3] = ["values", "gradients", "normal equations"];

/// How often something was asked for, and how long it took in all.
#[derive(Clone, Copy, Default)]
struct Asked {
    times: u32,
    seconds: f64,
}

/// An objective that counts and times.
struct Meter<'a> {
    problem: Problem<'a>,
    asked: &'a Mutex<[Asked; 3]>,
}

impl<'a> Meter<'a> {
    fn time(&mut self, kind: usize, evaluate: impl FnOnce(&mut Problem<'a>) -> f64) -> f64 {
        let began = Instant::now();
        let value = evaluate(&mut self.problem);
        let seconds = began.elapsed().as_secs_f64();
        let asked = &mut self.asked.lock().expect("nothing panics while it is locked")[kind];
        asked.seconds += seconds;
        asked.times += 1;
        value
    }
}

impl Objective for Meter<'_> {
    fn bounds(&self) -> &[(f64, f64)] {
        self.problem.bounds()
    }

    fn value(&mut self, theta: &[f64], delta: f64) -> f64 {
        self.time(0, |problem| problem.value(theta, delta))
    }

    fn gradient(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64]) -> f64 {
        self.time(1, |problem| problem.gradient(theta, delta, gradient))
    }

    fn normal_equations(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64], gram: &mut [f64]) -> f64 {
        self.time(2, |problem| problem.normal_equations(theta, delta, gradient, gram))
    }
}

/// Exponentials (and the like), and multiplications with an addition.
#[derive(Clone, Copy)]
struct Operations {
    exponentials: f64,
    multiply_adds: f64,
}

/// What one evaluation of each of [`KINDS`] cannot do without, for the additive and the joint law with the
/// derivatives that `fit::problem` describes: rows are only in sums over z, everything else is done once a mixture or a scale.
fn least_operations(law: &dyn Law, shape: &Shape, n_rows: f64, n_mixtures: f64, n_scales: f64) -> [Operations; 3] {
    let Evaluation::Features(features) = law.evaluation(shape, &[]) else { panic!("both laws have features") };
    let ranges = features.ranges();
    // 1, N^−α and D^−β; and α and β beside them.
    let n_terms = 1.0 + f64::from(u8::from(shape.n_term)) + f64::from(u8::from(shape.d_term));
    let n_z = ranges.len() as f64;
    let n_parameters = law.parameters(shape).len() as f64;
    let k = shape.n_domains as f64;
    // γ_i once and h_i^γ_i a mixture; in A_h and B_h C_i once, then a logarithm and an exponential a mixture; two
    // powers a scale.
    let n_means = ranges[1..].iter().filter(|range| range.len() > 1).count() as f64;
    let exponentials = k + n_mixtures * k + n_means * (k + 2.0 * n_mixtures) + 2.0 * n_scales;
    let value = n_rows * (n_terms + 2.0) + n_mixtures * (1.0 + n_means) * k;
    let gradient = value + n_rows * n_z + n_mixtures * 2.0 * n_parameters;
    let triangle = |n: f64| n * (n + 1.0) / 2.0;
    let normal_equations = gradient + n_rows * triangle(n_z) + n_mixtures * triangle(n_parameters);
    [value, gradient, normal_equations].map(|multiply_adds| Operations { exponentials, multiply_adds })
}

/// Seconds of one call, from many.
fn seconds_of(mut call: impl FnMut()) -> f64 {
    let mut n_calls = 1_u32;
    loop {
        let began = Instant::now();
        (0..n_calls).for_each(|_| call());
        let seconds = began.elapsed().as_secs_f64();
        if seconds > 0.1 {
            return seconds / f64::from(n_calls);
        }
        n_calls *= 4;
    }
}

/// Seconds of one exponential, and of one multiplication with an addition, at full throughput.
fn unit_seconds() -> (f64, f64) {
    let mut entries: Vec<f64> = (0..256).map(|i| -3.0 + f64::from(i) / 64.0).collect();
    let mut results = vec![0.0; entries.len()];
    let exponential = seconds_of(|| {
        for (result, entry) in results.iter_mut().zip(black_box(&entries)) {
            *result = libm::exp(*entry);
        }
        black_box(&mut results);
    });
    let multiply_add = seconds_of(|| {
        let factor = black_box(0.5);
        for (result, entry) in results.iter_mut().zip(black_box(&mut entries).iter()) {
            *result += factor * entry;
        }
        black_box(&mut results);
    });
    (exponential / entries.len() as f64, multiply_add / entries.len() as f64)
}

/// Seconds of a factorisation with its solution, and of a step and an update of BFGS, for n parameters.
fn linear_algebra_seconds(n: usize) -> (f64, f64) {
    let matrix = DMatrix::from_fn(n, n, |i, j| if i == j { 2.0 } else { 1.0 / (1 + i + j) as f64 });
    let vector = DVector::from_fn(n, |i, _| 1.0 / (1 + i) as f64);
    let solve = seconds_of(|| {
        let factor = Cholesky::new(black_box(&matrix).clone()).expect("its diagonal dominates");
        black_box(factor.solve(&vector));
    });
    let mut metric = matrix.clone();
    let update = seconds_of(|| {
        let direction = black_box(&metric) * &vector;
        let image = black_box(&metric) * &direction;
        for j in 0..n {
            for i in 0..n {
                metric[(i, j)] += 1e-9 * (vector[i] * vector[j] - image[i] * vector[j] - vector[i] * image[j]);
            }
        }
        metric.copy_from(&matrix);
    });
    (solve, update)
}

/// Where else a search looks, with nothing fixed or tied.
struct OfLaw<'a>(&'a dyn Law, &'a Shape);

impl search::Kin for OfLaw<'_> {
    fn kin(&self, theta: &[f64]) -> Vec<Vec<f64>> {
        self.0.kin(self.1, theta)
    }
}

/// One column of the table, top to bottom.
fn measure(law: &'static dyn Law, dataset: &Dataset, (exponential, multiply_add): (f64, f64)) -> Vec<String> {
    let config = FitConfig::of_the_paper();
    let target_idxs = [dataset.target_idx(TARGET).expect("a target of both studies")];
    let weights = common::weights(dataset);
    let shape = &Shape::new(law, dataset, &target_idxs, &weights).expect("a sound study");
    let began = Instant::now();
    // As fit::fit does: what the nested law reaches is a start.
    let warm = law.nested().map(|nested| {
        let config = FitConfig { starts: config.starts.div_ceil(4), ..config.clone() };
        let nested = fit(nested, dataset, &target_idxs, &config, &mut |_| {}).expect("a sound study");
        law.embed_nested(shape, &nested.theta)
    });
    let nested = began.elapsed().as_secs_f64();
    let problem = Problem::new(law, shape, dataset, &target_idxs, &weights, config.residual);
    let (n_rows, n_mixtures) = (problem.n_rows() as f64, problem.n_mixtures() as f64);
    let asked = Mutex::new([Asked::default(); 3]);
    let make = || {
        let problem = Problem::new(law, shape, dataset, &target_idxs, &weights, config.residual);
        Box::new(Meter { problem, asked: &asked }) as Box<dyn Objective>
    };
    let search = Search {
        parameters: &law.parameters(shape),
        groups: &law.groups(shape),
        kin: Some(&OfLaw(law, shape)),
        delta: config.delta,
        n_starts: config.starts,
        seed: config.seed,
        warm: warm.as_deref(),
    };
    let began = Instant::now();
    search::search(&make, &search, &InTurn, &mut |_| {});
    let searched = began.elapsed().as_secs_f64();
    let asked = *asked.lock().expect("the search is over");

    let evaluating: f64 = asked.iter().map(|asked| asked.seconds).sum();
    let (solve, update) = linear_algebra_seconds(search.parameters.len());
    let algebra = f64::from(asked[0].times) * solve + f64::from(asked[1].times) * update;
    let n_scales = dataset.design().scales().len() as f64;
    let least = least_operations(law, shape, n_rows, n_mixtures, n_scales)
        .map(|least| least.exponentials * exponential + least.multiply_adds * multiply_add);
    let least_of_all: f64 = asked.iter().zip(least).map(|(asked, least)| f64::from(asked.times) * least).sum();

    let of = |seconds: f64, whole: f64| format!("{seconds:.3} s, {:.0} %", 100.0 * seconds / whole);
    let nested = if law.nested().is_some() { format!("{nested:.3} s") } else { "none".to_string() };
    let mut column = vec![nested, format!("{searched:.3} s"), of(evaluating, searched)];
    column.push(of(searched - evaluating, searched));
    column.push(of(algebra, searched));
    for (asked, least) in asked.iter().zip(least) {
        let each = asked.seconds / f64::from(asked.times);
        column.push(format!("{} × {:.1} µs, least {:.1} µs", asked.times, 1e6 * each, 1e6 * least));
    }
    column.push(of(least_of_all, searched));
    column
}

fn main() {
    let study = common::study();
    let units = unit_seconds();
    println!("one exponential {:.2} ns, one multiply-add {:.2} ns", 1e9 * units.0, 1e9 * units.1);
    let columns = [
        (format!("additive, {}", study.name), measure(common::law("additive"), &study.dataset, units)),
        (format!("joint, {}", study.name), measure(common::law("joint"), &study.dataset, units)),
    ];
    let mut rows =
        vec!["fit of the nested law", "search", "… evaluations", "… all else", "linear algebra, timed alone"];
    rows.extend(KINDS);
    rows.push("least arithmetic of these evaluations");
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    println!("\n| {TARGET} | {} |\n|---|{}", names.join(" | "), "---|".repeat(columns.len()));
    for (position, row) in rows.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|(_, column)| column[position].as_str()).collect();
        println!("| {row} | {} |", cells.join(" | "));
    }
    let large = import(&common::table(1000, 100), None).dataset.expect("a sound table");
    let began = Instant::now();
    common::fit_target(common::law("additive"), &large, 0);
    println!("\none additive fit of 100000 synthetic rows, on one core: {:.2} s", began.elapsed().as_secs_f64());
}
