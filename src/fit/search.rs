//! The search for the global minimum.
//!
//! The objective has many minima: each domain's term can settle in one of a few shapes, and many of those are
//! dead ends, where an entry has drifted to where it changes nothing. So each start is a search of its own:
//!
//! 1. a few random θ go downhill with δ taken down in stages, and the best of them is kept and followed some way on;
//! 2. entries that change nothing are brought back to the middle of their likes, one after another, where that
//!    leads to something better. This alone takes the joint law's starts that end at the best minimum from one in
//!    eight to one in three;
//! 3. BFGS takes it to its end.
//!
//! The starts do not see each other. From the best of them the search goes on by hops: one to three groups of entries (one
//! domain's term each, [`Law::groups`](crate::law::Law::groups)) are drawn anew, moved, or taken over from another start's
//! ending; the rest keeps its place, and the result goes downhill. What is better replaces it, until hopping has long
//! improved nothing. Before that, and after it where it found something better, the search looks at what a law says to be
//! nearly the same in another way ([`Law::kin`](crate::law::Law::kin)): no hop of a few groups leads there.
//!
//! How many starts led to the same objective says how far to trust that it is the least. Where but one did, the search
//! goes on likewise from the next best ending, taking nothing over from those that it went on from before, and so on until
//! a second start leads there. (Basin hopping: Wales & Doye 1997; hops by terms, and entries brought back, are ours.)

use std::iter;
use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::solver::{self, Ending, Limits, Objective};
use crate::law::Parameter;
use crate::order::sort_by_number;

/// Random θ of which a start keeps the best. (To compare them at the first, wide δ already would save a third of a
/// start's time, but it drops narrow minima, which may be the least.)
const DRAWS: usize = 2;
/// The hops end after so many hops without an improvement …
const PATIENCE: usize = 2;
/// … or after so many hops in all, both as multiples of the number of groups.
const MOST_LAST_HOPS: usize = 10;
/// Hops from one θ end after about so many multiplications, some two seconds: with 64 domains the joint law has 261
/// parameters, and hops from all their groups would take an hour. Five times as many lowered held-out errors of 39 domains
/// by nothing that could be seen.
const MOST_HOP_WORK: f64 = 2e9;
/// Bringing entries back ends after so many.
const MOST_REVIVAL_WORK: f64 = 5e8;
/// Steps from kin to kin.
const MOST_KIN: usize = 4;
/// Endings beside the best whose kin are looked at.
const MOST_OTHERS: usize = 2;
/// So many starts that led to the best objective are enough; else the search goes on from more of their endings, …
pub const SURE: usize = 2;
/// … up to so many.
const MOST_PLACES: usize = 6;
/// An improvement of the objective by less than this share of it is none.
const IMPROVEMENT: f64 = 1e-5;
/// Starts that end within this share of the best objective agree with it.
pub const AGREEMENT: f64 = 1e-3;
/// A mean squared residual this small is rounding: such fits agree, whatever their ratio.
pub const PERFECT: f64 = 1e-16;
/// δ is wide at first, so that all rows pull on θ, as multiples of the δ asked for.
const STAGES: [(f64, usize); 4] = [(100.0, 40), (20.0, 20), (4.0, 20), (1.0, 20)];
/// A hop leaves most of θ in place, so it needs no wide stages.
const HOP_STAGES: [(f64, usize); 2] = [(10.0, 12), (1.0, 20)];
/// Kin are far off, and of a law's other terms they say nothing.
const KIN_STAGES: [(f64, usize); 3] = [(20.0, 30), (4.0, 20), (1.0, 20)];
/// Share of the hops' entries that are drawn anew; the others move by up to half their start range.
const DRAWN_ANEW: f64 = 0.3;
/// Share of the last hops that take groups over from another start's ending.
const DONATED: f64 = 0.5;
/// On the way down; a better θ is told well before the last digits.
const COARSE: f64 = 1e-3;
/// A descent ends after a stage at whose δ it is above what it is to improve on by more than this share: of 3700 hops, kin
/// and entries brought back in fits of the SlimPajama runs none that was better in the end was then above it by half as
/// much. Random starts are not ended so: where few rows are fitted some lead to the best minimum from farther above.
const HOPELESS: f64 = 0.02;
/// Before entries are brought back: else each of them would be tried with a few more of the steps that were left out, and
/// seem to be worth it.
const SETTLED: Limits = Limits { max_iterations: 100, tolerance: 1e-4 };
/// The end of a start: enough to tell which minimum it is.
const START_POLISH: Limits = Limits { max_iterations: 1000, tolerance: 1e-5 };
/// The end of the search.
const POLISH: Limits = Limits { max_iterations: 4000, tolerance: 1e-7 };
/// Where that has no metric yet, it begins where steps of Levenberg–Marquardt end; …
const BEFORE_POLISH: Limits = Limits { max_iterations: 200, tolerance: 1e-5 };
/// … and both go on in turn while they gain more than this share, up to so many times.
const MOST_POLISHING: usize = 5;
const POLISHED: f64 = 1e-4;

