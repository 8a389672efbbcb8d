//! Whether constraints a_j·h ≥ b_j leave anything of the simplex, which of them leave it no inside, which conflict,
//! and the point farthest inside.
//!
//! The questions of yes or no are answered by the simplex method (Dantzig 1963, *Linear Programming and Extensions*,
//! §5) on h ≥ 0, Σ h = 1, a_j·h − s_j = b_j, s ≥ 0. The point farthest inside is max t over (h, t) with Σ h = 1 and
//! a_j·h − b_j ≥ t, by Newton's method on the barrier function −t/μ − Σ_j ln(a_j·h − b_j − t), μ → 0; with n constraints it
//! is within n·μ of the largest t.

use nalgebra::{DMatrix, DVector};

use super::interior::Constraint;

/// A set with less slack than this has no inside to go downhill in.
pub(in crate::mixture) const EMPTY: f64 = 1e-9;
/// A set is empty if a constraint must be broken by more than this, which is rounding.
pub(in crate::mixture) const ROUNDING: f64 = 1e-12;

const FIRST_BARRIER: f64 = 0.01;
const LAST_BARRIER: f64 = 1e-13;
const BARRIER_FALL: f64 = 0.1;
const MOST_STEPS: usize = 50;

/// An entry smaller than this is none to turn on.
const PIVOT: f64 = 1e-10;
/// A reduced cost above minus this gains nothing.
const NO_GAIN: f64 = 1e-11;
/// Turns by the steepest cost, which is quick; after that by the first (Bland 1977), which cannot go round in circles.
const STEEPEST: usize = 500;
const MOST_TURNS: usize = 20_000;

/// The simplex method's tableau. Its variables: the weights h, the slacks s_j, and one that is to be 0 for each
/// equation that has no slack to begin with.
struct Tableau {
    k: usize,
    /// One equation a row, solved for its basic variable; the right side last.
    rows: Vec<Vec<f64>>,
    /// The basic variable of each row.
    basis: Vec<usize>,
    /// Variables that stay at 0.
    zero: Vec<bool>,
}

impl Tableau {
    /// A corner of the set; `None` if it is empty.
    fn new(constraints: &[Constraint], k: usize) -> Option<Self> {
        let n = constraints.len();
        let artificial: Vec<Option<usize>> =
            (0..=n).map(|j| (j == n || constraints[j].bound > 0.0).then_some(j)).collect();
        let n_variables = k + n + artificial.iter().flatten().count();
        let mut rows = Vec::new();
        let mut basis = Vec::new();
        let mut next = k + n;
        for (j, artificial) in artificial.into_iter().enumerate() {
            let mut row = vec![0.0; n_variables + 1];
            let (coefficients, bound) = match constraints.get(j) {
                Some(constraint) => (constraint.coefficients.clone(), constraint.bound),
                None => (vec![1.0; k], 1.0),
            };
            let sign = if artificial.is_some() { 1.0 } else { -1.0 };
            for (entry, coefficient) in row.iter_mut().zip(&coefficients) {
                *entry = sign * coefficient;
            }
            if j < n {
                row[k + j] = -sign;
            }
            row[n_variables] = sign * bound;
            if artificial.is_some() {
                row[next] = 1.0;
                basis.push(next);
                next += 1;
            } else {
                basis.push(k + j);
            }
            rows.push(row);
        }
        let mut tableau = Self { k, rows, basis, zero: vec![false; n_variables] };
        let first_artificial = k + n;
        let mut cost = vec![0.0; n_variables + 1];
        for (row, &basic) in tableau.rows.iter().zip(&tableau.basis).filter(|(_, basic)| **basic >= first_artificial) {
            for (at, (cost, entry)) in cost.iter_mut().zip(row).enumerate() {
                *cost -= if at == basic { 0.0 } else { *entry };
            }
        }
        tableau.minimise(cost);
        for variable in first_artificial..n_variables {
            if tableau.value(variable) > ROUNDING {
                return None;
            }
            tableau.keep_at_zero(variable);
        }
        Some(tableau)
    }

    fn value(&self, variable: usize) -> f64 {
        let row = self.basis.iter().position(|&basic| basic == variable);
        row.map_or(0.0, |row| self.rows[row].last().copied().unwrap_or(0.0).max(0.0))
    }

    fn weights(&self) -> Vec<f64> {
        (0..self.k).map(|i| self.value(i)).collect()
    }

