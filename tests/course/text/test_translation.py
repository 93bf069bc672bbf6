"""Right and wrong answers of the lesson on translation, and its helpers."""

from __future__ import annotations

from collections import Counter

import torch

from aigc_teach import data, models, train
from aigc_teach.course.text import translation as tools
from aigc_teach.widgets.alignment_viewer import Written
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


def test_what_a_translator_wrote_has_a_weight_for_each_letter_it_read():
    pairs = [("12", "ab"), ("345", "c")]
    signs = tools.tokenizers(pairs)
    torch.manual_seed(0)
    model = models.Translator(*(rows.size for rows in signs), length=5, width=8)
    rows = tools.looked(model, signs, ["12", "345"])
    assert {len(letter.weights) for letter in rows[0]} == {2}
    assert {len(letter.weights) for letter in rows[1]} == {3}
    sources = signs[0].encode(["12", "345"])
    targets = model.translate(sources)
    assert ["".join(letter.word for letter in row) for row in rows] == signs[1].decode(targets)
    weights = model.align(sources, targets)
    assert rows[1][0].weights == weights[1, 0, :3].tolist() and rows[1][0].copied is None


def test_a_translator_that_writes_nothing_says_so():
    signs = tools.tokenizers([("12", "ab")])
    model = models.Translator(*(rows.size for rows in signs), length=5, width=8)
    with torch.no_grad():
        model.head.bias[1] = 100.0  # the end comes first
    assert tools.looked(model, signs, ["12"]) == [[Written("(nothing)", [0.0, 0.0])]]


def test_a_training_without_padding_at_a_batch_s_end_is_the_same():
    pairs = data.date_pairs(64, years=range(1950, 2030), seed=0)
    signs = tools.tokenizers(pairs)
    x, y = (rows.encode(texts) for rows, texts in zip(signs, zip(*pairs, strict=True), strict=True))
    ends = []
    for padding in (None, 0):
        torch.manual_seed(0)
        model = models.Translator(*(rows.size for rows in signs), length=24, width=8)
        batches = data.Batches(y, x, batch_size=4, seed=0, padding=padding)
        config = train.TrainConfig(10, lr=5e-3, seed=0, precision="float32")
        train.fit(model, batches, config)
        ends.append(torch.cat([weight.flatten() for weight in model.parameters()]))
    assert torch.allclose(*ends, atol=1e-4)


def test_a_placeholder_that_no_target_has_is_not_asked_for():
    signs = tools.tokenizers([("open %1", "%1 ouvrir")], words=True)
    wanted, governed = tools.placeholders_wanted(signs, ["%7 and %1"])
    assert wanted.sum() == 1 and governed.sum() == 1
