"""What the base class does by itself; the families are held to it in tests/contract."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aigc_teach.core import (
    AigcError,
    ChoiceError,
    DtypeError,
    GenerativeModel,
    Loss,
    RangeError,
    make_generator,
    seed_everything,
)


class Steps(GenerativeModel):
    """A sampler of `n_stages` stages, each a constant."""

    def __init__(self, n_stages):
        super().__init__()
        self.scale, self.dropout, self.n_stages = nn.Linear(1, 1), nn.Dropout(), n_stages

    def loss(self, batch, player="model", *, generator=None):
        return Loss(self.scale(batch).mean(), {})

    def trajectory(self, n, *, condition=None, generator=None):
        for stage in range(self.n_stages):
            assert not self.training and not torch.is_grad_enabled()
            yield torch.full((n, 1), float(stage))


def test_sample_is_the_last_stage():
    assert Steps(4).sample(2).tolist() == [[3.0], [3.0]]


def test_a_trajectory_without_stages_is_an_error_and_the_mode_is_restored():
    model = Steps(0).train()
    model.dropout.eval()
    with pytest.raises(AigcError, match="Steps.trajectory yielded nothing"):
        model.sample(1)
    assert model.training and not model.dropout.training


def test_player_parameters():
    model = Steps(1)
    assert len(model.player_parameters("model")) == 2
    with pytest.raises(ChoiceError, match="Choose one of: 'model'"):
        model.player_parameters("critic")


def test_a_model_without_the_verbs_cannot_be_built():
    class Half(GenerativeModel):
        def loss(self, batch, player="model", *, generator=None):
            return None

    with pytest.raises(TypeError, match="trajectory"):
        Half()


def test_seeds():
    seed_everything(5)
    first = torch.rand(3)
    seed_everything(5)
    assert torch.equal(first, torch.rand(3))
    with pytest.raises(RangeError, match="seed=-1"):
        make_generator(-1)
    with pytest.raises(DtypeError, match="seed=1.5"):
        seed_everything(1.5)
