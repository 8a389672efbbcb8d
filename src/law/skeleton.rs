//! The skeleton that most laws share:
//!
//! ```text
//!     L(N, D, h) = E + T(h) + A(h)/N^{α(h)} + B(h)/D^{β(h)}        [nats per token]
//! ```
//!
//! A law says which function of the mixture stands for T, A, B, α and β: none, a constant, or a [`Term`]; and
//! whether D is counted as it is or as effective tokens, where domains are repeated ([`repetition`]).
//! θ holds their blocks in the order E, T, A, B, α, β, R. What the study does not vary is dropped: A/N^α with
//! one N only, B/D^β with one D only; their values there go into E.

use std::ops::Range;

use super::formula::{Expr, Formula, sum, sym};
use super::repetition;
use super::terms::{self, Term};
use crate::vectors;

use super::{Evaluation, Features, Law, Mixture, MixtureDerivatives, Needs, Parameter, Place, Scale, Shape};

/// One law of the skeleton.
pub(super) struct Skeleton {
    pub id: &'static str,
    pub name: &'static str,
    pub source: &'static str,
    pub use_when: &'static str,
    /// Whether there is an E; without, T stands for it.
    pub irreducible: bool,
    pub mixture: Option<&'static dyn Term>,
    pub n_coefficient: &'static dyn Term,
    pub n_exponent: &'static dyn Term,
    pub d_coefficient: &'static dyn Term,
    pub d_exponent: &'static dyn Term,
    /// Whether D is counted as effective tokens.
    pub repetition: bool,
    pub nested: Option<&'static Skeleton>,
}

/// A/N^α and B/D^β with constants, for laws whose mixture acts alone.
pub(super) const CONSTANT_A: terms::Constant = terms::Constant::coefficient("A");
pub(super) const CONSTANT_B: terms::Constant = terms::Constant::coefficient("B");
pub(super) const CONSTANT_ALPHA: terms::Constant = terms::Constant::exponent("α", "alpha");
pub(super) const CONSTANT_BETA: terms::Constant = terms::Constant::exponent("β", "beta");

/// Positions of a block of θ.
struct Block {
    term: &'static dyn Term,
    theta: Range<usize>,
    prepared: Range<usize>,
}

/// A power of N or of D.
struct Power {
    coefficient: Block,
    exponent: Block,
    of_d: bool,
}

impl Power {
    /// ln N or ln D.
    fn ln(&self, scale: Scale) -> f64 {
        if self.of_d { scale.ln_d } else { scale.ln_n }
    }
}

/// Positions of all blocks.
struct Layout {
    irreducible: bool,
    mixture: Option<Block>,
    powers: Vec<Power>,
    /// Position of ln R.
    saturation: Option<usize>,
    n_theta: usize,
    n_prepared: usize,
}

impl Skeleton {
    /// E + T(h) + A/N^α + B/D^β with constants; the rest of a law is written over it.
    pub const fn additive(id: &'static str, name: &'static str, source: &'static str) -> Self {
        Self {
            id,
            name,
            source,
            // Each law says it for itself.
            use_when: "",
            irreducible: true,
            mixture: None,
            n_coefficient: &CONSTANT_A,
            n_exponent: &CONSTANT_ALPHA,
            d_coefficient: &CONSTANT_B,
            d_exponent: &CONSTANT_BETA,
            repetition: false,
            nested: None,
        }
    }

    fn layout(&self, shape: &Shape) -> Layout {
        let k = shape.n_domains;
        let mut n_theta = usize::from(self.irreducible);
        let mut n_prepared = usize::from(self.irreducible);
        let mut block = |term: &'static dyn Term| {
            let theta = n_theta..n_theta + term.n_parameters(k);
            let prepared = n_prepared..n_prepared + term.n_prepared(k);
            (n_theta, n_prepared) = (theta.end, prepared.end);
            Block { term, theta, prepared }
        };
        let mixture = self.mixture.map(&mut block);
        let standing = [
            shape.n_term.then_some((self.n_coefficient, self.n_exponent, false)),
            shape.d_term.then_some((self.d_coefficient, self.d_exponent, true)),
        ];
        let standing: Vec<_> = standing.into_iter().flatten().collect();
        let coefficients: Vec<Block> = standing.iter().map(|&(coefficient, ..)| block(coefficient)).collect();
        let exponents: Vec<Block> = standing.iter().map(|&(_, exponent, _)| block(exponent)).collect();
        let powers = coefficients.into_iter().zip(exponents).zip(&standing);
        let powers =
            powers.map(|((coefficient, exponent), &(.., of_d))| Power { coefficient, exponent, of_d }).collect();
        let saturation = (self.repetition && shape.d_term && shape.repeats).then_some(n_theta);
        if saturation.is_some() {
            n_theta += 1;
            n_prepared += 1;
        }
        Layout { irreducible: self.irreducible, mixture, powers, saturation, n_theta, n_prepared }
    }

    /// Whether the power of D counts effective tokens.
    fn counts_effective(&self, power: &Power) -> bool {
        self.repetition && power.of_d
    }
}

