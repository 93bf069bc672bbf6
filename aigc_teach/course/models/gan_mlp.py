"""Exercises and questions of the lesson on a first GAN."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...lab.checkers import Wrong, call, close, function, number, require, same_on
from ...lab.register import exercise, question
from ...nn import mlp

T = torch.tensor([-1.5, 0.4, 2.5])
SLOPES = torch.tensor([[0.6, -0.2], [1.0, 0.3], [-0.4, 0.8]])


def _along(factor: Tensor, slopes: Tensor) -> Tensor:
    return factor.unsqueeze(1) * slopes


@exercise(
    "models/gan_mlp/push",
    not_yet="Write the body of `squares_push(t, slopes)` and return one push for each point.",
    right="At t = 1 the push is 0, and beyond it turns round: the point is pushed back.",
    hints=[
        "Go the way of the lesson: the derivative of one point's loss by its logit, then the "
        "logit's slope at the point.",
        "The derivative of (t - 1)^2 / 2 by t is t - 1; a push is minus the gradient.",
        "(1 - t) is [N] and the slopes are [N, 2]: make it a column, (1 - t).unsqueeze(1).",
    ],
)
def push(answer) -> None:
    """The push of the least-squares loss: logits [N], slopes [N, 2] -> [N, 2]."""
    cases = [(T[:2], SLOPES[:2]), (T[1:], SLOPES[1:]), (T, SLOPES)]
    same_on(answer, lambda t, s: _along(1 - t, s), cases=cases, mistakes=PUSH_MISTAKES)


PUSH_MISTAKES = {
    "That is the gradient itself; the push goes against it: the sign is reversed.": (
        lambda t, s: _along(t - 1, s)
    ),
    "That is the push of the lesson's loss, (1 - D) times the slope; here the loss is a square.": (
        lambda t, s: _along(1 - t.sigmoid(), s)
    ),
    "You averaged: the factor N leaves no 1/N.": lambda t, s: _along(1 - t, s) / len(t),
    "You multiplied by N: it only cancels the 1/N of the mean.": lambda t, s: (
        _along(1 - t, s) * len(t)
    ),
    "You kept the 1/(2N) of the loss: N cancels 1/N, and the square's 2 cancels 1/2.": (
        lambda t, s: _along(1 - t, s) / (2 * len(t))
    ),
    "A sigmoid slipped in: this loss compares the logit itself with 1.": lambda t, s: _along(
        (1 - t.sigmoid()) * t.sigmoid() * (1 - t.sigmoid()), s
    ),
    "That is its direction; a push has a length too, |1 - t| times the slope.": lambda t, s: (
        torch.nn.functional.normalize(_along(1 - t, s), dim=1)
    ),
    "Its direction is right; its length must grow with 1 - t, not only its sign.": lambda t, s: (
        _along((1 - t).sign(), s)
    ),
    "Each point has a push of its own, [N, 2]; you added them up.": lambda t, s: (1 - t) @ s,
    "Each point has a push of its own, [N, 2]; you took their mean.": lambda t, s: _along(
        1 - t, s
    ).mean(0),
    "The 1/2 of the loss cancels the 2 of the square: yours is half of it.": (
        lambda t, s: _along(1 - t, s) / 2
    ),
    "The 1/2 of the loss cancels the 2 of the square: yours is twice too long.": (
        lambda t, s: _along(2 * (1 - t), s)
    ),
    "Only the size of 1 - t counts; its sign is lost.": lambda t, s: _along((1 - t).abs(), s),
    "Beyond t = 1 yours no longer pushes; the loss of squares does: leave the sign of 1 - t.": (
        lambda t, s: _along((1 - t).clamp(min=0), s)
    ),
    "You took the loss instead of its derivative.": lambda t, s: _along(0.5 * (t - 1) ** 2, s),
    "You took the square itself instead of its derivative.": lambda t, s: _along((1 - t) ** 2, s),
    "The slopes alone are not the push: each is multiplied by (1 - t).": lambda t, s: s,
    "The 1 is missing: the loss pulls each logit to 1, not to 0.": lambda t, s: _along(-t, s),
}

REAL = torch.tensor([1.2, 0.3, -0.4, 2.0, 0.0])
FAKE = torch.tensor([-0.7, 0.8, 0.0, -1.5, -0.2, -3.0, 0.6])


def _shares(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return (real > 0).double().mean(), (fake <= 0).double().mean()


def _judged(a: Tensor) -> tuple[Tensor, Tensor]:
    return a, (2 * a - 1).clamp(min=0)


def _verdict(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return _judged(sum(_shares(real, fake)) / 2)


@exercise(
    "models/gan_mlp/verdict",
    not_yet="Write the body of `verdict(real_logits, fake_logits)` and return two numbers.",
    right="Every critic proves a least distance; none can prove too much.",
    hints=[
        "The share of right answers on real points is (real_logits > 0).float().mean().",
        "The accuracy is the mean of the two shares, not the share among all points together.",
        "TV is at least 2 a - 1, and at least 0: (2 * a - 1).clamp(min=0).",
    ],
)
def verdict(answer) -> None:
    """Balanced accuracy and the least total variation: logits [n], [m] -> two numbers."""
    cases = [(REAL, FAKE), (REAL[:2], FAKE), (-REAL, -FAKE[:4]), (REAL, FAKE[3:])]
    cases.append((REAL / 20, FAKE / 20))  # hardly on either side of 0
    same_on(answer, _verdict, cases=cases, mistakes=VERDICT_MISTAKES)


VERDICT_MISTAKES = {
    "You counted all points together; take each kind's share first, then the mean of the two.": (
        lambda r, f: _judged(torch.cat([r > 0, f <= 0]).double().mean())
    ),
    "The bound may come out negative; a distance never is: take the larger of it and 0.": (
        lambda r, f: (_verdict(r, f)[0], 2 * _verdict(r, f)[0] - 1)
    ),
    "The accuracy is right, but it proves 2 a - 1, twice what it is above one half.": (
        lambda r, f: (_verdict(r, f)[0], (_verdict(r, f)[0] - 0.5).clamp(min=0))
    ),
    "You compare logits with 0.5; a logit of 0 is a probability of one half.": (
        lambda r, f: _judged(((r > 0.5).double().mean() + (f <= 0.5).double().mean()) / 2)
    ),
    "A logit of exactly 0 counts as 'generated' on both kinds; yours says 'real'.": (
        lambda r, f: _judged(((r >= 0).double().mean() + (f < 0).double().mean()) / 2)
    ),
    "A logit of exactly 0 counts as 'generated' for a generated point too: f <= 0 is right.": (
        lambda r, f: _judged(((r > 0).double().mean() + (f < 0).double().mean()) / 2)
    ),
    "These are the wrong answers: 1 minus the accuracy.": (
        lambda r, f: _judged(1 - _verdict(r, f)[0])
    ),
    "The accuracy comes first, then the distance.": lambda r, f: _verdict(r, f)[::-1],
    "A critic worse than a coin proves nothing: not the size of 2 a - 1, but 0 if it is below.": (
        lambda r, f: (_verdict(r, f)[0], (2 * _verdict(r, f)[0] - 1).abs())
    ),
    "A logit of exactly 0 counts as 'generated' for a real point too: r > 0 is right.": (
        lambda r, f: _judged(((r >= 0).double().mean() + (f <= 0).double().mean()) / 2)
    ),
    "On generated points the right answer is 'generated', a logit of 0 or less.": (
        lambda r, f: _judged(((r > 0).double().mean() + (f > 0).double().mean()) / 2)
    ),
    "Only the real points count in yours.": lambda r, f: _judged(_shares(r, f)[0]),
    "You averaged probabilities; count the right answers: a logit above 0 says 'real'.": (
        lambda r, f: _judged((r.sigmoid().double().mean() + 1 - f.sigmoid().double().mean()) / 2)
    ),
    "The accuracy alone is no distance: a coin has 1/2, and proves 2 a - 1 = 0.": (
        lambda r, f: (_verdict(r, f)[0], _verdict(r, f)[0])
    ),
    "An accuracy below one half stays what it is; it is the distance that is never negative.": (
        lambda r, f: _judged(_verdict(r, f)[0].clamp(min=0.5))
    ),
    "The mean of the two shares is asked for; you multiplied them.": (
        lambda r, f: _judged(_shares(r, f)[0] * _shares(r, f)[1])
    ),
    "The two shares are added: take the mean.": lambda r, f: (
        sum(_shares(r, f)),
        _verdict(r, f)[1],
    ),
}

STALE = 0.37  # a gradient that an earlier turn left behind


def _table(stale: bool) -> tuple[nn.Module, nn.Module, torch.optim.Optimizer, Tensor]:
    """Two players, an optimizer and noise: always the same."""
    with torch.random.fork_rng([]):
        torch.manual_seed(11)
        generator, critic = mlp([3, 8, 2]), mlp([2, 8, 1], "leaky_relu")
        z = torch.randn(6, 3)
    if stale:
        for weight in generator.parameters():
            weight.grad = torch.full_like(weight, STALE)
    return generator, critic, torch.optim.SGD(generator.parameters(), lr=0.5), z


def _flat(network: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def _after(loss: Callable[[Tensor], Tensor], leftover: float = 0.0) -> Tensor:
    """The generator's weights after one step down `loss`, a function of the logits."""
    generator, critic, optimizer, z = _table(stale=False)
    gradients = torch.autograd.grad(loss(critic(generator(z))), list(generator.parameters()))
    for weight, gradient in zip(generator.parameters(), gradients, strict=True):
        weight.grad = gradient + leftover
    optimizer.step()
    return _flat(generator)


