//! What a fit is worth: how it ended, how many starts agree, bounds, what the data do not determine, and the
//! mean relative error on the rows fitted and held out.
//!
//! ```text
//!     MRE = 100 · mean |predicted − observed| / observed        [percent]
//! ```

use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

use super::FitConfig;
use super::problem::Problem;
use super::restrict::Freedom;
use super::search::{AGREEMENT, Found, PERFECT, SURE};
use super::solver::Objective;
use crate::dataset::{Dataset, Holdout};
use crate::law::{Dropped, Kind, Law, Mixture, Parameter, Scale, Shape, loss};
use crate::order::{sort, sort_by_number};
use crate::units::write_number;

/// How the search for the minimum ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Termination {
    /// Nothing improved the objective any more.
    Converged,
    /// The steps ran out while it was still falling.
    StepsRanOut,
}

impl Termination {
    /// Name in files and links.
    pub fn id(self) -> &'static str {
        match self {
            Termination::Converged => "converged",
            Termination::StepsRanOut => "steps-ran-out",
        }
    }

    /// The ending of that name.
    pub fn from_id(id: &str) -> Option<Self> {
        [Termination::Converged, Termination::StepsRanOut].into_iter().find(|ending| ending.id() == id)
    }
}

/// How a fit does on one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Observations fitted.
    pub n_fit: usize,
    /// Observations held out.
    pub n_holdout: usize,
    /// Mean relative error on the observations fitted, in percent.
    pub fit_mre_percent: f64,
    /// The same on those held out, where there are any.
    pub holdout_mre_percent: Option<f64>,
}

/// Something about a fit that its reader must know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Flag {
    /// The steps ran out.
    NotConverged,
    /// Only this many starts led to the best objective.
    StartsDisagree {
        /// Starts that did.
        agreeing: usize,
        /// Starts in all.
        starts: usize,
    },
    /// Parameters that ended at a bound of their range, by position in θ.
    AtBound(Vec<usize>),
    /// Exponents γ_i that ended at the least or the largest that the fit's settings allow, by position in θ.
    AtGammaLimit(Vec<usize>),
    /// A combination of parameters that the data do not determine: its members by position in θ.
    Undetermined(Vec<usize>),
    /// Fewer observations than parameters.
    FewRows {
        /// Observations.
        rows: usize,
        /// Parameters.
        parameters: usize,
    },
    /// Fewer distinct runs than parameters: the rows of one run share their errors.
    FewRuns {
        /// Distinct pairs of model size and mixture with a loss.
        runs: usize,
        /// Parameters.
        parameters: usize,
    },
    /// Fewer mixtures than parameters of one function of the mixture.
    FewMixtures {
        /// Distinct mixtures with a loss.
        mixtures: usize,
        /// Parameters of the function of the mixture that has most.
        parameters: usize,
    },
    /// The search for better minima ended before its time, as the law has very many parameters here.
    SearchCut,
    /// The largest model size should have been held out, but there are no two sizes.
    NothingHeldOut,
    /// Losses of rows that the law cannot use, because they have too little of the target's own domain.
    RowsUnused {
        /// How many.
        rows: usize,
    },
    /// A term was left out, because the study does not vary what it depends on.
    Dropped(Dropped),
    /// A term in N or in D was left out, because the study does not give it.
    NotGiven(Dropped),
    /// Observations far from the fit.
    FarRows {
        /// Their lines in the table, farthest first; of many the first ones.
        lines: Vec<usize>,
        /// How many there are.
        n: usize,
        /// The largest distance, in nats.
        most: f64,
    },
}

impl Flag {
    /// How far the farthest row is from the fit, in nats; `None` for anything else.
    pub(crate) fn farthest(&self) -> Option<f64> {
        if let Self::FarRows { most, .. } = self { Some(*most) } else { None }
    }

