"""Exercises and questions of the lesson on diffusion."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, require, same_on
from ...lab.register import exercise, question

X0 = torch.tensor([[0.5, -1.0, 0.2], [0.9, 0.3, -0.7]])
EPS = torch.tensor([[1.0, -0.5, 0.3], [-2.0, 0.7, 0.1]])
ABAR = torch.tensor([0.36, 0.81])
PICTURES = (
    torch.linspace(-1, 1, 24).reshape(2, 1, 3, 4),
    torch.linspace(2, -1, 24).reshape(2, 1, 3, 4),
)


def _column(abar: Tensor, like: Tensor) -> Tensor:
    return abar.reshape(-1, *[1] * (like.ndim - 1))


def _noise(x0: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    a = _column(abar, x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


NOISE_MISTAKES = {
    "Both factors need a root: abar is a share of the variance, not of the spread.": (
        lambda x, e, a: _column(a, x) * x + (1 - _column(a, x)) * e
    ),
    "The picture's factor needs a root: abar is a share of the variance.": (
        lambda x, e, a: _column(a, x) * x + (1 - _column(a, x)).sqrt() * e
    ),
    "The noise's factor needs a root: 1 - abar is its variance.": (
        lambda x, e, a: _column(a, x).sqrt() * x + (1 - _column(a, x)) * e
    ),
    "The factors are swapped: abar belongs to the picture.": lambda x, e, a: _noise(e, x, a),
    "The noise has the factor 1 - sqrt(abar); its variance is 1 - abar, so take that root.": (
        lambda x, e, a: _column(a, x).sqrt() * x + (1 - _column(a, x).sqrt()) * e
    ),
    "The picture keeps its size, so the variance grows: it needs the factor sqrt(abar).": (
        lambda x, e, a: x + (1 - _column(a, x)).sqrt() * e
    ),
    "The noise has variance 1 at every time: it needs the factor sqrt(1 - abar).": (
        lambda x, e, a: _column(a, x).sqrt() * x + e
    ),
    "The noise is missing.": lambda x, e, a: _column(a, x).sqrt() * x,
    "The picture is missing.": lambda x, e, a: (1 - _column(a, x)).sqrt() * e,
    "You subtracted the noise. It has the same distribution, but here the sign counts.": (
        lambda x, e, a: _noise(x, -e, a)
    ),
    "You used one abar for all items: each has its own.": (
        lambda x, e, a: _noise(x, e, a[:1].expand(len(a)))
    ),
    "You used the mean of all abar: each item has its own.": (
        lambda x, e, a: _noise(x, e, a.mean().expand(len(a)))
    ),
    "abar is a product already: no cumprod is needed.": lambda x, e, a: _noise(x, e, a.cumprod(0)),
    "abar is a share of the variance already: do not square it, take the roots of abar and "
    "1 - abar.": lambda x, e, a: _column(a, x) * x + (1 - _column(a, x) ** 2).sqrt() * e,
    "That is v; x_t has sqrt(abar) with the picture.": (
        lambda x, e, a: _column(a, x).sqrt() * e - (1 - _column(a, x)).sqrt() * x
    ),
    "That goes back, from x_t to x_0: here x_0 is given.": (
        lambda x, e, a: (x - (1 - _column(a, x)).sqrt() * e) / _column(a, x).sqrt()
    ),
}


def _axes_fit(answer, case: tuple) -> None:
    """A sentence where abar was not given one axis for each of the item's."""
    why = (
        f"abar is [N], and here x_0 has {case[0].ndim} axes: give abar an axis of size 1 for each "
        "further one, however many there are."
    )
    try:
        given = call(answer, *(part.clone() for part in case))
    except Wrong as stopped:
        raise Wrong(f"{stopped} {why}" if "size" in str(stopped) else str(stopped)) from stopped
    require(getattr(given, "shape", case[0].shape) == case[0].shape, f"x_t has x_0's shape. {why}")


def _no_luck(answer, case: tuple, sentence: str) -> None:
    """Refuse an answer that gives other numbers at the second call."""
    one, two = (call(answer, *(part.clone() for part in case)) for _ in range(2))
    if isinstance(one, Tensor) and isinstance(two, Tensor) and one.shape == two.shape:
        require(torch.equal(one, two) or not one.isfinite().all(), sentence)


@exercise(
    "models/diffusion/noise",
    not_yet="Write the body of `noise(x0, eps, abar)` and return x_t.",
    right="Any time is one stride away, for points as for pictures.",
    hints=[
        "abar_t is the picture's share of the variance. What is its share of the spread?",
        "x_t = sqrt(abar) x_0 + sqrt(1 - abar) eps.",
        "abar is [N]: make it [N, 1, ...] with abar.reshape(-1, *[1] * (x0.ndim - 1)).",
    ],
)
def noise(answer) -> None:
    """The noised data of equation 4, for items with any number of axes."""
    cases = [(X0, EPS, ABAR), (*PICTURES, ABAR), (X0[:1, :2], EPS[:1, :2], ABAR[1:])]
    for case in cases:
        _axes_fit(answer, case)
    _no_luck(answer, cases[0], "The noise is given: use eps, and draw none.")
    same_on(answer, _noise, cases=cases, mistakes=NOISE_MISTAKES)


