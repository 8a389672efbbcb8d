//! A scenario posed on a study: what is to be least, and among which mixtures.

use std::sync::Arc;

use super::limits::{Bound, Limit, by_domain};
use super::optimum::{Optimum, OptimumError};
use super::scenario::{Aim, Prior, Scenario, ScenarioError};
use super::solver::pieces::{combined, largest};
use super::solver::region::{Exploration, Found, Region};
use super::support::{self, Support};
use crate::law::{LossOf, Mixture, MixtureDerivatives, Scale};
use crate::predict::study::AddDerivatives;
use crate::predict::{FittedStudy, FittedTarget};

/// What is to be least at one N and D, and among which mixtures.
pub(super) struct Posed<'a> {
    /// The targets that weigh something, with their weights, Σ w = 1.
    pub targets: Vec<(FittedTarget<'a>, f64)>,
    /// Of each of them the loss with its derivatives, at the scale.
    derivatives: Vec<AddDerivatives<'a>>,
    scale: Scale,
    aim: Aim,
    /// λ and q.
    prior: Option<(f64, Vec<f64>)>,
    /// The limits.
    pub bounds: Vec<Bound>,
    /// Whether the objective is convex in h.
    pub convex: bool,
    /// What the runs support, where the mixture is to be among that and it is known.
    support: Option<Arc<Support>>,
    domains: &'a [String],
    mean_mixture: &'a [f64],
    /// The least that each target's loss can be; empty where the aim is the mean.
    pub least: Vec<f64>,
}

impl<'a> Posed<'a> {
    /// # Errors
    /// The scenario makes no sense, its limits conflict, or there is nothing to mix.
    pub fn new(study: &'a FittedStudy, scenario: &Scenario) -> Result<Self, OptimumError> {
        Self::knowing(study, scenario, &[])
    }

    /// The same at an optimum of it, which knows the least of each target: the page asks at each move of a slider.
    pub fn at(study: &'a FittedStudy, scenario: &Scenario, optimum: &Optimum) -> Result<Self, OptimumError> {
        Self::knowing(study, &scenario.found(optimum), &optimum.least)
    }

