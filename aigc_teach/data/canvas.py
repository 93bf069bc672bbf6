"""Draw a batch of pictures at once, as soft shapes painted one over the other.

A shape is given by its signed distance, negative inside; a pixel within half a pixel of the
edge is covered in part, which is what makes the edges smooth. The pictures lie along the last
axis, ``[3, H, W, N]``: each operation then works through long rows of memory, and what differs
from picture to picture (where an eye sits) is a vector ``[N]``.

Only sums, products, quotients, square roots and comparisons are used, one operation at a time:
those IEEE 754 rounds in one way. So every processor, with any number of threads, paints the
same bytes. (A sine, a sum over many numbers or a product of matrices would not promise that, nor
does torch's own square root of float32: hence `root`.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

SIZES = (32, 64)
Number = Tensor | float
Paint = Sequence[Number]


class Canvas:
    """Pictures under the brush, or a part of them.

    Parameters
    ----------
    pixels : Tensor
        float32 ``[3, H, W, N]`` in [0, 1]; changed in place.
    x, y : Tensor
        Middles of the pixels, ``[1, W, 1]`` and ``[H, 1, 1]``, in units of a whole picture: (0, 0)
        is its upper left corner, (1, 1) the lower right.
    size : int
        Pixels along a whole picture.

    Examples
    --------
    >>> canvas = blank(2, 32)
    >>> canvas.paint(canvas.disc(0.5, 0.5, 0.2, 0.2), (1.0, 0.0, 0.0))
    >>> canvas.pixels[:, 16, 16, 0].tolist(), canvas.pixels[:, 0, 0, 0].tolist()
    ([1.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    """

    def __init__(self, pixels: Tensor, x: Tensor, y: Tensor, size: int):
        self.pixels, self.x, self.y, self.size = pixels, x, y, size

    def part(self, top: float, bottom: float, left: float = 0.0, right: float = 1.0) -> Canvas:
        """A window on the same pixels; nothing is painted outside it."""
        rows = slice(int(top * self.size), int(bottom * self.size))
        columns = slice(int(left * self.size), int(right * self.size))
        return Canvas(self.pixels[:, rows, columns], self.x[:, columns], self.y[rows], self.size)

    def only(self, pictures: slice) -> Canvas:
        """Some of the pictures."""
        return Canvas(self.pixels[..., pictures], self.x, self.y, self.size)

    def paint(self, cover: Number, colour: Paint) -> None:
        """Lay a colour on, where and as far as `cover` (0 to 1) says."""
        for channel, value in zip(self.pixels, colour, strict=True):
            change = value - channel
            change *= cover
            channel += change

    def multiply(self, cover: Number, factor: Number) -> None:
        """Darken: all three colours times `factor` where `cover` is 1."""
        share = 1 - cover * (1 - factor)
        self.pixels *= share

    def edge(self, distance: Tensor) -> Tensor:
        """How far each pixel is covered by what lies where `distance` is negative."""
        return (0.5 - distance * self.size).clamp_(0, 1)

    def disc(self, cx: Number, cy: Number, rx: Number, ry: Number) -> Tensor:
        """An ellipse with its axes along the picture's."""
        u, v = (self.x - cx) / rx, (self.y - cy) / ry
        return self._round(u * u, v * v, (u / rx) ** 2, (v / ry) ** 2)

    def egg(self, cx: Number, cy: Number, rx: Number, ry: Number, narrow: Number) -> Tensor:
        """An ellipse that grows narrower downward (or, for a negative `narrow`, upward)."""
        v = (self.y - cy) / ry
        rx = rx * (1 - narrow * v.clamp(-1, 1))  # [H, 1, N]
        u = (self.x - cx) / rx  # [H, W, N]
        return self._round(u * u, v * v, (u / rx) ** 2, (v / ry) ** 2)

    def _round(self, uu: Tensor, vv: Tensor, gu: Tensor, gv: Tensor) -> Tensor:
        """Cover of ``uu + vv < 1`` by its distance to first order, f / |grad f|."""
        half = self.size / 2
        cover = (half - half * vv) - half * uu
        cover /= root(gu + gv + 1e-12)
        return cover.add_(0.5).clamp_(0, 1)

    def ring(self, cx: Number, cy: Number, rx: Number, ry: Number, width: Number) -> Tensor:
        """The outline of an ellipse, `width` thick."""
        outer = self.disc(cx, cy, rx + width / 2, ry + width / 2)
        return outer - self.disc(cx, cy, rx - width / 2, ry - width / 2)

    def box(self, cx: Number, cy: Number, rx: Number, ry: Number) -> Tensor:
        """A rectangle with its middle at (cx, cy)."""
        return self.band(self.x, cx, rx) * self.band(self.y, cy, ry)

    def frame(self, cx: Number, cy: Number, rx: Number, ry: Number, width: Number) -> Tensor:
        """The outline of a rectangle, `width` thick."""
        outer = self.box(cx, cy, rx + width / 2, ry + width / 2)
        return outer - self.box(cx, cy, rx - width / 2, ry - width / 2)

    def band(self, place: Tensor, middle: Number, half: Number) -> Tensor:
        """All that lies within `half` of `middle`: exact for lines thinner than a pixel, too."""
        return self.edge(place - (middle + half)) - self.edge(place - (middle - half))

    def arc(
        self, cx: Number, cy: Number, half: Number, bow: Number, width: Number, taper: bool = True
    ) -> Tensor:
        """A stroke `half` to either side of cx, its ends `bow` lower than its middle.

        `taper` lets it end in points.
        """
        u = (self.x - cx) / half  # [1, W, N]
        arch = (1 - u * u).clamp_(min=0)
        ends = self.band(self.x, cx, half)
        width = width * arch if taper else width * ends
        return self.band(self.y, cy + bow * (1 - arch), width / 2) * ends

    def line(self, x0: Number, y0: Number, x1: Number, y1: Number, width: float) -> Tensor:
        """A straight stroke from (x0, y0) to (x1, y1) with round ends."""
        dx, dy = x1 - x0, y1 - y0
        long = dx * dx + dy * dy
        px, py = self.x - x0, self.y - y0
        t = ((px * dx + py * dy) / long).clamp_(0, 1)
        away = root((px - t * dx) ** 2 + (py - t * dy) ** 2)
        return self.edge(away - width / 2) - self.edge(away + width / 2)

    def bytes(self) -> Tensor:
        """The pictures as uint8 ``[N, 3, H, W]``, rounded to the nearest level."""
        levels = (self.pixels * 255 + 0.5).floor_().clamp_(0, 255).to(torch.uint8)
        return levels.permute(3, 0, 1, 2).contiguous()


def blank(n: int, size: int) -> Canvas:
    """`n` white pictures of `size` x `size` pixels."""
    middles = (torch.arange(size, dtype=torch.float32) + 0.5) / size
    pixels = torch.ones(3, size, size, n)
    return Canvas(pixels, middles.view(1, -1, 1), middles.view(-1, 1, 1), size)


def colour(code: str) -> tuple[float, ...]:
    """Red, green and blue in [0, 1] of a code as web pages write it.

    >>> colour("#ff0000")
    (1.0, 0.0, 0.0)
    """
    return tuple(int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))


def pick(codes: Sequence[str], which: Tensor) -> list[Tensor]:
    """For each picture the colour that stands at its place in `codes`: three tensors ``[N]``.

    >>> [channel.tolist() for channel in pick(["#000000", "#ff0000"], torch.tensor([1, 0]))]
    [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    return list(torch.tensor([colour(code) for code in codes])[which].unbind(1))


def blend(
    codes: Sequence[str], place: Tensor, stops: Sequence[float] | None = None
) -> list[Tensor]:
    """Colours between those of `codes`, which stand at `stops` (evenly from 0 to 1 if left out).

    >>> [channel.tolist() for channel in blend(["#000000", "#ff0000"], torch.tensor([0.5]))]
    [[0.5], [0.0], [0.0]]
    """
    table = [colour(code) for code in codes]
    last = len(table) - 1
    stops = [i / last for i in range(last + 1)] if stops is None else stops
    result = [torch.full_like(place, first) for first in table[0]]
    for i in range(last):  # a sum of ramps: each adds the step from one colour to the next
        ramp = ((place - stops[i]) / (stops[i + 1] - stops[i])).clamp(0, 1)
        result = [
            c + ramp * (b - a) for c, a, b in zip(result, table[i], table[i + 1], strict=True)
        ]
    return result


def mix(a: Paint, b: Paint, share: Number) -> list[Number]:
    """`share` of b, the rest of a.

    >>> mix((0.0, 0.0, 0.0), (1.0, 0.5, 0.0), 0.5)
    [0.5, 0.25, 0.0]
    """
    return [p + share * (q - p) for p, q in zip(a, b, strict=True)]


def shade(paint: Paint, factor: Number) -> list[Number]:
    """A colour times `factor`.

    >>> shade((1.0, 0.5, 0.0), 0.5)
    [0.5, 0.25, 0.0]
    """
    return [p * factor for p in paint]


def root(x: Tensor) -> Tensor:
    """The square root as IEEE 754 rounds it, of float32.

    torch asks Intel's library of vectors, which on some processors is one digit off in the last
    place for 6 numbers of 1,000. Taken in float64 and rounded, that is gone.

    >>> root(torch.tensor([2.0])).item() == float(torch.tensor(2.0**0.5))
    True
    """
    return x.double().sqrt_().float()


def wave(t: Tensor) -> Tensor:
    """A smooth wave of period 1 from -1 (at whole numbers) to 1, without a sine.

    >>> wave(torch.tensor([0.0, 0.25, 0.5, 1.0])).tolist()
    [-1.0, 0.0, 1.0, -1.0]
    """
    tent = 1 - (2 * (t - t.floor()) - 1).abs()  # 0 at whole numbers, 1 half-way
    return 2 * tent * tent * (3 - 2 * tent) - 1


def sine(t: Tensor) -> Tensor:
    """The sine of an angle between -2 and 2, by its series: error below 0.0005."""
    tt = t * t
    return t * (1 - tt / 6 * (1 - tt / 20 * (1 - tt / 42 * (1 - tt / 72))))


def cosine(t: Tensor) -> Tensor:
    """The cosine of an angle between -2 and 2, by its series: error below 0.0005."""
    tt = t * t
    return 1 - tt / 2 * (1 - tt / 12 * (1 - tt / 30 * (1 - tt / 56 * (1 - tt / 90))))


def by_kind(show: NamedTuple, by: Sequence[str]) -> Iterator[tuple[list[int], Tensor]]:
    """Which pictures agree in the attributes named `by`: the numbers of each kind, and places."""
    table = torch.stack([getattr(show, name) for name in by], dim=1)  # [N, kinds]
    groups, member = torch.unique(table, dim=0, return_inverse=True)
    for k, kind in enumerate(groups.tolist()):
        yield kind, (member == k).nonzero().squeeze(1)


def paint_groups(
    show: NamedTuple, by: Sequence[str], size: int, paint: Callable[..., None]
) -> Tensor:
    """Draw pictures of one kind together, a chunk at a time.

    Parameters
    ----------
    show : NamedTuple
        Attributes of N pictures, a tensor ``[N]`` each.
    by : sequence of str
        The attributes, whole numbers, that make the kind: pictures that agree in all are of one.
    size : int
    paint : callable
        Paints a canvas, given the attributes of its pictures and the numbers of their kind.

    Returns
    -------
    Tensor
        float32 ``[N, 3, size, size]`` in [-1, 1].
    """
    drawn = torch.empty(len(show[0]), 3, size, size, dtype=torch.uint8)
    chunk = 128 * 32 * 32 // (size * size)  # as much as a processor's cache holds
    for kind, mine in by_kind(show, by):
        for places in mine.split(chunk):
            canvas = blank(len(places), size)
            paint(canvas, type(show)(*(value[places] for value in show)), *kind)
            drawn[places] = canvas.bytes()
    return drawn.float().div_(127.5).sub_(1)
