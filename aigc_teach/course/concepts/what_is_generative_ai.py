"""Exercises and questions of the lesson that says what generative AI is."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import Wrong, call, function, same_on
from ...lab.register import exercise, question

P = torch.tensor([0.5, 0.125, 0.25, 0.9])


def _perplexity(p: Tensor) -> Tensor:
    return 2 ** (-p.log2().mean())


@exercise(
    "concepts/what_is_generative_ai/perplexity",
    not_yet="Write the body of `perplexity(p)` and return one number.",
    right="It is 1 where every character was certain, and K where each had probability 1/K.",
    hints=[
        "The surprise at one character is -log2 p. Perplexity is 2 to the power of its mean.",
        "p.log2() gives all logarithms; mind the sign.",
        "2 ** (-p.log2().mean())",
    ],
)
def perplexity(answer) -> None:
    """The perplexity of a text, from the probability of each of its characters [T]."""
    cases = [(P,), (torch.full((5,), 0.1),), (torch.tensor([1.0, 0.02]),)]
    same_on(
        answer,
        _perplexity,
        cases=cases,
        mistakes={
            "That is the mean surprise in bits; perplexity is 2 to the power of it.": (
                lambda p: -p.log2().mean()
            ),
            "That is the mean surprise in nats; perplexity is e to the power of it.": (
                lambda p: -p.log().mean()
            ),
            "You weighted the surprises by p. The text has drawn its characters already: take "
            "their plain mean.": lambda p: 2 ** (-(p * p.log2()).sum()),
            "That is below 1: the sign of the logarithm is missing. Surprise is -log2 p.": (
                lambda p: 2 ** p.log2().mean()
            ),
            "You averaged the probabilities; average their logarithms. One rare character "
            "must count.": lambda p: 1 / p.mean(),
            "You averaged 1/p; average the logarithm, and take the power last.": (
                lambda p: (1 / p).mean()
            ),
            "You summed the surprise; take its mean, or a long text is always worse.": (
                lambda p: 2 ** (-p.log2().sum())
            ),
            "Two bases are mixed: log gives nats, and 2 ** needs bits. Use log2, or exp.": (
                lambda p: 2 ** (-p.log().mean())
            ),
            "Two bases are mixed: log2 gives bits, and exp needs nats. Use 2 **, or log.": (
                lambda p: (-p.log2().mean()).exp()
            ),
        },
    )


LOGS = torch.tensor([[-1.0, 0.5, 0.2], [2.0, 1.0, -3.0]])
PRIOR = torch.tensor([0.6, 0.1, 0.3])


def _posterior(log_density: Tensor, prior: Tensor) -> Tensor:
    return torch.softmax(log_density + prior.log(), dim=1)


@exercise(
    "concepts/what_is_generative_ai/posterior",
    not_yet="Write the body of `posterior(log_density, prior)` and return [N, K] probabilities.",
    right="Adding the same number to a row of log-densities changes nothing, so nothing over- or "
    "underflows.",
    hints=[
        "Bayes: p(y|x) is proportional to p(x|y) p(y). What is that with logarithms?",
        "log p(x|y) + log p(y), then make each row add up to 1. Subtract the row's largest "
        "value before exp: it cancels.",
        "torch.softmax(..., dim=1) does the last two steps.",
    ],
)
def posterior(answer) -> None:
    """Bayes' rule, from log-densities [N, K] and class frequencies [K]."""
    extreme = torch.tensor([[-2000.0, -2001.0, -2005.0], [900.0, 902.0, 880.0]])
    wide = torch.tensor([[-2000.0, 900.0, 899.0], [-3000.0, -2000.0, -2900.0]])
    for logs in (extreme, wide):
        result = call(function(answer), logs.clone(), PRIOR.clone())
        if isinstance(result, Tensor) and not torch.isfinite(result).all():
            raise Wrong(
                "With log-densities of -2000 or 900 your result holds NaN or infinity: exp gave "
                "0 or infinity. Subtract each row's largest value before exp (no other value "
                "is safe), or use torch.softmax."
            )
    same_on(
        answer,
        _posterior,
        cases=[
            (LOGS, PRIOR),
            (extreme, PRIOR),
            (wide, PRIOR),
            (LOGS[:1, :2], torch.tensor([0.2, 0.8])),
        ],
        mistakes={
            "The class frequencies are missing: that is right only where all are equal.": (
                lambda logs, prior: torch.softmax(logs, dim=1)
            ),
            "You added the frequencies to logarithms; add their logarithms, prior.log().": (
                lambda logs, prior: torch.softmax(logs + prior, dim=1)
            ),
            "You multiplied log-densities by the frequencies; a product becomes a sum of "
            "logarithms.": lambda logs, prior: torch.softmax(logs * prior, dim=1),
            "You divided by the frequencies: log p(y) must be added, not subtracted.": (
                lambda logs, prior: torch.softmax(logs - prior.log(), dim=1)
            ),
            "Your columns add up to 1; the classes of one picture are a row, dim=1.": (
                lambda logs, prior: torch.softmax(logs + prior.log(), dim=0)
            ),
            "Those are logarithms of probabilities; take exp.": (
                lambda logs, prior: torch.log_softmax(logs + prior.log(), dim=1)
            ),
            "Weight first, then make the rows add up to 1; yours no longer do.": (
                lambda logs, prior: torch.softmax(logs, dim=1) * prior
            ),
            "Your rows do not add up to 1: divide each by its sum.": (
                lambda logs, prior: (logs - logs.amax(1, keepdim=True)).exp() * prior
            ),
            "Those are log p(x|y) + log p(y); softmax makes probabilities of them.": (
                lambda logs, prior: logs + prior.log()
            ),
            "sigmoid looks at each class alone; softmax makes a row add up to 1.": (
                lambda logs, prior: torch.sigmoid(logs + prior.log())
            ),
            "Two bases are mixed: the log-densities are natural logarithms, log2 is not.": (
                lambda logs, prior: torch.softmax(logs + prior.log2(), dim=1)
            ),
            "That is the most probable class alone; all its probabilities are asked for.": (
                lambda logs, prior: torch.nn.functional.one_hot(
                    (logs + prior.log()).argmax(1), len(prior)
                ).float()
            ),
        },
    )


