"""The exercises on crashes: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from course.answers import Answers


def start_by_search(target, layers, kernel, stride, padding):
    for side in range(1, target + 1):
        here = side
        for _ in range(layers):
            here = (here - 1) * stride - 2 * padding + kernel
            if here < 1:
                break
        if here == target:
            return side
    return 0


def start(backwards=lambda t, k, s, p: (t + 2 * p - k, s), plus=1, check=True, once=False):
    def answer(target, layers, kernel, stride, padding):
        for _ in range(1 if once else layers):
            rest, by = backwards(target, kernel, stride, padding)
            if check and (rest < 0 or rest % by):
                return 0
            target = rest // by + plus
        return target if check else max(target, 0)

    return answer


def forwards(target, layers, kernel, stride, padding):
    for _ in range(layers):
        target = (target - 1) * stride - 2 * padding + kernel
    return target


def door(fits=lambda a, b: a.shape == b.shape, words=None, labels=True, loss=None, name=None):
    def answer(answers, targets):
        shapes = f"{tuple(answers.shape)} against {list(targets.shape)}"
        if name:
            shapes = f"{name(answers)}, {name(targets)}"
        if not fits(answers, targets):
            raise ValueError(shapes if words is None else words)
        if labels:
            assert set(targets.flatten().tolist()) <= {0.0, 1.0}, "labels"
        return (loss or F.mse_loss)(answers, targets)

    return answer


def turn(freeze=True, thaw="flags", loss=None, cut=False, back=True):
    def answer(generator, critic, noise):
        weights = list(critic.parameters())
        flags = [w.requires_grad for w in weights]
        if freeze:
            critic.requires_grad_(False)
        fakes = generator(noise).detach() if cut else generator(noise)
        said = (loss or (lambda t: F.softplus(-t).mean()))(critic(fakes))
        if back:
            said.backward()
        if thaw == "flags":
            for w, flag in zip(weights, flags, strict=True):
                w.requires_grad_(flag)
        elif thaw:
            critic.requires_grad_(True)
        return said

    return answer


def by_hand(generator, critic, noise):
    flags = {name: w.requires_grad for name, w in critic.named_parameters()}
    try:
        critic.requires_grad_(False)
        loss = F.binary_cross_entropy_with_logits(
            critic(generator(noise)), torch.ones(len(noise), 1)
        )
        loss.backward()
    finally:
        for name, w in critic.named_parameters():
            w.requires_grad = flags[name]
    return loss.item()


def past_the_critic(generator, critic, noise):
    loss = F.softplus(-critic(generator(noise))).mean()
    loss.backward(inputs=list(generator.parameters()))
    return loss


def wiped(generator, critic, noise):
    loss = turn()(generator, critic, noise)
    critic.zero_grad()
    return loss


def layers_of(widths):
    return [nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True)]


class Listed(nn.Module):
    keep = staticmethod(list)
    between, after = torch.tanh, None

    def __init__(self, widths):
        super().__init__()
        self.layers = self.keep(layers_of(widths))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = type(self).between(layer(x))
        x = self.layers[-1](x)
        return x.tanh() if self.after else x


class Kept(Listed):
    keep = nn.ModuleList


class Half(Listed):
    def __init__(self, widths):
        super().__init__(widths)
        self.last = self.layers[-1]


class Plain(Kept):
    between = staticmethod(lambda x: x)


class Squashed(Kept):
    between = torch.sigmoid


class Bounded(Kept):
    after = True


class Frozen(Kept):
    def __init__(self, widths):
        super().__init__(widths)
        self.layers[0].requires_grad_(False)


def sequential(widths):
    parts = []
    for layer in layers_of(widths):
        parts += [layer, nn.Tanh()]
    return nn.Sequential(*parts[:-1])


def without_a_look_at_the_sign(target, layers, kernel, stride, padding):
    side = target
    for _ in range(layers):
        rest = side + 2 * padding - kernel
        if rest % stride:
            return 0
        side = rest // stride + 1
    return side


def with_noise_of_its_own(generator, critic, noise, kept=[]):  # noqa: B006  (that is the mistake)
    kept.append(noise)
    return turn()(generator, critic, kept[0])


class TestCrashes(Answers):
    right = {
        "clinic/it_crashes/start": [start(), start_by_search],
        "clinic/it_crashes/door": [
            door(),
            door(loss=lambda a, b: (a - b).square().mean()),
            door(name=lambda x: "x".join(map(str, x.shape))),
            door(name=lambda x: " by ".join(map(str, x.shape))),
            door(name=lambda x: str(x.shape)),
        ],
        "clinic/it_crashes/turn": [turn(), by_hand],
        "clinic/it_crashes/net": [Kept, sequential],
    }
    wrong = [
        ("clinic/it_crashes/start", forwards, "went forwards"),
        ("clinic/it_crashes/start", start(lambda t, k, s, p: (t, s), plus=0), "multiplies exactly"),
        ("clinic/it_crashes/start", start(check=False), "You round"),
        ("clinic/it_crashes/start", start(once=True), "one layer only"),
        ("clinic/it_crashes/start", start(plus=0), "forgot the + 1"),
        ("clinic/it_crashes/start", lambda t, n, k, s, p: t // s**n, "dropped the remainder"),
        ("clinic/it_crashes/start", start(lambda t, k, s, p: (t + p - k, s)), "2 * padding"),
        ("clinic/it_crashes/start", start(lambda t, k, s, p: (t - 2 * p - k, s)), "wrong sign"),
        ("clinic/it_crashes/start", without_a_look_at_the_sign, "your result is -1"),
        ("clinic/it_crashes/door", lambda a, b: door()(a.detach(), b), "no gradient gets back"),
        ("clinic/it_crashes/door", door(fits=lambda a, b: True), "without a word"),
        ("clinic/it_crashes/door", door(fits=lambda a, b: a.ndim == b.ndim), "without a word"),
        ("clinic/it_crashes/door", door(words="shapes differ"), "name both shapes"),
        ("clinic/it_crashes/door", door(name=lambda x: str(x.numel())), "name both shapes"),
        ("clinic/it_crashes/door", door(labels=False), "only 0 and 1"),
        ("clinic/it_crashes/door", door(loss=lambda a, b: ((a - b) ** 2).sum()), "the sum"),
        ("clinic/it_crashes/door", door(loss=F.binary_cross_entropy_with_logits), "cross-entropy"),
        ("clinic/it_crashes/turn", turn(freeze=False), "got a gradient"),
        ("clinic/it_crashes/turn", past_the_critic, "did not freeze"),
        ("clinic/it_crashes/turn", wiped, "before your turn is gone"),
        ("clinic/it_crashes/turn", turn(thaw=None), "next turn will crash"),
        ("clinic/it_crashes/turn", turn(thaw="all"), "not True"),
        ("clinic/it_crashes/turn", turn(back=False), "got no gradient"),
        ("clinic/it_crashes/turn", turn(cut=True), "stopped with"),
        ("clinic/it_crashes/turn", with_noise_of_its_own, "For other noise"),
        (
            "clinic/it_crashes/turn",
            turn(loss=lambda t: F.softplus(t).mean()),
            "a loss of the critic",
        ),
        ("clinic/it_crashes/turn", turn(loss=lambda t: F.softplus(-t).sum()), "the sum"),
        ("clinic/it_crashes/net", Listed, "plain list"),
        ("clinic/it_crashes/net", Half, "there should be"),
        ("clinic/it_crashes/net", Plain, "no Tanh between"),
        ("clinic/it_crashes/net", Squashed, "not a Tanh"),
        ("clinic/it_crashes/net", Bounded, "none stands after"),
        ("clinic/it_crashes/net", Frozen, "require a gradient"),
    ]
