"""The exercises and questions of all lessons, found by name.

A lesson's module registers its exercises with the :func:`exercise` decorator and its
questions with :func:`question`; the learner reaches them by name through ``lab.check``,
``lab.hint`` and ``lab.quiz``. The name says where they stand: ``models/vae/kl`` is an exercise
of the lesson ``models/vae``, whose module is ``aigc_teach.course.models.vae``.
"""

from __future__ import annotations

import difflib
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import AigcError, ChoiceError


@dataclass(frozen=True)
class Exercise:
    """One exercise: a checker that raises ``Wrong`` with a sentence, and the words around it."""

    name: str
    checker: Callable[[object], None]
    not_yet: str
    right: str
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question to check oneself: letters to ``(text, reason)``, and the right letter."""

    name: str
    text: str
    options: Mapping[str, tuple[str, str]]
    answer: str


SHARED = "common"  # what the lessons of one part share; it is no lesson

# Names that exercises had before they were called by their part and lesson: a learner's progress
# and older copies of a notebook hold them.
EARLIER_NAMES = {
    "00": "start/first_image",
    "generative": "concepts/what_is_generative_ai",
    "blocks": "concepts/building_blocks",
    "media": "concepts/data_for_four_media",
    "distances": "mathematics/distances_between_distributions",
    "reconstruction": "mathematics/reconstruction_losses",
    "game": "mathematics/the_adversarial_game",
    "elbo": "mathematics/the_elbo",
    "formulas": "mathematics/formula_clinic",
    "autoencoder": "models/autoencoder",
    "vae": "models/vae",
    "gan_mlp": "models/gan_mlp",
    "dcgan": "models/dcgan",
    "failures": "models/when_gans_fail",
    "conditional": "models/conditional_generation",
    "evaluation": "models/evaluating_generators",
    "crashes": "clinic/it_crashes",
    "lies": "clinic/it_runs_and_lies",
    "protocol": "clinic/the_protocol_is_wrong",
    "judged": "clinic/it_is_judged_wrongly",
}

EXERCISES: dict[str, Exercise] = {}
QUESTIONS: dict[str, Question] = {}


def exercise(name: str, *, not_yet: str, right: str, hints: Sequence[str]):
    """Register the decorated checker as exercise `name`.

    Parameters
    ----------
    name : str
        ``"<part>/<lesson>/<slug>"``, for example ``"models/vae/kl"``.
    not_yet : str
        What to do, said to a learner who has not touched the stub.
    right : str
        One sentence that says why the right answer is right.
    hints : sequence of str
        From a nudge to nearly the solution; at least one.

    Returns
    -------
    callable
        A decorator. The checker takes the learner's answer, a value, and returns nothing
        if it is right; otherwise it raises ``Wrong`` with a sentence.

    Raises
    ------
    AigcError
        If a text is missing or the name is taken.
    """
    if isinstance(hints, str):
        raise AigcError(f"The hints of {name!r} must be a list of sentences, not one text.")
    _require_texts(name, not_yet, right, *hints)
    if not hints:
        raise AigcError(f"Exercise {name!r} has no hint; it needs at least one.")

    def register(checker: Callable[[object], None]) -> Callable[[object], None]:
        _require_free(name, EXERCISES, checker)
        EXERCISES[name] = Exercise(name, checker, not_yet, right, tuple(hints))
        return checker

    return register


def question(
    name: str, text: str, *, options: Mapping[str, tuple[str, str]], answer: str
) -> Question:
    """Register a question with lettered options.

    Parameters
    ----------
    name : str
        ``"<part>/<lesson>/<slug>"``, for example ``"models/vae/q1"``.
    text : str
        The question.
    options : mapping of str to (str, str)
        Each letter's option, and the reason why it is right or wrong.
    answer : str
        The letter of the right one.

    Raises
    ------
    AigcError
        If a text is missing, there are fewer than two options, the right letter is none of
        them, or the name is taken.
    """
    _require_texts(name, text, *(part for option in options.values() for part in option))
    if len(options) < 2 or answer not in options or any(len(o) != 2 for o in options.values()):
        raise AigcError(
            f"Question {name!r} needs two options or more, each with a text and a reason, "
            f"and an answer among {list(options)}; the answer given is {answer!r}."
        )
    new = Question(name, text, dict(options), answer)
    if QUESTIONS.setdefault(name, new) != new:
        raise AigcError(f"There are two different questions called {name!r}.")
    return new


def find_exercise(name: str) -> Exercise:
    """The exercise called `name`; a ChoiceError that lists near names if there is none."""
    return _find("exercise", name, EXERCISES)


def find_question(name: str) -> Question:
    """The question called `name`; a ChoiceError that lists near names if there is none."""
    return _find("question", name, QUESTIONS)


def current_name(name: str) -> str:
    """The name that an exercise or question has today; earlier names go on working.

    >>> current_name("vae/kl")
    'models/vae/kl'
    """
    lesson, _, slug = name.rpartition("/")
    return f"{EARLIER_NAMES.get(lesson, lesson)}/{slug}" if slug and lesson else name


def lessons() -> list[str]:
    """Every lesson that has exercises, ``"<part>/<lesson>"``, in alphabetical order.

    >>> "models/vae" in lessons()
    True
    """
    parts = [part.name for part in pkgutil.iter_modules(_course().__path__)]
    return [
        f"{part}/{module.name}"
        for part in parts
        for module in pkgutil.iter_modules(_course(part).__path__)
        if module.name != SHARED
    ]


def course_list() -> dict:
    """The finished lessons in the course's order, with their minutes, and the learning paths.

    >>> course_list()["lessons"][0]["name"]
    'start/first_image'
    """
    (folder,) = _course().__path__
    return json.loads(Path(folder, "lessons.json").read_text("utf-8"))


def load_lesson(lesson: str) -> None:
    """Import a lesson's module, so that its exercises and questions are registered."""
    _course(*lesson.split("/"))


