"""Exercises and questions of the formula clinic."""

from __future__ import annotations

import torch
from torch import Tensor

from ....lab.checkers import (
    NotYet,
    Wrong,
    call,
    close,
    function,
    number,
    require,
    same_gradients,
    same_on,
)
from ....lab.register import exercise, question


def _fits(steps):
    for (_, out), (into, _) in zip(steps, steps[1:], strict=False):
        if out != into:
            return 0
    return steps[-1][1]


CHAINS = [
    ([(100, 784), (784, 1)],),
    ([(100, 100), (200, 1)],),
    ([(100, 200), (100, 1)],),
    ([(784, 20), (20, 784)],),
    ([(64, 64)],),
    ([(5, 7), (7, 9), (8, 5)],),
    ([(5, 7), (6, 9), (9, 5)],),
    ([(1, 2), (3, 3), (2, 5)],),
    ([(2, 3), (3, 4), (4, 2)],),
]


@exercise(
    "mathematics/formula_clinic/fits",
    not_yet="Write the body of `fits(steps)` and return one whole number.",
    right="No value is needed to see that D(G(z)) cannot be formed: sizes are enough.",
    hints=[
        "Compare what comes out of each step with what goes into the next one.",
        "zip(steps, steps[1:]) walks over neighbours; each step is a pair (into, out).",
        "Return 0 at the first pair that differs, and steps[-1][1] after the loop.",
    ],
)
def fits(answer) -> None:
    """The size that comes out of a chain of maps, or 0 if two neighbours do not fit."""
    run = function(answer)
    for place, (steps,) in enumerate(CHAINS):
        chain = ", then ".join(f"{a} to {b}" for a, b in steps)
        try:
            got = call(run, list(steps))
        except NotYet as pause:
            if not place:
                raise
            raise Wrong(f"{chain}: you return nothing (None); {_fits(steps)} is due.") from pause
        except Wrong as problem:
            raise Wrong(f"{chain}: {problem}") from problem
        if isinstance(got, bool):
            raise Wrong("You return True or False; return the size that comes out, or 0.")
        got, truth = number(got), _fits(steps)
        if got == truth:
            continue
        first, last = steps[0], steps[-1]
        require(
            not (truth == 0 and len(steps) > 2),
            f"{chain}: two neighbours do not fit, so 0 is asked for. Look at every pair of "
            "neighbours, not only at one.",
        )
        require(
            truth != 0 or got != last[1],
            f"{chain}: what comes out of one step does not go into the next; 0 is asked for.",
        )
        require(got != first[0], f"{chain}: you return what goes in; what comes out is {last[1]}.")
        require(got != 0, f"{chain} fits, and you say 0. Compare out with the NEXT step's in.")
        raise Wrong(f"{chain} gives {truth}; you return {got:g}.")


def _kl(mu: Tensor, sigma: Tensor, tau: float) -> Tensor:
    inside = torch.log(tau / sigma) + (sigma**2 + mu**2) / (2 * tau**2) - 0.5
    return inside.sum(1).mean()


MU = torch.tensor([[0.5, -1.0, 0.3], [1.2, 0.1, -0.7], [-0.4, 0.6, 0.9]], dtype=torch.float64)
SIGMA = torch.tensor([[0.8, 1.4, 0.5], [0.9, 0.3, 1.1], [1.3, 0.7, 0.6]], dtype=torch.float64)

