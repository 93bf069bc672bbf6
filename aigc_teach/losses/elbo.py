"""The two terms of the evidence lower bound, each *summed* over an item's dimensions.

    log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z))        Kingma & Welling 2014, eq. 3

Legend: N batch, L latent dimensions, `...` the axes of one item. Every function returns
one value for each item, ``[N]``; the mean over the batch is taken last. Summing one term
and averaging the other silently changes the balance between them.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from ..core import RangeError, ShapeError, check_values


def bernoulli_nll(logits: Tensor, target: Tensor) -> Tensor:
    """Minus the log-likelihood of a Bernoulli decoder, in nats for each item.

    Parameters
    ----------
    logits : Tensor
        Log-odds of a bright pixel, ``[N, ...]``.
    target : Tensor
        Brightness in [0, 1], same shape.

    Returns
    -------
    Tensor
        ``[N]``, summed over all other axes. Kingma & Welling 2014, appendix C.1, eq. 11.

    >>> import torch
    >>> bernoulli_nll(torch.zeros(1, 4), torch.ones(1, 4))  # 4 ln 2
    tensor([2.7726])
    """
    _check_same_shape(logits, target)
    if target.device.type == "cpu":  # elsewhere a look would make the CPU wait each step
        check_values("The targets of a Bernoulli likelihood", target, low=0.0, high=1.0)
    nll = F.binary_cross_entropy_with_logits(logits, target, reduction="none")  # [N, ...]
    return nll.flatten(1).sum(1)  # [N]


def gaussian_nll(mean: Tensor, target: Tensor, sigma: float = 1.0) -> Tensor:
    """Minus the log-likelihood of a Gaussian decoder with a fixed spread, in nats.

    ``sum((target - mean)^2) / (2 sigma^2) + D log(sigma sqrt(2 pi))``: squared error, with
    the weight against the KL that the squared error alone leaves unsaid.

    Parameters
    ----------
    mean, target : Tensor
        ``[N, ...]``.
    sigma : float
        Standard deviation of one dimension; greater than 0.

    Returns
    -------
    Tensor
        ``[N]``.

    >>> import torch
    >>> gaussian_nll(torch.zeros(1, 2), torch.zeros(1, 2))  # log(2 pi)
    tensor([1.8379])
    """
    _check_same_shape(mean, target)
    if not sigma > 0:
        raise RangeError(f"sigma={sigma} is not allowed; a standard deviation is greater than 0.")
    squared = ((target - mean) ** 2).flatten(1)  # [N, D]
    constant = squared.shape[1] * math.log(sigma * math.sqrt(2 * math.pi))
    return squared.sum(1) / (2 * sigma**2) + constant  # [N]


def kl_to_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL( N(mu, diag(exp(logvar))) || N(0, I) ), in nats for each item.

    ``1/2 sum_j (mu_j^2 + sigma_j^2 - 1 - log sigma_j^2)``; Kingma & Welling 2014, appendix B
    (printed there with the opposite sign, as minus the KL).

    Parameters
    ----------
    mu, logvar : Tensor
        ``[N, L]``.

    Returns
    -------
    Tensor
        ``[N]``; never negative, 0 only where mu = 0 and sigma = 1.

    >>> import torch
    >>> kl_to_standard_normal(torch.tensor([[0.7]]), torch.tensor([[0.6]]).square().log())
    tensor([0.4358])
    """
    return kl_of_each_latent(mu, logvar).sum(1)  # [N]


def kl_of_each_latent(mu: Tensor, logvar: Tensor) -> Tensor:
    """The same before the sum over the latents: ``[N, L]``, each at least 0.

    >>> import torch
    >>> kl_of_each_latent(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
    tensor([[0., 2.]])
    """
    _check_same_shape(mu, logvar)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)  # [N, L]


def _check_same_shape(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape or a.ndim < 2:
        raise ShapeError(
            "Both tensors must have the same shape [N, ...] with at least 2 axes; "
            f"you gave {list(a.shape)} and {list(b.shape)}."
        )
