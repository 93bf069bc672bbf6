"""A seed is a whole number that every generator takes and every file can keep."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DtypeError, RangeError, make_generator, seed_everything
from aigc_teach.data import Batches


def batches(seed):
    return Batches(torch.ones(2, 2), seed=seed, batch_size=1)


TAKE_A_SEED = [make_generator, seed_everything, batches]


@pytest.mark.parametrize("take", TAKE_A_SEED, ids=lambda take: take.__name__)
@pytest.mark.parametrize(
    "seed", [-1, 2**63, 2**64, 10**26, 10**5000], ids=["minus", "2^63", "2^64", "1e26", "1e5000"]
)
def test_a_seed_out_of_range_is_a_sentence(take, seed):
    with pytest.raises(RangeError, match="seed=.* is too (small|large); it must be at"):
        take(seed)


@pytest.mark.parametrize("take", TAKE_A_SEED, ids=lambda take: take.__name__)
@pytest.mark.parametrize("seed", [1.0, "1", None, True])
def test_what_is_no_whole_number_is_a_sentence(take, seed):
    with pytest.raises(DtypeError, match="whole number"):
        take(seed)


@pytest.mark.parametrize("take", TAKE_A_SEED, ids=lambda take: take.__name__)
@pytest.mark.parametrize("seed", [0, 2**32, 2**63 - 1])
def test_the_ends_of_the_range_will_do(take, seed):
    take(seed)