KL_MISTAKES = {
    "That is negative; a KL never is. The sign of the whole is reversed.": (
        lambda m, s, t: -_kl(m, s, t)
    ),
    "Your answer does not depend on tau: it is the KL to a prior of spread 1.": (
        lambda m, s, t: _kl(m, s, 1.0)
    ),
    "log tau is missing: the KL must be 0 where mu = 0 and sigma = tau.": (
        lambda m, s, t: (-torch.log(s) + (s**2 + m**2) / (2 * t**2) - 0.5).sum(1).mean()
    ),
    "Your result is twice too large: a factor 1/2 is missing.": lambda m, s, t: 2 * _kl(m, s, t),
    "sigma^2 + mu^2 is to be divided by tau^2; you divide it by 2 only.": (
        lambda m, s, t: (torch.log(t / s) + (s**2 + m**2) / 2 - 0.5).sum(1).mean()
    ),
    "Divide mu^2 + sigma^2 - tau^2 by tau^2: all lengths count in units of tau.": (
        lambda m, s, t: (torch.log(t / s) + (s**2 + m**2 - t**2) / 2).sum(1).mean()
    ),
    "Divide by 2 tau^2, not by 2 tau.": (
        lambda m, s, t: (torch.log(t / s) + (s**2 + m**2) / (2 * t) - 0.5).sum(1).mean()
    ),
    "Only sigma^2 is divided by tau^2; mu^2 must be, too.": (
        lambda m, s, t: (torch.log(t / s) + s**2 / (2 * t**2) + m**2 / 2 - 0.5).sum(1).mean()
    ),
    "The constant -1/2 is missing: the KL must be 0 where mu = 0 and sigma = tau.": (
        lambda m, s, t: (torch.log(t / s) + (s**2 + m**2) / (2 * t**2)).sum(1).mean()
    ),
    "The logarithm is upside down: it is log(tau / sigma), large for a narrow cloud.": (
        lambda m, s, t: (torch.log(s / t) + (s**2 + m**2) / (2 * t**2) - 0.5).sum(1).mean()
    ),
    "The -1/2 belongs to every latent: write it inside the sum.": (
        lambda m, s, t: (torch.log(t / s) + (s**2 + m**2) / (2 * t**2)).sum(1).mean() - 0.5
    ),
    "Half of log(tau / sigma) is missing: 1/2 log(tau^2 / sigma^2) is the whole of it.": (
        lambda m, s, t: (torch.log(t / s) / 2 + (s**2 + m**2) / (2 * t**2) - 0.5).sum(1).mean()
    ),
    "log(tau^2 / sigma^2) has a factor 1/2 before it: that is log(tau / sigma).": (
        lambda m, s, t: (2 * torch.log(t / s) + (s**2 + m**2) / (2 * t**2) - 0.5).sum(1).mean()
    ),
    "Sum and mean are exchanged: add over the latents (axis 1), average over the pictures.": (
        lambda m, s, t: _kl(m, s, t) * m.shape[0] / m.shape[1]
    ),
    "You averaged over the latents; independent latents add up: .sum(1).": (
        lambda m, s, t: _kl(m, s, t) / m.shape[1]
    ),
    "You added up the pictures; the mean over them is asked for.": (
        lambda m, s, t: _kl(m, s, t) * m.shape[0]
    ),
    "That is KL(p || q), from the prior to the cloud; KL(q || p) is asked for.": (
        lambda m, s, t: (torch.log(s / t) + (t**2 + m**2) / (2 * s**2) - 0.5).sum(1).mean()
    ),
}


@exercise(
    "mathematics/formula_clinic/mend",
    not_yet="Write the body of `mended(mu, sigma, tau)` and return one number.",
    right="It is 0 exactly where every cloud is the prior, and it can fall no further.",
    hints=[
        "KL = E_q[log q(z) - log p(z)]. Write out both logarithms of Gaussian densities.",
        "E_q[(z - mu)^2] = sigma^2 and E_q[z^2] = mu^2 + sigma^2.",
        "One latent gives log(tau / sigma) + (sigma^2 + mu^2) / (2 tau^2) - 1/2.",
    ],
)
def mend(answer) -> None:
    """The mean KL from N(mu, sigma^2), [N, L] each, to a prior N(0, tau^2)."""
    small = MU[:, :2], SIGMA[:, :2]
    one, at_prior = MU[:1], (0 * MU, torch.full_like(SIGMA, 0.6), 0.6)
    cases = [(MU, SIGMA, 1.7), (*small, 0.6), (MU, SIGMA, 1.0), (one, SIGMA[:1], 0.6), at_prior]
    same_on(answer, _kl, cases=cases, mistakes=KL_MISTAKES)
    same_gradients(answer, _kl, cases[0], (0, 1), "It depends on every mu and sigma.", or_none=True)


def _loss(theta: Tensor) -> Tensor:
    head = 500 * theta[0] ** 2 + theta[1] ** 3 - theta[0] * theta[1]
    return head + 3 * theta[2:].sum()


def _slopes(theta: Tensor) -> Tensor:
    out = torch.full_like(theta, 3.0)
    out[0], out[1] = 1000 * theta[0] - theta[1], 3 * theta[1] ** 2 - theta[0]
    return out


THETA = torch.tensor([0.8, -1.1, 0.3, -0.2, 0.6, 0.4], dtype=torch.float64)
FAULT = torch.tensor([0.2, 0.05, 0.1, -0.5, 0.3, 0.25], dtype=torch.float64)


def _judge_gap(run, claimed, truth: float, told: dict, what: str, size: int = 6) -> None:
    theta = THETA[:size].clone()
    got = call(run, _loss, claimed, theta)
    require(
        torch.equal(theta, THETA[:size]),
        "Your function changes the theta that it is given. Work on a copy: theta.clone().",
    )
    close(got, truth, rtol=1e-3, atol=5e-7, mistakes=told, what=what)


