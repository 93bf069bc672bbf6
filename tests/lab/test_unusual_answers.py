"""Right but unusual answers: every exercise's stored solution, put otherwise, is still right.

The ways are derived mechanically; where one may be refused, `MAY_BE_REFUSED` says why.
A way that changes nothing for an exercise (no tuple to list, no number to make plain) is not
counted: at least `LEAST` that do change the answer must be accepted.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import os
import random
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from aigc_teach.lab import checkers
from aigc_teach.lab.judge import judge
from lessons.places import here
from lessons.source import read_lesson
from mutation.records import read_records
from mutation.solutions import build, solutions_in

SOLUTIONS = {
    solution.exercise: solution
    for source in here().sources()
    if not (lesson := read_lesson(source)).draft
    for solution in solutions_in(lesson)
}


RECORDS = {name: r for exercises in read_records().values() for name, r in exercises.items()}
LEAST = 5  # ways that change an answer and are accepted, for every exercise
SLOW, FEW = 0.1, 2  # where one check trains for a second, two ways are tried; AIGC_ALL=1: all

# --- how the function is given


def as_lambda(f):
    return lambda *given: f(*given)


def as_partial(f):
    return functools.partial(lambda extra, *given: f(*given), None)


def as_object(f):
    class Answer:
        def __call__(self, *given):
            return f(*given)

    return Answer()


def as_method(f):
    class Answer:
        def solve(self, *given):
            return f(*given)

    return Answer().solve


def as_cached(f):
    """Decorated, as by a learner who times or prints every call."""

    @functools.wraps(f)
    def decorated(*given):
        return f(*given)

    return decorated


def by_keyword(f):
    """All parameters after a star, so that each must be named."""
    names = [p.name for p in inspect.signature(f).parameters.values() if p.default is p.empty]
    space = {"the_solution": f}
    star = "*, " if names else ""  # what asks for nothing has nothing to name
    exec(f"def answer({star}{', '.join(names)}): return the_solution({', '.join(names)})", space)
    return space["answer"]


def as_subclass(made):
    """A class of the learner's own on top, which adds nothing."""
    return type("Answer", (made,), {})


# --- what it computes with, and what it returns


def in_double(f):
    """Computed in float64, whatever comes in."""
    return lambda *given: f(*(double(value) for value in given))


def returning(make):
    """The result, or every part of a pair, made otherwise."""

    def way(f):
        def answer(*given):
            result = f(*given)
            return tuple(map(make, result)) if isinstance(result, tuple) else make(result)

        return answer

    return way


def whole(make):
    """The whole result made otherwise."""
    return lambda f: lambda *given: make(f(*given))


def double(value):
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return value.double() if floating else value


def to_numpy(value):
    if isinstance(value, str):
        return value
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)


def to_python(value):
    single = isinstance(value, Tensor) and value.ndim == 0
    return value.item() if single else value


def to_tensor(value):
    return torch.tensor(value) if isinstance(value, int | float) else value


def one_tensor(value):
    """A pair of numbers as one tensor."""
    if isinstance(value, tuple) and all(torch.as_tensor(part).ndim == 0 for part in value):
        return torch.stack([torch.as_tensor(part) for part in value])
    return value


def to_list(value):
    return list(value) if isinstance(value, tuple) else value


def to_tuple(value):
    return tuple(value) if isinstance(value, list) else value


def generated(value):
    return (part for part in value) if isinstance(value, tuple | list) else value


GIVEN = {
    "a lambda": as_lambda,
    "functools.partial": as_partial,
    "a class with __call__": as_object,
    "a method": as_method,
    "a decorated function": as_cached,
    "arguments by keyword alone": by_keyword,
}
RETURNED = {
    "computed in float64": in_double,
    "numpy arrays": returning(to_numpy),
    "plain numbers": returning(to_python),
    "tensors for numbers": returning(to_tensor),
    "one tensor for a pair": whole(one_tensor),
    "a list for a tuple": whole(to_list),
    "a tuple for a list": whole(to_tuple),
    "a generator": whole(generated),
}
WAYS = GIVEN | RETURNED
CLASSES = {name: way for name, way in GIVEN.items() if name != "arguments by keyword alone"}
CLASSES |= {"a subclass": as_subclass}


def listed(value):
    return value.tolist() if isinstance(value, Tensor) else list(value)


# One number, and several: a tuple of whole numbers, or a tensor of them.
ONE: dict[str, Callable] = {
    "an array": np.asarray,
    "a tensor": torch.as_tensor,
    "a tensor of float64": lambda value: torch.tensor(value, dtype=torch.float64),
    "a tensor of one number": lambda value: torch.tensor([value]),
    "an array of one number": lambda value: np.array([value]),
    "numpy's own number": np.float64,
    "numpy's short number": np.float32,
    "a fraction": Fraction,
}
SEVERAL: dict[str, Callable] = {
    "a list": listed,
    "a tuple": lambda value: tuple(listed(value)),
    "an array": np.asarray,
    "a tensor": torch.as_tensor,
    "a tensor of int32": lambda value: torch.as_tensor(value).int(),
    "numpy's own numbers": lambda value: [np.int64(part) for part in value],
    "a list of tensors": lambda value: [torch.as_tensor(part) for part in value],
}


