//! Capacity competition (arXiv:2606.08167): the training domains compete for the model's capacity,
//!
//! ```text
//!     L_o(N, D, h) = c_o x_o^{−b_o} + A_o (D h_o)^{−a_o} + E_o        [nats per token]
//!     x = argmin_x Σ_i h_i c_i x_i^{−b_i}   subject to   Σ_i x_i = N + (k − 1) H,   x_i ≥ H
//! ```
//!
//! One fit explains the losses of all training domains: c_i and b_i of each of the k domains, A_o, a_o and E_o of
//! each of the m targets, and H: 2k + 3m + 1 parameters, 5k + 1 where every domain is a target. All are logarithms
//! inside, for N in 10⁹ parameters and D in 10⁹ tokens. It gives the losses of training domains only. As its
//! authors do, it is fitted where the target's own domain has a weight of at least 0.1; at 0 it is infinite.
//!
//! The inner problem has the solution x_i = max(H, (h_i b_i c_i/λ)^{1/(b_i + 1)}) with the λ that makes the sum
//! right. Where a domain reaches x_i = H the loss has a kink, and it is not convex in h; an H above N counts as N.
//! With one N (one D) in the study, N (D) counts as 1.

use super::bimix::own_domain;
use super::formula::{Formula, product, sum, sum_over, sym};
use super::{
    Evaluation, Kind, Law, Mixture, MixtureDerivatives, Needs, Parameter, Place, Rows, Scale, Scope, Shape, Symbol,
    terms,
};

pub(super) struct Capacity;

/// Least weight of the target's own domain in a row that is fitted.
const LEAST_OWN_WEIGHT: f64 = 0.1;
/// Newton's method for λ is monotone; it takes a handful of steps, and at most this many.
const MOST_STEPS: usize = 100;

/// Positions in θ: ln c_i, ln b_i, ln H, then ln A, ln a, ln E of each target.
fn positions(k: usize, target_pos: usize) -> (usize, usize) {
    (2 * k, 2 * k + 1 + 3 * target_pos)
}

