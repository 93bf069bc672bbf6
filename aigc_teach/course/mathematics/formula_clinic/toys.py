"""Small models in which the truth is known, for formulas to be tried on.

`LINE`: a code z ~ N(0, 1) and a picture of one pixel, x | z ~ N(w z, s^2), where marginal,
posterior and bound are known in closed form. `PLAYERS`: a generator and a critic of one number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def normal_mean(f: Callable, mean: float = 0.0, spread: float = 1.0) -> float:
    """E[f(z)] for z ~ N(mean, spread^2), by Gauss-Hermite quadrature.

    >>> round(normal_mean(lambda z: z**2, mean=1.0, spread=2.0), 6)
    5.0
    """
    return float((WEIGHTS * f(mean + spread * NODES)).sum())


def slope(f: Callable, at: float, h: float = 1e-5) -> float:
    """The derivative of `f` by a central difference, (f(at + h) - f(at - h)) / 2h.

    >>> round(slope(lambda x: x**3, 2.0), 6)
    12.0
    """
    return float((f(at + h) - f(at - h)) / (2 * h))


def gradient(f: Callable, at: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """All partial derivatives of `f`, which takes an array and gives a number; shape of `at`."""
    at = np.asarray(at, dtype=float)
    out = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = h
        out[place] = (f(at + step) - f(at - step)) / (2 * h)
    return out


@dataclass(frozen=True)
class LinearGaussian:
    """z ~ N(0, 1), x | z ~ N(w z, s2): everything about it is known.

    With ``s2 = 1/2``, -log p(x|z) is the squared error plus (1/2) log pi.
    """

    w: float = 1.5
    s2: float = 0.5

    @property
    def evidence(self) -> float:
        """The variance of x."""
        return self.w**2 + self.s2

    @property
    def spread(self) -> float:
        """The standard deviation of z given x, the same for every x."""
        return float(np.sqrt(self.s2 / self.evidence))

    def mean(self, x):
        """The mean of z given x."""
        return self.w * x / self.evidence

    def log_p(self, x):
        """The log density of x."""
        return -0.5 * (np.log(2 * np.pi * self.evidence) + x**2 / self.evidence)

    def log_likelihood(self, x, z):
        """The log density of x given z."""
        return -0.5 * (np.log(2 * np.pi * self.s2) + (x - self.w * z) ** 2 / self.s2)


LINE = LinearGaussian()
PIXELS = np.array([-1.3, 0.4, 3.0])  # three pictures of one pixel


def kl_normals(mean, spread, mean_2=0.0, spread_2=1.0):
    """KL(N(mean, spread^2) || N(mean_2, spread_2^2)) in closed form.

    >>> round(float(kl_normals(0.7, 0.6)), 4)
    0.4358
    """
    ratio = (spread / spread_2) ** 2
    return 0.5 * (ratio - 1 - np.log(ratio) + ((mean - mean_2) / spread_2) ** 2)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def entropy(p) -> float:
    """The entropy of probabilities, in nats; 0 log 0 is 0."""
    p = np.asarray(p, dtype=float)
    return float(-(p[p > 0] * np.log(p[p > 0])).sum())


def jensen_shannon(p, q) -> float:
    """The Jensen-Shannon divergence in nats, from three entropies.

    >>> round(jensen_shannon([1, 0], [0, 1]), 4)
    0.6931
    """
    middle = (np.asarray(p, dtype=float) + np.asarray(q, dtype=float)) / 2
    return entropy(middle) - (entropy(p) + entropy(q)) / 2


def generate(z, theta):
    """A generator of one number with one weight."""
    return np.tanh(theta * z) + 0.3 * z


def criticise(x):
    """A critic of one number: the probability that x is real."""
    return sigmoid(1.3 * x - 0.4)
