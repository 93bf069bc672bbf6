"""Three ways to find where a film changes shot: two numbers with a threshold, and a small net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....data.shots import TRANSITIONS, CutFilm
from ....metrics.events import match_events

LEVELS = 4  # of each colour in a histogram: 64 colours in all
APART = 6  # frames between two changes that are found
LAGS = (1, 2, 4, 8)
TOLERANCE = 2  # frames


def frame_difference(frames: Tensor, lag: int = 1) -> Tensor:
    """The mean absolute difference from the frame `lag` before, ``[T]``; 0 at the beginning."""
    change = (frames[lag:] - frames[:-lag]).abs().mean((1, 2, 3))
    return F.pad(change, (lag, 0))


def histograms(frames: Tensor) -> Tensor:
    """The share of each of 64 colours in each frame, ``[T, 64]``."""
    level = ((frames + 1) / 2 * LEVELS).long().clamp(0, LEVELS - 1)
    code = (level[:, 0] * LEVELS + level[:, 1]) * LEVELS + level[:, 2]  # [T, H, W]
    code = code.flatten(1)  # [T, H W]
    share = torch.full(code.shape, 1 / code.shape[1])
    return torch.zeros(len(code), LEVELS**3).scatter_add_(1, code, share)


def histogram_difference(frames: Tensor, lag: int = 1) -> Tensor:
    """Half the sum of absolute differences of two histograms, ``[T]``, 0 to 1."""
    return _apart(histograms(frames), lag)


def _apart(h: Tensor, lag: int) -> Tensor:
    return F.pad((h[lag:] - h[:-lag]).abs().sum(1) / 2, (lag, 0))


def adaptive(change: Tensor, *, factor: float = 4.0, least: float = 0.08, reach: int = 8) -> Tensor:
    """A threshold for each frame, ``[T]``: `factor` times the median of those around it.

    Never below `least`. The frame itself is one of those around it.
    """
    around = F.pad(change[None, None], (reach, reach), mode="reflect")[0, 0]
    return (factor * around.unfold(0, 2 * reach + 1, 1).median(1).values).clamp(min=least)


def peaks(change: Tensor, threshold: Tensor | float) -> list[int]:
    """Frames above the threshold that no frame within `APART` exceeds, ``[T]`` -> list."""
    best = F.max_pool1d(change[None, None], 2 * APART + 1, 1, APART)[0, 0]
    where = ((change >= best) & (change > threshold)).nonzero()[:, 0].tolist()
    return [t for k, t in enumerate(where) if not k or t - where[k - 1] > APART]


def features(frames: Tensor) -> Tensor:
    """What the net looks at, ``[10, T]``: both differences at four lags, brightness, contrast."""
    h = histograms(frames)
    rows = []
    for lag in LAGS:
        rows.append(4 * frame_difference(frames, lag))
        rows.append(2 * _apart(h, lag))
    rows += [frames.mean((1, 2, 3)), 2 * frames.std((1, 2, 3))]
    return torch.stack(rows)


def largest(film: CutFilm, change: Tensor) -> dict[str, list[float]]:
    """The largest change of each transition and flash; of fast motion, that of every frame.

    change is ``[T]``.
    """
    found: dict[str, list[float]] = {"flash": [], "fast": []}
    alone = torch.tensor([film.kinds[k] == "fast" for k in film.shot.tolist()])
    for kind, first, last in film.transitions:
        found.setdefault(kind, []).append(change[first : last + 1].max().item())
        alone[max(0, first - 1) : last + 2] = False
    for at in film.flashes:
        found["flash"].append(change[at : at + 3].max().item())
        alone[at : at + 3] = False
    found["fast"] = change[alone].tolist()
    return found


class ChangeNet(nn.Module):
    """For each frame: no change, a cut, a dissolve or a fade; it sees 12 frames either way."""

    def __init__(self, width: int = 16):
        super().__init__()
        inputs = 2 * len(LAGS) + 2
        self.layers = nn.Sequential(
            nn.Conv1d(inputs, width, 9, padding=4),
            nn.ReLU(),
            nn.Conv1d(width, width, 9, padding=4),
            nn.ReLU(),
            nn.Conv1d(width, 1 + len(TRANSITIONS), 9, padding=4),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``[B, 10, T]`` -> logits ``[B, 4, T]``."""
        return self.layers(x)


