"""Drawn landscapes in colour, of which everything is known: 9 attributes say it all.

A sky from deep night to noon, hills, trees, a lake, weather: made by code, at 32 pixels about two
thousand a second on one core (at 64 half as many), so that a model's landscapes can be read back
and counted. The same attributes give the same bytes, on any processor.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import check_choice
from .attributes import Amount, Choice, draw_attributes
from .canvas import SIZES, Canvas, Paint, blend, colour, mix, paint_groups, pick, wave

LANDSCAPE = {
    "horizon": Amount(0, 1),
    "sun": Amount(-0.5, 1),
    "side": Amount(-1, 1),
    "hills": Amount(0, 1),
    "pan": Amount(-1, 1),
    "water": Amount(0, 1),
    "trees": Choice("0", "1", "2", "3", "4", "5"),
    "season": Choice("spring", "summer", "autumn"),
    "weather": Choice("clear", "cloudy", "rain", "snow"),
}
"""The attributes of a landscape: an `Amount` has a range, a `Choice` its names."""

# The sky above and at the horizon, from midnight (-0.5) over dusk (0) to noon (1).
HOURS = (-0.5, -0.3, -0.1, 0.12, 0.4, 1.0)
ZENITH = ("#141c3f", "#27306a", "#5a4a8c", "#7f9fd0", "#6cb2e6", "#4a9de0")
SKYLINE = ("#2b3a6e", "#5b5595", "#f08f72", "#fdd3a0", "#cfeaf6", "#c9ecfb")
LIGHT = ("#4f5f9c", "#6b6ba6", "#cf9c9c", "#f4dabd", "#fdf8ee", "#ffffff")  # on the land
MEADOW = ("#8fcf62", "#5da852", "#cfae4f")
FAR, NEAR = ("#8fb9a5", "#7fa394", "#b39a78"), ("#74b06a", "#548f5c", "#b58d4c")
LEAVES = ("#f4a6bd", "#3f8a4b", "#e0762f")
FIR, TRUNK = colour("#2f6b50"), colour("#7a5138")
SUN, MOON, WHITE = colour("#ffe28a"), colour("#fdf6dc"), colour("#ffffff")
CLOUD, OVERCAST = colour("#ffffff"), {"rain": colour("#7487a0"), "snow": colour("#cdd6e2")}
# Trees: place across, how near (0 at the horizon, 1 in front), kind
TREES = ((0.21, 0.45, "round"), (0.80, 0.65, "fir"), (0.60, 0.2, "round"), (0.07, 0.8, "fir"))
TREES += ((0.40, 0.95, "round"),)
STARS = ((0.08, 0.10), (0.21, 0.25), (0.33, 0.07), (0.47, 0.18), (0.62, 0.06), (0.72, 0.24))
STARS += ((0.90, 0.13), (0.14, 0.36), (0.56, 0.32), (0.84, 0.33))
CLOUDS = ((0.24, 0.16, 1.0), (0.76, 0.11, 0.8), (0.58, 0.29, 0.65))
DROPS = tuple(((i * 0.7549) % 1, (i * 0.5698) % 1) for i in range(30))  # spread evenly


class LandscapeAttributes(NamedTuple):
    """What each of N landscapes shows.

    Attributes
    ----------
    horizon : Tensor
        float32 ``[N]``: from low in the picture (0) to high (1).
    sun : Tensor
        Deep night (-0.5), sunrise or sunset (0), noon (1).
    side : Tensor
        The sun stands left (-1) to right (1); the moon on the other side.
    hills : Tensor
        Their height, from nearly flat (0) to mountains with snow on them (1).
    pan : Tensor
        Where the land is seen to the left (-1) or right (1): the nearer, the further it moves.
    water : Tensor
        How much of the foreground is a lake, from none (0) to most of it (1).
    trees : Tensor
        int64 ``[N]``: how many.
    season, weather : Tensor
        int64 ``[N]``, places in ``LANDSCAPE[name].names``.
    """

    horizon: Tensor
    sun: Tensor
    side: Tensor
    hills: Tensor
    pan: Tensor
    water: Tensor
    trees: Tensor
    season: Tensor
    weather: Tensor


class LandscapeSet(NamedTuple):
    """Landscapes and what they show.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, 3, size, size]`` in [-1, 1].
    attributes : LandscapeAttributes
    """

    x: Tensor
    attributes: LandscapeAttributes


def landscapes(
    n: int,
    *,
    size: int = 32,
    couple: tuple[str, str, float] | None = None,
    generator: torch.Generator | None = None,
    **given: object,
) -> LandscapeSet:
    """Draw `n` landscapes; what is not given about them is drawn evenly and independently.

    Parameters
    ----------
    n : int
        How many; from 1 to 200,000.
    size : {32, 64}
        Height and width in pixels.
    couple : (str, str, float), optional
        Ties a second attribute to a first, as for `faces`: ``("sun", "weather", 0.8)``.
    generator : torch.Generator, optional
        Draws what is not given; without it the same landscapes each time. The first n of a
        larger number are the same landscapes.
    **given
        Any of the attributes of :class:`LandscapeAttributes`: a value, or `n` of them, one a
        landscape; choices also by name: ``weather="rain"``. The others stay as they would
        have been.

    Returns
    -------
    LandscapeSet
        x float32 ``[n, 3, size, size]`` in [-1, 1], and the attributes.
        ``landscapes(n, size=size, **attributes._asdict())`` draws them again.

    Raises
    ------
    ChoiceError, RangeError, ShapeError, DtypeError
        With a sentence, for anything else.

    Examples
    --------
    >>> x, attributes = landscapes(5, sun=0.0, weather="clear")
    >>> x.shape, attributes.weather.tolist()
    (torch.Size([5, 3, 32, 32]), [0, 0, 0, 0, 0])
    >>> again, _ = landscapes(5, **attributes._asdict())
    >>> again.equal(x)
    True
    """
    check_choice("size", size, SIZES)
    show = LandscapeAttributes(**draw_attributes(LANDSCAPE, n, given, couple, generator))

    def paint(canvas: Canvas, some: LandscapeAttributes, weather: int, trees: int) -> None:
        paint_landscape(canvas, some, LANDSCAPE["weather"].names[weather], trees)

    return LandscapeSet(paint_groups(show, ("weather", "trees"), size, paint), show)


class Scene:
    """The hour's colours and the ground's lines; ``[N]`` each."""

    def __init__(self, show: LandscapeAttributes, weather: str):
        self.weather = weather
        self.level = 0.66 - 0.22 * show.horizon  # of the horizon, from the upper edge
        self.zenith, self.skyline, self.light = (
            blend(codes, show.sun, HOURS) for codes in (ZENITH, SKYLINE, LIGHT)
        )
        if weather in OVERCAST:
            grey = [c * lamp for c, lamp in zip(OVERCAST[weather], self.light, strict=True)]
            self.zenith, self.skyline = mix(self.zenith, grey, 0.8), mix(self.skyline, grey, 0.7)
            self.light = mix(self.light, grey, 0.25)
        self.meadow, self.far, self.near, self.leaves = (
            self.lit(self.snowed(pick(codes, show.season), white))
            for codes, white in ((MEADOW, 0.75), (FAR, 0.5), (NEAR, 0.6), (LEAVES, 0.35))
        )
        self.fir, self.trunk = self.lit(self.snowed(FIR, 0.35)), self.lit(TRUNK)

    def snowed(self, paint: Paint, share: float) -> Paint:
        """Whiter where it snows."""
        return mix(paint, WHITE, share) if self.weather == "snow" else paint

    def lit(self, paint: Paint) -> list[Tensor]:
        """A colour in the hour's light."""
        return [p * lamp for p, lamp in zip(paint, self.light, strict=True)]


