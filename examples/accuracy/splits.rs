//! What is fitted and what is held out: every split is a study of the fitted rows alone, and the rows to predict.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mixlaw::dataset::{Dataset, Observation, Split as Mark};
use mixlaw::import::import;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a split asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Mixtures that were not fitted, at the one scale that was.
    OneScale,
    /// Mixtures that were not fitted, in a study of several scales.
    Unseen,
    /// Mixtures with more of one domain than all that were fitted.
    Beyond,
    /// A larger scale.
    Larger,
    /// Mixtures that were not fitted, at a larger scale.
    LargerAndUnseen,
}

impl Question {
    /// Whether the rows to predict are of a scale that was not fitted.
    pub fn is_larger(self) -> bool {
        matches!(self, Self::Larger | Self::LargerAndUnseen)
    }
}

/// One split.
pub struct Split {
    pub question: Question,
    /// What is averaged: data set, size, number of mixtures.
    pub group: String,
    /// The rows fitted; they know nothing of the others.
    pub fitted: Dataset,
    /// The rows to predict, with their losses in the order of the study's targets.
    pub held_out: Vec<Observation>,
}

impl Split {
    /// The same with (h + ε)/(1 + kε) for h: on these, C h^γ is what C′(h + ε)^γ is on the weights themselves.
    pub fn offset(&self, epsilon: f64) -> Self {
        let k = self.fitted.domains().len() as f64;
        let of_row = |row: &Observation| {
            let mixture = row.mixture.iter().map(|h| (h + epsilon) / (1.0 + k * epsilon)).collect();
            Observation { mixture, ..row.clone() }
        };
        let rows = |rows: &[Observation]| rows.iter().map(of_row).collect();
        let (domains, targets) = (self.fitted.domains().to_vec(), self.fitted.targets().to_vec());
        let fitted = Dataset::new(domains, targets, rows(self.fitted.observations())).expect("a study as before");
        Self { fitted, held_out: rows(&self.held_out), group: self.group.clone(), ..*self }
    }

    /// `None` where there is nothing to fit or nothing to predict.
    fn new(
        question: Question,
        group: String,
        of: &Dataset,
        targets: &[usize],
        rows: Vec<&Observation>,
        held_out: Vec<&Observation>,
    ) -> Option<Self> {
        let kept = |row: &&Observation| Observation {
            losses: targets.iter().map(|&target| row.losses[target]).collect(),
            split: Mark::Fit,
            ..(*row).clone()
        };
        let names = targets.iter().map(|&target| of.targets()[target].clone()).collect();
        let fitted = Dataset::new(of.domains().to_vec(), names, rows.iter().map(kept).collect()).ok()?;
        let held_out: Vec<Observation> = held_out.iter().map(kept).collect();
        (!held_out.is_empty()).then_some(Self { question, group, fitted, held_out })
    }
}

/// A study's mixture as a key.
fn key(row: &Observation) -> Vec<i64> {
    row.mixture.iter().map(|h| (h * 1e6).round() as i64).collect()
}

fn n(row: &Observation) -> f64 {
    row.n.map_or(0.0, |n| n.0)
}

fn d(row: &Observation) -> f64 {
    row.d.map_or(0.0, |d| d.0)
}

/// A random order.
fn shuffled<T: Clone>(items: &[T], random: &mut Xoshiro256PlusPlus) -> Vec<T> {
    let mut items = items.to_vec();
    for at in (1..items.len()).rev() {
        items.swap(at, (random.random::<f64>() * (at + 1) as f64) as usize);
    }
    items
}

/// Reads a study; a file that is not there is told and left out.
pub fn study(folder: &Path, name: &str) -> Option<Dataset> {
    let text = fs::read_to_string(folder.join(name)).map_err(|error| eprintln!("{name} is left out: {error}")).ok()?;
    import(&text, None).dataset
}

/// Each size, with the rows at the token count that most mixtures have.
fn scales(of: &Dataset) -> Vec<(f64, Vec<&Observation>)> {
    let models: BTreeSet<u64> = of.observations().iter().map(|row| n(row).to_bits()).collect();
    let rows_of = |model: f64| {
        let mut by_tokens: BTreeMap<u64, Vec<&Observation>> = BTreeMap::new();
        for row in of.observations().iter().filter(|row| n(row) == model) {
            by_tokens.entry(d(row).to_bits()).or_default().push(row);
        }
        // The last of those with most rows.
        by_tokens.into_values().max_by_key(Vec::len).unwrap_or_default()
    };
    models.into_iter().map(f64::from_bits).map(|model| (model, rows_of(model))).collect()
}

/// At each size the token count that most mixtures have: random mixtures to fit, the others to predict.
pub fn one_scale(of: &Dataset, name: &str, targets: &[usize], sizes: &[usize], seeds: u64) -> Vec<Split> {
    let mut splits = Vec::new();
    for (model, rows) in scales(of) {
        for &size in sizes {
            // A pool of fewer than six others says little.
            if rows.len() < size + 6 {
                continue;
            }
            let group = format!("{name} {:.0}M, {size} mixtures", model / 1e6);
            for seed in 0..seeds {
                let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
                let order = shuffled(&rows, &mut random);
                let (fitted, held_out) = order.split_at(size);
                splits.extend(Split::new(
                    Question::OneScale,
                    group.clone(),
                    of,
                    targets,
                    fitted.to_vec(),
                    held_out.to_vec(),
                ));
            }
        }
    }
    splits
}