    /// The flag in plain words; `names` are the parameters' names in the order of θ.
    pub fn sentence(&self, names: &[String]) -> String {
        let list = |positions: &[usize]| {
            let listed: Vec<&str> = positions.iter().take(MOST_NAMES).map(|&p| names[p].as_str()).collect();
            let more = positions.len() - listed.len();
            if more > 0 { format!("{} and {more} more", listed.join(", ")) } else { listed.join(", ") }
        };
        match self {
            Flag::NotConverged => {
                "the search stopped at its step limit while the objective was still falling".into()
            }
            Flag::StartsDisagree { agreeing: 0, starts } => format!(
                "none of {starts} restarts reached the best objective found, which a simpler law's fit led to; a better minimum may exist: try more starts"
            ),
            Flag::StartsDisagree { agreeing, starts } => format!(
                "only {agreeing} of {starts} restarts reached the best objective; a better minimum may exist: try more starts"
            ),
            Flag::AtBound(positions) => format!("at a bound of its range: {}", list(positions)),
            Flag::AtGammaLimit(positions) => {
                format!("at the minimum or maximum γ of the fit's settings: {}", list(positions))
            }
            Flag::Undetermined(positions) if positions.len() == 1 => {
                format!("{} is not identifiable from these runs", list(positions))
            }
            Flag::Undetermined(positions) => {
                format!("{} are not identified separately by these runs", list(positions))
            }
            Flag::FewRows { rows, parameters } => {
                format!("{rows} observations for {parameters} parameters: the fit can follow any noise")
            }
            Flag::FewRuns { runs, parameters } => format!(
                "{runs} distinct runs (by model size and mixture) for {parameters} parameters: the fit can follow the errors that the observations of a run share"
            ),
            Flag::FewMixtures { mixtures, parameters } => format!(
                "{mixtures} mixtures for the {parameters} parameters that depend on the mixture: between them the fit is free"
            ),
            Flag::SearchCut => {
                "the search was cut short, since the law has very many parameters here; a better minimum may exist: try other seeds"
                    .into()
            }
            Flag::NothingHeldOut => "nothing is held out: no loss is of a larger model than the others".into(),
            Flag::RowsUnused { rows } => format!(
                "{rows} losses are left out: their runs have too little of the target's own domain for this law"
            ),
            Flag::Dropped(Dropped::Saturation) => {
                "no run takes a domain for more than one epoch, so the saturation constant R is not fitted: 15.39, of Muennighoff et al. 2023"
                    .into()
            }
            Flag::NotGiven(what) => {
                let symbol = if *what == Dropped::D { "D" } else { "N" };
                format!(
                    "no column for {symbol} was found, so there is no term in {symbol}: predictions hold for the study's own runs, \
                     and a given {symbol} does not count"
                )
            }
            Flag::FarRows { lines, n, most } => {
                let listed: Vec<String> = lines.iter().map(usize::to_string).collect();
                let more = n.saturating_sub(lines.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let (plural, verb) = if *n == 1 { ("", "is") } else { ("s", "are") };
                format!(
                    "line{plural} {}{more} {verb} far from the fit, by up to {} nats, more than {FAR} times the usual residual; \
                     the fit uses {}: check {}",
                    listed.join(", "),
                    write_number(*most, 2),
                    if *n == 1 { "it" } else { "them" },
                    if *n == 1 { "this run" } else { "these runs" }
                )
            }
            Flag::Dropped(Dropped::N) => {
                "only one model size, so no N term; predictions hold at that size"
                    .into()
            }
            Flag::Dropped(Dropped::D) => {
                "only one number of tokens, so no D term; predictions hold at that number"
                    .into()
            }
        }
    }
}

/// What a fit is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// Mean Huber over the observations fitted.
    pub objective: f64,
    /// How the search ended.
    pub termination: Termination,
    /// Starts that led to within 0.1 % of the best objective, by themselves or as the search went on from their endings.
    pub agreeing_starts: usize,
    /// The settings of the fit, its number of starts and its seed among them.
    pub config: FitConfig,
    /// One for each target of the fit.
    pub scores: Vec<Score>,
    /// Largest over least curvature of the objective's majoriser in θ, over the parameters not at a bound.
    pub condition: f64,
    /// What the reader must know; empty for a healthy fit.
    pub flags: Vec<Flag>,
    /// Seconds the fit took, where its caller measured them.
    pub seconds: Option<f64>,
}

impl FitReport {
    /// Losses of rows that the law cannot use, where there are any.
    pub fn rows_unused(&self) -> Option<usize> {
        self.flags.iter().find_map(|flag| if let Flag::RowsUnused { rows } = flag { Some(*rows) } else { None })
    }
}

/// Members of an undetermined combination: entries of its vector at least this large, relative to its largest.
const MEMBER: f64 = 0.3;
/// An eigenvalue below this share of the largest, for each row of the matrix, is rounding.
const ROUNDING: f64 = 1e-14;
/// A sentence names so many parameters, and counts the others.
const MOST_NAMES: usize = 8;
/// This close to its bound a parameter is at it.
const AT_BOUND: f64 = 1e-6;

