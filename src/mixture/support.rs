//! Which mixtures the runs support.
//!
//! Those no farther from the convex hull of the runs' mixtures than most of the runs are from the hull of the others:
//! dist(h, conv{m_1 … m_n}) ≤ r, where each weight is divided by its standard deviation over the runs, and r is a quantile
//! of the runs' distances to the hull without them. Such distances are what cross-validation tests. In few dimensions
//! that is about the hull; in many no run lies in the hull of the others, and r is what keeps a mixture between
//! neighbours. Ranges of single weights are both too loose, as they admit what no run is near to, and too strict, as a
//! domain of which the runs have little could never be given a little more.
//!
//! A domain whose weight never varies keeps that weight: no run says what another one would do. Where the runs'
//! mixtures are not known, as in a link of before, each weight stays within its range instead.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::{Bound, Limit};
use super::solver::hull::{Face, Hull};
use super::solver::interior::Constraint;
use crate::fit::percentile;
use crate::law::MixtureDerivatives;
use crate::order::sort;
use crate::predict::{DataSummary, FittedStudy};
use crate::units::write_number;

/// A weight that varies by no more than this is one.
const SAME: f64 = 1e-9;
/// The quantile of the runs' distances that is the radius. In a simulation on three public studies (`examples/support.rs`:
/// the best of many candidates by a predictor, judged by a process on all runs) the mixtures that were found lost less on
/// average with 0.9 than with 0.75 in all six cases, and the worst of them at most 0.03 nats more.
pub const QUANTILE: f64 = 0.9;
/// The least radius, in standard deviations: less than a reader sees, but so that the region has an inside.
const LEAST_RADIUS: f64 = 1e-2;
/// Runs nearer to each other than this, in standard deviations, are one where each is left out.
const SAME_RUN: f64 = 1e-3;
/// Runs whose distance to the others' hull is looked at: at most so many, and fewer where that many products of a weight
/// would not do.
const MOST_LEFT_OUT: usize = 200;
const LEAST_LEFT_OUT: usize = 40;
const MOST_PRODUCTS: usize = 2_000_000;
/// A distance beyond the radius by this share is rounding.
const ROUNDING: f64 = 1e-9;

/// The mixtures that the runs support.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// The runs' mixtures, by which a support is known again.
    mixtures: Vec<Vec<f64>>,
    /// The weight of each domain that has but one.
    fixed: Vec<Option<f64>>,
    /// The others, with the means and standard deviations of their weights.
    varying: Vec<usize>,
    means: Vec<f64>,
    deviations: Vec<f64>,
    hull: Hull,
    radius: f64,
}

/// What the runs of a study support; none where their mixtures are not known.
pub fn support(study: &FittedStudy) -> Option<Arc<Support>> {
    of(&study.summary)
}

/// The same, remembered: it is asked for again at each move of a slider and by each replicate of a bootstrap.
pub(super) fn of(data: &DataSummary) -> Option<Arc<Support>> {
    const MOST_KEPT: usize = 4;
    static KEPT: Mutex<Vec<Arc<Support>>> = Mutex::new(Vec::new());
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let known = kept().iter().find(|support| support.mixtures == data.mixtures).cloned();
    if known.is_some() {
        return known;
    }
    let support = Arc::new(Support::new(&data.mixtures, QUANTILE)?);
    let mut kept = kept();
    kept.truncate(MOST_KEPT - 1);
    kept.insert(0, support.clone());
    Some(support)
}

