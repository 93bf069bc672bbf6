"""The lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import torch

from aigc_teach.nn import gru_cell
from course.answers import Answers

LESSON = "models/recurrent_language_model"


def gru(x, h, w_ih, w_hh, b_ih, b_hh, order="rzn"):
    mine = dict(zip(order, (x @ w_ih.T + b_ih).chunk(3, 1), strict=True))
    past = dict(zip(order, (h @ w_hh.T + b_hh).chunk(3, 1), strict=True))
    return mine, past, *((mine[k] + past[k]).sigmoid() for k in "rz")


def mixed(n_of, keep_old=True, order="rzn"):
    def step(*args):
        mine, past, r, z = gru(*args, order=order)
        n, h = n_of(mine, past, r), args[1]
        return (1 - z) * n + z * h if keep_old else z * n + (1 - z) * h

    return step


def right_n(mine, past, r):
    return (mine["n"] + r * past["n"]).tanh()


def reset_before(x, h, w_ih, w_hh, b_ih, b_hh):
    mine, _, r, z = gru(x, h, w_ih, w_hh, b_ih, b_hh)
    size = h.shape[1]
    n = (mine["n"] + (r * h) @ w_hh[2 * size :].T + b_hh[2 * size :]).tanh()
    return (1 - z) * n + z * h


def detached(x, h, *weights):
    return gru_cell(x, h.detach(), *weights)


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
    f"{LESSON}/gru": [gru_cell, mixed(right_n)],
    f"{LESSON}/nucleus": [nucleus, by_loop],
    f"{LESSON}/leaks": [leaks, lambda read, tokens: torch.tensor(leaks(read, tokens))],
}
WRONG = [
    (f"{LESSON}/gru", mixed(right_n, keep_old=False), "swapped"),
    (f"{LESSON}/gru", mixed(right_n, order="zrn"), "order r, z, n"),
    (f"{LESSON}/gru", mixed(lambda m, p, r: (m["n"] + p["n"]).tanh()), "missing from the candidate"),
    (f"{LESSON}/gru", mixed(lambda m, p, r: (r * (m["n"] + p["n"])).tanh()), "not the input's part"),
    (f"{LESSON}/gru", reset_before, "before the product"),
    (f"{LESSON}/gru", lambda x, h, w, u, b, c: gru_cell(x, h, w, u, 0 * b, 0 * c), "biases"),
    (f"{LESSON}/gru", lambda *a: right_n(*gru(*a)[:3]), "mix it with the old"),
    (f"{LESSON}/gru", detached, "gradient"),
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