#[expect(clippy::too_many_arguments, reason = "called once, with all that a fit has")]
pub(super) fn report(
    law: &dyn Law,
    shape: &Shape,
    dataset: &Dataset,
    target_idxs: &[usize],
    weights: &[f64],
    problem: &mut Problem,
    freedom: &Freedom,
    found: &Found,
    theta: &[f64],
    config: &FitConfig,
) -> FitReport {
    let mut flags = Vec::new();
    if !found.best.converged {
        flags.push(Flag::NotConverged);
    }
    if found.agreeing_starts < SURE.min(config.starts) {
        flags.push(Flag::StartsDisagree { agreeing: found.agreeing_starts, starts: config.starts });
    }
    let bounds = freedom.bounds();
    let is_at_bound =
        |p: usize| bounds[p].is_some_and(|(low, high)| theta[p] <= low + AT_BOUND || theta[p] >= high - AT_BOUND);
    let (at_bound, inside): (Vec<usize>, Vec<usize>) = (0..theta.len()).partition(|&p| is_at_bound(p));
    let free = inside.into_iter().filter(|&p| bounds[p].is_some()).collect();
    let curvature = curvature(problem, theta, config.delta, free);
    let is_of_settings = |&p: &usize| {
        let (floor, ceiling) = freedom.of_settings(p);
        floor.is_some_and(|floor| theta[p] <= floor + AT_BOUND)
            || ceiling.is_some_and(|ceiling| theta[p] >= ceiling - AT_BOUND)
    };
    let (at_limit, at_bound): (Vec<usize>, Vec<usize>) = at_bound.into_iter().partition(is_of_settings);
    flags.extend((!at_bound.is_empty()).then_some(Flag::AtBound(at_bound)));
    flags.extend((!at_limit.is_empty()).then_some(Flag::AtGammaLimit(at_limit)));
    flags.extend(curvature.undetermined(found.best.objective).into_iter().map(Flag::Undetermined));
    if found.cut_short {
        flags.push(Flag::SearchCut);
    }
    let n_free = freedom.parameters.len();
    let (n_rows, n_runs) = (problem.n_rows(), problem.n_runs());
    if n_rows < n_free {
        flags.push(Flag::FewRows { rows: n_rows, parameters: n_free });
    } else if n_runs < n_free {
        flags.push(Flag::FewRuns { runs: n_runs, parameters: n_free });
    }
    let (n_mixtures, n_of_mixture) = (problem.n_mixtures(), n_of_mixture(&freedom.parameters));
    // Every target says something of a mixture.
    if n_rows >= n_free && n_mixtures * target_idxs.len() < n_of_mixture {
        flags.push(Flag::FewMixtures { mixtures: n_mixtures, parameters: n_of_mixture });
    }
    let is_given = |what: Dropped| {
        let first = dataset.observations().first();
        match what {
            Dropped::N => first.is_some_and(|row| row.n.is_some()),
            Dropped::D => first.is_some_and(|row| row.d.is_some()),
            Dropped::Saturation => true,
        }
    };
    let dropped = shape.dropped(law).into_iter();
    flags.extend(dropped.map(|what| if is_given(what) { Flag::Dropped(what) } else { Flag::NotGiven(what) }));
    flags.extend(far_rows(law, shape, theta, dataset, target_idxs, weights));
    let scores = scores(law, shape, theta, dataset, target_idxs, weights);
    let n_unused = n_unused(law, shape, dataset, target_idxs, weights);
    if n_unused > 0 {
        flags.push(Flag::RowsUnused { rows: n_unused });
    }
    if config.holdout == Holdout::LargestN && scores.iter().all(|score| score.n_holdout == 0) {
        flags.push(Flag::NothingHeldOut);
    }
    FitReport {
        objective: found.best.objective,
        termination: if found.best.converged { Termination::Converged } else { Termination::StepsRanOut },
        agreeing_starts: found.agreeing_starts,
        config: config.clone(),
        scores,
        condition: curvature.condition(),
        flags,
        seconds: None,
    }
}

/// Parameters of the function of the mixture that has most: those of a domain, and exponents of power means.
fn n_of_mixture(parameters: &[Parameter]) -> usize {
    let of_mixture = |parameter: &&Parameter| parameter.symbol.domain_idx.is_some() || parameter.kind == Kind::Inverse;
    let functions = parameters.iter().filter(of_mixture).map(|parameter| parameter.symbol.superscript);
    let functions: Vec<_> = functions.collect();
    functions.iter().map(|one| functions.iter().filter(|other| *other == one).count()).max().unwrap_or(0)
}

