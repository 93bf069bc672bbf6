"""Pictures that are no digits: each kind is in range, repeatable and what it says."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, RangeError, make_generator
from aigc_teach.zoo.negatives import (
    KINDS,
    UNSEEN,
    blur,
    jitter,
    make_negatives,
    mixed_negatives,
    pick_pairs,
)


@pytest.fixture(scope="module")
def digits():
    return data.digits("held_out")


@pytest.mark.parametrize("kind", [*KINDS, *UNSEEN])
def test_kind_is_in_range_repeatable_and_leaves_the_digits_alone(kind, digits):
    before = digits.x.clone()
    x = make_negatives(kind, 12, digits, generator=make_generator(5))
    again = make_negatives(kind, 12, digits, generator=make_generator(5))
    assert x.shape == (12, 1, 28, 28) and x.dtype == torch.float32
    assert x.min() >= -1.0001 and x.max() <= 1.0001
    assert torch.equal(x, again)
    assert torch.equal(digits.x, before)
    assert kind == "blank" or len(torch.unique(x.flatten(1), dim=0)) == 12


def test_unknown_kind_and_no_pictures_are_refused(digits):
    with pytest.raises(ChoiceError, match="kind='bank' is not known.*'blank'"):
        make_negatives("bank", 3, digits, generator=make_generator(0))
    with pytest.raises(RangeError, match="n=0"):
        make_negatives("blank", 0, digits, generator=make_generator(0))


def test_the_two_digits_of_a_pair_are_of_different_classes(digits):
    only_fives = data.ImageSet(
        torch.cat([digits.x[digits.labels == 5], digits.x[digits.labels == 6][:1]]),
        torch.cat([torch.full((50,), 5), torch.tensor([6])]),
    )
    first, second = pick_pairs(only_fives, 20, make_generator(0))
    assert first.shape == second.shape == (20, 1, 28, 28)


def test_blank_is_flat_and_erased_loses_ink(digits):
    blank = make_negatives("blank", 50, digits, generator=make_generator(0))
    assert blank.flatten(1).std(dim=1).max() == 0
    assert (blank == -1).flatten(1).all(dim=1).float().mean() > 0.1
    erased = make_negatives("erased", 200, digits, generator=make_generator(0))
    assert (erased + 1).mean() < 0.75 * (digits.x + 1).mean()


def test_jitter_keeps_the_ink_and_blur_keeps_the_mean(digits):
    moved = jitter(digits.x[:100], make_generator(0))
    assert not torch.equal(moved, digits.x[:100])
    assert (moved + 1).mean() == pytest.approx((digits.x[:100] + 1).mean().item(), rel=0.1)
    spot = torch.full((1, 1, 28, 28), -1.0)
    spot[..., 14, 14] = 1
    assert (blur(spot, 2.0) + 1).sum() == pytest.approx(2, rel=1e-3)


def test_a_mixture_holds_many_kinds(digits):
    x = mixed_negatives(60, digits, generator=make_generator(0))
    assert x.shape == (60, 1, 28, 28)
    flat = x.flatten(1).std(dim=1) == 0
    assert 1 <= flat.sum() <= 12, "blank pictures are some, not all"
