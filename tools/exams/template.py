"""One question with numbers to be drawn: its text, its answer, and a second way to the answer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

TEMPLATES: dict[str, list[Template]] = {}  # by lesson, such as "models/vae"
POINTS = 3


@dataclass(frozen=True)
class Template:
    """A question with open numbers.

    draw makes the numbers from a random stream; ask, formula and why take them by name. `formula`
    is what the lesson's page teaches, `solve` comes to the answer by another road (a library, a
    search, a simulation without chance): both must agree before a key is written.
    """

    lesson: str
    name: str
    draw: Callable[[random.Random], dict]
    ask: Callable[..., str]
    formula: Callable[..., float]
    solve: Callable[..., float]
    why: Callable[..., str]


@dataclass(frozen=True)
class Variant:
    """A template with its numbers drawn."""

    text: str
    answer: float
    why: str
    points: int = POINTS


class TwoAnswers(Exception):
    """The formula and the second way disagree: there is no key to write."""


def template(lesson: str, name: str, **parts: Callable) -> None:
    """Register a question of a lesson."""
    TEMPLATES.setdefault(lesson, []).append(Template(lesson, name, **parts))


def variant(one: Template, seed: int) -> Variant:
    """Draw the numbers and answer in both ways.

    Raises
    ------
    TwoAnswers
        If the two answers differ by more than a rounding error.
    """
    numbers = one.draw(random.Random(f"{one.lesson}/{one.name}/{seed}"))
    answer, other = float(one.formula(**numbers)), float(one.solve(**numbers))
    if not math.isclose(answer, other, rel_tol=1e-4, abs_tol=1e-6):
        raise TwoAnswers(f"{one.lesson}/{one.name}, seed {seed}: {answer} is not {other}.")
    return Variant(one.ask(**numbers), answer, one.why(**numbers))


def shown(value: float) -> str:
    """A number as a key prints it: whole ones whole, others with three digits.

    >>> shown(49.0), shown(0.123456), shown(1234.5)
    ('49', '0.123', '1.23e+03')
    """
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def listed(values) -> str:
    """Numbers as a question shows them.

    >>> listed([0.5, 2, -1.25])
    '0.5, 2, -1.25'
    """
    return ", ".join(f"{value:g}" for value in values)


def shares(stream: random.Random, n: int) -> list[float]:
    """Return n probabilities with two decimals that sum to 1, none below 0.05."""
    while True:
        cuts = sorted(stream.randint(5, 95) for _ in range(n - 1))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        if min(parts) >= 5:
            return [part / 100 for part in parts]


def signed(stream: random.Random, most: int) -> float:
    """Return tenths from -most to most, never 0: a 0 would hide a mistake."""
    return stream.choice([-1, 1]) * stream.randint(1, most) / 10
