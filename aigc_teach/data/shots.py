"""Films made by rule, of which every cut, fade and flash is known, and what moves in them.

A *shot* is what a camera takes without a stop: shapes that move, a landscape that pans, a face
that turns and speaks, or something that moves too fast. `cut_film` joins shots by hard cuts,
dissolves and fades through black, and puts flashes of light into some of them. `moving_shapes`
knows where its shape is and how much of each pixel it covers, and `cut_out_faces` gives faces
without a background: the way compositing wants them (Porter and Duff, "Compositing digital
images", SIGGRAPH 1984): I = a F + (1 - a) B.

Frames are float32 ``[T, 3, H, W]`` in [-1, 1]. What is drawn at random does not depend on the
size, so a film of 32 pixels and one of 64 have the same cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, ShapeError, check_choice, check_count, check_number, make_generator
from .attributes import draw_attributes
from .canvas import SIZES, blank, by_kind, colour
from .faces import FACE, FaceAttributes, paint_person
from .landscapes import landscapes
from .video import bounce

SHOTS = ("shapes", "landscape", "face", "fast")
TRANSITIONS = ("cut", "dissolve", "fade")
PAINTS = ("#e4007f", "#ff5a00", "#7a00e6", "#f4f000", "#00d0d8")  # not found in a landscape
FLASH = (0.85, 0.45)  # how much of the way to white the two frames of a flash go
MOST_FRAMES = 20_000


class Transition(NamedTuple):
    """One change of shot.

    Attributes
    ----------
    kind : {"cut", "dissolve", "fade"}
    first, last : int
        The frames it takes, both included. A cut has one: the first of the new shot.
    """

    kind: str
    first: int
    last: int


class CutFilm(NamedTuple):
    """A film and what was done to make it.

    Attributes
    ----------
    frames : Tensor
        float32 ``[T, 3, size, size]`` in [-1, 1].
    transitions : tuple of Transition
        In order of time.
    flashes : tuple of int
        The first of the two frames of each flash.
    shot : Tensor
        int64 ``[T]``: the number of the shot that a frame belongs to; half of a dissolve or of
        a fade belongs to either side.
    kinds : tuple of str
        What each shot is: one of `SHOTS`.
    """

    frames: Tensor
    transitions: tuple[Transition, ...]
    flashes: tuple[int, ...]
    shot: Tensor
    kinds: tuple[str, ...]


class MovingShapes(NamedTuple):
    """Clips of one shape before a still background.

    Attributes
    ----------
    frames : Tensor
        float32 ``[N, T, 3, size, size]`` in [-1, 1].
    alpha : Tensor
        ``[N, T, 1, size, size]``: how much of a pixel the shape covers, 0 to 1.
    place : Tensor
        ``[N, T, 2]``: row and column of its middle, in pixels.
    plate : Tensor
        ``[N, 3, size, size]``: the background without the shape, a *clean plate*.
    paint : Tensor
        ``[N, 3]``: the shape's colour, in [-1, 1].
    """

    frames: Tensor
    alpha: Tensor
    place: Tensor
    plate: Tensor
    paint: Tensor


class CutOut(NamedTuple):
    """Faces without a background.

    Attributes
    ----------
    colour : Tensor
        float32 ``[N, 3, size, size]`` in [-1, 1]: what compositing calls F; -1 where alpha is 0.
    alpha : Tensor
        ``[N, 1, size, size]`` in [0, 1].
    """

    colour: Tensor
    alpha: Tensor


def over(front: Tensor, alpha: Tensor, back: Tensor) -> Tensor:
    """The compositing equation: ``alpha * front + (1 - alpha) * back``.

    >>> over(torch.tensor(1.0), torch.tensor(0.25), torch.tensor(-1.0)).item()
    -0.5
    """
    return alpha * front + (1 - alpha) * back


def moving_shapes(
    n: int,
    *,
    frames: int = 3,
    speed: float | tuple[float, float] = 3.0,
    size: int = 32,
    radius: tuple[float, float] = (0.1, 0.16),
    generator: torch.Generator | None = None,
) -> MovingShapes:
    """Clips in which a disc or a square moves straight on before a landscape.

    At the edge of the picture it turns back.

    Parameters
    ----------
    n, frames : int
        Clips, and frames of each.
    speed : float or (float, float)
        Pixels a frame, or the range from which each clip's is drawn.
    size : {32, 64}
    radius : (float, float)
        From least to most, as a share of the picture.
    generator : torch.Generator, optional
        That of seed 0 if left out.

    Returns
    -------
    MovingShapes

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> clips = moving_shapes(2, frames=3, speed=4.0)
    >>> clips.frames.shape, clips.alpha.shape, clips.place.shape
    (torch.Size([2, 3, 3, 32, 32]), torch.Size([2, 3, 1, 32, 32]), torch.Size([2, 3, 2]))
    """
    check_choice("size", size, SIZES)
    check_count("n", n)
    check_count("frames", frames, at_most=MOST_FRAMES // n)
    slow, fast = speed if isinstance(speed, tuple) else (speed, speed)
    if not 0 <= check_number("speed", slow) <= check_number("speed", fast) <= size:
        raise RangeError(f"speed={speed} must lie from 0 to {size} pixels, the lower one first.")
    if not 0 < check_number("radius", radius[0]) <= check_number("radius", radius[1]) < 0.5:
        raise RangeError(f"radius={radius} must lie between 0 and 0.5, the lower one first.")
    g = generator or make_generator(0)
    draw = torch.rand(n, 7, generator=g)
    plate, _ = landscapes(n, size=size, generator=g)
    r = radius[0] + (radius[1] - radius[0]) * draw[:, 0]
    room = (1 - 2 * r)[:, None, None] * size
    turn = 2 * torch.pi * draw[:, 1]
    step = (slow + (fast - slow) * draw[:, 2])[:, None] * torch.stack([turn.sin(), turn.cos()], 1)
    time = torch.arange(frames)[None, :, None]
    straight = draw[:, None, 3:5] * room + time * step[:, None]  # [N, T, 2]
    place = r[:, None, None] * size + bounce(straight, room)
    paint = torch.tensor([colour(code) for code in PAINTS])[(draw[:, 5] * len(PAINTS)).long()]
    canvas = blank(n * frames, size)
    y, x = (place / size).flatten(0, 1).unbind(1)
    wide = r.repeat_interleave(frames)
    round_ = (draw[:, 6] < 0.5).repeat_interleave(frames)
    cover = torch.where(
        round_, canvas.disc(x, y, wide, wide), canvas.box(x, y, 0.85 * wide, 0.85 * wide)
    )  # [H, W, N T]
    alpha = cover.permute(2, 0, 1).reshape(n, frames, 1, size, size)
    paint = 2 * paint - 1
    shown = over(paint[:, None, :, None, None], alpha, plate[:, None])
    return MovingShapes(shown, alpha, place, plate, paint)


def cut_out_faces(
    n: int, *, size: int = 32, generator: torch.Generator | None = None, **given: object
) -> CutOut:
    """Faces as layers: their colour, and how much of each pixel they cover.

    They are painted twice, on black and on white. What shows through is the difference, so alpha
    is known exactly (triangulation matting: Smith and Blinn, "Blue screen matting", SIGGRAPH
    1996).

    Parameters
    ----------
    n : int
    size : {32, 64}
    generator : torch.Generator, optional
        That of seed 0 if left out.
    **given
        Attributes, as for `faces`; the background does not count.

    Returns
    -------
    CutOut

    Examples
    --------
    >>> layer = cut_out_faces(2, hair="bun")
    >>> layer.alpha.shape, layer.alpha[:, 0, 0, 0].tolist()  # a corner
    (torch.Size([2, 1, 32, 32]), [0.0, 0.0])
    """
    check_choice("size", size, SIZES)
    show = FaceAttributes(**draw_attributes(FACE, n, given, None, generator))
    layers = [torch.empty(n, 3, size, size) for _ in range(2)]
    for (hair, glasses), mine in by_kind(show, ("hair", "glasses")):
        some = FaceAttributes(*(value[mine] for value in show))
        for layer, ground in zip(layers, (0.0, 1.0), strict=True):
            canvas = blank(len(mine), size)
            canvas.pixels.fill_(ground)
            paint_person(canvas, some, FACE["hair"].names[hair], FACE["glasses"].names[glasses])
            layer[mine] = canvas.pixels.permute(3, 0, 1, 2)
    black, white = layers
    alpha = (1 - (white - black).mean(1, keepdim=True)).clamp(0, 1)
    front = torch.where(alpha > 1e-3, black / alpha.clamp(min=1e-3), 0).clamp(0, 1)
    return CutOut(2 * front - 1, torch.where(alpha > 1e-3, alpha, 0))


def moving_face(n: int, *, size: int = 32, generator: torch.Generator | None = None) -> CutOut:
    """One face over n frames: it turns, blinks and speaks.

    >>> moving_face(5).alpha.shape
    torch.Size([5, 1, 32, 32])
    """
    check_count("n", n, at_most=MOST_FRAMES)
    g = generator or make_generator(0)
    draw, seed = torch.rand(4, generator=g), torch.randint(2**31, (1,), generator=g).item()
    still = draw_attributes(FACE, 1, {}, None, make_generator(seed))
    time = torch.arange(n) / 25  # seconds
    still["turn"] = 0.8 * torch.sin(2 * torch.pi * (draw[0] + (0.2 + 0.3 * draw[1]) * time))
    still["mouth"] = 0.5 + 0.5 * torch.sin(2 * torch.pi * (draw[2] + (1.5 + draw[3]) * time))
    blink = ((time + 2 * draw[2]) % 2) < 0.12
    still["eyes"] = torch.where(blink, 0.0, 0.8)
    given = {name: value if len(value) == n else value[0] for name, value in still.items()}
    return cut_out_faces(n, size=size, **given)


def shot(kind: str, n: int, *, size: int = 32, generator: torch.Generator | None = None) -> Tensor:
    """`n` frames that a camera takes without a stop.

    Parameters
    ----------
    kind : {"shapes", "landscape", "face", "fast"}
        "fast" is a landscape that sweeps by, 3 to 6 pixels of 32 a frame.
    n : int
    size : {32, 64}
    generator : torch.Generator, optional
        That of seed 0 if left out.

    Returns
    -------
    Tensor
        float32 ``[n, 3, size, size]`` in [-1, 1].

    >>> shot("landscape", 4).shape
    torch.Size([4, 3, 32, 32])
    """
    check_choice("kind", kind, SHOTS)
    check_choice("size", size, SIZES)
    check_count("n", n, at_most=MOST_FRAMES)
    g = generator or make_generator(0)
    if kind == "shapes":
        speed = (0.5 + 1.5 * torch.rand(1, generator=g).item()) * size / 32
        return moving_shapes(
            1, frames=n, speed=speed, size=size, radius=(0.12, 0.3), generator=g
        ).frames[0]
    if kind == "face":
        from_, _ = landscapes(1, size=size, generator=g)
        layer = moving_face(n, size=size, generator=g)
        return over(layer.colour, layer.alpha, from_)
    draw = torch.rand(3, generator=g)
    time = torch.arange(n)
    if kind == "landscape":
        _, still = landscapes(1, size=32, generator=g)
        ways = {"pan": (2 * draw[0] - 1 + (draw[1] - 0.5) * time / 20).clamp(-1, 1)}
        given = {name: ways.get(name, value[0]) for name, value in still._asdict().items()}
        return landscapes(n, size=size, **given).x
    picture, _ = landscapes(1, size=size, generator=g)
    wide = torch.cat([picture, picture.flip(3)], 3)[0]  # meets itself without a seam
    pixels = (3 + 3 * draw[0]) * (1 if draw[1] < 0.5 else -1) * size / 32
    places = (time * pixels + draw[2] * 2 * size).long()
    return torch.stack([wide.roll(-int(p), 2)[..., :size] for p in places])


def cut_film(
    shots: int = 8,
    *,
    length: tuple[int, int] = (14, 28),
    size: int = 32,
    kinds: Sequence[str] = SHOTS,
    transitions: Sequence[str] = ("cut", "cut", "dissolve", "fade"),
    flashes: float = 0.3,
    grain: float = 0.02,
    generator: torch.Generator | None = None,
) -> CutFilm:
    """A film of `shots` shots, of which everything is known.

    Parameters
    ----------
    shots : int
        At least 1.
    length : (int, int)
        Frames that a shot is seen alone: from least to most, at least 8.
    size : {32, 64}
    kinds, transitions : sequence of str
        From these each shot and each change is drawn; a name given twice comes twice as often.
        A dissolve takes 6 to 12 frames, a fade 8 to 14.
    flashes : float
        The share of shots with a flash of light, 0 to 1.
    grain : float
        Standard deviation of the noise of each pixel in each frame, 0 to 0.2.
    generator : torch.Generator, optional
        That of seed 0 if left out.

    Returns
    -------
    CutFilm

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> film = cut_film(3, transitions=("cut",), grain=0.0)
    >>> [t.kind for t in film.transitions], film.shot[film.transitions[0].first].item()
    (['cut', 'cut'], 1)
    """
    least, longest = _checked(shots, size, kinds, transitions, flashes, grain, length)
    g = generator or make_generator(0)
    own = torch.randint(least, longest + 1, (shots,), generator=g).tolist()
    chosen = [kinds[k] for k in torch.randint(len(kinds), (shots,), generator=g).tolist()]
    ways = torch.randint(len(transitions), (shots - 1,), generator=g).tolist()
    spans = torch.randint(6, 13, (shots - 1,), generator=g).tolist()
    halves = torch.randint(4, 8, (shots - 1,), generator=g).tolist()
    lit = torch.rand(shots, 2, generator=g).tolist()
    ways = [transitions[k] for k in ways]
    lap = [
        {"cut": 0, "dissolve": span, "fade": half}[way]
        for way, span, half in zip(ways, spans, halves, strict=True)
    ]
    before, after = [0, *lap], [*lap, 0]
    pieces, number, found, bright, end = [], [], [], [], 0
    tail = None  # what of the last shot is still to be mixed
    for k, kind in enumerate(chosen):
        piece = shot(kind, before[k] + own[k] + after[k], size=size, generator=g)
        head = piece[: before[k]]
        if k:
            found.append(_joined(ways[k - 1], end, before[k]))
            mixed = _mixed(ways[k - 1], tail, head)
            pieces.append(mixed)
            number += [k - 1] * (len(mixed) // 2) + [k] * (len(mixed) - len(mixed) // 2)
            end += len(mixed)
        alone = piece[before[k] : before[k] + own[k]].clone()
        if lit[k][0] < flashes:
            at = 3 + int(lit[k][1] * (own[k] - 7))
            bright.append(end + at)
            for step, share in enumerate(FLASH):
                alone[at + step] += share * (1 - alone[at + step])
        pieces.append(alone)
        number += [k] * own[k]
        end += own[k]
        tail = piece[before[k] + own[k] :]
    frames = torch.cat(pieces)
    frames = (frames + grain * torch.randn(frames.shape, generator=g)).clamp(-1, 1)
    return CutFilm(frames, tuple(found), tuple(bright), torch.tensor(number), tuple(chosen))


def _checked(shots, size, kinds, transitions, flashes, grain, length) -> tuple[int, int]:
    """The shortest and the longest shot, or a sentence about what cannot be made."""
    check_count("shots", shots, at_most=500)
    check_choice("size", size, SIZES)
    for name, given, allowed in (
        ("kinds", kinds, SHOTS),
        ("transitions", transitions, TRANSITIONS),
    ):
        if isinstance(given, str) or not len(given):
            raise ShapeError(f"{name} must be a sequence of names, at least one; got {given!r}.")
        for each in given:
            check_choice(name, each, allowed)
    for name, share, most in (("flashes", flashes, 1), ("grain", grain, 0.2)):
        if check_number(name, share) > most:
            raise RangeError(f"{name}={share} must lie from 0 to {most}.")
    least, longest = (check_count("length", n, at_least=8, at_most=1000) for n in length)
    if least > longest:
        raise RangeError(f"length={length}: the first must be the lower one.")
    return least, longest


def _joined(way: str, at: int, lap: int) -> Transition:
    """Which frames a change takes that begins at frame `at`."""
    length = {"cut": 1, "dissolve": lap, "fade": 2 * lap}[way]
    return Transition(way, at, at + length - 1)


def _mixed(way: str, tail: Tensor, head: Tensor) -> Tensor:
    """The frames of a change: none for a cut."""
    n = len(head)
    share = (torch.arange(1, n + 1) / (n + 1)).view(-1, 1, 1, 1)
    if way == "fade":
        return torch.cat(
            [over(tail, 1 - share, torch.tensor(-1.0)), over(head, share, torch.tensor(-1.0))]
        )
    return over(head, share, tail)
