"""Streams: each row goes on where it ended, nothing is lost, and it goes on after a stop."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import CheckpointError, DataError, DtypeError, RangeError
from aigc_teach.data import Streams


def test_each_row_goes_on_where_it_ended_and_reads_the_whole_text():
    text = torch.arange(23)
    batches = Streams(text, batch_size=3, steps=4)
    rows = torch.cat([next(batches) for _ in range(23)], dim=1)  # [3, 92]
    for row, begin in zip(rows, (0, 7, 14), strict=True):
        assert torch.equal(row, (begin + torch.arange(92)) % 23)
    assert len(batches) == 2 and batches.device.type == "cpu"


def test_it_goes_on_exactly_after_a_stop():
    batches = Streams(torch.arange(50), batch_size=2, steps=7)
    next(batches)
    state, wanted = batches.state_dict(), next(batches)
    other = Streams(torch.arange(50), batch_size=2, steps=7)
    other.load_state_dict(state)
    assert torch.equal(next(other), wanted)
    with pytest.raises(CheckpointError, match="batch_size=2, these streams have batch_size=1"):
        Streams(torch.arange(50), batch_size=1, steps=7).load_state_dict(state)
    with pytest.raises(CheckpointError, match="lacks"):
        other.load_state_dict({"n": 50})
    with pytest.raises(CheckpointError, match="damaged"):
        other.load_state_dict(state | {"position": 99})


def test_it_runs_where_there_are_no_values():
    assert next(Streams(torch.arange(50), batch_size=2, steps=7).to("meta")).shape == (2, 7)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Streams(torch.zeros(9), batch_size=1, steps=1), DtypeError, "int64"),
        (lambda: Streams(torch.zeros(3, 3).long(), batch_size=1, steps=1), DtypeError, r"\[T\]"),
        (lambda: Streams([1, 2], batch_size=1, steps=1), DtypeError, "int64"),
        (lambda: Streams(torch.arange(9), batch_size=3, steps=4), DataError, "more than the text"),
        (lambda: Streams(torch.arange(9), batch_size=0, steps=4), RangeError, "batch_size=0"),
    ],
)
def test_what_cannot_be_cut_is_told(make, error, words):
    with pytest.raises(error, match=words):
        make()
