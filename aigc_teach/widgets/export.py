"""A decoder -> layers and float16 weights that the page can run.

Batch normalisation in evaluation mode is an affine map, so it is folded into the layer
before it. Kernels are stored as ``[kh, kw, C_in, C_out]``: in the page an activation lies as
``[H, W, C]``, and the inner loops then read neighbours in memory.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..core.errors import AigcError, DtypeError, RangeError, ShapeError

MOST_BYTES = 1_000_000
ACTIVATIONS = {
    nn.ReLU: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.SiLU: "silu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
}
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d)  # in evaluation mode
KNOWN = (
    "Linear, Conv2d, ConvTranspose2d, BatchNorm1d, BatchNorm2d, Upsample (nearest), ReLU, "
    "LeakyReLU, SiLU, Tanh, Sigmoid, Unflatten, Flatten"
)


class PageNet(NamedTuple):
    """A net of several parts as the page reads it.

    Attributes
    ----------
    plan : dict
        Sizes, and where the weights of each part begin.
    weights : bytes
        All weights, little-endian float16.
    """

    plan: dict
    weights: bytes


class PageNetwork(NamedTuple):
    """A network as the page reads it.

    Attributes
    ----------
    layers : list of dict
        What each layer does, its sizes, and where its weights begin.
    weights : bytes
        All weights, little-endian float16.
    image : tuple of int
        ``(C, H, W)`` of the output.
    """

    layers: list[dict]
    weights: bytes
    image: tuple[int, int, int]


def export_network(network: nn.Sequential, inputs: int) -> PageNetwork:
    """Export `network`, which takes ``[N, inputs]`` and returns images ``[N, C, H, W]``.

    Raises
    ------
    AigcError, ShapeError, RangeError
        If a layer is unknown to the page, the sizes do not fit, the weights exceed 1 MB as
        float16 or are not finite.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(2, 784), nn.Unflatten(1, (1, 28, 28)))
    >>> page = export_network(net, 2)
    >>> [layer["kind"] for layer in page.layers], len(page.weights)
    (['linear', 'unflatten'], 4704)
    """
    if not isinstance(network, nn.Sequential):
        raise DtypeError(
            f"The network must be an nn.Sequential; you gave a {type(network).__name__}. "
            "For a model of the course take its part: vae.decoder or dcgan.generator."
        )
    check_size(network, "network", "Use a narrower decoder.")
    steps = _steps(network)
    x = torch.zeros(1, inputs)
    layers, weights = [], _Weights()
    with torch.no_grad():
        for module, scale, shift in steps:
            before = x
            x = _forward(module, x)
            layers.append(_layer(module, before, x, scale, shift, weights))
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ShapeError(
            f"The network must return images [N, 1 or 3, H, W]; it returns {['N', *x.shape[1:]]}. "
            "End it with nn.Unflatten, for example nn.Unflatten(1, (1, 28, 28))."
        )
    return PageNetwork(layers, weights.bytes(), tuple(x.shape[1:]))


class _Weights:
    """Collects tensors into one run of float16 and says where each begins."""

    def __init__(self):
        self.parts: list[np.ndarray] = []
        self.length = 0

    def add(self, values: Tensor) -> int:
        """Append `values`; return the place of the first of them."""
        array = values.detach().flatten().numpy().astype("<f2")
        if not np.isfinite(array).all():
            raise RangeError("The network holds weights that are NaN or beyond float16's 65,504.")
        start = self.length
        self.parts.append(array)
        self.length += array.size
        return start

    def bytes(self) -> bytes:
        """All of them, little-endian."""
        return np.concatenate([np.empty(0, "<f2"), *self.parts]).tobytes()


def check_size(net: nn.Module, what: str, advice: str, most: int = MOST_BYTES) -> None:
    """Raise a sentence if a net is larger than the page takes; `advice` says what would help."""
    count = sum(p.numel() for p in net.parameters())
    if 2 * count <= most:
        return
    unit, name, digits = (1e6, "MB", 1) if most >= 1e6 else (1e3, "kB", 0)
    raise AigcError(
        f"This {what} has {count:,} weights, {2 * count / unit:.{digits}f} {name} as float16; the "
        f"page takes at most {most / unit:.0f} {name}. {advice}"
    )


def _flat(network: nn.Sequential):
    """The layers of nested Sequentials, those that do nothing left out."""
    for module in network:
        if isinstance(module, nn.Sequential):
            yield from _flat(module)
        elif not isinstance(module, NOTHING):
            yield module


def _steps(network: nn.Sequential) -> list[tuple[nn.Module, Tensor | None, Tensor | None]]:
    """Layers with the scale and shift of the batch norm that follows them, if one does."""
    network = copy.deepcopy(network).float().cpu().eval()
    steps: list = []
    for module in _flat(network):
        foldable = steps and isinstance(steps[-1][0], (nn.Linear, nn.Conv2d, nn.ConvTranspose2d))
        if isinstance(module, NORMS) and foldable and steps[-1][1] is None:
            steps[-1] = (nn.Sequential(steps[-1][0], module), *_affine_of(module))
        elif isinstance(module, NORMS):
            steps.append((module, *_affine_of(module)))
        else:
            steps.append((module, None, None))
    return steps


def _affine_of(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Evaluation-mode batch norm as ``scale * x + shift``, both ``[C]``."""
    if norm.running_mean is None:
        raise AigcError("A batch norm without running statistics cannot run in the page.")
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    shift = -norm.running_mean * scale
    return scale, shift if norm.bias is None else shift + norm.bias