TURN_MISTAKES = {
    "The generator's old gradients were added to the new ones: clear them first, zero_grad().": (
        lambda: _after(lambda t: F.softplus(-t).mean(), leftover=STALE)
    ),
    "The generator stepped as if its points were meant to look generated: that is the critic's "
    "half of the loss, softplus(t). The non-saturating loss is softplus(-t).": (
        lambda: _after(lambda t: F.softplus(t).mean())
    ),
    "That is a step of the saturating loss log(1 - D); the non-saturating one is asked for.": (
        lambda: _after(lambda t: -F.softplus(t).mean())
    ),
    "You summed over the points; take the mean.": lambda: _after(lambda t: F.softplus(-t).sum()),
    "You took softplus of the mean logit; take the mean of each point's softplus.": (
        lambda: _after(lambda t: F.softplus(-t.mean()))
    ),
    "That is the loss of a Wasserstein GAN, minus the mean logit; the non-saturating one is "
    "softplus(-t).": lambda: _after(lambda t: -t.mean()),
    "That is the loss of squares of exercise 1; the non-saturating one is softplus(-t).": (
        lambda: _after(lambda t: 0.5 * (t - 1).square().mean())
    ),
    "A sigmoid came before a loss that takes logits.": (
        lambda: _after(lambda t: F.softplus(-t.sigmoid()).mean())
    ),
    "The generator has not moved at all: is the step missing, or is a detach(), a no_grad() or a "
    "late zero_grad() in the way?": lambda: _flat(_table(stale=False)[0]),
}


