"""One picture of your own, of any size and kind, as a tensor."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..core import DataError, check_count
from ..core.outside import MB, check_path, read_bounded, what_is
from .opened import open_upright, plain, why
from .photographs import check_channels, check_low, to_range

LARGEST_FILE = 200 * MB
REMEDY = "Open it in any program for pictures, save it as PNG or JPEG, and try again."
SENTENCES = {
    "frames": "It has several frames; this is the first.",
    "turned": "It was turned as its EXIF note says.",
    "16 bits": "It had 16 bits a value; now it has 8.",
    "ground": "It was transparent in places; white shows through there.",
}


class Picture(NamedTuple):
    """A picture of your own.

    Attributes
    ----------
    x : Tensor
        float32 ``[C, H, W]`` from `low` to 1.
    changed : tuple of str
        What was done to it, a sentence each; empty where it is as it was.
    """

    x: Tensor
    changed: tuple[str, ...]


def picture(
    source: str | Path | bytes, *, channels: int = 3, longest: int = 1024, low: float = -1.0
) -> Picture:
    """Load a picture of your own: a file, or the bytes of one.

    Of an animation the first frame is taken; a picture that is stored turned (EXIF) is turned back;
    what is transparent is laid on white; palettes, grey, four inks (CMYK) and 16 bits become
    8 bits of colour or grey; one that is larger than `longest` is scaled down (Lanczos).
    ``changed`` tells what was done.

    Parameters
    ----------
    source : str, Path, or bytes
        Where the file lies, or what it holds (what an upload button gives). At most 200 MB and
        100 million pixels.
    channels : {3, 1}
        Colour or grey.
    longest : int
        Most pixels that the longer side may have, 1 to 8192. Smaller pictures keep their size.
    low : {-1, 0}
        What black is: -1, as everywhere in this package, or 0, as most papers on restoration have
        it. White is 1.

    Returns
    -------
    Picture
        ``x`` and ``changed``.

    Raises
    ------
    DataError
        Where there is no such file, or no picture in it; the sentence says what to do.
    ChoiceError, RangeError, DtypeError
        For an argument out of range.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGBA", (2000, 500), (255, 0, 0, 127)).save(file, "PNG")
    >>> x, changed = picture(file.getvalue())
    >>> list(x.shape), [round(v, 2) for v in x[:, 0, 0].tolist()]
    ([3, 256, 1024], [1.0, 0.0, 0.0])
    >>> changed[0]
    'It was transparent in places; white shows through there.'
    >>> changed[1]
    'It was scaled from 2000 x 500 to 1024 x 256 pixels (width x height).'
    """
    check_channels(channels)
    check_low(low)
    check_count("longest", longest, at_most=8192)
    content, name = bytes_of(source)
    done: list[str] = []
    try:
        image = plain(open_upright(io.BytesIO(content), done), channels, 255, done)
    except Exception as problem:  # Pillow's readers raise whatever they stumble over
        raise unreadable(name, problem) from None
    changed = [SENTENCES[change] for change in done]
    if max(image.size) > longest:
        image, sentence = _scaled(image, longest)
        changed.append(sentence)
    pixels = np.asarray(image, np.uint8).reshape(image.height, image.width, channels)
    return Picture(to_range(pixels, low), tuple(changed))


def _scaled(image, longest: int):
    """A picture made smaller, and the sentence about it."""
    from PIL import Image

    share = longest / max(image.size)
    size = tuple(max(1, round(side * share)) for side in image.size)
    old, new = (f"{width} x {height}" for width, height in (image.size, size))
    sentence = f"It was scaled from {old} to {new} pixels (width x height)."
    return image.resize(size, Image.Resampling.LANCZOS), sentence


def bytes_of(source: object) -> tuple[bytes, str]:
    """What a picture's file holds, and what to call it in a sentence."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "This picture"
    path = check_path("source", source)
    if (kind := what_is(path)) != "file":
        told = "There is no" if kind == "nothing" else f"A {kind} is no"
        raise DataError(f"{told} picture: {str(path)!r}. Give the path of a picture's file.")
    try:
        return read_bounded(path, LARGEST_FILE), path.name
    except OSError as problem:
        raise DataError(f"{path.name} cannot be read: {why(problem)}.") from None


def unreadable(name: str, problem: Exception) -> DataError:
    """The error for a file that Pillow cannot read.

    >>> str(unreadable("a.jpg", OSError("image file is truncated")))[:50]
    'a.jpg cannot be used: image file is truncated. Ope'
    """
    return DataError(f"{name} cannot be used: {why(problem)}. {REMEDY}")
