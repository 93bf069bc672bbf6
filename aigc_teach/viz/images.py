"""Pictures of images: a grid, or named rows to compare.

All images of a figure are laid out on one canvas, so that a hundred draw as fast as one. Its
pixels are enlarged without smoothing, and to whole screen pixels where there is room.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from ..core.errors import (
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_count,
    check_images,
)
from .figure import DPI, LETTER, LINE, SIZE, TITLE_SIZE, WIDTH, describe, new_figure, titled


def image_grid(
    images: Tensor,
    *,
    columns: int | None = None,
    title: str | None = None,
    labels: Sequence | Tensor | None = None,
    clip: bool = False,
    alt: str | None = None,
) -> Figure:
    """Images side by side, row after row.

    Parameters
    ----------
    images : Tensor
        ``[N, C, H, W]`` in [-1, 1]; C is 1 (grey) or 3 (colour).
    columns : int, optional
        Images per row; nearly square if not given, at most 10.
    title : str, optional
    labels : sequence or Tensor, optional
        One short text or number under each image, N in all.
    clip : bool
        Cut values outside [-1, 1] off, instead of refusing them.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        With a sentence, for anything else than such images.

    >>> image_grid(torch.zeros(6, 1, 28, 28), columns=3)._suptitle is None
    True
    """
    colours = to_colours(images, clip)  # [N, H, W, 3]
    n = len(colours)
    columns = min(n, _default_columns(n) if columns is None else check_count("columns", columns))
    texts = _label_texts(labels, n)
    figure = _draw_tiles(colours, columns, title, texts)
    return describe(figure, alt or _grid_alt(n, columns, title, texts))


def image_rows(
    rows: Mapping[str, Tensor],
    *,
    title: str | None = None,
    most: int = 10,
    clip: bool = False,
    alt: str | None = None,
) -> Figure:
    """Named rows of images, column by column to be compared.

    Parameters
    ----------
    rows : mapping of str to Tensor
        Each ``[N, C, H, W]`` in [-1, 1], all of the same shape.
    title : str, optional
    most : int
        How many images of each row to show.
    clip, alt
        As for `image_grid`.
    """
    if not isinstance(rows, Mapping) or not rows:
        raise DtypeError("rows must be a dict like {'before': images, 'after': images}.")
    shapes = {name: list(getattr(images, "shape", ())) for name, images in rows.items()}
    if len({tuple(shape) for shape in shapes.values()}) > 1:
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ShapeError(f"All rows must have the same shape; yours are: {given}.")
    shown = [to_colours(images, clip)[: check_count("most", most)] for images in rows.values()]
    columns = len(shown[0])
    names = [str(name) for name in rows]
    figure = _draw_tiles(np.concatenate(shown), columns, title, None, row_names=names)
    described = f"{columns} columns of images in {len(names)} rows, from the top: "
    return describe(figure, alt or titled(title, described + ", ".join(names) + "."))


def before_after(
    before: Tensor,
    after: Tensor,
    *,
    names: tuple[str, str] = ("before", "after"),
    title: str | None = None,
    most: int = 10,
    clip: bool = False,
    alt: str | None = None,
) -> Figure:
    """Two rows of images: each one above what became of it.

    Parameters
    ----------
    before, after : Tensor
        ``[N, C, H, W]`` in [-1, 1], of the same shape.
    names : (str, str)
        What stands to the left of the rows.
    title, most, clip, alt
        As for `image_rows`.
    """
    if isinstance(names, str) or len(names) != 2 or names[0] == names[1]:
        raise ShapeError(f"names must be two different texts, one a row; yours are {names!r}.")
    rows = dict(zip(names, (before, after), strict=True))
    return image_rows(rows, title=title, most=most, clip=clip, alt=alt)


def to_colours(images: Tensor, clip: bool) -> np.ndarray:
    """Checked images ``[N, C, H, W]`` in [-1, 1] as RGB values ``[N, H, W, 3]`` in [0, 1]."""
    check_images(images, check_range=not clip)
    if images.shape[1] not in (1, 3):
        raise ShapeError(f"Images have 1 or 3 channels; yours have {images.shape[1]}.")
    if clip and not torch.isfinite(images).all():
        raise RangeError("Images hold values that are NaN or infinite; all must be finite.")
    if len(images) > 1000:
        raise DataError(f"{len(images)} images are too many to see; show at most 1000.")
    grey = (images.detach().cpu().float().clamp(-1, 1) + 1) / 2
    return grey.permute(0, 2, 3, 1).expand(-1, -1, -1, 3).numpy()  # [N, H, W, 3] in [0, 1]


def _default_columns(n: int) -> int:
    return min(10, math.ceil(math.sqrt(n)))


def _label_texts(labels: Sequence | Tensor | None, n: int) -> list[str]:
    if labels is None:
        return []
    labels = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if len(labels) != n:
        raise ShapeError(f"There are {n} images, but {len(labels)} labels; give one for each.")
    return [str(label) for label in labels]


def _draw_tiles(
    tiles: np.ndarray,
    columns: int,
    title: str | None,
    labels: list[str] | None,
    row_names: Sequence[str] = (),
) -> Figure:
    n, height, width, _ = tiles.shape
    rows = math.ceil(n / columns)
    gap = max(1, round(width / 14))
    side = LETTER * max((len(name) for name in row_names), default=0) + 0.2 * bool(row_names)
    wanted = max(100, _label_width(labels) * DPI) / width
    scale = _scale(columns * (width + gap), rows * (height + gap), wanted, WIDTH - side)
    lines = _wrap(labels, (width + gap) * scale / DPI)
    below = math.ceil(LINE * max((len(line) for line in lines), default=0) * DPI / scale)

    step_y, step_x = height + gap + below, width + gap
    canvas = np.ones((rows * step_y, columns * step_x, 3))
    corners = [(i // columns * step_y, i % columns * step_x) for i in range(n)]
    for tile, (y, x) in zip(tiles, corners, strict=True):
        canvas[y : y + height, x : x + width] = tile

    figure, axes = _canvas_figure(canvas, scale, title, side)
    for text, (y, x) in zip(lines, corners, strict=False):
        axes.text(
            x + width / 2,
            y + height + gap / 3,
            "\n".join(text),
            fontsize=SIZE,
            va="top",
            ha="center",
        )
    for row, name in enumerate(row_names):
        place = (-0.1 * DPI / scale, row * step_y + height / 2)
        axes.text(*place, name, fontsize=SIZE, va="center", ha="right")
    return figure


def _scale(width: int, height: int, wanted: float, room: float) -> float:
    # screen pixels per image pixel: whole if large, else in halves, else what the page allows
    most = min(room * DPI / width, WIDTH * DPI / height, wanted)
    return math.floor(most) if most >= 3 else max(math.floor(2 * most) / 2, min(most, 1))


def _label_width(labels: list[str] | None) -> float:
    # inches that an image needs so that the words under it stay whole
    words = [word for label in labels or [] for word in label.split()]
    longest = max((len(label) for label in labels or []), default=0)
    return LETTER * max([min(longest, 12), *map(len, words)])


def _wrap(labels: list[str] | None, inches: float) -> list[list[str]]:
    letters = max(4, int(inches / LETTER))
    return [textwrap.wrap(label, letters, break_long_words=False) for label in labels or []]


def _canvas_figure(canvas: np.ndarray, scale: float, title: str | None, side: float):
    inches = np.array(canvas.shape[1::-1]) * scale / DPI  # width, height
    top = LINE * 1.3 if title else 0.0
    need = LETTER * TITLE_SIZE / SIZE * len(title or "")  # a long title widens the figure
    full = np.array([min(WIDTH, max(inches[0] + side, need)), inches[1] + top])
    figure = new_figure(*full)
    figure.set_layout_engine("none")  # whole pixels need exact places
    axes = figure.add_axes((side / full[0], 0, inches[0] / full[0], inches[1] / full[1]))
    axes.imshow(canvas, interpolation="nearest" if scale >= 1 else "antialiased", aspect="auto")
    axes.set_axis_off()
    if title:
        place = {"x": 0.0, "y": 1 - 0.2 * top / full[1], "ha": "left", "va": "top"}
        figure.suptitle(title, fontsize=TITLE_SIZE, color="black", **place)
    return figure, axes


def _grid_alt(n: int, columns: int, title: str | None, labels: list[str]) -> str:
    pictures = f"{n} images, {columns} columns" if n > 1 else "one image"
    text = f"Grid of {pictures}" if n > 1 else "One image"
    text += f": {title.rstrip('.')}." if title else "."
    if labels:
        shown = ", ".join(labels[:20]) + (" and so on" if len(labels) > 20 else "")
        text += f" Labelled, row by row: {shown}."
    return text
