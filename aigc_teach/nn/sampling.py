"""How the next token is drawn: pure functions of the logits, to be chained.

Each takes logits ``[..., V]`` and gives logits ``[..., V]``; minus infinity is a token that
cannot come. `draw` ends the chain: ``draw(top_k(temperature(logits, 0.8), 40))``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_count, check_number, drawn_on


def temperature(logits: Tensor, t: float = 1.0) -> Tensor:
    """Logits over t: below 1 likely tokens become likelier, above 1 all become more alike.

    Parameters
    ----------
    logits : Tensor
        ``[..., V]``.
    t : float
        At least 0. 0 is the limit: only the likeliest token is left (of equals the first).

    Returns
    -------
    Tensor
        ``[..., V]``.

    >>> temperature(torch.tensor([1.0, 2.0]), 0.5), temperature(torch.tensor([1.0, 2.0]), 0)
    (tensor([2., 4.]), tensor([-inf, 0.]))
    """
    _check(logits)
    if check_number("temperature", t) == 0:
        best = logits.argmax(dim=-1, keepdim=True)  # [..., 1]
        return torch.full_like(logits, -math.inf).scatter(-1, best, 0.0)
    return logits / t


def top_k(logits: Tensor, k: int) -> Tensor:
    """Only the k likeliest tokens; all of them where k is larger than the vocabulary.

    Fan, Lewis & Dauphin 2018. Of equal logits at the edge the first ones stay.

    Parameters
    ----------
    logits : Tensor
        ``[..., V]``.
    k : int
        At least 1.

    Returns
    -------
    Tensor
        ``[..., V]``, minus infinity for the others.

    >>> top_k(torch.tensor([1.0, 3.0, 2.0]), 2)
    tensor([-inf, 3., 2.])
    """
    _check(logits)
    ranks = _ranks(logits)  # [..., V]
    return logits.masked_fill(ranks >= check_count("k", k), -math.inf)


def nucleus(logits: Tensor, p: float) -> Tensor:
    """Only the smallest set of likeliest tokens whose probabilities reach p (top-p).

    Holtzman et al. 2020, section 3.1. The likeliest token always stays.

    Parameters
    ----------
    logits : Tensor
        ``[..., V]``.
    p : float
        Above 0, at most 1; 1 keeps everything.

    Returns
    -------
    Tensor
        ``[..., V]``, minus infinity for the others.

    >>> nucleus(torch.tensor([0.5, 0.3, 0.2]).log(), 0.6).exp()
    tensor([0.5000, 0.3000, 0.0000])
    """
    _check(logits)
    if check_number("p", p, above=True) > 1:
        raise RangeError(f"p={p} is too large; a probability is at most 1.")
    if p == 1:
        return logits
    probabilities, order = logits.softmax(-1).sort(dim=-1, descending=True, stable=True)
    before = probabilities.cumsum(-1) - probabilities  # [..., V]: of the likelier ones
    out = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(out, -math.inf)


def draw(logits: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """One token for each row, with the probabilities softmax(logits).

    By the Gumbel-max trick: the largest of logit + noise. A row with one token left needs no
    luck. A generator on another device is allowed; see `core.drawn_on`.

    Parameters
    ----------
    logits : Tensor
        ``[..., V]``; not all of a row minus infinity.
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        int64 ``[...]``.

    >>> draw(torch.tensor([[0.0, -torch.inf], [-torch.inf, 0.0]]))
    tensor([0, 1])
    """
    _check(logits)
    return (logits.float() + gumbel(logits, generator=generator)).argmax(dim=-1)


def gumbel(logits: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Gumbel noise in the shape of `logits`: where logit + noise is largest is a draw.

    >>> gumbel(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    uniform = torch.rand(
        logits.shape, device=drawn_on(logits.device, generator), generator=generator
    ).to(logits.device)
    smallest = torch.finfo(torch.float32).tiny
    return -(-uniform.clamp_min(smallest).log()).clamp_min(smallest).log()


def _ranks(logits: Tensor) -> Tensor:
    """0 for the largest of a row, 1 for the next, ...; of equals the first comes first."""
    order = logits.argsort(dim=-1, descending=True, stable=True)  # [..., V]
    numbers = torch.arange(logits.shape[-1], device=logits.device).expand_as(order)
    return torch.empty_like(order).scatter(-1, order, numbers)


def _check(logits: Tensor) -> None:
    if not isinstance(logits, Tensor) or not logits.dtype.is_floating_point or logits.ndim < 1:
        raise ShapeError("Logits must be a floating-point tensor [..., V] with V tokens.")
    if not logits.shape[-1]:
        raise ShapeError(f"There is no token to draw: the logits are {[*logits.shape]}.")
