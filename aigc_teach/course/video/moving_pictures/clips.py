"""The lesson's clips, a guess without learning, and the judge's name for what moves."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....data import MovingClips, digits, moving_pictures, plain_shapes
from ....data.digits import ImageSet
from ....data.video import bounce

SIZE, CROP = 32, 14  # pixels of a frame's side, and of a digit's
PAST, AHEAD = 5, 20  # frames that are given, and frames that are asked for
GIVEN, NEXT = 3, 9  # the same for the clips with a coin
SHAPE, FASTEST = 8, 2  # pixels of a shape's side; its speed in pixels a frame


def small_digits(split: str) -> ImageSet:
    """The real digits at half their size: x ``[M, 1, 14, 14]`` in [-1, 1], and the labels.

    >>> small_digits("held_out").x.shape
    torch.Size([500, 1, 14, 14])
    """
    x, labels = digits(split)
    return ImageSet(F.avg_pool2d(x, 2), labels)


def clips(n: int, pictures: Tensor, frames: int, generator: torch.Generator) -> MovingClips:
    """`n` clips with mirrors at the edges, each of a picture drawn from `pictures`."""
    some = pictures[torch.randint(len(pictures), (n,), generator=generator)]
    return moving_pictures(n, some, frames=frames, size=SIZE, generator=generator)


def forks(n: int, generator: torch.Generator) -> MovingClips:
    """`n` clips of 12 frames in which a shape flies to the right wall, where a coin falls."""
    some = plain_shapes(SHAPE)[torch.randint(4, (n,), generator=generator)]
    how = {"frames": GIVEN + NEXT, "size": SIZE, "fastest": FASTEST, "path": "fork"}
    return moving_pictures(n, some, **how, generator=generator)


def both_futures(where: Tensor) -> Tensor:
    """The two paths that a clip of :func:`forks` could have taken: up, and down.

    int64 ``[N, 12, 2]`` -> ``[2, N, 12, 2]``; one of the two is `where`.

    >>> where = forks(3, torch.Generator()).where
    >>> (both_futures(where) == where).flatten(2).all(2).sum(0)
    tensor([1, 1, 1])
    """
    room = SIZE - SHAPE
    at_wall = where[:, :, 1].argmax(1, keepdim=True)
    after = (torch.arange(where.shape[1]) - at_wall).clamp(min=0)  # [N, 12]
    rows = [bounce(where[:, :1, 0] + way * FASTEST * after, room) for way in (-1, 1)]
    return torch.stack([torch.stack([row, where[:, :, 1]], dim=2) for row in rows])


def carried_on(frame: Tensor, speed: Tensor, frames: int) -> Tensor:
    """Move a frame on at a constant speed; what is bright stops at the frame's edge.

    Parameters
    ----------
    frame : Tensor
        ``[N, 1, H, W]`` in [-1, 1].
    speed : Tensor
        int64 ``[N, 2]``, rows and columns a frame.
    frames : int

    Returns
    -------
    Tensor
        ``[N, frames, 1, H, W]``.

    >>> frame = torch.full((1, 1, 4, 4), -1.0)
    >>> frame[0, 0, 0, 1] = 1.0
    >>> film = carried_on(frame, torch.tensor([[0, 1]]), 3)
    >>> film[0, :, 0, 0].argmax(-1)  # two steps to the edge, and no further
    tensor([2, 3, 3])
    """
    bright = frame[:, 0] > 0  # [N, H, W]
    film = []
    for k in range(1, frames + 1):
        step = []
        for axis in (2, 1):  # what is left when the other axis is gone: rows, then columns
            seen, size = bright.any(axis), frame.shape[4 - axis]
            first = seen.int().argmax(1)
            last = size - 1 - seen.flip(1).int().argmax(1)
            wanted = k * speed[:, 2 - axis]
            step.append(torch.maximum(torch.minimum(wanted, size - 1 - last), -first))
        film.append(shifted(frame, torch.stack(step, dim=1)))
    return torch.stack(film, dim=1)


def shifted(frame: Tensor, by: Tensor) -> Tensor:
    """``[N, 1, H, W]`` moved by int64 ``[N, 2]`` pixels; background comes in."""
    height, width = frame.shape[-2:]
    rows = torch.arange(height) - by[:, :1]  # [N, H]: where each row comes from
    columns = torch.arange(width) - by[:, 1:]  # [N, W]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None
    ]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    moved = frame[torch.arange(len(frame))[:, None, None], 0, rows[:, :, None], columns[:, None]]
    return moved.where(inside, torch.tensor(-1.0)).unsqueeze(1)


@torch.no_grad()
def named(judge: nn.Module, frame: Tensor, corner: Tensor) -> Tensor:
    """What the judge calls the 14x14 pixels at each corner.

    Parameters
    ----------
    judge : Judge
    frame : Tensor
        ``[N, 1, 32, 32]``.
    corner : Tensor
        ``[N, 2]``, rounded to whole pixels; what lies outside the frame is background.

    Returns
    -------
    Tensor
        int64 ``[N]``: 0 to 9, and 10 for no digit.
    """
    room = CROP
    wide = F.pad(frame.clamp(-1, 1), (room,) * 4, value=-1.0)
    places = (corner.nan_to_num(0).round().long() + room).clamp(0, wide.shape[-1] - CROP)
    crops = [
        one[:, row : row + CROP, column : column + CROP]
        for one, (row, column) in zip(wide, places.tolist(), strict=True)
    ]
    large = F.interpolate(torch.stack(crops), scale_factor=2, mode="bilinear")
    return judge(large).argmax(1)


def shift_later(film: Tensor, frames: int) -> Tensor:
    """A film ``[T, ...]`` that begins `frames` later (sooner below 0); its ends stand still."""
    places = (torch.arange(len(film)) - frames).clamp(0, len(film) - 1)
    return film[places]
