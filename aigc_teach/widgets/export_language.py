"""A language model and its tokenizer -> numbers and bytes that the page can run.

A matrix keeps torch's order, ``[out, in]``: the page multiplies row by row. Small models are
handed over in float32. Larger ones are rounded: each row of a matrix becomes whole numbers from
-2047 to 2047 (12 bits) and one scale. What the rounding does to the logits is measured by whoever
exports: `PageLanguage.rounded` is the model as the page has it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..core.errors import AigcError, DtypeError, RangeError, ShapeError

MOST_BYTES = 3_000_000  # of all weights; a saved notebook holds them as text, a third longer
MOST_EXACT = 2_000_000  # up to here in float32
LARGEST = 2047  # of a whole number of 12 bits


class PageLanguage(NamedTuple):
    """A language model as the page reads it.

    Attributes
    ----------
    net : dict
        The kind, the sizes, and where each array begins.
    weights : bytes
        All arrays, one after another, as `net["arrays"]` says.
    rounded : nn.Module
        A copy of the model with the very weights that the page has.
    """

    net: dict
    weights: bytes
    rounded: nn.Module


def kind_of(model: object) -> str:
    """``"gpt"`` or ``"rnn"``, by the parts a model has; a sentence for any other object."""
    if all(hasattr(model, part) for part in ("wte", "h", "ln_f", "context")):
        return "gpt"
    if all(hasattr(model, part) for part in ("embedding", "body", "cell")):
        return "rnn"
    raise DtypeError(
        f"The page runs models.CharRNN and models.GPT; you gave a {type(model).__name__}."
    )


def export_language(model: nn.Module) -> PageLanguage:
    """Export a `models.GPT` or a `models.CharRNN`.

    Raises
    ------
    DtypeError, AigcError, RangeError
        If the model is of another kind, takes more than 3 MB even with 12 bits a weight, or
        holds weights that are not finite.

    Examples
    --------
    >>> from aigc_teach.models import CharRNN
    >>> page = export_language(CharRNN(10, width=8))
    >>> page.net["kind"], page.net["bits"], len(page.weights)
    ('rnn', 32, 2696)
    """
    kind = kind_of(model)
    count = sum(p.numel() for p in model.parameters())
    bits = 32 if 4 * count <= MOST_EXACT else 12
    if bits * count / 8 > MOST_BYTES:
        raise AigcError(
            f"This model has {count:,} weights, {1.5 * count / 1e6:.1f} MB with 12 bits each; the "
            f"page takes at most {MOST_BYTES / 1e6:.0f} MB. Use a narrower model, or fewer tokens."
        )
    model = copy.deepcopy(model).float().cpu().eval()
    store = _Store(bits)
    with torch.no_grad():
        parts = _gpt(model, store.add) if kind == "gpt" else _rnn(model, store.add)
    net = {"kind": kind, "vocabulary": model.vocabulary, "width": model.width, "bits": bits}
    return PageLanguage({**net, **parts, "arrays": store.arrays}, store.bytes(), model)


class _Store:
    """Collects arrays, says where each begins, and rounds in place where it must."""

    def __init__(self, bits: int):
        self.bits, self.length = bits, 0
        self.arrays: list[list[int]] = []  # [rows, columns, bits of a number]
        self.parts: list[bytes] = []

    def add(self, weight: Tensor) -> int:
        """Append `weight`; return the place of its first number."""
        if not torch.isfinite(weight).all():
            raise RangeError("The model holds weights that are NaN or infinite; train it again.")
        start, bits = self.length, self.bits if weight.ndim == 2 else 32
        rows, columns = weight.shape if weight.ndim == 2 else (1, weight.numel())
        if bits == 12:
            scale, whole = to_whole_numbers(weight.detach().numpy())
            weight.copy_(torch.from_numpy(scale[:, None] * whole.astype(np.float32)))
            self.parts += [scale.astype("<f4").tobytes(), in_12_bits(whole)]
        else:
            self.parts.append(weight.detach().contiguous().numpy().astype("<f4").tobytes())
        self.arrays.append([rows, columns, bits])
        self.length += weight.numel()
        return start

    def bytes(self) -> bytes:
        """All of them."""
        return b"".join(self.parts)


def to_whole_numbers(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A scale for each row ``[R]``, and whole numbers ``[R, C]`` from -2047 to 2047.

    >>> to_whole_numbers(np.array([[0.5, -1.0], [0.0, 0.0]], dtype=np.float32))[1].tolist()
    [[1024, -2047], [0, 0]]
    """
    scale = (np.abs(matrix).max(axis=1) / LARGEST).astype(np.float32)  # [R]
    whole = np.rint(matrix / np.where(scale > 0, scale, 1)[:, None])
    return scale, np.clip(whole, -LARGEST, LARGEST).astype(np.int32)


