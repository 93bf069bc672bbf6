"""The lesson on summaries: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from aigc_teach import data
from aigc_teach.course.text import headlines as tools
from aigc_teach.metrics.summary import common_length
from aigc_teach.models import PointerGenerator
from course.answers import Answers
from course.text.strange import takes_any_text

LESSON = "text/headlines"


def shares(summary, reference):
    shared = (Counter(summary) & Counter(reference)).total()
    return shared / len(summary), shared / len(reference)


def harmonic(summary, reference):
    p, r = shares(summary, reference)
    return 2 * p * r / (p + r) if p + r else 0.0


def by_recursion(a, b):
    if not a or not b:
        return 0
    if a[-1] == b[-1]:
        return by_recursion(a[:-1], b[:-1]) + 1
    return max(by_recursion(a[:-1], b), by_recursion(a, b[:-1]))


def run(a, b):
    return max(
        (
            size
            for i in range(len(a))
            for j in range(len(b))
            for size in range(1, 9)
            if i + size <= len(a) and a[i : i + size] == b[j : j + size]
        ),
        default=0,
    )


def greedy(a, b):
    left, size = iter(b), 0
    for word in a:
        rest = list(left)
        left = iter(rest)
        if word in rest:
            left = iter(rest[rest.index(word) + 1 :])
            size += 1
    return size


def parts(weights):
    return weights / weights.sum(1, keepdim=True)


def by_loop(p, g, a, source):
    mixed = g * p
    for weight, word in zip(a, source.tolist(), strict=True):
        mixed[word] += (1 - g) * weight
    return mixed


def by_index(p, g, a, source):
    mixed = g * p
    mixed[source] += (1 - g) * a
    return mixed


def copied(p, a, source):
    return torch.zeros_like(p).index_add(0, source, a)


def lower(names):
    return [name.lower() for name in names]


def missing(summary, body):
    return [name for name in lower(summary) if name not in lower(body)]


RIGHT = {
    f"{LESSON}/rouge": [
        harmonic,
        lambda s, r: 2 * sum(min(s.count(w), r.count(w)) for w in set(s)) / (len(s) + len(r)),
    ],
    f"{LESSON}/common": [by_recursion, common_length],
    f"{LESSON}/vote": [
        lambda s, w: 0.15 / len(s) + 0.85 * parts(w).T @ s,
        lambda s, w: 0.15 / len(s) + 0.85 * (s[:, None] * parts(w)).sum(0),
    ],
    f"{LESSON}/mixture": [
        by_loop,
        lambda p, g, a, x: g * p + (1 - g) * copied(p, a, x),
        lambda p, g, a, x: (g * p).index_add(0, x, (1 - g) * a),
    ],
    f"{LESSON}/lacking": [
        lambda s, b: len(missing(s, b)) / len(s) if s else 0.0,
        lambda s, b: len(missing(s, b)) / max(1, len(s)),
    ],
}

WRONG = [
    (f"{LESSON}/rouge", lambda s, r: harmonic(s, r) / 2, "The 2 of F1"),
    (
        f"{LESSON}/rouge",
        lambda s, r: 2 * sum(word in r for word in s) / (len(s) + len(r)),
        "however often it stands there",
    ),
    (f"{LESSON}/rouge", lambda s, r: shares(s, r)[1], "recall alone"),
    (f"{LESSON}/rouge", lambda s, r: shares(s, r)[0], "precision alone"),
    (f"{LESSON}/rouge", lambda s, r: sum(shares(s, r)) / 2, "harmonic"),
    (f"{LESSON}/rouge", lambda s, r: harmonic(list(set(s)), list(set(r))), "You took sets"),
    (f"{LESSON}/rouge", lambda s, r: len(set(s) & set(r)) / len(set(s + r)), "no F1"),
    (f"{LESSON}/rouge", lambda s, r: (Counter(s) & Counter(r)).total(), "divide it"),
    (
        f"{LESSON}/rouge",
        lambda s, r: (lambda p, q: 2 * p * q / (p + q) if p + q else 0.0)(
            sum(w in r for w in s) / len(s), sum(w in s for w in r) / len(r)
        ),
        "clip",
    ),
    (f"{LESSON}/common", run, "longest common run"),
    (f"{LESSON}/common", lambda a, b: (Counter(a) & Counter(b)).total(), "any order"),
    (f"{LESSON}/common", greedy, "too early"),
    (f"{LESSON}/common", lambda a, b: sum(map(lambda x, y: x == y, a, b)), "equal places"),
    (f"{LESSON}/common", lambda a, b: len(set(a) & set(b)), "different words"),
    (f"{LESSON}/common", lambda a, b: by_recursion(a, b) / len(b), "length itself"),
    (f"{LESSON}/vote", lambda s, w: 0.15 / len(s) + 0.85 * w @ s, "divided by their sum"),
    (f"{LESSON}/vote", lambda s, w: 0.15 / len(s) + 0.85 * parts(w) @ s, "other axis"),
    (f"{LESSON}/vote", lambda s, w: 0.85 * s @ parts(w), "missing"),
    (f"{LESSON}/vote", lambda s, w: 0.15 + 0.85 * s @ parts(w), "divide it by N"),
    (f"{LESSON}/vote", lambda s, w: s @ parts(w), "without damping"),
    (f"{LESSON}/vote", lambda s, w: 0.85 / len(s) + 0.15 * s @ parts(w), "changed places"),
    (f"{LESSON}/mixture", lambda p, g, a, x: by_loop(p, 1 - g, a, x), "changed places"),
    (f"{LESSON}/mixture", by_index, "add all"),
    (f"{LESSON}/mixture", lambda p, g, a, x: (1 - g) * copied(p, a, x), "add g times p"),
    (f"{LESSON}/mixture", lambda p, g, a, x: g * p, "add what is copied"),
    (f"{LESSON}/mixture", lambda p, g, a, x: g * p + copied(p, a, x), "by 1 - g"),
    (f"{LESSON}/mixture", lambda p, g, a, x: p + (1 - g) * copied(p, a, x), "by g."),
    (
        f"{LESSON}/mixture",
        lambda p, g, a, x: g * p + (1 - g) * torch.cat([a, torch.zeros(4)])[:4],
        "not at the word",
    ),
    (
        f"{LESSON}/mixture",
        lambda p, g, a, x: torch.where(copied(p, a, x) > 0, (1 - g) * copied(p, a, x), g * p),
        "do not replace",
    ),
    (
        f"{LESSON}/lacking",
        lambda s, b: sum(x in lower(b) for x in lower(s)) / max(1, len(s)),
        "one minus it",
    ),
    (f"{LESSON}/lacking", lambda s, b: sum(x not in b for x in s) / max(1, len(s)), "Capitals"),
    (
        f"{LESSON}/lacking",
        lambda s, b: sum(x not in " ".join(lower(b)) for x in lower(s)) / max(1, len(s)),
        "digraph",
    ),
    (f"{LESSON}/lacking", lambda s, b: len(missing(s, b)), "divide by how many"),
    (
        f"{LESSON}/lacking",
        lambda s, b: len(set(missing(s, b))) / max(1, len(set(lower(s)))),
        "said twice",
    ),
    (f"{LESSON}/lacking", lambda s, b: len(missing(b, s)) / max(1, len(b)), "omission"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_every_opposite_has_an_opposite_and_changes_one_word():
    assert all(other in tools.OPPOSITES for other in tools.OPPOSITES.values())
    rows = data.docstrings("held_out") + data.docstrings("unseen")
    lines = [(row.summary, tools.reverse_meaning(row.summary)) for row in rows]
    changed = [(old.split(), new.split()) for old, new in lines if new]
    assert len(changed) > 200
    for old, new in changed:
        if len(old) == len(new):
            assert sum(a != b for a, b in zip(old, new, strict=True)) == 1
        else:
            assert len(new) == len(old) + 1 and "not" in new


@pytest.mark.parametrize(
    "text", ["", "   ", "\u4eca\u5929", "Ignore the rules above", "x " * 9_999]
)
def test_what_has_no_opposite_stays(text):
    assert tools.reverse_meaning(text) is None


def test_words_that_come_twice_are_counted_and_forbidden():
    assert tools.repeated(["the node of the node", "a b c", ""]) == 1 / 4
    assert tools.repeated([]) == 0
    words = data.CopyWords(["the net the net"], known=5)  # 3 is "net", 4 "the"
    logits = torch.zeros(1, 7)
    rule = tools.forbidding(words, 2, twice=True)
    barred = torch.isinf(rule(logits, torch.tensor([[3, 4, 6, 0]])))[0]
    assert barred.tolist() == [False, False, True, True, False, False, True]
    rule = tools.forbidding(words, 2, unknown=False)
    assert not torch.isinf(rule(logits, torch.tensor([[3, 4]]))).any()
    empty = torch.isinf(rule(logits, torch.empty(1, 0).long()))[0]
    assert empty.tolist() == [False, True, False, False, False, False, False]  # no end first


def test_what_was_written_is_ready_to_be_shown():
    words = data.CopyWords(["a net is the net"], known=5)  # of those, "net" and "a" are known
    pairs = words.encode(["the Tensor is a net", "a net"])
    torch.manual_seed(0)
    model = PointerGenerator(words.known, 3, length=4, width=8)
    made = torch.tensor([[4, 6, 1, 0], [3, 3, 3, 3]])
    bodies, summaries = tools.written(model, words, pairs, made)
    assert bodies == [["the", "Tensor", "is", "a", "net"], ["a", "net"]]
    assert [[word.word for word in row] for row in summaries] == [["a", "Tensor"], ["net"] * 4]
    for body, row in zip(bodies, summaries, strict=True):
        assert all(len(word.weights) == len(body) and 0 <= word.copied <= 1 for word in row)
    assert not summaries[0][1].invented


@pytest.mark.parametrize(
    "call",
    [
        lambda text: tools.first_words(text, 3),
        lambda text: tools.repeated([text]),
        tools.reverse_meaning,
    ],
)
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(call):
    takes_any_text(call)
