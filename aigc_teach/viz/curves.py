"""Losses over the steps of a training: one run, or several with their range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..core.errors import ChoiceError, DataError, DtypeError, check_choice, check_count
from .figure import LETTER, SIZE, TITLE_SIZE, WIDTH, describe, new_figure, styles, tidy, titled


def loss_curves(
    history,
    names: Sequence[str] | None = None,
    *,
    smooth: int | None = None,
    title: str | None = None,
    log: bool = False,
    alt: str | None = None,
) -> Figure:
    """Loss curves of one run, or of several kinds of runs side by side.

    Of one run the raw values stand faintly behind a running mean. Of several runs, seeds for
    instance, the median of the running means is drawn, with a band from the lowest to the
    highest run.

    Parameters
    ----------
    history : History, or mapping of str to History or list of History
        Anything with ``.names``, ``[name]`` (values ``[steps]``) and ``.steps(name)``.
    names : sequence of str, optional
        Which series to draw. Without it: all of one run, the totals of several.
    smooth : int, optional
        Over how many of the last steps the running mean goes; 1 draws the raw values alone.
        A fiftieth of the run if not given.
    title : str, optional
    log : bool
        A logarithmic loss axis.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError, ChoiceError, DtypeError
        If nothing was recorded, a series is unknown, or it is no history at all.
    """
    if smooth is not None:
        check_count("smooth", smooth)
    single = not isinstance(history, Mapping)
    groups = {"": [history]} if single else _as_groups(history)
    names = _chosen_names(groups, names, single)
    panels = [names] if single else [[name] for name in names]

    figure = new_figure(WIDTH if len(panels) > 1 else 7.5, 4.2)
    note, told = _note(groups, names, smooth), []
    for axes, panel in zip(_panel_axes(figure, len(panels)), panels, strict=True):
        told += _draw_panel(axes, panel, groups, smooth, single)
        heading = None if single and len(panel) > 1 else panel[0]
        if not single and len(groups) == 1:  # no legend says whose curve it is
            heading += f", {next(iter(groups))}"
        tidy(axes, heading, note if len(panels) == 1 else None, "loss")
        if log:
            axes.set_yscale("log")
    if len(panels) > 1:
        figure.supxlabel(note, fontsize=SIZE, color="black")
    _legend(figure, title)
    return describe(figure, alt or " ".join([_opening(title, groups, names), *told]))


def running_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last `window` values at each step; of fewer at the start.

    A value that is not finite makes the means that contain it not finite.

    >>> running_mean(np.array([1.0, 3.0, 5.0]), 2).tolist()
    [1.0, 2.0, 4.0]
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    sums = np.cumsum(np.where(finite, values, 0.0))
    bad = np.cumsum(~finite)
    window = min(window, len(values))
    sums[window:] -= sums[:-window].copy()
    bad[window:] -= bad[:-window].copy()
    means = sums / np.minimum(np.arange(1, len(values) + 1), window)
    return np.where(bad > 0, np.nan, means)


def _as_groups(history: Mapping) -> dict[str, list]:
    groups = {str(k): list(v) if isinstance(v, list | tuple) else [v] for k, v in history.items()}
    if not groups or not all(groups.values()):
        raise DataError("There is no run to draw: each label needs at least one history.")
    return groups


def _chosen_names(groups: dict, names: Sequence[str] | None, single: bool) -> list[str]:
    runs = [run for group in groups.values() for run in group]
    for run in runs:
        if not (hasattr(run, "names") and hasattr(run, "steps")):
            raise DtypeError(
                f"loss_curves draws histories, such as run.history; not a {type(run).__name__}."
            )
        if not list(run.names):
            raise DataError("The history is empty: no step was recorded yet, so train first.")
    common = [name for name in runs[0].names if all(name in run.names for run in runs)]
    if isinstance(names, str):
        names = [names]
    if names is None:
        totals = [name for name in common if name.split(".")[-1] == "total"]
        names = common if single else totals or common
    for name in names:
        check_choice("series", name, common)
    if not names:
        raise ChoiceError("The runs have no series in common, so none can be compared.")
    return list(names)


def _panel_axes(figure: Figure, n: int) -> list[Axes]:
    columns = min(n, 2)
    rows = math.ceil(n / columns)
    figure.set_figheight(4.2 + 3.2 * (rows - 1))
    return [figure.add_subplot(rows, columns, i + 1) for i in range(n)]


def _legend(figure: Figure, title: str | None) -> None:
    # one legend above all panels, where no line can run through it
    handles, labels = figure.axes[0].get_legend_handles_labels()
    if len(labels) > 1:
        per_row = int(figure.get_figwidth() / (LETTER * max(map(len, labels)) + 0.5))
        look = {"fontsize": SIZE, "frameon": False, "ncols": max(1, min(len(labels), per_row))}
        look |= {"title": title, "title_fontsize": TITLE_SIZE, "alignment": "left"}
        figure.legend(handles, labels, loc="outside upper left", **look)
    elif title:
        figure.suptitle(title, fontsize=TITLE_SIZE, color="black", x=0.01, ha="left")


def _draw_panel(axes: Axes, panel: list[str], groups: dict, smooth, single: bool) -> list[str]:
    told = []
    lines = [(name, label, runs) for name in panel for label, runs in groups.items()]
    for (name, label, runs), style in zip(lines, styles(), strict=False):
        steps, raw = _aligned(runs, name)
        means = np.stack([running_mean(run, _window(smooth, len(steps))) for run in raw])
        middle = np.median(means, axis=0)
        shown = name if single else label
        axes.plot(steps, middle, label=shown, **style)
        if len(runs) > 1:
            low, high = means.min(axis=0), means.max(axis=0)
            axes.fill_between(steps, low, high, color=style["color"], alpha=0.2, linewidth=0)
        else:
            axes.plot(steps, raw[0], color=style["color"], alpha=0.25, linewidth=1, zorder=1)
        told.append(_course(shown if single else f"{name}, {label}", means, middle))
    return told


def _aligned(runs: list, name: str) -> tuple[np.ndarray, np.ndarray]:
    # runs that stopped early are compared on the steps that all of them made
    steps = [np.asarray(run.steps(name)) for run in runs]
    common = steps[0]
    for other in steps[1:]:
        common = np.intersect1d(common, other)
    if not len(common):
        raise DataError(f"The runs have no step of {name!r} in common, so they cannot be compared.")
    values = [np.asarray(run[name])[np.isin(s, common)] for run, s in zip(runs, steps, strict=True)]
    return common, np.stack(values)  # [S], [R, S]


def _window(smooth: int | None, steps: int) -> int:
    return min(smooth or max(1, steps // 50), steps)


def _longest(groups: dict, names: list[str]) -> int:
    return max(len(run.steps(name)) for runs in groups.values() for run in runs for name in names)


def _note(groups: dict, names: list[str], smooth: int | None) -> str:
    window = _window(smooth, _longest(groups, names))
    runs = sorted({len(group) for group in groups.values()})
    parts = [f"running mean over {window} steps"] if window > 1 else []
    if runs[-1] > 1:
        number = " or ".join(map(str, runs))
        parts.append(f"line: median of {number} runs, band: their range")
    return f"step ({'; '.join(parts)})" if parts else "step"


def _opening(title: str | None, groups: dict, names: list[str]) -> str:
    return titled(title, f"Loss curves over {_longest(groups, names)} steps.")


def _course(name: str, means: np.ndarray, middle: np.ndarray) -> str:
    finite = middle[np.isfinite(middle)]
    if not len(finite):
        return f"{name}: never finite."
    first, last = finite[0], finite[-1]
    span = float(np.ptp(finite))
    moved = abs(last - first) > 0.05 * max(abs(first), abs(last), 1e-12) and span > 0
    verb = "stays near" if not moved else "falls" if last < first else "rises"
    text = f"{verb} {last:.3g}" if not moved else f"{verb} from {first:.3g} to {last:.3g}"
    if len(means) > 1:
        text = f"median of {len(means)} runs {text}"
        text += f" (at the end between {means[:, -1].min():.3g} and {means[:, -1].max():.3g})"
    if not np.isfinite(middle[-1]):
        text += ", then is no longer finite"
    return f"{name}: {text}."
