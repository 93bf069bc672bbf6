"""The lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from course.answers import Answers

LESSON = "models/recurrent_language_model"


def shared(followers, character, lower, d):
    total = sum(followers.values())
    if total == 0:
        return lower
    lent = d * len(followers) / total
    return max(followers.get(character, 0) - d, 0) / total + lent * lower


def broken(formula):
    """A mixture whose seen contexts follow `formula(count, total, kinds, lower, d)`."""

    def p(followers, character, lower, d):
        if not followers:
            return lower
        total, count = sum(followers.values()), followers.get(character, 0)
        return formula(count, total, len(followers), lower, d)

    return p


def nucleus(p, share):
    sizes, order = p.sort(descending=True)
    kept = torch.zeros_like(p)
    kept[order[sizes.cumsum(0) - sizes < share]] = 1
    return p * kept / (p * kept).sum()


def one_short(p, share):
    sizes, order = p.sort(descending=True)
    kept = torch.zeros_like(p)
    kept[order[sizes.cumsum(0) < share]] = 1
    return p * kept / (p * kept).sum()


def by_loop(p, share):
    kept, total = torch.zeros_like(p), 0.0
    for token in p.argsort(descending=True):
        kept[token] = p[token]
        total += float(p[token])
        if total >= share:
            break
    return kept / kept.sum()


def one_more(p, share):
    sizes, order = p.sort(descending=True)
    size = int((sizes.cumsum(0) - sizes < share).sum()) + 1
    kept = torch.zeros_like(p)
    kept[order[:size]] = 1
    return p * kept / (p * kept).sum()


def unlikely(p, share):
    sizes, order = p.sort()
    kept = torch.zeros_like(p)
    kept[order[sizes.cumsum(0) - sizes < share]] = 1
    return p * kept / (p * kept).sum()


def look(read, tokens, places, rows):
    """Whether changing a token of `places` changes one of the rows rows(t)."""
    before = read(tokens)
    for t in places:
        changed = tokens.clone()
        changed[:, t] = (changed[:, t] + 1) % before.shape[-1]
        if not torch.allclose(read(changed)[:, rows(t)], before[:, rows(t)]):
            return True
    return False


def leaks(read, tokens):
    return look(read, tokens, range(tokens.shape[1]), lambda t: slice(0, t + 1))


def strictly_before(read, tokens):
    return look(read, tokens, range(tokens.shape[1]), lambda t: slice(0, t))


def last_alone(read, tokens):
    return look(read, tokens, [-1], lambda t: slice(0, None))


def any_row(read, tokens):
    return look(read, tokens, range(tokens.shape[1]), lambda t: slice(0, None))


def in_place(read, tokens):
    before = read(tokens)
    tokens[:, 0] = (tokens[:, 0] + 1) % before.shape[-1]
    return not torch.allclose(read(tokens)[:, :1], before[:, :1])


RIGHT = {
    f"{LESSON}/shared": [shared, lambda *a: torch.tensor(shared(*a))],
    f"{LESSON}/nucleus": [nucleus, by_loop],
    f"{LESSON}/leaks": [leaks, lambda read, tokens: torch.tensor(leaks(read, tokens))],
}
WRONG = [
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: (c - d + d * k * p) / t), "take 0 there"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: (max(c - d, 0) + d * p) / t), "different"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: max(c - d, 0) / t), "p is missing"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: (c + d * k * p) / t), "nobody gave"),
    (
        f"{LESSON}/shared",
        broken(lambda c, t, k, p, d: (c - d) / t if c else d * k * p / t),
        "back-off",
    ),
    (f"{LESSON}/shared", lambda f, c, p, d: shared(f, c, p, d) if f else 0.0, "return lower"),
    (
        f"{LESSON}/shared",
        lambda f, c, p, d: max(f.get(c, 0) - d, 0) / sum(f.values()),
        "ZeroDivisionError",
    ),
    (f"{LESSON}/nucleus", lambda p, share: p * (nucleus(p, share) > 0), "add up to 1"),
    (f"{LESSON}/nucleus", one_short, "must reach it"),
    (f"{LESSON}/nucleus", one_more, "one token too many"),
    (f"{LESSON}/nucleus", lambda p, s: nucleus(p, s).sort(descending=True).values, "sorted order"),
    (f"{LESSON}/nucleus", unlikely, "unlikeliest"),
    (f"{LESSON}/nucleus", lambda p, share: p, "For"),
    (f"{LESSON}/leaks", strictly_before, "the very token it predicts"),
    (f"{LESSON}/leaks", any_row, "Rows after t may change"),
    (f"{LESSON}/leaks", in_place, "clone first"),
    (f"{LESSON}/leaks", lambda read, tokens: read(tokens).shape, "Return True or False"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
