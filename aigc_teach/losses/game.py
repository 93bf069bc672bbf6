"""The adversarial game on a grid, where its best critic and its value are known exactly.

Legend: p = density of the real data, q = density of the generated data, both on the same grid
of spacing dx; D = the critic's probability of "real"; t = its logit, D = sigmoid(t).

    V(D, G) = E_p[log D(x)] + E_q[log (1 - D(x))]        Goodfellow et al. 2014, eq. 1
    D*(x)   = p(x) / (p(x) + q(x))                       proposition 1; t* = log p - log q
    V(D*)   = 2 JS(p, q) - 2 ln 2                        theorem 1

The last part is the smallest game that has no minimum to roll down to: V(x, y) = x y, where x
wants it small and y wants it large.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..core.errors import DtypeError, RangeError, ShapeError, check_choice, check_count
from .gan import critic_loss

GENERATOR_KINDS = ("non_saturating", "saturating")

Step = Callable[[Tensor, float], Tensor]


def value(p: Tensor, q: Tensor, d: Tensor, dx: float = 1.0) -> Tensor:
    """The value function of a critic given as probabilities on a grid.

    Parameters
    ----------
    p, q : Tensor
        Densities of real and generated data, ``[K]``, not negative.
    d : Tensor
        The critic's probability of "real" at the same places, ``[K]`` in [0, 1].
    dx : float
        Spacing of the grid; 1 where p and q are probabilities of K cases.

    Returns
    -------
    Tensor
        A scalar, at most 0. Minus infinity if the critic is certain and can be wrong.

    Raises
    ------
    DtypeError, ShapeError, RangeError

    >>> p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.1, 0.9])
    >>> f"{value(p, q, torch.full((2,), 0.5)).item():.4f}"  # -2 ln 2
    '-1.3863'
    """
    _check_densities(p, q)
    _check_like("d", d, p)
    if ((d < 0) | (d > 1)).any():
        raise RangeError("d must lie in [0, 1]: it is a probability. (A logit? Use sigmoid.)")
    # xlogy(0, 0) = 0: where no data can be, the critic may say what it likes
    return (torch.xlogy(p, d) + torch.special.xlog1py(q, -d)).sum() * dx


def sampled_value(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The value function estimated from the critic's logits for samples of both kinds.

    It is minus :func:`aigc_teach.losses.gan.critic_loss`.

    >>> f"{sampled_value(torch.zeros(3), torch.zeros(5)).item():.4f}"
    '-1.3863'
    """
    return -critic_loss(real_logits, fake_logits)


def optimal_critic(p: Tensor, q: Tensor) -> Tensor:
    """The critic that makes the value largest: ``p / (p + q)``, ``[K]``.

    Where both densities are zero any answer is as good; 1/2 is given.
    Goodfellow et al. 2014, proposition 1.

    >>> optimal_critic(torch.tensor([0.2, 0.3, 0.0]), torch.tensor([0.2, 0.1, 0.0])).tolist()
    [0.5, 0.75, 0.5]
    """
    _check_densities(p, q)
    nowhere = p + q == 0
    half = torch.full_like(p, 0.5)
    return torch.where(nowhere, half, p / torch.where(nowhere, torch.ones_like(p), p + q))


def optimal_logit(log_p: Tensor, log_q: Tensor) -> Tensor:
    """The same critic as a logit: ``log p - log q``, which no underflow of p or q can spoil.

    >>> optimal_logit(torch.tensor([-800.0]), torch.tensor([-900.0])).tolist()
    [100.0]
    """
    _check_like("log_q", log_q, log_p)
    return log_p - log_q


def best_value(p: Tensor, q: Tensor, dx: float = 1.0) -> Tensor:
    """The value of the best critic, which is ``2 JS(p, q) - 2 ln 2`` (theorem 1).

    >>> half = torch.tensor([0.5, 0.5])
    >>> f"{best_value(half, half).item():.4f}"
    '-1.3863'
    """
    _check_densities(p, q)
    total = torch.where(p + q == 0, 1.0, p + q)
    # not by way of 1 - D, which rounds to 0 where q is small and not zero
    return (torch.xlogy(p, p / total) + torch.xlogy(q, q / total)).sum() * dx


