"""The latent plane: where an encoder puts what it sees, and what a decoder makes of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, ShapeError, check_count
from .figure import GREY, MARKERS, SIZE, colour, describe, new_figure, tidy, titled
from .images import to_colours


def latent_map(
    codes: Tensor,
    labels: Tensor | Sequence,
    *,
    title: str | None = None,
    prior: bool = False,
    alt: str | None = None,
) -> Figure:
    """Two-dimensional codes, coloured by label, each label written at its class's centre.

    Parameters
    ----------
    codes : Tensor
        ``[N, 2]``, finite.
    labels : Tensor or sequence
        N class numbers or names, at most 20 different ones.
    title : str, optional
    prior : bool
        Draw the circles of radius 1 and 2 around zero, inside which 39 % and 86 % of a
        standard normal prior lie.
    alt : str, optional
        The description; made from the data if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DtypeError, ShapeError, RangeError, DataError
        With a sentence, for anything else than such codes and labels.
    """
    codes, labels = _checked(codes, labels)
    figure = new_figure(7.0, 6.6)
    axes = figure.add_subplot()
    centres = {}
    for i, label in enumerate(sorted(set(labels), key=_in_order)):
        points = codes[labels == label]
        centres[label] = np.median(points, axis=0)
        style = {"color": colour(i), "marker": MARKERS[i % len(MARKERS)]}
        axes.scatter(*points.T, s=_dot_size(len(codes)), alpha=0.55, linewidths=0, **style)
    room = 0.055 * np.ptp(codes, axis=0).max()
    for i, (label, (x, y)) in enumerate(zip(centres, _apart(centres, room), strict=True)):
        box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": colour(i)}
        box |= {"linewidth": 2.2, "alpha": 0.92}
        kind = {"fontsize": SIZE + 3, "fontweight": "bold", "ha": "center", "va": "center"}
        axes.text(x, y, label, bbox=box, zorder=5, **kind)
    if prior:
        for radius in (1, 2):
            axes.add_patch(Circle((0, 0), radius, fill=False, ls="--", lw=2, ec=GREY, zorder=4))
    axes.set_aspect("equal", adjustable="datalim")
    tidy(axes, title, "first latent coordinate", "second latent coordinate")
    return describe(figure, alt or _map_alt(title, len(codes), centres))


def manifold(
    decode: Callable[[Tensor], Tensor],
    *,
    n: int = 15,
    reach: float = 2.5,
    origin: Tensor | None = None,
    axes: Tensor | None = None,
    title: str | None = None,
    clip: bool = False,
    alt: str | None = None,
) -> Figure:
    """What a decoder makes of every place in a plane of codes.

    Parameters
    ----------
    decode : callable
        Codes float32 ``[n * n, D]`` to images ``[n * n, C, H, W]`` in [-1, 1].
    n : int
        Images along each side, 2 to 40.
    reach : float
        The plane's coordinates run from -reach to reach.
    origin : Tensor, optional
        ``[D]``: the code in the middle; zero if not given.
    axes : Tensor, optional
        ``[2, D]``: the directions to the right and upwards; the two axes of a
        two-dimensional latent space if not given.
    title, clip, alt
        As for `image_grid`.
    """
    if not callable(decode):
        raise DtypeError("decode must be a function from codes to images, such as model.decode.")
    if check_count("n", n, at_least=2) > 40:
        raise RangeError(f"n={n} makes images too small to see; it must be at most 40.")
    if not (math.isfinite(reach) and reach > 0):
        raise RangeError(f"reach={reach} must be a positive number.")
    with torch.no_grad():
        images = decode(plane(n, reach, origin, axes))
    colours = to_colours(images, clip)
    if len(colours) != n * n:
        raise ShapeError(f"decode was given {n * n} codes, but returned {len(colours)} images.")
    figure = _draw_plane(colours, n, reach, title)
    described = (
        f"Grid of {n} by {n} decoded images over the latent plane, "
        f"both coordinates from {-reach:g} to {reach:g}."
    )
    return describe(figure, alt or titled(title, described))


def plane(n: int, reach: float, origin: Tensor | None = None, axes: Tensor | None = None) -> Tensor:
    """Codes ``[n * n, D]`` of a plane's places: from the top left, row by row.

    >>> plane(2, 1.0).tolist()
    [[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]
    """
    axes = torch.eye(2) if axes is None else torch.as_tensor(axes).detach().cpu().float()
    if axes.ndim != 2 or len(axes) != 2:
        raise ShapeError(f"axes must have shape [2, D]; yours has {list(axes.shape)}.")
    size = axes.shape[1]
    origin = torch.zeros(size) if origin is None else torch.as_tensor(origin).detach().cpu()
    if origin.shape != (size,):
        raise ShapeError(f"origin must have shape [{size}]; yours has {list(origin.shape)}.")
    line = torch.linspace(-reach, reach, n)
    up, right = torch.meshgrid(line.flip(0), line, indexing="ij")  # the first row is the top
    return origin + torch.stack([right, up], dim=-1).view(-1, 2) @ axes


def _checked(codes: Tensor, labels: Tensor | Sequence) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(codes, Tensor):
        raise DtypeError(f"codes must be a torch.Tensor; you gave a {type(codes).__name__}.")
    if codes.ndim != 2 or codes.shape[1] != 2:
        raise ShapeError(
            f"A map needs codes of shape [N, 2]; yours have {list(codes.shape)}. "
            "Of more dimensions, choose two: codes[:, :2]."
        )
    if not len(codes):
        raise DataError("There are no codes to draw; at least 1 is needed.")
    if not torch.isfinite(codes).all():
        raise RangeError("The codes hold values that are NaN or infinite; all must be finite.")
    labels = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if len(labels) != len(codes):
        raise ShapeError(f"There are {len(codes)} codes, but {len(labels)} labels.")
    labels = np.array([str(label) for label in labels])
    if len(set(labels)) > 20:
        raise DataError(
            f"{len(set(labels))} different labels are too many; at most 20 can be told."
        )
    return codes.detach().cpu().double().numpy(), labels


def _in_order(label: str) -> tuple:
    return (0, int(label), "") if label.lstrip("-").isdigit() else (1, 0, label)


def _apart(centres: dict, distance: float) -> np.ndarray:
    # classes that lie on each other get their labels side by side, so that none is hidden
    places = np.array(list(centres.values()), dtype=np.float64)
    for _ in range(200):
        moved = False
        for i, j in itertools.combinations(range(len(places)), 2):
            gap = places[i] - places[j]
            length = np.linalg.norm(gap)
            if length < 0.99 * distance:
                turn = 2.4 * (i + j)  # on top of each other: part in some direction, fixed
                way = gap / length if length > 0 else np.array([np.cos(turn), np.sin(turn)])
                places[i] += way * (distance - length) / 2
                places[j] -= way * (distance - length) / 2
                moved = True
        if not moved:
            break
    return places


def _dot_size(n: int) -> float:
    return float(np.clip(25000 / n, 10, 60))


def _map_alt(title: str | None, n: int, centres: dict) -> str:
    places = "; ".join(f"{label} at ({x:.2g}, {y:.2g})" for label, (x, y) in centres.items())
    text = f"Map of {n} codes in the latent plane, {len(centres)} classes. Centres: {places}."
    return titled(title, text)


def _draw_plane(tiles: np.ndarray, n: int, reach: float, title: str | None) -> Figure:
    _, height, width, _ = tiles.shape
    rows = tiles.reshape(n, n, height, width, 3).transpose(0, 2, 1, 3, 4)
    canvas = rows.reshape(n * height, n * width, 3)  # no gaps: neighbours melt into each other
    figure = new_figure(6.6, 6.6 * height / width + (0.3 if title else 0.0))
    axes = figure.add_subplot()
    half = reach * n / (n - 1)  # the outermost images' centres lie at -reach and reach
    axes.imshow(canvas, extent=(-half, half, -half, half), interpolation="antialiased")
    axes.set_aspect(height / width)
    tidy(axes, title, "first latent coordinate", "second latent coordinate")
    return figure
