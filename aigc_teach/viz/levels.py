"""Levels of small games drawn with the course's own tiles of 8x8 pixels, and ways through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..core.errors import RangeError, ShapeError
from ..core.levels import BOXES, NAMES, PLATFORM, check_tiles
from .figure import COLOURS, SIZE, describe, new_figure, tidy, titled

PIXELS = 8
PALETTE = {
    " ": "#dfefff",  # sky, floor
    "g": "#6b4a2f",
    "d": "#553821",
    "G": "#3f8f3a",
    "b": "#b5562f",
    "m": "#e8d9c8",
    "k": "#33323a",
    "s": "#9aa0a8",
    "y": "#e0a800",
    "w": "#fff3c0",
    "r": "#c2253a",
    "u": "#2b4fa8",
    "f": "#f3c9a5",
    "o": "#c98a3d",
    "O": "#8a5a20",
    "x": "#cc4a7a",
}
AIR = ("        ",) * 8
PERSON = (
    "  rrrr  ",
    "  rffr  ",
    "   ff   ",
    " uuuuuu ",
    " f uu f ",
    "   uu   ",
    "  u  u  ",
    "  k  k  ",
)
GOAL = (
    "        ",
    "        ",
    "  x  x  ",
    "   xx   ",
    "   xx   ",
    "  x  x  ",
    "        ",
    "        ",
)
BOX = (
    "OOOOOOOO",
    "OoooooOO",
    "OOooooOO",
    "OoOooOoO",
    "OooOOooO",
    "OooOOooO",
    "OoOooOoO",
    "OOOOOOOO",
)
WALL = (
    "kkkkkkkk",
    "ksssksss",
    "ksssksss",
    "kkkkkkkk",
    "skssskss",
    "skssskss",
    "kkkkkkkk",
    "ksssksss",
)


def _over(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """One tile drawn over another."""
    return tuple(
        "".join(b if a == " " else a for a, b in zip(up, low, strict=True))
        for up, low in zip(upper, lower, strict=True)
    )


HOME = tuple(row.replace("o", "x") for row in BOX)
ART = {
    "platform": {
        ".": AIR,
        "#": (
            "GGGGGGGG",
            "GgGggGgG",
            "gggggggg",
            "ggdggggg",
            "gggggdgg",
            "gggggggg",
            "gdgggggd",
            "gggggggg",
        ),
        "=": (
            "mmmmmmmm",
            "bbbmbbbb",
            "bbbmbbbb",
            "mmmmmmmm",
            "bbbbbbmb",
            "bbbbbbmb",
            "mmmmmmmm",
            "bbbmbbbb",
        ),
        "^": (
            "        ",
            "   k    ",
            "   k   k",
            "  kkk  k",
            "  ksk kk",
            " kkskkkk",
            " kssskks",
            "kksssksk",
        ),
        "o": (
            "        ",
            "  yyyy  ",
            " yywwyy ",
            " ywyywy ",
            " ywyywy ",
            " yywwyy ",
            "  yyyy  ",
            "        ",
        ),
        "S": PERSON,
        "F": (
            " krr    ",
            " krrrr  ",
            " krrrrrr",
            " krrrr  ",
            " krr    ",
            " k      ",
            " k      ",
            "kkk     ",
        ),
    },
    "boxes": {
        "-": AIR,
        "#": WALL,
        "$": BOX,
        ".": GOAL,
        "*": HOME,
        "@": PERSON,
        "+": _over(PERSON, GOAL),
    },
}


def level_picture(level: Tensor, game: str = "platform") -> np.ndarray:
    """A level as a picture: uint8 ``[8 H, 8 W, 3]``.

    >>> import torch
    >>> level_picture(torch.zeros(2, 3).long()).shape
    (16, 24, 3)
    """
    signs = _signs(game)
    tiles = np.stack([_tile(ART[game][sign]) for sign in signs])  # [K, 8, 8, 3]
    picture = tiles[check_tiles(level, signs).numpy()]  # [H, W, 8, 8, 3]
    height, width = level.shape
    return picture.transpose(0, 2, 1, 3, 4).reshape(height * PIXELS, width * PIXELS, 3)


def _signs(game: str) -> str:
    if game not in ART:
        raise RangeError(f"game={game!r} is not known. Choose one of: 'platform', 'boxes'.")
    return PLATFORM if game == "platform" else BOXES


def _tile(art: Sequence[str]) -> np.ndarray:
    values = {sign: [int(c[k : k + 2], 16) for k in (1, 3, 5)] for sign, c in PALETTE.items()}
    return np.array([[values[sign] for sign in row] for row in art], dtype=np.uint8)


def levels(
    panels: Mapping[str, Tensor],
    *,
    paths: Mapping[str, Sequence[Sequence[int]]] | None = None,
    reached: Mapping[str, Sequence[Sequence[int]]] | None = None,
    marked: Mapping[str, Sequence[Sequence[int]]] | None = None,
    game: str = "platform",
    columns: int = 2,
    title: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Levels side by side, with a way through them or with all that can be reached.

    Parameters
    ----------
    panels : mapping of str to Tensor
        One to eight levels, int64 ``[H, W]``.
    paths : mapping of str to sequence of (column, row, ...), optional
        A line through a panel's level.
    reached : mapping of str to sequence of (column, row, ...), optional
        Places that are dotted.
    marked : mapping of str to sequence of (row, column, ...), optional
        Tiles that are framed.
    game : {"platform", "boxes"}
    columns : int
        Panels side by side.
    title, alt : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RangeError, ShapeError
        With a sentence, for what cannot be drawn.

    Examples
    --------
    >>> from aigc_teach.core.levels import read_level
    >>> figure = levels({"short": read_level("S.F/###")}, paths={"short": [(0, 0), (1, 0)]})
    """
    if not isinstance(panels, Mapping) or not 1 <= len(panels) <= 8:
        raise ShapeError("levels() takes a mapping of one to eight names to levels.")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    shape = next(iter(panels.values())).shape
    high = 9.0 / columns * shape[0] / shape[1] + 0.45
    wide = 9.0 if shape[1] > shape[0] else 2.6 * columns
    high = high if shape[1] > shape[0] else 2.9
    figure = new_figure(wide, rows * high + 0.3 * bool(title))
    places = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    words = []
    for axes, (name, level) in zip(places, panels.items(), strict=False):
        axes.imshow(level_picture(level, game), interpolation="nearest", aspect="equal")
        tidy(axes, name)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        _dots(axes, (reached or {}).get(name))
        _line(axes, (paths or {}).get(name))
        _frames(axes, (marked or {}).get(name))
        words.append(_words(name, level, (paths or {}).get(name), game))
    if title:
        figure.suptitle(title, fontsize=SIZE + 3, color="black", x=0.01, ha="left")
    return describe(figure, alt or titled(title, " ".join(words)))


