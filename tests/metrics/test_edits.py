"""The scores of an edit: counted by hand, and bad tables are sentences."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import RangeError, ShapeError
from aigc_teach.metrics import edit_scores, moved

BEFORE = torch.tensor([[0.2, 0.5, 3.0, 0.0], [0.8, 0.5, 1.0, 2.0]])
AFTER = torch.tensor([[0.9, 0.6, 3.0, 1.0], [0.2, 0.3, 1.0, 2.0]])


def test_moved_by_hand():
    want = [[True, False, False, True], [True, True, False, False]]
    assert moved(BEFORE, AFTER, amounts=2).tolist() == want
    assert not moved(BEFORE, AFTER, amounts=2, tolerance=0.75)[:, :2].any()


def test_scores_by_hand():
    hit, others = edit_scores(BEFORE, AFTER, torch.tensor([0.9, 0.5]), column=0, amounts=2)
    assert hit == 0.5  # the second reads 0.2, not 0.5
    assert others == pytest.approx(2 / 6)
    hit, others = edit_scores(BEFORE, AFTER, torch.tensor([1.0, 2.0]), column=3, amounts=2)
    assert hit == 1.0 and others == pytest.approx(3 / 6)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: moved(BEFORE, AFTER[:1], amounts=2), ShapeError, "one shape"),
        (lambda: moved(BEFORE, AFTER, amounts=5), ShapeError, "5 amounts"),
        (lambda: moved(BEFORE, AFTER, amounts=2, tolerance=-1), RangeError, "tolerance"),
        (
            lambda: edit_scores(BEFORE, AFTER, torch.zeros(2), column=4, amounts=2),
            RangeError,
            "column=4",
        ),
        (
            lambda: edit_scores(BEFORE, AFTER, torch.zeros(3), column=0, amounts=2),
            ShapeError,
            r"asked must be \[2\]",
        ),
    ],
)
def test_bad_tables_are_sentences(call, error, words):
    with pytest.raises(error, match=words):
        call()
