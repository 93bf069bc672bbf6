"""TrainingReplay: a recorded two-player training in the plane, replayed frame by frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import traitlets
from torch import Tensor

from ..core.errors import ChoiceError, DataError, DtypeError, RangeError, ShapeError, check_count
from .base import PageWidget, packed, page_script

LEVELS = {"2 ln 2": 2 * math.log(2), "ln 2": math.log(2)}  # both losses at the equilibrium
EXTENT = (-3.0, 3.0, -3.0, 3.0)
MOST_BYTES = 1_000_000  # before deflating: beyond it a saved notebook becomes unwieldy


class ReplayFrame(NamedTuple):
    """One moment of a training.

    Attributes
    ----------
    step : int
        How many steps were taken, at least 0; rising from frame to frame.
    points : Tensor
        Generated points ``[P, 2]``.
    surface : Tensor
        The critic's probability of "real" on a grid of the extent, ``[H, W]`` in [0, 1], at
        least 2 x 2; row 0 lies at the bottom, column 0 at the left, both on the edge.
    arrows_at, arrows : Tensor
        Feet and directions of arrows, ``[A, 2]`` each: -d loss / d point, say.
    readouts : dict of str to float
        Numbers to show, with the same names in every frame: losses, modes covered.
    """

    step: int
    points: Tensor
    surface: Tensor
    arrows_at: Tensor
    arrows: Tensor
    readouts: dict[str, float]


class TrainingReplay(PageWidget):
    """Scrub a recorded training: points, the critic's opinion, arrows, losses, numbers.

    Everything is handed over once, as bytes; the page draws it without a kernel.

    Parameters
    ----------
    frames : sequence of ReplayFrame
        At least one; all of the same sizes, with rising steps.
    real : Tensor, optional
        Real points ``[M, 2]``, drawn as crosses in every frame.
    curves : sequence of str, optional
        Which readouts are drawn as curves; by default the first two.
    levels : mapping of str to float
        Dashed lines in the curves' chart; the values of the equilibrium if left out.
    extent : tuple of float
        What the plane shows: ``(x0, x1, y0, y1)``; one side at most twice the other.
    frames_per_second : float
        Speed of play, in (0, 30].
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    DataError, ShapeError, RangeError, DtypeError, ChoiceError
        With a sentence, for frames that cannot be drawn.

    Examples
    --------
    >>> import torch
    >>> still = ReplayFrame(0, torch.zeros(9, 2), torch.full((5, 5), 0.5), torch.zeros(2, 2),
    ...                     torch.ones(2, 2), {"critic": 1.39, "generator": 0.69})
    >>> TrainingReplay([still]).steps
    [0]
    """

    _esm = page_script("core", "chart", "controls", "replay")
    _css = PageWidget._css + (
        ".aigc-replay .aigc-pair { display: grid; align-items: start; gap: 1rem;"
        " grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }"
        ".aigc-replay canvas { margin: 0 auto; }"
        ".aigc-replay .aigc-bar { margin-top: 0.7rem; }"
        ".aigc-replay .aigc-readout { margin: 0.6rem auto 0; }"
        ".aigc-replay .aigc-play { min-width: 5em; }"
        ".aigc-replay .aigc-drawing[tabindex] { cursor: ew-resize; }"
    )

    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [T, P, A, H, W]
    points = traitlets.Bytes(b"").tag(sync=True)  # float32 [T, P, 2]
    surfaces = traitlets.Bytes(b"").tag(sync=True)  # uint8 [T, H, W], finest near one half
    arrows = traitlets.Bytes(b"").tag(sync=True)  # float32 [T, A, 4]: foot, direction
    real = traitlets.Bytes(b"").tag(sync=True)  # float32 [M, 2]
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    values = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)  # [T, K]
    curves = traitlets.List(traitlets.Unicode()).tag(sync=True)
    levels = traitlets.Dict().tag(sync=True)
    extent = traitlets.List(traitlets.Float()).tag(sync=True)
    frames_per_second = traitlets.Float(6.0).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        frames: Sequence[ReplayFrame],
        *,
        real: Tensor | None = None,
        curves: Sequence[str] | None = None,
        levels: Mapping[str, float] = LEVELS,
        extent: tuple[float, float, float, float] = EXTENT,
        frames_per_second: float = 6.0,
        title: str = "A training, replayed",
        alt: str | None = None,
    ):
        frames = list(frames)
        steps = _steps(frames)
        names, values = _readouts(frames)
        film = {
            "points": _stacked("points", [_pairs("points", f.points) for f in frames]),
            "surfaces": _stacked("surface", [_surface(f.surface) for f in frames]),
            "arrows": _stacked("arrows", [_arrows(f) for f in frames]),
        }
        _check_size(film)
        if not 0 < frames_per_second <= 30:
            raise RangeError(f"frames_per_second={frames_per_second} must lie in (0, 30].")
        sizes = [len(frames), film["points"].shape[1], film["arrows"].shape[1]]
        super().__init__(
            shape=[*sizes, *film["surfaces"].shape[1:]],
            **{name: packed(array) for name, array in film.items()},
            real=b"" if real is None else packed(_pairs("real", real)),
            steps=steps,
            names=names,
            values=values,
            curves=_chosen(curves, names),
            levels={str(words): float(value) for words, value in levels.items()},
            extent=_extent(extent),
            frames_per_second=float(frames_per_second),
            frame=len(frames) - 1,  # where no one presses play, the result is what should show
            shown=["surface", "real", "points", "arrows"],
            title=title,
            alt=alt or _describe(steps, sizes),
        )

    @traitlets.validate("frame")
    def _inside(self, proposal) -> int:
        count = len(self.steps) or proposal["value"] + 1
        return max(0, min(proposal["value"], count - 1))


def surface_bytes(surface: np.ndarray) -> np.ndarray:
    """Probabilities as bytes that are finest near one half, where a good game ends.

    With d = 2 p - 1 the byte is 127.5 (1 + sign(d) sqrt|d|), rounded: the error of p is at
    most 1/255, and below 1/30000 at one half.

    >>> surface_bytes(np.array([0.0, 1.0])).tolist()
    [0, 255]
    """
    d = 2 * np.asarray(surface, dtype=np.float64) - 1
    return np.round(127.5 * (1 + np.sign(d) * np.sqrt(np.abs(d)))).astype(np.uint8)


def _steps(frames: list) -> list[int]:
    if not frames:
        raise DataError("There are no frames: at least 1 is needed.")
    for frame in frames:
        if not isinstance(frame, ReplayFrame):
            raise DtypeError(
                "A frame must be a ReplayFrame(step, points, surface, arrows_at, arrows, "
                f"readouts); you gave a {type(frame).__name__}."
            )
    steps = [check_count("step", frame.step, at_least=0) for frame in frames]
    if any(a >= b for a, b in zip(steps[:-1], steps[1:], strict=True)):
        raise RangeError("The steps must rise from frame to frame.")
    return steps


def _stacked(what: str, arrays: list[np.ndarray]) -> np.ndarray:
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        raise ShapeError(f"`{what}` must have one shape in all frames; yours have {listed}.")
    return np.stack(arrays)


def _readouts(frames: list[ReplayFrame]) -> tuple[list[str], list[list[float]]]:
    names = [str(name) for name in frames[0].readouts]
    values = []
    for frame in frames:
        if list(map(str, frame.readouts)) != names:
            raise DataError(
                f"The frame of step {frame.step} has the readouts {list(frame.readouts)}; the "
                f"first frame has {names}. All frames need the same, in the same order."
            )
        row = [float(value) for value in frame.readouts.values()]
        if not all(map(math.isfinite, row)):
            raise RangeError(f"The readouts of step {frame.step} hold NaN or infinity.")
        values.append(row)
    return names, values


def _floats(what: str, given: Tensor) -> np.ndarray:
    if not isinstance(given, Tensor) or not given.dtype.is_floating_point:
        raise DtypeError(f"`{what}` must be a floating-point torch.Tensor.")
    values = given.detach().cpu().float().numpy()
    if not np.isfinite(values).all():
        raise RangeError(f"`{what}` holds values that are NaN or infinite; all must be finite.")
    return values


def _pairs(what: str, given: Tensor) -> np.ndarray:
    values = _floats(what, given)
    if values.ndim != 2 or values.shape[1] != 2:
        raise ShapeError(f"`{what}` must be [N, 2]; its shape is {list(values.shape)}.")
    return values


def _surface(given: Tensor) -> np.ndarray:
    values = _floats("surface", given)
    if values.ndim != 2 or min(values.shape) < 2:
        raise ShapeError(
            f"`surface` must be [H, W], at least [2, 2]; its shape is {list(values.shape)}."
        )
    if values.min() < 0 or values.max() > 1:
        raise RangeError("`surface` must hold probabilities in [0, 1]. (Logits? Use sigmoid.)")
    return surface_bytes(values)


def _arrows(frame: ReplayFrame) -> np.ndarray:
    feet, ways = _pairs("arrows_at", frame.arrows_at), _pairs("arrows", frame.arrows)
    if len(feet) != len(ways):
        raise ShapeError(f"There are {len(feet)} feet of arrows but {len(ways)} directions.")
    return np.concatenate([feet, ways], axis=1)  # [A, 4]


def _check_size(film: dict[str, np.ndarray]) -> None:
    size = sum(array.nbytes for array in film.values())
    if size > MOST_BYTES:
        raise DataError(
            f"These frames hold {size / 1e6:.1f} MB; at most {MOST_BYTES / 1e6:.0f} MB can be "
            "kept in a notebook. Record fewer frames or points, or a coarser surface."
        )


def _chosen(curves: Sequence[str] | None, names: list[str]) -> list[str]:
    chosen = names[:2] if curves is None else [str(name) for name in curves]
    for name in chosen:
        if name not in names:
            raise ChoiceError(f"curves: {name!r} is no readout. Choose among: {names}.")
    return chosen


def _extent(extent: tuple) -> list[float]:
    if len(extent) != 4:
        raise ShapeError(f"extent={extent} must be four numbers: (x0, x1, y0, y1).")
    x0, x1, y0, y1 = map(float, extent)
    if not (x0 < x1 and y0 < y1 and 0.5 <= (y1 - y0) / (x1 - x0) <= 2):
        raise RangeError(
            f"extent={extent} must rise on both axes, one side at most twice the other."
        )
    return [x0, x1, y0, y1]


def _describe(steps: list[int], sizes: list[int]) -> str:
    return (
        f"A recorded training from step {steps[0]} to step {steps[-1]} in {sizes[0]} frames: "
        f"{sizes[1]} generated points as dots, the critic's opinion as a ground of two colours, "
        f"{sizes[2]} arrows that show where it pushes them, both losses as curves."
    )
