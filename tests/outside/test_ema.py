"""The running average of the weights against PyTorch's own AveragedModel.

Ours begins with a smaller decay, (1 + t) / (10 + t), which PyTorch takes as a function of one's
own; from the step at which that exceeds the decay (or with a decay below 2 / 11) both are plain.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach import train
from aigc_teach.core import make_generator
from aigc_teach.data import Batches
from aigc_teach.models import DCGAN


class Compare(train.Callback):
    """After each step: PyTorch's average takes in the weights, and both averages are kept."""

    def __init__(self, ours, theirs):
        self.ours, self.theirs, self.averages, self.farthest = ours, theirs, [], 0.0

    def on_step(self, run):
        self.theirs.update_parameters(run.model)
        pair = values(self.ours.model), values(self.theirs.module)
        self.averages.append(pair)
        self.farthest = max(self.farthest, abs(values(run.model) - pair[0]).max())


def values(model: torch.nn.Module):
    """All weights and all buffers (batch norm's running statistics), one after another."""
    return torch.cat([t.detach().flatten().float() for t in model.state_dict().values()]).numpy()


def averages(decay: float, steps: int, make_theirs):
    """Our average and theirs after each step of a short training of a small DCGAN."""
    torch.manual_seed(0)
    model = DCGAN(width=2)
    ours, theirs = train.EMA(decay), make_theirs(model)
    theirs.update_parameters(model)  # the first call copies the weights that nobody trained
    x = torch.rand(32, 1, 28, 28, generator=make_generator(0)) * 2 - 1
    compare = Compare(ours, theirs)
    config = train.TrainConfig(steps, lr=0.01)
    train.fit(model, Batches(x, batch_size=8), config, callbacks=[ours, compare])
    assert compare.farthest > 1e-3, "the average is the weights themselves: nothing is compared"
    return compare.averages


@pytest.mark.parametrize("decay", [0.1, 0.18])
def test_a_plain_average(truth, agree, decay):
    def theirs(model):
        rule = truth.optim.swa_utils.get_ema_multi_avg_fn(decay)
        return truth.optim.swa_utils.AveragedModel(model, multi_avg_fn=rule)

    for mine, other in averages(decay, 15, theirs):
        agree(mine, other)


def test_the_shorter_memory_of_the_first_steps(truth, agree):
    """The decay is reached at step 80."""

    def step(average, weight, t):  # t counts their calls: 1 for the first trained weights
        d = min(0.9, (1 + int(t)) / (10 + int(t)))
        return d * average + (1 - d) * weight

    def theirs(model):
        return truth.optim.swa_utils.AveragedModel(model, avg_fn=step)

    for mine, other in averages(0.9, 90, theirs):
        agree(mine, other)
