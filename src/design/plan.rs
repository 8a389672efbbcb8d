//! A study before its first run: mixtures that fill what the limits allow, sizes, tokens and seeds, what it costs, and what
//! it may be expected to teach.
//!
//! Smaller sizes get more runs, in proportion to 1/√cost, and all sizes train the same mixtures as far as they go: those
//! first in line, which fill the space among themselves. Within a size the numbers of tokens take turns, so that N and D do
//! not move together.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::candidates::{between, spread};
use super::simulate::{Accuracy, accuracy};
use super::words;
use crate::mixture::{Allowed, Limits, OptimumError, by_domain};
use crate::predict::{DataSummary, Workers};
use crate::units::{Flops, Params, Tokens, write_number, write_scientific};

/// What is to be planned. What is not given has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Names of the losses that will be measured; empty: one for each domain.
    pub targets: Vec<String>,
    /// What a mixture may be, in each run and in the model that it is for.
    pub limits: Limits,
    /// Model sizes to train.
    pub sizes: Vec<Params>,
    /// Tokens of a run; empty: 10 and 40 for each parameter of the middle size, 20 where there is one size.
    pub token_counts: Vec<Tokens>,
    /// Runs in all. Without it and without `flops`, 3(k + 1) of the smallest size and of the others in proportion.
    pub runs: Option<usize>,
    /// Compute of all runs, 6 N D each.
    pub flops: Option<Flops>,
    /// Further runs of the first mixture at the smallest size, with other seeds: how much runs differ.
    pub repeats: usize,
    /// The model that the study is for; without it the largest size with most tokens.
    pub target: Option<(Params, Tokens)>,
    /// FLOPs per second that a GPU does in training.
    pub gpu_flops_per_second: f64,
    /// All random numbers follow from it.
    pub seed: u64,
}

impl Wanted {
    /// An H100 at 40 % of its 989 TFLOP/s in bfloat16.
    pub const GPU_FLOPS_PER_SECOND: f64 = 4e14;
    /// More runs than this are no study that anyone trains.
    pub const MOST_RUNS: usize = 2000;
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            domains: Vec::new(),
            targets: Vec::new(),
            limits: Limits::extrapolating(),
            sizes: Vec::new(),
            token_counts: Vec::new(),
            runs: None,
            flops: None,
            repeats: 0,
            target: None,
            gpu_flops_per_second: Self::GPU_FLOPS_PER_SECOND,
            seed: 0,
        }
    }
}

/// A run of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedRun {
    /// Weights, in the order of the domains.
    pub mixture: Vec<f64>,
    /// Model size.
    pub n: Params,
    /// Tokens.
    pub d: Tokens,
    /// Which of several runs of that mixture, size and length it is, from 0.
    pub seed: usize,
}

/// A study to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Names of the losses.
    pub targets: Vec<String>,
    /// The runs, the smallest size first.
    pub runs: Vec<PlannedRun>,
    /// What they cost together.
    pub flops: Flops,
    /// The same in hours of a GPU.
    pub gpu_hours: f64,
    /// The model that the study is for.
    pub target: (Params, Tokens),
    /// What it may be expected to teach, from simulation; absent where no law can be fitted to so few runs.
    pub accuracy: Option<Accuracy>,
    /// The cost and the accuracy in sentences.
    pub sentences: Vec<String>,
    /// What one should know before it is trained.
    pub warnings: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The limits make no sense, or conflict.
    #[error(transparent)]
    Limits(#[from] OptimumError),
    /// Nothing to mix.
    #[error("a plan needs at least 2 domains, such as web,code,books; {seen} given")]
    Domains {
        /// How many were given.
        seen: usize,
    },
    /// A name that is empty, or given twice.
    #[error("the {what} \"{name}\" is given twice, or has no name; give each one name of its own")]
    Name {
        /// "domain" or "loss".
        what: &'static str,
        /// The name.
        name: String,
    },
    /// No sizes.
    #[error("a plan needs the model sizes that may be trained, such as 100M,300M,1B")]
    NoSizes,
    /// A number that must be positive.
    #[error("{field} is {}; it must be a positive number", write_number(*.seen, 6))]
    Positive {
        /// The field.
        field: &'static str,
        /// What was given.
        seen: f64,
    },
    /// Too few runs to have some of each size, or far too many.
    #[error("a plan has at least one run a size, so between {sizes} and {} runs here, not {seen}", Wanted::MOST_RUNS)]
    Runs {
        /// How many were given.
        seen: usize,
        /// Sizes.
        sizes: usize,
    },
    /// Not enough for one run of each size.
    #[error("the budget of {budget} FLOPs is less than one run of each size costs: {} FLOPs", write_scientific(.cost.0, 3))]
    BelowOneEach {
        /// What there is.
        budget: Flops,
        /// What they cost.
        cost: Flops,
    },
}

