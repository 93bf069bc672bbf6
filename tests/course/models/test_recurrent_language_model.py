"""The lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import math

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


def looked_up(followers, character, lower, d):
    total = sum(followers.values())
    return (followers[character] - d + d * len(followers) * lower) / total


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


def by_sums(stays):
    """A nucleus of the tokens that `stays(sizes, sums, share)` keeps."""

    def answer(p, share):
        sizes, order = p.sort(descending=True)
        kept = torch.zeros_like(p)
        kept[order[stays(sizes, sizes.cumsum(0), share)]] = 1
        return p * kept / (p * kept).sum()

    return answer


def never_put_back(p, share):
    sizes = p.sort(descending=True).values
    kept = p * (sizes.cumsum(0) - sizes < share)
    return kept / kept.sum()


def top_share(p, share):
    kept = p * (p >= p.topk(max(1, int(share * len(p)))).values[-1])
    return kept / kept.sum()


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
        lambda f, c, p, d: (max(f.get(c, 0) - d, 0) + d * len(f) * p) / sum(f.values()),
        "ZeroDivisionError: float division by zero. After a context",
    ),
    (f"{LESSON}/shared", looked_up, "its count is 0"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: max(c - d, 0) / t + d * p), "You lend d it"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: max(c - d, 0) / t + (1 - d) * p), "1 - d"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: max(c / t - d, 0) + d * k / t * p), "before"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: (max(c - d, 0) + d * k * p) / k), "count(h)"),
    (f"{LESSON}/shared", broken(lambda c, t, k, p, d: (max(c - d, 0) + d * k) / t), "by `lower`"),
    (
        f"{LESSON}/shared",
        broken(lambda c, t, k, p, d: (max(c - d, 0) + d * (k - (c > 0)) * p) / t),
        "itself too",
    ),
    (f"{LESSON}/shared", lambda *a: math.log(shared(*a)), "You gave log p"),
    (f"{LESSON}/shared", lambda *a: -math.log2(shared(*a)), "in bits"),
    (f"{LESSON}/nucleus", lambda p, share: p * (nucleus(p, share) > 0), "add up to 1"),
    (f"{LESSON}/nucleus", one_short, "must reach it"),
    (f"{LESSON}/nucleus", one_more, "one token too many"),
    (f"{LESSON}/nucleus", lambda p, s: nucleus(p, s).sort(descending=True).values, "sorted order"),
    (f"{LESSON}/nucleus", unlikely, "unlikeliest"),
    (f"{LESSON}/nucleus", by_sums(lambda sizes, sums, share: sums <= share), "*before* a token"),
    (f"{LESSON}/nucleus", by_sums(lambda sizes, sums, share: sums - sizes <= share), "not <="),
    (f"{LESSON}/nucleus", never_put_back, "kept[order[mask]]"),
    (
        f"{LESSON}/nucleus",
        lambda p, s: p.masked_fill(nucleus(p, s) == 0, -math.inf).softmax(0),
        "other proportions",
    ),
    (f"{LESSON}/nucleus", lambda p, s: p * (nucleus(p, s) > 0) / s, "more than the share"),
    (
        f"{LESSON}/nucleus",
        lambda p, s: (nucleus(p, s) > 0) / (nucleus(p, s) > 0).sum(),
        "equally likely",
    ),
    (f"{LESSON}/nucleus", lambda p, s: nucleus(p, s) > 0, "which tokens are kept"),
    (f"{LESSON}/nucleus", top_share, "(top-k)"),
    (f"{LESSON}/nucleus", lambda p, share: p, "For"),
    (f"{LESSON}/leaks", strictly_before, "the very token it predicts"),
    (f"{LESSON}/leaks", any_row, "Rows after t may change"),
    (f"{LESSON}/leaks", in_place, "clone first"),
    (f"{LESSON}/leaks", lambda read, tokens: read(tokens).shape, "Return True or False"),
    (f"{LESSON}/leaks", lambda read, tokens: int(leaks(read, tokens)), "you gave an int"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
