"""Basin hopping with L-BFGS inside (Wales & Doye 1997; SciPy's), from random starts."""

import math
import time

from scipy.optimize import basinhopping

# Descents are let run: basin hopping compares their ends.
LIMITS = {"maxiter": 5000, "maxfun": 10000, "ftol": 1e-12, "gtol": 1e-10}
DESCENT = {"method": "L-BFGS-B", "jac": True, "options": LIMITS}
# Minima differ by some percent of an objective of about 1e-5; with SciPy's 1.0 every hop would be accepted.
TEMPERATURE = 1e-7


class Over(Exception):
    """Ends a search in the middle of a descent."""


class Clocked:
    """An objective that remembers its best values with the time at which each was seen, and ends the search."""

    def __init__(self, objective, seconds, enough):
        self.objective, self.seconds, self.enough = objective, seconds, enough
        self.began = time.perf_counter()
        self.best = math.inf
        self.progress = []

    def __call__(self, x):
        value, gradient = self.objective(x)
        now = time.perf_counter() - self.began
        if value < self.best:
            self.best = value
            self.progress.append((now, value))
        if now > self.seconds or self.best <= self.enough:
            raise Over
        return value, gradient

    def seconds_to(self, value):
        """When the objective was first at most `value`; None if never."""
        return next((now for now, seen in self.progress if seen <= value), None)


def search(objective, draw, random, seconds, hops, enough):
    """Hops so often from each of many random starts, until the time is up or the objective is low enough."""
    clocked = Clocked(objective, seconds, enough)
    try:
        while True:
            basinhopping(clocked, draw(random), niter=hops, minimizer_kwargs=DESCENT, rng=random, T=TEMPERATURE)
    except Over:
        return clocked
