"""A U-Net that reads sentences -> sizes and float16 weights that the page can run."""

from __future__ import annotations

from torch import nn

from ..core.errors import DtypeError
from .export import PageNet, _weighted, _Weights, check_size, dense_layer

PARTS = ("unet", "encoder", "sentence", "looks")


def export_word_unet(net: nn.Module) -> PageNet:
    """Export a `nn.WordUNet`.

    Raises
    ------
    DtypeError, AigcError, RangeError
        If it is another kind of network, holds more than 1 MB as float16, or weights that are
        not finite.
    """
    if not all(hasattr(net, part) for part in PARTS):
        raise DtypeError(
            f"The page runs a WordUNet; you gave a {type(net).__name__}. Of a Flow give model.net."
        )
    check_size(net, "net", "Use a smaller width.")
    weights = _Weights()
    unet, encoder = net.unet, net.encoder
    channels, side, _ = unet.data_shape
    half, low, width = side // 2, side // 4, unet.inward.out_channels

    def dense(layer: nn.Linear) -> dict:
        return dense_layer(layer, weights)

    def conv(layer: nn.Module, size: int, out: int) -> dict:
        sizes = {"in": [layer.in_channels, size, size], "out": [layer.out_channels, out, out]}
        return {**_weighted(layer.float().cpu(), None, None, weights), **sizes}

    def block(one: nn.Module, size: int) -> dict:
        return {
            "first": conv(one.first, size, size),
            "second": conv(one.second, size, size),
            "modulate": dense(one.modulate),
            "groups": one.normalise.num_groups,
        }

    def look(one: nn.Module) -> dict:
        return {
            "heads": one.heads,
            "groups": one.normalise.num_groups,
            "query": dense(one.query),
            "keyValue": dense(one.key_value),
            "out": dense(one.out),
        }

    def norm(layer: nn.LayerNorm) -> dict:
        parts = {"weight": weights.add(layer.weight.cpu()), "bias": weights.add(layer.bias.cpu())}
        return {"size": layer.normalized_shape[0], **parts}

    plan = {
        "side": side,
        "channels": channels,
        "width": width,
        "length": encoder.length,
        "time": [dense(unet.condition.time[0]), dense(unet.condition.time[2])],
        "sentence": dense(net.sentence),
        "encoder": {
            "heads": encoder.heads,
            "width": encoder.word.embedding_dim,
            "words": encoder.word.num_embeddings,
            "word": weights.add(encoder.word.weight.cpu()),
            "place": -1 if encoder.place is None else weights.add(encoder.place.cpu()),
            "first": norm(encoder.first),
            "mix": dense(encoder.mix),
            "join": dense(encoder.join),
            "second": norm(encoder.second),
            "think": [dense(encoder.think[0]), dense(encoder.think[2])],
            "last": norm(encoder.last),
        },
        "inward": conv(unet.inward, half, half),
        "down": [block(one, half) for one in unet.down],
        "shrink": conv(unet.shrink, half, low),
        "bottom": [block(one, low) for one in unet.bottom],
        "grow": conv(unet.grow, low, half),
        "join": conv(unet.join, half, half),
        "up": [block(one, half) for one in unet.up],
        "outward": conv(unet.outward, half, half),
        "looks": [look(one) for one in net.looks],
    }
    return PageNet(plan, weights.bytes())
