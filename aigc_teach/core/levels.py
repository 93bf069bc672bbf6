"""Levels of two small games: their tiles, as text and as numbers, and what a level must have.

A level is an int64 tensor ``[H, W]`` of places in a string of signs:

    platform game   . air   # ground   = brick   ^ spike   o coin   S start   F flag
    box game        - floor   # wall   $ box   . goal   * box on a goal   @ player
                    + player on a goal

The signs of the box game are those of many programs, with - for the floor.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .errors import DataError, DtypeError, RangeError, ShapeError, check_text

PLATFORM = ".#=^oSF"
BOXES = "-#$.*@+"
MOST = 64  # rows or columns of a level
NAMES = {".": "air", "#": "ground", "=": "brick", "^": "spike", "o": "coin"}


def read_level(text: str, signs: str = PLATFORM) -> Tensor:
    """A level written as lines of signs.

    Parameters
    ----------
    text : str
        One line a row, or one line in which / parts the rows; empty lines before and after do
        not count.
    signs : str
        `PLATFORM` or `BOXES`.

    Returns
    -------
    Tensor
        int64 ``[H, W]``.

    Raises
    ------
    AigcError
        With a sentence, for rows of different lengths or signs that are none.

    Examples
    --------
    >>> read_level("S.F/###")
    tensor([[5, 0, 6],
            [1, 1, 1]])
    """
    lines = check_text("A level", text).strip("\n").replace("/", "\n").split("\n")
    lines = [line.strip() for line in lines]
    if not lines[0]:
        raise DataError("The level is empty: at least one row of tiles is needed.")
    for k, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise ShapeError(
                f"Row {k + 1} has {len(line)} tiles, but row 1 has {len(lines[0])}: all rows of a "
                "level are equally long."
            )
        strange = sorted(set(line) - set(signs))
        if strange:
            raise DataError(
                f"Row {k + 1} holds {strange[0]!r}, which is no tile. The tiles are: "
                f"{' '.join(signs)}"
            )
    return check_tiles(torch.tensor([[signs.index(s) for s in line] for line in lines]), signs)


def write_level(level: Tensor, signs: str = PLATFORM) -> str:
    """The opposite of `read_level`.

    >>> write_level(torch.tensor([[5, 0, 6], [1, 1, 1]])).split()
    ['S.F', '###']
    """
    return "\n".join("".join(signs[k] for k in row) for row in check_tiles(level, signs).tolist())


def check_tiles(level: Tensor, signs: str = PLATFORM) -> Tensor:
    """Give `level` back, or raise with a sentence unless it is int64 ``[H, W]`` of known tiles.

    >>> check_tiles(torch.tensor([[7]]))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.RangeError: Tiles are numbers from 0 to 6; this level has 7 to 7.
    """
    if not isinstance(level, Tensor) or level.dtype != torch.int64:
        given = level.dtype if isinstance(level, Tensor) else f"a {type(level).__name__}"
        raise DtypeError(f"A level is an int64 tensor [H, W] of tiles; you gave {given}.")
    if level.ndim != 2 or not level.numel() or max(level.shape) > MOST:
        raise ShapeError(
            f"A level has the shape [H, W], 1 to {MOST} each; yours is {list(level.shape)}."
        )
    low, high = int(level.min()), int(level.max())
    if low < 0 or high >= len(signs):
        raise RangeError(
            f"Tiles are numbers from 0 to {len(signs) - 1}; this level has {low} to {high}."
        )
    return level


def pieces(maps: Tensor) -> Tensor:
    """All pieces of 2x2 tiles: ``[N, H, W] -> [N, H - 1, W - 1, 4]``, in reading order.

    >>> pieces(torch.arange(6).view(1, 2, 3)).tolist()
    [[[[0, 1, 3, 4], [1, 2, 4, 5]]]]
    """
    a, b = maps[:, :-1, :-1], maps[:, :-1, 1:]
    c, d = maps[:, 1:, :-1], maps[:, 1:, 1:]
    return torch.stack([a, b, c, d], dim=3)


def check_platform(level: Tensor) -> Tensor:
    """Give a level of the platform game back, or say why it is none.

    >>> check_platform(read_level("S.S/###"))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: The level has 2 starts (S); it must have exactly one.
    """
    check_tiles(level, PLATFORM)
    for sign, name in (("S", "start"), ("F", "flag")):
        _exactly_one(int((level == PLATFORM.index(sign)).sum()), name, sign)
    return level


def check_boxes(level: Tensor) -> Tensor:
    """Give a level of the box game back, or say why it is none.

    >>> check_boxes(read_level("@-$", BOXES))
    Traceback (most recent call last):
    ...
    aigc_teach.core.errors.DataError: The level has 1 box and 0 goals; there must be as many ...
    """
    check_tiles(level, BOXES)
    many = {sign: int((level == k).sum()) for k, sign in enumerate(BOXES)}
    _exactly_one(many["@"] + many["+"], "player", "@ or +")
    boxes, goals = many["$"] + many["*"], many["."] + many["*"] + many["+"]
    if boxes != goals:
        raise DataError(
            f"The level has {boxes} {'box' if boxes == 1 else 'boxes'} and {goals} "
            f"{'goal' if goals == 1 else 'goals'}; there must be as many goals as boxes."
        )
    if not boxes:
        raise DataError("The level has no box: there is nothing to push.")
    return level


def _exactly_one(count: int, name: str, sign: str) -> None:
    if count == 0:
        raise DataError(f"The level has no {name} ({sign}); it must have exactly one.")
    if count > 1:
        raise DataError(f"The level has {count} {name}s ({sign}); it must have exactly one.")
