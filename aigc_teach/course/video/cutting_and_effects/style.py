"""A film as a poster: few tones, chosen for each frame from the frame itself; and its flicker."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from ....core import RangeError
from ....core.filters import brightness
from ....data.canvas import colour

INKS = ("#1b1a3a", "#4b3f8f", "#c2467a", "#f2894f", "#fbe3a1")  # from the darkest tone on


def edges_of(frames: Tensor) -> Tensor:
    """Between which brightnesses a fifth of each frame's pixels lies: ``[T, 4]``."""
    shares = torch.arange(1, len(INKS)) / len(INKS)
    return torch.quantile(brightness(frames).flatten(1), shares, dim=1).T


def poster(frames: Tensor, edges: Tensor) -> Tensor:
    """Each pixel in the ink of its tone, ``[T, 3, H, W]``, ``[T, 4]`` -> ``[T, 3, H, W]``."""
    light = brightness(frames)  # [T, 1, H, W]
    tone = (light[..., None] > edges[:, None, None, None, :]).sum(-1)[:, 0]  # [T, H, W]
    inks = 2 * torch.tensor([colour(ink) for ink in INKS]) - 1
    return inks[tone].permute(0, 3, 1, 2)


def smoothed(edges: Tensor, keep: float, resets: Collection[int] = ()) -> Tensor:
    """A running mean over time, ``[T, K]``: `keep` of the old one, the rest of the new one.

    At the frames `resets` it begins anew.
    """
    if not 0 <= keep < 1:
        raise RangeError(f"keep={keep} must lie from 0 to below 1.")
    rows = [edges[0]]
    for t in range(1, len(edges)):
        old = edges[t] if t in resets else rows[-1]
        rows.append(keep * old + (1 - keep) * edges[t])
    return torch.stack(rows)


def flicker(styled: Tensor, frames: Tensor) -> float:
    """Mean change from frame to frame of the pixels that did not change in the film.

    Parameters
    ----------
    styled, frames : Tensor
        ``[T, 3, H, W]`` in [-1, 1]; the film without grain.
    """
    still = (frames.diff(dim=0).abs().amax(1, keepdim=True) < 1e-6).float()
    change = styled.diff(dim=0).abs().mean(1, keepdim=True)
    return ((change * still).sum() / still.sum().clamp(min=1)).item()


def lag(styled: Tensor, own: Tensor, cuts: Collection[int], *, frames: int = 8) -> float:
    """How far the style after a cut is from that of the frame alone: mean of `frames` frames."""
    parts = [(styled[t : t + frames] - own[t : t + frames]).abs().mean() for t in cuts]
    return torch.stack(parts).mean().item()
