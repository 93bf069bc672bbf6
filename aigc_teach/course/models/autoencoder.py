"""Exercises and questions of the lesson on the autoencoder."""

from __future__ import annotations

import torch
from torch import Tensor

from ...core.random import make_generator
from ...lab.checkers import NotYet, Wrong, call, function, require, same_on, tensor
from ...lab.register import exercise, question

A, B = torch.tensor([1.0, 8.0, 4.0, 2.0, 16.0]), torch.tensor([0.5, 0.25, 0.0, 3.0, 0.75, 0.5])
CASES = [(A, 7.5), (A, 3.0), (A, 40.0), (A, 0.5), (B, 1.3), (B, 0.2)]  # none, some, all; 3: exact


def _first(ordered: list[float], bound: float) -> int:
    return next(n for n in range(len(ordered) + 1) if sum(ordered[n:]) <= bound)


def _falling(eigenvalues: Tensor) -> list[float]:
    return eigenvalues.sort(descending=True).values.tolist()


def _length(eigenvalues: Tensor, bound: float) -> int:
    return _first(_falling(eigenvalues), bound)


def _next_one(eigenvalues: Tensor, bound: float) -> int:
    return next(n for n, value in enumerate([*_falling(eigenvalues), 0.0]) if value <= bound)


def _kept(eigenvalues: Tensor, bound: float) -> int:
    ordered = _falling(eigenvalues)
    return next((n for n in range(len(ordered)) if sum(ordered[:n]) >= bound), len(ordered))


@exercise(
    "models/autoencoder/length",
    not_yet="Write the body of `code_length(eigenvalues, largest_error)`: return a whole number.",
    right="What a code leaves over is the sum of the eigenvalues it does not keep, and it keeps "
    "the largest.",
    hints=[
        "Sort first, the largest in front. Which eigenvalues make up the error of a code of n?",
        "Those after the first n: ordered[n:].sum(). With n = 0 that is the sum of all.",
        "Try n = 0, 1, 2, ... in a loop and return the first n with ordered[n:].sum() <= "
        "largest_error; n = D leaves nothing.",
    ],
)
def length(answer) -> None:
    """The shortest code whose error does not exceed a bound."""
    try:
        same_on(answer, _length, CASES, rtol=0, atol=1e-9, mistakes=LENGTH_MISTAKES)
    except NotYet:
        call(answer, A.clone(), 7.5)  # a stub gives nothing here either
        raise Wrong("For some bounds you return nothing. Try n = 0 and n = D as well.") from None


LENGTH_MISTAKES = {
    "An error equal to the bound does not exceed it: <=, not <.": lambda e, b: _length(e, b - 1e-6),
    "The mean alone may be enough: 0 is an answer, too.": lambda e, b: max(_length(e, b), 1),
    "Where all D are needed you stop at D - 1: n = D, which leaves 0, must be tried as well.": (
        lambda e, b: min(_length(e, b), len(e) - 1)
    ),
    "Where all D are needed you give 0: append the error of a code of D, which is 0.": (
        lambda e, b: _length(e, b) % len(e)
    ),
    "You kept the eigenvalues in the order given; a code keeps the largest ones first.": (
        lambda e, b: _first(e.tolist(), b)
    ),
    "You sorted the other way: the code keeps the largest eigenvalues, not the smallest.": (
        lambda e, b: _first(e.sort().values.tolist(), b)
    ),
    "You counted what the code keeps; the error is what it leaves over.": _kept,
    "You compared single eigenvalues with the bound; the error is the sum of all that are left.": (
        _next_one
    ),
    "One too many everywhere: with n numbers the error is ordered[n:].sum().": (
        lambda e, b: _length(e, b) + 1
    ),
    "One too few everywhere: with n numbers the error is ordered[n:].sum().": (
        lambda e, b: max(_length(e, b) - 1, 0)
    ),
    "One too few, and where the mean alone is enough even -1; the shortest code has 0.": (
        lambda e, b: _length(e, b) - 1
    ),
    "That many are left out; the number kept is asked for.": lambda e, b: len(e) - _length(e, b),
    "The bound is an error, not a share of the whole: do not divide by the sum.": (
        lambda e, b: _length(e / e.sum(), b)
    ),
    "The eigenvalues are squares already: the error is their sum, without a square or a root.": (
        lambda e, b: _length(e, b**2)
    ),
    "That is the error which is left; the number of components is asked for.": (
        lambda e, b: sum(_falling(e)[_length(e, b) :])
    ),
}


