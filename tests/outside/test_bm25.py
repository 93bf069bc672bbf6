"""BM25 against bm25s, score by score, in three variants."""

from __future__ import annotations

import pytest

from aigc_teach import data
from aigc_teach.models import BM25
from aigc_teach.models.retrieval import words

TEXTS = {
    "few": ["a cat sat on a mat", "the dog sat", "a cat and a dog and a cat", "birds sing"],
    "notes": [f"{note.title} {note.text}" for note in data.course_notes()],
}
QUESTIONS = {
    "few": ["cat dog", "which cat sat", "birds", "cat cat dog"],
    "notes": ["what is a gan", "the loss becomes nan", "how many epochs are enough", "loss loss"],
}


@pytest.mark.parametrize("variant", ["lucene", "robertson", "atire"])
@pytest.mark.parametrize("k1, b", [(1.5, 0.75), (1.2, 0.0), (0.9, 1.0), (0.01, 0.4)])
@pytest.mark.parametrize("case", TEXTS)
def test_scores(truth, agree, case, k1, b, variant):
    theirs = truth.BM25(k1=k1, b=b, method=variant, dtype="float64")
    theirs.index([words(text) for text in TEXTS[case]], show_progress=False)
    ours = BM25(TEXTS[case], k1=k1, b=b, variant=variant, split=words)
    for question in QUESTIONS[case]:
        known = [word for word in words(question) if word in ours.idf]
        agree(ours.scores(question), theirs.get_scores(known))
