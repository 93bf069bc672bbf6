"""Charts of numbers: named values with their range, samples against a density."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, ShapeError, check_count
from .figure import COLOURS, SIZE, describe, new_figure, tidy, titled


def bars(
    values: Mapping[str, float | Sequence[float]],
    *,
    reference: tuple[str, float] | None = None,
    title: str | None = None,
    xlabel: str | None = None,
    digits: int = 3,
    alt: str | None = None,
) -> Figure:
    """Named values as bars; of several seeds the median, each seed as a dot, and the range.

    Parameters
    ----------
    values : mapping of str to float or sequence of float
        One number a name, or one a seed.
    reference : (str, float), optional
        A line to compare with, and its name: ``("real digits", 0.91)``.
    title, xlabel : str, optional
    digits : int
        Significant digits of the numbers written beside the bars.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    >>> figure = bars({"VAE": [0.3, 0.4, 0.5], "GAN": 0.9})
    """
    check_count("digits", digits)
    table = _as_rows(values)
    figure = new_figure(7.5, 1.3 + 0.55 * len(table))
    axes = figure.add_subplot()
    for row, seeds in enumerate(table.values()):
        middle = float(np.median(seeds))
        axes.barh(row, middle, height=0.6, color=COLOURS["sky"])
        if len(seeds) > 1:
            ends = [seeds.min(), seeds.max()]
            axes.plot(ends, [row, row], color="black", linewidth=2)
            axes.plot(seeds, [row] * len(seeds), "o", color="black", markersize=6)
        right = max(middle, seeds.max(), 0.0)
        beside = {"xytext": (8, 0), "textcoords": "offset points", "va": "center"}
        beside["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axes.annotate(f"{middle:.{digits}g}", (right, row), fontsize=SIZE, **beside)
    if reference is not None:
        name, level = _reference(reference)
        axes.axvline(level, color=COLOURS["vermillion"], linestyle="--", linewidth=2.2)
        above = {"xycoords": ("data", "axes fraction"), "xytext": (0, 4), "ha": "center"}
        above |= {"textcoords": "offset points", "color": "#A34700", "fontsize": SIZE}
        axes.annotate(f"{name} {level:.{digits}g}", (level, 1), **above)
    axes.set_yticks(range(len(table)), list(table))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    tidy(axes, None, xlabel)
    if title:
        figure.suptitle(title, fontsize=SIZE + 2, color="black", x=0.01, ha="left")
    return describe(figure, alt or _bars_alt(title, table, reference, digits))


def histogram_with_curve(
    samples: Tensor,
    density: Callable[[Tensor], Tensor] | None = None,
    *,
    names: tuple[str, str] = ("samples", "density"),
    bins: int = 50,
    title: str | None = None,
    xlabel: str | None = None,
    alt: str | None = None,
) -> Figure:
    """How samples are spread, against the density that they should follow.

    Parameters
    ----------
    samples : Tensor
        ``[N]`` or ``[N, 1]``, finite.
    density : callable, optional
        Places float32 ``[K]`` to density values ``[K]``, at least 0.
    names : (str, str)
        How to call the two in the legend.
    bins : int
    title, xlabel, alt : str, optional

    Returns
    -------
    matplotlib.figure.Figure
    """
    points = _as_points(samples)
    check_count("bins", bins)
    figure = new_figure(7.5, 4.2)
    axes = figure.add_subplot()
    axes.hist(points, bins, density=True, color=COLOURS["sky"], alpha=0.75, label=names[0])
    if density is not None:
        margin = 0.1 * (np.ptp(points) or 1.0)
        places = torch.linspace(points.min() - margin, points.max() + margin, 400)
        curve = _curve(density, places)
        axes.plot(places, curve, color=COLOURS["vermillion"], linewidth=2.4, label=names[1])
        axes.legend(fontsize=SIZE, frameon=False)
    tidy(axes, title, xlabel, "density")
    described = (
        f"Histogram of {len(points)} {names[0]}: mean {points.mean():.3g}, standard deviation "
        f"{points.std():.3g}, from {points.min():.3g} to {points.max():.3g}."
    )
    if density is not None:
        peak = float(places[int(np.argmax(curve))])
        described += f" The curve of the {names[1]} is highest at {peak:.3g}."
    return describe(figure, alt or titled(title, described))


def _as_rows(values: Mapping) -> dict[str, np.ndarray]:
    if not isinstance(values, Mapping) or not values:
        raise DtypeError("bars needs a dict like {'VAE': 0.4, 'GAN': [0.8, 0.9, 0.85]}.")
    rows = {}
    for name, given in values.items():
        try:
            row = np.atleast_1d(np.asarray(given, dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise DtypeError(f"The value of {name!r} is neither a number nor a list.") from error
        if row.ndim != 1 or not len(row):
            raise DataError(f"The value of {name!r} must be a number or a list of at least one.")
        if not np.isfinite(row).all():
            raise RangeError(f"The value of {name!r} is NaN or infinite; all must be finite.")
        rows[str(name)] = row
    return rows


def _reference(reference: tuple[str, float]) -> tuple[str, float]:
    try:
        name, level = reference
        level = float(level)
    except (TypeError, ValueError) as error:
        raise DtypeError("reference must be a name and a number: ('real digits', 0.91).") from error
    if not np.isfinite(level):
        raise RangeError(f"The reference {name!r} is {level}; it must be finite.")
    return str(name), level


def _bars_alt(title: str | None, table: dict, reference, digits: int) -> str:
    parts = []
    for name, seeds in table.items():
        text = f"{name} {np.median(seeds):.{digits}g}"
        if len(seeds) > 1:
            text += (
                f" (median of {len(seeds)}, {seeds.min():.{digits}g} to {seeds.max():.{digits}g})"
            )
        parts.append(text)
    tail = f" Line at {reference[1]:.{digits}g}: {reference[0]}." if reference else ""
    return titled(title, f"Bars: {'; '.join(parts)}.{tail}")


def _as_points(samples: Tensor) -> np.ndarray:
    if not isinstance(samples, Tensor):
        raise DtypeError(f"samples must be a torch.Tensor; you gave a {type(samples).__name__}.")
    if samples.ndim > 2 or (samples.ndim == 2 and samples.shape[1] != 1) or not samples.ndim:
        raise ShapeError(f"A histogram needs samples of shape [N]; yours: {list(samples.shape)}.")
    if not len(samples):
        raise DataError("There are no samples to count; at least 1 is needed.")
    points = samples.detach().cpu().double().flatten().numpy()
    if not np.isfinite(points).all():
        raise RangeError("The samples hold values that are NaN or infinite; all must be finite.")
    return points


def _curve(density: Callable, places: Tensor) -> np.ndarray:
    if not callable(density):
        raise DtypeError("density must be a function from places [K] to density values [K].")
    with torch.no_grad():
        curve = np.asarray(torch.as_tensor(density(places)).cpu(), dtype=np.float64)
    if curve.shape != (len(places),):
        raise ShapeError(f"density was given [{len(places)}] places and returned {curve.shape}.")
    if not (np.isfinite(curve) & (curve >= 0)).all():
        raise RangeError("A density is finite and never negative; yours is not.")
    return curve
