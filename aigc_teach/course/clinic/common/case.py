"""A case: one planted defect, what might be wrong, and how to find out.

What a case *does* (trainings, notebooks, experiments) stands in its lesson's ``cases.py``; what it
*says* (complaint, claims, verdicts) in ``cases.toml`` beside it. :func:`join_texts` brings the two
together by the names of cases and hypotheses.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from ....core import DataError, check_choice
from .source import code_of


@dataclass(frozen=True)
class Hypothesis:
    """What might be wrong, and how to find out.

    Attributes
    ----------
    claim : str
        One sentence a learner could say.
    experiment : callable
        What is measured, as one sentence with numbers. It takes a finished training, a notebook or
        a comparison, by the kind of case.
    verdict : str
        Why this is, or is not, what is wrong.
    """

    claim: str
    experiment: Callable[..., str]
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """What all kinds of case have.

    Attributes
    ----------
    experiments : mapping of str to callable
        One a hypothesis, by its name.
    truth : str
        The name of the right hypothesis.
    name, complaint : str
        The complaint is what the learner sees, without its cause. From :func:`join_texts`.
    hypotheses : mapping of str to Hypothesis
        In the order of the experiments. From :func:`join_texts`.
    """

    experiments: Mapping[str, Callable[..., str]]
    truth: str
    name: str = ""
    complaint: str = ""
    hypotheses: Mapping[str, Hypothesis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice("truth", self.truth, self.experiments)


def pick(experiments: Mapping[str, Callable[..., str]], *names: str) -> dict:
    """Some of a lesson's experiments, by the names of their hypotheses."""
    for name in names:
        check_choice("hypothesis", name, experiments)
    return {name: experiments[name] for name in names}


def examine(case: Case, subject) -> list[dict[str, str | bool]]:
    """Every hypothesis of a case with what its experiment shows on `subject`, for the case file.

    torch's global random numbers are outside as they were.
    """
    entries = []
    for key, hypothesis in case.hypotheses.items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            seen = hypothesis.experiment(subject)
        texts = {"claim": hypothesis.claim, "code": code_of(hypothesis.experiment), "seen": seen}
        entries.append(texts | {"verdict": hypothesis.verdict, "true": key == case.truth})
    return entries


def join_texts(path: Path, cases: Mapping[str, Case]) -> dict[str, Case]:
    """Give each case its name and its text.

    Parameters
    ----------
    path : Path
        A TOML file with a table for each case: ``complaint``, and for each of its experiments
        ``<name>.claim`` and ``<name>.verdict``. A claim that several cases make may stand once, in
        the table ``claims``. Line breaks in a text are blanks.
    cases : mapping of str to Case
        As ``cases.py`` writes them, without texts.

    Raises
    ------
    DataError
        With a sentence, if the file cannot be read, or a text is missing or belongs to nothing.
    """
    texts = _read(path)
    claims = texts.pop("claims", {})
    _same_names(path.name, "case", cases, texts)
    joined = {name: _join(path.name, name, cases[name], texts[name], claims) for name in cases}
    _same_names(path.name, "hypothesis", _keys(joined.values()) & claims.keys(), claims)
    return joined


def _read(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:  # missing; not UTF-8, or not TOML
        raise DataError(f"The texts of the cases, {path.name}, cannot be read: {error}.") from error


def _join(file: str, name: str, case: Case, text: dict, claims: dict) -> Case:
    by_hypothesis = {key: value for key, value in text.items() if isinstance(value, dict)}
    _same_names(file, f"hypothesis of case {name!r}", case.experiments, by_hypothesis)
    _same_names(file, f"text of case {name!r}", {"complaint"}, text.keys() - by_hypothesis.keys())
    hypotheses = {}
    for key, experiment in case.experiments.items():
        shared = {"claim": claims[key]} if key in claims else {}
        words = shared | by_hypothesis[key]
        _same_names(file, f"text of {key!r} in case {name!r}", {"claim", "verdict"}, words)
        hypotheses[key] = Hypothesis(_line(words["claim"]), experiment, _line(words["verdict"]))
    return replace(case, name=name, complaint=_line(text["complaint"]), hypotheses=hypotheses)


def _keys(cases: Iterable[Case]) -> set[str]:
    return {key for case in cases for key in case.hypotheses}


def _line(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"A text of a case is a sentence in quotes; {text!r} is none.")
    return " ".join(text.split())


def _same_names(file: str, what: str, wanted: Iterable[str], found: Iterable[str]) -> None:
    """Raise with a sentence unless the file holds what the code names, and nothing else."""
    missing, superfluous = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing:
        raise DataError(f"{file} has no {what} called {', '.join(map(repr, missing))}.")
    if superfluous:
        names = ", ".join(map(repr, superfluous))
        raise DataError(f"{file} has a {what} called {names}, and no code of this name.")
