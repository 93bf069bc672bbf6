"""LossSurface: five losses of one pixel side by side, with targets and prediction to drag."""

from __future__ import annotations

import math
from collections.abc import Sequence

import traitlets

from ..core.errors import DataError, DtypeError, RangeError, check_choice
from .base import PageWidget, page_script

LOSSES = {
    "mse": "squared error",
    "l1": "absolute error",
    "bce": "cross-entropy",
    "twice": "cross-entropy, sigmoid twice",
    "cb": "continuous Bernoulli",
}
AXES = ("prediction", "logit")
MOST_TARGETS = 7
EDGE = 10.0  # logits run from -10 to 10


class LossSurface(PageWidget):
    """Drag a prediction and up to seven targets; read value, slope and minimum of five losses.

    All arithmetic runs in the page: the instrument is alive without a kernel. A loss is the
    mean over the targets. What the network gives is a logit a; the prediction is sigmoid(a).

    Parameters
    ----------
    targets : sequence of float
        One to seven greys in [0, 1].
    prediction : float
        Where the handle starts, in [0, 1].
    loss : {"mse", "l1", "bce", "twice", "cb"}
        The loss that is highlighted.
    axis : {"prediction", "logit"}
        What runs to the right, and what a slope is taken with respect to.
    title : str
        Heading, and name of the instrument for a screen reader.
    alt : str, optional
        What is shown, in words; by default a sentence with the targets and the loss.

    Raises
    ------
    DataError, RangeError, DtypeError, ChoiceError
        With a sentence, for targets, places and names that are not allowed.

    Examples
    --------
    >>> LossSurface(targets=[0, 0.2, 1], loss="l1").targets
    [0.0, 0.2, 1.0]
    """

    _esm = page_script("core", "chart", "controls", "surface")
    _css = PageWidget._css + (
        ".aigc-surface .aigc-choices { margin-bottom: 0.5rem; }"
        ".aigc-surface .aigc-swatch { margin-right: 0.4em; }"
        ".aigc-surface .aigc-readout { margin-top: 0.8rem; }"
        ".aigc.aigc-surface .aigc-choice[aria-pressed='true'] { background: var(--aigc-wash);"
        " color: inherit; border-color: currentColor; box-shadow: inset 0 0 0 1px currentColor; }"
    )

    targets = traitlets.List(traitlets.Float()).tag(sync=True)
    logit = traitlets.Float(0.0).tag(sync=True)
    loss = traitlets.Unicode("bce").tag(sync=True)
    axis = traitlets.Unicode("prediction").tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)  # 0 the prediction, 1.. a target
    steps = traitlets.Int(0).tag(sync=True)
    names = traitlets.Dict(LOSSES).tag(sync=True)

    def __init__(
        self,
        targets: Sequence[float] = (1.0,),
        *,
        prediction: float = 0.3,
        loss: str = "bce",
        axis: str = "prediction",
        title: str = "Losses of one pixel",
        alt: str | None = None,
    ):
        greys = _greys(targets)
        check_choice("loss", loss, LOSSES)
        check_choice("axis", axis, AXES)
        place = _grey("prediction", prediction)
        super().__init__(
            targets=greys,
            logit=_logit(place),
            loss=loss,
            axis=axis,
            title=title,
            alt=alt or _describe(greys, place, loss),
        )


def _greys(targets: Sequence[float]) -> list[float]:
    if isinstance(targets, (str, bytes)) or not hasattr(targets, "__iter__"):
        raise DtypeError(f"targets={targets!r} must be a list of greys, for example [0, 0.2, 1].")
    greys = [_grey("A target", value) for value in targets]
    if not 1 <= len(greys) <= MOST_TARGETS:
        raise DataError(f"There are {len(greys)} targets; give 1 to {MOST_TARGETS}.")
    return greys


def _grey(what: str, value: float) -> float:
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise DtypeError(f"{what}={value!r} must be a number in [0, 1].") from None
    if not 0 <= value <= 1:
        raise RangeError(f"{what}={value:g} must lie in [0, 1], from black to white.")
    return value


def _logit(grey: float) -> float:
    if grey in (0.0, 1.0):
        return EDGE * (2 * grey - 1)
    return max(-EDGE, min(EDGE, math.log(grey / (1 - grey))))


def _describe(greys: list[float], place: float, loss: str) -> str:
    listed = ", ".join(f"{grey:g}" for grey in greys)
    return (
        f"Five losses against the prediction of one pixel, averaged over the targets {listed}; "
        f"{LOSSES[loss]} is highlighted, with its slope at {place:g} and its lowest point."
    )
