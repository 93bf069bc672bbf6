"""A latent-variable model in which everything is known: the oracle for every bound.

    z ~ N(0, I),  x | z ~ N(W z + b, sigma^2 I)
    x ~ N(b, W W' + sigma^2 I)                              Tipping & Bishop 1999
    z | x ~ N(M^-1 W' (x - b), sigma^2 M^-1),  M = W'W + sigma^2 I

Legend: N items, K draws, L latent dimensions, D data dimensions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_count
from ..losses.bound import gaussian_log_prob
from ..losses.elbo import kl_to_standard_normal


class Posterior(NamedTuple):
    """p(z|x) of a linear-Gaussian model: the means differ, the covariance is the same for all."""

    mean: Tensor  # [N, L]
    covariance: Tensor  # [L, L]


class Terms(NamedTuple):
    """All that the bound of one item is made of, in nats, ``[N]`` each.

    ``bound = reconstruction - kl = energy + entropy = evidence - gap``
    """

    bound: Tensor
    reconstruction: Tensor  # E_q[log p(x|z)]
    kl: Tensor  # KL(q(z) || p(z))
    energy: Tensor  # E_q[log p(x, z)]
    entropy: Tensor  # E_q[-log q(z)]
    evidence: Tensor  # log p(x)
    gap: Tensor  # KL(q(z) || p(z|x))


class LinearGaussian:
    """z ~ N(0, I), x | z ~ N(W z + b, sigma^2 I), with every quantity in closed form.

    Parameters
    ----------
    weight : Tensor
        W, ``[D, L]``; its precision (float64 for many digits) is that of all results.
    bias : Tensor, optional
        b, ``[D]``; 0 by default.
    sigma : float
        Spread of the noise; greater than 0.

    Raises
    ------
    ShapeError, RangeError
        With a sentence, for a weight without two axes, a bias that does not fit, or a spread
        that is not positive.

    Examples
    --------
    >>> model = LinearGaussian(torch.tensor([[2.0]]), sigma=1.0)
    >>> mean, covariance = model.posterior(torch.tensor([[2.5]]))
    >>> round(mean.item(), 4), round(covariance.item(), 4)
    (1.0, 0.2)
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None, *, sigma: float = 1.0):
        if weight.ndim != 2 or weight.numel() == 0:
            raise ShapeError(f"The weight must be [D, L]; yours is {list(weight.shape)}.")
        bias = torch.zeros(len(weight), dtype=weight.dtype) if bias is None else bias
        if bias.shape != weight.shape[:1]:
            raise ShapeError(
                f"With a weight {list(weight.shape)} the bias must be [{len(weight)}]; "
                f"yours is {list(bias.shape)}."
            )
        if not 0 < sigma < math.inf:
            raise RangeError(f"sigma={sigma} is not allowed; a spread is greater than 0.")
        self.weight, self.bias, self.sigma = weight, bias.to(weight.dtype), float(sigma)
        self.data_size, self.latent_size = weight.shape

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw `n` data points ``[n, D]``: first z, then x given z."""
        check_count("n", n)
        z = torch.randn(n, self.latent_size, generator=generator, dtype=self.weight.dtype)
        noise = torch.randn(n, self.data_size, generator=generator, dtype=self.weight.dtype)
        return z @ self.weight.T + self.bias + self.sigma * noise

    def log_prob(self, x: Tensor) -> Tensor:
        """The evidence log p(x), in nats: ``[N, D]`` -> ``[N]``."""
        noise = self.sigma**2 * torch.eye(self.data_size, dtype=self.weight.dtype)
        covariance = self.weight @ self.weight.T + noise  # [D, D]
        return torch.distributions.MultivariateNormal(self.bias, covariance).log_prob(self._x(x))

    def log_joint(self, x: Tensor, z: Tensor) -> Tensor:
        """The sum log p(z) + log p(x|z), in nats: ``[N, D]``, ``[K, N, L]`` -> ``[K, N]``."""
        zero = torch.zeros((), dtype=self.weight.dtype)
        mean = z @ self.weight.T + self.bias  # [K, N, D]
        logvar = zero + 2 * math.log(self.sigma)
        return gaussian_log_prob(z, zero, zero) + gaussian_log_prob(self._x(x), mean, logvar)

    def posterior(self, x: Tensor) -> Posterior:
        """p(z|x): means ``[N, L]`` and the covariance ``[L, L]``, which no x changes."""
        precision = torch.eye(self.latent_size, dtype=self.weight.dtype)
        precision = precision + self.weight.T @ self.weight / self.sigma**2  # [L, L]
        covariance = torch.linalg.inv(precision)
        mean = (self._x(x) - self.bias) @ self.weight @ covariance / self.sigma**2  # [N, L]
        return Posterior(mean, covariance)

    def elbo(self, x: Tensor, q_mean: Tensor, q_var: Tensor) -> Tensor:
        """The bound for q = N(q_mean, diag(q_var)), exactly: ``[N, D]``, ``[N, L]`` x 2 -> ``[N]``.

        >>> model, x = LinearGaussian(torch.tensor([[2.0]])), torch.tensor([[2.5]])
        >>> model.elbo(x, torch.tensor([[1.0]]), torch.tensor([[0.2]]))  # the posterior: log p(x)
        tensor([-2.3487])
        """
        q_mean, q_var = self._q(x, q_mean, q_var)
        return self._reconstruction(x, q_mean, q_var) - kl_to_standard_normal(q_mean, q_var.log())

    def terms(self, x: Tensor, q_mean: Tensor, q_var: Tensor) -> Terms:
        """The bound taken apart: each term from a formula of its own, ``[N]`` each.

        Parameters
        ----------
        x : Tensor
            ``[N, D]``.
        q_mean, q_var : Tensor
            ``[N, L]``; variances greater than 0.
        """
        q_mean, q_var = self._q(x, q_mean, q_var)
        reconstruction = self._reconstruction(x, q_mean, q_var)
        kl = kl_to_standard_normal(q_mean, q_var.log())
        size, log_2pi = self.latent_size, math.log(2 * math.pi)
        log_prior = -0.5 * ((q_mean**2 + q_var).sum(1) + size * log_2pi)  # E_q[log p(z)]
        return Terms(
            bound=reconstruction - kl,
            reconstruction=reconstruction,
            kl=kl,
            energy=reconstruction + log_prior,
            entropy=0.5 * (q_var.log().sum(1) + size * (log_2pi + 1)),
            evidence=self.log_prob(x),
            gap=self.gap(x, q_mean, q_var),
        )

    def gap(self, x: Tensor, q_mean: Tensor, q_var: Tensor) -> Tensor:
        """KL(q || p(z|x)), ``[N]``: what the bound misses of log p(x), computed by itself."""
        q_mean, q_var = self._q(x, q_mean, q_var)
        mean, covariance = self.posterior(x)
        precision, shift = torch.linalg.inv(covariance), q_mean - mean  # [L, L], [N, L]
        trace = (precision.diagonal() * q_var).sum(1)  # of precision times q's covariance
        squared = ((shift @ precision) * shift).sum(1)
        logdet = torch.logdet(covariance) - q_var.log().sum(1)
        return 0.5 * (trace + squared - self.latent_size + logdet)

    def _reconstruction(self, x: Tensor, q_mean: Tensor, q_var: Tensor) -> Tensor:
        error = self._x(x) - self.bias - q_mean @ self.weight.T  # [N, D]
        blur = (q_var * (self.weight**2).sum(0)).sum(1)  # what q's own spread adds to the error
        constant = self.data_size * (math.log(2 * math.pi) + 2 * math.log(self.sigma))
        return -0.5 * (((error**2).sum(1) + blur) / self.sigma**2 + constant)

    def _x(self, x: Tensor) -> Tensor:
        if x.ndim != 2 or x.shape[1] != self.data_size:
            raise ShapeError(f"x must be [N, {self.data_size}]; yours is {list(x.shape)}.")
        return x.to(self.weight.dtype)

    def _q(self, x: Tensor, q_mean: Tensor, q_var: Tensor) -> tuple[Tensor, Tensor]:
        wanted = (len(x), self.latent_size)
        if q_mean.shape != wanted or q_var.shape != wanted:
            raise ShapeError(
                f"q's mean and variance must be {list(wanted)}; yours are {list(q_mean.shape)} "
                f"and {list(q_var.shape)}."
            )
        if not (q_var > 0).all():
            raise RangeError("A variance of q is 0 or negative; every one must be greater than 0.")
        return q_mean.to(self.weight.dtype), q_var.to(self.weight.dtype)
