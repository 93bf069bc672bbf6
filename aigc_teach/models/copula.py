"""A Gaussian copula for tables of numbers and categories, with missing values.

Each column is turned into standard normal numbers by its own distribution, whatever that is; one
correlation matrix then holds all that the columns have to do with each other (Sklar 1959: any
joint distribution is its marginals and a copula; here the copula is the Gaussian's). It sees
dependence that rises or falls, and nothing else.

Legend: N rows, D columns, L latent columns (one more for each number that may be missing).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..core import DataError, check_choice, check_count
from ..core.tables import check_categories, check_table
from .density import gaussian_log_density

MARGINALS = ("empirical", "normal")
SMALLEST = 1e-6  # eigenvalue that a correlation matrix keeps


class Marginals:
    """The distribution of each column by itself, and the way to normal numbers and back.

    A number goes through its empirical distribution function (its rank among the seen values)
    and the normal quantile: its *normal score*. Ties share their mean rank. On the way back,
    values between two seen ones are interpolated; nothing beyond the least and largest comes out.

    Attributes
    ----------
    seen : list of Tensor
        For a number its sorted seen values; for a category the share of each code.
    missing : Tensor
        Share of missing values, ``[D]``.

    Examples
    --------
    >>> m = Marginals().fit(torch.tensor([[1.0], [10.0], [100.0]]), (0,))
    >>> m.scores(torch.tensor([[10.0]])), m.values(torch.tensor([[0.0]]))
    (tensor([[0.]]), tensor([[10.]]))
    """

    def __init__(self):
        self.categories: tuple[int, ...] | None = None

    def fit(self, rows: Tensor, categories: Sequence[int]) -> Marginals:
        """Take the distribution of each column of `rows` ``[N, D]``, N at least 2.

        Raises
        ------
        DataError
            Where a column holds no value at all.
        AigcError
            With a sentence, for anything that is no table.
        """
        categories = check_categories(categories)
        check_table(rows, categories, at_least=2)
        self.seen, columns = [], rows.detach().cpu().T
        for k, (column, number) in enumerate(zip(columns, categories, strict=True)):
            known = column[~column.isnan()]
            if not len(known):
                raise DataError(f"Column {k} holds no value at all: leave it out.")
            counts = torch.bincount(known.long(), minlength=number) / len(known) if number else None
            self.seen.append(known.sort().values if counts is None else counts.to(rows.dtype))
        self.missing = columns.isnan().to(rows.dtype).mean(1)
        self.categories = categories
        return self

    def scores(self, rows: Tensor) -> Tensor:
        """Numbers as their normal scores; codes and NaN stay: ``[N, D]``."""
        check_table(rows, self._fitted())
        return self._each(rows, self._score)

    def values(self, scores: Tensor) -> Tensor:
        """The way back from `scores`, ``[N, D]``."""
        check_table(scores, self._fitted(), what="The scores")
        return self._each(scores, self._value)

    def _fitted(self) -> tuple[int, ...]:
        if self.categories is None:
            raise DataError("Nothing is fitted yet: call fit(rows, categories) first.")
        return self.categories

    def _each(self, rows: Tensor, change) -> Tensor:
        columns = [
            column if number else change(column, k)
            for k, (column, number) in enumerate(zip(rows.T, self.categories, strict=True))
        ]
        return torch.stack(columns, dim=1)

    def _score(self, column: Tensor, k: int) -> Tensor:
        seen = self.seen[k].to(column)
        n = len(seen)
        x = column.contiguous()
        left, right = torch.searchsorted(seen, x), torch.searchsorted(seen, x, right=True)
        u = (left + right).to(column.dtype) / (2 * n)  # the mean rank, in [0, 1]
        z = torch.special.ndtri(u.clamp(0.5 / n, 1 - 0.5 / n))
        return z.where(~column.isnan(), column)

    def _value(self, z: Tensor, k: int) -> Tensor:
        seen = self.seen[k].to(z)
        place = (torch.special.ndtr(z) * len(seen) - 0.5).clamp(0, len(seen) - 1).nan_to_num(0.0)
        low = place.floor().long().clamp(max=max(len(seen) - 2, 0))
        high = (low + 1).clamp(max=len(seen) - 1)
        x = torch.lerp(seen[low], seen[high], place - low)
        return x.where(~z.isnan(), z)


class GaussianCopula:
    """Marginals of each column, and one Gaussian that ties them together.

    Parameters
    ----------
    marginals : {"empirical", "normal"}
        "normal" takes each number for Gaussian: then a table of numbers gets exactly the fitted
        multivariate normal.
    independent : bool
        True keeps the marginals and drops every dependence: the baseline.

    Attributes
    ----------
    correlation : Tensor
        ``[L, L]``, positive definite: of each number, each category (in the order of its codes,
        a draw within the code's share), and of whether each number with gaps is missing.

    Notes
    -----
    A category is spread over its share of the normal's mass *at random*, which weakens the
    correlations that it takes part in. Pairs of columns are taken over the rows where both are
    known, so the matrix may fail to be a correlation; negative eigenvalues are then lifted.

    References
    ----------
    Sklar 1959; Nelsen 2006, "An Introduction to Copulas", section 2.3. The Spearman correlation
    of a Gaussian copula with correlation r is 6/pi arcsin(r / 2).

    Examples
    --------
    >>> rows = torch.tensor([[0.0, 5.0], [1.0, 7.0], [0.0, 6.0], [1.0, 9.0]])
    >>> GaussianCopula().fit(rows, (2, 0)).sample(3).shape
    torch.Size([3, 2])
    """

    def __init__(self, marginals: str = "empirical", *, independent: bool = False):
        check_choice("marginals", marginals, MARGINALS)
        self.kind, self.independent = marginals, bool(independent)
        self.marginals: Marginals | None = None

    def fit(
        self,
        rows: Tensor,
        categories: Sequence[int],
        *,
        generator: torch.Generator | None = None,
    ) -> GaussianCopula:
        """Fit to `rows` ``[N, D]``, N at least 2; `generator` spreads the categories.

        Returns itself. A column of one value gets no correlation, and is drawn as that value.
        """
        self.marginals = Marginals().fit(rows, categories)
        numbers = [k for k, number in enumerate(self.marginals.categories) if not number]
        x = rows.detach().cpu()
        known = [column[~column.isnan()] for column in x.T]
        mean = [seen.mean() for seen in known]
        self._mean = torch.stack(mean)  # [D], of use with normal marginals
        self._spread = torch.stack([seen.std(correction=0) for seen in known])  # [D]
        self._gaps = [k for k in numbers if 0 < self.marginals.missing[k] < 1]
        latent = self._latent(x, generator)
        size = latent.shape[1]
        eye = torch.eye(size, dtype=latent.dtype)
        self.correlation = eye if self.independent else nearest_correlation(pairwise(latent))
        return self

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``[n, D]``, with missing values where the data have some."""
        check_count("n", n)
        marginals = self._fitted()
        root = torch.linalg.cholesky(self.correlation)
        z = torch.randn(n, len(root), generator=generator).to(root) @ root.T  # [n, L]
        columns, d = [], len(marginals.categories)
        for k, number in enumerate(marginals.categories):
            if number:
                edges = marginals.seen[k].double().cumsum(0)[:-1]
                inside = torch.special.ndtr(z[:, k].double()).contiguous()
                columns.append(torch.searchsorted(edges, inside, right=True).to(z.dtype))
            elif self.kind == "normal":
                columns.append(self._mean[k] + self._spread[k] * z[:, k])
            else:
                columns.append(marginals._value(z[:, k], k))
        rows = torch.stack(columns, dim=1)
        for place, k in enumerate(self._gaps):
            gone = torch.special.ndtr(z[:, d + place]) < marginals.missing[k]
            rows[gone, k] = torch.nan
        return rows

    def log_prob(self, rows: Tensor) -> Tensor:
        """Log-density of rows of numbers, in nats, ``[N]``; for normal marginals only.

        Raises
        ------
        DataError
            Where a density does not exist: empirical marginals, categories, gaps, or a column
            of one value.
        """
        marginals = self._fitted()
        plain = self.kind == "normal" and not any(marginals.categories) and not self._gaps
        if not plain or (self._spread <= 0).any():
            raise DataError(
                "log_prob needs marginals='normal' and a table of numbers without gaps, none of "
                "them constant: elsewhere there is no density."
            )
        check_table(rows, marginals.categories, missing=[False] * len(marginals.categories))
        z = (rows - self._mean) / self._spread
        root = torch.linalg.cholesky(self.correlation)
        zero = torch.zeros(len(root), dtype=z.dtype)
        return gaussian_log_density(z, zero, root) - self._spread.log().sum()

    def _fitted(self) -> Marginals:
        if self.marginals is None:
            raise DataError("Nothing is fitted yet: call fit(rows, categories) first.")
        return self.marginals

    def _latent(self, x: Tensor, generator: torch.Generator | None) -> Tensor:
        """Every column as normal numbers, NaN where it is missing: ``[N, L]``."""
        columns = []
        for k, number in enumerate(self.marginals.categories):
            if number:
                columns.append(_spread_codes(x[:, k], self.marginals.seen[k], generator))
            elif self.kind == "normal":
                columns.append((x[:, k] - self._mean[k]) / self._spread[k].clamp_min(1e-30))
            else:
                columns.append(self.marginals._score(x[:, k], k))
        for k in self._gaps:
            share = self.marginals.missing[k]
            shares = torch.stack([share, 1 - share])
            columns.append(_spread_codes((~x[:, k].isnan()).to(x), shares, generator))
        return torch.stack(columns, dim=1)


def pairwise(x: Tensor) -> Tensor:
    """Correlation of each pair of columns over the rows where both are known: ``[L, L]``.

    0 where a column has one value or fewer than 3 rows are shared; 1 on the diagonal.

    >>> pairwise(torch.tensor([[1.0, 2.0], [2.0, 4.0], [3.0, torch.nan], [4.0, 8.0]]))
    tensor([[1., 1.],
            [1., 1.]])
    """
    dtype = x.dtype
    known = (~x.isnan()).double()  # [N, L]
    x = x.nan_to_num(0.0).double()
    shared = known.T @ known  # [L, L], rows known in both
    n = shared.clamp_min(1.0)
    mean = (x.T @ known) / n  # [L, L], of the first over the shared rows
    variance = (x.square().T @ known) / n - mean**2
    covariance = (x.T @ x) / n - mean * mean.T
    scale = (variance * variance.T).clamp_min(0).sqrt()
    usable = (scale > 1e-12) & (shared >= 3)
    r = torch.where(usable, covariance / scale.clamp_min(1e-12), 0.0).clamp(-1, 1)
    return r.fill_diagonal_(1.0).to(dtype)


def nearest_correlation(r: Tensor, *, smallest: float = SMALLEST) -> Tensor:
    """`r` with its eigenvalues lifted to at least `smallest`, and 1 on the diagonal again.

    >>> r = torch.tensor([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    >>> bool(torch.linalg.eigvalsh(nearest_correlation(r)).min() > 0)
    True
    """
    values, vectors = torch.linalg.eigh(r.double())
    lifted = vectors * values.clamp_min(smallest) @ vectors.T
    scale = lifted.diagonal().sqrt()
    return (lifted / (scale[:, None] * scale)).to(r.dtype)


def _spread_codes(codes: Tensor, shares: Tensor, generator: torch.Generator | None) -> Tensor:
    """Each code as a normal number drawn within the code's share of the mass."""
    u = torch.rand(len(codes), generator=generator).to(shares)
    top = shares.cumsum(0)
    place = codes.nan_to_num(0.0).long()
    inside = (top[place] - shares[place]) + u * shares[place]
    z = torch.special.ndtri(inside.clamp(1e-6, 1 - 1e-6))
    return z.where(~codes.isnan(), codes)