/// How far corners are pulled toward the middle: a run of one domain alone says little of mixtures.
const FROM_CORNERS: f64 = 0.1;

/// Plans a study.
///
/// # Errors
/// What is wanted makes no sense, the limits leave no mixture, or the budget does not pay one run of each size.
pub fn plan(wanted: &Wanted, workers: &impl Workers) -> Result<Plan, PlanError> {
    check(wanted)?;
    let k = wanted.domains.len();
    let mut sizes = wanted.sizes.clone();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    sizes.dedup();
    let tokens = token_counts(wanted, &sizes);
    let counts = counts(wanted, &sizes, &tokens)?;
    let most = counts.iter().copied().max().unwrap_or(0);
    let mixtures = mixtures(wanted, &tokens, most)?;

    let mut runs = Vec::new();
    for (size, (&n, &count)) in sizes.iter().zip(&counts).enumerate() {
        for (at, mixture) in mixtures.iter().take(count).enumerate() {
            // Sizes begin with different lengths, so that the first mixture has several.
            runs.push(PlannedRun { mixture: mixture.clone(), n, d: tokens[(at + size) % tokens.len()], seed: 0 });
        }
    }
    let first = runs[0].clone();
    runs.extend((1..=wanted.repeats).map(|seed| PlannedRun { seed, ..first.clone() }));
    runs.sort_by(|a, b| a.n.0.total_cmp(&b.n.0));

    let flops = Flops(runs.iter().map(|run| Flops::of(run.n, run.d).0).sum());
    let gpu_hours = flops.0 / wanted.gpu_flops_per_second / 3600.0;
    let largest = tokens.iter().copied().fold(Tokens(0.0), |most, d| if d.0 > most.0 { d } else { most });
    let target = wanted.target.unwrap_or((sizes[sizes.len() - 1], largest));
    let accuracy = accuracy(&wanted.domains, &runs, &wanted.limits, target, wanted.seed, workers);
    let targets = if wanted.targets.is_empty() {
        wanted.domains.iter().map(|domain| format!("{domain}_loss")).collect()
    } else {
        wanted.targets.clone()
    };
    let mut plan = Plan {
        domains: wanted.domains.clone(),
        targets,
        flops,
        gpu_hours,
        target,
        accuracy,
        sentences: Vec::new(),
        warnings: design_warnings(
            &wanted.domains,
            &runs.iter().map(|run| (run.mixture.as_slice(), Some(run.n), Some(run.d))).collect::<Vec<_>>(),
            wanted.target,
        ),
        runs,
    };
    plan.sentences = words::of_plan(&plan, wanted.gpu_flops_per_second, k);
    Ok(plan)
}

fn check(wanted: &Wanted) -> Result<(), PlanError> {
    if wanted.domains.len() < 2 {
        return Err(PlanError::Domains { seen: wanted.domains.len() });
    }
    for (what, names) in [("domain", &wanted.domains), ("loss", &wanted.targets)] {
        let bad = |at: &usize| names[*at].trim().is_empty() || names[..*at].contains(&names[*at]);
        if let Some(at) = (0..names.len()).find(bad) {
            return Err(PlanError::Name { what, name: names[at].clone() });
        }
    }
    if wanted.sizes.is_empty() {
        return Err(PlanError::NoSizes);
    }
    let target = wanted.target.iter().flat_map(|(n, d)| [("the model size N", n.0), ("the tokens D", d.0)]);
    let fields = wanted.sizes.iter().map(|n| ("a model size", n.0));
    let fields = fields.chain(wanted.token_counts.iter().map(|d| ("a run's number of tokens", d.0))).chain(target);
    let rest = [("what a GPU does in a second", wanted.gpu_flops_per_second)];
    let budget = wanted.flops.map(|flops| ("the budget of FLOPs", flops.0));
    let mut fields = fields.chain(rest).chain(budget);
    match fields.find(|(_, seen)| !(seen.is_finite() && *seen > 0.0)) {
        Some((field, seen)) => Err(PlanError::Positive { field, seen }),
        None => Ok(()),
    }
}