def load_all() -> None:
    """Import every lesson's module."""
    for lesson in lessons():
        load_lesson(lesson)


def _course(*place: str):
    # The one look upward: the lab finds a lesson's module by the lesson's name. No other line of
    # the library or of the lab knows that there is a course.
    return importlib.import_module(".".join(["aigc_teach.course", *place]))


def _find(what: str, name: str, table: dict):
    if not isinstance(name, str):
        raise ChoiceError(f'The name is text in quotes, such as "models/vae/{what}".')
    name = current_name(name)
    lesson = name.rpartition("/")[0]
    if name not in table:
        load_lesson(lesson) if lesson in lessons() else load_all()
    if name in table:
        return table[name]
    if name in EXERCISES or name in QUESTIONS:  # of the other kind
        call = "lab.check(name, your_function)" if name in EXERCISES else "lab.quiz(name)"
        raise ChoiceError(f"{name!r} is no {what}: use {call}.")
    load_all()  # for the names that are near
    same_lesson = [known for known in table if known.rpartition("/")[0] == lesson]
    near = same_lesson or difflib.get_close_matches(name, table, n=3) or list(table)
    names = ", ".join(repr(known) for known in near) or "none yet"
    raise ChoiceError(f"There is no {what} called {name!r}. The nearest names are: {names}.")


def _require_texts(name: str, *texts: str) -> None:
    if not (isinstance(name, str) and name.count("/") in (1, 2) and all(name.split("/"))):
        raise AigcError(f"{name!r} is not a name like 'models/vae/kl': part, lesson, slug.")
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise AigcError(f"{name!r}: every text must be a sentence; one of them is empty.")


def _require_free(name: str, table: dict[str, Exercise], checker: Callable) -> None:
    # a module that is loaded again registers the same checker anew: that is no clash
    old = table.get(name)
    if old and (old.checker.__module__, old.checker.__qualname__) != (
        checker.__module__,
        checker.__qualname__,
    ):
        raise AigcError(f"There are two exercises called {name!r}.")
