"""Experiments on trainings that run and lie: ``FinishedTraining -> str`` each.

Each measures something on a finished training, or trains again with one thing changed, and says
what came out in one sentence. None knows which case it looks at.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ....core import make_generator
from ....metrics import nearest_distance
from ..common.training import FinishedTraining


def mean_pair_distance(x: Tensor) -> float:
    """Mean distance of two different items."""
    return torch.pdist(x.detach().flatten(1)).mean().item()


def real_pictures(training: FinishedTraining) -> Tensor:
    """Training pictures in [-1, 1]: ``[256, 1, 28, 28]`` at most."""
    return 2 * training.pixels[:256] - 1


def digit_distance(training: FinishedTraining) -> float:
    """Mean distance of a sample to the nearest training picture, in pixels of [-1, 1]."""
    pictures, train = training.pictures(256), 2 * training.pixels - 1
    return nearest_distance(pictures, train).mean().item()


def critic_probabilities(training: FinishedTraining) -> str:
    """Who is ahead."""
    real, fake = training.late("critic.real"), training.late("critic.fake")
    return (
        f"At the end its answers, taken for logits, mean: real data are real with probability "
        f"{real:.3f}, generated data with {fake:.3f}."
    )


def loss_slopes(training: FinishedTraining, answer: float) -> tuple[float, float]:
    """Slope of the critic's loss by an answer to real and to generated data."""
    real, fake = (torch.full((64, 1), answer, requires_grad=True) for _ in range(2))
    loss = training.plan.critic_loss(real, fake)
    return tuple(64 * g.mean().item() for g in torch.autograd.grad(loss, (real, fake)))


def loss_slopes_by_answer(training: FinishedTraining) -> str:
    """Which way its loss pulls the critic's answers."""
    parts = []
    for answer in (0.1, 0.9):
        real, fake = loss_slopes(training, answer)
        parts.append(f"where all answers are {answer}: {real:+.2f} and {fake:+.2f}")
    return f"Slope of its loss by an answer to real and to generated data, {'; '.join(parts)}."


def loss_of_known_answers(training: FinishedTraining) -> str:
    """What the critic's loss says where its value is known."""
    one, zero, half = (torch.full((64, 1), value) for value in (1.0, 0.0, 0.5))
    right, undecided = training.plan.critic_loss(one, zero), training.plan.critic_loss(half, half)
    return (
        f"If it answered 1 to all real and 0 to all generated data, this loss would be "
        f"{right:.3f}; if it answered 1/2 to everything, {undecided:.3f}."
    )


