"""Vector quantisation: each vector becomes the nearest of K stored ones. van den Oord et al. 2017.

The gradient of that step is zero almost everywhere, so the decoder's gradient is copied past it
(the straight-through estimator, Bengio et al. 2013). How the stored vectors, the *codebook*, come
to lie among the encoder's is decided here: by a gradient, or by a running mean; and a code that
nobody uses can be put on one of the batch's vectors.

Legend: M vectors, D their size, K codes, z a vector, e_k a code.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import (
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_choice,
    check_count,
    check_number,
    drawn_on,
)

UPDATES = ("ema", "gradient")
TINY = 1e-5  # added to each code's count, so that a code that is never used is not 0 / 0


class Quantized(NamedTuple):
    """What became of vectors ``[..., D]``.

    Attributes
    ----------
    vectors : Tensor
        ``[..., D]``: the nearest codes; their gradient goes to z unchanged.
    indices : Tensor
        int64 ``[...]``: which codes, 0 to K - 1.
    codebook : Tensor
        Mean of ``||sg(z) - e||^2``, a scalar that pulls codes to vectors (equation 3, second
        term). Of ``update="ema"`` it has no gradient.
    commitment : Tensor
        Mean of ``||z - sg(e)||^2``: the same number, and pulls vectors to codes (third term).
    """

    vectors: Tensor
    indices: Tensor
    codebook: Tensor
    commitment: Tensor


def nearest_codes(z: Tensor, codes: Tensor) -> Tensor:
    """Index of the nearest code of each vector: ``[..., D], [K, D] -> int64 [...]``.

    Of codes equally near it is the first.

    >>> nearest_codes(torch.tensor([[0.2], [0.9]]), torch.tensor([[0.0], [1.0]]))
    tensor([0, 1])
    """
    flat, codes = z.detach().reshape(-1, z.shape[-1]).float(), codes.detach().float()
    apart = torch.cdist(flat, codes, compute_mode="donot_use_mm_for_euclid_dist")  # [M, K]
    return apart.argmin(1).reshape(z.shape[:-1])


def straight_through(z: Tensor, quantized: Tensor) -> Tensor:
    """The values of `quantized` with the gradient of `z`; shapes are equal.

    >>> z = torch.tensor([0.2, 0.9], requires_grad=True)
    >>> straight_through(z, z.round()).sum().backward()
    >>> z.grad
    tensor([1., 1.])
    """
    return z + (quantized - z).detach()


class VectorQuantizer(nn.Module):
    """A codebook of K vectors, and how it is learnt.

    Parameters
    ----------
    codes : int
        K, at least 1.
    size : int
        D.
    update : {"ema", "gradient"}
        ``"ema"``: each code is the running mean of the vectors that chose it (appendix A.1);
        the codebook is a buffer that moves in training mode, in `forward`. ``"gradient"``: the
        codebook is a parameter, and the optimizer follows the codebook loss.
    decay : float
        Of the running counts and sums, in [0, 1).
    restart : float
        A code whose running count falls below this many vectors a batch is put on a random
        vector of the batch (Dhariwal et al. 2020). 0: never. New codes have the
        count 1, so above 1 the first batch gives all codes their places.
    spread : float
        Standard deviation of the codes' first entries.

    Attributes
    ----------
    codebook : Tensor
        ``[K, D]``.
    counts : Tensor
        ``[K]``: vectors a batch that chose each code, a running mean from 1 on.

    Raises
    ------
    RangeError, ChoiceError, ShapeError, DtypeError

    Examples
    --------
    >>> quantizer = VectorQuantizer(8, 2)
    >>> found = quantizer(torch.zeros(5, 7, 7, 2))
    >>> found.vectors.shape, found.indices.shape
    (torch.Size([5, 7, 7, 2]), torch.Size([5, 7, 7]))
    """

    def __init__(
        self,
        codes: int,
        size: int,
        *,
        update: str = "ema",
        decay: float = 0.99,
        restart: float = 0.0,
        spread: float = 1.0,
    ):
        super().__init__()
        self.codes, self.size = check_count("codes", codes), check_count("size", size)
        check_choice("update", update, UPDATES)
        if not check_number("decay", decay) < 1:
            raise RangeError(f"decay={decay} must be at least 0 and below 1; 0.99 is usual.")
        self.update, self.decay = update, decay
        self.restart = check_number("restart", restart)
        self.spread = check_number("spread", spread, above=True)
        codebook = spread * torch.randn(codes, size)  # [K, D]
        if update == "gradient":
            self.codebook = nn.Parameter(codebook)
        else:
            self.register_buffer("codebook", codebook)
            self.register_buffer("sums", codebook.clone())  # running sums of vectors, [K, D]
        self.register_buffer("counts", torch.ones(codes))

    def forward(
        self,
        z: Tensor,
        mask: Tensor | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> Quantized:
        """Quantise; in training mode the codebook's running means move, too.

        Parameters
        ----------
        z : Tensor
            ``[..., D]``, at least one vector.
        mask : Tensor, optional
            bool ``[...]``: only vectors where it is True count, for the losses and for the
            codebook. Where none counts both losses are 0.
        generator : torch.Generator, optional
            Draws the vectors for restarts.
        """
        flat, counted = self._flat(z, mask)  # [M, D], [M]
        with full_precision(z.device):
            if self.training and self.restart:
                self._restart(flat.detach(), counted, generator)
            indices = nearest_codes(flat, self.codebook)  # [M]
            chosen = self.codebook[indices]  # [M, D]
            codebook = _mean((chosen - flat.detach()).square().sum(1), counted)
            commitment = _mean((flat - chosen.detach()).square().sum(1), counted)
            if self.training:
                self._follow(flat.detach(), indices, counted)
        vectors = straight_through(z, chosen.reshape(z.shape).to(z.dtype))
        return Quantized(vectors, indices.reshape(z.shape[:-1]), codebook, commitment)

    def look_up(self, indices: Tensor) -> Tensor:
        """The codes of indices: int64 ``[...] -> [..., D]``."""
        if not isinstance(indices, Tensor) or indices.dtype != torch.int64:
            given = indices.dtype if isinstance(indices, Tensor) else type(indices).__name__
            raise DtypeError(f"Indices of codes must be an int64 tensor; you gave {given}.")
        near = indices.device.type == "cpu" and indices.numel()  # elsewhere the CPU would wait
        if near and (indices.min() < 0 or indices.max() >= self.codes):
            raise RangeError(
                f"Indices must lie in 0..{self.codes - 1}; yours lie in "
                f"{int(indices.min())}..{int(indices.max())}."
            )
        return self.codebook[indices]

    @torch.no_grad()
    def _restart(self, z: Tensor, counted: Tensor, generator: torch.Generator | None) -> None:
        """Put each code that is hardly used on a vector of the batch, no two on the same."""
        dead = self.counts < self.restart  # [K]
        rank = dead.cumsum(0) - 1  # [K]: 0 for the first dead code
        dead = dead & (rank < counted.sum())  # more dead codes than vectors: the rest waits
        lots = torch.rand(len(z), device=drawn_on(z.device, generator), generator=generator)
        order = (lots.to(z.device) + counted).argsort(descending=True)  # those that count first
        taken = z[order[rank.clamp(0, len(z) - 1)]]  # [K, D]
        self.codebook.copy_(torch.where(dead[:, None], taken, self.codebook))
        self.counts.masked_fill_(dead, max(1.0, self.restart))
        if self.update == "ema":
            fresh = self.codebook * self.counts[:, None]
            self.sums.copy_(torch.where(dead[:, None], fresh, self.sums))

    @torch.no_grad()
    def _follow(self, z: Tensor, indices: Tensor, counted: Tensor) -> None:
        """Running counts and, with ``update="ema"``, sums and their quotient (appendix A.1)."""
        chose = F.one_hot(indices, self.codes).to(z.dtype) * counted[:, None]  # [M, K]
        self.counts.lerp_(chose.sum(0), 1 - self.decay)
        if self.update == "ema":
            self.sums.lerp_(chose.T @ z, 1 - self.decay)
            whole = self.counts.sum()
            smooth = (self.counts + TINY) / (whole + self.codes * TINY) * whole  # [K]
            self.codebook.copy_(self.sums / smooth[:, None])

    def _flat(self, z: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """The vectors in float32 ``[M, D]``, and 1 or 0 for each that counts or not ``[M]``."""
        if not isinstance(z, Tensor) or not z.dtype.is_floating_point:
            given = z.dtype if isinstance(z, Tensor) else type(z).__name__
            raise DtypeError(f"Vectors must be a floating-point tensor [..., D]; you gave {given}.")
        if z.ndim < 1 or z.shape[-1] != self.size:
            raise ShapeError(
                f"Vectors must be [..., {self.size}], the size of the codes last; yours are "
                f"{[*z.shape]}. Images of vectors [N, D, H, W] need z.movedim(1, -1)."
            )
        if not z.numel():
            raise DataError("There is no vector to quantise: the batch is empty.")
        flat = z.reshape(-1, self.size).float()
        if mask is None:
            return flat, torch.ones_like(flat[:, 0])
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            given = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise DtypeError(f"The mask must be bool, True where a vector counts; it is {given}.")
        if mask.shape != z.shape[:-1]:
            raise ShapeError(
                f"The mask must be {[*z.shape[:-1]]}, one entry a vector; it is {[*mask.shape]}."
            )
        return flat, mask.reshape(-1).to(flat)


def full_precision(device: torch.device) -> contextlib.AbstractContextManager:
    """Within it autocast is off, on the devices that have it: running sums stay in float32.

    >>> with full_precision(torch.device("cpu")):
    ...     torch.is_autocast_enabled("cpu")
    False
    """
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return contextlib.nullcontext()


def _mean(x: Tensor, counted: Tensor) -> Tensor:
    return (x * counted).sum() / counted.sum().clamp_min(1)
