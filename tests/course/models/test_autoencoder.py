"""The autoencoder lesson's exercises: right answers accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.lab.judge import judge
from aigc_teach.lab.register import QUESTIONS
from course.answers import Answers


def length(e, bound, shift=0):
    e = e.sort(descending=True).values
    for n in range(len(e) + 1):
        if e[n:].sum() <= bound:
            return n + shift


def length_by_cumsum(e, bound):
    left = torch.cat([torch.zeros(1), e.sort().values.cumsum(0)])  # with D, D-1, ... numbers
    return len(e) - int((left <= bound).sum()) + 1


def whiten(u, w, c):
    root = torch.linalg.cholesky(u @ c @ u.T)
    return torch.linalg.solve(root, u), w @ root


def whiten_by_eigh(u, w, c):  # another root: the codes are a rotation of those above
    values, vectors = torch.linalg.eigh(u @ c @ u.T)
    return (vectors / values.sqrt()).T @ u, w @ vectors * values.sqrt()


def remember(y, p, s, power=2, factor=2.0, dim=1):
    return (-(torch.cdist(y, p) ** 2) / (factor * s**power)).softmax(dim) @ p


def remember_by_loop(y, p, s):
    rows = []
    for one in y:
        log = -((one - p) ** 2).sum(1) / (2 * s**2)
        weight = (log - log.max()).exp()
        rows.append((weight[:, None] * p).sum(0) / weight.sum())
    return torch.stack(rows)


RIGHT = {
    "models/autoencoder/length": [
        length,
        length_by_cumsum,
        lambda e, b: torch.tensor(length(e, b)),
    ],
    "models/autoencoder/whiten": [whiten, whiten_by_eigh, lambda *x: list(whiten(*x))],
    "models/autoencoder/remember": [remember, remember_by_loop],
}


def unscaled(u, w, c):
    _, vectors = torch.linalg.eigh(u @ c @ u.T)
    return vectors.T @ u, w @ vectors


def spreads(u, w, c):
    s = (u @ c @ u.T).diagonal().sqrt()
    return u / s[:, None], w * s


def inverse(u, w, c):
    s = u @ c @ u.T
    return torch.linalg.solve(s, u), w @ s


def naive(y, p, s):
    weight = (-(torch.cdist(y, p) ** 2) / (2 * s**2)).exp()
    return weight @ p / weight.sum(1, keepdim=True)


def longest_forgotten(e, b):  # falls off its loop where all D numbers are needed
    for n in range(len(e)):
        if e.sort(descending=True).values[n:].sum() <= b:
            return n


def without_the_last(e, b):  # argmax of nothing but False is 0
    left = e.sort().values.cumsum(0).flip(0)
    return int((left <= b).int().argmax())


def transposed(u, w, c):
    root = torch.linalg.cholesky(u @ c @ u.T)
    return torch.linalg.solve(root.T, u), w @ root.T


def multiplied(u, w, c):
    root = torch.linalg.cholesky(u @ c @ u.T)
    return root @ u, w @ torch.linalg.inv(root)


def of_the_pictures(u, w, c):  # whitens the pictures, not the codes
    root = torch.linalg.cholesky(c)
    return u @ torch.linalg.inv(root), root @ w


def of_the_pictures_by_eigh(u, w, c):
    values, vectors = torch.linalg.eigh(c)
    return u @ vectors @ torch.diag(values.rsqrt()) @ vectors.T, w


def components(u, w, c):  # principal components of C instead of the encoder given
    values, vectors = torch.linalg.eigh(c)
    values, vectors = values[-len(u) :], vectors[:, -len(u) :]
    return (vectors / values.sqrt()).T, vectors * values.sqrt()


def wiener(y, p, s):
    centred = p - p.mean(0)
    c = centred.T @ centred / len(p)
    return p.mean(0) + (y - p.mean(0)) @ torch.linalg.inv(c + s**2 * torch.eye(len(c))) @ c


def by_inverse_distance(y, p, s):
    weight = 1 / torch.cdist(y, p)
    return weight / weight.sum(1, keepdim=True) @ p


WRONG = [
    ("models/autoencoder/length", lambda e, b: length(e / e.sum(), b), "not a share"),
    ("models/autoencoder/length", lambda e, b: length(e, b * b), "without a square or a root"),
    (
        "models/autoencoder/length",
        lambda e, b: e.sort(descending=True).values[length(e, b) :].sum(),
        "number of components is asked for",
    ),
    ("models/autoencoder/whiten", of_the_pictures, "a root of C"),
    ("models/autoencoder/whiten", components, "no longer codes of the encoder given"),
    ("models/autoencoder/remember", lambda y, p, s: y - remember(y, p, s), "That is the noise"),
    (
        "models/autoencoder/remember",
        lambda y, p, s: (-(torch.cdist(y, p) ** 2) / (2 * s**2)).softmax(1),
        "weights @ pictures",
    ),
    (
        "models/autoencoder/remember",
        lambda y, p, s: (-(torch.cdist(y, p) ** 2) / (2 * s**2)).log_softmax(1) @ p,
        "logarithms of the weights",
    ),
    ("models/autoencoder/remember", wiener, "best linear denoiser"),
    ("models/autoencoder/remember", by_inverse_distance, "divided by the distances"),
    ("models/autoencoder/length", longest_forgotten, "return nothing"),
    ("models/autoencoder/length", without_the_last, "append"),
    ("models/autoencoder/length", lambda e, b: length(e, b * (1 - 1e-6)), "equal to the bound"),
    ("models/autoencoder/length", lambda e, b: max(length(e, b), 1), "0 is an answer"),
    ("models/autoencoder/length", lambda e, b: min(length(e, b), len(e) - 1), "stop at D - 1"),
    ("models/autoencoder/whiten", transposed, "transposed"),
    ("models/autoencoder/whiten", multiplied, "multiplied by the root"),
    (
        "models/autoencoder/remember",
        lambda y, p, s: (-(torch.cdist(y, p) ** 2) / 2 * s**2).softmax(1) @ p,
        "put brackets",
    ),
    ("models/autoencoder/length", lambda e, b: length(e, b, 1), "One too many"),
    ("models/autoencoder/length", lambda e, b: max(length(e, b) - 1, 0), "One too few everywhere"),
    ("models/autoencoder/length", lambda e, b: length(e, b, -1), "even -1"),
    (
        "models/autoencoder/length",
        lambda e, b: next(n for n in range(len(e) + 1) if e[n:].sum() <= b),
        "in the order given",
    ),
    (
        "models/autoencoder/length",
        lambda e, b: next(n for n in range(len(e) + 1) if e.sort().values[n:].sum() <= b),
        "sorted the other way",
    ),
    ("models/autoencoder/length", lambda e, b: len(e) - length(e, b), "left out"),
    (
        "models/autoencoder/length",
        lambda e, b: int((e > b).sum()),
        "single eigenvalues",
    ),
    ("models/autoencoder/whiten", lambda u, w, c: (whiten(u, w, c)[0], w), "must undo"),
    ("models/autoencoder/whiten", unscaled, "variances are not 1"),
    ("models/autoencoder/whiten", spreads, "still correlated"),
    ("models/autoencoder/whiten", inverse, "root is needed"),
    ("models/autoencoder/whiten", lambda u, w, c: (u, w), "same covariance as before"),
    (
        "models/autoencoder/whiten",
        lambda u, w, c: (torch.linalg.qr(u.T)[0].T, w),
        "only if C = I",
    ),
    ("models/autoencoder/whiten", lambda u, w, c: whiten(u, w, c)[::-1], "encoder comes first"),
    ("models/autoencoder/whiten", lambda u, w, c: whiten(u, w, c)[0], "two matrices"),
    ("models/autoencoder/whiten", lambda u, w, c: (2 * u, w / 2), "is not I"),
    (
        "models/autoencoder/remember",
        lambda y, p, s: remember(y, p, s, factor=1.0),
        "1/2 is missing",
    ),
    ("models/autoencoder/remember", lambda y, p, s: remember(y, p, s, power=1), "2 sigma^2"),
    ("models/autoencoder/remember", lambda y, p, s: remember(y, p, s, factor=-2.0), "farthest"),
    ("models/autoencoder/remember", lambda y, p, s: remember(y, p, s, dim=0), "axis 1"),
    (
        "models/autoencoder/remember",
        lambda y, p, s: p[torch.cdist(y, p).argmin(1)],
        "nearest picture",
    ),
    (
        "models/autoencoder/remember",
        lambda y, p, s: (-torch.cdist(y, p) / (2 * s**2)).softmax(1) @ p,
        "must be squared",
    ),
    (
        "models/autoencoder/remember",
        lambda y, p, s: (-(torch.cdist(y, p) ** 2) / (2 * s**2)).exp() @ p,
        "add up to 1",
    ),
    ("models/autoencoder/remember", lambda y, p, s: (remember(y, p, s) - y) / s**2, "score"),
    ("models/autoencoder/remember", naive, "NaN"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_both_roots_of_the_pictures_covariance_are_named():
    told = judge("models/autoencoder/whiten", of_the_pictures_by_eigh).message
    assert "a root of C" in told


def test_the_questions_are_five_and_their_answers_are_among_the_options():
    judge("models/autoencoder/length", None)  # loads the modules
    own = [q for name, q in QUESTIONS.items() if name.startswith("models/autoencoder/")]
    assert len(own) == 5
    assert all(q.answer in q.options for q in own)
