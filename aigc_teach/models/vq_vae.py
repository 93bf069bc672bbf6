"""VQ-VAE: pictures as a grid of codes, and a GPT over the grid. van den Oord et al. 2017.

Two players. ``codec`` (encoder, codebook, decoder) learns to rebuild pictures from codes;
``prior`` (a GPT) learns which codes follow which, row by row. Both are trained by the one loop:

    fit(model, batches, TrainConfig(steps=1000, turns=("codec",)))
    fit(model, batches, TrainConfig(steps=1000, turns=("prior",)))

Legend: N batch, H x W the grid, T = H W codes a picture, K codes, D their size, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor, nn

from ..core import (
    DtypeError,
    Labelled,
    Loss,
    ShapeError,
    check_choice,
    check_count,
    check_number,
)
from ..losses import elbo, sequence
from ..nn import Quantized, VectorQuantizer, downsample, nearest_codes, sampling, upsample
from .checks import check_data, check_image_shape
from .conditional import ClassConditional
from .gpt import GPT


class Codec(nn.Module):
    """Encoder, codebook and decoder: what the player ``codec`` owns.

    Parameters
    ----------
    data_shape : (int, int, int)
    quantizer : VectorQuantizer
    width : int
        Channels of the first convolution; the second has twice as many.
    """

    def __init__(self, data_shape: tuple[int, int, int], quantizer: VectorQuantizer, width: int):
        super().__init__()
        channels, height, breadth = data_shape
        size, grid = quantizer.size, (height // 4, breadth // 4)
        self.encoder = nn.Sequential(
            *downsample([channels, width, 2 * width], "relu"),  # [N, 2 * width, H, W]
            nn.Conv2d(2 * width, size, 1),  # [N, D, H, W]
        )
        self.quantizer = quantizer
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (size, *grid)),  # [N, D, H, W]
            nn.Conv2d(size, 2 * width, 1),
            nn.ReLU(),
            *upsample([2 * width, width, channels]),  # logits [N, channels, 4 H, 4 W]
        )


@final
class VQVAE(ClassConditional):
    """A VQ-VAE for images in [-1, 1], with or without labels.

    Labels are told to the prior alone: codes say how a picture looks, whatever it shows.

    Parameters
    ----------
    data_shape : (int, int, int)
        Channels (1 or 3), height and width; both sides a multiple of 4 and at least 8. The grid
        of codes has a quarter of each side.
    codes, size : int
        K and D.
    width : int
        Channels of the first convolution; the second has twice as many.
    commitment : float
        Weight of the commitment loss (beta of equation 3), at least 0.
    update : {"ema", "gradient"}
        How the codebook is learnt; see `nn.VectorQuantizer`, as for the next two.
    decay, restart : float
    spread : float
        Of the codebook's first entries.
    prior_width, prior_heads, prior_layers : int
        Sizes of the GPT over the codes.
    prior_dropout : float
    n_classes : int
        0 for a model without labels; with labels the prior reads the label first.
    class_shares : sequence of float, optional
        How frequent each class is in the data; equal if left out.

    Notes
    -----
    Before the prior is trained it is all but uniform: `sample` then draws independent codes,
    each about equally likely.

    Examples
    --------
    >>> model = VQVAE(codes=8, size=4, width=4)
    >>> model.encode(torch.zeros(3, 1, 28, 28)).shape, model.sample(3).shape
    (torch.Size([3, 7, 7]), torch.Size([3, 1, 28, 28]))
    """

    players = ("codec", "prior")

    def __init__(
        self,
        data_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        codes: int = 64,
        size: int = 16,
        width: int = 16,
        commitment: float = 0.25,
        update: str = "ema",
        decay: float = 0.99,
        restart: float = 2.0,
        spread: float = 1.0,
        prior_width: int = 64,
        prior_heads: int = 4,
        prior_layers: int = 2,
        prior_dropout: float = 0.0,
        n_classes: int = 0,
        class_shares=None,
    ):
        check_count("width", width)
        shape = check_image_shape(data_shape)
        super().__init__(shape, size, n_classes=n_classes, class_shares=class_shares)
        self.commitment = check_number("commitment", commitment)
        self.grid = (shape[1] // 4, shape[2] // 4)
        self.width, self.codes = width, codes
        quantizer = VectorQuantizer(
            codes, size, update=update, decay=decay, restart=restart, spread=spread
        )
        self.codec = Codec(shape, quantizer, width)
        self.prior = GPT(
            codes + n_classes,  # a label is a token of its own, after the codes
            context=1 + bool(n_classes) + math.prod(self.grid),
            width=prior_width,
            heads=prior_heads,
            layers=prior_layers,
            dropout=prior_dropout,
        )

    def loss(
        self,
        batch: Tensor | Labelled,
        player: str = "codec",
        *,
        generator: torch.Generator | None = None,
    ) -> Loss:
        """What rebuilding costs, or what the codes cost.

        Parameters
        ----------
        batch : Tensor or Labelled
            Images ``[N, *data_shape]``; with labels for a conditional model.
        player : {"codec", "prior"}
            ``codec``: reconstruction in nats an image, plus the codebook's loss and the
            commitment (equation 3; both summed over the D numbers of a code, averaged over the
            T codes of a picture, as the paper says). ``prior``: minus log p of the codes, in nats
            an image; the codec gets no gradient.
        generator : torch.Generator, optional
            For restarts of unused codes.

        Returns
        -------
        Loss
            Parts of ``codec``: ``reconstruction``, ``commitment`` (before its weight), and
            ``perplexity`` of the codebook's running counts, about the last 1 / (1 - decay)
            batches. Part of ``prior``: ``bits``, an image.
        """
        check_choice("player", player, self.players)
        x, labels = self.split(batch)
        if player == "prior":
            nll = self._codes_nll(self.encode(x), labels).mean()
            return Loss(nll, {"bits": nll.detach() / math.log(2)})
        found = self.quantize(x, generator=generator)
        target = (x.to(self.device) + 1) / 2
        logits = self.codec.decoder(found.vectors.movedim(-1, 1).flatten(1)).float()
        reconstruction = elbo.bernoulli_nll(logits, target).mean()
        total = reconstruction + self.commitment * found.commitment
        if self.codec.quantizer.update == "gradient":
            total = total + found.codebook
        shares = self.codec.quantizer.counts / self.codec.quantizer.counts.sum()
        parts = {
            "reconstruction": reconstruction.detach(),
            "commitment": found.commitment.detach(),
            "perplexity": torch.special.entr(shares).sum().exp(),
        }
        return Loss(total, parts)

    def trajectory(
        self,
        n: int,
        *,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """The picture as its codes are drawn, row by row: ``[n, *data_shape]`` each time.

        Places that are not drawn yet hold the code that is used most. `condition`: labels
        ``[n]``, for a model with labels.
        """
        labels = self.labels_for(n, condition, generator)
        text = self._prompt(n, labels)  # [n, 0 or 1]
        unread, state, drawn = text, None, []
        blank = self.codec.quantizer.counts.argmax()
        for place in range(math.prod(self.grid)):
            with torch.no_grad():
                logits, state = self.prior.read(unread, state)  # [n, K + C]
                token = sampling.draw(logits[:, : self.codes], generator=generator)  # [n]
            drawn.append(token)
            unread = token[:, None]
            if (place + 1) % self.grid[1] == 0:
                codes = torch.stack(drawn, dim=1)  # [n, t]
                rest = blank.expand(n, math.prod(self.grid) - len(drawn))
                yield self.decode(torch.cat([codes, rest], dim=1).unflatten(1, self.grid))

    def quantize(self, x: Tensor, *, generator: torch.Generator | None = None) -> Quantized:
        """Encoder and codebook: vectors ``[N, H, W, D]``, indices ``[N, H, W]``, two losses."""
        check_data(x, self.data_shape, weights=self.weights_dtype)
        z = self.codec.encoder(x.to(self.device)).movedim(1, -1)  # [N, H, W, D]
        return self.codec.quantizer(z, generator=generator)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """The codes of images: int64 ``[N, H, W]``, without a gradient; the codebook rests."""
        check_data(x, self.data_shape, weights=self.weights_dtype)
        z = self.codec.encoder(x.to(self.device)).movedim(1, -1)  # [N, H, W, D]
        return nearest_codes(z, self.codec.quantizer.codebook)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes as images in [-1, 1]: int64 ``[N, H, W] -> [N, *data_shape]``."""
        self._check_codes(codes)
        vectors = self.codec.quantizer.look_up(codes.to(self.device))  # [N, H, W, D]
        logits = self.codec.decoder(vectors.movedim(-1, 1).flatten(1)).float()
        return 2 * logits.sigmoid() - 1

    def log_prob_codes(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Log p of each grid of codes by the prior, in nats: int64 ``[N, H, W] -> [N]``.

        Minus that, over log 2, is the size in bits to which an entropy coder brings the codes.
        """
        self._check_codes(codes)
        if self.n_classes:
            labels = self.check_labels(labels, len(codes))
        return -self._codes_nll(codes.to(self.device), labels)

    def _codes_nll(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Minus log p of each grid's codes, the label given: ``[N]``."""
        tokens, before = codes.flatten(1), self._prompt(len(codes), labels)  # [N, T], [N, 0 or 1]
        read = torch.cat([before, tokens[:, :-1]], dim=1)
        logits = self.prior(read, start=True)[:, before.shape[1] :, : self.codes]  # [N, T, K]
        return sequence.sequence_nll(logits, tokens)

    def _prompt(self, n: int, labels: Tensor | None) -> Tensor:
        """What stands before the codes: the label's token ``[n, 1]``, or nothing ``[n, 0]``."""
        if labels is None:
            return torch.zeros(n, 0, dtype=torch.int64, device=self.device)
        return self.codes + labels[:, None]

    def _check_codes(self, codes: Tensor) -> None:
        if not isinstance(codes, Tensor) or codes.dtype != torch.int64:
            given = codes.dtype if isinstance(codes, Tensor) else type(codes).__name__
            raise DtypeError(f"Codes must be an int64 tensor [N, H, W]; you gave {given}.")
        if codes.ndim != 3 or tuple(codes.shape[1:]) != self.grid or not len(codes):
            h, w = self.grid
            raise ShapeError(
                f"Codes must be [N, {h}, {w}], N at least 1; yours are {[*codes.shape]}."
            )