impl Support {
    /// The support of runs with these mixtures, with a radius of that quantile of their distances; `None` of none.
    pub fn new(mixtures: &[Vec<f64>], quantile: f64) -> Option<Self> {
        let (n, k) = (mixtures.len() as f64, mixtures.first()?.len());
        let means: Vec<f64> = (0..k).map(|i| mixtures.iter().map(|h| h[i]).sum::<f64>() / n).collect();
        let variance = |i: usize| mixtures.iter().map(|h| (h[i] - means[i]) * (h[i] - means[i])).sum::<f64>() / n;
        let range =
            |i: usize| mixtures.iter().fold((1.0_f64, 0.0_f64), |(low, high), h| (low.min(h[i]), high.max(h[i])));
        let is_fixed = |i: usize| {
            let (low, high) = range(i);
            high - low <= SAME
        };
        let varying: Vec<usize> = (0..k).filter(|&i| !is_fixed(i)).collect();
        let mut support = Self {
            mixtures: mixtures.to_vec(),
            fixed: (0..k).map(|i| is_fixed(i).then_some(means[i])).collect(),
            means: varying.iter().map(|&i| means[i]).collect(),
            deviations: varying.iter().map(|&i| variance(i).sqrt()).collect(),
            varying,
            hull: Hull::new(0, &[]),
            radius: LEAST_RADIUS,
        };
        let all: Vec<Vec<f64>> = mixtures.iter().map(|h| support.standardised(h)).collect();
        support.hull = Hull::new(support.varying.len(), &all);
        let mut points: Vec<Vec<f64>> = Vec::new();
        for point in all {
            let is_same = |other: &Vec<f64>| other.iter().zip(&point).all(|(a, b)| (a - b).abs() < SAME_RUN);
            if !points.iter().any(is_same) {
                points.push(point);
            }
        }
        let hull = Hull::new(support.varying.len(), &points);
        let affordable = MOST_PRODUCTS / (points.len() * support.varying.len().max(1));
        let n_left_out = points.len().min(MOST_LEFT_OUT.min(affordable.max(LEAST_LEFT_OUT)));
        if points.len() > 1 {
            let left_out = (0..n_left_out).map(|at| at * points.len() / n_left_out);
            let distance = |at: usize| hull.nearest(&points[at], Some(at), &mut Face::default()).distance;
            let mut distances: Vec<f64> = left_out.map(distance).collect();
            sort(&mut distances);
            support.radius = percentile(&distances, quantile).unwrap_or(0.0).max(LEAST_RADIUS);
        }
        Some(support)
    }

    /// How far a mixture is from the hull of the runs' mixtures, each weight in its standard deviations; infinite where
    /// a domain has another weight than the one that it has in all runs.
    pub fn distance(&self, h: &[f64]) -> f64 {
        let moved = |(h, fixed): (&f64, &Option<f64>)| fixed.is_some_and(|fixed| (h - fixed).abs() > FIXED_ROUNDING);
        if h.iter().zip(&self.fixed).any(moved) {
            f64::INFINITY
        } else {
            self.distance_of_varying(h, &mut Face::default())
        }
    }

    /// The distance up to which a mixture is supported.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// Whether the runs support a mixture.
    pub fn is_supported(&self, h: &[f64]) -> bool {
        self.distance(h) <= self.radius * (1.0 + ROUNDING)
    }

    /// The mean of the runs' mixtures, which they support.
    pub(super) fn centre(&self) -> Vec<f64> {
        let mut centre: Vec<f64> = self.fixed.iter().map(|fixed| fixed.unwrap_or(0.0)).collect();
        self.varying.iter().zip(&self.means).for_each(|(&i, &mean)| centre[i] = mean);
        centre
    }

    /// The runs' mixtures.
    pub(super) fn mixtures(&self) -> &[Vec<f64>] {
        &self.mixtures
    }

    fn standardised(&self, h: &[f64]) -> Vec<f64> {
        let one = |((&i, mean), deviation): ((&usize, &f64), &f64)| (h[i] - mean) / deviation;
        self.varying.iter().zip(&self.means).zip(&self.deviations).map(one).collect()
    }

    /// The distance of the weights that vary, in radii.
    pub(super) fn relative(&self, h: &[f64], face: &mut Face) -> f64 {
        self.distance_of_varying(h, face) / self.radius
    }

    fn distance_of_varying(&self, h: &[f64], face: &mut Face) -> f64 {
        self.hull.nearest(&self.standardised(h), None, face).distance
    }

    /// (dist/r)² − 1, which is convex and at most 0 where a mixture is supported, with its derivatives in h. `face` is
    /// where the last mixture's nearest point was.
    pub(super) fn excess(&self, h: &[f64], face: &RefCell<Face>) -> MixtureDerivatives {
        let mut face = face.borrow_mut();
        let nearest = self.hull.nearest(&self.standardised(h), None, &mut face);
        let mut out = MixtureDerivatives::zero(h.len());
        let square = self.radius * self.radius;
        out.value = nearest.distance * nearest.distance / square - 1.0;
        if nearest.distance == 0.0 {
            return out;
        }
        let k = h.len();
        for (a, (&i, s)) in self.varying.iter().zip(&self.deviations).enumerate() {
            out.gradient[i] = 2.0 * nearest.offset[a] / (square * s);
            for (b, (&j, t)) in self.varying.iter().zip(&self.deviations).enumerate().take(a + 1) {
                let within: f64 = face.basis.iter().map(|axis| axis[a] * axis[b]).sum();
                let curvature = 2.0 * (f64::from(u8::from(a == b)) - within) / (square * s * t);
                out.hessian[i * k + j] = curvature;
                out.hessian[j * k + i] = curvature;
            }
        }
        out
    }