    /// Makes a variable least (`sign` 1) or largest (−1), and gives it.
    fn extreme(&mut self, variable: usize, sign: f64) -> f64 {
        let mut cost = vec![0.0; self.zero.len() + 1];
        match self.basis.iter().position(|&basic| basic == variable) {
            Some(row) => {
                cost.iter_mut().zip(&self.rows[row]).for_each(|(cost, entry)| *cost = -sign * entry);
                cost[variable] = 0.0;
            }
            None => cost[variable] = sign,
        }
        self.minimise(cost);
        self.value(variable)
    }

    /// Goes on to the corner of least cost; `cost` is reduced: 0 for basic variables.
    fn minimise(&mut self, mut cost: Vec<f64>) {
        let n_variables = self.zero.len();
        for turn in 0..MOST_TURNS {
            let mut gaining = (0..n_variables).filter(|&at| !self.zero[at] && cost[at] < -NO_GAIN);
            let entering =
                if turn < STEEPEST { gaining.min_by(|&a, &b| cost[a].total_cmp(&cost[b])) } else { gaining.next() };
            let Some(entering) = entering else { return };
            let ratio = |row: &usize| self.rows[*row][n_variables].max(0.0) / self.rows[*row][entering];
            let leaving = (0..self.rows.len())
                .filter(|&row| self.rows[row][entering] > PIVOT)
                .min_by(|a, b| ratio(a).total_cmp(&ratio(b)).then(self.basis[*a].cmp(&self.basis[*b])));
            // The set is bounded, so that only rounding can leave none.
            let Some(leaving) = leaving else { return };
            self.turn(leaving, entering);
            let factor = cost[entering];
            for (cost, entry) in cost.iter_mut().zip(&self.rows[leaving]) {
                *cost -= factor * entry;
            }
            cost[entering] = 0.0;
        }
    }

    /// Solves the row for another variable.
    fn turn(&mut self, row: usize, entering: usize) {
        let pivot = self.rows[row][entering];
        self.rows[row].iter_mut().for_each(|entry| *entry /= pivot);
        self.rows[row][entering] = 1.0;
        let turned = self.rows[row].clone();
        for (at, other) in self.rows.iter_mut().enumerate() {
            let factor = other[entering];
            if at != row && factor != 0.0 {
                for (entry, turned) in other.iter_mut().zip(&turned) {
                    *entry -= factor * turned;
                }
                other[entering] = 0.0;
            }
        }
        self.basis[row] = entering;
    }

    /// Holds a variable that is 0 there.
    fn keep_at_zero(&mut self, variable: usize) {
        self.zero[variable] = true;
        if let Some(row) = self.basis.iter().position(|&basic| basic == variable) {
            let size = |at: &usize| self.rows[row][*at].abs();
            let other = (0..self.zero.len())
                .filter(|&at| at != variable && !self.zero[at] && size(&at) > PIVOT)
                .max_by(|a, b| size(a).total_cmp(&size(b)));
            // Where there is none, the equation says nothing but that the variable is 0.
            if let Some(other) = other {
                self.turn(row, other);
            }
        }
    }
}

/// What is left of the simplex, where it is something.
pub(in crate::mixture) struct Left {
    /// A mixture with slack wherever there can be some.
    pub middle: Vec<f64>,
    /// Weights that can only be 0.
    pub zero: Vec<bool>,
    /// Constraints that hold every mixture that is left.
    pub tight: Vec<bool>,
}

/// A slack that needs no corner of its own, where it would be still larger.
const AMPLE: f64 = 0.01;
/// With up to this many constraints all are in the tableau from the beginning.
const ALL_AT_ONCE: usize = 32;
/// The most violated constraints that one round adds to the tableau.
const ADDED: usize = 8;

/// Corners of a set that may have very many constraints, few of which matter: the tableau holds those that a corner has
/// violated so far (constraint generation; Dantzig, Fulkerson & Johnson 1954).
struct Corners<'a> {
    constraints: &'a [Constraint],
    k: usize,
    tableau: Tableau,
    /// Of each constraint its place in the tableau, where it is there.
    place: Vec<Option<usize>>,
    /// The constraints in the tableau, by index.
    working: Vec<usize>,
    /// Weights, and slacks of constraints after them, that are held at 0.
    held: Vec<usize>,
}

