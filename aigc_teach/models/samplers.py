"""From noise to data, a step at a time: samplers that know a denoiser and a schedule, no net.

A denoiser is any function ``denoise(x_t, t) -> Estimate``: what it takes for the data and for
the noise in ``x_t [N, ...]`` at the whole time t. A sampler goes through a list of falling times
that ends in 0, and yields x after each step; the last is the sample.

Legend: s the time after t (an earlier one), abar the schedule of ``losses.diffusion``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from ..core import RangeError, check_choice, check_count, check_number
from ..losses.diffusion import Estimate, posterior
from ..nn import standard_normal

Denoiser = Callable[[Tensor, int], Estimate]

KINDS = ("ddpm", "ddim", "heun")


def even_times(noise_steps: int, steps: int) -> list[int]:
    """`steps` + 1 times from T down to 0, as evenly spaced as whole numbers allow.

    Parameters
    ----------
    noise_steps : int
        T.
    steps : int
        From 1 to T.

    Returns
    -------
    list of int

    Raises
    ------
    RangeError, DtypeError

    >>> even_times(1000, 4)
    [1000, 750, 500, 250, 0]
    """
    check_count("noise_steps", noise_steps)
    check_count("steps", steps, at_most=noise_steps)
    return [round(noise_steps * k / steps) for k in range(steps, -1, -1)]


def ddpm(
    denoise: Denoiser,
    x: Tensor,
    abar: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Tensor]:
    """Draw each x_s from the posterior around the guessed x_0.

    Ho et al. 2020, algorithm 2, with sigma^2 of equation 7 (the smaller of the paper's two) and,
    where times are left out, the same posterior over the longer step. The last step adds no
    noise (line 3).

    Parameters
    ----------
    denoise : callable
        ``(x_t, t) -> Estimate``.
    x : Tensor
        Standard normal noise ``[N, ...]``.
    abar : Tensor
        ``[T + 1]``.
    times : sequence of int
        Falling, ending in 0.
    generator : torch.Generator, optional

    Yields
    ------
    Tensor
        x_s ``[N, ...]``, once a step.
    """
    for t, s in falling_pairs(times, abar):
        x, variance = posterior(denoise(x, t).x0, x, abar[t], abar[s])
        if s > 0:
            z = standard_normal(*x.shape, like=x, generator=generator)
            x = x + (variance.sqrt() * z).to(x.dtype)
        yield x


def ddim(
    denoise: Denoiser,
    x: Tensor,
    abar: Tensor,
    times: Sequence[int],
    *,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Iterator[Tensor]:
    """Take the guessed x_0 and the guessed noise, and mix them anew for the time s.

    Song et al. 2021 (DDIM), equation 12. With `eta` 0 nothing is drawn: the noise at the start
    decides the sample; with 1 it is a DDPM (equation 16).

    Parameters
    ----------
    denoise, x, abar, times
        As in :func:`ddpm`.
    eta : float
        In [0, 1].
    generator : torch.Generator, optional
        Used where `eta` is above 0.

    Yields
    ------
    Tensor
        x_s ``[N, ...]``, once a step.
    """
    if check_number("eta", eta) > 1:
        raise RangeError(f"eta={eta} must lie in [0, 1]: 0 draws nothing, 1 is a DDPM.")
    for t, s in falling_pairs(times, abar):
        x0, eps = denoise(x, t)
        variance = eta**2 * (1 - abar[s]) / (1 - abar[t]) * (1 - abar[t] / abar[s])
        x = _mixed(x0, eps, abar[s], (1 - abar[s] - variance).sqrt())
        if eta > 0 and s > 0:
            z = standard_normal(*x.shape, like=x, generator=generator)
            x = x + (variance.sqrt() * z).to(x.dtype)
        yield x


def heun(
    denoise: Denoiser,
    x: Tensor,
    abar: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Tensor]:
    """Try a DDIM step, denoise where it led, and take the step again with the mean of both guesses.

    Heun's method as in Karras et al. 2022, algorithm 1, whose Euler step is a DDIM step here:
    that makes it DPM-Solver++(2S), Lu et al. 2022, algorithm 1 with r = 1. The last step is
    not corrected. It asks the denoiser 2 * steps - 1 times.

    Parameters
    ----------
    denoise, x, abar, times
        As in :func:`ddpm`.
    generator : torch.Generator, optional
        Taken for the sake of a common call; nothing is drawn.

    Yields
    ------
    Tensor
        x_s ``[N, ...]``, once a step.
    """
    for t, s in falling_pairs(times, abar):
        x0, eps = denoise(x, t)
        tried = _mixed(x0, eps, abar[s], (1 - abar[s]).sqrt())
        if s > 0:
            mean = (x0 + denoise(tried, s).x0) / 2
            eps = ((x - abar[t].sqrt() * mean) / (1 - abar[t]).sqrt()).to(x.dtype)
            tried = _mixed(mean, eps, abar[s], (1 - abar[s]).sqrt())
        x = tried
        yield x


def falling_pairs(times: Sequence[int], abar: Tensor) -> list[tuple[int, int]]:
    """Pairs (t, s) of a time and the next, or a sentence where the times do not fall to 0.

    >>> falling_pairs([1000, 500, 0], torch.zeros(1001))
    [(1000, 500), (500, 0)]
    """
    times = [check_count("a time", t, at_least=0, at_most=len(abar) - 1) for t in times]
    pairs = list(pairwise(times))
    if not pairs or times[-1] != 0 or any(t <= s for t, s in pairs):
        raise RangeError(
            f"times={times} must fall from step to step and end in 0, such as "
            f"even_times({len(abar) - 1}, 10); with no step there is no sample."
        )
    return pairs


def evaluations(kind: str, steps: int) -> int:
    """How often a sampler asks its denoiser for each sample.

    >>> evaluations("ddim", 16), evaluations("heun", 8)
    (16, 15)
    """
    check_choice("sampler", kind, KINDS)
    check_count("steps", steps)
    return 2 * steps - 1 if kind == "heun" else steps


SAMPLERS = dict(zip(KINDS, (ddpm, ddim, heun), strict=True))
"""The samplers by name, all with the same call."""


def _mixed(x0: Tensor, eps: Tensor, abar: Tensor, noise: Tensor) -> Tensor:
    return abar.sqrt().to(x0.dtype) * x0 + noise.to(x0.dtype) * eps
