"""The page's last section: crossings by number, and a small detector of a rare case."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....core import make_generator
from ....data import captioned_scenes as scenes
from ....data import road_scenes

SHAPE = (3, road_scenes.SIDE, road_scenes.SIDE)
NOISE = 0.5  # that is added to every picture a detector sees
ALARMS = 0.01  # of ordinary pictures, the share that may raise a false alarm


def sentence_table() -> Tensor:
    """All sentences on crossings as numbers of words: int64 ``[25, 14]``."""
    rows = [road_scenes.road_sentence(row) for row in road_scenes.road_captions()]
    return scenes.sentence_table(rows)


def numbers(captions: Tensor) -> Tensor:
    """The places of captions ``[N, 4]`` in :func:`sentence_table`."""
    index = {tuple(row): k for k, row in enumerate(road_scenes.road_captions().tolist())}
    return torch.tensor([index[tuple(row)] for row in captions.tolist()])


def rare_captions(n: int) -> Tensor:
    """`n` captions of a child on the zebra, with each of the five kinds of traffic in turn."""
    rows = road_scenes.road_captions()
    rows = rows[road_scenes.is_rare(rows)]
    return rows[torch.arange(n) % len(rows)]


def detector(
    x: Tensor, rare: Tensor, *, seed: int, steps: int, share: float | None = None
) -> nn.Module:
    """A net that says whether a child is on the zebra, trained on noisy pictures.

    Parameters
    ----------
    x : Tensor
        ``[N, 3, 16, 16]``.
    rare : Tensor
        bool ``[N]``.
    seed, steps : int
    share : float, optional
        Of each batch, the share that is drawn from the rare pictures: oversampling. Batches are
        drawn from all pictures alike if left out.
    """
    torch.manual_seed(seed)
    g = make_generator(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 12, 4, stride=2, padding=1),  # [N, 12, 8, 8]
        nn.ReLU(),
        nn.Conv2d(12, 24, 4, stride=2, padding=1),  # [N, 24, 4, 4]
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24 * 4 * 4, 1),
    )
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    groups = [rare.nonzero()[:, 0], (~rare).nonzero()[:, 0]]
    for _ in range(steps):
        if share is None:
            rows = torch.randint(len(x), (64,), generator=g)
        else:
            sizes = (round(64 * share), 64 - round(64 * share))
            picks = [
                group[torch.randint(len(group), (size,), generator=g)]
                for group, size in zip(groups, sizes, strict=True)
            ]
            rows = torch.cat(picks)
        noisy = x[rows] + NOISE * torch.randn(x[rows].shape, generator=g)
        loss = F.binary_cross_entropy_with_logits(net(noisy)[:, 0], rare[rows].float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


@torch.no_grad()
def found(net: nn.Module, test: road_scenes.RoadSet, *, seed: int = 0) -> float:
    """The share of rare pictures that are found while 1 % of the others raise an alarm."""
    noise = torch.randn(test.x.shape, generator=make_generator(seed))
    logits = net(test.x + NOISE * noise)[:, 0]
    ordinary = logits[~test.rare].sort().values
    threshold = ordinary[int((1 - ALARMS) * len(ordinary))]
    return (logits[test.rare] > threshold).float().mean().item()