/// What a search reports while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Starts done.
    pub start_idx: usize,
    /// Starts in all.
    pub n_starts: usize,
    /// Least objective so far.
    pub best_objective: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The best ending.
    pub best: Ending,
    /// How many starts led to within [`AGREEMENT`] of it, by themselves or as the search went on from where they ended.
    pub agreeing_starts: usize,
    /// Whether hops were left out because they would have taken too long.
    pub cut_short: bool,
}

/// What to search over and how hard.
pub struct Search<'a> {
    /// The entries of θ: where random ones are drawn from, and their bounds.
    pub parameters: &'a [Parameter],
    /// Entries that a hop moves together.
    pub groups: &'a [Vec<usize>],
    /// Where else the minimum may be that one θ is near.
    pub kin: Option<&'a (dyn Kin + Sync)>,
    /// Huber's δ.
    pub delta: f64,
    /// Independent starts.
    pub n_starts: usize,
    /// All random numbers follow from it.
    pub seed: u64,
    /// A θ that the best must not be worse than.
    pub warm: Option<&'a [f64]>,
}

/// What says nearly the same as a θ in another way.
pub trait Kin {
    /// θs of nearly the same losses, far off.
    fn kin(&self, theta: &[f64]) -> Vec<Vec<f64>>;
}

/// Makes an objective; each thread needs one of its own.
pub type Make<'a> = dyn Fn() -> Box<dyn Objective + 'a> + Sync + 'a;

/// One start, told by its index, with a callback for the least objective so far.
pub type Start<'a> = dyn Fn(usize, &mut dyn FnMut(f64)) -> Ending + Sync + 'a;

/// Runs the starts of a search: one after another, or as many at once as the machine can.
pub trait Runner {
    /// Calls `start` for 0 … n − 1 and gives the endings in that order. What `start` tells its callback goes on
    /// to `report` with the start's index, or nowhere.
    fn run(&self, n: usize, start: &Start, report: &mut dyn FnMut(usize, f64)) -> Vec<Ending>;
}

/// One start after another.
pub struct InTurn;

impl Runner for InTurn {
    fn run(&self, n: usize, start: &Start, report: &mut dyn FnMut(usize, f64)) -> Vec<Ending> {
        (0..n).map(|start_idx| start(start_idx, &mut |objective| report(start_idx, objective))).collect()
    }
}

/// No start: these are the endings, found before.
pub struct Before(pub Vec<Ending>);

impl Runner for Before {
    fn run(&self, _n: usize, _start: &Start, _report: &mut dyn FnMut(usize, f64)) -> Vec<Ending> {
        self.0.clone()
    }
}

/// Searches for the global minimum of the objective.
pub fn search(make: &Make, search: &Search, runner: &dyn Runner, progress: &mut dyn FnMut(Progress)) -> Found {
    let endings = starts(make, search, 0..search.n_starts, runner, progress);
    finish(make, search, endings, progress)
}

