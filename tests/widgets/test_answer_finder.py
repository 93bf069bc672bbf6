"""AnswerFinder: what goes to the page adds up to the index's scores; bad input is told."""

from __future__ import annotations

import json
import zlib

import pytest

from aigc_teach import data
from aigc_teach.core import AigcError, ChoiceError, DtypeError, RangeError
from aigc_teach.models import BM25
from aigc_teach.models.retrieval import content, stems, words
from aigc_teach.widgets import AnswerFinder

NOTES = [("cat", "a small animal that purrs"), ("dog", "an animal that barks")]
INDEX = BM25([" ".join(note) for note in NOTES])


def test_the_pages_weights_add_up_to_the_indexs_scores():
    notes = data.course_notes()
    index = BM25([f"{note.title} {note.text}" for note in notes], split=content)
    finder = AnswerFinder(index, notes, questions=["Why is my loss NaN?"])
    weights = json.loads(zlib.decompress(finder.weights))
    scores = [0.0] * len(notes)
    for word in content(finder.question):
        held = weights.get(word, [])
        for note, weight in zip(held[::2], held[1::2], strict=True):
            scores[note] += weight
    assert scores == pytest.approx(index.scores(finder.question).tolist(), abs=1e-4)
    assert json.loads(zlib.decompress(finder.notes))[7] == [notes[7].title, notes[7].text]


@pytest.mark.parametrize("split", [words, stems, content])
def test_the_page_gets_the_rules_of_the_split(split):
    index = BM25([" ".join(note) for note in NOTES], split=split)
    rules = AnswerFinder(index, NOTES).rules
    assert bool(rules["endings"]) == (split is not words)
    assert bool(rules["left_out"]) == (split is content)


def test_below_the_threshold_and_without_a_known_word_it_does_not_know():
    finder = AnswerFinder(INDEX, NOTES, questions=["which one barks?"], threshold=0)
    assert finder.answer == "an animal that barks" and "barks" in finder.alt
    finder.threshold = 9.0
    assert finder.answer == "I do not know."
    finder.threshold = 0.0
    for strange in ("", "zebra", "猫", "x" * 10_000):
        finder.question = strange
        assert finder.answer == "I do not know."


@pytest.mark.parametrize(
    ("index", "notes", "options", "error", "words"),
    [
        ("cat", NOTES, {}, AigcError, "like models.BM25"),
        (INDEX, NOTES[:1], {}, AigcError, "holds 2 texts; you gave 1"),
        (INDEX, ["cat", "dog"], {}, AigcError, "title and text"),
        (INDEX, [("cat", 1), ("dog", 2)], {}, DtypeError, "a note's text"),
        (INDEX, NOTES, {"questions": []}, AigcError, "at least one question"),
        (INDEX, NOTES, {"questions": "what?"}, AigcError, "a list"),
        (INDEX, NOTES, {"threshold": -1}, RangeError, "threshold=-1"),
        (INDEX, NOTES, {"threshold": 21}, AigcError, "ends at 20"),
        (BM25(["a", "b"], split=str.split), NOTES, {}, ChoiceError, "split="),
    ],
)
def test_what_cannot_be_is_a_sentence(index, notes, options, error, words):
    with pytest.raises(error, match=words):
        AnswerFinder(index, notes, **options)
