"""A table of numbers as a picture: one colour a value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..core.errors import DtypeError, RangeError, ShapeError
from .figure import SIZE, describe, new_figure, tidy, titled


def heatmap(
    values,
    *,
    extent: tuple[float, float, float, float] | None = None,
    title: str | None = None,
    xlabel: str = "",
    ylabel: str = "",
    label: str = "",
    diverging: bool = False,
    alt: str | None = None,
) -> Figure:
    """Values on a grid, with a scale beside them.

    Parameters
    ----------
    values : array [H, W] or mapping of str to array [H, W]
        Several panels share one colour scale.
    extent : (x0, x1, y0, y1), optional
        What the edges mean; then row 0 lies at the bottom, otherwise at the top.
    title, xlabel, ylabel : str
    label : str
        What the colours mean, written at the scale.
    diverging : bool
        Whether zero lies in the middle: blue below, red above.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DtypeError, RangeError, ShapeError
        With a sentence, for values that cannot be drawn.

    >>> figure = heatmap([[0.0, 1.0], [2.0, 3.0]], label="count")
    """
    panels = values if isinstance(values, Mapping) else {"": values}
    if not panels:
        raise DtypeError("heatmap needs values [H, W], or a dict of them.")
    tables = {name: _as_table(given, name) for name, given in panels.items()}
    low, high = _scale(list(tables.values()), diverging)
    width = min(9.0, 1.2 + 3.7 * len(tables)) if len(tables) > 1 else 5.6
    figure = new_figure(width, {1: 4.3, 2: 3.6}.get(len(tables), 2.9))
    places = figure.subplots(1, len(tables), squeeze=False)[0]
    look = {"cmap": "RdBu_r" if diverging else "cividis", "vmin": low, "vmax": high}
    look |= {"extent": extent, "origin": "lower" if extent else "upper", "aspect": "auto"}
    for axes, (name, table) in zip(places, tables.items(), strict=True):
        if extent is None and max(table.shape) <= 4 * min(table.shape):
            look["aspect"] = "equal"
        drawn = axes.imshow(table, interpolation="nearest", **look)
        tidy(axes, name or title, xlabel, ylabel if axes is places[0] else "")
        if extent is None:  # rows and columns are counted: no half ones
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(integer=True, nbins=10, min_n_ticks=1))
    bar = figure.colorbar(drawn, ax=list(places), shrink=0.9)
    bar.ax.tick_params(labelsize=SIZE)
    bar.set_label(label, fontsize=SIZE)
    if title and "" not in tables:
        figure.suptitle(title, fontsize=SIZE + 3, color="black", x=0.01, ha="left")
    return describe(figure, alt or titled(title, _alt(tables, label)))


def _as_table(given, name: str) -> np.ndarray:
    if isinstance(given, torch.Tensor):
        given = given.detach().cpu()
    try:
        table = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DtypeError(f"The values of {name or 'the heat map'!r} are not numbers.") from error
    if table.ndim != 2 or not table.size:
        raise ShapeError(f"A heat map needs values [H, W]; yours: {list(table.shape)}.")
    if not np.isfinite(table).all():
        raise RangeError("The heat map's values must be finite; some are NaN or infinite.")
    return table


def _scale(tables: list[np.ndarray], diverging: bool) -> tuple[float, float]:
    low, high = min(t.min() for t in tables), max(t.max() for t in tables)
    if diverging:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def _alt(tables: dict[str, np.ndarray], label: str) -> str:
    parts = [
        f"{name + ': ' if name else ''}{t.shape[0]} by {t.shape[1]} values from {t.min():.3g} "
        f"to {t.max():.3g}"
        for name, t in tables.items()
    ]
    return f"A heat map{f' of {label}' if label else ''}. {'; '.join(parts)}."