def generator_slope(logits: Tensor, kind: str = "non_saturating") -> Tensor:
    """Derivative of one sample's generator loss with respect to the critic's logit.

    Parameters
    ----------
    logits : Tensor
        t, of any shape.
    kind : {"non_saturating", "saturating"}
        ``-log D`` has the slope ``D - 1``; ``log (1 - D)`` has the slope ``-D``.

    Returns
    -------
    Tensor
        Negative everywhere: both losses want the logit larger.

    >>> generator_slope(torch.tensor([0.0]), "saturating").tolist()
    [-0.5]
    """
    check_choice("kind", kind, GENERATOR_KINDS)
    return -torch.sigmoid(logits) if kind == "saturating" else -torch.sigmoid(-logits)


def energy_distance(x: Tensor, y: Tensor) -> Tensor:
    """An unbiased estimate of how far two sets of points are from one distribution.

    ``2 E|x - y| - E|x - x'| - E|y - y'|`` over pairs of different points; 0 on average where
    both sets have the same distribution (so a single estimate may be negative), positive
    otherwise. Szekely & Rizzo 2013; it is twice a squared MMD with the kernel -|x - y|/2.

    Parameters
    ----------
    x, y : Tensor
        ``[N, D]`` and ``[M, D]``, at least two points each.

    Returns
    -------
    Tensor
        A scalar, in the data's unit of length.

    >>> two = torch.tensor([[0.0], [1.0]])
    >>> energy_distance(two, two + 10).item()  # 2 * 10 - 1 - 1
    18.0
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ShapeError(
            "Both sets must be [N, D] with the same D; "
            f"yours are {list(x.shape)} and {list(y.shape)}."
        )
    n, m = check_count("N", len(x), at_least=2), check_count("M", len(y), at_least=2)
    within_x = _distances(x, x).sum() / (n * (n - 1))
    within_y = _distances(y, y).sum() / (m * (m - 1))
    return 2 * _distances(x, y).mean() - within_x - within_y


# --- the bilinear game V(x, y) = x y: x goes down the slope, y goes up ---------------------------


def simultaneous(at: Tensor, eta: float) -> Tensor:
    """Both players step from the same place: ``[x - eta y, y + eta x]``.

    The distance from the solution (0, 0) grows by sqrt(1 + eta^2) at every step.

    >>> simultaneous(torch.tensor([1.0, 0.0]), 0.5).tolist()
    [1.0, 0.5]
    """
    x, y = _pair(at)
    return torch.stack([x - eta * y, y + eta * x])


def alternating(at: Tensor, eta: float) -> Tensor:
    """Let x step first, and y see where it went. ``x^2 + y^2 - eta x y`` never changes.

    >>> alternating(torch.tensor([0.0, 1.0]), 0.5).tolist()
    [-0.5, 0.75]
    """
    x, y = _pair(at)
    x = x - eta * y
    return torch.stack([x, y + eta * x])


def extragradient(at: Tensor, eta: float) -> Tensor:
    """Look one step ahead, then step from here with the slope found there.

    The distance shrinks by sqrt(1 - eta^2 + eta^4) at every step, eta < 1.

    >>> extragradient(torch.tensor([1.0, 0.0]), 0.5).tolist()
    [0.75, 0.5]
    """
    x, y = _pair(at)
    ahead_x, ahead_y = x - eta * y, y + eta * x
    return torch.stack([x - eta * ahead_y, y + eta * ahead_x])


def play(step: Step, start: Tensor, *, eta: float, steps: int) -> Tensor:
    """The path of a game: ``[steps + 1, 2]``, the start included.

    >>> play(alternating, torch.tensor([1.0, 0.0]), eta=0.1, steps=3).shape
    torch.Size([4, 2])
    """
    check_count("steps", steps)
    path = [torch.stack(_pair(start))]
    for _ in range(steps):
        path.append(step(path[-1], eta))
    return torch.stack(path)


def _pair(at: Tensor) -> tuple[Tensor, Tensor]:
    if at.shape != (2,):
        raise ShapeError(f"A place in the game is two numbers, [2]; yours is {list(at.shape)}.")
    return at[0], at[1]


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # not by way of x^2 + y^2 - 2 x y, which loses small distances
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")  # [N, M]


def _check_densities(p: Tensor, q: Tensor) -> None:
    for name, density in {"p": p, "q": q}.items():
        if not isinstance(density, Tensor) or not density.dtype.is_floating_point:
            raise DtypeError(f"{name} must be a floating-point torch.Tensor of densities.")
        if (density < 0).any() or not density.isfinite().all():
            raise RangeError(f"{name} must be finite and not negative: it is a density.")
    _check_like("q", q, p)


def _check_like(name: str, other: Tensor, first: Tensor) -> None:
    if other.shape != first.shape:
        raise ShapeError(
            f"{name} must have one value for each place of the grid, {list(first.shape)}; "
            f"it has shape {list(other.shape)}."
        )
