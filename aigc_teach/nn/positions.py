"""Where a token stands, told to a network that would not know: three ways.

Learnt positions are a table of vectors (``nn.Embedding``), one for each place, added to the
tokens. The other two are formulas: `sinusoidal` is added, too; `rotate` turns queries and keys,
so that their product depends on the *distance* of two places alone.

Legend: T places, D features (even), theta the angle of a pair of features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_count

BASE = 10_000.0  # the slowest pair turns once in about BASE * 2 pi places
KINDS = ("learnt", "sinusoidal", "rotary")


def sinusoidal(places: Tensor, size: int) -> Tensor:
    """Sines and cosines of falling frequency: a vector for each place.

    Vaswani et al. 2017, section 3.5: feature 2 i is sin(p / 10000^(2 i / D)), feature 2 i + 1
    the cosine.

    Parameters
    ----------
    places : Tensor
        ``[T]``, whole or real numbers.
    size : int
        D, even.

    Returns
    -------
    Tensor
        float32 ``[T, D]``, in [-1, 1].

    >>> sinusoidal(torch.arange(2), 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    theta = _angles(places, size)  # [T, D / 2]
    return torch.stack([theta.sin(), theta.cos()], dim=-1).flatten(-2)  # [T, D]


def rotate(x: Tensor, places: Tensor) -> Tensor:
    """Turn each pair of features by an angle that grows with the place (RoPE).

    Su et al. 2021, equation 34. Feature i is paired with feature i + D / 2, as in GPT-NeoX
    and Llama; the paper pairs neighbours, which is the same up to the order of the features.

    Parameters
    ----------
    x : Tensor
        Queries or keys ``[..., T, D]``, D even.
    places : Tensor
        ``[T]``.

    Returns
    -------
    Tensor
        ``[..., T, D]``, of the same lengths.

    Raises
    ------
    ShapeError, RangeError

    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """
    if x.ndim < 2 or places.shape != x.shape[-2:-1]:
        raise ShapeError(
            f"x must be [..., T, D] and places [T]; they are {[*x.shape]} and {[*places.shape]}."
        )
    theta = _angles(places, x.shape[-1])  # [T, D / 2]
    cos, sin = theta.cos().to(x.dtype), theta.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)  # [..., T, D / 2] each
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)  # [..., T, D]


def _angles(places: Tensor, size: int) -> Tensor:
    """Place times frequency, ``[T, D / 2]``, in float32."""
    if check_count("size", size) % 2:
        raise RangeError(f"size={size} is odd; features are turned in pairs.")
    pairs = torch.arange(0, size, 2, device=places.device, dtype=torch.float32)  # [D / 2]
    return places.float()[:, None] * BASE ** (-pairs / size)