def _pairs() -> list[tuple[Tensor, Tensor, Tensor]]:
    """Encoder, decoder and covariance of two sizes; float64, so that inverses are exact."""
    pairs = []
    for seed, (size, data_size) in enumerate([(2, 4), (3, 5)]):
        g = make_generator(seed)
        u = torch.randn(size, data_size, generator=g, dtype=torch.float64)
        w = torch.randn(data_size, size, generator=g, dtype=torch.float64)
        root = torch.randn(data_size, data_size, generator=g, dtype=torch.float64)
        pairs.append((u, w, root @ root.T + 0.1 * torch.eye(data_size, dtype=torch.float64)))
    return pairs


@exercise(
    "models/autoencoder/whiten",
    not_yet="Write the body of `whiten(u, w, covariance)` and return a new encoder and decoder.",
    right="Mean and covariance of the codes are a matter of choice; their shape is not.",
    hints=[
        "If x has covariance C, then Ux has covariance U C U^T. Call it S, an L x L matrix.",
        "With S = R R^T (torch.linalg.cholesky gives R), the codes R^-1 U x have covariance I.",
        "The decoder must undo it: u_new = torch.linalg.solve(R, u), w_new = w @ R.",
    ],
)
def whiten(answer) -> None:
    """The same pictures with codes of covariance I; any rotation of them is right."""
    for u, w, covariance in _pairs():
        given = (u.clone(), w.clone(), covariance.clone())
        result = call(function(answer), *given)
        if not all(torch.equal(a, b) for a, b in zip(given, (u, w, covariance), strict=True)):
            raise Wrong("Your function changes its input. Compute new tensors instead.")
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Wrong("Return two matrices, the new encoder and the new decoder: `return a, b`.")
        if tuple(getattr(result[0], "shape", ())) == tuple(w.shape) != tuple(u.shape):
            raise Wrong("The encoder comes first, [L, D], then the decoder, [D, L].")
        new_u = tensor(result[0], u.shape, "Your encoder")
        new_w = tensor(result[1], w.shape, "Your decoder")
        _judge_pair(new_u, new_w, u, w, covariance)


def _judge_pair(new_u: Tensor, new_w: Tensor, u: Tensor, w: Tensor, covariance: Tensor) -> None:
    codes = new_u @ covariance @ new_u.T  # [L, L]
    eye = torch.eye(len(u), dtype=torch.float64)
    white = torch.allclose(codes, eye, atol=1e-4)
    same = torch.allclose(new_w @ new_u, w @ u, rtol=1e-4, atol=1e-5)
    if white and torch.linalg.matrix_rank(torch.cat([u, new_u]), rtol=1e-4) > len(u):
        raise Wrong(
            "The codes have covariance I, but they are no longer codes of the encoder given: build "
            "yours from it, u_new = M @ u. The components of C know nothing of u."
        )
    if white and not same:
        raise Wrong("The codes are right, but the pictures changed: the decoder must undo it.")
    diagonal = torch.allclose(codes, torch.diag(codes.diagonal()), atol=1e-4)
    if not white and torch.allclose(codes.diagonal(), torch.ones(len(u)).double(), atol=1e-4):
        raise Wrong("Each variance is 1, but the codes are still correlated: turn them as well.")
    if not white and diagonal and same:
        raise Wrong("The codes are uncorrelated, but their variances are not 1: rescale them too.")
    old = u @ covariance @ u.T
    root = torch.linalg.cholesky(old)
    if torch.allclose(new_u, torch.linalg.solve(root.T, u), rtol=1e-3):
        raise Wrong("The root is transposed: from S = R R^T follows R^-1 S R^-T = I.")
    if torch.allclose(new_u, root @ u, rtol=1e-3):
        raise Wrong("You multiplied by the root of S; dividing by it makes the covariance I.")
    if not white and torch.allclose(codes, torch.linalg.inv(old), rtol=1e-3):
        raise Wrong("You multiplied by S^-1, so the covariance is S^-1, not I: its root is needed.")
    by_root = u @ torch.linalg.inv(torch.linalg.cholesky(covariance))
    with_c = (by_root @ by_root.T, u @ torch.linalg.solve(covariance, u.T))
    if any(torch.allclose(new_u @ new_u.T, one, rtol=1e-3) for one in with_c):
        raise Wrong("That takes a root of C, the pictures' covariance; the codes' is U C U^T.")
    if torch.allclose(codes, old, rtol=1e-4):
        raise Wrong("The codes have the same covariance as before, U C U^T.")
    if not white and torch.allclose(new_u @ new_u.T, eye, atol=1e-4):
        raise Wrong("Your encoder's rows are orthonormal; that gives covariance I only if C = I.")
    require(white, "The covariance of your codes, u_new @ C @ u_new.T, is not I.")