def _middle(k: int) -> float:
    return (k + 0.5) * PIXELS - 0.5


def _line(axes: Axes, path) -> None:
    if path:
        xs, ys = ([_middle(place[k]) for place in path] for k in (0, 1))
        axes.plot(xs, ys, color="white", linewidth=3.4, solid_capstyle="round")
        axes.plot(xs, ys, color=COLOURS["vermillion"], linewidth=1.8, marker="o", markersize=2.5)


def _dots(axes: Axes, places) -> None:
    if places:
        points = sorted({tuple(place[:2]) for place in places})
        xs, ys = ([_middle(point[k]) for point in points] for k in (0, 1))
        axes.plot(xs, ys, ".", color=COLOURS["purple"], markersize=4)


def _frames(axes: Axes, tiles) -> None:
    for row, column, *_ in tiles or ():
        corner = (column * PIXELS - 0.5, row * PIXELS - 0.5)
        low, high = corner[0] + PIXELS, corner[1] + PIXELS
        xs, ys = [corner[0], low, low, corner[0], corner[0]], [corner[1]] * 2 + [high] * 2
        axes.plot(xs, [*ys, corner[1]], color=COLOURS["vermillion"], linewidth=2.2)


def _words(name: str, level: Tensor, path, game: str) -> str:
    signs = _signs(game)
    size = f"{level.shape[1]} by {level.shape[0]} tiles"
    way = f", and a way of {len(path)} ticks through it" if path else ""
    if game == "boxes":
        boxes = int(((level == signs.index("$")) | (level == signs.index("*"))).sum())
        return f"{name}: a level of {size} with {boxes} boxes."
    many = {NAMES[s]: int((level == signs.index(s)).sum()) for s in ".#=^o"}
    counted = ", ".join(f"{n} of {what}" for what, n in many.items() if what != "air" and n)
    return f"{name}: a level of {size}, {counted}{way}."
