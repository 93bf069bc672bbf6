"""Curves of any kind: y against x, several a panel, bands for ranges, marks for places."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..core.errors import DtypeError, RangeError, ShapeError, check_choice
from .figure import GREY, LETTER, SIZE, describe, new_figure, styles, tidy, titled

LOGS = ("", "x", "y", "xy")


def lines(
    x,
    curves: Mapping,
    *,
    title: str | None = None,
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
    limits: tuple[float, float] | None = None,
    marks: Mapping[str, float] | None = None,
    alt: str | None = None,
) -> Figure:
    """Curves over a common x, in one panel or in several side by side.

    Parameters
    ----------
    x : array of shape [K]
        Places; a tensor, an array or a list.
    curves : mapping
        ``{label: y}`` with y of shape ``[K]``, or ``{panel: {label: y}}``. A y may also be a
        pair ``(x, y)`` with places of its own, or a triple ``(x, low, high)``, drawn as a band.
        NaN and infinite values leave a gap.
    title, xlabel, ylabel : str
    log : {"", "x", "y", "xy"}
        Which axes are logarithmic.
    limits : (float, float), optional
        Lowest and highest y shown.
    marks : mapping of str to float, optional
        Places x to mark with an upright line and its name.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ChoiceError, DtypeError, RangeError, ShapeError
        With a sentence, for curves that cannot be drawn.

    >>> figure = lines([0, 1, 2], {"square": [0, 1, 4], "cube": [0, 1, 8]})
    """
    check_choice("log", log, LOGS)
    panels = _as_panels(curves)
    figure = new_figure(7.5 if len(panels) == 1 else 9.0, 4.0 if len(panels) < 3 else 3.3)
    places = figure.subplots(1, len(panels), squeeze=False, sharey=limits is not None)[0]
    for axes, (name, group) in zip(places, panels.items(), strict=True):
        _draw(axes, x, group)
        _finish(axes, log, limits, marks or {})
        tidy(axes, name or title, xlabel, ylabel if axes is places[0] else "")
    _legends(figure, places, [list(group) for group in panels.values()])
    if title and "" not in panels:
        figure.suptitle(title, fontsize=SIZE + 3, color="black", x=0.01, ha="left")
    return describe(figure, alt or titled(title, _alt(x, panels, xlabel, ylabel)))


def _as_panels(curves: Mapping) -> dict[str, Mapping]:
    if not isinstance(curves, Mapping) or not curves:
        raise DtypeError("lines needs a dict like {'loss': y} or {'panel': {'loss': y}}.")
    nested = [isinstance(value, Mapping) for value in curves.values()]
    if any(nested) and not all(nested):
        raise DtypeError("Give curves or panels of curves, not both in one dict.")
    panels = dict(curves) if all(nested) else {"": curves}
    if not all(panels.values()):
        raise DtypeError("Every panel needs a curve at least.")
    return panels


def _draw(axes: Axes, x, group: Mapping) -> None:
    for (label, given), style in zip(group.items(), styles(), strict=False):
        own = given if isinstance(given, tuple) else (x, given)
        rows = [_as_row(row, label) for row in own]
        if len(rows) not in (2, 3) or len({len(row) for row in rows}) != 1:
            sizes = [len(row) for row in rows]
            raise ShapeError(f"{label!r}: places and values differ in length: {sizes}.")
        if len(rows) == 3:
            colours = {"color": style["color"], "alpha": 0.25, "linewidth": 0}
            axes.fill_between(*rows, label=label, **colours)
        else:
            axes.plot(*rows, label=label, **style)


def _legends(figure: Figure, places, labels: list[list[str]]) -> None:
    """A few names stand among the curves; many, or the same in each panel, once below."""
    look = {"fontsize": SIZE, "edgecolor": "none", "framealpha": 0.8, "handlelength": 2.6}
    alike = all(own == labels[0] for own in labels)
    if alike and (len(labels[0]) > 3 or len(labels) > 1) and labels[0] != [""]:
        names = places[0].get_legend_handles_labels()
        ncols = max(1, min(len(labels[0]), int(figure.get_figwidth() / _widest(labels[0]))))
        rows = -(-len(labels[0]) // ncols)
        figure.set_figheight(figure.get_figheight() + 0.27 * rows)
        figure.legend(*names, loc="outside lower center", ncols=ncols, **look)
        return
    for axes, own in zip(places, labels, strict=True):
        if own != [""]:
            axes.legend(**look)


def _widest(labels: list[str]) -> float:
    """Inches that a column of the legend takes: its longest name and the line before it."""
    return 0.85 + LETTER * max(map(len, labels))


def _finish(axes: Axes, log: str, limits, marks: Mapping[str, float]) -> None:
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    if limits is not None:
        low, high = map(float, limits)
        if not low < high:
            raise RangeError(f"limits={limits!r}: the first must be the lower one.")
        axes.set_ylim(low, high)
    for words, place in marks.items():
        axes.axvline(float(place), color=GREY, linestyle=":", linewidth=2)
        beside = {"xytext": (4, -2), "textcoords": "offset points", "va": "top", "fontsize": SIZE}
        axes.annotate(words, (float(place), 1), xycoords=("data", "axes fraction"), **beside)


def _as_row(values, label: str) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
    try:
        row = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DtypeError(f"The values of {label!r} are not numbers.") from error
    if row.ndim != 1 or not len(row):
        raise ShapeError(f"{label!r} needs values of shape [K]; yours: {list(row.shape)}.")
    return np.where(np.isfinite(row), row, np.nan)


def _alt(x, panels: dict[str, Mapping], xlabel: str, ylabel: str) -> str:
    parts = []
    for name, group in panels.items():
        for label, given in group.items():
            own = given if isinstance(given, tuple) else (x, given)
            first, last = (_as_row(own[-1], label)[i] for i in (0, -1))
            where = f" in {name}" if name else ""
            parts.append(f"{label or 'the curve'}{where} from {first:.3g} to {last:.3g}")
    against = f" of {ylabel}" if ylabel else ""
    over = f" against {xlabel}" if xlabel else ""
    return f"Curves{against}{over}: {'; '.join(parts)}."
