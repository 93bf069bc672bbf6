"""Right and wrong answers of the lesson on translation, and its helpers."""

from __future__ import annotations

from collections import Counter

import torch

from aigc_teach.course.text import translation as tools
from course.answers import Answers

LESSON = "text/translation"


def runs(tokens, n):
    return [tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1)]


def by_loop(found, reference, n):
    left, hits = runs(reference, n), 0
    for run in runs(found, n):
        if run in left:
            left.remove(run)
            hits += 1
    return hits / len(runs(found, n))


def started(y, start):
    out = y.roll(1, 1)
    out[:, 0] = start
    return out


RIGHT = {
    f"{LESSON}/read": [
        started,
        lambda y, start: torch.cat([torch.full((len(y), 1), start), y], 1)[:, :-1],
    ],
    f"{LESSON}/loss": [
        lambda nll, y: (nll * (y > 0)).sum() / (y > 0).sum(),
        lambda nll, y: torch.masked_select(nll, y.bool()).mean(),
    ],
    f"{LESSON}/precision": [
        by_loop,
        lambda f, r, n: (Counter(runs(f, n)) & Counter(runs(r, n))).total() / (len(f) - n + 1),
    ],
}

WRONG = [
    (f"{LESSON}/read", lambda y, start: started(y, 1), "a start of your own"),
    (f"{LESSON}/loss", lambda nll, y: nll[y > 1].sum() / (y != 0).sum(), "left END out"),
    (f"{LESSON}/read", lambda y, start: y, "token it must predict"),
    (f"{LESSON}/read", lambda y, start: y.roll(1, 1), "roll goes round"),
    (
        f"{LESSON}/read",
        lambda y, start: torch.cat([torch.full((len(y), 1), start), y], 1),
        "last token has to go",
    ),
    (f"{LESSON}/read", lambda y, start: y[:, :-1], "start is missing"),
    (
        f"{LESSON}/read",
        lambda y, start: torch.cat([y[:, 1:], torch.full((len(y), 1), start)], 1),
        "to the left",
    ),
    (f"{LESSON}/loss", lambda nll, y: nll.mean(), "over the padding"),
    (f"{LESSON}/loss", lambda nll, y: (nll * (y != 0)).mean(), "divided by all places"),
    (f"{LESSON}/loss", lambda nll, y: nll[y > 1].mean(), "END"),
    (f"{LESSON}/loss", lambda nll, y: nll[y != 0].sum(), "take the mean"),
    (
        f"{LESSON}/precision",
        lambda f, r, n: sum(run in runs(r, n) for run in runs(f, n)) / len(runs(f, n)),
        "at most as often",
    ),
    (f"{LESSON}/precision", lambda f, r, n: by_loop(r, f, n), "that is recall"),
    (f"{LESSON}/precision", lambda f, r, n: by_loop(f, r, 1), "whatever n is"),
    (
        f"{LESSON}/precision",
        lambda f, r, n: len(set(runs(f, n)) & set(runs(r, n))) / len(set(runs(f, n))),
        "each kind of run once",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_the_answer_of_a_running_text_begins_after_the_sign_and_ends_with_the_first_line():
    rows = torch.tensor([[3, 9, 4, 5, 0, 0], [9, 0, 0, 0, 0, 0]])
    counts = tools.answers_only(rows, equals=9, newline=0).int().tolist()
    assert counts == [[0, 0, 1, 1, 1, 0], [0, 1, 0, 0, 0, 0]]


def test_a_placeholder_that_no_target_has_is_not_asked_for():
    signs = tools.tokenizers([("open %1", "%1 ouvrir")], words=True)
    wanted, governed = tools.placeholders_wanted(signs, ["%7 and %1"])
    assert wanted.sum() == 1 and governed.sum() == 1
