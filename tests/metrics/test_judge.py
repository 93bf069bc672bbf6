"""The judge network: shapes, modes, chunks and refusals."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.metrics import REJECT, Judge, judge_images


def pictures(n: int) -> torch.Tensor:
    return 2 * torch.rand(n, 1, 28, 28, generator=make_generator(0)) - 1


def test_logits_features_and_reject_class():
    judge, x = Judge().eval(), pictures(3)
    features = judge.features(x)
    assert judge(x).shape == (3, 11)
    assert features.shape == (3, 64) and features.min() >= 0
    assert torch.equal(judge(x), judge.head(features))
    assert REJECT == 10


def test_chunks_change_nothing_and_the_mode_is_restored():
    judge, x = Judge().train(), pictures(7)
    features, probabilities = judge_images(judge, x, chunk=3)
    whole, _ = judge_images(judge, x)
    assert judge.training
    assert torch.allclose(features, whole, atol=1e-5)
    assert torch.allclose(probabilities.sum(1), torch.ones(7), atol=1e-5)
    assert not features.requires_grad


def test_judging_does_not_touch_running_statistics():
    judge = Judge().train()
    before = {key: value.clone() for key, value in judge.state_dict().items()}
    judge_images(judge, pictures(8))
    assert all(torch.equal(before[key], value) for key, value in judge.state_dict().items())


def test_bad_images_are_refused_with_a_sentence():
    judge = Judge().eval()
    with pytest.raises(ShapeError, match=r"\[N, 1, 28, 28\]"):
        judge(torch.zeros(2, 3, 28, 28))
    with pytest.raises(RangeError, match=r"x / 127.5 - 1"):
        judge(torch.full((2, 1, 28, 28), 255.0))
    with pytest.raises(DtypeError, match="floating point"):
        judge_images(judge, torch.zeros(2, 1, 28, 28, dtype=torch.uint8))
    with pytest.raises(RangeError, match="at least 2"):
        Judge(classes=1)
