"""Diffusion: noise is added by a formula, and a net learns to say what was added.

Legend: x_0 data, eps standard normal noise, t time from 0 (data) to T (noise), abar_t the
product of (1 - beta) up to t: the share of the variance that is still signal. So

    x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps

(Ho et al. 2020, equation 4). A schedule is a tensor ``abar [T + 1]`` whose first entry is 1:
``abar[t]`` belongs to time t of the paper, and time 0 is the data themselves. Functions that take
times take the ``abar`` of each item, ``[N]``, or one number for all of them, ``[]``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_choice, check_count, check_number

SCHEDULES = ("linear", "cosine")
TARGETS = ("eps", "x0", "v")
LARGEST_BETA = 0.999


class Estimate(NamedTuple):
    """What a denoiser makes of x_t.

    Attributes
    ----------
    x0 : Tensor
        The clean data as it guesses them, ``[N, ...]``.
    eps : Tensor
        The noise as it guesses it, ``[N, ...]``.
    """

    x0: Tensor
    eps: Tensor


def linear_schedule(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """Let beta grow evenly from `first` to `last`: Ho et al. 2020, section 4.

    Parameters
    ----------
    steps : int
        T, at least 2.
    first, last : float
        beta_1 and beta_T, in (0, 1). The usual ones belong to 1,000 steps.

    Returns
    -------
    Tensor
        abar, float64 ``[T + 1]``, falling from 1.

    Raises
    ------
    RangeError, DtypeError

    >>> linear_schedule()[[0, 500, 1000]].numpy().round(5)
    array([1.000e+00, 7.859e-02, 4.000e-05])
    """
    check_count("steps", steps, at_least=2)
    for name, beta in (("first", first), ("last", last)):
        if not check_number(name, beta, above=True) < 1:
            raise RangeError(f"{name}={beta} must lie between 0 and 1: it is a share of variance.")
    return _signal(torch.linspace(first, last, steps, dtype=torch.float64))


def cosine_schedule(steps: int = 1000, offset: float = 0.008) -> Tensor:
    """Let abar fall as a squared cosine: Nichol & Dhariwal 2021, equation 17.

    The betas are held to at most 0.999, as there.

    Parameters
    ----------
    steps : int
        T, at least 2.
    offset : float
        The paper's s, at least 0: keeps the first betas from being too small.

    Returns
    -------
    Tensor
        abar, float64 ``[T + 1]``, falling from 1.

    Raises
    ------
    RangeError, DtypeError

    >>> cosine_schedule()[[0, 500, 900]].numpy().round(5)
    array([1.     , 0.49384, 0.02409])
    """
    check_count("steps", steps, at_least=2)
    check_number("offset", offset)
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    curve = torch.cos((times + offset) / (1 + offset) * math.pi / 2) ** 2  # [T + 1]
    return _signal((1 - curve[1:] / curve[:-1]).clamp(max=LARGEST_BETA))


def schedule(kind: str = "cosine", steps: int = 1000) -> Tensor:
    """A schedule by its name.

    Parameters
    ----------
    kind : {"linear", "cosine"}
        With "linear", the usual betas are multiplied by 1000 / T, so that few steps reach as
        much noise as many; each is held to at most 0.999.
    steps : int
        T, at least 2.

    Returns
    -------
    Tensor
        abar, float64 ``[T + 1]``, falling from 1.

    >>> schedule("linear", 1000).equal(linear_schedule(1000))
    True
    """
    check_choice("kind", kind, SCHEDULES)
    check_count("steps", steps, at_least=2)
    if kind == "cosine":
        return cosine_schedule(steps)
    stretch = 1000 / steps
    return linear_schedule(
        steps, min(1e-4 * stretch, LARGEST_BETA), min(0.02 * stretch, LARGEST_BETA)
    )


def signal_to_noise(abar: Tensor) -> Tensor:
    """The variance of the signal over that of the noise, abar / (1 - abar); infinite at time 0.

    >>> signal_to_noise(torch.tensor([0.5, 0.8])).numpy().round(4)
    array([1., 4.], dtype=float32)
    """
    return abar / (1 - abar)


def noised(x0: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """x_t in closed form: Ho et al. 2020, equation 4.

    Parameters
    ----------
    x0, eps : Tensor
        Data and standard normal noise, ``[N, ...]``.
    abar : Tensor
        abar_t, ``[N]`` or ``[]``, in [0, 1].

    Returns
    -------
    Tensor
        x_t ``[N, ...]``.

    >>> noised(torch.ones(1, 2), torch.zeros(1, 2), torch.tensor(0.25))
    tensor([[0.5000, 0.5000]])
    """
    signal, noise = roots(abar, x0)
    return signal * x0 + noise * eps


def target(kind: str, x0: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """What a net of that kind should answer.

    Parameters
    ----------
    kind : {"eps", "x0", "v"}
        The noise (Ho et al. 2020, equation 14), the data, or the velocity
        v = sqrt(abar) eps - sqrt(1 - abar) x_0 (Salimans & Ho 2022, section 4).
    x0, eps : Tensor
        ``[N, ...]``.
    abar : Tensor
        ``[N]`` or ``[]``.

    Returns
    -------
    Tensor
        ``[N, ...]``.
    """
    check_choice("kind", kind, TARGETS)
    if kind == "eps":
        return eps
    if kind == "x0":
        return x0
    signal, noise = roots(abar, x0)
    return signal * eps - noise * x0


def estimate(kind: str, output: Tensor, x_t: Tensor, abar: Tensor) -> Estimate:
    """Data and noise out of a net's answer of any kind.

    Two equations, ``x_t = sqrt(abar) x_0 + sqrt(1 - abar) eps`` and the target's own, are
    solved for x_0 and eps. For "eps" this divides by sqrt(abar), for "x0" by sqrt(1 - abar):
    the first is hopeless in pure noise, the second at time 0. "v" divides by nothing.

    Parameters
    ----------
    kind : {"eps", "x0", "v"}
        As in :func:`target`.
    output, x_t : Tensor
        ``[N, ...]``.
    abar : Tensor
        ``[N]`` or ``[]``.

    Returns
    -------
    Estimate

    >>> x0, eps, abar = torch.tensor([[0.5]]), torch.tensor([[-1.0]]), torch.tensor(0.36)
    >>> x_t, v = noised(x0, eps, abar), target("v", x0, eps, abar)
    >>> [round(part.item(), 4) for part in estimate("v", v, x_t, abar)]
    [0.5, -1.0]
    """
    check_choice("kind", kind, TARGETS)
    signal, noise = roots(abar, x_t)
    if kind == "eps":
        return Estimate((x_t - noise * output) / signal, output)
    if kind == "x0":
        return Estimate(output, (x_t - signal * output) / noise)
    return Estimate(signal * x_t - noise * output, noise * x_t + signal * output)


def clipped(guess: Estimate, x_t: Tensor, abar: Tensor, low: float, high: float) -> Estimate:
    """The estimate with its data held inside [low, high], and the noise that goes with them.

    After the clip eps is computed anew from ``x_t``, so that the two still add up to it.

    Parameters
    ----------
    guess : Estimate
    x_t : Tensor
        ``[N, ...]``.
    abar : Tensor
        ``[N]`` or ``[]``, below 1.
    low, high : float

    Returns
    -------
    Estimate

    >>> guess = Estimate(torch.tensor([3.0]), torch.tensor([0.0]))
    >>> clipped(guess, torch.tensor([1.8]), torch.tensor(0.36), -1, 1)
    Estimate(x0=tensor([1.]), eps=tensor([1.5000]))
    """
    x0 = guess.x0.clamp(low, high)
    signal, noise = roots(abar, x_t)
    return Estimate(x0, (x_t - signal * x0) / noise)


def posterior(x0: Tensor, x_t: Tensor, abar_t: Tensor, abar_s: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of q(x_s | x_t, x_0) for an earlier time s.

    Ho et al. 2020, equations 6 and 7, with the step from s to t in the place of that from
    t - 1: abar_t / abar_s for alpha_t.

    Parameters
    ----------
    x0, x_t : Tensor
        ``[N, ...]``.
    abar_t, abar_s : Tensor
        ``[]`` or ``[N]``, abar_t below abar_s.

    Returns
    -------
    tuple of Tensor
        The mean ``[N, ...]``, and the variance of each coordinate, ``[]`` or ``[N, 1, ...]``.

    >>> now, then = torch.tensor(0.5), torch.tensor(1.0)
    >>> posterior(torch.ones(1), torch.zeros(1), now, then)  # at time 0 it is x_0 itself
    (tensor([1.]), tensor(0.))
    """
    abar_t, abar_s = beside(abar_t, x0), beside(abar_s, x0)
    alpha = abar_t / abar_s
    from_x0 = abar_s.sqrt() * (1 - alpha) / (1 - abar_t)
    from_x_t = alpha.sqrt() * (1 - abar_s) / (1 - abar_t)
    mean = from_x0.to(x0.dtype) * x0 + from_x_t.to(x0.dtype) * x_t  # [N, ...]
    return mean, (1 - abar_s) / (1 - abar_t) * (1 - alpha)