def paint_landscape(canvas: Canvas, show: LandscapeAttributes, weather: str, trees: int) -> None:
    """Paint landscapes that share weather and number of trees, from far to near."""
    scene = Scene(show, weather)
    paint_sky(canvas, show, scene)
    if weather == "clear":
        paint_stars(canvas, show)
    paint_lights(canvas, show, scene)
    if weather != "clear":
        paint_clouds(canvas, show, scene)
    paint_hills(canvas, show, scene)
    paint_ground(canvas, scene)
    paint_lake(canvas, show, scene)
    for across, near, kind in sorted(TREES[:trees], key=lambda tree: tree[1]):
        paint_tree(canvas, scene, across + (0.06 + 0.04 * near) * show.pan, near, kind)
    if weather == "rain":
        paint_rain(canvas)
    if weather == "snow":
        paint_snow(canvas)


def paint_sky(canvas: Canvas, show: LandscapeAttributes, scene: Scene) -> None:
    """From the zenith's colour above to the skyline's at the horizon."""
    down = (canvas.y / scene.level).clamp(0, 1)  # [H, 1, N]
    canvas.paint(1.0, mix(scene.zenith, scene.skyline, down))


def paint_stars(canvas: Canvas, show: LandscapeAttributes) -> None:
    """A few fixed stars, the brighter the deeper the night."""
    night = ((-0.08 - show.sun) / 0.25).clamp(0, 1)
    for k, (x, y) in enumerate(STARS):
        part = canvas.part(max(0, y - 0.05), y + 0.05, max(0, x - 0.05), x + 0.05)
        part.paint(part.disc(x, y, 0.011 + 0.004 * (k % 2), 0.011 + 0.004 * (k % 2)) * night, MOON)


