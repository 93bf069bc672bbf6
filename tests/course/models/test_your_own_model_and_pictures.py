"""The lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import itertools
import math

import torch
from torch import nn

from aigc_teach.core import GenerativeModel, Loss, check_choice, refuse_condition
from aigc_teach.nn import standard_normal
from course.answers import Answers

LESSON = "models/your_own_model_and_pictures"


def lay(x, g):
    return x[:, 3:] * (2 * x[:, :3] - 1) + (1 - x[:, 3:]) * g


def endless(loader):
    while True:
        yield from loader


def once(loader):
    yield from loader


def frozen(loader):
    kept = list(loader)
    while True:
        yield from kept


def first_only(loader):
    while True:
        yield next(iter(loader))


def three_epochs_and_a_bit(loader):
    for _ in range(2):
        yield from loader


def backwards(loader):
    while True:
        yield from reversed([*loader])


def wasteful(loader):
    while True:
        list(loader)
        yield from loader


def doubled(loader):
    while True:
        for batch in loader:
            yield batch
            yield batch


def by_next(loader):
    walk = iter(loader)
    while True:
        yield next(walk)


def by_number(loader):
    while True:
        for k in range(len(loader)):
            yield loader[k]


def whole_epochs(loader):
    while True:
        yield list(loader)


class Cloud(GenerativeModel):
    """The right answer; each wrong one changes one method."""

    def __init__(self):
        super().__init__()
        self.mean, self.logvar = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))

    def nats(self, x):
        return 0.5 * (
            (x - self.mean) ** 2 / self.logvar.exp() + self.logvar + math.log(2 * math.pi)
        )

    def loss(self, batch, player="model", *, generator=None):
        check_choice("player", player, self.players)
        return Loss(self.nats(batch).sum(1).mean(), {})

    def trajectory(self, n, *, condition=None, generator=None):
        refuse_condition(self, condition)
        yield self.place(standard_normal(n, 2, like=self.mean, generator=generator))

    def place(self, eps):
        return self.mean + (0.5 * self.logvar).exp() * eps


def cloud(**methods):
    return type("Cloud", (Cloud,), methods)


def scored(total):
    """A Cloud whose loss is another."""

    def loss(self, batch, player="model", *, generator=None):
        check_choice("player", player, self.players)
        return Loss(total(self, batch), {})

    return cloud(loss=loss)


def drawn(eps, refuse=True):
    """A Cloud whose samples come from other noise."""

    def trajectory(self, n, *, condition=None, generator=None):
        if refuse:
            refuse_condition(self, condition)
        yield self.place(eps(self, n, generator))

    return cloud(trajectory=trajectory)


def squares(model, x):
    return (x - model.mean) ** 2


def nothing_beside(self, batch, player="model", *, generator=None):
    return Loss(self.nats(batch).sum(1).mean(), None)


def noise(self, n, generator):
    return standard_normal(n, 2, like=self.mean, generator=generator)


class NoModel(nn.Module):
    def loss(self, batch):
        return 1.0


def wider():
    model = Cloud()
    model.logvar.data += 1
    return model


class ByDistributions(Cloud):
    def loss(self, batch, player="model", *, generator=None):
        check_choice("player", player, self.players)
        density = torch.distributions.Normal(self.mean, (self.logvar / 2).exp(), False)
        return Loss(-density.log_prob(batch).sum(1).mean(), {})


def log_likelihood(self, x):
    return -self.nats(x).sum(1).mean()


RIGHT = {
    f"{LESSON}/lay": [
        lay,
        lambda x, g: torch.lerp(torch.full_like(x[:, :3], g), 2 * x[:, :3] - 1, x[:, 3:]),
    ],
    f"{LESSON}/endless": [
        endless,
        lambda loader: itertools.chain.from_iterable(loader for _ in itertools.count()),
    ],
    f"{LESSON}/cloud": [Cloud, ByDistributions],
}
WRONG = [
    (f"{LESSON}/lay", lambda x, g: x[:, 3:] * x[:, :3] + (1 - x[:, 3:]) * g, "still in [0, 1]"),
    (f"{LESSON}/lay", lambda x, g: lay(torch.cat([x[:, :3], 2 * x[:, 3:] - 1], 1), g), "a share"),
    (f"{LESSON}/lay", lambda x, g: lay(x, 2 * g - 1), "given in [-1, 1] already"),
    (f"{LESSON}/lay", lambda x, g: 2 * x[:, :3] - 1, "left alpha out"),
    (f"{LESSON}/lay", lambda x, g: lay(x, 0.0), "middle grey"),
    (f"{LESSON}/lay", lambda x, g: lay(x, -1.0), "forgets the ground"),
    (f"{LESSON}/lay", lambda x, g: lay(torch.cat([x[:, :3], 1 - x[:, 3:]], 1), g), "swapped"),
    (f"{LESSON}/lay", lambda x, g: lay(x, 0.0) + g, "whole ground"),
    (f"{LESSON}/lay", lambda x, g: lay(x, g)[:, :1], "shape"),
    (
        f"{LESSON}/lay",
        lambda x, g: x[:, 3:] * (x[:, :3] / 127.5 - 1) + (1 - x[:, 3:]) * g,
        "not in bytes",
    ),
    (f"{LESSON}/lay", lambda x, g: 2 * x[:, :3] - 1 + (1 - x[:, 3:]) * g, "by alpha"),
    (
        f"{LESSON}/lay",
        lambda x, g: lay(torch.cat([x[:, :3], (x[:, 3:] > 0.5).float()], 1), g),
        "yes or no",
    ),
    (f"{LESSON}/lay", lambda x, g: lay(x, g).clamp(0, 1), "leave the clamp out"),
    (f"{LESSON}/lay", lambda x, g: lay(x, 1.0), "whatever `ground` says"),
    (f"{LESSON}/lay", lambda x, g: lay(x.roll(-1, 1), g), "Alpha is the last channel"),
    (f"{LESSON}/endless", once, "ends after one epoch"),
    (f"{LESSON}/endless", frozen, "frozen"),
    (f"{LESSON}/endless", first_only, "the others never come"),
    (f"{LESSON}/endless", three_epochs_and_a_bit, "it never should"),
    (f"{LESSON}/endless", wasteful, "begun and not given"),
    (f"{LESSON}/endless", backwards, "the loader's own order"),
    (f"{LESSON}/endless", doubled, "Some came twice"),
    (f"{LESSON}/endless", by_next, "begin the loader with a `for`"),
    (f"{LESSON}/endless", by_number, "no numbered places"),
    (f"{LESSON}/endless", lambda loader: next(iter(loader)), "You returned one batch"),
    (f"{LESSON}/endless", whole_epochs, "gave a list"),
    (f"{LESSON}/endless", lambda loader: iter(loader).no_such_thing, "stopped with"),
    (f"{LESSON}/endless", lambda loader: 3, "not iterable"),
    (f"{LESSON}/cloud", Cloud(), "the class itself"),
    (f"{LESSON}/cloud", NoModel, "must be a GenerativeModel"),
    (f"{LESSON}/cloud", wider, "Leave __init__"),
    (f"{LESSON}/cloud", scored(log_likelihood), "The sign is wrong"),
    (f"{LESSON}/cloud", scored(lambda m, x: m.nats(x).mean()), "averaged over both"),
    (f"{LESSON}/cloud", scored(lambda m, x: m.nats(x).sum()), "added over both"),
    (f"{LESSON}/cloud", scored(lambda m, x: 2 * m.nats(x).sum(1).mean()), "1/2 is missing"),
    (
        f"{LESSON}/cloud",
        scored(lambda m, x: m.nats(x).sum(1).mean() - math.log(2 * math.pi)),
        "no density",
    ),
    (
        f"{LESSON}/cloud",
        scored(lambda m, x: m.nats(x).sum(1).mean() - 0.5 * m.logvar.sum()),
        "cost nothing",
    ),
    (
        f"{LESSON}/cloud",
        scored(
            lambda m, x: (
                (0.5 * ((x - m.mean) ** 2 / m.logvar + m.logvar + math.log(2 * math.pi)))
                .sum(1)
                .mean()
            )
        ),
        "divide by exp(logvar)",
    ),
    (
        f"{LESSON}/cloud",
        scored(lambda m, x: m.nats(x).sum(1).mean().detach()),
        "computed from mean",
    ),
    (
        f"{LESSON}/cloud",
        scored(
            lambda m, x: (
                m.nats(x).sum(1).mean() + 0 * m.mean.sum() - m.mean.sum() + m.mean.sum().data
            )
        ),
        "gradient for mean",
    ),
    (
        f"{LESSON}/cloud",
        cloud(loss=lambda self, batch, player="model", *, generator=None: self.nats(batch).mean()),
        "return Loss",
    ),
    (
        f"{LESSON}/cloud",
        cloud(
            loss=lambda self, batch, player="model", *, generator=None: Loss(
                self.nats(batch).sum(1).mean(), {}
            )
        ),
        "check_choice",
    ),
    (f"{LESSON}/cloud", drawn(noise, refuse=False), "refuse_condition"),
    (
        f"{LESSON}/cloud",
        drawn(lambda m, n, g: torch.randn(n, 2, device=m.device)),
        "hand `generator`",
    ),
    (
        f"{LESSON}/cloud",
        drawn(lambda m, n, g: torch.zeros(n, 2, device=m.device)),
        "nothing drawn",
    ),
    (f"{LESSON}/cloud", drawn(lambda m, n, g: noise(m, 2 * n, g)), "it should be [3, 2]"),
    (
        f"{LESSON}/cloud",
        cloud(place=lambda self, eps: self.mean + self.logvar.exp() * eps),
        "its root is meant",
    ),
    (f"{LESSON}/cloud", cloud(place=lambda self, eps: self.mean + eps), "scale the noise"),
    (
        f"{LESSON}/cloud",
        cloud(place=lambda self, eps: (0.5 * self.logvar).exp() * eps),
        "add the mean",
    ),
    (f"{LESSON}/cloud", cloud(place=lambda self, eps: 0.2 + self.mean + eps), "The mean of 20,000"),
    (
        f"{LESSON}/cloud",
        cloud(place=lambda self, eps: self.mean + self.logvar * eps),
        "spread is logvar itself",
    ),
    (f"{LESSON}/cloud", drawn(lambda m, n, g: noise(m, n, g)[:, :1].expand(n, 2)), "hang together"),
    (
        f"{LESSON}/cloud",
        cloud(trajectory=lambda self, n, *, condition=None, generator=None: noise(self, n, None)),
        "returns a tensor: `yield` it",
    ),
    (f"{LESSON}/cloud", cloud(place=lambda self, eps: eps.numpy()), "yields a ndarray"),
    (f"{LESSON}/cloud", cloud(loss=nothing_beside), "a dict of named numbers"),
    (f"{LESSON}/cloud", scored(lambda m, x: squares(m, x).sum(1).mean()), "squared error alone"),
    (f"{LESSON}/cloud", scored(lambda m, x: squares(m, x).sum(1).mean() / 2), "half the squared"),
    (
        f"{LESSON}/cloud",
        scored(lambda m, x: m.nats(x).sum(1).mean() - math.log(2)),
        "you have log(pi)",
    ),
    (
        f"{LESSON}/cloud",
        scored(
            lambda m, x: (
                (0.5 * squares(m, x) / m.logvar.exp() ** 2 + m.logvar + 0.5 * math.log(2 * math.pi))
                .sum(1)
                .mean()
            )
        ),
        "took it for the deviation",
    ),
    (
        f"{LESSON}/cloud",
        scored(lambda m, x: -0.5 * (1 + m.logvar - m.mean**2 - m.logvar.exp()).sum()),
        "KL divergence",
    ),
    (
        f"{LESSON}/cloud",
        scored(lambda m, x: (m.nats(x) + m.logvar.log()).sum(1).mean()),
        "take no log",
    ),
]


class Untouched(GenerativeModel):
    """The stub of the last exercise."""

    def __init__(self):
        super().__init__()
        self.mean, self.logvar = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))

    def loss(self, batch, player="model", *, generator=None):
        return None

    def trajectory(self, n, *, condition=None, generator=None):
        return None


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG

    def stub(self, name):
        return Untouched if name.endswith("cloud") else super().stub(name)
