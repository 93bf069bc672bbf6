"""The dialogue lesson: answers told right from wrong, its questions, its shop, its word model."""

from __future__ import annotations

import random

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import AigcError, ChoiceError, DataError, DtypeError
from aigc_teach.course.text.dialogue_and_copy import asked, shop, speaking
from aigc_teach.models import GPT
from course.answers import Answers
from course.text.strange import takes_any_text

LESSON = "text/dialogue_and_copy"


def weight(f, n, N, size):
    return torch.log(1 + (N - n + 0.5) / (n + 0.5)) * f / (f + 1.5 * (0.25 + 0.75 * size))


def area(a, b):
    return ((a[:, None] > b).double() + 0.5 * (a[:, None] == b)).mean()


def allowed(said, passage, V):
    may, k = torch.zeros(V), len(said)
    for i in range(len(passage) - k):
        if passage[i : i + k].tolist() == said.tolist():
            may[passage[i + k]] = 1
    return may


def ranks(a, b):
    """The area by ranks (Mann and Whitney)."""
    both = torch.cat([a, b])
    rank = (both[:, None] > both).sum(1) + ((both[:, None] == both).sum(1) + 1) / 2
    return (rank[: len(a)].sum() - len(a) * (len(a) + 1) / 2) / (len(a) * len(b))


