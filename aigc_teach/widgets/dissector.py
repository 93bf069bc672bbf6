"""BoundDissector: the evidence lower bound taken apart where every term is known exactly."""

from __future__ import annotations

import math

import traitlets

from ..core.errors import DtypeError, RangeError, check_count
from .base import PageWidget, page_script

LIMITS = {  # what the sliders reach; within them the posterior stays on the picture
    "x": (-3.0, 3.0),
    "weight": (-3.0, 3.0),
    "noise": (0.4, 3.0),
    "beta": (0.0, 4.0),
    "mean": (-4.0, 4.0),
    "spread": (0.05, 3.0),
}
MOST_DRAWS = 64


class BoundDissector(PageWidget):
    """Drag a Gaussian q over the posterior and see the bound's terms, all in closed form.

    The model has one latent number z ~ N(0, 1) and one number x | z ~ N(weight z, noise^2).
    Three columns write the bound in three ways: evidence minus gap, reconstruction minus
    beta times the KL, energy plus entropy. A fourth is the importance-weighted bound of
    `draws` draws, estimated in the page from seeded noise.

    Parameters
    ----------
    x : float
        The observation, in [-3, 3].
    weight : float
        The decoder's weight, in [-3, 3].
    noise : float
        The decoder's spread, in [0.4, 3].
    beta : float
        Weight of the KL in the second column, in [0, 4]; 1 is the bound.
    mean, spread : float
        q's mean in [-4, 4] and spread in [0.05, 3].
    draws : int
        K of the fourth column, 1 to 64.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    RangeError, DtypeError
        With a sentence, for a value that is not a number or leaves its range.

    Examples
    --------
    >>> tool = BoundDissector(x=2.5, weight=2.0, noise=1.0)
    >>> tool.mean, tool.draws
    (0.6, 5)
    """

    _esm = page_script("core", "chart", "controls", "dissector")
    _css = PageWidget._css + (
        ".aigc-dissector .aigc-pair { display: grid; gap: 0.75rem 1.25rem; justify-items: center; "
        "grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }"
        ".aigc-dissector .aigc-slider-name { min-width: 7.5em; }"
        ".aigc-dissector .aigc-readout td { white-space: nowrap; }"
    )

    x = traitlets.Float(2.5).tag(sync=True)
    weight = traitlets.Float(2.0).tag(sync=True)
    noise = traitlets.Float(1.0).tag(sync=True)
    beta = traitlets.Float(1.0).tag(sync=True)
    mean = traitlets.Float(0.6).tag(sync=True)
    spread = traitlets.Float(0.6).tag(sync=True)
    draws = traitlets.Int(5).tag(sync=True)

    def __init__(
        self,
        *,
        x: float = 2.5,
        weight: float = 2.0,
        noise: float = 1.0,
        beta: float = 1.0,
        mean: float = 0.6,
        spread: float = 0.6,
        draws: int = 5,
        title: str = "The bound, taken apart",
        alt: str | None = None,
    ):
        values = {"x": x, "weight": weight, "noise": noise}
        values |= {"beta": beta, "mean": mean, "spread": spread}
        values = {name: _inside(name, value) for name, value in values.items()}
        if check_count("draws", draws) > MOST_DRAWS:
            raise RangeError(f"draws={draws} is too many; the page draws at most {MOST_DRAWS}.")
        super().__init__(**values, draws=draws, title=title, alt=alt or _describe(values))


def _inside(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DtypeError(f"{name}={value!r} is a {type(value).__name__}; it must be a number.")
    low, high = LIMITS[name]
    if not low <= value <= high:  # NaN fails here too
        raise RangeError(f"{name}={value} must lie between {low:g} and {high:g}.")
    return float(value)


def _describe(values: dict[str, float]) -> str:
    x, weight, noise = values["x"], values["weight"], values["noise"]
    variance = noise**2 / (weight**2 + noise**2)
    return (
        f"Four densities over z (prior, likelihood, posterior, q) and four columns in nats: the "
        f"bound for x = {x:g} as evidence minus gap, as reconstruction minus KL, as energy plus "
        f"entropy, and with several draws. The posterior has mean "
        f"{weight * x / (weight**2 + noise**2):.2f} and spread {math.sqrt(variance):.2f}; "
        f"you move q."
    )
