"""The lesson on completing code: right answers pass, each wrong one is told why; its material."""

from __future__ import annotations

import ast
from math import comb

import pytest
import torch

from aigc_teach import data, metrics
from aigc_teach.course.text import code_completion as code
from course.answers import Answers
from course.text.strange import takes_any_text

LESSON = "text/code_completion"


def keys(lengths, right):
    return sum(1 if ok else n for n, ok in zip(lengths.tolist(), right.tolist(), strict=True))


def by_rows(model, file, matched, weights):
    rows = []
    for p, own, m in zip(model, file, matched.tolist(), strict=True):
        w = weights[m] if m >= 0 else 0.0
        rows.append((1 - w) * p + w * own)
    return torch.stack(rows)


def share(matched, weights):
    return torch.where(matched < 0, 0.0, weights[matched.clamp_min(0)])[:, None]


RIGHT = {
    f"{LESSON}/saved": [
        lambda n, r: 1 - keys(n, r) / n.sum(),
        lambda n, r: ((n - 1) * r).sum() / n.sum(),
    ],
    f"{LESSON}/mixed": [by_rows, lambda p, f, m, w: p + share(m, w) * (f - p)],
    f"{LESSON}/both_sides": [
        lambda a, b: (a + b).softmax(0),
        lambda a, b: a.exp() * b.exp() / (a.exp() * b.exp()).sum(),
    ],
    f"{LESSON}/some_pass": [
        lambda n, c, k: 1 - comb(n - c, k) / comb(n, k),
        metrics.pass_at_k,
    ],
}

WRONG = [
    (f"{LESSON}/saved", lambda n, r: (n * r).sum() / n.sum(), "costs one key, not none"),
    (f"{LESSON}/saved", lambda n, r: keys(n, r) / n.sum(), "one minus it"),
    (f"{LESSON}/saved", lambda n, r: r.float().mean(), "Count characters"),
    (f"{LESSON}/saved", lambda n, r: ((n - 1) * r).mean(), "by how many characters"),
    (f"{LESSON}/saved", lambda n, r: n.sum() - keys(n, r), "divide by all characters"),
    (f"{LESSON}/saved", lambda n, r: 1 - keys(n, ~r) / n.sum(), "typed in full"),
    (
        f"{LESSON}/mixed",
        lambda p, f, m, w: (1 - w[m])[:, None] * p + w[m][:, None] * f,
        "*last* weight",
    ),
    (
        f"{LESSON}/mixed",
        lambda p, f, m, w: share(m, w) * p + (1 - share(m, w)) * f,
        "the wrong way round",
    ),
    (f"{LESSON}/mixed", lambda p, f, m, w: p + share(m, w) * f, "add up to 1"),
    (f"{LESSON}/mixed", lambda p, f, m, w: (1 - w.mean()) * p + w.mean() * f, "same weight"),
    (f"{LESSON}/mixed", lambda p, f, m, w: p, "model alone"),
    (
        f"{LESSON}/mixed",
        lambda p, f, m, w: p + w[m.clamp_min(0)][:, None] * (f - p),
        "You took the first one",
    ),
    (f"{LESSON}/both_sides", lambda a, b: (a.exp() + b.exp()) / (a.exp() + b.exp()).sum(), "multi"),
    (f"{LESSON}/both_sides", lambda a, b: (a + b).exp(), "divide by the sum"),
    (f"{LESSON}/both_sides", lambda a, b: a.softmax(0), "left side alone"),
    (f"{LESSON}/both_sides", lambda a, b: b.softmax(0), "right side alone"),
    (f"{LESSON}/both_sides", lambda a, b: ((a + b) / 2).softmax(0), "averaged"),
    (f"{LESSON}/both_sides", lambda a, b: (a - b).softmax(0), "divided by the right"),
    (f"{LESSON}/some_pass", lambda n, c, k: c / n, "k = 1 alone"),
    (f"{LESSON}/some_pass", lambda n, c, k: 1 - (1 - c / n) ** k, "with replacement"),
    (f"{LESSON}/some_pass", lambda n, c, k: comb(c, k) / comb(n, k), "*all* k pass"),
    (f"{LESSON}/some_pass", lambda n, c, k: comb(n - c, k) / comb(n, k), "none passes"),
    (f"{LESSON}/some_pass", lambda n, c, k: min(1, k * c / n), "more than once"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_every_hand_written_solution_passes_and_its_tests_are_no_formality():
    for task, (_, solution, _) in code.TASKS.items():
        assert code.outcome(task, f" {solution}").passed, task
        assert not code.outcome(task, " 7").passed, task


def test_a_completion_that_breaks_out_or_loops_is_no_pass():
    seen = {}
    for line in (" a +", "\n\n", " exit(0)", " __import__('os')._exit(0)", " (", " open('x', 'w')"):
        assert not code.outcome("add(a, b)", line, seen).passed, line
    assert len(seen) >= 5
    again = code.outcome("add(a, b)", " a +", seen)
    assert again is code.outcome("add(a, b)", " a +", seen)


def test_places_are_functions_of_the_outermost_level():
    files = {name: data.python_source("held_out").files[name] for name in ("gzip.py", "socket.py")}
    found = code.places(files, 8, seed=0)
    assert [p.head for p in found] == [p.head for p in code.places(files, 8, seed=0)]
    for place in found:
        assert place.before.endswith(place.head)
        assert files[place.file].startswith(place.before + place.body.rstrip("\n"))
        ast.parse(place.head + place.body)
        assert code.function_of(place, place.body) == place.head + code.cut(place.body)


def test_copies_and_twins_are_found():
    assert code.where_from("xx return self._name yy", {"a": "q", "b": "return self._name"}) == (
        "return self._name",
        "b",
    )
    assert code.shared("short\n", {"short"}) == 0
    lines = {"x = 'a line of some length here'"}
    assert (
        code.shared("  x = 'a line of some length here'\nx = 'quite another long one 123'", lines)
        == 0.5
    )


@pytest.mark.parametrize("text", ["", "\n", "    x = 1", "def f():\n    pass\n", "月\n"])
def test_cutting_never_fails(text):
    assert code.cut(text).endswith("\n") or not code.cut(text)
    assert code.is_over(code.cut(text)) is False


@pytest.mark.parametrize(
    "call",
    [
        code.head,
        code.arguments,
        lambda text: code.by_pattern(text, 2, 0),
        lambda text: code.outcome(text, "a"),
        lambda text: code.program("add(a, b)", text),
        code.cut,
        code.is_over,
        code.long_lines,
        code.squeezed,
        lambda text: code.places({"x": text}, 2, 0),
        lambda text: code.hidden_names(text, 2, 0),
        lambda text: code.where_from(text, {"a": "whale sea"}),
    ],
)
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(call):
    takes_any_text(call)
