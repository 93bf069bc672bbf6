"""The lesson on records and reports: right answers pass, each wrong one is told why; its parts."""

from __future__ import annotations

import math
import re

import pytest
import torch

from aigc_teach import metrics
from aigc_teach.core import (
    AigcError,
    ChoiceError,
    DataError,
    DtypeError,
    ShapeError,
    make_generator,
)
from aigc_teach.course.text import data_to_news as news
from course.answers import Answers
from course.text.strange import takes_any_text

LESSON = "text/data_to_news"


def known(told, record):
    return (told[:, None] == record).any(1)


def behind(tokens, prompts):
    return torch.arange(tokens.shape[1]) >= prompts[:, None]


def by_loop(tokens, prompts):
    mask = torch.zeros(tokens.shape, dtype=torch.bool)
    for row, start in enumerate(prompts.tolist()):
        for place in range(start, tokens.shape[1]):
            mask[row, place] = True
            if tokens[row, place] == 1:
                break
    return mask


RIGHT = {
    f"{LESSON}/invented": [
        lambda t, r: (~known(t, r)).float().mean(),
        lambda t, r: sum(x not in r.tolist() for x in t.tolist()) / len(t),
        lambda t, r: (~torch.isin(t, r)).double().mean(),
    ],
    f"{LESSON}/constrained": [
        lambda x, m: (x + m.log()).softmax(0),
        lambda x, m: x.softmax(0) * m / (x.softmax(0) * m).sum(),
        lambda x, m: x.exp() * m / (x.exp() * m).sum(),
    ],
    f"{LESSON}/counted": [by_loop, lambda x, p: by_loop(x, p).float()],
}

