"""Drawn faces in colour, of which everything is known: 11 attributes say it all.

They are made by code, at 32 pixels two to three thousand a second on one core (at 64 half as
many), as children's books draw people: a model's faces can so be read back and counted. Nothing
in a picture but its attributes: the same attributes give the same bytes, on any processor.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import check_choice
from .attributes import Amount, Choice, draw_attributes
from .canvas import (
    SIZES,
    Canvas,
    blend,
    colour,
    cosine,
    mix,
    paint_groups,
    pick,
    root,
    shade,
    sine,
    wave,
)

FACE = {
    "turn": Amount(-1, 1),
    "smile": Amount(-1, 1),
    "mouth": Amount(0, 1),
    "eyes": Amount(0, 1),
    "skin": Amount(0, 1),
    "age": Amount(0, 1),
    "glasses": Choice("none", "round", "square", shares=(0.5, 0.25, 0.25)),
    "hair": Choice("cropped", "short", "curly", "bun", "long", "plaits"),
    "hair_colour": Choice("black", "brown", "auburn", "blond", "grey", "white"),
    "shirt": Choice("red", "blue", "green", "yellow", "violet", "slate"),
    "background": Choice("sky", "mint", "butter", "peach", "lilac", "stone"),
}
"""The attributes of a face: an `Amount` has a range, a `Choice` its names."""

SKIN = ("#fbdcc4", "#f2c49c", "#dda575", "#bd8052", "#96603c", "#6f452c", "#4d3021")
HAIR = ("#29211f", "#5f3d29", "#a04f27", "#e6bd6a", "#a3a4a8", "#f1eee8")
SHIRTS = ("#d9594c", "#4472b8", "#4f9b6c", "#eeb544", "#8460ad", "#41566b")
GROUNDS = ("#b5def0", "#c3ead0", "#fbe9ae", "#fbcfba", "#d9caf0", "#dcd8d0")
WHITE, INK, DARK_MOUTH = colour("#fdfcfa"), colour("#2a211f"), colour("#6e2430")
ROSE, FRAME = colour("#d9534f"), colour("#33313d")
YAW = 0.5  # radians: how far a head with turn=1 is turned
CX, CY, RX, RY = 0.5, 0.48, 0.25, 0.3  # the head


class FaceAttributes(NamedTuple):
    """What each of N faces shows.

    Attributes
    ----------
    turn : Tensor
        float32 ``[N]``: the head looks to the picture's left (-1), at you (0), right (1).
    smile : Tensor
        From the corners of the mouth down (-1) to a broad smile (1).
    mouth : Tensor
        Closed (0) to wide open (1).
    eyes : Tensor
        Closed (0) to wide open (1).
    skin : Tensor
        Tone, from the lightest (0) to the deepest (1).
    age : Tensor
        Lines, from none (0) to marked (1).
    glasses, hair, hair_colour, shirt, background : Tensor
        int64 ``[N]``, places in ``FACE[name].names``.
    """

    turn: Tensor
    smile: Tensor
    mouth: Tensor
    eyes: Tensor
    skin: Tensor
    age: Tensor
    glasses: Tensor
    hair: Tensor
    hair_colour: Tensor
    shirt: Tensor
    background: Tensor


class FaceSet(NamedTuple):
    """Faces and what they show.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, 3, size, size]`` in [-1, 1].
    attributes : FaceAttributes
    """

    x: Tensor
    attributes: FaceAttributes


def faces(
    n: int,
    *,
    size: int = 32,
    couple: tuple[str, str, float] | None = None,
    generator: torch.Generator | None = None,
    **given: object,
) -> FaceSet:
    """Draw `n` faces; what is not given about them is drawn evenly and independently.

    Parameters
    ----------
    n : int
        How many; from 1 to 200,000.
    size : {32, 64}
        Height and width in pixels.
    couple : (str, str, float), optional
        Ties a second attribute to a first: ``("smile", "glasses", 0.8)``. With probability
        abs(amount) the second stands where the first does between its lowest and highest value
        (at the other end for a negative amount), otherwise it is independent. Each alone is
        distributed as ever; the correlation between places is `amount`.
    generator : torch.Generator, optional
        Draws what is not given; without it the same faces each time. The first n of a larger
        number are the same faces.
    **given
        Any of the attributes of :class:`FaceAttributes`: a value, or `n` of them, one a face;
        choices also by name: ``hair="curly"``. The others stay as they would have been.

    Returns
    -------
    FaceSet
        x float32 ``[n, 3, size, size]`` in [-1, 1], and the attributes.
        ``faces(n, size=size, **attributes._asdict())`` draws them again.

    Raises
    ------
    ChoiceError, RangeError, ShapeError, DtypeError
        With a sentence, for anything else.

    Examples
    --------
    >>> x, attributes = faces(5, smile=1.0, hair="curly")
    >>> x.shape, attributes.smile.tolist()
    (torch.Size([5, 3, 32, 32]), [1.0, 1.0, 1.0, 1.0, 1.0])
    >>> again, _ = faces(5, **attributes._asdict())
    >>> again.equal(x)
    True
    """
    check_choice("size", size, SIZES)
    show = FaceAttributes(**draw_attributes(FACE, n, given, couple, generator))

    def paint(canvas: Canvas, some: FaceAttributes, hair: int, glasses: int) -> None:
        paint_face(canvas, some, FACE["hair"].names[hair], FACE["glasses"].names[glasses])

    return FaceSet(paint_groups(show, ("hair", "glasses"), size, paint), show)


class Head:
    """Where things sit on turned heads, and in what colours; ``[N]`` each."""

    def __init__(self, show: FaceAttributes):
        self.yaw = YAW * show.turn
        self.nose_x, self.mouth_x = self.at(0.0, 1.22)[0], self.at(0.0, 0.8)[0]
        self.eyes = [self.at(side * 0.47) for side in (-1, 1)]  # (middle, foreshortening)
        self.skin = blend(SKIN, show.skin)
        self.shadow = mix(shade(self.skin, 0.80), colour("#7a3322"), 0.10)
        self.line = mix(shade(self.skin, 0.62), colour("#5a2318"), 0.15)
        self.blush = mix(self.skin, ROSE, 0.34 - 0.12 * show.skin)
        self.lips = mix(self.skin, colour("#b8384a"), 0.62)
        self.hair = pick(HAIR, show.hair_colour)
        self.hair_dark = shade(self.hair, 0.76 + 0.12 * self.hair[2])
        self.hair_light = mix(self.hair, WHITE, 0.16)

    def at(self, angle: float, reach: float = 1.0) -> tuple[Tensor, Tensor]:
        """Across the head at an angle from its front: place, and how much it is foreshortened."""
        turned = self.yaw + angle
        return CX + RX * reach * sine(turned), cosine(turned)


def paint_face(canvas: Canvas, show: FaceAttributes, hair: str, glasses: str) -> None:
    """Paint faces that share hair shape and glasses, from the back to the front."""
    paint_background(canvas, show)
    paint_person(canvas, show, hair, glasses)


def paint_person(canvas: Canvas, show: FaceAttributes, hair: str, glasses: str) -> None:
    """The same on whatever the canvas holds already."""
    head = Head(show)
    paint_hair_behind(canvas, head, hair)
    paint_body(canvas, show, head)
    if hair == "plaits":
        paint_plaits(canvas, head)
    paint_head(canvas, head)
    paint_lines(canvas, show, head)
    paint_features(canvas, show, head)
    paint_hair_before(canvas, head, hair)
    if glasses != "none":
        paint_glasses(canvas, head, glasses)


def paint_background(canvas: Canvas, show: FaceAttributes) -> None:
    """A plain colour, lighter in a round behind the head."""
    ground = pick(GROUNDS, show.background)
    canvas.paint(1.0, ground)
    halo = canvas.disc(CX, 0.46, 0.46, 0.46)
    canvas.paint(halo * 0.35, WHITE)


def paint_hair_behind(canvas: Canvas, head: Head, hair: str) -> None:
    """The mass of hair that the head stands before."""
    dark, x = head.hair_dark, CX - 0.04 * head.yaw
    if hair == "curly":
        bumps = 1 + 0.035 * wave(canvas.x * 7 + 0.25) * wave(canvas.y * 7 + 0.4)
        u, v = (canvas.x - x) / 0.36, (canvas.y - 0.38) / 0.34
        canvas.paint(canvas.edge((root(u * u + v * v) - bumps) * 0.34), dark)
    elif hair == "bun":
        canvas.paint(canvas.disc(x, 0.12, 0.125, 0.105), dark)
        canvas.part(0, 0.3).paint(canvas.part(0, 0.3).disc(x - 0.03, 0.09, 0.06, 0.04), head.hair)
    elif hair == "long":
        canvas.paint(canvas.egg(x, 0.51, 0.325, 0.38, -0.10), dark)
    elif hair == "plaits":
        canvas.paint(canvas.disc(x, 0.45, 0.29, 0.31), dark)


def paint_body(canvas: Canvas, show: FaceAttributes, head: Head) -> None:
    """Shirt, neck, and the shadow that the chin throws on it."""
    low = canvas.part(0.66, 1)
    shirt = pick(SHIRTS, show.shirt)
    low.paint(low.disc(CX, 1.08, 0.40, 0.27), shirt)
    low.paint(low.box(CX, 0.78, 0.085, 0.09), head.shadow)
    low.paint(low.disc(CX, 0.85, 0.125, 0.055), head.shadow)
    low.paint(low.disc(CX, 0.845, 0.1, 0.045), head.skin)
    chin = low.part(0, 1)
    chin.paint(chin.box(CX, 0.8, 0.085, 0.035) * 0.75, head.shadow)


def paint_plaits(canvas: Canvas, head: Head) -> None:
    """Three rounds to either side, one below the other."""
    x = CX - 0.04 * head.yaw
    for side in (-1, 1):
        part = canvas.part(0.55, 1, 0.0 if side < 0 else 0.5, 0.5 if side < 0 else 1.0)
        for k, (y, r) in enumerate(((0.66, 0.075), (0.76, 0.07), (0.86, 0.06))):
            out = x + side * (0.285 + 0.008 * k)
            part.paint(part.disc(out, y, r, r), head.hair_dark)
            part.paint(part.disc(out, y - 0.01, r * 0.7, r * 0.7), head.hair)


def paint_head(canvas: Canvas, head: Head) -> None:
    """Ears, and the head itself."""
    for side in (-1, 1):  # the ear that is turned away goes behind the head
        ear = canvas.part(0.38, 0.66, 0.0 if side < 0 else 0.6, 0.4 if side < 0 else 1.0)
        x = CX + side * (RX - 0.005) - 0.10 * head.yaw
        ear.paint(ear.disc(x, 0.51, 0.048, 0.068), head.skin)
        ear.paint(ear.disc(x, 0.515, 0.024, 0.04), head.shadow)
    face = canvas.part(0.14, 0.82, 0.2, 0.8)
    face.paint(face.egg(CX, CY, RX, RY, 0.10), head.skin)


def paint_features(canvas: Canvas, show: FaceAttributes, head: Head) -> None:
    """Cheeks, eyes, nose and mouth."""
    paint_cheeks(canvas, head)
    for x, short in head.eyes:
        paint_eye(canvas, show, head, x, short)
    middle = canvas.part(0.44, 0.66, 0.25, 0.75)
    x = head.nose_x
    middle.paint(middle.disc(x, 0.565, 0.038, 0.028), head.shadow)
    middle.paint(middle.disc(x - 0.004, 0.553, 0.034, 0.028), mix(head.skin, WHITE, 0.08))
    paint_mouth(canvas, show, head)


def paint_cheeks(canvas: Canvas, head: Head) -> None:
    """A blush to either side."""
    for side in (-1, 1):
        x, short = head.at(side * 0.66)
        part = canvas.part(0.52, 0.7, 0.18, 0.82)
        u, v = (part.x - x) / (0.075 * short), (part.y - 0.61) / 0.055
        part.paint((1 - (u * u + v * v)).clamp_(0, 1), head.blush)


def paint_eye(canvas: Canvas, show: FaceAttributes, head: Head, x: Tensor, short: Tensor) -> None:
    """White, pupil, lid and brow of an eye at `x`, foreshortened by `short`."""
    part = canvas.part(0.3, 0.58, 0.2, 0.8)
    y, rx, ry = 0.475, 0.062 * short, 0.008 + 0.048 * show.eyes * (2 - show.eyes)
    white = part.disc(x, y, rx, ry)
    part.paint(white, WHITE)
    pupil = x + 0.018 * show.turn
    part.paint(part.disc(pupil, y, 0.039, 0.042) * white, INK)
    part.paint(part.disc(pupil - 0.012, y - 0.014, 0.012, 0.012) * white, WHITE)
    part.paint(part.arc(x, y - ry, rx * 1.12, ry * 0.9 + 0.004, 0.02, False), INK)
    brow = part.arc(x, 0.372, 0.066 * short, 0.018, 0.03)
    part.paint(brow, mix(shade(head.hair, 0.72), head.line, 0.25))


def paint_mouth(canvas: Canvas, show: FaceAttributes, head: Head) -> None:
    """Lips, open as far as `mouth` says, bowed as `smile` says; teeth behind."""
    part = canvas.part(0.58, 0.8, 0.22, 0.78)
    half = 0.086 + 0.032 * show.smile.clamp(min=0) - 0.012 * show.mouth
    half = half * cosine(head.yaw)
    bow = -0.062 * show.smile
    y = 0.672 + 0.025 * show.smile
    gape = 0.085 * show.mouth
    part.paint(part.arc(head.mouth_x, y, half, bow, 0.034 + gape), head.lips)
    inner = part.arc(head.mouth_x, y, half * 0.86, bow, gape)
    part.paint(inner, DARK_MOUTH)
    u = (part.x - head.mouth_x) / half
    teeth = part.edge(part.y - (y + bow * u * u - 0.016 * show.mouth))
    part.paint(inner * teeth, WHITE)


def paint_lines(canvas: Canvas, show: FaceAttributes, head: Head) -> None:
    """Age: lines on the forehead, beside the mouth, under and beside the eyes."""
    ink = head.line
    brow = canvas.part(0.22, 0.42, 0.25, 0.75)
    x = head.at(0.0)[0]
    for y, half in ((0.30, 0.1), (0.335, 0.12)):
        brow.paint(brow.arc(x, y, half, 0.008, 0.026) * show.age, ink)
    part = canvas.part(0.5, 0.74, 0.2, 0.8)
    for side, (eye, short) in zip((-1, 1), head.eyes, strict=True):
        part.paint(part.arc(eye, 0.563, 0.05 * short, -0.016, 0.022) * show.age, ink)
        fold = head.mouth_x + side * 0.105 * cosine(head.yaw)
        part.paint(part.line(fold, 0.605, fold + side * 0.03, 0.67, 0.02) * show.age, ink)


def paint_hair_before(canvas: Canvas, head: Head, hair: str) -> None:
    """The hair that lies on the head: all above a hairline."""
    x = head.at(0.0, 0.5)[0]
    top = canvas.part(0.08, 0.75)
    grow = {
        "cropped": 0.008,
        "short": 0.03,
        "curly": 0.04,
        "bun": 0.024,
        "long": 0.036,
        "plaits": 0.03,
    }
    cap = top.egg(CX - 0.02 * head.yaw, CY - 0.01, RX + grow[hair], RY + grow[hair], 0.08)
    u = (top.x - x) / RX
    if hair == "short":  # a parting and a fringe that falls to one side
        line = 0.305 + 0.13 * u * u * u * u + 0.05 * u
    elif hair in ("long", "plaits"):  # parted in the middle
        line = 0.215 + 0.30 * u.abs() - 0.06 * u * u
    elif hair == "curly":
        line = 0.285 + 0.13 * u * u + 0.010 * wave(top.x * 9)
    elif hair == "bun":
        line = 0.26 + 0.16 * u * u
    else:
        line = 0.255 + 0.14 * u * u * u * u
    above = top.edge((top.y - line) * 0.8)
    cover = cap * above
    if hair == "cropped":
        top.paint(cover, mix(head.hair, head.skin, 0.25))
        return
    top.paint(cover, head.hair)
    shine = top.arc(CX - 0.09, 0.235, 0.1, 0.03, 0.03)
    top.paint(shine * cover * 0.8, head.hair_light)


def paint_glasses(canvas: Canvas, head: Head, glasses: str) -> None:
    """Rims that share the eyes' middles, a bridge, and the temples to the ears."""
    part = canvas.part(0.34, 0.62, 0.14, 0.86)
    for side, (x, short) in zip((-1, 1), head.eyes, strict=True):
        rim = part.ring if glasses == "round" else part.frame
        rx, ry = (0.092, 0.092) if glasses == "round" else (0.092, 0.074)
        part.paint(rim(x, 0.48, rx * short, ry, 0.024), FRAME)
        ear = CX + side * RX - 0.10 * head.yaw
        start = x + side * rx * short
        middle, half = (start + ear) / 2, ((ear - start) * side / 2).clamp(min=0)
        part.paint(part.box(middle, 0.465, half, 0.011), FRAME)
    (left, a), (right, b) = head.eyes
    inner, outer = left + rx * a, right - rx * b
    part.paint(part.box((inner + outer) / 2, 0.465, (outer - inner) / 2, 0.011), FRAME)