const PYTHON: &str = "\
H = np.minimum(H, N)
whole = N + (h.shape[-1] - 1) * H
with np.errstate(divide=\"ignore\"):
    level = np.log(h * b * c)
low = np.max(level - (b + 1) * np.log(whole), axis=-1, keepdims=True)
high = np.max(level - (b + 1) * np.log(H), axis=-1, keepdims=True)
for _ in range(100):
    middle = (low + high) / 2
    x = np.maximum(H, np.exp((level - middle) / (b + 1)))
    above = np.sum(x, axis=-1, keepdims=True) > whole
    low, high = np.where(above, middle, low), np.where(above, high, middle)
own = [own]
return c[own] / x[..., own]**b[own] + A[own] / (D * h[..., own])**a[own] + E[own]";

/// The solution of the inner problem.
#[derive(Debug, Clone, Default)]
struct Shares {
    ln_x: Vec<f64>,
    /// Whether x_i is above H.
    free: Vec<bool>,
    /// v_i = x_i/(b_i + 1) for the free ones, else 0.
    v: Vec<f64>,
    /// W = Σ v_i.
    sum: f64,
    /// H, where it is below N; else `None`.
    floor: Option<f64>,
}

impl Shares {
    /// `b` holds the b_i; `theta` is inside.
    fn solve(&mut self, theta: &[f64], b: &[f64], ln_n: f64, ln_h: &[f64]) {
        let k = b.len();
        let (n, h) = (libm::exp(ln_n), libm::exp(theta[2 * k]));
        self.floor = (h < n).then_some(h);
        let floor = h.min(n);
        let ln_floor = libm::log(floor);
        let whole = n + (k as f64 - 1.0) * floor;
        let ln_whole = libm::log(whole);
        // ln(h_i b_i c_i).
        let level = |i: usize| ln_h[i] + theta[k + i] + theta[i];
        // One x_i alone is the whole here, so Σ x_i is too large; it falls and is convex in ln λ.
        let mut ln_lambda = (0..k).map(|i| level(i) - (b[i] + 1.0) * ln_whole).fold(f64::NEG_INFINITY, f64::max);
        for step in 0..=MOST_STEPS {
            self.ln_x.clear();
            self.free.clear();
            self.v.clear();
            self.sum = 0.0;
            let mut excess = -whole;
            for i in 0..k {
                let ln_x = (level(i) - ln_lambda) / (b[i] + 1.0);
                let free = ln_x > ln_floor && self.floor.is_some();
                let x = if free { libm::exp(ln_x) } else { floor };
                let v = if free { x / (b[i] + 1.0) } else { 0.0 };
                self.ln_x.push(if free { ln_x } else { ln_floor });
                self.free.push(free);
                self.v.push(v);
                self.sum += v;
                excess += x;
            }
            if self.sum == 0.0 || step == MOST_STEPS || excess.abs() <= 1e-14 * whole {
                break;
            }
            ln_lambda += excess / self.sum;
        }
    }
}

impl Law for Capacity {
    fn id(&self) -> &'static str {
        "capacity"
    }

    fn name(&self) -> &'static str {
        "capacity competition"
    }

    fn source(&self) -> &'static str {
        "Explaining Data Mixing Scaling Laws 2026, arXiv:2606.08167 (capacity competition)"
    }

    fn use_when(&self) -> &'static str {
        "Where every target is a training domain, and one fit is to explain all by the capacity that each domain wins."
    }

    fn formula(&self, _shape: &Shape) -> Formula {
        let of = |letter: &'static str, below: &'static str| sym(letter).below(below);
        let own = of("c", "o").over(of("x", "o").pow(of("b", "o")));
        let tokens = of("A", "o").over(product([sym("D"), of("h", "o")]).pow(of("a", "o")));
        let share = product([of("h", "i"), of("b", "i"), of("c", "i")]).over(sym("λ"));
        let power = share.pow(sym("1").over(sum([of("b", "i"), sym("1")])));
        Formula(vec![
            (sym("L").below("o"), sum([own, tokens, of("E", "o")])),
            (of("x", "i"), sym("max").of(sym("H").relates(",", power))),
            (sum_over("i", of("x", "i")), sum([sym("N"), product([sym("k").minus(sym("1")), sym("H")])])),
        ])
    }

    /// λ by bisection of its logarithm, from where one x_i alone is the whole to where all are at H.
    fn python(&self, shape: &Shape) -> String {
        let one = |stands: bool, line: &'static str| if stands { "" } else { line };
        let (n, d) = (one(shape.n_term, "N = np.ones_like(N)\n"), one(shape.d_term, "D = np.ones_like(D)\n"));
        format!("{n}{d}{PYTHON}")
    }

    fn scope(&self) -> Scope {
        Scope::AllTargets
    }

    fn needs(&self) -> Needs {
        Needs { min_domains: 2, n: true, d: true, own_domain: true, ..Needs::default() }
    }

    fn parameters(&self, shape: &Shape) -> Vec<Parameter> {
        let k = shape.n_domains;
        let entry = |symbol: Symbol, kind, start, bounds| Parameter { symbol, kind, start, bounds };
        let coefficient = |stands: bool, exponent| if stands { Kind::Coefficient { exponent } } else { Kind::Log };
        let c = |i: usize| {
            let kind = coefficient(shape.n_term, k + i);
            entry(Symbol::plain("c", "c").of_domain(i), kind, (-3.0, 1.0), (-12.0, 8.0))
        };
        let b = |i: usize| entry(Symbol::plain("b", "b").of_domain(i), Kind::Log, (-3.0, 0.0), (-6.0, 2.0));
        let mut parameters: Vec<Parameter> = (0..k).map(c).chain((0..k).map(b)).collect();
        let kind = if shape.n_term { Kind::Billions } else { Kind::Log };
        parameters.push(entry(Symbol::plain("H", "H"), kind, (-6.0, -1.0), (-12.0, 6.0)));
        for target_pos in 0..shape.own_domains.len() {
            let own = own_domain(shape, target_pos);
            let at = positions(k, target_pos).1;
            let of = |letter, ascii| Symbol::plain(letter, ascii).of_domain(own);
            parameters.push(entry(of("A", "A"), coefficient(shape.d_term, at + 1), (-4.0, 1.0), (-12.0, 8.0)));
            parameters.push(entry(of("a", "a"), Kind::Log, (-2.5, 0.0), (-5.3, 0.7)));
            parameters.push(Parameter { symbol: of("E", "E"), ..terms::irreducible_loss() });
        }
        parameters
    }

    fn uses(&self, shape: &Shape, target_pos: usize, h: &[f64]) -> bool {
        shape.own_domains[target_pos].is_some_and(|own| h[own] >= LEAST_OWN_WEIGHT)
    }

    fn evaluation<'a>(&'a self, shape: &'a Shape, scales: &[Scale]) -> Evaluation<'a> {
        let k = shape.n_domains;
        let entries = |target_pos| {
            let at = positions(k, target_pos).1;
            (0..=2 * k).chain(at..at + 3).collect()
        };
        Evaluation::Rows(Box::new(AtTheta {
            shape,
            scales: scales.iter().map(|scale| counted(shape, *scale)).collect(),
            entries: (0..shape.own_domains.len()).map(entries).collect(),
            theta: Vec::new(),
            b: Vec::new(),
            shares: Shares::default(),
            solved_for: None,
        }))
    }

    fn add_mixture_derivatives(
        &self,
        shape: &Shape,
        theta: &[f64],
        place: Place,
        weight: f64,
        out: &mut MixtureDerivatives,
    ) {
        let k = shape.n_domains;
        let own = own_domain(shape, place.target_pos);
        let at = positions(k, place.target_pos).1;
        let scale = counted(shape, place.scale);
        let b: Vec<f64> = theta[k..2 * k].iter().map(|&ln_b| libm::exp(ln_b)).collect();
        let ln_h: Vec<f64> = place.h.iter().map(|&h| libm::log(h)).collect();
        let mut shares = Shares::default();
        shares.solve(theta, &b, scale.ln_n, &ln_h);
        let Shares { ln_x, free, v, sum, .. } = &shares;
        let capacity = weight * libm::exp(theta[own] - b[own] * ln_x[own]);
        out.value += capacity;
        if free[own] {
            // y = ln x_o in ln h_j: (δ_oj − m_j)/(b_o + 1) with m_j = v_j/W.
            let m: Vec<f64> = v.iter().map(|v| v / sum).collect();
            let second: f64 = v.iter().zip(&b).map(|(v, b)| v / (b + 1.0)).sum();
            let delta = |i: usize, j: usize| f64::from(u8::from(i == j));
            let y = |j: usize| (delta(own, j) - m[j]) / (b[own] + 1.0);
            for j in (0..k).filter(|&j| free[j]) {
                let slope = -capacity * b[own] * y(j);
                out.gradient[j] += slope / place.h[j];
                out.hessian[j * k + j] -= slope / (place.h[j] * place.h[j]);
                for i in (0..k).filter(|&i| free[i]) {
                    let v_change = v[j] * (delta(i, j) - m[i]) / (b[j] + 1.0);
                    let sum_change = v[i] / (b[i] + 1.0) - m[i] * second;
                    let y_change = -(v_change - m[j] * sum_change) / (sum * (b[own] + 1.0));
                    out.hessian[i * k + j] +=
                        capacity * (b[own] * b[own] * y(i) * y(j) - b[own] * y_change) / (place.h[i] * place.h[j]);
                }
            }
        }
        let (h, a) = (place.h[own], libm::exp(theta[at + 1]));
        let tokens = weight * libm::exp(theta[at] - a * (scale.ln_d + ln_h[own]));
        out.value += tokens + weight * libm::exp(theta[at + 2]);
        out.gradient[own] -= tokens * a / h;
        out.hessian[own * k + own] += tokens * a * (a + 1.0) / (h * h);
    }

    fn is_convex(&self, _shape: &Shape, _theta: &[f64]) -> bool {
        false
    }

    fn groups(&self, shape: &Shape) -> Vec<Vec<usize>> {
        let k = shape.n_domains;
        let domains = (0..k).map(|i| vec![i, k + i]);
        let targets = (0..shape.own_domains.len()).map(|target_pos| {
            let at = positions(k, target_pos).1;
            vec![at, at + 1]
        });
        // How fast capacity saturates and how much of it everyone has, H, differ for all domains at once.
        domains.chain([vec![2 * k], (0..=2 * k).collect()]).chain(targets).collect()
    }
}