MEAN = torch.tensor([1.0, -0.5, 0.3, 2.0])
ROOT = torch.tensor([[1.0, 0, 0, 0], [0.6, 0.8, 0, 0], [-0.3, 0.5, 1.2, 0], [0.4, -0.7, 0.2, 0.9]])
COV = ROOT @ ROOT.T
SEEN = torch.tensor([True, False, True, False])
VALUES = torch.tensor([1.7, -0.9])


def _complete(mean, cov, seen, values, *, weights=None, centre=True, shift=True) -> Tensor:
    hidden, whole = ~seen, mean.clone()
    whole[seen] = values
    gap = values - mean[seen] if centre else values
    if weights is None:
        weights = torch.linalg.solve(cov[seen][:, seen], gap)
    else:
        weights = weights(cov[seen][:, seen], gap)
    move = cov[hidden][:, seen] @ weights
    whole[hidden] = mean[hidden] + move if shift else move
    return whole


def _values_first(mean, cov, seen, values) -> Tensor:
    return torch.cat([values, _complete(mean, cov, seen, values)[~seen]])


def _entry_by_entry(mean, cov, seen, values) -> Tensor:
    move = cov[~seen, seen] @ torch.linalg.solve(cov[seen][:, seen], values - mean[seen])
    return mean.masked_scatter(seen, values) + move * ~seen


def _block_of_inverse(mean, cov, seen, values) -> Tensor:
    inverse = torch.linalg.inv(cov)[seen][:, seen]
    return _complete(mean, cov, seen, values, weights=lambda block, gap: inverse @ gap)


def _sign(mean, cov, seen, values) -> Tensor:
    return torch.where(seen, _complete(mean, cov, seen, values), 2 * mean - _complete(
        mean, cov, seen, values
    ))  # fmt: skip


