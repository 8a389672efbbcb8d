//! Pools of real runs, and strategies that choose among them.

use std::path::Path;

use mixlaw::dataset::{Dataset, Observation, Split};
use mixlaw::design::{Budget, RunOf, next_among};
use mixlaw::fit::FitConfig;
use mixlaw::import::import;
use mixlaw::mixture::Scenario;
use mixlaw::predict::{FittedStudy, OneByOne, auto};
use mixlaw::units::{Flops, Loss, Params, Tokens};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// A run of a pool: the mean of its losses.
#[derive(Clone)]
pub struct Run {
    mixture: Vec<f64>,
    n: f64,
    d: f64,
    loss: f64,
}

pub struct Pool {
    pub name: String,
    domains: Vec<String>,
    runs: Vec<Run>,
    batches: usize,
    /// Runs of a batch, of the smallest size.
    batch: usize,
}

/// After a batch: cost, error, regret.
#[derive(Clone, Copy)]
pub struct Point {
    pub cost: f64,
    pub error: f64,
    pub regret: f64,
}

/// Of each repeat a point for the start and for each batch.
pub struct Curve {
    pub points: Vec<Vec<Point>>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Strategy {
    Mixlaw,
    Random,
    DOptimal,
    Spread,
}

pub const STRATEGIES: [(&str, Strategy); 4] = [
    ("Mixlaw", Strategy::Mixlaw),
    ("random", Strategy::Random),
    ("D-optimal", Strategy::DOptimal),
    ("space filling", Strategy::Spread),
];

pub fn cost_text(cost: f64) -> String {
    if cost < 1e6 { format!("{cost:.0} runs") } else { format!("{cost:.2e} FLOPs") }
}

/// The runs of these sizes, each at the number of tokens that most mixtures of its size have; of several the largest.
fn runs(data: &Dataset, targets: &[usize], sizes: &[f64]) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    for row in data.observations() {
        let (Some(n), Some(d)) = (row.n, row.d) else { continue };
        let losses: Option<Vec<f64>> = targets.iter().map(|&j| row.losses[j].map(|loss| loss.0)).collect();
        let Some(losses) = losses.filter(|_| sizes.contains(&n.0)) else { continue };
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        let run = Run { mixture: row.mixture.clone(), n: n.0, d: d.0, loss };
        if !all.iter().any(|other| other.n == run.n && other.d == run.d && other.mixture == run.mixture) {
            all.push(run);
        }
    }
    let of_size = |&n: &f64| -> Vec<Run> {
        let runs: Vec<&Run> = all.iter().filter(|run| run.n == n).collect();
        let count = |d: f64| runs.iter().filter(|run| run.d == d).count();
        let most = runs.iter().map(|run| run.d).max_by(|&a, &b| count(a).cmp(&count(b)).then(a.total_cmp(&b)));
        runs.iter().filter(|run| Some(run.d) == most).map(|run| (*run).clone()).collect()
    };
    sizes.iter().flat_map(of_size).collect()
}

impl Pool {
    pub fn all(folder: &Path) -> Vec<Self> {
        let read = |file: &str| {
            let text = std::fs::read_to_string(folder.join(file)).ok();
            if text.is_none() {
                eprintln!("{file} is not in {}: that pool is left out", folder.display());
            }
            import(&text?, None).dataset
        };
        let mut pools = Vec::new();
        let mut add = |data: &Dataset, name: &str, only: &str, sizes: &[f64], batches: usize, batch: usize| {
            let targets =
                (0..data.targets().len()).filter(|&j| data.targets()[j].starts_with(only)).collect::<Vec<_>>();
            let (domains, runs) = (data.domains().to_vec(), runs(data, &targets, sizes));
            pools.push(Self { name: name.to_string(), domains, runs, batches, batch });
        };
        if let Some(data) = read("slimpajama_runs.csv") {
            add(&data, "SlimPajama, 122M", "", &[122e6], 6, 4);
            add(&data, "SlimPajama, 122M to 937M", "", &[122e6, 310e6, 680e6, 937e6], 5, 10);
        }
        if let Some(data) = read("mixinglaws_5domains.csv") {
            add(&data, "Five Pile domains, 70M", "agg_", &[70e6], 3, 2);
        }
        if let Some(data) = read("pile4.csv") {
            add(&data, "Four Pile domains, 200M", "", &[200e6], 3, 2);
        }
        pools
    }

