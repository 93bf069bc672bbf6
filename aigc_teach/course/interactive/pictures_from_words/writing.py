"""What the page shares: sentences by number, swapped sentences, and how pictures obey them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ....data import captioned_scenes as scenes
from ....metrics import Obedience

SHAPE = (3, scenes.SIDE, scenes.SIDE)
CHIPS = {
    "how many": scenes.NUMBERS,
    "colour": tuple(scenes.COLOURS),
    "one": scenes.SHAPES,
    "several": tuple(f"{shape}s" for shape in scenes.SHAPES),
    "where": ("left", "right", "above", "below", "of"),
}


@cache
def _known() -> tuple[Tensor, dict]:
    rows = torch.cat([scenes.all_captions(part) for part in scenes.PARTS])
    return rows, {tuple(row): k for k, row in enumerate(rows.tolist())}


@cache
def sentence_table() -> Tensor:
    """All sentences of the grammar as numbers of words: int64 ``[K, 14]``."""
    return scenes.sentence_table([scenes.sentence(row) for row in _known()[0]])


def numbers(captions: Tensor) -> Tensor:
    """The places of captions ``[N, 6]`` in :func:`sentence_table`: int64 ``[N]``.

    >>> numbers(scenes.all_captions()[:3])
    tensor([0, 1, 2])
    """
    return torch.tensor([_known()[1][tuple(row)] for row in captions.tolist()])


def words(captions: Tensor) -> Tensor:
    """Captions ``[N, 6]`` as numbers of words ``[N, 14]``."""
    return sentence_table()[numbers(captions)]


def twisted(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """`n` captions of one thing beside another, the same with places and with colours exchanged.

    Colours and shapes differ, so that all three ask for different pictures; all are of the part
    "seen". Int64 ``[n, 6]`` each.
    """
    rows = scenes.all_captions()
    rows = rows[(rows[:, 3] > 0) & (rows[:, 0] == 1)]
    rows = rows[(rows[:, 1] != rows[:, 4]) & (rows[:, 2] != rows[:, 5])]
    places, colours = rows[:, [0, 4, 5, 3, 1, 2]], rows[:, [0, 4, 2, 3, 1, 5]]
    seen = torch.tensor([scenes.part_of(row) == "seen" for row in colours])
    rows, places, colours = rows[seen], places[seen], colours[seen]
    pick = torch.randint(len(rows), (n,), generator=generator)
    return rows[pick], places[pick], colours[pick]


def shares(found: Obedience, captions: Tensor) -> dict[str, float]:
    """The share of pictures that are right, by kind; relations among those that ask for one."""
    asked = captions[:, 3] > 0
    pick = {
        "number": found.counts,
        "colours": found.colours,
        "shapes": found.shapes,
        "things": found.things,
        "relation": found.relation[asked],
        "whole": found.whole,
    }
    return {name: part.float().mean().item() if len(part) else 0.0 for name, part in pick.items()}


def line(name: str, row: dict[str, float]) -> str:
    """A row of :func:`shares` in one line of text."""
    return f"{name:12}" + ", ".join(f"{kind} {share:.2f}" for kind, share in row.items())


def layouts(draw: Callable[[Tensor], Tensor], captions: Tensor, times: int = 8) -> float:
    """How many different sets of the four cells are used by pictures of one sentence, on average.

    Parameters
    ----------
    draw : callable
        Captions ``[N, 6]`` -> pictures.
    captions : Tensor
        ``[K, 6]``; each is drawn `times` times.
    """
    x = draw(captions.repeat_interleave(times, 0))
    light = (x - scenes.scene_style().background[:, None, None]).abs().mean(1)  # [N, 16, 16]
    used = F.avg_pool2d(light[:, None], scenes.CELL).flatten(1) > 0.12  # [N, 4]
    codes = (used * torch.tensor([1, 2, 4, 8])).sum(1).view(len(captions), times)
    return sum(len(row.unique()) for row in codes) / len(captions)


def own_half(maps: Tensor, captions: Tensor, word: Tensor) -> float:
    """Of a word's look, the share that falls on the half of the picture where its thing is.

    Parameters
    ----------
    maps : Tensor
        ``[N, T, h, h]``.
    captions : Tensor
        ``[N, 6]``, with the relation "left of": the first thing is in the left half.
    word : Tensor
        int64 ``[N]``: the place of a word of the first thing.
    """
    mine = maps[torch.arange(len(captions)), word]  # [N, h, h]
    half = mine.shape[2] // 2
    return (mine[:, :, :half].sum((1, 2)) / mine.sum((1, 2))).mean().item()
