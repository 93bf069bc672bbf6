"""The lesson's exercises: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from aigc_teach.nn.positions import rotate
from course.answers import Answers

LESSON = "models/attention_and_gpt"


def packed(texts):
    same = texts[:, None] == texts[None]
    return same & torch.ones_like(same).tril()


def attend(q, k, v):
    return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) @ v


def step(q, k, v, keys, values):
    keys, values = torch.cat([keys, k], 2), torch.cat([values, v], 2)
    return attend(q, keys, values), keys, values


def changed(change):
    """`step`, its three results changed."""
    return lambda *given: change(*given, *step(*given))


def turned(angles, sign=1):
    """Halves turned by other angles."""

    def turn(x, places):
        theta = sign * angles(places[:, None].float(), torch.arange(x.shape[-1] // 2), x.shape[-1])
        a, b = x.chunk(2, -1)
        return torch.cat([a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos()], -1)

    return turn


def paired(x, places):
    """The paper's order of features."""
    order = torch.cat([torch.arange(0, x.shape[-1], 2), torch.arange(1, x.shape[-1], 2)])
    return rotate(x[..., order], places)[..., order.argsort()]


RIGHT = {
    f"{LESSON}/packed": [
        packed,
        lambda texts: torch.tensor(
            [
                [bool(s <= t and texts[s] == texts[t]) for s in range(len(texts))]
                for t in range(len(texts))
            ]
        ),
    ],
    f"{LESSON}/step": [
        step,
        changed(
            lambda q, k, v, keys, values, out, longer, more: (
                F.scaled_dot_product_attention(q, longer, more),
                longer,
                more,
            )
        ),
    ],
    f"{LESSON}/turn": [rotate, turned(lambda p, i, d: p * 10_000 ** (-2 * i / d))],
}
WRONG = [
    (f"{LESSON}/packed", lambda t: torch.ones(len(t), len(t)).bool().tril(), "see each other"),
    (f"{LESSON}/packed", lambda t: t[:, None] == t, "see the future"),
    (f"{LESSON}/packed", lambda t: packed(t).T, "swapped"),
    (f"{LESSON}/packed", lambda t: packed(t).tril(-1), "keep the diagonal"),
    (f"{LESSON}/packed", lambda t: ~packed(t), "turned round"),
    (f"{LESSON}/packed", lambda t: packed(t).float(), "A mask is bool"),
    (
        f"{LESSON}/packed",
        lambda t: (t[:, None] == t) | torch.ones(len(t), len(t)).bool().tril(),
        "both are needed",
    ),
    (
        f"{LESSON}/step",
        changed(lambda q, k, v, K, V, out, *_: (out, torch.cat([k, K], 2), torch.cat([v, V], 2))),
        "come last",
    ),
    (
        f"{LESSON}/step",
        changed(lambda q, k, v, K, V, out, *rest: (attend(q, K, V), *rest)),
        "itself",
    ),
    (
        f"{LESSON}/step",
        changed(
            lambda q, k, v, K, V, out, longer, more: (
                F.scaled_dot_product_attention(
                    q, longer, more, torch.ones(1, longer.shape[2]).bool().tril()
                ),
                longer,
                more,
            )
        ),
        "sees only the first",
    ),
    (
        f"{LESSON}/step",
        changed(
            lambda q, k, v, K, V, out, *rest: (attend(q * math.sqrt(q.shape[-1]), *rest), *rest)
        ),
        "sqrt(D) is missing",
    ),
    (
        f"{LESSON}/step",
        changed(
            lambda q, k, v, K, V, out, *rest: (attend(q / math.sqrt(q.shape[-1]), *rest), *rest)
        ),
        "it is its root",
    ),
    (f"{LESSON}/step", changed(lambda q, k, v, K, V, out, *_: (out, K, V)), "does not grow"),
    (
        f"{LESSON}/step",
        changed(lambda q, k, v, K, V, out, longer, more: (attend(q, more, longer), longer, more)),
        "swapped",
    ),
    (f"{LESSON}/step", lambda *given: step(*given)[0], "3 values"),
    (f"{LESSON}/turn", lambda x, p: rotate(x, -p), "backwards"),
    (f"{LESSON}/turn", paired, "neighbours"),
    (f"{LESSON}/turn", turned(lambda p, i, d: p.expand(-1, len(i))), "one speed"),
    (f"{LESSON}/turn", turned(lambda p, i, d: p * 10_000 ** (-i / d)), "exponent is -i / D"),
    (f"{LESSON}/turn", turned(lambda p, i, d: p * 10_000 ** (2 * i / d)), "wrong sign"),
    (f"{LESSON}/turn", lambda x, p: rotate(x, torch.ones_like(p)), "without its place"),
    (
        f"{LESSON}/turn",
        lambda x, p: (
            x
            + torch.cat(
                [
                    f(p[:, None] * 10_000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1]))
                    for f in (torch.sin, torch.cos)
                ],
                -1,
            )
        ),
        "You added sines",
    ),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