    pub fn about(&self) -> String {
        let mixtures = self.mixtures().len();
        let per_batch = if self.is_one_size() {
            format!("{} runs", self.batch)
        } else {
            format!("the compute of {} runs of the smallest size, spent on any size", self.batch)
        };
        format!(
            "{} runs of {mixtures} mixtures of {} domains; {} at the start, batches of {per_batch}.",
            self.runs.len(),
            self.domains.len(),
            2 * self.domains.len() + 1
        )
    }

    fn is_one_size(&self) -> bool {
        self.runs.iter().all(|run| run.n == self.runs[0].n)
    }

    fn mixtures(&self) -> Vec<Vec<f64>> {
        let mut mixtures: Vec<Vec<f64>> = Vec::new();
        for run in &self.runs {
            if !mixtures.contains(&run.mixture) {
                mixtures.push(run.mixture.clone());
            }
        }
        mixtures
    }

    fn cost(&self, run: &Run) -> f64 {
        if self.is_one_size() { 1.0 } else { 6.0 * run.n * run.d }
    }

    pub fn curves(&self, repeats: usize) -> Vec<Curve> {
        let jobs: Vec<(Strategy, u64)> =
            STRATEGIES.iter().flat_map(|(_, strategy)| (0..repeats as u64).map(|seed| (*strategy, seed))).collect();
        let points: Vec<Vec<Point>> = jobs.par_iter().map(|&(strategy, seed)| self.played(strategy, seed)).collect();
        points.chunks(repeats).map(|points| Curve { points: points.to_vec() }).collect()
    }

