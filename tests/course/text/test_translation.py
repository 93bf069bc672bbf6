"""Right and wrong answers of the lesson on translation, and its helpers."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from aigc_teach import data, metrics, models, train
from aigc_teach.core import DataError
from aigc_teach.course.text import translation as tools
from aigc_teach.widgets.alignment_viewer import Written
from course.answers import Answers
from course.text.strange import takes_any_text

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


@pytest.mark.parametrize(
    "call",
    [
        lambda text: tools.tokenizers([(text, text)]),
        lambda text: tools.lowered([(text, "x")]),
        lambda text: tools.remembered([text], [("open", "A")]),
        lambda text: tools.remembered(["open"], [(text, "A")]),
        lambda text: tools.scores([text], [text], ["a"], "zh"),
        lambda text: tools.as_running_text([(text, text)]),
        lambda text: tools.placeholders_wanted(tools.tokenizers([("12", "ab")]), [text]),
    ],
)
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(call):
    takes_any_text(call)


def test_no_pairs_are_a_sentence():
    for call in (tools.tokenizers, tools.as_running_text, lambda no: tools.remembered(["a"], no)):
        with pytest.raises(DataError, match="no pairs|at least one known pair"):
            call([])


def memory(to, tokens):
    known, held = (tools.lowered(data.phrases(split, to=to)) for split in ("train", "held_out"))
    asked, references = map(list, zip(*held, strict=True))
    return tools.scores(asked, tools.remembered(asked, known), references, tokens)


def test_what_the_lesson_says_of_the_memory_by_other_tokens_and_in_french():
    assert round(memory("zh", "char")["BLEU"], 1) == 23.8
    assert round(memory("zh", "zh")["BLEU"], 1) == 22.5
    french = memory("fr", "13a")
    assert (round(french["BLEU"], 1), round(french["chrF"], 1)) == (17.3, 37.3)
    sizes = {to: [len(b) for _, b in data.phrases("all", to=to)] for to in ("zh", "fr")}
    assert max(sizes["zh"]) == 30 and max(sizes["fr"]) == 70
    assert 0.2 < sum(size >= 40 for size in sizes["fr"]) / len(sizes["fr"]) < 0.25


def quantity_rule(text, is_plural):
    number, unit = text.split()
    word = data.pairs.UNITS[unit.removesuffix("s")]
    marked = number.translate(str.maketrans({",": "\u202f", ".": ","}))
    return f"{marked}\u00a0{word}{'s' * is_plural(float(number.replace(',', '')))}"


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_rule_is_right_on_a_thousand_quantities_and_the_english_plural_is_not(seed):
    amounts, right = zip(*data.quantity_pairs(1000, seed=seed), strict=True)
    french = [quantity_rule(text, lambda number: number >= 2) for text in amounts]
    assert metrics.exact_match(french, right) == 1
    english = [quantity_rule(text, lambda number: number != 1) for text in amounts]
    assert 0.92 <= metrics.exact_match(english, right) <= 0.945
