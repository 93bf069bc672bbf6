"""A picture file opened as people mean it: upright, its first frame, 8 bits, nothing transparent.

What `data.folder` and `data.picture` share. Each step notes in a list what it changed, by the
names in ``CHANGES``.
"""

from __future__ import annotations

import warnings

import numpy as np

from ..core import DataError
from ..core.outside import reason

CHANGES = ("frames", "turned", "16 bits", "ground")
MOST_PIXELS = 100_000_000  # of one picture; a small file can claim to be far larger
DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I")  # Pillow's names for more than 8 bits of grey


def open_upright(file: object, done: list[str]):
    """The first frame of a picture file, loaded and turned as its EXIF note says.

    Parameters
    ----------
    file : path or binary file
    done : list of str
        What was changed is noted here.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    DataError
        Where it says that it has more than 100 million pixels.
    Exception
        Whatever Pillow's readers stumble over; `why` says it in words.
    """
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd EXIF blocks, palettes: told below where it matters
        with Image.open(file) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise DataError(f"it says that it has {opened.width} x {opened.height} pixels")
            if getattr(opened, "n_frames", 1) > 1:
                done.append("frames")
                opened.seek(0)
            if was_deep(opened):
                done.append("16 bits")
            picture = ImageOps.exif_transpose(opened)
            if opened.getexif().get(0x0112, 1) not in (0, 1):
                done.append("turned")
            picture.load()
    return picture


def was_deep(opened) -> bool:
    """Whether a file of colours, not loaded yet, holds more than 8 bits a value.

    Pillow has no mode for such colours: it opens them as RGB and drops the lower bits while it
    reads. Only its notes on how to read tell.

    >>> import io
    >>> from PIL import Image
    >>> was_deep(Image.open(io.BytesIO(b"P6 1 1 65535 " + bytes(6))))
    True
    >>> was_deep(Image.open(io.BytesIO(b"P6 1 1 255 " + bytes(3))))
    False
    """
    if opened.mode in DEEP:
        return False  # `eight_bits` sees to these
    for _, _, _, how in opened.tile:
        words = how if isinstance(how, tuple) else (how,)
        if any(";16" in word for word in words if isinstance(word, str)):
            return True
        if words[1:] and opened.format == "PPM" and words[1] > 255:  # the file's white
            return True
    return False


def plain(picture, channels: int, ground: int, done: list[str]):
    """A picture of any mode in colour (3) or grey (1), what is transparent laid on `ground`.

    Parameters
    ----------
    picture : PIL.Image.Image
    channels : {3, 1}
    ground : int
        The grey that shows through, 0 to 255.
    done : list of str
        What was changed is noted here.
    """
    from PIL import Image

    picture = eight_bits(picture, done)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        if picture.getextrema()[3][0] < 255:
            done.append("ground")
        back = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
        picture = Image.alpha_composite(back, picture)
    return picture.convert("RGB" if channels == 3 else "L")


def eight_bits(picture, done: list[str]):
    """A picture of more than 8 bits a pixel as one of 8; others as they are."""
    from PIL import Image

    if picture.mode == "F":
        raise DataError("it holds numbers with fractions, whose range nobody knows")
    if picture.mode not in DEEP:
        return picture
    values = np.asarray(picture).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise DataError(f"its values run from {values.min()} to {values.max()}, not 0 to 65535")
    done.append("16 bits")
    return Image.fromarray((values // 257).astype(np.uint8))


def why(problem: Exception) -> str:
    """Why a file cannot be used, in a few words without its path.

    >>> why(OSError("image file is truncated"))
    'image file is truncated'
    """
    words = reason(problem)
    if type(problem).__name__ == "UnidentifiedImageError":
        return "it is no picture that Pillow knows"
    return words
