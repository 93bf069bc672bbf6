"""DivergenceExplorer: two densities to drag, six measures of how far they are apart."""

from __future__ import annotations

import math

import traitlets

from ..core.errors import RangeError, check_choice
from .base import PageWidget, page_script

MEASURES = ("kl_pq", "kl_qp", "js", "tv", "w1", "mmd")
MEAN, WIDTH = (-5.0, 5.0), (0.2, 2.0)  # as in static/divergence.js

STYLE = """
.aigc-divergence-grid {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr));
  gap: 0.5rem 1rem;
  margin-top: 0.8rem;
}
.aigc-divergence-grid > div { min-width: 0; }
.aigc-divergence-grid .aigc-readout { margin: 1.2rem 0 0 0.4rem; font-size: 0.875rem; }
.aigc-divergence-grid .aigc-readout tr:first-child td { font-weight: 400; opacity: 0.85; }
"""


class DivergenceExplorer(PageWidget):
    """Two densities on the line, and six measures of how far they are apart.

    p is one Gaussian or the mean of two, q is one Gaussian. Drag their handles: sideways
    moves the mean, up and down the width. The page computes all six values, what adds up to
    the chosen one place by place, and its gradient by q's mean and width, drawn as an arrow;
    a button lets q follow it downhill.

    Parameters
    ----------
    measure : {"kl_pq", "kl_qp", "js", "tv", "w1", "mmd"}
        The measure to begin with: KL both ways, Jensen-Shannon, total variation,
        Wasserstein-1, squared maximum mean discrepancy.
    modes : {1, 2}
        How many Gaussians p is made of.
    p_mean, q_mean : float
        In [-5, 5]; of two modes, the middle.
    p_width, q_width : float
        Standard deviations in [0.2, 2]; of two modes, each one's.
    gap : float
        Between p's two modes, in [0.1, 6].
    bandwidth : float
        Of the Gaussian kernel of the last measure, in [0.1, 4].
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    ChoiceError, RangeError
        With a sentence, for anything else.

    Examples
    --------
    >>> explorer = DivergenceExplorer("js", modes=2)
    >>> explorer.measure, explorer.modes, explorer.q_width
    ('js', 2, 0.7)
    """

    _esm = page_script("core", "chart", "controls", "divergence")
    _css = PageWidget._css + STYLE

    measure = traitlets.Unicode("kl_pq").tag(sync=True)
    modes = traitlets.Int(1).tag(sync=True)
    p_mean = traitlets.Float(0.0).tag(sync=True)
    p_width = traitlets.Float(1.0).tag(sync=True)
    q_mean = traitlets.Float(0.0).tag(sync=True)
    q_width = traitlets.Float(1.0).tag(sync=True)
    gap = traitlets.Float(4.0).tag(sync=True)
    bandwidth = traitlets.Float(1.0).tag(sync=True)

    def __init__(
        self,
        measure: str = "kl_pq",
        *,
        modes: int = 1,
        p_mean: float = -1.0,
        p_width: float = 0.7,
        q_mean: float = 2.0,
        q_width: float = 0.7,
        gap: float = 4.0,
        bandwidth: float = 1.0,
        title: str = "How far apart?",
        alt: str | None = None,
    ):
        check_choice("measure", measure, MEASURES)
        check_choice("modes", modes, (1, 2))
        inside("p_mean", p_mean, *MEAN)
        inside("q_mean", q_mean, *MEAN)
        inside("p_width", p_width, *WIDTH)
        inside("q_width", q_width, *WIDTH)
        inside("gap", gap, 0.1, 6.0)
        inside("bandwidth", bandwidth, 0.1, 4.0)
        super().__init__(
            measure=measure,
            modes=modes,
            p_mean=float(p_mean),
            p_width=float(p_width),
            q_mean=float(q_mean),
            q_width=float(q_width),
            gap=float(gap),
            bandwidth=float(bandwidth),
            title=title,
            alt=alt or describe(modes, p_mean, p_width, q_mean, q_width),
        )


def inside(name: str, value: float, low: float, high: float) -> None:
    """Raise RangeError unless `value` is a number in [low, high]."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and low <= value <= high):
        raise RangeError(f"{name}={value!r} must be a number from {low:g} to {high:g}.")


def describe(modes: int, p_mean: float, p_width: float, q_mean: float, q_width: float) -> str:
    """What the instrument shows at first, in a sentence.

    >>> describe(1, 0, 1, 2, 0.5)[:57]
    'Two densities to drag: p, one Gaussian with mean 0, width'
    """
    p = f"one Gaussian with mean {p_mean:g}, width {p_width:g}"
    if modes == 2:
        p = f"two Gaussians of width {p_width:g} around {p_mean:g}"
    return (
        f"Two densities to drag: p, {p}; q, one Gaussian with mean {q_mean:g}, width {q_width:g}. "
        "Six measures of their distance are read off, with the gradient of the chosen one."
    )