def _eps(x_t: Tensor, x0: Tensor, a: Tensor) -> Tensor:
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


def _step(x_t: Tensor, x0: Tensor, abar_t: Tensor, abar_s: Tensor) -> Tensor:
    return abar_s.sqrt() * x0 + (1 - abar_s).sqrt() * _eps(x_t, x0, abar_t)


def _posterior_mean(x_t: Tensor, x0: Tensor, abar_t: Tensor, abar_s: Tensor) -> Tensor:
    ratio = abar_t / abar_s
    return (abar_s.sqrt() * (1 - ratio) * x0 + ratio.sqrt() * (1 - abar_s) * x_t) / (1 - abar_t)


STEP_MISTAKES = {
    "That is the mean of DDPM's step (equation 7 of Ho et al.): DDIM mixes the guess and the noise "
    "that goes with it.": _posterior_mean,
    "All roots are missing: abar is a share of the variance.": (
        lambda x, x0, t, s: s * x0 + (1 - s) * (x - t * x0) / (1 - t)
    ),
    "To get the noise you left out both roots: subtract sqrt(abar_t) x0, divide by "
    "sqrt(1 - abar_t).": lambda x, x0, t, s: (
        s.sqrt() * x0 + (1 - s).sqrt() * (x - t * x0) / (1 - t)
    ),
    "In the mix for the time s both roots are missing.": (
        lambda x, x0, t, s: s * x0 + (1 - s) * _eps(x, x0, t)
    ),
    "The noise is not x_t - x0: both have factors in x_t, sqrt(abar_t) and sqrt(1 - abar_t).": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s).sqrt() * (x - x0)
    ),
    "To get the noise, subtract the guess's part from x_t; you added it.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s).sqrt() * (x + t.sqrt() * x0) / (1 - t).sqrt()
    ),
    "The guess still has the factor of time t: use abar_s for both parts of the mix.": (
        lambda x, x0, t, s: t.sqrt() * x0 + (1 - s).sqrt() * _eps(x, x0, t)
    ),
    "The noise still has the factor of time t: use abar_s for both parts of the mix.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - t).sqrt() * _eps(x, x0, t)
    ),
    "You mixed for the time t again, which leads back to x_t: use abar_s.": (
        lambda x, x0, t, s: x + 0 * x0
    ),
    "The noise was computed with abar_s: it stands in x_t, so abar_t belongs to it.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s).sqrt() * _eps(x, x0, s)
    ),
    "The two times are swapped.": lambda x, x0, t, s: _step(x, x0, s, t),
    "The guess has the factor abar_s: take its root.": (
        lambda x, x0, t, s: s * x0 + (1 - s).sqrt() * _eps(x, x0, t)
    ),
    "The noise has the factor 1 - abar_s: take its root.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s) * _eps(x, x0, t)
    ),
    "To get the noise, subtract sqrt(abar_t) times the guess, with the root.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s).sqrt() * (x - t * x0) / (1 - t).sqrt()
    ),
    "To get the noise, divide by sqrt(1 - abar_t), with the root.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s).sqrt() * (x - t.sqrt() * x0) / (1 - t)
    ),
    "The noise is missing: only at the last step, where abar_s is 1, does it vanish.": (
        lambda x, x0, t, s: s.sqrt() * x0
    ),
    "That is the guess itself; at time s there is still noise.": lambda x, x0, t, s: x0 + 0 * x,
    "That is the noise alone; mix it with the guess for the time s.": (
        lambda x, x0, t, s: _eps(x, x0, t)
    ),
    "You mixed x_t itself with the guess: take out of it the noise alone.": (
        lambda x, x0, t, s: s.sqrt() * x0 + (1 - s).sqrt() * x
    ),
    "You subtracted the noise; add it.": (
        lambda x, x0, t, s: s.sqrt() * x0 - (1 - s).sqrt() * _eps(x, x0, t)
    ),
}


@exercise(
    "models/diffusion/step",
    not_yet="Write the body of `step(x_t, x0, abar_t, abar_s)` and return x_s.",
    right="A DDIM step; where abar_s is 1 it gives the guess itself.",
    hints=[
        "Equation 4 ties x_t, x_0 and the noise: solve it for the noise.",
        "eps = (x_t - sqrt(abar_t) x0) / sqrt(1 - abar_t).",
        "Then equation 4 again, with abar_s.",
    ],
)
def step(answer) -> None:
    """A DDIM step from t to s, [N, D]."""
    x_t = _noise(X0, EPS, torch.tensor([0.25, 0.25]))
    cases = [
        (x_t, X0 + 0.1, torch.tensor(0.25), torch.tensor(0.64)),
        (x_t[:1, :2], X0[1:, :2], torch.tensor(0.04), torch.tensor(0.99)),
    ]
    _no_luck(
        answer, cases[0], "A DDIM step draws nothing: compute the noise from x_t and the guess."
    )
    same_on(answer, _step, cases=cases, mistakes=STEP_MISTAKES)


