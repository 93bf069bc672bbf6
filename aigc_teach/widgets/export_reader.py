"""A reader of attributes -> layers and float16 weights that the page can run.

The page hands it a picture as ``[H, W, C]``; it answers with amounts and the logits of all
choices, side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from ..core.errors import DtypeError
from .export import _forward, _layer, _steps, _Weights, check_size


class PageReader(NamedTuple):
    """A reader as the page has it.

    Attributes
    ----------
    layers : list of dict
        What each layer does, its sizes, and where its weights begin.
    weights : bytes
        All weights, little-endian float16.
    outputs : int
        Amounts and logits together.
    """

    layers: list[dict]
    weights: bytes
    outputs: int


def export_reader(reader: nn.Module, image: tuple[int, int, int]) -> PageReader:
    """Export a `metrics.AttributeReader` for pictures ``(C, H, W)`` of its own size.

    Raises
    ------
    DtypeError, AigcError, ShapeError, RangeError
        If it is another kind of network, too large, does not take such pictures, or holds
        weights that are not finite.
    """
    if not (hasattr(reader, "body") and hasattr(reader, "head")):
        raise DtypeError(
            f"The page reads with a metrics.AttributeReader; you gave a {type(reader).__name__}."
        )
    network = nn.Sequential(reader.body, reader.head)
    check_size(network, "network", "Use a narrower decoder.")
    x, layers, weights = torch.zeros(1, *image), [], _Weights()
    with torch.no_grad():
        for module, scale, shift in _steps(network):
            before = x
            x = _forward(module, x)
            layers.append(_layer(module, before, x, scale, shift, weights))
    return PageReader(layers, weights.bytes(), x.shape[1])
