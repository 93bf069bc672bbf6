"""CutFinder: curves of change over a film, a threshold to drag, and what it finds and misses.

The page counts by itself, so it works in the static book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import traitlets
from torch import Tensor

from ..core.errors import (
    DataError,
    DtypeError,
    RangeError,
    ShapeError,
    check_count,
    check_number,
    check_text,
)
from ..core.film import check_film
from .base import PageWidget, packed, page_script
from .frames import check_size, image_bytes

MOST_CURVES, MOST_FRAMES = 6, 2_000


class CutFinder(PageWidget):
    """Drag a threshold through a curve of change, and see what is found, missed and false.

    A change is found where the curve lies above the threshold and nothing within `apart` frames
    is higher. Spans that are true are shaded; what was found is a dot, what is false a cross,
    what was missed stands in brackets. A second slider goes through the film: the frames around
    it show why.

    Parameters
    ----------
    frames : Tensor
        ``[T, 1 or 3, H, W]`` in [-1, 1]; 8 to 2,000 of them.
    curves : mapping of str to Tensor
        Each ``[T]``, at least 0; one to six of them.
    truth : sequence of (str, int, int)
        The true changes in order of time: what it is, its first and its last frame.
    threshold : float
        At first; in the unit of the first curve, at least 0.
    apart, tolerance : int
        Frames between two found changes, and frames outside a span that still count as found.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, for what does not fit.

    Examples
    --------
    >>> film, curve = torch.zeros(20, 1, 16, 16), torch.arange(20.0)
    >>> finder = CutFinder(film, {"difference": curve}, [("cut", 9, 9)], threshold=3)
    >>> finder.names, finder.truth
    (['difference'], [['cut', 9, 9]])
    """

    _esm = page_script("core", "chart", "controls", "cut_finder")
    _css = PageWidget._css + (
        ".aigc-cut-finder .aigc-strip { display: flex; gap: 4px; margin: 0.4rem 0; }"
        ".aigc-cut-finder .aigc-strip canvas { width: 19%; max-width: 6.5rem; height: auto; }"
        ".aigc-cut-finder .aigc-strip canvas.aigc-now { outline: 3px solid #d55e00; }"
        ".aigc-cut-finder canvas.aigc-drawing { max-width: 100%; height: auto; }"
    )

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    curves = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    truth = traitlets.List(traitlets.List()).tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [T, H, W, C]
    data = traitlets.Bytes(b"").tag(sync=True)
    apart = traitlets.Int(6).tag(sync=True)
    tolerance = traitlets.Int(2).tag(sync=True)
    # what the learner changes; written back when things come to rest
    thresholds = traitlets.List(traitlets.Float()).tag(sync=True)
    curve = traitlets.Int(0).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        frames: Tensor,
        curves: Mapping[str, Tensor],
        truth: Sequence[tuple[str, int, int]],
        *,
        threshold: float | None = None,
        apart: int = 6,
        tolerance: int = 2,
        title: str = "Cut finder",
        alt: str | None = None,
    ):
        check_film(frames, "The film")
        shown = image_bytes(frames.detach().cpu())  # [T, H, W, C]
        check_size(shown.nbytes)
        count = len(shown)
        if not 8 <= count <= MOST_FRAMES:
            raise ShapeError(f"The film has {count} frames; 8 to {MOST_FRAMES:,} are shown.")
        rows = _curves(curves, count)
        spans = [_span(each, count) for each in truth]
        if any(a[1] > b[1] for a, b in zip(spans, spans[1:], strict=False)):
            raise RangeError("The true changes must stand in order of time.")
        check_count("apart", apart, at_most=count)
        check_count("tolerance", tolerance, at_least=0, at_most=count)
        first = next(iter(rows.values()))
        start = max(first) / 2 if threshold is None else check_number("threshold", threshold)
        super().__init__(
            names=list(rows),
            curves=[[round(v, 5) for v in row] for row in rows.values()],
            truth=spans,
            shape=list(shown.shape),
            data=packed(np.ascontiguousarray(shown)),
            apart=apart,
            tolerance=tolerance,
            thresholds=[start, *(max(row) / 2 for row in list(rows.values())[1:])],
            title=title,
            alt=alt
            or f"{' and '.join(rows)} over {count} frames, with {len(spans)} true changes and a "
            "threshold to drag.",
        )


def _curves(given: object, count: int) -> dict[str, list[float]]:
    if not isinstance(given, Mapping) or not 1 <= len(given) <= MOST_CURVES:
        raise DtypeError(
            f"Give 1 to {MOST_CURVES} curves as a dict like {{'difference': values [T]}}."
        )
    rows = {}
    for name, values in given.items():
        row = torch.as_tensor(values).detach().cpu().double()
        if list(row.shape) != [count]:
            raise ShapeError(
                f"The curve {name!r} has the shape {list(row.shape)}; the film has {count} frames."
            )
        if not bool(torch.isfinite(row).all()) or row.min() < 0 or row.max() == 0:
            raise DataError(
                f"The curve {name!r} must be finite, at least 0, and above 0 somewhere."
            )
        rows[check_text("a curve's name", name)] = row.tolist()
    return rows


def _span(given: object, count: int) -> list:
    if not isinstance(given, list | tuple) or len(given) != 3:
        raise ShapeError(f"A true change is (what, first, last); you gave {given!r:.60}.")
    what, first, last = given
    check_count("the first frame", first, at_least=0, at_most=count - 1)
    check_count("the last frame", last, at_least=first, at_most=count - 1)
    return [check_text("what a change is", what), first, last]
