"""``check`` and ``hint``: what a learner calls beside an exercise.

Whatever the learner hands in, the answer is words: a check returns None, raises nothing
and leaves torch's random stream where it was. Text is compared, never run.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ..core.errors import ChoiceError
from .checkers import NotYet, Wrong, by_position, refuse_absurd
from .limit import TimeIsUp, seconds_allowed, within
from .record import record
from .register import Exercise, find_exercise
from .stub import holds_stub, is_stub
from .words import error_text, kind, say

_hints_given: dict[str, int] = {}  # how far each exercise's hints have been read in this kernel


class Verdict(NamedTuple):
    """What a check found.

    Attributes
    ----------
    state : str
        ``"right"``, ``"wrong"`` or ``"not yet"``.
    message : str
        What the learner reads, first words included.
    """

    state: str
    message: str


def check(name: str, answer: object = None, *, keep: bool = True) -> None:
    """Say in words whether `answer` solves the exercise `name`, and if not, what is wrong.

    Parameters
    ----------
    name : str
        The exercise, for example ``"02/kl"``.
    answer : object
        Your answer's value: a number, a tensor, a function. The untouched stub (``...`` or
        None) is answered with "Not yet".
    keep : bool
        False leaves your progress as it is; the stored solutions are checked so.

    Notes
    -----
    An answer that does not come back is stopped after 30 seconds of work (or of waiting), and
    you are told so; the environment variable ``AIGC_CHECK_SECONDS`` sets another limit. What it
    cannot stop: one single call into torch before that call returns, and on Windows a sleep or
    a function that catches every exception. There, use the stop button, or restart the kernel.
    """
    try:
        verdict = judge(name, answer)
    except ChoiceError as error:
        say(str(error))
        return
    if keep:
        record("exercises", name, solved=verdict.state == "right", tried=verdict.state != "not yet")
    say(verdict.message)
    if verdict.state == "wrong":
        say(_where_help_is(name))


def assert_right(name: str, answer: object) -> None:
    """Raise an AssertionError unless `answer` solves the exercise: for pytest and for graders.

    Nothing is printed, and your progress stays as it is.

    Parameters
    ----------
    name : str
        The exercise, for example ``"models/vae/kl"``.
    answer : object
        The answer's value: a number, a tensor, a function.

    Raises
    ------
    AssertionError
        With the sentence that ``lab.check`` would say.
    ChoiceError
        If there is no such exercise.

    Examples
    --------
    >>> assert_right("models/vae/draw", lambda mu, logvar, eps: mu + (logvar / 2).exp() * eps)
    >>> assert_right("models/vae/draw", lambda mu, logvar, eps: mu + logvar.exp() * eps)
    Traceback (most recent call last):
    ...
    AssertionError: Not quite. ...
    """
    verdict = judge(name, answer)
    if verdict.state != "right":
        raise AssertionError(verdict.message)


def judge(name: str, answer: object) -> Verdict:
    """The verdict on `answer`, without printing or recording it (for tests of a lesson).

    Raises
    ------
    ChoiceError
        If there is no such exercise; nothing that depends on the answer.
    """
    exercise, seconds = find_exercise(name), seconds_allowed()
    try:
        # seeded, so that a verdict on a random function is the same every time; forked, so
        # that the learner's own random numbers go on as if no check had been made
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)  # the CPU's alone: no other one is restored
            within(seconds, lambda: _examine(exercise, answer))
    except NotYet as nothing:
        return _on_nothing(exercise, answer, str(nothing))
    except Wrong as wrong:
        return Verdict("wrong", f"Not quite. {wrong}")
    except TimeIsUp:
        return Verdict("wrong", f"Not quite. {_too_long(seconds)}")
    except KeyboardInterrupt:  # the stop button, for an answer that never ends
        raise
    except BaseException as error:
        return Verdict("wrong", f"Not quite. {_unreadable(answer, error)}")
    return Verdict("right", f"Right. {exercise.right}")


def _examine(exercise: Exercise, answer: object) -> None:
    if is_stub(answer):
        raise NotYet
    refuse_absurd(answer)
    exercise.checker(by_position(answer))


def _on_nothing(exercise: Exercise, answer: object, words: str) -> Verdict:
    """A stub, and a function that only forgets its return, both give nothing."""
    if words and not holds_stub(answer):
        return Verdict("wrong", f"Not quite. {words}")
    return Verdict("not yet", f"Not yet: {exercise.not_yet}")


def _too_long(seconds: float) -> str:
    return (
        f"After {seconds:g} seconds your answer had not come back, so the check was stopped. Is "
        "there a loop that never ends, or does it wait for something?"
    )


def _where_help_is(name: str) -> str:
    if _hints_given.get(name, 0) < len(find_exercise(name).hints):
        return f'A hint is waiting: lab.hint("{name}")'
    return "You have seen all hints; the solution is folded below the exercise."


def hint(name: str) -> None:
    """Give the next hint of exercise `name`: each call goes one step further."""
    try:
        exercise = find_exercise(name)
    except ChoiceError as error:
        say(str(error))
        return
    say(_next_hint(exercise))


def _next_hint(exercise: Exercise) -> str:
    total = len(exercise.hints)
    number = min(_hints_given.get(exercise.name, 0) + 1, total)
    _hints_given[exercise.name] = number
    left = total - number
    ending = f"({left} more)" if left else "(the last one; the solution is folded below)"
    return f"Hint {number} of {total}: {exercise.hints[number - 1]} {ending}"


def _unreadable(answer: object, error: BaseException) -> str:
    return f"The check could not work with your answer, {kind(answer)}: {error_text(error)}"
