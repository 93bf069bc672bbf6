"""Points in the plane: groups, paths with a start and an end, arrows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..core.errors import DtypeError, RangeError, ShapeError
from .figure import MARKERS, SIZE, colour, describe, new_figure, styles, tidy, titled


def scatter(
    groups: Mapping,
    *,
    paths: Mapping | None = None,
    arrows: tuple | None = None,
    title: str | None = None,
    xlabel: str = "",
    ylabel: str = "",
    limits: tuple[float, float] | None = None,
    alt: str | None = None,
) -> Figure:
    """Groups of points, told apart by colour and shape; equal units on both axes.

    Parameters
    ----------
    groups : mapping
        ``{label: [N, 2]}``, or ``{panel: {label: [N, 2]}}`` for panels side by side.
    paths : mapping of str to array [T, 2], optional
        Lines through the plane, in every panel; a ring marks the start, a dot the end.
    arrows : (array [M, 2], array [M, 2]), optional
        Feet and directions of arrows, in the units of the axes, in every panel.
    title, xlabel, ylabel : str
    limits : (float, float), optional
        The range shown on both axes.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DtypeError, RangeError, ShapeError
        With a sentence, for points that cannot be drawn.

    >>> import torch
    >>> figure = scatter({"real": torch.randn(9, 2), "generated": torch.randn(9, 2)})
    """
    if not isinstance(groups, Mapping) or not (groups or paths):
        raise DtypeError("scatter needs a dict like {'real': points} with points [N, 2].")
    panels = groups if _nested(groups) else {"": groups}
    frame = _frame(panels, paths or {}, limits)
    figure = new_figure(4.6 if len(panels) == 1 else min(9.0, 3.6 * len(panels)), 4.3)
    places = figure.subplots(1, len(panels), squeeze=False, sharex=True, sharey=True)[0]
    for axes, (name, group) in zip(places, panels.items(), strict=True):
        _draw_groups(axes, group)
        _draw_paths(axes, paths or {})
        if arrows is not None:
            _draw_arrows(axes, arrows)
        axes.set(aspect="equal", **frame)
        tidy(axes, name or title, xlabel, ylabel if axes is places[0] else "")
    if title and "" not in panels:
        figure.suptitle(title, fontsize=SIZE + 3, color="black", x=0.01, ha="left")
    handles, labels = _legend(places)
    if any(labels):
        ncols = min(len(labels), 2 * len(panels))
        below = {"loc": "outside lower center", "ncols": ncols, "fontsize": SIZE, "frameon": False}
        shown = figure.legend(handles, labels, **below)
        for handle in shown.legend_handles:  # small dots are hard to tell apart
            if hasattr(handle, "set_sizes"):
                handle.set_sizes([36])
    return describe(figure, alt or titled(title, _alt(panels, paths or {})))


def _nested(groups: Mapping) -> bool:
    return bool(groups) and all(isinstance(value, Mapping) for value in groups.values())


def _frame(panels: Mapping, paths: Mapping, limits: tuple[float, float] | None) -> dict:
    """The range of both axes: the given one, or what holds all points with a little room."""
    if limits is not None:
        return {"xlim": limits, "ylim": limits}
    groups = [*(group for group in panels.values()), paths]
    every = np.concatenate([_as_points(p, label) for group in groups for label, p in group.items()])
    middle, reach = (every.max(0) + every.min(0)) / 2, 0.54 * np.ptp(every, axis=0)
    reach = np.maximum(reach, 0.2 * reach.max() or 0.5)  # never a mere slit
    low, high = middle - reach, middle + reach
    return {"xlim": (low[0], high[0]), "ylim": (low[1], high[1])}


def _draw_groups(axes: Axes, group: Mapping) -> None:
    for i, (label, given) in enumerate(group.items()):
        points = _as_points(given, label)
        size = 26 if len(points) < 300 else 9
        look = {"s": size, "marker": MARKERS[i % len(MARKERS)], "alpha": 0.65, "linewidths": 0}
        axes.scatter(*points.T, color=colour(i), label=label, **look)


def _draw_paths(axes: Axes, paths: Mapping) -> None:
    for (label, given), style in zip(paths.items(), styles(), strict=False):
        points = _as_points(given, label)
        axes.plot(*points.T, label=label, **style)
        ring = {"markerfacecolor": "white", "markeredgewidth": 2, "markersize": 9}
        axes.plot(*points[0], "o", color=style["color"], **ring)
        axes.plot(*points[-1], "o", color=style["color"], markersize=8)


def _draw_arrows(axes: Axes, arrows: tuple) -> None:
    feet, vectors = (_as_points(part, "arrows") for part in arrows)
    if len(feet) != len(vectors):
        raise ShapeError(f"There are {len(feet)} feet of arrows but {len(vectors)} directions.")
    exact = {"angles": "xy", "scale_units": "xy", "scale": 1}
    axes.quiver(*feet.T, *vectors.T, color="#444444", width=0.006, **exact)


def _legend(places) -> tuple[list, list]:
    known = {}
    for axes in places:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            known.setdefault(label, handle)
    known.pop("", None)
    return list(known.values()), list(known)


def _as_points(given, label: str) -> np.ndarray:
    if isinstance(given, torch.Tensor):
        given = given.detach().cpu()
    try:
        points = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DtypeError(f"The points of {label!r} are not numbers.") from error
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"{label!r} needs points of shape [N, 2]; yours: {list(points.shape)}.")
    if not np.isfinite(points).all():
        raise RangeError(f"The points of {label!r} hold values that are NaN or infinite.")
    return points


def _alt(panels: Mapping, paths: Mapping) -> str:
    parts = []
    for name, group in panels.items():
        for label, given in group.items():
            points = _as_points(given, label)
            middle = ", ".join(f"{v:.2g}" for v in points.mean(axis=0))
            where = f" in {name}" if name else ""
            parts.append(f"{len(points)} points {label}{where} around ({middle})")
    for label, given in paths.items():
        points = _as_points(given, label)
        start, end = (", ".join(f"{v:.2g}" for v in points[i]) for i in (0, -1))
        parts.append(f"a path {label} from ({start}) to ({end})")
    return f"Points in the plane: {'; '.join(parts)}."
