"""Estimates of the evidence lower bound and of its gradient, from draws of z.

    w_k = p(x, z_k) / q(z_k | x)                         an importance weight
    E[log w]                  <= log p(x)                the bound, Kingma & Welling 2014, eq. 3
    E[log (1/K) sum_k w_k]    <= log p(x)                tighter, Burda et al. 2016, section 3

Legend: K draws for each item, N batch, L latent dimensions. q is a Gaussian with independent
coordinates, mean `mu` and variance `exp(logvar)`, both ``[N, L]``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..core import ShapeError


def gaussian_log_prob(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The log density of N(mu, diag(exp(logvar))) at z, in nats, summed over the last axis.

    Parameters
    ----------
    z : Tensor
        ``[..., L]``.
    mu, logvar : Tensor
        Shapes that broadcast against `z`.

    Returns
    -------
    Tensor
        ``[...]``.

    >>> gaussian_log_prob(torch.zeros(2), torch.zeros(2), torch.zeros(2))  # -log(2 pi)
    tensor(-1.8379)
    """
    squared = (z - mu) ** 2 * (-logvar).exp()
    return -0.5 * (squared + logvar + math.log(2 * math.pi)).sum(-1)


def draw(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """K draws of each item, mu + sigma eps: ``[N, L]`` twice, ``[K, N, L]`` -> ``[K, N, L]``.

    >>> draw(torch.ones(1, 2), torch.zeros(1, 2), torch.zeros(3, 1, 2)).shape
    torch.Size([3, 1, 2])
    """
    _check_noise(mu, logvar, eps)
    return mu + (0.5 * logvar).exp() * eps


def elbo_estimate(log_weights: Tensor) -> tuple[Tensor, Tensor]:
    """The bound estimated by K draws, and the standard error of that estimate.

    Parameters
    ----------
    log_weights : Tensor
        ``log p(x, z) - log q(z|x)``, ``[K, N]``; K at least 2.

    Returns
    -------
    estimate, error : Tensor
        ``[N]`` each. The error is the draws' spread (with K - 1) divided by sqrt(K).

    Raises
    ------
    ShapeError
        Where there are not two axes or fewer than two draws.

    >>> elbo_estimate(torch.tensor([[-3.0], [-1.0]]))
    (tensor([-2.]), tensor([1.]))
    """
    count = _check_weights(log_weights, at_least=2)
    return log_weights.mean(0), log_weights.std(0) / math.sqrt(count)


def importance_weighted_bound(log_weights: Tensor) -> Tensor:
    """The log of the mean of K weights, computed without leaving the logarithm.

    Its expectation is a lower bound of log p(x), equal to the ordinary bound for K = 1, never
    decreasing in K, and tending to log p(x) where the weights are bounded.

    Parameters
    ----------
    log_weights : Tensor
        ``[K, N]``; K at least 1.

    Returns
    -------
    Tensor
        ``[N]``. Burda, Grosse & Salakhutdinov 2016, section 3 and theorem 1.

    >>> importance_weighted_bound(torch.tensor([[1.0, 3.0, 5.0]]).log().T).exp()
    tensor([3.])
    """
    count = _check_weights(log_weights, at_least=1)
    return torch.logsumexp(log_weights, dim=0) - math.log(count)


def reparameterised_gradient(
    log_joint: Callable[[Tensor], Tensor], mu: Tensor, logvar: Tensor, eps: Tensor
) -> tuple[Tensor, Tensor]:
    """The bound's gradient along z = mu + sigma eps, one estimate for each draw.

    Parameters
    ----------
    log_joint : callable
        z ``[K, N, L]`` -> log p(x, z) ``[K, N]``, differentiable in z.
    mu, logvar : Tensor
        ``[N, L]``.
    eps : Tensor
        Standard normal noise ``[K, N, L]``.

    Returns
    -------
    by_mu, by_logvar : Tensor
        ``[K, N, L]`` each; the mean over K estimates the gradient without bias.
        Kingma & Welling 2014, section 2.4.

    >>> mu, logvar = torch.ones(1, 1), torch.zeros(1, 1)
    >>> by_mu, _ = reparameterised_gradient(lambda z: -z.sum(-1), mu, logvar, torch.zeros(2, 1, 1))
    >>> by_mu.flatten().tolist()
    [-1.0, -1.0]
    """
    _check_noise(mu, logvar, eps)
    mu, logvar = (t.detach().expand(eps.shape).clone().requires_grad_() for t in (mu, logvar))
    z = mu + (0.5 * logvar).exp() * eps  # [K, N, L]: a copy of mu and logvar for each draw
    value = log_joint(z) - gaussian_log_prob(z, mu, logvar)  # [K, N]
    by_mu, by_logvar = torch.autograd.grad(value.sum(), (mu, logvar))
    return by_mu, by_logvar


def score_function_gradient(
    log_joint: Callable[[Tensor], Tensor],
    mu: Tensor,
    logvar: Tensor,
    eps: Tensor,
    *,
    baseline: float | Tensor = 0.0,
) -> tuple[Tensor, Tensor]:
    """The bound's gradient as (log w - baseline) times the score, one estimate for each draw.

    The score is the gradient of log q(z); `log_joint` need not be differentiable. A baseline
    that does not depend on the draw it is subtracted from changes no expectation, because
    the score has mean 0.

    Parameters
    ----------
    log_joint : callable
        z ``[K, N, L]`` -> log p(x, z) ``[K, N]``.
    mu, logvar : Tensor
        ``[N, L]``.
    eps : Tensor
        Standard normal noise ``[K, N, L]``.
    baseline : float or Tensor
        A number or ``[K, N]``, for example :func:`leave_one_out`.

    Returns
    -------
    by_mu, by_logvar : Tensor
        ``[K, N, L]`` each. Williams 1992.

    >>> mu, logvar = torch.zeros(1, 1), torch.zeros(1, 1)
    >>> by_mu, _ = score_function_gradient(lambda z: z.sum(-1), mu, logvar, torch.ones(1, 1, 1))
    >>> round(by_mu.item(), 4)  # (1 + log sqrt(2 pi) + 1/2) times the score 1
    2.4189
    """
    with torch.no_grad():
        z = draw(mu, logvar, eps)  # [K, N, L]
        value = log_joint(z) - gaussian_log_prob(z, mu, logvar)  # [K, N]
        weight = (value - baseline).unsqueeze(-1)  # [K, N, 1]
        return weight * eps * (-0.5 * logvar).exp(), weight * 0.5 * (eps**2 - 1)


def leave_one_out(values: Tensor) -> Tensor:
    """For each draw the mean of the *other* draws: a baseline that keeps the gradient unbiased.

    Parameters
    ----------
    values : Tensor
        ``[K, N]``; K at least 2.

    Returns
    -------
    Tensor
        ``[K, N]``.

    >>> leave_one_out(torch.tensor([[1.0], [2.0], [6.0]])).flatten().tolist()
    [4.0, 3.5, 1.5]
    """
    count = _check_weights(values, at_least=2)
    return (values.sum(0) - values) / (count - 1)


def _check_weights(values: Tensor, *, at_least: int) -> int:
    if values.ndim != 2 or len(values) < at_least:
        raise ShapeError(
            f"One number for each draw and item is needed, [K, N] with K at least {at_least}; "
            f"yours have shape {list(values.shape)}."
        )
    return len(values)


def _check_noise(mu: Tensor, logvar: Tensor, eps: Tensor) -> None:
    if mu.ndim != 2 or mu.shape != logvar.shape or eps.ndim != 3 or eps.shape[1:] != mu.shape:
        raise ShapeError(
            "mu and logvar must be [N, L] and the noise [K, N, L]; yours are "
            f"{list(mu.shape)}, {list(logvar.shape)} and {list(eps.shape)}."
        )