/// The starts of that range; its progress counts them alone. None where there is nothing to search over.
pub fn starts(
    make: &Make,
    search: &Search,
    range: Range<usize>,
    runner: &dyn Runner,
    progress: &mut dyn FnMut(Progress),
) -> Vec<Ending> {
    if search.parameters.is_empty() {
        return Vec::new();
    }
    let mut best_objective = f64::INFINITY;
    let mut report = |start_idx: usize, objective: f64| {
        best_objective = best_objective.min(objective);
        progress(Progress { start_idx, n_starts: range.len(), best_objective });
    };
    let one = |start_idx: usize, report: &mut dyn FnMut(f64)| start(make, search, range.start + start_idx, report);
    runner.run(range.len(), &one, &mut report)
}

/// One independent start, told by its index.
fn start(make: &Make, search: &Search, start_idx: usize, report: &mut dyn FnMut(f64)) -> Ending {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(search.seed);
    // Each start has its own stretch of the generator, so that more starts only add to fewer.
    for _ in 0..start_idx {
        random.jump();
    }
    let mut objective = make();
    Searcher::new(objective.as_mut(), search).start(&mut random, report)
}

/// Goes on from the best of the starts' endings until hopping has long improved nothing; then, until enough starts led to
/// what is best, from the next best.
fn finish(make: &Make, search: &Search, endings: Vec<Ending>, progress: &mut dyn FnMut(Progress)) -> Found {
    let &Search { parameters, groups, delta, n_starts, seed, warm, .. } = search;
    let mut objective = make();
    if parameters.is_empty() {
        let objective = objective.value(&[], delta);
        let best = Ending { theta: Vec::new(), objective, converged: true, n_iterations: 1 };
        return Found { best, agreeing_starts: n_starts, cut_short: false };
    }
    let mut searcher = Searcher::new(objective.as_mut(), search);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    random.long_jump();
    let mut led_to: Vec<f64> = endings.iter().map(|ending| ending.objective).collect();
    let mut places: Vec<Place> =
        endings.into_iter().enumerate().map(|(idx, ending)| Place { start_idx: Some(idx), ending }).collect();
    let warm = warm.map(|warm| searcher.onward(warm));
    places.extend(warm.map(|ending| Place { start_idx: None, ending }));
    if places.is_empty() {
        places.push(Place { start_idx: None, ending: searcher.start(&mut random, &mut |_| {}) });
    }
    sort_by_number(&mut places, |place| place.ending.objective);
    places.dedup_by(|next, place| next.ending.objective <= agreeing(place.ending.objective));
    let mut best = places[0].ending.clone();
    let n_leading = |led_to: &[f64], best: &Ending| {
        led_to.iter().filter(|&&objective| objective <= agreeing(best.objective)).count()
    };
    if !groups.is_empty() {
        let most_work = searcher.work + MOST_HOP_WORK;
        for place_idx in 0..places.len().min(MOST_PLACES) {
            let is_sure = n_leading(&led_to, &best) >= SURE.min(n_starts);
            if place_idx > 0 && (is_sure || searcher.work > most_work) {
                break;
            }
            let least = best.objective;
            let mut report = |objective: f64| {
                progress(Progress { start_idx: n_starts, n_starts, best_objective: objective.min(least) });
            };
            let last = searcher.go_on(&places[place_idx..], place_idx == 0, &mut random, &mut report);
            if let Some(start_idx) = places[place_idx].start_idx {
                led_to[start_idx] = led_to[start_idx].min(last.objective);
            }
            if last.objective < best.objective {
                best = last;
            }
        }
    }
    Found { agreeing_starts: n_leading(&led_to, &best), best, cut_short: searcher.cut_short }
}

/// A place that the search can go on from.
struct Place {
    /// The start that ended there; none for what a nested law said.
    start_idx: Option<usize>,
    ending: Ending,
}

/// The largest objective that agrees with this one.
fn agreeing(objective: f64) -> f64 {
    objective * (1.0 + AGREEMENT) + PERFECT
}