@exercise(
    "models/gan_mlp/turn",
    not_yet="Write the body of `generator_turn(...)`: one step, and return the loss as a number.",
    right="The gradient passed through the critic and left nothing behind.",
    hints=[
        "The loss is F.softplus(-critic(generator(z))).mean(); then clear, backward, step.",
        "backward() leaves gradients in the critic too. backward(inputs=[...]) leaves them only "
        "in the tensors that you name.",
        "loss.backward(inputs=list(generator.parameters())), and return loss.item().",
    ],
)
def turn(answer) -> None:
    """One turn of the generator: (generator, critic, optimizer, z) -> the loss as a number."""
    generator, critic, optimizer, z = _table(stale=True)
    before, noise = _flat(critic), z.clone()
    with torch.no_grad():
        expected = F.softplus(-critic(generator(z))).mean().item()
    loss = call(function(answer), generator, critic, optimizer, z)
    _check_critic(critic, before)
    require(torch.equal(z, noise), "Your function changes the noise z. Leave it as it is.")
    moved = _flat(generator)
    if not torch.allclose(moved, _after(lambda t: F.softplus(-t).mean()), atol=1e-6):
        for sentence, would_be in TURN_MISTAKES.items():
            if torch.allclose(moved, would_be(), atol=1e-6):
                raise Wrong(sentence)
        raise Wrong(
            "The generator moved, but not by one step of the non-saturating loss: once, with the "
            "optimizer given, and on the noise z given."
        )
    late = F.softplus(-critic(generator(z))).mean().item()
    told = {
        "That is the loss after the step; the one before it is asked for.": late,
        "That is the sum over the points; the mean is asked for.": expected * len(z),
    }
    kept = isinstance(loss, Tensor) and loss.requires_grad
    require(not kept, "The step is right, but the loss still holds its graph: loss.item().")
    close(number(loss, "What you return"), expected, mistakes=told, what="The loss you return")
    z = z[:4].flip(0)
    with torch.no_grad():
        expected = F.softplus(-critic(generator(z))).mean().item()
    loss = number(call(function(answer), generator, critic, optimizer, z), "What you return")
    close(loss, expected, what="In a second turn, with other noise, the loss you return")


