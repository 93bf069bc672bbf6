"""The velocity that flow matching aims at, in closed form, for points or a mixture of Gaussians.

Legend: M centres, N points in between, D numbers an item.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..core import RangeError, check_number
from .ideal_denoiser import IdealDenoiser


class IdealVelocity:
    """The mean of eps - x_0 given x_t, where x_0 is one of M centres plus a little noise.

    It is what a net would answer that has driven the loss of flow matching to its least value:
    Lipman et al. 2023, equation 8. The centres are equally likely. It asks an
    :class:`~aigc_teach.models.IdealDenoiser` for the mean of the centres; the rest is linear.

    Parameters
    ----------
    centres : Tensor
        ``[M, ...]``, floating-point.
    spread : float
        Standard deviation of the noise around a centre, at least 0. With 0 the data are the
        centres themselves, and at time 0 there is no velocity: ask from above 0.

    Raises
    ------
    DtypeError, DataError, RangeError

    Examples
    --------
    >>> ideal = IdealVelocity(torch.tensor([[-1.0], [1.0]]))
    >>> ideal(torch.tensor([[0.5]]), 1.0)  # in pure noise: eps less the mean of the data
    tensor([[0.5000]])
    >>> ideal(torch.tensor([[0.9]]), 0.1)  # on the line from 1 to 0
    tensor([[-1.]])
    """

    def __init__(self, centres: Tensor, spread: float = 0.0):
        self.spread = check_number("spread", spread)
        IdealDenoiser(centres, centres.new_ones(2))  # checks the centres
        self.centres = centres

    def __call__(self, x_t: Tensor, t: float) -> Tensor:
        """The velocity at ``x_t [N, ...]`` and the time t in [0, 1]."""
        signal, variance = self._at(t)
        if variance == 0:
            raise RangeError("At t=0 points without spread have no velocity; ask from above 0.")
        middle = self._mean_centre(x_t, t)
        off = (x_t - signal * middle) / variance
        eps, x0 = t * off, middle + signal * self.spread**2 * off
        return eps - x0

    def log_prob(self, x_t: Tensor, t: float = 0.0) -> Tensor:
        """The log-density of ``x_t [N, ...]`` at the time t, in nats: ``[N]``.

        At time 0 that of the data, which need a spread above 0 for it.
        """
        signal, variance = self._at(t)
        if variance == 0:
            raise RangeError("Points without spread have no density at t=0.")
        x, centres = x_t.flatten(1), signal * self.centres.flatten(1)
        square = torch.cdist(x, centres, compute_mode="donot_use_mm_for_euclid_dist").square()
        constant = 0.5 * x.shape[1] * math.log(2 * math.pi * variance) + math.log(len(centres))
        return (-square / (2 * variance)).logsumexp(1) - constant

    def _at(self, t: float) -> tuple[float, float]:
        if not 0 <= t <= 1:
            raise RangeError(f"t={t} must lie in [0, 1]: 0 is the data, 1 the noise.")
        return 1 - t, (1 - t) ** 2 * self.spread**2 + t**2

    def _mean_centre(self, x_t: Tensor, t: float) -> Tensor:
        """The mean of the centres, weighted by how likely each is to have led to x_t."""
        signal, variance = self._at(t)
        total = signal**2 + variance  # in these units it is a diffusion's path
        abar = torch.tensor([1.0, signal**2 / total], dtype=torch.float64)
        return IdealDenoiser(self.centres, abar)(x_t / math.sqrt(total), 1).x0
