"""AdversarialGame: critic and generator in the plane, stepped by hand, on data that you draw.

Both networks are trained in the page, in plain JavaScript, so the game is alive in the static
book. The idea of stepping the two players by hand is GAN Lab's (Kahng et al. 2019).
"""

from __future__ import annotations

import math

import torch
import traitlets
from torch import Tensor

from ..core.errors import DataError, DtypeError, RangeError, ShapeError, check_choice, check_count
from .base import PageWidget, page_script

DATASETS = ("ring", "blobs", "line", "own")
LOSSES = ("non_saturating", "saturating")
REACH = 3.0  # the plane shows [-3, 3] on both axes
MOST_POINTS = 300
SLOWEST, FASTEST = 1e-4, 1e-1

ALT = (
    "A plane with real points as crosses and generated points as dots, the critic's opinion as "
    "a soft ground of two colours with the line where it says one half, arrows that show where "
    "the critic sends the generated points; beside it both losses and a distance as curves."
)


class AdversarialGame(PageWidget):
    """A generator (2-16-16-2) against a critic (2-24-24-1), one step at a time.

    Parameters
    ----------
    dataset : {"ring", "blobs", "line", "own"}
        What the real points are: a ring of radius 1.7, two blobs, a line, or drawn ones.
    loss : {"non_saturating", "saturating"}
        What the generator minimises.
    learning_rate : float
        Adam's, for both players; from 1e-4 to 1e-1.
    points : Tensor, optional
        ``[M, 2]`` points in [-3, 3] for "own", at most 300; the reader may add more.
    seed : int
        Draws first weights, data and noise: the same steps give the same game.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    ChoiceError, RangeError, DtypeError, ShapeError, DataError
        With a sentence.

    Examples
    --------
    >>> game = AdversarialGame(dataset="blobs", learning_rate=0.01)
    >>> game.dataset, game.log_rate
    ('blobs', -2.0)
    """

    _esm = page_script("core", "chart", "controls", "dense", "game")
    _css = PageWidget._css + (
        ".aigc-game .aigc-pair { display: grid; align-items: start; gap: 1rem;"
        " grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }"
        ".aigc-game canvas { margin: 0 auto; }"
        ".aigc-game .aigc-bar { margin-top: 0.7rem; }"
        ".aigc-game .aigc-drawing[tabindex] { cursor: crosshair; }"
    )

    dataset = traitlets.Unicode("ring").tag(sync=True)
    loss = traitlets.Unicode("non_saturating").tag(sync=True)
    log_rate = traitlets.Float(-2.0).tag(sync=True)  # base 10
    points = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)  # [M, 2]
    seed = traitlets.Int(0).tag(sync=True)
    kept = traitlets.CBytes(b"").tag(sync=True)  # float32: weights, moments, record of the game

    def __init__(
        self,
        *,
        dataset: str = "ring",
        loss: str = "non_saturating",
        learning_rate: float = 0.01,
        points: Tensor | None = None,
        seed: int = 0,
        title: str = "The adversarial game",
        alt: str = ALT,
    ):
        check_choice("dataset", dataset, DATASETS)
        check_choice("loss", loss, LOSSES)
        check_count("seed", seed, at_least=0)
        if not SLOWEST <= learning_rate <= FASTEST:
            raise RangeError(
                f"learning_rate={learning_rate} must lie in [{SLOWEST:g}, {FASTEST:g}]."
            )
        super().__init__(
            dataset=dataset,
            loss=loss,
            log_rate=math.log10(learning_rate),
            points=[] if points is None else _as_list(points),
            seed=seed,
            title=title,
            alt=alt,
        )


def _as_list(points: Tensor) -> list[list[float]]:
    """``[M, 2]`` as pairs of numbers, or a sentence that says why not."""
    if not isinstance(points, Tensor) or not points.dtype.is_floating_point:
        raise DtypeError("points must be a floating-point torch.Tensor of shape [M, 2].")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(f"points must be [M, 2]; yours are {list(points.shape)}.")
    if len(points) > MOST_POINTS:
        raise DataError(f"There are {len(points)} points; at most {MOST_POINTS} can be drawn.")
    if not torch.isfinite(points).all() or (points.abs() > REACH).any():
        raise RangeError(f"points must lie in the plane shown, [-{REACH:g}, {REACH:g}].")
    return points.detach().cpu().double().tolist()