def _guide(told: Tensor, untold: Tensor, w: float) -> Tensor:
    return untold + w * (told - untold)


GUIDE_MISTAKES = {
    "Your w = 0 takes the label as it is: that is the paper's w; here it must ignore the label.": (
        lambda c, u, w: (1 + w) * c - w * u
    ),
    "The two answers are swapped: w = 1 must give the one with the label.": (
        lambda c, u, w: _guide(u, c, w)
    ),
    "You only added w times the label's answer: add w times the difference of the two.": (
        lambda c, u, w: u + w * c
    ),
    "That is w times the difference; it starts from the answer without the label.": (
        lambda c, u, w: w * (c - u)
    ),
    "You started from the answer with the label; start from the one without.": (
        lambda c, u, w: c + w * (c - u)
    ),
    "You added w times the difference with the wrong sign: towards the label is told - untold.": (
        lambda c, u, w: u - w * (c - u)
    ),
    "w is not used.": lambda c, u, w: c + 0 * u,
    "That is the answer without the label, whatever w is.": lambda c, u, w: u + 0 * c,
    "That is w times the answer with the label: w = 0 must give the one without.": (
        lambda c, u, w: w * c + 0 * u
    ),
    "w = 0 gives told - untold: start from untold.": lambda c, u, w: c + (w - 1) * u,
    "No division is needed: the weights of the two, w and 1 - w, add up to 1.": (
        lambda c, u, w: _guide(c, u, w) / (1 + w)
    ),
    "You held w to 1: more than 1 exaggerates, and is allowed.": (
        lambda c, u, w: _guide(c, u, min(w, 1.0))
    ),
    "That is the mean of the two, whatever w is.": lambda c, u, w: (c + u) / 2,
}


@exercise(
    "models/diffusion/guide",
    not_yet="Write the body of `guide(told, untold, w)` and return one answer.",
    right="A straight line through both answers; beyond w = 1 it leaves them behind.",
    hints=[
        "Which of the two must it be at w = 0? Which at w = 1?",
        "The label pulls from `untold` towards `told`: their difference is the direction.",
        "untold + w * (told - untold)",
    ],
)
def guide(answer) -> None:
    """Classifier-free guidance on two answers [N, D]."""
    cases = [(X0, EPS, 2.5), (X0, EPS, 0.0), (X0[:1, :2], EPS[:1, :2], 1.0)]
    same_on(answer, _guide, cases=cases, mistakes=GUIDE_MISTAKES)


question(
    "models/diffusion/q1",
    "Two schedules pass the same signal-to-noise ratios at different times. What differs for the "
    "net?",
    options={
        "a": (
            "The noised pictures it can meet.",
            "A ratio decides what a noised picture looks like; both schedules pass the same ones.",
        ),
        "b": (
            "How often it trains on each ratio, and the time it is told for it.",
            "The tasks are the same, only spread differently over the times.",
        ),
        "c": ("Nothing at all.", "Times are drawn evenly, so the ratios are drawn differently."),
    },
    answer="b",
)

question(
    "models/diffusion/q2",
    "Why is equation 14 of Ho et al. not the bound?",
    options={
        "a": (
            "It leaves out each time's weight.",
            "The bound weighs a time by half the fall of the signal-to-noise ratio.",
        ),
        "b": (
            "It guesses the noise instead of the picture.",
            "That alone changes nothing: equation 4 turns one into the other.",
        ),
        "c": ("It draws one time for each item.", "That is an estimate of the sum, without bias."),
    },
    answer="a",
)

question(
    "models/diffusion/q3",
    "Driven by the oracle, a sampler gives pictures with an even grain of 0.01. Where do you look?",
    options={
        "a": ("At the noise schedule.", "With the oracle every schedule ends in the data."),
        "b": ("At the number of steps.", "A hundred or a thousand make no grain."),
        "c": ("At the last step.", "It adds noise: sqrt(beta_1) is 0.01."),
    },
    answer="c",
)

question(
    "models/diffusion/q4",
    "A net reaches the least possible loss on its 500 training pictures. What does it draw?",
    options={
        "a": ("New digits.", "The least loss belongs to the oracle, which copies."),
        "b": (
            "Copies of the 500.",
            "At the minimum it is the closed-form denoiser of those pictures.",
        ),
        "c": ("The mean digit.", "It does so in pure noise, but not at the end."),
    },
    answer="b",
)

question(
    "models/diffusion/q5",
    "Guidance 1.5 and 8 steps of Heun: how many pictures does the net answer for one sample?",
    options={
        "a": ("8.", "Heun asks a second time in all steps but the last."),
        "b": ("16.", "Heun asks 15 times, and guidance wants two answers each time."),
        "c": ("30.", "Twice 2 * 8 - 1."),
    },
    answer="c",
)
