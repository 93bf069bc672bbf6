"""5,000 real handwritten digits that lie inside the package: no network, no waiting.

They are MNIST training images, 500 of each digit, stored as bytes in ``digits28.npz``.
The file's order is the split: the first 4,500 are for training, the last 500 are held
out, and both parts go 0, 1, 2, ..., 9, 0, 1, ... so any first ten show every digit.

Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied
to document recognition", Proceedings of the IEEE 86(11), 1998; licence and origin are in
``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core import check_choice
from .vendored import problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "digits28.npz"
RECORD = FOLDER / "digits28.json"
N_ALL, N_TRAIN = 5000, 4500
SPLITS = {"train": slice(None, N_TRAIN), "held_out": slice(N_TRAIN, None), "all": slice(None)}


class ImageSet(NamedTuple):
    """Images with their labels.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, C, H, W]`` in [-1, 1]; -1 is the background of a digit, 1 its ink.
    labels : Tensor
        int64 ``[N]``.
    """

    x: Tensor
    labels: Tensor


def digits(split: str = "train") -> ImageSet:
    """The 5,000 real digits that come with the package.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        450 images of each digit to learn from, 50 of each to judge with, or both.

    Returns
    -------
    ImageSet
        x float32 ``[N, 1, 28, 28]`` in [-1, 1], labels int64 ``[N]``; N is 4500, 500 or
        5000. Fresh tensors on every call: changing them changes nothing else.

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> x, labels = digits("held_out")
    >>> list(x.shape), labels[:4].tolist()
    ([500, 1, 28, 28], [0, 1, 2, 3])
    """
    check_choice("split", split, SPLITS)
    images, labels = read_file()
    part = SPLITS[split]
    return ImageSet(to_images(images[part]), torch.from_numpy(labels[part].astype(np.int64)))


def to_images(pixels: np.ndarray) -> Tensor:
    """Bytes in [0, 255] to the package's images.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8 ``[N, H, W]``.

    Returns
    -------
    Tensor
        float32 ``[N, 1, H, W]`` in [-1, 1].

    Examples
    --------
    >>> to_images(np.array([[[0, 255]]], dtype=np.uint8)).tolist()
    [[[[-1.0, 1.0]]]]
    """
    x = torch.from_numpy(pixels.astype(np.float32))
    return x.div_(127.5).sub_(1).unsqueeze(1)  # [N, 1, H, W]


def read_file() -> tuple[np.ndarray, np.ndarray]:
    """Read the stored bytes: images uint8 ``[5000, 28, 28]``, labels uint8 ``[5000]``."""
    stored = read_vendored(FILE, RECORD, {"images": (N_ALL, 28, 28), "labels": (N_ALL,)})
    return stored["images"], stored["labels"]


def verify() -> list[str]:
    """Compare the stored digits with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)
