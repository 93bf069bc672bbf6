"""Clips made by rule: digits or shapes that move straight on and bounce off the edges.

The idea is that of N. Srivastava, E. Mansimov and R. Salakhutdinov, "Unsupervised learning of
video representations using LSTMs", ICML 2015: everything that happens in a clip is known.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, check_choice, check_count, check_images

PATHS = ("mirror", "fork")
SHAPES = ("disc", "square", "cross", "ring")


class MovingClips(NamedTuple):
    """Clips of one picture each that moves, and where it is.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, T, 1, size, size]`` in [-1, 1].
    where : Tensor
        int64 ``[N, T, 2]``: row and column of the picture's upper left corner.
    """

    x: Tensor
    where: Tensor


def moving_digits(
    n: int,
    digits: Tensor,
    *,
    frames: int = 20,
    per_clip: int = 1,
    size: int = 64,
    speed: float = 3.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Clips in which digits move straight on and bounce off the edges.

    Clip i shows digits ``i * per_clip`` and those after it, counted on from the first where
    the given ones end; so ``labels[i]`` belongs to clip i if `per_clip` is 1.

    Parameters
    ----------
    n : int
        How many clips.
    digits : Tensor
        ``[M, 1, h, w]`` in [-1, 1]; -1 is the background.
    frames : int
        T, frames a clip.
    per_clip : int
        Digits in a clip; where they overlap the brighter one shows.
    size : int
        Height and width of a frame; larger than a digit's.
    speed : float
        Pixels a frame, at least 0.
    generator : torch.Generator, optional
        Draws where each digit starts and which way it goes.

    Returns
    -------
    Tensor
        float32 ``[N, T, 1, size, size]`` in [-1, 1]. `widgets.Player` wants the time first:
        ``clips.transpose(0, 1)``.

    Raises
    ------
    AigcError
        With a sentence, for anything else.

    Examples
    --------
    >>> moving_digits(2, torch.ones(3, 1, 8, 8), frames=5, size=32).shape
    torch.Size([2, 5, 1, 32, 32])
    """
    check_count("per_clip", per_clip)
    height, width = _check_sizes(n, digits, frames, size)
    if not (math.isfinite(speed) and speed >= 0):
        raise RangeError(f"speed={speed} must be a finite number of at least 0.")
    start = torch.rand(n, per_clip, 2, generator=generator)  # share of the room, down and across
    angle = torch.rand(n, per_clip, generator=generator)  # of a whole turn
    room = torch.tensor([size - height, size - width], dtype=torch.float32)
    heading = torch.stack([torch.sin(2 * math.pi * angle), torch.cos(2 * math.pi * angle)], -1)
    time = torch.arange(frames).view(1, 1, -1, 1)
    straight = (start * room).unsqueeze(2) + speed * time * heading.unsqueeze(2)
    corners = bounce(straight, room).round().long()  # [N, per_clip, T, 2]: row, column
    clips = torch.full((n, frames, 1, size, size), -1.0)
    for k in range(per_clip):
        _paint(clips, digits[(torch.arange(n) * per_clip + k) % len(digits), 0], corners[:, k])
    return clips


def moving_pictures(
    n: int,
    pictures: Tensor,
    *,
    frames: int = 20,
    size: int = 32,
    fastest: int = 2,
    path: str = "mirror",
    generator: torch.Generator | None = None,
) -> MovingClips:
    """Clips in which a picture moves by whole pixels, with its true places.

    Parameters
    ----------
    n : int
        How many clips. Clip i shows ``pictures[i % len(pictures)]``.
    pictures : Tensor
        ``[M, 1, h, w]`` in [-1, 1]; -1 is the background.
    frames : int
        T, frames a clip.
    size : int
        Height and width of a frame; larger than a picture's.
    fastest : int
        Pixels a frame, down and across, at most; at least 1.
    path : {"mirror", "fork"}
        "mirror": two speeds from -`fastest` to `fastest`, not both 0, from anywhere, and every
        edge is a mirror. "fork": level to the right with `fastest`, to be at the edge in frame 4,
        5 or 6; from there back to the left and, by a fair coin, up or down.
    generator : torch.Generator, optional
        Draws all of it.

    Returns
    -------
    MovingClips

    Raises
    ------
    AigcError
        With a sentence, for anything else.

    Examples
    --------
    >>> clips = moving_pictures(2, torch.ones(3, 1, 8, 8), frames=5)
    >>> clips.x.shape, clips.where.shape
    (torch.Size([2, 5, 1, 32, 32]), torch.Size([2, 5, 2]))
    >>> row, column = clips.where[0, 3].tolist()
    >>> bool((clips.x[0, 3, 0, row : row + 8, column : column + 8] == 1).all())
    True
    """
    height, width = _check_sizes(n, pictures, frames, size)
    check_count("fastest", fastest)
    check_choice("path", path, PATHS)
    room = torch.tensor([size - height, size - width])
    draw = _fork if path == "fork" else _mirrors
    where = draw(n, frames, room, fastest, generator)  # [N, T, 2]
    clips = torch.full((n, frames, 1, size, size), -1.0)
    _paint(clips, pictures[torch.arange(n) % len(pictures), 0], where)
    return MovingClips(clips, where)