fn token_counts(wanted: &Wanted, sizes: &[Params]) -> Vec<Tokens> {
    if !wanted.token_counts.is_empty() {
        return wanted.token_counts.clone();
    }
    let middle = libm::exp(sizes.iter().map(|n| libm::log(n.0)).sum::<f64>() / sizes.len() as f64);
    let rounded = |d: f64| {
        let unit = libm::pow(10.0, libm::floor(libm::log10(d)) - 1.0);
        Tokens(libm::round(d / unit) * unit)
    };
    if sizes.len() == 1 { vec![rounded(20.0 * middle)] } else { vec![rounded(10.0 * middle), rounded(40.0 * middle)] }
}

/// Runs of each size.
fn counts(wanted: &Wanted, sizes: &[Params], tokens: &[Tokens]) -> Result<Vec<usize>, PlanError> {
    let cost = |size: usize, count: usize| -> f64 {
        (0..count).map(|at| Flops::of(sizes[size], tokens[(at + size) % tokens.len()]).0).sum()
    };
    let of_repeats = wanted.repeats as f64 * cost(0, 1);
    let shares: Vec<f64> = sizes.iter().map(|n| 1.0 / n.0.sqrt()).collect();
    let sum: f64 = shares.iter().sum();
    let of_total =
        |total: f64| -> Vec<usize> { shares.iter().map(|share| ((total * share / sum) as usize).max(1)).collect() };
    let total_cost = |counts: &[usize]| of_repeats + (0..sizes.len()).map(|size| cost(size, counts[size])).sum::<f64>();
    let wants = |runs: usize| -> Vec<usize> {
        let mut counts = of_total(runs as f64);
        // What rounding leaves or takes is the smallest size's.
        while counts.iter().sum::<usize>() < runs {
            counts[0] += 1;
        }
        while counts.iter().sum::<usize>() > runs {
            let largest = (0..counts.len()).max_by_key(|&size| counts[size]).unwrap_or(0);
            counts[largest] -= 1;
        }
        counts
    };
    let most = Wanted::MOST_RUNS;
    if let Some(seen) = wanted.runs {
        let trained = seen.saturating_sub(wanted.repeats);
        if trained < sizes.len() || seen > most {
            return Err(PlanError::Runs { seen, sizes: sizes.len() });
        }
        let counts = wants(trained);
        return match wanted.flops {
            Some(flops) if total_cost(&counts) > flops.0 => within(&counts, flops, &total_cost),
            _ => Ok(counts),
        };
    }
    match wanted.flops {
        Some(flops) => within(&wants(most - wanted.repeats.min(most - sizes.len())), flops, &total_cost),
        None => {
            let smallest = 3 * (wanted.domains.len() + 1);
            Ok(shares.iter().map(|share| ((smallest as f64 * share / shares[0]).ceil() as usize).max(1)).collect())
        }
    }
}

/// As many runs as the budget pays, in the same proportion.
fn within(counts: &[usize], flops: Flops, cost: &dyn Fn(&[usize]) -> f64) -> Result<Vec<usize>, PlanError> {
    let one_each = vec![1; counts.len()];
    if cost(&one_each) > flops.0 {
        return Err(PlanError::BelowOneEach { budget: flops, cost: Flops(cost(&one_each)) });
    }
    let scaled =
        |share: f64| -> Vec<usize> { counts.iter().map(|count| ((*count as f64 * share) as usize).max(1)).collect() };
    let (mut low, mut high) = (0.0, 1.0);
    if cost(counts) <= flops.0 {
        return Ok(counts.to_vec());
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if cost(&scaled(middle)) <= flops.0 { low = middle } else { high = middle }
    }
    let mut counts = scaled(low);
    // What is left pays more of the smallest size.
    while counts.iter().sum::<usize>() < Wanted::MOST_RUNS {
        counts[0] += 1;
        if cost(&counts) > flops.0 {
            counts[0] -= 1;
            break;
        }
    }
    Ok(counts)
}

