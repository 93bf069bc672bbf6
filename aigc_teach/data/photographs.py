"""Nine real photographs that lie inside the package: no network, no waiting, no copyright.

They come from scikit-image's wheel, and only those are here that its own words call CC0 or public
domain; ``DATA_LICENSES.md`` says of each who took it and what was changed. Six are for training
and three (`camera`, `coffee`, `gravel`) are held out: the split is by *photograph*, because two
patches of one photograph resemble each other far more than patches of two.

Nine photographs are few. They are enough to see what a method does; how good a network is on
photographs in general they cannot say.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core import ChoiceError, check_choice, check_count, make_generator
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_record, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "photographs.npz"
RECORD = FOLDER / "photographs.json"
SPLITS = ("train", "held_out", "all")
LARGEST = 213  # pixels: the short side of the smallest photograph


class Photograph(NamedTuple):
    """One photograph.

    Attributes
    ----------
    name : str
        "camera", "chelsea", ...
    x : Tensor
        float32 ``[C, H, W]`` from `low` to 1; H and W differ from one photograph to the next.
    shows : str
        What can be seen on it, as words for an alt text.
    """

    name: str
    x: Tensor
    shows: str


def photographs(split: str = "train", *, channels: int = 3, low: float = -1.0) -> list[Photograph]:
    """The photographs that come with the package, each in its own size.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        Six to learn from, three to judge with, or all nine. No photograph lies in both parts.
    channels : {3, 1}
        Colour (a grey photograph then has three equal channels) or grey (a colour one becomes
        0.299 R + 0.587 G + 0.114 B).
    low : {-1, 0}
        What black is: -1, as everywhere in the package, or 0, as most papers on restoration
        have it. White is 1.

    Returns
    -------
    list of Photograph
        Fresh tensors on every call.

    Raises
    ------
    ChoiceError
        For an unknown split, number of channels or `low`.
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> [(photo.name, *photo.x.shape) for photo in photographs("held_out")]
    [('camera', 3, 512, 512), ('coffee', 3, 320, 400), ('gravel', 3, 256, 256)]
    """
    check_channels(channels)
    check_low(low)
    about = _about(split)
    packed = read_vendored(FILE, RECORD, {each["name"]: (None,) for each in about})
    return [
        Photograph(
            each["name"], to_range(_pixels(packed[each["name"]], channels), low), each["shows"]
        )
        for each in about
    ]


def photograph_names(split: str = "all") -> list[str]:
    """The names of the photographs, in the order of `photographs`.

    >>> photograph_names("held_out")
    ['camera', 'coffee', 'gravel']
    """
    return [each["name"] for each in _about(split)]


def photograph_patches(
    size: int = 64,
    n: int = 256,
    split: str = "train",
    seed: int = 0,
    *,
    channels: int = 3,
    low: float = -1.0,
) -> Tensor:
    """Square pieces of the photographs, cut at random places.

    Every place of every photograph is equally likely, so a large photograph gives more of them.
    Patches may overlap; a training patch and a held-out one never do.

    Parameters
    ----------
    size : int
        Height and width in pixels, 1 to 213.
    n : int
        How many, 1 to 100,000.
    split : {"train", "held_out", "all"}
        From which photographs.
    seed : int
        Chooses the places.
    channels, low
        As in `photographs`.

    Returns
    -------
    Tensor
        float32 ``[n, channels, size, size]`` from `low` to 1.

    Raises
    ------
    ChoiceError, RangeError, DtypeError, DataError
        With a sentence.

    Examples
    --------
    >>> x = photograph_patches(32, 10)
    >>> list(x.shape), x.equal(photograph_patches(32, 10))
    ([10, 3, 32, 32], True)
    """
    check_count("size", size, at_most=LARGEST)
    check_count("n", n, at_most=100_000)
    generator = make_generator(seed)
    photos = [photo.x for photo in photographs(split, channels=channels, low=low)]
    rows = torch.tensor([x.shape[1] - size + 1 for x in photos])  # places of a patch's corner
    columns = torch.tensor([x.shape[2] - size + 1 for x in photos])
    ends = (rows * columns).cumsum(0)
    places = torch.randint(int(ends[-1]), (n,), generator=generator)
    which = torch.searchsorted(ends, places, right=True)  # [n]
    within = places - (ends - rows * columns)[which]
    tops, lefts = within // columns[which], within % columns[which]
    cuts = zip(which.tolist(), tops.tolist(), lefts.tolist(), strict=True)
    return torch.stack([photos[k][:, i : i + size, j : j + size] for k, i, j in cuts])


def verify() -> list[str]:
    """Compare the stored photographs with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)


def to_range(pixels: np.ndarray, low: float) -> Tensor:
    """Bytes ``[H, W, C]`` to float32 ``[C, H, W]`` from `low` (-1 or 0) to 1.

    >>> to_range(np.array([[[0, 255]]], np.uint8), -1).flatten().tolist()
    [-1.0, 1.0]
    """
    x = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1).contiguous()  # [C, H, W]
    return x.div_(255) if low == 0 else x.div_(127.5).sub_(1)


def check_low(low: float) -> None:
    """Refuse what is neither of the two ranges of values.

    >>> check_low(-1.0)
    """
    if isinstance(low, bool) or low not in (-1, 0):
        raise ChoiceError(f"low={low!r} is not known. Choose one of: -1 (to 1), 0 (to 1).")


def check_channels(channels: int) -> None:
    """Refuse what is neither colour nor grey.

    >>> check_channels(3)
    """
    if isinstance(channels, bool) or channels not in (1, 3):
        raise ChoiceError(
            f"channels={channels!r} is not known. Choose one of: 3 (colour), 1 (grey)."
        )


def _about(split: str) -> list[dict]:
    """The record's entries of a split, in order."""
    check_choice("split", split, SPLITS)
    entries = read_record(RECORD, photographs=list)["photographs"]
    with refusing(f"{RECORD.name} is damaged", remedy=AGAIN):
        return [
            {key: str(each[key]) for key in ("name", "shows")}
            for each in entries
            if split in ("all", each["split"])
        ]


def _pixels(packed: np.ndarray, channels: int) -> np.ndarray:
    """A packed PNG as uint8 ``[H, W, channels]``."""
    from PIL import Image

    with (
        refusing(f"{FILE.name} holds no pictures", remedy=AGAIN),
        Image.open(io.BytesIO(packed.tobytes()), formats=["PNG"]) as picture,
    ):
        pixels = np.asarray(picture.convert("RGB" if channels == 3 else "L"))
    return pixels.reshape(*pixels.shape[:2], channels)