def plain_shapes(side: int = 8) -> Tensor:
    """A disc, a square, a cross and a ring, white on black.

    Parameters
    ----------
    side : int
        Height and width in pixels, at least 5.

    Returns
    -------
    Tensor
        float32 ``[4, 1, side, side]``, -1 and 1 alone, in the order of ``SHAPES``.

    >>> plain_shapes(5)[2, 0].add(1).div(2).int().tolist()[0]
    [0, 0, 1, 0, 0]
    """
    check_count("side", side, at_least=5)
    at = torch.arange(side) - (side - 1) / 2
    down, across = at[:, None].abs(), at[None].abs()
    far = (down.square() + across.square()).sqrt() / (side / 2)  # 1 at the middle of an edge
    arm = max(0.5, side / 8)
    inside = [far <= 1, far >= 0, (down <= arm) | (across <= arm), (far <= 1) & (far > 0.5)]
    return torch.stack(inside)[:, None].float() * 2 - 1


def _mirrors(n: int, frames: int, room: Tensor, fastest: int, g) -> Tensor:
    steps = 2 * fastest + 1
    start = (torch.rand(n, 1, 2, generator=g) * (room + 1)).long()  # [N, 1, 2]
    drawn = torch.randint(steps**2 - 1, (n,), generator=g)
    drawn = drawn + (drawn >= steps**2 // 2)  # one of all pairs but (0, 0)
    speed = torch.stack([drawn // steps, drawn % steps], dim=1) - fastest  # [N, 2]
    return bounce(start + torch.arange(frames)[:, None] * speed[:, None], room)


def _fork(n: int, frames: int, room: Tensor, fastest: int, g) -> Tensor:
    middle = room[0] // 4 + (torch.rand(n, 1, generator=g) * (room[0] // 2 + 1)).long()
    hit = torch.randint(4, 7, (n, 1), generator=g)
    coin = 2 * torch.randint(2, (n, 1), generator=g) - 1
    after = torch.arange(frames) - hit  # [N, T]
    across = room[1] - fastest * after.abs()
    down = middle + fastest * coin * after.clamp(min=0)
    return torch.stack([bounce(down, room[0]), bounce(across, room[1])], dim=2)


def _check_sizes(n: int, pictures: Tensor, frames: int, size: int) -> tuple[int, int]:
    for name, value in {"n": n, "frames": frames, "size": size}.items():
        check_count(name, value)
    check_images(pictures)
    height, width = pictures.shape[-2:]
    if pictures.shape[1] != 1 or max(height, width) >= size:
        raise RangeError(
            f"The digits must be grey, [M, 1, h, w], and smaller than size={size}; yours are "
            f"{list(pictures.shape)}."
        )
    return height, width


def _paint(clips: Tensor, pictures: Tensor, corners: Tensor) -> None:
    """Put picture i ``[h, w]`` into clip i at its corners ``[T, 2]``; the brighter one shows."""
    height, width = pictures.shape[-2:]
    for clip, picture, path in zip(clips, pictures, corners.tolist(), strict=True):
        for frame, (y, x) in zip(clip, path, strict=True):
            place = frame[0, y : y + height, x : x + width]
            torch.maximum(place, picture, out=place)


def bounce(position: Tensor, room: Tensor) -> Tensor:
    """Fold a straight path into [0, room], as mirrors at both ends would.

    >>> bounce(torch.tensor([0.0, 4.0, 6.0, 11.0, -1.0]), torch.tensor(5.0)).tolist()
    [0.0, 4.0, 4.0, 1.0, 1.0]
    """
    return room - (position % (2 * room) - room).abs()
