"""Use of a codebook against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_teach.core.errors import DataError, DtypeError, RangeError
from aigc_teach.metrics import code_use


@pytest.mark.parametrize(
    "indices, codes, used, bits",
    [
        ([0, 0, 0], 5, 1, 0.0),
        ([0, 1, 2, 3], 4, 4, 2.0),
        ([[0, 0], [1, 2]], 8, 3, 1.5),
        ([0] * 3 + [7], 8, 2, 2 - 0.75 * math.log2(3)),
        ([0], 1, 1, 0.0),
    ],
)
def test_hand_values(indices, codes, used, bits):
    use = code_use(torch.tensor(indices), codes)
    assert use.used == used and use.bits == pytest.approx(bits, abs=1e-12)
    assert use.perplexity == pytest.approx(2**bits) and 1 <= use.perplexity <= codes
    assert use.shares.shape == (codes,) and use.shares.sum() == pytest.approx(1)


def test_it_does_not_depend_on_how_the_data_are_cut():
    codes = torch.randint(0, 20, (60, 4), generator=torch.Generator().manual_seed(0))
    assert code_use(codes, 20).bits == code_use(codes.reshape(8, 30), 20).bits
    cut = [code_use(row, 20).perplexity for row in codes]
    assert sum(cut) / 60 < 0.5 * code_use(codes, 20).perplexity  # what a mean of batches would say


@pytest.mark.parametrize(
    "indices, codes, error, words",
    [
        (torch.tensor([0.0]), 3, DtypeError, "int64"),
        ([0], 3, DtypeError, "list"),
        (torch.zeros(0).long(), 3, DataError, "no indices"),
        (torch.tensor([3]), 3, RangeError, r"0\.\.2"),
        (torch.tensor([-1]), 3, RangeError, r"0\.\.2"),
        (torch.tensor([0]), 0, RangeError, "codes=0"),
    ],
)
def test_bad_input_is_a_sentence(indices, codes, error, words):
    with pytest.raises(error, match=words):
        code_use(indices, codes)