/// Whether the next objective is less than the best by more than [`IMPROVEMENT`].
fn improves(next: f64, best: f64) -> bool {
    next < best * (1.0 - IMPROVEMENT)
}

/// The minimum of an objective that may be much like another one, whose minimum is `from`: the best of what lies downhill
/// of that, if there is one, and of the search's starts.
pub fn search_near(make: &Make, search: &Search, from: Option<&[f64]>) -> Ending {
    let &Search { parameters, delta, n_starts, .. } = search;
    let mut objective = make();
    if parameters.is_empty() {
        let objective = objective.value(&[], delta);
        return Ending { theta: Vec::new(), objective, converged: true, n_iterations: 1 };
    }
    let mut searcher = Searcher::new(objective.as_mut(), search);
    let near = from.map(|from| {
        let near = searcher.downhill(from.to_vec(), &HOP_STAGES, None);
        let near = searcher.settle(&near);
        searcher.revive(&near)
    });
    let first = near.unwrap_or_else(|| start(make, search, 0, &mut |_| {}));
    let others = usize::from(from.is_none())..n_starts;
    let others = others.map(|start_idx| start(make, search, start_idx, &mut |_| {}));
    let best = others.fold(first, |best, ending| if ending.objective < best.objective { ending } else { best });
    solver::bfgs(searcher.objective, &best.theta, delta, START_POLISH)
}

/// Takes the best of a search on a sample of the rows to its end on all of them, where δ has to be wide again at first
/// and other entries may change nothing.
pub fn polish(objective: &mut dyn Objective, search: &Search, best: &Ending) -> Ending {
    let &Search { parameters, delta, .. } = search;
    if parameters.is_empty() {
        return Ending { objective: objective.value(&[], delta), ..best.clone() };
    }
    let mut searcher = Searcher::new(objective, search);
    let ending = searcher.downhill(best.theta.clone(), &HOP_STAGES, None);
    let ending = searcher.revive(&ending);
    solver::bfgs(searcher.objective, &ending.theta, delta, POLISH)
}

struct Searcher<'a> {
    objective: &'a mut dyn Objective,
    parameters: &'a [Parameter],
    groups: &'a [Vec<usize>],
    kin: Option<&'a (dyn Kin + Sync)>,
    delta: f64,
    /// Multiplications so far, about.
    work: f64,
    /// Whether there were too many of them for more hops.
    cut_short: bool,
}

impl<'a> Searcher<'a> {
    fn new(objective: &'a mut dyn Objective, search: &Search<'a>) -> Self {
        let &Search { parameters, groups, kin, delta, .. } = search;
        Self { objective, parameters, groups, kin, delta, work: 0.0, cut_short: false }
    }

    fn start(&mut self, random: &mut Xoshiro256PlusPlus, report: &mut dyn FnMut(f64)) -> Ending {
        let mut kept: Option<Ending> = None;
        for _ in 0..DRAWS {
            let theta: Vec<f64> = self.parameters.iter().map(|parameter| draw(parameter, random)).collect();
            let ending = self.downhill(theta, &STAGES, None);
            if kept.as_ref().is_none_or(|kept| ending.objective < kept.objective) {
                kept = Some(ending);
            }
            report(kept.as_ref().map_or(f64::INFINITY, |kept| kept.objective));
        }
        let kept = kept.expect("DRAWS is at least 1");
        let settled = self.settle(&kept);
        let revived = self.revive(&settled);
        report(revived.objective);
        solver::bfgs(self.objective, &revived.theta, self.delta, START_POLISH)
    }

