"""Drawing from a Gaussian so that gradients pass through the draw."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core import drawn_on


def standard_normal(*shape: int, like: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Standard normal numbers in float32 on the device of `like`.

    A generator on another device is allowed; see `core.drawn_on`.

    >>> standard_normal(2, 3, like=torch.zeros(1)).shape
    torch.Size([2, 3])
    """
    noise = torch.randn(*shape, device=drawn_on(like.device, generator), generator=generator)
    return noise.to(like.device)


def reparameterise(
    mu: Tensor, logvar: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """Draw z ~ N(mu, exp(logvar)) as z = mu + sigma * eps, eps ~ N(0, I).

    The randomness sits in eps, which no parameter touches, so the gradient flows through
    mu and sigma. Kingma & Welling 2014, section 2.4.

    Parameters
    ----------
    mu, logvar : Tensor
        Mean and logarithm of the variance, both ``[N, L]``.
    generator : torch.Generator, optional

    Returns
    -------
    Tensor
        ``[N, L]``.

    >>> reparameterise(torch.ones(1, 2), torch.full((1, 2), -90.0))  # no variance: the mean
    tensor([[1., 1.]])
    """
    eps = standard_normal(*mu.shape, like=mu, generator=generator)  # [N, L]
    return mu + torch.exp(0.5 * logvar) * eps  # [N, L]