WRONG = [
    (f"{LESSON}/invented", lambda t, r: (~known(t.unique(), r)).float().mean(), "counts twice"),
    (f"{LESSON}/counted", lambda x, p: x != 1, "Two faults"),
    (f"{LESSON}/counted", lambda x, p: ~behind(x, p), "That is the prompt"),
    (f"{LESSON}/invented", lambda t, r: known(t, r).float().mean(), "one minus it"),
    (f"{LESSON}/invented", lambda t, r: (~known(t, r)).sum(), "divide by how many"),
    (f"{LESSON}/invented", lambda t, r: 1 - known(r, t).float().mean(), "omission"),
    (f"{LESSON}/invented", lambda t, r: 1 - (t[:, None] == r).float().mean(), "all pairs"),
    (
        f"{LESSON}/invented",
        lambda t, r: ((t[:, None] - r).abs().amin(1) >= 0.5).float().mean(),
        "Near is not equal",
    ),
    (f"{LESSON}/constrained", lambda x, m: torch.softmax(x * m, 0), "exp(0) is 1"),
    (f"{LESSON}/constrained", lambda x, m: x.softmax(0).masked_fill(~m, 0), "add up to 1"),
    (f"{LESSON}/constrained", lambda x, m: x.masked_fill(m, -torch.inf).softmax(0), "may come"),
    (f"{LESSON}/constrained", lambda x, m: x.exp() / x.exp().sum(), "does nothing"),
    (f"{LESSON}/constrained", lambda x, m: m / m.sum(), "own ratios"),
    (f"{LESSON}/counted", lambda x, p: behind(x, p) & (x != 1), "will not stop"),
    (f"{LESSON}/counted", behind, "padding counts"),
    (f"{LESSON}/counted", lambda x, p: ~by_loop(x, p), "other way round"),
    (f"{LESSON}/counted", lambda x, p: by_loop(x, p) & ~by_loop(x, p - 1), ""),
    (f"{LESSON}/counted", lambda x, p: by_loop(x, p - 1), "too early"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


@pytest.fixture(scope="module")
def stories():
    return news.stories()


def test_no_extreme_value_is_read_or_written_in_training(stories):
    parts = news.split_stories()
    for story in parts["train"] + parts["held_out"]:
        assert not any(map(news.is_extreme, [story.day, *story.before]))
    assert {s.day.date.year for s in parts["train"]} == {2012, 2013, 2014}
    assert {s.day.date.year for s in parts["held_out"]} == {2015}
    assert all(news.is_extreme(s.day) for s in parts["extreme"])
    texts = " ".join(map(news.prompt, parts["train"]))
    assert "| 35.6 |" not in texts and "| 55.9 |" not in texts


def test_a_tokenizer_of_digits_writes_what_it_never_saw(stories):
    pieces = news.vocabulary([news.prompt(s) for s in stories[:50]])
    assert pieces.decode(pieces.encode(" 35.6 | 99.9")) == " 35.6 | 99.9"
    assert pieces.decode([*pieces.encode(" rain"), pieces.end, 5]) == " rain"
    with pytest.raises(DataError, match="no piece of this vocabulary"):
        pieces.encode("晴")
    with pytest.raises(DtypeError, match="must be text"):
        pieces.encode(None)


def test_texts_and_prompts_are_told_apart(stories):
    texts = news.corpus(stories[:3], 2, slots=True, seed=0)
    pieces = news.vocabulary([*texts, *map(news.planned, stories[:3])])
    for read in (news.prompt, news.planned):
        tokens, is_text = news.encoded(stories[:3], texts, pieces, read=read)
        for row, text in enumerate(texts):
            assert pieces.decode(tokens[row][is_text[row]].tolist()) == text
            assert pieces.decode(tokens[row][~is_text[row]].tolist()) == read(stories[row // 2])
            assert tokens[row][is_text[row]][-1] == pieces.end


READERS = {
    "prompt": news.prompt,
    "planned": news.planned,
    "template": news.template,
    "reference": lambda story: news.reference(story, make_generator(0)),
    "planted": lambda story: news.planted(story, "week", make_generator(0)),
    "nearest": lambda story: news.nearest(story, news.stories()[:2]),
    "nearest, known": lambda story: news.nearest(news.stories()[0], [story]),
    "numerals": news.numerals,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_record_with_a_gap_is_refused_by_every_reader(stories, read):
    """Above all by the template: no rain recorded is not "no precipitation fell"."""
    day, before = stories[0]
    for gap in (None, math.nan):
        for field in ("high", "low", "rain", "wind"):
            with pytest.raises(DataError, match="2012-01-07 lacks a value"):
                read(news.Story(day._replace(**{field: gap}), before))
        for field in ("high", "wind"):  # what a comparison needs
            yesterday = before[-1]._replace(**{field: gap})
            with pytest.raises(DataError, match="2012-01-06 lacks a value"):
                read(news.Story(day, (*before[:-1], yesterday)))
    for some in ((), before[1:]):
        with pytest.raises(DataError, match=f"six days before 2012-01-07; got {len(some)}"):
            read(news.Story(day, some))
    for word in (None, "hail"):
        with pytest.raises(ChoiceError, match="weather"):
            read(news.Story(day._replace(weather=word), before))


def test_what_a_record_lacks_is_neither_filled_in_nor_judged(stories):
    day, before = stories[0]
    gap = day._replace(rain=None, high=math.nan)
    with pytest.raises(DataError, match="wants {rain}, which the record of 2012-01-07 lacks"):
        news.fill("{rain} mm", gap)
    assert news.fill("{wind} m/s", gap) == f"{day.wind} m/s"
    assert not news.is_extreme(gap)
    said = ["The high was 7.2 °C. It stayed dry. The wind blew at 0.1 m/s."]
    assert news.wrong_by_value(said, [news.Story(gap, before)]) == (0.0, 1.0)
    page = news.FrontPage([news.Story(gap, before)], said, writer="a test")
    assert page.wrong == 1 and "2 could not be looked up" in page._repr_html_()


def test_impossible_requests_are_sentences(stories):
    pieces = news.vocabulary([news.prompt(s) for s in stories[:2]])
    for some, texts in (([], []), (stories[:2], ["a", "b", "c"]), (stories[:2], [])):
        with pytest.raises(ShapeError, match="equally many"):
            news.encoded(some, texts, pieces)
    with pytest.raises(ChoiceError, match="'rain'"):
        news.planted(stories[0], "hail", make_generator(0))
    with pytest.raises(DataError, match="at least one known story"):
        news.nearest(stories[0], [])
    for call in (
        lambda: news.corpus(stories[:1], 0, slots=True, seed=0),
        lambda: news.write_checked(lambda some: ["Dry."], stories[:1], tries=0),
    ):
        with pytest.raises(AigcError, match="copies|tries"):
            call()


def test_only_numerals_of_the_record_can_be_written(stories):
    texts = news.corpus(stories[:40], 2, slots=False, seed=0)
    pieces = news.vocabulary([*texts, *map(news.prompt, stories)])
    model, rule = news.new_model(pieces, 0), news.OnlyNumerals(pieces)
    written = news.write(
        model, pieces, stories[:12], temperature=1.5, rule=rule, generator=make_generator(0)
    )

    for text, story in zip(written.texts, stories, strict=False):
        for number in re.findall(r"-?\d+(?:\.\d+)?", text):
            assert any(numeral.startswith(number) for numeral in news.numerals(story)), text
    assert torch.isfinite(written.removed).all() and (written.removed >= 0).all()


def test_every_reference_passes_the_rule(stories):
    """What the record itself says is never forbidden."""
    texts = news.corpus(stories[:60], 1, slots=False, seed=3)
    pieces = news.vocabulary([*texts, *map(news.prompt, stories)])
    rule = news.OnlyNumerals(pieces)
    for text, story in zip(texts, stories, strict=False):
        ids = [*pieces.encode(text), pieces.end]
        for place, number in enumerate(ids):
            assert rule(pieces.decode(ids[:place]), story)[number], (text, place)


def test_drawing_again_ends_at_a_clean_text(stories):
    calls = []

    def draw(some):
        calls.append(len(some))
        return ["It was foggy." if len(calls) < 3 else news.template(s) for s in some]

    wet = [s for s in stories if s.day.weather == "rain"][:4]
    texts, tries = news.write_checked(draw, wet, tries=10)
    assert tries == [3] * 4 and calls == [4, 4, 4]
    assert metrics.faithfulness(texts, *zip(*wet, strict=True)).clean == 1
    assert news.write_checked(lambda some: ["Fog."] * len(some), wet, tries=2)[1] == [2] * 4


def test_the_page_prints_its_own_error_rate(stories):
    texts = [news.template(s) for s in stories[:3]]
    page = news.FrontPage(stories[:3], texts, writer="a template")
    assert page.wrong == 0 and "0 are wrong (0.0 %)" in page._repr_html_()
    day = stories[0].day
    wrong = texts[0].replace(f"{day.wind} m/s", f"{day.wind + 1:.1f} m/s")
    page = news.FrontPage(stories[:1], [wrong + " <b>"], writer="<me>")
    assert page.wrong == 1 and "1 is wrong" in repr(page)
    markup = page._repr_html_()
    assert "<b>" not in markup and "&lt;me&gt;" in markup and "\u2717</u>" in markup
    assert "machine" in markup
    with pytest.raises(ShapeError, match="give one for each"):
        news.FrontPage(stories[:2], ["a"], writer="x")


@pytest.mark.parametrize(
    "name", ["encode", "fill", "variety", "page", "vocabulary", "piece", "rule"]
)
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(stories, name):
    pieces = news.vocabulary([news.prompt(s) for s in stories[:2]])
    rule = news.OnlyNumerals(pieces)
    calls = {
        "encode": pieces.encode,
        "fill": lambda text: news.fill(text, stories[0].day),
        "variety": lambda text: news.variety([text]),
        "page": lambda text: news.FrontPage(stories[:1], [text], writer="x")._repr_html_(),
        "vocabulary": lambda text: news.vocabulary([text]),
        "piece": lambda text: news.may_follow("", text, ["12.8"]),
        "rule": lambda text: rule(text, stories[0]),
    }
    takes_any_text(calls[name])


def test_a_single_text_is_no_list_of_texts():
    for call in (news.variety, news.vocabulary):
        with pytest.raises(DtypeError, match="list of texts"):
            call("It was dry.")