    /// The best of what the search comes to from the first of these places; the others give parts of theirs. Kin of the
    /// next ones are looked at where they are not gone on from first.
    fn go_on(
        &mut self,
        places: &[Place],
        is_first: bool,
        random: &mut Xoshiro256PlusPlus,
        report: &mut dyn FnMut(f64),
    ) -> Ending {
        let n_others = if is_first { MOST_OTHERS } else { 0 };
        let others = places[1..].iter().take(n_others).map(|place| &place.ending);
        let last = self.through_kin(&places[0].ending, others);
        let hopped = self.hop(&last, &places[1..], random, report);
        let last =
            if improves(hopped.objective, last.objective) { self.through_kin(&hopped, iter::empty()) } else { hopped };
        let last = self.revive(&last);
        self.polish(&last)
    }

    /// The minimum that a nested law's θ leads to, to its end, however flat F is there in what this law says beyond it: with
    /// fewer digits one of eight fits to the last checkpoints of the SlimPajama runs missed the best minimum.
    fn onward(&mut self, theta: &[f64]) -> Ending {
        let ending = self.downhill(theta.to_vec(), &HOP_STAGES, None);
        let is_lower = ending.objective <= self.objective.value(theta, self.delta);
        let from = if is_lower { &ending.theta } else { theta };
        solver::bfgs(self.objective, from, self.delta, POLISH)
    }

    fn settle(&mut self, from: &Ending) -> Ending {
        let settled = self.descend(&from.theta, 1.0, SETTLED);
        if settled.objective < from.objective { settled } else { from.clone() }
    }

    fn polish(&mut self, from: &Ending) -> Ending {
        let mut best = solver::bfgs(self.objective, &from.theta, self.delta, POLISH);
        for _ in 0..MOST_POLISHING {
            let before = best.objective;
            let ending = self.descend(&best.theta, 1.0, BEFORE_POLISH);
            let ending = solver::bfgs(self.objective, &ending.theta, self.delta, POLISH);
            if ending.objective < best.objective {
                best = ending;
            }
            if best.objective >= before * (1.0 - POLISHED) {
                break;
            }
        }
        best
    }

    /// Hops from `from` and returns the best θ seen, `from` included.
    fn hop(
        &mut self,
        from: &Ending,
        donors: &[Place],
        random: &mut Xoshiro256PlusPlus,
        report: &mut dyn FnMut(f64),
    ) -> Ending {
        let (most_hops, patience) = (MOST_LAST_HOPS * self.groups.len(), PATIENCE * self.groups.len());
        let most_work = self.work + MOST_HOP_WORK;
        let mut best = from.clone();
        let mut idle = 0;
        for _ in 0..most_hops {
            if self.work > most_work {
                self.cut_short = true;
                break;
            }
            let mut theta = best.theta.clone();
            let donor =
                (!donors.is_empty() && random.random::<f64>() < DONATED).then(|| &donors[below(random, donors.len())]);
            for _ in 0..1 + below(random, 3) {
                if let Some(donor) = donor {
                    for &i in &self.groups[below(random, self.groups.len())] {
                        theta[i] = donor.ending.theta[i];
                    }
                    continue;
                }
                for &i in &self.groups[below(random, self.groups.len())] {
                    let parameter = &self.parameters[i];
                    let (low, high) = parameter.start;
                    theta[i] = if random.random::<f64>() < DRAWN_ANEW {
                        draw(parameter, random)
                    } else {
                        let moved = theta[i] + (random.random::<f64>() - 0.5) * (high - low);
                        moved.clamp(parameter.bounds.0, parameter.bounds.1)
                    };
                }
            }
            let ending = self.downhill(theta, &HOP_STAGES, Some(&best.theta));
            idle = if improves(ending.objective, best.objective) { 0 } else { idle + 1 };
            if ending.objective < best.objective {
                best = ending;
            }
            report(best.objective);
            if idle >= patience {
                break;
            }
        }
        best
    }