def targets(film: CutFilm) -> Tensor:
    """What the net should say of each frame, int64 ``[T]``: 0, or 1 and on for a change."""
    y = torch.zeros(len(film.frames), dtype=torch.int64)
    for t in film.transitions:
        y[t.first : t.last + 1] = 1 + TRANSITIONS.index(t.kind)
    return y


def examples(films: Sequence[CutFilm]) -> tuple[Tensor, Tensor]:
    """Films one after the other: what the net looks at ``[10, T]``, what it should say ``[T]``."""
    looks = torch.cat([features(film.frames) for film in films], 1)
    return looks, torch.cat([targets(film) for film in films])


def change_loss(net: ChangeNet, looks: Tensor, says: Tensor, g: torch.Generator) -> Tensor:
    """Cross-entropy on 32 stretches of 64 frames; a cut, of one frame, counts six times."""
    starts = torch.randint(looks.shape[1] - 64, (32, 1), generator=g)
    at = starts + torch.arange(64)  # [B, 64]
    out = net(looks[:, at].transpose(0, 1))[..., 12:-12]  # [B, 4, 40]
    weight = torch.tensor([1.0, 6.0, 1.0, 1.0])
    return F.cross_entropy(out, says[at][:, 12:-12], weight)


class Change(NamedTuple):
    """A change that the net found: its kind, and the frames it takes."""

    kind: str
    first: int
    last: int

    @property
    def middle(self) -> int:
        """The frame half-way."""
        return (self.first + self.last) // 2


@torch.no_grad()
def changes(net: ChangeNet, frames: Tensor) -> list[Change]:
    """Stretches of frames that the net takes for a change."""
    p = net(features(frames)[None])[0].softmax(0)  # [4, T]
    inside = p[0] < 0.5
    edges = F.pad(inside.int(), (1, 1)).diff()
    found = []
    for first, end in zip(
        (edges == 1).nonzero()[:, 0].tolist(), (edges == -1).nonzero()[:, 0].tolist(), strict=True
    ):
        kind = int(p[1:, first:end].mean(1).argmax())
        found.append(Change(TRANSITIONS[kind], first, end - 1))
    return found


class Found(NamedTuple):
    """Counts over films.

    Attributes
    ----------
    precision, recall : float
        To three digits.
    kinds : dict of str to float
        The recall of each kind of change.
    false : dict of str to int
        False alarms, by what was there: "flash", or the kind of the shot.
    """

    precision: float
    recall: float
    kinds: dict[str, float]
    false: dict[str, int]


def judged(films: Sequence[CutFilm], found: Sequence[Sequence[int]]) -> Found:
    """Precision and recall over several films, and what the false alarms were."""
    hits, true = dict.fromkeys(TRANSITIONS, 0), dict.fromkeys(TRANSITIONS, 0)
    false: dict[str, int] = {"flash": 0}
    many = 0
    for film, moments in zip(films, found, strict=True):
        spans = [(t.first, t.last) for t in film.transitions]
        pairs = match_events(moments, spans, tolerance=TOLERANCE).pairs
        many += len(moments)
        for t in film.transitions:
            true[t.kind] += 1
        for _, k in pairs:
            hits[film.transitions[k].kind] += 1
        answered = {k for k, _ in pairs}
        for k, t in enumerate(moments):
            if k not in answered:
                lit = any(-1 <= t - flash <= 3 for flash in film.flashes)
                what = "flash" if lit else film.kinds[int(film.shot[t])]
                false[what] = false.get(what, 0) + 1
    right = sum(hits.values())
    kinds = {kind: hits[kind] / true[kind] for kind in TRANSITIONS if true[kind]}
    shares = [round(right / max(1, n), 3) for n in (many, sum(true.values()))]
    return Found(*shares, {kind: round(share, 3) for kind, share in kinds.items()}, false)
