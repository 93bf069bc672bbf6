"""What each loss for pictures says about a pixel: it is minus the logarithm of a density.

    squared error        Gaussian        the best answer is the mean           (elbo.gaussian_nll)
    absolute error       Laplace         the best answer is a median           (laplace_nll)
    cross-entropy        Bernoulli       the best answer is a probability      (elbo.bernoulli_nll)
    the same, on greys   continuous Bernoulli                     (continuous_bernoulli_nll)

Legend: N batch, D dimensions of one item, `...` its axes, `a` logits. A loss returns one
value for each item, ``[N]``, *summed* over its dimensions, in nats.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import RangeError, ShapeError, check_values

SERIES = 0.25  # below this |logit| the series is used; its next term is then under 1e-8


def laplace_nll(mean: Tensor, target: Tensor, scale: float = 1.0) -> Tensor:
    """Minus the log-likelihood of a Laplace decoder with a fixed scale, in nats.

    ``sum(|target - mean|) / b + D log(2 b)``: the absolute error with its weight.

    Parameters
    ----------
    mean, target : Tensor
        ``[N, ...]``; `mean` is the centre of the density, which is its median as well.
    scale : float
        b, the mean distance from the centre; greater than 0.

    Returns
    -------
    Tensor
        ``[N]``.

    Raises
    ------
    ShapeError, RangeError

    >>> laplace_nll(torch.zeros(1, 2), torch.zeros(1, 2))  # 2 log 2
    tensor([1.3863])
    """
    _check_pair(mean, target)
    if not scale > 0:
        raise RangeError(f"scale={scale} is not allowed; the scale b is greater than 0.")
    absolute = (target - mean).abs().flatten(1)  # [N, D]
    return absolute.sum(1) / scale + absolute.shape[1] * math.log(2 * scale)  # [N]


def best_sigma(mean: Tensor, target: Tensor) -> Tensor:
    """The one spread that makes `gaussian_nll` smallest: the root of the mean squared error.

    Where the derivative of ``D log s + E / (2 s^2)`` is zero, E the sum of squares: the optimal
    spread of Rybkin et al. 2021.

    Parameters
    ----------
    mean, target : Tensor
        ``[N, ...]``.

    Returns
    -------
    Tensor
        One number, 0 where every item is rebuilt exactly (the likelihood is unbounded there).

    >>> best_sigma(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))  # root of 25 / 2
    tensor(3.5355)
    """
    _check_pair(mean, target)
    return ((target - mean) ** 2).mean().sqrt()


def log_normaliser(logits: Tensor) -> Tensor:
    """Log C of the continuous Bernoulli, for each logit: what makes it a density.

    ``C = a / tanh(a / 2)``, which is ``2 artanh(1 - 2 lambda) / (1 - 2 lambda)`` with
    ``lambda = sigmoid(a)``: Loaiza-Ganem & Cunningham 2019, section 3. Where a is near 0
    (lambda near 1/2) both are 0 / 0, so there a series in a^2 is used.

    Parameters
    ----------
    logits : Tensor
        Any shape, any finite value.

    Returns
    -------
    Tensor
        Same shape; log 2 at 0, nowhere less.

    >>> log_normaliser(torch.zeros(1))  # log 2
    tensor([0.6931])
    """
    near = logits.abs() < SERIES
    a2 = torch.where(near, logits, torch.zeros_like(logits)) ** 2
    series = math.log(2) + a2 / 12 - 7 * a2**2 / 1440 + 31 * a2**3 / 90720
    far = torch.where(near, torch.ones_like(logits), logits).abs()
    return torch.where(near, series, far.log() - (far / 2).tanh().log())


def continuous_bernoulli_nll(logits: Tensor, target: Tensor) -> Tensor:
    """Minus the log-density of a continuous Bernoulli decoder, in nats for each item.

    The binary cross-entropy minus `log_normaliser`. It may be negative: a density may be
    greater than 1. On exact 0s or 1s it falls without bound as the logit grows.

    Parameters
    ----------
    logits : Tensor
        ``[N, ...]``; the grey to show is `continuous_bernoulli_mean`, not the sigmoid.
    target : Tensor
        Brightness in [0, 1], same shape.

    Returns
    -------
    Tensor
        ``[N]``. Loaiza-Ganem & Cunningham 2019, section 3.

    Raises
    ------
    ShapeError, RangeError

    >>> continuous_bernoulli_nll(torch.zeros(1, 2), torch.rand(1, 2)).abs() < 1e-6  # uniform
    tensor([True])
    """
    _check_pair(logits, target)
    if target.device.type == "cpu":  # elsewhere a look would make the CPU wait each step
        check_values("The targets of a continuous Bernoulli", target, low=0.0, high=1.0)
    bce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")  # [N, ...]
    return (bce - log_normaliser(logits)).flatten(1).sum(1)  # [N]


def continuous_bernoulli_mean(logits: Tensor) -> Tensor:
    """The mean of the continuous Bernoulli, ``1 / (1 - exp(-a)) - 1 / a``, for each logit.

    Loaiza-Ganem & Cunningham 2019, section 3, written with a logit. It is nearer to 1/2 than
    ``sigmoid(a)`` is.

    Parameters
    ----------
    logits : Tensor
        Any shape.

    Returns
    -------
    Tensor
        Same shape, in (0, 1); 1/2 at 0.

    >>> continuous_bernoulli_mean(torch.tensor([0.0, 4.0]))  # the sigmoid of 4 is 0.98
    tensor([0.5000, 0.7687])
    """
    near = logits.abs() < SERIES
    a = torch.where(near, logits, torch.zeros_like(logits))
    series = 0.5 + a / 12 - a**3 / 720 + a**5 / 30240
    far = torch.where(near, torch.ones_like(logits), logits)
    return torch.where(near, series, 0.5 + 0.5 / (far / 2).tanh() - 1 / far)


def _check_pair(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape or a.ndim < 2:
        raise ShapeError(
            "Both tensors must have the same shape [N, ...] with at least 2 axes; "
            f"you gave {list(a.shape)} and {list(b.shape)}."
        )
