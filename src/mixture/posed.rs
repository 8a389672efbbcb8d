//! A scenario posed on a study: what is to be least, and among which mixtures.

use super::limits::{Bound, by_domain};
use super::optimum::OptimumError;
use super::region::{Found, Region};
use super::scenario::{Aim, Prior, Scenario, ScenarioError};
use crate::fit::{FittedStudy, FittedTarget};
use crate::law::{MixtureDerivatives, Place, Scale};

/// What is to be least at one N and D, and among which mixtures.
pub(super) struct Posed<'a> {
    /// The targets that weigh something, with their weights, Σ w = 1.
    pub targets: Vec<(FittedTarget<'a>, f64)>,
    scale: Scale,
    aim: Aim,
    /// λ and q.
    prior: Option<(f64, Vec<f64>)>,
    /// The limits.
    pub bounds: Vec<Bound>,
    /// Whether the objective is convex in h.
    pub convex: bool,
    domains: &'a [String],
    mean_mixture: &'a [f64],
    /// The least that each target's loss can be; empty where the aim is the mean.
    least: Vec<f64>,
}

impl<'a> Posed<'a> {
    /// # Errors
    /// The scenario makes no sense, its limits conflict, or there is nothing to mix.
    pub fn new(study: &'a FittedStudy, scenario: &Scenario) -> Result<Self, OptimumError> {
        let scale = Scale::new(Some(scenario.n), Some(scenario.d));
        if study.domains.is_empty() {
            return Err(OptimumError::NoDomains);
        }
        let targets = scenario.weighted_targets(study)?;
        if targets.iter().all(|(target, _)| target.fit.law.needs().min_domains == 0) {
            return Err(OptimumError::NoMixture { law: targets[0].0.fit.law.name() });
        }
        let bounds = scenario.limits.bounds(&study.domains, &study.summary.weight_ranges, scenario.d)?;
        let prior = match &scenario.prior {
            Some(Prior { kl, .. }) if !(*kl >= 0.0 && kl.is_finite()) => {
                return Err(ScenarioError::Positive { field: "λ of the prior".into(), seen: *kl }.into());
            }
            Some(Prior { mixture, kl }) if *kl > 0.0 => Some((*kl, by_domain("the prior", mixture, &study.domains)?)),
            _ => None,
        };
        let convex = targets.iter().all(|(target, _)| target.fit.law.is_convex(&target.fit.shape, &target.fit.theta));
        let mut posed = Self {
            scale,
            // The worst of one is that one.
            aim: if targets.len() > 1 { scenario.aim } else { Aim::Mean },
            targets,
            prior,
            bounds,
            convex,
            domains: &study.domains,
            mean_mixture: &study.summary.mean_mixture,
            least: Vec::new(),
        };
        if posed.aim == Aim::Worst {
            let region = posed.region(&[])?;
            let least = posed.targets.iter().map(|target| {
                let function = |h: &[f64]| weighted(&[(target.0, 1.0)], scale, h);
                region.least(&function, convex, posed.mean_mixture).best.value
            });
            posed.least = least.collect();
        }
        Ok(posed)
    }

    /// The mixtures that the limits leave, and these further ones.
    ///
    /// # Errors
    /// There are none.
    pub fn region(&self, further: &[Bound]) -> Result<Region, OptimumError> {
        let bounds: Vec<Bound> = self.bounds.iter().chain(further).cloned().collect();
        let prior = self.prior.as_ref().map(|(_, prior)| prior.as_slice());
        Region::new(self.domains, &bounds, prior)
    }

    /// The mixture of least objective in the region.
    pub fn least(&self, region: &Region) -> Found {
        let (first, harder) = self.softenings();
        let least =
            |softness: f64| region.least(&|h: &[f64]| self.softened(softness, h), self.convex, self.mean_mixture);
        let found = self.harden(region, least(first), harder);
        let Some(&hardest) = harder.last().filter(|_| !self.convex) else { return found };
        // The hard worst may have a minimum that the soft one has not.
        let direct = self.harden(region, least(hardest), harder);
        if direct.best.value < found.best.value { direct } else { found }
    }

    /// The same, only from those places: where it is much like one that was searched from everywhere.
    pub fn least_near(&self, region: &Region, places: &[Vec<f64>]) -> Found {
        let (first, harder) = self.softenings();
        let found = region.least_from(&|h: &[f64]| self.softened(first, h), places);
        self.harden(region, found, harder)
    }

    /// A soft worst may have several minima, and which is the best may change as it gets harder.
    fn harden(&self, region: &Region, found: Found, softnesses: &[f64]) -> Found {
        softnesses.iter().fold(found, |found, &softness| {
            let next = region.least_from(&|h: &[f64]| self.softened(softness, h), &found.places);
            Found { agreeing: found.agreeing, starts: found.starts, ..next }
        })
    }

    /// How soft the objective is at first, and then; the mean is what it is.
    fn softenings(&self) -> (f64, &'static [f64]) {
        match self.aim {
            Aim::Worst => (SOFTNESS[0], &SOFTNESS[1..]),
            Aim::Mean => (0.0, &[]),
        }
    }

    /// The objective with its derivatives in h; the worst of several targets as soft as the search leaves it.
    pub fn objective(&self, h: &[f64]) -> MixtureDerivatives {
        self.softened(SOFTNESS[SOFTNESS.len() - 1], h)
    }