impl<'a> Corners<'a> {
    /// # Errors
    /// The set is empty: constraints that conflict, among others.
    fn new(constraints: &'a [Constraint], k: usize) -> Result<Self, Vec<usize>> {
        let first: Vec<usize> = (0..constraints.len()).filter(|_| constraints.len() <= ALL_AT_ONCE).collect();
        let tableau = Tableau::new(&first.iter().map(|&j| constraints[j].clone()).collect::<Vec<_>>(), k);
        let mut corners = Self {
            constraints,
            k,
            tableau: tableau.ok_or_else(|| first.clone())?,
            place: (0..constraints.len()).map(|j| first.get(j).copied()).collect(),
            working: first,
            held: Vec::new(),
        };
        while corners.add_violated() {
            corners.rebuild()?;
        }
        Ok(corners)
    }

    /// The variable's index in the tableau; `None` for the slack of a constraint that is not there.
    fn local(&self, variable: usize) -> Option<usize> {
        if variable < self.k { Some(variable) } else { self.place[variable - self.k].map(|place| self.k + place) }
    }

    fn add(&mut self, constraint: usize) {
        self.place[constraint] = Some(self.working.len());
        self.working.push(constraint);
    }

    /// Adds constraints that the present corner violates; whether there are any.
    fn add_violated(&mut self) -> bool {
        if self.working.len() == self.constraints.len() {
            return false;
        }
        let h = self.tableau.weights();
        let mut violated: Vec<(f64, usize)> = (0..self.constraints.len())
            .filter(|&j| self.place[j].is_none())
            .map(|j| (self.constraints[j].slack(&h), j))
            .filter(|(slack, _)| *slack < -ROUNDING)
            .collect();
        violated.sort_by(|a, b| a.0.total_cmp(&b.0));
        violated.iter().take(ADDED).for_each(|&(_, j)| self.add(j));
        !violated.is_empty()
    }

    fn rebuild(&mut self) -> Result<(), Vec<usize>> {
        let working: Vec<Constraint> = self.working.iter().map(|&j| self.constraints[j].clone()).collect();
        self.tableau = Tableau::new(&working, self.k).ok_or_else(|| self.working.clone())?;
        for variable in self.held.clone() {
            if let Some(local) = self.local(variable) {
                self.tableau.extreme(local, 1.0);
                self.tableau.keep_at_zero(local);
            }
        }
        Ok(())
    }

    /// Makes a weight, or after the weights a slack, least (`sign` 1) or largest (−1); `None` if rounding empties the set.
    fn extreme(&mut self, variable: usize, sign: f64) -> Option<f64> {
        if self.local(variable).is_none() {
            self.add(variable - self.k);
            self.rebuild().ok()?;
        }
        loop {
            let value = self.tableau.extreme(self.local(variable)?, sign);
            if !self.add_violated() {
                return Some(value);
            }
            self.rebuild().ok()?;
        }
    }

    fn keep_at_zero(&mut self, variable: usize) {
        self.held.push(variable);
        if let Some(local) = self.local(variable) {
            self.tableau.keep_at_zero(local);
        }
    }

    /// A weight or a slack at the present corner.
    fn value(&self, variable: usize) -> f64 {
        match self.local(variable) {
            Some(local) => self.tableau.value(local),
            None => self.constraints[variable - self.k].slack(&self.tableau.weights()),
        }
    }
}

/// What constraints leave of the simplex; `None` if nothing.
pub(in crate::mixture) fn left(constraints: &[Constraint], k: usize) -> Option<Left> {
    let mut corners = Corners::new(constraints, k).ok()?;
    let all = k + constraints.len();
    let mut held = vec![false; all];
    // What is above 0 at some corner is not held.
    let mut seen = vec![false; all];
    for variable in 0..all {
        if seen[variable] {
            continue;
        }
        let largest = corners.extreme(variable, -1.0)?;
        for (other, seen) in seen.iter_mut().enumerate() {
            *seen |= corners.value(other) > EMPTY;
        }
        if largest <= EMPTY && corners.extreme(variable, 1.0)? <= ROUNDING {
            corners.keep_at_zero(variable);
            held[variable] = true;
        }
    }
    // The mean of corners at one of which each variable is far from 0, or as far as it can be.
    let mut ample = held.clone();
    let (mut middle, mut n_corners) = (vec![0.0; k], 0.0);
    for variable in 0..all {
        if ample[variable] {
            continue;
        }
        corners.extreme(variable, -1.0)?;
        ample[variable] = true;
        for (other, ample) in ample.iter_mut().enumerate() {
            *ample |= corners.value(other) > AMPLE;
        }
        middle.iter_mut().zip(corners.tableau.weights()).for_each(|(middle, weight)| *middle += weight);
        n_corners += 1.0;
    }
    if n_corners == 0.0 {
        middle = corners.tableau.weights();
    } else {
        middle.iter_mut().for_each(|weight| *weight /= n_corners);
    }
    Some(Left { middle, zero: held[..k].to_vec(), tight: held[k..].to_vec() })
}

