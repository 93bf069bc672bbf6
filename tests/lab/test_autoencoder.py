"""The autoencoder lesson's exercises: right answers accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.lab.exercises import QUESTIONS
from aigc_teach.lab.judge import judge
from lab.answers import Answers


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
    "autoencoder/length": [length, length_by_cumsum, lambda e, b: torch.tensor(length(e, b))],
    "autoencoder/whiten": [whiten, whiten_by_eigh, lambda *x: list(whiten(*x))],
    "autoencoder/remember": [remember, remember_by_loop],
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


WRONG = [
    ("autoencoder/length", longest_forgotten, "return nothing"),
    ("autoencoder/length", without_the_last, "append"),
    ("autoencoder/length", lambda e, b: length(e, b * (1 - 1e-6)), "equal to the bound"),
    ("autoencoder/length", lambda e, b: max(length(e, b), 1), "0 is an answer"),
    ("autoencoder/length", lambda e, b: min(length(e, b), len(e) - 1), "stop at D - 1"),
    ("autoencoder/whiten", transposed, "transposed"),
    ("autoencoder/whiten", multiplied, "multiplied by the root"),
    (
        "autoencoder/remember",
        lambda y, p, s: (-(torch.cdist(y, p) ** 2) / 2 * s**2).softmax(1) @ p,
        "put brackets",
    ),
    ("autoencoder/length", lambda e, b: length(e, b, 1), "One too many"),
    ("autoencoder/length", lambda e, b: max(length(e, b) - 1, 0), "One too few everywhere"),
    ("autoencoder/length", lambda e, b: length(e, b, -1), "even -1"),
    (
        "autoencoder/length",
        lambda e, b: next(n for n in range(len(e) + 1) if e[n:].sum() <= b),
        "in the order given",
    ),
    (
        "autoencoder/length",
        lambda e, b: next(n for n in range(len(e) + 1) if e.sort().values[n:].sum() <= b),
        "sorted the other way",
    ),
    ("autoencoder/length", lambda e, b: len(e) - length(e, b), "left out"),
    (
        "autoencoder/length",
        lambda e, b: int((e > b).sum()),
        "single eigenvalues",
    ),
    ("autoencoder/whiten", lambda u, w, c: (whiten(u, w, c)[0], w), "must undo"),
    ("autoencoder/whiten", unscaled, "variances are not 1"),
    ("autoencoder/whiten", spreads, "still correlated"),
    ("autoencoder/whiten", inverse, "root is needed"),
    ("autoencoder/whiten", lambda u, w, c: (u, w), "same covariance as before"),
    (
        "autoencoder/whiten",
        lambda u, w, c: (torch.linalg.qr(u.T)[0].T, w),
        "only if C = I",
    ),
    ("autoencoder/whiten", lambda u, w, c: whiten(u, w, c)[::-1], "encoder comes first"),
    ("autoencoder/whiten", lambda u, w, c: whiten(u, w, c)[0], "two matrices"),
    ("autoencoder/whiten", lambda u, w, c: (2 * u, w / 2), "is not I"),
    ("autoencoder/remember", lambda y, p, s: remember(y, p, s, factor=1.0), "1/2 is missing"),
    ("autoencoder/remember", lambda y, p, s: remember(y, p, s, power=1), "2 sigma^2"),
    ("autoencoder/remember", lambda y, p, s: remember(y, p, s, factor=-2.0), "farthest"),
    ("autoencoder/remember", lambda y, p, s: remember(y, p, s, dim=0), "axis 1"),
    ("autoencoder/remember", lambda y, p, s: p[torch.cdist(y, p).argmin(1)], "nearest picture"),
    (
        "autoencoder/remember",
        lambda y, p, s: (-torch.cdist(y, p) / (2 * s**2)).softmax(1) @ p,
        "must be squared",
    ),
    (
        "autoencoder/remember",
        lambda y, p, s: (-(torch.cdist(y, p) ** 2) / (2 * s**2)).exp() @ p,
        "add up to 1",
    ),
    ("autoencoder/remember", lambda y, p, s: (remember(y, p, s) - y) / s**2, "score"),
    ("autoencoder/remember", naive, "NaN"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_the_questions_are_five_and_their_answers_are_among_the_options():
    judge("autoencoder/length", None)  # loads the modules
    own = [q for name, q in QUESTIONS.items() if name.startswith("autoencoder/")]
    assert len(own) == 5
    assert all(q.answer in q.options for q in own)
