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


def weighed(weigh):
    """`step` with other shares of its scores."""
    return changed(
        lambda q, k, v, K, V, out, keys, values: (
            weigh(q @ keys.transpose(-2, -1) / math.sqrt(q.shape[-1])) @ values,
            keys,
            values,
        )
    )


def divided(axis):
    """`step` whose scores are divided by the root of another size of the keys."""
    return changed(
        lambda q, k, v, K, V, out, keys, values: (
            attend(q * math.sqrt(q.shape[-1] / keys.shape[axis]), keys, values),
            keys,
            values,
        )
    )


def halves(make):
    """Both halves made by `make(a, b, cosines, sines)`."""

    def turn(x, places):
        pairs = torch.arange(0, x.shape[-1], 2)
        theta = places[:, None] * 10_000 ** (-pairs / x.shape[-1])
        return torch.cat(make(*x.chunk(2, -1), theta.cos(), theta.sin()), -1)

    return turn


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
    (f"{LESSON}/packed", lambda t: (t[:, None] == t).tril(1), "the one after it"),
    (f"{LESSON}/packed", lambda t: (t[:, None] >= t).tril(), "compare them with ==."),
    (f"{LESSON}/packed", lambda t: t[:, None] >= t, "compare them with ==; and"),
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
    (f"{LESSON}/step", weighed(lambda scores: scores), "softmax is missing"),
    (f"{LESSON}/step", weighed(lambda scores: scores.softmax(2)), "the one query"),
    (f"{LESSON}/step", weighed(lambda scores: scores.softmax(1)), "over the heads"),
    (f"{LESSON}/step", divided(2), "root of the number of keys"),
    (f"{LESSON}/step", divided(1), "root of the number of heads"),
    (
        f"{LESSON}/step",
        lambda q, k, v, K, V: (
            attend(q, keys := torch.cat([K[:, :, 1:], k], 2), vs := torch.cat([V[:, :, 1:], v], 2)),
            keys,
            vs,
        ),
        "dropped the oldest",
    ),
    (
        f"{LESSON}/step",
        changed(
            lambda q, k, v, K, V, out, keys, values: (
                (q @ keys.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1),
                keys,
                values,
            )
        ),
        "Those are the shares",
    ),
    (
        f"{LESSON}/step",
        changed(lambda q, k, v, K, V, out, *rest: (attend(q, k, v), *rest)),
        "itself alone",
    ),
    (f"{LESSON}/step", changed(lambda q, k, v, K, V, out, a, b: (a, b, out)), "out first"),
    (f"{LESSON}/step", changed(lambda q, k, v, K, V, out, a, b: (out, b, a)), "keys come before"),
    (f"{LESSON}/turn", lambda x, p: rotate(x, -p), "backwards"),
    (f"{LESSON}/turn", halves(lambda a, b, c, s: (a * c - b * s, a * s - b * c)), "its sign"),
    (f"{LESSON}/turn", halves(lambda a, b, c, s: (a * c + b * s, a * s + b * c)), "with a minus"),
    (
        f"{LESSON}/turn",
        halves(lambda a, b, c, s: (a * s - b * c, a * c + b * s)),
        "Cosine and sine",
    ),
    (
        f"{LESSON}/turn",
        halves(lambda a, b, c, s: ((a := a * c - b * s), a * s + b * c)),
        "from the old a",
    ),
    (f"{LESSON}/turn", halves(lambda a, b, c, s: (a * c - b * s, b)), "Only the first"),
    (f"{LESSON}/turn", halves(lambda a, b, c, s: (a * c, b * c)), "cosines alone"),
    (
        f"{LESSON}/turn",
        lambda x, p: torch.stack(rotate(x, p).chunk(2, -1), -1).flatten(-2),
        "side by side",
    ),
    (
        f"{LESSON}/turn",
        lambda x, p: rotate(torch.cat([x[..., ::2], x[..., 1::2]], -1), p),
        "You took neighbours",
    ),
    (f"{LESSON}/turn", lambda x, p: rotate(x, torch.arange(len(p))), "need not begin at 0"),
    (f"{LESSON}/turn", turned(lambda p, i, d: p * 10_000 ** (-4 * i / d)), "there twice"),
    (f"{LESSON}/turn", turned(lambda p, i, d: p * 10_000 ** (-2 * (i + 1) / d)), "from 0"),
    (f"{LESSON}/turn", turned(lambda p, i, d: p * 10_000.0 ** (-2 * i // d)), "rounded"),
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