def _check_critic(critic: nn.Module, before: Tensor) -> None:
    require(
        torch.equal(_flat(critic), before),
        "The critic's weights have changed: it is not its turn.",
    )
    require(
        all(weight.requires_grad for weight in critic.parameters()),
        "The critic comes out frozen, with requires_grad=False: in its next turn it could not "
        "learn. Thaw it again, or do not freeze it.",
    )
    require(
        all(weight.grad is None or not weight.grad.any() for weight in critic.parameters()),
        "The step is made, but gradients are left in the critic's weights. Name the tensors that "
        "backward(inputs=...) may fill, or clear the critic's gradients afterwards.",
    )


question(
    "models/gan_mlp/q1",
    "After the generator's backward() the critic's weights hold gradients. Which way would they "
    "move the critic?",
    options={
        "a": ("Towards telling real from generated better.", "That is its own loss's gradient."),
        "b": (
            "Nowhere: all of them are zero.",
            "The gradient passes through the critic's weights.",
        ),
        "c": (
            "Towards believing the fakes.",
            "They are gradients of the generator's loss, small where D(G(z)) is large.",
        ),
    },
    answer="c",
)

question(
    "models/gan_mlp/q2",
    "During a training the generator's loss rises from 0.73 to 0.9. Can its samples have got "
    "better?",
    options={
        "a": (
            "No: its loss measures its samples, and it rose.",
            "It measures them by a critic that moves as well.",
        ),
        "b": (
            "Yes, but only if the critic's loss fell at the same time.",
            "Nor does that one tell: its opponent moves as well.",
        ),
        "c": (
            "Yes: the loss only compares two players that move.",
            "In most runs of this lesson it rose while the samples got better.",
        ),
    },
    answer="c",
)

question(
    "models/gan_mlp/q3",
    "Losses 1.386 and 0.693, D near one half on every real and generated point. What do you know?",
    options={
        "a": (
            "This critic cannot tell the two apart.",
            "It may be too slow or too weak: look at samples, and ask a fresh one.",
        ),
        "b": ("The generator is perfect.", "So it may be, or the critic is merely too slow."),
        "c": ("The labels are wrong.", "Then D would tell the two apart, the wrong way round."),
    },
    answer="a",
)

question(
    "models/gan_mlp/q4",
    "A fresh critic is right on 80 % of unseen points, half of them real. What does it prove?",
    options={
        "a": (
            "Nothing: that depends on the critic.",
            "A better one might prove more; what this one proves, holds.",
        ),
        "b": ("TV is at least 0.6.", "2 a - 1; a better critic might prove more."),
        "c": ("TV is at most 0.6.", "The bound goes the other way: a weak critic proves little."),
    },
    answer="b",
)

question(
    "models/gan_mlp/q5",
    "You copy a classifier's Adam(weights, lr=2e-3) for both players. What do you change first?",
    options={
        "a": (
            "beta1, as a game wants 0.5 or 0 instead of 0.9.",
            "A long memory overshoots in a game.",
        ),
        "b": ("The learning rate, to 0.1.", "Fifty times larger helps neither player."),
        "c": ("Nothing.", "In this lesson the default made the runs swing."),
    },
    answer="a",
)