    /// The best of what lies downhill of the kin of `from` and of these others, and of the kin of that.
    fn through_kin<'e>(&mut self, from: &'e Ending, others: impl Iterator<Item = &'e Ending>) -> Ending {
        let mut best = from.clone();
        let Some(kin) = self.kin else { return best };
        let most_work = self.work + MOST_HOP_WORK;
        let mut thetas: Vec<Vec<f64>> = others.chain([from]).flat_map(|ending| kin.kin(&ending.theta)).collect();
        for _ in 0..MOST_KIN {
            let mut next = best.clone();
            for theta in thetas {
                if self.work > most_work {
                    self.cut_short = true;
                    break;
                }
                let ending = self.downhill(theta, &KIN_STAGES, Some(&next.theta));
                if ending.objective < next.objective {
                    next = ending;
                }
            }
            let improved = improves(next.objective, best.objective);
            best = next;
            if !improved {
                break;
            }
            thetas = kin.kin(&best.theta);
        }
        best
    }

    /// Brings entries back that drifted to where they change nothing: a C_i of nearly 0 has no slope in ln C_i that
    /// would ever lead it away. Each gets the median value of those with its symbol that do something, one after
    /// another, as long as that leads to something better.
    fn revive(&mut self, from: &Ending) -> Ending {
        let n = from.theta.len();
        let mut best = from.clone();
        let mut tried = vec![false; n];
        let most_work = self.work + MOST_REVIVAL_WORK;
        while self.work < most_work {
            let mut gram = vec![0.0; n * n];
            self.objective.normal_equations(&best.theta, self.delta, &mut vec![0.0; n], &mut gram);
            // One unit of θ moves the objective by half of this.
            let is_idle = |i: usize| gram[i * n + i] < 2.0 * AGREEMENT * best.objective;
            let Some(idle) = (0..n).find(|&i| !tried[i] && is_idle(i)) else { return best };
            tried[idle] = true;
            let symbol = |i: usize| (self.parameters[i].symbol.letter, self.parameters[i].symbol.superscript);
            let mut live: Vec<f64> =
                (0..n).filter(|&i| symbol(i) == symbol(idle) && !is_idle(i)).map(|i| best.theta[i]).collect();
            if live.is_empty() {
                continue;
            }
            crate::order::sort(&mut live);
            let mut theta = best.theta.clone();
            theta[idle] = live[live.len() / 2];
            let ending = self.downhill(theta, &HOP_STAGES, Some(&best.theta));
            if ending.objective < best.objective {
                if improves(ending.objective, best.objective) {
                    tried.fill(false);
                    tried[idle] = true;
                }
                best = ending;
            }
        }
        best
    }

    /// Where `theta` leads with δ taken down in stages. With a `rival`, which it is to improve on, it ends where that cannot
    /// be hoped for any more.
    fn downhill(&mut self, theta: Vec<f64>, stages: &[(f64, usize)], rival: Option<&[f64]>) -> Ending {
        let mut theta = theta;
        let mut last = None;
        for &(factor, max_iterations) in stages {
            let stage = self.descend(&theta, factor, Limits { max_iterations, tolerance: COARSE });
            theta.clone_from(&stage.theta);
            let wide = self.delta * factor;
            let is_hopeless =
                |rival: &[f64]| stage.objective > (1.0 + HOPELESS) * self.objective.value(rival, wide) + PERFECT;
            if factor > 1.0 && rival.is_some_and(is_hopeless) {
                return Ending { objective: self.objective.value(&theta, self.delta), ..stage };
            }
            last = Some(stage);
        }
        last.expect("there is at least one stage")
    }

    fn descend(&mut self, theta: &[f64], factor: f64, limits: Limits) -> Ending {
        let n = theta.len() as f64;
        let ending = solver::levenberg_marquardt(self.objective, theta, self.delta * factor, limits);
        // A step evaluates and factorises.
        self.work += ending.n_iterations as f64 * (self.objective.work() + n * n * n / 3.0);
        ending
    }
}

fn draw(parameter: &Parameter, random: &mut Xoshiro256PlusPlus) -> f64 {
    let (low, high) = parameter.start;
    low + (high - low) * random.random::<f64>()
}

fn below(random: &mut Xoshiro256PlusPlus, n: usize) -> usize {
    ((random.random::<f64>() * n as f64) as usize).min(n - 1)
}
