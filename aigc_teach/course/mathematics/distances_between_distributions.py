"""Exercises of the lesson on distances between distributions."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, function, same_on
from ...lab.register import exercise, question

OPINIONS = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.0, 0.5, 0.5]])
WEIGHTS = torch.tensor([0.5, 0.3, 0.2])
SURE = torch.tensor([[0.25, 0.75, 0.0, 0.0], [0.1, 0.0, 0.3, 0.6]])
UNEVEN = torch.tensor([0.9, 0.1])
NONZERO = torch.tensor([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])


def _entropy(p: Tensor) -> Tensor:
    return -torch.xlogy(p, p).sum(-1)


def _js(p: Tensor, weights: Tensor) -> Tensor:
    return _entropy(weights @ p) - weights @ _entropy(p)


@exercise(
    "mathematics/distances_between_distributions/js",
    not_yet="Write the body of `disagreement(p, weights)` and return one number.",
    right="It is 0 where all agree, and never above the entropy of the weights.",
    hints=[
        "You need the entropy twice: of the weighted mean (one distribution), and of each row.",
        "weights @ p is the weighted mean [n]; weights @ h is the weighted mean of h [K].",
        "torch.xlogy(p, p) is p log p, and 0 where p is 0. Sum it over the outcomes: .sum(-1).",
    ],
)
def js(answer) -> None:
    """The weighted Jensen-Shannon divergence, as a function of p [K, n] and weights [K]."""
    plain = call(function(answer), NONZERO.clone(), UNEVEN.clone())
    zeros = call(answer, OPINIONS.clone(), WEIGHTS.clone())
    if _is_nan(zeros) and not _is_nan(plain):
        raise Wrong("Your result is NaN where a probability is 0: 0 log 0 must count as 0.")
    same_on(answer, _js, [(OPINIONS, WEIGHTS), (SURE, UNEVEN)], mistakes=JS_MISTAKES)


def _is_nan(value) -> bool:
    return isinstance(value, Tensor | float) and bool(torch.as_tensor(value).isnan().any())


JS_MISTAKES = {
    "The sign is reversed: the entropy of the mean is the larger one.": lambda p, w: -_js(p, w),
    "You used equal weights; the given ones are asked for.": (
        lambda p, w: _js(p, torch.full_like(w, 1 / len(w)))
    ),
    "The mean of the rows must be weighted as well: weights @ p.": (
        lambda p, w: _entropy(p.mean(0)) - w @ _entropy(p)
    ),
    "You summed the rows' entropies; average them with the weights.": (
        lambda p, w: _entropy(w @ p) - _entropy(p).sum()
    ),
    "An entropy is a sum over the outcomes; you took the mean over them.": (
        lambda p, w: _js(p, w) / p.shape[1]
    ),
    "No square root: the divergence itself is asked for.": lambda p, w: _js(p, w).sqrt(),
    "The entropies of the rows must be averaged with the same weights.": (
        lambda p, w: _entropy(w @ p) - _entropy(p).mean()
    ),
    "That is the entropy of the mean alone: subtract the mean entropy of the rows.": (
        lambda p, w: _entropy(w @ p)
    ),
    "That is the mean entropy alone: subtract it from the entropy of the mean.": (
        lambda p, w: w @ _entropy(p)
    ),
    "The answer is asked for in nats: the natural logarithm, not log2.": (
        lambda p, w: _js(p, w) / torch.log(torch.tensor(2.0))
    ),
    "The minus of the entropy is missing: H = -sum p log p.": (
        lambda p, w: -_entropy(w @ p) - w @ _entropy(p)
    ),
}

PLACES = torch.tensor([-1.0, 0.0, 0.5, 3.0, 3.2])
HEAPS = torch.tensor([0.1, 0.4, 0.2, 0.0, 0.3])
WANTED = torch.tensor([0.3, 0.0, 0.3, 0.2, 0.2])


def _work(x: Tensor, p: Tensor, q: Tensor) -> Tensor:
    return ((p - q).cumsum(0)[:-1].abs() * x.diff()).sum()


def _each_gap(surplus, gap=lambda x: x.diff()):
    return lambda x, p, q: (surplus((p - q).cumsum(0)) * gap(x)).sum()


@exercise(
    "mathematics/distances_between_distributions/earth",
    not_yet="Write the body of `work(x, p, q)` and return one number.",
    right="Each gap was charged once for all the sand that must cross it, in either direction.",
    hints=[
        "How much sand must cross from the first place to the second, whatever the plan?",
        "Across the gap after place i: |sum of (p - q) up to i|. That is a cumulative sum.",
        "There are n - 1 gaps, x.diff(), and n - 1 surpluses, (p - q).cumsum(0)[:-1].",
    ],
)
def earth(answer) -> None:
    """The least work, as a function of places [n] and masses [n]."""
    cases = [
        (PLACES, HEAPS, WANTED),
        (torch.tensor([2.0, 2.5, 7.0]), torch.tensor([0.2, 0.5, 0.3]), torch.tensor([0.6, 0.4, 0])),
    ]
    same_on(answer, _work, cases, mistakes=EARTH_MISTAKES)


EARTH_MISTAKES = {
    "Your surpluses cancel: sand that moves left costs as much as sand that moves right (abs).": (
        lambda x, p, q: ((p - q).cumsum(0)[:-1] * x.diff()).sum()
    ),
    "Your surpluses cancel with the sign reversed: take absolute values.": (
        lambda x, p, q: ((q - p).cumsum(0)[:-1] * x.diff()).sum()
    ),
    "Take the absolute value of each gap's surplus, not of the total. (That is the distance of "
    "the two means.)": (lambda x, p, q: ((p - q).cumsum(0)[:-1] * x.diff()).sum().abs()),
    "You charged the gaps as if all were 1 wide; the places are uneven.": (
        lambda x, p, q: (p - q).cumsum(0).abs().sum()
    ),
    "You charged every gap the mean width; the places are uneven.": (
        _each_gap(lambda s: s[:-1].abs(), lambda x: x.diff().mean())
    ),
    "The surplus after place i crosses the gap from i to i + 1; yours is shifted by one gap.": (
        _each_gap(lambda s: s[1:].abs())
    ),
    "The surplus is the same all along a gap: do not average those of its two ends.": (
        _each_gap(lambda s: (s[:-1].abs() + s[1:].abs()) / 2)
    ),
    "You charged the sand that moves right only; what moves left costs as much (abs).": (
        _each_gap(lambda s: s[:-1].clamp(min=0))
    ),
    "Take absolute values after the cumulative sum: sand that comes fills what was missing.": (
        lambda x, p, q: ((p - q).abs().cumsum(0)[:-1] * x.diff()).sum()
    ),
    "The work is mass times distance: do not square the gap.": (
        _each_gap(lambda s: s[:-1].abs(), lambda x: x.diff() ** 2)
    ),
    "You compared each place with itself: what crosses a gap is the surplus of all on its left.": (
        lambda x, p, q: ((p - q).abs()[:-1] * x.diff()).sum()
    ),
    "That is the total variation: it does not look at the places at all.": (
        lambda x, p, q: (p - q).abs().sum() / 2
    ),
    "The work is mass times distance: do not square the surplus.": (
        lambda x, p, q: ((p - q).cumsum(0)[:-1] ** 2 * x.diff()).sum()
    ),
}


def _cover(weights: Tensor, means: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
    mean = weights @ means
    return mean, (weights @ (widths**2 + (means - mean) ** 2)).sqrt()


def _with_width(width):
    return lambda w, m, s: (w @ m, width(w, m, s))


@exercise(
    "mathematics/distances_between_distributions/cover",
    not_yet="Write the body of `best_cover(weights, means, widths)` and return mean and width.",
    right="Variance within the modes plus variance between them: the law of total variance.",
    hints=[
        "The mean of a mixture is the weighted mean of the means.",
        "E[x^2] of one mode is its width^2 + mean^2. Average, and subtract the square of the mean.",
        "variance = sum of weights * (widths^2 + (means - mean)^2); the width is its root.",
    ],
)
def cover(answer) -> None:
    """Mean and width of the best covering Gaussian."""
    cases = [
        (WEIGHTS, torch.tensor([-2.0, 1.0, 4.0]), torch.tensor([0.5, 1.0, 0.3])),
        (UNEVEN, torch.tensor([3.0, 1.0]), torch.tensor([0.4, 0.8])),
    ]
    same_on(answer, _cover, cases, mistakes=COVER_MISTAKES)


COVER_MISTAKES = {
    "You returned the variance; the width is its square root.": (
        _with_width(lambda w, m, s: _cover(w, m, s)[1] ** 2)
    ),
    "Your width leaves out the distance between the modes.": (
        _with_width(lambda w, m, s: (w @ s**2).sqrt())
    ),
    "You averaged the widths; variances can be averaged, and the modes' distance comes on top.": (
        _with_width(lambda w, m, s: w @ s)
    ),
    "Your width leaves out the width of the modes themselves.": (
        _with_width(lambda w, m, s: (w @ (m - w @ m) ** 2).sqrt())
    ),
    "You did not subtract the mean: E[x^2] is the variance only where the mean is 0.": (
        _with_width(lambda w, m, s: (w @ (s**2 + m**2)).sqrt())
    ),
    "Square the widths before you average: variances add up, widths do not.": (
        _with_width(lambda w, m, s: (w @ (s + (m - w @ m) ** 2)).sqrt())
    ),
    "Square each width before you average, not the average of the widths.": (
        _with_width(lambda w, m, s: ((w @ s) ** 2 + w @ (m - w @ m) ** 2).sqrt())
    ),
    "Squared weights belong to a weighted sum of variables; here each x comes from one mode.": (
        _with_width(lambda w, m, s: (w**2 @ s**2).sqrt())
    ),
    "Your width takes all modes for equally likely: weight their part in the variance.": (
        _with_width(lambda w, m, s: (s**2 + (m - w @ m) ** 2).mean().sqrt())
    ),
    "Add the two variances before the root: the roots themselves do not add up.": (
        _with_width(lambda w, m, s: (w @ s**2).sqrt() + (w @ (m - w @ m) ** 2).sqrt())
    ),
    "Take one root, of the averaged variance: roots must not be averaged.": (
        _with_width(lambda w, m, s: w @ (s**2 + (m - w @ m) ** 2).sqrt())
    ),
    "The modes are not equally likely: the mean needs the weights.": (
        lambda w, m, s: (m.mean(), (s**2 + (m - m.mean()) ** 2).mean().sqrt())
    ),
    "The mean comes first, then the width.": lambda w, m, s: _cover(w, m, s)[::-1],
}

CLOUDS = torch.tensor([[0.0, 1, 0.2], [0.5, -0.3, 0.1], [1.2, 0.4, -0.4], [-0.7, 0.2, 0.3]])
OTHERS = torch.tensor([[1.0, 1.0, 0.5], [0.3, -1.1, -0.2], [2.0, 0.1, 0.4]])


def _kernel(a: Tensor, b: Tensor, h: float) -> Tensor:
    return torch.exp(-((a[:, None] - b) ** 2).sum(-1) / (2 * h**2))


def _among(a: Tensor, h: float) -> Tensor:
    return (_kernel(a, a, h).sum() - len(a)) / (len(a) * (len(a) - 1))


def _mmd(x: Tensor, y: Tensor, h: float) -> Tensor:
    return _among(x, h) + _among(y, h) - 2 * _kernel(x, y, h).mean()


def _biased(x: Tensor, y: Tensor, h: float) -> Tensor:
    return _kernel(x, x, h).mean() + _kernel(y, y, h).mean() - 2 * _kernel(x, y, h).mean()


def _half_removed(x: Tensor, y: Tensor, h: float) -> Tensor:
    own = [(_kernel(s, s, h).sum() - len(s)) / len(s) ** 2 for s in (x, y)]
    return own[0] + own[1] - 2 * _kernel(x, y, h).mean()


def _diagonal_kept(x: Tensor, y: Tensor, h: float) -> Tensor:
    return _mmd(x, y, h) + 1 / (len(x) - 1) + 1 / (len(y) - 1)


def _by_coordinate(x: Tensor, y: Tensor, h: float) -> Tensor:
    return torch.stack([_mmd(x[:, [d]], y[:, [d]], h) for d in range(x.shape[1])]).sum()


@exercise(
    "mathematics/distances_between_distributions/mmd",
    not_yet="Write the body of `mmd_squared(x, y, h)` and return one number.",
    right="Right on average, and so negative now and then where the two are alike.",
    hints=[
        "x[:, None] - y has shape [N, M, D]; square it and sum over the last axis.",
        "Within one sample leave out the pairs i = j, where the kernel is 1. How many are left?",
        "Within x: (kernel(x, x).sum() - N) / (N (N - 1)). Between x and y: the plain mean.",
    ],
)
def mmd(answer) -> None:
    """The unbiased squared MMD, as a function of x [N, D], y [M, D] and h."""
    if _is_nan(call(function(answer), CLOUDS.clone(), OTHERS.clone(), 0.8)):
        raise Wrong("Your result is NaN. The estimate may be negative, so take no root of it.")
    cases = [(CLOUDS, OTHERS, 0.8), (OTHERS, CLOUDS[::3], 1.7)]  # one < 0, one > 0
    same_on(answer, _mmd, cases, mistakes=MMD_MISTAKES)


MMD_MISTAKES = {
    "That is the biased estimate: leave out each point's kernel with itself.": _biased,
    "You took the 1s of the diagonal out of the sum, but still divide by N^2: N (N - 1) pairs "
    "are left.": _half_removed,
    "The term between x and y counts twice: - 2 E k(x, y).": (
        lambda x, y, h: _among(x, h) + _among(y, h) - _kernel(x, y, h).mean()
    ),
    "The sign is reversed: similarity within, minus similarity between.": (
        lambda x, y, h: -_mmd(x, y, h)
    ),
    "The kernel divides by 2 h^2, not by h^2.": lambda x, y, h: _mmd(x, y, h / 2**0.5),
    "You treated the coordinates one by one: a kernel takes the whole distance, so sum the "
    "squares over the last axis inside exp.": _by_coordinate,
    "Do not cut the result off at 0: its negative values make it right on average.": (
        lambda x, y, h: _mmd(x, y, h).clamp(min=0)
    ),
    "You divide by N (N - 1), but the N pairs i = j are still in the sum.": _diagonal_kept,
    "N (N - 1) counts each pair twice; with i < j alone there are half as many.": (
        lambda x, y, h: _mmd(x, y, h) - (_among(x, h) + _among(y, h)) / 2
    ),
    "Leave out the pairs i = j among the y as well.": (
        lambda x, y, h: _mmd(x, y, h) - _among(y, h) + _kernel(y, y, h).mean()
    ),
    "Sum the squares over the coordinates; you averaged them.": (
        lambda x, y, h: _mmd(x, y, h * x.shape[1] ** 0.5)
    ),
}


question(
    "mathematics/distances_between_distributions/q1",
    "A coin falls heads with probability 1; your model says 0.9. What is the cross-entropy?",
    options={
        "a": ("0, as the outcome is certain.", "That is the entropy. Your model did not know."),
        "b": ("-ln 0.9, about 0.105.", "Here it equals the KL, as the entropy is 0."),
        "c": (
            "-0.9 ln 0.9, about 0.095.",
            "The mean is over the truth, which gives heads probability 1.",
        ),
    },
    answer="b",
)

question(
    "mathematics/distances_between_distributions/q2",
    "The model gives probability 0 to pictures that do occur in the data. What does that make "
    "infinite?",
    options={
        "a": ("KL(data || model).", "There p > 0 and q = 0."),
        "b": ("KL(model || data).", "There these pictures add 0 log 0 = 0."),
        "c": ("The JS divergence.", "It never exceeds ln 2."),
    },
    answer="a",
)

question(
    "mathematics/distances_between_distributions/q3",
    "A model draws sharp digits, but no sevens. Which divergence can hardly have been minimised?",
    options={
        "a": ("KL(data || model).", "It covers: a digit that is left out costs very much."),
        "b": ("KL(model || data).", "It seeks modes: leaving some out costs little."),
        "c": ("JS.", "From mean 3 the page's own fit left a mode out."),
    },
    answer="a",
)

question(
    "mathematics/distances_between_distributions/q4",
    "Two samples of 100 numbers, each of width about 1, have a Wasserstein distance of 0.2. "
    "Are the distributions different?",
    options={
        "a": ("Yes: equal distributions have distance 0.", "Distributions, not samples of them."),
        "b": ("No: 0.2 is small.", "Small compared with what?"),
        "c": (
            "You cannot tell.",
            "Two samples of 100 from one standard normal give 0.15 to 0.21 on average.",
        ),
    },
    answer="c",
)

question(
    "mathematics/distances_between_distributions/q5",
    "A loss stands at 0.6931 from the first step on, and nothing changes. What is likely?",
    options={
        "a": ("The training has converged.", "From the first step on?"),
        "b": ("The learning rate is too small.", "Any learning rate times 0 is 0."),
        "c": (
            "JS between supports that do not meet: the gradient is 0.",
            "Add noise, or use a measure that looks at places.",
        ),
    },
    answer="c",
)