    /// The half-space that holds all supported mixtures and is farthest from this one, which is none of them.
    pub(super) fn cut(&self, h: &[f64]) -> Constraint {
        let nearest = self.hull.nearest(&self.standardised(h), None, &mut Face::default());
        let direction: Vec<f64> = nearest.offset.iter().map(|offset| offset / nearest.distance).collect();
        let mut coefficients = vec![0.0; h.len()];
        let mut bound = -(self.hull.farthest_along(&direction) + self.radius);
        for (a, &i) in self.varying.iter().enumerate() {
            coefficients[i] = -direction[a] / self.deviations[a];
            bound -= direction[a] * self.means[a] / self.deviations[a];
        }
        Constraint::new(coefficients, bound)
    }

    /// How much of the way from a supported mixture to another one is supported for certain, as the distance is convex,
    /// and keeps this share of the room that there is at its beginning.
    pub(super) fn reach(&self, from: &[f64], to: &[f64], kept: f64) -> f64 {
        let mut face = Face::default();
        let (here, there) = (self.relative(from, &mut face), self.relative(to, &mut face));
        let most = 1.0 - kept * (1.0 - here);
        if there <= most { 1.0 } else { ((most - here) / (there - here)).clamp(0.0, 1.0) }
    }
}

/// A weight that differs by no more than this from the only one in the runs is that one.
const FIXED_ROUNDING: f64 = 1e-6;

/// The weight of each domain that has but one in the runs.
pub(super) fn fixed(data: &DataSummary) -> Vec<Option<f64>> {
    let is_fixed: Vec<bool> = data.weight_ranges.iter().map(|(low, high)| high - low <= SAME).collect();
    // A link rounds ranges more than means. Where no weight varies, the rounded ones need not sum to 1.
    let sum: f64 = if is_fixed.contains(&false) { 1.0 } else { data.mean_mixture.iter().sum() };
    is_fixed.iter().zip(&data.mean_mixture).map(|(fixed, mean)| fixed.then_some(mean / sum)).collect()
}

/// What the runs support, as far as that are limits of single weights.
pub(super) fn bounds(domains: &[String], data: &DataSummary, inside_data: bool) -> Vec<Bound> {
    let k = domains.len();
    let bound = |i: usize, least: bool, weight: f64, limit: Limit| {
        let sign = if least { 1.0 } else { -1.0 };
        let constraint = Constraint::new((0..k).map(|j| if i == j { sign } else { 0.0 }).collect(), sign * weight);
        Bound { limit, constraint, unit: 1.0 }
    };
    let mut bounds = Vec::new();
    for (i, (domain, fixed)) in domains.iter().zip(fixed(data)).enumerate() {
        if let Some(weight) = fixed {
            let limit = Limit::Fixed { domain: domain.clone(), weight };
            bounds.extend([true, false].map(|least| bound(i, least, weight, limit.clone())));
        } else if inside_data && data.mixtures.is_empty() {
            let (low, high) = data.weight_ranges[i];
            for (least, weight) in [(true, low), (false, high)] {
                bounds.push(bound(i, least, weight, Limit::Data { domain: domain.clone(), weight, least }));
            }
        }
    }
    bounds
}