/// The mixture in use or the middle of what is allowed first, then what fills the space about it.
fn mixtures(wanted: &Wanted, tokens: &[Tokens], n: usize) -> Result<Vec<Vec<f64>>, PlanError> {
    let k = wanted.domains.len();
    let uniform = vec![1.0 / k as f64; k];
    let data = DataSummary {
        n_observations: 0,
        n_mixtures: 0,
        sizes: Vec::new(),
        token_range: None,
        largest: None,
        weight_ranges: vec![(0.0, 1.0); k],
        mean_mixture: uniform.clone(),
        mixtures: Vec::new(),
    };
    let limits = Limits { inside_data: false, ..wanted.limits.clone() };
    // The longest run takes most of a stock.
    let longest = tokens.iter().copied().fold(Tokens(0.0), |most, d| if d.0 > most.0 { d } else { most });
    let allowed = Allowed::new(&limits, &wanted.domains, &data, longest)?;
    let centre = if limits.present.is_empty() {
        uniform
    } else {
        by_domain("the present mixture", &limits.present, &wanted.domains).map_err(OptimumError::from)?
    };
    let first = allowed.toward(&centre);
    let inward = |h: Vec<f64>| allowed.toward(&between(&h, &first, FROM_CORNERS));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(wanted.seed);
    let mut mixtures = vec![first.clone()];
    mixtures.extend(spread(&allowed, &inward, &mut random, std::slice::from_ref(&first), n.saturating_sub(1)));
    // Where the limits leave next to nothing, runs repeat.
    let distinct = mixtures.len();
    Ok((0..n.max(1)).map(|at| mixtures[at % distinct].clone()).collect())
}

/// Weights that vary by no more than this do not vary.
const SAME: f64 = 1e-6;
/// A direction in which mixtures vary by less than this share of the largest is none.
const FLAT: f64 = 1e-3;

/// A run's mixture and scale, as far as they are known.
pub type RunOf<'a> = (&'a [f64], Option<Params>, Option<Tokens>);

/// What a study's design leaves open, in sentences: too few mixtures, one size only, tokens in one ratio to the size,
/// domains that never vary, mixtures that vary in fewer directions than they have domains.
pub fn design_warnings(domains: &[String], runs: &[RunOf], target: Option<(Params, Tokens)>) -> Vec<String> {
    let mut distinct: Vec<&[f64]> = Vec::new();
    for (h, ..) in runs {
        if !distinct.iter().any(|other| other.iter().zip(*h).all(|(a, b)| (a - b).abs() < SAME)) {
            distinct.push(h);
        }
    }
    let mut warnings = Vec::new();
    let enough = 3 * (domains.len() + 1);
    if distinct.len() < enough {
        warnings.push(words::few_mixtures(distinct.len(), enough));
    }
    let values = |of: &dyn Fn(&RunOf) -> Option<f64>| {
        let mut values: Vec<f64> = runs.iter().filter_map(of).collect();
        crate::order::sort(&mut values);
        values.dedup_by(|a, b| (*a / *b - 1.0).abs() < 1e-3);
        values
    };
    let sizes = values(&|run| run.1.map(|n| n.0));
    if let [only] = sizes[..] {
        // Who plans for that very size needs no other.
        if target.is_none_or(|(n, _)| (n.0 / only - 1.0).abs() > 0.01) {
            warnings.push(words::one_size(Params(only)));
        }
    } else if sizes.len() > 1 {
        let ratios = values(&|run| run.1.zip(run.2).map(|(n, d)| d.0 / n.0));
        if let [ratio] = ratios[..] {
            warnings.push(words::one_ratio(ratio));
        }
    }
    let varies = |i: usize| {
        let (low, high) = distinct.iter().fold((1.0_f64, 0.0_f64), |(low, high), h| (low.min(h[i]), high.max(h[i])));
        high - low > SAME
    };
    let fixed: Vec<&str> = (0..domains.len()).filter(|&i| !varies(i)).map(|i| domains[i].as_str()).collect();
    if !fixed.is_empty() {
        warnings.push(words::never_varies(&fixed));
    }
    let free = domains.len() - fixed.len();
    if free > 1 && distinct.len() > free && directions(&distinct) + 1 < free {
        warnings.push(words::collinear(directions(&distinct), free - 1));
    }
    warnings
}

/// In how many directions mixtures vary.
fn directions(mixtures: &[&[f64]]) -> usize {
    let (n, k) = (mixtures.len(), mixtures.first().map_or(0, |h| h.len()));
    let mean: Vec<f64> = (0..k).map(|i| mixtures.iter().map(|h| h[i]).sum::<f64>() / n as f64).collect();
    let centred = nalgebra::DMatrix::from_fn(n, k, |row, i| mixtures[row][i] - mean[i]);
    let values = centred.singular_values();
    let most = values.iter().copied().fold(0.0, f64::max);
    values.iter().filter(|value| **value > FLAT * most && **value > SAME).count()
}
