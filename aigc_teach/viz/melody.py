"""Melodies drawn: as a piano roll, and as a plain score of five lines.

A melody is a list of (pitch, length): a MIDI number, or None for a rest, and a length in
sixteenths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from ..core.errors import DataError, RangeError, ShapeError
from .figure import COLOURS, GREY, SIZE, TITLE_SIZE, describe, new_figure, tidy, titled

NAMES = ("C", "C\u266f", "D", "D\u266f", "E", "F", "F\u266f", "G", "G\u266f", "A", "A\u266f", "B")
LETTERS = "CDEFGAB"
SHARP, NATURAL = "\u266f", "\u266e"
MOST_NOTES, MOST_BARS = 2_000, 64
Note = tuple[int | None, int]


def piano_roll(
    melodies: Sequence[Note] | Mapping[str, Sequence[Note]],
    *,
    bar: int = 12,
    marked: Mapping[str, tuple[int, int]] | tuple[int, int] | None = None,
    mark: str = "marked",
    title: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Notes as bars over time: the higher the pitch, the higher the bar.

    Parameters
    ----------
    melodies : sequence of (pitch, length), or mapping of str to it
        One panel for each, below one another; at most four, each of at most 2,000 notes.
    bar : int
        Units of a bar: a line stands behind each.
    marked : (first, last), or mapping of str to it, optional
        Notes (the last one not included) that are drawn in another colour and hatched.
    mark : str
        What the marked ones are, for the legend.
    title, alt : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError, RangeError, ShapeError
        For a melody in which nothing sounds, or what cannot be drawn.

    >>> figure = piano_roll([(67, 4), (None, 2), (71, 6)], title="Two notes")
    """
    panels = melodies if isinstance(melodies, Mapping) else {"": melodies}
    if not 1 <= len(panels) <= 4:
        raise ShapeError(f"A piano roll takes one to four melodies; there are {len(panels)}.")
    marks = marked if isinstance(marked, Mapping) else {"": marked}
    for name, notes in panels.items():
        _check(notes, name)
    pitches = [p for notes in panels.values() for p, _ in notes if p is not None]
    low, high = min(pitches) - 1, max(pitches) + 1
    longest = max(sum(n for _, n in notes) for notes in panels.values())
    figure = new_figure(9.0, 0.5 + 1.9 * len(panels) + 0.3 * bool(title))
    places, told = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0], False
    for axes, (name, notes) in zip(places, panels.items(), strict=True):
        drawn = _roll(axes, notes, marks.get(name) or (0, 0), mark)
        for at in range(0, longest + bar, bar):
            axes.axvline(at, color="#cccccc", linewidth=1, zorder=0)
        axes.set_xlim(0, longest)
        axes.set_ylim(low, high)
        shown = [p for p in range(low, high + 1) if p % 12 in (2, 7)]
        axes.set_yticks(shown, [f"{NAMES[p % 12]}{p // 12 - 1}" for p in shown])
        axes.set_xticks(*_bar_numbers(longest, bar))
        axes.tick_params(axis="x", length=0)
        tidy(axes, name or title, "bar" if axes is places[-1] else "", "pitch")
        if drawn and not told:  # above the panel, where no note is
            place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.1}
            axes.legend(fontsize=SIZE, frameon=False, **place)
            told = True
    if title and "" not in panels:
        figure.suptitle(title, fontsize=TITLE_SIZE + 1, color="black", x=0.01, ha="left")
    return describe(figure, alt or titled(title, _roll_words(panels, bar)))