/// N and D where the study varies them, else 1.
fn counted(shape: &Shape, scale: Scale) -> Scale {
    Scale { ln_n: if shape.n_term { scale.ln_n } else { 0.0 }, ln_d: if shape.d_term { scale.ln_d } else { 0.0 } }
}

struct AtTheta<'a> {
    shape: &'a Shape,
    scales: Vec<Scale>,
    entries: Vec<Vec<usize>>,
    theta: Vec<f64>,
    b: Vec<f64>,
    shares: Shares,
    /// The scale and the mixture that the shares are for.
    solved_for: Option<(usize, Vec<f64>)>,
}

impl Rows for AtTheta<'_> {
    fn entries(&self, target_pos: usize) -> &[usize] {
        &self.entries[target_pos]
    }

    fn begin(&mut self, theta: &[f64]) {
        let k = self.shape.n_domains;
        self.theta = theta.to_vec();
        self.b = theta[k..2 * k].iter().map(|&ln_b| libm::exp(ln_b)).collect();
        self.solved_for = None;
    }

    fn loss(&mut self, target_pos: usize, scale_idx: usize, mixture: &Mixture, gradient: Option<&mut [f64]>) -> f64 {
        let k = self.shape.n_domains;
        let scale = self.scales[scale_idx];
        let known = |(solved_scale, h): &(usize, Vec<f64>)| *solved_scale == scale_idx && *h == mixture.h;
        if !self.solved_for.as_ref().is_some_and(known) {
            self.shares.solve(&self.theta, &self.b, scale.ln_n, &mixture.ln_h);
            self.solved_for = Some((scale_idx, mixture.h.clone()));
        }
        let Shares { ln_x, free, v, sum, floor } = &self.shares;
        let (theta, b) = (&self.theta, &self.b);
        let own = own_domain(self.shape, target_pos);
        let at = positions(k, target_pos).1;
        let capacity = libm::exp(theta[own] - b[own] * ln_x[own]);
        let a = libm::exp(theta[at + 1]);
        let ln_tokens = scale.ln_d + mixture.ln_h[own];
        let tokens = libm::exp(theta[at] - a * ln_tokens);
        let e = libm::exp(theta[at + 2]);
        if let Some(gradient) = gradient {
            gradient.fill(0.0);
            let n_free = free.iter().filter(|free| **free).count() as f64;
            // Each entry moves ln x_o by itself where it is the own domain's, and through ln λ.
            let by_x = -capacity * b[own];
            let through_lambda = |change: f64| if free[own] { by_x * -change / (b[own] + 1.0) } else { 0.0 };
            for j in (0..k).filter(|&j| free[j]) {
                let by_b = (1.0 - b[j] * ln_x[j]) / (b[j] + 1.0);
                gradient[j] += through_lambda(v[j] / sum);
                gradient[k + j] += through_lambda(v[j] * (b[j] + 1.0) * by_b / sum);
                if j == own {
                    gradient[j] += by_x / (b[j] + 1.0);
                    gradient[k + j] += by_x * by_b;
                }
            }
            gradient[own] += capacity;
            gradient[k + own] -= capacity * b[own] * ln_x[own];
            if let Some(floor) = floor {
                gradient[2 * k] = if free[own] { through_lambda(-(n_free - 1.0) * floor / sum) } else { by_x };
            }
            gradient[2 * k + 1] = tokens;
            gradient[2 * k + 2] = -tokens * a * ln_tokens;
            gradient[2 * k + 3] = e;
        }
        capacity + tokens + e
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No other division of the capacity has a smaller weighted sum.
    #[test]
    fn the_inner_problem_is_solved() {
        // c, b, H of three domains.
        let theta = [0.2, -0.5, 0.9, -0.8, -1.5, -0.3, -1.2];
        let b: Vec<f64> = theta[3..6].iter().map(|ln_b| libm::exp(*ln_b)).collect();
        for (n, h) in [(2.0, [0.3, 0.3, 0.4]), (0.4, [0.9, 0.05, 0.05]), (1.0, [0.0, 0.5, 0.5]), (0.1, [0.2, 0.3, 0.5])]
        {
            let n: f64 = n;
            let mut shares = Shares::default();
            shares.solve(&theta, &b, n.ln(), &h.map(libm::log));
            let x: Vec<f64> = shares.ln_x.iter().map(|ln_x| ln_x.exp()).collect();
            let floor = libm::exp(theta[6]).min(n);
            let whole = n + 2.0 * floor;
            assert!((x.iter().sum::<f64>() - whole).abs() < 1e-12 * whole, "{x:?}");
            assert!(x.iter().all(|x| *x >= floor * (1.0 - 1e-12)), "{x:?}");
            let value = |x: &[f64]| -> f64 { (0..3).map(|i| h[i] * theta[i].exp() * x[i].powf(-b[i])).sum() };
            const STEPS: usize = 200;
            for i in 0..=STEPS {
                for j in 0..=STEPS - i {
                    let parts =
                        [i, j, STEPS - i - j].map(|part| floor + (whole - 3.0 * floor) * part as f64 / STEPS as f64);
                    assert!(value(&x) <= value(&parts) + 1e-12, "{x:?} {parts:?}");
                }
            }
        }
    }
}
