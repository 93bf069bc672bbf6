"""Experiments for the cases of :mod:`aigc_teach.clinic.lies`: ``Patient -> str`` each.

Each measures something on a finished training, or trains again with one thing changed, and says
what came out in one sentence. None knows which case it looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from ....core import make_generator
from ....metrics import nearest_distance
from ....train import History
from ..common.case import Patient, admit

MANY = 256


def late(history: History, name: str) -> float:
    """The mean of a series over its last eighth."""
    series = history[name]
    return float(series[-max(1, len(series) // 8) :].mean())


def spread(x: Tensor) -> float:
    """Mean distance of two different items."""
    return torch.pdist(x.detach().flatten(1)).mean().item()


def real_pictures(patient: Patient) -> Tensor:
    """Training pictures in [-1, 1]: ``[256, 1, 28, 28]`` at most."""
    return 2 * patient.pixels[:MANY] - 1


def distance(patient: Patient) -> float:
    """Mean distance of a sample to the nearest training picture, in pixels of [-1, 1]."""
    pictures, train = patient.pictures(MANY), 2 * patient.pixels - 1
    return nearest_distance(pictures, train).mean().item()


def beliefs(patient: Patient) -> str:
    """Who is ahead."""
    real, fake = (late(patient.history, f"critic.{kind}") for kind in ("real", "fake"))
    return (
        f"At the end its answers, taken for logits, mean: real data are real with probability "
        f"{real:.3f}, generated data with {fake:.3f}."
    )


def slopes(patient: Patient, answer: float) -> tuple[float, float]:
    """Slope of the critic's loss by an answer to real and to generated data."""
    real, fake = (torch.full((64, 1), answer, requires_grad=True) for _ in range(2))
    loss = patient.plan.critic_loss(real, fake)
    return tuple(64 * g.mean().item() for g in torch.autograd.grad(loss, (real, fake)))


def tug(patient: Patient) -> str:
    """Which way its loss pulls the critic's answers."""
    said = []
    for answer in (0.1, 0.9):
        real, fake = slopes(patient, answer)
        said.append(f"where all answers are {answer}: {real:+.2f} and {fake:+.2f}")
    return f"Slope of its loss by an answer to real and to generated data, {'; '.join(said)}."


def right_answers(patient: Patient) -> str:
    """What the critic's loss says where its value is known."""
    one, zero, half = (torch.full((64, 1), value) for value in (1.0, 0.0, 0.5))
    right, lazy = patient.plan.critic_loss(one, zero), patient.plan.critic_loss(half, half)
    return (
        f"If it answered 1 to all real and 0 to all generated data, this loss would be "
        f"{right:.3f}; if it answered 1/2 to everything, {lazy:.3f}."
    )


