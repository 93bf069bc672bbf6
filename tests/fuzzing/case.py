"""One case of fuzzing: something damaged is read, and what comes of it is counted.

A reader gets the damaged thing. It may return (what it read is right; it asserts so itself) or
raise an AigcError whose text is a sentence. Everything else is a fault: another exception, a wrong
value taken for right, a run of more than a few seconds.
"""

from __future__ import annotations

import contextlib
import io
import random
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aigc_teach.core import AigcError

SLOW = 10.0  # seconds of one case; a pipe or a bomb takes longer, a busy machine does not


@dataclass
class Target:
    """One parser under test.

    Attributes
    ----------
    name : str
    valid : object
        What the reader takes, whole.
    damage : callable
        ``(valid, rng)`` to something that may be broken.
    read : callable
        Reads it; see above.
    """

    name: str
    valid: object
    damage: Callable[[object, random.Random], object]
    read: Callable[[object], None]


@dataclass
class Tally:
    """What came of a target's cases."""

    cases: int = 0
    right: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0


def run_case(target: Target, seed: int, tally: Tally) -> None:
    """One damaged thing, which `seed` alone decides."""
    rng = random.Random(f"{target.name} {seed}")
    broken = target.damage(target.valid, rng)
    start = time.process_time()
    tally.cases += 1
    try:
        with quiet():
            target.read(broken)
        tally.right += 1
    except AigcError as error:
        tally.refused += 1
        if not is_sentence(str(error)):
            tally.faults.append(f"{target.name} {seed}: no sentence: {str(error)[:200]!r}")
    except (Exception, SystemExit) as error:
        tally.faults.append(f"{target.name} {seed}: {type(error).__name__}: {str(error)[:200]}")
    took = time.process_time() - start
    tally.slowest = max(tally.slowest, took)
    if took > SLOW:
        tally.faults.append(f"{target.name} {seed}: took {took:.1f} s")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What readers print and warn of is not looked at here."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(io.StringIO()):
            yield


def is_sentence(text: str) -> bool:
    """Whether an error's text is what a learner can read: not empty, one line, not a page."""
    return 10 < len(text) < 2000 and "Traceback" not in text and "\n" not in text.strip()
