"""Exercises of the lesson on the evidence lower bound."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, function, same_gradients, same_on
from ...lab.register import exercise, question


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
    "mathematics/the_elbo/wide_prior",
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
    try:
        same_on(answer, _wide, WIDE_CASES, mistakes=WIDE_MISTAKES)
    except Wrong as error:  # say which of the six numbers is which
        told = str(error).replace("For inputs ", "For (x, m, v, w, s, tau) = ", 1)
        raise Wrong(told) from error
    why = "The bound depends on m and v in both of its terms, on w and s in the first."
    same_gradients(answer, _wide, WIDE_CASES[0], (1, 2, 3, 4), why)


WIDE_MISTAKES = {
    "You kept the prior N(0, 1): tau must appear in the KL.": lambda *a: _wide(*a[:5], ONE),
    "You divided by tau where the variance tau^2 is meant.": lambda *a: _wide(*a[:5], a[5].sqrt()),
    "The spread of q is missing in the reconstruction: add w^2 v to the squared error.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, 0 * v, w, s) - _price(m, v, tau)
    ),
    "In the reconstruction v is multiplied by w^2, because z is multiplied by w.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, v / w**2, w, s) - _price(m, v, tau)
    ),
    "In the reconstruction v is multiplied by w^2, not by w: variances grow with the square.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, v / w, w, s) - _price(m, v, tau)
    ),
    "v is the variance of q already; you squared it as if it were the spread.": (
        lambda x, m, v, w, s, tau: _wide(x, m, v**2, w, s, tau)
    ),
    "In the KL, v is the variance of q already; you squared it as if it were the spread.": (
        lambda x, m, v, w, s, tau: _reconstruction(x, m, v, w, s) - _price(m, v**2, tau)
    ),
    "Inside the logarithm of the KL, too, the prior's variance is tau^2: log(v / tau^2).": (
        lambda x, m, v, w, s, tau: _wide(x, m, v, w, s, tau) + 0.5 * torch.log(tau)
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


def _effective(log_r: Tensor) -> Tensor:
    return (2 * torch.logsumexp(log_r, 0) - torch.logsumexp(2 * log_r, 0)).exp()


MILD = torch.tensor([[0.0, 1.0, -2.0], [0.5, -1.0, -2.0], [2.0, 0.3, -2.0], [-0.4, 0.0, -1.0]])
MILD = MILD.to(torch.float64)

SAFE = "Subtract the largest log weight of each item, log_r.max(dim=0).values, first."
EXTREME = {
    "at log weights near -2000 the weights underflow to 0": MILD - 2000,
    "at log weights near 2000 the weights overflow to infinity": MILD + 2000,
    "with one item near 2000 and one near -2000 no common number helps both": (
        MILD[:, :2] + _column(2000.0, -2000.0)
    ),
    "with log weights -1500, 0, -1500 an exp overflows": _column(-1500, 0, -1500).unsqueeze(1),
}


@exercise(
    "mathematics/the_elbo/effective_draws",
    not_yet="Write the body of `effective_draws(log_r)` and return one number for each item.",
    right="K where all weights are equal, 1 where one has everything, and safe at any size.",
    hints=[
        "A common factor of all weights cancels. So you may divide all of them by the largest.",
        "log_r - log_r.max(dim=0).values is never above 0, so its exp is safe. Or stay with "
        "torch.logsumexp throughout.",
        "(2 * torch.logsumexp(log_r, 0) - torch.logsumexp(2 * log_r, 0)).exp()",
    ],
)
def effective_draws(answer) -> None:
    """(sum r)^2 / sum r^2 from log weights [K, N], for any size of the weights."""
    same_on(answer, _effective, [(MILD,), (MILD[:3, :1],)], mistakes=EFFECTIVE_MISTAKES)
    for where, log_r in EXTREME.items():
        result = call(function(answer), log_r.clone())
        if not torch.isfinite(torch.as_tensor(result)).all():
            raise Wrong(f"Right for mild weights, but {where}, and you get NaN. {SAFE}")
        same_on(answer, _effective, [(log_r,)])


EFFECTIVE_MISTAKES = {
    "You summed over the items: the draws are axis 0, so use dim 0.": (
        lambda lr: 1 / (torch.softmax(lr, 1) ** 2).sum(1)
    ),
    "That is one divided by the answer: the square of the sum belongs on top.": (
        lambda lr: (torch.softmax(lr, 0) ** 2).sum(0)
    ),
    "You used the log weights as if they were weights: take exp.": (
        lambda lr: lr.sum(0) ** 2 / (lr**2).sum(0)
    ),
    "The squares are missing below: divide by the sum of the squared weights.": (
        lambda lr: lr.exp().sum(0)
    ),
    "The sum above must be squared: (sum r)^2 / sum r^2.": (
        lambda lr: lr.exp().sum(0) / (lr.exp() ** 2).sum(0)
    ),
    "That is the logarithm of the answer: end with exp.": lambda lr: _effective(lr).log(),
    "That is the share of the draws, between 0 and 1: leave out the division by K.": (
        lambda lr: _effective(lr) / len(lr)
    ),
}


def _others(f: Tensor) -> Tensor:
    return (f.sum() - f) / (len(f) - 1)


def _coin(z: Tensor, f: Tensor, p: Tensor) -> Tensor:
    return (f - _others(f)) * (z - p)


COIN_CASES = [
    (_column(1, 0, 0, 1, 1), _column(2.0, -1.0, -1.4, 2.3, 1.7), torch.tensor(0.3).double()),
    (_column(0, 1, 0), _column(0.5, 4.0, -0.7), torch.tensor(0.8).double()),
]


@exercise(
    "mathematics/the_elbo/coin",
    not_yet="Write the body of `coin_gradient(z, f, p)` and return one number for each draw.",
    right="No slope in z was needed, and the baseline of the others keeps it unbiased.",
    hints=[
        "log q(z) = z log p + (1 - z) log(1 - p). What is its derivative by a?",
        "dp/da = p (1 - p), and everything simplifies: the score is z - p.",
        "The mean of the others is (f.sum() - f) / (K - 1). Return (f - others) * (z - p).",
    ],
)
def coin(answer) -> None:
    """The leave-one-out score-function gradient of a Bernoulli latent, one for each draw."""
    same_on(answer, _coin, COIN_CASES, mistakes=COIN_MISTAKES)


COIN_MISTAKES = {
    "Your baseline contains the draw's own value, which biases it by (K - 1) / K: leave it out.": (
        lambda z, f, p: (f - f.mean()) * (z - p)
    ),
    "The baseline is missing: subtract the mean of the other draws' values.": (
        lambda z, f, p: f * (z - p)
    ),
    "The baseline is subtracted from f, not added.": lambda z, f, p: (f + _others(f)) * (z - p),
    "There are K - 1 other draws: divide the sum of their values by K - 1, not by K.": (
        lambda z, f, p: (f - (f.sum() - f) / len(f)) * (z - p)
    ),
    "That is the derivative by p; by a it has the factor p (1 - p) = dp/da more.": (
        lambda z, f, p: _coin(z, f, p) / (p * (1 - p))
    ),
    "The sign of the score is reversed: z - p, not p - z.": lambda z, f, p: -_coin(z, f, p),
    "At z = 0 the score is -p, not 0: log q(z) also has the part (1 - z) log(1 - p).": (
        lambda z, f, p: (f - _others(f)) * z * (1 - p)
    ),
    "p is missing in the score. It cancels in the average of all draws, not in each estimate.": (
        lambda z, f, p: (f - _others(f)) * z
    ),
    "q says 1 with probability p, so the score at z = 1 is 1 - p: subtract p from z.": (
        lambda z, f, p: (f - _others(f)) * (z - (1 - p))
    ),
    "You multiplied by log q(z); the score is its derivative by a.": (
        lambda z, f, p: (f - _others(f)) * (z * p.log() + (1 - z) * (1 - p).log())
    ),
    "You divided by K; each draw's own estimate is asked for.": (
        lambda z, f, p: _coin(z, f, p) / len(z)
    ),
    "You averaged. Return the K terms before the average: each draw's own estimate.": (
        lambda z, f, p: _coin(z, f, p).mean()
    ),
    "You summed over the draws. Return the K terms: each draw's own estimate.": (
        lambda z, f, p: _coin(z, f, p).sum()
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


_THREE = [_column(1.0, 0.6, -0.4), _column(0.2, 1.1, 0.9)]  # two readings of three latents
# at least as many readings as latents, so that a forgotten identity still leaves a number
STAY_CASES = [
    (torch.stack([_column(1.0, 0.5, 0.0), _column(1.0, -0.3, 0.8)], dim=1), 0.7),
    (torch.stack([*_THREE, _column(-0.5, 0.3, 0.8), _column(0.7, 0.7, 0.1)]), 0.5),
]


@exercise(
    "mathematics/the_elbo/gap_that_stays",
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
    try:
        same_on(answer, _stays, STAY_CASES, mistakes=STAY_MISTAKES)
        same_on(answer, _stays, [(torch.stack(_THREE), 0.5)])
    except Wrong as error:
        if "size of tensor" not in str(error):
            raise
        raise Wrong(
            "Two matrices of different sizes are added. Lambda is [L, L], and L is not always 2: "
            "torch.eye(weight.shape[1]) + weight.T @ weight / s**2."
        ) from error


def _stays(weight: Tensor, s: float) -> Tensor:
    return _of_precision(_precision(weight, s))


STAY_MISTAKES = {
    "You gave q the posterior's own variances along the axes; the best ones are 1 / Lambda_jj.": (
        _with_marginals
    ),
    "That is the KL of the posterior from q, the other way round; the gap is KL(q || posterior).": (
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
    "mathematics/the_elbo/q1",
    "You change q, and the bound rises by 0.3 nats. What else happened?",
    options={
        "a": ("The evidence rose by 0.3 nats.", "The evidence does not depend on q."),
        "b": ("The gap fell by 0.3 nats.", "Bound plus gap is log p(x), which no q can move."),
        "c": ("The KL to the prior fell by 0.3 nats.", "It may even have risen: see the picture."),
    },
    answer="b",
)

question(
    "mathematics/the_elbo/q2",
    "An estimate of the bound from three draws lies above log p(x). What do you conclude?",
    options={
        "a": ("Nothing yet.", "It has a standard error; only the average must stay below."),
        "b": ("The program is wrong.", "The bound holds for the average, not for each estimate."),
        "c": ("q is better than the posterior.", "No q is: there the gap is already 0."),
    },
    answer="a",
)

question(
    "mathematics/the_elbo/q3",
    "You add the constant -5,000 to log p(x|z). What happens to the two gradients' variances?",
    options={
        "a": ("Both grow.", "A constant has no slope, so one of them does not notice it."),
        "b": ("Neither changes.", "One of them multiplies the constant by the score."),
        "c": ("Only the score function's grows.", "A baseline takes the constant back."),
    },
    answer="c",
)

question(
    "mathematics/the_elbo/q4",
    "Why does the bound with 50 draws inside the logarithm lose less than that with 5?",
    options={
        "a": ("It uses a better q.", "q is the same; only the average inside differs."),
        "b": ("The mean of 50 weights varies less.", "It averages ten means of 5: Jensen."),
        "c": ("Its Monte Carlo error is smaller.", "That is chance; the gap is there on average."),
    },
    answer="b",
)

question(
    "mathematics/the_elbo/q5",
    "A posterior has correlation 0.99 and q is diagonal. What closes the gap, with this decoder?",
    options={
        "a": (
            "Longer training, with a smaller learning rate at the end.",
            "1.96 nats stay, however long you train.",
        ),
        "b": ("Smaller variances.", "The best ones are already 1 / Lambda_jj."),
        "c": ("A q that knows the correlation.", "The family is the limit, not the training."),
    },
    answer="c",
)