/// Every row that `is_fitted`, to predict every row that `is_held_out`.
pub fn larger(
    of: &Dataset,
    name: &str,
    targets: &[usize],
    is_fitted: impl Fn(&Observation) -> bool,
    is_held_out: impl Fn(&Observation) -> bool,
) -> Option<Split> {
    let fitted = of.observations().iter().filter(|row| is_fitted(row)).collect();
    let held_out = of.observations().iter().filter(|row| is_held_out(row)).collect();
    Split::new(Question::Larger, name.to_string(), of, targets, fitted, held_out)
}

/// The paper's own hold-out.
pub fn marked(of: &Dataset, name: &str, targets: &[usize]) -> Option<Split> {
    larger(of, name, targets, |row| row.split == Mark::Fit, |row| row.split == Mark::Holdout)
}

/// The rows below a size, to predict those of that size.
pub fn to_size(of: &Dataset, name: &str, targets: &[usize], size: f64) -> Option<Split> {
    larger(of, name, targets, |row| n(row) < size, |row| n(row) == size)
}

/// The quarter of the rows with most compute, from the others.
pub fn most_compute(of: &Dataset, name: &str) -> Option<Split> {
    let compute = |row: &Observation| n(row) * d(row);
    let mut all: Vec<f64> = of.observations().iter().map(compute).collect();
    all.sort_by(f64::total_cmp);
    let cut = all[all.len() * 3 / 4];
    larger(of, name, &[0], |row| compute(row) < cut, |row| compute(row) >= cut)
}

/// The mixtures in five parts, so many of which are held out in turn; with `size`, only rows below it are fitted and only
/// rows from it on are predicted.
pub fn unseen(of: &Dataset, name: &str, targets: &[usize], size: Option<f64>, n_parts: usize) -> Vec<Split> {
    let mixtures: BTreeSet<Vec<i64>> = of.observations().iter().map(key).collect();
    let mixtures: Vec<Vec<i64>> = mixtures.into_iter().collect();
    let order = shuffled(&mixtures, &mut Xoshiro256PlusPlus::seed_from_u64(1));
    let question = if size.is_some() { Question::LargerAndUnseen } else { Question::Unseen };
    let part = |part: usize| {
        let out: BTreeSet<&Vec<i64>> = order.iter().skip(part).step_by(5).collect();
        let is_out = |row: &&Observation| out.contains(&key(row));
        let below = |row: &&Observation| size.is_none_or(|size| n(row) < size);
        let above = |row: &&Observation| size.is_none_or(|size| n(row) >= size);
        let fitted = of.observations().iter().filter(|row| !is_out(row) && below(row)).collect();
        let held_out = of.observations().iter().filter(|row| is_out(row) && above(row)).collect();
        Split::new(question, name.to_string(), of, targets, fitted, held_out)
    };
    (0..n_parts).filter_map(part).collect()
}

/// The mixtures with most of a domain, a fifth of them, are predicted from the others; each domain in turn, at each size
/// that has 15 mixtures and over all sizes at once, there with three checkpoints of each run.
pub fn beyond(of: &Dataset, name: &str, targets: &[usize]) -> Vec<Split> {
    let mut runs: BTreeMap<(u64, Vec<i64>), Vec<&Observation>> = BTreeMap::new();
    of.observations().iter().for_each(|row| runs.entry((n(row).to_bits(), key(row))).or_default().push(row));
    let three = |mut run: Vec<&'_ Observation>| {
        run.sort_by(|a, b| d(a).total_cmp(&d(b)));
        let at: BTreeSet<usize> = [run.len() * 2 / 5, run.len() * 7 / 10, run.len() - 1].into();
        at.into_iter().map(|at| run[at].clone()).collect::<Vec<_>>()
    };
    let thinned: Vec<Observation> = runs.into_values().flat_map(three).collect();
    let all = std::iter::once((format!("{name}, all sizes"), thinned.iter().collect()));
    let one = scales(of).into_iter().filter(|(_, rows)| rows.len() >= 15);
    let one = one.map(|(model, rows)| (format!("{name} {:.0}M", model / 1e6), rows));
    let of_domain = |domain: usize, group: &str, rows: &[&Observation]| {
        let mixtures: BTreeSet<Vec<i64>> = rows.iter().map(|row| key(row)).collect();
        let mut weights: Vec<i64> = mixtures.iter().map(|mixture| mixture[domain]).collect();
        weights.sort_unstable();
        let cut = weights[weights.len() * 4 / 5];
        let (held_out, fitted) = rows.iter().partition(|row| key(row)[domain] >= cut);
        Split::new(Question::Beyond, group.to_string(), of, targets, fitted, held_out)
    };
    let of_group = |(group, rows): (String, Vec<&Observation>)| {
        (0..of.domains().len()).filter_map(|domain| of_domain(domain, &group, &rows)).collect::<Vec<_>>()
    };
    all.chain(one).flat_map(of_group).collect()
}
