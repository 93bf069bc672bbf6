"""What a printed formula is here, and how an experiment's numbers become a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ....core.errors import DataError, check_choice

VERDICTS = ("right", "wrong", "incomplete")
PARTNER = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Check:
    """One number that a formula gives, beside the same number from an independent source.

    Attributes
    ----------
    what : str
        What was computed, and where.
    method : str
        How the truth was found: "closed form", "quadrature", "finite differences", ...
    got, truth : float
        The formula's number and the independent one.
    tolerance : float
        They agree if they differ by at most ``tolerance * max(1, |truth|)``.
    reading : str
        Empty, or what the formula is taken to mean where it can be read in more than one way.
    """

    what: str
    method: str
    got: float
    truth: float
    tolerance: float = 1e-6
    reading: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the two numbers are the same, up to the tolerance (NaN never is)."""
        return abs(self.got - self.truth) <= self.tolerance * max(1.0, abs(self.truth))


@dataclass(frozen=True)
class Formula:
    """A display formula of a published article, what is wrong with it, and the proof.

    Attributes
    ----------
    number : int
        1 to 65; `name` is "F01" to "F65".
    group, source : str
        A key of ``GROUPS``; the article's letter and line.
    printed, text : str
        The formula as printed: in LaTeX, and in plain characters.
    verdict : str
        "right", "wrong" or "incomplete".
    corrected, corrected_text : str
        The correct form; equal to the printed one where that is right.
    why : str
        What is wrong, in a sentence or two.
    as_printed, as_corrected : callable
        The two forms as Python; `as_printed` is None where brackets do not close.
    experiment : callable
        A form in, checks out.
    """

    number: int
    group: str
    source: str
    printed: str
    text: str
    verdict: str
    corrected: str
    corrected_text: str
    why: str
    as_printed: Callable | None
    as_corrected: Callable
    experiment: Callable[[Callable], Iterable[Check]]

    @property
    def name(self) -> str:
        """The label, "F01" to "F65"."""
        return f"F{self.number:02}"

    def run(self, form: str = "printed") -> tuple[Check, ...]:
        """Count the brackets of the "printed" or "corrected" form; if they close, compute."""
        check_choice("form", form, ("printed", "corrected"))
        latex = self.printed if form == "printed" else self.corrected
        function = self.as_printed if form == "printed" else self.as_corrected
        brackets = Check("brackets without a partner", "brackets", unmatched(latex), 0.0)
        if function is None or not brackets.agrees:
            return (brackets,)
        return (brackets, *self.experiment(function))

    def established(self, form: str = "printed") -> str:
        """The verdict that the experiment's numbers imply."""
        return decides(self.run(form))


def decides(checks: Iterable[Check]) -> str:
    """Turn the numbers of an experiment into "right", "wrong" or "incomplete".

    A form is right if every number agrees in every reading; incomplete if all of them agree in
    one reading and not in another, so that something that would decide is missing; else wrong.

    >>> decides([Check("at 1", "limit", 0.5, 0.0)])
    'wrong'
    >>> decides([Check("", "limit", 1, 1, reading="a"), Check("", "limit", 2, 1, reading="b")])
    'incomplete'
    """
    checks = list(checks)
    if not checks:
        raise DataError("Without a single check nothing can be decided.")
    readings = {check.reading for check in checks if check.reading}
    holds = [all(c.agrees for c in checks if c.reading == name) for name in sorted(readings)]
    if not all(c.agrees for c in checks if not c.reading) or (holds and not any(holds)):
        return "wrong"
    return "right" if all(holds) else "incomplete"


def unmatched(latex: str) -> int:
    r"""The number of brackets ``( [ {`` and ``) ] }`` that have no partner of their kind.

    >>> unmatched(r"-\log(D(G(z)))"), unmatched(r"-\log(D(G(z))"), unmatched("[f(x]")
    (0, 1, 1)
    """
    open_ones: list[str] = []
    alone = 0
    for mark in latex:
        if mark in PARTNER.values():
            open_ones.append(mark)
        elif mark in PARTNER:
            if PARTNER[mark] not in open_ones:
                alone += 1
                continue
            while open_ones.pop() != PARTNER[mark]:
                alone += 1  # an opening one that this closing one skips
    return alone + len(open_ones)


def family(places: str, **facts) -> tuple[Formula, ...]:
    """One formula, printed at each of `places` ("S0a 73; S1 137"): an entry for each of them.

    Numbers are given later. A right formula needs no corrected form: it is its own.
    """
    if facts["verdict"] == "right":
        facts |= {"corrected": facts["printed"], "corrected_text": facts["text"]}
        facts |= {"as_corrected": facts["as_printed"]}
    articles = [place.split() for place in places.split(";")]
    return tuple(
        Formula(number=0, source=f"article {letter}, line {line}", **facts)
        for letter, line in articles
    )


def shown(value: float) -> str:
    """A number as the reader sees it: four digits, a real minus sign.

    >>> shown(-1.44668), shown(0.0), shown(math.inf)
    ('−1.447', '0', '∞')
    """
    words = f"{value:.4g}".replace("-", "\u2212")
    return words.replace("inf", "∞") if math.isinf(value) else words