    fn softened(&self, softness: f64, h: &[f64]) -> MixtureDerivatives {
        let mut sum = match self.aim {
            Aim::Mean => weighted(&self.targets, self.scale, h),
            Aim::Worst => soft_worst(&self.targets, &self.least, self.scale, h, softness),
        };
        if let Some((kl, prior)) = &self.prior {
            add_divergence(h, prior, *kl, &mut sum);
        }
        sum
    }

    /// L_j(h) of each target.
    pub fn losses(&self, h: &[f64]) -> Vec<f64> {
        self.targets.iter().map(|target| weighted(&[(target.0, 1.0)], self.scale, h).value).collect()
    }

    /// What is to be least, not softened: the loss with the prior's part.
    pub fn value(&self, h: &[f64]) -> f64 {
        let mut prior = MixtureDerivatives::zero(h.len());
        if let Some((kl, q)) = &self.prior {
            add_divergence(h, q, *kl, &mut prior);
        }
        self.loss(h) + prior.value
    }

    /// Σ_j w_j L_j(h), or the worst target's excess over its least: the objective without its prior.
    pub fn loss(&self, h: &[f64]) -> f64 {
        let losses = self.losses(h);
        match self.aim {
            Aim::Mean => losses.iter().zip(&self.targets).map(|(loss, (_, weight))| loss * weight).sum(),
            Aim::Worst => losses.iter().zip(&self.least).map(|(loss, least)| loss - least).fold(f64::MIN, f64::max),
        }
    }
}

/// How soft the worst of the targets is, nats; ever less. At the mixture of least soft worst the hard one is above its
/// own least by this at most for each target (the gap of a barrier; the soft value itself is farther from it).
const SOFTNESS: [f64; 4] = [1e-3, 1e-5, 1e-7, 1e-9];

/// min_t t − μ Σ_j ln(t − r_j(h)), r_j = L_j(h) − its least: the worst of the r_j, smooth (its barrier function),
/// with derivatives. The shares μ/(t − r_j) sum to 1: they are the multipliers of the targets.
fn soft_worst(
    targets: &[(FittedTarget, f64)],
    least: &[f64],
    scale: Scale,
    h: &[f64],
    softness: f64,
) -> MixtureDerivatives {
    let k = h.len();
    let each: Vec<MixtureDerivatives> =
        targets.iter().map(|(target, _)| weighted(&[(*target, 1.0)], scale, h)).collect();
    let excess: Vec<f64> = each.iter().zip(least).map(|(loss, least)| loss.value - least).collect();
    let worst = excess.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Σ_j μ/(t − r_j) = 1 has its root between worst + μ and worst + mμ; Newton's method from the left is monotone
    // in 1/Σ.
    let mut gap = softness;
    for _ in 0..100 {
        let (sum, slope) = excess.iter().fold((0.0, 0.0), |(sum, slope), excess| {
            let room = gap + (worst - excess);
            (sum + softness / room, slope - softness / (room * room))
        });
        let step = (1.0 / sum - 1.0) * sum * sum / -slope;
        gap -= step;
        if !(step.abs() > 1e-16 * gap) {
            break;
        }
    }
    let shares: Vec<f64> = excess.iter().map(|excess| softness / (gap + (worst - excess))).collect();
    let mut out = MixtureDerivatives::zero(k);
    out.value = worst + gap - softness * excess.iter().map(|excess| libm::log(gap + (worst - excess))).sum::<f64>();
    let square_sum: f64 = shares.iter().map(|share| share * share).sum();
    let mut by_square = vec![0.0; k];
    for (loss, share) in each.iter().zip(&shares) {
        for i in 0..k {
            out.gradient[i] += share * loss.gradient[i];
            by_square[i] += share * share * loss.gradient[i];
        }
    }
    for i in 0..k {
        for j in 0..k {
            let at = i * k + j;
            for (loss, share) in each.iter().zip(&shares) {
                out.hessian[at] +=
                    share * loss.hessian[at] + share * share / softness * loss.gradient[i] * loss.gradient[j];
            }
            out.hessian[at] -= by_square[i] * by_square[j] / (softness * square_sum);
        }
    }
    out
}

/// Adds λ Σ_i h_i ln(h_i/q_i) with its derivatives in h; 0 where h_i = q_i = 0.
fn add_divergence(h: &[f64], prior: &[f64], kl: f64, out: &mut MixtureDerivatives) {
    let k = h.len();
    for i in 0..k {
        if prior[i] == 0.0 {
            continue;
        }
        if h[i] > 0.0 {
            let ln_ratio = libm::log(h[i] / prior[i]);
            out.value += kl * h[i] * ln_ratio;
            out.gradient[i] += kl * (ln_ratio + 1.0);
            out.hessian[i * k + i] += kl / h[i];
        } else {
            out.gradient[i] = f64::NEG_INFINITY;
            out.hessian[i * k + i] = f64::INFINITY;
        }
    }
}

/// Σ_j w_j L_j with its derivatives in h.
fn weighted(targets: &[(FittedTarget, f64)], scale: Scale, h: &[f64]) -> MixtureDerivatives {
    let mut sum = MixtureDerivatives::zero(h.len());
    for (target, weight) in targets {
        let fit = target.fit;
        let place = Place { target_pos: target.target_pos, scale, h };
        fit.law.add_mixture_derivatives(&fit.shape, &fit.theta, place, *weight, &mut sum);
    }
    sum
}