RIGHT = {
    f"{LESSON}/weight": [weight],
    f"{LESSON}/area": [area, ranks],
    f"{LESSON}/allowed": [allowed, lambda s, p, V: allowed(s, p, V) > 0],
}
WRONG = [
    (
        f"{LESSON}/weight",
        lambda f, n, N, s: torch.log(N / n) * f / (f + 1.5 * (0.25 + 0.75 * s)),
        "plain idf",
    ),
    (f"{LESSON}/area", lambda a, b: (a[:, None] < b).double().mean(), "ties left out"),
    (
        f"{LESSON}/allowed",
        lambda s, p, V: 1 - allowed(torch.tensor([], dtype=torch.long), p, V),
        "does not say",
    ),
    (
        f"{LESSON}/allowed",
        lambda s, p, V: allowed(s[-1:], p, V) if len(s) else torch.zeros(V),
        "Nothing said yet",
    ),
    (
        f"{LESSON}/allowed",
        lambda s, p, V: torch.zeros(V).index_fill(0, p[len(s) : len(s) + 1], 1),
        "look for where the run stands",
    ),
    (
        f"{LESSON}/weight",
        lambda f, n, N, s: torch.log((N - n + 0.5) / (n + 0.5)) * f / (f + 1.5 * (0.25 + 0.75 * s)),
        "1 inside the logarithm",
    ),
    (f"{LESSON}/weight", lambda f, n, N, s: 2.5 * weight(f, n, N, s), "k1 + 1"),
    (f"{LESSON}/weight", lambda f, n, N, s: weight(f, n, N, torch.ones_like(s)), "length"),
    (f"{LESSON}/weight", lambda f, n, N, s: f / (f + 1.5 * (0.25 + 0.75 * s)), "idf is missing"),
    (f"{LESSON}/area", lambda a, b: (a[:, None] > b).double().mean(), "not nothing"),
    (f"{LESSON}/area", lambda a, b: (a[:, None] >= b).double().mean(), "not one"),
    (f"{LESSON}/area", lambda a, b: area(b, a), "swapped"),
    (f"{LESSON}/area", lambda a, b: area(a, b) * len(a) * len(b), "share"),
    (f"{LESSON}/allowed", lambda s, p, V: torch.zeros(V).index_fill(0, p, 1), "any order"),
    (f"{LESSON}/allowed", lambda s, p, V: allowed(s[-1:], p, V), "last word alone"),
    (f"{LESSON}/allowed", lambda s, p, V: 1 - allowed(s, p, V), "swapped"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


# --- the questions


def test_there_are_enough_of_each_kind_and_no_question_twice():
    halves = [asked.asked(half) for half in asked.HALVES]
    answerable = [question for half in halves for question, _ in half.answerable]
    outside = [question for half in halves for question in half.out_of_scope]
    assert len(answerable) >= 40 and len(outside) >= 30 and len(halves[0].planted) >= 10
    every = answerable + outside + [plant.question for plant in halves[0].planted]
    assert len({question.lower() for question in every}) == len(every)


def test_every_answer_is_a_note():
    notes = data.course_notes()
    for half in asked.HALVES:
        for question, titles in asked.asked(half).answerable:
            for title in titles:
                assert any(asked.answers(note, (title,)) for note in notes), (question, title)


def test_paraphrases_are_no_titles():
    titles = {note.title.lower().strip("?") for note in data.course_notes()}
    for half in asked.HALVES:
        for question, _ in asked.asked(half).answerable:
            assert question.lower().strip("?") not in titles


def test_orders_stand_in_the_planted_notes():
    for plant in asked.asked("report").planted:
        assert plant.demanded in plant.note.text and plant.demanded not in plant.question
    with pytest.raises(ChoiceError, match="'choose', 'report'"):
        asked.asked("all")


# --- the shop


def test_a_template_never_lies_and_keeps_its_manner():
    made = shop.turns(shop.products(200, seed=3), seed=4)
    judged = shop.judge([turn.answer for turn in made], made)
    assert judged == shop.Judged(0.0, 1.0, 1.0, 1.0, 1.0)


def test_planted_lies_are_found():
    product = shop.Product(name="lumo", kind="lamp", price="35", colour="red")
    assert shop.lies("meet lumo , a lamp in red for 35 euro .", product) == []
    assert shop.lies("it is blue .", product) == [shop.Claim("colour", "blue")]
    missing = shop.lies("it weighs 250 g .", product)  # the record says nothing of it
    assert missing == [shop.Claim("weight", "250")]
    assert shop.lies("35 hours .", product) == [shop.Claim("battery", "35")]
    assert [c.field for c in shop.lies("VEMO is a FAN .", product)] == ["kind", "name"]


def test_no_two_fields_share_a_value():
    values = [value for field in shop.FIELDS.values() for value in field] + list(shop.NAMES)
    assert len(set(values)) == len(values)


def test_rows_mark_the_answers_and_their_ends():
    made = shop.turns(shop.products(5, seed=0), seed=0)
    x, is_answer = shop.rows(made)
    assert x.shape == is_answer.shape and len(x) == 5
    answers = [word for turn in made for word in [*turn.answer.split(), "<end>"]]
    assert [shop.VOCABULARY[number] for number in x[is_answer].tolist()] == answers
    x, is_answer = shop.rows(made[:1])
    words = [shop.VOCABULARY[number] for number in x[0][~is_answer[0]].tolist()]
    assert words == made[0].prompt.split()


def test_held_values_alone_can_be_said():
    torch.manual_seed(0)
    model = GPT(len(shop.VOCABULARY), context=shop.LONGEST, width=16, heads=2, layers=1).eval()
    made = shop.turns(shop.products(20, seed=1), seed=1)
    for text, turn in zip(shop.replies(model, made, only_held=True), made, strict=True):
        others = shop.VALUES - set(turn.product.values())
        assert others.isdisjoint(text.split())
    assert shop.replies(model, made[:3]) == shop.replies(model, made)[:3]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: shop.encode("how heavy is the moon ?"), DataError, "'moon'"),
        (lambda: shop.encode(None), DtypeError, "text"),
        (lambda: list(shop.claims(3)), DtypeError, "text"),
        (lambda: shop.products(0, seed=0), AigcError, "n=0"),
        (lambda: shop.answer({}, "age", "curt", random.Random(0)), ChoiceError, "field='age'"),
        (lambda: shop.answer({}, "price", "rude", random.Random(0)), ChoiceError, "'curt'"),
        (lambda: shop.advertisement({}, random.Random(0)), DataError, "name, kind and price"),
        (lambda: speaking.Speaker([]), DataError, "different words"),
        (lambda: speaking.pieces(b"x"), DtypeError, "text"),
    ],
)
def test_what_cannot_be_is_a_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_strange_records_and_texts():
    assert shop.answer({}, "price", "curt", random.Random(0)) == shop.UNKNOWN["curt"]
    assert list(shop.claims("")) == [] == shop.lies("只要三十五欧元", {})
    assert len(shop.lies("9 g " * 2_500, {})) == 2_500


