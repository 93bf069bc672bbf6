"""TasteFinder: like some of nine made pictures, and the next nine are drawn nearer to them.

The decoder runs in the page, so the finder is alive in the static book; nothing is stored.
"""

from __future__ import annotations

import torch
import traitlets
from torch import nn

from ..core.errors import DtypeError, check_count, check_number
from .base import PageWidget, page_script
from .explorer import check_output
from .export import export_network

CSS = """
.aigc-taste-page { display: grid; grid-template-columns: repeat(3, max-content); gap: 0.5rem; }
.aigc-taste-page .aigc-button { padding: 0.25rem; line-height: 1.2; }
.aigc-taste-page canvas { display: block; }
.aigc-taste-verdict { display: block; margin-top: 0.2rem; font-size: 0.85em; }
.aigc-taste .aigc-pair { gap: 1rem 2rem; align-items: start; }
.aigc-taste .aigc-slider-row { max-width: 26rem; }
.aigc-taste-said { margin: 0.6rem 0; font-weight: 550; min-height: 1.4em; }
"""


class TasteFinder(PageWidget):
    """A page of pictures to like, a Gaussian that follows the likes, and a curve of the spread.

    Click a picture, or press its number, to like it; the others count as disliked. The next page
    is drawn from `models.SearchGaussian` after its step, computed in the page.

    Parameters
    ----------
    decoder : nn.Sequential
        Codes ``[N, D]`` -> pictures ``[N, C, H, W]`` in [-1, 1], at most 1 MB as float16.
    count : int
        Pictures on a page, 4 to 9.
    rate, spread_rate : float
        Shares of the way that mean and variance go, in (0, 1].
    seed : int
        Of the page's own random numbers.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the decoder.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Unflatten(1, (3, 4, 4)))
    >>> TasteFinder(net).latent_size
    2
    """

    _esm = page_script("core", "controls", "chart", "network", "taste_finder")
    _css = PageWidget._css + CSS

    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # float16
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)  # [C, H, W]
    latent_size = traitlets.Int(1).tag(sync=True)
    count = traitlets.Int(9).tag(sync=True)
    rate = traitlets.Float(0.5).tag(sync=True)
    spread_rate = traitlets.Float(0.15).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    floor = traitlets.Float(0.0).tag(sync=True)

    def __init__(
        self,
        decoder: nn.Sequential,
        *,
        count: int = 9,
        rate: float = 0.5,
        spread_rate: float = 0.15,
        seed: int = 0,
        title: str = "Find your taste",
        alt: str | None = None,
    ):
        check_count("count", count, at_least=4, at_most=9)
        check_count("seed", seed, at_least=0)
        for name, value in (("rate", rate), ("spread_rate", spread_rate)):
            check_number(name, value, above=True)
            check_number(f"1 - {name}", 1 - value)
        first = next((m for m in _modules(decoder) if isinstance(m, nn.Linear)), None)
        if first is None:
            raise DtypeError("The decoder must be an nn.Sequential that begins with an nn.Linear.")
        page = export_network(decoder, first.in_features)
        check_output(decoder, torch.zeros(1, first.in_features), "image", name="decoder")
        super().__init__(
            layers=page.layers,
            weights=page.weights,
            image_shape=list(page.image),
            latent_size=first.in_features,
            count=count,
            rate=float(rate),
            spread_rate=float(spread_rate),
            seed=seed,
            title=title,
            alt=alt or f"A page of {count} made pictures to like, and a curve of their spread.",
        )


def _modules(decoder: object):
    return decoder.modules() if isinstance(decoder, nn.Module) else ()
