"""The lesson on poems: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data, metrics
from aigc_teach.core import DataError
from aigc_teach.course.text import poems_lyrics_stories as course
from aigc_teach.models import KneserNey
from course.answers import Answers
from course.text.strange import takes_any_text

LESSON = "text/poems_lyrics_stories"
BEGINS = {8: 6, 17: 14, 25: 23}


def step(x, a):
    p = x.softmax(0) * a
    return p / p.sum(), p.sum()


def linked(text, base):
    before = BEGINS.get(len(text))
    return base if before is None else base & {text[before]}


RIGHT = {
    f"{LESSON}/step": [
        step,
        lambda x, a: (x.masked_fill(~a, -torch.inf).softmax(0), x.softmax(0)[a].sum()),
    ],
    f"{LESSON}/effective": [
        lambda m: m.prod(1).sum() ** 2 / m.prod(1).square().sum(),
        lambda m: float(1 / (m.log().sum(1).softmax(0) ** 2).sum()),
    ],
    f"{LESSON}/linked": [
        linked,
        lambda text, base: [
            c for c in base if len(text) not in BEGINS or c == text[BEGINS[len(text)]]
        ],
    ],
}
WRONG = [
    (f"{LESSON}/effective", lambda m: RIGHT[f"{LESSON}/effective"][0](m) / len(m), "divided by n"),
    (
        f"{LESSON}/linked",
        lambda text, base: base | {text[BEGINS[len(text)]]} if len(text) in BEGINS else base,
        "You add the last character",
    ),
    (f"{LESSON}/step", lambda x, a: (x.softmax(0) * a, step(x, a)[1]), "add up to 1 again"),
    (f"{LESSON}/step", lambda x, a: ((x * a).softmax(0), step(x, a)[1]), "logit of 0"),
    (f"{LESSON}/step", lambda x, a: step(x, ~a), "what is forbidden"),
    (f"{LESSON}/step", lambda x, a: (step(x, a)[0], a.sum()), "number of allowed"),
    (f"{LESSON}/step", lambda x, a: (step(x, a)[0], step(x, a)[0].sum()), "1 whatever"),
    (f"{LESSON}/effective", lambda m: m.sum(1).sum() ** 2 / (m.sum(1) ** 2).sum(), "product"),
    (f"{LESSON}/effective", lambda m: m.prod(1).mean(), "mean weight"),
    (f"{LESSON}/effective", lambda m: (m.prod(1) ** 2).sum() / m.prod(1).sum() ** 2, "upside"),
    (f"{LESSON}/effective", lambda m: torch.tensor(len(m)), "n itself"),
    (f"{LESSON}/linked", lambda text, base: base, "binds nothing"),
    (f"{LESSON}/linked", lambda text, base: linked(text[:-1], base), "one place too late"),
    (
        f"{LESSON}/linked",
        lambda text, base: base & {text[BEGINS[len(text)] + 1]} if len(text) in BEGINS else base,
        "punctuation behind",
    ),
    (
        f"{LESSON}/linked",
        lambda text, base: {text[BEGINS[len(text)]]} if len(text) in BEGINS else base,
        "intersect",
    ),
    (f"{LESSON}/linked", lambda text, base: base & {text[0]} if text else base, "should allow"),
    (f"{LESSON}/linked", lambda text, base: 7, "Give a set"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_the_count_of_words_is_a_distribution_after_any_words():
    count = course.Words([["the", "whale", "swam"], ["the", "sea"]])
    for words in ([], ["the"], ["the", "whale"], ["zebra"], ["鯨"] * 1000):
        p = count.next(words)
        assert len(p) == 5 and (p > 0).all() and 0.8 < float(p.sum()) < 1.0001
    assert float(count.next(["the"])[count.vocabulary.index("whale")]) > 0.2


@pytest.mark.parametrize("text", ["", "鯨", "\n\n", ".;!", "12"])
def test_odd_texts_have_no_sentences(text):
    assert course.sentences(text) == []
    assert course.Judge("whale", "list")(text) == 0


def test_the_judge_of_metre_wants_all_syllables_at_their_places():
    how = course.spoken()
    assert course.scans(["the", "ocean", "rolled", "above", "the", "ship"], how)
    assert not course.scans(["ocean", "water", "rolled", "above", "the", "ship"], how)
    assert not course.scans(["unheardofword"], how) and not course.scans([], how)


def test_next_log_probs_are_those_of_the_count_itself():
    count = KneserNey(3).fit("the whale and the sea " * 5)
    p = course.next_log_probs(count, ["of the", "x"], "ab ")
    assert p.shape == (2, 3)
    assert abs(float(p[0, 2].exp()) - count.probability(" ", after=" of the")) < 1e-6


COUNT = KneserNey(3).fit("abab")


@pytest.mark.parametrize(
    "call",
    [
        course.sentences,
        course.plain,
        course.help_text,
        lambda text: course.Words([[text]]).next([text]),
        lambda text: course.scans([text], course.spoken()),
        lambda text: course.next_log_probs(COUNT, [text], "ab"),
        lambda text: course.Judge("the whale", "the list")(text),
        lambda text: metrics.verse_form([text], {}),
    ],
)
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(call):
    takes_any_text(call)


def test_ten_thousand_words_do_not_scan_and_that_is_said_at_once():
    """Each word of two readings doubles what would have to be tried."""
    how = {"read": frozenset({("1", "EH D"), ("1", "IY D")})}
    assert course.scans(["read"] * 8, how) and not course.scans(["read"] * 10_000, how)


def test_the_likest_poems_are_found_as_by_comparing_each_with_each():
    poems = data.quatrains("train")[:400]
    texts = [*data.quatrains("held_out")[:30], poems[7]]
    found = course.most_alike(texts, poems)
    assert found[0][1:] == (poems[7], poems[7]) and found[0][0] == len(course.pairs_of(poems[7]))
    pairs = [course.pairs_of(poem) for poem in poems]
    by_each = {t: max(len(course.pairs_of(t) & each) for each in pairs) for t in texts}
    assert [alike for alike, *_ in found] == sorted(by_each.values(), reverse=True)[:3]
    for alike, text, poem in found:
        assert alike == by_each[text] == len(course.pairs_of(text) & course.pairs_of(poem))
    assert course.most_alike(["abc"], ["xyz"])[0][0] == 0
    with pytest.raises(DataError, match="no poems"):
        course.most_alike(["a"], [])
