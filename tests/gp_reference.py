"""Prints the known answers of the test `answers_are_those_of_numpy` in src/gp/process.rs: the same two studies, with
the kernels and priors of src/gp/mod.rs written down again with NumPy and maximised by SciPy. Needs numpy and scipy."""

import numpy as np
from scipy.optimize import minimize


def mixture(i):
    parts = np.abs(np.sin(np.array([1.7, 2.9, 4.3]) * (i + 1.0)))
    if i % 5 == 0:
        parts[2] = 0.0
    return parts / parts.sum()


def one_scale():
    h = np.array([mixture(i) for i in range(25)])
    values = 1 - 0.2 * np.sqrt(h[:, 0] + 0.05) + 0.1 * h[:, 1] * h[:, 2]
    return h, np.tile([0.3, 1.0], (25, 1)), np.arange(25), values


def several_scales():
    h, scales, runs, values = [], [], [], []
    for run in range(18):
        mix = np.append(0.9 * mixture(run // 2), 0.1)
        for checkpoint in range(3):
            ln_n, ln_d = (run % 2) * 1.4, 1.0 + checkpoint * 0.6
            noise = 0.002 * np.sin(97.0 * len(values))
            values.append(0.03 * np.sin(5 * mix[0]) + 0.01 * mix[1] * ln_d - 0.004 * ln_n + noise)
            h.append(mix), scales.append([ln_n, ln_d]), runs.append(run)
    return np.array(h), np.array(scales), np.array(runs), np.array(values)


def matern(squared):
    t = np.sqrt(5 * squared)
    return (1 + t + t * t / 3) * np.exp(-t)


def squared_distances(a, b, lengths):
    return (((a[:, None] - b[None]) / lengths) ** 2).sum(-1)


def answers(name, study, power, standardise, kernel, priors, bounds, place):
    h, scales, runs, values = study
    active = np.ptp(h, axis=0) > 0
    raw = lambda h: (h[:, active] + 1e-3) ** power
    spread = np.sqrt(2 * raw(h).var(0).sum())
    phi = lambda h: raw(h) / spread
    z, unstandardise = standardise(values)
    n = len(z)
    means, deviations = priors(active.sum())

    def covariance(p):
        noise = p[2 if name == "mixture" else 10]
        k = kernel(p, (phi(h), scales, runs), (phi(h), scales, runs))
        return k + (np.exp(2 * noise) + 1e-8) * np.eye(n)

    def objective(p):
        k = covariance(p)
        sign, ln_det = np.linalg.slogdet(k)
        return 0.5 * z @ np.linalg.solve(k, z) + 0.5 * ln_det + 0.5 * (((p - means) / deviations) ** 2).sum()

    options = dict(maxfun=10**6, maxiter=10**4, ftol=1e-14, gtol=1e-7)
    p = minimize(objective, means, method="L-BFGS-B", bounds=bounds(active.sum()), options=options).x
    print(name)
    where = phi(np.array([place[2]])), np.array([place[:2]]), np.array([-1])
    for parameters, what in [(means, "at the priors' means"), (p, "at the maximum")]:
        cross = kernel(parameters, where, (phi(h), scales, runs))[0]
        prior = kernel(parameters, where, where)[0, 0] - (np.exp(2 * parameters[9]) if name == "residual" else 0.0)
        k = covariance(parameters)
        mean, slope = unstandardise(cross @ np.linalg.solve(k, z))
        variance = slope**2 * (prior - cross @ np.linalg.solve(k, cross))
        print(" ", what, "mean", repr(float(mean)), "variance", repr(float(variance)))


def standardise_losses(values):
    irreducible = 0.8 * np.exp(values.min())
    t = np.log(np.exp(values) - irreducible)
    centre, unit = t.mean(), t.std()

    def back(z):
        e = np.exp(centre + unit * z)
        return np.log(irreducible + e), unit * e / (irreducible + e)

    return (t - centre) / unit, back


def standardise_residuals(values):
    most = 5 * 1.4826 * np.median(np.abs(values))
    clipped = np.clip(values, -most, most)
    unit = np.sqrt((clipped**2).mean())
    return clipped / unit, lambda z: (unit * z, unit)


def kernel_of_losses(p, a, b):
    return np.exp(2 * p[0]) * matern(squared_distances(a[0], b[0], np.exp(p[1] + p[3:]))) + 1


def kernel_of_residuals(p, a, b):
    scale = lambda lengths: np.exp(-0.5 * squared_distances(a[1], b[1], np.exp(lengths)))
    k = np.exp(2 * p[0]) * matern(squared_distances(a[0], b[0], np.exp(p[1])))
    k = k + np.exp(2 * p[2]) * matern(squared_distances(a[0], b[0], np.exp(p[3]))) * scale(p[4:6])
    k = k + np.exp(2 * p[6]) * scale(p[7:9])
    return k + np.exp(2 * p[9]) * (a[2][:, None] == b[2][None])


answers(
    "mixture",
    one_scale(),
    0.4,
    standardise_losses,
    kernel_of_losses,
    lambda k: (np.r_[2, 1.5, np.log(0.1), np.zeros(k)], np.r_[2, 1.5, 1, np.ones(k)]),
    lambda k: [(-4, 6), (-3, 5), (-7, 1)] + [(-3, 3)] * k,
    (0.3, 1.0, mixture(60)),
)
answers(
    "residual",
    several_scales(),
    0.35,
    standardise_residuals,
    kernel_of_residuals,
    lambda k: (np.array([-0.7, 0, -0.7, 0, 0, 0, -1, 0, 0, -1, -1]), np.ones(11)),
    lambda k: [(-5, 3)] * 11,
    (2.0, 3.0, np.append(0.9 * mixture(60), 0.1)),
)