impl Layout {
    /// R, which is fitted where a run repeats a domain.
    fn saturation(&self, theta: &[f64]) -> f64 {
        self.saturation.map_or(repetition::SATURATION, |position| libm::exp(theta[position]))
    }
}

/// ln of an E that the other terms need not take over.
const LITTLE: f64 = -3.0;

impl Law for Skeleton {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &'static str {
        self.source
    }

    fn use_when(&self) -> &'static str {
        self.use_when
    }

    fn formula(&self, shape: &Shape) -> Formula {
        let layout = self.layout(shape);
        let mut terms: Vec<Expr> = layout.irreducible.then(|| sym("E")).into_iter().collect();
        terms.extend(layout.mixture.as_ref().map(|block| block.term.formula()));
        let mut definitions = Vec::new();
        for power in &layout.powers {
            let exponent = if power.exponent.term.is_constant() {
                power.exponent.term.formula()
            } else {
                let of_mixture = sym(if power.of_d { "β" } else { "α" }).below("h");
                definitions.push((of_mixture.clone(), power.exponent.term.formula()));
                of_mixture
            };
            let scale = match (power.of_d, self.counts_effective(power)) {
                (_, true) => sym("D").below("eff"),
                (true, _) => sym("D"),
                (false, _) => sym("N"),
            };
            terms.push(power.coefficient.term.formula().over(scale.pow(exponent)));
        }
        if layout.powers.iter().any(|power| self.counts_effective(power)) {
            definitions.extend(repetition::definitions(layout.saturation.is_some()));
        }
        Formula([(sym("L"), sum(terms))].into_iter().chain(definitions).collect())
    }

    fn needs(&self) -> Needs {
        let min_domains = if self.mixture.is_some() { 2 } else { 0 };
        Needs { min_domains, n: true, d: true, stocks: self.repetition, ..Needs::default() }
    }

    fn parameters(&self, shape: &Shape) -> Vec<Parameter> {
        let k = shape.n_domains;
        let layout = self.layout(shape);
        let mut parameters: Vec<Parameter> = layout.irreducible.then(terms::irreducible_loss).into_iter().collect();
        let mut push = |block: &Block, exponent: Option<usize>| {
            parameters.extend(block.term.parameters(k, block.theta.start, exponent));
        };
        if let Some(block) = &layout.mixture {
            push(block, None);
        }
        for power in &layout.powers {
            let constant = power.exponent.term.is_constant();
            push(&power.coefficient, constant.then_some(power.exponent.theta.start));
        }
        for power in &layout.powers {
            push(&power.exponent, None);
        }
        parameters.extend(layout.saturation.map(|_| repetition::saturation()));
        parameters
    }

    fn counts_in_billions(&self) -> bool {
        !(self.n_exponent.is_constant() && self.d_exponent.is_constant())
    }

    fn evaluation<'a>(&'a self, shape: &'a Shape, scales: &[Scale]) -> Evaluation<'a> {
        Evaluation::Features(Box::new(AtTheta::new(self, shape, scales)))
    }

    fn add_mixture_derivatives(
        &self,
        shape: &Shape,
        theta: &[f64],
        place: Place,
        weight: f64,
        out: &mut MixtureDerivatives,
    ) {
        let layout = self.layout(shape);
        if layout.irreducible {
            out.value += weight * libm::exp(theta[0]);
        }
        if let Some(block) = &layout.mixture {
            block.term.add_mixture_derivatives(&theta[block.theta.clone()], place.h, weight, out);
        }
        for power in &layout.powers {
            let ln_scale = power.ln(place.scale);
            let (coefficient, exponent) = (&power.coefficient, &power.exponent);
            let (a, e) = (&theta[coefficient.theta.clone()], &theta[exponent.theta.clone()]);
            let effective = self.counts_effective(power);
            if exponent.term.is_constant() && !effective {
                let s = libm::exp(-libm::exp(e[0]) * ln_scale);
                coefficient.term.add_mixture_derivatives(a, place.h, weight * s, out);
                continue;
            }
            let derivatives = |block: &Block, theta: &[f64]| {
                let mut out = MixtureDerivatives::zero(place.h.len());
                block.term.add_mixture_derivatives(theta, place.h, 1.0, &mut out);
                out
            };
            let ln_scale = if effective {
                repetition::ln_effective_tokens(shape, layout.saturation(theta), ln_scale, place.h)
            } else {
                MixtureDerivatives { value: ln_scale, ..MixtureDerivatives::zero(place.h.len()) }
            };
            add_power(&derivatives(coefficient, a), &derivatives(exponent, e), &ln_scale, weight, out);
        }
    }

    fn is_convex(&self, shape: &Shape, theta: &[f64]) -> bool {
        let layout = self.layout(shape);
        let convex = |block: &Block| block.term.is_convex(&theta[block.theta.clone()]);
        layout.mixture.as_ref().is_none_or(convex)
            && layout.powers.iter().all(|power| {
                // Effective tokens are concave in h, so B/D^β is convex in it if B is constant.
                let alone = !self.counts_effective(power) || power.coefficient.term.is_constant();
                alone && convex(&power.coefficient) && power.exponent.term.is_constant()
            })
    }

    fn nested(&self) -> Option<&'static dyn Law> {
        self.nested.map(|nested| nested as &dyn Law)
    }

    fn embed_nested(&self, shape: &Shape, nested_theta: &[f64]) -> Vec<f64> {
        let Some(nested) = self.nested else { return Vec::new() };
        let (k, from, to) = (shape.n_domains, nested.layout(shape), self.layout(shape));
        let mut theta = Vec::with_capacity(to.n_theta);
        // A law with a T where the nested one has none shares the nested E between E and T.
        let (e, t) = match (&from.mixture, &to.mixture) {
            (None, Some(to)) => {
                let e = libm::exp(nested_theta[0]);
                let share = if self.irreducible { e / 2.0 } else { e };
                (libm::log(e / 2.0), Some(to.term.flat(k, share)))
            }
            (Some(from), Some(_)) => (nested_theta[0], Some(nested_theta[from.theta.clone()].to_vec())),
            _ => (nested_theta[0], None),
        };
        if self.irreducible {
            theta.push(e);
        }
        theta.extend(t.into_iter().flatten());
        let mut embed = |from: &Block, to: &Block| {
            let values = &nested_theta[from.theta.clone()];
            if from.term.is_constant() && !to.term.is_constant() {
                theta.extend(to.term.flat(k, libm::exp(values[0])));
            } else {
                theta.extend(values);
            }
        };
        for (from, to) in from.powers.iter().zip(&to.powers) {
            embed(&from.coefficient, &to.coefficient);
        }
        for (from, to) in from.powers.iter().zip(&to.powers) {
            embed(&from.exponent, &to.exponent);
        }
        theta.extend(to.saturation.map(|_| repetition::saturation().bounds.1));
        theta
    }

    fn ridge(&self, shape: &Shape) -> Range<usize> {
        self.layout(shape).mixture.filter(|block| block.term.has_ridge()).map_or(0..0, |block| block.theta)
    }

    fn weight_exponents(&self, shape: &Shape) -> Range<usize> {
        let block = self.layout(shape).mixture;
        block.map_or(0..0, |block| {
            let within = block.term.weight_exponents(shape.n_domains);
            block.theta.start + within.start..block.theta.start + within.end
        })
    }

    /// Those of the mixture term, which may also say what E says; and where N and D grow together, a term of N and one of D
    /// may exchange how they depend on the mixture.
    fn kin(&self, shape: &Shape, theta: &[f64]) -> Vec<Vec<f64>> {
        let layout = self.layout(shape);
        let replaced = |parts: &[(&Block, &[f64])]| {
            let mut theta = theta.to_vec();
            parts.iter().for_each(|(block, part)| theta[block.theta.clone()].copy_from_slice(part));
            theta
        };
        let mut kin = Vec::new();
        if let Some(block) = &layout.mixture {
            let part = &theta[block.theta.clone()];
            kin.extend(block.term.kin(part).iter().map(|part| replaced(&[(block, part)])));
            let (least, _) = terms::irreducible_loss().bounds;
            if layout.irreducible && theta[0] > LITTLE {
                kin.extend(block.term.kin_without_constant(part).iter().map(|part| {
                    let mut theta = replaced(&[(block, part)]);
                    theta[0] = least;
                    theta
                }));
            }
        }
        if let [n, d] = &layout.powers[..] {
            let (n, d) = (&n.coefficient, &d.coefficient);
            let like = |block: &Block, other: &Block| {
                let is_alike = block.theta.len() == other.theta.len();
                is_alike.then(|| block.term.alike(&theta[block.theta.clone()], &theta[other.theta.clone()]))?
            };
            if let (Some(of_n), Some(of_d)) = (like(n, d), like(d, n)) {
                kin.push(replaced(&[(n, &of_n), (d, &of_d)]));
            }
        }
        kin
    }

    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>> {
        let k = shape.n_domains;
        let layout = self.layout(shape);
        let powers = layout.powers.iter();
        let blocks = layout.mixture.iter().chain(powers.flat_map(|power| [&power.coefficient, &power.exponent]));
        let mut groups: Vec<Vec<usize>> = blocks
            .flat_map(|block| {
                let groups = block.term.groups(k).into_iter();
                groups.map(|group| group.into_iter().map(|position| block.theta.start + position).collect())
            })
            .collect();
        groups.extend(layout.saturation.map(|position| vec![position]));
        if groups.is_empty() {
            groups = layout.powers.iter().map(|p| vec![p.coefficient.theta.start, p.exponent.theta.start]).collect();
            groups.push(vec![0]);
        }
        groups
    }
}