def _forward(module: nn.Module, x: Tensor) -> Tensor:
    try:
        return module(x)
    except RuntimeError as error:
        name = type(module[0] if isinstance(module, nn.Sequential) else module).__name__
        raise ShapeError(
            f"{name} cannot take an input of shape {['N', *x.shape[1:]]}. Does the network's "
            "first layer take latent_size + n_classes numbers?"
        ) from error


def _layer(module, before: Tensor, after: Tensor, scale, shift, weights: _Weights) -> dict:
    """Describe one layer for the page; its weights go into `weights`."""
    if isinstance(module, nn.Sequential):  # a layer with its batch norm
        module = module[0]
    sizes = {"in": list(before.shape[1:]), "out": list(after.shape[1:])}
    if type(module) in ACTIVATIONS:
        slope = float(getattr(module, "negative_slope", 0.0))
        return {"kind": ACTIVATIONS[type(module)], "slope": slope, **sizes}
    if isinstance(module, NORMS):
        return {
            "kind": "affine",
            "scale": weights.add(scale),
            "shift": weights.add(shift),
            **sizes,
        }
    if isinstance(module, (nn.Unflatten, nn.Flatten)):
        return {"kind": _reshape_kind(before, after), **sizes}
    if isinstance(module, nn.Upsample):
        return {"kind": "upsample", **_upsample(module, before, after), **sizes}
    if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        return {**_weighted(module, scale, shift, weights), **sizes}
    raise AigcError(f"The page cannot run a {type(module).__name__}. It knows: {KNOWN}.")


def _weighted(module, scale, shift, weights: _Weights) -> dict:
    """A layer with weights and bias, the batch norm that follows it folded in."""
    if isinstance(module, nn.Linear):
        kind, kernel = {"kind": "linear"}, module.weight  # [out, in]
    elif isinstance(module, nn.Conv2d):
        kind, kernel = {"kind": "conv", **_geometry(module)}, module.weight
    else:
        kind = {"kind": "conv_transpose", **_geometry(module)}
        kernel = module.weight.transpose(0, 1)  # [C_out, C_in, kh, kw]
    bias = torch.zeros(kernel.shape[0]) if module.bias is None else module.bias
    if scale is not None:
        kernel = kernel * scale.view(-1, *[1] * (kernel.ndim - 1))
        bias = bias * scale + shift
    if kernel.ndim == 4:
        kernel = kernel.permute(2, 3, 1, 0)  # [kh, kw, C_in, C_out]
    return {**kind, "weight": weights.add(kernel), "bias": weights.add(bias)}


def dense_layer(layer: nn.Linear, weights: _Weights) -> dict:
    """A dense layer as the page reads it: its sizes, and where its weights begin."""
    sizes = {"in": [layer.in_features], "out": [layer.out_features]}
    return {**_weighted(layer.float().cpu(), None, None, weights), **sizes}


def _geometry(module: nn.Conv2d | nn.ConvTranspose2d) -> dict:
    plain = module.groups == 1 and tuple(module.dilation) == (1, 1)
    if not plain or isinstance(module.padding, str) or module.padding_mode != "zeros":
        raise AigcError(
            f"The page runs {type(module).__name__} with groups=1, dilation=1 and a number of "
            f"zeros as padding; this one is {module}."
        )
    names = ("kernel_size", "stride", "padding")
    return {name: list(getattr(module, name)) for name in names}


def _upsample(module: nn.Upsample, before: Tensor, after: Tensor) -> dict:
    factors = [a // b for a, b in zip(after.shape[2:], before.shape[2:], strict=True)]
    whole = [f * b for f, b in zip(factors, before.shape[2:], strict=True)] == [*after.shape[2:]]
    if module.mode != "nearest" or not whole:
        raise AigcError(f"The page runs Upsample by whole factors in mode='nearest'; not {module}.")
    return {"factors": factors}


def _reshape_kind(before: Tensor, after: Tensor) -> str:
    """What a reshape means for channels-last memory."""
    if before.ndim == 2 and after.ndim == 4:
        return "unflatten"
    if before.ndim == 4 and after.ndim == 2:
        return "flatten"
    if before.shape == after.shape:
        return "same"
    raise AigcError("The page reshapes only between [N, D] and [N, C, H, W].")
