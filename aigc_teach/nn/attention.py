"""Attention by hand: who looks at whom, and what comes of it. Vaswani et al. 2017, section 3.2.

Legend: N batch, H heads, T queries, S keys and values, D features of a query, C width, C = H D.
Masks are boolean ``[T, S]``, True where a query may look, as ``F.scaled_dot_product_attention``
takes them.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import DtypeError, RangeError, ShapeError, check_count
from .positions import rotate


def causal_mask(queries: int, keys: int | None = None, *, like: Tensor | None = None) -> Tensor:
    """Which of `keys` places each of the last `queries` places may look at: itself and earlier.

    Parameters
    ----------
    queries, keys : int
        T and S, T at most S; S = T if left out. The last query stands at the last key.
    like : Tensor, optional
        The mask is made on its device.

    Returns
    -------
    Tensor
        bool ``[T, S]``.

    >>> causal_mask(2, 3).int()
    tensor([[1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    keys = queries if keys is None else keys
    if queries > keys:
        raise RangeError(f"There are {queries} queries and {keys} keys; each query needs its own.")
    everything = torch.ones(
        queries, keys, dtype=torch.bool, device=like.device if like is not None else None
    )
    return everything.tril(keys - queries)  # [T, S]


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention, softmax(q k' / sqrt(D)) v, and its weights.

    Vaswani et al. 2017, equation 1.

    Parameters
    ----------
    q, k, v : Tensor
        ``[..., T, D]``, ``[..., S, D]`` and ``[..., S, E]``.
    mask : Tensor, optional
        bool, broadcast to ``[..., T, S]``: True where a query may look. A query that may look
        nowhere gets zeros.

    Returns
    -------
    (Tensor, Tensor)
        ``[..., T, E]``, and the weights ``[..., T, S]``: each row sums to 1.

    Raises
    ------
    ShapeError, DtypeError

    Examples
    --------
    >>> q = k = torch.eye(2)
    >>> out, weights = attention(q, k, torch.tensor([[1.0], [3.0]]), causal_mask(2))
    >>> out, weights
    (tensor([[1.0000],
            [2.3395]]), tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]]))
    """
    _check(q, k, v, mask)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # [..., T, S]
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)  # [..., T, S]
    if mask is not None:  # a softmax over nothing is 0 / 0
        weights = weights.masked_fill(~mask, 0.0)
    return weights @ v, weights


def by_kernel(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention of the last T of S places by torch's kernel, without the weights.

    ``[N, H, T, D]``, ``[N, H, S, D]`` and ``[N, H, S, D]`` to ``[N, H, T, D]``.

    >>> one = torch.ones(1, 1, 2, 4)
    >>> torch.equal(by_kernel(one, one, one), one)
    True
    """
    steps, places = q.shape[2], k.shape[2]
    fresh = 1 < steps == places  # then torch knows the mask by itself
    mask = None if fresh or steps == 1 else causal_mask(steps, places, like=q)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=fresh)


