"""A small denoiser of points -> sizes and float16 weights that the page can run."""

from __future__ import annotations

from torch import nn

from ..core.errors import DtypeError
from .export import PageNet, _Weights, check_size, dense_layer

PARTS = ("condition", "inward", "layers", "modulate", "outward")
MOST_BYTES = 150_000


def export_denoiser(net: nn.Module) -> PageNet:
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
    check_size(net, "net", "Use a smaller width, such as 64.", MOST_BYTES)
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
    return PageNet(plan, weights.bytes())