def ways_for(solution: object) -> dict[str, Callable]:
    """The ways to put an answer of this kind otherwise."""
    if inspect.isfunction(solution):
        return WAYS
    if inspect.isclass(solution):
        return CLASSES
    return ONE if isinstance(solution, float) else SEVERAL


def changes(solution: object, name: str) -> bool | None:
    """Whether a way makes another thing of an answer; None where only a call could tell."""
    if inspect.isfunction(solution):
        return True if name in GIVEN else None
    made = ways_for(solution)[name](solution)
    if isinstance(made, Tensor) and isinstance(solution, Tensor):
        return made.dtype != solution.dtype
    return made is not solution and (inspect.isclass(solution) or type(made) is not type(solution))


TRAINED = (
    "concepts/building_blocks/normalise",
    "concepts/building_blocks/gru",
    "mathematics/reconstruction_losses/classes",
    "mathematics/the_elbo/wide_prior",
    "models/vae/kl",
    "models/vae/draw",
    "models/conditional_generation/all_logits",
    "models/attention_and_gpt/turn",
    "models/text_vae/paid",
    "models/vq_vae/through",
    "models/style_based_generator/weights",
    "images/super_resolution/shuffle",
    "images/style_transfer/apart",
    "images/style_transfer/gram",
    "clinic/it_crashes/door",
    "clinic/it_crashes/turn",
    "clinic/it_runs_and_lies/pair",
    "clinic/it_runs_and_lies/miss",
    "clinic/it_runs_and_lies/terms",
    "clinic/the_protocol_is_wrong/by_hand",
    "text/translation/loss",
    "interactive/pictures_from_words/look",
    "interactive/pictures_from_words/nce",
)
# (exercises, ways): why these ways are refused there
MAY_BE_REFUSED: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {
    (TRAINED, ("numpy arrays",)): "a network learns through the result: it must keep its graph",
    (TRAINED, ("plain numbers",)): "a number has no gradient, and a network learns through it",
    (
        ("models/gan_mlp/turn", "clinic/it_crashes/turn", "models/style_based_generator/length"),
        ("computed in float64",),
    ): "the networks hold float32 weights",
    (
        ("models/your_own_model_and_pictures/endless",),
        ("numpy arrays",),
    ): "an iterator is asked for, and NumPy makes a single object of one",
    (
        ("clinic/the_protocol_is_wrong/company",),
        ("numpy arrays",),
    ): "a network is asked for, and NumPy makes a single object of one",
}


def reason_against(exercise: str, way: str) -> str | None:
    """Why this way may be refused in this exercise, if it may."""
    for (exercises, ways), why in MAY_BE_REFUSED.items():
        if exercise in exercises and way in ways:
            return why
    return None


def accepts(exercise: str, name: str, answer: object) -> None:
    """Hold the verdict against what is due, and say what the reader would be told."""
    verdict = judge(exercise, answer)
    if why := reason_against(exercise, name):
        assert verdict.state in ("wrong", "right"), f"{name}, refused because {why}"
    else:
        assert verdict.state == "right", f"{name}: {verdict.message}"


@pytest.mark.parametrize("exercise", SOLUTIONS)
def test_the_solution_put_otherwise_is_right(exercise):
    solution = build(SOLUTIONS[exercise])
    ways = ways_for(solution)
    if RECORDS.get(exercise, {}).get("seconds", 0) > SLOW and not os.environ.get("AIGC_ALL"):
        ways = {name: ways[name] for name in random.Random(exercise).sample(list(ways), FEW)}
    for name, way in ways.items():
        accepts(exercise, name, way(solution))


def test_each_exercise_can_be_answered_in_five_other_ways_or_more():
    for exercise, stored in SOLUTIONS.items():
        solution = build(stored)
        counted = [
            way
            for way in ways_for(solution)
            if changes(solution, way) and reason_against(exercise, way) is None
        ]
        assert len(counted) >= LEAST, (exercise, counted)


def test_an_answer_without_a_graph_is_told_so():
    kl = build(SOLUTIONS["models/vae/kl"])
    verdict = judge("models/vae/kl", WAYS["numpy arrays"](kl))
    assert verdict.state == "wrong" and "no gradient gets back" in verdict.message


def test_a_generator_that_never_ends_is_refused(monkeypatch):
    monkeypatch.setattr(checkers, "LARGEST", 1000)
    verdict = judge("models/gan_mlp/verdict", lambda real, fake: itertools.count())
    assert verdict.state == "wrong"
    verdict = judge("models/gan_mlp/verdict", lambda real, fake: (k for k in itertools.count()))
    assert verdict.state == "wrong" and "nothing so long is asked for" in verdict.message
