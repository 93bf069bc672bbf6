"""Pictures in [0, 1] where [-1, 1] is meant: a sentence, not a silence."""

from __future__ import annotations

import warnings

import pytest
import torch

from aigc_teach import zoo
from aigc_teach.core import check_images, make_generator
from aigc_teach.data import Batches
from aigc_teach.metrics import score_digits
from aigc_teach.models import VAE

UNIT = torch.rand(32, 1, 28, 28, generator=make_generator(0))  # [0, 1]


@pytest.mark.parametrize(
    "use",
    [
        check_images,
        lambda x: Batches(x, batch_size=8),
        lambda x: VAE(latent_size=2, hidden=(4,)).loss(x),
        lambda x: score_digits(x, zoo.load("judge"), train_images=2 * UNIT - 1),
    ],
)
def test_pictures_in_the_unit_range_are_warned_about(use):
    with pytest.warns(UserWarning, match=r"seem to lie in \[0, 1\].*2 \* x - 1"):
        use(UNIT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use(2 * UNIT - 1)


@pytest.mark.parametrize("x", [UNIT[:8], 0 * UNIT, torch.cat([UNIT, -UNIT[:1]]), 0.4 * UNIT])
def test_a_few_bright_pictures_black_ones_and_faint_ones_pass_in_silence(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_images(x)


def test_a_range_of_ones_own_passes_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_images(UNIT, low=0.0, high=1.0)
