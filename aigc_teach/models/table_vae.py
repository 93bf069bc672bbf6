"""A VAE for tables: numbers, categories and missing values, each with its own likelihood.

After TVAE (Xu et al. 2019, arXiv:1907.00503, section 4.3): a Gaussian with a learnt spread for
each number, a softmax for each category. Where TVAE describes a number by one of several modes,
this one expects *normal scores* (`models.Marginals`), which are simpler and nearly Gaussian.

Legend: N batch, D columns, L latent size, E encoded width, x rows, z code.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    AigcError,
    GenerativeModel,
    Labelled,
    Loss,
    RangeError,
    check_choice,
    check_count,
    check_number,
    check_sizes,
    drawn_on,
    refuse_condition,
)
from ..core.tables import check_categories, check_table
from ..losses import elbo
from ..nn import mlp, standard_normal
from .checks import check_precision

TINY = 1e-6  # keeps log(-log(u)) finite
LEAST_LOG_SIGMA = -5.0  # a spread of 0.007: below it one training row could have it all


@final
class TableVAE(GenerativeModel):
    """A VAE whose data are the rows of a table.

    Parameters
    ----------
    categories : sequence of int
        Of each column: 0 for a number (expected as a normal score, about N(0, 1)), K for a
        category with codes 0 to K - 1.
    missing : sequence of bool, optional
        In which columns NaN may stand; none if left out. Whether a value is missing is then
        learnt and drawn like everything else; what is missing does not count in the loss.
    latent_size : int
        L.
    hidden : sequence of int
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    beta : float
        Weight of the KL term, at least 0.

    References
    ----------
    Xu, Skoularidou, Cuesta-Infante & Veeramachaneni 2019; Kingma & Welling 2014, eq. 3.

    Examples
    --------
    >>> model = TableVAE((0, 3), latent_size=2, hidden=(16,))
    >>> rows = model.sample(4)
    >>> rows.shape, bool((rows[:, 1] == rows[:, 1].round()).all())
    (torch.Size([4, 2]), True)
    """

    def __init__(
        self,
        categories: Sequence[int] = (0, 0),
        *,
        missing: Sequence[bool] | None = None,
        latent_size: int = 8,
        hidden: Sequence[int] = (64, 64),
        beta: float = 1.0,
    ):
        super().__init__()
        self.categories = check_categories(categories)
        self.missing = _check_missing(missing, len(self.categories))
        self.latent_size = check_count("latent_size", latent_size)
        self.hidden = check_sizes("hidden", hidden)
        self.beta = check_number("beta", beta)
        self.data_shape = (len(self.categories),)
        # a column's outputs: a mean, or K logits; and one logit more where it may be missing
        self.widths = tuple(
            (k or 1) + m for k, m in zip(self.categories, self.missing, strict=True)
        )
        width = sum(self.widths)
        self.encoder = mlp([width, *self.hidden, 2 * self.latent_size])
        self.decoder = mlp([self.latent_size, *reversed(self.hidden), width])
        numbers = sum(not k for k in self.categories)
        self.log_sigma = nn.Parameter(torch.zeros(numbers)) if numbers else None

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus the evidence lower bound, in nats a row, averaged over the batch.

        Parameters
        ----------
        batch : Tensor
            ``[N, D]``: normal scores, codes, NaN where `missing` allows it.
        player : {"model"}
        generator : torch.Generator, optional
            For the draw of z.

        Returns
        -------
        Loss
            Parts: ``reconstruction`` and ``kl`` (before the weight beta).
        """
        check_choice("player", player, self.players)
        x = self._checked(batch)
        eps = standard_normal(len(x), self.latent_size, like=x, generator=generator)
        reconstruction, kl = (part.mean() for part in self.terms(x, eps))
        total = reconstruction + self.beta * kl
        return Loss(total, {"reconstruction": reconstruction.detach(), "kl": kl.detach()})

    def terms(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Both terms of the bound for each row, nothing checked: two tensors ``[N]``.

        Gradients example by example need a loss without conditions on values; this is it.

        Parameters
        ----------
        x : Tensor
            Rows ``[N, D]``.
        eps : Tensor
            Standard normal, ``[N, L]``.

        Returns
        -------
        (Tensor, Tensor)
            Minus the log-likelihood, and the KL of q(z|x) from the prior, in nats.
        """
        mu, logvar = self.encoder(self._encoded(x)).chunk(2, dim=1)  # [N, L] each
        z = mu + torch.exp(0.5 * logvar) * eps
        return self._nll(self.decoder(z), x), elbo.kl_to_standard_normal(mu, logvar)

    def bound(self, x: Tensor, *, draws: int = 16, generator=None) -> Tensor:
        """The evidence lower bound of each row, in nats, the mean over some draws: ``[N]``.

        What an attacker who holds the model asks of a record.

        Raises
        ------
        AigcError
            With a sentence, for rows that the model does not take.
        """
        check_count("draws", draws)
        x = self._checked(x)
        total = torch.zeros(len(x), device=x.device)
        with torch.no_grad():
            for _ in range(draws):
                eps = standard_normal(len(x), self.latent_size, like=x, generator=generator)
                total -= sum(self.terms(x, eps))
        return total / draws

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item ``[n, D]``: z from the prior, and each value drawn from its likelihood."""
        refuse_condition(self, condition)
        like = self.decoder[0].weight
        z = standard_normal(n, self.latent_size, like=like, generator=generator)
        out = self.decoder(z.to(like.dtype))  # [n, E]
        eps = standard_normal(n, len(self.categories), like=like, generator=generator)
        spot = drawn_on(like.device, generator)
        u = torch.rand(n, out.shape[1], device=spot, generator=generator).to(like.device)
        gumbel = -torch.log(-torch.log(u.clamp(TINY, 1 - TINY)))  # [n, E]
        columns, at, number = [], 0, 0
        for k, (codes, gap, width) in enumerate(self._columns()):
            o, g = out[:, at : at + width], gumbel[:, at : at + width]
            if codes:
                value = (o[:, :codes] + g[:, :codes]).argmax(1).to(o.dtype)
            else:
                value = o[:, 0] + self.sigma()[number] * eps[:, k]
                number += 1
            if gap:
                gone = torch.sigmoid(o[:, -1]) > u[:, at + width - 1]
                value = torch.where(gone, torch.nan, value)
            columns.append(value)
            at += width
        yield torch.stack(columns, dim=1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x): two tensors ``[N, L]``."""
        mu, logvar = self.encoder(self._encoded(self._checked(x))).chunk(2, dim=1)
        return mu, logvar

    def sigma(self) -> Tensor:
        """The learnt spread of each number, at least 0.007: one for each number column."""
        return self.log_sigma.clamp_min(LEAST_LOG_SIGMA).exp()

    def _columns(self) -> list[tuple[int, bool, int]]:
        return list(zip(self.categories, self.missing, self.widths, strict=True))

    def _checked(self, x: Tensor) -> Tensor:
        if isinstance(x, Labelled):
            raise AigcError("TableVAE has no conditions: its batch must be a plain tensor [N, D].")
        check_table(x, self.categories, missing=self.missing, what="The batch")
        check_precision("The data", x, self.weights_dtype)
        return x.to(self.device)

    def _encoded(self, x: Tensor) -> Tensor:
        """Numbers as they are, categories one-hot, a flag where a value is missing: ``[N, E]``."""
        parts = []
        for k, (codes, gap, _) in enumerate(self._columns()):
            gone = x[:, k].isnan()
            value = x[:, k].nan_to_num(0.0)
            if codes:
                hot = torch.arange(codes, device=x.device) == value[:, None]
                parts.append((hot & ~gone[:, None]).to(x.dtype))
            else:
                parts.append(value[:, None])
            if gap:
                parts.append(gone[:, None].to(x.dtype))
        return torch.cat(parts, dim=1)

    def _nll(self, out: Tensor, x: Tensor) -> Tensor:
        """Minus log p(x|z), ``[N]``; what is missing counts as missing and no more."""
        total, at, number = 0.0, 0, 0
        for k, (codes, gap, width) in enumerate(self._columns()):
            o, gone = out[:, at : at + width], x[:, k].isnan()
            value = x[:, k].nan_to_num(0.0)
            if codes:
                hot = torch.arange(codes, device=x.device) == value[:, None]
                nll = -(F.log_softmax(o[:, :codes], dim=1) * hot).sum(1)
            else:
                log_sigma = self.log_sigma[number].clamp_min(LEAST_LOG_SIGMA)
                off = (value - o[:, 0]) * torch.exp(-log_sigma)
                nll = 0.5 * off**2 + log_sigma + 0.5 * math.log(2 * math.pi)
                number += 1
            if gap:
                flag = F.binary_cross_entropy_with_logits(o[:, -1], gone.to(o), reduction="none")
                nll = torch.where(gone, 0.0, nll) + flag
            total, at = total + nll, at + width
        return total


def _check_missing(missing: object, columns: int) -> tuple[bool, ...]:
    if missing is None:
        return (False,) * columns
    if not isinstance(missing, list | tuple) or len(missing) != columns:
        raise RangeError(f"missing must say True or False for each of {columns} columns.")
    return tuple(bool(each) for each in missing)
