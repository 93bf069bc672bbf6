"""The still figures of the token viewer, drawn as SVG: the reader's own fonts write any script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

BLUE, ORANGE = "#0072b2", "#d55e00"
FONT = 'font-family="system-ui, sans-serif" fill="#222"'


def _svg(width: float, height: float, *parts: str) -> str:
    """A drawing on white, so that it shows on any page."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}"><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(parts)
        + "</svg>"
    )


def _text(words: str, x: float, y: float, *, size: float = 13, anchor: str = "start") -> str:
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
    return f"<text {place} {FONT}>{escape(words)}</text>"


def _box(x: float, y: float, width: float, height: float, colour: str, alpha: float = 1) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{width:.2f}" height="{height:.2f}"'
    return f'<rect {place} fill="{colour}" fill-opacity="{alpha:.3f}"/>'


def bars_svg(rows: Sequence[tuple[str, float]]) -> str:
    """Tokens with their probabilities as bars.

    >>> bars_svg([("a", 0.75), ("b", 0.25)]).count("<text")
    4
    """
    parts, most = [], max(p for _, p in rows)
    for k, (name, p) in enumerate(rows):
        y = 8 + 24 * k
        parts += [
            _text(name, 70, y + 14, anchor="end"),
            _box(80, y + 2, 300 * p / most, 16, BLUE),
            _text(f"{100 * p:.1f} %", 390, y + 14),
        ]
    return _svg(450, 16 + 24 * len(rows), *parts)


def looks_svg(weights: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    """A square of weights: a row for each token that looks, a column for each looked at.

    >>> looks_svg([[1.0, 0.0], [0.5, 0.5]], ["start", "a"]).count("fill-opacity")
    3
    """
    count = len(names)
    cell = max(4.0, min(22.0, 440 / count))
    edge, parts = 50, []
    for row, values in enumerate(weights):
        for column in range(row + 1):
            x, y = edge + column * cell, edge + row * cell
            parts.append(_box(x, y, cell - 0.5, cell - 0.5, BLUE, 0.04 + 0.96 * values[column]))
    every = max(1, round(11 / cell))
    for k in range(0, count, every):
        middle = edge + (k + 0.5) * cell
        parts.append(_text(names[k], edge - 5, middle + 4, size=11, anchor="end"))
        if names[k] != "start":
            parts.append(_text(names[k], middle, edge - 6, size=11, anchor="middle"))
    side = edge + cell * count + 8
    return _svg(side, side, *parts)


def multiplications(net: dict, places: int) -> tuple[int, int]:
    """For the logits after `places` places: with the cache, and with all computed anew.

    >>> multiplications({"width": 2, "blocks": [{}], "vocabulary": 5}, 3)
    (70, 178)
    """
    width, layers, head = net["width"], len(net["blocks"]), net["vocabulary"] * net["width"]
    cached = layers * (12 * width**2 + 2 * places * width) + head
    anew = layers * (12 * width**2 * places + places * (places + 1) * width) + head
    return cached, anew


def cache_svg(net: dict, places: int) -> str:
    """Multiplications for one more token over the length of the text, with and without cache.

    >>> net = {"width": 8, "blocks": [{}], "vocabulary": 5, "context": 16}
    >>> cache_svg(net, 4).count("polyline")
    2
    """
    context = net["context"]
    marks = sorted({1, places, *(max(1, round(context * k / 24)) for k in range(25))})
    most = multiplications(net, context)[1]
    left, top, width, height = 70, 30, 360, 200

    def at(place: int, count: int) -> tuple[float, float]:
        return left + width * place / context, top + height * (1 - count / most)

    parts = [_text("million multiplications for one more token", 8, 18)]
    parts += [
        _text(
            f"{most * k / 4e6:.3g}", left - 6, top + height * (1 - k / 4) + 4, size=11, anchor="end"
        )
        for k in range(5)
    ]
    parts += [_box(left, top + height * (1 - k / 4), width, 1, "#000", 0.15) for k in range(5)]
    for k, (colour, words) in enumerate(((BLUE, "with the cache"), (ORANGE, "without"))):
        line = " ".join("{:.1f},{:.1f}".format(*at(m, multiplications(net, m)[k])) for m in marks)
        dash = "" if k else ' stroke-dasharray="7 3"'
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>'
        )
        x, y = at(places, multiplications(net, places)[k])
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        y = at(context, multiplications(net, context)[k])[1]
        parts.append(_text(words, left + width - 6, y + (22 if k else -8), anchor="end"))
    parts.append(_text("1", left, top + height + 16, size=11, anchor="middle"))
    parts.append(_text(f"{context} places", left + width, top + height + 16, size=11, anchor="end"))
    return _svg(450, 260, *parts)