/// Adds weight · a(h) · exp(−e(h) · l(h)), l the logarithm of N or D, with its derivatives.
fn add_power(
    a: &MixtureDerivatives,
    e: &MixtureDerivatives,
    l: &MixtureDerivatives,
    weight: f64,
    out: &mut MixtureDerivatives,
) {
    let k = a.gradient.len();
    let s = weight * libm::exp(-e.value * l.value);
    // q = e·l.
    let q: Vec<f64> = (0..k).map(|i| e.gradient[i] * l.value + e.value * l.gradient[i]).collect();
    out.value += s * a.value;
    for i in 0..k {
        out.gradient[i] += s * (a.gradient[i] - a.value * q[i]);
        for j in 0..k {
            let at = i * k + j;
            let q2 = e.hessian[at] * l.value
                + e.gradient[i] * l.gradient[j]
                + e.gradient[j] * l.gradient[i]
                + e.value * l.hessian[at];
            out.hessian[at] +=
                s * (a.hessian[at] - a.gradient[i] * q[j] - a.gradient[j] * q[i] + a.value * (q[i] * q[j] - q2));
        }
    }
}

/// A law with its layout, at one θ. The features are E + T, then A and α, then B and β, for the powers that
/// stand, then R.
struct AtTheta<'a> {
    layout: Layout,
    ranges: Vec<Range<usize>>,
    shape: &'a Shape,
    scales: Vec<Scale>,
    effective: Vec<bool>,
    prepared: Vec<f64>,
    /// For each power, where its exponent is the same for all mixtures: its factor at each scale.
    known: Vec<Option<Vec<Factor>>>,
}

