//! How much the runs that Mixlaw asks for are worth: writes docs/design.md.
//!
//! ```text
//!     cargo run --release --example design -- [--repeats=N] [--print]
//!     cargo run --release --example design -- --scalebench | --game | --stated [--repeats=N]
//! ```
//!
//! With one of the latter it prints that section alone.
//!
//! Its data are not part of the project: they are in the folder that the environment variable MIXLAW_DATA names
//! (default ../shared/data). Nothing here is fitted to the tables that it prints.

mod game;
mod pools;
mod scalebench;
mod truth;

use std::fmt::Write;
use std::path::PathBuf;

use pools::{Curve, Pool, STRATEGIES};

fn folder() -> PathBuf {
    std::env::var_os("MIXLAW_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt())
}

/// A line a cost: of each strategy the mean over repeats, with its standard deviation.
fn table(curves: &[Curve], of: fn(&pools::Point) -> f64, digits: usize) -> String {
    let mut text =
        format!("| cost | {} |\n|---|{}\n", STRATEGIES.map(|it| it.0).join(" | "), "---|".repeat(STRATEGIES.len()));
    for step in 0..curves[0].points[0].len() {
        let cost = curves[0].points[0][step].cost;
        write!(text, "| {} |", pools::cost_text(cost)).expect("a string");
        for curve in curves {
            let values: Vec<f64> = curve.points.iter().map(|points| of(&points[step])).collect();
            let (mean, deviation) = moments(&values);
            write!(text, " {mean:.digits$} ± {deviation:.digits$} |").expect("a string");
        }
        text.push('\n');
    }
    text
}

/// What share of the last cost of random runs a strategy needs for the error that random runs end with, the start's own
/// cost left out; between two costs by a straight line.
fn share_needed(curve: &Curve, random: &Curve) -> Option<f64> {
    let mean = |curve: &Curve, step: usize, of: fn(&pools::Point) -> f64| {
        moments(&curve.points.iter().map(|points| of(&points[step])).collect::<Vec<_>>()).0
    };
    let n = random.points[0].len();
    let error = |curve: &Curve, step: usize| mean(curve, step, |point| point.error);
    let cost = |curve: &Curve, step: usize| mean(curve, step, |point| point.cost);
    let goal = error(random, n - 1);
    let (start, end) = (cost(random, 0), cost(random, n - 1));
    if error(curve, 0) <= goal {
        return Some(0.0);
    }
    (1..n).find(|&step| error(curve, step) <= goal).map(|step| {
        let (above, below) = (error(curve, step - 1), error(curve, step));
        let share = if above > below { (above - goal) / (above - below) } else { 1.0 };
        (cost(curve, step - 1) + share * (cost(curve, step) - cost(curve, step - 1)) - start) / (end - start)
    })
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let repeats =
        args.iter().find_map(|arg| arg.strip_prefix("--repeats=")).and_then(|text| text.parse().ok()).unwrap_or(20);
    let asks = |section: &str| args.iter().any(|arg| arg == section);
    if asks("--scalebench") {
        return print!("{}", scalebench::report(&folder(), repeats));
    }
    if asks("--game") {
        return print!("{}", game::report(2 * repeats));
    }
    if asks("--stated") {
        return print!("{}", truth::report(4 * repeats));
    }
    let mut text = format!(
        "# Which runs to train next: what they are worth\n\n\
         Written by `make design`; {repeats} repeats. Pools of real runs ([data](../README.md)): of each, a third of the \
         mixtures is held out, 2k + 1 of the others are drawn at random, and further runs are added in batches: those that \
         Mixlaw asks for, at random, by D-optimality (of ln L linear in √h and ln N) and by filling the space (the farthest in √h). \
         Every batch is followed by a fit with validation (`predict::auto`) of the mean of the targets' losses. Error: \
         mean relative error on the mixtures held out, at the pool's largest size, in percent. Regret: the loss of the one of them that is predicted best, \
         less that of the best, in nats. Mean ± standard deviation over the repeats, which are the same for all strategies.\n\n"
    );
    for pool in Pool::all(&folder()) {
        let curves = pool.curves(repeats);
        writeln!(text, "## {}\n\n{}\n", pool.name, pool.about()).expect("a string");
        writeln!(text, "Error, percent:\n\n{}", table(&curves, |point| point.error, 2)).expect("a string");
        writeln!(text, "Regret, nats:\n\n{}", table(&curves, |point| point.regret, 4)).expect("a string");
        let random = &curves[1];
        let shares = STRATEGIES.iter().zip(&curves).map(|((name, _), curve)| {
            let share = share_needed(curve, random);
            format!("{name} {}", share.map_or("does not get there".into(), |share| format!("{:.0} %", 100.0 * share)))
        });
        let shares = shares.collect::<Vec<_>>().join(", ");
        writeln!(text, "Share of the added cost needed for the error that random runs end with: {shares}.\n")
            .expect("a string");
    }
    text.push_str(&scalebench::report(&folder(), repeats));
    text.push_str(&game::report(2 * repeats));
    text.push_str(&truth::report(4 * repeats));
    if asks("--print") {
        println!("{text}");
    } else {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/design.md");
        std::fs::write(&path, text).expect("docs/design.md can be written");
    }
}
