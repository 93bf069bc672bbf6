"""The first GAN's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from aigc_teach.lab.judge import judge
from aigc_teach.losses import gan
from course.answers import Answers


def by_autograd(t, slopes):
    t = t.clone().requires_grad_()
    loss = gan.generator_loss(t, "least_squares")
    (gradient,) = torch.autograd.grad(loss, t)
    return -len(t) * gradient[:, None] * slopes


def shares(r, f):
    return (r > 0).float().mean(), (f <= 0).float().mean()


def balanced(r, f):
    a = sum(shares(r, f)) / 2
    return a, max(0.0, 2 * a.item() - 1)


def counted(r, f):
    a = (sum(t > 0 for t in r.tolist()) / len(r) + sum(t <= 0 for t in f.tolist()) / len(f)) / 2
    return [a, max(0, 2 * a - 1)]


def loss_of(generator, critic, z):
    return F.softplus(-critic(generator(z))).mean()


def by_inputs(generator, critic, optimizer, z):
    loss = loss_of(generator, critic, z)
    optimizer.zero_grad()
    loss.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return loss.item()


def by_clearing(generator, critic, optimizer, z):
    loss = gan.generator_loss(critic(generator(z)))
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    critic.zero_grad()
    return loss.item()


def by_freezing(generator, critic, optimizer, z):
    critic.requires_grad_(False)
    logits = critic(generator(z))
    loss = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    critic.requires_grad_(True)
    return loss.detach()


def by_grad(generator, critic, optimizer, z):
    loss = -F.logsigmoid(critic(generator(z))).mean()
    weights = list(generator.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    return loss.item()


def leaves_traces(generator, critic, optimizer, z):
    loss = loss_of(generator, critic, z)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def forgets_to_clear(generator, critic, optimizer, z):
    loss = loss_of(generator, critic, z)
    loss.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return loss.item()


def stays_frozen(generator, critic, optimizer, z):
    critic.requires_grad_(False)
    return by_clearing(generator, critic, optimizer, z)


def never_steps(generator, critic, optimizer, z):
    return loss_of(generator, critic, z).item()


def moves_the_critic(generator, critic, optimizer, z):
    loss = by_inputs(generator, critic, optimizer, z)
    with torch.no_grad():
        for weight in critic.parameters():
            weight -= 0.01
    return loss


def with_loss(function):
    def answer(generator, critic, optimizer, z):
        loss = function(critic(generator(z)))
        optimizer.zero_grad()
        loss.backward(inputs=list(generator.parameters()))
        optimizer.step()
        return loss.item()

    return answer


def detached(generator, critic, optimizer, z):
    loss = F.softplus(-critic(generator(z).detach())).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    critic.zero_grad()
    return loss.item()


def clears_late(generator, critic, optimizer, z):
    loss_of(generator, critic, z).backward()
    optimizer.zero_grad()
    optimizer.step()
    critic.zero_grad()
    return 0.0


def keeps_the_graph(generator, critic, optimizer, z):
    loss = loss_of(generator, critic, z)
    optimizer.zero_grad()
    loss.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return loss


def returns_late(generator, critic, optimizer, z):
    by_inputs(generator, critic, optimizer, z)
    return loss_of(generator, critic, z).item()


RIGHT = {
    "models/gan_mlp/push": [by_autograd, lambda t, s: s - t[:, None] * s],
    "models/gan_mlp/verdict": [balanced, counted],
    "models/gan_mlp/turn": [by_inputs, by_clearing, by_freezing, by_grad],
}


def soft(r, f):
    a = (r.sigmoid().mean() + (1 - f.sigmoid()).mean()) / 2
    return a, max(0.0, 2 * a.item() - 1)


def proved(a):
    return a, (2 * a - 1).clamp(min=0)


def other_noise(generator, critic, optimizer, z):
    return by_inputs(generator, critic, optimizer, torch.ones_like(z))


def optimizer_of_its_own(generator, critic, optimizer, z):
    return by_inputs(generator, critic, torch.optim.Adam(generator.parameters(), lr=0.5), z)


def returns_the_sum(generator, critic, optimizer, z):
    return by_inputs(generator, critic, optimizer, z) * len(z)


WRONG = [
    ("models/gan_mlp/push", lambda t, s: len(t) * (1 - t)[:, None] * s, "multiplied by N"),
    ("models/gan_mlp/push", lambda t, s: (1 - t)[:, None] * s / (2 * len(t)), "1/(2N)"),
    (
        "models/gan_mlp/push",
        lambda t, s: ((1 - t.sigmoid()) ** 2 * t.sigmoid())[:, None] * s,
        "sigmoid slipped in",
    ),
    (
        "models/gan_mlp/push",
        lambda t, s: F.normalize((1 - t)[:, None] * s, dim=1),
        "a push has a length",
    ),
    ("models/gan_mlp/push", lambda t, s: (1 - t).sign()[:, None] * s, "not only its sign"),
    ("models/gan_mlp/push", lambda t, s: ((1 - t)[:, None] * s).sum(0), "added them up"),
    ("models/gan_mlp/push", lambda t, s: ((1 - t)[:, None] * s).mean(0), "took their mean"),
    ("models/gan_mlp/verdict", soft, "averaged probabilities"),
    ("models/gan_mlp/verdict", lambda r, f: (balanced(r, f)[0],) * 2, "alone is no distance"),
    (
        "models/gan_mlp/verdict",
        lambda r, f: proved(balanced(r, f)[0].clamp(min=0.5)),
        "stays what it is",
    ),
    (
        "models/gan_mlp/verdict",
        lambda r, f: proved(shares(r, f)[0] * shares(r, f)[1]),
        "multiplied them",
    ),
    ("models/gan_mlp/turn", with_loss(lambda t: F.softplus(-t.mean())), "mean logit; take"),
    ("models/gan_mlp/turn", with_loss(lambda t: -t.mean()), "Wasserstein"),
    ("models/gan_mlp/turn", with_loss(lambda t: (t - 1).square().mean() / 2), "of squares"),
    ("models/gan_mlp/turn", returns_the_sum, "sum over the points; the mean is asked"),
    ("models/gan_mlp/push", lambda t, s: (t - 1)[:, None] * s, "sign is reversed"),
    ("models/gan_mlp/push", lambda t, s: (1 - t.sigmoid())[:, None] * s, "lesson's loss"),
    ("models/gan_mlp/push", lambda t, s: (1 - t)[:, None] * s / len(t), "averaged"),
    ("models/gan_mlp/push", lambda t, s: 2 * (1 - t)[:, None] * s, "twice too long"),
    ("models/gan_mlp/push", lambda t, s: 0.5 * (1 - t)[:, None] * s, "yours is half"),
    ("models/gan_mlp/push", lambda t, s: (1 - t).abs()[:, None] * s, "sign is lost"),
    (
        "models/gan_mlp/push",
        lambda t, s: 0.5 * ((t - 1) ** 2)[:, None] * s,
        "instead of its derivative",
    ),
    ("models/gan_mlp/push", lambda t, s: s, "slopes alone"),
    ("models/gan_mlp/push", lambda t, s: -t[:, None] * s, "1 is missing"),
    ("models/gan_mlp/push", lambda t, s: (1 - t).clamp(min=0)[:, None] * s, "Beyond t = 1"),
    ("models/gan_mlp/push", lambda t, s: ((1 - t) ** 2)[:, None] * s, "square itself"),
    ("models/gan_mlp/push", lambda t, s: (1 - t) * s, "size"),
    ("models/gan_mlp/push", lambda t, s: 1 - t, "shape"),
    ("models/gan_mlp/verdict", lambda r, f: balanced(r, f)[0], "2 values"),
    (
        "models/gan_mlp/verdict",
        lambda r, f: (
            (a := torch.cat([r > 0, f <= 0]).float().mean().item()),
            max(0.0, 2 * a - 1),
        ),
        "counted all points together",
    ),
    (
        "models/gan_mlp/verdict",
        lambda r, f: (balanced(r, f)[0], 2 * balanced(r, f)[0] - 1),
        "negative",
    ),
    (
        "models/gan_mlp/verdict",
        lambda r, f: (balanced(r, f)[0], max(0.0, balanced(r, f)[0].item() - 0.5)),
        "twice what it is",
    ),
    (
        "models/gan_mlp/verdict",
        lambda r, f: balanced(r - 0.5, f - 0.5),
        "logit of 0 is a probability",
    ),
    ("models/gan_mlp/verdict", lambda r, f: balanced(r + 1e-9, f + 1e-9), "exactly 0"),
    ("models/gan_mlp/verdict", lambda r, f: balanced(r, f + 1e-9), "for a generated point too"),
    (
        "models/gan_mlp/verdict",
        lambda r, f: balanced(r, (f <= 0).float()),
        "right answer is 'generated'",
    ),
    ("models/gan_mlp/verdict", lambda r, f: balanced(r + 1e-9, f), "for a real point too"),
    ("models/gan_mlp/verdict", lambda r, f: balanced(r, f)[::-1], "accuracy comes first"),
    (
        "models/gan_mlp/verdict",
        lambda r, f: (balanced(r, f)[0], abs(2 * balanced(r, f)[0] - 1)),
        "worse than a coin",
    ),
    ("models/gan_mlp/turn", clears_late, "late zero_grad()"),
    ("models/gan_mlp/turn", keeps_the_graph, "holds its graph"),
    ("models/gan_mlp/turn", leaves_traces, "gradients are left"),
    ("models/gan_mlp/turn", forgets_to_clear, "old gradients"),
    ("models/gan_mlp/turn", stays_frozen, "frozen"),
    ("models/gan_mlp/turn", never_steps, "not moved"),
    ("models/gan_mlp/turn", moves_the_critic, "not its turn"),
    ("models/gan_mlp/turn", with_loss(lambda t: F.softplus(t).mean()), "critic's half"),
    ("models/gan_mlp/turn", with_loss(lambda t: -F.softplus(t).mean()), "saturating loss log"),
    ("models/gan_mlp/turn", with_loss(lambda t: F.softplus(-t).sum()), "take the mean"),
    (
        "models/gan_mlp/turn",
        with_loss(lambda t: F.softplus(-t.sigmoid()).mean()),
        "sigmoid came before",
    ),
    ("models/gan_mlp/turn", with_loss(lambda t: -3 * t.mean()), "not by one step"),
    ("models/gan_mlp/turn", detached, "detach()"),
    ("models/gan_mlp/turn", returns_late, "after the step"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
    sharing = {"models/gan_mlp/turn": 2}  # three ways to stand still


@pytest.mark.parametrize("answer", [other_noise, optimizer_of_its_own])
def test_a_step_of_another_kind_is_told_what_the_step_is_made_with(answer):
    told = judge("models/gan_mlp/turn", answer).message
    assert "once, with the optimizer given, and on the noise z given" in told


def test_judging_leaves_the_random_stream_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    judge("models/gan_mlp/turn", by_inputs)
    assert torch.equal(torch.rand(1), expected)
