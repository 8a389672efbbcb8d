"""What others predict, on the splits that examples/accuracy writes: python peers.py SPLITS ANSWERS.

- LightGBM with the settings of RegMix (Liu et al. 2024, arXiv:2407.01492): 1,000 trees, learning rate 0.01. RegMix
  stops earlier where the rows that it is then judged on say so; here nobody sees those.
- ridge: ln L linear in h, the penalty chosen by leave-one-out error.
- log-linear (olmix, Ye et al. 2024's M4): L = e^c + e^{t·h}, Huber loss with δ = 0.02.

A study of several scales gives each of them ln N and ln D as well: as two more inputs, in log-linear inside t·h.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor

import lightgbm
import numpy as np
from scipy.optimize import least_squares

STARTS = 3


def inputs(rows, varying):
    columns = [np.array([row["h"] for row in rows])]
    columns += [np.log([[row[key]] for row in rows]) for key in varying]
    return np.concatenate(columns, axis=1)


def gradient_boosting(x, y, at):
    settings = {
        "boosting": "gbdt",
        "objective": "regression",
        "learning_rate": 1e-2,
        "seed": 42,
        "verbosity": -1,
        "num_threads": 1,
    }
    data = lightgbm.Dataset(x, y)
    return lightgbm.train(settings, data, num_boost_round=1000).predict(at)


def ridge(x, y, at):
    mean, scale = x.mean(0), np.maximum(x.std(0), 1e-12)
    z, ln_y = (x - mean) / scale, np.log(y)
    u, s, v = np.linalg.svd(z, full_matrices=False)
    target = u.T @ (ln_y - ln_y.mean())
    best = None
    for penalty in np.logspace(-6, 3, 40):
        shrunk = s**2 / (s**2 + penalty)
        residual = ln_y - ln_y.mean() - u @ (shrunk * target)
        leverage = 1 / len(y) + (u**2) @ shrunk
        error = np.mean((residual / np.maximum(1 - leverage, 1e-6)) ** 2)
        if best is None or error < best[0]:
            best = error, v.T @ (s / (s**2 + penalty) * target)
    return np.exp((at - mean) / scale @ best[1] + ln_y.mean())


def log_linear(x, y, at):
    # ln N and ln D are centred, so that t stays of order one.
    k = x.shape[1]
    shift = np.where(np.abs(x).max(0) > 1.5, x.mean(0), 0.0)
    x, at = x - shift, at - shift
    random = np.random.default_rng(0)

    def residuals(theta):
        return np.exp(theta[0]) + np.exp(np.minimum(x @ theta[1:], 50.0)) - y

    def jacobian(theta):
        return np.concatenate(
            [np.full((len(y), 1), np.exp(theta[0])), np.exp(np.minimum(x @ theta[1:], 50.0))[:, None] * x], axis=1
        )

    best = None
    for start in range(STARTS):
        constant = np.log(y.min()) + np.linspace(-3.0, -0.05, STARTS)[start]
        level = np.log(max(y.mean() - np.exp(constant), 1e-3))
        theta = np.concatenate([[constant], level + 0.1 * random.standard_normal(k)])
        fit = least_squares(residuals, theta, jacobian, loss="huber", f_scale=0.02, max_nfev=60, bounds=(-10, 10))
        if best is None or fit.cost < best.cost:
            best = fit
    return np.exp(best.x[0]) + np.exp(np.minimum(at @ best.x[1:], 50.0))


PEERS = {"LightGBM": gradient_boosting, "ridge": ridge, "log-linear": log_linear}


def answers(split):
    fitted, held_out = split["fitted"], split["held_out"]
    varying = [key for key in ("n", "d") if fitted[0][key] is not None and len({row[key] for row in fitted}) > 1]
    x, at = inputs(fitted, varying), inputs(held_out, varying)
    losses = np.array(split["losses"], dtype=float)
    known = ~np.isnan(losses)
    result = {}
    for name, peer in PEERS.items():
        predicted = []
        for target in range(losses.shape[1]):
            rows = known[:, target]
            predicted.append([float(value) for value in peer(x[rows], losses[rows, target], at)])
        result[name] = predicted
    return result


def main():
    splits, to = sys.argv[1:]
    with open(splits) as file, ProcessPoolExecutor() as pool:
        by_split = list(pool.map(answers, json.load(file), chunksize=4))
    with open(to, "w") as file:
        json.dump({name: [result[name] for result in by_split] for name in PEERS}, file)


if __name__ == "__main__":
    main()