/// The least (`sign` 1) or largest (−1) weight of a domain; `None` if nothing is left.
pub(in crate::mixture) fn farthest(constraints: &[Constraint], k: usize, domain: usize, sign: f64) -> Option<f64> {
    Corners::new(constraints, k).ok()?.extreme(domain, sign)
}

/// A h whose least slack is at least half of the largest that there can be, and that slack; where it is next to nothing or
/// negative, it is the largest.
pub(in crate::mixture) fn innermost(constraints: &[Constraint], k: usize) -> (Vec<f64>, f64) {
    let mut h = vec![1.0 / k as f64; k];
    let slacks = |h: &[f64]| -> Vec<f64> { constraints.iter().map(|constraint| constraint.slack(h)).collect() };
    let least = |h: &[f64]| slacks(h).into_iter().fold(f64::INFINITY, f64::min);
    let mut t = least(&h) - 1.0;
    let mut barrier = FIRST_BARRIER;
    while barrier >= LAST_BARRIER {
        for _ in 0..MOST_STEPS {
            let room: Vec<f64> = slacks(&h).iter().map(|slack| slack - t).collect();
            // Newton's method for (h, t) with Σ step = 0.
            let mut matrix = DMatrix::zeros(k + 2, k + 2);
            let mut right = DVector::zeros(k + 2);
            right[k] = 1.0 / barrier;
            for (constraint, room) in constraints.iter().zip(&room) {
                let entries = || constraint.entries().iter().copied().chain([(k, -1.0)]);
                for (i, a) in entries() {
                    right[i] += a / room;
                    for (j, b) in entries() {
                        matrix[(i, j)] += a * b / (room * room);
                    }
                }
            }
            for i in 0..k {
                matrix[(i, k + 1)] = 1.0;
                matrix[(k + 1, i)] = 1.0;
            }
            let Some(step) = matrix.lu().solve(&right) else { break };
            let decrement = right.rows(0, k + 1).dot(&step.rows(0, k + 1));
            if !decrement.is_finite() || decrement < 1e-10 {
                break;
            }
            // Damped, so that it stays inside (self-concordance; Nesterov & Nemirovskii 1994).
            let mut length = if decrement > 0.25 { 1.0 / (1.0 + decrement.sqrt()) } else { 1.0 };
            let moved = |length: f64| -> (Vec<f64>, f64) {
                ((0..k).map(|i| h[i] + length * step[i]).collect(), t + length * step[k])
            };
            let mut next = moved(length);
            while !(least(&next.0) > next.1) && length > 1e-12 {
                length *= 0.5;
                next = moved(length);
            }
            if length <= 1e-12 {
                break;
            }
            (h, t) = next;
        }
        if least(&h) > constraints.len() as f64 * barrier {
            break;
        }
        barrier *= BARRIER_FALL;
    }
    let sum: f64 = h.iter().sum();
    h.iter_mut().for_each(|weight| *weight /= sum);
    let slack = least(&h);
    (h, slack)
}

/// With more constraints than these, smallest sets of three, or of two, are not looked for.
const FEW: usize = 48;
const SOME: usize = 200;

