"""A Gaussian over codes that follows what is liked: the simplest evolution strategy.

Let r be 1 for a liked code and 0 for another. The expected number of likes,
J = E[r(z)] with z ~ N(m, diag(v)), rises along its natural gradient (Wierstra et al. 2014):

    d m = E[r (z - m)],    d v = E[r ((z - m)^2 - v)].

Divided by E[r], both become means over the liked codes alone.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_count, check_number, drawn_on


class SearchGaussian(NamedTuple):
    """Where new codes are drawn from; any axes before the last are searches side by side.

    Attributes
    ----------
    mean, spread : Tensor
        ``[..., D]``; the spread is a standard deviation, above 0.

    Examples
    --------
    >>> start = SearchGaussian(torch.zeros(3), torch.ones(3))
    >>> shown = start.draw(6, generator=torch.Generator().manual_seed(0))
    >>> shown.shape
    torch.Size([6, 3])
    >>> after = start.follow(shown, torch.tensor([1, 0, 0, 1, 0, 0]))
    >>> bool((after.mean - start.mean).norm() > 0)
    True
    >>> start.follow(shown, torch.zeros(6)).mean.tolist()  # nothing liked: nothing moves
    [0.0, 0.0, 0.0]
    """

    mean: Tensor
    spread: Tensor

    def draw(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """`n` codes of each search, ``[..., n, D]``."""
        check_count("n", n)
        where = drawn_on(self.mean.device, generator)
        shape = (*self.mean.shape[:-1], n, self.mean.shape[-1])
        noise = torch.randn(shape, generator=generator, device=where).to(self.mean)
        return self.mean[..., None, :] + self.spread[..., None, :] * noise

    def follow(
        self,
        shown: Tensor,
        liked: Tensor,
        *,
        rate: float = 0.5,
        spread_rate: float = 0.15,
        floor: float = 0.0,
    ) -> SearchGaussian:
        """One step along the natural gradient of the expected likes.

        Parameters
        ----------
        shown : Tensor
            ``[..., N, D]``, drawn from this Gaussian.
        liked : Tensor
            ``[..., N]``: 1 for liked, 0 for not. A search without likes stays where it is.
        rate, spread_rate : float
            Shares of the way that mean and variance go towards those of the liked, in (0, 1].
        floor : float
            The spread does not fall below it: a floor on exploration.

        Returns
        -------
        SearchGaussian

        Raises
        ------
        ShapeError, RangeError
            With a sentence.
        """
        if shown.shape[-1:] != self.mean.shape[-1:] or liked.shape != shown.shape[:-1]:
            raise ShapeError(
                f"shown must be [..., N, {self.mean.shape[-1]}] and liked [..., N]; they are "
                f"{list(shown.shape)} and {list(liked.shape)}."
            )
        for name, value in (("rate", rate), ("spread_rate", spread_rate)):
            if check_number(name, value, above=True) > 1:
                raise RangeError(f"{name} must lie in (0, 1]; you gave {value}.")
        check_number("floor", floor)
        r = liked.to(self.mean)
        if not bool(((r == 0) | (r == 1)).all()):
            raise RangeError("liked holds 1 for a like and 0 for a dislike, nothing else.")
        count = r.sum(-1, keepdim=True)  # [..., 1]
        share = r / count.clamp(min=1)  # sums to 1, or to 0 where nothing is liked
        off = shown - self.mean[..., None, :]  # [..., N, D]
        step = (share[..., None] * off).sum(-2)
        variance = self.spread.square()
        wide = (share[..., None] * off.square()).sum(-2) - variance
        moved = count > 0
        mean = torch.where(moved, self.mean + rate * step, self.mean)
        variance = torch.where(moved, variance + spread_rate * wide, variance)
        return SearchGaussian(mean, variance.sqrt().clamp(min=floor))
