"""1,873 small colour pictures that lie inside the package: emoji in nine categories.

They are Twitter's Twemoji art (CC-BY 4.0), shrunk to 32 x 32 pixels on white and stored as
bytes in ``emoji32.npz``; skin-tone variants and exact copies are left out. Pictures of one
*family* (a woman, a man and a person who do the same; the clock faces) differ by few pixels,
so the split keeps each family on one side. Any first nine pictures show every category.

Attribution, which the licence asks for: Twemoji, copyright Twitter, Inc and other
contributors, https://creativecommons.org/licenses/by/4.0/. Origin and checksums are in
``emoji32.json`` and ``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..core import check_choice
from .digits import ImageSet
from .vendored import problems, read_record, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "emoji32.npz"
RECORD = FOLDER / "emoji32.json"
N_ALL, N_TRAIN = 1873, 1691
SPLITS = {"train": slice(None, N_TRAIN), "held_out": slice(N_TRAIN, None), "all": slice(None)}


def emoji(split: str = "train") -> ImageSet:
    """The colour pictures that come with the package.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        1,691 pictures to learn from, 182 to judge with (every tenth family of each
        category), or both. No family lies in both parts.

    Returns
    -------
    ImageSet
        x float32 ``[N, 3, 32, 32]`` in [-1, 1] on white (1), labels int64 ``[N]``: the
        category's place in `emoji_names`. Fresh tensors on every call.

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> x, labels = emoji("held_out")
    >>> list(x.shape[1:]), labels[:9].tolist()
    ([3, 32, 32], [0, 1, 2, 3, 4, 5, 6, 7, 8])
    """
    part = _part(split)
    stored = _read("images", "labels")
    x = torch.from_numpy(stored["images"][part].astype(np.float32))  # [N, 32, 32, 3]
    x = x.div_(127.5).sub_(1).permute(0, 3, 1, 2).contiguous()
    return ImageSet(x, torch.from_numpy(stored["labels"][part].astype(np.int64)))


def emoji_names() -> list[str]:
    """The names of the nine categories; a label is a place in this list.

    >>> emoji_names()[:2]
    ['Smileys & Emotion', 'People & Body']
    """
    return list(read_record(RECORD, categories=list)["categories"])


def emoji_words(split: str = "train") -> list[str]:
    """What each picture shows, in the order of `emoji`: lower case, as Unicode names it.

    >>> emoji_words("train")[0]
    'grinning face'
    """
    return [word.decode("utf-8") for word in _read("words")["words"][_part(split)].tolist()]


def emoji_families(split: str = "train") -> Tensor:
    """The number of each picture's family, int64 ``[N]``, in the order of `emoji`.

    >>> train, held_out = emoji_families("train"), emoji_families("held_out")
    >>> bool(torch.isin(held_out, train).any())
    False
    """
    return torch.from_numpy(_read("families")["families"][_part(split)].astype(np.int64))


def verify() -> list[str]:
    """Compare the stored pictures with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def _part(split: str) -> slice:
    check_choice("split", split, SPLITS)
    return SPLITS[split]


def _read(*names: str) -> dict[str, np.ndarray]:
    """Some of the stored arrays: images uint8, labels, families and words."""
    shapes = {"images": (N_ALL, 32, 32, 3)}
    return read_vendored(
        FILE, RECORD, {name: shapes.get(name, (N_ALL,)) for name in names}, kinds="uS"
    )