@exercise(
    "concepts/what_is_generative_ai/complete",
    not_yet="Write the body of `complete(mean, cov, seen, values)` and return the whole vector.",
    right="Seen pixels pull the hidden ones away from their mean as far as they vary together.",
    hints=[
        "hidden = ~seen. Begin with whole = mean.clone(), and put the values in: "
        "whole[seen] = values.",
        "The blocks are cov[hidden][:, seen] and cov[seen][:, seen].",
        "mean[hidden] + cov[hidden][:, seen] @ torch.linalg.solve(cov[seen][:, seen], "
        "values - mean[seen])",
    ],
)
def complete(answer) -> None:
    """The conditional mean of a Gaussian, filled in where nothing was seen."""
    other = torch.tensor([False, True, True, True])
    cases = [
        (MEAN, COV, SEEN, VALUES),
        (MEAN, COV, other, torch.tensor([0.2, 1.0, -1.0])),
        (MEAN[:2], COV[:2, :2], torch.tensor([True, False]), torch.tensor([-1.0])),
    ]
    same_on(
        answer,
        _complete,
        cases=cases,
        mistakes={
            "The hidden ones stand at their mean, whatever was seen: the correction is missing.": (
                lambda m, c, s, v: _complete(m, c, s, m[s]).masked_scatter(s, v)
            ),
            "Subtract the mean of what was seen from its values: only the surprise in them "
            "moves the rest.": lambda m, c, s, v: _complete(m, c, s, v, centre=False),
            "The mean of the hidden ones is missing: the correction is added to it.": (
                lambda m, c, s, v: _complete(m, c, s, v, shift=False)
            ),
            "You multiplied by the covariance of the seen ones; its inverse is asked for "
            "(torch.linalg.solve).": (
                lambda m, c, s, v: _complete(m, c, s, v, weights=lambda a, b: a @ b)
            ),
            "The inverse covariance of the seen ones is missing.": (
                lambda m, c, s, v: _complete(m, c, s, v, weights=lambda a, b: b)
            ),
            "You divided by the variances alone: what is seen varies together, so the whole "
            "block must be inverted.": (
                lambda m, c, s, v: _complete(m, c, s, v, weights=lambda a, b: b / a.diagonal())
            ),
            "The correction has the wrong sign: x_s - mu_s, not mu_s - x_s.": _sign,
            "The seen places must hold the values that were seen.": (
                lambda m, c, s, v: torch.where(s, m, _complete(m, c, s, v))
            ),
            "The seen places are still 0: put the values that were seen there.": (
                lambda m, c, s, v: torch.where(s, 0.0, _complete(m, c, s, v))
            ),
            "The numbers are right, their places are not: whole[seen] and whole[~seen], for the "
            "seen ones need not come first.": _values_first,
            "cov[hidden, seen] pairs the masks entry by entry; the block is "
            "cov[hidden][:, seen].": _entry_by_entry,
            "1 / cov inverts each entry on its own; the inverse of the matrix is asked for "
            "(torch.linalg.solve).": (
                lambda m, c, s, v: _complete(m, c, s, v, weights=lambda a, b: (1 / a) @ b)
            ),
            "You inverted the whole covariance and took a block of it; take the block of the seen "
            "ones first, then invert.": _block_of_inverse,
            "Only the hidden part came back; the whole vector is asked for.": (
                lambda m, c, s, v: _complete(m, c, s, v)[~s]
            ),
        },
    )


question(
    "concepts/what_is_generative_ai/q1",
    "What two things make a model generative?",
    options={
        "a": (
            "A network with many weights, and a large data set to train it on.",
            "None of the models of this lesson is a network.",
        ),
        "b": (
            "It describes the distribution of the data, and one can draw from it.",
            "Counting letters does that as well as a network.",
        ),
        "c": (
            "It names what is in a picture, and says with which probability it is that.",
            "That is a discriminative one.",
        ),
    },
    answer="b",
)

question(
    "concepts/what_is_generative_ai/q2",
    "A model's surprise is 0.01 bits a pixel on its training digits, and 9 on unseen ones. "
    "What has it done?",
    options={
        "a": ("Memorised.", "Its own digits are likely to it, and all others all but impossible."),
        "b": ("Learnt too little.", "Then it would be surprised by its own digits as well."),
        "c": ("It draws noise.", "A memoriser draws perfect pictures: those that it has seen."),
    },
    answer="a",
)

question(
    "concepts/what_is_generative_ai/q3",
    "A model has the best held-out likelihood of all. Can most of its samples be worthless?",
    options={
        "a": (
            "No: likelihood measures the samples.",
            "It measures real data under the model; 99 bad samples of a hundred hardly change it.",
        ),
        "b": (
            "Yes: likelihood looks at one pixel at a time.",
            "A model of whole pictures has one for whole pictures. It is the logarithm that hides "
            "the snow: 6.6 bits a picture.",
        ),
        "c": (
            "Yes: 99 % of snow would cost it less than 0.009 bits a pixel.",
            "log2(100) = 6.6 bits, spread over 784 pixels.",
        ),
    },
    answer="c",
)

question(
    "concepts/what_is_generative_ai/q4",
    "Why does the pixel-wise model draw snow, although every pixel's mean and spread are right?",
    options={
        "a": (
            "Its spreads are too large, as each pixel has its own.",
            "They are exactly those of the data.",
        ),
        "b": (
            "A stroke is an agreement between pixels.",
            "The model knows none: a product of independent densities holds no agreement.",
        ),
        "c": (
            "4,500 digits are too few for 784 means and 784 spreads.",
            "They are plenty: each pixel has been seen 4,500 times.",
        ),
    },
    answer="b",
)

question(
    "concepts/what_is_generative_ai/q5",
    "All samples come out with a middle-grey ground; no error was raised. Which two stages do "
    "you compare?",
    options={
        "a": ("Data and model.", "The strokes are right, so both did their part."),
        "b": ("Generate and evaluate.", "Neither changes the range of the pixels."),
        "c": ("Preprocess and post-process.", "One worked in [0, 1], the other expects [-1, 1]."),
    },
    answer="c",
)