@exercise(
    "mathematics/formula_clinic/gap",
    not_yet="Write the body of `worst_gap(f, gradient, theta)` and return one number.",
    right="About 0 for the right gradient, and the size of the fault for a wrong one.",
    hints=[
        "For each weight k: a copy of theta with theta[k] + h, another with theta[k] - h.",
        "(f(up) - f(down)) / (2 * h) is the slope for weight k; h = 1e-5 is a good step.",
        "Compare with gradient(theta)[k]; keep the largest absolute difference.",
    ],
)
def gap(answer) -> None:
    """The largest absolute difference between a claimed gradient and central differences."""
    run = function(answer)
    what = "Where the claim is right (then about 0 is due, with h near 1e-5) your answer"
    _judge_gap(run, _slopes, 0.0, RIGHT_GRADIENT, what)
    what = "Where the claim is off by at most 0.5 your answer"
    _judge_gap(run, lambda theta: _slopes(theta) + FAULT, 0.5, WRONG_GRADIENT, what)
    last = torch.tensor([0.0, 1.0], dtype=torch.float64)
    what = "With two weights, where the claim for the second is off by theta[1], your answer"
    _judge_gap(run, lambda theta: _slopes(theta) + theta * last, 1.1, {}, what, size=2)


_AT = _slopes(THETA)
RIGHT_GRADIENT = {
    "Your slope is twice the right one, or 0: f(up) and f(down) are 2h apart, and up and down "
    "must be two copies, theta.clone() each.": _AT.abs().max(),
    "You step all weights at once; move one weight, keep the others: new copies for each.": (
        (_AT - _AT.sum()).abs().max()
    ),
    "You return the sign reversed: f(up) - f(down) is asked for.": 2 * _AT.abs().max(),
} | {
    f"Your step goes to one side only, (f(theta + h) - f(theta)) / h with h = {h:g}: its error "
    "is of the size h. Step to both sides.": 500 * h
    for h in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
}
WRONG_GRADIENT = {
    "That is the largest signed difference; take the absolute value first.": 0.3,
    "That is not the largest difference. Go through all weights, range(len(theta)).": 0.2,
    "That is the last weight's difference; keep the largest of all: max(worst, ...).": 0.25,
    "That is the smallest difference; the largest is asked for.": 0.05,
    "That is the mean of the differences; the largest is asked for.": FAULT.abs().mean(),
    "You added the differences up; the largest one is asked for.": FAULT.abs().sum(),
    "That is the length of the difference; its largest entry is asked for.": FAULT.norm(),
    "You return 0 for a wrong gradient: compare with what gradient(theta) gives.": 0.0,
}


question(
    "mathematics/formula_clinic/q1",
    "A printed gradient agrees with finite differences for one picture. Is that enough?",
    options={
        "a": (
            "Yes: it agrees with an independent number.",
            "With N = 1 a missing factor 1/N cannot be seen.",
        ),
        "b": (
            "No: try several pictures and several places.",
            "Special places, N = 1 among them, hide mistakes.",
        ),
        "c": (
            "No: with one picture wrong formulas pass, so this one must be wrong.",
            "It may well be right; one test cannot tell.",
        ),
    },
    answer="b",
)

question(
    "mathematics/formula_clinic/q2",
    "You make the step h of a central difference 1000 times smaller, from 1e-5 to 1e-8. What "
    "becomes of its error?",
    options={
        "a": (
            "It falls a millionfold, as the error goes with h^2.",
            "The h^2 part does; rounding takes over.",
        ),
        "b": ("It stays: below the best step nothing changes.", "It stays only near the best h."),
        "c": (
            "It grows: rounding is divided by a smaller h.",
            "Below about 1e-5 the rounding of f, divided by h, outweighs the h^2.",
        ),
    },
    answer="c",
)

question(
    "mathematics/formula_clinic/q3",
    "A formula for a gradient has 784 entries; the network has 100 000 weights. What follows?",
    options={
        "a": ("It is a gradient for the pixels, not for the weights.", "Sizes alone show it."),
        "b": ("The network is too large.", "A network may be of any size."),
        "c": ("Nothing, without any numbers.", "A gradient has one entry for each weight."),
    },
    answer="a",
)

question(
    "mathematics/formula_clinic/q4",
    "A KL in your training falls below zero. What do you know?",
    options={
        "a": ("The clouds have reached the prior.", "There a KL is 0, not below."),
        "b": ("The formula or its code is wrong.", "A KL between densities is never negative."),
        "c": ("The learning rate is too high.", "No rate makes a right KL negative."),
    },
    answer="b",
)

question(
    "mathematics/formula_clinic/q5",
    "A formula is right if N counts draws and wrong if N counts pictures. The text does not say "
    "which. What do you call it here?",
    options={
        "a": ("Right.", "Only in one of its readings."),
        "b": ("Wrong.", "One reading holds."),
        "c": ("Incomplete.", "What would decide is not printed."),
    },
    answer="c",
)