def in_12_bits(whole: np.ndarray) -> bytes:
    """Two numbers in three bytes, each 2048 larger than it is.

    >>> list(in_12_bits(np.array([-2047, 2047, 0])))
    [1, 240, 255, 0, 8, 0]
    """
    flat = np.append(whole.ravel() + 2048, [0] * (whole.size % 2)).astype(np.uint16)
    a, b = flat[::2], flat[1::2]
    triples = np.stack([a & 255, (a >> 8) | ((b & 15) << 4), b >> 4], axis=1)
    return triples.astype(np.uint8).tobytes()


def _layer(layer: nn.Linear | nn.LayerNorm, add: Callable[[Tensor], int]) -> dict:
    """A layer's weights and, where it has one, its bias."""
    bias = layer.bias
    return {"weight": add(layer.weight), "bias": -1 if bias is None else add(bias)}


def _gpt(model: nn.Module, add: Callable[[Tensor], int]) -> dict:
    blocks = [
        {
            "ln_1": _layer(block.ln_1, add),
            "c_attn": _layer(block.attn.c_attn, add),
            "c_proj": _layer(block.attn.c_proj, add),
            "ln_2": _layer(block.ln_2, add),
            "fc": _layer(block.mlp.c_fc, add),
            "proj": _layer(block.mlp.c_proj, add),
        }
        for block in model.h
    ]
    table = add(model.wte.weight)
    return {
        "context": model.context,
        "heads": model.h[0].attn.heads,
        "positions": model.positions,
        "eps": model.ln_f.eps,
        "blocks": blocks,
        "wte": table,
        "wpe": add(model.wpe.weight) if model.positions == "learnt" else -1,
        "start": add(model.start),
        "ln_f": _layer(model.ln_f, add),
        "head": {"weight": table, "bias": -1} if model.tied else _layer(model.lm_head, add),
    }


def _rnn(model: nn.Module, add: Callable[[Tensor], int]) -> dict:
    layers = [
        {
            "input": {"weight": add(weight_in), "bias": add(bias_in)},
            "state": {"weight": add(weight_h), "bias": add(bias_h)},
        }
        for weight_in, weight_h, bias_in, bias_h in model.body.all_weights
    ]
    table = add(model.embedding.weight)
    tied = {"weight": table}
    return {
        "cell": model.cell,
        "layers": layers,
        "wte": table,
        "start": add(model.start),
        "head": {**tied, "bias": add(model.bias)} if model.tied else _layer(model.head, add),
    }


def export_tokenizer(tokenizer: object, vocabulary: int) -> dict:
    """What the page needs to cut a typed text into tokens, and to show them.

    The package's own tokenizers are done again in the page. Of any other object with ``size``,
    ``encode`` and ``decode`` the page gets a table of tokens; a text cannot be typed there.

    Raises
    ------
    DtypeError, ShapeError
        If it is no tokenizer, or has another number of tokens than the model.

    Examples
    --------
    >>> from aigc_teach.data import CharacterTokenizer
    >>> export_tokenizer(CharacterTokenizer("ab"), 3)
    {'kind': 'characters', 'characters': '�ab'}
    """
    if not all(hasattr(tokenizer, part) for part in ("size", "encode", "decode")):
        raise DtypeError(
            "The tokenizer must have size, encode and decode, as data.CharacterTokenizer, "
            f"data.ByteTokenizer and data.BPE have; you gave a {type(tokenizer).__name__}."
        )
    if tokenizer.size != vocabulary:
        raise ShapeError(
            f"The model knows {vocabulary:,} tokens, the tokenizer {tokenizer.size:,}. Give the "
            "tokenizer with which the model was trained."
        )
    if hasattr(tokenizer, "characters") and all(len(c) == 1 for c in tokenizer.characters):
        return {"kind": "characters", "characters": "".join(tokenizer.characters)}
    if hasattr(tokenizer, "merges") or type(tokenizer).__name__ == "ByteTokenizer":
        return {"kind": "bytes", "merges": [list(p) for p in getattr(tokenizer, "merges", ())]}
    return {"kind": "table", "tokens": [tokenizer.decode([k]) for k in range(vocabulary)]}
