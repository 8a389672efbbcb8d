//! The 27 nonlinear regressions of NIST's Statistical Reference Datasets, each from both of its starts.
//!
//! <https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml>. A run is as good as its worst parameter: one that
//! ends at b has −lg(|b − c|/|c|) correct digits, c its certified value.

use std::f64::consts::PI;
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use mixlaw::fit::solver::{Ending, Limits, Objective, levenberg_marquardt};
use num_dual::{Dual64, DualNum};

/// Certified values have no more.
pub const MOST_DIGITS: f64 = 11.0;
/// The same for every run. The longest valleys take thousands of steps.
const LIMITS: Limits = Limits { max_iterations: 5000, tolerance: 1e-14 };

/// What is predicted of y (of ln y in Nelson) from parameters and predictors.
type Regression = fn(&[Dual64], &[f64]) -> Dual64;

const PROBLEMS: [(&str, Regression); 27] = [
    ("Misra1a", saturation),
    ("Chwirut2", chwirut),
    ("Chwirut1", chwirut),
    ("Lanczos3", lanczos),
    ("Gauss1", gauss),
    ("Gauss2", gauss),
    ("DanWood", |b, x| b[0] * (b[1] * x[0].ln()).exp()),
    ("Misra1b", |b, x| b[0] * (-(b[1] * x[0] / 2.0 + 1.0).powi(-2) + 1.0)),
    ("Kirby2", |b, x| polynomial(&b[..3], x[0]) / (polynomial(&b[3..], x[0]) * x[0] + 1.0)),
    ("Hahn1", cubic_ratio),
    ("Nelson", |b, x| b[0] - b[1] * x[0] * (-b[2] * x[1]).exp()),
    ("MGH17", |b, x| b[0] + b[1] * (-b[3] * x[0]).exp() + b[2] * (-b[4] * x[0]).exp()),
    ("Lanczos1", lanczos),
    ("Lanczos2", lanczos),
    ("Gauss3", gauss),
    ("Misra1c", |b, x| b[0] * (-(b[1] * 2.0 * x[0] + 1.0).powf(-0.5) + 1.0)),
    ("Misra1d", |b, x| b[0] * b[1] * x[0] / (b[1] * x[0] + 1.0)),
    ("Roszman1", |b, x| b[0] - b[1] * x[0] - (b[2] / (-b[3] + x[0])).atan() / PI),
    ("ENSO", enso),
    ("MGH09", |b, x| b[0] * (b[1] * x[0] + x[0] * x[0]) / (b[2] * x[0] + b[3] + x[0] * x[0])),
    ("Thurber", cubic_ratio),
    ("BoxBOD", saturation),
    ("Rat42", |b, x| b[0] / ((b[1] - b[2] * x[0]).exp() + 1.0)),
    ("MGH10", |b, x| b[0] * (b[1] / (b[2] + x[0])).exp()),
    ("Eckerle4", |b, x| b[0] / b[1] * (((-b[2] + x[0]) / b[1]).powi(2) * -0.5).exp()),
    ("Rat43", |b, x| b[0] * (-((b[1] - b[2] * x[0]).exp() + 1.0).ln() / b[3]).exp()),
    ("Bennett5", |b, x| b[0] * (-(b[1] + x[0]).ln() / b[2]).exp()),
];

fn saturation(b: &[Dual64], x: &[f64]) -> Dual64 {
    b[0] * (-(-b[1] * x[0]).exp() + 1.0)
}

fn chwirut(b: &[Dual64], x: &[f64]) -> Dual64 {
    (-b[0] * x[0]).exp() / (b[1] + b[2] * x[0])
}

fn lanczos(b: &[Dual64], x: &[f64]) -> Dual64 {
    b.chunks_exact(2).map(|term| term[0] * (-term[1] * x[0]).exp()).sum()
}

fn gauss(b: &[Dual64], x: &[f64]) -> Dual64 {
    let peak = |b: &[Dual64]| b[0] * (-((-b[1] + x[0]) / b[2]).powi(2)).exp();
    b[0] * (-b[1] * x[0]).exp() + peak(&b[2..5]) + peak(&b[5..8])
}

fn cubic_ratio(b: &[Dual64], x: &[f64]) -> Dual64 {
    polynomial(&b[..4], x[0]) / (polynomial(&b[4..], x[0]) * x[0] + 1.0)
}

fn enso(b: &[Dual64], x: &[f64]) -> Dual64 {
    let wave = |period: Dual64, cosine: Dual64, sine: Dual64| {
        let phase = period.recip() * (2.0 * PI * x[0]);
        cosine * phase.cos() + sine * phase.sin()
    };
    b[0] + wave(Dual64::from_re(12.0), b[1], b[2]) + wave(b[3], b[4], b[5]) + wave(b[6], b[7], b[8])
}

/// b₀ + b₁ x + b₂ x² + …
fn polynomial(b: &[Dual64], x: f64) -> Dual64 {
    b.iter().rev().fold(Dual64::from_re(0.0), |sum, b| sum * x + b)
}

/// One file of NIST's.
struct Problem {
    regression: Regression,
    /// y, then the predictors.
    rows: Vec<Vec<f64>>,
    starts: [Vec<f64>; 2],
    certified: Vec<f64>,
    certified_rss: f64,
    bounds: Vec<(f64, f64)>,
}

