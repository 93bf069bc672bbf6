"""The reader's own experiment on a case: run on a copy, in limited time, and told in words."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ....lab.limit import TimeIsUp, seconds_allowed, within
from ....lab.stub import is_stub
from ....lab.words import error_text
from ....train.untouched import untouched_randomness
from ....widgets import CaseFile
from .case import Case, examine

FEW = 8  # numbers of one result that are shown one by one
LONGEST = 300  # characters of a result
NOT_YET = (
    "Not yet: your function still returns nothing. Write what you would measure, and run the cell "
    "again; or say it in words, in the box above."
)


@dataclass(frozen=True)
class OwnExperiment:
    """What became of the reader's own experiment.

    Attributes
    ----------
    said : str
        For the case file; empty where nothing was written yet.
    done : bool
        Whether there is an experiment, or a plan for one, to put beside the menu's.
    """

    said: str = ""
    done: bool = False


def try_own(experiment: object, *subjects: tuple[str, Callable[[], object]]) -> OwnExperiment:
    """Run an experiment of the reader's on copies of one subject after the other.

    Whatever it does to what it is given, to random numbers or to torch's switches, is undone; an
    error in it, and one that does not come back, become a sentence.

    Parameters
    ----------
    experiment : callable, str or None
        Takes a subject and returns what it measured; or words that say what one would measure.
        A stub is answered with "Not yet", None with nothing.
    *subjects : (str, callable)
        How to call each, and a function that gives it; called only where an experiment is run.

    >>> try_own(lambda x: sum(x), ("this list", lambda: [1, 2]), ("that", lambda: [3.5]))
    OwnExperiment(said='On this list: 3. On that: 3.5.', done=True)
    >>> try_own(lambda x: None).said[:8], try_own(None).said
    ('Not yet:', '')
    """
    if isinstance(experiment, str) and experiment.strip():
        return OwnExperiment(f"You would measure: {_cut(experiment.strip())}", done=True)
    if experiment is None:
        return OwnExperiment()
    if isinstance(experiment, str) or is_stub(experiment):
        return OwnExperiment(NOT_YET)
    if not callable(experiment):
        return OwnExperiment(
            f"An experiment is a function, or words in quotes; this is {_value(experiment)}. Hand "
            "over its name, without brackets after it."
        )
    told = []
    for words, give in subjects:
        try:
            told.append(f"On {words}: {_run(experiment, give())}.")
        except _Stopped as stopped:
            return OwnExperiment(" ".join([*told, f"On {words} {stopped}"]))
    return OwnExperiment(" ".join(told), done=True)


class _Stopped(Exception):
    """The experiment gave nothing; the text goes on after the subject's name."""


def _run(experiment: Callable, subject: object) -> str:
    seconds, given = seconds_allowed(), copy.deepcopy(subject)
    try:
        with all_as_before():
            value = within(seconds, lambda: experiment(given))
            if value is None or value is Ellipsis:
                raise _Stopped("it gives None: put what you measured after its `return`.")
            return within(seconds, lambda: _value(value))
    except TimeIsUp:
        raise _Stopped(
            f"it had not come back after {seconds:g} seconds, and was stopped. The case is as it "
            "was: is there a loop that never ends?"
        ) from None
    except (_Stopped, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit too: exit() must not end the kernel
        said = error_text(error).rstrip(".")
        raise _Stopped(f"it stopped with {said}. The case is as it was; mend it.") from error


@contextlib.contextmanager
def all_as_before() -> Iterator[None]:
    """Random numbers and torch's switches are afterwards what they were."""
    gradients, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    try:
        with untouched_randomness():
            torch.manual_seed(0)
            yield
    finally:
        torch.set_grad_enabled(gradients)
        torch.set_default_dtype(dtype)


def _value(value: object) -> str:
    """A result in few words."""
    if isinstance(value, Tensor | np.ndarray):
        return _array(torch.as_tensor(value).detach())
    if isinstance(value, bool | str):
        return _cut(str(value))
    if isinstance(value, int | float | np.number):
        return _number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{_cut(str(k), 40)} {_value(v)}" for k, v in [*value.items()][:FEW])
    if isinstance(value, tuple | list):
        more = " ..." if len(value) > FEW else ""
        return ", ".join(_value(part) for part in value[:FEW]) + more
    return _cut(repr(value))


def _number(value: float) -> str:
    try:
        return f"{float(value):.4g}"
    except OverflowError:  # a whole number of hundreds of digits
        return "a number beyond measure"


def _array(x: Tensor) -> str:
    if x.numel() == 0 or x.is_complex():
        return f"a tensor of shape {list(x.shape)}"
    if x.numel() <= FEW:
        return ", ".join(f"{v:.4g}" for v in x.double().flatten().tolist())
    x = x.double()
    return (
        f"a tensor of shape {list(x.shape)} from {x.min():.4g} to {x.max():.4g}, mean "
        f"{x.mean():.4g}"
    )


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."


def open_case(
    case: Case,
    subject: object,
    experiment: object = None,
    *,
    name: str = "this training",
    twin: tuple[str, Callable[[], object]] | None = None,
    title: str | None = None,
) -> CaseFile:
    """A case's file, which asks for the reader's own experiment before it shows the menu.

    Parameters
    ----------
    case : Case
    subject : object
        What its experiments are made on; `name` is how to call it.
    experiment : callable, str or None
        The reader's own, as :func:`try_own` takes it.
    twin : (str, callable), optional
        A second subject for the reader's experiment, such as the mended training: a number means
        something beside that of a twin.
    title : str, optional
        Default: the case's name.

    Returns
    -------
    CaseFile
    """
    subjects = [(name, lambda: subject), *([twin] if twin else [])]
    own = try_own(experiment, *subjects)
    title = title or f"Case: {case.name}"
    entries = examine(case, subject)
    return CaseFile(case.complaint, entries, title=title, own=own.said, asks=not own.done)