    /// One repeat: which runs are held out and which begin follows from the seed, alike for all strategies.
    fn played(&self, strategy: Strategy, seed: u64) -> Vec<Point> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut mixtures = self.mixtures();
        shuffle(&mut mixtures, &mut random);
        let n_held_out = mixtures.len() / 3;
        let largest = self.runs.iter().map(|run| run.n).fold(0.0, f64::max);
        let (test, pool): (Vec<Run>, Vec<Run>) =
            self.runs.iter().cloned().partition(|run| mixtures[..n_held_out].contains(&run.mixture));
        let test: Vec<Run> = test.into_iter().filter(|run| run.n == largest).collect();
        let mut pool = pool;
        shuffle(&mut pool, &mut random);
        let smallest = self.runs.iter().map(|run| run.n).fold(f64::INFINITY, f64::min);
        let start = 2 * self.domains.len() + 1;
        let mut trained: Vec<Run> = Vec::new();
        if self.is_one_size() {
            trained.extend(pool.drain(..start));
        } else {
            // Two thirds at the smallest size, the rest at the next: a study that can be fitted at all.
            let mut sizes: Vec<f64> = self.runs.iter().map(|run| run.n).collect();
            sizes.sort_by(f64::total_cmp);
            sizes.dedup();
            for (size, n) in [(sizes[0], start - start / 3), (sizes[1], start / 3)] {
                for _ in 0..n {
                    let at = pool.iter().position(|run| run.n == size).expect("enough runs");
                    trained.push(pool.remove(at));
                }
            }
        }
        let unit = self.runs.iter().find(|run| run.n == smallest).map_or(1.0, |run| self.cost(run));
        let mut points = vec![self.judged(&trained, &test, seed).1];
        let mut spent = points[0].cost;
        for batch in 1..=self.batches {
            let (study, _) = self.judged(&trained, &test, seed);
            // What a batch leaves is the next one's.
            let budget = points[0].cost + batch as f64 * self.batch as f64 * unit - spent;
            let chosen = self.chosen(strategy, &study, &trained, &pool, budget, &mut random);
            let mut at: Vec<usize> = chosen;
            at.sort_unstable();
            for &at in at.iter().rev() {
                let run = pool.remove(at);
                spent += self.cost(&run);
                trained.push(run);
            }
            let mut point = self.judged(&trained, &test, seed).1;
            // All strategies are held against the same budget.
            point.cost = points[0].cost + batch as f64 * self.batch as f64 * unit;
            points.push(point);
        }
        points
    }

    fn judged(&self, trained: &[Run], test: &[Run], seed: u64) -> (FittedStudy, Point) {
        let observation = |(at, run): (usize, &Run)| Observation {
            line: at + 2,
            n: Some(Params(run.n)),
            d: Some(Tokens(run.d)),
            mixture: run.mixture.clone(),
            losses: vec![Some(Loss(run.loss))],
            weight: 1.0,
            split: Split::Fit,
        };
        let observations = trained.iter().enumerate().map(observation).collect();
        let data = Dataset::new(self.domains.clone(), vec!["mean_loss".into()], observations).expect("a study");
        let config = FitConfig { starts: 4, seed, ..FitConfig::default() };
        let study = auto(&data, &[0], &config, &OneByOne, &|_, _| {}).expect("it fits");
        let target = study.targets().next().expect("one");
        let predicted: Vec<f64> =
            test.iter().map(|run| target.loss(Some(Params(run.n)), Some(Tokens(run.d)), &run.mixture).0).collect();
        let errors = predicted.iter().zip(test).map(|(predicted, run)| (predicted / run.loss - 1.0).abs());
        let error = 100.0 * errors.sum::<f64>() / test.len() as f64;
        let best = (0..test.len()).min_by(|&a, &b| predicted[a].total_cmp(&predicted[b])).expect("some");
        let least = test.iter().map(|run| run.loss).fold(f64::INFINITY, f64::min);
        let cost = trained.iter().map(|run| self.cost(run)).sum();
        (study.clone(), Point { cost, error, regret: test[best].loss - least })
    }

    /// Positions in the pool.
    fn chosen(
        &self,
        strategy: Strategy,
        study: &FittedStudy,
        trained: &[Run],
        pool: &[Run],
        budget: f64,
        random: &mut Xoshiro256PlusPlus,
    ) -> Vec<usize> {
        if strategy == Strategy::Mixlaw {
            let largest = self.runs.iter().max_by(|a, b| a.n.total_cmp(&b.n)).expect("some");
            let scenario = Scenario::new(Params(largest.n), Tokens(largest.d));
            let limits = if self.is_one_size() {
                Budget { runs: Some(budget as usize), ..Budget::default() }
            } else {
                Budget { flops: Some(Flops(budget)), runs: Some(self.batch), ..Budget::default() }
            };
            let given: Vec<RunOf> =
                pool.iter().map(|run| (run.mixture.as_slice(), Some(Params(run.n)), Some(Tokens(run.d)))).collect();
            let Ok(batch) = next_among(study, &scenario, &limits, &given) else { return Vec::new() };
            let same = |of: &mixlaw::design::Run, run: &Run| of.mixture == run.mixture && of.n == Some(Params(run.n));
            return batch.runs.iter().filter_map(|of| pool.iter().position(|run| same(of, run))).collect();
        }
        let mut left = budget;
        let mut chosen: Vec<usize> = Vec::new();
        let mut known: Vec<Run> = trained.to_vec();
        loop {
            let fits: Vec<usize> = (0..pool.len())
                .filter(|at| !chosen.contains(at) && self.cost(&pool[*at]) <= left * (1.0 + 1e-9))
                .collect();
            if fits.is_empty() {
                return chosen;
            }
            let most = |of: &dyn Fn(&Run) -> f64| {
                *fits.iter().max_by(|&&a, &&b| of(&pool[a]).total_cmp(&of(&pool[b]))).expect("some")
            };
            let at = match strategy {
                Strategy::Random => fits[((random.random::<f64>() * fits.len() as f64) as usize).min(fits.len() - 1)],
                Strategy::Spread => most(&|run| {
                    known.iter().map(|other| distance(run, other)).fold(f64::INFINITY, f64::min) / self.cost(run)
                }),
                _ => {
                    let information = information(&known);
                    let inverse = information.try_inverse().expect("a ridge is in it");
                    most(&|run| {
                        let x = features(run);
                        let gain = 1.0 + (x.transpose() * &inverse * &x)[(0, 0)];
                        gain.ln() / self.cost(run)
                    })
                }
            };
            left -= self.cost(&pool[at]);
            known.push(pool[at].clone());
            chosen.push(at);
        }
    }
}

/// √h and ln N.
fn features(run: &Run) -> DMatrix<f64> {
    let parts: Vec<f64> = run.mixture.iter().map(|h| h.sqrt()).chain([(run.n / 1e8).ln()]).collect();
    DMatrix::from_column_slice(parts.len(), 1, &parts)
}

fn information(runs: &[Run]) -> DMatrix<f64> {
    let k = runs[0].mixture.len() + 1;
    runs.iter().fold(1e-6 * DMatrix::identity(k, k), |sum: DMatrix<f64>, run| {
        let x = features(run);
        sum + &x * x.transpose()
    })
}

fn distance(a: &Run, b: &Run) -> f64 {
    let of_mixture: f64 = a.mixture.iter().zip(&b.mixture).map(|(a, b)| (a.sqrt() - b.sqrt()).powi(2)).sum();
    (of_mixture + 0.1 * (a.n / b.n).ln().powi(2)).sqrt()
}

pub fn shuffle<T>(items: &mut [T], random: &mut Xoshiro256PlusPlus) {
    for at in (1..items.len()).rev() {
        items.swap(at, ((random.random::<f64>() * (at + 1) as f64) as usize).min(at));
    }
}