def bound_terms(x0: Tensor, guess: Tensor, abar_t: Tensor, abar_s: Tensor) -> Tensor:
    """KL of q(x_s | x_t, x_0) from the same Gaussian around a guessed x_0, in nats.

    L_{t-1} of Ho et al. 2020, equation 8, where both variances are those of equation 7. It is
    half the fall of the signal-to-noise ratio times the squared error of the guess (Kingma et
    al. 2021, section 4).

    Parameters
    ----------
    x0, guess : Tensor
        The data, and what the model takes for them, ``[N, ...]``.
    abar_t, abar_s : Tensor
        ``[]`` or ``[N]``, abar_t below abar_s below 1.

    Returns
    -------
    Tensor
        ``[N]``, summed over an item's numbers.

    >>> bound_terms(torch.ones(1, 2), torch.zeros(1, 2), torch.tensor(0.5), torch.tensor(0.8))
    tensor([3.0000])
    """
    fall = signal_to_noise(abar_s) - signal_to_noise(abar_t)
    return 0.5 * fall * (x0 - guess).square().flatten(1).sum(1)


def roots(abar: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """sqrt(abar) and sqrt(1 - abar), shaped and typed to be multiplied with `like`."""
    abar = beside(abar, like)
    return abar.sqrt().to(like.dtype), (1 - abar).sqrt().to(like.dtype)


def beside(values: Tensor, like: Tensor) -> Tensor:
    """One number an item, ``[N]``, as ``[N, 1, ...]`` beside `like` ``[N, ...]``; ``[]`` stays.

    >>> beside(torch.zeros(3), torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 1, 1, 1])
    """
    if values.ndim == 0:
        return values
    if values.shape != like.shape[:1]:
        raise ShapeError(
            f"Times go with items: give one number, or [{len(like)}]; you gave "
            f"{list(values.shape)}."
        )
    return values.reshape(-1, *[1] * (like.ndim - 1))


def _signal(betas: Tensor) -> Tensor:
    """The abar ``[T + 1]`` of T betas: the products of (1 - beta), with a 1 before them."""
    return torch.cat([betas.new_ones(1), (1 - betas).cumprod(0)])