/// Eigenvalues and eigenvectors of JᵀWJ over the parameters that are not at a bound.
struct Curvature {
    free: Vec<usize>,
    values: Vec<f64>,
    vectors: DMatrix<f64>,
    /// Directions, as columns, along which the objective does not change at all, up to rounding.
    flat: DMatrix<f64>,
}

fn curvature(problem: &mut Problem, theta: &[f64], delta: f64, free: Vec<usize>) -> Curvature {
    let n = theta.len();
    let mut gram = vec![0.0; n * n];
    problem.normal_equations(theta, delta, &mut vec![0.0; n], &mut gram);
    let matrix = DMatrix::from_fn(free.len(), free.len(), |a, b| gram[free[a] * n + free[b]]);
    if free.is_empty() || matrix.iter().any(|entry| !entry.is_finite()) {
        let none = DMatrix::zeros(0, 0);
        return Curvature { free: Vec::new(), values: Vec::new(), vectors: none.clone(), flat: none };
    }
    let flat = flat_directions(&matrix);
    let SymmetricEigen { eigenvalues, eigenvectors } = SymmetricEigen::new(matrix);
    Curvature { free, values: eigenvalues.iter().copied().collect(), vectors: eigenvectors, flat }
}

/// The combinations of two or more entries along which a symmetric matrix is 0, up to rounding. Its diagonal is scaled to
/// 1, so that neither a parameter of large curvature hides others, nor one of small curvature looks like one of none.
/// Entries without any curvature are left out: each is a direction of its own, and would mix with the others.
fn flat_directions(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let curved: Vec<usize> = (0..matrix.nrows()).filter(|&i| matrix[(i, i)] > 0.0).collect();
    let n = curved.len();
    if n == 0 {
        return DMatrix::zeros(matrix.nrows(), 0);
    }
    let unit: Vec<f64> = curved.iter().map(|&i| 1.0 / matrix[(i, i)].sqrt()).collect();
    let scaled = DMatrix::from_fn(n, n, |a, b| unit[a] * matrix[(curved[a], curved[b])] * unit[b]);
    let SymmetricEigen { eigenvalues, eigenvectors } = SymmetricEigen::new(scaled);
    let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
    let flat: Vec<usize> = (0..n).filter(|&column| eigenvalues[column] < n as f64 * ROUNDING * largest).collect();
    let mut directions = DMatrix::zeros(matrix.nrows(), flat.len());
    for (to, &column) in flat.iter().enumerate() {
        for (a, &i) in curved.iter().enumerate() {
            directions[(i, to)] = unit[a] * eigenvectors[(a, column)];
        }
    }
    directions
}

impl Curvature {
    fn condition(&self) -> f64 {
        let largest = self.values.iter().copied().fold(0.0, f64::max);
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        largest / least.max(0.0)
    }

    /// Parameters along whose combinations one unit of θ (a factor e) moves the objective by less than
    /// [`AGREEMENT`], or by nothing but rounding.
    fn undetermined(&self, objective: f64) -> Vec<Vec<usize>> {
        let least = 2.0 * AGREEMENT * objective + PERFECT;
        let slight = (0..self.values.len()).filter(|&column| self.values[column] < least);
        let slight = slight.map(|column| self.vectors.column(column));
        let mut combinations: Vec<Vec<usize>> = Vec::new();
        for vector in slight.chain(self.flat.column_iter()) {
            let mut members: Vec<usize> = (0..self.free.len())
                .filter(|&a| vector[a].abs() >= MEMBER * vector.amax())
                .map(|a| self.free[a])
                .collect();
            // Directions that share a parameter make one combination.
            let (joined, apart): (Vec<_>, Vec<_>) =
                combinations.into_iter().partition(|other| other.iter().any(|position| members.contains(position)));
            members.extend(joined.into_iter().flatten());
            members.sort_unstable();
            members.dedup();
            combinations = apart;
            combinations.push(members);
        }
        combinations.sort();
        combinations
    }
}

/// How θ does on each target.
pub(crate) fn scores(
    law: &dyn Law,
    shape: &Shape,
    theta: &[f64],
    dataset: &Dataset,
    target_idxs: &[usize],
    weights: &[f64],
) -> Vec<Score> {
    let targets = target_idxs.iter().enumerate();
    targets.map(|(target_pos, &idx)| score(law, shape, theta, target_pos, dataset, idx, weights)).collect()
}

