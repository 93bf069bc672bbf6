"""Drawn crossings from above and their sentences.

"a crossing, a lorry from the left, a child on the zebra": two roads, a zebra on the western arm, at
most one vehicle and one child or dog. Everything about a picture is known, and what is rare in a
set is chosen. Legend: N pictures.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core import RangeError, check_count, check_number
from .canvas import blank, colour
from .captioned_scenes import picked

SIDE = 16
VEHICLES, SIDES = ("", "car", "lorry"), ("left", "right")
WALKERS, PLACES = ("", "child", "dog"), ("zebra", "pavement")
GRASS, ROAD, WHITE = colour("#2f6b3a"), colour("#4b4e57"), colour("#e9e9e4")
CHILD, DOG = colour("#ff74d4"), colour("#c98a45")
VEHICLE = ("#d9412f", "#3b6fe0", "#e8e3d5", "#16181d", "#e8b93a")
ZEBRA = (slice(5, 11), slice(1, 5))  # rows and columns in pixels


class RoadSet(NamedTuple):
    """Crossings and what they show.

    Attributes
    ----------
    x : Tensor
        float32 ``[N, 3, 16, 16]`` in [-1, 1].
    captions : Tensor
        int64 ``[N, 4]``: vehicle (0 none, 1 car, 2 lorry), from where (0 left, 1 right), walker
        (0 none, 1 child, 2 dog), on what (0 zebra, 1 pavement).
    """

    x: Tensor
    captions: Tensor

    @property
    def rare(self) -> Tensor:
        """Which show a child on the zebra: bool ``[N]``."""
        return is_rare(self.captions)


def is_rare(captions: Tensor) -> Tensor:
    """Which captions put a child on the zebra: ``[N, 4]`` -> bool ``[N]``."""
    return (captions[:, 2] == 1) & (captions[:, 3] == 0)


def road_captions() -> Tensor:
    """Every caption that differs from the others in words: int64 ``[25, 4]``.

    >>> len(road_captions())
    25
    """
    vehicles = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]
    walkers = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]
    return torch.tensor([[*v, *w] for v in vehicles for w in walkers])


def road_sentence(caption) -> str:
    """The sentence of a caption.

    >>> road_sentence([2, 0, 1, 0])
    'a crossing, a lorry from the left, a child on the zebra'
    """
    vehicle, side, walker, place = (int(value) for value in caption)
    parts = ["a crossing"]
    if vehicle:
        parts.append(f"a {VEHICLES[vehicle]} from the {SIDES[side]}")
    if walker:
        parts.append(f"a {WALKERS[walker]} on the {PLACES[place]}")
    return ", ".join(parts)


def roads(
    n: int | None = None,
    *,
    rare: float = 0.01,
    captions: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> RoadSet:
    """Draw crossings.

    Parameters
    ----------
    n : int, optional
        How many.
    rare : float
        In [0, 1]: the share of them with a child on the zebra, rounded to whole pictures.
    captions : Tensor, optional
        int64 ``[N, 4]``, in the place of `n`.
    generator : torch.Generator, optional
        Without it the same crossings each time.

    Examples
    --------
    >>> drawn = roads(200)
    >>> drawn.x.shape, drawn.rare.sum().item()
    (torch.Size([200, 3, 16, 16]), 2)
    """
    generator = generator or torch.Generator().manual_seed(0)
    if captions is None:
        n = check_count("n", 1 if n is None else n)
        if check_number("rare", rare) > 1:
            raise RangeError(f"rare={rare} must lie in [0, 1].")
        table = road_captions()
        few = is_rare(table)
        often = torch.randperm(n, generator=generator) >= round(rare * n)
        place = torch.rand(n, generator=generator)
        groups = [table[few], table[~few]]
        captions = picked(groups, often.tolist(), place)
    return RoadSet(_paint(captions, generator), captions)


def children_on_zebra(x: Tensor) -> Tensor:
    """Read by program whether a child is on the zebra: bool ``[N]`` of ``[N, 3, 16, 16]``.

    Three pixels or more of the zebra that are nearer to the child's colour than to any other.
    """
    palette = torch.tensor([CHILD, DOG, ROAD, WHITE, *map(colour, VEHICLE)]) * 2 - 1
    part = x[:, :, ZEBRA[0], ZEBRA[1]]
    far = (part[:, None] - palette[:, :, None, None]).square().sum(2)  # [N, K, 6, 4]
    return (far.argmin(1) == 0).sum((1, 2)) >= 3


def _paint(captions: Tensor, generator: torch.Generator) -> Tensor:
    n = len(captions)
    vehicle, side, walker, place = captions.unbind(1)
    u = torch.rand(n, 6, generator=generator)
    canvas = blank(n, SIDE)
    canvas.paint(1.0, GRASS)
    canvas.paint(canvas.box(0.5, 0.5, 0.5, 3 / SIDE), ROAD)
    canvas.paint(canvas.box(0.5, 0.5, 3 / SIDE, 0.5), ROAD)
    for row in (5, 7, 9):
        canvas.paint(canvas.box(3 / SIDE, (row + 0.5) / SIDE, 2 / SIDE, 0.5 / SIDE), WHITE)
    # right-hand traffic: from the left in the lower lane, from the right in the upper one
    left = side == 0
    half = torch.where(vehicle == 2, 2.6, 1.6)
    across = torch.where(left, half + u[:, 0] * (10 - half), 16 - half - u[:, 0] * (8 - half))
    lane = torch.where(left, 9.4, 6.6) + 0.4 * (u[:, 1] - 0.5)
    paint = torch.tensor([colour(code) for code in VEHICLE])[(u[:, 2] * 5).long()].unbind(1)
    body = canvas.box(across / SIDE, lane / SIDE, half / SIDE, 1.2 / SIDE)
    canvas.paint(body * (vehicle > 0), paint)
    on_zebra = place == 0
    cx = torch.where(on_zebra, 2 + 2 * u[:, 3], 1 + 3 * u[:, 3])
    far = torch.where(u[:, 5] < 0.5, 2 + 1.4 * u[:, 4], 12.6 + 1.4 * u[:, 4])
    cy = torch.where(on_zebra, 6.5 + 3 * u[:, 4], far)
    child = canvas.box(cx / SIDE, cy / SIDE, 1 / SIDE, 1.5 / SIDE)
    canvas.paint(child * (walker == 1), CHILD)
    dog = canvas.box(cx / SIDE, cy / SIDE, 1.5 / SIDE, 1 / SIDE)
    canvas.paint(dog * (walker == 2), DOG)
    return canvas.bytes().float().div_(127.5).sub_(1)