def score(
    bars: Sequence[Sequence[Note]],
    *,
    per_line: int = 4,
    given: int = 0,
    title: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Bars of a melody in G major and 6/8 on five lines: heads, stems, beams, dots.

    Parameters
    ----------
    bars : sequence of sequence of (pitch, length)
        1 to 64; lengths in sixteenths, pitches from 53 to 91.
    per_line : int
        Bars in a line.
    given : int
        So many first bars are grey: those that were given, not made.
    title, alt : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    >>> figure = score([[(67, 6), (71, 2), (72, 2), (74, 2)]], title="One bar")
    """
    if not 1 <= len(bars) <= MOST_BARS:
        raise ShapeError(f"A score takes 1 to {MOST_BARS} bars; there are {len(bars)}.")
    for number, notes in enumerate(bars, start=1):
        _check(notes, f"bar {number}", silent=True)
        if any(p is not None and not 53 <= p <= 91 for p, _ in notes):
            raise RangeError(f"Bar {number} has a pitch that is not from 53 to 91: no line for it.")
    rows = [bars[at : at + per_line] for at in range(0, len(bars), per_line)]
    figure = new_figure(9.0, 0.35 + 1.35 * len(rows) + 0.3 * bool(title))
    places = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for line, (axes, row) in enumerate(zip(places, rows, strict=True)):
        _staff(axes, row, per_line, first=line == 0, grey=given - line * per_line)
    if title:
        figure.suptitle(title, fontsize=TITLE_SIZE, color="black", x=0.01, ha="left")
    return describe(figure, alt or titled(title, _score_words(bars, given)))


def _check(notes: Sequence[Note], name: str, *, silent: bool = False) -> None:
    what = f"The melody {name!r}" if name else "The melody"
    if not notes or (not silent and all(pitch is None for pitch, _ in notes)):
        raise DataError(f"{what} is empty: no note sounds.")
    if len(notes) > MOST_NOTES:
        raise DataError(f"{what} has {len(notes):,} notes; a figure takes {MOST_NOTES:,}.")
    for pitch, length in notes:
        if (pitch is not None and not 0 <= pitch <= 127) or not length > 0:
            raise RangeError(f"{what} has a note {(pitch, length)}: no pitch 0 to 127, or no time.")


def _roll(axes: Axes, notes: Sequence[Note], marked: tuple[int, int], mark: str) -> bool:
    at, told = 0, False
    for number, (pitch, length) in enumerate(notes):
        if pitch is not None:
            own = marked[0] <= number < marked[1]
            look = {"facecolor": COLOURS["blue"], "edgecolor": "white"}
            if own:
                look = {"facecolor": COLOURS["orange"], "edgecolor": "black", "hatch": "///"}
                look["label"] = None if told else mark
                told = True
            axes.add_patch(Rectangle((at, pitch - 0.42), length, 0.84, linewidth=0.8, **look))
        at += length
    return told


def _bar_numbers(longest: int, bar: int) -> tuple[list[float], list[str]]:
    count = -(-longest // bar)
    step = max(1, -(-count // 16))
    numbers = range(0, count, step)
    return [k * bar + bar / 2 for k in numbers], [str(k + 1) for k in numbers]


def _roll_words(panels: Mapping[str, Sequence[Note]], bar: int) -> str:
    words = []
    for name, notes in panels.items():
        pitches = [p for p, _ in notes if p is not None]
        low, high = (f"{NAMES[p % 12]}{p // 12 - 1}" for p in (min(pitches), max(pitches)))
        bars = sum(n for _, n in notes) / bar
        words.append(
            f"{name + ': ' if name else ''}{len(pitches)} notes in {bars:.3g} bars, {low} to {high}"
        )
    return f"A piano roll. {'; '.join(words)}."


def _score_words(bars: Sequence[Sequence[Note]], given: int) -> str:
    first = " ".join(
        "rest" if p is None else f"{NAMES[p % 12]}{p // 12 - 1}" for p, _ in list(bars[0])[:6]
    )
    told = f" The first {given} are given and grey." if given else ""
    return f"A score of {len(bars)} bars in G major and 6/8. It begins {first}.{told}"


def _place(pitch: int) -> tuple[int, str]:
    """The step on the staff (0 is the lowest line, E4), and the sign that G major needs."""
    name = NAMES[pitch % 12]
    step = LETTERS.index(name[0]) + 7 * (pitch // 12 - 1) - (LETTERS.index("E") + 28)
    if name[0] == "F":
        return step, "" if SHARP in name else NATURAL
    return step, SHARP if SHARP in name else ""


def _staff(axes: Axes, row: Sequence, per_line: int, *, first: bool, grey: int) -> None:
    axes.set_axis_off()
    axes.set_xlim(-2.6, per_line * 12 + 0.3)
    axes.set_ylim(-5.5, 14.5)
    for line in range(0, 10, 2):
        axes.plot([-2.6, len(row) * 12], [line, line], color="#555555", linewidth=0.9, zorder=1)
    look = {"ha": "center", "va": "center", "color": "black"}
    axes.text(-2.2, 8, SHARP, fontsize=SIZE + 5, **look)
    if first:
        axes.text(-1.2, 6, "6", fontsize=SIZE + 3, weight="bold", **look)
        axes.text(-1.2, 2, "8", fontsize=SIZE + 3, weight="bold", **look)
    for number, notes in enumerate(row):
        _bar(axes, notes, 12 * number, GREY if number < grey else "black")
        axes.plot([12 * number + 12] * 2, [0, 8], color="#555555", linewidth=1.2)


def _bar(axes: Axes, notes: Sequence[Note], left: float, colour: str) -> None:
    total, at = sum(length for _, length in notes), 0
    scale = 10.6 / max(12, total)
    group: list[tuple[float, int, int]] = []
    for pitch, length in notes:
        x = left + 1.1 + at * scale
        if pitch is None:
            axes.text(x, 4, "rest", fontsize=SIZE - 2, rotation=90, ha="center", va="center")
        else:
            _head(axes, x, pitch, length, colour)
        if group and (pitch is None or length >= 4 or at % 6 == 0):
            _stems(axes, group, colour)
            group = []
        if pitch is not None:
            group.append((x, _place(pitch)[0], length))
            if length >= 4:
                _stems(axes, group, colour)
                group = []
        at += length
    _stems(axes, group, colour)


def _head(axes: Axes, x: float, pitch: int, length: int, colour: str) -> None:
    step, sign = _place(pitch)
    fill = colour if length < 8 else "white"
    axes.add_patch(
        Ellipse((x, step), 1.0, 1.9, facecolor=fill, edgecolor=colour, linewidth=1.4, zorder=3)
    )
    if length in (3, 6, 12):
        axes.plot([x + 0.85], [step + (0.9 if step % 2 == 0 else 0)], ".", color=colour, ms=4)
    for line in [*range(-2, step - 1, -2), *range(10, step + 1, 2)]:
        axes.plot([x - 0.9, x + 0.9], [line, line], color="#555555", linewidth=0.9)
    if sign:
        axes.text(x - 0.95, step, sign, fontsize=SIZE, ha="center", va="center", color=colour)


def _stems(axes: Axes, group: Sequence[tuple[float, int, int]], colour: str) -> None:
    """Stems of notes that hang together, and the beam or flag of those below a quarter note."""
    if not group:
        return
    up = sum(step for _, step, _ in group) / len(group) < 4
    side, sign = (0.45, 1) if up else (-0.45, -1)
    ends = [step + 6.5 * sign for _, step, _ in group]
    end = max(ends) if up else min(ends)
    for x, step, _ in group:
        axes.plot([x + side] * 2, [step, end], color=colour, linewidth=1.2, zorder=2)
    xs = [x + side for x, _, _ in group]
    if group[0][2] >= 4:
        return
    right = xs[-1] if len(group) > 1 else xs[0] + 0.8
    axes.plot([xs[0], right], [end, end], color=colour, linewidth=4, solid_capstyle="butt")
    for k, (_, _, length) in enumerate(group):  # sixteenths have a second beam
        if length == 1 and len(group) > 1:
            a, b = (k - 1, k) if k else (0, 1)
            middle = (xs[a] + xs[b]) / 2
            ends_at = [xs[k], middle] if k else [xs[0], middle]
            level = end - 1.8 * sign
            axes.plot(ends_at, [level] * 2, color=colour, linewidth=4, solid_capstyle="butt")
