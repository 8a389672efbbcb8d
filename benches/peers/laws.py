"""The laws of Shukor et al. 2025 (arXiv:2507.09404, eq. 2.4 and 2.5) and their Huber objective, for SciPy and JAX.

    additive  L = E + 1/sum_i C_i h_i^gamma_i + A/N^alpha + B/D^beta
    joint     L = E + 1/sum_i C_i h_i^gamma_i + A_h/N^alpha + B_h/D^beta,  A_h = (sum_i C^A_i h_i)^gamma^A, B_h alike

    F = mean over rows of Huber_delta(L - observed), delta = 1e-3 nats

A vector x holds logarithms of all parameters but gamma^A and gamma^B, which may be negative and stand as they are. N
and D are in 10^9, so that coefficients are of order one. Order: E, C_i, gamma_i, A (or C^A_i, gamma^A), B alike, alpha,
beta. This is the order of Mixlaw's JSON, where N and D are counted in parameters and tokens.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

BILLION = 1e9
DELTA = 1e-3


class Rows:
    """The rows that one target is fitted on."""

    def __init__(self, h, n, d, loss):
        if not (h > 0).all():
            raise SystemExit("peers: every domain weight must be positive, as the logarithm of each is taken")
        self.h, self.ln_h = h, np.log(h)
        self.n, self.d = n, d
        self.ln_n, self.ln_d = np.log(n / BILLION), np.log(d / BILLION)
        self.loss = loss
        self.k = h.shape[1]


def unpack(law, k, x):
    """x cut into ln E, ln C, ln gamma, the parameters of A, those of B, ln alpha, ln beta."""
    width = 1 if law == "additive" else k + 1
    cuts = [0, 1, 1 + k, 1 + 2 * k, 1 + 2 * k + width, 1 + 2 * k + 2 * width]
    ln_e, ln_c, ln_gamma, a, b = (x[low:high] for low, high in zip(cuts, cuts[1:]))
    return ln_e[0], ln_c, ln_gamma, a, b, x[-2], x[-1]


def random_start(law, k, random):
    """Random parameters: coefficients and exponents over the orders of magnitude that losses in nats allow."""
    coefficient = [random.uniform(-3, 1.5, 1)]
    if law == "joint":
        coefficient = [random.uniform(-2, 2, k), random.uniform(-2, 2, 1)]
    parts = [random.uniform(-2, 1, 1), random.uniform(-1.5, 2.5, k), random.uniform(-2.5, 0.5, k)]
    parts += coefficient + [random.permutation(part) for part in coefficient]
    return np.concatenate(parts + [random.uniform(-2.5, 0, 2)])


def huber(residual):
    """Huber's function and its slope."""
    size = np.abs(residual)
    inside = size < DELTA
    return np.where(inside, residual**2 / 2, DELTA * (size - DELTA / 2)), np.clip(residual, -DELTA, DELTA)


def numpy_objective(law, rows):
    """x -> F and its gradient, by hand."""

    def coefficient(x):
        """ln of A_h and its derivatives in x, one line a row of the data."""
        if law == "additive":
            return x[0], np.ones((len(rows.loss), 1))
        # (C h)_i over the largest C, so that nothing overflows.
        largest = x[:-1].max()
        terms = np.exp(x[:-1] - largest) * rows.h
        total = terms.sum(axis=1)
        ln_sum = largest + np.log(total)
        return x[-1] * ln_sum, np.column_stack([x[-1] * terms / total[:, None], ln_sum])

    def power(x, ln_exponent, ln_scale):
        """A_h / N^alpha and its derivatives in x and in ln alpha."""
        ln_a, jacobian = coefficient(x)
        steepness = np.exp(ln_exponent) * ln_scale
        value = np.exp(ln_a - steepness)
        return value, value[:, None] * jacobian, -value * steepness

    def objective(x):
        ln_e, ln_c, ln_gamma, a, b, ln_alpha, ln_beta = unpack(law, rows.k, x)
        with np.errstate(over="ignore", invalid="ignore"):
            terms = np.exp(ln_c + np.exp(ln_gamma) * rows.ln_h)
            mixture = 1 / terms.sum(axis=1)
            pull = -(mixture**2)[:, None] * terms
            n_term, n_jacobian, n_slope = power(a, ln_alpha, rows.ln_n)
            d_term, d_jacobian, d_slope = power(b, ln_beta, rows.ln_d)
            e = np.exp(ln_e)
            value, slope = huber(e + mixture + n_term + d_term - rows.loss)
            columns = [np.full((len(slope), 1), e), pull, pull * np.exp(ln_gamma) * rows.ln_h]
            columns += [n_jacobian, d_jacobian, n_slope[:, None], d_slope[:, None]]
            gradient = slope @ np.hstack(columns) / len(slope)
        mean = value.mean()
        if not (math.isfinite(mean) and np.isfinite(gradient).all()):
            return math.inf, np.zeros_like(x)
        return mean, gradient

    return objective


def jax_objective(law, rows):
    """x -> F and its gradient, by automatic differentiation, compiled."""

    def power(x, ln_exponent, ln_scale):
        ln_a = x[0] if law == "additive" else x[-1] * jax.nn.logsumexp(x[:-1] + rows.ln_h, axis=1)
        return jnp.exp(ln_a - jnp.exp(ln_exponent) * ln_scale)

    def mean_huber(x):
        ln_e, ln_c, ln_gamma, a, b, ln_alpha, ln_beta = unpack(law, rows.k, x)
        mixture = jnp.exp(-jax.nn.logsumexp(ln_c + jnp.exp(ln_gamma) * rows.ln_h, axis=1))
        loss = jnp.exp(ln_e) + mixture + power(a, ln_alpha, rows.ln_n) + power(b, ln_beta, rows.ln_d)
        size = jnp.abs(loss - rows.loss)
        return jnp.mean(jnp.where(size < DELTA, size**2 / 2, DELTA * (size - DELTA / 2)))

    compiled = jax.jit(jax.value_and_grad(mean_huber))

    def objective(x):
        value, gradient = compiled(x)
        value, gradient = float(value), np.asarray(gradient)
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            return math.inf, np.zeros_like(x)
        return value, gradient

    objective(np.zeros(len(random_start(law, rows.k, np.random.default_rng(0)))))  # compiles
    return objective


def inside(law, k, natural):
    """x of Mixlaw's natural parameters."""
    natural = np.array(natural)
    x = np.log(np.abs(natural))
    (*_, a, b, _, _), (*_, natural_a, natural_b, alpha, beta) = unpack(law, k, x), unpack(law, k, natural)
    for part, natural_part, exponent in [(a, natural_a, alpha), (b, natural_b, beta)]:
        ln_unit = exponent * math.log(BILLION)
        if law == "additive":
            part -= ln_unit
        else:
            part[:-1] -= ln_unit / natural_part[-1]
            part[-1] = natural_part[-1]
    return x


def plain_objective(law, rows, natural):
    """F at natural parameters, N and D as they are counted: the formulas as they are printed."""
    natural = np.array(natural)
    _, c, gamma, a, b, alpha, beta = unpack(law, rows.k, natural)
    a, b = (part[0] if law == "additive" else (rows.h @ part[:-1]) ** part[-1] for part in (a, b))
    loss = natural[0] + 1 / (c * rows.h**gamma).sum(axis=1) + a / rows.n**alpha + b / rows.d**beta
    return huber(loss - rows.loss)[0].mean()