def paint_lights(canvas: Canvas, show: LandscapeAttributes, scene: Scene) -> None:
    """Sun, with a glow, and moon; behind an overcast sky only a glow is left."""
    veil = {"clear": 1.0, "cloudy": 1.0, "rain": 0.15, "snow": 0.25}[scene.weather]
    x, y = 0.5 + 0.3 * show.side, scene.level - 0.04 - 0.46 * show.sun * scene.level / 0.6
    y = y.clamp(min=0.12)
    u, v = (canvas.x - x) / 0.3, (canvas.y - y) / 0.3
    glow = (1 - (u * u + v * v)).clamp_(0, 1)
    low = mix(colour("#ff9a5c"), SUN, (show.sun * 2).clamp(0, 1))
    shining = ((show.sun + 0.2) / 0.15).clamp(0, 1) * veil
    canvas.paint(glow * glow * 0.6 * shining, low)
    canvas.paint(canvas.disc(x, y, 0.085, 0.085) * shining, mix(low, WHITE, 0.25))
    night = ((-0.12 - show.sun) / 0.12).clamp(0, 1) * veil
    x, y = 0.5 - 0.3 * show.side, scene.level - 0.02 + 0.80 * show.sun
    y = y.clamp(min=0.12)
    upper = canvas.part(0, 0.7)
    moon = upper.disc(x, y, 0.07, 0.07)
    bite = upper.disc(x - 0.032, y - 0.012, 0.06, 0.06)
    upper.paint(moon * (1 - bite) * night, MOON)


def paint_clouds(canvas: Canvas, show: LandscapeAttributes, scene: Scene) -> None:
    """Three clouds, each lighter above than below."""
    upper = canvas.part(0, 0.5)
    white = scene.lit(mix(CLOUD, OVERCAST.get(scene.weather, CLOUD), 0.75))
    below = mix(white, scene.zenith, 0.25)
    for x, y, r in CLOUDS:
        x = x - 0.1 * show.side
        for paint, drop in ((below, 0.018), (white, 0.0)):
            puffs = torch.maximum(
                upper.disc(x - 0.07 * r, y + drop, 0.085 * r, 0.05 * r),
                upper.disc(x + 0.085 * r, y + 0.008 + drop, 0.085 * r, 0.042 * r),
            )
            puffs = torch.maximum(
                puffs, upper.disc(x + 0.01 * r, y - 0.03 * r + drop, 0.07 * r, 0.065 * r)
            )
            upper.paint(puffs * 0.95, paint)


def paint_hills(canvas: Canvas, show: LandscapeAttributes, scene: Scene) -> None:
    """Mountains far off, and nearer a softer row of hills."""
    part = canvas.part(0.05, 0.75)
    across = canvas.x - 0.10 * show.pan  # [1, W, N]
    tent = torch.maximum(
        1 - (across - 0.36).abs() / 0.34,
        torch.maximum(0.72 - (across - 0.70).abs() / 0.38, 0.5 - (across - 0.02).abs() / 0.42),
    )
    tent = torch.maximum(tent, 0.45 - (across - 1.02).abs() / 0.4).clamp(min=0)
    height = 0.02 + 0.34 * show.hills
    top = scene.level - height * tent  # [1, W, N]
    far = mix(scene.far, scene.skyline, 0.2)
    mountains = part.edge((top - part.y) * 0.8)
    part.paint(mountains, far)
    snow = scene.level - 0.22 - 0.012 * wave(across * 9)
    cap = part.edge(part.y - snow) * mountains
    part.paint(cap, scene.lit(WHITE))
    soft = 0.5 + 0.5 * wave((across - 0.04 * show.pan) * 1.3 + 0.55)
    top = scene.level - (0.015 + 0.11 * show.hills) * (0.35 + 0.65 * soft)
    part.paint(part.edge(top - part.y), scene.near)


