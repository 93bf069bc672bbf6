"""Exercises and questions of the lesson on the evidence lower bound."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..checkers import Wrong, call, function, same_on
from . import exercise, question


def _column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _scalars(*values: float) -> tuple[Tensor, ...]:
    return tuple(torch.tensor(value, dtype=torch.float64) for value in values)


def _reconstruction(x, m, v, w, s) -> Tensor:
    return -0.5 * (torch.log(2 * math.pi * s**2) + ((x - w * m) ** 2 + w**2 * v) / s**2)


def _price(m, v, tau) -> Tensor:
    return 0.5 * ((v + m**2) / tau**2 - 1 - torch.log(v / tau**2))


def _wide(x, m, v, w, s, tau) -> Tensor:
    return _reconstruction(x, m, v, w, s) - _price(m, v, tau)


ONE = torch.tensor(1.0, dtype=torch.float64)
WIDE_CASES = [
    (_column(2.5, -1.0), _column(0.6, 0.2), _column(0.36, 1.7), *_scalars(2.0, 0.8, 1.5)),
    (_column(0.3), _column(-1.1), _column(0.5), *_scalars(-0.7, 1.3, 3.0)),
]


@exercise(
    "elbo/wide_prior",
    not_yet="Write the body of `wide_bound` and return one number for each item.",
    right="Only the price of the code changes: the reconstruction knows nothing of the prior.",
    hints=[
        "Bound = reconstruction - KL. Which of the two terms contains the prior?",
        "The page gives KL(N(m, v) || N(mu, c)) for any mu and c. Here mu is 0; what is c?",
        "c = tau^2: 0.5 * ((v + m^2) / tau^2 - 1 - log(v / tau^2)).",
    ],
)
def wide_prior(answer) -> None:
    """The bound of a linear-Gaussian model with prior N(0, tau^2)."""
    same_on(answer, _wide, WIDE_CASES, mistakes=WIDE_MISTAKES)


WIDE_MISTAKES = {
    "You kept the prior N(0, 1): tau must appear in the KL.": lambda *a: _wide(*a[:5], ONE),
    "You divided by tau where the variance tau^2 is meant.": lambda *a: _wide(*a[:5], a[5].sqrt()),
    "The spread of q is missing in the reconstruction: add w^2 v to the squared error.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, 0 * v, w, s) - _price(m, v, tau)
    ),
    "In the reconstruction v is multiplied by w^2, because z is multiplied by w.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, v / w**2, w, s) - _price(m, v, tau)
    ),
    "You added the KL; it is a price, so subtract it.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, v, w, s) + _price(m, v, tau)
    ),
    "That is minus the bound, the loss; the bound itself is asked for.": lambda *a: -_wide(*a),
    "The constant log(2 pi s^2) / 2 of the reconstruction is missing.": (
        lambda x, m, v, w, s, tau: _wide(x, m, v, w, s, tau) + 0.5 * torch.log(2 * math.pi * s**2)
    ),
    "You used s where the variance s^2 is meant.": (
        lambda x, m, v, w, s, tau: _wide(x, m, v, w, s.sqrt(), tau)
    ),
    "That is KL(prior || q); the bound needs KL(q || prior).": (
        lambda x, m, v, w, s, tau: (
            _reconstruction(x, m, v, w, s) - 0.5 * ((tau**2 + m**2) / v - 1 - torch.log(tau**2 / v))
        )
    ),
}


def _effective(log_w: Tensor) -> Tensor:
    return (2 * torch.logsumexp(log_w, 0) - torch.logsumexp(2 * log_w, 0)).exp()


MILD = torch.tensor([[0.0, 1.0, -2.0], [0.5, -1.0, -2.0], [2.0, 0.3, -2.0], [-0.4, 0.0, -1.0]])
MILD = MILD.to(torch.float64)


@exercise(
    "elbo/effective_draws",
    not_yet="Write the body of `effective_draws(log_w)` and return one number for each item.",
    right="K where all weights are equal, 1 where one has everything, and safe at any size.",
    hints=[
        "A common factor of all weights cancels. So you may divide all of them by the largest.",
        "log_w - log_w.max(dim=0).values is never above 0, so its exp is safe. Or stay with "
        "torch.logsumexp throughout.",
        "(2 * torch.logsumexp(log_w, 0) - torch.logsumexp(2 * log_w, 0)).exp()",
    ],
)
def effective_draws(answer) -> None:
    """(sum w)^2 / sum w^2 from log weights [K, N], for any size of the weights."""
    same_on(answer, _effective, [(MILD,), (MILD[:3, :1],)], mistakes=EFFECTIVE_MISTAKES)
    for shift, words in ((-2000.0, "underflow to 0"), (2000.0, "overflow to infinity")):
        result = call(function(answer), MILD + shift)
        if not torch.isfinite(torch.as_tensor(result)).all():
            raise Wrong(
                f"Right for mild weights, but at log weights near {shift:g} they {words}, and you "
                "get NaN. Subtract the largest log weight of each item first."
            )
        same_on(answer, _effective, [(MILD + shift,)])


EFFECTIVE_MISTAKES = {
    "You summed over the items: the draws are axis 0, so use dim 0.": (
        lambda lw: 1 / (torch.softmax(lw, 1) ** 2).sum(1)
    ),
    "That is one divided by the answer: the square of the sum belongs on top.": (
        lambda lw: (torch.softmax(lw, 0) ** 2).sum(0)
    ),
    "You used the log weights as if they were weights: take exp.": (
        lambda lw: lw.sum(0) ** 2 / (lw**2).sum(0)
    ),
    "The squares are missing below: divide by the sum of the squared weights.": (
        lambda lw: lw.exp().sum(0)
    ),
    "That is the share of the draws, between 0 and 1: leave out the division by K.": (
        lambda lw: _effective(lw) / len(lw)
    ),
}


def _coin(z: Tensor, f: Tensor, p: Tensor) -> Tensor:
    others = (f.sum() - f) / (len(f) - 1)
    return ((f - others) * (z - p)).mean()


COIN_CASES = [
    (_column(1, 0, 0, 1, 1), _column(2.0, -1.0, -1.4, 2.3, 1.7), torch.tensor(0.3).double()),
    (_column(0, 1, 0), _column(0.5, 4.0, -0.7), torch.tensor(0.8).double()),
]


@exercise(
    "elbo/coin",
    not_yet="Write the body of `coin_gradient(z, f, p)` and return one number.",
    right="No slope in z was needed, and the baseline of the others keeps it unbiased.",
    hints=[
        "log q(z) = z log p + (1 - z) log(1 - p). What is its derivative by a?",
        "dp/da = p (1 - p), and everything simplifies: the score is z - p.",
        "The mean of the others is (f.sum() - f) / (K - 1). Then average (f - others) * (z - p).",
    ],
)
def coin(answer) -> None:
    """The leave-one-out score-function gradient of a Bernoulli latent."""
    same_on(answer, _coin, COIN_CASES, mistakes=COIN_MISTAKES)


COIN_MISTAKES = {
    "Your baseline contains the draw's own value, which biases it by (K - 1) / K: leave it out.": (
        lambda z, f, p: ((f - f.mean()) * (z - p)).mean()
    ),
    "The baseline is missing: subtract the mean of the other draws' values.": (
        lambda z, f, p: (f * (z - p)).mean()
    ),
    "That is the derivative by p; by a it has the factor p (1 - p) = dp/da more.": (
        lambda z, f, p: _coin(z, f, p) / (p * (1 - p))
    ),
    "The sign of the score is reversed: z - p, not p - z.": lambda z, f, p: -_coin(z, f, p),
    "You summed over the draws; an estimate of an average is a mean.": (
        lambda z, f, p: len(z) * _coin(z, f, p)
    ),
    "One number is asked for: average over the draws at the end.": (
        lambda z, f, p: (f - (f.sum() - f) / (len(f) - 1)) * (z - p)
    ),
}


def _precision(weight: Tensor, s: float) -> Tensor:
    return torch.eye(weight.shape[1], dtype=weight.dtype) + weight.T @ weight / s**2


def _of_precision(precision: Tensor) -> Tensor:
    return 0.5 * (precision.diagonal().log().sum() - torch.logdet(precision))


def _with_marginals(weight: Tensor, s: float) -> Tensor:
    precision = _precision(weight, s)
    variances = torch.linalg.inv(precision).diagonal()
    trace = (precision.diagonal() * variances).sum()
    return 0.5 * (trace - len(variances) - variances.log().sum() - torch.logdet(precision))


STAY_CASES = [
    (torch.stack([_column(1.0, 0.6, -0.4), _column(0.2, 1.1, 0.9)]), 0.5),
    (torch.stack([_column(1.0, 0.5, 0.0), _column(1.0, -0.3, 0.8)], dim=1), 0.7),
]


@exercise(
    "elbo/gap_that_stays",
    not_yet="Write the body of `gap_that_stays(weight, s)` and return one number.",
    right="It is 0 where the columns of W stand at right angles: that posterior is diagonal.",
    hints=[
        "Build the posterior's inverse covariance first: it is [L, L], so W.T @ W.",
        "The best variances are 1 / Lambda_jj, and the best mean is the posterior's. Put them "
        "into the page's formula for the gap of a diagonal q.",
        "0.5 * (sum of log Lambda_jj - log det Lambda); torch.logdet and .diagonal() help.",
    ],
)
def gap_that_stays(answer) -> None:
    """The gap of the best diagonal q for any linear decoder."""
    same_on(answer, _stays, STAY_CASES, mistakes=STAY_MISTAKES)


def _stays(weight: Tensor, s: float) -> Tensor:
    return _of_precision(_precision(weight, s))


STAY_MISTAKES = {
    "You gave q the posterior's own variances along the axes; the best ones are 1 / Lambda_jj.": (
        _with_marginals
    ),
    "That is the KL from the posterior to q, the other way round; the gap is KL(q || posterior).": (
        lambda weight, s: _of_precision(torch.linalg.inv(_precision(weight, s)))
    ),
    "The factor 1/2 is missing.": lambda weight, s: 2 * _stays(weight, s),
    "The sign is reversed: a gap is never negative.": lambda weight, s: -_stays(weight, s),
    "You divided by s; the noise's variance is s^2.": lambda weight, s: _stays(weight, s**0.5),
    "The prior is missing: Lambda begins with the identity matrix.": (
        lambda weight, s: _of_precision(_precision(weight, s) - torch.eye(weight.shape[1]))
    ),
    "You used W W', which is [D, D]; the posterior lives in the L dimensions of z: W' W.": (
        lambda weight, s: _stays(weight.T, s)
    ),
    "log det Lambda is missing: without correlations the gap must be 0.": (
        lambda weight, s: 0.5 * _precision(weight, s).diagonal().log().sum()
    ),
}


question(
    "elbo/q1",
    "You change q, and the bound rises by 0.3 nats. What else happened?",
    options={
        "a": ("The evidence rose by 0.3 nats.", "The evidence does not depend on q."),
        "b": ("The gap fell by 0.3 nats.", "Bound plus gap is log p(x), which no q can move."),
        "c": ("The KL to the prior fell by 0.3 nats.", "It may even have risen: see the picture."),
    },
    answer="b",
)

question(
    "elbo/q2",
    "An estimate of the bound from three draws lies above log p(x). What do you conclude?",
    options={
        "a": ("Nothing yet.", "It has a standard error; only the average must stay below."),
        "b": ("The program is wrong.", "The bound holds for the average, not for each estimate."),
        "c": ("q is better than the posterior.", "No q is: there the gap is already 0."),
    },
    answer="a",
)

question(
    "elbo/q3",
    "You add the constant -5,000 to log p(x|z). What happens to the two gradients' variances?",
    options={
        "a": ("Both grow.", "A constant has no slope, so one of them does not notice it."),
        "b": ("Neither changes.", "One of them multiplies the constant by the score."),
        "c": ("Only the score function's grows.", "A baseline takes the constant back."),
    },
    answer="c",
)

question(
    "elbo/q4",
    "Why does the bound with 50 draws inside the logarithm lose less than that with 5?",
    options={
        "a": ("It uses a better q.", "q is the same; only the average inside differs."),
        "b": ("The mean of 50 weights varies less.", "Jensen's loss comes from what varies."),
        "c": ("Its Monte Carlo error is smaller.", "That is chance; the gap is there on average."),
    },
    answer="b",
)

question(
    "elbo/q5",
    "A posterior has correlation 0.99 and q is diagonal. What closes the gap, with this decoder?",
    options={
        "a": ("Longer training.", "1.96 nats stay, however long you train."),
        "b": ("Smaller variances.", "The best ones are already 1 / Lambda_jj."),
        "c": ("A q that knows the correlation.", "The family is the limit, not the training."),
    },
    answer="c",
)