impl Problem {
    fn read(folder: &Path, name: &str, regression: Regression) -> io::Result<Self> {
        let text = fs::read_to_string(folder.join(format!("{name}.dat")))?;
        let numbers = |text: &str| text.split_whitespace().map_while(|word| word.parse().ok()).collect::<Vec<f64>>();
        // b1 = start 1, start 2, certified value, standard deviation
        let parameters: Vec<Vec<f64>> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix('b')?.split_once('='))
            .map(|(_, line)| numbers(line))
            .filter(|numbers| numbers.len() == 4)
            .collect();
        let rss = text.lines().find_map(|line| line.strip_prefix("Residual Sum of Squares:"));
        let data = text.lines().skip_while(|line| !(line.starts_with("Data:") && line.contains(" x"))).skip(1);
        let mut rows: Vec<Vec<f64>> = data.map(numbers).filter(|row| row.len() > 1).collect();
        if name == "Nelson" {
            rows.iter_mut().for_each(|row| row[0] = row[0].ln());
        }
        let column = |i: usize| parameters.iter().map(|numbers| numbers[i]).collect::<Vec<f64>>();
        Ok(Self {
            regression,
            rows,
            starts: [column(0), column(1)],
            certified: column(2),
            certified_rss: rss.and_then(|rss| rss.trim().parse().ok()).unwrap_or(f64::NAN),
            bounds: vec![(f64::NEG_INFINITY, f64::INFINITY); parameters.len()],
        })
    }

    /// Residual of a row, and its derivatives where they are asked for.
    fn residual(&self, theta: &[f64], row: &[f64], derivatives: Option<&mut [f64]>) -> f64 {
        let mut duals: Vec<Dual64> = theta.iter().map(|&value| Dual64::from_re(value)).collect();
        for (i, derivative) in derivatives.into_iter().flatten().enumerate() {
            duals[i].eps = 1.0;
            *derivative = (self.regression)(&duals, &row[1..]).eps;
            duals[i].eps = 0.0;
        }
        (self.regression)(&duals, &row[1..]).re - row[0]
    }
}

/// Half the mean squared residual; δ is infinite.
impl Objective for Problem {
    fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    fn value(&mut self, theta: &[f64], _delta: f64) -> f64 {
        let sum: f64 = self.rows.iter().map(|row| self.residual(theta, row, None).powi(2)).sum();
        if sum.is_finite() { sum / (2.0 * self.rows.len() as f64) } else { f64::INFINITY }
    }

    fn gradient(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64]) -> f64 {
        self.normal_equations(theta, delta, gradient, &mut vec![0.0; theta.len() * theta.len()])
    }

    fn normal_equations(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64], gram: &mut [f64]) -> f64 {
        let n = theta.len();
        let share = 1.0 / self.rows.len() as f64;
        let mut derivatives = vec![0.0; n];
        gradient.fill(0.0);
        gram.fill(0.0);
        for row in &self.rows {
            let residual = self.residual(theta, row, Some(&mut derivatives));
            for i in 0..n {
                gradient[i] += share * residual * derivatives[i];
                for j in 0..n {
                    gram[i * n + j] += share * derivatives[i] * derivatives[j];
                }
            }
        }
        self.value(theta, delta)
    }
}

/// How a run ended.
pub struct Run {
    /// NIST's name of the problem.
    pub problem: &'static str,
    /// 1, far from the solution, or 2, near it.
    pub start: usize,
    /// Correct digits of the worst parameter, from 0 to [`MOST_DIGITS`].
    pub digits: f64,
    /// Residual sum of squares over the certified one.
    pub rss_ratio: f64,
    /// The solver's word.
    pub ending: Ending,
}

/// Runs all problems, whose files are in the folder, in NIST's order: from lower to higher difficulty.
///
/// # Errors
/// A file cannot be read.
pub fn runs(folder: &Path) -> io::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for (name, regression) in PROBLEMS {
        let mut problem = Problem::read(folder, name, regression)?;
        for start in [1, 2] {
            let theta = problem.starts[start - 1].clone();
            let ending = levenberg_marquardt(&mut problem, &theta, f64::INFINITY, LIMITS);
            let digits = ending.theta.iter().zip(&problem.certified).map(|(b, c)| -((b - c) / c).abs().log10());
            runs.push(Run {
                problem: name,
                start,
                digits: digits.fold(MOST_DIGITS, f64::min).max(0.0),
                rss_ratio: 2.0 * problem.rows.len() as f64 * ending.objective / problem.certified_rss,
                ending,
            });
        }
    }
    Ok(runs)
}

/// The runs as a table.
pub fn markdown(runs: &[Run]) -> String {
    let mut table = String::from("| problem | start | correct digits | RSS / certified | iterations | converged |\n");
    table.push_str("|---|---|---|---|---|---|\n");
    for Run { problem, start, digits, rss_ratio, ending } in runs {
        let Ending { n_iterations, converged, .. } = ending;
        let converged = if *converged { "yes" } else { "no" };
        writeln!(table, "| {problem} | {start} | {digits:.1} | {rss_ratio:.6} | {n_iterations} | {converged} |")
            .expect("a String takes all text");
    }
    table
}