# --- the word model


def test_the_speaker_follows_what_it_counted():
    speaker = speaking.Speaker(["a cat sat .", "a cat ran .", "a dog sat ."], order=2)
    total = sum(speaker.probability(word, after=["a"]) for word in speaker.words)
    assert 0.9 < total <= 1
    g = torch.Generator().manual_seed(0)
    said = speaker.draw(["a"], generator=g)
    assert set(said) <= set(speaker.words) and said[-1] == "."
    assert speaker.probability("zebra", after=["never", "seen"]) > 0


def test_first_sentences():
    assert speaking.first_sentence("It is 0.5. Then more.") == "It is 0.5."
    assert speaking.first_sentence("") == "" and speaking.pieces("0.693?") == ["0.693", "?"]


def seller(size=16):
    torch.manual_seed(0)
    return GPT(len(shop.VOCABULARY), context=shop.LONGEST, width=size, heads=2, layers=1)


@pytest.mark.parametrize(
    "call",
    [
        shop.encode,
        shop.is_polite,
        lambda text: list(shop.claims(text)),
        lambda text: shop.lies(text, shop.products(1, seed=0)[0]),
        lambda text: shop.answer({"name": "lumo"}, text, "curt", random.Random(0)),
        lambda text: shop.judge([text], shop.turns(shop.products(1, seed=0), seed=0, each=1)),
        speaking.pieces,
        speaking.first_sentence,
        lambda text: speaking.Speaker([text]),
        lambda text: speaking.Speaker(["the cat ."], order=2).probability(text, after=["the"]),
        lambda text: speaking.Speaker(["the cat ."], order=2).draw([text]),
        asked.asked,
    ],
)
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(call):
    takes_any_text(call)


def test_a_question_too_long_for_the_seller_is_a_sentence():
    product = shop.products(1, seed=0)[0]
    for question in ("is it ? " * 1250, "is " * shop.LONGEST):
        turn = shop.Turn(product, "curt", question, "red .", "colour")
        with pytest.raises(DataError, match=f"reads {shop.LONGEST - 1} words at most"):
            shop.replies(seller(), [turn])
        with pytest.raises(DataError, match=f"reads {shop.LONGEST} words at most"):
            shop.rows([turn])
    room = shop.LONGEST - 1 - len(shop.encode(turn._replace(asked="").prompt))
    longest = turn._replace(asked="is " * room)
    assert len(shop.replies(seller(), [longest])[0].split()) <= 1
    assert shop.replies(seller(), []) == []
    with pytest.raises(DataError, match="no turns"):
        shop.rows([])


def test_a_field_that_is_none_or_empty_is_lacking_and_never_a_value():
    for gap in (None, ""):
        product = shop.Product(name="lumo", kind="lamp", price="35", weight=gap)
        assert "weight" not in product.words()
        for manner in shop.MANNERS:
            said = shop.answer(product, "weight", manner, random.Random(0))
            assert said == shop.UNKNOWN[manner]
        for seed in range(20):
            copy = shop.advertisement(product, random.Random(seed))
            assert " g " not in copy and "None" not in copy and not shop.lies(copy, product)
        for lacking in ({**product, "price": gap}, None, {}):
            with pytest.raises(DataError, match="name, kind and price"):
                shop.advertisement(lacking, random.Random(0))
    turn = shop.Turn(product, "curt", "how heavy is it ?", shop.UNKNOWN["curt"], "weight")
    assert shop.judge(["not in the record ."], [turn]).refused == 1
