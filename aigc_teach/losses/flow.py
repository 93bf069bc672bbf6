"""Flow matching: data and noise are joined by straight lines, and a net learns how to move.

Legend: x_0 data, eps standard normal noise, t a time from 0 (data) to 1 (noise), as in
``losses.diffusion``. So

    x_t = (1 - t) x_0 + t eps        and its velocity        v = d x_t / d t = eps - x_0

This is the rectified flow of Liu et al. 2023 and the path of Lipman et al. 2023 without its small
remainder of noise, with time running as in Esser et al. 2024. The first two let it run the other
way: their time is 1 - t, their velocity -v. Functions take the time of each item, ``[N]``, or one
number for all of them, ``[]``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..core import ShapeError, check_choice
from .diffusion import Estimate, beside

TARGETS = ("velocity", "eps", "x0")


def between(x0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
    """The point at time t on the straight line from data to noise.

    Liu et al. 2023, equation 1, with time reversed.

    Parameters
    ----------
    x0, eps : Tensor
        ``[N, ...]``.
    t : Tensor
        In [0, 1], ``[N]`` or ``[]``.

    Returns
    -------
    Tensor
        ``[N, ...]``.

    >>> between(torch.tensor([[2.0]]), torch.tensor([[-2.0]]), torch.tensor(0.25))
    tensor([[1.]])
    """
    t = beside(t, x0).to(x0.dtype)
    return (1 - t) * x0 + t * eps


def target(kind: str, x0: Tensor, eps: Tensor) -> Tensor:
    """What a net of that kind should answer, ``[N, ...]``: eps - x_0, eps or x_0.

    Parameters
    ----------
    kind : {"velocity", "eps", "x0"}
    x0, eps : Tensor
        ``[N, ...]``.
    """
    check_choice("kind", kind, TARGETS)
    return {"velocity": eps - x0, "eps": eps, "x0": x0}[kind]


def velocity(kind: str, output: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
    """The velocity that a net's answer of any kind stands for.

    "eps" is divided by 1 - t, "x0" by t: the first is infinite in pure noise, the second at the
    data.

    Parameters
    ----------
    kind : {"velocity", "eps", "x0"}
    output, x_t : Tensor
        ``[N, ...]``.
    t : Tensor
        ``[N]`` or ``[]``.

    Returns
    -------
    Tensor
        ``[N, ...]``.

    >>> x0, eps, t = torch.tensor([[2.0]]), torch.tensor([[-2.0]]), torch.tensor(0.25)
    >>> [velocity(k, target(k, x0, eps), between(x0, eps, t), t).item() for k in TARGETS]
    [-4.0, -4.0, -4.0]
    """
    check_choice("kind", kind, TARGETS)
    t = beside(t, x_t).to(x_t.dtype)
    if kind == "velocity":
        return output
    return (output - x_t) / (1 - t) if kind == "eps" else (x_t - output) / t


def estimate(v: Tensor, x_t: Tensor, t: Tensor) -> Estimate:
    """Data and noise out of a velocity; nothing is divided.

    Parameters
    ----------
    v, x_t : Tensor
        ``[N, ...]``.
    t : Tensor
        ``[N]`` or ``[]``.

    Returns
    -------
    Estimate

    >>> estimate(torch.tensor([[-4.0]]), torch.tensor([[1.0]]), torch.tensor(0.25))
    Estimate(x0=tensor([[2.]]), eps=tensor([[-2.]]))
    """
    t = beside(t, x_t).to(x_t.dtype)
    return Estimate(x_t - t * v, x_t + (1 - t) * v)


def weight(kind: str, t: Tensor) -> Tensor:
    """By what a squared error of the velocity is multiplied to be that of another view.

    The squared error of the guess of eps is (1 - t)^2 times that of the velocity, of x_0 it is
    t^2 times: a net that is trained on the plain squared error of one view is trained on the
    velocity's with this weight.

    Parameters
    ----------
    kind : {"velocity", "eps", "x0"}
    t : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        As `t`.

    >>> [weight(kind, torch.tensor(0.25)).item() for kind in TARGETS]
    [1.0, 0.5625, 0.0625]
    """
    check_choice("kind", kind, TARGETS)
    return {"velocity": torch.ones_like(t), "eps": (1 - t) ** 2, "x0": t**2}[kind]


def conditional_loss(answer: Tensor, wanted: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean squared error of the answers: conditional flow matching.

    Lipman et al. 2023, theorem 2: its gradient is that of the squared distance to the marginal
    velocity, which is seldom known; the two losses differ by a constant. So it does not fall
    to 0.

    Parameters
    ----------
    answer, wanted : Tensor
        ``[N, ...]``.
    weights : Tensor, optional
        ``[N]``: one factor an item, such as :func:`weight`; all 1 if left out.

    Returns
    -------
    Tensor
        A scalar, float32 or more.

    Raises
    ------
    ShapeError

    >>> conditional_loss(torch.tensor([[0.0], [3.0]]), torch.ones(2, 1)).item()
    2.5
    """
    if answer.shape != wanted.shape:
        raise ShapeError(
            f"The answer {list(answer.shape)} and what is wanted {list(wanted.shape)} must have "
            "one shape."
        )
    kind = torch.promote_types(wanted.dtype, torch.float32)
    square = (answer.to(kind) - wanted.to(kind)).square()
    return (square if weights is None else beside(weights, square) * square).mean()


def signal_share(t: Tensor) -> Tensor:
    """The abar of a diffusion with the same signal-to-noise ratio: (1-t)^2 / ((1-t)^2 + t^2).

    A straight line is a diffusion's path in other units: x_t divided by :func:`size` is
    sqrt(abar) x_0 + sqrt(1 - abar) eps. So a flow's times, as shares, are a schedule for
    ``losses.diffusion``, and a denoiser of the one serves the other.

    >>> signal_share(torch.tensor([0.0, 0.5, 1.0]))
    tensor([1.0000, 0.5000, 0.0000])
    """
    return (1 - t) ** 2 / ((1 - t) ** 2 + t**2)


def size(t: Tensor) -> Tensor:
    """sqrt((1 - t)^2 + t^2): the spread of x_t for data of spread 1.

    >>> size(torch.tensor([0.0, 0.5])).numpy().round(4)
    array([1.    , 0.7071], dtype=float32)
    """
    return ((1 - t) ** 2 + t**2).sqrt()


def flow_time(abar: Tensor) -> Tensor:
    """The time t whose share of signal is abar: the inverse of :func:`signal_share`.

    >>> flow_time(torch.tensor([1.0, 0.5, 0.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    signal, noise = abar.sqrt(), (1 - abar).sqrt()
    return noise / (signal + noise)
