"""Histories -> a few hundred points that a page draws as curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_POINTS = 240  # of a curve: about the pixels it is drawn with
MOST_CURVES = 6


def choose_names(available: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    """Which series to draw: those asked for, or the totals first.

    >>> choose_names(["critic.total", "critic.real", "generator.total"], None)
    ['critic.total', 'generator.total']
    >>> choose_names(["nll", "kl", "total"], None)
    ['total', 'nll', 'kl']
    """
    available = list(available)
    if wanted is not None:
        return [name for name in wanted if name in available][:MOST_CURVES]
    totals = [name for name in available if name.split(".")[-1] == "total"]
    others = [name for name in available if name not in totals]
    return (totals if len(totals) > 1 else totals + others)[:MOST_CURVES]


def decimate(steps: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Means over equal stretches of a series: ``[2, points]``, the steps first.

    A stretch that holds a NaN has the mean NaN, which leaves a gap in the curve.

    >>> decimate(np.array([1, 2, 3]), np.array([5.0, 6.0, 7.0])).tolist()
    [[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]]
    """
    points = min(len(values), MOST_POINTS)
    edges = np.linspace(0, len(values), points + 1).astype(int)
    both = np.stack([np.asarray(steps, dtype=np.float64), values])  # [2, steps]
    return np.add.reduceat(both, edges[:-1], axis=1) / np.diff(edges)


def stack_curves(curves: list[np.ndarray]) -> np.ndarray:
    """Curves ``[2, points]`` of unequal length -> ``[series, 2, points]``, NaN at the ends."""
    longest = max(curve.shape[1] for curve in curves)
    out = np.full((len(curves), 2, longest), np.nan, dtype=np.float32)
    for row, curve in zip(out, curves, strict=True):
        row[:, : curve.shape[1]] = curve
    return out