/// N^−α or D^−β, with its derivatives in α or β and in ln R.
#[derive(Clone, Copy, Default)]
struct Factor {
    value: f64,
    by_exponent: f64,
    by_saturation: f64,
}

impl Factor {
    fn new(exponent: f64, ln_scale: f64) -> Self {
        let value = libm::exp(-exponent * ln_scale);
        Self { value, by_exponent: -value * ln_scale, by_saturation: 0.0 }
    }
}

impl<'a> AtTheta<'a> {
    fn new(law: &Skeleton, shape: &'a Shape, scales: &[Scale]) -> Self {
        let layout = law.layout(shape);
        let level = 0..layout.mixture.as_ref().map_or(usize::from(layout.irreducible), |block| block.theta.end);
        let powers = layout.powers.iter().flat_map(|p| [p.coefficient.theta.clone(), p.exponent.theta.clone()]);
        let saturation = layout.saturation.map(|position| position..position + 1);
        let effective = |power: &Power| law.counts_effective(power);
        let known = |power: &Power| !effective(power) && power.exponent.term.is_constant();
        let factors = vec![Factor::default(); scales.len()];
        Self {
            ranges: [level].into_iter().chain(powers).chain(saturation).collect(),
            shape,
            scales: scales.to_vec(),
            effective: layout.powers.iter().map(effective).collect(),
            known: layout.powers.iter().map(|power| known(power).then(|| factors.clone())).collect(),
            prepared: vec![0.0; layout.n_prepared],
            layout,
        }
    }

