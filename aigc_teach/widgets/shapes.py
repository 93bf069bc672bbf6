"""ShapeCalculator: the sizes of convolutions, and which pixel is made of which."""

from __future__ import annotations

import traitlets

from ..core.errors import DtypeError, RangeError, check_count
from .base import PageWidget, page_script

LIMITS = {  # the ends of the page's sliders
    "size": (1, 28),
    "kernel": (1, 7),
    "stride": (1, 4),
    "padding": (0, 3),
    "output_padding": (0, 3),
    "dilation": (1, 3),
    "layers": (1, 4),
}

CSS = """
.aigc-shapes-top { margin: 0 0 0.6rem; gap: 0.4rem; }
.aigc-shapes-sliders {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr));
  gap: 0 1.75rem;
}
.aigc-shapes .aigc-slider-name { min-width: 8em; }
.aigc-shapes .aigc-slider-value { min-width: 1.5em; }
.aigc-shapes-answer, .aigc-shapes-formula { font-variant-numeric: tabular-nums; }
.aigc-shapes-answer { margin-top: 0.7rem; font-size: 1.35rem; font-weight: 650; }
.aigc-shapes-formula { white-space: pre-wrap; opacity: 0.9; }
.aigc-shapes-problem { min-height: 1.45em; margin: 0.3rem 0 0.9rem; }
.aigc-shapes-wrong { font-weight: 600; }
.aigc-shapes .aigc-pair { justify-content: flex-start; gap: 0.9rem; min-height: 13rem; }
.aigc-shapes .aigc-pair canvas { border-radius: 0; }
"""


class ShapeCalculator(PageWidget):
    """What size a convolution or a transposed convolution gives, drawn pixel by pixel.

    Sliders set size, kernel, stride, padding, output padding, dilation and the number of equal
    layers; the page shows the formula with its numbers, the input and the output grid with one
    output pixel's inputs marked, and how many taps of the kernel land on each pixel: uneven
    numbers are the checkerboard of Odena et al. 2016. Everything is computed in the page.

    Parameters
    ----------
    transposed : bool
        A transposed convolution (True) or a convolution.
    size : int
        Height and width of the input, 1 to 28.
    kernel, stride, padding, output_padding, dilation : int
        1 to 7, 1 to 4, 0 to 3, 0 to 3 and 1 to 3. A combination without a result is allowed:
        the page says why there is none.
    layers : int
        How many such layers follow each other, 1 to 4.
    wanted : int
        The size the last layer should have, or 0 for none; the page says whether it does.
    row, column : int
        The marked pixel of the first layer's output.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    DtypeError, RangeError
        If a setting is not a whole number, or lies outside its slider.

    Examples
    --------
    >>> ShapeCalculator(size=7, kernel=4, stride=2, padding=1, layers=2).kernel
    4
    """

    _esm = page_script("core", "controls", "shapes")
    _css = PageWidget._css + CSS

    transposed = traitlets.Bool(True).tag(sync=True)
    size = traitlets.Int(7).tag(sync=True)
    kernel = traitlets.Int(4).tag(sync=True)
    stride = traitlets.Int(2).tag(sync=True)
    padding = traitlets.Int(1).tag(sync=True)
    output_padding = traitlets.Int(0).tag(sync=True)
    dilation = traitlets.Int(1).tag(sync=True)
    layers = traitlets.Int(2).tag(sync=True)
    wanted = traitlets.Int(28).tag(sync=True)
    row = traitlets.Int(1).tag(sync=True)
    column = traitlets.Int(1).tag(sync=True)

    def __init__(
        self,
        *,
        transposed: bool = True,
        size: int = 7,
        kernel: int = 4,
        stride: int = 2,
        padding: int = 1,
        output_padding: int = 0,
        dilation: int = 1,
        layers: int = 2,
        wanted: int = 28,
        row: int = 1,
        column: int = 1,
        title: str = "What size comes out?",
        alt: str | None = None,
    ):
        if not isinstance(transposed, bool):
            raise DtypeError(f"transposed={transposed!r} must be True or False.")
        settings = {"size": size, "kernel": kernel, "stride": stride, "padding": padding}
        settings |= {"output_padding": output_padding, "dilation": dilation, "layers": layers}
        for name, value in settings.items():
            _check_limits(name, value)
        places = {"wanted": wanted, "row": row, "column": column}
        for name, value in places.items():
            check_count(name, value, at_least=0)
        alt = alt or _describe(transposed, settings)
        super().__init__(transposed=transposed, title=title, alt=alt, **settings, **places)


def _check_limits(name: str, value: int) -> None:
    low, high = LIMITS[name]
    if check_count(name, value, at_least=low) > high:
        raise RangeError(f"{name}={value} is too large; the slider ends at {high}.")


def _describe(transposed: bool, settings: dict[str, int]) -> str:
    what = "transposed convolution" if transposed else "convolution"
    numbers = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
    return (
        f"A calculator for the output size of a {what} ({numbers}), with the grids of input and "
        "output, the pixels that belong together, and the number of kernel taps on each pixel."
    )
