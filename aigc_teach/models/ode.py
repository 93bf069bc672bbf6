"""Follow a velocity field: solvers that know a field and a list of times, no net.

A field is any function ``field(x, t) -> velocity`` of ``x [N, ...]`` and one time t (a float). A
solver goes through a list of times, in either direction, and yields x after each step; the last is
the end. What it costs is how often it asks the field: :func:`evaluations`.

Legend: h the step from t to s (negative where time runs down), T steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_choice, check_count

Field = Callable[[Tensor, float], Tensor]

KINDS = ("euler", "midpoint", "heun")


def even_steps(steps: int, start: float = 1.0, end: float = 0.0) -> list[float]:
    """`steps` + 1 times from `start` to `end`, evenly spaced; from noise to data if left out.

    Parameters
    ----------
    steps : int
        At least 1.
    start, end : float

    Raises
    ------
    RangeError, DtypeError

    >>> even_steps(4)
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """
    check_count("steps", steps)
    return [start + (end - start) * k / steps for k in range(steps + 1)]


def euler(field: Field, x: Tensor, times: Sequence[float]) -> Iterator[Tensor]:
    """Go straight on with the velocity at the beginning of the step: order 1.

    Hairer, Norsett & Wanner 1993, section I.7.

    Parameters
    ----------
    field : callable
        ``(x, t) -> velocity``.
    x : Tensor
        ``[N, ...]``.
    times : sequence of float
        Two or more, rising or falling.

    Yields
    ------
    Tensor
        x ``[N, ...]``, once a step.
    """
    for t, s in _steps(times):
        x = x + (s - t) * field(x, t)
        yield x


def midpoint(field: Field, x: Tensor, times: Sequence[float]) -> Iterator[Tensor]:
    """Try half a step, and take the whole one with the velocity found there: order 2.

    Runge 1895; Hairer, Norsett & Wanner 1993, section II.1. Arguments as in :func:`euler`.
    """
    for t, s in _steps(times):
        h = s - t
        half = x + h / 2 * field(x, t)
        x = x + h * field(half, t + h / 2)
        yield x


def heun(
    field: Field, x: Tensor, times: Sequence[float], *, correct_last: bool = True
) -> Iterator[Tensor]:
    """Try the whole step, and take it with the mean of both ends' velocities: order 2.

    Heun 1900; Hairer, Norsett & Wanner 1993, section II.1.

    Parameters
    ----------
    field, x, times
        As in :func:`euler`.
    correct_last : bool
        False leaves the last step to Euler, as Karras et al. 2022, algorithm 1, do: at the data a
        velocity says nothing of the noise that a coarse step has left.

    Yields
    ------
    Tensor
        x ``[N, ...]``, once a step.
    """
    pairs = _steps(times)
    for k, (t, s) in enumerate(pairs):
        h = s - t
        v = field(x, t)
        if correct_last or k + 1 < len(pairs):
            v = (v + field(x + h * v, s)) / 2
        x = x + h * v
        yield x


SOLVERS = dict(zip(KINDS, (euler, midpoint, heun), strict=True))
"""The solvers by name, all with the same call."""


def evaluations(kind: str, steps: int) -> int:
    """How often a solver asks its field.

    >>> evaluations("euler", 8), evaluations("midpoint", 8), evaluations("heun", 8)
    (8, 16, 16)
    """
    check_choice("solver", kind, KINDS)
    return check_count("steps", steps) * (1 if kind == "euler" else 2)


def solve(field: Field, x: Tensor, times: Sequence[float], solver: str = "heun") -> Tensor:
    """Where x ``[N, ...]`` ends.

    >>> x = torch.ones(1, dtype=torch.float64)
    >>> solve(lambda x, t: x, x, even_steps(100, 0, 1)).numpy().round(3)  # e
    array([2.718])
    """
    check_choice("solver", solver, KINDS)
    *_, end = SOLVERS[solver](field, x, times)
    return end


def film(field: Field, x: Tensor, times: Sequence[float], solver: str = "heun") -> Tensor:
    """The start x ``[N, ...]`` and x after each step: ``[T + 1, N, ...]``, without gradients.

    >>> film(lambda x, t: -x, torch.ones(1, 1), [0.0, 0.5, 1.0], "euler").flatten()
    tensor([1.0000, 0.5000, 0.2500])
    """
    check_choice("solver", solver, KINDS)
    with torch.no_grad():
        return torch.stack([x, *SOLVERS[solver](field, x, times)])


def straightness(frames: Sequence[Tensor] | Tensor, times: Sequence[float]) -> Tensor:
    """How far a flow's velocity strays from its average: 0 for straight lines at even speed.

    The mean over time of the squared distance between the average velocity of an item's path and
    the velocity on the way: S of Liu et al. 2023, by differences of the frames.

    Parameters
    ----------
    frames : Tensor or sequence of Tensor
        ``[T + 1, N, ...]``: the start, and x after each step, such as :func:`film`.
    times : sequence of float
        T + 1, the first step to the last.

    Returns
    -------
    Tensor
        ``[N]``: one squared velocity an item, summed over its numbers.

    >>> line = [torch.tensor([[0.0]]), torch.tensor([[1.0]]), torch.tensor([[2.0]])]
    >>> straightness(line, [0.0, 0.5, 1.0]), straightness(line, [0.0, 0.2, 1.0])
    (tensor([0.]), tensor([2.2500]))
    """
    if len(frames) != len(times) or len(frames) < 2:
        raise ShapeError(
            f"There are {len(frames)} frames and {len(times)} times; give as many of each, 2 at "
            "least."
        )
    whole = times[-1] - times[0]
    average = (frames[-1] - frames[0]) / whole  # [N, ...]
    off = torch.zeros(len(frames[0]), device=frames[0].device)
    pairs = zip(pairwise(frames), _steps(times), strict=True)
    for (x, y), (t, s) in pairs:
        stray = ((y - x) / (s - t) - average).flatten(1).square().sum(1)  # [N]
        off = off + (s - t) / whole * stray
    return off


def divergence(field: Field, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """The field at x, and its divergence, the trace of the matrix of its derivatives.

    Exact: one backward pass for each of an item's D numbers, which suits points and not pictures.
    The field must treat each item by itself.

    Parameters
    ----------
    field : callable
    x : Tensor
        ``[N, D]``.
    t : float

    Returns
    -------
    tuple of Tensor
        ``[N, D]`` and ``[N]``.

    >>> divergence(lambda x, t: x**2, torch.tensor([[1.0, 3.0]]), 0.0)[1]
    tensor([8.])
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        v = field(x, t)
        trace = torch.zeros(len(x), dtype=x.dtype, device=x.device)
        for d in range(x.shape[1]):
            if not v.requires_grad:  # a field that does not depend on x
                break
            (slope,) = torch.autograd.grad(v[:, d].sum(), x, retain_graph=True, allow_unused=True)
            trace = trace if slope is None else trace + slope[:, d]
    return v.detach(), trace.detach()