    /// The factor of the power at that position for one mixture, which counts effective tokens.
    fn effective_factor(&self, position: usize, exponent: f64, scale_idx: usize, mixture: &Mixture) -> Factor {
        let Layout { powers, saturation, n_prepared, .. } = &self.layout;
        let ln_scale = powers[position].ln(self.scales[scale_idx]);
        let saturation = saturation.map_or(repetition::SATURATION, |_| self.prepared[n_prepared - 1]);
        let (ln_scale, by_saturation) = repetition::effective_tokens(self.shape, saturation, ln_scale, &mixture.h);
        let factor = Factor::new(exponent, ln_scale);
        Factor { by_saturation: -factor.value * exponent * by_saturation, ..factor }
    }
}

impl Features for AtTheta<'_> {
    fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    fn begin(&mut self, theta: &[f64]) {
        let Layout { irreducible, mixture, powers, saturation, n_prepared, .. } = &self.layout;
        if *irreducible {
            self.prepared[0] = libm::exp(theta[0]);
        }
        for block in mixture.iter().chain(powers.iter().flat_map(|power| [&power.coefficient, &power.exponent])) {
            block.term.prepare(&theta[block.theta.clone()], &mut self.prepared[block.prepared.clone()]);
        }
        if let Some(position) = *saturation {
            self.prepared[n_prepared - 1] = libm::exp(theta[position]);
        }
        for (power, known) in powers.iter().zip(&mut self.known) {
            let Some(factors) = known else { continue };
            let exponent = self.prepared[power.exponent.prepared.start];
            for (scale, factor) in self.scales.iter().zip(factors) {
                *factor = Factor::new(exponent, power.ln(*scale));
            }
        }
    }

    fn features(&self, theta: &[f64], mixture: &Mixture, q: &mut [f64], mut jacobian: Option<&mut [f64]>) {
        let Layout { irreducible, mixture: level, powers, saturation, .. } = &self.layout;
        q[0] = 0.0;
        if *irreducible {
            q[0] = self.prepared[0];
            if let Some(jacobian) = &mut jacobian {
                jacobian[0] = q[0];
            }
        }
        let mut value = |block: &Block| {
            let (at, prepared) = (block.theta.clone(), &self.prepared[block.prepared.clone()]);
            let jacobian = jacobian.as_mut().map(|jacobian| &mut jacobian[at.clone()]);
            block.term.value(&theta[at], prepared, mixture, jacobian)
        };
        if let Some(level) = level {
            q[0] += value(level);
        }
        for (position, power) in powers.iter().enumerate() {
            q[1 + 2 * position] = value(&power.coefficient);
            q[2 + 2 * position] = value(&power.exponent);
        }
        if let Some(position) = *saturation {
            q[1 + 2 * powers.len()] = theta[position];
            if let Some(jacobian) = jacobian {
                jacobian[position] = 1.0;
            }
        }
    }

    fn losses(&self, q: &[f64], scale_idxs: &[usize], mixture: &Mixture, losses: &mut [f64], z: &mut [f64]) {
        let n = losses.len();
        losses.fill(q[0]);
        let (of_level, of_powers) = z.split_at_mut(n);
        of_level.fill(1.0);
        let (of_powers, by_saturation) = of_powers.split_at_mut(2 * n * self.known.len());
        for (position, (known, z)) in self.known.iter().zip(of_powers.chunks_exact_mut(2 * n)).enumerate() {
            let (coefficient, exponent) = (q[1 + 2 * position], q[2 + 2 * position]);
            let (values, by_exponent) = z.split_at_mut(n);
            let rows = scale_idxs.iter().zip(values.iter_mut().zip(by_exponent.iter_mut()));
            match known {
                Some(factors) => {
                    for (&scale_idx, (value, by_exponent)) in rows {
                        let factor = &factors[scale_idx];
                        (*value, *by_exponent) = (factor.value, coefficient * factor.by_exponent);
                    }
                }
                None if self.effective[position] => {
                    for (row_idx, (&scale_idx, (value, by_exponent))) in rows.enumerate() {
                        let factor = self.effective_factor(position, exponent, scale_idx, mixture);
                        (*value, *by_exponent) = (factor.value, coefficient * factor.by_exponent);
                        if let Some(by_saturation) = by_saturation.get_mut(row_idx) {
                            *by_saturation = coefficient * factor.by_saturation;
                        }
                    }
                }
                None => {
                    let power = &self.layout.powers[position];
                    for (&scale_idx, (value, by_exponent)) in rows {
                        let ln_scale = power.ln(self.scales[scale_idx]);
                        (*value, *by_exponent) = (-exponent * ln_scale, -coefficient * ln_scale);
                    }
                    vectors::exp(values);
                    by_exponent.iter_mut().zip(values.iter()).for_each(|(by_exponent, value)| *by_exponent *= value);
                }
            }
            vectors::add_scaled(losses, coefficient, values);
        }
    }
}