def paint_ground(canvas: Canvas, scene: Scene) -> None:
    """A meadow, darker towards the front."""
    low = canvas.part(0.4, 1)
    top = scene.level + 0.012 * wave(low.x * 0.8 + 0.1)
    depth = ((low.y - scene.level) / (1 - scene.level)).clamp(0, 1)
    low.paint(low.edge(top - low.y), [m * (1.06 - 0.20 * depth) for m in scene.meadow])


def shore(canvas: Canvas, show: LandscapeAttributes, scene: Scene) -> Tensor:
    """The lake's upper edge, ``[1, W, N]``; below the picture where there is no water."""
    room = 1.02 - scene.level
    return 1.03 - 0.72 * room * show.water + 0.018 * wave((canvas.x - 0.2 * show.pan) * 1.1 + 0.35)


def paint_lake(canvas: Canvas, show: LandscapeAttributes, scene: Scene) -> None:
    """Sand, water in the colours of the sky, and glints on it."""
    low = canvas.part(0.4, 1)
    top = shore(low, show, scene)
    depth = ((low.y - top) / 0.4).clamp(0, 1)
    sand = scene.lit(scene.snowed(colour("#ecd9a6"), 0.6))
    low.paint(low.edge((top - 0.022) - low.y), sand)
    deep = mix(scene.zenith, colour("#2f7fae"), 0.3)
    shallow = mix(scene.skyline, colour("#6fc0d8"), 0.35)
    lake = low.edge(top - low.y)
    low.paint(lake, mix(scene.lit(shallow), scene.lit(deep), depth))
    glint = wave(low.y * 16) * wave(low.x * 2.5 + low.y * 3)
    low.paint(lake * ((glint - 0.35) * 1.2).clamp_(0, 1) * 0.35, mix(scene.skyline, WHITE, 0.5))


def paint_tree(canvas: Canvas, scene: Scene, across: Tensor, near: float, kind: str) -> None:
    """A tree at `across`, nearer or farther, with its shadow."""
    foot = scene.level + 0.03 + 0.19 * near * (1 - scene.level)
    tall = 0.17 + 0.13 * near
    part = canvas.part(0.1, 0.85)
    part.paint(part.disc(across, foot, 0.3 * tall, 0.05 * tall), [m * 0.75 for m in scene.meadow])
    part.paint(part.box(across, foot - 0.16 * tall, 0.055 * tall, 0.16 * tall), scene.trunk)
    if kind == "round":
        middle = foot - 0.68 * tall
        part.paint(
            part.disc(across, middle, 0.36 * tall, 0.38 * tall), [c * 0.85 for c in scene.leaves]
        )
        crown = part.disc(across - 0.05 * tall, middle - 0.06 * tall, 0.27 * tall, 0.28 * tall)
        part.paint(crown, scene.leaves)
        return
    for k in range(3):  # three skirts, one above the other
        y = foot - (0.22 + 0.26 * k) * tall  # of the skirt's hem
        wide, high = (0.36 - 0.07 * k) * tall, 0.42 * tall
        side = (part.x - across).abs() / wide  # [1, W, 1]
        skirt = part.edge(part.y - y) * part.edge((side * high - (part.y - y + high)) * 0.7)
        part.paint(skirt, [c * (0.86 + 0.12 * k) for c in scene.fir])


def paint_rain(canvas: Canvas) -> None:
    """Thirty slanting drops."""
    for x, y in DROPS:
        part = canvas.part(max(0, y - 0.06), min(1, y + 0.1), max(0, x - 0.06), min(1, x + 0.06))
        part.paint(part.line(x + 0.012, y, x - 0.012, y + 0.065, 0.012) * 0.6, colour("#dbe9f5"))


def paint_snow(canvas: Canvas) -> None:
    """Thirty flakes of three sizes."""
    for k, (x, y) in enumerate(DROPS):
        r = 0.012 + 0.004 * (k % 3)
        part = canvas.part(max(0, y - 0.06), min(1, y + 0.06), max(0, x - 0.06), min(1, x + 0.06))
        part.paint(part.disc(x, y, r, r) * 0.95, WHITE)
