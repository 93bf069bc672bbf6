"""A style-based generator -> sizes and float16 weights that the page can run.

Kernels are stored as ``[kh, kw, C_in, C_out]``, as in `export`; every scale that a layer applies
while it runs is multiplied in.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..core.errors import DtypeError
from .export import PageNet, _Weights, check_size

PARTS = ("mapping", "constant", "layers", "to_colour", "colour_bias")


def export_style_generator(generator: nn.Module) -> PageNet:
    """Export the generator of a `models.StyleGAN`.

    Parameters
    ----------
    generator : nn.Module
        With the parts of `StyleGAN.generator`: mapping, constant, layers, to_colour, colour_bias.

    Raises
    ------
    DtypeError, AigcError, RangeError
        If it is another kind of network, holds more than 1 MB as float16, or weights that are
        not finite.
    """
    if not all(hasattr(generator, part) for part in PARTS):
        raise DtypeError(
            f"The mixer runs the generator of a StyleGAN; you gave a {type(generator).__name__}. "
            "Give it model.generator."
        )
    check_size(generator, "generator", "Use fewer channels.")
    weights = _Weights()
    constant = generator.constant[0]  # [C, 4, 4]
    dense = [_dense(part, weights) for part in generator.mapping if hasattr(part, "rate")]
    layers = [_layer(layer, weights) for layer in generator.layers]
    colour = _convolution(generator.to_colour, generator.colour_bias, weights)
    plan = {
        "mapping": dense,
        "constant": weights.add(constant.permute(1, 2, 0).float().cpu()),  # [4, 4, C]
        "layers": layers,
        "colour": colour,
    }
    return PageNet(plan, weights.bytes())


def _dense(layer: nn.Module, weights: _Weights) -> dict:
    """A dense layer with its scale multiplied in."""
    outputs, inputs = layer.weight.shape
    return {
        "in": [inputs],
        "out": [outputs],
        "weight": weights.add((layer.weight * layer.scale).float().cpu()),
        "bias": weights.add((layer.bias * layer.rate).float().cpu()),
    }


def _convolution(conv: nn.Module, bias: Tensor, weights: _Weights) -> dict:
    """A modulated convolution and the bias that is added after it."""
    outputs, inputs, kernel, _ = conv.weight.shape
    return {
        "inputs": inputs,
        "outputs": outputs,
        "kernel": kernel,
        "demodulate": bool(conv.demodulate),
        "style": _dense(conv.style, weights),
        "weight": weights.add((conv.weight * conv.scale).permute(2, 3, 1, 0).float().cpu()),
        "bias": weights.add(bias.float().cpu()),
    }


def _layer(layer: nn.Module, weights: _Weights) -> dict:
    strength = float(layer.noise.strength.detach())
    return {**_convolution(layer.conv, layer.bias, weights), "up": layer.up, "noise": strength}