def answers_reach(patient: Patient) -> str:
    """Which answers the critic can give at all."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = patient.plan.critic().eval()
        nets = untrained, patient.model.critic
        told = [torch.cat([net(k * patient.batch) for k in (1, 1e3, -1e3)]) for net in nets]
    return (
        "Shown real data, the same a thousand times larger, and those negated, it answers between "
        f"{told[0].min():.3g} and {told[0].max():.3g} before training, between "
        f"{told[1].min():.3g} and {told[1].max():.3g} after it."
    )


def unrest(patient: Patient) -> str:
    """How much the losses still move."""
    series = patient.history["critic.total"]
    tail = series[-max(2, len(series) // 8) :]
    return (
        f"Over the last {len(tail)} steps the discriminator's loss has mean {tail.mean():.4f} and "
        f"standard deviation {tail.std():.1e}."
    )


def push(patient: Patient) -> str:
    """How long the gradients are."""
    said = []
    for player in ("critic", "generator"):
        total = patient.model.loss(patient.batch, player, generator=make_generator(0)).total
        weights = list(patient.model.player_parameters(player))
        parts = torch.autograd.grad(total, weights, allow_unused=True)
        square = sum(part.square().sum().item() for part in parts if part is not None)
        said.append((square / sum(w.numel() for w in weights)) ** 0.5)
    return (
        f"Root mean square of the gradient by a weight: {said[0]:.1e} in the discriminator's turn, "
        f"{said[1]:.1e} in the other's."
    )


def ranges(patient: Patient) -> str:
    """Where data and samples lie."""
    samples = patient.model.sample(MANY, generator=make_generator(0))
    (low, high), (bottom, top) = patient.batch.aminmax(), samples.aminmax()
    return (
        f"What the discriminator is shown as real lies in [{low:.2f}, {high:.2f}]; what it is "
        f"shown as generated, in [{bottom:.2f}, {top:.2f}]."
    )


def likeness(patient: Patient) -> str:
    """How different the samples are among themselves."""
    ratio = spread(patient.pictures(MANY)) / spread(real_pictures(patient))
    return f"Two samples are {ratio:.2f} times as far apart as two real digits, on average."


def fresh(patient: Patient) -> str:
    """Whether the noise is new at every call."""
    random = make_generator(0)
    one, other = (patient.plan.noise(64, random) for _ in range(2))
    return f"Two calls give noise that differs by {(one - other).abs().mean():.2f} on average."


def last_layer(patient: Patient, z: Tensor) -> Tensor:
    """What leaves the last linear layer, before it is squashed: ``[N, 784]``."""
    net, seen = patient.model.generator, []
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    hook = last.register_forward_hook(lambda module, asked, told: seen.append(told))
    try:
        with torch.no_grad():
            net(z)
    finally:
        hook.remove()
    return seen[0]


def superposition(patient: Patient) -> str:
    """Whether what leaves the last layer is a straight function of the noise."""
    random = make_generator(0)
    a, b = (patient.plan.noise(64, random) for _ in range(2))
    out = [last_layer(patient, z) for z in (a + b, a, b, torch.zeros_like(a))]
    off = (out[0] - out[1] - out[2] + out[3]).norm() / (out[0] - out[3]).norm()
    return (
        f"With h the output of the last layer, h(a + b) - h(0) and the sum of h(a) - h(0) and "
        f"h(b) - h(0) differ by {off:.1e} of their size."
    )


def directions(patient: Patient) -> str:
    """In how many independent directions the pictures move before they are squashed."""
    h = last_layer(patient, patient.plan.noise(1000, make_generator(0)))
    power = torch.linalg.svdvals(h - h.mean(0)).square()
    count = int((power > 1e-8 * power.sum()).sum())
    return f"Over 1000 noises, what leaves the last layer moves in {count} independent directions."


def again(words: str, steps: float = 1.0, **pieces) -> Callable[[Patient], str]:
    """An experiment: train again with other pieces, and say what came out."""

    def experiment(patient: Patient) -> str:
        plan = replace(patient.plan, **pieces)
        other = admit(
            plan, patient.pixels, steps=max(1, round(steps * patient.steps)), seed=patient.seed
        )
        names = [name for name in other.history.names if name.endswith("total")]
        losses = ", ".join(f"{late(other.history, name):.4g}" for name in names)
        return (
            f"{words}: final loss {losses}; a sample lies {distance(other):.1f} from the nearest "
            f"training picture (before: {distance(patient):.1f})."
        )

    return experiment


def terms(patient: Patient) -> str:
    """The two parts of a VAE's loss."""
    parts = [late(patient.history, name) for name in ("reconstruction", "kl")]
    return f"At the end the picture's term is {parts[0]:.4g} and the code's term {parts[1]:.4g}."


def unit(patient: Patient) -> str:
    """What the picture's term says where its value is known."""
    x = patient.batch[:1].round()
    told = patient.plan.reconstruction(torch.zeros_like(x), x).item()
    return (
        f"A decoder that says 'one half' for every one of {x.numel()} pixels must pay "
        f"{x.numel()} ln 2 = {x.numel() * 0.693147:.1f} nats; this term says {told:.3f}."
    )


def price(patient: Patient) -> str:
    """What the code's term says beside an estimate from random draws."""
    q = torch.distributions.Normal(0.7, 0.6)
    p = torch.distributions.Normal(0.0, 1.0)
    z = 0.7 + 0.6 * torch.randn(100_000, generator=make_generator(0))
    chance = (q.log_prob(z) - p.log_prob(z)).mean()
    mu, sigma = torch.tensor([[0.7]]), torch.tensor([[0.6]])
    told = patient.plan.kl(mu, 2 * sigma.log()).item()
    return (
        f"For one code with mu = 0.7 and sigma = 0.6 the code's term is {told:.3f}; the mean of "
        f"log q/p over 100,000 draws is {chance:.3f}."
    )


def codes(patient: Patient) -> str:
    """Where the codes are."""
    with torch.no_grad():
        mu, logvar = patient.model.encode(patient.batch)
    return (
        f"Over the data a mean code varies with standard deviation {mu.std(0).mean():.3g}, and a "
        f"cloud's log variance is {logvar.mean():.3g} on average (0 and 0 would be the prior)."
    )


def clouds(patient: Patient) -> str:
    """Whether codes are drawn, and as wide as they should be."""
    zero = torch.zeros(4000, 8)
    drawn = patient.plan.draw(zero, zero, make_generator(0))
    return f"Codes drawn for mu = 0 and log variance 0 have standard deviation {drawn.std():.2f}."


def heard(patient: Patient) -> str:
    """How much the decoder makes of a code."""
    with torch.no_grad():
        z = torch.randn(MANY, 8, generator=make_generator(0))
        made = spread(patient.model.decode(z))
    ratio = made / spread(patient.pixels[:MANY])
    return f"Two decoded random codes are {ratio:.2f} times as far apart as two real digits."
