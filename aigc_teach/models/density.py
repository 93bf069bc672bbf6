"""Densities that are fitted rather than trained: ``fit``, then ``sample`` and ``log_prob``.

All take any float tensor ``[N, D]``: pixels, or the codes of a trained network. Each assumes
a little Gaussian noise of spread ``noise`` on every coordinate, so its covariance is that of
the data plus ``noise^2`` on the diagonal. Without it a pixel that is black in every picture
would have variance 0, and the density there would be infinite. Everything is computed in the
precision of the data.

Shapes: N rows, D coordinates, K components.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, ShapeError, check_count

LOG_2PI = math.log(2 * math.pi)
QUIET = 1e-6  # what stays of the noise where it is left out: a Cholesky factor needs some


class PixelwiseGaussian:
    """One Gaussian for each coordinate, all independent.

    Parameters
    ----------
    noise : float
        Spread of the noise assumed on every coordinate, above 0.

    Examples
    --------
    >>> model = PixelwiseGaussian().fit(torch.tensor([[0.0, 1.0], [2.0, 1.0]]))
    >>> model.mean.tolist(), model.sample(3).shape
    ([1.0, 1.0], torch.Size([3, 2]))
    """

    def __init__(self, noise: float = 0.1):
        self.noise = _check_noise(noise)
        self.mean: Tensor | None = None  # [D]
        self.variance: Tensor | None = None  # [D], without the noise

    def fit(self, x: Tensor) -> PixelwiseGaussian:
        """Take mean and variance of each coordinate of `x` ``[N, D]``; returns itself."""
        x = _check_rows(x)
        self.mean, self.variance = x.mean(0), x.var(0, correction=0)
        return self

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density of each row of `x` ``[N, D]``, in nats: ``[N]``."""
        x = _check_rows(x, _fitted(self.mean))
        variance = self.variance + self.noise**2
        return -0.5 * ((x - self.mean) ** 2 / variance + variance.log() + LOG_2PI).sum(1)

    def sample(
        self, n: int, *, noise: bool = True, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw ``[n, D]``; with ``noise=False`` the assumed noise is left out."""
        check_count("n", n)
        eps = torch.randn(n, len(_fitted(self.mean)), generator=generator)
        variance = self.variance + (self.noise**2 if noise else 0.0)
        return (self.mean + variance.sqrt() * eps).float()


class Gaussian:
    """One Gaussian with a full covariance matrix.

    Parameters
    ----------
    noise : float
        Spread of the noise assumed on every coordinate, above 0.

    Attributes
    ----------
    mean : Tensor
        ``[D]``.
    covariance : Tensor
        ``[D, D]``, divided by N (maximum likelihood), without the noise.

    Examples
    --------
    >>> model = Gaussian().fit(torch.randn(100, 3))
    >>> model.log_prob(torch.zeros(2, 3)).shape, model.sample(4).shape
    (torch.Size([2]), torch.Size([4, 3]))
    """

    def __init__(self, noise: float = 0.1):
        self.noise = _check_noise(noise)
        self.mean: Tensor | None = None
        self.covariance: Tensor | None = None

    def fit(self, x: Tensor) -> Gaussian:
        """Take mean and covariance of `x` ``[N, D]``; returns itself."""
        x = _check_rows(x)
        self.mean, self.covariance = (
            x.mean(0),
            torch.cov(x.T, correction=0).reshape(2 * x.shape[1:]),
        )
        self._root = cholesky_with(self.covariance, self.noise)
        return self

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density of each row of `x` ``[N, D]``, in nats: ``[N]``."""
        x = _check_rows(x, _fitted(self.mean))
        return gaussian_log_density(x, self.mean, self._root)

    def sample(
        self, n: int, *, noise: bool = True, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw ``[n, D]``; with ``noise=False`` the assumed noise is left out."""
        check_count("n", n)
        eps = torch.randn(n, len(_fitted(self.mean)), generator=generator).to(self.mean)
        root = self._root if noise else cholesky_with(self.covariance, QUIET)
        return (self.mean + eps @ root.T).float()


class GaussianMixture:
    """Several Gaussians with full covariances, fitted by k-means and then EM.

    EM (expectation maximisation) alternates two steps: each row is shared out among the
    components by Bayes' rule; then each component takes the mean and covariance of its share.

    Parameters
    ----------
    components : int
        K.
    noise : float
        Spread of the noise assumed on every coordinate, above 0.
    shrinkage : float
        In [0, 1]: how far each covariance moves towards the average of all of them. A
        component that holds fewer rows than coordinates needs some.
    steps : int
        Rounds of EM after k-means; 0 keeps the clusters of k-means.

    Attributes
    ----------
    weights, means, covariances : Tensor
        ``[K]``, ``[K, D]``, ``[K, D, D]``, without the noise.

    References
    ----------
    Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39(1) (EM); Friedman 1989, J. Am. Stat.
    Assoc. 84(405), eq. 15 (covariances shrunk towards the pooled one).

    Examples
    --------
    >>> model = GaussianMixture(2).fit(torch.tensor([[-3.0], [-3.1], [3.0], [3.1]]))
    >>> [round(m, 2) for m in sorted(model.means.flatten().tolist())]
    [-3.05, 3.05]
    """

    def __init__(
        self, components: int, noise: float = 0.1, *, shrinkage: float = 0.0, steps: int = 10
    ):
        self.components = check_count("components", components)
        self.noise = _check_noise(noise)
        if not 0 <= shrinkage <= 1:
            raise RangeError(f"shrinkage={shrinkage} must lie in [0, 1].")
        self.shrinkage, self.steps = shrinkage, check_count("steps", steps, at_least=0)
        self.means: Tensor | None = None

    def fit(self, x: Tensor, *, generator: torch.Generator | None = None) -> GaussianMixture:
        """Fit to `x` ``[N, D]``, N at least K; `generator` draws the first centres."""
        x = _check_rows(x)
        if len(x) < self.components:
            raise DataError(f"{len(x)} rows cannot fill {self.components} components.")
        clusters = k_means(x, self.components, generator=generator)  # [N]
        self._take(x, torch.nn.functional.one_hot(clusters, self.components).to(x))
        for _ in range(self.steps):
            self._take(x, self._joint(x).softmax(1))  # E step: shares [N, K]; M step
        return self

    def _take(self, x: Tensor, shares: Tensor) -> None:
        """The M step: weights, means and covariances of the given shares ``[N, K]``."""
        mass = shares.sum(0).clamp_min(1e-9)  # [K]
        self.weights = mass / mass.sum()
        self.means = (shares.T @ x) / mass[:, None]  # [K, D]
        self.covariances = x.new_empty(len(mass), x.shape[1], x.shape[1])  # [K, D, D]
        for k, (mean, share) in enumerate(zip(self.means, shares.T, strict=True)):
            self.covariances[k] = ((x - mean) * share[:, None]).T @ (x - mean) / mass[k]
        pooled = (self.weights @ self.covariances.flatten(1)).view(x.shape[1], -1)
        self.covariances.lerp_(pooled, self.shrinkage)
        self._roots = cholesky_with(self.covariances, self.noise)

    def _joint(self, x: Tensor) -> Tensor:
        """log(weight of k) + log-density of the row under k: ``[N, K]``."""
        parts = [
            gaussian_log_density(x, mean, root)
            for mean, root in zip(self.means, self._roots, strict=True)
        ]
        return torch.stack(parts, dim=1) + self.weights.log()

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density of each row of `x` ``[N, D]``, in nats: ``[N]``."""
        _fitted(self.means)
        return self._joint(_check_rows(x, self.means[0])).logsumexp(1)

    def sample(
        self, n: int, *, noise: bool = True, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw ``[n, D]``; with ``noise=False`` the assumed noise is left out."""
        check_count("n", n)
        means = _fitted(self.means)
        chosen = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        eps = torch.randn(n, means.shape[1], generator=generator).to(means)
        out = torch.empty_like(eps)
        for k in chosen.unique().tolist():
            root = self._roots[k]
            if not noise:
                root = cholesky_with(self.covariances[k], QUIET)
            out[chosen == k] = means[k] + eps[chosen == k] @ root.T
        return out.float()


def gaussian_log_density(x: Tensor, mean: Tensor, root: Tensor) -> Tensor:
    """Log-density of N(mean, root root^T) at each row of `x`.

    Parameters
    ----------
    x, mean : Tensor
        ``[N, D]`` and ``[D]``.
    root : Tensor
        ``[D, D]``, lower triangular (Cholesky).

    Returns
    -------
    Tensor
        ``[N]``, in nats.

    Examples
    --------
    >>> round(gaussian_log_density(torch.zeros(1, 1), torch.zeros(1), torch.ones(1, 1)).item(), 4)
    -0.9189
    """
    z = torch.linalg.solve_triangular(root, (x - mean).T, upper=False)  # [D, N]
    return -0.5 * ((z**2).sum(0) + len(mean) * LOG_2PI) - root.diagonal().log().sum()


def cholesky_with(covariance: Tensor, noise: float) -> Tensor:
    """Lower Cholesky factor of ``covariance + noise^2 I``, ``[..., D, D]``.

    Where the rounding of the largest direction exceeds noise^2, that much is added instead.
    """
    trace = covariance.diagonal(dim1=-2, dim2=-1).sum(-1, keepdim=True)  # [..., 1]
    rounding = 4 * torch.finfo(covariance.dtype).eps * trace
    noisy = covariance.clone()
    noisy.diagonal(dim1=-2, dim2=-1).add_(rounding.clamp_min(noise**2))
    return torch.linalg.cholesky(noisy, out=noisy)  # in place: a mixture of many is large


def k_means(
    x: Tensor, clusters: int, *, rounds: int = 20, generator: torch.Generator | None = None
) -> Tensor:
    """Number of the cluster of each row of `x` ``[N, D]``: ``[N]`` (Lloyd's algorithm).

    Starts from distinct rows drawn at random; an empty cluster takes the row that lies
    farthest from its centre.
    """
    check_count("clusters", clusters)
    centres = x[torch.randperm(len(x), generator=generator)[:clusters]]  # [K, D]
    for _ in range(rounds):
        distance, nearest = torch.cdist(x, centres).min(1)  # [N], [N]
        for k in set(range(clusters)) - set(nearest.tolist()):
            nearest[distance.argmax()] = k
            distance[distance.argmax()] = 0
        moved = torch.stack([x[nearest == k].mean(0) for k in range(clusters)])
        if torch.equal(moved, centres):
            break
        centres = moved
    return nearest


def _check_noise(noise: float) -> float:
    if not (isinstance(noise, int | float) and math.isfinite(noise) and noise > 0):
        raise RangeError(f"noise={noise} must be a number above 0: it keeps the density finite.")
    return float(noise)


def _check_rows(x: Tensor, mean: Tensor | None = None) -> Tensor:
    """`x` on the CPU as ``[N, D]``, all finite; D as in `mean` where it is given."""
    if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
        given = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise DtypeError(f"Rows must be a floating-point torch.Tensor [N, D]; you gave {given}.")
    if x.ndim != 2 or 0 in x.shape:
        raise ShapeError(f"Rows must be [N, D], N and D at least 1; yours are {list(x.shape)}.")
    if mean is not None and x.shape[1] != len(mean):
        raise ShapeError(f"Fitted to rows of {len(mean)} numbers; yours have {x.shape[1]}.")
    if not torch.isfinite(x).all():
        raise RangeError("Rows hold values that are NaN or infinite; all must be finite.")
    return x.detach().cpu()


def _fitted(mean: Tensor | None) -> Tensor:
    if mean is None:
        raise DataError("Nothing is fitted yet: call fit(x) first.")
    return mean