/// Residuals beyond so many robust standard deviations are far, in a target of at least so many observations; and no
/// less than this share of the loss, below which a run may always differ.
const FAR: f64 = 8.0;
const FEWEST_ROWS: usize = 10;
const SMALLEST_SHARE: f64 = 0.01;
/// Lines that a sentence lists.
const MOST_LINES: usize = 5;

/// The fitted observations that are far from the fit.
fn far_rows(
    law: &dyn Law,
    shape: &Shape,
    theta: &[f64],
    dataset: &Dataset,
    target_idxs: &[usize],
    weights: &[f64],
) -> Option<Flag> {
    let mut far: Vec<(usize, f64)> = Vec::new();
    for (target_pos, &target_idx) in target_idxs.iter().enumerate() {
        let used = dataset.observations().iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
        let residuals: Vec<(usize, f64, f64)> = used
            .filter(|(row, _)| law.uses(shape, target_pos, &row.mixture))
            .filter_map(|(row, _)| {
                let observed = row.losses[target_idx]?.0;
                let mixture = Mixture::new(&row.mixture);
                let predicted = loss(law, shape, theta, target_pos, Scale::new(row.n, row.d), &mixture);
                Some((row.line, observed - predicted, observed))
            })
            .collect();
        if residuals.len() < FEWEST_ROWS {
            continue;
        }
        let median = |values: &mut Vec<f64>| {
            sort(values);
            values[values.len() / 2]
        };
        let centre = median(&mut residuals.iter().map(|(_, residual, _)| *residual).collect());
        // The median of absolute deviations is 0.6745 of a Gaussian's standard deviation.
        let sigma = median(&mut residuals.iter().map(|(_, residual, _)| (residual - centre).abs()).collect()) / 0.6745;
        let is_far = |residual: f64, loss: f64| {
            (residual - centre).abs() > FAR * sigma && (residual - centre).abs() > SMALLEST_SHARE * loss
        };
        let of_target = residuals.into_iter().filter(|(_, residual, loss)| is_far(*residual, *loss));
        far.extend(of_target.map(|(line, residual, _)| (line, residual.abs())));
    }
    sort_by_number(&mut far, |(_, distance)| -distance);
    let most = far.first()?.1;
    let mut lines: Vec<usize> = Vec::new();
    far.into_iter().for_each(|(line, _)| {
        if !lines.contains(&line) {
            lines.push(line)
        }
    });
    let n = lines.len();
    lines.truncate(MOST_LINES);
    Some(Flag::FarRows { lines, n, most })
}

fn score(
    law: &dyn Law,
    shape: &Shape,
    theta: &[f64],
    target_pos: usize,
    dataset: &Dataset,
    target_idx: usize,
    weights: &[f64],
) -> Score {
    let mut errors = [Vec::new(), Vec::new()];
    for (observation, &weight) in dataset.observations().iter().zip(weights) {
        if let Some(observed) = observation.losses[target_idx]
            && law.uses(shape, target_pos, &observation.mixture)
        {
            let scale = Scale::new(observation.n, observation.d);
            let predicted = loss(law, shape, theta, target_pos, scale, &Mixture::new(&observation.mixture));
            errors[usize::from(weight == 0.0)].push((predicted, observed.0));
        }
    }
    let [fit, holdout] = errors;
    Score {
        n_fit: fit.len(),
        n_holdout: holdout.len(),
        fit_mre_percent: mre_percent(&fit).unwrap_or(0.0),
        holdout_mre_percent: mre_percent(&holdout),
    }
}

/// Rows with a loss that the law cannot use.
fn n_unused(law: &dyn Law, shape: &Shape, dataset: &Dataset, target_idxs: &[usize], weights: &[f64]) -> usize {
    let fitted = dataset.observations().iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
    fitted
        .map(|(observation, _)| {
            let targets = target_idxs.iter().enumerate();
            let unused = |target_pos: usize, target_idx: usize| {
                observation.losses[target_idx].is_some() && !law.uses(shape, target_pos, &observation.mixture)
            };
            targets.filter(|&(target_pos, &target_idx)| unused(target_pos, target_idx)).count()
        })
        .sum()
}

/// 100 · mean |predicted − observed| / observed over the pairs; `None` of none.
pub fn mre_percent(pairs: &[(f64, f64)]) -> Option<f64> {
    let sum: f64 = pairs.iter().map(|(predicted, observed)| (predicted - observed).abs() / observed).sum();
    (!pairs.is_empty()).then(|| 100.0 * sum / pairs.len() as f64)
}
