"""Drawn adverts in colour, of which everything is known: 8 attributes say it all.

A square banner shows a thing on a ground, lines that stand for words, a button, and perhaps a
badge. They advertise nothing. The same attributes give the same bytes, on any processor.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core import check_choice
from .attributes import Amount, Choice, draw_attributes
from .canvas import SIZES, Canvas, blend, colour, mix, paint_groups, pick, shade

BANNER = {
    "warmth": Amount(0, 1),
    "depth": Amount(0, 1),
    "scale": Amount(0, 1),
    "side": Amount(-1, 1),
    "thing": Choice("cup", "book", "plant", "lamp"),
    "words": Choice("none", "one", "two", "three"),
    "button": Choice("coral", "teal", "indigo", "amber"),
    "badge": Choice("none", "star", "burst"),
}
"""The attributes of a banner: an `Amount` has a range, a `Choice` its names."""

PALE, DEEP = ("#d6ebf5", "#e4efd8", "#fdeacb"), ("#5c8db3", "#7d9c6a", "#d08a5a")
BUTTONS = ("#e4644f", "#2f9c93", "#5a5fb0", "#eeb13c")
WHITE, INK, BURST = colour("#fdfcfa"), colour("#38363f"), colour("#d6263c")
CREAM, GOLD, LEAF, POT = (colour(c) for c in ("#f7efe0", "#f3bd3b", "#4f8f58", "#c46f4a"))


class BannerAttributes(NamedTuple):
    """What each of N banners shows.

    Attributes
    ----------
    warmth, depth : Tensor
        float32 ``[N]``: the ground, from cool (0) to warm (1) and from pale (0) to deep (1).
    scale : Tensor
        Of the thing, from small (0) to large (1).
    side : Tensor
        Where the thing stands, from left (-1) to right (1).
    thing, words, button, badge : Tensor
        int64 ``[N]``, places in ``BANNER[name].names``; words counts the lines.
    """

    warmth: Tensor
    depth: Tensor
    scale: Tensor
    side: Tensor
    thing: Tensor
    words: Tensor
    button: Tensor
    badge: Tensor


class BannerSet(NamedTuple):
    """Banners and what they show.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, 3, size, size]`` in [-1, 1].
    attributes : BannerAttributes
    """

    x: Tensor
    attributes: BannerAttributes


def banners(
    n: int,
    *,
    size: int = 32,
    couple: tuple[str, str, float] | None = None,
    generator: torch.Generator | None = None,
    **given: object,
) -> BannerSet:
    """Draw `n` banners; what is not given about them is drawn evenly and independently.

    Parameters
    ----------
    n : int
        How many; from 1 to 200,000.
    size : {32, 64}
        Height and width in pixels.
    couple : (str, str, float), optional
        Ties a second attribute to a first, as for `faces`: ``("badge", "warmth", 0.8)``.
    generator : torch.Generator, optional
        Draws what is not given; without it the same banners each time.
    **given
        Any of the attributes of :class:`BannerAttributes`: a value, or `n` of them;
        choices also by name: ``badge="burst"``.

    Returns
    -------
    BannerSet

    Raises
    ------
    ChoiceError, RangeError, ShapeError, DtypeError
        With a sentence, for anything else.

    Examples
    --------
    >>> x, attributes = banners(5, badge="burst")
    >>> x.shape, attributes.badge.tolist()
    (torch.Size([5, 3, 32, 32]), [2, 2, 2, 2, 2])
    >>> banner_picture(attributes).equal(x)
    True
    """
    check_choice("size", size, SIZES)
    show = BannerAttributes(**draw_attributes(BANNER, n, given, couple, generator))
    return BannerSet(banner_picture(show, side_length=size), show)


def banner_picture(show: BannerAttributes, *, side_length: int = 32) -> Tensor:
    """Draw banners of known attributes: float32 ``[N, 3, S, S]`` in [-1, 1].

    >>> banner_picture(banners(2).attributes, side_length=64).shape
    torch.Size([2, 3, 64, 64])
    """
    check_choice("side_length", side_length, SIZES)
    return paint_groups(show, ("thing", "words", "badge"), side_length, paint_banner)


def banner_numbers(show: BannerAttributes) -> Tensor:
    """Attributes as numbers ``[N, 19]``: amounts in [0, 1], then each choice as zeros and a one.

    >>> banner_numbers(banners(2, badge="burst").attributes)[:, -3:].tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """
    parts = []
    for (_name, kind), value in zip(BANNER.items(), show, strict=True):
        if isinstance(kind, Amount):
            parts.append(kind.quantile(value, value)[:, None])
        else:
            parts.append(F.one_hot(value.long(), len(kind.names)).float())
    return torch.cat(parts, dim=1)


def paint_banner(canvas: Canvas, show: BannerAttributes, thing: int, words: int, badge: int):
    """Paint banners that share thing, number of lines and badge, from back to front."""
    ground = mix(blend(PALE, show.warmth), blend(DEEP, show.warmth), show.depth)
    canvas.paint(1.0, ground)
    canvas.paint(canvas.disc(0.5, 1.25, 1.0, 0.62) * 0.35, WHITE)  # a table to stand on
    x, r = 0.5 + 0.2 * show.side, 0.13 + 0.1 * show.scale
    paint_words(canvas, show, words)
    canvas.multiply(canvas.disc(x, 0.71, r * 1.1, 0.03), 0.8)  # its shadow
    (paint_cup, paint_book, paint_plant, paint_lamp)[thing](canvas, x, 0.7, r)
    paint_button(canvas, show)
    if badge == 1:
        paint_star(canvas, 0.86, 0.14)
    elif badge == 2:
        paint_burst(canvas, 0.84, 0.16)


def paint_words(canvas: Canvas, show: BannerAttributes, words: int) -> None:
    """Lines of different lengths, at the top."""
    ink = mix(INK, WHITE, show.depth * 0.85)
    for k, half in enumerate((0.3, 0.24, 0.17)[:words]):
        canvas.paint(canvas.box(0.07 + half, 0.1 + 0.085 * k, half, 0.02) * 0.9, ink)


def paint_cup(canvas: Canvas, x: Tensor, floor: float, r: Tensor) -> None:
    """A cup with its handle."""
    y = floor - r
    canvas.paint(canvas.ring(x + r * 0.95, y, r * 0.42, r * 0.45, 0.035), CREAM)
    canvas.paint(canvas.egg(x, y, r * 0.85, r, 0.22), CREAM)
    canvas.paint(canvas.disc(x, y - r * 0.72, r * 0.75, r * 0.22), colour("#6b4630"))
    canvas.paint(canvas.box(x, y + r * 0.1, r * 0.78, 0.022), colour("#6aa0c7"))


def paint_book(canvas: Canvas, x: Tensor, floor: float, r: Tensor) -> None:
    """A book that stands, its pages to the right."""
    y = floor - r
    canvas.paint(canvas.box(x + 0.025, y, r * 0.78, r), WHITE)
    canvas.paint(canvas.box(x, y, r * 0.78, r), colour("#4f6fa8"))
    canvas.paint(canvas.box(x - r * 0.66, y, r * 0.1, r), colour("#3a5588"))
    canvas.paint(canvas.box(x + 0.02, y - r * 0.4, r * 0.42, 0.022), GOLD)


def paint_plant(canvas: Canvas, x: Tensor, floor: float, r: Tensor) -> None:
    """A plant in a pot."""
    for dx, dy, size in ((-0.55, 1.3, 0.5), (0.55, 1.25, 0.5), (0.0, 1.6, 0.55)):
        canvas.paint(canvas.disc(x + dx * r, floor - dy * r, size * r, size * r * 0.9), LEAF)
    canvas.paint(
        canvas.disc(x - 0.1 * r, floor - 1.7 * r, 0.25 * r, 0.2 * r), mix(LEAF, WHITE, 0.3)
    )
    canvas.paint(canvas.egg(x, floor - 0.42 * r, r * 0.55, r * 0.45, 0.2), POT)
    canvas.paint(canvas.box(x, floor - 0.75 * r, r * 0.62, 0.03), shade(POT, 0.85))


def paint_lamp(canvas: Canvas, x: Tensor, floor: float, r: Tensor) -> None:
    """A lamp that shines."""
    u, v = (canvas.x - x) / (2 * r), (canvas.y - (floor - 1.3 * r)) / (2 * r)
    canvas.paint((1 - (u * u + v * v)).clamp(0, 1) * 0.5, colour("#fff3bf"))
    canvas.paint(canvas.box(x, floor - 0.6 * r, 0.02, r * 0.6), INK)
    canvas.paint(canvas.box(x, floor - 0.02, r * 0.5, 0.02), INK)
    canvas.paint(canvas.egg(x, floor - 1.35 * r, r * 0.75, r * 0.5, -0.35), GOLD)


def paint_button(canvas: Canvas, show: BannerAttributes) -> None:
    """A button with round ends and a lighter line for its words."""
    paint = pick(BUTTONS, show.button)
    canvas.paint(canvas.box(0.5, 0.875, 0.2, 0.06), paint)
    for x in (0.3, 0.7):
        canvas.paint(canvas.disc(x, 0.875, 0.06, 0.06), paint)
    canvas.paint(canvas.box(0.5, 0.875, 0.14, 0.017) * 0.9, WHITE)


def paint_star(canvas: Canvas, x: float, y: float) -> None:
    """A small gold star: two squares, one turned."""
    canvas.paint(canvas.box(x, y, 0.055, 0.055), GOLD)
    turned = ((canvas.x - x).abs() + (canvas.y - y).abs() - 0.085) * 0.7
    canvas.paint(canvas.edge(turned), GOLD)


def paint_burst(canvas: Canvas, x: float, y: float) -> None:
    """A loud red burst with a white bar: the bait."""
    canvas.paint(canvas.box(x, y, 0.11, 0.11), BURST)
    turned = ((canvas.x - x).abs() + (canvas.y - y).abs() - 0.17) * 0.7
    canvas.paint(canvas.edge(turned), BURST)
    for k in (-1, 1):
        canvas.paint(canvas.box(x + k * 0.04, y, 0.017, 0.06), WHITE)
