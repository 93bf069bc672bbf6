"""Penalties that keep a critic's slope in bounds, so that its opinion stays worth following.

    gradient penalty   E (|grad t(x~)| - 1)^2     on the way from real to generated data
    R1                 E |grad t(x)|^2             on real data

Gulrajani et al. 2017 (arXiv:1704.00028, eq. 3) and Mescheder et al. 2018 (arXiv:1801.04406,
eq. 9). Both are returned without their weight (10 in the one paper, gamma / 2 in the other).

Legend: N batch, t = critic's logit, its gradient taken with respect to the data.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..core import ShapeError, drawn_on

Critic = Callable[[Tensor], Tensor]


def gradient_penalty(
    critic: Critic, real: Tensor, fake: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """How far the critic's slope is from 1 between real and generated data.

    Parameters
    ----------
    critic : callable
        ``[N, ...] -> [N]`` or ``[N, 1]``. Each logit must depend on its own item alone: no
        batch normalisation.
    real, fake : Tensor
        Data of one shape ``[N, ...]``; pair i is joined by a straight line, and one place is
        drawn on it.
    generator : torch.Generator, optional
        Draws the places.

    Returns
    -------
    Tensor
        A scalar, at least 0, that can be differentiated again; 0 for a critic of slope 1.

    Raises
    ------
    ShapeError
        Where the shapes differ, or the critic does not give one logit for each item.

    Examples
    --------
    >>> x = torch.randn(8, 2)
    >>> gradient_penalty(lambda x: 3 * x[:, 0], x, x + 1).item()  # (3 - 1)^2
    4.0
    """
    if real.shape != fake.shape or real.ndim < 2:
        raise ShapeError(
            "Real and generated data must have one shape [N, ...]; yours have "
            f"{list(real.shape)} and {list(fake.shape)}."
        )
    place = drawn_on(real.device, generator)
    share = torch.rand(len(real), generator=generator, device=place, dtype=real.dtype).to(real)
    share = share.view(-1, *[1] * (real.ndim - 1))  # [N, 1, ...]
    between = fake.detach() + share * (real.detach() - fake.detach())  # [N, ...]
    return ((slopes(critic, between) - 1) ** 2).mean()


def r1_penalty(critic: Critic, real: Tensor) -> Tensor:
    """Mean squared slope of the critic at real data: 0 where it is flat there.

    Parameters
    ----------
    critic : callable
        ``[N, ...] -> [N]`` or ``[N, 1]``.
    real : Tensor
        ``[N, ...]``.

    Returns
    -------
    Tensor
        A scalar, at least 0, that can be differentiated again.

    Examples
    --------
    >>> r1_penalty(lambda x: 3 * x[:, 0] + 4 * x[:, 1], torch.randn(8, 2)).item()
    25.0
    """
    return (slopes(critic, real.detach()) ** 2).mean()


def slopes(critic: Critic, x: Tensor) -> Tensor:
    """The length of the logit's gradient at each item: ``[N]``.

    >>> slopes(lambda x: x.square().sum(1), torch.tensor([[3.0, 4.0]])).tolist()  # 2 |x|
    [10.0]
    """
    x = x.detach().clone().requires_grad_()
    with torch.enable_grad():  # a slope is needed also where no training goes on
        logits = critic(x)  # [N]
        if logits.ndim == 0 or logits.numel() != len(x):
            raise ShapeError(
                f"The critic must give one logit for each of {len(x)} items; it gave "
                f"{list(logits.shape)}."
            )
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)  # [N, ...]
    return gradient.flatten(1).norm(dim=1)
