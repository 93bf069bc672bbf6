"""The reader's side: judge a formula, see what the experiment says, keep the score."""

from __future__ import annotations

import re

from ....core.errors import ChoiceError, check_choice
from ....lab.words import say
from .entry import VERDICTS, Check, Formula, shown
from .register import FORMULAS, GROUPS

_judged: dict[str, str] = {}  # what the reader said first, in this kernel


def find(name: str) -> Formula:
    """The formula called `name`, "F01" to "F65".

    >>> find("F21").text
    'G(z) = Generator(z; θ_G)'
    """
    match = re.fullmatch(r"[Ff]?0*(\d+)", str(name).strip())
    if not match or not 1 <= int(match[1]) <= len(FORMULAS):
        raise ChoiceError(f"There is no formula {name!r}. They are called F01 to F{len(FORMULAS)}.")
    return FORMULAS[int(match[1]) - 1]


def group(name: str) -> tuple[Formula, ...]:
    """All formulas of a group; ``GROUPS`` lists the names."""
    check_choice("group", name, GROUPS)
    return tuple(formula for formula in FORMULAS if formula.group == name)


def judge(name: str, verdict: str) -> None:
    """Say whether the experiment agrees with your `verdict`, show its numbers, keep the score.

    Parameters
    ----------
    name : str
        "F01" to "F65".
    verdict : str
        "right", "wrong" or "incomplete".
    """
    try:
        formula = find(name)
        check_choice("verdict", verdict, VERDICTS)
    except ChoiceError as error:
        say(str(error))
        return
    _judged.setdefault(formula.name, verdict)
    established = formula.established()
    agreed = "as you said" if verdict == established else f"not {verdict}"
    say(f"{formula.name} is {established}, {agreed}. {formula.text}")
    say("\n".join(evidence_lines(formula)))
    if established != "right":
        say(f"Correct: {formula.corrected_text}")
    say(formula.why, score())


def score() -> str:
    """How often your first judgement of a formula was right, in words."""
    right = sum(find(name).verdict == verdict for name, verdict in _judged.items())
    return f"Score: {right} of {len(_judged)} so far."


def forget() -> None:
    """Begin again with an empty score."""
    _judged.clear()


def evidence_lines(formula: Formula) -> list[str]:
    """The experiment on the printed form, a line for each check."""
    return [_line(check) for check in formula.run()]


def _line(check: Check) -> str:
    reading = f"[{check.reading}] " if check.reading else ""
    mark = "agrees" if check.agrees else "DIFFERS"
    numbers = f"printed {shown(check.got)}, truth {shown(check.truth)} ({check.method})"
    return f"  {mark:7} {reading}{check.what}: {numbers}"


def rows(*groups: str) -> list[dict]:
    """What the instrument shows: a row for each different formula of `groups`, experiment done.

    A formula printed in several places is one row that counts for all of them.
    """
    wanted = [formula for name in groups for formula in group(name)]
    families: dict[str, list[Formula]] = {}
    for formula in wanted:
        families.setdefault(formula.printed, []).append(formula)
    return [_row(members) for members in families.values()]


def _row(members: list[Formula]) -> dict:
    first = members[0]
    checks = first.run()
    return {
        "number": label(members),
        "count": len(members),
        "place": places(members),
        "text": first.text,
        "verdict": first.established(),
        "corrected_text": first.corrected_text,
        "why": first.why,
        "evidence": [
            [
                f"{c.reading}: {c.what}" if c.reading else c.what,
                shown(c.got),
                shown(c.truth),
                c.agrees,
            ]
            for c in checks
        ],
    }


def label(members) -> str:
    """The label of neighbours that print the same: "F07", "F01 to F04".

    >>> label([find("F01"), find("F02"), find("F03")])
    'F01 to F03'
    """
    names = [member.name for member in members]
    return ", ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]}"


def places(members) -> str:
    """Where formulas are printed, the articles in order.

    >>> places([find("F01"), find("F03"), find("F04")])
    'article S0a, line 73; article S1, lines 137, 171'
    """
    lines: dict[str, list[str]] = {}
    for member in members:
        article, line = member.source.split(", line ")
        lines.setdefault(article, []).append(line)
    return "; ".join(
        f"{article}, line{'s' if len(found) > 1 else ''} {', '.join(found)}"
        for article, found in lines.items()
    )


def tally() -> dict[str, dict[str, int]]:
    """How many of each group the experiments find right, wrong and incomplete."""
    table = {name: dict.fromkeys(VERDICTS, 0) for name in GROUPS}
    for formula in FORMULAS:
        table[formula.group][formula.established()] += 1
    return table