    fn knowing(study: &'a FittedStudy, scenario: &Scenario, least: &[f64]) -> Result<Self, OptimumError> {
        let scale = Scale::new(Some(scenario.n), Some(scenario.d));
        if study.domains.is_empty() {
            return Err(OptimumError::NoDomains);
        }
        let targets = scenario.weighted_targets(study)?;
        if !targets.iter().any(|(target, _)| target.depends_on_mixture()) {
            return Err(OptimumError::NoMixture { law: targets[0].0.fit.law.name() });
        }
        let mut bounds = scenario.limits.bounds(&study.domains, &study.summary, scenario.d)?;
        let prior = match &scenario.prior {
            Some(Prior { kl, .. }) if !(*kl >= 0.0 && kl.is_finite()) => {
                return Err(ScenarioError::Positive { field: "λ of the prior".into(), seen: *kl }.into());
            }
            Some(Prior { mixture, kl }) if *kl > 0.0 => Some((*kl, by_domain("the prior", mixture, &study.domains)?)),
            _ => None,
        };
        if !scenario.limits.inside_data {
            lift_fixed(&study.domains, &mut bounds, prior.as_ref().map(|(_, prior)| prior.as_slice()));
        }
        let convex = targets.iter().all(|(target, _)| target.is_convex());
        let mut posed = Self {
            derivatives: targets.iter().map(|(target, _)| target.derivatives(scale)).collect(),
            scale,
            // The worst of one is that one.
            aim: if targets.len() > 1 { scenario.aim } else { Aim::Mean },
            targets,
            prior,
            bounds,
            convex,
            support: support::of(&study.summary).filter(|_| scenario.limits.inside_data),
            domains: &study.domains,
            mean_mixture: &study.summary.mean_mixture,
            least: least.to_vec(),
        };
        if posed.aim == Aim::Worst && least.is_empty() {
            let region = posed.region(&[])?;
            let least = posed.targets.iter().enumerate().map(|(j, &(target, _))| {
                let pieces = |h: &[f64]| vec![posed.alone(j, h)];
                let mut loss = target.losses(scale);
                let mut value = |h: &[f64]| loss(&Mixture::new(h));
                let exploration = Exploration { value: &mut value, mean_mixture: posed.mean_mixture, near: &[] };
                region.least(&pieces, (!target.is_convex()).then_some(exploration)).best.value
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
        Region::new(self.domains, &bounds, prior, self.support.as_ref())
    }

    /// The mixture of least objective in the region. Where it may have several minima, `near` are those of a scenario
    /// that is much like this one, if any are known.
    pub fn least(&self, region: &Region, near: &[Vec<f64>]) -> Found {
        let mut losses = losses(&self.targets, self.scale);
        let mut value = |h: &[f64]| {
            let mixture = Mixture::new(h);
            let losses: Vec<f64> = losses.iter_mut().map(|loss| loss(&mixture)).collect();
            let divergence = self.prior.as_ref().map_or(0.0, |(kl, prior)| kl * divergence(h, prior));
            self.loss_of(&losses) + divergence
        };
        let mut least = |region: &Region| {
            let exploration = Exploration { value: &mut value, mean_mixture: self.mean_mixture, near };
            region.least(&|h: &[f64]| self.pieces(h), (!self.convex).then_some(exploration))
        };
        // The best of all mixtures is the best of those that are supported if it is one; without their edge one descent
        // is quicker. Many are not worth doing twice.
        let free = region.unsupported().filter(|_| self.convex).map(|free| least(&free));
        free.filter(|free| free.best.value.is_finite() && region.is_well_supported(&free.best.h))
            .unwrap_or_else(|| least(region))
    }

    /// Its value only, from those places, and where the descents ended: where it is much like one that was searched from
    /// everywhere. Descents that cannot get to `level` are broken off.
    pub fn least_near(&self, region: &Region, places: &[Vec<f64>], level: f64) -> (f64, Vec<Vec<f64>>) {
        region.least_near(&|h: &[f64]| self.pieces(h), places, level)
    }

    /// −worth · h_i, and what is at most 0 where the objective is at most `level`.
    pub fn weight_within(&self, h: &[f64], i: usize, worth: f64, level: f64) -> Vec<MixtureDerivatives> {
        let mut weight = MixtureDerivatives::zero(h.len());
        weight.value = -worth * h[i];
        weight.gradient[i] = -worth;
        let above = self.pieces(h).into_iter().map(|piece| MixtureDerivatives { value: piece.value - level, ..piece });
        std::iter::once(weight).chain(above).collect()
    }

    /// One target's loss with its derivatives.
    fn alone(&self, j: usize, h: &[f64]) -> MixtureDerivatives {
        let mut alone = MixtureDerivatives::zero(h.len());
        self.derivatives[j](h, 1.0, &mut alone);
        alone
    }

    /// What the objective is the largest of, with the derivatives in h: the mean alone, or each target's excess.
    fn pieces(&self, h: &[f64]) -> Vec<MixtureDerivatives> {
        let mut pieces = match self.aim {
            Aim::Mean => {
                let mut mean = MixtureDerivatives::zero(h.len());
                for (add, (_, weight)) in self.derivatives.iter().zip(&self.targets) {
                    add(h, *weight, &mut mean);
                }
                vec![mean]
            }
            Aim::Worst => {
                let excess = |(j, least): (usize, &f64)| {
                    let mut excess = self.alone(j, h);
                    excess.value -= least;
                    excess
                };
                self.least.iter().enumerate().map(excess).collect()
            }
        };
        if let Some((kl, prior)) = &self.prior {
            pieces.iter_mut().for_each(|piece| add_divergence(h, prior, *kl, piece));
        }
        pieces
    }

    /// The objective with its derivatives at a minimum, at which the pieces count so much.
    pub fn objective(&self, h: &[f64], shares: &[f64]) -> MixtureDerivatives {
        combined(&self.pieces(h), shares)
    }

    /// L_j(h) of each target.
    pub fn losses(&self, h: &[f64]) -> Vec<f64> {
        (0..self.targets.len()).map(|j| self.alone(j, h).value).collect()
    }

    /// What is to be least: the loss with the prior's part.
    pub fn value(&self, h: &[f64]) -> f64 {
        largest(&self.pieces(h))
    }

    /// Σ_j w_j L_j(h), or the worst target's excess over its least: the objective without its prior.
    pub fn loss(&self, h: &[f64]) -> f64 {
        self.loss_of(&self.losses(h))
    }

    fn loss_of(&self, losses: &[f64]) -> f64 {
        match self.aim {
            Aim::Mean => losses.iter().zip(&self.targets).map(|(loss, (_, weight))| loss * weight).sum(),
            Aim::Worst => losses.iter().zip(&self.least).map(|(loss, least)| loss - least).fold(f64::MIN, f64::max),
        }
    }
}

/// Who extrapolates may move a domain that never varies, by limits that it conflicts with.
fn lift_fixed(domains: &[String], bounds: &mut Vec<Bound>, prior: Option<&[f64]>) {
    let is_fixed = |limit: &Limit| matches!(limit, Limit::Fixed { .. });
    while bounds.iter().any(|bound| is_fixed(&bound.limit)) {
        let Err(OptimumError::Infeasible(conflict)) = Region::new(domains, bounds, prior, None) else { return };
        let before = bounds.len();
        bounds.retain(|bound| !(is_fixed(&bound.limit) && conflict.contains(&bound.limit)));
        if bounds.len() == before {
            return;
        }
    }
}

/// Each target's loss, made ready for many mixtures.
fn losses<'a>(targets: &[(FittedTarget<'a>, f64)], scale: Scale) -> Vec<LossOf<'a>> {
    targets.iter().map(|(target, _)| target.losses(scale)).collect()
}

/// Σ_i h_i ln(h_i/q_i); 0 where h_i = q_i = 0.
fn divergence(h: &[f64], prior: &[f64]) -> f64 {
    h.iter().zip(prior).filter(|(h, _)| **h > 0.0).map(|(h, q)| h * libm::log(h / q)).sum()
}

/// Σ_i h_i ln(h_i/q_i) of a prior that is given by domain; 0 of one that is none.
pub(crate) fn divergence_from(prior: &[(String, f64)], domains: &[String], h: &[f64]) -> f64 {
    by_domain("the prior", prior, domains).map_or(0.0, |prior| divergence(h, &prior))
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