PICTURES = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [-1.5, 1.0]])
NOISY = torch.tensor([[0.4, 0.3], [-0.2, 1.4], [0.9, 1.1]])
MEMORY_CASES = [(NOISY, PICTURES, 0.7), (NOISY[:2] * 1.5, PICTURES[:3], 1.3)]


def _weighed(y: Tensor, pictures: Tensor, scale: float, dim: int = 1) -> Tensor:
    return (torch.cdist(y, pictures).square() * scale).softmax(dim) @ pictures


@exercise(
    "models/autoencoder/remember",
    not_yet="Write the body of `remember(y, pictures, sigma)` and return one picture a row.",
    right="A weighted mean of remembered pictures: the best denoiser for the training set, and "
    "the reason why the best one for the training set invents nothing.",
    hints=[
        "Bayes' rule: the weight of picture i is proportional to N(y; x_i, sigma^2 I), since all "
        "pictures are equally probable beforehand.",
        "That is exp(-|y - x_i|^2 / (2 sigma^2)) up to a factor, and the weights add up to 1: a "
        "softmax over the pictures.",
        "torch.cdist(y, pictures).square() is [N, M]; (-that / (2 * sigma**2)).softmax(1) @ "
        "pictures is [N, D].",
    ],
)
def remember(answer) -> None:
    """E[x | y] where x is one of M pictures, as a function of y [N, D], pictures and sigma."""
    same_on(answer, _remember, MEMORY_CASES, mistakes=MEMORY_MISTAKES)
    far = (torch.full((1, 784), 3.0), torch.stack([torch.zeros(784), torch.ones(784)]), 0.1)
    result = call(function(answer), *(t.clone() if isinstance(t, Tensor) else t for t in far))
    if not torch.isfinite(torch.as_tensor(result)).all():
        raise Wrong(
            "Right for small distances, but with 784 pixels and sigma = 0.1 it gives NaN: exp() "
            "of every weight becomes 0. Let softmax do it; it subtracts the largest first."
        )


def _remember(y: Tensor, pictures: Tensor, sigma: float) -> Tensor:
    return _weighed(y, pictures, -1 / (2 * sigma**2))


def _wiener(y: Tensor, pictures: Tensor, sigma: float) -> Tensor:
    mean, covariance = pictures.mean(0), torch.cov(pictures.T, correction=0)
    noisy = covariance + sigma**2 * torch.eye(len(covariance))
    return mean + (y - mean) @ torch.linalg.solve(noisy, covariance)


