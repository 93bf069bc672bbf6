"""What all figures share: colours, type sizes, and the description that travels with them.

JupyterLab 4 and myst-nb show an ``image/png`` output without any alt text, whatever its
metadata say; both show ``text/html`` first and keep the ``alt`` of an ``<img>`` in it. So
:func:`describe` gives a figure the method that IPython asks for, and that method hands over
the picture inside such a tag. Nothing is registered anywhere.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from functools import partial
from itertools import count

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..core.errors import AigcError, DtypeError

# Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind eyes
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
    "yellow": "#F0E442",
}
LINES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "*")
GREY = "#767676"
DPI = 110
WIDTH = 9.0  # inches, the widest a figure gets
SIZE, TITLE_SIZE = 12, 14  # points: the smallest text in a figure, and its title
LINE = 1.45 * SIZE / 72  # inches that one line of the smallest text takes
LETTER = 0.58 * SIZE / 72  # inches that one letter of it takes, about


def colour(i: int) -> str:
    """The `i`-th colour, from the first again after the eighth; grey for yellow, faint on white."""
    cycle = [GREY if name == "yellow" else value for name, value in COLOURS.items()]
    return cycle[i % len(cycle)]


def styles() -> Iterator[dict]:
    """Endless line styles: no two of the first forty agree in both colour and dash.

    >>> next(styles())
    {'color': '#0072B2', 'linestyle': '-', 'linewidth': 2.2}
    """
    for i in count():
        yield {"color": colour(i), "linestyle": LINES[i % len(LINES)], "linewidth": 2.2}


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure (inches) outside pyplot, so that nothing has to be closed."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    return figure


def tidy(axes: Axes, title: str | None, xlabel: str | None = None, ylabel: str | None = None):
    """Give axes readable text and no more frame than needed."""
    axes.set_facecolor("white")
    axes.tick_params(labelsize=SIZE, colors="black")
    axes.spines[["top", "right"]].set_visible(False)
    if title:
        axes.set_title(title, fontsize=TITLE_SIZE, color="black", loc="left")
    axes.set_xlabel(xlabel or "", fontsize=SIZE, color="black")
    axes.set_ylabel(ylabel or "", fontsize=SIZE, color="black")


def describe(figure: Figure, alt: str) -> Figure:
    """Give any matplotlib figure a description that is read out where the figure is shown.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Yours or one of this package.
    alt : str
        What the picture shows, in a sentence or two.

    Returns
    -------
    Figure
        The same one.

    Raises
    ------
    DtypeError
        If `figure` is no Figure, or `alt` is empty or no text.

    >>> alt_text(describe(Figure(), "An empty page."))
    'An empty page.'
    """
    if not isinstance(figure, Figure):
        raise DtypeError(f"Only a matplotlib Figure can be described; not {figure!r:.80}.")
    if not isinstance(alt, str) or not alt.strip():
        raise DtypeError("alt must be a sentence that says what the figure shows.")
    figure.set_label(" ".join(alt.split()))
    figure._repr_mimebundle_ = partial(_mime_bundle, figure)
    return figure


def alt_text(figure: Figure) -> str:
    """The description of a figure.

    Raises
    ------
    AigcError
        If it has none.
    """
    if "_repr_mimebundle_" not in vars(figure):
        raise AigcError("This figure has no alt text. Give it one with viz.describe(figure, alt).")
    return figure.get_label()


def titled(title: str | None, text: str) -> str:
    """`text` with the title, as a sentence, before it.

    >>> titled("Digits", "Ten images.")
    'Digits. Ten images.'
    """
    return f"{title.rstrip('.')}. {text}" if title else text


def smallest_text(figure: Figure) -> float:
    """The size, in points, of the smallest text that the figure shows."""
    texts = [text for text in figure.findobj(Text) if text.get_text().strip()]
    return min((t.get_fontsize() for t in texts if t.get_visible()), default=float(SIZE))


def _mime_bundle(figure: Figure, include=None, exclude=None) -> tuple[dict, dict]:
    alt = alt_text(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi, metadata={"Description": alt})
    png = base64.b64encode(buffer.getvalue()).decode("ascii")
    width = round(figure.get_figwidth() * figure.dpi)
    tag = (
        f'<img alt="{html.escape(alt)}" width="{width}" style="max-width: 100%; height: auto" '
        f'src="data:image/png;base64,{png}">'
    )
    data = {"text/html": tag, "image/png": png, "text/plain": alt}
    return data, {"image/png": {"alt": alt}}  # the metadata are what nbconvert reads