/// A smallest set of constraints that cannot all hold on the simplex: one, two or three of them where so few conflict
/// and there are not too many to look, else a set of which none can be spared: each is taken away for good if the rest
/// conflicts without it (deletion filter; Chinneck & Dravnieks 1991).
pub(in crate::mixture) fn conflict(constraints: &[Constraint], k: usize) -> Vec<usize> {
    let n = constraints.len();
    let conflicts = |set: &[usize]| {
        let set: Vec<Constraint> = set.iter().map(|&j| constraints[j].clone()).collect();
        Tableau::new(&set, k).is_none()
    };
    let pairs_of = if n <= SOME { n } else { 0 };
    let few = if n <= FEW { n } else { 0 };
    let singles = (0..n).map(|a| vec![a]);
    let pairs = (0..pairs_of).flat_map(|a| (a + 1..pairs_of).map(move |b| vec![a, b]));
    let triples = (0..few).flat_map(|a| (a + 1..few).flat_map(move |b| (b + 1..few).map(move |c| vec![a, b, c])));
    if let Some(set) = singles.chain(pairs).chain(triples).find(|set| conflicts(set)) {
        return set;
    }
    let mut kept = Corners::new(constraints, k).err().unwrap_or_else(|| (0..n).collect());
    kept.sort_unstable();
    let mut at = 0;
    while at < kept.len() {
        let mut rest = kept.clone();
        rest.remove(at);
        if conflicts(&rest) {
            kept = rest;
        } else {
            at += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constraint(coefficients: &[f64], bound: f64) -> Constraint {
        Constraint::new(coefficients.to_vec(), bound)
    }

    fn simplex(k: usize) -> Vec<Constraint> {
        (0..k).map(|i| Constraint::new((0..k).map(|j| f64::from(u8::from(i == j))).collect(), 0.0)).collect()
    }

    #[test]
    fn the_middle_of_the_simplex_is_farthest_inside() {
        let (h, slack) = innermost(&simplex(4), 4);
        assert!((slack - 0.25).abs() < 1e-9 && h.iter().all(|h| (h - 0.25).abs() < 1e-9), "{h:?}");
    }

    #[test]
    fn caps_that_sum_to_one_leave_a_point_and_less_leaves_nothing() {
        let with_caps = |caps: [f64; 3]| {
            let mut constraints = simplex(3);
            for (i, cap) in caps.into_iter().enumerate() {
                let mut coefficients = vec![0.0; 3];
                coefficients[i] = -1.0;
                constraints.push(Constraint::new(coefficients, -cap));
            }
            innermost(&constraints, 3)
        };
        let (h, slack) = with_caps([0.2, 0.3, 0.5]);
        assert!(slack.abs() < EMPTY, "{slack:e}");
        assert!((h[0] - 0.2).abs() < 1e-8 && (h[2] - 0.5).abs() < 1e-8, "{h:?}");
        let (_, slack) = with_caps([0.2, 0.3, 0.4]);
        assert!((slack + 0.1 / 3.0).abs() < 1e-8, "{slack}");
    }

    #[test]
    fn a_conflict_names_no_bystander_and_is_the_smallest() {
        let set = [
            constraint(&[1.0, 0.0, 0.0], 0.1),
            constraint(&[1.0, 1.0, 0.0], 0.8),
            constraint(&[0.0, 0.0, -1.0], -0.9),
            constraint(&[0.0, 0.0, 1.0], 0.3),
        ];
        assert_eq!(conflict(&set, 3), [1, 3]);
        // The first three conflict, too, and none of them can be spared.
        let set = [
            constraint(&[1.0, 0.0, 0.0], 0.4),
            constraint(&[0.0, 1.0, 0.0], 0.4),
            constraint(&[0.0, 0.0, 1.0], 0.4),
            constraint(&[-1.0, 0.0, 0.0], -0.3),
        ];
        assert_eq!(conflict(&set, 3), [0, 3]);
    }

    #[test]
    fn what_leaves_no_inside_is_told_from_what_leaves_nothing() {
        let cap = |i: usize, cap: f64| {
            let mut coefficients = vec![0.0; 3];
            coefficients[i] = -1.0;
            Constraint::new(coefficients, -cap)
        };
        let point = left(&[cap(0, 0.2), cap(1, 0.3), cap(2, 0.5)], 3).expect("one mixture");
        assert_eq!(point.tight, [true; 3]);
        assert!(point.middle.iter().zip([0.2, 0.3, 0.5]).all(|(h, cap)| (h - cap).abs() < 1e-15), "{:?}", point.middle);
        assert!(left(&[cap(0, 0.2), cap(1, 0.3), cap(2, 0.499_999)], 3).is_none());
        let corner = left(&[constraint(&[1.0, 0.0, 0.0], 1.0)], 3).expect("a corner");
        assert_eq!((corner.zero, corner.tight), (vec![false, true, true], vec![true]));
        // A line: the last weight is fixed by the group of the others.
        let (low, high) = (constraint(&[1.0, 1.0, 0.0], 0.5), constraint(&[-1.0, -1.0, 0.0], -0.5));
        let line = left(&[low, high, cap(0, 0.4)], 3).expect("a line");
        assert_eq!((line.zero, line.tight), (vec![false; 3], vec![true, true, false]));
        assert!((line.middle[2] - 0.5).abs() < 1e-15 && line.middle[0] > 0.01 && line.middle[1] > 0.11);
        assert_eq!(farthest(&[cap(0, 0.4)], 3, 0, -1.0), Some(0.4));
    }
}
