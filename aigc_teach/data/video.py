"""Clips made by rule: digits that move straight on and bounce off the edges.

The idea is that of N. Srivastava, E. Mansimov and R. Salakhutdinov, "Unsupervised learning of
video representations using LSTMs", ICML 2015: everything that happens in a clip is known.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..core import RangeError, check_count, check_images


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
    for name, value in {"n": n, "frames": frames, "per_clip": per_clip, "size": size}.items():
        check_count(name, value)
    check_images(digits)
    height, width = digits.shape[-2:]
    if digits.shape[1] != 1 or max(height, width) >= size:
        raise RangeError(
            f"The digits must be grey, [M, 1, h, w], and smaller than size={size}; yours are "
            f"{list(digits.shape)}."
        )
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
    for i in range(n):
        for k in range(per_clip):
            digit = digits[(i * per_clip + k) % len(digits), 0]  # [h, w]
            for t, (y, x) in enumerate(corners[i, k].tolist()):
                place = clips[i, t, 0, y : y + height, x : x + width]
                torch.maximum(place, digit, out=place)
    return clips


def bounce(position: Tensor, room: Tensor) -> Tensor:
    """Fold a straight path into [0, room], as mirrors at both ends would.

    >>> bounce(torch.tensor([0.0, 4.0, 6.0, 11.0, -1.0]), torch.tensor(5.0)).tolist()
    [0.0, 4.0, 4.0, 1.0, 1.0]
    """
    return room - (position % (2 * room) - room).abs()