def answer_range(training: FinishedTraining) -> str:
    """Which answers the critic can give at all."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = training.plan.critic().eval()
        nets = untrained, training.model.critic
        found = [torch.cat([net(k * training.batch) for k in (1, 1e3, -1e3)]) for net in nets]
    return (
        "Shown real data, the same a thousand times larger, and those negated, it answers between "
        f"{found[0].min():.3g} and {found[0].max():.3g} before training, between "
        f"{found[1].min():.3g} and {found[1].max():.3g} after it."
    )


def loss_variation(training: FinishedTraining) -> str:
    """How much the losses still move."""
    tail = training.history["critic.total"][-50:]
    return (
        f"Over the last {len(tail)} steps the discriminator's loss has mean {tail.mean():.4f} and "
        f"standard deviation {tail.std():.1e}."
    )


def data_and_sample_ranges(training: FinishedTraining) -> str:
    """Where data and samples lie."""
    samples = training.model.sample(256, generator=make_generator(0))
    (low, high), (bottom, top) = training.batch.aminmax(), samples.aminmax()
    return (
        f"What the discriminator is shown as real lies in [{low:.2f}, {high:.2f}]; what it is "
        f"shown as generated, in [{bottom:.2f}, {top:.2f}]."
    )


def sample_diversity(training: FinishedTraining) -> str:
    """How different the samples are among themselves."""
    ratio = mean_pair_distance(training.pictures(256)) / mean_pair_distance(real_pictures(training))
    return f"Two samples are {ratio:.2f} times as far apart as two real digits, on average."


def noise_change(training: FinishedTraining) -> str:
    """Whether the noise is new at every call."""
    random = make_generator(0)
    one, other = (training.plan.noise(64, random) for _ in range(2))
    return f"Two calls give noise that differs by {(one - other).abs().mean():.2f} on average."


def last_layer(training: FinishedTraining, z: Tensor) -> Tensor:
    """What leaves the last linear layer, before it is squashed: ``[N, 784]``."""
    net, seen = training.model.generator, []
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    hook = last.register_forward_hook(lambda module, x, out: seen.append(out))
    try:
        with torch.no_grad():
            net(z)
    finally:
        hook.remove()
    return seen[0]


def deviation_from_linearity(training: FinishedTraining) -> str:
    """Whether what leaves the last layer is a straight function of the noise."""
    random = make_generator(0)
    a, b = (training.plan.noise(64, random) for _ in range(2))
    out = [last_layer(training, z) for z in (a + b, a, b, torch.zeros_like(a))]
    off = (out[0] - out[1] - out[2] + out[3]).norm() / (out[0] - out[3]).norm()
    return (
        f"With h the output of the last layer, h(a + b) - h(0) and the sum of h(a) - h(0) and "
        f"h(b) - h(0) differ by {off:.1e} of their size."
    )


def independent_directions(training: FinishedTraining) -> str:
    """In how many independent directions the pictures move before they are squashed."""
    h = last_layer(training, training.plan.noise(1000, make_generator(0)))
    power = torch.linalg.svdvals(h - h.mean(0)).square()
    count = int((power > 1e-8 * power.sum()).sum())
    return f"Over 1000 noises, what leaves the last layer moves in {count} independent directions."


def _trained_again(words: str, before: FinishedTraining, after: FinishedTraining) -> str:
    names = [name for name in after.history.names if name.endswith("total")]
    losses = ", ".join(f"{after.late(name):.4g}" for name in names)
    return (
        f"{words}: final loss {losses}; a sample lies {digit_distance(after):.1f} from the "
        f"nearest training picture (before: {digit_distance(before):.1f})."
    )


def with_tenth_of_rate(training: FinishedTraining) -> str:
    """Train again, more slowly."""
    after = training.train_again(lr=training.plan.lr / 10)
    return _trained_again("Trained again at a tenth of the rate", training, after)


def with_twice_the_steps(training: FinishedTraining) -> str:
    """Train again, for longer."""
    after = training.train_again(steps=2 * training.steps)
    return _trained_again("Trained twice as long", training, after)


def with_small_critic(training: FinishedTraining) -> str:
    """Train again, against a weaker opponent."""

    def small():
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))

    after = training.train_again(critic=small)
    return _trained_again("With a discriminator of eight hidden units", training, after)


def reconstruction_unit(training: FinishedTraining) -> str:
    """What the picture's term says where its value is known."""
    x = training.batch[:1].round()
    found = training.plan.reconstruction(torch.zeros_like(x), x).item()
    return (
        f"A decoder that says 'one half' for every one of {x.numel()} pixels must pay "
        f"{x.numel()} ln 2 = {x.numel() * 0.693147:.1f} nats; this term says {found:.3f}."
    )


def kl_beside_estimate(training: FinishedTraining) -> str:
    """What the code's term says beside an estimate from random draws."""
    q = torch.distributions.Normal(0.7, 0.6)
    p = torch.distributions.Normal(0.0, 1.0)
    z = 0.7 + 0.6 * torch.randn(100_000, generator=make_generator(0))
    chance = (q.log_prob(z) - p.log_prob(z)).mean()
    mu, sigma = torch.tensor([[0.7]]), torch.tensor([[0.6]])
    found = training.plan.kl(mu, 2 * sigma.log()).item()
    return (
        f"For one code with mu = 0.7 and sigma = 0.6 the code's term is {found:.3f}; the mean of "
        f"log q/p over 100,000 draws is {chance:.3f}."
    )


def code_spread(training: FinishedTraining) -> str:
    """Whether codes are drawn, and as wide as they should be."""
    zero = torch.zeros(4000, training.plan.latent_size)
    drawn = training.plan.draw(zero, zero, make_generator(0))
    return f"Codes drawn for mu = 0 and log variance 0 have standard deviation {drawn.std():.2f}."


EXPERIMENTS = {
    "at_equilibrium": loss_variation,
    "broadcast_labels": loss_of_known_answers,
    "codes_not_random": code_spread,
    "critic_has_won": critic_probabilities,
    "critic_too_strong": with_small_critic,
    "different_ranges": data_and_sample_ranges,
    "different_units": reconstruction_unit,
    "double_sigmoid": answer_range,
    "learning_rate": with_tenth_of_rate,
    "linear_generator": deviation_from_linearity,
    "mode_collapse": sample_diversity,
    "narrow_last_layer": independent_directions,
    "reused_noise": noise_change,
    "same_label": loss_slopes_by_answer,
    "too_few_steps": with_twice_the_steps,
    "wrong_kl": kl_beside_estimate,
}
"""How each suspicion is looked into, by the name of the hypothesis."""
