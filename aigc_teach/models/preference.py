"""What a person likes, as a belief: a Gaussian process behind a logistic yes or no.

Rasmussen & Williams 2006, chapter 3. A like is a coin whose bias is the logistic function of an
unknown function f of the item; f is a Gaussian process. Its posterior has no closed form; the
Laplace approximation is the Gaussian at the posterior's peak, with the peak's curvature.

Legend: N items judged, M items asked about, D numbers an item; any axes before them are people,
who are fitted side by side.
"""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import AigcError, RangeError, ShapeError, check_number
from ..core.errors import DtypeError

ROUNDS = 60
"""Newton steps at most; the peak is found in fewer than 15 as a rule."""


@final
class PreferenceGP:
    """A person's likes and dislikes -> how much each other item may be liked, with doubt.

    Parameters
    ----------
    length : float
        How far apart two items may lie and still be judged alike, in the items' own units.
    scale : float
        Prior spread of f: 2 says that liking with probability sigmoid(2) = 0.88 is common.
    offset : float
        Prior mean of f: -1.4 says that one item in five is liked before anything is known.

    Attributes
    ----------
    mode : Tensor
        ``[..., N]``: f of the judged items at the posterior's peak.
    evidence : Tensor
        ``[...]``: Laplace's approximation of log p(likes).

    Examples
    --------
    >>> x = torch.tensor([[0.0], [1.0], [3.0]])
    >>> belief = PreferenceGP(length=1.0).fit(x, torch.tensor([1.0, 1.0, 0.0]))
    >>> mean, covariance = belief.predict(torch.tensor([[0.5], [3.0], [50.0]]))
    >>> [round(m, 1) + 0.0 for m in mean.tolist()]
    [1.5, -1.0, 0.0]
    >>> covariance.shape
    torch.Size([3, 3])
    """

    def __init__(self, *, length: float = 1.0, scale: float = 2.0, offset: float = 0.0):
        self.length = check_number("length", length, above=True)
        self.scale = check_number("scale", scale, above=True)
        self.offset = check_number("offset", offset, at_least=-20.0)
        self.x: Tensor | None = None

    def kernel(self, a: Tensor, b: Tensor) -> Tensor:
        """Covariances ``[..., N, M]`` of f: scale^2 exp(-squared distance / (2 length^2)).

        >>> PreferenceGP(scale=3.0).kernel(torch.zeros(1, 2), torch.zeros(1, 2)).tolist()
        [[9.0]]
        """
        squared = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square()
        return self.scale**2 * (-squared / (2 * self.length**2)).exp()

    def fit(self, x: Tensor, liked: Tensor, *, weights: Tensor | None = None) -> PreferenceGP:
        """Find the peak of p(f | likes) by Newton's method (algorithm 3.1).

        Parameters
        ----------
        x : Tensor
            ``[..., N, D]``; N may be 0, and the belief is then the prior.
        liked : Tensor
            ``[..., N]``: 1 for liked, 0 for not; contradictions are welcome.
        weights : Tensor, optional
            ``[..., N]`` from 0: how much each judgement counts; 1 if left out. A weight of 2 is
            the same judgement made twice.

        Returns
        -------
        PreferenceGP
            Itself.

        Raises
        ------
        ShapeError, RangeError, DtypeError
            With a sentence.
        """
        _check_items(x)
        x, y = x.double(), _as_judgements(x, liked)
        w = torch.ones_like(y) if weights is None else _as_weights(y, weights)
        k = self.kernel(x, x)  # [..., N, N]
        eye = torch.eye(k.shape[-1], dtype=k.dtype, device=k.device)
        f = torch.zeros_like(y)  # how far above the offset
        for _ in range(ROUNDS if y.shape[-1] else 0):
            pi = torch.sigmoid(f + self.offset)
            root = (w * pi * (1 - pi)).sqrt()  # W^1/2, [..., N]
            lower = torch.linalg.cholesky(eye + root[..., :, None] * k * root[..., None, :])
            b = root.square() * f + w * (y - pi)
            inner = root[..., None] * (k @ b[..., None])
            a = b - root * torch.cholesky_solve(inner, lower)[..., 0]
            before, f = f, (k @ a[..., None])[..., 0]
            if bool(((f - before).abs() < 1e-9).all()):
                break
        pi = torch.sigmoid(f + self.offset)
        self.x, self.mode = x, f + self.offset
        self.slope = w * (y - pi)  # of log p(y | f) at the peak
        self.root = (w * pi * (1 - pi)).sqrt()
        self.lower = torch.linalg.cholesky(
            eye + self.root[..., :, None] * k * self.root[..., None, :]
        )
        said = (w * F.logsigmoid((2 * y - 1) * self.mode)).sum(-1)
        volume = self.lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        self.evidence = said - 0.5 * (self.slope * f).sum(-1) - volume
        return self

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean ``[..., M]`` and covariance ``[..., M, M]`` of f, double (algorithm 3.2).

        Parameters
        ----------
        x : Tensor
            ``[..., M, D]``.

        Raises
        ------
        AigcError
            Before `fit`; or, with a sentence, for items of another size.
        """
        if self.x is None:
            raise AigcError("This PreferenceGP knows no judgements yet; call fit(x, liked) first.")
        _check_items(x)
        if x.shape[-1] != self.x.shape[-1]:
            raise ShapeError(
                f"The judged items have {self.x.shape[-1]} numbers each; these have {x.shape[-1]}."
            )
        x = x.double()
        across = self.kernel(self.x, x)  # [..., N, M]
        mean = self.offset + (across * self.slope[..., None]).sum(-2)
        known = torch.linalg.solve_triangular(
            self.lower, self.root[..., None] * across, upper=False
        )
        return mean, self.kernel(x, x) - known.transpose(-1, -2) @ known

    def draw(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """One f drawn from the posterior, at the items ``[..., M, D]``: ``[..., M]``.

        The item with the largest value is Thompson's choice: each item is shown as often as it is
        believed to be the best.

        Examples
        --------
        >>> belief = PreferenceGP().fit(torch.zeros(0, 2), torch.zeros(0))
        >>> belief.draw(torch.zeros(4, 2), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([4])
        """
        mean, lower = self.posterior_root(x)
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype, device=mean.device)
        return mean + (lower @ noise[..., None])[..., 0]

    def posterior_root(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean ``[..., M]``, and a lower triangle ``[..., M, M]`` whose square is the covariance.

        With normal noise n, mean + root n is a draw: so one root serves many draws.
        """
        mean, covariance = self.predict(x)
        covariance.diagonal(dim1=-2, dim2=-1).add_(1e-6 * self.scale**2)  # rounding
        return mean, torch.linalg.cholesky(covariance)


def _check_items(x: object) -> None:
    if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
        raise DtypeError("Items must be a floating-point tensor [..., N, D].")
    if x.ndim < 2 or x.shape[-1] == 0:
        raise ShapeError(f"Items must be [..., N, D]; they are {list(x.shape)}.")
    if not bool(x.isfinite().all()):
        raise RangeError("Items must be finite; yours hold NaN or infinity.")


def _as_judgements(x: Tensor, liked: object) -> Tensor:
    if not isinstance(liked, Tensor) or liked.shape != x.shape[:-1]:
        shape = list(liked.shape) if isinstance(liked, Tensor) else type(liked).__name__
        raise ShapeError(
            f"liked must hold one number an item, {list(x.shape[:-1])}; it is {shape}."
        )
    y = liked.to(x.device, torch.float64)
    if not bool(((y == 0) | (y == 1)).all()):
        raise RangeError("liked holds 1 for a like and 0 for a dislike, nothing else.")
    return y


def _as_weights(y: Tensor, weights: Tensor) -> Tensor:
    w = torch.as_tensor(weights).to(y)
    if w.ndim == 0 or w.shape != y.shape[-w.ndim :]:
        raise ShapeError(f"weights must be {list(y.shape)}; they are {list(w.shape)}.")
    if not bool(((w >= 0) & w.isfinite()).all()):
        raise RangeError("weights must be finite and not negative.")
    return w.expand_as(y)