def by_hand(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same as `by_kernel` in three operations.

    Faster on a CPU in bfloat16: of 12 sequences of 64 tokens, 4 heads of 32, forward and
    backward took torch's kernel six times as long on the one processor that was tried; in
    float32 the kernel was a tenth faster.

    >>> one = torch.ones(1, 1, 2, 4)
    >>> torch.equal(by_hand(one, one, one), one)
    True
    """
    steps, places = q.shape[2], k.shape[2]
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)  # [N, H, T, S]
    if steps > 1:
        hidden = torch.full((steps, places), -math.inf, dtype=scores.dtype, device=scores.device)
        scores = scores + hidden.triu(1 + places - steps)  # 0 for itself and earlier
    return scores.softmax(dim=-1).to(v.dtype) @ v


class KVCache:
    """The keys and values of all tokens read so far, so that none is computed twice.

    Parameters
    ----------
    capacity : int
        How many tokens at most; the room is taken at once.

    Attributes
    ----------
    length : int
        How many tokens it holds.

    Examples
    --------
    >>> cache = KVCache(8)
    >>> k, v = cache.append(torch.zeros(1, 2, 3, 4), torch.ones(1, 2, 3, 4))
    >>> k, v = cache.append(torch.zeros(1, 2, 1, 4), torch.ones(1, 2, 1, 4))
    >>> cache.length, list(k.shape)
    (4, [1, 2, 4, 4])
    """

    def __init__(self, capacity: int):
        self.capacity = check_count("capacity", capacity)
        self.length = 0
        self._k: Tensor | None = None
        self._v: Tensor | None = None

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add ``[N, H, T, D]`` each; the keys and values so far, ``[N, H, length, D]``."""
        n, heads, steps, size = k.shape
        if self.length + steps > self.capacity:
            raise RangeError(
                f"The cache holds {self.length} of at most {self.capacity} tokens; {steps} more "
                "have no room. Begin a new one with the last tokens."
            )
        if self._k is None:
            self._k, self._v = (x.new_empty(n, heads, self.capacity, size) for x in (k, v))
        begin, self.length = self.length, self.length + steps
        self._k[:, :, begin : self.length] = k
        self._v[:, :, begin : self.length] = v
        return self._k[:, :, : self.length], self._v[:, :, : self.length]


class SelfAttention(nn.Module):
    """Causal self-attention with several heads; its names are those of GPT-2.

    Parameters
    ----------
    width : int
        C.
    heads : int
        H, a divisor of C.
    rotary : bool
        Turn queries and keys by their places (see `rotate`).

    Examples
    --------
    >>> layer = SelfAttention(8, heads=2)
    >>> layer(torch.zeros(1, 3, 8)).shape, layer.weights(torch.zeros(1, 3, 8)).shape
    (torch.Size([1, 3, 8]), torch.Size([1, 2, 3, 3]))
    """

    def __init__(self, width: int, *, heads: int, rotary: bool = False):
        super().__init__()
        check_count("width", width)
        check_count("heads", heads)
        if width % heads:
            raise RangeError(f"width={width} cannot be shared by heads={heads}; choose a divisor.")
        if rotary and width // heads % 2:
            raise RangeError(
                f"Rotary positions turn pairs of features; width={width} over heads={heads} "
                f"leaves {width // heads} a head, which is odd."
            )
        self.heads, self.rotary = heads, rotary
        self.c_attn = nn.Linear(width, 3 * width)  # queries, keys and values side by side
        self.c_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, cache: KVCache | None = None) -> Tensor:
        """``[N, T, C] -> [N, T, C]``; with a cache, `x` are the tokens after those in it."""
        q, k, v = self.split(x, cache.length if cache else 0)  # [N, H, T, D] each
        if cache is not None:
            k, v = cache.append(k, v)  # [N, H, S, D] each
        mix = by_hand if x.device.type == "cpu" else by_kernel
        y = mix(q, k, v)  # [N, H, T, D]
        return self.c_proj(y.transpose(1, 2).flatten(2))  # [N, T, C]

    def split(self, x: Tensor, start: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of ``[N, T, C]``: ``[N, H, T, D]`` each.

        `start` is the place of the first token, which rotary positions need.
        """
        size = x.shape[-1] // self.heads
        parts = self.c_attn(x).unflatten(-1, (3 * self.heads, size)).transpose(1, 2)
        q, k, v = parts.chunk(3, dim=1)  # [N, H, T, D] each
        if self.rotary:
            places = torch.arange(start, start + x.shape[1], device=x.device)  # [T]
            q, k = rotate(q, places), rotate(k, places)
        return q, k, v

    def weights(self, x: Tensor) -> Tensor:
        """How much each token looks at each: ``[N, T, C] -> [N, H, T, T]``, by hand."""
        return attention(*self.split(x), causal_mask(x.shape[1], like=x))[1]


def _check(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> None:
    if min(x.ndim for x in (q, k, v)) < 2 or q.shape[-1] != k.shape[-1]:
        raise ShapeError(
            "q and k must be [..., T, D] and [..., S, D] with one D; they are "
            f"{[*q.shape]} and {[*k.shape]}."
        )
    if k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            f"k and v must hold the same S places; they are {[*k.shape]} and {[*v.shape]}."
        )
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise DtypeError(f"The mask must be bool, True where a query may look; it is {mask.dtype}.")
    if mask.ndim < 2 or not all(
        size in (1, wanted)
        for size, wanted in zip(mask.shape[-2:], (q.shape[-2], k.shape[-2]), strict=True)
    ):
        raise ShapeError(
            f"The mask must be [..., {q.shape[-2]}, {k.shape[-2]}]; yours is {[*mask.shape]}."
        )