/// A distance in radii, in words.
pub(super) fn far_words(radii: f64) -> String {
    // Of the thousandfold nobody needs the digits.
    match radii <= 100.0 {
        true => format!("{} times the supported distance", write_number(radii, 2)),
        false => "over 100 times the supported distance".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use clarabel::algebra::CscMatrix;
    use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, ZeroConeT};
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::super::solver::hull::dot;
    use super::*;

    fn random_mixtures(seed: u64, n: usize, k: usize) -> Vec<Vec<f64>> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let one = |_| {
            let draws: Vec<f64> = (0..k).map(|_| libm::pow(random.random::<f64>(), 3.0)).collect();
            let sum: f64 = draws.iter().sum();
            draws.iter().map(|draw| draw / sum).collect()
        };
        (0..n).map(one).collect()
    }

    /// min ‖Σ_i w_i z_i − to‖, w on the simplex, by Clarabel.
    fn distance_by_clarabel(points: &[Vec<f64>], to: &[f64]) -> f64 {
        let n = points.len();
        let centred: Vec<Vec<f64>> = points.iter().map(|z| z.iter().zip(to).map(|(z, to)| z - to).collect()).collect();
        let rows: Vec<Vec<f64>> =
            (0..n).map(|a| (0..n).map(|b| if b < a { 0.0 } else { dot(&centred[a], &centred[b]) }).collect()).collect();
        let p = CscMatrix::from(&rows);
        let mut a = vec![vec![1.0; n]];
        a.extend((0..n).map(|i| (0..n).map(|j| if i == j { -1.0 } else { 0.0 }).collect::<Vec<f64>>()));
        let mut b = vec![0.0; n + 1];
        b[0] = 1.0;
        let settings = DefaultSettingsBuilder::default()
            .verbose(false)
            .tol_gap_abs(1e-12)
            .tol_gap_rel(1e-12)
            .tol_feas(1e-12)
            .build()
            .expect("sound settings");
        let cones = [ZeroConeT(1), NonnegativeConeT(n)];
        let mut solver =
            DefaultSolver::new(&p, &vec![0.0; n], &CscMatrix::from(&a), &b, &cones, settings).expect("a problem");
        solver.solve();
        let w = &solver.solution.x;
        (0..to.len())
            .map(|i| centred.iter().zip(w).map(|(z, w)| z[i] * w).sum::<f64>())
            .map(|x| x * x)
            .sum::<f64>()
            .sqrt()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_distance_is_that_of_another_solver(seed: u64, n in 2_usize..40, k in 2_usize..12) {
            let mixtures = random_mixtures(seed, n, k);
            let support = Support::new(&mixtures, QUANTILE).expect("runs");
            let points: Vec<Vec<f64>> = mixtures.iter().map(|h| support.standardised(h)).collect();
            let mut face = Face::default();
            for h in random_mixtures(seed ^ 1, 8, k) {
                let to = support.standardised(&h);
                let expected = distance_by_clarabel(&points, &to);
                let found = support.distance(&h);
                // The other solver keeps to its tolerance in the square.
                let off = (found * found - expected * expected).abs();
                prop_assert!(off < 1e-6 * (1.0 + expected * expected), "{found} {expected}");
                // It does not matter where the search begins.
                let warm = support.hull.nearest(&to, None, &mut face);
                prop_assert!((warm.distance - found).abs() < 1e-10 * (1.0 + found), "{} {found}", warm.distance);
                // The offset is at right angles to a plane that has all of the hull on its other side.
                let most = support.hull.farthest_along(&warm.offset);
                let square = warm.distance * warm.distance;
                prop_assert!(dot(&to, &warm.offset) - most >= square - 1e-9 * (1.0 + square), "{found}");
            }
        }

        #[test]
        fn derivatives_are_those_of_differences(seed: u64, k in 3_usize..8) {
            let support = Support::new(&random_mixtures(seed, 12, k), QUANTILE).expect("runs");
            let h = random_mixtures(seed ^ 1, 1, k).swap_remove(0);
            let at = |h: &[f64]| support.excess(h, &RefCell::default());
            let here = at(&h);
            prop_assume!(here.value > -1.0);
            const STEP: f64 = 1e-6;
            for i in 0..k {
                let mut moved = [h.clone(), h.clone()];
                moved[0][i] -= STEP;
                moved[1][i] += STEP;
                let [low, high] = moved.map(|h| at(&h));
                let slope = (high.value - low.value) / (2.0 * STEP);
                let scale = here.hessian.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
                prop_assert!((slope - here.gradient[i]).abs() < 1e-5 * scale, "{slope} {}", here.gradient[i]);
                // The second derivatives jump where the face changes: they lie between those on both sides.
                let same_face = low.hessian == here.hessian && high.hessian == here.hessian;
                for j in (0..k).filter(|_| same_face) {
                    let slope = (high.gradient[j] - low.gradient[j]) / (2.0 * STEP);
                    prop_assert!((slope - here.hessian[i * k + j]).abs() < 1e-5 * scale, "{slope}");
                }
            }
        }

        #[test]
        fn a_larger_quantile_supports_more(seed: u64, k in 2_usize..9) {
            let mixtures = random_mixtures(seed, 20, k);
            let of = |quantile: f64| Support::new(&mixtures, quantile).expect("runs");
            let (small, large) = (of(0.5), of(0.9));
            prop_assert!(small.radius() <= large.radius());
            for h in random_mixtures(seed ^ 1, 20, k) {
                prop_assert!(!small.is_supported(&h) || large.is_supported(&h));
            }
            prop_assert!(mixtures.iter().all(|h| small.is_supported(h)));
        }

        #[test]
        fn a_cut_keeps_what_is_supported_and_leaves_out_what_is_not(seed: u64, k in 2_usize..9) {
            let support = Support::new(&random_mixtures(seed, 20, k), QUANTILE).expect("runs");
            let (inside, outside): (Vec<_>, Vec<_>) =
                random_mixtures(seed ^ 1, 60, k).into_iter().partition(|h| support.is_supported(h));
            for out in &outside {
                let cut = support.cut(out);
                prop_assert!((cut.slack(out) + support.distance(out) - support.radius()).abs() < 1e-9);
                prop_assert!(inside.iter().all(|h| cut.slack(h) > -1e-9));
            }
        }
    }

    /// Two domains: the hull is a range. Of 0, ¼, ½, ¾ and 1 the inner three are between others, and the ends are a step
    /// away from them.
    #[test]
    fn of_two_domains_it_is_a_range() {
        let weights = [0.2, 0.3, 0.4, 0.5, 0.6];
        let mixtures: Vec<Vec<f64>> = weights.iter().map(|w| vec![*w, 1.0 - w]).collect();
        let deviation = 0.02_f64.sqrt();
        let of = |quantile| Support::new(&mixtures, quantile).expect("runs");
        // Both weights move by the same number of deviations.
        let step = 0.1 / deviation * 2.0_f64.sqrt();
        assert!((of(1.0).radius() - step).abs() < 1e-12, "{} {step}", of(1.0).radius());
        assert_eq!(of(0.5).radius(), LEAST_RADIUS);
        let narrow = of(0.5);
        assert!(narrow.is_supported(&[0.2, 0.8]) && narrow.is_supported(&[0.45, 0.55]));
        assert!(!narrow.is_supported(&[0.19, 0.81]) && !narrow.is_supported(&[0.61, 0.39]));
        assert!(of(1.0).is_supported(&[0.101, 0.899]) && !of(1.0).is_supported(&[0.099, 0.901]));
        assert!((of(1.0).distance(&[0.0, 1.0]) - 2.0 * step).abs() < 1e-12);
    }

    /// Runs that are nearly the same are all vertices, and count once where each is left out.
    #[test]
    fn a_run_next_to_another_is_in_the_hull() {
        let weights = [0.2, 0.3, 0.4, 0.5, 0.6, 0.600_05];
        let mixtures: Vec<Vec<f64>> = weights.iter().map(|w| vec![*w, 1.0 - w]).collect();
        let support = Support::new(&mixtures, 1.0).expect("runs");
        for h in &mixtures {
            assert!(support.distance(h) < 1e-12, "{h:?} {}", support.distance(h));
        }
        let step = 0.1 / support.deviations[0] * 2.0_f64.sqrt();
        assert!((support.radius() - step).abs() < 1e-9, "{} {step}", support.radius());
    }

    /// Three domains with runs at three corners of a triangle: the nearest point of what lies beyond an edge is on it.
    #[test]
    fn of_three_domains_it_is_about_the_triangle() {
        let corners = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]].map(|h| h.to_vec());
        let support = Support::new(&corners, QUANTILE).expect("runs");
        // All deviations are 0.7 √2/3; each corner is √(3/2) · 0.7 from the opposite edge.
        let deviation = 0.7 * 2.0_f64.sqrt() / 3.0;
        assert!((support.radius() - 0.7 * 1.5_f64.sqrt() / deviation).abs() < 1e-12, "{}", support.radius());
        assert_eq!(support.distance(&[0.4, 0.35, 0.25]), 0.0);
        let beyond = [0.5, 0.5, 0.0];
        assert!((support.distance(&beyond) - 0.1 * 1.5_f64.sqrt() / deviation).abs() < 1e-12);
    }

    #[test]
    fn a_domain_that_never_varies_keeps_its_weight() {
        let mixtures = [[0.1, 0.3, 0.6], [0.1, 0.5, 0.4], [0.1, 0.4, 0.5]].map(|h| h.to_vec());
        let support = Support::new(&mixtures, QUANTILE).expect("runs");
        assert_eq!(support.distance(&[0.2, 0.3, 0.5]), f64::INFINITY);
        assert!(support.is_supported(&[0.1, 0.45, 0.45]));
        let one = Support::new(&mixtures[..1], QUANTILE).expect("a run");
        assert!(one.is_supported(&mixtures[0]) && !one.is_supported(&mixtures[1]));
        assert!(Support::new(&[], QUANTILE).is_none());
    }
}
