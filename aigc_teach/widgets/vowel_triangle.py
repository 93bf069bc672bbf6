"""VowelTriangle: a voice from formulas in the page. Drag a point, and hear the vowel.

The page computes the resonators itself, so it speaks in the static book, too. Nothing plays
before it is asked to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from ..core.errors import DtypeError, RangeError, ShapeError
from .base import PageWidget, page_script

RANGES = ((200.0, 900.0), (600.0, 2600.0), (1500.0, 3300.0))  # of the three formants, in hertz
PITCHES = (60.0, 300.0)
MOST_VOWELS = 16


class VowelTriangle(PageWidget):
    """Two formants as a place in the plane, the third and the pitch as sliders, and a voice.

    The voice is Klatt's: pulses, softened, or breath, through three resonators one after the
    other, then a first difference for the lips (`models.formant`). Beside the plane stands the
    gain of the three resonators over frequency. Arrow keys move the point by 10 hertz.

    Parameters
    ----------
    vowels : mapping of str to sequence of float
        Known vowels that are written into the plane: three formants each, in hertz, from 200 to
        900, 600 to 2,600 and 1,500 to 3,300; 1 to 16 of them.
    start : str, optional
        The vowel that it begins with; the first unless given.
    pitch : float
        Hertz, 60 to 300.
    bandwidths : sequence of float
        Of the three resonators, in hertz, 20 to 500.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence.

    Examples
    --------
    >>> triangle = VowelTriangle({"heed": (270, 2290, 3010), "hod": (730, 1090, 2440)})
    >>> triangle.formants, triangle.names
    ([270.0, 2290.0, 3010.0], ['heed', 'hod'])
    """

    _esm = page_script("core", "chart", "controls", "speaker", "vowel_triangle")
    _css = PageWidget._css + (
        ".aigc-vowel-triangle .aigc-bar { row-gap: 0.35rem; }"
        ".aigc-vowel-triangle .aigc-stage { margin-top: 0.5rem; }"
    )

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    places = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    bandwidths = traitlets.List(traitlets.Float()).tag(sync=True)
    # what the learner changes; written back when things come to rest
    formants = traitlets.List(traitlets.Float()).tag(sync=True)
    pitch = traitlets.Float(110.0).tag(sync=True)
    whispered = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        vowels: Mapping[str, Sequence[float]],
        *,
        start: str | None = None,
        pitch: float = 110.0,
        bandwidths: Sequence[float] = (60.0, 90.0, 150.0),
        title: str = "Vowel triangle",
        alt: str | None = None,
    ):
        if not isinstance(vowels, Mapping) or not vowels:
            raise DtypeError("Give vowels as a dict like {'heed': (270, 2290, 3010)}.")
        if len(vowels) > MOST_VOWELS:
            raise RangeError(f"There are {len(vowels)} vowels; at most {MOST_VOWELS} are shown.")
        known = {str(name): _checked(str(name), values) for name, values in vowels.items()}
        start = next(iter(known)) if start is None else start
        if start not in known:
            raise RangeError(f"start={start!r} must be one of the vowels: {', '.join(known)}.")
        if not isinstance(pitch, int | float) or not PITCHES[0] <= pitch <= PITCHES[1]:
            raise RangeError(f"pitch={pitch!r} must be a number from 60 to 300 hertz.")
        widths = [float(width) for width in bandwidths]
        if len(widths) != 3 or not all(20 <= width <= 500 for width in widths):
            raise RangeError("bandwidths must be three numbers from 20 to 500 hertz.")
        super().__init__(
            names=list(known),
            places=[list(values) for values in known.values()],
            bandwidths=widths,
            formants=list(known[start]),
            pitch=float(pitch),
            title=title,
            alt=alt
            or f"A plane of vowels by their first two formants, with a voice: {_told(known)}.",
        )

    @traitlets.validate("formants")
    def _inside(self, proposal) -> list[float]:
        return list(_checked("formants", proposal["value"]))


def _checked(name: str, values: object) -> tuple[float, ...]:
    """Three formants in their ranges, or a sentence."""
    try:
        given = tuple(float(value) for value in values)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        raise DtypeError(f"The formants of {name!r} must be three numbers, in hertz.") from None
    if len(given) != 3:
        raise ShapeError(f"The formants of {name!r} must be three numbers; you gave {len(given)}.")
    for value, (low, high) in zip(given, RANGES, strict=True):
        if not low <= value <= high:
            raise RangeError(f"{name!r}: {value:g} hertz must lie from {low:g} to {high:g}.")
    return given


def _told(known: Mapping[str, Sequence[float]]) -> str:
    return "; ".join(f"{name} at {f[0]:g} and {f[1]:g} hertz" for name, f in known.items())
