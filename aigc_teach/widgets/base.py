"""What the widgets share: one page script joined from plain files, and words for an image.

No build step: ``page_script("core", "player")`` is the text of ``static/core.js`` followed by
that of ``static/player.js``. It imports nothing, so a saved page works without a network.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import anywidget
import numpy as np
import traitlets

STATIC = Path(__file__).parent / "static"


def page_script(*parts: str) -> str:
    """The ES module made of `parts` of the static folder, in this order."""
    return "\n".join((STATIC / f"{part}.js").read_text(encoding="utf-8") for part in parts)


def packed(array: np.ndarray) -> bytes:
    """The bytes of `array`, little-endian and deflated; the page inflates them.

    Mostly black digits shrink five to ten times, and so does the saved notebook.

    >>> len(packed(np.zeros(10_000, dtype=np.uint8))) < 100
    True
    """
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return packed_bytes(little.tobytes())


def packed_bytes(raw: bytes) -> bytes:
    """The same for bytes."""
    return zlib.compress(raw, level=6)


class PageWidget(anywidget.AnyWidget):
    """Base of all instruments: a title, an alternative text, one style sheet.

    Attributes
    ----------
    title : str
        The heading shown above the instrument.
    alt : str
        What the instrument shows, in words: for screen readers, previews and print.
    """

    _css = (STATIC / "style.css").read_text(encoding="utf-8")
    title = traitlets.Unicode("").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)

    def __repr__(self) -> str:  # ipywidgets 7 shows this where no widget can be drawn
        return f"{self.title}. {self.alt}"

    def _repr_mimebundle_(self, **kwargs):
        """Words beside the live view, for places that cannot draw a widget."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = repr(self)
        return bundle


class StillWidget(PageWidget):
    """An instrument whose `still()`, a text as HTML, is shown where no widget can be drawn."""

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self.still()
        return bundle