def log_density(
    field: Field,
    x: Tensor,
    log_start: Callable[[Tensor], Tensor],
    times: Sequence[float] | None = None,
    *,
    solver: str = "heun",
) -> Tensor:
    """The log-density of x under the flow, by the instantaneous change of variables.

    Along a path ``d log p / d t = -divergence`` (Chen et al. 2018, theorem 1). So x is carried
    back to the start, where the density is known, and the divergence is added up on the way.

    Parameters
    ----------
    field : callable
    x : Tensor
        ``[N, D]``.
    log_start : callable
        The log-density ``[N]`` of points ``[N, D]`` where the flow starts, at ``times[-1]``.
    times : sequence of float, optional
        From x's time to the start's; 100 even steps from 0 to 1 if left out.
    solver : {"euler", "midpoint", "heun"}

    Returns
    -------
    Tensor
        ``[N]``, in nats.

    >>> def log_normal(z):
    ...     return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    >>> wider = log_density(lambda x, t: -x, torch.zeros(1, 2), log_normal)  # x = e z
    >>> (log_normal(torch.zeros(1, 2)) - wider).numpy().round(3)  # 2 log e
    array([2.], dtype=float32)
    """
    if x.ndim != 2:
        raise ShapeError(f"Points must be [N, D]; yours are {list(x.shape)}.")

    def both(state: Tensor, t: float) -> Tensor:  # [N, D + 1]
        v, trace = divergence(field, state[:, :-1], t)
        return torch.cat([v, trace[:, None]], dim=1)

    state = torch.cat([x, x.new_zeros(len(x), 1)], dim=1)
    end = solve(both, state, even_steps(100, 0.0, 1.0) if times is None else times, solver)
    return log_start(end[:, :-1]) + end[:, -1]


def _steps(times: Sequence[float]) -> list[tuple[float, float]]:
    """Pairs (t, s), or a sentence where the times go nowhere or turn round."""
    times = [float(t) for t in times]
    pairs = list(pairwise(times))
    up = bool(pairs) and pairs[0][0] < pairs[0][1]
    if not pairs or any((s > t) != up or s == t for t, s in pairs):
        raise RangeError(
            f"times={times} must be two or more, all rising or all falling, such as "
            "even_steps(10); with no step nothing moves."
        )
    return pairs
