"""A mark that says: this picture was made by a machine. Written into a PNG, and read back.

The mark is text beside the pixels. It survives a copy of the *file*; any program that saves the
picture anew, and most websites, drop it. So it tells those who wish to know, and stops nobody
who wishes to hide it.
"""

from __future__ import annotations

import io
import json
import os

import numpy as np
import torch
from torch import Tensor

from ..core import DataError, ShapeError, check_count, check_images, check_text, write_atomically
from ..core.errors import warn_of_half_range
from ..core.outside import check_path
from .own_picture import bytes_of, unreadable
from .photographs import check_low

KEY = "synthetic"
MADE_BY = "made by aigc-teach"
LONGEST = 1000  # characters of each note
PNG = b"\x89PNG\r\n\x1a\n"
HEAD = len(PNG) + 25  # its signature and the chunk IHDR, which comes first


def save_synthetic(
    path: str | os.PathLike,
    x: Tensor,
    *,
    model: str | None = None,
    seed: int | None = None,
    low: float = -1.0,
) -> None:
    """Save a picture that a model made as a PNG that says so.

    The file gets a text chunk ``synthetic`` with the words "made by aigc-teach", the model and the
    seed where they are given. It is read back by `synthetic_mark`. A copy of the file keeps it;
    **opening the picture and saving it again (with Pillow, for one) loses it**.

    Parameters
    ----------
    path : str or Path
        Where to; its name should end in ``.png``. What stood there is replaced.
    x : Tensor
        Float ``[C, H, W]`` or ``[1, C, H, W]`` with 1 or 3 channels, from `low` to 1. What goes
        beyond by rounding is cut off.
    model : str, optional
        Which model made it.
    seed : int, optional
        With which seed.
    low : {-1, 0}
        What black is.

    Raises
    ------
    DtypeError, ShapeError, RangeError, ChoiceError
        With a sentence.
    FileWriteError
        Where the file cannot be written.

    Warns
    -----
    UserWarning
        Where the picture should lie in [-1, 1] and seems to lie in [0, 1].

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "digit.png")
    >>> save_synthetic(path, torch.zeros(1, 28, 28), model="VAE", seed=3)
    >>> synthetic_mark(path)
    {'synthetic': 'made by aigc-teach', 'model': 'VAE', 'seed': 3}
    """
    from PIL import Image

    check_low(low)
    path = check_path("path", path)
    batch = x.unsqueeze(0) if isinstance(x, Tensor) and x.ndim == 3 else x
    check_images(batch, low=low, high=1.0)
    if len(batch) != 1 or batch.shape[1] not in (1, 3):
        raise ShapeError(
            "One picture is saved, [C, H, W] with 1 or 3 channels; yours is "
            f"{list(x.shape)}. Save several one by one."
        )
    if low == -1:
        warn_of_half_range(batch)
    info = png_info(model, seed)
    shares = (batch[0].detach().cpu().float() - low) / (1 - low)
    pixels = (shares.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(np.squeeze(pixels, 2) if pixels.shape[2] == 1 else pixels).save(
        file, "PNG", pnginfo=info
    )
    write_atomically(path, file.getvalue())


def png_info(model: str | None = None, seed: int | None = None):
    """The mark as Pillow's ``PngInfo``, for a picture that is not saved by `save_synthetic`.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (4, 4)).save(file, "PNG", pnginfo=png_info("VAE"))
    >>> synthetic_mark(file.getvalue())
    {'synthetic': 'made by aigc-teach', 'model': 'VAE'}
    """
    from PIL import PngImagePlugin

    notes = {"by": MADE_BY}
    if model is not None:
        notes["model"] = check_text("model", model)[:LONGEST]
    if seed is not None:
        notes["seed"] = check_count("seed", seed, at_least=0)
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, json.dumps(notes))  # JSON writes other scripts as \u...: plain ASCII
    return info


def with_mark(png: bytes, model: str | None = None, seed: int | None = None) -> bytes:
    """A PNG's bytes with the mark put in; pixels and all other chunks stay bit for bit.

    A file that carries the mark already comes back as it is.

    >>> file = io.BytesIO()
    >>> from PIL import Image
    >>> Image.new("L", (4, 4)).save(file, "PNG")
    >>> synthetic_mark(with_mark(file.getvalue(), "VAE"))
    {'synthetic': 'made by aigc-teach', 'model': 'VAE'}
    """
    from PIL import PngImagePlugin

    if synthetic_mark(png) is not None:
        return png
    if not png.startswith(PNG):
        raise DataError("This picture is no PNG. Only a PNG takes the mark.")
    chunk = io.BytesIO()
    for kind, content, *_ in png_info(model, seed).chunks:
        PngImagePlugin.putchunk(chunk, kind, content)
    return png[:HEAD] + chunk.getvalue() + png[HEAD:]


def synthetic_mark(source: str | os.PathLike | bytes) -> dict[str, object] | None:
    """What the mark of a picture says, or None where it carries none.

    None does **not** mean that a picture is a photograph: the mark is lost where a picture is
    saved again.

    Parameters
    ----------
    source : str, Path, or bytes
        A picture's file of any kind, or what it holds.

    Returns
    -------
    dict or None
        ``synthetic``, and ``model`` and ``seed`` where they were given.

    Raises
    ------
    DataError
        Where there is no such file, or no picture in it.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (4, 4)).save(file, "PNG")
    >>> synthetic_mark(file.getvalue()) is None
    True
    """
    from PIL import Image

    content, name = bytes_of(source)
    try:
        with Image.open(io.BytesIO(content)) as opened:
            text = opened.info.get(KEY)
    except Exception as problem:  # Pillow's readers raise whatever they stumble over
        raise unreadable(name, problem) from None
    try:
        notes = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None  # some other program's chunk of that name
    if not isinstance(notes, dict) or notes.get("by") != MADE_BY:
        return None
    kinds = {"model": str, "seed": int}
    kept = {key: notes[key] for key, kind in kinds.items() if isinstance(notes.get(key), kind)}
    return {KEY: MADE_BY} | kept
