"""A small denoiser of points -> sizes and float16 weights that the page can run."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from ..core.errors import AigcError, DtypeError
from .export import _Weights, dense_layer

PARTS = ("condition", "inward", "layers", "modulate", "outward")
MOST_BYTES = 150_000


class PageDenoiser(NamedTuple):
    """The net as the page reads it.

    Attributes
    ----------
    plan : dict
        Sizes, and where the weights of each part begin.
    weights : bytes
        All weights, little-endian float16.
    """

    plan: dict
    weights: bytes


def export_denoiser(net: nn.Module) -> PageDenoiser:
    """Export a `nn.DenoisingMLP` of points in the plane.

    Raises
    ------
    DtypeError, AigcError, RangeError
        If it is another kind of network, is larger than 150 kB as float16, or holds weights that
        are not finite.
    """
    points = all(hasattr(net, part) for part in PARTS) and tuple(net.data_shape) == (2,)
    if not points:
        raise DtypeError(
            f"The page runs a DenoisingMLP of points [N, 2]; you gave a {type(net).__name__}. "
            "Of a Diffusion((2,), ...) give model.net."
        )
    count = sum(p.numel() for p in net.parameters())
    if 2 * count > MOST_BYTES:
        raise AigcError(
            f"This net has {count:,} weights, {2 * count / 1e3:.0f} kB as float16; the page takes "
            f"at most {MOST_BYTES / 1e3:.0f} kB. Use a smaller width, such as 64."
        )
    weights, condition = _Weights(), net.condition
    blocks = zip(net.layers, net.modulate, strict=True)
    plan = {
        "classes": condition.n_classes,
        "time": [dense_layer(condition.time[k], weights) for k in (0, 2)],
        "label": -1 if condition.label is None else weights.add(condition.label.weight.cpu()),
        "inward": dense_layer(net.inward, weights),
        "blocks": [
            {"layer": dense_layer(layer, weights), "modulate": dense_layer(modulate, weights)}
            for layer, modulate in blocks
        ],
        "outward": dense_layer(net.outward, weights),
    }
    return PageDenoiser(plan, weights.bytes())
