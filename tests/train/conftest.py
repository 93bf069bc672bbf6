"""Small models to train: a Gaussian fitted to points, and a game of two players in the plane."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from aigc_teach.core import GenerativeModel, Loss, Machine, make_generator
from aigc_teach.data import Batches


class GaussianFit(GenerativeModel):
    """Mean and log spread of points in the plane, fitted by maximum likelihood."""

    def __init__(self, seed=0):
        super().__init__()
        self.mean = nn.Parameter(torch.randn(2, generator=make_generator(seed)))
        self.log_sigma = nn.Parameter(torch.zeros(2))

    def loss(self, batch, player="model", *, generator=None):
        noise = 0.01 * torch.randn(batch.shape, generator=generator, device=batch.device)
        z = (batch + noise - self.mean) / self.log_sigma.exp()  # [N, 2]
        nll = (0.5 * z**2 + self.log_sigma).sum(1).mean()
        return Loss(nll, {"spread": self.log_sigma.detach().exp().mean()})

    def trajectory(self, n, *, condition=None, generator=None):
        noise = torch.randn(n, 2, generator=generator, device=self.device)
        yield self.mean + self.log_sigma.exp() * noise


class ToyGame(GenerativeModel):
    """A GAN in the plane, with batch norm (buffers) and dropout (global randomness)."""

    players = ("critic", "generator")

    def __init__(self, seed=0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.generator = nn.Sequential(
                nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2)
            )
            self.critic = nn.Sequential(
                nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(16, 1)
            )
        self.seen = []  # (player, batch) of each turn

    def loss(self, batch, player="critic", *, generator=None):
        self.seen.append((player, batch))
        z = torch.randn(len(batch), 3, generator=generator, device=batch.device)
        fake = self.critic(self.generator(z))
        if player == "generator":
            return Loss(nn.functional.softplus(-fake).mean(), {})
        total = nn.functional.softplus(-self.critic(batch)) + nn.functional.softplus(fake)
        return Loss(total.mean(), {"real": self.critic(batch).detach().mean()})

    def trajectory(self, n, *, condition=None, generator=None):
        yield self.generator(torch.randn(n, 3, generator=generator, device=self.device))


class ConvGame(GenerativeModel):
    """One convolution to fit, for the memory layout."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 3, 3, padding=1))

    def loss(self, batch, player="model", *, generator=None):
        noise = torch.randn(batch.shape, generator=generator, device=batch.device)
        return Loss(((self.net(batch + noise) - batch) ** 2).mean(), {})

    def trajectory(self, n, *, condition=None, generator=None):
        yield self.net(torch.randn(n, 3, 8, 8, generator=generator, device=self.device))


def points(n=256, seed=0):
    """Points around (2, -1) with spread 0.5: float32 [n, 2]."""
    return torch.tensor([2.0, -1.0]) + 0.5 * torch.randn(n, 2, generator=make_generator(seed))


def weights_of(model):
    """All weights and buffers in one vector."""
    return torch.cat([w.detach().double().flatten() for w in model.state_dict().values()])


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    """The loop is tried on the CPU, since a fork loses CUDA; test_cuda.py has the rest."""
    monkeypatch.setenv("AIGC_DEVICE", "cpu")


@pytest.fixture
def toys():
    """The models, data and helpers of this folder, under one name."""
    cpu = torch.device("cpu")
    return SimpleNamespace(
        GaussianFit=GaussianFit,
        ToyGame=ToyGame,
        ConvGame=ConvGame,
        points=points,
        batches=lambda seed=0, size=32: Batches(points(), batch_size=size, seed=seed),
        images=lambda: Batches(torch.rand(64, 3, 8, 8) * 2 - 1, batch_size=16),
        weights_of=weights_of,
        cpu=Machine(cpu, "float32", False, 1, "cpu, for a test."),
        cpu_last=Machine(cpu, "float32", True, 1, "cpu in channels-last, for a test."),
    )


@pytest.fixture
def same():
    """Assert that two models are equal, bit for bit."""

    def check(one, other):
        assert torch.equal(weights_of(one), weights_of(other))

    return check


@pytest.fixture
def one_thread(monkeypatch):
    """A forked child computes with one thread, and so does what it is compared with."""
    monkeypatch.setenv("AIGC_THREADS", "1")


@pytest.fixture
def in_child():
    """Run a function in a forked process: its exit status and what it returned, as text."""

    def run(work):
        source, sink = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(sink, str(work()).encode())
                os._exit(0)
            except BaseException as error:  # it must not come back into pytest
                os.write(sink, repr(error).encode())
                os._exit(1)
        os.close(sink)
        with os.fdopen(source) as file:
            text = file.read()  # until the child is gone
        return os.waitpid(child, 0)[1], text

    return run
