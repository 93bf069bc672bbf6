"""A GPT that sorts, trained and published by others, with what it computes on the way.

Brendan Bycroft's page "LLM Visualization" shows a GPT of 3 blocks, 3 heads and width 48 that
sorts six letters (A, B, C are 0, 1, 2). It was trained by Andrej Karpathy's minGPT, whose
tensors on the way from one sequence to its probabilities are here beside the weights: an answer
that nobody in this project made. Origin and licence (MIT) are in ``DATA_LICENSES.md``.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core.outside import refusing
from .vendored import AGAIN, problems, read_record, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "sorting_gpt.npz"
RECORD = FOLDER / "sorting_gpt.json"


class SortingGPT(NamedTuple):
    """A published GPT.

    Attributes
    ----------
    weights : dict of str to Tensor
        float32, under the names of GPT-2: ``"h.0.attn.c_attn.weight"`` is ``[144, 48]``.
    tensors : dict of str to Tensor
        What minGPT computes from ``"idx"``, int64 ``[1, 11]``: queries, keys and values
        ``"q"``, ``"k"``, ``"v"`` ``[1, 3, 11, 16]``, the scores ``"att"`` and the weights
        ``"attSm"`` ``[1, 3, 11, 11]``, their mix ``"y"``, and so on to ``"probs"``.
    """

    weights: dict[str, Tensor]
    tensors: dict[str, Tensor]


def sorting_gpt() -> SortingGPT:
    """The weights of a GPT that sorts, and its tensors for one sequence.

    Returns
    -------
    SortingGPT
        Fresh tensors on every call.

    Raises
    ------
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> weights, tensors = sorting_gpt()
    >>> list(weights["wte.weight"].shape), tensors["idx"][0, :6].tolist()
    ([3, 48], [0, 0, 2, 1, 0, 1])
    """
    shapes = read_record(RECORD, weights=dict, tensors=dict)
    with refusing(f"{RECORD.name} is damaged", remedy=AGAIN):
        sizes = {key: (sum(map(math.prod, shapes[key].values())),) for key in SortingGPT._fields}
    stored = read_vendored(FILE, RECORD, sizes, kinds="f")
    with refusing(f"{FILE.name} holds no GPT", remedy=AGAIN):
        weights, tensors = (_cut(stored[key], shapes[key]) for key in SortingGPT._fields)
        return SortingGPT(weights, tensors | {"idx": tensors["idx"].long()})


def verify() -> list[str]:
    """Compare the stored numbers with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def _cut(numbers: np.ndarray, shapes: dict[str, list[int]]) -> dict[str, Tensor]:
    """One row of numbers as tensors of the given shapes, in their order."""
    parts = torch.from_numpy(numbers.astype(np.float32)).split([*map(math.prod, shapes.values())])
    return {
        name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }
