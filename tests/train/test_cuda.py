"""The training loop on a GPU: what is promised on a CPU holds there, too."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import choose_machine, make_generator
from aigc_teach.data import Batches, digits
from aigc_teach.models import DCGAN
from aigc_teach.train import EMA, Checkpoint, TrainConfig, fit

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA here"),
]
CONFIG = {"lr": 0.01, "seed": 3, "schedule": "constant"}


@pytest.fixture
def gpu():
    return choose_machine("cuda")


def train(toys, gpu, steps=20, resume=None, callbacks=()):
    model, config = toys.ToyGame(), TrainConfig(steps=steps, **CONFIG)
    plain = {"resume": resume, "callbacks": callbacks, "machine": gpu}
    return model, fit(model, toys.batches(), config, **plain)


def test_a_training_is_repeatable_bit_for_bit(toys, gpu, same):
    one, other = (train(toys, gpu)[0] for _ in range(2))
    assert one.device.type == "cuda"
    same(one, other)


def test_convolutions_are_repeatable_bit_for_bit(gpu, same):
    def dcgan():
        torch.manual_seed(0)
        model, batches = DCGAN(width=8), Batches(digits("train").x[:512], batch_size=64)
        fit(model, batches, TrainConfig(steps=30, seed=1), machine=gpu)
        return model

    one, other = dcgan(), dcgan()
    same(one, other)
    first, second = (m.sample(9, generator=make_generator(5, m.device)) for m in (one, other))
    assert torch.equal(first, second)


def test_a_checkpoint_goes_on_where_it_was_written(toys, gpu, same, tmp_path):
    whole, _ = train(toys, gpu)
    file = tmp_path / "game"
    train(toys, gpu, steps=12, callbacks=[Checkpoint(file, every=4)])
    same(whole, train(toys, gpu, resume=file)[0])


def test_a_checkpoint_of_the_gpu_is_read_on_the_cpu(toys, gpu, tmp_path):
    model, _ = train(toys, gpu, callbacks=[Checkpoint(tmp_path / "game", every=5)])
    twin = toys.ToyGame()
    config, file = TrainConfig(steps=20, **CONFIG), tmp_path / "game"
    run = fit(twin, toys.batches(), config, resume=file, machine=toys.cpu)
    assert run.step == 20 and twin.device.type == "cpu"
    assert torch.equal(toys.weights_of(twin), toys.weights_of(model).cpu())


def test_the_average_lives_where_the_model_does(toys, gpu):
    average = EMA(0.9)
    train(toys, gpu, callbacks=[average])
    assert average.model.device.type == "cuda" and average.model.sample(3).isfinite().all()
