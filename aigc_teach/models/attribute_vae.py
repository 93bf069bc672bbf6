"""A VAE whose decoder is told attributes beside the code: numbers, and choices among names.

Sohn et al. 2015. Tell it some attributes and the code is left to say the rest. So a picture can
be edited: encode it, change what is told, decode. Nothing in the bound forbids the code to say
what is told as well, and then a change of what is told changes little. Two weights work against
that: `beta` makes every word of the code dear, `independence` the words that repeat an attribute.

Legend: N batch, L latent size, A amounts, C choices of K_1, ..., K_C names, D = A + sum of K.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    AigcError,
    DtypeError,
    GenerativeModel,
    Labelled,
    Loss,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_number,
    check_sizes,
    drawn_on,
    refuse_condition,
)
from ..losses import elbo
from ..nn import ToImage, reparameterise, standard_normal
from ..nn.halving import Double, Halve
from .checks import check_codes, check_data, check_image_shape


@final
class AttributeVAE(GenerativeModel):
    """A convolutional VAE of pictures in [-1, 1], told none, some or all of their attributes.

    A condition is a table ``[N, A + C]`` of floating-point numbers: amounts in [0, 1] first,
    then for each choice the place of a name, 0 to K - 1. With neither amounts nor choices it is
    a VAE without conditions.

    Parameters
    ----------
    data_shape : (int, int, int)
        Channels (1 or 3), height and width; both sides a multiple of 4 and at least 8.
    amounts : int
        A.
    choices : sequence of int
        How many names each choice has.
    latent_size : int
        L.
    width : int
        Channels at half the sides; twice as many at a quarter.
    beta : float
        Weight of the KL term.
    sigma : float
        Spread of the Gaussian likelihood, in the pictures' own units.
    independence : float
        Weight of the sum of squared correlations, within a batch, between the codes' means and
        what is told. A linear stand-in for the adversary of Lample et al. 2017.

    Examples
    --------
    >>> model = AttributeVAE((3, 32, 32), amounts=1, choices=(3,), latent_size=4, width=4)
    >>> table = torch.tensor([[0.5, 2.0], [1.0, 0.0]])
    >>> model.sample(2, condition=table).shape
    torch.Size([2, 3, 32, 32])
    >>> model.edit(torch.zeros(2, 3, 32, 32), table).shape
    torch.Size([2, 3, 32, 32])
    """

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (3, 32, 32),
        *,
        amounts: int = 0,
        choices: Sequence[int] = (),
        latent_size: int = 32,
        width: int = 32,
        beta: float = 1.0,
        sigma: float = 0.1,
        independence: float = 0.0,
    ):
        super().__init__()
        channels, height, breadth = check_image_shape(data_shape)
        check_number("beta", beta)
        check_number("sigma", sigma, above=True)
        check_number("independence", independence)
        self.data_shape = (channels, height, breadth)
        self.beta, self.sigma, self.independence = beta, sigma, independence
        self.amounts = check_count("amounts", amounts, at_least=0)
        self.choices = check_sizes("choices", choices, fewest=1) if len(choices) else ()
        self.latent_size = check_count("latent_size", latent_size)
        self.width = check_count("width", width)
        small = (2 * width, height // 4, breadth // 4)
        flat = small[0] * small[1] * small[2]
        told = self.amounts + sum(self.choices)  # D
        wide, middle = 2 * width, (3 * width + 1) // 2
        self.encoder = nn.Sequential(
            Halve(channels, width),  # [N, W, H / 2, B / 2]
            nn.BatchNorm2d(width),
            nn.ReLU(),
            Halve(width, wide),  # [N, 2 W, H / 4, B / 4]
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(flat, 2 * latent_size),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_size + told, flat),
            ToImage(small),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            Double(wide, middle),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            Double(middle, channels),  # [N, C, H, B]
            nn.Tanh(),
        )

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "model",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """Minus the evidence lower bound of p(x | z, attributes), in nats an item.

        Parameters
        ----------
        batch : Tensor or Labelled
            ``[N, C, H, W]`` in [-1, 1]; with a table of attributes for a model that is told any.
        player : {"model"}
        generator : torch.Generator, optional
            For the draw of z.

        Returns
        -------
        Loss
            Parts: ``reconstruction``, ``kl`` (before the weight beta) and, where it has a weight,
            ``correlation`` (a sum of squares).
        """
        check_choice("player", player, self.players)
        has_table = isinstance(batch, Labelled)
        if has_table != bool(self.told):
            need = "Labelled(x, table of attributes)" if self.told else "a plain tensor"
            raise AigcError(
                f"This AttributeVAE is told {self.told} attributes, so its batch must be {need}; "
                f"you gave a {type(batch).__name__}."
            )
        x, table = batch if has_table else (batch, None)
        check_data(x, self.data_shape, weights=self.weights_dtype)
        mu, logvar = self.encode(x)  # [N, L] each
        z = reparameterise(mu, logvar, generator=generator)
        mean = self.decode(z, table)
        reconstruction = elbo.gaussian_nll(mean, x.to(mean), self.sigma).mean()
        kl = elbo.kl_to_standard_normal(mu, logvar).mean()
        total = reconstruction + self.beta * kl
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach()}
        if self.independence and self.told:
            correlation = squared_correlations(mu, self.spread(table, len(mu)))
            total = total + self.independence * correlation
            parts["correlation"] = correlation.detach()
        return Loss(total, parts)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """One item: z from the prior, decoded with the table given or one drawn evenly."""
        if condition is None and self.told:
            condition = self.draw_attributes(n, generator=generator)
        elif condition is not None:
            if not self.told:
                raise AigcError(
                    "This AttributeVAE was built without conditions: it is told no attributes."
                )
            condition = self._check_table(condition, n)
        like = next(self.parameters())
        z = standard_normal(n, self.latent_size, like=like, generator=generator)
        yield self.decode(z, condition)

    @property
    def told(self) -> int:
        """Columns of a condition: A + C."""
        return self.amounts + len(self.choices)

    def draw_attributes(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """A table ``[n, A + C]``, every value as likely as every other."""
        if not self.told:
            raise AigcError("This AttributeVAE is told no attributes; it has none to draw.")
        where = drawn_on(self.device, generator)
        table = torch.rand(n, self.told, generator=generator, device=where).to(self.device)
        names = table.new_tensor([1] * self.amounts + list(self.choices))
        chosen = torch.arange(self.told, device=table.device) >= self.amounts
        return torch.where(chosen, (table * names).floor(), table)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x): two tensors ``[N, L]``, in float32."""
        check_data(x, self.data_shape, weights=self.weights_dtype)
        mu, logvar = self.encoder(x.to(self.device)).float().chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Pictures ``[N, C, H, W]`` in [-1, 1] of codes ``[N, L]`` and a table ``[N, A + C]``."""
        check_codes(z, self.latent_size, weights=self.weights_dtype)
        z = z.to(self.device)
        if not self.told:
            refuse_condition(self, condition)
            return self.decoder(z).float()
        return self.decoder(torch.cat([z, self.spread(condition, len(z)).to(z)], 1)).float()

    def edit(self, x: Tensor, condition: Tensor) -> Tensor:
        """Encode pictures ``[N, C, H, W]`` to their mean codes, decode with a new table.

        In evaluation mode or not, it draws nothing.
        """
        return self.decode(self.encode(x)[0], condition)

    def spread(self, condition: Tensor | None, n: int) -> Tensor:
        """What the decoder is told: amounts, and each choice one-hot; ``[N, D]``.

        Examples
        --------
        >>> model = AttributeVAE(amounts=1, choices=(3,), width=4)
        >>> model.spread(torch.tensor([[0.5, 2.0]]), 1).tolist()
        [[0.5, 0.0, 0.0, 1.0]]
        """
        table = self._check_table(condition, n)
        parts = [table[:, : self.amounts]]
        for column, names in enumerate(self.choices, start=self.amounts):
            parts.append(F.one_hot(table[:, column].long(), names).to(table))
        return torch.cat(parts, dim=1)

    def _check_table(self, table: Tensor | None, n: int) -> Tensor:
        """The condition on the model's device, or a sentence on what is wrong with it."""
        want = f"[{n}, {self.told}]: {self.amounts} amounts in [0, 1], {len(self.choices)} places"
        if not isinstance(table, Tensor):
            raise AigcError(f"This AttributeVAE is told attributes; give it a table {want}.")
        if not table.dtype.is_floating_point:
            raise DtypeError(f"A table of attributes must be floating-point; it is {table.dtype}.")
        if table.shape != (n, self.told):
            raise ShapeError(f"A table of attributes must be {want}; it is {list(table.shape)}.")
        if table.device.type == "cpu":  # elsewhere a look would make the CPU wait
            most = table.new_tensor([1] * self.amounts + [k - 1 for k in self.choices])
            places = table[:, self.amounts :]
            if not bool(((table >= 0) & (table <= most)).all()) or bool((places % 1).any()):
                raise RangeError(
                    f"A table of attributes must be {want} (whole numbers below "
                    f"{list(self.choices)}); yours holds other numbers."
                )
        return table.to(self.device)


def squared_correlations(u: Tensor, v: Tensor, eps: float = 1e-4) -> Tensor:
    """Sum over all pairs of columns of the squared correlation in a batch.

    Parameters
    ----------
    u, v : Tensor
        ``[N, P]`` and ``[N, Q]``.
    eps : float
        Added to each spread, so that a column without any counts as unrelated.

    Returns
    -------
    Tensor
        One number, from 0 to about P Q.

    Examples
    --------
    >>> u = torch.tensor([[0.0], [1.0], [2.0]])
    >>> v = torch.tensor([[5.0, 1.0, 7.0], [3.0, 0.0, 7.0], [1.0, 1.0, 7.0]])
    >>> round(squared_correlations(u, v).item(), 2)
    1.0
    """
    u, v = (
        (w - w.mean(0)) / (w.var(0, correction=0).clamp(min=eps**2).sqrt() + eps) for w in (u, v)
    )
    return (u.T @ v.to(u) / len(u)).square().sum()