MEMORY_MISTAKES = {
    "The factor 1/2 is missing: the Gaussian has |y - x|^2 / (2 sigma^2).": (
        lambda y, p, s: _weighed(y, p, -1 / s**2)
    ),
    "You divided by 2 sigma; the Gaussian has 2 sigma^2.": (
        lambda y, p, s: _weighed(y, p, -1 / (2 * s))
    ),
    "sigma is missing: how strong the noise is must matter.": lambda y, p, s: _weighed(y, p, -1.0),
    "-d / 2 * s**2 multiplies by sigma^2; put brackets: -d / (2 * s**2).": (
        lambda y, p, s: _weighed(y, p, -(s**2) / 2)
    ),
    "The sign is wrong: the farthest picture gets the largest weight.": (
        lambda y, p, s: _weighed(y, p, 1 / (2 * s**2))
    ),
    "The distance must be squared.": (
        lambda y, p, s: (-torch.cdist(y, p) / (2 * s**2)).softmax(1) @ p
    ),
    "Your weights add up to 1 over the noisy pictures (axis 0); they must over the remembered "
    "ones, axis 1.": lambda y, p, s: _weighed(y, p, -1 / (2 * s**2), dim=0),
    "That is the nearest picture, the most probable one; E[x | y] is the mean of all, weighed.": (
        lambda y, p, s: p[torch.cdist(y, p).argmin(1)]
    ),
    "That is the mean of all pictures, unweighed: y must matter.": (
        lambda y, p, s: p.mean(0).expand(len(y), -1)
    ),
    "The weights do not add up to 1: divide by their sum.": (
        lambda y, p, s: (-torch.cdist(y, p).square() / (2 * s**2)).exp() @ p
    ),
    "You took the mean over the pixels of the squared distance; the noise on all of them counts, "
    "so sum.": lambda y, p, s: _weighed(y, p, -1 / (2 * s**2 * y.shape[1])),
    "That is the score, (E[x | y] - y) / sigma^2; the denoised picture itself is asked for.": (
        lambda y, p, s: (_remember(y, p, s) - y) / s**2
    ),
    "That is the noise, y - E[x | y]; the denoised picture itself is asked for.": (
        lambda y, p, s: y - _remember(y, p, s)
    ),
    "These are the weights of the pictures; E[x | y] is the mean that they make: weights @ "
    "pictures.": lambda y, p, s: (-torch.cdist(y, p).square() / (2 * s**2)).softmax(1),
    "log_softmax gives the logarithms of the weights; softmax gives the weights.": (
        lambda y, p, s: (-torch.cdist(y, p).square() / (2 * s**2)).log_softmax(1) @ p
    ),
    "That is the Wiener filter, the best linear denoiser; E[x | y] is not linear in y.": _wiener,
    "You divided by the distances; a Gaussian's weight is exp(-|y - x|^2 / (2 sigma^2)).": (
        lambda y, p, s: torch.nn.functional.normalize(1 / torch.cdist(y, p), p=1) @ p
    ),
}


question(
    "models/autoencoder/q1",
    "Two people train the same linear autoencoder from different random starts, to the least "
    "error. What do they have in common?",
    options={
        "a": ("The codes.", "Codes may differ by any invertible matrix."),
        "b": ("The decoder's columns.", "They span the same space, but may be any basis of it."),
        "c": ("The reconstructions.", "Both project onto the space of the first components."),
    },
    answer="c",
)

question(
    "models/autoencoder/q2",
    "A deep autoencoder with a code of 64 has a larger error than PCA with 64. Could it have done "
    "as well, with no more weights?",
    options={
        "a": (
            "No: a larger network is the only cure.",
            "128 hidden units a side are enough to copy PCA, and it has 256.",
        ),
        "b": (
            "Yes: it could copy PCA, but training has not found that.",
            "With centred pictures the same steps bring it most of the way.",
        ),
        "c": (
            "No: of all codes PCA's have the least error.",
            "Of the flat ones only; a bent code can do all that a flat one does.",
        ),
    },
    answer="b",
)

question(
    "models/autoencoder/q3",
    "The codes have mean 0 and covariance I exactly. Do standard normal draws now decode to "
    "digits?",
    options={
        "a": (
            "No, not by that alone.",
            "Mean and covariance are right; the shape of the density counts, too.",
        ),
        "b": (
            "Yes, the distributions agree.",
            "Only their means and covariances do; the shape of the density may differ.",
        ),
        "c": ("Yes, if the code is short enough.", "In the plane, too, they lie in arms."),
    },
    answer="a",
)

question(
    "models/autoencoder/q4",
    "The best denoiser for sigma = 0.5 answers 0.9 where it is shown 1.4. What is the slope of "
    "the noisy log-density there?",
    options={
        "a": ("-0.5", "That is the step; divide it by sigma^2."),
        "b": ("-1", "You divided by sigma; the formula has sigma^2."),
        "c": ("-2", "(0.9 - 1.4) / 0.25: the density falls as y grows."),
        "d": ("+2", "The denoiser steps uphill, and here it stepped down."),
    },
    answer="c",
)

question(
    "models/autoencoder/q5",
    "An error alarm for X-ray pictures caught all photographs of cats. What do you test next?",
    options={
        "a": ("Photographs of dogs.", "They are as hard to rebuild as cats."),
        "b": ("Blank, blurred, faint X-rays.", "Easier to rebuild: the alarm may stay silent."),
        "c": ("Nothing: it works.", "On what is hard to rebuild; nothing else was tried."),
    },
    answer="b",
)
